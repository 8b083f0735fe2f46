//! What a notice about a person never prints, though it was typed. Whoever verifies it reads it.

use std::ops::Range;

use super::school::mentions;
use super::screening::{FindingKind, screen};
use super::text::narrow;

/// Replaces the name of an illness.
const NO_ILLNESS: &str = "〔病情已隐去〕";
/// Replaces the number of a house or a flat.
const NO_DOOR: &str = "〔门牌已隐去〕";
/// Replaces the name of a school, and a class.
const NO_SCHOOL: &str = "〔学校已隐去〕";
/// Before 12号 these make it a house's number.
const ROADS: &[char] = &['路', '街', '巷', '弄', '道', '里', '村', '庄', '同', '牌'];
/// After 3号 these make it none: a date, a line of the underground, a gate.
const NO_HOUSE: &[char] = &['线', '上', '下', '早', '中', '晚', '凌', '门', '口', '车', '站'];

/// After a number of three or four digits these make it none of a flat: 3号楼120米.
const NO_FLAT: &[char] = &['年', '米', '元', '多', '公', '步', '平', '人', '个'];
/// After an illness these make a place of it, which who searches must know.
const HOSPITALS: &[&str] = &["医院", "醫院", "院", "专科", "防治", "研究"];

/// The text without the names of illnesses. Doing it twice changes nothing.
#[must_use]
pub fn without_illnesses(text: &str) -> String {
    let findings = screen(text).into_iter().filter(|finding| {
        let place = || HOSPITALS.iter().any(|word| text[finding.range.end..].starts_with(word));
        finding.what == FindingKind::Diagnosis && !place()
    });
    replaced(text, findings.map(|finding| finding.range), NO_ILLNESS)
}

/// The text without the numbers of houses and flats. Doing it twice changes nothing.
#[must_use]
pub fn without_doors(text: &str) -> String {
    replaced(text, doors(text).into_iter(), NO_DOOR)
}

/// The text without the names of schools, and without classes. Doing it twice changes nothing.
#[must_use]
pub fn without_schools(text: &str) -> String {
    let named = mentions(text).into_iter().filter(|mention| mention.tells_which);
    replaced(text, named.map(|mention| mention.range), NO_SCHOOL)
}

/// Each door once, from the building to the flat: 3号楼2单元501, 和平路12号.
fn doors(text: &str) -> Vec<Range<usize>> {
    let findings = screen(text).into_iter().filter(|finding| finding.what == FindingKind::HouseNumber);
    let mut parts: Vec<Range<usize>> = findings.map(|finding| finding.range).collect();
    parts.extend(text.match_indices('号').filter_map(|(at, _)| house(text, at)));
    parts.sort_by_key(|part| part.start);
    let mut doors: Vec<Range<usize>> = Vec::new();
    for Range { start, end } in parts {
        let end = end + flat(&text[end..]);
        match doors.last_mut() {
            Some(last) if start <= last.end || text[last.end..start].trim().is_empty() => {
                last.end = last.end.max(end);
            }
            _ => doors.push(start..end),
        }
    }
    doors
}

/// The number before the 号 that stands there, with it, if it is that of a house in a road.
fn house(text: &str, at: usize) -> Option<Range<usize>> {
    let (before, end) = (&text[..at], at + '号'.len_utf8());
    let road = before.trim_end_matches(is_digit);
    let in_road = road.len() < at && road.ends_with(ROADS);
    (in_road && !text[end..].starts_with(NO_HOUSE)).then_some(road.len()..end)
}

/// The length in bytes of a flat's number, which follows at once and has three or four digits.
fn flat(rest: &str) -> usize {
    let after = rest.trim_start_matches(is_digit);
    let length = rest.len() - after.len();
    let digits = rest[..length].chars().count();
    if matches!(digits, 3 | 4) && !after.starts_with(NO_FLAT) { length } else { 0 }
}

fn is_digit(c: char) -> bool {
    narrow(c.encode_utf8(&mut [0; 4])).starts_with(|c: char| c.is_ascii_digit())
}

