//! The description of the JSON interface: that it is whole, and that what the program answers is what it says.
//! [`assert_as_described`] looks at every answer that a test's house gives.

mod shape;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Map, Value, json};
use seventytwo::web::openapi::document;

use crate::house::{Reply, morning};
use crate::tidy::sources;
use crate::{Test, alone, notices};
use shape::faults;

/// The tests of this file.
pub const TESTS: &[Test] = &[
    alone!(every_call_has_a_name_of_its_own),
    alone!(every_shape_has_a_name_of_its_own),
    alone!(every_answer_says_what_it_is),
    alone!(every_reference_leads_somewhere),
    alone!(a_notice_is_described_in_full),
    alone!(a_correction_names_what_changes),
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

/// Where the description tells of a call's path.
fn described(path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or(path);
    let fits = |pattern: &str| {
        let (asked, told): (Vec<&str>, Vec<&str>) = (path.split('/').collect(), pattern.split('/').collect());
        asked.len() == told.len()
            && asked.iter().zip(&told).all(|(asked, told)| told.starts_with('{') || asked == told)
    };
    let mut found: Vec<_> = members(&document()["paths"]).filter(|(pattern, _)| fits(pattern)).collect();
    // `/review/queue` is no case.
    found.sort_by_key(|(pattern, _)| pattern.matches('{').count());
    found.first().map(|(_, methods)| *methods)
}

/// Looks at an answer of the interface: its status is described, and its body has the shape that the description
/// gives it.
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
