//! What the engine looks up for one group, or for what it wants to hear, costs the same however much was said
//! before, however much is queued, and however many groups do not want to hear it.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{QueryableByName, RunQueryDsl as _};
use seventytwo::broadcast::conclude::not_sent;
use seventytwo::domain::delivery::{DeliveryState, Purpose, Reach};
use seventytwo::store::leasing::{Admission, Leased};
use seventytwo::store::results::Record;
use seventytwo::store::{Conn, StoreResult, deliveries, groups, lanes, results, standing, wants};
use uuid::Uuid;

use super::leases::{ELSEWHERE, asked_by, explain, lease_and_die, lease_at, planned, rests_until};
use crate::house::{Db, House};
use crate::process::peek;
use crate::{Test, bare, housed, shared};

pub const TESTS: &[Test] = &[
    housed!(what_concerns_a_group_is_found_without_its_history_or_the_queue),
    housed!(what_a_group_wishes_is_compared_without_its_history),
    shared!(what_arrives_at_once_changes_no_index),
    housed!(what_a_dead_process_had_under_way_is_found_without_the_history),
    housed!(the_groups_whose_pause_is_over_are_found_among_the_paused),
    bare!(a_broadcast_soon_passes_by_those_who_do_not_want_to_hear_it),
];

/// Runs a script that is the same on both databases, with `many` rows to select from.
fn run_many(conn: &mut Conn, many: i32, rest: &str) -> StoreResult<()> {
    let id = if matches!(conn, Conn::Pg(_)) { "gen_random_uuid()" } else { "randomblob(16)" };
    let some = if matches!(conn, Conn::Pg(_)) { "decode(md5(n::text), 'hex')" } else { "randomblob(16)" };
    let sql = format!(
        "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < {many}) {}",
        rest.replace("$id", id).replace("$some", some)
    );
    script(conn, &sql)
}

fn script(conn: &mut Conn, sql: &str) -> StoreResult<()> {
    match conn {
        Conn::Pg(c) => c.batch_execute(sql)?,
        Conn::Sqlite(c) => c.batch_execute(sql)?,
    }
    Ok(())
}

/// What one group has heard in years.
const HISTORY: &str = "INSERT INTO deliveries \
       (broadcast_id, group_id, priority, state, due_at, attempts, part, reach) \
     SELECT $id, group_id, priority, 'delivered', due_at, 1, 1, 2 FROM (SELECT * FROM deliveries LIMIT 1) AS one, many";

/// The statements that look for deliveries of certain groups: by what is queued or was heard. The rest looks
/// across groups, by priority, or adds rows.
fn of_groups(asked: Vec<String>) -> impl Iterator<Item = String> {
    let looks = |sql: &String| {
        let deliveries =
            sql.contains("deliveries") && !sql.starts_with("INSERT") && !sql.contains("priority");
        let has_values = sql.contains(" -- binds");
        deliveries && has_values && (sql.contains("queued") || sql.contains("reach > 0"))
    };
    asked.into_iter().filter(looks)
}

/// The queue is empty when the server plans, and it keeps that plan: of an index that is read as a whole
/// nothing is to be seen until much is queued.
async fn what_concerns_a_group_is_found_without_its_history_or_the_queue(house: House) -> House {
    let house = planned(house).await;
    let now = house.clock.now();
    let plans = peek(&house.db, move |conn| {
        let one = conn.transaction(|tx| lease_and_die(tx, now))?.leased.remove(0);
        run_many(conn, 20_000, HISTORY)?;
        if let Conn::Pg(c) = conn {
            c.batch_execute("ANALYZE")?;
        }
        let mut asked = Vec::new();
        asked.extend(of_groups(asked_by(conn, |tx| set_going(tx, &one))?));
        asked.extend(of_groups(asked_by(conn, |tx| ends(tx, &one))?));
        asked.extend(of_groups(asked_by(conn, |tx| gathers(tx, &one))?));
        let plan = |sql: String| Ok((explain(conn, &sql, &vec!["NULL".to_owned(); 64])?, sql));
        asked.into_iter().map(plan).collect::<StoreResult<Vec<_>>>()
    })
    .await;
    for asked in ["due_at <", "due_at >=", "d.digest", "d.message_ref", "o.reach > 0"] {
        assert!(plans.iter().any(|(_, sql)| sql.contains(asked)), "{asked}: {plans:?}");
    }
    assert!(plans.len() >= 7, "{plans:?}");
    // PostgreSQL may ask the index of a group's history for one delivery, by its id.
    let history = if house.db.is_sqlite() { "deliveries_group" } else { "Seq Scan on deliveries" };
    for (plan, sql) in plans {
        for line in plan.lines().map(str::trim) {
            for costly in ["deliveries_due", history, "SCAN d"] {
                assert!(!line.contains(costly), "{line}\n{plan}\n{sql}");
            }
        }
    }
    house.overhear().await;
    house
}

