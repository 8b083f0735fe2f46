//! A live notice in words: its heading, its facts, and a text to copy into a chat.

use chrono::{DateTime, Utc};

use super::number::Live;
use crate::broadcast::preview::preview;
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::language::Language;
use crate::domain::notice::{Campaign, Incident, Item, LastSeen, Person, Precision, Public, Sex, Subject};
use crate::language::{Words, text, text_with};

/// A label and its value.
pub type Fact = (String, String);

/// The name, the thing or the emergency.
pub fn heading(live: &Live, language: Language) -> String {
    match &live.public.subject {
        Subject::Rescue { incident } => emergency(incident, language),
        subject => subject.heading().to_owned(),
    }
}

/// The emergency, and how many people are in it.
fn emergency(incident: &Incident, language: Language) -> String {
    let what = text(language, &format!("emergency-{}", incident.what.as_str()));
    let people = |people: u16| text_with(language, "emergency-people", &[("people", people.into())]);
    incident.people.map_or(what.clone(), |number| format!("{what}{}", people(number)))
}

/// A time in Beijing time, as precise as it is known.
pub fn moment(at: DateTime<Utc>, precision: Precision, language: Language) -> String {
    Words(language).moment(&format!("moment-{}", precision.as_str()), at)
}

/// When a notice ends, in Beijing time and with the year.
pub fn until(at: DateTime<Utc>, language: Language) -> String {
    Words(language).moment("moment-until", at)
}

/// Everything except the heading and the description, in the order that helps recognition most.
pub fn facts(live: &Live, language: Language) -> Vec<Fact> {
    let public = &live.public;
    let mut facts = Facts { language, told: Vec::new() };
    match &public.subject {
        Subject::MissingPerson { person } => facts.person(person),
        Subject::LostProperty { item } => facts.item(item),
        Subject::Rescue { incident } => facts.incident(incident),
        Subject::Donation { campaign } => facts.campaign(campaign),
    }
    if let Some(seen) = &public.last_seen {
        facts.seen(&public.subject, seen);
    }
    facts.add("fact-region", Some(public.region.name_in(language)));
    facts.add("fact-police", public.police_station.clone());
    facts.told
}

/// A text for a chat: the words that groups were sent, or will be.
pub fn to_copy(number: &CaseNumber, public: &Public, link: &str, language: Language) -> String {
    preview(number, link, Purpose::Alert, public, language).join("\n")
}

struct Facts {
    language: Language,
    told: Vec<Fact>,
}

impl Facts {
    fn add(&mut self, label: &str, fact: Option<String>) {
        if let Some(fact) = fact.filter(|f| !f.is_empty()) {
            self.told.push((text(self.language, label), fact));
        }
    }

    fn word(&self, key: &str) -> Option<String> {
        Some(text(self.language, key))
    }

    fn number(&self, key: &str, number: impl Into<i64>) -> Option<String> {
        Some(text_with(self.language, key, &[("number", number.into().into())]))
    }

    fn person(&mut self, person: &Person) {
        let sex = person.sex.and_then(Sex::word);
        self.add("fact-age", self.number("fact-years", person.age));
        self.add("fact-sex", sex.and_then(|sex| self.word(&format!("sex-{sex}"))));
        self.add("fact-height", person.height_cm.and_then(|cm| self.number("fact-cm", cm)));
        self.add("fact-looks", person.appearance.clone());
        self.add("fact-clothing", person.clothing.clone());
        if person.medical_urgent {
            self.add("fact-health", self.word("fact-health-urgent"));
        }
    }

    fn item(&mut self, item: &Item) {
        self.add("fact-direction", self.word(&format!("direction-{}", item.direction.as_str())));
        self.add("fact-brand", item.brand.clone());
        self.add("fact-colour", item.colour.clone());
        self.add("fact-held_at", item.held_at.clone());
    }

    fn incident(&mut self, incident: &Incident) {
        self.add("fact-people", incident.people.and_then(|people| self.number("fact-people-number", people)));
    }

    fn campaign(&mut self, campaign: &Campaign) {
        self.add("fact-needs", Some(campaign.needs.clone()));
        self.add("fact-credit_code", Some(campaign.credit_code.to_string()));
        self.add("fact-filing_number", Some(campaign.filing_number.to_string()));
        self.add("fact-campaign-time", Some(format!("{} – {}", campaign.starts_on, campaign.ends_on)));
    }

    fn seen(&mut self, subject: &Subject, seen: &LastSeen) {
        let (when, place) = match subject {
            Subject::MissingPerson { .. } => ("fact-seen-when", "fact-seen-where"),
            _ => ("fact-when", "fact-where"),
        };
        self.add(when, Some(moment(seen.at, seen.precision, self.language)));
        self.add(place, Some(seen.place.clone()));
    }
}
