//! Time limits for request bodies: a client that begins to send one and stalls keeps a connection and its
//! memory.

use std::time::{Duration, Instant};

use super::problem::Problem;

/// For JSON and forms, which are small.
pub const WORDS: Duration = Duration::from_secs(20);
/// For photos, which may come over a slow mobile network.
pub const PHOTOS: Duration = Duration::from_secs(60);

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
    left: Duration,
}

impl Patience {
    /// A limit for all parts together.
    pub const fn new(whole: Duration) -> Patience {
        Patience { left: whole }
    }

    /// The next part, where it arrives in time.
    ///
    /// # Errors
    /// As [`within`].
    pub async fn read<T>(&mut self, reading: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
        let began = Instant::now();
        let read = within(self.left, reading).await;
        self.left = self.left.saturating_sub(began.elapsed());
        read
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
}
