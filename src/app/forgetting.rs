//! The jobs that forget what is no longer of use.

use uuid::Uuid;

use super::Stations;
use crate::accounts::sessions;
use crate::groups::{LOG_KEPT, PROBES_KEPT};
use crate::store::{StoreError, deliveries, probes};

/// Rows that one transaction forgets.
const SLICE: i64 = 500;

impl Stations {
    /// Forgets sessions that have ended.
    ///
    /// # Errors
    /// One line for the log.
    pub async fn forget_sessions(&self) -> Result<(), String> {
        let now = self.shared.clock.now();
        sessions::forget_ended(&self.shared.store, now).await.map(drop).map_err(|e| e.to_string())
    }

    /// Forgets the robots whose codes and tests no longer count.
    ///
    /// # Errors
    /// One line for the log.
    pub async fn forget_probes(&self) -> Result<(), String> {
        let before = self.shared.clock.now() - PROBES_KEPT;
        self.shared.store.write(move |tx| probes::forget(tx, before)).await.map_err(|e| e.to_string())
    }

    /// Forgets attempts from before the time that a delivery log reaches back to, a few at a time, so that
    /// nobody waits long for it.
    ///
    /// # Errors
    /// One line for the log.
    pub async fn forget_attempts(&self) -> Result<(), String> {
        let before = self.shared.clock.now() - LOG_KEPT;
        loop {
            let prune = self.shared.store.write(move |tx| deliveries::prune_attempts(tx, before, SLICE));
            if prune.await.map_err(|e| e.to_string())? < SLICE as usize {
                return Ok(());
            }
        }
    }

    /// Forgets what was said about notices of which only the tombstone is left, once no delivery log reaches
    /// back so far; a few rows at a time, so that nobody waits long for it.
    ///
    /// # Errors
    /// One line for the log.
    pub async fn forget_broadcasts(&self) -> Result<(), String> {
        let (store, before) = (&self.shared.store, self.shared.clock.now() - LOG_KEPT);
        let (mut beyond, mut failed) = (Uuid::nil(), None);
        loop {
            let next = store.read(move |c| deliveries::next_to_prune(c, before, beyond)).await;
            let Some((broadcast, notice)) = next.map_err(|e| e.to_string())? else {
                return failed.map_or(Ok(()), Err);
            };
            beyond = broadcast;
            // What cannot be forgotten holds up nothing else.
            if let Err(error) = self.forget_said_of(notice).await {
                failed.get_or_insert(error.to_string());
            }
        }
    }

    async fn forget_said_of(&self, notice: Uuid) -> Result<(), StoreError> {
        let prune = || self.shared.store.write(move |tx| deliveries::prune(tx, notice, SLICE));
        while prune().await? >= SLICE as usize {}
        Ok(())
    }

    /// Forgets the messages that were written and the posters that were drawn, so that nothing stays here of
    /// what another node has erased.
    ///
    /// # Errors
    /// None; it has the shape of a job.
    pub fn forget_messages(&self) -> Result<(), String> {
        self.worker.script.forget();
        self.shared.press.forget();
        Ok(())
    }

    /// Forgets the addresses that have used nothing of their allowance.
    ///
    /// # Errors
    /// None; it has the shape of a job.
    pub fn forget_addresses(&self) -> Result<(), String> {
        self.shared.limits.forget_idle();
        Ok(())
    }
}
