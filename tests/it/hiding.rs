//! Whoever fled is not found through us: not by another kind of notice, not by an edit, not by a tip, and not
//! by somebody who verifies.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::people::Role;

use crate::hostile::by_another;
use crate::house::{COOLING, House, Person};
use crate::steps::Desk;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(an_edit_does_not_wash_a_sealed_case_clean),
    housed!(what_is_live_is_known_by_its_own_words_after_an_edit_was_refused),
    housed!(what_was_escalated_is_for_the_leads_for_good),
    housed!(a_teen_who_may_have_fled_is_for_the_leads),
    housed!(what_once_sealed_a_case_guards_its_tips_for_good),
    housed!(what_a_reply_told_outlives_a_later_edit),
    housed!(a_lost_car_does_not_lead_to_who_drove_it),
    housed!(a_rescue_is_no_way_around_the_missing_person),
    housed!(a_decoy_does_not_keep_a_child_from_the_public),
    housed!(who_handed_a_notice_in_does_not_resume_it),
    housed!(how_many_approve_is_not_for_the_reporter),
    housed!(an_escalated_case_reads_like_any_other_to_its_reporter),
    housed!(who_knocks_at_a_sealed_case_is_written_down),
    housed!(every_door_of_a_sealed_case_tells_who_knocked),
    housed!(what_likely_duplicates_say_is_for_who_holds_the_case),
    housed!(a_renewal_carries_no_edit_that_was_refused),
    housed!(a_tipsters_phone_is_shown_as_the_reporters_is),
    housed!(of_a_younger_person_in_need_of_care_the_police_learn),
];

/// An adult of that name and age, reported from a phone of its own.
pub fn adult(house: &House, name: &str, age: u8, phone: u32) -> Value {
    let mut body = by_another(notices::missing_person(house.clock.now()), phone);
    (body["person"]["name"], body["person"]["age"]) = (json!(name), json!(age));
    body["person"]["category"] = json!("other_adult");
    body
}

/// The same where violence is answered with yes.
pub fn fled(house: &House, name: &str, age: u8, phone: u32) -> Value {
    let mut body = adult(house, name, age, phone);
    body["safety"]["violence"] = json!(true);
    body
}

/// A person whose family needs to know fast.
fn impaired(house: &House, name: &str, age: u8, phone: u32) -> Value {
    let mut body = adult(house, name, age, phone);
    body["person"]["category"] = json!("dementia");
    body
}

/// A lead reads the case.
pub async fn looked_at(house: &House, case: &str, lead: &Person) {
    house.claim(case, lead).await;
    house.post(&format!("/review/{case}/release"), Some(&lead.token), &json!({})).await.expect(200);
}

/// Whether it is kept from moderators.
pub async fn is_closed_to(house: &House, case: &str, by: &Person) -> bool {
    let opened = house.get(&format!("/review/{case}"), Some(&by.token)).await;
    if opened.status == 200 {
        return false;
    }
    assert_eq!(opened.problem(403), "lead_required");
    true
}

/// Sends a tip about a live notice, which a lead passes on; returns what its reporter then reads.
pub async fn tipped(house: &House, (case, manage): &(String, String), lead: &Person) -> Value {
    let tip = json!({"text": "在幸福小区见过", "place": "幸福小区"});
    house.post(&format!("/notices/{case}/tips"), None, &tip).await.expect(202);
    let before = house.get("/my/notice", Some(manage)).await;
    assert!(!before.text.contains("幸福小区"), "nobody has read it yet: {}", before.text);
    house.pass_tips(case, lead).await;
    house.get("/my/notice", Some(manage)).await.expect(200)["tips"].clone()
}

pub fn is_with_the_police(tips: &Value) -> bool {
    let told = tips[0]["text"].as_str().unwrap();
    assert_eq!(told.starts_with("线索已转警方"), !tips.to_string().contains("幸福小区"), "{tips}");
    told.starts_with("线索已转警方")
}

