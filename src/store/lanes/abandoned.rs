//! The lanes of processes that are gone.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::super::rows::{Change, Holds};
use super::super::schema::{attempts, deliveries, lanes};
use super::super::statement::Value;
use super::super::types::{Id, Time};
use super::super::{Conn, StoreResult, both, slices};
use super::{NOBODY, lock_some};

/// Frees lanes leased by a process that is certainly gone by `now`; returns whether there may be more of
/// them. What it had under way is due `again`, depending on how often a process has died with it.
pub fn free_of(
    conn: &mut Conn,
    node: i64,
    now: DateTime<Utc>,
    again: &dyn Fn(u32) -> DateTime<Utc>,
) -> StoreResult<bool> {
    struct Again;
    struct Free;
    let leased = lanes::leased_by.eq(node).and(lanes::leased_until.gt(Time(DateTime::UNIX_EPOCH)));
    let all: Vec<Id> = both!(conn, c => lanes::table
        .filter(leased)
        .order(lanes::group_id)
        .select(lanes::group_id)
        .load(c))?;
    let some = lock_some(conn, &all)?;
    // Results of that process may have been written while we waited for the locks.
    let still = lanes::table.filter(lanes::group_id.eq_any(some).and(leased));
    let held: Vec<(Id, Time)> =
        both!(conn, c => still.select((lanes::group_id, lanes::leased_until)).load(c))?;
    let held: HashMap<Id, Time> = held.into_iter().collect();
    // Each attempt that came to an end without delivering everything has a row.
    let ended = attempts::table.filter(attempts::delivery_id.eq(deliveries::id)).count().single_value();
    let these = under_way(conn, &held)?;
    let under_way: Vec<(i64, i32, Option<i64>)> = both!(conn, c => deliveries::table
        .filter(deliveries::id.eq_any(these))
        .select((deliveries::id, deliveries::attempts, ended))
        .load(c))?;
    let rows = under_way.into_iter().map(|(id, attempts, ended)| {
        let died = i64::from(attempts) - ended.unwrap_or_default();
        vec![id.into(), again(u32::try_from(died).unwrap_or_default()).into()]
    });
    let put_off = Change {
        before: "UPDATE deliveries SET due_at = rows.due_at, queued = TRUE",
        columns: &[("id", Holds::Int), ("due_at", Holds::Time)],
        // It may have ended since it was read.
        after: "WHERE deliveries.id = rows.id AND deliveries.state = 'open'",
    };
    put_off.make_in_order::<Again>(conn, "deliveries", rows.collect())?;
    // The lease ends now, and is not given back: its request may have left as late as that.
    let free = Change {
        before: "UPDATE lanes SET leased_until = rows.until, leased_by = rows.nobody, fence = fence + 1",
        columns: &[("group_id", Holds::Id), ("until", Holds::Time), ("nobody", Holds::Int)],
        after: "WHERE lanes.group_id = rows.group_id",
    };
    let rows =
        held.iter().map(|(group, until)| vec![Value::Id(*group), until.0.min(now).into(), NOBODY.into()]);
    free.make::<Free>(conn, rows.collect())?;
    Ok(!all.is_empty())
}

/// What is under way in lanes that are leased until then: it is queued, or in a slice that is leased for as long. All
/// that a group ever heard is not looked through.
fn under_way(conn: &mut Conn, held: &HashMap<Id, Time>) -> StoreResult<Vec<i64>> {
    let queued = deliveries::table.filter(deliveries::group_id.eq_any(held.keys()).and(deliveries::queued));
    let mut open: Vec<(i64, Id, Time)> = both!(conn, c => queued
        .select((deliveries::id, deliveries::group_id, deliveries::due_at))
        .load(c))?;
    open.extend(slices::lacking(conn, &held.values().copied().collect::<BTreeSet<_>>())?);
    open.retain(|(_, group, due_at)| held.get(group) == Some(due_at));
    Ok(open.into_iter().map(|(id, ..)| id).collect())
}
