//! The integration tests: the real program on a free port, a real database, real HTTP, and a clock that the
//! test drives. One binary; every test that touches the database runs on SQLite and on PostgreSQL.
//!
//! PostgreSQL comes from `TEST_DATABASE_URL`, or from a server of our own where `initdb` is installed. Where
//! neither is available its tests are listed as ignored, unless `TEST_DATABASES` demands it. In the same way
//! Synapse comes from `TEST_SYNAPSE`, which demands it, or from where `.ci/run` installs it.

// `allow-unwrap-in-tests` knows a test by its attribute, which these do without.
#![expect(clippy::unwrap_used, reason = "a failed `unwrap` is a failed test")]

mod alike;
mod audit;
mod bucket;
mod chaos;
mod command;
mod crash;
mod demo;
mod desk;
mod edits;
mod fakes;
mod ground;
mod groups;
mod hiding;
mod hostile;
mod house;
mod interface;
mod lasting;
mod masking;
mod metrics;
mod nodes;
mod notices;
mod objections;
mod owed;
mod pauses;
mod platforms;
mod postgres;
mod process;
mod reporter;
mod roundabout;
mod sealing;
mod sought;
mod steps;
mod synapse;
mod takeback;
mod tidy;
mod walk;
mod wants;
mod woken;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};
use postgres::Server;

use crate::house::{Db, House};

