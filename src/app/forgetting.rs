//! The jobs that forget what is no longer of use. Each fails only where the database refuses.

use super::Stations;
use crate::accounts::sessions;
use crate::groups::{LOG_KEPT, PROBES_KEPT};
use crate::store::pruning::{self, AttemptPlace, DeliveryPlace};
use crate::store::{StoreError, probes};

/// Rows that one transaction forgets.
const SLICE: i64 = 500;

impl Stations {
    /// Forgets sessions that have ended.
    pub async fn forget_sessions(&self) -> anyhow::Result<()> {
        let now = self.shared.clock.now();
        Ok(sessions::forget_ended(&self.shared.store, now).await.map(drop)?)
    }

    /// Forgets the robots whose codes and tests no longer count.
    pub async fn forget_probes(&self) -> anyhow::Result<()> {
        let before = self.shared.clock.now() - PROBES_KEPT;
        Ok(self.shared.store.write(move |tx| probes::forget(tx, before)).await?)
    }

    /// Forgets attempts from before the time that a delivery log reaches back to, a few at a time, so that
    /// nobody waits long for it.
    pub async fn forget_attempts(&self) -> anyhow::Result<()> {
        let (store, before) = (&self.shared.store, self.shared.clock.now() - LOG_KEPT);
        let mut beyond = Some(AttemptPlace::default());
        while let Some(place) = beyond {
            let prune = store.write(move |tx| pruning::prune_attempts(tx, before, place, SLICE));
            beyond = prune.await?;
        }
        Ok(())
    }

    /// Forgets what was said about notices of which the tombstone alone is left, once no delivery log reaches
    /// back so far, but for what a group still waits to hear; a few rows at a time, so that nobody waits
    /// behind it.
    ///
    /// # Errors
    /// When the database refuses; what it does not refuse is forgotten.
    pub async fn forget_broadcasts(&self) -> anyhow::Result<()> {
        let (store, before) = (&self.shared.store, self.shared.clock.now() - LOG_KEPT);
        let (mut place, mut failed) = (DeliveryPlace::default(), None);
        loop {
            let next = store.read(move |c| pruning::next_slice(c, before, place, SLICE)).await;
            let Some(slice) = next? else {
                return failed.map_or(Ok(()), |error: StoreError| Err(error.into()));
            };
            place = slice.end;
            if slice.is_prunable() {
                let prune = store.write(move |tx| pruning::prune(tx, &slice));
                // What cannot be forgotten keeps nothing else.
                if let Err(error) = prune.await {
                    failed.get_or_insert(error);
                }
            }
        }
    }

    /// Forgets the messages that were written and the posters that were drawn, so that nothing stays here of
    /// what another node has erased.
    pub fn forget_messages(&self) {
        self.worker.script.forget();
        self.shared.press.forget();
    }
}
