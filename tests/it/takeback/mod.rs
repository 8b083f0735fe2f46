//! The results of a broadcast, and taking it back: as people in the chats see it, and as the report, the
//! reporter and the moderator are told.

use chrono::TimeDelta;
use serde_json::{Map, Value, json};
use seventytwo::domain::people::Role;

use crate::fakes::{ELSEWHERE, Fake, Shown};
use crate::house::{COOLING, House, Person};
use crate::notices;

pub mod endings;
pub mod ways;

const OVER: &str = "【72小时】本条信息已结束,请停止转发";

/// Numbers of groups.
#[derive(Clone, Copy, Default)]
struct Ledger {
    received: i64,
    perhaps: i64,
    edited: i64,
    deleted: i64,
    followed_up: i64,
    waiting: i64,
    /// How many of the waiting groups are paused.
    paused: i64,
    unreachable: i64,
}

impl Ledger {
    /// The ledger of one group that received the notice.
    fn one(how: fn(&mut Ledger) -> &mut i64) -> Ledger {
        let mut ledger = Ledger { received: 1, ..Ledger::default() };
        *how(&mut ledger) = 1;
        ledger
    }

    /// As the API reports it.
    fn json(self) -> Value {
        let Ledger { received, perhaps, edited, deleted, followed_up, waiting, paused, unreachable } = self;
        json!({
            "received": received, "perhaps": perhaps, "edited": edited, "deleted": deleted, "followed_up": followed_up,
            "waiting": waiting, "paused": paused, "unreachable": unreachable,
        })
    }

    /// As the pages of the reporter and the moderator say it.
    fn sentences(self) -> String {
        let told = [
            ("", self.edited, "个群里的消息已修改，不再显示原内容。"),
            ("", self.deleted, "个群里的消息已删除。"),
            ("", self.followed_up, "个群已另发消息说明。"),
            ("还有 ", self.waiting - self.paused, "个群没收到结束的通知。"),
            ("", self.paused, "个群等待恢复接收。"),
            ("", self.unreachable, "个群未能通知到。"),
        ];
        let told = told.iter().filter(|(_, groups, _)| *groups > 0);
        let told: String = told.map(|(still, groups, words)| format!("{still}{groups} {words}")).collect();
        format!("已有 {} 个群收到。{told}", self.received)
    }

    /// As the page of the report says it.
    fn facts(self) -> [String; 5] {
        [
            ("消息已修改", self.edited),
            ("消息已删除", self.deleted),
            ("已另发消息", self.followed_up),
            ("等待中", self.waiting),
            ("未能通知到", self.unreachable),
        ]
        .map(|(name, groups)| format!("<dt>{name}</dt><dd>{groups} 个群</dd>"))
    }
}

/// A notice that a group on each chat of the house has received.
struct Scene {
    moderator: Person,
    admin: Person,
    groups: Vec<String>,
    case: String,
    manage: String,
}

impl Scene {
    async fn of(house: &House) -> Scene {
        let moderator = house.person("林志愿", Role::Moderator).await;
        let admin = house.person("王群主", Role::GroupAdmin).await;
        let mut groups = Vec::new();
        for chat in &house.chats {
            groups.push(house.group(chat, &admin, &["131003"], &["rescue"]).await);
        }
        let (case, manage) = publish(house, &moderator, "13800138001").await;
        for chat in &house.chats {
            let said: String = chat.read_all().iter().map(Value::to_string).collect();
            assert!(said.contains(&case), "{:?} received nothing", chat.platform());
        }
        Scene { moderator, admin, groups, case, manage }
    }

    async fn close(&self, house: &House) {
        end(house, &self.manage).await;
        work(house).await;
    }

    /// The report about everything that was said, from the moderator's API.
    async fn report(&self, house: &House) -> Value {
        house.get(&format!("/broadcasts/{}", self.case), Some(&self.moderator.token)).await.expect(200)
    }

    /// The report equals this ledger; returns the report of the ending.
    async fn reported(&self, house: &House, purpose: &str, ledger: Ledger) -> Value {
        let (report, told) = (self.report(house).await, ledger.json());
        let [alert, ending] = report["items"].as_array().unwrap().as_slice() else { panic!("{report}") };
        assert_eq!((&alert["purpose"], &ending["purpose"]), (&json!("alert"), &json!(purpose)));
        assert_eq!(alert["delivered"], told["received"], "{report}");
        let numbers = ["edited", "deleted", "followed_up", "waiting", "unreachable"];
        for number in numbers {
            assert_eq!(ending[number], told[number], "{number} in {report}");
        }
        let all: i64 = numbers.iter().map(|number| told[*number].as_i64().unwrap()).sum();
        assert_eq!(ending["planned"], all, "{report}");
        let session = house.session(&self.moderator).await;
        let page = house.page_as(&format!("/broadcasts/{}", self.case), &format!("session={session}")).await;
        for fact in ledger.facts() {
            assert!(page.text.contains(&fact), "{fact} in {}", page.text);
        }
        ending.clone()
    }

