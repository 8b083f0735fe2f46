//! Held tips: the holder of the case reads them, and passes each on to the family or discards it. The person
//! may have fled from the family, and a tip may come from a swindler.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::view::is_own;
use super::{Desk, Moderator, ReviewError, held_by, note_down, with_notice};
use crate::domain::life_cycle::Refusal;
use crate::domain::named::named;
use crate::store::tips;

named! {
    /// What becomes of a tip that was held back, in the order in which it is offered.
    pub enum Fate {
        /// The reporter may read it, without the phone of whoever sent it.
        PassOn = "pass_on",
        /// It is deleted.
        Discard = "discard",
    }
}

impl Fate {
    /// The name in the notice's history.
    const fn step(self) -> &'static str {
        match self {
            Fate::PassOn => "pass_tip",
            Fate::Discard => "discard_tip",
        }
    }
}

impl Desk {
    /// Passes a held tip on or discards it, once.
    ///
    /// # Errors
    /// [`Refusal::SameApprover`] for who handed it in, [`ReviewError::ClaimRequired`] for whoever does not
    /// hold the case, [`ReviewError::TipUnknown`] where no such tip is held any more.
    pub async fn decide_tip(
        &self,
        case: String,
        tip: Uuid,
        fate: Fate,
        by: Moderator,
        now: DateTime<Utc>,
    ) -> Result<(), ReviewError> {
        self.store
            .write(move |tx| {
                with_notice(tx, &case, by, |tx, notice| {
                    held_by(&notice, by, now)?;
                    if is_own(&notice, by) {
                        return Err(Refusal::SameApprover.into());
                    }
                    let decided = match fate {
                        Fate::PassOn => tips::pass_on(tx, notice.id.0, tip)?,
                        Fate::Discard => tips::discard(tx, notice.id.0, tip)?,
                    };
                    if !decided {
                        return Err(ReviewError::TipUnknown);
                    }
                    Ok(note_down(tx, &notice, fate.step(), by, None, now)?)
                })
            })
            .await
    }
}
