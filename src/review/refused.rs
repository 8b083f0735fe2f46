//! Who looks for sealed cases, by their numbers or by handing in names, leaves a trace, whichever door they try.

use chrono::{DateTime, Utc};

use super::view::{self, Sheet};
use super::{Desk, Moderator, ReviewError};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::Refusal;
use crate::store::{Conn, denials};

impl Desk {
    /// Everything that a moderator may see of a notice.
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
        self.answered(case, by, now, found).await
    }

    /// Takes a step with a notice, in one transaction.
    pub(super) async fn step<T: Send + 'static>(
        &self,
        case: CaseNumber,
        by: Moderator,
        now: DateTime<Utc>,
        take: impl FnOnce(&mut Conn) -> Result<T, ReviewError> + Send + 'static,
    ) -> Result<T, ReviewError> {
        let taken = self.store.write(take).await;
        self.answered(case, by, now, taken).await
    }

    /// The answer to somebody who wanted something of a notice, once it is recorded that they were not let in.
    ///
    /// # Errors
    /// That of the answer, and what the database refuses.
    pub async fn answered<T>(
        &self,
        case: CaseNumber,
        by: Moderator,
        now: DateTime<Utc>,
        answer: Result<T, ReviewError>,
    ) -> Result<T, ReviewError> {
        if matches!(answer, Err(ReviewError::Refused(Refusal::LeadRequired))) {
            self.store.write(move |tx| denials::record_denied(tx, case, by, now)).await?;
        }
        answer
    }
}
