//! Two transactions of the program at once on PostgreSQL, one of them held open by the test: neither loses
//! what the other decides, and none is refused because of the other.

use std::cell::{Cell, RefCell};
use std::sync::mpsc;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::broadcast::conclude::{Ended, concluded, not_sent};
use seventytwo::broadcast::platforms::Verdict;
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::domain::delivery::{ActSoFar, DeliveryState, EndedAs, Outcome, Reach};
use seventytwo::domain::group::{GroupState, Platform, WhyDisabled};
use seventytwo::domain::people::Role;
use seventytwo::domain::region::Region;
use seventytwo::groups::MAX_GROUPS;
use seventytwo::store::bots::PROBE;
use seventytwo::store::groups::Group;
use seventytwo::store::leasing::Leased;
use seventytwo::store::results::{self, Health, Moved, Record};
use seventytwo::store::types::Id;
use seventytwo::store::{Answer, Conn, Store, StoreError, accounts, deliveries, groups, lanes};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::leases::{ELSEWHERE, crowd, lease_and_die, lease_slowly};
use super::{count, run};
use crate::groups::beijing;
use crate::house::{Db, House, Person};
use crate::process::{eventually, peek};
use crate::{Test, bare, notices, shared};

pub const TESTS: &[Test] = &[
    shared!(what_a_lease_puts_off_while_its_notice_goes_on_goes_on),
    shared!(what_a_broadcast_puts_off_while_its_notice_goes_on_goes_on),
    shared!(an_end_and_the_results_of_its_fan_out_do_not_refuse_each_other),
    shared!(an_end_is_not_kept_waiting_by_the_results_that_come_after_it),
    shared!(a_lane_that_rests_waits_for_nobody_who_ends_what_waits_in_it),
    shared!(a_group_is_deleted_while_its_results_are_written),
    shared!(two_nodes_that_share_tokens_do_not_wait_for_each_other),
    shared!(what_is_just_being_ended_goes_along_with_nothing),
    bare!(what_an_old_robot_hears_last_is_no_matter_of_the_new_one),
    bare!(a_move_that_an_old_token_hears_does_not_replace_the_new_one),
    bare!(a_group_that_is_resumed_after_the_lease_of_an_end_hears),
    shared!(a_broadcast_that_another_node_grows_is_soon_looked_at_again),
    shared!(a_group_that_is_resumed_while_a_lease_looks_at_it_hears),
    shared!(a_group_that_is_resumed_while_an_end_is_planned_for_it_hears),
    shared!(a_group_whose_quiet_hours_go_while_a_lease_looks_at_it_hears),
    shared!(a_group_whose_cap_goes_while_a_lease_looks_at_it_hears),
    shared!(a_robot_that_is_replaced_while_a_lease_looks_at_it_says_nothing),
    shared!(a_robot_is_connected_while_another_group_moves_to_it),
    shared!(a_slice_that_another_node_looks_through_is_waited_for),
    shared!(what_ends_while_the_lanes_of_the_dead_are_freed_waits_for_nothing),
    shared!(the_lanes_of_the_dead_are_freed_while_their_last_results_are_written),
    shared!(lanes_are_moved_back_while_results_are_written),
    shared!(what_was_put_off_is_moved_back_while_its_notice_ends),
    shared!(of_two_groups_that_each_would_be_the_last_one_is_connected),
    shared!(what_a_slice_lacks_is_queued_while_its_late_results_are_written),
    shared!(what_somebody_holds_at_the_end_of_its_slice_is_queued_thereafter),
    shared!(what_somebody_holds_of_a_slice_beyond_every_lease_is_waited_for),
    shared!(a_group_that_is_deleted_while_a_lease_plans_for_it_is_not_looked_for_any_more),
    bare!(a_group_that_is_resumed_is_not_disabled_for_what_was_before),
];

/// A transaction whose changes are made, and whose commit waits.
struct Open<T> {
    commit: mpsc::Sender<()>,
    done: JoinHandle<Answer<T>>,
}

