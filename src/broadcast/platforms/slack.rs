//! Slack: by incoming webhook, or by a bot's token in a channel. Only the latter lets us take a
//! message back.
//!
//! Plain text without markup. The poster is a legacy attachment rather than a block: with a block whose
//! picture it cannot fetch, Slack refuses the whole message.

use http::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::{Given, fault, origin};
use super::{
    Act, Adapter, Body, Budget, CredentialCode, CredentialFault, Credentials, Field, Hosts, Outgoing,
    Picture, Profile, Response, Stamp, TakeBack, Verdict, quoted,
};
use crate::broadcast::message::Message;
use crate::domain::group::Platform;
use crate::domain::text::Unit;

mod answers;

/// The adapter.
pub(super) struct Slack;

/// An edited text may have 4000 characters, a new one more; what we say must fit both, escaped:
/// <https://docs.slack.dev/reference/methods/chat.update>. One message a second and channel; edits and
/// deletions fifty a minute each for an app in a workspace (tier 3), a budget that we keep for all its
/// requests: <https://docs.slack.dev/apis/web-api/rate-limits>.
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
    hosts: Hosts::Listed(&["hooks.slack.com", "slack.com", "hooks.slack-gov.com"]),
    path: is_call,
    rate: &[Budget::new(1, 1)],
    account_rate: &[Budget::new(50, 60)],
    refusals: None,
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[TakeBack::Edit, TakeBack::Delete, TakeBack::Reply],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: false,
};

const VENDOR: &str = "https://slack.com/";
/// An incoming webhook, or one of the three methods that we call.
fn is_call(url: &Url) -> bool {
    let parts: Vec<&str> = url.path().split('/').skip(1).collect();
    let sound = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let webhook = matches!(parts[..], ["services", team, robot, key] if [team, robot, key].iter().all(sound));
    let method = matches!(parts[..], ["api", "chat.postMessage" | "chat.update" | "chat.delete"]);
    url.query().is_none() && (webhook || method)
}

/// An address that starts a workflow: it takes values for its steps, and no text.
fn is_workflow(url: &Url) -> bool {
    ["/workflows/", "/triggers/"].iter().any(|start| url.path().starts_with(start))
}

