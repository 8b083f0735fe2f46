//! Lease, send, record: takes what is due to the platforms and writes down what became of it.
//!
//! Three loops: one grows broadcasts and leases lanes, many send, one gathers results into few
//! transactions. The window bounds how many sends may be unrecorded, so a crash or a stalled disk
//! cannot double more than that.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::plan;
use super::platforms::{Act, Credentials, Stamp, Verdict, adapter};
use super::retry::{self, Attempt, Next};
use super::script::Script;
use super::send::Sender;
use crate::clock::Clock;
use crate::domain::delivery::{DeliveryState, Outcome, Reach};
use crate::domain::group::Platform;
use crate::store::deliveries::{self, Leased, Record};
use crate::store::{Answer, Store, StoreError};
use crate::vault::Vault;

/// Sends that may be under way or unrecorded at any time.
const WINDOW: usize = 640;
/// Results in one transaction, at most.
const BATCH: usize = 500;
/// Lanes leased at once.
const LEASE: i64 = 256;
/// How long a lane stays leased; longer than any exchange takes.
const LEASE_FOR: TimeDelta = TimeDelta::seconds(60);
/// The safety poll behind all waking.
const POLL: Duration = Duration::from_secs(20);

/// What the worker works with.
#[derive(Clone)]
pub struct Worker {
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub sender: Arc<Sender>,
    pub script: Arc<Script>,
    /// Told by every commit that makes work due.
    pub wake: Arc<Notify>,
}

/// One send's result, and the place in the window that it gives back once recorded.
type Done = (Record, OwnedSemaphorePermit);

impl Worker {
    /// Works until `stop`; then lets what is in flight finish and records it.
    pub async fn run(self, stop: CancellationToken) {
        let window = Arc::new(Semaphore::new(WINDOW));
        let sends = TaskTracker::new();
        let (done, results) = mpsc::channel(WINDOW);
        let recorder = tokio::spawn(self.clone().record_all(results));
        while !stop.is_cancelled() {
            let asked_at = self.clock.now();
            let busy = match self.start_due(&window, &sends, &done).await {
                Ok(busy) => busy,
                Err(error) => {
                    tracing::error!(%error, "the worker could not read its queue");
                    tokio::select! { () = tokio::time::sleep(Duration::from_secs(1)) => {}, () = stop.cancelled() => {} }
                    continue;
                }
            };
            if !busy {
                self.rest(asked_at, &stop).await;
            }
        }
        sends.close();
        sends.wait().await;
        drop(done);
        if recorder.await.is_err() {
            tracing::error!("the recorder of results panicked");
        }
    }

    /// Works until nothing is due any more: for tests with a hand-driven clock.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drain(&self) -> Answer<()> {
        let window = Arc::new(Semaphore::new(WINDOW));
        loop {
            let sends = TaskTracker::new();
            let (done, mut results) = mpsc::channel(WINDOW);
            let busy = self.start_due(&window, &sends, &done).await?;
            drop(done);
            sends.close();
            sends.wait().await;
            let mut batch = Vec::new();
            while results.recv_many(&mut batch, BATCH).await > 0 {}
            let idle = batch.is_empty();
            self.record(batch).await?;
            if !busy && idle {
                return Ok(());
            }
        }
    }

    /// Grows one broadcast by a slice, leases what is due and starts sending it; answers whether there
    /// was anything to do.
    async fn start_due(
        &self,
        window: &Arc<Semaphore>,
        sends: &TaskTracker,
        done: &mpsc::Sender<Done>,
    ) -> Answer<bool> {
        let room = i64::try_from(window.available_permits()).unwrap_or(LEASE).min(LEASE);
        let now = self.clock.now();
        let (grown, leased) = self
            .store
            .write(move |tx| {
                let grown = plan::grow(tx, now)?;
                let leased = deliveries::lease(tx, now, now + LEASE_FOR, room, &|platform, sends| {
                    pace(platform, sends, now)
                })?;
                Ok::<_, StoreError>((grown, leased))
            })
            .await?;
        let busy = grown || !leased.is_empty();
        for leased in leased {
            // There is room: only this loop takes from the window.
            let Ok(permit) = window.clone().acquire_owned().await else { break };
            let (worker, done) = (self.clone(), done.clone());
            sends.spawn(async move {
                let record = worker.send(leased).await;
                if done.send((record, permit)).await.is_err() {
                    tracing::error!("a result was lost because the recorder is gone");
                }
            });
        }
        Ok(busy)
    }

    /// Sleeps until something is due, a commit wakes us, or the safety poll comes round.
    async fn rest(&self, asked_at: DateTime<Utc>, stop: &CancellationToken) {
        let due = match self.store.read(move |c| deliveries::next_due(c, asked_at)).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "the worker could not read its queue");
                None
            }
        };
        let wait = due.map_or(POLL, |due| (due - self.clock.now()).to_std().unwrap_or_default()).min(POLL);
        tokio::select! {
            () = self.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }

    async fn send(&self, leased: Leased) -> Record {
        let started = self.clock.now();
        if leased.not_after.is_some_and(|end| end <= started) {
            return not_sent(leased, started);
        }
        let clock = std::time::Instant::now();
        let (verdict, parts) = self.attempt(&leased, started).await;
        let took_ms = i32::try_from(clock.elapsed().as_millis()).unwrap_or(i32::MAX);
        let at = self.clock.now();
        tracing::info!(
            delivery = leased.delivery,
            platform = leased.platform.as_str(),
            outcome = verdict.outcome.as_str(),
            code = verdict.code.as_deref(),
            took_ms,
            "attempt"
        );
        concluded(leased, verdict, parts, at, took_ms)
    }

    /// One request, from the written message to the platform's verdict.
    async fn attempt(&self, leased: &Leased, now: DateTime<Utc>) -> (Verdict, usize) {
        let ours = |code: &str| Verdict::ours(Outcome::Retry, code);
        let adapter = adapter(leased.platform);
        let parts = match self.script.parts(leased.broadcast, leased.platform, leased.language).await {
            Ok(parts) => parts,
            Err(error) => {
                tracing::error!(%error, "a message could not be written");
                return (ours("internal"), 1);
            }
        };
        let credentials: Option<Credentials> = self
            .vault
            .open("credentials", &leased.credentials_sealed)
            .ok()
            .and_then(|plain| serde_json::from_slice(&plain).ok());
        let (Some(credentials), Some(body)) =
            (credentials, parts.get(usize::try_from(leased.part).unwrap_or(0)))
        else {
            return (ours("internal"), parts.len());
        };
        let stamp = Stamp::new(now, uuid::Uuid::from_u64_pair(72, leased.delivery.unsigned_abs()));
        let act = Act::Say(usize::try_from(leased.part).unwrap_or(0));
        let verdict = match self.sender.send(adapter.address(act, body, &credentials, &stamp)).await {
            Ok(answer) => adapter.judge(act, &answer),
            Err(fault) => Verdict::ours(fault.outcome(), fault.as_str()),
        };
        (verdict, parts.len())
    }

    async fn record_all(self, mut results: mpsc::Receiver<Done>) {
        let mut batch = Vec::with_capacity(BATCH);
        while results.recv_many(&mut batch, BATCH).await > 0 {
            let results = std::mem::take(&mut batch);
            if let Err(error) = self.record(results).await {
                // The leases run out, and what was sent without a record is sent again: bounded by
                // the window, whose places these results gave back.
                tracing::error!(%error, "results could not be recorded");
            }
            self.wake.notify_one();
        }
    }

    async fn record(&self, results: Vec<Done>) -> Answer<()> {
        let (records, permits): (Vec<Record>, Vec<OwnedSemaphorePermit>) = results.into_iter().unzip();
        if records.is_empty() {
            return Ok(());
        }
        self.store.write(move |tx| deliveries::record(tx, &records)).await?;
        drop(permits);
        Ok(())
    }
}

