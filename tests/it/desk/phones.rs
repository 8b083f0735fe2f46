//! A phone is shown only to those who need it.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::people::Role;
use seventytwo::review::policy::PHONES_A_DAY;

use crate::hostile::by_another;
use crate::house::{House, Person};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_phone_is_shown_to_the_holder_who_says_why),
    housed!(nobody_collects_phones),
    housed!(a_refused_phone_is_written_down_once_an_hour),
];

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

async fn a_refused_phone_is_written_down_once_an_hour(house: House) -> House {
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
    let cookie = house.cookie(&lead).await;
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
