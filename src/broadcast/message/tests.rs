//! What a group reads.

use super::*;
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::notice::*;
use chrono::TimeZone;
use proptest::prelude::*;

pub(crate) const LINK: &str = "https://72.example.org/n/00000-00010";

/// A broadcast about `public` in Chinese.
pub(crate) fn said<'a>(case: &'a CaseNumber, public: &'a Public) -> Known<'a> {
    Known {
        purpose: Purpose::Alert,
        kind: public.subject.kind(),
        case_number: case,
        link: LINK,
        poster: None,
        public: Some(public),
        outcome: None,
        language: Language::ZhCn,
        at: Utc.with_ymd_and_hms(2026, 11, 23, 4, 0, 0).unwrap(),
    }
}

fn whole(said: &Known<'_>) -> String {
    message(said).text(Unit::Chars, usize::MAX)
}

#[test]
fn a_digest_tells_of_every_notice_where_there_is_least_room() {
    use crate::store::digests::MOST;
    const STRICTEST: usize = 2_048;
    let case = CaseNumber::from_bits(1);
    let long = "𠮷".repeat(60);
    let item = Item {
        direction: Direction::Lost,
        what: long.clone(),
        brand: Some(long.clone()),
        colour: Some(long),
        is_document: false,
        held_at: None,
    };
    let public = Public { subject: Subject::LostProperty { item }, ..samples::public() };
    for language in [Language::ZhCn, Language::En] {
        let all = vec![message(&Known { language, ..said(&case, &public) }); MOST];
        let text = digest(language, &all).text(Unit::Bytes, STRICTEST);
        assert_eq!(text.matches(LINK).count(), MOST, "{text}");
        assert!(text.starts_with(PREFIX) && text.len() <= STRICTEST, "{} bytes", text.len());
    }
}

#[test]
fn an_alert_reads_well() {
    let case = CaseNumber::from_bits(1);
    let expected = format!(
        "【72小时】寻人\n\
         姓名：王秀英，女，76岁，身高158厘米\n\
         样貌：花白短发，左手戴银镯\n\
         衣着：红色棉袄，黑裤子\n\
         最后出现：2026年11月23日 09:40左右，河北省廊坊市广阳区，人民公园南门\n\
         健康状况需要尽快找到\n\
         已报警：爱民东道派出所\n\
         详情：出门买菜未归。\n\
         编号：{case}\n\
         核实与提供线索：{LINK}"
    );
    assert_eq!(whole(&said(&case, &samples::public())), expected);
}

#[test]
fn an_english_alert_reads_well() {
    let case = CaseNumber::from_bits(1);
    let expected = format!(
        "【72小时】Missing person\n\
         Name: 王秀英, female, aged 76, 158 cm tall\n\
         Looks: 花白短发，左手戴银镯\n\
         Clothing: 红色棉袄，黑裤子\n\
         Last seen: 23 November 2026, about 09:40, Guangyang, Langfang, Hebei (河北省廊坊市广阳区), 人民公园南门\n\
         Their health needs them found soon\n\
         Police informed: 爱民东道派出所\n\
         Details: 出门买菜未归。\n\
         Case number: {case}\n\
         Verify or send a tip: {LINK}"
    );
    assert_eq!(whole(&Known { language: Language::En, ..said(&case, &samples::public()) }), expected);
}

#[test]
fn a_name_is_never_cut() {
    let case = CaseNumber::from_bits(1);
    let mut public = samples::public();
    let Subject::MissingPerson { person } = &mut public.subject else { unreachable!() };
    person.name = "Bartholomew Maximilian Featherstonehaugh-Cholmondeley-Smythe".to_owned();
    let name = person.name.clone();
    let text = whole(&said(&case, &public));
    assert!(name.chars().count() == crate::domain::notice::NAME && text.contains(&name), "{text}");
}

