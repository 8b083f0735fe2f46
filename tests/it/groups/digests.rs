//! What waited for the end of the quiet hours comes in one message.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;

use super::{Team, beijing, close};
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(notices_that_can_wait_come_in_one_message_when_the_quiet_hours_are_over),
    housed!(notices_that_keep_off_the_round_hour_come_in_one_message_all_the_same),
    housed!(a_digest_that_is_refused_is_told_one_by_one),
    housed!(a_digest_that_perhaps_arrived_is_told_once_more_one_by_one),
];

/// A group whose quiet hours have just begun and last three hours, with two lost bags and an appeal waiting.
async fn at_night(house: &House) -> (Team, Vec<(String, String)>) {
    let team = Team::of(house).await;
    let quiet = json!({"from": beijing(house.clock.now(), 0), "until": beijing(house.clock.now(), 3)});
    team.change(house, json!({"quiet": quiet})).await;
    let mut waiting = Vec::new();
    let now = house.clock.now();
    let all = [notices::lost_property(now), notices::lost_property(now), notices::donation(now)];
    for (notice, phone) in all.into_iter().zip(["13800138001", "13800138002", "13800138003"]) {
        waiting.push(team.publish(house, notice, phone).await);
    }
    assert_eq!(team.chat.read(), None, "it is quiet");
    (team, waiting)
}

async fn notices_that_can_wait_come_in_one_message_when_the_quiet_hours_are_over(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let (team, waiting) = at_night(&house).await;
    let [(first, manage), (over, manage_over), (third, _)] = &waiting[..] else { panic!("{waiting:?}") };
    close(&house, manage_over).await;
    house.pass(TimeDelta::hours(3)).await;

    let message = team.chat.read().expect("a message").to_string();
    assert!(message.contains(first) && message.contains(third), "{message}");
    assert!(!message.contains(over), "what is over by then is not told: {message}");
    assert_eq!(team.chat.read(), None, "one message");
    let log = house.get(&team.path("/deliveries"), Some(&team.admin.token)).await.expect(200);
    let states: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
    assert_eq!(states, ["delivered", "cancelled", "delivered"]);
    let path = team.path(&format!("/deliveries/{}", log["items"][0]["id"].as_str().unwrap()));
    let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
    assert_eq!(exchange["calls"][0]["asked"], "digest", "the words of all of them are not kept: {exchange}");

    // A group that got it in the digest hears once that it is over; the other notice goes on as before.
    close(&house, manage).await;
    house.settle().await;
    team.hears(first);
    house
}

/// Feishu refuses everybody around the full hour, so each of them waits for a time of its own after that.
async fn notices_that_keep_off_the_round_hour_come_in_one_message_all_the_same(house: House) -> House {
    let house = house.and_chats(&[Platform::Feishu]).await;
    let (team, waiting) = at_night(&house).await;
    let past = house.clock.now().timestamp() % 3_600;
    house.advance(TimeDelta::hours(3) - TimeDelta::seconds(past));
    for _ in 0..180 {
        house.settle().await;
        house.advance(TimeDelta::seconds(1));
    }
    let message = team.chat.read().expect("a message").to_string();
    for (case, _) in &waiting {
        assert!(message.contains(case), "{case} in {message}");
    }
    assert_eq!(team.chat.read(), None, "one message");
    house
}

async fn a_digest_that_is_refused_is_told_one_by_one(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let (team, waiting) = at_night(&house).await;
    team.chat.script(413, &[], "not this");
    house.pass(TimeDelta::hours(3)).await;
    let told: Vec<String> = team.chat.read_all().iter().map(Value::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (case, _) in &waiting {
        assert_eq!(told.iter().filter(|message| message.contains(case)).count(), 1, "{case}");
    }
    house
}

/// Every digest with other members is another message at the receiver. What waited for one goes alone the
/// second time: then the receiver knows it by the id of its request, however often that is repeated.
async fn a_digest_that_perhaps_arrived_is_told_once_more_one_by_one(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let (team, waiting) = at_night(&house).await;
    let [(_, one), (_, other), (last, _)] = &waiting[..] else { panic!("{waiting:?}") };
    team.chat.lose_answers(true);
    house.advance(TimeDelta::hours(3));
    for manage in [one, other] {
        house.settle().await;
        close(&house, manage).await;
        for _ in 0..10 {
            house.pass(TimeDelta::minutes(1)).await;
        }
    }
    team.chat.lose_answers(false);
    house.advance(TimeDelta::hours(1));
    house.overhear().await;
    let about_last: BTreeSet<String> = team
        .chat
        .shown()
        .into_iter()
        .filter(|shown| shown.text.contains(last))
        .map(|shown| shown.id)
        .collect();
    assert_eq!(about_last.len(), 2, "in a digest and alone: {:#?}", team.chat.shown());
    house
}
