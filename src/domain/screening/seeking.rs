//! Searches for a person: by a notice of another kind, and how old whoever is sought is said to be.

use std::ops::Range;

use super::sentences::{sentences, solid};
use super::whereabouts::{asks_where_somebody_is, asks_where_somebody_is_by_a_thing};
use crate::domain::text::digit;
use crate::domain::text::scan::is_end;

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
/// Before somebody, with at most [`WHOSE`] between, these tell that they are looked for.
const LOOKING: &[&str] = &["找", "寻", "尋", "missing", "lookingfor"];
const WHOSE: &[&str] = &["我的", "我", "他的", "失踪的", "走失的", "失联的", ":"];
/// They are somebody of age: 寻找我的妻子.
const KIN: &[&str] = &[
    "妻",
    "妻子",
    "前妻",
    "老婆",
    "媳妇",
    "爱人",
    "女友",
    "女朋友",
    "丈夫",
    "老公",
    "妈妈",
    "母亲",
    "mywife",
    "mygirlfriend",
];
/// After somebody, these tell that they are missing.
const GONE: &[&str] = &["失踪", "失蹤", "失联", "失聯", "走失", "下落不明"];
/// The longest name after 寻找我的妻子, in characters.
const NAMED: usize = 4;
/// After 寻找老婆 these make a thing of it: 钱包, 手机, 丢的包.
const THINGS: &str = "的丢掉落忘包机表车狗猫证卡匙伞衣帽裤鞋套物品件戒镯链镜钱本书箱袋";
/// At once before an age these tell that it is of who is sought.
const WHO_IS: &[&str] = &[
    "男", "女", "男性", "女性", "男子", "女子", "男孩", "女孩", "她", "他", "妻子", "老婆", "媳妇", "女友",
    "male", "man", "boy", "girl",
];
/// At once after an age these tell the same. Not 女儿, whom somebody may have taken along.
const IS_WHO: &[&str] = &[
    "男", "女孩", "女童", "女婴", "女子", "女性", "女生", "女士", "少女", "少年", "妇女", "妻子", "老婆",
    "媳妇", "女友", "boy", "girl", "man", "woman", "male", "female",
];
/// Just before 40岁的男子 these tell that it is somebody else: 被一名, 和一个.
const ANOTHER: &[&str] =
    &["被", "遭", "一名", "一个", "一位", "有人", "和", "跟", "与", "with", "witha", "bya", "byan"];
/// Before an age these make it that of a mind.
const LIKE: &[&str] = &["相当于", "智力", "心智", "只有", "像"];
/// What an age is told with before the number.
const AGED: &[&str] = &["年龄", "年齡", "芳龄"];
/// Nobody who is younger than this, in years, is looked for by a lost thing: pets and children have ages, too.
const GROWN: u32 = 14;

/// Whether a text looks for a person: it says so, and tells an age or whose wife or mother it is; or it asks where
/// somebody is.
#[must_use]
pub fn seeks_a_person(text: &str) -> bool {
    let solid = solid(text);
    let seeks = |words| seeks(&solid, words, |_| true);
    !ages(&solid).is_empty() && (seeks(SEEKING) || seeks(SEEKING_ANYTHING))
        || seeks_kin(&solid, true)
        || asks_where_somebody_is(text)
}

/// Whether the text of a campaign looks for somebody of 14 years or more, or for a wife or a mother, or asks where
/// somebody is. Whom it helps has an age, too, and may have lost a mother: 60岁以上老人, 妈妈失踪多年.
#[must_use]
pub fn seeks_somebody_by_a_campaign(text: &str) -> bool {
    let grown = |sentence: &str| told_ages(sentence).iter().any(|age| u32::from(*age) >= GROWN);
    let is_sought = |sentence: &str| {
        let solid = solid(sentence);
        grown(sentence) && (seeks(&solid, SEEKING, |_| true) || names_who_is_sought(&solid))
            || seeks_kin(&solid, false)
    };
    sentences(text).any(|range| is_sought(&text[range])) || asks_where_somebody_is(text)
}

/// Whether the text of a lost thing looks for somebody of 14 years or more, or for a wife or a mother, or asks where
/// somebody is.
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
    ages(&solid).iter().any(|age| age.years >= GROWN) && (anything || person())
        || seeks_kin(&solid, true)
        || asks_where_somebody_is_by_a_thing(text)
}

/// Whether a name and a sex follow a word of a search: 寻找苏晓棠，女.
fn names_who_is_sought(solid: &str) -> bool {
    let named = |(at, word): (usize, &str)| {
        let mut clauses = solid[at + word.len()..].split([',', ':', '(']);
        let name = clauses.next().map_or(0, |name| name.chars().count());
        (1..=NAMED).contains(&name) && clauses.next().is_some_and(|sex| sex.starts_with(['女', '男']))
    };
    SEEKING_ANYTHING.iter().any(|word| solid.match_indices(*word).any(named))
}

