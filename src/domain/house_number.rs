//! Finds the number of a house or a flat, in what a family writes.

use std::ops::Range;

use super::text::is_dash;
use super::text::scan::{Glyph, ends, glyphs, is_end, is_filler, is_numeral, starts_with};

/// What a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A building, an entrance or a flat: 12号楼, 3单元, 502室, 金桥小区12号, 3-2-501.
    Flat,
    /// A house in a road: 和平路12号. Hospitals and shops have one, too, so nobody is warned of it.
    Street,
    /// Perhaps one of them: 金桥小区12号走失 may be the day.
    Unsure,
}

/// A number that is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseNumber {
    pub what: What,
    /// Its byte range in the text.
    pub range: Range<usize>,
}

/// What makes the number before it that of a house or a flat. 号 alone is as often the day of a month.
const UNITS: &[&str] = &["号楼", "号院", "號樓", "#楼", "单元", "單元", "栋", "棟", "幢", "室"];
/// Before 12号 these make it a house's number.
const ROADS: &[&str] = &["路", "街", "巷", "弄", "道", "里", "村", "庄", "同", "牌"];
/// These end like one of [`ROADS`], and the number after them is a day's.
const NO_ROADS: &[&str] =
    &["家里", "夜里", "村里", "院里", "店里", "城里", "屋里", "镇里", "县里", "市里", "这里", "那里", "知道"];
/// Where people live: the number after them is a house's, unless it may be a day's.
const ESTATES: &[&str] = &["小区", "社区", "花园", "家园", "公寓", "家属院", "大院", "宿舍", "苑"];
/// In the same clause before a number these tell that it is no day's.
const LIVES: &[&str] = &["住", "家在", "门牌"];
/// After 3号 these make it none: a date, a line of the underground, a gate.
const NO_HOUSE: &str = "线上下早中晚凌门口车站";
/// After 金桥小区12号 these leave no doubt that it is a house; so does the end of a clause.
const AT_HOME: &str = "家内里附旁的";

/// Every number that is or may be a house's or a flat's, in order.
#[must_use]
pub fn house_numbers(text: &str) -> Vec<HouseNumber> {
    let glyphs = glyphs(text);
    // People write 3 号楼 and 3-号楼.
    let solid: Vec<usize> = (0..glyphs.len()).filter(|i| !is_filler(glyphs[*i].c)).collect();
    let mut found: Vec<(What, Range<usize>)> = Vec::new();
    for i in 0..solid.len() {
        found.extend(named(&glyphs, &solid, i).map(|range| (What::Flat, range)));
    }
    for at in 0..glyphs.len() {
        found.extend(numbered(&glyphs, at));
        found.extend(dashed(&glyphs, at));
    }
    let bytes = |r: Range<usize>| glyphs[r.start].at.start..glyphs[r.end - 1].at.end;
    let mut house_numbers: Vec<HouseNumber> =
        found.into_iter().map(|(what, range)| HouseNumber { what, range: bytes(range) }).collect();
    house_numbers.sort_by_key(|number| number.range.start);
    house_numbers
}

/// `12号楼`, `3单元`: the word stands at that place of `solid`.
fn named(glyphs: &[Glyph], solid: &[usize], i: usize) -> Option<Range<usize>> {
    let stands = |word: &&&str| {
        let mut solid = solid[i..].iter();
        word.chars().all(|c| solid.next().is_some_and(|i| glyphs[*i].c == c))
    };
    let unit = UNITS.iter().find(stands)?;
    let start = (0..i).rev().take_while(|i| is_numeral(glyphs[solid[*i]].c)).last()?;
    // 一栋居民楼 is any building.
    let any = i - start == 1 && glyphs[solid[start]].c == '一' && ["栋", "棟", "幢"].contains(unit);
    (!any).then(|| solid[start]..solid[i + unit.chars().count() - 1] + 1)
}

/// `和平路12号`, `金桥小区12号`: the 号 stands there.
fn numbered(glyphs: &[Glyph], at: usize) -> Option<(What, Range<usize>)> {
    let start = (0..at).rev().take_while(|i| is_numeral(glyphs[*i].c)).last()?;
    let next = glyphs.get(at + 1).map(|glyph| glyph.c);
    if glyphs[at].c != '号' || next.is_some_and(|c| NO_HOUSE.contains(c)) {
        return None;
    }
    let what = if ends(glyphs, start, ROADS) && !ends(glyphs, start, NO_ROADS) {
        What::Street
    } else if !ends(glyphs, start, ESTATES) {
        return None;
    } else if lives(glyphs, start) || next.is_none_or(|c| AT_HOME.contains(c) || is_end(c)) {
        What::Flat
    } else {
        What::Unsure
    };
    Some((what, start..at + 1))
}

/// `3-2-501`, `小区3-501`, `3#2#501`: the first number begins there.
fn dashed(glyphs: &[Glyph], at: usize) -> Option<(What, Range<usize>)> {
    let is = |i: usize, wanted: fn(char) -> bool| glyphs.get(i).is_some_and(|glyph| wanted(glyph.c));
    let part_of_more = |c: char| c.is_ascii_alphanumeric() || is_between(c) || matches!(c, '.' | ':' | '/');
    if at > 0 && is(at - 1, part_of_more) {
        return None;
    }
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut end = at;
    loop {
        let digits = (end..glyphs.len()).take_while(|i| glyphs[*i].c.is_ascii_digit()).count();
        groups.push(end..end + digits);
        end += digits;
        if digits == 0 || !is(end, is_between) {
            break;
        }
        end += 1;
    }
    let (flat, before) = groups.split_last()?;
    if !matches!(before.len(), 1 | 2) || before.iter().any(|group| group.len() > 2) || is(end, part_of_more) {
        return None;
    }
    let number: u32 =
        glyphs[flat.clone()].iter().filter_map(|glyph| glyph.c.to_digit(10)).fold(0, |n, d| n * 10 + d);
    // From the first floor to the 99th, with 20 flats on each; 2003 may be a year.
    if !matches!(flat.len(), 3 | 4) || glyphs[flat.start].c == '0' || !(1..=20).contains(&(number % 100)) {
        return None;
    }
    let year = (1900..2100).contains(&number);
    let what = match (before.len(), ends(glyphs, at, ESTATES)) {
        (2, false) if year => What::Unsure,
        (2, _) | (_, true) => What::Flat,
        _ if ends(glyphs, at, ROADS) || lives(glyphs, at) => What::Unsure,
        _ => return None,
    };
    Some((what, at..end))
}

/// Whether the clause says, up to there, where somebody lives.
fn lives(glyphs: &[Glyph], at: usize) -> bool {
    let clause = at - glyphs[..at].iter().rev().take(12).take_while(|glyph| !is_end(glyph.c)).count();
    (clause..at).any(|i| LIVES.iter().any(|word| starts_with(&glyphs[i..at], word)))
}

fn is_between(c: char) -> bool {
    c == '#' || is_dash(c)
}
