//! Sets right what a clock that was ahead has written down, a few rows at a time, so that nobody waits behind it; and
//! tells how a clock compares with the one that all nodes share.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::Binary;
use uuid::Uuid;

use super::lanes::{times, written};
use super::rows::{Change, Holds};
use super::schema::{bots, deliveries, lanes};
use super::types::sql::Ts;
use super::types::{Id, Time};
use super::{Answer, Conn, Store, both, slices};
use crate::domain::delivery::Priority;

/// Rows in one transaction.
const SLICE: i64 = 500;
/// No lease of a right clock ends later.
const LEASES_END_WITHIN: TimeDelta = TimeDelta::minutes(1);

impl Store {
    /// PostgreSQL's own clock, which all nodes share; SQLite has no other than ours.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn shared_clock(&self) -> Answer<Option<DateTime<Utc>>> {
        self.read(shared_clock).await
    }

    /// As [`Store::set_back`], where the latest request on record lies further ahead than a clock may `slip`: whoever
    /// made it is gone, or was stopped, before its clock was set right.
    ///
    /// # Errors
    /// When the database refuses; what was set right stays so.
    pub async fn set_back_what_is_ahead(&self, now: DateTime<Utc>, slip: TimeDelta) -> Answer<()> {
        let latest = self.read(move |c| latest_ahead(c, now)).await?;
        let Some(ahead) = latest.map(|at| at - now).filter(|ahead| *ahead >= slip) else { return Ok(()) };
        tracing::warn!(seconds = ahead.num_seconds(), "what was sent last lies ahead of the clock");
        self.set_back(now, ahead).await
    }

    /// The clock was `ahead` by so much and is right again: what it wrote into the lanes that were used meanwhile
    /// is moved back, and what it put off is due and judged again, so that nothing waits for a time that nobody
    /// meant. Harmless to repeat. Nothing happens where the clock is wrong now and was not before.
    ///
    /// # Errors
    /// When the database refuses; what was set right stays so.
    pub async fn set_back(&self, now: DateTime<Utc>, ahead: TimeDelta) -> Answer<()> {
        if !self.read(move |c| is_righted(c, now, ahead)).await? {
            return Ok(());
        }
        let mut beyond = Some(Id(Uuid::nil()));
        while let Some(group) = beyond {
            let mut closed = self.read(move |c| closed(c, now, group)).await?;
            beyond = closed.last().copied();
            while !closed.is_empty() {
                let these = closed.clone();
                let done = self.write(move |tx| lanes_back(tx, now, ahead, &these)).await?;
                closed.retain(|group| !done.contains(group));
            }
        }
        self.write(move |tx| bots_back(tx, now, ahead)).await?;
        while self.write(move |tx| slices::queue_beyond(tx, now + LEASES_END_WITHIN)).await? {}
        for priority in Priority::ALL {
            let mut below = Some((DateTime::<Utc>::MAX_UTC, i64::MAX));
            while let Some(place) = below {
                below = self.write(move |tx| deliveries_back(tx, now, priority, place)).await?;
            }
        }
        self.write(super::listen::announce).await
    }
}

/// Whether the clock is nearer to the right time than it was, as far as somebody else knows.
fn is_righted(conn: &mut Conn, now: DateTime<Utc>, ahead: TimeDelta) -> Answer<bool> {
    let shared = shared_clock(conn)?;
    Ok(shared.is_none_or(|shared| (shared - now).abs() < (shared - now - ahead).abs()))
}

fn shared_clock(conn: &mut Conn) -> Answer<Option<DateTime<Utc>>> {
    let Conn::Pg(c) = conn else { return Ok(None) };
    let shared: Time = diesel::select(diesel::dsl::sql::<Ts>("CURRENT_TIMESTAMP")).get_result(&mut **c)?;
    Ok(Some(shared.0))
}

/// The latest request on record that lies ahead, if one does: the end of what a lane remembers, whose numbers sort as
/// their bytes do. A lane is never open before its latest request.
fn latest_ahead(conn: &mut Conn, now: DateTime<Utc>) -> Answer<Option<DateTime<Utc>>> {
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
    Ok(latest.and_then(|one| times(&one.latest).pop()).filter(|at| *at > now))
}

/// What was written by a clock that was ahead, by the right one.
fn right(at: DateTime<Utc>, now: DateTime<Utc>, ahead: TimeDelta) -> DateTime<Utc> {
    if at > now { at - ahead } else { at }
}

