//! What an operator reads: `/metrics` shows how sending goes and nothing about any person, and
//! docs/operations.md lists what `/metrics` shows.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::clock::Clock;
use seventytwo::domain::group::Platform;
use seventytwo::store::{Conn, StoreError};

use crate::chaos::crowd::{Crowd, Mood};
use crate::groups::{Team, beijing};
use crate::house::{COOLING, Db, House};
use crate::process::connect;
use crate::{Test, bare, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(what_went_out_is_counted),
    housed!(what_a_platform_that_is_away_has_not_heard_is_old),
    housed!(what_is_not_sent_is_due_and_late),
    housed!(a_correction_that_is_not_sent_is_due_and_late),
    housed!(what_waits_for_the_end_of_quiet_hours_is_not_old),
    housed!(what_is_paused_is_not_old),
    housed!(what_came_before_an_hourly_cap_is_not_old),
    housed!(what_an_admin_has_to_mend_is_not_old),
    housed!(a_broadcast_that_grows_is_seen),
    housed!(what_cannot_be_written_down_is_counted),
    bare!(a_clock_that_is_off_is_told_of),
    housed!(nothing_is_told_about_anybody),
    housed!(without_its_database_the_process_tells_what_it_knows),
    housed!(the_document_tells_of_what_is_shown),
];

/// Groups of the crowd: more than the first slice of a broadcast.
const MANY: usize = 70;

/// The metrics: each series with its labels, and its value.
async fn shown(house: &House) -> BTreeMap<String, f64> {
    let page = house.page("/metrics").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.headers["content-type"], "text/plain; version=0.0.4");
    let series = page.text.lines().filter(|line| !line.starts_with('#'));
    let read =
        |line: &str| line.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap()));
    series.map(|line| read(line).unwrap_or_else(|| panic!("no value in {line}"))).collect()
}

/// Open, due and late deliveries, the age of the oldest due one, and that of the oldest that waits.
async fn backlog(house: &House) -> [f64; 5] {
    let shown = shown(house).await;
    [
        "seventytwo_deliveries_open",
        "seventytwo_deliveries_due",
        "seventytwo_deliveries_late",
        "seventytwo_delivery_oldest_due_seconds",
        "seventytwo_delivery_oldest_waiting_seconds",
    ]
    .map(|name| shown[name])
}

/// A team with a chat of its own beside a crowd of WeCom chats.
async fn beside_a_crowd(house: House, mood: Mood) -> (House, Team, Crowd) {
    let crowd = Crowd::start(mood).await;
    let house = house.and_chats(&[Platform::Webhook]).await;
    let house = house.and_gateways(vec![(Platform::Wecom, crowd.url.clone())]).await;
    let team = Team::of(&house).await;
    let chats = (0..MANY).map(|n| (Platform::Wecom, crowd.url.as_str(), format!("g{n}")));
    connect(&house.db, "王群主", chats).await;
    (house, team, crowd)
}

async fn what_went_out_is_counted(house: House) -> House {
    let (house, team, _crowd) = beside_a_crowd(house, Mood::Well(0)).await;
    let other = json!({
        "platform": "webhook", "name": "另一群", "regions": ["131003"], "kinds": ["rescue"],
        "credentials": {"url": format!("{}/other", team.chat.robot())},
    });
    house.post("/groups", Some(&team.admin.token), &other).await.expect(201);
    team.change(&house, json!({"hourly_cap": 9})).await;
    let (case, _) = team.publish_bag(&house).await;
    team.hears(&case);
    team.chat.script(413, &[], "too large");
    team.publish(&house, notices::rescue(house.clock.now()), "13800138002").await;

    let shown = shown(&house).await;
    let attempts = |platform: &str, outcome: &str| {
        shown[&format!("seventytwo_attempts_total{{outcome=\"{outcome}\",platform=\"{platform}\"}}")]
    };
    assert_eq!((attempts("webhook", "delivered"), attempts("webhook", "bad")), (1.0, 1.0));
    assert!(attempts("wecom", "delivered") >= MANY as f64, "{shown:?}");
    assert_eq!(shown["seventytwo_attempt_seconds_count{platform=\"webhook\"}"], 2.0);
    assert_eq!(shown["seventytwo_notices{state=\"live\"}"], 2.0);
    let lanes = |state: &str| shown[&format!("seventytwo_lanes{{state=\"{state}\"}}")];
    assert_eq!(lanes("open") + lanes("resting") + lanes("failing"), (MANY + 1) as f64);
    assert_eq!((lanes("unverified"), lanes("paused"), lanes("disabled")), (1.0, 0.0, 0.0));
    assert_eq!(shown["seventytwo_database_answers"], 1.0);
    house
}

