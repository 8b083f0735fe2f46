//! Rocket.Chat: <https://docs.rocket.chat/docs/integrations>

use chrono::TimeDelta;
use serde_json::json;
use seventytwo::domain::group::Platform;

use super::exchange::{Call, Chat, Reply, utf16};
use super::{Rules, robot};

pub fn answer(_: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    let refuse = |status, why: &str| Reply::json(status, &json!({"success": false, "error": why}));
    if !call.posts_to(robot(Platform::Rocketchat)) {
        return refuse(400, "Invalid integration id or token provided.");
    }
    // A body that it cannot read is ignored, with an answer of success.
    let Some(message) = call.json() else { return Reply::json(200, &json!({"success": true})) };
    let text = message["text"].as_str().unwrap_or_default().to_owned();
    let mentions = ["@all", "@here"].iter().any(|mention| text.contains(mention));
    if utf16(&text) > 5000 || mentions || message.get("channel").is_some() {
        return refuse(400, "error-message-size-exceeded");
    }
    if !chat.admits(&[(10, TimeDelta::seconds(60))]) {
        return refuse(429, "Error, too many requests. [error-too-many-requests]").with("retry-after", 42);
    }
    let picture = message["attachments"][0]["image_url"].as_str().map(str::to_owned);
    chat.show("", message, &text, picture.as_deref());
    Reply::json(200, &json!({"success": true}))
}
