//! One connection to either database, and the transaction around a change.

use std::cell::Cell;
use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::{SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::R2D2Connection;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use tokio::runtime::Runtime;

use super::{StoreError, StoreResult};
use crate::tls;

/// Where the data is. `Debug` shows no URL, because that holds a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite(String),
    Postgres(String),
}

impl Database {
    /// Whether it is the embedded database.
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Database::Sqlite(_))
    }

    /// The name in logs; never the URL, which holds a password.
    pub const fn name(&self) -> &'static str {
        match self {
            Database::Sqlite(_) => "sqlite",
            Database::Postgres(_) => "postgres",
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Database::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Database::Postgres(_) => f.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

/// Waits for PostgreSQL's answer on the blocking thread that asked, which drives the socket meanwhile: an
/// answer then wakes one thread, not two.
pub struct OnOwnThread(Option<Runtime>);

thread_local! {
    /// Carries the runtime that this thread opened its new connection on into that connection.
    static OPENED_ON: Cell<Option<OnOwnThread>> = const { Cell::new(None) };
}

impl OnOwnThread {
    fn new() -> OnOwnThread {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        OnOwnThread(Some(runtime.expect("a socket can be waited for")))
    }
}

impl BlockOn for OnOwnThread {
    fn block_on<F: Future>(&self, answer: F) -> F::Output {
        self.0.as_ref().expect("it is there until it is dropped").block_on(answer)
    }

    fn get_runtime() -> Self {
        OPENED_ON.take().unwrap_or_else(OnOwnThread::new)
    }
}

impl Drop for OnOwnThread {
    fn drop(&mut self) {
        // Dropping a runtime blocks, and panics on an async thread.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

type PgConn = AsyncConnectionWrapper<AsyncPgConnection, OnOwnThread>;
type PgTransactions = <PgConn as Connection>::TransactionManager;
type SqliteTransactions = <SqliteConnection as Connection>::TransactionManager;

/// A connection to either database.
pub enum Conn {
    Pg(Box<PgConn>),
    Sqlite(Box<SqliteConnection>),
}

/// Expands one query for each database, so that every feature of diesel can be used in it.
macro_rules! both {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::store::Conn::Pg($c) => {
                let $c = &mut **$c;
                $body
            }
            $crate::store::Conn::Sqlite($c) => {
                let $c = &mut **$c;
                $body
            }
        }
    };
}
pub(crate) use both;

impl Conn {
    /// Opens a connection.
    ///
    /// # Errors
    /// [`StoreError::Connection`] with the database's own words.
    pub fn open(database: &Database) -> StoreResult<Conn> {
        match database {
            Database::Sqlite(path) => open_sqlite(path),
            Database::Postgres(url) => open_postgres(url),
        }
        .map_err(StoreError::Connection)
    }

    /// Runs `change` in a transaction, or in a savepoint where a transaction is open already. An error or a
    /// panic rolls all of it back.
    ///
    /// # Errors
    /// What `change` returns, or that the commit failed.
    pub fn transaction<T, E: From<StoreError>>(
        &mut self,
        change: impl FnOnce(&mut Conn) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin().map_err(StoreError::from)?;
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| change(self)));
        match outcome {
            Ok(Ok(value)) => {
                self.commit().map_err(StoreError::from)?;
                Ok(value)
            }
            Ok(Err(error)) => {
                self.roll_back().map_err(StoreError::from)?;
                Err(error)
            }
            Err(panic) => {
                if let Err(error) = self.roll_back() {
                    tracing::error!(%error, "a change that panicked could not be rolled back");
                }
                std::panic::resume_unwind(panic)
            }
        }
    }

    /// Writes SQLite's write-ahead log into the database and cuts it to nothing; not inside a transaction. Waits
    /// for nobody who reads it: no change could be made meanwhile.
    pub(super) fn empty_log(&mut self) -> StoreResult<()> {
        let Conn::Sqlite(c) = self else { return Ok(()) };
        c.batch_execute("PRAGMA busy_timeout = 0")?;
        let done: QueryResult<Checkpoint> =
            diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").get_result(&mut **c);
        c.batch_execute(PATIENCE)?;
        if done?.busy == 0 { Ok(()) } else { Err(StoreError::Busy) }
    }

    fn begin(&mut self) -> QueryResult<()> {
        match self {
            Conn::Pg(c) => PgTransactions::begin_transaction(&mut **c),
            Conn::Sqlite(c) => {
                let status = SqliteTransactions::transaction_manager_status_mut(&mut **c);
                if status.transaction_depth()?.is_none() {
                    // A deferred transaction that reads and then writes fails if any other writer was faster.
                    SqliteTransactions::begin_transaction_sql(&mut **c, "BEGIN IMMEDIATE")
                } else {
                    SqliteTransactions::begin_transaction(&mut **c)
                }
            }
        }
    }

    fn commit(&mut self) -> QueryResult<()> {
        match self {
            Conn::Pg(c) => PgTransactions::commit_transaction(&mut **c),
            Conn::Sqlite(c) => SqliteTransactions::commit_transaction(&mut **c),
        }
    }

    fn roll_back(&mut self) -> QueryResult<()> {
        match self {
            Conn::Pg(c) => PgTransactions::rollback_transaction(&mut **c),
            Conn::Sqlite(c) => SqliteTransactions::rollback_transaction(&mut **c),
        }
    }
}

