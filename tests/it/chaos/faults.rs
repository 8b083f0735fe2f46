//! Faults of one chat, or of very many at once, cost the others nothing.

use std::sync::Arc;

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use reqwest::Method;
use seventytwo::broadcast::script::Script;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::deliveries;
use tokio::sync::Notify;

use super::crowd::{Crowd, Mood};
use super::{count, pace};
use crate::house::{House, Person};
use crate::metrics::run;
use crate::postgres::vacant_port;
use crate::process::connect;
use crate::{Test, housed, notices};

pub const TESTS: &[Test] = &[
    housed!(an_answer_that_cannot_be_kept_costs_the_others_nothing),
    housed!(dead_groups_keep_living_ones_waiting_for_nothing),
    housed!(after_an_outage_nobody_is_overrun),
    housed!(forgetting_old_attempts_disturbs_no_fan_out),
    housed!(a_group_deleted_while_it_is_written_to_costs_nobody_else),
    housed!(a_group_paused_while_it_is_written_to_costs_nobody_else),
    housed!(a_busy_platform_is_asked_three_times_more_and_then_left_alone_for_an_hour),
    housed!(one_robot_that_fails_keeps_nobody_from_its_host),
    housed!(a_send_that_panics_costs_the_others_nothing),
];

/// Lets a notice go live and does all work due at that moment.
async fn publish(house: &House, moderator: &Person) -> String {
    go_live(house, moderator).await.0
}

/// The same; also returns the manage token.
pub async fn go_live(house: &House, moderator: &Person) -> (String, String) {
    house.live(&notices::lost_property(house.clock.now()), &[moderator]).await
}

/// A house that reaches these crowds, with a moderator.
pub async fn house_of(house: House, crowds: &[(Platform, &str)]) -> (House, Person) {
    let gateways = crowds.iter().map(|(platform, url)| (*platform, (*url).to_owned())).collect();
    let house = house.and_gateways(gateways).await;
    house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    (house, moderator)
}

fn named<'a>(
    of: (Platform, &'a str),
    name: &'static str,
    count: usize,
) -> impl Iterator<Item = (Platform, &'a str, String)> {
    (0..count).map(move |number| (of.0, of.1, format!("{name}{number}")))
}

