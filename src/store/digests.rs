//! Digests: what a group was not told in its quiet hours and can wait, it is told in one message when they
//! are over, as far as it is still true.
//!
//! One of the deliveries that waited is leased like any other and takes the rest along: one request, and
//! what becomes of it becomes of all of them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, SmallInt};
use uuid::Uuid;

use super::leasing::Leased;
use super::mutation::{self, Mutation};
use super::statement::{Statement, Value};
use super::types::Id;
use super::types::sql::Uid;
use super::{Answer, Conn, both};
use crate::domain::delivery::Purpose;
use crate::domain::notice::Kind;

/// Notices in one digest: as many as are told in the 2,048 bytes of the strictest platform without one of
/// them being cut.
pub const MOST: usize = 8;

/// A delivery that goes along with another one's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    pub delivery: i64,
    pub broadcast: Uuid,
    /// This attempt included.
    pub attempts: i32,
    /// Whether earlier attempts may have reached the group.
    pub reach_before: i16,
}

/// Whether a notice of that kind can wait for a digest: not where a life may be at risk, nor where a group
/// has to hear that something is over.
pub(super) fn gather(kind: Kind, purpose: Purpose) -> bool {
    matches!(kind, Kind::LostProperty | Kind::Donation) && !purpose.ends()
}

/// Adds to a delivery that waited for the end of the quiet hours what else did and can be told now. Alone it
/// is told as usual.
///
/// # Errors
/// When the database refuses.
pub(super) fn complete(conn: &mut Conn, leased: &mut Leased, now: DateTime<Utc>) -> Answer<()> {
    struct Complete;
    if leased.part > 0 {
        return Ok(());
    }
    // What somebody else has locked is perhaps being ended.
    let free = match conn {
        Conn::Pg(_) => " FOR UPDATE OF d SKIP LOCKED",
        Conn::Sqlite(_) => "",
    };
    let words = [
        "SELECT d.id, d.broadcast_id, d.attempts, d.reach FROM deliveries d \
         JOIN broadcasts b ON b.id = d.broadcast_id JOIN notices n ON n.id = b.notice_id \
         WHERE d.state = 'open' AND d.digest AND d.part = 0 AND d.group_id = ",
        " AND d.id <> ",
        " AND d.due_at <= ",
        " AND n.state = 'live' AND n.live_revision = b.revision \
         AND (b.not_after IS NULL OR b.not_after > ",
        ") ORDER BY d.id LIMIT ",
        free,
    ];
    // What ends while the request is under way is not begun.
    let until = if mutation::on(Mutation::SendAfterEnd) { now } else { leased.leased_until };
    let values = [
        Value::Id(Id(leased.group)),
        leased.delivery.into(),
        now.into(),
        until.into(),
        (MOST as i64 - 1).into(),
    ];
    type Row = (BigInt, Uid, Integer, SmallInt);
    let found: Vec<(i64, Id, i32, i16)> =
        both!(conn, c => Statement::<Complete, Row>::new(&words, values.iter().collect()).load(c))?;
    leased.with = found
        .into_iter()
        .map(|(delivery, broadcast, attempts, reach_before)| Companion {
            delivery,
            broadcast: broadcast.0,
            attempts: attempts + 1,
            reach_before,
        })
        .collect();
    Ok(())
}
