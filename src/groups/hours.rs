//! Quiet hours as people write them: times of the day in Beijing time.

use chrono::{NaiveTime, Timelike};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::quiet::Quiet;
use crate::domain::text::narrow;

/// The quiet hours of a group, every day.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// `HH:MM`, Beijing time.
    #[schema(example = "22:00")]
    pub from: String,
    /// `HH:MM`; before `from` where they last over midnight.
    #[schema(example = "07:00")]
    pub until: String,
    /// Notices about life at risk are delivered all the same; `true` where absent.
    #[serde(default = "yes")]
    pub but_urgent: bool,
}

impl From<Quiet> for Hours {
    fn from(quiet: Quiet) -> Hours {
        Hours { from: clock(quiet.from), until: clock(quiet.until), but_urgent: quiet.but_urgent }
    }
}

impl Default for Hours {
    /// No hours; the switch for urgent notices is on.
    fn default() -> Hours {
        Hours { from: String::new(), until: String::new(), but_urgent: true }
    }
}

impl Hours {
    /// Whether nothing was filled in.
    pub(super) fn is_blank(&self) -> bool {
        self.from.trim().is_empty() && self.until.trim().is_empty()
    }
}

const fn yes() -> bool {
    true
}

/// Parses a time of the day into a minute, 0 to 1439.
pub(super) fn minute(written: &str) -> Option<i16> {
    let time = NaiveTime::parse_from_str(narrow(written).trim(), "%H:%M").ok()?;
    i16::try_from(time.hour() * 60 + time.minute()).ok()
}

/// A minute of the day as people write it.
fn clock(minute: i16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::quiet::DAY;

    #[test]
    fn times_are_read_as_they_are_typed() {
        for (written, read) in [
            ("22:00", Some(1320)),
            ("00:00", Some(0)),
            (" 7:05 ", Some(425)),
            ("２２：３０", Some(1350)),
            ("24:00", None),
            ("12:60", None),
            ("22", None),
            ("10pm", None),
            ("-1:00", None),
            ("", None),
        ] {
            assert_eq!(minute(written), read, "{written}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(at in 0..DAY) {
            prop_assert_eq!(minute(&clock(at)), Some(at));
        }
    }
}
