//! The request bodies about a group.

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::{Draft, Hours};

/// A group to be connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGroupBody {
    /// `wecom`, `dingtalk`, `feishu`, `slack`, `discord`, `telegram`, `matrix`, `mattermost`,
    /// `rocketchat`, `teams` or `webhook`; recognised from the address where absent and possible.
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
    kinds: Option<Vec<String>>,
    /// `zh-CN` (default) or `en`.
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
        let (hourly_cap, quiet) = (hourly_cap.map(|cap| Some(cap.to_string())), quiet.map(Some));
        Draft { platform, name, credentials, regions, kinds, language, hourly_cap, quiet }
    }
}

/// What is to be different; what is absent stays.
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
    #[schema(value_type = Vec<String>)]
    kinds: Option<Vec<String>>,
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = String)]
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
        let hourly_cap = hourly_cap.map(|cap| cap.map(|cap| cap.to_string()));
        Draft { platform: None, name, credentials, regions, kinds, language, hourly_cap, quiet }
    }
}

/// Tells `null`, where it may be said at all, from what is absent.
fn told<'de, T: Deserialize<'de>, D: Deserializer<'de>>(given: D) -> Result<Option<T>, D::Error> {
    T::deserialize(given).map(Some)
}
