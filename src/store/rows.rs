//! Many rows in one statement: they travel as one JSON array, which both databases can take apart.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Conn;

/// What a column holds, and how it is spelt in the array.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holds {
    Int,
    Text,
    /// As [`id`].
    Uid,
    /// As [`time`].
    Ts,
    /// As [`bytes`].
    Bytes,
}

/// A table for `FROM`, made of parameter `$1`: an array of arrays, one value a column.
pub(super) fn from_array(conn: &Conn, columns: &[(&str, Holds)]) -> String {
    let sqlite = matches!(conn, Conn::Sqlite(_));
    let column = |(place, (name, holds)): (usize, &(&str, Holds))| {
        let value = format!("r.value ->> {place}");
        let value = match (holds, sqlite) {
            (Holds::Int | Holds::Text | Holds::Ts, true) => value,
            (Holds::Uid | Holds::Bytes, true) => format!("unhex({value})"),
            (Holds::Int, false) => format!("({value})::bigint"),
            (Holds::Text, false) => format!("({value})"),
            (Holds::Uid, false) => format!("({value})::uuid"),
            (Holds::Ts, false) => {
                format!("timestamptz 'epoch' + ({value})::bigint * interval '1 microsecond'")
            }
            (Holds::Bytes, false) => format!("decode({value}, 'hex')"),
        };
        format!("{value} AS {name}")
    };
    let columns: Vec<String> = columns.iter().enumerate().map(column).collect();
    let array = if sqlite { "json_each($1) r" } else { "jsonb_array_elements($1::jsonb) r" };
    format!("(SELECT {} FROM {array}) AS rows", columns.join(", "))
}

/// A set for `IN`, made of parameter `$1`: an array of numbers.
pub(super) fn set_from_array(conn: &Conn) -> &'static str {
    match conn {
        Conn::Sqlite(_) => "(SELECT value FROM json_each($1))",
        Conn::Pg(_) => "(SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb))",
    }
}

/// An id in the array.
pub(super) fn id(id: uuid::Uuid) -> Value {
    id.simple().to_string().into()
}

/// An instant in the array.
pub(super) fn time(at: DateTime<Utc>) -> Value {
    at.timestamp_micros().into()
}

/// Bytes in the array.
pub(super) fn bytes(bytes: &[u8]) -> Value {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect::<String>().into()
}