async fn an_edit_does_not_wash_a_sealed_case_clean(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.submit(&fled(&house, "秦晓燕", 31, 1)).await;
    looked_at(&house, &case, &desk.lead).await;
    let elsewhere = by_another(json!({"reporter": {}}), 2)["reporter"]["phone"].clone();
    let change = json!({"person": {"name": "欧阳冬", "age": 71}, "reporter": {"phone": elsewhere}});
    house.edit(&manage, change).await;
    for (name, age, phone) in [("秦晓燕", 31, 3), ("孙秀英", 60, 1), ("欧阳冬", 70, 4)] {
        let (again, _) = house.submit(&impaired(&house, name, age, phone)).await;
        assert!(is_closed_to(&house, &again, &desk.moderator).await, "{name} {phone}");
    }
    // The same where the edit itself is what seals it.
    let (case, manage) = house.submit(&impaired(&house, "苏小梅", 62, 5)).await;
    let change = json!({"person": {"name": "何桂芳"}, "safety": {"violence": true}});
    house.edit(&manage, change).await;
    looked_at(&house, &case, &desk.lead).await;
    let (again, _) = house.submit(&impaired(&house, "苏小梅", 62, 6)).await;
    assert!(is_closed_to(&house, &again, &desk.moderator).await);
    house
}

async fn what_is_live_is_known_by_its_own_words_after_an_edit_was_refused(house: House) -> House {
    let desk = Desk::of(&house).await;
    let live = impaired(&house, "李玉兰", 76, 1);
    let (case, manage) = house.live(&live, &[&desk.moderator]).await;
    house.edit(&manage, json!({"person": {"name": "王秀英"}})).await;
    house.decide(&case, &desk.moderator, "reject", "hoax").await.expect(200);
    for (name, phone, found) in [("李玉兰", 2, true), ("王秀英", 3, false)] {
        let (again, _) = house.submit(&impaired(&house, name, 76, phone)).await;
        house.claim(&again, &desk.moderator).await;
        let sheet = desk.sheet(&house, &again).await;
        assert_eq!(sheet["duplicates"].to_string().contains(&case), found, "{name}: {sheet}");
    }
    house
}

async fn what_was_escalated_is_for_the_leads_for_good(house: House) -> House {
    let desk = Desk::of(&house).await;
    let mut body = by_another(notices::missing_person(house.clock.now()), 1);
    (body["person"]["age"], body["person"]["category"]) = (json!(6), json!("child"));
    let (case, manage) = house.submit(&body).await;
    house.decide(&case, &desk.moderator, "escalate", "other").await.expect(200);
    assert!(is_closed_to(&house, &case, &desk.colleague).await);
    house.claim(&case, &desk.lead).await;
    let path = format!("/review/{case}");
    let version = desk.sheet(&house, &case).await["version"].clone();
    let ask = json!({"version": version, "action": "ask", "note": "请说明监护关系"});
    house.post(&format!("{path}/decisions"), Some(&desk.lead.token), &ask).await.expect(200);
    let reply = json!({"text": "我是他爸爸。"});
    house.post("/my/notice/reply", Some(&manage), &reply).await.expect(200);
    assert!(is_closed_to(&house, &case, &desk.colleague).await, "the answer may say where somebody hides");
    house.approve(&case, &[&desk.lead]).await;
    house
}

async fn a_teen_who_may_have_fled_is_for_the_leads(house: House) -> House {
    let desk = Desk::of(&house).await;
    let second = house.person("何组长", Role::Lead).await;
    let mut body = fled(&house, "林小雨", 16, 1);
    body["person"]["category"] = json!("teen");
    let mut unreported = body.clone();
    let made = house.submit(&body).await;
    assert!(is_closed_to(&house, &made.0, &desk.moderator).await);
    let sheet = desk.sheet(&house, &made.0).await;
    assert_eq!(sheet["needs"], json!({"approvals": 2, "leads": 1}));
    house.go_live(&made.0, &[&desk.lead, &second]).await;
    assert!(is_with_the_police(&tipped(&house, &made, &desk.lead).await));
    // Again, from another phone and without the answer.
    unreported["safety"]["violence"] = json!(false);
    let (again, _) = house.submit(&by_another(unreported, 2)).await;
    assert!(is_closed_to(&house, &again, &desk.moderator).await);
    house
}

async fn what_once_sealed_a_case_guards_its_tips_for_good(house: House) -> House {
    let desk = Desk::of(&house).await;
    let second = house.person("何组长", Role::Lead).await;
    let mut body = impaired(&house, "钱桂兰", 76, 1);
    body["safety"]["violence"] = json!(true);
    body["police"] = json!({"reported": false});
    let made = house.submit(&body).await;
    house.edit(&made.1, json!({"safety": {"violence": false}})).await;
    let refused = house.decide(&made.0, &desk.lead, "approve", "verified").await;
    assert_eq!(refused.problem(422), "police_reference_required");
    let police = json!({"reported": true, "station": "银河南路派出所", "reference": "廊公安受字2026第1号"});
    house.edit(&made.1, json!({"police": police})).await;
    house.go_live(&made.0, &[&desk.lead, &second]).await;
    assert!(is_with_the_police(&tipped(&house, &made, &desk.lead).await));
    house
}

