//! Matrix against a real homeserver: what people in a room of Synapse read of our messages, and how we handle
//! Synapse's limits and refusals.

mod line;
pub mod parity;
mod server;

use libtest_mimic::Trial;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::clock::Clock;
use seventytwo::domain::language::Language;
use seventytwo::domain::people::Role;
use seventytwo::language::text;

use self::line::Line;
use self::server::{Room, Synapse};
use crate::house::{Db, Reply};
use crate::process::{Program, assert_audit, backlog, eventually, person};
use crate::{Test, bare, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    bare!(a_notice_is_read_with_its_picture_and_then_taken_back),
    bare!(a_lost_answer_makes_nothing_twice),
    bare!(over_the_limit_a_notice_waits_as_long_as_told),
    bare!(a_kicked_bot_stops_its_group_until_control_is_proved_again),
];

/// The test itself; ignored where it needs a Synapse and none is available.
pub fn or_ignored(trial: Trial) -> Trial {
    let ignored = trial.name().starts_with("synapse::") && server::python().is_none();
    if ignored { trial.with_ignored_flag(true) } else { trial }
}

/// The program with one group, a room of Synapse.
struct Team {
    program: Program,
    room: Room,
    admin: String,
    moderator: String,
    group: String,
}

/// A submitted notice.
struct Notice {
    case: String,
    manage: String,
}

impl Team {
    /// Connects the room with the bot's token and proves control of it; `url` leads to the homeserver.
    async fn start(db: &Db, room: Room, url: &str) -> Team {
        let moderator = person(db, "林志愿", Role::Moderator).await;
        let admin = person(db, "王群主", Role::GroupAdmin).await;
        let gateway = format!("matrix={url}");
        let settings = [("SEVENTYTWO_COOLING", "0s"), ("SEVENTYTWO_PLATFORM_HOSTS", gateway.as_str())];
        let program = Program::start(db, &settings).await;
        let mut team = Team { program, room, admin, moderator, group: String::new() };
        let body = json!({
            "platform": "matrix", "name": "测试群", "regions": ["131000"], "kinds": ["missing_person"],
            "credentials": {"homeserver": url, "access_token": team.room.bot.token, "room_id": team.room.id},
        });
        let made = team.call(Method::POST, "/groups", Some(&body)).await.expect(201);
        assert_eq!(made["state"], "unverified");
        team.group = made["id"].as_str().unwrap().to_owned();
        let code = team.room.read_code().await;
        team.verify(&code).await.expect(200);
        assert_eq!(team.group().await["state"], "active");
        team
    }

    /// An API call by the group's admin.
    async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        self.program.door.call(method, path, Some(&self.admin), body).await.unwrap()
    }

    async fn post(&self, rest: &str, body: Value) -> Reply {
        self.call(Method::POST, &format!("/groups/{}{rest}", self.group), Some(&body)).await
    }

    /// Asks for a new code, once the pace of the chat allows it.
    async fn ask_for_code(&self) -> Reply {
        let mut reply = None;
        eventually("a code may be sent", async || {
            let asked = self.post("/code", json!({})).await;
            reply.insert(asked).status != 429
        })
        .await;
        reply.expect("an answer")
    }

    async fn get(&self, rest: &str) -> Value {
        self.call(Method::GET, &format!("/groups/{}{rest}", self.group), None).await.expect(200)
    }

    async fn verify(&self, code: &str) -> Reply {
        self.post("/verify", json!({"code": code})).await
    }

    /// The group as its admin sees it.
    async fn group(&self) -> Value {
        self.get("").await
    }

    /// The newest delivery of the log, with its calls.
    async fn newest(&self) -> Value {
        let log = self.get("/deliveries").await;
        match log["items"][0]["id"].as_str() {
            Some(id) => self.get(&format!("/deliveries/{id}")).await,
            None => Value::Null,
        }
    }

    /// Waits until the newest delivery is of that broadcast and in that state.
    async fn newest_is(&self, broadcast: &str, state: &str) {
        eventually(&format!("the {broadcast} is {state}"), async || {
            let newest = self.newest().await;
            newest["broadcast"] == broadcast && newest["state"] == state
        })
        .await;
    }

    async fn publish(&self) -> Notice {
        let body = notices::missing_person(Clock::system().now());
        let door = &self.program.door;
        let made = door.call(Method::POST, "/notices", None, Some(&body)).await.unwrap().expect(201);
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        let notice = Notice { case: text("case_number"), manage: text("manage_token") };
        door.approve(&notice.case, &self.moderator).await.unwrap();
        notice
    }

    async fn close(&self, notice: &Notice) {
        let body = json!({"outcome": "found", "announce": false});
        let path = "/my/notice/close";
        let door = &self.program.door;
        door.call(Method::POST, path, Some(&notice.manage), Some(&body)).await.unwrap().expect(200);
    }

    /// The words and the picture of the only notice in the room.
    async fn read(&self, notice: &Notice) -> [Value; 2] {
        let messages: [Value; 2] = self.room.messages().await.try_into().expect("words and a picture");
        let words = messages[0]["content"]["body"].as_str().unwrap();
        assert!(words.contains(&notice.case) && words.contains("李玉兰"), "{words}");
        assert_eq!(messages[1]["content"]["msgtype"], "m.image");
        messages
    }

    /// Ends the test: nothing is under way, and the decision log is whole.
    async fn finish(self, db: &Db) {
        assert_eq!(backlog(db).await, 0);
        self.program.kill();
        assert_audit(db);
    }
}

