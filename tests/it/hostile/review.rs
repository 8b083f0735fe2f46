//! Decisions that cannot be taken, and people who may not see a case.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::people::Role;

use super::{by_another, faults, only, post_bytes};
use crate::house::{COOLING, House, Person, Reply};
use crate::notices;
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_decision_on_an_old_version_is_told_the_new_one),
    housed!(decisions_that_are_none_are_refused_by_field),
    housed!(cases_that_are_not_there_are_told_so),
    housed!(without_the_claim_nothing_private_is_seen),
    housed!(who_may_be_hiding_is_for_leads_though_every_answer_was_no),
    housed!(an_answer_that_tells_of_violence_seals_the_case),
    housed!(a_filter_of_the_queue_that_is_none_is_told_so),
    housed!(a_sealed_case_refuses_alike_wherever_it_stands),
    housed!(a_refusal_says_what_else_can_be_done),
];

async fn a_decision_on_an_old_version_is_told_the_new_one(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let token = Some(moderator.token.as_str());
    let (case, _) = house.submit(&notices::rescue(house.clock.now())).await;
    let decide = |version: Value| {
        let body = json!({"version": version, "action": "approve", "reason": "verified"});
        let path = format!("/review/{case}/decisions");
        let (house, token) = (&house, token);
        async move { house.post(&path, token, &body).await }
    };
    let sheet = house.get(&format!("/review/{case}"), token).await.expect(200);
    assert_eq!(decide(sheet["version"].clone()).await.problem(409), "claim_required");
    let claimed = house.post(&format!("/review/{case}/claim"), token, &json!({})).await.expect(200);
    for stale in [0, -1, i64::from(i32::MAX), claimed["version"].as_i64().unwrap() - 1] {
        let told = decide(json!(stale)).await;
        assert_eq!((&told.body["state"], &told.body["version"]), (&json!("in_review"), &claimed["version"]));
        assert_eq!(told.problem(409), "stale_version", "{stale}");
    }
    let approved = decide(claimed["version"].clone()).await.expect(200);
    assert_eq!(approved["state"], "cooling");
    // The same again, as from a double tap: the notice has changed since.
    let told = decide(claimed["version"].clone()).await;
    assert_eq!((&told.body["state"], told.status.as_u16()), (&json!("cooling"), 409), "{}", told.text);
    house
}

