//! Feishu: <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use sha2::Sha256;

use super::exchange::{Call, Chat, Reply};
use super::{Rules, robot};

pub fn answer(rules: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    let (code, words) = judge(rules, chat, call).err().unwrap_or((0, "ok"));
    Reply::json(if code == 9499 { 400 } else { 200 }, &json!({"code": code, "msg": words}))
}

fn judge(rules: &Rules, chat: &mut Chat, call: &Call<'_>) -> Result<(), (i64, &'static str)> {
    if !call.posts_to(robot(Platform::Feishu)) || !call.query.is_empty() {
        return Err((19001, "param invalid: incoming webhook access token invalid"));
    }
    if call.body.len() > 20_000 {
        return Err((19036, "The message exceeds the size limit of 30KB"));
    }
    let message = call.json().ok_or((9499, "Bad Request"))?;
    if let Some(secret) = &rules.secret {
        let timestamp = message["timestamp"].as_str().unwrap_or_default();
        let sent = timestamp.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let key = format!("{timestamp}\n{secret}");
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        let fresh = sent.is_some_and(|sent| (chat.now - sent).abs() <= TimeDelta::hours(1));
        if !fresh || message["sign"] != STANDARD.encode(mac.finalize().into_bytes()) {
            return Err((19021, "sign match fail or timestamp is not within one hour from current time"));
        }
    }
    let post = message["content"]["post"].as_object().and_then(|post| post.values().next());
    let paragraphs = post.and_then(|post| post["content"].as_array());
    let known = |element: &Value| matches!(element["tag"].as_str(), Some("text" | "a"));
    let well_formed = message["msg_type"] == "post"
        && paragraphs.is_some_and(|all| {
            !all.is_empty() && all.iter().all(|p| p.as_array().is_some_and(|p| p.iter().all(known)))
        });
    if !well_formed {
        return Err((19002, "params error, msg_type need"));
    }
    if rules.keyword.as_deref().is_some_and(|word| !message["content"].to_string().contains(word)) {
        return Err((19024, "Key Words Not Found"));
    }
    if !chat.admits(&[(100, TimeDelta::seconds(60)), (5, TimeDelta::seconds(1))]) {
        return Err((11232, "frequency limited psm[lark.oapi.app_platform_runtime]"));
    }
    let text = message["content"].to_string();
    chat.show("", message, &text, None);
    Ok(())
}
