//! Likely duplicates that only their words reveal: neither the phone nor a photo is the same.

use chrono::TimeDelta;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::Method;
use serde_json::{Value, json};
use seventytwo::domain::people::Role;

use crate::chaos::count;
use crate::hostile::by_another;
use crate::house::{COOLING, House, Person};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(who_is_reported_from_two_phones_is_found_by_name),
    housed!(a_sealed_case_is_not_found_by_a_name_either),
    housed!(who_asks_again_with_other_answers_comes_to_the_leads),
    housed!(an_edit_that_makes_it_like_a_sealed_case_comes_to_the_leads),
    housed!(what_was_taken_down_to_protect_somebody_comes_to_the_leads_when_it_is_sent_again),
    housed!(a_photo_of_a_sealed_case_comes_to_the_leads_whatever_it_is_called),
    housed!(a_name_that_sounds_like_a_sealed_case_comes_to_the_leads),
    housed!(names_that_only_sound_alike_are_two_people),
    housed!(an_edit_that_brings_a_photo_of_a_sealed_case_comes_to_the_leads),
    housed!(what_was_sent_before_the_case_was_sealed_is_not_published_by_a_moderator),
    housed!(a_campaign_is_found_by_its_numbers),
    housed!(what_a_notice_was_found_by_is_erased_with_it),
];

/// A submitted notice: its case number and its manage token.
struct Made {
    case: String,
    manage: String,
}

/// Submits a notice from a phone of its own.
async fn submit(house: &House, body: Value, phone: u32) -> Made {
    let (case, manage) = house.submit(&by_another(body, phone)).await;
    Made { case, manage }
}

/// A missing person with that name and age.
fn person(house: &House, name: &str, age: u8) -> Value {
    let mut body = notices::missing_person(house.clock.now());
    (body["person"]["name"], body["person"]["age"]) = (json!(name), json!(age));
    body
}

/// The likely duplicates shown beside a notice, each with the reasons: to a moderator who holds it, or to a
/// lead, who need not.
async fn beside(house: &House, case: &str, by: &Person) -> Vec<(String, Value)> {
    house.post(&format!("/review/{case}/claim"), Some(&by.token), &json!({})).await;
    let sheet = house.get(&format!("/review/{case}"), Some(&by.token)).await.expect(200);
    let others = sheet["duplicates"].as_array().unwrap().iter();
    others.map(|other| (other["case_number"].as_str().unwrap().to_owned(), other["why"].clone())).collect()
}

async fn who_is_reported_from_two_phones_is_found_by_name(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let first = submit(&house, person(&house, "买买提·艾力", 76), 1).await;
    // Spelt differently, two years older, and in the city that contains the county.
    let mut other = person(&house, "买买提 ･ 艾力", 78);
    other["region"] = json!("131000");
    let other = submit(&house, other, 2).await;
    let both = json!(["same_name_and_age", "same_name_and_place"]);
    assert_eq!(beside(&house, &first.case, &moderator).await, [(other.case.clone(), both.clone())]);
    assert_eq!(beside(&house, &other.case, &moderator).await, [(first.case.clone(), both)]);
    let session = house.cookie(&moderator).await;
    for (language, told) in [("zh-CN", "姓名相同、年龄相近"), ("en", "same name, about the same age")]
    {
        let page = house.page_as(&format!("/review/{}?lang={language}", first.case), &session).await.text;
        assert!(page.contains(told) && page.contains(&other.case), "{page}");
    }

    // A namesake: three years younger and last seen on another day.
    let mut namesake = person(&house, "买买提艾力", 73);
    namesake["last_seen"]["at"] = json!((house.clock.now() - TimeDelta::days(2)).to_rfc3339());
    let namesake = submit(&house, namesake, 3).await;
    assert_eq!(beside(&house, &namesake.case, &moderator).await, []);
    // Far away, but of the same age.
    let mut far = person(&house, "买买提艾力", 72);
    far["region"] = json!("440100");
    let far = submit(&house, far, 4).await;
    let aged = json!(["same_name_and_age"]);
    assert_eq!(beside(&house, &far.case, &moderator).await, [(namesake.case, aged)]);

    // After a correction the notice is found by the new name.
    let edit = json!({"person": {"name": "王秀英"}});
    house.call(Method::PATCH, "/my/notice", Some(&other.manage), Some(&edit)).await.expect(200);
    assert_eq!(beside(&house, &first.case, &moderator).await, []);
    let again = submit(&house, person(&house, "王秀英", 77), 5).await;
    assert_eq!(beside(&house, &again.case, &moderator).await[0].0, other.case);
    house
}

