//! The only reader of the time. Everything else is handed a `now`.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Instant;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use parking_lot::Mutex;

/// The system's clock, or one that a test drives by hand, until it is corrected by another one.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    /// How far a clock that was corrected is ahead of its steady time, in microseconds.
    corrected: Arc<OnceLock<AtomicI64>>,
}

#[derive(Clone, Debug)]
enum Source {
    System,
    Hand(Arc<Hand>),
}

/// Both in microseconds since 1970.
#[derive(Debug)]
struct Hand {
    system: AtomicI64,
    steady: AtomicI64,
    of_a_machine: bool,
}

impl Clock {
    /// The real time.
    pub fn system() -> Clock {
        Clock { source: Source::System, corrected: Arc::default() }
    }

    /// A clock that stands still at `start` until [`Clock::advance`] moves it, and that nothing else moves.
    pub fn by_hand(start: DateTime<Utc>) -> Clock {
        Clock::stands(start, false)
    }

    /// As [`Clock::by_hand`], but it is a machine's: it may be wrong, and then the program corrects it as it
    /// does the system's.
    pub fn of_a_machine(start: DateTime<Utc>) -> Clock {
        Clock::stands(start, true)
    }

    fn stands(start: DateTime<Utc>, of_a_machine: bool) -> Clock {
        let micros = || AtomicI64::new(start.timestamp_micros());
        let hand = Hand { system: micros(), steady: micros(), of_a_machine };
        Clock { source: Source::Hand(Arc::new(hand)), corrected: Arc::default() }
    }

    /// The time, cut to microseconds so that it comes back unchanged from both databases.
    pub fn now(&self) -> DateTime<Utc> {
        match self.corrected.get() {
            Some(ahead) => from_micros(self.steady_micros() + ahead.load(Ordering::SeqCst)),
            None => self.system_time(),
        }
    }

    /// What the system's clock shows, which may be wrong and may jump, cut to microseconds.
    pub fn system_time(&self) -> DateTime<Utc> {
        match &self.source {
            #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
            Source::System => Utc::now().trunc_subsecs(6),
            Source::Hand(hand) => from_micros(hand.system.load(Ordering::SeqCst)),
        }
    }

    /// The time since some fixed moment, whatever happens to the system's clock meanwhile: waits are measured
    /// by it.
    pub fn steady(&self) -> TimeDelta {
        TimeDelta::microseconds(self.steady_micros())
    }

    fn steady_micros(&self) -> i64 {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.source {
            Source::System => i64::try_from(BEGAN.elapsed().as_micros()).unwrap_or(i64::MAX),
            Source::Hand(hand) => hand.steady.load(Ordering::SeqCst),
        }
    }

    /// How far the clock is ahead of one that showed `other` at some moment since `before`; only what lies
    /// outside that interval is surely wrong.
    pub fn ahead_of(&self, other: DateTime<Utc>, before: DateTime<Utc>) -> TimeDelta {
        other.clamp(before, self.now().max(before)) - other
    }

    /// Takes away what the clock is `ahead`, or adds what it is behind. From then on it goes on steadily,
    /// whatever happens to the system's. Returns whether it can be corrected.
    pub fn correct(&self, ahead: TimeDelta) -> bool {
        if let Source::Hand(hand) = &self.source
            && !hand.of_a_machine
        {
            return false;
        }
        let at_first = || AtomicI64::new(self.system_time().timestamp_micros() - self.steady_micros());
        let corrected = self.corrected.get_or_init(at_first);
        corrected.fetch_sub(ahead.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        true
    }

    /// Lets time pass on a hand-driven clock; the system's clock cannot be moved and stays as it is.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Hand(hand) = &self.source {
            hand.steady.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
        self.jump(by);
    }

    /// As if somebody had put the system's clock forward, or back, by so much, on a hand-driven clock.
    pub fn jump(&self, by: TimeDelta) {
        if let Source::Hand(hand) = &self.source {
            hand.system.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corrected_clock_goes_on_steadily_whatever_happens_to_the_systems() {
        let morning = from_micros(1_800_000_000_000_000);
        let clock = Clock::of_a_machine(morning + TimeDelta::days(1));
        clock.correct(TimeDelta::days(1));
        assert_eq!(clock.now(), morning);
        clock.jump(TimeDelta::hours(-7));
        assert_eq!(clock.now(), morning);
        clock.advance(TimeDelta::seconds(5));
        assert_eq!(clock.now(), morning + TimeDelta::seconds(5));
        assert_eq!(clock.system_time(), morning + TimeDelta::seconds(5) + TimeDelta::hours(17));
        clock.correct(TimeDelta::seconds(-2));
        assert_eq!(clock.now(), morning + TimeDelta::seconds(7));
    }

    #[test]
    fn a_clock_driven_by_hand_is_corrected_by_nobody() {
        let clock = Clock::by_hand(from_micros(0));
        clock.correct(TimeDelta::days(1));
        assert_eq!(clock.now(), from_micros(0));
    }
}
