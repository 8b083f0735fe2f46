//! One change for many rows. PostgreSQL takes all of them in one statement, one array parameter for each
//! column. SQLite runs in-process, so a prepared statement for each row costs no round trip.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::statement::{Column, Statement, Value};
use super::types::Id;
use super::types::sql::Uid;
use super::{Conn, StoreResult};

/// The most values that one query names: SQLite takes 32,766.
pub(super) const NAMED: usize = 10_000;

/// The type of a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holds {
    Int,
    Text,
    Id,
    Time,
    Bytes,
}

impl Holds {
    const fn in_postgres(self) -> &'static str {
        match self {
            Holds::Int => "bigint[]",
            Holds::Text => "text[]",
            Holds::Id => "uuid[]",
            Holds::Time => "timestamptz[]",
            Holds::Bytes => "bytea[]",
        }
    }

    fn column<'a>(self, rows: usize) -> Column<'a> {
        match self {
            Holds::Int => Column::Int(Vec::with_capacity(rows)),
            Holds::Text => Column::Text(Vec::with_capacity(rows)),
            Holds::Id => Column::Id(Vec::with_capacity(rows)),
            Holds::Time => Column::Time(Vec::with_capacity(rows)),
            Holds::Bytes => Column::Bytes(Vec::with_capacity(rows)),
        }
    }
}

/// A change to be made for each of several rows, whose columns it calls `rows.…`. PostgreSQL takes the rows
/// as a table, between `before` and `after`.
pub(super) struct Change<'a> {
    pub before: &'a str,
    pub columns: &'a [(&'a str, Holds)],
    pub after: &'a str,
}

