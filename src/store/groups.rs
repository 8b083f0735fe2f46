//! Groups, the regions they want to hear of, the lane each has in the queue, and their delivery log.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use uuid::Uuid;

use super::lanes::{self, decode_times, encode_times};
use super::mutation::{self, Mutation};
use super::rows::NAMED;
use super::schema::{self, deliveries, group_regions, groups};
use super::types::sql::Uid;
use super::types::{Id, Time};
use super::{Conn, StoreError, StoreResult, both};
use crate::domain::delivery::{DeliveryState, EndedAs};
use crate::domain::group::{GroupState, Kinds, Platform, WhyDisabled};
use crate::domain::language::Language;
use crate::domain::quiet::Quiet;
use crate::domain::region::Region;

mod delivery_log;

pub use delivery_log::{
    Attempt, LoggedDelivery, WaitsFor, attempts_of, last_delivered, log, logged, redeliver, redeliver_unheard,
};

/// A group as stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = groups, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Group {
    pub id: Id,
    /// Its admin.
    pub account_id: Id,
    pub platform: Platform,
    pub name: String,
    pub credentials_sealed: Vec<u8>,
    /// The keyed hash of its robot's address; unique, so a robot is connected once.
    pub address_hash: Vec<u8>,
    /// The last four characters of the address, all that is ever shown of it.
    pub last4: String,
    /// The language of its messages.
    pub language: Language,
    pub state: GroupState,
    /// Why it is disabled.
    pub reason: Option<WhyDisabled>,
    /// See [`Group::kinds`].
    pub kinds: i32,
    /// The keyed hash of the code that proves control, while one is awaited.
    pub code_hash: Option<Vec<u8>>,
    pub code_expires_at: Option<Time>,
    pub code_tries: i16,
    /// See [`Group::probes`].
    pub probes: Vec<u8>,
    pub created_at: Time,
    pub verified_at: Option<Time>,
    /// The host that its requests go to.
    pub host: String,
    /// The bot it shares with other groups, by a digest, if there is one.
    pub bot: Option<String>,
    /// How many notices it wants to hear within an hour, at most.
    pub hourly_cap: Option<i16>,
    /// See [`Group::quiet`].
    pub quiet_from: Option<i16>,
    pub quiet_until: Option<i16>,
    pub quiet_but_urgent: bool,
    /// See [`Group::paused_until`].
    pub paused_until: Option<Time>,
}

impl Group {
    /// The kinds it wants to hear of.
    pub fn kinds(&self) -> Kinds {
        Kinds::from_bits(self.kinds)
    }

    /// When it wants to be left alone.
    pub fn quiet(&self) -> Option<Quiet> {
        let (from, until) = (self.quiet_from?, self.quiet_until?);
        Some(Quiet { from, until, but_urgent: self.quiet_but_urgent })
    }

    /// Replaces what [`Group::quiet`] returns.
    pub fn set_quiet(&mut self, quiet: Option<Quiet>) {
        self.quiet_from = quiet.map(|hours| hours.from);
        self.quiet_until = quiet.map(|hours| hours.until);
        self.quiet_but_urgent = quiet.is_none_or(|hours| hours.but_urgent);
    }

    /// When its pause ends by itself, if it is paused and has such a time.
    pub fn paused_until(&self) -> Option<DateTime<Utc>> {
        self.paused_until.filter(|_| self.state == GroupState::Paused).map(|until| until.0)
    }

    /// Whether it receives, or will when its pause is over.
    pub fn will_receive(&self) -> bool {
        self.state == GroupState::Active || self.paused_until().is_some()
    }

    /// When codes and test messages were sent to it, oldest first, as far as they are remembered.
    pub fn probes(&self) -> Vec<DateTime<Utc>> {
        decode_times(&self.probes)
    }

    /// Replaces what [`Group::probes`] returns.
    pub fn set_probes(&mut self, probes: &[DateTime<Utc>]) {
        self.probes = encode_times(probes);
    }
}

/// Adds a group with its regions and its lane; `false` where its robot is connected already.
pub fn insert(conn: &mut Conn, group: &Group, regions: &[Region]) -> StoreResult<bool> {
    // A bot before the address, as in `save`.
    super::bots::keep(conn, group.bot.as_deref())?;
    let rows = both!(conn, c => diesel::insert_into(groups::table)
        .values(group)
        .on_conflict(groups::address_hash)
        .do_nothing()
        .execute(c))?;
    if rows == 0 {
        return Ok(false);
    }
    set_regions(conn, group.id.0, regions)?;
    lanes::insert(conn, group.id)?;
    Ok(true)
}

