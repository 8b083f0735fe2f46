//! Web addresses, also with a disguised dot.

use std::ops::Range;

use super::super::domains::{CHINESE_DOMAINS, PLAIN_DOMAINS, is_domain, is_foreign_domain, is_title};
use super::{Glyph, starts_with};

/// Ways to write a dot without a dot.
const DISGUISED_DOTS: &[&str] = &["[.]", "(.)", "[dot]", "(dot)", "点", "。", "｡", "․", "[点]", "(点)"];

/// The links in the text, as ranges of glyphs, in order of their start.
pub(crate) fn links(glyphs: &[Glyph]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for i in 0..glyphs.len() {
        if let Some(link) = scheme(glyphs, i).or_else(|| domain(glyphs, i)) {
            found.push(link);
        }
    }
    found
}

/// The link whose `://` is at `at`.
fn scheme(glyphs: &[Glyph], at: usize) -> Option<Range<usize>> {
    starts_with(&glyphs[at..], "://").then(|| {
        let name = back(glyphs, at, |c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        name..tail(glyphs, at + 3)
    })
}

/// The domain whose second-to-last or only dot is at `at`.
fn domain(glyphs: &[Glyph], at: usize) -> Option<Range<usize>> {
    let plain = glyphs[at].c == '.';
    let dot = if plain {
        1
    } else {
        DISGUISED_DOTS.iter().find(|dot| starts_with(&glyphs[at..], dot))?.chars().count()
    };
    let before = glyphs[..at].last()?.c;
    let after = at + dot;
    let latin = label(glyphs, after, |c| c.is_ascii_alphanumeric() || c == '-');
    let latin = &latin[..latin.iter().rposition(|g| g.c != '-').map_or(0, |last| last + 1)];
    let (end, ending) = (after + latin.len(), word(latin));
    let named = is_name(latin);
    let known = if plain { is_domain(&ending, named) } else { PLAIN_DOMAINS.contains(&ending.as_str()) };
    let start = back(glyphs, at, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let any = label(glyphs, after, |c| c.is_alphanumeric() || c == '-');
    let foreign = plain && is_foreign_domain(&word(any).to_lowercase());
    if !before.is_ascii_alphanumeric() {
        // 例子.com: the reader keeps the word; only the link is removed.
        let end = if foreign { after + any.len() } else { end };
        return (plain && before.is_alphabetic() && (known || foreign)).then(|| at..extend(glyphs, end));
    }
    if let Some(name) = CHINESE_DOMAINS.iter().find(|name| plain && starts_with(&glyphs[after..], name)) {
        return Some(start..extend(glyphs, after + name.chars().count()));
    }
    if foreign {
        return Some(start..extend(glyphs, after + any.len()));
    }
    let next = |more: usize| glyphs.get(end + more).map(|g| g.c);
    // A question mark may also be the end of the sentence.
    let path = next(0) == Some('/') || (next(0) == Some('?') && next(1).is_some_and(in_link));
    let path = path && plain && ending.len() >= 2 && ending.starts_with(|c: char| c.is_ascii_alphabetic());
    let www = plain && !ending.is_empty() && starts_with(&glyphs[start..], "www.");
    let titled =
        named && is_title(glyphs[start..at].iter().map(|g| g.c)) && !PLAIN_DOMAINS.contains(&ending.as_str());
    (path || www || (known && !titled) || address(glyphs, start, end)).then(|| start..extend(glyphs, end))
}

/// The glyphs from `start` on that may be a label between two dots.
fn label(glyphs: &[Glyph], start: usize, allowed: impl Fn(char) -> bool) -> &[Glyph] {
    let rest = &glyphs[start..];
    &rest[..rest.iter().take_while(|g| allowed(g.c)).count()]
}

fn word(glyphs: &[Glyph]) -> String {
    glyphs.iter().map(|g| g.c).collect()
}

/// Whether only the first letter of a word is upper case.
fn is_name(word: &[Glyph]) -> bool {
    word.split_first().is_some_and(|(first, rest)| first.capital && rest.iter().all(|g| !g.capital))
}

/// Whether the glyphs are an IPv4 address, up to its last dot's number.
fn address(glyphs: &[Glyph], start: usize, end: usize) -> bool {
    let text: String = glyphs[start..end].iter().map(|g| g.c).collect();
    text.parse::<std::net::Ipv4Addr>().is_ok()
}

/// The end of a link, with a port, a path or more labels after its domain.
fn extend(glyphs: &[Glyph], end: usize) -> usize {
    match glyphs.get(end).map(|g| g.c) {
        Some('.' | ':' | '/' | '?' | '#') => tail(glyphs, end),
        _ => end,
    }
}

/// The end of the characters that may be part of a link, without the punctuation of the sentence.
fn tail(glyphs: &[Glyph], start: usize) -> usize {
    let long = glyphs[start..].iter().take_while(|g| in_link(g.c)).count();
    let kept = glyphs[start..start + long]
        .iter()
        .rposition(|g| !matches!(g.c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '"' | '\''));
    kept.map_or(start, |last| start + last + 1)
}

/// The characters of RFC 3986; any other ASCII character ends a link.
fn in_link(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}')
}

fn back(glyphs: &[Glyph], end: usize, allowed: impl Fn(char) -> bool) -> usize {
    end - glyphs[..end].iter().rev().take_while(|g| allowed(g.c)).count()
}
