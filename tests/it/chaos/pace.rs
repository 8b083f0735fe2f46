//! No robot is asked more often than its platform allows, whatever happens, and nearly as often as that.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Timelike, Utc};
use diesel::prelude::*;
use futures_util::future::{BoxFuture, join_all};
use serde_json::json;
use seventytwo::broadcast::script::{DrawPoster, Script};
use seventytwo::clock::{Clock, new_id};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::bots::TRIAL;
use seventytwo::store::broadcasts::{self, Broadcast};
use seventytwo::store::types::Id;
use seventytwo::store::{StoreError, deliveries, notices as rows, schema};

use super::count;
use super::dice::Dice;
use crate::fakes::{Fake, Rules};
use crate::house::{Db, House, Person, morning};
use crate::{Test, housed, notices, shared};

pub const TESTS: &[Test] = &[
    housed!(a_robot_is_used_to_its_limit_and_never_beyond),
    shared!(two_nodes_share_the_limit_of_a_robot),
    housed!(an_account_is_used_to_its_limit_and_never_beyond),
    housed!(an_account_that_was_limited_is_tried_by_one_alone),
    housed!(what_waited_for_its_picture_uses_its_token_when_it_leaves),
    housed!(what_took_long_to_leave_uses_its_token_until_its_end),
    housed!(what_waits_keeps_off_the_round_hours),
];

/// Deliveries that wait in one lane.
const DUE: usize = 300;
/// How long the robots are watched.
const QUARTER: TimeDelta = TimeDelta::minutes(15);
/// Requests that WeCom and DingTalk take within any minute.
const LIMIT: usize = 20;

async fn a_robot_is_used_to_its_limit_and_never_beyond(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom, Platform::Dingtalk]).await;
    let house = watch(vec![house]).await.remove(0);
    house.overhear().await;
    house
}

async fn two_nodes_share_the_limit_of_a_robot(db: Db) {
    let clock = Clock::by_hand(morning());
    let mut chats = Vec::new();
    for platform in [Platform::Wecom, Platform::Dingtalk] {
        chats.push(Arc::new(Fake::start(platform, Rules::default(), clock.now()).await));
    }
    let other = Db::at(db.url.clone());
    let one = House::with_chats(db, chats.clone(), clock.clone()).await;
    watch(vec![one, House::with_chats(other, chats, clock).await]).await;
}

/// Watches robots for a quarter of an hour in which more waits for them than they may take, while nodes are
/// restarted and one of them crashes.
async fn watch(mut nodes: Vec<House>) -> Vec<House> {
    let mut dice = Dice::new(20);
    nodes.iter_mut().for_each(draw_nothing);
    publish(&nodes[0]).await;
    let began = nodes[0].clock.now();
    for chat in &nodes[0].chats {
        chat.take_time(&nodes[0].clock, 600);
    }
    let mut breaks_down = true;
    while nodes[0].clock.now() < began + QUARTER {
        if breaks_down && nodes[0].clock.now() >= began + QUARTER / 2 {
            breaks_down = !break_down(&mut nodes).await;
        }
        if dice.percent(3) {
            let node = nodes.remove(0).restart().await;
            nodes.push(node);
            nodes.iter_mut().for_each(draw_nothing);
        }
        join_all(nodes.iter().map(House::settle)).await;
        let now = nodes[0].clock.now();
        // The worker sleeps until something is due, or until it is woken.
        let store = &nodes[0].stations.shared.store;
        let due = store.read(move |c| deliveries::next_due(c, now)).await.unwrap().expect("more waits");
        let woken = now + TimeDelta::milliseconds(dice.between(1, 20_000));
        nodes[0].advance(due.min(woken) - now);
    }
    for chat in &nodes[0].chats {
        let platform = chat.platform();
        let asked: Vec<_> = chat.asked().into_iter().filter(|at| *at >= began).collect();
        for window in asked.windows(LIMIT + 1) {
            let span = window[LIMIT] - window[0];
            assert!(span >= TimeDelta::minutes(1), "{platform:?}: {} in {span}", LIMIT + 1);
        }
        let allowed = LIMIT * QUARTER.num_minutes() as usize;
        assert!(asked.len() * 100 >= allowed * 95, "{platform:?}: {} of {allowed} were used", asked.len());
    }
    nodes
}

