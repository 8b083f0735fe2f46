//! A notice that pauses, goes on or ends while others are at work on its deliveries.

use std::cell::RefCell;

use chrono::TimeDelta;
use diesel::prelude::*;
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::store::{Conn, results};

use super::{Open, PROPERTY, Scene, arrived, crossing, meanwhile};
use crate::chaos::leases::{crowd, lease_and_die};
use crate::chaos::run;
use crate::house::Db;
use crate::process::peek;
use crate::{Test, shared};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    shared!(a_delivery_that_a_lease_puts_off_goes_on_with_its_notice),
    shared!(a_delivery_that_a_broadcast_puts_off_goes_on_with_its_notice),
    shared!(an_end_and_the_results_of_its_fan_out_do_not_refuse_each_other),
    shared!(an_end_is_not_kept_waiting_by_the_results_that_come_after_it),
    shared!(a_delivery_that_is_just_being_ended_goes_along_with_nothing),
    shared!(a_delivery_that_was_put_off_is_moved_back_while_its_notice_ends),
];

async fn a_delivery_that_a_lease_puts_off_goes_on_with_its_notice(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    scene.outlast_the_leases().await;
    goes_on(scene, &case).await;
}

async fn a_delivery_that_a_broadcast_puts_off_goes_on_with_its_notice(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
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
    let leased = scene.lease_in_order().await;
    // With these rows PostgreSQL visits the rows of results in the order of the results.
    let now = scene.house.clock.now();
    peek(&scene.house.db, move |conn| crowd(conn, now)).await;
    let [first, second, third] = leased.as_slice() else { panic!("{leased:?}") };
    let held = scene.hold(second).await;
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

async fn a_delivery_that_is_just_being_ended_goes_along_with_nothing(db: Db) {
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

async fn a_delivery_that_was_put_off_is_moved_back_while_its_notice_ends(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    let case = scene.publish(PROPERTY).await;
    let leased = scene.lease_in_order().await;
    scene.outlast_the_leases().await;
    // Stored in reverse order of their ids.
    for one in leased.iter().rev() {
        let put_off = "UPDATE deliveries SET due_at = due_at + interval '1 hour' WHERE id";
        run(&scene.house.db, format!("{put_off} = {}", one.delivery)).await;
    }
    let [_, second, _] = leased.as_slice() else { panic!("{leased:?}") };
    let held = scene.hold(second).await;
    let back = scene.store().set_back(scene.house.now(), TimeDelta::days(100_000));
    let ((), moved) = crossing(&scene.house.db, scene.turn(&case, "remove"), back, held).await;
    moved.unwrap();
}
