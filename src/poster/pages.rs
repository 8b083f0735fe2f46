//! Serves posters: the poster of a live notice, otherwise the plain picture that says it is paused or over.

use actix_web::{HttpRequest, HttpResponse, web};

use super::Ending;
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::State;
use crate::store::notices;
use crate::web::limits::{Limit, network};
use crate::web::problem::Problem;
use crate::web::request;
use crate::web::shared::Shared;

/// The poster of a case, as a JPEG.
pub async fn poster(
    http: HttpRequest,
    shared: web::Data<Shared>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Reads)?;
    let case: CaseNumber = path.parse()?;
    let (language, now, vault) = (request::language(&http), shared.clock.now(), shared.vault.clone());
    let found = shared
        .store
        .read(move |c| {
            let Some(notice) = notices::by_case(c, case)? else { return Ok(None) };
            let live = notice.live_revision.filter(|_| notice.is_public(now));
            let opened = live.map(|number| notices::opened(c, &vault, &notice, number)).transpose()?;
            Ok(Some((notice, opened.flatten())))
        })
        .await?;
    let (notice, live) = found.ok_or(Problem::CaseUnknown)?;
    let press = shared.press.asked_by(network(shared.client(&http)));
    let drawn = match live {
        Some(live) => press.poster(&notice, (live.revision.number, &live.public), language).await,
        None => press.ended(&notice, ending(notice.state_at(now)), language).await,
    };
    let drawn = drawn.map_err(|e| Problem::Internal(e.to_string()))?;
    Ok(HttpResponse::Ok()
        .content_type("image/jpeg")
        .insert_header(("content-security-policy", "sandbox"))
        .body(drawn))
}

fn ending(state: State) -> Ending {
    if state.is_over() { Ending::Over } else { Ending::Paused }
}
