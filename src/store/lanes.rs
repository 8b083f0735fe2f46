//! The lanes that groups wait in. A lane is leased as a whole, so at most one request to a group is under
//! way; it remembers its latest requests, so that a platform's budget survives a restart and holds across
//! nodes.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use uuid::Uuid;

use super::mutation::{self, Mutation};
use super::rows::{Change, Holds, NAMED};
use super::schema::{broadcasts, deliveries, lanes};
use super::statement::Value;
use super::types::sql::Ts;
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::delivery::{DeliveryState, EndedAs, Fault, How, Purpose, Reach};
use crate::domain::group::Condition;

pub use abandoned::free_of;

mod abandoned;

/// Requests of a lane or a bot that are remembered: the largest vendor budget counts 100 of them.
pub(super) const REMEMBERED: usize = 100;
/// Stands for the references of what was said, or perhaps was, by a robot that was replaced since, by a token that
/// was, or in a digest of which nobody knows whether it arrived.
pub const UNNAMED: &str = "";
/// No process has this number: a lane that is held for one request is not freed before its time.
const NOBODY: i64 = -1;

/// The condition of a group's lane.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = lanes)]
pub struct Lane {
    /// Nothing goes out before.
    pub open_at: Time,
    recent: Vec<u8>,
    leased_until: Time,
    fence: i64,
    /// Failed attempts since the last delivery.
    pub failures: i32,
    /// When the first of them was.
    pub failing_since: Option<Time>,
    /// The platform wants to hear nothing before then.
    asked_until: Time,
    missed_at: Option<Time>,
    missed_as: Option<EndedAs>,
    missed_fault: Option<Fault>,
    missed_code: Option<String>,
}

/// A test message that did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    pub at: DateTime<Utc>,
    pub ended: EndedAs,
    /// What the group's admin has to mend, where the platform said so.
    pub fault: Option<Fault>,
    /// The platform's code, or ours where there was no answer.
    pub code: Option<String>,
}

impl Lane {
    /// Whether it is closed for longer than the pace of sending asks for. ([`count`] has the same rule.)
    pub fn rests(&self, now: DateTime<Utc>) -> bool {
        self.open_at.0 > now + PACE
    }

    /// The last test message that did not arrive, while nothing that was asked for has arrived since.
    pub fn missed(&self) -> Option<Missed> {
        let (at, ended) = (self.missed_at?.0, self.missed_as?);
        Some(Missed { at, ended, fault: self.missed_fault, code: self.missed_code.clone() })
    }
}

/// A lane for a new group.
pub(super) fn insert(conn: &mut Conn, group: Id) -> StoreResult<()> {
    both!(conn, c => diesel::insert_into(lanes::table)
        .values((
            lanes::group_id.eq(group),
            lanes::open_at.eq(Time(DateTime::UNIX_EPOCH)),
            lanes::recent.eq(Vec::<u8>::new()),
            lanes::leased_until.eq(Time(DateTime::UNIX_EPOCH)),
            lanes::fence.eq(0),
            lanes::failures.eq(0),
            lanes::asked_until.eq(Time(DateTime::UNIX_EPOCH)),
            lanes::leased_by.eq(NOBODY),
        ))
        .execute(c))?;
    Ok(())
}

/// The lane of each of these groups.
pub fn of(conn: &mut Conn, groups: &[Id]) -> StoreResult<HashMap<Id, Lane>> {
    let rows: Vec<(Id, Lane)> = both!(conn, c => lanes::table
        .filter(lanes::group_id.eq_any(groups))
        .select((lanes::group_id, Lane::as_select()))
        .load(c))?;
    Ok(rows.into_iter().collect())
}

/// How many groups are in one condition.
#[derive(QueryableByName)]
struct Doing {
    #[diesel(sql_type = Text)]
    does: String,
    #[diesel(sql_type = BigInt)]
    groups: i64,
}

/// For how long the pace of sending may close a lane: the longest span that a platform counts over.
const PACE: TimeDelta = TimeDelta::minutes(1);

