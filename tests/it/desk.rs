//! What the review desk owes the family and the person sought: held tips, a phone shown only to those who
//! need it, a notice that changed meanwhile, and an erasure that leaves no copy.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::accounts::people;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::review::policy::PHONES_A_DAY;
use seventytwo::store::notices as stored;

use crate::chaos::count;
use crate::fakes::Fake;
use crate::hostile::by_another;
use crate::house::{House, Person};
use crate::notices;
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_held_tip_reaches_the_family_only_when_it_is_passed_on),
    housed!(who_handed_a_notice_in_reads_no_tip_of_it_before_others_did),
    housed!(words_in_the_place_of_a_reason_are_kept_as_the_note_is),
    housed!(a_phone_is_shown_to_the_holder_who_says_why),
    housed!(nobody_collects_phones),
    housed!(who_is_refused_a_phone_is_written_down_once_an_hour),
    housed!(a_notice_that_moved_is_found_where_it_is_now),
    housed!(what_has_cooled_goes_out_on_time_though_an_idle_node_seldom_looks),
    housed!(what_is_erased_is_not_in_the_journal_either),
    housed!(what_is_swept_is_in_no_picture_that_is_kept),
    housed!(what_another_node_has_erased_is_in_no_picture_that_is_kept),
    housed!(only_a_rejection_for_another_reason_needs_words),
    housed!(the_queue_says_who_is_sought_to_whoever_may_know),
    housed!(a_moderator_sees_the_poster_before_anybody_else),
    housed!(what_somebody_else_is_to_decide_does_not_stand_in_the_way),
    housed!(who_approved_does_not_keep_the_second_from_looking),
    housed!(what_is_over_by_the_clock_takes_no_step_though_nobody_swept),
    housed!(a_lead_reads_how_much_came_in_and_what_became_of_it),
    housed!(who_is_missing_longest_comes_first_and_one_sees_since_when),
    housed!(whose_claim_has_run_out_waits_again),
    housed!(who_works_on_a_case_keeps_it),
    housed!(whose_account_ends_or_is_reset_holds_no_case),
    housed!(where_an_adult_was_seen_never_reaches_the_reporter),
    housed!(what_somebody_saw_is_not_buried_under_what_others_send),
    housed!(whoever_wants_money_or_to_be_called_does_not_reach_the_family),
];

/// The steps of a notice's history, oldest first.
fn steps(sheet: &Value) -> Vec<&str> {
    sheet["events"].as_array().unwrap().iter().map(|event| event["step"].as_str().unwrap()).collect()
}

