//! How a form asks for a day and a time of it. Two fields, for one that wants both is sent empty where only
//! the day is known; and a calendar would throw away what it cannot read, so that goes back into a plain
//! line.

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
