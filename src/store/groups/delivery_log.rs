//! The delivery log of a group: what became of everything that was for it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use uuid::Uuid;

use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::{DeliveryState, EndedAs, Purpose, Reach};
use crate::domain::group::GroupState;
use crate::domain::life_cycle::State;
use crate::domain::named::named;
use crate::domain::saying::{MayBeSaid, Saying};
use crate::store::due::MAY_BE_SAID_NOW;
use crate::store::mutation::{self, Mutation};
use crate::store::rows::{Change, Holds};
use crate::store::schema::{attempts, broadcasts, deliveries, groups, notices};
use crate::store::statement::Statement;
use crate::store::types::{Id, Time, act_of};
use crate::store::{Conn, StoreResult, both, listen, wants};

/// A line of a group's delivery log.
#[derive(Clone, Debug, Queryable)]
pub struct LoggedDelivery {
    pub id: i64,
    pub case_number: CaseNumber,
    pub broadcast: Purpose,
    pub decided_at: Time,
    pub state: DeliveryState,
    /// Requests so far.
    pub attempts: i32,
    pub last_outcome: Option<EndedAs>,
    /// The platform's code, or ours where there was no answer.
    pub last_code: Option<String>,
    pub due_at: Time,
    pub delivered_at: Option<Time>,
    pub broadcast_id: Id,
    /// Told in a digest when the quiet hours were over, or waiting for one.
    pub digest: bool,
    took_ms: Option<i32>,
    part: i16,
    act: i16,
    reach: i16,
    revision: i32,
    not_after: Option<Time>,
    notice_state: State,
    live_revision: Option<i32>,
    /// The state of its group, unless that was deleted.
    pub group_state: Option<GroupState>,
    /// Whether its group wants it.
    is_wanted: bool,
}

named! {
    /// What a delivery waits for, where that is not a time but a person.
    pub enum WaitsFor {
        /// Its notice is paused.
        Notice = "notice",
        /// Its group is paused.
        Group = "group",
        /// Control of its group is yet to be proved, or proved again.
        Proof = "proof",
    }
}

impl LoggedDelivery {
    /// Whether more of it may go out.
    pub fn is_open(&self) -> bool {
        self.state == DeliveryState::Open
    }

    /// What it waits for, where that is not a time; what its group's admin can end comes first.
    pub fn waits_for(&self, now: DateTime<Utc>) -> Option<WaitsFor> {
        if !self.is_open() {
            return None;
        }
        match self.group_state {
            Some(GroupState::Paused) => Some(WaitsFor::Group),
            Some(GroupState::Disabled | GroupState::Unverified) | None => Some(WaitsFor::Proof),
            Some(GroupState::Active) => {
                (self.may_be_said(now) == MayBeSaid::Later).then_some(WaitsFor::Notice)
            }
        }
    }

    /// Whether its words arrived and their picture did not: that was refused, or its notice ended first.
    pub fn is_words_only(&self) -> bool {
        let failed = self.last_outcome.is_some_and(|ended| ended != EndedAs::Delivered);
        let arrived = self.state == DeliveryState::Delivered && !self.broadcast.ends();
        arrived && (failed || self.goes_alone() || self.stopped_at_its_words())
    }

    /// Whether its words were sent, or will be, without the picture that belongs to them.
    pub fn goes_alone(&self) -> bool {
        act_of(self.act).alone
    }

    /// Whether it was given up because nobody can tell if it arrived.
    pub fn is_in_doubt(&self) -> bool {
        self.state == DeliveryState::GivenUp && Reach::of(self.reach) == Reach::Maybe
    }

    /// Whether its words arrived, and its picture did not follow because its notice ended.
    pub fn stopped_at_its_words(&self) -> bool {
        let arrived = self.last_outcome == Some(EndedAs::Delivered);
        self.state == DeliveryState::Delivered && arrived && self.took_ms.is_none()
    }

    /// When something last happened to it, or will next.
    pub fn latest(&self) -> DateTime<Utc> {
        self.delivered_at.unwrap_or(self.due_at).0.max(self.decided_at.0)
    }

    /// The attempt that delivered it, which has no row of its own where the delivery says everything about
    /// it.
    fn success(&self) -> Option<Attempt> {
        Some(Attempt {
            delivery_id: self.id,
            at: self.delivered_at?,
            outcome: self.last_outcome?,
            code: self.last_code.clone(),
            took_ms: self.took_ms?,
            part: (self.part - 1).max(0),
        })
    }

    /// Whether it may be said, as far as its notice is concerned.
    pub fn may_be_said(&self, now: DateTime<Utc>) -> MayBeSaid {
        let saying = Saying {
            purpose: self.broadcast,
            revision: self.revision,
            not_after: self.not_after.map(|end| end.0),
            state: self.notice_state,
            live_revision: self.live_revision,
        };
        saying.may_be_said(now)
    }

    /// Whether it was given up and may be tried again: it is still true, and its group wants it.
    pub fn can_go_again(&self, now: DateTime<Utc>) -> bool {
        self.state == DeliveryState::GivenUp && self.may_be_said(now) == MayBeSaid::Now && self.is_wanted
    }

    /// Whether its group's admin may send it again: it can go again, and control of the group is proved.
    pub fn is_redeliverable(&self, now: DateTime<Utc>) -> bool {
        self.can_go_again(now) && self.group_state.is_some_and(|state| state.is_proved())
    }
}

