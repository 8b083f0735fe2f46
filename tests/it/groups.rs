//! What a group's admin decides: when the group hears, what is sent again, and how its requests are signed;
//! and what the admin reads about it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use seventytwo::broadcast::send::{Limits, Sender};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use crate::fakes::Fake;
use crate::house::{House, Person, Reply};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(quiet_hours_hold_back_all_but_life_at_risk),
    housed!(a_group_that_was_not_tried_waits_for_a_reason),
    housed!(what_can_wait_comes_in_one_message_when_the_quiet_hours_are_over),
    housed!(what_waits_off_the_round_hour_comes_in_one_message_all_the_same),
    housed!(a_digest_that_is_refused_is_told_one_by_one),
    housed!(of_three_notices_within_an_hour_a_cap_of_two_lets_the_third_wait),
    housed!(a_day_of_failures_stops_a_group_and_a_new_code_brings_it_back),
    housed!(what_found_its_robot_gone_is_said_when_a_new_one_is_proved),
    housed!(what_perhaps_arrived_is_not_said_again_by_itself),
    housed!(what_perhaps_was_taken_back_is_taken_back_when_a_new_code_is_proved),
    housed!(what_perhaps_arrived_counts_for_the_cap),
    housed!(a_digest_that_perhaps_arrived_is_told_once_more_one_by_one),
    housed!(failures_of_long_ago_do_not_stop_a_group),
    housed!(a_day_without_a_way_out_does_not_stop_a_group),
    housed!(what_was_given_up_goes_again_once),
    housed!(answers_are_kept_and_go_with_their_notice),
    housed!(of_an_answer_four_kilobytes_are_kept_and_nothing_of_the_way_in),
    housed!(a_platform_that_names_a_time_is_not_asked_before_it),
    housed!(what_was_taken_down_is_not_shown_in_the_log),
    housed!(the_log_tells_which_request_a_call_was),
    housed!(of_a_call_that_ends_a_notice_the_log_tells_what_is_known),
    housed!(the_log_says_that_a_notice_is_paused),
    housed!(what_goes_live_while_a_group_is_paused_is_said_when_it_goes_on),
    housed!(what_goes_live_while_a_robot_is_replaced_is_said_when_the_new_one_is_proved),
    housed!(the_log_tells_of_every_call_for_thirty_days),
    housed!(a_replaced_secret_holds_for_a_day),
    housed!(a_change_that_is_refused_changes_nothing),
    housed!(a_code_waits_for_its_account_as_a_notice_does),
    housed!(a_code_leaves_a_host_alone_that_is_away),
    housed!(a_code_follows_a_chat_to_its_new_id),
    housed!(a_chat_is_known_by_its_id_whatever_it_is_called),
    housed!(a_group_that_refuses_whatever_it_is_told_stops_after_a_day),
    housed!(the_log_shows_the_words_that_stood_below_a_photo),
    housed!(words_go_alone_where_their_picture_is_refused),
    housed!(words_go_alone_where_the_link_to_their_poster_is_refused),
    housed!(a_picture_that_is_refused_is_uploaded_once),
];

/// The people and the group of a test.
pub struct Team {
    pub admin: Person,
    pub moderator: Person,
    pub chat: std::sync::Arc<Fake>,
    pub group: String,
}

impl Team {
    pub async fn of(house: &House) -> Team {
        let admin = house.person("王群主", Role::GroupAdmin).await;
        let moderator = house.person("林志愿", Role::Moderator).await;
        let chat = house.chats[0].clone();
        let kinds = ["missing_person", "lost_property", "rescue", "donation"];
        let group = house.group(&chat, &admin, &["131003"], &kinds).await;
        Team { admin, moderator, chat, group }
    }

    /// A path below the group's.
    pub fn path(&self, rest: &str) -> String {
        format!("/groups/{}{rest}", self.group)
    }

    /// Lets a notice go live; returns its case number and manage token.
    pub async fn publish(&self, house: &House, mut notice: Value, phone: &str) -> (String, String) {
        notice["reporter"]["phone"] = json!(phone);
        let made = house.post("/notices", None, &notice).await.expect(201);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let case = text("case_number");
        let approved = house.decide(&case, &self.moderator, "approve", "verified").await.expect(200);
        if approved["state"] == "second_review" {
            let colleague = house.person("周志愿", Role::Moderator).await;
            house.decide(&case, &colleague, "approve", "verified").await.expect(200);
        }
        house.advance(TimeDelta::seconds(30));
        house.settle().await;
        (case, text("manage_token"))
    }

    pub async fn change(&self, house: &House, body: Value) -> Value {
        self.patch(house, body).await.expect(200)
    }

    /// Sends a change that may be refused.
    async fn patch(&self, house: &House, body: Value) -> Reply {
        house.call(reqwest::Method::PATCH, &self.path(""), Some(&self.admin.token), Some(&body)).await
    }

    /// A page of the group, as its admin sees it.
    async fn page(&self, house: &House, rest: &str) -> String {
        let session = house.session(&self.admin).await;
        house.page_as(&self.path(rest), &format!("session={session}")).await.text
    }

