//! Quiet hours: when a group wants to receive nothing, but perhaps what is urgent.

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};

use super::zone::BEIJING;

/// Minutes of a day.
#[cfg(test)]
pub(crate) const DAY: i16 = 24 * 60;

/// The quiet hours of a group, the same every day, in Beijing time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    /// The minute of the day at which they begin, 0 to 1439.
    pub from: i16,
    /// The minute of the day before which they end; smaller than `from` where they last over midnight.
    pub until: i16,
    /// Urgent notices are delivered all the same.
    pub but_urgent: bool,
}

impl Quiet {
    /// When the quiet hours that include `now` end; `None` outside quiet hours.
    pub fn over_at(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (here, minute) = (now.with_timezone(&BEIJING), minute(now));
        let quiet = if self.from <= self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        };
        let ends =
            NaiveTime::from_num_seconds_from_midnight_opt(u32::from(self.until.unsigned_abs()) * 60, 0)?;
        let today = BEIJING.from_local_datetime(&here.date_naive().and_time(ends)).single()?;
        let over = if minute < self.until { today } else { today + TimeDelta::days(1) };
        quiet.then(|| over.with_timezone(&Utc))
    }
}

/// The minute of the day in Beijing.
pub fn minute(now: DateTime<Utc>) -> i16 {
    let here = now.with_timezone(&BEIJING);
    (here.hour() * 60 + here.minute()) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(hour: u32, minute: u32) -> DateTime<Utc> {
        BEIJING.with_ymd_and_hms(2026, 11, 23, hour, minute, 30).unwrap().with_timezone(&Utc)
    }

    #[test]
    fn a_night_lasts_over_midnight() {
        let night = Quiet { from: 22 * 60, until: 7 * 60, but_urgent: true };
        assert_eq!(night.over_at(at(21, 59)), None);
        assert_eq!(night.over_at(at(7, 0)), None);
        let morning = BEIJING.with_ymd_and_hms(2026, 11, 24, 7, 0, 0).unwrap();
        assert_eq!(night.over_at(at(22, 0)), Some(morning.with_timezone(&Utc)));
        let today = morning - TimeDelta::days(1);
        assert_eq!(night.over_at(at(6, 59)), Some(today.with_timezone(&Utc)));
    }

    #[test]
    fn hours_of_no_length_are_never_quiet() {
        assert_eq!(Quiet { from: 600, until: 600, but_urgent: true }.over_at(at(10, 0)), None);
    }

    proptest! {
        #[test]
        fn quiet_hours_end_within_a_day_and_are_over_then(from in 0..DAY, until in 0..DAY, minute in 0_i64..100_000) {
            let quiet = Quiet { from, until, but_urgent: false };
            let now = at(0, 0) + TimeDelta::minutes(minute);
            if let Some(over) = quiet.over_at(now) {
                prop_assert!(over > now && over - now <= TimeDelta::days(1));
                prop_assert_eq!(quiet.over_at(over), None);
            }
        }
    }
}
