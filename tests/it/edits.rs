//! A live notice is reviewed again: an edit is reviewed like a new notice while the published text stands,
//! what is owed is asked for until it is there, and an end leaves nothing to decide.

use std::sync::Arc;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::notices as rows;

use crate::fakes::Fake;
use crate::groups::beijing;
use crate::hostile::by_another;
use crate::house::{House, Person, Reply};
use crate::steps::Desk;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(an_edit_that_nobody_has_read_wakes_nobody),
    housed!(an_edit_stands_beside_what_is_live),
    housed!(what_changed_since_somebody_asked_is_shown),
    housed!(an_approved_edit_cools_like_a_new_notice),
    housed!(an_edit_of_an_edit_that_cools_begins_anew),
    housed!(an_edit_that_would_cool_beyond_the_end_goes_out_at_once),
    housed!(a_second_look_is_asked_for_until_somebody_looks),
    housed!(a_police_reference_is_asked_for_until_it_is_there),
    housed!(what_is_removed_waits_for_nothing),
    housed!(a_case_that_turns_out_sealed_is_taken_from_view_at_once),
    housed!(a_case_that_turns_out_sealed_belongs_to_the_leads),
    housed!(a_case_that_turned_out_sealed_stays_out_of_view_until_a_lead_resumes_it),
    housed!(what_is_paused_and_turns_out_sealed_is_for_leads_to_resume),
    housed!(who_may_not_see_a_case_takes_no_step_with_it_whatever_they_know),
];

async fn description(house: &House, case: &str) -> String {
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
    house.advance(TimeDelta::minutes(20));
    house.settle().await;
    assert_eq!(chat.read(), None, "it was turned down");

    house.edit(&manage, json!({"person": {"medical_urgent": true}})).await;
    house.approve(&case, &[&desk.colleague, &desk.lead]).await;
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    assert!(chat.read().unwrap().to_string().contains(&case), "now it is urgent");
    assert_eq!(desk.sheet(&house, &case).await["urgency"], 2);
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
    let cookie = format!("session={}", house.session(&desk.colleague).await);
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
    house.approve(&case, &[&desk.colleague]).await;
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
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
    let cookie = format!("session={}", house.session(&desk.colleague).await);
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
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let chat = house.chats[0].clone();
    house.group(&chat, &admin, &["131003"], &["lost_property"]).await;
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
    let cookie = format!("session={}", house.session(&desk.colleague).await);
    let page = house.page_as(&format!("/review/{case}"), &cookie).await.text;
    assert!(page.contains("10:08:00") && page.contains(&format!("/review/{case}/undo")), "{page}");

    // Only the person who gave the approval can take it back.
    assert_eq!(undo(&desk.moderator).await.problem(403), "forbidden");
    assert_eq!(undo(&desk.colleague).await.expect(200)["state"], "live");
    house.advance(TimeDelta::minutes(2));
    house.settle().await;
    assert_eq!((description(&house, &case).await, chat.read()), ("遗失在 12 路公交车上。".to_owned(), None));
    assert_eq!(desk.queue(&house).await[0]["wants"], json!(["revision"]));

    // Approved again, it goes out by itself.
    house.approve(&case, &[&desk.colleague]).await;
    house.advance(TimeDelta::seconds(29));
    house.stations.let_out_when_due().await.unwrap();
    assert_eq!(description(&house, &case).await, "遗失在 12 路公交车上。");
    house.advance(TimeDelta::seconds(1));
    house.stations.let_out_when_due().await.unwrap();
    assert_eq!(description(&house, &case).await, "包里还有一把伞");
    assert_eq!(undo(&desk.colleague).await.problem(409), "too_late");
    house.settle().await;
    assert!(chat.read().unwrap().to_string().contains("包里还有一把伞"));

    // A notice that ends while its edit is cooling ends with its old text.
    house.edit(&manage, json!({"description": "还有一副眼镜"})).await;
    house.approve(&case, &[&desk.colleague]).await;
    let end = json!({"outcome": "returned", "announce": false});
    house.post("/my/notice/close", Some(&manage), &end).await.expect(200);
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
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
    house.advance(TimeDelta::minutes(1));
    house.settle().await;
    assert_eq!(description(&house, &case).await, "遗失在 12 路公交车上。", "nobody approved the newer one");
    assert_eq!(desk.queue(&house).await[0]["wants"], json!(["revision"]));
    house.decide(&case, &desk.colleague, "reject", "hoax").await.expect(200);
    house.advance(TimeDelta::minutes(1));
    house.settle().await;
    assert_eq!(description(&house, &case).await, "遗失在 12 路公交车上。");
    house
}

