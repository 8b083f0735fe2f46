//! How a form asks for a day and a time of it: in two fields, because a browser sends a combined one empty
//! when only the day is filled in. A calendar would throw away what it cannot read, so that goes back into a
//! plain line.

use chrono::{NaiveDate, NaiveTime};

/// The attributes of the field for the day.
pub fn day(typed: &str) -> &'static str {
    if typed.is_empty() || NaiveDate::parse_from_str(typed, "%Y-%m-%d").is_ok() {
        r#"type="date""#
    } else {
        ""
    }
}

/// The attributes of the field for the time.
pub fn time(typed: &str) -> &'static str {
    if typed.is_empty() || NaiveTime::parse_from_str(typed, "%H:%M").is_ok() { r#"type="time""# } else { "" }
}
