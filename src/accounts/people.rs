//! The operator's commands for people: add, list, reset, disable.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::password;
use super::second_factor::SecondFactor;
use crate::clock::new_id;
use crate::domain::people::Role;
use crate::domain::text;
use crate::permits::BrokenOff;
use crate::store::accounts::{self, Account, Credentials, EndedWith, Proof};
use crate::store::types::{Id, Time};
use crate::store::{Store, StoreError, StoreResult};
use crate::vault::Vault;

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 40;

/// Why a command about an account was refused: one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    #[error("the name must have 1 to {MAX_NAME_CHARS} characters and no colon; choose another")]
    BadName,
    #[error("there is already an account named {0:?}; choose another name")]
    NameTaken(String),
    #[error("the password is too short; use at least {} characters", password::MIN_CHARS)]
    ShortPassword,
    #[error("there is no account named {0:?}; `seventytwo account list` shows those there are")]
    Unknown(String),
    #[error("the account {0:?} is disabled; `seventytwo account reset` takes it back")]
    Disabled(String),
    #[error("there is no such token; `seventytwo token list --account NAME` shows those there are")]
    UnknownToken,
    #[error(
        "that lifetime is too short or too long; write 30d, or leave out --expires for a token without end"
    )]
    BadLifetime,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("could not hash the password: {0}")]
    BrokenOff(#[from] BrokenOff),
}

/// What the operator hands to a person for logging in. None of it can be shown again.
pub struct Handed {
    pub name: String,
    pub role: Role,
    /// The password, where it was generated.
    pub password: Option<String>,
    /// The second factor, to be typed into an authenticator.
    pub totp_secret: String,
    /// The same secret as a URI, to be scanned.
    pub totp_uri: String,
}

/// The form of a name that is stored and looked up: one line without invisible characters.
pub fn tidy(name: &str) -> String {
    // One character more than allowed, so that a name that is too long still counts as too long.
    text::one_line(name, MAX_NAME_CHARS + 1)
}

/// Makes the proofs for a login; a password is generated where none was chosen.
async fn proof(
    vault: &Vault,
    (name, role): (&str, Role),
    chosen: Option<&str>,
) -> Result<(Proof, Handed), AccountError> {
    let generated = chosen.is_none().then(password::generate);
    let password = chosen.or(generated.as_deref()).unwrap_or_default();
    if text::Unit::Chars.measure(password) < password::MIN_CHARS {
        return Err(AccountError::ShortPassword);
    }
    let factor = SecondFactor::random();
    let totp_uri = factor.uri(name).map_err(|_| AccountError::BadName)?;
    let proof = Proof {
        password_hash: password::hash(password).await?,
        totp_sealed: factor.seal(vault),
        totp_step: 0,
    };
    let (name, totp_secret) = (name.to_owned(), factor.base32());
    Ok((proof, Handed { name, role, password: generated, totp_secret, totp_uri }))
}

/// Creates a person who can log in; a password is generated where none is given.
///
/// # Errors
/// [`AccountError`], where the name or the password is not acceptable.
pub async fn add(
    store: &Store,
    vault: &Vault,
    now: DateTime<Utc>,
    name: &str,
    role: Role,
    chosen: Option<&str>,
) -> Result<Handed, AccountError> {
    let name = tidy(name);
    if !(1..=MAX_NAME_CHARS).contains(&text::Unit::Chars.measure(&name)) {
        return Err(AccountError::BadName);
    }
    let (proof, handed) = proof(vault, (&name, role), chosen).await?;
    let account =
        Account { id: Id(new_id(now)), name: name.clone(), role, created_at: Time(now), disabled_at: None };
    let credentials = Credentials { account, proof };
    if !store.write(move |conn| accounts::insert(conn, &credentials)).await? {
        return Err(AccountError::NameTaken(name));
    }
    Ok(handed)
}

/// Gives a person a new password and a new second factor, for when either was lost or may be known to
/// somebody else. Their sessions, tokens and claims end at once. A disabled account is taken back by it: its groups
/// need somebody.
///
/// # Errors
/// [`AccountError`], where the account does not exist, or the password is not acceptable.
pub async fn reset(
    store: &Store,
    vault: &Vault,
    now: DateTime<Utc>,
    name: &str,
    chosen: Option<&str>,
) -> Result<(Handed, EndedWith), AccountError> {
    let name = tidy(name);
    let looked_up = name.clone();
    let found = store.read(move |conn| accounts::by_name(conn, &looked_up)).await?;
    let account = found.ok_or_else(|| AccountError::Unknown(name.clone()))?.account;
    let (proof, handed) = proof(vault, (&name, account.role), chosen).await?;
    let ended = store.write(move |conn| accounts::renew(conn, account.id.0, &proof, now)).await?;
    Ok((handed, ended))
}

/// The account with that name, once cleaned, unless it is disabled.
///
/// # Errors
/// [`AccountError::Unknown`] and [`AccountError::Disabled`].
pub(super) async fn standing(store: &Store, name: &str) -> Result<Account, AccountError> {
    let looked_up = name.to_owned();
    let found = store.read(move |conn| accounts::by_name(conn, &looked_up)).await?;
    unless_disabled(found, name)
}

/// The account that was looked up by its name, unless it is disabled.
///
/// # Errors
/// [`AccountError::Unknown`] and [`AccountError::Disabled`].
pub(super) fn unless_disabled(found: Option<Credentials>, name: &str) -> Result<Account, AccountError> {
    match found.map(|found| found.account) {
        None => Err(AccountError::Unknown(name.to_owned())),
        Some(account) if account.disabled_at.is_some() => Err(AccountError::Disabled(name.to_owned())),
        Some(account) => Ok(account),
    }
}

/// All accounts, by name.
pub async fn list(store: &Store) -> StoreResult<Vec<Account>> {
    store.read(accounts::all).await
}

/// Disables an account: its sessions, tokens and claims end at once. Doing it twice is harmless. Returns its id, too.
///
/// # Errors
/// [`AccountError::Unknown`].
pub async fn disable(
    store: &Store,
    now: DateTime<Utc>,
    name: &str,
) -> Result<(Uuid, EndedWith), AccountError> {
    let name = tidy(name);
    store
        .write(move |conn| {
            let Some(found) = accounts::by_name(conn, &name)? else {
                return Err(AccountError::Unknown(name));
            };
            let id = found.account.id.0;
            Ok((id, accounts::disable(conn, id, now)?))
        })
        .await
}
