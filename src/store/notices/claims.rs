//! Who holds a notice while they work on it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::super::schema::notices;
use super::super::types::{Id, Named, Time};
use super::super::{Answer, Conn, both};
use crate::domain::life_cycle::State;

/// Takes or renews a claim in one conditional update, for the first of these accounts, who may take it over
/// from the other.
///
/// Returns whether it was free, expired, or one of theirs already, and still at `version`.
pub fn claim(
    conn: &mut Conn,
    id: Uuid,
    version: i32,
    (state, next_version): (State, i32),
    (by, over): (Uuid, Option<Uuid>),
    (now, until): (DateTime<Utc>, DateTime<Utc>),
) -> Answer<bool> {
    let theirs = [Some(by), over].map(|holder| holder.map(Id));
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
        notices::state.eq(Named(state)),
        notices::version.eq(next_version),
        notices::claimed_by.eq(Id(by)),
        notices::claimed_until.eq(Time(until)),
    ))
    .execute(c))?;
    Ok(rows == 1)
}

/// Lets whoever holds a locked notice hold it until then: they are at work on it.
pub fn hold_on(conn: &mut Conn, id: Uuid, until: DateTime<Utc>) -> Answer<()> {
    both!(conn, c => diesel::update(notices::table.find(Id(id)))
        .set(notices::claimed_until.eq(Time(until)))
        .execute(c))?;
    Ok(())
}

/// Lets every claim of an account run out now, as if its time were over. Returns how many there were.
pub fn lapse(conn: &mut Conn, by: Uuid, now: DateTime<Utc>) -> Answer<usize> {
    let held = notices::claimed_by.eq(Id(by)).and(notices::claimed_until.gt(Time(now)));
    Ok(both!(conn, c => diesel::update(notices::table.filter(held))
        .set(notices::claimed_until.eq(Time(now)))
        .execute(c))?)
}
