//! Who is asking: programs with a bearer token, and people with a session cookie. `forms` holds the forms
//! that only our own pages may send.
//!
//! The two never mix: the API accepts no cookie, so no other site can make a browser call it.

use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::future::{LocalBoxFuture, OptionFuture};
use url::form_urlencoded;
use uuid::Uuid;

use super::cookies::{MAX_TOKEN_BYTES, SESSION};
use super::csrf;
use super::frame::{Frame, Person, Who};
use super::limits::Limit;
use super::problem::Problem;
use super::shared::Shared;
use crate::accounts::{sessions, tokens};
use crate::domain::case_number::CaseNumber;
use crate::domain::people::Role;
use crate::store::accounts::Account;
use crate::store::notices;
use crate::vault::token_hash;

mod forms;
#[cfg(test)]
mod tests;

pub use forms::{CsrfForm, Form, MAX_FORM_BYTES, guarded_form, managed_form};

fn shared(http: &HttpRequest) -> Result<&web::Data<Shared>, Problem> {
    http.app_data().ok_or_else(|| Problem::Internal("the routes lack Shared".to_owned()))
}

fn bearer(http: &HttpRequest) -> Option<&str> {
    sent_token(http).filter(|token| !token.is_empty() && token.len() <= MAX_TOKEN_BYTES)
}

/// What is sent as a bearer token, plausible or not.
fn sent_token(http: &HttpRequest) -> Option<&str> {
    let value = http.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn require(account: &Account, role: Role) -> Result<&Account, Problem> {
    if account.role.includes(role) { Ok(account) } else { Err(Problem::Forbidden) }
}

/// A program that acts for an account, by its API token. 401 `login_required` without a valid one.
pub struct Caller(Account);

impl Caller {
    /// The account, if its role includes `role`; the only way to get at the account.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub fn require(&self, role: Role) -> Result<&Account, Problem> {
        require(&self.0, role)
    }

    /// The account's id, whatever its role.
    pub const fn account_id(&self) -> Uuid {
        self.0.id.0
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Caller, Problem>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let http = http.clone();
        Box::pin(async move {
            let shared = shared(&http)?;
            let token = bearer(&http).ok_or(Problem::LoginRequired)?;
            let account = tokens::find(&shared.store, shared.clock.now(), token).await?;
            account.map(Caller).ok_or(Problem::LoginRequired)
        })
    }
}

/// [`Caller`] where a token is sent, nobody where none is.
pub struct AnyCaller(pub Option<Caller>);

impl FromRequest for AnyCaller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<AnyCaller, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // Whoever sends one that does not hold is told so: taken for nobody, they could approve their own notice.
        let caller = sent_token(http).map(|_| Caller::from_request(http, payload));
        Box::pin(async move { Ok(AnyCaller(OptionFuture::from(caller).await.transpose()?)) })
    }
}

/// The token of a reporter's manage link, sent as a bearer token; it opened a notice a moment ago. 401
/// `manage_link_invalid` for any other, and 429 once a client has tried too many.
pub struct ManageToken(pub String);

impl FromRequest for ManageToken {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<ManageToken, Problem>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let http = http.clone();
        Box::pin(async move {
            let token = bearer(&http).ok_or(Problem::ManageLinkInvalid)?;
            let hash = token_hash(token);
            let found = shared(&http)?.store.read(move |c| notices::by_manage_hash(c, &hash)).await?;
            if found.is_none() {
                shared(&http)?.count(&http, Limit::Reads)?;
                return Err(Problem::ManageLinkInvalid);
            }
            Ok(ManageToken(token.to_owned()))
        })
    }
}

/// Who asks, and then what: whoever may not ask at all learns nothing about the body, whichever of the two is
/// ready first.
pub struct AuthFirst<W, B>(pub W, pub B);

impl<W, B> FromRequest for AuthFirst<W, B>
where
    W: FromRequest<Error = Problem> + 'static,
    B: FromRequest<Error = Problem> + 'static,
{
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<AuthFirst<W, B>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let who = W::from_request(http, payload);
        let (http, mut payload) = (http.clone(), payload.take());
        Box::pin(async move { Ok(AuthFirst(who.await?, B::from_request(&http, &mut payload).await?)) })
    }
}

/// A person who is logged in. Anybody else is sent to the login page and returns afterwards.
pub struct SignedIn {
    account: Account,
    csrf: String,
}

