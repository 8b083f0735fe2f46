//! Results: what became of the deliveries that were leased, written only where the lease still holds.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Value, json};
use uuid::Uuid;

use super::leasing::Leased;
use super::mutation::{self, Mutation};
use super::rows::{Holds, bytes, from_array, id, time};
use super::schema::{broadcasts, groups};
use super::types::sql::Uid;
use super::types::{Id, Named};
use super::{Answer, Conn, both};
use crate::domain::delivery::{DeliveryState, How, Purpose};
use crate::domain::group::GroupState;

/// What an attempt tells of its lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// Something arrived.
    Well = 0,
    /// Nothing arrived, and not because of the message.
    Failing = 1,
    /// Nothing new.
    Unchanged = 2,
}

/// A group's way into its chat, sealed anew.
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
    /// When it is due again, where it stays open.
    pub due_at: DateTime<Utc>,
    pub part: i16,
    pub act: i16,
    pub how: Option<How>,
    /// 0 no, 1 maybe, 2 yes.
    pub reach: i16,
    pub outcome: &'static str,
    pub code: Option<String>,
    /// The platform's own words, sealed under the case's key, where it refused.
    pub answer_sealed: Option<Vec<u8>>,
    /// Where the part that was just said stands in the chat.
    pub message_ref: Option<String>,
    /// When the attempt ended.
    pub at: DateTime<Utc>,
    pub took_ms: i32,
    /// The lane's latest requests, this one by when it ended.
    pub sends: Vec<DateTime<Utc>>,
    /// The lane rests until then.
    pub lane_open_at: DateTime<Utc>,
    pub health: Health,
    /// The token it shares rests until then.
    pub bot_open_at: Option<DateTime<Utc>>,
    /// The way into a chat that has a new id.
    pub moved: Option<Moved>,
    /// The whole group stops, with the reason its admin reads.
    pub disable: Option<&'static str>,
    /// An attempt that never left is not in the log and does not count.
    pub attempted: bool,
}

/// Writes results, each only where its lease still holds; answers how many did.
///
/// # Errors
/// When the database refuses.
pub fn record(conn: &mut Conn, records: &[Record]) -> Answer<usize> {
    let ours = release(conn, records)?;
    let (ours, late): (Vec<&Record>, Vec<&Record>) = records.iter().partition(|r| {
        ours.contains(&(r.leased.group, r.leased.fence)) || mutation::on(Mutation::ForgetFence)
    });
    for record in late {
        tracing::warn!(delivery = record.leased.delivery, "a result came after its lease had passed on");
    }
    write_results(conn, &ours)?;
    forget_endings(conn, &ours)?;
    for record in &ours {
        if record.lane_open_at > record.at {
            super::lanes::put_off(conn, Id(record.leased.group), record.lane_open_at)?;
        }
        if let Some(moved) = &record.moved
            && !follow(conn, record.leased.group, moved)?
        {
            disable(conn, record.leased.group, "gone")?;
        }
        if let Some(reason) = record.disable {
            disable(conn, record.leased.group, reason)?;
        }
        if let (Some(bot), Some(open_at)) = (&record.leased.bot, record.bot_open_at) {
            rest_bot(conn, bot, open_at)?;
        }
    }
    log(conn, records)?;
    Ok(ours.len())
}

