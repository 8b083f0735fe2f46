//! Results that are written once more: the database had kept them, and its answer to that was lost.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::super::schema::{attempts, deliveries};
use super::super::types::Time;
use super::super::{Conn, StoreResult, both};
use super::Record;

/// Those of these results, whose lanes are not leased to us any more, that are not on record yet. A request
/// is known by its delivery and its end.
pub(super) fn unknown<'a>(conn: &mut Conn, late: Vec<&'a Record>) -> StoreResult<Vec<&'a Record>> {
    if late.is_empty() {
        return Ok(late);
    }
    let of: Vec<i64> = late.iter().map(|record| record.leased.delivery).collect();
    let logged = attempts::table.filter(attempts::delivery_id.eq_any(&of));
    let logged: Vec<(i64, Time)> =
        both!(conn, c => logged.select((attempts::delivery_id, attempts::at)).load(c))?;
    // What completed a delivery is recorded in the delivery alone.
    let done = deliveries::table.filter(deliveries::id.eq_any(&of));
    let done: Vec<(i64, Option<Time>)> =
        both!(conn, c => done.select((deliveries::id, deliveries::delivered_at)).load(c))?;
    let done = done.into_iter().filter_map(|(id, at)| Some((id, at?.0)));
    let known: HashSet<(i64, DateTime<Utc>)> =
        logged.into_iter().map(|(id, at)| (id, at.0)).chain(done).collect();
    Ok(late.into_iter().filter(|one| !known.contains(&(one.leased.delivery, one.at))).collect())
}