async fn decisions_that_are_none_are_refused_by_field(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let token = Some(moderator.token.as_str());
    let (case, _) = house.submit(&notices::rescue(house.clock.now())).await;
    let claimed = house.post(&format!("/review/{case}/claim"), token, &json!({})).await.expect(200);
    let version = claimed["version"].as_i64().unwrap();
    let path = format!("/review/{case}/decisions");
    let of = |action: &str, reason: Value, note: Value| json!({"version": version, "action": action, "reason": reason, "note": note});
    for (body, field) in [
        (of("explode", json!("verified"), Value::Null), "action"),
        (of("", json!("verified"), Value::Null), "action"),
        (of("pause", json!("verified"), Value::Null), "action"),
        (of("approve", json!("hoax"), Value::Null), "reason"),
        (of("approve", json!("verified\u{0}"), Value::Null), "reason"),
        (of("reject", json!("verified"), Value::Null), "reason"),
        (of("reject", json!("unheard_of"), Value::Null), "reason"),
        (of("reject", Value::Null, Value::Null), "reason"),
        (of("reject", json!("hoax"), json!("长".repeat(2_001))), "note"),
        (json!({"action": "approve", "reason": "verified"}), "version"),
        (json!({"version": version, "reason": "verified"}), "action"),
    ] {
        assert_eq!(faults(house.post(&path, token, &body).await), only([field]), "{body}");
    }
    // What may stand there is named.
    for (body, field, told) in [
        (of("explode", Value::Null, Value::Null), "action", "请填其中一个：approve, reject, ask, escalate。"),
        (of("approve", json!("hoax"), Value::Null), "reason", "请填其中一个：verified。"),
        (of("approve", Value::Null, Value::Null), "reason", "必填，请填其中一个：verified。"),
    ] {
        let refused = house.post(&path, token, &body).await;
        assert_eq!(refused.body["fields"][field], told, "{body}");
    }
    let mut surprising = of("approve", json!("verified"), Value::Null);
    surprising["surprise"] = json!(1);
    assert_eq!(faults(house.post(&path, token, &surprising).await), only(["surprise"]));
    // Without a note `ask` asks nothing, and `other` says nothing.
    for (action, reason) in [("ask", Value::Null), ("reject", json!("other"))] {
        for note in [Value::Null, json!(" \u{200b}")] {
            let unsaid = house.post(&path, token, &of(action, reason.clone(), note)).await;
            assert_eq!(faults(unsaid), only(["note"]), "{action}");
        }
    }
    for (wrong, fields) in [
        (json!({}), only(["version", "action"]).into_iter().collect::<Vec<_>>()),
        (json!({"version": "1", "action": "approve"}), vec!["reason".to_owned(), "version".to_owned()]),
        (json!({"version": 1e300, "action": 1}), vec!["action".to_owned(), "version".to_owned()]),
        (json!([]), vec!["body".to_owned()]),
        (
            json!({"version": 1, "action": "ask", "note": 7, "reason": []}),
            vec!["note".to_owned(), "reason".to_owned()],
        ),
    ] {
        let told: Vec<String> = faults(house.post(&path, token, &wrong).await).into_iter().collect();
        let mut fields = fields;
        fields.sort_unstable();
        assert_eq!(told, fields, "{wrong}");
    }
    let bytes = post_bytes(&house, &path, "{").await;
    assert_eq!(bytes.problem(401), "login_required", "whoever has no token hears that first");
    // Not live: nothing to pause, resume or remove.
    for step in ["pause", "resume", "remove"] {
        let body = json!({"version": version, "reason": "other", "note": "不应发生"});
        let refused = house.post(&format!("/review/{case}/{step}"), token, &body).await;
        assert_eq!(refused.problem(409), "not_possible", "{step}");
    }
    let undone = house.post(&format!("/review/{case}/undo"), token, &json!({})).await;
    assert_eq!(undone.problem(409), "not_possible", "nobody has approved it");
    let sheet = house.get(&format!("/review/{case}"), token).await.expect(200);
    assert_eq!((&sheet["state"], &sheet["version"]), (&json!("in_review"), &json!(version)));
    house
}

