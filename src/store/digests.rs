//! Digests: what a group was not told in its quiet hours and can wait is told in one message when they are
//! over, as far as it is still true.
//!
//! One of the deliveries that waited is leased like any other and takes the rest along: one request, from
//! which each delivery draws its own conclusion.
//!
//! Those that a round hour or a slow host has put off for up to two minutes more come along, too. If the platform
//! refuses the digest, its deliveries go out one by one. So they do after a doubtful answer where the same request
//! makes no second message: a digest with other members would be another request.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::due::MAY_BE_SAID_NOW;
use super::leasing::Leased;
use super::mutation::{self, Mutation};
use super::statement::{Column, Statement, Value};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Time, act_of};
use super::{Conn, StoreResult, wants};
use crate::domain::delivery::{ActSoFar, Purpose, Reach};
use crate::domain::notice::Kind;

/// Notices in one digest, at most: as many as fit uncut into the 2,048 bytes of the strictest platform.
pub const MOST: usize = 8;

/// A delivery that goes along with another one's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    pub delivery: i64,
    pub broadcast: Uuid,
    /// As in [`Leased`]: each delivery of a digest has a history and an end of its own.
    pub purpose: Purpose,
    pub act: ActSoFar,
    pub attempts: i32,
    pub tries: i16,
    pub reach_before: Reach,
    pub said_at: DateTime<Utc>,
    pub not_after: Option<DateTime<Utc>>,
}

/// A companion as it is read, and what is read beside its group.
type CompanionRow = (i64, Id, Purpose, i16, i32, i16, i16, Time, Option<Time>);
type Columns = (Uid, (BigInt, Uid, Text, SmallInt, Integer, SmallInt, SmallInt, Ts, Nullable<Ts>));

impl From<CompanionRow> for Companion {
    fn from(row: CompanionRow) -> Companion {
        let (delivery, broadcast, purpose, act, attempts, tries, reach, said_at, not_after) = row;
        Companion {
            delivery,
            broadcast: broadcast.0,
            purpose,
            act: act_of(act),
            attempts: attempts + 1,
            tries,
            reach_before: Reach::of(reach),
            said_at: said_at.0,
            not_after: not_after.map(|end| end.0),
        }
    }
}

/// What waited for the same end of quiet hours is due within this time: a platform that refuses everybody at
/// round hours, or a slow host, gives each a time of its own.
const GATHERED: TimeDelta = TimeDelta::minutes(2);

/// Whether a notice of that kind can wait for a digest: not where a life may be at risk, nor where a group
/// has to learn that something is over.
pub(super) fn gather(kind: Kind, purpose: Purpose) -> bool {
    matches!(kind, Kind::LostProperty | Kind::Donation) && !purpose.ends()
}

/// Adds to each of these, no two of one group, which waited for the end of the quiet hours what else did and
/// can be told now; what has failed keeps its own time. Alone it is told as usual. All are leased `until` the
/// same moment.
pub(super) fn complete<'a>(
    conn: &mut Conn,
    leads: impl Iterator<Item = &'a mut Leased>,
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> StoreResult<()> {
    struct Complete;
    let mut leads: HashMap<Id, &mut Leased> =
        leads.filter(|one| one.part == 0).map(|one| (Id(one.group), one)).collect();
    if leads.is_empty() {
        return Ok(());
    }
    // PostgreSQL takes all that lead at once.
    let (group, lead) = match conn {
        Conn::Pg(_) => ("leads.group_id", "leads.delivery"),
        Conn::Sqlite(_) => ("?", "?"),
    };
    let told = format!(
        "SELECT d.group_id, d.id, d.broadcast_id, b.purpose, d.act, d.attempts, d.tries, d.reach, b.created_at, \
           b.not_after \
         FROM deliveries d \
         JOIN broadcasts b ON b.id = d.broadcast_id JOIN notices n ON n.id = b.notice_id \
         WHERE d.queued AND d.digest AND d.part = 0 AND d.group_id = {group} AND d.id <> {lead} \
           AND (d.due_at <= ? OR d.attempts = 0 AND d.due_at <= ?) AND {MAY_BE_SAID_NOW} ORDER BY d.id LIMIT ?"
    );
    // What would end while the request is under way is left out.
    let until = if mutation::on(Mutation::SendAfterEnd) { now } else { until };
    let soon = now + GATHERED;
    let [now, soon, until, most] = [now.into(), soon.into(), until.into(), Value::from(MOST as i64 - 1)];
    let mut found: Vec<(Id, CompanionRow)> = Vec::new();
    match conn {
        Conn::Pg(c) => {
            // What is locked may be ending in another transaction.
            let sql = format!(
                "SELECT told.* FROM unnest(?::uuid[], ?::bigint[]) AS leads (group_id, delivery) \
                 CROSS JOIN LATERAL ({told} FOR UPDATE OF d SKIP LOCKED) AS told"
            );
            let groups = Value::Column(Column::Id(leads.keys().copied().collect()));
            let deliveries = leads.values().map(|one| Some(one.delivery)).collect();
            let deliveries = Value::Column(Column::Int(deliveries));
            let values = [&groups, &deliveries, &now, &soon, &until, &most];
            found = Statement::<Complete, Columns>::new(&sql, values).load(&mut **c)?;
        }
        Conn::Sqlite(c) => {
            for (group, one) in &leads {
                let (group, delivery) = (Value::Id(*group), Value::from(one.delivery));
                let values = [&group, &delivery, &now, &soon, &until, &most];
                let of_one = Statement::<Complete, Columns>::new(&told, values);
                found.extend(of_one.load::<(Id, CompanionRow)>(&mut **c)?);
            }
        }
    }
    let unheard = found.iter().filter(|(_, (.., reach, _, _))| Reach::of(*reach) == Reach::No);
    let unwanted = wants::drop_unwanted(conn, &unheard.map(|(_, row)| row.0).collect::<Vec<_>>())?;
    for (group, row) in found.into_iter().filter(|(_, row)| !unwanted.contains(&row.0)) {
        if let Some(one) = leads.get_mut(&group) {
            one.with.push(Companion::from(row));
        }
    }
    Ok(())
}
