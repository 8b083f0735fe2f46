//! Reads a time as people write it, in Beijing time, for browsers without a date picker.

use chrono::{DateTime, Datelike, Days, NaiveDate, SecondsFormat, TimeZone, Utc};

use crate::domain::text::narrow;
use crate::domain::zone::BEIJING;

const DAYS_AGO: [(&str, u64); 7] =
    [("今天", 0), ("今日", 0), ("昨天", 1), ("昨日", 1), ("昨晚", 1), ("前天", 2), ("yesterday", 1)];
const AFTERNOON: [&str; 5] = ["下午", "傍晚", "晚上", "昨晚", "pm"];

/// What could be made out.
#[derive(Debug, PartialEq, Eq)]
pub struct Moment {
    /// As RFC 3339.
    pub at: String,
    /// Not only the day was told.
    pub has_time: bool,
}

/// A day and a time of it, typed into two fields or both into the first: `2026-11-23` and `09:40`,
/// `2026年11月23日 9点40分`, `11/23 9:40`, `昨天下午3点半`. A time alone is none.
pub fn moment(day: &str, time: &str, now: DateTime<Utc>) -> Option<Moment> {
    if day.trim().is_empty() {
        return None;
    }
    let text = narrow(&format!("{day} {time}")).to_lowercase();
    if DateTime::parse_from_rfc3339(text.trim()).is_ok() {
        return Some(Moment { at: text.trim().to_owned(), has_time: true });
    }
    let numbers: Vec<u32> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let today = now.with_timezone(&BEIJING).date_naive();
    let (date, clock) = date(&text, &numbers, today)?;
    let (mut hour, mut minute) = match clock {
        [] => (0, 0),
        [hour] => (*hour, 0),
        [hour, minute] | [hour, minute, _] => (*hour, *minute),
        _ => return None,
    };
    if AFTERNOON.iter().any(|word| text.contains(word)) && hour < 12 {
        hour += 12;
    }
    if clock.len() == 1 && text.contains('半') {
        minute = 30;
    }
    let at = BEIJING.from_local_datetime(&date.and_hms_opt(hour, minute, 0)?).single()?;
    Some(Moment { at: at.to_rfc3339_opts(SecondsFormat::Secs, false), has_time: !clock.is_empty() })
}

/// The day, and the numbers that follow it.
fn date<'a>(text: &str, numbers: &'a [u32], today: NaiveDate) -> Option<(NaiveDate, &'a [u32])> {
    if let Some((_, days)) = DAYS_AGO.iter().find(|(word, _)| text.contains(word)) {
        return Some((today.checked_sub_days(Days::new(*days))?, numbers));
    }
    match numbers {
        [year, month, day, clock @ ..] if *year >= 1900 => {
            Some((NaiveDate::from_ymd_opt(i32::try_from(*year).ok()?, *month, *day)?, clock))
        }
        [month, day, clock @ ..] => {
            // Without a year, the last such day is meant.
            let this_year = NaiveDate::from_ymd_opt(today.year(), *month, *day)?;
            let date = if this_year > today { this_year.with_year(today.year() - 1)? } else { this_year };
            Some((date, clock))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        let now = "2026-11-23T02:00:00Z".parse().unwrap();
        for (text, read) in [
            ("2026-11-23T09:40", Some("2026-11-23T09:40:00+08:00")),
            ("2026-11-23T09:40:00+09:00", Some("2026-11-23t09:40:00+09:00")),
            ("２０２６年１１月２３日 ９点４０分", Some("2026-11-23T09:40:00+08:00")),
            ("2026/11/23 9:40", Some("2026-11-23T09:40:00+08:00")),
            ("11月23日 9点", Some("2026-11-23T09:00:00+08:00")),
            ("12月1日", Some("2025-12-01T00:00:00+08:00")),
            ("昨天下午3点半", Some("2026-11-22T15:30:00+08:00")),
            ("今天 8:05", Some("2026-11-23T08:05:00+08:00")),
            ("2026-13-01 9:00", None),
            ("2026-11-23 25:00", None),
            ("刚才", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            let moment = moment(text, "", now);
            assert_eq!(moment.as_ref().map(|moment| moment.at.as_str()), read, "{text}");
        }
        for (day, time, read) in [
            ("2026-11-23", "09:40", Some(("2026-11-23T09:40:00+08:00", true))),
            ("昨天", "下午3点半", Some(("2026-11-22T15:30:00+08:00", true))),
            ("2026-11-23", "", Some(("2026-11-23T00:00:00+08:00", false))),
            ("2026-11-23", "00:00", Some(("2026-11-23T00:00:00+08:00", true))),
            ("2026-11-23", "25:00", None),
            ("", "09:20", None),
        ] {
            let read = read.map(|(at, has_time)| Moment { at: at.to_owned(), has_time });
            assert_eq!(moment(day, time, now), read, "{day} {time}");
        }
    }
}