async fn a_sealed_case_refuses_alike_wherever_it_stands(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (one, other) = (house.person("陈组长", Role::Lead).await, house.person("赵组长", Role::Lead).await);
    let mut body = notices::missing_person(house.clock.now());
    (body["person"]["age"], body["person"]["category"]) = (json!(34), json!("other_adult"));
    body["safety"]["violence"] = json!(true);
    let (case, _) = house.submit(&body).await;
    let path = format!("/review/{case}");
    let version = async || house.get(&path, Some(&one.token)).await.expect(200)["version"].clone();
    let step = async |name: &str, by: &Person, body: Value| {
        house.post(&format!("{path}/{name}"), Some(&by.token), &body).await
    };
    let alike = async |state: &str| {
        let now = house.get(&path, Some(&one.token)).await.expect(200);
        assert_eq!(now["state"], state);
        let decision = |version: &Value, action: &str, reason: &str| json!({"version": version, "action": action, "reason": reason, "note": "已核对"});
        let restriction = json!({"version": 0, "reason": "unsafe"});
        for (name, body) in [
            ("claim", json!({})),
            ("release", json!({})),
            ("undo", json!({})),
            ("decisions", decision(&json!(0), "approve", "verified")),
            ("decisions", decision(&now["version"], "approve", "verified")),
            ("decisions", decision(&now["version"], "reject", "hoax")),
            ("decisions", decision(&now["version"], "ask", "")),
            ("decisions", decision(&now["version"], "escalate", "")),
            ("pause", restriction.clone()),
            ("resume", restriction.clone()),
            ("resume", json!({"version": now["version"]})),
            ("remove", restriction.clone()),
            ("phone", json!({"reason": "call_back"})),
            ("tips/00000000-0000-7000-8000-000000000000", json!({"action": "discard"})),
        ] {
            if state == "live" && ["pause", "remove"].contains(&name) {
                continue;
            }
            let refused = step(name, &moderator, body.clone()).await;
            for told in ["state", "version"] {
                assert!(refused.body.get(told).is_none(), "{state}: {name} {body}: {}", refused.text);
            }
            assert_eq!(refused.problem(403), "lead_required", "{state}: {name} {body}");
        }
        assert_eq!(house.get(&path, Some(&moderator.token)).await.problem(403), "lead_required");
    };
    alike("submitted").await;
    step("claim", &one, json!({})).await.expect(200);
    alike("in_review").await;
    house.approve(&case, &[&one]).await;
    alike("second_review").await;
    house.approve(&case, &[&other]).await;
    alike("cooling").await;
    house.pass(COOLING).await;
    alike("live").await;
    // Any moderator may take from view what everybody can read, but learns no more of it than everybody.
    let unsafe_one = json!({"version": 0, "reason": "unsafe"});
    let paused = step("pause", &moderator, unsafe_one.clone()).await.expect(200);
    assert_eq!(paused, json!({"state": "paused"}));
    alike("paused").await;
    step("resume", &one, json!({"version": version().await})).await.expect(200);
    alike("live").await;
    let nonsense = step("remove", &moderator, json!({"version": 0, "reason": "hoax"})).await;
    assert_eq!(nonsense.problem(422), "invalid_fields");
    assert_eq!(step("remove", &moderator, unsafe_one).await.expect(200), json!({"state": "removed"}));
    alike("removed").await;
    house.settle().await;
    house
}

async fn a_refusal_says_what_else_can_be_done(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let told = |refused: Reply, state: &str, words: &[&str]| {
        assert_eq!(refused.body["state"], state, "{}", refused.text);
        let detail = refused.body["detail"].as_str().unwrap().to_owned();
        assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
        assert_eq!(refused.problem(409), "not_possible");
    };
    // A cooling notice cannot be paused: its approver takes the approval back, or anybody removes it.
    let (case, _) = house.submit(&notices::rescue(house.clock.now())).await;
    let approved = house.decide(&case, &moderator, "approve", "verified").await.expect(200);
    let mut body = json!({"version": approved["version"], "reason": "unsafe"});
    let pause = format!("/review/{case}/pause");
    told(house.post(&pause, Some(&colleague.token), &body).await, "cooling", &["撤回通过", "撤下"]);
    body["reason"] = json!("false");
    let removed = house.post(&format!("/review/{case}/remove"), Some(&colleague.token), &body).await;
    assert_eq!(removed.expect(200)["state"], "removed");

    // An edit of a live notice is approved or rejected.
    let mine = by_another(notices::lost_property(house.clock.now()), 20_000_400);
    let made = house.post("/notices", None, &mine).await.expect(201);
    let (case, manage) = (made["case_number"].as_str().unwrap(), made["manage_token"].as_str());
    house.go_live(case, &[&moderator]).await;
    let change = json!({"description": "黑色双肩包，在 12 路公交车上。"});
    house.call(reqwest::Method::PATCH, "/my/notice", manage, Some(&change)).await.expect(200);
    let claim = house.post(&format!("/review/{case}/claim"), Some(&colleague.token), &json!({})).await;
    let version = claim.expect(200)["version"].clone();
    for action in ["ask", "escalate"] {
        let body = json!({"version": version, "action": action, "note": "哪一路车？"});
        let refused = house.post(&format!("/review/{case}/decisions"), Some(&colleague.token), &body).await;
        told(refused, "live", &["不通过", "电话", "暂停"]);
    }
    let called = json!({"reason": "call_back"});
    house.post(&format!("/review/{case}/phone"), Some(&colleague.token), &called).await.expect(200);
    house.settle().await;
    house
}

