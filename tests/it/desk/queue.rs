//! What the queue shows, to whom, and in which order.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::people::Role;

use super::teen;
use crate::hostile::by_another;
use crate::house::{COOLING, House, Person};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(the_queue_says_who_is_sought_to_whoever_may_know),
    housed!(the_longest_missing_comes_first_and_one_sees_since_when),
    housed!(a_case_that_somebody_else_is_to_decide_does_not_stand_in_the_way),
    housed!(a_notice_that_is_over_wants_nothing),
    housed!(the_queue_counts_what_each_tab_lists),
];

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
        let cookie = house.cookie(by).await;
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

/// Missing for this many hours before it was reported.
fn missing_for(house: &House, hours: i64, number: u32) -> Value {
    let mut body = by_another(notices::missing_person(house.clock.now()), number);
    body["last_seen"]["at"] = json!((house.clock.now() - TimeDelta::hours(hours)).to_rfc3339());
    body
}

async fn the_longest_missing_comes_first_and_one_sees_since_when(house: House) -> House {
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
    let cookie = house.cookie(&moderator).await;
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
    let session = house.cookie(&moderator).await;
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

async fn a_case_that_somebody_else_is_to_decide_does_not_stand_in_the_way(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let (urgent, _) = house.submit(&teen(&house)).await;
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
    house.approve(&urgent, &[&moderator]).await;
    // The API lists the most urgent first, for every reader.
    assert_eq!(waiting(&moderator).await, [(json!(urgent), json!(true)), (json!(other), json!(false))]);
    let claim = format!("action=\"/review/{urgent}/claim\"");
    for (by, first, offered) in [(&moderator, &other, false), (&colleague, &urgent, true)] {
        let cookie = house.cookie(by).await;
        let page = house.page_as("/review", &cookie).await.text;
        assert_eq!(page.contains(&claim), offered, "{}", by.name);
        let row = page
            .split("href=\"/review/")
            .find(|row| [&other, &urgent].iter().any(|case| row.starts_with(case.as_str())));
        assert!(row.unwrap().starts_with(first.as_str()), "{}", by.name);
    }
    // Nor does a moderator where the approval that is missing has to be a lead's.
    let mut adult = by_another(notices::missing_person(house.clock.now()), 20_000_200);
    (adult["person"]["age"], adult["person"]["category"]) = (json!(30), json!("other_adult"));
    let (adult, _) = house.submit(&adult).await;
    house.approve(&adult, &[&moderator]).await;
    let lead = house.person("陈组长", Role::Lead).await;
    for (by, another) in [(&colleague, true), (&lead, false)] {
        let line = (json!(adult), json!(another));
        assert!(waiting(by).await.contains(&line), "{}", by.name);
    }
    // Nor does the person who alone approved it take the second look.
    let quick = by_another(notices::missing_person(house.clock.now()), 20_000_300);
    let (quick, _) = house.submit(&quick).await;
    house.go_live(&quick, &[&moderator]).await;
    let waits = async |by: &Person| waiting(by).await.into_iter().find(|(case, _)| *case == quick.as_str());
    assert_eq!(waits(&moderator).await, Some((json!(quick), json!(true))));
    assert_eq!(waits(&colleague).await, Some((json!(quick), json!(false))));
    house
}

/// Whatever was still owed.
async fn a_notice_that_is_over_wants_nothing(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let (case, manage) = house.live(&teen(&house), &[&moderator, &colleague]).await;
    house.post(&format!("/notices/{case}/tips"), None, &json!({"text": "先转账保证金"})).await.expect(202);
    let wants = async || {
        house.get(&format!("/review/{case}"), Some(&moderator.token)).await.expect(200)["wants"].clone()
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

/// To each reader what they may see.
async fn the_queue_counts_what_each_tab_lists(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let lead = house.person("陈组长", Role::Lead).await;
    let tabs = async |by: &Person| {
        let cookie = house.cookie(by).await;
        let page = house.page_as("/review", &cookie).await.text;
        let (_, tabs) = page.split_once("<nav class=\"filters\"").unwrap();
        let (tabs, _) = tabs.split_once("</nav>").unwrap();
        let mut counts = Vec::new();
        for tab in tabs.split("href=\"").skip(1) {
            let (href, rest) = tab.split_once('"').unwrap();
            let label = rest.split_once("</a>").unwrap().0;
            let count = label.split_once("<b>").map_or("0", |(_, count)| count.strip_suffix("</b>").unwrap());
            let listed = house.page_as(href, &cookie).await.text.matches("data-entry=\"").count();
            assert_eq!(count.parse::<usize>().unwrap(), listed, "{href}: {label}");
            counts.push(listed);
        }
        counts
    };
    assert_eq!(tabs(&moderator).await, [0; 9]);
    let mut cases = Vec::new();
    for number in 0..8 {
        let body = by_another(notices::lost_property(house.clock.now()), 50_000_000 + number);
        cases.push(house.submit(&body).await.0);
    }
    let mut hidden = by_another(notices::missing_person(house.clock.now()), 50_000_100);
    hidden["person"]["category"] = json!("other_adult");
    hidden["safety"]["violence"] = json!(true);
    house.submit(&hidden).await;
    house.claim(&cases[0], &moderator).await;
    house.decide(&cases[1], &moderator, "escalate", "other").await.expect(200);
    house.approve(&cases[2], &[&moderator]).await;
    house.decide(&cases[3], &moderator, "reject", "hoax").await.expect(200);
    // All, submitted, held, second review, escalated, asked, cooling, live, paused.
    assert_eq!(tabs(&moderator).await, [6, 4, 1, 0, 1, 0, 1, 0, 0]);
    assert_eq!(tabs(&lead).await, [7, 5, 1, 0, 1, 0, 1, 0, 0]);
    house.pass(COOLING).await;
    // What is live is among all where something of it waits; a claim that has expired waits again.
    assert_eq!(tabs(&moderator).await[7], 1);
    let tip = json!({"text": "先转账保证金"});
    house.post(&format!("/notices/{}/tips", cases[2]), None, &tip).await.expect(202);
    house.advance(TimeDelta::minutes(5));
    assert_eq!(tabs(&moderator).await, [7, 5, 0, 0, 1, 0, 0, 1, 0]);
    house
}
