//! Which reason can be true of which notice, and the reasons for showing a phone or not.

use super::ReviewError;
use super::policy::{Class, Police};
use crate::domain::life_cycle::Refusal;
use crate::domain::named::named;
use crate::domain::reason::{Reason, Reject};

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

/// Whether a reason reads as a code: small letters, digits and underscores.
pub fn is_code(reason: &str) -> bool {
    reason.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// Whether a reason can be true of a notice of that class; pages offer no other.
pub fn fits(reason: Reason, class: Class) -> bool {
    use Class::{Donation, Property, Rescue, SealedOther, SealedTeen, SoughtByRescue};
    let Reason::Reject(why) = reason else { return true };
    match why {
        Reject::NoPoliceReference => class.line().police != Police::NotAsked,
        Reject::LeftVoluntarily => class.may_seek_an_adult() || class == SealedTeen,
        Reject::FamilyDispute => class.seeks_somebody(),
        Reject::Debt => class.may_seek_an_adult() || class == Property,
        Reject::Fundraising => matches!(class, SealedOther | Rescue | SoughtByRescue | Donation),
        Reject::UnclearPhoto
        | Reject::Unreachable
        | Reject::Duplicate
        | Reject::Hoax
        | Reject::OutOfScope
        | Reject::Other => true,
    }
}