async fn cases_that_are_not_there_are_told_so(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let token = Some(lead.token.as_str());
    let decision = json!({"version": 1, "action": "approve", "reason": "verified"});
    let restriction = json!({"version": 1, "reason": "other", "note": "x"});
    for (case, code) in
        [("00000-00000", "case_unknown"), ("00000-00001", "case_malformed"), ("x", "case_malformed")]
    {
        for (step, body) in [
            ("claim", &json!({})),
            ("release", &json!({})),
            ("undo", &json!({})),
            ("decisions", &decision),
            ("pause", &restriction),
            ("resume", &restriction),
            ("remove", &restriction),
        ] {
            let told = house.post(&format!("/review/{case}/{step}"), token, body).await;
            assert_eq!(told.problem(404), code, "{case} {step}");
        }
        assert_eq!(house.get(&format!("/review/{case}"), token).await.problem(404), code);
        assert_eq!(house.get(&format!("/broadcasts/{case}"), token).await.problem(404), code);
        let tip = house.post(&format!("/notices/{case}/tips"), None, &json!({"text": "看到了"})).await;
        assert_eq!(tip.problem(404), code);
    }
    house
}

async fn without_the_claim_nothing_private_is_seen(house: House) -> House {
    let holder = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let mut body = by_another(notices::missing_person(house.clock.now()), 20_000_001);
    body["secret_detail"] = json!("胎记在右肩");
    let (case, _) = house.submit(&body).await;
    let path = format!("/review/{case}");
    let private = ["13920000001", "王小红", "胎记在右肩", "2026第1123号", "dementia"];
    let blind = async |by: &str, when: &str| {
        for path in [&path, "/review/queue"] {
            let seen = house.get(path, Some(by)).await;
            assert_eq!(seen.status, 200, "{}", seen.text);
            for word in private {
                assert!(!seen.text.contains(word), "{when}: {word} in {}", seen.text);
            }
        }
    };
    blind(&holder.token, "before the claim").await;
    house.post(&format!("{path}/claim"), Some(&holder.token), &json!({})).await.expect(200);
    blind(&colleague.token, "a colleague's claim").await;
    let reason = json!({"reason": "call_back"});
    house.post(&format!("{path}/phone"), Some(&holder.token), &reason).await.expect(200);
    let sheet = house.get(&path, Some(&holder.token)).await;
    assert!(private[..3].iter().all(|word| sheet.text.contains(word)), "{}", sheet.text);
    house.advance(TimeDelta::minutes(5));
    blind(&holder.token, "the claim ran out").await;
    house.post(&format!("{path}/claim"), Some(&holder.token), &json!({})).await.expect(200);
    house.post(&format!("{path}/release"), Some(&holder.token), &json!({})).await.expect(200);
    blind(&holder.token, "after the release").await;
    house
}

async fn an_answer_that_tells_of_violence_seals_the_case(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let mut body = notices::missing_person(house.clock.now());
    body["person"]["age"] = json!(34);
    body["person"]["category"] = json!("other_adult");
    let made = house.post("/notices", None, &body).await.expect(201);
    let path = format!("/review/{}", made["case_number"].as_str().unwrap());
    let claimed = house.post(&format!("{path}/claim"), Some(&moderator.token), &json!({})).await.expect(200);
    let ask = json!({"version": claimed["version"], "action": "ask", "note": "她为什么离开？"});
    house.post(&format!("{path}/decisions"), Some(&moderator.token), &ask).await.expect(200);
    let answer = json!({"text": "我们吵架，她申请了保护令", "photo_ids": []});
    house.post("/my/notice/reply", made["manage_token"].as_str(), &answer).await.expect(200);
    assert_eq!(house.get(&path, Some(&moderator.token)).await.problem(403), "lead_required");
    house
}