    /// The newest delivery of the log.
    async fn newest(&self, house: &House) -> Value {
        let log = house.get(&self.path("/deliveries"), Some(&self.admin.token)).await.expect(200);
        log["items"][0].clone()
    }

    pub async fn shown(&self, house: &House) -> Value {
        house.get(&self.path(""), Some(&self.admin.token)).await.expect(200)
    }

    /// The chat got exactly one message, and it is about that notice.
    #[track_caller]
    pub fn hears(&self, case: &str) {
        let message = self.chat.read().expect("a message").to_string();
        assert!(message.contains(case), "{message}");
        assert_eq!(self.chat.read(), None);
    }
}

/// Fails the open delivery until it has reached this state, checked every hour.
async fn fail_until(house: &House, team: &Team, status: u16, so_far: impl Fn(&Value) -> bool) {
    let mut tried = team.newest(house).await["attempts"].as_i64().unwrap();
    team.chat.script(status, &[], "not now");
    for _ in 0..60 {
        house.advance(TimeDelta::hours(1));
        house.settle().await;
        let delivery = team.newest(house).await;
        if so_far(&delivery) {
            return;
        }
        if delivery["attempts"].as_i64().unwrap() > tried {
            tried += 1;
            team.chat.script(status, &[], "not now");
        }
    }
    panic!("never so far: {}", team.newest(house).await);
}

pub fn beijing(at: DateTime<Utc>, hours: i64) -> String {
    (at + TimeDelta::hours(8 + hours)).format("%H:00").to_string()
}

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
    house.advance(TimeDelta::hours(3));
    house.settle().await;
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
    house.advance(TimeDelta::minutes(15));
    house.settle().await;
    assert!(team.chat.read().is_some() && team.chat.read().is_some(), "both are told in the end");
    house
}

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

async fn what_can_wait_comes_in_one_message_when_the_quiet_hours_are_over(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let (team, waiting) = at_night(&house).await;
    let [(first, manage), (over, manage_over), (third, _)] = &waiting[..] else { panic!("{waiting:?}") };
    close(&house, manage_over).await;
    house.advance(TimeDelta::hours(3));
    house.settle().await;

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
async fn what_waits_off_the_round_hour_comes_in_one_message_all_the_same(house: House) -> House {
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
    house.advance(TimeDelta::hours(3));
    house.settle().await;
    let told: Vec<String> = team.chat.read_all().iter().map(Value::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for (case, _) in &waiting {
        assert_eq!(told.iter().filter(|message| message.contains(case)).count(), 1, "{case}");
    }
    house
}

async fn of_three_notices_within_an_hour_a_cap_of_two_lets_the_third_wait(house: House) -> House {
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
    house.advance(TimeDelta::minutes(30));
    house.settle().await;
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

async fn a_day_of_failures_stops_a_group_and_a_new_code_brings_it_back(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(403, &[], "not now");
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    fail_until(&house, &team, 403, |delivery| delivery["state"] == "given_up").await;
    let shown = team.shown(&house).await;
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("disabled"), &json!("failing")));
    // Nothing goes out before control is proved, however often the admin asks.
    let delivery = team.newest(&house).await;
    assert_eq!(delivery["redeliverable"], false, "{delivery}");
    let again = team.path(&format!("/deliveries/{}/redeliver", delivery["id"].as_str().unwrap()));
    let refused = house.post(&again, Some(&team.admin.token), &json!({})).await;
    assert_eq!(refused.problem(409), "not_possible");

    house.post(&team.path("/code"), Some(&team.admin.token), &json!({})).await;
    let code = json!({"code": team.chat.read_code()});
    house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
    let shown = team.shown(&house).await;
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("active"), &Value::Null));
    // What was given up is sent again by itself, and one more failure is the first of a new count.
    team.chat.script(403, &[], "not now");
    house.settle().await;
    assert_eq!(team.shown(&house).await["state"], "active");
    assert_eq!(team.newest(&house).await["state"], "open");
    house.advance(TimeDelta::hours(1));
    house.settle().await;
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
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    for _ in 0..25 {
        house.advance(TimeDelta::hours(1));
        house.settle().await;
    }
    house.stations.worker.sender = way_out;
    team.chat.script(503, &[], "not now");
    house.advance(TimeDelta::hours(1));
    house.settle().await;
    assert_eq!(team.shown(&house).await["state"], "active");
    assert_eq!(team.newest(&house).await["last_code"], "http_503");
    house.advance(TimeDelta::hours(1));
    house.settle().await;
    team.hears(&case);
    house
}

