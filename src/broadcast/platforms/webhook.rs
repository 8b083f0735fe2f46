//! Any receiver that speaks Standard Webhooks 1.0.0:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;
use url::Url;

use super::credentials::{Given, fault};
use super::judging::slow;
use super::{
    Act, Adapter, Answer, Body, Budget, CredentialCode, CredentialFault, Credentials, Field, Hosts, Outgoing,
    Picture, Profile, Stamp, Verdict,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Webhook;

/// The specification recommends payloads under 20 kB; what is left is for the rest of the JSON. The
/// rate is our own courtesy.
static PROFILE: Profile = Profile {
    platform: Platform::Webhook,
    source: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    fields: &[
        Field::needed("url", "https://hooks.example.org/notices/kR8w2Qv1234"),
        Field::optional("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    ],
    unit: Unit::Bytes,
    text: 4000,
    hosts: Hosts::AnyPublic,
    path: |_| true,
    rate: &[Budget::new(10, 1)],
    account_rate: &[],
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[],
    idempotent: true,
    avoids_round_hours: false,
};

const SECRET: &str = "whsec_";

/// The key inside a secret: 24 to 64 bytes, in padded base64 because not every verifier adds the
/// padding itself.
fn key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix(SECRET)?).ok()?;
    (24..=64).contains(&key.len()).then_some(key)
}

/// The signature over one attempt.
fn sign(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

impl Adapter for Webhook {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn credentials(
        &self,
        given: &Map<String, Value>,
        random: &[u8; 32],
        _: Option<&Url>,
    ) -> Result<Credentials, CredentialFault> {
        let given = Given::new(given, PROFILE.fields)?;
        let url = given.url(Platform::Webhook)?;
        let secret = match given.short("secret")? {
            Some(secret) if key(&secret).is_some() => secret,
            Some(_) => return Err(fault("secret", CredentialCode::BadSecret)),
            None => format!("{SECRET}{}", STANDARD.encode(random)),
        };
        Ok(Credentials { secret: Some(secret), ..Credentials::at(Platform::Webhook, url.into()) })
    }

    fn compose(&self, message: &Message, _: Act<'_>) -> Option<Body> {
        Some(Body::json(&message.event(PROFILE.unit, PROFILE.text)))
    }

    fn address(&self, _: Act<'_>, body: &Body, credentials: &Credentials, stamp: &Stamp) -> Outgoing {
        let mut outgoing = Outgoing::post(credentials, body);
        let (id, timestamp) = (stamp.delivery.to_string(), stamp.now.timestamp());
        if let Some(key) = credentials.secret.as_deref().and_then(key) {
            outgoing.headers.push(("webhook-signature", sign(&key, &id, timestamp, &body.bytes)));
        }
        outgoing.headers.extend([("webhook-id", id), ("webhook-timestamp", timestamp.to_string())]);
        outgoing
    }

    /// Here, and only here, the status decides: success is 2xx, a redirect is a failure, 410 means
    /// "stop", 429 and a server that is away mean "later".
    fn judge(&self, _: Act<'_>, answer: &Answer) -> Verdict {
        let outcome = match answer.status {
            200..300 => Outcome::Delivered(None),
            410 => Outcome::Gone,
            401 => Outcome::Config(Fault::Signature),
            403 => Outcome::Config(Fault::Permission),
            413 => Outcome::Bad,
            429 => slow(answer),
            _ => answer.wait().map_or(Outcome::Retry, Outcome::Slow),
        };
        Verdict::new(outcome, format!("http_{}", answer.status), "")
    }
}