/// The text with those of its ranges replaced, which are in order and apart.
fn replaced(text: &str, ranges: impl Iterator<Item = Range<usize>>, by: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        out.push_str(&text[done..range.start]);
        out.push_str(by);
        done = range.end;
    }
    out.push_str(&text[done..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_illness_is_printed() {
        for (typed, read) in [
            ("患有阿尔茨海默病、老年痴呆，走失", "患有〔病情已隐去〕、〔病情已隐去〕，走失"),
            ("老年痴呆，短发", "〔病情已隐去〕，短发"),
            ("有认知障碍，记不住事", "有〔病情已隐去〕，记不住事"),
            ("智力残疾二级", "〔病情已隐去〕"),
            ("轻度智残，精神 残疾", "轻度〔病情已隐去〕，〔病情已隐去〕"),
            ("脑萎缩、记忆障碍、认知症", "〔病情已隐去〕、〔病情已隐去〕、〔病情已隐去〕"),
            ("孩子有自闭症（孤独症）", "孩子有〔病情已隐去〕（〔病情已隐去〕）"),
            ("患失智症，認知障礙", "患〔病情已隐去〕，〔病情已隐去〕"),
            ("She has Alzheimer's disease and dementia.", "She has 〔病情已隐去〕 and 〔病情已隐去〕."),
            ("cognitive impairment, autistic", "〔病情已隐去〕, 〔病情已隐去〕"),
            ("an intellectual disability", "an 〔病情已隐去〕"),
            ("武汉亚洲心脏病医院门口", "武汉亚洲心脏病医院门口"),
        ] {
            assert_eq!(without_illnesses(typed), read);
            assert_eq!(without_illnesses(read), read, "twice");
        }
    }

    #[test]
    fn no_door_is_printed() {
        for (typed, read) in [
            ("金桥小区3号楼2单元501家中", "金桥小区〔门牌已隐去〕家中"),
            ("家住新华路12号楼3单元502室，电梯", "家住新华路〔门牌已隐去〕，电梯"),
            ("和平路１２号", "和平路〔门牌已隐去〕"),
            ("三号楼 二单元", "〔门牌已隐去〕"),
            ("距3号楼120米", "距〔门牌已隐去〕120米"),
            ("门牌18号，在2号楼2026年", "门牌〔门牌已隐去〕，在〔门牌已隐去〕2026年"),
        ] {
            assert_eq!(without_doors(typed), read);
            assert_eq!(without_doors(read), read, "twice");
        }
        for text in [
            "坐3号线",
            "在学校路走失",
            "11月23号走失",
            "学校路3号上午",
            "公园2号门",
            "108路公交车",
            "跑进一栋居民楼",
        ] {
            assert_eq!(without_doors(text), text);
        }
    }

    #[test]
    fn no_school_is_printed() {
        for (typed, read) in [
            ("在廊坊市第十小学三年级2班读书", "在〔学校已隐去〕读书"),
            ("穿第五中学校服", "穿〔学校已隐去〕校服"),
            ("小学文化，放学后离开学校", "小学文化，放学后离开学校"),
            ("身穿蓝色初中校服", "身穿蓝色初中校服"),
            ("红白相间小学校服，三名初中女生", "红白相间小学校服，三名初中女生"),
            ("性格内向小学五年级，准备考高中", "性格内向小学五年级，准备考高中"),
        ] {
            assert_eq!(without_schools(typed), read);
            assert_eq!(without_schools(read), read, "twice");
        }
    }

    #[test]
    fn what_is_no_illness_is_printed() {
        for text in [
            "老人脑子清楚，会说普通话",
            "记不清家在哪里，说不清自己名字",
            "丢失智能手机一部，遗失智能手环",
            "走失 智力正常",
            "左腿残疾，拄拐杖",
            "听力不好，说话慢",
            "从人民医院门口走失，带着降压药",
            "小学文化，认知水平一般",
            "he walked through the park in a son's jacket",
        ] {
            assert_eq!(without_illnesses(text), text);
        }
    }
}