async fn what_is_over_by_the_clock_takes_no_step_though_nobody_swept(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    // An edit waits, and a moderator has claimed it.
    let change = json!({"description": "黑色双肩包，在 12 路公交车上。"});
    house.call(reqwest::Method::PATCH, "/my/notice", Some(&manage), Some(&change)).await.expect(200);
    house.advance(TimeDelta::hours(72) - TimeDelta::minutes(2));
    house.claim(&case, &moderator).await;
    house.advance(TimeDelta::minutes(2));
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

async fn a_moderator_sees_the_poster_before_anybody_else(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let cookie = format!("session={}", house.session(&moderator).await);
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
    house.decide(&case, &moderator, "approve", "verified").await.expect(200);
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    let shown = house.page(&public).await.text;
    assert!(shown == house.page_as(&proof, &cookie).await.text, "as groups get it");
    house
}

async fn what_somebody_else_is_to_decide_does_not_stand_in_the_way(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let mut teen = notices::missing_person(house.clock.now());
    (teen["person"]["age"], teen["person"]["category"]) = (json!(15), json!("teen"));
    let (urgent, manage) = house.submit(&teen).await;
    let (other, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    let waiting = async |by: &Person| {
        let queue = house.get("/review/queue", Some(&by.token)).await.expect(200);
        let items = queue["items"].as_array().unwrap().clone();
        items
            .into_iter()
            .map(|item| (item["case_number"].clone(), item["needs_another"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(waiting(&moderator).await, [(json!(urgent), json!(false)), (json!(other), json!(false))]);
    house.decide(&urgent, &moderator, "approve", "verified").await.expect(200);
    // The API lists the most urgent first, for every reader.
    assert_eq!(waiting(&moderator).await, [(json!(urgent), json!(true)), (json!(other), json!(false))]);
    let claim = format!("action=\"/review/{urgent}/claim\"");
    for (by, first, offered) in [(&moderator, &other, false), (&colleague, &urgent, true)] {
        let cookie = format!("session={}", house.session(by).await);
        let page = house.page_as("/review", &cookie).await.text;
        assert_eq!(page.contains(&claim), offered, "{}", by.name);
        let row = page
            .split("href=\"/review/")
            .find(|row| [&other, &urgent].iter().any(|case| row.starts_with(case.as_str())));
        assert!(row.unwrap().starts_with(first.as_str()), "{}", by.name);
    }
    // Nor does the person who alone approved it take the second look.
    let quick = by_another(notices::missing_person(house.clock.now()), 20_000_300);
    let (quick, _) = house.submit(&quick).await;
    house.decide(&quick, &moderator, "approve", "verified").await.expect(200);
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    let waits = async |by: &Person| waiting(by).await.into_iter().find(|(case, _)| *case == quick.as_str());
    assert_eq!(waits(&moderator).await, Some((json!(quick), json!(true))));
    assert_eq!(waits(&colleague).await, Some((json!(quick), json!(false))));
    // A notice that is over wants nothing, whatever was still owed.
    house.decide(&urgent, &colleague, "approve", "verified").await.expect(200);
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    house.post(&format!("/notices/{urgent}/tips"), None, &json!({"text": "先转账保证金"})).await.expect(202);
    let wants = async || {
        house.get(&format!("/review/{urgent}"), Some(&moderator.token)).await.expect(200)["wants"].clone()
    };
    assert_eq!(wants().await, json!(["tip"]));
    let found = json!({"outcome": "found", "announce": false});
    for _ in 0..2 {
        house.post("/my/notice/close", Some(&manage), &found).await.expect(200);
    }
    // Asking once more does not change what the groups were told.
    let otherwise = json!({"outcome": "found", "announce": true});
    assert_eq!(house.post("/my/notice/close", Some(&manage), &otherwise).await.problem(409), "not_possible");
    assert_eq!(wants().await, json!([]));
    house
}

async fn who_approved_does_not_keep_the_second_from_looking(house: House) -> House {
    let first = house.person("林志愿", Role::Moderator).await;
    let second = house.person("周志愿", Role::Moderator).await;
    let mut teen = notices::missing_person(house.clock.now());
    (teen["person"]["age"], teen["person"]["category"]) = (json!(15), json!("teen"));
    let (case, _) = house.submit(&teen).await;
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
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    house
}

async fn a_held_tip_reaches_the_family_only_when_it_is_passed_on(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    for text in ["先转账保证金再还包", "在车队失物招领处，要带身份证和手术费收据"]
    {
        house.post(&format!("/notices/{case}/tips"), None, &json!({"text": text})).await.expect(202);
    }
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
    assert_eq!(mine["tips"], json!([]), "held back");

    // The tip waits in the queue; a moderator who claims the case reads it.
    let queue = house.get("/review/queue", Some(&moderator.token)).await.expect(200);
    assert_eq!(queue["items"][0]["case_number"], case.as_str(), "{queue}");
    assert_eq!(queue["items"][0]["wants"], json!(["tip"]));
    house.claim(&case, &moderator).await;
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    let tips = sheet["tips"].as_array().unwrap();
    assert!(tips.len() == 2 && tips.iter().all(|tip| tip["held"] == true), "{sheet}");
    let tip = |words: &str| {
        let found = tips.iter().find(|tip| tip["content"]["text"].as_str().unwrap().contains(words)).unwrap();
        format!("{path}/tips/{}", found["id"].as_str().unwrap())
    };
    let (swindle, useful) = (tip("转账"), tip("招领处"));

    // Only the holder decides, and only tips that exist.
    let pass_on = json!({"action": "pass_on"});
    let refused = house.post(&useful, Some(&colleague.token), &pass_on).await;
    assert_eq!(refused.problem(409), "claimed_by_other");
    let unknown = format!("{path}/tips/00000000-0000-7000-8000-000000000000");
    assert_eq!(house.post(&unknown, Some(&moderator.token), &pass_on).await.problem(404), "not_found");
    let nonsense = house.post(&useful, Some(&moderator.token), &json!({"action": "explode"})).await;
    assert_eq!(nonsense.problem(422), "invalid_fields");

    house.post(&useful, Some(&moderator.token), &pass_on).await.expect(204);
    house.post(&swindle, Some(&moderator.token), &json!({"action": "discard"})).await.expect(204);
    // Each tip is decided once.
    for decided in [&useful, &swindle] {
        assert_eq!(house.post(decided, Some(&moderator.token), &pass_on).await.problem(404), "not_found");
    }
    let mine = house.get("/my/notice", Some(&manage)).await;
    assert!(mine.text.contains("招领处") && !mine.text.contains("转账"), "{}", mine.text);
    assert!(!mine.text.contains("_tip"), "how the desk works is not the reporter's: {}", mine.text);
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    assert_eq!(
        steps(&sheet).into_iter().filter(|s| s.ends_with("_tip")).collect::<Vec<_>>(),
        ["pass_tip", "discard_tip"]
    );
    assert_eq!(sheet["tips"].as_array().unwrap().len(), 1);
    house.post(&format!("{path}/release"), Some(&moderator.token), &json!({})).await.expect(200);
    let queue = house.get("/review/queue", Some(&moderator.token)).await.expect(200);
    assert_eq!(queue["items"], json!([]), "nothing waits any more");
    house
}

async fn a_phone_is_shown_to_the_holder_who_says_why(house: House) -> House {
    const PHONE: &str = "+8613800138000";
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let (case, manage) = house.submit(&notices::missing_person(house.clock.now())).await;
    let (path, phone) = (format!("/review/{case}"), format!("/review/{case}/phone"));
    let why = json!({"reason": "call_back"});
    assert_eq!(house.post(&phone, Some(&moderator.token), &why).await.problem(409), "claim_required");
    house.claim(&case, &moderator).await;
    let sheet = house.get(&path, Some(&moderator.token)).await;
    assert!(!sheet.text.contains("13800138000"), "the claim alone shows no phone: {}", sheet.text);
    assert_eq!(sheet.expect(200)["reporter_phone_last4"], "8000");
    assert_eq!(house.post(&phone, Some(&colleague.token), &why).await.problem(409), "claimed_by_other");
    for vague in [json!({"reason": "curious"}), json!({"reason": ""})] {
        assert_eq!(house.post(&phone, Some(&moderator.token), &vague).await.problem(422), "invalid_fields");
    }
    let shown = house.post(&phone, Some(&moderator.token), &why).await.expect(200);
    assert_eq!((&shown["phone"], &shown["left"]), (&json!(PHONE), &json!(PHONES_A_DAY - 1)));

    // Shown for as long as the case is held, with one event that says who and why.
    house.post(&phone, Some(&moderator.token), &why).await.expect(200);
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    assert_eq!(sheet["private"]["reporter"]["phone"], PHONE);
    let events: Vec<&Value> =
        sheet["events"].as_array().unwrap().iter().filter(|event| event["step"] == "reveal_phone").collect();
    assert_eq!(events.len(), 1, "{sheet}");
    assert_eq!((&events[0]["by"], &events[0]["reason"]), (&json!("林志愿"), &json!("call_back")));
    let mine = house.get("/my/notice", Some(&manage)).await;
    assert!(!mine.text.contains("reveal_phone"), "{}", mine.text);

    // The next claim begins without the phone.
    house.post(&format!("{path}/release"), Some(&moderator.token), &json!({})).await.expect(200);
    house.claim(&case, &moderator).await;
    let sheet = house.get(&path, Some(&moderator.token)).await;
    assert!(!sheet.text.contains("13800138000"), "{}", sheet.text);
    house
}

async fn nobody_collects_phones(house: House) -> House {
    let curious = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let reveal = async |number: i64, by: &Person| {
        let body =
            by_another(notices::rescue(house.clock.now()), 30_000_000 + u32::try_from(number).unwrap());
        let (case, _) = house.submit(&body).await;
        house.claim(&case, by).await;
        house.post(&format!("/review/{case}/phone"), Some(&by.token), &json!({"reason": "call_back"})).await
    };
    for number in 0..PHONES_A_DAY {
        let shown = reveal(number, &curious).await.expect(200);
        assert_eq!(shown["left"], PHONES_A_DAY - 1 - number);
        house.advance(TimeDelta::seconds(20));
    }
    let refused = reveal(PHONES_A_DAY, &curious).await;
    let wait: i64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(refused.body["detail"], "请等 24 小时再试。");
    assert_eq!(refused.problem(429), "too_many_requests");
    reveal(PHONES_A_DAY + 1, &colleague).await.expect(200);
    // When the oldest is a day old, one more is allowed, but not two.
    house.advance(TimeDelta::seconds(wait - 1));
    assert_eq!(reveal(PHONES_A_DAY + 2, &curious).await.problem(429), "too_many_requests");
    house.advance(TimeDelta::seconds(1));
    reveal(PHONES_A_DAY + 3, &curious).await.expect(200);
    assert_eq!(reveal(PHONES_A_DAY + 4, &curious).await.problem(429), "too_many_requests");
    house
}

async fn who_is_refused_a_phone_is_written_down_once_an_hour(house: House) -> House {
    let curious = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let (case, manage) = house.submit(&notices::missing_person(house.clock.now())).await;
    let why = json!({"reason": "call_back"});
    let ask = async |case: &str, by: &Person| {
        house.post(&format!("/review/{case}/phone"), Some(&by.token), &why).await
    };
    let refusals = async |case: &str| {
        let sheet = house.get(&format!("/review/{case}"), Some(&lead.token)).await.expect(200);
        let events = sheet["events"].as_array().unwrap().iter().filter(|e| e["step"] == "refuse_phone");
        events.map(|e| [&e["by"], &e["reason"]].map(|v| v.as_str().unwrap().to_owned())).collect::<Vec<_>>()
    };
    let of = |by: &Person, reason: &str| [by.name.clone(), reason.to_owned()];
    for _ in 0..5 {
        assert_eq!(ask(&case, &curious).await.problem(409), "claim_required");
    }
    assert_eq!(refusals(&case).await, [of(&curious, "not_held")], "the first says it");
    // Counted for each person and each hour separately.
    house.claim(&case, &colleague).await;
    assert_eq!(ask(&case, &curious).await.problem(409), "claimed_by_other");
    house.advance(TimeDelta::hours(1));
    assert_eq!(ask(&case, &colleague).await.problem(409), "claim_required");
    assert_eq!(refusals(&case).await, [of(&curious, "not_held"), of(&colleague, "not_held")]);
    assert_eq!(ask(&case, &curious).await.problem(409), "claim_required");
    assert_eq!(refusals(&case).await.len(), 3);
    let cookie = format!("session={}", house.session(&lead).await);
    for (language, said) in [("zh-CN", "被拒绝查看电话"), ("en", "was refused the phone")] {
        let page = house.page_as(&format!("/review/{case}?lang={language}"), &cookie).await.text;
        assert!(page.contains(said), "{page}");
    }
    assert!(!house.get("/my/notice", Some(&manage)).await.text.contains("refuse_phone"));

    // A person who has used up the day: the refusal is recorded, and no phone is counted.
    for number in 0..=PHONES_A_DAY {
        let body = by_another(notices::rescue(house.clock.now()), 30_000_000 + number as u32);
        let (case, _) = house.submit(&body).await;
        house.claim(&case, &curious).await;
        let answer = ask(&case, &curious).await;
        if number < PHONES_A_DAY {
            answer.expect(200);
            assert_eq!(refusals(&case).await, [[""; 2]; 0]);
        } else {
            answer.problem(429);
            assert_eq!(refusals(&case).await, [of(&curious, "used_up")]);
        }
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
    house.decide(&case, &moderator, "approve", "verified").await.expect(200);
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    assert!(!found("131003").await && found("130102").await, "the list follows");
    assert!(told(&shijiazhuang));
    let queue = house.get("/review/queue?state=live", Some(&moderator.token)).await.expect(200);
    assert_eq!(queue["items"][0]["region"], "130102");
    assert!(told(&langfang), "whoever heard the old text hears the new one");
    house
}

async fn what_has_cooled_goes_out_on_time_though_an_idle_node_seldom_looks(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    house.stations.let_out_when_due().await.unwrap();
    house.advance(TimeDelta::seconds(10));
    let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
    house.decide(&case, &moderator, "approve", "verified").await.expect(200);
    // It cools for 30 seconds, and the node last looked 10 seconds ago.
    for (seconds, live) in [(20, false), (9, false), (1, true)] {
        house.advance(TimeDelta::seconds(seconds));
        house.stations.let_out_when_due().await.unwrap();
        let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
        assert_eq!(shown["state"] == "live", live, "{shown}");
    }
    house
}

async fn what_is_erased_is_not_in_the_journal_either(house: House) -> House {
    if !house.db.is_sqlite() {
        // A server's files are not ours to read.
        return house;
    }
    // The first sweep of a process empties the journal.
    house.settle().await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, _) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    let (number, store) = (case.parse().unwrap(), &house.stations.shared.store);
    let sealed = store
        .read(move |c| {
            let notice = stored::by_case(c, number)?.unwrap();
            Ok(stored::revision(c, notice.id.0, 1)?.unwrap().public_sealed)
        })
        .await
        .unwrap();
    // Page boundaries fall anywhere, so a part from the middle of the words stands for all of them.
    let part = &sealed[40..72];
    let holds = || {
        let files = std::fs::read_dir(house.db.folder.path()).unwrap().flatten().map(|file| file.path());
        let held = files.filter(|path| {
            std::fs::read(path).is_ok_and(|bytes| bytes.windows(part.len()).any(|window| window == part))
        });
        held.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect::<Vec<_>>()
    };
    assert!(holds().contains(&"test.db-wal".to_owned()), "{:?}", holds());
    house.advance(TimeDelta::hours(72));
    house.settle().await;
    house.advance(TimeDelta::days(30));
    house.settle().await;
    assert_eq!(house.get(&format!("/notices/{case}"), None).await.expect(200)["state"], "erased");
    assert_eq!(holds(), [""; 0], "the words of an erased notice, sealed, in the raw files");
    house
}

/// Whether the press still has a notice's poster: it could not draw it again, because the photo is gone.
async fn is_kept(house: &House, case: &str) -> bool {
    house.page(&format!("/n/{case}/poster.jpg")).await.status == 200
}

/// A live notice whose poster is in the press, and whose photo is deleted afterwards.
async fn kept(house: &House) -> String {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let mut body = notices::lost_property(house.clock.now());
    body["photo_ids"] = json!([house.photo(notices::jpeg()).await]);
    let (case, _) = house.live(&body, &[&moderator]).await;
    assert!(is_kept(house, &case).await, "it is drawn");
    std::fs::remove_dir_all(house.db.folder.path().join("blobs/photos")).unwrap();
    assert!(is_kept(house, &case).await, "it is drawn once");
    case
}

async fn what_is_swept_is_in_no_picture_that_is_kept(house: House) -> House {
    let (over, _) = house.submit(&by_another(notices::rescue(house.clock.now()), 3)).await;
    house.advance(TimeDelta::days(30) - TimeDelta::minutes(1));
    let case = kept(&house).await;
    house.settle().await;
    assert!(is_kept(&house, &case).await, "nothing was swept");
    house.advance(TimeDelta::minutes(1));
    house.settle().await;
    assert_eq!(house.get(&format!("/notices/{over}"), None).await.expect(200)["state"], "expired");
    assert!(!is_kept(&house, &case).await);
    house
}

async fn what_another_node_has_erased_is_in_no_picture_that_is_kept(house: House) -> House {
    let case = kept(&house).await;
    house.stations.forget_messages();
    assert!(!is_kept(&house, &case).await);
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

async fn the_queue_says_who_is_sought_to_whoever_may_know(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let sought = notices::missing_person(house.clock.now());
    let (case, _) = house.submit(&sought).await;
    let line = async |by: &Person| {
        let queue = house.get("/review/queue", Some(&by.token)).await.expect(200);
        let items = queue["items"].as_array().unwrap().clone();
        items.into_iter().find(|item| item["case_number"] == case.as_str()).unwrap_or_default()
    };
    let page = async |by: &Person| {
        let cookie = format!("session={}", house.session(by).await);
        house.page_as("/review", &cookie).await.text
    };
    let name = sought["person"]["name"].as_str().unwrap();
    let seen = line(&moderator).await;
    assert_eq!((&seen["subject"], &seen["age"]), (&sought["person"]["name"], &sought["person"]["age"]));
    assert_eq!(seen["category"], Value::Null, "what is private is for the holder");
    assert!(page(&moderator).await.contains(name));
    house.claim(&case, &moderator).await;
    assert_eq!(line(&moderator).await["category"], sought["person"]["category"]);
    assert_eq!(line(&lead).await["category"], Value::Null);
    house.decide(&case, &moderator, "escalate", "other").await.expect(200);
    assert_eq!(line(&moderator).await["subject"], Value::Null, "only leads may open it now");
    assert!(!page(&moderator).await.contains(name));
    assert_eq!(line(&lead).await["subject"], sought["person"]["name"]);
    assert!(page(&lead).await.contains(name));
    house
}

/// The values in a row of the figures, one for each kind in order; empty where the row does not exist.
fn figures(page: &str, line: &str) -> Vec<String> {
    let after = page.split_once(&format!("<th scope=\"row\">{line}</th>"));
    let cells = after.map_or("", |(_, rest)| rest.split("</tr>").next().unwrap());
    cells.split("<td>").skip(1).map(|cell| cell.split("</td>").next().unwrap().to_owned()).collect()
}

async fn a_lead_reads_how_much_came_in_and_what_became_of_it(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    let read = async |by: &Person, path: &str| {
        let cookie = format!("session={}", house.session(by).await);
        house.page_as(path, &cookie).await
    };
    for person in [&moderator, &house.person("周群主", Role::GroupAdmin).await] {
        assert_eq!(read(person, "/review/figures").await.status, 403, "{}", person.name);
    }
    assert!(!read(&moderator, "/review").await.text.contains("/review/figures"));
    assert!(read(&lead, "/review").await.text.contains("href=\"/review/figures\""));

    // Three things are published after 10, 20 and 60 minutes; the reporter of the first has it back.
    let mut things = Vec::new();
    for (n, minutes) in [(1, 10), (2, 20), (3, 60)] {
        let (case, manage) = house.submit(&by_another(notices::lost_property(house.clock.now()), n)).await;
        house.advance(TimeDelta::minutes(minutes));
        house.decide(&case, &moderator, "approve", "verified").await.expect(200);
        house.advance(TimeDelta::seconds(30));
        house.settle().await;
        things.push((case, manage));
    }
    let outcome = json!({"outcome": "returned", "announce": false});
    house.post("/my/notice/close", Some(&things[0].1), &outcome).await.expect(200);
    // An edit that is turned down ends nothing.
    let edit = Some(&json!({"description": "车上还有一把伞"}));
    house.call(reqwest::Method::PATCH, "/my/notice", Some(&things[1].1), edit).await.expect(200);
    house.decide(&things[1].0, &moderator, "reject", "hoax").await.expect(200);
    // One is removed for good, one missing person's notice is rejected, and a rescue waits.
    let sheet = house.get(&format!("/review/{}", things[2].0), Some(&moderator.token)).await.expect(200);
    let removal = json!({"version": sheet["version"], "reason": "false"});
    house
        .post(&format!("/review/{}/remove", things[2].0), Some(&moderator.token), &removal)
        .await
        .expect(200);
    let (case, _) = house.submit(&by_another(notices::missing_person(house.clock.now()), 4)).await;
    house.decide(&case, &moderator, "reject", "no_police_reference").await.expect(200);
    house.submit(&by_another(notices::rescue(house.clock.now()), 5)).await;
    house.advance(TimeDelta::hours(3));
    house.submit(&by_another(notices::rescue(house.clock.now()), 6)).await;

    let page = read(&lead, "/review/figures").await;
    assert_eq!(page.status, 200);
    let told = |line: &str| figures(&page.text, line);
    assert_eq!(told("提交"), ["1", "3", "2", "–"], "{}", page.text);
    assert_eq!(told("已发布过"), ["0", "3", "0", "–"]);
    assert_eq!(told("从提交到发布（中位数）"), ["–", "20 分钟", "–", "–"]);
    assert_eq!(told("已结束：已归还"), ["–", "1", "–", "–"]);
    assert_eq!(told("未通过：缺报警编号"), ["1", "–", "–", "–"]);
    assert_eq!(told("未通过：疑似谣言"), [""; 0], "an edit is no notice");
    assert_eq!(told("已撤下：内容不实"), ["–", "1", "–", "–"]);
    assert_eq!(told("等待决定"), ["–", "–", "2", "–"]);
    assert_eq!(told("等得最久的"), ["–", "–", "3 小时", "–"]);
    for secret in ["双肩包", "李玉兰", "王小红", "林志愿", &things[0].0, &case] {
        assert!(!page.text.contains(secret), "{secret} is nobody's figure");
    }

    // What came in earlier is not counted for the last days; an erased notice counts under its kind and
    // outcome.
    house.advance(TimeDelta::days(20));
    house.settle().await;
    assert_eq!(figures(&read(&lead, "/review/figures").await.text, "提交"), ["–"; 4]);
    let month = read(&lead, "/review/figures?period=30d").await.text;
    assert_eq!(figures(&month, "提交"), ["1", "3", "2", "–"]);
    assert_eq!(figures(&month, "已到期"), ["–", "1", "–", "–"], "{month}");
    house.advance(TimeDelta::days(40));
    house.settle().await;
    assert_eq!(figures(&read(&lead, "/review/figures?period=30d").await.text, "提交"), ["–"; 4]);
    let ever = read(&lead, "/review/figures?period=all&lang=en").await.text;
    assert_eq!(figures(&ever, "Submitted"), ["1", "3", "2", "–"]);
    assert_eq!(figures(&ever, "over: Returned"), ["–", "1", "–", "–"], "{ever}");
    assert_eq!(figures(&ever, "Waiting for a decision"), ["–"; 4], "nobody took them up");
    house
}

/// Missing for this many hours before it was reported.
fn missing_for(house: &House, hours: i64, number: u32) -> Value {
    let mut body = by_another(notices::missing_person(house.clock.now()), number);
    body["last_seen"]["at"] = json!((house.clock.now() - TimeDelta::hours(hours)).to_rfc3339());
    body
}

async fn who_is_missing_longest_comes_first_and_one_sees_since_when(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let order = async || {
        let queue = house.get("/review/queue", Some(&moderator.token)).await.expect(200);
        let items = queue["items"].as_array().unwrap().clone();
        items.into_iter().map(|item| item["case_number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (long, _) = house.submit(&missing_for(&house, 20, 40_000_001)).await;
    house.advance(TimeDelta::hours(1));
    let (hours, _) = house.submit(&missing_for(&house, 4, 40_000_002)).await;
    house.advance(TimeDelta::minutes(30));
    let (fresh, _) = house.submit(&by_another(notices::rescue(house.clock.now()), 40_000_003)).await;
    assert_eq!(order().await, [long, hours, fresh]);
    // The reason is visible: the row says since when.
    let cookie = format!("session={}", house.session(&moderator).await);
    let page = house.page_as("/review", &cookie).await.text;
    assert!(page.contains("事发 11-23 11:17"), "{page}");
    assert!(house.page_as("/review?lang=en", &cookie).await.text.contains("since 11-23 11:17"));
    // Page by page, each notice once.
    for number in 0..24_u32 {
        let body = missing_for(&house, i64::from(number * 7 % 30), 40_000_100 + number);
        house.submit(&body).await;
    }
    let all = order().await;
    assert_eq!(all.len(), 27);
    let session = format!("session={}", house.session(&moderator).await);
    let first = house.page_as("/review", &session).await.text;
    let (before, _) = first.split_once("\" rel=\"next\"").expect("there are more");
    let next = before.rsplit('"').next().unwrap().replace("&#38;", "&");
    let second = house.page_as(&next, &session).await.text;
    for (page, cases) in [(&first, &all[..25]), (&second, &all[25..])] {
        let rows: Vec<&str> = page.split("data-entry=\"").skip(1).map(|row| &row[..11]).collect();
        assert_eq!(rows, cases);
    }
    house
}

async fn whose_claim_has_run_out_waits_again(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let (case, manage) = house.submit(&notices::missing_person(house.clock.now())).await;
    house.claim(&case, &moderator).await;
    let cookie = format!("session={}", house.session(&colleague).await);
    for (held, state, other) in [(true, "in_review", "submitted"), (false, "submitted", "in_review")] {
        let tab = async |state: &str| {
            let queue = house.get(&format!("/review/queue?state={state}"), Some(&colleague.token)).await;
            let items = queue.expect(200)["items"].as_array().unwrap().clone();
            items.into_iter().map(|item| item["state"].clone()).collect::<Vec<_>>()
        };
        assert_eq!((tab(state).await, tab(other).await), (vec![json!(state)], vec![]), "held: {held}");
        assert_eq!(tab("").await, [json!(state)]);
        let sheet = house.get(&format!("/review/{case}"), Some(&colleague.token)).await.expect(200);
        assert_eq!(sheet["state"], state);
        let row = house.page_as("/review", &cookie).await.text;
        let row = row.split("data-entry=\"").nth(1).unwrap().to_owned();
        assert_eq!(row.contains("正在核实"), held, "{row}");
        assert_eq!(house.get("/my/notice", Some(&manage)).await.expect(200)["state"], state);
        house.advance(TimeDelta::minutes(5));
    }
    // Another moderator claims it, as if nobody had.
    house.claim(&case, &colleague).await;
    let queue = house.get("/review/queue?state=in_review", Some(&moderator.token)).await.expect(200);
    assert_eq!(queue["items"][0]["claimed_by"], "周志愿");
    house
}

async fn who_handed_a_notice_in_reads_no_tip_of_it_before_others_did(house: House) -> House {
    let reporter = house.person("林志愿", Role::Moderator).await;
    let other = house.person("周志愿", Role::Moderator).await;
    let mut child = notices::missing_person(house.clock.now());
    (child["person"]["age"], child["person"]["category"]) = (json!(7), json!("child"));
    let made = house.post("/notices", Some(&reporter.token), &child).await.expect(201);
    let case = made["case_number"].as_str().unwrap();
    house.decide(case, &other, "approve", "verified").await.expect(200);
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    house.post(&format!("/notices/{case}/tips"), None, &json!({"text": "在姑姑家"})).await.expect(202);
    let path = format!("/review/{case}");
    house.claim(case, &other).await;
    let sheet = house.get(&path, Some(&other.token)).await.expect(200);
    let tip = format!("{path}/tips/{}", sheet["tips"][0]["id"].as_str().unwrap());
    house.post(&format!("{path}/release"), Some(&other.token), &json!({})).await.expect(200);

    house.claim(case, &reporter).await;
    let sheet = house.get(&path, Some(&reporter.token)).await.expect(200);
    assert_eq!(sheet["tips"], json!([]));
    let passed = house.post(&tip, Some(&reporter.token), &json!({"action": "pass_on"})).await;
    assert_eq!(passed.problem(403), "same_approver");
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
    notices::assert_unreadable(&house, &["和平里"]);
    let outcome = json!({"outcome": "withdrawn", "announce": false});
    house.post("/my/notice/close", Some(&manage), &outcome).await.expect(200);
    house.advance(TimeDelta::days(30));
    house.settle().await;
    // What is left of it tells nothing of how it was weighed.
    let weighed = "SELECT COUNT(*) AS n FROM notices WHERE urgency <> 0 OR needs_approvals <> 0 OR \
         missing_since <> submitted_at OR state <> 'erased'";
    assert_eq!(count(&house.db, weighed).await, 0);
    house
}

async fn what_somebody_saw_is_not_buried_under_what_others_send(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    let (other, _) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    let tell = async |case: &str, text: &str| {
        let told = house.http.post(format!("{}/api/v1/notices/{case}/tips", house.base));
        let told = told.header("x-forwarded-for", "203.0.113.7").json(&json!({"text": text}));
        told.send().await.unwrap().status().as_u16()
    };
    for number in 0..20 {
        assert_eq!(tell(&case, &format!("先转账 {number} 元保证金")).await, 202);
    }
    assert_eq!(tell(&case, "先转账保证金").await, 429);
    assert_eq!(tell(&other, "在车队失物招领处").await, 202);
    house.claim(&case, &moderator).await;
    let sheet = house.get(&format!("/review/{case}"), Some(&moderator.token)).await.expect(200);
    let told: Vec<&str> = sheet["tips"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tip| tip["content"]["text"].as_str().unwrap())
        .collect();
    assert_eq!(told.len(), 20);
    assert_eq!(told[0], "先转账 0 元保证金", "whoever waits longest is read first");
    assert_eq!(house.get("/my/notice", Some(&manage)).await.expect(200)["tips"], json!([]));
    house
}

async fn whoever_wants_money_or_to_be_called_does_not_reach_the_family(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    for text in [
        "I have your daughter. Send 5000 dollars in bitcoin first or you never see her",
        "call me on telegram @helper99 to get her, pay first",
        "write to @helper99",
        "ｐ ａ ｙ first",
        "a gift card will do",
        "加支付宝再说",
        "She walked down Payne Street with her cashmere scarf",
    ] {
        house.post(&format!("/notices/{case}/tips"), None, &json!({"text": text})).await.expect(202);
    }
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
    assert_eq!(mine["tips"], json!([]), "whoever owns the thing may have been fled from");
    house.claim(&case, &moderator).await;
    let sheet = house.get(&format!("/review/{case}"), Some(&moderator.token)).await.expect(200);
    let tips = sheet["tips"].as_array().unwrap();
    assert!(tips.iter().all(|tip| tip["held"] == true), "those who verify read them");
    let flagged = tips.iter().filter(|tip| tip["content"]["flags"] != json!([]));
    assert_eq!((flagged.count(), tips.len()), (6, 7));
    house
}

async fn who_works_on_a_case_keeps_it(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let (case, _) = house.live(&notices::lost_property(house.clock.now()), &[&moderator]).await;
    house.post(&format!("/notices/{case}/tips"), None, &json!({"text": "先转账再还包"})).await.expect(202);
    house.claim(&case, &moderator).await;
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    let tip = format!("{path}/tips/{}", sheet["tips"][0]["id"].as_str().unwrap());
    let works = [
        (format!("{path}/phone"), json!({"reason": "call_back"}), 200),
        (tip, json!({"action": "discard"}), 204),
    ];
    for (step, body, status) in works {
        house.advance(TimeDelta::minutes(4));
        house.post(&step, Some(&moderator.token), &body).await.expect(status);
    }
    house.advance(TimeDelta::minutes(4));
    let taken = house.post(&format!("{path}/claim"), Some(&colleague.token), &json!({})).await;
    assert_eq!(taken.problem(409), "claimed_by_other");
    house.advance(TimeDelta::minutes(1));
    house.claim(&case, &colleague).await;
    house
}

/// The reporter may be whom an adult fled from; a child's family needs to know.
async fn whose_account_ends_or_is_reset_holds_no_case(house: House) -> House {
    let colleague = house.person("周志愿", Role::Moderator).await;
    let shared = &house.stations.shared;
    for disabled in [true, false] {
        let name = if disabled { "李离开" } else { "王丢机" };
        let gone = house.person(name, Role::Moderator).await;
        let (case, _) = house.submit(&notices::lost_property(house.clock.now())).await;
        let other = house.submit(&notices::rescue(house.clock.now())).await.0;
        house.claim(&case, &gone).await;
        house.claim(&other, &colleague).await;
        let now = house.clock.now();
        let ended = if disabled {
            people::disable(&shared.store, now, name).await.unwrap()
        } else {
            people::reset(&shared.store, &shared.vault, now, name, None).await.unwrap().1
        };
        assert_eq!((ended.tokens, ended.claims), (1, 1), "{name}");
        let sheet = house.get(&format!("/review/{case}"), Some(&colleague.token)).await.expect(200);
        assert_eq!((&sheet["state"], &sheet["claimed_by"]), (&json!("submitted"), &json!(null)), "{name}");
        house.decide(&case, &colleague, "approve", "verified").await.expect(200);
        // Another's claim stands.
        let sheet = house.get(&format!("/review/{other}"), Some(&colleague.token)).await.expect(200);
        assert_eq!(sheet["claimed_by"], json!(colleague.name), "{name}");
    }
    house
}

async fn where_an_adult_was_seen_never_reaches_the_reporter(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    for (age, category, phone, guarded) in
        [(7, "child", 40_000_001, false), (30, "other_adult", 40_000_002, true)]
    {
        let mut body = by_another(notices::missing_person(house.clock.now()), phone);
        (body["person"]["age"], body["person"]["category"]) = (json!(age), json!(category));
        let approvers = [&moderator, &lead];
        let (case, manage) = house.live(&body, &approvers[..if guarded { 2 } else { 1 }]).await;
        for tip in [
            json!({"text": "在幸福小区见过", "place": "幸福小区"}),
            json!({"text": "我是本人，我很安全，请不要找我"}),
        ] {
            house.post(&format!("/notices/{case}/tips"), None, &tip).await.expect(202);
        }
        house.claim(&case, &lead).await;
        let path = format!("/review/{case}");
        let sheet = house.get(&path, Some(&lead.token)).await.expect(200);
        let pass_on = async |tip: &Value| {
            let tip = format!("{path}/tips/{}", tip["id"].as_str().unwrap());
            house.post(&tip, Some(&lead.token), &json!({"action": "pass_on"})).await
        };
        let [seen, themselves] = &sheet["tips"].as_array().unwrap()[..] else { panic!("{sheet}") };
        pass_on(seen).await.expect(204);
        assert_eq!(pass_on(themselves).await.problem(409), "not_possible", "it is for nobody else");
        let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
        let [tip] = &mine["tips"].as_array().unwrap()[..] else { panic!("{mine}") };
        assert_eq!(mine.to_string().contains("幸福小区"), !guarded, "{tip}");
        assert_eq!(tip["text"].as_str().unwrap().starts_with("线索已转警方"), guarded, "{tip}");
    }
    house
}
