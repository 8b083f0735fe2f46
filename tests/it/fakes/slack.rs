//! Slack, a webhook and a bot in one channel:
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>,
//! <https://docs.slack.dev/reference/methods/chat.postMessage>

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::broadcast::platforms::TakeBack;
use seventytwo::domain::group::Platform;

use super::exchange::{Call, Chat, Reply};
use super::{Rules, example, robot};

/// The channel's name.
pub const NAME: &str = "general";

pub fn answer(_: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    match call.path.strip_prefix("api/") {
        Some(method) => match judge(method, chat, call) {
            Ok(said) => Reply::json(200, &said),
            Err("ratelimited") => {
                Reply::json(429, &json!({"ok": false, "error": "ratelimited"})).with("retry-after", 7)
            }
            Err(word) => Reply::json(200, &json!({"ok": false, "error": word})),
        },
        None => webhook(chat, call),
    }
}

fn webhook(chat: &mut Chat, call: &Call<'_>) -> Reply {
    if !call.posts_to(robot(Platform::Slack)) {
        return Reply::text(404, "no_service");
    }
    let Some(message) = call.json() else { return Reply::text(400, "invalid_payload") };
    match well_formed(&message, 40_000) {
        Err(word) => Reply::text(400, word),
        Ok(()) if !chat.admits(&[(1, TimeDelta::seconds(1))]) => {
            Reply::json(429, &json!({"retry_after": 1, "ok": false, "error": "rate_limited"}))
                .with("retry-after", 1)
        }
        Ok(()) => {
            let (text, picture) = (text(&message), picture(&message));
            chat.show("", message.clone(), &text, picture);
            Reply::text(200, "ok")
        }
    }
}

fn judge(method: &str, chat: &mut Chat, call: &Call<'_>) -> Result<Value, &'static str> {
    let token = call.header("authorization").strip_prefix("Bearer ").ok_or("not_authed")?;
    if token != example(Platform::Slack, "token") {
        return Err("invalid_auth");
    }
    let message = call.json().filter(|_| call.method == "POST").ok_or("invalid_post_type")?;
    let channel = example(Platform::Slack, "channel");
    // A name will do for what is posted, as long as the channel has it.
    let named = method == "chat.postMessage" && message["channel"] == NAME && !chat.renamed;
    if message["channel"] != channel && !named {
        return Err("channel_not_found");
    }
    let (text, picture) = (text(&message), picture(&message).map(str::to_owned));
    let ts = message["ts"].as_str().unwrap_or_default();
    if method != "chat.postMessage" && !chat.counts(50, TimeDelta::seconds(60)) {
        return Err("ratelimited");
    }
    match method {
        "chat.postMessage" => {
            well_formed(&message, 40_000)?;
            let thread = message["thread_ts"].as_str().map(str::to_owned);
            if !chat.admits(&[(1, TimeDelta::seconds(1))]) {
                return Err("ratelimited");
            }
            let ts = format!("1503435956.{:06}", chat.next_id());
            chat.answer_to(&ts, message, &text, picture.as_deref(), thread.as_deref());
            Ok(json!({"ok": true, "channel": channel, "ts": ts}))
        }
        "chat.update" => {
            well_formed(&message, 4000)?;
            // Fields that are not named stay, and by default names would become links.
            let kept = message.get("attachments").is_none();
            if message["parse"] != "none" {
                return Err("invalid_arguments");
            }
            let closed = chat.refused.contains(&TakeBack::Edit);
            let shown = chat.find(ts).ok_or("message_not_found")?;
            if closed {
                return Err("edit_window_closed");
            }
            shown.text = text;
            shown.picture = if kept { shown.picture.take() } else { picture };
            Ok(json!({"ok": true, "channel": channel, "ts": ts}))
        }
        "chat.delete" if chat.find(ts).is_some() && chat.refused.contains(&TakeBack::Delete) => {
            Err("cant_delete_message")
        }
        "chat.delete" if chat.remove(ts) => Ok(json!({"ok": true, "channel": channel, "ts": ts})),
        "chat.delete" => Err("message_not_found"),
        _ => Err("unknown_method"),
    }
}

/// Text without anything that Slack would turn into a mention or a link, but for addresses in brackets.
fn well_formed(message: &Value, most: usize) -> Result<(), &'static str> {
    let text = message["text"].as_str().filter(|text| !text.is_empty()).ok_or("no_text")?;
    let escapes = ["&amp;", "&lt;", "&gt;"];
    let bare = escapes.iter().fold(text.to_owned(), |text, escape| text.replace(escape, ""));
    let bare = unlinked(&bare);
    if bare.contains("://") {
        return Err("invalid_blocks");
    }
    if bare.contains(['<', '>', '&']) || message["mrkdwn"] != false || message["unfurl_links"] != false {
        return Err("invalid_blocks");
    }
    if text.chars().count() > most { Err("msg_too_long") } else { Ok(()) }
}

/// The text that people read.
fn text(message: &Value) -> String {
    let text = message["text"].as_str().unwrap_or_default().replace("<http", "http");
    text.replace('>', "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Text without the links that are written as such.
fn unlinked(text: &str) -> String {
    let mut parts = text.split("<http");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, rest| text + rest.split_once('>').map_or(rest, |(_, after)| after))
}

fn picture(message: &Value) -> Option<&str> {
    message["attachments"][0]["image_url"].as_str()
}
