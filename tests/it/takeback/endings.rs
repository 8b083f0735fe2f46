//! Who is told of an end, when and in which order, and how those who cannot be told are counted.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use seventytwo::broadcast::platforms::TakeBack;
use seventytwo::broadcast::worker::LEASE_FOR;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::{Conn, StoreError, deliveries};

use super::{Ledger, OVER, Scene, alone, approve, end, exchanged, publish, standing, work};
use crate::chaos::leases::lease_and_die;
use crate::fakes::{Fake, Shown};
use crate::groups::beijing;
use crate::house::{House, Person};
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(what_waited_for_its_picture_does_not_go_once_it_is_over),
    housed!(who_received_the_words_before_the_end_has_received_the_notice),
    housed!(who_receives_the_words_during_the_end_has_received_the_notice),
    housed!(in_quiet_hours_only_what_makes_no_sound_goes),
    housed!(a_pause_keeps_back_only_what_would_be_heard),
    housed!(a_correction_has_the_same_ledger),
    housed!(a_correction_leaves_nothing_false_in_a_history),
    housed!(a_correction_goes_before_the_closings_of_its_chat),
    housed!(what_still_waits_is_told_with_its_reason),
    housed!(who_hears_nothing_waits_or_is_unreachable_until_it_hears_again),
    housed!(who_heard_the_words_alone_and_who_perhaps_did_is_counted_so),
    housed!(what_is_for_a_group_that_vanished_ends_with_its_notice),
    housed!(an_end_that_a_crash_left_in_doubt_is_said_as_often_as_any),
    housed!(a_picture_that_a_crash_left_in_doubt_is_told_to_be_over),
    housed!(a_picture_that_was_never_sent_leaves_no_doubt),
    housed!(what_a_homeserver_has_forgotten_is_told_to_be_over),
    housed!(what_another_token_has_said_is_told_to_be_over),
];

async fn what_waited_for_its_picture_does_not_go_once_it_is_over(house: House) -> House {
    let house = house.and_chats(&[Platform::Matrix]).await;
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let chat = house.chats[0].clone();
    let group = house.group(&chat, &admin, &["131003"], &["rescue"]).await;
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
    let log = house.get(&format!("/groups/{group}/deliveries"), Some(&admin.token)).await.expect(200);
    let alert = log["items"].as_array().unwrap().iter().find(|item| item["broadcast"] == "alert").unwrap();
    assert_eq!((&alert["state"], &alert["last_outcome"]), (&json!("delivered"), &json!("delivered")));
    house
}

