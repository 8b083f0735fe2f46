//! The reporter's authority in a browser: the token of the manage link, kept in a cookie so that it is in no
//! URL that is passed on or logged.

use actix_web::HttpRequest;

use super::cookies::MANAGE;
use super::problem::Problem;
use super::shared::Shared;

/// The manage token of this browser.
///
/// # Errors
/// [`Problem::ManageLinkInvalid`] where it has none.
pub fn token(http: &HttpRequest, shared: &Shared) -> Result<String, Problem> {
    MANAGE.read(http, shared).ok_or(Problem::ManageLinkInvalid)
}
