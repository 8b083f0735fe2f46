//! The doors of people: log in, log out.

use actix_web::http::header::HeaderValue;
use actix_web::http::header::{LOCATION, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use url::Url;

use super::login::{Attempt, LoginError, login};
use super::{people, sessions};
use crate::web::frame::{Frame, page, page_with};
use crate::web::limits::{Limit, Limits};
use crate::web::problem::Problem;
use crate::web::request;
use crate::web::session::{
    CsrfForm, Form, SignedIn, Visitor, home, no_session_cookie, session_cookie, session_token,
};
use crate::web::shared::Shared;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    frame: Frame,
    /// One sentence about what went wrong, if anything did.
    fault: Option<String>,
    /// The name typed before.
    name: &'a str,
    next: &'a str,
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

/// The login's form.
#[derive(Deserialize)]
pub struct LoginFields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// No fields but the form's token.
#[derive(Deserialize)]
pub struct Nothing {}

/// `GET /login`: the form; somebody logged in already goes on.
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
            page(&http, &frame, &LoginPage { frame: frame.clone(), fault: None, name: "", next: &next })
        }
    }
}

/// `POST /login`: a session and the page asked for, or the form again with one general sentence.
///
/// # Errors
/// When the store fails.
pub async fn log_in(
    http: HttpRequest,
    shared: web::Data<Shared>,
    limits: web::Data<Limits>,
    form: Form<LoginFields>,
) -> Result<HttpResponse, Problem> {
    let Form(fields) = form;
    let next = own_path(&fields.next).unwrap_or_default();
    match attempt(&http, &shared, &limits, &fields).await {
        Ok((home, token)) => {
            let mut response = see_other(if next.is_empty() { home } else { &next });
            response
                .add_cookie(&session_cookie(&shared, token))
                .map_err(|e| Problem::Internal(format!("cookie: {e}")))?;
            Ok(response)
        }
        Err(problem @ (Problem::LoginRefused | Problem::TooMany { .. })) => {
            form_again(&http, &fields.name, &next, &problem)
        }
        Err(problem) => Err(problem),
    }
}

/// `GET /logout`: asks, since nothing changes by opening an address.
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
/// When the form is not of this session, or the store fails.
pub async fn log_out(
    http: HttpRequest,
    shared: web::Data<Shared>,
    _person: SignedIn,
    _form: CsrfForm<Nothing>,
) -> Result<HttpResponse, Problem> {
    if let Some(token) = session_token(&http, &shared) {
        sessions::end(&shared.store, &token).await?;
    }
    let mut response = see_other("/login");
    response
        .add_cookie(&no_session_cookie(&shared))
        .map_err(|e| Problem::Internal(format!("cookie: {e}")))?;
    Ok(response)
}

/// Counts the attempt, tries it, and answers with the person's home and the session's token.
async fn attempt(
    http: &HttpRequest,
    shared: &Shared,
    limits: &Limits,
    fields: &LoginFields,
) -> Result<(&'static str, String), Problem> {
    limits.check(Limit::LoginAddress, request::client(http, &shared.trusted_proxies))?;
    limits.check(Limit::LoginName, people::tidy(&fields.name).as_str())?;
    let attempt = Attempt { name: &fields.name, password: &fields.password, code: &fields.code };
    let previous = session_token(http, shared);
    match login(&shared.store, &shared.vault, shared.clock.now(), attempt, previous.as_deref()).await {
        Ok((account, token)) => {
            tracing::info!(account = %account.id.0, "logged in");
            Ok((home(account.role.0), token))
        }
        Err(LoginError::Refused) => {
            // The name stays out of the log: people type passwords into the wrong field.
            tracing::warn!(request_id = request::id(http), "a login was refused");
            Err(Problem::LoginRefused)
        }
        Err(LoginError::Store(error)) => Err(error.into()),
    }
}

fn form_again(
    http: &HttpRequest,
    name: &str,
    next: &str,
    problem: &Problem,
) -> Result<HttpResponse, Problem> {
    let frame = Frame::public(http);
    let fault = match problem {
        Problem::TooMany { retry_after_s } => {
            frame.tn("login-too-many", "seconds", retry_after_s.cast_signed())
        }
        _ => frame.t("login-refused"),
    };
    let template = LoginPage { frame: frame.clone(), fault: Some(fault), name, next };
    let mut response = page_with(http, &frame, &template, problem.status())?;
    if let Problem::TooMany { retry_after_s } = problem {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(*retry_after_s));
    }
    Ok(response)
}

fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

/// The path and query of `wanted`, where a browser at one of our pages would stay with us.
fn own_path(wanted: &str) -> Option<String> {
    // Browsers forgive backslashes, tabs and dots in many ways: we ask a parser that does the same.
    let here = Url::parse("http://own.invalid/").expect("a constant address");
    let there = here.join(wanted).ok().filter(|there| there.origin() == here.origin())?;
    let stays = wanted.starts_with('/') && !there.path().starts_with("//");
    let query = there.query().map(|query| format!("?{query}")).unwrap_or_default();
    stays.then(|| format!("{}{query}", there.path()))
}