impl<T: Send + 'static> Open<T> {
    async fn begin(store: &Store, change: impl FnOnce(&mut Conn) -> Answer<T> + Send + 'static) -> Open<T> {
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
fn wait_for_ever(tx: &mut Conn) -> Answer<()> {
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
async fn locked(store: &Store, find: String) -> Open<()> {
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
        self.house.decide(&case, &self.moderator, "approve", "verified").await.expect(200);
        self.house.advance(TimeDelta::seconds(30));
        self.house.stations.let_out().await.unwrap();
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
    async fn record(&self, leased: Vec<&Leased>) -> Answer<usize> {
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
}

fn arrived(leased: &Leased, at: DateTime<Utc>) -> Record {
    Record {
        leased: leased.clone(),
        state: DeliveryState::Delivered,
        tries: 0,
        due_at: at,
        part: 1,
        act: ActSoFar::default(),
        how: None,
        reach: Reach::Yes,
        outcome: Some(EndedAs::Delivered),
        code: None,
        answer_sealed: None,
        message_ref: Some("1".to_owned()),
        at,
        took_ms: 1,
        sends: leased.sends.clone(),
        lane_open_at: at,
        asked_until: at,
        health: Health::Well,
        bot_open_at: None,
        moved: None,
        disable: None,
        failing: None,
        apart: false,
        along: Vec::new(),
        attempted: true,
    }
}

async fn what_a_broadcast_puts_off_while_its_notice_goes_on_goes_on(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    goes_on(scene, &case).await;
}

async fn what_a_lease_puts_off_while_its_notice_goes_on_goes_on(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    scene.outlast_the_leases().await;
    goes_on(scene, &case).await;
}

/// A lease that saw the notice paused has not committed yet when a moderator resumes the notice.
async fn goes_on(scene: Scene, case: &str) {
    scene.turn(case, "pause").await;
    let now = scene.house.clock.now();
    let lease = Open::begin(scene.store(), move |tx| lease_and_die(tx, now)).await;
    let leased = meanwhile(&scene.house.db, scene.turn(case, "resume"), lease).await.leased;
    assert!(leased.is_empty(), "what is paused is not said");
    scene.house.settle().await;
    assert!(!scene.house.chats[0].read_all().is_empty(), "it goes on");
    scene.house.finish().await;
}

async fn an_end_and_the_results_of_its_fan_out_do_not_refuse_each_other(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    let mut leased = scene.lease().await;
    leased.sort_by_key(|one| one.delivery);
    // With these rows PostgreSQL visits the rows of results in the order of the results.
    let now = scene.house.clock.now();
    peek(&scene.house.db, move |conn| crowd(conn, now)).await;
    let [first, second, third] = leased.as_slice() else { panic!("{leased:?}") };
    let held =
        locked(scene.store(), format!("SELECT 1 FROM deliveries WHERE id = {}", second.delivery)).await;
    let record = scene.record(vec![third, second, first]);
    let (recorded, ()) = crossing(&scene.house.db, record, scene.turn(&case, "remove"), held).await;
    assert_eq!(recorded.unwrap(), 3);
}

async fn an_end_is_not_kept_waiting_by_the_results_that_come_after_it(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    let leased = scene.lease().await;
    let [first, second] = leased.as_slice() else { panic!("{leased:?}") };
    let early = arrived(first, scene.house.clock.now());
    let early = Open::begin(scene.store(), move |tx| results::record(tx, &[early]).map(drop)).await;
    let late = scene.record(vec![second]);
    let ((), recorded) = crossing(&scene.house.db, scene.turn(&case, "remove"), late, early).await;
    assert_eq!(recorded.unwrap(), 1);
}

/// One group that hears of two notices, and two groups that hear of the second. Returns the deliveries under
/// way (the first notice to the first group, the second to the others) and the second's case number.
async fn interwoven(scene: &Scene) -> ([Leased; 3], String) {
    scene.publish(RESCUE).await;
    let case = scene.publish(PROPERTY).await;
    let mut leased = scene.lease().await;
    leased.sort_by_key(|one| one.delivery);
    (<[Leased; 3]>::try_from(leased).unwrap(), case)
}

async fn a_lane_that_rests_waits_for_nobody_who_ends_what_waits_in_it(db: Db) {
    let scene = Scene::set(db, &[&[RESCUE, PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    let ([first, second, third], case) = interwoven(&scene).await;
    let held = locked(scene.store(), format!("SELECT 1 FROM deliveries WHERE id = {}", third.delivery)).await;
    let record = scene.record(vec![&first, &second, &third]);
    let (recorded, ()) = crossing(&scene.house.db, record, scene.turn(&case, "remove"), held).await;
    assert_eq!(recorded.unwrap(), 3);
}

async fn a_broadcast_that_another_node_grows_is_soon_looked_at_again(db: Db) {
    let scene = Scene::set(db, &[&[RESCUE]]).await;
    scene.publish(RESCUE).await;
    let held = locked(scene.store(), "SELECT 1 FROM broadcasts".to_owned()).await;
    let now = scene.house.clock.now();
    let batch = scene.store().write(move |tx| lease_and_die(tx, now)).await.unwrap();
    // If the other node dies, nothing will notify us.
    assert!(batch.leased.is_empty() && batch.busy, "{batch:?}");
    held.commit().await;
    assert_eq!(scene.lease().await.len(), 1);
}

async fn a_group_is_deleted_while_its_results_are_written(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[RESCUE, PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let mut leased = scene.lease().await;
    leased.sort_by_key(|one| one.delivery);
    let [first, second, _] = leased.as_slice() else { panic!("{leased:?}") };
    let held = locked(scene.store(), format!("SELECT 1 FROM deliveries WHERE id = {}", first.delivery)).await;
    let path = format!("/groups/{}", scene.groups[1]);
    let delete = async {
        let deleted = scene.house.call(Method::DELETE, &path, Some(&scene.admin.token), None).await;
        assert!(deleted.status.is_success(), "{}", deleted.text);
    };
    let record = scene.record(vec![first, second]);
    let (recorded, ()) = crossing(&scene.house.db, record, delete, held).await;
    assert_eq!(recorded.unwrap(), 2);
}

async fn two_nodes_that_share_tokens_do_not_wait_for_each_other(db: Db) {
    let scene = Scene::set(db, &[&[RESCUE], &[PROPERTY], &[RESCUE], &[PROPERTY]]).await;
    scene.publish(RESCUE).await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 4);
    scene.outlast_the_leases().await;
    for (group, bot) in scene.groups.iter().zip(["b", "a", "a", "b"]) {
        let share = format!(
            "INSERT INTO bots (id, open_at, recent) VALUES ('{bot}', 'epoch', '') ON CONFLICT DO NOTHING; \
             UPDATE groups SET bot = '{bot}' WHERE id = '{group}'"
        );
        run(&scene.house.db, share.leak()).await;
    }
    let lane = |group: usize| format!("SELECT 1 FROM lanes WHERE group_id = '{}'", scene.groups[group]);
    // One node leases the first group and stops at its host; the other leases the third and the fourth; then
    // the first goes on and leases the second.
    let (third, fourth) = (locked(scene.store(), lane(2)).await, locked(scene.store(), lane(3)).await);
    let second = locked(scene.store(), lane(1)).await;
    let (now, (stands, it_stands), (go, goes)) =
        (scene.house.clock.now(), oneshot::channel(), mpsc::channel());
    let mut stands = Some(stands);
    let mut at_host = move || {
        if let Some(stands) = stands.take() {
            stands.send(()).unwrap();
            goes.recv().unwrap();
        }
    };
    let store = scene.store().clone();
    let one = tokio::spawn(async move {
        let lease = move |tx: &mut Conn| {
            wait_for_ever(tx)?;
            lease_slowly(tx, now, &mut at_host)
        };
        store.write(lease).await
    });
    it_stands.await.unwrap();
    third.commit().await;
    fourth.commit().await;
    let ended = Cell::new(false);
    let other = async {
        let leased = scene.store().write(move |tx| lease_and_die(tx, now)).await;
        ended.set(true);
        leased
    };
    let go_on = async {
        eventually("the other is done, or waits", async || ended.get() || waiting(&scene.house.db).await > 0)
            .await;
        second.commit().await;
        go.send(()).unwrap();
    };
    let (other, ()) = tokio::join!(other, go_on);
    let (one, other) = (one.await.unwrap().unwrap(), other.unwrap());
    let leased = one.leased.len() + other.leased.len();
    scene.house.advance(PROBE);
    assert_eq!(leased + scene.lease().await.len(), 4, "each has its turn");
}

async fn what_is_just_being_ended_goes_along_with_nothing(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1, "it waits for the first");
    scene.house.advance(LEASE_FOR);
    // Both have waited for the end of the quiet hours.
    run(&scene.house.db, "UPDATE deliveries SET digest = TRUE").await;
    scene.house.advance(TimeDelta::seconds(1));
    let now = scene.house.clock.now();
    let ended = Open::begin(scene.store(), move |tx| {
        let Conn::Pg(c) = tx else { unreachable!("it is PostgreSQL") };
        let later = "UPDATE deliveries SET state = 'cancelled', queued = FALSE \
                     WHERE id = (SELECT MAX(id) FROM deliveries)";
        assert_eq!(diesel::sql_query(later).execute(&mut **c)?, 1);
        Ok(())
    })
    .await;
    let leased = RefCell::new(None);
    let lease = async {
        let taken = scene.store().write(move |tx| lease_and_die(tx, now)).await;
        leased.replace(Some(taken.unwrap().leased));
    };
    meanwhile(&scene.house.db, lease, ended).await;
    let leased = leased.take().unwrap();
    assert_eq!(leased.len(), 1);
    assert_eq!(leased[0].with, [], "it was over before this lease");
}

async fn what_an_old_robot_hears_last_is_no_matter_of_the_new_one(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let last = arrived(&scene.lease().await[0], scene.house.clock.now());
    let moved = Some(Moved { credentials_sealed: vec![1], address_hash: vec![2] });
    let last = Record { moved, disable: Some(WhyDisabled::Gone), ..last };
    let (recorded, group, said) = scene
        .store()
        .write(move |tx| {
            lanes::renew(tx, last.leased.group)?;
            let recorded = results::record(tx, &[last])?;
            let admin = accounts::by_name(tx, "王群主")?.expect("the admin").account.id.0;
            let group = groups::of_account(tx, admin, None, 1)?.remove(0);
            let said = groups::log(tx, group.id.0, None, 1)?.remove(0);
            Ok::<_, StoreError>((recorded, group, said))
        })
        .await
        .unwrap();
    assert_eq!((recorded, group.state.0), (0, GroupState::Active));
    assert_ne!(group.credentials_sealed, [1], "the way into the new robot's chat");
    assert_eq!(said.state.0, DeliveryState::Open, "the new robot says it");
}

/// The same robot in the same chat has a new token; a request with the old one is under way.
async fn a_move_that_an_old_token_hears_does_not_replace_the_new_one(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let last = arrived(&scene.lease().await[0], scene.house.clock.now());
    let moved = Some(Moved { credentials_sealed: vec![1], address_hash: vec![2] });
    let last = Record { moved, state: DeliveryState::Open, outcome: Some(EndedAs::Moved), ..last };
    let (recorded, group) = scene
        .store()
        .write(move |tx| {
            let admin = accounts::by_name(tx, "王群主")?.expect("the admin").account.id.0;
            let mut group = groups::of_account(tx, admin, None, 1)?.remove(0);
            group.credentials_sealed = vec![3];
            groups::save(tx, &group)?;
            let recorded = results::record(tx, &[last])?;
            Ok::<_, StoreError>((recorded, groups::of_account(tx, admin, None, 1)?.remove(0)))
        })
        .await
        .unwrap();
    assert_eq!((recorded, group.state.0), (1, GroupState::Active));
    assert_eq!(group.credentials_sealed, [3], "the new token");
}

/// While a group is paused the end was leased in case it can be taken back; when the group is resumed, that
/// lease is still in hand.
async fn a_group_that_is_resumed_after_the_lease_of_an_end_hears(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    scene.house.settle().await;
    scene.pause().await;
    scene.turn(&case, "remove").await;
    let [ending] = <[Leased; 1]>::try_from(scene.lease().await).unwrap();
    let (now, until) = (scene.house.clock.now(), ending.quiet_until.expect("it is paused"));
    let path = format!("/groups/{}/resume", scene.groups[0]);
    scene.house.post(&path, Some(&scene.admin.token), &json!({})).await.expect(200);
    let kept_back = not_sent(ending, DeliveryState::Open, now, until);
    let recorded = scene.store().write(move |tx| results::record(tx, &[kept_back])).await.unwrap();
    assert_eq!(recorded, 1);
    scene.house.settle().await;
    assert!(scene.house.chats[0].shown().last().unwrap().text.contains("更正"), "it hears");
    scene.house.overhear().await;
    scene.house.finish().await;
}

/// A gate in front of the lanes. The first that comes has read the state before and stops at the gate; all
/// later ones pass.
const GATE: &str = "CREATE SEQUENCE passed; \
     CREATE FUNCTION gate() RETURNS BOOLEAN LANGUAGE plpgsql AS $$ BEGIN \
       IF nextval('passed') = 1 THEN PERFORM pg_advisory_xact_lock(72); END IF; RETURN TRUE; \
     END $$; \
     ALTER TABLE lanes RENAME TO lanes_behind; \
     CREATE VIEW lanes AS SELECT * FROM lanes_behind WHERE gate()";

impl Scene {
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

    /// Lets a group receive again in the middle of a lease.
    async fn hears_in_the_middle_of_a_lease(self, method: Method, path: &str, body: Value) {
        let leased = self.changes_in_the_middle_of_a_lease(method, path, body).await.concat();
        assert_eq!(leased.iter().map(|one| one.quiet_until).collect::<Vec<_>>(), [None], "it hears");
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

async fn a_group_that_is_resumed_while_a_lease_looks_at_it_hears(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    scene.pause().await;
    scene.outlast_the_leases().await;
    scene.hears_in_the_middle_of_a_lease(Method::POST, "/resume", json!({})).await;
}

async fn a_group_that_is_resumed_while_an_end_is_planned_for_it_hears(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    scene.house.settle().await;
    scene.pause().await;
    scene.turn(&case, "remove").await;
    scene.hears_in_the_middle_of_a_lease(Method::POST, "/resume", json!({})).await;
}

async fn a_group_whose_quiet_hours_go_while_a_lease_looks_at_it_hears(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    let now = scene.house.clock.now();
    scene.wish(json!({"quiet": {"from": beijing(now, 0), "until": beijing(now, 3)}})).await;
    scene.outlast_the_leases().await;
    scene.hears_in_the_middle_of_a_lease(Method::PATCH, "", json!({"quiet": null})).await;
}

async fn a_group_whose_cap_goes_while_a_lease_looks_at_it_hears(db: Db) {
    let scene = Scene::set(db, &[&[RESCUE, PROPERTY]]).await;
    scene.publish(RESCUE).await;
    scene.house.settle().await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    scene.wish(json!({"hourly_cap": 1})).await;
    scene.outlast_the_leases().await;
    scene.hears_in_the_middle_of_a_lease(Method::PATCH, "", json!({"hourly_cap": null})).await;
}

/// Its old robot is not used under the fencing number that belongs to the new one.
async fn a_robot_that_is_replaced_while_a_lease_looks_at_it_says_nothing(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    scene.outlast_the_leases().await;
    let robot = json!({"credentials": {"url": scene.house.chats[0].robot()}});
    let leased = scene.changes_in_the_middle_of_a_lease(Method::PATCH, "", robot).await;
    assert_eq!(leased.concat().len(), 0, "control of the new one is to be proved");
}

/// Asking again at once would spin for as long as the other node stands still.
async fn a_slice_that_another_node_looks_through_is_waited_for(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    scene.house.advance(LEASE_FOR);
    let other = locked(scene.store(), "SELECT id FROM slices".to_owned()).await;
    assert!(scene.look().await.is_empty(), "it is passed over");
    let now = scene.house.clock.now();
    let again = scene.store().read(move |c| deliveries::next_due(c, now)).await.unwrap();
    assert!(again.is_some_and(|again| again > now && again < now + TimeDelta::seconds(1)), "{again:?}");
    other.commit().await;
    assert_eq!(scene.lease().await.len(), 1);
}

async fn what_ends_while_the_lanes_of_the_dead_are_freed_waits_for_nothing(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    let now = scene.house.clock.now();
    let ended = Open::begin(scene.store(), |tx| {
        let Conn::Pg(c) = tx else { unreachable!("it is PostgreSQL") };
        let end = "UPDATE deliveries SET state = 'cancelled', queued = FALSE";
        assert_eq!(diesel::sql_query(end).execute(&mut **c)?, 1);
        Ok(())
    })
    .await;
    let free = async {
        let freed = scene.store().write(move |tx| lanes::free_of(tx, ELSEWHERE, now, &|_| now)).await;
        freed.unwrap();
    };
    meanwhile(&scene.house.db, free, ended).await;
    assert_eq!(count(&scene.house.db, "SELECT COUNT(*) AS n FROM deliveries WHERE queued").await, 0);
}

impl Scene {
    /// Results of three groups are written in reverse order of their lanes and stop in the middle; then
    /// `other` works on these lanes. Returns how many results were written.
    async fn meets_results(&self, other: impl AsyncFnOnce() -> Answer<()>) -> usize {
        self.publish(PROPERTY).await;
        let mut leased = self.lease().await;
        leased.sort_by_key(|one| one.group);
        let [first, second, third] = leased.as_slice() else { panic!("{leased:?}") };
        run(&self.house.db, "UPDATE lanes SET open_at = open_at + interval '1 minute'").await;
        let lane = format!("SELECT 1 FROM lanes WHERE group_id = '{}'", second.group);
        let held = locked(self.store(), lane).await;
        let record = self.record(vec![third, second, first]);
        let (recorded, done) = crossing(&self.house.db, record, other(), held).await;
        done.unwrap();
        recorded.unwrap()
    }
}

async fn the_lanes_of_the_dead_are_freed_while_their_last_results_are_written(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    let free = async || {
        let now = scene.house.clock.now();
        let free = || scene.store().write(move |tx| lanes::free_of(tx, ELSEWHERE, now, &|_| now));
        while free().await? {}
        Ok(())
    };
    assert_eq!(scene.meets_results(free).await, 2, "one lane was free already");
    let held = "SELECT COUNT(*) AS n FROM lanes WHERE leased_until > 'epoch' AND leased_by <> -1";
    assert_eq!(count(&scene.house.db, held).await, 0);
    assert_eq!(count(&scene.house.db, "SELECT COUNT(*) AS n FROM deliveries WHERE queued").await, 1);
}

async fn lanes_are_moved_back_while_results_are_written(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    // So far ahead that the server's own clock decides which clock is right, whatever it shows.
    let ahead = TimeDelta::days(100_000);
    let back = async || scene.store().set_back(scene.house.clock.now(), ahead).await;
    assert_eq!(scene.meets_results(back).await, 3);
}

async fn what_was_put_off_is_moved_back_while_its_notice_ends(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    let mut leased = scene.lease().await;
    leased.sort_by_key(|one| one.delivery);
    scene.outlast_the_leases().await;
    // Stored in reverse order of their ids.
    for one in leased.iter().rev() {
        let put_off = "UPDATE deliveries SET due_at = due_at + interval '1 hour' WHERE id";
        run(&scene.house.db, format!("{put_off} = {}", one.delivery)).await;
    }
    let [_, second, _] = leased.as_slice() else { panic!("{leased:?}") };
    let held =
        locked(scene.store(), format!("SELECT 1 FROM deliveries WHERE id = {}", second.delivery)).await;
    let back = scene.store().set_back(scene.house.clock.now(), TimeDelta::days(100_000));
    let ((), moved) = crossing(&scene.house.db, scene.turn(&case, "remove"), back, held).await;
    moved.unwrap();
}

/// Both note down the robot's token and its address.
async fn a_robot_is_connected_while_another_group_moves_to_it(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    let read = |c: &mut Conn| {
        let admin = accounts::by_name(c, "王群主")?.expect("the admin").account.id.0;
        Ok::<_, StoreError>(groups::of_account(c, admin, None, 1)?.remove(0))
    };
    let mut group = scene.store().read(read).await.unwrap();
    (group.bot, group.address_hash) = (Some("token".to_owned()), b"a robot".to_vec());
    let other = Group { id: Id(Uuid::from_u128(7)), ..group.clone() };
    let held = locked(scene.store(), "SELECT 1 FROM groups".to_owned()).await;
    let moves = scene.store().write(move |tx| groups::save(tx, &group));
    let connects =
        scene.store().write(move |tx| groups::insert(tx, &other, &[Region::parse("131003").unwrap()]));
    let (moved, connected) = crossing(&scene.house.db, moves, connects, held).await;
    assert_eq!([moved.unwrap(), connected.unwrap()], [true, false], "who came first has it");
}

/// Fills an account with copies of its one group, up to one below the maximum.
const FILL: &str = "INSERT INTO groups SELECT (jsonb_populate_record(one, jsonb_build_object( \
       'id', gen_random_uuid(), 'address_hash', '\\x' || md5(n::text)))).* \
     FROM groups one, generate_series(3, $most) n";

async fn of_two_groups_that_each_would_be_the_last_one_is_connected(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    run(&scene.house.db, &FILL.replace("$most", &MAX_GROUPS.to_string())).await;
    let held = locked(scene.store(), "SELECT 1 FROM accounts WHERE role = 'group_admin'".to_owned()).await;
    let connect = async |number: u8| {
        let url = format!("{}{number}", scene.house.chats[0].robot());
        let group = json!({"platform": "wecom", "name": "又一个群", "credentials": {"url": url}, "regions": ["131003"]});
        scene.house.post("/groups", Some(&scene.admin.token), &group).await.status.as_u16()
    };
    let (first, second) = crossing(&scene.house.db, connect(1), connect(2), held).await;
    assert_eq!(first.min(second)..=first.max(second), 201..=409);
    assert_eq!(count(&scene.house.db, "SELECT COUNT(*) AS n FROM groups").await, MAX_GROUPS);
}

async fn what_a_slice_lacks_is_queued_while_its_late_results_are_written(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let mut leased = scene.lease().await;
    leased.sort_by_key(|one| one.delivery);
    let now = scene.house.clock.now();
    peek(&scene.house.db, move |conn| crowd(conn, now)).await;
    let [first, second, third] = leased.as_slice() else { panic!("{leased:?}") };
    scene.house.advance(LEASE_FOR);
    let held =
        locked(scene.store(), format!("SELECT 1 FROM deliveries WHERE id = {}", second.delivery)).await;
    let record = scene.record(vec![third, second, first]);
    let (now, looked) = (scene.house.clock.now(), Cell::new(false));
    let look = async {
        eventually("the results wait", async || waiting(&scene.house.db).await == 1).await;
        let batch = scene.store().write(move |tx| lease_and_die(tx, now)).await;
        looked.set(true);
        batch
    };
    let commit = async {
        eventually("it has looked, or waits", async || looked.get() || waiting(&scene.house.db).await == 2)
            .await;
        held.commit().await;
    };
    let (recorded, batch, ()) = tokio::join!(record, look, commit);
    assert!(batch.unwrap().leased.is_empty());
    assert_eq!(recorded.unwrap(), 3);
    assert!(scene.lease().await.is_empty(), "all have arrived");
    assert_eq!(count(&scene.house.db, "SELECT COUNT(*) AS n FROM slices").await, 0);
}

async fn what_somebody_holds_at_the_end_of_its_slice_is_queued_thereafter(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let leased = scene.lease().await;
    scene.house.advance(LEASE_FOR);
    let held =
        locked(scene.store(), format!("SELECT 1 FROM deliveries WHERE id = {}", leased[0].delivery)).await;
    assert_eq!(scene.lease().await.len(), 1, "the other one does not wait for it");
    let now = scene.house.clock.now();
    let again = scene.store().read(move |c| deliveries::next_due(c, now)).await.unwrap();
    assert!(again.is_some_and(|again| again > now && again < now + TimeDelta::seconds(1)), "{again:?}");
    held.commit().await;
    assert_eq!(scene.lease().await.len(), 1);
}

/// It was leased by a clock that was ahead: once that is right again, no later look would come upon it for
/// long.
async fn what_somebody_holds_of_a_slice_beyond_every_lease_is_waited_for(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let leased = scene.lease().await;
    let ahead = "UPDATE slices SET leased_until = leased_until + interval '1 year'; \
         UPDATE deliveries SET due_at = due_at + interval '1 year'";
    run(&scene.house.db, ahead).await;
    let held =
        locked(scene.store(), format!("SELECT 1 FROM deliveries WHERE id = {}", leased[0].delivery)).await;
    let back = async {
        scene.store().set_back(scene.house.clock.now(), TimeDelta::days(100_000)).await.unwrap();
    };
    meanwhile(&scene.house.db, back, held).await;
    let queued = "SELECT COUNT(*) AS n FROM deliveries WHERE queued AND due_at < timestamptz '2027-01-01'";
    assert_eq!(count(&scene.house.db, queued).await, 2);
    assert_eq!(count(&scene.house.db, "SELECT COUNT(*) AS n FROM slices").await, 0);
}

async fn a_group_that_is_deleted_while_a_lease_plans_for_it_is_not_looked_for_any_more(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY]]).await;
    let gone = scene.groups[0].parse().unwrap();
    let delete = Open::begin(scene.store(), move |tx| {
        let admin = accounts::by_name(tx, "王群主")?.expect("the admin").account.id.0;
        assert!(groups::lock(tx, admin, gone)?.is_some());
        groups::delete(tx, gone)
    })
    .await;
    scene.publish(PROPERTY).await;
    let leased = scene.lease().await;
    delete.commit().await;
    assert_eq!(leased.len(), 1);
    assert!(scene.lease().await.is_empty());
    let now = scene.house.clock.now();
    let again = scene.store().read(move |c| deliveries::next_due(c, now)).await.unwrap();
    assert_eq!(again, Some(now + LEASE_FOR), "when the lease of the other one is over");
    let given_up =
        "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'given_up' AND last_outcome = 'deleted'";
    assert_eq!(count(&scene.house.db, given_up).await, 1);
}

/// A request fails as so many before it within more than a day, and meanwhile the admin of its group has let
/// it hear again.
async fn a_group_that_is_resumed_is_not_disabled_for_what_was_before(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let for_two_days = if scene.house.db.is_sqlite() {
        "UPDATE lanes SET failures = 9, failing_since = $at"
    } else {
        "UPDATE lanes SET failures = 9, failing_since = timestamptz 'epoch' + $at * interval '1 microsecond'"
    };
    let now = scene.house.clock.now();
    let since = (now - TimeDelta::days(2)).timestamp_micros().to_string();
    run(&scene.house.db, for_two_days.replace("$at", &since)).await;
    let leased = scene.lease().await;
    let resumed = leased[0].group;
    let failed = |leased: &Leased| {
        let ended = Ended {
            verdict: Verdict::ours(Outcome::Retry, "timeout"),
            ours: false,
            parts: 1,
            ways: &[],
            alone: false,
            at: now,
            took_ms: 1,
            random: 0,
            answer_sealed: None,
            moved: None,
        };
        concluded(leased.clone(), ended)
    };
    let records: Vec<Record> = leased.iter().map(failed).collect();
    let stand = scene
        .store()
        .write(move |tx| {
            lanes::reopen(tx, resumed, &|_| now)?;
            assert_eq!(results::record(tx, &records)?, 2);
            let admin = accounts::by_name(tx, "王群主")?.expect("the admin").account.id.0;
            let mut stand = Vec::new();
            for group in groups::of_account(tx, admin, None, 2)? {
                let said = groups::log(tx, group.id.0, None, 1)?.remove(0);
                stand.push((group.id.0 == resumed, group.state.0, said.state.0));
            }
            stand.sort_by_key(|(resumed, ..)| !resumed);
            Ok::<_, StoreError>(stand)
        })
        .await
        .unwrap();
    let resumed = (true, GroupState::Active, DeliveryState::Open);
    assert_eq!(stand, [resumed, (false, GroupState::Disabled, DeliveryState::GivenUp)]);
}
