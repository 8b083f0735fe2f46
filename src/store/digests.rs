//! Digests: what a group was not told in its quiet hours and can wait is told in one message when they are
//! over, as far as it is still true.
//!
//! One of the deliveries that waited is leased like any other and takes the rest along: one request, from
//! which each delivery draws its own conclusion.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::due;
use super::leasing::Leased;
use super::mutation::{self, Mutation};
use super::statement::{Statement, Value};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{Purpose, Reach};
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
    pub act: i16,
    pub attempts: i32,
    pub tries: i16,
    pub reach_before: Reach,
    pub said_at: DateTime<Utc>,
    pub not_after: Option<DateTime<Utc>>,
}

/// A companion as it is read.
type CompanionRow = (i64, Id, Named<Purpose>, i16, i32, i16, i16, Time, Option<Time>);
type Columns = (BigInt, Uid, Text, SmallInt, Integer, SmallInt, SmallInt, Ts, Nullable<Ts>);

impl From<CompanionRow> for Companion {
    fn from(row: CompanionRow) -> Companion {
        let (delivery, broadcast, purpose, act, attempts, tries, reach, said_at, not_after) = row;
        Companion {
            delivery,
            broadcast: broadcast.0,
            purpose: purpose.0,
            act,
            attempts: attempts + 1,
            tries,
            reach_before: Reach::of(reach),
            said_at: said_at.0,
            not_after: not_after.map(|end| end.0),
        }
    }
}

/// Whether a notice of that kind can wait for a digest: not where a life may be at risk, nor where a group
/// has to learn that something is over.
pub(super) fn gather(kind: Kind, purpose: Purpose) -> bool {
    matches!(kind, Kind::LostProperty | Kind::Donation) && !purpose.ends()
}

/// Adds to a delivery that waited for the end of the quiet hours the others that waited, too, and can be told
/// now. Where there are none, it is told as usual.
///
/// # Errors
/// When the database refuses.
pub(super) fn complete(conn: &mut Conn, leased: &mut Leased, now: DateTime<Utc>) -> Answer<()> {
    struct Complete;
    if leased.part > 0 {
        return Ok(());
    }
    // What is locked may be ending in another transaction.
    let free = match conn {
        Conn::Pg(_) => " FOR UPDATE OF d SKIP LOCKED",
        Conn::Sqlite(_) => "",
    };
    let [said, then] = due::MAY_BE_SAID_NOW;
    let words = [
        "SELECT d.id, d.broadcast_id, b.purpose, d.act, d.attempts, d.tries, d.reach, b.created_at, b.not_after \
         FROM deliveries d \
         JOIN broadcasts b ON b.id = d.broadcast_id JOIN notices n ON n.id = b.notice_id \
         WHERE d.queued AND d.digest AND d.part = 0 AND d.group_id = ",
        " AND d.id <> ",
        " AND d.due_at <= ",
        &*format!(" AND {said}"),
        &*format!("{then} ORDER BY d.id LIMIT "),
        free,
    ];
    // What would end while the request is under way is left out.
    let until = if mutation::on(Mutation::SendAfterEnd) { now } else { leased.leased_until };
    let values = [
        Value::Id(Id(leased.group)),
        leased.delivery.into(),
        now.into(),
        until.into(),
        (MOST as i64 - 1).into(),
    ];
    let found: Vec<CompanionRow> =
        both!(conn, c => Statement::<Complete, Columns>::new(&words, values.iter().collect()).load(c))?;
    leased.with = found.into_iter().map(Companion::from).collect();
    Ok(())
}
