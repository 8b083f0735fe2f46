//! Folds characters that look or read alike into one form, for comparing and never for showing.

use unicode_normalization::UnicodeNormalization as _;

/// Full-width forms (`Ａ`, `１`, `＠`, the ideographic space) as ASCII, everything else as it is.
#[must_use]
pub fn narrow(text: &str) -> String {
    text.chars().map(ascii).collect()
}

/// The form in which typed numbers are compared: ASCII, upper case, without spaces, dashes or invisible
/// characters.
#[must_use]
pub fn compact(text: &str) -> String {
    unspaced(text).chars().filter(|c| !is_dash(*c)).map(|c| c.to_ascii_uppercase()).collect()
}

/// Full-width forms as ASCII, without spaces or invisible characters. Signs stay: -1 is not 1.
#[must_use]
pub fn unspaced(text: &str) -> String {
    text.chars().filter(|c| !is_invisible(*c)).map(ascii).filter(|c| !c.is_whitespace()).collect()
}

/// The form in which names are compared: one form of each character, lower case, without spaces, dashes,
/// invisible characters, or the dots between the parts of a name.
#[must_use]
pub fn name_key(text: &str) -> String {
    let one_form: String = text.nfkc().collect();
    compact(&one_form).chars().filter(|c| !is_middle_dot(*c)).flat_map(char::to_lowercase).collect()
}

/// Dots between the parts of a name, of every width, and what people type instead.
fn is_middle_dot(c: char) -> bool {
    matches!(c, '.' | '\u{B7}' | '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{30FB}')
}

/// The whole number that was typed, in digits of any width; `None` where it has a sign.
#[must_use]
pub fn whole_number(text: &str) -> Option<i64> {
    let digits = unspaced(text);
    if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None }
}

/// The ASCII character that `c` is a full-width form of, or `c`.
pub(crate) fn ascii(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

/// Hyphens and dashes of every width.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

/// Whether `c` takes no room on the screen: joiners, fillers, direction controls, tags.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
}

/// The digit a reader sees in `c`, whether ASCII, full-width, Chinese, circled or styled.
pub(crate) fn digit(c: char) -> Option<u8> {
    let from = |zero: char| u8::try_from(u32::from(c) - u32::from(zero)).ok();
    match ascii(c) {
        d @ '0'..='9' => Some(d as u8 - b'0'),
        '〇' | '零' | '⓪' | '⓿' => Some(0),
        '一' | '壹' | '幺' => Some(1),
        '二' | '贰' => Some(2),
        '三' | '叁' => Some(3),
        '四' | '肆' => Some(4),
        '五' | '伍' => Some(5),
        '六' | '陆' => Some(6),
        '七' | '柒' => Some(7),
        '八' | '捌' => Some(8),
        '九' | '玖' => Some(9),
        '①'..='⑨' => from('①').map(|d| d + 1),
        '⑴'..='⑼' => from('⑴').map(|d| d + 1),
        '❶'..='❾' => from('❶').map(|d| d + 1),
        '\u{0660}'..='\u{0669}' => from('\u{0660}'),
        '\u{06F0}'..='\u{06F9}' => from('\u{06F0}'),
        '\u{2080}'..='\u{2089}' => from('\u{2080}'),
        '\u{1D7CE}'..='\u{1D7FF}' => from('\u{1D7CE}').map(|d| d % 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_forms_become_ascii() {
        assert_eq!(narrow("１３８\u{3000}Ａｂ＠～好"), "138 Ab@~好");
    }

    #[test]
    fn compact_keeps_only_what_counts() {
        assert_eq!(compact(" ａ1－\u{200b}2—b\u{202e}\t3 "), "A12B3");
    }

    #[test]
    fn a_name_is_one_however_it_is_typed() {
        for typed in [
            "买买提·艾力",
            " 买买提\u{3000}艾力",
            "买买提･艾力",
            "买买提．艾力",
            "买买提•\u{200b}艾力",
            "买买提-艾力",
        ] {
            assert_eq!(name_key(typed), "买买提艾力", "{typed}");
        }
        assert_eq!(name_key("Ｊｏｈｎ　O'Neil"), name_key("john o'neil"));
        assert_eq!(name_key("\u{F9E1}"), name_key("李"), "the same character, encoded for another country");
        assert_eq!(name_key("E\u{301}va"), name_key("éva"));
        assert_ne!(name_key("王小明"), name_key("王晓明"));
        assert_eq!(name_key(" · "), "");
    }

    #[test]
    fn a_whole_number_has_no_sign() {
        assert_eq!(["76", "７６", " 7 6 "].map(whole_number), [Some(76); 3]);
        for none in ["-1", "－1", "−1", "—1", "+5", "1-2", "1.58", "老", ""] {
            assert_eq!(whole_number(none), None, "{none}");
        }
    }

    #[test]
    fn digits_in_disguise() {
        let read = |text: &str| text.chars().map(digit).collect::<Option<Vec<_>>>();
        assert_eq!(read("1２三④𝟓陆⑺٨玖〇❶"), Some(vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]));
        assert_eq!(digit('十'), None);
    }
}
