//! What a notice about a person never prints, though it was typed. Whoever verifies it reads it.

use std::ops::Range;

use super::house_number::{self, What};
use super::school::mentions;
use super::screening::{FindingKind, screen};
use super::text::{is_dash, narrow};

/// Replaces the name of an illness.
const NO_ILLNESS: &str = "〔病情已隐去〕";
/// Replaces what somebody means to do to themselves.
const NO_SELF_HARM: &str = "〔内容已隐去〕";
/// Replaces the number of a house or a flat.
const NO_HOUSE_NUMBER: &str = "〔门牌已隐去〕";
/// Replaces the name of a school, and a class.
const NO_SCHOOL: &str = "〔学校已隐去〕";
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

/// The text without that somebody means to harm themselves, and how. Doing it twice changes nothing.
#[must_use]
pub fn without_self_harm(text: &str) -> String {
    let findings = screen(text).into_iter().filter(|finding| finding.what == FindingKind::SelfHarm);
    replaced(text, findings.map(|finding| finding.range), NO_SELF_HARM)
}

/// The text without the numbers of houses and flats. Doing it twice changes nothing.
#[must_use]
pub fn without_house_numbers(text: &str) -> String {
    replaced(text, house_numbers(text).into_iter(), NO_HOUSE_NUMBER)
}

/// The text without the names of schools, and without classes. Doing it twice changes nothing.
#[must_use]
pub fn without_schools(text: &str) -> String {
    let named = mentions(text).into_iter().filter(|mention| mention.tells_which);
    replaced(text, named.map(|mention| mention.range), NO_SCHOOL)
}

/// Each number once, from the building to the flat: 3号楼2单元501, 和平路12号.
fn house_numbers(text: &str) -> Vec<Range<usize>> {
    let sure = house_number::house_numbers(text).into_iter().filter(|number| number.what != What::Unsure);
    let mut house_numbers: Vec<Range<usize>> = Vec::new();
    for Range { start, end } in sure.map(|number| number.range) {
        let end = end + flat(&text[end..]);
        match house_numbers.last_mut() {
            Some(last) if start <= last.end || text[last.end..start].trim().is_empty() => {
                last.end = last.end.max(end);
            }
            _ => house_numbers.push(start..end),
        }
    }
    house_numbers
}

