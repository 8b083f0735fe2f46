//! Very many groups wait for one bot: each is looked at a few times, the bot is used to its limit, and
//! what needs another way does not wait.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use seventytwo::broadcast::platforms::adapter;
use seventytwo::broadcast::turns::Turns;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::bots::BotView;
use seventytwo::store::deliveries;
use seventytwo::store::leasing::{Admission, Batch};

use super::crowd::{Crowd, Mood};
use super::faults::{go_live, house_of};
use super::leases::{ELSEWHERE, lease_at};
use super::pace::draw_nothing;
use super::{count, run};
use crate::house::{Db, House, Person};
use crate::process::connect;
use crate::{Test, bare, housed, notices};

pub const TESTS: &[Test] = &[
    bare!(an_alert_waits_for_no_token_that_very_many_wait_for),
    housed!(a_token_that_many_wait_for_is_used_to_its_limit),
];

/// Requests that Discord takes from all webhooks together within any second.
const LIMIT: usize = 50;
/// Deliveries that one look at the queue takes.
const ROOM: usize = 256;
/// How long a look takes.
const LOOK: TimeDelta = TimeDelta::milliseconds(5);

/// Of one notice many groups of Discord wait to hear; of another, which is less urgent, a group of WeCom.
async fn an_alert_waits_for_no_token_that_very_many_wait_for(db: Db) {
    const GROUPS: usize = 1_500;
    const SPAN: TimeDelta = TimeDelta::seconds(10);
    let house = House::start(db).await.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let other = house.group(&house.chats[0], &admin, &["440100"], &["lost_property"]).await;
    groups_of_discord(&house, "https://discord.com", GROUPS).await;
    let node = Looks { house, turns: Arc::default() };
    publish(&node.house, &moderator, "131003", "13800138001").await;
    run(&node.house.db, "UPDATE broadcasts SET priority = 0").await;
    while node.look(node.house.clock.now()).await.more {}
    publish(&node.house, &moderator, "440106", "13800138002").await;

    // As after an outage, while the bot is used again and again.
    let began = node.house.clock.now();
    use_token(&node.house.db, began).await;
    run(
        &node.house.db,
        "UPDATE deliveries SET due_at = (SELECT MIN(created_at) FROM broadcasts) WHERE queued",
    )
    .await;
    count_put_off(&node.house.db).await;
    let (mut now, mut looks, mut leased, mut heard_after) = (began, 0, 0, None);
    while now < began + SPAN {
        let batch = node.look(now).await;
        looks += 1;
        leased += batch.leased.iter().filter(|one| one.platform == Platform::Discord).count();
        if batch.leased.iter().any(|one| one.group.to_string() == other) {
            heard_after = Some(looks);
        }
        assert!(heard_after.is_some() || looks <= 2 * GROUPS / ROOM, "the alert waits");
        now = if batch.more || !batch.leased.is_empty() { now + LOOK } else { node.due_after(now).await };
    }
    let allowed = LIMIT * SPAN.num_seconds() as usize;
    assert!((allowed * 95 / 100..=allowed + LIMIT).contains(&leased), "{leased} of {allowed}");
    let put_off = put_off(&node.house.db).await;
    assert!(put_off <= 2 * GROUPS, "put off {put_off} times, and {leased} went");
}

/// The real worker.
async fn a_token_that_many_wait_for_is_used_to_its_limit(house: House) -> House {
    const GROUPS: usize = 600;
    let crowd = Crowd::start(Mood::Well(0)).await;
    let (mut house, moderator) = house_of(house, &[(Platform::Discord, &crowd.url)]).await;
    draw_nothing(&mut house);
    groups_of_discord(&house, &crowd.url, GROUPS).await;
    count_put_off(&house.db).await;
    go_live(&house, &moderator).await;
    let began = house.clock.now();
    while crowd.requests() < GROUPS {
        let now = house.clock.now();
        let store = &house.stations.shared.store;
        let due = store.read(move |c| deliveries::next_due(c, now)).await.unwrap().expect("more wait");
        house.pass(due - now).await;
    }
    let (took, fewest) = (house.clock.now() - began, (GROUPS / LIMIT - 1) as i64);
    assert!((fewest..=fewest + 1).contains(&took.num_seconds()), "{took}");
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'").await, 600);
    assert_eq!(crowd.requests(), GROUPS);
    let put_off = put_off(&house.db).await;
    assert!(put_off <= 3 * GROUPS, "put off {put_off} times");
    house
}

/// A node that looks at its queue and dies.
struct Looks {
    house: House,
    turns: Arc<Mutex<Turns>>,
}

impl Looks {
    async fn look(&self, now: DateTime<Utc>) -> Batch {
        let turns = Arc::clone(&self.turns);
        let lease = move |tx: &mut _| {
            let mut turn = |bot: &BotView<'_>, priority| {
                let budgets = adapter(Platform::Discord).profile().account_rate;
                turns.lock().unwrap().turn(bot, budgets, priority, now)
            };
            lease_at(tx, now, ELSEWHERE, ROOM, &mut turn, &mut |_, _| Admission::Go)
        };
        self.house.stations.shared.store.write(lease).await.unwrap()
    }

    async fn due_after(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let look = move |c: &mut _| deliveries::next_due(c, now);
        self.house.stations.shared.store.read(look).await.unwrap().expect("more wait")
    }
}

async fn groups_of_discord(house: &House, url: &str, groups: usize) {
    let chats = (0..groups).map(|number| (Platform::Discord, url, format!("g{number}")));
    connect(&house.db, "王群主", chats).await;
}

/// Lets a notice go live, and nobody hear of it yet.
async fn publish(house: &House, moderator: &Person, region: &str, phone: &str) {
    let mut bag = notices::lost_property(house.clock.now());
    bag["region"] = json!(region);
    bag["reporter"]["phone"] = json!(phone);
    let (case, _) = house.submit(&bag).await;
    house.publish_cooled(&case, &[moderator]).await;
}

/// As if the bot had been used evenly, and to its limit, until now.
async fn use_token(db: &Db, now: DateTime<Utc>) {
    let uses = (0..LIMIT).rev().map(|back| now - TimeDelta::seconds(1) * back as i32 / LIMIT as i32);
    let uses: String = uses.map(|at| format!("{:016x}", at.timestamp_micros())).collect();
    let recent = if db.is_sqlite() { format!("X'{uses}'") } else { format!("'\\x{uses}'") };
    run(db, format!("UPDATE bots SET recent = {recent}")).await;
}

/// Counts from now on how often something is put off.
async fn count_put_off(db: &Db) {
    let counts = "INSERT INTO put_off VALUES (NEW.id);";
    let which = "NEW.queued AND NEW.attempts = OLD.attempts";
    let trigger = if db.is_sqlite() {
        format!(
            "CREATE TRIGGER puts_off AFTER UPDATE OF due_at ON deliveries WHEN {which} BEGIN {counts} END"
        )
    } else {
        format!(
            "CREATE FUNCTION puts_off() RETURNS trigger AS $$ BEGIN {counts} RETURN NULL; END $$ LANGUAGE plpgsql; \
             CREATE TRIGGER puts_off AFTER UPDATE OF due_at ON deliveries FOR EACH ROW WHEN ({which}) \
               EXECUTE FUNCTION puts_off()"
        )
    };
    run(db, format!("CREATE TABLE put_off (delivery BIGINT NOT NULL); {trigger}")).await;
}

async fn put_off(db: &Db) -> usize {
    count(db, "SELECT COUNT(*) AS n FROM put_off").await as usize
}
