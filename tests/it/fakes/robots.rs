//! The robots themselves: one function a platform, from request to verdict.

use std::sync::Mutex;

use actix_web::HttpRequest;
use actix_web::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use sha2::Sha256;

use super::Rules;

/// The one robot's address on each platform, in the order of [`Platform::ALL`].
pub const ROBOT: [&str; 4] = [
    "cgi-bin/webhook/send?key=693a91f6-7000-4bc4-97a0-0ec2sifa5aaa",
    "robot/send?access_token=566cc69da782ec33e42541b09b08551f09fbe864eb8008112e994b43887",
    "open-apis/bot/v2/hook/2cac0d7b-a45b-4000-a9d3-5fd9a2a35c68",
    "hook",
];

/// The message as taken or nothing, the HTTP status, the body of the answer.
pub type Verdict = (Result<Value, ()>, u16, String);

type Taken = Mutex<Vec<DateTime<Utc>>>;

/// What the platform says to a request.
pub fn judge(
    platform: Platform,
    rules: &Rules,
    taken: &Taken,
    request: &HttpRequest,
    body: &[u8],
    now: DateTime<Utc>,
) -> Verdict {
    let (judged, code, words): (Robot, _, _) = match platform {
        Platform::Wecom => (wecom, "errcode", "errmsg"),
        Platform::Dingtalk => (dingtalk, "errcode", "errmsg"),
        Platform::Feishu => (feishu, "code", "msg"),
        Platform::Webhook => return webhook(rules, request, body, now),
    };
    match judged(rules, taken, request, body, now) {
        Ok(message) => {
            taken.lock().unwrap().push(now);
            (Ok(message), 200, json!({code: 0, words: "ok"}).to_string())
        }
        Err((number, said)) => (Err(()), 200, json!({code: number, words: said}).to_string()),
    }
}

type Judged = Result<Value, (i64, String)>;

type Robot = fn(&Rules, &Taken, &HttpRequest, &[u8], DateTime<Utc>) -> Judged;

fn refuse<T>(code: i64, words: &str) -> Result<T, (i64, String)> {
    Err((code, words.to_owned()))
}

fn at_robot(request: &HttpRequest, platform: Platform) -> bool {
    let (path, query) = ROBOT[platform as usize].split_once('?').unwrap_or((ROBOT[platform as usize], ""));
    request.method() == Method::POST
        && request.path().trim_start_matches('/') == path
        && request.query_string().starts_with(query)
}

fn is_json(request: &HttpRequest) -> bool {
    request.headers().get("content-type").is_some_and(|t| t.to_str().unwrap().starts_with("application/json"))
}

/// How many were taken in the span that ends now.
fn recent(taken: &Taken, now: DateTime<Utc>, span: TimeDelta) -> usize {
    taken.lock().unwrap().iter().filter(|at| now - **at < span).count()
}

/// <https://developer.work.weixin.qq.com/document/path/91770>
fn wecom(_: &Rules, taken: &Taken, request: &HttpRequest, body: &[u8], now: DateTime<Utc>) -> Judged {
    if !at_robot(request, Platform::Wecom) {
        return refuse(93000, "invalid webhook url, hint: [0], from ip: 127.0.0.1");
    }
    if body.windows(2).any(|pair| pair == b"\\u") {
        return refuse(40033, "invalid charset");
    }
    let Ok(message) = serde_json::from_slice::<Value>(body) else {
        return refuse(40035, "invalid parameter");
    };
    match message["msgtype"].as_str() {
        Some("text") => match message["text"]["content"].as_str() {
            None | Some("") => return refuse(44004, "empty content"),
            Some(text) if text.len() > 2048 => return refuse(40058, "text.content exceed max length 2048"),
            Some(_) => {}
        },
        Some("image") => {
            let picture = STANDARD.decode(message["image"]["base64"].as_str().unwrap_or_default());
            let Ok(picture) = picture else { return refuse(40123, "invalid image format") };
            if picture.len() > 2 * 1024 * 1024 {
                return refuse(40009, "invalid image size");
            }
            let md5: String = Md5::digest(&picture).iter().map(|byte| format!("{byte:02x}")).collect();
            if message["image"]["md5"] != md5 {
                return refuse(301019, "media md5 not match");
            }
        }
        _ => return refuse(40008, "invalid message type"),
    }
    if recent(taken, now, TimeDelta::seconds(60)) >= 20 {
        return refuse(45009, "api freq out of limit, hint: [0], from ip: 127.0.0.1");
    }
    Ok(message)
}

