//! Reads an age and a height as people write them, and writes a phone so.

use chrono::{DateTime, Datelike, Utc};

use crate::domain::phone::readable;
use crate::domain::text::{digit, unspaced};
use crate::domain::zone::BEIJING;

/// Stored phones as they are dialled here, and most likely were typed.
pub fn as_dialled(phones: &mut [String]) {
    phones.iter_mut().for_each(|phone| *phone = readable(phone).replace(' ', ""));
}

/// The earliest year of birth accepted: no missing person is older.
const FIRST_YEAR: i32 = 1900;
const YEARS_OLD: [&str; 6] = ["周岁", "岁", "yearsold", "yearold", "years", "year"];
const MONTHS_OLD: [&str; 8] =
    ["个月", "个多月", "个半月", "个月大", "monthsold", "monthold", "months", "month"];
const HALF_A_YEAR: [&str; 2] = ["半岁", "半岁多"];
/// Between the number and the word for years, "a little more than": 七十多岁.
const SOME_MORE: [char; 3] = ['多', '几', '来'];
const BORN: [&str; 3] = ["出生于", "生于", "bornin"];
/// What may stand after the year of birth, with or without month and day.
const AFTER_YEAR: &str = "年月日号出生人.-/";
const CENTIMETRES: [&str; 3] = ["厘米", "公分", "cm"];
const TENS: [(char, u32); 2] = [('十', 10), ('百', 100)];
const METRES: [char; 2] = ['米', 'm'];

/// An age in years: `76`, `76岁`, `七十多岁`, `1岁半`, a baby's `8个月`; or from the year of birth: `1950`,
/// `1950年生`, `生于1950年3月`.
pub fn age(text: &str, now: DateTime<Utc>) -> Option<i64> {
    let text = in_figures(&unspaced(text).to_lowercase());
    let text = BORN.iter().find_map(|word| text.strip_prefix(word)).unwrap_or(&text);
    let (figures, rest) = figures(text);
    if figures.len() == 4 {
        let (year, this_year) = (figures.parse::<i32>().ok()?, now.with_timezone(&BEIJING).year());
        let is_date = rest.chars().all(|c| c.is_ascii_digit() || AFTER_YEAR.contains(c));
        let is_year = (FIRST_YEAR..=this_year).contains(&year) && is_date;
        return is_year.then(|| i64::from(this_year - year));
    }
    if HALF_A_YEAR.contains(&text) {
        return Some(0);
    }
    let count: i64 = figures.parse().ok()?;
    if MONTHS_OLD.contains(&rest) {
        return Some(count / 12);
    }
    is_of_years(rest).then_some(count)
}

/// Whether this may follow the years: "and a little more", or a number of months.
fn is_of_years(rest: &str) -> bool {
    let rest = rest.strip_prefix(SOME_MORE).unwrap_or(rest);
    let Some(beyond) = YEARS_OLD.iter().find_map(|unit| rest.strip_prefix(unit)) else {
        return rest.is_empty();
    };
    let (months, unit) = figures(beyond);
    matches!(beyond, "" | "半" | "多") || (!months.is_empty() && MONTHS_OLD.contains(&unit))
}

/// The text with every written-out number in digits: `七十六岁` becomes `76岁`, `一九五〇` becomes `1950`.
fn in_figures(text: &str) -> String {
    let is_of_number = |c: char| digit(c).is_some() || TENS.iter().any(|(ten, _)| *ten == c);
    let (mut told, mut left) = (String::new(), text);
    while !left.is_empty() {
        let (number, after) = left.split_at(left.find(|c| !is_of_number(c)).unwrap_or(left.len()));
        told.push_str(&counted(number));
        let mut others = after.chars();
        told.extend(others.next());
        left = others.as_str();
    }
    told
}

/// A written-out number in digits, whether counted or spelt digit by digit.
fn counted(number: &str) -> String {
    let (mut sum, mut before) = (0, None);
    let mut digits = String::new();
    for c in number.chars() {
        if let Some((_, ten)) = TENS.iter().find(|(name, _)| *name == c) {
            sum += before.take().unwrap_or(1) * ten;
        } else if let Some(d) = digit(c) {
            before = Some(u32::from(d));
            digits.push(char::from(b'0' + d));
        }
    }
    if number.contains(TENS.map(|(name, _)| name)) { (sum + before.unwrap_or(0)).to_string() } else { digits }
}

