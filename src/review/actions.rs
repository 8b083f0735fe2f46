//! What one moderator may do with a notice as it stands. Pages offer exactly these steps; each step asks the
//! life cycle again in its own transaction.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::life_cycle::{Actor, Approval, Refusal, Standing, State, Step, next};
use crate::domain::people::Moderator;
use crate::store::notices::Notice;

/// The steps a moderator may take, and why approving is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actions {
    /// In the order they are offered.
    pub steps: Vec<Step>,
    /// Why the holder of the notice may not approve it, where another person could.
    pub approval: Option<Refusal>,
}

/// What `by` may do now, given the approvals of the revision that is under review.
pub fn actions(notice: &Notice, approvals: &[Approval], by: Moderator, now: DateTime<Utc>) -> Actions {
    let state = notice.state_at(now);
    let standing = Standing { state, ..notice.standing(approvals.to_vec()) };
    let allowed = |at: &Standing, step| next(at, step, Actor::Moderator(by)).is_ok();
    let mut steps = Vec::new();
    let mut approval = None;
    // A holder who has approved it already does not keep others from approving it too.
    let away = |holder: &Uuid| *holder == by.id || !standing.waits_for_another_than(*holder);
    match notice.claimant(now).filter(away) {
        None if allowed(&standing, Step::Claim) => steps.push(Step::Claim),
        Some(holder) if holder == by.id => {
            if let Some(reviewed) = under_review(notice, &standing) {
                let decisions: &[Step] = match state {
                    State::Live | State::Paused => &[Step::Approve, Step::Reject],
                    _ => &[Step::Approve, Step::Ask, Step::Reject, Step::Escalate],
                };
                // A sealed case is with the leads already.
                let fits = |step: &&Step| **step != Step::Escalate || !notice.sealed;
                steps.extend(decisions.iter().filter(fits).filter(|step| allowed(&reviewed, **step)));
                approval = next(&reviewed, Step::Approve, Actor::Moderator(by)).err();
            }
            // Claiming a notice that one already holds renews the claim.
            steps.extend([Step::Claim, Step::Release]);
        }
        _ => {}
    }
    let cooling = match state {
        State::Live | State::Paused => notice.pending(standing.approvals.clone()),
        _ => standing.clone(),
    };
    if notice.cooling_until.is_some_and(|until| until.0 > now) && allowed(&cooling, Step::Undo) {
        steps.push(Step::Undo);
    }
    let unclaimed = [Step::Pause, Step::Resume, Step::Remove].into_iter();
    steps.extend(unclaimed.filter(|step| allowed(&standing, *step)));
    Actions { steps, approval }
}

/// The standing that a decision is about; `None` where nothing waits for one.
fn under_review(notice: &Notice, standing: &Standing) -> Option<Standing> {
    match standing.state {
        State::Live | State::Paused if notice.pending_revision.is_some() => {
            Some(notice.pending(standing.approvals.clone()))
        }
        State::Live | State::Paused => {
            let due = notice.second_look_at.is_some() || notice.police_due_at.is_some();
            due.then(|| standing.clone())
        }
        state => state.in_queue().then(|| standing.clone()),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::fixture;
    use crate::store::types::{Id, Time};

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn later() -> Time {
        Time(NOW + chrono::TimeDelta::minutes(1))
    }

    fn moderator(id: u128) -> Moderator {
        Moderator { id: Uuid::from_u128(id), lead: false }
    }

    fn notice(state: State, holder: Option<u128>) -> Notice {
        let mut notice = fixture::notice(state);
        (notice.needs_approvals, notice.needs_leads) = (2, 1);
        notice.claimed_by = holder.map(|id| Id(Uuid::from_u128(id)));
        notice.claimed_until = holder.map(|_| later());
        notice
    }

    fn steps(notice: &Notice, approvals: &[Approval], by: Moderator) -> Vec<Step> {
        actions(notice, approvals, by, NOW).steps
    }

    #[test]
    fn only_the_holder_decides() {
        let held = notice(State::InReview, Some(1));
        let decisions = [Step::Approve, Step::Ask, Step::Reject, Step::Escalate, Step::Claim, Step::Release];
        assert_eq!(steps(&held, &[], moderator(1)), decisions);
        assert_eq!(steps(&held, &[], moderator(2)), []);
        assert_eq!(steps(&notice(State::Submitted, None), &[], moderator(2)), [Step::Claim]);
    }

    #[test]
    fn who_may_not_approve_is_told_why() {
        let held = notice(State::SecondReview, Some(1));
        let approved = |by| Approval { by: Uuid::from_u128(by), lead: false };
        let mine = actions(&held, &[approved(1)], moderator(1), NOW);
        assert_eq!(mine.approval, Some(Refusal::SameApprover));
        assert!(!mine.steps.contains(&Step::Approve));
        let last_seat = actions(&held, &[approved(2)], moderator(1), NOW);
        assert_eq!(last_seat.approval, Some(Refusal::LeadRequired));
    }

    #[test]
    fn only_the_last_approver_undoes_and_only_while_it_cools() {
        let mut cooling = notice(State::Cooling, None);
        let approvals = [Approval { by: Uuid::from_u128(1), lead: false }];
        cooling.cooling_until = Some(later());
        assert_eq!(steps(&cooling, &approvals, moderator(1)), [Step::Undo, Step::Remove]);
        assert_eq!(steps(&cooling, &approvals, moderator(2)), [Step::Remove]);
        cooling.cooling_until = Some(Time(NOW));
        assert_eq!(steps(&cooling, &approvals, moderator(1)), [Step::Remove]);
    }

    #[test]
    fn what_is_over_by_the_clock_offers_nothing() {
        let mut live = notice(State::Live, None);
        live.ends_at = Some(later());
        assert_eq!(steps(&live, &[], moderator(1)), [Step::Claim, Step::Pause, Step::Remove]);
        live.ends_at = Some(Time(NOW));
        assert_eq!(steps(&live, &[], moderator(1)), []);
    }

    #[test]
    fn a_new_revision_of_a_live_notice_is_decided_like_a_new_notice() {
        let mut live = notice(State::Live, Some(1));
        live.ends_at = Some(later());
        assert!(!steps(&live, &[], moderator(1)).contains(&Step::Approve), "nothing waits");
        live.pending_revision = Some(2);
        assert!(steps(&live, &[], moderator(1)).contains(&Step::Reject));
        live.pending_revision = None;
        live.second_look_at = Some(later());
        assert!(steps(&live, &[], moderator(1)).contains(&Step::Approve));
        live.state = State::Removed;
        assert!(!steps(&live, &[], moderator(1)).contains(&Step::Approve));
    }
}
