//! Notices by the phone of whoever hands them in, found by its keyed hash.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::notices::Notice;
use super::schema::notices;
use super::types::{Id, Named};
use super::{Answer, Conn, both};
use crate::domain::life_cycle::State;

/// Has whoever hands in with that phone wait until this transaction ends: what is counted then is all there is.
///
/// # Errors
/// When the database refuses.
pub fn hold(conn: &mut Conn, phone_hash: &[u8]) -> Answer<()> {
    // A write transaction of SQLite is alone already. Two phones with as much of the hash in common wait for each
    // other in vain, and that is all.
    if let (Conn::Pg(c), Some(half)) = (conn, phone_hash.first_chunk()) {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
            .bind::<BigInt, _>(i64::from_be_bytes(*half))
            .execute(&mut **c)?;
    }
    Ok(())
}

/// How many notices of that phone are not over yet.
///
/// # Errors
/// When the database refuses.
pub fn open(conn: &mut Conn, phone_hash: &[u8]) -> Answer<i64> {
    let over = [State::Rejected, State::Closed, State::Expired, State::Removed, State::Erased].map(Named);
    Ok(both!(conn, c => notices::table
        .filter(notices::phone_hash.eq(phone_hash))
        .filter(notices::state.ne_all(over))
        .count()
        .get_result(c))?)
}

/// Other notices of the same phone, newest first.
///
/// # Errors
/// When the database refuses.
pub fn others(conn: &mut Conn, phone_hash: &[u8], but: Uuid, limit: i64) -> Answer<Vec<Notice>> {
    Ok(both!(conn, c => notices::table
        .filter(notices::phone_hash.eq(phone_hash))
        .filter(notices::id.ne(Id(but)))
        .order(notices::id.desc())
        .select(Notice::as_select())
        .limit(limit)
        .load(c))?)
}
