//! Finds the school that a child goes to, in what a family writes.

use std::ops::Range;

use super::text::scan::{Glyph, ends, glyphs, is_end, is_numeral, starts_with};

/// A school, a class or a school's uniform that is mentioned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Its byte range in the text.
    pub range: Range<usize>,
    /// Whether it tells which school or class.
    pub tells_which: bool,
}

/// What schools are called, each with what follows where another word was meant: 从小学习, 身高中等, 初中午.
const SCHOOLS: &[(&str, &[char])] = &[
    ("幼儿园", &[]),
    ("幼兒園", &[]),
    ("幼稚园", &[]),
    ("小学", &['习', '会', '到', '起', '了', '着', '过', '得', '生']),
    ("小學", &['習', '會', '到', '了', '生']),
    ("中学", &['习', '会', '到', '了', '着', '过', '得', '生']),
    ("中學", &['習', '會', '到', '了', '生']),
    ("高中", &['等', '上', '低', '年', '间', '午', '生']),
    ("初中", &['午', '旬', '秋', '生']),
    ("附中", &['午']),
    ("附小", &['照', '图', '票', '纸', '片', '孩', '区', '时']),
    ("附幼", &['儿', '童']),
    ("实小", &['心', '孩', '时', '区']),
    ("职高", &['生']),
    ("职中", &['心', '生']),
    ("技校", &['生']),
    ("学校", &[]),
    ("學校", &[]),
];
/// What stands before 学校 in the name of one; 学校 alone is any.
const KINDS: &[&str] = &[
    "实验",
    "外国语",
    "双语",
    "附属",
    "职业",
    "技工",
    "教育",
    "体育",
    "武术",
    "艺术",
    "寄宿",
    "寄宿制",
    "子弟",
    "国际",
    "中心",
    "一贯制",
    "希望",
];
/// The schools that a town has one of, so that the word alone tells which.
const ONE_OF: &[&str] = &["附中", "附小", "附幼", "实小"];
/// Before 实小 these make another word of it.
const NO_ONE_OF: &[&str] = &["确", "其", "现", "老", "诚", "踏", "真", "朴"];
/// What follows a number in a school's short name (四中, 十小, 三幼, 一职高), each with what follows where another
/// word was meant: 十小时, 四中队.
const SHORT: &[(&str, &str)] = &[
    ("职高", ""),
    ("职中", "心"),
    ("中", "年午旬等型号队心学国秋途间部层有取选毒风奖断段医药招转共以介专全弹标刀枪箭之式外山"),
    ("小", "会时姐区只组步包块段瓶节片件箱盒碗口学队票杯朋孩男女狗猫车店型号点弟妹伙册张袋头名"),
    ("幼", "儿童女子犬崽"),
];
/// Before 四中 these make another word of it: 高三中午, 一老一小, 3-2中.
const NO_SHORT: &[&str] =
    &["初", "高", "月", "年", "周", "星期", "老", "大", "两", "-", "+", ".", ":", "/", "比"];
/// Before a school these tell that somebody goes there.
const THERE: &[&str] = &["在", "读", "讀", "念", "上", "于", "第", "市", "县", "区", "镇", "是"];
/// After a school these tell it, too.
const GOES: &[&str] = &[
    "就读",
    "读",
    "讀",
    "念",
    "上学",
    "上课",
    "学生",
    "校服",
    "校门",
    "校区",
    "门口",
    "放学",
    "附近",
    "对面",
    "旁",
    "路口",
    "东门",
    "南门",
    "西门",
    "北门",
    "年级",
    "的学生",
    "的校服",
    "老师",
    "高中部",
    "初中部",
    "分校",
];
/// Before a school these tell that somebody learns there, so that even 一小 is one.
const LEARNS: &[&str] = &["读", "讀", "念"];
/// After a school these make it a road.
const ROADS: &[&str] = &["路", "街", "巷", "胡同"];
/// After a school these speak of an education or of people, unless the name is surely one.
const NOT_THERE: &[&str] =
    &["文化", "学历", "毕业", "肄业", "水平", "程度", "老师", "教师", "同学", "没", "未"];
