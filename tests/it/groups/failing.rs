//! A group that fails: what is said again and what is not, what stops it, and what brings it back.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use seventytwo::broadcast::send::{Limits, Sender};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use super::{Team, close, fail_until};
use crate::chaos::count;
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_day_of_failures_stops_a_group_and_a_new_code_brings_it_back),
    housed!(a_day_without_a_way_out_does_not_stop_a_group),
    housed!(failures_of_long_ago_do_not_stop_a_group),
    housed!(a_group_that_refuses_whatever_it_is_told_stops_after_a_day),
    housed!(a_platform_that_names_a_time_is_not_asked_before_it),
    housed!(a_notice_that_found_its_robot_gone_is_said_when_a_new_one_is_proved),
    housed!(a_notice_that_perhaps_arrived_is_not_said_again_by_itself),
    housed!(a_message_perhaps_taken_back_is_taken_back_when_a_new_code_is_proved),
    housed!(a_delivery_that_was_given_up_goes_again_once),
    housed!(the_admin_reads_what_did_not_arrive_and_what_to_do),
    housed!(what_was_given_up_and_is_not_wanted_any_more_does_not_go_again),
    housed!(what_was_given_up_for_a_fault_goes_again_once_a_test_arrives),
];

async fn a_day_of_failures_stops_a_group_and_a_new_code_brings_it_back(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(403, &[], "not now");
    let (case, _) = team.publish_bag(&house).await;
    fail_until(&house, &team, 403, |delivery| delivery["state"] == "given_up").await;
    let shown = team.shown(&house).await;
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("disabled"), &json!("failing")));
    // Nothing goes out before control is proved, however often the admin asks.
    let delivery = team.newest(&house).await;
    assert_eq!(delivery["redeliverable"], false, "{delivery}");
    let again = team.path(&format!("/deliveries/{}/redeliver", delivery["id"].as_str().unwrap()));
    let refused = house.post(&again, Some(&team.admin.token), &json!({})).await;
    assert_eq!(refused.problem(409), "not_possible");

    team.prove(&house).await;
    let shown = team.shown(&house).await;
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("active"), &Value::Null));
    // What was given up is sent again by itself, and one more failure is the first of a new count.
    team.chat.script(403, &[], "not now");
    house.settle().await;
    assert_eq!(team.shown(&house).await["state"], "active");
    assert_eq!(team.newest(&house).await["state"], "open");
    house.pass(TimeDelta::hours(1)).await;
    team.hears(&case);
    house
}

/// Nobody could be reached from here for a day; then the group fails once more.
async fn a_day_without_a_way_out_does_not_stop_a_group(house: House) -> House {
    let mut house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let way_out = Arc::clone(&house.stations.worker.sender);
    let none = Limits { opening: 0, exchange: Duration::ZERO, ..Limits::default() };
    house.stations.worker.sender = Arc::new(Sender::new(way_out.guard().clone(), none));
    let (case, _) = team.publish_bag(&house).await;
    for _ in 0..25 {
        house.pass(TimeDelta::hours(1)).await;
    }
    house.stations.worker.sender = way_out;
    team.chat.script(503, &[], "not now");
    house.pass(TimeDelta::hours(1)).await;
    assert_eq!(team.shown(&house).await["state"], "active");
    assert_eq!(team.newest(&house).await["last_code"], "http_503");
    house.pass(TimeDelta::hours(1)).await;
    team.hears(&case);
    house
}

async fn failures_of_long_ago_do_not_stop_a_group(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(403, &[], "not now");
    let bag = notices::lost_property(house.clock.now());
    let (_, manage) = team.publish(&house, bag, "13800138001").await;
    // Retried as often as needed, but not for a day.
    fail_until(&house, &team, 403, |delivery| delivery["attempts"] == 5).await;
    close(&house, &manage).await;
    house.advance(TimeDelta::days(2));
    team.chat.script(403, &[], "not now");
    let bag = notices::lost_property(house.clock.now());
    let (case, _) = team.publish(&house, bag, "13800138002").await;
    assert_eq!(team.newest(&house).await["attempts"], 1);
    assert_eq!(team.shown(&house).await["state"], "active");
    house.pass(TimeDelta::hours(1)).await;
    team.hears(&case);
    house
}