async fn what_a_reply_told_outlives_a_later_edit(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.submit(&impaired(&house, "钱桂兰", 76, 1)).await;
    let asked = house.post(&format!("/review/{case}/claim"), Some(&desk.lead.token), &json!({})).await;
    let ask = json!({"version": asked.expect(200)["version"], "action": "ask", "note": "为什么离家？"});
    house.post(&format!("/review/{case}/decisions"), Some(&desk.lead.token), &ask).await.expect(200);
    let reply = json!({"text": "因为家暴。"});
    house.post("/my/notice/reply", Some(&manage), &reply).await.expect(200);
    house.edit(&manage, json!({"description": "早上出门买菜后未归。"})).await;
    let sheet = desk.sheet(&house, &case).await;
    assert_eq!(sheet["sealed"], true);
    assert!(sheet["flags"].as_array().unwrap().contains(&json!("violence_mentioned")), "{sheet}");
    let mine = house.get("/my/notice", Some(&manage)).await;
    assert!(!mine.text.contains("violence_mentioned"), "{}", mine.text);
    house
}

async fn a_lost_car_does_not_lead_to_who_drove_it(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (said, phone) in [
        ("我老婆带着孩子离家出走，开走了我的白色丰田，看到车请告知。", 1),
        ("她躲着我，开走了我的车。", 2),
        ("前妻不让我见孩子，车在她那里。", 3),
        ("She ran away with the kids in my white Toyota.", 4),
    ] {
        let mut body = by_another(notices::lost_property(house.clock.now()), phone);
        body["description"] = json!(said);
        let (case, _) = house.submit(&body).await;
        assert!(is_closed_to(&house, &case, &desk.moderator).await, "{said}");
    }
    for (said, phone) in [("狗跑了，棕色泰迪。", 5), ("My dog ran away near the bridge.", 6)] {
        let mut body = by_another(notices::lost_property(house.clock.now()), phone);
        body["description"] = json!(said);
        let made = house.live(&body, &[&desk.moderator]).await;
        assert!(!is_with_the_police(&tipped(&house, &made, &desk.moderator).await), "{said}");
    }
    // A child who ran away from home is sought as ever.
    let mut body = by_another(notices::missing_person(house.clock.now()), 7);
    (body["person"]["age"], body["person"]["category"]) = (json!(12), json!("child"));
    body["description"] = json!("与家人吵架后离家出走。");
    let made = house.live(&body, &[&desk.moderator]).await;
    assert!(!is_with_the_police(&tipped(&house, &made, &desk.moderator).await));
    house
}

async fn a_rescue_is_no_way_around_the_missing_person(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (sealed, _) = house.submit(&fled(&house, "诸葛明慧", 33, 1)).await;
    looked_at(&house, &sealed, &desk.lead).await;
    let rescue = |said: &str, phone: u32| {
        let mut body = by_another(notices::rescue(house.clock.now()), phone);
        body["description"] = json!(said);
        body["incident"]["what"] = json!("medical");
        body
    };
    let (named, _) = house.submit(&rescue("诸葛明慧在桥头晕倒，急需帮助。", 2)).await;
    assert!(is_closed_to(&house, &named, &desk.moderator).await);
    let mut thing = by_another(notices::lost_property(house.clock.now()), 3);
    thing["description"] = json!("诸葛明慧的白色轿车。");
    let (thing, _) = house.submit(&thing).await;
    assert!(is_closed_to(&house, &thing, &desk.moderator).await);

    let (sought, _) = house.submit(&rescue("女，３３岁，走失，身体虚弱，急需找到她。", 4)).await;
    let sheet = desk.sheet(&house, &sought).await;
    assert!(sheet["flags"].as_array().unwrap().contains(&json!("looks_like_person")), "{sheet}");
    assert_eq!(sheet["needs"], json!({"approvals": 2, "leads": 1}));
    let made = house.live(&rescue("三人被困在桥头平台。", 5), &[&desk.moderator]).await;
    assert!(is_with_the_police(&tipped(&house, &made, &desk.moderator).await));
    house
}

