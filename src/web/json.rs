//! JSON request bodies, bounded in size, with errors that name the wrong field.
//!
//! Bodies are read by their described schema. A notice has a parser of its own (`intake/reader`), because its
//! fields depend on its kind and on each other, and its texts are screened while they are read.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::problem::{FieldFault, FieldFaults, Problem};
use super::{body, openapi};
use crate::domain::faults::NAME_SHOWN;
use crate::domain::text::one_line;

mod once;

/// The largest JSON body, in bytes.
pub const MAX_JSON_BYTES: usize = 64 * 1024;

/// A JSON body of a known schema. A station parses bodies of a free shape itself, from [`value`].
pub struct Json<T> {
    given: T,
    /// What does not fit the schema; these fields are blank in `given`.
    faults: FieldFaults,
}

impl<T> Json<T> {
    /// Parses the rest: reports all faults at once, those of the schema and those that `look` finds in the
    /// fields that fit.
    ///
    /// # Errors
    /// Everything that is wrong, by field.
    pub fn read<R>(self, look: impl FnOnce(T) -> Result<R, FieldFaults>) -> Result<R, Problem> {
        let Json { given, mut faults } = self;
        let found = match look(given) {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(_) => FieldFaults::new(),
            Err(found) => found,
        };
        // A field that is blank because it did not fit must not be faulted twice.
        let new: Vec<_> = found
            .into_iter()
            .filter(|(field, _)| !faults.keys().any(|told| is_within(told, field)))
            .collect();
        faults.extend(new);
        Err(Problem::Invalid(faults))
    }

    /// The body, where the schema is all that could be wrong.
    ///
    /// # Errors
    /// What does not fit its shape, by field.
    pub fn whole(self) -> Result<T, Problem> {
        self.read(Ok)
    }
}

/// Whether one of two fields is the other, or lies inside it.
fn is_within(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    within(one, other) || within(other, one)
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Json<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move { read::<T, T>(value(&http, payload).await?) })
    }
}

/// A JSON body of a known schema that may be missing, empty or `null`.
pub struct JsonIfAny<T>(pub Json<Option<T>>);

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest for JsonIfAny<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<JsonIfAny<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move {
            let bytes = body::read(&http, payload, MAX_JSON_BYTES).await?;
            if bytes.is_empty() {
                return Ok(JsonIfAny(Json { given: None, faults: FieldFaults::new() }));
            }
            check_type(&http)?;
            read::<T, Option<T>>(once::read(&bytes)?).map(JsonIfAny)
        })
    }
}

/// Reads a value by the schema of `T`; what does not fit is left out and faulted.
fn read<T: ToSchema, V: DeserializeOwned>(value: Value) -> Result<Json<V>, Problem> {
    if value.is_null()
        && let Ok(given) = V::deserialize(&value)
    {
        return Ok(Json { given, faults: FieldFaults::new() });
    }
    // Before it is deserialised, because serde would take an array for the fields of an object in their order.
    let shape = &openapi::document()["components"]["schemas"][&*T::name()];
    let mut faults = FieldFaults::new();
    let fitting = fit(shape, value, "", &mut faults).and_then(|fitting| serde_json::from_value(fitting).ok());
    match fitting {
        Some(given) => Ok(Json { given, faults }),
        // A number outside every integer type.
        None if faults.is_empty() => Err(Problem::invalid("body", "wrong_type")),
        None => Err(Problem::Invalid(faults)),
    }
}

/// A JSON body of any shape.
///
/// # Errors
/// A different content type, more than [`MAX_JSON_BYTES`], or a body that arrives too slowly, is not JSON, or
/// names a field twice.
pub async fn value(http: &HttpRequest, payload: Payload) -> Result<Value, Problem> {
    check_type(http)?;
    once::read(&body::read(http, payload, MAX_JSON_BYTES).await?)
}

fn check_type(http: &HttpRequest) -> Result<(), Problem> {
    let kind = http.content_type().to_ascii_lowercase();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    if is_json { Ok(()) } else { Err(Problem::WrongType) }
}

/// The part of a value that fits the schema in the API's description. Every field that is missing, unknown or
/// of the wrong type is faulted; where it is required, a blank takes its place.
fn fit(shape: &Value, value: Value, path: &str, faults: &mut FieldFaults) -> Option<Value> {
    let shape = followed(shape, &value);
    if !is_of(shape, &value) {
        let named = if path.is_empty() { "body" } else { path };
        faults.insert(named.to_owned(), FieldFault::new("wrong_type"));
        return None;
    }
    match value {
        Value::Object(fields) if shape["properties"].is_object() => {
            Some(Value::Object(fit_fields(shape, fields, path, faults)))
        }
        Value::Array(items) => {
            let fitting = items.into_iter().enumerate();
            Some(
                fitting
                    .filter_map(|(n, item)| fit(&shape["items"], item, &format!("{path}[{n}]"), faults))
                    .collect(),
            )
        }
        value => Some(value),
    }
}

fn fit_fields(
    shape: &Value,
    fields: Map<String, Value>,
    path: &str,
    faults: &mut FieldFaults,
) -> Map<String, Value> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let mut fitting = Map::new();
    for (name, field) in fields {
        match shape["properties"].get(&name) {
            Some(shape) => {
                fitting.extend(fit(shape, field, &below(&name), faults).map(|field| (name, field)))
            }
            None => drop(faults.insert(below(&one_line(&name, NAME_SHOWN)), FieldFault::new("unknown"))),
        }
    }
    let required = shape["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    for name in required {
        if !fitting.contains_key(name) {
            faults.entry(below(name)).or_insert(FieldFault::new("required"));
            fitting.insert(name.to_owned(), blank(&shape["properties"][name]));
        }
    }
    fitting
}

/// A placeholder for a required value.
fn blank(shape: &Value) -> Value {
    match followed(shape, &Value::Bool(true))["type"].as_str() {
        Some("string") => json!(""),
        Some("integer") => json!(0),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        _ => json!({}),
    }
}

/// The effective schema: behind a reference, and for a nullable schema the one that suits the value.
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
