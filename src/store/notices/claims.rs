//! Who holds a notice while they work on it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::super::schema::notices;
use super::super::types::{Id, Time};
use super::super::{Conn, StoreResult, both};
use crate::domain::life_cycle::State;

/// What a claim makes of a notice.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub state: State,
    pub version: i32,
    pub by: Uuid,
    /// Whose claim it may take over.
    pub over: Option<Uuid>,
    pub until: DateTime<Utc>,
}

/// Takes or renews a claim in one conditional update.
///
/// Returns whether the notice was free at `now`, or held by one of the two already, and still at `version`.
pub fn claim(conn: &mut Conn, id: Uuid, version: i32, claim: Claim, now: DateTime<Utc>) -> StoreResult<bool> {
    let theirs = [Some(claim.by), claim.over].map(|holder| holder.map(Id));
    let rows = both!(conn, c => diesel::update(
        notices::table
            .filter(notices::id.eq(Id(id)))
            .filter(notices::version.eq(version))
            .filter(
                notices::claimed_by.is_null()
                    .or(notices::claimed_by.eq_any(theirs))
                    .or(notices::claimed_until.le(Time(now))),
            ),
    )
    .set((
        notices::state.eq(claim.state),
        notices::version.eq(claim.version),
        notices::claimed_by.eq(Id(claim.by)),
        notices::claimed_until.eq(Time(claim.until)),
    ))
    .execute(c))?;
    Ok(rows == 1)
}

/// Lets whoever holds a locked notice hold it until then: they are at work on it.
pub fn hold_on(conn: &mut Conn, id: Uuid, until: DateTime<Utc>) -> StoreResult<()> {
    both!(conn, c => diesel::update(notices::table.find(Id(id)))
        .set(notices::claimed_until.eq(Time(until)))
        .execute(c))?;
    Ok(())
}

/// Lets every claim of an account run out now, as if its time were over. Returns how many there were.
pub fn lapse(conn: &mut Conn, by: Uuid, now: DateTime<Utc>) -> StoreResult<usize> {
    let held = notices::claimed_by.eq(Id(by)).and(notices::claimed_until.gt(Time(now)));
    Ok(both!(conn, c => diesel::update(notices::table.filter(held))
        .set(notices::claimed_until.eq(Time(now)))
        .execute(c))?)
}