impl SignedIn {
    /// The account, if its role includes `role`; the only way to get at the account.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub fn require(&self, role: Role) -> Result<&Account, Problem> {
        require(&self.account, role)
    }

    /// The frame of this person's pages.
    pub fn frame(&self, http: &HttpRequest) -> Frame {
        Frame::for_account(http, &self.account.name, self.account.role, self.csrf.clone())
    }

    /// The page where people of this role start.
    pub const fn home(&self) -> &'static str {
        home(self.account.role)
    }
}

impl FromRequest for SignedIn {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<SignedIn, actix_web::Error>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let http = http.clone();
        Box::pin(async move {
            match signed_in(&http).await? {
                Some(person) => Ok(person),
                None => Err(LoginFirst::then(&http).into()),
            }
        })
    }
}

/// Anybody who reads a page, logged in or not.
pub struct Visitor(pub Option<SignedIn>);

impl Visitor {
    /// The account's id, whatever its role; `None` where nobody is logged in.
    pub fn account_id(&self) -> Option<Uuid> {
        self.0.as_ref().map(|person| person.account.id.0)
    }

    /// The frame of the page, with the person's name where one is logged in.
    pub fn frame(&self, http: &HttpRequest) -> Frame {
        self.0.as_ref().map_or_else(|| Frame::public(http), |person| person.frame(http))
    }
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Visitor, Problem>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let http = http.clone();
        Box::pin(async move { signed_in(&http).await.map(Visitor) })
    }
}

async fn signed_in(http: &HttpRequest) -> Result<Option<SignedIn>, Problem> {
    let shared = shared(http)?;
    let Some(token) = SESSION.read(http, shared) else { return Ok(None) };
    let account = sessions::find(&shared.store, shared.clock.now(), &token).await?;
    let person = account.map(|account| SignedIn { account, csrf: csrf::token(&shared.vault, &token) });
    if let Some(SignedIn { account, csrf }) = &person {
        let who = Who { name: account.name.clone(), role: account.role };
        http.extensions_mut().insert(Person { who, csrf: csrf.clone() });
    }
    Ok(person)
}

/// The page where people of that role start.
pub const fn home(role: Role) -> &'static str {
    match role {
        Role::Moderator | Role::Lead => "/review",
        Role::GroupAdmin => "/groups",
        Role::Operator => "/",
    }
}

/// Redirects a browser to the login page, and from there back to the page it asked for.
#[derive(Debug, thiserror::Error)]
#[error("nobody is logged in")]
struct LoginFirst {
    at: String,
    /// The form of a case is sent along, so that the typed text is not lost.
    with_form: bool,
}

impl LoginFirst {
    fn then(http: &HttpRequest) -> LoginFirst {
        let (wanted, with_form) = if matches!(*http.method(), Method::GET | Method::HEAD) {
            (http.uri().path_and_query().map(|wanted| wanted.as_str().to_owned()), false)
        } else {
            // Returning to the path of a form would not submit it again, so the reader returns to the form's
            // page.
            let page = page_of_form(http.path());
            let is_case = page.as_deref().is_some_and(is_case_page);
            (page, is_case)
        };
        let next = |wanted: String| {
            form_urlencoded::Serializer::new(String::new()).append_pair("next", &wanted).finish()
        };
        let at = wanted.map_or_else(|| "/login".to_owned(), |wanted| format!("/login?{}", next(wanted)));
        LoginFirst { at, with_form }
    }
}

/// The page of the case or group whose form is sent to that path.
fn page_of_form(path: &str) -> Option<String> {
    let mut parts = path.split('/').skip(1);
    let (room, of) = (parts.next()?, parts.next()?);
    let page = format!("/{room}/{of}");
    let is_there = is_case_page(&page) || (room == "groups" && of.parse::<Uuid>().is_ok());
    is_there.then_some(page)
}

/// Whether it is the path of a case's page.
pub fn is_case_page(path: &str) -> bool {
    path.strip_prefix("/review/").is_some_and(|case| case.parse::<CaseNumber>().is_ok())
}

impl ResponseError for LoginFirst {
    fn status_code(&self) -> StatusCode {
        if self.with_form { StatusCode::TEMPORARY_REDIRECT } else { StatusCode::SEE_OTHER }
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code()).insert_header((header::LOCATION, self.at.as_str())).finish()
    }
}
