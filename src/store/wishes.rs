//! What groups wish: when they want to be left alone, and how much they want to hear within an hour.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{not, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, SmallInt};
use uuid::Uuid;

use super::due::Listener;
use super::mutation::{self, Mutation};
use super::schema::{deliveries, groups};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{DeliveryState, Priority, Purpose};
use crate::domain::group::GroupState;
use crate::domain::quiet::Quiet;

/// What an hourly cap looks back at.
const HOUR: TimeDelta = TimeDelta::hours(1);

/// When a group wants to be left alone, and by what.
#[derive(Clone, Copy, Queryable, QueryableByName)]
pub(super) struct Quietness {
    #[diesel(sql_type = Nullable<SmallInt>)]
    quiet_from: Option<i16>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    quiet_until: Option<i16>,
    #[diesel(sql_type = Bool)]
    quiet_but_urgent: bool,
}

impl Quietness {
    /// Whether that is heard at any hour: life at risk, or a rumour to be stopped.
    pub(super) fn yields_to(self, purpose: Purpose, urgency: i16) -> bool {
        let urgent = Priority::of(urgency.into()) == Priority::Urgent;
        purpose == Purpose::Correction || (urgent && self.quiet_but_urgent)
    }

    /// Until when the group wants to be left alone by that.
    pub(super) fn until(self, purpose: Purpose, urgency: i16, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.hours_end(now).filter(|_| !self.yields_to(purpose, urgency))
    }

    /// Until when the hours last that it is in, whatever there is to hear.
    pub(super) fn hours_end(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let (from, until) = (self.quiet_from?, self.quiet_until?);
        Quiet { from, until, but_urgent: self.quiet_but_urgent }.over_at(now)
    }
}

/// When groups with a cap have heard something within the last hour, as far as that was asked; the latest first.
#[derive(Default)]
pub(super) struct Heard(HashMap<Id, Vec<DateTime<Utc>>>);

impl Heard {
    /// Asks about those that have a cap and were not asked about.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) fn load<'a>(
        &mut self,
        conn: &mut Conn,
        listeners: impl Iterator<Item = &'a Listener>,
        now: DateTime<Utc>,
    ) -> Answer<()> {
        let capped = listeners.filter(|one| one.hourly_cap.is_some()).map(|one| one.group_id);
        let wanted: BTreeSet<Id> = capped.filter(|group| !self.0.contains_key(group)).collect();
        if wanted.is_empty() {
            return Ok(());
        }
        // In the index's own words: a database would not know it by others.
        let of_groups = deliveries::table
            .filter(deliveries::capped.and(sql::<Bool>("state = 'delivered'")).and(deliveries::how.is_null()))
            .filter(deliveries::group_id.eq_any(&wanted));
        let heard: Vec<(Id, Option<Time>)> = both!(conn, c => {
            let heard = of_groups.select((deliveries::group_id, deliveries::delivered_at));
            // What was planned early may have arrived late.
            if mutation::on(Mutation::CapByPlan) {
                heard.order(deliveries::id.desc()).load(c)
            } else {
                heard
                    .filter(deliveries::delivered_at.gt(Time(now - HOUR)))
                    .order(deliveries::delivered_at.desc())
                    .load(c)
            }
        })?;
        self.0.extend(wanted.into_iter().map(|group| (group, Vec::new())));
        for (group, at) in heard {
            self.0.entry(group).or_default().extend(at.map(|at| at.0));
        }
        Ok(())
    }

    /// When a group that has heard as much as it wants within the hour may hear more.
    pub(super) fn full_until(&self, listener: &Listener, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let cap = usize::from(listener.hourly_cap?.max(1).unsigned_abs());
        let latest = self.0.get(&listener.group_id)?.get(..cap)?;
        latest.iter().min().map(|at| *at + HOUR).filter(|frees| *frees > now)
    }
}

/// Asks once more about the groups that do not want to hear, now that their lanes are locked: whoever lets one of them
/// hear again makes due what waits for it, and may have done so after all this was looked at and before its lane
/// was locked.
///
/// # Errors
/// When the database refuses.
pub(super) fn ask_again<'a>(
    conn: &mut Conn,
    listeners: impl Iterator<Item = &'a mut Listener>,
    heard: &Heard,
    now: DateTime<Utc>,
) -> Answer<()> {
    // A write transaction of SQLite is alone already.
    let Conn::Pg(c) = conn else { return Ok(()) };
    let is_unwilling = |one: &&mut Listener| {
        let hears =
            !one.is_deaf() && one.quiet.hours_end(now).is_none() && heard.full_until(one, now).is_none();
        one.lane.is_some() && !hears
    };
    let unwilling: Vec<&mut Listener> = listeners.filter(is_unwilling).collect();
    if unwilling.is_empty() {
        return Ok(());
    }
    let of: BTreeSet<Id> = unwilling.iter().map(|listener| listener.group_id).collect();
    type Wishes = (Named<GroupState>, Option<i16>, Quietness);
    let wishes: Vec<(Id, Wishes)> = groups::table
        .filter(groups::id.eq_any(of))
        .select((
            groups::id,
            (
                groups::state,
                groups::hourly_cap,
                (groups::quiet_from, groups::quiet_until, groups::quiet_but_urgent),
            ),
        ))
        .load(&mut **c)?;
    let wishes: HashMap<Id, Wishes> = wishes.into_iter().collect();
    for listener in unwilling {
        if let Some(wishes) = wishes.get(&listener.group_id) {
            (listener.state, listener.hourly_cap, listener.quiet) = *wishes;
        }
    }
    Ok(())
}

/// From now on what a group hears is counted, because it has a cap: what it has heard within the hour, and what waits
/// for it or can be set going again. What is planned later is counted from the start.
///
/// # Errors
/// When the database refuses.
pub fn count(conn: &mut Conn, group: Uuid, now: DateTime<Utc>) -> Answer<()> {
    super::deliveries::lock_of_group(conn, Id(group))?;
    let to_come = [DeliveryState::Open, DeliveryState::GivenUp].map(Named);
    both!(conn, c => diesel::update(
        deliveries::table
            .filter(deliveries::group_id.eq(Id(group)).and(not(deliveries::capped)))
            .filter(deliveries::state.eq_any(to_come).or(deliveries::delivered_at.gt(Time(now - HOUR)))),
    )
    .set(deliveries::capped.eq(true))
    .execute(c))?;
    Ok(())
}
