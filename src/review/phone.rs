//! The reporter's phone, and those in the tips, are shown for one case at a time, to its holder, for a reason,
//! and a limited number of times a day. A moderator who could read phones at will could find the one person
//! who asked not to be found.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::policy::PHONES_A_DAY;
use super::reasons::{self, Reveal};
use super::{Desk, ReviewError, held_by, note_down, opened, with_notice};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::Step;
use crate::domain::logged::Act;
use crate::domain::people::Moderator;
use crate::store::events::{self, Event};
use crate::store::notices::{self, Notice};
use crate::store::{Conn, denials};
use crate::vault::Vault;

/// A revealed phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
    /// E.164.
    pub phone: String,
    /// How many more this person may reveal today.
    pub left: i64,
}

impl Desk {
    /// Shows the reporter's phone to the holder of the case, for as long as they hold it. Asking again under
    /// the same claim gives the same answer and counts once. A refusal is recorded, too.
    ///
    /// # Errors
    /// [`ReviewError::ClaimRequired`] for anybody else, [`ReviewError::Reason`] without a reason,
    /// [`ReviewError::PhonesUsedUp`] beyond [`PHONES_A_DAY`].
    pub async fn reveal_phone(
        &self,
        case: CaseNumber,
        by: Moderator,
        reason: Option<Reveal>,
        now: DateTime<Utc>,
    ) -> Result<Revealed, ReviewError> {
        let shown = self.show_phone(case, by, reason, now).await;
        if let Some(why) = shown.as_ref().err().and_then(reasons::of_refusal) {
            let refused = (Act::RefusePhone, Some(why.as_str()));
            self.store.write(move |tx| denials::record(tx, case, by, refused, now)).await?;
        }
        shown
    }

    async fn show_phone(
        &self,
        case: CaseNumber,
        by: Moderator,
        reason: Option<Reveal>,
        now: DateTime<Utc>,
    ) -> Result<Revealed, ReviewError> {
        let (vault, until) = (self.vault.clone(), now + self.times.claim);
        self.store
            .write(move |tx| {
                with_notice(tx, case, by, |tx, notice| {
                    let revealed = reveal(tx, &vault, &notice, by, reason, now)?;
                    notices::hold_on(tx, notice.id.0, until)?;
                    Ok(revealed)
                })
            })
            .await
    }
}

/// Reveals the phone of a locked notice, and records it.
fn reveal(
    tx: &mut Conn,
    vault: &Vault,
    notice: &Notice,
    by: Moderator,
    reason: Option<Reveal>,
    now: DateTime<Utc>,
) -> Result<Revealed, ReviewError> {
    held_by(notice, by, now)?;
    let reason = reason.ok_or(ReviewError::Reason)?;
    let phone = opened(tx, vault, notice, notice.under_review())?.private()?.reporter.phone;
    if !revealed(&events::of_notice(tx, notice.id.0)?, by.id) {
        // Recorded before it is counted: appending locks the head of the log, so two at once are serialised.
        note_down(tx, notice, Act::RevealPhone, by, Some(reason.as_str()), now)?;
    }
    let day = TimeDelta::days(1);
    let today = events::times_of(tx, by.id, Act::RevealPhone, now - day, PHONES_A_DAY + 1)?;
    if let Some(oldest) = usize::try_from(PHONES_A_DAY).ok().and_then(|cap| today.get(cap)) {
        tracing::warn!(account = %by.id, "a moderator asks for more phones than a day allows");
        return Err(ReviewError::PhonesUsedUp { wait: *oldest + day - now });
    }
    Ok(Revealed { phone, left: PHONES_A_DAY - today.len() as i64 })
}

/// Whether this person revealed the phone since they last claimed the case.
pub(super) fn revealed(log: &[Event], by: Uuid) -> bool {
    let mut mine = log.iter().rev().filter(|event| event.account_id.is_some_and(|id| id.0 == by));
    let last = mine.find(|event| event.is(Act::RevealPhone) || event.is(Step::Claim));
    last.is_some_and(|event| event.is(Act::RevealPhone))
}
