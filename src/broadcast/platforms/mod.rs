//! The chat platforms, one file each and all of them pure: what a platform takes, how a message is
//! written for it, how a request to it is addressed and signed, and what its answer means.
//!
//! A message is composed once per broadcast and shared by every group of the platform; only what
//! differs from group to group (address, signature, timestamp, the group's keyword) is set in by
//! [`Adapter::address`]. The verdict is read from the body of the answer: these platforms say
//! "HTTP 200" to nearly everything.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use super::message::Message;
use crate::domain::delivery::Outcome;
use crate::domain::group::Platform;
use crate::domain::text::Unit;

mod credentials;
mod dingtalk;
mod feishu;
mod judging;
#[cfg(test)]
mod tests;
mod webhook;
mod wecom;

pub use credentials::{CredentialCode, CredentialFault, Credentials};

/// The code for one platform.
pub trait Adapter: Sync {
    /// What the platform takes and how fast.
    fn profile(&self) -> &'static Profile;

    /// Reads what a group admin gave: the `credentials` object of the API. `random` becomes the
    /// secret where the platform lets us make one and none was given.
    ///
    /// # Errors
    /// The first field that cannot be right, and why. Whether the host may be reached is not asked
    /// here but of the guard.
    fn credentials(
        &self,
        given: &Map<String, Value>,
        random: &[u8; 32],
    ) -> Result<Credentials, CredentialFault>;

    /// How many requests one delivery of this message takes: 1, or 2 with a separate picture.
    fn parts(&self, _message: &Message) -> usize {
        1
    }

    /// Writes one part (`0..parts`) of the message for this platform, within its limits.
    fn compose(&self, message: &Message, part: usize) -> Body;

    /// Makes the request to one group out of a shared body.
    fn address(&self, body: &Body, credentials: &Credentials, stamp: &Stamp) -> Outgoing;

    /// What the answer means; total, and `Delivered` only on proof.
    fn judge(&self, answer: &Answer) -> Verdict;
}

/// The adapter of a platform.
pub fn adapter(platform: Platform) -> &'static dyn Adapter {
    match platform {
        Platform::Wecom => &wecom::Wecom,
        Platform::Dingtalk => &dingtalk::Dingtalk,
        Platform::Feishu => &feishu::Feishu,
        Platform::Webhook => &webhook::Webhook,
    }
}

/// The platform a pasted address belongs to, by its host; `None` for hosts nobody claims.
pub fn recognise(address: &str) -> Option<Platform> {
    let url = Url::parse(address.trim()).ok()?;
    let host = url.host_str()?;
    Platform::ALL.into_iter().find(|p| match adapter(*p).profile().hosts {
        Hosts::Listed(hosts) => hosts.contains(&host),
        Hosts::AnyPublic => false,
    })
}

/// What a platform takes.
#[derive(Debug)]
pub struct Profile {
    pub platform: Platform,
    /// What its limits are counted in.
    pub unit: Unit,
    /// The longest text, in `unit`.
    pub text: usize,
    pub hosts: Hosts,
    /// Whether an address (without regard to its host) can be one of this platform's.
    pub path: fn(&Url) -> bool,
    /// How many requests one robot may get, over each span.
    pub rate: &'static [Budget],
    pub picture: Picture,
    pub can_edit: bool,
    pub can_delete: bool,
    /// The platform asks senders to keep off :00 and :30.
    pub avoids_round_hours: bool,
}

/// Which hosts a platform's addresses may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// Exactly these.
    Listed(&'static [&'static str]),
    /// Any with a public name and a public address.
    AnyPublic,
}

/// At most `count` requests in any span of `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub count: u32,
    pub per: Duration,
}

/// How a picture reaches the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// As a request of its own, with the bytes of the picture, at most so many.
    Sent { bytes: usize },
    /// The platform fetches it from its address.
    Linked,
    /// Only behind the notice's link.
    Absent,
}

/// A message as one platform wants it, without anything of a particular group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub content_type: &'static str,
    pub bytes: Bytes,
    /// Where a group's own words may be set in, where the platform has such a place.
    room: Option<usize>,
}

impl Body {
    const JSON: &'static str = "application/json; charset=utf-8";

    fn json(value: &Value) -> Body {
        Body { content_type: Body::JSON, bytes: Bytes::from(value.to_string()), room: None }
    }

    /// JSON in two halves with room between them.
    fn with_room(before: String, after: &str) -> Body {
        let room = Some(before.len());
        Body { content_type: Body::JSON, bytes: Bytes::from(before + after), room }
    }

    /// The bytes with `words` in their room.
    fn set_in(&self, words: &str) -> Vec<u8> {
        let room = self.room.unwrap_or(self.bytes.len());
        let mut bytes = Vec::with_capacity(self.bytes.len() + words.len());
        bytes.extend_from_slice(&self.bytes[..room]);
        bytes.extend_from_slice(words.as_bytes());
        bytes.extend_from_slice(&self.bytes[room..]);
        bytes
    }
}

/// What of an attempt goes into its request.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// The time of this attempt.
    pub now: DateTime<Utc>,
    /// The delivery's id, the same on every retry.
    pub delivery: Uuid,
}

/// A request ready to be sent. Its address and headers carry secrets: `Debug` shows neither.
#[derive(Clone)]
pub struct Outgoing {
    pub platform: Platform,
    pub url: Url,
    pub content_type: &'static str,
    /// Beyond `Content-Type`.
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("platform", &self.platform)
            .field("host", &self.url.host_str())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Of the headers only [`HEADERS`], names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The first 16 KB.
    pub body: Bytes,
}

/// The headers of an answer that a verdict may depend on.
pub const HEADERS: [&str; 3] = ["retry-after", "x-ogw-ratelimit-reset", "date"];

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.trim())
    }

    /// The wait the answer asks for in its headers: `Retry-After` in seconds or as a date (RFC 9110
    /// §10.2.3, measured from the answer's own `Date`), or Feishu's `x-ogw-ratelimit-reset`.
    /// At most a day, so that a nonsensical header cannot silence a group for ever.
    pub fn wait(&self) -> Option<Duration> {
        const DAY: u64 = 24 * 60 * 60;
        let seconds = |text: &str| text.parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
        let date = |text: &str| DateTime::parse_from_rfc2822(text).ok();
        let until = |text: &str| {
            let wait = date(text)? - date(self.header("date")?)?;
            Some(wait.num_seconds().max(0) as f64)
        };
        let wait = self
            .header("retry-after")
            .and_then(|v| seconds(v).or_else(|| until(v)))
            .or_else(|| self.header("x-ogw-ratelimit-reset").and_then(seconds))?;
        // Rounded up: never sooner than asked.
        Some(Duration::from_secs((wait.ceil() as u64).min(DAY)))
    }
}

/// What an answer means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub outcome: Outcome,
    /// The platform's own code, for the delivery log.
    pub code: Option<String>,
    /// The platform's own words, shortened.
    pub detail: Option<String>,
}

/// A JSON string literal, quotes included.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The hexadecimal SHA-256 of the parts, for comparing addresses without keeping them.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
