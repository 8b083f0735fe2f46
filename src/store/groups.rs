//! Groups, the regions they want to hear of, the lane each has in the queue, and their delivery log.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use uuid::Uuid;

use super::broadcasts::DELETED;
use super::lanes::{self, times, written};
use super::mutation::{self, Mutation};
use super::schema::{self, attempts, broadcasts, deliveries, group_regions, groups, notices};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, StoreError, both};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::group::{GroupState, Kinds, Platform};
use crate::domain::language::Language;
use crate::domain::life_cycle::State;
use crate::domain::quiet::Quiet;
use crate::domain::region::Region;

/// A group as stored.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = groups, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Group {
    pub id: Id,
    /// Its admin.
    pub account_id: Id,
    pub platform: Named<Platform>,
    pub name: String,
    pub credentials_sealed: Vec<u8>,
    /// The keyed hash of its robot's address: a robot is connected once.
    pub address_hash: Vec<u8>,
    /// The last four characters of the address, all that is ever shown of it.
    pub last4: String,
    /// What it is written to in.
    pub language: Named<Language>,
    pub state: Named<GroupState>,
    /// Why it is disabled.
    pub reason: Option<String>,
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
    /// Whom its requests go to.
    pub host: String,
    /// The token it shares with other groups, as a digest, if it does.
    pub bot: Option<String>,
    /// How many notices it wants to hear within an hour, at most.
    pub hourly_cap: Option<i16>,
    /// See [`Group::quiet`].
    pub quiet_from: Option<i16>,
    pub quiet_until: Option<i16>,
    pub quiet_but_urgent: bool,
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

    /// Replaces what [`Group::quiet`] answers.
    pub fn set_quiet(&mut self, quiet: Option<Quiet>) {
        self.quiet_from = quiet.map(|hours| hours.from);
        self.quiet_until = quiet.map(|hours| hours.until);
        self.quiet_but_urgent = quiet.is_none_or(|hours| hours.but_urgent);
    }

    /// When codes and test messages went to it, oldest first, as far as they are remembered.
    pub fn probes(&self) -> Vec<DateTime<Utc>> {
        times(&self.probes)
    }

    /// Replaces what [`Group::probes`] answers.
    pub fn set_probes(&mut self, probes: &[DateTime<Utc>]) {
        self.probes = written(probes);
    }
}

/// Adds a group with its regions and its lane; `false` where its robot is connected already.
///
/// # Errors
/// When the database refuses.
pub fn insert(conn: &mut Conn, group: &Group, regions: &[Region]) -> Answer<bool> {
    let rows = both!(conn, c => diesel::insert_into(groups::table)
        .values(group)
        .on_conflict(groups::address_hash)
        .do_nothing()
        .execute(c))?;
    if rows == 0 {
        return Ok(false);
    }
    set_regions(conn, group.id.0, regions)?;
    lanes::keep_bot(conn, group.bot.as_deref())?;
    lanes::insert(conn, group.id)?;
    Ok(true)
}

/// The groups of an admin, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of_account(conn: &mut Conn, account: Uuid) -> Answer<Vec<Group>> {
    Ok(both!(conn, c => groups::table
        .filter(groups::account_id.eq(Id(account)))
        .order(groups::id)
        .select(Group::as_select())
        .load(c))?)
}

/// The group of that id, if it is this admin's.
///
/// # Errors
/// When the database refuses.
pub fn of_admin(conn: &mut Conn, account: Uuid, id: Uuid) -> Answer<Option<Group>> {
    Ok(both!(conn, c => groups::table
        .find(Id(id))
        .filter(groups::account_id.eq(Id(account)))
        .select(Group::as_select())
        .first(c)
        .optional())?)
}

/// The same, locked until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub fn lock(conn: &mut Conn, account: Uuid, id: Uuid) -> Answer<Option<Group>> {
    match conn {
        Conn::Pg(c) => Ok(groups::table
            .find(Id(id))
            .filter(groups::account_id.eq(Id(account)))
            .select(Group::as_select())
            .for_update()
            .first(&mut **c)
            .optional()?),
        // A write transaction of SQLite is alone already.
        Conn::Sqlite(_) => of_admin(conn, account, id),
    }
}

/// Writes a locked group back; `false` (and nothing is kept) where its new robot is connected already.
///
/// # Errors
/// When the database refuses.
pub fn save(conn: &mut Conn, group: &Group) -> Answer<bool> {
    // In a savepoint: on PostgreSQL a violation spoils the transaction it happens in.
    let saved = conn.transaction(|conn| {
        lanes::keep_bot(conn, group.bot.as_deref())?;
        both!(conn, c => diesel::update(groups::table.find(group.id)).set(group).execute(c))?;
        Ok(())
    });
    unless_connected(saved)
}

