//! Whoever fled is not found through somebody who is with them, nor through a name, a number or a thing; and
//! what is ordinary stays ordinary.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::people::Role;

use crate::chaos::count;
use crate::hiding::{adult, fled, is_closed_to, is_with_the_police, looked_at, tipped};
use crate::hostile::{ask, by_another, request};
use crate::house::{House, Person};
use crate::steps::Desk;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_child_is_no_way_to_the_mother_who_took_it_along),
    housed!(a_teen_whose_mother_left_asks_for_a_lead),
    housed!(who_left_is_an_adult_whatever_was_ticked),
    housed!(a_child_who_ran_away_is_sought_as_ever),
    housed!(who_is_protected_is_not_named_in_another_persons_notice),
    housed!(a_sealed_name_is_found_whatever_its_age_or_day),
    housed!(a_police_reference_is_known_again),
    housed!(a_lost_thing_is_no_search_for_a_person),
    housed!(an_age_is_one_however_it_is_told),
    housed!(what_one_moderator_discards_a_lead_still_reads),
    housed!(a_sealed_name_is_found_in_any_field_or_region),
    housed!(a_hoax_that_was_found_out_keeps_no_child_from_the_public),
    housed!(an_edit_refused_as_a_hoax_disproves_nothing),
    housed!(an_age_in_the_words_counts_as_much_as_the_one_filled_in),
    housed!(what_was_told_once_keeps_what_is_seen_for_the_police),
    housed!(who_is_sought_and_says_so_is_not_told_of_to_the_family),
    housed!(who_ticks_that_they_are_sought_is_read_first),
    housed!(a_child_whom_the_other_parent_kept_is_a_leads),
    housed!(who_was_protected_is_on_no_moderators_list),
];

/// A person of that age and category, with a name and a reporter of their own.
pub fn missing(house: &House, age: u8, category: &str, said: &str, phone: u32) -> Value {
    const NAMES: [&str; 10] =
        ["林嘉懿", "刘思远", "陈可欣", "黄子轩", "周梦琪", "吴浩然", "徐佳怡", "胡俊杰", "朱欣妍", "高子墨"];
    let mut body = adult(house, NAMES[phone as usize % NAMES.len()], age, phone);
    (body["person"]["category"], body["description"]) = (json!(category), json!(said));
    if category == "child" {
        body["police"] = json!({"reported": false});
    }
    body
}

pub fn thing(house: &House, what: &str, said: &str, phone: u32) -> Value {
    let mut body = by_another(notices::lost_property(house.clock.now()), phone);
    (body["item"]["what"], body["description"]) = (json!(what), json!(said));
    body
}

/// How many have to approve, how many of them leads.
pub async fn needs(house: &House, case: &str, desk: &Desk) -> (u64, u64) {
    let needs = desk.sheet(house, case).await["needs"].clone();
    (needs["approvals"].as_u64().unwrap(), needs["leads"].as_u64().unwrap())
}

/// Whether one moderator brings it out, and the family then reads its tips.
pub async fn is_ordinary(house: &House, body: &Value, desk: &Desk) -> bool {
    let (case, manage) = house.live(body, &[&desk.moderator]).await;
    let shown = house.get(&format!("/notices/{case}"), None).await.expect(200);
    let told = |tips: Value| !is_with_the_police(&tips);
    shown["state"] == "live" && told(tipped(house, &(case, manage), &desk.lead).await)
}

/// A mother who fled: her case was refused by a lead to protect her.
async fn protected(house: &House, name: &str, age: u8, phone: u32, lead: &Person) -> String {
    let (case, _) = house.submit(&fled(house, name, age, phone)).await;
    house.decide(&case, lead, "reject", "family_dispute").await.expect(200);
    case
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
        (12, "因与母亲发生争吵离家出走。", 9),
        (12, "被妈妈批评后离家出走，手机关机。", 10),
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
    elder["safety"] = json!({"violence": false, "protection_order": false, "left_voluntarily": true,
                             "unsure": ["left_voluntarily"]});
    assert!(is_ordinary(&house, &elder, &desk).await, "nobody saw what she packed");
    house
}

