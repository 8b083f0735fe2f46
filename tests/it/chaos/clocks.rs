//! A clock that jumps: what is waiting is not said too early, nor all at once, and once the clock is right again
//! nothing is late for longer than the worker's safety poll.

use std::sync::Arc;

use chrono::TimeDelta;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use super::pace::{self, draw_nothing};
use crate::fakes::Fake;
use crate::house::{House, Person};
use crate::{Test, housed, notices};

pub const TESTS: &[Test] = &[
    housed!(a_clock_that_was_ahead_holds_nothing_up),
    housed!(a_clock_set_back_asks_no_robot_too_early),
    housed!(a_clock_set_forward_is_no_storm),
];

/// The worker's safety poll.
const POLL: TimeDelta = TimeDelta::seconds(20);

async fn publish(house: &House, moderator: &Person, phone: &str) -> String {
    let mut notice = notices::lost_property(house.clock.now());
    notice["reporter"]["phone"] = phone.into();
    let made = house.post("/notices", None, &notice).await.expect(201);
    let case = made["case_number"].as_str().unwrap().to_owned();
    house.decide(&case, moderator, "approve", "verified").await.expect(200);
    pass(house, TimeDelta::seconds(30)).await;
    case
}

/// Time passes, by whatever clock.
async fn pass(house: &House, time: TimeDelta) {
    house.clock.advance(time);
    house.chats.iter().for_each(|chat| chat.pass(time));
    house.settle().await;
}

/// One chat on each platform, and who approves.
async fn house_of(house: House, platforms: &[Platform]) -> (House, Person) {
    let house = house.and_chats(platforms).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    for chat in &house.chats {
        house.group(chat, &admin, &["131000"], &["lost_property"]).await;
    }
    (house, moderator)
}

/// The platforms whose chats did not hear of a case.
fn deaf(house: &House, case: &str) -> Vec<Platform> {
    let hears = |chat: &&Arc<Fake>| chat.shown().iter().any(|shown| shown.text.contains(case));
    house.chats.iter().filter(|chat| !hears(chat)).map(|chat| chat.platform()).collect()
}

/// Two hours ahead a notice is said, and to one chat in vain; then somebody sets the clock right.
async fn a_clock_that_was_ahead_holds_nothing_up(house: House) {
    let (house, moderator) =
        house_of(house, &[Platform::Wecom, Platform::Telegram, Platform::Discord, Platform::Dingtalk]).await;
    let ahead = TimeDelta::hours(2);
    house.clock.advance(ahead);
    house.chats[3].script(503, &[], "not now");
    let early = publish(&house, &moderator, "13800138001").await;
    assert_eq!(deaf(&house, &early), [Platform::Dingtalk]);
    house.clock.advance(-ahead);
    let late = publish(&house, &moderator, "13800138002").await;
    pass(&house, POLL).await;
    pass(&house, TimeDelta::minutes(1)).await;
    assert_eq!(deaf(&house, &late), [], "what was decided by the right clock");
    assert_eq!(deaf(&house, &early), [], "what was to be said again");
}

/// A robot for which more waits than it can take.
async fn busy(house: House) -> (House, Arc<Fake>) {
    let mut house = house.and_chats(&[Platform::Dingtalk]).await;
    draw_nothing(&mut house);
    pace::publish(&house).await;
    let chat = house.chats[0].clone();
    (house, chat)
}

/// Our clock is set back, the platform's goes on: its minute is not over sooner for that.
async fn a_clock_set_back_asks_no_robot_too_early(house: House) {
    let (house, chat) = busy(house).await;
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

/// Our clock is set forward while a lane waits for its minute: the robot is asked once too early and says so.
async fn a_clock_set_forward_is_no_storm(house: House) {
    let (house, chat) = busy(house).await;
    house.settle().await;
    let full = chat.asked().len();
    house.clock.advance(TimeDelta::minutes(10));
    for _ in 0..20 {
        house.settle().await;
        house.clock.advance(TimeDelta::seconds(1));
    }
    assert_eq!(chat.asked().len(), full + 1, "asked once by the wrong clock");
    // It was the right one: both go on.
    chat.set_now(house.clock.now());
    house.advance(TimeDelta::minutes(13));
    house.settle().await;
    assert_eq!(chat.asked().len(), full + 21);
}
