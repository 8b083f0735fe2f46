//! Checks a value against a schema: as much of JSON Schema as the description uses. An unknown keyword is an
//! error.

use chrono::{DateTime, NaiveDate, NaiveTime};
use serde_json::{Map, Value};
use seventytwo::web::openapi::document;
use url::Url;
use uuid::Uuid;

/// Keywords that say nothing about a value.
const SILENT: [&str; 6] = ["description", "default", "example", "discriminator", "deprecated", "title"];

/// Everything that is wrong with a value, each with its path.
pub fn faults(shape: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(shape, value, "", &mut found);
    found
}

fn fits(shape: &Value, value: &Value) -> bool {
    faults(shape, value).is_empty()
}

fn look(shape: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let shape = shape.as_object().unwrap_or_else(|| panic!("{shape} at {place} is no shape"));
    for (word, asked) in shape.iter().filter(|(word, _)| !SILENT.contains(&word.as_str())) {
        let right = match word.as_str() {
            "$ref" => {
                let to = asked.as_str().and_then(|to| document().pointer(to.strip_prefix('#')?));
                look(to.unwrap_or_else(|| panic!("{asked} leads nowhere")), value, place, found);
                true
            }
            "type" => names(asked).iter().any(|name| is(name, value)),
            "enum" => asked.as_array().unwrap().contains(value),
            "oneOf" => asked.as_array().unwrap().iter().filter(|shape| fits(shape, value)).count() == 1,
            "anyOf" => asked.as_array().unwrap().iter().any(|shape| fits(shape, value)),
            "allOf" => {
                asked.as_array().unwrap().iter().for_each(|shape| look(shape, value, place, found));
                true
            }
            "required" => {
                value.as_object().is_none_or(|fields| names(asked).iter().all(|n| fields.contains_key(*n)))
            }
            "properties" | "additionalProperties" => {
                value.as_object().is_none_or(|fields| known(shape, fields, word, place, found))
            }
            "propertyNames" => true,
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    look(asked, item, &format!("{place}/{n}"), found);
                }
                true
            }
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= asked.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= asked.as_u64().unwrap()),
            "uniqueItems" => value
                .as_array()
                .is_none_or(|items| items.iter().enumerate().all(|(n, item)| !items[..n].contains(item))),
            "minLength" => {
                value.as_str().is_none_or(|text| text.chars().count() as u64 >= asked.as_u64().unwrap())
            }
            "maxLength" => {
                value.as_str().is_none_or(|text| text.chars().count() as u64 <= asked.as_u64().unwrap())
            }
            "minimum" => value.as_f64().is_none_or(|number| number >= asked.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= asked.as_f64().unwrap()),
            "pattern" => value.as_str().is_none_or(|text| matches_pattern(asked.as_str().unwrap(), text)),
            "format" => value.as_str().is_none_or(|text| is_written(asked.as_str().unwrap(), text)),
            other => panic!("{other} at {place} is not known here"),
        };
        if !right {
            found.push(format!("{place}: {value} is not {word} {asked}"));
        }
    }
}

fn names(asked: &Value) -> Vec<&str> {
    match asked {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other}"),
    }
}

/// Checks the fields: those with a schema, or whether others are allowed.
fn known(
    shape: &Map<String, Value>,
    fields: &Map<String, Value>,
    word: &str,
    place: &str,
    found: &mut Vec<String>,
) -> bool {
    let named = shape.get("properties").and_then(Value::as_object);
    let of = |name: &str| named.and_then(|named| named.get(name));
    let mut right = true;
    for (name, field) in fields {
        match (word, of(name), &shape[word]) {
            ("properties", Some(shape), _) => look(shape, field, &format!("{place}/{name}"), found),
            ("additionalProperties", None, Value::Bool(may)) => right &= may,
            ("additionalProperties", None, shape) => look(shape, field, &format!("{place}/{name}"), found),
            _ => {}
        }
    }
    right
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[0-9]{6}$" => text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()),
        "^([01]?[0-9]|2[0-3]):[0-5][0-9]$" => NaiveTime::parse_from_str(text, "%H:%M").is_ok(),
        other => panic!("the pattern {other} is not known here"),
    }
}

fn is_written(format: &str, text: &str) -> bool {
    match format {
        "date-time" => DateTime::parse_from_rfc3339(text).is_ok(),
        "date" => NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok(),
        "uuid" => Uuid::parse_str(text).is_ok(),
        "uri" => Url::parse(text).is_ok(),
        "binary" => true,
        other => panic!("the format {other} is not known here"),
    }
}