/// The ages, in years, that a text tells of whoever is sought: 6岁男孩, 女，33岁. Not those of others, nor by a year of
/// birth.
#[must_use]
pub fn told_ages(text: &str) -> Vec<u8> {
    let solid = solid(text);
    let ages = ages(&solid).into_iter().filter(|age| match age.told {
        By::Label => true,
        By::Birth => false,
        By::Count => is_of_who_is_sought(&solid[..age.at.start], &solid[age.at.end..]),
    });
    ages.filter_map(|age| u8::try_from(age.years).ok()).collect()
}

/// Whether an age between those words is that of whoever is sought.
fn is_of_who_is_sought(before: &str, after: &str) -> bool {
    let before = before.trim_end_matches([',', '、', ':', ';', '约', '近']).trim_end_matches("今年");
    let before = before.trim_end_matches([',', ':']);
    let attached = after.trim_start_matches(['多', '左', '右', '的', '大', '小', '-']);
    let sex = after.trim_start_matches([',', '、', ';']).strip_prefix(['男', '女']);
    let is_like = LIKE.iter().any(|word| before.ends_with(word));
    // 他70岁的奶奶 is not about him.
    let who_is = !after.starts_with('的') && WHO_IS.iter().any(|word| before.ends_with(word));
    let another = ANOTHER.iter().any(|word| before.ends_with(word));
    let is_who = !another && IS_WHO.iter().any(|word| attached.starts_with(word))
        || sex.is_some_and(|rest| rest.chars().next().is_none_or(is_end));
    // 18岁以上 is asked of many.
    !is_like && !after.starts_with('以') && (who_is || is_who)
}

/// Whether somebody's wife or mother is looked for, of whatever age: 寻找我的妻子; `or_is_gone`: 老婆失踪, too.
fn seeks_kin(solid: &str, or_is_gone: bool) -> bool {
    let is_sought = |(at, kin): (usize, &str)| {
        let mut before = &solid[..at];
        while let Some(less) = WHOSE.iter().find_map(|word| before.strip_suffix(word)) {
            before = less;
        }
        let after = &solid[at + kin.len()..];
        let clause = after.split(is_end).next().unwrap_or_default();
        let is_somebody = if kin.is_ascii() {
            !after.starts_with(['\'', 's'])
        } else {
            let named = clause.chars().count() <= NAMED && !clause.contains(|c: char| THINGS.contains(c));
            // 寻找妈妈围巾 looks for a scarf.
            named && (clause.is_empty() || clause.starts_with("启事") || before.len() < at)
        };
        // A kitten looks for its mother.
        let animal = before.trim_end_matches(['找', '寻']).ends_with(['猫', '狗', '犬']);
        let is_gone = or_is_gone
            && GONE.iter().any(|word| after.strip_prefix(word).is_some_and(|rest| !rest.starts_with('的')));
        !animal && (is_gone || is_somebody && LOOKING.iter().any(|word| before.ends_with(word)))
    };
    KIN.iter().any(|kin| solid.match_indices(*kin).any(is_sought))
}

/// Whether one of these words is there, before what `fits`. A call for blood looks for blood, and tells the
/// patient's age.
fn seeks(solid: &str, words: &[&str], fits: impl Fn(&str) -> bool) -> bool {
    let counts = |after: &str| fits(after) && !after.chars().take(12).any(|c| c == '血');
    words.iter().any(|word| solid.match_indices(*word).any(|(at, _)| counts(&solid[at + word.len()..])))
}

/// An age that a text tells.
struct Age {
    /// In years; of somebody of whom the year of birth is told, [`GROWN`] or none.
    years: u32,
    /// Its byte range.
    at: Range<usize>,
    told: By,
}

/// How an age is told.
#[derive(Clone, Copy)]
enum By {
    /// 33岁.
    Count,
    /// 年龄33.
    Label,
    /// 1993年出生.
    Birth,
}

