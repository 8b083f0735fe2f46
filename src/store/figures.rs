//! Figures for leads and for the operator, counted in the database, so that no notice has to be opened for
//! them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::dsl::{count, count_star, min};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use uuid::Uuid;

use super::notices::states;
use super::schema::notices;
use super::types::sql::{Ts, Uid};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::life_cycle::State;
use crate::domain::notice::Kind;

/// Notices of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CameIn {
    pub kind: Kind,
    pub submitted: i64,
    /// Those of them that went live.
    pub published: i64,
}

/// Notices of one kind that ended in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedNotices {
    pub kind: Kind,
    /// Rejected, closed, expired or removed; erased notices count as what they were.
    pub state: State,
    /// The reason of the decision, or the outcome; `None` where the clock ended it.
    pub reason: Option<String>,
    pub notices: i64,
}

/// Undecided notices of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitingNotices {
    pub kind: Kind,
    pub notices: i64,
    /// When the oldest of them came in.
    pub since: DateTime<Utc>,
}

/// Live notices of one kind that somebody should have acted on by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    pub kind: Kind,
    pub second_looks: i64,
    pub police_references: i64,
}

/// No notice that came in at `since` or later has a smaller id, so only their part of the table is read.
fn first_id(since: DateTime<Utc>) -> Id {
    let millis = u128::try_from(since.timestamp_millis()).unwrap_or_default();
    Id(Uuid::from_u128(millis << 80))
}

/// What came in since a moment, by kind.
pub fn came_in(conn: &mut Conn, since: DateTime<Utc>) -> StoreResult<Vec<CameIn>> {
    let counted: Vec<(Kind, i64, i64)> = both!(conn, c => notices::table
        .filter(notices::id.ge(first_id(since)))
        .filter(notices::submitted_at.ge(Time(since)))
        .group_by(notices::kind)
        .select((notices::kind, count_star(), count(notices::live_at)))
        .load(c))?;
    let came_in = |(kind, submitted, published): (Kind, i64, i64)| CameIn { kind, submitted, published };
    Ok(counted.into_iter().map(came_in).collect())
}

#[derive(QueryableByName)]
struct End {
    #[diesel(sql_type = Text)]
    kind: Kind,
    #[diesel(sql_type = Text)]
    after: State,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = BigInt)]
    notices: i64,
}

/// How what came in since a moment has ended so far, the most frequent first. A notice ends once; an edit
/// that was turned down does not count as an end.
pub fn ended(conn: &mut Conn, since: DateTime<Utc>) -> StoreResult<Vec<EndedNotices>> {
    let counted: Vec<End> = both!(conn, c => diesel::sql_query(
        "SELECT n.kind, e.after, e.reason, COUNT(*) AS notices \
         FROM notices n JOIN events e ON e.notice_id = n.id \
         WHERE n.id >= $1 AND n.submitted_at >= $2 \
           AND e.after IN ('rejected', 'closed', 'expired', 'removed') AND e.before <> e.after \
         GROUP BY n.kind, e.after, e.reason ORDER BY e.after, COUNT(*) DESC, e.reason",
    )
    .bind::<Uid, _>(first_id(since))
    .bind::<Ts, _>(Time(since))
    .load(c))?;
    let ended = |e: End| EndedNotices { kind: e.kind, state: e.after, reason: e.reason, notices: e.notices };
    Ok(counted.into_iter().map(ended).collect())
}

/// The notice in the middle of its kind, by the time it took to go live.
#[derive(QueryableByName)]
struct Middle {
    #[diesel(sql_type = Text)]
    kind: Kind,
    #[diesel(sql_type = Ts)]
    submitted_at: Time,
    #[diesel(sql_type = Ts)]
    live_at: Time,
}

/// The median time from submission to going live of what came in since a moment, in seconds by kind.
pub fn median_to_live(conn: &mut Conn, since: DateTime<Utc>) -> StoreResult<Vec<(Kind, i64)>> {
    let middles: Vec<Middle> = both!(conn, c => diesel::sql_query(
        "SELECT kind, submitted_at, live_at FROM (SELECT kind, submitted_at, live_at, \
           ROW_NUMBER() OVER (PARTITION BY kind ORDER BY live_at - submitted_at) AS place, \
           COUNT(*) OVER (PARTITION BY kind) AS published \
         FROM notices WHERE id >= $1 AND submitted_at >= $2 AND live_at IS NOT NULL) AS placed \
         WHERE place = (published + 1) / 2",
    )
    .bind::<Uid, _>(first_id(since))
    .bind::<Ts, _>(Time(since))
    .load(c))?;
    let took = |m: Middle| (m.kind, (m.live_at.0 - m.submitted_at.0).num_seconds());
    Ok(middles.into_iter().map(took).collect())
}

/// What waits for its first decision now, by kind.
pub fn waiting(conn: &mut Conn) -> StoreResult<Vec<WaitingNotices>> {
    let counted: Vec<(Kind, i64, Option<Time>)> = both!(conn, c => notices::table
        .filter(notices::state.eq_any(states(State::in_queue)))
        .group_by(notices::kind)
        .select((notices::kind, count_star(), min(notices::submitted_at)))
        .load(c))?;
    let waiting = |(kind, notices, since): (Kind, i64, Option<Time>)| {
        Some(WaitingNotices { kind, notices, since: since?.0 })
    };
    Ok(counted.into_iter().filter_map(waiting).collect())
}

#[derive(QueryableByName)]
struct Owed {
    #[diesel(sql_type = Text)]
    kind: Kind,
    #[diesel(sql_type = BigInt)]
    second_looks: i64,
    #[diesel(sql_type = BigInt)]
    police_references: i64,
}

/// What is live and should have been looked at again by now, by kind.
pub fn overdue(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Vec<Overdue>> {
    // Spelled as in the condition of the index of notices to be looked at again.
    let counted: Vec<Owed> = both!(conn, c => diesel::sql_query(
        "SELECT kind, COUNT(CASE WHEN second_look_at <= $1 THEN 1 END) AS second_looks, \
           COUNT(CASE WHEN police_due_at <= $1 THEN 1 END) AS police_references FROM notices \
         WHERE (second_look_at IS NOT NULL OR police_due_at IS NOT NULL OR pending_revision IS NOT NULL) \
           AND state IN ('live', 'paused') GROUP BY kind",
    )
    .bind::<Ts, _>(Time(now))
    .load(c))?;
    let overdue = |owed: Owed| Overdue {
        kind: owed.kind,
        second_looks: owed.second_looks,
        police_references: owed.police_references,
    };
    Ok(counted.into_iter().map(overdue).collect())
}

/// How many notices are in a state.
#[derive(QueryableByName)]
struct Stand {
    #[diesel(sql_type = Text)]
    state: State,
    #[diesel(sql_type = BigInt)]
    notices: i64,
}

/// How many notices are in each state at `now`, for the operator; one that has reached its end is over, swept
/// or not. What waits for a decision is `submitted`, whoever has it: where little waits, a count of escalated
/// cases would tell somebody who just handed one in.
pub fn count_by_state(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Vec<(&'static str, i64)>> {
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
    let swept = stand.into_iter().map(|stand| (stand.state, stand.notices));
    let unswept = over.into_iter().flat_map(|o| [(o.state, -o.notices), (State::Expired, o.notices)]);
    for (state, notices) in swept.chain(unswept) {
        let state = if state.in_queue() { State::Submitted } else { state };
        *count.entry(state.as_str()).or_default() += notices;
    }
    Ok(count.into_iter().filter(|(_, notices)| *notices != 0).collect())
}
