//! What every page needs around its own content, and how a page becomes a response.

use std::sync::Arc;

use actix_web::http::header::LOCATION;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;

use super::problem::Problem;
use super::request;
use super::shared::Shared;
use crate::domain::language::Language;
use crate::domain::people::Role;
use crate::language::{Words, text, text_with};

/// The logged-in person, as the page's header shows them.
#[derive(Clone, Debug)]
pub struct Who {
    pub name: String,
    pub role: Role,
}

/// The logged-in person of a request, noted with it once their session is known.
#[derive(Clone)]
pub struct Person {
    pub who: Who,
    /// The token of their forms.
    pub csrf: String,
}

/// The frame of a page: language, logged-in person, CSRF token, and the page's path.
#[derive(Clone, Debug)]
pub struct Frame {
    pub language: Language,
    pub who: Option<Who>,
    /// For forms that act for a session or a manage link; empty on public pages.
    pub csrf: String,
    /// The path of this page, for the link to the other language.
    pub path: String,
    /// Whether this page answers a form that was sent to [`Frame::apart`].
    pub sent: bool,
    /// Larger letters and touch targets, by the reader's choice.
    pub large: bool,
    /// How people reach the operator, where they are told.
    pub contact: Option<Arc<str>>,
}

/// The cookie that keeps the choice of large letters; the query parameter has the same name.
pub const LARGE_COOKIE: &str = "big";

/// The query of [`Frame::apart`].
const SENT: &str = "sent";

impl Frame {
    /// The frame of a public page.
    pub fn public(http: &HttpRequest) -> Frame {
        let large = match request::asked(http, LARGE_COOKIE).next() {
            Some(choice) => choice == "1",
            None => http.cookie(LARGE_COOKIE).is_some_and(|c| c.value() == "1"),
        };
        Frame {
            language: request::language(http),
            who: None,
            csrf: String::new(),
            // Browsers read a path that begins with two slashes, of either kind, as another host.
            path: format!("/{}", http.path().trim_start_matches(['/', '\\'])),
            sent: http.query_string() == SENT,
            large,
            contact: http.app_data::<web::Data<Shared>>().and_then(|shared| shared.contact.clone()),
        }
    }

    /// The frame of a page for a logged-in person.
    pub fn for_account(http: &HttpRequest, name: &str, role: Role, csrf: String) -> Frame {
        Frame { who: Some(Who { name: name.to_owned(), role }), csrf, ..Frame::public(http) }
    }

    /// The sentence under a key.
    pub fn t(&self, key: &str) -> String {
        text(self.language, key)
    }

    /// A sentence with one value filled in.
    pub fn t1(&self, key: &str, name: &str, value: impl std::fmt::Display) -> String {
        text_with(self.language, key, &[(name, value.to_string().into())])
    }

    /// A sentence with a number filled in, so that its plural is right.
    pub fn tn(&self, key: &str, name: &str, number: i64) -> String {
        text_with(self.language, key, &[(name, number.into())])
    }

    /// What goes between two sentences.
    pub const fn gap(&self) -> &'static str {
        Words(self.language).gap()
    }

    /// The language tag of the page.
    pub fn tag(&self) -> &'static str {
        self.language.as_str()
    }

    /// The URL of the same page in the other language.
    pub fn other_language(&self) -> String {
        let other = match self.language {
            Language::ZhCn => Language::En,
            Language::En => Language::ZhCn,
        };
        format!("{}?lang={}", self.path, other.as_str())
    }

    /// The URL of the same page in the other letter size.
    pub fn other_size(&self) -> String {
        format!("{}?big={}", self.path, u8::from(!self.large))
    }

    /// Where a long form of this page is sent: `path`, but never at this page's own address. If the network is
    /// away, the browser's error page would replace a page of the same address in the history, with all that was
    /// typed; at another address, Back returns to it.
    pub fn apart(&self, path: &str) -> String {
        format!("{path}?{}", if self.sent { "again" } else { SENT })
    }

    /// Whether the logged-in person may do what `role` may.
    pub fn may(&self, role: Role) -> bool {
        self.who.as_ref().is_some_and(|who| who.role.includes(role))
    }
}

/// A rendered page. It sets the cookies that keep the reader's choice of language and size.
///
/// # Errors
/// When the template fails, which is a bug.
pub fn page(http: &HttpRequest, frame: &Frame, template: &impl Template) -> Result<HttpResponse, Problem> {
    page_with(http, frame, template, StatusCode::OK)
}

/// A rendered page with a status other than 200.
///
/// # Errors
/// When the template fails, which is a bug.
pub fn page_with(
    http: &HttpRequest,
    frame: &Frame,
    template: &impl Template,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let html = template.render().map_err(|e| Problem::Internal(format!("template: {e}")))?;
    let mut response = HttpResponse::build(status);
    response.content_type("text/html; charset=utf-8").insert_header(("content-language", frame.tag()));
    for (name, value) in
        [(request::LANGUAGE_COOKIE, frame.tag()), (LARGE_COOKIE, if frame.large { "1" } else { "0" })]
    {
        if request::asked(http, name).next().is_some() {
            response.cookie(
                actix_web::cookie::Cookie::build(name, value)
                    .path("/")
                    .same_site(actix_web::cookie::SameSite::Lax)
                    .max_age(actix_web::cookie::time::Duration::days(365))
                    .finish(),
            );
        }
    }
    Ok(response.body(html))
}

/// Redirects the browser to another page.
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: &'a Frame,
    title: String,
    detail: String,
    request_id: &'a str,
    login: bool,
    /// The address to try again at, where waiting helps.
    again: Option<String>,
    /// Whether the browser still has the form with what was typed, so that going back helps.
    go_back: bool,
}

/// The address of this page, as it was asked for.
fn again(http: &HttpRequest, frame: &Frame) -> String {
    match http.query_string() {
        "" => frame.path.clone(),
        query => format!("{}?{query}", frame.path),
    }
}

/// A problem as a page; for whoever is known to be logged in, one of their own.
pub fn problem_page(http: &HttpRequest, problem: &Problem, request_id: &str) -> HttpResponse {
    let person = http.extensions().get::<Person>().cloned();
    let frame = person.map_or_else(
        || Frame::public(http),
        |Person { who, csrf }| Frame::for_account(http, &who.name, who.role, csrf),
    );
    let template = ProblemPage {
        title: problem.title(frame.language),
        detail: problem.detail(frame.language),
        login: matches!(problem, Problem::LoginRequired),
        again: (http.method() == Method::GET && matches!(problem, Problem::TooMany { .. }))
            .then(|| again(http, &frame)),
        go_back: matches!(problem, Problem::TooLarge(_)),
        // A request id helps only where the fault is ours.
        request_id: if problem.status().is_server_error() { request_id } else { "" },
        frame: &frame,
    };
    page_with(http, &frame, &template, problem.status())
        .unwrap_or_else(|problem| problem.to_json_response(frame.language, request_id))
}