async fn who_may_be_hiding_is_for_leads_though_every_answer_was_no(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let words = ["她因家暴离开", "法院有人身安全保护令", "There is a restraining order", "夜里被打后走的"];
    for (n, words) in (20_000_100..).zip(words) {
        let mut body = by_another(notices::missing_person(house.clock.now()), n);
        // Each has a name of its own, because a likeness to a sealed case alone would seal it.
        body["person"]["name"] = json!(format!("李玉兰{}", n % 100));
        body["person"]["age"] = json!(34);
        body["person"]["category"] = json!("other_adult");
        body["description"] = json!(words);
        let path = format!("/review/{}", house.submit(&body).await.0);
        assert_eq!(house.get(&path, Some(&moderator.token)).await.problem(403), "lead_required", "{words}");
        let sheet = house.get(&path, Some(&lead.token)).await.expect(200);
        assert_eq!((&sheet["sealed"], &sheet["needs"]["leads"]), (&json!(true), &json!(2)), "{words}");
        assert!(sheet["flags"].as_array().unwrap().contains(&json!("violence_mentioned")), "{sheet}");
    }
    // A child's notice is not sealed, but two people must approve it.
    for (n, words, flag) in [
        (20_000_200, "父亲施暴后带走", "violence_mentioned"),
        (20_000_201, "离婚后在争抚养权，被爸爸接走", "custody_mentioned"),
        (20_000_202, "We are in a custody dispute", "custody_mentioned"),
    ] {
        let mut body = by_another(notices::missing_person(house.clock.now()), n);
        body["person"]["name"] = json!(format!("李小明{}", n % 100));
        body["person"]["age"] = json!(6);
        body["person"]["category"] = json!("child");
        body["description"] = json!(words);
        let path = format!("/review/{}", house.submit(&body).await.0);
        let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
        let asks = (&sheet["sealed"], &sheet["needs"]["approvals"]);
        assert_eq!(asks, (&json!(false), &json!(2)), "{words}: {sheet}");
        assert!(sheet["flags"].as_array().unwrap().contains(&json!(flag)), "{words}: {sheet}");
    }
    house
}

async fn a_filter_of_the_queue_that_is_none_is_told_so(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let token = Some(moderator.token.as_str());
    house.submit(&notices::rescue(house.clock.now())).await;
    let all = house.get("/review/queue", token).await.expect(200);
    assert_eq!(all["items"].as_array().unwrap().len(), 1);
    assert_eq!(house.get("/review/queue?state=&cursor=", token).await.expect(200), all);
    let nowhere = house.get("/review/queue?state=nowhere", token).await;
    let told = nowhere.body["fields"]["state"].as_str().unwrap_or_default().to_owned();
    assert!(told.contains("submitted, in_review"), "{told}");
    assert_eq!(faults(nowhere), only(["state"]));
    assert_eq!(faults(house.get("/review/queue?cursor=nowhere", token).await), only(["cursor"]));
    // An old bookmark still opens the page, with a note that it shows something else.
    let cookie = house.cookie(&moderator).await;
    let hint = "没有这个筛选条件，或没有这一页";
    for (query, astray) in [
        ("", false),
        ("?state=&cursor=", false),
        ("?state=live", false),
        ("?state=nowhere", true),
        ("?state=live&cursor=nowhere", true),
    ] {
        let page = house.page_as(&format!("/review{query}"), &cookie).await;
        assert_eq!((page.status.as_u16(), page.text.contains(hint)), (200, astray), "{query}: {}", page.text);
        assert_eq!(page.text.contains("data-entry"), query != "?state=live", "{query}");
    }
    house
}
