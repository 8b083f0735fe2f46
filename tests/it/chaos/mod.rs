//! The engine when things go wrong: stopped, frozen or killed at random; short of descriptors, of disk or
//! without its database; with a clock that jumps; against chats that are dead. And no platform is ever asked
//! more often than it allows.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use seventytwo::store::Conn;

use crate::house::Db;
use crate::process::peek;

pub mod bounds;
pub mod clocks;
pub mod crowd;
#[path = "../../simulation/dice.rs"]
#[expect(dead_code, reason = "the simulation throws them in more ways")]
mod dice;
pub mod faults;
pub mod freezes;
pub mod herd;
pub mod kills;
pub mod leases;
pub mod limits;
pub mod locks;
pub mod lookups;
pub mod pace;
pub mod pictures;
pub mod rows;
mod scene;
pub mod shortage;
pub mod stops;
pub mod tokens;
pub mod turns;
pub mod wires;

/// Requests whose end is recorded: each in a row of its own or, if it completed its delivery, in the
/// delivery's row.
const HEARD: &str = "SELECT (SELECT COUNT(*) FROM attempts) + (SELECT COUNT(took_ms) FROM deliveries) AS n";

/// The value that a query returns as `n`.
pub async fn count(db: &Db, sql: impl Into<String>) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let sql = sql.into();
    let counted = move |conn: &mut Conn| -> Result<Count, diesel::result::Error> {
        match conn {
            Conn::Pg(c) => diesel::sql_query(sql).get_result(&mut **c),
            Conn::Sqlite(c) => diesel::sql_query(sql).get_result(&mut **c),
        }
    };
    peek(db, move |conn| Ok(counted(conn)?.n)).await
}

/// Runs statements next to the program.
pub async fn run(db: &Db, sql: impl Into<String>) {
    let sql = sql.into();
    peek(db, move |conn| {
        match conn {
            Conn::Pg(c) => c.batch_execute(&sql)?,
            Conn::Sqlite(c) => c.batch_execute(&sql)?,
        }
        Ok(())
    })
    .await;
}

/// The number in this environment variable, or the default.
fn asked(variable: &str, usually: u64) -> u64 {
    #[expect(clippy::disallowed_methods, reason = "how much a test does is no setting of the program")]
    let value = std::env::var(variable).ok();
    value.map_or(usually, |value| value.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}
