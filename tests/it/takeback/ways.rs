//! Each platform's ways of taking back: what remains in a chat once its notice is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::json;
use seventytwo::broadcast::drawing::Failed;
use seventytwo::broadcast::platforms::TakeBack;
use seventytwo::domain::group::Platform;

use super::{Ledger, OVER, Scene, alone, end, exchanged, publish, standing, work};
use crate::chaos::pace::draw_by;
use crate::fakes::{ELSEWHERE, Fake, Shown};
use crate::house::{COOLING, House};
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(telegram_exchanges_the_photo),
    housed!(telegram_edits_what_is_too_old_to_be_deleted),
    housed!(telegram_answers_what_can_be_neither_edited_nor_deleted),
    housed!(telegram_edits_once_what_arrived_at_the_third_try_long_ago),
    housed!(telegram_edits_once_what_arrived_at_the_third_try_though_that_was_given_up),
    housed!(telegram_edits_what_was_said_with_a_token_that_was_replaced),
    housed!(telegram_edits_what_stands_in_a_chat_that_the_group_has_left),
    housed!(telegram_answers_in_a_chat_that_the_group_has_left),
    housed!(telegram_may_know_nothing_of_a_chat_that_the_group_has_left),
    housed!(telegram_keeps_the_picture_though_a_message_that_it_is_for_is_gone),
    housed!(telegram_is_sent_the_picture_again_when_it_forgot_it),
    housed!(telegram_deletes_what_no_picture_can_be_uploaded_for),
    housed!(telegram_waits_for_the_picture_that_replaces_a_face),
    housed!(telegram_changes_the_words_where_no_picture_can_be_drawn),
    housed!(discord_edits_the_words_and_drops_the_picture),
    housed!(discord_deletes_what_was_edited_too_often),
    housed!(slack_edits_the_words_and_drops_the_picture),
    housed!(slack_deletes_when_the_edit_window_is_closed),
    housed!(slack_deletes_what_it_may_not_edit),
    housed!(slack_answers_in_the_thread_when_nothing_else_is_left),
    housed!(telegram_learns_that_somebody_deleted_it),
    housed!(discord_learns_that_somebody_deleted_it),
    housed!(slack_learns_that_somebody_deleted_it),
    housed!(matrix_edits_the_words_and_withdraws_the_picture),
    housed!(wecom_is_told_by_a_further_message),
];

/// A notice shown in one chat ends. Returns what the chat showed before, what it shows now, and how many
/// requests that took; a day later nothing was added.
async fn taken_back(
    house: House,
    platform: Platform,
    how: fn(&mut Ledger) -> &mut i64,
    before: impl AsyncFnOnce(&House, &Fake),
) -> (House, Vec<Shown>, Vec<Shown>, usize) {
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
    let said = chat.read_all();
    assert_eq!(said.len(), usize::from(*how(&mut Ledger::one(|l| &mut l.followed_up)) == 1), "{said:?}");
    (house, stood, stands, took)
}

async fn as_it_is(_: &House, _: &Fake) {}

async fn telegram_deletes_what_no_picture_can_be_uploaded_for(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let scene = Scene::of(&house).await;
    let chat = house.chats[0].clone();
    for _ in 0..9 {
        chat.script(200, &[], "?");
    }
    scene.close(&house).await;
    for _ in 0..30 {
        house.pass(TimeDelta::minutes(1)).await;
    }
    assert_eq!(standing(&chat).len(), 1, "it may still be exchanged");
    for _ in 0..60 {
        house.pass(TimeDelta::minutes(1)).await;
    }
    assert_eq!(standing(&chat), []);
    scene.told(&house, "closing", Ledger::one(|l| &mut l.deleted)).await;
    house
}

async fn telegram_exchanges_the_photo(house: House) -> House {
    let (house, stood, stands, took) =
        taken_back(house, Platform::Telegram, |l| &mut l.edited, as_it_is).await;
    exchanged(&stood, &stands);
    assert_eq!(took, 1);
    house
}

async fn telegram_edits_what_is_too_old_to_be_deleted(house: House) -> House {
    let old = async |house: &House, _: &Fake| house.advance(TimeDelta::hours(49));
    let (house, stood, stands, took) = taken_back(house, Platform::Telegram, |l| &mut l.edited, old).await;
    exchanged(&stood, &stands);
    assert_eq!(took, 1);
    house
}

async fn telegram_answers_what_can_be_neither_edited_nor_deleted(house: House) -> House {
    let stuck = async |house: &House, chat: &Fake| {
        house.advance(TimeDelta::hours(49));
        let refusal =
            json!({"ok": false, "error_code": 400, "description": "Bad Request: message can't be edited"});
        chat.script(400, &[], &refusal.to_string());
    };
    let (house, stood, stands, took) =
        taken_back(house, Platform::Telegram, |l| &mut l.followed_up, stuck).await;
    let [notice, answer] = &stands[..] else { panic!("{stands:?}") };
    assert_eq!((notice, &answer.answers), (alone(&stood), &Some(notice.id.clone())));
    assert!(answer.text.starts_with(OVER), "{answer:?}");
    assert_eq!(took, 3, "edit, delete, answer");
    house
}

