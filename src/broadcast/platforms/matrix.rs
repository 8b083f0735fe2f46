//! Matrix, by an account's access token, in one room of any homeserver.
//!
//! The words and the poster are an event each. An event's transaction id is derived from the deliveries and
//! the act, so a repeated request is answered like the first and makes no second event.

use std::borrow::Cow;
use std::fmt::Display;

use bytes::Bytes;
use chrono::TimeDelta;
use http::Method;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::credentials::{Given, fault};
use super::exchange::whole_seconds;
use super::judging::{kept, object, slow};
use super::{
    Act, Adapter, Body, BodyForm, Budget, CredentialCode, CredentialFault, Credentials, Field, Hosts,
    Outgoing, Picture, Profile, Response, Stamp, TakeBack, Verdict, quoted,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::hex::hex;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Matrix;

/// An event has at most 65 536 bytes: <https://spec.matrix.org/latest/client-server-api/#size-limits>. An
/// edit holds the text twice, and JSON may double a byte. Rates are the server's own choice. The one for an
/// account here is Synapse's default, ten at once and one every five seconds:
/// <https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#rc_message>;
/// the one for a room is our courtesy.
static PROFILE: Profile = Profile {
    platform: Platform::Matrix,
    source: "https://spec.matrix.org/latest/client-server-api/",
    fields: &[
        Field::needed("homeserver", "https://matrix.example.org/"),
        Field::needed("access_token", "syt_Ym90_kR8w2Qv1234"),
        Field::needed("room_id", "!KSG3chmR2X9lL1"),
    ],
    unit: Unit::Bytes,
    text: 8000,
    hosts: Hosts::AnyPublic,
    path: is_call,
    rate: &[Budget::new(1, 1)],
    account_rate: &[Budget::new(10, 50)],
    refusals: None,
    picture: Picture::Sent { bytes: PICTURE },
    keeps_media: true,
    takes_back: &[TakeBack::Edit, TakeBack::Delete],
    keeps_edited: true,
    remembers: Some(REMEMBERED),
    avoids_round_hours: false,
};

/// Synapse's default:
/// <https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#max_upload_size>.
const PICTURE: usize = 50 * 1024 * 1024;
/// Synapse forgets a transaction after 24 hours by its own clock (`_cleanup_old_transaction_ids`):
/// <https://github.com/element-hq/synapse/blob/develop/synapse/storage/databases/main/events_worker.py>. It knows one
/// by the device, which a new login changes:
/// <https://spec.matrix.org/latest/client-server-api/#transaction-identifiers>.
const REMEMBERED: TimeDelta = TimeDelta::hours(23);
const ROOMS: &str = "/_matrix/client/v3/rooms/";
const UPLOAD: &str = "/_matrix/media/v3/upload";

fn is_call(url: &Url) -> bool {
    url.path() == UPLOAD || url.path().starts_with(ROOMS)
}

fn is_token(text: &str) -> bool {
    text.len() <= 1024 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// `!opaque`, with or without `:server`: rooms of version 12 have none.
fn is_room(text: &str) -> bool {
    text.len() <= 255 && text.strip_prefix('!').is_some_and(|id| !id.is_empty() && !id.contains(' '))
}

/// Percent-encodes all but letters, digits and `-._~`.
fn encoded(text: &str) -> impl Display {
    const OTHERS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(text, OTHERS)
}

/// What stands under a reference: a picture or words, and its event.
fn read(reference: &str) -> (bool, &str) {
    let (what, event) = reference.split_once('/').unwrap_or_default();
    (what == "image", event)
}

/// A notice mentions nobody, and bots do not answer it.
fn notice(text: &str) -> Value {
    json!({"msgtype": "m.notice", "body": text, "m.mentions": {}})
}

impl Adapter for Matrix {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn credentials(
        &self,
        given: &Map<String, Value>,
        _: &[u8; 32],
        _: Option<&Url>,
    ) -> Result<Credentials, CredentialFault> {
        let given = Given::new(given, PROFILE.fields)?;
        let server = given.formed("homeserver", |_| true)?;
        let url = match Url::parse(&server) {
            Ok(url) if matches!(url.scheme(), "https" | "http") => url,
            _ => return Err(fault("homeserver", CredentialCode::NotAnAddress)),
        };
        if url.path() != "/" || url.query().is_some() {
            return Err(fault("homeserver", CredentialCode::BadForm));
        }
        let token = Some(given.formed("access_token", is_token)?);
        let chat = Some(given.formed("room_id", is_room)?);
        Ok(Credentials { token, chat, ..Credentials::at(Platform::Matrix, url.into()) })
    }

    /// A token of Synapse names its user, before twenty random characters and a checksum:
    /// <https://github.com/element-hq/synapse/blob/develop/synapse/handlers/auth.py>.
    fn owner<'a>(&self, token: &'a str) -> &'a str {
        let word = |part: &str, length| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        match token.split('_').collect::<Vec<_>>()[..] {
            ["syt", user, random, checksum] if !user.is_empty() && word(random, 20) && word(checksum, 6) => {
                &token[.."syt__".len() + user.len()]
            }
            _ => token,
        }
    }

    fn parts(&self, message: &Message) -> usize {
        1 + usize::from(message.has_picture)
    }

    fn form(&self, act: Act<'_>) -> BodyForm {
        match act {
            Act::Say(1) => BodyForm::usual(act).pictured(),
            // There is nothing that a picture could be edited into.
            Act::Edit(reference) if read(reference).0 => BodyForm::usual(Act::Delete(reference)),
            _ => BodyForm::usual(act),
        }
    }

    fn compose(&self, message: &Message, act: Act<'_>) -> Option<Body> {
        let text = || message.text(PROFILE.unit, PROFILE.text);
        Some(match act {
            Act::Say(1) => {
                let picture = message.picture.as_ref().filter(|picture| picture.len() <= PICTURE)?;
                let event = json!({
                    "msgtype": "m.image", "body": message.first(), "filename": "poster.jpg",
                    "info": {"mimetype": "image/jpeg", "size": picture.len()}, "m.mentions": {},
                });
                Body::raw(JPEG, picture.clone()).or_lean(Body::with_members(&event))
            }
            Act::Say(_) => Body::json(&notice(&text())),
            Act::Edit(reference) if !read(reference).0 => {
                let text = text();
                let mut event = notice(&format!("* {text}"));
                event["m.new_content"] = notice(&text);
                Body::with_members(&event)
            }
            Act::Edit(_) | Act::Delete(_) => Body::json(&json!({"reason": message.first()})),
            Act::Reply(_) => return None,
        })
    }

    fn address(&self, act: Act<'_>, body: &Body, credentials: &Credentials, stamp: &Stamp) -> Outgoing {
        // The same for the same deliveries and act, in whatever language or words: what perhaps arrived would
        // otherwise stand beside its repetition, and could not be taken back.
        let hash = Sha256::new().chain_update(stamp.id).chain_update(act.tag());
        let transaction = hex(&hash.finalize()[..20]);
        let room = encoded(credentials.chat.as_deref().unwrap_or_default());
        let put = |event: Option<&str>, body: Bytes| {
            let kind = match event {
                None => "send/m.room.message".to_owned(),
                Some(event) => format!("redact/{}", encoded(event)),
            };
            let url = credentials.address_of(&format!("{ROOMS}{room}/{kind}/{transaction}"));
            signed(credentials, Method::PUT, url, &Body::raw(Body::JSON, body))
        };
        match act {
            Act::Say(_) => match (body.lean(), &stamp.media) {
                (Some(event), Some(uri)) => put(None, event.set_in(&format!(r#""url":{},"#, quoted(uri)))),
                // A picture must be uploaded before it can be said.
                (Some(_), None) => upload(credentials, body),
                (None, _) => put(None, body.bytes.clone()),
            },
            Act::Edit(reference) if !read(reference).0 => {
                let event = quoted(read(reference).1);
                let relation = format!(r#""m.relates_to":{{"rel_type":"m.replace","event_id":{event}}},"#);
                put(None, body.set_in(&relation))
            }
            Act::Edit(reference) | Act::Delete(reference) | Act::Reply(reference) => {
                put(Some(read(reference).1), body.bytes.clone())
            }
        }
    }

    fn upload(&self, picture: &Bytes, credentials: &Credentials) -> Option<Outgoing> {
        Some(upload(credentials, &Body::raw(JPEG, picture.clone())))
    }

    /// The codes: <https://spec.matrix.org/latest/client-server-api/#standard-error-response>.
    fn judge(&self, act: Act<'_>, answer: &Response) -> Verdict {
        let Some(said) = object(answer) else { return Verdict::without_code(answer) };
        if let Some(code) = said.get("errcode") {
            return match code.as_str().filter(|_| answer.status != 200) {
                Some(code) => refused(act, code, &said, answer),
                None => Verdict::without_code(answer),
            };
        }
        let member = |name: &str| said[name].as_str().filter(|_| answer.status == 200);
        let event = member("event_id").filter(|event| event.len() > 1 && event.starts_with('$'));
        let outcome = match (act, event) {
            (_, None) | (Act::Reply(_), _) => {
                return match member("content_uri") {
                    // Uploaded; yet to be said.
                    Some(uri) => Verdict::new(Outcome::Retry, "uploaded").with_media(Some(uri)),
                    None => Verdict::without_code(answer),
                };
            }
            (Act::Edit(_) | Act::Delete(_), Some(_)) => Outcome::Delivered(None),
            (Act::Say(part), Some(event)) => {
                let what = if part == 0 { "words" } else { "image" };
                Outcome::Delivered(kept(&format!("{what}/{event}")))
            }
        };
        Verdict::new(outcome, "ok")
    }
}

const JPEG: Cow<'static, str> = Cow::Borrowed("image/jpeg");

fn upload(credentials: &Credentials, picture: &Body) -> Outgoing {
    let mut url = credentials.address_of(UPLOAD);
    url.set_query(Some("filename=poster.jpg"));
    signed(credentials, Method::POST, url, picture)
}

fn signed(credentials: &Credentials, method: Method, url: Url, body: &Body) -> Outgoing {
    let token = credentials.token.as_deref().unwrap_or_default();
    Outgoing {
        headers: vec![("authorization", format!("Bearer {token}"))],
        ..Outgoing::to(credentials, method, url, body)
    }
}

fn refused(act: Act<'_>, code: &str, said: &Value, answer: &Response) -> Verdict {
    let words = said["error"].as_str().unwrap_or_default();
    // What is refused of a picture alone does not keep its words from going out.
    let words_alone = act == Act::Say(0);
    let outcome = match code {
        "M_LIMIT_EXCEEDED" => {
            // The header is newer, and the one to trust.
            let told = said["retry_after_ms"].as_f64().and_then(|ms| whole_seconds(ms / 1000.0));
            answer.wait().or(told).map_or_else(|| slow(answer), Outcome::Slow)
        }
        // Kicked, banned and unknown rooms are answered alike.
        "M_FORBIDDEN" if words.contains("not in room") => Outcome::Gone,
        "M_FORBIDDEN" if words_alone => Outcome::Config(Fault::Permission),
        "M_UNKNOWN_TOKEN"
        | "M_MISSING_TOKEN"
        | "M_USER_DEACTIVATED"
        | "M_CONSENT_NOT_GIVEN"
        | "M_RESOURCE_LIMIT_EXCEEDED" => Outcome::Config(Fault::Credential),
        // Not a homeserver, or one that is too old.
        "M_UNRECOGNIZED" if words_alone => Outcome::Config(Fault::Credential),
        _ => match answer.status {
            429 => slow(answer),
            // Locked, suspended, expired: servers have codes of their own for what a person has to mend.
            401 => Outcome::Config(Fault::Credential),
            403 if words_alone => Outcome::Config(Fault::Permission),
            400..=499 => Outcome::Bad,
            _ => answer.wait().map_or(Outcome::Retry, Outcome::Slow),
        },
    };
    // Both hold for everything that this account says.
    let of_account = matches!(outcome, Outcome::Slow(_)) || outcome == Outcome::Config(Fault::Credential);
    Verdict::new(outcome, code).widely(of_account)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::super::tests::{answer, json_of, means, read, stamp, with};
    use super::*;
    use crate::broadcast::message::plain;
    use crate::domain::language::Language;

    const SAY: Act<'_> = Act::Say(0);
    const EDIT: Act<'_> = Act::Edit("words/$a:b/c");

    fn path(act: Act<'_>, stamp: &Stamp) -> String {
        path_in(Language::En, act, stamp)
    }

    fn path_in(language: Language, act: Act<'_>, stamp: &Stamp) -> String {
        let body =
            Matrix.compose(&plain(language, "broadcast-test", &[], DateTime::UNIX_EPOCH), act).unwrap();
        Matrix.address(act, &body, &with(Platform::Matrix, &[]), stamp).url.path().to_owned()
    }

    /// An event id has 255 bytes at most: <https://spec.matrix.org/latest/appendices/#event-ids>.
    #[test]
    fn the_longest_event_id_is_kept() {
        let event = format!("${}", "a".repeat(254));
        let verdict = Matrix.judge(SAY, &answer(200, &json!({"event_id": event}).to_string()));
        assert_eq!(verdict.outcome, Outcome::Delivered(Some(format!("words/{event}"))));
    }

    #[test]
    fn answers_mean_what_a_homeserver_says() {
        let limited = r#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":4876}"#;
        let slow = Outcome::Slow(Duration::from_secs(5));
        let outside = r#"{"errcode":"M_FORBIDDEN","error":"User @bot:x not in room !y"}"#;
        let mute =
            r#"{"errcode":"M_FORBIDDEN","error":"You don't have permission to post that to the room."}"#;
        means(
            Platform::Matrix,
            SAY,
            &[
                (200, r#"{"event_id":"$a"}"#, Outcome::Delivered(Some("words/$a".into()))),
                (200, "{}", Outcome::Unknown),
                (201, r#"{"event_id":"$a"}"#, Outcome::Unknown),
                (200, r#"{"event_id":"$"}"#, Outcome::Unknown),
                (200, r#"{"event_id":"$a","errcode":"M_UNKNOWN"}"#, Outcome::Unknown),
                (200, r#"{"content_uri":"mxc://x/y"}"#, Outcome::Retry),
                (429, limited, slow.clone()),
                (403, outside, Outcome::Gone),
                (403, mute, Outcome::Config(Fault::Permission)),
                (
                    401,
                    r#"{"errcode":"M_UNKNOWN_TOKEN","soft_logout":false}"#,
                    Outcome::Config(Fault::Credential),
                ),
                (401, r#"{"errcode":"M_MISSING_TOKEN"}"#, Outcome::Config(Fault::Credential)),
                (403, r#"{"errcode":"M_USER_DEACTIVATED"}"#, Outcome::Config(Fault::Credential)),
                (403, r#"{"errcode":"M_CONSENT_NOT_GIVEN"}"#, Outcome::Config(Fault::Credential)),
                (403, r#"{"errcode":"M_RESOURCE_LIMIT_EXCEEDED"}"#, Outcome::Config(Fault::Credential)),
                (
                    401,
                    r#"{"errcode":"M_USER_LOCKED","soft_logout":true}"#,
                    Outcome::Config(Fault::Credential),
                ),
                (403, r#"{"errcode":"M_USER_SUSPENDED"}"#, Outcome::Config(Fault::Permission)),
                (413, r#"{"errcode":"M_TOO_LARGE"}"#, Outcome::Bad),
                (413, "<html>", Outcome::Bad),
                (400, r#"{"errcode":"M_NOT_JSON"}"#, Outcome::Bad),
                (404, r#"{"errcode":"M_UNRECOGNIZED"}"#, Outcome::Config(Fault::Credential)),
                (500, r#"{"errcode":"M_UNKNOWN"}"#, Outcome::Retry),
                (502, "<html>", Outcome::Retry),
            ],
        );
        means(
            Platform::Matrix,
            EDIT,
            &[
                (200, r#"{"event_id":"$b"}"#, Outcome::Delivered(None)),
                (404, r#"{"errcode":"M_NOT_FOUND"}"#, Outcome::Bad),
                (403, mute, Outcome::Bad),
                (403, outside, Outcome::Gone),
                (429, limited, slow),
            ],
        );
        let image = [
            (200, r#"{"event_id":"$a"}"#, Outcome::Delivered(Some("image/$a".into()))),
            (401, r#"{"errcode":"M_UNKNOWN_TOKEN"}"#, Outcome::Config(Fault::Credential)),
            (403, mute, Outcome::Bad),
            (404, r#"{"errcode":"M_UNRECOGNIZED"}"#, Outcome::Bad),
        ];
        means(Platform::Matrix, Act::Say(1), &image);
        let header = Response { headers: vec![("retry-after", "7".into())], ..answer(429, limited) };
        let verdict = Matrix.judge(SAY, &header);
        assert_eq!((verdict.outcome, verdict.wide), (Outcome::Slow(Duration::from_secs(7)), true));
        let uploaded = Matrix.judge(Act::Say(1), &answer(200, r#"{"content_uri":"mxc://x/y"}"#));
        assert_eq!(uploaded.media.as_deref(), Some("mxc://x/y"));
    }

    #[test]
    fn ids_in_a_path_are_encoded_and_a_retry_has_the_same_path() {
        let say = path(SAY, &stamp(1, 0));
        assert!(say.starts_with("/_matrix/client/v3/rooms/%21KSG3chmR2X9lL1/send/m.room.message/"), "{say}");
        assert_eq!(say, path(SAY, &stamp(999, 0)));
        assert_eq!(
            say,
            path_in(Language::ZhCn, SAY, &stamp(999, 0)),
            "what is in doubt, in another language"
        );
        let other = Stamp { id: uuid::Uuid::from_u128(6), ..stamp(1, 0) };
        assert_ne!(say, path(SAY, &other));
        assert_ne!(say, path(EDIT, &stamp(1, 0)));
        let redact = path(Act::Delete("words/$a:b/c"), &stamp(1, 0));
        assert!(redact.contains("/redact/%24a%3Ab%2Fc/"), "{redact}");
    }

    #[test]
    fn the_ids_that_a_homeserver_knows_stay_as_they_are() {
        for (act, id) in [
            (SAY, "1c7deba0605992db96faa54d8142c8f9f234be8b"),
            (Act::Delete("words/$a"), "f5f0bc280f2bcd520ef9398c62696fb3df099280"),
        ] {
            let body = Body::json(&json!({}));
            let out = Matrix.address(act, &body, &with(Platform::Matrix, &[]), &stamp(1, 0));
            assert_eq!(out.url.path().rsplit('/').next(), Some(id), "{act:?}");
        }
    }

    #[test]
    fn words_are_replaced_and_a_picture_is_withdrawn() {
        let room = with(Platform::Matrix, &[]);
        let words = plain(Language::En, "broadcast-test", &[], DateTime::UNIX_EPOCH);
        let body = Matrix.compose(&words, EDIT).unwrap();
        let sent = json_of(&Matrix.address(EDIT, &body, &room, &stamp(0, 0)).body);
        assert_eq!(sent["m.relates_to"], json!({"rel_type": "m.replace", "event_id": "$a:b/c"}));
        assert!(sent["body"].as_str().unwrap().starts_with("* 【72小时】"), "{sent}");
        assert_eq!(sent["m.new_content"]["m.mentions"], json!({}));
        let image = Act::Edit("image/$a");
        assert_eq!(Matrix.form(image), Matrix.form(Act::Delete("words/$a")), "one body for both");
        assert_ne!(Matrix.form(image), Matrix.form(EDIT));
        let body = Matrix.compose(&words, image).unwrap();
        let out = Matrix.address(image, &body, &room, &stamp(0, 0));
        assert!(out.url.path().contains("/redact/%24a/") && out.method == Method::PUT, "{}", out.url.path());
    }

    #[test]
    fn a_picture_that_was_not_uploaded_is_uploaded_and_its_name_changes_no_request() {
        let (room, act) = (with(Platform::Matrix, &[]), Act::Say(1));
        let mut words = plain(Language::En, "broadcast-test", &[], DateTime::UNIX_EPOCH);
        words.picture = Some(Bytes::from_static(b"jpeg"));
        let body = Matrix.compose(&words, act).unwrap();
        let upload = Matrix.address(act, &body, &room, &stamp(0, 0));
        assert_eq!((upload.url.path(), &upload.body[..]), (UPLOAD, &b"jpeg"[..]));
        assert_eq!(upload.content_type, "image/jpeg");
        let [one, two] = ["mxc://x/1", "mxc://x/2"].map(|uri| {
            let stamp = Stamp { media: Some(uri.into()), ..stamp(0, 0) };
            Matrix.address(act, &body, &room, &stamp)
        });
        assert_eq!(one.url, two.url);
        assert_eq!(json_of(&one.body)["url"], "mxc://x/1");
    }

    #[test]
    fn a_homeserver_is_an_origin_and_a_room_an_id() {
        let given = |field: &str, value: &str| {
            let mut given = super::super::tests::given(Platform::Matrix);
            given[field] = value.into();
            given
        };
        for (field, value, code) in [
            ("homeserver", "", CredentialCode::Missing),
            ("homeserver", "matrix.example.org", CredentialCode::NotAnAddress),
            ("homeserver", "https://matrix.example.org/_matrix", CredentialCode::BadForm),
            ("access_token", "a b", CredentialCode::BadForm),
            ("room_id", "#langfang:example.org", CredentialCode::BadForm),
            ("room_id", "!", CredentialCode::BadForm),
        ] {
            let refused = read(Platform::Matrix, &given(field, value)).unwrap_err();
            assert_eq!(refused, fault(field, code), "{value}");
        }
        let server = read(Platform::Matrix, &given("homeserver", "https://matrix.example.org:443")).unwrap();
        assert_eq!(server.url, "https://matrix.example.org/");
    }
}
