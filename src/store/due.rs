//! What waits to be leased, and whether it may go: what it says must still be true, its group must want to
//! hear it now, and its lane must be free.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, SmallInt, Text};

use super::broadcasts::Broadcast;
use super::mutation::{self, Mutation};
use super::notices::Notice;
use super::schema::{broadcasts, deliveries, groups, lanes, notices};
use super::statement::{Statement, Value};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Time};
use super::wishes::Quietness;
use super::{Conn, StoreResult, both};
use crate::domain::delivery::{DeliveryState, How, Priority, Purpose};
use crate::domain::group::{GroupState, Platform};
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::domain::notice::Kind;
use crate::domain::saying::{MayBeSaid, Saying};

/// A delivery whose time has come, and the group it is for.
#[derive(Queryable)]
pub(super) struct Due {
    pub(super) delivery: Delivery,
    pub(super) listener: Listener,
}

/// What has become of a delivery so far.
#[derive(Clone, Copy, Queryable)]
pub(super) struct Delivery {
    /// `None` until the delivery is inserted.
    pub(super) id: Option<i64>,
    pub(super) broadcast_id: Id,
    pub(super) part: i16,
    pub(super) act: i16,
    pub(super) how: Option<How>,
    pub(super) attempts: i32,
    pub(super) reach: i16,
    pub(super) digest: bool,
    pub(super) tries: i16,
}

type DeliveryRow =
    (Nullable<BigInt>, Uid, SmallInt, SmallInt, Nullable<Text>, Integer, SmallInt, Bool, SmallInt);

impl Delivery {
    /// A delivery that a broadcast is about to plan.
    pub(super) const fn new(broadcast: Id) -> Delivery {
        Delivery {
            id: None,
            broadcast_id: broadcast,
            part: 0,
            act: 0,
            how: None,
            attempts: 0,
            reach: 0,
            digest: false,
            tries: 0,
        }
    }
}

/// A group that is to hear something: its wishes, and its lane unless another node uses it.
#[derive(Queryable)]
pub(super) struct Listener {
    pub(super) group_id: Id,
    pub(super) platform: Platform,
    pub(super) language: Language,
    pub(super) credentials_sealed: Vec<u8>,
    pub(super) state: GroupState,
    pub(super) host: String,
    pub(super) bot: Option<String>,
    pub(super) hourly_cap: Option<i16>,
    pub(super) quiet: Quietness,
    pub(super) lane: Option<FreeLane>,
}

impl Listener {
    /// Whether it hears nothing, at any hour: it is paused, disabled or unverified.
    pub(super) fn is_deaf(&self) -> bool {
        self.state != GroupState::Active && !mutation::on(Mutation::IgnorePause)
    }

    /// Whether nothing of that purpose goes to it. A pause keeps what would be heard; what is over is taken
    /// back all the same, because that makes no sound.
    fn is_shut(&self, purpose: Purpose) -> bool {
        let takes_back = self.is_paused() && purpose.ends() && !mutation::on(Mutation::KeepInPause);
        self.is_deaf() && !takes_back
    }

    fn is_paused(&self) -> bool {
        self.state == GroupState::Paused
    }
}

/// A lane that may be leased.
#[derive(Queryable)]
pub(super) struct FreeLane {
    pub(super) fence: i64,
    pub(super) recent: Vec<u8>,
    open_at: Time,
    pub(super) failures: i32,
    pub(super) failing_since: Option<Time>,
    pub(super) heard: Vec<u8>,
    pub(super) leased_until: Time,
}

impl FreeLane {
    /// Whether its last lease has expired without being given back.
    pub(super) fn has_run_out(&self) -> bool {
        self.leased_until.0 > DateTime::UNIX_EPOCH
    }
}

/// The columns of [`Listener`], from groups `g` and lanes `l`.
pub(super) const LISTENER: &str = "g.id, g.platform, g.language, g.credentials_sealed, g.state, g.host, g.bot, \
     g.hourly_cap, g.quiet_from, g.quiet_until, g.quiet_but_urgent, \
     l.fence, l.recent, l.open_at, l.failures, l.failing_since, l.heard, l.leased_until";

