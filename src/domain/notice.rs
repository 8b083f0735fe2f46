//! What a notice says: its kind, the public part that everybody may read while it is live, and the private
//! part that only those who verify it may read.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::identifiers::{CreditCode, FilingNumber};
use super::named::named;
use super::region::Region;

#[cfg(test)]
pub(crate) mod samples;

/// The longest name of a person, thing or organisation, in characters. It is never cut.
pub const NAME: usize = 60;

named! {
    /// The four kinds of notice, in the order in which they are offered.
    pub enum Kind {
        MissingPerson = "missing_person",
        LostProperty = "lost_property",
        Rescue = "rescue",
        Donation = "donation",
    }
}

named! {
    /// How a notice ended, in the reporter's words.
    pub enum Outcome {
        Found = "found",
        Returned = "returned",
        Rescued = "rescued",
        Fulfilled = "fulfilled",
        Withdrawn = "withdrawn",
    }
}

impl Outcome {
    /// The good outcome of a kind.
    pub const fn of(kind: Kind) -> Outcome {
        match kind {
            Kind::MissingPerson => Outcome::Found,
            Kind::LostProperty => Outcome::Returned,
            Kind::Rescue => Outcome::Rescued,
            Kind::Donation => Outcome::Fulfilled,
        }
    }

    /// Whether a notice of that kind can end this way: only people are found, only things are returned.
    pub fn fits(self, kind: Kind) -> bool {
        self == Outcome::Withdrawn || self == Outcome::of(kind)
    }
}

named! {
    /// What kind of missing person, in the order in which they are offered: decides policy and urgency, and
    /// is never printed.
    pub enum Category {
        Child = "child",
        Teen = "teen",
        Dementia = "dementia",
        IntellectualDisability = "intellectual_disability",
        MentalHealth = "mental_health",
        SelfHarmRisk = "self_harm_risk",
        Outdoor = "outdoor",
        SuspectedAbduction = "suspected_abduction",
        OtherAdult = "other_adult",
    }
}

named! {
    /// Sex as printed; absent where unknown. In the order in which it is offered.
    pub enum Sex {
        Female = "female",
        Male = "male",
        Other = "other",
    }
}

impl Sex {
    /// The key of its word; `None` for a sex that is not printed.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Sex::Female | Sex::Male => Some(self.as_str()),
            Sex::Other => None,
        }
    }
}

named! {
    /// How sure the reporter is of the time.
    pub enum Precision {
        Exact = "exact",
        About = "about",
        /// Only the day is known.
        Day = "day",
    }
}

/// When and where somebody or something was last seen, or where help is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastSeen {
    pub at: DateTime<Utc>,
    pub precision: Precision,
    /// An area, not a house number.
    pub place: String,
}

/// The missing person, as the public may know them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub name: String,
    /// Years, 0 to 120.
    pub age: u8,
    pub sex: Option<Sex>,
    /// Centimetres, 30 to 250.
    pub height_cm: Option<u16>,
    pub appearance: Option<String>,
    pub clothing: Option<String>,
    /// "Their health needs them found soon": nothing more is said about health.
    pub medical_urgent: bool,
}

named! {
    /// Whether the reporter lost a thing or found one.
    pub enum Direction {
        Lost = "lost",
        Found = "found",
    }
}

/// A lost or found thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub direction: Direction,
    pub what: String,
    pub brand: Option<String>,
    pub colour: Option<String>,
    /// It is an identity document: its numbers are masked.
    pub is_document: bool,
    /// Where it can be picked up.
    pub held_at: Option<String>,
}

named! {
    /// What kind of emergency, in the order in which they are offered.
    pub enum Emergency {
        Flood = "flood",
        Fire = "fire",
        Mountain = "mountain",
        Medical = "medical",
        Blood = "blood",
        Other = "other",
    }
}

/// People in danger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    pub what: Emergency,
    /// How many people are in danger, where known; at least one.
    pub people: Option<u16>,
}

