//! Results: what became of the deliveries that were leased, recorded only where the lease still holds.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::leasing::Leased;
use super::mutation::{self, Mutation};
use super::rows::{Change, Holds};
use super::schema::{broadcasts, groups, lanes};
use super::statement::Value;
use super::types::{Id, Time, stored_act};
use super::{Conn, StoreResult, both, bots, wishes};
use crate::domain::delivery::{ActSoFar, DeliveryState, EndedAs, How, Purpose, Reach};
use crate::domain::group::{GroupState, WhyDisabled};
use crate::domain::named::named;

mod left_alone;
mod unknown;

named! {
    /// What an attempt says about its lane.
    pub enum Health {
        /// Something arrived.
        Well = "well",
        /// Nothing arrived, and not because of the message.
        Failing = "failing",
        /// Nothing new.
        Unchanged = "unchanged",
        /// As [`Health::Failing`], but so long after the last request that earlier failures prove nothing.
        FailingAnew = "failing_anew",
        /// Nothing arrived, perhaps because we have no way out: the group is tried ever less often, and that
        /// proves nothing, nor do its failures until then.
        Unheard = "unheard",
    }
}

/// The new credentials of a group whose chat has a new id, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub credentials_sealed: Vec<u8>,
    pub address_hash: Vec<u8>,
}

/// How an attempt ended, and what follows from it for the delivery and its lane.
#[derive(Clone, Debug)]
pub struct Record {
    pub leased: Leased,
    pub state: DeliveryState,
    /// How often the request that comes next has failed.
    pub tries: i16,
    /// When it is due again, where it stays open.
    pub due_at: DateTime<Utc>,
    pub part: i16,
    pub act: ActSoFar,
    pub how: Option<How>,
    pub reach: Reach,
    /// `None` where there was no attempt and the delivery goes on: then the last attempt's outcome stays.
    pub outcome: Option<EndedAs>,
    pub code: Option<String>,
    /// The platform's own words, if it refused, sealed under the case's key.
    pub answer_sealed: Option<Vec<u8>>,
    /// The platform's reference to what was just said.
    pub message_ref: Option<String>,
    /// When the attempt ended.
    pub at: DateTime<Utc>,
    pub took_ms: i32,
    /// The lane's latest requests, with this one at the time when it ended.
    pub sends: Vec<DateTime<Utc>>,
    /// The lane rests until then.
    pub lane_open_at: DateTime<Utc>,
    /// The platform wants to hear nothing more from it before then.
    pub asked_until: DateTime<Utc>,
    pub health: Health,
    /// The bot it shares rests until then, because its platform asked for that.
    pub bot_open_at: Option<DateTime<Utc>>,
    /// The address of a chat that was given a new id.
    pub moved: Option<Moved>,
    /// The whole group stops, with the reason its admin reads.
    pub disable: Option<WhyDisabled>,
    /// Its group has failed for so long that it stops, unless that was forgiven since the lease: then the
    /// delivery comes to this, and not to `state`.
    pub failing: Option<DeliveryState>,
    /// What was told in one message is told one by one from now on: the platform refuses the digest, or
    /// perhaps took it and would take one with other members for another message.
    pub apart: bool,
    /// The results of its companions: only the fields that concern the delivery count.
    pub along: Vec<Record>,
    /// Whether a request left. If none did, nothing is logged or counted as an attempt.
    pub attempted: bool,
    /// Whether anybody answered it.
    pub answered: bool,
}

impl Record {
    /// Whether it delivered everything there is to say: then the delivery itself tells all about the attempt,
    /// and no row is written for that.
    fn is_success(&self) -> bool {
        self.state == DeliveryState::Delivered && self.outcome == Some(EndedAs::Delivered)
    }

    /// When its group heard something within the last hour. A message counts when its first part arrives, or
    /// perhaps arrives for the first time: what follows belongs to it. What goes regardless of the cap does
    /// not count, and a digest counts once.
    fn heard(&self) -> Vec<DateTime<Utc>> {
        let begins = self.leased.part == 0 && self.leased.is_rationed && self.leased.says_new();
        let perhaps = self.outcome == Some(EndedAs::Unknown) && !mutation::on(Mutation::CapByProof);
        let is_heard = begins && (self.outcome == Some(EndedAs::Delivered) || perhaps);
        let at = if mutation::on(Mutation::CapByPlan) { self.leased.said_at } else { self.at };
        wishes::heard(&self.leased.heard, is_heard.then_some(at), self.at)
    }
}