async fn who_is_protected_is_not_named_in_another_persons_notice(house: House) -> House {
    let desk = Desk::of(&house).await;
    let refused = protected(&house, "西门若兰", 33, 1, &desk.lead).await;
    let (sealed, _) = house.submit(&fled(&house, "诸葛明慧", 41, 2)).await;
    looked_at(&house, &sealed, &desk.lead).await;
    let (named, dressed, seen) = ("和妈妈西门若兰在一起。", "和西门若兰的红外套一样", "诸葛明慧家附近");
    let mut child = missing(&house, 6, "child", named, 3);
    let mut clothed = missing(&house, 76, "dementia", "早上出门未归。", 4);
    clothed["person"]["clothing"] = json!(dressed);
    let mut placed = missing(&house, 76, "dementia", "早上出门未归。", 5);
    placed["last_seen"]["place"] = json!(seen);
    let mut looks = missing(&house, 6, "child", "放学后未归。", 6);
    looks["person"]["appearance"] = json!("像妈妈诸葛 明慧");
    for (body, of) in [(&child, &refused), (&clothed, &refused), (&placed, &sealed), (&looks, &sealed)] {
        let (case, _) = house.submit(body).await;
        assert!(is_closed_to(&house, &case, &desk.moderator).await, "{body}");
        assert_eq!(like(&house, &case, &desk).await, [(of.clone(), json!(["name_in_text"]))], "{body}");
    }
    // Of another day it asks for a lead, who alone reads beside which case.
    child = by_another(child, 7);
    child["last_seen"]["at"] = json!((house.clock.now() - TimeDelta::days(2)).to_rfc3339());
    let (case, _) = house.submit(&child).await;
    assert_eq!(needs(&house, &case, &desk).await, (1, 1));
    assert!(like(&house, &case, &desk).await.contains(&(refused.clone(), json!(["name_in_text"]))));
    for (by, lang, knows) in
        [(&desk.lead, "", true), (&desk.lead, "?lang=en", true), (&desk.moderator, "", false)]
    {
        let cookie = house.cookie(by).await;
        let page = house.page_as(&format!("/review/{case}{lang}"), &cookie).await.text;
        let why = if lang.is_empty() {
            "本条的文字里有那一件要找的人的姓名"
        } else {
            "a text here names"
        };
        let sentence = format!("<a class=\"number\" href=\"/review/{refused}\">{refused}</a> · {why}");
        assert_eq!(page.contains(&sentence), knows, "{page}");
        assert_eq!(page.contains(&refused), knows, "{page}");
    }
    // A name that is in no such case does not count, nor one of another city.
    let father = missing(&house, 8, "child", "父亲张建国，放学后未归。", 8);
    assert!(is_ordinary(&house, &father, &desk).await);
    let mut far = missing(&house, 6, "child", named, 9);
    far["region"] = json!("440100");
    assert!(is_ordinary(&house, &far, &desk).await);
    house
}

/// The cases that `like_sealed` speaks of, as a lead reads them beside one, and what they have in common; a
/// moderator who may open it reads of none.
async fn like(house: &House, case: &str, desk: &Desk) -> Vec<(String, Value)> {
    let sheet = desk.sheet(house, case).await;
    let beside = sheet["duplicates"].as_array().unwrap().iter().filter(|other| other["protected"] == true);
    let told: Vec<_> = beside
        .map(|other| (other["case_number"].as_str().unwrap().to_owned(), other["why"].clone()))
        .collect();
    assert_eq!(sheet["flags"].to_string().contains("like_sealed"), !told.is_empty(), "{sheet}");
    let plain = house.get(&format!("/review/{case}"), Some(&desk.moderator.token)).await;
    if plain.status == 200 {
        assert!(
            !plain.text.contains("like_sealed") && !plain.text.contains("name_in_text"),
            "{}",
            plain.text
        );
        assert!(told.iter().all(|(other, _)| !plain.text.contains(other)), "{}", plain.text);
    }
    told
}

