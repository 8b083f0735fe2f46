//! An edit of a live notice is reviewed like a new notice, while the published text stands.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use crate::groups::beijing;
use crate::hostile::by_another;
use crate::house::{COOLING, House, Person};
use crate::steps::Desk;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(an_edit_that_nobody_has_read_wakes_nobody),
    housed!(an_edit_that_changes_nothing_to_read_is_told_to_nobody),
    housed!(an_edit_stands_beside_what_is_live),
    housed!(what_changed_since_somebody_asked_is_shown),
    housed!(an_approved_edit_cools_like_a_new_notice),
    housed!(an_edit_of_an_edit_that_cools_begins_anew),
    housed!(an_edit_that_would_cool_beyond_the_end_goes_out_at_once),
];

/// The description that everybody reads.
pub async fn description(house: &House, case: &str) -> String {
    let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
    shown["description"].as_str().unwrap_or_default().to_owned()
}

async fn an_edit_that_nobody_has_read_wakes_nobody(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let desk = Desk::of(&house).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let chat = house.chats[0].clone();
    let group = house.group(&chat, &admin, &["131003"], &["missing_person"]).await;
    // Quiet from 11:00 except for urgent notices; a message half a minute before that fails.
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
    let (waits, _) = house.submit(&adult(2)).await;
    house.advance(TimeDelta::seconds(1));
    chat.script(503, &[], "not now");
    let (case, manage) = house.live(&adult(1), &[&desk.moderator, &desk.lead]).await;
    house.advance(TimeDelta::seconds(40));
    house.edit(&manage, json!({"person": {"medical_urgent": true}})).await;
    house.settle().await;
    assert_eq!(chat.read(), None, "its edit says that it is urgent, and nobody has read that");
    // It is reviewed before what can wait longer.
    let queue = desk.queue(&house).await;
    assert_eq!((&queue[0]["case_number"], &queue[0]["urgency"]), (&json!(case), &json!(2)), "{queue:?}");
    assert_eq!((&queue[1]["case_number"], &queue[1]["urgency"]), (&json!(waits), &json!(1)));
    assert_eq!(desk.sheet(&house, &case).await["urgency"], 2);
    house.decide(&case, &desk.moderator, "reject", "hoax").await.expect(200);
    assert_eq!(desk.sheet(&house, &case).await["urgency"], 1);
    house.pass(TimeDelta::minutes(20)).await;
    assert_eq!(chat.read(), None, "it was turned down");

    house.edit(&manage, json!({"person": {"medical_urgent": true}})).await;
    house.go_live(&case, &[&desk.colleague, &desk.lead]).await;
    assert!(chat.read().unwrap().to_string().contains(&case), "now it is urgent");
    assert_eq!(desk.sheet(&house, &case).await["urgency"], 2);
    house
}

async fn an_edit_that_changes_nothing_to_read_is_told_to_nobody(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook, Platform::Slack]).await;
    let desk = Desk::of(&house).await;
    let [heard, late] = [0, 1].map(|chat| house.chats[chat].clone());
    for (name, chat) in [("王群主", &heard), ("李群主", &late)] {
        let admin = house.person(name, Role::GroupAdmin).await;
        house.group(chat, &admin, &["131003"], &["lost_property"]).await;
    }
    late.script(503, &[], "not now");
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&desk.moderator]).await;
    assert!(heard.read().unwrap().to_string().contains(&case));
    assert_eq!(late.read(), None);
    house.edit(&manage, json!({"secret_detail": "内袋里有一把钥匙"})).await;
    house.go_live(&case, &[&desk.moderator]).await;
    assert_eq!(heard.read(), None, "it reads as before");
    assert!(late.read().unwrap().to_string().contains(&case), "what waited goes out all the same");
    let said = house.get(&format!("/broadcasts/{case}"), Some(&desk.moderator.token)).await.expect(200);
    assert_eq!(said["items"].as_array().map(Vec::len), Some(1), "{said}");
    house
}

