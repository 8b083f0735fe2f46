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
            let account_id = people::unless_disabled(accounts::by_name(conn, &name)?, &name)?.id;
            let row = ApiToken { token_hash, account_id, created_at: Time(now), expires_at };
            accounts::insert_token(conn, &row)?;
            Ok(token)
        })
        .await
}

/// The tokens of an account, oldest first.
///
/// # Errors
/// [`AccountError`], where there is no such account or it is disabled.
pub async fn list(store: &Store, name: &str) -> Result<Vec<Listed>, AccountError> {
    let account = people::standing(store, &people::tidy(name)).await?;
    let tokens = store.read(move |conn| accounts::tokens_of(conn, account.id.0)).await?;
    Ok(tokens.iter().map(Listed::from).collect())
}

/// Ends a token of an account, by the number under which it is listed.
///
/// # Errors
/// [`AccountError::UnknownToken`], and where there is no such account or it is disabled.
pub async fn revoke(store: &Store, name: &str, number: &str) -> Result<(), AccountError> {
    let account = people::standing(store, &people::tidy(name)).await?;
    let tokens = store.read(move |conn| accounts::tokens_of(conn, account.id.0)).await?;
    let found = tokens.into_iter().find(|row| Listed::from(row).number == number);
    let hash = found.ok_or(AccountError::UnknownToken)?.token_hash;
    Ok(store.write(move |conn| accounts::delete_token(conn, &hash)).await?)
}

/// A token as its account's list shows it.
pub struct Listed {
    /// The beginning of its hash, which tells nothing of it.
    pub number: String,
    pub created_at: DateTime<Utc>,
    /// Never, where there is none.
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<&ApiToken> for Listed {
    fn from(row: &ApiToken) -> Listed {
        /// Of one account's tokens no two begin alike.
        const BYTES: usize = 6;
        Listed {
            number: row.token_hash.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect(),
            created_at: row.created_at.0,
            expires_at: row.expires_at.map(|at| at.0),
        }
    }
}

/// The account for which that token acts, unless one of them has ended.
///
/// # Errors
/// When the database refuses.
pub async fn find(store: &Store, now: DateTime<Utc>, token: &str) -> Answer<Option<Account>> {
    let hash = token_hash(token);
    store.read(move |conn| accounts::by_token(conn, &hash, now)).await
}
