//! Feishu (飞书) and Lark custom bot: one product under two hosts.
//!
//! `post` rather than `text`, because in a `text` a forged `<at user_id="all">` would be obeyed; in
//! a post's paragraphs words are only words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use url::Url;

use super::credentials::Given;
use super::judging::{object, slow};
use super::{
    Act, Adapter, Body, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture, Profile,
    Response, Stamp, Verdict, quoted,
};
use crate::broadcast::message::{Message, PREFIX};
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Feishu;

/// Body 20 KB, 100 messages a minute and 5 a second, not at whole and half hours:
/// <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>. The text gets less than half of the
/// body, because JSON may double a byte and each paragraph has a frame.
static PROFILE: Profile = Profile {
    platform: Platform::Feishu,
    source: "https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot",
    fields: &[
        Field::needed(
            "url",
            "https://open.feishu.cn/open-apis/bot/v2/hook/2cac0d7b-a45b-4000-a9d3-5fd9a2a31234",
        ),
        Field::optional("secret", "2ac93b7d"),
        Field::optional("keyword", "寻亲"),
    ],
    unit: Unit::Bytes,
    text: 8000,
    hosts: Hosts::Listed(&["open.feishu.cn", "open.larksuite.com"]),
    path: is_robot,
    rate: &[Budget::new(100, 60), Budget::new(5, 1)],
    account_rate: &[],
    refusals: None,
    // An `image_key` needs an app's token, which a group's robot does not have.
    picture: Picture::Absent,
    keeps_media: false,
    takes_back: &[],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: true,
};

/// `/open-apis/bot/v2/hook/` and one segment, without a query.
fn is_robot(url: &Url) -> bool {
    url.query().is_none()
        && url.path().strip_prefix("/open-apis/bot/v2/hook/").is_some_and(|token| {
            !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~-".contains(&b))
        })
}

/// A robot of the first version, which takes no `post`.
fn is_old(url: &Url) -> bool {
    url.path().starts_with("/open-apis/bot/hook/")
}

/// The signature over a time in seconds. The text is the key and the message is empty:
/// <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot>.
fn sign(secret: &str, timestamp: i64) -> String {
    let key = format!("{timestamp}\n{secret}");
    let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The inner code of a refused card or post, from `… ext=ErrCode: 200621; …`.
fn inner_code(words: &str) -> Option<&str> {
    let digits = words.split_once("ErrCode: ")?.1;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    Some(&digits[..end]).filter(|code| !code.is_empty())
}

impl Adapter for Feishu {
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
        let url = given.url_unless(Platform::Feishu, is_old)?.into();
        let (secret, keyword) = (given.short("secret")?, given.short("keyword")?);
        Ok(Credentials { secret, keyword, ..Credentials::at(Platform::Feishu, url) })
    }

    fn compose(&self, message: &Message, _: Act<'_>) -> Option<Body> {
        let cut = message.cut(PROFILE.unit, PROFILE.text);
        let paragraph = |(words, link): (String, Option<&str>)| {
            let link = link.map(|link| json!({"tag": "a", "text": link, "href": link}));
            Value::from_iter([json!({"tag": "text", "text": words})].into_iter().chain(link))
        };
        let mut paragraphs: Vec<Value> = cut.body().map(paragraph).collect();
        if paragraphs.is_empty() {
            paragraphs.push(json!([{"tag": "text", "text": message.first()}]));
        }
        let language = match message.language {
            Language::ZhCn => "zh_cn",
            Language::En => "en_us",
        };
        let mut content = Value::from(paragraphs).to_string();
        content.pop(); // the room for a keyword is a paragraph at the end
        Some(Body::with_room(
            format!(
                r#"{{"msg_type":"post","content":{{"post":{{"{language}":{{"title":{},"content":{content}"#,
                quoted(message.first()),
            ),
            "]}}}}",
        ))
    }

    fn address(&self, _: Act<'_>, body: &Body, credentials: &Credentials, stamp: &Stamp) -> Outgoing {
        let mut outgoing = Outgoing::post(credentials, body);
        if let Some(word) = credentials.keyword.as_deref().filter(|word| !PREFIX.contains(word)) {
            outgoing.body = body.set_in(&format!(",{}", json!([{"tag": "text", "text": word}])));
        }
        if let Some(secret) = &credentials.secret {
            let timestamp = stamp.now.timestamp();
            let head = format!(r#"{{"timestamp":"{timestamp}","sign":"{}","#, sign(secret, timestamp));
            outgoing.body = [head.as_bytes(), &outgoing.body[1..]].concat().into();
        }
        outgoing
    }

    /// The codes: <https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot> and
    /// <https://open.feishu.cn/document/server-docs/api-call-guide/frequency-control>.
    fn judge(&self, _: Act<'_>, answer: &Response) -> Verdict {
        let said = object(answer);
        let member = |name| said.as_ref().and_then(|said| said.get(name));
        // Old answers have only the second.
        let code = member("code").or_else(|| member("StatusCode")).and_then(Value::as_i64);
        let agreed = member("StatusCode").is_none_or(|status| status.as_i64() == Some(0));
        let (Some(said), Some(code)) = (said.as_ref(), code) else { return Verdict::without_code(answer) };
        let words = ["msg", "StatusMessage"].iter().find_map(|k| said.get(*k)?.as_str()).unwrap_or_default();
        let outcome = match code {
            0 if answer.status == 200 && agreed => Outcome::Delivered(None),
            0 => Outcome::Unknown,
            11232 | 99_991_400 => slow(answer),
            // One code, two meanings: "Bad Request" and "too many request".
            9499 if words.to_lowercase().contains("too many") => slow(answer),
            9499 | 19002 | 19036 | 11246 | 230_099 => Outcome::Bad,
            19001 => Outcome::Gone,
            // "sign match fail or timestamp is not within one hour": one code for both.
            19021 => Outcome::Config(Fault::Signature),
            19022 => Outcome::Config(Fault::Address),
            19024 => Outcome::Config(Fault::Keyword),
            _ if answer.status == 429 => slow(answer),
            _ => Outcome::Retry,
        };
        match inner_code(words) {
            Some(inner) => Verdict::new(outcome, format!("{code}/{inner}")),
            None => Verdict::new(outcome, code),
        }
    }
}
