//! Telephone numbers, as people type them, kept in one form.

use crate::domain::text::compact;
use std::fmt;

/// A Chinese mobile number, a Chinese landline with its area code, or an international number.
///
/// Mobile prefixes: 13 to 19 (<https://github.com/VincentSit/ChinaMobilePhoneNumberRegex>). The type is
/// neither serialised nor shown by `Debug`: a number leaves it only where the code asks for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

/// Why a text is not a telephone number we can call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    #[error("nothing was typed")]
    Empty,
    #[error("a character that is not a digit, space, dash, dot or bracket")]
    Character,
    /// Nobody may be there to pick it up.
    #[error("a landline with an extension")]
    Extension,
    #[error("a thirteen-digit number that belongs to a device")]
    Device,
    #[error("too short, too long, without its area code, or of no known shape")]
    Unknown,
}

impl Phone {
    /// Reads a number with any spacing, dashes, dots and brackets, full-width digits, and `+86`,
    /// `0086` or `86` before it. International numbers need `+` or `00` and have 7 to 15 digits.
    ///
    /// # Errors
    /// See [`PhoneError`].
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let typed = compact(text).replace(['.', '·', '(', ')', '[', ']', '（', '）'], "");
        if typed.is_empty() {
            return Err(PhoneError::Empty);
        }
        if typed.contains(['转', '轉', '分', '#', ',', ';', 'X']) || typed.contains("EXT") {
            return Err(PhoneError::Extension);
        }
        let (plus, digits) = match typed.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, typed.as_str()),
        };
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PhoneError::Character);
        }
        let international = if plus { Some(digits) } else { digits.strip_prefix("00") };
        match international {
            Some(rest) => match rest.strip_prefix("86") {
                Some(national) => chinese(national),
                None if (7..=15).contains(&rest.len()) && !rest.starts_with('0') => {
                    Ok(Self(format!("+{rest}")))
                }
                None => Err(PhoneError::Unknown),
            },
            None => chinese(digits).or_else(|error| match digits.strip_prefix("86") {
                Some(national) => chinese(national),
                None => Err(error),
            }),
        }
    }

    /// The number as E.164: `+` and 7 to 15 digits. <https://www.itu.int/rec/T-REC-E.164>
    #[must_use]
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// The last four digits.
    #[must_use]
    pub fn last4(&self) -> &str {
        &self.0[self.0.len() - 4..]
    }
}

/// A stored number in groups, as people read it aloud and type it: `138 0013 8000`, `0316 223 3445`, and
/// another country's as it is. Of what is no number only its digits are left.
#[must_use]
pub fn readable(stored: &str) -> String {
    let Ok(Phone(number)) = Phone::parse(stored) else {
        return stored.chars().filter(char::is_ascii_digit).collect();
    };
    let Some(national) = number.strip_prefix("+86") else { return number };
    let (trunk, area) = if is_mobile(national) { ("", 3) } else { ("0", area_len(national)) };
    let (area, local) = national.split_at(area);
    let (office, line) = local.split_at(local.len() - 4);
    format!("{trunk}{area} {office} {line}")
}

/// Parses a number of the Chinese numbering plan, with or without the trunk prefix 0.
fn chinese(national: &str) -> Result<Phone, PhoneError> {
    if is_mobile(national) {
        return Ok(Phone(format!("+86{national}")));
    }
    if national.len() == 13 && national.starts_with("14") {
        return Err(PhoneError::Device);
    }
    // Without 0 or +86 a landline looks like a local number. The caller has removed +86, so ten or eleven
    // digits are area code and number.
    let landline = national.strip_prefix('0').unwrap_or(national);
    let area = area_len(landline);
    let local = landline.get(area..).unwrap_or_default();
    let known_area = match landline.as_bytes() {
        [b'1', b'0', ..] => true,
        [b'2', second, ..] => *second != b'6',
        [b'3'..=b'9', ..] => true,
        _ => false,
    };
    let fits = if area == 3 { matches!(local.len(), 7 | 8) } else { local.len() == 8 };
    if known_area && fits && local.starts_with(|c| ('2'..='9').contains(&c)) {
        Ok(Phone(format!("+86{landline}")))
    } else {
        Err(PhoneError::Unknown)
    }
}

