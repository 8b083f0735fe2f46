//! The tip form on a live notice's page.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::faults::FieldFaults;
use crate::domain::life_cycle::State;
use crate::intake::IntakeError;
use crate::intake::api::{count, desk};
use crate::intake::form::times;
use crate::pages::number::{Issued, look_up};
use crate::pages::said;
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
    /// The notice's page.
    to: String,
    about: &'static str,
    typed: Typed,
    /// Field and sentence, in the order of the page; none once the tip was taken.
    faults: Vec<(&'static str, String)>,
    taken: bool,
}

impl TipPage {
    const fn about(&self) -> &'static str {
        self.about
    }

    fn typed(&self, name: &str) -> &str {
        match name {
            "text" => &self.typed.text,
            "seen_at" => &self.typed.seen_at,
            "place" => &self.typed.place,
            _ => &self.typed.phone,
        }
    }

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
    let (number, issued) = look_up(&http, &shared, &path).await?;
    let live = match issued {
        Issued::Live(live) => live,
        Issued::Checking(_) => return Err(IntakeError::NotPossible(State::Paused).into()),
        Issued::Over(_, state, _) => return Err(IntakeError::NotPossible(state).into()),
    };
    let frame = visitor.frame(&http);
    let now = shared.clock.now();
    let (to, about) = (live.path(), live.public.subject.about());
    let taken = desk(&shared).tip(number.as_str().to_owned(), form.0.json(now), now).await;
    let (faults, status) = match taken {
        Ok(()) => (Vec::new(), StatusCode::ACCEPTED),
        Err(IntakeError::Invalid(faults)) => (sentences(&faults, &frame), StatusCode::UNPROCESSABLE_ENTITY),
        Err(error) => return Err(error.into()),
    };
    let taken = faults.is_empty();
    let template = TipPage { frame: frame.clone(), to, about, typed: form.0, faults, taken };
    page_with(&http, &frame, &template, status)
}

fn sentences(faults: &FieldFaults, frame: &Frame) -> Vec<(&'static str, String)> {
    let on_page = ["text", "seen_at", "place", "phone"].into_iter();
    on_page.filter_map(|name| Some((name, field_sentence(faults.get(name)?, frame.language)))).collect()
}
