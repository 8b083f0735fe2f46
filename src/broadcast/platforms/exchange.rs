//! What goes to a platform and what comes back.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;
use uuid::Uuid;

use super::{Act, Credentials};
use crate::domain::group::Platform;

/// A message as one platform wants it, without anything of a particular group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    pub content_type: Cow<'static, str>,
    pub bytes: Bytes,
    /// Where something of one group can be set in, if the platform has such a place.
    room: Option<usize>,
    /// The same message with room for the handle of a picture that the platform already has.
    lean: Option<Arc<Body>>,
}

impl Body {
    pub(super) const JSON: Cow<'static, str> = Cow::Borrowed("application/json; charset=utf-8");

    /// No body: the act is all in the address.
    pub(super) fn empty() -> Body {
        Body::raw(Body::JSON, Bytes::new())
    }

    pub(super) fn json(value: &Value) -> Body {
        Body::raw(Body::JSON, Bytes::from(value.to_string()))
    }

    pub(super) fn raw(content_type: Cow<'static, str>, bytes: Bytes) -> Body {
        Body { content_type, bytes, room: None, lean: None }
    }

    /// JSON in two halves with room between them.
    pub(super) fn with_room(before: impl Into<Vec<u8>>, after: &str) -> Body {
        Body::raw_with_room(Body::JSON, before.into(), after.as_bytes())
    }

    /// A JSON object with room for further members before its own.
    pub(super) fn with_members(object: &Value) -> Body {
        Body::with_room("{", &object.to_string()[1..])
    }

    pub(super) fn raw_with_room(content_type: Cow<'static, str>, before: Vec<u8>, after: &[u8]) -> Body {
        let room = Some(before.len());
        Body { room, ..Body::raw(content_type, [before.as_slice(), after].concat().into()) }
    }

    pub(super) fn or_lean(self, lean: Body) -> Body {
        Body { lean: Some(Arc::new(lean)), ..self }
    }

    /// The smaller body that carries a picture's handle instead of its bytes, where there is one.
    pub fn lean(&self) -> Option<&Body> {
        self.lean.as_deref()
    }

    /// The bytes with `words` in their room.
    pub(super) fn set_in(&self, words: &str) -> Bytes {
        let room = self.room.unwrap_or(self.bytes.len());
        let mut bytes = Vec::with_capacity(self.bytes.len() + words.len());
        bytes.extend_from_slice(&self.bytes[..room]);
        bytes.extend_from_slice(words.as_bytes());
        bytes.extend_from_slice(&self.bytes[room..]);
        bytes.into()
    }
}

/// The parts of a request that belong to one attempt.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// The time of this attempt.
    pub now: DateTime<Utc>,
    /// What the receiver knows the request by ([`request_id`]).
    pub id: Uuid,
    /// What this account of the platform calls the picture, if it was uploaded before.
    pub media: Option<Arc<str>>,
}

impl Stamp {
    /// Without a picture that the platform knows.
    pub const fn new(now: DateTime<Utc>, id: Uuid) -> Stamp {
        Stamp { now, id, media: None }
    }
}

