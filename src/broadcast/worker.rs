//! Lease, send, record: takes what is due to the platforms and records what became of it.
//!
//! One loop grows broadcasts and leases lanes, many tasks send, and one loop gathers results into few
//! transactions. The window bounds how many sends may be unrecorded, so a crash or a stalled disk cannot
//! double more than that.

use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use parking_lot::{Mutex, MutexGuard};
use tokio::runtime::Handle;
use tokio::sync::mpsc::error::SendError;
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::attempt::{Attempted, End, Leaving, panicked};
use super::conclude::{self, Ended};
use super::held_leases::HeldLeases;
use super::hosts::{Hosts, Went};
use super::metrics::Metrics;
use super::node::Node;
use super::plan;
use super::platforms::adapter;
use super::recorder::{BATCH, Done, Slot};
use super::script::Script;
use super::send::Sender;
use super::turns::Turns;
use crate::clock::Clock;
use crate::domain::delivery::DeliveryState;
use crate::domain::language::Language;
use crate::store::leasing::{self, Batch, Leased, Terms};
use crate::store::results::Record;
use crate::store::{Conn, Store, StoreError, deliveries, shared_clock, standing};
use crate::vault::Vault;

/// Sends that may be under way or unrecorded at any time.
const WINDOW: usize = 640;
/// Lanes leased at once.
const LEASE: usize = 256;
/// Sends that share a task: handing work from thread to thread costs more than the work.
const TOGETHER: usize = 32;
/// How many places in the window have to be free before more is leased; waited for no longer than
/// [`FOR_ROOM`].
const ROOM: u32 = 128;
const FOR_ROOM: Duration = Duration::from_millis(5);
/// How long a stop waits for answers: what has none by then is in doubt, and there is still time to record
/// that.
const FOR_ANSWERS: Duration = Duration::from_secs(8);
/// How long a lane stays leased. A node that dies gives its lanes back after this.
pub const LEASE_FOR: TimeDelta = TimeDelta::seconds(25);
/// A clock that is farther from that of the other nodes is corrected before it leases: half of what a lease lasts
/// beyond the longest exchange.
const CLOCK_MAY_BE_OFF: TimeDelta = TimeDelta::seconds(4);
/// The safety poll, in case no wake-up comes.
const POLL: Duration = Duration::from_secs(20);
/// How long a host that takes no more is waited for. A brisk one wakes us with its next answers; a slow one
/// is known to be slow by then, and what waits for others goes past it.
const BUSY: Duration = Duration::from_secs(1);

/// What the worker works with.
#[derive(Clone)]
pub struct Worker {
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub sender: Arc<Sender>,
    pub script: Arc<Script>,
    /// The process that its leases belong to.
    pub node: Arc<Node>,
    /// What each host has under way, and which are away.
    pub hosts: Arc<Mutex<Hosts>>,
    /// The turns of what waits for bots.
    pub turns: Arc<Mutex<Turns>>,
    /// The leases that it has in hand.
    pub held_leases: HeldLeases,
    pub metrics: Arc<Metrics>,
    /// Notified by every commit that makes work due.
    pub work_is_due: Arc<Notify>,
    /// Cancelled when a stop has waited long enough: ends what is under way.
    pub break_off: CancellationToken,
}

