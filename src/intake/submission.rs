//! Parses what a reporter sends, into a notice that can exist or into everything that is wrong with it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use super::reader::{Reader, read};
use super::subjects::{self, Details};
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::notice::{Category, Kind, LastSeen, NAME, Precision, Private, Public, Reporter, Subject};
use crate::domain::phone::{Phone, PhoneError};
use crate::domain::region::{Region, RegionError};
use crate::domain::screening::{
    FindingKind, seeks_a_person, seeks_somebody_by_a_campaign, seeks_somebody_by_a_thing,
};
use crate::domain::shown::{mentions_school, words};

/// The longest place, relation or look, in characters.
pub const LINE: usize = 200;
/// The longest description, in characters.
pub const DESCRIPTION: usize = 1_000;
/// The most photos of one notice.
pub const PHOTOS: usize = 5;

/// How far ahead of ours a client's clock may be.
const AHEAD: TimeDelta = TimeDelta::minutes(10);
/// The oldest time of last sighting accepted: telling groups today helps nothing older.
const LONGEST_AGO: TimeDelta = TimeDelta::days(100 * 366);
/// After this long the notice is still accepted, but its reporter is told what else helps.
const LONG_AGO: TimeDelta = TimeDelta::hours(72);

/// A submitted notice without faults.
#[derive(Clone, Debug, PartialEq)]
pub struct Submission {
    pub public: Public,
    pub private: Private,
    /// What else the reporter should know, as codes: `last_seen_over_72h`, `police_first`, `self_harm`.
    pub hints: Vec<&'static str>,
}

impl Submission {
    /// Since when somebody or something is missing, or help is needed.
    pub fn since(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.public.last_seen.as_ref().map_or(now, |seen| seen.at)
    }
}

/// Parses a submission.
///
/// # Errors
/// Every fault, by the field's dotted name.
pub fn parse(value: &Value, now: DateTime<Utc>) -> Result<Submission, FieldFaults> {
    let (mut submission, flags) = read(value, |r| submission(r, now))?;
    let kind = submission.public.subject.kind();
    submission.private.flags = flags.into_iter().filter(|flag| heeds(kind, flag)).collect();
    if looks_like_person(&submission.public) {
        submission.private.flags.push(FindingKind::Sought.as_str().to_owned());
    }
    if mentions_school(&submission.public) {
        submission.private.flags.push(FindingKind::School.as_str().to_owned());
    }
    Ok(submission)
}

/// Whether a notice of another kind looks for a person.
fn looks_like_person(public: &Public) -> bool {
    let said = words(public);
    match public.subject.kind() {
        Kind::Rescue => seeks_a_person(&said),
        Kind::LostProperty => seeks_somebody_by_a_thing(&said),
        Kind::Donation => seeks_somebody_by_a_campaign(&said),
        Kind::MissingPerson => false,
    }
}

/// Whether that flag matters for a notice of that kind. A person looking for somebody who fled may choose a
/// kind that asks less, so violence counts in every kind, and in a lost thing that somebody left with it. In a
/// rescue people flee from water or fire, and an exact place helps.
pub(super) fn heeds(kind: Kind, flag: &str) -> bool {
    use FindingKind::{
        Accompanied, Account, Custody, Diagnosis, Flight, HouseNumber, Left, RanAway, Reward, SelfHarm,
    };
    let passed_over: &[FindingKind] = match kind {
        Kind::MissingPerson => &[],
        Kind::LostProperty => &[Accompanied, Account, HouseNumber, Diagnosis, SelfHarm],
        Kind::Rescue | Kind::Donation => {
            &[Accompanied, Flight, Left, RanAway, Reward, Custody, HouseNumber, Diagnosis, SelfHarm]
        }
    };
    !passed_over.iter().any(|what| what.as_str() == flag)
}

