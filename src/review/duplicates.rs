//! Other notices that may be about the same person or thing, or come from the same reporter, with what they
//! say, so that they can be compared side by side.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::view::{opens_for, read};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::State;
use crate::domain::marks::{Likeness, Mark, of_sealed, sought};
use crate::domain::notice::{Private, Public};
use crate::domain::people::Moderator;
use crate::store::notices::{self, Notice};
use crate::store::{Answer, Conn, marks, phones, photos};
use crate::vault::Vault;

/// Another notice that may be about the same person or thing, or from the same hand.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Duplicate {
    #[schema(value_type = String)]
    pub case_number: CaseNumber,
    #[schema(value_type = String)]
    pub state: State,
    /// `same_phone`, `similar_photo`, `same_name_and_age`, `same_name_and_place`, `same_credit_code`,
    /// `same_filing_number`, and where a lead is to decide `same_sound_and_age`, `same_sound_and_place`, beside
    /// a sealed case `same_name_and_city`, `same_police_reference`: one or more.
    #[schema(value_type = Vec<String>)]
    pub why: Vec<Likeness>,
    pub submitted_at: DateTime<Utc>,
    /// Its public part, for the holder and for leads; absent where it was deleted, and for a moderator where it
    /// is over.
    #[schema(value_type = Option<Object>)]
    pub public: Option<Public>,
}

/// How many can be compared at a glance.
const SHOWN: usize = 3;
/// The most notices considered for each reason, newest first. More than are shown, because some are not for
/// every reader.
const LOOKED_AT: usize = 50;

/// Likely duplicates of this notice: first those from the same phone, then by photos, then by what they say.
/// Only leads learn of a case that is for leads alone, or anybody could look for it with a phone, a face or a
/// name. Who does not hold this notice learns that others are there, and why, and moderators no more of one that
/// is over: a claim is on record, a look is not. Who only sounds alike is shown to leads, where one is to decide:
/// elsewhere 王伟 is not 王维.
///
/// # Errors
/// When the database refuses, or a case was sealed under another master key.
pub(super) fn duplicates(
    conn: &mut Conn,
    vault: &Vault,
    notice: &Notice,
    said: (Option<&Public>, Option<&Private>),
    by: Moderator,
    now: DateTime<Utc>,
) -> Answer<Vec<Duplicate>> {
    let (public, private) = said;
    let may_read =
        |other: &Notice| by.lead || (notice.claimant(now) == Some(by.id) && !other.told_at(now).is_over());
    let may_know = |other: &Notice| opens_for(other, by);
    let mut found: Vec<(Notice, Vec<Likeness>)> = Vec::new();
    if let Some(phone) = &notice.phone_hash {
        let same = phones::others(conn, phone, notice.id.0, LOOKED_AT as i64)?;
        let same = same.into_iter().filter(may_know).take(SHOWN);
        found.extend(same.map(|other| (other, vec![Likeness::Phone])));
    }
    // Evidence is not compared: one police receipt looks like another.
    let shown = public.map_or(&[][..], |public| &public.photos);
    let mut alike = photos::alike(conn, shown, notice.id.0)?;
    for (_, why) in found.iter_mut().filter(|(other, _)| alike.contains(&other.id.0)) {
        why.push(Likeness::Photo);
    }
    alike.retain(|id| found.iter().all(|(other, _)| other.id.0 != *id));
    alike.truncate(LOOKED_AT);
    let looks_so = notices::by_ids(conn, &alike)?.into_iter().filter(may_know).take(SHOWN - found.len());
    found.extend(looks_so.map(|other| (other, vec![Likeness::Photo])));
    let by_sound = by.lead && notice.needs().leads > 0;
    let mut sought: Vec<Mark> = public.map(sought).unwrap_or_default();
    sought.retain(|(likeness, _)| by_sound || !likeness.by_sound());
    if let (Some(public), Some(private), true) = (public, private, by_sound) {
        sought.extend(of_sealed(public, private));
    }
    let same_name = [Likeness::NameAndAge, Likeness::NameAndPlace];
    for (other, likeness) in marks::others(conn, vault, &sought, notice.id.0, LOOKED_AT as i64)? {
        let known = found.iter().find(|(seen, _)| seen.id == other.id);
        if likeness.of_sealed() && !other.sealed {
            continue;
        }
        if (likeness.by_sound() || likeness == Likeness::NameAndCity)
            && known.is_some_and(|(_, why)| same_name.iter().any(|name| why.contains(name)))
        {
            continue;
        }
        if let Some((_, why)) = found.iter_mut().find(|(seen, _)| seen.id == other.id) {
            why.push(likeness);
        } else if found.len() < SHOWN && may_know(&other) {
            found.push((other, vec![likeness]));
        }
    }
    let duplicate = |(other, why): (Notice, _)| {
        let opened =
            if may_read(&other) { notices::opened(conn, vault, &other, read(&other))? } else { None };
        Ok(Duplicate {
            case_number: other.case_number,
            state: other.told_at(now),
            why,
            submitted_at: other.submitted_at.0,
            public: opened.map(|opened| opened.public),
        })
    };
    found.into_iter().map(duplicate).collect()
}
