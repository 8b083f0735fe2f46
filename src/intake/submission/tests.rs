use chrono::TimeDelta;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::language::Language;
use crate::domain::notice::{Category, Item, Subject};
use crate::intake::fixture::{donation, lost_property, missing_person, now, rescue};
use crate::intake::words::{patch, restate};
use crate::language::text;

/// The faults of `body` with `changes`, as `field=code`.
fn faults(mut body: Value, changes: Value) -> Vec<String> {
    patch(&mut body, &changes);
    match parse(&body, now()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().map(|(field, fault)| format!("{field}={}", fault.code)).collect(),
    }
}

fn at(path: &str, value: Value) -> Value {
    path.rsplit('.').fold(value, |inner, name| json!({ name: inner }))
}

#[test]
fn a_good_notice_of_each_kind_is_taken() {
    for body in [missing_person(), lost_property(), rescue(), donation()] {
        let notice = parse(&body, now()).unwrap_or_else(|faults| panic!("{body}: {faults:?}"));
        assert_eq!(notice.private.reporter.phone, "+8613800138000");
        assert_eq!(notice.private.flags, Vec::<String>::new());
    }
}

#[test]
fn one_bad_field_is_named_and_nothing_else() {
    let long = "很".repeat(1_001);
    for (path, value, code) in [
        ("kind", json!("circus"), "choice"),
        ("kind", json!(7), "wrong_type"),
        ("region", json!(null), "required"),
        ("region", json!(131_003), "wrong_type"),
        ("region", json!("廊坊"), "region_malformed"),
        ("region", json!("999999"), "region_unknown"),
        ("description", json!(" \u{200b}\u{202e}\n "), "required"),
        ("description", json!(long), "too_long"),
        ("description", json!({"a": 1}), "wrong_type"),
        ("description", json!("身份证 11010519491231002X"), "id_card"),
        ("description", json!("卡号 4111 1111 1111 1111"), "bank_card"),
        ("description", json!("先转 账再说"), "payment"),
        ("reporter", json!("李梅"), "wrong_type"),
        ("reporter.phone", json!("12345"), "phone_unknown"),
        ("reporter.phone", json!("138 0013 8000转1"), "phone_extension"),
        ("reporter.publish_phone", json!("yes"), "wrong_type"),
        ("reporter.wechat", json!("x"), "unknown"),
        ("surprise", json!(1), "unknown"),
        ("consent.truthful", json!(false), "consent_truthful"),
        ("consent.sensitive", json!(null), "consent_sensitive"),
        ("photo_ids", json!("x"), "wrong_type"),
        ("photo_ids", json!(["1", "2", "3", "4", "5", "6"]), "too_many"),
        ("person.age", json!(121), "out_of_range"),
        ("person.age", json!(-1), "out_of_range"),
        ("person.age", json!(7.5), "not_whole"),
        ("person.age", json!("老"), "not_whole"),
        ("person.age", json!("-1"), "not_whole"),
        ("person.age", json!("－1"), "not_whole"),
        ("person.age", json!("+5"), "not_whole"),
        ("person.age", json!("1-2"), "not_whole"),
        ("person.height_cm", json!("-158"), "not_centimetres"),
        ("person.height_cm", json!("1.58"), "not_centimetres"),
        ("person.age", json!([76]), "wrong_type"),
        ("person.category", json!("child"), "x"),
        ("person.category", json!(null), "required"),
        ("person.category", json!("elder"), "choice"),
        ("person.name", json!("<b>\u{feff}</b>".repeat(20)), "too_long"),
        ("person.height_cm", json!(29), "out_of_range"),
        ("last_seen.at", json!("2027-01-15 09:40"), "time_format"),
        ("last_seen.at", json!("2027-01-15T09:40:00"), "time_format"),
        ("last_seen.at", json!("2027-01-15T16:15:00+08:00"), "time_future"),
        ("last_seen.at", json!("1900-01-01T00:00:00Z"), "time_past"),
        ("last_seen.precision", json!("roughly"), "choice"),
        ("last_seen.place", json!(""), "required"),
        ("safety.violence", json!(null), "required"),
        ("safety.violence", json!("no"), "wrong_type"),
    ] {
        let field = match (path, code) {
            // Age and category are compared with each other; the fault is the age's.
            ("person.category", "x") => "person.age=age_category".to_owned(),
            _ => format!("{path}={code}"),
        };
        assert_eq!(faults(missing_person(), at(path, value.clone())), [field], "{path}: {value}");
    }
}

