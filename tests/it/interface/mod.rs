//! The description of the JSON API: it is complete, and the program's answers conform to it.
//! [`assert_as_described`] checks every answer that a test's house gets.

mod shape;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Map, Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::web::openapi::document;
use url::form_urlencoded;

use crate::hostile::{ask, faults as refused, only, request};
use crate::house::{House, Reply, morning};
use crate::tidy::sources;
use crate::{Test, alone, housed, notices};
use shape::faults;

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(every_call_has_a_name_of_its_own),
    alone!(every_shape_has_a_name_of_its_own),
    alone!(every_answer_says_what_it_is),
    alone!(every_reference_leads_somewhere),
    alone!(a_notice_is_described_in_full),
    alone!(a_correction_names_what_changes),
    housed!(every_parameter_says_what_is_checked),
    housed!(every_reason_that_is_named_is_taken_and_no_other),
    housed!(what_is_longer_than_it_may_be_is_refused),
];

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

/// Every call with its path and method.
fn calls() -> impl Iterator<Item = (&'static String, &'static String, &'static Value)> {
    members(&document()["paths"])
        .flat_map(|(path, methods)| members(methods).map(move |(method, call)| (path, method, call)))
}

async fn every_call_has_a_name_of_its_own() {
    let mut named: BTreeMap<&str, String> = BTreeMap::new();
    for (path, method, call) in calls() {
        let name = call["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no name"));
        let before = named.insert(name, format!("{method} {path}"));
        assert_eq!(before, None, "{name} is also {method} {path}");
    }
    assert!(named.len() > 30, "{named:?}");
}

async fn every_shape_has_a_name_of_its_own() {
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for file in sources("src") {
        let mut lines = file.code.lines();
        while let Some(line) = lines.next() {
            if !(line.contains("derive(") && line.contains("ToSchema")) {
                continue;
            }
            let item = lines.find(|line| line.starts_with("pub struct ") || line.starts_with("pub enum "));
            let name =
                item.and_then(|line| line.split([' ', '<', ';']).nth(2)).expect("something is derived for");
            let before = named.insert(name.to_owned(), file.path.clone());
            assert_eq!(before, None, "{name} is also a shape of {}", file.path);
            assert!(!document()["components"]["schemas"][name].is_null(), "{name} is described nowhere");
        }
    }
    assert!(named.len() > 30, "{named:?}");
}

async fn every_answer_says_what_it_is() {
    for (path, method, call) in calls() {
        let answers: Vec<_> = members(&call["responses"]).collect();
        assert!(answers.iter().any(|(status, _)| status.starts_with('2')), "{method} {path}");
        for (status, answer) in answers {
            let told = answer["description"].as_str().unwrap_or_default();
            assert!(!told.is_empty(), "{method} {path}: {status} says nothing");
            if status.starts_with(['4', '5']) {
                let shape = &answer["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(shape, "#/components/schemas/Problem", "{method} {path}: {status}");
                assert!(told.starts_with('`'), "{method} {path}: {status} names no code: {told}");
            }
        }
    }
}

async fn every_reference_leads_somewhere() {
    fn follow(value: &Value, followed: &mut usize) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| follow(item, followed)),
            Value::Object(members) => {
                if let Some(to) = members.get("$ref").and_then(Value::as_str) {
                    let place = to.strip_prefix('#').unwrap_or_else(|| panic!("{to} leads outside"));
                    assert!(document().pointer(place).is_some(), "{to} leads nowhere");
                    *followed += 1;
                }
                members.values().for_each(|member| follow(member, followed));
            }
            _ => {}
        }
    }
    let mut followed = 0;
    follow(document(), &mut followed);
    assert!(followed > 100, "only {followed} were found");
}

