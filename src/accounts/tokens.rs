//! API tokens: how a program acts for an account.

use chrono::{DateTime, TimeDelta, Utc};

use super::people::{self, AccountError};
use crate::store::accounts::{self, Account, ApiToken};
use crate::store::types::Time;
use crate::store::{Answer, Store};
use crate::vault::{new_token, token_hash};

/// In front of every API token, so that scanners for leaked secrets know one.
const PREFIX: &str = "st_";

/// Makes a token for an account; it is shown once and stored as a hash. Without `life` it does not end
/// before its account.
///
/// # Errors
/// [`AccountError`], where there is no such account, it is disabled, or `life` is not a time to come.
pub async fn add(
    store: &Store,
    now: DateTime<Utc>,
    name: &str,
    life: Option<TimeDelta>,
) -> Result<String, AccountError> {
    let expires_at = match life {
        None => None,
        Some(life) if life > TimeDelta::zero() => {
            Some(now.checked_add_signed(life).map(Time).ok_or(AccountError::BadLifetime)?)
        }
        Some(_) => return Err(AccountError::BadLifetime),
    };
    let (name, token) = (people::tidy(name), format!("{PREFIX}{}", new_token()));
    let token_hash = token_hash(&token);
    store
        .write(move |conn| {
            let Some(account) = accounts::by_name(conn, &name)?.map(|c| c.account) else {
                return Err(AccountError::Unknown(name));
            };
            if account.disabled_at.is_some() {
                return Err(AccountError::Disabled(name));
            }
            let row = ApiToken { token_hash, account_id: account.id, created_at: Time(now), expires_at };
            accounts::insert_token(conn, &row)?;
            Ok(token)
        })
        .await
}

/// The account for which that token acts, unless one of them has ended.
///
/// # Errors
/// When the database refuses.
pub async fn find(store: &Store, now: DateTime<Utc>, token: &str) -> Answer<Option<Account>> {
    let hash = token_hash(token);
    store.read(move |conn| accounts::by_token(conn, &hash, now)).await
}