/// Gives the lanes back; answers which were still leased to us.
fn release(conn: &mut Conn, records: &[Record]) -> Answer<HashSet<(Uuid, i64)>> {
    #[derive(QueryableByName)]
    struct Ours {
        #[diesel(sql_type = Uid)]
        group_id: Id,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        fence: i64,
    }
    let rows = from_array(
        conn,
        &[
            ("group_id", Holds::Uid),
            ("fence", Holds::Int),
            ("recent", Holds::Bytes),
            ("open_at", Holds::Ts),
            ("health", Holds::Int),
            ("at", Holds::Ts),
            ("free", Holds::Ts),
        ],
    );
    let fenced = if mutation::on(Mutation::ForgetFence) { "" } else { "AND lanes.fence = rows.fence" };
    let sql = format!(
        "UPDATE lanes SET leased_until = rows.free, recent = rows.recent, open_at = rows.open_at, \
           failures = CASE rows.health WHEN 0 THEN 0 WHEN 1 THEN failures + 1 ELSE failures END, \
           failing_since = CASE rows.health WHEN 0 THEN NULL \
             WHEN 1 THEN COALESCE(failing_since, rows.at) ELSE failing_since END \
         FROM {rows} WHERE lanes.group_id = rows.group_id {fenced} \
         RETURNING lanes.group_id, lanes.fence"
    );
    let row = |r: &Record| {
        json!([
            id(r.leased.group),
            r.leased.fence,
            bytes(&super::lanes::written(if mutation::on(Mutation::ForgetRecent) { &[] } else { &r.sends })),
            time(r.lane_open_at),
            r.health as i16,
            time(r.at),
            time(DateTime::UNIX_EPOCH),
        ])
    };
    let lanes = array(records.iter().map(row))?;
    let ours: Vec<Ours> = both!(conn, c => diesel::sql_query(&sql).bind::<Text, _>(&lanes).load(c))?;
    Ok(ours.into_iter().map(|one| (one.group_id.0, one.fence)).collect())
}

/// What was cancelled while it was in flight stays cancelled, unless it arrived.
fn write_results(conn: &mut Conn, records: &[&Record]) -> Answer<()> {
    let rows = from_array(
        conn,
        &[
            ("id", Holds::Int),
            ("state", Holds::Text),
            ("due_at", Holds::Ts),
            ("part", Holds::Int),
            ("act", Holds::Int),
            ("how", Holds::Text),
            ("reach", Holds::Int),
            ("outcome", Holds::Text),
            ("code", Holds::Text),
            ("message_ref", Holds::Text),
            ("delivered_at", Holds::Ts),
            ("attempts", Holds::Int),
        ],
    );
    let sql = format!(
        "UPDATE deliveries SET \
           state = CASE WHEN rows.state = 'delivered' OR deliveries.state = 'open' THEN rows.state \
             ELSE deliveries.state END, \
           due_at = rows.due_at, part = rows.part, act = rows.act, how = rows.how, reach = rows.reach, \
           last_outcome = rows.outcome, last_code = rows.code, attempts = rows.attempts, \
           message_ref = CASE WHEN rows.message_ref IS NULL THEN deliveries.message_ref \
             WHEN deliveries.message_ref IS NULL THEN rows.message_ref \
             ELSE deliveries.message_ref || '\n' || rows.message_ref END, \
           delivered_at = COALESCE(rows.delivered_at, deliveries.delivered_at) \
         FROM {rows} WHERE deliveries.id = rows.id"
    );
    let row = |r: &&Record| {
        let delivered = r.state == DeliveryState::Delivered;
        json!([
            r.leased.delivery,
            r.state.as_str(),
            time(r.due_at),
            r.part,
            r.act,
            r.how.map(How::as_str),
            r.reach,
            r.outcome,
            r.code,
            r.message_ref,
            delivered.then(|| time(r.at)),
            r.leased.attempts - i32::from(!r.attempted),
        ])
    };
    let results = array(records.iter().map(row))?;
    both!(conn, c => diesel::sql_query(&sql).bind::<Text, _>(&results).execute(c))?;
    Ok(())
}

fn log(conn: &mut Conn, records: &[Record]) -> Answer<()> {
    let rows = from_array(
        conn,
        &[
            ("delivery_id", Holds::Int),
            ("group_id", Holds::Uid),
            ("at", Holds::Ts),
            ("part", Holds::Int),
            ("outcome", Holds::Text),
            ("code", Holds::Text),
            ("took_ms", Holds::Int),
            ("answer_sealed", Holds::Bytes),
        ],
    );
    let sql = format!(
        "INSERT INTO attempts (delivery_id, group_id, at, part, outcome, code, took_ms, answer_sealed) \
         SELECT delivery_id, group_id, at, part, outcome, code, took_ms, answer_sealed FROM {rows}"
    );
    let row = |r: &Record| {
        json!([
            r.leased.delivery,
            id(r.leased.group),
            time(r.at),
            r.leased.part,
            r.outcome,
            r.code,
            r.took_ms,
            r.answer_sealed.as_deref().map(bytes),
        ])
    };
    let attempts = array(records.iter().filter(|r| r.attempted).map(row))?;
    both!(conn, c => diesel::sql_query(&sql).bind::<Text, _>(&attempts).execute(c))?;
    Ok(())
}