pub(super) type ListenerRow = (
    Uid,
    Text,
    Text,
    Binary,
    Text,
    Text,
    Nullable<Text>,
    Nullable<SmallInt>,
    (Nullable<SmallInt>, Nullable<SmallInt>, Bool),
    Nullable<(BigInt, Binary, Ts, Integer, Nullable<Ts>, Binary, Ts)>,
);

/// The part of a broadcast and its notice that decides whether a delivery may go.
#[derive(Clone, Copy, Queryable)]
pub(super) struct Said {
    pub(super) purpose: Purpose,
    revision: i32,
    pub(super) created_at: Time,
    pub(super) not_after: Option<Time>,
    state: State,
    live_revision: Option<i32>,
    urgency: i16,
    pub(super) kind: Kind,
}

/// The columns of [`Said`].
const SAID: (
    broadcasts::purpose,
    broadcasts::revision,
    broadcasts::created_at,
    broadcasts::not_after,
    notices::state,
    notices::live_revision,
    notices::urgency,
    notices::kind,
) = (
    broadcasts::purpose,
    broadcasts::revision,
    broadcasts::created_at,
    broadcasts::not_after,
    notices::state,
    notices::live_revision,
    notices::urgency,
    notices::kind,
);

/// How long a delivery that waits for a person is put off, where its notice has no end of its own.
const PAUSED: TimeDelta = TimeDelta::days(1);

impl Said {
    pub(super) fn of(broadcast: &Broadcast, notice: &Notice) -> Said {
        Said {
            purpose: broadcast.purpose,
            revision: broadcast.revision,
            created_at: broadcast.created_at,
            not_after: broadcast.not_after,
            state: notice.state,
            live_revision: notice.live_revision,
            urgency: notice.urgency,
            kind: notice.kind,
        }
    }

    /// Whether it may be said, as far as its notice is concerned.
    pub(super) fn may_be_said(&self, now: DateTime<Utc>) -> MayBeSaid {
        let newest = mutation::on(Mutation::KeepRevision).then_some(self.revision);
        let saying = Saying {
            purpose: self.purpose,
            revision: self.revision,
            not_after: self.not_after.map(|end| end.0),
            state: self.state,
            live_revision: newest.or(self.live_revision),
        };
        match saying.may_be_said(now) {
            MayBeSaid::NoMore if mutation::on(Mutation::SkipStillTrue) => MayBeSaid::Now,
            MayBeSaid::Later if mutation::on(Mutation::LosePaused) => MayBeSaid::NoMore,
            answer => answer,
        }
    }

    /// Whether hourly caps apply. Life at risk, a correction, and the end of what a group has heard are told
    /// regardless of them, whatever its quiet hours let through.
    pub(super) fn is_rationed(&self) -> bool {
        !self.purpose.ends() && Priority::of(self.urgency.into()) != Priority::Urgent
    }

    /// Until when it must not be said, or its group or lane cannot take it.
    pub(super) fn rests_until(
        &self,
        listener: &Listener,
        lane: &FreeLane,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if listener.is_shut(self.purpose) || self.may_be_said(now) == MayBeSaid::Later {
            // Whoever lets the group hear again, or resumes the notice, makes it due.
            return Some(self.not_after.map_or(now + PAUSED, |end| end.0));
        }
        Some(lane.open_at.0).filter(|opens| *opens > now)
    }

    /// Until when its group wants to be left alone. Whoever resumes a paused group makes due what waits.
    pub(super) fn quiet_until(&self, listener: &Listener, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let paused = (listener.is_paused() && self.purpose.ends()).then(|| now + PAUSED);
        paused.or_else(|| listener.quiet.until(self.purpose, self.urgency, now))
    }
}

