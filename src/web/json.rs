//! JSON bodies with a size, and with errors that say which field is wrong.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::problem::{FieldFault, FieldFaults, Problem};

/// The largest JSON body, in bytes.
pub const MAX_JSON_BYTES: usize = 64 * 1024;

/// A JSON body of a known shape. Free shapes are read by their station from [`body`].
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Json<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move {
            let bytes = body(&http, payload).await?;
            serde_json::from_slice(&bytes).map(Json).map_err(|e| shape(&e))
        })
    }
}

/// The bytes of a JSON body.
///
/// # Errors
/// Another content type, or more than [`MAX_JSON_BYTES`].
pub async fn body(http: &HttpRequest, mut payload: Payload) -> Result<web::Bytes, Problem> {
    let kind = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !kind.ends_with("+json") {
        return Err(Problem::WrongType);
    }
    let payload = web::Payload::from_request(http, &mut payload)
        .await
        .map_err(|e| Problem::Internal(format!("no payload: {e}")))?;
    match payload.to_bytes_limited(MAX_JSON_BYTES).await {
        Err(_) => Err(Problem::TooLarge(MAX_JSON_BYTES)),
        Ok(bytes) => bytes.map_err(|e| Problem::NotJson(e.to_string())),
    }
}

/// What serde says about a body, as a problem: a field's name where it names one.
fn shape(error: &serde_json::Error) -> Problem {
    if error.is_syntax() || error.is_eof() {
        return Problem::NotJson(error.to_string());
    }
    let words = error.to_string();
    let code = if words.starts_with("unknown field") {
        "unknown"
    } else if words.starts_with("missing field") {
        "required"
    } else {
        "wrong_type"
    };
    // Of a wrong type serde quotes the value, not the field.
    let is_named = ["unknown field", "missing field", "duplicate field"].iter().any(|w| words.starts_with(w));
    let field = words.split('`').nth(1).filter(|_| is_named).unwrap_or("body").to_owned();
    Problem::Invalid(FieldFaults::from([(field, FieldFault::new(code))]))
}