async fn a_notice_is_read_with_its_picture_and_then_taken_back(db: Db) {
    let team = Team::start(&db, Room::open().await, &Synapse::shared().await.url).await;
    let notice = team.publish().await;
    team.newest_is("alert", "delivered").await;
    let [words, picture] = team.read(&notice).await;
    let said = words["content"]["body"].as_str().unwrap();
    assert!(said.starts_with("【72小时】寻人"), "{said}");
    assert!(!said.contains("13800138000") && !said.contains("痴呆"), "{said}");
    assert_eq!(words["content"]["msgtype"], "m.notice");
    assert_eq!(words["content"]["m.mentions"], json!({}));
    let (kind, bytes) = team.room.admin.download(picture["content"]["url"].as_str().unwrap()).await;
    assert_eq!(
        (kind.as_str(), json!(bytes.len())),
        ("image/jpeg", picture["content"]["info"]["size"].clone())
    );
    let poster = image::load_from_memory_with_format(&bytes, image::ImageFormat::Jpeg).unwrap();
    assert!(poster.width() > 500 && poster.height() > 500, "{} x {}", poster.width(), poster.height());

    // An edit that Synapse bundles with the message is one that clients show in its place.
    team.close(&notice).await;
    team.newest_is("closing", "delivered").await;
    let [words, picture]: [Value; 2] = team.room.messages().await.try_into().expect("nothing more");
    let edit = &words["unsigned"]["m.relations"]["m.replace"];
    let now = edit["content"]["m.new_content"]["body"].as_str().expect("the words were edited");
    assert!(now.contains("本条信息已结束,请停止转发") && now.contains(&notice.case), "{now}");
    assert!(!now.contains("李玉兰"), "{now}");
    assert_eq!(picture["content"], json!({}));
    assert_eq!(picture["unsigned"]["redacted_because"]["sender"], team.room.bot.id.as_str());
    team.finish(&db).await;
}

async fn a_lost_answer_makes_nothing_twice(db: Db) {
    let line = Line::start().await;
    let team = Team::start(&db, Room::open_old().await, &line.url).await;
    line.lose_every_other_answer();
    let notice = team.publish().await;
    team.newest_is("alert", "delivered").await;
    team.read(&notice).await;
    let before = team.room.events().await.len();
    team.close(&notice).await;
    team.newest_is("closing", "delivered").await;
    let after = team.room.events().await;
    assert_eq!(after.len(), before + 2, "an edit and a withdrawal: {after:#?}");
    let put = line.put();
    assert_eq!(put.len(), 8, "words, picture, edit and withdrawal, each twice: {put:#?}");
    for twice in put.chunks(2) {
        assert_eq!(twice[0], twice[1], "said again in other words");
    }
    team.finish(&db).await;
}

/// By the real clock on both sides: a request that comes too soon is refused again.
async fn over_the_limit_a_notice_waits_as_long_as_told(db: Db) {
    let line = Line::start().await;
    let team = Team::start(&db, Room::open().await, &line.url).await;
    line.exhaust(&team.room.bot);
    let notice = team.publish().await;
    team.newest_is("alert", "delivered").await;
    team.read(&notice).await;
    let delivery = team.newest().await;
    let calls = delivery["calls"].as_array().unwrap();
    let outcomes: Vec<&str> = calls.iter().map(|call| call["outcome"].as_str().unwrap()).collect();
    assert_eq!((outcomes[0], &calls[0]["code"]), ("slow", &json!("M_LIMIT_EXCEEDED")), "{delivery:#}");
    assert!(!outcomes.windows(2).any(|two| two == ["slow", "slow"]), "asked again too soon: {delivery:#}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "delivered").count(), 2, "{delivery:#}");
    let put = line.put();
    assert_eq!((put.len(), &put[0]), (calls.len(), &put[1]), "{put:#?}");
    team.finish(&db).await;
}

async fn a_kicked_bot_stops_its_group_until_control_is_proved_again(db: Db) {
    let team = Team::start(&db, Room::open().await, &Synapse::shared().await.url).await;
    let old = team.room.read_code().await;
    team.room.moderate("kick").await;
    let notice = team.publish().await;
    eventually("the group is stopped", async || team.group().await["state"] == "disabled").await;
    assert_eq!(team.group().await["reason"], "gone");
    let delivery = team.newest().await;
    assert_eq!(delivery["state"], "given_up");
    let call = &delivery["calls"][0];
    let (meaning, answer) = (call["meaning"].as_str().unwrap(), call["answer"]["words"].as_str().unwrap());
    assert!(meaning.contains(&text(Language::ZhCn, "code-matrix-M_FORBIDDEN")), "{meaning}");
    assert!(answer.contains("not in room"), "{answer}");

    // No code gets into the room, and rejoining it proves nothing.
    let refused = team.ask_for_code().await;
    assert!(refused.body["detail"].as_str().unwrap().contains("M_FORBIDDEN"), "{}", refused.text);
    assert_eq!(refused.problem(422), "group_unreachable");
    team.room.let_back_in().await;
    assert_eq!(team.verify(&old).await.problem(422), "wrong_code");
    let again = format!("/deliveries/{}/redeliver", delivery["id"].as_str().unwrap());
    assert_eq!(team.post(&again, json!({})).await.problem(409), "not_possible");
    assert_eq!(team.group().await["state"], "disabled");
    assert_eq!(team.room.messages().await, Vec::<Value>::new());

    team.ask_for_code().await;
    let code = team.room.read_code().await;
    assert_eq!(team.verify(&code).await.expect(200)["state"], "active");
    assert_eq!(team.group().await["reason"], Value::Null);
    team.post(&again, json!({})).await.expect(202);
    team.newest_is("alert", "delivered").await;
    team.read(&notice).await;
    team.finish(&db).await;
}