#[test]
fn the_numbers_that_are_given_as_examples_are_taken() {
    for language in Language::ALL {
        let told = text(language, "field-phone_unknown");
        let numbers = told.split(|c: char| !(c.is_ascii_digit() || c == '-')).filter(|part| part.len() > 5);
        for number in numbers {
            assert!(Phone::parse(number).is_ok(), "{number} in {told}");
        }
    }
}

#[test]
fn each_kind_has_rules_of_its_own() {
    for (body, path, value, code) in [
        (lost_property(), "secret_detail", json!(null), "required"),
        (lost_property(), "item.direction", json!("stolen"), "choice"),
        (lost_property(), "police", json!({"reported": true}), "unknown"),
        (rescue(), "incident.emergency_called", json!(false), "emergency_called"),
        (rescue(), "incident.people", json!(0), "out_of_range"),
        (rescue(), "secret_detail", json!("x"), "unknown"),
        (donation(), "campaign.credit_code", json!("53330000501874064C"), "credit_code_check"),
        (donation(), "campaign.filing_number", json!("123"), "filing_number_length"),
        (donation(), "campaign.filing_number", json!("53100000500021326DA18051"), "filing_number_other"),
        (donation(), "campaign.url", json!("http://gongyi.qq.com/x"), "link"),
        (donation(), "campaign.url", json!("https://me@gongyi.qq.com/x"), "link"),
        (donation(), "campaign.url", json!("https://gongyi.qq.com.example.org/"), "link_not_designated"),
        (donation(), "campaign.url", json!("https://notgongyi.qq.com/"), "link_not_designated"),
        (donation(), "campaign.ends_on", json!("2026-12-31"), "dates_reversed"),
        (donation(), "campaign.starts_on", json!("01/02/2027"), "date_format"),
        (donation(), "campaign.needs", json!("请打款到账户"), "payment"),
        (donation(), "campaign.needs", json!("棉被，账户：某某，开户行建行廊坊分行，收款人李四"), "payment"),
        (donation(), "campaign.needs", json!("扫下图二维码捐"), "payment"),
        (donation(), "campaign.needs", json!("棉被，户名李四"), "payment"),
        (donation(), "campaign.organisation", json!("基金会（收款人李四）"), "payment"),
        (donation(), "description", json!("Account holder: Li Si, bank name: CCB"), "payment"),
        (donation(), "last_seen", json!({}), "unknown"),
    ] {
        assert_eq!(faults(body, at(path, value.clone())), [format!("{path}={code}")], "{path}: {value}");
    }
    let over = json!({"campaign": {"starts_on": "2026-01-01", "ends_on": "2027-01-14"}});
    assert_eq!(faults(donation(), over), ["campaign.ends_on=campaign_over"], "in Beijing it is the 15th");
}

#[test]
fn a_campaigns_page_leads_nowhere_else() {
    for page in [
        "x?id=1#微信13800138000",
        "r?url=https://evil.top/pay&tel=1",
        "r?url=%68ttps%3A%2F%2Fevil.top",
        "r?url=%252F%252Fevil.top",
        "r?to=evil.top",
        "r?to=%5C%5Cevil",
        "/evil.top/",
        "x?tel=13800138000",
    ] {
        let url = json!(format!("https://gongyi.qq.com/{page}"));
        assert_eq!(
            faults(donation(), at("campaign.url", url)),
            ["campaign.url=link_not_designated"],
            "{page}"
        );
    }
}

#[test]
fn an_honest_campaign_and_its_page_are_taken() {
    for url in [
        "https://gongyi.qq.com/succor/detail.htm?id=123456789",
        "https://gongyi.qq.com/loveplan/detail.htm?projectId=2026112&from=list.html",
        "https://gongyi.qq.com/#/project/12345",
        "https://gongyi.qq.com/p?title=%E5%AF%92%E8%A1%A3%E5%8A%A9%E5%AD%A6",
        "https://gongyi.qq.com/a/2026.11/index.shtml?v=1.2",
        "https://gongyi.qq.com/donate;jsessionid=9F?cid=20261128001",
    ] {
        assert_eq!(faults(donation(), at("campaign.url", json!(url))), Vec::<String>::new(), "{url}");
    }
    for needs in [
        "棉被100床，请寄到项目办公室",
        "名单见贫困户名单公示，每户名额两床",
        "善款进入专用账户，接受审计",
        "为困难户募集棉被，用户名单不公开",
        "受灾农户名下房屋倒塌，每户名下一床",
        "微信公众号账号：爱心同行",
        "Quilts for the food bank named Harvest, an account named after it",
        "Quilts; every account is audited by the foundation",
    ] {
        assert_eq!(faults(donation(), at("campaign.needs", json!(needs))), Vec::<String>::new(), "{needs}");
    }
    let mut card = lost_property();
    patch(&mut card, &json!({"description": "捡到银行卡，开户行建行廊坊分行，户名李某"}));
    assert_eq!(parse(&card, now()).unwrap().private.flags, Vec::<String>::new());
}

