//! Who is sought says so, or hides with a child: what they write counts until a lead has decided about it,
//! wherever their notice stands, and leads nobody to them.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::hiding::{adult, is_closed_to, is_with_the_police};
use crate::hostile::{ask, by_another, request};
use crate::house::{House, Person, Reply};
use crate::steps::Desk;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(an_objection_protects_after_the_end_until_a_lead_has_decided),
    housed!(who_hands_it_in_again_meets_a_lead_or_two),
    housed!(only_a_lead_disposes_of_an_objection),
    housed!(what_is_objected_to_is_changed_by_a_lead_alone),
    housed!(a_parent_who_hides_with_the_child_is_not_handed_over),
    housed!(who_is_sought_is_heard_where_their_notice_is_not_public),
    housed!(a_thing_that_is_called_false_waits_its_turn),
    housed!(the_box_alone_is_enough),
    housed!(what_was_refused_or_removed_is_objected_to_as_well),
    housed!(what_is_over_waits_behind_who_is_missing_now),
    housed!(a_troll_keeps_a_sighting_only_until_a_lead_has_decided),
    housed!(who_helps_the_family_come_near_hides_nobody),
    housed!(what_a_lead_may_do_is_told_where_it_can_be_done),
];

/// A child who is looked for from a phone of its own.
fn child(house: &House, name: &str, phone: u32) -> Value {
    let mut body = adult(house, name, 6, phone);
    body["person"]["category"] = json!("child");
    body["police"] = json!({"reported": false});
    body
}

/// Who is sought says so.
async fn objects(house: &House, case: &str) -> Reply {
    let told = json!({"text": "我很安全，请不要再找", "from_sought": true});
    house.post(&format!("/notices/{case}/tips"), None, &told).await
}

/// A child's notice that is live and objected to: its case number and manage token.
async fn objected(house: &House, name: &str, phone: u32, desk: &Desk) -> (String, String) {
    let made = house.live(&child(house, name, phone), &[&desk.moderator]).await;
    objects(house, &made.0).await.expect(202);
    made
}

/// The line of a case in somebody's queue.
async fn line(house: &House, case: &str, by: &Person) -> Option<Value> {
    let queue = house.get("/review/queue", Some(&by.token)).await.expect(200);
    queue["items"].as_array().unwrap().iter().find(|line| line["case_number"] == case).cloned()
}

/// The sheet as somebody reads it.
async fn sheet(house: &House, case: &str, by: &Person) -> Value {
    house.get(&format!("/review/{case}"), Some(&by.token)).await.expect(200)
}

/// Decides about the first tip that somebody reads there.
async fn decide(house: &House, case: &str, tip: &Value, fate: &str, by: &Person) -> Reply {
    let tip = format!("/review/{case}/tips/{}", tip["id"].as_str().unwrap());
    house.post(&tip, Some(&by.token), &json!({"action": fate})).await
}

async fn an_objection_protects_after_the_end_until_a_lead_has_decided(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (closed, manage) = objected(&house, "西门若兰", 1, &desk).await;
    let (expired, _) = objected(&house, "诸葛明慧", 2, &desk).await;
    let (quiet, over) = house.live(&child(&house, "上官云", 3), &[&desk.moderator]).await;
    house.post(&format!("/notices/{quiet}/tips"), None, &json!({"text": "在车站见过"})).await.expect(202);
    house.close(&manage, "withdrawn").await;
    house.close(&over, "found").await;
    house.pass(TimeDelta::hours(72)).await;
    for (case, state) in [(&closed, "closed"), (&expired, "expired")] {
        let waits = line(&house, case, &desk.lead).await.expect("it waits for a lead");
        assert_eq!((&waits["state"], &waits["wants"]), (&json!(state), &json!(["tip"])));
        assert_eq!(line(&house, case, &desk.moderator).await, None);
        let read = sheet(&house, case, &desk.lead).await;
        assert_eq!(read["tips"][0]["content"]["text"], "我很安全，请不要再找", "{read}");
        assert_eq!(read["wants"], json!(["tip"]));
        assert_eq!(sheet(&house, case, &desk.moderator).await["tips"], json!([]));
    }
    assert_eq!(line(&house, &quiet, &desk.lead).await, None, "a sighting is of no use any more");
    assert_eq!(sheet(&house, &quiet, &desk.lead).await["tips"], json!([]));
    let cookie = house.cookie(&desk.lead).await;
    let queue = house.page_as("/review", &cookie).await.text;
    assert!(queue.contains(&closed) && queue.contains(&expired), "{queue}");
    assert!(!queue.contains(&format!("/review/{closed}/claim")), "nobody claims what is over: {queue}");
    let page = house.page_as(&format!("/review/{closed}"), &cookie).await.text;
    assert!(page.contains("我很安全") && page.contains("value=\"believe\""), "{page}");

    let tip = sheet(&house, &closed, &desk.lead).await["tips"][0].clone();
    let refused = decide(&house, &closed, &tip, "believe", &desk.moderator).await;
    assert_eq!(refused.problem(409), "claim_required");
    decide(&house, &closed, &tip, "believe", &desk.lead).await.expect(204);
    let other = sheet(&house, &expired, &desk.lead).await["tips"][0].clone();
    decide(&house, &expired, &other, "discard", &desk.lead).await.expect(204);
    for case in [&closed, &expired] {
        assert_eq!(line(&house, case, &desk.lead).await, None);
        assert_eq!(decide(&house, case, &tip, "discard", &desk.lead).await.problem(404), "not_found");
    }
    let mine = house.get("/my/notice", Some(&manage)).await.text;
    assert!(!mine.contains("不要再找") && !mine.contains("believe"), "{mine}");
    house
}

