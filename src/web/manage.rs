//! The reporter's authority over a notice: the token of its manage link. A browser keeps it in a cookie, so
//! that it is in no URL that is passed on or logged; where a browser keeps none, the forms of a page that was
//! opened by the link carry it in their bodies.

use actix_web::HttpRequest;

use super::cookies::MANAGE;
use super::csrf;
use super::problem::Problem;
use super::shared::Shared;

/// The form field that carries the token.
pub const TOKEN_FIELD: &str = "token";

/// The authority by which a page is shown or a form acts. Whether it opens a notice is for the intake to say.
#[derive(Clone)]
pub struct Manage {
    pub token: String,
    /// The CSRF token of the forms that are shown under it.
    pub csrf: String,
    /// Whether the browser keeps the token, so that addresses and forms need not carry it.
    pub is_kept: bool,
}

impl Manage {
    /// The authority that the manage link gives.
    pub fn by_link(http: &HttpRequest, shared: &Shared, token: String) -> Manage {
        let is_kept = MANAGE.read(http, shared).as_ref() == Some(&token);
        Manage { csrf: csrf::token(&shared.vault, &token), token, is_kept }
    }

    /// The authority that this browser keeps.
    ///
    /// # Errors
    /// [`Problem::ManageLinkInvalid`] where it keeps none.
    pub fn by_cookie(http: &HttpRequest, shared: &Shared) -> Result<Manage, Problem> {
        let token = MANAGE.read(http, shared).ok_or(Problem::ManageLinkInvalid)?;
        Ok(Manage { csrf: csrf::token(&shared.vault, &token), token, is_kept: true })
    }

    /// The authority of a form: the token that it carries, or else the one that the browser keeps. Whoever has
    /// the token may act, so a carried one allows no more than opening the link does.
    ///
    /// # Errors
    /// [`Problem::ManageLinkInvalid`] where there is neither.
    pub fn by_form(http: &HttpRequest, shared: &Shared, carried: &str) -> Result<Manage, Problem> {
        match carried {
            "" => Manage::by_cookie(http, shared),
            carried => Ok(Manage::by_link(http, shared, carried.to_owned())),
        }
    }

    /// The path of the reporter's page.
    pub fn path(&self) -> String {
        if self.is_kept { "/my".to_owned() } else { format!("/my/{}", self.token) }
    }

    /// The address at which the notice is changed, at that field: the form itself, or else the button on the
    /// reporter's page, because no address but the link carries the token.
    pub fn change(&self, field: &str) -> String {
        match (self.is_kept, field) {
            (true, "") => "/my/edit".to_owned(),
            (true, field) => format!("/my/edit#{field}"),
            (false, _) => format!("{}#change", self.path()),
        }
    }
}