/// What only a name has in it.
const SURE: &[&str] = &["第", "市", "县", "区", "镇", "乡", "村", "实验", "附属", "中心"];
/// Where the words before a name end: what somebody does at a school, when, and who it is.
const BEFORE: &[&str] = &[
    "在", "从", "從", "去", "到", "往", "于", "上", "读", "讀", "念", "是", "穿", "背", "过", "着", "了",
    "的", "离", "进", "出", "回", "由", "与", "至", "及", "或", "被", "他", "她", "我", "你", "们", "叫",
    "为", "有", "没", "不", "刚", "也", "都", "就", "岁", "后", "前", "时", "跟", "给", "送", "接", "孩子",
    "儿子", "女儿", "弟弟", "妹妹", "哥哥", "姐姐", "爸爸", "妈妈", "父亲", "母亲", "爷爷", "奶奶", "男孩",
    "女孩", "本人", "今年", "现在", "目前", "附近", "旁边", "对面", "放学", "校服", "色", "相间", "条纹",
    "款", "式", "件", "套", "名", "内向", "外向", "考",
];
/// Names that end like one of [`BEFORE`].
const NAMES: &[&str] = &["回民", "前进", "进步", "上海"];
/// The longest name looked for, in characters.
const LONGEST: usize = 15;
/// The longest name of a place before a short one, in characters.
const PLACE: usize = 6;
/// After a class's number: 三班 is a bus where one of these follows.
const NO_CLASS: &[char] = &['车', '倒', '次', '岗', '机'];
/// Schools in English.
const IN_ENGLISH: &[&str] = &[
    "primary school",
    "elementary school",
    "middle school",
    "high school",
    "secondary school",
    "nursery school",
    "kindergarten",
];

/// Every school, class and school's uniform in `text`, in order and apart.
#[must_use]
pub fn mentions(text: &str) -> Vec<Mention> {
    let glyphs = glyphs(text);
    let capital = |at: usize| text[glyphs[at].at.clone()].starts_with(char::is_uppercase);
    let mut found: Vec<(Range<usize>, bool)> = Vec::new();
    let mut at = 0;
    while at < glyphs.len() {
        let past = found.last().map_or(0, |(range, _)| range.end);
        let mention = chinese(&glyphs, past, at).or_else(|| english(&glyphs, past, at, &capital));
        at = mention.as_ref().map_or(at + 1, |(range, _)| range.end);
        found.extend(mention);
    }
    let bytes = |r: Range<usize>| glyphs[r.start].at.start..glyphs[r.end - 1].at.end;
    found.into_iter().map(|(range, tells_which)| Mention { range: bytes(range), tells_which }).collect()
}

fn chinese(glyphs: &[Glyph], past: usize, at: usize) -> Option<(Range<usize>, bool)> {
    let starts = |at: usize, word: &str| starts_with(&glyphs[at.min(glyphs.len())..], word);
    if starts(at, "校服") {
        return Some((at..at + 2, false));
    }
    if let Some(end) = class(glyphs, at) {
        return Some((at..end, true));
    }
    if numerals(glyphs, at) > 0 && !numeral_at(glyphs, at.wrapping_sub(1)) {
        let year = at + numerals(glyphs, at);
        if starts(year, "年级") || starts(year, "年級") {
            return Some((at..year + 2, false));
        }
    }
    if let Some(short) = short(glyphs, past, at) {
        return Some(short);
    }
    let (word, others) = SCHOOLS.iter().find(|(word, _)| starts(at, word))?;
    let end = at + word.chars().count();
    let next = glyphs.get(end).map(|glyph| glyph.c);
    if is_road(glyphs, end)
        || (*word == "实小" && ends(glyphs, at, NO_ONE_OF))
        || next.is_some_and(|c| others.contains(&c))
        || (*word == "高中" && ends(glyphs, at, &["身", "个", "子"]))
    {
        return None;
    }
    let Some(start) = name(glyphs, past, at, end) else {
        if ONE_OF.contains(word) && (is_attended(glyphs, end) || ends(glyphs, at, THERE)) {
            return Some((at..years(glyphs, end), true));
        }
        // 从小学画 is no school.
        return (!ends(glyphs, at, &["从", "自", "打"])).then_some((at..end, false));
    };
    Some((start..years(glyphs, end), true))
}

/// A school's short name whose number begins there: 四中, 廊坊十小. Where another word may be meant, it tells not
/// which.
fn short(glyphs: &[Glyph], past: usize, at: usize) -> Option<(Range<usize>, bool)> {
    let number = numerals(glyphs, at);
    let begins = (1..=3).contains(&number) && !numeral_at(glyphs, at.wrapping_sub(1));
    if !begins || ends(glyphs, at, NO_SHORT) {
        return None;
    }
    let (word, others) = SHORT.iter().find(|(word, _)| starts_with(&glyphs[at + number..], word))?;
    let end = at + number + word.chars().count();
    let next = glyphs.get(end).map(|glyph| glyph.c);
    let student = starts_with(&glyphs[end..], "学生");
    // 四中附小 is one school.
    if next == Some('附') && !starts_with(&glyphs[end..], "附近") {
        return None;
    }
    if is_road(glyphs, end) || (next.is_some_and(|c| others.contains(c)) && !student) {
        return None;
    }
    // 一中学生, 一小饭馆: one of them, whichever.
    let one = number == 1 && glyphs[at].c == '一' && word.chars().count() == 1;
    let attended = is_attended(glyphs, end);
    let learns = ends(glyphs, at, LEARNS);
    let sure =
        (attended && !(one && student)) || (!one && (*word == "职高" || ends(glyphs, at, THERE))) || learns;
    let start = begin(glyphs, past, at);
    let start = if at - start <= PLACE { start } else { at };
    match sure {
        true => Some((start..years(glyphs, end), true)),
        false => (!one || student).then_some((at..end, false)),
    }
}

