//! How a broadcast grows into deliveries: a cursor moves over its audience, one slice in each transaction. A
//! slice costs the same wherever the cursor stands, however many groups there are. Those of its deliveries
//! that can go now are leased in the same transaction, so that nothing is written only to be read again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Nullable;
use uuid::Uuid;

use super::bots;
use super::broadcasts::{self, Broadcast};
use super::due::{Delivery, Due, LISTENER, Listener, ListenerRow, Said, free};
use super::leasing::{Decided, Decision, PutOff, Terms, decide};
use super::mutation::{self, Mutation};
use super::notices::{self, Notice};
use super::rows::{Change, Holds};
use super::slices;
use super::statement::{Statement, Value};
use super::types::Id;
use super::types::sql::Uid;
use super::{Conn, StoreError, StoreResult, both};
use crate::domain::delivery::Priority;
use crate::domain::group::Kinds;
use crate::domain::notice::Kind;
use crate::domain::region::Region;
use crate::domain::saying::MayBeSaid;

/// Who a broadcast is for.
#[derive(Clone, Copy, Debug)]
pub enum Audience {
    /// Groups that want this kind and this region or one that contains it. A group that hears nothing at the
    /// moment, because it is paused, fails or has a new robot, hears it afterwards if it is still true then.
    Subscribers { kind: Kind, region: Region },
    /// Exactly the groups that received this notice, or may have.
    Recipients,
}

/// Who a broadcast is for, and how many of those groups are looked at next.
pub type Audiences<'a> = &'a dyn Fn(&Broadcast, &Notice) -> StoreResult<(Vec<Audience>, usize)>;

/// A delivery to be written down.
struct New {
    group: Id,
    due_at: DateTime<Utc>,
    digest: bool,
    leased: bool,
}

/// Plans the next deliveries of one unfinished broadcast of that priority, as far as there is room, and
/// leases those that can go now; returns whether more can be planned at once. A broadcast that stopped at a
/// busy host goes on when a request there has ended: recording its result leads to the next lease.
pub(super) fn grow(
    conn: &mut Conn,
    priority: Priority,
    terms: &mut Terms<'_>,
    decided: &mut Decided,
) -> StoreResult<bool> {
    let Some(mut broadcast) = broadcasts::next_unexpanded(conn, priority, terms.now)? else {
        decided.stopped = true;
        return Ok(false);
    };
    if broadcast.cursor.is_none() {
        (terms.begins)(broadcast.id.0);
    }
    let notice = notices::by_id(conn, broadcast.notice_id.0)?
        .ok_or_else(|| StoreError::Corrupt("a broadcast without its notice".to_owned()))?;
    let room = terms.limit.saturating_sub(decided.taken.len());
    let (listeners, end) = match slice(conn, &broadcast, &notice, room, terms) {
        // What nobody can read must not keep everything else from going out.
        Err(error @ StoreError::Corrupt(_)) => {
            tracing::error!(broadcast = %broadcast.id.0, %error, "a broadcast cannot be planned");
            broadcast.expanded = true;
            both!(conn, c => diesel::update(&broadcast).set(&broadcast).execute(c))?;
            return Ok(true);
        }
        found => found?,
    };
    let said = Said::of(&broadcast, &notice);
    bots::load(conn, listeners.iter().filter_map(|one| one.bot.as_deref()), terms.now, &mut decided.bots)?;
    let before = decided.taken.len();
    let (new, stopped) = plan(listeners, &broadcast, &said, priority, terms, decided);
    let ids = write_down(conn, &broadcast, &new)?;
    let mut leased = Vec::with_capacity(new.len());
    for taken in &mut decided.taken[before..] {
        taken.leased.delivery = *ids.get(&Id(taken.leased.group)).ok_or(diesel::result::Error::NotFound)?;
        leased.push(taken.leased.delivery);
    }
    slices::add(conn, &leased, terms.until)?;
    broadcast.planned += i32::try_from(new.len()).unwrap_or(i32::MAX);
    broadcast.slices += 1;
    broadcast.cursor =
        if stopped { new.last().map(|last| last.group).or(broadcast.cursor) } else { Some(end) };
    broadcast.expanded = (!stopped && end.0 == Uuid::max())
        || said.may_be_said(terms.now) == MayBeSaid::NoMore
        || mutation::on(Mutation::StopGrowing);
    if !new.is_empty() || !stopped || broadcast.expanded {
        both!(conn, c => diesel::update(&broadcast).set(&broadcast).execute(c))?;
    }
    Ok(!stopped)
}

