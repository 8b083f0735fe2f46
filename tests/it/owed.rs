//! What is still owed for a live notice is asked for until it is there, and an end leaves nothing to decide.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::hostile::by_another;
use crate::house::House;
use crate::steps::Desk;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(a_second_look_is_asked_for_until_somebody_looks),
    housed!(an_edit_of_what_everybody_reads_owes_what_a_new_notice_does),
    housed!(a_police_reference_is_asked_for_until_it_is_there),
    housed!(what_is_removed_waits_for_nothing),
];

/// How many notices have waited too long for this, as the metrics tell it.
async fn overdue(house: &House, want: &str) -> Option<String> {
    let text = house.page("/metrics").await.text;
    let series = format!("seventytwo_notices_overdue{{want=\"{want}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&series)).map(str::to_owned)
}

/// A live case that lacks a second look and a police reference.
struct Owing {
    desk: Desk,
    case: String,
    manage: String,
}

impl Owing {
    async fn of(house: &House) -> Owing {
        let desk = Desk::of(house).await;
        let mut body = notices::missing_person(house.clock.now());
        body["police"] = json!({"reported": true, "station": "银河南路派出所"});
        let (case, manage) = house.live(&body, &[&desk.moderator]).await;
        // This one would come first: somebody has waited for help for longer.
        let mut help = by_another(notices::rescue(house.clock.now()), 7);
        help["last_seen"]["at"] = json!((house.clock.now() - TimeDelta::hours(9)).to_rfc3339());
        house.submit(&help).await;
        Owing { desk, case, manage }
    }

    /// What it wants, what of that is overdue, and its place in the queue, which says the same.
    async fn owed(&self, house: &House) -> (Value, Value, Option<usize>) {
        let sheet = self.desk.sheet(house, &self.case).await;
        let queue = self.desk.queue(house).await;
        let place = queue.iter().position(|line| line["case_number"] == json!(self.case));
        if let Some(place) = place {
            assert_eq!(
                (&queue[place]["wants"], &queue[place]["overdue"]),
                (&sheet["wants"], &sheet["overdue"])
            );
        }
        (sheet["wants"].clone(), sheet["overdue"].clone(), place)
    }

    /// A page, as leads see it.
    async fn page(&self, house: &House, path: &str) -> String {
        let cookie = house.cookie(&self.desk.lead).await;
        house.page_as(path, &cookie).await.text
    }
}

async fn a_second_look_is_asked_for_until_somebody_looks(house: House) -> House {
    let owing = Owing::of(&house).await;
    let both = json!(["second_look", "police_reference"]);
    house.advance(TimeDelta::minutes(30) - TimeDelta::seconds(1));
    assert_eq!(owing.owed(&house).await, (both.clone(), json!([]), Some(1)));
    assert_eq!(overdue(&house, "second_look").await.as_deref(), Some("0"));
    house.advance(TimeDelta::seconds(1));
    assert_eq!(owing.owed(&house).await, (both, json!(["second_look"]), Some(0)));
    assert_eq!(overdue(&house, "second_look").await.as_deref(), Some("1"));
    for path in ["/review".to_owned(), format!("/review/{}", owing.case)] {
        let page = async |language: &str| owing.page(&house, &format!("{path}?lang={language}")).await;
        assert!(page("zh-CN").await.contains("第二人复看已超时"), "{path}");
        assert!(page("en").await.contains("second look overdue"), "{path}");
    }
    let figures = owing.page(&house, "/review/figures?lang=en").await;
    assert!(figures.contains("<th scope=\"row\">Second look overdue</th><td>1</td><td>–</td>"), "{figures}");
    house.approve(&owing.case, &[&owing.desk.colleague]).await;
    assert_eq!(owing.owed(&house).await, (json!(["police_reference"]), json!([]), Some(1)));
    assert_eq!(overdue(&house, "second_look").await.as_deref(), Some("0"));
    house
}

async fn an_edit_of_what_everybody_reads_owes_what_a_new_notice_does(house: House) -> House {
    let desk = Desk::of(&house).await;
    let (case, manage) = house.live(&notices::missing_person(house.clock.now()), &[&desk.moderator]).await;
    house.approve(&case, &[&desk.colleague]).await;
    let wants = async || desk.sheet(&house, &case).await["wants"].clone();
    let edited = async |changes: Value| {
        house.edit(&manage, changes).await;
        house.go_live(&case, &[&desk.moderator]).await;
    };
    assert_eq!(wants().await, json!([]), "somebody has looked a second time");
    edited(json!({"reporter": {"relation": "女婿"}})).await;
    assert_eq!(wants().await, json!([]), "nobody reads that");
    edited(json!({"person": {"name": "赵秀芬"}, "police": {"reference": null}})).await;
    assert_eq!(wants().await, json!(["second_look", "police_reference"]));
    let again = house.decide(&case, &desk.moderator, "approve", "verified").await;
    assert_eq!(again.problem(403), "same_approver");
    house
}

async fn a_police_reference_is_asked_for_until_it_is_there(house: House) -> House {
    let owing = Owing::of(&house).await;
    let Owing { desk, case, manage } = &owing;
    let lacking = json!(["police_reference"]);
    // A second look does not replace a police reference.
    house.approve(case, &[&desk.colleague]).await;
    assert_eq!(owing.owed(&house).await, (lacking.clone(), json!([]), Some(1)));
    let refused = house.decide(case, &desk.lead, "approve", "verified").await;
    assert_eq!(refused.problem(422), "police_reference_required");
    let sheet = desk.sheet(&house, case).await;
    assert_eq!(sheet["approval_refused"], "police_reference_required", "{sheet}");
    house.post(&format!("/review/{case}/release"), Some(&desk.lead.token), &json!({})).await.expect(200);
    house.advance(TimeDelta::hours(2) - TimeDelta::seconds(1));
    assert_eq!(owing.owed(&house).await, (lacking.clone(), json!([]), Some(1)));
    house.advance(TimeDelta::seconds(1));
    assert_eq!(owing.owed(&house).await, (lacking.clone(), lacking.clone(), Some(0)));
    assert_eq!(overdue(&house, "police_reference").await.as_deref(), Some("1"));
    assert!(owing.page(&house, "/review?lang=en").await.contains("police reference overdue"));
    let figures = owing.page(&house, "/review/figures?lang=zh-CN").await;
    assert!(figures.contains("<th scope=\"row\">报警编号已超时未补</th><td>1</td><td>–</td>"), "{figures}");

    // An edit without a reference changes nothing; the one that brings it settles the matter when it goes
    // live.
    house.edit(manage, json!({"description": "早上出门买菜后未归。"})).await;
    house.go_live(case, &[&desk.colleague]).await;
    let both = json!(["second_look", "police_reference"]);
    assert_eq!(owing.owed(&house).await, (both, lacking.clone(), Some(0)));
    house.approve(case, &[&desk.lead]).await;
    assert_eq!(owing.owed(&house).await, (lacking.clone(), lacking, Some(0)));
    house.edit(manage, json!({"police": {"reference": "廊公安受字2026第1123号"}})).await;
    assert_eq!(owing.owed(&house).await.0, json!(["revision", "police_reference"]));
    house.go_live(case, &[&desk.colleague]).await;
    assert_eq!(owing.owed(&house).await, (json!([]), json!([]), None));
    assert_eq!(overdue(&house, "police_reference").await.as_deref(), Some("0"));
    house
}

async fn what_is_removed_waits_for_nothing(house: House) -> House {
    let desk = Desk::of(&house).await;
    let mut body = notices::missing_person(house.clock.now());
    body["police"] = json!({"reported": true, "station": "银河南路派出所"});
    let (case, manage) = house.live(&body, &[&desk.moderator]).await;
    house.edit(&manage, json!({"description": "从未发布过的一句话"})).await;
    let sheet = desk.sheet(&house, &case).await;
    assert_eq!(sheet["public"]["description"], "从未发布过的一句话");
    let removal = json!({"version": sheet["version"], "reason": "false"});
    house.post(&format!("/review/{case}/remove"), Some(&desk.colleague.token), &removal).await.expect(200);
    let sheet = desk.sheet(&house, &case).await;
    assert_eq!((&sheet["wants"], &sheet["pending_revision"]), (&json!([]), &Value::Null), "{sheet}");
    assert_eq!(sheet["public"]["description"], body["description"], "what was said, not what was to be");
    let mine = house.get("/my/notice", Some(&manage)).await.expect(200);
    assert_eq!(mine["waiting"], Value::Null, "{mine}");
    house.advance(TimeDelta::hours(3));
    let text = house.page("/metrics").await.text;
    assert!(text.contains("seventytwo_notices_overdue{want=\"second_look\"} 0\n"), "{text}");
    house
}