async fn what_a_platform_that_is_away_has_not_heard_is_old(house: House) -> House {
    let (house, team, crowd) = beside_a_crowd(house, Mood::Unwell(503)).await;
    let (case, _) = team.publish_bag(&house).await;
    team.hears(&case);
    let mut waited = TimeDelta::zero();
    for minutes in [1, 4, 10, 15, 15] {
        house.advance(TimeDelta::minutes(minutes));
        waited += TimeDelta::minutes(minutes);
        house.settle().await;
        // All of it was put off; once the host counted as unavailable, without being tried.
        assert_eq!(backlog(&house).await, [MANY as f64, 0.0, 0.0, 0.0, waited.num_seconds() as f64]);
    }
    assert!(crowd.requests() < 2 * MANY, "{} requests to a platform that is away", crowd.requests());
    assert_eq!(shown(&house).await["seventytwo_broadcasts_growing"], 0.0);

    crowd.turn(Mood::Well(0));
    while crowd.told().len() < MANY {
        assert!(waited < TimeDelta::hours(3), "{} heard of it", crowd.told().len());
        house.advance(TimeDelta::minutes(5));
        waited += TimeDelta::minutes(5);
        house.settle().await;
    }
    assert_eq!(backlog(&house).await, [0.0; 5]);
    house
}

async fn what_is_not_sent_is_due_and_late(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(503, &[], "not now");
    let (case, _) = team.publish_bag(&house).await;
    let shown = shown(&house).await;
    assert_eq!(shown["seventytwo_attempts_total{outcome=\"retry\",platform=\"webhook\"}"], 1.0);
    assert_eq!(shown["seventytwo_lanes{state=\"failing\"}"], 1.0);
    assert_eq!(backlog(&house).await, [1.0, 0.0, 0.0, 0.0, 0.0], "it is put off by two seconds");
    // Nothing is sent: by its clock the program stands still.
    house.advance(TimeDelta::seconds(50));
    assert_eq!(backlog(&house).await[..3], [1.0, 1.0, 0.0]);
    house.advance(TimeDelta::seconds(50));
    let [open, due, late, oldest_due, oldest_waiting] = backlog(&house).await;
    assert_eq!((open, due, late, oldest_waiting), (1.0, 1.0, 1.0, 100.0));
    assert!((97.0..98.5).contains(&oldest_due), "{oldest_due}");
    house.settle().await;
    team.hears(&case);
    assert_eq!(backlog(&house).await, [0.0; 5]);

    // What is over must not be sent any more, even before the sweep.
    team.chat.script(503, &[], "not now");
    team.publish(&house, notices::lost_property(house.clock.now()), "13800138002").await;
    house.advance(TimeDelta::hours(72));
    assert_eq!(backlog(&house).await[..2], [1.0, 1.0]);
    assert_eq!(backlog(&house).await[4], 0.0);
    house.settle().await;
    team.hears(&case);
    house
}

