//! Repairs what a clock that was ahead has written, a few rows in each transaction, so that nobody waits long
//! for it; and compares a node's clock with the one that all nodes share.
//!
//! A clock that was ahead and is set right, SQLite's own or the server's, is noticed within a second: the lanes that
//! it used are moved back, and what it put off becomes due and is judged again. On PostgreSQL the server's clock
//! tells whether the node's is right now or was right before. At its start a process checks once whether the latest
//! request or decision on record lies ahead, because the process that made it is gone.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool};
use uuid::Uuid;

use super::lanes::{decode_times, encode_times};
use super::schema::{bots, deliveries, events, lanes};
use super::types::sql::Ts;
use super::types::{Id, Time};
use super::{Conn, Store, StoreResult, both, slices};
use crate::domain::delivery::Priority;

pub use notices::Farthest;

mod notices;

/// Rows in one transaction.
const SLICE: i64 = 500;
/// No lease that was made by a correct clock ends later than this from now.
const LEASES_END_WITHIN: TimeDelta = TimeDelta::minutes(1);
/// The clocks of two nodes differ by less than this, if both are right.
pub const NODES_DIFFER_BY: TimeDelta = TimeDelta::minutes(1);

/// The latest time that a right clock can have written by `now`, this node's or another's.
fn latest(conn: &Conn, now: DateTime<Utc>) -> DateTime<Utc> {
    match conn {
        Conn::Pg(_) => now + NODES_DIFFER_BY,
        Conn::Sqlite(_) => now,
    }
}

impl Store {
    /// PostgreSQL's own clock, which all nodes share; `None` on SQLite, which has no clock but ours.
    pub async fn shared_clock(&self) -> StoreResult<Option<DateTime<Utc>>> {
        self.read(shared_clock).await
    }

    /// How far the latest request or decision on record lies ahead of `now`, if that is `slip` or more: the
    /// process that made it is gone, or was stopped, before its clock was corrected.
    pub async fn ahead_by(&self, now: DateTime<Utc>, slip: TimeDelta) -> StoreResult<Option<TimeDelta>> {
        let latest = move |c: &mut Conn| Ok(latest_ahead(c, now)?.max(latest_decision(c)?));
        let latest = self.read(latest).await?;
        Ok(latest.map(|at| at - now).filter(|ahead| *ahead >= slip))
    }

    /// Repairs what was written while the clock was `ahead` by so much, now that it is right again: the lanes
    /// used meanwhile are moved back, and what was put off is due and judged again, so that nothing waits for
    /// a time that nobody meant. `now` is asked in each transaction, because work goes on meanwhile by the right
    /// clock. Harmless to repeat. Does nothing where the shared clock shows that it was right before and is wrong
    /// now.
    ///
    /// # Errors
    /// When the database refuses; what was set right stays so.
    pub async fn set_back(&self, now: impl Now, ahead: TimeDelta) -> StoreResult<()> {
        if !self.is_righted(&now, ahead).await? {
            return Ok(());
        }
        let mut beyond = Some(Id(Uuid::nil()));
        while let Some(group) = beyond {
            let at = now();
            let mut closed = self.read(move |c| closed(c, at, group)).await?;
            beyond = closed.last().copied();
            while !closed.is_empty() {
                let (these, now) = (closed.clone(), now.clone());
                let done = self.write(move |tx| lanes_back(tx, now(), ahead, &these)).await?;
                closed.retain(|group| !done.contains(group));
            }
        }
        let at = now.clone();
        self.write(move |tx| bots_back(tx, at(), ahead)).await?;
        let begun = now();
        while self.write(move |tx| slices::queue_beyond(tx, begun + LEASES_END_WITHIN)).await? {}
        for priority in Priority::ALL {
            let mut below = Some((DateTime::<Utc>::MAX_UTC, i64::MAX));
            while let Some(place) = below {
                let at = now();
                let put_off = self.read(move |c| put_off(c, at, priority, place)).await?;
                below = put_off.last().copied();
                let mut these: Vec<i64> = put_off.into_iter().map(|(_, id)| id).collect();
                while !these.is_empty() {
                    let (some, now) = (these.clone(), now.clone());
                    let done = self.write(move |tx| deliveries_back(tx, now(), &some)).await?;
                    these.retain(|id| !done.contains(id));
                }
            }
        }
        self.write(super::listen::announce).await
    }

