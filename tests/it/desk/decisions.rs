//! What a decision needs, and what follows from it.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;

use super::teen;
use crate::chaos::count;
use crate::fakes::Fake;
use crate::hostile::by_another;
use crate::house::{COOLING, House};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_moderator_sees_the_poster_before_anybody_else),
    housed!(only_a_rejection_for_another_reason_needs_words),
    housed!(words_in_the_place_of_a_reason_are_kept_as_the_note_is),
    housed!(the_first_approver_does_not_keep_the_second_from_looking),
    housed!(who_submits_by_a_token_that_does_not_hold_is_nobody_else),
    housed!(a_notice_that_has_cooled_goes_out_on_time_though_an_idle_node_seldom_looks),
    housed!(a_notice_that_moved_is_found_where_it_is_now),
    housed!(a_notice_that_is_over_by_the_clock_takes_no_step_though_nobody_swept),
];

async fn a_moderator_sees_the_poster_before_anybody_else(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let cookie = house.cookie(&moderator).await;
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    let (proof, public) = (format!("/review/{case}/poster.jpg"), format!("/n/{case}/poster.jpg"));
    let sheet = house.page_as(&format!("/review/{case}"), &cookie).await;
    assert!(sheet.text.contains(&format!("src=\"{proof}\"")), "{}", sheet.text);
    let before = house.page_as(&proof, &cookie).await;
    assert_eq!(
        (before.status.as_u16(), &before.headers["content-type"]),
        (200, &"image/jpeg".parse().unwrap())
    );
    assert_ne!(house.page(&proof).await.status, 200, "for those who verify alone");
    assert!(before.text != house.page(&public).await.text, "nobody else sees it yet");
    house.go_live(&case, &[&moderator]).await;
    let shown = house.page(&public).await.text;
    assert!(shown == house.page_as(&proof, &cookie).await.text, "as groups get it");
    house
}

async fn only_a_rejection_for_another_reason_needs_words(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let (case, _) = house.live(&notices::lost_property(house.clock.now()), &[&lead]).await;
    for (step, state) in [("pause", "paused"), ("resume", "live"), ("remove", "removed")] {
        let sheet = house.get(&format!("/review/{case}"), Some(&lead.token)).await.expect(200);
        let body = json!({"version": sheet["version"], "reason": "other"});
        let taken = house.post(&format!("/review/{case}/{step}"), Some(&lead.token), &body).await;
        assert_eq!(taken.expect(200)["state"], state, "{step}");
    }
    let body = by_another(notices::lost_property(house.clock.now()), 1);
    let (case, _) = house.submit(&body).await;
    assert_eq!(house.decide(&case, &lead, "reject", "other").await.problem(422), "invalid_fields");
    house
}

async fn words_in_the_place_of_a_reason_are_kept_as_the_note_is(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    let path = format!("/review/{case}");
    let version = house.get(&path, Some(&moderator.token)).await.expect(200)["version"].clone();
    let words = json!({"version": version, "reason": "人在和平里", "note": "门卫说的"});
    house.post(&format!("{path}/pause"), Some(&moderator.token), &words).await.expect(200);
    house.claim(&case, &moderator).await;
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    let paused = sheet["events"].as_array().unwrap().iter().find(|event| event["step"] == "pause").unwrap();
    assert_eq!((&paused["reason"], &paused["note"]), (&Value::Null, &json!("人在和平里\n门卫说的")));
    notices::assert_unreadable(&house, &["和平里"]).await;
    house.close(&manage, "withdrawn").await;
    house.pass(TimeDelta::days(30)).await;
    // What is left of it tells nothing of how it was weighed.
    let weighed = "SELECT COUNT(*) AS n FROM notices WHERE urgency <> 0 OR needs_approvals <> 0 OR \
         missing_since <> submitted_at OR state <> 'erased'";
    assert_eq!(count(&house.db, weighed).await, 0);
    house
}

/// Taken for nobody, a moderator whose token has expired could approve their own notice.
async fn who_submits_by_a_token_that_does_not_hold_is_nobody_else(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let body = notices::lost_property(house.clock.now());
    for wrong in ["wrong", "", &"x".repeat(5000)] {
        assert_eq!(house.post("/notices", Some(wrong), &body).await.problem(401), "login_required");
    }
    let own = house.post("/notices", Some(&moderator.token), &body).await.expect(201);
    let case = own["case_number"].as_str().unwrap();
    assert_eq!(house.decide(case, &moderator, "approve", "verified").await.problem(403), "same_approver");
    house
}

async fn the_first_approver_does_not_keep_the_second_from_looking(house: House) -> House {
    let first = house.person("林志愿", Role::Moderator).await;
    let second = house.person("周志愿", Role::Moderator).await;
    let (case, _) = house.submit(&teen(&house)).await;
    let approved = house.decide(&case, &first, "approve", "verified").await.expect(200);
    assert_eq!(approved["state"], "second_review");
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&first.token)).await.expect(200);
    // They are not told to claim it first for a step that they may not take.
    let body = json!({"version": sheet["version"], "action": "approve", "reason": "verified"});
    let refused = house.post(&format!("{path}/decisions"), Some(&first.token), &body).await;
    let why = refused.body["detail"].as_str().unwrap().to_owned();
    assert_eq!(refused.problem(403), "same_approver");
    assert!(why.contains("其他志愿者"), "{why}");
    // A holder who looks again does not block others.
    house.post(&format!("{path}/claim"), Some(&first.token), &json!({})).await.expect(200);
    let seen = house.get(&path, Some(&second.token)).await.expect(200);
    assert!(seen["actions"].as_array().unwrap().contains(&json!("claim")), "{}", seen["actions"]);
    assert_eq!(house.decide(&case, &second, "approve", "verified").await.expect(200)["state"], "cooling");
    house.pass(COOLING).await;
    house
}

