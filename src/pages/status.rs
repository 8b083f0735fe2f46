//! `/n/{case}`: the page that a poster's QR code and the link in every message open.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::number::{Issued, Live, WentOut, look_up};
use super::said::{self, Fact};
use super::tip_form::{TipForm, Typed};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::State;
use crate::domain::notice::{Kind, SOUGHT, Subject};
use crate::web::frame::{Frame, page, page_with};
use crate::web::problem::Problem;
use crate::web::session::Visitor;
use crate::web::shared::Shared;

#[derive(Template)]
#[template(path = "status_live.html")]
struct LivePage<'a> {
    frame: &'a Frame,
    live: &'a Live,
    heading: String,
    facts: Vec<Fact>,
    until: String,
    /// Seconds until the notice ends.
    left: i64,
    copy: String,
    link: String,
    /// An empty form. What is filled in is sent to `intake/pages/tip`.
    tip: TipForm,
}

impl LivePage<'_> {
    /// Where a campaign takes donations: always on a designated platform, never here.
    fn donate_at(&self) -> Option<&str> {
        match &self.live.public.subject {
            Subject::Donation { campaign } => Some(&campaign.url),
            _ => None,
        }
    }

    /// Whether somebody is in danger, so that the page first says to call for help.
    const fn in_danger(&self) -> bool {
        matches!(self.live.kind, Kind::MissingPerson | Kind::Rescue)
    }
}

/// The key of what is said of a notice that was removed. It never says why: it may have been unsafe.
pub const WITHDRAWN: &str = "status-over-withdrawn";

#[derive(Template)]
#[template(path = "status_quiet.html")]
struct QuietPage<'a> {
    frame: &'a Frame,
    case: String,
    kind: Option<Kind>,
    /// `checking`, `over`, `never`, `unknown` or `malformed`: the keys of the page's sentences.
    what: &'static str,
    /// The key of what is added to `over`.
    also: Option<&'static str>,
    /// Where the person sought may still object, until the contents are erased.
    tip: Option<TipForm>,
}

/// The page of a notice's status.
pub async fn status(
    http: HttpRequest,
    visitor: Visitor,
    shared: web::Data<Shared>,
    case: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let frame = &visitor.frame(&http);
    let quiet = |case: String, kind, what, also, status| {
        page_with(&http, frame, &QuietPage { frame, case, kind, what, also, tip: None }, status)
    };
    let issued = |number: CaseNumber, kind, (what, also), erased: bool| {
        let tip = (kind == Kind::MissingPerson && !erased).then(|| from_sought(number));
        page(&http, frame, &QuietPage { frame, case: number.to_string(), kind: Some(kind), what, also, tip })
    };
    match look_up(&http, &shared, &case).await {
        Ok((_, Issued::Live(live))) => page(&http, frame, &live_page(frame, &shared, &live)),
        Ok((number, Issued::Checking(kind))) => issued(number, kind, ("checking", None), false),
        Ok((number, Issued::Over(kind, state, went_out))) => {
            let what = if went_out == WentOut::Once { "over" } else { "never" };
            // Nobody is thanked for passing on what was false; an erased notice may have been false.
            let also = match state {
                State::Closed | State::Expired if went_out == WentOut::Once => Some("status-over-thanks"),
                State::Removed => Some(WITHDRAWN),
                _ => None,
            };
            issued(number, kind, (what, also), state == State::Erased)
        }
        Err(Problem::CaseUnknown) => {
            let shown = case.parse::<CaseNumber>().map(|number| number.to_string()).unwrap_or_default();
            quiet(shown, None, "unknown", None, StatusCode::NOT_FOUND)
        }
        Err(Problem::CaseMalformed) => quiet(String::new(), None, "malformed", None, StatusCode::NOT_FOUND),
        Err(problem) => Err(problem),
    }
}

/// The form of the person sought, where their notice is not public.
fn from_sought(number: CaseNumber) -> TipForm {
    let typed = Typed { from_sought: "true".to_owned(), ..Typed::default() };
    TipForm { to: format!("/n/{number}"), about: SOUGHT, of_child: false, typed, faults: Vec::new() }
}

fn live_page<'a>(frame: &'a Frame, shared: &Shared, live: &'a Live) -> LivePage<'a> {
    let link = shared.link(&live.path());
    LivePage {
        frame,
        heading: said::heading(live, frame.language),
        facts: said::facts(live, frame.language),
        until: said::until(live.ends_at, frame.language),
        left: (live.ends_at - shared.clock.now()).num_seconds().max(0),
        copy: said::to_copy(&live.number, &live.public, &link, frame.language),
        link,
        tip: TipForm {
            to: live.path(),
            about: live.public.subject.about(),
            of_child: live.public.subject.seeks_a_child(),
            typed: Typed::default(),
            faults: Vec::new(),
        },
        live,
    }
}
