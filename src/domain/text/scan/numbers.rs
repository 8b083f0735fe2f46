//! Runs of digits, in whatever script or dress, and which of them are contact numbers.

use std::ops::Range;

use super::super::fold::{digit, is_dash, said};
use super::Glyph;

/// Digits with at most three separators between any two of them.
pub(crate) struct Run {
    /// The groups of digits without separators, in order, as ranges of glyphs; one glyph is one digit.
    pub(crate) groups: Vec<Range<usize>>,
    /// All digits of the run.
    pub(crate) digits: Vec<u8>,
    /// Whether the separator is the same between all groups.
    even: bool,
}

impl Run {
    /// The glyphs from the first digit to the last.
    pub(crate) fn span(&self) -> Range<usize> {
        match (self.groups.first(), self.groups.last()) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// The run without the numerals that belong to a name beside it.
    fn without_names(&self, glyphs: &[Glyph]) -> Run {
        let written = |at: usize| glyphs[at].c.is_alphabetic();
        let is_name = |group: &Range<usize>| group.len() <= NAMED && group.clone().all(written);
        let spaced = |between: Range<usize>| glyphs[between].iter().all(|g| g.c.is_whitespace());
        let mut groups = &self.groups[..];
        if let [first, rest @ ..] = groups
            && let Some(next) = rest.first()
            && is_name(first)
            && !written(next.start)
            && spaced(first.end..next.start)
        {
            groups = rest;
        }
        if let [rest @ .., last] = groups
            && let Some(before) = rest.last()
            && is_name(last)
            && !written(before.end - 1)
            && spaced(before.end..last.start)
        {
            groups = rest;
        }
        let digits = groups.iter().cloned().flatten().filter_map(|at| read(glyphs, at)).collect();
        Run { groups: groups.to_vec(), digits, even: self.even }
    }

    /// Whether it could be used to reach somebody: seven digits in one piece or grouped like a telephone
    /// number, or scattered in ones and twos. `12-3-1201` (a flat) and `9.40-10.20` (two times) stay
    /// readable.
    pub(crate) fn is_contact(&self) -> bool {
        let lengths: Vec<usize> = self.groups.iter().map(ExactSizeIterator::len).collect();
        let scattered = lengths.len() >= 4 && lengths.iter().all(|n| *n <= 2);
        match self.digits.len() {
            0..7 => false,
            10.. => true,
            _ => {
                lengths.iter().any(|n| *n >= 6)
                    || matches!(lengths[..], [3 | 4, 4])
                    || (scattered && (self.even || lengths.len() >= 5))
            }
        }
    }
}

/// How many numerals may be part of a name: 张三, 王二三.
const NAMED: usize = 2;

/// The contact numbers among the runs of digits. Written-out numerals a space away from the number are the
/// end or the beginning of a name: 张三 13800138000.
pub(super) fn numbers(glyphs: &[Glyph]) -> impl Iterator<Item = Range<usize>> {
    runs(glyphs).into_iter().filter_map(|run| {
        let named = run.without_names(glyphs);
        [named, run].into_iter().find(Run::is_contact).map(|run| run.span())
    })
}

/// Every run of digits; a date at its beginning is not part of it.
pub(crate) fn runs(glyphs: &[Glyph]) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut i = 0;
    while i < glyphs.len() {
        if digit(glyphs[i].c).is_none() {
            i += 1;
        } else if let Some(end) = date(glyphs, i) {
            i = end;
        } else {
            let run = run(glyphs, i);
            i = run.span().end;
            runs.push(run);
        }
    }
    runs
}

fn run(glyphs: &[Glyph], start: usize) -> Run {
    let mut run = Run { groups: Vec::new(), digits: Vec::new(), even: true };
    let mut separator: Option<String> = None;
    let mut i = start;
    loop {
        let first = i;
        while let Some(value) = read(glyphs, i) {
            run.digits.push(value);
            i += 1;
        }
        run.groups.push(first..i);
        let gap = glyphs[i..].iter().take_while(|g| is_separator(g.c)).count();
        // 9.40-10.20，两人: after a gap such a word begins what follows.
        let begins_a_word = |g: &Glyph| gap > 0 && said(g.c).is_some() && g.c.is_alphabetic() && g.c != 'o';
        let next = glyphs.get(i + gap);
        if gap > 3 || read(glyphs, i + gap).is_none() || next.is_some_and(begins_a_word) {
            return run;
        }
        let between: String = glyphs[i..i + gap].iter().map(|g| g.c).collect();
        run.even &= separator.get_or_insert_with(|| between.clone()) == &between;
        i += gap;
    }
}

/// The digit at a place within a number: a digit, or what one is called there. An o of a Latin word is none.
fn read(glyphs: &[Glyph], at: usize) -> Option<u8> {
    /// So many of them in a row are no word.
    const LONG: usize = 12;
    let c = glyphs.get(at)?.c;
    let letter = |g: &Glyph| g.c.is_ascii_alphabetic();
    let in_word = || {
        let before = glyphs[..at].iter().rev().take(LONG).find(|g| g.c != 'o');
        let after = glyphs[at..].iter().take(LONG).find(|g| g.c != 'o');
        before.is_some_and(letter) || after.is_some_and(letter)
    };
    digit(c).or_else(|| said(c).filter(|_| c != 'o' || !in_word()))
}

/// What people put between the digits of a number; a colon and 、 are not among them.
fn is_separator(c: char) -> bool {
    is_dash(c)
        || matches!(c, ' ' | '.' | ',' | '_' | '/' | '\\' | '(' | ')' | '[' | ']' | '+' | '*' | '~' | '|'
            | '·' | '•' | '。' | '\'' | '\u{0300}'..='\u{036F}' | '\u{20D0}'..='\u{20FF}')
        || c.is_whitespace()
}

/// The end of the date that begins at `start`: `2026-11-23`, `2026.1.3`, `2026/11/23`, `20261123`.
fn date(glyphs: &[Glyph], start: usize) -> Option<usize> {
    let number = |from: usize, most: usize| {
        let ascii = |g: &&Glyph| g.c.is_ascii_digit();
        let n = glyphs.get(from..)?.iter().take_while(ascii).take(most).count();
        let text: String = glyphs[from..from + n].iter().map(|g| g.c).collect();
        Some((text.parse::<u32>().ok()?, from + n))
    };
    let ends = |at: usize| glyphs.get(at).is_none_or(|g| digit(g.c).is_none());
    let (_, i) = number(start, 4).filter(|(year, i)| (1900..2100).contains(year) && i - start == 4)?;
    let (month, day, end) = match glyphs.get(i)?.c {
        mark @ ('-' | '.' | '/') => {
            let (month, j) = number(i + 1, 2)?;
            glyphs.get(j).filter(|g| g.c == mark)?;
            let (day, end) = number(j + 1, 2)?;
            (month, day, end)
        }
        c if c.is_ascii_digit() => {
            let (month, j) = number(i, 2)?;
            let (day, end) = number(j, 2)?;
            (month, day, (end - start == 8).then_some(end)?)
        }
        _ => return None,
    };
    ((1..=12).contains(&month) && (1..=31).contains(&day) && ends(end)).then_some(end)
}
