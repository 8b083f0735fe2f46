//! Work that takes much memory: it runs on threads of its own, a few pieces at a time.

use tokio::sync::AcquireError;

/// The work panicked, or the program is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work was broken off")]
pub struct BrokenOff;

/// Runs work on a blocking thread once `permit`, one of a semaphore, has come.
///
/// # Errors
/// [`BrokenOff`].
pub async fn with_permit<P: Send + 'static, T: Send + 'static>(
    permit: impl Future<Output = Result<P, AcquireError>>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BrokenOff> {
    let permit = permit.await.map_err(|_| BrokenOff)?;
    tokio::task::spawn_blocking(move || {
        // Held by the work, not by the request, which may be dropped while the work goes on.
        let _permit = permit;
        work()
    })
    .await
    .map_err(|_| BrokenOff)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::{Semaphore, oneshot};

    use super::*;

    #[tokio::test]
    async fn who_goes_away_frees_no_permit_before_the_work_is_done() {
        static ROOM: Semaphore = Semaphore::const_new(1);
        let (begin, begun) = oneshot::channel();
        let (end, ended) = mpsc::channel::<()>();
        let waiting = tokio::spawn(with_permit(ROOM.acquire(), move || {
            begin.send(()).unwrap();
            ended.recv()
        }));
        begun.await.unwrap();
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        assert!(ROOM.try_acquire().is_err(), "another may begin");
        drop(end);
        drop(ROOM.acquire().await.unwrap());
    }

    #[tokio::test]
    async fn work_that_panics_is_broken_off_and_frees_its_permit() {
        static ROOM: Semaphore = Semaphore::const_new(1);
        assert_eq!(with_permit(ROOM.acquire(), || panic!("as it should")).await, Err::<(), _>(BrokenOff));
        assert_eq!(with_permit(ROOM.acquire(), || 72).await, Ok(72));
    }
}
