//! A clock that jumps: what waits is sent neither too early nor all at once. Once the clock is right again,
//! nothing is late by more than the worker's safety poll.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DurationRound, TimeDelta};
use diesel::{QueryDsl as _, RunQueryDsl as _};
use serde_json::json;
use seventytwo::clock::Clock;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::Conn;
use seventytwo::store::bots::{self, TRIAL, Use, Used};
use seventytwo::store::lanes::NotHeld;
use seventytwo::store::schema::lanes;
use seventytwo::store::types::Time;

use super::count;
use super::pace::{self, draw_nothing};
use crate::fakes::Fake;
use crate::groups::beijing;
use crate::house::{COOLING, Db, House, Person};
use crate::process::peek;
use crate::{Test, bare, housed, notices, shared};

pub const TESTS: &[Test] = &[
    bare!(a_clock_that_was_ahead_holds_nothing_up),
    bare!(a_clock_that_is_set_right_while_nobody_runs_holds_nothing_up),
    bare!(a_group_that_failed_by_a_clock_that_was_ahead_has_failed_since_then),
    bare!(a_test_that_did_not_arrive_by_a_clock_that_was_ahead_was_not_sent_tomorrow),
    shared!(what_a_node_whose_clock_was_ahead_died_with_is_taken_over),
    bare!(what_a_clock_that_was_ahead_put_off_is_looked_at_again),
    bare!(what_was_under_way_while_the_clock_was_set_right_counts_from_its_end),
    bare!(what_a_clock_that_was_ahead_approved_goes_live_when_it_has_cooled),
    bare!(what_a_clock_that_was_ahead_approved_goes_live_though_its_process_is_gone),
    bare!(what_a_clock_that_was_ahead_let_out_ends_after_72_hours),
    bare!(what_a_clock_that_was_ahead_ended_is_erased_in_its_time),
    bare!(a_wait_that_was_asked_for_by_the_right_clock_stands),
    bare!(a_clock_set_back_asks_no_robot_too_early),
    bare!(what_is_sent_while_others_are_repaired_counts_from_when_it_was_sent),
    shared!(a_node_whose_clock_is_a_little_ahead_is_not_repaired),
    shared!(a_clock_that_is_set_wrong_moves_nothing_of_the_other_nodes),
    housed!(a_clock_set_forward_is_no_storm),
    shared!(a_node_whose_clock_is_behind_shares_no_lane),
    shared!(a_node_that_was_stopped_with_its_clocks_shares_no_lane),
    shared!(a_node_whose_clock_is_days_ahead_ends_nothing),
];

/// The longest lease by a right clock.
const LEASE: TimeDelta = TimeDelta::seconds(26);
/// The worker's safety poll.
const POLL: TimeDelta = TimeDelta::seconds(20);

/// A house whose clock shows today's time, because a database server's own clock, which nobody drives,
/// decides who is right.
async fn of_today(db: Db) -> House {
    let hour = Clock::system().now().duration_trunc(TimeDelta::hours(1)).unwrap();
    House::with_chats(db, Vec::new(), Clock::by_hand(hour + TimeDelta::minutes(67))).await
}

async fn publish(house: &House, moderator: &Person, phone: &str) -> String {
    let mut notice = notices::lost_property(house.clock.now());
    notice["reporter"]["phone"] = phone.into();
    let (case, _) = house.submit(&notice).await;
    house.go_live(&case, &[moderator]).await;
    case
}

/// A house with one chat on each platform, and a moderator.
pub async fn house_of(house: House, platforms: &[Platform]) -> (House, Person) {
    let house = house.and_chats(platforms).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    for chat in &house.chats {
        house.group(chat, &admin, &["131000"], &["lost_property"]).await;
    }
    (house, moderator)
}

/// The platforms whose chats did not get a case.
fn deaf(house: &House, case: &str) -> Vec<Platform> {
    let hears = |chat: &&Arc<Fake>| chat.shown().iter().any(|shown| shown.text.contains(case));
    house.chats.iter().filter(|chat| !hears(chat)).map(|chat| chat.platform()).collect()
}

