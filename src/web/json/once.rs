//! JSON in which every object names a field once. RFC 8259 leaves open which of two counts, so both are
//! refused.

use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::Problem;
use crate::domain::faults::NAME_SHOWN;
use crate::domain::text::one_line;

/// Reads a value.
///
/// # Errors
/// [`Problem::NotJson`], or the first field that occurs twice.
pub fn read(bytes: &[u8]) -> Result<Value, Problem> {
    let mut trail = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = Once(&mut trail).deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    value.map_err(|error| match path(trail) {
        Some(field) => Problem::invalid(&field, "repeated"),
        None => Problem::NotJson(error.to_string()),
    })
}

/// The dotted name of a field, from its parts, which come innermost first.
fn path(trail: Vec<String>) -> Option<String> {
    let outer_first = trail.into_iter().rev();
    outer_first
        .reduce(|path, part| if part.starts_with('[') { path + &part } else { format!("{path}.{part}") })
}

/// Reads one value. Where a field inside occurs twice, its name and those of its parents are left in the
/// vector.
struct Once<'a>(&'a mut Vec<String>);

impl Once<'_> {
    /// Adds the enclosing name to those left by an error.
    fn within<T, E>(&mut self, read: Result<T, E>, name: impl FnOnce() -> String) -> Result<T, E> {
        if read.is_err() && !self.0.is_empty() {
            self.0.push(name());
        }
        read
    }
}

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, is: bool) -> Result<Value, E> {
        Ok(Value::Bool(is))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        loop {
            let item = items.next_element_seed(Once(self.0));
            match self.within(item, || format!("[{}]", read.len()))? {
                Some(item) => read.push(item),
                None => return Ok(Value::Array(read)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let shown = || one_line(&name, NAME_SHOWN);
            if read.contains_key(&name) {
                self.0.push(shown());
                return Err(A::Error::custom("a field is there twice"));
            }
            let value = fields.next_value_seed(Once(self.0));
            let value = self.within(value, shown)?;
            read.insert(name, value);
        }
        Ok(Value::Object(read))
    }
}