    /// The report, the reporter and the moderator are told this ledger; returns the report of the ending.
    async fn told(&self, house: &House, purpose: &str, ledger: Ledger) -> Value {
        let mine = house.get("/my/notice", Some(&self.manage)).await.expect(200);
        assert_eq!(mine["groups"], ledger.json());
        let sheet =
            house.get(&format!("/review/{}", self.case), Some(&self.moderator.token)).await.expect(200);
        assert_eq!(sheet["groups"], ledger.json());
        let session = house.session(&self.moderator).await;
        let mine = house.page_as("/my", &format!("manage={}", self.manage)).await;
        let sheet = house.page_as(&format!("/review/{}", self.case), &format!("session={session}")).await;
        for page in [mine, sheet] {
            assert!(page.text.contains(&ledger.sentences()), "{} in {}", ledger.sentences(), page.text);
        }
        self.reported(house, purpose, ledger).await
    }

    async fn step(&self, house: &House, group: usize, step: &str) {
        let path = format!("/groups/{}/{step}", self.groups[group]);
        house.post(&path, Some(&self.admin.token), &json!({})).await.expect(200);
    }

    async fn change(&self, house: &House, group: usize, to: Value) {
        let path = format!("/groups/{}", self.groups[group]);
        house.call(reqwest::Method::PATCH, &path, Some(&self.admin.token), Some(&to)).await.expect(200);
    }

    /// The token of the first chat's robot leaked, and another one takes its place.
    async fn replace_token(&self, house: &House, token: &str) {
        let chat = &house.chats[0];
        chat.replace_token(token);
        self.renew(house, chat.credentials()).await;
    }

    /// The group on the first chat, Telegram's, is another chat of the same bot from now on.
    async fn leave_chat(&self, house: &House) {
        let mut credentials = house.chats[0].credentials();
        credentials.insert("chat_id".to_owned(), ELSEWHERE.into());
        self.renew(house, credentials).await;
    }

    /// The group on the first chat has these credentials from now on, and proves control by them.
    async fn renew(&self, house: &House, credentials: Map<String, Value>) {
        self.change(house, 0, json!({"credentials": credentials})).await;
        let path = format!("/groups/{}/verify", self.groups[0]);
        let code = json!({"code": house.chats[0].read_code()});
        house.post(&path, Some(&self.admin.token), &code).await.expect(200);
    }

    async fn delete(&self, house: &House, group: usize) {
        let path = format!("/groups/{}", self.groups[group]);
        house.call(reqwest::Method::DELETE, &path, Some(&self.admin.token), None).await.expect(204);
    }
}

/// Lets the background loops work for some seconds, because a chat takes one request a second.
async fn work(house: &House) {
    for _ in 0..6 {
        house.pass(TimeDelta::seconds(1)).await;
    }
}

/// Submits a notice and has it approved; returns its case number and manage token.
async fn approve(house: &House, moderator: &Person, phone: &str) -> (String, String) {
    let mut notice = notices::rescue(house.clock.now());
    notice["reporter"]["phone"] = json!(phone);
    let (case, manage) = house.submit(&notice).await;
    house.approve(&case, &[moderator]).await;
    house.advance(COOLING);
    (case, manage)
}

/// Lets a notice go live; returns its case number and manage token.
async fn publish(house: &House, moderator: &Person, phone: &str) -> (String, String) {
    let approved = approve(house, moderator, phone).await;
    work(house).await;
    approved
}

/// Its reporter closes a notice.
async fn end(house: &House, manage: &str) {
    house.close(manage, "rescued").await;
}

/// The messages in a chat, without the code that proved control of it.
fn standing(chat: &Fake) -> Vec<Shown> {
    chat.shown().split_off(1)
}

#[track_caller]
fn alone(shown: &[Shown]) -> &Shown {
    let [one] = shown else { panic!("{shown:?}") };
    one
}

/// The only message now says that the notice is over, under the same id and with another picture.
#[track_caller]
fn exchanged(stood: &[Shown], stands: &[Shown]) {
    let (stood, stands) = (alone(stood), alone(stands));
    assert_eq!(stood.id, stands.id);
    assert!(stands.text.starts_with(OVER) && !stood.text.starts_with(OVER), "{stands:?}");
    assert_ne!(stood.picture, stands.picture);
}