async fn who_hands_it_in_again_meets_a_lead_or_two(house: House) -> House {
    let desk = Desk::of(&house).await;
    let needs = async |case: &str| sheet(&house, case, &desk.lead).await["needs"].clone();
    let (case, manage) = objected(&house, "西门若兰", 1, &desk).await;
    house.close(&manage, "withdrawn").await;
    let (again, _) = house.submit(&child(&house, "西门若兰", 2)).await;
    assert_eq!(needs(&again).await, json!({"approvals": 1, "leads": 1}), "a doubt costs one lead");
    assert!(!is_closed_to(&house, &again, &desk.moderator).await);
    let beside = sheet(&house, &again, &desk.lead).await;
    let [other] = &beside["duplicates"].as_array().unwrap()[..] else { panic!("{beside}") };
    assert_eq!((&other["case_number"], &other["protected"]), (&json!(case), &json!(true)), "{beside}");
    assert!(beside["flags"].as_array().unwrap().contains(&json!("like_sealed")), "{beside}");
    // Once a lead believed it, it counts as what was removed at the wish of who was sought.
    let tip = sheet(&house, &case, &desk.lead).await["tips"][0].clone();
    decide(&house, &case, &tip, "believe", &desk.lead).await.expect(204);
    let (third, _) = house.submit(&child(&house, "西门若兰", 3)).await;
    assert!(is_closed_to(&house, &third, &desk.moderator).await);
    assert_eq!(needs(&third).await, json!({"approvals": 2, "leads": 2}));
    // A troll's words cost no more than that lead.
    let (case, manage) = objected(&house, "诸葛明慧", 4, &desk).await;
    house.close(&manage, "found").await;
    let tip = sheet(&house, &case, &desk.lead).await["tips"][0].clone();
    decide(&house, &case, &tip, "discard", &desk.lead).await.expect(204);
    let (again, _) = house.submit(&child(&house, "诸葛明慧", 5)).await;
    assert_eq!(needs(&again).await, json!({"approvals": 1, "leads": 0}));
    house
}

