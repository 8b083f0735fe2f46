//! When a group hears: quiet hours, the hourly cap, and a pause.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;

use super::{Team, beijing, close};
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(quiet_hours_hold_back_all_but_life_at_risk),
    housed!(a_group_that_was_not_tried_waits_for_a_reason),
    housed!(a_cap_of_two_lets_the_third_notice_within_an_hour_wait),
    housed!(a_notice_that_perhaps_arrived_counts_for_the_cap),
    housed!(a_paused_group_hears_what_went_live_when_it_goes_on),
];

async fn quiet_hours_hold_back_all_but_life_at_risk(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let quiet = json!({"from": beijing(house.clock.now(), 0), "until": beijing(house.clock.now(), 3)});
    let changed = team.change(&house, json!({"quiet": quiet})).await;
    assert_eq!(changed["quiet"], json!({"from": "10:00", "until": "13:00", "but_urgent": true}));
    assert_eq!(changed["hourly_cap"], Value::Null);

    let now = house.clock.now();
    let (bag, _) = team.publish(&house, notices::lost_property(now), "13800138001").await;
    assert_eq!(team.chat.read(), None, "it is quiet");
    let waits = team.newest(&house).await;
    assert_eq!((&waits["state"], &waits["due_at"]), (&json!("open"), &json!("2026-11-23T05:00:00Z")));
    let (lost, _) = team.publish(&house, notices::missing_person(now), "13800138002").await;
    team.hears(&lost);
    house.pass(TimeDelta::hours(3)).await;
    team.hears(&bag);
    assert_eq!(team.newest(&house).await["due_at"], Value::Null, "nothing more of it is due");

    // When the quiet hours are removed, what waited is delivered at once; an admin may also want complete
    // silence.
    let quiet = json!({"from": "13:00", "until": "23:00", "but_urgent": false});
    team.change(&house, json!({"quiet": quiet})).await;
    let (child, _) = team.publish(&house, notices::missing_person(now), "13800138003").await;
    assert_eq!(team.chat.read(), None);
    team.change(&house, json!({"quiet": null})).await;
    house.settle().await;
    team.hears(&child);
    house
}

async fn a_group_that_was_not_tried_waits_for_a_reason(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let reasons = async |case: &str| {
        let report = house.get(&format!("/broadcasts/{case}"), Some(&team.moderator.token)).await.expect(200);
        let alert = &report["items"][0];
        assert_eq!((&alert["waiting"], &alert["unreachable"]), (&json!(1), &json!(0)), "{report}");
        alert["reasons"].clone()
    };
    let because = |outcome| json!([{"of": "waiting", "outcome": outcome, "code": null, "groups": 1}]);
    let bag = || notices::lost_property(house.clock.now());

    team.change(&house, json!({"hourly_cap": 1})).await;
    let (heard, _) = team.publish(&house, bag(), "13800138001").await;
    team.hears(&heard);
    let (capped, _) = team.publish(&house, bag(), "13800138002").await;
    assert_eq!(reasons(&capped).await, because("later"));
    let quiet = json!({"from": beijing(house.clock.now(), 0), "until": beijing(house.clock.now(), 3)});
    team.change(&house, json!({"hourly_cap": null, "quiet": quiet})).await;
    house.settle().await;
    assert_eq!(reasons(&capped).await, because("quiet"));

    // A delivery waits for a paused group, and nobody knows until when.
    house.post(&team.path("/pause"), Some(&team.admin.token), &Value::Null).await.expect(200);
    house.settle().await;
    assert_eq!(reasons(&capped).await, because("paused"));
    let page = team.page(&house, "").await;
    assert!(page.contains("等待恢复接收") && !page.contains("不早于"), "{page}");

    team.change(&house, json!({"quiet": null})).await;
    house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    assert_eq!(reasons(&capped).await, because("untried"));
    house.settle().await;
    team.hears(&capped);

    // The platform asks for a pause of all requests.
    team.chat.script(429, &[("retry-after", "600")], "");
    team.publish(&house, bag(), "13800138003").await;
    let (behind, _) = team.publish(&house, bag(), "13800138004").await;
    assert_eq!(reasons(&behind).await, because("resting"));
    house.pass(TimeDelta::minutes(15)).await;
    assert!(team.chat.read().is_some() && team.chat.read().is_some(), "both are told in the end");
    house
}

async fn a_cap_of_two_lets_the_third_notice_within_an_hour_wait(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    assert_eq!(team.change(&house, json!({"hourly_cap": 2})).await["hourly_cap"], 2);
    let now = house.clock.now();
    for phone in ["13800138001", "13800138002"] {
        let (case, _) = team.publish(&house, notices::lost_property(now), phone).await;
        team.hears(&case);
    }
    let (third, _) = team.publish(&house, notices::lost_property(now), "13800138003").await;
    assert_eq!(team.chat.read(), None, "two are enough for an hour");
    house.advance(TimeDelta::minutes(30));
    let (urgent, _) = team.publish(&house, notices::missing_person(now), "13800138004").await;
    team.hears(&urgent);
    house.pass(TimeDelta::minutes(30)).await;
    team.hears(&third);
    // Nor does it count: there is room for another.
    let (other, _) = team.publish(&house, notices::lost_property(now), "13800138007").await;
    team.hears(&other);

    // When the cap is removed, what waited for it is delivered at once.
    house.advance(TimeDelta::hours(1));
    team.change(&house, json!({"hourly_cap": 1})).await;
    let (fourth, _) = team.publish(&house, notices::lost_property(now), "13800138005").await;
    team.hears(&fourth);
    let (fifth, _) = team.publish(&house, notices::lost_property(now), "13800138006").await;
    assert_eq!(team.chat.read(), None);
    team.change(&house, json!({"hourly_cap": null})).await;
    house.settle().await;
    team.hears(&fifth);
    house
}

/// The chat takes every message, and its answers are lost. Each is said twice; the third has to wait.
async fn a_notice_that_perhaps_arrived_counts_for_the_cap(house: House) -> House {
    let house = house.and_chats(&[Platform::Mattermost]).await;
    let team = Team::of(&house).await;
    team.change(&house, json!({"hourly_cap": 2})).await;
    team.chat.lose_answers(true);
    for phone in ["13800138001", "13800138002", "13800138003"] {
        team.publish(&house, notices::lost_property(house.clock.now()), phone).await;
    }
    for _ in 0..10 {
        house.pass(TimeDelta::minutes(1)).await;
    }
    assert_eq!(team.chat.read_all().len(), 4, "two notices within the hour");
    team.chat.lose_answers(false);
    house.pass(TimeDelta::hours(1)).await;
    assert_eq!(team.chat.read_all().len(), 1, "the third");
    house
}

async fn a_paused_group_hears_what_went_live_when_it_goes_on(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    house.post(&team.path("/pause"), Some(&team.admin.token), &Value::Null).await.expect(200);
    let (case, _) = team.publish_bag(&house).await;
    let (_, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138002").await;
    house.pass(TimeDelta::hours(30)).await;
    assert_eq!(team.chat.read(), None, "it hears nothing");
    assert_eq!(team.newest(&house).await["waits_for"], "group");
    close(&house, &manage).await;
    house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    house.settle().await;
    // And nothing about what is over.
    team.hears(&case);
    house
}
