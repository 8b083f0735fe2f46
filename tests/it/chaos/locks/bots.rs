//! A robot that is replaced, moved to or shared while others are at work with it.

use std::cell::Cell;
use std::sync::mpsc;

use reqwest::Method;
use serde_json::json;
use seventytwo::domain::delivery::{DeliveryState, EndedAs};
use seventytwo::domain::group::{GroupState, WhyDisabled};
use seventytwo::domain::region::Region;
use seventytwo::store::bots::TRIAL;
use seventytwo::store::groups::Group;
use seventytwo::store::results::{self, Moved, Record};
use seventytwo::store::types::Id;
use seventytwo::store::{Conn, StoreError, accounts, groups, lanes};
use tokio::sync::oneshot;
use uuid::Uuid;

use super::{PROPERTY, RESCUE, Scene, arrived, crossing, locked, wait_for_ever, waiting};
use crate::chaos::leases::{lease_and_die, lease_slowly};
use crate::chaos::run;
use crate::house::Db;
use crate::process::eventually;
use crate::{Test, bare, shared};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    bare!(an_old_robots_late_answer_does_not_count),
    bare!(a_move_that_an_old_token_hears_does_not_replace_the_new_one),
    shared!(a_robot_that_is_replaced_while_a_lease_looks_at_it_says_nothing),
    shared!(a_robot_is_connected_while_another_group_moves_to_it),
    shared!(two_nodes_that_share_tokens_do_not_wait_for_each_other),
];

async fn an_old_robots_late_answer_does_not_count(db: Db) {
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
    assert_eq!((recorded, group.state), (0, GroupState::Active));
    assert_ne!(group.credentials_sealed, [1], "the way into the new robot's chat");
    assert_eq!(said.state, DeliveryState::Open, "the new robot says it");
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
    assert_eq!((recorded, group.state), (1, GroupState::Active));
    assert_eq!(group.credentials_sealed, [3], "the new token");
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
    let held = locked(scene.store(), "SELECT 1 FROM groups").await;
    let moves = scene.store().write(move |tx| groups::save(tx, &group));
    let connects =
        scene.store().write(move |tx| groups::insert(tx, &other, &[Region::parse("131003").unwrap()]));
    let (moved, connected) = crossing(&scene.house.db, moves, connects, held).await;
    assert_eq!([moved.unwrap(), connected.unwrap()], [true, false], "who came first has it");
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
        run(&scene.house.db, share).await;
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
    scene.house.advance(TRIAL);
    assert_eq!(leased + scene.lease().await.len(), 4, "each has its turn");
}
