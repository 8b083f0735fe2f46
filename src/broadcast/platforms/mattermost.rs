//! Mattermost incoming webhook, on any server.

use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::{Given, is_plain};
use super::judging::{failed, object, slow};
use super::{
    Act, Adapter, Body, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture, Profile,
    Response, Stamp, Verdict, without_mentions,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Mattermost;

/// A post has at most 16 383 characters, and a longer text becomes several posts:
/// <https://developers.mattermost.com/integrate/webhooks/incoming/>. Whether a server limits rates is its own
/// choice; the rate here is our courtesy.
static PROFILE: Profile = Profile {
    platform: Platform::Mattermost,
    source: "https://developers.mattermost.com/integrate/webhooks/incoming/",
    fields: &[Field::needed("url", "https://mattermost.example.org/hooks/xe3q7c9pbtfbdqnw8zo1iu1234")],
    unit: Unit::Chars,
    text: 8000,
    hosts: Hosts::AnyPublic,
    path: is_robot,
    rate: &[Budget::new(5, 1)],
    account_rate: &[],
    refusals: None,
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: false,
};

/// `…/hooks/ID`; a server may live below a path.
fn is_robot(url: &Url) -> bool {
    let end = url.path().rsplit_once("/hooks/").map(|(_, id)| id);
    url.query().is_none()
        && is_plain(url.path())
        && end.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

impl Adapter for Mattermost {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn credentials(
        &self,
        given: &Map<String, Value>,
        _: &[u8; 32],
        _: Option<&Url>,
    ) -> Result<Credentials, CredentialFault> {
        let url = Given::new(given, PROFILE.fields)?.url(Platform::Mattermost)?;
        Ok(Credentials::at(Platform::Mattermost, url.into()))
    }

    fn compose(&self, message: &Message, _: Act<'_>) -> Option<Body> {
        let text = without_mentions(&message.text(PROFILE.unit, PROFILE.text));
        let mut said = json!({ "text": text });
        if let Some(poster) = &message.poster {
            said["attachments"] = json!([{"fallback": message.first(), "image_url": poster}]);
        }
        Some(Body::json(&said))
    }

    fn address(&self, _: Act<'_>, body: &Body, credentials: &Credentials, _: &Stamp) -> Outgoing {
        Outgoing::post(credentials, body)
    }

    /// Three different things are answered 400, so the `id` decides:
    /// <https://github.com/mattermost/mattermost/blob/master/server/channels/app/webhook.go>.
    fn judge(&self, _: Act<'_>, answer: &Response) -> Verdict {
        if answer.status == 200 && *answer.body == *b"ok" {
            return Verdict::new(Outcome::Delivered(None), "ok");
        }
        let said = object(answer);
        let Some(id) = said.as_ref().and_then(|said| said["id"].as_str()) else {
            return Verdict::without_code(answer);
        };
        let short = id.trim_end_matches(".app_error").trim_start_matches("web.incoming_webhook.");
        let short = if short == "app.channel.get.existing" { "channel" } else { short };
        let outcome = match short {
            "invalid" | "channel" => Outcome::Gone,
            "channel_locked" | "permissions" | "user" | "disabled" => Outcome::Config(Fault::Permission),
            _ => match answer.status {
                429 => slow(answer),
                400 | 413 => Outcome::Bad,
                403 => Outcome::Config(Fault::Permission),
                _ => failed(answer),
            },
        };
        Verdict::new(outcome, short)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::tests::{json_of, means, read};
    use super::*;
    use crate::broadcast::message::plain;
    use crate::domain::language::Language;

    #[test]
    fn one_status_means_three_things() {
        let said = |id: &str| {
            json!({"id": format!("web.incoming_webhook.{id}.app_error"), "message": "m"}).to_string()
        };
        means(
            Platform::Mattermost,
            Act::Say(0),
            &[
                (200, "ok", Outcome::Delivered(None)),
                (200, "ok\n", Outcome::Unknown),
                (200, "<html>ok</html>", Outcome::Unknown),
                (201, "ok", Outcome::Unknown),
                (400, &said("invalid"), Outcome::Gone),
                (400, &said("parse"), Outcome::Bad),
                (400, &said("text"), Outcome::Bad),
                (404, &said("channel"), Outcome::Gone),
                (404, r#"{"id":"app.channel.get.existing.app_error"}"#, Outcome::Gone),
                (403, &said("channel_locked"), Outcome::Config(Fault::Permission)),
                (403, &said("permissions"), Outcome::Config(Fault::Permission)),
                (403, &said("user"), Outcome::Config(Fault::Permission)),
                (501, &said("disabled"), Outcome::Config(Fault::Permission)),
                (500, &said("other"), Outcome::Retry),
                (502, "<html>", Outcome::Retry),
                (504, "<html>", Outcome::Unknown),
            ],
        );
    }

    #[test]
    fn nobody_is_mentioned() {
        let words = plain(
            Language::En,
            "broadcast-code",
            &[("code", "@all @channel @here".into())],
            DateTime::UNIX_EPOCH,
        );
        let sent = json_of(&Mattermost.compose(&words, Act::Say(0)).unwrap().bytes);
        assert!(sent["text"].as_str().unwrap().contains("＠all ＠channel ＠here"), "{sent}");
    }

    #[test]
    fn only_a_webhooks_address_is_taken() {
        for (url, right) in [
            ("https://chat.example.org/hooks/xe3q7c9pbtfbdqnw8zo1iu1234", true),
            ("https://example.org/mattermost/hooks/xe3q7c9pbtfbdqnw8zo1iu1234", true),
            ("https://chat.example.org/hooks/commands/x", false),
            ("https://chat.example.org/hooks/", false),
            ("https://chat.example.org/hooks/a?b=c", false),
            ("https://chat.example.org/api/v4/posts", false),
        ] {
            assert_eq!(read(Platform::Mattermost, &json!({ "url": url })).is_ok(), right, "{url}");
        }
    }
}
