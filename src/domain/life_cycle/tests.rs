//! Walks of the life cycle: what leads to each state, and who may take which step.

use proptest::prelude::*;

use super::*;

fn person(n: u8) -> Uuid {
    Uuid::from_u128(u128::from(n) + 1)
}

fn moderator(n: u8, lead: bool) -> Actor {
    Actor::Moderator(Moderator { id: person(n), lead })
}

fn standing(state: State, approvals: u8, leads: u8) -> Standing {
    Standing {
        state,
        needs: Needs { approvals, leads },
        approvals: Vec::new(),
        submitted_by: None,
        sealed: false,
        paused_by_lead: false,
    }
}

fn steps() -> impl Strategy<Value = (Step, Actor)> {
    let step = prop::sample::select(Step::ALL.to_vec());
    let actor = prop_oneof![
        Just(Actor::Reporter),
        Just(Actor::Clock),
        Just(Actor::Policy),
        (0u8..4, any::<bool>()).prop_map(|(n, _)| moderator(n, n == 0)),
    ];
    // Weighted towards the steps that move a notice forward, or most walks would end early.
    prop_oneof![
        2 => (step, actor),
        2 => (0u8..4).prop_map(|n| (Step::Approve, moderator(n, n == 0))),
        1 => (0u8..4).prop_map(|n| (Step::Claim, moderator(n, n == 0))),
        1 => Just((Step::GoLive, Actor::Clock)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// No walk reaches `live` without the approvals asked for, by different people, none of them the
    /// reporter; and what is over stays over.
    #[test]
    fn no_walk_reaches_live_without_its_approvals(
        needs in (1u8..3, 0u8..2),
        sealed in any::<bool>(),
        submitted_by in prop::option::of(0u8..4),
        walk in prop::collection::vec(steps(), 1..40),
    ) {
        let mut at = standing(State::Submitted, needs.0, needs.1.min(needs.0));
        at.sealed = sealed;
        at.submitted_by = submitted_by.map(person);
        for (step, actor) in walk {
            let before = at.state;
            let Ok((state, approvals)) = next(&at, step, actor) else { continue };
            at.state = state;
            at.approvals = approvals;
            if before.is_over() {
                prop_assert_eq!(state, State::Erased);
            }
            let distinct: std::collections::BTreeSet<_> = at.approvals.iter().map(|a| a.by).collect();
            prop_assert_eq!(distinct.len(), at.approvals.len());
            prop_assert!(at.submitted_by.is_none_or(|by| !distinct.contains(&by)));
            if matches!(state, State::Cooling | State::Live | State::Paused) {
                prop_assert!(at.approvals.len() >= usize::from(at.needs.approvals));
                prop_assert!(at.approvals.iter().filter(|a| a.lead).count() >= usize::from(at.needs.leads));
                prop_assert!(!sealed || at.approvals.iter().all(|a| a.lead));
            }
        }
    }
}

#[test]
fn one_person_cannot_approve_twice() {
    let mut at = standing(State::InReview, 2, 0);
    let me = moderator(1, false);
    (at.state, at.approvals) = next(&at, Step::Approve, me).unwrap();
    assert_eq!(at.state, State::SecondReview);
    assert_eq!(next(&at, Step::Approve, me), Err(Refusal::SameApprover));
}

#[test]
fn the_last_seat_is_the_leads_where_the_policy_wants_one() {
    let mut at = standing(State::InReview, 2, 1);
    let first = moderator(1, false);
    let second = moderator(2, false);
    let lead = moderator(3, true);
    (at.state, at.approvals) = next(&at, Step::Approve, first).unwrap();
    assert_eq!(next(&at, Step::Approve, second), Err(Refusal::LeadRequired));
    assert_eq!(next(&at, Step::Approve, lead).unwrap().0, State::Cooling);
}

#[test]
fn only_the_last_approver_undoes_and_everybody_looks_again() {
    let mut at = standing(State::InReview, 1, 0);
    let me = moderator(1, false);
    (at.state, at.approvals) = next(&at, Step::Approve, me).unwrap();
    let other = moderator(2, true);
    assert_eq!(next(&at, Step::Undo, other), Err(Refusal::NotYours));
    assert_eq!(next(&at, Step::Undo, me), Ok((State::InReview, Vec::new())));
}

#[test]
fn the_policy_takes_from_view_or_hands_to_the_leads_and_does_nothing_else() {
    let mut at = standing(State::Live, 1, 0);
    assert_eq!(next(&at, Step::Pause, Actor::Policy), Ok((State::Paused, Vec::new())));
    at.sealed = true;
    assert_eq!(next(&at, Step::Pause, Actor::Policy), Ok((State::Paused, Vec::new())));
    at.state = State::Paused;
    for step in [Step::Resume, Step::Claim, Step::Approve, Step::Remove, Step::Expire, Step::GoLive] {
        assert_eq!(next(&at, step, Actor::Policy), Err(Refusal::NotYours), "{step:?}");
    }
    at.sealed = false;
    at.approvals = vec![Approval { by: person(1), lead: false }];
    for state in [State::InReview, State::SecondReview, State::Cooling] {
        at.state = state;
        let handed_over = next(&at, Step::Escalate, Actor::Policy);
        assert_eq!(handed_over, Ok((State::Escalated, Vec::new())), "{state:?}");
    }
    let lead = moderator(1, true);
    let refused = next(&at, Step::Escalate, lead);
    assert_eq!(refused, Err(Refusal::NotFrom { from: State::Cooling, step: Step::Escalate }));
}

#[test]
fn only_leads_act_on_sealed_cases_except_to_pause_and_remove() {
    let by = |lead| moderator(1, lead);
    for state in State::ALL {
        let mut at = standing(state, 2, 2);
        at.sealed = true;
        for step in
            [Step::Claim, Step::Release, Step::Approve, Step::Undo, Step::Resume, Step::Pause, Step::Remove]
        {
            let open = state == State::Live && matches!(step, Step::Pause | Step::Remove);
            let refused = next(&at, step, by(false)) == Err(Refusal::LeadRequired);
            assert_eq!(refused, !open, "{state:?} {step:?}");
            assert_ne!(next(&at, step, by(true)), Err(Refusal::LeadRequired), "{state:?} {step:?}");
        }
    }
}