async fn a_sealed_case_is_not_found_by_a_name_either(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let asked = submit(&house, person(&house, "李玉兰", 76), 2).await;
    let open = submit(&house, person(&house, "李玉兰", 75), 3).await;
    let mut fled = person(&house, "李玉兰", 76);
    fled["safety"]["violence"] = json!(true);
    // Cases that this reader may not see do not take the places of those that they may see.
    for phone in 4..9 {
        submit(&house, fled.clone(), phone).await;
    }
    let seen = beside(&house, &asked.case, &moderator).await;
    assert_eq!(seen.iter().map(|(case, _)| case).collect::<Vec<_>>(), [&open.case]);
    assert_eq!(beside(&house, &asked.case, &lead).await.len(), 3, "as many as can be compared at a glance");
    house
}

/// An adult with that name and age, reported by another person as having fled. A lead has read it.
async fn fled(house: &House, name: &str, age: u8, phone: u32, lead: &Person) -> Made {
    let mut body = person(house, name, age);
    body["person"]["category"] = json!("other_adult");
    body["safety"]["violence"] = json!(true);
    let made = submit(house, body, phone).await;
    looked_at(house, &made.case, lead).await;
    made
}

async fn looked_at(house: &House, case: &str, lead: &Person) {
    house.claim(case, lead).await;
    house.post(&format!("/review/{case}/release"), Some(&lead.token), &json!({})).await.expect(200);
}

/// A second report of the same person that claims the fastest lane: no violence, and no police report.
fn harmless(house: &House, name: &str, age: u8) -> Value {
    let mut body = person(house, name, age);
    body["person"]["category"] = json!("intellectual_disability");
    body["police"] = json!({"reported": false});
    body
}

async fn who_asks_again_with_other_answers_comes_to_the_leads(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let sealed = fled(&house, "李玉兰", 34, 1, &lead).await;
    let mut elsewhere = harmless(&house, "李玉兰", 36);
    elsewhere["region"] = json!("440100");
    let mut older = harmless(&house, "李玉兰", 50);
    older["region"] = json!("131000");
    let child = |mut body: Value| {
        (body["person"]["age"], body["person"]["category"]) = (json!(7), json!("child"));
        body
    };
    let mut thing = notices::lost_property(house.clock.now());
    thing["description"] = json!("内有她的证件");
    for (body, phone, why) in [
        (harmless(&house, "李玉兰", 34), 1, "the very same again"),
        (elsewhere, 2, "another phone and place: the name and the age"),
        (older, 3, "another phone and age: the name, the place and the day"),
        (child(person(&house, "李小明", 7)), 1, "the child that is with her, from the same phone"),
        (thing, 1, "another kind, from the same phone"),
    ] {
        let again = submit(&house, body, phone).await;
        let path = format!("/review/{}", again.case);
        assert_eq!(house.get(&path, Some(&moderator.token)).await.problem(403), "lead_required", "{why}");
        let queue = house.get("/review/queue", Some(&moderator.token)).await.expect(200);
        assert_eq!(queue["items"], json!([]), "{why}");
        let sheet = house.get(&path, Some(&lead.token)).await.expect(200);
        let needs = (&sheet["sealed"], &sheet["needs"]);
        assert_eq!(needs, (&json!(true), &json!({"approvals": 2, "leads": 2})), "{why}");
        assert!(sheet["flags"].as_array().unwrap().contains(&json!("like_sealed")), "{why}: {sheet}");
        let mine = house.get("/my/notice", Some(&again.manage)).await;
        assert!(!mine.text.contains("sealed"), "{why}: {}", mine.text);
        assert_eq!(mine.expect(200)["state"], "submitted", "{why}");
    }
    // A different person has nothing to do with the sealed case.
    let other = submit(&house, harmless(&house, "王秀英", 34), 4).await;
    let sheet = house.get(&format!("/review/{}", other.case), Some(&moderator.token)).await.expect(200);
    assert_eq!(sheet["sealed"], false);

    // This still holds after the sealed case is rejected or withdrawn.
    house.close(&sealed.manage, "withdrawn").await;
    let again = submit(&house, harmless(&house, "李玉兰", 33), 5).await;
    let refused = house.get(&format!("/review/{}", again.case), Some(&moderator.token)).await;
    assert_eq!(refused.problem(403), "lead_required");
    house
}

