//! An adult is not sought by the notice of a child, a campaign, a rescue or a thing; and none of these waits that
//! seeks nobody.

use serde_json::{Value, json};

use crate::hiding::{is_with_the_police, tipped};
use crate::hostile::by_another;
use crate::house::House;
use crate::sought::{is_ordinary, missing, needs, thing};
use crate::steps::Desk;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_campaign_is_no_search_for_a_person),
    housed!(who_asks_where_somebody_is_looks_for_them),
    housed!(a_child_is_no_way_to_the_mother_who_is_with_it),
    housed!(ordinary_words_make_nobody_wait),
];

fn campaign(house: &House, needs: &str, said: &str, phone: u32) -> Value {
    let mut body = by_another(notices::donation(house.clock.now()), phone);
    (body["campaign"]["needs"], body["description"]) = (json!(needs), json!(said));
    body
}

fn rescue(house: &House, what: &str, said: &str, phone: u32) -> Value {
    let mut body = by_another(notices::rescue(house.clock.now()), phone);
    (body["incident"]["what"], body["description"]) = (json!(what), json!(said));
    body
}

/// Whether whoever verifies it reads that it looks like a search for a person.
async fn is_told(house: &House, case: &str, desk: &Desk) -> bool {
    desk.sheet(house, case).await["flags"].as_array().unwrap().contains(&json!("looks_like_person"))
}

async fn a_campaign_is_no_search_for_a_person(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (needs_what, said, phone) in
        [("寻找苏晓棠，女，33岁，走失。", "", 1), ("棉被", "寻找苏晓棠，女，33岁，看到她请告知位置。", 2)]
    {
        let (case, _) = house.submit(&campaign(&house, needs_what, said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 1), "{needs_what} {said}");
        assert!(is_told(&house, &case, &desk).await, "{said}");
    }
    let body = campaign(&house, "寻找苏晓棠，女，33岁，走失。", "", 3);
    let made = house.live(&body, &[&desk.moderator, &desk.lead]).await;
    assert!(is_with_the_police(&tipped(&house, &made, &desk.lead).await));
    for (needs_what, said, phone) in [
        ("棉被100床", "为走失老人救助站募集棉被，60岁以上老人优先。", 4),
        ("防走失手环", "关爱失智老人，女，68岁的王奶奶等二十人受益。", 5),
    ] {
        let (case, _) = house.submit(&campaign(&house, needs_what, said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 0), "{said}");
        assert!(!is_told(&house, &case, &desk).await, "{said}");
    }
    house
}

async fn who_asks_where_somebody_is_looks_for_them(house: House) -> House {
    let desk = Desk::of(&house).await;
    let said = "苏晓棠，短发，红外套，独自外出未归，看到她请立即告知她的位置。";
    for body in [
        rescue(&house, "other", said, 1),
        thing(&house, "身份证", "失主苏晓棠，女，33岁，现住何处请知情者告知。", 2),
        thing(&house, "电动车", "老婆骑走的电动车，看到车请说在哪个小区。", 3),
    ] {
        let (case, _) = house.submit(&body).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 1), "{body}");
        assert!(is_told(&house, &case, &desk).await, "{body}");
    }
    // On a mountain minutes count: the moderator reads the sign, and nobody waits.
    let said = "我老婆苏晓棠，短发，看到她请告知位置。";
    let (case, _) = house.submit(&rescue(&house, "mountain", said, 4)).await;
    assert!(is_told(&house, &case, &desk).await && needs(&house, &case, &desk).await == (1, 0));
    for body in [
        thing(&house, "身份证", "捡到身份证，苏晓棠，女，33岁，认识她的请转告到派出所认领。", 5),
        thing(&house, "电动车", "我老婆的白色电动车，昨晚被偷，看到车请告知停在哪里。", 6),
    ] {
        assert!(is_ordinary(&house, &body, &desk).await, "{body}");
    }
    let said = "一对夫妻被困桥洞，女的腿受伤，手机快没电，看到他们请打119并告知位置。";
    let (case, _) = house.submit(&rescue(&house, "other", said, 7)).await;
    assert_eq!(needs(&house, &case, &desk).await, (1, 0));
    assert!(!is_told(&house, &case, &desk).await);
    house
}

async fn a_child_is_no_way_to_the_mother_who_is_with_it(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (said, phone) in [
        ("母子二人一起失联，妈妈短发，33岁。", 1),
        ("和他妈妈一起，已经一个月没有回家，妈妈手机关机。", 2),
        ("他外婆把他接走了，他妈也在，一直不接电话。", 3),
        ("His mother picked him up from kindergarten and did not come home. She has short hair.", 4),
        ("With his mother, maybe in a women's refuge.", 5),
    ] {
        let (case, _) = house.submit(&missing(&house, 6, "child", said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 1), "{said}");
        let told = desk.sheet(&house, &case).await["flags"].to_string();
        assert!(told.contains("accompanied") || told.contains("flight_mentioned"), "{said}: {told}");
    }
    let teen = missing(&house, 15, "teen", "和他妈妈一起，妈妈手机关机。", 6);
    let (case, _) = house.submit(&teen).await;
    assert_eq!(needs(&house, &case, &desk).await, (2, 1));
    for (said, phone) in [
        ("和奶奶在集市上走散，奶奶没有手机。", 7),
        ("放学后由妈妈接回家，晚饭后在小区玩耍，至今未归。", 8),
        ("妈妈在上夜班，手机关机，孩子自己出门。", 9),
    ] {
        assert!(is_ordinary(&house, &missing(&house, 6, "child", said, phone), &desk).await, "{said}");
    }
    house
}

async fn ordinary_words_make_nobody_wait(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (age, category, said, phone) in [
        (76, "dementia", "Two women said they saw her at the bridge.", 1),
        (76, "dementia", "曾多次从家里逃出去，发病时不让我靠近她。", 2),
        (6, "child", "He is afraid of men in uniform. He is not allowed near water.", 3),
        (6, "child", "和妈妈一起去医院，在候诊区走失，至今未归。", 4),
        (6, "child", "跟妈妈出门，在人民公园走失，至今未归。", 5),
    ] {
        let (case, _) = house.submit(&missing(&house, age, category, said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (1, 0), "{said}");
    }
    let mut umbrella = thing(&house, "雨伞", "在店里捡到。", 6);
    umbrella["reporter"]["relation"] = json!("房东");
    let (case, _) = house.submit(&umbrella).await;
    assert!(!desk.sheet(&house, &case).await["flags"].to_string().contains("no_family"));
    for (what, said, phone) in
        [("猫", "猫从家里逃出去了。", 7), ("鹦鹉", "鹦鹉从我家逃走。", 8), ("手机", "卖家不想见我。", 9)]
    {
        assert!(is_ordinary(&house, &thing(&house, what, said, phone), &desk).await, "{said}");
    }
    let said = "我看到他晕倒在路边，已打120，请告知救护车准确位置。";
    let (case, _) = house.submit(&rescue(&house, "medical", said, 10)).await;
    assert_eq!(needs(&house, &case, &desk).await, (1, 0));
    assert!(!is_told(&house, &case, &desk).await);
    house
}