async fn a_decoy_does_not_keep_a_child_from_the_public(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (decoy, _) = house.submit(&fled(&house, "李子涵", 30, 1)).await;
    let child = |phone: u32| {
        let mut body = by_another(notices::missing_person(house.clock.now()), phone);
        body["person"]["name"] = json!("李梓晗");
        (body["person"]["age"], body["person"]["category"]) = (json!(6), json!("child"));
        body
    };
    let (case, _) = house.submit(&child(2)).await;
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&desk.moderator.token)).await.expect(200);
    assert_eq!((&sheet["sealed"], &sheet["urgency"]), (&json!(false), &json!(3)));
    assert_eq!(sheet["needs"], json!({"approvals": 1, "leads": 1}));
    let is_told = |sheet: &Value| sheet["flags"].as_array().unwrap().contains(&json!("like_sealed"));
    assert!(!is_told(&sheet) && is_told(&desk.sheet(&house, &case).await), "{sheet}");
    let refused = house.decide(&case, &desk.moderator, "approve", "verified").await;
    assert_eq!(refused.problem(403), "lead_required");
    house.post(&format!("{path}/release"), Some(&desk.moderator.token), &json!({})).await.expect(200);
    house.go_live(&case, &[&desk.lead]).await;
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "live");
    // Once a lead has read the other case it counts.
    looked_at(&house, &decoy, &desk.lead).await;
    let (again, _) = house.submit(&child(3)).await;
    assert!(is_closed_to(&house, &again, &desk.moderator).await);
    house
}

async fn who_handed_a_notice_in_does_not_resume_it(house: House) -> House {
    let desk = Desk::of(&house).await;
    let body = notices::lost_property(house.clock.now());
    let made = house.post("/notices", Some(&desk.moderator.token), &body).await.expect(201);
    let case = made["case_number"].as_str().unwrap();
    house.go_live(case, &[&desk.colleague]).await;
    let path = format!("/review/{case}");
    let step = async |step: &str, by: &Person, reason: &str| {
        let version = desk.sheet(&house, case).await["version"].clone();
        let body = json!({"version": version, "reason": reason});
        house.post(&format!("{path}/{step}"), Some(&by.token), &body).await
    };
    step("pause", &desk.colleague, "unsafe").await.expect(200);
    let sheet = house.get(&path, Some(&desk.moderator.token)).await.expect(200);
    assert!(!sheet["actions"].as_array().unwrap().contains(&json!("resume")), "{sheet}");
    assert_eq!(step("resume", &desk.moderator, "checked").await.problem(403), "same_approver");
    step("resume", &desk.colleague, "checked").await.expect(200);
    house
}

async fn how_many_approve_is_not_for_the_reporter(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.submit(&adult(&house, "王秀英", 40, 1)).await;
    let seen = async || {
        let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
        let steps = mine["events"].as_array().unwrap().iter().filter(|event| event["step"] == "approve");
        (mine["state"].as_str().unwrap().to_owned(), steps.count())
    };
    house.approve(&case, &[&desk.moderator]).await;
    assert_eq!(seen().await, ("submitted".to_owned(), 0));
    house.approve(&case, &[&desk.lead]).await;
    assert_eq!(seen().await, ("cooling".to_owned(), 1));
    house.pass(COOLING).await;
    assert_eq!(seen().await, ("live".to_owned(), 1));
    house.edit(&manage, json!({"description": "中午出门后未归。"})).await;
    house.approve(&case, &[&desk.moderator]).await;
    assert_eq!(seen().await, ("live".to_owned(), 1));
    house.approve(&case, &[&desk.lead]).await;
    assert_eq!(seen().await, ("live".to_owned(), 2));
    house
}

