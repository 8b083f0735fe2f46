//! Rocket.Chat incoming webhook, on any server.

use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::{Given, is_plain};
use super::exchange::whole_seconds;
use super::judging::{MINUTE, failed, object};
use super::{
    Act, Adapter, Body, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture, Profile,
    Response, Stamp, Verdict, without_mentions,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Rocketchat;

/// The longest message and the rate are the server's settings; these are believed to be the defaults (5000
/// characters, ten requests a minute), the first with room to spare:
/// <https://docs.rocket.chat/docs/integrations>.
static PROFILE: Profile = Profile {
    platform: Platform::Rocketchat,
    source: "https://docs.rocket.chat/docs/integrations",
    fields: &[Field::needed("url", "https://chat.example.org/hooks/6566c0ffee/kR8w2QvTn9xLmZ1234")],
    unit: Unit::Utf16,
    text: 4000,
    hosts: Hosts::AnyPublic,
    path: is_robot,
    rate: &[Budget::new(10, 60)],
    account_rate: &[],
    refusals: None,
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[],
    keeps_edited: false,
    remembers: None,
    avoids_round_hours: false,
};

/// `…/hooks/INTEGRATION/TOKEN`, with a user between them in old addresses; a server may live below a path.
fn is_robot(url: &Url) -> bool {
    let sound = |id: &str| {
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~%-".contains(&byte))
    };
    let end = url.path().rsplit_once("/hooks/").map(|(_, end)| end.split('/'));
    url.query().is_none()
        && is_plain(url.path())
        && end.is_some_and(|mut parts| matches!(parts.clone().count(), 2 | 3) && parts.all(sound))
}

impl Adapter for Rocketchat {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn credentials(
        &self,
        given: &Map<String, Value>,
        _: &[u8; 32],
        _: Option<&Url>,
    ) -> Result<Credentials, CredentialFault> {
        let mut url = Given::new(given, PROFILE.fields)?.url(Platform::Rocketchat)?;
        // The server takes no notice of the user in an old address.
        if let Some((server, end)) = url.path().rsplit_once("/hooks/")
            && let [integration, _, token] = end.split('/').collect::<Vec<_>>()[..]
        {
            let path = format!("{server}/hooks/{integration}/{token}");
            url.set_path(&path);
        }
        Ok(Credentials::at(Platform::Rocketchat, url.into()))
    }

    fn compose(&self, message: &Message, _: Act<'_>) -> Option<Body> {
        let text = without_mentions(&message.text(PROFILE.unit, PROFILE.text));
        // A preview of our link would copy what our page shows, and would stay.
        let mut said = json!({ "text": text, "parseUrls": false });
        if let Some(poster) = &message.poster {
            said["attachments"] = json!([{"image_url": poster}]);
        }
        Some(Body::json(&said))
    }

    fn address(&self, _: Act<'_>, body: &Body, credentials: &Credentials, _: &Stamp) -> Outgoing {
        Outgoing::post(credentials, body)
    }

    /// The words:
    /// <https://github.com/RocketChat/Rocket.Chat/blob/develop/apps/meteor/app/integrations/server/api/api.ts>.
    fn judge(&self, _: Act<'_>, answer: &Response) -> Verdict {
        let said = object(answer);
        let Some((said, success)) = said.as_ref().and_then(|s| Some((s, s["success"].as_bool()?))) else {
            return Verdict::without_code(answer);
        };
        let words = said["error"].as_str().unwrap_or_default();
        let unknown = words.contains("Invalid integration id or token");
        let elsewhere = words.contains("overriding destination channel");
        // Said by the integration itself; for a server that is down, whatever stands in front of it answers.
        let disabled = answer.status == 503 && words == "Service Unavailable";
        let outcome = match (success, answer.status) {
            (true, 200) if said.get("error").is_none() => {
                return Verdict::new(Outcome::Delivered(None), "ok");
            }
            (true, _) => Outcome::Unknown,
            (false, 429) => limited(words, answer),
            (false, _) if words.contains("too-many-requests") => limited(words, answer),
            (false, _) if unknown => Outcome::Gone,
            (false, _) if elsewhere || disabled => Outcome::Config(Fault::Permission),
            (false, 401 | 403) => Outcome::Config(Fault::Permission),
            (false, 400..=499) => Outcome::Bad,
            (false, _) => failed(answer),
        };
        let code = match (unknown, elsewhere, disabled) {
            (true, ..) => "invalid_integration".to_owned(),
            (_, true, _) => "overriding_destination".to_owned(),
            (.., true) => "disabled".to_owned(),
            _ => format!("http_{}", answer.status),
        };
        Verdict::new(outcome, code)
    }
}

/// As long as header or words ask for, which may be the only ones to do so: "You must wait 34 seconds before
/// trying this endpoint again." They tell when the present minute is over, not when all that was too much has
/// been forgotten: so a minute at least.
fn limited(words: &str, answer: &Response) -> Outcome {
    let told = words.split_once("must wait ").and_then(|(_, rest)| {
        let seconds = rest.split(' ').next()?.parse().ok()?;
        whole_seconds(seconds).map(|wait| wait.max(MINUTE))
    });
    Outcome::Slow(told.max(answer.wait()).unwrap_or(MINUTE))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::DateTime;

    use super::super::tests::{json_of, means, read};
    use super::*;
    use crate::broadcast::message::plain;
    use crate::domain::language::Language;

    #[test]
    fn success_is_said_in_a_word() {
        let said = |error: &str| json!({"success": false, "error": error}).to_string();
        let wait = |seconds: &str| {
            said(&format!(
                "Error, too many requests. Please slow down. You must wait {seconds} seconds before trying this \
                 endpoint again. [error-too-many-requests]"
            ))
        };
        means(
            Platform::Rocketchat,
            Act::Say(0),
            &[
                (200, r#"{"success":true}"#, Outcome::Delivered(None)),
                (200, r#"{"success":"true"}"#, Outcome::Unknown),
                (200, "{}", Outcome::Unknown),
                (200, r#"{"success":true,"error":"x"}"#, Outcome::Unknown),
                (400, &said("Invalid integration id or token provided."), Outcome::Gone),
                (400, &said("unknown-error"), Outcome::Bad),
                (401, &said("unauthorized"), Outcome::Config(Fault::Permission)),
                (403, &said("forbidden"), Outcome::Config(Fault::Permission)),
                (
                    400,
                    &said("overriding destination channel is disabled for this integration"),
                    Outcome::Config(Fault::Permission),
                ),
                (
                    429,
                    &said("Error, too many requests. [error-too-many-requests]"),
                    Outcome::Slow(Duration::from_secs(60)),
                ),
                (429, &wait("95"), Outcome::Slow(Duration::from_secs(95))),
                (400, &wait("34"), Outcome::Slow(Duration::from_secs(60))),
                (400, &wait("some"), Outcome::Slow(Duration::from_secs(60))),
                // The integration is switched off; whatever answers for a server that is down says so in
                // other words.
                (503, &said("Service Unavailable"), Outcome::Config(Fault::Permission)),
                (503, &said("internal"), Outcome::Retry),
                (503, r#"{"error":"Service Unavailable"}"#, Outcome::Retry),
                (503, "Service Unavailable", Outcome::Retry),
                (503, "<html>503 Service Unavailable</html>", Outcome::Retry),
                (502, "<html>", Outcome::Retry),
                (504, "<html>", Outcome::Unknown),
            ],
        );
    }

    #[test]
    fn nobody_is_mentioned() {
        let words =
            plain(Language::En, "broadcast-code", &[("code", "@all @here".into())], DateTime::UNIX_EPOCH);
        let sent = json_of(&Rocketchat.compose(&words, Act::Say(0)).unwrap().bytes);
        assert!(sent["text"].as_str().unwrap().contains("＠all ＠here"), "{sent}");
    }

    #[test]
    fn only_a_webhooks_address_is_taken() {
        for (url, right) in [
            ("https://chat.example.org/hooks/6566c0ffee/kR8w2QvTn9xLmZ", true),
            ("https://chat.example.org/hooks/6566c0ffee/rocket.cat/kR8w2Qv%2FTn9", true),
            ("https://example.org/chat/hooks/6566c0ffee/kR8w2Qv", true),
            ("https://chat.example.org/hooks/6566c0ffee", false),
            ("https://chat.example.org/hooks/6566c0ffee/", false),
            ("https://chat.example.org/api/v1/chat.postMessage", false),
        ] {
            assert_eq!(read(Platform::Rocketchat, &json!({ "url": url })).is_ok(), right, "{url}");
        }
    }
}