async fn a_notice_that_has_cooled_goes_out_on_time_though_an_idle_node_seldom_looks(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    house.stations.publish_when_due().await.unwrap();
    house.advance(TimeDelta::seconds(10));
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.approve(&case, &[&moderator]).await;
    // It cools for 30 seconds, and the node last looked 10 seconds ago.
    for (seconds, live) in [(20, false), (9, false), (1, true)] {
        house.advance(TimeDelta::seconds(seconds));
        house.stations.publish_when_due().await.unwrap();
        let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
        assert_eq!(shown["state"] == "live", live, "{shown}");
    }
    house
}

async fn a_notice_that_moved_is_found_where_it_is_now(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom, Platform::Feishu]).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let admin = house.person("王群主", Role::GroupAdmin).await;
    let [langfang, shijiazhuang] = [0, 1].map(|n| house.chats[n].clone());
    house.group(&langfang, &admin, &["131003"], &["lost_property"]).await;
    house.group(&shijiazhuang, &admin, &["130102"], &["lost_property"]).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    let told = |chat: &Fake| {
        let said: Vec<String> = chat.read_all().iter().map(Value::to_string).collect();
        said.iter().any(|said| said.contains(&case))
    };
    assert!(told(&langfang) && !told(&shijiazhuang));
    let found = async |region: &str| {
        let list = house.get(&format!("/notices?region={region}"), None).await.expect(200);
        list["items"].to_string().contains(&case)
    };
    assert!(found("131003").await && !found("130102").await);

    let moved = house
        .call(reqwest::Method::PATCH, "/my/notice", Some(&manage), Some(&json!({"region": "130102"})))
        .await;
    moved.expect(200);
    assert!(found("131003").await && !found("130102").await, "what is live stands until it is approved");
    house.go_live(&case, &[&moderator]).await;
    assert!(!found("131003").await && found("130102").await, "the list follows");
    assert!(told(&shijiazhuang));
    let queue = house.get("/review/queue?state=live", Some(&moderator.token)).await.expect(200);
    assert_eq!(queue["items"][0]["region"], "130102");
    assert!(told(&langfang), "whoever heard the old text hears the new one");
    house
}

async fn a_notice_that_is_over_by_the_clock_takes_no_step_though_nobody_swept(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    // An edit waits, and a moderator has claimed it.
    let change = json!({"description": "黑色双肩包，在 12 路公交车上。"});
    house.call(reqwest::Method::PATCH, "/my/notice", Some(&manage), Some(&change)).await.expect(200);
    house.advance(TimeDelta::hours(72) - TimeDelta::minutes(2));
    house.claim(&case, &moderator).await;
    let poster = format!("/n/{case}/poster.jpg");
    let shown = house.page(&poster).await.text;
    house.advance(TimeDelta::minutes(2));
    assert!(house.page(&poster).await.text != shown, "the poster says that it is over");
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    let version = &sheet["version"];
    for (step, body) in [
        ("claim", json!({})),
        ("pause", json!({"version": version, "reason": "unsafe"})),
        ("remove", json!({"version": version, "reason": "false"})),
        ("decisions", json!({"version": version, "action": "approve", "reason": "verified"})),
        ("decisions", json!({"version": version, "action": "reject", "reason": "hoax"})),
    ] {
        let refused = house.post(&format!("{path}/{step}"), Some(&moderator.token), &body).await;
        assert_eq!(refused.body["state"], "expired", "{step}: {}", refused.text);
        assert_eq!(refused.problem(409), "not_possible", "{step}");
    }
    let left = house.get(&path, Some(&moderator.token)).await.expect(200);
    assert_eq!((&left["state"], &left["events"]), (&json!("expired"), &sheet["events"]));
    for (state, listed) in [("", 0), ("live", 0), ("paused", 0), ("expired", 1)] {
        let queue =
            house.get(&format!("/review/queue?state={state}"), Some(&moderator.token)).await.expect(200);
        let items = queue["items"].as_array().unwrap();
        assert_eq!(items.len(), listed, "{state}: {queue}");
        assert!(items.iter().all(|item| item["state"] == "expired" && item["wants"] == json!([])), "{queue}");
    }
    assert_eq!(left["wants"], json!([]), "of what is over nothing is wanted");
    let counted = house.page("/metrics").await.text;
    let tells = |line: &str| counted.lines().any(|told| told == line);
    assert!(tells(r#"seventytwo_notices{state="expired"} 1"#) && !counted.contains(r#"{state="live"}"#));
    house.settle().await;
    house
}
