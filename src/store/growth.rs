//! How a broadcast grows into deliveries: a cursor over its audience, one slice a transaction. A slice
//! costs the same wherever it stands, among however many groups.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Nullable;
use uuid::Uuid;

use super::broadcasts::Broadcast;
use super::mutation::{self, Mutation};
use super::schema::broadcasts;
use super::statement::{Statement, Value};
use super::types::Id;
use super::types::sql::Uid;
use super::{Answer, Conn, both};
use crate::domain::group::Kinds;
use crate::domain::notice::Kind;

/// Who a broadcast is for.
#[derive(Clone, Debug)]
pub enum Audience {
    /// Active groups that want this kind and this region or one that contains it.
    Subscribers { kind: Kind, regions: Vec<String> },
    /// Exactly the groups that received this notice, or may have.
    Recipients,
}

/// Gives the next groups of the audiences their delivery, due at `due_at`: about `size` of them. Repeating it
/// is harmless, and so is belonging to two audiences: a group has one delivery of a broadcast.
///
/// Answers the broadcast as it then stands.
///
/// # Errors
/// When the database refuses.
pub fn expand(
    conn: &mut Conn,
    mut broadcast: Broadcast,
    audiences: &[Audience],
    size: i64,
    due_at: DateTime<Utc>,
) -> Answer<Broadcast> {
    let cursor = broadcast.cursor.unwrap_or(Id(Uuid::nil()));
    let mut last = Id(Uuid::max());
    for audience in audiences {
        last = last.min(slice_end(conn, &broadcast, audience, cursor, size)?);
    }
    for audience in audiences {
        let planned = give(conn, &broadcast, audience, (cursor, last), due_at)?;
        broadcast.planned += i32::try_from(planned).unwrap_or(i32::MAX);
    }
    broadcast.expanded = last.0 == Uuid::max() || mutation::on(Mutation::StopGrowing);
    broadcast.cursor = Some(last);
    both!(conn, c => diesel::update(broadcasts::table.find(broadcast.id)).set(&broadcast).execute(c))?;
    Ok(broadcast)
}

/// Gives the groups of the audience from beyond the cursor to the slice's last their delivery; answers how
/// many had none.
fn give(
    conn: &mut Conn,
    broadcast: &Broadcast,
    audience: &Audience,
    (cursor, last): (Id, Id),
    due_at: DateTime<Utc>,
) -> Answer<usize> {
    struct Subscribers;
    struct Recipients;
    // In a lane that rests it is due when the lane opens: nothing else would wake the worker then.
    let later = if matches!(conn, Conn::Pg(_)) { ", 'open', GREATEST(" } else { ", 'open', MAX(" };
    let head = [
        "INSERT INTO deliveries (broadcast_id, group_id, priority, state, due_at, attempts, part, reach) SELECT ",
        ", l.group_id, ",
        later,
    ];
    let delivery: [Value<'_>; 3] = [Value::Id(broadcast.id), broadcast.priority.into(), due_at.into()];
    let ids = [Value::Id(cursor), Value::Id(last)];
    Ok(match audience {
        Audience::Subscribers { kind, regions } => {
            let tail = [
                ", l.open_at), 0, 0, 0 FROM lanes l JOIN groups g ON g.id = l.group_id \
                 WHERE g.state = 'active' AND l.group_id IN (SELECT group_id FROM group_regions WHERE region IN (",
                ", ",
                ", ",
                ") AND group_id > ",
                " AND group_id <= ",
                ") AND (g.kinds & ",
                ") <> 0 ON CONFLICT (broadcast_id, group_id) DO NOTHING",
            ];
            let regions = three(regions);
            let kind = [Value::from(Kinds::from_iter([*kind]).bits())];
            let words: Vec<&str> = head.into_iter().chain(tail).collect();
            let values = delivery.iter().chain(&regions).chain(&ids).chain(&kind).collect();
            both!(conn, c => Statement::<Subscribers>::new(&words, values).execute(c))?
        }
        Audience::Recipients => {
            let tail = [
                ", l.open_at), 0, 0, 0 FROM lanes l WHERE l.group_id IN (SELECT d.group_id FROM broadcasts b \
                 JOIN deliveries d ON d.broadcast_id = b.id \
                 WHERE b.purpose IN ('alert', 'update') AND b.notice_id = ",
                " AND d.reach > 0 AND d.group_id > ",
                " AND d.group_id <= ",
                ") ON CONFLICT (broadcast_id, group_id) DO NOTHING",
            ];
            let notice = [Value::Id(broadcast.notice_id)];
            let words: Vec<&str> = head.into_iter().chain(tail).collect();
            let values = delivery.iter().chain(&notice).chain(&ids).collect();
            both!(conn, c => Statement::<Recipients>::new(&words, values).execute(c))?
        }
    })
}

/// The last group of the slice: of each region, or of each broadcast that was heard, the group `size` places
/// beyond the cursor; of those the nearest. Without any, the slice is the last.
fn slice_end(
    conn: &mut Conn,
    broadcast: &Broadcast,
    audience: &Audience,
    cursor: Id,
    size: i64,
) -> Answer<Id> {
    struct AmongSubscribers;
    struct AmongRecipients;
    let beyond = [Value::Id(cursor), Value::from(size - 1)];
    let ends: Vec<Option<Id>> = match audience {
        Audience::Subscribers { regions, .. } => {
            let words = [
                "SELECT (SELECT r.group_id FROM group_regions r WHERE r.region = wanted.region AND r.group_id > ",
                " ORDER BY r.group_id LIMIT 1 OFFSET ",
                ") FROM (SELECT ",
                " AS region UNION SELECT ",
                " UNION SELECT ",
                ") AS wanted",
            ];
            let regions = three(regions);
            let values = beyond.iter().chain(&regions).collect();
            both!(conn, c => Statement::<AmongSubscribers, Nullable<Uid>>::new(&words, values).load(c))?
        }
        Audience::Recipients => {
            let words = [
                "SELECT (SELECT d.group_id FROM deliveries d WHERE d.broadcast_id = b.id AND d.group_id > ",
                " ORDER BY d.group_id LIMIT 1 OFFSET ",
                ") FROM broadcasts b WHERE b.purpose IN ('alert', 'update') AND b.notice_id = ",
                "",
            ];
            let notice = [Value::Id(broadcast.notice_id)];
            let values = beyond.iter().chain(&notice).collect();
            both!(conn, c => Statement::<AmongRecipients, Nullable<Uid>>::new(&words, values).load(c))?
        }
    };
    Ok(ends.into_iter().flatten().min().unwrap_or(Id(Uuid::max())))
}

/// The region itself, its city and its province; fewer are repeated.
fn three(regions: &[String]) -> [Value<'_>; 3] {
    [0, 1, 2].map(|place| regions.get(place).or(regions.last()).map(String::as_str).into())
}
