//! Any receiver that speaks Standard Webhooks 1.0.0:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

use super::credentials::{Given, fault};
use super::judging::{MINUTE, verdict};
use super::{
    Adapter, Answer, Body, Budget, CredentialCode, CredentialFault, Credentials, Hosts, Outgoing, Picture,
    Profile, Stamp, Verdict,
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
    unit: Unit::Bytes,
    text: 4000,
    hosts: Hosts::AnyPublic,
    path: |_| true,
    rate: &[Budget { count: 10, per: Duration::from_secs(1) }],
    picture: Picture::Linked,
    can_edit: false,
    can_delete: false,
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
    ) -> Result<Credentials, CredentialFault> {
        let given = Given::new(given, &["url", "secret"])?;
        let url = given.url(Platform::Webhook)?;
        let secret = match given.short("secret")? {
            Some(secret) if key(&secret).is_some() => secret,
            Some(_) => return Err(fault("secret", CredentialCode::BadSecret)),
            None => format!("{SECRET}{}", STANDARD.encode(random)),
        };
        Ok(Credentials { platform: Platform::Webhook, url: url.into(), secret: Some(secret), keyword: None })
    }

    fn compose(&self, message: &Message, _: usize) -> Body {
        Body::json(&message.event(PROFILE.unit, PROFILE.text))
    }

    fn address(&self, body: &Body, credentials: &Credentials, stamp: &Stamp) -> Outgoing {
        let id = stamp.delivery.to_string();
        let timestamp = stamp.now.timestamp();
        let mut headers = vec![("webhook-id", id.clone()), ("webhook-timestamp", timestamp.to_string())];
        if let Some(key) = credentials.secret.as_deref().and_then(key) {
            headers.push(("webhook-signature", sign(&key, &id, timestamp, &body.bytes)));
        }
        Outgoing {
            platform: Platform::Webhook,
            url: credentials.address(),
            content_type: body.content_type,
            headers,
            body: body.bytes.clone(),
        }
    }

    /// Here, and only here, the status decides: success is 2xx, a redirect is a failure, 410 means
    /// "stop", 429 and a server that is away mean "later".
    fn judge(&self, answer: &Answer) -> Verdict {
        let outcome = match answer.status {
            200..300 => Outcome::Delivered(None),
            410 => Outcome::Gone,
            401 => Outcome::Config(Fault::Signature),
            403 => Outcome::Config(Fault::Permission),
            413 => Outcome::Bad,
            429 => Outcome::Slow(answer.wait().unwrap_or(MINUTE)),
            _ => answer.wait().map_or(Outcome::Retry, Outcome::Slow),
        };
        verdict(outcome, format!("http_{}", answer.status), "")
    }
}