async fn a_notice_is_described_in_full() {
    let shape =
        &document()["paths"]["/notices"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let now = morning();
    let samples = [
        notices::missing_person(now),
        notices::lost_property(now),
        notices::rescue(now),
        notices::donation(now),
    ];
    for sample in &samples {
        assert_eq!(faults(shape, sample), [""; 0], "{sample}");
        let mut more = sample.clone();
        more["surprise"] = json!(1);
        assert!(!faults(shape, &more).is_empty(), "an unknown field is refused by name");
        for part in ["region", "reporter", "consent"] {
            let mut less = sample.clone();
            less.as_object_mut().unwrap().remove(part);
            assert!(!faults(shape, &less).is_empty(), "{part} is needed");
        }
    }
    for (path, wrong) in [
        ("/kind", json!("weather")),
        ("/region", json!("1310")),
        ("/person/category", json!("dog")),
        ("/person/sex", json!("f")),
        ("/person/age", json!(121)),
        ("/person/height_cm", json!(10)),
        ("/last_seen/precision", json!("roughly")),
        ("/consent/sensitive", json!(false)),
        ("/safety/violence", Value::Null),
        ("/reporter/relation", Value::Null),
        ("/photo_ids", json!(["x", "x"])),
    ] {
        let mut body = samples[0].clone();
        *body.pointer_mut(path).unwrap_or_else(|| panic!("no {path}")) = wrong;
        assert!(!faults(shape, &body).is_empty(), "{path} may not be so: {body}");
    }
}

async fn a_correction_names_what_changes() {
    let shape =
        &document()["paths"]["/my/notice"]["patch"]["requestBody"]["content"]["application/json"]["schema"];
    for change in [
        json!({}),
        json!({"police": {"reference": "廊公安受字2026第1123号"}}),
        json!({"person": {"height_cm": null}, "description": "又名小兰"}),
    ] {
        assert_eq!(faults(shape, &change), [""; 0], "{change}");
    }
    for change in
        [json!({"person": {"age": "old"}}), json!({"person": {"surprise": 1}}), json!({"surprise": 1})]
    {
        assert!(!faults(shape, &change).is_empty(), "{change}");
    }
}

/// Values that fit a parameter, and values that do not.
fn samples(shape: &Value) -> (Vec<String>, Vec<String>) {
    let number = |word: &str| shape[word].as_i64();
    if let Some(names) = shape["enum"].as_array() {
        let names = names.iter().map(|name| name.as_str().unwrap().to_owned());
        return (names.collect(), vec!["unheard_of".to_owned(), "LIVE".to_owned()]);
    }
    if let (Some(least), Some(most)) = (number("minimum"), number("maximum")) {
        let out = [least - 1, most + 1].map(|n| n.to_string()).into_iter();
        return (
            [least, most].map(|n| n.to_string()).to_vec(),
            out.chain(["many".to_owned(), "1.5".to_owned()]).collect(),
        );
    }
    match shape["pattern"].as_str() {
        Some("^[0-9]{6}$") => (vec!["131003".to_owned()], vec!["1310".to_owned(), "廊坊".to_owned()]),
        // A place in a list is only what was given out before.
        Some("^[A-Za-z0-9_-]+$") => (vec![], vec!["?".to_owned(), "7+2".to_owned()]),
        Some("^[0-9]+$") => (vec!["72".to_owned()], vec!["x".to_owned()]),
        _ => panic!("{shape} says nothing about what may stand there"),
    }
}

async fn every_parameter_says_what_is_checked(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let (lead, admin) =
        (house.person("陈组长", Role::Lead).await, house.person("王群主", Role::GroupAdmin).await);
    let id = house.group(&house.chats[0].clone(), &admin, &["131003"], &["rescue"]).await;
    let mut looked_at = 0;
    for (path, _, call) in calls().filter(|(_, method, _)| *method == "get") {
        let token = if path.starts_with("/groups") { &admin.token } else { &lead.token };
        let path = path.replace("{id}", &id);
        let parameters = call["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let (right, wrong) = samples(&parameter["schema"]);
            let asked = async |value: &str| {
                let query = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
                let get = request(&house, Method::GET, &format!("/api/v1{path}?{query}"));
                ask(get.bearer_auth(token)).await
            };
            for value in &right {
                assert_eq!(asked(value).await.status, 200, "{path}: {name}={value}");
            }
            for value in &wrong {
                assert_eq!(refused(asked(value).await), only([name]), "{path}: {name}={value}");
            }
            looked_at += 1;
        }
    }
    assert!(looked_at >= 7, "{looked_at}");
    house
}

/// The names allowed in a field, without null.
fn names(shape: &Value) -> Vec<&str> {
    shape["enum"].as_array().expect("a closed list").iter().filter_map(Value::as_str).collect()
}

async fn every_reason_that_is_named_is_taken_and_no_other(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, _) = house.submit(&notices::rescue(house.clock.now())).await;
    let path = format!("/review/{case}");
    let shapes = &document()["components"]["schemas"];
    let decisions = shapes["DecisionBody"]["anyOf"].as_array().unwrap().iter().map(|of| &of["properties"]);
    let listed = decisions.filter(|of| of["reason"].is_object());
    let mut steps: Vec<_> = listed
        .map(|of| ("decisions", json!({"action": names(&of["action"])[0]}), names(&of["reason"])))
        .collect();
    assert_eq!(steps.len(), 2, "to approve and to reject");
    steps.push(("remove", json!({}), names(&shapes["RemoveBody"]["properties"]["reason"])));
    let all: Vec<&str> =
        steps.iter().flat_map(|(_, _, reasons)| reasons.clone()).chain(["unheard_of"]).collect();
    for (step, body, reasons) in &steps {
        for reason in &all {
            // The version is outdated: a body without faults gets as far as that check.
            let mut body = body.clone();
            (body["version"], body["reason"], body["note"]) = (json!(0), json!(reason), json!("已核对"));
            let told = house.post(&format!("{path}/{step}"), Some(&moderator.token), &body).await;
            match reasons.contains(reason) {
                true => assert_eq!(told.problem(409), "stale_version", "{step}: {body}"),
                false => assert_eq!(refused(told), only(["reason"]), "{step}: {body}"),
            }
        }
    }
    for reason in names(&shapes["PhoneBody"]["properties"]["reason"]).into_iter().chain(["unheard_of"]) {
        let told =
            house.post(&format!("{path}/phone"), Some(&moderator.token), &json!({"reason": reason})).await;
        match reason {
            "unheard_of" => assert_eq!(refused(told), only(["reason"])),
            _ => assert_eq!(told.problem(409), "claim_required", "{reason}"),
        }
    }
    house
}

