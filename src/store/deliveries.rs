//! The queue itself: due deliveries, the lanes they wait in, leases and results.
//!
//! A lane is a group. It is leased as a whole, so at most one delivery of a group is in flight, and a
//! closing can never overtake its alert. The lease carries a fencing number: a result is written only
//! where nobody took the lane over in the meantime.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::schema::{attempts, broadcasts, deliveries, groups, lanes};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::group::{GroupState, Platform};
use crate::domain::language::Language;
use crate::domain::life_cycle::State;

/// A delivery that this node may send now, with all that sending it takes.
#[derive(Clone, Debug)]
pub struct Leased {
    pub delivery: i64,
    pub broadcast: Uuid,
    pub group: Uuid,
    pub platform: Platform,
    pub language: Language,
    pub credentials_sealed: Vec<u8>,
    /// Which request of the delivery comes next, from 0.
    pub part: i16,
    /// This attempt included.
    pub attempts: i32,
    /// Whether earlier attempts may have reached the group.
    pub reach_before: i16,
    /// The result counts only while the lane still has this number.
    pub fence: i64,
    /// The lane's latest requests, the last of them this one.
    pub sends: Vec<DateTime<Utc>>,
    /// Nothing of it goes out after this.
    pub not_after: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct Candidate {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Uid)]
    broadcast_id: Id,
    #[diesel(sql_type = Uid)]
    group_id: Id,
    #[diesel(sql_type = SmallInt)]
    part: i16,
    #[diesel(sql_type = Integer)]
    attempts: i32,
    #[diesel(sql_type = SmallInt)]
    reach: i16,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = Binary)]
    recent: Vec<u8>,
    #[diesel(sql_type = Text)]
    platform: Named<Platform>,
    #[diesel(sql_type = Text)]
    language: Named<Language>,
    #[diesel(sql_type = Binary)]
    credentials_sealed: Vec<u8>,
    #[diesel(sql_type = Text)]
    purpose: Named<Purpose>,
    #[diesel(sql_type = Integer)]
    revision: i32,
    #[diesel(sql_type = Nullable<Ts>)]
    not_after: Option<Time>,
    #[diesel(sql_type = Text)]
    state: Named<State>,
    #[diesel(sql_type = Nullable<Integer>)]
    live_revision: Option<i32>,
}

impl Candidate {
    /// Whether it may still be said: the notice is live with this very revision, and its end has not
    /// come. What tells that a notice is over may always be said.
    fn still_true(&self, now: DateTime<Utc>) -> bool {
        self.purpose.0.ends()
            || (self.state.0 == State::Live
                && self.live_revision == Some(self.revision)
                && self.not_after.is_none_or(|end| end.0 > now))
    }
}

/// When a lane of a platform may be used again, given its latest requests, this one included.
pub type Pace<'a> = &'a dyn Fn(Platform, &[DateTime<Utc>]) -> DateTime<Utc>;

/// Leases up to `limit` lanes that have something due, most urgent first, until `until`. What is no
/// longer to be said is cancelled instead.
///
/// # Errors
/// When the database refuses.
pub fn lease(
    conn: &mut Conn,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
    pace: Pace<'_>,
) -> Answer<Vec<Leased>> {
    let mut leased = Vec::new();
    let mut lanes_taken = HashSet::new();
    for priority in 0..=2i16 {
        let room = limit - leased.len() as i64;
        if room <= 0 {
            break;
        }
        for candidate in candidates(conn, now, priority, room)? {
            if !candidate.still_true(now) {
                cancel_one(conn, candidate.id)?;
            } else if lanes_taken.insert(candidate.group_id) {
                leased.push(take(conn, candidate, now, until, pace)?);
            }
        }
    }
    Ok(leased)
}

fn candidates(conn: &mut Conn, now: DateTime<Utc>, priority: i16, limit: i64) -> Answer<Vec<Candidate>> {
    let lock = if matches!(conn, Conn::Pg(_)) { "FOR UPDATE OF l SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT d.id, d.broadcast_id, d.group_id, d.part, d.attempts, d.reach, l.fence, l.recent, \
                g.platform, g.language, g.credentials_sealed, \
                b.purpose, b.revision, b.not_after, n.state, n.live_revision \
         FROM deliveries d \
         JOIN lanes l ON l.group_id = d.group_id \
         JOIN groups g ON g.id = d.group_id \
         JOIN broadcasts b ON b.id = d.broadcast_id \
         JOIN notices n ON n.id = b.notice_id \
         WHERE d.state = 'open' AND d.priority = $1 AND d.due_at <= $2 \
           AND l.open_at <= $2 AND l.leased_until <= $2 AND g.state = 'active' \
         ORDER BY d.due_at, d.id LIMIT {limit} {lock}"
    );
    Ok(both!(conn, c => diesel::sql_query(&sql)
        .bind::<SmallInt, _>(priority)
        .bind::<Ts, _>(Time(now))
        .load(c))?)
}

