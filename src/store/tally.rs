//! The outcome of broadcasts, counted for reports.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::broadcasts::{self, Broadcast};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Time};
use super::wishes::is_quiet;
use super::{Conn, StoreResult, both};
use crate::domain::delivery::{DeliveryState, EndedAs, How, Reach, Untried};
use crate::domain::group::{GroupState, WhyDisabled};
use crate::domain::quiet;

/// Deliveries of one broadcast that have come to the same, and the present state of their groups.
#[derive(Clone, Debug, QueryableByName)]
pub struct Tally {
    #[diesel(sql_type = Text)]
    pub state: DeliveryState,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_outcome: Option<EndedAs>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_code: Option<String>,
    /// How the messages were taken back, where a notice ended.
    #[diesel(sql_type = Nullable<Text>)]
    pub how: Option<How>,
    /// `None` where the groups were deleted, and of what has come to its end.
    #[diesel(sql_type = Nullable<Text>)]
    pub group_state: Option<GroupState>,
    /// Why they are disabled.
    #[diesel(sql_type = Nullable<Text>)]
    pub group_reason: Option<WhyDisabled>,
    /// Why none of them has been tried yet, where they wait.
    #[diesel(sql_type = Nullable<Text>)]
    pub untried: Option<Untried>,
    /// Whether they arrived, as far as that is known ([`Reach`]).
    #[diesel(sql_type = SmallInt)]
    pub reach: i16,
    #[diesel(sql_type = BigInt)]
    pub deliveries: i64,
}

/// What a delivery has come to, as a report counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CameTo {
    /// It was said; where a notice ended, what became of the message about it.
    Done(Option<How>),
    /// It is said as soon as it can be; to a paused group, when that is resumed.
    Waiting,
    /// Given up, or its group was disabled, is not verified or was deleted. What waits for a group is said if
    /// that hears again.
    Unreachable,
    Cancelled,
}

/// Why deliveries wait or were given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Because {
    /// How the last attempt ended, or the delivery without one.
    Ended(EndedAs),
    /// Why there was no attempt yet.
    Untried(Untried),
    /// The state of groups that hear nothing.
    Group(GroupState),
}

impl Because {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Because::Ended(ended) => ended.as_str(),
            Because::Untried(untried) => untried.as_str(),
            Because::Group(state) => state.as_str(),
        }
    }
}

impl Tally {
    /// What these deliveries have come to.
    pub fn came_to(&self) -> CameTo {
        match (self.state, self.group_hears() || self.group_is_paused()) {
            (DeliveryState::Delivered, _) => CameTo::Done(self.how),
            (DeliveryState::Open, true) => CameTo::Waiting,
            (DeliveryState::Open, false) | (DeliveryState::GivenUp, _) => CameTo::Unreachable,
            (DeliveryState::Cancelled, _) => CameTo::Cancelled,
        }
    }

    /// Why they wait or were given up, with the detail, where one is known.
    pub fn reason(&self) -> Option<(Because, Option<&str>)> {
        if self.state == DeliveryState::Open && !self.group_hears() {
            let state = self.group_state.map(Because::Group);
            let why = self.group_reason.map(|why| why.as_str());
            return Some((state.unwrap_or(Because::Ended(EndedAs::Deleted)), why));
        }
        let tried = self.last_outcome.map(|ended| (Because::Ended(ended), self.last_code.as_deref()));
        tried.or_else(|| Some((Because::Untried(self.untried?), None)))
    }

    /// Whether they were given up because nobody can tell if they arrived.
    fn is_in_doubt(&self) -> bool {
        self.state == DeliveryState::GivenUp && Reach::of(self.reach) == Reach::Maybe
    }

    /// Whether they wait for their groups to be resumed.
    fn waits_for_its_group(&self) -> bool {
        self.came_to() == CameTo::Waiting && self.group_is_paused()
    }

    fn group_hears(&self) -> bool {
        self.group_state.is_some_and(|state| state == GroupState::Active)
    }

    fn group_is_paused(&self) -> bool {
        self.group_state.is_some_and(|state| state == GroupState::Paused)
    }
}