/// Whether what follows tells that somebody goes to the school that ends there.
fn is_attended(glyphs: &[Glyph], end: usize) -> bool {
    let ends = glyphs.get(end).is_none_or(|glyph| is_end(glyph.c));
    let goes = GOES.iter().any(|word| starts_with(&glyphs[end..], word));
    ends || goes || years(glyphs, end) > end || is_year(glyphs, end)
}

/// Whether a year begins there: 上一年级, 上大班, 初一, 高二.
fn is_year(glyphs: &[Glyph], at: usize) -> bool {
    let is = |at: usize, these: &[char]| glyphs.get(at).is_some_and(|glyph| these.contains(&glyph.c));
    let high = is(at, &['初', '高']) && is(at + 1, &['一', '二', '三']) && !numeral_at(glyphs, at + 2);
    high || is(at, &['上']) && years(glyphs, at + 1) > at + 1
}

fn is_road(glyphs: &[Glyph], end: usize) -> bool {
    let starts = |word: &str| starts_with(&glyphs[end..], word);
    ROADS.iter().any(|road| starts(road)) && !starts("路口")
}

/// Where the name before the school's word begins, if there is one.
fn name(glyphs: &[Glyph], past: usize, at: usize, end: usize) -> Option<usize> {
    let start = begin(glyphs, past, at);
    let any = glyphs[at].c == '学' || glyphs[at].c == '學';
    let is_one = at - start >= 2 && !ends(glyphs, at, &["自", "打"]) && (!any || ends(glyphs, at, KINDS));
    let sure = || (start..at).any(|i| SURE.iter().any(|word| starts_with(&glyphs[i..at], word)));
    let elsewhere = NOT_THERE.iter().any(|word| starts_with(&glyphs[end..], word));
    (is_one && (!elsewhere || sure())).then_some(start)
}

/// Where the words begin that may be the name before a school's word.
fn begin(glyphs: &[Glyph], past: usize, at: usize) -> usize {
    let mut start = at;
    while start > past && at - start < LONGEST {
        if let Some(known) = NAMES.iter().find(|known| ends(glyphs, start, &[known])) {
            start -= known.chars().count();
        } else if ends(glyphs, start, BEFORE) || !is_of_a_name(glyphs[start - 1].c) {
            break;
        } else {
            start -= 1;
        }
    }
    start.max(past)
}

/// The end of a year and a class that follow a school at once: 第十小学三年级2班, 幼儿园大班.
fn years(glyphs: &[Glyph], end: usize) -> usize {
    if let Some(end) = class(glyphs, end) {
        return end;
    }
    let year = end + numerals(glyphs, end);
    if year > end && (starts_with(&glyphs[year..], "年级") || starts_with(&glyphs[year..], "年級")) {
        return year + 2;
    }
    let size = glyphs.get(end).is_some_and(|glyph| ['大', '中', '小', '托'].contains(&glyph.c));
    let group = end + 1 + numerals(glyphs, end + 1);
    if size && glyphs.get(group).is_some_and(|glyph| glyph.c == '班') { group + 1 } else { end }
}

/// The end of a class that begins there: 三年级2班, 三年二班, 三(2)班, 初二3班.
fn class(glyphs: &[Glyph], at: usize) -> Option<usize> {
    let is = |at: usize, c: char| glyphs.get(at).is_some_and(|glyph| glyph.c == c);
    let high = is(at, '初') || is(at, '高');
    let from = at + usize::from(high);
    // 初二3班 is a year of one numeral, and a class.
    let mut end = from + if high { numerals(glyphs, from).min(1) } else { numerals(glyphs, from) };
    if end == from || numeral_at(glyphs, from.wrapping_sub(1)) {
        return None;
    }
    let year = is(end, '年');
    if year {
        end += 1 + usize::from(is(end + 1, '级') || is(end + 1, '級'));
    }
    let bracket = is(end, '(');
    end += usize::from(bracket);
    let group = numerals(glyphs, end);
    end += group;
    end += usize::from(bracket && is(end, ')'));
    let bus = glyphs.get(end + 1).is_some_and(|glyph| NO_CLASS.contains(&glyph.c));
    ((high || year || bracket) && group > 0 && is(end, '班') && !bus).then_some(end + 1)
}