fn take(
    conn: &mut Conn,
    candidate: Candidate,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    pace: Pace<'_>,
) -> Answer<Leased> {
    // Written before the request leaves: after a crash the lane still knows of it.
    let sends = with_one_more(&candidate.recent, now);
    let open_at = pace(candidate.platform.0, &sends);
    both!(conn, c => {
        diesel::update(lanes::table.find(candidate.group_id))
            .set((
                lanes::leased_until.eq(Time(until)),
                lanes::fence.eq(candidate.fence + 1),
                lanes::recent.eq(written(&sends)),
                lanes::open_at.eq(Time(open_at)),
            ))
            .execute(c)?;
        diesel::update(deliveries::table.find(candidate.id))
            .set((deliveries::attempts.eq(candidate.attempts + 1), deliveries::reach.eq(candidate.reach.max(1))))
            .execute(c)?;
    });
    if open_at > now {
        put_off(conn, candidate.group_id, open_at)?;
    }
    Ok(Leased {
        delivery: candidate.id,
        broadcast: candidate.broadcast_id.0,
        group: candidate.group_id.0,
        platform: candidate.platform.0,
        language: candidate.language.0,
        credentials_sealed: candidate.credentials_sealed,
        part: candidate.part,
        attempts: candidate.attempts + 1,
        reach_before: candidate.reach,
        fence: candidate.fence + 1,
        sends,
        not_after: candidate.not_after.map(|t| t.0),
    })
}

/// Requests of a lane that are remembered: the largest vendor budget counts 100 of them.
const REMEMBERED: usize = 100;

pub(super) fn with_one_more(recent: &[u8], now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let recent = times(recent);
    let kept = &recent[recent.len().saturating_sub(REMEMBERED - 1)..];
    kept.iter().copied().chain([now]).collect()
}

/// Reads what [`written`] wrote.
pub(super) fn times(bytes: &[u8]) -> Vec<DateTime<Utc>> {
    let times = bytes.as_chunks::<8>().0;
    times.iter().map(|b| crate::clock::from_micros(i64::from_be_bytes(*b))).collect()
}

pub(super) fn written(sends: &[DateTime<Utc>]) -> Vec<u8> {
    sends.iter().flat_map(|at| at.timestamp_micros().to_be_bytes()).collect()
}

/// Nothing in a lane that is closed until `open_at` is looked at before.
pub(super) fn put_off(conn: &mut Conn, group: Id, open_at: DateTime<Utc>) -> Answer<()> {
    both!(conn, c => diesel::update(
        deliveries::table
            .filter(deliveries::group_id.eq(group))
            .filter(deliveries::state.eq(Named(DeliveryState::Open)))
            .filter(deliveries::due_at.lt(Time(open_at))),
    )
    .set(deliveries::due_at.eq(Time(open_at)))
    .execute(c))?;
    Ok(())
}

fn cancel_one(conn: &mut Conn, delivery: i64) -> Answer<()> {
    both!(conn, c => diesel::update(deliveries::table.find(delivery))
        .set(deliveries::state.eq(Named(DeliveryState::Cancelled)))
        .execute(c))?;
    Ok(())
}

/// How an attempt ended, and what follows from it for the delivery and its lane.
#[derive(Clone, Debug)]
pub struct Record {
    pub leased: Leased,
    pub state: DeliveryState,
    /// When it is due again, where it stays open.
    pub due_at: DateTime<Utc>,
    pub part: i16,
    /// 0 no, 1 maybe, 2 yes.
    pub reach: i16,
    pub outcome: &'static str,
    pub code: Option<String>,
    pub message_ref: Option<String>,
    /// When the attempt ended.
    pub at: DateTime<Utc>,
    pub took_ms: i32,
    /// The lane's latest requests, this one by when it ended.
    pub sends: Vec<DateTime<Utc>>,
    /// The lane rests until then.
    pub lane_open_at: DateTime<Utc>,
    /// The whole group stops, with the reason its admin reads.
    pub disable: Option<&'static str>,
    /// An attempt that never left (its notice ended first) is not in the log.
    pub attempted: bool,
}