fn pace(platform: Platform, sends: &[DateTime<Utc>], now: DateTime<Utc>) -> DateTime<Utc> {
    let profile = adapter(platform).profile();
    let at = retry::open_at(profile.rate, sends, 1, now);
    if profile.avoids_round_hours && at > now { retry::off_the_hour(at, random()) } else { at }
}

fn random() -> u64 {
    u64::from_be_bytes(crate::vault::random())
}

fn reach(stored: i16) -> Reach {
    match stored {
        0 => Reach::No,
        1 => Reach::Maybe,
        _ => Reach::Yes,
    }
}

/// A lease whose notice ended before the request left.
fn not_sent(leased: Leased, at: DateTime<Utc>) -> Record {
    let mut sends = leased.sends.clone();
    sends.pop();
    Record {
        state: DeliveryState::Cancelled,
        due_at: at,
        part: leased.part,
        reach: leased.reach_before,
        outcome: "ended",
        code: None,
        message_ref: None,
        at,
        took_ms: 0,
        lane_open_at: at,
        disable: None,
        attempted: false,
        sends,
        leased,
    }
}

/// What a verdict means for the delivery, its lane and its group.
fn concluded(leased: Leased, verdict: Verdict, parts: usize, at: DateTime<Utc>, took_ms: i32) -> Record {
    let before = reach(leased.reach_before);
    let attempt = Attempt {
        attempts: leased.attempts.unsigned_abs(),
        reach: before,
        now: at,
        random: random(),
        until: leased.not_after.unwrap_or(at + TimeDelta::days(3)),
    };
    let next = retry::next(&verdict.outcome, &attempt);
    let mut sends = leased.sends.clone();
    if let Some(last) = sends.last_mut() {
        // By its end it had certainly arrived: the platform's window cannot hold more than ours.
        *last = at;
    }
    let mut record = Record {
        state: DeliveryState::Open,
        due_at: at,
        part: leased.part,
        reach: before.max(if verdict.outcome == Outcome::Unknown { Reach::Maybe } else { Reach::No }) as i16,
        outcome: verdict.outcome.as_str(),
        code: verdict.code,
        message_ref: None,
        at,
        took_ms,
        lane_open_at: pace(leased.platform, &sends, at),
        disable: None,
        attempted: true,
        sends,
        leased,
    };
    match next {
        Next::Done(reference) => {
            record.reach = Reach::Yes as i16;
            record.message_ref = reference;
            record.part += 1;
            let whole = usize::try_from(record.part).is_ok_and(|sent| sent >= parts);
            record.state = if whole { DeliveryState::Delivered } else { DeliveryState::Open };
        }
        Next::At(due) => record.due_at = due,
        Next::Hold(until) | Next::Mend(_, until) => {
            record.due_at = until;
            record.lane_open_at = record.lane_open_at.max(until);
        }
        // None of the platforms connected by webhook moves a chat; where one does, it is asked again.
        Next::Move(_) => record.due_at = at,
        Next::GiveUp(_) => record.state = given_up(&record),
        Next::Disable => {
            record.state = given_up(&record);
            record.disable = Some("gone");
        }
    }
    record
}

/// Words that arrived without their picture have arrived.
fn given_up(record: &Record) -> DeliveryState {
    if record.part > 0 { DeliveryState::Delivered } else { DeliveryState::GivenUp }
}