async fn an_edit_that_would_cool_beyond_the_end_goes_out_at_once(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&desk.moderator]).await;
    house.advance(TimeDelta::hours(72) - TimeDelta::seconds(20));
    house.post("/my/notice/renew", Some(&manage), &json!({})).await.expect(200);
    house.approve(&case, &[&desk.colleague]).await;
    house.advance(TimeDelta::hours(1));
    house.settle().await;
    let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
    assert_eq!(shown["state"], "live", "whoever granted 72 hours more granted them");
    house
}

/// How many notices have waited too long for this, as the metrics tell it.
async fn overdue(house: &House, want: &str) -> Option<String> {
    let text = house.page("/metrics").await.text;
    let series = format!("seventytwo_notices_overdue{{want=\"{want}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&series)).map(str::to_owned)
}

/// A live case that lacks a second look and a police reference.
struct Owing {
    desk: Desk,
    case: String,
    manage: String,
}

impl Owing {
    async fn of(house: &House) -> Owing {
        let desk = Desk::of(house).await;
        let mut body = notices::missing_person(house.clock.now());
        body["police"] = json!({"reported": true, "station": "银河南路派出所"});
        let (case, manage) = house.live(&body, &[&desk.moderator]).await;
        // This one would come first: somebody has waited for help for longer.
        let mut help = by_another(notices::rescue(house.clock.now()), 7);
        help["last_seen"]["at"] = json!((house.clock.now() - TimeDelta::hours(9)).to_rfc3339());
        house.submit(&help).await;
        Owing { desk, case, manage }
    }

    /// What it wants, what of that is overdue, and its place in the queue, which says the same.
    async fn owed(&self, house: &House) -> (Value, Value, Option<usize>) {
        let sheet = self.desk.sheet(house, &self.case).await;
        let queue = self.desk.queue(house).await;
        let place = queue.iter().position(|line| line["case_number"] == json!(self.case));
        if let Some(place) = place {
            assert_eq!(
                (&queue[place]["wants"], &queue[place]["overdue"]),
                (&sheet["wants"], &sheet["overdue"])
            );
        }
        (sheet["wants"].clone(), sheet["overdue"].clone(), place)
    }

    /// A page, as leads see it.
    async fn page(&self, house: &House, path: &str) -> String {
        let cookie = format!("session={}", house.session(&self.desk.lead).await);
        house.page_as(path, &cookie).await.text
    }
}

async fn a_second_look_is_asked_for_until_somebody_looks(house: House) -> House {
    let owing = Owing::of(&house).await;
    let both = json!(["second_look", "police_reference"]);
    house.advance(TimeDelta::minutes(30) - TimeDelta::seconds(1));
    assert_eq!(owing.owed(&house).await, (both.clone(), json!([]), Some(1)));
    assert_eq!(overdue(&house, "second_look").await.as_deref(), Some("0"));
    house.advance(TimeDelta::seconds(1));
    assert_eq!(owing.owed(&house).await, (both, json!(["second_look"]), Some(0)));
    assert_eq!(overdue(&house, "second_look").await.as_deref(), Some("1"));
    for path in ["/review".to_owned(), format!("/review/{}", owing.case)] {
        let page = async |language: &str| owing.page(&house, &format!("{path}?lang={language}")).await;
        assert!(page("zh-CN").await.contains("第二人复看已超时"), "{path}");
        assert!(page("en").await.contains("second look overdue"), "{path}");
    }
    let figures = owing.page(&house, "/review/figures?lang=en").await;
    assert!(figures.contains("<th scope=\"row\">Second look overdue</th><td>1</td><td>–</td>"), "{figures}");
    house.approve(&owing.case, &[&owing.desk.colleague]).await;
    assert_eq!(owing.owed(&house).await, (json!(["police_reference"]), json!([]), Some(1)));
    assert_eq!(overdue(&house, "second_look").await.as_deref(), Some("0"));
    house
}

async fn a_police_reference_is_asked_for_until_it_is_there(house: House) -> House {
    let owing = Owing::of(&house).await;
    let Owing { desk, case, manage } = &owing;
    let lacking = json!(["police_reference"]);
    // A second look does not replace a police reference.
    house.approve(case, &[&desk.colleague]).await;
    assert_eq!(owing.owed(&house).await, (lacking.clone(), json!([]), Some(1)));
    let refused = house.decide(case, &desk.lead, "approve", "verified").await;
    assert_eq!(refused.problem(422), "police_reference_required");
    let sheet = desk.sheet(&house, case).await;
    assert_eq!(sheet["approval_refused"], "police_reference_required", "{sheet}");
    house.post(&format!("/review/{case}/release"), Some(&desk.lead.token), &json!({})).await.expect(200);
    house.advance(TimeDelta::hours(2) - TimeDelta::seconds(1));
    assert_eq!(owing.owed(&house).await, (lacking.clone(), json!([]), Some(1)));
    house.advance(TimeDelta::seconds(1));
    assert_eq!(owing.owed(&house).await, (lacking.clone(), lacking.clone(), Some(0)));
    assert_eq!(overdue(&house, "police_reference").await.as_deref(), Some("1"));
    assert!(owing.page(&house, "/review?lang=en").await.contains("police reference overdue"));
    let figures = owing.page(&house, "/review/figures?lang=zh-CN").await;
    assert!(figures.contains("<th scope=\"row\">报警编号已超时未补</th><td>1</td><td>–</td>"), "{figures}");

    // An edit without a reference changes nothing; the one that brings it settles the matter when it goes
    // live.
    house.edit(manage, json!({"description": "早上出门买菜后未归。"})).await;
    house.approve(case, &[&desk.colleague]).await;
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    assert_eq!(owing.owed(&house).await, (lacking.clone(), lacking, Some(0)));
    house.edit(manage, json!({"police": {"reference": "廊公安受字2026第1123号"}})).await;
    assert_eq!(owing.owed(&house).await.0, json!(["revision", "police_reference"]));
    house.approve(case, &[&desk.colleague]).await;
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    assert_eq!(owing.owed(&house).await, (json!([]), json!([]), None));
    assert_eq!(overdue(&house, "police_reference").await.as_deref(), Some("0"));
    house
}

async fn what_is_removed_waits_for_nothing(house: House) -> House {
    let desk = Desk::of(&house).await;
    let mut body = notices::missing_person(house.clock.now());
    body["police"] = json!({"reported": true, "station": "银河南路派出所"});
    let (case, manage) = house.live(&body, &[&desk.moderator]).await;
    house.edit(&manage, json!({"description": "从未发布过的一句话"})).await;
    let sheet = desk.sheet(&house, &case).await;
    assert_eq!(sheet["public"]["description"], "从未发布过的一句话");
    let removal = json!({"version": sheet["version"], "reason": "false"});
    house.post(&format!("/review/{case}/remove"), Some(&desk.colleague.token), &removal).await.expect(200);
    let sheet = desk.sheet(&house, &case).await;
    assert_eq!((&sheet["wants"], &sheet["pending_revision"]), (&json!([]), &Value::Null), "{sheet}");
    assert_eq!(sheet["public"]["description"], body["description"], "what was said, not what was to be");
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
    assert_eq!(mine["waiting"], Value::Null, "{mine}");
    house.advance(TimeDelta::hours(3));
    let text = house.page("/metrics").await.text;
    assert!(text.contains("seventytwo_notices_overdue{want=\"second_look\"} 0\n"), "{text}");
    house
}

/// An adult, who may go where they like.
fn adult(house: &House) -> Value {
    let mut body = notices::missing_person(house.clock.now());
    body["person"]["age"] = json!(34);
    body["person"]["category"] = json!("other_adult");
    body
}

async fn step(house: &House, case: &str, by: &Person, step: &str) -> Reply {
    let (store, number) = (&house.stations.shared.store, case.parse().unwrap());
    let version = store.read(move |c| Ok(rows::by_case(c, number)?.unwrap().version)).await.unwrap();
    let body = json!({"version": version});
    house.post(&format!("/review/{case}/{step}"), Some(&by.token), &body).await
}

/// A live case that moderators may see, with a photo. Its group has not heard of it yet, and a moderator has
/// claimed it.
struct Unsealed {
    desk: Desk,
    chat: Arc<Fake>,
    case: String,
    manage: String,
    photo: String,
}

impl Unsealed {
    async fn of(house: &House) -> Unsealed {
        let desk = Desk::of(house).await;
        let admin = house.person("王群主", Role::GroupAdmin).await;
        let chat = house.chats[0].clone();
        house.group(&chat, &admin, &["131003"], &["missing_person"]).await;
        let photo = house.photo(notices::jpeg()).await;
        let mut body = adult(house);
        body["photo_ids"] = json!([photo]);
        // This will be tried again soon.
        chat.script(503, &[], "not now");
        let (case, manage) = house.live(&body, &[&desk.moderator, &desk.lead]).await;
        house.claim(&case, &desk.moderator).await;
        Unsealed { desk, chat, case, manage, photo }
    }

    /// Its reporter tells what seals it.
    async fn seal(&self, house: &House) {
        let told = json!({"safety": {"violence": true}, "person": {"clothing": "绿色外套"}});
        assert_eq!(house.edit(&self.manage, told).await, json!({"state": "paused", "pending": true}));
    }
}

async fn a_case_that_turns_out_sealed_is_taken_from_view_at_once(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let unsealed = Unsealed::of(&house).await;
    let case = &unsealed.case;
    let (photo, poster) = (format!("/p/{}/page.jpg", unsealed.photo), format!("/n/{case}/poster.jpg"));
    let shown = house.page(&poster).await.text;
    assert_eq!(house.page(&photo).await.status, 200);
    unsealed.seal(&house).await;
    let public = house.get(&format!("/notices/{case}"), None).await.expect(200);
    assert_eq!(public, json!({"case_number": case, "kind": "missing_person", "state": "paused"}));
    assert!(house.page(&format!("/n/{case}?lang=zh-CN")).await.text.contains("核实中"));
    assert_eq!(house.page(&photo).await.status, 404);
    assert!(house.page(&poster).await.text != shown, "another poster");
    house.advance(TimeDelta::minutes(30));
    house.settle().await;
    assert_eq!(unsealed.chat.read(), None, "nothing more goes out");
    house
}

async fn a_case_that_turns_out_sealed_belongs_to_the_leads(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let unsealed = Unsealed::of(&house).await;
    unsealed.seal(&house).await;
    let Unsealed { desk, case, manage, .. } = &unsealed;
    let waits = &desk.queue(&house).await[0];
    assert_eq!((&waits["case_number"], &waits["wants"]), (&json!(case), &json!(["revision"])));
    assert_eq!(waits["claimed_by"], Value::Null, "who may not see it any more keeps no lead waiting");
    let refused = house.get(&format!("/review/{case}"), Some(&desk.moderator.token)).await;
    assert_eq!(refused.problem(403), "lead_required");
    assert_eq!(step(&house, case, &desk.moderator, "resume").await.problem(403), "lead_required");

    // Its page says who took it from view and why.
    let sheet = desk.sheet(&house, case).await;
    let events = sheet["events"].as_array().unwrap();
    let told = |event: &Value| ["step", "actor", "before", "after", "reason"].map(|name| event[name].clone());
    let [revised, paused, knocked] = events.last_chunk().unwrap();
    assert_eq!(knocked["step"], "refuse_sheet");
    assert_eq!(
        told(revised),
        [json!("revise"), json!("reporter"), json!("live"), json!("live"), Value::Null]
    );
    assert_eq!(told(paused), ["pause", "policy", "live", "paused", "sealed"].map(Value::from));
    let cookie = format!("session={}", house.session(&desk.lead).await);
    for (language, who, why, hidden, first) in [
        (
            "zh-CN",
            "审核规则 · 暂停",
            "提到家暴或保护令",
            "目前不公开",
            "您的修改要先核实，然后才会再次公开。",
        ),
        (
            "en",
            "Review policy · paused it",
            "violence or a protection order",
            "it is not public",
            "What you changed is verified before it is shown again.",
        ),
    ] {
        let page = house.page_as(&format!("/review/{case}?lang={language}"), &cookie).await.text;
        assert!(page.contains(who) && page.contains(why), "{page}");
        let mine = house.page(&format!("/my/{manage}?lang={language}")).await.text;
        assert!(mine.contains(hidden) && mine.contains(first), "{mine}");
        assert!(!mine.contains(why), "why is not the reporter's to know: {mine}");
    }
    house
}

/// Approved, it replaces the published text.
async fn a_case_that_turned_out_sealed_stays_out_of_view_until_a_lead_resumes_it(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let unsealed = Unsealed::of(&house).await;
    unsealed.seal(&house).await;
    let Unsealed { desk, chat, case, .. } = &unsealed;
    let second = house.person("吴组长", Role::Lead).await;
    house.approve(case, &[&desk.lead, &second]).await;
    assert_eq!(desk.queue(&house).await, [Value::Null; 0], "it cools");
    house.advance(TimeDelta::minutes(30));
    house.settle().await;
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "paused");
    assert_eq!(chat.read(), None);
    let waits = &desk.queue(&house).await[0];
    assert_eq!((&waits["wants"], &waits["needs_another"]), (&json!(["resume"]), &json!(false)), "{waits}");
    let cookie = format!("session={}", house.session(&desk.lead).await);
    for (language, wanted) in [("zh-CN", "等组长恢复或结束"), ("en", "waits for a lead to resume or end it")]
    {
        assert!(house.page_as(&format!("/review?lang={language}"), &cookie).await.text.contains(wanted));
    }
    assert_eq!(step(&house, case, &desk.moderator, "resume").await.problem(403), "lead_required");
    assert_eq!(step(&house, case, &second, "resume").await.expect(200)["state"], "live");
    assert_eq!(desk.queue(&house).await, [Value::Null; 0]);
    house.settle().await;
    assert!(chat.read().expect("the update").to_string().contains("绿色外套"));
    house
}

