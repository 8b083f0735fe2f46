//! Platforms count length in different units; this measures and cuts a text in each of them.

use unicode_segmentation::UnicodeSegmentation;

/// The unit in which a platform counts length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Unicode scalar values.
    Chars,
    /// Bytes of UTF-8.
    Bytes,
    /// Code units of UTF-16.
    Utf16,
}

/// Appended to a text that was cut.
const ELLIPSIS: &str = "…";

impl Unit {
    /// The length of `text` in this unit.
    #[must_use]
    pub fn measure(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Bytes => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }

    /// The longest prefix of `text` that measures at most `max`: whole graphemes (an emoji sequence, a flag,
    /// a letter with its marks), or whole characters where not even one grapheme fits.
    #[must_use]
    pub fn prefix(self, text: &str, max: usize) -> &str {
        let whole = self.take(text, text.graphemes(true), max);
        if whole.is_empty() { self.take(text, text.split_inclusive(|_| true), max) } else { whole }
    }

    /// `text`, or a prefix of it followed by `…`, at most `max` in all. Where not even `…` fits, the prefix
    /// alone.
    #[must_use]
    pub fn cut(self, text: &str, max: usize) -> String {
        if self.measure(text) <= max {
            return text.to_owned();
        }
        match max.checked_sub(self.measure(ELLIPSIS)) {
            Some(room) => format!("{}{ELLIPSIS}", self.prefix(text, room).trim_end()),
            None => self.prefix(text, max).to_owned(),
        }
    }

    fn take<'a>(self, text: &'a str, pieces: impl Iterator<Item = &'a str>, max: usize) -> &'a str {
        let (mut used, mut end) = (0, 0);
        for piece in pieces {
            used += self.measure(piece);
            if used > max {
                break;
            }
            end += piece.len();
        }
        &text[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UNITS: [Unit; 3] = [Unit::Chars, Unit::Bytes, Unit::Utf16];

    #[test]
    fn each_unit_counts_its_own() {
        assert_eq!(UNITS.map(|u| u.measure("a好😀")), [3, 8, 4]);
    }

    #[test]
    fn a_text_is_cut_by_its_unit() {
        assert_eq!(Unit::Chars.prefix("好好好", 2), "好好");
        assert_eq!(Unit::Bytes.prefix("好好好", 8), "好好");
        assert_eq!(Unit::Utf16.prefix("😀😀", 3), "😀");
        assert_eq!(Unit::Chars.cut("好好好好", 3), "好好…");
        assert_eq!(Unit::Bytes.cut("好好好好", 11), "好好…");
        assert_eq!(Unit::Bytes.cut("好好", 6), "好好");
        assert_eq!(Unit::Chars.cut("好 好好", 3), "好…");
    }

    #[test]
    fn graphemes_stay_whole_where_one_fits() {
        assert_eq!(Unit::Chars.prefix("a👨‍👩‍👧b", 3), "a");
        assert_eq!(Unit::Chars.prefix("🇨🇳🇨🇳", 3), "🇨🇳");
        assert_eq!(Unit::Chars.prefix("e\u{301}e\u{301}", 3), "e\u{301}");
        assert_eq!(Unit::Chars.prefix("👨‍👩‍👧", 3), "👨‍👩", "one grapheme larger than the room is split");
    }

    #[test]
    fn where_no_ellipsis_fits_the_text_is_cut_without() {
        assert_eq!(Unit::Bytes.cut("abcdef", 2), "ab");
        assert_eq!(Unit::Chars.cut("abc", 0), "");
        assert_eq!(Unit::Chars.cut("abc", 1), "…");
    }

    proptest! {
        #[test]
        fn a_cut_never_exceeds_and_never_loses_more_than_needed(text in "[a好😀👩\u{200d}\u{301}🇨🇳 ]{0,20}", max in 0usize..40) {
            for unit in UNITS {
                let (head, cut) = (unit.prefix(&text, max), unit.cut(&text, max));
                prop_assert!(unit.measure(head) <= max && unit.measure(&cut) <= max);
                prop_assert!(text.starts_with(head));
                prop_assert!(text.starts_with(cut.trim_end_matches('…')));
                if unit.measure(&text) <= max {
                    prop_assert_eq!(head, text.as_str());
                    prop_assert_eq!(&cut, &text);
                }
            }
        }
    }
}
