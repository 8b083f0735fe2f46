//! Other notices that may be about the same person or thing, or come from the same reporter, with what they
//! say, so that they can be compared side by side.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::State;
use crate::domain::marks::{Likeness, Mark, plainly, sought};
use crate::domain::notice::{Private, Public};
use crate::domain::people::Moderator;
use crate::store::notices::{self, Notice};
use crate::store::{Conn, StoreResult, marks, phones, photos};
use crate::vault::Vault;

/// Another notice that may be about the same person or thing, or from the same hand.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Duplicate {
    #[schema(value_type = String)]
    pub case_number: CaseNumber,
    #[schema(value_type = String)]
    pub state: State,
    /// `same_phone`, `similar_photo`, `same_name_and_age`, `same_name_and_place`, `same_credit_code`,
    /// `same_filing_number`, and where a lead is to decide `same_sound_and_age`, `same_sound_and_place`; where
    /// `protected`, also `same_name_and_city`, `same_police_reference`, `name_in_text`: one or more.
    #[schema(value_type = Vec<String>)]
    pub why: Vec<Likeness>,
    /// It is sealed, was refused or removed to protect somebody, or a tip objects to it that a lead believed or
    /// has not decided: `like_sealed` speaks of it. Told to leads alone.
    pub protected: bool,
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
const MOST_CONSIDERED: usize = 50;

/// Another notice, and what it has in common with this one.
type Found = (Notice, Vec<Likeness>);

/// Likely duplicates of this notice: for leads first the cases that protect somebody, then those from the same
/// phone, then by photos, then by what they say.
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
    (public, private): (Option<&Public>, Option<&Private>),
    by: Moderator,
    now: DateTime<Utc>,
) -> StoreResult<Vec<Duplicate>> {
    let may_read = |other: &Notice| {
        by.lead || (notice.claimant(now) == Some(by.id) && !other.state_shown_at(now).is_over())
    };
    let said = public.zip(private).filter(|_| by.lead);
    let closed = said.map(|said| protected(conn, vault, notice, said)).transpose()?.unwrap_or_default();
    let open = ordinary(conn, vault, notice, public, by, &closed)?;
    let duplicate = |((other, why), protected): (Found, bool)| {
        let opened =
            if may_read(&other) { notices::opened(conn, vault, &other, other.under_review())? } else { None };
        Ok(Duplicate {
            case_number: other.case_number,
            state: other.state_shown_at(now),
            why,
            protected,
            submitted_at: other.submitted_at.0,
            public: opened.map(|opened| opened.public),
        })
    };
    let closed = closed.into_iter().map(|found| (found, true));
    let open = open.into_iter().map(|found| (found, false));
    closed.chain(open).map(duplicate).collect()
}

/// The cases that protect somebody and that this notice is like.
fn protected(
    conn: &mut Conn,
    vault: &Vault,
    notice: &Notice,
    said: (&Public, &Private),
) -> StoreResult<Vec<Found>> {
    let mut alike = marks::protected(conn, vault, said, notice.phone_hash.as_deref(), notice.id.0)?;
    alike.truncate(SHOWN);
    let ids: Vec<Uuid> = alike.iter().map(|case| case.id).collect();
    let mut found = notices::by_ids(conn, &ids)?;
    let mut taken = |id| Some(found.swap_remove(found.iter().position(|other| other.id.0 == id)?));
    Ok(alike.into_iter().filter_map(|case| Some((taken(case.id)?, case.why))).collect())
}

/// The other notices that this one is like, as many as fit beside those.
fn ordinary(
    conn: &mut Conn,
    vault: &Vault,
    notice: &Notice,
    public: Option<&Public>,
    by: Moderator,
    beside: &[Found],
) -> StoreResult<Vec<Found>> {
    let room = SHOWN - beside.len();
    let may_know =
        |other: &Notice| other.may_be_opened_by(by) && beside.iter().all(|(known, _)| known.id != other.id);
    let mut found: Vec<Found> = Vec::new();
    if let Some(phone) = &notice.phone_hash {
        let same = phones::others(conn, phone, notice.id.0, MOST_CONSIDERED as i64)?;
        let same = same.into_iter().filter(may_know).take(room);
        found.extend(same.map(|other| (other, vec![Likeness::Phone])));
    }
    // Evidence is not compared: one police receipt looks like another.
    let shown = public.map_or(&[][..], |public| &public.photos);
    let mut alike = photos::alike(conn, shown, notice.id.0)?;
    for (_, why) in found.iter_mut().filter(|(other, _)| alike.contains(&other.id.0)) {
        why.push(Likeness::Photo);
    }
    alike.retain(|id| found.iter().all(|(other, _)| other.id.0 != *id));
    alike.truncate(MOST_CONSIDERED);
    let looks_so = notices::by_ids(conn, &alike)?.into_iter().filter(may_know).take(room - found.len());
    found.extend(looks_so.map(|other| (other, vec![Likeness::Photo])));
    let by_sound = by.lead && notice.needs().leads > 0;
    let mut looked_for: Vec<Mark> = public.map(sought).unwrap_or_default();
    looked_for.retain(|(likeness, _)| by_sound || !likeness.by_sound());
    for (other, likeness) in marks::others(conn, vault, &looked_for, notice.id.0, MOST_CONSIDERED as i64)? {
        if let Some((_, why)) = found.iter_mut().find(|(seen, _)| seen.id == other.id) {
            why.push(likeness);
        } else if found.len() < room && may_know(&other) {
            found.push((other, vec![likeness]));
        }
    }
    Ok(found.into_iter().map(|(other, why)| (other, plainly(why))).collect())
}
