//! What is said about a notice.

use chrono::{DateTime, Utc};
use serde_json::Map;

use super::words::Words;
use super::{Event, Link, Message, PREFIX, lines};
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::language::Language;
use crate::domain::notice::{Kind, Outcome, Public};

/// What is known about one broadcast.
#[derive(Clone, Debug)]
pub struct Said<'a> {
    pub purpose: Purpose,
    pub kind: Kind,
    pub case_number: &'a CaseNumber,
    /// The notice's public page.
    pub link: &'a str,
    /// Where a platform can fetch the poster.
    pub poster: Option<&'a str>,
    /// Absent where nothing may be shown any more.
    pub public: Option<&'a Public>,
    /// Only with the reporter's consent.
    pub outcome: Option<Outcome>,
    pub language: Language,
    /// When the broadcast was decided.
    pub at: DateTime<Utc>,
}

/// The message of one broadcast in one language.
pub fn message(said: &Said<'_>) -> Message {
    let words = Words(said.language);
    // What is over shows nothing of the person any more.
    let public = said.public.filter(|_| !said.purpose.ends());
    Message {
        language: said.language,
        poster: public.and(said.poster).map(str::to_owned),
        has_picture: public.and(said.poster).is_some(),
        picture: None,
        first: format!("{PREFIX}{}", first(said, words)),
        lines: public.map(|public| lines::lines(public, words)).unwrap_or_default(),
        tail: tail(said, public, words),
        link: Some(Link {
            label: words.label(if said.purpose.ends() { "broadcast-link-ended" } else { "broadcast-link" }),
            url: said.link.to_owned(),
        }),
        event: event(said, public.is_some()),
    }
}

fn first(said: &Said<'_>, words: Words) -> String {
    let kind = words.of(&format!("broadcast-kind-{}", said.kind.as_str()));
    match (said.purpose, said.outcome) {
        (Purpose::Alert, _) => words.with("broadcast-first-alert", &[("kind", kind.into())]),
        (Purpose::Update, _) => words.with("broadcast-first-update", &[("kind", kind.into())]),
        (Purpose::Correction, _) => words.of("broadcast-first-correction"),
        (Purpose::Closing, None) => words.of("broadcast-first-closing"),
        (Purpose::Closing, Some(outcome)) => words.of(&format!("broadcast-first-{}", outcome.as_str())),
    }
}

fn tail(said: &Said<'_>, public: Option<&Public>, words: Words) -> Vec<String> {
    let mut tail = Vec::new();
    if said.purpose == Purpose::Correction {
        tail.push(words.of("broadcast-delete"));
    }
    if said.kind == Kind::Donation && !said.purpose.ends() {
        tail.push(words.of("broadcast-donate"));
    }
    if let Some(phone) = public.and_then(|public| public.phone.as_deref()) {
        let phone: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').take(16).collect();
        tail.push(words.with("broadcast-phone", &[("phone", phone.into())]));
    }
    tail.push(words.with("broadcast-case", &[("case", said.case_number.to_string().into())]));
    tail
}

fn event(said: &Said<'_>, shows: bool) -> Event {
    let happened = match said.purpose {
        Purpose::Alert => "published",
        Purpose::Update => "updated",
        Purpose::Closing => "closed",
        Purpose::Correction => "corrected",
    };
    let mut data = Map::new();
    data.insert("case_number".into(), said.case_number.to_string().into());
    data.insert("kind".into(), said.kind.as_str().into());
    data.insert("url".into(), said.link.into());
    if let Some(poster) = said.poster.filter(|_| shows) {
        data.insert("poster".into(), poster.into());
    }
    if let Some(outcome) = said.outcome.filter(|_| said.purpose == Purpose::Closing) {
        data.insert("outcome".into(), outcome.as_str().into());
    }
    Event { kind: format!("{}.{happened}", said.kind.as_str()), at: said.at, data }
}
