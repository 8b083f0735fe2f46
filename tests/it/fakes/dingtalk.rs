//! DingTalk: <https://open.dingtalk.com/document/robots/custom-robot-access>

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
    Reply::json(200, &json!({"errcode": code, "errmsg": words}))
}

fn judge(rules: &Rules, chat: &mut Chat, call: &Call<'_>) -> Result<(), (i64, &'static str)> {
    let (path, query) = robot(Platform::Dingtalk).split_once('?').unwrap();
    if !call.posts_to(path) || call.asked("access_token") != query.strip_prefix("access_token=").unwrap() {
        return Err((300_005, "token is not exist"));
    }
    if !call.is_json() {
        return Err((43004, "无效的HTTP HEADER Content-Type"));
    }
    if let Some(secret) = &rules.secret {
        let timestamp = call.asked("timestamp");
        let sent = timestamp.parse().ok().and_then(DateTime::from_timestamp_millis);
        if sent.is_none_or(|sent| (chat.now - sent).abs() > TimeDelta::hours(1)) {
            return Err((310_000, "invalid timestamp"));
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{timestamp}\n{secret}").as_bytes());
        if STANDARD.encode(mac.finalize().into_bytes()) != call.asked("sign") {
            return Err((310_000, "sign not match"));
        }
    }
    if call.body.len() > 20_000 {
        return Err((460_101, "message too long, exceed 20000 bytes"));
    }
    let message: Value = serde_json::from_slice(call.body).map_err(|_| (40035, "不合法的参数"))?;
    let content = match message["msgtype"].as_str() {
        Some("text") => message["text"]["content"].as_str(),
        Some("markdown") if message["markdown"]["title"] != "" => message["markdown"]["text"].as_str(),
        _ => return Err((400_105, "unsupported msgtype")),
    };
    let content = content.filter(|text| !text.is_empty()).ok_or((40035, "缺少参数"))?;
    if rules.keyword.as_deref().is_some_and(|word| !content.contains(word)) {
        return Err((310_000, "keywords not in content"));
    }
    let muted = chat.now < chat.muted_until;
    if muted || !chat.admits(&[(20, TimeDelta::seconds(60))]) {
        // A robot that exceeds the limit is muted for ten minutes.
        if !muted {
            chat.muted_until = chat.now + TimeDelta::minutes(10);
        }
        return Err((130_101, "send too fast, exceed 20 times per minute"));
    }
    let picture = content.split_once("![](").and_then(|(_, rest)| rest.split(')').next());
    chat.show("", message.clone(), content, picture);
    Ok(())
}
