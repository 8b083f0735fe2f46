//! Broadcasts: what there is to say, and what became of it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, min, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::schema::{broadcasts, deliveries};
use super::statement::{Column, Statement, Value};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{DeliveryState, How, Priority, Purpose};
use crate::domain::group::GroupState;
use crate::domain::quiet;

/// What a report calls the state of a group that is gone, and the outcome of what was to be said to it.
pub const DELETED: &str = "deleted";

/// One thing to say, and how far it has been spread over the groups.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = broadcasts, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Broadcast {
    pub id: Id,
    pub notice_id: Id,
    pub revision: i32,
    pub purpose: Named<Purpose>,
    pub priority: i16,
    pub created_at: Time,
    /// After this nothing of it goes out, not even as a retry; closings have no end.
    pub not_after: Option<Time>,
    /// The last group that has its delivery.
    pub cursor: Option<Id>,
    /// Every group has its delivery.
    pub expanded: bool,
    pub planned: i32,
}

/// Adds a broadcast; whoever leases next gives it deliveries.
///
/// # Errors
/// When the database refuses.
pub fn insert(conn: &mut Conn, broadcast: &Broadcast) -> Answer<()> {
    both!(conn, c => diesel::insert_into(broadcasts::table).values(broadcast).execute(c))?;
    super::listen::announce(conn)
}

/// The broadcasts of a notice, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of_notice(conn: &mut Conn, notice: Uuid) -> Answer<Vec<Broadcast>> {
    Ok(both!(conn, c => broadcasts::table
        .filter(broadcasts::notice_id.eq(Id(notice)))
        .order(broadcasts::id)
        .select(Broadcast::as_select())
        .load(c))?)
}

/// The broadcast of that id.
///
/// # Errors
/// When the database refuses.
pub fn by_id(conn: &mut Conn, id: Uuid) -> Answer<Option<Broadcast>> {
    Ok(both!(conn, c => broadcasts::table.find(Id(id)).select(Broadcast::as_select()).first(c).optional())?)
}

/// The broadcast of that priority that still lacks deliveries and is not over at `now`, of several the one spread
/// least far, so that all of them come forward together, locked; on PostgreSQL one that no other node is at work
/// on.
///
/// # Errors
/// When the database refuses.
pub(super) fn next_unexpanded(
    conn: &mut Conn,
    priority: Priority,
    now: DateTime<Utc>,
) -> Answer<Option<Broadcast>> {
    macro_rules! unexpanded {
        () => {
            // In the index's own words: SQLite would not know it by others, and read every broadcast ever.
            broadcasts::table
                .filter(not(broadcasts::expanded).and(broadcasts::priority.eq(priority as i16)))
                .filter(broadcasts::not_after.is_null().or(broadcasts::not_after.gt(Time(now))))
                .order((broadcasts::planned, broadcasts::id))
                .select(Broadcast::as_select())
        };
    }
    Ok(match conn {
        Conn::Pg(c) => unexpanded!().for_no_key_update().skip_locked().first(&mut **c).optional()?,
        Conn::Sqlite(c) => unexpanded!().first(&mut **c).optional()?,
    })
}

/// Locks the broadcasts of a notice that is about to change. Whoever gives them deliveries, puts these off because of
/// how the notice stood, or writes down what became of them, has then committed, and the next question sees it; whoever
/// comes later leaves them alone or waits.
///
/// # Errors
/// When the database refuses.
pub(super) fn lock(conn: &mut Conn, notice: Uuid) -> Answer<()> {
    struct Change;
    let of_notice = broadcasts::table.filter(broadcasts::notice_id.eq(Id(notice))).order(broadcasts::id);
    if let Conn::Pg(c) = conn {
        let these: Vec<Id> = of_notice.select(broadcasts::id).for_update().load(&mut **c)?;
        let keys = keys(&these.into_iter().collect());
        let words = ["SELECT pg_advisory_xact_lock(key) FROM unnest(", "::bigint[]) AS key"];
        Statement::<Change>::new(&words, vec![&keys]).execute(&mut **c)?;
    }
    Ok(())
}

/// Keeps whoever would change the notices of these broadcasts waiting until this transaction ends, and waits for those
/// who do already.
///
/// # Errors
/// When the database refuses.
pub(super) fn hold(conn: &mut Conn, these: &BTreeSet<Id>) -> Answer<()> {
    struct Hold;
    if let Conn::Pg(c) = conn {
        let words = ["SELECT pg_advisory_xact_lock_shared(key) FROM unnest(", "::bigint[]) AS key"];
        Statement::<Hold>::new(&words, vec![&keys(these)]).execute(&mut **c)?;
    }
    Ok(())
}

