//! Records what became of the worker's sends: gathers results into few transactions, and gives their slots in the
//! window back once they are on the disk.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc};
use uuid::Uuid;

use super::held_leases::HeldLease;
use super::worker::{LEASE_FOR, Worker};
use crate::store::results::{self, Record};
use crate::store::{StoreError, lanes};

/// Results in one transaction, at most.
pub(super) const BATCH: usize = 500;
/// How long results wait for others to join them: a commit costs the same for one as for many.
const GATHER: Duration = Duration::from_millis(2);
/// How long results that could not be recorded wait for another try.
const RECORD_AGAIN: Duration = Duration::from_secs(1);

/// One send's result, and the slot to give back once it is recorded.
pub(super) type Done = (Record, Slot);

/// A send's slot in the window, and its lease among those that are in hand.
pub(super) struct Slot {
    pub(super) permit: OwnedSemaphorePermit,
    pub(super) _lease: HeldLease,
}

impl Worker {
    /// Records until nobody sends any more.
    pub(super) async fn record_all(self, mut results: mpsc::Receiver<Done>) {
        let mut batch = Vec::with_capacity(BATCH);
        while results.recv_many(&mut batch, BATCH).await > 0 {
            if batch.len() < BATCH / 4 {
                tokio::time::sleep(GATHER).await;
                while batch.len() < BATCH
                    && let Ok(result) = results.try_recv()
                {
                    batch.push(result);
                }
            }
            self.record_surely(std::mem::take(&mut batch)).await;
            self.work_is_due.notify_one();
        }
    }

    /// Records results, in ever smaller parts where the database refuses, so that one that it cannot hold
    /// does not cost the others. Their slots in the window stay taken meanwhile: while nothing can be
    /// recorded, nothing more is sent. A result that is refused alone for a lease's time, by a database that
    /// takes other changes to its lane, is given up; what was sent is then sent again.
    async fn record_surely(&self, results: Vec<Done>) {
        let patience_ends = self.clock.steady() + LEASE_FOR;
        let mut parts = vec![results];
        while let Some(mut part) = parts.pop() {
            let Err(error) = self.record(&mut part).await else { continue };
            if part.len() == 1 && self.clock.steady() >= patience_ends && self.takes_changes(&part).await {
                self.metrics.lost(part.len());
                tracing::error!(%error, results = part.len(), "results could not be recorded");
                continue;
            }
            tracing::warn!(%error, results = part.len(), "results could not be recorded yet");
            tokio::time::sleep(RECORD_AGAIN).await;
            let rest = part.split_off(part.len() / 2);
            parts.extend([rest, part].into_iter().filter(|part| !part.is_empty()));
        }
    }

    /// Whether the database takes a change to the lanes of these, though it refuses their results.
    async fn takes_changes(&self, results: &[Done]) -> bool {
        let groups: Vec<Uuid> = results.iter().map(|(record, _)| record.leased.group).collect();
        self.store.write(move |tx| lanes::touch(tx, &groups)).await.is_ok()
    }

    /// Records results and gives their slots back; on failure both are still in `results`.
    pub(super) async fn record(&self, results: &mut Vec<Done>) -> Result<(), StoreError> {
        let (records, slots): (Vec<Record>, Vec<Slot>) = results.drain(..).unzip();
        if records.is_empty() {
            return Ok(());
        }
        let records = Arc::new(records);
        let shared = Arc::clone(&records);
        let recorded = self.store.write(move |tx| results::record(tx, &shared)).await;
        if recorded.is_ok() {
            self.metrics.recorded(slots.len());
        } else {
            self.metrics.results_refused();
            results.extend(Arc::unwrap_or_clone(records).into_iter().zip(slots));
        }
        recorded.map(drop)
    }
}
