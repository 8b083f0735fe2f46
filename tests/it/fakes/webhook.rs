//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, TimeDelta};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use seventytwo::domain::group::Platform;
use sha2::Sha256;

use super::exchange::{Call, Chat, Reply};
use super::{Rules, robot};

pub fn answer(rules: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    if !call.posts_to(robot(Platform::Webhook)) {
        return Reply::text(404, "");
    }
    let (id, timestamp) = (call.header("webhook-id"), call.header("webhook-timestamp"));
    let key = rules.secret.as_deref().and_then(|s| STANDARD.decode(s.strip_prefix("whsec_")?).ok());
    let mut mac = Hmac::<Sha256>::new_from_slice(&key.unwrap_or_default()).unwrap();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(call.body);
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let signatures = call.header("webhook-signature");
    let sent = timestamp.parse().ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let fresh = sent.is_some_and(|sent| (chat.now - sent).abs() <= TimeDelta::minutes(5));
    if !fresh || id.is_empty() || id.contains('.') || signatures.split(' ').all(|one| one != signature) {
        return Reply::text(401, "");
    }
    let timed = |message: &Value| DateTime::parse_from_rfc3339(message["timestamp"].as_str()?).ok();
    match call.json().filter(|message| message["type"].is_string() && timed(message).is_some()) {
        Some(message) => {
            let text = message["data"]["text"].as_str().unwrap_or_default().to_owned();
            let poster = message["data"]["poster"].as_str().map(str::to_owned);
            chat.show(id, message, &text, poster.as_deref());
            Reply::text(204, "")
        }
        None => Reply::text(400, ""),
    }
}
