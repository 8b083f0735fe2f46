//! The review queue: what waits for a moderator, in the order in which it is to be decided.

use chrono::{DateTime, Utc};
use diesel::dsl::{case_when, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::notices::{Notice, states};
use super::schema::notices;
use super::types::sql::Ts;
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::life_cycle::State;

/// Where a page of the queue ends, so that the next goes on from there.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct QueuePlace {
    /// The moment that decides what is overdue, the same for all pages.
    at: i64,
    /// 1 what is overdue, 0 what is not, -1 what is over by then.
    turn: i16,
    urgency: i16,
    missing_since: i64,
    submitted_at: i64,
    id: Uuid,
}

impl QueuePlace {
    /// The place of a notice in the queue as it was at that moment. `objecting`: one of its tips waits that
    /// objects to it.
    pub fn of(notice: &Notice, objecting: bool, at: DateTime<Utc>) -> QueuePlace {
        let over = |due: Option<Time>| due.is_some_and(|due| due.0 <= at);
        let overdue = over(notice.second_look_at) || over(notice.police_due_at) || objecting;
        QueuePlace {
            at: at.timestamp_micros(),
            turn: if notice.state_at(at).is_over() { -1 } else { i16::from(overdue) },
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

/// What was published wants another look.
const WANTS: &str = "(notices.second_look_at IS NOT NULL OR notices.police_due_at IS NOT NULL \
    OR (notices.pending_revision IS NOT NULL AND notices.cooling_until IS NULL) \
    OR EXISTS (SELECT 1 FROM tips WHERE tips.notice_id = notices.id AND tips.held) \
    OR (notices.state = 'paused' AND (notices.sealed OR notices.paused_by_lead) AND notices.pending_revision IS NULL))";

/// A tip waits that objects to it.
const OBJECTED: &str =
    "EXISTS (SELECT 1 FROM tips WHERE tips.notice_id = notices.id AND tips.held AND tips.objects)";

/// How many notices are in one state.
#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Text)]
    listed_as: String,
    #[diesel(sql_type = Bool)]
    wanted: bool,
    #[diesel(sql_type = BigInt)]
    notices: i64,
}

/// Whether the queue lists what is in that state without a filter, if something of it is wanted.
fn is_listed(state: &str) -> bool {
    let published = |state: State| matches!(state, State::Live | State::Paused);
    State::named(state).is_some_and(|state| state.in_queue() || published(state) || state.awaits_erasure())
}

/// How many notices [`waiting`] lists by `at` for each of these filters, in their order. They are all told by
/// one question, which leaves out what is over: of a state after the end it counts only what leads still decide.
pub fn count(
    conn: &mut Conn,
    filters: &[Option<State>],
    for_lead: bool,
    at: DateTime<Utc>,
) -> StoreResult<Vec<i64>> {
    let counted: Vec<Counted> = both!(conn, c => diesel::sql_query(format!(
        "SELECT CASE WHEN state = 'in_review' AND (claimed_until IS NULL OR claimed_until <= $1) \
           THEN 'submitted' WHEN state IN ('live', 'paused') AND ends_at <= $1 THEN 'expired' ELSE state END \
           AS listed_as, \
           state NOT IN ('live', 'paused') OR {WANTS} AS wanted, COUNT(*) AS notices \
         FROM notices WHERE (state IN ('submitted', 'in_review', 'second_review', 'escalated', 'needs_info', \
           'cooling', 'live', 'paused') AND (state NOT IN ('live', 'paused') OR ends_at > $1) \
           AND (NOT sealed OR $2)) OR (state IN ('rejected', 'closed', 'expired', 'removed') \
           AND {OBJECTED} AND $2) OR (state IN ('live', 'paused') AND ends_at <= $1 AND {OBJECTED} AND $2) \
         GROUP BY listed_as, wanted",
    ))
    .bind::<Ts, _>(Time(at))
    .bind::<Bool, _>(for_lead)
    .load(c))?;
    let listed = |filter: &Option<State>| {
        let of = counted.iter().filter(|one| match filter {
            Some(state) => one.listed_as == state.as_str(),
            None => one.wanted && is_listed(&one.listed_as),
        });
        of.map(|one| one.notices).sum()
    };
    Ok(filters.iter().map(listed).collect())
}

/// What waits for a moderator. First comes what is not over and should have been looked at again by `at`, or is
/// objected to; last what is over; within each by risk, by time missing and by time waited. An edit is ordered by the
/// urgency it would have when live. A notice whose claim has expired by `at` waits again.
///
/// Without a `state`: everything undecided, whatever is live or paused and needs another look (a second look
/// or a police reference is owed, a new revision waits, a tip is held back), what is paused for a lead to resume, and,
/// for a lead, what is over while a tip that objects to it is undecided. What is sealed is listed for leads alone.
/// What has reached its end by `at` is expired, swept or not.
pub fn waiting(
    conn: &mut Conn,
    state: Option<State>,
    for_lead: bool,
    after: Option<QueuePlace>,
    at: DateTime<Utc>,
    limit: i64,
) -> StoreResult<Vec<Notice>> {
    let turn = || {
        let over = notices::state.eq_any(states(State::is_over)).or(notices::ends_at.le(Time(at)));
        let due = notices::second_look_at.le(Time(at)).or(notices::police_due_at.le(Time(at)));
        case_when(over, (-1_i16).into_sql::<SmallInt>())
            .when(due.or(sql::<Bool>(OBJECTED)), 1_i16.into_sql::<SmallInt>())
            .otherwise(0_i16.into_sql::<SmallInt>())
    };
    let urgency = || coalesce(notices::pending_urgency, notices::urgency);
    let is_published = || notices::state.eq_any([State::Live, State::Paused]);
    both!(conn, c => {
        let mut query = notices::table.select(Notice::as_select()).into_boxed();
        query = match state {
            Some(State::Submitted) => query.filter(
                notices::state.eq(State::Submitted).or(notices::state
                    .eq(State::InReview)
                    .and(notices::claimed_until.is_null().or(notices::claimed_until.le(Time(at))))),
            ),
            Some(State::InReview) => query
                .filter(notices::state.eq(State::InReview).and(notices::claimed_until.gt(Time(at)))),
            Some(state @ (State::Live | State::Paused)) => {
                query.filter(notices::state.eq(state).and(notices::ends_at.gt(Time(at))))
            }
            Some(State::Expired) => query.filter(
                notices::state.eq(State::Expired).or(is_published().and(notices::ends_at.le(Time(at)))),
            ),
            Some(state) => query.filter(notices::state.eq(state)),
            None => {
                // Each part names the states, so that none of them reads all notices.
                let objected = || sql::<Bool>(OBJECTED).and(for_lead.into_sql::<Bool>());
                let wanted = notices::ends_at.gt(Time(at)).and(sql::<Bool>(WANTS));
                let wanted = wanted.or(notices::ends_at.le(Time(at)).and(objected()));
                let ended = notices::state.eq_any(states(State::awaits_erasure)).and(objected());
                query.filter(
                    notices::state
                        .eq_any(states(State::in_queue))
                        .or(is_published().and(wanted))
                        .or(ended),
                )
            }
        };
        if !for_lead {
            query = query.filter(notices::sealed.eq(false));
        }
        if let Some(p) = after {
            let missing = Time(crate::clock::from_micros(p.missing_since));
            let submitted = Time(crate::clock::from_micros(p.submitted_at));
            let later = turn().eq(p.turn).and(
                urgency().lt(p.urgency).or(urgency().eq(p.urgency).and(
                    notices::missing_since.gt(missing).or(notices::missing_since.eq(missing).and(
                        notices::submitted_at.gt(submitted)
                            .or(notices::submitted_at.eq(submitted).and(notices::id.gt(Id(p.id)))),
                    )),
                )),
            );
            query = query.filter(turn().lt(p.turn).or(later));
        }
        Ok(query
            .order((turn().desc(), urgency().desc(), notices::missing_since, notices::submitted_at, notices::id))
            .limit(limit)
            .load(c)?)
    })
}
