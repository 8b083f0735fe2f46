//! Held tips: the holder of the case reads them, and passes each on or discards it. The person may have fled
//! from the family, and a tip may come from a swindler. Of somebody who may not want to be found the family
//! learns only that the police know ([`Weighing::guarded`](crate::domain::life_cycle::Weighing::guarded)).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::view::is_own;
use super::{Desk, ReviewError, held_by, note_down, with_notice};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::Refusal;
use crate::domain::logged::Act;
use crate::domain::named::named;
use crate::domain::notice::Kind;
use crate::domain::people::Moderator;
use crate::domain::tip::Content;
use crate::store::{notices, tips};

named! {
    /// What becomes of a tip that was held back, in the order in which it is offered.
    pub enum Fate {
        /// The reporter may read it, without the phone of whoever sent it, or that the police know.
        PassOn = "pass_on",
        /// Only leads still read it.
        Discard = "discard",
    }
}

impl Fate {
    /// As what it stands in the notice's history.
    const fn act(self) -> Act {
        match self {
            Fate::PassOn => Act::PassTip,
            Fate::Discard => Act::DiscardTip,
        }
    }
}

impl Desk {
    /// Passes a held tip on or discards it, once.
    ///
    /// # Errors
    /// [`Refusal::SameApprover`] for who handed it in, [`ReviewError::ClaimRequired`] for whoever does not
    /// hold the case, [`ReviewError::TipUnknown`] where no such tip is held any more,
    /// [`ReviewError::TipNotPassed`] where a tip is to be passed on that is not for the reporter at all.
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
                held_by(&notice, by, now)?;
                if is_own(&notice, by) {
                    return Err(Refusal::SameApprover.into());
                }
                let held = tips::held(tx, notice.id.0, tip)?.ok_or(ReviewError::TipUnknown)?;
                let key = notice.key(&vault)?.ok_or(ReviewError::TipUnknown)?;
                let told = held.content(&key)?;
                if fate == Fate::PassOn && told.objects() {
                    return Err(ReviewError::TipNotPassed { state: notice.state_at(now) });
                }
                notices::hold_on(tx, notice.id.0, until)?;
                let guards = guards(notice.kind, &told);
                // A troll's tip is discarded; what the person sought says is only ever discarded.
                if guards && (fate == Fate::PassOn || told.objects()) {
                    notices::guard(tx, notice.id.0)?;
                }
                match fate {
                    Fate::PassOn => {
                        // Where the reporter may not read it, it says so itself from now on, whatever the
                        // notice says later.
                        let guarded = notice.sealed || notice.guarded || guards;
                        let content = Content { guarded, ..told };
                        tips::pass_on(tx, held.id, &tips::sealed(&key, &content)?)?;
                    }
                    Fate::Discard => tips::discard(tx, held.id)?,
                }
                Ok(note_down(tx, &notice, fate.act(), by, None, now)?)
            })
        })
        .await
    }
}

/// Whether the reporter of such a notice reads no tip any more after this one: it tells of a danger to the person
/// sought.
pub fn guards(kind: Kind, told: &Content) -> bool {
    kind == Kind::MissingPerson && told.tells_of_danger()
}
