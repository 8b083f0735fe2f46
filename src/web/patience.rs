//! Time limits for request bodies: a client that begins to send one and stalls keeps a connection and its
//! memory.

use std::time::{Duration, Instant};

use super::problem::Problem;

/// For JSON and forms, which are small.
pub const WORDS: Duration = Duration::from_secs(20);
/// For a body with photos, which may come over a slow mobile network, as long as it keeps coming.
const PHOTOS: Duration = Duration::from_secs(300);
/// How far such a body may fall behind [`PACE`].
const BEHIND: Duration = Duration::from_secs(60);
/// How fast it has to come, in bytes a second.
const PACE: u64 = 4 * 1024;

/// The result of a read that finishes in time.
///
/// # Errors
/// [`Problem::TooSlow`] where it does not; else the errors of the read itself.
pub async fn within<T>(
    patience: Duration,
    reading: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    tokio::time::timeout(patience, reading).await.unwrap_or(Err(Problem::TooSlow))
}

/// The remaining time for a body that arrives in parts. Work that we do between two parts does not count.
pub struct Patience {
    /// For all of it.
    whole: Duration,
    /// Until more must have arrived.
    behind: Duration,
}

impl Patience {
    /// For a body with photos: a minute, and a second for every 4 KB that arrive; five minutes in all.
    pub const fn for_photos() -> Patience {
        Patience { whole: PHOTOS, behind: BEHIND }
    }

    /// None at all: only what has arrived already is read.
    #[cfg(test)]
    pub const fn none() -> Patience {
        Patience { whole: Duration::ZERO, behind: Duration::ZERO }
    }

    /// The next part, where it arrives in time.
    ///
    /// # Errors
    /// As [`within`].
    pub async fn read<T>(&mut self, reading: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
        let began = Instant::now();
        let read = within(self.whole.min(self.behind), reading).await;
        let took = began.elapsed();
        (self.whole, self.behind) = (self.whole.saturating_sub(took), self.behind.saturating_sub(took));
        read
    }

    /// This many bytes have arrived.
    pub fn arrived(&mut self, bytes: usize) {
        let earned = Duration::from_millis(bytes as u64 * 1_000 / PACE);
        self.behind = (self.behind + earned).min(BEHIND);
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    #[tokio::test]
    async fn what_does_not_come_is_not_waited_for() {
        assert!(matches!(within(Duration::ZERO, ready(Ok(72))).await, Ok(72)));
        assert!(matches!(within(Duration::ZERO, pending::<Result<(), _>>()).await, Err(Problem::TooSlow)));
    }

    #[tokio::test]
    async fn what_keeps_coming_is_waited_for_but_not_for_ever() {
        let mut patience = Patience { whole: PHOTOS, behind: Duration::ZERO };
        assert!(matches!(patience.read(pending::<Result<(), _>>()).await, Err(Problem::TooSlow)));
        patience.arrived(40 * 1024);
        assert_eq!(patience.behind, Duration::from_secs(10));
        patience.arrived(8 * 1024 * 1024);
        assert_eq!(patience.behind, BEHIND, "nobody saves up for a longer stall");
        patience.whole = Duration::ZERO;
        assert!(matches!(patience.read(pending::<Result<(), _>>()).await, Err(Problem::TooSlow)));
    }
}
