//! A group: a chat that receives notices, the platform it lives on, its state, and which kinds it wants.

use serde::{Deserialize, Serialize};

use super::notice::Kind;

/// The largest hourly cap a group can set, in notices.
pub const MAX_HOURLY_CAP: i16 = 60;

/// The platforms, one line each: what the code and what the API, settings and database call it.
macro_rules! platforms {
    ($($platform:ident = $name:literal,)+) => {
        /// The chat platforms a group can live on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Platform {
            $(#[serde(rename = $name)] $platform,)+
        }

        impl Platform {
            /// All platforms, in the order they are offered.
            pub const ALL: [Platform; [$($name),+].len()] = [$(Platform::$platform),+];

            /// The name in the API, in settings and in the database.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Platform::$platform => $name,)+
                }
            }
        }
    };
}

platforms! {
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

impl Platform {
    /// The platform of that name, if there is one.
    pub fn named(name: &str) -> Option<Platform> {
        Platform::ALL.into_iter().find(|p| p.as_str() == name)
    }
}

/// Whether a group receives, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupState {
    /// Control of the chat has not been proved yet.
    Unverified,
    Active,
    /// By its admin.
    Paused,
    /// By us, after proof that nothing arrives any more.
    Disabled,
}

impl GroupState {
    /// All states.
    pub const ALL: [GroupState; 4] =
        [GroupState::Unverified, GroupState::Active, GroupState::Paused, GroupState::Disabled];

    /// The name in the API and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            GroupState::Unverified => "unverified",
            GroupState::Active => "active",
            GroupState::Paused => "paused",
            GroupState::Disabled => "disabled",
        }
    }

    /// Whether its admin has proved control of it.
    pub const fn is_proved(self) -> bool {
        matches!(self, GroupState::Active | GroupState::Paused)
    }

    /// The state of that name, if there is one.
    pub fn named(name: &str) -> Option<GroupState> {
        GroupState::ALL.into_iter().find(|s| s.as_str() == name)
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
