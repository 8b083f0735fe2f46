//! What is kept for one host.

use std::collections::VecDeque;
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use super::Limits;
use super::connection::Connection;

/// What is kept for one host: places for requests under way and for connections being opened, and the
/// connections at rest, the last used at the end.
pub(super) struct Hub {
    pub(super) slots: Semaphore,
    pub(super) opening: Semaphore,
    resting: Mutex<VecDeque<(Box<Connection>, Instant)>>,
    /// Notified of every connection that comes to rest.
    pub(super) rested: Notify,
}

impl Hub {
    pub(super) fn new(limits: &Limits) -> Hub {
        Hub {
            slots: Semaphore::new(limits.per_host),
            opening: Semaphore::new(limits.opening),
            resting: Mutex::default(),
            rested: Notify::new(),
        }
    }

    pub(super) fn rest(&self, connection: Box<Connection>) {
        self.resting.lock().push_back((connection, Instant::now()));
        self.rested.notify_one();
    }

    /// The last used connection that is still open; connections that are too old or closed are dropped.
    pub(super) fn wake(&self, idle: Duration) -> Option<Box<Connection>> {
        let mut resting = self.young(idle);
        loop {
            let (mut connection, _) = resting.pop_back()?;
            if connection.is_open() {
                return Some(connection);
            }
        }
    }

    pub(super) fn is_awake(&self, idle: Duration) -> bool {
        !self.young(idle).is_empty()
    }

    /// The connections at rest that are not too old.
    fn young(&self, idle: Duration) -> MutexGuard<'_, VecDeque<(Box<Connection>, Instant)>> {
        let (mut resting, now) = (self.resting.lock(), Instant::now());
        while resting.front().is_some_and(|(_, since)| now.duration_since(*since) >= idle) {
            resting.pop_front();
        }
        resting
    }
}
