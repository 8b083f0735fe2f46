//! Requests that were answered before, so that a double tap makes one notice.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::schema::idempotency;
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};

/// A request that was answered before: the hash of its body and the sealed answer.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = idempotency)]
pub struct Answered {
    pub key_hash: Vec<u8>,
    pub body_hash: Vec<u8>,
    pub notice_id: Id,
    pub answer_sealed: Vec<u8>,
    pub created_at: Time,
}

/// What was answered under that key.
pub fn answered(conn: &mut Conn, key_hash: &[u8]) -> StoreResult<Option<Answered>> {
    Ok(both!(conn, c => idempotency::table
        .filter(idempotency::key_hash.eq(key_hash))
        .select(Answered::as_select())
        .first(c)
        .optional())?)
}

/// Claims a key for this answer; `false` where another request has claimed it first.
pub fn remember_answer(conn: &mut Conn, answered: &Answered) -> StoreResult<bool> {
    let rows = both!(conn, c => diesel::insert_into(idempotency::table)
        .values(answered)
        .on_conflict(idempotency::key_hash)
        .do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// Forgets answers older than `before`.
pub fn forget_answers(conn: &mut Conn, before: DateTime<Utc>) -> StoreResult<usize> {
    Ok(
        both!(conn, c => diesel::delete(idempotency::table.filter(idempotency::created_at.le(Time(before)))).execute(c))?,
    )
}
