//! A live case turns out to be sealed: it is taken from view at once, and is for leads alone from then on.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::notices as rows;

use crate::edits::description;
use crate::fakes::Fake;
use crate::house::{House, Person, Reply};
use crate::steps::Desk;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_case_that_turns_out_sealed_is_taken_from_view_at_once),
    housed!(a_case_that_turns_out_sealed_belongs_to_the_leads),
    housed!(a_case_that_turned_out_sealed_stays_out_of_view_until_a_lead_resumes_it),
    housed!(what_is_paused_and_turns_out_sealed_is_for_leads_to_resume),
    housed!(what_a_lead_paused_only_a_lead_resumes),
    housed!(who_may_not_see_a_case_takes_no_step_with_it_whatever_they_know),
];

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
        let chat = house.chat_for("missing_person", "131003").await;
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
    house.pass(TimeDelta::minutes(30)).await;
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
    let cookie = house.cookie(&desk.lead).await;
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
    house.pass(TimeDelta::minutes(30)).await;
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "paused");
    assert_eq!(chat.read(), None);
    let waits = &desk.queue(&house).await[0];
    assert_eq!((&waits["wants"], &waits["needs_another"]), (&json!(["resume"]), &json!(false)), "{waits}");
    let cookie = house.cookie(&desk.lead).await;
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

async fn what_a_lead_paused_only_a_lead_resumes(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, _) = house.live(&adult(&house), &[&desk.moderator, &desk.lead]).await;
    let may_resume = async || {
        let sheet = house.get(&format!("/review/{case}"), Some(&desk.moderator.token)).await.expect(200);
        sheet["actions"].to_string().contains("resume")
    };
    step(&house, &case, &desk.lead, "pause").await.expect(200);
    assert!(!may_resume().await);
    // It stands in the queue, and is no moderator's next case.
    for (by, another) in [(&desk.moderator, true), (&desk.lead, false)] {
        let queue = house.get("/review/queue", Some(&by.token)).await.expect(200);
        let line = &queue["items"][0];
        assert_eq!(
            (&line["wants"], &line["needs_another"]),
            (&json!(["resume"]), &json!(another)),
            "{}",
            by.name
        );
    }
    assert_eq!(step(&house, &case, &desk.moderator, "resume").await.problem(403), "lead_required");
    step(&house, &case, &desk.lead, "resume").await.expect(200);
    step(&house, &case, &desk.moderator, "pause").await.expect(200);
    assert!(may_resume().await, "a colleague's pause is any moderator's");
    step(&house, &case, &desk.moderator, "resume").await.expect(200);
    house
}

async fn what_is_paused_and_turns_out_sealed_is_for_leads_to_resume(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let desk = Desk::of(&house).await;
    let chat = house.chat_for("missing_person", "131003").await;
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
    house.pass(TimeDelta::hours(72)).await;
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "expired");
    assert!(chat.read().expect("the closing").to_string().contains(&case));
    assert_eq!(desk.queue(&house).await, [Value::Null; 0]);
    house
}
