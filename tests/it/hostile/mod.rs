//! Input that nobody should send, through every door: each gets an answer that says what is wrong, and none
//! is an internal error.

pub mod doors;
pub mod forms;
pub mod groups;
pub mod notices;
pub mod photos;
pub mod review;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU16, Ordering};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::house::{House, Reply, reply};

/// A request from a network of its own, so that no rate limit applies.
pub fn request(house: &House, method: Method, path: &str) -> RequestBuilder {
    static NETWORKS: AtomicU16 = AtomicU16::new(1);
    let [a, b] = NETWORKS.fetch_add(1, Ordering::SeqCst).to_be_bytes();
    house
        .http
        .request(method, format!("{}{path}", house.base))
        .header("x-forwarded-for", format!("9.{a}.{b}.1"))
}

/// Sends it. Whatever the input, an internal error is not an acceptable answer.
#[track_caller]
pub fn ask(request: RequestBuilder) -> impl Future<Output = Reply> {
    let asked = format!("{request:?}");
    async move {
        let reply = reply(request).await;
        assert!(reply.status.as_u16() < 500, "{asked} was answered {}: {}", reply.status, reply.text);
        reply
    }
}

/// A POST of raw bytes as JSON to the API.
pub async fn post_bytes(house: &House, path: &str, bytes: impl Into<reqwest::Body>) -> Reply {
    let path = format!("/api/v1{path}");
    ask(request(house, Method::POST, &path).header("content-type", "application/json").body(bytes)).await
}

/// The fields that were refused, each of which has a sentence.
#[track_caller]
pub fn faults(reply: Reply) -> BTreeSet<String> {
    let (text, body) = (reply.text.clone(), reply.body.clone());
    assert_eq!(reply.problem(422), "invalid_fields", "{text}");
    let fields = body["fields"].as_object().unwrap_or_else(|| panic!("no fields in {text}"));
    for (field, sentence) in fields {
        let sentence = sentence.as_str().unwrap_or_default();
        assert!(!sentence.is_empty() && !sentence.starts_with("field-"), "{field} has no sentence: {text}");
    }
    fields.keys().cloned().collect()
}

/// Exactly these fields.
pub fn only<const N: usize>(fields: [&str; N]) -> BTreeSet<String> {
    fields.map(str::to_owned).into()
}

/// Puts `value` at a dotted path of `body`.
pub fn put(body: &mut Value, path: &str, value: Value) {
    *body.pointer_mut(&format!("/{}", path.replace('.', "/"))).unwrap_or_else(|| panic!("no {path}")) = value;
}

/// The dotted path of every value inside `body`, objects before their contents.
pub fn paths(body: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        found.push(name.clone());
        found.extend(paths(value).into_iter().map(|inner| format!("{name}.{inner}")));
    }
    found
}

/// A notice of another reporter each time, because one phone may have only a few live notices, and because
/// what is like a sealed case is sealed, too.
pub fn by_another(mut body: Value, number: u32) -> Value {
    body["reporter"]["phone"] = json!(format!("139{number:08}"));
    if body["police"]["reference"].is_string() {
        body["police"]["reference"] = json!(format!("廊公安受字2026第{number:04}号"));
    }
    body
}