async fn what_waits_for_the_end_of_quiet_hours_is_not_old(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let quiet = json!({"from": beijing(house.clock.now(), 0), "until": beijing(house.clock.now(), 3)});
    team.change(&house, json!({"quiet": quiet})).await;
    let (bag, _) = team.publish_bag(&house).await;
    // It is half a minute after 10:07, and quiet until 13:00.
    for minutes in [1, 160, 12] {
        assert_eq!(backlog(&house).await, [1.0, 0.0, 0.0, 0.0, 0.0]);
        house.advance(TimeDelta::minutes(minutes));
    }
    let [open, due, .., oldest_waiting] = backlog(&house).await;
    assert_eq!((open, due, oldest_waiting), (1.0, 1.0, 173.0 * 60.0), "it could go now");
    house.settle().await;
    team.hears(&bag);

    // Urgent notices do not wait for the quiet hours: one that cannot go out becomes old.
    house.advance(TimeDelta::hours(22));
    team.chat.script(503, &[], "not now");
    let (lost, _) = team.publish(&house, notices::missing_person(house.clock.now()), "13800138002").await;
    house.advance(TimeDelta::minutes(1));
    assert_eq!(backlog(&house).await[4], 60.0);
    house.settle().await;
    team.hears(&lost);
    assert_eq!(backlog(&house).await, [0.0; 5]);
    house
}

async fn what_is_paused_is_not_old(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let turn = async |what: &str| {
        let path = format!("/groups/{}/{what}", team.group);
        house.post(&path, Some(&team.admin.token), &Value::Null).await.expect(200);
    };
    team.chat.script(503, &[], "not now");
    let (bag, _) = team.publish_bag(&house).await;
    turn("pause").await;
    house.pass(TimeDelta::minutes(1)).await;
    assert_eq!(backlog(&house).await, [1.0, 0.0, 0.0, 0.0, 0.0], "a paused group");
    house.advance(TimeDelta::hours(71) + TimeDelta::minutes(50));
    assert_eq!(backlog(&house).await, [1.0, 0.0, 0.0, 0.0, 0.0], "a paused group in which it is soon due");

    let path = format!("/review/{bag}");
    let review = async |what: &str| {
        let sheet = house.get(&path, Some(&team.moderator.token)).await.expect(200);
        let body = json!({"version": sheet["version"], "reason": "other", "note": "…"});
        house.post(&format!("{path}/{what}"), Some(&team.moderator.token), &body).await.expect(200);
    };
    review("pause").await;
    turn("resume").await;
    house.settle().await;
    assert_eq!(backlog(&house).await, [1.0, 0.0, 0.0, 0.0, 0.0], "a paused notice");
    review("resume").await;
    assert_eq!(backlog(&house).await[4], (71.0 * 60.0 + 51.0) * 60.0, "it could go now");
    house.settle().await;
    team.hears(&bag);
    assert_eq!(backlog(&house).await, [0.0; 5]);
    house
}

