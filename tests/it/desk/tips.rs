//! Tips are held, and reach the family only when they are passed on.

use serde_json::{Value, json};
use seventytwo::domain::people::Role;

use crate::hostile::by_another;
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_held_tip_reaches_the_family_only_when_it_is_passed_on),
    housed!(a_moderator_who_handed_a_notice_in_reads_no_tip_of_it_before_others_did),
    housed!(the_place_where_an_adult_was_seen_never_reaches_the_reporter),
    housed!(after_a_tip_that_tells_of_danger_the_family_reads_none),
    housed!(a_sighting_is_not_buried_under_what_others_send),
    housed!(a_tip_that_wants_money_or_a_call_does_not_reach_the_family),
];

/// The steps of a notice's history, oldest first.
fn steps(sheet: &Value) -> Vec<&str> {
    sheet["events"].as_array().unwrap().iter().map(|event| event["step"].as_str().unwrap()).collect()
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

async fn a_moderator_who_handed_a_notice_in_reads_no_tip_of_it_before_others_did(house: House) -> House {
    let reporter = house.person("林志愿", Role::Moderator).await;
    let other = house.person("周志愿", Role::Moderator).await;
    let mut child = notices::missing_person(house.clock.now());
    (child["person"]["age"], child["person"]["category"]) = (json!(7), json!("child"));
    let made = house.post("/notices", Some(&reporter.token), &child).await.expect(201);
    let case = made["case_number"].as_str().unwrap();
    house.go_live(case, &[&other]).await;
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

/// The reporter may be whom an adult fled from; a child's family needs to know.
async fn the_place_where_an_adult_was_seen_never_reaches_the_reporter(house: House) -> House {
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

/// A father who was left reports the child that was taken along; and somebody tells of it.
async fn after_a_tip_that_tells_of_danger_the_family_reads_none(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let mut body = notices::missing_person(house.clock.now());
    (body["person"]["age"], body["person"]["category"]) = (json!(7), json!("child"));
    let (case, manage) = house.live(&body, &[&moderator]).await;
    let tell = async |text: &str| {
        house.post(&format!("/notices/{case}/tips"), None, &json!({"text": text})).await.expect(202);
        house.pass_tips(&case, &moderator).await;
        house.get("/my/notice", Some(&manage)).await.expect(200)["tips"].to_string()
    };
    let told = tell("在公园见过，可以打13912340000问我").await;
    assert!(told.contains("在公园见过") && !told.contains("13912340000"), "{told}");
    let told = tell("孩子跟妈妈在锦绣小区，他爸爸家暴").await;
    assert!(!told.contains("锦绣小区") && told.contains("线索已转警方"), "{told}");
    let told = tell("又在车站看见孩子").await;
    assert!(!told.contains("车站") && !told.contains("在公园见过"), "{told}");

    // What the person sought says waits for a lead, and holds meanwhile.
    let (case, manage) = house.live(&by_another(body, 2), &[&moderator]).await;
    let told = json!({"text": "我爸打我，家暴，别说我在哪", "from_sought": true});
    house.post(&format!("/notices/{case}/tips"), None, &told).await.expect(202);
    house.claim(&case, &moderator).await;
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    assert_eq!(sheet["tips"][0]["held"], true, "{sheet}");
    house.post(&format!("/notices/{case}/tips"), None, &json!({"text": "在车站看见孩子"})).await.expect(202);
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    let tip = format!("{path}/tips/{}", sheet["tips"][1]["id"].as_str().unwrap());
    house.post(&tip, Some(&moderator.token), &json!({"action": "pass_on"})).await.expect(204);
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200)["tips"].to_string();
    assert!(!mine.contains("车站") && mine.contains("线索已转警方"), "{mine}");
    house
}

async fn a_sighting_is_not_buried_under_what_others_send(house: House) -> House {
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

async fn a_tip_that_wants_money_or_a_call_does_not_reach_the_family(house: House) -> House {
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
