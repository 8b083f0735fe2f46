//! The only SQL and the only diesel: a file for each table or for a few that belong together, a function for
//! each query or change.
//!
//! [`Store::read`] reads, [`Store::write`] changes: their closures are synchronous, so nothing can wait for
//! the network while a transaction is open. There are two databases: SQLite, where one writer gathers what is
//! waiting into one transaction, and PostgreSQL.
//!
//! Every function here fails with a [`StoreError`] when the database refuses. Only what it refuses besides is
//! said at the function.

use std::sync::Arc;

pub mod accounts;
pub mod answers;
pub mod bots;
pub mod broadcasts;
mod clocks;
mod connection;
pub mod deliveries;
pub mod denials;
pub mod digests;
pub mod due;
pub mod events;
pub mod figures;
#[cfg(test)]
pub(crate) mod fixture;
pub mod groups;
pub mod growth;
pub mod lanes;
pub mod leasing;
mod listen;
pub mod marks;
pub mod migrate;
pub(crate) mod mutation;
pub mod notices;
pub mod phones;
pub mod photos;
pub mod probes;
pub mod pruning;
pub mod published;
mod refusals;
pub mod results;
pub mod review_queue;
mod rows;
pub mod schema;
pub mod seal;
mod slices;
pub mod standing;
mod statement;
pub mod sweep;
pub mod tally;
pub mod tips;
pub mod transition;
pub mod types;
pub mod wants;
pub mod wishes;
mod writer;

use crate::vault::Vault;
pub use clocks::{Farthest, NODES_DIFFER_BY, Now, shared_clock};
pub(crate) use connection::both;
use connection::{Breaks, Manager};
pub use connection::{Conn, Database};
use refusals::Refusals;
use writer::Writer;

/// What can go wrong between us and the database. A missing row is `Ok(None)`, never this.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused: {0}")]
    Query(#[from] diesel::result::Error),
    #[error("no connection to the database: {0}")]
    Connection(String),
    #[error("the database could not be brought up to date: {0}")]
    Migration(String),
    #[error("the database could not keep a change: {0}")]
    Commit(String),
    #[error("the database holds what this program did not write: {0}")]
    Corrupt(String),
    #[error("the database work was broken off")]
    BrokenOff,
    #[error("the database's log is being read")]
    Busy,
}

impl StoreError {
    /// Whether the next change would fail, too.
    pub const fn is_general(&self) -> bool {
        matches!(self, StoreError::Connection(_) | StoreError::Commit(_))
    }
}

impl From<crate::vault::Unopenable> for StoreError {
    fn from(e: crate::vault::Unopenable) -> StoreError {
        StoreError::Corrupt(e.to_string())
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(e: serde_json::Error) -> StoreError {
        StoreError::Corrupt(e.to_string())
    }
}

/// The result of a database call.
pub type StoreResult<T> = Result<T, StoreError>;

/// The database, shared by the whole program; cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: diesel::r2d2::Pool<Manager>,
    /// SQLite has one writer; PostgreSQL has as many as the pool has connections.
    writer: Option<Arc<Writer>>,
    database: Database,
    breaks: Breaks,
    refusals: Arc<Refusals>,
}

impl Store {
    /// Connects, migrates, and returns a store that works.
    ///
    /// # Errors
    /// A sentence that says what to mend, when the first connection or a migration fails.
    pub async fn open(database: Database) -> StoreResult<Store> {
        tokio::task::spawn_blocking(move || {
            // The pool would hide the first error behind a time-out.
            let mut first = Conn::open(&database)?;
            migrate::run(&mut first)?;
            let writer = database
                .is_sqlite()
                .then(|| Writer::start(first, database.clone()))
                .transpose()?
                .map(Arc::new);
            let breaks = Breaks::default();
            let pool = diesel::r2d2::Pool::builder()
                .max_size(16)
                .min_idle(Some(2))
                .connection_timeout(std::time::Duration::from_secs(10))
                // Whoever needed the connection says what became of it; the pool would, several times a second.
                .error_handler(Box::new(diesel::r2d2::NopErrorHandler))
                .build(Manager { database: database.clone(), breaks: breaks.clone() })
                .map_err(|e| StoreError::Connection(e.to_string()))?;
            Ok(Store { pool, writer, database, breaks, refusals: Arc::new(Refusals::told_to(|| ())) })
        })
        .await
        .map_err(|_| StoreError::BrokenOff)?
    }

    /// Whether our tables were ever made in that database.
    ///
    /// # Errors
    /// When it cannot be connected to.
    pub async fn is_made(database: Database) -> StoreResult<bool> {
        tokio::task::spawn_blocking(move || migrate::has_run(&mut Conn::open(&database)?))
            .await
            .map_err(|_| StoreError::BrokenOff)?
    }

    /// The same store, which tells of each change that the database refuses for reasons of its own.
    #[must_use]
    pub fn telling_of_refusals(self, tell: impl Fn() + Send + Sync + 'static) -> Store {
        Store { refusals: Arc::new(Refusals::told_to(tell)), ..self }
    }

    /// Which database this is.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Runs a reading closure on a connection of the pool.
    ///
    /// # Errors
    /// What the closure returns, or that no connection could be had.
    pub async fn read<T, F>(&self, question: F) -> StoreResult<T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Conn) -> StoreResult<T> + Send + 'static,
    {
        let pool = self.pool.clone();
        tokio::task::spawn_blocking(move || {
            let mut pooled = pool.get().map_err(|e| StoreError::Connection(e.to_string()))?;
            question(&mut pooled.conn)
        })
        .await
        .map_err(|_| StoreError::BrokenOff)?
    }

    /// Removes what was deleted from SQLite's write-ahead log, where copies of it may remain. PostgreSQL's
    /// log is its operator's business.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while somebody reads from the log; then a copy stays there until the next time.
    pub async fn empty_log(&self) -> StoreResult<()> {
        match &self.writer {
            Some(writer) => writer.apart(Conn::empty_log).await,
            None => Ok(()),
        }
    }

    /// Runs a changing closure in one transaction. When this returns `Ok`, the change is on the disk.
    ///
    /// # Errors
    /// What the closure returns (then nothing of it is kept), or that the commit failed.
    pub async fn write<T, E, F>(&self, change: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + std::error::Error + Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let outcome = match &self.writer {
            Some(writer) => writer.run(change).await,
            None => {
                let pool = self.pool.clone();
                let changed = tokio::task::spawn_blocking(move || {
                    let mut pooled = pool.get().map_err(|e| StoreError::Connection(e.to_string()))?;
                    Ok(pooled.conn.transaction(change))
                });
                changed.await.unwrap_or(Err(StoreError::BrokenOff))
            }
        };
        if outcome
            .as_ref()
            .map_or(true, |changed| changed.as_ref().is_err_and(|error| refusals::is_the_databases(error)))
        {
            self.refusals.one();
        }
        outcome?
    }

    /// Whether the database keeps changes: as far as anybody knows, and where one was refused, by a small
    /// change that concerns nobody.
    ///
    /// # Errors
    /// When it refuses that one, too.
    pub async fn keeps_changes(&self, vault: &Vault) -> StoreResult<()> {
        if self.refusals.are_standing() {
            let vault = vault.clone();
            self.write(move |tx| seal::again(tx, &vault)).await?;
            self.refusals.are_over();
        }
        Ok(())
    }
}
