//! The pages for logging in and out.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use url::Url;

use super::login::{LoginError, Typed, login};
use super::{people, sessions};
use crate::store::accounts::Account;
use crate::web::cookies::SESSION;
use crate::web::csrf;
use crate::web::frame::{Frame, page, page_with, see_other};
use crate::web::limits::{Limit, network};
use crate::web::problem::Problem;
use crate::web::request;
use crate::web::session::{CsrfForm, Form, SignedIn, Visitor, home, is_case_page};
use crate::web::shared::Shared;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    frame: Frame,
    /// One sentence about what went wrong, if anything did.
    fault: Option<String>,
    /// The name that was typed before.
    name: &'a str,
    next: &'a str,
    words: Option<&'a Words>,
}

/// Leads back to the case and carries the typed text along.
#[derive(Template)]
#[template(path = "login_back.html")]
struct BackPage<'a> {
    frame: Frame,
    /// The page of the case.
    next: &'a str,
    words: &'a Words,
}

/// What a person had typed into the form of a case when their session ended. It travels from page to page
/// until they are back at the case, and is stored nowhere.
#[derive(Default, Deserialize)]
struct Words {
    /// The writer: another person who logs in at that browser does not get the text.
    #[serde(default)]
    writer: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    note: String,
}

#[derive(Template)]
#[template(path = "logout.html")]
struct LogoutPage {
    frame: Frame,
}

/// Where to go after the login.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
}

/// The fields of the login form, or of a case's form that led to the login.
#[derive(Deserialize)]
pub struct LoginFields {
    /// Absent where the login form has not been shown yet.
    name: Option<String>,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
    #[serde(flatten)]
    words: Words,
}

impl LoginFields {
    /// The typed text of a case's form, where there is any.
    fn words(&self, next: &str) -> Option<&Words> {
        let filled = !self.words.reason.is_empty() || !self.words.note.trim().is_empty();
        (filled && !self.words.action.is_empty() && is_case_page(next)).then_some(&self.words)
    }
}

/// No fields but the form's token.
#[derive(Deserialize)]
pub struct Nothing {}

/// `GET /login`: the form; a person who is logged in already is sent on.
///
/// # Errors
/// When the page cannot be rendered.
pub async fn show_login(
    http: HttpRequest,
    visitor: Visitor,
    query: web::Query<Next>,
) -> Result<HttpResponse, Problem> {
    let next = own_path(&query.next).unwrap_or_default();
    match &visitor.0 {
        Some(person) => Ok(see_other(if next.is_empty() { person.home() } else { &next })),
        None => {
            let frame = Frame::public(&http);
            let template =
                LoginPage { frame: frame.clone(), fault: None, name: "", next: &next, words: None };
            page(&http, &frame, &template)
        }
    }
}

/// `POST /login`: a session and a redirect to the page asked for, or the form again with one general
/// sentence. Text from the form of a case goes along to that case; nothing is decided by it.
pub async fn log_in(
    http: HttpRequest,
    shared: web::Data<Shared>,
    query: web::Query<Next>,
    form: Form<LoginFields>,
) -> Result<HttpResponse, Problem> {
    let Form(fields) = form;
    let next = if fields.next.is_empty() { &query.next } else { &fields.next };
    let next = own_path(next).unwrap_or_default();
    let words = fields.words(&next);
    let Some(name) = fields.name.as_deref() else {
        let frame = Frame::public(&http);
        let template = LoginPage { frame: frame.clone(), fault: None, name: "", next: &next, words };
        return page_with(&http, &frame, &template, Problem::LoginRequired.status());
    };
    match attempt(&http, &shared, &fields, name).await {
        Ok((account, token)) => {
            let mut response = match words.filter(|words| words.writer == account.name) {
                Some(words) => {
                    let csrf = csrf::token(&shared.vault, &token);
                    let frame = Frame::for_account(&http, &account.name, account.role, csrf);
                    page(&http, &frame, &BackPage { frame: frame.clone(), next: &next, words })?
                }
                None if next.is_empty() => see_other(home(account.role)),
                None => see_other(&next),
            };
            SESSION.set(&mut response, &shared, token)?;
            Ok(response)
        }
        Err(problem @ (Problem::LoginRefused | Problem::TooMany { .. })) => {
            form_again(&http, (name, &next, words), &problem)
        }
        Err(problem) => Err(problem),
    }
}