/// At most `limit` groups of an admin after the group `after`, oldest first.
pub fn of_account(
    conn: &mut Conn,
    account: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> StoreResult<Vec<Group>> {
    Ok(both!(conn, c => groups::table
        .filter(groups::account_id.eq(Id(account)).and(groups::id.gt(Id(after.unwrap_or_default()))))
        .order(groups::id)
        .limit(limit)
        .select(Group::as_select())
        .load(c))?)
}

/// How many groups an admin has.
pub fn count_of(conn: &mut Conn, account: Uuid) -> StoreResult<i64> {
    Ok(both!(conn, c => groups::table.filter(groups::account_id.eq(Id(account))).count().get_result(c))?)
}

/// How many groups of an admin receive, or will when their pause is over.
pub fn count_receiving(conn: &mut Conn, account: Uuid) -> StoreResult<i64> {
    let paused = groups::state.eq(GroupState::Paused).and(groups::paused_until.is_not_null());
    let receiving = groups::account_id.eq(Id(account)).and(groups::state.eq(GroupState::Active).or(paused));
    Ok(both!(conn, c => groups::table.filter(receiving).count().get_result(c))?)
}

/// The group of that id, if it is this admin's.
pub fn of_admin(conn: &mut Conn, account: Uuid, id: Uuid) -> StoreResult<Option<Group>> {
    Ok(both!(conn, c => groups::table
        .find(Id(id))
        .filter(groups::account_id.eq(Id(account)))
        .select(Group::as_select())
        .first(c)
        .optional())?)
}

/// The same, locked until the transaction ends. Its lane is locked, too, and first, as everywhere. Any
/// transaction that holds the lane decides by what the group wants, and has written down its decisions before
/// the group changes here.
pub fn lock(conn: &mut Conn, account: Uuid, id: Uuid) -> StoreResult<Option<Group>> {
    match conn {
        Conn::Pg(c) => {
            let lane = schema::lanes::table.find(Id(id)).select(schema::lanes::group_id);
            lane.for_update().execute(&mut **c)?;
            Ok(groups::table
                .find(Id(id))
                .filter(groups::account_id.eq(Id(account)))
                .select(Group::as_select())
                .for_update()
                .first(&mut **c)
                .optional()?)
        }
        // SQLite runs one write transaction at a time.
        Conn::Sqlite(_) => of_admin(conn, account, id),
    }
}

/// A group whose pause is over.
#[derive(Clone, Copy, Debug, Queryable)]
pub struct Rested {
    pub account: Id,
    pub id: Id,
    until: Option<Time>,
}

/// The groups beyond that one whose pause is over at that time, in the order in which the pauses ended.
pub fn paused_no_longer(
    conn: &mut Conn,
    now: DateTime<Utc>,
    beyond: Option<Rested>,
    limit: i64,
) -> StoreResult<Vec<Rested>> {
    let (until, id) = beyond.map_or((None, Id(Uuid::nil())), |group| (group.until, group.id));
    let until = until.unwrap_or(Time(DateTime::UNIX_EPOCH));
    Ok(both!(conn, c => groups::table
        .filter(groups::paused_until.le(Time(now)).and(groups::paused_until.ge(until)))
        .filter(groups::paused_until.gt(until).or(groups::id.gt(id)))
        .filter(groups::state.eq(GroupState::Paused))
        .order((groups::paused_until, groups::id))
        .select((groups::account_id, groups::id, groups::paused_until))
        .limit(limit)
        .load(c))?)
}

/// Whether another group has this group's robot.
pub fn is_taken(conn: &mut Conn, group: &Group) -> StoreResult<bool> {
    let others =
        groups::table.filter(groups::address_hash.eq(&group.address_hash)).filter(groups::id.ne(group.id));
    Ok(both!(conn, c => diesel::select(diesel::dsl::exists(others)).get_result(c))?)
}

/// Writes a locked group back; `false` (and nothing is kept) where another group has its new robot.
pub fn save(conn: &mut Conn, group: &Group) -> StoreResult<bool> {
    // In a savepoint: on PostgreSQL a violation aborts the transaction around it.
    let saved = conn.transaction(|conn| {
        super::bots::keep(conn, group.bot.as_deref())?;
        both!(conn, c => diesel::update(groups::table.find(group.id)).set(group).execute(c))?;
        count_change(conn, group.id)
    });
    unless_connected(saved)
}

/// Tells leases that a group whose lane is locked has changed. On PostgreSQL a lease reads groups as they were
/// when it began, and lanes as they are when it locks them: it leaves alone what does not fit together.
pub(super) fn count_change(conn: &mut Conn, id: Id) -> StoreResult<()> {
    both!(conn, c => {
        diesel::update(groups::table.find(id))
            .set(groups::generation.eq(groups::generation + 1))
            .execute(c)?;
        diesel::sql_query(
            "UPDATE lanes SET generation = (SELECT generation FROM groups WHERE groups.id = lanes.group_id) \
             WHERE group_id = $1",
        )
        .bind::<Uid, _>(id)
        .execute(c)?;
    });
    Ok(())
}

/// Whether a change of a group's robot was kept: `false` where another group has that robot.
pub(super) fn unless_connected(saved: StoreResult<()>) -> StoreResult<bool> {
    match saved {
        Ok(()) => Ok(true),
        Err(StoreError::Query(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Makes everything that waits for a group due, to be judged again, because its admin wants to hear it at
/// other times. A wait that the platform asked for belongs to the lane, and holds.
pub fn reconsider(conn: &mut Conn, id: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
    if mutation::on(Mutation::KeepTimes) {
        return Ok(());
    }
    let waiting = super::deliveries::lock_waiting(conn, id)?;
    for some in waiting.chunks(NAMED) {
        let later =
            deliveries::table.filter(deliveries::id.eq_any(some).and(deliveries::due_at.gt(Time(now))));
        both!(conn, c => diesel::update(later).set(deliveries::due_at.eq(Time(now))).execute(c))?;
    }
    super::listen::announce(conn)
}

/// The regions that each of these groups wants to hear of, in order of their codes.
///
/// # Errors
/// When the database refuses, or holds a code that is no region's.
pub fn regions(conn: &mut Conn, of: &[Id]) -> StoreResult<HashMap<Id, Vec<Region>>> {
    let rows: Vec<(Id, String)> = both!(conn, c => group_regions::table
        .filter(group_regions::group_id.eq_any(of))
        .order(group_regions::region)
        .select((group_regions::group_id, group_regions::region))
        .load(c))?;
    let mut found: HashMap<Id, Vec<Region>> = HashMap::new();
    for (group, code) in rows {
        let region = Region::parse(&code).map_err(|e| StoreError::Corrupt(format!("region {code}: {e}")))?;
        found.entry(group).or_default().push(region);
    }
    Ok(found)
}

/// Replaces the regions of a group.
pub fn set_regions(conn: &mut Conn, id: Uuid, regions: &[Region]) -> StoreResult<()> {
    let rows: Vec<_> = regions
        .iter()
        .map(|region| (group_regions::region.eq(region.code()), group_regions::group_id.eq(Id(id))))
        .collect();
    both!(conn, c => {
        diesel::delete(group_regions::table.filter(group_regions::group_id.eq(Id(id)))).execute(c)?;
        diesel::insert_into(group_regions::table).values(&rows).execute(c)?;
    });
    Ok(())
}

/// Deletes a group with its credentials and its lane, and gives up what waits for it. Its past deliveries
/// keep its id.
pub fn delete(conn: &mut Conn, id: Uuid) -> StoreResult<()> {
    let id = Id(id);
    super::deliveries::lock_of_group(conn, id)?;
    both!(conn, c => {
        diesel::update(
            deliveries::table
                .filter(deliveries::group_id.eq(id))
                .filter(deliveries::state.eq(DeliveryState::Open)),
        )
        .set((
            deliveries::state.eq(DeliveryState::GivenUp),
            deliveries::queued.eq(false),
            deliveries::last_outcome.eq(EndedAs::Deleted),
            deliveries::last_code.eq(None::<String>),
        ))
        .execute(c)?;
        diesel::delete(group_regions::table.filter(group_regions::group_id.eq(id))).execute(c)?;
        diesel::delete(schema::lanes::table.find(id)).execute(c)?;
        diesel::delete(groups::table.find(id)).execute(c)?;
    });
    Ok(())
}

#[cfg(test)]
mod tests;
