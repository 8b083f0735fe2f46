//! How the words of the field become columns, and the two types that the databases spell differently: ids and
//! times.
//!
//! `uuid`/`timestamptz` on PostgreSQL; 16 bytes and microseconds since 1970 on SQLite.

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::Sqlite;
use uuid::Uuid;

use crate::domain::delivery::ActSoFar;

/// The SQL side of the types.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::{SqlOrd, SqlType};

    /// A UUID.
    #[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    #[diesel(sqlite_type(name = "Binary"))]
    pub struct Uid;

    /// An instant.
    #[derive(Clone, Copy, Debug, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185))]
    #[diesel(sqlite_type(name = "Long"))]
    pub struct Ts;

    impl SqlOrd for Ts {}
    impl SqlOrd for Uid {}
}

/// A UUID as a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Uid)]
pub struct Id(pub Uuid);

/// An instant as a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Ts)]
pub struct Time(pub DateTime<Utc>);

impl From<Uuid> for Id {
    fn from(id: Uuid) -> Id {
        Id(id)
    }
}

impl From<DateTime<Utc>> for Time {
    fn from(at: DateTime<Utc>) -> Time {
        Time(at)
    }
}

impl FromSql<sql::Uid, Pg> for Id {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Id> {
        <Uuid as FromSql<diesel::sql_types::Uuid, Pg>>::from_sql(value).map(Id)
    }
}

impl ToSql<sql::Uid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Uuid as ToSql<diesel::sql_types::Uuid, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<sql::Uid, Sqlite> for Id {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Id> {
        let bytes = <Vec<u8> as FromSql<diesel::sql_types::Binary, Sqlite>>::from_sql(value)?;
        Ok(Id(Uuid::from_slice(&bytes)?))
    }
}

impl ToSql<sql::Uid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl FromSql<sql::Ts, Pg> for Time {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Time> {
        <DateTime<Utc> as FromSql<diesel::sql_types::Timestamptz, Pg>>::from_sql(value).map(Time)
    }
}

impl ToSql<sql::Ts, Pg> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <DateTime<Utc> as ToSql<diesel::sql_types::Timestamptz, Pg>>::to_sql(&self.0, &mut out.reborrow())
    }
}

impl FromSql<sql::Ts, Sqlite> for Time {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Time> {
        let micros = <i64 as FromSql<diesel::sql_types::BigInt, Sqlite>>::from_sql(value)?;
        DateTime::from_timestamp_micros(micros).map(Time).ok_or_else(|| "an instant out of range".into())
    }
}

impl ToSql<sql::Ts, Sqlite> for Time {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}

/// An act so far as stored: what was in vain; where words go alone, −1 less that. So 0 is a fresh start.
pub(super) fn stored_act(act: ActSoFar) -> i16 {
    let in_vain = i16::try_from(act.in_vain).unwrap_or(i16::MAX);
    if act.alone { -1 - in_vain } else { in_vain }
}

/// Reads what [`stored_act`] wrote.
pub(super) const fn act_of(stored: i16) -> ActSoFar {
    let alone = stored < 0;
    let in_vain = if alone { -1 - stored } else { stored };
    ActSoFar { alone, in_vain: in_vain.unsigned_abs() }
}

/// Stores names as text: those of a closed set, and case numbers; what is not such a name does not load.
macro_rules! names {
    ($($set:ty),+ $(,)?) => {$(
        const _: () = {
            /// Tells diesel of a word of the field, which knows nothing of diesel.
            #[derive(AsExpression, FromSqlRow)]
            #[diesel(foreign_derive, sql_type = diesel::sql_types::Text)]
            #[expect(dead_code, reason = "it stands for the type in it")]
            struct Stored($set);
        };

        impl FromSql<diesel::sql_types::Text, Pg> for $set {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                let name = <String as FromSql<diesel::sql_types::Text, Pg>>::from_sql(value)?;
                <$set>::named(&name).ok_or_else(|| format!("unknown name {name:?}").into())
            }
        }

        impl FromSql<diesel::sql_types::Text, Sqlite> for $set {
            fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                let name = <String as FromSql<diesel::sql_types::Text, Sqlite>>::from_sql(value)?;
                <$set>::named(&name).ok_or_else(|| format!("unknown name {name:?}").into())
            }
        }

        impl ToSql<diesel::sql_types::Text, Pg> for $set {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <str as ToSql<diesel::sql_types::Text, Pg>>::to_sql(self.as_str(), &mut out.reborrow())
            }
        }

        impl ToSql<diesel::sql_types::Text, Sqlite> for $set {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.as_str());
                Ok(IsNull::No)
            }
        }
    )+};
}

names!(
    crate::domain::case_number::CaseNumber,
    crate::domain::delivery::DeliveryState,
    crate::domain::delivery::EndedAs,
    crate::domain::delivery::Fault,
    crate::domain::delivery::How,
    crate::domain::delivery::Purpose,
    crate::domain::delivery::Untried,
    crate::domain::group::GroupState,
    crate::domain::group::Platform,
    crate::domain::group::WhyDisabled,
    crate::domain::language::Language,
    crate::domain::life_cycle::ActedAs,
    crate::domain::life_cycle::State,
    crate::domain::notice::Kind,
    crate::domain::notice::Outcome,
    crate::domain::people::Role,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_act_is_read_as_it_was_stored() {
        for stored in i16::MIN..=i16::MAX {
            assert_eq!(stored_act(act_of(stored)), stored);
        }
        assert_eq!(act_of(0), ActSoFar::default());
        assert_eq!(act_of(-2), ActSoFar { alone: true, in_vain: 1 });
    }
}
