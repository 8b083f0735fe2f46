//! Discord webhook.
//!
//! The poster is an embed with its address: no bytes are sent to each group, and an edit removes it. Our link
//! stands in angle brackets, so that no preview copies what the page shows.

use http::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::{Given, is_number};
use super::judging::{kept, object, slow_as_told};
use super::{
    Act, Adapter, Body, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture, Profile,
    Response, Stamp, TakeBack, Verdict,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Discord;

/// Content 2000 characters (counted here as UTF-16, the stricter reading):
/// <https://docs.discord.com/developers/resources/webhook#execute-webhook>. Fifty requests a second in all,
/// and an address whose requests are refused too often is shut out with all its webhooks:
/// <https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans>. A
/// webhook's own limit is stated in its answers and documented nowhere; the rate here is what senders
/// commonly report.
static PROFILE: Profile = Profile {
    platform: Platform::Discord,
    source: "https://docs.discord.com/developers/resources/webhook",
    fields: &[
        Field::needed(
            "url",
            "https://discord.com/api/webhooks/223704706495545344/3d89bb7572e0fb30d8128367b3b11234",
        ),
        Field::optional("thread_id", "1187002345678901234"),
    ],
    unit: Unit::Utf16,
    text: 2000,
    hosts: Hosts::Listed(HOSTS),
    path: is_webhook,
    rate: &[Budget::new(5, 2), Budget::new(30, 60)],
    account_rate: &[Budget::new(50, 1)],
    refusals: Some(Budget::new(10_000, 600)),
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[TakeBack::Edit, TakeBack::Delete],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: false,
};

/// We send to the first; the others are names under which people copy addresses.
const HOSTS: &[&str] = &["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"];

/// `/api/webhooks/ID/TOKEN` with or without a version, or a message of it.
fn is_webhook(url: &Url) -> bool {
    robot(url).is_some()
}

/// A number as Discord writes it.
fn is_id(text: &str) -> bool {
    is_number(text) && !text.starts_with('0')
}

/// Id and token of a webhook's address.
fn robot(url: &Url) -> Option<(&str, &str)> {
    let path = url.path().strip_prefix("/api/")?;
    let path = match path.split_once('/') {
        Some((version, rest)) if version.strip_prefix('v').is_some_and(is_number) => rest,
        _ => path,
    };
    let (robot, message) = path.split_once("/messages/").unwrap_or((path, "0"));
    let (id, token) = robot.strip_prefix("webhooks/")?.split_once('/')?;
    let word = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    let sound = is_id(id) && !token.is_empty() && token.bytes().all(word) && is_number(message);
    sound.then_some((id, token))
}

impl Adapter for Discord {
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
        let mut url = given.url(Platform::Discord)?;
        let pasted = url.query_pairs().find(|(name, _)| name == "thread_id").map(|(_, id)| id.into_owned());
        let thread = match given.has("thread_id") {
            true => Some(given.formed("thread_id", is_id)?),
            false => pasted.filter(|id| is_id(id)),
        };
        url.set_query(None);
        let robot =
            robot(&url).map(|(id, token)| format!("https://{}/api/v10/webhooks/{id}/{token}", HOSTS[0]));
        let url = match robot.filter(|_| url.host_str().is_some_and(|host| HOSTS.contains(&host))) {
            Some(robot) => robot,
            None => url.into(),
        };
        Ok(Credentials { thread, ..Credentials::at(Platform::Discord, url) })
    }

    fn compose(&self, message: &Message, act: Act<'_>) -> Option<Body> {
        if let Act::Delete(_) = act {
            return Some(Body::empty());
        }
        // In brackets a link has no preview, which would copy what our page shows, and would stay.
        let cut = message.cut(PROFILE.unit, PROFILE.text - "<>".len() * message.links());
        // Without this, an edit would search the text for mentions again.
        let mut said =
            json!({"content": cut.text_with(|link| format!("<{link}>")), "allowed_mentions": {"parse": []}});
        match (act, &message.poster) {
            (Act::Edit(_), _) => (said["embeds"], said["attachments"]) = (json!([]), json!([])),
            (_, Some(poster)) => said["embeds"] = json!([{"image": {"url": poster}}]),
            (_, None) => {}
        }
        Some(Body::json(&said))
    }

    fn address(&self, act: Act<'_>, body: &Body, credentials: &Credentials, _: &Stamp) -> Outgoing {
        let robot = credentials.address();
        let at = |message: &str| credentials.address_of(&format!("{}/messages/{message}", robot.path()));
        let (method, mut url) = match act {
            Act::Say(_) | Act::Reply(_) => (Method::POST, robot.clone()),
            Act::Edit(message) => (Method::PATCH, at(message)),
            Act::Delete(message) => (Method::DELETE, at(message)),
        };
        let mut query = Vec::new();
        if method == Method::POST {
            // Without it a message that was not saved is answered like one that was.
            query.push("wait=true".to_owned());
        }
        query.extend(credentials.thread.as_ref().map(|thread| format!("thread_id={thread}")));
        url.set_query(Some(&query.join("&")).filter(|query| !query.is_empty()).map(String::as_str));
        Outgoing::to(credentials, method, url, body)
    }

    /// The codes:
    /// <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes>.
    fn judge(&self, act: Act<'_>, answer: &Response) -> Verdict {
        let said = object(answer);
        let code = said.as_ref().and_then(|said| said["code"].as_i64());
        let spent = answer.header("x-ratelimit-remaining") == Some("0");
        let rest = answer.seconds("x-ratelimit-reset-after").filter(|_| spent);
        let outcome = match (answer.status, code) {
            // Too many edits of messages older than an hour; said with 429, though another way is still open.
            (_, Some(30046)) => Outcome::Bad,
            (204, _) if matches!(act, Act::Delete(_)) => Outcome::Delivered(None),
            (200, None) => done(act, said.as_ref()),
            (404, Some(10008)) if matches!(act, Act::Delete(_)) => Outcome::Delivered(None),
            // An edit of a message that is gone counts as refused; deleting it then reports that it is gone.
            (404, Some(10008)) if matches!(act, Act::Edit(_)) => Outcome::Bad,
            // A 403 from in front of Discord, for an address or a program that it will not serve: a sender
            // that goes on asking is shut out with all its webhooks.
            (429, _) | (_, Some(40062 | 20028 | 20029)) | (403, None | Some(0 | 40333)) => {
                slow_as_told(said.as_ref(), answer)
            }
            // Unknown webhook or channel, invalid token. A webhook that answers 404, in whatever words and to
            // whatever act, must not be asked again: a sender that asks is shut out.
            (_, Some(10015 | 10003 | 50027)) | (404, _) => Outcome::Gone,
            // Then not in this way: a webhook may still speak about a message that it must not change.
            (_, Some(50001 | 50013)) if matches!(act, Act::Edit(_) | Act::Delete(_)) => Outcome::Bad,
            // No access, no permission, a forum without a thread or with one too many.
            (_, Some(50001 | 50013 | 220_001 | 220_002)) => Outcome::Config(Fault::Permission),
            (401, _) => Outcome::Config(Fault::Credential),
            (_, Some(40004)) => Outcome::Retry,
            // Content or size.
            (400 | 403 | 405 | 413, Some(_)) | (413, None) => Outcome::Bad,
            _ => return Verdict::without_code(answer).resting(rest),
        };
        let global = said.as_ref().is_none_or(|said| said["global"] == true)
            || answer.header("x-ratelimit-scope") == Some("global")
            || code == Some(40333);
        let wide = global && matches!(outcome, Outcome::Slow(_));
        // 0 stands for errors without a code of their own.
        let code = code.filter(|code| *code != 0);
        let code = code.map_or_else(|| format!("http_{}", answer.status), |code| code.to_string());
        Verdict::new(outcome, code).resting(rest).widely(wide)
    }
}