/// What SQLite answers about its log.
#[derive(QueryableByName)]
struct Checkpoint {
    /// 1 where a reader prevented it.
    #[diesel(sql_type = diesel::sql_types::Integer)]
    busy: i32,
}

/// How long SQLite waits for a lock that another connection or program holds.
const PATIENCE: &str = "PRAGMA busy_timeout = 5000";

fn open_sqlite(path: &str) -> Result<Conn, String> {
    let mut conn = SqliteConnection::establish(path)
        .map_err(|e| format!("{path}: {e}. Does its folder exist, and may this user write there?"))?;
    // FULL: what was answered "accepted" survives a power cut. secure_delete: what is erased is
    // overwritten in the file, not only forgotten.
    conn.batch_execute(&format!(
        "{PATIENCE}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
    ))
    .map_err(|e| format!("{path}: {e}"))?;
    Ok(Conn::Sqlite(Box::new(conn)))
}

/// The session settings of PostgreSQL.
///
/// A node that freezes in the middle of a transaction would keep its locks from the other nodes; none of our
/// transactions is idle for 5 seconds. That is shorter than the 10 seconds that anybody waits for a lock, so
/// no result is refused because of a frozen node, and results are written within their leases. No statement
/// of ours comes near the other two limits.
///
/// Rows are always looked up by an index: for about a minute the server's statistics of a table that grows by
/// thousands of rows are wrong, and a plan that reads a small table whole stays cached when the table is no
/// longer small. With sequential scans disabled, what still has to be read whole seems so costly that the
/// server would compile it first, so JIT is off.
const MANNERS: &str = "SET idle_in_transaction_session_timeout = '5s'; SET lock_timeout = '10s'; \
    SET statement_timeout = '30s'; SET enable_seqscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off; SET jit = off";

fn open_postgres(url: &str) -> Result<Conn, String> {
    let own = OnOwnThread::new();
    let opened = own.block_on(async {
        let (client, connection) = connect_postgres(url).await?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await.map_err(|e| e.to_string())
    })?;
    OPENED_ON.set(Some(own));
    let mut opened = PgConn::from(opened);
    opened.batch_execute(MANNERS).map_err(|e| format!("PostgreSQL: {e}"))?;
    Ok(Conn::Pg(Box::new(opened)))
}

