//! What somebody saw, as they told it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a tip says; sealed where it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub text: String,
    pub seen_at: Option<DateTime<Utc>>,
    pub place: Option<String>,
    /// E.164; only for those who verify.
    pub phone: Option<String>,
    /// What the screening found, as codes.
    pub flags: Vec<String>,
    /// It was passed on to the police: the reporter learns that, and no word of it.
    #[serde(default)]
    pub guarded: bool,
}
