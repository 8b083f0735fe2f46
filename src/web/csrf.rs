//! The CSRF token of our forms, bound to the cookie that gives the form its authority.

use base64::Engine as _;

use super::problem::Problem;
use crate::vault::{Vault, same};

/// The token for pages shown under this cookie value.
pub fn token(vault: &Vault, cookie: &str) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(vault.index("csrf", cookie))
}

/// Whether a form came from a page shown under the same cookie.
///
/// # Errors
/// [`Problem::CrossSite`] where it did not.
pub fn check(vault: &Vault, cookie: &str, given: &str) -> Result<(), Problem> {
    if same(token(vault, cookie).as_bytes(), given.as_bytes()) { Ok(()) } else { Err(Problem::CrossSite) }
}