async fn who_received_the_words_before_the_end_has_received_the_notice(house: House) -> House {
    told_words_alone(house, "slow", async |house, chat, manage| {
        chat.script(200, &[], r#"{"errcode":0,"errmsg":"ok"}"#);
        chat.script(200, &[], r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#);
        house.settle().await;
        end(house, manage).await;
        house.advance(TimeDelta::minutes(2));
    })
    .await
}

async fn who_receives_the_words_during_the_end_has_received_the_notice(house: House) -> House {
    told_words_alone(house, "delivered", async |house, chat, manage| {
        let words = chat.hold("/webhook/send");
        let ends = async {
            let words = words.came().await;
            end(house, manage).await;
            drop(words);
        };
        tokio::join!(house.settle(), ends);
        chat.read().expect("the words");
    })
    .await
}

/// WeCom is sent the words, and then the picture. The end comes before the picture has gone.
async fn told_words_alone(
    house: House,
    last_outcome: &str,
    ends: impl AsyncFnOnce(&House, &Fake, &str),
) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let chat = house.chats[0].clone();
    let group = house.group(&chat, &admin, &["131003"], &["rescue"]).await;
    let (case, manage) = approve(&house, &moderator, "13800138001").await;
    ends(&house, &chat, &manage).await;
    work(&house).await;
    let closing = chat.read().expect("the closing").to_string();
    assert!(closing.contains(OVER), "{closing}");
    assert_eq!(chat.read(), None, "the picture of what is over");

    let log = house.get(&format!("/groups/{group}/deliveries"), Some(&admin.token)).await.expect(200);
    let alert = log["items"].as_array().unwrap().iter().find(|item| item["broadcast"] == "alert").unwrap();
    assert_eq!((&alert["state"], &alert["last_outcome"]), (&json!("delivered"), &json!(last_outcome)));
    assert!(alert["delivered_at"].is_string(), "{alert}");
    let session = house.cookie(&admin).await;
    let page = house.page_as(&format!("/groups/{group}"), &session).await.text;
    let partly = page.contains("文字已送达；信息随后结束，图片没有再发");
    assert_eq!(partly, last_outcome == "delivered", "{page}");
    let scene = Scene { moderator, admin, groups: vec![group], case, manage };
    scene.told(&house, "closing", Ledger::one(|l| &mut l.followed_up)).await;
    house
}

async fn in_quiet_hours_only_what_makes_no_sound_goes(house: House) -> House {
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
    house
}

async fn a_pause_keeps_back_only_what_would_be_heard(house: House) -> House {
    let house =
        house.and_chats(&[Platform::Telegram, Platform::Discord, Platform::Slack, Platform::Wecom]).await;
    let scene = Scene::of(&house).await;
    for group in 0..scene.groups.len() {
        scene.step(&house, group, "pause").await;
    }
    let [telegram, discord, slack, wecom] = &house.chats[..] else { panic!("four chats") };
    let stood = [telegram, discord].map(|chat| standing(chat));
    slack.refuse(TakeBack::Edit);
    slack.refuse(TakeBack::Delete);
    scene.close(&house).await;
    for (chat, stood) in [telegram, discord].into_iter().zip(&stood) {
        exchanged(stood, &standing(chat));
    }
    house.advance(TimeDelta::days(2));
    work(&house).await;
    for chat in &house.chats {
        assert_eq!(chat.read(), None, "{:?} is paused", chat.platform());
    }
    let ledger = Ledger { received: 4, edited: 2, waiting: 2, paused: 2, ..Ledger::default() };
    let ending = scene.told(&house, "closing", ledger).await;
    assert_eq!(why("waiting", &ending), [("paused", "", 2)]);

    for group in 0..scene.groups.len() {
        scene.step(&house, group, "resume").await;
    }
    work(&house).await;
    assert_eq!((telegram.read(), discord.read()), (None, None), "there is nothing left to say");
    for chat in [slack, wecom] {
        let said = chat.read().expect("the closing").to_string();
        assert!(said.contains(OVER), "{said}");
    }
    let ledger = Ledger { received: 4, edited: 2, followed_up: 2, ..Ledger::default() };
    scene.told(&house, "closing", ledger).await;
    house
}

async fn remove_as_false(house: &House, case: &str, by: &Person) {
    let sheet = house.get(&format!("/review/{case}"), Some(&by.token)).await.expect(200);
    let body = json!({"version": sheet["version"], "reason": "false"});
    house.post(&format!("/review/{case}/remove"), Some(&by.token), &body).await.expect(200);
    work(house).await;
}

async fn a_correction_has_the_same_ledger(house: House) -> House {
    let house = house.and_chats(&[Platform::Discord, Platform::Wecom]).await;
    let scene = Scene::of(&house).await;
    remove_as_false(&house, &scene.case, &scene.moderator).await;
    let edited = standing(&house.chats[0]);
    assert!(alone(&edited).text.starts_with("【72小时】更正"), "{edited:?}");
    let told = house.chats[1].read().unwrap().to_string();
    assert!(told.contains("【72小时】更正") && told.contains(&scene.case), "{told}");
    let ledger = Ledger { received: 2, edited: 1, followed_up: 1, ..Ledger::default() };
    scene.told(&house, "correction", ledger).await;
    house
}

/// In Matrix whoever looks at the history of an edited message reads what it said before.
async fn a_correction_leaves_nothing_false_in_a_history(house: House) -> House {
    let house = house.and_chats(&[Platform::Matrix]).await;
    let scene = Scene::of(&house).await;
    let stood = standing(&house.chats[0]);
    remove_as_false(&house, &scene.case, &scene.moderator).await;
    let stands = standing(&house.chats[0]);
    let corrected = alone(&stands);
    assert!(corrected.text.starts_with("【72小时】更正"), "{corrected:?}");
    assert!(stood.iter().all(|shown| shown.id != corrected.id), "{stood:?} {corrected:?}");
    let told = house.chats[0].read().unwrap().to_string();
    assert!(told.contains("【72小时】更正") && told.contains(&scene.case), "{told}");
    let ledger = Ledger { received: 1, deleted: 1, ..Ledger::default() };
    scene.told(&house, "correction", ledger).await;
    house
}

async fn a_correction_goes_before_the_closings_of_its_chat(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let scene = Scene::of(&house).await;
    let (rumour, _) = publish(&house, &scene.moderator, "13800138002").await;
    let chat = house.chats[0].clone();
    chat.read_all();
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
    house
}

/// Why groups wait or could not be reached, each reason with its number of groups.
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

async fn what_still_waits_is_told_with_its_reason(house: House) -> House {
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
    house
}

async fn who_hears_nothing_waits_or_is_unreachable_until_it_hears_again(house: House) -> House {
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
    // The receiver asks us to stop.
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
    // What a group's admin does is not shown to the reporter; the moderator reads it.
    let mine = house.page_as("/my", &format!("manage={}", scene.manage)).await;
    assert!(!mine.text.contains("暂停接收"), "{}", mine.text);
    let session = house.session(&scene.moderator).await;
    let page = house.page_as(&format!("/broadcasts/{}", scene.case), &format!("session={session}")).await;
    for reason in ["2 个群: 群主已暂停接收", "1 个群: 群已从本站删除"] {
        assert!(page.text.contains(reason), "{reason} in {}", page.text);
    }

    // A group that is deleted before its closing arrived still counts, even after the notice is erased.
    scene.delete(&house, waiting).await;
    house.advance(TimeDelta::days(30));
    work(&house).await;
    assert_eq!(house.get(&format!("/notices/{}", scene.case), None).await.expect(200)["state"], "erased");
    let ledger = Ledger { waiting: 1, paused: 1, unreachable: 4, ..ledger };
    let ending = scene.reported(&house, "closing", ledger).await;
    let reasons = [("deleted", "", 2), ("disabled", "gone", 1), ("unverified", "", 1)];
    assert_eq!(why("unreachable", &ending), reasons);
    assert_eq!(why("waiting", &ending), [("paused", "", 1)]);

    // A group that hears again, however late, hears that it is over.
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
    house
}

async fn who_heard_the_words_alone_and_who_perhaps_did_is_counted_so(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom, Platform::Dingtalk]).await;
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let [words, doubted] = &house.chats[..] else { panic!("two chats") };
    for chat in [words, doubted] {
        house.group(chat, &admin, &["131003"], &["rescue"]).await;
    }
    words.script(200, &[], r#"{"errcode":0,"errmsg":"ok"}"#);
    words.script(200, &[], r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#);
    for _ in 0..2 {
        doubted.script(200, &[], "?");
    }
    let (_, manage) = publish(&house, &moderator, "13800138001").await;
    let told = async || house.get("/my/notice", Some(&manage)).await.expect(200)["groups"].clone();
    let waiting = Ledger { received: 1, waiting: 2, ..Ledger::default() };
    assert_eq!(told().await, waiting.json(), "one for its picture, one for a certain answer");
    house.advance(TimeDelta::minutes(2));
    work(&house).await;
    words.read().expect("the picture");
    let heard = Ledger { received: 1, perhaps: 1, ..Ledger::default() };
    assert_eq!(told().await, heard.json());
    let mine = house.page_as("/my", &format!("manage={manage}")).await;
    assert!(mine.text.contains("已有 1 个群收到。1 个群不确定是否收到"), "{}", mine.text);
    house
}

/// A group that is deleted on one node while another plans its closing leaves a delivery that nobody can
/// lease.
async fn what_is_for_a_group_that_vanished_ends_with_its_notice(house: House) -> House {
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
    house
}

/// A node dies with two endings under way. After that, the answer of one chat is in doubt once, that of the
/// other twice.
async fn an_end_that_a_crash_left_in_doubt_is_said_as_often_as_any(house: House) -> House {
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
    house
}

/// A node dies with a picture under way whose words have arrived; then the notice ends. Nobody can take back a
/// picture that has no name.
async fn a_picture_that_a_crash_left_in_doubt_is_told_to_be_over(house: House) -> House {
    before_its_picture(
        house,
        |l| &mut l.followed_up,
        async |house, _| {
            house.settle().await;
            house.advance(TimeDelta::seconds(1));
            let (store, now) = (house.stations.shared.store.clone(), house.clock.now());
            let leased = store.write(move |tx| lease_and_die(tx, now)).await.unwrap().leased;
            assert_eq!(leased.iter().map(|picture| picture.part).collect::<Vec<_>>(), [1]);
        },
    )
    .await
}

/// An answer to the words was lost. The platform makes one message of both requests, and proved that.
async fn a_picture_that_was_never_sent_leaves_no_doubt(house: House) -> House {
    before_its_picture(
        house,
        |l| &mut l.edited,
        async |house, chat| {
            chat.lose_answers(true);
            house.settle().await;
            chat.lose_answers(false);
            house.pass(TimeDelta::minutes(1)).await;
        },
    )
    .await
}

/// A room has the words, perhaps the picture too, and the notice ends; its words are edited, and where a doubt
/// is left the room is told once.
async fn before_its_picture(
    house: House,
    how: fn(&mut Ledger) -> &mut i64,
    before: impl AsyncFnOnce(&House, &Fake),
) -> House {
    let house = house.and_chats(&[Platform::Matrix]).await;
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let chat = house.chats[0].clone();
    let groups = vec![house.group(&chat, &admin, &["131003"], &["rescue"]).await];
    let (case, manage) = approve(&house, &moderator, "13800138001").await;
    before(&house, &chat).await;
    assert_eq!(alone(&standing(&chat)).picture, None, "the words, and no picture");
    end(&house, &manage).await;
    house.advance(LEASE_FOR);
    work(&house).await;
    let told = Ledger::one(how);
    let stands = standing(&chat);
    assert!(stands.iter().all(|message| message.text.starts_with(OVER)), "{stands:?}");
    assert_eq!(stands.len() as i64, 1 + told.followed_up, "{stands:?}");
    let scene = Scene { moderator, admin, groups, case, manage };
    scene.told(&house, "closing", told).await;
    chat.read_all();
    house
}

/// Two tokens of one user of Synapse.
const TOKENS: [&str; 2] = ["syt_Ym90_kR8w2Qv1234abcdefghi_1Xy2Zz", "syt_Ym90_pL5t7Mn9876zyxwvutsr_2Ab3Cc"];

/// The words are sent again when a homeserver does not know the first request any more.
async fn what_a_homeserver_has_forgotten_is_told_to_be_over(house: House) -> House {
    said_twice(house, async |house, _| house.advance(TimeDelta::hours(24))).await
}

/// The words are sent again by another token, so that a homeserver takes them for other words.
async fn what_another_token_has_said_is_told_to_be_over(house: House) -> House {
    said_twice(house, async |house, scene| {
        house.advance(TimeDelta::seconds(1));
        scene.replace_token(house, TOKENS[1]).await;
    })
    .await
}

/// A room has the words, and the answer is lost; they are sent once more, and both stand there. Then the notice ends:
/// nobody can edit the first, so the room is told.
async fn said_twice(house: House, before_the_second: impl AsyncFnOnce(&House, &Scene)) -> House {
    let house = house.and_chats(&[Platform::Matrix]).await;
    let (moderator, admin) =
        (house.person("林志愿", Role::Moderator).await, house.person("王群主", Role::GroupAdmin).await);
    let chat = house.chats[0].clone();
    chat.replace_token(TOKENS[0]);
    let groups = vec![house.group(&chat, &admin, &["131003"], &["rescue"]).await];
    let (case, manage) = approve(&house, &moderator, "13800138001").await;
    let scene = Scene { moderator, admin, groups, case, manage };
    chat.lose_answers(true);
    house.settle().await;
    chat.lose_answers(false);
    let said = |chat: &Fake| {
        let words = standing(chat).into_iter().filter(|shown| shown.picture.is_none());
        words.filter(|shown| shown.text.contains(&scene.case)).collect::<Vec<_>>()
    };
    chat.read().expect("the words");
    before_the_second(&house, &scene).await;
    work(&house).await;
    let stood = said(&chat);
    assert_eq!(stood.len(), 2, "{stood:?}");
    chat.read_all();
    scene.close(&house).await;
    let told = chat.read().expect("that it is over").to_string();
    assert!(told.contains(OVER) && told.contains(&scene.case), "{told}");
    let over = |shown: &&Shown| shown.text.starts_with(OVER);
    assert_eq!(said(&chat).iter().filter(over).count(), 2, "the second is edited, and the room is told");
    scene.told(&house, "closing", Ledger::one(|l| &mut l.followed_up)).await;
    house
}
