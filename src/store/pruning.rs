//! What is over for long is forgotten, but for what a group still waits to hear: a few rows at a time, found
//! at the same cost wherever they stand and whatever stays.
//!
//! Up to 500 deliveries go in one transaction, by broadcast and group, with their attempts and their broadcasts.
//! They belong to erased notices that ended 30 days ago and that no delivery log lists any more; a group that still
//! waits to hear of such a notice keeps its own rows and no others. Attempts stay for as long as an ending may ask
//! how many requests failed: one that was given up may be set going again.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable};
use uuid::Uuid;

use super::schema::{attempts, broadcasts, deliveries};
use super::statement::{Statement, Value};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both, notices};

/// A place among all that was said, the oldest broadcast first: beyond that group of that broadcast.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeliveryPlace {
    broadcast: Uuid,
    group: Uuid,
}

/// The next deliveries of a broadcast.
#[derive(Debug)]
pub struct Slice {
    /// Where the next one begins.
    pub end: DeliveryPlace,
    begin: DeliveryPlace,
    before: DateTime<Utc>,
    most: i64,
    old: Old,
    prunable: Vec<i64>,
    /// The broadcast has no deliveries.
    bare: bool,
}

impl Slice {
    /// Whether something of it can be forgotten.
    pub fn is_prunable(&self) -> bool {
        self.bare || !self.prunable.is_empty()
    }
}

/// A broadcast about a notice of which the tombstone alone is left.
#[derive(Clone, Copy, Debug, Queryable)]
struct Old {
    id: Id,
    notice: Id,
}

/// The next slice of what was said about notices of which the tombstone alone is left: they ended before
/// `before`, and nothing about them is yet to be planned. It has up to `most` deliveries.
pub fn next_slice(
    conn: &mut Conn,
    before: DateTime<Utc>,
    begin: DeliveryPlace,
    most: i64,
) -> StoreResult<Option<Slice>> {
    struct Next;
    let sql = "SELECT b.id, b.notice_id FROM broadcasts b JOIN notices n ON n.id = b.notice_id \
         WHERE b.id >= ? AND n.state = 'erased' AND n.ended_at < ? AND NOT EXISTS \
           (SELECT 1 FROM broadcasts said WHERE said.notice_id = b.notice_id AND NOT said.expanded) \
         ORDER BY b.id LIMIT 1";
    let values = [begin.broadcast.into(), before.into()];
    let next = both!(conn, c =>
        Statement::<Next, (Uid, Uid)>::new(sql, &values).get_result::<Old>(c).optional())?;
    next.map(|old| slice(conn, old, before, begin, most)).transpose()
}

fn slice(
    conn: &mut Conn,
    old: Old,
    before: DateTime<Utc>,
    begin: DeliveryPlace,
    most: i64,
) -> StoreResult<Slice> {
    struct Look;
    let broadcast = old.id.0;
    let begin =
        if begin.broadcast == broadcast { begin } else { DeliveryPlace { broadcast, group: Uuid::nil() } };
    // Looked up for each: what else there is of the notice for that group, and is open, or in the group's
    // log.
    let sql = "SELECT d.id, d.group_id, (SELECT 1 FROM broadcasts said CROSS JOIN deliveries other \
           WHERE said.notice_id = ? AND other.broadcast_id = said.id AND other.group_id = d.group_id \
             AND (other.state = 'open' OR COALESCE(other.delivered_at, other.due_at) >= ?) LIMIT 1) \
         FROM deliveries d WHERE d.broadcast_id = ? AND d.group_id > ? ORDER BY d.group_id LIMIT ?";
    let values = [Value::Id(old.notice), before.into(), broadcast.into(), begin.group.into(), most.into()];
    let found: Vec<(i64, Id, Option<i32>)> = both!(conn, c =>
        Statement::<Look, (BigInt, Uid, Nullable<Integer>)>::new(sql, &values).load(c))?;
    let end = match found.last() {
        Some((_, last, _)) if found.len() as i64 == most => DeliveryPlace { broadcast, group: last.0 },
        _ => DeliveryPlace {
            broadcast: Uuid::from_u128(broadcast.as_u128().saturating_add(1)),
            group: Uuid::nil(),
        },
    };
    let bare = found.is_empty() && begin.group.is_nil();
    let prunable = found.into_iter().filter(|(_, _, stays)| stays.is_none()).map(|(id, ..)| id).collect();
    Ok(Slice { end, begin, before, most, old, prunable, bare })
}

/// Deletes what can be forgotten of a slice with its attempts, and with the last delivery its broadcast. The
/// notice's row is locked: several nodes may prune at once.
pub fn prune(conn: &mut Conn, found: &Slice) -> StoreResult<()> {
    let old = found.old;
    notices::lock(conn, old.notice.0)?;
    let ids = slice(conn, old, found.before, found.begin, found.most)?.prunable;
    let left = deliveries::table.filter(deliveries::broadcast_id.eq(old.id));
    both!(conn, c => {
        diesel::delete(attempts::table.filter(attempts::delivery_id.eq_any(&ids))).execute(c)?;
        diesel::delete(deliveries::table.filter(deliveries::id.eq_any(&ids))).execute(c)?;
        diesel::delete(broadcasts::table.find(old.id).filter(not(exists(left)))).execute(c)?;
    });
    Ok(())
}

/// A place among the attempts, in the order in which they ended.
pub type AttemptPlace = (DateTime<Utc>, i64);

/// Of the next `most` attempts beyond that place that ended before `before`, deletes those that are no longer
/// needed: how many requests of an alert failed is asked once more at the end of its notice. Returns where to
/// go on, `None` at the end.
pub fn prune_attempts(
    conn: &mut Conn,
    before: DateTime<Utc>,
    beyond: AttemptPlace,
    most: i64,
) -> StoreResult<Option<AttemptPlace>> {
    struct Look;
    // By their times, not by the order in which they were written down: a clock may have been ahead.
    let sql = "SELECT a.id, a.at, (SELECT 1 FROM deliveries d \
           JOIN broadcasts b ON b.id = d.broadcast_id JOIN notices n ON n.id = b.notice_id \
           CROSS JOIN broadcasts said \
           LEFT JOIN deliveries other ON other.broadcast_id = said.id AND other.group_id = d.group_id \
           WHERE d.id = a.delivery_id AND said.notice_id = n.id \
             AND (n.ended_at IS NULL OR NOT said.expanded OR other.state = 'open' \
               OR (other.state = 'given_up' AND said.purpose IN ('closing', 'correction'))) LIMIT 1) \
         FROM attempts a WHERE a.at >= ? AND (a.at > ? OR a.id > ?) AND a.at < ? ORDER BY a.at, a.id LIMIT ?";
    let (at, id) = beyond;
    let values = [at.into(), at.into(), id.into(), before.into(), most.into()];
    let found: Vec<(i64, Time, Option<i32>)> = both!(conn, c =>
        Statement::<Look, (BigInt, Ts, Nullable<Integer>)>::new(sql, &values).load(c))?;
    let last = found.last().filter(|_| found.len() as i64 == most).map(|(id, at, _)| (at.0, *id));
    let ids: Vec<i64> = found.iter().filter(|(_, _, stays)| stays.is_none()).map(|(id, ..)| *id).collect();
    both!(conn, c => diesel::delete(attempts::table.filter(attempts::id.eq_any(ids))).execute(c))?;
    Ok(last)
}
