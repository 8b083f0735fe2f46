//! Nobody polls for work: what makes some due wakes the worker of its node, and on PostgreSQL those of the others.

use std::sync::Arc;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::web::csrf;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::groups::Team;
use crate::hostile::{ask, request};
use crate::house::{COOLING, Db, House};
use crate::process::PATIENCE;
use crate::{Test, housed, notices, shared};

/// The tests of this file.
pub const TESTS: &[Test] =
    &[housed!(what_makes_work_due_wakes_the_worker), shared!(what_makes_work_due_wakes_the_other_nodes)];

/// What makes work due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Approve,
    GoLive,
    Pause,
    Resume,
    PauseOnThePage,
    ResumeGroup,
    EndPause,
    ChangeTimes,
    ChangeWishes,
    Redeliver,
    Try,
    Prove,
    Close,
}

/// In an order in which each is possible.
const STEPS: [Step; 14] = [
    Step::Approve,
    Step::GoLive,
    Step::Pause,
    Step::Resume,
    Step::PauseOnThePage,
    Step::Resume,
    Step::ResumeGroup,
    Step::EndPause,
    Step::ChangeTimes,
    Step::ChangeWishes,
    Step::Redeliver,
    Step::Try,
    Step::Prove,
    Step::Close,
];

/// A notice that waits for its approval, and a group that lacks another one.
struct Scene {
    team: Team,
    case: String,
    manage: String,
    given_up: Value,
}

impl Scene {
    async fn of(house: &House) -> Scene {
        let team = Team::of(house).await;
        team.chat.script(413, &[], "no room");
        team.publish_bag(house).await;
        let log = house.get(&team.path("/deliveries"), Some(&team.admin.token)).await.expect(200);
        assert_eq!(log["items"][0]["state"], "given_up", "{log}");
        let given_up = log["items"][0]["id"].clone();
        let (case, manage) = house.submit(&notices::rescue(house.clock.now())).await;
        house.claim(&case, &team.moderator).await;
        Scene { team, case, manage, given_up }
    }

    /// What has to be so before the step.
    async fn prepare(&self, house: &House, step: Step) {
        house.advance(TimeDelta::seconds(10));
        match step {
            Step::GoLive => house.advance(COOLING),
            Step::ResumeGroup => self.group(house, "/pause", &Value::Null).await,
            Step::EndPause => {
                let until = house.clock.now() + TimeDelta::hours(1);
                self.group(house, "/pause", &json!({"until": until})).await;
                house.advance(TimeDelta::hours(1));
            }
            Step::Prove => {
                drop(self.team.change(house, json!({"credentials": self.team.chat.credentials()})).await);
            }
            _ => {}
        }
    }

    async fn take(&self, house: &House, step: Step) {
        match step {
            Step::Approve => self.desk(house, "decisions", &json!({"action": "approve"})).await,
            Step::GoLive => house.stations.publish_cooled().await.unwrap(),
            Step::Pause => self.desk(house, "pause", &json!({})).await,
            Step::Resume => self.desk(house, "resume", &json!({})).await,
            Step::PauseOnThePage => self.on_the_page(house).await,
            Step::ResumeGroup => self.group(house, "/resume", &Value::Null).await,
            Step::EndPause => house.stations.end_pauses().await.unwrap(),
            Step::ChangeTimes => drop(self.team.change(house, json!({"hourly_cap": 9})).await),
            Step::ChangeWishes => {
                drop(self.team.change(house, json!({"kinds": ["rescue", "lost_property"]})).await);
            }
            Step::Redeliver => {
                let path = format!("/deliveries/{}/redeliver", self.given_up.as_str().unwrap());
                self.group(house, &path, &json!({})).await;
            }
            Step::Try => {
                self.group(house, "/test", &json!({})).await;
                self.team.chat.read().expect("the test message");
            }
            Step::Prove => {
                let code = json!({"code": self.team.chat.read_code()});
                self.group(house, "/verify", &code).await;
            }
            Step::Close => house.close(&self.manage, "rescued").await,
        }
    }

    async fn group(&self, house: &House, path: &str, body: &Value) {
        let reply = house.post(&self.team.path(path), Some(&self.team.admin.token), body).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.text);
    }

    async fn version(&self, house: &House) -> Value {
        let path = format!("/review/{}", self.case);
        house.get(&path, Some(&self.team.moderator.token)).await.expect(200)["version"].clone()
    }

    async fn desk(&self, house: &House, step: &str, body: &Value) {
        let mut body = body.clone();
        (body["version"], body["reason"]) = (self.version(house).await, json!("verified"));
        let path = format!("/review/{}/{step}", self.case);
        house.post(&path, Some(&self.team.moderator.token), &body).await.expect(200);
    }

    async fn on_the_page(&self, house: &House) {
        let (version, session) =
            (self.version(house).await.to_string(), house.session(&self.team.moderator).await);
        let mark = csrf::token(&house.stations.shared.vault, &session);
        let form = [("csrf", mark.as_str()), ("version", &version), ("reason", "verified")];
        let sent = request(house, Method::POST, &format!("/review/{}/pause", self.case));
        let taken = ask(sent.header("cookie", format!("session={session}")).form(&form)).await;
        assert_eq!(taken.status, 303, "{}", taken.text);
    }
}

async fn what_makes_work_due_wakes_the_worker(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let scene = Scene::of(&house).await;
    let mut asleep = Vec::new();
    for step in STEPS {
        scene.prepare(&house, step).await;
        house.woken();
        scene.take(&house, step).await;
        asleep.extend((!house.woken()).then_some(step));
    }
    assert_eq!(asleep, [], "nobody was woken");
    house.overhear().await;
    house
}

async fn what_makes_work_due_wakes_the_other_nodes(db: Db) {
    let house = House::start(db).await.and_chats(&[Platform::Webhook]).await;
    let scene = Scene::of(&house).await;
    // As another node listens.
    let (store, due, stop) =
        (house.stations.shared.store.clone(), Arc::new(Notify::new()), CancellationToken::new());
    let listening = tokio::spawn({
        let (due, stop) = (Arc::clone(&due), stop.clone());
        async move { store.listen(due, stop).await }
    });
    let hears = async |what: &str| {
        timeout(PATIENCE, due.notified()).await.unwrap_or_else(|_| panic!("it does not hear of it: {what}"));
    };
    hears("that it listens").await;
    // These make nothing due yet.
    let quiet = [Step::Approve, Step::Pause, Step::PauseOnThePage];
    for step in STEPS {
        scene.prepare(&house, step).await;
        if step == Step::Prove {
            hears("that the code arrived").await;
        }
        scene.take(&house, step).await;
        if !quiet.contains(&step) {
            hears(&format!("{step:?}")).await;
        }
    }
    stop.cancel();
    listening.await.unwrap();
    house.overhear().await;
    house.finish().await;
}
