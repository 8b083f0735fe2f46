//! What the program costs, each number beside its ceiling measured in the same run: `cargo bench`, or one
//! part of it, `cargo bench -- fan-out`. How to read the numbers: `docs/performance.md`.
//!
//! Every part is bounded in count or time, and runs on SQLite and, where the tests find one, PostgreSQL.

mod arrival;
mod ceilings;
mod fan_out;
#[path = "../../tests/it/ground.rs"]
mod ground;
mod house;
mod idle;
mod neighbours;
mod pictures;
#[expect(clippy::unwrap_used, reason = "a module of the tests")]
#[path = "../../tests/it/postgres.rs"]
mod postgres;
mod process;
mod sink;
mod submissions;

use ground::Db;
use postgres::Server;

/// Everything that can be asked for.
const PARTS: [&str; 7] = ["submissions", "arrival", "fan-out", "hanging", "scheduled", "idle", "pictures"];

fn main() {
    // Cargo adds flags of its own.
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    if asked.iter().any(|a| a == sink::COMMAND) {
        return sink::run();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    if asked.first().is_some_and(|a| [fan_out::CONNECT, fan_out::SEND].contains(&a.as_str())) {
        return runtime.block_on(fan_out::alone(&asked));
    }
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|a| a == part);
    let server = Server::start();
    println!("{:<10} {:<50} {:>12} {:>12} {:>7}", "database", "what", "measured", "ceiling", "ratio");
    runtime.block_on(async {
        for part in PARTS.into_iter().filter(|p| wanted(p)) {
            measure(part, Db::sqlite()).await;
            // Drawing needs no database.
            if let Some(server) = server.as_ref().filter(|_| part != "pictures") {
                measure(part, server.database().await).await;
            }
        }
    });
}

async fn measure(part: &str, db: Db) {
    match part {
        "submissions" => submissions::measure(db).await,
        "arrival" => arrival::measure(db).await,
        "fan-out" => fan_out::measure(db).await,
        "hanging" => neighbours::hanging(db).await,
        "scheduled" => neighbours::scheduled(db).await,
        "idle" => idle::measure(db).await,
        _ => pictures::measure(db).await,
    }
}

/// One line of the table.
fn line(db: &Db, what: &str, measured: f64, ceiling: Option<f64>) {
    let (of, ratio) = match ceiling {
        Some(ceiling) => (format!("{ceiling:.1}"), format!("{:.2}", measured / ceiling)),
        None => Default::default(),
    };
    println!("{:<10} {what:<50} {measured:>12.1} {of:>12} {ratio:>7}", db.database().name());
}

/// The value below which that share of the sorted `values` lies.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}
