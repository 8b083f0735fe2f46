//! How long a body is waited for: whoever begins to send one and does not go on keeps a connection and its memory.

use std::time::{Duration, Instant};

use super::problem::Problem;

/// For JSON and forms, which are small.
pub const WORDS: Duration = Duration::from_secs(20);
/// For photos, from a telephone far out.
pub const PHOTOS: Duration = Duration::from_secs(60);

/// What is read, where it is there in time.
///
/// # Errors
/// [`Problem::TooSlow`] where it is not; else what the reading answers.
pub async fn within<T>(
    patience: Duration,
    reading: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    tokio::time::timeout(patience, reading).await.unwrap_or(Err(Problem::TooSlow))
}

/// How long is still waited for a body that comes in parts. What is done with one of them before the next is asked for
/// takes nothing of it.
pub struct Patience {
    left: Duration,
}

impl Patience {
    /// So much for all parts together.
    pub const fn new(whole: Duration) -> Patience {
        Patience { left: whole }
    }

    /// The next part, where it is there in time.
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
