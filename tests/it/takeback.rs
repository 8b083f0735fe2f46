//! What a broadcast came to, and taking it back: as people in the chats see it, and as the report, the reporter
//! and the moderator are told.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use seventytwo::broadcast::platforms::TakeBack;
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::{Conn, StoreError, deliveries};

use crate::chaos::leases::lease_and_die;
use crate::fakes::{Fake, Shown};
use crate::groups::beijing;
use crate::house::{House, Person};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(telegram_exchanges_the_photo),
    housed!(telegram_edits_what_is_too_old_to_be_deleted),
    housed!(telegram_answers_what_can_be_neither_edited_nor_deleted),
    housed!(discord_edits),
    housed!(discord_deletes_what_was_edited_too_often),
    housed!(slack_edits),
    housed!(slack_deletes_when_the_edit_window_is_closed),
    housed!(slack_answers_in_the_thread_when_nothing_else_is_left),
    housed!(telegram_learns_that_somebody_deleted_it),
    housed!(discord_learns_that_somebody_deleted_it),
    housed!(slack_learns_that_somebody_deleted_it),
    housed!(matrix_edits_the_words_and_withdraws_the_picture),
    housed!(what_waited_for_its_picture_does_not_go_once_it_is_over),
    housed!(in_quiet_hours_only_what_makes_no_sound_goes),
    housed!(wecom_is_told_by_a_further_message),
    housed!(a_correction_has_the_same_ledger),
    housed!(a_correction_goes_before_the_closings_of_its_chat),
    housed!(what_still_waits_is_told_with_its_reason),
    housed!(who_hears_nothing_waits_or_is_unreachable_until_it_hears_again),
    housed!(what_is_for_a_group_that_vanished_ends_with_its_notice),
    housed!(an_end_that_a_crash_left_in_doubt_is_said_as_often_as_any),
];

const OVER: &str = "【72小时】本条信息已结束,请停止转发";

/// Numbers of groups.
#[derive(Clone, Copy, Default)]
struct Ledger {
    received: i64,
    edited: i64,
    deleted: i64,
    followed_up: i64,
    waiting: i64,
    /// Of those that wait.
    paused: i64,
    unreachable: i64,
}

impl Ledger {
    /// Of one group that received the notice.
    fn one(how: fn(&mut Ledger) -> &mut i64) -> Ledger {
        let mut ledger = Ledger { received: 1, ..Ledger::default() };
        *how(&mut ledger) = 1;
        ledger
    }

    /// As the doors tell it.
    fn json(self) -> Value {
        let Ledger { received, edited, deleted, followed_up, waiting, paused, unreachable } = self;
        json!({
            "received": received, "edited": edited, "deleted": deleted, "followed_up": followed_up,
            "waiting": waiting, "paused": paused, "unreachable": unreachable,
        })
    }

    /// As the pages of the reporter and the moderator tell it.
    fn sentences(self) -> String {
        let told = [
            (self.edited, "个群里的消息已修改，不再显示原内容。"),
            (self.deleted, "个群里的消息已删除。"),
            (self.followed_up, "个群已另发消息说明。"),
            (self.waiting - self.paused, "个群还在发送。"),
            (self.paused, "个群等待恢复接收。"),
            (self.unreachable, "个群未能通知到。"),
        ];
        let told = told.iter().filter(|(groups, _)| *groups > 0);
        let told: String = told.map(|(groups, words)| format!("{groups} {words}")).collect();
        format!("已有 {} 个群收到。{told}", self.received)
    }

    /// As the page of the report tells it.
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
            let said: String = std::iter::from_fn(|| chat.read()).map(|said| said.to_string()).collect();
            assert!(said.contains(&case), "{:?} received nothing", chat.platform());
        }
        Scene { moderator, admin, groups, case, manage }
    }

    async fn close(&self, house: &House) {
        end(house, &self.manage).await;
        work(house).await;
    }

    /// What the moderator's door tells of everything that was said.
    async fn report(&self, house: &House) -> Value {
        house.get(&format!("/broadcasts/{}", self.case), Some(&self.moderator.token)).await.expect(200)
    }

    /// The report is this ledger; answers what it tells of the ending.
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

    /// The report, the reporter and the moderator are told this ledger; answers what is told of the ending.
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

    async fn delete(&self, house: &House, group: usize) {
        let path = format!("/groups/{}", self.groups[group]);
        house.call(reqwest::Method::DELETE, &path, Some(&self.admin.token), None).await.expect(204);
    }
}

