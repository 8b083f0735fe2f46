//! What is live is looked at again: an edit goes the way of a new notice while what is published stands, what is owed
//! is asked for until it is there, and an end leaves nothing to be decided.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use crate::groups::beijing;
use crate::hostile::by_another;
use crate::house::{House, Person};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[housed!(an_edit_that_nobody_has_read_wakes_nobody)];

/// Those who verify.
struct Desk {
    moderator: Person,
    colleague: Person,
    lead: Person,
}

impl Desk {
    async fn of(house: &House) -> Desk {
        Desk {
            moderator: house.person("林志愿", Role::Moderator).await,
            colleague: house.person("周志愿", Role::Moderator).await,
            lead: house.person("陈组长", Role::Lead).await,
        }
    }

    async fn queue(&self, house: &House) -> Vec<Value> {
        let queue = house.get("/review/queue", Some(&self.lead.token)).await.expect(200);
        queue["items"].as_array().unwrap().clone()
    }

    async fn sheet(&self, house: &House, case: &str) -> Value {
        house.get(&format!("/review/{case}"), Some(&self.lead.token)).await.expect(200)
    }
}

async fn submit(house: &House, body: &Value) -> (String, String) {
    let made = house.post("/notices", None, body).await.expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("case_number"), text("manage_token"))
}

/// Approved by each of them, and past the cooling.
async fn live(house: &House, body: &Value, by: &[&Person]) -> (String, String) {
    let (case, manage) = submit(house, body).await;
    approve(house, &case, by).await;
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    (case, manage)
}

async fn approve(house: &House, case: &str, by: &[&Person]) {
    for person in by {
        house.decide(case, person, "approve", "verified").await.expect(200);
    }
}

async fn edit(house: &House, manage: &str, changes: Value) -> Value {
    house.call(Method::PATCH, "/my/notice", Some(manage), Some(&changes)).await.expect(200)
}

/// What everybody reads of it.
async fn description(house: &House, case: &str) -> String {
    let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
    shown["description"].as_str().unwrap_or_default().to_owned()
}

async fn an_edit_that_nobody_has_read_wakes_nobody(house: House) {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let desk = Desk::of(&house).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let chat = house.chats[0].clone();
    let group = house.group(&chat, &admin, &["131003"], &["missing_person"]).await;
    // Quiet from 11:00, but for life at risk; what is said half a minute before that fails.
    let quiet = json!({"from": beijing(house.clock.now(), 1), "until": beijing(house.clock.now(), 4)});
    let path = format!("/groups/{group}");
    house.call(Method::PATCH, &path, Some(&admin.token), Some(&json!({"quiet": quiet}))).await.expect(200);
    let adult = |number| {
        let mut body = by_another(notices::missing_person(house.clock.now()), number);
        body["person"]["age"] = json!(34);
        body["person"]["category"] = json!("other_adult");
        body["person"]["medical_urgent"] = json!(false);
        body
    };
    house.advance(TimeDelta::minutes(52));
    let (waits, _) = submit(&house, &adult(2)).await;
    house.advance(TimeDelta::seconds(1));
    chat.script(503, &[], "not now");
    let (case, manage) = live(&house, &adult(1), &[&desk.moderator, &desk.lead]).await;
    house.advance(TimeDelta::seconds(40));
    edit(&house, &manage, json!({"person": {"medical_urgent": true}})).await;
    house.settle().await;
    assert_eq!(chat.read(), None, "its edit says that it is urgent, and nobody has read that");
    // Whoever reads it reads it before what can wait longer.
    let queue = desk.queue(&house).await;
    assert_eq!((&queue[0]["case_number"], &queue[0]["urgency"]), (&json!(case), &json!(2)), "{queue:?}");
    assert_eq!((&queue[1]["case_number"], &queue[1]["urgency"]), (&json!(waits), &json!(1)));
    assert_eq!(desk.sheet(&house, &case).await["urgency"], 2);
    house.decide(&case, &desk.moderator, "reject", "hoax").await.expect(200);
    assert_eq!(desk.sheet(&house, &case).await["urgency"], 1);
    house.advance(TimeDelta::minutes(20));
    house.settle().await;
    assert_eq!(chat.read(), None, "it was turned down");

    edit(&house, &manage, json!({"person": {"medical_urgent": true}})).await;
    approve(&house, &case, &[&desk.colleague, &desk.lead]).await;
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    assert!(chat.read().unwrap().to_string().contains(&case), "now it is urgent");
    assert_eq!(desk.sheet(&house, &case).await["urgency"], 2);
    house.finish().await;
}