async fn only_a_lead_disposes_of_an_objection(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, _) = house.live(&adult(&house, "西门若兰", 33, 1), &[&desk.moderator, &desk.lead]).await;
    objects(&house, &case).await.expect(202);
    let path = format!("/review/{case}");
    house.claim(&case, &desk.moderator).await;
    let read = sheet(&house, &case, &desk.moderator).await;
    assert!(read["flags"].as_array().unwrap().contains(&json!("called_false")), "{read}");
    let tip = read["tips"][0].clone();
    let cookie = house.cookie(&desk.moderator).await;
    let page = house.page_as(&path, &cookie).await.text;
    assert!(!page.contains("value=\"discard\"") && page.contains("由组长处理"), "{page}");
    for fate in ["discard", "believe"] {
        assert_eq!(decide(&house, &case, &tip, fate, &desk.moderator).await.problem(403), "lead_required");
    }
    let waits = line(&house, &case, &desk.colleague).await.unwrap();
    assert_eq!((&waits["overdue"], &waits["needs_another"]), (&json!(["tip"]), &json!(false)));
    // Whoever else can take it from view, and then it waits for a lead alone.
    let pause = json!({"version": read["version"], "reason": "unsafe"});
    house.post(&format!("{path}/pause"), Some(&desk.moderator.token), &pause).await.expect(200);
    house.post(&format!("{path}/release"), Some(&desk.moderator.token), &json!({})).await.expect(200);
    let waits = line(&house, &case, &desk.colleague).await.unwrap();
    assert_eq!((&waits["wants"], &waits["needs_another"]), (&json!(["tip"]), &json!(true)));
    house.claim(&case, &desk.lead).await;
    assert_eq!(decide(&house, &case, &tip, "believe", &desk.lead).await.problem(409), "not_possible");
    let page = house.page_as(&path, &house.cookie(&desk.lead).await).await.text;
    assert!(page.contains("value=\"discard\"") && !page.contains("value=\"believe\""), "{page}");
    decide(&house, &case, &tip, "discard", &desk.lead).await.expect(204);
    let read = sheet(&house, &case, &desk.lead).await;
    assert!(!read["flags"].to_string().contains("called_false"), "{read}");
    assert_eq!(read["wants"], json!([]));
    // Nor is it discarded by who removes the notice, who has decided about it.
    let (case, _) = objected(&house, "诸葛明慧", 2, &desk).await;
    let version = sheet(&house, &case, &desk.moderator).await["version"].clone();
    let remove = json!({"version": version, "reason": "requested"});
    house.post(&format!("/review/{case}/remove"), Some(&desk.moderator.token), &remove).await.expect(200);
    assert_eq!(line(&house, &case, &desk.lead).await, None);
    house
}

async fn what_is_objected_to_is_changed_by_a_lead_alone(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = objected(&house, "西门若兰", 1, &desk).await;
    house.call(Method::POST, "/my/notice/renew", Some(&manage), None).await.expect(200);
    let refused = house.decide(&case, &desk.colleague, "approve", "verified").await;
    assert_eq!(refused.problem(403), "lead_required");
    let read = sheet(&house, &case, &desk.colleague).await;
    assert_eq!((&read["needs"]["leads"], &read["approval_refused"]), (&json!(1), &json!("lead_required")));
    house.post(&format!("/review/{case}/release"), Some(&desk.colleague.token), &json!({})).await.expect(200);
    house.decide(&case, &desk.lead, "approve", "verified").await.expect(200);
    house
}

async fn a_parent_who_hides_with_the_child_is_not_handed_over(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (text, phone) in [
        ("我是孩子妈妈，孩子跟我在一起，很安全，我们在幸福小区。", 1),
        ("I am his mother. He is with me, we stay at 幸福小区.", 2),
    ] {
        let (case, manage) =
            house.live(&child(&house, &format!("西门若兰{phone}"), phone), &[&desk.moderator]).await;
        house.post(&format!("/notices/{case}/tips"), None, &json!({"text": text})).await.expect(202);
        house.claim(&case, &desk.moderator).await;
        let read = sheet(&house, &case, &desk.moderator).await;
        assert_eq!(read["tips"][0]["content"]["flags"], json!(["may_hide"]), "{read}");
        let page = house.page_as(&format!("/review/{case}"), &house.cookie(&desk.moderator).await).await.text;
        assert!(page.contains("可能在躲避") && page.contains("已告诉警方"), "{page}");
        house.pass_tips(&case, &desk.moderator).await;
        let mine = house.get("/my/notice", Some(&manage)).await.expect(200)["tips"].clone();
        assert!(is_with_the_police(&mine), "{mine}");
    }
    // Of whomever: who asks that somebody is not told fears them, and is no abuser for it.
    let grown = adult(&house, "诸葛明慧", 33, 3);
    let (grown, _) = house.live(&grown, &[&desk.moderator, &desk.lead]).await;
    let told = json!({"text": "看到过，别告诉他家人"});
    house.post(&format!("/notices/{grown}/tips"), None, &told).await.expect(202);
    house.claim(&grown, &desk.lead).await;
    let read = sheet(&house, &grown, &desk.lead).await;
    assert_eq!(read["tips"][0]["content"]["flags"], json!(["may_hide"]), "{read}");
    // The box speaks to who is with a child.
    let (young, _) = house.live(&child(&house, "上官云", 4), &[&desk.moderator]).await;
    for (case, lang, label, is_there) in [
        (&young, "zh-CN", "孩子在我身边", true),
        (&young, "en", "the child is with me", true),
        (&grown, "zh-CN", "孩子在我身边", false),
    ] {
        let page = house.page(&format!("/n/{case}?lang={lang}")).await.text;
        assert_eq!(page.contains(label), is_there, "{page}");
    }
    house
}

