//! The poster of a notice as groups would get it now, for those who decide whether they get it.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

use super::super::view::reads;
use super::api::{case, station};
use crate::domain::life_cycle::Refusal;
use crate::domain::people::Role;
use crate::store::notices;
use crate::web::problem::Problem;
use crate::web::request;
use crate::web::session::SignedIn;
use crate::web::shared::Shared;

/// `GET /review/{case}/poster.jpg`: drawn from the revision under review.
///
/// # Errors
/// [`Problem::Forbidden`] for anybody who is not a moderator, [`Problem::LeadRequired`] where only leads may
/// open it.
pub async fn show_poster(
    http: HttpRequest,
    shared: web::Data<Shared>,
    person: SignedIn,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let by = person.require(Role::Moderator)?.moderator();
    let (case, vault, now) = (case(&path)?, shared.vault.clone(), shared.clock.now());
    let found = shared.store.read(move |c| {
        let Some(notice) = notices::by_case(c, case)? else { return Ok(None) };
        let opened = notices::opened(c, &vault, &notice, notice.under_review())?;
        Ok(opened.map(|opened| (notice, opened.public)))
    });
    let (notice, public) = found.await?.ok_or(Problem::NotFound)?;
    if !reads(&notice, by, now) {
        let refused = Err(Refusal::LeadRequired.into());
        return Ok(station(&shared).answered(case, by, now, refused).await?);
    }
    let ends_at = notice.ends_at.map_or(now + shared.times.lifetime, |at| at.0);
    let drawn = shared.press.proof(&notice, &public, request::language(&http), ends_at).await;
    Ok(HttpResponse::Ok()
        .content_type("image/jpeg")
        .insert_header((header::CONTENT_SECURITY_POLICY, "sandbox"))
        .body(drawn.map_err(|e| Problem::Internal(e.to_string()))?))
}