/// A height in centimetres: `158`, `158厘米`, `1.58`, `1.58米`, `1米58`, `一米五八`.
pub fn height(text: &str) -> Option<i64> {
    let read = |c: char| digit(c).and_then(|d| char::from_digit(d.into(), 10)).unwrap_or(c);
    let text: String = unspaced(text).to_lowercase().chars().map(read).collect();
    let centimetres = CENTIMETRES.iter().find_map(|unit| text.strip_suffix(unit));
    let (metres, rest) = figures(centimetres.unwrap_or(&text));
    if rest.is_empty() {
        return metres.parse().ok();
    }
    let point = rest.strip_prefix('.').filter(|beyond| centimetres.is_none() && !beyond.is_empty());
    let beyond = match point {
        Some(beyond) => beyond.strip_suffix(METRES).unwrap_or(beyond),
        None => rest.strip_prefix(METRES)?,
    };
    if metres.len() != 1 || !beyond.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let beyond: i64 = match (beyond.len(), centimetres) {
        (0, None) => 0,
        // In 1.6 and 1米6 the 6 means sixty centimetres, in 1米6厘米 six.
        (1, None) => beyond.parse::<i64>().ok()? * 10,
        (1 | 2, _) => beyond.parse().ok()?,
        _ => return None,
    };
    Some(metres.parse::<i64>().ok()? * 100 + beyond)
}

/// The digits at the beginning of a text, and the rest of it.
fn figures(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_read_as_people_write_them() {
        // Already New Year's Day in Beijing, but not in UTC.
        let now = "2026-12-31T16:30:00Z".parse().unwrap();
        for (text, read) in [
            ("76", Some(76)),
            ("７６ 岁", Some(76)),
            ("76周岁", Some(76)),
            ("76 years old", Some(76)),
            ("1950", Some(77)),
            ("1950年生", Some(77)),
            ("１９５０年", Some(77)),
            ("生于1950年3月", Some(77)),
            ("1950年3月5日出生", Some(77)),
            ("1950-03-05", Some(77)),
            ("1950.3", Some(77)),
            ("born in 1950", Some(77)),
            ("2027", Some(0)),
            ("2028", None),
            ("1899", None),
            ("76多", Some(76)),
            ("70多", Some(70)),
            ("七十多岁", Some(70)),
            ("三岁", Some(3)),
            ("十六", Some(16)),
            ("七十六岁", Some(76)),
            ("一百零三岁", Some(103)),
            ("一九五〇年生", Some(77)),
            ("6个月", Some(0)),
            ("8个月", Some(0)),
            ("十八个月", Some(1)),
            ("8 months old", Some(0)),
            ("半岁", Some(0)),
            ("1岁半", Some(1)),
            ("一岁半", Some(1)),
            ("1岁8个月", Some(1)),
            ("1岁多", Some(1)),
            ("0", Some(0)),
            ("个月", None),
            ("1岁个月", None),
            ("十几二十", None),
            ("70-80", None),
            ("-1", None),
            ("－1", None),
            ("1-2", None),
            ("岁", None),
            ("老", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(age(text, now), read, "{text}");
        }
    }

    #[test]
    fn heights_are_read_as_people_write_them() {
        for (text, read) in [
            ("158", Some(158)),
            ("１５８", Some(158)),
            ("158cm", Some(158)),
            ("158 厘米", Some(158)),
            ("158公分", Some(158)),
            ("1.58", Some(158)),
            ("1.58米", Some(158)),
            ("1.58 m", Some(158)),
            ("１．５８米", Some(158)),
            ("1米58", Some(158)),
            ("1M58", Some(158)),
            ("1米58厘米", Some(158)),
            ("1米5厘米", Some(105)),
            ("一米五八", Some(158)),
            ("一米六", Some(160)),
            ("1.6", Some(160)),
            ("0.9米", Some(90)),
            ("1.58cm", None),
            ("15.8", None),
            ("1.5.8", None),
            ("1米", Some(100)),
            ("1.", None),
            ("-158", None),
            ("5尺", None),
            ("中等", None),
            ("米", None),
            ("", None),
        ] {
            assert_eq!(height(text), read, "{text}");
        }
    }
}