/// How many groups are in each condition.
pub fn count(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Vec<(Condition, i64)>> {
    let counted: Vec<Doing> = both!(conn, c => diesel::sql_query(
        "SELECT CASE WHEN g.state <> 'active' THEN g.state WHEN l.failures > 0 THEN 'failing' \
           WHEN l.open_at > $1 THEN 'resting' ELSE 'open' END AS does, COUNT(*) AS groups \
         FROM groups g JOIN lanes l ON l.group_id = g.id GROUP BY does",
    )
    .bind::<Ts, _>(Time(now + PACE))
    .load(c))?;
    let groups = |does: &str| counted.iter().find(|one| one.does == does).map_or(0, |one| one.groups);
    Ok(Condition::ALL.map(|what| (what, groups(what.as_str()))).into())
}

/// A lane that is held for one request that is no delivery.
#[derive(Clone, Debug)]
pub struct Held {
    fence: i64,
    sends: Vec<DateTime<Utc>>,
}

/// Why a lane cannot be held now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotHeld {
    /// A delivery is under way.
    InUse,
    /// The platform's budget is used up until then.
    Full(DateTime<Utc>),
}

/// When a lane may be used for one more request, given its latest ones.
pub type LanePace<'a> = &'a dyn Fn(&[DateTime<Utc>]) -> DateTime<Utc>;

/// Holds the lane of a locked group until `until`, if its latest requests leave room for one more. A lane
/// that rests because its group fails may be held, because that is how its admin finds out that the fault is
/// mended.
pub fn hold(
    conn: &mut Conn,
    group: Uuid,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
    pace: LanePace<'_>,
) -> StoreResult<Result<Held, NotHeld>> {
    let lane = lock(conn, group)?;
    if lane.leased_until.0 > now {
        return Ok(Err(NotHeld::InUse));
    }
    let recent = recent_by(&lane.recent, lane.leased_until.0);
    let opens = pace(&recent).max(lane.asked_until.0);
    if opens > now {
        return Ok(Err(NotHeld::Full(opens)));
    }
    let mut sends = with_one_more(&recent, now);
    let opens = pace(&sends).max(lane.open_at.0);
    let fence = lane.fence + 1;
    both!(conn, c => diesel::update(lanes::table.find(Id(group)))
        .set((
            lanes::leased_until.eq(Time(until)),
            lanes::leased_by.eq(NOBODY),
            lanes::fence.eq(fence),
            lanes::open_at.eq(Time(opens)),
            // Written before the request leaves, so that the lane knows of it even after a crash.
            lanes::recent.eq(encode_times(&sends)),
        ))
        .execute(c))?;
    sends.pop();
    Ok(Ok(Held { fence, sends }))
}

fn lock(conn: &mut Conn, group: Uuid) -> StoreResult<Lane> {
    let lane = lanes::table.find(Id(group));
    Ok(match conn {
        Conn::Pg(c) => lane.select(Lane::as_select()).for_update().first(&mut **c)?,
        Conn::Sqlite(c) => lane.select(Lane::as_select()).first(&mut **c)?,
    })
}

/// Gives a held lane back, unless another request has taken it over. The request ended at `at`, and the
/// platform wants to hear nothing more before `asked_until`.
pub fn free(
    conn: &mut Conn,
    group: Uuid,
    held: Held,
    (at, asked_until): (DateTime<Utc>, DateTime<Utc>),
    pace: LanePace<'_>,
) -> StoreResult<()> {
    let sends: Vec<_> = sent_by(&held.sends, at).chain([at]).collect();
    let opens = pace(&sends).max(asked_until);
    let lane = lanes::table.find(Id(group));
    both!(conn, c => {
        diesel::update(lane.filter(lanes::fence.eq(held.fence)))
            .set((lanes::leased_until.eq(Time(DateTime::UNIX_EPOCH)), lanes::recent.eq(encode_times(&sends))))
            .execute(c)?;
        diesel::update(lane.filter(lanes::open_at.lt(Time(opens))))
            .set(lanes::open_at.eq(Time(opens)))
            .execute(c)?;
        diesel::update(lane.filter(lanes::asked_until.lt(Time(asked_until))))
            .set(lanes::asked_until.eq(Time(asked_until)))
            .execute(c)?;
    });
    if opens > at { put_off(conn, [(Id(group), opens)]) } else { Ok(()) }
}

/// Keeps that a test message did not arrive, and counts it as a failure until something arrives. It proves nothing
/// about how long the group has failed.
pub fn miss(conn: &mut Conn, group: Uuid, missed: &Missed) -> StoreResult<()> {
    let lane = lanes::table.find(Id(group));
    both!(conn, c => {
        diesel::update(lane)
            .set((
                lanes::missed_at.eq(Some(Time(missed.at))),
                lanes::missed_as.eq(Some(missed.ended)),
                lanes::missed_fault.eq(missed.fault),
                lanes::missed_code.eq(&missed.code),
            ))
            .execute(c)?;
        diesel::update(lane.filter(lanes::failures.eq(0))).set(lanes::failures.eq(1)).execute(c)?;
    });
    Ok(())
}

