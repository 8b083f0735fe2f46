//! One change for many rows. PostgreSQL takes all of them in one statement, one array parameter for each
//! column. SQLite runs in-process, so a prepared statement for each row costs no round trip.

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::statement::{Column, Statement, Value};
use super::types::Id;
use super::types::sql::Uid;
use super::{Answer, Conn};

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
    pub(super) fn make<Q: 'static>(&self, conn: &mut Conn, rows: Vec<Vec<Value<'_>>>) -> Answer<()> {
        match conn {
            _ if rows.is_empty() => {}
            Conn::Sqlite(c) => drop(self.one_by_one::<Q>(c, &rows)?),
            Conn::Pg(c) => {
                let (words, columns) = self.for_all(rows, "");
                Statement::<Q>::new(&borrowed(&words), columns.iter().collect()).execute(&mut **c)?;
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
    ) -> Answer<()> {
        match conn {
            Conn::Pg(c) if !rows.is_empty() => {
                let locked = format!(
                    "), locked AS (SELECT {table}.id FROM rows, {table} {0} ORDER BY {table}.id FOR UPDATE OF {table}) \
                     {1} FROM rows JOIN locked ON locked.id = rows.id {0}",
                    self.after, self.before
                );
                let (words, columns) =
                    (self.words_for_all("WITH rows AS (SELECT * FROM", &locked), self.turned(rows));
                Statement::<Q>::new(&borrowed(&words), columns.iter().collect()).execute(&mut **c)?;
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
    ) -> Answer<Vec<bool>> {
        match conn {
            _ if rows.is_empty() => Ok(Vec::new()),
            Conn::Sqlite(c) => self.one_by_one::<Q>(c, &rows),
            Conn::Pg(c) => {
                let mut changed = vec![false; rows.len()];
                let (words, columns) = self.for_all(rows, "RETURNING rows.place");
                let words = borrowed(&words);
                let told = Statement::<Q, BigInt>::new(&words, columns.iter().collect());
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
    ) -> Answer<HashMap<Id, i64>> {
        struct Last;
        let mut numbers: HashMap<Id, i64> = HashMap::with_capacity(rows.len());
        match conn {
            _ if rows.is_empty() => {}
            Conn::Sqlite(c) => {
                self.one_by_one::<Q>(c, &rows)?;
                // There is one writer, so its rows have consecutive numbers.
                let last = Statement::<Last, BigInt>::new(&["SELECT last_insert_rowid()"], Vec::new());
                let last: i64 = last.get_result(&mut **c)?;
                numbers.extend(groups.rev().zip((0..=last).rev()));
            }
            Conn::Pg(c) => {
                let (words, columns) = self.for_all(rows, "RETURNING group_id, id");
                let words = borrowed(&words);
                let told = Statement::<Q, (Uid, BigInt)>::new(&words, columns.iter().collect());
                numbers.extend(told.load::<(Id, i64)>(&mut **c)?);
            }
        }
        Ok(numbers)
    }

    /// Each row by a statement of its own, with the columns' names replaced by parameters. (An update from a
    /// table, even of one row, costs SQLite a temporary table.)
    fn one_by_one<Q: 'static>(&self, c: &mut SqliteConnection, rows: &[Vec<Value<'_>>]) -> Answer<Vec<bool>> {
        let text = self.for_one();
        let (first, rest) = text.split_once("rows.").unwrap_or((&text, ""));
        let (mut words, mut places) = (vec![first], Vec::new());
        for named in rest.split("rows.") {
            let end = named.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(named.len());
            let place = self.columns.iter().position(|(name, _)| *name == &named[..end]);
            places.push(place.expect("a change names its own columns"));
            words.push(&named[end..]);
        }
        let one = |row: &Vec<Value<'_>>| {
            let values = places.iter().map(|place| &row[*place]).collect();
            Ok(Statement::<Q>::new(&words, values).execute(&mut *c)? > 0)
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

    /// The statement for PostgreSQL, which takes all rows at once: its words, and the columns that go between
    /// them.
    fn for_all<'v>(&self, rows: Vec<Vec<Value<'v>>>, end: &str) -> (Vec<String>, Vec<Value<'v>>) {
        let words = self.words_for_all(&format!("{} FROM", self.before), &format!("{} {end}", self.after));
        (words, self.turned(rows))
    }

    /// The words of that statement, with the table of all rows between `before` and `after`.
    fn words_for_all(&self, before: &str, after: &str) -> Vec<String> {
        let types = self.columns.iter().map(|(_, holds)| holds.in_postgres());
        let mut words: Vec<String> = types.map(|holds| format!("::{holds}, ")).collect();
        if let Some(last) = words.last_mut() {
            let names: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
            last.truncate(last.len() - 2);
            last.push_str(&format!(") WITH ORDINALITY AS rows ({}, place) {after}", names.join(", ")));
        }
        words.insert(0, format!("{before} unnest("));
        words
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

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}
