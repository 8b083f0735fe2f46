//! What is kept for one host.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Limits;
use super::connection::Connection;

/// What is kept for one host: places for requests under way and for connections being opened, and the
/// connections at rest, the last used at the end.
pub(super) struct Hub {
    pub(super) slots: Semaphore,
    pub(super) opening: Semaphore,
    /// The places for connections at rest, which all hosts share.
    beds: Arc<Semaphore>,
    resting: Mutex<VecDeque<Resting>>,
    /// Notified of every connection that comes to rest.
    pub(super) rested: Notify,
}

struct Resting {
    connection: Box<Connection>,
    since: Instant,
    _bed: OwnedSemaphorePermit,
}

impl Hub {
    pub(super) fn new(limits: &Limits, beds: Arc<Semaphore>) -> Hub {
        Hub {
            slots: Semaphore::new(limits.per_host),
            opening: Semaphore::new(limits.opening),
            beds,
            resting: Mutex::default(),
            rested: Notify::new(),
        }
    }

    /// Keeps a connection for the next request, or closes it where there is no bed left.
    pub(super) fn rest(&self, connection: Box<Connection>) {
        let Ok(bed) = Arc::clone(&self.beds).try_acquire_owned() else { return };
        self.resting.lock().push_back(Resting { connection, since: Instant::now(), _bed: bed });
        self.rested.notify_one();
    }

    /// The last used connection that is still open; connections that are too old or closed are dropped.
    pub(super) fn wake(&self, idle: Duration) -> Option<Box<Connection>> {
        let mut resting = self.young(idle);
        loop {
            let Resting { mut connection, .. } = resting.pop_back()?;
            if connection.is_open() {
                return Some(connection);
            }
        }
    }

    pub(super) fn is_awake(&self, idle: Duration) -> bool {
        !self.young(idle).is_empty()
    }

    /// The connections at rest that are not too old.
    fn young(&self, idle: Duration) -> MutexGuard<'_, VecDeque<Resting>> {
        let (mut resting, now) = (self.resting.lock(), Instant::now());
        while resting.front().is_some_and(|oldest| now.duration_since(oldest.since) >= idle) {
            resting.pop_front();
        }
        resting
    }
}
