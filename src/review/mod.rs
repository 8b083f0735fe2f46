//! Second station: people verify a notice. They claim it and decide it; an approved notice cools for a
//! moment, in which the approval can be taken back, and then the scheduler makes it live.

use chrono::{DateTime, TimeDelta, Utc};
pub use going_live::PublishedNow;

use crate::broadcast::plan;
use crate::config::Times;
use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::Purpose;
use crate::domain::life_cycle::{Actor, BY_A_LEAD, Refusal, State, Step};
use crate::domain::logged::Act;
use crate::domain::people::Moderator;
use crate::domain::reason::{Reason, Reject};
use crate::store::events::{self, Entry};
use crate::store::marks::Alike;
use crate::store::notices::{self, Notice, Opened};
use crate::store::tips::discard_objections;
use crate::store::transition::{By, apply_to_pending, take};
use crate::store::types::{Id, Time};
use crate::store::{Conn, Store, StoreError};
use crate::vault::Vault;

pub mod actions;
mod again;
mod alike;
pub mod api;
pub mod changes;
mod claims;
pub mod duplicates;
pub mod figures;
mod going_live;
pub mod pages;
pub mod phone;
pub mod policy;
pub mod reasons;
mod refused;
mod signs;
pub mod tips;
pub mod view;
pub mod waiting;

/// Why a review step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error("no such notice")]
    Unknown,
    #[error("somebody else holds the claim")]
    ClaimedByOther,
    #[error("it must be claimed first")]
    ClaimRequired,
    #[error("it has moved on")]
    Stale { state: State, version: i32 },
    #[error("the undo window is over")]
    TooLate,
    #[error("the policy wants a police reference first")]
    PoliceReferenceRequired,
    #[error("this reason does not go with this action")]
    Reason,
    #[error("this action, or this reason, needs a note")]
    Note,
    #[error("no such tip is held")]
    TipUnknown,
    #[error("such a tip is not for the reporter")]
    TipNotPassed { state: State },
    #[error("no more phones are shown today")]
    PhonesUsedUp { wait: TimeDelta },
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a moderator decides about a notice they hold.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The version that the moderator saw.
    pub version: i32,
    pub step: Step,
    pub reason: Option<String>,
    /// For the reporter with `ask`, for colleagues otherwise.
    pub note: Option<String>,
}

impl Decision {
    /// A reason is kept in the open for good, so words in its place go to the note, which is sealed and
    /// erased with the case. A question's note is the reporter's: there they are not kept.
    fn in_codes(mut self) -> Decision {
        let has_list = !Reason::names(self.step).is_empty();
        let words = self.reason.take_if(|reason| !has_list && !reasons::is_code(reason));
        if let Some(words) = words.filter(|_| self.step != Step::Ask) {
            self.note = Some([Some(words), self.note].into_iter().flatten().collect::<Vec<_>>().join("\n"));
        }
        self
    }

    /// Taken by that moderator at that time.
    fn taken_by(&self, by: Moderator, at: DateTime<Utc>) -> By<'_> {
        By { reason: self.reason.as_deref(), note: self.note.as_deref(), ..By::moderator(by, at) }
    }
}

/// The review desk: everything a step of this station takes.
#[derive(Clone)]
pub struct Desk {
    pub store: Store,
    pub vault: Vault,
    pub times: Times,
}