/// The deliveries to a group before `before`, newest first.
pub fn log(conn: &mut Conn, id: Uuid, before: Option<i64>, limit: i64) -> StoreResult<Vec<LoggedDelivery>> {
    Ok(both!(conn, c => deliveries::table
        .inner_join(broadcasts::table.on(broadcasts::id.eq(deliveries::broadcast_id)))
        .inner_join(notices::table.on(notices::id.eq(broadcasts::notice_id)))
        .left_join(groups::table.on(groups::id.eq(deliveries::group_id)))
        .filter(deliveries::group_id.eq(Id(id)))
        .filter(deliveries::id.lt(before.unwrap_or(i64::MAX)))
        .order(deliveries::id.desc())
        .limit(limit)
        .select((
            deliveries::id,
            notices::case_number,
            broadcasts::purpose,
            broadcasts::created_at,
            deliveries::state,
            deliveries::attempts,
            deliveries::last_outcome,
            deliveries::last_code,
            deliveries::due_at,
            deliveries::delivered_at,
            broadcasts::id,
            deliveries::digest,
            deliveries::took_ms,
            deliveries::part,
            deliveries::act,
            deliveries::reach,
            broadcasts::revision,
            broadcasts::not_after,
            notices::state,
            notices::live_revision,
            groups::state.nullable(),
            wants::wanted(),
        ))
        .load(c))?)
}

/// One delivery to a group.
pub fn logged(conn: &mut Conn, id: Uuid, delivery: i64) -> StoreResult<Option<LoggedDelivery>> {
    let found = log(conn, id, Some(delivery.saturating_add(1)), 1)?;
    Ok(found.into_iter().find(|one| one.id == delivery))
}

/// Reopens a delivery that was given up: it is due now, with all its tries before it.
pub fn redeliver(conn: &mut Conn, given_up: &LoggedDelivery, now: DateTime<Utc>) -> StoreResult<()> {
    set_going(conn, &[(given_up.id, given_up.broadcast)], now)
}

/// Reopens what was given up because nothing reached the group any more and may still be said, once something
/// has reached it again. What perhaps arrived is left to its admin; what perhaps was taken back did
/// not arrive, whatever became of it.
pub fn redeliver_unheard(conn: &mut Conn, id: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
    struct Unheard;
    /// More than one group is told in the lifetime of a notice.
    const MOST: i64 = 200;
    let sql = format!(
        "SELECT d.id, b.purpose FROM deliveries d \
         JOIN broadcasts b ON b.id = d.broadcast_id JOIN notices n ON n.id = b.notice_id \
         WHERE d.group_id = ? AND d.state = 'given_up' AND d.reach = 0 \
           AND d.last_outcome IN ('gone', 'config', 'retry', 'unknown') AND {MAY_BE_SAID_NOW} \
         ORDER BY d.id DESC LIMIT ?"
    );
    let values = [id.into(), now.into(), MOST.into()];
    let unheard: Vec<(i64, Purpose)> =
        both!(conn, c => Statement::<Unheard, (BigInt, Text)>::new(&sql, &values).load(c))?;
    set_going(conn, &unheard, now)
}

fn set_going(conn: &mut Conn, given_up: &[(i64, Purpose)], now: DateTime<Utc>) -> StoreResult<()> {
    struct Go;
    let go = Change {
        // What an ending has tried in vain stays tried; what was doubted may be said once more.
        before: "UPDATE deliveries SET state = 'open', queued = TRUE, due_at = rows.due_at, tries = 0, \
             act = CASE rows.keeps WHEN 0 THEN 0 ELSE act END, reach = CASE rows.ends WHEN 0 THEN reach ELSE 0 END",
        columns: &[("id", Holds::Int), ("due_at", Holds::Time), ("keeps", Holds::Int), ("ends", Holds::Int)],
        after: "WHERE deliveries.id = rows.id AND deliveries.state = 'given_up'",
    };
    let rows = given_up.iter().map(|(id, purpose)| {
        let ends = purpose.ends();
        let keeps = ends || mutation::on(Mutation::KeepDoubts);
        vec![(*id).into(), now.into(), i64::from(keeps).into(), i64::from(ends).into()]
    });
    go.make_in_order::<Go>(conn, "deliveries", rows.collect())?;
    listen::announce(conn)
}

/// One attempt at a delivery.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = attempts)]
pub struct Attempt {
    pub delivery_id: i64,
    /// When it ended.
    pub at: Time,
    pub outcome: EndedAs,
    pub code: Option<String>,
    pub took_ms: i32,
    /// How many of the delivery's requests were done before it.
    pub part: i16,
}

impl Attempt {
    /// Which of the delivery's requests it was, from 1.
    pub fn number(&self) -> i16 {
        self.part.saturating_add(1)
    }
}

/// The attempts at those deliveries, each delivery's oldest first. With each comes what the platform said
/// when it refused, sealed under the case's key.
pub fn attempts_of(conn: &mut Conn, of: &[LoggedDelivery]) -> StoreResult<Vec<(Attempt, Option<Vec<u8>>)>> {
    let ids: Vec<i64> = of.iter().map(|delivery| delivery.id).collect();
    let mut attempts: Vec<(Attempt, Option<Vec<u8>>)> = both!(conn, c => attempts::table
        .filter(attempts::delivery_id.eq_any(ids))
        .order((attempts::delivery_id, attempts::id))
        .select((Attempt::as_select(), attempts::answer_sealed))
        .load(c))?;
    attempts.extend(of.iter().filter_map(LoggedDelivery::success).map(|success| (success, None)));
    Ok(attempts)
}

/// When a group last received something.
pub fn last_delivered(conn: &mut Conn, id: Uuid) -> StoreResult<Option<DateTime<Utc>>> {
    let at: Option<Time> = both!(conn, c => deliveries::table
        .filter(deliveries::group_id.eq(Id(id)).and(deliveries::delivered_at.is_not_null()))
        .order(deliveries::id.desc())
        .select(deliveries::delivered_at.assume_not_null())
        .first(c)
        .optional())?;
    Ok(at.map(|at| at.0))
}