/// Writes results, each only where its lease still holds; answers how many did.
///
/// # Errors
/// When the database refuses.
pub fn record(conn: &mut Conn, records: &[Record]) -> Answer<usize> {
    let mut written = 0;
    for record in records {
        if release(conn, record)? {
            written += 1;
            write_result(conn, record)?;
        } else {
            tracing::warn!(delivery = record.leased.delivery, "a result came after its lease had passed on");
        }
    }
    let log: Vec<_> = records.iter().filter(|r| r.attempted).map(attempt_row).collect();
    for slice in log.chunks(1_000) {
        both!(conn, c => diesel::insert_into(attempts::table).values(slice).execute(c))?;
    }
    Ok(written)
}

#[derive(Insertable)]
#[diesel(table_name = attempts, treat_none_as_default_value = false)]
struct AttemptRow {
    delivery_id: i64,
    group_id: Id,
    at: Time,
    part: i16,
    outcome: &'static str,
    code: Option<String>,
    took_ms: i32,
}

fn attempt_row(record: &Record) -> AttemptRow {
    AttemptRow {
        delivery_id: record.leased.delivery,
        group_id: Id(record.leased.group),
        at: Time(record.at),
        part: record.leased.part,
        outcome: record.outcome,
        code: record.code.clone(),
        took_ms: record.took_ms,
    }
}

fn release(conn: &mut Conn, record: &Record) -> Answer<bool> {
    let ours = lanes::table.find(Id(record.leased.group)).filter(lanes::fence.eq(record.leased.fence));
    let free = (
        lanes::leased_until.eq(Time(DateTime::UNIX_EPOCH)),
        lanes::recent.eq(written(&record.sends)),
        lanes::open_at.eq(Time(record.lane_open_at)),
    );
    let went_well = record.state == DeliveryState::Delivered || record.part > record.leased.part;
    let rows = both!(conn, c => match went_well {
        true => diesel::update(ours)
            .set((free, lanes::failures.eq(0), lanes::failing_since.eq(None::<Time>)))
            .execute(c),
        false if record.attempted => diesel::update(ours)
            .set((
                free,
                lanes::failures.eq(lanes::failures + 1),
                lanes::failing_since.eq(diesel::dsl::case_when(
                    lanes::failing_since.is_null(),
                    Time(record.at).into_sql::<Nullable<Ts>>(),
                )
                .otherwise(lanes::failing_since)),
            ))
            .execute(c),
        false => diesel::update(ours).set(free).execute(c),
    })?;
    if rows == 1 && record.lane_open_at > record.at {
        put_off(conn, Id(record.leased.group), record.lane_open_at)?;
    }
    Ok(rows == 1)
}

#[derive(AsChangeset)]
#[diesel(table_name = deliveries)]
struct Standing {
    state: Named<DeliveryState>,
    due_at: Time,
    part: i16,
}

#[derive(AsChangeset)]
#[diesel(table_name = deliveries)]
struct Verdict<'a> {
    reach: i16,
    last_outcome: Option<&'a str>,
    /// A code goes with its outcome: where there is none, an earlier one goes, too.
    last_code: Option<Option<&'a str>>,
    message_ref: Option<&'a str>,
    delivered_at: Option<Time>,
}

fn write_result(conn: &mut Conn, record: &Record) -> Answer<()> {
    let standing = Standing { state: Named(record.state), due_at: Time(record.due_at), part: record.part };
    let delivered = record.state == DeliveryState::Delivered;
    let result = Verdict {
        reach: record.reach,
        last_outcome: Some(record.outcome),
        last_code: Some(record.code.as_deref()),
        message_ref: record.message_ref.as_deref(),
        delivered_at: delivered.then_some(Time(record.at)),
    };
    let delivery = deliveries::table.find(record.leased.delivery);
    both!(conn, c => if delivered {
        diesel::update(delivery).set((&standing, &result)).execute(c)?
    } else {
        // Cancelled while it was in flight, it stays cancelled.
        let open = deliveries::state.eq(Named(DeliveryState::Open));
        diesel::update(delivery.filter(open)).set(&standing).execute(c)?;
        diesel::update(delivery).set(&result).execute(c)?
    });
    if let Some(reason) = record.disable {
        disable(conn, record.leased.group, reason)?;
    }
    if record.reach == 0 {
        forget_ending(conn, &record.leased)?;
    }
    Ok(())
}

