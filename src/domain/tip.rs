//! What somebody saw, as they told it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::screening::FindingKind;

/// The flag of a tip that calls its notice false, or comes from the person sought.
pub const CALLED_FALSE: &str = "called_false";

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

impl Content {
    /// Whether it calls its notice false, or comes from the person sought. That is for those who verify and the
    /// police, never for the reporter.
    pub fn objects(&self) -> bool {
        self.flags.iter().any(|flag| flag == CALLED_FALSE)
    }

    /// Whether it speaks of violence, of flight or of a dispute about a child: who is sought may be hiding from the
    /// reporter.
    pub fn tells_of_danger(&self) -> bool {
        use FindingKind::{Custody, Flight, Left, Violence};
        self.flags
            .iter()
            .filter_map(|flag| FindingKind::named(flag))
            .any(|kind| matches!(kind, Custody | Flight | Left | Violence))
    }
}
