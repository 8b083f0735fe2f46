//! The HTML door of the intake: choosing a kind, the kind's form, and the confirmation.

use std::collections::HashMap;

use actix_multipart::Multipart;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::Value;

pub mod edit;
mod form;
pub mod mine;
pub mod photo;
mod sent;
mod summary;
pub mod tip;

use super::api::{body_hash, station};
use super::form::{Meant, Typed, meant};
use super::submission::parse;
use super::{IntakeError, Request};
use crate::domain::case_number::CaseNumber;
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::language::Language;
use crate::domain::notice::Kind;
use crate::language::text_with;
use crate::vault::new_token;
use crate::web::cookies::MANAGE;
use crate::web::frame::{Frame, page, page_with, see_other};
use crate::web::manage::Manage;
use crate::web::problem::Problem;
use crate::web::request;
use crate::web::session::Visitor;
use crate::web::shared::Shared;
use form::{Form, Shape};
use sent::Sent;

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    frame: Frame,
}

/// The page on which a kind is chosen.
pub async fn report(http: HttpRequest, visitor: Visitor) -> Result<HttpResponse, Problem> {
    let frame = visitor.frame(&http);
    page(&http, &frame, &ReportPage { frame: frame.clone() })
}

/// The form of a kind: empty, or prefilled from a notice that is handed in again.
pub async fn show_form(
    http: HttpRequest,
    shared: web::Data<Shared>,
    visitor: Visitor,
    kind: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let kind = Kind::named(&kind).ok_or(Problem::NotFound)?;
    let mut typed = still_there(&http, &shared, kind).await?;
    typed.add("key", new_token());
    let frame = visitor.frame(&http);
    let form = Form::new(&frame, kind, &typed, &FieldFaults::new(), &[], &HashMap::new());
    let there = sent_before(&http, &shared, kind).await?;
    let template = FormPage { form, edit: None, there, arrived: false, frame: frame.clone() };
    let mut form = page(&http, &frame, &template).map(kept)?;
    // Still empty, it tells at the submission whether the browser keeps cookies.
    if !MANAGE.comes_back(&http, &shared) {
        MANAGE.set(&mut form, &shared, String::new())?;
    }
    Ok(form)
}

/// Fields that a new notice always asks again, whatever the old one said; photos too, which stay with the old
/// notice.
const ASKED_ANEW: [&str; 6] = [
    "consent.truthful",
    "consent.sensitive",
    "consent.publish",
    "incident.emergency_called",
    "reporter.publish_phone",
    "photo_ids",
];

/// What is left of the notice behind this browser's manage link, where the reader asks for it and may hand it
/// in again.
async fn still_there(http: &HttpRequest, shared: &Shared, kind: Kind) -> Result<Typed, Problem> {
    let asked = request::asked(http, "again").any(|again| again == "1");
    let Some(manage) = asked.then(|| Manage::by_cookie(http, shared).ok()).flatten() else {
        return Ok(Typed::default());
    };
    let mut typed = match station(shared).my_notice(&manage.token, Language::ZhCn, shared.clock.now()).await {
        Ok(mine) if mine.kind == kind && mine.may_try_again => Typed::of(&mine.notice),
        Ok(_) | Err(IntakeError::LinkInvalid) => Typed::default(),
        Err(error) => return Err(error.into()),
    };
    ASKED_ANEW.iter().for_each(|name| typed.remove(name));
    Ok(typed)
}

/// Lets the browser cache the form privately, so that going back shows it with everything that was typed.
fn kept(mut form: HttpResponse) -> HttpResponse {
    let keep = header::HeaderValue::from_static("private, no-cache");
    form.headers_mut().insert(header::CACHE_CONTROL, keep);
    form
}