async fn what_found_its_robot_gone_is_said_when_a_new_one_is_proved(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    let gone = r#"{"errcode":300001,"errmsg":"token is not exist"}"#;
    team.chat.script(200, &[], gone);
    let (case, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    assert_eq!(team.newest(&house).await["state"], "given_up");
    let prove = async || {
        assert_eq!(team.shown(&house).await["state"], "disabled");
        house.advance(TimeDelta::minutes(2));
        house.post(&team.path("/code"), Some(&team.admin.token), &json!({})).await;
        let code = json!({"code": team.chat.read_code()});
        house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
        house.advance(TimeDelta::seconds(10));
        house.settle().await;
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

async fn what_perhaps_arrived_is_not_said_again_by_itself(house: House) -> House {
    let house = house.and_chats(&[Platform::Dingtalk]).await;
    let team = Team::of(&house).await;
    team.chat.script(200, &[], "?");
    team.chat.script(200, &[], r#"{"errcode":300001,"errmsg":"token is not exist"}"#);
    team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    house.advance(TimeDelta::minutes(2));
    house.settle().await;
    assert_eq!(team.newest(&house).await["last_outcome"], "gone");
    let page = team.page(&house, "").await;
    assert!(page.contains("不确定是否送达"), "{page}");
    house.advance(TimeDelta::minutes(2));
    house.post(&team.path("/code"), Some(&team.admin.token), &json!({})).await;
    let code = json!({"code": team.chat.read_code()});
    house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
    house.advance(TimeDelta::minutes(2));
    house.settle().await;
    assert_eq!(team.chat.read(), None, "its admin decides");
    let delivery = team.newest(&house).await;
    assert_eq!((&delivery["state"], &delivery["redeliverable"]), (&json!("given_up"), &json!(true)));
    house
}

async fn what_perhaps_was_taken_back_is_taken_back_when_a_new_code_is_proved(house: House) -> House {
    let house = house.and_chats(&[Platform::Discord]).await;
    let team = Team::of(&house).await;
    let (case, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    house.advance(TimeDelta::seconds(5));
    house.settle().await;
    let said: String = team.chat.read_all().iter().map(Value::to_string).collect();
    assert!(said.contains(&case), "{said}");
    let stands = || team.chat.shown()[1].text.contains("已结束");
    team.chat.script(200, &[], "?");
    close(&house, &manage).await;
    fail_until(&house, &team, 200, |delivery| delivery["state"] == "given_up").await;
    let given_up = team.newest(&house).await;
    assert_eq!((&given_up["last_outcome"], stands()), (&json!("unknown"), false), "{given_up}");
    assert_eq!(team.shown(&house).await["reason"], "failing");
    house.post(&team.path("/code"), Some(&team.admin.token), &json!({})).await;
    let code = json!({"code": team.chat.read_code()});
    house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
    house.advance(TimeDelta::seconds(5));
    house.settle().await;
    assert_eq!((team.chat.read(), stands()), (None, true), "it is edited, and nothing else is said");
    house
}

/// The chat takes every message, and its answers are lost. Each is said twice; the third has to wait.
async fn what_perhaps_arrived_counts_for_the_cap(house: House) -> House {
    let house = house.and_chats(&[Platform::Mattermost]).await;
    let team = Team::of(&house).await;
    team.change(&house, json!({"hourly_cap": 2})).await;
    team.chat.lose_answers(true);
    for phone in ["13800138001", "13800138002", "13800138003"] {
        team.publish(&house, notices::lost_property(house.clock.now()), phone).await;
    }
    for _ in 0..10 {
        house.advance(TimeDelta::minutes(1));
        house.settle().await;
    }
    assert_eq!(team.chat.read_all().len(), 4, "two notices within the hour");
    team.chat.lose_answers(false);
    house.advance(TimeDelta::hours(1));
    house.settle().await;
    assert_eq!(team.chat.read_all().len(), 1, "the third");
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
            house.advance(TimeDelta::minutes(1));
            house.settle().await;
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
    house.advance(TimeDelta::hours(1));
    house.settle().await;
    team.hears(&case);
    house
}

async fn what_was_given_up_goes_again_once(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(413, &[], "too large");
    let (case, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
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

async fn close(house: &House, manage: &str) {
    let body = json!({"outcome": "returned", "announce": false});
    house.post("/my/notice/close", Some(manage), &body).await.expect(200);
    house.settle().await;
}

async fn what_goes_live_while_a_robot_is_replaced_is_said_when_the_new_one_is_proved(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let unproved = connect(&house, &team, "url", &format!("{}/other", team.chat.robot())).await;
    let renewed = team.change(&house, json!({"credentials": team.chat.credentials()})).await;
    assert_eq!((&renewed["state"], &renewed["verified_at"]), (&json!("unverified"), &Value::Null));
    let code = json!({"code": team.chat.read_code()});
    let (case, _) = team.publish(&house, notices::missing_person(house.clock.now()), "13800138001").await;
    assert_eq!(team.chat.read(), None, "control is to be proved first");
    assert_eq!(team.newest(&house).await["waits_for"], "proof");
    house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
    house.settle().await;
    team.hears(&case);
    // A group whose control was never proved is in no audience.
    let log = house.get(&format!("/groups/{unproved}/deliveries"), Some(&team.admin.token)).await.expect(200);
    assert_eq!(log["items"], json!([]));
    house
}

async fn the_log_tells_of_every_call_for_thirty_days(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(503, &[], "not now");
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    house.advance(TimeDelta::minutes(1));
    house.settle().await;
    team.hears(&case);
    let id = team.newest(&house).await["id"].as_str().unwrap().to_owned();
    let path = team.path(&format!("/deliveries/{id}"));
    let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
    let calls = exchange["calls"].as_array().unwrap();
    let ended: Vec<_> = calls.iter().map(|call| call["outcome"].as_str().unwrap()).collect();
    assert_eq!(ended, ["retry", "delivered"]);
    assert!(calls.iter().all(|call| call["took_ms"].is_number()), "{calls:?}");
    assert!(calls[0]["at"].as_str() < calls[1]["at"].as_str(), "{calls:?}");

    house.advance(TimeDelta::hours(72));
    house.settle().await;
    team.hears(&case);
    let log = async || house.get(&team.path("/deliveries"), Some(&team.admin.token)).await.expect(200);
    assert_eq!(log().await["items"].as_array().map(Vec::len), Some(2));
    for nowhere in ["-5", "0", "x"] {
        let asked =
            house.get(&team.path(&format!("/deliveries?cursor={nowhere}")), Some(&team.admin.token)).await;
        assert_eq!(asked.problem(422), "invalid_fields", "{nowhere}");
    }
    house.advance(TimeDelta::days(28));
    assert_eq!(log().await["items"].as_array().map(Vec::len), Some(1), "the closing is younger");
    assert_eq!(house.get(&path, Some(&team.admin.token)).await.status, 404);
    house.advance(TimeDelta::days(3));
    assert_eq!(log().await["items"], json!([]));
    house
}

async fn answers_are_kept_and_go_with_their_notice(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let robot = team.chat.robot();
    team.chat.script(413, &[], &format!("no room for 双肩包 at {robot}"));
    let (case, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    let id = team.newest(&house).await["id"].as_str().unwrap().to_owned();
    let path = team.path(&format!("/deliveries/{id}"));
    let read = || async { house.get(&path, Some(&team.admin.token)).await.expect(200) };
    let exchange = read().await;
    let request = exchange["request"]["words"].as_str().unwrap();
    assert!(request.contains(&case) && request.contains("双肩包"), "{request}");
    let call = &exchange["calls"][0];
    assert_eq!((&call["outcome"], &call["code"]), (&json!("bad"), &json!("http_413")));
    assert!(call["took_ms"].is_number() && call["meaning"].as_str().unwrap().contains("http_413"), "{call}");
    let answer = call["answer"]["words"].as_str().unwrap();
    assert!(answer.starts_with("HTTP 413\n") && answer.contains("no room for 双肩包"), "{answer}");
    assert!(!answer.contains(&robot), "the way in is no part of an answer: {answer}");
    notices::assert_unreadable(&house, &["no room for"]);

    // A group that heard of it hears that it is over; the words are not shown any more, not even here.
    house.post(&format!("{path}/redeliver"), Some(&team.admin.token), &Value::Null).await.expect(202);
    house.settle().await;
    team.hears(&case);
    team.chat.script(413, &[], "no room either");
    close(&house, &manage).await;
    let exchange = read().await;
    let gone = json!({"words": null, "erased": false});
    assert_eq!((&exchange["request"], &exchange["calls"][0]["answer"]), (&gone, &gone));
    // Erased: nothing of it is left, however recent the request.
    let id = team.newest(&house).await["id"].as_str().unwrap().to_owned();
    let closing = team.path(&format!("/deliveries/{id}"));
    house.advance(TimeDelta::hours(1));
    team.chat.script(413, &[], "no room either");
    house.post(&format!("{closing}/redeliver"), Some(&team.admin.token), &Value::Null).await.expect(202);
    house.settle().await;
    house.advance(TimeDelta::days(30) - TimeDelta::hours(1));
    house.settle().await;
    assert_eq!(read().await["request"], json!({"words": null, "erased": true}));
    let exchange = house.get(&closing, Some(&team.admin.token)).await.expect(200);
    let youngest = exchange["calls"].as_array().unwrap().last().expect("a call of less than 30 days ago");
    assert_eq!(youngest["answer"], json!({"words": null, "erased": true}));
    house
}

async fn of_an_answer_four_kilobytes_are_kept_and_nothing_of_the_way_in(house: House) -> House {
    const KEPT: usize = 4 * 1024;
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let robot = team.chat.robot();
    let token = robot.rsplit('/').next().unwrap();
    let filler = "x".repeat(4080);
    for (number, body) in [
        // The credentials lie across the end of what is kept.
        format!("{filler}{robot}"),
        format!("{filler}{token}"),
        // So does a character of three bytes.
        format!("x{}", "好".repeat(KEPT)),
    ]
    .into_iter()
    .enumerate()
    {
        team.chat.script(413, &[], &body);
        team.publish(&house, notices::lost_property(house.clock.now()), &format!("1380013810{number}")).await;
        let id = team.newest(&house).await["id"].as_str().unwrap().to_owned();
        let path = team.path(&format!("/deliveries/{id}"));
        let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
        let answer = exchange["calls"][0]["answer"]["words"].as_str().unwrap();
        let words = answer.strip_prefix("HTTP 413\n").unwrap();
        let expected = match number {
            0 | 1 => format!("{filler}***"),
            _ => format!("x{}", "好".repeat((KEPT - 1) / 3)),
        };
        assert_eq!(words, expected, "{number}");
    }
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
        house.advance(start + at - house.clock.now());
        house.settle().await;
        team.chat.asked().len()
    };
    // First a test message gets this answer.
    busy_until(start + minutes(60));
    let test = house.post(&team.path("/test"), Some(&team.admin.token), &Value::Null).await;
    assert_eq!(test.problem(422), "group_unreachable");
    let asked = team.chat.asked().len();
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    assert_eq!(wait_until(minutes(59)).await, asked);
    // Then a notice gets it.
    busy_until(start + minutes(180));
    assert_eq!(wait_until(minutes(80)).await, asked + 1);
    assert_eq!(wait_until(minutes(179)).await, asked + 1);
    assert_eq!(wait_until(minutes(220)).await, asked + 2);
    team.hears(&case);
    house
}

async fn what_was_taken_down_is_not_shown_in_the_log(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    team.hears(&case);
    let alert = team.path(&format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap()));
    let sheet = house.get(&format!("/review/{case}"), Some(&team.moderator.token)).await.expect(200);
    let removal = json!({"version": sheet["version"], "reason": "unsafe"});
    house.post(&format!("/review/{case}/remove"), Some(&team.moderator.token), &removal).await.expect(200);
    house.settle().await;
    team.hears(&case);
    let exchange = house.get(&alert, Some(&team.admin.token)).await.expect(200);
    assert_eq!(exchange["request"], json!({"words": null, "erased": false}));
    house
}

async fn the_log_tells_which_request_a_call_was(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let team = Team::of(&house).await;
    team.chat.script(502, &[], "not now");
    let (case, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    house.advance(TimeDelta::minutes(1));
    house.settle().await;
    let words = team.chat.read().expect("the words").to_string();
    assert!(words.contains(&case), "{words}");
    assert_eq!(team.chat.read().expect("the picture")["msgtype"], "image");
    let path = team.path(&format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap()));
    let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
    let calls = exchange["calls"].as_array().unwrap().iter();
    let text = |call: &Value, name: &str| call[name].as_str().unwrap_or_default().to_owned();
    let calls: Vec<_> =
        calls.map(|call| (text(call, "outcome"), call["part"].as_i64(), text(call, "asked"))).collect();
    let told = [("retry", 1, "words"), ("delivered", 1, "words"), ("delivered", 2, "picture")];
    let told = told.map(|(outcome, part, asked)| (outcome.to_owned(), Some(part), asked.to_owned()));
    assert_eq!(calls, told);
    let page = team.page(&house, &path[team.path("").len()..]).await;
    let cards: Vec<&str> = page.split(r#"<section class="card">"#).skip(1).collect();
    assert!(cards[2].contains("第 2 次请求") && cards[2].contains("只有图片，没有文字"), "{page}");
    assert!(cards[..2].iter().all(|card| card.contains("下面的文字")), "{page}");

    // Where nothing can be taken back, the end is said in words.
    close(&house, &manage).await;
    assert!(team.chat.read().expect("the closing").to_string().contains(&case));
    let path = team.path(&format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap()));
    let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
    assert_eq!(exchange["calls"][0]["asked"], "words");
    house
}

async fn of_a_call_that_ends_a_notice_the_log_tells_what_is_known(house: House) -> House {
    let house = house.and_chats(&[Platform::Discord]).await;
    let team = Team::of(&house).await;
    let (case, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    team.hears(&case);
    close(&house, &manage).await;
    let path = format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap());
    let exchange = house.get(&team.path(&path), Some(&team.admin.token)).await.expect(200);
    let call = &exchange["calls"][0];
    assert_eq!((&call["outcome"], &call["asked"]), (&json!("delivered"), &json!("ending")), "{exchange}");
    let page = team.page(&house, &path).await;
    assert!(page.contains("是哪一种没有记录"), "{page}");
    house
}

async fn the_log_says_that_a_notice_is_paused(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let quiet = json!({"from": beijing(house.clock.now(), 0), "until": beijing(house.clock.now(), 3)});
    team.change(&house, json!({"quiet": quiet})).await;
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    let step = async |step: &str| {
        let sheet = house.get(&format!("/review/{case}"), Some(&team.moderator.token)).await.expect(200);
        let body = json!({"version": sheet["version"], "reason": "other", "note": "…"});
        let path = format!("/review/{case}/{step}");
        house.post(&path, Some(&team.moderator.token), &body).await.expect(200);
        house.settle().await;
    };
    assert_eq!(team.newest(&house).await["waits_for"], Value::Null, "it waits for a time");
    assert!(team.page(&house, "").await.contains("不早于"));
    step("pause").await;
    assert_eq!(team.newest(&house).await["waits_for"], "notice");
    let page = team.page(&house, "").await;
    assert!(page.contains("信息已暂停，正在重新核实") && !page.contains("不早于"), "{page}");
    // If the group is paused as well, its own admin can do something about that.
    house.post(&team.path("/pause"), Some(&team.admin.token), &Value::Null).await.expect(200);
    assert_eq!(team.newest(&house).await["waits_for"], "group");
    house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    step("resume").await;
    house.advance(TimeDelta::hours(3));
    house.settle().await;
    team.hears(&case);
    house
}

async fn what_goes_live_while_a_group_is_paused_is_said_when_it_goes_on(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    house.post(&team.path("/pause"), Some(&team.admin.token), &Value::Null).await.expect(200);
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    let (_, manage) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138002").await;
    house.advance(TimeDelta::hours(30));
    house.settle().await;
    assert_eq!(team.chat.read(), None, "it hears nothing");
    assert_eq!(team.newest(&house).await["waits_for"], "group");
    let outcome = json!({"outcome": "returned", "announce": false});
    house.post("/my/notice/close", Some(&manage), &outcome).await.expect(200);
    house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    house.settle().await;
    // And nothing about what is over.
    team.hears(&case);
    house
}

async fn a_replaced_secret_holds_for_a_day(house: House) -> House {
    // The receiver keeps verifying with the secret that it was set up with.
    let house = house.and_chats(&[Platform::Webhook, Platform::Wecom]).await;
    let team = Team::of(&house).await;
    let made = house.post(&team.path("/secret"), Some(&team.admin.token), &Value::Null).await.expect(200);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && Some(secret) != team.chat.secret(), "{made}");
    assert_eq!(made["both_until"], "2026-11-24T02:07:00Z");
    assert!(!team.shown(&house).await.to_string().contains(secret), "it is shown once");
    let now = house.clock.now();
    let (case, _) = team.publish(&house, notices::lost_property(now), "13800138001").await;
    team.hears(&case);

    house.advance(TimeDelta::hours(24));
    team.publish(&house, notices::lost_property(now), "13800138002").await;
    assert_eq!(team.chat.read(), None, "the receiver does not know the new secret");
    assert_eq!(team.newest(&house).await["last_code"], "http_401");

    // Only a limited number at a time, and only where we generate the secrets.
    for _ in 0..3 {
        house.post(&team.path("/secret"), Some(&team.admin.token), &Value::Null).await.expect(200);
    }
    let fourth = house.post(&team.path("/secret"), Some(&team.admin.token), &Value::Null).await;
    assert_eq!(fourth.problem(429), "too_many_requests");
    let wecom = house.group(&house.chats[1], &team.admin, &["440000"], &["rescue"]).await;
    let refused = house.post(&format!("/groups/{wecom}/secret"), Some(&team.admin.token), &Value::Null).await;
    assert_eq!(refused.problem(404), "not_found");
    house
}

async fn a_change_that_is_refused_changes_nothing(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let team = Team::of(&house).await;
    let before = team.shown(&house).await;
    let (robot, other) = (team.chat.robot(), format!("{}x", team.chat.robot()));
    let body = json!({"name": "新名字", "regions": ["440000"], "kinds": ["rescue"], "hourly_cap": 1,
                      "credentials": {"url": other}});
    let refused = team.patch(&house, body).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("93000"), "{}", refused.text);
    assert_eq!(refused.problem(422), "group_unreachable");
    assert_eq!(team.shown(&house).await, before);
    let wrong = json!({"name": "新名字", "credentials": {"url": robot}, "hourly_cap": 0});
    assert_eq!(team.patch(&house, wrong).await.problem(422), "invalid_fields");
    assert_eq!(team.shown(&house).await, before);
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    assert!(team.chat.read().expect("it hears as before").to_string().contains(&case));
    team.chat.read().expect("the picture");

    // Three codes an hour, including the refused one: the fourth change of credentials is refused, too.
    for _ in 0..2 {
        team.change(&house, json!({"credentials": {"url": robot}})).await;
        house.advance(TimeDelta::seconds(10));
    }
    assert_eq!(team.chat.read_all().len(), 2, "a code for each");
    let before = team.shown(&house).await;
    assert_eq!(before["state"], "unverified");
    let fourth = team.patch(&house, json!({"name": "新名字", "credentials": {"url": robot}})).await;
    assert_eq!(fourth.problem(429), "too_many_requests");
    assert_eq!(team.shown(&house).await, before);
    house
}

/// Connects a chat with one of its credentials replaced; returns the group's id.
async fn connect(house: &House, team: &Team, field: &str, value: &str) -> String {
    let made = ask_to_connect(house, team, field, value).await.expect(201);
    made["id"].as_str().unwrap().to_owned()
}

async fn ask_to_connect(house: &House, team: &Team, field: &str, value: &str) -> Reply {
    let mut credentials = team.chat.credentials();
    credentials.insert(field.to_owned(), value.into());
    let body = json!({
        "platform": team.chat.platform().as_str(), "name": "又一个群",
        "credentials": credentials, "regions": ["131003"],
    });
    house.post("/groups", Some(&team.admin.token), &body).await
}

async fn a_code_waits_for_its_account_as_a_notice_does(house: House) -> House {
    let house = house.and_chats(&[Platform::Matrix]).await;
    let team = Team::of(&house).await;
    let ask = async |path: &str| house.post(path, Some(&team.admin.token), &json!({})).await;
    // A room that the account has not joined: each code is refused.
    let other = format!("/groups/{}/code", connect(&house, &team, "room_id", "!other").await);
    house.advance(TimeDelta::minutes(1));
    let limited = r#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests"}"#;
    team.chat.script(429, &[("retry-after", "60")], limited);
    assert_eq!(ask(&team.path("/test")).await.problem(422), "group_unreachable");
    let asked = team.chat.asked().len();
    assert_eq!(ask(&other).await.problem(429), "too_many_requests");
    assert_eq!(team.chat.asked().len(), asked, "the account rests");

    house.advance(TimeDelta::minutes(1));
    assert_eq!(ask(&other).await.problem(422), "group_unreachable");
    house.advance(TimeDelta::minutes(1));
    assert_eq!(ask(&other).await.problem(422), "group_unreachable");
    house.advance(TimeDelta::minutes(1));
    assert_eq!(ask(&other).await.problem(429), "too_many_requests", "refused or not, three an hour");
    assert_eq!(team.chat.asked().len(), asked + 2);
    house
}

async fn a_code_leaves_a_host_alone_that_is_away(house: House) -> House {
    let house = house.and_chats(&[Platform::Discord]).await;
    let team = Team::of(&house).await;
    let bag = notices::lost_property(house.clock.now());
    team.chat.script(500, &[], "");
    let (case, _) = team.publish(&house, bag, "13800138001").await;
    // A fault of one group alone would be held against that group.
    for thread in ["75", "76"] {
        team.chat.script(500, &[], "");
        connect(&house, &team, "thread_id", thread).await;
    }
    fail_until(&house, &team, 500, |delivery| delivery["attempts"] == 8).await;
    let asked = team.chat.asked().len();
    let test = house.post(&team.path("/test"), Some(&team.admin.token), &json!({})).await;
    assert_eq!(test.problem(429), "too_many_requests");
    let waits = connect(&house, &team, "thread_id", "77").await;
    assert_eq!(team.chat.asked().len(), asked, "nobody is there");

    // The first request that is tried again decides for all, whatever it is.
    house.advance(TimeDelta::minutes(6));
    let code = format!("/groups/{waits}/code");
    house.post(&code, Some(&team.admin.token), &json!({})).await.expect(202);
    assert!(team.chat.read().unwrap().to_string().contains("验证码"));
    house.settle().await;
    house.advance(TimeDelta::hours(1));
    house.settle().await;
    team.hears(&case);
    house
}

async fn a_code_follows_a_chat_to_its_new_id(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let (admin, moderator) =
        (house.person("王群主", Role::GroupAdmin).await, house.person("林志愿", Role::Moderator).await);
    let mut team = Team { admin, moderator, chat: house.chats[0].clone(), group: String::new() };
    let moved = json!({
        "ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": -1001234567890_i64},
    });
    team.chat.script(400, &[], &moved.to_string());
    team.group = connect(&house, &team, "chat_id", "-5").await;
    let verify = async |team: &Team| {
        let code = json!({"code": team.chat.read_code()});
        house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
    };
    verify(&team).await;
    let (case, _) = team.publish(&house, notices::missing_person(house.clock.now()), "13800138001").await;
    team.hears(&case);

    // The same when another bot replaces it and the admin still enters the chat's old id.
    house.advance(TimeDelta::minutes(1));
    team.chat.script(400, &[], &moved.to_string());
    let mut credentials = team.chat.credentials();
    credentials.insert("chat_id".to_owned(), "-5".into());
    team.change(&house, json!({"credentials": credentials})).await;
    verify(&team).await;
    let (case, _) = team.publish(&house, notices::missing_person(house.clock.now()), "13800138002").await;
    team.hears(&case);
    house
}

async fn a_chat_is_known_by_its_id_whatever_it_is_called(house: House) -> House {
    let house = house.and_chats(&[Platform::Slack, Platform::Telegram]).await;
    let (admin, moderator) =
        (house.person("王群主", Role::GroupAdmin).await, house.person("林志愿", Role::Moderator).await);
    let mut team = Team { admin, moderator, chat: house.chats[0].clone(), group: String::new() };
    for chat in house.chats.clone() {
        team.chat = chat;
        let (field, name) = team.chat.name();
        let id = team.chat.credentials()[field].as_str().unwrap().to_owned();
        team.group = connect(&house, &team, field, name).await;
        let code = json!({"code": team.chat.read_code()});
        // By its id it is connected already, before control is proved and after.
        let asked = team.chat.asked().len();
        assert_eq!(ask_to_connect(&house, &team, field, &id).await.problem(409), "group_exists");
        house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
        assert_eq!(ask_to_connect(&house, &team, field, &id).await.problem(409), "group_exists");
        assert_eq!(team.chat.asked().len(), asked);
        // Its name tells us nothing before the platform answers; then nothing is left of the attempt.
        house.advance(TimeDelta::minutes(1));
        assert_eq!(ask_to_connect(&house, &team, field, name).await.problem(409), "group_exists");
        team.chat.read_code();
        house.advance(TimeDelta::minutes(1));
        team.change(&house, json!({"credentials": team.chat.credentials()})).await;
        let code = json!({"code": team.chat.read_code()});
        house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
    }
    let groups = house.get("/groups", Some(&team.admin.token)).await.expect(200);
    assert_eq!(groups["items"].as_array().unwrap().len(), 2, "{groups}");
    house.chats[0].rename();
    house.advance(TimeDelta::minutes(1));
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    for chat in house.chats.clone() {
        team.chat = chat;
        team.hears(&case);
    }
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

async fn the_log_shows_the_words_that_stood_below_a_photo(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let team = Team::of(&house).await;
    house.advance(TimeDelta::minutes(1));
    let mut bag = notices::lost_property(house.clock.now());
    bag["description"] = "黑色双肩包，里面有书和钥匙。".repeat(70).into();
    team.publish(&house, bag, "13800138001").await;
    let sent = team.chat.read().expect("a photo");
    let caption = sent["caption"].as_str().expect("its caption");
    assert!(caption.contains('…'), "longer than a caption may be: {caption}");
    let path = team.path(&format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap()));
    let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
    let shown: Value = serde_json::from_str(exchange["request"]["words"].as_str().unwrap()).unwrap();
    assert_eq!(shown, json!({"caption": caption}));
    house
}

async fn a_picture_that_is_refused_is_uploaded_once(house: House) -> House {
    let house = house.and_chats(&[Platform::Matrix]).await;
    let team = Team::of(&house).await;
    house.advance(TimeDelta::minutes(1));
    team.chat.refuse_pictures();
    let before = team.chat.asked().len();
    let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), "13800138001").await;
    house.advance(TimeDelta::minutes(1));
    house.settle().await;
    team.hears(&case);
    assert_eq!(team.chat.asked().len() - before, 3, "the words, the upload, the picture");
    let delivery = team.newest(&house).await;
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(2)));
    house
}