/// With the clock two hours ahead a notice goes out and one chat fails; then the clock is set right.
async fn a_clock_that_was_ahead_holds_nothing_up(db: Db) {
    let (house, moderator) = house_of(
        of_today(db).await,
        &[Platform::Wecom, Platform::Telegram, Platform::Discord, Platform::Dingtalk],
    )
    .await;
    let ahead = TimeDelta::hours(2);
    house.clock.advance(ahead);
    house.chats[3].script(503, &[], "not now");
    let early = publish(&house, &moderator, "13800138001").await;
    assert_eq!(deaf(&house, &early), [Platform::Dingtalk]);
    house.clock.advance(-ahead);
    let late = publish(&house, &moderator, "13800138002").await;
    house.pass(POLL).await;
    house.pass(TimeDelta::minutes(1)).await;
    assert_eq!(deaf(&house, &late), [], "what was decided by the right clock");
    assert_eq!(deaf(&house, &early), [], "what was to be said again");
}

/// The same, but the clock is set right between two runs of the program.
async fn a_clock_that_is_set_right_while_nobody_runs_holds_nothing_up(db: Db) {
    let (house, moderator) =
        house_of(of_today(db).await, &[Platform::Wecom, Platform::Telegram, Platform::Discord]).await;
    let ahead = TimeDelta::days(365);
    house.clock.advance(ahead);
    let early = publish(&house, &moderator, "13800138001").await;
    assert_eq!(deaf(&house, &early), []);
    house.clock.advance(-ahead);
    let house = house.restart().await;
    let late = publish(&house, &moderator, "13800138002").await;
    house.pass(TimeDelta::minutes(1)).await;
    assert_eq!(deaf(&house, &late), [], "what was decided by the right clock");
}

/// A group is disabled after failing for a day. A clock two days ahead would make its failures begin in two
/// days.
async fn a_group_that_failed_by_a_clock_that_was_ahead_has_failed_since_then(db: Db) {
    let (house, moderator) = house_of(of_today(db).await, &[Platform::Dingtalk]).await;
    let ahead = TimeDelta::days(2);
    house.clock.advance(ahead);
    (0..2).for_each(|_| house.chats[0].script(503, &[], "not now"));
    publish(&house, &moderator, "13800138001").await;
    house.clock.advance(-ahead);
    house.pass(POLL).await;
    let failing_since = |conn: &mut Conn| {
        let since = lanes::table.select(lanes::failing_since);
        Ok(match conn {
            Conn::Pg(c) => since.first::<Option<Time>>(&mut **c)?,
            Conn::Sqlite(c) => since.first::<Option<Time>>(&mut **c)?,
        })
    };
    let since = peek(&house.db, failing_since).await.expect("it has not heard yet");
    assert!(since.0 <= house.clock.now(), "{since:?}");
}

