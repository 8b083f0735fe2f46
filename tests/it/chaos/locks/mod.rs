//! Two transactions of the program at once on PostgreSQL, one of them held open by the test: neither loses
//! what the other decides, and none is refused because of the other.

pub mod bots;
pub mod ends;
pub mod groups;
pub mod lanes;
pub mod slices;

use std::cell::Cell;
use std::sync::mpsc;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::broadcast::conclude;
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::domain::delivery::{DeliveryState, EndedAs, Reach};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::leasing::Leased;
use seventytwo::store::results::{self, Health, Record};
use seventytwo::store::{Conn, Store, StoreError, StoreResult};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::leases::lease_and_die;
use super::{count, run};
use crate::house::{Db, House, Person};
use crate::notices;
use crate::process::eventually;

/// A transaction whose changes are made, and whose commit waits.
struct Open<T> {
    commit: mpsc::Sender<()>,
    done: JoinHandle<StoreResult<T>>,
}

impl<T: Send + 'static> Open<T> {
    async fn begin(
        store: &Store,
        change: impl FnOnce(&mut Conn) -> StoreResult<T> + Send + 'static,
    ) -> Open<T> {
        let (store, (made, is_made), (commit, committed)) =
            (store.clone(), oneshot::channel(), mpsc::channel());
        let done = tokio::spawn(async move {
            let change = move |tx: &mut Conn| {
                wait_for_ever(tx)?;
                let came_to = change(tx)?;
                let _ = made.send(());
                committed.recv().map_err(|_| StoreError::BrokenOff)?;
                Ok(came_to)
            };
            store.write(change).await
        });
        is_made.await.unwrap();
        Open { commit, done }
    }

    async fn commit(self) -> T {
        self.commit.send(()).unwrap();
        self.done.await.unwrap().unwrap()
    }
}

/// Lets a transaction idle for as long as its test takes, where the server would otherwise end it.
fn wait_for_ever(tx: &mut Conn) -> StoreResult<()> {
    if let Conn::Pg(c) = tx {
        diesel::sql_query("SET LOCAL idle_in_transaction_session_timeout = 0").execute(&mut **c)?;
    }
    Ok(())
}

/// How many sessions wait for a lock.
async fn waiting(db: &Db) -> i64 {
    let waiting = "SELECT COUNT(*) AS n FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    count(db, waiting).await
}

/// Runs `act` while a transaction is open; the transaction commits as soon as `act` ends or waits for it.
async fn meanwhile<T: Send + 'static>(db: &Db, act: impl Future<Output = ()>, open: Open<T>) -> T {
    let acted = Cell::new(false);
    let act = async {
        act.await;
        acted.set(true);
    };
    let commit = async {
        eventually("it is done, or waits", async || acted.get() || waiting(db).await > 0).await;
        open.commit().await
    };
    tokio::join!(act, commit).1
}

/// Runs two things that wait for a transaction, the second after the first has begun to wait. When both wait,
/// it commits.
async fn crossing<A, B>(
    db: &Db,
    first: impl Future<Output = A>,
    second: impl Future<Output = B>,
    open: Open<()>,
) -> (A, B) {
    let second = async {
        eventually("the first waits", async || waiting(db).await == 1).await;
        second.await
    };
    let commit = async {
        eventually("both wait", async || waiting(db).await == 2).await;
        open.commit().await;
    };
    let (first, second, ()) = tokio::join!(first, second, commit);
    (first, second)
}

/// Locks the row found by this query.
async fn locked(store: &Store, find: impl Into<String>) -> Open<()> {
    let find = find.into();
    Open::begin(store, move |tx| {
        let Conn::Pg(c) = tx else { unreachable!("only PostgreSQL has rows to lock") };
        assert_eq!(diesel::sql_query(format!("{find} FOR UPDATE")).execute(&mut **c)?, 1);
        Ok(())
    })
    .await
}

/// A house with groups, each of which wants one kind or two.
struct Scene {
    house: House,
    moderator: Person,
    admin: Person,
    groups: Vec<String>,
}

const RESCUE: &str = "rescue";

const PROPERTY: &str = "lost_property";

/// A gate in front of the lanes. The first that comes has read the state before and stops at the gate; all
/// later ones pass.
const GATE: &str = "CREATE SEQUENCE passed; \
     CREATE FUNCTION gate() RETURNS BOOLEAN LANGUAGE plpgsql AS $$ BEGIN \
       IF nextval('passed') = 1 THEN PERFORM pg_advisory_xact_lock(72); END IF; RETURN TRUE; \
     END $$; \
     ALTER TABLE lanes RENAME TO lanes_behind; \
     CREATE VIEW lanes AS SELECT * FROM lanes_behind WHERE gate()";

