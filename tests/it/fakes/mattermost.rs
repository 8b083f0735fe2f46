//! Mattermost: <https://developers.mattermost.com/integrate/webhooks/incoming/>

use serde_json::json;
use seventytwo::domain::group::Platform;

use super::exchange::{Call, Chat, Reply};
use super::{Rules, robot};

pub fn answer(_: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    let refuse = |status: u16, id: &str| {
        let id = format!("web.incoming_webhook.{id}.app_error");
        let body = json!({"id": id, "message": "Invalid webhook.", "request_id": "r", "status_code": status});
        Reply::json(status, &body)
    };
    if !call.posts_to(robot(Platform::Mattermost)) {
        return refuse(400, "invalid");
    }
    let Some(message) = call.json() else { return refuse(400, "parse") };
    let text = message["text"].as_str().unwrap_or_default().to_owned();
    // A longer one would become several posts, and mentions would take effect.
    let mentions = ["@all", "@channel", "@here"].iter().any(|mention| text.contains(mention));
    if text.is_empty() || text.chars().count() > 16_383 || mentions {
        return refuse(400, "text");
    }
    let picture = message["attachments"][0]["image_url"].as_str().map(str::to_owned);
    chat.show("", message, &text, picture.as_deref());
    Reply::text(200, "ok")
}