/// One test.
pub enum Test {
    /// Touches no database.
    Alone(&'static str, fn() -> Run),
    /// Runs on every database, in a house that is finished afterwards.
    Housed(&'static str, fn(House) -> Run<House>),
    /// Runs on every database, and starts the program itself.
    Bare(&'static str, fn(Db) -> Run),
    /// About the embedded database's file.
    Filed(&'static str, fn(Db) -> Run),
    /// Runs several programs on one database, which only PostgreSQL allows.
    Shared(&'static str, fn(Db) -> Run),
}

/// A test under way.
pub type Run<T = ()> = std::pin::Pin<Box<dyn Future<Output = T>>>;

/// A test that touches no database.
#[macro_export]
macro_rules! alone {
    ($test:ident) => {
        $crate::Test::Alone(stringify!($test), || Box::pin($test()))
    };
}

/// A test in a house of its own, on every database. It gives the house back, to be finished.
#[macro_export]
macro_rules! housed {
    ($test:ident) => {
        $crate::Test::Housed(stringify!($test), |house| Box::pin($test(house)))
    };
}

/// A test that gets an empty database, for each kind of database.
#[macro_export]
macro_rules! bare {
    ($test:ident) => {
        $crate::Test::Bare(stringify!($test), |db| Box::pin($test(db)))
    };
}

/// A test that gets an empty database in a file.
#[macro_export]
macro_rules! filed {
    ($test:ident) => {
        $crate::Test::Filed(stringify!($test), |db| Box::pin($test(db)))
    };
}

/// A test that gets an empty database that several programs can share.
#[macro_export]
macro_rules! shared {
    ($test:ident) => {
        $crate::Test::Shared(stringify!($test), |db| Box::pin($test(db)))
    };
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    #[expect(clippy::disallowed_methods, reason = "the gate says here what may not be missing")]
    let demanded = std::env::var("TEST_DATABASES").unwrap_or_default();
    let listing = arguments.list;
    let postgres = if listing { None } else { Server::start() };
    if demanded.split(',').any(|d| d == "postgres") && postgres.is_none() && !listing {
        eprintln!("TEST_DATABASES demands postgres, and there is neither TEST_DATABASE_URL nor initdb");
        return ExitCode::FAILURE;
    }
    let mut trials = Vec::new();
    let files = [
        ("alike", alike::TESTS),
        ("audit", audit::TESTS),
        ("bucket", bucket::TESTS),
        ("chaos::bounds", chaos::bounds::TESTS),
        ("chaos::clocks", chaos::clocks::TESTS),
        ("chaos::faults", chaos::faults::TESTS),
        ("chaos::freezes", chaos::freezes::TESTS),
        ("chaos::herd", chaos::herd::TESTS),
        ("chaos::kills", chaos::kills::TESTS),
        ("chaos::leases", chaos::leases::TESTS),
        ("chaos::limits", chaos::limits::TESTS),
        ("chaos::lookups", chaos::lookups::TESTS),
        ("chaos::locks::bots", chaos::locks::bots::TESTS),
        ("chaos::locks::ends", chaos::locks::ends::TESTS),
        ("chaos::locks::groups", chaos::locks::groups::TESTS),
        ("chaos::locks::lanes", chaos::locks::lanes::TESTS),
        ("chaos::locks::slices", chaos::locks::slices::TESTS),
        ("chaos::pace", chaos::pace::TESTS),
        ("chaos::pictures", chaos::pictures::TESTS),
        ("chaos::rows", chaos::rows::TESTS),
        ("chaos::shortage", chaos::shortage::TESTS),
        ("chaos::stops", chaos::stops::TESTS),
        ("chaos::tokens", chaos::tokens::TESTS),
        ("chaos::turns", chaos::turns::TESTS),
        ("chaos::wires", chaos::wires::TESTS),
        ("command", command::TESTS),
        ("crash", crash::TESTS),
        ("demo", demo::TESTS),
        ("desk::claims", desk::claims::TESTS),
        ("desk::decisions", desk::decisions::TESTS),
        ("desk::erasure", desk::erasure::TESTS),
        ("desk::figures", desk::figures::TESTS),
        ("desk::phones", desk::phones::TESTS),
        ("desk::queue", desk::queue::TESTS),
        ("desk::tips", desk::tips::TESTS),
        ("edits", edits::TESTS),
        ("groups::connecting", groups::connecting::TESTS),
        ("groups::digests", groups::digests::TESTS),
        ("groups::failing", groups::failing::TESTS),
        ("groups::log", groups::log::TESTS),
        ("groups::pictures", groups::pictures::TESTS),
        ("groups::quiet", groups::quiet::TESTS),
        ("hiding", hiding::TESTS),
        ("hostile::doors", hostile::doors::TESTS),
        ("hostile::forms", hostile::forms::TESTS),
        ("hostile::groups", hostile::groups::TESTS),
        ("hostile::notices", hostile::notices::TESTS),
        ("hostile::photos", hostile::photos::TESTS),
        ("hostile::review", hostile::review::TESTS),
        ("interface", interface::TESTS),
        ("lasting", lasting::TESTS),
        ("masking", masking::TESTS),
        ("metrics", metrics::TESTS),
        ("nodes", nodes::TESTS),
        ("objections", objections::TESTS),
        ("owed", owed::TESTS),
        ("pauses", pauses::TESTS),
        ("platforms", platforms::TESTS),
        ("platforms::acts", platforms::acts::TESTS),
        ("platforms::document", platforms::document::TESTS),
        ("reporter", reporter::TESTS),
        ("roundabout", roundabout::TESTS),
        ("sealing", sealing::TESTS),
        ("sought", sought::TESTS),
        ("synapse", synapse::TESTS),
        ("synapse::parity", synapse::parity::TESTS),
        ("takeback::endings", takeback::endings::TESTS),
        ("takeback::ways", takeback::ways::TESTS),
        ("tidy", tidy::TESTS),
        ("tidy::documents", tidy::documents::TESTS),
        ("tidy::layers", tidy::layers::TESTS),
        ("tidy::words", tidy::words::TESTS),
        ("walk", walk::TESTS),
        ("wants", wants::TESTS),
        ("woken", woken::TESTS),
    ];
    for (file, tests) in files {
        for test in tests {
            match *test {
                Test::Alone(name, run) => {
                    trials.push(Trial::test(format!("{file}::{name}"), move || on_a_runtime(run)));
                }
                Test::Housed(name, run) => {
                    let run = move |db| -> Run {
                        Box::pin(async move { run(House::start(db).await).await.finish().await })
                    };
                    trials.extend(on_every_database(&format!("{file}::{name}"), postgres.as_ref(), run));
                }
                Test::Bare(name, run) => {
                    trials.extend(on_every_database(&format!("{file}::{name}"), postgres.as_ref(), run));
                }
                Test::Filed(name, run) => {
                    let [filed, _] = on_every_database(&format!("{file}::{name}"), None, run);
                    trials.push(filed);
                }
                Test::Shared(name, run) => {
                    let [_, shared] = on_every_database(&format!("{file}::{name}"), postgres.as_ref(), run);
                    trials.push(shared);
                }
            }
        }
    }
    let trials = trials.into_iter().map(synapse::or_ignored).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// The test on SQLite and on PostgreSQL.
fn on_every_database(
    name: &str,
    server: Option<&Server>,
    run: impl Fn(Db) -> Run + Copy + Send + 'static,
) -> [Trial; 2] {
    let ignored = server.is_none();
    let server = server.cloned();
    [
        Trial::test(format!("{name}::sqlite"), move || on_a_runtime(move || run(Db::sqlite()))),
        Trial::test(format!("{name}::postgres"), move || {
            let server = server.ok_or("there is no PostgreSQL here")?;
            on_a_runtime(move || Box::pin(async move { run(server.database().await).await }))
        })
        .with_ignored_flag(ignored),
    ]
}

fn on_a_runtime(test: impl FnOnce() -> Run) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failed::from(e.to_string()))?;
    // A panic is the test's failure; the harness catches it.
    tokio::task::LocalSet::new().block_on(&runtime, test());
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    Ok(())
}
