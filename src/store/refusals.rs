//! What the database refuses for reasons of its own: it is full, away, or not ours to write.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::result::{DatabaseErrorKind, Error as Refused};

/// Told of each change that the database refuses.
pub(super) struct Refusals {
    tell: Box<dyn Fn() + Send + Sync>,
    /// Whether one was refused, and none was found to be kept since.
    standing: AtomicBool,
}

impl Refusals {
    pub(super) fn told_to(tell: impl Fn() + Send + Sync + 'static) -> Refusals {
        Refusals { tell: Box::new(tell), standing: AtomicBool::new(false) }
    }

    pub(super) fn one(&self) {
        self.standing.store(true, Ordering::Relaxed);
        (self.tell)();
    }

    pub(super) fn are_standing(&self) -> bool {
        self.standing.load(Ordering::Relaxed)
    }

    pub(super) fn are_over(&self) {
        self.standing.store(false, Ordering::Relaxed);
    }
}

/// Whether the database caused an error, and not the change: a row that is there already, or not there, is no
/// fault of the database's.
pub(super) fn is_the_databases(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source()).any(|error| {
        matches!(
            error.downcast_ref(),
            Some(
                Refused::DatabaseError(
                    DatabaseErrorKind::Unknown
                        | DatabaseErrorKind::ReadOnlyTransaction
                        | DatabaseErrorKind::UnableToSendCommand
                        | DatabaseErrorKind::ClosedConnection,
                    _
                ) | Refused::BrokenTransactionManager
            )
        )
    })
}
