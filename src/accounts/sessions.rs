//! Sessions: a random token in a cookie, its hash in the store, and when it expires.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::store::accounts::{self, Account, Session};
use crate::store::types::{Id, Time};
use crate::store::{Conn, Store, StoreResult};
use crate::vault::{new_token, token_hash};

/// A session ends this long after the login, however it is used.
pub const LIFE: TimeDelta = TimeDelta::hours(12);

/// A session ends this long after its last use.
pub const IDLE: TimeDelta = TimeDelta::hours(2);

/// A use is recorded at most once in this time, so that not every page view is a write.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Begins a session in the login's transaction and returns its token.
pub(super) fn begin(conn: &mut Conn, account: Uuid, now: DateTime<Utc>) -> StoreResult<String> {
    let token = new_token();
    let session = Session {
        token_hash: token_hash(&token),
        account_id: Id(account),
        created_at: Time(now),
        seen_at: Time(now),
        expires_at: Time(now + LIFE),
    };
    accounts::insert_session(conn, &session)?;
    Ok(token)
}

/// The account of that session, unless the session has ended; this use keeps it from becoming idle.
pub async fn find(store: &Store, now: DateTime<Utc>, token: &str) -> StoreResult<Option<Account>> {
    let hash = token_hash(token);
    let found = store.read(move |conn| accounts::session(conn, &hash, now, now - IDLE)).await?;
    let Some((account, session)) = found else { return Ok(None) };
    if now - session.seen_at.0 >= NOTED_EVERY {
        store.write(move |conn| accounts::see_session(conn, &session.token_hash, now)).await?;
    }
    Ok(Some(account))
}

/// Ends the session of that token, if it exists.
pub async fn end(store: &Store, token: &str) -> StoreResult<()> {
    let hash = token_hash(token);
    store.write(move |conn| accounts::delete_session(conn, &hash)).await
}

/// Deletes expired sessions and tokens, as a periodic job; returns how many.
pub async fn forget_ended(store: &Store, now: DateTime<Utc>) -> StoreResult<usize> {
    store.write(move |conn| accounts::forget_ended(conn, now, now - IDLE)).await
}