/// The deliveries of a broadcast, counted by everything that a report tells apart at `now`. Where a notice
/// ended, this also counts groups that received it and were deleted before they could be told.
///
/// What has come to its end is most of all there is. It is counted without its groups, which nothing told about it
/// depends on.
pub fn tally(conn: &mut Conn, broadcast: &Broadcast, now: DateTime<Utc>) -> StoreResult<Vec<Tally>> {
    /// The groups that cannot be told of an end any more.
    const DELETED: &str = "UNION ALL \
         SELECT 'given_up', 'deleted', NULL, NULL, NULL, NULL, NULL, CAST(0 AS SMALLINT), COUNT(DISTINCT d.group_id) \
         FROM broadcasts e \
         JOIN broadcasts b ON b.notice_id = e.notice_id AND b.purpose IN ('alert', 'update') \
         JOIN deliveries d ON d.broadcast_id = b.id AND d.reach > 0 \
         LEFT JOIN groups g ON g.id = d.group_id \
         WHERE e.id = $3 AND g.id IS NULL AND NOT EXISTS \
           (SELECT 1 FROM deliveries told WHERE told.broadcast_id = e.id AND told.group_id = d.group_id)";
    let (is_quiet, deleted) = (is_quiet("$2"), if broadcast.purpose.ends() { DELETED } else { "" });
    let question = format!(
        "SELECT d.state, d.last_outcome, d.last_code, d.how, g.state AS group_state, \
           g.reason AS group_reason, \
           CASE WHEN d.last_outcome IS NOT NULL THEN NULL \
             WHEN d.due_at <= $1 THEN 'untried' \
             WHEN {is_quiet} THEN 'quiet' \
             WHEN (SELECT l.open_at FROM lanes l WHERE l.group_id = d.group_id) > $1 THEN 'resting' \
             ELSE 'later' END AS untried, d.reach, \
           COUNT(*) AS deliveries \
         FROM deliveries d JOIN broadcasts b ON b.id = d.broadcast_id JOIN notices n ON n.id = b.notice_id \
         LEFT JOIN groups g ON g.id = d.group_id WHERE d.broadcast_id = $3 AND d.state = 'open' \
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 \
         UNION ALL \
         SELECT d.state, d.last_outcome, d.last_code, d.how, NULL, NULL, NULL, d.reach, COUNT(*) \
         FROM deliveries d WHERE d.broadcast_id = $3 AND d.state <> 'open' \
         GROUP BY d.state, d.last_outcome, d.last_code, d.how, d.reach \
         {deleted} ORDER BY 9 DESC"
    );
    let counted: Vec<Tally> = both!(conn, c => diesel::sql_query(&question)
        .bind::<Ts, _>(Time(now))
        .bind::<SmallInt, _>(quiet::minute(now))
        .bind::<Uid, _>(broadcast.id)
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
    /// Groups that received the notice, or its words without their picture.
    pub received: i64,
    /// Groups that may have received it: their platform did not say.
    pub perhaps: i64,
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

impl Sum {
    /// Whether it went to no group, and to none it is still to go.
    pub fn is_nobody(&self) -> bool {
        self.received + self.perhaps + self.waiting + self.unreachable == 0
    }
}

/// The sum for a notice.
pub fn sum(conn: &mut Conn, notice: Uuid) -> StoreResult<Sum> {
    let all = broadcasts::of_notice(conn, notice)?;
    let Some(last) = all.iter().find(|b| b.purpose.ends()).or(all.last()) else {
        return Ok(Sum::default());
    };
    // Why something waits is not needed here, so any time will do.
    let tally = tally(conn, last, last.created_at.0)?;
    let paused = tally.iter().filter(|line| line.waits_for_its_group());
    let paused = paused.map(|line| line.deliveries).sum();
    // Doubt about the notice itself is in `perhaps` already; doubt about its end is another question.
    let in_doubt = tally.iter().filter(|line| line.is_in_doubt() && !last.purpose.ends());
    let in_doubt: i64 = in_doubt.map(|line| line.deliveries).sum();
    let count = |to| count(&tally, to);
    let Heard { received, perhaps } = heard(conn, notice, &all)?;
    Ok(Sum {
        received,
        perhaps,
        edited: count(CameTo::Done(Some(How::Edited))),
        deleted: count(CameTo::Done(Some(How::Deleted))),
        followed_up: count(CameTo::Done(Some(How::FollowedUp))),
        waiting: count(CameTo::Waiting),
        paused,
        unreachable: count(CameTo::Unreachable) - in_doubt,
    })
}

/// What was said about a notice.
const HEARD: &str = "broadcasts b JOIN deliveries d ON d.broadcast_id = b.id \
     WHERE b.notice_id = $1 AND b.purpose IN ('alert', 'update')";

/// How many groups heard a notice.
#[derive(QueryableByName)]
struct Heard {
    #[diesel(sql_type = BigInt)]
    received: i64,
    #[diesel(sql_type = BigInt)]
    perhaps: i64,
}

/// A group that received an update has also received the alert, or joined later: it counts once. What is
/// under way counts as neither.
fn heard(conn: &mut Conn, notice: Uuid, all: &[Broadcast]) -> StoreResult<Heard> {
    const UNDER_WAY: &str = "CASE WHEN d.state = 'open' THEN 1 ELSE 0 END";
    let alone = all.iter().filter(|broadcast| !broadcast.purpose.ends()).count() == 1;
    // One broadcast has a group only once, and to sort all of them would take twice as long.
    let groups = if alone {
        format!("SELECT d.reach, {UNDER_WAY} AS under_way FROM {HEARD}")
    } else {
        format!(
            "SELECT MAX(d.reach) AS reach, MAX({UNDER_WAY}) AS under_way FROM {HEARD} GROUP BY d.group_id"
        )
    };
    let question = format!(
        "SELECT COUNT(CASE WHEN reach = 2 THEN 1 END) AS received, \
           COUNT(CASE WHEN reach = 1 AND under_way = 0 THEN 1 END) AS perhaps FROM ({groups}) AS heard"
    );
    Ok(both!(conn, c => diesel::sql_query(&question).bind::<Uid, _>(Id(notice)).get_result(c))?)
}