/// <https://open.dingtalk.com/document/robots/custom-robot-access>
fn dingtalk(rules: &Rules, taken: &Taken, request: &HttpRequest, body: &[u8], now: DateTime<Utc>) -> Judged {
    if !at_robot(request, Platform::Dingtalk) {
        return refuse(300_005, "token is not exist");
    }
    if !is_json(request) {
        return refuse(43004, "无效的HTTP HEADER Content-Type");
    }
    if let Some(secret) = &rules.secret {
        let query: Vec<(String, String)> =
            url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        let field = |name| query.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v);
        let sent = field("timestamp").parse().ok().and_then(DateTime::from_timestamp_millis);
        if sent.is_none_or(|sent| (now - sent).abs() > TimeDelta::hours(1)) {
            return refuse(310_000, "invalid timestamp");
        }
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{}\n{secret}", field("timestamp")).as_bytes());
        if STANDARD.encode(mac.finalize().into_bytes()) != field("sign") {
            return refuse(310_000, "sign not match");
        }
    }
    if body.len() > 20_000 {
        return refuse(460_101, "message too long, exceed 20000 bytes");
    }
    let Ok(message) = serde_json::from_slice::<Value>(body) else {
        return refuse(40035, "不合法的参数");
    };
    let content = match message["msgtype"].as_str() {
        Some("text") => message["text"]["content"].as_str(),
        Some("markdown") if message["markdown"]["title"] != "" => message["markdown"]["text"].as_str(),
        _ => return refuse(400_105, "unsupported msgtype"),
    };
    let Some(content) = content.filter(|text| !text.is_empty()) else { return refuse(40035, "缺少参数") };
    if rules.keyword.as_deref().is_some_and(|word| !content.contains(word)) {
        return refuse(310_000, "keywords not in content");
    }
    if recent(taken, now, TimeDelta::seconds(60)) >= 20 {
        return refuse(130_101, "send too fast, exceed 20 times per minute");
    }
    Ok(message)
}

/// <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>
fn feishu(rules: &Rules, taken: &Taken, request: &HttpRequest, body: &[u8], now: DateTime<Utc>) -> Judged {
    if !at_robot(request, Platform::Feishu) || !request.query_string().is_empty() {
        return refuse(19001, "param invalid: incoming webhook access token invalid");
    }
    if body.len() > 20_000 {
        return refuse(19036, "The message exceeds the size limit of 30KB");
    }
    let message = serde_json::from_slice::<Value>(body).ok().filter(|_| is_json(request));
    let Some(message) = message else { return refuse(9499, "Bad Request") };
    if let Some(secret) = &rules.secret {
        let timestamp = message["timestamp"].as_str().unwrap_or_default();
        let sent = timestamp.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let key = format!("{timestamp}\n{secret}");
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        let fresh = sent.is_some_and(|sent| (now - sent).abs() <= TimeDelta::hours(1));
        if !fresh || message["sign"] != STANDARD.encode(mac.finalize().into_bytes()) {
            return refuse(19021, "sign match fail or timestamp is not within one hour from current time");
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
        return refuse(19002, "params error, msg_type need");
    }
    if rules.keyword.as_deref().is_some_and(|word| !message["content"].to_string().contains(word)) {
        return refuse(19024, "Key Words Not Found");
    }
    let (minute, second) = (TimeDelta::seconds(60), TimeDelta::seconds(1));
    if recent(taken, now, minute) >= 100 || recent(taken, now, second) >= 5 {
        return refuse(11232, "frequency limited psm[lark.oapi.app_platform_runtime]");
    }
    Ok(message)
}

/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>
fn webhook(rules: &Rules, request: &HttpRequest, body: &[u8], now: DateTime<Utc>) -> Verdict {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (id, timestamp) = (header("webhook-id"), header("webhook-timestamp"));
    let key = rules
        .secret
        .as_deref()
        .and_then(|s| STANDARD.decode(s.strip_prefix("whsec_")?).ok())
        .unwrap_or_default();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let sent = timestamp.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let fresh = sent.is_some_and(|sent| (now - sent).abs() <= TimeDelta::minutes(5));
    if !at_robot(request, Platform::Webhook) {
        return (Err(()), 404, String::new());
    }
    if !fresh || id.is_empty() || id.contains('.') || header("webhook-signature") != signature {
        return (Err(()), 401, String::new());
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(message) if is_json(request) && message["type"].is_string() => (Ok(message), 204, String::new()),
        _ => (Err(()), 400, String::new()),
    }
}