async fn an_escalated_case_reads_like_any_other_to_its_reporter(house: House) -> House {
    let desk = Desk::of(&house).await;
    let plain = house.submit(&adult(&house, "王秀英", 40, 1)).await;
    let escalated = house.submit(&adult(&house, "李建国", 60, 2)).await;
    let claim = async |by: &Person| {
        for (case, _) in [&plain, &escalated] {
            house.claim(case, by).await;
        }
    };
    let release = async |case: &str, by: &Person| {
        house.post(&format!("/review/{case}/release"), Some(&by.token), &json!({})).await.expect(200);
    };
    let read = async |(_, manage): &(String, String)| {
        let mine = house.get("/my/notice", Some(manage)).await.expect(200);
        let early = [("reply", json!({"text": "什么"})), ("renew", json!({}))];
        let mut told = vec![mine["state"].clone(), mine["waiting"].clone(), mine["events"].clone()];
        for (step, body) in early {
            let mut refused = house.post(&format!("/my/notice/{step}"), Some(manage), &body).await;
            refused.body.as_object_mut().unwrap().remove("request_id");
            told.push(refused.body);
        }
        told
    };
    let same = async |state: &str| {
        let told = read(&plain).await;
        assert_eq!((&told[0], &told), (&json!(state), &read(&escalated).await));
        let counted = house.page("/metrics").await.text;
        assert!(!counted.contains("escalated") && !counted.contains("second_review"), "{counted}");
    };
    claim(&desk.moderator).await;
    same("in_review").await;
    release(&plain.0, &desk.moderator).await;
    house.decide(&escalated.0, &desk.moderator, "escalate", "").await.expect(200);
    same("submitted").await;
    claim(&desk.lead).await;
    same("in_review").await;
    for (_, manage) in [&plain, &escalated] {
        house.edit(manage, json!({"description": "中午出门后未归。"})).await;
    }
    same("submitted").await;
    claim(&desk.lead).await;
    same("in_review").await;
    for (case, _) in [&plain, &escalated] {
        release(case, &desk.lead).await;
    }
    house.approve(&plain.0, &[&desk.moderator]).await;
    same("submitted").await;
    house
}