fn submission(r: &mut Reader<'_>, now: DateTime<Utc>) -> Option<Submission> {
    let kind = r.choice::<Kind>("kind");
    let region = r.parsed("region", region);
    let reporter = r.object("reporter", |r| reporter(r, kind));
    r.object("consent", |r| {
        consent(r, kind);
        Some(())
    });
    let photos = r.list("photo_ids", PHOTOS, photo_id);
    let description = match kind {
        // What a campaign needs has a field of its own.
        Some(Kind::Donation) => {
            let said = r.optional_paragraph("description", DESCRIPTION);
            Some(subjects::without_account(r, "description", said).unwrap_or_default())
        }
        _ => r.paragraph("description", DESCRIPTION),
    };
    let details = match kind {
        Some(kind) => subjects::details(r, kind, now),
        None => {
            r.accept_the_rest(subjects::FIELDS);
            None
        }
    };
    let (reporter, details) = (reporter?, details?);
    let hints = hints(&details, now);
    let description = match &details.subject {
        Subject::LostProperty { item } if item.is_document => description.map(|d| subjects::mask_numbers(&d)),
        _ => description,
    };
    let Details { subject, last_seen, category, police, safety, secret_detail } = details;
    Some(Submission {
        public: Public {
            region: region?,
            subject,
            last_seen,
            description: description?,
            police_station: police.station.clone().filter(|_| police.reported),
            phone: reporter.publish_phone.then(|| reporter.phone.clone()),
            photos,
        },
        private: Private {
            reporter,
            category,
            police,
            safety,
            secret_detail,
            flags: Vec::new(),
            evidence: Vec::new(),
            told: Vec::new(),
        },
        hints,
    })
}

fn hints(details: &Details, now: DateTime<Utc>) -> Vec<&'static str> {
    let mut hints = Vec::new();
    if details.category.is_none() {
        return hints;
    }
    if details.last_seen.as_ref().is_some_and(|seen| now - seen.at > LONG_AGO) {
        hints.push("last_seen_over_72h");
    }
    if !details.police.reported {
        hints.push("police_first");
    }
    if details.category == Some(Category::SelfHarmRisk) {
        hints.push("self_harm");
    }
    hints
}

fn reporter(r: &mut Reader<'_>, kind: Option<Kind>) -> Option<Reporter> {
    let name = r.line("name", NAME);
    let phone = r.parsed("phone", phone);
    let relation = match kind {
        Some(Kind::MissingPerson) => r.line("relation", NAME),
        _ => Some(r.optional_line("relation", NAME).unwrap_or_default()),
    };
    let publish_phone = r.optional_yes_no("publish_phone").unwrap_or(false);
    Some(Reporter { name: name?, phone: phone?, relation: relation?, publish_phone })
}

fn consent(r: &mut Reader<'_>, kind: Option<Kind>) {
    r.yes("truthful", "consent_truthful");
    r.yes("publish", "consent_publish");
    match kind {
        Some(Kind::MissingPerson) => r.yes("sensitive", "consent_sensitive"),
        // Other kinds ask for nothing sensitive.
        _ => drop(r.optional_yes_no("sensitive")),
    }
}

/// The id of a photo.
///
/// # Errors
/// Where it is not an id.
pub fn photo_id(text: &str) -> Result<Uuid, FieldFault> {
    Uuid::parse_str(text).map_err(|_| FieldFault::new("photo_unknown"))
}

fn region(text: &str) -> Result<Region, FieldFault> {
    Region::parse(text).map_err(|error| {
        FieldFault::new(match error {
            RegionError::Malformed => "region_malformed",
            RegionError::Unknown => "region_unknown",
        })
    })
}

/// A telephone number as E.164.
///
/// # Errors
/// What is wrong with it.
pub fn phone(text: &str) -> Result<String, FieldFault> {
    Phone::parse(text).map(|phone| phone.as_e164().to_owned()).map_err(|error| {
        FieldFault::new(match error {
            PhoneError::Empty => "required",
            PhoneError::Character => "phone_character",
            PhoneError::Extension => "phone_extension",
            PhoneError::Device => "phone_device",
            PhoneError::Unknown => "phone_unknown",
        })
    })
}

/// When and where.
pub fn last_seen(r: &mut Reader<'_>, now: DateTime<Utc>) -> Option<LastSeen> {
    r.object("last_seen", |r| {
        let at = r.parsed("at", |text| moment(text, now));
        let precision = r.optional_choice("precision").unwrap_or(Precision::About);
        let place = r.line("place", LINE);
        Some(LastSeen { at: at?, precision, place: place? })
    })
}

/// A time in the past, with its offset.
///
/// # Errors
/// Where it is not an RFC 3339 time, or lies in the future.
pub fn moment(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, FieldFault> {
    let typed = crate::domain::text::narrow(text);
    let at = DateTime::parse_from_rfc3339(typed.trim())
        .map_err(|_| FieldFault::new("time_format"))?
        .with_timezone(&Utc);
    if at > now + AHEAD {
        Err(FieldFault::new("time_future"))
    } else if at < now - LONGEST_AGO {
        Err(FieldFault::new("time_past"))
    } else {
        Ok(at)
    }
}

#[cfg(test)]
mod tests;