fn english(
    glyphs: &[Glyph],
    past: usize,
    at: usize,
    capital: &dyn Fn(usize) -> bool,
) -> Option<(Range<usize>, bool)> {
    let is = |at: usize, wanted: fn(char) -> bool| glyphs.get(at).is_some_and(|glyph| wanted(glyph.c));
    let inside = at > 0 && is(at - 1, |c| c.is_ascii_alphanumeric());
    if !inside && starts_with(&glyphs[at..], "class ") && is(at + 6, |c| c.is_ascii_digit()) {
        let digits = (at + 6..).take_while(|i| is(*i, |c| c.is_ascii_digit())).count();
        return Some((at..at + 6 + digits, true));
    }
    let word = IN_ENGLISH.iter().find(|word| !inside && starts_with(&glyphs[at..], word))?;
    // The name is what is written with capitals, or a number.
    let mut start = at;
    while start > past + 1 && glyphs[start - 1].c == ' ' {
        let end = start - 1;
        let letters =
            (past..end).rev().take_while(|i| is(*i, |c| c.is_ascii_alphanumeric() || "'.#".contains(c)));
        let begins = letters.last().unwrap_or(end);
        if begins == end || !(capital(begins) || is(begins, |c| c.is_ascii_digit() || c == '#')) {
            break;
        }
        start = begins;
    }
    Some((start..at + word.len(), start < at))
}

/// How many numerals begin there.
fn numerals(glyphs: &[Glyph], at: usize) -> usize {
    (at..glyphs.len()).take_while(|i| numeral_at(glyphs, *i)).count()
}

fn numeral_at(glyphs: &[Glyph], at: usize) -> bool {
    glyphs.get(at).is_some_and(|glyph| is_numeral(glyph.c))
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '\u{3400}'..='\u{9FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> Vec<&str> {
        let which = mentions(text).into_iter().filter(|mention| mention.tells_which);
        which.map(|mention| &text[mention.range]).collect()
    }

    #[test]
    fn the_school_and_the_class_are_told_apart_from_the_rest() {
        for (text, school) in [
            ("在廊坊市第十小学三年级2班读书", &["廊坊市第十小学三年级2班"][..]),
            ("穿第五中学校服", &["第五中学"]),
            ("就读于和平小学，三年级（2）班", &["和平小学", "三年级（2）班"]),
            ("从回民小学放学后走失", &["回民小学"]),
            ("孩子上光明幼儿园大班", &["光明幼儿园大班"]),
            ("她在廊坊市实验学校读初二3班", &["廊坊市实验学校", "初二3班"]),
            ("北京101中学的学生", &["北京101中学"]),
            ("三年二班，第五中学路口", &["三年二班", "第五中学"]),
            ("小学三年级2班", &["三年级2班"]),
            ("师大附中高一(5)班", &["师大附中高一(5)班"]),
            (
                "He goes to Langfang No. 10 Primary School, Class 3",
                &["Langfang No. 10 Primary School", "Class 3"],
            ),
        ] {
            assert_eq!(told(text), school, "{text}");
        }
    }

    #[test]
    fn a_school_that_is_not_named_is_only_mentioned() {
        for text in
            ["放学后离开学校", "穿蓝色校服", "上小学三年级", "he left the primary school", "在学校门口"]
        {
            assert!(!mentions(text).is_empty() && told(text).is_empty(), "{text}: {:?}", mentions(text));
        }
        for text in ["小学文化", "他小学文化", "妈妈是中学老师退休", "中学老师退休", "他和小学同学出去"]
        {
            assert!(told(text).is_empty(), "{text}: {:?}", mentions(text));
        }
    }

    #[test]
    fn other_words_are_no_school() {
        for text in [
            "学校路",
            "在学校路和建设街路口",
            "小学生",
            "身高中等，偏瘦",
            "男，身高中等",
            "她从小学习舞蹈",
            "从小学画",
            "11月初中午走失",
            "暑假中学会了骑车",
            "坐3号线，2号楼",
            "坐3班车回家",
            "值班室",
            "农历初三走失",
            "老人脑子清楚",
            "she has a high opinion of school",
        ] {
            assert_eq!(mentions(text), [], "{text}");
        }
    }

    proptest! {
        #[test]
        fn mentions_are_in_order_and_apart(text in "(小学|中学|学校|校服|第|十|三|年级|2|班|高|初|\\(|在|和|class 3|Primary School| |\u{200b}|😀){0,20}") {
            let mut past = 0;
            for Mention { range, .. } in mentions(&text) {
                prop_assert!(range.start >= past && !text[range.clone()].is_empty());
                past = range.end;
            }
        }
    }
}
