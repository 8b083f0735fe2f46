//! What has become due by the clock: notices that have cooled, that are past their end or their retention, and
//! loose ends.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::notices::{Place, states};
use super::schema::{idempotency, notices};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both, photos};
use crate::domain::life_cycle::State;

/// The places of notices by one of their times, the earliest first: of those that `$among` names, the next
/// `$limit` after a place. A macro, because each time is a column with a type of its own.
macro_rules! next {
    ($conn:ident, $time:expr, $among:expr, $after:ident, $limit:ident) => {{
        let Place { at, id } = $after;
        // Spelled so that an index of the time can serve it.
        let comes_after = $time.ge(Time(at)).and($time.gt(Time(at)).or(notices::id.gt(Id(id))));
        let found: Vec<(Option<Time>, Id)> = both!($conn, c => notices::table
            .filter($among)
            .filter(comes_after)
            .order(($time, notices::id))
            .select(($time.nullable(), notices::id))
            .limit($limit)
            .load(c))?;
        Ok(found.into_iter().filter_map(|(at, id)| Some(Place { at: at?.0, id: id.0 })).collect())
    }};
}

/// Notices that cool, or whose edit does, after that place, and until when; those that have cooled longest
/// come first.
pub fn cooling(conn: &mut Conn, tried: Place, limit: i64) -> StoreResult<Vec<Place>> {
    next!(conn, notices::cooling_until, notices::cooling_until.is_not_null(), tried, limit)
}

/// Notices whose 72 hours have passed, after that place.
pub fn past_their_end(
    conn: &mut Conn,
    now: DateTime<Utc>,
    tried: Place,
    limit: i64,
) -> StoreResult<Vec<Place>> {
    // SQLite uses a partial index only where the query spells out the states, as literals.
    let published = sql::<Bool>("state IN ('live', 'paused')");
    next!(conn, notices::ends_at, published.and(notices::ends_at.le(Time(now))), tried, limit)
}

/// Undecided notices that nobody has touched since `before`, after that place.
fn forsaken(conn: &mut Conn, before: DateTime<Utc>, tried: Place, limit: i64) -> StoreResult<Vec<Place>> {
    let undecided = notices::state.eq_any(states(State::is_undecided));
    next!(conn, notices::submitted_at, undecided.and(notices::submitted_at.le(Time(before))), tried, limit)
}

/// Notices whose retention has passed, after that place.
fn to_erase(conn: &mut Conn, now: DateTime<Utc>, tried: Place, limit: i64) -> StoreResult<Vec<Place>> {
    next!(conn, notices::erase_at, notices::erase_at.le(Time(now)), tried, limit)
}

/// How far a round over what has become due has got: what could not be done is not tried twice in one round,
/// and blocks nothing that comes after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tried {
    ended: Place,
    forsaken: Place,
    to_erase: Place,
    loose: Uuid,
}

/// What has become due by the clock.
#[derive(Debug)]
pub struct Come {
    /// Notices whose 72 hours have passed.
    ended: Vec<Place>,
    /// Undecided notices that nobody touches.
    forsaken: Vec<Place>,
    to_erase: Vec<Place>,
    /// Photos that no notice took.
    pub loose: Vec<Uuid>,
    /// Whether there are answers to forget.
    pub answers: bool,
}

impl Come {
    /// To be expired.
    pub fn over(&self) -> impl Iterator<Item = Uuid> {
        self.ended.iter().chain(&self.forsaken).map(|place| place.id)
    }

    /// To be erased.
    pub fn to_erase(&self) -> impl Iterator<Item = Uuid> {
        self.to_erase.iter().map(|place| place.id)
    }

    /// Where the next look goes on; `None` where this one saw everything, given the `limit` for each list.
    pub fn go_on(&self, tried: Tried, limit: i64) -> Option<Tried> {
        let lists = [self.ended.len(), self.forsaken.len(), self.to_erase.len(), self.loose.len()];
        let more = lists.into_iter().any(|found| found as i64 == limit);
        let last = |list: &[Place], before| list.last().copied().unwrap_or(before);
        more.then(|| Tried {
            ended: last(&self.ended, tried.ended),
            forsaken: last(&self.forsaken, tried.forsaken),
            to_erase: last(&self.to_erase, tried.to_erase),
            loose: self.loose.last().copied().unwrap_or(tried.loose),
        })
    }
}

/// The moments that decide what has become due.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    pub now: DateTime<Utc>,
    /// Undecided notices that nobody has touched since then are over.
    pub forsaken_since: DateTime<Utc>,
    /// Photos that no notice took and answers from before then are forgotten.
    pub kept: DateTime<Utc>,
}

/// What has become due and was not tried yet, up to `limit` of each.
pub fn come(conn: &mut Conn, at: Moments, tried: Tried, limit: i64) -> StoreResult<Come> {
    let Moments { now, forsaken_since, kept } = at;
    let old = idempotency::table.filter(idempotency::created_at.le(Time(kept)));
    let answered: Option<Time> = both!(conn, c => old.select(idempotency::created_at).first(c).optional())?;
    Ok(Come {
        ended: past_their_end(conn, now, tried.ended, limit)?,
        forsaken: forsaken(conn, forsaken_since, tried.forsaken, limit)?,
        to_erase: to_erase(conn, now, tried.to_erase, limit)?,
        loose: photos::orphans(conn, kept, tried.loose, limit)?,
        answers: answered.is_some(),
    })
}