#[test]
fn a_baby_is_not_nought_years_old() {
    let case = CaseNumber::from_bits(1);
    let mut public = samples::public();
    let Subject::MissingPerson { person } = &mut public.subject else { unreachable!() };
    person.age = 0;
    for (language, line) in [
        (Language::ZhCn, "姓名：王秀英，女，不满1岁，身高158厘米\n"),
        (Language::En, "Name: 王秀英, female, under 1 year old, 158 cm tall\n"),
    ] {
        let text = whole(&Known { language, ..said(&case, &public) });
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn every_kind_says_what_it_is_about() {
    let case = CaseNumber::from_bits(1);
    let item = Item {
        direction: Direction::Found,
        what: "身份证".into(),
        brand: None,
        colour: None,
        is_document: true,
        held_at: Some("广阳道志愿者服务站".into()),
    };
    let campaign = Campaign {
        organisation: "廊坊市慈善总会".into(),
        credit_code: "53330000501874064B".parse().unwrap(),
        filing_number: "53330000501874064BA18023".parse().unwrap(),
        url: "https://gongyi.example.com/p/1".into(),
        starts_on: chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap(),
        ends_on: chrono::NaiveDate::from_ymd_opt(2026, 12, 1).unwrap(),
        needs: "御寒棉被500床".into(),
    };
    let subjects = [
        (
            Subject::LostProperty { item },
            "【72小时】失物招领\n捡到：身份证\n认领处：广阳道志愿者服务站\n捡到于：",
        ),
        (
            Subject::Rescue {
                incident: Incident { what: crate::domain::notice::Emergency::Flood, people: Some(3) },
            },
            "【72小时】生命救援\n险情：洪水被困，3人\n时间地点：2026年11月23日 09:40左右，",
        ),
        (
            Subject::Donation { campaign },
            "【72小时】公益捐款\n发起：廊坊市慈善总会\n所需：御寒棉被500床\n时间地点：",
        ),
    ];
    for (subject, start) in subjects {
        let donation = subject.kind() == Kind::Donation;
        let public = Public { subject, ..samples::public() };
        let text = whole(&said(&case, &public));
        assert!(text.starts_with(start), "{text}");
        assert_eq!(text.contains("切勿转账给个人"), donation);
        assert_eq!(text.matches("http").count(), 1, "no link but ours: {text}");
    }
}

#[test]
fn what_is_over_shows_nothing_of_the_person() {
    let (case, public) = (CaseNumber::from_bits(1), samples::public());
    let alert = Known { poster: Some("https://72.example.org/p.jpg"), ..said(&case, &public) };
    let end = |purpose, outcome| message(&Known { purpose, outcome, ..alert.clone() });
    for (message, expected) in [
        (end(Purpose::Closing, None), "【72小时】本条信息已结束,请停止转发\n"),
        (end(Purpose::Closing, Some(Outcome::Found)), "【72小时】已平安找到，请停止转发\n"),
        (
            end(Purpose::Correction, None),
            "【72小时】更正：此前信息不实或不应传播，已撤回\n请删除此前收到的消息，不要再转发\n",
        ),
    ] {
        let text = message.text(Unit::Bytes, 2048);
        assert_eq!(text, format!("{expected}编号：{case}\n查看状态：{LINK}"));
        assert_eq!((message.poster, message.has_picture), (None, false));
    }
    let update = end(Purpose::Update, None).text(Unit::Bytes, 2048);
    assert!(update.starts_with("【72小时】信息更新：寻人\n姓名：王秀英"), "{update}");
}

#[test]
fn a_phone_is_said_only_where_it_is_public() {
    let case = CaseNumber::from_bits(1);
    assert!(!whole(&said(&case, &samples::public())).contains("电话"));
    let public = Public { phone: Some("+8613800138000".into()), ..samples::public() };
    assert!(whole(&said(&case, &public)).contains("\n联系电话：138 0013 8000\n编号："));
}

#[test]
fn every_sentence_is_there_in_both_languages() {
    for language in Language::ALL {
        for key in ["broadcast-code", "broadcast-test"] {
            let text = plain(language, key, &[("code", "123456".into())], DateTime::UNIX_EPOCH)
                .text(Unit::Chars, 999);
            assert!(
                text.starts_with(PREFIX) && !text.contains("broadcast-") && !text.contains('{'),
                "{text}"
            );
        }
        let case = CaseNumber::from_bits(1);
        for purpose in Purpose::ALL {
            for outcome in [None].into_iter().chain(Outcome::ALL.map(Some)) {
                let text = whole(&Known { purpose, outcome, language, ..said(&case, &samples::public()) });
                assert!(!text.contains("broadcast-") && !text.contains('{'), "{text}");
            }
        }
    }
}

#[test]
fn the_least_needed_goes_first() {
    let case = CaseNumber::from_bits(1);
    let public = Public { description: "很长的描述".repeat(100), ..samples::public() };
    let message = message(&said(&case, &public));
    let cut = message.text(Unit::Chars, 250);
    assert!(cut.contains("详情：很长") && cut.contains("…") && cut.contains("样貌："), "{cut}");
    assert_eq!(cut.chars().count(), 250);
    let less = message.text(Unit::Chars, 160);
    assert!(!less.contains("详情") && !less.contains("样貌") && less.contains("最后出现"), "{less}");
    let least = message.text(Unit::Chars, 0);
    assert_eq!(least, format!("【72小时】寻人\n编号：{case}\n核实与提供线索：{LINK}"));
}

#[test]
fn nothing_is_cut_to_a_link() {
    let case = CaseNumber::from_bits(1);
    for before in 0..40 {
        let mean = format!("{} evil.comfy.lies", "好".repeat(before));
        let mut public = Public { description: mean.clone(), ..samples::public() };
        let Subject::MissingPerson { person } = &mut public.subject else { unreachable!() };
        person.name = mean;
        let message = message(&said(&case, &public));
        let long = message.text(Unit::Chars, usize::MAX).chars().count();
        let cut = (long - 40..long).map(|limit| message.text(Unit::Chars, limit));
        let digest = digest(Language::ZhCn, std::slice::from_ref(&message)).text(Unit::Chars, usize::MAX);
        for text in cut.chain([digest]) {
            assert!(!text.contains("evil.com…") && !text.contains("evil.co…"), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn every_limit_is_kept_and_what_matters_stays(
        text in "(?s)[\\PC\u{0}-\u{20}好👨\u{200d}👩🇨🇳@<【]{0,400}",
        times in 1_usize..12,
        limit in 300_usize..5000,
        purpose in prop::sample::select(&Purpose::ALL[..]),
    ) {
        let case = CaseNumber::from_bits(7);
        let long = text.repeat(times);
        let mut public = Public { description: long.clone(), police_station: Some(long.clone()), ..samples::public() };
        let Subject::MissingPerson { person } = &mut public.subject else { unreachable!() };
        person.name.clone_from(&long);
        person.appearance = Some(long);
        let message = message(&Known { purpose, ..said(&case, &public) });
        for unit in [Unit::Bytes, Unit::Chars, Unit::Utf16] {
            let text = message.text(unit, limit);
            prop_assert!(unit.measure(&text) <= limit, "{} of {limit}", unit.measure(&text));
            prop_assert!(text.starts_with(PREFIX));
            let rest = text.strip_suffix(LINK);
            prop_assert!(rest.is_some_and(|rest| rest.contains(&case.to_string())), "{text}");
            prop_assert_eq!(text.matches(PREFIX).count(), 1, "{}", text);
            let forbidden = ['@', '<', '\r', '\u{0}'];
            prop_assert!(!text.contains(forbidden));
        }
    }
}