/// What failed is on record for a month, and for longer where somebody still waits to be told of an end: until
/// control is proved again, its group cannot be told.
async fn telegram_edits_once_what_arrived_at_the_third_try_long_ago(house: House) -> House {
    after_the_third_try(house, async |house, scene, manage| {
        let chat = &house.chats[0];
        scene.change(house, 0, json!({"credentials": chat.credentials()})).await;
        chat.read_code();
        end(house, manage).await;
    })
    .await
}

/// Nor is it forgotten where the chat could not be told at all, and its group was disabled.
async fn telegram_edits_once_what_arrived_at_the_third_try_though_that_was_given_up(house: House) -> House {
    after_the_third_try(house, async |house, scene, manage| {
        let kicked = "Forbidden: bot was kicked from the group chat";
        let refusal = json!({"ok": false, "error_code": 403, "description": kicked});
        house.chats[0].script(403, &[], &refusal.to_string());
        end(house, manage).await;
        work(house).await;
        let path = format!("/groups/{}/deliveries", scene.groups[0]);
        let log = house.get(&path, Some(&scene.admin.token)).await.expect(200);
        assert_eq!(log["items"][0]["state"], "given_up", "{log}");
    })
    .await
}

/// A notice arrived at its third try, and its end is told a month after it was to be told.
async fn after_the_third_try(house: House, ends: impl AsyncFnOnce(&House, &Scene, &str)) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let scene = Scene::of(&house).await;
    scene.close(&house).await;
    let chat = &house.chats[0];
    for _ in 0..2 {
        chat.script(503, &[], "not now");
    }
    let (_, manage) = publish(&house, &scene.moderator, "13800138002").await;
    house.advance(TimeDelta::minutes(1));
    work(&house).await;
    let [_, stood] = &standing(chat)[..] else { panic!("{:?}", standing(chat)) };
    house.overhear().await;
    ends(&house, &scene, &manage).await;
    house.advance(TimeDelta::days(31));
    work(&house).await;
    house.stations.forget_attempts().await.unwrap();
    let path = format!("/groups/{}", scene.groups[0]);
    house.post(&format!("{path}/code"), Some(&scene.admin.token), &json!({})).await;
    let code = json!({"code": chat.read_code()});
    house.post(&format!("{path}/verify"), Some(&scene.admin.token), &code).await.expect(200);
    let asked = chat.asked().len();
    work(&house).await;
    let stands: Vec<Shown> = standing(chat).into_iter().filter(|shown| shown.id == stood.id).collect();
    exchanged(std::slice::from_ref(stood), &stands);
    assert_eq!(chat.asked().len() - asked, 1, "one edit, and no message");
    house.overhear().await;
    house
}

/// A leaked token is replaced at once; the bot and its messages stay the same.
async fn telegram_edits_what_was_said_with_a_token_that_was_replaced(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let scene = Scene::of(&house).await;
    let (chat, stood) = (house.chats[0].clone(), standing(&house.chats[0]));
    scene.replace_token(&house, "110201543:BBHdqTcvCH1vGWJxfSeofSAs0K5PALD9876").await;
    scene.close(&house).await;
    let stands = standing(&chat);
    assert_eq!(stands.len(), 2, "the message and the second code: {stands:?}");
    exchanged(&stood, &stands[..1]);
    house
}

/// Its admin has moved the group to another chat of the same bot, which has heard nothing of the notice.
async fn telegram_edits_what_stands_in_a_chat_that_the_group_has_left(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let scene = Scene::of(&house).await;
    let (chat, stood) = (house.chats[0].clone(), standing(&house.chats[0]));
    scene.leave_chat(&house).await;
    scene.close(&house).await;
    let stands = standing(&chat);
    assert_eq!(stands.len(), 2, "the message and the second code: {stands:?}");
    exchanged(&stood, &stands[..1]);
    scene.told(&house, "closing", Ledger::one(|l| &mut l.edited)).await;
    house
}

/// That is no answer from the chat that the group has now.
async fn telegram_answers_in_a_chat_that_the_group_has_left(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let scene = Scene::of(&house).await;
    let (chat, stood) = (house.chats[0].clone(), standing(&house.chats[0]));
    scene.leave_chat(&house).await;
    house.advance(TimeDelta::hours(49));
    let refusal =
        json!({"ok": false, "error_code": 400, "description": "Bad Request: message can't be edited"});
    chat.script(400, &[], &refusal.to_string());
    scene.close(&house).await;
    let answer = chat.read().expect("an answer");
    assert_eq!(answer["reply_parameters"]["message_id"].to_string(), alone(&stood).id, "{answer}");
    scene.told(&house, "closing", Ledger::one(|l| &mut l.followed_up)).await;
    publish(&house, &scene.moderator, "13800138002").await;
    assert_eq!(chat.read().expect("the next notice")["chat_id"], ELSEWHERE);
    house
}

