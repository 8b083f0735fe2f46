//! The steps that many tests take on the way to their own: a notice is handed in, verified, edited.

use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::people::Role;

use crate::house::{COOLING, House, Person, Reply};

/// The people who verify.
pub struct Desk {
    pub moderator: Person,
    pub colleague: Person,
    pub lead: Person,
}

impl Desk {
    pub async fn of(house: &House) -> Desk {
        Desk {
            moderator: house.person("林志愿", Role::Moderator).await,
            colleague: house.person("周志愿", Role::Moderator).await,
            lead: house.person("陈组长", Role::Lead).await,
        }
    }

    /// What the queue shows to leads.
    pub async fn queue(&self, house: &House) -> Vec<Value> {
        let queue = house.get("/review/queue", Some(&self.lead.token)).await.expect(200);
        queue["items"].as_array().unwrap().clone()
    }

    /// What a case shows to leads.
    pub async fn sheet(&self, house: &House, case: &str) -> Value {
        house.get(&format!("/review/{case}"), Some(&self.lead.token)).await.expect(200)
    }
}

impl House {
    /// Hands a notice in; returns its case number and manage token.
    pub async fn submit(&self, body: &Value) -> (String, String) {
        let made = self.post("/notices", None, body).await.expect(201);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let (case, manage) = (text("case_number"), text("manage_token"));
        assert_eq!(
            (&made["state"], text("public_url")),
            (&json!("submitted"), format!("{}/n/{case}", self.base))
        );
        (case, manage)
    }

    pub async fn claim(&self, case: &str, by: &Person) {
        self.post(&format!("/review/{case}/claim"), Some(&by.token), &json!({})).await.expect(200);
    }

    /// Claims a notice and decides it.
    pub async fn decide(&self, case: &str, by: &Person, action: &str, reason: &str) -> Reply {
        let claimed = self.post(&format!("/review/{case}/claim"), Some(&by.token), &json!({})).await;
        if !claimed.status.is_success() {
            return claimed;
        }
        let body = json!({"version": claimed.body["version"], "action": action, "reason": reason});
        self.post(&format!("/review/{case}/decisions"), Some(&by.token), &body).await
    }

    /// Each of them approves it.
    pub async fn approve(&self, case: &str, by: &[&Person]) {
        for person in by {
            self.decide(case, person, "approve", "verified").await.expect(200);
        }
    }

    /// Each of them approves it, it cools and goes live; nothing of it is sent yet.
    pub async fn publish_cooled(&self, case: &str, by: &[&Person]) {
        self.approve(case, by).await;
        self.advance(COOLING);
        self.stations.publish_cooled().await.unwrap();
    }

    /// Each of them approves it, it cools, goes live and is sent.
    pub async fn go_live(&self, case: &str, by: &[&Person]) {
        self.approve(case, by).await;
        self.pass(COOLING).await;
    }

    /// Hands a notice in that goes live; returns its case number and manage token.
    pub async fn live(&self, body: &Value, by: &[&Person]) -> (String, String) {
        let (case, manage) = self.submit(body).await;
        self.go_live(&case, by).await;
        (case, manage)
    }

    /// Claims a notice and passes every tip on that is held.
    pub async fn pass_tips(&self, case: &str, by: &Person) {
        self.claim(case, by).await;
        let path = format!("/review/{case}");
        let sheet = self.get(&path, Some(&by.token)).await.expect(200);
        for tip in sheet["tips"].as_array().unwrap().iter().filter(|tip| tip["held"] == true) {
            let tip = format!("{path}/tips/{}", tip["id"].as_str().unwrap());
            self.post(&tip, Some(&by.token), &json!({"action": "pass_on"})).await.expect(204);
        }
    }

    /// Its reporter changes a notice; returns the answer.
    pub async fn edit(&self, manage: &str, changes: Value) -> Value {
        self.call(Method::PATCH, "/my/notice", Some(manage), Some(&changes)).await.expect(200)
    }

    /// Its reporter says that it is over; the groups do not learn how.
    pub async fn close(&self, manage: &str, outcome: &str) {
        let body = json!({"outcome": outcome, "announce": false});
        self.post("/my/notice/close", Some(manage), &body).await.expect(200);
    }
}
