//! What was leased as it was planned: a row for each slice, with the end of its leases. Usually every result
//! is there by then. What has none comes into the queue, so nothing is lost with the process that held it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::mutation::{self, Mutation};
use super::schema::{deliveries, slices};
use super::types::{Named, Time};
use super::{Answer, Conn, both};
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

/// Records that these deliveries, which are not queued, are leased until then.
///
/// # Errors
/// When the database refuses.
pub(super) fn add(conn: &mut Conn, leased: &[i64], until: DateTime<Utc>) -> Answer<()> {
    let (Some(first), Some(last)) = (leased.iter().min(), leased.iter().max()) else { return Ok(()) };
    both!(conn, c => diesel::insert_into(slices::table)
        .values((slices::first.eq(first), slices::last.eq(last), slices::leased_until.eq(Time(until))))
        .execute(c))?;
    Ok(())
}

/// Queues what has no result though its lease is over by now; returns whether there were any slices to look
/// through.
///
/// # Errors
/// When the database refuses.
pub(super) fn queue_over(conn: &mut Conn, now: DateTime<Utc>) -> Answer<bool> {
    if mutation::on(Mutation::ForgetSlices) {
        return Ok(false);
    }
    let over =
        slices::table.filter(slices::leased_until.le(Time(now))).order(slices::leased_until).limit(MOST);
    let over: Vec<Slice> = match conn {
        Conn::Pg(c) => over.for_update().skip_locked().load(&mut **c)?,
        Conn::Sqlite(c) => over.load(&mut **c)?,
    };
    queue(conn, &over)?;
    Ok(!over.is_empty())
}

/// Queues what is leased for longer than until `latest`, because no lease made by a correct clock ends later;
/// returns whether there were any slices to look through.
///
/// # Errors
/// When the database refuses.
pub(super) fn queue_beyond(conn: &mut Conn, latest: DateTime<Utc>) -> Answer<bool> {
    let beyond = slices::table.filter(slices::leased_until.gt(Time(latest))).limit(MOST);
    let beyond: Vec<Slice> = both!(conn, c => beyond.load(c))?;
    queue(conn, &beyond)?;
    Ok(!beyond.is_empty())
}

fn queue(conn: &mut Conn, over: &[Slice]) -> Answer<()> {
    for slice in over {
        let without_result = deliveries::table
            .filter(deliveries::id.between(slice.first, slice.last))
            .filter(deliveries::state.eq(Named(DeliveryState::Open)).and(deliveries::queued.eq(false)))
            .filter(deliveries::due_at.eq(slice.leased_until));
        both!(conn, c => {
            diesel::update(without_result).set(deliveries::queued.eq(true)).execute(c)?;
            diesel::delete(slices::table.find(slice.id)).execute(c)?;
        });
    }
    Ok(())
}

/// How many deliveries of all slices have no result yet.
///
/// # Errors
/// When the database refuses.
pub(super) fn under_way(conn: &mut Conn) -> Answer<i64> {
    let slice =
        deliveries::id.between(slices::first, slices::last).and(deliveries::due_at.eq(slices::leased_until));
    Ok(both!(conn, c => slices::table
        .inner_join(deliveries::table.on(slice))
        .filter(deliveries::state.eq(Named(DeliveryState::Open)).and(deliveries::queued.eq(false)))
        .count()
        .get_result(c))?)
}