async fn a_sealed_name_is_found_whatever_its_age_or_day(house: House) -> House {
    let desk = Desk::of(&house).await;
    let refused = protected(&house, "西门若兰", 33, 1, &desk.lead).await;
    let mut again = adult(&house, "西门 若兰", 36, 2);
    again["person"]["category"] = json!("intellectual_disability");
    again["last_seen"]["at"] = json!((house.clock.now() - TimeDelta::hours(30)).to_rfc3339());
    let (case, _) = house.submit(&again).await;
    assert_eq!(needs(&house, &case, &desk).await, (1, 1));
    assert_eq!(like(&house, &case, &desk).await, [(refused, json!(["same_name_and_city"]))]);
    let refused = house.decide(&case, &desk.moderator, "approve", "verified").await;
    assert_eq!(refused.problem(403), "lead_required");
    // Between two ordinary cases a name and a city are no likeness.
    let mut namesakes = Vec::new();
    for (age, days, phone) in [(70, 1, 3), (76, 3, 4)] {
        let mut body = missing(&house, age, "dementia", "早上出门未归。", phone);
        body["person"]["name"] = json!("孙秀英");
        body["last_seen"]["at"] = json!((house.clock.now() - TimeDelta::days(days)).to_rfc3339());
        namesakes.push(house.live(&body, &[&desk.moderator]).await.0);
    }
    assert_eq!(desk.sheet(&house, &namesakes[1]).await["duplicates"], json!([]));
    house
}

async fn a_police_reference_is_known_again(house: House) -> House {
    let desk = Desk::of(&house).await;
    let reported = |mut body: Value, reference: &str| {
        body["police"]["reference"] = json!(reference);
        body
    };
    let (sealed, _) =
        house.submit(&reported(fled(&house, "西门若兰", 33, 1), "廊公(安)受字〔2026〕第8841号")).await;
    looked_at(&house, &sealed, &desk.lead).await;
    let same = "廊公（安）受字[2026]第 ８８４１ 号";
    let (again, _) = house.submit(&reported(adult(&house, "王秀英", 50, 2), same)).await;
    assert!(is_closed_to(&house, &again, &desk.moderator).await);
    assert_eq!(like(&house, &again, &desk).await, [(sealed, json!(["same_police_reference"]))]);
    // Beside a case that was refused to protect somebody, too, though it is not sealed.
    let of_refused = "廊公(安)受字〔2026〕第9001号";
    let body = reported(missing(&house, 76, "dementia", "早上出门未归。", 6), of_refused);
    let (refused, _) = house.submit(&body).await;
    house.decide(&refused, &desk.moderator, "reject", "left_voluntarily").await.expect(200);
    let (again, _) = house.submit(&reported(adult(&house, "郑桂香", 62, 7), of_refused)).await;
    assert_eq!(like(&house, &again, &desk).await, [(refused, json!(["same_police_reference"]))]);
    // By a reply, too.
    let (asked, manage) = house.submit(&missing(&house, 6, "child", "放学后未归。", 3)).await;
    let claimed = house.post(&format!("/review/{asked}/claim"), Some(&desk.lead.token), &json!({})).await;
    let ask = json!({"version": claimed.expect(200)["version"], "action": "ask", "note": "报警了吗？"});
    house.post(&format!("/review/{asked}/decisions"), Some(&desk.lead.token), &ask).await.expect(200);
    let police = json!({"reported": true, "station": "银河南路派出所", "reference": same});
    let reply = json!({"text": "已报警。", "police": police});
    house.post("/my/notice/reply", Some(&manage), &reply).await.expect(200);
    assert!(is_closed_to(&house, &asked, &desk.moderator).await);
    // Another one, or what is none, is not alike.
    for (reference, phone) in [("廊公(安)受字〔2026〕第8842号", 4), ("110", 5)] {
        let body = reported(missing(&house, 76, "dementia", "早上出门未归。", phone), reference);
        assert!(is_ordinary(&house, &body, &desk).await, "{reference}");
    }
    house
}

async fn a_lost_thing_is_no_search_for_a_person(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (what, said, phone) in [
        ("王丽丽", "失踪女子王丽丽，女，33岁，短发，红色外套，寻找她，是我妻子。", 1),
        ("失踪女子 33岁", "短发，红色外套。", 2),
        ("白色丰田", "车上的人年龄：33，看到她请告知。", 3),
        ("背包", "寻找一名1993年出生的女子，背蓝色背包。", 4),
        ("背包", "寻找我的妻子，短发，背蓝色背包。", 13),
    ] {
        let (case, _) = house.submit(&thing(&house, what, said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 1), "{said}");
        let sheet = desk.sheet(&house, &case).await;
        assert!(sheet["flags"].as_array().unwrap().contains(&json!("looks_like_person")), "{sheet}");
    }
    let sought = thing(&house, "王丽丽", "失踪女子，33岁，是我妻子。", 5);
    let made = house.live(&sought, &[&desk.moderator, &desk.lead]).await;
    assert!(is_with_the_police(&tipped(&house, &made, &desk.lead).await));
    for (said, phone) in
        [("前妻开走的白色丰田，看到车请告知停在哪里。", 6), ("女朋友的手机，她把我拉黑了，想还给她。", 7)]
    {
        let (case, _) = house.submit(&thing(&house, "手机", said, phone)).await;
        assert!(is_closed_to(&house, &case, &desk.moderator).await, "{said}");
    }
    for (what, said, phone) in [
        ("手机", "黑色华为手机，妈妈今年70岁，急着寻找。", 8),
        ("钱包", "老婆坐出租车时把钱包落在车上，车开走了。", 9),
        ("金毛", "公，3岁，昨天走失，寻找主人。", 10),
        ("身份证", "捡到身份证一张，1993年出生，寻找失主。", 11),
        ("女式手表", "前妻送我的手表，在公园丢失。", 12),
    ] {
        assert!(is_ordinary(&house, &thing(&house, what, said, phone), &desk).await, "{said}");
    }
    house
}