async fn what_came_before_an_hourly_cap_is_not_old(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.change(&house, json!({"hourly_cap": 1})).await;
    let (first, _) = team.publish_bag(&house).await;
    team.hears(&first);
    let (second, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138002").await;
    for minutes in [45, 14] {
        assert_eq!(backlog(&house).await, [1.0, 0.0, 0.0, 0.0, 0.0]);
        house.advance(TimeDelta::minutes(minutes));
    }
    assert_eq!(backlog(&house).await, [1.0, 0.0, 0.0, 0.0, 0.0]);
    house.advance(TimeDelta::minutes(1));
    assert_eq!(backlog(&house).await[4], 3600.0, "it could go now");
    house.settle().await;
    team.hears(&second);
    house
}

async fn what_an_admin_has_to_mend_is_not_old(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(403, &[], "not you");
    let (bag, _) = team.publish_bag(&house).await;
    house.advance(TimeDelta::minutes(9));
    assert_eq!(backlog(&house).await, [1.0, 0.0, 0.0, 0.0, 0.0]);
    house.pass(TimeDelta::minutes(4)).await;
    team.hears(&bag);
    house
}

async fn a_broadcast_that_grows_is_seen(house: House) -> House {
    let (house, team, crowd) = beside_a_crowd(house, Mood::Well(0)).await;
    let mut bag = notices::lost_property(house.clock.now());
    bag["reporter"]["phone"] = json!("13800138001");
    let (case, _) = house.submit(&bag).await;
    house.publish_cooled(&case, &[&team.moderator]).await;
    house.advance(TimeDelta::minutes(11));
    let stands = shown(&house).await;
    assert_eq!(stands["seventytwo_broadcasts_growing"], 1.0);
    assert_eq!(stands["seventytwo_broadcast_oldest_growing_seconds"], 660.0);
    assert!(stands["seventytwo_deliveries_open"] < MANY as f64, "{stands:?}");

    house.settle().await;
    team.hears(&case);
    assert_eq!(crowd.told().len(), MANY);
    let grown = shown(&house).await;
    assert_eq!(grown["seventytwo_broadcasts_growing"], 0.0);
    assert_eq!(grown["seventytwo_broadcast_oldest_growing_seconds"], 0.0);
    assert_eq!(backlog(&house).await, [0.0; 5]);
    house
}

/// PostgreSQL has a clock of its own, which nobody drives.
async fn a_clock_that_is_off_is_told_of(db: Db) {
    let (minute, is_sqlite) = (60.0, db.is_sqlite());
    for hours in [1, -1] {
        let clock = Clock::by_hand(Clock::system().now() + TimeDelta::hours(hours));
        let house = House::with_chats(Db { url: db.url.clone(), ..Db::sqlite() }, Vec::new(), clock).await;
        house.stations.compare_clock().await.unwrap();
        let off = shown(&house).await["seventytwo_clock_offset_seconds"];
        let really = if is_sqlite { 0.0 } else { hours as f64 * 3600.0 };
        assert!((off - really).abs() < minute, "{off} seconds");
    }
}

async fn nothing_is_told_about_anybody(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook, Platform::Wecom]).await;
    let team = Team::of(&house).await;
    let other = house.chats[1].clone();
    let second = house.group(&other, &team.admin, &["440000"], &["missing_person"]).await;
    team.chat.script(503, &[], "not now");
    let lost = notices::missing_person(house.clock.now());
    let (case, manage) = team.publish(&house, lost.clone(), "13800138001").await;
    house.pass(TimeDelta::minutes(1)).await;
    team.hears(&case);

    let text = house.page("/metrics").await.text;
    let mut secret = vec![case.clone(), case.replace('-', ""), manage, team.group.clone(), second];
    secret.extend([&team.admin, &team.moderator].iter().flat_map(|p| [p.name.clone(), p.token.clone()]));
    secret.extend(["13800138001", "测试群", "not now", "127.0.0.1"].map(str::to_owned));
    secret.extend(team.chat.secret().map(str::to_owned));
    for chat in [&team.chat, &other] {
        let (_, gateway) = chat.gateway();
        // A port number alone may occur in any figure.
        secret.extend([chat.robot(), format!(":{}", gateway.port().unwrap())]);
        secret.extend(chat.credentials().values().filter_map(|v| v.as_str().map(str::to_owned)));
    }
    for part in ["reporter", "person", "last_seen", "police"] {
        let words = lost[part].as_object().unwrap().values().filter_map(Value::as_str);
        // Our own words are not secret: they name kinds and states.
        secret.extend(words.filter(|word| !word.is_ascii()).map(str::to_owned));
    }
    for word in secret {
        assert!(!word.is_empty() && !text.contains(&word), "{word} is told in {text}");
    }
    assert!(text.is_ascii(), "names are written in Chinese: {text}");
    house
}

async fn a_correction_that_is_not_sent_is_due_and_late(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let (case, _) = team.publish_bag(&house).await;
    team.hears(&case);
    team.chat.script(503, &[], "not now");
    let moderator = Some(&*team.moderator.token);
    let sheet = house.get(&format!("/review/{case}"), moderator).await.expect(200);
    let removal = json!({"version": sheet["version"], "reason": "false"});
    house.post(&format!("/review/{case}/remove"), moderator, &removal).await.expect(200);
    house.settle().await;
    house.advance(TimeDelta::seconds(100));
    let [open, due, late, oldest_due, oldest_waiting] = backlog(&house).await;
    assert_eq!((open, due, late, oldest_waiting), (1.0, 1.0, 1.0, 100.0));
    assert!((97.0..98.5).contains(&oldest_due), "{oldest_due}");
    house.settle().await;
    team.hears(&case);
    house
}