async fn an_edit_stands_beside_what_is_live(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&desk.moderator]).await;
    assert!(desk.sheet(&house, &case).await["changes"].is_null(), "nothing waits");
    let photo = house.photo(notices::jpeg()).await;
    let changes = json!({"description": "<b>伞</b>", "photo_ids": [photo], "secret_detail": "内袋里有一把钥匙", "reporter": {"phone": "13900139001"}});
    house.edit(&manage, changes).await;
    let public = [
        json!({"field": "description", "before": "遗失在 12 路公交车上。", "after": "<b>伞</b>"}),
        json!({"field": "photos", "before": [], "after": [photo]}),
    ];
    assert_eq!(desk.sheet(&house, &case).await["changes"], json!(public));
    let cookie = house.cookie(&desk.colleague).await;
    let page = house.page_as(&format!("/review/{case}"), &cookie).await.text;
    for shown in ["<del>遗失在 12 路公交车上。</del>", "<ins>&#60;b&#62;伞&#60;/b&#62;</ins>", "新加的照片"]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("钥匙"), "the family's secret is for whoever holds the case");

    // Whoever claims it sees what else changes.
    let claim = format!("/review/{case}/claim");
    house.post(&claim, Some(&desk.colleague.token), &json!({})).await.expect(200);
    let held = house.get(&format!("/review/{case}"), Some(&desk.colleague.token)).await.expect(200);
    let secret = json!({"field": "secret_detail", "before": "内袋里有一张合影", "after": "内袋里有一把钥匙"});
    let changes = held["changes"].as_array().unwrap();
    assert!(changes.contains(&secret), "{held}");
    let phone = changes.iter().find(|change| change["field"] == "reporter.phone").unwrap();
    assert_eq!(phone["after"], "…9001", "no more of it than the sheet tells");
    assert_eq!(desk.sheet(&house, &case).await["changes"], json!(public), "nobody else does");

    // More time alone changes no word.
    house.go_live(&case, &[&desk.colleague]).await;
    assert!(desk.sheet(&house, &case).await["changes"].is_null());
    house.post("/my/notice/renew", Some(&manage), &json!({})).await.expect(200);
    assert_eq!(desk.sheet(&house, &case).await["changes"], json!([]));
    let page = house.page_as(&format!("/review/{case}"), &cookie).await.text;
    assert!(page.contains("公开的内容没有变化"), "{page}");
    house
}

async fn what_changed_since_somebody_asked_is_shown(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.submit(&notices::lost_property(house.clock.now())).await;
    let claim = format!("/review/{case}/claim");
    let claimed = house.post(&claim, Some(&desk.moderator.token), &json!({})).await.expect(200);
    let ask = json!({"version": claimed["version"], "action": "ask", "note": "是哪一路车？"});
    house.post(&format!("/review/{case}/decisions"), Some(&desk.moderator.token), &ask).await.expect(200);
    assert!(desk.sheet(&house, &case).await["changes"].is_null());
    house.edit(&manage, json!({"description": "遗失在 21 路公交车上。"})).await;
    let changed = json!([{"field": "description", "before": "遗失在 12 路公交车上。", "after": "遗失在 21 路公交车上。"}]);
    assert_eq!(desk.sheet(&house, &case).await["changes"], changed);
    // Whoever claims it still sees it, until it is asked again.
    house.claim(&case, &desk.colleague).await;
    let held = house.get(&format!("/review/{case}"), Some(&desk.colleague.token)).await.expect(200);
    assert_eq!(held["changes"], changed);
    let cookie = house.cookie(&desk.colleague).await;
    let page = house.page_as(&format!("/review/{case}"), &cookie).await.text;
    assert!(
        page.contains("志愿者上次看到的") && page.contains("<ins>遗失在 21 路公交车上。</ins>"),
        "{page}"
    );
    let ask = json!({"version": held["version"], "action": "ask", "note": "几点？"});
    house.post(&format!("/review/{case}/decisions"), Some(&desk.colleague.token), &ask).await.expect(200);
    assert!(desk.sheet(&house, &case).await["changes"].is_null());
    house
}

