//! The number a notice is known by: printed on posters, read out on the telephone.

use crate::domain::text::compact;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;

/// Crockford's alphabet: no I, L, O, U. <https://www.crockford.com/base32.html>
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters in all; the last is the check character.
const LENGTH: usize = 10;

/// Ten Crockford base-32 characters: 45 random bits and a check character.
///
/// A character is an element of GF(32), and the number is valid when the weighted sum of its characters is
/// zero; each weight is a different power of the field's generator. A single wrong character changes the sum
/// by weight × difference, and a swap of two changes it by the difference of their weights × the difference
/// of the characters. Neither is ever zero, so **every** single wrong character and **every** swap of two
/// different characters is detected. Any other mistake passes once in 32.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber([u8; LENGTH]);

/// Why a text is not a case number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    #[error("a case number has ten characters")]
    Length,
    #[error("no case number contains {0:?}")]
    Character(char),
    /// A typing mistake.
    #[error("the check character does not match")]
    Check,
}

impl CaseNumber {
    /// The number made of the low 45 bits; the caller draws them at random.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        let mut chars = [0; LENGTH];
        let mut sum = 0;
        for (i, c) in chars[..LENGTH - 1].iter_mut().enumerate() {
            let value = (bits >> (5 * (LENGTH - 2 - i)) & 31) as u8;
            sum = times_generator(sum) ^ value;
            *c = ALPHABET[usize::from(value)];
        }
        chars[LENGTH - 1] = ALPHABET[usize::from(times_generator(sum))];
        Self(chars)
    }

    /// The ten characters without the dash, as they are stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("the alphabet is ASCII")
    }

    /// The number that is stored as exactly that text, if one is.
    #[must_use]
    pub fn named(stored: &str) -> Option<Self> {
        stored.parse().ok().filter(|number: &Self| number.as_str() == stored)
    }
}

/// `value` × 2 in GF(2)\[x\] / (x^5 + x^2 + 1), a primitive polynomial: 2 generates the field.
const fn times_generator(value: u8) -> u8 {
    (value << 1) & 31 ^ if value & 16 == 0 { 0 } else { 0b00101 }
}

impl FromStr for CaseNumber {
    type Err = CaseNumberError;

    /// Reads a number in any case, with or without dash and spaces, in full-width forms, with O
    /// for 0 and I or L for 1.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let typed = compact(text);
        if typed.chars().count() != LENGTH {
            return Err(CaseNumberError::Length);
        }
        let mut chars = [0; LENGTH];
        let mut sum = 0;
        for (slot, c) in chars.iter_mut().zip(typed.chars()) {
            let forgiven = match c {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let value = (0..32u8)
                .find(|v| char::from(ALPHABET[usize::from(*v)]) == forgiven)
                .ok_or(CaseNumberError::Character(c))?;
            sum = times_generator(sum) ^ value;
            *slot = ALPHABET[usize::from(value)];
        }
        if sum == 0 { Ok(Self(chars)) } else { Err(CaseNumberError::Check) }
    }
}

/// As people read it, with its dash.
impl fmt::Display for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = self.as_str().split_at(LENGTH / 2);
        write!(f, "{head}-{tail}")
    }
}

impl fmt::Debug for CaseNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CaseNumber({self})")
    }
}

impl Serialize for CaseNumber {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<CaseNumber, CaseNumberError> {
        text.parse()
    }

    /// `text` with its character at `i` replaced.
    fn with(text: &str, i: usize, c: char) -> String {
        text.chars().enumerate().map(|(j, old)| if i == j { c } else { old }).collect()
    }

