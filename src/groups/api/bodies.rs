//! The request bodies about a group.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::preferences::Whole;
use super::super::{Draft, Hours};
use crate::domain::group::{GroupState, Platform};
use crate::domain::language::Language;
use crate::domain::notice::Kind;

/// A group to be connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroupBody {
    /// `wecom`, `dingtalk`, `feishu`, `slack`, `discord`, `telegram`, `matrix`, `mattermost`,
    /// `rocketchat`, `teams` or `webhook`; recognised from the address where absent and possible.
    #[schema(value_type = Option<Platform>)]
    platform: Option<String>,
    /// At most 60 characters.
    #[schema(value_type = String)]
    name: Option<String>,
    /// The fields of the platform: an address, or a token and a chat. docs/platforms.md lists them.
    #[schema(value_type = Object)]
    credentials: Option<Map<String, Value>>,
    /// 1 to 50 region codes.
    #[schema(value_type = Vec<String>)]
    regions: Option<Vec<String>>,
    /// Every kind where absent.
    #[schema(value_type = Option<Vec<Kind>>)]
    kinds: Option<Vec<String>>,
    /// `zh-CN` (default) or `en`.
    #[schema(value_type = Option<Language>)]
    language: Option<String>,
    /// The most notices within an hour, 1 to 60. Life at risk and endings are delivered beyond it.
    hourly_cap: Option<i64>,
    /// What is not urgent waits until they are over.
    quiet: Option<Hours>,
}

impl NewGroupBody {
    /// The draft that the station reads.
    pub fn draft(self) -> Draft {
        let NewGroupBody { platform, name, credentials, regions, kinds, language, hourly_cap, quiet } = self;
        let (hourly_cap, quiet) = (hourly_cap.map(Some), quiet.map(Some));
        Draft { platform, name, credentials, regions, kinds, language, hourly_cap, quiet }
    }
}

/// The changes; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeBody {
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = String)]
    name: Option<String>,
    /// New credentials: control has to be proved again.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Object)]
    credentials: Option<Map<String, Value>>,
    /// 1 to 50 region codes.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Vec<String>)]
    regions: Option<Vec<String>>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Vec<Kind>)]
    kinds: Option<Vec<String>>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Language)]
    language: Option<String>,
    /// `null` removes the bound.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<i64>)]
    hourly_cap: Option<Option<i64>>,
    /// `null` removes the quiet hours.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<Hours>)]
    quiet: Option<Option<Hours>>,
}

impl ChangeBody {
    /// The draft that the station reads.
    pub fn draft(self) -> Draft {
        let ChangeBody { name, credentials, regions, kinds, language, hourly_cap, quiet } = self;
        Draft { platform: None, name, credentials, regions, kinds, language, hourly_cap, quiet }
    }
}

/// The code that was read in the chat.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeBody {
    pub(super) code: String,
}

/// How long a group is paused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    /// When the pause ends by itself, within 30 days; `null` or absent: when the group is resumed.
    #[schema(format = DateTime)]
    pub(super) until: Option<String>,
}

/// What is shown of the credentials.
#[derive(Serialize, ToSchema)]
pub struct Shown {
    /// The last four characters of the address.
    last4: String,
}

/// A group, for its admin.
#[derive(Serialize, ToSchema)]
pub struct GroupBody {
    id: Uuid,
    platform: Platform,
    name: String,
    state: GroupState,
    /// Why it is disabled.
    reason: Option<&'static str>,
    credentials: Shown,
    regions: Vec<&'static str>,
    kinds: Vec<Kind>,
    language: Language,
    hourly_cap: Option<i16>,
    quiet: Option<Hours>,
    /// When the pause ends by itself; `null`: the group is not paused, or the pause ends when it is resumed.
    paused_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    verified_at: Option<DateTime<Utc>>,
}

impl From<Whole> for GroupBody {
    fn from(Whole { group, regions, .. }: Whole) -> GroupBody {
        GroupBody {
            id: group.id.0,
            platform: group.platform,
            state: group.state,
            credentials: Shown { last4: group.last4.clone() },
            regions: regions.iter().map(|region| region.code()).collect(),
            kinds: group.kinds().iter().collect(),
            language: group.language,
            hourly_cap: group.hourly_cap,
            quiet: group.quiet().map(Hours::from),
            paused_until: group.paused_until(),
            created_at: group.created_at.0,
            verified_at: group.verified_at.filter(|_| group.state.is_proved()).map(|at| at.0),
            reason: group.reason.map(|why| why.as_str()),
            name: group.name,
        }
    }
}

/// Deserialises a field so that `null`, where it is allowed, differs from an absent field.
fn told<'de, T: Deserialize<'de>, D: Deserializer<'de>>(given: D) -> Result<Option<T>, D::Error> {
    T::deserialize(given).map(Some)
}
