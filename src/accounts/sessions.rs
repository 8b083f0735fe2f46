//! Being logged in: a random token in a cookie, its hash in the store, and when it ends.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::store::accounts::{self, Account, Session};
use crate::store::types::{Id, Time};
use crate::store::{Answer, Conn, Store};
use crate::vault::{new_token, token_hash};

/// A session ends this long after the login, whatever happens.
pub const LIFE: TimeDelta = TimeDelta::hours(12);

/// A session ends this long after its last use.
pub const IDLE: TimeDelta = TimeDelta::hours(2);

/// A use is noted once in this time, so that reading pages is not a write each.
const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Begins a session inside the login's transaction and answers with its token.
///
/// # Errors
/// When the database refuses.
pub(super) fn begin(conn: &mut Conn, account: Uuid, now: DateTime<Utc>) -> Answer<String> {
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

/// Who is logged in under that token, unless the session ended; this use keeps it from going idle.
///
/// # Errors
/// When the database refuses.
pub async fn find(store: &Store, now: DateTime<Utc>, token: &str) -> Answer<Option<Account>> {
    let hash = token_hash(token);
    let found = store.read(move |conn| accounts::session(conn, &hash, now, now - IDLE)).await?;
    let Some((account, session)) = found else { return Ok(None) };
    if now - session.seen_at.0 >= NOTED_EVERY {
        store.write(move |conn| accounts::see_session(conn, &session.token_hash, now)).await?;
    }
    Ok(Some(account))
}

/// Ends the session of that token, if there is one.
///
/// # Errors
/// When the database refuses.
pub async fn end(store: &Store, token: &str) -> Answer<()> {
    let hash = token_hash(token);
    store.write(move |conn| accounts::delete_session(conn, &hash)).await
}

/// Deletes sessions and tokens that have run out, a periodic job; answers how many.
///
/// # Errors
/// When the database refuses.
pub async fn forget_ended(store: &Store, now: DateTime<Utc>) -> Answer<usize> {
    store.write(move |conn| accounts::forget_ended(conn, now, now - IDLE)).await
}