    async fn is_righted(&self, now: &impl Now, ahead: TimeDelta) -> StoreResult<bool> {
        let now = now.clone();
        self.read(move |c| is_righted(c, now(), ahead)).await
    }
}

/// What tells the time.
pub trait Now: Fn() -> DateTime<Utc> + Clone + Send + Sync + 'static {}

impl<F: Fn() -> DateTime<Utc> + Clone + Send + Sync + 'static> Now for F {}

/// Whether the clock is nearer to the shared one than it was; true where there is no other clock to ask.
fn is_righted(conn: &mut Conn, now: DateTime<Utc>, ahead: TimeDelta) -> StoreResult<bool> {
    let shared = shared_clock(conn)?;
    Ok(shared.is_none_or(|shared| (shared - now).abs() < (shared - now - ahead).abs()))
}

/// What [`Store::shared_clock`] shows at this moment, however long the transaction has lasted.
pub fn shared_clock(conn: &mut Conn) -> StoreResult<Option<DateTime<Utc>>> {
    let Conn::Pg(c) = conn else { return Ok(None) };
    let shared: Time = diesel::select(sql::<Ts>("clock_timestamp()")).get_result(&mut **c)?;
    Ok(Some(shared.0))
}

/// The latest request on record that lies ahead, if any. It is the last entry of a lane's `recent`, and these
/// numbers sort as their bytes do. A lane is never open before its latest request, so open lanes need no
/// look.
fn latest_ahead(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Option<DateTime<Utc>>> {
    #[derive(QueryableByName)]
    struct Latest {
        #[diesel(sql_type = Binary)]
        latest: Vec<u8>,
    }
    let latest: Option<Latest> = both!(conn, c => diesel::sql_query(
        "SELECT substr(recent, length(recent) - 7) AS latest FROM lanes \
         WHERE open_at > $1 AND length(recent) >= 8 ORDER BY latest DESC LIMIT 1",
    )
    .bind::<Ts, _>(Time(now))
    .get_result(c)
    .optional())?;
    Ok(latest.and_then(|one| decode_times(&one.latest).pop()).filter(|at| *at > now))
}

/// When the last step on record was taken.
fn latest_decision(conn: &mut Conn) -> StoreResult<Option<DateTime<Utc>>> {
    let latest = events::table.order(events::seq.desc()).select(events::at);
    Ok(both!(conn, c => latest.first::<Time>(c).optional())?.map(|at| at.0))
}

/// A time as the correct clock would have written it, if the clock that was ahead wrote it.
fn right(at: DateTime<Utc>, latest: DateTime<Utc>, ahead: TimeDelta) -> DateTime<Utc> {
    if at > latest { at - ahead } else { at }
}

/// The groups, beyond that one, of the next lanes that are closed for longer than a right clock tells.
fn closed(conn: &mut Conn, now: DateTime<Utc>, beyond: Id) -> StoreResult<Vec<Id>> {
    let latest = latest(conn, now);
    Ok(both!(conn, c => lanes::table
        .filter(lanes::group_id.gt(beyond))
        .filter(lanes::open_at.gt(Time(latest)))
        .order(lanes::group_id)
        .select(lanes::group_id)
        .limit(SLICE)
        .load(c))?)
}

/// Moves back those of these lanes that were used meanwhile; returns the groups whose lanes it has looked at.
fn lanes_back(conn: &mut Conn, now: DateTime<Utc>, ahead: TimeDelta, these: &[Id]) -> StoreResult<Vec<Id>> {
    type Row = (Id, Time, Time, Time, Option<Time>, Option<Time>, Vec<u8>, Vec<u8>);
    let (some, latest) = (super::lanes::lock_some(conn, these)?, latest(conn, now));
    let rows: Vec<Row> = both!(conn, c => lanes::table
        .filter(lanes::group_id.eq_any(&some))
        .select((
            lanes::group_id,
            lanes::open_at,
            lanes::leased_until,
            lanes::asked_until,
            lanes::failing_since,
            lanes::missed_at,
            lanes::recent,
            lanes::heard,
        ))
        .load(c))?;
    for (group, open_at, leased_until, asked_until, failing_since, missed_at, recent, heard) in rows {
        let recent = decode_times(&recent);
        // Other lanes rest because a platform asked for it, by the correct clock.
        if recent.last().is_none_or(|last| *last <= latest) {
            continue;
        }
        let right = |at| right(at, latest, ahead);
        // A lease that another node made by a correct clock is left alone.
        let leased = leased_until.0;
        let leased = if leased > now + LEASES_END_WITHIN { right(leased) } else { leased };
        both!(conn, c => diesel::update(lanes::table.find(group))
            .set((
                lanes::open_at.eq(Time(right(open_at.0))),
                lanes::leased_until.eq(Time(leased)),
                lanes::asked_until.eq(Time(right(asked_until.0))),
                lanes::failing_since.eq(failing_since.map(|since| Time(right(since.0)))),
                lanes::missed_at.eq(missed_at.map(|at| Time(right(at.0)))),
                lanes::recent.eq(encode_times(&recent.into_iter().map(right).collect::<Vec<_>>())),
                lanes::heard.eq(encode_times(&decode_times(&heard).into_iter().map(right).collect::<Vec<_>>())),
            ))
            .execute(c))?;
    }
    Ok(some)
}

/// Moves back the bots that were used meanwhile, all at once: there are few.
fn bots_back(conn: &mut Conn, now: DateTime<Utc>, ahead: TimeDelta) -> StoreResult<()> {
    let shared =
        bots::table.order(bots::id).select((bots::id, bots::open_at, bots::recent, bots::limited_until));
    let shared: Vec<(String, Time, Vec<u8>, Option<Time>)> = match conn {
        Conn::Pg(c) => shared.for_update().load(&mut **c)?,
        Conn::Sqlite(c) => shared.load(&mut **c)?,
    };
    let latest = latest(conn, now);
    for (bot, open_at, recent, limited_until) in shared {
        let recent = decode_times(&recent);
        // Others rest because their platform asked for it, by the correct clock.
        if recent.last().is_none_or(|last| *last <= latest) {
            continue;
        }
        let right = |at| right(at, latest, ahead);
        both!(conn, c => diesel::update(bots::table.find(bot))
            .set((
                bots::open_at.eq(Time(right(open_at.0))),
                bots::recent.eq(encode_times(&recent.into_iter().map(right).collect::<Vec<_>>())),
                bots::limited_until.eq(limited_until.map(|until| Time(right(until.0)))),
            ))
            .execute(c))?;
    }
    Ok(())
}

/// What is put off, the latest first, from below a place in the order of its priority. What is then rightly put
/// off again mostly stands above that place, and is not met twice.
fn put_off(
    conn: &mut Conn,
    now: DateTime<Utc>,
    priority: Priority,
    (below, id): (DateTime<Utc>, i64),
) -> StoreResult<Vec<(DateTime<Utc>, i64)>> {
    let put_off: Vec<(Time, i64)> = both!(conn, c => deliveries::table
        .filter(deliveries::queued.and(sql::<Bool>(super::deliveries::IN_QUEUE)).and(deliveries::priority.eq(priority as i16)))
        .filter(deliveries::due_at.gt(Time(now)).and(deliveries::due_at.le(Time(below))))
        .filter(deliveries::due_at.lt(Time(below)).or(deliveries::id.lt(id)))
        .order((deliveries::due_at.desc(), deliveries::id.desc()))
        .select((deliveries::due_at, deliveries::id))
        .limit(SLICE)
        .load(c))?;
    Ok(put_off.into_iter().map(|(due_at, id)| (due_at.0, id)).collect())
}

/// Makes these due, as far as nobody else has locked them; returns which it has looked at.
fn deliveries_back(conn: &mut Conn, now: DateTime<Utc>, these: &[i64]) -> StoreResult<Vec<i64>> {
    let some = super::deliveries::lock_some(conn, these)?;
    // They may have ended since they were read.
    both!(conn, c => diesel::update(deliveries::table)
        .filter(deliveries::id.eq_any(&some).and(deliveries::queued).and(deliveries::due_at.gt(Time(now))))
        .set(deliveries::due_at.eq(Time(now)))
        .execute(c))?;
    Ok(some)
}
