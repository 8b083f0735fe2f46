//! The reporter's phone: shown one case at a time, to its holder, for a reason, and so often a day. Who
//! could read phones at will could find the one person who asked not to be found.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::policy::PHONES_A_DAY;
use super::{Desk, Moderator, ReviewError, held_by, locked, note_down, reasons, view, with_notice};
use crate::domain::life_cycle::Step;
use crate::store::Conn;
use crate::store::events::{self, Event};
use crate::store::notices::{self, Notice};
use crate::vault::Vault;

/// The names of this step and of its refusal in the notice's history.
const STEP: &str = "reveal_phone";
const REFUSED: &str = "refuse_phone";
/// Whoever is refused again within this time is not written down again: asking fills no log.
const REFUSAL_HOLDS: Duration = Duration::hours(1);

/// A phone that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
    /// E.164.
    pub phone: String,
    /// How many more the same person may have shown today.
    pub left: i64,
}

impl Desk {
    /// Shows the reporter's phone to the holder of the case, for as long as it is held. Asking again
    /// under the same claim answers the same and counts once. Who is refused it is written down, too.
    ///
    /// # Errors
    /// [`ReviewError::ClaimRequired`] for anybody else, [`ReviewError::Reason`] without a reason of
    /// [`reasons::REVEAL`], [`ReviewError::PhonesUsedUp`] beyond [`PHONES_A_DAY`].
    pub async fn reveal_phone(
        &self,
        case: String,
        by: Moderator,
        reason: String,
        now: DateTime<Utc>,
    ) -> Result<Revealed, ReviewError> {
        let shown = self.show_phone(case.clone(), by, reason, now).await;
        if let Some(why) = shown.as_ref().err().and_then(reasons::of_refusal) {
            self.note_refusal(case, by, why, now).await?;
        }
        shown
    }

    async fn show_phone(
        &self,
        case: String,
        by: Moderator,
        reason: String,
        now: DateTime<Utc>,
    ) -> Result<Revealed, ReviewError> {
        let vault = self.vault.clone();
        self.store
            .write(move |tx| {
                with_notice(tx, &case, by, |tx, notice| reveal(tx, &vault, &notice, by, &reason, now))
            })
            .await
    }

    /// Writes a refusal down. Nothing of what was refused is kept, so it has a transaction of its own.
    async fn note_refusal(
        &self,
        case: String,
        by: Moderator,
        why: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(), ReviewError> {
        self.store
            .write(move |tx| {
                let notice = locked(tx, &case)?;
                let lately = |event: &Event| {
                    let mine = event.account_id.is_some_and(|id| id.0 == by.id);
                    mine && event.step == REFUSED && event.at.0 > now - REFUSAL_HOLDS
                };
                if events::of_notice(tx, notice.id.0)?.iter().any(lately) {
                    return Ok(());
                }
                Ok(note_down(tx, &notice, REFUSED, by, Some(why), now)?)
            })
            .await
    }
}

/// Shows the phone of a locked notice, and writes down that it does.
fn reveal(
    tx: &mut Conn,
    vault: &Vault,
    notice: &Notice,
    by: Moderator,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<Revealed, ReviewError> {
    held_by(notice, by, now)?;
    if !reasons::REVEAL.contains(&reason) {
        return Err(ReviewError::Reason);
    }
    let revision = notices::revision(tx, notice.id.0, view::read(notice))?.ok_or(ReviewError::Unknown)?;
    let key = notice.key(vault)?.ok_or(ReviewError::Unknown)?;
    let phone = revision.private(&key)?.reporter.phone;
    if !revealed(&events::of_notice(tx, notice.id.0)?, by.id) {
        // Written before it is counted: the log's head keeps two at once in a row.
        note_down(tx, notice, STEP, by, Some(reason), now)?;
    }
    let day = Duration::days(1);
    let today = events::times_of(tx, by.id, STEP, now - day, PHONES_A_DAY + 1)?;
    if let Some(oldest) = usize::try_from(PHONES_A_DAY).ok().and_then(|cap| today.get(cap)) {
        tracing::warn!(account = %by.id, "a moderator asks for more phones than a day allows");
        return Err(ReviewError::PhonesUsedUp { wait: *oldest + day - now });
    }
    Ok(Revealed { phone, left: PHONES_A_DAY - today.len() as i64 })
}

/// Whether somebody had the phone shown since they last took the case on.
pub(super) fn revealed(log: &[Event], by: Uuid) -> bool {
    let mine = log.iter().rev().filter(|event| event.account_id.is_some_and(|id| id.0 == by));
    let mut steps = mine.map(|event| event.step.as_str());
    steps.find(|step| [STEP, Step::Claim.as_str()].contains(step)) == Some(STEP)
}