/// `GET /logout`: asks for confirmation, because a GET changes nothing.
///
/// # Errors
/// When the page cannot be rendered.
pub async fn show_logout(http: HttpRequest, person: SignedIn) -> Result<HttpResponse, Problem> {
    let frame = person.frame(&http);
    page(&http, &frame, &LogoutPage { frame: frame.clone() })
}

/// `POST /logout`: ends the session.
///
/// # Errors
/// When the form is from another session, or the store fails.
pub async fn log_out(
    http: HttpRequest,
    shared: web::Data<Shared>,
    _person: SignedIn,
    _form: CsrfForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    if let Some(token) = SESSION.read(&http, &shared) {
        sessions::end(&shared.store, &token).await?;
    }
    let mut response = see_other("/login");
    response.add_cookie(&SESSION.gone(&shared)).map_err(|e| Problem::Internal(format!("cookie: {e}")))?;
    Ok(response)
}

/// Counts the attempt, tries it, and returns the account and the session's token.
async fn attempt(
    http: &HttpRequest,
    shared: &Shared,
    fields: &LoginFields,
    typed: &str,
) -> Result<(Account, String), Problem> {
    let (address, name) = (shared.client(http), people::tidy(typed));
    // In this order, so that attempts refused by network do not count against the name.
    shared.limits.check(Limit::LoginNetwork, address)?;
    shared.limits.check(Limit::LoginFrom, (name.as_str(), address))?;
    shared.limits.check(Limit::LoginName, name.as_str())?;
    let attempt = Typed { name: typed, password: &fields.password, code: &fields.code };
    let previous = SESSION.read(http, shared);
    match login(&shared.store, &shared.vault, shared.clock.now(), attempt, previous.as_deref()).await {
        Ok((account, token)) => {
            tracing::info!(account = %account.id.0, "logged in");
            Ok((account, token))
        }
        Err(LoginError::Refused { account }) => {
            // The name is not logged, because people type passwords into the wrong field.
            let (account, network) = (account.map(tracing::field::display), network(address));
            tracing::warn!(request_id = request::id(http), account, %network, "a login was refused");
            Err(Problem::LoginRefused)
        }
        Err(LoginError::Store(error)) => Err(error.into()),
        Err(error @ LoginError::BrokenOff(_)) => Err(Problem::Internal(error.to_string())),
    }
}

fn form_again(
    http: &HttpRequest,
    (name, next, words): (&str, &str, Option<&Words>),
    problem: &Problem,
) -> Result<HttpResponse, Problem> {
    let frame = Frame::public(http);
    let fault = match problem {
        Problem::TooMany { retry_after_s, .. } => {
            frame.tn("login-too-many", "seconds", retry_after_s.cast_signed())
        }
        _ => frame.t("login-refused"),
    };
    let template = LoginPage { frame: frame.clone(), fault: Some(fault), name, next, words };
    let mut response = page_with(http, &frame, &template, problem.status())?;
    if let Some(seconds) = problem.retry_after_s() {
        request::retry_after(&mut response, seconds);
    }
    Ok(response)
}

/// The path and query of `wanted`, if a browser on our page would stay on our site; else `None`.
fn own_path(wanted: &str) -> Option<String> {
    // Browsers tolerate backslashes, tabs and dots in many ways, so a parser that follows the same rules
    // decides.
    let here = Url::parse("http://own.invalid/").expect("a constant address");
    let there = here.join(wanted).ok().filter(|there| there.origin() == here.origin())?;
    let stays = wanted.starts_with('/') && !there.path().starts_with("//");
    let query = there.query().map(|query| format!("?{query}")).unwrap_or_default();
    stays.then(|| format!("{}{query}", there.path()))
}

#[cfg(test)]
mod tests;