async fn an_approved_edit_cools_like_a_new_notice(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let desk = Desk::of(&house).await;
    let chat = house.chat_for("lost_property", "131003").await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&desk.moderator]).await;
    chat.read().expect("the alert");
    let undo =
        async |by: &Person| house.post(&format!("/review/{case}/undo"), Some(&by.token), &json!({})).await;
    assert_eq!(undo(&desk.moderator).await.problem(409), "too_late");
    house.edit(&manage, json!({"description": "包里还有一把伞"})).await;
    house.approve(&case, &[&desk.colleague]).await;
    let sheet = desk.sheet(&house, &case).await;
    assert_eq!((&sheet["state"], &sheet["wants"]), (&json!("live"), &json!([])), "{sheet}");
    assert_eq!(sheet["cooling_until"], "2026-11-23T02:08:00Z");
    assert_eq!(desk.queue(&house).await, [Value::Null; 0], "nobody has to do anything");
    let cookie = house.cookie(&desk.colleague).await;
    let page = house.page_as(&format!("/review/{case}"), &cookie).await.text;
    assert!(page.contains("10:08:00") && page.contains(&format!("/review/{case}/undo")), "{page}");

    // Only the person who gave the approval can take it back.
    assert_eq!(undo(&desk.moderator).await.problem(403), "forbidden");
    assert_eq!(undo(&desk.colleague).await.expect(200)["state"], "live");
    house.pass(TimeDelta::minutes(2)).await;
    assert_eq!((description(&house, &case).await, chat.read()), ("遗失在 12 路公交车上。".to_owned(), None));
    assert_eq!(desk.queue(&house).await[0]["wants"], json!(["revision"]));

    // Approved again, it goes out by itself.
    house.approve(&case, &[&desk.colleague]).await;
    house.advance(TimeDelta::seconds(29));
    house.stations.publish_when_due().await.unwrap();
    assert_eq!(description(&house, &case).await, "遗失在 12 路公交车上。");
    house.advance(TimeDelta::seconds(1));
    house.stations.publish_when_due().await.unwrap();
    assert_eq!(description(&house, &case).await, "包里还有一把伞");
    assert_eq!(undo(&desk.colleague).await.problem(409), "too_late");
    house.settle().await;
    assert!(chat.read().unwrap().to_string().contains("包里还有一把伞"));

    // A notice that ends while its edit is cooling ends with its old text.
    house.edit(&manage, json!({"description": "还有一副眼镜"})).await;
    house.approve(&case, &[&desk.colleague]).await;
    house.close(&manage, "returned").await;
    house.pass(COOLING).await;
    let closing = chat.read().unwrap().to_string();
    assert!(closing.contains(&case) && !closing.contains("眼镜"), "{closing}");
    assert_eq!(desk.sheet(&house, &case).await["public"]["description"], "包里还有一把伞");
    house
}

async fn an_edit_of_an_edit_that_cools_begins_anew(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&desk.moderator]).await;
    house.edit(&manage, json!({"description": "包里还有一把伞"})).await;
    house.approve(&case, &[&desk.colleague]).await;
    house.edit(&manage, json!({"description": "请加微信群领取"})).await;
    house.pass(TimeDelta::minutes(1)).await;
    assert_eq!(description(&house, &case).await, "遗失在 12 路公交车上。", "nobody approved the newer one");
    assert_eq!(desk.queue(&house).await[0]["wants"], json!(["revision"]));
    house.decide(&case, &desk.colleague, "reject", "hoax").await.expect(200);
    house.pass(TimeDelta::minutes(1)).await;
    assert_eq!(description(&house, &case).await, "遗失在 12 路公交车上。");
    house
}

async fn an_edit_that_would_cool_beyond_the_end_goes_out_at_once(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (number, left) in [(1, 20), (2, 50)] {
        let bag = by_another(notices::lost_property(house.clock.now()), number);
        let (case, manage) = house.live(&bag, &[&desk.moderator]).await;
        house.advance(TimeDelta::hours(72) - TimeDelta::seconds(left));
        house.post("/my/notice/renew", Some(&manage), &json!({})).await.expect(200);
        house.approve(&case, &[&desk.colleague]).await;
        // Away for a minute: the cooling and the end pass unseen.
        house.advance(TimeDelta::minutes(1));
        house.pass(TimeDelta::hours(1)).await;
        let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
        assert_eq!(shown["state"], "live", "whoever granted 72 hours more granted them");
    }
    house
}
