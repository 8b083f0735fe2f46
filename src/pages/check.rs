//! `/check`: is this notice real, and is it still valid?

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::number::{Issued, WentOut, issued};
use super::pasted::{self, Pasted};
use super::status::WITHDRAWN;
use crate::domain::life_cycle::State;
use crate::domain::named::named;
use crate::web::frame::{Frame, page};
use crate::web::limits::Limit;
use crate::web::problem::Problem;
use crate::web::session::Visitor;
use crate::web::shared::Shared;

/// The form's fields.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// As typed.
    case: Option<String>,
}

named! {
    /// What there is to say of a number, by the keys of its sentences.
    pub enum Finding {
        Live = "live",
        /// A live notice, quoted in words that are not ours.
        Number = "number",
        Checking = "checking",
        Over = "over",
        /// Over, and it never went out.
        Never = "never",
        Unknown = "unknown",
    }
}

/// The answer.
struct Told {
    what: Finding,
    /// Whether it was removed.
    withdrawn: bool,
    /// The number in its printed form; empty where it was never issued.
    number: String,
    /// The keys of the warnings about the words around the number.
    warnings: Vec<&'static str>,
}

impl Told {
    fn new(what: Finding, withdrawn: bool, pasted: &Pasted) -> Told {
        let signs = [
            (pasted.several, "check-warning-several"),
            (pasted.foreign, "check-warning-link"),
            (pasted.wants.money, "check-warning-money"),
            (pasted.wants.contact, "check-warning-phone"),
        ];
        let warnings: Vec<_> = signs.into_iter().filter(|(raised, _)| *raised).map(|(_, key)| key).collect();
        let words = pasted.words || !warnings.is_empty();
        let number = if what == Finding::Unknown { String::new() } else { pasted.number.to_string() };
        let what = if what == Finding::Live && words { Finding::Number } else { what };
        Told { what, withdrawn, number, warnings }
    }

    /// The CSS class: only what is certain is green.
    fn class(&self) -> &'static str {
        match self.what {
            Finding::Live | Finding::Over if self.warnings.is_empty() && !self.withdrawn => "good",
            Finding::Number if self.warnings.is_empty() => "card",
            _ => "warning",
        }
    }
}

/// The longest text that is read, in characters: a notice with all its fields full makes a message of about 2,000,
/// and what it costs to find links and accounts in a text grows faster than the text.
const LONGEST: usize = 3_000;

/// What is wrong with what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Empty,
    TooLong,
    /// It has no case number in it.
    Malformed,
}

impl Fault {
    /// The key of its sentence.
    const fn key(self) -> &'static str {
        match self {
            Fault::Empty => "check-empty",
            Fault::TooLong => "check-long",
            Fault::Malformed => "status-malformed-detail",
        }
    }
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage<'a> {
    frame: &'a Frame,
    typed: String,
    told: Option<Told>,
    fault: Option<Fault>,
}

impl CheckPage<'_> {
    /// Whether what was typed has no case number in it.
    fn is_malformed(&self) -> bool {
        self.fault == Some(Fault::Malformed)
    }

    /// What is wrong with what was typed, in the reader's language.
    fn sentence(&self) -> Option<String> {
        self.fault.map(|fault| self.frame.t(fault.key()))
    }
}

/// The form, and the answer to what was typed into it.
pub async fn check(
    http: HttpRequest,
    visitor: Visitor,
    shared: web::Data<Shared>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let typed = asked.into_inner().case;
    let (told, fault) = match typed.as_deref() {
        None => (None, None),
        Some(text) if text.trim().is_empty() => (None, Some(Fault::Empty)),
        Some(text) if text.chars().count() > LONGEST => (None, Some(Fault::TooLong)),
        Some(text) => {
            shared.count(&http, Limit::Reads)?;
            match pasted::read(text, &shared.base_url) {
                None => (None, Some(Fault::Malformed)),
                Some(pasted) => (Some(answer(&shared, &pasted).await?), None),
            }
        }
    };
    let frame = &visitor.frame(&http);
    page(&http, frame, &CheckPage { frame, typed: typed.unwrap_or_default(), told, fault })
}

async fn answer(shared: &Shared, pasted: &Pasted) -> Result<Told, Problem> {
    let found = issued(shared, pasted.number).await;
    let withdrawn = matches!(found, Ok(Issued::Over(_, State::Removed, _)));
    let what = match found {
        Ok(Issued::Live(_)) => Finding::Live,
        Ok(Issued::Checking(_)) => Finding::Checking,
        Ok(Issued::Over(_, _, WentOut::Once)) => Finding::Over,
        Ok(Issued::Over(_, _, WentOut::Never)) => Finding::Never,
        Err(Problem::CaseUnknown) => Finding::Unknown,
        Err(problem) => return Err(problem),
    };
    Ok(Told::new(what, withdrawn, pasted))
}
