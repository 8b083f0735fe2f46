//! Every state a notice can be in, and the one function that moves it from one to the next.
//!
//! Nothing else in the program decides a state. To move a notice, build a [`Step`] and ask [`next`]; the
//! store writes its answer together with one event.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::named::named;
use super::notice::{Private, Public};
use super::people::Moderator;

named! {
    /// Where a notice stands, in the order of its life.
    pub enum State {
        Submitted = "submitted",
        InReview = "in_review",
        NeedsInfo = "needs_info",
        Escalated = "escalated",
        SecondReview = "second_review",
        Cooling = "cooling",
        Live = "live",
        Paused = "paused",
        Rejected = "rejected",
        Closed = "closed",
        Expired = "expired",
        Removed = "removed",
        Erased = "erased",
    }
}

impl State {
    /// Over for good: only erasure is left.
    pub const fn is_over(self) -> bool {
        matches!(self, State::Rejected | State::Closed | State::Expired | State::Removed | State::Erased)
    }

    /// Over, but kept for a while: what objects to the notice still waits for a lead.
    pub const fn awaits_erasure(self) -> bool {
        self.is_over() && !matches!(self, State::Erased)
    }

    /// The state that the public may see: it hides refusals and how far verification has come.
    pub const fn public_state(self) -> State {
        match self {
            State::Live => State::Live,
            // Nobody but the reporter learns that a notice was refused.
            State::Rejected => State::Closed,
            state if state.is_over() => state,
            _ => State::Paused,
        }
    }

    /// Waiting for a moderator's decision on its first publication.
    pub const fn in_queue(self) -> bool {
        matches!(self, State::Submitted | State::InReview | State::Escalated | State::SecondReview)
    }

    /// Not decided yet, by whomever it waits for.
    pub const fn is_undecided(self) -> bool {
        self.in_queue() || matches!(self, State::NeedsInfo)
    }
}

/// The approvals a notice needs before it may go live, as set by the review policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Needs {
    /// How many different people must approve, at least one.
    pub approvals: u8,
    /// How many of them must be leads.
    pub leads: u8,
}

/// What the review policy requires of a notice, decided as it comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighing {
    pub needs: Needs,
    /// Decided by leads only.
    pub sealed: bool,
    /// 3 most urgent, 0 least.
    pub urgency: i16,
    /// Another person looks at it again soon after it went live.
    pub second_look: bool,
    /// The police reference may follow after it went live.
    pub police_follow_up: bool,
    /// The person sought may not want to be found: what was seen of them is for the police, never for the
    /// reporter.
    pub guarded: bool,
}

/// The review policy as the intake calls it: what a notice says, and when it came in.
pub type Weigh = fn(&Public, &Private, DateTime<Utc>) -> Weighing;

/// One person's approval of the revision under review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approval {
    pub by: Uuid,
    pub lead: bool,
}

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The reporter, holding the manage link.
    Reporter,
    Moderator(Moderator),
    /// The clock: cooling passed, 72 hours passed, retention passed.
    Clock,
    /// The review policy: a notice that is live or cooling turned out to be one that only leads may decide.
    Policy,
}

named! {
    /// As what an actor stands in the log.
    pub enum ActedAs {
        Reporter = "reporter",
        Moderator = "moderator",
        Lead = "lead",
        Clock = "clock",
        Policy = "policy",
    }
}

impl Actor {
    /// As what they stand in the log.
    pub const fn acted_as(self) -> ActedAs {
        match self {
            Actor::Reporter => ActedAs::Reporter,
            Actor::Moderator(Moderator { lead: false, .. }) => ActedAs::Moderator,
            Actor::Moderator(Moderator { lead: true, .. }) => ActedAs::Lead,
            Actor::Clock => ActedAs::Clock,
            Actor::Policy => ActedAs::Policy,
        }
    }

    /// The account that they act with.
    pub const fn account(self) -> Option<Uuid> {
        match self {
            Actor::Moderator(by) => Some(by.id),
            Actor::Reporter | Actor::Clock | Actor::Policy => None,
        }
    }
}

named! {
    /// Why the policy takes a step of its own.
    pub enum ByPolicy {
        /// It pauses a notice: what its reporter says now seals the case.
        Sealed = "sealed",
        /// It hands a notice to the leads: it may be about the same as a sealed case. Its reporter never
        /// learns of it.
        LikeSealed = "like_sealed",
    }
}