fn done(act: Act<'_>, said: Option<&Value>) -> Outcome {
    let message = said.filter(|said| said.get("code").is_none());
    let id = message.and_then(|said| said["id"].as_str()).filter(|id| is_number(id)).and_then(kept);
    match (act, id) {
        (Act::Say(_), Some(id)) => Outcome::Delivered(Some(id)),
        (Act::Edit(edited), Some(id)) if id == edited => Outcome::Delivered(None),
        _ => Outcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::super::tests::{answer, json_of, means, read, stamp, with};
    use super::*;
    use crate::broadcast::message::tests::{LINK, said};
    use crate::broadcast::message::{digest, message, plain};
    use crate::domain::case_number::CaseNumber;
    use crate::domain::language::Language;
    use crate::domain::notice::samples;
    use crate::store::digests::MOST;

    const SAY: Act<'_> = Act::Say(0);

    #[test]
    fn answers_mean_what_the_document_says() {
        let slow = |seconds| Outcome::Slow(Duration::from_secs(seconds));
        let message = r#"{"id":"1102","content":"x","channel_id":"5"}"#;
        means(
            Platform::Discord,
            SAY,
            &[
                (200, message, Outcome::Delivered(Some("1102".into()))),
                (200, r#"{"id":"../1"}"#, Outcome::Unknown),
                (200, "{}", Outcome::Unknown),
                (204, "", Outcome::Unknown),
                (404, r#"{"message":"Unknown Webhook","code":10015}"#, Outcome::Gone),
                (404, "<html>", Outcome::Gone),
                (404, "", Outcome::Gone),
                (401, r#"{"message":"Invalid Webhook Token","code":50027}"#, Outcome::Gone),
                (400, r#"{"message":"Invalid Form Body","code":50035}"#, Outcome::Bad),
                (400, r#"{"code":220001}"#, Outcome::Config(Fault::Permission)),
                (400, r#"{"code":220002}"#, Outcome::Config(Fault::Permission)),
                (403, r#"{"code":50001}"#, Outcome::Config(Fault::Permission)),
                (404, r#"{"code":10003}"#, Outcome::Gone),
                (404, r#"{"message":"404: Not Found","code":0}"#, Outcome::Gone),
                (401, r#"{"message":"401: Unauthorized","code":0}"#, Outcome::Config(Fault::Credential)),
                (401, "", Outcome::Config(Fault::Credential)),
                (413, r#"{"code":40005}"#, Outcome::Bad),
                (400, r#"{"code":50045}"#, Outcome::Bad),
                (400, r#"{"code":50006}"#, Outcome::Bad),
                (400, r#"{"code":50109}"#, Outcome::Bad),
                (400, r#"{"code":240000}"#, Outcome::Bad),
                (400, r#"{"code":30015}"#, Outcome::Bad),
                (400, r#"{"code":40062}"#, slow(60)),
                (400, r#"{"code":20028}"#, slow(60)),
                (400, r#"{"code":20029}"#, slow(60)),
                (400, r#"{"code":40004}"#, Outcome::Retry),
                (403, r#"{"code":50013}"#, Outcome::Config(Fault::Permission)),
                (403, r#"{"code":40333}"#, slow(60)),
                (403, r#"{"message":"403: Forbidden","code":0}"#, slow(60)),
                (403, "<html>blocked</html>", slow(60)),
                (429, r#"{"retry_after":64.57,"global":false}"#, slow(65)),
                (429, "", slow(60)),
                (500, "", Outcome::Retry),
                (504, "", Outcome::Unknown),
            ],
        );
        let gone = (404, r#"{"message":"Unknown Message","code":10008}"#, Outcome::Delivered(None));
        let edit = [
            (200, message, Outcome::Delivered(None)),
            (200, r#"{"id":"1103"}"#, Outcome::Unknown),
            (400, r#"{"code":10008}"#, Outcome::Bad),
            (404, r#"{"message":"Unknown Message","code":10008}"#, Outcome::Bad),
            (400, r#"{"code":30046}"#, Outcome::Bad),
            (429, r#"{"code":30046,"retry_after":3600.0}"#, Outcome::Bad),
            (404, r#"{"code":10015}"#, Outcome::Gone),
            (404, "", Outcome::Gone),
        ];
        means(Platform::Discord, Act::Edit("1102"), &edit);
        let delete = [
            (204, "", Outcome::Delivered(None)),
            (200, message, Outcome::Unknown),
            (403, r#"{"code":50013}"#, Outcome::Bad),
            gone,
            (404, "<html>", Outcome::Gone),
        ];
        means(Platform::Discord, Act::Delete("1102"), &delete);
    }

    #[test]
    fn a_limit_is_this_webhooks_or_everybodys() {
        for (body, scope, wide) in [
            (r#"{"retry_after":1,"global":false}"#, "user", false),
            (r#"{"retry_after":1,"global":true}"#, "global", true),
            (r#"{"retry_after":1}"#, "global", true),
            ("<html>banned</html>", "", true),
        ] {
            let limited =
                Response { headers: vec![("x-ratelimit-scope", scope.into())], ..answer(429, body) };
            assert_eq!(Discord.judge(SAY, &limited).wide, wide, "{body}");
        }
        for (body, wide) in [
            ("<html>blocked</html>", true),
            (r#"{"message":"internal network error","code":40333}"#, true),
            // Discord itself refuses this webhook, for a reason that has no code.
            (r#"{"message":"403: Forbidden","code":0}"#, false),
            (r#"{"code":50013}"#, false),
        ] {
            assert_eq!(Discord.judge(SAY, &answer(403, body)).wide, wide, "{body}");
        }
        let spent = |left: &str| Response {
            headers: vec![("x-ratelimit-remaining", left.into()), ("x-ratelimit-reset-after", "1.2".into())],
            ..answer(200, r#"{"id":"1"}"#)
        };
        assert_eq!(Discord.judge(SAY, &spent("0")).rest, Some(Duration::from_secs(2)));
        assert_eq!(Discord.judge(SAY, &spent("1")).rest, None);
    }

    #[test]
    fn an_address_is_spoken_to_in_the_version_we_know() {
        let at = |url: &str, more: &[(&str, &str)]| {
            let mut fields = vec![("url", url)];
            fields.extend(more);
            with(Platform::Discord, &fields)
        };
        let plain = at("https://discord.com/api/webhooks/12/ab-c", &[]);
        assert_eq!(plain.url, "https://discord.com/api/v10/webhooks/12/ab-c");
        for pasted in [
            "https://discordapp.com/api/webhooks/12/ab-c",
            "https://canary.discord.com/api/v9/webhooks/12/ab-c?wait=true",
        ] {
            assert_eq!(at(pasted, &[]).address_key(), plain.address_key(), "{pasted}");
        }
        let thread = at("https://discord.com/api/webhooks/12/ab-c?thread_id=99", &[]);
        assert_eq!(thread.thread.as_deref(), Some("99"));
        assert_ne!(thread.address_key(), plain.address_key(), "another chat");
        assert_eq!(at(&plain.url, &[("thread_id", "99")]), thread);
        let url = "https://discord.com/api/webhooks/12/ab-c";
        let by_number = read(Platform::Discord, &json!({"url": url, "thread_id": 99})).unwrap();
        assert_eq!(by_number, thread);
        // The operator's own server is called at its address as given.
        let own = at("http://10.0.0.5:8080/api/webhooks/12/ab-c", &[]);
        assert_eq!(own.url, "http://10.0.0.5:8080/api/webhooks/12/ab-c");
        for wrong in ["/api/webhooks/12", "/api/webhooks/12/a/slack", "/api/webhooks/x/a", "/webhooks/12/a"] {
            let given = json!({"url": format!("https://discord.com{wrong}")});
            let refused = read(Platform::Discord, &given).unwrap_err();
            assert_eq!(refused.code, super::super::CredentialCode::Incomplete, "{wrong}");
        }
    }

    #[test]
    fn no_link_of_a_digest_is_previewed() {
        let (case, public) = (CaseNumber::from_bits(1), samples::public());
        let all = vec![message(&said(&case, &public)); MOST];
        let body = Discord.compose(&digest(Language::En, &all), SAY).unwrap();
        let content = json_of(&body.bytes)["content"].as_str().unwrap().to_owned();
        assert_eq!(content.matches(&format!("<{LINK}>")).count(), MOST, "{content}");
        assert_eq!(content.matches("http").count(), MOST);
        assert!(PROFILE.unit.measure(&content) <= PROFILE.text);
    }

    #[test]
    fn nobody_is_mentioned_and_an_edit_takes_the_picture_away() {
        let thread = with(Platform::Discord, &[("thread_id", "99")]);
        let words = plain(Language::En, "broadcast-test", &[], DateTime::UNIX_EPOCH);
        for (act, method, end) in [
            (SAY, Method::POST, "1234?wait=true&thread_id=99"),
            (Act::Edit("7"), Method::PATCH, "1234/messages/7?thread_id=99"),
            (Act::Delete("7"), Method::DELETE, "1234/messages/7?thread_id=99"),
        ] {
            let body = Discord.compose(&words, act).unwrap();
            let out = Discord.address(act, &body, &thread, &stamp(0, 0));
            assert!(out.method == method && out.url.as_str().ends_with(end), "{act:?} {}", out.url);
            if method == Method::DELETE {
                assert!(out.body.is_empty());
                continue;
            }
            let sent = json_of(&out.body);
            assert_eq!(sent["allowed_mentions"], json!({"parse": []}));
            let emptied = (method == Method::PATCH).then(|| json!([]));
            assert_eq!((sent.get("embeds"), sent.get("attachments")), (emptied.as_ref(), emptied.as_ref()));
        }
    }
}
