//! What grows or waits is bounded: statements, the worker's queries, and the history of what ended long ago.

use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::{Conn, deliveries, groups};

use super::faults::go_live;
use super::leases::{asked_by, lease_and_die};
use super::{count, run};
use crate::house::{Db, House, Person};
use crate::process::peek;
use crate::{Test, housed, shared};

pub const TESTS: &[Test] = &[
    shared!(no_statement_waits_for_ever),
    housed!(when_to_look_again_is_one_question),
    shared!(what_is_told_together_is_one_question_for_all_groups),
    shared!(what_is_sent_again_is_one_question_and_one_change),
    housed!(what_is_over_for_long_is_pruned),
    housed!(a_group_that_waits_to_hear_keeps_what_was_said_to_no_other),
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
    house.chat_for("lost_property", "131000").await;
    house.chats[0].script(503, &[], "not now");
    go_live(&house, &moderator).await;
    house
}

/// The worker runs this query whenever it has nothing to do.
async fn when_to_look_again_is_one_question(house: House) -> House {
    let house = with_a_failed_try(house).await;
    let at = house.clock.now();
    let asked = peek(&house.db, move |conn| {
        asked_by(conn, |tx| {
            assert!(deliveries::next_due(tx, at)?.is_some_and(|due| due > at), "it is tried again");
            Ok(())
        })
    });
    assert_eq!(of_deliveries(&asked.await).len(), 1);
    house
}

/// Those that concern deliveries.
fn of_deliveries(asked: &[String]) -> Vec<&String> {
    asked.iter().filter(|sql| sql.contains("deliveries")).collect()
}

/// So many groups more, which are as the first.
const GROUPS: &str = "INSERT INTO groups SELECT (jsonb_populate_record(one, jsonb_build_object( \
       'id', gen_random_uuid(), 'address_hash', '\\x' || md5(random()::text)))).* \
     FROM groups one, generate_series(1, $more) WHERE one.id = (SELECT id FROM groups ORDER BY id LIMIT 1); \
     INSERT INTO lanes SELECT (jsonb_populate_record(one, jsonb_build_object('group_id', g.id))).* \
     FROM lanes one, groups g WHERE one.group_id = (SELECT group_id FROM lanes ORDER BY group_id LIMIT 1) \
     ON CONFLICT DO NOTHING; \
     INSERT INTO group_regions SELECT DISTINCT r.region, g.id FROM group_regions r, groups g ON CONFLICT DO NOTHING; \
     UPDATE lanes SET open_at = 'epoch'";
/// So many broadcasts more, which are as the first.
const BROADCASTS: &str = "INSERT INTO broadcasts \
     SELECT (jsonb_populate_record(one, jsonb_build_object('id', gen_random_uuid()))).* \
     FROM broadcasts one, generate_series(1, $more) WHERE one.id = (SELECT id FROM broadcasts ORDER BY id LIMIT 1)";
/// Of each broadcast to each group a delivery that stands so.
const DELIVERIES: &str = "DELETE FROM deliveries; INSERT INTO deliveries \
       (broadcast_id, group_id, priority, state, queued, digest, due_at, attempts, part, reach, last_outcome) \
     SELECT b.id, g.id, b.priority, $state, TRUE, 'epoch', 1, 0, 0, 'retry' FROM broadcasts b, groups g";

/// A house of one group which has heard of two notices.
async fn with_two_notices(db: Db) -> (House, String) {
    let house = House::start(db).await.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let group = house.group(&house.chats[0], &admin, &["131000"], &["lost_property"]).await;
    go_live(&house, &moderator).await;
    go_live(&house, &moderator).await;
    (house, group)
}

/// The quiet hours of many end at the same time.
async fn what_is_told_together_is_one_question_for_all_groups(db: Db) {
    let (house, _) = with_two_notices(db).await;
    let mut questions = Vec::new();
    for (more, all) in [(1, 2), (8, 10)] {
        run(&house.db, GROUPS.replace("$more", &more.to_string())).await;
        run(&house.db, DELIVERIES.replace("$state", "'open', TRUE")).await;
        let now = house.clock.now();
        let asked = peek(&house.db, move |conn| {
            asked_by(conn, |tx| {
                let leased = lease_and_die(tx, now)?.leased;
                assert_eq!(leased.len(), all);
                assert!(leased.iter().all(|one| one.with.len() == 1), "each takes the other one along");
                Ok(())
            })
        });
        questions.push(of_deliveries(&asked.await).len());
    }
    assert_eq!(questions[0], questions[1]);
}

/// A group hears again after much was given up.
async fn what_is_sent_again_is_one_question_and_one_change(db: Db) {
    let (house, group) = with_two_notices(db).await;
    let group = group.parse().unwrap();
    for (more, all) in [(1, 3), (20, 23)] {
        run(&house.db, BROADCASTS.replace("$more", &more.to_string())).await;
        run(&house.db, DELIVERIES.replace("$state", "'given_up', FALSE")).await;
        let now = house.clock.now();
        let asked = peek(&house.db, move |conn| {
            asked_by(conn, |tx| {
                groups::redeliver_unheard(tx, group, now)?;
                let log = groups::log(tx, group, None, 100)?;
                assert_eq!(log.iter().filter(|one| one.is_open()).count(), all);
                Ok(())
            })
        });
        assert_eq!(of_deliveries(&asked.await).len() - 1, 2, "but for the log");
    }
}