/// Those of these broadcasts whose notice nobody changes, nor before this transaction ends: only what is asked
/// thereafter of how the notice stands holds for so long.
///
/// # Errors
/// When the database refuses.
pub(super) fn steady(conn: &mut Conn, mut these: BTreeSet<Id>) -> Answer<BTreeSet<Id>> {
    struct Steady;
    if let Conn::Pg(c) = conn {
        let words =
            ["SELECT key FROM unnest(", "::bigint[]) AS key WHERE pg_try_advisory_xact_lock_shared(key)"];
        let keys = keys(&these);
        let steady: Vec<i64> = Statement::<Steady, BigInt>::new(&words, vec![&keys]).load(&mut **c)?;
        these.retain(|id| steady.contains(&key(*id)));
    }
    // A write transaction of SQLite is alone already.
    Ok(these)
}

/// What PostgreSQL locks for broadcasts, in their order. (Rows that many share are locked past those who wait for them
/// alone, who would wait for as long as anything is under way.)
fn keys(these: &BTreeSet<Id>) -> Value<'static> {
    Value::Column(Column::Int(these.iter().map(|id| Some(key(*id))).collect()))
}

/// The random half of an id: two that have it in common wait for each other in vain, and that is all.
fn key(id: Id) -> i64 {
    id.0.as_u64_pair().1.cast_signed()
}

/// How many broadcasts still lack deliveries, and since when the oldest of them has been growing.
///
/// # Errors
/// When the database refuses.
pub fn growing(conn: &mut Conn) -> Answer<(i64, Option<DateTime<Utc>>)> {
    let (broadcasts, since): (i64, Option<Time>) = both!(conn, c => broadcasts::table
        .filter(not(broadcasts::expanded))
        .select((count_star(), min(broadcasts::created_at)))
        .first(c))?;
    Ok((broadcasts, since.map(|at| at.0)))
}

/// Stops a notice's broadcasts of what is no longer to be said from growing.
///
/// # Errors
/// When the database refuses.
pub fn stop(conn: &mut Conn, notice: Uuid) -> Answer<()> {
    both!(conn, c => diesel::update(
        broadcasts::table
            .filter(broadcasts::notice_id.eq(Id(notice)))
            .filter(broadcasts::purpose.eq_any([Purpose::Alert, Purpose::Update].map(Named))),
    )
    .set(broadcasts::expanded.eq(true))
    .execute(c))?;
    Ok(())
}

/// What became of some deliveries of one broadcast, and where their groups stand now.
#[derive(Clone, Debug, QueryableByName)]
pub struct Tally {
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_outcome: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_code: Option<String>,
    /// What the taking back came to, where a notice ended.
    #[diesel(sql_type = Nullable<Text>)]
    pub how: Option<Named<How>>,
    /// The state of the groups, or [`DELETED`].
    #[diesel(sql_type = Text)]
    pub group_state: String,
    /// Why they are disabled.
    #[diesel(sql_type = Nullable<Text>)]
    pub group_reason: Option<String>,
    /// Why none of them has been tried yet, where they wait: `quiet` (its quiet hours), `resting` (its lane), `later`
    /// (an hourly cap, a host that is away, a paused notice) or `untried`.
    #[diesel(sql_type = Nullable<Text>)]
    pub untried: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub deliveries: i64,
}

/// What a delivery has come to, as a report counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameTo {
    /// It was said; where a notice ended, what became of the message about it.
    Done(Option<How>),
    /// It is said as soon as it can be; to a paused group, when that hears again.
    Waiting,
    /// Given up, or its group was disabled, is not verified or was deleted. What waits for a group that hears again
    /// is then said.
    Unreachable,
    Cancelled,
}

impl Tally {
    /// What these deliveries have come to.
    pub fn came_to(&self) -> CameTo {
        match (DeliveryState::named(&self.state), self.group_hears() || self.group_is_paused()) {
            (Some(DeliveryState::Delivered), _) => CameTo::Done(self.how.map(|how| how.0)),
            (Some(DeliveryState::Open), true) => CameTo::Waiting,
            (Some(DeliveryState::Open), false) | (Some(DeliveryState::GivenUp), _) => CameTo::Unreachable,
            (Some(DeliveryState::Cancelled) | None, _) => CameTo::Cancelled,
        }
    }

    /// Why they wait or were given up: the outcome of the last attempt, that their groups hear nothing, or why there
    /// was no attempt; each with what is known beyond.
    pub fn reason(&self) -> Option<(&str, Option<&str>)> {
        if self.state == DeliveryState::Open.as_str() && !self.group_hears() {
            return Some((&self.group_state, self.group_reason.as_deref()));
        }
        let tried = self.last_outcome.as_deref().map(|outcome| (outcome, self.last_code.as_deref()));
        tried.or_else(|| Some((self.untried.as_deref()?, None)))
    }

    /// Whether they wait for their groups to be resumed.
    fn waits_for_its_group(&self) -> bool {
        self.came_to() == CameTo::Waiting && self.group_is_paused()
    }

    fn group_hears(&self) -> bool {
        self.group_state == GroupState::Active.as_str()
    }

    fn group_is_paused(&self) -> bool {
        self.group_state == GroupState::Paused.as_str()
    }
}

