//! `/check`: is this notice real, and does it still hold?

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::number::{Issued, look_up};
use crate::web::frame::{Frame, page};
use crate::web::problem::Problem;
use crate::web::session::Visitor;
use crate::web::shared::Shared;

/// What the form sends.
#[derive(Debug, Deserialize)]
pub struct Asked {
    /// As typed.
    case: Option<String>,
}

/// What is answered: `live`, `checking`, `over`, `unknown`, and the number as it is written.
struct Told {
    what: &'static str,
    number: String,
}

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage<'a> {
    frame: &'a Frame,
    typed: String,
    told: Option<Told>,
    /// What was typed is no number.
    malformed: bool,
}

/// The form, and the answer to what was asked with it.
///
/// # Errors
/// When the store fails.
pub async fn check(
    http: HttpRequest,
    visitor: Visitor,
    shared: web::Data<Shared>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Problem> {
    let typed = asked.into_inner().case;
    let (told, malformed) = match &typed {
        None => (None, false),
        Some(typed) => match look_up(&http, &shared, last_part(typed)).await {
            Ok((number, standing)) => {
                let what = match standing {
                    Issued::Live(_) => "live",
                    Issued::Checking(_) => "checking",
                    Issued::Over(..) => "over",
                };
                (Some(Told { what, number: number.to_string() }), false)
            }
            Err(Problem::CaseUnknown) => (Some(Told { what: "unknown", number: String::new() }), false),
            Err(Problem::CaseMalformed) => (None, true),
            Err(problem) => return Err(problem),
        },
    };
    let frame = &visitor.frame(&http);
    page(&http, frame, &CheckPage { frame, typed: typed.unwrap_or_default(), told, malformed })
}

/// The number, where somebody pasted the whole link.
fn last_part(typed: &str) -> &str {
    let link = typed.trim().split_once("/n/").map_or(typed, |(_, rest)| rest);
    link.split(['/', '?', '#']).next().unwrap_or(link)
}

#[cfg(test)]
mod tests {
    use super::last_part;

    #[test]
    fn a_pasted_link_is_read_as_its_number() {
        for typed in ["00000-00012", "https://72.example/n/00000-00012", " /n/00000-00012/poster.jpg?x#y"] {
            assert_eq!(last_part(typed), "00000-00012", "{typed:?}");
        }
    }
}