/// What a lane that rests, opens or is used again asks; then a group, and a notice.
fn set_going(tx: &mut Conn, one: &Leased) -> StoreResult<()> {
    let (at, group) = (one.leased_until, one.group);
    let later = at + TimeDelta::minutes(1);
    let held = lanes::hold(tx, group, (at, later), &|_| at)?.expect("the lease is over");
    lanes::free(tx, group, held, (at, later), &|_| at)?;
    lanes::reopen(tx, group, &|_| at)?;
    groups::reconsider(tx, group, at)?;
    deliveries::resume(tx, Uuid::nil(), at)
}

/// What an end asks: for what stands in the chat, and whether there is anything to be told.
fn ends(tx: &mut Conn, one: &Leased) -> StoreResult<()> {
    let mut ending = Leased { purpose: Purpose::Closing, ..one.clone() };
    standing::add_standing(tx, std::slice::from_mut(&mut ending), |_| None)?;
    let nobody = if matches!(tx, Conn::Pg(_)) { "gen_random_uuid()" } else { "randomblob(16)" };
    let end = "(id, notice_id, revision, purpose, priority, created_at, expanded, planned)";
    let end = format!(
        "INSERT INTO broadcasts {end} SELECT {nobody}, notice_id, revision, 'closing', 0, created_at, expanded, 0 FROM broadcasts"
    );
    script(tx, &end)?;
    let at = one.leased_until - TimeDelta::seconds(1);
    let missed = not_sent(one.clone(), DeliveryState::Cancelled, at, at);
    let missed = Record { reach: Reach::No, lane_open_at: at + TimeDelta::minutes(1), ..missed };
    assert_eq!(results::record(tx, &[missed])?, 1);
    Ok(())
}

/// Its admin has changed what it wants, and when, again and again for years: much was cancelled.
async fn what_a_group_wishes_is_compared_without_its_history(house: House) -> House {
    const CANCELLED: &str = "UPDATE deliveries SET state = 'cancelled', last_outcome = 'unwanted' \
         WHERE state = 'open' OR id % 2 = 0; \
         UPDATE deliveries SET state = 'open', queued = TRUE WHERE id = (SELECT MAX(id) FROM deliveries)";
    let house = planned(house).await;
    let now = house.clock.now();
    let plans = peek(&house.db, move |conn| {
        let one = conn.transaction(|tx| lease_and_die(tx, now))?.leased.remove(0);
        run_many(conn, 20_000, HISTORY)?;
        script(conn, CANCELLED)?;
        if let Conn::Pg(c) = conn {
            c.batch_execute("ANALYZE")?;
        }
        let mut asked = asked_by(conn, |tx| wants::changed(tx, one.group, now))?;
        asked.extend(asked_by(conn, |tx| groups::reconsider(tx, one.group, now))?);
        asked.extend(asked_by(conn, |tx| lanes::reopen(tx, one.group, &|_| now))?);
        asked.retain(|sql| sql.contains("deliveries"));
        let plan = |sql: String| Ok((explain(conn, &sql, &vec!["NULL".to_owned(); 64])?, sql));
        asked.into_iter().map(plan).collect::<StoreResult<Vec<_>>>()
    })
    .await;
    for (plan, sql) in &plans {
        for costly in ["deliveries_group", "deliveries_due", "Seq Scan on deliveries", "SCAN deliveries"] {
            assert!(!plan.contains(costly), "{costly}\n{plan}\n{sql}");
        }
    }
    assert!(plans.iter().any(|(_, sql)| sql.contains("unwanted") && sql.contains("broadcasts")), "{plans:?}");
    assert!(plans.len() >= 6, "{plans:?}");
    house.overhear().await;
    house
}

/// Of the rows that were changed, those whose change some index had to be told of.
#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = BigInt)]
    changed: i64,
    #[diesel(sql_type = BigInt)]
    indexed: i64,
}

