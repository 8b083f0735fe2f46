//! The tip form on a live notice's page.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::case_number::CaseNumber;
use crate::domain::faults::FieldFaults;
use crate::intake::IntakeError;
use crate::intake::api::{count, desk};
use crate::intake::form::times;
use crate::web::frame::{Frame, page_with};
use crate::web::limits::Limit;
use crate::web::problem::{Problem, field_sentence};
use crate::web::session::{Form, Visitor};
use crate::web::shared::Shared;

/// What was typed, as it was typed.
#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    text: String,
    #[serde(default)]
    seen_at: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    phone: String,
}

impl Typed {
    fn json(&self, now: DateTime<Utc>) -> Value {
        // What cannot be made out as a time goes on as it is, and is refused with its sentence.
        let seen_at = times::rfc3339(&self.seen_at, now).unwrap_or_else(|| self.seen_at.clone());
        let fields =
            [("text", &self.text), ("seen_at", &seen_at), ("place", &self.place), ("phone", &self.phone)];
        let told = fields.into_iter().filter(|(_, value)| !value.trim().is_empty());
        told.map(|(name, value)| (name.to_owned(), Value::from(value.as_str()))).collect::<Map<_, _>>().into()
    }
}

#[derive(Template)]
#[template(path = "tip.html")]
struct TipPage {
    frame: Frame,
    case: String,
    typed: Typed,
    /// Field and sentence, in the order of the page; none once the tip was taken.
    faults: Vec<(&'static str, String)>,
    taken: bool,
}

impl TipPage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.iter().find(|(field, _)| *field == name).map(|(_, sentence)| sentence.clone())
    }
}

/// Takes a tip in; a faulty one comes back with what was typed.
pub async fn send(
    http: HttpRequest,
    shared: web::Data<Shared>,
    visitor: Visitor,
    path: web::Path<String>,
    form: Form<Typed>,
) -> Result<HttpResponse, Problem> {
    count(&shared, &http, Limit::Tips)?;
    let case: CaseNumber = path.parse()?;
    let frame = visitor.frame(&http);
    let now = shared.clock.now();
    let taken = desk(&shared).tip(case.as_str().to_owned(), form.0.json(now), now).await;
    let (faults, status) = match taken {
        Ok(()) => (Vec::new(), StatusCode::ACCEPTED),
        Err(IntakeError::Invalid(faults)) => (sentences(&faults, &frame), StatusCode::UNPROCESSABLE_ENTITY),
        Err(error) => return Err(error.into()),
    };
    let taken = faults.is_empty();
    let template = TipPage { case: case.to_string(), typed: form.0, faults, taken, frame: frame.clone() };
    page_with(&http, &frame, &template, status)
}

fn sentences(faults: &FieldFaults, frame: &Frame) -> Vec<(&'static str, String)> {
    let on_page = ["text", "seen_at", "place", "phone"].into_iter();
    on_page.filter_map(|name| Some((name, field_sentence(faults.get(name)?, frame.language)))).collect()
}
