//! Hand-written SQL, where diesel's queries are not enough: statements prepared once for each connection,
//! and read by position, because they run for every batch of deliveries.

use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Nullable, Text};
use diesel::sqlite::Sqlite;

use super::types::sql::{Ts, Uid};
use super::types::{Id, Time};

/// A parameter.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Id(Id),
    Time(Option<Time>),
    Bytes(Option<Vec<u8>>),
    Column(Column<'a>),
}

/// One column of many rows as an array parameter; only PostgreSQL has these.
#[derive(Clone, Debug)]
pub(super) enum Column<'a> {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<&'a str>>),
    Id(Vec<Id>),
    Time(Vec<Option<Time>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl<'a> Column<'a> {
    /// Adds one row's value, which must be of the column's type.
    pub(super) fn push(&mut self, value: Value<'a>) {
        match (self, value) {
            (Column::Int(column), Value::Int(value)) => column.push(value),
            (Column::Text(column), Value::Text(value)) => column.push(value),
            (Column::Id(column), Value::Id(value)) => column.push(value),
            (Column::Time(column), Value::Time(value)) => column.push(value),
            (Column::Bytes(column), Value::Bytes(value)) => column.push(value),
            (column, value) => unreachable!("{value:?} in {column:?}"),
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Int(Some(value))
    }
}

impl From<i32> for Value<'_> {
    fn from(value: i32) -> Self {
        Value::Int(Some(value.into()))
    }
}

impl From<i16> for Value<'_> {
    fn from(value: i16) -> Self {
        Value::Int(Some(value.into()))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(Some(value))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Value::Text(value)
    }
}

impl From<uuid::Uuid> for Value<'_> {
    fn from(value: uuid::Uuid) -> Self {
        Value::Id(Id(value))
    }
}

impl From<chrono::DateTime<chrono::Utc>> for Value<'_> {
    fn from(value: chrono::DateTime<chrono::Utc>) -> Self {
        Value::Time(Some(Time(value)))
    }
}

impl From<Option<chrono::DateTime<chrono::Utc>>> for Value<'_> {
    fn from(value: Option<chrono::DateTime<chrono::Utc>>) -> Self {
        Value::Time(value.map(Time))
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(value: Vec<u8>) -> Self {
        Value::Bytes(Some(value))
    }
}

impl From<Option<Vec<u8>>> for Value<'_> {
    fn from(value: Option<Vec<u8>>) -> Self {
        Value::Bytes(value)
    }
}

/// A statement, with a `?` for each parameter and nowhere else. It returns rows of the SQL types `S`. `Q` names
/// it among the prepared statements: two statements of one name must have the same SQL.
pub(super) struct Statement<'a, Q, S = ()> {
    sql: &'a str,
    values: Vec<&'a Value<'a>>,
    of: PhantomData<fn() -> (Q, S)>,
}

impl<'a, Q, S> Statement<'a, Q, S> {
    /// `values` are in the order of their `?`.
    pub(super) fn new(sql: &'a str, values: impl IntoIterator<Item = &'a Value<'a>>) -> Self {
        let values = values.into_iter().collect();
        Statement { sql, values, of: PhantomData }
    }
}

impl<Q: 'static, S> QueryId for Statement<'_, Q, S> {
    type QueryId = Q;
    // The mutations of the unit tests change the SQL.
    const HAS_STATIC_QUERY_ID: bool = !cfg!(test);
}

impl<Q, S> Query for Statement<'_, Q, S> {
    type SqlType = S;
}

impl<Q, S, C> RunQueryDsl<C> for Statement<'_, Q, S> {}

macro_rules! fragment {
    ($backend:ty, $out:ident, $column:pat => $push:expr) => {
        impl<Q, S> QueryFragment<$backend> for Statement<'_, Q, S> {
            fn walk_ast<'b>(&'b self, mut $out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                let mut words = self.sql.split('?');
                $out.push_sql(words.next().unwrap_or_default());
                for value in &self.values {
                    match value {
                        Value::Int(value) => $out.push_bind_param::<Nullable<BigInt>, _>(value)?,
                        Value::Text(value) => $out.push_bind_param::<Nullable<Text>, _>(value)?,
                        Value::Id(value) => $out.push_bind_param::<Uid, _>(value)?,
                        Value::Time(value) => $out.push_bind_param::<Nullable<Ts>, _>(value)?,
                        Value::Bytes(value) => $out.push_bind_param::<Nullable<Binary>, _>(value)?,
                        $column => $push,
                    }
                    $out.push_sql(words.next().expect("a value has its `?`"));
                }
                assert_eq!(words.next(), None, "each `?` has its value");
                Ok(())
            }
        }
    };
}

fragment!(Pg, out, Value::Column(column) => match column {
    Column::Int(column) => out.push_bind_param::<Array<Nullable<BigInt>>, _>(column)?,
    Column::Text(column) => out.push_bind_param::<Array<Nullable<Text>>, _>(column)?,
    Column::Id(column) => out.push_bind_param::<Array<Uid>, _>(column)?,
    Column::Time(column) => out.push_bind_param::<Array<Nullable<Ts>>, _>(column)?,
    Column::Bytes(column) => out.push_bind_param::<Array<Nullable<Binary>>, _>(column)?,
});
fragment!(Sqlite, out, Value::Column(_) => {
    let error = "SQLite has no parameters of many rows";
    return Err(diesel::result::Error::QueryBuilderError(error.into()));
});
