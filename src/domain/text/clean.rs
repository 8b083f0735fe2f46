//! Cleans typed text: removes everything invisible or misleading.

use super::fold::is_invisible;
use super::unit::Unit;

/// One line of at most `max_chars` characters. Control, invisible and direction characters are dropped; line
/// breaks and runs of spaces become one space. A text that was cut ends in `…`.
#[must_use]
pub fn one_line(text: &str, max_chars: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = visible(&words.join(" "));
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    Unit::Chars.cut(&line, max_chars)
}

/// Several lines of at most `max_chars` characters in all: like [`one_line`], but line breaks stay, and
/// several empty lines become one.
#[must_use]
pub fn paragraph(text: &str, max_chars: usize) -> String {
    Unit::Chars.cut(&lines(text), max_chars)
}

/// [`paragraph`] without a limit.
pub(super) fn lines(text: &str) -> String {
    let broken = text
        .replace("\r\n", "\n")
        .replace(['\r', '\u{0B}', '\u{0C}', '\u{85}', '\u{2028}', '\u{2029}'], "\n");
    let mut out = String::with_capacity(broken.len());
    let mut empty = 0;
    for line in visible(&broken).lines() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.is_empty() {
            empty += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if empty > 0 { "\n\n" } else { "\n" });
        }
        out.push_str(&line);
        empty = 0;
    }
    out
}

/// Drops controls and invisible characters, but keeps the joiners and selectors inside an emoji.
fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after_emoji = out.chars().next_back().is_some_and(is_pictograph);
        match c {
            '\u{FE0F}' if after_emoji => out.push(c),
            '\u{200D}'
                if (after_emoji || out.ends_with('\u{FE0F}'))
                    && chars.peek().copied().is_some_and(is_pictograph) =>
            {
                out.push(c)
            }
            '\n' => out.push('\n'),
            '\t' | '\u{2800}' => out.push(' '),
            _ if is_invisible(c) || c.is_control() => {}
            _ => out.push(c),
        }
    }
    out
}

/// Roughly the characters that take part in emoji sequences; none of them is a letter or a digit.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{21FF}' | '\u{2300}'..='\u{23FF}' | '\u{2600}'..='\u{27BF}'
        | '\u{2B00}'..='\u{2BFF}' | '\u{1F300}'..='\u{1FAFF}')
        && super::fold::digit(c).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line("  张\t三\r\n李\u{3000}四 \u{2028}王五 ", 99), "张 三 李 四 王五");
        assert_eq!(one_line("王\u{200b}小\u{202e}明\u{feff}\u{0}\u{7}", 99), "王小明");
        assert_eq!(one_line("一二三四五", 4), "一二三…");
        assert_eq!(one_line("一二三四", 4), "一二三四");
        assert_eq!(one_line("a \u{200b} b", 9), "a b");
    }

    #[test]
    fn paragraph_keeps_lines() {
        assert_eq!(paragraph("\r\n一 \r\n二\r三\n\n\n\n四\u{85}五\n", 99), "一\n二\n三\n\n四\n五");
    }

    #[test]
    fn emoji_stay_whole() {
        assert_eq!(one_line("👨‍👩‍👧 ❤️ a\u{200d}b 1\u{fe0f}", 99), "👨‍👩‍👧 ❤️ ab 1");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in "[\\x00-\\x20a1好👩❤\u{200d}\u{fe0f}\u{200b}\u{202e}\u{2028}\u{3000}\u{2800}]{0,30}", any in ".{0,30}") {
            for text in [text, any] {
                let (line, lines) = (one_line(&text, 1000), paragraph(&text, 1000));
                prop_assert_eq!(&one_line(&line, 1000), &line);
                prop_assert_eq!(&paragraph(&lines, 1000), &lines);
                prop_assert!(!line.contains(|c: char| c.is_control()));
                prop_assert!(!lines.contains("\n\n\n") && !lines.contains("  "));
            }
        }
    }
}