async fn an_age_is_one_however_it_is_told(house: House) -> House {
    let desk = Desk::of(&house).await;
    let rescue = |what: &str, said: &str, phone: u32| {
        let mut body = by_another(notices::rescue(house.clock.now()), phone);
        (body["incident"]["what"], body["description"]) = (json!(what), json!(said));
        body
    };
    for (said, phone) in [
        ("女，1993年生，身体虚弱，急需找到她。", 1),
        ("失联女子，短发，年龄33，寻找。", 2),
        ("女，33周岁，见到她请告知。", 3),
        ("她三十三岁，身体不好，请帮我找她。", 4),
    ] {
        let (case, _) = house.submit(&rescue("medical", said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 1), "{said}");
        let sheet = desk.sheet(&house, &case).await;
        assert!(sheet["flags"].as_array().unwrap().contains(&json!("looks_like_person")), "{sheet}");
    }
    for (what, said, phone) in [
        ("flood", "河水上涨，老人年龄80，被困屋顶，请找到他们的位置。", 5),
        ("medical", "60岁老人晕倒在桥头，已叫120。", 6),
        ("blood", "患儿2019年生，急需A型血，寻找献血者。", 7),
    ] {
        let (case, _) = house.submit(&rescue(what, said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (1, 0), "{said}");
    }
    house
}

async fn what_one_moderator_discards_a_lead_still_reads(house: House) -> House {
    let desk = Desk::of(&house).await;
    let child = missing(&house, 6, "child", "放学后未归。", 1);
    let (case, manage) = house.live(&child, &[&desk.moderator]).await;
    let tip = json!({"text": "在汽车站见过", "phone": "13700137123"});
    house.post(&format!("/notices/{case}/tips"), None, &tip).await.expect(202);
    house.claim(&case, &desk.colleague).await;
    let path = format!("/review/{case}");
    let sheet = house.get(&path, Some(&desk.colleague.token)).await.expect(200);
    let held = sheet["tips"][0]["id"].as_str().unwrap().to_owned();
    let discard = json!({"action": "discard"});
    house.post(&format!("{path}/tips/{held}"), Some(&desk.colleague.token), &discard).await.expect(204);
    // It is gone for who verify, and for the family.
    let sheet = house.get(&path, Some(&desk.colleague.token)).await.expect(200);
    assert_eq!(sheet["tips"], json!([]));
    assert!(!sheet["wants"].as_array().unwrap().contains(&json!("tip")), "{sheet}");
    assert!(!house.get("/my/notice", Some(&manage)).await.text.contains("汽车站"));
    house.post(&format!("{path}/release"), Some(&desk.colleague.token), &json!({})).await.expect(200);
    house.claim(&case, &desk.lead).await;
    let sheet = desk.sheet(&house, &case).await;
    let [kept] = &sheet["tips"].as_array().unwrap()[..] else { panic!("{sheet}") };
    assert_eq!((&kept["held"], &kept["discarded"]), (&json!(false), &json!(true)));
    assert_eq!(kept["content"]["text"], "在汽车站见过");
    assert!(!sheet["tips"].to_string().contains("13700137123"), "a phone is masked as ever: {sheet}");
    let cookie = house.cookie(&desk.lead).await;
    let page = house.page_as(&path, &cookie).await.text;
    assert!(page.contains("在汽车站见过") && page.contains("已不转交"), "{page}");
    // It stays decided, and goes with its case.
    let pass_on = json!({"action": "pass_on"});
    let again = house.post(&format!("{path}/tips/{held}"), Some(&desk.lead.token), &pass_on).await;
    assert_eq!(again.problem(404), "not_found");
    house.close(&manage, "found").await;
    house.pass(TimeDelta::days(30)).await;
    assert_eq!(count(&house.db, "SELECT COUNT(*) AS n FROM tips").await, 0);
    house
}

async fn a_sealed_name_is_found_in_any_field_or_region(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (sealed, _) = house.submit(&fled(&house, "诸葛明珠", 33, 1)).await;
    looked_at(&house, &sealed, &desk.lead).await;
    let mut titled = missing(&house, 61, "dementia", "早上出门未归。", 2);
    titled["person"]["name"] = json!("诸葛明珠女士");
    let mut branded = thing(&house, "白色轿车", "请留意。", 3);
    branded["item"]["brand"] = json!("车主诸葛明珠");
    let mut stationed = missing(&house, 6, "child", "放学后未归。", 4);
    stationed["police"] = json!({"reported": true, "station": "和诸葛·明珠在一起"});
    for body in [titled, branded, stationed] {
        let (case, _) = house.submit(&body).await;
        assert!(is_closed_to(&house, &case, &desk.moderator).await, "{body}");
        assert!(like(&house, &case, &desk).await.iter().any(|(other, _)| *other == sealed), "{body}");
    }
    // Who is said to be somewhere in the province may be in this city: a lead decides.
    let mut wide = missing(&house, 61, "dementia", "早上出门未归。", 5);
    (wide["person"]["name"], wide["region"]) = (json!("诸葛明珠"), json!("130000"));
    let (case, _) = house.submit(&wide).await;
    assert_eq!(needs(&house, &case, &desk).await, (1, 1));
    let mut coloured = thing(&house, "白色轿车", "请留意。", 6);
    coloured["item"]["colour"] = json!("车主女，33岁，失踪");
    let (case, _) = house.submit(&coloured).await;
    assert_eq!(needs(&house, &case, &desk).await, (2, 1));
    house
}

async fn a_hoax_that_was_found_out_keeps_no_child_from_the_public(house: House) -> House {
    let desk = Desk::of(&house).await;
    let child = missing(&house, 6, "child", "放学后未归。", 1);
    let name = child["person"]["name"].as_str().unwrap();
    let (decoy, _) = house.submit(&fled(&house, name, 30, 2)).await;
    house.decide(&decoy, &desk.lead, "reject", "hoax").await.expect(200);
    let (case, _) = house.submit(&child).await;
    assert_eq!(needs(&house, &case, &desk).await, (1, 1), "a lead looks, and that is all");
    assert!(!is_closed_to(&house, &case, &desk.moderator).await);
    house.approve(&case, &[&desk.lead]).await;
    house
}

async fn an_edit_refused_as_a_hoax_disproves_nothing(house: House) -> House {
    let desk = Desk::of(&house).await;
    let other = house.person("周组长", Role::Lead).await;
    let (case, manage) = house.live(&fled(&house, "苏小梅", 33, 1), &[&desk.lead, &other]).await;
    house.edit(&manage, json!({"description": "她欠了很多钱。"})).await;
    house.decide(&case, &desk.lead, "reject", "hoax").await.expect(200);
    let (again, _) = house.submit(&adult(&house, "苏小梅", 33, 2)).await;
    assert!(is_closed_to(&house, &again, &desk.moderator).await, "the case itself was believed");
    house
}

async fn an_age_in_the_words_counts_as_much_as_the_one_filled_in(house: House) -> House {
    let desk = Desk::of(&house).await;
    let told = async |body: &Value| {
        let (case, _) = house.submit(body).await;
        let sheet = desk.sheet(&house, &case).await;
        let signed = sheet["flags"].as_array().unwrap().contains(&json!("other_age"));
        (needs(&house, &case, &desk).await, sheet["urgency"].as_i64().unwrap(), signed)
    };
    let mut child = missing(&house, 6, "child", "女，33岁，短发，穿红色外套。", 1);
    assert_eq!(told(&child).await, ((2, 1), 3, true), "an adult in the lane of children");
    child = missing(&house, 6, "child", "女，6岁，穿红色外套，和70岁的奶奶走散。", 2);
    assert_eq!(told(&child).await, ((1, 0), 3, false));
    let mut adult = missing(&house, 30, "other_adult", "6岁男孩，放学后未归。", 3);
    adult["person"]["medical_urgent"] = json!(false);
    assert_eq!(told(&adult).await, ((2, 1), 3, true), "a child is not left waiting");
    adult = missing(&house, 30, "other_adult", "30岁女子，下班后未归。", 4);
    adult["person"]["medical_urgent"] = json!(false);
    assert_eq!(told(&adult).await, ((2, 1), 1, false));
    // What was seen of an old woman who packed and left is for the police; she is sought as fast as ever.
    let mut old = missing(&house, 66, "dementia", "早上出门未归。", 5);
    old["safety"]["left_voluntarily"] = json!(true);
    let made = house.live(&old, &[&desk.moderator]).await;
    assert!(is_with_the_police(&tipped(&house, &made, &desk.lead).await));
    house
}

async fn what_was_told_once_keeps_what_is_seen_for_the_police(house: House) -> House {
    let desk = Desk::of(&house).await;
    let told = json!({"description": "正在争抚养权，她把孩子带走了。"});
    let plain = json!({"description": "放学后未归。"});
    // An edit that waits, and one that was refused.
    for (phone, refused) in [(1, false), (2, true)] {
        let made = house.live(&missing(&house, 6, "child", "放学后未归。", phone), &[&desk.moderator]).await;
        house.edit(&made.1, told.clone()).await;
        if refused {
            house.decide(&made.0, &desk.lead, "reject", "family_dispute").await.expect(200);
        }
        assert!(is_with_the_police(&tipped(&house, &made, &desk.lead).await), "refused: {refused}");
    }
    // Before it is live; whoever verifies it still reads what was told first.
    let (case, manage) = house.submit(&missing(&house, 6, "child", "正在争抚养权。", 3)).await;
    house.edit(&manage, plain).await;
    let flags = desk.sheet(&house, &case).await["flags"].clone();
    assert!(flags.as_array().unwrap().contains(&json!("custody_mentioned")), "{flags}");
    house.approve(&case, &[&desk.moderator, &desk.colleague]).await;
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    assert!(is_with_the_police(&tipped(&house, &(case, manage), &desk.lead).await));
    house
}

async fn who_is_sought_and_says_so_is_not_told_of_to_the_family(house: House) -> House {
    let desk = Desk::of(&house).await;
    let body = missing(&house, 12, "child", "放学后未归。", 1);
    let name = body["person"]["name"].as_str().unwrap().to_owned();
    let (case, _) = house.live(&body, &[&desk.moderator]).await;
    let path = format!("/review/{case}");
    for (text, is_theirs) in [
        (format!("我就是{name}，在姑姑家"), true),
        ("This is me. I left him. Take it down.".to_owned(), true),
        ("本人在此，平安，不要再找我".to_owned(), true),
        ("我本人在公园看见过她，本人在此等候".to_owned(), false),
        (format!("我是{name}的邻居，在车站看见他"), false),
        ("I am the person who found his bag".to_owned(), false),
        ("this is meant for the family: she is at the bridge".to_owned(), false),
    ] {
        house.post(&format!("/notices/{case}/tips"), None, &json!({"text": text})).await.expect(202);
        house.claim(&case, &desk.lead).await;
        let sheet = desk.sheet(&house, &case).await;
        let tips = sheet["tips"].as_array().unwrap();
        let tip = tips.iter().find(|tip| tip["content"]["text"] == text.as_str()).unwrap();
        let tip = format!("{path}/tips/{}", tip["id"].as_str().unwrap());
        let passed = house.post(&tip, Some(&desk.lead.token), &json!({"action": "pass_on"})).await;
        assert_eq!(passed.status, if is_theirs { 409 } else { 204 }, "{text}");
    }
    house
}

async fn who_ticks_that_they_are_sought_is_read_first(house: House) -> House {
    let desk = Desk::of(&house).await;
    let adult = missing(&house, 30, "other_adult", "早上出门未归。", 1);
    let (adult, manage) = house.live(&adult, &[&desk.moderator, &desk.lead]).await;
    let (child, _) = house.live(&missing(&house, 6, "child", "放学后未归。", 2), &[&desk.moderator]).await;
    house.post(&format!("/notices/{child}/tips"), None, &json!({"text": "在车站见过"})).await.expect(202);
    let order = async || {
        let queue = desk.queue(&house).await;
        queue
            .into_iter()
            .map(|line| (line["case_number"].clone(), line["overdue"].clone()))
            .collect::<Vec<_>>()
    };
    house.post(&format!("/notices/{adult}/tips"), None, &json!({"text": "在桥头见过"})).await.expect(202);
    let by_urgency = [(json!(child), json!([])), (json!(adult), json!([]))];
    assert_eq!(order().await, by_urgency);

    let page = house.page(&format!("/n/{adult}")).await.text;
    assert!(page.contains("name=\"from_sought\""), "{page}");
    let typed = [("text", "我很好，不想回去"), ("from_sought", "true")];
    let tip = request(&house, Method::POST, &format!("/n/{adult}/tips")).form(&typed);
    let taken = ask(tip.header("sec-fetch-site", "same-origin")).await;
    assert!(taken.status == 202 && taken.text.contains("12338"), "{}", taken.text);
    assert_eq!(order().await[0], (json!(adult), json!(["tip"])));
    house.claim(&adult, &desk.lead).await;
    let sheet = desk.sheet(&house, &adult).await;
    assert!(sheet["wants"].to_string().contains("tip") && sheet["overdue"] == json!(["tip"]), "{sheet}");
    let tips = sheet["tips"].as_array().unwrap();
    let theirs = tips.iter().find(|tip| tip["content"]["text"] == "我很好，不想回去").unwrap();
    let path = format!("/review/{adult}/tips/{}", theirs["id"].as_str().unwrap());
    let passed = house.post(&path, Some(&desk.lead.token), &json!({"action": "pass_on"})).await;
    assert_eq!(passed.problem(409), "not_possible");
    house.post(&path, Some(&desk.lead.token), &json!({"action": "discard"})).await.expect(204);
    assert_eq!(order().await, by_urgency);
    let mine = house.get("/my/notice", Some(&manage)).await.text;
    assert!(!mine.contains("不想回去"), "{mine}");
    house
}

async fn a_child_whom_the_other_parent_kept_is_a_leads(house: House) -> House {
    let desk = Desk::of(&house).await;
    for (said, phone) in [
        ("孩子被他母亲从幼儿园接走后一直没有送回来", 1),
        ("周末前妻接走孩子以后没有按时送回来", 2),
        ("被妈妈接走后不让我见", 3),
        ("被她带回娘家失联", 4),
        ("和妈妈一起走失，妈妈也联系不上", 5),
    ] {
        let (case, _) = house.submit(&missing(&house, 6, "child", said, phone)).await;
        assert_eq!(needs(&house, &case, &desk).await, (2, 1), "{said}");
    }
    let mut former = missing(&house, 30, "other_adult", "早上出门未归。", 6);
    former["reporter"]["relation"] = json!("前男友");
    let (case, _) = house.submit(&former).await;
    assert!(desk.sheet(&house, &case).await["flags"].to_string().contains("former_partner"));
    let mut landlord = missing(&house, 30, "other_adult", "早上出门未归。", 7);
    landlord["reporter"]["relation"] = json!("房东");
    let (case, _) = house.submit(&landlord).await;
    assert!(desk.sheet(&house, &case).await["flags"].to_string().contains("no_family"));
    house
}

async fn who_was_protected_is_on_no_moderators_list(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, _) =
        house.live(&missing(&house, 70, "dementia", "去了石家庄亲戚家。", 1), &[&desk.moderator]).await;
    let version = desk.sheet(&house, &case).await["version"].clone();
    let remove = json!({"version": version, "reason": "unsafe"});
    house.post(&format!("/review/{case}/remove"), Some(&desk.moderator.token), &remove).await.expect(200);
    for (by, reads) in [(&desk.moderator, false), (&desk.lead, true)] {
        for path in ["/review/queue?state=removed".to_owned(), format!("/review/{case}")] {
            let said = house.get(&path, Some(&by.token)).await;
            assert!(said.status == 200 && said.text.contains(&case), "{}", said.text);
            assert_eq!(said.text.contains("刘思远"), reads, "{}", said.text);
        }
        let cookie = house.cookie(by).await;
        let poster = house.page_as(&format!("/review/{case}/poster.jpg"), &cookie).await;
        assert_eq!(poster.status, if reads { 200 } else { 403 });
        let page = house.page_as(&format!("/review/{case}"), &cookie).await.text;
        assert_eq!(page.contains("内容只有组长还能看到"), !reads, "{page}");
    }
    house
}
