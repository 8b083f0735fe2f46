//! Numbers with a check digit. Those of organisations and campaigns we ask for; those of people and bank
//! cards we must recognise in order to keep them out.

use crate::domain::text::compact;
use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::fmt;
use std::str::FromStr;

/// The alphabet of GB 32100-2015: no I, O, S, V, Z.
const CREDIT_ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Weights of GB 32100-2015: powers of 3 modulo 31.
const CREDIT_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of GB 11714-1997.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// Weights of GB 11643-1999.
const PERSON_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// A unified social credit code (GB 32100-2015): eighteen characters. The last is a check over the whole
/// code, the seventeenth a check over the organisation code (GB 11714) inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct CreditCode(String);

/// Why a text is not a credit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    #[error("a credit code has eighteen characters")]
    Length,
    #[error("no credit code contains {0:?}")]
    Character(char),
    #[error("the check character of the organisation code inside does not match")]
    OrganisationCheck,
    #[error("the check character of the whole code does not match")]
    Check,
}

impl CreditCode {
    /// The eighteen characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = compact(text);
        let value = |c| CREDIT_ALPHABET.chars().zip(0..).find(|(a, _)| *a == c).map(|(_, v)| v);
        let values: Vec<u32> = code
            .chars()
            .map(|c| value(c).ok_or(CreditCodeError::Character(c)))
            .collect::<Result<_, _>>()
            .map_err(|e| if code.chars().count() == 18 { e } else { CreditCodeError::Length })?;
        let [body @ .., check] = &values[..] else { return Err(CreditCodeError::Length) };
        if body.len() != 17 {
            return Err(CreditCodeError::Length);
        }
        if organisation_check(&code[8..16]) != code.chars().nth(16) {
            return Err(CreditCodeError::OrganisationCheck);
        }
        if (31 - weighted(body, &CREDIT_WEIGHTS) % 31) % 31 != *check {
            return Err(CreditCodeError::Check);
        }
        Ok(Self(code))
    }
}

/// The check character of an organisation code's eight characters (A = 10 … Z = 35).
fn organisation_check(body: &str) -> Option<char> {
    let values: Vec<u32> = body.chars().map(|c| c.to_digit(36)).collect::<Option<_>>()?;
    match 11 - weighted(&values, &ORGANISATION_WEIGHTS) % 11 {
        10 => Some('X'),
        11 => Some('0'),
        n => char::from_digit(n, 10),
    }
}

fn weighted(values: &[u32], weights: &[u32]) -> u32 {
    values.iter().zip(weights).map(|(v, w)| v * w).sum()
}

/// The filing number of a public fundraising plan (募捐方案备案编号): the fundraiser's credit code,
/// then `A`, two digits of the year and three of a serial.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct FilingNumber(String);

/// Why a text is not a filing number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FilingNumberError {
    #[error("a filing number has 24 characters")]
    Length,
    /// Neither a letter nor a digit.
    #[error("no filing number contains {0:?}")]
    Character(char),
    #[error("a filing number begins with a credit code: {0}")]
    CreditCode(#[from] CreditCodeError),
}

impl FilingNumber {
    /// The 24 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The credit code of the fundraiser.
    #[must_use]
    pub fn credit_code(&self) -> CreditCode {
        CreditCode(self.0[..18].to_owned())
    }

    /// Whether the last six characters have the only shape seen so far (`A18023`). Any other shape is worth a
    /// question, not a refusal: the registry may have changed it.
    #[must_use]
    pub fn suffix_known(&self) -> bool {
        matches!(self.0.as_bytes()[18..], [b'A', ref digits @ ..] if digits.iter().all(u8::is_ascii_digit))
    }
}

