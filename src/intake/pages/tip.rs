//! Tips: what people saw, sent from the page of a live notice, and what the person sought says, from any page of theirs.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::{Map, Value};

use super::sent::again;
use crate::domain::case_number::CaseNumber;
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::intake::IntakeError;
use crate::intake::api::{count_tip, station};
use crate::intake::form::times::{self, Moment};
use crate::intake::tips::{About, parse};
use crate::language::text;
use crate::pages::tip_form::{TipForm, Typed};
use crate::web::frame::{Frame, page_with};
use crate::web::limits::Limit;
use crate::web::problem::{Problem, field_sentence, named_sentence};
use crate::web::session::{Form, Visitor};
use crate::web::shared::Shared;

#[derive(Template)]
#[template(path = "tip.html")]
struct TipPage {
    frame: Frame,
    tip: TipForm,
    taken: bool,
}

/// The page of whoever sent a tip about a notice that is not live any more.
#[derive(Template)]
#[template(path = "tip_late.html")]
struct LatePage {
    frame: Frame,
    /// The path of the notice's page.
    to: String,
    /// `over` or `paused`.
    now: &'static str,
    /// What they wrote.
    text: String,
}

/// Takes a tip in; a faulty one comes back with what was typed.
///
/// # Errors
/// [`Problem::CaseMalformed`] and [`Problem::CaseUnknown`] for a number that is not one of ours,
/// [`Problem::NotPossible`] where the notice is not live and the tip is not from the person sought, and [`Problem::TooMany`] where one address sends
/// too many tips.
pub async fn send(
    http: HttpRequest,
    shared: web::Data<Shared>,
    visitor: Visitor,
    path: web::Path<String>,
    form: Form<Typed>,
) -> Result<HttpResponse, Problem> {
    let case: CaseNumber = path.parse()?;
    let (frame, now) = (visitor.frame(&http), shared.clock.now());
    let intake = station(&shared);
    let seen = times::moment(&form.0.seen_at, &form.0.seen_time, now);
    let told = parse(&json(&form.0, seen.as_ref()), now).map_err(|faults| in_words(faults, seen.as_ref()));
    let counted = shared
        .count(&http, Limit::Tips)
        .and_then(|()| if told.is_ok() { count_tip(&shared, &http, case) } else { Ok(()) });
    let wait = match counted {
        Err(problem @ Problem::TooMany { .. }) => {
            // What was typed is shown again, within the limit for reading pages.
            shared.count(&http, Limit::Reads)?;
            Some(problem)
        }
        counted => counted.map(|()| None)?,
    };
    let taken = told.is_ok() && wait.is_none();
    let objects = !form.0.from_sought.is_empty();
    let (faults, about) = match (told, &wait) {
        (_, Some(problem)) => {
            (Err(problem.detail(frame.language)), intake.tip_is_about(case, objects, now).await)
        }
        (Ok(told), None) => (Ok(FieldFaults::new()), intake.tip(case, told, now).await),
        (Err(faults), None) => (Ok(faults), intake.tip_is_about(case, objects, now).await),
    };
    let about = match about {
        Err(IntakeError::NotPossible(state)) => return late(&http, frame, case, state, form.0.text),
        about => about?,
    };
    let faults = match faults {
        Err(sentence) => vec![("text", sentence)],
        Ok(faults) => sentences(&faults, about.what, frame.language),
    };
    let status = if taken { StatusCode::ACCEPTED } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (to, About { what: about, of_child }) = (format!("/n/{case}"), about);
    let tip = TipForm { to, about, of_child, typed: form.0, faults };
    let page = page_with(&http, &frame, &TipPage { frame: frame.clone(), tip, taken }, status)?;
    Ok(again(page, wait.and_then(|problem| problem.retry_after_s())))
}

/// Thanks whoever is too late, and shows what they wrote: nothing of it was kept.
fn late(
    http: &HttpRequest,
    frame: Frame,
    case: CaseNumber,
    state: State,
    text: String,
) -> Result<HttpResponse, Problem> {
    let now = if state.is_over() { "over" } else { "paused" };
    let page = LatePage { frame: frame.clone(), to: format!("/n/{case}"), now, text };
    page_with(http, &frame, &page, StatusCode::CONFLICT)
}

/// The tip as the JSON API takes it.
fn json(typed: &Typed, seen: Option<&Moment>) -> Value {
    // What cannot be made out as a time goes on as it is, and is refused.
    let as_typed = [typed.seen_at.trim(), typed.seen_time.trim()].join(" ");
    let seen_at = seen.filter(|seen| seen.has_time).map_or(as_typed.as_str(), |seen| &seen.at);
    let told = [&typed.text, seen_at, &typed.place, &typed.phone];
    let told = TipForm::FIELDS.into_iter().zip(told).filter(|(_, value)| !value.trim().is_empty());
    let ticked = (!typed.from_sought.is_empty()).then(|| ("from_sought".to_owned(), Value::Bool(true)));
    told.map(|(name, value)| (name.to_owned(), Value::from(value)))
        .chain(ticked)
        .collect::<Map<_, _>>()
        .into()
}

/// Whoever fills in a form is not asked for a time as programs write it.
fn in_words(mut faults: FieldFaults, seen: Option<&Moment>) -> FieldFaults {
    if let Some(fault) = faults.get_mut("seen_at").filter(|fault| fault.code == "time_format") {
        *fault = FieldFault::new(if seen.is_some() { "tip_time_missing" } else { "time_unclear" });
    }
    faults
}

/// The summary and the field share these sentences, so each names its field.
fn sentences(faults: &FieldFaults, about: &str, language: Language) -> Vec<(&'static str, String)> {
    let sentence = |name| {
        let label = text(language, &TipForm::label(name, about));
        Some((name, named_sentence(&label, &field_sentence(faults.get(name)?, language), language)))
    };
    TipForm::FIELDS.into_iter().filter_map(sentence).collect()
}
