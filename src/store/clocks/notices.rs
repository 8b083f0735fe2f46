//! The times of notices and groups that a clock which was ahead has written.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::{Now, SLICE, latest, right};
use crate::domain::life_cycle::State;
use crate::store::broadcasts;
use crate::store::notices::{self, Notice};
use crate::store::schema;
use crate::store::types::{Id, Time};
use crate::store::{Conn, Store, StoreResult, both};

/// How far ahead a clock that is right writes these times, at most.
#[derive(Clone, Copy, Debug)]
pub struct Farthest {
    /// The end of cooling.
    pub cooling: TimeDelta,
    /// The end of a moderator's claim.
    pub claim: TimeDelta,
    /// The end of what is live.
    pub lifetime: TimeDelta,
    /// The end of a group's pause.
    pub pause: TimeDelta,
}

impl Store {
    /// Repairs the times of notices, and of pauses, that were written while the clock was `ahead` by so much, now that
    /// it is right again: what went live or ended meanwhile ends, or is erased, as long after that as was meant,
    /// and nothing lasts longer than a right clock lets it. Harmless to repeat. As [`Store::set_back`] it asks for the
    /// time in each transaction, and does nothing where the clock was right before.
    pub async fn set_notices_back(
        &self,
        now: impl Now,
        ahead: TimeDelta,
        farthest: Farthest,
    ) -> StoreResult<()> {
        if !self.is_righted(&now, ahead).await? {
            return Ok(());
        }
        let mut beyond = Some(Id(Uuid::nil()));
        while let Some(last) = beyond {
            let at = now();
            let wrong = self.read(move |c| wrong(c, at, farthest, last)).await?;
            beyond = wrong.last().copied();
            for notice in wrong {
                let now = now.clone();
                self.write(move |tx| notice_back(tx, notice.0, (now(), ahead), farthest)).await?;
            }
        }
        self.write(move |tx| pauses_back(tx, now(), farthest)).await
    }
}

/// The next notices, beyond that one, with a time that no right clock has written.
fn wrong(conn: &mut Conn, now: DateTime<Utc>, farthest: Farthest, beyond: Id) -> StoreResult<Vec<Id>> {
    use schema::notices;
    let latest = latest(conn, now);
    let by = |span| Time(latest + span);
    let lives = notices::state.eq_any([State::Live, State::Paused]);
    Ok(both!(conn, c => notices::table
        .filter(notices::id.gt(beyond))
        .filter(
            notices::cooling_until.gt(by(farthest.cooling))
                .or(notices::claimed_until.gt(by(farthest.claim)))
                .or(notices::ended_at.gt(Time(latest)))
                .or(lives.and(notices::live_at.gt(Time(latest)).or(notices::ends_at.gt(by(farthest.lifetime))))),
        )
        .order(notices::id)
        .select(notices::id)
        .limit(SLICE)
        .load(c))?)
}

/// Repairs one of them, and what is being said about it.
fn notice_back(
    conn: &mut Conn,
    id: Uuid,
    (now, ahead): (DateTime<Utc>, TimeDelta),
    farthest: Farthest,
) -> StoreResult<()> {
    let latest = latest(conn, now);
    let Some(mut notice) = notices::lock(conn, id)? else { return Ok(()) };
    set_right(&mut notice, (now, latest), ahead, farthest);
    notices::save(conn, &notice)?;
    broadcasts::lock(conn, id)?;
    for mut broadcast in broadcasts::of_notice(conn, id)? {
        // What is said again and again is given up after a time from here.
        broadcast.created_at = Time(right(broadcast.created_at.0, latest, ahead).min(latest));
        broadcast.not_after = broadcast.not_after.map(|end| notice.ends_at.map_or(end, |ends| ends.min(end)));
        both!(conn, c => diesel::update(&broadcast).set(&broadcast).execute(c))?;
    }
    Ok(())
}

/// What follows a step by a fixed time follows it by as much when the step is moved to where it belongs.
fn set_right(
    notice: &mut Notice,
    (now, latest): (DateTime<Utc>, DateTime<Utc>),
    ahead: TimeDelta,
    farthest: Farthest,
) {
    let off = |at: Option<Time>| at.filter(|at| at.0 > latest).map(|at| ahead.max(at.0 - now));
    let move_back = |times: &mut [&mut Option<Time>], off: TimeDelta| {
        times.iter_mut().for_each(|time| **time = time.map(|at| Time(at.0 - off)));
    };
    if let Some(off) = off(notice.live_at) {
        let Notice { live_at, ends_at, second_look_at, police_due_at, .. } = notice;
        move_back(&mut [live_at, ends_at, second_look_at, police_due_at], off);
    }
    if let Some(off) = off(notice.ended_at) {
        move_back(&mut [&mut notice.ended_at, &mut notice.erase_at], off);
    }
    let clamp = |time: &mut Option<Time>, span| {
        *time = time.map(|at| if at.0 > latest + span { Time(now + span) } else { at });
    };
    clamp(&mut notice.cooling_until, farthest.cooling);
    clamp(&mut notice.claimed_until, farthest.claim);
    if matches!(notice.state, State::Live | State::Paused) {
        clamp(&mut notice.ends_at, farthest.lifetime);
    }
}

fn pauses_back(conn: &mut Conn, now: DateTime<Utc>, farthest: Farthest) -> StoreResult<()> {
    use schema::groups;
    let beyond = groups::table.filter(groups::paused_until.gt(Time(latest(conn, now) + farthest.pause)));
    let last = Time(now + farthest.pause);
    both!(conn, c => diesel::update(beyond).set(groups::paused_until.eq(last)).execute(c))?;
    Ok(())
}
