//! Reads what people paste into `/check`: a number, a link, or a whole message that may be forged around a
//! real number.

use std::ops::Range;

use crate::domain::case_number::CaseNumber;
use crate::domain::swindle::{Wants, links, wants};
use crate::domain::text::is_dash;

/// What was pasted, once read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pasted {
    pub number: CaseNumber,
    /// It has other case numbers, too.
    pub several: bool,
    /// It has words besides the number and links; nobody here knows who wrote them.
    pub words: bool,
    /// A link leads to another site.
    pub foreign: bool,
    /// What the words want from their reader.
    pub wants: Wants,
}

/// Reads what was pasted; `None` where it contains no case number. Our own links begin with `base_url`.
pub fn read(text: &str, base_url: &str) -> Option<Pasted> {
    if let Ok(number) = text.parse() {
        let wants = Wants::default();
        return Some(Pasted { number, several: false, words: false, foreign: false, wants });
    }
    let numbers = numbers(text);
    // A number written with its dash is certainly meant as one; ten letters in a row may be a word.
    let is_dashed = |at: &Range<usize>| text[at.clone()].contains(is_dash);
    let mut dashed = numbers.iter().filter(|(at, _)| is_dashed(at));
    let number = dashed.next().or(numbers.first())?.1;
    let several = dashed.any(|(_, other)| *other != number);
    let links = links(text);
    let foreign = links.iter().any(|(_, link)| host(link) != host(base_url));
    let said = numbers.into_iter().filter(|(at, other)| *other == number || is_dashed(at)).map(|(at, _)| at);
    let rest = without(text, said.chain(links.into_iter().map(|(at, _)| at)).collect());
    let words = rest.contains(char::is_alphanumeric);
    Some(Pasted { number, several, words, foreign, wants: wants(&rest) })
}

/// The case numbers in a text, with their byte ranges.
fn numbers(text: &str) -> Vec<(Range<usize>, CaseNumber)> {
    let part =
        |c: char| matches!(c, '0'..='9' | 'A'..='Z' | 'a'..='z' | '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ');
    let ends = |c: char| !part(c) && !is_dash(c);
    let mut found = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive(ends) {
        let run = piece.trim_end_matches(ends);
        found.extend(run.parse().ok().map(|number| (start..start + run.len(), number)));
        start += piece.len();
    }
    found
}

/// The host and port of a link, whether or not the link has a scheme.
fn host(link: &str) -> &str {
    let after = link.split_once("://").map_or(link, |(_, rest)| rest);
    let host = after.split(['/', '?', '#']).next().unwrap_or(after);
    host.rsplit('@').next().unwrap_or(host)
}

/// A text with each of these ranges replaced by a space.
fn without(text: &str, mut ranges: Vec<Range<usize>>) -> String {
    ranges.sort_by_key(|range| range.start);
    let (mut rest, mut end) = (String::new(), 0);
    for range in ranges {
        rest.push_str(text.get(end..range.start).unwrap_or_default());
        rest.push(' ');
        end = end.max(range.end);
    }
    rest + &text[end..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "https://72.example";

    fn number() -> CaseNumber {
        "00000-00012".parse().unwrap()
    }

    #[test]
    fn a_number_and_our_own_link_are_all_there_is() {
        for typed in [
            "00000-00012",
            " ooooo ooo12 ",
            "００００００００１２",
            "https://72.example/n/00000-00012",
            "HTTPS://72.EXAMPLE/n/00000-00012",
            " 72.example/n/00000-00012/poster.jpg?x#y",
            "https://72.example/n/00000-00012。",
        ] {
            let read = read(typed, HERE).unwrap();
            assert_eq!((read.number, read.several), (number(), false), "{typed:?}");
            assert_eq!((read.words, read.foreign, read.wants), (false, false, Wants::default()), "{typed:?}");
        }
    }

    #[test]
    fn the_lines_of_a_message_are_read_as_its_number() {
        for typed in [
            "编号：00000-00012",
            "Case number: 00000-00012.",
            "编号：00000-00012 https://72.example/n/00000-00012",
        ] {
            let read = read(typed, HERE).unwrap();
            assert_eq!((read.number, read.several), (number(), false), "{typed:?}");
            assert_eq!((read.words, read.foreign, read.wants), (true, false, Wants::default()), "{typed:?}");
        }
        assert_eq!(read("【72小时】寻人 王桂兰", HERE), None);
    }

    #[test]
    fn what_is_written_around_a_true_number_is_seen() {
        let read = |text: &str| read(text, HERE).unwrap();
        for link in [
            "http://72-xiaoshi.help/n/00000-00012",
            "https://72.example.evil.top/n/00000-00012",
            "https://72.example@evil.top/n/00000-00012",
            "看 evil.top/n/00000-00012",
        ] {
            assert!(read(link).foreign, "{link}");
        }
        let forged = read("请直接联系家属 17012345678，先付路费500元 编号：00000-00012");
        assert_eq!((forged.words, forged.foreign), (true, false));
        assert!(forged.wants.money && forged.wants.contact);
    }
}