/// A node ends between a request and its record; returns whether there was such a request.
async fn break_down(nodes: &mut Vec<House>) -> bool {
    let node = nodes.remove(0);
    let requests = || node.chats.iter().map(|chat| chat.asked().len()).sum::<usize>();
    let before = requests();
    let a_request = async {
        while requests() == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! { () = node.settle() => {}, () = a_request => {} }
    let broke = requests() > before;
    let mut node = node.restart().await;
    draw_nothing(&mut node);
    nodes.push(node);
    broke
}

/// Lets a notice go live and gives every group [`DUE`] deliveries of it.
pub async fn publish(house: &House) {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    for chat in house.chats.clone() {
        house.group(&chat, &admin, &["131000"], &["lost_property"]).await;
    }
    let case = go_live(house, &moderator).await;
    repeat(house, &case, DUE - 1).await;
}

async fn go_live(house: &House, moderator: &Person) -> String {
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.publish_cooled(&case, &[moderator]).await;
    case.replace('-', "")
}

/// Repeats the same delivery this many times.
async fn repeat(house: &House, case: &str, times: usize) {
    let (case, now) = (case.parse().unwrap(), house.clock.now());
    let plan = move |tx: &mut seventytwo::store::Conn| {
        let notice = rows::by_case(tx, case)?.expect("a notice that is live");
        let first = broadcasts::of_notice(tx, notice.id.0)?.remove(0);
        for _ in 0..times {
            let id = Id(new_id(now));
            let again = Broadcast { id, cursor: None, expanded: false, planned: 0, ..first.clone() };
            broadcasts::insert(tx, &again)?;
        }
        Ok::<_, StoreError>(())
    };
    house.stations.shared.store.write(plan).await.unwrap();
}

/// A chat alone would take a message per second; the account's limit is lower.
async fn an_account_is_used_to_its_limit_and_never_beyond(house: House) -> House {
    let mut house = house.and_chats(&[Platform::Slack, Platform::Matrix]).await;
    draw_nothing(&mut house);
    publish(&house).await;
    let began = house.clock.now();
    while house.clock.now() < began + TimeDelta::minutes(3) {
        house.settle().await;
        let now = house.clock.now();
        let store = &house.stations.shared.store;
        let due = store.read(move |c| deliveries::next_due(c, now)).await.unwrap().expect("more waits");
        house.advance(due - now);
    }
    let asked: Vec<_> = house.chats[0].asked().into_iter().filter(|at| *at >= began).collect();
    for window in asked.windows(51) {
        assert!(window[50] - window[0] >= TimeDelta::minutes(1), "51 in {}", window[50] - window[0]);
    }
    // Whoever comes in its turn just before the token opens leaves a gap, which the next ones close.
    assert!(asked.len() >= 120, "{} of 150 were used", asked.len());
    // Matrix's stand-in enforces its account's limit itself. The code that proved control was the first
    // message.
    let refused = "SELECT COUNT(*) AS n FROM attempts WHERE outcome = 'slow'";
    assert!(count(&house.db, refused).await <= 1, "asked although the budget was used up");
    let shown = house.chats[1].shown().iter().filter(|shown| shown.at >= began).count();
    assert!(shown >= 30, "{shown} of 36 were used");
    house.overhear().await;
    house
}

/// Requests that wait for the account's pause to end do not come all at once, to be refused all at once.
async fn an_account_that_was_limited_is_tried_by_one_alone(house: House) -> House {
    let mut house = house.and_chats(&[Platform::Discord]).await;
    draw_nothing(&mut house);
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let chat = house.chats[0].clone();
    for thread in ["1", "2", "3"] {
        thread_of(&house, &chat, &admin, thread).await;
    }
    go_live(&house, &moderator).await;
    for _ in 0..3 {
        chat.script(429, &[], r#"{"message":"You are being rate limited.","retry_after":2.0,"global":true}"#);
    }
    let mut before = chat.asked().len();
    let mut asked = || {
        let all = chat.asked().len();
        all - std::mem::replace(&mut before, all)
    };
    house.settle().await;
    assert_eq!(asked(), 3);
    house.pass(TimeDelta::seconds(3)).await;
    assert_eq!(asked(), 1, "one tries");
    house.pass(TRIAL).await;
    assert_eq!(asked(), 2, "and the others follow");
    house.overhear().await;
    house
}

/// The requests of two groups that wait for one picture would leave together, however many there are by then.
/// Each gets a new turn, so the token's budget counts the time when they leave.
async fn what_waited_for_its_picture_uses_its_token_when_it_leaves(house: House) -> House {
    const DRAWING: TimeDelta = TimeDelta::seconds(5);
    let mut house = house.and_chats(&[Platform::Telegram]).await;
    let clock = house.clock.clone();
    draw(&mut house, move || clock.advance(DRAWING));
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let chat = house.chats[0].clone();
    house.group(&chat, &admin, &["131000"], &["lost_property"]).await;
    let before = chat.asked().len();
    go_live(&house, &moderator).await;
    let live = house.clock.now();
    house.settle().await;
    assert_eq!(house.clock.now(), live + DRAWING, "the picture was waited for");
    assert!(chat.asked().len() > before, "and then it was sent");
    let used: Vec<u8> = latest_use(&house).await;
    assert_eq!(used.len() / 8, chat.asked().len(), "what did not leave has used nothing");
    let used = i64::from_be_bytes(used[used.len() - 8..].try_into().unwrap());
    assert_eq!(used, (live + DRAWING).timestamp_micros());
    house.overhear().await;
    house
}

/// A request may arrive as late as it is answered, so it counts from then on.
async fn what_took_long_to_leave_uses_its_token_until_its_end(house: House) -> House {
    let mut house = house.and_chats(&[Platform::Telegram]).await;
    draw_nothing(&mut house);
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let chat = house.chats[0].clone();
    house.group(&chat, &admin, &["131000"], &["lost_property"]).await;
    go_live(&house, &moderator).await;
    let leased = house.clock.now();
    chat.take_time(&house.clock, 900);
    house.settle().await;
    let ended = house.clock.now();
    assert!(ended > leased, "the answer took its time");
    let used: Vec<u8> = latest_use(&house).await;
    assert_eq!(used.len() / 8, chat.asked().len(), "each request once");
    let used = i64::from_be_bytes(used[used.len() - 8..].try_into().unwrap());
    assert_eq!(used, ended.timestamp_micros());
    house.overhear().await;
    house
}

/// The times at which the shared token was last used, as stored.
async fn latest_use(house: &House) -> Vec<u8> {
    let recent = |conn: &mut seventytwo::store::Conn| {
        let all = schema::bots::table.select(schema::bots::recent);
        Ok::<_, StoreError>(match conn {
            seventytwo::store::Conn::Pg(c) => all.get_result(&mut **c)?,
            seventytwo::store::Conn::Sqlite(c) => all.get_result(&mut **c)?,
        })
    };
    house.stations.shared.store.read(recent).await.unwrap()
}

/// Connects a thread of the chat's webhook, and proves control of it.
async fn thread_of(house: &House, chat: &Fake, admin: &Person, thread: &str) {
    let mut credentials = chat.credentials();
    credentials.insert("thread_id".to_owned(), thread.into());
    let body = json!({
        "platform": chat.platform().as_str(), "name": thread, "credentials": credentials,
        "regions": ["131000"], "kinds": ["lost_property"],
    });
    let made = house.post("/groups", Some(&admin.token), &body).await.expect(201);
    let code = json!({"code": chat.read_code()});
    let path = format!("/groups/{}/verify", made["id"].as_str().unwrap());
    house.post(&path, Some(&admin.token), &code).await.expect(200);
}

/// Draws no posters, for tests about something else.
pub fn draw_nothing(house: &mut House) {
    draw(house, || ());
}

/// Draws posters without content; `meanwhile` runs while one is drawn.
pub fn draw(house: &mut House, meanwhile: impl Fn() + Send + Sync + 'static) {
    let draw = move |_, _, _| -> BoxFuture<'static, _> {
        meanwhile();
        Box::pin(async { Ok(Some(Bytes::from_static(b"\xff\xd8\xff"))) })
    };
    draw_by(house, Arc::new(draw));
}

/// Draws posters with this function.
pub fn draw_by(house: &mut House, draw: DrawPoster) {
    let shared = &house.stations.shared;
    let script = Script::new(shared.store.clone(), shared.vault.clone(), shared.base_url.clone(), draw);
    house.stations.worker.script = Arc::new(script);
}

/// Feishu refuses requests of everybody around the full and half hours. Whatever must wait anyway, for a
/// budget or after a refusal, avoids these times; new messages do not wait for them.
async fn what_waits_keeps_off_the_round_hours(house: House) -> House {
    let mut house = house.and_chats(&[Platform::Feishu]).await;
    draw_nothing(&mut house);
    house.advance(TimeDelta::minutes(51) + TimeDelta::seconds(29));
    publish(&house).await;
    let (chat, began) = (house.chats[0].clone(), house.clock.now());
    assert_eq!((began.minute(), began.second()), (58, 59));
    chat.script(200, &[], r#"{"code":11232,"msg":"frequency limited psm[lark.oapi.app_platform_runtime]"}"#);
    chat.script(502, &[], "bad gateway");
    while house.clock.now() < began + TimeDelta::minutes(6) {
        house.settle().await;
        let now = house.clock.now();
        let store = &house.stations.shared.store;
        let due = store.read(move |c| deliveries::next_due(c, now)).await.unwrap();
        house.advance(due.map_or(TimeDelta::seconds(20), |due| due - now));
    }
    let asked: Vec<DateTime<Utc>> = chat.asked().into_iter().filter(|at| *at >= began).collect();
    let round = |at: &&DateTime<Utc>| (1790..1800).contains(&past(at)) || (0..60).contains(&past(at));
    assert_eq!(asked.iter().find(round), None, "asked at a round hour");
    assert!(asked.len() >= DUE, "{} of {DUE} were said", asked.len());
    house.overhear().await;
    house
}

/// Seconds since the last half hour.
fn past(at: &DateTime<Utc>) -> u32 {
    (at.minute() * 60 + at.second()) % 1800
}