/// A house with a moderator, a group admin, and two groups whose ids follow each other.
async fn with_two_groups(house: House) -> (House, Person, Person, Vec<String>) {
    let house = house.and_chats(&[Platform::Wecom, Platform::Feishu]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let mut groups = Vec::new();
    for chat in &house.chats {
        groups.push(house.group(chat, &admin, &["131000"], &["lost_property"]).await);
        house.advance(TimeDelta::seconds(1));
    }
    (house, moderator, admin, groups)
}

async fn what_is_over_for_long_is_pruned(house: House) -> House {
    const ROWS: &str = "SELECT (SELECT COUNT(*) FROM broadcasts) + (SELECT COUNT(*) FROM deliveries) \
         + (SELECT COUNT(*) FROM attempts) AS n";
    const SAID: &str = "SELECT COUNT(*) AS n FROM deliveries";
    let (house, moderator, admin, groups) = with_two_groups(house).await;
    let (case, _) = go_live(&house, &moderator).await;
    house.pass(TimeDelta::hours(72)).await;
    house.pass(TimeDelta::days(30)).await;
    let report = format!("/broadcasts/{case}");
    let shown = async || house.get(&report, Some(&moderator.token)).await.expect(200);
    assert_eq!(shown().await["items"].as_array().unwrap().len(), 2);
    let of_first = count(&house.db, ROWS).await;

    // A second notice, whose end one group does not hear.
    let pause = format!("/groups/{}/pause", groups[0]);
    let (open, _) = go_live(&house, &moderator).await;
    house.post(&pause, Some(&admin.token), &json!({})).await.expect(200);
    house.pass(TimeDelta::hours(72)).await;
    let of_second = count(&house.db, ROWS).await - of_first;
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, ROWS).await, of_second, "of the first nothing is left");
    assert_eq!(shown().await, json!({"case_number": case, "items": []}));
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "erased");
    house.page(&format!("/n/{case}")).await.expect(200);

    // A group may wait for long to hear of an end.
    house.pass(TimeDelta::days(61)).await;
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, SAID).await, 2, "what the group that waits has heard, and is to hear");
    let log = house.get(&format!("/groups/{}/deliveries", groups[0]), Some(&admin.token)).await.expect(200);
    assert_eq!(log["items"][0]["case_number"], open.as_str(), "{log}");
    house.post(&format!("/groups/{}/resume", groups[0]), Some(&admin.token), &json!({})).await.expect(200);
    house.settle().await;
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, SAID).await, 2, "heard just now: the group's log tells of it");
    house.advance(TimeDelta::days(31));
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, ROWS).await, 0);
    house.overhear().await;
    house
}

/// Ended notices of which one group waits to hear, among very many that have heard; and one of which none
/// does.
async fn a_group_that_waits_to_hear_keeps_what_was_said_to_no_other(house: House) -> House {
    const ROWS: &str = "SELECT COUNT(*) AS n FROM deliveries";
    let (house, moderator, admin, groups) = with_two_groups(house).await;
    for _ in 0..3 {
        go_live(&house, &moderator).await;
    }
    house.post(&format!("/groups/{}/pause", groups[0]), Some(&admin.token), &json!({})).await.expect(200);
    go_live(&house, &moderator).await;
    house.pass(TimeDelta::hours(72)).await;
    let random = if house.db.is_sqlite() { "randomblob(16)" } else { "gen_random_uuid()" };
    let many = format!(
        "CREATE TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) \
         SELECT i FROM n; \
         INSERT INTO deliveries (broadcast_id, group_id, priority, state, due_at, attempts, part, reach) \
         SELECT d.broadcast_id, {random}, d.priority, d.state, d.due_at, d.attempts, d.part, d.reach \
         FROM deliveries d, numbers WHERE d.state = 'delivered' AND d.group_id = \
           (SELECT group_id FROM deliveries ORDER BY group_id DESC LIMIT 1)"
    );
    run(&house.db, many).await;
    house.pass(TimeDelta::days(31)).await;
    assert!(count(&house.db, ROWS).await > 4800);
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, ROWS).await, 6, "of three notices what the group has heard and is to hear");
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM broadcasts").await, 6);
    house.post(&format!("/groups/{}/resume", groups[0]), Some(&admin.token), &json!({})).await.expect(200);
    for _ in 0..6 {
        house.pass(TimeDelta::seconds(10)).await;
    }
    house.advance(TimeDelta::days(31));
    house.stations.forget_broadcasts().await.unwrap();
    assert_eq!(count(&house.db, ROWS).await, 0);
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM broadcasts").await, 0);
    house.overhear().await;
    house
}

/// What the older of two notices has said first cannot be deleted: all else is forgotten all the same.
async fn what_cannot_be_pruned_keeps_nothing_else(house: House) -> House {
    const ROWS: &str = "SELECT COUNT(*) AS n FROM deliveries";
    let house = house.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    house.chat_for("lost_property", "131000").await;
    for _ in 0..2 {
        go_live(&house, &moderator).await;
        house.pass(TimeDelta::hours(72)).await;
    }
    house.pass(TimeDelta::days(31)).await;
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
    assert_eq!(count(&house.db, ROWS).await, 1);
    house.overhear().await;
    house
}

async fn attempts_of_a_clock_that_was_ahead_keep_no_others(house: House) -> House {
    let house = with_a_failed_try(house).await;
    // Nobody waits to hear any more.
    run(
        &house.db,
        "UPDATE deliveries SET state = 'cancelled', queued = FALSE; \
         UPDATE notices SET state = 'expired', ended_at = live_at",
    )
    .await;
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
    house
}