/// Runs a statement in the program's database.
pub async fn run(house: &House, sql: &'static str) {
    let run = move |tx: &mut Conn| {
        match tx {
            Conn::Pg(c) => diesel::connection::SimpleConnection::batch_execute(&mut **c, sql)?,
            Conn::Sqlite(c) => diesel::connection::SimpleConnection::batch_execute(&mut **c, sql)?,
        }
        Ok::<_, StoreError>(())
    };
    house.stations.shared.store.write(run).await.unwrap();
}

async fn without_its_database_the_process_tells_what_it_knows(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let (case, _) = team.publish_bag(&house).await;
    team.hears(&case);
    let delivered = "seventytwo_attempts_total{outcome=\"delivered\",platform=\"webhook\"}";
    run(&house, "ALTER TABLE broadcasts RENAME TO elsewhere").await;
    let alone = shown(&house).await;
    assert_eq!((alone["seventytwo_database_answers"], alone[delivered]), (0.0, 1.0));
    assert!(!alone.contains_key("seventytwo_deliveries_open"), "what is not known is not shown: {alone:?}");
    run(&house, "ALTER TABLE elsewhere RENAME TO broadcasts").await;
    let again = shown(&house).await;
    assert_eq!((again["seventytwo_database_answers"], again["seventytwo_deliveries_open"]), (1.0, 0.0));
    house
}

async fn what_cannot_be_written_down_is_counted(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.approve(&case, &[&team.moderator]).await;
    house.advance(COOLING);
    let refusals = |what: &str| format!("seventytwo_database_refusals_total{{what=\"{what}\"}}");
    let names = ["seventytwo_results_recorded_total".to_owned(), refusals("queue"), refusals("results")];
    let counted = async || {
        let shown = shown(&house).await;
        names.each_ref().map(|name| shown[name])
    };
    let before = counted().await;
    // What is due can be leased, but its results cannot be stored.
    run(&house, "ALTER TABLE deliveries RENAME COLUMN took_ms TO elsewhere").await;
    assert!(house.stations.settle().await.is_err());
    team.hears(&case);
    assert_eq!(counted().await, [before[0], before[1], before[2] + 1.0]);
    run(&house, "ALTER TABLE deliveries RENAME COLUMN elsewhere TO took_ms").await;
    // What was sent but not recorded is sent again when its lease has ended.
    house.pass(TimeDelta::seconds(26)).await;
    team.hears(&case);
    assert_eq!(counted().await, [before[0] + 1.0, before[1], before[2] + 1.0]);
    house
}

async fn the_document_tells_of_what_is_shown(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let (case, _) = team.publish_bag(&house).await;
    team.hears(&case);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/operations.md");
    let document = std::fs::read_to_string(path).unwrap();
    let names = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
        words.filter(|word| word.starts_with("seventytwo_")).map(str::to_owned).collect()
    };
    let text = house.page("/metrics").await.text;
    let is_type = |line: &&str| line.starts_with("# TYPE ");
    let shown = names(&text.lines().filter(is_type).collect::<Vec<_>>().join("\n"));
    let rows: Vec<_> =
        document.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(names(&rows.join("\n")), shown, "the table of docs/operations.md and what is shown");

    let (_, rules) = document.split_once("```yaml\n").expect("the rules");
    let (rules, _) = rules.split_once("```").unwrap();
    let (asked, series) = (names(rules), names(&text));
    assert!(asked.len() > 5, "{asked:?}");
    let missing: Vec<_> = asked.difference(&series).collect();
    assert!(missing.is_empty(), "rules ask for what nobody shows: {missing:?}");
    house
}
