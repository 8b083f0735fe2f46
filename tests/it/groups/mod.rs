//! What a group's admin decides: when the group hears, what is sent again, and how its requests are signed;
//! and what the admin reads about it.

pub mod connecting;
pub mod digests;
pub mod failing;
pub mod log;
pub mod pictures;
pub mod quiet;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use seventytwo::domain::people::Role;

use crate::fakes::Fake;
use crate::house::{COOLING, House, Person, Reply};
use crate::notices;

/// The people and the group of a test.
pub struct Team {
    pub admin: Person,
    pub moderator: Person,
    pub chat: Arc<Fake>,
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
        let (case, manage) = house.submit(&notice).await;
        let approved = house.decide(&case, &self.moderator, "approve", "verified").await.expect(200);
        if approved["state"] == "second_review" {
            let colleague = house.person("周志愿", Role::Moderator).await;
            house.approve(&case, &[&colleague]).await;
        }
        house.pass(COOLING).await;
        (case, manage)
    }

    /// Lets a notice of a lost bag go live; returns its case number and manage token.
    pub async fn publish_bag(&self, house: &House) -> (String, String) {
        self.publish(house, notices::lost_property(house.clock.now()), "13800138001").await
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

    /// The newest delivery, with its requests and answers.
    async fn exchange(&self, house: &House) -> Value {
        let path = self.path(&format!("/deliveries/{}", self.newest(house).await["id"].as_str().unwrap()));
        house.get(&path, Some(&self.admin.token)).await.expect(200)
    }

    /// Enters the code that was read in the chat.
    async fn verify(&self, house: &House) {
        let code = json!({"code": self.chat.read_code()});
        house.post(&self.path("/verify"), Some(&self.admin.token), &code).await.expect(200);
    }

    /// Asks for a code, and enters it.
    async fn prove(&self, house: &House) {
        house.post(&self.path("/code"), Some(&self.admin.token), &json!({})).await;
        self.verify(house).await;
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

pub fn beijing(at: DateTime<Utc>, hours: i64) -> String {
    (at + TimeDelta::hours(8 + hours)).format("%H:00").to_string()
}

/// Fails the open delivery until it has reached this state, checked every hour.
async fn fail_until(house: &House, team: &Team, status: u16, so_far: impl Fn(&Value) -> bool) {
    let mut tried = team.newest(house).await["attempts"].as_i64().unwrap();
    team.chat.script(status, &[], "not now");
    for _ in 0..60 {
        house.pass(TimeDelta::hours(1)).await;
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

/// Its reporter says that it is over, and the group hears of it.
async fn close(house: &House, manage: &str) {
    house.close(manage, "returned").await;
    house.settle().await;
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
