//! Lanes that rest, are freed or are moved back while others are at work in them.

use chrono::TimeDelta;
use diesel::prelude::*;
use seventytwo::store::leasing::Leased;
use seventytwo::store::{Conn, StoreResult, lanes};

use super::{Open, PROPERTY, RESCUE, Scene, crossing, locked, meanwhile};
use crate::chaos::leases::ELSEWHERE;
use crate::chaos::{count, run};
use crate::house::Db;
use crate::{Test, shared};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    shared!(a_lane_that_rests_waits_for_nobody_who_ends_what_waits_in_it),
    shared!(a_delivery_that_ends_while_the_lanes_of_the_dead_are_freed_waits_for_nothing),
    shared!(the_lanes_of_the_dead_are_freed_while_their_last_results_are_written),
    shared!(lanes_are_moved_back_while_results_are_written),
];

/// One group that hears of two notices, and two groups that hear of the second. Returns the deliveries under
/// way (the first notice to the first group, the second to the others) and the second's case number.
async fn interwoven(scene: &Scene) -> ([Leased; 3], String) {
    scene.publish(RESCUE).await;
    let case = scene.publish(PROPERTY).await;
    (<[Leased; 3]>::try_from(scene.lease_in_order().await).unwrap(), case)
}

async fn a_lane_that_rests_waits_for_nobody_who_ends_what_waits_in_it(db: Db) {
    let scene = Scene::set(db, &[&[RESCUE, PROPERTY], &[PROPERTY], &[PROPERTY]]).await;
    let ([first, second, third], case) = interwoven(&scene).await;
    let held = scene.hold(&third).await;
    let record = scene.record(vec![&first, &second, &third]);
    let (recorded, ()) = crossing(&scene.house.db, record, scene.turn(&case, "remove"), held).await;
    assert_eq!(recorded.unwrap(), 3);
}

async fn a_delivery_that_ends_while_the_lanes_of_the_dead_are_freed_waits_for_nothing(db: Db) {
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
    async fn meets_results(&self, other: impl AsyncFnOnce() -> StoreResult<()>) -> usize {
        self.publish(PROPERTY).await;
        let mut leased = self.lease().await;
        leased.sort_by_key(|one| one.group);
        let [first, second, third] = leased.as_slice() else { panic!("{leased:?}") };
        run(&self.house.db, "UPDATE lanes SET open_at = open_at + interval '2 minutes'").await;
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
    let back = async || scene.store().set_back(scene.house.now(), ahead).await;
    assert_eq!(scene.meets_results(back).await, 3);
}