async fn what_was_taken_down_to_protect_somebody_comes_to_the_leads_when_it_is_sent_again(
    house: House,
) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let first = submit(&house, harmless(&house, "李玉兰", 34), 1).await;
    let (path, by) = (format!("/review/{}", first.case), &moderator);
    house.go_live(&first.case, &[by]).await;
    let sheet = house.get(&path, Some(&by.token)).await.expect(200);
    let unsafe_now = json!({"version": sheet["version"], "reason": "unsafe"});
    house.post(&format!("{path}/remove"), Some(&by.token), &unsafe_now).await.expect(200);
    let refused = submit(&house, harmless(&house, "赵秀英", 50), 2).await;
    house.decide(&refused.case, by, "reject", "left_voluntarily").await.expect(200);
    let hoax = submit(&house, harmless(&house, "孙秀英", 60), 3).await;
    house.decide(&hoax.case, by, "reject", "hoax").await.expect(200);

    for (name, age, phone) in [("李玉兰", 35, 4), ("钱秀英", 70, 1), ("赵秀英", 50, 5)] {
        let again = submit(&house, harmless(&house, name, age), phone).await;
        let path = format!("/review/{}", again.case);
        assert_eq!(house.get(&path, Some(&moderator.token)).await.problem(403), "lead_required", "{name}");
        let sheet = house.get(&path, Some(&lead.token)).await.expect(200);
        assert_eq!(sheet["needs"], json!({"approvals": 2, "leads": 2}), "{name}");
    }
    // What was refused for another reason comes back to everybody, and so does what was taken down itself.
    let again = submit(&house, harmless(&house, "孙秀英", 60), 6).await;
    for made in [&again, &first, &refused] {
        house.get(&format!("/review/{}", made.case), Some(&moderator.token)).await.expect(200);
    }
    house
}