async fn who_is_sought_is_heard_where_their_notice_is_not_public(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (waiting, _) = house.submit(&child(&house, "西门若兰", 1)).await;
    let (paused, _) = house.live(&child(&house, "诸葛明慧", 2), &[&desk.moderator]).await;
    let version = sheet(&house, &paused, &desk.moderator).await["version"].clone();
    let pause = json!({"version": version, "reason": "unsafe"});
    house.post(&format!("/review/{paused}/pause"), Some(&desk.moderator.token), &pause).await.expect(200);
    let (closed, manage) = house.live(&child(&house, "上官云", 3), &[&desk.moderator]).await;
    house.close(&manage, "found").await;
    let sighting = json!({"text": "在桥头见过"});
    for case in [&waiting, &paused, &closed] {
        let page = house.page(&format!("/n/{case}")).await.text;
        assert!(page.contains(&format!("action=\"/n/{case}/tips\"")) && page.contains("/safety"), "{page}");
        assert!(page.contains("name=\"from_sought\" value=\"true\""), "{page}");
        let refused = house.post(&format!("/notices/{case}/tips"), None, &sighting).await;
        assert_eq!(refused.problem(409), "not_possible", "nothing is searched for");
        let typed = [("text", "我很安全，请不要再找"), ("from_sought", "true")];
        let tip = request(&house, Method::POST, &format!("/n/{case}/tips")).form(&typed);
        let taken = ask(tip.header("sec-fetch-site", "same-origin")).await;
        assert!(taken.status == 202 && taken.text.contains("12338"), "{}", taken.text);
        assert!(taken.text.contains("谢谢，线索已收到") && !taken.text.contains("放学"), "{}", taken.text);
    }
    // The one that waits for its first approval, and the paused one, are read by whoever holds them.
    let waits = line(&house, &waiting, &desk.moderator).await.unwrap();
    assert_eq!((&waits["wants"], &waits["overdue"]), (&json!(["tip"]), &json!(["tip"])));
    let refused = house.decide(&waiting, &desk.moderator, "approve", "verified").await;
    assert_eq!(refused.problem(403), "lead_required");
    let read = sheet(&house, &waiting, &desk.moderator).await;
    assert_eq!(read["tips"][0]["content"]["text"], "我很安全，请不要再找", "{read}");
    assert!(line(&house, &paused, &desk.moderator).await.is_some());
    assert!(line(&house, &closed, &desk.lead).await.is_some());
    // A fault is told with the same form.
    let typed = [("text", ""), ("phone", "12"), ("from_sought", "true")];
    let tip = request(&house, Method::POST, &format!("/n/{closed}/tips")).form(&typed);
    let faulty = ask(tip.header("sec-fetch-site", "same-origin")).await;
    assert!(faulty.status == 422 && !faulty.text.contains("name=\"place\""), "{}", faulty.text);
    // Once everything is erased nothing is left to protect, and of a thing there was nobody to hear.
    let (thing, manage) =
        house.live(&by_another(notices::lost_property(house.clock.now()), 4), &[&desk.moderator]).await;
    house.close(&manage, "withdrawn").await;
    assert_eq!(objects(&house, &thing).await.problem(409), "not_possible");
    assert!(!house.page(&format!("/n/{thing}")).await.text.contains("<form method=\"post\""));
    house.pass(TimeDelta::days(30)).await;
    assert_eq!(objects(&house, &closed).await.problem(409), "not_possible");
    for case in [&closed, &thing] {
        let page = house.page(&format!("/n/{case}")).await.text;
        assert!(!page.contains("<form method=\"post\""), "{page}");
    }
    house
}

