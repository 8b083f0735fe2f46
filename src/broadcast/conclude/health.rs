//! What an attempt says about the lane of its group, and when a group has failed for too long. While nobody
//! answers us, our own connection may be down: then the day begins anew.

use chrono::TimeDelta;

use super::Ended;
use crate::broadcast::platforms::Act;
use crate::domain::delivery::{Fault, Outcome};
use crate::store::leasing::Leased;
use crate::store::results::{Health, Record};

/// A group is disabled after failing for this long, in at least [`PROOF`] attempts.
const FAILING: TimeDelta = TimeDelta::hours(24);
/// How many attempts have to fail before a group is disabled: two failures a day apart prove nothing.
const PROOF: i32 = 5;

/// What an attempt says about its lane.
///
/// That a message is refused may be the message's fault, and says nothing about the next one. But a chat that
/// refuses whatever it is told hears nothing, and its admin must learn that. So a refusal counts as a failure
/// where it leaves nothing of a message to be said. A message that every chat refuses fails each of them once;
/// to disable a group takes [`PROOF`] of them over [`FAILING`], with nothing that arrived in between. That a
/// picture fails whose words have arrived says nothing either: the group hears us.
pub(super) fn health(ended: &Ended, leased: &Leased, act: Option<Act<'_>>) -> Health {
    let before = leased.sends.iter().rev().nth(1);
    // Of a digest each is tried by itself; and perhaps the words are taken without their picture.
    let unsaid = act == Some(Act::Say(0)) && leased.with.is_empty() && !ended.alone;
    let heard = matches!(act, Some(Act::Say(part)) if part > 0);
    match &ended.verdict.outcome {
        Outcome::Delivered(_) => Health::Well,
        Outcome::Retry if ended.ours && !ended.verdict.answered => Health::Unheard,
        // Our own clock is wrong.
        Outcome::Config(Fault::Clock) => Health::Unheard,
        Outcome::Bad if !unsaid => Health::Unchanged,
        Outcome::Retry | Outcome::Unknown if heard => Health::Unchanged,
        Outcome::Gone | Outcome::Config(_) | Outcome::Retry | Outcome::Unknown | Outcome::Bad => {
            // A group that failed a day ago and was not tried since may have been well in between.
            let anew = leased.failures > 0 && before.is_none_or(|before| ended.at - *before >= FAILING);
            if anew { Health::FailingAnew } else { Health::Failing }
        }
        Outcome::Slow(_) | Outcome::Moved(_) => Health::Unchanged,
    }
}

/// Whether its group has failed for so long that it is disabled.
pub(super) fn failed_too_long(record: &Record) -> bool {
    record.leased.failing_since.is_some_and(|since| record.at - since >= FAILING)
        && record.leased.failures + 1 >= PROOF
}