impl Scene {
    async fn set(db: Db, wants: &[&[&str]]) -> Scene {
        let platforms = [Platform::Wecom, Platform::Dingtalk, Platform::Feishu, Platform::Discord];
        let house = House::start(db).await.and_chats(&platforms[..wants.len()]).await;
        let moderator = house.person("林志愿", Role::Moderator).await;
        let admin = house.person("王群主", Role::GroupAdmin).await;
        let mut groups = Vec::new();
        for (chat, kinds) in house.chats.iter().zip(wants) {
            groups.push(house.group(chat, &admin, &["131003"], kinds).await);
            // So that their ids are in this order, too.
            house.advance(TimeDelta::seconds(1));
        }
        Scene { house, moderator, admin, groups }
    }

    /// Lets a notice go live; returns its case number.
    async fn publish(&self, kind: &str) -> String {
        let now = self.house.clock.now();
        let asked = if kind == RESCUE { notices::rescue(now) } else { notices::lost_property(now) };
        let (case, _) = self.house.submit(&asked).await;
        self.house.publish_cooled(&case, &[&self.moderator]).await;
        case
    }

    fn store(&self) -> &Store {
        &self.house.stations.shared.store
    }

    /// Leases what is there, like a node that dies afterwards.
    async fn lease(&self) -> Vec<Leased> {
        let queued = self.look().await;
        if queued.is_empty() { self.look().await } else { queued }
    }

    /// Leases what is there, in the order of the deliveries.
    async fn lease_in_order(&self) -> Vec<Leased> {
        let mut leased = self.lease().await;
        leased.sort_by_key(|one| one.delivery);
        leased
    }

    /// Locks a delivery.
    async fn hold(&self, leased: &Leased) -> Open<()> {
        locked(self.store(), format!("SELECT 1 FROM deliveries WHERE id = {}", leased.delivery)).await
    }

    /// The first look at expired slices only queues their remaining deliveries.
    async fn look(&self) -> Vec<Leased> {
        let now = self.house.clock.now();
        self.store().write(move |tx| lease_and_die(tx, now)).await.unwrap().leased
    }

    /// Until what was leased as it was planned has expired and is queued.
    async fn outlast_the_leases(&self) {
        self.house.advance(LEASE_FOR);
        assert!(self.look().await.is_empty());
    }

    /// Records that these arrived, in this order; the first lane must then rest for a minute.
    async fn record(&self, leased: Vec<&Leased>) -> StoreResult<usize> {
        let now = self.house.clock.now();
        let mut records: Vec<Record> = leased.into_iter().map(|leased| arrived(leased, now)).collect();
        records[0].lane_open_at = now + TimeDelta::minutes(1);
        self.store().write(move |tx| results::record(tx, &records)).await
    }

    async fn turn(&self, case: &str, step: &str) {
        let path = format!("/review/{case}");
        let sheet = self.house.get(&path, Some(&self.moderator.token)).await.expect(200);
        let body = json!({"version": sheet["version"], "reason": "other", "note": "…"});
        self.house.post(&format!("{path}/{step}"), Some(&self.moderator.token), &body).await.expect(200);
    }

    /// Changes a group while a lease stands between reading the group and locking its lane; returns what that
    /// lease and the next one have leased.
    async fn changes_in_the_middle_of_a_lease(
        &self,
        method: Method,
        path: &str,
        body: Value,
    ) -> [Vec<Leased>; 2] {
        run(&self.house.db, GATE).await;
        let gate = Open::begin(self.store(), |tx| {
            let Conn::Pg(c) = tx else { unreachable!("it is PostgreSQL") };
            diesel::sql_query("SELECT pg_advisory_xact_lock(72)").execute(&mut **c)?;
            Ok(())
        })
        .await;
        let (store, now) = (self.store().clone(), self.house.clock.now());
        let lease = tokio::spawn(async move { store.write(move |tx| lease_and_die(tx, now)).await });
        eventually("the lease stands at the gate", async || waiting(&self.house.db).await == 1).await;
        let path = format!("/groups/{}{path}", self.groups[0]);
        self.house.call(method, &path, Some(&self.admin.token), Some(&body)).await.expect(200);
        gate.commit().await;
        [lease.await.unwrap().unwrap().leased, self.look().await]
    }

    async fn wish(&self, wish: Value) {
        let path = format!("/groups/{}", self.groups[0]);
        self.house.call(Method::PATCH, &path, Some(&self.admin.token), Some(&wish)).await.expect(200);
    }

    async fn pause(&self) {
        let path = format!("/groups/{}/pause", self.groups[0]);
        self.house.post(&path, Some(&self.admin.token), &json!({})).await.expect(200);
    }
}

/// The record of a message that arrived.
fn arrived(leased: &Leased, at: DateTime<Utc>) -> Record {
    Record {
        state: DeliveryState::Delivered,
        part: 1,
        reach: Reach::Yes,
        outcome: Some(EndedAs::Delivered),
        message_ref: Some("1".to_owned()),
        took_ms: 1,
        sends: leased.sends.clone(),
        health: Health::Well,
        attempted: true,
        ..conclude::not_sent(leased.clone(), DeliveryState::Open, at, at)
    }
}