async fn who_knocks_at_a_sealed_case_is_written_down(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, _) = house.submit(&fled(&house, "王秀英", 40, 1)).await;
    let knocks = async || {
        let sheet = desk.sheet(&house, &case).await;
        let events = sheet["events"].as_array().unwrap().iter().filter(|e| e["step"] == "refuse_sheet");
        events.map(|event| event["by"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for _ in 0..3 {
        assert!(is_closed_to(&house, &case, &desk.moderator).await);
    }
    assert_eq!(knocks().await, [desk.moderator.name.as_str()]);
    let cookie = house.cookie(&desk.colleague).await;
    assert_eq!(house.page_as(&format!("/review/{case}"), &cookie).await.status, 403);
    assert_eq!(knocks().await, [desk.moderator.name.as_str(), desk.colleague.name.as_str()]);
    house.advance(TimeDelta::hours(1));
    assert!(is_closed_to(&house, &case, &desk.moderator).await);
    assert_eq!(knocks().await.len(), 3);
    house
}

async fn every_door_of_a_sealed_case_tells_who_knocked(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, _) = house.submit(&fled(&house, "王秀英", 40, 1)).await;
    let (plain, _) = house.submit(&adult(&house, "李建国", 60, 2)).await;
    let knocks = async |case: &str| {
        let sheet = desk.sheet(&house, case).await;
        sheet["events"].as_array().unwrap().iter().filter(|event| event["step"] == "refuse_sheet").count()
    };
    let path = format!("/review/{case}");
    let restrict = json!({"version": 1, "reason": "unsafe"});
    let decision = json!({"version": 1, "action": "approve", "reason": "verified"});
    let tip = format!("tips/{}", uuid::Uuid::nil());
    let doors = [
        ("claim", json!({})),
        ("release", json!({})),
        ("decisions", decision),
        ("undo", json!({})),
        ("pause", restrict.clone()),
        ("resume", restrict.clone()),
        ("remove", restrict),
        (tip.as_str(), json!({"action": "discard"})),
    ];
    let mut known = 0;
    for (door, body) in doors {
        let refused = house.post(&format!("{path}/{door}"), Some(&desk.moderator.token), &body).await;
        assert_eq!(refused.problem(403), "lead_required", "{door}");
        known += 1;
        assert_eq!(knocks(&case).await, known, "{door}");
        house.advance(TimeDelta::hours(1));
    }
    let broadcasts = house.get(&format!("/broadcasts/{case}"), Some(&desk.moderator.token)).await;
    assert_eq!((broadcasts.problem(403), knocks(&case).await), ("lead_required".to_owned(), known + 1));
    house.advance(TimeDelta::hours(1));
    let cookie = format!("session={}", house.session(&desk.moderator).await);
    assert_eq!(house.page_as(&format!("{path}/poster.jpg"), &cookie).await.status, 403);
    assert_eq!(knocks(&case).await, known + 2);
    // That the last approval is a lead's is no secret.
    house.approve(&plain, &[&desk.moderator]).await;
    let refused = house.decide(&plain, &desk.colleague, "approve", "verified").await;
    assert_eq!((refused.problem(403), knocks(&plain).await), ("lead_required".to_owned(), 0));
    house
}

async fn what_likely_duplicates_say_is_for_who_holds_the_case(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (first, manage) = house.submit(&impaired(&house, "吴桂兰", 77, 1)).await;
    house.close(&manage, "withdrawn").await;
    let (case, _) = house.submit(&by_another(notices::lost_property(house.clock.now()), 1)).await;
    let path = format!("/review/{case}");
    let beside = async |by: &Person| {
        house.get(&path, Some(&by.token)).await.expect(200)["duplicates"].as_array().unwrap().clone()
    };
    house.submit(&by_another(notices::lost_property(house.clock.now()), 1)).await;
    let [_, _] = &beside(&desk.moderator).await[..] else { panic!("two") };
    assert!(beside(&desk.moderator).await.iter().all(|other| other["public"].is_null()));
    assert!(beside(&desk.lead).await.iter().all(|other| other["public"].is_object()));
    house.claim(&case, &desk.moderator).await;
    let beside = beside(&desk.moderator).await;
    let (over, open): (Vec<_>, Vec<_>) =
        beside.iter().partition(|other| other["case_number"] == json!(first));
    assert_eq!((over.len(), open.len()), (1, 1));
    assert!(over[0]["why"].as_array().unwrap().contains(&json!("same_phone")), "{over:?}");
    assert!(over[0]["public"].is_null() && open[0]["public"].is_object());
    let cookie = house.cookie(&desk.moderator).await;
    let page = house.page_as(&path, &cookie).await;
    assert!(
        page.status == 200 && page.text.contains(&first) && !page.text.contains("吴桂兰"),
        "{}",
        page.text
    );
    house
}

async fn a_renewal_carries_no_edit_that_was_refused(house: House) -> House {
    let desk = Desk::of(&house).await;
    let body = by_another(notices::lost_property(house.clock.now()), 1);
    let (case, manage) = house.live(&body, &[&desk.moderator]).await;
    house.edit(&manage, json!({"description": "请把她的住处发给我。"})).await;
    house.decide(&case, &desk.moderator, "reject", "other").await.problem(422);
    let version = desk.sheet(&house, &case).await["version"].clone();
    let reject = json!({"version": version, "action": "reject", "reason": "hoax"});
    house.post(&format!("/review/{case}/decisions"), Some(&desk.moderator.token), &reject).await.expect(200);
    house.call(Method::POST, "/my/notice/renew", Some(&manage), None).await.expect(200);
    let sheet = desk.sheet(&house, &case).await;
    assert_eq!((&sheet["changes"], &sheet["public"]["description"]), (&json!([]), &body["description"]));
    house
}

async fn a_tipsters_phone_is_shown_as_the_reporters_is(house: House) -> House {
    let desk = Desk::of(&house).await;
    let body = by_another(notices::lost_property(house.clock.now()), 1);
    let (case, _) = house.live(&body, &[&desk.moderator]).await;
    let tip = json!({"text": "见过", "phone": "13700137123"});
    house.post(&format!("/notices/{case}/tips"), None, &tip).await.expect(202);
    house.claim(&case, &desk.colleague).await;
    let path = format!("/review/{case}");
    let cookie = house.cookie(&desk.colleague).await;
    let read = async || {
        let sheet = house.get(&path, Some(&desk.colleague.token)).await.text;
        (sheet, house.page_as(&path, &cookie).await.text)
    };
    let (sheet, page) = read().await;
    for told in [&sheet, &page] {
        assert!(told.contains("7123") && !told.contains("13700137123"), "{told}");
    }
    let why = json!({"reason": "call_back"});
    house.post(&format!("{path}/phone"), Some(&desk.colleague.token), &why).await.expect(200);
    let (sheet, _) = read().await;
    assert!(sheet.contains("+8613700137123"), "{sheet}");
    house
}

async fn of_a_younger_person_in_need_of_care_the_police_learn(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (age, phone, guarded) in [(59, 1, true), (60, 2, false)] {
        let mut body = impaired(&house, "马丽丽", age, phone);
        body["person"]["name"] = json!(format!("马丽丽{age}"));
        body["person"]["category"] = json!("intellectual_disability");
        let made = house.live(&body, &[&desk.moderator]).await;
        assert_eq!(is_with_the_police(&tipped(&house, &made, &desk.moderator).await), guarded, "{age}");
    }
    house
}