/// Lets the loops work for some seconds: a chat takes a request a second.
async fn work(house: &House) {
    for _ in 0..6 {
        house.advance(TimeDelta::seconds(1));
        house.settle().await;
    }
}

/// Lets a notice be approved; answers its number and manage token.
async fn approve(house: &House, moderator: &Person, phone: &str) -> (String, String) {
    let mut notice = notices::rescue(house.clock.now());
    notice["reporter"]["phone"] = json!(phone);
    let made = house.post("/notices", None, &notice).await.expect(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    house.decide(&text("case_number"), moderator, "approve", "verified").await.expect(200);
    house.advance(TimeDelta::seconds(30));
    (text("case_number"), text("manage_token"))
}

/// Lets a notice go live; answers its number and manage token.
async fn publish(house: &House, moderator: &Person, phone: &str) -> (String, String) {
    let approved = approve(house, moderator, phone).await;
    work(house).await;
    approved
}

/// Its reporter closes a notice.
async fn end(house: &House, manage: &str) {
    let body = json!({"outcome": "rescued", "announce": false});
    house.post("/my/notice/close", Some(manage), &body).await.expect(200);
}

/// What stands in a chat beside the code that proved control of it.
fn standing(chat: &Fake) -> Vec<Shown> {
    chat.shown().split_off(1)
}

/// A notice that was shown in one chat is over. Answers what stood there, what stands there now, and how many
/// requests that took; a day later nothing was added.
async fn taken_back(
    house: House,
    platform: Platform,
    how: fn(&mut Ledger) -> &mut i64,
    before: impl AsyncFnOnce(&House, &Fake),
) -> (Vec<Shown>, Vec<Shown>, usize) {
    let house = house.and_chats(&[platform]).await;
    let scene = Scene::of(&house).await;
    let chat: Arc<Fake> = house.chats[0].clone();
    before(&house, &chat).await;
    let (stood, asked) = (standing(&chat), chat.asked().len());
    scene.close(&house).await;
    let (stands, took) = (standing(&chat), chat.asked().len() - asked);
    house.advance(TimeDelta::days(1));
    work(&house).await;
    assert_eq!((standing(&chat), chat.asked().len() - asked), (stands.clone(), took), "exactly once");
    scene.told(&house, "closing", Ledger::one(how)).await;
    let english = house.page_as("/my?lang=en", &format!("manage={}", scene.manage)).await;
    assert!(english.text.contains("One group received it. "), "{}", english.text);
    let said: Vec<Value> = std::iter::from_fn(|| chat.read()).collect();
    assert_eq!(said.len(), usize::from(*how(&mut Ledger::one(|l| &mut l.followed_up)) == 1), "{said:?}");
    house.finish().await;
    (stood, stands, took)
}

async fn as_it_is(_: &House, _: &Fake) {}

#[track_caller]
fn alone(shown: &[Shown]) -> &Shown {
    let [one] = shown else { panic!("{shown:?}") };
    one
}

/// The one message says now that it is over, under the same id, and shows another picture.
#[track_caller]
fn exchanged(stood: &[Shown], stands: &[Shown]) {
    let (stood, stands) = (alone(stood), alone(stands));
    assert_eq!(stood.id, stands.id);
    assert!(stands.text.starts_with(OVER) && !stood.text.starts_with(OVER), "{stands:?}");
    assert_ne!(stood.picture, stands.picture);
}

async fn telegram_exchanges_the_photo(house: House) {
    let (stood, stands, took) = taken_back(house, Platform::Telegram, |l| &mut l.edited, as_it_is).await;
    exchanged(&stood, &stands);
    assert_eq!(took, 1);
}

async fn telegram_edits_what_is_too_old_to_be_deleted(house: House) {
    let old = async |house: &House, _: &Fake| house.advance(TimeDelta::hours(49));
    let (stood, stands, took) = taken_back(house, Platform::Telegram, |l| &mut l.edited, old).await;
    exchanged(&stood, &stands);
    assert_eq!(took, 1);
}

async fn telegram_answers_what_can_be_neither_edited_nor_deleted(house: House) {
    let stuck = async |house: &House, chat: &Fake| {
        house.advance(TimeDelta::hours(49));
        let refusal =
            json!({"ok": false, "error_code": 400, "description": "Bad Request: message can't be edited"});
        chat.script(400, &[], &refusal.to_string());
    };
    let (stood, stands, took) = taken_back(house, Platform::Telegram, |l| &mut l.followed_up, stuck).await;
    let [notice, answer] = &stands[..] else { panic!("{stands:?}") };
    assert_eq!((notice, &answer.answers), (alone(&stood), &Some(notice.id.clone())));
    assert!(answer.text.starts_with(OVER), "{answer:?}");
    assert_eq!(took, 3, "edit, delete, answer");
}

async fn discord_edits(house: House) {
    let (stood, stands, took) = taken_back(house, Platform::Discord, |l| &mut l.edited, as_it_is).await;
    exchanged(&stood, &stands);
    assert_eq!((&alone(&stands).picture, took), (&None, 1));
}

async fn discord_deletes_what_was_edited_too_often(house: House) {
    let spent = async |house: &House, chat: &Fake| {
        house.advance(TimeDelta::hours(2));
        chat.refuse(TakeBack::Edit);
    };
    let (_, stands, took) = taken_back(house, Platform::Discord, |l| &mut l.deleted, spent).await;
    assert_eq!((stands, took), (Vec::new(), 2));
}

async fn slack_edits(house: House) {
    let (stood, stands, took) = taken_back(house, Platform::Slack, |l| &mut l.edited, as_it_is).await;
    exchanged(&stood, &stands);
    assert_eq!((&alone(&stands).picture, took), (&None, 1));
}

async fn slack_deletes_when_the_edit_window_is_closed(house: House) {
    let closed = async |_: &House, chat: &Fake| chat.refuse(TakeBack::Edit);
    let (_, stands, took) = taken_back(house, Platform::Slack, |l| &mut l.deleted, closed).await;
    assert_eq!((stands, took), (Vec::new(), 2));
}

async fn slack_answers_in_the_thread_when_nothing_else_is_left(house: House) {
    let kept = async |_: &House, chat: &Fake| {
        chat.refuse(TakeBack::Edit);
        chat.refuse(TakeBack::Delete);
    };
    let (stood, stands, took) = taken_back(house, Platform::Slack, |l| &mut l.followed_up, kept).await;
    let [notice, answer] = &stands[..] else { panic!("{stands:?}") };
    assert_eq!((notice, &answer.answers), (alone(&stood), &Some(notice.id.clone())));
    assert!(answer.text.starts_with(OVER), "{answer:?}");
    assert_eq!(took, 3, "edit, delete, answer");
}

/// What is gone is no edited message.
async fn is_gone(house: House, platform: Platform) {
    let lost = async |_: &House, chat: &Fake| chat.lose();
    let (_, stands, took) = taken_back(house, platform, |l| &mut l.deleted, lost).await;
    assert_eq!((stands, took), (Vec::new(), 2), "edit, delete");
}

async fn telegram_learns_that_somebody_deleted_it(house: House) {
    is_gone(house, Platform::Telegram).await;
}

async fn discord_learns_that_somebody_deleted_it(house: House) {
    is_gone(house, Platform::Discord).await;
}

async fn slack_learns_that_somebody_deleted_it(house: House) {
    is_gone(house, Platform::Slack).await;
}

async fn matrix_edits_the_words_and_withdraws_the_picture(house: House) {
    let (stood, stands, took) = taken_back(house, Platform::Matrix, |l| &mut l.edited, as_it_is).await;
    let [words, picture] = &stood[..] else { panic!("{stood:?}") };
    assert!(picture.picture.is_some());
    let left = alone(&stands);
    assert_eq!((&left.id, took), (&words.id, 2));
    assert!(left.text.starts_with(OVER), "{left:?}");
}

async fn what_waited_for_its_picture_does_not_go_once_it_is_over(house: House) {
    let house = house.and_chats(&[Platform::Matrix]).await;
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let chat = house.chats[0].clone();
    house.group(&chat, &admin, &["131003"], &["rescue"]).await;
    let (case, manage) = approve(&house, &moderator, "13800138001").await;
    let upload = chat.hold("/upload");
    let ends = async {
        let upload = upload.came().await;
        end(&house, &manage).await;
        house.advance(TimeDelta::seconds(2));
        drop(upload);
    };
    tokio::join!(work(&house), ends);
    let said = chat.read().expect("the words").to_string();
    assert!(said.contains(&case), "{said}");
    assert_eq!(chat.read(), None, "the picture of what is over");
    let left = standing(&chat);
    assert!(alone(&left).text.starts_with(OVER), "{left:?}");
    house.finish().await;
}

async fn in_quiet_hours_only_what_makes_no_sound_goes(house: House) {
    let house = house.and_chats(&[Platform::Telegram, Platform::Wecom, Platform::Slack]).await;
    let scene = Scene::of(&house).await;
    let now = house.clock.now();
    let quiet = json!({"from": beijing(now, 0), "until": beijing(now, 3), "but_urgent": false});
    for group in 0..scene.groups.len() {
        scene.change(&house, group, json!({"quiet": quiet})).await;
    }
    let [telegram, wecom, slack] = &house.chats[..] else { panic!("three chats") };
    let stood = standing(telegram);
    slack.refuse(TakeBack::Edit);
    slack.refuse(TakeBack::Delete);
    scene.close(&house).await;
    exchanged(&stood, &standing(telegram));
    assert_eq!((wecom.read(), slack.read()), (None, None), "it is quiet");
    let path = format!("/groups/{}/deliveries", scene.groups[1]);
    let log = house.get(&path, Some(&scene.admin.token)).await.expect(200);
    let waits = ["state", "attempts", "last_outcome", "due_at"].map(|field| log["items"][0][field].clone());
    assert_eq!(waits, [json!("open"), json!(0), Value::Null, json!("2026-11-23T05:00:00Z")]);
    let ledger = Ledger { received: 3, edited: 1, waiting: 2, ..Ledger::default() };
    scene.told(&house, "closing", ledger).await;

    house.advance(TimeDelta::hours(3));
    work(&house).await;
    for chat in [wecom, slack] {
        let said = chat.read().expect("the closing").to_string();
        assert!(said.contains(OVER), "{said}");
    }
    let ledger = Ledger { received: 3, edited: 1, followed_up: 2, ..Ledger::default() };
    scene.told(&house, "closing", ledger).await;
    house.finish().await;
}

async fn wecom_is_told_by_a_further_message(house: House) {
    let (stood, stands, took) = taken_back(house, Platform::Wecom, |l| &mut l.followed_up, as_it_is).await;
    let (closing, before) = stands.split_last().unwrap();
    assert_eq!((before, took), (&stood[..], 1));
    assert!(closing.text.starts_with(OVER), "{closing:?}");
}

async fn remove_as_false(house: &House, case: &str, by: &Person) {
    let sheet = house.get(&format!("/review/{case}"), Some(&by.token)).await.expect(200);
    let body = json!({"version": sheet["version"], "reason": "false"});
    house.post(&format!("/review/{case}/remove"), Some(&by.token), &body).await.expect(200);
    work(house).await;
}

async fn a_correction_has_the_same_ledger(house: House) {
    let house = house.and_chats(&[Platform::Discord, Platform::Wecom]).await;
    let scene = Scene::of(&house).await;
    remove_as_false(&house, &scene.case, &scene.moderator).await;
    let edited = standing(&house.chats[0]);
    assert!(alone(&edited).text.starts_with("【72小时】更正"), "{edited:?}");
    let told = house.chats[1].read().unwrap().to_string();
    assert!(told.contains("【72小时】更正") && told.contains(&scene.case), "{told}");
    let ledger = Ledger { received: 2, edited: 1, followed_up: 1, ..Ledger::default() };
    scene.told(&house, "correction", ledger).await;
    house.finish().await;
}

async fn a_correction_goes_before_the_closings_of_its_chat(house: House) {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let scene = Scene::of(&house).await;
    let (rumour, _) = publish(&house, &scene.moderator, "13800138002").await;
    let chat = house.chats[0].clone();
    while chat.read().is_some() {}
    scene.step(&house, 0, "pause").await;
    scene.close(&house).await;
    house.advance(TimeDelta::hours(1));
    remove_as_false(&house, &rumour, &scene.moderator).await;
    assert_eq!(chat.read(), None, "it is paused");
    scene.step(&house, 0, "resume").await;
    work(&house).await;
    for (first, case) in [("【72小时】更正", &rumour), (OVER, &scene.case)] {
        let said = chat.read().unwrap().to_string();
        assert!(said.contains(first) && said.contains(case), "{said}");
    }
    house.finish().await;
}

/// Why groups wait, or why they could not be reached, each reason with how many there are.
fn why<'a>(of: &str, ending: &'a Value) -> Vec<(&'a str, &'a str, i64)> {
    let reasons = ending["reasons"].as_array().unwrap().iter().filter(|reason| reason["of"] == of);
    let reasons = reasons.map(|reason| {
        let text = |name: &str| reason[name].as_str().unwrap_or_default();
        (text("outcome"), text("code"), reason["groups"].as_i64().unwrap())
    });
    let mut reasons: Vec<_> = reasons.collect();
    reasons.sort_unstable();
    reasons
}