/// Whether this browser acts for another notice than that of the link, which is not over.
async fn acts_for_another(http: &HttpRequest, shared: &Shared, token: &str) -> Result<bool, Problem> {
    let Some(kept) = MANAGE.read(http, shared).filter(|kept| kept != token) else { return Ok(false) };
    match station(shared).managed(&kept).await {
        Ok(notice) => Ok(!notice.state_at(shared.clock.now()).is_over()),
        Err(IntakeError::LinkInvalid) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The case number of a notice of that kind that this browser sent and that is not over: going back to the
/// form first shows that it exists.
async fn sent_before(http: &HttpRequest, shared: &Shared, kind: Kind) -> Result<Option<String>, Problem> {
    let Ok(manage) = Manage::by_cookie(http, shared) else { return Ok(None) };
    match station(shared).managed(&manage.token).await {
        Ok(notice) if notice.kind == kind && !notice.state_at(shared.clock.now()).is_over() => {
            Ok(Some(notice.case_number.to_string()))
        }
        Ok(_) | Err(IntakeError::LinkInvalid) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The form: empty, or with what was typed and its faults.
#[derive(Template)]
#[template(path = "report_form.html")]
struct FormPage {
    frame: Frame,
    form: Form,
    /// Set where an existing notice is edited.
    edit: Option<Manage>,
    /// The notice that this browser has already sent.
    there: Option<String>,
    /// Whether photos have just arrived with the form.
    arrived: bool,
}

#[derive(Template)]
#[template(path = "report_phone.html")]
struct PhonePage<'a> {
    frame: Frame,
    kind: Kind,
    carried: Vec<(&'a str, &'a str)>,
}

/// Submits a form: answers with the confirmation, or with the form again and its faults.
pub async fn send_form(
    http: HttpRequest,
    shared: web::Data<Shared>,
    visitor: Visitor,
    kind: web::Path<String>,
    form: Multipart,
) -> Result<HttpResponse, Problem> {
    let kind = Kind::named(&kind).ok_or(Problem::NotFound)?;
    let frame = visitor.frame(&http);
    let Sent { mut typed, mut faults, wait } = sent::read(&http, &shared, form).await?;
    if typed.first("publish_confirmed") == "false" {
        typed.remove("reporter.publish_phone");
    }
    let now = shared.clock.now();
    let Meant { body, faults: unclear, places } = meant(kind, &typed, now);
    let stays = !typed.first("stay").is_empty();
    let there = sent_before(&http, &shared, kind).await?;
    let show = async |faults: &FieldFaults, status: StatusCode| {
        let previews = photo::previews(&shared, &typed).await;
        let (form, there) = (Form::new(&frame, kind, &typed, faults, &places, &previews), there.clone());
        let template = FormPage { form, edit: None, there, arrived: true, frame: frame.clone() };
        page_with(&http, &frame, &template, status).map(kept)
    };
    if wait.is_some() {
        return show(&faults, StatusCode::TOO_MANY_REQUESTS).await.map(|page| sent::again(page, wait));
    }
    if stays {
        let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        return show(&faults, status).await;
    }
    let read = parse(&body, now);
    faults.extend(read.as_ref().err().cloned().unwrap_or_default());
    faults.extend(unclear);
    let submission = match read {
        Ok(submission) if faults.is_empty() => submission,
        _ => return show(&faults, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    if there.is_some()
        && station(&shared).says_already(&Manage::by_cookie(&http, &shared)?.token, &submission, now).await?
    {
        return Ok(see_other(CONFIRMATION));
    }
    if submission.private.reporter.publish_phone && typed.first("publish_confirmed") != "true" {
        typed.remove("publish_confirmed");
        let carried = typed.pairs();
        return page(&http, &frame, &PhonePage { kind, carried, frame: frame.clone() }).map(kept);
    }
    let asked = Request {
        submission,
        key: Some(typed.first("key")).filter(|key| !key.is_empty()).map(|key| format!("page {key}")),
        body_hash: hash_of_words(&body),
        submitted_by: visitor.account_id(),
    };
    match station(&shared).submit(asked, now).await {
        Ok(submitted) => confirmed(&http, &shared, frame, submitted.receipt.manage_token).await,
        Err(error) => {
            let (faults, status) = refused(error)?;
            show(&faults, status).await
        }
    }
}

/// The faults that the form shows where the notice was refused, with the status.
fn refused(error: IntakeError) -> Result<(FieldFaults, StatusCode), Problem> {
    let one = |place: &str, code| FieldFaults::from([(place.to_owned(), FieldFault::new(code))]);
    match error {
        IntakeError::Invalid(faults) => Ok((faults, StatusCode::UNPROCESSABLE_ENTITY)),
        IntakeError::KeyReused => Ok((one("key", "form_used"), StatusCode::CONFLICT)),
        error => Err(error.into()),
    }
}

const CONFIRMATION: &str = "/report/done";

/// Redirects to the confirmation, with the manage cookie. A browser that keeps no cookies could not open it
/// there, and gets it at once.
async fn confirmed(
    http: &HttpRequest,
    shared: &Shared,
    frame: Frame,
    token: String,
) -> Result<HttpResponse, Problem> {
    let mut answer = if MANAGE.comes_back(http, shared) {
        see_other(CONFIRMATION)
    } else {
        confirmation(http, shared, frame, Manage::by_link(http, shared, token.clone())).await?
    };
    MANAGE.set(&mut answer, shared, token)?;
    Ok(answer)
}

/// The hash of the form without its photo ids: a double tap uploads a chosen photo twice and gets two ids, so
/// only the words tell whether it is the same form.
fn hash_of_words(body: &Value) -> Vec<u8> {
    let mut words = body.clone();
    words["photo_ids"] = Value::Null;
    body_hash(&words)
}

#[derive(Template)]
#[template(path = "submitted.html")]
struct SubmittedPage {
    frame: Frame,
    case_number: CaseNumber,
    manage: Manage,
    manage_url: String,
    /// How the age and the height were understood.
    understood: Option<String>,
    /// Whether it cannot be published before the police reference comes.
    reference_missing: bool,
    is_rescue: bool,
    /// What else helps, as codes.
    hints: Vec<&'static str>,
}

/// The confirmation: case number, links, and what happens next.
pub async fn done(
    http: HttpRequest,
    shared: web::Data<Shared>,
    visitor: Visitor,
) -> Result<HttpResponse, Problem> {
    let manage = Manage::by_cookie(&http, &shared)?;
    confirmation(&http, &shared, visitor.frame(&http), manage).await
}

async fn confirmation(
    http: &HttpRequest,
    shared: &Shared,
    mut frame: Frame,
    manage: Manage,
) -> Result<HttpResponse, Problem> {
    let now = shared.clock.now();
    let mine = station(shared).my_notice(&manage.token, frame.language, now).await?;
    if !manage.is_kept {
        // The other language and size are those of the page that the reader can open again.
        frame.path = manage.path();
    }
    let hints = parse(&mine.notice, now).map(|submission| submission.hints).unwrap_or_default();
    let template = SubmittedPage {
        hints,
        is_rescue: mine.kind == Kind::Rescue,
        understood: understood(&frame, &mine.notice["person"]),
        reference_missing: mine.police_reference_missing,
        manage_url: shared.link(&format!("/my/{}", manage.token)),
        case_number: mine.case_number,
        frame: frame.clone(),
        manage,
    };
    page(http, &frame, &template)
}

/// Age and height as the form was read, because both may be written in many ways.
fn understood(frame: &Frame, person: &Value) -> Option<String> {
    let age = person["age"].as_i64()?;
    let height = person["height_cm"].as_i64().unwrap_or_default();
    Some(text_with(frame.language, "done-understood", &[("age", age.into()), ("height", height.into())]))
}

#[cfg(test)]
mod tests;
