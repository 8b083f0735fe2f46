//! Finds links, telephone numbers and accounts in free text, including disguised ones.

use std::ops::Range;

use super::fold::{ascii, is_invisible};

mod accounts;
mod links;
mod numbers;

use accounts::accounts;
pub(crate) use links::links;
use numbers::numbers;
pub(crate) use numbers::runs;

/// A visible character, folded to lower-case ASCII where it is a form of an ASCII character.
pub(crate) struct Glyph {
    /// The folded character.
    pub(crate) c: char,
    /// Whether it was upper case.
    pub(crate) capital: bool,
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

/// Whether the glyphs begin with `text`, which must be lower case.
pub(crate) fn starts_with(glyphs: &[Glyph], text: &str) -> bool {
    let mut glyphs = glyphs.iter();
    text.chars().all(|c| glyphs.next().is_some_and(|g| g.c == c))
}

/// Whether one of the words, which must be lower case, ends right before `at`.
pub(crate) fn ends(glyphs: &[Glyph], at: usize, words: &[&str]) -> bool {
    let ends =
        |word: &&str| at.checked_sub(word.chars().count()).is_some_and(|i| starts_with(&glyphs[i..at], word));
    words.iter().any(ends)
}

/// A digit, or a numeral written out.
pub(crate) fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || "一二三四五六七八九十".contains(c)
}

/// What people put between the characters of a word to pass a filter.
pub(crate) fn is_filler(c: char) -> bool {
    (c.is_whitespace() && c != '\n') || matches!(c, '.' | '-' | '_' | '*' | '·' | '/' | '|' | '~')
}

/// Whether a clause ends there.
pub(crate) fn is_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, '。' | ',' | '、' | ';' | '!' | '?' | '(' | ')')
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::super::fold::digit;
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
    fn a_number_is_found_in_any_dress() {
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
    fn a_link_is_found_in_any_dress() {
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
    fn an_account_of_a_messenger_is_found() {
        assert_eq!(found("加微信号：zhangsan"), [("zhangsan", Contact::Number)]);
        assert_eq!(found("QQ 54321"), [("54321", Contact::Number)]);
        assert_eq!(found("VX:ab_c12"), [("ab_c12", Contact::Number)]);
        assert_eq!(found("抖音号 ab_c12"), [("ab_c12", Contact::Number)]);
        for text in
            ["加V：abc12345", "+ V abc12345", "+V abc12345", "威❤ abc12345", "私我 abc12345", "威abc12345"]
        {
            assert_eq!(found(text), [("abc12345", Contact::Number)], "{text}");
        }
    }
}
