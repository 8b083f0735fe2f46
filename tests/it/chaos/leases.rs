//! Leases: they outlast every exchange, and what a dead node held is found when they end. Finding what is due
//! costs the same however much is finished or planned.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::{InstrumentationEvent, SimpleConnection};
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;
use seventytwo::broadcast::conclude::{Ended, concluded, not_sent};
use seventytwo::broadcast::plan;
use seventytwo::broadcast::platforms::Verdict;
use seventytwo::broadcast::send::Limits;
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::domain::delivery::{DeliveryState, Outcome, Priority};
use seventytwo::domain::group::Platform;
use seventytwo::domain::life_cycle::State;
use seventytwo::domain::people::Role;
use seventytwo::store::bots::BotView;
use seventytwo::store::leasing::{Admission, Batch, Terms, lease};
use seventytwo::store::notices::Place;
use seventytwo::store::published::Which;
use seventytwo::store::sweep::Moments;
use seventytwo::store::{
    Conn, StoreError, StoreResult, deliveries, lanes, pruning, published, results, review_queue, sweep,
};
use uuid::Uuid;

use super::faults::go_live;
use super::{count, run};
use crate::house::{Db, House};
use crate::process::peek;
use crate::{Test, alone, bare, filed, housed, notices};

pub const TESTS: &[Test] = &[
    alone!(a_lease_outlasts_the_longest_exchange),
    housed!(what_a_dead_node_held_is_found_when_its_lease_ends),
    housed!(what_is_due_is_found_through_its_index),
    housed!(no_question_of_a_fan_out_reads_a_table_whole),
    housed!(what_a_dead_process_held_is_found_by_its_lanes),
    filed!(what_is_resumed_is_found_by_its_broadcasts),
    housed!(neither_desk_nor_sweep_reads_all_notices),
    housed!(what_can_be_forgotten_is_found_by_its_place),
    bare!(what_dies_with_its_process_again_and_again_is_said_ever_later),
    housed!(a_host_that_is_busy_with_closings_keeps_no_alert_from_another),
    housed!(a_lease_takes_no_more_than_there_is_room_for),
    housed!(a_result_counts_once_though_its_commit_seemed_to_fail),
];

async fn a_lease_outlasts_the_longest_exchange() {
    assert!(LEASE_FOR.to_std().unwrap() > Limits::default().longest());
}

/// The number of a process on another machine.
pub const ELSEWHERE: i64 = 1;

