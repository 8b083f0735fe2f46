//! API tokens, by which a program acts for an account.

use chrono::{DateTime, TimeDelta, Utc};

use super::people::{self, AccountError};
use crate::domain::hex::hex;
use crate::store::accounts::{self, Account, ApiToken};
use crate::store::types::Time;
use crate::store::{Store, StoreResult};
use crate::vault::{new_token, token_hash};

/// The prefix of every API token, so that scanners for leaked secrets recognise one.
const PREFIX: &str = "st_";

/// Creates a token for an account; it is shown once and stored as a hash. Without `life` it is valid as long
/// as its account.
///
/// # Errors
/// [`AccountError`], where the account does not exist or is disabled, or `life` does not end in the future.
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
/// [`AccountError`], where the account does not exist or is disabled.
pub async fn list(store: &Store, name: &str) -> Result<Vec<Listed>, AccountError> {
    let account = people::standing(store, &people::tidy(name)).await?;
    let tokens = store.read(move |conn| accounts::tokens_of(conn, account.id.0)).await?;
    Ok(tokens.iter().map(Listed::from).collect())
}

/// Revokes a token of an account, by the number under which it is listed.
///
/// # Errors
/// [`AccountError::UnknownToken`], and where the account does not exist or is disabled.
pub async fn revoke(store: &Store, name: &str, number: &str) -> Result<(), AccountError> {
    let account = people::standing(store, &people::tidy(name)).await?;
    let tokens = store.read(move |conn| accounts::tokens_of(conn, account.id.0)).await?;
    let found = tokens.into_iter().find(|row| Listed::from(row).number == number);
    let hash = found.ok_or(AccountError::UnknownToken)?.token_hash;
    Ok(store.write(move |conn| accounts::delete_token(conn, &hash)).await?)
}

/// A token as the account's list shows it.
pub struct Listed {
    /// The beginning of its hash, which reveals nothing of the token.
    pub number: String,
    pub created_at: DateTime<Utc>,
    /// `None`: it never expires.
    pub expires_at: Option<DateTime<Utc>>,
}

impl From<&ApiToken> for Listed {
    fn from(row: &ApiToken) -> Listed {
        /// By so many leading bytes the tokens of one account are told apart.
        const BYTES: usize = 6;
        Listed {
            number: hex(&row.token_hash[..BYTES]),
            created_at: row.created_at.0,
            expires_at: row.expires_at.map(|at| at.0),
        }
    }
}

/// The account for which the token acts, unless the token or the account has ended.
pub async fn find(store: &Store, now: DateTime<Utc>, token: &str) -> StoreResult<Option<Account>> {
    let hash = token_hash(token);
    store.read(move |conn| accounts::by_token(conn, &hash, now)).await
}
