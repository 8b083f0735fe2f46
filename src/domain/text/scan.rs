//! Finds links, telephone numbers and accounts in free text, including disguised ones.

use super::domains::{CHINESE_DOMAINS, PLAIN_DOMAINS, is_domain, is_foreign_domain, is_title};
use super::fold::{ascii, digit, is_dash, is_invisible, said};
use std::ops::Range;

/// A visible character, folded to lower-case ASCII where it is a form of an ASCII character.
pub(crate) struct Glyph {
    /// The folded character.
    pub(crate) c: char,
    /// Whether it was upper case.
    capital: bool,
    /// Its byte range in the text.
    pub(crate) at: Range<usize>,
}

/// The visible characters of `text`, folded.
pub(crate) fn glyphs(text: &str) -> Vec<Glyph> {
    text.char_indices()
        .filter(|(_, c)| !is_invisible(*c))
        .map(|(i, c)| {
            let (folded, at) = (ascii(c), i..i + c.len_utf8());
            Glyph { c: folded.to_ascii_lowercase(), capital: folded.is_ascii_uppercase(), at }
        })
        .collect()
}

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
fn numbers(glyphs: &[Glyph]) -> impl Iterator<Item = Range<usize>> {
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

/// Names of messengers, after which an account follows.
const MESSENGERS: &[&str] = &[
    "微信", "薇信", "威信", "weixin", "wechat", "vx", "wx", "v信", "qq", "扣扣", "企鹅", "telegram",
    "whatsapp", "skype", "加v", "+v", "+ v", "加微", "加薇", "加威", "加我", "私我", "威", "薇",
];

/// Hearts, faces and arrows, which are put into a name to hide it.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{2BFF}' | '\u{1F300}'..='\u{1FAFF}')
}

/// Accounts given after a messenger's name (`微信号：abc123`), as ranges of glyphs.
pub(crate) fn accounts(glyphs: &[Glyph]) -> Vec<Range<usize>> {
    (0..glyphs.len())
        .filter_map(|i| {
            let name = MESSENGERS.iter().find(|name| starts_with(&glyphs[i..], name))?;
            if i > 0 && glyphs[i - 1].c.is_ascii_alphanumeric() && name.is_ascii() {
                return None;
            }
            let after = i + name.chars().count();
            let between = glyphs[after..].iter().take(5).take_while(|g| {
                matches!(g.c, ':' | ' ' | '号' | '码' | '是' | '为' | '=' | '群' | '加' | '-' | '+')
                    || is_picture(g.c)
            });
            let start = after + between.clone().count();
            let told = between.clone().any(|g| matches!(g.c, ':' | '号' | '是' | '为' | '=' | '加'));
            let account = glyphs[start..]
                .iter()
                .take_while(|g| g.c.is_ascii_alphanumeric() || matches!(g.c, '_' | '-'));
            let long = account.clone().count();
            let numbered = account.clone().any(|g| g.c.is_ascii_digit());
            // 威 and 薇 end names: 王薇 158cm, 李薇2026-11-23.
            let of_name = name.chars().count() == 1;
            let fits =
                if of_name { numbered && glyphs[start].c.is_ascii_alphabetic() } else { told || numbered };
            (long >= 5 && fits).then(|| start..start + long)
        })
        .collect()
}

/// Whether the glyphs begin with `text`, which must be lower case.
pub(crate) fn starts_with(glyphs: &[Glyph], text: &str) -> bool {
    let mut glyphs = glyphs.iter();
    text.chars().all(|c| glyphs.next().is_some_and(|g| g.c == c))
}

fn back(glyphs: &[Glyph], end: usize, allowed: impl Fn(char) -> bool) -> usize {
    end - glyphs[..end].iter().rev().take_while(|g| allowed(g.c)).count()
}

/// A way to reach somebody outside the platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contact {
    /// A web address.
    Link,
    /// A telephone number or an account.
    Number,
}

