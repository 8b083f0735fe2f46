//! What was leased as it was planned: a row for each slice, with the end of its leases. Usually every result
//! is there by then. What has none comes into the queue, so nothing is lost with the process that held it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::dsl::{auto_type, exists, not};
use diesel::prelude::*;

use super::mutation::{self, Mutation};
use super::schema::{deliveries, slices};
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::delivery::DeliveryState;

/// Slices that one transaction looks through.
const MOST: i64 = 64;

/// The deliveries between two numbers that are leased until then; deliveries of another node may lie between
/// them.
#[derive(Queryable)]
struct Slice {
    id: i64,
    first: i64,
    last: i64,
    leased_until: Time,
}

/// The deliveries of a slice that have no result, and are not queued.
#[auto_type(no_type_alias)]
fn without_result(slice: &Slice) -> _ {
    let (first, last, leased_until): (i64, i64, Time) = (slice.first, slice.last, slice.leased_until);
    let open: DeliveryState = DeliveryState::Open;
    deliveries::table
        .filter(deliveries::id.between(first, last))
        .filter(deliveries::state.eq(open).and(deliveries::queued.eq(false)))
        .filter(deliveries::due_at.eq(leased_until))
}

/// Records that these deliveries, which are not queued, are leased until then.
pub(super) fn add(conn: &mut Conn, leased: &[i64], until: DateTime<Utc>) -> StoreResult<()> {
    let (Some(first), Some(last)) = (leased.iter().min(), leased.iter().max()) else { return Ok(()) };
    both!(conn, c => diesel::insert_into(slices::table)
        .values((slices::first.eq(first), slices::last.eq(last), slices::leased_until.eq(Time(until))))
        .execute(c))?;
    Ok(())
}

/// Queues what has no result though its lease is over by now; returns whether anything came of it.
pub(super) fn queue_over(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<bool> {
    if mutation::on(Mutation::ForgetSlices) {
        return Ok(false);
    }
    let over =
        slices::table.filter(slices::leased_until.le(Time(now))).order(slices::leased_until).limit(MOST);
    let over: Vec<Slice> = match conn {
        Conn::Pg(c) => over.for_update().skip_locked().load(&mut **c)?,
        Conn::Sqlite(c) => over.load(&mut **c)?,
    };
    queue(conn, &over)
}

/// Queues what is leased for longer than until `latest`, because no lease made by a correct clock ends later;
/// returns whether there were any slices to look through.
pub(super) fn queue_beyond(conn: &mut Conn, latest: DateTime<Utc>) -> StoreResult<bool> {
    let beyond = slices::table.filter(slices::leased_until.gt(Time(latest))).order(slices::id).limit(MOST);
    let beyond: Vec<Slice> = match conn {
        Conn::Pg(c) => beyond.for_update().load(&mut **c)?,
        Conn::Sqlite(c) => beyond.load(&mut **c)?,
    };
    if !queue(conn, &beyond)?
        && let (Conn::Pg(c), Some(slice)) = (conn, beyond.first())
    {
        // No later look comes upon it: so it is waited for, as long as no other delivery is locked.
        let one = without_result(slice).order(deliveries::id).limit(1);
        one.select(deliveries::id).for_update().execute(&mut **c)?;
    }
    Ok(!beyond.is_empty())
}

/// Queues the deliveries without a result, and deletes the slices that are complete; returns whether it
/// changed anything. On PostgreSQL what somebody has locked is passed over, and its slice stays: a result
/// queues its delivery itself or, where it comes to nothing, leaves it to a later look. (Results are locked
/// in no order: whoever waited for one could wait in a circle.)
fn queue(conn: &mut Conn, over: &[Slice]) -> StoreResult<bool> {
    let mut changed = 0;
    for slice in over {
        let lacking = without_result(slice).select(deliveries::id);
        let free: Vec<i64> = match conn {
            Conn::Pg(c) => lacking.for_update().skip_locked().load(&mut **c)?,
            Conn::Sqlite(c) => lacking.load(&mut **c)?,
        };
        if !free.is_empty() {
            let free = deliveries::table.filter(deliveries::id.eq_any(free));
            changed += both!(conn, c => diesel::update(free).set(deliveries::queued.eq(true)).execute(c))?;
        }
        let lacks = exists(without_result(slice));
        changed +=
            both!(conn, c => diesel::delete(slices::table.find(slice.id).filter(not(lacks))).execute(c))?;
    }
    Ok(changed > 0)
}

/// How many deliveries of all slices have no result yet.
pub(super) fn under_way(conn: &mut Conn) -> StoreResult<i64> {
    let joined =
        deliveries::id.between(slices::first, slices::last).and(deliveries::due_at.eq(slices::leased_until));
    let without_result = slices::table
        .inner_join(deliveries::table.on(joined))
        .filter(deliveries::state.eq(DeliveryState::Open).and(deliveries::queued.eq(false)));
    Ok(both!(conn, c => without_result.count().get_result(c))?)
}

/// The deliveries without a result of the slices that are leased until one of these times, with their groups and
/// that time.
pub(super) fn lacking(conn: &mut Conn, until: &BTreeSet<Time>) -> StoreResult<Vec<(i64, Id, Time)>> {
    let leased = slices::table.filter(slices::leased_until.eq_any(until));
    let leased: Vec<Slice> = both!(conn, c => leased.load(c))?;
    let mut lacking = Vec::new();
    // One by one: for many at once, both databases would read all deliveries that there are.
    for slice in &leased {
        let found = without_result(slice).select((deliveries::id, deliveries::group_id, deliveries::due_at));
        lacking.extend(both!(conn, c => found.load::<(i64, Id, Time)>(c))?);
    }
    Ok(lacking)
}