/// The deliveries of a broadcast, counted by all that a report tells apart at `now`. Where a notice ended, that counts
/// the groups, too, that received it and were deleted before they could be told.
///
/// # Errors
/// When the database refuses.
pub fn tally(conn: &mut Conn, broadcast: Uuid, now: DateTime<Utc>) -> Answer<Vec<Tally>> {
    let counted: Vec<Tally> = both!(conn, c => diesel::sql_query(
        "SELECT d.state, d.last_outcome, d.last_code, d.how, COALESCE(g.state, 'deleted') AS group_state, \
           g.reason AS group_reason, \
           CASE WHEN d.state <> 'open' OR d.last_outcome IS NOT NULL THEN NULL \
             WHEN d.due_at <= $1 THEN 'untried' \
             WHEN g.quiet_from IS NOT NULL AND b.purpose <> 'correction' \
               AND NOT (g.quiet_but_urgent AND n.urgency >= 2) \
               AND CASE WHEN g.quiet_from <= g.quiet_until THEN $2 >= g.quiet_from AND $2 < g.quiet_until \
                 ELSE $2 >= g.quiet_from OR $2 < g.quiet_until END THEN 'quiet' \
             WHEN (SELECT l.open_at FROM lanes l WHERE l.group_id = d.group_id) > $1 THEN 'resting' \
             ELSE 'later' END AS untried, \
           COUNT(*) AS deliveries \
         FROM deliveries d JOIN broadcasts b ON b.id = d.broadcast_id JOIN notices n ON n.id = b.notice_id \
         LEFT JOIN groups g ON g.id = d.group_id WHERE d.broadcast_id = $3 \
         GROUP BY 1, 2, 3, 4, 5, 6, 7 \
         UNION ALL \
         SELECT 'given_up', 'deleted', NULL, NULL, 'deleted', NULL, NULL, COUNT(DISTINCT d.group_id) \
         FROM broadcasts e \
         JOIN broadcasts b ON b.notice_id = e.notice_id AND b.purpose IN ('alert', 'update') \
         JOIN deliveries d ON d.broadcast_id = b.id AND d.reach > 0 \
         LEFT JOIN groups g ON g.id = d.group_id \
         WHERE e.id = $3 AND e.purpose IN ('closing', 'correction') AND g.id IS NULL AND NOT EXISTS \
           (SELECT 1 FROM deliveries told WHERE told.broadcast_id = e.id AND told.group_id = d.group_id) \
         ORDER BY 8 DESC",
    )
    .bind::<Ts, _>(Time(now))
    .bind::<SmallInt, _>(quiet::minute(now))
    .bind::<Uid, _>(Id(broadcast))
    .load(c))?;
    Ok(counted.into_iter().filter(|line| line.deliveries > 0).collect())
}

/// How many groups of a tally have come to that.
pub fn count(tally: &[Tally], to: CameTo) -> i64 {
    tally.iter().filter(|line| line.came_to() == to).map(|line| line.deliveries).sum()
}

/// What became of all that was said about a notice, in numbers of groups: who received it, and what the last
/// that there is to say has come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Sum {
    /// Groups that received the notice.
    pub received: i64,
    /// Groups in which every message says now that it is over.
    pub edited: i64,
    /// Groups in which a message was deleted, and none stands as it was.
    pub deleted: i64,
    /// Groups that were told by a further message that it is over.
    pub followed_up: i64,
    /// Groups to which it is still on its way.
    pub waiting: i64,
    /// Those of them that are paused, and hear it when they are resumed.
    pub paused: i64,
    /// Groups that could not be reached.
    pub unreachable: i64,
}

/// The sum for a notice.
///
/// # Errors
/// When the database refuses.
pub fn sum(conn: &mut Conn, notice: Uuid) -> Answer<Sum> {
    let said = of_notice(conn, notice)?;
    let Some(last) = said.iter().find(|b| b.purpose.0.ends()).or(said.last()) else {
        return Ok(Sum::default());
    };
    // Why something waits is not asked here, so any time will do.
    let tally = tally(conn, last.id.0, last.created_at.0)?;
    let paused = tally.iter().filter(|line| line.waits_for_its_group());
    let paused = paused.map(|line| line.deliveries).sum();
    let count = |to| count(&tally, to);
    Ok(Sum {
        received: received(conn, notice)?,
        edited: count(CameTo::Done(Some(How::Edited))),
        deleted: count(CameTo::Done(Some(How::Deleted))),
        followed_up: count(CameTo::Done(Some(How::FollowedUp))),
        waiting: count(CameTo::Waiting),
        paused,
        unreachable: count(CameTo::Unreachable),
    })
}

/// Whoever received an update received the alert, or joined later: each counts once.
fn received(conn: &mut Conn, notice: Uuid) -> Answer<i64> {
    Ok(both!(conn, c => deliveries::table
        .inner_join(broadcasts::table.on(broadcasts::id.eq(deliveries::broadcast_id)))
        .filter(broadcasts::notice_id.eq(Id(notice)))
        .filter(broadcasts::purpose.eq_any([Purpose::Alert, Purpose::Update].map(Named)))
        .filter(deliveries::state.eq(Named(DeliveryState::Delivered)))
        .select(diesel::dsl::count(deliveries::group_id).aggregate_distinct())
        .first(c))?)
}