/// What a notice needs that seems to be about the same as one that was refused or removed to protect
/// somebody.
pub const PROTECTED: Needs = Needs { approvals: 2, leads: 2 };
/// What a notice needs at least that a lead is to decide about: it was escalated, or is like a sealed case
/// that nobody has looked at yet.
pub const BY_A_LEAD: Needs = Needs { approvals: 1, leads: 1 };

/// All that decides what may happen to a notice next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub needs: Needs,
    /// Approvals so far of the revision under review, always by different people.
    pub approvals: Vec<Approval>,
    /// The account that submitted the notice, where the reporter was logged in.
    pub submitted_by: Option<Uuid>,
    /// Somebody may have fled from whoever looks for them: for leads alone, in every state. (What is escalated
    /// is for leads as long as it is.)
    pub sealed: bool,
    /// A lead paused it.
    pub paused_by_lead: bool,
}

impl Standing {
    /// Whether this person handed it in.
    fn is_of(&self, actor: Actor) -> bool {
        matches!(actor, Actor::Moderator(Moderator { id, .. }) if self.submitted_by == Some(id))
    }

    fn is_approved_by(&self, id: Uuid) -> bool {
        self.approvals.iter().any(|approval| approval.by == id)
    }

    /// Whether it still needs an approval that this person cannot give, because they gave the first.
    pub fn waits_for_another_than(&self, id: Uuid) -> bool {
        self.state == State::SecondReview && self.is_approved_by(id)
    }
}

named! {
    /// One thing that can happen to a notice, by its name in events and logs.
    pub enum Step {
        Claim = "claim",
        Release = "release",
        Ask = "ask",
        Reply = "reply",
        Reject = "reject",
        Escalate = "escalate",
        Approve = "approve",
        /// Take the last approval back while the notice is cooling.
        Undo = "undo",
        /// The reporter changed a notice that is not published yet.
        Revise = "revise",
        /// The cooling time passed.
        GoLive = "go_live",
        Pause = "pause",
        Resume = "resume",
        /// The reporter says that it is over; the event's reason is the outcome.
        Close = "close",
        Remove = "remove",
        /// 72 hours passed, or nobody ever claimed it.
        Expire = "expire",
        /// The retention time passed.
        Erase = "erase",
    }
}

/// Why a step cannot be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a notice that is {} cannot {}", .from.as_str(), .step.as_str())]
    NotFrom { from: State, step: Step },
    /// The same person may not approve twice, nor approve what they reported.
    #[error("approvals come from different people, none of them the reporter")]
    SameApprover,
    #[error("only a lead may take this step")]
    LeadRequired,
    #[error("this step is not for this actor")]
    NotYours,
}

/// Decides a step: the state after it, and the approvals that stand then.
///
/// # Errors
/// A [`Refusal`] when the life cycle, the policy's needs or the actor's role forbid it.
pub fn next(at: &Standing, step: Step, actor: Actor) -> Result<(State, Vec<Approval>), Refusal> {
    use State as S;
    let refuse = || Refusal::NotFrom { from: at.state, step };
    may_act(at, step, actor)?;
    let keep = |state| Ok((state, at.approvals.clone()));
    let reset = |state| Ok((state, Vec::new()));
    match (at.state, step) {
        (S::Submitted, Step::Claim) => keep(S::InReview),
        (S::InReview | S::SecondReview | S::Escalated, Step::Claim) => keep(at.state),
        // A live notice is reviewed again: a second look, a police reference, a new revision.
        (S::Live | S::Paused, Step::Claim | Step::Release) => keep(at.state),
        (S::Live | S::Paused, Step::Approve) => confirm(at, actor),
        (S::InReview, Step::Release) => keep(S::Submitted),
        (S::SecondReview | S::Escalated, Step::Release) => keep(at.state),
        (S::InReview | S::SecondReview | S::Escalated, Step::Ask) => reset(S::NeedsInfo),
        (S::NeedsInfo, Step::Reply) => reset(S::Submitted),
        (S::InReview | S::SecondReview | S::Escalated, Step::Reject) => reset(S::Rejected),
        (S::InReview | S::SecondReview, Step::Escalate) => reset(S::Escalated),
        // A cooling notice is taken back by the person who approved it, or turns out to be for leads alone.
        (S::Cooling, Step::Escalate) if actor == Actor::Policy => reset(S::Escalated),
        (S::InReview | S::SecondReview | S::Escalated, Step::Approve) => approve(at, actor),
        (S::Cooling, Step::Undo) => undo(at, actor),
        (S::Submitted | S::InReview | S::NeedsInfo | S::SecondReview | S::Cooling, Step::Revise) => {
            reset(S::Submitted)
        }
        (S::Escalated, Step::Revise) => reset(S::Escalated),
        (S::Cooling, Step::GoLive) if satisfied(at) => keep(S::Live),
        (S::Live, Step::Pause) => keep(S::Paused),
        // Who handed it in does not undo what a colleague thought safer.
        (S::Paused, Step::Resume) if at.is_of(actor) => Err(Refusal::SameApprover),
        (S::Paused, Step::Resume) => keep(S::Live),
        (from, Step::Close) if !from.is_over() => keep(S::Closed),
        (S::Cooling | S::Live | S::Paused, Step::Remove) => keep(S::Removed),
        (from, Step::Expire) if !from.is_over() => keep(S::Expired),
        (from, Step::Erase) if from.is_over() && from != S::Erased => reset(S::Erased),
        _ => Err(refuse()),
    }
}

