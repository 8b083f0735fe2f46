//! What a group chat reads, for those who decide whether it may, and for everybody to pass on.

use chrono::{DateTime, Utc};

use super::message::{Known, message};
use super::platforms::adapter;
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::domain::notice::Public;

/// The platform with the least room: none of the others cuts what is shown here.
const TIGHTEST: Platform = Platform::Wecom;

/// The lines of the message that approving these words would send; without its picture.
pub fn preview(
    case_number: &CaseNumber,
    link: &str,
    purpose: Purpose,
    public: &Public,
    language: Language,
    now: DateTime<Utc>,
) -> Vec<String> {
    let message = message(&Known {
        purpose,
        kind: public.subject.kind(),
        case_number,
        link,
        poster: None,
        public: Some(public),
        outcome: None,
        language,
        at: now,
    });
    let profile = adapter(TIGHTEST).profile();
    message.text(profile.unit, profile.text).lines().map(str::to_owned).collect()
}
