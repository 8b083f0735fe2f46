//! Telegram bot.
//!
//! With a poster a message is one photo with the text as its caption, cut to the caption's limit, so that
//! there is only one message to take back: its photo is then exchanged for one that shows nobody. A bot may
//! edit its own messages at any age but delete them only for 48 hours, so editing comes first. Text is sent
//! without a parse mode: nothing in it is markup.

use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::{Given, origin};
use super::{
    Act, Adapter, Body, BodyForm, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture,
    Profile, Response, Stamp, TakeBack, Verdict, multipart, quoted,
};
use crate::broadcast::message::Message;
use crate::domain::group::Platform;
use crate::domain::text::Unit;

mod answers;

/// The adapter.
pub(super) struct Telegram;

/// Text 4096 characters (counted here as UTF-16, the stricter reading):
/// <https://core.telegram.org/bots/api#sendmessage>. One message a second in a chat, twenty a minute in a
/// group, thirty a second in all:
/// <https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>.
static PROFILE: Profile = Profile {
    platform: Platform::Telegram,
    source: "https://core.telegram.org/bots/api",
    fields: &[
        Field::needed("token", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALD1234"),
        Field::needed("chat_id", "-1001234567890"),
    ],
    unit: Unit::Utf16,
    text: 4096,
    hosts: Hosts::Listed(&["api.telegram.org"]),
    path: is_call,
    rate: &[Budget::new(1, 1), Budget::new(20, 60)],
    account_rate: &[Budget::new(30, 1)],
    refusals: None,
    picture: Picture::Sent { bytes: PICTURE },
    keeps_media: true,
    takes_back: &[TakeBack::Edit, TakeBack::Delete, TakeBack::Reply],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: false,
};

const VENDOR: &str = "https://api.telegram.org/";
/// <https://core.telegram.org/bots/api#sendphoto>
const PICTURE: usize = 10 * 1024 * 1024;
/// The longest caption, in UTF-16: <https://core.telegram.org/bots/api#sendphoto>
const CAPTION: usize = 1024;
/// The form of an edit that exchanges a photo.
const PHOTO_EDIT: u8 = 103;

/// One of the methods that we call.
fn is_call(url: &Url) -> bool {
    let mut parts = url.path().split('/').skip(1);
    parts.next().and_then(|bot| bot.strip_prefix("bot")).is_some_and(is_token)
        && parts.next().is_some_and(|name| {
            let edits = ["editMessageText", "editMessageCaption", "editMessageMedia"];
            ["sendMessage", "sendPhoto", "deleteMessage"].contains(&name) || edits.contains(&name)
        })
        && parts.next().is_none()
        && url.query().is_none()
}

fn is_token(text: &str) -> bool {
    text.split_once(':').is_some_and(|(id, secret)| {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        !id.is_empty()
            && id.bytes().all(|byte| byte.is_ascii_digit())
            && (1..=128).contains(&secret.len())
            && secret.bytes().all(word)
    })
}

/// An id as Telegram writes it, or the name of a public chat, in which capitals mean nothing.
fn chat(text: &str) -> Option<String> {
    let is_name = |name: &str| {
        (4..=32).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    match text.strip_prefix('@') {
        Some(name) => is_name(name).then(|| text.to_ascii_lowercase()),
        None => text.parse::<i64>().ok().filter(|id| *id != 0).map(|id| id.to_string()),
    }
}

/// What stands under a reference: a photo or a text, its chat and its number.
fn read(reference: &str) -> (bool, &str, &str) {
    let mut parts = reference.splitn(3, '/');
    let photo = parts.next() == Some("photo");
    (photo, parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

impl Adapter for Telegram {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn credentials(
        &self,
        given: &Map<String, Value>,
        _: &[u8; 32],
        gateway: Option<&Url>,
    ) -> Result<Credentials, CredentialFault> {
        let given = Given::new(given, PROFILE.fields)?;
        let (token, chat) = (given.formed("token", is_token)?, given.written("chat_id", chat)?);
        let url = origin(gateway, VENDOR);
        Ok(Credentials { token: Some(token), chat: Some(chat), ..Credentials::at(Platform::Telegram, url) })
    }

    /// A token begins with its bot's number.
    fn owner<'a>(&self, token: &'a str) -> &'a str {
        token.split_once(':').map_or(token, |(bot, _)| bot)
    }

    fn chat<'a>(&self, reference: &'a str) -> Option<&'a str> {
        Some(read(reference).1).filter(|chat| !chat.is_empty())
    }

    fn tells_chats(&self) -> bool {
        true
    }

    fn caption(&self) -> usize {
        CAPTION
    }

    fn form(&self, act: Act<'_>) -> BodyForm {
        match act {
            Act::Say(_) => BodyForm::usual(act).pictured(),
            Act::Edit(reference) if read(reference).0 => BodyForm { id: PHOTO_EDIT, pictured: true },
            _ => BodyForm::usual(act),
        }
    }

    fn compose(&self, message: &Message, act: Act<'_>) -> Option<Body> {
        let picture = message.picture.as_ref().filter(|picture| picture.len() <= PICTURE);
        let caption = || message.text(PROFILE.unit, self.caption());
        Some(match act {
            Act::Say(_) => match picture.filter(|_| message.has_picture) {
                Some(picture) => photo(picture, &caption()),
                None => text(message),
            },
            Act::Edit(reference) if read(reference).0 => match picture {
                Some(picture) => other_photo(picture, &caption()),
                None => Body::with_members(&json!({"caption": caption()})),
            },
            Act::Edit(_) | Act::Reply(_) => text(message),
            Act::Delete(_) => Body::with_members(&json!({})),
        })
    }

    fn address(&self, act: Act<'_>, body: &Body, credentials: &Credentials, stamp: &Stamp) -> Outgoing {
        // With the picture's handle, a small body is sent instead of the picture.
        let handle = stamp.media.as_deref().filter(|_| body.lean().is_some());
        let form = body.lean().filter(|_| handle.is_some()).unwrap_or(body);
        let photo = body.lean().is_some();
        let (chat, message) = match act {
            Act::Say(_) => (credentials.chat.as_deref().unwrap_or_default(), None),
            Act::Edit(reference) | Act::Delete(reference) | Act::Reply(reference) => {
                let (_, chat, message) = read(reference);
                (chat, Some(message))
            }
        };
        let method = match act {
            Act::Say(_) if photo => "sendPhoto",
            Act::Say(_) | Act::Reply(_) => "sendMessage",
            Act::Edit(_) if photo => "editMessageMedia",
            // There is no other photo.
            Act::Edit(reference) if read(reference).0 => "editMessageCaption",
            Act::Edit(_) => "editMessageText",
            Act::Delete(_) => "deleteMessage",
        };
        let ids = [("chat_id", chat), ("message_id", message.unwrap_or_default())];
        let fields = multipart::fields(form, &ids[..1 + usize::from(message.is_some())]);
        let bytes = form.set_in(&match (fields, handle, act) {
            (Some(fields), ..) => fields,
            // The room is inside `media`.
            (None, Some(handle), Act::Edit(_)) => {
                format!(r#","media":{}}},{}"#, quoted(handle), in_json(chat, message, act))
            }
            (None, Some(handle), _) => {
                format!(r#""photo":{},{},"#, quoted(handle), in_json(chat, message, act))
            }
            (None, None, Act::Delete(_)) => in_json(chat, message, act),
            (None, None, _) => in_json(chat, message, act) + ",",
        });
        let token = credentials.token.as_deref().unwrap_or_default();
        let url = credentials.address_of(&format!("/bot{token}/{method}"));
        Outgoing { body: bytes, ..Outgoing::to(credentials, Method::POST, url, form) }
    }

    fn judge(&self, act: Act<'_>, answer: &Response) -> Verdict {
        answers::judge(act, answer)
    }
}

fn text(message: &Message) -> Body {
    Body::with_members(&json!({
        "text": message.text(PROFILE.unit, PROFILE.text),
        // A preview would copy what our page shows, and would stay.
        "link_preview_options": {"is_disabled": true},
    }))
}

/// `sendPhoto` with the bytes, and with a handle.
fn photo(picture: &Bytes, caption: &str) -> Body {
    let lean = Body::with_members(&json!({"caption": caption}));
    multipart::form(("caption", caption), ("photo", picture)).or_lean(lean)
}

/// `editMessageMedia` with the bytes, and with a handle.
fn other_photo(picture: &Bytes, caption: &str) -> Body {
    let caption = quoted(caption);
    let media = format!(r#"{{"type":"photo","media":"attach://poster","caption":{caption}}}"#);
    let lean = Body::with_room(format!(r#"{{"media":{{"type":"photo","caption":{caption}"#), "}");
    multipart::form(("media", &media), ("poster", picture)).or_lean(lean)
}

fn in_json(chat: &str, message: Option<&str>, act: Act<'_>) -> String {
    let chat = match chat.parse::<i64>() {
        Ok(id) => id.to_string(),
        Err(_) => quoted(chat),
    };
    let message = message.and_then(|id| id.parse::<i64>().ok());
    match (message, act) {
        (None, _) => format!(r#""chat_id":{chat}"#),
        (Some(id), Act::Reply(_)) => {
            format!(r#""chat_id":{chat},"reply_parameters":{{"message_id":{id}}}"#)
        }
        (Some(id), _) => format!(r#""chat_id":{chat},"message_id":{id}"#),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::CredentialCode::{BadForm, Missing};
    use super::super::credentials::fault;
    use super::super::tests::{json_of, read, stamp, with};
    use super::*;
    use crate::broadcast::message::plain;
    use crate::domain::language::Language;

    const SAY: Act<'_> = Act::Say(0);
    const EDIT: Act<'_> = Act::Edit("text/-100/42");

    #[test]
    fn a_caption_is_cut_and_the_picture_goes_with_it() {
        let mut words = plain(
            Language::ZhCn,
            "broadcast-code",
            &[("code", "😀".repeat(3000).into())],
            DateTime::UNIX_EPOCH,
        );
        let bare = Telegram.compose(&words, SAY).unwrap();
        assert_eq!(bare.lean(), None, "without a picture there is nothing to upload");
        (words.has_picture, words.picture) = (true, Some(Bytes::from_static(b"--seventytwo\r\njpeg")));
        let body = Telegram.compose(&words, SAY).unwrap();
        let group = with(Platform::Telegram, &[("chat_id", "@langfang_72")]);
        let out = Telegram.address(SAY, &body, &group, &stamp(0, 0));
        assert!(out.url.path().ends_with("/sendPhoto") && out.content_type.starts_with("multipart/"));
        let sent = String::from_utf8_lossy(&out.body).into_owned();
        assert!(
            sent.contains("name=\"chat_id\"\r\n\r\n@langfang_72\r\n") && sent.contains("\r\njpeg\r\n"),
            "{sent}"
        );
        let known = Stamp { media: Some("AgAC".into()), ..stamp(0, 0) };
        let lean = json_of(&Telegram.address(SAY, &body, &group, &known).body);
        assert_eq!((&lean["chat_id"], &lean["photo"]), (&json!("@langfang_72"), &json!("AgAC")));
    }

    #[test]
    fn what_stood_in_a_chat_is_found_there_although_the_group_moved() {
        let group = with(Platform::Telegram, &[]).moved_to("-1009".into());
        let words = plain(Language::En, "broadcast-test", &[], DateTime::UNIX_EPOCH);
        for (act, method, members) in [
            (SAY, "sendMessage", json!({"chat_id": -1009})),
            (EDIT, "editMessageText", json!({"chat_id": -100, "message_id": 42})),
            (Act::Delete("photo/-100/42"), "deleteMessage", json!({"chat_id": -100, "message_id": 42})),
            (Act::Reply("text/-100/42"), "sendMessage", json!({"reply_parameters": {"message_id": 42}})),
        ] {
            let body = Telegram.compose(&words, act).unwrap();
            let out = Telegram.address(act, &body, &group, &stamp(0, 0));
            assert!(out.url.path().ends_with(method), "{}", out.url.path());
            let sent = json_of(&out.body);
            for (name, value) in members.as_object().unwrap() {
                assert_eq!(&sent[name], value, "{sent}");
            }
            assert_eq!(sent.get("parse_mode"), None);
        }
    }

    #[test]
    fn a_token_and_a_chat_have_their_forms() {
        let token = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALD1234";
        let by_number = read(Platform::Telegram, &json!({"token": token, "chat_id": -1_001_234_567_890_i64}));
        assert_eq!(by_number.unwrap(), with(Platform::Telegram, &[]));
        for (given, field, code) in [
            (json!({"chat_id": "-1"}), "token", Missing),
            (json!({"token": token}), "chat_id", Missing),
            (json!({"token": "bot1:x/../", "chat_id": "-1"}), "token", BadForm),
            (json!({"token": "1:x/y", "chat_id": "-1"}), "token", BadForm),
            (json!({"token": token, "chat_id": "t.me/x"}), "chat_id", BadForm),
            (json!({"token": token, "chat_id": "@x"}), "chat_id", BadForm),
        ] {
            assert_eq!(read(Platform::Telegram, &given).unwrap_err(), fault(field, code), "{given}");
        }
    }
}
