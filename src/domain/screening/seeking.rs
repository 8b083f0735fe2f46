//! Searches for a person by a notice of another kind.

use crate::domain::text::digit;
use crate::domain::text::scan::glyphs;

/// Words of a search that are said of people; of pets, too, which are younger than [`GROWN`].
const SEEKING: &[&str] = &[
    "走失",
    "失踪",
    "失蹤",
    "失联",
    "失聯",
    "寻人",
    "尋人",
    "找人",
    "找到她",
    "找到他",
    "找她",
    "找他",
    "寻她",
    "寻他",
    "见过她",
    "见过他",
    "见到她",
    "见到他",
    "看到她",
    "看到他",
];
/// Words of a search that are said of any lost thing.
const SEEKING_ANYTHING: &[&str] = &["寻找", "尋找", "missing", "lookingfor"];
/// After a word of a search, these tell that it is for a person.
const SOUGHT: &[&str] =
    &["女子", "男子", "妇女", "女性", "男性", "妻", "老婆", "女友", "女朋友", "woman", "aman"];
/// What an age is told with before the number.
const AGED: &[&str] = &["年龄", "年齡", "芳龄"];
/// Nobody who is younger than this, in years, is looked for by a lost thing: pets and children have ages, too.
const GROWN: u32 = 14;

/// Whether a text looks for a person: it says so, and tells an age.
#[must_use]
pub fn seeks_a_person(text: &str) -> bool {
    let solid = solid(text);
    let seeks = |words| seeks(&solid, words, |_| true);
    !ages(&solid).is_empty() && (seeks(SEEKING) || seeks(SEEKING_ANYTHING))
}

/// Whether the text of a lost thing looks for somebody of 14 years or more.
#[must_use]
pub fn seeks_somebody_by_a_thing(text: &str) -> bool {
    let solid = solid(text);
    let sought = |(at, word): (usize, &str)| {
        let clause = solid[at + word.len()..].chars().take_while(|c| !"。,;!?\n".contains(*c));
        let after: String = clause.take(20).collect();
        SOUGHT.iter().any(|one| after.contains(one))
    };
    let anything = SEEKING_ANYTHING.iter().any(|word| solid.match_indices(*word).any(sought));
    // 找到她的钱包 looks for the purse.
    let person = || seeks(&solid, SEEKING, |after| !after.starts_with('的'));
    ages(&solid).iter().any(|age| *age >= GROWN) && (anything || person())
}

fn solid(text: &str) -> String {
    glyphs(text).iter().map(|g| g.c).filter(|c| !c.is_whitespace()).collect()
}

/// Whether one of these words is there, before what `fits`. A call for blood looks for blood, and tells the
/// patient's age.
fn seeks(solid: &str, words: &[&str], fits: impl Fn(&str) -> bool) -> bool {
    let counts = |after: &str| fits(after) && !after.chars().take(12).any(|c| c == '血');
    words.iter().any(|word| solid.match_indices(*word).any(|(at, _)| counts(&solid[at + word.len()..])))
}

/// The ages that a text tells, in years: before 岁, after 年龄, and by the year of birth.
fn ages(solid: &str) -> Vec<u32> {
    /// Whoever was born before is grown up.
    const YEAR: u32 = 2010;
    let chars: Vec<char> = solid.chars().collect();
    let is =
        |at: usize, word: &str| word.chars().eq(chars.iter().skip(at).take(word.chars().count()).copied());
    let mut ages = Vec::new();
    for at in 0..chars.len() {
        let before = || chars[..at].iter().rev().skip_while(|c| "周週多来几".contains(**c)).copied();
        let born = || {
            let mut after = chars[at + 1..].iter().skip_while(|c| counted(**c) || "月日号出".contains(**c));
            after.next() == Some(&'生') && after.next().is_none_or(|c| !"产锈活".contains(*c))
        };
        let counts = ["岁", "歲", "yearsold", "yearold", "-year-old"];
        if counts.iter().any(|word| is(at, word)) {
            ages.extend(number(before()));
        } else if let Some(word) = AGED.iter().find(|word| is(at, word)) {
            let after = chars[at + word.chars().count()..].iter();
            let after =
                after.skip_while(|c| matches!(c, ':' | '是' | '约' | '在')).take_while(|c| counted(**c));
            ages.extend(number(after.copied().collect::<Vec<_>>().into_iter().rev()));
        } else if chars[at] == '年' && born() {
            let year = number(before()).filter(|year| *year >= 1900);
            ages.extend(year.map(|year| if year < YEAR { GROWN } else { 0 }));
        }
    }
    ages
}

fn counted(c: char) -> bool {
    digit(c).is_some() || c == '十'
}

/// The number whose last digit comes first, in digits or in words: 33, 三十三, 十八.
fn number(last_first: impl Iterator<Item = char>) -> Option<u32> {
    let mut digits: Vec<char> = last_first.take_while(|c| counted(*c)).take(4).collect();
    digits.reverse();
    let folded = digits.iter().enumerate().try_fold(0_u32, |so_far, (at, c)| match digit(*c) {
        _ if *c == '十' => Some(so_far.max(1) * 10),
        // 三十三: the tens are counted already.
        Some(ones) if at > 0 && digits[at - 1] == '十' => Some(so_far + u32::from(ones)),
        Some(next) => Some(so_far * 10 + u32::from(next)),
        None => None,
    });
    folded.filter(|_| !digits.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_a_person_tells_an_age() {
        for text in
            ["女，33岁，走失", "寻找三十多岁的妇女", "２８ 岁，失 联", "Looking for a 30-year-old woman"]
        {
            assert!(seeks_a_person(text) && seeks_somebody_by_a_thing(text), "{text}");
        }
        for text in [
            "女，1993年生，急需找到她",
            "失联女子，年龄33，寻找",
            "一九九三年出生，失踪",
            "1993年5月3日生，失踪",
            "33周岁，见到她请告知",
            "十几岁的女孩走失",
        ] {
            assert!(seeks_a_person(text), "{text}");
        }
        for text in [
            "三人被困在桥头平台",
            "一名60岁老人晕倒，急需血浆",
            "寻找献血者",
            "寻找熊猫血，患儿5岁",
            "正在寻找船只",
        ] {
            assert!(!seeks_a_person(text), "{text}");
        }
        for text in [
            "金毛，3岁，走失，看到它请告知",
            "妈妈70岁，手机丢了，急着寻找",
            "身份证，1993年出生，寻找失主",
            "小学生8岁，找到他的书包",
        ] {
            assert!(!seeks_somebody_by_a_thing(text), "{text}");
        }
    }
}