/// Its admin has thrown the bot out there. Then the end is said where the group is now, and that goes on.
async fn telegram_may_know_nothing_of_a_chat_that_the_group_has_left(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let scene = Scene::of(&house).await;
    let chat = house.chats[0].clone();
    scene.leave_chat(&house).await;
    let kicked = "Forbidden: bot was kicked from the supergroup chat";
    let refusal = json!({"ok": false, "error_code": 403, "description": kicked});
    for _ in ["edit", "delete", "answer"] {
        chat.script(403, &[], &refusal.to_string());
    }
    scene.close(&house).await;
    assert_eq!(chat.read().expect("the end")["chat_id"], ELSEWHERE);
    scene.told(&house, "closing", Ledger::one(|l| &mut l.followed_up)).await;
    let path = format!("/groups/{}", scene.groups[0]);
    assert_eq!(house.get(&path, Some(&scene.admin.token)).await.expect(200)["state"], "active");
    house
}

/// A notice and its update, each a photo in the chat of a Telegram group.
async fn twice_said(house: &House) -> Scene {
    let scene = Scene::of(house).await;
    let edit = json!({"description": "有人在河边看见过他。"});
    house.call(Method::PATCH, "/my/notice", Some(&scene.manage), Some(&edit)).await.expect(200);
    house.approve(&scene.case, &[&scene.moderator]).await;
    house.advance(COOLING);
    work(house).await;
    house.chats[0].read().expect("the update");
    assert_eq!(standing(&house.chats[0]).len(), 2);
    scene
}

/// The upload of one picture serves all groups of a bot, so what is wrong with one chat must not cost it.
async fn telegram_keeps_the_picture_though_a_message_that_it_is_for_is_gone(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let scene = twice_said(&house).await;
    let chat = &house.chats[0];
    chat.lose();
    let asked = chat.asked().len();
    scene.close(&house).await;
    assert!(alone(&standing(chat)).text.starts_with(OVER), "{:?}", standing(chat));
    assert_eq!(chat.asked().len() - asked, 3, "an edit, an edit of what is gone, a deletion");
    house
}

async fn telegram_is_sent_the_picture_again_when_it_forgot_it(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let scene = twice_said(&house).await;
    let chat = &house.chats[0];
    let asked = chat.asked().len();
    end(&house, &scene.manage).await;
    house.settle().await;
    chat.forget_pictures();
    work(&house).await;
    let stands = standing(chat);
    assert!(stands.iter().all(|shown| shown.text.starts_with(OVER)), "{stands:?}");
    assert_eq!(
        chat.asked().len() - asked,
        3,
        "an edit, one with a handle that is not known, one with the picture"
    );
    house
}

/// What replaces posters is drawn only once the returned word is given.
fn undrawable(house: &mut House) -> Arc<AtomicBool> {
    let drawable = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&drawable);
    let draw = move |_, _, _| -> BoxFuture<'static, _> {
        let drawn = told.load(Ordering::Relaxed).then(|| Some(Bytes::from_static(b"\xff\xd8\xff")));
        Box::pin(async move { drawn.ok_or(Failed) })
    };
    draw_by(house, Arc::new(draw));
    drawable
}

async fn telegram_waits_for_the_picture_that_replaces_a_face(house: House) -> House {
    let mut house = house.and_chats(&[Platform::Telegram]).await;
    let scene = Scene::of(&house).await;
    let chat = house.chats[0].clone();
    let (stood, asked, drawable) = (standing(&chat), chat.asked().len(), undrawable(&mut house));
    scene.close(&house).await;
    house.advance(TimeDelta::minutes(15));
    work(&house).await;
    assert_eq!((standing(&chat), chat.asked().len()), (stood.clone(), asked), "no picture yet");
    drawable.store(true, Ordering::Relaxed);
    house.advance(TimeDelta::minutes(10));
    work(&house).await;
    exchanged(&stood, &standing(&chat));
    assert_eq!(chat.asked().len() - asked, 1);
    scene.told(&house, "closing", Ledger::one(|l| &mut l.edited)).await;
    house
}

