//! Work that takes much memory or time: it runs on threads of its own, a few pieces at a time.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

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

/// A queue of strangers for few permits. Of each network only one waits in it at a time, and the others behind
/// that one: so whoever asks for very much waits for it alone. Cheap to clone.
#[derive(Clone)]
pub struct Queue {
    permits: Arc<Semaphore>,
    turns: Arc<Mutex<HashMap<IpNet, Weak<Semaphore>>>>,
}

/// What came to the head of a queue, until this is dropped: its network's turn, and its permits.
pub type Turn = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Queue {
    /// A queue for that many permits, with nobody in it.
    pub fn new(permits: u32) -> Queue {
        Queue { permits: Arc::new(Semaphore::new(permits as usize)), turns: Arc::default() }
    }

    /// Waits, for somebody of that network, until so many permits are free.
    ///
    /// # Errors
    /// Never: nothing closes the semaphores.
    pub async fn turn(&self, of: IpNet, permits: u32) -> Result<Turn, AcquireError> {
        let turn = self.one_of(of).acquire_owned().await?;
        Ok((turn, Arc::clone(&self.permits).acquire_many_owned(permits).await?))
    }

    /// What one of a network at a time holds; forgotten once nobody does.
    fn one_of(&self, network: IpNet) -> Arc<Semaphore> {
        let mut turns = self.turns.lock();
        turns.retain(|_, turn| turn.strong_count() > 0);
        let held = turns.get(&network).and_then(Weak::upgrade);
        held.unwrap_or_else(|| {
            let turn = Arc::new(Semaphore::new(1));
            turns.insert(network, Arc::downgrade(&turn));
            turn
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::mpsc;

    use futures_util::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;

    fn network(number: u8) -> IpNet {
        format!("203.0.{number}.0/24").parse().unwrap()
    }

    #[tokio::test]
    async fn whoever_asks_for_very_much_waits_for_it_alone() {
        let queue = Queue::new(2);
        let first = queue.turn(network(1), 1).await.unwrap();
        let mut second = pin!(queue.turn(network(1), 1));
        assert!(second.as_mut().now_or_never().is_none(), "one of a network at a time");
        let other = queue.turn(network(2), 1).now_or_never().expect("another waits for nobody").unwrap();
        let mut third = pin!(queue.turn(network(3), 1));
        assert!(third.as_mut().now_or_never().is_none(), "two in all");
        drop(first);
        assert!(second.as_mut().now_or_never().is_none(), "it comes after whoever waited meanwhile");
        let third = third.now_or_never().expect("its turn has come").unwrap();
        drop((third, other));
        drop(second.now_or_never().expect("nobody else is there").unwrap());
        queue.one_of(network(4));
        assert_eq!(queue.turns.lock().len(), 1, "who has gone is forgotten");
    }

    #[tokio::test]
    async fn what_needs_all_permits_has_them_alone() {
        let queue = Queue::new(2);
        let small = queue.turn(network(1), 1).await.unwrap();
        let mut large = pin!(queue.turn(network(2), 2));
        assert!(large.as_mut().now_or_never().is_none());
        drop(small);
        let large = large.now_or_never().expect("nobody else is there").unwrap();
        let mut small = pin!(queue.turn(network(1), 1));
        assert!(small.as_mut().now_or_never().is_none());
        drop(large);
        drop(small.now_or_never().expect("there is room again").unwrap());
    }

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