/// Each of five messages is refused, as by a server that allows less than it says.
async fn a_group_that_refuses_whatever_it_is_told_stops_after_a_day(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let team = Team::of(&house).await;
    for notice in 0..5 {
        assert_eq!(team.shown(&house).await["state"], "active", "before message {notice}");
        team.chat.script(200, &[], r#"{"errcode":40058,"errmsg":"text.content exceed max length 20"}"#);
        let phone = format!("1380013800{notice}");
        team.publish(&house, notices::lost_property(house.clock.now()), &phone).await;
        house.advance(TimeDelta::hours(7));
    }
    let shown = team.shown(&house).await;
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("disabled"), &json!("failing")));
    house
}

async fn a_platform_that_names_a_time_is_not_asked_before_it(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    // The answers carry no date, so the wait is measured from when they arrive.
    let busy_until = |until: DateTime<Utc>| {
        let until = until.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        team.chat.script(503, &[("retry-after", &until), ("date", "")], "not now");
    };
    let (minutes, start) = (TimeDelta::minutes, house.clock.now());
    let wait_until = async |at: TimeDelta| {
        house.pass(start + at - house.clock.now()).await;
        team.chat.asked().len()
    };
    // First a test message gets this answer.
    busy_until(start + minutes(60));
    let test = house.post(&team.path("/test"), Some(&team.admin.token), &Value::Null).await;
    assert_eq!(test.problem(422), "group_unreachable");
    let asked = team.chat.asked().len();
    let (case, _) = team.publish_bag(&house).await;
    assert_eq!(wait_until(minutes(59)).await, asked);
    // Then a notice gets it.
    busy_until(start + minutes(180));
    assert_eq!(wait_until(minutes(80)).await, asked + 1);
    assert_eq!(wait_until(minutes(179)).await, asked + 1);
    assert_eq!(wait_until(minutes(220)).await, asked + 2);
    team.hears(&case);
    house
}

async fn a_notice_that_found_its_robot_gone_is_said_when_a_new_one_is_proved(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    let gone = r#"{"errcode":300001,"errmsg":"token is not exist"}"#;
    team.chat.script(200, &[], gone);
    let (case, manage) = team.publish_bag(&house).await;
    assert_eq!(team.newest(&house).await["state"], "given_up");
    let prove = async || {
        assert_eq!(team.shown(&house).await["state"], "disabled");
        house.advance(TimeDelta::minutes(2));
        team.prove(&house).await;
        house.pass(TimeDelta::seconds(10)).await;
    };
    prove().await;
    team.hears(&case);
    // The same holds for the news that it is over.
    house.advance(TimeDelta::minutes(1));
    team.chat.script(200, &[], gone);
    close(&house, &manage).await;
    house.settle().await;
    assert_eq!(team.newest(&house).await["state"], "given_up");
    prove().await;
    team.hears(&case);
    house
}

