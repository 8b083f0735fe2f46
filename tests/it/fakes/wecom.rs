//! WeCom: <https://developer.work.weixin.qq.com/document/path/91770>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use md5::{Digest, Md5};
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;

use super::exchange::{Call, Chat, Reply};
use super::{Rules, robot};

pub fn answer(_: &Rules, chat: &mut Chat, call: &Call<'_>) -> Reply {
    let (code, words) = judge(chat, call).err().unwrap_or((0, "ok"));
    Reply::json(200, &json!({"errcode": code, "errmsg": words}))
}

fn judge(chat: &mut Chat, call: &Call<'_>) -> Result<(), (i64, &'static str)> {
    let (path, query) = robot(Platform::Wecom).split_once('?').unwrap();
    let key = query.strip_prefix("key=").unwrap();
    if !call.posts_to(path) || call.asked("key") != key || call.query.len() != 1 {
        return Err((93000, "invalid webhook url, hint: [0], from ip: 127.0.0.1"));
    }
    if call.body.windows(2).any(|pair| pair == b"\\u") {
        return Err((40033, "invalid charset"));
    }
    let message: Value = serde_json::from_slice(call.body).map_err(|_| (40035, "invalid parameter"))?;
    let text = message["text"]["content"].as_str().unwrap_or_default();
    let picture = match message["msgtype"].as_str() {
        Some("text") if text.is_empty() => return Err((44004, "empty content")),
        Some("text") if text.len() > 2048 => return Err((40058, "text.content exceed max length 2048")),
        Some("text") => None,
        Some("image") => Some(picture(&message["image"])?),
        _ => return Err((40008, "invalid message type")),
    };
    if !chat.admits(&[(20, TimeDelta::seconds(60))]) {
        return Err((45009, "api freq out of limit, hint: [0], from ip: 127.0.0.1"));
    }
    chat.show("", message.clone(), text, picture);
    Ok(())
}

fn picture(image: &Value) -> Result<&str, (i64, &'static str)> {
    let picture = STANDARD.decode(image["base64"].as_str().unwrap_or_default());
    let picture = picture.map_err(|_| (40123, "invalid image format"))?;
    if !picture.starts_with(b"\xff\xd8\xff") && !picture.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Err((40123, "invalid image format"));
    }
    if picture.len() > 2 * 1024 * 1024 {
        return Err((40009, "invalid image size"));
    }
    let md5: String = Md5::digest(&picture).iter().map(|byte| format!("{byte:02x}")).collect();
    image["md5"].as_str().filter(|given| *given == md5).ok_or((301_019, "media md5 not match"))
}