async fn what_still_waits_is_told_with_its_reason(house: House) {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let scene = Scene::of(&house).await;
    let mine = house.get("/my/notice", Some(&scene.manage)).await.expect(200);
    assert_eq!(mine["groups"], Ledger { received: 1, ..Ledger::default() }.json(), "it is live");
    house.chats[0].script(200, &[], r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#);
    scene.close(&house).await;
    let ending = scene.told(&house, "closing", Ledger::one(|l| &mut l.waiting)).await;
    assert_eq!(why("waiting", &ending), [("slow", "45009", 1)]);
    house.advance(TimeDelta::minutes(2));
    work(&house).await;
    assert!(house.chats[0].read().expect("the closing").to_string().contains(OVER));
    let ending = scene.told(&house, "closing", Ledger::one(|l| &mut l.followed_up)).await;
    assert_eq!(ending["reasons"], json!([]));
    house.finish().await;
}

async fn who_hears_nothing_waits_or_is_unreachable_until_it_hears_again(house: House) {
    use Platform::{Dingtalk, Discord, Feishu, Mattermost, Webhook, Wecom};
    let house = house.and_chats(&[Discord, Wecom, Dingtalk, Feishu, Mattermost, Webhook]).await;
    let scene = Scene::of(&house).await;
    let [paused, waiting, gone, unverified, dead] = [1, 2, 3, 4, 5];
    scene.step(&house, paused, "pause").await;
    scene.step(&house, waiting, "pause").await;
    scene.delete(&house, gone).await;
    let again = json!({"credentials": house.chats[unverified].credentials()});
    let path = format!("/groups/{}", scene.groups[unverified]);
    house.call(reqwest::Method::PATCH, &path, Some(&scene.admin.token), Some(&again)).await.expect(200);
    house.chats[unverified].read_code();
    // Its receiver asks us to stop.
    house.chats[dead].script(410, &[], "gone");
    publish(&house, &scene.moderator, "13800138002").await;
    house.chats[0].read().expect("who hears has received the other notice");

    scene.close(&house).await;
    let ledger =
        Ledger { received: 6, edited: 1, waiting: 2, paused: 2, unreachable: 3, ..Ledger::default() };
    let ending = scene.told(&house, "closing", ledger).await;
    let reasons = [("deleted", "", 1), ("disabled", "gone", 1), ("unverified", "", 1)];
    assert_eq!(why("unreachable", &ending), reasons);
    assert_eq!(why("waiting", &ending), [("paused", "", 2)]);
    // What a group's admin does is nothing for the reporter; the moderator reads it.
    let mine = house.page_as("/my", &format!("manage={}", scene.manage)).await;
    assert!(!mine.text.contains("暂停接收"), "{}", mine.text);
    let session = house.session(&scene.moderator).await;
    let page = house.page_as(&format!("/broadcasts/{}", scene.case), &format!("session={session}")).await;
    for reason in ["2 个群: 群主已暂停接收", "1 个群: 群已从本站删除"] {
        assert!(page.text.contains(reason), "{reason} in {}", page.text);
    }

    // Whoever is deleted with its closing still to come counts as well, also once the notice is erased.
    scene.delete(&house, waiting).await;
    house.advance(TimeDelta::days(30));
    work(&house).await;
    assert_eq!(house.get(&format!("/notices/{}", scene.case), None).await.expect(200)["state"], "erased");
    let ledger = Ledger { waiting: 1, paused: 1, unreachable: 4, ..ledger };
    let ending = scene.reported(&house, "closing", ledger).await;
    let reasons = [("deleted", "", 2), ("disabled", "gone", 1), ("unverified", "", 1)];
    assert_eq!(why("unreachable", &ending), reasons);
    assert_eq!(why("waiting", &ending), [("paused", "", 1)]);

    // Who hears again, however late, hears that it is over.
    scene.step(&house, paused, "resume").await;
    house.post(&format!("{path}/code"), Some(&scene.admin.token), &json!({})).await;
    let code = json!({"code": house.chats[unverified].read_code()});
    house.post(&format!("{path}/verify"), Some(&scene.admin.token), &code).await.expect(200);
    work(&house).await;
    for chat in [paused, unverified] {
        let said = house.chats[chat].read().expect("the closing").to_string();
        assert!(said.contains(OVER) && said.contains(&scene.case), "{said}");
    }
    let ledger = Ledger { received: 6, edited: 1, followed_up: 2, unreachable: 3, ..Ledger::default() };
    let ending = scene.reported(&house, "closing", ledger).await;
    assert_eq!(why("unreachable", &ending), [("deleted", "", 2), ("disabled", "gone", 1)]);
    house.finish().await;
}

/// A group that is deleted on one node at the very moment at which another plans its closing leaves a delivery
/// that nobody can lease.
async fn what_is_for_a_group_that_vanished_ends_with_its_notice(house: House) {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let scene = Scene::of(&house).await;
    scene.step(&house, 0, "pause").await;
    scene.close(&house).await;
    let store = &house.stations.shared.store;
    let vanish = |conn: &mut Conn| {
        let sql = "DELETE FROM group_regions; DELETE FROM lanes; DELETE FROM groups";
        match conn {
            Conn::Pg(c) => c.batch_execute(sql)?,
            Conn::Sqlite(c) => c.batch_execute(sql)?,
        }
        Ok::<_, StoreError>(())
    };
    store.write(vanish).await.unwrap();
    let open = async || {
        let now = house.clock.now();
        store.read(move |c| deliveries::backlog(c, now)).await.unwrap().open
    };
    let ending = scene.told(&house, "closing", Ledger::one(|l| &mut l.unreachable)).await;
    assert_eq!((why("unreachable", &ending), open().await), (vec![("deleted", "", 1)], 1));
    house.advance(TimeDelta::days(30));
    work(&house).await;
    let ending = scene.reported(&house, "closing", Ledger::one(|l| &mut l.unreachable)).await;
    assert_eq!((why("unreachable", &ending), open().await), (vec![("deleted", "", 1)], 0));
    house.finish().await;
}

/// A node dies with two endings in its hands. To one chat it is then said in doubt once, to the other again and again.
async fn an_end_that_a_crash_left_in_doubt_is_said_as_often_as_any(house: House) {
    let house = house.and_chats(&[Platform::Wecom, Platform::Dingtalk]).await;
    let scene = Scene::of(&house).await;
    end(&house, &scene.manage).await;
    let (store, now) = (house.stations.shared.store.clone(), house.clock.now());
    let leased = store.write(move |tx| lease_and_die(tx, now)).await.unwrap().leased;
    assert_eq!(leased.len(), 2);
    let [once, again] = &house.chats[..] else { panic!("two chats") };
    for chat in [once, again, again] {
        chat.script(200, &[], "?");
    }
    let asked = || [once, again].map(|chat| chat.asked().len());
    let before = asked();
    house.advance(LEASE_FOR);
    work(&house).await;
    assert_eq!(asked(), before.map(|requests| requests + 1));
    for hours in [1, 24] {
        house.advance(TimeDelta::hours(hours));
        work(&house).await;
        assert_eq!(asked(), before.map(|requests| requests + 2), "once more, and never a third time");
    }
    assert!(once.read().expect("the closing").to_string().contains(OVER));
    let ledger = Ledger { received: 2, followed_up: 1, unreachable: 1, ..Ledger::default() };
    scene.told(&house, "closing", ledger).await;
    house.finish().await;
}