/// Forgets a group's failures, because a message has just reached it or its admin lets it hear again. What
/// waited for the end of them is due as soon as the platform's budget allows; a wait that the platform asked
/// for still holds.
pub fn reopen(conn: &mut Conn, group: Uuid, pace: LanePace<'_>) -> StoreResult<()> {
    let lane = lock(conn, group)?;
    let asked = if mutation::on(Mutation::ForgetWait) { DateTime::UNIX_EPOCH } else { lane.asked_until.0 };
    let opens = pace(&decode_times(&lane.recent)).max(asked);
    let waiting = super::deliveries::lock_waiting(conn, group)?;
    both!(conn, c => diesel::update(lanes::table.find(Id(group)))
        .set((
            lanes::open_at.eq(Time(opens)),
            lanes::failures.eq(0),
            lanes::failing_since.eq(None::<Time>),
            lanes::missed_at.eq(None::<Time>),
            lanes::missed_as.eq(None::<EndedAs>),
            lanes::missed_fault.eq(None::<Fault>),
            lanes::missed_code.eq(None::<String>),
        ))
        .execute(c))?;
    for some in waiting.chunks(NAMED) {
        let some = deliveries::table.filter(deliveries::id.eq_any(some));
        both!(conn, c => diesel::update(some).set(deliveries::due_at.eq(Time(opens))).execute(c))?;
    }
    super::listen::announce(conn)
}

/// Prepares a lane for a new robot, or for another chat of the same, which has a budget of its own. The results of
/// what the old robot still has under way no longer count: they would tell of its former credentials, not of the new
/// ones.
pub fn renew(conn: &mut Conn, group: Uuid) -> StoreResult<()> {
    both!(conn, c => diesel::update(lanes::table.find(Id(group)))
        .set((
            lanes::recent.eq(Vec::<u8>::new()),
            lanes::asked_until.eq(Time(DateTime::UNIX_EPOCH)),
            lanes::leased_until.eq(Time(DateTime::UNIX_EPOCH)),
            lanes::fence.eq(lanes::fence + 1),
        ))
        .execute(c))?;
    Ok(())
}

/// Prepares what was said in a renewed lane for a robot that cannot take it back. An end that was not told yet starts
/// from scratch, because its progress was counted in messages that the new robot cannot name.
pub fn disown(conn: &mut Conn, group: Uuid) -> StoreResult<()> {
    super::deliveries::lock_of_group(conn, Id(group))?;
    let said = deliveries::table.filter(deliveries::group_id.eq(Id(group)));
    let perhaps = deliveries::state.ne(DeliveryState::Delivered).and(deliveries::reach.gt(Reach::No as i16));
    both!(conn, c => diesel::update(said.filter(deliveries::message_ref.is_not_null().or(perhaps)))
        .set(deliveries::message_ref.eq((!mutation::on(Mutation::ForgetRobot)).then_some(UNNAMED)))
        .execute(c))?;
    if mutation::on(Mutation::KeepCourse) {
        return Ok(());
    }
    let ends = broadcasts::table
        .filter(broadcasts::id.eq(deliveries::broadcast_id))
        .filter(broadcasts::purpose.eq_any([Purpose::Closing, Purpose::Correction]));
    let untold = said
        .filter(deliveries::state.eq_any([DeliveryState::Open, DeliveryState::GivenUp]))
        .filter(deliveries::reach.lt(Reach::Yes as i16));
    both!(conn, c => diesel::update(untold.filter(exists(ends)))
        .set((deliveries::part.eq(0), deliveries::act.eq(0), deliveries::how.eq(None::<How>)))
        .execute(c))?;
    Ok(())
}

/// Prepares what was said in a lane for a new token of the same robot, or for another chat of it: it can take back what
/// it said. But what perhaps arrived, and will be said again, may be another message to the platform.
pub fn doubt(conn: &mut Conn, group: Uuid) -> StoreResult<()> {
    if mutation::on(Mutation::TrustNewToken) {
        return Ok(());
    }
    super::deliveries::lock_of_group(conn, Id(group))?;
    let said = deliveries::table.filter(deliveries::group_id.eq(Id(group)));
    let perhaps = said
        .filter(deliveries::state.ne(DeliveryState::Delivered))
        .filter(deliveries::reach.gt(Reach::No as i16).and(deliveries::attempts.gt(deliveries::proved)));
    let one_more = sql::<Nullable<Text>>("COALESCE('\n' || message_ref, '')");
    both!(conn, c => diesel::update(perhaps).set(deliveries::message_ref.eq(one_more)).execute(c))?;
    Ok(())
}