/// Records results, each only where its lease still holds; returns how many did.
pub fn record(conn: &mut Conn, records: &[Record]) -> StoreResult<usize> {
    // Whoever ends a notice locks its open deliveries. `hold` keeps that apart from this, so that neither
    // waits for rows of the other.
    let said = records.iter().flat_map(|record| record.leased.said().map(Id));
    super::broadcasts::hold(conn, &said.collect())?;
    let held = release(conn, records)?;
    let (mut ours, mut late, mut to_log) = (Vec::with_capacity(records.len()), Vec::new(), Vec::new());
    for (record, held) in records.iter().zip(held) {
        if held {
            to_log.extend((record.attempted && !record.is_success()).then_some(record));
            ours.push(record);
        } else {
            late.push(record);
        }
    }
    for record in unknown::unknown(conn, late)? {
        tracing::warn!(delivery = record.leased.delivery, "a result came after its lease had passed on");
        to_log.extend(record.attempted.then_some(record));
    }
    let failing = failing(conn, &ours)?;
    write_results(conn, &ours, &failing)?;
    left_alone::hear_again(conn, &ours)?;
    forget_endings(conn, &ours)?;
    let closed = ours.iter().filter(|record| record.lane_open_at > record.at);
    super::lanes::put_off(conn, closed.map(|record| (Id(record.leased.group), record.lane_open_at)))?;
    for record in &ours {
        if let Some(moved) = &record.moved
            && !follow(conn, &record.leased, moved)?
        {
            let lost = record.outcome == Some(EndedAs::Moved);
            tracing::warn!(group = %record.leased.group, lost, "its chat belongs to another group");
            if lost {
                disable(conn, record.leased.group, WhyDisabled::Gone)?;
            }
        }
        let fails = failing.contains(&Id(record.leased.group)).then_some(WhyDisabled::Failing);
        if let Some(reason) = fails.or(record.disable) {
            disable(conn, record.leased.group, reason)?;
        }
    }
    bots::record(conn, &bots::used_by(&ours))?;
    log(conn, &to_log)?;
    Ok(ours.len())
}

/// Gives the lanes back; returns for each whether it was still leased to us. Its fencing number alone would
/// not tell that it was given back already.
fn release(conn: &mut Conn, records: &[Record]) -> StoreResult<Vec<bool>> {
    struct Release;
    let after = "WHERE lanes.group_id = rows.group_id AND lanes.fence = rows.fence AND lanes.leased_until > rows.free";
    let unfenced = "WHERE lanes.group_id = rows.group_id";
    let release = Change {
        before: "UPDATE lanes SET leased_until = rows.free, recent = rows.recent, open_at = rows.open_at, \
             heard = rows.heard, asked_until = CASE WHEN asked_until < rows.asked THEN rows.asked ELSE asked_until END, \
             failures = CASE rows.health WHEN 'well' THEN 0 WHEN 'failing' THEN failures + 1 \
               WHEN 'failing_anew' THEN 1 WHEN 'unheard' THEN failures + 1 ELSE failures END, \
             missed_at = CASE rows.health WHEN 'well' THEN NULL ELSE missed_at END, \
             failing_since = CASE rows.health WHEN 'well' THEN NULL \
               WHEN 'failing' THEN COALESCE(failing_since, rows.at) WHEN 'failing_anew' THEN rows.at \
               WHEN 'unheard' THEN NULL ELSE failing_since END",
        columns: &[
            ("group_id", Holds::Id),
            ("fence", Holds::Int),
            ("recent", Holds::Bytes),
            ("open_at", Holds::Time),
            ("health", Holds::Text),
            ("at", Holds::Time),
            ("free", Holds::Time),
            ("asked", Holds::Time),
            ("heard", Holds::Bytes),
        ],
        after: if mutation::on(Mutation::ForgetFence) { unfenced } else { after },
    };
    let row = |r: &Record| {
        vec![
            r.leased.group.into(),
            r.leased.fence.into(),
            super::lanes::encode_times(if mutation::on(Mutation::ForgetRecent) { &[] } else { &r.sends })
                .into(),
            r.lane_open_at.into(),
            r.health.as_str().into(),
            r.at.into(),
            DateTime::UNIX_EPOCH.into(),
            r.asked_until.into(),
            super::lanes::encode_times(&r.heard()).into(),
        ]
    };
    release.make_and_tell::<Release>(conn, records.iter().map(row).collect())
}

