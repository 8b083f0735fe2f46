//! What a platform takes, as data: the guard, the pages and docs/platforms.md read it.

use std::time::Duration;

use chrono::TimeDelta;
use url::Url;

use super::TakeBack;
use crate::domain::group::Platform;
use crate::domain::text::Unit;

/// What a platform takes.
#[derive(Debug)]
pub struct Profile {
    pub platform: Platform,
    /// The vendor's own document.
    pub source: &'static str,
    /// The fields of the credentials, in the order in which they are asked for.
    pub fields: &'static [Field],
    /// What its limits are counted in.
    pub unit: Unit,
    /// The longest text, in `unit`.
    pub text: usize,
    pub hosts: Hosts,
    /// Whether an address (whatever its host) can be one that we call on this platform.
    pub path: fn(&Url) -> bool,
    /// How many requests one chat may get, over each span.
    pub rate: &'static [Budget],
    /// How many requests all chats of one account may get together, over each span.
    pub account_rate: &'static [Budget],
    /// How many refused requests (401, 403, 404, 429) shut an address of ours out.
    pub refusals: Option<Budget>,
    pub picture: Picture,
    /// The platform keeps an uploaded picture under a handle ([`Stamp::media`](super::Stamp::media)).
    pub keeps_media: bool,
    /// How a message can be taken back at best; [`Adapter::takes_back`](super::Adapter::takes_back) says what
    /// applies to one group.
    pub takes_back: &'static [TakeBack],
    /// What was edited can still be read in the message's history.
    pub keeps_edited: bool,
    /// For how long the same request again makes no second message, as far as we can rely on that; `None` where
    /// it always makes one.
    pub remembers: Option<TimeDelta>,
    /// The platform asks senders to avoid :00 and :30.
    pub avoids_round_hours: bool,
}

/// One field of the `credentials` object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// Without it there is no way into the chat.
    pub needed: bool,
    /// What it looks like.
    pub example: &'static str,
}

impl Field {
    pub(super) const fn needed(name: &'static str, example: &'static str) -> Field {
        Field { name, needed: true, example }
    }

    pub(super) const fn optional(name: &'static str, example: &'static str) -> Field {
        Field { name, needed: false, example }
    }
}

/// Which hosts a platform's addresses may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// Exactly these.
    Listed(&'static [&'static str]),
    /// Any whose name ends with one of these, each beginning with a dot.
    Under(&'static [&'static str]),
    /// Any with a public name and a public address.
    AnyPublic,
}

impl Hosts {
    /// Whether a host is the platform's own; hosts under [`Hosts::AnyPublic`] are nobody's.
    pub fn claim(&self, host: &str) -> bool {
        match self {
            Hosts::Listed(hosts) => hosts.contains(&host),
            Hosts::Under(endings) => {
                endings.iter().any(|end| host.strip_suffix(end).is_some_and(|name| !name.is_empty()))
            }
            Hosts::AnyPublic => false,
        }
    }
}

/// At most `count` requests in any span of `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    pub count: u32,
    pub per: Duration,
}

impl Budget {
    pub(super) const fn new(count: u32, seconds: u64) -> Budget {
        Budget { count, per: Duration::from_secs(seconds) }
    }
}

/// How a picture reaches the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// With its bytes, at most this many.
    Sent { bytes: usize },
    /// The platform fetches it from its address.
    Linked,
    /// Only behind the notice's link.
    Absent,
}
