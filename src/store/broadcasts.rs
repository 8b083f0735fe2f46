//! Broadcasts: what there is to say, and what became of it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, min, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::schema::broadcasts;
use super::statement::{Column, Statement, Value};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{Priority, Purpose};

/// One thing to say, and how far it has been spread over the groups.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = broadcasts, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Broadcast {
    pub id: Id,
    pub notice_id: Id,
    pub revision: i32,
    pub purpose: Named<Purpose>,
    pub priority: i16,
    pub created_at: Time,
    /// After this nothing of it goes out, not even as a retry; closings have no end.
    pub not_after: Option<Time>,
    /// The last group that has its delivery.
    pub cursor: Option<Id>,
    /// Every group has its delivery.
    pub expanded: bool,
    pub planned: i32,
}

/// Adds a broadcast; whoever leases next gives it deliveries.
///
/// # Errors
/// When the database refuses.
pub fn insert(conn: &mut Conn, broadcast: &Broadcast) -> Answer<()> {
    both!(conn, c => diesel::insert_into(broadcasts::table).values(broadcast).execute(c))?;
    super::listen::announce(conn)
}

/// The broadcasts of a notice, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of_notice(conn: &mut Conn, notice: Uuid) -> Answer<Vec<Broadcast>> {
    Ok(both!(conn, c => broadcasts::table
        .filter(broadcasts::notice_id.eq(Id(notice)))
        .order(broadcasts::id)
        .select(Broadcast::as_select())
        .load(c))?)
}

/// The broadcast of that id.
///
/// # Errors
/// When the database refuses.
pub fn by_id(conn: &mut Conn, id: Uuid) -> Answer<Option<Broadcast>> {
    Ok(both!(conn, c => broadcasts::table.find(Id(id)).select(Broadcast::as_select()).first(c).optional())?)
}

/// The broadcast of that priority that still lacks deliveries and is not over at `now`, of several the one spread
/// least far, so that all of them come forward together, locked; on PostgreSQL one that no other node is at work
/// on.
///
/// # Errors
/// When the database refuses.
pub(super) fn next_unexpanded(
    conn: &mut Conn,
    priority: Priority,
    now: DateTime<Utc>,
) -> Answer<Option<Broadcast>> {
    macro_rules! unexpanded {
        () => {
            // In the index's own words: SQLite would not know it by others, and read every broadcast ever.
            broadcasts::table
                .filter(not(broadcasts::expanded).and(broadcasts::priority.eq(priority as i16)))
                .filter(broadcasts::not_after.is_null().or(broadcasts::not_after.gt(Time(now))))
                .order((broadcasts::planned, broadcasts::id))
                .select(Broadcast::as_select())
        };
    }
    Ok(match conn {
        Conn::Pg(c) => unexpanded!().for_no_key_update().skip_locked().first(&mut **c).optional()?,
        Conn::Sqlite(c) => unexpanded!().first(&mut **c).optional()?,
    })
}

/// Locks the broadcasts of a notice that is about to change. Whoever gives them deliveries, puts these off because of
/// how the notice stood, or writes down what became of them, has then committed, and the next question sees it; whoever
/// comes later leaves them alone or waits.
///
/// # Errors
/// When the database refuses.
pub(super) fn lock(conn: &mut Conn, notice: Uuid) -> Answer<()> {
    struct Change;
    let of_notice = broadcasts::table.filter(broadcasts::notice_id.eq(Id(notice))).order(broadcasts::id);
    if let Conn::Pg(c) = conn {
        let these: Vec<Id> = of_notice.select(broadcasts::id).for_update().load(&mut **c)?;
        let keys = keys(&these.into_iter().collect());
        let words = ["SELECT pg_advisory_xact_lock(key) FROM unnest(", "::bigint[]) AS key"];
        Statement::<Change>::new(&words, vec![&keys]).execute(&mut **c)?;
    }
    Ok(())
}

/// Keeps whoever would change the notices of these broadcasts waiting until this transaction ends, and waits for those
/// who do already.
///
/// # Errors
/// When the database refuses.
pub(super) fn hold(conn: &mut Conn, these: &BTreeSet<Id>) -> Answer<()> {
    struct Hold;
    if let Conn::Pg(c) = conn {
        let words = ["SELECT pg_advisory_xact_lock_shared(key) FROM unnest(", "::bigint[]) AS key"];
        Statement::<Hold>::new(&words, vec![&keys(these)]).execute(&mut **c)?;
    }
    Ok(())
}

/// Those of these broadcasts whose notice nobody changes, nor before this transaction ends: only what is asked
/// thereafter of how the notice stands holds for so long.
///
/// # Errors
/// When the database refuses.
pub(super) fn steady(conn: &mut Conn, mut these: BTreeSet<Id>) -> Answer<BTreeSet<Id>> {
    struct Steady;
    if let Conn::Pg(c) = conn {
        let words =
            ["SELECT key FROM unnest(", "::bigint[]) AS key WHERE pg_try_advisory_xact_lock_shared(key)"];
        let keys = keys(&these);
        let steady: Vec<i64> = Statement::<Steady, BigInt>::new(&words, vec![&keys]).load(&mut **c)?;
        these.retain(|id| steady.contains(&key(*id)));
    }
    // A write transaction of SQLite is alone already.
    Ok(these)
}

/// What PostgreSQL locks for broadcasts, in their order. (Rows that many share are locked past those who wait for them
/// alone, who would wait for as long as anything is under way.)
fn keys(these: &BTreeSet<Id>) -> Value<'static> {
    Value::Column(Column::Int(these.iter().map(|id| Some(key(*id))).collect()))
}

/// The random half of an id: two that have it in common wait for each other in vain, and that is all.
fn key(id: Id) -> i64 {
    id.0.as_u64_pair().1.cast_signed()
}

/// How many broadcasts still lack deliveries, and since when the oldest of them has been growing.
///
/// # Errors
/// When the database refuses.
pub fn growing(conn: &mut Conn) -> Answer<(i64, Option<DateTime<Utc>>)> {
    let (broadcasts, since): (i64, Option<Time>) = both!(conn, c => broadcasts::table
        .filter(not(broadcasts::expanded))
        .select((count_star(), min(broadcasts::created_at)))
        .first(c))?;
    Ok((broadcasts, since.map(|at| at.0)))
}

/// Stops a notice's broadcasts of what is no longer to be said from growing.
///
/// # Errors
/// When the database refuses.
pub fn stop(conn: &mut Conn, notice: Uuid) -> Answer<()> {
    both!(conn, c => diesel::update(
        broadcasts::table
            .filter(broadcasts::notice_id.eq(Id(notice)))
            .filter(broadcasts::purpose.eq_any([Purpose::Alert, Purpose::Update].map(Named))),
    )
    .set(broadcasts::expanded.eq(true))
    .execute(c))?;
    Ok(())
}
