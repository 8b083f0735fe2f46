//! Broadcasts and slices that somebody else is at work on: what is left of them is not forgotten.

use std::cell::Cell;

use chrono::TimeDelta;
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::store::deliveries;

use super::{PROPERTY, RESCUE, Scene, locked, meanwhile, waiting};
use crate::chaos::leases::{crowd, lease_and_die};
use crate::chaos::{count, run};
use crate::house::Db;
use crate::process::{eventually, peek};
use crate::{Test, shared};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    shared!(a_broadcast_that_another_node_grows_is_soon_looked_at_again),
    shared!(a_slice_that_another_node_looks_through_is_waited_for),
    shared!(the_rest_of_a_slice_is_queued_while_its_late_results_are_written),
    shared!(a_delivery_held_at_the_end_of_its_slice_is_queued_thereafter),
    shared!(a_delivery_held_in_a_slice_beyond_every_lease_is_waited_for),
];

async fn a_broadcast_that_another_node_grows_is_soon_looked_at_again(db: Db) {
    let scene = Scene::set(db, &[&[RESCUE]]).await;
    scene.publish(RESCUE).await;
    let held = locked(scene.store(), "SELECT 1 FROM broadcasts").await;
    let now = scene.house.clock.now();
    let batch = scene.store().write(move |tx| lease_and_die(tx, now)).await.unwrap();
    // If the other node dies, nothing will notify us.
    assert!(batch.leased.is_empty() && batch.busy, "{batch:?}");
    held.commit().await;
    assert_eq!(scene.lease().await.len(), 1);
}

/// Asking again at once would spin for as long as the other node stands still.
async fn a_slice_that_another_node_looks_through_is_waited_for(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    assert_eq!(scene.lease().await.len(), 1);
    scene.house.advance(LEASE_FOR);
    let other = locked(scene.store(), "SELECT id FROM slices").await;
    assert!(scene.look().await.is_empty(), "it is passed over");
    let now = scene.house.clock.now();
    let again = scene.store().read(move |c| deliveries::next_due(c, now)).await.unwrap();
    assert!(again.is_some_and(|again| again > now && again < now + TimeDelta::seconds(1)), "{again:?}");
    other.commit().await;
    assert_eq!(scene.lease().await.len(), 1);
}

async fn the_rest_of_a_slice_is_queued_while_its_late_results_are_written(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let leased = scene.lease_in_order().await;
    let now = scene.house.clock.now();
    peek(&scene.house.db, move |conn| crowd(conn, now)).await;
    let [first, second, third] = leased.as_slice() else { panic!("{leased:?}") };
    scene.house.advance(LEASE_FOR);
    let held = scene.hold(second).await;
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

async fn a_delivery_held_at_the_end_of_its_slice_is_queued_thereafter(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let leased = scene.lease().await;
    scene.house.advance(LEASE_FOR);
    let held = scene.hold(&leased[0]).await;
    assert_eq!(scene.lease().await.len(), 1, "the other one does not wait for it");
    let now = scene.house.clock.now();
    let again = scene.store().read(move |c| deliveries::next_due(c, now)).await.unwrap();
    assert!(again.is_some_and(|again| again > now && again < now + TimeDelta::seconds(1)), "{again:?}");
    held.commit().await;
    assert_eq!(scene.lease().await.len(), 1);
}

/// It was leased by a clock that was ahead: once that is right again, no later look would come upon it for
/// long.
async fn a_delivery_held_in_a_slice_beyond_every_lease_is_waited_for(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let leased = scene.lease().await;
    let ahead = "UPDATE slices SET leased_until = leased_until + interval '1 year'; \
         UPDATE deliveries SET due_at = due_at + interval '1 year'";
    run(&scene.house.db, ahead).await;
    let held = scene.hold(&leased[0]).await;
    let back = async {
        scene.store().set_back(scene.house.now(), TimeDelta::days(100_000)).await.unwrap();
    };
    meanwhile(&scene.house.db, back, held).await;
    let queued = "SELECT COUNT(*) AS n FROM deliveries WHERE queued AND due_at < timestamptz '2027-01-01'";
    assert_eq!(count(&scene.house.db, queued).await, 2);
    assert_eq!(count(&scene.house.db, "SELECT COUNT(*) AS n FROM slices").await, 0);
}