async fn what_is_longer_than_it_may_be_is_refused(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let made = house.post("/notices", None, &notices::rescue(house.clock.now())).await.expect(201);
    let case = made["case_number"].as_str().unwrap();
    let manage = made["manage_token"].as_str().unwrap();
    let review = |step: &str| format!("/review/{case}/{step}");
    let ask = json!({"version": 1, "action": "ask", "note": "几点？"});
    for (shape, path, token, body) in [
        ("DecisionBody", review("decisions"), &*lead.token, ask),
        ("RestrictBody", review("pause"), &lead.token, json!({"version": 1})),
        ("RemoveBody", review("remove"), &lead.token, json!({"version": 1, "reason": "false"})),
        ("TipBody", format!("/notices/{case}/tips"), "", json!({"text": "见过"})),
        ("ReplyBody", "/my/notice/reply".to_owned(), manage, json!({"text": "九点"})),
        (
            "NewGroupBody",
            "/groups".to_owned(),
            &admin.token,
            json!({"credentials": {}, "regions": ["131003"]}),
        ),
    ] {
        let bounded = members(&document()["components"]["schemas"][shape]["properties"])
            .filter_map(|(name, field)| Some((name, field["maxLength"].as_u64()?)));
        let mut looked_at = 0;
        for (name, most) in bounded {
            for (length, told) in [(most, false), (most + 1, true)] {
                let mut body = body.clone();
                body[name] = json!("长".repeat(usize::try_from(length).unwrap()));
                let reply = house.post(&path, Some(token).filter(|token| !token.is_empty()), &body).await;
                let named = reply.body["fields"].get(name.as_str()).is_some();
                assert_eq!(named, told, "{shape}: {name} of {length}: {}", reply.text);
            }
            looked_at += 1;
        }
        assert!(looked_at > 0, "{shape} bounds nothing");
    }
    house
}

/// Where the description has a call's path.
fn described(path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or(path);
    let fits = |pattern: &str| {
        let (asked, told): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), pattern.split('/').collect());
        asked.len() == told.len()
            && asked.iter().zip(&told).all(|(asked, told)| told.starts_with('{') || asked == told)
    };
    let mut found: Vec<_> = members(&document()["paths"]).filter(|(pattern, _)| fits(pattern)).collect();
    // `/review/queue` is not a case.
    found.sort_by_key(|(pattern, _)| pattern.matches('{').count());
    found.first().map(|(_, methods)| *methods)
}

/// Checks an answer of the API: its status is described, and its body has the described schema.
#[track_caller]
pub fn assert_as_described(method: &Method, path: &str, reply: &Reply) {
    let Some(call) = described(path).and_then(|methods| methods.get(method.as_str().to_ascii_lowercase()))
    else {
        return;
    };
    let (status, asked) = (reply.status.as_u16().to_string(), format!("{method} {path}"));
    let answer = &call["responses"][&status];
    assert!(!answer.is_null(), "{asked} is not described to answer {status}: {}", reply.text);
    let Some((media, body)) = members(&answer["content"]).next() else {
        assert_eq!(reply.text, "", "{asked}: {status} is described without a body");
        return;
    };
    let sent = reply.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
    assert_eq!(sent.split(';').next(), Some(media.as_str()), "{asked}: {status}");
    assert_eq!(faults(&body["schema"], &reply.body), [""; 0], "{asked}: {status}: {}", reply.text);
}