/// Writes these lanes as they are: what a database that is full or away refuses.
pub fn touch(conn: &mut Conn, groups: &[Uuid]) -> StoreResult<()> {
    let groups: Vec<Id> = groups.iter().copied().map(Id).collect();
    both!(conn, c => diesel::update(lanes::table.filter(lanes::group_id.eq_any(groups)))
        .set(lanes::fence.eq(lanes::fence))
        .execute(c))?;
    Ok(())
}

/// Locks those of these lanes that nobody else has locked; if there are none, waits for the first. Returns
/// which it has locked. Results lock many lanes in no order, so a transaction that waits for a lane must hold
/// no other.
pub(super) fn lock_some(conn: &mut Conn, these: &[Id]) -> StoreResult<Vec<Id>> {
    let Conn::Pg(c) = conn else { return Ok(these.to_vec()) };
    let of_these = lanes::table.filter(lanes::group_id.eq_any(these)).order(lanes::group_id);
    let free: Vec<Id> = of_these.select(lanes::group_id).for_update().skip_locked().load(&mut **c)?;
    let Some(first) = these.first().filter(|_| free.is_empty()) else { return Ok(free) };
    let first_free = lanes::table.find(first).select(lanes::group_id).for_update();
    // It may have been deleted meanwhile.
    first_free.first::<Id>(&mut **c).optional()?;
    Ok(vec![*first])
}

/// Puts off what is due in these lanes until the time at which each lane opens. Rows that are locked on
/// PostgreSQL are skipped: they are looked at once more, at most.
pub(super) fn put_off(
    conn: &mut Conn,
    closed: impl IntoIterator<Item = (Id, DateTime<Utc>)>,
) -> StoreResult<()> {
    struct PutOff;
    let put_off = Change {
        before: "UPDATE deliveries SET due_at = rows.open_at",
        columns: &[("group_id", Holds::Id), ("open_at", Holds::Time)],
        after: match conn {
            Conn::Pg(_) => {
                "JOIN LATERAL (SELECT d.id FROM deliveries d WHERE d.group_id = rows.group_id AND d.queued \
                   AND d.due_at < rows.open_at FOR UPDATE SKIP LOCKED) waits ON TRUE WHERE deliveries.id = waits.id"
            }
            Conn::Sqlite(_) => {
                "WHERE deliveries.group_id = rows.group_id AND deliveries.queued \
                   AND deliveries.due_at < rows.open_at"
            }
        },
    };
    let rows = closed.into_iter().map(|(group, open_at)| vec![Value::Id(group), open_at.into()]);
    put_off.make::<PutOff>(conn, rows.collect())
}

/// The latest requests of a lane whose last lease nobody gave back by `end`: its request may have left as
/// late as that.
pub(super) fn recent_by(recent: &[u8], end: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut recent = decode_times(recent);
    if let Some(last) = recent.last_mut() {
        *last = end.max(*last);
    }
    recent
}

/// The latest requests as of `at`: what a clock that was ahead has written, and has been set right since, counts as
/// sent just now.
pub fn sent_by(recent: &[DateTime<Utc>], at: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    recent.iter().map(move |sent| (*sent).min(at))
}

/// The latest requests, one more included.
pub(super) fn with_one_more(recent: &[DateTime<Utc>], now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let kept = &recent[recent.len().saturating_sub(REMEMBERED - 1)..];
    kept.iter().copied().chain([now]).collect()
}

/// Reads what [`encode_times`] wrote.
pub(super) fn decode_times(bytes: &[u8]) -> Vec<DateTime<Utc>> {
    let times = bytes.as_chunks::<8>().0;
    times.iter().map(|b| crate::clock::from_micros(i64::from_be_bytes(*b))).collect()
}

/// Times as stored, eight bytes each: requests, codes and tests, or what was heard.
pub(super) fn encode_times(times: &[DateTime<Utc>]) -> Vec<u8> {
    times.iter().flat_map(|at| at.timestamp_micros().to_be_bytes()).collect()
}

#[cfg(test)]
mod tests;
