//! A group that its admin changes, resumes or deletes while others are at work on its deliveries.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::broadcast::conclude::{Ended, concluded, not_sent};
use seventytwo::broadcast::platforms::Verdict;
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::domain::delivery::{DeliveryState, Outcome};
use seventytwo::domain::group::{GroupState, Platform};
use seventytwo::groups::MAX_GROUPS;
use seventytwo::store::leasing::Leased;
use seventytwo::store::results::{self, Record};
use seventytwo::store::{StoreError, accounts, bots, deliveries, groups, lanes};

use super::{Open, PROPERTY, RESCUE, Scene, crossing, locked, waiting};
use crate::chaos::{count, run};
use crate::groups::beijing;
use crate::house::Db;
use crate::process::eventually;
use crate::{Test, bare, shared};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    shared!(a_group_is_deleted_while_its_results_are_written),
    shared!(a_group_that_is_deleted_while_a_lease_plans_for_it_is_not_looked_for_any_more),
    shared!(one_of_two_groups_that_each_would_be_the_last_is_connected),
    bare!(a_group_that_is_resumed_after_the_lease_of_an_end_hears),
    bare!(a_group_that_is_resumed_is_not_disabled_for_what_was_before),
    shared!(a_group_that_is_resumed_while_a_lease_looks_at_it_hears),
    shared!(a_group_that_is_resumed_while_an_end_is_planned_for_it_hears),
    shared!(a_group_whose_quiet_hours_go_while_a_lease_looks_at_it_hears),
    shared!(a_group_whose_cap_goes_while_a_lease_looks_at_it_hears),
    shared!(a_group_that_waits_for_its_deliveries_keeps_no_robot_from_others),
];

async fn a_group_is_deleted_while_its_results_are_written(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY], &[RESCUE, PROPERTY], &[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let leased = scene.lease_in_order().await;
    let [first, second, _] = leased.as_slice() else { panic!("{leased:?}") };
    let held = scene.hold(first).await;
    let path = format!("/groups/{}", scene.groups[1]);
    let delete = async {
        let deleted = scene.house.call(Method::DELETE, &path, Some(&scene.admin.token), None).await;
        assert!(deleted.status.is_success(), "{}", deleted.text);
    };
    let record = scene.record(vec![first, second]);
    let (recorded, ()) = crossing(&scene.house.db, record, delete, held).await;
    assert_eq!(recorded.unwrap(), 2);
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

/// Fills an account with copies of its one group, up to one below the maximum.
const FILL: &str = "INSERT INTO groups SELECT (jsonb_populate_record(one, jsonb_build_object( \
       'id', gen_random_uuid(), 'address_hash', '\\x' || md5(n::text)))).* \
     FROM groups one, generate_series(3, $most) n";

async fn one_of_two_groups_that_each_would_be_the_last_is_connected(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    run(&scene.house.db, &FILL.replace("$most", &MAX_GROUPS.to_string())).await;
    let held = locked(scene.store(), "SELECT 1 FROM accounts WHERE role = 'group_admin'").await;
    let connect = async |number: u8| {
        let url = format!("{}{number}", scene.house.chats[0].robot());
        let group = json!({"platform": "wecom", "name": "又一个群", "credentials": {"url": url}, "regions": ["131003"]});
        scene.house.post("/groups", Some(&scene.admin.token), &group).await.status.as_u16()
    };
    let (first, second) = crossing(&scene.house.db, connect(1), connect(2), held).await;
    assert_eq!(first.min(second)..=first.max(second), 201..=409);
    assert_eq!(count(&scene.house.db, "SELECT COUNT(*) AS n FROM groups").await, MAX_GROUPS);
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
                stand.push((group.id.0 == resumed, group.state, said.state));
            }
            stand.sort_by_key(|(resumed, ..)| !resumed);
            Ok::<_, StoreError>(stand)
        })
        .await
        .unwrap();
    let resumed = (true, GroupState::Active, DeliveryState::Open);
    assert_eq!(stand, [resumed, (false, GroupState::Disabled, DeliveryState::GivenUp)]);
}

impl Scene {
    /// Lets a group receive again in the middle of a lease.
    async fn hears_in_the_middle_of_a_lease(self, method: Method, path: &str, body: Value) {
        let leased = self.changes_in_the_middle_of_a_lease(method, path, body).await.concat();
        assert_eq!(leased.iter().map(|one| one.quiet_until).collect::<Vec<_>>(), [None], "it hears");
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

/// Whoever waits for a robot may hold the deliveries of another group; so whoever waits for deliveries must
/// not have noted down a robot.
async fn a_group_that_waits_for_its_deliveries_keeps_no_robot_from_others(db: Db) {
    let scene = Scene::set(db, &[&[PROPERTY]]).await;
    scene.publish(PROPERTY).await;
    let leased = scene.lease().await;
    scene.outlast_the_leases().await;
    run(&scene.house.db, "UPDATE groups SET bot = 'token'").await;
    let held = scene.hold(&leased[0]).await;
    let wishes = scene.wish(json!({"kinds": ["lost_property", "rescue"]}));
    let now = scene.house.clock.now();
    let take = scene.store().write(move |tx| bots::take(tx, "token", Platform::Wecom, now, &|_, _| now));
    let taken = async {
        eventually("the group waits", async || waiting(&scene.house.db).await == 1).await;
        let taken = take.await;
        held.commit().await;
        taken
    };
    let ((), taken) = tokio::join!(wishes, taken);
    assert_eq!(taken.unwrap(), Ok(()));
}