/// The ages that a text tells: before 岁, after 年龄, and by the year of birth.
fn ages(solid: &str) -> Vec<Age> {
    /// Whoever was born before is grown up.
    const YEAR: u32 = 2010;
    let chars: Vec<(usize, char)> = solid.char_indices().collect();
    let mut ages = Vec::new();
    for (place, (at, c)) in chars.iter().copied().enumerate() {
        let rest = &solid[at..];
        let before = || {
            let digits = solid[..at].trim_end_matches(['周', '週', '多', '来', '几']);
            let number = digits.trim_end_matches(counted);
            (number.len(), digits.chars().rev())
        };
        let born = || {
            let after = chars[place + 1..].iter().map(|(_, c)| *c);
            let mut after = after.skip_while(|c| counted(*c) || "月日号出".contains(*c));
            after.next() == Some('生') && after.next().is_none_or(|c| !"产锈活".contains(c))
        };
        let counts = ["岁", "歲", "yearsold", "yearold", "-year-old"];
        if let Some(word) = counts.iter().find(|word| rest.starts_with(**word)) {
            let (start, number_before) = before();
            let at = start..at + word.len();
            ages.extend(number(number_before).map(|years| Age { years, at, told: By::Count }));
        } else if let Some(word) = AGED.iter().find(|word| rest.starts_with(**word)) {
            let told = rest[word.len()..].trim_start_matches([':', '是', '约', '在']);
            let digits = &told[..told.len() - told.trim_start_matches(counted).len()];
            let at = at..at + word.len();
            ages.extend(number(digits.chars().rev()).map(|years| Age { years, at, told: By::Label }));
        } else if c == '年' && born() {
            let (start, number_before) = before();
            let year = number(number_before).filter(|year| *year >= 1900);
            let years = |year| if year < YEAR { GROWN } else { 0 };
            let at = start..at + c.len_utf8();
            ages.extend(year.map(|year| Age { years: years(year), at, told: By::Birth }));
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
            "寻找我的妻子",
            "寻找我的妻子王丽丽，急。",
            "请大家帮我找老婆，短发。",
            "寻妻启事",
            "妻子失踪三天",
            "looking for my wife, please help",
        ] {
            assert!(seeks_a_person(text) && seeks_somebody_by_a_thing(text), "{text}");
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
            "寻找妻子的钱包",
            "寻找老婆手机",
            "寻找妈妈遗失的手镯",
            "妻子走失的狗",
            "寻找妈妈围巾",
            "寻找老婆耳环",
            "小猫找妈妈，在桥下捡到",
            "狗妈妈走失",
            "妈妈今天坐公交，寻找雨伞",
            "looking for my wife's purse",
        ] {
            assert!(!seeks_somebody_by_a_thing(text), "{text}");
        }
    }

    #[test]
    fn a_campaign_that_looks_for_somebody_is_told_from_one_that_helps() {
        for text in [
            "寻找苏晓棠，女，33岁，走失。",
            "寻找苏晓棠，女，33岁，看到她请告知位置。",
            "寻找苏晓棠（女，33岁）",
            "女，33岁，11月23日失联，急寻",
            "寻找我的妻子",
        ] {
            assert!(seeks_somebody_by_a_campaign(text), "{text}");
        }
        for text in [
            "为走失老人救助站募集棉被，60岁以上老人优先。",
            "关爱失智老人，女，68岁的王奶奶等二十人受益。",
            "防走失手环一千只，发给70岁以上老人",
            "孩子的妈妈失踪多年，由奶奶抚养，急需棉被",
            "受助人小雨，女，16岁，白血病，寻找爱心人士",
            "寻找骨髓配型，患者男，33岁",
            "寻找志愿者，女，18岁以上",
            "宝贝回家公益，帮助失踪儿童家庭",
            "救助走失的流浪猫狗，募集猫粮",
            "Quilts for old people over 60 who are missing a warm bed",
        ] {
            assert!(!seeks_somebody_by_a_campaign(text), "{text}");
        }
    }

    #[test]
    fn an_age_is_told_of_who_is_sought_or_of_somebody_else() {
        for (text, ages) in [
            ("6岁男孩", &[6][..]),
            ("六岁的小男孩，走失", &[6]),
            ("女，33岁，短发", &[33]),
            ("王丽，33岁，女，短发", &[33]),
            ("她今年三十三岁", &[33]),
            ("33岁左右的女子", &[33]),
            ("年龄：33", &[33]),
            ("a 6-year-old boy", &[6]),
            ("Female, 33 years old", &[33]),
            ("男孩6岁，和妈妈（女，33岁）在一起", &[6, 33]),
        ] {
            assert_eq!(told_ages(text), ages, "{text}");
        }
        for text in [
            "和70岁奶奶走散",
            "他70岁的奶奶在找他",
            "奶奶今年70岁",
            "智力相当于6岁男孩",
            "带着6岁女儿",
            "女，1993年出生",
            "6岁时发过高烧",
            "妈妈33岁，男孩穿校服",
            "被一名40岁左右的男子带走",
            "和15岁女孩一起",
            "last seen with a 35-year-old woman",
        ] {
            assert!(told_ages(text).is_empty(), "{text}");
        }
    }
}