async fn a_thing_that_is_called_false_waits_its_turn(house: House) -> House {
    let desk = Desk::of(&house).await;
    let thing = by_another(notices::lost_property(house.clock.now()), 1);
    let (thing, _) = house.live(&thing, &[&desk.moderator]).await;
    let (young, _) = house.live(&child(&house, "西门若兰", 2), &[&desk.moderator]).await;
    house.post(&format!("/notices/{young}/tips"), None, &json!({"text": "在车站见过"})).await.expect(202);
    house.post(&format!("/notices/{thing}/tips"), None, &json!({"text": "假的"})).await.expect(202);
    objects(&house, &thing).await.expect(202);
    let queue = desk.queue(&house).await;
    assert_eq!(
        queue.iter().map(|line| &line["case_number"]).collect::<Vec<_>>(),
        [&json!(young), &json!(thing)]
    );
    assert_eq!((&queue[1]["wants"], &queue[1]["overdue"]), (&json!(["tip"]), &json!([])));
    house.claim(&thing, &desk.colleague).await;
    for tip in sheet(&house, &thing, &desk.colleague).await["tips"].as_array().unwrap() {
        assert_eq!(
            decide(&house, &thing, tip, "pass_on", &desk.colleague).await.problem(409),
            "not_possible"
        );
        decide(&house, &thing, tip, "discard", &desk.colleague).await.expect(204);
    }
    // A thing by which a person is looked for is no mere thing.
    let mut car = by_another(notices::lost_property(house.clock.now()), 3);
    (car["item"]["what"], car["description"]) = (json!("王丽丽"), json!("失踪女子，33岁，是我妻子。"));
    let (car, _) = house.live(&car, &[&desk.moderator, &desk.lead]).await;
    objects(&house, &car).await.expect(202);
    assert_eq!(line(&house, &car, &desk.lead).await.unwrap()["overdue"], json!(["tip"]));
    house
}

async fn the_box_alone_is_enough(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, _) = house.live(&child(&house, "西门若兰", 1), &[&desk.moderator]).await;
    let ticked = json!({"from_sought": true});
    house.post(&format!("/notices/{case}/tips"), None, &ticked).await.expect(202);
    let unticked = house.post(&format!("/notices/{case}/tips"), None, &json!({"from_sought": false})).await;
    assert_eq!(unticked.problem(422), "invalid_fields");
    let tip = request(&house, Method::POST, &format!("/n/{case}/tips"));
    let tip = tip.form(&[("text", ""), ("from_sought", "true")]).header("sec-fetch-site", "same-origin");
    assert_eq!(ask(tip).await.status, 202);
    house.claim(&case, &desk.lead).await;
    let read = sheet(&house, &case, &desk.lead).await;
    let tips = read["tips"].as_array().unwrap();
    assert!(tips.len() == 2 && tips.iter().all(|tip| tip["content"]["text"] == ""), "{read}");
    let page = house.page_as(&format!("/review/{case}"), &house.cookie(&desk.lead).await).await.text;
    assert!(page.contains("写的人勾选了"), "who reads it learns that the box was ticked: {page}");
    house
}

/// Removes what is live.
async fn remove(house: &House, case: &str, reason: &str, by: &Person) {
    let remove = json!({"version": sheet(house, case, by).await["version"], "reason": reason});
    house.post(&format!("/review/{case}/remove"), Some(&by.token), &remove).await.expect(200);
}

/// Whoever decided did not read it, or it came later: the form says that volunteers read it.
async fn what_was_refused_or_removed_is_objected_to_as_well(house: House) -> House {
    let desk = Desk::of(&house).await;
    let needs = async |case: &str| sheet(&house, case, &desk.lead).await["needs"].clone();
    let (before, _) = objected(&house, "西门若兰", 1, &desk).await;
    remove(&house, &before, "false", &desk.moderator).await;
    let (after, _) = house.live(&child(&house, "诸葛明慧", 2), &[&desk.moderator]).await;
    remove(&house, &after, "other", &desk.moderator).await;
    objects(&house, &after).await.expect(202);
    let (refused, _) = house.submit(&child(&house, "上官云", 3)).await;
    house.decide(&refused, &desk.moderator, "reject", "unclear_photo").await.expect(200);
    objects(&house, &refused).await.expect(202);
    for (case, state) in [(&before, "removed"), (&after, "removed"), (&refused, "rejected")] {
        let waits = line(&house, case, &desk.lead).await.expect("it waits for a lead");
        assert_eq!((&waits["state"], &waits["wants"]), (&json!(state), &json!(["tip"])));
        assert_eq!(line(&house, case, &desk.moderator).await, None);
        let page = house.page_as(&format!("/review/{case}"), &house.cookie(&desk.lead).await).await.text;
        assert!(page.contains("我很安全") && page.contains("value=\"believe\""), "{page}");
    }
    let (again, _) = house.submit(&child(&house, "上官云", 4)).await;
    assert_eq!(needs(&again).await, json!({"approvals": 1, "leads": 1}), "a doubt costs one lead");
    let tip = sheet(&house, &refused, &desk.lead).await["tips"][0].clone();
    decide(&house, &refused, &tip, "discard", &desk.lead).await.expect(204);
    let (again, _) = house.submit(&child(&house, "上官云", 5)).await;
    assert_eq!(needs(&again).await, json!({"approvals": 1, "leads": 0}));
    let tip = sheet(&house, &after, &desk.lead).await["tips"][0].clone();
    decide(&house, &after, &tip, "believe", &desk.lead).await.expect(204);
    let (again, _) = house.submit(&child(&house, "诸葛明慧", 6)).await;
    assert_eq!(needs(&again).await, json!({"approvals": 2, "leads": 2}));
    // Leads go on reading why, and nobody else does.
    let read = sheet(&house, &after, &desk.lead).await;
    assert_eq!(read["tips"][0]["content"]["text"], "我很安全，请不要再找", "{read}");
    assert_eq!(sheet(&house, &after, &desk.moderator).await["tips"], json!([]));
    // A lead who held it and removed it has read it.
    let (held, _) = objected(&house, "欧阳冬", 7, &desk).await;
    house.claim(&held, &desk.lead).await;
    remove(&house, &held, "false", &desk.lead).await;
    assert_eq!(line(&house, &held, &desk.lead).await, None);
    house
}