fn is_token(text: &str) -> bool {
    text.starts_with("xox") && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// An id, which has no small letters, or a name, which has no capitals; the API takes both.
fn channel(text: &str) -> Option<String> {
    let text = text.trim_start_matches('#');
    let sound = (1..=80).contains(&text.chars().count()) && !text.contains([' ', '<', '>', '&', '/', '#']);
    let id = !text.contains(char::is_lowercase);
    sound.then(|| if id { text.to_owned() } else { text.to_lowercase() })
}

/// Slack interprets these three in text: <https://docs.slack.dev/messaging/formatting-message-text>.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The message, to stand alone. Our links are written as links: an edit, told not to look for names, finds
/// no addresses either.
fn words(message: &Message) -> Map<String, Value> {
    let cut = message.cut(PROFILE.unit, PROFILE.text - "<>".len() * message.links());
    let line = |(words, link): (String, Option<&str>)| {
        escaped(&words) + &link.map(|link| format!("<{}>", escaped(link))).unwrap_or_default()
    };
    let lines: Vec<String> = [escaped(cut.first)].into_iter().chain(cut.body().map(line)).collect();
    let said = json!({
        "text": lines.join("\n"),
        "mrkdwn": false, "link_names": false,
        // A preview would copy what our page shows, and would stay.
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
            let url = given.url_unless(Platform::Slack, is_workflow)?;
            let robot = url.path().starts_with("/services/");
            return match robot {
                true => Ok(Credentials::at(Platform::Slack, url.into())),
                false => Err(fault("url", CredentialCode::Incomplete)),
            };
        }
        if given.has("url") {
            return Err(fault("url", CredentialCode::Either));
        }
        let (token, chat) = (given.formed("token", is_token)?, given.written("channel", channel)?);
        let url = origin(gateway, VENDOR);
        Ok(Credentials { token: Some(token), chat: Some(chat), ..Credentials::at(Platform::Slack, url) })
    }

    fn chat<'a>(&self, reference: &'a str) -> Option<&'a str> {
        reference.split_once('/').map(|(channel, _)| channel)
    }

    fn tells_chats(&self) -> bool {
        true
    }

    /// A bot's token is `xoxb-TEAM-BOT-SECRET`, the first two being numbers. Older ones do not show whose they
    /// are.
    fn owner<'a>(&self, token: &'a str) -> &'a str {
        let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        match token.split('-').collect::<Vec<_>>()[..] {
            ["xoxb", team, bot, secret] if number(team) && number(bot) && !secret.is_empty() => {
                &token[..token.len() - secret.len()]
            }
            _ => token,
        }
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
            Act::Edit(_) => {
                // An empty list removes what was attached. Without `parse: none` an edit would look for
                // names.
                said.insert("attachments".to_owned(), json!([]));
                said.insert("parse".to_owned(), json!("none"));
            }
            // People who do not open the thread must see it, too.
            Act::Reply(_) => drop(said.insert("reply_broadcast".to_owned(), json!(true))),
            Act::Delete(_) => said.clear(),
        }
        // Room for the channel, and for the message that the act is about.
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
            ..Outgoing::to(credentials, Method::POST, url, body)
        }
    }

    fn takes_back(&self, credentials: &Credentials) -> &'static [TakeBack] {
        if credentials.token.is_some() { PROFILE.takes_back } else { &[] }
    }

    fn judge(&self, act: Act<'_>, answer: &Response) -> Verdict {
        answers::judge(act, answer)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::tests::{json_of, read, stamp, with};
    use super::*;
    use crate::broadcast::message::tests::{LINK, said};
    use crate::broadcast::message::{message, plain};
    use crate::domain::case_number::CaseNumber;
    use crate::domain::language::Language;
    use crate::domain::notice::samples;

    const SAY: Act<'_> = Act::Say(0);
    const EDIT: Act<'_> = Act::Edit("C1/2.3");

    fn bot() -> Credentials {
        let given = json!({"token": "xoxb-1-abcd1234", "channel": "C024BE91L"});
        read(Platform::Slack, &given).unwrap()
    }

    #[test]
    fn a_bot_says_edits_deletes_and_answers_in_its_channel() {
        let message = plain(
            Language::En,
            "broadcast-code",
            &[("code", "<!channel> & @here".into())],
            DateTime::UNIX_EPOCH,
        );
        for (act, path, members) in [
            (SAY, "/api/chat.postMessage", json!({"channel": "C024BE91L"})),
            (EDIT, "/api/chat.update", json!({"channel": "C1", "ts": "2.3", "attachments": []})),
            (Act::Delete("C1/2.3"), "/api/chat.delete", json!({"channel": "C1", "ts": "2.3"})),
            (Act::Reply("C1/2.3"), "/api/chat.postMessage", json!({"channel": "C1", "thread_ts": "2.3"})),
        ] {
            let body = Slack.compose(&message, act).unwrap();
            let out = Slack.address(act, &body, &bot(), &stamp(0, 0));
            assert_eq!((out.url.host_str(), out.url.path()), (Some("slack.com"), path));
            assert_eq!(out.headers, [("authorization", "Bearer xoxb-1-abcd1234".to_owned())]);
            let sent = json_of(&out.body);
            for (name, value) in members.as_object().unwrap() {
                assert_eq!(&sent[name], value, "{name} in {sent}");
            }
            let text = sent["text"].as_str().unwrap_or("&lt;!channel&gt; &amp; ");
            assert!(text.contains("&lt;!channel&gt; &amp; "), "{text}");
        }
        let webhook = with(Platform::Slack, &[]);
        let body = Slack.compose(&message, SAY).unwrap();
        let out = Slack.address(SAY, &body, &webhook, &stamp(0, 0));
        assert_eq!((out.url.as_str(), &out.body), (webhook.url.as_str(), &body.bytes));
    }

    #[test]
    fn our_link_is_one_whether_or_not_slack_looks_for_links() {
        let (case, public) = (CaseNumber::from_bits(1), samples::public());
        let message = message(&said(&case, &public));
        for act in [SAY, EDIT] {
            let sent = json_of(&Slack.compose(&message, act).unwrap().bytes);
            let text = sent["text"].as_str().unwrap();
            assert!(text.ends_with(&format!("<{LINK}>")), "{act:?}: {text}");
        }
    }

    #[test]
    fn an_address_or_a_token_and_nothing_between() {
        use CredentialCode::*;
        let url = "https://hooks.slack.com/services/T/B/x";
        for (given, field, code) in [
            (json!({}), "url", Missing),
            (json!({"token": "xoxb-1"}), "channel", Missing),
            (json!({"channel": "C1"}), "token", Missing),
            (json!({"token": "secret", "channel": "C1"}), "token", BadForm),
            (json!({"token": "xoxb-1", "channel": "a b"}), "channel", BadForm),
            (json!({"url": url, "token": "xoxb-1", "channel": "C1"}), "url", Either),
            (json!({"url": "https://hooks.slack.com/triggers/T/1/x"}), "url", Unfit(Platform::Slack)),
            (json!({"url": "https://hooks.slack.com/workflows/T/1/x"}), "url", Unfit(Platform::Slack)),
            (json!({"url": "https://hooks.slack.com/services/T/1"}), "url", Incomplete),
            (json!({"url": "https://slack.com/api/chat.postMessage"}), "url", Incomplete),
        ] {
            assert_eq!(read(Platform::Slack, &given).unwrap_err(), fault(field, code), "{given}");
        }
        // A form sends its empty fields along.
        assert!(read(Platform::Slack, &json!({"url": url, "token": " ", "channel": ""})).is_ok());
        let gateway = Url::parse("http://10.0.0.5:8080/ignored").unwrap();
        let given = json!({"token": "xoxb-1", "channel": "C1"});
        let own = Slack.credentials(given.as_object().unwrap(), &[0; 32], Some(&gateway)).unwrap();
        assert_eq!((own.url.as_str(), own.host().as_str()), ("http://10.0.0.5:8080/", "10.0.0.5:8080"));
    }
}
