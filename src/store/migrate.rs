//! Brings the schema up to date; several nodes may try at once.

use std::error::Error;

use diesel::backend::Backend;
use diesel::connection::SimpleConnection as _;
use diesel::dsl::sql;
use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, StoreError, StoreResult, both};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The advisory lock of migrations: any number will do that nobody else uses in this database.
pub const LOCK: i64 = 7_272_727;

/// Whether anything was ever applied.
pub fn has_run(conn: &mut Conn) -> StoreResult<bool> {
    // Asking diesel would create the table in which it notes what was applied.
    let noted = match conn {
        Conn::Pg(_) => "to_regclass('__diesel_schema_migrations') IS NOT NULL",
        Conn::Sqlite(_) => "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')",
    };
    Ok(both!(conn, c => diesel::select(sql::<Bool>(noted)).get_result(c))?)
}

/// Applies the migrations that are missing. A database with a migration that this program does not know is
/// left alone: the program might misread what a newer version has written.
///
/// # Errors
/// [`StoreError::Migration`] with the migration's name and the database's own words.
pub fn run(conn: &mut Conn) -> StoreResult<()> {
    match conn {
        // Whoever comes second waits for the lock, and then finds everything applied.
        Conn::Sqlite(c) => c.immediate_transaction(|c| apply(c, SQLITE)),
        Conn::Pg(c) => {
            let lock = |sql: &str| diesel::sql_query(sql).bind::<diesel::sql_types::BigInt, _>(LOCK);
            // It waits for another node, which may take long; this connection does nothing else.
            c.batch_execute("SET lock_timeout = 0; SET statement_timeout = 0")?;
            lock("SELECT pg_advisory_lock($1)").execute(&mut **c)?;
            let outcome = apply(&mut **c, POSTGRES);
            lock("SELECT pg_advisory_unlock($1)").execute(&mut **c)?;
            outcome
        }
    }
    .map_err(|e| StoreError::Migration(e.to_string()))
}

fn apply<DB: Backend>(
    c: &mut impl MigrationHarness<DB>,
    all: EmbeddedMigrations,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let ours = MigrationSource::<DB>::migrations(&all)?;
    let is_ours = |version| ours.iter().any(|ours| ours.name().version() == version);
    if let Some(foreign) = c.applied_migrations()?.into_iter().find(|version| !is_ours(version.as_owned())) {
        let why = format!(
            "{foreign} was applied by another version of the program: start that one, or another database"
        );
        return Err(why.into());
    }
    c.run_pending_migrations(all).map(drop)
}
