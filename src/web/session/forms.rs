//! HTML forms: bounded and read as a whole. A form that acts for a person must come from a page of ours.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::shared;
use crate::web::body;
use crate::web::cookies::SESSION;
use crate::web::csrf;
use crate::web::manage::{Manage, TOKEN_FIELD};
use crate::web::problem::{FieldFaults, Problem};

/// The largest form, in bytes.
pub const MAX_FORM_BYTES: usize = 64 * 1024;

/// The form field with the CSRF token.
const CSRF_FIELD: &str = "csrf";

/// A form that anybody may send. `web::request` has already refused forms from other sites.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Form<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move {
            let body = form_body(&http, payload).await?;
            fields(&body).map(Form)
        })
    }
}

/// A form from a page shown in this session. Its `csrf` field is checked here and nowhere else, and is not
/// part of `T`. For fields that may occur several times, `T` is `Vec<(String, String)>`.
pub struct CsrfForm<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for CsrfForm<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<CsrfForm<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move {
            let shared = shared(&http)?;
            let token = SESSION.read(&http, shared).ok_or(Problem::LoginRequired)?;
            guarded_form(&http, payload, &token).await.map(CsrfForm)
        })
    }
}

/// A form from a page shown under `authority`, the value of the cookie that lets its reader act.
///
/// # Errors
/// [`Problem::CrossSite`] where it did not come from such a page; else the faults of the form.
pub async fn guarded_form<T: DeserializeOwned>(
    http: &HttpRequest,
    payload: Payload,
    authority: &str,
) -> Result<T, Problem> {
    guarded(http, &form_body(http, payload).await?, authority)
}

/// A form from one of the reporter's pages, and the authority that it acts by.
///
/// # Errors
/// [`Problem::ManageLinkInvalid`] without any authority; else those of [`guarded_form`].
pub async fn managed_form<T: DeserializeOwned>(
    http: &HttpRequest,
    payload: Payload,
) -> Result<(Manage, T), Problem> {
    let body = form_body(http, payload).await?;
    let carried = form_urlencoded::parse(&body).find(|(name, _)| name == TOKEN_FIELD);
    let manage = Manage::by_form(http, shared(http)?, carried.as_ref().map_or("", |(_, token)| token))?;
    let form = guarded(http, &body, &manage.token)?;
    Ok((manage, form))
}

fn guarded<T: DeserializeOwned>(http: &HttpRequest, body: &[u8], authority: &str) -> Result<T, Problem> {
    let (guards, rest): (Vec<_>, Vec<_>) =
        form_urlencoded::parse(body).partition(|(name, _)| name == CSRF_FIELD);
    let given = guards.first().map_or("", |(_, value)| value);
    csrf::check(&shared(http)?.vault, authority, given)?;
    fields(form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish().as_bytes())
}

async fn form_body(http: &HttpRequest, payload: Payload) -> Result<web::Bytes, Problem> {
    if !http.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::WrongType);
    }
    body::read(http, payload, MAX_FORM_BYTES).await
}

fn fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::Invalid(FieldFaults::new()))?;
    web::Query::<T>::from_query(text)
        .map(web::Query::into_inner)
        .map_err(|_| Problem::Invalid(FieldFaults::new()))
}