/// What is sent as soon as it is planned is most of all there is (ADR 19).
async fn what_arrives_at_once_changes_no_index(db: Db) {
    const TOLD: &str = "SELECT n_tup_upd AS changed, n_tup_upd - n_tup_hot_upd AS indexed \
         FROM pg_stat_xact_user_tables WHERE relname = 'deliveries'";
    let house = planned(House::start(db).await).await;
    let now = house.clock.now();
    let told = peek(&house.db, move |conn| {
        conn.transaction(|tx| {
            let one = lease_and_die(tx, now)?.leased.remove(0);
            let arrived = not_sent(one, DeliveryState::Delivered, now, now);
            assert_eq!(results::record(tx, &[arrived])?, 1);
            let Conn::Pg(c) = tx else { unreachable!("only PostgreSQL counts this") };
            Ok(diesel::sql_query(TOLD).get_result::<Told>(&mut **c)?)
        })
    })
    .await;
    assert_eq!((told.changed, told.indexed), (1, 0));
}

/// What a digest asks.
fn gathers(tx: &mut Conn, one: &Leased) -> StoreResult<()> {
    let waits = "UPDATE deliveries SET queued = TRUE, digest = TRUE WHERE state = 'open'; DELETE FROM slices";
    script(tx, waits)?;
    assert_eq!(lease_and_die(tx, one.leased_until)?.leased.len(), 1);
    Ok(())
}

/// At every start after a crash, before anybody is served.
async fn what_a_dead_process_had_under_way_is_found_without_the_history(house: House) -> House {
    let house = planned(house).await;
    let now = house.clock.now();
    let (plans, again) = peek(&house.db, move |conn| {
        conn.transaction(|tx| lease_and_die(tx, now))?;
        run_many(conn, 20_000, HISTORY)?;
        if let Conn::Pg(c) = conn {
            c.batch_execute("ANALYZE")?;
        }
        let later = now + TimeDelta::seconds(1);
        let asked = asked_by(conn, |tx| lanes::free_of(tx, ELSEWHERE, later, &|_| later))?;
        let looks = |sql: &&String| sql.starts_with("SELECT") && sql.contains("deliveries");
        let plan = |sql: &String| explain(conn, sql, &vec!["NULL".to_owned(); 64]);
        let plans = asked.iter().filter(looks).map(plan).collect::<StoreResult<Vec<_>>>()?;
        conn.transaction(|tx| lanes::free_of(tx, ELSEWHERE, later, &|_| later))?;
        Ok((plans, conn.transaction(|tx| lease_and_die(tx, later))?.leased.len()))
    })
    .await;
    assert_eq!(again, 1, "it is due at once");
    assert!(!plans.is_empty());
    for plan in plans {
        for costly in ["deliveries_group", "Seq Scan on deliveries", "SCAN deliveries"] {
            assert!(!plan.contains(costly), "{plan}");
        }
    }
    house.overhear().await;
    house
}

/// As often as every ten seconds.
async fn the_groups_whose_pause_is_over_are_found_among_the_paused(house: House) -> House {
    let now = house.clock.now();
    let plans = peek(&house.db, move |conn| {
        let asked = asked_by(conn, |tx| groups::paused_no_longer(tx, now, Default::default(), 200))?;
        let asked = asked.iter().filter(|sql| sql.contains("paused_until"));
        asked.map(|sql| explain(conn, sql, &vec!["NULL".to_owned(); 64])).collect::<StoreResult<Vec<_>>>()
    })
    .await;
    assert_eq!(plans.len(), 1, "{plans:?}");
    assert!(plans[0].contains("groups_paused"), "{plans:?}");
    house
}

/// There are very many groups, and one of them wants to hear of it.
async fn a_broadcast_soon_passes_by_those_who_do_not_want_to_hear_it(db: Db) {
    const OTHERS: &str = "INSERT INTO groups (id, account_id, name, language, created_at, platform, credentials_sealed, \
           address_hash, last4, state, code_tries, probes, kinds) \
         SELECT $id, account_id, name, language, created_at, platform, credentials_sealed, \
           $some, last4, state, code_tries, probes, 0 FROM groups, many";
    let house = planned(House::start(db).await).await;
    let now = house.clock.now();
    let (looks, leased) = peek(&house.db, move |conn| {
        run_many(conn, 3_000, OTHERS)?;
        script(
            conn,
            "INSERT INTO group_regions (region, group_id) SELECT '131000', id FROM groups WHERE kinds = 0",
        )?;
        let (mut looks, mut leased) = (0, 0);
        loop {
            let mut admit = |_: &str, _| Admission::Go;
            let batch =
                conn.transaction(|tx| lease_at(tx, now, ELSEWHERE, 256, &mut rests_until, &mut admit))?;
            looks += 1;
            leased += batch.leased.len();
            if !batch.more {
                return Ok((looks, leased));
            }
        }
    })
    .await;
    assert_eq!(leased, 1);
    assert!((5..30).contains(&looks), "{looks} transactions");
}
