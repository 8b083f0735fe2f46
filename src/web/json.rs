//! JSON bodies with a size, and with errors that say which field is wrong.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::problem::{FieldFault, FieldFaults, Problem};
use super::{openapi, patience};
use crate::domain::text::one_line;

/// The largest JSON body, in bytes.
pub const MAX_JSON_BYTES: usize = 64 * 1024;

/// The longest part of an unknown field's name that is repeated to whoever sent it, in characters.
const NAME_SHOWN: usize = 60;

/// A JSON body of a known shape. Free shapes are read by their station from [`body`].
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Json<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move {
            let bytes = body(&http, payload).await?;
            read::<T, T>(&bytes).map(Json)
        })
    }
}

/// A JSON body of a known shape that may be left out, empty or `null`.
pub struct JsonIfAny<T>(pub Option<T>);

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for JsonIfAny<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<JsonIfAny<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move {
            let bytes = bytes(&http, payload).await?;
            if bytes.is_empty() {
                return Ok(JsonIfAny(None));
            }
            check_type(&http)?;
            read::<T, Option<T>>(&bytes).map(JsonIfAny)
        })
    }
}

/// Reads what has the shape of `T`, or may have it; of what does not fit every fault is named that can be.
fn read<T: ToSchema, V: DeserializeOwned>(bytes: &[u8]) -> Result<V, Problem> {
    let shape = &openapi::document()["components"]["schemas"][&*T::name()];
    serde_json::from_slice(bytes).map_err(|error| faults(&error, bytes, shape))
}

/// The bytes of a JSON body.
///
/// # Errors
/// Another content type, more than [`MAX_JSON_BYTES`], or a body that does not come in time.
pub async fn body(http: &HttpRequest, payload: Payload) -> Result<web::Bytes, Problem> {
    check_type(http)?;
    bytes(http, payload).await
}

fn check_type(http: &HttpRequest) -> Result<(), Problem> {
    let kind = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    if is_json { Ok(()) } else { Err(Problem::WrongType) }
}

async fn bytes(http: &HttpRequest, mut payload: Payload) -> Result<web::Bytes, Problem> {
    let payload = web::Payload::from_request(http, &mut payload)
        .await
        .map_err(|e| Problem::Internal(format!("no payload: {e}")))?;
    patience::within(patience::WORDS, async {
        match payload.to_bytes_limited(MAX_JSON_BYTES).await {
            Err(_) => Err(Problem::TooLarge(MAX_JSON_BYTES)),
            Ok(bytes) => bytes.map_err(|e| Problem::NotJson(e.to_string())),
        }
    })
    .await
}

/// What is wrong with a body: all of it, by the shape that the interface's description gives it.
fn faults(error: &serde_json::Error, bytes: &[u8], shape: &Value) -> Problem {
    let Ok(value) = serde_json::from_slice(bytes) else { return Problem::NotJson(error.to_string()) };
    let mut faults = FieldFaults::new();
    compare(shape, &value, "", &mut faults);
    if faults.is_empty() {
        // The same field twice, or a number beyond all bounds.
        faults.insert("body".to_owned(), FieldFault::new("wrong_type"));
    }
    Problem::Invalid(faults)
}

/// Names every field of a value that is missing, unknown or of a wrong type.
fn compare(shape: &Value, value: &Value, path: &str, faults: &mut FieldFaults) {
    let shape = followed(shape, value);
    let mut fault = |path: &str, code| {
        let named = if path.is_empty() { "body" } else { path };
        faults.entry(named.to_owned()).or_insert(FieldFault::new(code));
    };
    if !is_of(shape, value) {
        return fault(path, "wrong_type");
    }
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(fields) if shape["properties"].is_object() => {
            let required = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            for name in required.filter(|name| !fields.contains_key(*name)) {
                fault(&below(name), "required");
            }
            for (name, field) in fields {
                match shape["properties"].get(name) {
                    Some(shape) => compare(shape, field, &below(name), faults),
                    None => {
                        drop(faults.insert(below(&one_line(name, NAME_SHOWN)), FieldFault::new("unknown")))
                    }
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                compare(&shape["items"], item, &format!("{path}[{n}]"), faults);
            }
        }
        _ => {}
    }
}

/// The shape that is meant: behind a reference, and where there may be nothing, that of something.
fn followed<'a>(shape: &'a Value, value: &Value) -> &'a Value {
    if let Some(to) = shape["$ref"].as_str() {
        return followed(
            openapi::document().pointer(to.trim_start_matches('#')).unwrap_or(&Value::Null),
            value,
        );
    }
    let Some(either) = shape["oneOf"].as_array() else { return shape };
    let null = |shape: &&Value| shape["type"] == "null";
    either.iter().find(|shape| null(shape) == value.is_null()).map_or(shape, |shape| followed(shape, value))
}

fn is_of(shape: &Value, value: &Value) -> bool {
    let is = |sort: &Value| match sort.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("integer") if shape["format"] == "int32" => {
            value.as_i64().is_some_and(|n| i32::try_from(n).is_ok())
        }
        Some("integer") => value.is_i64(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        _ => true,
    };
    match &shape["type"] {
        Value::Array(sorts) => sorts.iter().any(is),
        sort => is(sort),
    }
}
