//! Reviews of what is live already: a second look, a police reference that followed, or a new revision.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Desk, ReviewError, check_police, opened, policy};
use crate::broadcast::plan;
use crate::domain::delivery::Purpose;
use crate::domain::life_cycle::{Refusal, State, Step};
use crate::domain::marks::marks;
use crate::domain::shown::shown;
use crate::store::notices::{Notice, Opened};
use crate::store::transition::{By, apply_to_pending, take};
use crate::store::types::Time;
use crate::store::{Conn, marks as known_by};
use crate::vault::Vault;

/// Decides about a live notice: a second look, a police reference, or a new revision.
pub(super) fn look_again(
    tx: &mut Conn,
    desk: &Desk,
    notice: Notice,
    step: Step,
    by: By<'_>,
) -> Result<Notice, ReviewError> {
    if notice.pending_revision.is_some() {
        return decide_revision(tx, desk, notice, step, by);
    }
    let live = opened(tx, &desk.vault, &notice, notice.published_or_newest())?;
    let referenced = live.private()?.police.reference.is_some();
    if lacks_reference_alone(&notice) && !referenced {
        return Err(ReviewError::PoliceReferenceRequired);
    }
    take(tx, &desk.vault, notice, step, by, |_, n| {
        n.end_claim();
        n.second_look_at = None;
        // A second look does not replace a police reference that is still owed.
        n.police_due_at = n.police_due_at.filter(|_| !referenced);
        Ok(())
    })
}

/// Whether only the police reference is missing: looking again does not supply it.
pub(super) fn lacks_reference_alone(notice: &Notice) -> bool {
    let looked_at = notice.second_look_at.is_none() && notice.pending_revision.is_none();
    looked_at && notice.police_due_at.is_some()
}

/// A new revision of a live notice goes through the same approvals while the old one stands.
fn decide_revision(
    tx: &mut Conn,
    desk: &Desk,
    notice: Notice,
    step: Step,
    by: By<'_>,
) -> Result<Notice, ReviewError> {
    if !matches!(step, Step::Approve | Step::Reject) {
        // Questions and escalations belong to the time before a notice is live; an edit of it is approved or
        // rejected.
        return Err(Refusal::NotFrom { from: notice.state, step }.into());
    }
    apply_to_pending(tx, &desk.vault, notice, step, by, |tx, n, after| {
        let Some(revision) = n.pending_revision else { return Ok(()) };
        if step == Step::Approve {
            check_police(tx, &desk.vault, n, revision)?;
        }
        n.end_claim();
        match after {
            State::Cooling => cool(tx, desk, n, by.at)?,
            State::SecondReview => {}
            _ => {
                n.drop_pending();
                let live = opened(tx, &desk.vault, n, n.published_or_newest())?;
                recognise(tx, &desk.vault, n, &live)?;
            }
        }
        Ok(())
    })
}

/// How late a revision that has cooled may go out: a restart takes no longer.
const LATE: TimeDelta = TimeDelta::minutes(1);

/// Lets the edit cool. Where its notice would end meanwhile, or soon after, the edit goes out at once, because it
/// may be the renewal that grants more time.
fn cool(tx: &mut Conn, desk: &Desk, notice: &mut Notice, now: DateTime<Utc>) -> Result<(), ReviewError> {
    let until = now + desk.times.cooling;
    if notice.ends_at.is_some_and(|ends| ends.0 <= until + LATE) {
        return publish_revision(tx, desk, notice, now);
    }
    notice.cooling_until = Some(Time(until));
    Ok(())
}

/// From now on it is recognised by what this revision says; of a sealed case nothing is forgotten.
fn recognise(tx: &mut Conn, vault: &Vault, notice: &mut Notice, said: &Opened) -> Result<(), ReviewError> {
    let private = said.private()?;
    let former = notice.phone_hash.replace(vault.index("phone", &private.reporter.phone));
    if notice.sealed {
        known_by::keep_phone(tx, notice, former.as_deref())?;
    } else {
        known_by::set(tx, vault, notice.id.0, &marks(&said.public, &private))?;
    }
    Ok(())
}

/// Replaces the live revision by the one that waited beside it. Groups hear only what they can read or what gives
/// more time: that a police reference has followed is nothing to tell a second time.
pub(super) fn publish_revision(
    tx: &mut Conn,
    desk: &Desk,
    notice: &mut Notice,
    now: DateTime<Utc>,
) -> Result<(), ReviewError> {
    let (Some(live), Some(revision)) = (notice.live_revision, notice.pending_revision) else { return Ok(()) };
    let (before, edit) = (opened(tx, &desk.vault, notice, live)?, opened(tx, &desk.vault, notice, revision)?);
    let (private, former) = (edit.private()?, before.private()?);
    let weighed = policy::weigh(&edit.public, &private, now);
    // Weighed at the same moment: time alone makes what is said no more urgent.
    let as_urgent = weighed.urgency == policy::weigh(&before.public, &former, now).urgency;
    let same_words = shown(before.public) == shown(edit.public.clone());
    let says_the_same = same_words && as_urgent && !edit.revision.renewal;
    notice.live_revision = Some(revision);
    // Lists, feeds and broadcasts use both of these.
    notice.urgency = notice.review_urgency();
    edit.public.region.code().clone_into(&mut notice.region);
    recognise(tx, &desk.vault, notice, &edit)?;
    notice.drop_pending();
    if private.police.reference.is_some() {
        notice.police_due_at = None;
    } else if weighed.police_follow_up && notice.police_due_at.is_none() {
        notice.police_due_at = Some(Time(now + policy::POLICE_FOLLOWS_WITHIN));
    }
    if weighed.second_look && !same_words && notice.second_look_at.is_none() {
        notice.second_look_at = Some(Time(now + policy::SECOND_LOOK_WITHIN));
    }
    if edit.revision.renewal {
        notice.renewals += 1;
        notice.ends_at = Some(Time(now + desk.times.lifetime));
    }
    if says_the_same {
        plan::carry_over(tx, notice, live)?;
    } else if notice.state == State::Live {
        plan::plan_for_subscribers(tx, notice, Purpose::Update, now)?;
    }
    Ok(())
}
