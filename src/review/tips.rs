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
use crate::domain::people::Moderator;
use crate::domain::tip::Content;
use crate::store::Conn;
use crate::store::notices::{self, Notice};
use crate::store::tips::{self, Tip};
use crate::vault::Key;

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
                if fate == Fate::PassOn && held.content(&key)?.objects() {
                    return Err(ReviewError::TipNotPassed { state: notice.state_at(now) });
                }
                notices::hold_on(tx, notice.id.0, until)?;
                match fate {
                    Fate::PassOn => pass_on(tx, &key, &notice, &held)?,
                    Fate::Discard => tips::discard(tx, held.id)?,
                }
                Ok(note_down(tx, &notice, fate.act(), by, None, now)?)
            })
        })
        .await
    }
}

/// Passes a tip on. Where the reporter may not read it, it says so itself from now on, whatever the notice
/// says later. After a tip that tells of danger the reporter reads none any more.
fn pass_on(tx: &mut Conn, key: &Key, notice: &Notice, tip: &Tip) -> Result<(), ReviewError> {
    let told = tip.content(key)?;
    if told.tells_of_danger() {
        notices::guard(tx, notice.id.0)?;
    }
    let guarded = notice.sealed || notice.guarded || told.tells_of_danger();
    let content = Content { guarded, ..told };
    Ok(tips::pass_on(tx, tip.id, &tips::sealed(key, &content)?)?)
}