/// PostgreSQL stores no text with a NUL, and results are written in batches.
async fn an_answer_that_cannot_be_kept_costs_the_others_nothing(house: House) -> House {
    let house = house.and_chats(&[Platform::Matrix, Platform::Slack, Platform::Webhook]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    for chat in &house.chats {
        house.group(chat, &admin, &["131000"], &["lost_property"]).await;
    }
    let long = "x".repeat(10_000);
    house.chats[0].script(
        403,
        &[],
        &format!(r#"{{"errcode":"M_\u0000{long}","error":"\u0000\ud83d\ude00"}}"#),
    );
    house.chats[1].script(200, &[], &format!(r#"{{"ok":false,"error":"\u0000{long}"}}"#));
    let case = publish(&house, &moderator).await;
    let asked: Vec<usize> = house.chats.iter().map(|chat| chat.asked().len()).collect();
    // Had the results been lost, everything would be sent again when the leases end.
    house.pass(TimeDelta::seconds(26)).await;
    let well = &house.chats[2];
    assert_eq!(well.asked().len(), asked[2], "said again to a chat that took it");
    assert_eq!(well.shown().iter().filter(|shown| shown.text.contains(&case)).count(), 1);
    let recorded = "SELECT COUNT(*) AS n FROM deliveries WHERE last_outcome IS NOT NULL";
    assert_eq!(count(&house.db, recorded).await, 3);
    house.overhear().await;
    house
}

/// One account has very many groups at a host that is unavailable, and as many whose robots no longer exist.
async fn dead_groups_keep_living_ones_waiting_for_nothing(house: House) -> House {
    let (gone, well) = (Crowd::start(Mood::Gone).await, Crowd::start(Mood::Well(0)).await);
    let (_nobody, port) = vacant_port();
    let away = format!("http://127.0.0.1:{port}");
    let crowds =
        [(Platform::Wecom, away.as_str()), (Platform::Wecom, &gone.url), (Platform::Dingtalk, &well.url)];
    let (house, moderator) = house_of(house, &crowds).await;
    // The groups that work come last in every order.
    for (of, name, many) in [(crowds[0], "away", 200), (crowds[1], "gone", 200), (crowds[2], "well", 10)] {
        connect(&house.db, "王群主", named(of, name, many)).await;
    }
    publish(&house, &moderator).await;
    let told = well.told();
    assert!(told.len() == 10 && told.values().all(|times| *times == 1), "{told:?}");
    assert_eq!(gone.requests(), 200, "a robot that is gone is asked once");
    let disabled = count(&house.db, "SELECT COUNT(*) AS n FROM groups WHERE state = 'disabled'").await;
    assert_eq!(disabled, 200);
    let tried = count(&house.db, "SELECT COUNT(*) AS n FROM attempts WHERE code = 'connect'").await;
    assert!((8..=100).contains(&tried), "{tried} attempts at a host that is away");
    house
}

/// An hour of errors for very many groups: few requests in that hour, and afterwards no more at once than a
/// host ever gets.
async fn after_an_outage_nobody_is_overrun(house: House) -> House {
    const GROUPS: usize = 400;
    let crowd = Crowd::start(Mood::Unwell(503)).await;
    let of = (Platform::Dingtalk, crowd.url.as_str());
    let (house, moderator) = house_of(house, &[of]).await;
    connect(&house.db, "王群主", named(of, "g", GROUPS)).await;
    publish(&house, &moderator).await;
    let began = house.clock.now();
    let first = crowd.requests();
    assert!(first <= 100, "{first} requests to a host that answers none");
    until(&house, began + TimeDelta::hours(1), || false).await;
    let asked = crowd.requests() - first;
    assert!(asked <= 60, "{asked} requests in an hour to a host that is away");
    crowd.turn(Mood::Well(0));
    let (mut before, mut most) = (crowd.requests(), 0);
    let back = house.clock.now();
    until(&house, back + TimeDelta::minutes(30), || {
        let now = crowd.requests();
        most = most.max(now - before);
        before = now;
        crowd.told().len() == GROUPS
    })
    .await;
    let told = crowd.told();
    assert!(told.values().all(|times| *times == 1), "{told:?}");
    assert_eq!(told.len(), GROUPS, "after {}", house.clock.now() - back);
    assert!(most <= GROUPS / 4, "{most} of {GROUPS} at one moment");
    house
}

/// Works nearly as often as the worker would, until that time or until it is `done`.
async fn until(house: &House, end: chrono::DateTime<chrono::Utc>, mut done: impl FnMut() -> bool) {
    while house.clock.now() < end && !done() {
        let now = house.clock.now();
        let store = &house.stations.shared.store;
        let due = store.read(move |c| deliveries::next_due(c, now)).await.unwrap().expect("something waits");
        house.advance(due.clamp(now + TimeDelta::seconds(2), now + TimeDelta::seconds(20)) - now);
        house.stations.worker.drain().await.unwrap();
    }
}

async fn forgetting_old_attempts_disturbs_no_fan_out(house: House) -> House {
    const GROUPS: usize = 300;
    let crowd = Crowd::start(Mood::Well(5)).await;
    let of = (Platform::Dingtalk, crowd.url.as_str());
    let (house, moderator) = house_of(house, &[of]).await;
    connect(&house.db, "王群主", named(of, "g", GROUPS)).await;
    publish(&house, &moderator).await;
    assert_eq!(crowd.forget().len(), GROUPS);
    fail_once_more(&house).await;
    house.pass(TimeDelta::days(31)).await;
    crowd.forget();
    fail_once_more(&house).await;
    // The attempts of the alert are old by now, those of the closing are not.
    let all = count(&house.db, "SELECT COUNT(*) AS n FROM attempts").await;
    assert_eq!(all, 3 * GROUPS as i64);
    let forget = async {
        while crowd.requests() == 0 {
            tokio::task::yield_now().await;
        }
        house.stations.forget_attempts().await.unwrap();
    };
    tokio::join!(publish(&house, &moderator), forget);
    let told = crowd.told();
    assert!(told.len() == GROUPS && told.values().all(|times| *times == 1), "{told:?}");
    let left = count(&house.db, "SELECT COUNT(*) AS n FROM attempts").await;
    assert_eq!(left, GROUPS as i64, "the old ones and no others");
    house
}

/// Records a failed attempt for every delivery, as old as its broadcast.
async fn fail_once_more(house: &House) {
    let attempts = "INSERT INTO attempts (delivery_id, group_id, at, part, outcome, took_ms) \
         SELECT d.id, d.group_id, b.created_at, 0, 'retry', 5 \
         FROM deliveries d JOIN broadcasts b ON b.id = d.broadcast_id ORDER BY d.id";
    run(house, attempts).await;
}

async fn a_group_deleted_while_it_is_written_to_costs_nobody_else(house: House) -> House {
    leaves(house, |group| (Method::DELETE, group.to_owned())).await
}

async fn a_group_paused_while_it_is_written_to_costs_nobody_else(house: House) -> House {
    leaves(house, |group| (Method::POST, format!("{group}/pause"))).await
}

/// The admin takes this step between the lease and the next request: while the poster of the second message
/// is being drawn.
async fn leaves(house: House, step: fn(&str) -> (Method, String)) -> House {
    let mut house = house.and_chats(&[Platform::Wecom, Platform::Dingtalk]).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let mut groups = Vec::new();
    for chat in &house.chats {
        groups.push(house.group(chat, &admin, &["131000"], &["lost_property"]).await);
    }
    let (drawing, drawn) = hold_posters(&mut house);
    let leave = async {
        drawing.notified().await;
        let (method, path) = step(&format!("/groups/{}", groups[0]));
        let done = house.call(method, &path, Some(&admin.token), None).await;
        assert!(done.status.is_success(), "{}", done.text);
        drawn.notify_one();
    };
    let (case, ()) = tokio::join!(publish(&house, &moderator), leave);
    let heard = |chat: usize| house.chats[chat].shown().iter().filter(|s| s.text.contains(&case)).count();
    assert_eq!((heard(0), heard(1)), (1, 1), "the words came before");
    // The request under way may arrive; the next one is not made.
    let asked = house.chats[0].asked().len();
    house.pass(TimeDelta::minutes(20)).await;
    assert_eq!(house.chats[0].asked().len(), asked);
    let open = "SELECT COUNT(*) AS n FROM deliveries d JOIN groups g ON g.id = d.group_id \
                WHERE d.state = 'open' AND g.state = 'active'";
    assert_eq!(count(&house.db, open).await, 0);
    assert_eq!((heard(0), heard(1)), (1, 1), "nothing is said again");
    house.overhear().await;
    house
}

/// Holds the drawing of posters. Returns a signal that a poster is wanted, and one that lets it be drawn.
fn hold_posters(house: &mut House) -> (Arc<Notify>, Arc<Notify>) {
    let shared = &house.stations.shared;
    let (drawing, drawn) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (wanted, told) = (drawing.clone(), drawn.clone());
    let draw = Arc::new(move |_, _, _| -> BoxFuture<'static, _> {
        let (wanted, told) = (wanted.clone(), told.clone());
        Box::pin(async move {
            wanted.notify_one();
            told.notified().await;
            Ok(Some(Bytes::from_static(b"\xff\xd8\xff")))
        })
    });
    let script = Script::new(shared.store.clone(), shared.vault.clone(), shared.base_url.clone(), draw);
    house.stations.worker.script = Arc::new(script);
    (drawing, drawn)
}

/// WeCom asks that a request which finds it busy is not repeated more often than this.
async fn a_busy_platform_is_asked_three_times_more_and_then_left_alone_for_an_hour(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    house.chat_for("lost_property", "131000").await;
    let chat = &house.chats[0];
    for _ in 0..5 {
        chat.script(200, &[], r#"{"errcode":-1,"errmsg":"system busy"}"#);
    }
    let before = chat.asked().len();
    let case = publish(&house, &moderator).await;
    for asked in 1..=4 {
        assert_eq!(chat.asked().len() - before, asked);
        house.pass(TimeDelta::minutes(4)).await;
        assert_eq!(chat.asked().len() - before, asked, "within five minutes");
        house.pass(TimeDelta::minutes(2)).await;
    }
    house.pass(TimeDelta::minutes(50)).await;
    assert_eq!(chat.asked().len() - before, 4);
    // Then it is busy once more, and after that it takes the message.
    for asked in [5, 7] {
        house.pass(TimeDelta::minutes(20)).await;
        assert_eq!(chat.asked().len() - before, asked);
    }
    assert!(chat.read().expect("the words").to_string().contains(&case));
    chat.read().expect("the picture");
    house
}

/// On a quiet day these failures are all that the host sees of us.
async fn one_robot_that_fails_keeps_nobody_from_its_host(house: House) -> House {
    let crowd = Crowd::start(Mood::Unwell(503)).await;
    let of = (Platform::Wecom, crowd.url.as_str());
    let (house, moderator) = house_of(house, &[of]).await;
    connect(&house.db, "王群主", named(of, "ill", 1)).await;
    publish(&house, &moderator).await;
    until(&house, house.clock.now() + TimeDelta::hours(1), || crowd.requests() == 12).await;
    crowd.turn(Mood::Well(0));
    connect(&house.db, "王群主", named(of, "well", 1)).await;
    publish(&house, &moderator).await;
    assert!(crowd.told().contains_key("well0"), "{:?}", crowd.told());
    house
}

async fn a_send_that_panics_costs_the_others_nothing(house: House) -> House {
    let mut house = house.and_chats(&[Platform::Telegram, Platform::Dingtalk, Platform::Feishu]).await;
    pace::draw(&mut house, || panic!("on purpose"));
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    for chat in &house.chats {
        house.group(chat, &admin, &["131000"], &["lost_property"]).await;
    }
    publish(&house, &moderator).await;
    let delivered = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'delivered'";
    assert_eq!(count(&house.db, delivered).await, 2);
    let ours = "SELECT COUNT(*) AS n FROM attempts WHERE code = 'internal'";
    assert_eq!(count(&house.db, ours).await, 1, "the one that panicked is on record");
    let hosts = format!("{:?}", house.stations.worker.hosts.lock());
    assert_eq!(hosts.matches("under_way: [").count(), hosts.matches("under_way: []").count(), "{hosts}");
    house.overhear().await;
    house
}
