//! Who holds a case, and for how long.

use chrono::TimeDelta;
use serde_json::json;
use seventytwo::accounts::people;
use seventytwo::domain::people::Role;

use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_moderator_who_works_on_a_case_keeps_it),
    housed!(a_case_whose_claim_has_run_out_waits_again),
    housed!(an_account_that_ends_or_is_reset_holds_no_case),
];

async fn a_moderator_who_works_on_a_case_keeps_it(house: House) -> House {
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

async fn a_case_whose_claim_has_run_out_waits_again(house: House) -> House {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let colleague = house.person("周志愿", Role::Moderator).await;
    let (case, manage) = house.submit(&notices::missing_person(house.clock.now())).await;
    house.claim(&case, &moderator).await;
    let cookie = house.cookie(&colleague).await;
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

async fn an_account_that_ends_or_is_reset_holds_no_case(house: House) -> House {
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
            people::disable(&shared.store, now, name).await.unwrap().1
        } else {
            people::reset(&shared.store, &shared.vault, now, name, None).await.unwrap().1
        };
        assert_eq!((ended.tokens, ended.claims), (1, 1), "{name}");
        let sheet = house.get(&format!("/review/{case}"), Some(&colleague.token)).await.expect(200);
        assert_eq!((&sheet["state"], &sheet["claimed_by"]), (&json!("submitted"), &json!(null)), "{name}");
        house.approve(&case, &[&colleague]).await;
        // Another's claim stands.
        let sheet = house.get(&format!("/review/{other}"), Some(&colleague.token)).await.expect(200);
        assert_eq!(sheet["claimed_by"], json!(colleague.name), "{name}");
    }
    house
}
