//! The reporter's authority in a browser: the token of the manage link, kept in a cookie so that it
//! stands in no address that is sent on or logged.

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};

use super::problem::Problem;
use super::shared::Shared;

/// No manage token is longer, in bytes.
const TOKEN: usize = 200;

const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-manage" } else { "manage" }
}

/// The cookie that opens the reporter's pages, until the browser is closed.
pub fn cookie(shared: &Shared, token: String) -> Cookie<'static> {
    Cookie::build(cookie_name(shared.is_https()), token)
        .path("/")
        .secure(shared.is_https())
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

/// The manage token of this browser.
///
/// # Errors
/// [`Problem::ManageLinkInvalid`] where it has none.
pub fn token(http: &HttpRequest, shared: &Shared) -> Result<String, Problem> {
    let cookie = http.cookie(cookie_name(shared.is_https())).ok_or(Problem::ManageLinkInvalid)?;
    Some(cookie.value().to_owned()).filter(|t| t.len() <= TOKEN).ok_or(Problem::ManageLinkInvalid)
}