/// Whether a change of a group's robot was kept: `false` where the robot is another group's.
pub(super) fn unless_connected(saved: Answer<()>) -> Answer<bool> {
    match saved {
        Ok(()) => Ok(true),
        Err(StoreError::Query(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Has whatever waits for a group looked at anew, because its admin wants to hear it at other times.
/// A platform's own wait is the lane's, and holds.
///
/// # Errors
/// When the database refuses.
pub fn reconsider(conn: &mut Conn, id: Uuid, now: DateTime<Utc>) -> Answer<()> {
    if mutation::on(Mutation::KeepTimes) {
        return Ok(());
    }
    both!(conn, c => diesel::update(
        deliveries::table
            .filter(deliveries::group_id.eq(Id(id)))
            .filter(deliveries::state.eq(Named(DeliveryState::Open)))
            .filter(deliveries::due_at.gt(Time(now))),
    )
    .set(deliveries::due_at.eq(Time(now)))
    .execute(c))?;
    super::listen::announce(conn)
}

/// The regions a group wants to hear of, in order of their codes.
///
/// # Errors
/// When the database refuses, or holds a code that is no region's.
pub fn regions(conn: &mut Conn, id: Uuid) -> Answer<Vec<Region>> {
    let codes: Vec<String> = both!(conn, c => group_regions::table
        .filter(group_regions::group_id.eq(Id(id)))
        .order(group_regions::region)
        .select(group_regions::region)
        .load(c))?;
    codes
        .iter()
        .map(|code| Region::parse(code).map_err(|e| StoreError::Corrupt(format!("region {code}: {e}"))))
        .collect()
}

/// Makes the regions of a group the ones given.
///
/// # Errors
/// When the database refuses.
pub fn set_regions(conn: &mut Conn, id: Uuid, regions: &[Region]) -> Answer<()> {
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

/// Deletes a group with its credentials and its lane, and gives up whatever waits for it. Its past
/// deliveries keep its id.
///
/// # Errors
/// When the database refuses.
pub fn delete(conn: &mut Conn, id: Uuid) -> Answer<()> {
    let id = Id(id);
    both!(conn, c => {
        diesel::update(
            deliveries::table
                .filter(deliveries::group_id.eq(id))
                .filter(deliveries::state.eq(Named(DeliveryState::Open))),
        )
        .set((
            deliveries::state.eq(Named(DeliveryState::GivenUp)),
            deliveries::last_outcome.eq(Some(DELETED)),
            deliveries::last_code.eq(None::<String>),
        ))
        .execute(c)?;
        diesel::delete(group_regions::table.filter(group_regions::group_id.eq(id))).execute(c)?;
        diesel::delete(schema::lanes::table.find(id)).execute(c)?;
        diesel::delete(groups::table.find(id)).execute(c)?;
    });
    Ok(())
}

/// A line of a group's delivery log.
#[derive(Clone, Debug, Queryable)]
pub struct Logged {
    pub id: i64,
    /// Ten characters, without the dash.
    pub case_number: String,
    pub broadcast: Named<Purpose>,
    pub decided_at: Time,
    pub state: Named<DeliveryState>,
    /// Requests so far.
    pub attempts: i32,
    pub last_outcome: Option<String>,
    /// The platform's code, or ours where there was no answer.
    pub last_code: Option<String>,
    pub due_at: Time,
    pub delivered_at: Option<Time>,
    pub broadcast_id: Id,
    /// Told together with others when the quiet hours were over, or waits for that.
    pub digest: bool,
    took_ms: Option<i32>,
    act: i16,
    revision: i32,
    not_after: Option<Time>,
    notice_state: Named<State>,
    live_revision: Option<i32>,
}

impl Logged {
    /// When something last became of it, or will.
    pub fn latest(&self) -> DateTime<Utc> {
        self.delivered_at.unwrap_or(self.due_at).0.max(self.decided_at.0)
    }

    /// The attempt that delivered it, where nothing is to be said of that one but what the delivery says.
    fn success(&self) -> Option<Attempt> {
        Some(Attempt {
            delivery_id: self.id,
            at: self.delivered_at?,
            outcome: self.last_outcome.clone()?,
            code: self.last_code.clone(),
            took_ms: self.took_ms?,
        })
    }

    /// Whether it may still be said: its notice is live with these very words, or it tells of an end.
    pub fn is_true(&self, now: DateTime<Utc>) -> bool {
        self.broadcast.0.ends()
            || (self.notice_state.0 == State::Live
                && self.live_revision == Some(self.revision)
                && self.not_after.is_none_or(|end| end.0 > now))
    }

    /// Whether it was given up and may be tried again.
    pub fn can_go_again(&self, now: DateTime<Utc>) -> bool {
        self.state.0 == DeliveryState::GivenUp && self.is_true(now)
    }
}

/// The deliveries to a group before `before`, newest first.
///
/// # Errors
/// When the database refuses.
pub fn log(conn: &mut Conn, id: Uuid, before: Option<i64>, limit: i64) -> Answer<Vec<Logged>> {
    Ok(both!(conn, c => deliveries::table
        .inner_join(broadcasts::table.on(broadcasts::id.eq(deliveries::broadcast_id)))
        .inner_join(notices::table.on(notices::id.eq(broadcasts::notice_id)))
        .filter(deliveries::group_id.eq(Id(id)))
        .filter(deliveries::id.lt(before.unwrap_or(i64::MAX)))
        .order(deliveries::id.desc())
        .limit(limit)
        .select((
            deliveries::id,
            notices::case_number,
            broadcasts::purpose,
            broadcasts::created_at,
            deliveries::state,
            deliveries::attempts,
            deliveries::last_outcome,
            deliveries::last_code,
            deliveries::due_at,
            deliveries::delivered_at,
            broadcasts::id,
            deliveries::digest,
            deliveries::took_ms,
            deliveries::act,
            broadcasts::revision,
            broadcasts::not_after,
            notices::state,
            notices::live_revision,
        ))
        .load(c))?)
}

/// One delivery to a group.
///
/// # Errors
/// When the database refuses.
pub fn logged(conn: &mut Conn, id: Uuid, delivery: i64) -> Answer<Option<Logged>> {
    let found = log(conn, id, Some(delivery.saturating_add(1)), 1)?;
    Ok(found.into_iter().find(|one| one.id == delivery))
}

/// Sets a delivery that was given up going again: it is due now, and has all its tries before it.
///
/// # Errors
/// When the database refuses.
pub fn redeliver(conn: &mut Conn, given_up: &Logged, now: DateTime<Utc>) -> Answer<()> {
    let still = deliveries::state.eq(Named(DeliveryState::GivenUp));
    // What an ending has tried in vain stays tried; what was doubted may be said once more.
    let keeps = given_up.broadcast.0.ends() || mutation::on(Mutation::KeepDoubts);
    both!(conn, c => diesel::update(deliveries::table.find(given_up.id).filter(still))
        .set((
            deliveries::state.eq(Named(DeliveryState::Open)),
            deliveries::due_at.eq(Time(now)),
            deliveries::tries.eq(0),
            deliveries::act.eq(if keeps { given_up.act } else { 0 }),
        ))
        .execute(c))?;
    super::listen::announce(conn)
}

/// One attempt of a delivery.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = attempts)]
pub struct Attempt {
    pub delivery_id: i64,
    /// When it ended.
    pub at: Time,
    pub outcome: String,
    pub code: Option<String>,
    pub took_ms: i32,
}

/// The attempts of those deliveries, of each the oldest first, each with what the platform said instead of taking
/// it, sealed under the case's key.
///
/// # Errors
/// When the database refuses.
pub fn attempts_of(conn: &mut Conn, of: &[Logged]) -> Answer<Vec<(Attempt, Option<Vec<u8>>)>> {
    let ids: Vec<i64> = of.iter().map(|delivery| delivery.id).collect();
    let mut attempts: Vec<(Attempt, Option<Vec<u8>>)> = both!(conn, c => attempts::table
        .filter(attempts::delivery_id.eq_any(ids))
        .order((attempts::delivery_id, attempts::id))
        .select((Attempt::as_select(), attempts::answer_sealed))
        .load(c))?;
    attempts.extend(of.iter().filter_map(Logged::success).map(|success| (success, None)));
    Ok(attempts)
}

/// When a group last received something.
///
/// # Errors
/// When the database refuses.
pub fn last_delivered(conn: &mut Conn, id: Uuid) -> Answer<Option<DateTime<Utc>>> {
    let at: Option<Time> = both!(conn, c => deliveries::table
        .filter(deliveries::group_id.eq(Id(id)).and(deliveries::delivered_at.is_not_null()))
        .order(deliveries::id.desc())
        .select(deliveries::delivered_at.assume_not_null())
        .first(c)
        .optional())?;
    Ok(at.map(|at| at.0))
}

#[cfg(test)]
pub(super) mod tests {
    use diesel::sql_query;
    use diesel::sql_types::Text;

    use super::*;
    use crate::store::{Database, Store};

    const ADMIN: Uuid = Uuid::from_u128(1);
    pub(crate) const GROUP: Uuid = Uuid::from_u128(2);
    pub(crate) const OTHER: Uuid = Uuid::from_u128(3);

    pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn group(id: Uuid) -> Group {
        Group {
            id: Id(id),
            account_id: Id(ADMIN),
            platform: Named(Platform::Wecom),
            name: "群".to_owned(),
            credentials_sealed: vec![1],
            address_hash: id.as_bytes().to_vec(),
            last4: "91f6".to_owned(),
            language: Named(Language::ZhCn),
            state: Named(GroupState::Active),
            reason: None,
            kinds: Kinds::all().bits(),
            code_hash: None,
            code_expires_at: None,
            code_tries: 0,
            probes: Vec::new(),
            created_at: Time(at(0)),
            verified_at: None,
            host: String::new(),
            bot: None,
            hourly_cap: None,
            quiet_from: None,
            quiet_until: None,
            quiet_but_urgent: true,
        }
    }

    /// Two groups with two deliveries each, one of them done.
    pub(crate) async fn store(folder: &std::path::Path) -> Store {
        let path = folder.join("test.db").display().to_string();
        let store = Store::open(Database::Sqlite(path)).await.unwrap();
        store
            .write(|tx| {
                let Conn::Sqlite(c) = &mut *tx else { unreachable!("opened as SQLite") };
                let now = at(0).timestamp_micros();
                for sql in [
                    format!(
                        "INSERT INTO accounts (id, name, role, password_hash, totp_sealed, created_at) \
                         VALUES (x'{}', 'qunzhu', 'group_admin', '', x'', {now})",
                        ADMIN.simple()
                    ),
                    format!(
                        "INSERT INTO notices (id, case_number, kind, region, state, version, revision, urgency, \
                         missing_since, submitted_at, needs_approvals, needs_leads, sealed, announce, renewals) \
                         VALUES (x'{}', '0000000012', 'rescue', '131003', 'live', 1, 1, 0, {now}, {now}, 1, 0, 0, 0, 0)",
                        Uuid::from_u128(9).simple()
                    ),
                ] {
                    sql_query(sql).execute(&mut **c)?;
                }
                for (place, (purpose, state)) in [("alert", "delivered"), ("closing", "open")].into_iter().enumerate() {
                    let broadcast = Uuid::from_u128(20 + place as u128).simple();
                    sql_query(format!(
                        "INSERT INTO broadcasts (id, notice_id, revision, purpose, priority, created_at, expanded, planned) \
                         VALUES (x'{broadcast}', x'{}', 1, ?, 0, {now}, 1, 2)",
                        Uuid::from_u128(9).simple()
                    ))
                    .bind::<Text, _>(purpose)
                    .execute(&mut **c)?;
                    for id in [GROUP, OTHER] {
                        sql_query(format!(
                            "INSERT INTO deliveries (broadcast_id, group_id, priority, state, due_at, attempts, part, reach) \
                             VALUES (x'{broadcast}', x'{}', 0, ?, {now} + 3600000000, 1, 0, 0)",
                            id.simple()
                        ))
                        .bind::<Text, _>(state)
                        .execute(&mut **c)?;
                    }
                }
                for id in [GROUP, OTHER] {
                    assert!(insert(tx, &group(id), &[Region::parse("131003").unwrap()])?);
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
        store
    }

    fn states(conn: &mut Conn, id: Uuid) -> Vec<DeliveryState> {
        let log = log(conn, id, None, 10).unwrap();
        log.into_iter().map(|line| line.state.0).collect()
    }

    #[tokio::test]
    async fn deleting_a_group_gives_up_what_waits_for_it_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        store.write(|tx| delete(tx, GROUP)).await.unwrap();
        let (gone, log, others) = store
            .read(|c| {
                Ok((
                    of_admin(c, ADMIN, GROUP)?.is_none() && lanes::of(c, GROUP)?.is_none(),
                    states(c, GROUP),
                    states(c, OTHER),
                ))
            })
            .await
            .unwrap();
        assert!(gone);
        assert_eq!(log, [DeliveryState::GivenUp, DeliveryState::Delivered], "the past keeps the group's id");
        assert_eq!(others, [DeliveryState::Open, DeliveryState::Delivered]);
        // Its robot can be connected again.
        assert!(store.write(|tx| insert(tx, &group(GROUP), &[])).await.unwrap());
    }

    #[tokio::test]
    async fn the_log_is_read_page_by_page_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let pages = store
            .read(|c| {
                let first = log(c, GROUP, None, 1)?;
                let second = log(c, GROUP, Some(first[0].id), 1)?;
                let third = log(c, GROUP, Some(second[0].id), 1)?;
                Ok([first, second, third])
            })
            .await
            .unwrap();
        let purposes = pages.each_ref().map(|page| page.first().map(|line| line.broadcast.0));
        assert_eq!(purposes, [Some(Purpose::Closing), Some(Purpose::Alert), None]);
        assert_eq!(pages[0][0].case_number, "0000000012");
    }
}