/// [`MayBeSaid::Now`] in SQL, on broadcasts `b` and notices `n`, with a `?` for the present.
pub(super) const MAY_BE_SAID_NOW: &str = "(b.purpose IN ('closing', 'correction') \
     OR (n.state = 'live' AND n.live_revision = b.revision AND (b.not_after IS NULL OR b.not_after > ?)))";

/// The operator that compares the end of a free lane's lease with the present.
pub(super) fn free() -> &'static str {
    if mutation::on(Mutation::ShareLane) { "<>" } else { "<=" }
}

/// All priorities in SQL: rows of one column, `priority`.
pub(super) fn every_priority() -> String {
    Priority::ALL.map(|priority| format!("SELECT {} AS priority", priority as i16)).join(" UNION ALL ")
}

/// What there is to do at one priority.
pub(super) struct Work {
    pub(super) priority: Priority,
    /// Something is due.
    pub(super) due: bool,
    /// A broadcast has not reached everybody.
    pub(super) grows: bool,
}

/// What there is to do, most urgent first. One query for all priorities, because usually most of them have
/// nothing.
pub(super) fn work(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Vec<Work>> {
    struct Waits;
    // The first of each, in an order that only the index has: without it PostgreSQL would search for any one
    // among everything that is scheduled.
    let sql = format!(
        "SELECT p.priority, \
           (SELECT 1 FROM deliveries d WHERE d.queued AND d.priority >= -1 AND d.priority = p.priority \
              AND d.due_at <= ? ORDER BY d.due_at LIMIT 1), \
           (SELECT 1 FROM broadcasts b WHERE NOT b.expanded AND b.priority = p.priority LIMIT 1) \
         FROM ({}) AS p ORDER BY p.priority",
        every_priority()
    );
    let now = Value::from(now);
    type Row = (Integer, Nullable<Integer>, Nullable<Integer>);
    let found: Vec<(i32, Option<i32>, Option<i32>)> =
        both!(conn, c => Statement::<Waits, Row>::new(&sql, [&now]).load(c))?;
    let work = |(number, due, grows): (i32, Option<i32>, Option<i32>)| {
        let priority = Priority::numbered(number)?;
        Some(Work { priority, due: due.is_some(), grows: grows.is_some() })
    };
    Ok(found.into_iter().filter_map(work).collect())
}

/// What is due at that priority in lanes that are free, locked; what has been due longest comes first.
pub(super) fn due(
    conn: &mut Conn,
    now: DateTime<Utc>,
    priority: Priority,
    limit: usize,
) -> StoreResult<Vec<Due>> {
    struct Wait;
    // The queue must be read first, in its order, whatever the planner believes about the number of groups:
    // CROSS tells SQLite so, and PostgreSQL gets subqueries that it cannot flatten. There a lane may be locked
    // after a change of its group that this statement does not see: then it is left to the next look, which does.
    let (lane, group, locked) = match conn {
        Conn::Pg(_) => (
            "JOIN LATERAL (SELECT * FROM lanes WHERE lanes.group_id = d.group_id AND lanes.leased_until",
            "FOR UPDATE SKIP LOCKED) l ON TRUE \
             JOIN LATERAL (SELECT * FROM groups WHERE groups.id = d.group_id OFFSET 0) g \
               ON g.generation = l.generation",
            " FOR UPDATE OF d SKIP LOCKED",
        ),
        Conn::Sqlite(_) => (
            "CROSS JOIN lanes l ON l.group_id = d.group_id AND l.leased_until",
            "CROSS JOIN groups g ON g.id = d.group_id",
            "",
        ),
    };
    let sql = format!(
        "SELECT d.id, d.broadcast_id, d.part, d.act, d.how, d.attempts, d.reach, d.digest, d.tries, {LISTENER} \
         FROM deliveries d {lane} {} ? {group} \
         WHERE d.queued AND d.priority >= -1 AND d.priority = ? AND d.due_at <= ? \
         ORDER BY d.due_at, d.id LIMIT ?{locked}",
        free()
    );
    let values = [now.into(), (priority as i16).into(), now.into(), (limit as i64).into()];
    Ok(both!(conn, c => Statement::<Wait, (DeliveryRow, ListenerRow)>::new(&sql, &values).load(c))?)
}

/// What the broadcasts of those deliveries say, except those whose notice is being changed at this moment.
pub(super) fn said(conn: &mut Conn, due: &[Due]) -> StoreResult<HashMap<Id, Said>> {
    let of: BTreeSet<Id> = due.iter().map(|one| one.delivery.broadcast_id).collect();
    if of.is_empty() {
        return Ok(HashMap::new());
    }
    let of = super::broadcasts::steady(conn, of)?;
    let said: Vec<(Id, Said)> = both!(conn, c => broadcasts::table
        .inner_join(notices::table.on(notices::id.eq(broadcasts::notice_id)))
        .filter(broadcasts::id.eq_any(of))
        .select((broadcasts::id, SAID))
        .load(c))?;
    Ok(said.into_iter().collect())
}

/// Whether a chat notices a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sound {
    Aloud,
    Silent,
}