async fn an_edit_that_makes_it_like_a_sealed_case_comes_to_the_leads(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    fled(&house, "李玉兰", 34, 1, &lead).await;
    let waits = submit(&house, harmless(&house, "王秀英", 34), 2).await;
    let live = submit(&house, harmless(&house, "赵秀英", 34), 3).await;
    let another = submit(&house, harmless(&house, "孙秀英", 34), 4).await;
    for made in [&live, &another] {
        house.approve(&made.case, &[&moderator]).await;
    }
    house.pass(COOLING).await;
    let renamed = |name: &str| json!({"person": {"name": name}});
    let edit = async |made: &Made, change: Value| {
        house.call(Method::PATCH, "/my/notice", Some(&made.manage), Some(&change)).await.expect(200)
    };
    assert_eq!(edit(&waits, renamed("李玉兰")).await["state"], "submitted");
    let edited = edit(&live, renamed("李玉兰")).await;
    for made in [&waits, &live] {
        let refused = house.get(&format!("/review/{}", made.case), Some(&moderator.token)).await;
        assert_eq!(refused.problem(403), "lead_required", "{}", made.case);
    }
    // The reporter sees what they would see with any other name.
    assert_eq!(edited, edit(&another, renamed("周秀英")).await);
    let seen = async |made: &Made| {
        let mine = house.get("/my/notice", Some(&made.manage)).await.expect(200);
        let shown = house.get(&format!("/notices/{}", made.case), None).await.expect(200);
        let happened = mine["events"].as_array().unwrap().iter().map(|event| event["text"].clone());
        (mine["state"].clone(), happened.collect::<Vec<_>>(), shown["state"].clone())
    };
    assert_eq!(seen(&live).await, seen(&another).await);
    assert_eq!(seen(&live).await.2, "live");
    // What the edit itself tells of violence takes it from view, whatever it was like before.
    for made in [&live, &another] {
        let told = edit(made, json!({"safety": {"violence": true}})).await;
        assert_eq!(told, json!({"state": "paused", "pending": true}));
    }

    // Nor does an edit to the phone of a sealed case take back what its owner has read.
    let mut things = Vec::new();
    for phone in [6, 7] {
        let thing = submit(&house, notices::lost_property(house.clock.now()), phone).await;
        house.approve(&thing.case, &[&moderator]).await;
        things.push(thing);
    }
    house.pass(COOLING).await;
    for (thing, phone) in things.iter().zip([1, 8]) {
        let body = by_another(notices::lost_property(house.clock.now()), phone);
        let tip = json!({"text": "在车队失物招领处"});
        house.post(&format!("/notices/{}/tips", thing.case), None, &tip).await.expect(202);
        house.pass_tips(&thing.case, &moderator).await;
        edit(thing, json!({"reporter": {"phone": body["reporter"]["phone"]}})).await;
        let mine = house.get("/my/notice", Some(&thing.manage)).await.expect(200);
        assert_eq!(mine["tips"][0]["text"], tip["text"], "{phone}");
    }
    house
}

