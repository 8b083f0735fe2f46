//! Held tips: the holder of the case reads them, and passes each on or discards it. The person may have fled
//! from the family, and a tip may come from a swindler. Of somebody who may not want to be found the family
//! learns only that the police know ([`Weighing::guarded`](crate::domain::life_cycle::Weighing::guarded)).
//!
//! What objects to the notice, perhaps the person sought, is for a lead, also after the end: one volunteer alone
//! cannot make it vanish. Whoever believes it can pause or remove the notice.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::view::is_own;
use super::{Desk, ReviewError, held_by, note_down, with_notice};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::{ActedAs, Refusal, State, Step};
use crate::domain::logged::Act;
use crate::domain::named::named;
use crate::domain::people::Moderator;
use crate::domain::reason::Reason;
use crate::domain::tip::Content;
use crate::store::transition::By;
use crate::store::{notices, tips};

named! {
    /// What becomes of a tip that was held back, in the order in which it is offered.
    pub enum Fate {
        /// The reporter may read it, without the phone of whoever sent it, or that the police know.
        PassOn = "pass_on",
        /// A lead believes what objects to a notice that is over: what is like it is for the leads from now on.
        Believe = "believe",
        /// Only leads still read it.
        Discard = "discard",
    }
}

impl Fate {
    /// As what it stands in the notice's history.
    const fn act(self) -> Act {
        match self {
            Fate::PassOn => Act::PassTip,
            Fate::Believe => Act::BelieveTip,
            Fate::Discard => Act::DiscardTip,
        }
    }
}

/// What may become of a tip by the hand of that moderator, where its notice stands there. `objects`: it does so to a
/// search for a person. What is live is removed by whoever believes that.
pub fn fates(told: &Content, objects: bool, by_lead: bool, state: State) -> &'static [Fate] {
    match (objects, by_lead) {
        (false, _) if !told.objects() => &[Fate::PassOn, Fate::Discard],
        (true, false) => &[],
        (true, true) if state.awaits_erasure() => &[Fate::Believe, Fate::Discard],
        _ => &[Fate::Discard],
    }
}

impl Desk {
    /// Decides what becomes of a held tip, once. After the end nobody holds a case, and a lead decides without.
    ///
    /// # Errors
    /// [`Refusal::SameApprover`] for who handed it in, [`ReviewError::ClaimRequired`] for whoever does not
    /// hold the case, [`ReviewError::TipUnknown`] where no such tip is held any more, [`Refusal::LeadRequired`] where
    /// it objects to the notice, [`ReviewError::TipNotPassed`] where that cannot become of it at all.
    pub async fn decide_tip(
        &self,
        case: CaseNumber,
        tip: Uuid,
        fate: Fate,
        by: Moderator,
        now: DateTime<Utc>,
    ) -> Result<(), ReviewError> {
        let (vault, until) = (self.vault.clone(), now + self.times.claim);
        self.step(case, by, now, move |tx| {
            with_notice(tx, case, by, |tx, notice| {
                let state = notice.state_at(now);
                let over = by.lead && state.awaits_erasure();
                if !over {
                    held_by(&notice, by, now)?;
                }
                if is_own(&notice, by) {
                    return Err(Refusal::SameApprover.into());
                }
                let held = tips::held(tx, notice.id.0, tip)?.filter(|tip| tip.objects || !over);
                let held = held.ok_or(ReviewError::TipUnknown)?;
                let key = notice.key(&vault)?.ok_or(ReviewError::TipUnknown)?;
                let told = held.content(&key)?;
                if !fates(&told, held.objects, by.lead, state).contains(&fate) {
                    let for_leads = held.objects && !by.lead && fate != Fate::PassOn;
                    let impossible = ReviewError::TipNotPassed { state };
                    return Err(if for_leads { Refusal::LeadRequired.into() } else { impossible });
                }
                if !over {
                    notices::hold_on(tx, notice.id.0, until)?;
                }
                let guards = told.guards(notice.kind);
                // A troll's tip is discarded.
                if guards && fate != Fate::Discard {
                    notices::guard(tx, notice.id.0)?;
                }
                match fate {
                    Fate::PassOn => {
                        // Where the reporter may not read it, it says so itself from now on, whatever the
                        // notice says later.
                        let guarded = notice.sealed || notice.guarded || guards;
                        let guarded_meanwhile = tips::endangered(tx, &notice, &key)?;
                        let content = Content { guarded, guarded_meanwhile, ..told };
                        tips::pass_on(tx, held.id, &tips::sealed(&key, &content)?)?;
                    }
                    Fate::Believe | Fate::Discard => tips::discard(tx, held.id)?,
                }
                Ok(note_down(tx, &notice, fate.act(), by, None, now)?)
            })
        })
        .await
    }
}

/// Whether a decision that ends a notice answers what objects to it: it protects who is sought, or a lead took it who
/// held the case (`has_read`) and so has read that. What else objects still waits for a lead.
pub(super) fn answers(step: Step, by: &By<'_>, has_read: bool) -> bool {
    let reason = by.reason.and_then(|name| Reason::named(step, name));
    let protects = reason.is_some_and(|reason| Reason::PROTECT.contains(&reason));
    protects || has_read && by.actor.acted_as() == ActedAs::Lead
}
