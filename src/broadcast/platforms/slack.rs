//! Slack: by incoming webhook, or by a bot's token in a channel. Only the latter lets us take a
//! message back.
//!
//! Plain text without markup. The poster is a legacy attachment rather than a block: with a block whose
//! picture it cannot fetch, Slack refuses the whole message.

use std::time::Duration;

use http::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::{Given, fault, origin};
use super::judging::{kept, object, slow_as_told};
use super::{
    Act, Adapter, Body, Budget, CredentialCode, CredentialFault, Credentials, Field, Hosts, Outgoing,
    Picture, Profile, Response, Stamp, TakeBack, Verdict, quoted,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

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
    idempotent: false,
    avoids_round_hours: false,
};

const VENDOR: &str = "https://slack.com/";
/// The plan's messages are used up (`message_limit_exceeded`): ask rarely.
const PLAN: Duration = Duration::from_secs(60 * 60);

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

    /// A webhook answers with one word, the API with an object; the word decides, and only then the status:
    /// <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
    fn judge(&self, act: Act<'_>, answer: &Response) -> Verdict {
        if let Some(said) = object(answer) {
            return match (said["ok"].as_bool(), said["error"].as_str()) {
                (Some(true), _) if answer.status == 200 => Verdict::new(done(act, &said), "ok"),
                (Some(false), Some(word)) => refused(act, word, answer),
                _ if answer.status == 429 => refused(act, "rate_limited", answer),
                _ => Verdict::without_code(answer),
            };
        }
        let say = matches!(act, Act::Say(_));
        match std::str::from_utf8(&answer.body) {
            Ok("ok") if answer.status == 200 && say => Verdict::new(Outcome::Delivered(None), "ok"),
            // A webhook's word decides, if we know it, whatever status it comes with; but a webhook takes
            // nothing back.
            Ok(word)
                if is_word(word) && (answer.status >= 400 || (say && means(act, word, answer).is_some())) =>
            {
                refused(act, word, answer)
            }
            _ => Verdict::without_code(answer),
        }
    }
}