#[test]
fn all_faults_are_told_at_once() {
    assert_eq!(
        faults(json!({"kind": "missing_person", "extra": 1}), json!({"person": {"age": "老", "x": 1}})),
        [
            "consent.publish=consent_publish",
            "consent.sensitive=consent_sensitive",
            "consent.truthful=consent_truthful",
            "description=required",
            "extra=unknown",
            "last_seen.at=required",
            "last_seen.place=required",
            "person.age=not_whole",
            "person.category=required",
            "person.name=required",
            "person.x=unknown",
            "region=required",
            "reporter.name=required",
            "reporter.phone=required",
            "reporter.relation=required",
            "safety.left_voluntarily=required",
            "safety.protection_order=required",
            "safety.violence=required",
        ]
    );
    assert_eq!(faults(json!([1]), json!([2])), ["body=wrong_type"]);
    let id = "0193a5b0-0000-7000-8000-000000000001";
    let photos = json!({"photo_ids": [id, "x", id, 7]});
    assert_eq!(
        faults(rescue(), photos),
        ["photo_ids[1]=photo_unknown", "photo_ids[2]=repeated", "photo_ids[3]=wrong_type"]
    );
}

#[test]
fn without_its_kind_nothing_is_called_unknown() {
    assert_eq!(faults(missing_person(), json!({"kind": null})), ["kind=required"]);
    assert_eq!(faults(donation(), json!({"kind": null, "zzz": 1})), ["kind=required", "zzz=unknown"]);
}

#[test]
fn what_people_type_is_forgiven_and_cleaned() {
    let mut body = missing_person();
    let typed = json!({
        "region": " １３１００３",
        "reporter": {"phone": "１３８－００１３－８０００", "name": " 李\u{200b}梅 \u{202e}"},
        "person": {"age": "７６", "height_cm": " 158 ", "category": null},
        "last_seen": {"at": "２０２７-01-15T09:40:00+08:00", "place": "公园\r\n东门"},
        "description": "第一行 \r\n\r\n\r\n<script>alert(1)</script>",
    });
    patch(&mut body, &typed);
    patch(&mut body, &json!({"person": {"age": "1５"}}));
    let notice = parse(&body, now()).unwrap();
    assert_eq!(notice.private.reporter.name, "李梅");
    assert_eq!(notice.private.category, Some(Category::Teen), "a minor's category follows from the age");
    assert_eq!(notice.public.last_seen.unwrap().place, "公园 东门");
    assert_eq!(notice.public.description, "第一行\n\n<script>alert(1)</script>", "escaped where it is shown");
}

#[test]
fn what_is_private_stays_out_of_the_public_part() {
    let notice = parse(&missing_person(), now()).unwrap();
    let public = serde_json::to_string(&notice.public).unwrap();
    for secret in ["13800138000", "李梅", "女儿", "旧表", "A123", "dementia", "violence"] {
        assert!(!public.contains(secret), "{secret} is in {public}");
    }
    let mut open = missing_person();
    patch(&mut open, &json!({"reporter": {"publish_phone": true}}));
    assert_eq!(parse(&open, now()).unwrap().public.phone.as_deref(), Some("+8613800138000"));
}

#[test]
fn screening_that_does_not_refuse_flags() {
    let mut body = missing_person();
    patch(&mut body, &json!({"description": "见到别告诉她,提供她的住址到13900139000"}));
    assert_eq!(parse(&body, now()).unwrap().private.flags, ["contact", "do_not_tell", "whereabouts"]);
    for mut body in [missing_person(), lost_property()] {
        patch(&mut body, &json!({"description": "悬赏5万，找到重谢"}));
        assert_eq!(parse(&body, now()).unwrap().private.flags, ["reward"], "{body}");
    }
}

