//! What a notice's poster says: the facts that people can act on, in one language.

use chrono::{DateTime, Utc};

use super::lettering::missing_characters;
use super::{Poster, Row, Texts};
use crate::domain::case_number::CaseNumber;
use crate::domain::language::Language;
use crate::domain::notice::{Kind, Person, Public, Sex, Subject};
use crate::domain::phone::readable;
use crate::domain::shown::shown;
use crate::language::{Words, text_with};

/// The words of one poster; owns the strings that a [`Poster`] borrows.
#[derive(Clone, Debug)]
pub struct Content {
    kind: Kind,
    title: String,
    heading: String,
    summary: String,
    highlight: String,
    highlights: Vec<String>,
    rows: Vec<(String, String)>,
    story: String,
    act: String,
    act_hint: String,
    case_number: String,
    url: String,
    check: String,
    valid_until: String,
    language: Language,
}

impl Content {
    /// The words for a live notice. `base_url` is what links point to, without a path.
    pub fn of(
        public: &Public,
        case_number: &CaseNumber,
        base_url: &str,
        ends_at: DateTime<Utc>,
        language: Language,
    ) -> Content {
        let words = Words(language);
        let public = &shown(public.clone());
        let about = public.subject.about();
        let (heading, summary) = heading(&public.subject, words);
        Content {
            kind: public.subject.kind(),
            title: words.of(&format!("poster-title-{about}")),
            heading,
            summary,
            highlight: words.of(&format!("poster-seen-{about}")),
            highlights: highlights(public, words),
            rows: rows(public, words),
            story: story(public, words),
            act: words.of(&format!("poster-act-{about}")),
            act_hint: words.of(&format!("poster-hint-{about}")),
            case_number: case_number.to_string(),
            url: link(base_url, case_number),
            check: check(base_url, language),
            valid_until: words.moment("poster-until", ends_at),
            language,
        }
    }

    /// Hands the words to the painter, with the photo if the notice has one.
    pub fn draw(
        &self,
        painter: &mut super::Painter,
        photo: Option<&[u8]>,
    ) -> Result<Vec<u8>, super::PosterError> {
        let highlights: Vec<&str> = self.highlights.iter().map(String::as_str).collect();
        let rows: Vec<Row<'_>> = self.rows.iter().map(|(label, value)| Row { label, value }).collect();
        painter.draw(&Poster {
            kind: self.kind,
            title: &self.title,
            heading: &self.heading,
            summary: &self.summary,
            photo,
            highlight: &self.highlight,
            highlights: &highlights,
            rows: &rows,
            story: &self.story,
            act: &self.act,
            act_hint: &self.act_hint,
            case_number: &self.case_number,
            url: &self.url,
            check: &self.check,
            valid_until: &self.valid_until,
            texts: &Texts::of(self.language),
        })
    }
}

/// The characters of a notice that its poster cannot show, each once: 〓 stands there in their place.
pub fn lacks(public: &Public) -> String {
    let words = Words(Language::ZhCn);
    let public = &shown(public.clone());
    let (heading, summary) = heading(&public.subject, words);
    let rows = rows(public, words).into_iter().map(|(_, value)| value);
    let said =
        [heading, summary, story(public, words)].into_iter().chain(highlights(public, words)).chain(rows);
    missing_characters(&said.collect::<String>()).into_iter().collect()
}

/// The address of a notice's page.
pub fn link(base_url: &str, case_number: &CaseNumber) -> String {
    format!("{base_url}/n/{case_number}")
}

/// Where a case number can be typed, as a sentence.
pub fn check(base_url: &str, language: Language) -> String {
    // As people type it: browsers add the scheme.
    let host = base_url.split_once("://").map_or(base_url, |(_, host)| host);
    text_with(language, "poster-check", &[("address", format!("{host}/check").into())])
}

fn heading(subject: &Subject, words: Words) -> (String, String) {
    match subject {
        Subject::MissingPerson { person } => (person.name.clone(), person_summary(person, words)),
        Subject::LostProperty { item } => {
            let parts = [item.brand.as_deref(), item.colour.as_deref()];
            (item.what.clone(), parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
        }
        Subject::Rescue { incident } => {
            let people = incident.people.map(|n| words.with("poster-people-count", &[("people", n.into())]));
            (words.of(&format!("poster-incident-{}", incident.what.as_str())), people.unwrap_or_default())
        }
        Subject::Donation { campaign } => (campaign.organisation.clone(), String::new()),
    }
}

fn person_summary(person: &Person, words: Words) -> String {
    let sex = person.sex.and_then(Sex::word).map(|sex| words.of(&format!("poster-{sex}")));
    let age = words.with("poster-age", &[("age", person.age.into())]);
    let height = person.height_cm.map(|cm| words.with("poster-height", &[("cm", cm.into())]));
    [sex, Some(age), height].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn highlights(public: &Public, words: Words) -> Vec<String> {
    let region = public.region.name_in(words.0);
    let Some(seen) = &public.last_seen else { return vec![region] };
    let place = public.region.completing(&seen.place).filter(|_| words.0 == Language::ZhCn);
    vec![
        words.moment(&format!("poster-at-{}", seen.precision.as_str()), seen.at),
        place.unwrap_or_else(|| format!("{region}{}{}", words.gap(), seen.place)),
    ]
}

fn rows(public: &Public, words: Words) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut row = |label: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            rows.push((words.of(label), value.to_owned()));
        }
    };
    match &public.subject {
        Subject::MissingPerson { person } => {
            row("poster-looks", person.appearance.as_deref());
            row("poster-clothing", person.clothing.as_deref());
        }
        Subject::LostProperty { item } => row("poster-held_at", item.held_at.as_deref()),
        Subject::Rescue { .. } => {}
        Subject::Donation { campaign } => {
            row("poster-needs", Some(&campaign.needs));
            row("poster-filing_number", Some(campaign.filing_number.as_str()));
            row("poster-window", Some(&format!("{} – {}", campaign.starts_on, campaign.ends_on)));
        }
    }
    row("poster-police", public.police_station.as_deref());
    row("poster-phone", public.phone.as_deref().map(readable).as_deref());
    rows
}

fn story(public: &Public, words: Words) -> String {
    let urgent = matches!(&public.subject, Subject::MissingPerson { person } if person.medical_urgent);
    let health = if urgent { words.of("poster-health") + words.gap() } else { String::new() };
    health + &public.description
}
