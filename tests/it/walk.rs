//! The specification: a notice of each kind from submission to tombstone.

use chrono::TimeDelta;
use serde_json::json;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use crate::house::{COOLING, House};
use crate::steps::Desk;
use crate::{Test, housed, notices};

pub const TESTS: &[Test] = &[
    housed!(a_missing_person),
    housed!(lost_property),
    housed!(a_rescue),
    housed!(a_donation),
    housed!(an_adult_needs_a_lead_and_a_police_reference),
    housed!(a_false_notice_is_corrected),
];

async fn state(house: &House, case: &str) -> String {
    let answer = house.get(&format!("/notices/{case}"), None).await.expect(200);
    answer["state"].as_str().unwrap().to_owned()
}

/// The full walk: photo, two chats on different platforms, cooling with undo, 72 hours, the tombstone.
async fn a_missing_person(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom, Platform::Dingtalk, Platform::Feishu]).await;
    let desk = Desk::of(&house).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let [city, province, elsewhere] = [0, 1, 2].map(|n| house.chats[n].clone());
    // A group of the city hears its counties, a group of the province hears all of it, another province hears
    // nothing.
    house.group(&city, &admin, &["131000"], &["missing_person"]).await;
    house.group(&province, &admin, &["130000"], &["missing_person", "rescue"]).await;
    house.group(&elsewhere, &admin, &["440000"], &["missing_person"]).await;

    let photo = house.photo(notices::jpeg()).await;
    let mut body = notices::missing_person(house.clock.now());
    body["photo_ids"] = json!([photo]);
    let (case, manage) = house.submit(&body).await;

    // Only those who verify know anything about it.
    let waiting = house.get(&format!("/notices/{case}"), None).await.expect(200);
    assert_eq!(waiting.as_object().unwrap().len(), 3, "{waiting}");
    let queue = house.get("/review/queue", Some(&desk.moderator.token)).await.expect(200);
    assert_eq!(queue["items"][0]["case_number"], case.as_str());

    // A moderator claims it; a colleague cannot, and sees nothing private.
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&desk.colleague.token)).await;
    assert!(!sheet.text.contains("13800138000"), "{}", sheet.text);
    house.post(&format!("{path}/claim"), Some(&desk.moderator.token), &json!({})).await.expect(200);
    let refused = house.post(&format!("{path}/claim"), Some(&desk.colleague.token), &json!({})).await;
    assert_eq!(refused.problem(409), "claimed_by_other");
    // The holder sees the private part, and for a reason the phone.
    let sheet = house.get(&path, Some(&desk.moderator.token)).await.expect(200);
    assert_eq!(sheet["private"]["secret_detail"], "左手小指有一道旧伤");
    let reason = json!({"reason": "call_back"});
    let shown = house.post(&format!("{path}/phone"), Some(&desk.moderator.token), &reason).await.expect(200);
    assert_eq!(shown["phone"], "+8613800138000");

    // Approved, taken back, approved again: only then, and after the cooling time, is it live.
    let approved = house.decide(&case, &desk.moderator, "approve", "verified").await.expect(200);
    assert_eq!(approved["state"], "cooling");
    house.post(&format!("{path}/undo"), Some(&desk.moderator.token), &json!({})).await.expect(200);
    house.approve(&case, &[&desk.moderator]).await;
    house.pass(TimeDelta::seconds(29)).await;
    assert_ne!(state(&house, &case).await, "live");
    assert_eq!(city.read(), None);
    house.pass(TimeDelta::seconds(1)).await;
    assert_eq!(state(&house, &case).await, "live");
    let late = house.post(&format!("{path}/undo"), Some(&desk.moderator.token), &json!({})).await;
    assert_eq!(late.problem(409), "too_late");

    // WeCom gets words and picture, DingTalk words with a link; the other province gets nothing.
    let words = city.read().unwrap();
    let text = words["text"]["content"].as_str().unwrap();
    assert!(text.starts_with("【72小时】"), "{text}");
    assert!(
        text.contains("李玉兰") && text.contains(&case) && text.contains(&format!("/n/{case}")),
        "{text}"
    );
    assert!(!text.contains("13800138000") && !text.contains("痴呆"), "{text}");
    assert_eq!(city.read().unwrap()["msgtype"], "image");
    let words = province.read().unwrap().to_string();
    assert!(words.contains(&case), "{words}");
    assert_eq!(elsewhere.read(), None);
    let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
    assert_eq!(shown["person"]["name"], "李玉兰", "{shown}");
    assert_eq!(house.page(&format!("/n/{case}/poster.jpg")).await.headers["content-type"], "image/jpeg");

    // 71 h 59 min: live. 72 h: gone, at the moment of reading, before any sweep.
    house.pass(TimeDelta::hours(72) - TimeDelta::minutes(1)).await;
    assert_eq!(state(&house, &case).await, "live");
    house.advance(TimeDelta::minutes(1));
    let over = house.get(&format!("/notices/{case}"), None).await.expect(200);
    assert_eq!(over["state"], "expired");
    assert_eq!(over.as_object().unwrap().len(), 3, "{over}");
    let photo_url = format!("/p/{photo}/page.jpg");
    assert_eq!(house.page(&photo_url).await.status, 404);
    house.settle().await;
    for chat in [&city, &province] {
        let closing = chat.read().unwrap().to_string();
        assert!(closing.contains("【72小时】本条信息已结束,请停止转发"), "{closing}");
        assert!(closing.contains(&case) && !closing.contains("李玉兰"), "{closing}");
    }
    house.settle().await;
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
    assert_eq!(mine["state"], "expired");

    // The retention time passed: nothing of it can be read, neither in the program nor in the raw file.
    house.pass(TimeDelta::days(30)).await;
    assert_eq!(state(&house, &case).await, "erased");
    assert_eq!(house.get("/my/notice", Some(&manage)).await.problem(401), "manage_link_invalid");
    notices::assert_unreadable(&house, &["李玉兰", "13800138000", "王小红", "银河南路"]).await;
    house
}