/// Whether a request for the deliveries of one lease may still leave: nobody has cancelled them, what they say
/// is still true, their group hears, or is only paused where the request makes no sound, and the lane is still
/// theirs.
pub fn may_go(
    conn: &mut Conn,
    (told, fence): (&[i64], i64),
    sound: Sound,
    now: DateTime<Utc>,
) -> StoreResult<bool> {
    let paused = sound == Sound::Silent || mutation::on(Mutation::SpeakInPause);
    let hears = if paused { &[GroupState::Active, GroupState::Paused][..] } else { &[GroupState::Active] };
    let said: Vec<Said> = both!(conn, c => deliveries::table
        .inner_join(broadcasts::table.on(broadcasts::id.eq(deliveries::broadcast_id)))
        .inner_join(notices::table.on(notices::id.eq(broadcasts::notice_id)))
        .inner_join(groups::table.on(groups::id.eq(deliveries::group_id)))
        .inner_join(lanes::table.on(lanes::group_id.eq(deliveries::group_id)))
        .filter(deliveries::id.eq_any(told).and(deliveries::state.eq(DeliveryState::Open)))
        .filter(groups::state.eq_any(hears.iter().copied()))
        .filter(lanes::fence.eq(fence))
        .select(SAID)
        .load(c))?;
    Ok(said.len() == told.len() && said.iter().all(|said| said.may_be_said(now) == MayBeSaid::Now))
}

#[cfg(test)]
mod tests {
    use diesel::sql_query;

    use super::*;
    use crate::store::fixture::{at, count, store};

    /// Every purpose in every state of its notice, of this revision and of another, before its end and at it.
    fn sayings() -> Vec<Saying> {
        let mut all = Vec::new();
        for purpose in Purpose::ALL {
            for state in State::ALL {
                for live_revision in [None, Some(1), Some(2)] {
                    for not_after in [None, Some(at(0)), Some(at(1))] {
                        all.push(Saying { purpose, revision: 2, not_after, state, live_revision });
                    }
                }
            }
        }
        all
    }

    #[tokio::test]
    async fn what_may_be_said_is_the_same_in_sql() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let question = format!(
            "SELECT COUNT(*) AS rows FROM (SELECT ? AS purpose, 2 AS revision, ? AS not_after) AS b, \
               (SELECT ? AS state, ? AS live_revision) AS n WHERE {MAY_BE_SAID_NOW}"
        );
        for saying in sayings() {
            let asked = sql_query(&question)
                .bind::<Text, _>(saying.purpose.as_str())
                .bind::<Nullable<Ts>, _>(saying.not_after.map(Time))
                .bind::<Text, _>(saying.state.as_str())
                .bind::<Nullable<Integer>, _>(saying.live_revision)
                .bind::<Ts, _>(Time(at(0)));
            assert_eq!(
                count(&store, asked).await == 1,
                saying.may_be_said(at(0)) == MayBeSaid::Now,
                "{saying:?}"
            );
        }
    }
}