fn is_word(text: &str) -> bool {
    (1..=80).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// A message is identified by channel and time, both as the answer gives them.
fn done(act: Act<'_>, said: &Value) -> Outcome {
    let member = |name: &str| said[name].as_str().filter(|value| !value.is_empty());
    match (act, member("channel").zip(member("ts"))) {
        (Act::Say(_) | Act::Reply(_), Some((channel, ts))) => {
            Outcome::Delivered(kept(&format!("{channel}/{ts}")))
        }
        (Act::Edit(reference) | Act::Delete(reference), Some((_, ts)))
            if reference.split_once('/').is_some_and(|(_, of)| of == ts) =>
        {
            Outcome::Delivered(None)
        }
        _ => Outcome::Unknown,
    }
}

/// As long as header or body asks for; a webhook may say it in the body alone.
fn limited(answer: &Response) -> Outcome {
    slow_as_told(object(answer).as_ref(), answer)
}

/// What a word means, where we know it.
fn means(act: Act<'_>, word: &str, answer: &Response) -> Option<Outcome> {
    let back = !matches!(act, Act::Say(_));
    Some(match word {
        // An edit of a message that is gone counts as refused; deleting it then reports that it is gone.
        "message_not_found" if matches!(act, Act::Delete(_)) && answer.status == 200 => {
            Outcome::Delivered(None)
        }
        "ratelimited" | "rate_limited" => limited(answer),
        "message_limit_exceeded" => Outcome::Slow(answer.wait().unwrap_or(PLAN).max(PLAN)),
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
        // "It's possible some aspect of the operation succeeded".
        "fatal_error" => Outcome::Unknown,
        "internal_error"
        | "service_unavailable"
        | "request_timeout"
        | "rollup_error"
        | "team_added_to_org"
        | "org_login_required" => Outcome::Retry,
        _ if answer.status == 429 => limited(answer),
        // Too old, not ours, not allowed here: then not in this way. Even where somebody could allow it
        // (`cant_delete_message`), there is no point in waiting: the chat would go on showing what is over.
        _ if back && answer.status < 500 => Outcome::Bad,
        "not_in_channel"
        | "missing_scope"
        | "ekm_access_denied"
        | "no_permission"
        | "action_prohibited"
        | "access_denied"
        | "accesslimited"
        | "not_allowed_token_type"
        | "team_access_not_granted"
        | "messages_tab_disabled"
        | "posting_to_general_channel_denied" => Outcome::Config(Fault::Permission),
        _ if word.starts_with("restricted_action") => Outcome::Config(Fault::Permission),
        "no_text"
        | "msg_too_long"
        | "msg_blocks_too_long"
        | "metadata_too_large"
        | "user_not_found"
        | "attachment_payload_limit_exceeded" => Outcome::Bad,
        _ if word.starts_with("invalid_") || word.starts_with("too_many_") => Outcome::Bad,
        _ => return None,
    })
}

fn refused(act: Act<'_>, word: &str, answer: &Response) -> Verdict {
    let outcome = means(act, word, answer).unwrap_or(match answer.status {
        410 => Outcome::Gone,
        403 => Outcome::Config(Fault::Permission),
        400 => Outcome::Bad,
        _ => Outcome::Retry,
    });
    let of_account = match outcome {
        // Posting is limited by channel, editing and deleting by account.
        Outcome::Slow(_) => !matches!(act, Act::Say(_)),
        Outcome::Config(Fault::Credential) => true,
        Outcome::Config(_) => word == "missing_scope",
        Outcome::Gone => matches!(word, "account_inactive" | "token_revoked" | "team_not_found"),
        _ => false,
    };
    Verdict::new(outcome, word).widely(of_account)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::super::tests::{answer, json_of, means, read, stamp, with};
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
    fn an_answer_is_one_word_or_an_object() {
        let slow = |seconds| Outcome::Slow(Duration::from_secs(seconds));
        means(
            Platform::Slack,
            SAY,
            &[
                (200, "ok", Outcome::Delivered(None)),
                (200, "OK", Outcome::Unknown),
                (200, "ok\n", Outcome::Unknown),
                (201, "ok", Outcome::Unknown),
                (200, "<html>ok</html>", Outcome::Unknown),
                // The word decides, whatever status it comes with.
                (200, "no_service", Outcome::Gone),
                (200, "invalid_token", Outcome::Config(Fault::Credential)),
                (200, "invalid_payload", Outcome::Bad),
                (200, "rollup_error", Outcome::Retry),
                (200, "posted", Outcome::Unknown),
                (400, "invalid_payload", Outcome::Bad),
                (400, "no_text", Outcome::Bad),
                (403, "action_prohibited", Outcome::Config(Fault::Permission)),
                (403, "invalid_token", Outcome::Config(Fault::Credential)),
                (404, "no_service", Outcome::Gone),
                (404, "no_service_id", Outcome::Gone),
                (404, "no_team", Outcome::Gone),
                (404, "no_active_hooks", Outcome::Gone),
                (404, "team_disabled", Outcome::Gone),
                (403, "posting_to_general_channel_denied", Outcome::Config(Fault::Permission)),
                (404, "channel_not_found", Outcome::Gone),
                (410, "channel_is_archived", Outcome::Gone),
                (429, r#"{"retry_after":1,"ok":false,"error":"rate_limited"}"#, slow(1)),
                (429, r#"{"retry_after":90.5,"ok":false,"error":"rate_limited"}"#, slow(91)),
                (429, r#"{"ok":false,"error":"rate_limited"}"#, slow(60)),
                (429, r#"{"retry_after":30}"#, slow(30)),
                (500, "rollup_error", Outcome::Retry),
                (502, "<html>", Outcome::Retry),
                (
                    200,
                    r#"{"ok":true,"channel":"C1","ts":"1503435956.000247"}"#,
                    Outcome::Delivered(Some("C1/1503435956.000247".into())),
                ),
                (200, r#"{"ok":true}"#, Outcome::Unknown),
                (200, r#"{"ok":false,"error":"not_in_channel"}"#, Outcome::Config(Fault::Permission)),
                (
                    200,
                    r#"{"ok":false,"error":"restricted_action_thread_locked"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (200, r#"{"ok":false,"error":"token_expired"}"#, Outcome::Config(Fault::Credential)),
                (200, r#"{"ok":false,"error":"not_authed"}"#, Outcome::Config(Fault::Credential)),
                (200, r#"{"ok":false,"error":"invalid_auth"}"#, Outcome::Config(Fault::Credential)),
                (200, r#"{"ok":false,"error":"missing_scope"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"restricted_action"}"#, Outcome::Config(Fault::Permission)),
                (
                    200,
                    r#"{"ok":false,"error":"restricted_action_read_only_channel"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (
                    200,
                    r#"{"ok":false,"error":"restricted_action_thread_only_channel"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (
                    200,
                    r#"{"ok":false,"error":"restricted_action_non_threadable_channel"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (200, r#"{"ok":false,"error":"no_permission"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"access_denied"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"accesslimited"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"not_allowed_token_type"}"#, Outcome::Config(Fault::Permission)),
                (
                    200,
                    r#"{"ok":false,"error":"team_access_not_granted"}"#,
                    Outcome::Config(Fault::Permission),
                ),
                (200, r#"{"ok":false,"error":"ekm_access_denied"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"messages_tab_disabled"}"#, Outcome::Config(Fault::Permission)),
                (200, r#"{"ok":false,"error":"team_not_found"}"#, Outcome::Gone),
                (200, r#"{"ok":false,"error":"account_inactive"}"#, Outcome::Gone),
                (200, r#"{"ok":false,"error":"token_revoked"}"#, Outcome::Gone),
                (200, r#"{"ok":false,"error":"is_archived"}"#, Outcome::Gone),
                (200, r#"{"ok":false,"error":"msg_too_long"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"msg_blocks_too_long"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"metadata_too_large"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"attachment_payload_limit_exceeded"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"user_not_found"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"too_many_attachments"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"invalid_blocks"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"no_text"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"fatal_error"}"#, Outcome::Unknown),
                (200, r#"{"ok":false,"error":"message_limit_exceeded"}"#, slow(3600)),
                (200, r#"{"ok":false,"error":"never_heard_of"}"#, Outcome::Retry),
            ],
        );
    }

    #[test]
    fn what_cannot_be_taken_back_this_way_is_told() {
        means(
            Platform::Slack,
            EDIT,
            &[
                (200, r#"{"ok":true,"channel":"C1","ts":"2.3"}"#, Outcome::Delivered(None)),
                (200, r#"{"ok":true,"channel":"C1","ts":"2.4"}"#, Outcome::Unknown),
                (200, r#"{"ok":true}"#, Outcome::Unknown),
                (200, r#"{"ok":false,"error":"message_not_found"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"edit_window_closed"}"#, Outcome::Bad),
                (503, r#"{"ok":false,"error":"whatever"}"#, Outcome::Retry),
                (200, r#"{"ok":false,"error":"cant_update_message"}"#, Outcome::Bad),
                (200, r#"{"ok":false,"error":"invalid_auth"}"#, Outcome::Config(Fault::Credential)),
                (200, "ok", Outcome::Unknown),
            ],
        );
        let delete = [
            (200, r#"{"ok":false,"error":"cant_delete_message"}"#, Outcome::Bad),
            (200, r#"{"ok":false,"error":"message_not_found"}"#, Outcome::Delivered(None)),
            (500, r#"{"ok":false,"error":"message_not_found"}"#, Outcome::Retry),
        ];
        means(Platform::Slack, Act::Delete("C1/2.3"), &delete);
        let reply = [(200, r#"{"ok":false,"error":"message_not_found"}"#, Outcome::Bad)];
        means(Platform::Slack, Act::Reply("C1/2.3"), &reply);
    }

    #[test]
    fn of_two_waits_the_longer_counts() {
        let body = r#"{"retry_after":1,"ok":false,"error":"rate_limited"}"#;
        let limited = Response { headers: vec![("retry-after", "7".to_owned())], ..answer(429, body) };
        assert_eq!(Slack.judge(SAY, &limited).outcome, Outcome::Slow(Duration::from_secs(7)));
    }

    #[test]
    fn what_holds_for_the_whole_account_is_told() {
        let limited = answer(429, r#"{"ok":false,"error":"ratelimited"}"#);
        assert!(!Slack.judge(SAY, &limited).wide, "posting is limited by channel");
        assert!(Slack.judge(EDIT, &limited).wide);
        for (word, wide) in [("invalid_auth", true), ("token_revoked", true), ("channel_not_found", false)] {
            let refused = answer(200, &json!({"ok": false, "error": word}).to_string());
            assert_eq!(Slack.judge(SAY, &refused).wide, wide, "{word}");
        }
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
