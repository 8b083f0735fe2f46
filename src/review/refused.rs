//! Refusals that leave a trace: who asks again and again for what is not theirs, a phone or a sealed case, is
//! found in the log.

use chrono::{DateTime, TimeDelta, Utc};

use super::view::{self, Sheet};
use super::{Desk, Moderator, ReviewError, locked, note_down};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::Refusal;
use crate::domain::logged::Act;
use crate::store::events::{self, Event};

/// A person who is refused again within this time is not recorded again, so that asking cannot fill the log.
const REFUSAL_HOLDS: TimeDelta = TimeDelta::hours(1);

impl Desk {
    /// Everything that a moderator may see of a notice. Who looks for sealed cases, by their numbers or by
    /// handing in names, leaves a trace.
    ///
    /// # Errors
    /// As [`view::sheet`].
    pub async fn sheet(
        &self,
        case: CaseNumber,
        by: Moderator,
        now: DateTime<Utc>,
    ) -> Result<Sheet, ReviewError> {
        let vault = self.vault.clone();
        let found = self.store.read(move |c| Ok(view::sheet(c, &vault, case, by, now))).await?;
        if matches!(found, Err(ReviewError::Refused(Refusal::LeadRequired))) {
            self.note_refusal(case, by, (Act::RefuseSheet, None), now).await?;
        }
        found
    }

    /// Records a refusal in the notice's history. The refused step itself was rolled back, so
    /// this needs a transaction of its own.
    pub(super) async fn note_refusal(
        &self,
        case: CaseNumber,
        by: Moderator,
        (act, why): (Act, Option<&'static str>),
        now: DateTime<Utc>,
    ) -> Result<(), ReviewError> {
        self.store
            .write(move |tx| {
                let notice = locked(tx, case)?;
                let lately = |event: &Event| {
                    let mine = event.account_id.is_some_and(|id| id.0 == by.id);
                    mine && event.is(act) && event.at.0 > now - REFUSAL_HOLDS
                };
                if events::of_notice(tx, notice.id.0)?.iter().any(lately) {
                    return Ok(());
                }
                Ok(note_down(tx, &notice, act, by, why, now)?)
            })
            .await
    }
}