/// What becomes of each of these groups, up to the first that gets no delivery for now; and whether there was
/// such a group.
fn plan(
    listeners: Vec<Listener>,
    broadcast: &Broadcast,
    said: &Said,
    priority: Priority,
    terms: &mut Terms<'_>,
    decided: &mut Decided,
) -> (Vec<New>, bool) {
    let mut new = Vec::with_capacity(listeners.len());
    for listener in listeners {
        let group = listener.group_id;
        let due = Due { delivery: Delivery::new(broadcast.id), listener };
        let (due_at, digest, leased) = match decide(due, said, priority, terms, decided) {
            Decision::Goes => (terms.until, false, true),
            Decision::Waits => (terms.now, false, false),
            Decision::PutOff(PutOff { until, digest }) => (until, digest, false),
            // A group without a delivery is planned when the host can take it.
            Decision::Busy => {
                decided.stopped = true;
                return (new, true);
            }
            // What is over is never planned.
            Decision::Over => return (new, true),
        };
        new.push(New { group, due_at, digest, leased });
    }
    (new, false)
}

/// The next groups that are to hear it, in the order of their ids, and where the slice ends.
fn slice(
    conn: &mut Conn,
    broadcast: &Broadcast,
    notice: &Notice,
    room: usize,
    terms: &Terms<'_>,
) -> StoreResult<(Vec<Listener>, Id)> {
    let (audiences, size) = (terms.audiences)(broadcast, notice)?;
    let size = size.min(room).max(1);
    let cursor = broadcast.cursor.unwrap_or(Id(Uuid::nil()));
    let mut end = Id(Uuid::max());
    for audience in &audiences {
        end = end.min(slice_end(conn, broadcast, audience, cursor, size as i64)?);
    }
    let mut found = Vec::new();
    for audience in &audiences {
        let slice = Slice { after: cursor, last: end };
        found.extend(listeners(conn, broadcast, audience, slice, terms.now)?);
    }
    if audiences.len() > 1 {
        found.sort_by_key(|listener: &Listener| listener.group_id);
        found.dedup_by_key(|listener| listener.group_id);
    }
    // As many may be in each of several regions, or have heard each of several broadcasts.
    if found.len() > size {
        found.truncate(size);
        end = found[size - 1].group_id;
    }
    Ok((found, end))
}

/// Groups by their ids: from beyond the first of these to the other, which is among them.
#[derive(Clone, Copy)]
struct Slice {
    after: Id,
    last: Id,
}

/// The groups of the audience in that slice that have no delivery of this broadcast yet. Each comes with its
/// lane, locked, unless another node uses that.
fn listeners(
    conn: &mut Conn,
    broadcast: &Broadcast,
    audience: &Audience,
    slice: Slice,
    now: DateTime<Utc>,
) -> StoreResult<Vec<Listener>> {
    struct Subscribers;
    struct Recipients;
    // The slice must be read first, never the groups: CROSS tells SQLite so. A lane that another node has
    // locked is skipped, not waited for; so is one whose group was changed before we locked it and after we
    // read the group.
    let (leads, lane, has_lane) = match conn {
        Conn::Pg(_) => (
            "JOIN",
            "LEFT JOIN LATERAL (SELECT * FROM lanes WHERE lanes.group_id = g.id AND lanes.leased_until",
            "FOR UPDATE SKIP LOCKED) l ON l.generation = g.generation",
        ),
        Conn::Sqlite(_) => ("CROSS JOIN", "LEFT JOIN lanes l ON l.group_id = g.id AND l.leased_until", ""),
    };
    let free = free();
    // A scalar subquery for each group: PostgreSQL would turn a NOT EXISTS into one pass over everything that
    // the broadcast has planned.
    const NEW: &str =
        "(SELECT n.id FROM deliveries n WHERE n.group_id = g.id AND n.broadcast_id = ?) IS NULL";
    let now = [Value::from(now)];
    let ids = [Value::Id(slice.after), Value::Id(slice.last)];
    let new = [Value::Id(broadcast.id)];
    Ok(match audience {
        Audience::Subscribers { kind, region } => {
            // A group that has proved control before, and has to again, is told once it has.
            let sql = format!(
                "SELECT {LISTENER} FROM (SELECT DISTINCT group_id FROM group_regions \
                   WHERE region IN (?, ?, ?) AND group_id > ? AND group_id <= ?) s \
                 {leads} groups g ON g.id = s.group_id {lane} {free} ? {has_lane} \
                 WHERE (g.state <> 'unverified' OR g.verified_at IS NOT NULL) AND {NEW} \
                   AND (g.kinds & ?) <> 0 ORDER BY g.id"
            );
            let regions = hears_of(*region);
            let kind = [Value::from(Kinds::from_iter([*kind]).bits())];
            let values = regions.iter().chain(&ids).chain(&now).chain(&new).chain(&kind);
            both!(conn, c => Statement::<Subscribers, ListenerRow>::new(&sql, values).load(c))?
        }
        Audience::Recipients => {
            let sql = format!(
                "SELECT {LISTENER} FROM (SELECT DISTINCT d.group_id \
                   FROM broadcasts b JOIN deliveries d ON d.broadcast_id = b.id \
                   WHERE b.purpose IN ('alert', 'update') AND b.notice_id = ? \
                     AND d.reach > 0 AND d.group_id > ? AND d.group_id <= ?) s \
                 {leads} groups g ON g.id = s.group_id {lane} {free} ? {has_lane} WHERE {NEW} ORDER BY g.id"
            );
            let notice = [Value::Id(broadcast.notice_id)];
            let values = notice.iter().chain(&ids).chain(&now).chain(&new);
            both!(conn, c => Statement::<Recipients, ListenerRow>::new(&sql, values).load(c))?
        }
    })
}