/// The admin of a group reads when its last test was sent.
async fn a_test_that_did_not_arrive_by_a_clock_that_was_ahead_was_not_sent_tomorrow(db: Db) {
    let house = of_today(db).await.and_chats(&[Platform::Dingtalk]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let group = house.group(&house.chats[0], &admin, &["131000"], &["lost_property"]).await;
    house.settle().await;
    let ahead = TimeDelta::days(1);
    house.clock.advance(ahead);
    house.chats[0].script(503, &[], "not now");
    house.post(&format!("/groups/{group}/test"), Some(&admin.token), &json!({})).await.problem(422);
    house.settle().await;
    house.clock.advance(-ahead);
    house.settle().await;
    let missed_at = |conn: &mut Conn| {
        let at = lanes::table.select(lanes::missed_at);
        Ok(match conn {
            Conn::Pg(c) => at.first::<Option<Time>>(&mut **c)?,
            Conn::Sqlite(c) => at.first::<Option<Time>>(&mut **c)?,
        })
    };
    let at = peek(&house.db, missed_at).await.expect("it did not arrive");
    assert!(at.0 <= house.clock.now(), "{at:?}");
}

/// A node dies with a request under way, and its clock is two hours ahead. Another node, started later, knows
/// only what is in the database.
async fn what_a_node_whose_clock_was_ahead_died_with_is_taken_over(db: Db) {
    let other = Db::at(db.url.clone());
    let (ahead, moderator) = house_of(of_today(db).await, &[Platform::Dingtalk]).await;
    let chat = ahead.chats[0].clone();
    let hours = TimeDelta::hours(2);
    ahead.clock.advance(hours);
    let held = chat.hold("robot/send");
    let leaves = async {
        let under_way = held.came().await;
        ahead.clock.advance(-hours);
        under_way
    };
    tokio::select! {
        case = publish(&ahead, &moderator, "13800138001") => panic!("{case} was answered"),
        under_way = leaves => drop(under_way),
    }
    let clock = ahead.clock.clone();
    drop(ahead);
    let house = House::with_chats(other, vec![chat.clone()], clock).await;
    house.pass(LEASE).await;
    let delivered = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'";
    assert_eq!(count(&house.db, delivered).await, 1);
}

/// By a clock ten hours ahead the chat has quiet hours; by the right clock it has not.
async fn what_a_clock_that_was_ahead_put_off_is_looked_at_again(db: Db) {
    let house = of_today(db).await.and_chats(&[Platform::Wecom]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let group = house.group(&house.chats[0], &admin, &["131000"], &["lost_property"]).await;
    let now = house.clock.now();
    let quiet = json!({"quiet": {"from": beijing(now, 9), "until": beijing(now, 12)}});
    let path = format!("/groups/{group}");
    let change = house.call(reqwest::Method::PATCH, &path, Some(&admin.token), Some(&quiet));
    change.await.expect(200);
    house.clock.advance(TimeDelta::hours(10));
    let case = publish(&house, &moderator, "13800138001").await;
    assert_eq!(deaf(&house, &case), [Platform::Wecom], "it is quiet");
    house.clock.advance(TimeDelta::hours(-10));
    house.settle().await;
    assert_eq!(deaf(&house, &case), []);
}

/// A clock ten hours ahead is set right while a chat that wants two notices an hour hears its second one: that hour
/// is over after an hour.
async fn what_was_under_way_while_the_clock_was_set_right_counts_from_its_end(db: Db) {
    let house = of_today(db).await.and_chats(&[Platform::Dingtalk]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let group = house.group(&house.chats[0], &admin, &["131000"], &["lost_property"]).await;
    let (path, two) = (format!("/groups/{group}"), json!({"hourly_cap": 2}));
    house.call(reqwest::Method::PATCH, &path, Some(&admin.token), Some(&two)).await.expect(200);
    house.clock.advance(TimeDelta::hours(10));
    let first = publish(&house, &moderator, "13800138001").await;
    let held = house.chats[0].hold("robot/send");
    let is_set_right = async {
        let under_way = held.came().await;
        house.clock.advance(TimeDelta::hours(-10));
        house.stations.publish_when_due().await.unwrap();
        drop(under_way);
    };
    let (second, ()) = tokio::join!(publish(&house, &moderator, "13800138002"), is_set_right);
    assert_eq!([deaf(&house, &first), deaf(&house, &second)], [[], []]);
    house.pass(TimeDelta::minutes(61)).await;
    for phone in ["13800138003", "13800138004"] {
        let case = publish(&house, &moderator, phone).await;
        assert_eq!(deaf(&house, &case), [], "one of two in this hour");
    }
}

async fn approve(house: &House, moderator: &Person) -> String {
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.approve(&case, &[moderator]).await;
    case
}

/// A day ahead, a notice is approved; the clock is set right while it cools.
async fn what_a_clock_that_was_ahead_approved_goes_live_when_it_has_cooled(db: Db) {
    let (house, moderator) = house_of(of_today(db).await, &[Platform::Wecom]).await;
    house.clock.advance(TimeDelta::days(1));
    house.settle().await;
    let case = approve(&house, &moderator).await;
    house.clock.advance(-TimeDelta::days(1));
    house.settle().await;
    assert_eq!(deaf(&house, &case), [Platform::Wecom], "it cools");
    house.pass(COOLING).await;
    assert_eq!(deaf(&house, &case), []);
}

/// The same between two runs of the program, and nothing was ever sent.
async fn what_a_clock_that_was_ahead_approved_goes_live_though_its_process_is_gone(db: Db) {
    let (house, moderator) = house_of(of_today(db).await, &[Platform::Wecom]).await;
    house.clock.advance(TimeDelta::days(1));
    let case = approve(&house, &moderator).await;
    house.clock.advance(-TimeDelta::days(1));
    let house = house.restart().await;
    house.pass(COOLING).await;
    assert_eq!(deaf(&house, &case), []);
}

/// An hour ago, by a clock that was a day ahead.
async fn what_a_clock_that_was_ahead_let_out_ends_after_72_hours(db: Db) {
    let (house, moderator) = house_of(of_today(db).await, &[Platform::Wecom]).await;
    house.clock.advance(TimeDelta::days(1));
    let case = publish(&house, &moderator, "13800138001").await;
    let state = async || house.get(&format!("/notices/{case}"), None).await.expect(200)["state"].clone();
    house.pass(TimeDelta::hours(1)).await;
    house.clock.advance(-TimeDelta::days(1));
    house.settle().await;
    let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
    house.pass(TimeDelta::hours(71) - TimeDelta::minutes(1)).await;
    assert_eq!(state().await, "live", "{shown}");
    house.pass(TimeDelta::minutes(2)).await;
    assert_eq!(state().await, "expired", "{shown}");
    let planned = count(
        &house.db,
        "SELECT COUNT(*) AS n FROM broadcasts b JOIN notices n ON n.id = b.notice_id \
         WHERE b.not_after <> n.ends_at OR b.created_at < n.live_at",
    )
    .await;
    assert_eq!(planned, 0, "its alert ends with it");
}

async fn what_a_clock_that_was_ahead_ended_is_erased_in_its_time(db: Db) {
    let (house, _) = house_of(of_today(db).await, &[Platform::Wecom]).await;
    let (case, manage) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.clock.advance(TimeDelta::days(1));
    house.close(&manage, "withdrawn").await;
    house.clock.advance(-TimeDelta::days(1));
    let house = house.restart().await;
    house.pass(house.stations.shared.times.retention).await;
    house.stations.sweep().await.unwrap();
    let erased = count(&house.db, "SELECT COUNT(*) AS n FROM notices WHERE state = 'erased'").await;
    assert_eq!(erased, 1, "{case}");
}

/// A platform asked for an hour, and then the clock was wrong for a while; nobody used the token meanwhile.
async fn a_wait_that_was_asked_for_by_the_right_clock_stands(db: Db) {
    let house = of_today(db).await;
    let (store, now) = (house.stations.shared.store.clone(), house.clock.now());
    let ask = move |tx: &mut Conn, at| bots::take(tx, "bot", Platform::Discord, at, &|_, _| now);
    let asked = Use { taken: now, ended: Some(now), answered: true };
    let asked = Used { requests: vec![asked], rests_until: Some(now + TimeDelta::hours(1)) };
    let soon = now + TimeDelta::minutes(1);
    let limited = store.write(move |tx| {
        assert_eq!(ask(tx, now)?, Ok(()));
        bots::record(tx, &BTreeMap::from([("bot", asked)]))
    });
    limited.await.unwrap();
    store.set_back(move || soon, TimeDelta::hours(2)).await.unwrap();
    let rests = store.write(move |tx| ask(tx, soon)).await.unwrap();
    assert_eq!(rests, Err(NotHeld::Full(now + TimeDelta::hours(1))));
    // What the wrong clock wrote is moved.
    let wrong = now + TimeDelta::hours(3);
    let used = store.write(move |tx| ask(tx, wrong)).await.unwrap();
    assert_eq!(used, Ok(()));
    store.set_back(move || now + TimeDelta::hours(1), TimeDelta::hours(2)).await.unwrap();
    let limited = now + TimeDelta::hours(1) + TRIAL;
    let free = store.write(move |tx| ask(tx, limited)).await.unwrap();
    assert_eq!(free, Ok(()));
}

/// A robot for which more waits than it may take.
async fn busy(house: House) -> (House, Arc<Fake>) {
    let mut house = house.and_chats(&[Platform::Dingtalk]).await;
    draw_nothing(&mut house);
    pace::publish(&house).await;
    let chat = house.chats[0].clone();
    (house, chat)
}

/// Our clock is set back while the platform's goes on: its minute does not end sooner for that.
async fn a_clock_set_back_asks_no_robot_too_early(db: Db) {
    let (house, chat) = busy(of_today(db).await).await;
    let mut behind = TimeDelta::zero();
    for step in 0..120 {
        house.settle().await;
        house.clock.advance(TimeDelta::seconds(5));
        if step % 9 == 4 {
            house.clock.advance(TimeDelta::seconds(-25));
            behind += TimeDelta::seconds(25);
        }
        chat.set_now(house.clock.now() + behind);
    }
    let asked = chat.asked();
    let full = asked.windows(21).filter(|window| window[20] - window[0] < TimeDelta::minutes(1)).count();
    assert_eq!(full, 0);
    assert!(asked.len() > 100, "{} requests", asked.len());
}

/// Our clock is set forward while a lane waits for its minute: the robot is asked too early once, and
/// refuses.
async fn a_clock_set_forward_is_no_storm(house: House) -> House {
    let (house, chat) = busy(house).await;
    house.settle().await;
    let full = chat.asked().len();
    house.clock.advance(TimeDelta::minutes(10));
    for _ in 0..20 {
        house.settle().await;
        house.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(chat.asked().len(), full + 1, "asked once by the wrong clock");
    // Our clock was the right one: now both agree.
    chat.set_now(house.clock.now());
    house.pass(TimeDelta::minutes(13)).await;
    assert_eq!(chat.asked().len(), full + 21);
    house.overhear().await;
    house
}

/// The open and leased times of all lanes, in seconds.
async fn lanes_of(house: &House) -> i64 {
    let rows = |conn: &mut Conn| {
        let times = lanes::table.select((lanes::open_at, lanes::leased_until));
        Ok(match conn {
            Conn::Pg(c) => times.load::<(Time, Time)>(&mut **c)?,
            Conn::Sqlite(c) => times.load::<(Time, Time)>(&mut **c)?,
        })
    };
    let rows: Vec<(Time, Time)> = peek(&house.db, rows).await;
    rows.into_iter().map(|(open, leased)| open.0.timestamp() + leased.0.timestamp()).sum()
}

/// The repair takes a while, and a group hears something meanwhile, by the clock that is right again.
async fn what_is_sent_while_others_are_repaired_counts_from_when_it_was_sent(db: Db) {
    let (house, moderator) = house_of(of_today(db).await, &[Platform::Dingtalk]).await;
    let began = house.clock.now();
    publish(&house, &moderator, "13800138001").await;
    let lanes = lanes_of(&house).await;
    let asked = Arc::new(AtomicI64::new(0));
    let goes_on = move || began + TimeDelta::seconds(15 * asked.fetch_add(1, Ordering::SeqCst));
    house.stations.shared.store.set_back(goes_on, TimeDelta::hours(2)).await.unwrap();
    assert_eq!(lanes_of(&house).await, lanes);
}

/// The clocks of two nodes are not the same to the millisecond.
async fn a_node_whose_clock_is_a_little_ahead_is_not_repaired(db: Db) {
    let (house, moderator) = house_of(of_today(db).await, &[Platform::Dingtalk]).await;
    publish(&house, &moderator, "13800138001").await;
    let lanes = lanes_of(&house).await;
    let behind = house.clock.now() - TimeDelta::seconds(5);
    house.stations.shared.store.set_back(move || behind, TimeDelta::hours(2)).await.unwrap();
    assert_eq!(lanes_of(&house).await, lanes);
}

/// One node's clock goes back by hours. The robot's budget and the leases of lanes, which other nodes hold,
/// must not change.
async fn a_clock_that_is_set_wrong_moves_nothing_of_the_other_nodes(db: Db) {
    const LANES: &str = "SELECT COALESCE(SUM(EXTRACT(EPOCH FROM open_at) + EXTRACT(EPOCH FROM leased_until))::bigint, 0) \
         AS n FROM lanes";
    let other = of_today(Db::at(db.url.clone())).await;
    // The same time as the other node's, because the hour may have changed meanwhile.
    let house = House::with_chats(db, Vec::new(), Clock::by_hand(other.clock.now())).await;
    let (house, chat) = busy(house).await;
    house.settle().await;
    let (full, lanes) = (chat.asked().len(), count(&house.db, LANES).await);
    other.stations.publish_when_due().await.unwrap();
    other.clock.advance(TimeDelta::hours(-10));
    other.stations.publish_when_due().await.unwrap();
    assert_eq!(count(&house.db, LANES).await, lanes);
    house.settle().await;
    assert_eq!(chat.asked().len(), full, "its minute is not over");
}

/// A node on a machine whose clock is ahead of the database's by so much.
async fn on_a_machine(url: &str, chats: Vec<Arc<Fake>>, ahead: TimeDelta) -> House {
    let clock = Clock::of_a_machine(Clock::system().now() + ahead);
    House::with_chats(Db::at(url.to_owned()), chats, clock).await
}

/// How many messages of a case its chat got.
fn heard(chat: &Fake, case: &str) -> usize {
    chat.shown().iter().filter(|shown| shown.text.contains(case)).count()
}

/// A chat, and a notice for it that has been live for a minute by the clock that all nodes share: nobody drives
/// that one, so none of them may wait for it to cool.
async fn live_by_the_shared_clock(url: &str) -> (Arc<Fake>, String) {
    let clock = Clock::by_hand(Clock::system().now() - COOLING - TimeDelta::minutes(1));
    let (house, moderator) =
        house_of(House::with_chats(Db::at(url.to_owned()), Vec::new(), clock).await, &[Platform::Dingtalk])
            .await;
    let case = approve(&house, &moderator).await;
    house.clock.advance(COOLING);
    house.stations.publish_cooled().await.unwrap();
    (house.chats[0].clone(), case)
}

/// A node sends while another one looks for work. The second does not send what is under way.
async fn sends_alone(sender: &House, other: &House, chat: &Fake, case: &str) {
    let held = chat.hold("robot/send");
    let others = async {
        let under_way = held.came().await;
        other.settle().await;
        drop(under_way);
    };
    let (sent, ()) = tokio::join!(sender.stations.worker.drain(), others);
    sent.unwrap();
    assert_eq!(heard(chat, case), 1);
}

/// A node starts on a machine whose clock is so far behind that its leases would look as if they were over.
async fn a_node_whose_clock_is_behind_shares_no_lane(db: Db) {
    let (chat, case) = live_by_the_shared_clock(&db.url).await;
    let right = on_a_machine(&db.url, vec![chat.clone()], TimeDelta::zero()).await;
    let behind = on_a_machine(&db.url, vec![chat.clone()], TimeDelta::seconds(-40)).await;
    sends_alone(&behind, &right, &chat, &case).await;
}

/// A machine was stopped with its clocks, and does not know it: for the others forty seconds have passed.
async fn a_node_that_was_stopped_with_its_clocks_shares_no_lane(db: Db) {
    let (chat, case) = live_by_the_shared_clock(&db.url).await;
    let right = on_a_machine(&db.url, vec![chat.clone()], TimeDelta::zero()).await;
    let stopped = on_a_machine(&db.url, vec![chat.clone()], TimeDelta::zero()).await;
    stopped.clock.advance(TimeDelta::seconds(-40));
    sends_alone(&stopped, &right, &chat, &case).await;
}

/// A machine's clock is days ahead when a node starts there; later that of another one jumps as far. By the
/// clock that they share, nothing is over.
async fn a_node_whose_clock_is_days_ahead_ends_nothing(db: Db) {
    let (chat, case) = live_by_the_shared_clock(&db.url).await;
    let right = on_a_machine(&db.url, vec![chat.clone()], TimeDelta::zero()).await;
    right.settle().await;
    let ahead = on_a_machine(&db.url, vec![chat.clone()], TimeDelta::days(4)).await;
    ahead.settle().await;
    right.clock.jump(TimeDelta::days(4));
    right.settle().await;
    let notice = right.get(&format!("/notices/{case}"), None).await.expect(200);
    assert_eq!(notice["state"], "live");
    assert_eq!(heard(&chat, &case), 1, "nobody was told that it is over");
}
