//! The time zone in which all times are read and shown.

use chrono::{DateTime, FixedOffset, Utc};

/// Beijing time, in which all times are read and shown: China has one time zone and no summer time.
pub const BEIJING: FixedOffset = FixedOffset::east_opt(8 * 3600).expect("eight hours are less than a day");

/// A moment as pages show it, to the minute.
pub fn moment(at: DateTime<Utc>) -> String {
    at.with_timezone(&BEIJING).format("%Y-%m-%d %H:%M").to_string()
}