/// Inserts deliveries; returns the number of each by its group.
fn write_down(conn: &mut Conn, broadcast: &Broadcast, new: &[New]) -> StoreResult<HashMap<Id, i64>> {
    struct Plan;
    let plan = Change {
        before: "INSERT INTO deliveries \
             (broadcast_id, group_id, priority, state, queued, due_at, digest, attempts, part, reach) \
             SELECT rows.broadcast_id, rows.group_id, rows.priority, 'open', (rows.leased = 0), rows.due_at, \
               (rows.digest <> 0), rows.leased, 0, rows.reach",
        columns: &[
            ("broadcast_id", Holds::Id),
            ("group_id", Holds::Id),
            ("priority", Holds::Int),
            ("due_at", Holds::Time),
            ("digest", Holds::Int),
            ("leased", Holds::Int),
            ("reach", Holds::Int),
        ],
        after: "",
    };
    let rows = new.iter().map(|new| {
        // What is leased is about to be sent: its group is perhaps reached, as in `leasing::write`.
        let reach = new.leased && !broadcast.purpose.ends() && !mutation::on(Mutation::ForgetReach);
        vec![
            Value::Id(broadcast.id),
            Value::Id(new.group),
            broadcast.priority.into(),
            new.due_at.into(),
            i64::from(new.digest).into(),
            i64::from(new.leased).into(),
            i64::from(reach).into(),
        ]
    });
    plan.make_and_number::<Plan>(conn, rows.collect(), new.iter().map(|new| new.group))
}

/// The last group of the slice. In each region, or in each broadcast that was heard, it looks for the group
/// `size` places beyond the cursor, and takes the nearest of them; where none has so many, the slice is the
/// last.
fn slice_end(
    conn: &mut Conn,
    broadcast: &Broadcast,
    audience: &Audience,
    cursor: Id,
    size: i64,
) -> StoreResult<Id> {
    struct AmongSubscribers;
    struct AmongRecipients;
    let beyond = [Value::Id(cursor), Value::from(size - 1)];
    let ends: Vec<Option<Id>> = match audience {
        Audience::Subscribers { region, .. } => {
            let sql = "SELECT (SELECT r.group_id FROM group_regions r \
                 WHERE r.region = wanted.region AND r.group_id > ? ORDER BY r.group_id LIMIT 1 OFFSET ?) \
               FROM (SELECT ? AS region UNION SELECT ? UNION SELECT ?) AS wanted";
            let regions = hears_of(*region);
            let values = beyond.iter().chain(&regions);
            both!(conn, c => Statement::<AmongSubscribers, Nullable<Uid>>::new(sql, values).load(c))?
        }
        Audience::Recipients => {
            let sql = "SELECT (SELECT d.group_id FROM deliveries d \
                 WHERE d.broadcast_id = b.id AND d.group_id > ? ORDER BY d.group_id LIMIT 1 OFFSET ?) \
               FROM broadcasts b WHERE b.purpose IN ('alert', 'update') AND b.notice_id = ?";
            let notice = [Value::Id(broadcast.notice_id)];
            let values = beyond.iter().chain(&notice);
            both!(conn, c => Statement::<AmongRecipients, Nullable<Uid>>::new(sql, values).load(c))?
        }
    };
    Ok(ends.into_iter().flatten().min().unwrap_or(Id(Uuid::max())))
}

/// The regions whose groups hear of what happens in this one: itself, its city and its province; where there are
/// fewer, the last is repeated.
fn hears_of(region: Region) -> [Value<'static>; 3] {
    let regions: Vec<&str> = region.ancestors_and_self().map(|region| region.code()).collect();
    [0, 1, 2].map(|place| regions.get(place).or(regions.last()).copied().into())
}