async fn telegram_changes_the_words_where_no_picture_can_be_drawn(house: House) -> House {
    let mut house = house.and_chats(&[Platform::Telegram]).await;
    let scene = Scene::of(&house).await;
    let chat = house.chats[0].clone();
    let (stood, asked) = (standing(&chat), chat.asked().len());
    undrawable(&mut house);
    scene.close(&house).await;
    for _ in 0..6 {
        house.advance(TimeDelta::minutes(20));
        work(&house).await;
    }
    let (stands, stood) = (standing(&chat), alone(&stood));
    let stands = alone(&stands);
    assert_eq!((&stands.id, &stands.picture), (&stood.id, &stood.picture));
    assert!(stands.text.starts_with(OVER), "{stands:?}");
    assert_eq!(chat.asked().len() - asked, 1);
    scene.told(&house, "closing", Ledger::one(|l| &mut l.edited)).await;
    house
}

async fn discord_edits_the_words_and_drops_the_picture(house: House) -> House {
    let (house, stood, stands, took) =
        taken_back(house, Platform::Discord, |l| &mut l.edited, as_it_is).await;
    exchanged(&stood, &stands);
    assert_eq!((&alone(&stands).picture, took), (&None, 1));
    house
}

async fn discord_deletes_what_was_edited_too_often(house: House) -> House {
    let spent = async |house: &House, chat: &Fake| {
        house.advance(TimeDelta::hours(2));
        chat.refuse(TakeBack::Edit);
    };
    let (house, _, stands, took) = taken_back(house, Platform::Discord, |l| &mut l.deleted, spent).await;
    assert_eq!((stands, took), (Vec::new(), 2));
    house
}

async fn slack_edits_the_words_and_drops_the_picture(house: House) -> House {
    let (house, stood, stands, took) = taken_back(house, Platform::Slack, |l| &mut l.edited, as_it_is).await;
    exchanged(&stood, &stands);
    assert_eq!((&alone(&stands).picture, took), (&None, 1));
    house
}

async fn slack_deletes_when_the_edit_window_is_closed(house: House) -> House {
    let closed = async |_: &House, chat: &Fake| chat.refuse(TakeBack::Edit);
    let (house, _, stands, took) = taken_back(house, Platform::Slack, |l| &mut l.deleted, closed).await;
    assert_eq!((stands, took), (Vec::new(), 2));
    house
}

async fn slack_deletes_what_it_may_not_edit(house: House) -> House {
    let forbidden = async |_: &House, chat: &Fake| {
        chat.script(200, &[], r#"{"ok":false,"error":"cant_update_message"}"#);
    };
    let (house, _, stands, took) = taken_back(house, Platform::Slack, |l| &mut l.deleted, forbidden).await;
    assert_eq!((stands, took), (Vec::new(), 2));
    house
}

async fn slack_answers_in_the_thread_when_nothing_else_is_left(house: House) -> House {
    let kept = async |_: &House, chat: &Fake| {
        chat.refuse(TakeBack::Edit);
        chat.refuse(TakeBack::Delete);
    };
    let (house, stood, stands, took) = taken_back(house, Platform::Slack, |l| &mut l.followed_up, kept).await;
    let [notice, answer] = &stands[..] else { panic!("{stands:?}") };
    assert_eq!((notice, &answer.answers), (alone(&stood), &Some(notice.id.clone())));
    assert!(answer.text.starts_with(OVER), "{answer:?}");
    assert_eq!(took, 3, "edit, delete, answer");
    house
}

/// A message that is gone is not reported as edited.
async fn is_gone(house: House, platform: Platform) -> House {
    let lost = async |_: &House, chat: &Fake| chat.lose();
    let (house, _, stands, took) = taken_back(house, platform, |l| &mut l.deleted, lost).await;
    assert_eq!((stands, took), (Vec::new(), 2), "edit, delete");
    house
}

async fn telegram_learns_that_somebody_deleted_it(house: House) -> House {
    is_gone(house, Platform::Telegram).await
}

async fn discord_learns_that_somebody_deleted_it(house: House) -> House {
    is_gone(house, Platform::Discord).await
}

async fn slack_learns_that_somebody_deleted_it(house: House) -> House {
    is_gone(house, Platform::Slack).await
}

async fn matrix_edits_the_words_and_withdraws_the_picture(house: House) -> House {
    let (house, stood, stands, took) = taken_back(house, Platform::Matrix, |l| &mut l.edited, as_it_is).await;
    let [words, picture] = &stood[..] else { panic!("{stood:?}") };
    assert!(picture.picture.is_some());
    let left = alone(&stands);
    assert_eq!((&left.id, took), (&words.id, 2));
    assert!(left.text.starts_with(OVER), "{left:?}");
    house
}

async fn wecom_is_told_by_a_further_message(house: House) -> House {
    let (house, stood, stands, took) =
        taken_back(house, Platform::Wecom, |l| &mut l.followed_up, as_it_is).await;
    let (closing, before) = stands.split_last().unwrap();
    assert_eq!((before, took), (&stood[..], 1));
    assert!(closing.text.starts_with(OVER), "{closing:?}");
    house
}