fn is_mobile(national: &str) -> bool {
    matches!(national.as_bytes(), [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9)
}

/// Digits of the area code without its 0: two for Beijing (10) and for 2x, else three.
fn area_len(landline: &str) -> usize {
    if landline.starts_with("10") || landline.starts_with('2') { 2 } else { 3 }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn e164(text: &str) -> Result<String, PhoneError> {
        Phone::parse(text).map(|p| p.as_e164().to_owned())
    }

    #[test]
    fn a_mobile_is_read_however_it_is_typed() {
        for text in [
            "13800138000",
            "138 0013 8000",
            "138-0013-8000",
            "138.0013.8000",
            "１３８００１３８０００",
            "+86 13800138000",
            "0086-138-0013-8000",
            "8613800138000",
            "(+86) 138 0013 8000",
            "（+86）13800138000",
            "\u{202d}13800138000\u{202c}",
            "138\u{200b}0013\u{feff}8000",
            "＋８６ 138　0013　8000",
        ] {
            assert_eq!(e164(text).as_deref(), Ok("+8613800138000"), "{text}");
        }
        assert_eq!(e164("19912345678").as_deref(), Ok("+8619912345678"));
    }

    #[test]
    fn a_landline_is_read_with_its_area_code() {
        for (text, expected) in [
            ("0316-2233445", "+863162233445"),
            ("(0316) 223 3445", "+863162233445"),
            ("+86 316 2233445", "+863162233445"),
            ("+86 (0)316 2233445", "+863162233445"),
            ("86-0316-2233445", "+863162233445"),
            ("010-62345678", "+861062345678"),
            ("+86 10 6234 5678", "+861062345678"),
            ("0755 26543210", "+8675526543210"),
        ] {
            assert_eq!(e164(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_number_from_abroad_is_read_with_its_country() {
        assert_eq!(e164("+1 (415) 555-2671").as_deref(), Ok("+14155552671"));
        assert_eq!(e164("00852 2345 6789").as_deref(), Ok("+85223456789"));
    }

    #[test]
    fn what_is_no_phone_is_refused_with_the_reason() {
        use PhoneError::{Character, Device, Empty, Extension, Unknown};
        for (text, why) in [
            ("", Empty),
            (" - ", Empty),
            ("abc", Character),
            ("138@0013", Character),
            ("0316-2233445转8", Extension),
            ("0316-2233445 ext 8", Extension),
            ("0316-2233445x8", Extension),
            ("1440012345678", Device),
            ("+86 1440012345678", Device),
            ("12800138000", Unknown),
            ("1380013800", Unknown),
            ("138001380000", Unknown),
            ("2233445", Unknown),
            ("110", Unknown),
            ("+123456", Unknown),
            ("+1234567890123456", Unknown),
            ("+0123456789", Unknown),
            ("0316-1233445", Unknown),
            ("026-22334455", Unknown),
        ] {
            assert_eq!(e164(text), Err(why), "{text}");
        }
    }

    #[test]
    fn a_number_stays_hidden() {
        let phone = Phone::parse("13800138000").unwrap();
        assert_eq!(format!("{phone:?}"), "Phone(…)");
        assert_eq!(phone.last4(), "8000");
    }

    #[test]
    fn a_number_is_grouped_for_reading() {
        for (stored, read) in [
            ("+8613800138000", "138 0013 8000"),
            ("+863162233445", "0316 223 3445"),
            ("+861062345678", "010 6234 5678"),
            ("+8675526543210", "0755 2654 3210"),
            ("+14155552671", "+14155552671"),
            ("@all 12", "12"),
        ] {
            assert_eq!(readable(stored), read);
        }
    }

    proptest! {
        #[test]
        fn canonical_form_is_read_as_itself(text in "(\\+|00|0|86|\\+86)?[0-9]{6,15}") {
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(phone.as_e164()), Ok(phone.clone()));
                prop_assert_eq!(Phone::parse(&readable(phone.as_e164())), Ok(phone.clone()));
            }
        }

        #[test]
        fn never_panics(text in "\\PC{0,24}") {
            let _ = Phone::parse(&text);
        }
    }
}