async fn who_may_not_see_a_case_takes_no_step_with_it_whatever_they_know(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.live(&adult(&house), &[&desk.moderator, &desk.lead]).await;
    let tip = json!({"text": "转账后我告诉你她在哪里"});
    house.post(&format!("/notices/{case}/tips"), None, &tip).await.expect(202);
    let path = |step: &str| format!("/review/{case}/{step}");
    // They hold it, have seen its phone and the tip, and know its version; then it turns out to be sealed.
    let claim = house.post(&path("claim"), Some(&desk.moderator.token), &json!({})).await.expect(200);
    let why = json!({"reason": "call_back"});
    house.post(&path("phone"), Some(&desk.moderator.token), &why).await.expect(200);
    let sheet = house.get(&format!("/review/{case}"), Some(&desk.moderator.token)).await.expect(200);
    let tip = format!("tips/{}", sheet["tips"][0]["id"].as_str().unwrap());
    assert_eq!(house.edit(&manage, json!({"safety": {"violence": true}})).await["state"], "paused");

    let refused = async |version: &Value, state: &str| {
        let with = |more: Value| {
            let mut body = json!({"version": version});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        for (step, body) in [
            ("pause", with(json!({}))),
            ("resume", with(json!({}))),
            ("remove", with(json!({"reason": "false"}))),
            ("decisions", with(json!({"action": "reject", "reason": "hoax"}))),
            ("claim", json!({})),
            ("release", json!({})),
            ("undo", json!({})),
            ("phone", why.clone()),
            (&tip, json!({"action": "pass_on"})),
        ] {
            // Any moderator may take from view what everybody can read.
            if state == "live" && ["pause", "remove"].contains(&step) {
                continue;
            }
            let answer = house.post(&path(step), Some(&desk.moderator.token), &body).await;
            assert_eq!(answer.problem(403), "lead_required", "{step}");
        }
    };
    let version = async || desk.sheet(&house, &case).await["version"].clone();
    assert!(version().await.as_i64() > claim["version"].as_i64());
    refused(&version().await, "paused").await;
    house.decide(&case, &desk.lead, "reject", "hoax").await.expect(200);
    step(&house, &case, &desk.lead, "resume").await.expect(200);
    refused(&version().await, "live").await;
    let sheet = desk.sheet(&house, &case).await;
    assert_eq!(sheet["state"], "live", "it stands where the leads left it");
    assert_eq!(house.get("/my/notice", Some(&manage)).await.expect(200)["tips"], json!([]));
    house
}

async fn what_is_paused_and_turns_out_sealed_is_for_leads_to_resume(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let desk = Desk::of(&house).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let chat = house.chats[0].clone();
    house.group(&chat, &admin, &["131003"], &["missing_person"]).await;
    let (case, manage) = house.live(&adult(&house), &[&desk.moderator, &desk.lead]).await;
    chat.read().expect("the alert");
    step(&house, &case, &desk.moderator, "pause").await.expect(200);
    house.edit(&manage, json!({"description": "她因家暴离开"})).await;
    let pauses = async || {
        let sheet = desk.sheet(&house, &case).await;
        sheet["events"].as_array().unwrap().iter().filter(|event| event["step"] == "pause").count()
    };
    assert_eq!(pauses().await, 1, "it is paused already");
    assert_eq!(step(&house, &case, &desk.moderator, "resume").await.problem(403), "lead_required");

    // After the edit is turned down, a lead may show the text before it again.
    house.decide(&case, &desk.lead, "reject", "hoax").await.expect(200);
    assert_eq!(desk.sheet(&house, &case).await["state"], "paused");
    assert_eq!(desk.queue(&house).await[0]["wants"], json!(["resume"]));
    assert_eq!(step(&house, &case, &desk.moderator, "resume").await.problem(403), "lead_required");
    step(&house, &case, &desk.lead, "resume").await.expect(200);
    assert_eq!(description(&house, &case).await, "早上出门买菜后未归，能说出自己的姓名。");
    // What leads resumed knowingly is not taken from view again for the same reason.
    let again = house.edit(&manage, json!({"person": {"clothing": "绿色外套"}})).await;
    assert_eq!(again, json!({"state": "live", "pending": true}));
    house.settle().await;
    assert_eq!(chat.read(), None, "it was said before");

    step(&house, &case, &desk.lead, "pause").await.expect(200);
    house.advance(TimeDelta::hours(72));
    house.settle().await;
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "expired");
    assert!(chat.read().expect("the closing").to_string().contains(&case));
    assert_eq!(desk.queue(&house).await, [Value::Null; 0]);
    house
}