impl Change<'_> {
    /// Makes the change. `Q` names it among the prepared statements.
    pub(super) fn make<Q: 'static>(&self, conn: &mut Conn, rows: Vec<Vec<Value<'_>>>) -> StoreResult<()> {
        match conn {
            _ if rows.is_empty() => {}
            Conn::Sqlite(c) => drop(self.one_by_one::<Q>(c, &rows)?),
            Conn::Pg(c) => {
                let (sql, columns) = (self.for_all(""), self.turned(rows));
                Statement::<Q>::new(&sql, &columns).execute(&mut **c)?;
            }
        }
        Ok(())
    }

    /// Makes the change, an update of `table`, whose rows other transactions may have locked. In whatever
    /// order PostgreSQL finds the rows, it first locks all of them in the order of their ids, so that no two
    /// transactions deadlock.
    pub(super) fn make_in_order<Q: 'static>(
        &self,
        conn: &mut Conn,
        table: &str,
        rows: Vec<Vec<Value<'_>>>,
    ) -> StoreResult<()> {
        match conn {
            Conn::Pg(c) if !rows.is_empty() => {
                let (before, all, after) = (self.before, self.table(), self.after);
                let sql = format!(
                    "WITH rows AS (SELECT * FROM {all}), \
                       locked AS (SELECT {table}.id FROM rows, {table} {after} ORDER BY {table}.id FOR UPDATE OF {table}) \
                     {before} FROM rows JOIN locked ON locked.id = rows.id {after}"
                );
                Statement::<Q>::new(&sql, &self.turned(rows)).execute(&mut **c)?;
                Ok(())
            }
            _ => self.make::<Q>(conn, rows),
        }
    }

    /// Makes the change, an update; returns for each row whether there was something to change.
    pub(super) fn make_and_tell<Q: 'static>(
        &self,
        conn: &mut Conn,
        rows: Vec<Vec<Value<'_>>>,
    ) -> StoreResult<Vec<bool>> {
        match conn {
            _ if rows.is_empty() => Ok(Vec::new()),
            Conn::Sqlite(c) => self.one_by_one::<Q>(c, &rows),
            Conn::Pg(c) => {
                let mut changed = vec![false; rows.len()];
                let (sql, columns) = (self.for_all("RETURNING rows.place"), self.turned(rows));
                let told = Statement::<Q, BigInt>::new(&sql, &columns);
                for place in told.load::<i64>(&mut **c)? {
                    changed[place as usize - 1] = true;
                }
                Ok(changed)
            }
        }
    }

    /// Makes the change, an insertion of deliveries to those groups; returns the number of each by its group.
    pub(super) fn make_and_number<Q: 'static>(
        &self,
        conn: &mut Conn,
        rows: Vec<Vec<Value<'_>>>,
        groups: impl DoubleEndedIterator<Item = Id>,
    ) -> StoreResult<HashMap<Id, i64>> {
        struct Last;
        let mut numbers: HashMap<Id, i64> = HashMap::with_capacity(rows.len());
        match conn {
            _ if rows.is_empty() => {}
            Conn::Sqlite(c) => {
                self.one_by_one::<Q>(c, &rows)?;
                // There is one writer, so its rows have consecutive numbers.
                let last = Statement::<Last, BigInt>::new("SELECT last_insert_rowid()", []);
                let last: i64 = last.get_result(&mut **c)?;
                numbers.extend(groups.rev().zip((0..=last).rev()));
            }
            Conn::Pg(c) => {
                let (sql, columns) = (self.for_all("RETURNING group_id, id"), self.turned(rows));
                let told = Statement::<Q, (Uid, BigInt)>::new(&sql, &columns);
                numbers.extend(told.load::<(Id, i64)>(&mut **c)?);
            }
        }
        Ok(numbers)
    }

    /// Each row by a statement of its own, with the columns' names replaced by parameters. (An update from a
    /// table, even of one row, costs SQLite a temporary table.)
    fn one_by_one<Q: 'static>(
        &self,
        c: &mut SqliteConnection,
        rows: &[Vec<Value<'_>>],
    ) -> StoreResult<Vec<bool>> {
        let text = self.for_one();
        let (first, rest) = text.split_once("rows.").unwrap_or((&text, ""));
        let (mut sql, mut places) = (first.to_owned(), Vec::new());
        for named in rest.split("rows.") {
            let end = named.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(named.len());
            let place = self.columns.iter().position(|(name, _)| *name == &named[..end]);
            places.push(place.expect("a change names its own columns"));
            sql.extend(["?", &named[end..]]);
        }
        let one = |row: &Vec<Value<'_>>| {
            let values = places.iter().map(|place| &row[*place]);
            Ok(Statement::<Q>::new(&sql, values).execute(&mut *c)? > 0)
        };
        rows.iter().map(one).collect()
    }

    /// The statement for one row. An insertion from a SELECT would cost SQLite a journal of its own.
    fn for_one(&self) -> String {
        match self.before.split_once(" SELECT ") {
            Some((insert, values)) => format!("{insert} VALUES ({values})"),
            None => format!("{} {}", self.before, self.after),
        }
    }

    /// The statement for PostgreSQL, which takes all rows at once.
    fn for_all(&self, end: &str) -> String {
        format!("{} FROM {} {} {end}", self.before, self.table(), self.after)
    }

    /// The table of all rows in PostgreSQL, of one parameter for each column.
    fn table(&self) -> String {
        let (mut parameters, mut names) = (String::new(), String::new());
        for (name, holds) in self.columns {
            parameters.extend([if parameters.is_empty() { "?::" } else { ", ?::" }, holds.in_postgres()]);
            names.extend([name, ", "]);
        }
        format!("unnest({parameters}) WITH ORDINALITY AS rows ({names}place)")
    }

    /// Rows turned into columns.
    fn turned<'v>(&self, rows: Vec<Vec<Value<'v>>>) -> Vec<Value<'v>> {
        let mut columns: Vec<Column<'v>> =
            self.columns.iter().map(|(_, holds)| holds.column(rows.len())).collect();
        for value_of in rows {
            for (column, value) in columns.iter_mut().zip(value_of) {
                column.push(value);
            }
        }
        columns.into_iter().map(Value::Column).collect()
    }
}
