//! How a group is connected and changed: codes, new robots, secrets, and by what a chat is known.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::groups::{Draft, GroupError};
use seventytwo::store::accounts::by_name;
use tokio::time::timeout;

use super::{Team, ask_to_connect, connect, fail_until};
use crate::house::House;
use crate::process::PATIENCE;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_new_robot_says_what_went_live_when_it_is_proved),
    housed!(a_replaced_secret_holds_for_a_day),
    housed!(a_change_that_is_refused_changes_nothing),
    housed!(a_code_waits_for_its_account_as_a_notice_does),
    housed!(a_code_leaves_a_host_alone_that_is_away),
    housed!(a_wait_is_kept_though_nobody_waits_for_the_answer),
    housed!(a_code_follows_a_chat_to_its_new_id),
    housed!(a_chat_is_known_by_its_id_whatever_it_is_called),
    housed!(a_chat_whose_code_was_not_answered_is_known_by_its_first_notice),
];

async fn a_new_robot_says_what_went_live_when_it_is_proved(house: House) -> House {
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
    let (case, _) = team.publish_bag(&house).await;
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
    house.pass(TimeDelta::hours(1)).await;
    team.hears(&case);
    house
}

/// Whoever asks for a request hangs up before the platform has answered, which drops the future of its step.
async fn a_wait_is_kept_though_nobody_waits_for_the_answer(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let name = team.admin.name.clone();
    let admin = house.stations.shared.store.read(move |c| by_name(c, &name)).await.unwrap().unwrap();
    let (admin, id) = (admin.account.id.0, team.group.parse().unwrap());
    let groups = || house.stations.groups.clone();
    let draft = |url: &str| {
        let mut credentials = team.chat.credentials();
        credentials.insert("url".to_owned(), url.into());
        Draft {
            platform: Some("webhook".to_owned()),
            name: Some("又一个群".to_owned()),
            credentials: Some(credentials),
            regions: Some(vec!["131003".to_owned()]),
            ..Draft::default()
        }
    };
    let (robot, other) = (team.chat.robot(), format!("{}/other", team.chat.robot()));
    let new = draft(&other).new_group(groups().sender.guard()).unwrap();
    let change = draft(&robot).change(Platform::Webhook, groups().sender.guard()).unwrap();

    let step = groups();
    hang_up(&house, &team, async move { step.test(admin, id).await.map(drop) }).await;
    assert_rests(&house, &team, &team.path("/test")).await;
    let step = groups();
    hang_up(&house, &team, async move { step.change(admin, id, change).await.map(drop) }).await;
    assert_rests(&house, &team, &team.path("/test")).await;
    let step = groups();
    hang_up(&house, &team, async move { step.connect(admin, new).await.map(drop) }).await;
    let connected = house.get("/groups", Some(&team.admin.token)).await.expect(200)["items"][1]["id"].clone();
    let id: uuid::Uuid = connected.as_str().unwrap().parse().unwrap();
    assert_rests(&house, &team, &format!("/groups/{id}/code")).await;
    let step = groups();
    hang_up(&house, &team, async move { step.send_code(admin, id).await }).await;
    assert_rests(&house, &team, &format!("/groups/{id}/code")).await;
    house
}

/// Takes a step until the platform is asked, and gives it up then; the platform wants to hear nothing for an hour.
async fn hang_up(house: &House, team: &Team, step: impl Future<Output = Result<(), GroupError>> + 'static) {
    team.chat.script(429, &[("retry-after", "3600")], "later");
    let held = team.chat.hold("");
    let asks = tokio::task::spawn_local(step);
    let under_way = held.came().await;
    house.woken();
    asks.abort();
    assert!(asks.await.unwrap_err().is_cancelled());
    drop(under_way);
    let noted = timeout(PATIENCE, house.stations.shared.work_is_due.notified()).await;
    noted.expect("what was answered is noted down");
}

/// Nothing more is asked of the platform for that hour.
async fn assert_rests(house: &House, team: &Team, step: &str) {
    house.advance(TimeDelta::minutes(59));
    let again = house.post(step, Some(&team.admin.token), &json!({})).await;
    assert_eq!(again.headers["retry-after"], "60", "{}", again.text);
    assert_eq!(again.problem(429), "too_many_requests");
    house.advance(TimeDelta::minutes(1));
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
    team.verify(&house).await;
    let (case, _) = team.publish(&house, notices::missing_person(house.clock.now()), "13800138001").await;
    team.hears(&case);

    // The same when another bot replaces it and the admin still enters the chat's old id.
    house.advance(TimeDelta::minutes(1));
    team.chat.script(400, &[], &moved.to_string());
    let mut credentials = team.chat.credentials();
    credentials.insert("chat_id".to_owned(), "-5".into());
    team.change(&house, json!({"credentials": credentials})).await;
    team.verify(&house).await;
    let (case, _) = team.publish(&house, notices::missing_person(house.clock.now()), "13800138002").await;
    team.hears(&case);
    house
}

async fn a_chat_whose_code_was_not_answered_is_known_by_its_first_notice(house: House) -> House {
    let house = house.and_chats(&[Platform::Slack]).await;
    let (admin, moderator) =
        (house.person("王群主", Role::GroupAdmin).await, house.person("林志愿", Role::Moderator).await);
    let mut team = Team { admin, moderator, chat: house.chats[0].clone(), group: String::new() };
    let (field, name) = team.chat.name();
    let id = team.chat.credentials()[field].as_str().unwrap().to_owned();
    team.chat.lose_answers(true);
    team.group = connect(&house, &team, field, name).await;
    team.chat.lose_answers(false);
    let code = json!({"code": team.chat.read_code()});
    house.post(&team.path("/verify"), Some(&team.admin.token), &code).await.expect(200);
    house.advance(TimeDelta::minutes(1));
    let (case, _) = team.publish_bag(&house).await;
    team.hears(&case);
    assert_eq!(ask_to_connect(&house, &team, field, &id).await.problem(409), "group_exists");
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
        team.verify(&house).await;
    }
    let groups = house.get("/groups", Some(&team.admin.token)).await.expect(200);
    assert_eq!(groups["items"].as_array().unwrap().len(), 2, "{groups}");
    house.chats[0].rename();
    house.advance(TimeDelta::minutes(1));
    let (case, _) = team.publish_bag(&house).await;
    for chat in house.chats.clone() {
        team.chat = chat;
        team.hears(&case);
    }
    house
}