/// Every contact in the text, in order, without overlaps.
pub(crate) fn contacts(glyphs: &[Glyph]) -> Vec<(Range<usize>, Contact)> {
    let mut all: Vec<_> = links(glyphs).into_iter().map(|r| (r, Contact::Link)).collect();
    all.extend(numbers(glyphs).chain(accounts(glyphs)).map(|r| (r, Contact::Number)));
    all.sort_by_key(|(range, _)| range.start);
    let mut merged: Vec<(Range<usize>, Contact)> = Vec::new();
    for (range, contact) in all {
        match merged.last_mut() {
            Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push((range, contact)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    /// Every character that reads as a digit, with its value.
    static ALL: LazyLock<Vec<(char, u8)>> = LazyLock::new(|| {
        ('\0'..=char::MAX).filter(|c| !is_invisible(*c)).filter_map(|c| Some((c, digit(c)?))).collect()
    });

    fn found(text: &str) -> Vec<(&str, Contact)> {
        let glyphs = glyphs(text);
        let bytes = |r: Range<usize>| glyphs[r.start].at.start..glyphs[r.end - 1].at.end;
        contacts(&glyphs).into_iter().map(|(r, what)| (&text[bytes(r)], what)).collect()
    }

    #[test]
    fn numbers_in_any_dress() {
        for number in [
            "13800138000",
            "138 0013 8000",
            "1-3-8-0-0-1-3-8-0-0-0",
            "１３８００１３８０００",
            "138·0013·8000",
            "0316-2233445",
            "2233445",
            "223-3445",
            "2233 4455",
            "一三八零零一三八零零零",
            "①③⑧⓪⓪①③⑧⓪⓪⓪",
            "1️⃣3️⃣8️⃣0️⃣0️⃣1️⃣3️⃣8️⃣0️⃣0️⃣0",
            "138\u{200b}00138\u{200b}000",
            "138 20190101",
            "138-2019-0101",
            "22 33 44 55",
            "138001\n38000",
            "¹³⁸⁰⁰¹³⁸⁰⁰⁰",
            "㊀㊂㊇〇〇㊀㊂㊇〇〇〇",
            "㈠㈢㈧〇〇㈠㈢㈧〇〇〇",
            "⒈⒊⒏00⒈⒊⒏000",
            "⓵⓷⓼⓪⓪⓵⓷⓼⓪⓪⓪",
            "➀➂➇00➀➂➇000",
            "१३८००१३८०००",
            "๑๓๘๐๐๑๓๘๐๐๐",
            "🯱🯳🯸🯰🯰🯱🯳🯸🯰🯰🯰",
            "🄂🄄🄉🄁🄁🄂🄄🄉🄁🄁🄁",
            "138OO138OOO",
            "138 OO 13 8OOO",
            "138○○138○○○",
            "幺三八洞洞幺三八洞洞洞",
            "一三八两两一三八两两两",
            "一拐三八勾勾一二",
        ] {
            let text = format!("请联系{number}谢谢");
            let [(_, Contact::Number)] = found(&text)[..] else { panic!("{text}: {:?}", found(&text)) };
        }
    }

    proptest! {
        #[test]
        fn no_dress_hides_a_number(digits in prop::collection::vec(0_u8..10, 11), dress in 0_usize..1_000_000) {
            let worn = |value: u8, at: usize| {
                let fits: Vec<char> = ALL.iter().filter(|(_, of)| *of == value).map(|(c, _)| *c).collect();
                fits[(dress + at * 7919) % fits.len()]
            };
            let number: String = digits.iter().enumerate().map(|(at, value)| worn(*value, at)).collect();
            let text = format!("请联系 {number} 谢谢");
            let masked: usize = found(&text).iter().map(|(part, _)| part.chars().count()).sum();
            prop_assert_eq!(masked, 11, "{}", text);
        }
    }

    #[test]
    fn a_text_of_nothing_but_what_may_be_a_digit_is_looked_through_to_its_end() {
        for part in ["o", "洞", "1o", "㈠", "o "] {
            assert!(found(&format!("1{}", part.repeat(20_000))).len() <= 1, "{part}");
        }
    }

    #[test]
    fn a_name_beside_a_number_is_no_part_of_it() {
        for (text, number) in [
            ("张三 13800138000", "13800138000"),
            ("张三　138 0013 8000", "138 0013 8000"),
            ("13800138000 三妹", "13800138000"),
            ("李四 0316-2233445 王五", "0316-2233445"),
            ("张三 223-3445", "223-3445"),
            // Writing part of a number out hides it no better.
            ("一三八零零 138000", "一三八零零 138000"),
            ("一 三 八 零 零 一 三 八 零 零 零", "一 三 八 零 零 一 三 八 零 零 零"),
            ("138001380 零 零", "138001380 零 零"),
            ("七-2233445", "七-2233445"),
        ] {
            assert_eq!(found(text), [(number, Contact::Number)], "{text}");
        }
    }

    #[test]
    fn what_a_notice_says_stays_readable() {
        for text in [
            "76岁,身高158cm,体重50公斤",
            "王薇 158cm",
            "李薇2026-11-23走失",
            "昨天9.40-10.20，两人在公园",
            "11.23-11.25 两天没回家",
            "编号123456，两把钥匙",
            "2026-11-23 09:40-10:20",
            "2026年11月23日9时40分",
            "2026.11.20-2026.11.23",
            "20261123走失",
            "和平路12-3-1201室",
            "冀R12345",
            "9.40-10.20",
            "3号楼2单元501",
            "2两白酒，5两米饭，10 o'clock, 1380 of them",
            "威海人，加我爸三口人",
            "101国道37公里处",
            "身高1.58米",
            "110、120、119",
            "他说三三两两的",
            "T恤.黑色",
            "第1.2节",
            "Mr.Li",
            "v1.2.3",
            "9点到10点",
            "去了微信群里",
            "QQ糖",
            "3.5公里",
            "U.S.",
            "Mr.Wang",
            "他走了.没带手机",
            "He left at 9 p.m.Please call",
            "He left home.It was late.In the morning.Today",
            "Li.Na",
            "王.李",
            "3.5kg",
            "12.30",
            "J.R.",
            "9.30am",
            "走失.手机没带",
            "去了.中国银行",
            "在家/单位.ok?",
            "Co.Ltd",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn links_in_any_dress() {
        for link in [
            "http://a.b/c?d=1",
            "HTTPS://EXAMPLE.CN",
            "www.example.museum",
            "example.com",
            "a.b.example.com.cn/x",
            "t.me/abc",
            "example。com",
            "example．com",
            "ｅｘａｍｐｌｅ．ｃｏｍ",
            "example[.]com",
            "example(dot)com",
            "example点com",
            "192.168.1.1",
            "ftp://x",
            "exam\u{200b}ple.com",
            "example.zz/pay",
            "weixin://dl/x",
            "example.中国",
            "evil.example",
            "xn--fiqs8s.xn--fiqs8s",
            "wang.wang",
            "mr.com",
            "evil.cyou",
            "evil.foundation",
            "evil.ngo",
            "evil.ong",
            "evil.charity",
            "evil.help",
            "evil.support",
            "evil.money",
            "evil.cash",
            "evil.world",
            "evil.today",
            "evil.TODAY",
            "evil.in",
            "evil.it",
            "evil.id",
            "evil.in?x=1",
            "evil.nosuch?x=1",
            "evil.nosuch/",
            "Evil.Online",
            "dr.link",
            "mr.app",
            "dr.live",
            "evil.公益",
            "evil.机构",
        ] {
            let text = format!("请看{link}谢谢");
            assert_eq!(found(&text), [(link, Contact::Link)], "{text}");
        }
        assert_eq!(found("百度.com/x 好"), [(".com/x", Contact::Link)]);
        for (text, link) in [
            ("骗子.中国", ".中国"),
            ("骗子.中国/x 好", ".中国/x"),
            ("爱心.公益，", ".公益"),
            ("爱心.慈善", ".慈善"),
            ("骗子.рф", ".рф"),
            ("骗子.in/支付", ".in/"),
            ("evil.com- 好", "evil.com"),
        ] {
            assert_eq!(found(text), [(link, Contact::Link)], "{text}");
        }
        assert_eq!(found("(见 http://a.cn/b)。"), [("http://a.cn/b", Contact::Link)]);
    }

    #[test]
    fn accounts_of_messengers() {
        assert_eq!(found("加微信号：zhangsan"), [("zhangsan", Contact::Number)]);
        assert_eq!(found("QQ 54321"), [("54321", Contact::Number)]);
        assert_eq!(found("VX:ab_c12"), [("ab_c12", Contact::Number)]);
        for text in
            ["加V：abc12345", "+ V abc12345", "+V abc12345", "威❤ abc12345", "私我 abc12345", "威abc12345"]
        {
            assert_eq!(found(text), [("abc12345", Contact::Number)], "{text}");
        }
    }
}
