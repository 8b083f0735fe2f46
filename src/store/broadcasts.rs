//! Broadcasts: what is to be said about a notice, and how far it has been planned.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::dsl::{auto_type, count_star, min, not};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::schema::broadcasts;
use super::statement::{Column, Statement, Value};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::delivery::{Priority, Purpose};

/// One thing to say, and how far it has been spread over the groups.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = broadcasts, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Broadcast {
    pub id: Id,
    pub notice_id: Id,
    pub revision: i32,
    pub purpose: Purpose,
    pub priority: i16,
    pub created_at: Time,
    /// Nothing of it goes out after this, not even as a retry; closings have no end.
    pub not_after: Option<Time>,
    /// The last group that has its delivery.
    pub cursor: Option<Id>,
    /// Every group has its delivery.
    pub expanded: bool,
    /// Its deliveries.
    pub planned: i32,
    /// Into how many slices its audience was cut so far.
    pub slices: i32,
}

/// Adds a broadcast; the next lease starts to plan its deliveries.
pub fn insert(conn: &mut Conn, broadcast: &Broadcast) -> StoreResult<()> {
    both!(conn, c => diesel::insert_into(broadcasts::table).values(broadcast).execute(c))?;
    super::listen::announce(conn)
}

/// Makes what says one revision of a notice say another, which reads the same.
pub fn carry_over(conn: &mut Conn, notice: Uuid, before: i32, now: i32) -> StoreResult<()> {
    let said =
        broadcasts::table.filter(broadcasts::notice_id.eq(Id(notice)).and(broadcasts::revision.eq(before)));
    both!(conn, c => diesel::update(said).set(broadcasts::revision.eq(now)).execute(c))?;
    Ok(())
}

/// The broadcasts of a notice, oldest first.
pub fn of_notice(conn: &mut Conn, notice: Uuid) -> StoreResult<Vec<Broadcast>> {
    Ok(both!(conn, c => broadcasts::table
        .filter(broadcasts::notice_id.eq(Id(notice)))
        .order(broadcasts::id)
        .select(Broadcast::as_select())
        .load(c))?)
}

/// The broadcast of that id.
pub fn by_id(conn: &mut Conn, id: Uuid) -> StoreResult<Option<Broadcast>> {
    Ok(both!(conn, c => broadcasts::table.find(Id(id)).select(Broadcast::as_select()).first(c).optional())?)
}

/// The next broadcast of that priority that still lacks deliveries and is not over at `now`, locked. Of
/// several it is the one with the fewest deliveries planned, so that all advance together; on PostgreSQL
/// those that another node has locked are skipped.
pub(super) fn next_unexpanded(
    conn: &mut Conn,
    priority: Priority,
    now: DateTime<Utc>,
) -> StoreResult<Option<Broadcast>> {
    let next = unexpanded(priority as i16, Time(now));
    Ok(match conn {
        Conn::Pg(c) => next
            .select(Broadcast::as_select())
            .for_no_key_update()
            .skip_locked()
            .first(&mut **c)
            .optional()?,
        Conn::Sqlite(c) => next.select(Broadcast::as_select()).first(&mut **c).optional()?,
    })
}

/// The broadcasts of that priority that are to be planned on.
#[auto_type(no_type_alias)]
fn unexpanded(priority: i16, now: Time) -> _ {
    // Spelled as in the index's condition, or SQLite would not use that index and would read every broadcast
    // ever made.
    broadcasts::table
        .filter(not(broadcasts::expanded).and(broadcasts::priority.eq(priority)))
        .filter(broadcasts::not_after.is_null().or(broadcasts::not_after.gt(now)))
        .order((broadcasts::planned, broadcasts::id))
}

/// Locks the broadcasts of a notice that is about to change. Every transaction that planned deliveries for
/// them, put them off because of the notice's old state, or recorded their results has then committed, and
/// the next query sees it; later ones skip these broadcasts or wait.
pub(super) fn lock(conn: &mut Conn, notice: Uuid) -> StoreResult<()> {
    struct Change;
    let of_notice = broadcasts::table.filter(broadcasts::notice_id.eq(Id(notice))).order(broadcasts::id);
    if let Conn::Pg(c) = conn {
        let these: Vec<Id> = of_notice.select(broadcasts::id).for_update().load(&mut **c)?;
        let keys = keys(&these.into_iter().collect());
        let sql = "SELECT pg_advisory_xact_lock(key) FROM unnest(?::bigint[]) AS key";
        Statement::<Change>::new(sql, [&keys]).execute(&mut **c)?;
    }
    Ok(())
}

/// Keeps the notices of these broadcasts from changing until this transaction ends, after waiting for changes
/// that are under way.
pub(super) fn hold(conn: &mut Conn, these: &BTreeSet<Id>) -> StoreResult<()> {
    struct Hold;
    if let Conn::Pg(c) = conn {
        let sql = "SELECT pg_advisory_xact_lock_shared(key) FROM unnest(?::bigint[]) AS key";
        Statement::<Hold>::new(sql, [&keys(these)]).execute(&mut **c)?;
    }
    Ok(())
}

/// Those of these broadcasts whose notice nobody is changing, or can change before this transaction ends.
/// That holds only for what is read about the notice after this call.
pub(super) fn steady(conn: &mut Conn, mut these: BTreeSet<Id>) -> StoreResult<BTreeSet<Id>> {
    struct Steady;
    if let Conn::Pg(c) = conn {
        let sql = "SELECT key FROM unnest(?::bigint[]) AS key WHERE pg_try_advisory_xact_lock_shared(key)";
        let keys = keys(&these);
        let steady: Vec<i64> = Statement::<Steady, BigInt>::new(sql, [&keys]).load(&mut **c)?;
        these.retain(|id| steady.contains(&key(*id)));
    }
    // SQLite runs one write transaction at a time.
    Ok(these)
}

/// The keys of PostgreSQL's advisory locks for broadcasts, in order. (Row locks would not do: a shared row
/// lock is granted past a transaction that waits for an exclusive one, which would then wait for as long as
/// anything is under way.)
fn keys(these: &BTreeSet<Id>) -> Value<'static> {
    Value::Column(Column::Int(these.iter().map(|id| Some(key(*id))).collect()))
}

/// The random half of an id. Two ids with the same half wait for each other needlessly, and nothing worse
/// happens.
fn key(id: Id) -> i64 {
    id.0.as_u64_pair().1.cast_signed()
}

/// The broadcasts that still lack deliveries, for the operator.
#[derive(Clone, Copy, Debug)]
pub struct Growing {
    pub broadcasts: i64,
    /// Since when the oldest of them has been growing.
    pub since: Option<DateTime<Utc>>,
}

/// What still grows.
pub fn growing(conn: &mut Conn) -> StoreResult<Growing> {
    let (broadcasts, since): (i64, Option<Time>) = both!(conn, c => broadcasts::table
        .filter(not(broadcasts::expanded))
        .select((count_star(), min(broadcasts::created_at)))
        .first(c))?;
    Ok(Growing { broadcasts, since: since.map(|at| at.0) })
}

/// Stops the growth of a notice's alerts and updates.
pub fn stop(conn: &mut Conn, notice: Uuid) -> StoreResult<()> {
    both!(conn, c => diesel::update(
        broadcasts::table
            .filter(broadcasts::notice_id.eq(Id(notice)))
            .filter(broadcasts::purpose.eq_any([Purpose::Alert, Purpose::Update])),
    )
    .set(broadcasts::expanded.eq(true))
    .execute(c))?;
    Ok(())
}