async fn lost_property(house: House) -> House {
    let house = house.and_chats(&[Platform::Feishu]).await;
    let desk = Desk::of(&house).await;
    let chat = house.chat_for("lost_property", "131003").await;
    let (case, manage) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.go_live(&case, &[&desk.moderator]).await;
    let words = chat.read().unwrap().to_string();
    assert!(words.contains("双肩包") && !words.contains("内袋里有一张合影"), "{words}");
    // The owner was found: the groups are told, because the reporter allows it.
    let closed = house
        .post("/my/notice/close", Some(&manage), &json!({"outcome": "returned", "announce": true}))
        .await;
    assert_eq!(closed.expect(200)["state"], "closed");
    let again = house
        .post("/my/notice/close", Some(&manage), &json!({"outcome": "returned", "announce": true}))
        .await;
    let late = house.post(&format!("/review/{case}/undo"), Some(&desk.moderator.token), &json!({})).await;
    assert_eq!(late.problem(409), "too_late", "it has been live");
    again.expect(200);
    house.settle().await;
    let closing = chat.read().unwrap().to_string();
    assert!(closing.contains("已物归原主"), "{closing}");
    assert_eq!(state(&house, &case).await, "closed");
    house
}

async fn a_rescue(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let desk = Desk::of(&house).await;
    let chat = house.chat_for("rescue", "130000").await;
    let (case, manage) = house.submit(&notices::rescue(house.clock.now())).await;
    house.go_live(&case, &[&desk.moderator]).await;
    assert_eq!(chat.read().unwrap()["type"], "rescue.published");
    house
        .post("/my/notice/close", Some(&manage), &json!({"outcome": "rescued", "announce": false}))
        .await
        .expect(200);
    house.settle().await;
    let closing = chat.read().unwrap();
    assert_eq!(closing["type"], "rescue.closed");
    assert!(!closing.to_string().contains("已获救"), "{closing}");
    house
}

async fn a_donation(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let desk = Desk::of(&house).await;
    let chat = house.chat_for("donation", "131000").await;
    let (case, _) = house.submit(&notices::donation(house.clock.now())).await;
    let first = house.decide(&case, &desk.moderator, "approve", "verified").await.expect(200);
    assert_eq!(first["state"], "second_review");
    let same = house.decide(&case, &desk.moderator, "approve", "verified").await;
    assert_eq!(same.problem(403), "same_approver");
    let second = house.decide(&case, &desk.colleague, "approve", "verified").await.expect(200);
    assert_eq!(second["state"], "cooling");
    house.pass(COOLING).await;
    assert!(chat.read().unwrap().to_string().contains(&case));
    assert_eq!(chat.read().unwrap()["msgtype"], "image");
    house
}

async fn an_adult_needs_a_lead_and_a_police_reference(house: House) -> House {
    let desk = Desk::of(&house).await;
    let mut body = notices::missing_person(house.clock.now());
    body["person"]["age"] = json!(34);
    body["person"]["category"] = json!("other_adult");
    body["police"] = json!({"reported": true, "station": "银河南路派出所"});
    let (case, manage) = house.submit(&body).await;
    let refused = house.decide(&case, &desk.moderator, "approve", "verified").await;
    assert_eq!(refused.problem(422), "police_reference_required");
    let patch = json!({"police": {"reference": "廊公安受字2026第1123号"}});
    let revised = house.call(reqwest::Method::PATCH, "/my/notice", Some(&manage), Some(&patch)).await;
    revised.expect(200);
    house.approve(&case, &[&desk.moderator]).await;
    let refused = house.decide(&case, &desk.colleague, "approve", "verified").await;
    assert_eq!(refused.problem(403), "lead_required");
    house.post(&format!("/review/{case}/release"), Some(&desk.colleague.token), &json!({})).await.expect(200);
    let approved = house.decide(&case, &desk.lead, "approve", "verified").await.expect(200);
    assert_eq!(approved["state"], "cooling");
    house
}

async fn a_false_notice_is_corrected(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let desk = Desk::of(&house).await;
    let chat = house.chat_for("lost_property", "131000").await;
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.go_live(&case, &[&desk.moderator]).await;
    chat.read_all();
    let sheet = house.get(&format!("/review/{case}"), Some(&desk.colleague.token)).await.expect(200);
    let body = json!({"version": sheet["version"], "reason": "false"});
    let removed = house.post(&format!("/review/{case}/remove"), Some(&desk.colleague.token), &body).await;
    assert_eq!(removed.expect(200)["state"], "removed");
    house.settle().await;
    let correction = chat.read().unwrap().to_string();
    assert!(correction.contains("【72小时】更正"), "{correction}");
    house
}
