//! The chat platforms, one file each and all of them pure: what a platform takes, how a message is written
//! for it, how a request to it is addressed and signed, what its answer means, and how a message is taken
//! back.
//!
//! A message is composed once per broadcast and [`BodyForm`] and shared by every group of the platform;
//! only what differs from group to group (address, signature, timestamp, the group's keyword) is set
//! in by [`Adapter::address`]. The verdict is read from the body of the answer: these platforms say
//! "HTTP 200" to nearly everything.

use bytes::Bytes;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use super::message::Message;
use crate::domain::group::Platform;
use crate::domain::hex::hex;

mod act;
mod credentials;
mod dingtalk;
mod discord;
mod exchange;
mod feishu;
mod judging;
mod matrix;
mod mattermost;
mod multipart;
mod profile;
mod rocketchat;
mod slack;
mod teams;
mod telegram;
#[cfg(test)]
mod tests;
mod webhook;
mod wecom;

pub use act::{Act, BodyForm, TakeBack};
pub use credentials::{CredentialCode, CredentialFault, Credentials};
pub use exchange::{Body, HEADERS, Outgoing, Response, Stamp, request_id};
pub use judging::Verdict;
pub use profile::{Budget, Field, Hosts, Picture, Profile};

/// The code for one platform.
pub trait Adapter: Sync {
    /// What the platform takes and how fast.
    fn profile(&self) -> &'static Profile;

    /// Reads what a group admin gave: the `credentials` object of the API. `random` becomes the
    /// secret where the platform lets us make one and none was given. `gateway` is the operator's own
    /// server for this platform: the origin where the credentials hold no address of their own.
    ///
    /// # Errors
    /// The first field that cannot be right, and why. Whether the host may be reached is not asked here; the
    /// guard decides that.
    fn credentials(
        &self,
        given: &Map<String, Value>,
        random: &[u8; 32],
        gateway: Option<&Url>,
    ) -> Result<Credentials, CredentialFault>;

    /// Path and query of an address, as far as they tell its robot from the others at its host: equal for all
    /// ways of writing the address of one robot.
    fn names_robot(&self, address: &Url) -> (String, String) {
        (address.path().to_owned(), address.query().unwrap_or_default().to_owned())
    }

    /// The chat's own id, where a reference to what was said there tells it. Credentials may hold a name
    /// instead, which the chat may lose.
    fn chat<'a>(&self, _reference: &'a str) -> Option<&'a str> {
        None
    }

    /// Whether every reference to what was said with a token tells its chat ([`Adapter::chat`]). Then the account
    /// can take it back though its group is another chat by now.
    fn tells_chats(&self) -> bool {
        false
    }

    /// Whose token it is, as far as the token shows that: the part that stays when it is replaced. All of it
    /// where nothing shows.
    fn owner<'a>(&self, token: &'a str) -> &'a str {
        token
    }

    /// How many requests saying this message takes: 1, or 2 with a picture of its own.
    fn parts(&self, _message: &Message) -> usize {
        1
    }

    /// The longest text that goes with a picture, in the unit of the profile.
    fn caption(&self) -> usize {
        self.profile().text
    }

    /// Which body an act sends. A pictured form is composed with the picture's bytes if there is a picture
    /// ([`Message::has_picture`]), or in an edit with the one that shows that all is over.
    fn form(&self, act: Act<'_>) -> BodyForm {
        BodyForm::usual(act)
    }

    /// Writes the body of an act within the platform's limits. `None` where there is nothing to say:
    /// a picture that could not be drawn; or, for a way of taking back, where it is not possible.
    fn compose(&self, message: &Message, act: Act<'_>) -> Option<Body>;

    /// Makes the request to one group out of a shared body.
    fn address(&self, act: Act<'_>, body: &Body, credentials: &Credentials, stamp: &Stamp) -> Outgoing;

    /// What the answer to an act, or to [`Adapter::upload`], means; total, and `Delivered` only on proof. For
    /// a way of taking back `Delivered` means "it is done, or was already", and `Bad` means "not in this
    /// way", which includes the edit of a message that is gone.
    fn judge(&self, act: Act<'_>, answer: &Response) -> Verdict;

    /// How a message that was said with these credentials can be taken back, best first.
    fn takes_back(&self, _credentials: &Credentials) -> &'static [TakeBack] {
        self.profile().takes_back
    }

    /// The request that uploads a picture before it can be said; [`Verdict::media`] of its answer is
    /// what [`Stamp::media`] then says it with. `None` where a picture needs no such request.
    fn upload(&self, _picture: &Bytes, _credentials: &Credentials) -> Option<Outgoing> {
        None
    }
}

/// The adapter of a platform.
pub fn adapter(platform: Platform) -> &'static dyn Adapter {
    match platform {
        Platform::Wecom => &wecom::Wecom,
        Platform::Dingtalk => &dingtalk::Dingtalk,
        Platform::Feishu => &feishu::Feishu,
        Platform::Slack => &slack::Slack,
        Platform::Discord => &discord::Discord,
        Platform::Telegram => &telegram::Telegram,
        Platform::Matrix => &matrix::Matrix,
        Platform::Mattermost => &mattermost::Mattermost,
        Platform::Rocketchat => &rocketchat::Rocketchat,
        Platform::Teams => &teams::Teams,
        Platform::Webhook => &webhook::Webhook,
    }
}

/// The platform that a pasted address belongs to, by its host; `None` for hosts that no platform claims.
pub fn recognise(address: &str) -> Option<Platform> {
    let url = Url::parse(address.trim()).ok()?;
    let host = url.host_str()?;
    Platform::ALL.into_iter().find(|platform| adapter(*platform).profile().hosts.claim(host))
}

/// A JSON string literal, quotes included.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// `text` without the sign that begins a mention. What the public wrote has none already; this is for
/// platforms that obey `@all` wherever it stands.
fn without_mentions(text: &str) -> String {
    text.replace('@', "＠")
}

/// The hexadecimal SHA-256 of the parts, for comparing addresses without keeping them.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}
