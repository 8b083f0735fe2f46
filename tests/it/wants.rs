//! What a group wants to hear may change while something is on its way to it: from then on it hears what it
//! wants now, and nothing that it wants again is lost.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use tokio::join;

use crate::chaos::run;
use crate::groups::Team;
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(what_failed_while_it_became_unwanted_is_not_tried_again),
    housed!(what_is_not_wanted_any_more_is_not_said_when_the_robot_is_proved_again),
    housed!(what_came_into_the_queue_as_it_became_unwanted_is_not_said),
    housed!(what_a_group_has_heard_of_goes_on_though_it_is_not_wanted_any_more),
    housed!(what_is_wanted_again_is_said),
    housed!(what_was_edited_before_it_is_wanted_again_is_said_as_it_is_now),
    housed!(what_is_over_when_it_is_wanted_again_is_not_said),
];

async fn set(house: &House, team: &Team, to: &str) {
    house.post(&team.path(to), Some(&team.admin.token), &Value::Null).await.expect(200);
}

/// The newest delivery of the group's log: its state and how it ended.
async fn newest(house: &House, team: &Team) -> (Value, Value) {
    let log = house.get(&team.path("/deliveries"), Some(&team.admin.token)).await.expect(200);
    (log["items"][0]["state"].clone(), log["items"][0]["last_outcome"].clone())
}

async fn later(house: &House) {
    house.pass(TimeDelta::minutes(5)).await;
}

async fn what_failed_while_it_became_unwanted_is_not_tried_again(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    team.chat.script(503, &[], "not now");
    let held = team.chat.hold("robot/send");
    let changes = async {
        let under_way = held.came().await;
        team.change(&house, json!({"kinds": ["rescue"]})).await;
        drop(under_way);
    };
    join!(team.publish_bag(&house), changes);
    later(&house).await;
    assert_eq!(team.chat.read(), None);
    assert_eq!(newest(&house, &team).await, (json!("cancelled"), json!("unwanted")));
    house
}

async fn what_is_not_wanted_any_more_is_not_said_when_the_robot_is_proved_again(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    team.chat.script(200, &[], r#"{"errcode":300001,"errmsg":"token is not exist"}"#);
    let (case, _) = team.publish_bag(&house).await;
    assert_eq!(team.shown(&house).await["state"], "disabled");
    team.change(&house, json!({"kinds": ["rescue"]})).await;
    later(&house).await;
    house.post(&team.path("/code"), Some(&team.admin.token), &Value::Null).await.expect(202);
    let code = json!({"code": team.chat.read_code()});
    house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
    later(&house).await;
    assert_eq!(team.chat.read(), None);
    // Nor is it lost.
    team.change(&house, json!({"kinds": ["rescue", "lost_property"]})).await;
    house.settle().await;
    team.hears(&case);
    house
}

/// Its admin's change and its planning are two transactions on PostgreSQL, of which neither need see the
/// other.
async fn what_came_into_the_queue_as_it_became_unwanted_is_not_said(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    set(&house, &team, "/pause").await;
    team.publish_bag(&house).await;
    let (wanted, _) = team.publish(&house, notices::rescue(house.clock.now()), "13800138002").await;
    run(&house.db, "UPDATE notices SET region = '110101' WHERE kind = 'lost_property'").await;
    set(&house, &team, "/resume").await;
    later(&house).await;
    team.hears(&wanted);
    house
}

async fn what_a_group_has_heard_of_goes_on_though_it_is_not_wanted_any_more(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    let (case, manage) = team.publish_bag(&house).await;
    team.hears(&case);
    team.change(&house, json!({"kinds": ["rescue"]})).await;
    team.chat.script(503, &[], "not now");
    house.close(&manage, "returned").await;
    house.settle().await;
    assert_eq!(team.chat.read(), None);
    later(&house).await;
    team.hears(&case);
    house
}

/// By its kind, and by its region.
async fn what_is_wanted_again_is_said(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    for (phone, without, with) in [
        ("13800138001", json!({"kinds": ["lost_property"]}), json!({"kinds": ["lost_property", "rescue"]})),
        ("13800138002", json!({"regions": ["110101"]}), json!({"regions": ["131000", "110101"]})),
    ] {
        set(&house, &team, "/pause").await;
        let (case, _) = team.publish(&house, notices::rescue(house.clock.now()), phone).await;
        team.change(&house, without).await;
        assert_eq!(newest(&house, &team).await, (json!("cancelled"), json!("unwanted")));
        team.change(&house, with).await;
        assert_eq!(newest(&house, &team).await, (json!("open"), Value::Null));
        set(&house, &team, "/resume").await;
        house.settle().await;
        team.hears(&case);
    }
    house
}

/// Its new revision passed the group by. Who never was to hear of it is not told now, either.
async fn what_was_edited_before_it_is_wanted_again_is_said_as_it_is_now(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.change(&house, json!({"kinds": ["rescue"]})).await;
    team.publish_bag(&house).await;
    set(&house, &team, "/pause").await;
    let notice = notices::rescue(house.clock.now());
    let (case, manage) = team.publish(&house, notice, "13800138002").await;
    team.change(&house, json!({"kinds": ["donation"]})).await;
    assert_eq!(newest(&house, &team).await, (json!("cancelled"), json!("unwanted")));
    house.edit(&manage, json!({"description": "需要三只手电筒。"})).await;
    house.go_live(&case, &[&team.moderator]).await;
    assert_eq!(newest(&house, &team).await, (json!("cancelled"), json!("unwanted")), "nothing new");
    team.change(&house, json!({"kinds": ["donation", "rescue", "lost_property"]})).await;
    assert_eq!(newest(&house, &team).await, (json!("open"), Value::Null));
    // Asking for it once more makes no second one.
    team.change(&house, json!({"kinds": ["rescue", "lost_property"]})).await;
    set(&house, &team, "/resume").await;
    house.settle().await;
    let said = team.chat.read().expect("a message").to_string();
    assert!(said.contains(&case) && said.contains("三只手电筒"), "{said}");
    assert_eq!(team.chat.read(), None);
    house
}

async fn what_is_over_when_it_is_wanted_again_is_not_said(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    set(&house, &team, "/pause").await;
    let (_, manage) = team.publish_bag(&house).await;
    team.change(&house, json!({"kinds": ["rescue"]})).await;
    house.close(&manage, "returned").await;
    team.change(&house, json!({"kinds": ["rescue", "lost_property"]})).await;
    assert_eq!(newest(&house, &team).await, (json!("cancelled"), json!("unwanted")));
    set(&house, &team, "/resume").await;
    later(&house).await;
    assert_eq!(team.chat.read(), None);
    house
}