/// A campaign of a qualified charity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    pub organisation: String,
    pub credit_code: CreditCode,
    pub filing_number: FilingNumber,
    /// On a designated platform.
    pub url: String,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    pub needs: String,
}

/// What the notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Subject {
    MissingPerson { person: Person },
    LostProperty { item: Item },
    Rescue { incident: Incident },
    Donation { campaign: Campaign },
}

/// What a tip is about where nothing of its notice may be told, because it is not live: the person sought.
pub const SOUGHT: &str = "sought";

impl Subject {
    /// The kind of notice that has such a subject.
    pub const fn kind(&self) -> Kind {
        match self {
            Subject::MissingPerson { .. } => Kind::MissingPerson,
            Subject::LostProperty { .. } => Kind::LostProperty,
            Subject::Rescue { .. } => Kind::Rescue,
            Subject::Donation { .. } => Kind::Donation,
        }
    }

    /// What the sentences distinguish: the kind, with lost and found told apart, and a call for blood, which
    /// asks something else of people than a rescue.
    pub const fn about(&self) -> &'static str {
        match self {
            Subject::LostProperty { item } => item.direction.as_str(),
            Subject::Rescue { incident: Incident { what: what @ Emergency::Blood, .. } } => what.as_str(),
            _ => self.kind().as_str(),
        }
    }

    /// Whether it looks for somebody who is under age.
    pub const fn seeks_a_child(&self) -> bool {
        matches!(self, Subject::MissingPerson { person: Person { age: ..18, .. } })
    }

    /// The name or the thing, for a heading.
    pub fn heading(&self) -> &str {
        match self {
            Subject::MissingPerson { person } => &person.name,
            Subject::LostProperty { item } => &item.what,
            Subject::Rescue { .. } => "",
            Subject::Donation { campaign } => &campaign.organisation,
        }
    }
}

/// Everything that may be shown while the notice is live, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Public {
    pub region: Region,
    pub subject: Subject,
    pub last_seen: Option<LastSeen>,
    pub description: String,
    /// Already reported to this station.
    pub police_station: Option<String>,
    /// The reporter's phone, only where the reporter chose to publish it on the warning page.
    pub phone: Option<String>,
    /// In the reporter's order.
    pub photos: Vec<Uuid>,
}

/// The person who reports, and their relation to the person or thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reporter {
    pub name: String,
    /// E.164.
    pub phone: String,
    pub relation: String,
    pub publish_phone: bool,
}

/// What the reporter said about the police.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Police {
    pub reported: bool,
    pub station: Option<String>,
    pub reference: Option<String>,
}

/// The answers that protect the person sought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Safety {
    pub violence: bool,
    pub protection_order: bool,
    pub left_voluntarily: bool,
}

/// A photo that came with a reply: shown to those who verify the notice, never to the public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub photo: Uuid,
    /// When the reply came.
    pub at: DateTime<Utc>,
}

/// What only those who verify the notice may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    pub reporter: Reporter,
    pub category: Option<Category>,
    pub police: Police,
    pub safety: Safety,
    /// Known to the family alone; it exposes swindlers.
    pub secret_detail: Option<String>,
    /// What the screening flagged, as codes.
    pub flags: Vec<String>,
    /// In the order it came.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What replies and earlier words told of those things that no edit takes back, as codes.
    #[serde(default)]
    pub told: Vec<String>,
}

impl Private {
    /// What the notice or a reply mentions, as codes.
    pub fn mentions(&self) -> impl Iterator<Item = &str> {
        let replied = self.told.iter().filter(|code| !self.flags.contains(code));
        self.flags.iter().chain(replied).map(String::as_str)
    }

    /// Whether "not sure" was answered to that question of [`Safety`], which counts as yes.
    pub fn is_unsure_of(&self, question: &str) -> bool {
        self.flags.iter().any(|flag| flag.strip_suffix("_unsure") == Some(question))
    }

    /// The photos that came with the reply of that instant.
    pub fn came_with(&self, at: DateTime<Utc>) -> Vec<Uuid> {
        self.evidence.iter().filter(|evidence| evidence.at == at).map(|evidence| evidence.photo).collect()
    }
}
