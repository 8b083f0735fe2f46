//! Slack: by incoming webhook, or by a bot's token in a channel. Only the latter lets us take a
//! message back.
//!
//! Plain text without markup. The poster is a legacy attachment rather than a block: a block whose
//! picture Slack cannot fetch refuses the whole message.

use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::{Given, fault, origin};
use super::judging::{kept, object, slow};
use super::{
    Act, Adapter, Answer, Body, Budget, CredentialCode, CredentialFault, Credentials, Field, Hosts, Method,
    Outgoing, Picture, Profile, Stamp, TakeBack, Verdict, quoted,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Slack;

/// An edited text may have 4000 characters, a new one more; what we say must fit both, escaped:
/// <https://docs.slack.dev/reference/methods/chat.update>. One message a second and channel:
/// <https://docs.slack.dev/apis/web-api/rate-limits>.
static PROFILE: Profile = Profile {
    platform: Platform::Slack,
    source: "https://docs.slack.dev/reference/methods/chat.postMessage",
    fields: &[
        Field::optional("url", "https://hooks.slack.com/services/T02EXAMPLE/B02EXAMPLE/kR8w2Qv1234"),
        Field::optional("token", "xoxb-17653672481-kR8w2Qv1234"),
        Field::optional("channel", "C024BE91L"),
    ],
    unit: Unit::Chars,
    text: 3000,
    hosts: Hosts::Listed(&["hooks.slack.com", "slack.com", "hooks.slack-gov.com", "slack-gov.com"]),
    path: is_call,
    rate: &[Budget::new(1, 1)],
    account_rate: &[],
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[TakeBack::Edit, TakeBack::Delete, TakeBack::Reply],
    idempotent: false,
    avoids_round_hours: false,
};

const VENDOR: &str = "https://slack.com/";

/// An incoming webhook, or one of the three methods that we call. Addresses of workflows take no text.
fn is_call(url: &Url) -> bool {
    let parts: Vec<&str> = url.path().split('/').skip(1).collect();
    let webhook = matches!(parts[..], ["services", team, robot, key] if [team, robot, key].iter().all(|p| !p.is_empty()));
    let method = matches!(parts[..], ["api", "chat.postMessage" | "chat.update" | "chat.delete"]);
    url.query().is_none() && (webhook || method)
}

fn is_token(text: &str) -> bool {
    text.starts_with("xox") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// An id or a name; the API takes both.
fn is_channel(text: &str) -> bool {
    (1..=81).contains(&text.chars().count()) && !text.contains([' ', '<', '>', '&', '/'])
}

/// In text Slack reads these three: <https://docs.slack.dev/messaging/formatting-message-text>.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The message, to stand alone.
fn words(message: &Message) -> Map<String, Value> {
    let said = json!({
        "text": escaped(&message.text(PROFILE.unit, PROFILE.text)),
        "mrkdwn": false, "link_names": false, "parse": "none",
        // A preview would copy what our page shows, and stay.
        "unfurl_links": false, "unfurl_media": false,
    });
    said.as_object().cloned().unwrap_or_default()
}

impl Adapter for Slack {
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
        if !given.has("token") && !given.has("channel") {
            let url = given.url(Platform::Slack)?;
            let robot = url.path().starts_with("/services/");
            return match robot {
                true => Ok(Credentials::at(Platform::Slack, url.into())),
                false => Err(fault("url", CredentialCode::Incomplete)),
            };
        }
        if given.has("url") {
            return Err(fault("url", CredentialCode::Either));
        }
        let (token, chat) = (given.formed("token", is_token)?, given.formed("channel", is_channel)?);
        let url = origin(gateway, VENDOR);
        Ok(Credentials { token: Some(token), chat: Some(chat), ..Credentials::at(Platform::Slack, url) })
    }

    fn compose(&self, message: &Message, act: Act<'_>) -> Option<Body> {
        let mut said = words(message);
        match act {
            Act::Say(_) => {
                if let Some(poster) = &message.poster {
                    let picture = json!([{"fallback": escaped(message.first()), "image_url": poster}]);
                    said.insert("attachments".to_owned(), picture);
                }
            }
            // An empty list takes away what was attached.
            Act::Edit(_) => drop(said.insert("attachments".to_owned(), json!([]))),
            // Who does not open the thread must see it, too.
            Act::Reply(_) => drop(said.insert("reply_broadcast".to_owned(), json!(true))),
            Act::Delete(_) => said.clear(),
        }
        // Room for the channel, and for what stands there already.
        Some(Body::with_members(&Value::Object(said)))
    }

    fn address(&self, act: Act<'_>, body: &Body, credentials: &Credentials, _: &Stamp) -> Outgoing {
        let Some(token) = &credentials.token else { return Outgoing::post(credentials, body) };
        let (method, name) = match act {
            Act::Say(_) => ("chat.postMessage", ""),
            Act::Reply(_) => ("chat.postMessage", "thread_ts"),
            Act::Edit(_) => ("chat.update", "ts"),
            Act::Delete(_) => ("chat.delete", "ts"),
        };
        let members = match act {
            Act::Say(_) => {
                format!(r#""channel":{}"#, quoted(credentials.chat.as_deref().unwrap_or_default()))
            }
            Act::Edit(reference) | Act::Delete(reference) | Act::Reply(reference) => {
                let (channel, ts) = reference.split_once('/').unwrap_or_default();
                format!(r#""channel":{},"{name}":{}"#, quoted(channel), quoted(ts))
            }
        };
        let comma = if body.bytes.len() > 2 { "," } else { "" };
        let url = credentials.address_of(&format!("/api/{method}"));
        Outgoing {
            headers: vec![("authorization", format!("Bearer {token}"))],
            body: body.set_in(&(members + comma)),
            ..Outgoing::to(credentials, Method::Post, url, body)
        }
    }

    fn takes_back(&self, credentials: &Credentials) -> &'static [TakeBack] {
        if credentials.token.is_some() { PROFILE.takes_back } else { &[] }
    }

    /// A webhook answers one word, the API an object; the word decides, and only then the status:
    /// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
    fn judge(&self, act: Act<'_>, answer: &Answer) -> Verdict {
        if let Some(said) = object(answer) {
            return match (said["ok"].as_bool(), said["error"].as_str()) {
                (Some(true), _) if answer.status == 200 => Verdict::new(done(act, &said), "ok", ""),
                (Some(false), Some(word)) => refused(act, word, answer),
                _ => Verdict::without_code(answer),
            };
        }
        match std::str::from_utf8(&answer.body).map(str::trim) {
            Ok("ok") if answer.status == 200 && matches!(act, Act::Say(_)) => {
                Verdict::new(Outcome::Delivered(None), "ok", "")
            }
            Ok(word) if is_word(word) && answer.status >= 400 => refused(act, word, answer),
            _ => Verdict::without_code(answer),
        }
    }
}

fn is_word(text: &str) -> bool {
    (1..=80).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// A message is known by channel and time, both as the answer has them.
fn done(act: Act<'_>, said: &Value) -> Outcome {
    match act {
        Act::Edit(_) | Act::Delete(_) => Outcome::Delivered(None),
        Act::Say(_) | Act::Reply(_) => {
            let at = said["channel"].as_str().zip(said["ts"].as_str());
            let reference = at.and_then(|(channel, ts)| kept(&format!("{channel}/{ts}")));
            reference.map_or(Outcome::Unknown, |reference| Outcome::Delivered(Some(reference)))
        }
    }
}

fn refused(act: Act<'_>, word: &str, answer: &Answer) -> Verdict {
    let back = !matches!(act, Act::Say(_));
    let outcome = match word {
        "message_not_found" if matches!(act, Act::Edit(_) | Act::Delete(_)) => Outcome::Delivered(None),
        "ratelimited" | "rate_limited" | "message_limit_exceeded" => slow(answer),
        "invalid_auth" | "not_authed" | "token_expired" | "invalid_token" => {
            Outcome::Config(Fault::Credential)
        }
        "channel_not_found"
        | "is_archived"
        | "channel_is_archived"
        | "no_service"
        | "no_service_id"
        | "no_team"
        | "no_active_hooks"
        | "team_disabled"
        | "team_not_found"
        | "account_inactive"
        | "token_revoked" => Outcome::Gone,
        "fatal_error"
        | "internal_error"
        | "service_unavailable"
        | "request_timeout"
        | "rollup_error"
        | "team_added_to_org" => Outcome::Retry,
        _ if answer.status == 429 => slow(answer),
        // Too old, not ours, not allowed here: then not this way.
        _ if back => Outcome::Bad,
        "not_in_channel"
        | "missing_scope"
        | "ekm_access_denied"
        | "no_permission"
        | "action_prohibited"
        | "messages_tab_disabled"
        | "posting_to_general_channel_denied" => Outcome::Config(Fault::Permission),
        _ if word.starts_with("restricted_action") => Outcome::Config(Fault::Permission),
        _ => match answer.status {
            410 => Outcome::Gone,
            403 => Outcome::Config(Fault::Permission),
            400 => Outcome::Bad,
            _ => Outcome::Retry,
        },
    };
    let of_account = matches!(word, "account_inactive" | "token_revoked" | "team_not_found" | "missing_scope")
        || outcome == Outcome::Config(Fault::Credential)
        // Posting is limited by channel, editing and deleting by account.
        || (back && matches!(outcome, Outcome::Slow(_)));
    Verdict::new(outcome, word, "").widely(of_account)
}