/// Leases what is due at `now`, like a node that dies afterwards.
pub fn lease_and_die(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Batch> {
    lease_slowly(conn, now, &mut || ())
}

/// The same, with a callback before each delivery that is leased.
pub fn lease_slowly(conn: &mut Conn, now: DateTime<Utc>, before: &mut dyn FnMut()) -> StoreResult<Batch> {
    lease_as(conn, now, ELSEWHERE, before)
}

fn lease_as(conn: &mut Conn, now: DateTime<Utc>, node: i64, before: &mut dyn FnMut()) -> StoreResult<Batch> {
    let mut admit = |_: &str, _| {
        before();
        Admission::Go
    };
    lease_at(conn, now, node, 10, &mut rests_until, &mut admit)
}

/// A bot that is used until it rests.
pub fn rests_until(bot: &BotView<'_>, _: Priority) -> DateTime<Utc> {
    bot.open_at
}

/// The same for a node with so much room, which gives turns for bots and has hosts to admit requests.
pub fn lease_at(
    conn: &mut Conn,
    now: DateTime<Utc>,
    node: i64,
    limit: usize,
    turn: &mut dyn FnMut(&BotView<'_>, Priority) -> DateTime<Utc>,
    admit: &mut dyn FnMut(&str, Priority) -> Admission,
) -> StoreResult<Batch> {
    let mut terms = Terms {
        now,
        until: now + LEASE_FOR,
        node,
        limit,
        audiences: &plan::audiences,
        holds_lease: &|_, _| false,
        pace: &|_, _| now,
        turn,
        back: &|_, until| until,
        begins: &|_| {},
        admit,
    };
    lease(conn, &mut terms)
}

pub async fn planned(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    house.chat_for("lost_property", "131000").await;
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.publish_cooled(&case, &[&moderator]).await;
    house
}

async fn what_a_dead_node_held_is_found_when_its_lease_ends(house: House) -> House {
    let house = planned(house).await;
    let (store, now) = (house.stations.shared.store.clone(), house.clock.now());
    let leased = store.write(move |tx| lease_and_die(tx, now)).await.unwrap();
    assert_eq!(leased.leased.len(), 1);
    // Whatever a worker does meanwhile, it looks at the queue again within a second of the lease's end.
    let (end, mut asked_at) = (now + LEASE_FOR, now);
    while asked_at < end {
        let look = move |c: &mut Conn| deliveries::next_due(c, asked_at);
        asked_at = store.read(look).await.unwrap().expect("something waits");
    }
    assert!(asked_at <= end + TimeDelta::seconds(1), "looked at {asked_at}, {end} was the end");
    house.pass(asked_at - now).await;
    assert!(!house.chats[0].shown().is_empty());
    house.overhear().await;
    house
}

async fn a_host_that_is_busy_with_closings_keeps_no_alert_from_another(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom, Platform::Dingtalk]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    for (chat, region) in house.chats.iter().zip(["131000", "440100"]) {
        house.group(chat, &admin, &[region], &["lost_property"]).await;
    }
    let (_, manage) = go_live(&house, &moderator).await;
    house.close(&manage, "returned").await;
    let (store, now) = (house.stations.shared.store.clone(), house.clock.now());
    assert_eq!(store.write(move |tx| lease_and_die(tx, now)).await.unwrap().leased.len(), 1);
    let mut bag = notices::lost_property(now);
    bag["region"] = json!("440106");
    bag["reporter"]["phone"] = json!("13800138002");
    let (case, _) = house.submit(&bag).await;
    house.publish_cooled(&case, &[&moderator]).await;
    // The closing is due again, but its host has no room for it.
    let now = house.clock.now();
    assert!(store.write(move |tx| lease_and_die(tx, now)).await.unwrap().leased.is_empty(), "it is queued");
    let busy = house.chats[0].gateway().1.authority().to_owned();
    let batch = store
        .write(move |tx| {
            let mut asked = Vec::new();
            let mut admit = |host: &str, _| {
                asked.push(host.to_owned());
                if host == busy { Admission::Busy } else { Admission::Go }
            };
            let batch = lease_at(tx, now, ELSEWHERE, 10, &mut rests_until, &mut admit)?;
            assert!(asked.contains(&busy), "{asked:?}");
            Ok::<_, StoreError>(batch)
        })
        .await
        .unwrap();
    assert_eq!(batch.leased.len(), 1);
    assert_eq!(batch.leased[0].platform, Platform::Dingtalk);
    house.overhear().await;
    house
}

/// The groups of the place and of its city take turns in the order in which they are planned.
async fn a_lease_takes_no_more_than_there_is_room_for(house: House) -> House {
    const ROOM: usize = 2;
    let platforms = [Platform::Wecom, Platform::Dingtalk, Platform::Mattermost, Platform::Rocketchat];
    let house = house.and_chats(&platforms).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    for (chat, region) in house.chats.iter().zip(["131003", "131000", "131003", "131000"]) {
        house.group(chat, &admin, &[region], &["lost_property"]).await;
    }
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.publish_cooled(&case, &[&moderator]).await;
    let (store, now) = (house.stations.shared.store.clone(), house.clock.now());
    let mut groups = HashSet::new();
    while groups.len() < platforms.len() {
        let lease = move |tx: &mut Conn| {
            lease_at(tx, now, ELSEWHERE, ROOM, &mut rests_until, &mut |_, _| Admission::Go)
        };
        let leased = store.write(lease).await.unwrap().leased;
        assert!((1..=ROOM).contains(&leased.len()), "{} where there was room for {ROOM}", leased.len());
        for one in leased {
            assert!(groups.insert(one.group), "leased twice");
        }
    }
    house
}

/// The database keeps a result, and its answer to that is lost: so the result is written again. By then the
/// next request may be under way.
async fn a_result_counts_once_though_its_commit_seemed_to_fail(house: House) -> House {
    let house = planned(house).await;
    let (store, now) = (house.stations.shared.store.clone(), house.clock.now());
    let leased = move |tx: &mut Conn, at| -> StoreResult<_> { Ok(lease_and_die(tx, at)?.leased.remove(0)) };
    let ended = move |outcome: Outcome, at| Ended {
        verdict: Verdict::ours(outcome, "x"),
        ours: false,
        parts: 3,
        ways: &[],
        alone: false,
        at,
        took_ms: 1,
        random: 0,
        answer_sealed: None,
        moved: None,
    };
    let second = TimeDelta::seconds(1);
    let recorded = move |tx: &mut Conn| {
        let said = concluded(leased(tx, now)?, ended(Outcome::Delivered(Some("m1".into())), now));
        let said = [said];
        let told = [results::record(tx, &said)?, results::record(tx, &said)?];
        let failed = [concluded(leased(tx, now + second)?, ended(Outcome::Retry, now + second))];
        let again = [results::record(tx, &said)?, results::record(tx, &failed)?];
        Ok::<_, StoreError>([told, again, [results::record(tx, &failed)?, results::record(tx, &said)?]])
    };
    assert_eq!(store.write(recorded).await.unwrap(), [[1, 0], [0, 1], [0, 0]]);
    for (what, sql) in [
        ("the message", "SELECT COUNT(*) AS n FROM deliveries WHERE message_ref = 'm1'"),
        ("one failure", "SELECT COUNT(*) AS n FROM deliveries WHERE tries = 1"),
    ] {
        assert_eq!(count(&house.db, sql).await, 1, "{what}");
    }
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM attempts").await, 2, "a row for each request");

    let last = move |tx: &mut Conn| {
        let at = now + second * 3;
        let all = ended(Outcome::Delivered(None), at);
        let done = [concluded(leased(tx, at)?, Ended { parts: 2, ..all })];
        Ok::<_, StoreError>([results::record(tx, &done)?, results::record(tx, &done)?])
    };
    assert_eq!(store.write(last).await.unwrap(), [1, 0]);
    let attempts = "SELECT COUNT(*) AS n FROM attempts";
    assert_eq!(count(&house.db, attempts).await, 2, "what completes a delivery is in the delivery");
    house
}

/// A process that dies each time it has begun a delivery.
async fn what_dies_with_its_process_again_and_again_is_said_ever_later(db: Db) {
    let mut house = planned(House::start(db).await).await;
    let store = house.stations.shared.store.clone();
    let begun = async |house: &House| {
        let (now, node) = (house.clock.now(), house.stations.worker.node.number());
        store.write(move |tx| lease_as(tx, now, node, &mut || ())).await.unwrap().leased.len()
    };
    let before = house.chats[0].shown().len();
    assert_eq!(begun(&house).await, 1);
    for wait in [0, 2, 6, 18] {
        house = house.restart().await;
        if wait > 0 {
            house.advance(TimeDelta::seconds(wait - 1));
            assert_eq!(begun(&house).await, 0, "before {wait} seconds have passed");
            house.advance(TimeDelta::seconds(1));
        }
        assert_eq!(begun(&house).await, 1, "after {wait} seconds");
    }
    house = house.restart().await;
    house.pass(TimeDelta::seconds(54)).await;
    assert_eq!(house.chats[0].shown().len() - before, 2, "words and poster, each once");
}

/// How many unrelated rows of each kind there are.
const MANY: i32 = 20_000;

async fn what_is_due_is_found_through_its_index(house: House) -> House {
    let house = planned(house).await;
    let now = house.clock.now();
    let plans = peek(&house.db, move |conn| {
        crowd(conn, now)?;
        // It was planned and leased at once, so it is due when the lease ends.
        assert_eq!(conn.transaction(|tx| lease_and_die(tx, now))?.leased.len(), 1);
        let now = now + LEASE_FOR;
        assert!(conn.transaction(|tx| lease_and_die(tx, now))?.leased.is_empty(), "it comes into the queue");
        let values = [format!("'{now}'"), "1".to_owned(), format!("'{now}'"), "256".to_owned()];
        let asked = asked_by(conn, |tx| {
            assert_eq!(lease_and_die(tx, now)?.leased.len(), 1);
            Ok(())
        })?;
        let asked = asked.iter().filter(|sql| sql.contains("d.queued"));
        asked.map(|sql| explain(conn, sql, &values)).collect::<StoreResult<Vec<_>>>()
    })
    .await;
    // The query whether anything is due, and the query for what is due.
    let [whether, what] = <[String; 2]>::try_from(plans).expect("two questions");
    for plan in [&whether, &what] {
        assert!(plan.contains("deliveries_due"), "not through its index:\n{plan}");
        for costly in ["Seq Scan on deliveries", "SCAN d"] {
            assert!(!plan.contains(costly), "{costly}:\n{plan}");
        }
    }
    for costly in ["TEMP B-TREE", "Sort"] {
        assert!(!what.contains(costly), "{costly}:\n{what}");
    }
    house
}

/// The server plans by its last statistics of a table, and expects a new table to be small.
async fn no_question_of_a_fan_out_reads_a_table_whole(house: House) -> House {
    let house = planned(house).await;
    let now = house.clock.now();
    let plans = peek(&house.db, move |conn| {
        if let Conn::Pg(c) = conn {
            c.batch_execute("ANALYZE")?;
        }
        let asked = asked_by(conn, |tx| {
            let leased = lease_and_die(tx, now)?.leased;
            let ended = leased.into_iter().map(|one| not_sent(one, DeliveryState::Delivered, now, now));
            assert_eq!(results::record(tx, &ended.collect::<Vec<_>>())?, 1);
            deliveries::next_due(tx, now)
        })?;
        let reads = |sql: &&String| sql.contains("deliveries") || sql.contains("lanes");
        let plan = |sql: &String| Ok((sql.clone(), explain(conn, sql, &vec!["NULL".to_owned(); 64])?));
        asked.iter().filter(reads).map(plan).collect::<StoreResult<Vec<_>>>()
    })
    .await;
    assert!(plans.len() > 5, "{plans:?}");
    let of_them = |table: &str| ["deliveries", "lanes", "groups", "d", "l", "g", "n"].contains(&table);
    for (sql, plan) in plans {
        for line in plan.lines().map(str::trim) {
            let whole = line.split("Seq Scan on ").nth(1).or(line.strip_prefix("SCAN "));
            let whole = whole.and_then(|rest| rest.split(' ').next()).is_some_and(of_them);
            let joined = line.contains("Hash Join") || line.contains("Merge Join");
            assert!(!whole && !joined, "{line}\n{plan}\n{sql}");
        }
    }
    house.overhear().await;
    house
}

/// A start after a crash reads what the dead process had leased, not the whole history.
async fn what_a_dead_process_held_is_found_by_its_lanes(house: House) -> House {
    let house = planned(house).await;
    let now = house.clock.now();
    let plans = peek(&house.db, move |conn| {
        let asked = asked_by(conn, |tx| {
            assert_eq!(lease_and_die(tx, now)?.leased.len(), 1);
            lanes::free_of(tx, ELSEWHERE, now, &|_| now)
        })?;
        let reads = |sql: &&String| sql.to_lowercase().contains("select") && sql.contains("deliveries");
        let plan = |sql: &String| explain(conn, sql, &vec!["NULL".to_owned(); 64]);
        asked.iter().filter(reads).map(plan).collect::<StoreResult<Vec<_>>>()
    })
    .await;
    for plan in plans {
        for line in plan.lines().map(str::trim) {
            let whole = line.contains("Seq Scan on deliveries") || line == "SCAN deliveries";
            assert!(!whole, "{line}\n{plan}");
        }
    }
    house.overhear().await;
    house
}

/// However much is queued of other notices: every other change waits for this one.
async fn what_is_resumed_is_found_by_its_broadcasts(db: Db) {
    let house = House::start(db).await;
    let now = house.clock.now();
    let plan = peek(&house.db, move |conn| {
        let asked = asked_by(conn, |tx| deliveries::resume(tx, Uuid::nil(), now))?;
        let update = asked.iter().find(|sql| sql.starts_with("UPDATE deliveries"));
        explain(conn, update.expect("it makes them due"), &[])
    })
    .await;
    let by_broadcast = "SEARCH deliveries USING INDEX sqlite_autoindex_deliveries_1 (broadcast_id=?)";
    assert!(plan.contains(by_broadcast), "{plan}");
}

/// Tombstones are kept for ever: neither the desk nor the sweep may read them.
async fn neither_desk_nor_sweep_reads_all_notices(house: House) -> House {
    let house = planned(house).await;
    let now = house.clock.now();
    let plans = peek(&house.db, move |conn| {
        let asked = asked_by(conn, |tx| {
            for state in State::ALL.map(Some).into_iter().chain([None]) {
                review_queue::waiting(tx, state, false, None, now, 50)?;
            }
            published::live(tx, now, Which::default(), 50)?;
            sweep::cooling(tx, Place { at: now, id: Uuid::nil() }, 50)?;
            sweep::come(tx, Moments { now, forsaken_since: now, kept: now }, sweep::Tried::default(), 50)
        })?;
        let reads = |sql: &&String| sql.contains("notices");
        let plan = |sql: &String| Ok((sql.clone(), explain(conn, sql, &vec!["NULL".to_owned(); 64])?));
        asked.iter().filter(reads).map(plan).collect::<StoreResult<Vec<_>>>()
    })
    .await;
    assert!(plans.len() > State::ALL.len() + 4, "{plans:?}");
    for (sql, plan) in plans {
        for line in plan.lines().map(str::trim) {
            let whole = line.contains("Seq Scan on notices") || line == "SCAN notices";
            assert!(!whole, "{line}\n{plan}\n{sql}");
        }
    }
    house.overhear().await;
    house
}

/// However much stays of what was said.
async fn what_can_be_forgotten_is_found_by_its_place(house: House) -> House {
    let house = planned(house).await;
    let now = house.clock.now();
    let over =
        "UPDATE notices SET state = 'erased', ended_at = live_at; UPDATE broadcasts SET expanded = TRUE";
    run(&house.db, over).await;
    let plans = peek(&house.db, move |conn| {
        crowd(conn, now)?;
        let asked = asked_by(conn, |tx| {
            let all_finished = now + TimeDelta::days(30);
            let slice = pruning::next_slice(tx, all_finished, pruning::DeliveryPlace::default(), 500)?;
            assert!(slice.is_some_and(|slice| slice.is_prunable()));
            pruning::prune_attempts(tx, now, (now, 1), 500)
        })?;
        let reads = |sql: &&String| sql.starts_with("SELECT") && sql.contains("deliveries");
        let plan = |sql: &String| Ok((sql.clone(), explain(conn, sql, &vec!["NULL".to_owned(); 64])?));
        asked.iter().filter(reads).map(plan).collect::<StoreResult<Vec<_>>>()
    })
    .await;
    assert_eq!(plans.len(), 2, "{plans:?}");
    for (sql, plan) in plans {
        for line in plan.lines().map(str::trim) {
            let whole = ["Seq Scan on deliveries", "Seq Scan on attempts", "SCAN "];
            let whole = whole.iter().any(|whole| line.contains(whole));
            let joined = line.contains("Hash") || line.contains("Merge Join");
            assert!(!whole && !joined, "{line}\n{plan}\n{sql}");
        }
    }
    house
}

/// The queries of a step that is then rolled back.
pub fn asked_by<T>(
    conn: &mut Conn,
    something: impl FnOnce(&mut Conn) -> StoreResult<T>,
) -> StoreResult<Vec<String>> {
    let asked = Arc::new(Mutex::new(Vec::<String>::new()));
    let heard = Arc::clone(&asked);
    let hear = move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            heard.lock().unwrap().push(query.to_string());
        }
    };
    match conn {
        Conn::Pg(c) => c.set_instrumentation(hear),
        Conn::Sqlite(c) => c.set_instrumentation(hear),
    }
    let undone: Result<(), StoreError> = conn.transaction(|tx| {
        something(tx)?;
        Err(StoreError::BrokenOff)
    });
    assert!(matches!(undone, Err(StoreError::BrokenOff)), "{undone:?}");
    Ok(asked.lock().unwrap().clone())
}

