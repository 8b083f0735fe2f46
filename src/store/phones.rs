//! Notices found by the keyed hash of their reporter's phone.

use diesel::prelude::*;
use uuid::Uuid;

use super::notices::{Notice, states};
use super::schema::{marks, notices};
use super::types::Id;
use super::{Conn, StoreResult, both};
use crate::domain::life_cycle::State;

/// How many notices of that phone are not over yet.
pub fn open(conn: &mut Conn, phone_hash: &[u8]) -> StoreResult<i64> {
    Ok(both!(conn, c => notices::table
        .filter(notices::phone_hash.eq(phone_hash))
        .filter(notices::state.ne_all(states(State::is_over)))
        .count()
        .get_result(c))?)
}

/// Other notices that have that phone or had it, newest first.
pub fn others(conn: &mut Conn, phone_hash: &[u8], but: Uuid, limit: i64) -> StoreResult<Vec<Notice>> {
    let had = marks::table.filter(marks::hash.eq(phone_hash)).select(marks::notice_id);
    Ok(both!(conn, c => notices::table
        .filter(notices::phone_hash.eq(phone_hash).or(notices::id.eq_any(had).assume_not_null()))
        .filter(notices::id.ne(Id(but)))
        .order(notices::id.desc())
        .select(Notice::as_select())
        .limit(limit)
        .load(c))?)
}