fn array(rows: impl Iterator<Item = Value>) -> Answer<String> {
    Ok(serde_json::to_string(&rows.collect::<Vec<_>>())?)
}

/// Lets a group follow its chat; `false` where that chat is another group's already.
fn follow(conn: &mut Conn, group: Uuid, moved: &Moved) -> Answer<bool> {
    let enter = |conn: &mut Conn| {
        both!(conn, c => diesel::update(groups::table.find(Id(group)))
            .set((
                groups::credentials_sealed.eq(&moved.credentials_sealed),
                groups::address_hash.eq(&moved.address_hash),
            ))
            .execute(c))?;
        Ok(())
    };
    if mutation::on(Mutation::BreakOnMoved) {
        return enter(conn).map(|()| true);
    }
    // In a savepoint: what is refused to one group must not cost the results of the others.
    super::groups::unless_connected(conn.transaction(enter))
}

fn disable(conn: &mut Conn, group: Uuid, reason: &str) -> Answer<()> {
    both!(conn, c => diesel::update(groups::table.find(Id(group)))
        .set((groups::state.eq(Named(GroupState::Disabled)), groups::reason.eq(Some(reason))))
        .execute(c))?;
    Ok(())
}

fn rest_bot(conn: &mut Conn, bot: &str, open_at: DateTime<Utc>) -> Answer<()> {
    use super::schema::bots;
    let open_at = super::types::Time(open_at);
    both!(conn, c => diesel::update(bots::table.find(bot).filter(bots::open_at.lt(open_at)))
        .set(bots::open_at.eq(open_at))
        .execute(c))?;
    Ok(())
}

/// A group that certainly did not receive a notice that meanwhile ended has nothing to be told.
fn forget_endings(conn: &mut Conn, records: &[&Record]) -> Answer<()> {
    if mutation::on(Mutation::KeepEnding) {
        return Ok(());
    }
    let missed: Vec<&&Record> = records.iter().filter(|r| r.reach == 0 && !r.leased.purpose.ends()).collect();
    let said: HashSet<Id> = missed.iter().map(|r| Id(r.leased.broadcast)).collect();
    if said.is_empty() {
        return Ok(());
    }
    let endings = diesel::alias!(broadcasts as endings);
    let ended: Vec<Id> = both!(conn, c => broadcasts::table
        .inner_join(endings.on(endings.field(broadcasts::notice_id).eq(broadcasts::notice_id)))
        .filter(broadcasts::id.eq_any(said))
        .filter(endings.field(broadcasts::purpose).eq_any([Purpose::Closing, Purpose::Correction].map(Named)))
        .select(broadcasts::id)
        .load(c))?;
    for record in missed.into_iter().filter(|r| ended.contains(&Id(r.leased.broadcast))) {
        forget_ending(conn, &record.leased)?;
    }
    Ok(())
}

fn forget_ending(conn: &mut Conn, leased: &Leased) -> Answer<()> {
    both!(conn, c => diesel::sql_query(
        "UPDATE deliveries SET state = 'cancelled' WHERE group_id = $1 AND state = 'open' AND broadcast_id IN ( \
           SELECT e.id FROM broadcasts e JOIN broadcasts b ON b.notice_id = e.notice_id \
           WHERE b.id = $2 AND e.purpose IN ('closing', 'correction')) \
         AND NOT EXISTS (SELECT 1 FROM deliveries o JOIN broadcasts ob ON ob.id = o.broadcast_id \
           JOIN broadcasts me ON me.notice_id = ob.notice_id \
           WHERE me.id = $2 AND o.group_id = $1 AND o.reach > 0 AND ob.purpose IN ('alert', 'update'))",
    )
    .bind::<Uid, _>(Id(leased.group))
    .bind::<Uid, _>(Id(leased.broadcast))
    .execute(c))?;
    Ok(())
}
