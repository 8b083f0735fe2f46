//! Telegram's Bot API: <https://core.telegram.org/bots/api>

use std::fmt::Write as _;

use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use seventytwo::domain::group::Platform;

use super::exchange::{Call, Chat, Reply, Shown, utf16};
use super::{Rules, example};

type Judged = Result<Value, (u16, &'static str)>;

/// The name that the group's owner gave it.
pub const NAME: &str = "@langfang_72";
/// Another chat that the bot is in.
pub const ELSEWHERE: i64 = -1_009_876_543_210;

pub fn answer(_: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    let reply = match judge(chat, call) {
        Ok(result) => Reply::json(200, &json!({"ok": true, "result": result})),
        Err((429, words)) => {
            let parameters = json!({"retry_after": 9});
            let body =
                json!({"ok": false, "error_code": 429, "description": words, "parameters": parameters});
            Reply::json(429, &body).with("retry-after", 9)
        }
        Err((code, words)) => {
            Reply::json(code, &json!({"ok": false, "error_code": code, "description": words}))
        }
    };
    Reply { body: escaped(&reply.body), ..reply }
}

/// The server escapes all but ASCII, and so says in six bytes what takes three.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for unit in json.encode_utf16() {
        match u8::try_from(unit).ok().filter(u8::is_ascii) {
            Some(byte) => out.push(byte.into()),
            None => write!(out, "\\u{unit:04x}").unwrap(),
        }
    }
    out
}

/// The arguments, from JSON or from a form; a file is given as `attach://NAME`.
fn arguments(chat: &mut Chat, call: &Call<'_>) -> Option<Map<String, Value>> {
    if let Some(arguments) = call.json() {
        return arguments.as_object().cloned();
    }
    let mut arguments = Map::new();
    for part in call.parts()? {
        let value = match &part.file {
            None => serde_json::from_str(&part.text()).unwrap_or_else(|_| part.text().into()),
            Some(_) if part.content_type != "image/jpeg" || part.content.is_empty() => return None,
            Some(_) => {
                let handle = format!("AgACAgIAAxkDAAM{}", chat.next_id());
                chat.files.push((handle.clone(), part.content));
                handle.into()
            }
        };
        arguments.insert(part.name, value);
    }
    // A file is named by its field, or by a medium that refers to it.
    if let Some(name) =
        arguments.get("media").and_then(|media| media["media"].as_str()?.strip_prefix("attach://"))
    {
        let handle = arguments.get(name)?.clone();
        arguments["media"]["media"] = handle;
    }
    Some(arguments)
}

