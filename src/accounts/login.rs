//! Logging in with a name, its password and a code of its second factor.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::second_factor::SecondFactor;
use super::{password, people, sessions};
use crate::permits::BrokenOff;
use crate::store::accounts::{self, Account, Credentials};
use crate::store::{Store, StoreError};
use crate::vault::{Vault, token_hash};

/// What somebody typed.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    pub name: &'a str,
    pub password: &'a str,
    pub code: &'a str,
}

/// Why a login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// One answer for every wrong proof, so that nobody learns which names exist or which proof was wrong.
    #[error("name, password or code is wrong")]
    Refused {
        /// The account of that name, for the log alone.
        account: Option<Uuid>,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the check of a password: {0}")]
    BrokenOff(#[from] BrokenOff),
}

/// Logs a person in and returns the token of a new session; the session `previous`, if the browser still had
/// one, ends. An unknown or disabled account costs the same work as a known one.
///
/// # Errors
/// [`LoginError::Refused`] for a wrong proof, a code that was used before, an unknown or a disabled account.
pub async fn login(
    store: &Store,
    vault: &Vault,
    now: DateTime<Utc>,
    attempt: Typed<'_>,
    previous: Option<&str>,
) -> Result<(Account, String), LoginError> {
    let name = people::tidy(attempt.name);
    let found = store.read(move |conn| accounts::by_name(conn, &name)).await?;
    let refused = LoginError::Refused { account: found.as_ref().map(|found| found.account.id.0) };
    let known = found.filter(|c| c.account.disabled_at.is_none());
    let stored = known.as_ref().map_or(password::NOBODYS, |c| c.proof.password_hash.as_str());
    let right = password::verify(attempt.password, stored).await??;
    let factor = match &known {
        Some(credentials) => SecondFactor::open(vault, &credentials.proof.totp_sealed)?,
        None => SecondFactor::random(),
    };
    let step = factor.step(attempt.code, now);
    let (Some(credentials), true, Some(step)) = (known, right, step) else { return Err(refused) };
    let previous = previous.map(token_hash);
    store
        .write(move |conn| {
            let Credentials { account, proof } = credentials;
            if !accounts::use_totp_step(conn, account.id.0, step, &proof)? {
                return Err(refused);
            }
            if let Some(previous) = previous {
                accounts::delete_session(conn, &previous)?;
            }
            let token = sessions::begin(conn, account.id.0, now)?;
            Ok((account, token))
        })
        .await
}
