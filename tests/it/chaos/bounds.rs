//! What grows or waits is bounded: statements, the worker's queries, and the history of what ended long ago.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::TimeDelta;
use diesel::connection::InstrumentationEvent;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::{Conn, deliveries};

use super::faults::go_live;
use super::{count, run};
use crate::house::{Db, House};
use crate::process::peek;
use crate::{Test, housed, shared};

pub const TESTS: &[Test] = &[
    shared!(no_statement_waits_for_ever),
    housed!(when_to_look_again_is_one_question),
    housed!(what_is_over_for_long_is_pruned),
    housed!(what_cannot_be_pruned_keeps_nothing_else),
    housed!(attempts_of_a_clock_that_was_ahead_keep_no_others),
];

async fn no_statement_waits_for_ever(db: Db) {
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let house = House::start(db).await;
    let settings = house.stations.shared.store.read(|c| {
        let Conn::Pg(c) = c else { unreachable!("it is a server") };
        let names = ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"];
        let values = names.map(|name| {
            let shown: Setting = diesel::sql_query(format!("SELECT current_setting('{name}') AS value"))
                .get_result(&mut **c)
                .unwrap();
            shown.value
        });
        Ok(values)
    });
    assert_eq!(settings.await.unwrap(), ["10s", "30s", "5s"]);
}

/// A live notice whose only group could not be reached yet.
async fn with_a_failed_try(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    house.group(&house.chats[0], &admin, &["131000"], &["lost_property"]).await;
    house.chats[0].script(503, &[], "not now");
    go_live(&house, &moderator).await;
    house
}

/// The worker runs this query whenever it has nothing to do.
async fn when_to_look_again_is_one_question(house: House) {
    let house = with_a_failed_try(house).await;
    let (asked, at) = (Arc::<AtomicUsize>::default(), house.clock.now());
    let counted = asked.clone();
    let due = peek(&house.db, move |conn| {
        let count = move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        };
        match conn {
            Conn::Pg(c) => c.set_instrumentation(count),
            Conn::Sqlite(c) => c.set_instrumentation(count),
        }
        deliveries::next_due(conn, at)
    });
    assert!(due.await.is_some_and(|due| due > at), "it is tried again");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

async fn what_is_over_for_long_is_pruned(house: House) {
    const ROWS: &str = "SELECT (SELECT COUNT(*) FROM broadcasts) + (SELECT COUNT(*) FROM deliveries) \
         + (SELECT COUNT(*) FROM attempts) AS n";
    let house = house.and_chats(&[Platform::Wecom, Platform::Feishu]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let mut groups = Vec::new();
    for chat in &house.chats {
        groups.push(house.group(chat, &admin, &["131000"], &["lost_property"]).await);
    }
    let (case, _) = go_live(&house, &moderator).await;
    house.advance(TimeDelta::hours(72));
    house.settle().await;
    house.advance(TimeDelta::days(30));
    house.settle().await;
    let report = format!("/broadcasts/{case}");
    let shown = async || house.get(&report, Some(&moderator.token)).await.expect(200);
    assert_eq!(shown().await["items"].as_array().unwrap().len(), 2);
    let of_first = count(&house.db, ROWS).await;

    // A second notice, whose end one group does not hear.
    let pause = format!("/groups/{}/pause", groups[0]);
    let (open, _) = go_live(&house, &moderator).await;
    house.post(&pause, Some(&admin.token), &json!({})).await.expect(200);
    house.advance(TimeDelta::hours(72));
    house.settle().await;
    let of_second = count(&house.db, ROWS).await - of_first;
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, ROWS).await, of_second, "of the first nothing is left");
    assert_eq!(shown().await, json!({"case_number": case, "items": []}));
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "erased");
    house.page(&format!("/n/{case}")).await.expect(200);

    // A group may wait for long to hear of an end.
    house.advance(TimeDelta::days(61));
    house.settle().await;
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, ROWS).await, of_second);
    let log = house.get(&format!("/groups/{}/deliveries", groups[0]), Some(&admin.token)).await.expect(200);
    assert_eq!(log["items"][0]["case_number"], open.as_str(), "{log}");
    house.post(&format!("/groups/{}/resume", groups[0]), Some(&admin.token), &json!({})).await.expect(200);
    house.settle().await;
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, ROWS).await, of_second, "heard just now: the group's log tells of it");
    house.advance(TimeDelta::days(31));
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, ROWS).await, 0);
}

/// Of two notices the older cannot be pruned: the other is pruned all the same.
async fn what_cannot_be_pruned_keeps_nothing_else(house: House) {
    const ROWS: &str = "SELECT COUNT(*) AS n FROM deliveries";
    let house = house.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    house.group(&house.chats[0], &admin, &["131000"], &["lost_property"]).await;
    for _ in 0..2 {
        go_live(&house, &moderator).await;
        house.advance(TimeDelta::hours(72));
        house.settle().await;
    }
    house.advance(TimeDelta::days(31));
    house.settle().await;
    assert_eq!(count(&house.db, ROWS).await, 4, "two notices, and how they ended");
    let keep = if house.db.is_sqlite() {
        "CREATE TRIGGER keep BEFORE DELETE ON deliveries \
         WHEN OLD.broadcast_id = (SELECT id FROM broadcasts ORDER BY id LIMIT 1) \
         BEGIN SELECT RAISE(ABORT, 'it stays'); END"
    } else {
        "CREATE FUNCTION keep() RETURNS trigger AS $$ BEGIN \
           IF OLD.broadcast_id = (SELECT id FROM broadcasts ORDER BY id LIMIT 1) THEN RAISE 'it stays'; END IF; \
           RETURN OLD; END $$ LANGUAGE plpgsql; \
         CREATE TRIGGER keep BEFORE DELETE ON deliveries FOR EACH ROW EXECUTE FUNCTION keep()"
    };
    run(&house.db, keep).await;
    assert!(house.stations.forget_broadcasts().await.is_err(), "somebody must hear of it");
    assert_eq!(count(&house.db, ROWS).await, 2);
}

async fn attempts_of_a_clock_that_was_ahead_keep_no_others(house: House) {
    let house = with_a_failed_try(house).await;
    // As many attempts as one run prunes are dated 2100, and as many have the right time.
    run(
        &house.db,
        "CREATE TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) \
         SELECT i FROM n",
    )
    .await;
    let again = "INSERT INTO attempts (delivery_id, group_id, at, part, outcome, took_ms) \
         SELECT delivery_id, group_id, at, part, outcome, took_ms FROM attempts a, numbers \
         WHERE a.id = (SELECT MIN(id) FROM attempts)";
    run(&house.db, again).await;
    let ahead = if house.db.is_sqlite() {
        "UPDATE attempts SET at = 4102444800000000"
    } else {
        "UPDATE attempts SET at = '2100-01-01T00:00:00Z'"
    };
    run(&house.db, ahead).await;
    run(&house.db, again).await;
    let right = if house.db.is_sqlite() {
        "UPDATE attempts SET at = 1764000000000000 WHERE id > (SELECT MIN(id) FROM attempts) + 500"
    } else {
        "UPDATE attempts SET at = '2025-11-24T16:00:00Z' WHERE id > (SELECT MIN(id) FROM attempts) + 500"
    };
    run(&house.db, right).await;
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM attempts").await, 1001);
    house.stations.forget_attempts().await.unwrap();
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM attempts").await, 501);
}
