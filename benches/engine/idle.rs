//! A program that has nothing to do, started as an operator starts it: its processor time and, where the
//! database counts them, its transactions.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use seventytwo::store::{Conn, StoreError};

use crate::house::Db;
use crate::{line, process};

/// How long it is watched.
const TIME: Duration = Duration::from_secs(30);
/// How long it may take to start.
const START: Duration = Duration::from_secs(5);

pub async fn measure(db: Db) {
    let folder = db.folder.path().display().to_string();
    let program = Command::new(env!("CARGO_BIN_EXE_seventytwo"))
        .arg("serve")
        .env_clear()
        .env("DATABASE_URL", &db.url)
        .env("SEVENTYTWO_BIND", "127.0.0.1:0")
        .env("SEVENTYTWO_DATA_DIR", folder)
        .env("SEVENTYTWO_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let program = Running(program);
    tokio::time::sleep(START).await;
    let (cpu, transactions) = (process::cpu_of(program.0.id()), transactions(&db).await);
    tokio::time::sleep(TIME).await;
    let seconds = TIME.as_secs_f64();
    let used = (process::cpu_of(program.0.id()) - cpu).as_secs_f64() / seconds;
    line(&db, "idle: CPU %", used * 100.0, None);
    if let (Some(before), Some(after)) = (transactions, self::transactions(&db).await) {
        line(&db, "idle: transactions/s", (after - before) as f64 / seconds, None);
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// This database's transactions so far, if it counts them.
async fn transactions(db: &Db) -> Option<i64> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        transactions: i64,
    }
    let database = db.database();
    let count = move || {
        let mut conn = Conn::open(&database)?;
        let Conn::Pg(c) = &mut conn else { return Ok(None) };
        // A read, a write and a failure are one transaction each.
        let counted: Counted = diesel::sql_query(
            "SELECT xact_commit + xact_rollback AS transactions FROM pg_stat_database \
             WHERE datname = current_database()",
        )
        .get_result(&mut **c)?;
        Ok::<_, StoreError>(Some(counted.transactions))
    };
    tokio::task::spawn_blocking(count).await.expect("it is counted").expect("the store answers")
}