async fn words_go_alone_where_the_link_to_their_poster_is_refused(house: House) -> House {
    let refusals = [
        (Platform::Dingtalk, 200, r#"{"errcode":430103,"errmsg":"unsafe picture"}"#),
        (Platform::Discord, 400, r#"{"code":50035,"message":"Invalid Form Body"}"#),
    ];
    let platforms = refusals.map(|(platform, ..)| platform);
    let house = house.and_chats(&platforms).await;
    let mut team = Team::of(&house).await;
    for (place, (platform, status, body)) in refusals.into_iter().enumerate() {
        team.chat = house.chats[place].clone();
        if place > 0 {
            team.group = house.group(&team.chat, &team.admin, &["131003"], &["lost_property"]).await;
        }
        team.chat.script(status, &[], body);
        let phone = format!("1380013800{place}");
        let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), &phone).await;
        house.advance(TimeDelta::seconds(10));
        house.settle().await;
        let said = team.chat.read().expect("the words").to_string();
        assert!(said.contains(&case) && !said.contains("poster.jpg"), "{platform:?}: {said}");
        let delivery = team.newest(&house).await;
        assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(2)));
        let path = team.path(&format!("/deliveries/{}", delivery["id"].as_str().unwrap()));
        let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
        let shown = exchange["request"]["words"].as_str().unwrap();
        assert!(shown.contains(&case) && !shown.contains("poster.jpg"), "{platform:?}: {shown}");
    }
    house.chats[0].read().expect("the second notice is for both");
    house
}