/// The groups that have failed for too long by the lanes that we hold, too: an admin who let one hear again
/// meanwhile has forgiven it what the lease went by.
fn failing(conn: &mut Conn, records: &[&Record]) -> StoreResult<HashSet<Id>> {
    let since = records.iter().filter(|record| record.failing.is_some());
    let since: HashMap<Id, _> = since.map(|r| (Id(r.leased.group), r.leased.failing_since)).collect();
    if since.is_empty() {
        return Ok(HashSet::new());
    }
    let lanes: Vec<(Id, Option<Time>)> = both!(conn, c => lanes::table
        .filter(lanes::group_id.eq_any(since.keys()))
        .select((lanes::group_id, lanes::failing_since))
        .load(c))?;
    let fails = |(group, now): &(Id, Option<Time>)| now.is_some_and(|now| Some(now.0) <= since[group]);
    Ok(lanes.into_iter().filter(fails).map(|(group, _)| group).collect())
}

/// Writes the results of deliveries. What was cancelled while it was in flight stays cancelled, unless it
/// arrived.
fn write_results(conn: &mut Conn, records: &[&Record], failing: &HashSet<Id>) -> StoreResult<()> {
    struct Results;
    let results = Change {
        before: "UPDATE deliveries SET \
             state = CASE WHEN rows.state = 'delivered' OR deliveries.state = 'open' THEN rows.state \
               WHEN deliveries.state = 'cancelled' AND rows.reach = 2 THEN 'delivered' ELSE deliveries.state END, \
             queued = (rows.state = 'open' AND deliveries.state = 'open'), \
             due_at = CASE rows.state WHEN 'delivered' THEN deliveries.due_at ELSE rows.due_at END, \
             part = rows.part, act = rows.act, how = rows.how, reach = rows.reach, \
             last_outcome = COALESCE(rows.outcome, deliveries.last_outcome), \
             last_code = CASE WHEN rows.outcome IS NULL THEN deliveries.last_code ELSE rows.code END, \
             attempts = rows.attempts, \
             proved = CASE rows.outcome WHEN 'delivered' THEN rows.attempts ELSE proved END, \
             message_ref = CASE WHEN rows.message_ref IS NULL THEN deliveries.message_ref \
               WHEN deliveries.message_ref IS NULL THEN rows.message_ref \
               ELSE deliveries.message_ref || '\n' || rows.message_ref END, \
             delivered_at = COALESCE(rows.delivered_at, deliveries.delivered_at), \
             digest = (digest AND rows.apart = 0), tries = rows.tries, took_ms = rows.took_ms",
        columns: &[
            ("id", Holds::Int),
            ("state", Holds::Text),
            ("due_at", Holds::Time),
            ("part", Holds::Int),
            ("act", Holds::Int),
            ("how", Holds::Text),
            ("reach", Holds::Int),
            ("outcome", Holds::Text),
            ("code", Holds::Text),
            ("message_ref", Holds::Text),
            ("delivered_at", Holds::Time),
            ("attempts", Holds::Int),
            ("apart", Holds::Int),
            ("tries", Holds::Int),
            ("took_ms", Holds::Int),
        ],
        after: "WHERE deliveries.id = rows.id",
    };
    let told: Vec<&Record> =
        if mutation::on(Mutation::ForgetCompanions) { records.to_vec() } else { all_told(records).collect() };
    results.make::<Results>(conn, told.into_iter().map(|r| result_of(r, failing)).collect())
}

/// One row of [`write_results`].
fn result_of<'a>(r: &'a Record, failing: &HashSet<Id>) -> Vec<Value<'a>> {
    let given_up = r.failing.filter(|_| failing.contains(&Id(r.leased.group)));
    let state = given_up.unwrap_or(r.state);
    // Words have arrived at their time, whatever becomes of their picture.
    let arrived = r.outcome == Some(EndedAs::Delivered) && r.reach == Reach::Yes;
    let delivered = r.attempted && (arrived || state == DeliveryState::Delivered);
    vec![
        r.leased.delivery.into(),
        state.as_str().into(),
        r.due_at.into(),
        r.part.into(),
        stored_act(r.act).into(),
        r.how.map(How::as_str).into(),
        (r.reach as i16).into(),
        r.outcome.map(EndedAs::as_str).into(),
        r.code.as_deref().into(),
        r.message_ref.as_deref().into(),
        delivered.then_some(r.at).into(),
        (r.leased.attempts - i32::from(!r.attempted)).into(),
        i64::from(r.apart).into(),
        r.tries.into(),
        Value::Int(r.is_success().then_some(r.took_ms.into())),
    ]
}

/// The results, each followed by those of its companions.
fn all_told<'a>(records: &[&'a Record]) -> impl Iterator<Item = &'a Record> {
    records.iter().flat_map(|record| [*record].into_iter().chain(&record.along))
}

