//! Any receiver that speaks Standard Webhooks 1.0.0:
//! <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;
use url::Url;

use super::credentials::{Given, fault};
use super::judging::slow;
use super::{
    Act, Adapter, Body, Budget, CredentialCode, CredentialFault, Credentials, Field, Hosts, Outgoing,
    Picture, Profile, Response, Stamp, Verdict,
};
use crate::broadcast::message::Message;
use crate::domain::delivery::{Fault, Outcome};
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// The adapter.
pub(super) struct Webhook;

/// The specification recommends payloads under 20 kB; the text leaves room for the rest of the JSON. The rate
/// is our own courtesy.
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
    refusals: None,
    picture: Picture::Linked,
    keeps_media: false,
    takes_back: &[],
    keeps_edited: false,
    remembers: Some(REMEMBERED),
    avoids_round_hours: false,
};

/// What the specification gives as an example to receivers, who choose for themselves:
/// <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#verifying-signatures>.
const REMEMBERED: TimeDelta = TimeDelta::minutes(5);
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
        let (id, timestamp) = (stamp.id.to_string(), stamp.now.timestamp());
        // Several signatures, separated by spaces, let a secret be replaced without losing a request.
        let keys = credentials.secrets(stamp.now).filter_map(key);
        let signatures: Vec<String> = keys.map(|key| sign(&key, &id, timestamp, &body.bytes)).collect();
        if !signatures.is_empty() {
            outgoing.headers.push(("webhook-signature", signatures.join(" ")));
        }
        outgoing.headers.extend([("webhook-id", id), ("webhook-timestamp", timestamp.to_string())]);
        outgoing
    }

    /// Here, and only here, the status decides: success is 2xx, a redirect is a failure, 410 means
    /// "stop", 429 and a server that is away mean "later".
    fn judge(&self, _: Act<'_>, answer: &Response) -> Verdict {
        let outcome = match answer.status {
            200..300 => Outcome::Delivered(None),
            410 => Outcome::Gone,
            401 => Outcome::Config(Fault::Signature),
            403 => Outcome::Config(Fault::Permission),
            413 => Outcome::Bad,
            429 => slow(answer),
            _ => answer.wait().map_or(Outcome::Retry, Outcome::Slow),
        };
        Verdict::new(outcome, format!("http_{}", answer.status))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use uuid::Uuid;

    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            secret: Some(format!("{SECRET}{}", STANDARD.encode([7; 32]))),
            ..Credentials::at(Platform::Webhook, "https://hooks.example.org/x".to_owned())
        }
    }

    /// Whether the reference library takes a request of that moment. It compares with the time of day.
    fn verifies(credentials: &Credentials, with: &str, now: DateTime<Utc>) -> bool {
        let body = Body::json(&serde_json::json!({"type": "notice.alert"}));
        let out = Webhook.address(Act::Say(0), &body, credentials, &Stamp::new(now, Uuid::nil()));
        let mut headers = hyper::HeaderMap::new();
        for (name, value) in &out.headers {
            headers.insert(*name, value.parse().unwrap());
        }
        standardwebhooks::Webhook::new(with).unwrap().verify(&out.body, &headers).is_ok()
    }

    #[expect(clippy::disallowed_methods, reason = "the reference library compares with the time of day")]
    fn now() -> DateTime<Utc> {
        Utc::now()
    }

    #[test]
    fn both_secrets_verify_for_a_day_and_then_only_the_new_one() {
        let (old, now) = (credentials(), now());
        let replaced = |at| old.clone().renewed(&[8; 32], at).unwrap();
        let (before, after) = (old.secret.as_deref().unwrap(), replaced(now).secret.unwrap());
        assert_ne!(before, after);
        assert!(!verifies(&old, &after, now));
        for (age, still) in [
            (TimeDelta::zero(), true),
            (TimeDelta::hours(24) - TimeDelta::seconds(1), true),
            (TimeDelta::hours(24), false),
        ] {
            let credentials = replaced(now - age);
            assert!(verifies(&credentials, &after, now), "{age}");
            assert_eq!(verifies(&credentials, before, now), still, "{age}");
        }
    }

    #[test]
    fn a_secret_replaced_twice_within_a_day_is_still_good() {
        let (first, now) = (credentials(), now());
        let third = first.clone().renewed(&[8; 32], now).unwrap().renewed(&[9; 32], now).unwrap();
        assert!(verifies(&third, first.secret.as_deref().unwrap(), now));
        let later = third.renewed(&[10; 32], now + TimeDelta::hours(24)).unwrap();
        assert_eq!(later.retired.len(), 1, "what no longer holds is forgotten");
    }

    #[test]
    fn credentials_kept_before_secrets_could_be_replaced_are_read() {
        let kept = r#"{"platform":"webhook","url":"https://hooks.example.org/x","secret":"whsec_x"}"#;
        let read: Credentials = serde_json::from_str(kept).unwrap();
        assert!(read.retired.is_empty());
        assert_eq!(serde_json::to_string(&read).unwrap(), kept);
    }

    #[test]
    fn words_of_a_platform_show_no_replaced_secret() {
        let old = credentials();
        let secret = old.secret.clone().unwrap();
        let replaced = old.renewed(&[8; 32], now()).unwrap();
        assert_eq!(replaced.redact(&format!("not {secret}")), "not ***");
    }

    #[test]
    fn words_that_were_cut_off_show_no_beginning_of_a_secret() {
        let held = credentials();
        let secret = held.secret.clone().unwrap();
        // So often that all of it fits into what is kept once it is made unreadable.
        let told = format!("refused {}", secret.repeat(3));
        for cut in 9..told.len() {
            let shown = held.redact_cut(&told[..cut]);
            let rest = shown.replace('*', "");
            assert!("refused ".starts_with(&*rest), "{cut}: {shown}");
        }
    }

    #[test]
    fn secrets_of_other_platforms_are_not_ours_to_make() {
        for (platform, url) in [
            (Platform::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=x"),
            (Platform::Wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"),
        ] {
            assert!(Credentials::at(platform, url.to_owned()).renewed(&[8; 32], now()).is_none());
        }
    }
}