async fn words_go_alone_where_their_picture_is_refused(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let team = Team::of(&house).await;
    let refusal = |words: &str| json!({"ok": false, "error_code": 400, "description": words}).to_string();
    let pictureless = "Bad Request: not enough rights to send photos to the chat";
    for (phone, words) in [("13800138001", pictureless), ("13800138002", "Bad Request: IMAGE_PROCESS_FAILED")]
    {
        house.advance(TimeDelta::minutes(1));
        team.chat.script(400, &[], &refusal(words));
        let mut bag = notices::lost_property(house.clock.now());
        bag["description"] = "黑色双肩包，里面有书和钥匙。".repeat(70).into();
        let (case, manage) = team.publish(&house, bag, phone).await;
        house.advance(TimeDelta::seconds(10));
        house.settle().await;
        let said = team.chat.read().expect("the words");
        assert!(said["text"].as_str().is_some_and(|text| text.contains(&case)), "{words}: {said}");
        let path = team.path(&format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap()));
        let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
        let shown = exchange["request"]["words"].as_str().unwrap();
        assert!(
            !shown.contains("caption") && !shown.contains('…'),
            "there was room for all of them: {shown}"
        );
        assert_eq!(team.chat.read(), None);
        let delivery = team.newest(&house).await;
        assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(2)));
        // The message there is text, and is edited as text.
        close(&house, &manage).await;
        house.advance(TimeDelta::seconds(10));
        house.settle().await;
        assert_eq!(team.newest(&house).await["state"], "delivered");
    }

    // Words that were refused themselves are not sent again.
    house.advance(TimeDelta::minutes(1));
    for _ in 0..2 {
        team.chat.script(400, &[], &refusal("Bad Request: message is too long"));
    }
    team.publish(&house, notices::lost_property(house.clock.now()), "13800138003").await;
    house.advance(TimeDelta::seconds(10));
    house.settle().await;
    let delivery = team.newest(&house).await;
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("given_up"), &json!(2)));
    house
}
