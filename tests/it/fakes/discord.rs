//! Discord webhook: <https://docs.discord.com/developers/resources/webhook>

use actix_web::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::broadcast::platforms::TakeBack;
use seventytwo::domain::group::Platform;

use super::exchange::{Call, Chat, Reply, utf16};
use super::{Rules, robot};

/// An address with ten thousand refused requests in ten minutes is banned:
/// <https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans>
pub fn answer(_: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    let reply = judge(chat, call);
    match reply.status {
        401 | 403 | 404 | 429 if !chat.counts(10_000, TimeDelta::minutes(10)) => {
            Reply::text(429, "<html>Access denied</html>")
        }
        _ => reply,
    }
}

fn judge(chat: &mut Chat, call: &Call<'_>) -> Reply {
    if call.header("user-agent").is_empty() {
        return Reply::json(403, &json!({"message": "internal network error", "code": 40333}));
    }
    let path = call.path.replacen("api/v10/", "api/", 1);
    let Some(message) = path.strip_prefix(robot(Platform::Discord)) else {
        return Reply::json(404, &json!({"message": "Unknown Webhook", "code": 10015}));
    };
    if !message.is_empty() && !message.starts_with('/') {
        return Reply::json(401, &json!({"message": "Invalid Webhook Token", "code": 50027}));
    }
    let budget = [(5, TimeDelta::seconds(2))];
    if !chat.admits(&budget) {
        let body = json!({"message": "You are being rate limited.", "retry_after": 1.25, "global": false});
        return Reply::json(429, &body).with("retry-after", 2).with("x-ratelimit-scope", "user");
    }
    let left = 5 - chat.taken.iter().filter(|at| chat.now - **at < TimeDelta::seconds(2)).count();
    let reply = match (message.strip_prefix("/messages/"), call.method.clone()) {
        (None, Method::POST) => say(chat, call),
        (Some(id), Method::PATCH) => edit(chat, call, id),
        (Some(id), Method::DELETE) if chat.remove(id) => Reply::text(204, ""),
        (Some(_), Method::DELETE) => Reply::json(404, &json!({"message": "Unknown Message", "code": 10008})),
        _ => Reply::json(405, &json!({"message": "405: Method Not Allowed", "code": 0})),
    };
    reply.with("x-ratelimit-remaining", left).with("x-ratelimit-reset-after", "1.9")
}

fn say(chat: &mut Chat, call: &Call<'_>) -> Reply {
    let message = match well_formed(call) {
        Ok(message) => message,
        Err(refusal) => return refusal,
    };
    let id = chat.next_id().to_string();
    let (text, picture) = (text(&message).to_owned(), picture(&message).map(str::to_owned));
    chat.show(&id, message, &text, picture.as_deref());
    if call.asked("wait") == "true" {
        Reply::json(200, &json!({"id": id, "content": text, "channel_id": "199737254929760256"}))
    } else {
        Reply::text(204, "")
    }
}

fn edit(chat: &mut Chat, call: &Call<'_>, id: &str) -> Reply {
    let message = match well_formed(call) {
        Ok(message) => message,
        Err(refusal) => return refusal,
    };
    let (now, spent) = (chat.now, chat.refused.contains(&TakeBack::Edit));
    let Some(shown) = chat.find(id) else {
        return Reply::json(404, &json!({"message": "Unknown Message", "code": 10008}));
    };
    if spent && now - shown.at > TimeDelta::hours(1) {
        let words = "Maximum number of edits to messages older than 1 hour reached. Try again later";
        return Reply::json(429, &json!({"message": words, "code": 30046}));
    }
    shown.text = text(&message).to_owned();
    // Fields that are not named stay as they are.
    if message.get("embeds").is_some() && message.get("attachments").is_some() {
        shown.picture = picture(&message).map(str::to_owned);
    }
    Reply::json(200, &json!({"id": id, "content": shown.text}))
}

fn text(message: &Value) -> &str {
    message["content"].as_str().unwrap_or_default()
}

fn picture(message: &Value) -> Option<&str> {
    message["embeds"][0]["image"]["url"].as_str()
}

/// Text of the public must not mention anybody, and our link must have no preview.
fn well_formed(call: &Call<'_>) -> Result<Value, Reply> {
    let invalid = |why: &str| Reply::json(400, &json!({"message": why, "code": 50035}));
    let Some(message) = call.json() else {
        return Err(Reply::json(400, &json!({"message": "invalid JSON", "code": 50109})));
    };
    let content = text(&message);
    if content.is_empty() {
        return Err(Reply::json(400, &json!({"message": "Cannot send an empty message", "code": 50006})));
    }
    if utf16(content) > 2000 {
        return Err(invalid("Must be 2000 or fewer in length."));
    }
    if message["allowed_mentions"] != json!({"parse": []}) {
        return Err(invalid("allowed_mentions would mention people"));
    }
    let bare = content.split("http").skip(1).count();
    if bare != content.matches("<http").count() {
        return Err(invalid("a link would be previewed"));
    }
    Ok(message)
}
