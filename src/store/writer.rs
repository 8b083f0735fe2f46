//! SQLite's one writer: a thread that takes everything that is waiting into one transaction.
//!
//! A commit to the disk costs the same for one change as for five hundred, so changes that arrive while one
//! commit is under way share the next. Each change but the first runs in a savepoint of its own, so that a
//! refused one takes nothing of its neighbours with it. Nobody hears of success before the commit.

use std::sync::mpsc;

use tokio::sync::oneshot;

use super::{Conn, Database, StoreError};

/// Changes in one commit, at most: bounds how long the first of them waits.
const AT_ONCE: usize = 512;

/// Tells the caller the result, once the commit is done or has failed.
type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
type Change = Box<dyn FnOnce(&mut Conn, Within) -> Ran + Send>;

/// What a change can be rolled back with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// The transaction as a whole: nothing else is in it yet.
    Transaction,
    /// A savepoint, for which SQLite copies every page that is changed.
    Savepoint,
}

/// How a change ran.
struct Ran {
    refused: bool,
    tell: Tell,
}

/// Why a transaction is not committed.
enum Dropped {
    /// Its first change was refused.
    Refused,
    Failed(StoreError),
}

impl From<StoreError> for Dropped {
    fn from(error: StoreError) -> Dropped {
        Dropped::Failed(error)
    }
}

/// What the thread is asked to do.
enum Job {
    /// A part of the next transaction.
    Change(Change),
    /// Something that cannot be done inside one.
    Apart(Box<dyn FnOnce(&mut Conn) + Send>),
}

/// The handle that passes changes to the writer's thread.
pub(super) struct Writer {
    jobs: mpsc::SyncSender<Job>,
}

impl Writer {
    /// Starts the thread on a connection of its own.
    pub(super) fn start(conn: Conn, database: Database) -> Result<Writer, StoreError> {
        let (jobs, waiting) = mpsc::sync_channel(4 * AT_ONCE);
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_all(conn, &database, &waiting))
            .map_err(|e| StoreError::Connection(format!("no thread for the writer: {e}")))?;
        Ok(Writer { jobs })
    }

    /// Runs `change` in the next transaction, and returns what it returns.
    ///
    /// # Errors
    /// When what it changed was not kept.
    pub(super) async fn run<T, E, F>(&self, change: F) -> Result<Result<T, E>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
    {
        let (answer, heard) = oneshot::channel();
        let job: Change = Box::new(move |conn, within| {
            let outcome = match within {
                Within::Transaction => change(conn),
                Within::Savepoint => conn.transaction(change),
            };
            let refused = outcome.is_err();
            let tell: Tell = Box::new(move |commit| {
                // The caller may be gone; the change is made all the same.
                drop(answer.send(match commit {
                    Err(error) if outcome.is_ok() => Err(error),
                    _ => Ok(outcome),
                }));
            });
            Ran { refused, tell }
        });
        self.hand_over(Job::Change(job)).await?;
        heard.await.map_err(|_| StoreError::BrokenOff)?
    }

    /// Runs `work` between two transactions.
    pub(super) async fn apart(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let (answer, heard) = oneshot::channel();
        // The caller may be gone; the work is done all the same.
        let job = Job::Apart(Box::new(move |conn| drop(answer.send(work(conn)))));
        self.hand_over(job).await?;
        heard.await.map_err(|_| StoreError::BrokenOff)?
    }

    /// Hands a job to the thread. The queue is bounded; where it is full, the wait is off the async threads.
    async fn hand_over(&self, job: Job) -> Result<(), StoreError> {
        match self.jobs.try_send(job) {
            Ok(()) => Ok(()),
            Err(mpsc::TrySendError::Disconnected(_)) => Err(StoreError::BrokenOff),
            Err(mpsc::TrySendError::Full(job)) => {
                let jobs = self.jobs.clone();
                tokio::task::spawn_blocking(move || jobs.send(job))
                    .await
                    .ok()
                    .and_then(Result::ok)
                    .ok_or(StoreError::BrokenOff)
            }
        }
    }
}

