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

/// The zeros of all scripts that count by tens, each followed by its other nine digits, but for those that
/// compatibility makes ASCII. From Unicode 16, category Nd.
#[rustfmt::skip]
const ZEROS: [char; 66] = [
    '\u{0660}', '\u{06F0}', '\u{07C0}', '\u{0966}', '\u{09E6}', '\u{0A66}', '\u{0AE6}', '\u{0B66}',
    '\u{0BE6}', '\u{0C66}', '\u{0CE6}', '\u{0D66}', '\u{0DE6}', '\u{0E50}', '\u{0ED0}', '\u{0F20}',
    '\u{1040}', '\u{1090}', '\u{17E0}', '\u{1810}', '\u{1946}', '\u{19D0}', '\u{1A80}', '\u{1A90}',
    '\u{1B50}', '\u{1BB0}', '\u{1C40}', '\u{1C50}', '\u{A620}', '\u{A8D0}', '\u{A900}', '\u{A9D0}',
    '\u{A9F0}', '\u{AA50}', '\u{ABF0}', '\u{104A0}', '\u{10D30}', '\u{10D40}', '\u{11066}', '\u{110F0}',
    '\u{11136}', '\u{111D0}', '\u{112F0}', '\u{11450}', '\u{114D0}', '\u{11650}', '\u{116C0}', '\u{116D0}',
    '\u{116DA}', '\u{11730}', '\u{118E0}', '\u{11950}', '\u{11BF0}', '\u{11C50}', '\u{11D50}', '\u{11DA0}',
    '\u{11F50}', '\u{16A60}', '\u{16AC0}', '\u{16B50}', '\u{16D70}', '\u{1E140}', '\u{1E2F0}', '\u{1E4F0}',
    '\u{1E5F1}', '\u{1E950}',
];

/// The digit a reader sees in `c`: of any script, Chinese, circled, in brackets, raised or styled.
pub(crate) fn digit(c: char) -> Option<u8> {
    let arabic = |c: char| c.to_digit(10).and_then(|digit| u8::try_from(digit).ok());
    if c.is_ascii() {
        return arabic(c);
    }
    named(c).or_else(|| {
        // `⒈` is `1.` and `㈠` is `(一)`: the sign around the digit is none.
        let mut plain = std::iter::once(c).nfkc().filter(|c| !matches!(c, '(' | ')' | '.' | ','));
        match (plain.next(), plain.next()) {
            (Some(one), None) if one != c => arabic(one).or_else(|| named(one)),
            _ => None,
        }
    })
}

/// What a digit is called on the radio, or drawn as. Alone these are words of their own, so they count only
/// within a number.
pub(crate) fn said(c: char) -> Option<u8> {
    match c {
        'o' | '○' | '◯' | '⭕' | '洞' => Some(0),
        '两' | '兩' => Some(2),
        '拐' => Some(7),
        '勾' | '钩' => Some(9),
        _ => None,
    }
}

fn named(c: char) -> Option<u8> {
    let from = |zero: char| u8::try_from(u32::from(c) - u32::from(zero)).ok();
    match c {
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
        '❶'..='❾' => from('❶').map(|d| d + 1),
        '⓵'..='⓽' => from('⓵').map(|d| d + 1),
        '➀'..='➈' => from('➀').map(|d| d + 1),
        '➊'..='➒' => from('➊').map(|d| d + 1),
        '🄋' | '🄌' => Some(0),
        _ => {
            let zero = ZEROS.partition_point(|zero| *zero <= c).checked_sub(1).map(|at| ZEROS[at])?;
            from(zero).filter(|digit| *digit <= 9)
        }
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
    fn a_digit_is_known_in_any_disguise() {
        let read = |text: &str| text.chars().map(digit).collect::<Option<Vec<_>>>();
        assert_eq!(read("1２三④𝟓陆⑺٨玖〇❶"), Some(vec![1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]));
        assert_eq!(
            read("¹³⁸⁰㊀㊂㊇㈠㈢㈧⒈⒊⒏⓵⓷➀➂➇१३८๑๓๘🯱🯳🯸🄂🄄"),
            Some(vec![1, 3, 8, 0, 1, 3, 8, 1, 3, 8, 1, 3, 8, 1, 3, 1, 3, 8, 1, 3, 8, 1, 3, 8, 1, 3, 8, 1, 3])
        );
        for none in "十百o洞O两⑩⑾½Ⅴ㊉ \u{200d}".chars() {
            assert_eq!(digit(none), None, "{none}");
        }
    }
}
