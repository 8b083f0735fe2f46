//! Clocks that are wrong. On PostgreSQL a node goes by the server's clock, which all nodes share; on SQLite
//! there is none but the system's, and what it did while it was ahead is repaired once it is set back.
//!
//! A node corrects its clock before it does anything, and every minute; in between it goes on steadily, whatever
//! happens to the machine's clock, and while the database does not answer, too. If the machine's clock jumps, or the
//! machine was suspended, it is compared within a second. Where the machine does not know that it was, as after a
//! snapshot, the worker finds out before it leases.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use tokio::sync::Mutex;

use super::{CLOCK_MAY_SLIP, Stations};
use crate::broadcast::hosts::Hosts;
use crate::clock::Clock;
use crate::config::Times;
use crate::groups;
use crate::store::{Farthest, Store, StoreResult};

/// A system's clock that differs from the database's by more than this is reported.
const SYSTEM_MAY_BE_OFF: TimeDelta = TimeDelta::milliseconds(100);
/// After the system's clock has moved against ours by this much, somebody has set it or the machine was
/// suspended: ours is compared at once.
const SYSTEM_MAY_MOVE: TimeDelta = TimeDelta::seconds(1);

/// What the last look at the clock has seen, in microseconds since 1970.
#[derive(Default)]
pub(super) struct Seen {
    now: AtomicI64,
    system: AtomicI64,
    /// How far the system's clock was ahead of ours when they were last compared, in microseconds.
    apart: AtomicI64,
    /// Held while the clock is compared.
    comparing: Mutex<()>,
}

impl Seen {
    /// Corrects the clock before anybody looks at it.
    pub(super) async fn first(store: &Store, clock: &Clock) -> StoreResult<Seen> {
        correct(store, clock).await?;
        let seen = Seen::default();
        seen.compared(clock);
        Ok(seen)
    }

    fn compared(&self, clock: &Clock) {
        let apart = clock.system_time() - clock.now();
        self.apart.store(apart.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
    }
}

/// Corrects the clock by the one that all nodes share; returns how far the system's is ahead of that one, as far
/// as it is certain, or `None` where none is shared.
///
/// # Errors
/// When the database refuses; then the clock goes on as it is.
async fn correct(store: &Store, clock: &Clock) -> StoreResult<Option<TimeDelta>> {
    let before = clock.now();
    let Some(shared) = store.shared_clock().await? else { return Ok(None) };
    let off = clock.ahead_of(shared, before);
    let system_off = clock.system_time() - clock.now() + off;
    clock.correct(off);
    if system_off.abs() > SYSTEM_MAY_BE_OFF {
        let milliseconds = system_off.num_milliseconds();
        tracing::warn!(
            milliseconds,
            "the system's clock is not that of the database, by which this node goes"
        );
    }
    Ok(Some(system_off))
}

/// Repairs at the start what a process that is gone has written while its clock was ahead.
pub(super) async fn repair_what_is_ahead(store: &Store, clock: &Clock, times: &Times) -> StoreResult<()> {
    let Some(ahead) = store.ahead_by(clock.now(), CLOCK_MAY_SLIP).await? else { return Ok(()) };
    tracing::warn!(seconds = ahead.num_seconds(), "what was done last lies ahead of the clock");
    repair(store, clock, ahead, times).await
}

/// Repairs what was written while the clock was `ahead`: notices first, because what is said about them is then
/// judged again.
async fn repair(store: &Store, clock: &Clock, ahead: TimeDelta, times: &Times) -> StoreResult<()> {
    let Times { cooling, claim, lifetime, .. } = *times;
    let farthest = Farthest { cooling, claim, lifetime, pause: groups::LONGEST_PAUSE };
    let clock = clock.clone();
    let now = move || clock.now();
    store.set_notices_back(now.clone(), ahead, farthest).await?;
    store.set_back(now, ahead).await
}

impl Stations {
    /// Looks for jumps of the clocks: compares ours where the system's has jumped, and repairs what was put
    /// off by a clock that was ahead. Returns whether ours shows less than at the last look.
    pub(super) async fn notice_clock(&self) -> anyhow::Result<bool> {
        let (clock, seen) = (&self.shared.clock, &self.seen);
        let system = clock.system_time();
        let back = seen.system.swap(system.timestamp_micros(), Ordering::SeqCst) - system.timestamp_micros();
        if TimeDelta::microseconds(back) >= CLOCK_MAY_SLIP {
            self.clock_went_back.notify_one();
        }
        let moved = system - clock.now() - TimeDelta::microseconds(seen.apart.load(Ordering::SeqCst));
        if moved.abs() >= SYSTEM_MAY_MOVE {
            self.compare_clock().await?;
        }
        let now = clock.now();
        let ahead = TimeDelta::microseconds(seen.now.load(Ordering::SeqCst) - now.timestamp_micros());
        if ahead >= CLOCK_MAY_SLIP {
            tracing::warn!(seconds = ahead.num_seconds(), "the clock was set back");
            *self.worker.hosts.lock() = Hosts::default();
            *self.worker.turns.lock() = Default::default();
            let set = repair(&self.shared.store, clock, ahead, &self.shared.times).await;
            self.shared.work_is_due.notify_one();
            // If that failed, the next look tries again.
            set?;
        }
        seen.now.store(now.timestamp_micros(), Ordering::SeqCst);
        Ok(ahead > TimeDelta::zero())
    }

    /// Corrects the clock by the one that all nodes share, and shows how far the system's is off.
    ///
    /// # Errors
    /// When the database refuses; then the clock goes on as it is.
    pub async fn compare_clock(&self) -> anyhow::Result<()> {
        let (clock, seen) = (&self.shared.clock, &self.seen);
        let _alone = seen.comparing.lock().await;
        let system_off = correct(&self.shared.store, clock).await?;
        seen.compared(clock);
        if let Some(off) = system_off {
            self.worker.metrics.clock_offset.set(off.as_seconds_f64());
        }
        Ok(())
    }
}
