//! The two cookies that let a browser act. Each carries a token, and only until the browser is closed,
//! because volunteers and families share computers.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};

use super::problem::Problem;
use super::shared::Shared;

/// The longest token accepted, in bytes.
pub const MAX_TOKEN_BYTES: usize = 200;

/// A cookie, by its two names.
#[derive(Clone, Copy, Debug)]
pub struct TokenCookie {
    plain: &'static str,
    /// The name over TLS; its prefix makes browsers accept the cookie from this very host only.
    secure: &'static str,
}

/// The session of a person who is logged in.
pub const SESSION: TokenCookie = TokenCookie { plain: "session", secure: "__Host-session" };
/// The reporter's authority over a notice.
pub const MANAGE: TokenCookie = TokenCookie { plain: "manage", secure: "__Host-manage" };

impl TokenCookie {
    fn name(self, shared: &Shared) -> &'static str {
        if shared.is_https() { self.secure } else { self.plain }
    }

    /// The token, as the browser sent it.
    pub fn read(self, http: &HttpRequest, shared: &Shared) -> Option<String> {
        let cookie = http.cookie(self.name(shared))?;
        (1..=MAX_TOKEN_BYTES).contains(&cookie.value().len()).then(|| cookie.value().to_owned())
    }

    /// Whether the browser sent the cookie at all: one that was set empty shows that it keeps cookies.
    pub fn comes_back(self, http: &HttpRequest, shared: &Shared) -> bool {
        http.cookie(self.name(shared)).is_some()
    }

    /// Lets the browser keep the token.
    ///
    /// # Errors
    /// When it cannot be a header, which is a bug.
    pub fn set(self, answer: &mut HttpResponse, shared: &Shared, token: String) -> Result<(), Problem> {
        let set = answer.add_cookie(&self.with(shared, token));
        set.map_err(|e| Problem::Internal(format!("the cookie {}: {e}", self.plain)))
    }

    /// The cookie that carries this token.
    pub fn with(self, shared: &Shared, token: String) -> Cookie<'static> {
        Cookie::build(self.name(shared), token)
            .path("/")
            .secure(shared.is_https())
            .http_only(true)
            .same_site(SameSite::Lax)
            .finish()
    }

    /// The cookie that removes the token.
    pub fn gone(self, shared: &Shared) -> Cookie<'static> {
        let mut cookie = self.with(shared, String::new());
        cookie.make_removal();
        cookie
    }
}
