//! The only reader of the time. Everything else is handed a `now`.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use parking_lot::Mutex;

/// The system's clock, or one that a test drives by hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Microseconds since 1970.
    Hand(Arc<AtomicI64>),
}

impl Clock {
    /// The real time.
    pub const fn system() -> Clock {
        Clock(Source::System)
    }

    /// A clock that stands still at `start` until [`Clock::advance`] moves it.
    pub fn by_hand(start: DateTime<Utc>) -> Clock {
        Clock(Source::Hand(Arc::new(AtomicI64::new(start.timestamp_micros()))))
    }

    /// The time, cut to microseconds so that it comes back unchanged from both databases.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
            Source::System => Utc::now().trunc_subsecs(6),
            Source::Hand(micros) => from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// The time since some fixed moment, whatever happens to the system's clock meanwhile: waits are measured
    /// by it.
    pub fn steady(&self) -> TimeDelta {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.0 {
            Source::System => TimeDelta::from_std(BEGAN.elapsed()).unwrap_or(TimeDelta::MAX),
            Source::Hand(micros) => TimeDelta::microseconds(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a hand-driven clock; the system's clock cannot be moved and stays as it is.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Hand(micros) = &self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}

/// The instant that many microseconds after 1970; 1970 itself where there is no such instant.
pub fn from_micros(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
}

/// A new id, sorted by time and then by the order in which ids were made.
pub fn new_id(now: DateTime<Utc>) -> uuid::Uuid {
    static ORDER: LazyLock<Mutex<uuid::ContextV7>> = LazyLock::new(|| Mutex::new(uuid::ContextV7::new()));
    let order = ORDER.lock();
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(&*order, seconds, now.timestamp_subsec_nanos()))
}