/// Whether the approvals that stand are the ones the policy asks for.
pub fn satisfied(at: &Standing) -> bool {
    let leads = at.approvals.iter().filter(|a| a.lead).count();
    at.approvals.len() >= usize::from(at.needs.approvals.max(1)) && leads >= usize::from(at.needs.leads)
}

fn may_act(at: &Standing, step: Step, actor: Actor) -> Result<(), Refusal> {
    let allowed = match step {
        Step::Reply | Step::Revise | Step::Close => actor == Actor::Reporter,
        Step::GoLive | Step::Expire | Step::Erase => actor == Actor::Clock,
        Step::Pause | Step::Escalate => matches!(actor, Actor::Moderator(_) | Actor::Policy),
        _ => matches!(actor, Actor::Moderator(_)),
    };
    if !allowed {
        return Err(Refusal::NotYours);
    }
    // Only leads open what is escalated or sealed; a person who may not see a case takes no step in it. The
    // exception: any moderator may take from view what everybody can already read, because somebody may be
    // found through it before a lead is there.
    let takes_from_view = at.state == State::Live && matches!(step, Step::Pause | Step::Remove);
    // And no moderator alone publishes what a lead thought better hidden.
    let resumes_a_leads = at.paused_by_lead && step == Step::Resume;
    let lead_only = at.state == State::Escalated || at.sealed && !takes_from_view || resumes_a_leads;
    if lead_only && matches!(actor, Actor::Moderator(Moderator { lead: false, .. })) {
        return Err(Refusal::LeadRequired);
    }
    Ok(())
}

fn approve(at: &Standing, actor: Actor) -> Result<(State, Vec<Approval>), Refusal> {
    let Actor::Moderator(Moderator { id, lead }) = actor else { return Err(Refusal::NotYours) };
    if at.is_of(actor) || at.is_approved_by(id) {
        return Err(Refusal::SameApprover);
    }
    let mut approvals = at.approvals.clone();
    approvals.push(Approval { by: id, lead });
    let after = Standing { approvals, ..at.clone() };
    if satisfied(&after) {
        return Ok((State::Cooling, after.approvals));
    }
    let leads = after.approvals.iter().filter(|a| a.lead).count();
    let seats_left = usize::from(at.needs.approvals).saturating_sub(after.approvals.len());
    // The last approval must come from a lead where the policy asks for one and none has approved.
    if seats_left == 0 && leads < usize::from(at.needs.leads) {
        return Err(Refusal::LeadRequired);
    }
    Ok((State::SecondReview, after.approvals))
}

/// One more person confirms what is already live.
fn confirm(at: &Standing, actor: Actor) -> Result<(State, Vec<Approval>), Refusal> {
    let alone = Standing { needs: Needs { approvals: 1, leads: 0 }, ..at.clone() };
    approve(&alone, actor).map(|(_, approvals)| (at.state, approvals))
}

fn undo(at: &Standing, actor: Actor) -> Result<(State, Vec<Approval>), Refusal> {
    let Actor::Moderator(by) = actor else { return Err(Refusal::NotYours) };
    match at.approvals.split_last() {
        Some((last, _)) if last.by != by.id => Err(Refusal::NotYours),
        // One approver's second thoughts are a reason to review the whole notice again.
        _ => Ok((State::InReview, Vec::new())),
    }
}

#[cfg(test)]
mod tests;