#[test]
fn who_may_have_fled_is_flagged_wherever_it_is_mentioned() {
    for changes in [
        json!({"description": "因家暴离家"}),
        json!({"person": {"appearance": "被打过，左眼有伤"}}),
        json!({"secret_detail": "there is a restraining order"}),
    ] {
        let mut body = missing_person();
        patch(&mut body, &changes);
        assert_eq!(parse(&body, now()).unwrap().private.flags, ["violence_mentioned"], "{changes}");
    }
    let mut body = missing_person();
    patch(&mut body, &json!({"secret_detail": "和他父亲在争抚养权"}));
    assert_eq!(parse(&body, now()).unwrap().private.flags, ["custody_mentioned"]);
    // A person who flees from water hides from nobody, and custody plays no part there.
    let mut body = rescue();
    patch(&mut body, &json!({"description": "三人未能逃离洪水，抚养权文件被冲走"}));
    assert_eq!(parse(&body, now()).unwrap().private.flags, Vec::<String>::new());
    patch(&mut body, &json!({"description": "找我妻子，她因家暴申请了保护令"}));
    assert_eq!(parse(&body, now()).unwrap().private.flags, ["violence_mentioned", "looks_like_person"]);
}

#[test]
fn hints_say_what_else_helps() {
    let mut body = missing_person();
    patch(&mut body, &json!({"last_seen": {"at": "2027-01-10T09:40:00+08:00"}, "police": null}));
    assert_eq!(parse(&body, now()).unwrap().hints, ["last_seen_over_72h", "police_first"]);
    assert!(parse(&missing_person(), now()).unwrap().hints.is_empty());
    let mut body = missing_person();
    patch(&mut body, &json!({"person": {"category": "self_harm_risk"}}));
    assert_eq!(parse(&body, now()).unwrap().hints, ["self_harm"]);
    // Nobody takes DNA samples for people on a roof.
    for mut other in [rescue(), lost_property()] {
        patch(&mut other, &json!({"last_seen": {"at": "2027-01-10T09:40:00+08:00"}}));
        assert!(parse(&other, now()).unwrap().hints.is_empty(), "{other}");
    }
}

#[test]
fn a_document_hides_its_number() {
    let mut body = lost_property();
    let item = json!({"what": "护照 E１２3456 8月", "brand": "公安部 K123 456 78，1310-0319-9001-01", "is_document": true});
    patch(&mut body, &json!({"item": item, "description": "编号20270115拾到,2027年"}));
    let public = parse(&body, now()).unwrap().public;
    let Subject::LostProperty { item: Item { what, brand, .. } } = public.subject else {
        panic!("another kind")
    };
    assert_eq!(
        (what.as_str(), brand.as_deref()),
        ("护照 E****56 8月", Some("公安部 K*** *** 78，****-****-****-01"))
    );
    assert_eq!(public.description, "编号******15拾到,2027年");
}

#[test]
fn a_clock_ahead_is_forgiven_for_ten_minutes() {
    for (minutes, good) in [(10, true), (11, false)] {
        let text = (now() + TimeDelta::minutes(minutes)).to_rfc3339();
        assert_eq!(moment(&text, now()).is_ok(), good, "{text}");
    }
}

#[test]
fn restated_it_reads_as_the_same_notice() {
    for body in [missing_person(), lost_property(), rescue(), donation()] {
        let first = parse(&body, now()).unwrap();
        let again = parse(&restate(&first.public, &first.private).unwrap(), now()).unwrap();
        assert_eq!(again, first);
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        "[0-9０-９转账x+T:Z\u{200d}\u{202e}-]{0,24}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const PATHS: &[&str] = &[
    "kind",
    "region",
    "reporter",
    "reporter.phone",
    "consent",
    "photo_ids",
    "description",
    "person",
    "person.age",
    "person.category",
    "last_seen",
    "last_seen.at",
    "police",
    "safety",
    "secret_detail",
    "item",
    "item.what",
    "incident",
    "campaign",
    "campaign.url",
    "campaign.filing_number",
    "campaign.ends_on",
];

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in anything()) {
        prop_assert!(parse(&body, now()).is_err());
    }

    #[test]
    fn no_field_makes_it_panic(kind in 0usize..4, path in prop::sample::select(PATHS), value in anything()) {
        let mut body = [missing_person(), lost_property(), rescue(), donation()][kind].clone();
        patch(&mut body, &at(path, value));
        if let Err(faults) = parse(&body, now()) {
            prop_assert!(!faults.is_empty(), "refused without a reason");
        }
    }
}
