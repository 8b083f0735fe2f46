//! Why a decision was taken, as codes. For each there is a label for moderators under `reason-CODE`
//! and a sentence for the reporter under `reason-CODE-reporter`.

use crate::domain::life_cycle::{SEALED, Step};

/// The one reason to approve.
pub const APPROVE: &[&str] = &["verified"];

/// The reasons to reject. `other` needs a note.
pub const REJECT: &[&str] = &[
    "no_police_reference",
    "unclear_photo",
    "unreachable",
    "duplicate",
    "hoax",
    "left_voluntarily",
    "family_dispute",
    "debt",
    "fundraising",
    "out_of_scope",
    "other",
];

/// The reasons to remove what is live.
pub const REMOVE: &[&str] = &["false", "unsafe", "unlawful", "requested", "other"];

/// The reasons to have a reporter's phone shown.
pub const REVEAL: &[&str] = &["call_back", "urgent_tip"];

/// The reasons for which the policy itself pauses what is live.
pub const POLICY: &[&str] = &[SEALED];

/// The codes that go with a step; empty where any words, or none, will do.
pub const fn of(step: Step) -> &'static [&'static str] {
    match step {
        Step::Approve => APPROVE,
        Step::Reject => REJECT,
        Step::Remove => REMOVE,
        _ => &[],
    }
}