impl Worker {
    /// Works until `stop`; then gives what is in flight a little time to finish, and records it.
    ///
    /// # Errors
    /// When the task that records results panicked: nothing more is sent then.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), JoinError> {
        // An earlier stop may have cancelled the one before.
        self.break_off = CancellationToken::new();
        let window = Arc::new(Semaphore::new(WINDOW));
        let sends = TaskTracker::new();
        let (done, results) = mpsc::channel(WINDOW);
        let recorder = tokio::spawn(self.clone().record_all(results));
        while !stop.is_cancelled() && !done.is_closed() {
            let asked_at = self.clock.now();
            // A batch costs nearly the same for few as for many.
            drop(tokio::time::timeout(FOR_ROOM, window.acquire_many(ROOM)).await);
            let next = match self.start_due(&window, LEASE, &sends, &done).await {
                Ok(next) => next,
                Err(error) => {
                    self.metrics.queue_refused();
                    tracing::error!(%error, "the worker could not read its queue");
                    tokio::select! { () = tokio::time::sleep(Duration::from_secs(1)) => {}, () = stop.cancelled() => {} }
                    continue;
                }
            };
            match next {
                Then::Look => {}
                Then::Rest(most) => tokio::select! {
                    () = self.rest(asked_at, most, &stop) => {}
                    () = done.closed() => {}
                },
            }
        }
        sends.close();
        if tokio::time::timeout(FOR_ANSWERS, sends.wait()).await.is_err() {
            self.break_off.cancel();
            sends.wait().await;
        }
        drop(done);
        recorder.await
    }

    /// Works until nothing is due any more; for tests with a hand-driven clock.
    pub async fn drain(&self) -> Result<(), StoreError> {
        /// Few enough that no host's share is used up: while the clock stands still, it would not become free
        /// again.
        const AT_ONCE: usize = 100;
        let window = Arc::new(Semaphore::new(AT_ONCE));
        loop {
            let sends = TaskTracker::new();
            let (done, mut results) = mpsc::channel(AT_ONCE);
            let next = self.start_due(&window, AT_ONCE, &sends, &done).await?;
            drop(done);
            sends.close();
            sends.wait().await;
            let mut batch = Vec::new();
            while results.recv_many(&mut batch, BATCH).await > 0 {}
            let idle = batch.is_empty();
            self.record(&mut batch).await?;
            if matches!(next, Then::Rest(_)) && idle {
                return Ok(());
            }
        }
    }

    /// Leases what is due, grows one broadcast by a slice where there is room for more, and starts sending.
    async fn start_due(
        &self,
        window: &Arc<Semaphore>,
        most: usize,
        sends: &TaskTracker,
        done: &mpsc::Sender<Done>,
    ) -> Result<Then, StoreError> {
        let room = window.available_permits().min(most);
        let (now, worker, here) = (self.clock.now(), self.clone(), Handle::current());
        let leased = self.store.write(move |tx| worker.lease(tx, now, room, &here)).await;
        let (leased, next) = leased.inspect_err(|_| self.hosts().forget(now))?;
        let mut leased = leased.into_iter().peekable();
        while leased.peek().is_some() {
            let few: Vec<Leased> = leased.by_ref().take(TOGETHER).collect();
            // There is room: only this loop takes from the window.
            let Ok(mut permits) = window.clone().acquire_many_owned(few.len() as u32).await else { break };
            let held = few.into_iter().map(|leased| {
                let permit = permits.split(1).expect("a slot was taken for each");
                (Slot { permit, _lease: self.held_leases.hold(&leased) }, leased)
            });
            sends.spawn(self.clone().send_together(held.collect(), now, done.clone()));
        }
        self.metrics
            .unrecorded
            .set(i64::try_from(WINDOW - window.available_permits().min(WINDOW)).unwrap_or(0));
        Ok(next)
    }

    /// Leases up to `room` deliveries.
    fn lease(
        &self,
        tx: &mut Conn,
        now: DateTime<Utc>,
        room: usize,
        here: &Handle,
    ) -> Result<(Vec<Leased>, Then), StoreError> {
        if self.clock_was_wrong(tx)? {
            return Ok((Vec::new(), Then::Look));
        }
        let room = self.hosts().worth_a_look(room, now);
        let budgets = |platform| adapter(platform).profile().account_rate;
        let mut terms = Terms {
            now,
            until: now + LEASE_FOR,
            node: self.node.number(),
            limit: room,
            audiences: &plan::audiences,
            holds_lease: &|group, fence| self.held_leases.holds(group, fence),
            pace: &|platform, sends| conclude::pace(platform, sends, now, rand::random()),
            turn: &mut |bot, priority| self.turns.lock().turn(bot, budgets(bot.platform), priority, now),
            back: &|platform, until| conclude::back(platform, until, rand::random()),
            begins: &|broadcast| drop(here.spawn(self.clone().write_ahead(broadcast))),
            // Locked for each call: a task that sends meanwhile must not wait for the transaction.
            admit: &mut |host, priority| self.hosts().admit(host, priority, now),
        };
        let mut batch = leasing::lease(tx, &mut terms)?;
        standing::add_standing(tx, &mut batch.leased, |platform| adapter(platform).profile().remembers)?;
        let next = match &batch {
            Batch { more: false, leased, busy } if leased.is_empty() => {
                Then::Rest(if *busy { BUSY } else { POLL })
            }
            _ => Then::Look,
        };
        Ok((batch.leased, next))
    }

    /// Whether the clock was not that of the other nodes; then it is now. A machine that was stopped with its clocks
    /// does not know, and its leases would be over for the others before its requests end.
    fn clock_was_wrong(&self, tx: &mut Conn) -> Result<bool, StoreError> {
        let before = self.clock.now();
        let Some(shared) = shared_clock(tx)? else { return Ok(false) };
        let ahead = self.clock.ahead_of(shared, before);
        Ok(ahead.abs() >= CLOCK_MAY_BE_OFF && self.clock.correct(ahead))
    }

    /// Writes a broadcast's message in the language of most groups while its first groups are leased. If that
    /// fails, the first send finds out.
    async fn write_ahead(self, broadcast: Uuid) {
        drop(self.script.written(broadcast, Language::default()).await);
    }

    /// Sleeps until something is due, a commit wakes us, or `most` has passed.
    async fn rest(&self, asked_at: DateTime<Utc>, most: Duration, stop: &CancellationToken) {
        self.metrics.away.set(i64::try_from(self.hosts().away(asked_at)).unwrap_or(0));
        let due = match self.store.read(move |c| deliveries::next_due(c, asked_at)).await {
            Ok(due) => due,
            Err(error) => {
                self.metrics.queue_refused();
                tracing::error!(%error, "the worker could not read its queue");
                None
            }
        };
        let wait = due.map_or(most, |due| (due - self.clock.now()).to_std().unwrap_or_default()).min(most);
        tokio::select! {
            () = self.work_is_due.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => {}
        }
    }

    /// Sends a few deliveries at the same time, each as slow or fast as it is.
    async fn send_together(self, few: Vec<(Slot, Leased)>, began: DateTime<Utc>, done: mpsc::Sender<Done>) {
        let send = |(slot, leased): (Slot, Leased)| self.send(leased, began).map(|record| (record, slot));
        let mut sends: FuturesUnordered<_> = few.into_iter().map(send).collect();
        while let Some(sent) = sends.next().await {
            if let Err(SendError((_, slot))) = done.send(sent).await {
                // Its slot stays taken: while results cannot be recorded, no more is sent.
                slot.permit.forget();
            }
        }
    }

    /// One request of a delivery that was leased at `began`, and what follows from it.
    async fn send(&self, leased: Leased, began: DateTime<Utc>) -> Record {
        let left = AtomicBool::new(false);
        let mut leaving = Leaving { host: &leased.host, since: began, left: &left };
        if let Some(state) = self.withheld(&leased) {
            let at = self.clock.now();
            self.hosts().ended(&leased.host, leased.group, began, at, Went::NotSent);
            return conclude::not_sent(leased, state, at, at);
        }
        let clock = std::time::Instant::now();
        // A panic ends only this attempt: the others in its task go on, and its place at the host is given
        // back.
        let attempt = {
            // Pinned here, because passing a future on by value would keep room for it twice.
            let attempt = pin!(AssertUnwindSafe(self.attempt(&leased, &mut leaving)).catch_unwind());
            self.break_off.run_until_cancelled(attempt).await
        };
        let Attempted { went, end } = match attempt {
            Some(Ok(done)) => done,
            Some(Err(_)) => panicked(&leased, left.load(Ordering::Relaxed)),
            None => self.broken_off(&leased, left.load(Ordering::Relaxed)).await,
        };
        let took = clock.elapsed();
        let took_ms = i32::try_from(took.as_millis()).unwrap_or(i32::MAX);
        let at = self.clock.now();
        self.hosts().ended(&leased.host, leased.group, leaving.since, at, went);
        let ended = match end {
            End::Concluded(ended) => ended,
            End::DueAgain(until) => {
                let state = self.withheld(&leased).unwrap_or(DeliveryState::Open);
                return conclude::not_sent(leased, state, at, until.max(at));
            }
        };
        self.metrics.count(leased.platform, &ended.verdict.outcome, took);
        tracing::debug!(
            delivery = leased.delivery,
            platform = leased.platform.as_str(),
            outcome = ended.verdict.outcome.as_str(),
            code = ended.verdict.code.as_deref(),
            took_ms,
            "attempt"
        );
        let ours = ended.ours || (!ended.verdict.answered && !self.hosts().answered_lately(at));
        conclude::concluded(leased, Ended { ours, at, took_ms, ..ended })
    }

    /// See [`conclude::withheld`].
    pub(super) fn withheld(&self, leased: &Leased) -> Option<DeliveryState> {
        conclude::withheld(leased, self.clock.now(), self.sender.longest())
    }

    pub(super) fn hosts(&self) -> MutexGuard<'_, Hosts> {
        self.hosts.lock()
    }
}

/// What follows a look at the queue.
enum Then {
    /// Another.
    Look,
    /// A rest, of at most so long.
    Rest(Duration),
}