fn log(conn: &mut Conn, records: &[&Record]) -> StoreResult<()> {
    struct Log;
    let log = Change {
        before: "INSERT INTO attempts (delivery_id, group_id, at, part, outcome, code, took_ms, answer_sealed) \
             SELECT rows.delivery_id, rows.group_id, rows.at, rows.part, rows.outcome, rows.code, \
               rows.took_ms, rows.answer_sealed",
        columns: &[
            ("delivery_id", Holds::Int),
            ("group_id", Holds::Id),
            ("at", Holds::Time),
            ("part", Holds::Int),
            ("outcome", Holds::Text),
            ("code", Holds::Text),
            ("took_ms", Holds::Int),
            ("answer_sealed", Holds::Bytes),
        ],
        after: "",
    };
    let rows = all_told(records).map(|r| {
        vec![
            r.leased.delivery.into(),
            r.leased.group.into(),
            r.at.into(),
            r.leased.part.into(),
            r.outcome.map(EndedAs::as_str).into(),
            r.code.as_deref().into(),
            r.took_ms.into(),
            r.answer_sealed.clone().into(),
        ]
    });
    log.make::<Log>(conn, rows.collect())
}

/// Writes down the new address of a group's chat, unless the group has other credentials by now; `false`
/// where another group has that chat already.
fn follow(conn: &mut Conn, leased: &Leased, moved: &Moved) -> StoreResult<bool> {
    let enter = |conn: &mut Conn| {
        let group = groups::table.find(Id(leased.group));
        both!(conn, c => diesel::update(group.filter(groups::credentials_sealed.eq(&leased.credentials_sealed)))
            .set((
                groups::credentials_sealed.eq(&moved.credentials_sealed),
                groups::address_hash.eq(&moved.address_hash),
            ))
            .execute(c))?;
        super::groups::count_change(conn, Id(leased.group))
    };
    if mutation::on(Mutation::BreakOnMoved) {
        return enter(conn).map(|()| true);
    }
    // In a savepoint: a refusal for one group must not cost the others their results.
    super::groups::unless_connected(conn.transaction(enter))
}

fn disable(conn: &mut Conn, group: Uuid, why: WhyDisabled) -> StoreResult<()> {
    both!(conn, c => diesel::update(groups::table.find(Id(group)))
        .set((groups::state.eq(GroupState::Disabled), groups::reason.eq(why)))
        .execute(c))?;
    super::groups::count_change(conn, Id(group))
}

/// A group that certainly did not receive a notice which has ended meanwhile need not be told of the end.
fn forget_endings(conn: &mut Conn, records: &[&Record]) -> StoreResult<()> {
    struct Forget;
    if mutation::on(Mutation::KeepEnding) {
        return Ok(());
    }
    let missed: Vec<(Uuid, Uuid)> = all_told(records)
        .filter(|r| r.reach == Reach::No && !r.leased.purpose.ends())
        .map(|r| (r.leased.group, r.leased.broadcast))
        .collect();
    let said: HashSet<Id> = missed.iter().map(|(_, broadcast)| Id(*broadcast)).collect();
    if said.is_empty() {
        return Ok(());
    }
    let endings = diesel::alias!(broadcasts as endings);
    let ended: Vec<Id> = both!(conn, c => broadcasts::table
        .inner_join(endings.on(endings.field(broadcasts::notice_id).eq(broadcasts::notice_id)))
        .filter(broadcasts::id.eq_any(said))
        .filter(endings.field(broadcasts::purpose).eq_any([Purpose::Closing, Purpose::Correction]))
        .select(broadcasts::id)
        .load(c))?;
    let missed = missed.into_iter().filter(|(_, broadcast)| ended.contains(&Id(*broadcast)));
    // CROSS, as in `standing`.
    let forget = Change {
        before: "UPDATE deliveries SET state = 'cancelled', queued = FALSE",
        columns: &[("group_id", Holds::Id), ("broadcast_id", Holds::Id)],
        after: "WHERE deliveries.group_id = rows.group_id AND deliveries.state = 'open' \
             AND deliveries.broadcast_id IN (SELECT e.id FROM broadcasts e JOIN broadcasts b ON b.notice_id = e.notice_id \
               WHERE b.id = rows.broadcast_id AND e.purpose IN ('closing', 'correction')) \
             AND NOT EXISTS (SELECT 1 FROM broadcasts me CROSS JOIN broadcasts ob CROSS JOIN deliveries o \
               WHERE me.id = rows.broadcast_id AND ob.notice_id = me.notice_id AND ob.purpose IN ('alert', 'update') \
                 AND o.broadcast_id = ob.id AND o.group_id = rows.group_id AND o.reach > 0)",
    };
    forget
        .make::<Forget>(conn, missed.map(|(group, broadcast)| vec![group.into(), broadcast.into()]).collect())
}