async fn a_notice_that_perhaps_arrived_is_not_said_again_by_itself(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    team.chat.script(200, &[], "?");
    team.chat.script(200, &[], r#"{"errcode":300001,"errmsg":"token is not exist"}"#);
    team.publish_bag(&house).await;
    house.pass(TimeDelta::minutes(2)).await;
    assert_eq!(team.newest(&house).await["last_outcome"], "gone");
    let page = team.page(&house, "").await;
    assert!(page.contains("不确定是否送达"), "{page}");
    house.advance(TimeDelta::minutes(2));
    team.prove(&house).await;
    house.pass(TimeDelta::minutes(2)).await;
    assert_eq!(team.chat.read(), None, "its admin decides");
    let delivery = team.newest(&house).await;
    assert_eq!((&delivery["state"], &delivery["redeliverable"]), (&json!("given_up"), &json!(true)));
    house
}

async fn a_message_perhaps_taken_back_is_taken_back_when_a_new_code_is_proved(house: House) -> House {
    let house = house.and_chats(&[Platform::Discord]).await;
    let team = Team::of(&house).await;
    let (case, manage) = team.publish_bag(&house).await;
    house.pass(TimeDelta::seconds(5)).await;
    let said: String = team.chat.read_all().iter().map(Value::to_string).collect();
    assert!(said.contains(&case), "{said}");
    let stands = || team.chat.shown()[1].text.contains("已结束");
    team.chat.script(200, &[], "?");
    close(&house, &manage).await;
    fail_until(&house, &team, 200, |delivery| delivery["state"] == "given_up").await;
    let given_up = team.newest(&house).await;
    assert_eq!((&given_up["last_outcome"], stands()), (&json!("unknown"), false), "{given_up}");
    assert_eq!(team.shown(&house).await["reason"], "failing");
    team.prove(&house).await;
    house.pass(TimeDelta::seconds(5)).await;
    assert_eq!((team.chat.read(), stands()), (None, true), "it is edited, and nothing else is said");
    house
}

async fn a_delivery_that_was_given_up_goes_again_once(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(413, &[], "too large");
    let (case, manage) = team.publish_bag(&house).await;
    let given_up = team.newest(&house).await;
    assert_eq!((&given_up["state"], &given_up["redeliverable"]), (&json!("given_up"), &json!(true)));
    let path = team.path(&format!("/deliveries/{}", given_up["id"].as_str().unwrap()));
    let again = format!("{path}/redeliver");
    let press = || house.post(&again, Some(&team.admin.token), &Value::Null);
    assert_eq!(press().await.expect(202), json!({"state": "open"}));
    assert_eq!(press().await.expect(202), json!({"state": "open"}));
    house.settle().await;
    team.hears(&case);
    assert_eq!(team.newest(&house).await["state"], "delivered");
    let arrived = press().await;
    assert!(!arrived.body["detail"].as_str().unwrap_or_default().is_empty(), "{}", arrived.text);
    assert_eq!(arrived.problem(409), "not_redeliverable");

    // Another admin's delivery looks like one that does not exist.
    let other = house.person("赵群主", Role::GroupAdmin).await;
    for (token, path) in [
        (&other.token, again.clone()),
        (&team.admin.token, team.path("/deliveries/999999/redeliver")),
        (&team.admin.token, team.path("/deliveries/x/redeliver")),
    ] {
        assert_eq!(house.post(&path, Some(token), &Value::Null).await.problem(404), "not_found", "{path}");
    }
    assert_eq!(house.get(&path, Some(&other.token)).await.problem(404), "not_found");

    // A closing may always be sent again; what is over may not.
    team.chat.script(413, &[], "too large");
    close(&house, &manage).await;
    let closing = team.newest(&house).await;
    assert_eq!((&closing["broadcast"], &closing["state"]), (&json!("closing"), &json!("given_up")));
    let again = team.path(&format!("/deliveries/{}/redeliver", closing["id"].as_str().unwrap()));
    house.post(&again, Some(&team.admin.token), &Value::Null).await.expect(202);
    house.settle().await;
    team.hears(&case);
    house
}

async fn the_admin_reads_what_did_not_arrive_and_what_to_do(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    let test = async || house.post(&team.path("/test"), Some(&team.admin.token), &json!({})).await;
    let refused = r#"{"errcode":310000,"errmsg":"keywords not in content"}"#;
    let missed = ["测试消息没有送达：310000（关键词不匹配：", "最近没有送达"];
    assert!(team.page(&house, "").await.contains("正常接收"));

    house.advance(TimeDelta::minutes(1));
    team.chat.script(200, &[], refused);
    assert_eq!(test().await.problem(422), "group_unreachable");
    let page = team.page(&house, "").await;
    assert!(missed.iter().all(|words| page.contains(words)) && !page.contains("正常接收"), "{page}");
    let english = team.page(&house, "?lang=en").await;
    assert!(english.contains("did not arrive: 310000 (The keyword does not match"), "{english}");
    let session = house.cookie(&team.admin).await;
    assert!(house.page_as("/groups", &session).await.text.contains("最近没有送达"));

    // Until something arrives: a notice, though nobody tested again.
    let bag = notices::lost_property(house.clock.now());
    let (case, _) = team.publish(&house, bag, "13800138001").await;
    team.hears(&case);
    let page = team.page(&house, "").await;
    assert!(page.contains("正常接收") && !page.contains("没有送达"), "{page}");
    // For good: the next failure is not told of as if the test had failed again.
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM lanes WHERE missed_at IS NOT NULL").await, 0);

    // What failed last is told: the notice, then the test; and a test that arrives ends it.
    team.chat.script(200, &[], refused);
    let bag = notices::lost_property(house.clock.now());
    let (case, _) = team.publish(&house, bag, "13800138002").await;
    let page = team.page(&house, "").await;
    assert!(page.contains("的消息没有送达：代码 310000："), "{page}");
    house.advance(TimeDelta::seconds(10));
    team.chat.script(200, &[], refused);
    assert_eq!(test().await.problem(422), "group_unreachable");
    assert!(team.page(&house, "").await.contains(missed[0]));
    house.advance(TimeDelta::seconds(10));
    test().await.expect(200);
    let page = team.page(&house, "").await;
    assert!(page.contains("正常接收") && !page.contains(missed[0]), "{page}");
    assert!(team.chat.read().expect("the test").to_string().contains("测试"));
    house.settle().await;
    team.hears(&case);
    house
}

async fn what_was_given_up_and_is_not_wanted_any_more_does_not_go_again(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(413, &[], "too large");
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    let given_up = async || {
        let delivery = team.newest(&house).await;
        assert_eq!(delivery["state"], "given_up");
        (delivery["redeliverable"] == true, team.page(&house, "").await.contains("/redeliver\""))
    };
    assert_eq!(given_up().await, (true, true));
    team.change(&house, json!({"kinds": ["rescue"]})).await;
    assert_eq!(given_up().await, (false, false), "it would be cancelled at once");
    let delivery = team.newest(&house).await;
    let again = team.path(&format!("/deliveries/{}/redeliver", delivery["id"].as_str().unwrap()));
    let refused = house.post(&again, Some(&team.admin.token), &Value::Null).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("不再接收"), "{}", refused.text);
    assert_eq!(refused.problem(409), "not_redeliverable");

    team.change(&house, json!({"kinds": ["lost_property"]})).await;
    assert_eq!(given_up().await, (true, true));
    house.post(&again, Some(&team.admin.token), &Value::Null).await.expect(202);
    house.settle().await;
    team.hears(&case);
    house
}

async fn what_was_given_up_for_a_fault_goes_again_once_a_test_arrives(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    let step = async |step: &str| {
        house.post(&team.path(step), Some(&team.admin.token), &json!({})).await.expect(200);
        house.settle().await;
    };
    step("/pause").await;
    let (case, _) = team.publish_bag(&house).await;
    // Too late for the time that an admin has to mend it.
    house.advance(TimeDelta::hours(72) - TimeDelta::minutes(6));
    team.chat.script(200, &[], r#"{"errcode":310000,"errmsg":"keywords not in content"}"#);
    step("/resume").await;
    assert_eq!(team.newest(&house).await["state"], "given_up");
    house.advance(TimeDelta::minutes(1));
    step("/test").await;
    assert!(team.chat.read().expect("the test").to_string().contains("测试"));
    house.pass(TimeDelta::minutes(1)).await;
    team.hears(&case);
    house
}
