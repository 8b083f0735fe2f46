//! Mattermost incoming webhook, on any server.

use serde_json::{Map, Value, json};
use url::Url;

use super::credentials::Given;
use super::judging::{object, slow};
use super::{
    Act, Adapter, Answer, Body, Budget, CredentialFault, Credentials, Field, Hosts, Outgoing, Picture,
    Profile, Stamp, Verdict, without_mentions,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Mattermost;

/// A post has at most 16 383 characters, and a longer text becomes several posts:
/// <https://developers.mattermost.com/integrate/webhooks/incoming/>. Whether a server limits rates is
/// its own choice; this is our courtesy.
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
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[],
    idempotent: false,
    avoids_round_hours: false,
};

/// `…/hooks/ID`; a server may live below a path.
fn is_robot(url: &Url) -> bool {
    let end = url.path().rsplit_once("/hooks/").map(|(_, id)| id);
    url.query().is_none()
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

    /// Three things are answered 400, so the `id` decides:
    /// <https://github.com/mattermost/mattermost/blob/master/server/channels/app/webhook.go>.
    fn judge(&self, _: Act<'_>, answer: &Answer) -> Verdict {
        if answer.status == 200 && answer.body.trim_ascii() == b"ok" {
            return Verdict::new(Outcome::Delivered(None), "ok", "");
        }
        let said = object(answer);
        let Some((said, id)) = said.as_ref().and_then(|said| Some((said, said["id"].as_str()?))) else {
            return Verdict::without_code(answer);
        };
        let short = id.trim_end_matches(".app_error").trim_start_matches("web.incoming_webhook.");
        let outcome = match short {
            "invalid" | "channel" | "app.channel.get.existing" => Outcome::Gone,
            "channel_locked" | "permissions" | "user" | "disabled" => Outcome::Config(Fault::Permission),
            _ => match answer.status {
                429 => slow(answer),
                400 | 413 => Outcome::Bad,
                403 => Outcome::Config(Fault::Permission),
                _ => answer.wait().map_or(Outcome::Retry, Outcome::Slow),
            },
        };
        Verdict::new(outcome, short, said["message"].as_str().unwrap_or_default())
    }
}