/// The length in bytes of an entrance's and a flat's number that follow at once: 2门501, -2-501, 501, the 2 of 2门口.
/// That of a flat has three or four digits.
fn flat(rest: &str) -> usize {
    let numbers = |rest: &str| {
        let after = rest.trim_start_matches(is_digit);
        (rest.len() - after.len(), rest[..rest.len() - after.len()].chars().count())
    };
    let unsigned = |rest: &str| rest.len() - rest.trim_start_matches(is_dash).len();
    let begins = unsigned(rest);
    let (length, digits) = numbers(&rest[begins..]);
    let entrance = begins + length;
    let ends = match (digits, &rest[entrance..]) {
        (1 | 2, after) if after.starts_with("门口") => entrance,
        (1 | 2, after) if after.starts_with('门') => entrance + '门'.len_utf8(),
        (1 | 2, after) if begins > 0 && after.starts_with(is_dash) => entrance,
        _ => 0,
    };
    let begins = ends + unsigned(&rest[ends..]);
    let (length, digits) = numbers(&rest[begins..]);
    let flat = begins + length;
    if matches!(digits, 3 | 4) && !rest[flat..].starts_with(NO_FLAT) { flat } else { ends }
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
    use crate::domain::screening::Finding;

    /// As everybody reads what is said of a child.
    fn masked(typed: &str) -> String {
        without_schools(&without_house_numbers(&without_self_harm(&without_illnesses(typed))))
    }

    #[test]
    fn what_is_never_printed_is_replaced() {
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
            ("Emma Parkinson has Parkinson", "Emma Parkinson has 〔病情已隐去〕"),
            ("She has PARKINSON and Parkinson's disease", "She has 〔病情已隐去〕 and 〔病情已隐去〕"),
            ("an intellectual disability", "an 〔病情已隐去〕"),
            ("艾滋病，HIV阳性，阿兹海默", "〔病情已隐去〕，〔病情已隐去〕，〔病情已隐去〕"),
            ("阿滋海默症，是唐宝宝", "〔病情已隐去〕，〔病情已隐去〕"),
            ("唐氏儿，自闭，羊癫疯", "〔病情已隐去〕，〔病情已隐去〕，〔病情已隐去〕"),
            ("has HIV, bipolar, depressed", "has 〔病情已隐去〕, 〔病情已隐去〕, 〔病情已隐去〕"),
            ("留下遗书说要跳河", "留下〔内容已隐去〕说要〔内容已隐去〕"),
            ("有自杀倾向，割过腕", "有〔内容已隐去〕倾向，〔内容已隐去〕"),
            ("吃了安眠药出走，想轻生", "吃了〔内容已隐去〕出走，想〔内容已隐去〕"),
            ("有双相，不想轻生活不下去", "有〔病情已隐去〕，不想〔内容已隐去〕活不下去"),
            ("bipolar, suicidal, took pills", "〔病情已隐去〕, 〔内容已隐去〕, 〔内容已隐去〕"),
            ("金桥小区3号楼2单元501家中", "金桥小区〔门牌已隐去〕家中"),
            ("家住新华路12号楼3单元502室，电梯", "家住新华路〔门牌已隐去〕，电梯"),
            ("和平路１２号", "和平路〔门牌已隐去〕"),
            ("和平路十二号", "和平路〔门牌已隐去〕"),
            ("三号楼 二单元", "〔门牌已隐去〕"),
            ("3栋2单元", "〔门牌已隐去〕"),
            ("住在十八号院", "住在〔门牌已隐去〕"),
            ("距3号楼120米", "距〔门牌已隐去〕120米"),
            ("门牌18号，在2号楼2026年", "门牌〔门牌已隐去〕，在〔门牌已隐去〕2026年"),
            ("家住金桥小区3-2-501，走失", "家住金桥小区〔门牌已隐去〕，走失"),
            ("和平路12－3－1201", "和平路〔门牌已隐去〕"),
            ("金桥小区3-501", "金桥小区〔门牌已隐去〕"),
            ("3#2#501", "〔门牌已隐去〕"),
            ("3#楼2单元", "〔门牌已隐去〕"),
            ("3号楼2门501", "〔门牌已隐去〕"),
            ("在3号楼2门口走失", "在〔门牌已隐去〕门口走失"),
            ("3号楼-2-501", "〔门牌已隐去〕"),
            ("从金桥小区12号家中出走", "从金桥小区〔门牌已隐去〕家中出走"),
            ("家住金桥小区12号走失", "家住金桥小区〔门牌已隐去〕走失"),
            ("金桥小区12号", "金桥小区〔门牌已隐去〕"),
            ("在廊坊市第十小学三年级2班读书", "在〔学校已隐去〕读书"),
            ("穿第五中学校服", "穿〔学校已隐去〕校服"),
            ("在四中读书", "在〔学校已隐去〕读书"),
            ("廊坊四中，初二3班", "〔学校已隐去〕，〔学校已隐去〕"),
            ("廊坊四中初二3班", "〔学校已隐去〕"),
            ("在廊坊四中附小三年级2班读书，四中高中部", "在〔学校已隐去〕读书，〔学校已隐去〕高中部"),
            ("就读于十小三年级", "就读于〔学校已隐去〕"),
            ("二十三中门口、23中的学生", "〔学校已隐去〕门口、〔学校已隐去〕的学生"),
            ("上一职高", "上〔学校已隐去〕"),
            ("是四中学生，三幼放学后", "是〔学校已隐去〕学生，〔学校已隐去〕放学后"),
            ("穿第四中校服", "穿〔学校已隐去〕校服"),
            (
                "在附小上学，姐姐在附中读高一(5)班",
                "在〔学校已隐去〕上学，姐姐在〔学校已隐去〕读〔学校已隐去〕",
            ),
            ("实小校服，师大附小", "〔学校已隐去〕校服，〔学校已隐去〕"),
            ("在廊坊四小上一年级", "在〔学校已隐去〕上一年级"),
            ("就读廊坊十中初一", "就读〔学校已隐去〕初一"),
            ("在固安三中高二，三幼上大班", "在〔学校已隐去〕高二，〔学校已隐去〕上大班"),
            ("读一小的，念一中", "读〔学校已隐去〕的，念〔学校已隐去〕"),
        ] {
            assert_eq!(masked(typed), read);
            assert_eq!(masked(read), read, "twice");
        }
    }

    #[test]
    fn what_is_perhaps_one_is_shown_to_the_moderator_alone() {
        for text in [
            "在金桥小区12号走失",
            "人民花园12号回家路上",
            "和平路3-501",
            "3-2-2001",
            "和四中几个朋友踢球",
            "附小今天有活动",
            "穿一中学生的衣服",
        ] {
            let told = |finding: &Finding| finding.what == FindingKind::HouseNumber;
            assert!(screen(text).iter().any(told) || !mentions(text).is_empty(), "{text}");
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn honest_sentences_stay_as_they_are() {
        for text in [
            // No illness.
            "武汉亚洲心脏病医院门口",
            "老人脑子清楚，会说普通话",
            "记不清家在哪里，说不清自己名字",
            "丢失智能手机一部，遗失智能手环",
            "走失 智力正常",
            "左腿残疾，拄拐杖",
            "听力不好，说话慢",
            "从人民医院门口走失，带着降压药",
            "小学文化，认知水平一般",
            "he walked through the park in a son's jacket",
            "Emma Parkinson, Mr. Alzheimer",
            "唐宝儿，唐宝宝，唐氏儿媳，背双相机包",
            "works at the archive, shivers, eats chives",
            "两双相同的袜子，一双相似的鞋，两双相配",
            "来自闭塞山区，独自闭眼坐着，拿着羊角风筝",
            // Nobody means to harm themselves.
            "年轻生过病，在跳楼机旁走失，穿黑色上吊带裙",
            "不想活动，坐在河边，跳进水里捞鞋，吃完药睡着了",
            "她独自伤心离家，各自尽力寻找，独自杀鱼，克服毒瘾",
            "桥上看船，楼顶有大钟，她在找寻死者家属的记者旁边",
            "身上有来自残联的定位手环，她独自残疾生活",
            "为减轻生活压力外出打工，看轻生意",
            "喜欢跳楼梯，爱跳海草舞，会跳江南舞，蹦蹦跳跳桥上走",
            "说要上吊桥看风景",
            // No door.
            "坐3号线",
            "在学校路走失",
            "11月23号走失",
            "学校路3号上午",
            "公园2号门",
            "108路公交车",
            "坐12路车，12路公交站",
            "跑进一栋居民楼",
            "12号下午走失，13号晚上有人见过",
            "金桥小区12号下午走失，人民花园12号晚饭后没有回来",
            "从家里12号走失",
            "只知道23号他离开家，夜里12号有人见过",
            "在村里十一号走失",
            "2026-11-28走失，11-28-2026",
            "11-28 9:40，11-28-0940",
            "球衣3-2，比分98-102",
            "电话0316-2233445，138-0013-8000，400-123-4567",
            "身高150-160，20-30岁，走了2-3小时",
            "车牌冀R-12-345，K3-2-501次",
            // No school.
            "小学文化，放学后离开学校",
            "身穿蓝色初中校服",
            "红白相间小学校服，三名初中女生",
            "性格内向小学五年级，准备考高中",
            "高中生，初中生，中小学生，小学生",
            "身高中等，四中队，第三中心医院",
            "一中年男子，一小男孩，一老一小，一大一小两个孩子",
            "走了十小时，24小时，11中午，初三中午，五月中旬",
            "二中路走失，在三小姐店，十中有八",
            "附小照片一张，附近小区，其实小心，现实中",
            "去一小饭馆，到一小巷子，三中全会，高一中午",
            "读一小会儿书，上一小段路，念一中间那行，初一那天走失",
            "十小上下的孩子，三中上场",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