impl FromStr for FilingNumber {
    type Err = FilingNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = compact(text);
        if number.chars().count() != 24 {
            return Err(FilingNumberError::Length);
        }
        if let Some(odd) = number.chars().find(|c| !c.is_ascii_alphanumeric()) {
            return Err(FilingNumberError::Character(odd));
        }
        number[..18].parse::<CreditCode>()?;
        Ok(Self(number))
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for FilingNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CreditCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for FilingNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// Whether `text` is a citizen's identity number (GB 11643-1999): a province, a date of birth that exists,
/// and a matching check character. County codes change, so they are not looked up.
#[must_use]
pub fn id_card(text: &str) -> bool {
    let number = compact(text);
    if number.len() != 18 || !number.bytes().take(17).all(|b| b.is_ascii_digit()) {
        return false;
    }
    let values: Vec<u32> = number.chars().take(17).filter_map(|c| c.to_digit(10)).collect();
    let check = "10X98765432".chars().nth(weighted(&values, &PERSON_WEIGHTS) as usize % 11);
    let province = matches!(values[0] * 10 + values[1],
        11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 | 91);
    let born = NaiveDate::parse_from_str(&number[6..14], "%Y%m%d").is_ok();
    let century = matches!(&number[6..8], "18" | "19" | "20");
    province && born && century && check == number.chars().last()
}

/// Whether `text` is a bank card number: 16 to 19 digits that pass Luhn's check and begin with a digit that
/// ISO/IEC 7812 gives to banks (3 to 6) or to national schemes (9).
#[must_use]
pub fn bank_card(text: &str) -> bool {
    let number = compact(text);
    let Some(digits) = number.chars().map(|c| c.to_digit(10)).collect::<Option<Vec<u32>>>() else {
        return false;
    };
    let doubled = |(i, d): (usize, &u32)| if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { *d };
    (16..=19).contains(&digits.len())
        && matches!(digits[0], 3..=6 | 9)
        && digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FUNDS: [&str; 2] = ["53330000501874064B", "53100000500021326D"];

    #[test]
    fn a_credit_code_is_forgiven_its_spelling_and_no_wrong_character() {
        for code in FUNDS {
            assert_eq!(code.parse::<CreditCode>().unwrap().as_str(), code);
        }
        let forgiven = "５3330000-501874064 ｂ".parse::<CreditCode>();
        assert_eq!(forgiven.unwrap().as_str(), FUNDS[0]);
        let error = |text: &str| text.parse::<CreditCode>().unwrap_err();
        assert_eq!(error(""), CreditCodeError::Length);
        assert_eq!(error("53330000501874064"), CreditCodeError::Length);
        assert_eq!(error("O3330000501874064B"), CreditCodeError::Character('O'));
        assert_eq!(error("基金会"), CreditCodeError::Length);
        assert_eq!(error("51610100573539824X"), CreditCodeError::OrganisationCheck);
        assert_eq!(error("53330000501874064C"), CreditCodeError::Check);
    }

    #[test]
    fn a_filing_number_begins_with_a_credit_code() {
        let number: FilingNumber = "53330000501874064b-A18023".parse().unwrap();
        assert!(number.suffix_known());
        assert_eq!(number.credit_code().as_str(), FUNDS[0]);
        assert!("53100000500021326DA18051".parse::<FilingNumber>().unwrap().suffix_known());
        assert!(!"53100000500021326DB18051".parse::<FilingNumber>().unwrap().suffix_known());
        let error = |text: &str| text.parse::<FilingNumber>().unwrap_err();
        assert_eq!(error("53100000500021326DA1805"), FilingNumberError::Length);
        assert_eq!(error("53100000500021326DA1805!"), FilingNumberError::Character('!'));
        assert_eq!(error("51610100573539824XA21008"), CreditCodeError::OrganisationCheck.into());
    }

    #[test]
    fn an_id_card_is_known_by_its_check_its_date_and_its_province() {
        assert!(id_card("11010519491231002X"));
        assert!(id_card("110105 19491231 002x"));
        assert!(id_card("１１０１０５１９４９１２３１００２Ｘ"));
        assert!(!id_card("110105194912310021"), "check");
        assert!(!id_card("11010519491331002X"), "month");
        assert!(!id_card("01010519491231002X"), "province");
        assert!(!id_card("好1010519491231002"), "letters");
        assert!(!id_card(""));
    }

    #[test]
    fn a_bank_card_is_known_by_its_length_and_its_check() {
        assert!(bank_card("4111 1111 1111 1111"));
        assert!(bank_card("6222-0212-3456-7890-128"), "19 digits");
        assert!(!bank_card("4111111111111112"));
        assert!(!bank_card("411111111111"));
        assert!(!bank_card("0000000000000000"));
    }

    proptest! {
        #[test]
        fn one_wrong_character_is_found(at in 0usize..18, with in 0usize..31, which in 0usize..2) {
            let mut wrong: Vec<char> = FUNDS[which].chars().collect();
            wrong[at] = CREDIT_ALPHABET.chars().nth(with).unwrap();
            let wrong: String = wrong.into_iter().collect();
            prop_assert_eq!(wrong.parse::<CreditCode>().is_ok(), wrong == FUNDS[which]);
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,26}", digits in "[0-9Xx ]{14,22}") {
            for text in [text, digits] {
                let _ = (id_card(&text), bank_card(&text), text.parse::<CreditCode>(), text.parse::<FilingNumber>());
            }
        }
    }
}