    #[test]
    fn weights_are_ten_different_non_zero_elements() {
        let weights: Vec<u8> =
            std::iter::successors(Some(1), |w| Some(times_generator(*w))).take(31).collect();
        let mut sorted = weights.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (1..32).collect::<Vec<u8>>(), "2 generates all of GF(32)*");
    }

    #[test]
    fn a_number_is_forty_five_bits_and_a_check() {
        assert_eq!(CaseNumber::from_bits(0).to_string(), "00000-00000");
        assert_eq!(CaseNumber::from_bits(1).as_str(), "0000000012");
        assert_eq!(CaseNumber::from_bits(u64::MAX), CaseNumber::from_bits((1 << 45) - 1));
        assert_eq!(&CaseNumber::from_bits(u64::MAX).as_str()[..9], "ZZZZZZZZZ");
    }

    #[test]
    fn every_single_error_and_swap_of_one_number_is_found() {
        let good = CaseNumber::from_bits(0x1234_5678_9abc);
        for i in 0..LENGTH {
            for c in ALPHABET.iter().map(|c| char::from(*c)) {
                let typed = with(good.as_str(), i, c);
                let expected = if typed == good.as_str() { Ok(good) } else { Err(CaseNumberError::Check) };
                assert_eq!(parse(&typed), expected);
            }
        }
    }

    #[test]
    fn every_pair_of_characters_at_every_two_places_swapped_is_found() {
        for (i, j) in (0..LENGTH).flat_map(|i| (0..i).map(move |j| (i, j))) {
            for (a, b) in (0..32u8).flat_map(|a| (0..32u8).map(move |b| (a, b))).filter(|(a, b)| a != b) {
                // The rest of the number adds the same to both sums, so zeros stand in for it.
                let mut digits = [0; LENGTH];
                (digits[i], digits[j]) = (a, b);
                let sum = |d: &[u8; LENGTH]| d.iter().fold(0, |sum, v| times_generator(sum) ^ v);
                let before = sum(&digits);
                digits.swap(i, j);
                assert_ne!(sum(&digits), before, "{a} at {i}, {b} at {j}");
            }
        }
    }

    #[test]
    fn what_is_no_case_number_is_refused_with_the_reason() {
        assert_eq!(parse(""), Err(CaseNumberError::Length));
        assert_eq!(parse("00000-0000"), Err(CaseNumberError::Length));
        assert_eq!(parse("00000-000000"), Err(CaseNumberError::Length));
        assert_eq!(parse("0000U-00000"), Err(CaseNumberError::Character('U')));
        assert_eq!(parse("0000好-00000"), Err(CaseNumberError::Character('好')));
        assert_eq!(parse("00000-00001"), Err(CaseNumberError::Check));
    }

    #[test]
    fn o_i_and_l_are_forgiven() {
        assert_eq!(parse("oooOO-ooOL2"), Ok(CaseNumber::from_bits(1)));
        assert_eq!(parse("00000 000i2"), Ok(CaseNumber::from_bits(1)));
    }

    proptest! {
        #[test]
        fn a_number_is_read_back_however_it_is_written(bits in 0u64..1 << 45) {
            let number = CaseNumber::from_bits(bits);
            let shown = number.to_string();
            let wide: String =
                shown.chars().map(|c| char::from_u32(u32::from(c) + 0xFEE0).unwrap()).collect();
            for text in [shown.clone(), shown.to_lowercase(), shown.replace('-', " "), wide,
                         format!("  {}\u{200b}\n", number.as_str())] {
                prop_assert_eq!(parse(&text), Ok(number));
            }
            let json = serde_json::to_string(&number).unwrap();
            prop_assert_eq!(&json, &format!("\"{shown}\""));
            prop_assert_eq!(serde_json::from_str::<CaseNumber>(&json).unwrap(), number);
        }

        #[test]
        fn a_wrong_character_is_found(bits: u64, at in 0..LENGTH, shift in 1usize..32) {
            let number = CaseNumber::from_bits(bits);
            let old = ALPHABET.iter().position(|c| *c == number.0[at]).unwrap();
            let wrong = with(number.as_str(), at, char::from(ALPHABET[(old + shift) % 32]));
            prop_assert_eq!(parse(&wrong), Err(CaseNumberError::Check));
        }

        #[test]
        fn a_swap_is_found(bits: u64, i in 0..LENGTH, j in 0..LENGTH) {
            let number = CaseNumber::from_bits(bits);
            let mut swapped = number;
            swapped.0.swap(i, j);
            let expected = if swapped == number { Ok(number) } else { Err(CaseNumberError::Check) };
            prop_assert_eq!(parse(swapped.as_str()), expected);
        }

        #[test]
        fn never_panics(text in "\\PC{0,20}") {
            let _ = parse(&text);
        }
    }
}
