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
pub(super) struct HostConnections {
    pub(super) slots: Semaphore,
    pub(super) opening: Semaphore,
    /// The places for connections at rest, which all hosts share.
    idle_slots: Arc<Semaphore>,
    idle: Mutex<VecDeque<Idle>>,
    /// Notified of every connection that comes to rest.
    pub(super) returned: Notify,
}

struct Idle {
    connection: Box<Connection>,
    since: Instant,
    _slot: OwnedSemaphorePermit,
}

impl HostConnections {
    pub(super) fn new(limits: &Limits, idle_slots: Arc<Semaphore>) -> HostConnections {
        HostConnections {
            slots: Semaphore::new(limits.per_host),
            opening: Semaphore::new(limits.opening),
            idle_slots,
            idle: Mutex::default(),
            returned: Notify::new(),
        }
    }

    /// Keeps a connection for the next request, or closes it where there is no slot left.
    pub(super) fn rest(&self, connection: Box<Connection>) {
        let Ok(slot) = Arc::clone(&self.idle_slots).try_acquire_owned() else { return };
        self.idle.lock().push_back(Idle { connection, since: Instant::now(), _slot: slot });
        self.returned.notify_one();
    }

    /// The last used connection that is still open; connections that have been idle for longer than `most`, or
    /// are closed, are dropped.
    pub(super) fn take_idle(&self, most: Duration) -> Option<Box<Connection>> {
        let mut idle = self.young(most);
        loop {
            let Idle { mut connection, .. } = idle.pop_back()?;
            if connection.is_open() {
                return Some(connection);
            }
        }
    }

    pub(super) fn has_idle(&self, most: Duration) -> bool {
        !self.young(most).is_empty()
    }

    /// The connections at rest that are not too old.
    fn young(&self, most: Duration) -> MutexGuard<'_, VecDeque<Idle>> {
        let (mut idle, now) = (self.idle.lock(), Instant::now());
        while idle.front().is_some_and(|oldest| now.duration_since(oldest.since) >= most) {
            idle.pop_front();
        }
        idle
    }
}
