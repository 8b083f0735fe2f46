//! A pause with an end set by the group's admin: it ends by itself, whatever became of the process that
//! started it.

use chrono::{DateTime, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use tokio::join;

use crate::chaos::count;
use crate::groups::Team;
use crate::hostile::{ask, request};
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_pause_ends_by_itself),
    housed!(what_a_pause_held_back_keeps_off_the_round_hour_at_which_it_ends),
    housed!(a_pause_without_an_end_lasts_until_it_is_ended),
    housed!(an_end_that_cannot_be_is_refused),
    housed!(a_pause_is_chosen_on_the_page),
    housed!(what_waited_is_said_most_urgent_first),
    housed!(what_waited_and_is_not_wanted_any_more_is_not_said),
];

async fn pause(house: &House, team: &Team, body: &Value) -> Value {
    house.post(&team.path("/pause"), Some(&team.admin.token), body).await.expect(200)
}

async fn a_pause_ends_by_itself(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let until = house.clock.now() + TimeDelta::hours(8);
    let told = pause(&house, &team, &json!({"until": until})).await;
    assert_eq!(told["state"], "paused");
    let read = |told: &Value| told.as_str().map(|at| at.parse::<DateTime<chrono::Utc>>().unwrap());
    assert_eq!(read(&told["paused_until"]), Some(until));
    assert_eq!(read(&team.shown(&house).await["paused_until"]), Some(until));
    let (case, _) = team.publish_bag(&house).await;
    let (_, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138002").await;
    house.close(&manage, "returned").await;
    house.pass(until - house.clock.now() - TimeDelta::seconds(1)).await;
    assert_eq!(team.chat.read(), None, "it hears nothing");
    assert_eq!(team.shown(&house).await["state"], "paused");

    // Another process, and two at once that see that the time has come.
    let house = house.restart().await;
    house.advance(TimeDelta::seconds(1));
    let (one, other) = join!(house.stations.end_pauses(), house.stations.end_pauses());
    one.and(other).unwrap();
    house.settle().await;
    team.hears(&case);
    let shown = team.shown(&house).await;
    assert_eq!((&shown["state"], &shown["paused_until"]), (&json!("active"), &Value::Null));

    // A pause that has ended does not end a later one.
    pause(&house, &team, &Value::Null).await;
    house.pass(TimeDelta::days(1)).await;
    assert_eq!(team.shown(&house).await["state"], "paused");
    house
}

async fn what_a_pause_held_back_keeps_off_the_round_hour_at_which_it_ends(house: House) -> House {
    let house = house.and_chats(&[Platform::Feishu]).await;
    let team = Team::of(&house).await;
    let until = "2026-11-23T03:00:00Z".parse::<DateTime<chrono::Utc>>().unwrap();
    pause(&house, &team, &json!({"until": until})).await;
    let (case, _) = team.publish_bag(&house).await;
    house.advance(until - house.clock.now());
    house.stations.end_pauses().await.unwrap();
    house.settle().await;
    assert_eq!(team.shown(&house).await["state"], "active");
    assert_eq!(team.chat.read(), None, "Feishu refuses everybody at that minute");
    house.pass(TimeDelta::minutes(2)).await;
    team.hears(&case);
    house
}

async fn a_pause_without_an_end_lasts_until_it_is_ended(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let soon = json!({"until": house.clock.now() + TimeDelta::hours(1)});
    for unbounded in [json!({}), json!({"until": null}), Value::Null] {
        pause(&house, &team, &soon).await;
        assert_eq!(pause(&house, &team, &unbounded).await["paused_until"], Value::Null, "{unbounded}");
    }
    // As sent by programs written before pauses had an end: without a body.
    pause(&house, &team, &soon).await;
    let bare = house.call(Method::POST, &team.path("/pause"), Some(&team.admin.token), None).await;
    assert_eq!(bare.expect(200)["paused_until"], Value::Null);
    house.pass(TimeDelta::days(31)).await;
    assert_eq!(team.shown(&house).await["state"], "paused");
    // An admin who resumes the group need not wait for the end.
    pause(&house, &team, &json!({"until": house.clock.now() + TimeDelta::hours(1)})).await;
    let told = house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    assert_eq!((&told["state"], &told["paused_until"]), (&json!("active"), &Value::Null));
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM groups WHERE paused_until IS NOT NULL").await, 0);
    house
}

async fn an_end_that_cannot_be_is_refused(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let now = house.clock.now();
    let longest = TimeDelta::days(30);
    for until in [
        json!(now),
        json!(now - TimeDelta::hours(1)),
        json!(now + longest + TimeDelta::seconds(1)),
        json!("明天"),
        json!(8),
        json!(""),
    ] {
        let body = json!({"until": until});
        let told = house.post(&team.path("/pause"), Some(&team.admin.token), &body).await.expect(422);
        assert_eq!(told["code"], "invalid_fields", "{until}");
        assert!(told["fields"]["until"].is_string(), "{told}");
    }
    let told = house.post(&team.path("/pause"), Some(&team.admin.token), &json!({"for": "8h"})).await;
    assert!(told.expect(422)["fields"]["for"].is_string(), "an unknown field is refused by name");
    assert_eq!(team.shown(&house).await["state"], "active", "nothing was changed");
    pause(&house, &team, &json!({"until": now + longest})).await;
    house
}

async fn a_pause_is_chosen_on_the_page(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let cookie = house.cookie(&team.admin).await;
    let page = async || house.page_as(&team.path(""), &cookie).await.text;
    let shown = page().await;
    let csrf = shown.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    // It is a Monday, 10:07 in Beijing.
    for (choice, until) in
        [("hour", Some("2026-11-23 11:07")), ("morning", Some("2026-11-24 08:00")), ("resumed", None)]
    {
        assert!(shown.contains(&format!("<option value=\"{choice}\"")), "{choice}: {shown}");
        let step = async |step: &str| {
            let form = [("csrf", csrf.as_str()), ("until", choice)];
            let sent = request(&house, Method::POST, &team.path(step)).header("cookie", &cookie).form(&form);
            assert_eq!(ask(sent).await.status, 303, "{choice}");
        };
        step("/pause").await;
        let paused = page().await;
        match until {
            Some(until) => assert!(paused.contains(&format!("{until} 自动恢复")), "{choice}: {paused}"),
            None => assert!(!paused.contains("自动恢复"), "{choice}: {paused}"),
        }
        step("/resume").await;
        assert!(!page().await.contains("自动恢复"), "{choice}");
    }
    house
}

/// Decided in the opposite order, so that the order of decisions does not explain the order of messages.
async fn what_waited_is_said_most_urgent_first(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let team = Team::of(&house).await;
    let now = house.clock.now();
    let (rumour, _) = team.publish(&house, notices::lost_property(now), "13800138001").await;
    let (over, manage) = team.publish(&house, notices::lost_property(now), "13800138002").await;
    team.chat.read_all();
    pause(&house, &team, &Value::Null).await;
    let (usual, _) = team.publish(&house, notices::lost_property(now), "13800138003").await;
    let (urgent, _) = team.publish(&house, notices::rescue(now), "13800138004").await;
    let returned = json!({"outcome": "returned", "announce": true});
    house.post("/my/notice/close", Some(&manage), &returned).await.expect(200);
    house.settle().await;
    let token = Some(&*team.moderator.token);
    let sheet = house.get(&format!("/review/{rumour}"), token).await.expect(200);
    let false_ = json!({"version": sheet["version"], "reason": "false"});
    house.post(&format!("/review/{rumour}/remove"), token, &false_).await.expect(200);
    house.settle().await;
    assert_eq!(team.chat.read(), None, "it is paused");

    house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    let (expected, mut heard) = ([rumour, over, urgent, usual], Vec::new());
    for _ in 0..30 {
        house.settle().await;
        while let Some(message) = team.chat.read() {
            // A picture has no words.
            heard.extend(expected.iter().find(|case| message.to_string().contains(*case)).cloned());
        }
        house.advance(TimeDelta::seconds(10));
    }
    assert_eq!(heard, expected);
    house
}

/// A change of kinds or regions counts at once, but nobody is left with what was true before.
async fn what_waited_and_is_not_wanted_any_more_is_not_said(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let now = house.clock.now();
    let (heard, manage) = team.publish(&house, notices::lost_property(now), "13800138001").await;
    team.hears(&heard);
    pause(&house, &team, &Value::Null).await;
    team.publish(&house, notices::lost_property(now), "13800138002").await;
    let (wanted, _) = team.publish(&house, notices::rescue(now), "13800138003").await;
    house.close(&manage, "returned").await;
    house.settle().await;

    let cancelled = "SELECT COUNT(*) AS n FROM deliveries WHERE state = 'cancelled'";
    team.change(&house, json!({"name": "群", "regions": ["131000"]})).await;
    assert_eq!(count(&house.db, cancelled).await, 0, "its city is asked for, too");
    team.change(&house, json!({"kinds": ["rescue"]})).await;
    assert_eq!(count(&house.db, cancelled).await, 1, "the property of which it has not heard");
    house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    house.settle().await;
    let said = [(); 2].map(|()| team.chat.read().expect("a message").to_string());
    assert!(said[0].contains(&heard) && said[1].contains(&wanted), "{said:?}");
    assert_eq!(team.chat.read(), None);

    pause(&house, &team, &Value::Null).await;
    team.publish(&house, notices::rescue(now), "13800138004").await;
    team.change(&house, json!({"regions": ["110101"]})).await;
    assert_eq!(count(&house.db, cancelled).await, 2);
    house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    house.settle().await;
    assert_eq!(team.chat.read(), None);
    house
}