/// Fills the queue with finished deliveries and with others due another day.
pub fn crowd(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<()> {
    let columns = "INSERT INTO deliveries (broadcast_id, group_id, priority, state, queued, due_at, attempts, part, reach)";
    let rows = "CASE WHEN n % 2 = 0 THEN 'delivered' ELSE 'open' END, n % 2 <> 0";
    let (micros, later) = (now.timestamp_micros(), 60_000_000_i64);
    let sql = match conn {
        Conn::Pg(_) => format!(
            "{columns} SELECT b.id, gen_random_uuid(), n % 3, {rows}, \
               timestamptz 'epoch' + ({micros} + n::bigint * {later}) * interval '1 microsecond', 0, 0, 0 \
             FROM (SELECT id FROM broadcasts LIMIT 1) b, generate_series(1, {MANY} * 2) n; ANALYZE"
        ),
        Conn::Sqlite(_) => format!(
            "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {MANY} * 2) \
             {columns} SELECT b.id, randomblob(16), n % 3, {rows}, {micros} + n * {later}, 0, 0, 0 \
             FROM (SELECT id FROM broadcasts LIMIT 1) b, many"
        ),
    };
    match conn {
        Conn::Pg(c) => c.batch_execute(&sql)?,
        Conn::Sqlite(c) => c.batch_execute(&sql)?,
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    line: String,
}

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// The query plan of `sql`, with the first of these values for its parameters.
pub fn explain(conn: &mut Conn, sql: &str, values: &[String]) -> StoreResult<String> {
    let sql = sql.split(" -- binds").next().unwrap_or(sql);
    Ok(match conn {
        Conn::Pg(c) => {
            let values = values[..sql.matches('$').count()].join(", ");
            c.batch_execute(&format!("SET plan_cache_mode = force_generic_plan; PREPARE asked AS {sql}"))?;
            let lines: Vec<Line> =
                diesel::sql_query(format!("EXPLAIN EXECUTE asked ({values})")).load(&mut **c)?;
            c.batch_execute("DEALLOCATE asked")?;
            lines.into_iter().map(|line| line.line + "\n").collect()
        }
        Conn::Sqlite(c) => {
            // A parameter without a value is NULL; the plan does not depend on it.
            let steps: Vec<Step> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut **c)?;
            steps.into_iter().map(|step| step.detail + "\n").collect()
        }
    })
}