/// The id of a request at its receiver: the same on every retry, and different for every other request, of
/// any installation. A number of one database would come again after a restore, and a receiver that knows it
/// would drop an alert. `broadcasts` are those that the request tells, in any order.
pub fn request_id(broadcasts: impl IntoIterator<Item = Uuid>, group: Uuid, act: Act<'_>) -> Uuid {
    let mut told: Vec<Uuid> = broadcasts.into_iter().collect();
    told.sort_unstable();
    let mut hash = Sha256::new().chain_update(act.tag()).chain_update(group);
    told.iter().for_each(|broadcast| hash.update(broadcast));
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// A request ready to be sent. Its address and headers carry secrets: `Debug` shows neither.
#[derive(Clone)]
pub struct Outgoing {
    pub platform: Platform,
    pub method: Method,
    pub url: Url,
    /// Sent only with a body.
    pub content_type: Cow<'static, str>,
    /// Beyond `Content-Type`.
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Outgoing {
    /// A `POST` of the shared bytes to the group's own address.
    pub(super) fn post(credentials: &Credentials, body: &Body) -> Outgoing {
        Outgoing::to(credentials, Method::POST, credentials.address(), body)
    }

    /// A request with the shared bytes to another address of the group's server.
    pub(super) fn to(credentials: &Credentials, method: Method, url: Url, body: &Body) -> Outgoing {
        Outgoing {
            platform: credentials.platform,
            method,
            url,
            content_type: body.content_type.clone(),
            headers: Vec::new(),
            body: body.bytes.clone(),
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("platform", &self.platform)
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A platform's answer, as HTTP carried it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    /// Only the headers in [`HEADERS`], with their names in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// The first [`Response::MOST`] bytes.
    pub body: Bytes,
}

/// The headers of an answer that a verdict may depend on.
pub const HEADERS: [&str; 6] = [
    "retry-after",
    "x-ogw-ratelimit-reset",
    "date",
    "x-ratelimit-remaining",
    "x-ratelimit-reset-after",
    "x-ratelimit-scope",
];

impl Response {
    /// How much of a body is read, in bytes. Some platforms repeat the message, in six bytes for each unit of
    /// UTF-16, and half an answer proves nothing.
    pub const MOST: usize = 64 * 1024;

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.trim())
    }

    /// The seconds in a header, rounded up: never sooner than asked.
    pub(super) fn seconds(&self, name: &str) -> Option<Duration> {
        whole_seconds(self.header(name)?.parse().ok()?)
    }

    /// The time in a header, in whichever form of RFC 9110 §5.6.7.
    pub fn date(&self, name: &str) -> Option<DateTime<Utc>> {
        let said = self.header(name)?;
        let usual = DateTime::parse_from_rfc2822(said).map(|at| at.to_utc());
        usual.ok().or_else(|| httpdate::parse_http_date(said).ok().map(DateTime::from))
    }

    /// The answer with `came`, the moment at which it arrived, as its `Date`, where it asks for a wait until
    /// some time and has no `Date` itself (RFC 9110 §6.6.1). An adapter has no clock.
    #[must_use]
    pub fn dated(mut self, came: DateTime<Utc>) -> Response {
        if self.date("retry-after").is_some() && self.date("date").is_none() {
            self.headers.retain(|(name, _)| *name != "date");
            self.headers.push(("date", came.to_rfc2822()));
        }
        self
    }

    /// The wait the answer asks for in its headers: `Retry-After` in seconds or as a date (RFC 9110
    /// §10.2.3, measured from the answer's `Date`), or Feishu's `x-ogw-ratelimit-reset`.
    pub fn wait(&self) -> Option<Duration> {
        let until = || {
            let wait = self.date("retry-after")? - self.date("date")?;
            whole_seconds(wait.num_seconds().max(0) as f64)
        };
        self.seconds("retry-after").or_else(until).or_else(|| self.seconds("x-ogw-ratelimit-reset"))
    }
}

/// Seconds, rounded up and at most a week, so that a nonsensical number cannot silence a group for ever. The
/// bound makes no request leave too early: notices live for three days, and their end is told for three more.
pub(super) fn whole_seconds(seconds: f64) -> Option<Duration> {
    const WEEK: u64 = 7 * 24 * 60 * 60;
    let sound = seconds.is_finite() && seconds >= 0.0;
    sound.then(|| Duration::from_secs((seconds.ceil() as u64).min(WEEK)))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_ids_that_receivers_know_stay_as_they_are() {
        let [broadcast, group] = [1, 2].map(Uuid::from_u128);
        for (act, id) in [
            (Act::Say(0), "6279a864-6a25-8cfc-b019-4fdce3a416f0"),
            (Act::Say(1), "64a37736-6a91-817c-bd3d-9b252a9f99c4"),
            (Act::Edit("words/$a:b/c"), "13d4309e-4c9d-89d1-8480-6ceaa474fb6d"),
            (Act::Delete("7"), "637a28f7-c573-8969-a747-e5103bf7782c"),
            (Act::Reply("7"), "f3699701-9999-8177-a409-4c1920f08e0e"),
        ] {
            assert_eq!(request_id([broadcast], group, act).to_string(), id, "{act:?}");
        }
    }

    #[test]
    fn a_request_keeps_its_id_and_shares_it_with_no_other() {
        let [here, elsewhere, group, other] = [1, 2, 3, 4].map(Uuid::from_u128);
        let acts =
            [Act::Say(0), Act::Say(1), Act::Edit("7"), Act::Edit("8"), Act::Delete("7"), Act::Reply("7")];
        let ids = || {
            let one = acts.map(|act| request_id([here], group, act));
            let act = Act::Say(0);
            let others = [request_id([elsewhere], group, act), request_id([here], other, act)];
            one.into_iter()
                .chain(others)
                .chain([request_id([here, elsewhere], group, act)])
                .collect::<Vec<_>>()
        };
        assert_eq!(ids(), ids(), "a retry is known again");
        assert_eq!(ids().into_iter().collect::<HashSet<_>>().len(), acts.len() + 3);
        let [one, two] = [[here, elsewhere], [elsewhere, here]].map(|told| request_id(told, group, acts[0]));
        assert_eq!(one, two, "the order in which they were leased is chance");
        assert_eq!(one.get_version_num(), 8);
    }
}
