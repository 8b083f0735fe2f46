//! DingTalk (钉钉) custom robot.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;
use url::Url;

use super::credentials::Given;
use super::exchange::whole_seconds;
use super::judging::{MINUTE, object};
use super::{
    Act, Adapter, Body, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture, Profile,
    Response, Stamp, Verdict, quoted,
};
use crate::broadcast::message::{Message, PREFIX};
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Dingtalk;

/// Whole body 20 000 bytes, 20 messages a minute:
/// <https://open.dingtalk.com/document/robots/custom-robot-access>. The text gets less than half of the body,
/// because JSON may double a byte by escaping it.
static PROFILE: Profile = Profile {
    platform: Platform::Dingtalk,
    source: "https://open.dingtalk.com/document/robots/custom-robot-access",
    fields: &[
        Field::needed(
            "url",
            "https://oapi.dingtalk.com/robot/send?access_token=566cc69da782ec33e42541b09b081234",
        ),
        Field::optional("secret", "SEC7a21c0ffee"),
        Field::optional("keyword", "寻亲"),
    ],
    unit: Unit::Bytes,
    text: 8000,
    hosts: Hosts::Listed(&["oapi.dingtalk.com"]),
    path: is_robot,
    rate: &[Budget::new(20, 60)],
    account_rate: &[],
    refusals: None,
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: false,
};

/// A sender that is too fast is muted for ten minutes.
const MUTED: Duration = Duration::from_secs(10 * 60);
/// A busy system (-1) must not be asked again sooner than this.
const BUSY: Duration = Duration::from_secs(30);
/// A used-up quota (90030) may be the month's: ask rarely.
const QUOTA: Duration = Duration::from_secs(60 * 60);

/// An `access_token`, and beyond that only what we set in ourselves.
fn is_robot(url: &Url) -> bool {
    url.path() == "/robot/send"
        && url.query_pairs().any(|(name, value)| name == "access_token" && !value.is_empty())
        && url.query_pairs().all(|(name, _)| matches!(&*name, "access_token" | "timestamp" | "sign"))
}

