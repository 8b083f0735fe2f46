//! The form by which a reporter corrects their notice.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::form::Form;
use super::mine::{Done, back, sent_from_here};
use super::sent::{self, Sent};
use super::{FieldFaults, FormPage, kept, photo};
use crate::intake::IntakeError;
use crate::intake::api::station;
use crate::intake::form::{Meant, Typed, meant};
use crate::intake::submission::parse;
use crate::web::frame::{Frame, page, page_with, see_other};
use crate::web::limits::Limit;
use crate::web::manage::Manage;
use crate::web::problem::Problem;
use crate::web::shared::Shared;

/// The form with the notice as it is.
pub async fn show_edit(http: HttpRequest, shared: web::Data<Shared>) -> Result<HttpResponse, Problem> {
    shared.count(&http, Limit::Reads)?;
    let manage = Manage::by_cookie(&http, &shared)?;
    prefilled(&http, &shared, manage).await
}

async fn prefilled(http: &HttpRequest, shared: &Shared, manage: Manage) -> Result<HttpResponse, Problem> {
    let frame = Frame::public(http);
    let mine = station(shared).my_notice(&manage.token, frame.language, shared.clock.now()).await?;
    if mine.state.is_over() {
        return Err(Problem::not_from(mine.state));
    }
    let form =
        Form::new(&frame, mine.kind, &Typed::of(&mine.notice), &FieldFaults::new(), &[], &HashMap::new());
    let template = FormPage { form, edit: Some(manage), there: None, arrived: false, frame: frame.clone() };
    page(http, &frame, &template).map(kept)
}

/// Submits the corrected notice, or shows the form again with its faults. Where the browser does not keep the
/// token, the form is asked for here, too.
pub async fn send_edit(
    http: HttpRequest,
    shared: web::Data<Shared>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    let (manage, Sent { typed, mut faults, wait }) = sent_from_here(&http, &shared, form).await?;
    if !typed.first("open").is_empty() {
        return if manage.is_kept {
            Ok(see_other("/my/edit"))
        } else {
            prefilled(&http, &shared, manage).await
        };
    }
    let frame = Frame::public(&http);
    let now = shared.clock.now();
    let intake = station(&shared);
    let kind = intake.managed(&manage.token).await?.kind;
    let Meant { body, faults: unclear, places } = meant(kind, &typed, now);
    let stays = !typed.first("stay").is_empty();
    if !stays && wait.is_none() {
        faults.extend(parse(&body, now).err().unwrap_or_default());
        faults.extend(unclear);
    }
    if faults.is_empty() && !stays {
        match intake.revise(&manage.token, as_patch(body), now).await {
            Ok(_) => return Ok(back(&manage, Done::Changed)),
            Err(IntakeError::Invalid(more)) => faults = more,
            Err(error) => return Err(error.into()),
        }
    }
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let previews = photo::previews(&shared, &typed).await;
    let form = Form::new(&frame, kind, &typed, &faults, &places, &previews);
    let template = FormPage { form, edit: Some(manage), there: None, arrived: stays, frame: frame.clone() };
    page_with(&http, &frame, &template, status).map(|page| kept(sent::again(page, wait)))
}

/// Leaves the phone as private as it was: publishing it is a separate choice, made after a warning.
fn as_patch(mut body: Value) -> Value {
    if let Some(reporter) = body["reporter"].as_object_mut()
        && reporter.get("publish_phone") == Some(&Value::Bool(true))
    {
        reporter.remove("publish_phone");
    }
    body
}
