//! Whoever fled is not found through somebody who is with them, nor through a name, a number or a thing; and
//! what is ordinary stays ordinary.

use serde_json::{Value, json};

use crate::hiding::{adult, is_with_the_police, tipped};
use crate::house::House;
use crate::steps::Desk;
use crate::{Test, housed};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_child_is_no_way_to_the_mother_who_took_it_along),
    housed!(a_teen_whose_mother_left_asks_for_a_lead),
    housed!(who_left_is_an_adult_whatever_was_ticked),
    housed!(a_child_who_ran_away_is_sought_as_ever),
];

/// A person of that age and category, with a name and a reporter of their own.
fn missing(house: &House, age: u8, category: &str, said: &str, phone: u32) -> Value {
    const NAMES: [&str; 10] =
        ["林嘉懿", "刘思远", "陈可欣", "黄子轩", "周梦琪", "吴浩然", "徐佳怡", "胡俊杰", "朱欣妍", "高子墨"];
    let mut body = adult(house, NAMES[phone as usize % NAMES.len()], age, phone);
    (body["person"]["category"], body["description"]) = (json!(category), json!(said));
    if category == "child" {
        body["police"] = json!({"reported": false});
    }
    body
}

/// How many have to approve, how many of them leads.
async fn needs(house: &House, case: &str, desk: &Desk) -> (u64, u64) {
    let needs = desk.sheet(house, case).await["needs"].clone();
    (needs["approvals"].as_u64().unwrap(), needs["leads"].as_u64().unwrap())
}

/// Whether one moderator brings it out, and the family then reads its tips.
async fn is_ordinary(house: &House, body: &Value, desk: &Desk) -> bool {
    let (case, manage) = house.live(body, &[&desk.moderator]).await;
    let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
    let told = |tips: Value| !is_with_the_police(&tips);
    shown["state"] == "live" && told(tipped(house, &(case, manage), &desk.lead).await)
}

async fn a_child_is_no_way_to_the_mother_who_took_it_along(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (said, phone) in [
        ("我老婆带着孩子离家出走，躲着我，不让我见孩子。", 1),
        ("孩子妈妈不辞而别，女儿也不见了。", 2),
        ("前妻把我拉黑了，女儿在她那里。", 3),
        ("My wife left with our daughter.", 4),
    ] {
        let (case, _) = house.submit(&missing(&house, 6, "child", said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 1), "{said}");
    }
    let said = "孩子妈妈离家出走了，带走了孩子。";
    let made = house.live(&missing(&house, 6, "child", said, 5), &[&desk.moderator, &desk.lead]).await;
    assert!(is_with_the_police(&tipped(&house, &made, &desk.lead).await));
    // What a reply is the first to say counts as much.
    let (case, manage) = house.submit(&missing(&house, 6, "child", "放学后未归。", 6)).await;
    let claimed = house.post(&format!("/review/{case}/claim"), Some(&desk.lead.token), &json!({})).await;
    let ask = json!({"version": claimed.expect(200)["version"], "action": "ask", "note": "和谁在一起？"});
    house.post(&format!("/review/{case}/decisions"), Some(&desk.lead.token), &ask).await.expect(200);
    let reply = json!({"text": "老婆跑了，躲着我。"});
    house.post("/my/notice/reply", Some(&manage), &reply).await.expect(200);
    assert_eq!(needs(&house, &case, &desk).await, (2, 1));
    house
}

async fn a_teen_whose_mother_left_asks_for_a_lead(house: House) -> House {
    let desk = Desk::of(&house).await;
    let said = "我老婆带着孩子离家出走，躲着我。";
    let body = missing(&house, 15, "teen", said, 1);
    let (case, _) = house.submit(&body).await;
    assert_eq!(needs(&house, &case, &desk).await, (2, 1));
    let made = house.live(&missing(&house, 15, "teen", said, 2), &[&desk.moderator, &desk.lead]).await;
    assert!(is_with_the_police(&tipped(&house, &made, &desk.lead).await));
    house
}

async fn who_left_is_an_adult_whatever_was_ticked(house: House) -> House {
    let desk = Desk::of(&house).await;
    let mut answered = missing(&house, 28, "intellectual_disability", "早上出门未归。", 1);
    answered["safety"]["left_voluntarily"] = json!(true);
    let told = missing(&house, 28, "intellectual_disability", "我老婆跑了，躲着我。", 2);
    let ran = missing(&house, 22, "intellectual_disability", "女儿离家出走。", 3);
    for mut body in [answered, told, ran] {
        body["police"] = json!({"reported": false});
        let (case, _) = house.submit(&body).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 1), "{body}");
        let refused = house.decide(&case, &desk.moderator, "approve", "verified").await;
        assert_eq!(refused.problem(422), "police_reference_required");
    }
    house
}

async fn a_child_who_ran_away_is_sought_as_ever(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (age, said, phone) in [
        (12, "我女儿昨晚和我们吵架后离家出走。", 1),
        (12, "女儿离家出走，儿子在找她。", 2),
        (13, "孩子不辞而别，留下一张字条。", 3),
        (8, "父亲张建国，孩子放学后未归，穿校服。", 4),
        (6, "妈妈带孩子走亲戚，在集市上走散。", 5),
        (6, "在商场被一名陌生男子带走，有人看见他把孩子带走。", 6),
    ] {
        assert!(is_ordinary(&house, &missing(&house, age, "child", said, phone), &desk).await, "{said}");
    }
    let teen = missing(&house, 16, "teen", "女儿离家出走，手机关机。", 7);
    let (case, _) = house.submit(&teen).await;
    assert_eq!(needs(&house, &case, &desk).await, (2, 0));
    let mut elder = missing(&house, 76, "dementia", "早上跟老伴去买菜，走散了。", 8);
    elder["safety"]["left_voluntarily"] = json!(true);
    assert!(is_ordinary(&house, &elder, &desk).await);
    house
}
