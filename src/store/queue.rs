//! Lists of notices: the review queue, what is live, and what has become due by the clock.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::dsl::{case_when, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::notices::{Notice, states};
use super::schema::{idempotency, notices, tips};
use super::types::sql::Ts;
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both, photos};
use crate::domain::life_cycle::State;
use crate::domain::notice::Kind;

/// Where a page of the queue ends, so that the next goes on from there.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct QueuePlace {
    /// The moment that decides what is overdue, the same for all pages.
    at: i64,
    overdue: bool,
    urgency: i16,
    missing_since: i64,
    submitted_at: i64,
    id: Uuid,
}

impl QueuePlace {
    /// The place of a notice in the queue as it was at that moment.
    pub fn of(notice: &Notice, at: DateTime<Utc>) -> QueuePlace {
        let over = |due: Option<Time>| due.is_some_and(|due| due.0 <= at);
        QueuePlace {
            at: at.timestamp_micros(),
            overdue: over(notice.second_look_at) || over(notice.police_due_at),
            urgency: notice.review_urgency(),
            missing_since: notice.missing_since.0.timestamp_micros(),
            submitted_at: notice.submitted_at.0.timestamp_micros(),
            id: notice.id.0,
        }
    }

    /// The moment for which the queue was listed.
    pub fn at(&self) -> DateTime<Utc> {
        crate::clock::from_micros(self.at)
    }
}

diesel::define_sql_function! {
    /// The first of them that is not null.
    fn coalesce(first: Nullable<SmallInt>, second: SmallInt) -> SmallInt;
}

/// What waits for a moderator. First comes what is live and should have been looked at again by `at`, then
/// the rest by risk, by time missing and by time waited. An edit is ordered by the urgency it would have when
/// live. A notice whose claim has expired by `at` waits again.
///
/// Without a `state`: everything undecided, whatever is live or paused and needs another look (a second look
/// or a police reference is owed, a new revision waits, a tip is held back), and what is sealed and paused.
/// What has reached its end by `at` is expired, swept or not.
///
/// # Errors
/// When the database refuses.
pub fn queue(
    conn: &mut Conn,
    state: Option<State>,
    sealed_too: bool,
    after: Option<QueuePlace>,
    at: DateTime<Utc>,
    limit: i64,
) -> Answer<Vec<Notice>> {
    let overdue = || {
        let over = notices::second_look_at.le(Time(at)).or(notices::police_due_at.le(Time(at)));
        case_when(over, 1_i16.into_sql::<SmallInt>()).otherwise(0_i16.into_sql::<SmallInt>())
    };
    let urgency = || coalesce(notices::pending_urgency, notices::urgency);
    let is_published = || notices::state.eq_any([State::Live, State::Paused].map(Named));
    both!(conn, c => {
        let mut query = notices::table.select(Notice::as_select()).into_boxed();
        query = match state {
            Some(State::Submitted) => query.filter(
                notices::state.eq(Named(State::Submitted)).or(notices::state
                    .eq(Named(State::InReview))
                    .and(notices::claimed_until.is_null().or(notices::claimed_until.le(Time(at))))),
            ),
            Some(State::InReview) => query
                .filter(notices::state.eq(Named(State::InReview)).and(notices::claimed_until.gt(Time(at)))),
            Some(state @ (State::Live | State::Paused)) => {
                query.filter(notices::state.eq(Named(state)).and(notices::ends_at.gt(Time(at))))
            }
            Some(State::Expired) => query.filter(
                notices::state.eq(Named(State::Expired)).or(is_published().and(notices::ends_at.le(Time(at)))),
            ),
            Some(state) => query.filter(notices::state.eq(Named(state))),
            None => query.filter(
                notices::state.eq_any(states(State::in_queue))
                    .or(is_published().and(notices::ends_at.gt(Time(at))).and(
                        notices::second_look_at.is_not_null()
                            .or(notices::police_due_at.is_not_null())
                            .or(notices::pending_revision.is_not_null().and(notices::cooling_until.is_null()))
                            .or(diesel::dsl::exists(
                                tips::table.filter(tips::notice_id.eq(notices::id)).filter(tips::held),
                            ))
                            .or(notices::state.eq(Named(State::Paused))
                                .and(notices::sealed.eq(true))
                                .and(notices::pending_revision.is_null())),
                    )),
            ),
        };
        if !sealed_too {
            query = query.filter(notices::sealed.eq(false));
        }
        if let Some(p) = after {
            let missing = Time(crate::clock::from_micros(p.missing_since));
            let submitted = Time(crate::clock::from_micros(p.submitted_at));
            let later = overdue().eq(i16::from(p.overdue)).and(
                urgency().lt(p.urgency).or(urgency().eq(p.urgency).and(
                    notices::missing_since.gt(missing).or(notices::missing_since.eq(missing).and(
                        notices::submitted_at.gt(submitted)
                            .or(notices::submitted_at.eq(submitted).and(notices::id.gt(Id(p.id)))),
                    )),
                )),
            );
            query = query.filter(overdue().lt(i16::from(p.overdue)).or(later));
        }
        Ok(query
            .order((overdue().desc(), urgency().desc(), notices::missing_since, notices::submitted_at, notices::id))
            .limit(limit)
            .load(c)?)
    })
}