/// The address of PostgreSQL, with time-outs that notice a server that is suddenly gone, while querying it
/// and while listening to it.
fn postgres_at(url: &str) -> Result<tokio_postgres::Config, tokio_postgres::Error> {
    let mut config: tokio_postgres::Config = url.parse()?;
    config
        .connect_timeout(Duration::from_secs(10))
        .tcp_user_timeout(Duration::from_secs(20))
        .keepalives(true)
        .keepalives_idle(Duration::from_secs(10))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(2);
    Ok(config)
}

/// A connection made by tokio-postgres, which can do TLS by rustls.
pub(super) async fn connect_postgres(url: &str) -> Result<Connected, String> {
    let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls::client());
    let failed = |e: &tokio_postgres::Error| {
        // The URL holds the password; the database's own words do not.
        let cause = e.source().map(|s| format!(": {s}")).unwrap_or_default();
        format!("PostgreSQL: {e}{cause}")
    };
    let hint = |e: &tokio_postgres::Error| match e.source().is_some_and(tls::is_unsigned) {
        // As a distribution installs it.
        true => {
            "Its certificate is signed by no public authority: within one machine or a private network, add \
                 ?sslmode=disable to the address"
        }
        false => "Is the server running, and is the database there?",
    };
    let connected = postgres_at(url).map_err(|e| failed(&e))?.connect(tls).await;
    connected.map_err(|e| format!("{}. {}", failed(&e), hint(&e)))
}

/// A client, and the connection that has to be driven.
type Connected = (
    tokio_postgres::Client,
    tokio_postgres::Connection<
        tokio_postgres::Socket,
        <tokio_postgres_rustls::MakeRustlsConnect as tokio_postgres::tls::MakeTlsConnect<
            tokio_postgres::Socket,
        >>::Stream,
    >,
);

/// How often a connection was found broken. When a server restarts, all of them break, and an idle one shows that
/// only when it is used: so each is tried before its next use, once, and nothing is asked of the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaks(Arc<AtomicU64>);

impl Breaks {
    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// A connection that worked after `known` of them is broken.
    fn one_more(&self, known: u64) {
        // Those that broke together are one break.
        self.0.fetch_max(known + 1, Ordering::Relaxed);
    }

    /// A connection outside the pool is broken.
    pub(super) fn elsewhere(&self) {
        self.one_more(self.so_far());
    }
}

/// A connection of the pool.
pub(super) struct Pooled {
    pub(super) conn: Conn,
    /// The breaks after which it worked.
    worked_after: u64,
}

/// Opens the pool's connections.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) database: Database,
    pub(super) breaks: Breaks,
}

