//! The codes of the reasons for decisions. Each has a label for moderators under `reason-CODE` and a sentence
//! for the reporter under `reason-CODE-reporter`.

use super::ReviewError;
use super::policy::{Class, Police};
use crate::domain::life_cycle::{Refusal, Step};
use crate::domain::named::named;

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

named! {
    /// Why a reporter's phone is needed.
    pub enum Reveal {
        CallBack = "call_back",
        UrgentTip = "urgent_tip",
    }
}

named! {
    /// Why a phone is not shown.
    pub enum NotShown {
        NotHeld = "not_held",
        UsedUp = "used_up",
    }
}

/// Why a phone is not shown, for an error; `None` for a form that was filled in wrongly, and for failures.
pub(super) const fn of_refusal(error: &ReviewError) -> Option<NotShown> {
    match error {
        ReviewError::ClaimRequired
        | ReviewError::ClaimedByOther
        | ReviewError::Refused(Refusal::LeadRequired) => Some(NotShown::NotHeld),
        ReviewError::PhonesUsedUp { .. } => Some(NotShown::UsedUp),
        _ => None,
    }
}

/// The codes that go with a step; empty where any code, or none, will do.
pub const fn of(step: Step) -> &'static [&'static str] {
    match step {
        Step::Approve => APPROVE,
        Step::Reject => REJECT,
        Step::Remove => REMOVE,
        _ => &[],
    }
}

/// Whether a reason reads as a code: small letters, digits and underscores.
pub fn is_code(reason: &str) -> bool {
    reason.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether a reason can be true of a notice of that class; pages offer no other.
pub fn fits(code: &str, class: Class) -> bool {
    use Class::{Donation, Property, Rescue, SealedOther, SealedTeen, SoughtByRescue};
    match code {
        "no_police_reference" => class.line().police != Police::NotAsked,
        "left_voluntarily" => class.may_seek_an_adult() || class == SealedTeen,
        "family_dispute" => class.seeks_somebody(),
        "debt" => class.may_seek_an_adult() || class == Property,
        "fundraising" => matches!(class, SealedOther | Rescue | SoughtByRescue | Donation),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::life_cycle::PROTECTS;

    #[test]
    fn what_protects_somebody_is_a_reason_that_can_be_given() {
        for (step, reasons) in PROTECTS {
            for reason in reasons {
                assert!(of(step).contains(reason), "{reason}");
            }
        }
    }
}
