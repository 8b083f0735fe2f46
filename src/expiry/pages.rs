//! The page door of the expiry station: the button on the reporter's page that says it is over.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::api::{by_token, end, outcome};
use crate::web::frame::see_other;
use crate::web::problem::Problem;
use crate::web::session::managed_form;
use crate::web::shared::Shared;

#[derive(Deserialize)]
struct CloseForm {
    #[serde(default)]
    outcome: String,
    /// A ticked box sends its value, an unticked one sends nothing.
    announce: Option<String>,
}

/// It is over. Where no outcome was chosen, the page asks again and keeps the tick.
pub async fn close(
    http: HttpRequest,
    shared: web::Data<Shared>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (manage, form): (_, CloseForm) = managed_form(&http, payload.into_inner()).await?;
    let notice = by_token(&shared, &manage.token).await?;
    if form.outcome.is_empty() {
        let announce = form.announce.map_or("quiet", |_| "announce");
        return Ok(see_other(&format!("{}?unchosen={announce}#faults", manage.path())));
    }
    let outcome = outcome(&form.outcome, notice.kind).map_err(Problem::Invalid)?;
    end(&shared, &notice, outcome, form.announce.is_some()).await?;
    Ok(see_other(&manage.path()))
}