fn disable(conn: &mut Conn, group: Uuid, reason: &str) -> Answer<()> {
    both!(conn, c => diesel::update(groups::table.find(Id(group)))
        .set((groups::state.eq(Named(GroupState::Disabled)), groups::reason.eq(Some(reason))))
        .execute(c))?;
    Ok(())
}

/// A group that certainly did not receive a notice that meanwhile ended has nothing to be told.
fn forget_ending(conn: &mut Conn, leased: &Leased) -> Answer<()> {
    both!(conn, c => diesel::sql_query(
        "UPDATE deliveries SET state = 'cancelled' WHERE group_id = $1 AND state = 'open' AND broadcast_id IN ( \
           SELECT e.id FROM broadcasts e JOIN broadcasts b ON b.notice_id = e.notice_id \
           WHERE b.id = $2 AND e.purpose IN ('closing', 'correction')) \
         AND NOT EXISTS (SELECT 1 FROM deliveries o JOIN broadcasts ob ON ob.id = o.broadcast_id \
           JOIN broadcasts me ON me.notice_id = ob.notice_id \
           WHERE me.id = $2 AND o.group_id = $1 AND o.reach > 0 AND ob.purpose IN ('alert', 'update'))",
    )
    .bind::<Uid, _>(Id(leased.group))
    .bind::<Uid, _>(Id(leased.broadcast))
    .execute(c))?;
    Ok(())
}

/// Cancels what has not gone out of a notice's alerts and updates.
///
/// # Errors
/// When the database refuses.
pub fn cancel_open(conn: &mut Conn, notice: Uuid) -> Answer<usize> {
    Ok(both!(conn, c => diesel::update(
        deliveries::table.filter(deliveries::state.eq(Named(DeliveryState::Open))).filter(
            deliveries::broadcast_id.eq_any(
                broadcasts::table
                    .filter(broadcasts::notice_id.eq(Id(notice)))
                    .filter(broadcasts::purpose.eq_any([Purpose::Alert, Purpose::Update].map(Named)))
                    .select(broadcasts::id),
            ),
        ),
    )
    .set(deliveries::state.eq(Named(DeliveryState::Cancelled)))
    .execute(c))?)
}

/// When the first delivery after `after` is due. What was due before and could not be leased waits for
/// its lane, and whoever frees that lane wakes the worker.
///
/// # Errors
/// When the database refuses.
pub fn next_due(conn: &mut Conn, after: DateTime<Utc>) -> Answer<Option<DateTime<Utc>>> {
    let mut earliest: Option<DateTime<Utc>> = None;
    for priority in 0..=2i16 {
        let due: Option<Time> = both!(conn, c => deliveries::table
            .filter(deliveries::state.eq(Named(DeliveryState::Open)).and(deliveries::priority.eq(priority)))
            .filter(deliveries::due_at.gt(Time(after)))
            .order((deliveries::due_at, deliveries::id))
            .select(deliveries::due_at)
            .first(c)
            .optional())?;
        earliest = [earliest, due.map(|t| t.0)].into_iter().flatten().min();
    }
    Ok(earliest)
}

/// Frees the lanes that a process which is no longer there had leased. For SQLite, where there is one
/// process only, at its start.
///
/// # Errors
/// When the database refuses.
pub fn free_all_lanes(conn: &mut Conn) -> Answer<()> {
    let leased = lanes::leased_until.gt(Time(DateTime::UNIX_EPOCH));
    both!(conn, c => diesel::update(lanes::table.filter(leased))
        .set((lanes::leased_until.eq(Time(DateTime::UNIX_EPOCH)), lanes::fence.eq(lanes::fence + 1)))
        .execute(c))?;
    Ok(())
}

/// Deliveries by state, and how many of the open ones are due, for the operator.
///
/// # Errors
/// When the database refuses.
pub fn backlog(conn: &mut Conn, now: DateTime<Utc>) -> Answer<(i64, i64, Option<DateTime<Utc>>)> {
    let open = deliveries::state.eq(Named(DeliveryState::Open));
    Ok(both!(conn, c => {
        let all: i64 = deliveries::table.filter(open).count().get_result(c)?;
        let due: i64 = deliveries::table.filter(open).filter(deliveries::due_at.le(Time(now))).count().get_result(c)?;
        let oldest: Option<Time> =
            deliveries::table.filter(open).select(diesel::dsl::min(deliveries::due_at)).get_result(c)?;
        (all, due, oldest.map(|t| t.0))
    }))
}
