//! WeCom (企业微信) group robot.
//!
//! Plain text and a separate picture rather than markdown: families who read along in personal
//! WeChat see markdown only as "暂不支持此消息类型".

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::Given;
use super::judging::{object, slow};
use super::{
    Act, Adapter, Body, BodyForm, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture,
    Profile, Response, Stamp, Verdict,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::Outcome;
use crate::domain::group::Platform;
use crate::domain::hex::hex;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Wecom;

/// Text 2048 bytes, picture 2 MB before base64, 20 messages a minute:
/// <https://developer.work.weixin.qq.com/document/path/91770>.
static PROFILE: Profile = Profile {
    platform: Platform::Wecom,
    source: "https://developer.work.weixin.qq.com/document/path/91770",
    fields: &[Field::needed(
        "url",
        "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7000-4bc4-97a0-0ec2sifa1234",
    )],
    unit: Unit::Bytes,
    text: 2048,
    hosts: Hosts::Listed(&["qyapi.weixin.qq.com"]),
    path: is_robot,
    rate: &[Budget::new(20, 60)],
    account_rate: &[],
    refusals: None,
    picture: Picture::Sent { bytes: PICTURE },
    keeps_media: false,
    takes_back: &[],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: false,
};

const PICTURE: usize = 2 * 1024 * 1024;
/// A busy system (-1) may be asked three more times at most, so not at once:
/// <https://developer.work.weixin.qq.com/document/path/90313>.
const BUSY_TRIES: u32 = 4;
const BUSY: Duration = Duration::from_secs(5 * 60);

/// One `key` and nothing else.
fn is_robot(url: &Url) -> bool {
    let mut query = url.query_pairs();
    url.path() == "/cgi-bin/webhook/send"
        && query.next().is_some_and(|(name, value)| name == "key" && !value.is_empty())
        && query.next().is_none()
}

impl Adapter for Wecom {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn credentials(
        &self,
        given: &Map<String, Value>,
        _: &[u8; 32],
        _: Option<&Url>,
    ) -> Result<Credentials, CredentialFault> {
        let mut url = Given::new(given, PROFILE.fields)?.url(Platform::Wecom)?;
        // Written anew, because a key can be encoded in many ways.
        let key = url.query_pairs().next().map(|(_, key)| key.into_owned()).unwrap_or_default();
        url.query_pairs_mut().clear().append_pair("key", &key);
        Ok(Credentials::at(Platform::Wecom, url.into()))
    }

    fn parts(&self, message: &Message) -> usize {
        1 + usize::from(message.has_picture)
    }

    /// The words and the picture are a message each, so that words never wait for a drawing.
    fn form(&self, act: Act<'_>) -> BodyForm {
        let form = BodyForm::usual(act);
        if act == Act::Say(1) { form.pictured() } else { form }
    }

    fn compose(&self, message: &Message, act: Act<'_>) -> Option<Body> {
        Some(Body::json(&match act {
            Act::Say(1) => {
                let picture = message.picture.as_ref().filter(|picture| picture.len() <= PICTURE)?;
                // The digest is of the raw picture, not of its base64.
                let md5 = hex(&Md5::digest(picture));
                json!({"msgtype": "image", "image": {"base64": STANDARD.encode(picture), "md5": md5}})
            }
            _ => json!({"msgtype": "text", "text": {"content": message.text(PROFILE.unit, PROFILE.text)}}),
        }))
    }

    fn address(&self, _: Act<'_>, body: &Body, credentials: &Credentials, _: &Stamp) -> Outgoing {
        Outgoing::post(credentials, body)
    }

    /// The codes: <https://developer.work.weixin.qq.com/document/path/90313>.
    fn judge(&self, _: Act<'_>, answer: &Response) -> Verdict {
        let said = object(answer);
        let Some((said, code)) = said.as_ref().and_then(|s| Some((s, s.get("errcode")?.as_i64()?))) else {
            return Verdict::without_code(answer);
        };
        let words = said.get("errmsg").and_then(Value::as_str).unwrap_or_default();
        let outcome = match code {
            // "wrong json format": the server understood only a part of what we sent.
            0 if answer.status == 200 && !words.contains("wrong json format") => Outcome::Delivered(None),
            0 => Outcome::Unknown,
            -1 => Outcome::Retry,
            45009 => slow(answer),
            45033 => Outcome::Slow(answer.wait().unwrap_or(Duration::from_secs(5))),
            // Wrong key or robot removed; robot disabled; not in the group.
            93000 | 93004 | 93008 => Outcome::Gone,
            // Format, encoding, length, empty, picture or its digest, size.
            40007 | 40008 | 40009 | 40033 | 40035 | 40058 | 40063 | 40123 | 44004 | 45001 | 45002 | 45008
            | 301019 => Outcome::Bad,
            _ => Outcome::Retry,
        };
        let busy = code == -1;
        Verdict::new(outcome, code).resting(busy.then_some(BUSY)).tried(busy.then_some(BUSY_TRIES))
    }
}