/// Live notices, newest first.
///
/// # Errors
/// When the database refuses.
pub fn live(
    conn: &mut Conn,
    now: DateTime<Utc>,
    kind: Option<Kind>,
    region: Option<(String, String)>,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Answer<Vec<Notice>> {
    both!(conn, c => {
        let mut query = notices::table
            .filter(notices::state.eq(Named(State::Live)))
            .filter(notices::ends_at.gt(Time(now)))
            .select(Notice::as_select())
            .into_boxed();
        if let Some(kind) = kind {
            query = query.filter(notices::kind.eq(Named(kind)));
        }
        if let Some((from, to)) = region {
            query = query.filter(notices::region.between(from, to));
        }
        if let Some((at, id)) = before {
            query = query.filter(
                notices::live_at.lt(Time(at)).or(notices::live_at.eq(Time(at)).and(notices::id.lt(Id(id)))),
            );
        }
        Ok(query.order((notices::live_at.desc(), notices::id.desc())).limit(limit).load(c)?)
    })
}

/// A place in a list that is worked through in the order of its times, then of its ids.
pub type Place = (DateTime<Utc>, Uuid);

/// The condition that a row comes after a place, spelled so that an index of the time can serve it.
macro_rules! after {
    ($at:expr, $id:expr, $place:expr) => {{
        let (at, id) = $place;
        $at.ge(Time(at)).and($at.gt(Time(at)).or($id.gt(Id(id))))
    }};
}

/// Notices that cool, or whose edit does, after that place, and until when; those that have cooled longest
/// come first.
///
/// # Errors
/// When the database refuses.
pub fn cooling(conn: &mut Conn, tried: Place, limit: i64) -> Answer<Vec<Place>> {
    places(both!(conn, c => notices::table
        .filter(notices::cooling_until.is_not_null())
        .filter(after!(notices::cooling_until, notices::id, tried))
        .order((notices::cooling_until, notices::id))
        .select((notices::cooling_until, notices::id))
        .limit(limit)
        .load(c))?)
}

/// Notices whose 72 hours have passed, after that place.
///
/// # Errors
/// When the database refuses.
pub fn past_their_end(conn: &mut Conn, now: DateTime<Utc>, tried: Place, limit: i64) -> Answer<Vec<Place>> {
    places(both!(conn, c => notices::table
        // SQLite uses a partial index only where the query spells out the states, as literals.
        .filter(sql::<Bool>("state IN ('live', 'paused')"))
        .filter(notices::ends_at.le(Time(now)).and(after!(notices::ends_at, notices::id, tried)))
        .order((notices::ends_at, notices::id))
        .select((notices::ends_at, notices::id))
        .limit(limit)
        .load(c))?)
}

/// Undecided notices that nobody has touched since `before`, after that place.
fn forsaken(conn: &mut Conn, before: DateTime<Utc>, tried: Place, limit: i64) -> Answer<Vec<Place>> {
    places(both!(conn, c => notices::table
        .filter(notices::state.eq_any(states(State::is_undecided)))
        .filter(notices::submitted_at.le(Time(before)).and(after!(notices::submitted_at, notices::id, tried)))
        .order((notices::submitted_at, notices::id))
        .select((notices::submitted_at.nullable(), notices::id))
        .limit(limit)
        .load(c))?)
}

/// Notices whose retention has passed, after that place.
fn to_erase(conn: &mut Conn, now: DateTime<Utc>, tried: Place, limit: i64) -> Answer<Vec<Place>> {
    places(both!(conn, c => notices::table
        .filter(notices::erase_at.le(Time(now)).and(after!(notices::erase_at, notices::id, tried)))
        .order((notices::erase_at, notices::id))
        .select((notices::erase_at, notices::id))
        .limit(limit)
        .load(c))?)
}

fn places(found: Vec<(Option<Time>, Id)>) -> Answer<Vec<Place>> {
    Ok(found.into_iter().filter_map(|(at, id)| Some((at?.0, id.0))).collect())
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
        self.ended.iter().chain(&self.forsaken).map(|place| place.1)
    }

    /// To be erased.
    pub fn to_erase(&self) -> impl Iterator<Item = Uuid> {
        self.to_erase.iter().map(|place| place.1)
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

/// What has become due at `now` and was not tried yet, up to `limit` of each: notices past their end or their
/// retention, undecided notices that nobody has touched since `forsaken_since`, and loose ends from before
/// `kept`.
///
/// # Errors
/// When the database refuses.
pub fn come(
    conn: &mut Conn,
    now: DateTime<Utc>,
    (forsaken_since, kept): (DateTime<Utc>, DateTime<Utc>),
    tried: Tried,
    limit: i64,
) -> Answer<Come> {
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

/// How many notices are in a state.
#[derive(QueryableByName)]
struct Stand {
    #[diesel(sql_type = Text)]
    state: Named<State>,
    #[diesel(sql_type = BigInt)]
    notices: i64,
}

/// How many notices are in each state at `now`, for the operator; one that has reached its end is over, swept
/// or not.
///
/// # Errors
/// When the database refuses.
pub fn count_by_state(conn: &mut Conn, now: DateTime<Utc>) -> Answer<Vec<(&'static str, i64)>> {
    let stand: Vec<Stand> = both!(conn, c => diesel::sql_query(
        "SELECT state, COUNT(*) AS notices FROM notices GROUP BY state",
    )
    .load(c))?;
    // Spelled as in the condition of the index of what ends.
    let over: Vec<Stand> = both!(conn, c => diesel::sql_query(
        "SELECT state, COUNT(*) AS notices FROM notices WHERE state IN ('live', 'paused') AND ends_at <= $1 GROUP BY state",
    )
    .bind::<Ts, _>(Time(now))
    .load(c))?;
    let mut count: BTreeMap<&str, i64> = BTreeMap::new();
    let swept = stand.into_iter().map(|stand| (stand.state.0, stand.notices));
    let unswept = over.into_iter().flat_map(|o| [(o.state.0, -o.notices), (State::Expired, o.notices)]);
    for (state, notices) in swept.chain(unswept) {
        *count.entry(state.as_str()).or_default() += notices;
    }
    Ok(count.into_iter().filter(|(_, notices)| *notices != 0).collect())
}
