//! Clocks that are wrong: one that was ahead and is set back, or one that differs from that of the other
//! nodes.

use std::sync::atomic::Ordering;

use chrono::TimeDelta;

use super::{CLOCK_MAY_SLIP, Stations};
use crate::broadcast::hosts::Hosts;

/// A clock that differs from the database's by more than this is reported.
const CLOCK_MAY_BE_OFF: TimeDelta = TimeDelta::milliseconds(100);

impl Stations {
    /// Repairs what was put off by a clock that was ahead.
    pub(super) async fn notice_clock(&self) -> anyhow::Result<()> {
        let now = self.shared.clock.now();
        let ahead = self.seen.load(Ordering::SeqCst) - now.timestamp_micros();
        let ahead = TimeDelta::microseconds(ahead);
        if ahead >= CLOCK_MAY_SLIP {
            tracing::warn!(seconds = ahead.num_seconds(), "the clock was set back");
            self.clock_went_back.notify_one();
            *self.worker.hosts.lock() = Hosts::default();
            *self.worker.turns.lock() = Default::default();
            let set = self.shared.store.set_back(now, ahead).await;
            self.shared.work_is_due.notify_one();
            // If that failed, the next look tries again.
            set?;
        }
        self.seen.store(now.timestamp_micros(), Ordering::SeqCst);
        Ok(())
    }

    /// Compares the clock with the one that all nodes share, because a robot's budget is kept by each node's
    /// own clock.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn compare_clock(&self) -> anyhow::Result<()> {
        let before = self.shared.clock.now();
        let shared = self.shared.store.shared_clock().await?;
        let Some(shared) = shared else { return Ok(()) };
        // The server read its clock at some moment between `before` and now; only what lies outside that
        // interval is surely wrong.
        let off = shared.clamp(before, self.shared.clock.now().max(before)) - shared;
        if off.abs() > CLOCK_MAY_BE_OFF {
            tracing::warn!(milliseconds = off.num_milliseconds(), "the clock is not that of the database");
        }
        self.worker.figures.clock_offset.set(off.as_seconds_f64());
        Ok(())
    }
}