async fn what_is_over_waits_behind_who_is_missing_now(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (closed, manage) = objected(&house, "西门若兰", 1, &desk).await;
    let (expired, _) = objected(&house, "诸葛明慧", 2, &desk).await;
    house.close(&manage, "found").await;
    house.pass(TimeDelta::hours(72)).await;
    let (young, _) = house.submit(&child(&house, "上官云", 3)).await;
    let queue = house.get("/review/queue", Some(&desk.lead.token)).await.expect(200);
    let lines = queue["items"].as_array().unwrap();
    assert_eq!(lines[0]["case_number"], json!(young), "{queue}");
    let over: Vec<&str> = lines[1..].iter().map(|line| line["case_number"].as_str().unwrap()).collect();
    assert!(over.len() == 2 && over.contains(&&*closed) && over.contains(&&*expired), "{queue}");
    for line in &lines[1..] {
        assert_eq!((&line["wants"], &line["overdue"]), (&json!(["tip"]), &json!([])));
    }
    house
}

async fn a_troll_keeps_a_sighting_only_until_a_lead_has_decided(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.live(&child(&house, "西门若兰", 1), &[&desk.moderator]).await;
    for text in ["骗子，发布人在说谎", "在幸福小区门口见过"] {
        house.post(&format!("/notices/{case}/tips"), None, &json!({"text": text})).await.expect(202);
    }
    house.claim(&case, &desk.moderator).await;
    let tips = sheet(&house, &case, &desk.moderator).await["tips"].clone();
    decide(&house, &case, &tips[1], "pass_on", &desk.moderator).await.expect(204);
    house.post(&format!("/review/{case}/release"), Some(&desk.moderator.token), &json!({})).await.expect(200);
    let mine = async || house.get("/my/notice", Some(&manage)).await.expect(200)["tips"].clone();
    assert!(is_with_the_police(&mine().await));
    house.claim(&case, &desk.lead).await;
    decide(&house, &case, &tips[0], "discard", &desk.lead).await.expect(204);
    assert!(!is_with_the_police(&mine().await), "a lead has decided");
    house
}

async fn who_helps_the_family_come_near_hides_nobody(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.live(&child(&house, "西门若兰", 1), &[&desk.moderator]).await;
    for text in ["他在幸福小区的网吧，快来，别惊动他", "先不要声张"] {
        house.post(&format!("/notices/{case}/tips"), None, &json!({"text": text})).await.expect(202);
    }
    house.claim(&case, &desk.moderator).await;
    for tip in sheet(&house, &case, &desk.moderator).await["tips"].as_array().unwrap() {
        assert_eq!(tip["content"]["flags"], json!([]), "{tip}");
    }
    house.pass_tips(&case, &desk.moderator).await;
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200)["tips"].clone();
    assert!(mine.to_string().contains("幸福小区"), "{mine}");
    house
}

async fn what_a_lead_may_do_is_told_where_it_can_be_done(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, _) = house.submit(&child(&house, "西门若兰", 1)).await;
    objects(&house, &case).await.expect(202);
    for (by, told) in [(&desk.moderator, "请上报组长"), (&desk.lead, "不通过，原因选")] {
        house.claim(&case, by).await;
        let page = house.page_as(&format!("/review/{case}"), &house.cookie(by).await).await.text;
        assert!(page.contains(told) && !page.contains("撤下这条信息"), "{page}");
        house.post(&format!("/review/{case}/release"), Some(&by.token), &json!({})).await.expect(200);
    }
    house
}
