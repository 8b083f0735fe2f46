//! What is said about a notice.

use chrono::{DateTime, Utc};
use serde_json::Map;

use super::words::label;
use super::{Event, Link, Message, PREFIX, lines};
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::language::Language;
use crate::domain::notice::{Kind, Outcome, Public};
use crate::domain::phone::readable;
use crate::domain::shown::masked;
use crate::language::Words;

/// What is known about one broadcast.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    pub purpose: Purpose,
    pub kind: Kind,
    pub case_number: &'a CaseNumber,
    /// The notice's public page.
    pub link: &'a str,
    /// Where a platform can fetch the poster.
    pub poster: Option<&'a str>,
    /// Absent where nothing may be shown any more.
    pub public: Option<&'a Public>,
    /// Set only with the reporter's consent.
    pub outcome: Option<Outcome>,
    pub language: Language,
    /// When the broadcast was decided.
    pub at: DateTime<Utc>,
}

/// The message of one broadcast in one language.
pub fn message(known: &Known<'_>) -> Message {
    let words = Words(known.language);
    // What is over shows nothing of the person any more.
    let public = known.public.filter(|_| !known.purpose.ends()).cloned().map(masked);
    let public = public.as_ref();
    Message {
        language: known.language,
        poster: public.and(known.poster).map(str::to_owned),
        has_picture: public.and(known.poster).is_some(),
        picture: None,
        first: format!("{PREFIX}{}", first(known, words)),
        lines: public.map(|public| lines::lines(public, words)).unwrap_or_default(),
        tail: tail(known, public, words),
        link: Some(Link {
            label: label(words, if known.purpose.ends() { "broadcast-link-ended" } else { "broadcast-link" }),
            url: known.link.to_owned(),
        }),
        event: event(known, public.is_some()),
    }
}

fn first(known: &Known<'_>, words: Words) -> String {
    let kind = words.of(&format!("broadcast-kind-{}", known.kind.as_str()));
    match (known.purpose, known.outcome) {
        (Purpose::Alert, _) => words.with("broadcast-first-alert", &[("kind", kind.into())]),
        (Purpose::Update, _) => words.with("broadcast-first-update", &[("kind", kind.into())]),
        (Purpose::Correction, _) => words.of("broadcast-first-correction"),
        (Purpose::Closing, None) => words.of("broadcast-first-closing"),
        (Purpose::Closing, Some(outcome)) => words.of(&format!("broadcast-first-{}", outcome.as_str())),
    }
}

fn tail(known: &Known<'_>, public: Option<&Public>, words: Words) -> Vec<String> {
    let mut tail = Vec::new();
    if known.purpose == Purpose::Correction {
        tail.push(words.of("broadcast-delete"));
    }
    if known.kind == Kind::Donation && !known.purpose.ends() {
        tail.push(words.of("broadcast-donate"));
    }
    if let Some(phone) = public.and_then(|public| public.phone.as_deref()) {
        tail.push(words.with("broadcast-phone", &[("phone", readable(phone).into())]));
    }
    tail.push(words.with("broadcast-case", &[("case", known.case_number.to_string().into())]));
    tail
}

fn event(known: &Known<'_>, shows: bool) -> Event {
    let happened = match known.purpose {
        Purpose::Alert => "published",
        Purpose::Update => "updated",
        Purpose::Closing => "closed",
        Purpose::Correction => "corrected",
    };
    let mut data = Map::new();
    data.insert("case_number".into(), known.case_number.to_string().into());
    data.insert("kind".into(), known.kind.as_str().into());
    data.insert("url".into(), known.link.into());
    if let Some(poster) = known.poster.filter(|_| shows) {
        data.insert("poster".into(), poster.into());
    }
    if let Some(outcome) = known.outcome.filter(|_| known.purpose == Purpose::Closing) {
        data.insert("outcome".into(), outcome.as_str().into());
    }
    Event { kind: format!("{}.{happened}", known.kind.as_str()), at: known.at, data }
}