/// The groups of the next lanes beyond one that are closed at `now`.
fn closed(conn: &mut Conn, now: DateTime<Utc>, beyond: Id) -> Answer<Vec<Id>> {
    Ok(both!(conn, c => lanes::table
        .filter(lanes::group_id.gt(beyond))
        .filter(lanes::open_at.gt(Time(now)))
        .order(lanes::group_id)
        .select(lanes::group_id)
        .limit(SLICE)
        .load(c))?)
}

/// Moves back some of these lanes, those that were used meanwhile; answers of which groups it has looked at the lanes.
fn lanes_back(conn: &mut Conn, now: DateTime<Utc>, ahead: TimeDelta, these: &[Id]) -> Answer<Vec<Id>> {
    type Row = (Id, Time, Time, Time, Option<Time>, Vec<u8>, Vec<u8>);
    let some = super::lanes::lock_some(conn, these)?;
    let rows: Vec<Row> = both!(conn, c => lanes::table
        .filter(lanes::group_id.eq_any(&some))
        .select((
            lanes::group_id,
            lanes::open_at,
            lanes::leased_until,
            lanes::asked_until,
            lanes::failing_since,
            lanes::recent,
            lanes::heard,
        ))
        .load(c))?;
    for (group, open_at, leased_until, asked_until, failing_since, recent, heard) in rows {
        let recent = times(&recent);
        // Others rest because they were told to, by the right clock.
        if recent.last().is_none_or(|last| *last <= now) {
            continue;
        }
        let right = |at| right(at, now, ahead);
        // What the right clock of another node has leased is left to it.
        let leased = leased_until.0;
        let leased = if leased > now + LEASES_END_WITHIN { right(leased) } else { leased };
        both!(conn, c => diesel::update(lanes::table.find(group))
            .set((
                lanes::open_at.eq(Time(right(open_at.0))),
                lanes::leased_until.eq(Time(leased)),
                lanes::asked_until.eq(Time(right(asked_until.0))),
                lanes::failing_since.eq(failing_since.map(|since| Time(right(since.0)))),
                lanes::recent.eq(written(&recent.into_iter().map(right).collect::<Vec<_>>())),
                lanes::heard.eq(written(&times(&heard).into_iter().map(right).collect::<Vec<_>>())),
            ))
            .execute(c))?;
    }
    Ok(some)
}

/// Of tokens that groups share there are few.
fn bots_back(conn: &mut Conn, now: DateTime<Utc>, ahead: TimeDelta) -> Answer<()> {
    let shared = bots::table.order(bots::id).select((bots::id, bots::open_at, bots::recent));
    let shared: Vec<(String, Time, Vec<u8>)> = match conn {
        Conn::Pg(c) => shared.for_update().load(&mut **c)?,
        Conn::Sqlite(c) => shared.load(&mut **c)?,
    };
    for (bot, open_at, recent) in shared {
        let recent: Vec<_> = times(&recent).into_iter().map(|at| right(at, now, ahead)).collect();
        both!(conn, c => diesel::update(bots::table.find(bot))
            .set((bots::open_at.eq(Time(right(open_at.0, now, ahead))), bots::recent.eq(written(&recent))))
            .execute(c))?;
    }
    Ok(())
}

/// Makes due what is put off, the latest first, from below a place in the order of its priority; answers the last.
/// What is rightly put off again stands above that place, mostly, and is not met twice.
fn deliveries_back(
    conn: &mut Conn,
    now: DateTime<Utc>,
    priority: Priority,
    (below, id): (DateTime<Utc>, i64),
) -> Answer<Option<(DateTime<Utc>, i64)>> {
    struct Back;
    let put_off: Vec<(Time, i64)> = both!(conn, c => deliveries::table
        .filter(deliveries::queued.and(deliveries::priority.eq(priority as i16)))
        .filter(deliveries::due_at.gt(Time(now)).and(deliveries::due_at.le(Time(below))))
        .filter(deliveries::due_at.lt(Time(below)).or(deliveries::id.lt(id)))
        .order((deliveries::due_at.desc(), deliveries::id.desc()))
        .select((deliveries::due_at, deliveries::id))
        .limit(SLICE)
        .load(c))?;
    let back = Change {
        before: "UPDATE deliveries SET due_at = rows.due_at",
        columns: &[("id", Holds::Int), ("due_at", Holds::Time)],
        // Somebody may have ended it since it was read.
        after: "WHERE deliveries.id = rows.id AND deliveries.queued AND deliveries.due_at > rows.due_at",
    };
    let rows = put_off.iter().map(|(_, id)| vec![(*id).into(), now.into()]);
    back.make_in_order::<Back>(conn, "deliveries", rows.collect())?;
    Ok(put_off.last().map(|(due_at, id)| (due_at.0, *id)))
}
