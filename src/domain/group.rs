//! A group: a chat that receives notices, the platform it lives on, its state, and which kinds it wants.

use super::named::named;
use super::notice::Kind;

/// The largest hourly cap a group can set, in notices.
pub const MAX_HOURLY_CAP: i16 = 60;

named! {
    /// The chat platforms a group can live on, in the order in which they are offered.
    #[derive(PartialOrd, Ord)]
    pub enum Platform {
        Wecom = "wecom",
        Dingtalk = "dingtalk",
        Feishu = "feishu",
        Slack = "slack",
        Discord = "discord",
        Telegram = "telegram",
        Matrix = "matrix",
        Mattermost = "mattermost",
        Rocketchat = "rocketchat",
        Teams = "teams",
        Webhook = "webhook",
    }
}

named! {
    /// Whether a group receives, and if not, why.
    pub enum GroupState {
        /// Control of the chat has not been proved yet.
        Unverified = "unverified",
        Active = "active",
        /// By its admin.
        Paused = "paused",
        /// By us, after proof that nothing arrives any more.
        Disabled = "disabled",
    }
}

named! {
    /// What a group does: its state, but for an active one what its lane does.
    pub enum Condition {
        Open = "open",
        /// Until a budget or a wait allows more.
        Resting = "resting",
        Failing = "failing",
        Paused = "paused",
        Disabled = "disabled",
        Unverified = "unverified",
    }
}

named! {
    /// The proof that nothing arrives any more in a group that is disabled.
    pub enum WhyDisabled {
        /// Its platform says that there is nothing behind its address.
        Gone = "gone",
        /// It has failed for a day.
        Failing = "failing",
    }
}

impl GroupState {
    /// Whether its admin has proved control of it.
    pub const fn is_proved(self) -> bool {
        matches!(self, GroupState::Active | GroupState::Paused)
    }
}

/// A set of kinds, kept as bits so that the fan-out matches it in one comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(i32);

impl Kinds {
    /// All kinds.
    pub fn all() -> Kinds {
        Kind::ALL.into_iter().collect()
    }

    /// The bits, as stored.
    pub const fn bits(self) -> i32 {
        self.0
    }

    /// The set with those bits; unknown bits are dropped.
    pub fn from_bits(bits: i32) -> Kinds {
        Kinds(bits & Kinds::all().0)
    }

    /// Whether the kind is in the set.
    pub const fn contains(self, kind: Kind) -> bool {
        self.0 & (1 << kind as i32) != 0
    }

    /// Whether nothing is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The kinds in the set, in their usual order.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |k| self.contains(*k))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Kinds {
        Kinds(kinds.into_iter().fold(0, |bits, k| bits | (1 << k as i32)))
    }
}