/// The signature over a time in milliseconds:
/// <https://open.dingtalk.com/document/robots/customize-robot-security-settings>.
fn sign(secret: &str, timestamp: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{timestamp}\n{secret}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// What a refusal by the robot's security settings (310000) is about: one code stands for all of them.
fn security(words: &str) -> Fault {
    let words = words.to_lowercase();
    let says = |any: &[&str]| any.iter().any(|part| words.contains(part));
    if says(&["keyword", "关键词"]) {
        Fault::Keyword
    } else if says(&["timestamp", "过期"]) {
        Fault::Clock
    } else if says(&["whitelist", "白名单"]) {
        Fault::Address
    } else {
        Fault::Signature
    }
}

/// Whether an answer does not come from the robot, whatever its status: a complete object without the code
/// that a robot always gives, or a page with "HTTP 200". An answer that was cut off may have been the
/// robot's.
fn is_gateways(said: Option<&Value>, answer: &Response) -> bool {
    let page = || answer.status == 200 && answer.body.trim_ascii_start().starts_with(b"<");
    said.map_or_else(page, |said| said.get("errcode").is_none())
}

/// How long the gateway asks to be left alone, in its object or in a header; at least a minute.
fn asked(said: &Value, answer: &Response) -> Option<Duration> {
    let told = said.get("wait").and_then(|wait| whole_seconds(wait.as_f64()?));
    told.max(answer.wait()).map(|wait| wait.max(MINUTE))
}

impl Adapter for Dingtalk {
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
        let mut url = given.url(Platform::Dingtalk)?;
        // A signature that was copied along with the address would be sent each time, and expires.
        let token = url.query_pairs().find(|(name, _)| name == "access_token").map(|(_, v)| v.into_owned());
        url.query_pairs_mut().clear().append_pair("access_token", &token.unwrap_or_default());
        let (secret, keyword) = (given.short("secret")?, given.short("keyword")?);
        Ok(Credentials { secret, keyword, ..Credentials::at(Platform::Dingtalk, url.into()) })
    }

    fn compose(&self, message: &Message, _: Act<'_>) -> Option<Body> {
        let cut = message.cut(PROFILE.unit, PROFILE.text);
        // The room for the keyword is at the end of the text, before its closing quote.
        let open = |text: &str| {
            let mut literal = quoted(text);
            literal.pop();
            literal
        };
        Some(match &message.poster {
            None => Body::with_room(
                format!(r#"{{"msgtype":"text","text":{{"content":{}"#, open(&cut.text())),
                r#""},"at":{"isAtAll":false}}"#,
            ),
            Some(poster) => {
                // In this markdown two line ends make one, and only what is written as a link is sure to
                // become one.
                let text = cut.text_with(|link| format!("[{link}]({link})"));
                let text = format!("{}\n\n![]({poster})", text.replace('\n', "\n\n"));
                let title = quoted(message.first());
                Body::with_room(
                    format!(r#"{{"msgtype":"markdown","markdown":{{"title":{title},"text":{}"#, open(&text)),
                    r#""},"at":{"isAtAll":false}}"#,
                )
            }
        })
    }

    fn address(&self, _: Act<'_>, body: &Body, credentials: &Credentials, stamp: &Stamp) -> Outgoing {
        let mut outgoing = Outgoing::post(credentials, body);
        if let Some(secret) = &credentials.secret {
            let timestamp = stamp.now.timestamp_millis();
            outgoing
                .url
                .query_pairs_mut()
                .append_pair("timestamp", &timestamp.to_string())
                .append_pair("sign", &sign(secret, timestamp));
        }
        if let Some(word) = credentials.keyword.as_deref().filter(|word| !PREFIX.contains(word)) {
            let literal = quoted(&format!("\n\n{word}"));
            outgoing.body = body.set_in(&literal[1..literal.len() - 1]);
        }
        outgoing
    }

    /// The codes: <https://open.dingtalk.com/document/robots/custom-robot-access>, and what the live
    /// server was seen to say.
    fn judge(&self, _: Act<'_>, answer: &Response) -> Verdict {
        let answered = object(answer);
        let gateway = is_gateways(answered.as_ref(), answer);
        let said = answered.unwrap_or_default();
        // The gateway's own refusal, whatever else it says: {"status":1111,"wait":5,"punish":"deny",…}.
        if said.get("punish").is_some() || said.get("status").and_then(Value::as_i64) == Some(1111) {
            return Verdict::new(Outcome::Slow(asked(&said, answer).unwrap_or(MINUTE)), "denied");
        }
        let words = said.get("errmsg").and_then(Value::as_str).unwrap_or_default();
        let Some(code) = said.get("errcode").and_then(Value::as_i64) else {
            // From a server before the robots: it does not recover within seconds.
            let verdict = Verdict::without_code(answer).resting(Some(MINUTE));
            return match asked(&said, answer) {
                Some(wait) if gateway => Verdict { outcome: Outcome::Slow(wait), ..verdict },
                None if gateway && answer.status == 200 => Verdict { outcome: Outcome::Retry, ..verdict },
                _ => verdict,
            };
        };
        let outcome = match code {
            0 if answer.status == 200 => Outcome::Delivered(None),
            0 => Outcome::Unknown,
            -1 => Outcome::Retry,
            130_101 | 410_100 | 450_101 => Outcome::Slow(answer.wait().unwrap_or(MUTED).max(MUTED)),
            90030 => Outcome::Slow(answer.wait().unwrap_or(QUOTA).max(QUOTA)),
            310_000 => Outcome::Config(security(words)),
            // No such token; group disbanded; robot stopped; robot not in the group.
            300_001 | 300_005 | 400_101 | 400_013 | 400_102 | 400_106 => Outcome::Gone,
            // Message type, parameter, method, content type, moderation, length.
            400_105 | 40035 | 43002 | 43004 | 430_101..=430_104 | 460_101 | 101_002 => Outcome::Bad,
            _ => Outcome::Retry,
        };
        Verdict::new(outcome, code).resting((code == -1).then_some(BUSY))
    }
}
