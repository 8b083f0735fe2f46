//! The credentials of a chat as they are kept: sealed under the master key, and found by a keyed hash of their address.
//! What is sealed under another purpose cannot be opened again: so it is done here alone.

use super::platforms::Credentials;
use crate::store::StoreError;
use crate::vault::Vault;

const SEALED: &str = "credentials";
const FOUND: &str = "robot";

/// The credentials, opened.
///
/// # Errors
/// Under another master key.
pub fn open(vault: &Vault, sealed: &[u8]) -> Result<Credentials, StoreError> {
    Ok(serde_json::from_slice(&vault.open(SEALED, sealed)?)?)
}

/// The credentials, sealed.
pub fn seal(vault: &Vault, credentials: &Credentials) -> Vec<u8> {
    vault.seal(SEALED, &serde_json::to_vec(credentials).expect("credentials are made of words and times"))
}

/// What the same robot in the same chat is known by, whoever connects it.
pub fn hash(vault: &Vault, credentials: &Credentials) -> Vec<u8> {
    vault.index(FOUND, &credentials.address_key())
}