/// One of many pictures, none like another, of any width in pixels.
fn picture(which: u32, width: u32) -> Vec<u8> {
    let cell = width / 9;
    let mixed = |n: u32| n.wrapping_mul(0x9E37_79B1) ^ (n.wrapping_mul(0x9E37_79B1) >> 15);
    let grey = |n: u32| mixed(mixed(n)).to_le_bytes()[0];
    let picture =
        RgbImage::from_fn(width, width, |x, y| Rgb([grey(x / cell + 9 * (y / cell) + 97 * which); 3]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

async fn with_photo(house: &House, mut body: Value, photo: Vec<u8>) -> Value {
    body["photo_ids"] = json!([house.photo(photo).await]);
    body
}

/// Whether it is for leads alone, who read why, while its reporter reads nothing of it.
async fn is_like_sealed(house: &House, made: &Made, moderator: &Person, lead: &Person) -> bool {
    let path = format!("/review/{}", made.case);
    let opened = house.get(&path, Some(&moderator.token)).await;
    if opened.status == 200 {
        return false;
    }
    assert_eq!(opened.problem(403), "lead_required");
    let sheet = house.get(&path, Some(&lead.token)).await.expect(200);
    let needs = (&sheet["sealed"], &sheet["needs"]);
    assert_eq!(needs, (&json!(true), &json!({"approvals": 2, "leads": 2})), "{sheet}");
    assert!(sheet["flags"].as_array().unwrap().contains(&json!("like_sealed")), "{sheet}");
    let mine = house.get("/my/notice", Some(&made.manage)).await;
    assert!(!mine.text.contains("sealed"), "{}", mine.text);
    true
}

async fn a_photo_of_a_sealed_case_comes_to_the_leads_whatever_it_is_called(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let mut sealed = person(&house, "罗美华", 33);
    sealed["person"]["category"] = json!("other_adult");
    sealed["safety"]["violence"] = json!(true);
    let sealed = submit(&house, with_photo(&house, sealed, picture(1, 900)).await, 1).await;
    looked_at(&house, &sealed.case, &lead).await;
    let removed = with_photo(&house, harmless(&house, "林晓月", 29), picture(2, 900)).await;
    let removed = submit(&house, removed, 2).await;
    house.go_live(&removed.case, &[&moderator]).await;
    let path = format!("/review/{}", removed.case);
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    let requested = json!({"version": sheet["version"], "reason": "requested"});
    house.post(&format!("{path}/remove"), Some(&moderator.token), &requested).await.expect(200);

    for (name, photo, of, phone, why) in [
        ("孙秀英", picture(1, 900), Some(&sealed), 3, "the same file"),
        ("周秀英", picture(1, 450), Some(&sealed), 4, "the same picture, smaller"),
        ("吴秀英", picture(2, 900), Some(&removed), 5, "who asked to be left alone"),
        ("郑秀英", picture(3, 900), None, 6, "somebody else"),
    ] {
        let again = with_photo(&house, harmless(&house, name, 60), photo).await;
        let again = submit(&house, again, phone).await;
        assert_eq!(is_like_sealed(&house, &again, &moderator, &lead).await, of.is_some(), "{why}");
        if let Some(of) = of {
            let beside = beside(&house, &again.case, &lead).await;
            let case = beside.iter().find(|(case, _)| *case == of.case);
            assert_eq!(case.map(|(_, why)| why), Some(&json!(["similar_photo"])), "{why}");
        }
    }
    house
}

async fn a_name_that_sounds_like_a_sealed_case_comes_to_the_leads(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let luo = fled(&house, "罗美华", 33, 1, &lead).await;
    let su = fled(&house, "苏小梅", 41, 2, &lead).await;
    let lin = submit(&house, harmless(&house, "林晓月", 29), 3).await;
    house.decide(&lin.case, &moderator, "reject", "left_voluntarily").await.expect(200);
    for (name, age, of, phone) in [
        ("羅美華", 33, &luo, 4),
        ("Su Xiaomei", 42, &su, 5),
        ("Lin Xiaoyue", 29, &lin, 6),
        ("林晓月(小月)", 28, &lin, 7),
        // Another age, but the place and the day.
        ("Xiaomei SU", 60, &su, 8),
    ] {
        let again = submit(&house, harmless(&house, name, age), phone).await;
        assert!(is_like_sealed(&house, &again, &moderator, &lead).await, "{name}");
        let beside = beside(&house, &again.case, &lead).await;
        let (_, why) = beside.iter().find(|(case, _)| *case == of.case).unwrap();
        let aged = if age < 60 { vec!["same_sound_and_age"] } else { Vec::new() };
        let why_of_sound = aged.into_iter().chain(["same_sound_and_place"]).collect::<Vec<_>>();
        assert_eq!(why, &json!(why_of_sound), "{name}");
    }

    // An edit counts like a submission, and its reporter cannot tell.
    let waits = submit(&house, harmless(&house, "孙秀英", 41), 9).await;
    let edit = json!({"person": {"name": "Su, Xiao Mei"}});
    house.call(Method::PATCH, "/my/notice", Some(&waits.manage), Some(&edit)).await.expect(200);
    assert!(is_like_sealed(&house, &waits, &moderator, &lead).await);
    house
}

async fn names_that_only_sound_alike_are_two_people(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let first = submit(&house, person(&house, "王伟", 76), 1).await;
    let other = submit(&house, person(&house, "王维", 76), 2).await;
    for made in [&first, &other] {
        for reader in [&moderator, &lead] {
            assert_eq!(beside(&house, &made.case, reader).await, []);
        }
    }
    house
}

async fn an_edit_that_brings_a_photo_of_a_sealed_case_comes_to_the_leads(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let mut sealed = person(&house, "罗美华", 33);
    sealed["safety"]["violence"] = json!(true);
    let sealed = submit(&house, with_photo(&house, sealed, picture(1, 900)).await, 1).await;
    looked_at(&house, &sealed.case, &lead).await;
    let mut answers = Vec::new();
    for (which, name, phone) in [(1, "王秀英", 2), (2, "赵秀英", 3)] {
        let live = submit(&house, harmless(&house, name, 60), phone).await;
        house.go_live(&live.case, &[&moderator]).await;
        let edit = with_photo(&house, json!({}), picture(which, 900)).await;
        let edited = house.call(Method::PATCH, "/my/notice", Some(&live.manage), Some(&edit)).await;
        assert_eq!(is_like_sealed(&house, &live, &moderator, &lead).await, which == 1);
        answers.push(edited.expect(200));
    }
    // The reporter of the one sees what the reporter of the other sees.
    assert_eq!(answers, [json!({"state": "live", "pending": true}), answers[0].clone()]);
    house
}

async fn what_was_sent_before_the_case_was_sealed_is_not_published_by_a_moderator(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    // Submitted first, when there was no sealed case yet. One is approved before the sealed case comes in,
    // one after.
    let cooling = submit(&house, harmless(&house, "李玉兰", 34), 1).await;
    let waiting = submit(&house, harmless(&house, "李玉兰", 35), 2).await;
    house.approve(&cooling.case, &[&moderator]).await;
    fled(&house, "李玉兰", 34, 3, &lead).await;
    let refused = house.decide(&waiting.case, &moderator, "approve", "verified").await;
    assert_eq!(refused.body["state"], "escalated", "{}", refused.text);
    assert_eq!(refused.problem(409), "stale_version");
    house.pass(COOLING).await;
    for made in [&cooling, &waiting] {
        let path = format!("/review/{}", made.case);
        assert_eq!(house.get(&path, Some(&moderator.token)).await.problem(403), "lead_required");
        let sheet = house.get(&path, Some(&lead.token)).await.expect(200);
        assert_eq!((&sheet["state"], &sheet["approved_by"]), (&json!("escalated"), &json!([])));
        assert_eq!((&sheet["sealed"], &sheet["needs"]["leads"]), (&json!(true), &json!(2)));
        // The last but the moderator's knock.
        let event = sheet["events"].as_array().unwrap().iter().nth_back(1).unwrap().clone();
        assert_eq!((&event["step"], &event["actor"]), (&json!("escalate"), &json!("policy")), "{event}");
        let mine = house.get("/my/notice", Some(&made.manage)).await;
        assert!(!mine.text.contains("sealed") && !mine.text.contains("escalate"), "{}", mine.text);
        // As when an approval is taken back.
        assert!(mine.body["state"] == "submitted" && !mine.text.contains("approve"), "{}", mine.text);
        let shown = house.get(&format!("/notices/{}", made.case), None).await.expect(200);
        assert_eq!(shown["state"], "paused", "nobody ever read it");
    }
    house
}

async fn a_campaign_is_found_by_its_numbers(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let first = submit(&house, notices::donation(house.clock.now()), 1).await;
    let mut again = notices::donation(house.clock.now());
    again["campaign"]["organisation"] = json!("某某慈善基金会");
    let again = submit(&house, again, 2).await;
    let why = json!(["same_credit_code", "same_filing_number"]);
    assert_eq!(beside(&house, &first.case, &moderator).await, [(again.case, why)]);
    house
}

async fn what_a_notice_was_found_by_is_erased_with_it(house: House) -> House {
    let made = submit(&house, person(&house, "李玉兰", 76), 1).await;
    let marks = "SELECT COUNT(*) AS n FROM marks";
    assert_eq!(count(&house.db, marks).await, 7);
    notices::assert_unreadable(&house, &["李玉兰"]).await;
    house.close(&made.manage, "withdrawn").await;
    house.pass(TimeDelta::days(30)).await;
    let shown = house.get(&format!("/notices/{}", made.case), None).await.expect(200);
    assert_eq!(shown["state"], "erased");
    assert_eq!(count(&house.db, marks).await, 0);
    house
}
