//! `/`: report, check, and lost property. Missing people are never listed here.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::number::{Live, open_all};
use crate::domain::language::Language;
use crate::domain::notice::{Direction, Kind, Subject};
use crate::store::published::{self, Which};
use crate::web::frame::{Frame, page};
use crate::web::limits::Limit;
use crate::web::problem::Problem;
use crate::web::session::Visitor;
use crate::web::shared::{Practice, Shared};

/// How many things the page shows.
const THINGS: i64 = 6;

/// A lost or found thing on the page.
struct Thing {
    found: bool,
    what: String,
    region: String,
    path: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    frame: &'a Frame,
    kinds: [Kind; 4],
    things: Vec<Thing>,
    practice: Option<&'a str>,
    hours: i64,
}

/// The home page.
///
/// # Errors
/// [`Problem::TooMany`].
pub async fn home(
    http: HttpRequest,
    visitor: Visitor,
    shared: web::Data<Shared>,
    practice: Option<web::Data<Practice>>,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Reads)?;
    let (vault, now) = (shared.vault.clone(), shared.clock.now());
    let live = shared
        .store
        .read(move |conn| {
            let things = Which { kind: Some(Kind::LostProperty), ..Which::default() };
            let found = published::live(conn, now, things, THINGS)?;
            open_all(conn, &vault, &found)
        })
        .await?;
    let frame = &visitor.frame(&http);
    let template = HomePage {
        frame,
        kinds: Kind::ALL,
        things: live.iter().filter_map(|live| thing(live, frame.language)).collect(),
        practice: practice.as_ref().map(|p| p.0),
        hours: shared.times.lifetime.num_hours(),
    };
    page(&http, frame, &template)
}

fn thing(live: &Live, language: Language) -> Option<Thing> {
    let Subject::LostProperty { item } = &live.public.subject else { return None };
    Some(Thing {
        found: item.direction == Direction::Found,
        what: item.what.clone(),
        region: live.public.region.name_in(language),
        path: live.path(),
    })
}