fn write_all(mut conn: Conn, database: &Database, waiting: &mpsc::Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let mut tellers: Vec<Tell> = Vec::new();
        let mut apart = None;
        let commit = conn.transaction(|conn| {
            let (mut next, mut within) = (Some(first), Within::Transaction);
            while let Some(job) = next {
                match job {
                    Job::Change(change) => {
                        let ran = run_one(conn, change, within);
                        let refused = ran.as_ref().is_none_or(|ran| ran.refused);
                        tellers.extend(ran.map(|ran| ran.tell));
                        if refused && within == Within::Transaction {
                            return Err(Dropped::Refused);
                        }
                        within = Within::Savepoint;
                    }
                    Job::Apart(work) => {
                        apart = Some(work);
                        break;
                    }
                }
                next = if tellers.len() < AT_ONCE { waiting.try_recv().ok() } else { None };
            }
            Ok(())
        });
        let failed = match commit {
            Ok(()) | Err(Dropped::Refused) => None,
            Err(Dropped::Failed(error)) => Some(error.to_string()),
        };
        if let Some(error) = &failed {
            tracing::error!(%error, changes = tellers.len(), "a commit failed");
            // A full disk ends the transaction without diesel's knowledge, and the connection refuses all
            // further ones, even when there is room again.
            match Conn::open(database) {
                Ok(fresh) => conn = fresh,
                Err(error) => tracing::error!(%error, "the writer could not connect anew"),
            }
        }
        for tell in tellers {
            tell(failed.clone().map_or(Ok(()), |error| Err(StoreError::Commit(error))));
        }
        if let Some(work) = apart {
            work(&mut conn);
        }
    }
}

/// Runs a change. One that panics is rolled back, and its caller learns that it was broken off.
fn run_one(conn: &mut Conn, job: Change, within: Within) -> Option<Ran> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(conn, within))) {
        Ok(ran) => Some(ran),
        Err(_) => {
            tracing::error!("a change panicked and was rolled back");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::prelude::*;
    use diesel::sql_types::BigInt;

    use super::*;
    use crate::store::{Store, StoreResult};

    #[derive(QueryableByName)]
    struct Mark {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }

    fn run(conn: &mut Conn, sql: &str) -> StoreResult<()> {
        let Conn::Sqlite(c) = conn else { unreachable!("PostgreSQL has no writer") };
        Ok(c.batch_execute(sql)?)
    }

    fn mark(conn: &mut Conn, n: i64) -> StoreResult<()> {
        run(conn, &format!("INSERT INTO done VALUES ({n})"))
    }

    fn marks(conn: &mut Conn) -> StoreResult<Vec<i64>> {
        let Conn::Sqlite(c) = conn else { unreachable!("PostgreSQL has no writer") };
        let marks: Vec<Mark> = diesel::sql_query("SELECT n FROM done ORDER BY n").load(&mut **c)?;
        Ok(marks.into_iter().map(|mark| mark.n).collect())
    }

    /// Four changes that wait for the writer together: the second is refused, the third panics. They share a
    /// transaction; with `apart` the first has one of its own, and each of the others comes first in its own.
    async fn changes(apart: bool) -> Vec<i64> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks.db").display().to_string();
        let store = Store::open(Database::Sqlite(path)).await.unwrap();
        store.write(|c| run(c, "CREATE TABLE done (n INTEGER NOT NULL)")).await.unwrap();
        let (release, held) = mpsc::channel();
        let (first, emptied, refused, panicked, last, ()) = tokio::join!(
            store.write(move |c| {
                held.recv().unwrap();
                mark(c, 1)
            }),
            async { if apart { store.empty_log().await } else { Ok(()) } },
            store.write(|c| {
                mark(c, 2)?;
                Err::<(), _>(StoreError::Corrupt("on purpose".to_owned()))
            }),
            store.write(|c| -> StoreResult<()> {
                mark(c, 3)?;
                panic!("on purpose")
            }),
            store.write(|c| mark(c, 4)),
            async { release.send(()).unwrap() },
        );
        assert!(first.is_ok() && emptied.is_ok() && last.is_ok());
        assert!(matches!(refused, Err(StoreError::Corrupt(_))), "{refused:?}");
        assert!(matches!(panicked, Err(StoreError::BrokenOff)), "{panicked:?}");
        store.read(marks).await.unwrap()
    }

    #[tokio::test]
    async fn who_reads_can_change_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("marks.db").display().to_string();
        let store = Store::open(Database::Sqlite(path)).await.unwrap();
        let made = store.read(|c| run(c, "CREATE TABLE done (n INTEGER NOT NULL)")).await;
        assert!(matches!(&made, Err(error) if error.to_string().contains("readonly")), "{made:?}");
    }

    #[tokio::test]
    async fn what_is_refused_takes_nothing_with_it_from_a_shared_transaction() {
        assert_eq!(changes(false).await, [1, 4]);
    }

    #[tokio::test]
    async fn what_is_refused_first_leaves_nothing_and_stops_nobody() {
        assert_eq!(changes(true).await, [1, 4]);
    }
}
