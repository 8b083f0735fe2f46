//! A Matrix homeserver with one room: <https://spec.matrix.org/latest/client-server-api/>. `synapse::parity`
//! compares its answers with Synapse's.

use actix_web::http::Method;
use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;

use super::exchange::{Answered, Call, Chat, Reply};
use super::{Rules, example};

/// How long Synapse knows a request again.
const REMEMBERED: TimeDelta = TimeDelta::hours(24);

/// Status, error code and message.
type Refusal = (u16, &'static str, &'static str);
type Judged = Result<Value, Refusal>;

pub fn answer(_: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    match judge(chat, call) {
        Ok(said) => Reply::json(200, &said),
        Err((429, code, words)) => {
            let body = json!({"errcode": code, "error": words, "retry_after_ms": 4876});
            Reply::json(429, &body).with("retry-after", 5)
        }
        Err((status, code, words)) => Reply::json(status, &json!({"errcode": code, "error": words})),
    }
}

fn judge(chat: &mut Chat, call: &Call<'_>) -> Judged {
    let token = call.header("authorization").strip_prefix("Bearer ");
    let token = token.ok_or((401, "M_MISSING_TOKEN", "Missing access token"))?;
    if token != chat.token.as_deref().unwrap_or(example(Platform::Matrix, "access_token")) {
        return Err((401, "M_UNKNOWN_TOKEN", "Invalid access token passed."));
    }
    if call.posts_to("_matrix/media/v3/upload") {
        return upload(chat, call);
    }
    let room = format!("_matrix/client/v3/rooms/{}/", encoded(example(Platform::Matrix, "room_id")));
    let act = call.path.strip_prefix(&room).filter(|_| call.method == Method::PUT);
    let Some(act) = act else {
        return match call.path.starts_with("_matrix/client/v3/rooms/") {
            true => Err((403, "M_FORBIDDEN", "User @bot:localhost not in room !other")),
            false => Err((404, "M_UNRECOGNIZED", "Unrecognized request")),
        };
    };
    let event = call.json().ok_or((400, "M_NOT_JSON", "Content not JSON."))?;
    // The same path by the same token gets the same answer again, whatever the body and however often.
    let same =
        |one: &&Answered| one.path == call.path && one.token == token && chat.now - one.at < REMEMBERED;
    if let Some(one) = chat.answered.iter().find(same) {
        return Ok(serde_json::from_str(&one.said).unwrap());
    }
    let parts: Vec<&str> = act.split('/').collect();
    let made = match parts[..] {
        ["send", "m.room.message", _] => say(chat, call, event),
        ["redact", of, _] => redact(chat, of),
        _ => Err((404, "M_UNRECOGNIZED", "Unrecognized request")),
    }?;
    let (path, token, at, said) = (call.path.clone(), token.to_owned(), chat.now, made.to_string());
    chat.answered.push(Answered { path, token, at, said });
    Ok(made)
}

/// The id of an event that was ever created, even if it was redacted since.
fn known(chat: &Chat, is_it: impl Fn(&str) -> bool) -> Option<String> {
    let made = chat.answered.iter().map(|one| serde_json::from_str::<Value>(&one.said).unwrap());
    made.filter_map(|said| said["event_id"].as_str().map(str::to_owned)).find(|id| is_it(id))
}

/// Synapse's own limit for an account, whether it posts, edits or redacts.
fn limited(chat: &mut Chat) -> Result<(), Refusal> {
    let admitted = chat.admits(&[(10, TimeDelta::seconds(50))]);
    admitted.then_some(()).ok_or((429, "M_LIMIT_EXCEEDED", "Too Many Requests"))
}

fn redact(chat: &mut Chat, of: &str) -> Judged {
    let id = known(chat, |id| encoded(id) == of).ok_or((404, "M_NOT_FOUND", "Could not find event"))?;
    limited(chat)?;
    chat.remove(&id);
    Ok(json!({"event_id": format!("$redaction{}", chat.next_id())}))
}

fn say(chat: &mut Chat, call: &Call<'_>, event: Value) -> Judged {
    if call.body.len() > 65_000 {
        return Err((413, "M_TOO_LARGE", "event too large"));
    }
    let content = event.get("m.new_content").unwrap_or(&event).clone();
    let body = content["body"].as_str().filter(|body| !body.is_empty());
    let body = body.ok_or((400, "M_UNKNOWN", "'body' not a string type"))?.to_owned();
    if event["m.mentions"] != json!({}) || content["m.mentions"] != json!({}) {
        return Err((400, "M_BAD_JSON", "somebody would be mentioned"));
    }
    let picture = match content["msgtype"].as_str() {
        Some("m.notice") => None,
        Some("m.image") if chat.pictureless => return Err((400, "M_UNKNOWN", "no pictures here")),
        Some("m.image") => {
            let uri = content["url"].as_str().unwrap_or_default();
            let known = chat.files.iter().any(|(name, _)| name == uri);
            Some(known.then(|| uri.to_owned()).ok_or((400, "M_BAD_JSON", "no such picture"))?)
        }
        _ => return Err((400, "M_BAD_JSON", "not a message of a bot")),
    };
    let id = format!("$KSG3chm:R2X9/{}", chat.next_id());
    if event["m.relates_to"]["rel_type"] == "m.replace" {
        let of = event["m.relates_to"]["event_id"].as_str().unwrap_or_default();
        if !event["body"].as_str().is_some_and(|body| body.starts_with("* ")) {
            return Err((400, "M_BAD_JSON", "no fallback"));
        }
        known(chat, |id| id == of).ok_or((400, "M_UNKNOWN", "Can't send relation to unknown event"))?;
        limited(chat)?;
        // An edit of a redacted message is accepted, and nobody sees it.
        if let Some(shown) = chat.find(of) {
            shown.text = body;
        }
        return Ok(json!({"event_id": id}));
    }
    limited(chat)?;
    chat.show(&id, event, &body, picture.as_deref());
    Ok(json!({"event_id": id}))
}

fn upload(chat: &mut Chat, call: &Call<'_>) -> Judged {
    if call.header("content-type") != "image/jpeg" || call.body.is_empty() {
        return Err((400, "M_BAD_JSON", "not a picture"));
    }
    let uri = format!("mxc://localhost/kR8w2Qv{}", chat.next_id());
    chat.files.push((uri.clone(), call.body.to_vec()));
    Ok(json!({"content_uri": uri}))
}

/// Encoded for a path: every character that could have a meaning is escaped.
fn encoded(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    id.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