impl diesel::r2d2::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = StoreError;

    fn connect(&self) -> Result<Pooled, StoreError> {
        let worked_after = self.breaks.so_far();
        let mut conn = Conn::open(&self.database)?;
        if let Conn::Sqlite(c) = &mut conn {
            // All writing goes through the one writer, which is not in the pool.
            c.batch_execute("PRAGMA query_only = ON")?;
        }
        Ok(Pooled { conn, worked_after })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), StoreError> {
        let so_far = self.breaks.so_far();
        if pooled.worked_after != so_far {
            both!(&mut pooled.conn, c => c.ping())?;
            pooled.worked_after = so_far;
        }
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        let broken = both!(&mut pooled.conn, c => R2D2Connection::is_broken(c));
        if broken {
            self.breaks.one_more(pooled.worked_after);
        }
        broken || std::thread::panicking()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use rustls::ServerConfig;
    use rustls::crypto::ring;
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// A certificate for nothing, signed by its own key, and that key.
    const SELF_SIGNED: [&str; 2] = [
        "MIIBgDCCASWgAwIBAgIUKTG2kNgidRF+CMdzgI9OQFdt9acwCgYIKoZIzj0EAwIwFDESMBAGA1UEAwwJbG9jYWxob3N0\
         MCAXDTI2MTEyODE5NTEzNloYDzIxMjYxMTA0MTk1MTM2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIB\
         BggqhkjOPQMBBwNCAASv+m2wyOZS2CZ6ciDa/TUpaTAWl9tKFQGrbs5SzS3qoKbeMLhWdfTDST/ihnQHgGoM97wsfA7o\
         bdCAvFcIo+Gqo1MwUTAdBgNVHQ4EFgQUhcZMXuskiNsau8dZfvsHbf7Bh1gwHwYDVR0jBBgwFoAUhcZMXuskiNsau8dZ\
         fvsHbf7Bh1gwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAg5VOMEfCb38Dwma+a9iwMtzwjWH9m452\
         F5p2YPeHiboCIQChc45vgQugd4+XI0UBowLLA5jeYMoAZMndCidUkBJC9w==",
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjbA/sPS6Ebv6GtMae58TUV7vLUpoD/wDJGeFIZXAl/Kh\
         RANCAASv+m2wyOZS2CZ6ciDa/TUpaTAWl9tKFQGrbs5SzS3qoKbeMLhWdfTDST/ihnQHgGoM97wsfA7obdCAvFcIo+Gq",
    ];

    #[tokio::test]
    async fn a_server_that_vouches_for_itself_is_told_of_with_what_to_do() {
        let [certificate, key] = SELF_SIGNED.map(|der| STANDARD.decode(der).unwrap());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], PrivatePkcs8KeyDer::from(key).into())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("postgres://somebody:secret@{}/seventytwo", listener.local_addr().unwrap());
        let server = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_exact(&mut [0; 8]).await.unwrap();
            stream.write_all(b"S").await.unwrap();
            TlsAcceptor::from(Arc::new(config)).accept(stream).await.map(drop)
        };
        let (told, _) = tokio::join!(connect_postgres(&url), server);
        let told = told.err().expect("no authority has signed it");
        assert!(told.contains("certificate") && told.contains("?sslmode=disable"), "{told}");
        assert!(!told.contains("Is the server running") && !told.contains("secret"), "{told}");
    }

    #[test]
    fn what_is_shown_of_a_database_holds_no_password() {
        let server = Database::Postgres("postgres://somebody:secret@db.example.org/seventytwo".to_owned());
        let manager = Manager { database: server.clone(), breaks: Breaks::default() };
        let shown = format!("{server:?} {manager:?}");
        assert!(shown.contains("Postgres") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_log_that_is_being_read_is_not_waited_for_and_everything_else_still_is() {
        #[derive(QueryableByName)]
        struct Patience {
            #[diesel(sql_type = diesel::sql_types::Integer)]
            timeout: i32,
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db").display().to_string();
        let open = || Conn::open(&Database::Sqlite(path.clone())).unwrap();
        let (mut reader, mut writer) = (open(), open());
        let run = |conn: &mut Conn, sql: &str| both!(conn, c => c.batch_execute(sql)).unwrap();
        run(&mut writer, "CREATE TABLE t (n); INSERT INTO t VALUES (1)");
        run(&mut reader, "BEGIN; SELECT COUNT(*) FROM t");
        run(&mut writer, "INSERT INTO t VALUES (2)");
        assert!(matches!(writer.empty_log(), Err(StoreError::Busy)));
        let Conn::Sqlite(c) = &mut writer else { unreachable!("a file") };
        let patience: Patience = diesel::sql_query("PRAGMA busy_timeout").get_result(&mut **c).unwrap();
        assert_eq!(patience.timeout, 5000);
        run(&mut reader, "COMMIT");
        writer.empty_log().unwrap();
    }

    #[test]
    fn postgres_is_configured_to_notice_a_dead_server() {
        let config = postgres_at("postgres://somebody@db.example.org/seventytwo?sslmode=disable").unwrap();
        let silent = config.get_keepalives_interval().unwrap() * config.get_keepalives_retries().unwrap();
        assert_eq!(config.get_keepalives_idle() + silent, Duration::from_secs(20));
    }
}
