//! Brings the database up to date; several nodes may try at once.

use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Answer, Conn, StoreError, both};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any number will do as long as nobody else uses it in this database.
pub const LOCK: i64 = 7_272_727;

/// Whether anything was ever applied.
///
/// # Errors
/// When the database refuses.
pub fn has_run(conn: &mut Conn) -> Answer<bool> {
    // To ask diesel would make the table in which it notes what was applied.
    let noted = match conn {
        Conn::Pg(_) => "to_regclass('__diesel_schema_migrations') IS NOT NULL",
        Conn::Sqlite(_) => "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')",
    };
    Ok(both!(conn, c => diesel::select(sql::<Bool>(noted)).get_result(c))?)
}

/// Applies what is missing.
///
/// # Errors
/// [`StoreError::Migration`] with the migration's name and the database's own words.
pub fn run(conn: &mut Conn) -> Answer<()> {
    match conn {
        Conn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(drop),
        Conn::Pg(c) => {
            let lock = |sql: &str| diesel::sql_query(sql).bind::<diesel::sql_types::BigInt, _>(LOCK);
            // It waits for another node, and takes as long as it takes; this connection does nothing else.
            c.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0")?;
            lock("SELECT pg_advisory_lock($1)").execute(&mut **c)?;
            let outcome = c.run_pending_migrations(POSTGRES).map(drop);
            lock("SELECT pg_advisory_unlock($1)").execute(&mut **c)?;
            outcome
        }
    }
    .map_err(|e| StoreError::Migration(e.to_string()))
}
