//! Who hears what, and when: turns a decision into a broadcast and the broadcast into deliveries.
//!
//! The decision's own transaction writes the broadcast with its cursor. The deliveries follow in slices, each
//! written in the transaction that leases those of it that can go now. After a crash the cursor goes on where
//! it stopped.

use chrono::{DateTime, Utc};

use crate::domain::delivery::{Priority, Purpose};
use crate::domain::region::Region;
use crate::store::broadcasts::{self, Broadcast};
use crate::store::growth::Audience;
use crate::store::mutation::{self, Mutation};
use crate::store::notices::Notice;
use crate::store::types::{Id, Time};
use crate::store::{Conn, StoreError, StoreResult, deliveries};

/// Groups in the first slice. (The simulation has few groups.)
const FIRST_SLICE: usize = if cfg!(test) { 2 } else { 16 };
/// Groups in a later slice: as many as one short transaction can hold.
const LARGEST_SLICE: usize = if cfg!(test) { 4 } else { 500 };

/// Plans what a live notice says to its subscribers.
pub fn plan_for_subscribers(
    conn: &mut Conn,
    notice: &Notice,
    purpose: Purpose,
    now: DateTime<Utc>,
) -> StoreResult<()> {
    if !mutation::on(Mutation::KeepRevision) {
        deliveries::cancel_open(conn, notice.id.0)?;
        broadcasts::stop(conn, notice.id.0)?;
    }
    plan(conn, notice, purpose, Priority::of(notice.urgency.into()), notice.ends_at, now)
}

/// Lets what was said of the revision `before` stand for the live one, which reads the same: what still waits goes
/// out, and nobody hears it twice.
pub fn carry_over(conn: &mut Conn, notice: &Notice, before: i32) -> StoreResult<()> {
    let Some(live) = notice.live_revision else { return Ok(()) };
    broadcasts::carry_over(conn, notice.id.0, before, live)
}

/// Resumes a notice that was paused: what waited is due again, and a revision that was approved meanwhile is
/// spread.
pub fn resume(conn: &mut Conn, notice: &Notice, now: DateTime<Utc>) -> StoreResult<()> {
    let said = broadcasts::of_notice(conn, notice.id.0)?;
    if said.iter().any(|broadcast| Some(broadcast.revision) == notice.live_revision) {
        deliveries::resume(conn, notice.id.0, now)
    } else {
        plan_for_subscribers(conn, notice, Purpose::Update, now)
    }
}

/// Plans the message that a notice is over, for exactly the groups that received the notice or may have;
/// cancels what has not gone out.
pub fn end(conn: &mut Conn, notice: &Notice, purpose: Purpose, now: DateTime<Utc>) -> StoreResult<()> {
    deliveries::cancel_open(conn, notice.id.0)?;
    broadcasts::stop(conn, notice.id.0)?;
    if notice.live_at.is_none() {
        return Ok(());
    }
    let priority = match purpose {
        Purpose::Correction if !mutation::on(Mutation::QueueCorrections) => Priority::Correction,
        _ => Priority::Closing,
    };
    plan(conn, notice, purpose, priority, None, now)
}

/// Who a broadcast is for, and how many of those groups are looked at next: few at first, so that sending
/// starts at once, and then more and more, however few of them want to hear it.
///
/// # Errors
/// When the database holds no such region.
pub fn audiences(broadcast: &Broadcast, notice: &Notice) -> StoreResult<(Vec<Audience>, usize)> {
    let subscribers = || {
        let region = Region::parse(&notice.region).map_err(|e| StoreError::Corrupt(e.to_string()))?;
        Ok::<_, StoreError>(Audience::Subscribers { kind: notice.kind, region })
    };
    let audiences = match broadcast.purpose {
        Purpose::Closing | Purpose::Correction if mutation::on(Mutation::EndForAll) => vec![subscribers()?],
        Purpose::Closing | Purpose::Correction => vec![Audience::Recipients],
        // Groups that heard the old text hear the new one, too, even where the notice has moved to another
        // region.
        Purpose::Update => vec![subscribers()?, Audience::Recipients],
        Purpose::Alert => vec![subscribers()?],
    };
    let doubled = broadcast.slices.unsigned_abs().min(LARGEST_SLICE.ilog2());
    Ok((audiences, (FIRST_SLICE << doubled).min(LARGEST_SLICE)))
}

fn plan(
    conn: &mut Conn,
    notice: &Notice,
    purpose: Purpose,
    priority: Priority,
    not_after: Option<Time>,
    now: DateTime<Utc>,
) -> StoreResult<()> {
    let broadcast = Broadcast {
        id: Id(crate::clock::new_id(now)),
        notice_id: notice.id,
        revision: notice.live_revision.unwrap_or(notice.revision),
        purpose,
        priority: priority as i16,
        created_at: Time(now),
        not_after,
        cursor: None,
        expanded: false,
        planned: 0,
        slices: 0,
    };
    broadcasts::insert(conn, &broadcast)
}