impl Desk {
    /// Decides a notice that the caller holds: approve, reject, ask or escalate.
    ///
    /// # Errors
    /// See [`ReviewError`]. Nothing is changed, with one exception: where what was to be approved is like a
    /// sealed case, it now belongs to the leads, and the error is [`ReviewError::Stale`].
    pub async fn decide(
        &self,
        case: CaseNumber,
        by: Moderator,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> Result<Notice, ReviewError> {
        let (desk, decision) = (self.clone(), decision.in_codes());
        self.step(case, by, now, move |tx| {
            with_notice(tx, case, by, |tx, mut notice| {
                let approves = decision.step == Step::Approve;
                at_version(&notice, decision.version)?;
                if approves {
                    not_the_same(tx, &notice, by)?;
                }
                held_by(&notice, by, now)?;
                check_reason(&decision)?;
                let unsealed = approves.then(|| alike::unsealed(tx, &desk.vault, &notice)).transpose()?;
                match unsealed.flatten() {
                    // This is committed, while the caller is told that the notice has changed meanwhile.
                    Some(Alike::Sealed(needs)) => {
                        let handed = alike::hand_to_leads(tx, &desk.vault, notice, needs, now)?;
                        return Ok(Err(stale(&handed)));
                    }
                    Some(Alike::Unsure) => notice.require_at_least(BY_A_LEAD),
                    None => {}
                }
                decide(tx, &desk, notice, decision.step, decision.taken_by(by, now)).map(Ok)
            })
        })
        .await?
    }

    /// Takes an approval back while the notice, or the edit of a live one, is cooling.
    ///
    /// # Errors
    /// [`ReviewError::TooLate`] once it has gone live.
    pub async fn undo(
        &self,
        case: CaseNumber,
        by: Moderator,
        now: DateTime<Utc>,
    ) -> Result<Notice, ReviewError> {
        let (vault, until) = (self.vault.clone(), now + self.times.claim);
        self.step(case, by, now, move |tx| {
            with_notice(tx, case, by, |tx, notice| {
                match notice.cooling_until {
                    Some(until) if until.0 > now => {}
                    // Nobody has approved it.
                    None if notice.live_revision.is_none() => {
                        return Err(Refusal::NotFrom { from: notice.state, step: Step::Undo }.into());
                    }
                    _ => return Err(ReviewError::TooLate),
                }
                let step = By::moderator(by, now);
                let back = |n: &mut Notice| {
                    n.cooling_until = None;
                    n.claimed_by = Some(Id(by.id));
                    n.claimed_until = Some(Time(until));
                    Ok(())
                };
                if notice.pending_revision.is_some() {
                    return apply_to_pending(tx, &vault, notice, Step::Undo, step, |_, n, _| back(n));
                }
                take(tx, &vault, notice, Step::Undo, step, |_, n| back(n))
            })
        })
        .await
    }

    /// Pauses, resumes or removes what is published. Restricting needs no claim: it is cheap and may save
    /// somebody. So even a moderator who may not open a case can take it from view while everybody can read
    /// it; they are not asked for the version, which they have not seen.
    ///
    /// # Errors
    /// See [`ReviewError`].
    pub async fn restrict(
        &self,
        case: CaseNumber,
        by: Moderator,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> Result<Notice, ReviewError> {
        let (vault, times, decision) = (self.vault.clone(), self.times, decision.in_codes());
        self.step(case, by, now, move |tx| {
            let notice = locked(tx, case)?;
            if notice.may_be_opened_by(by) {
                at_version(&notice, decision.version)?;
            }
            check_reason(&decision)?;
            let taken = decision.taken_by(by, now);
            let answers = tips::answers(decision.step, &taken, notice.claimant(now) == Some(by.id));
            take(tx, &vault, notice, decision.step, taken, |tx, n| {
                n.paused_by_lead = decision.step == Step::Pause && by.lead;
                match decision.step {
                    Step::Remove => {
                        n.end(now, times.retention);
                        plan::end(tx, n, Purpose::Correction, now)?;
                        if answers {
                            discard_objections(tx, n.id)?;
                        }
                    }
                    Step::Resume => plan::resume(tx, n, now)?,
                    _ => {}
                }
                Ok(())
            })
        })
        .await
    }
}

/// Takes a step with a notice, which is locked. A moderator who may not open it can take no step here,
/// whatever they know of it or held before, and learns nothing of its state; for them there is only
/// [`Desk::restrict`].
fn with_notice<T>(
    tx: &mut Conn,
    case: CaseNumber,
    by: Moderator,
    take: impl FnOnce(&mut Conn, Notice) -> Result<T, ReviewError>,
) -> Result<T, ReviewError> {
    let notice = locked(tx, case)?;
    if !notice.may_be_opened_by(by) {
        return Err(Refusal::LeadRequired.into());
    }
    take(tx, notice)
}

fn decide(tx: &mut Conn, desk: &Desk, notice: Notice, step: Step, by: By<'_>) -> Result<Notice, ReviewError> {
    if matches!(notice.state, State::Live | State::Paused) {
        return again::look_again(tx, desk, notice, step, by);
    }
    if step == Step::Approve {
        check_police(tx, &desk.vault, &notice, notice.revision)?;
    }
    let answers = tips::answers(step, &by, true);
    take(tx, &desk.vault, notice, step, by, |tx, n| {
        n.end_claim();
        match n.state {
            State::Cooling => n.cooling_until = Some(Time(by.at + desk.times.cooling)),
            State::Rejected => {
                n.end(by.at, desk.times.retention);
                if answers {
                    discard_objections(tx, n.id)?;
                }
            }
            // For good: no answer of the reporter's leads back to the ordinary lane, or is read there.
            State::Escalated => {
                n.require_at_least(BY_A_LEAD);
                n.escalated = true;
            }
            _ => {}
        }
        Ok(())
    })
}

fn locked(tx: &mut Conn, case: CaseNumber) -> Result<Notice, ReviewError> {
    let found = notices::by_case(tx, case)?.ok_or(ReviewError::Unknown)?;
    notices::lock(tx, found.id.0)?.ok_or(ReviewError::Unknown)
}

fn at_version(notice: &Notice, version: i32) -> Result<(), ReviewError> {
    if notice.version == version { Ok(()) } else { Err(stale(notice)) }
}

const fn stale(notice: &Notice) -> ReviewError {
    ReviewError::Stale { state: notice.state, version: notice.version }
}

fn held_by(notice: &Notice, by: Moderator, now: DateTime<Utc>) -> Result<(), ReviewError> {
    match notice.claimant(now) {
        Some(holder) if holder == by.id => Ok(()),
        Some(_) => Err(ReviewError::ClaimedByOther),
        None => Err(ReviewError::ClaimRequired),
    }
}

/// Refuses a second approval by the same person as such, before they are told to claim the notice for it.
fn not_the_same(tx: &mut Conn, notice: &Notice, by: Moderator) -> Result<(), ReviewError> {
    let standing = notice.standing(notices::approvals(tx, notice.id.0, notice.published_or_newest())?);
    let waits = standing.waits_for_another_than(by.id);
    if waits { Err(Refusal::SameApprover.into()) } else { Ok(()) }
}

fn check_reason(decision: &Decision) -> Result<(), ReviewError> {
    let reason = decision.reason.as_deref().and_then(|name| Reason::named(decision.step, name));
    let fits = Reason::names(decision.step).is_empty() || reason.is_some();
    let needs_note = decision.step == Step::Ask || reason == Some(Reason::Reject(Reject::Other));
    let has_note = decision.note.as_deref().is_some_and(|n| !n.trim().is_empty());
    match (fits, has_note || !needs_note) {
        (false, _) => Err(ReviewError::Reason),
        (true, false) => Err(ReviewError::Note),
        (true, true) => Ok(()),
    }
}

/// A revision that is reviewed; an erased notice is unknown here.
fn opened(tx: &mut Conn, vault: &Vault, notice: &Notice, number: i32) -> Result<Opened, ReviewError> {
    notices::opened(tx, vault, notice, number)?.ok_or(ReviewError::Unknown)
}

fn check_police(tx: &mut Conn, vault: &Vault, notice: &Notice, revision: i32) -> Result<(), ReviewError> {
    let content = opened(tx, vault, notice, revision)?;
    if content.private()?.police.reference.is_some() {
        return Ok(());
    }
    if asks_for_reference(&content)? || notice.sealed && sealed_asked(tx, vault, notice)? {
        return Err(ReviewError::PoliceReferenceRequired);
    }
    Ok(())
}

fn asks_for_reference(content: &Opened) -> Result<bool, StoreError> {
    Ok(policy::line(&content.public, &content.private()?).police == policy::Police::Required)
}

/// Whether any revision of a sealed case asked for a reference: an edit takes back no more than that.
fn sealed_asked(tx: &mut Conn, vault: &Vault, notice: &Notice) -> Result<bool, StoreError> {
    for number in 1..=notice.revision {
        if let Some(content) = notices::opened(tx, vault, notice, number)?
            && asks_for_reference(&content)?
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Records an act on a notice that does not change its state.
fn note_down(
    tx: &mut Conn,
    notice: &Notice,
    act: Act,
    by: Moderator,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    events::append(tx, Entry { reason, ..Entry::noted(notice, act, Actor::Moderator(by), now) })
}