fn judge(chat: &mut Chat, call: &Call<'_>) -> Judged {
    let (bot, method) = call.path.split_once('/').ok_or((404, "Not Found"))?;
    let token = chat.token.as_deref().unwrap_or(example(Platform::Telegram, "token"));
    if bot != format!("bot{token}") {
        return Err((401, "Unauthorized"));
    }
    let given = arguments(chat, call).ok_or((400, "Bad Request: can't parse arguments"))?;
    let group: i64 = example(Platform::Telegram, "chat_id").parse().unwrap();
    // By its name it can be written to; what it says comes with its number.
    let group = match given.get("chat_id") {
        Some(chat) if *chat == group || *chat == NAME => group,
        Some(chat) if *chat == ELSEWHERE => ELSEWHERE,
        _ => return Err((400, "Bad Request: chat not found")),
    };
    if given.contains_key("parse_mode") || given.contains_key("entities") {
        return Err((400, "Bad Request: can't parse entities"));
    }
    let about = given.get("message_id").or_else(|| given.get("reply_parameters")?.get("message_id"));
    let about = about.and_then(Value::as_i64);
    if about.is_some_and(|id| chat.elsewhere.contains(&id) != (group == ELSEWHERE)) {
        return Err((400, "Bad Request: message not found"));
    }
    let id = given.get("message_id").and_then(Value::as_i64).map(|id| id.to_string()).unwrap_or_default();
    let text = |name: &str| given.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match method {
        "sendMessage" => {
            limit(chat)?;
            let words = fit(&text("text"), 4096, "Bad Request: message is too long")?;
            if given.get("link_preview_options") != Some(&json!({"is_disabled": true})) {
                return Err((400, "Bad Request: a preview would stay"));
            }
            let to = given.get("reply_parameters").and_then(|reply| reply["message_id"].as_i64());
            let to = to.map(|id| id.to_string());
            if to.as_deref().is_some_and(|to| chat.find(to).is_none()) {
                return Err((400, "Bad Request: message to be replied not found"));
            }
            let id = new_id(chat, group);
            chat.answer_to(&id.to_string(), Value::Object(given), &words, None, to.as_deref());
            Ok(json!({"message_id": id, "chat": {"id": group}, "text": words}))
        }
        "sendPhoto" => {
            limit(chat)?;
            let (photo, caption) = (known(chat, &text("photo"))?, caption(&text("caption"))?);
            let id = new_id(chat, group);
            chat.show(&id.to_string(), Value::Object(given), &caption, Some(&photo));
            Ok(json!({"message_id": id, "chat": {"id": group}, "caption": caption, "photo": sizes(&photo)}))
        }
        "editMessageText" => {
            let words = fit(&text("text"), 4096, "Bad Request: message is too long")?;
            let shown = found(chat, &id)?;
            if shown.picture.is_some() {
                return Err((400, "Bad Request: there is no text in the message to edit"));
            }
            if shown.text == words {
                return Err((400, "Bad Request: message is not modified"));
            }
            shown.text.clone_from(&words);
            Ok(json!({"message_id": id.parse::<i64>().unwrap(), "chat": {"id": group}, "text": words}))
        }
        "editMessageMedia" => {
            let media = given.get("media").cloned().unwrap_or_default();
            let photo = known(chat, media["media"].as_str().unwrap_or_default())?;
            let caption = caption(media["caption"].as_str().unwrap_or_default())?;
            let shown = found(chat, &id)?;
            if media["type"] != "photo" || shown.picture.is_none() {
                return Err((400, "Bad Request: message can't be edited"));
            }
            (shown.text, shown.picture) = (caption, Some(photo.clone()));
            Ok(
                json!({"message_id": id.parse::<i64>().unwrap(), "chat": {"id": group}, "photo": sizes(&photo)}),
            )
        }
        "editMessageCaption" => {
            let caption = caption(&text("caption"))?;
            let shown = found(chat, &id)?;
            let photo = shown.picture.clone().ok_or((400, "Bad Request: message can't be edited"))?;
            shown.text = caption;
            Ok(
                json!({"message_id": id.parse::<i64>().unwrap(), "chat": {"id": group}, "photo": sizes(&photo)}),
            )
        }
        "deleteMessage" => {
            let now = chat.now;
            let shown = chat.find(&id).ok_or((400, "Bad Request: message to delete not found"))?;
            if now - shown.at >= TimeDelta::hours(48) {
                return Err((400, "Bad Request: message can't be deleted for everyone"));
            }
            chat.remove(&id);
            Ok(json!(true))
        }
        _ => Err((404, "Not Found: method not found")),
    }
}

fn new_id(chat: &mut Chat, group: i64) -> i64 {
    let id = chat.next_id();
    if group == ELSEWHERE {
        chat.elsewhere.push(id);
    }
    id
}

fn limit(chat: &mut Chat) -> Result<(), (u16, &'static str)> {
    let admitted = chat.admits(&[(1, TimeDelta::seconds(1)), (20, TimeDelta::seconds(60))]);
    admitted.then_some(()).ok_or((429, "Too Many Requests: retry after 9"))
}

fn fit(text: &str, most: usize, words: &'static str) -> Result<String, (u16, &'static str)> {
    match utf16(text) {
        0 => Err((400, "Bad Request: message text is empty")),
        length if length > most => Err((400, words)),
        _ => Ok(text.to_owned()),
    }
}

fn caption(text: &str) -> Result<String, (u16, &'static str)> {
    fit(text, 1024, "Bad Request: message caption is too long")
}

fn known(chat: &Chat, handle: &str) -> Result<String, (u16, &'static str)> {
    let known = chat.files.iter().any(|(name, _)| name == handle);
    known.then(|| handle.to_owned()).ok_or((400, "Bad Request: wrong remote file identifier specified"))
}

fn found<'a>(chat: &'a mut Chat, id: &str) -> Result<&'a mut Shown, (u16, &'static str)> {
    chat.find(id).ok_or((400, "Bad Request: message to edit not found"))
}

fn sizes(photo: &str) -> Value {
    json!([{"file_id": "small", "width": 90}, {"file_id": photo, "width": 1080}])
}
