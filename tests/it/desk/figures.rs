//! How much came in, and what became of it.

use chrono::TimeDelta;
use serde_json::json;
use seventytwo::domain::people::Role;

use crate::hostile::by_another;
use crate::house::{House, Person, Reply};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(the_figures_are_for_leads),
    housed!(the_figures_are_counted_by_kind),
    housed!(the_figures_are_counted_by_period),
];

async fn read(house: &House, by: &Person, path: &str) -> Reply {
    let cookie = house.cookie(by).await;
    house.page_as(path, &cookie).await
}

/// The values in a row of the figures, one for each kind in order; empty where the row does not exist.
fn figures(page: &str, line: &str) -> Vec<String> {
    let after = page.split_once(&format!("<th scope=\"row\">{line}</th>"));
    let cells = after.map_or("", |(_, rest)| rest.split("</tr>").next().unwrap());
    cells.split("<td>").skip(1).map(|cell| cell.split("</td>").next().unwrap().to_owned()).collect()
}

/// Six notices, and what became of them. Returns the case of the thing that is back, and the one rejected.
async fn a_day(house: &House) -> [String; 2] {
    let moderator = house.person("林志愿", Role::Moderator).await;
    // Three things are published after 10, 20 and 60 minutes; the reporter of the first has it back.
    let mut things = Vec::new();
    for (n, minutes) in [(1, 10), (2, 20), (3, 60)] {
        let (case, manage) = house.submit(&by_another(notices::lost_property(house.clock.now()), n)).await;
        house.advance(TimeDelta::minutes(minutes));
        house.go_live(&case, &[&moderator]).await;
        things.push((case, manage));
    }
    house.close(&things[0].1, "returned").await;
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
    [things[0].0.clone(), case]
}

async fn the_figures_are_for_leads(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let moderator = house.person("林志愿", Role::Moderator).await;
    for person in [&moderator, &house.person("周群主", Role::GroupAdmin).await] {
        assert_eq!(read(&house, person, "/review/figures").await.status, 403, "{}", person.name);
    }
    assert!(!read(&house, &moderator, "/review").await.text.contains("/review/figures"));
    assert!(read(&house, &lead, "/review").await.text.contains("href=\"/review/figures\""));
    house
}

async fn the_figures_are_counted_by_kind(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    let [returned, rejected] = a_day(&house).await;
    let page = read(&house, &lead, "/review/figures").await;
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
    for secret in ["双肩包", "李玉兰", "王小红", "林志愿", &returned, &rejected] {
        assert!(!page.text.contains(secret), "{secret} is nobody's figure");
    }
    house
}

async fn the_figures_are_counted_by_period(house: House) -> House {
    let lead = house.person("陈组长", Role::Lead).await;
    a_day(&house).await;
    // What came in earlier is not counted for the last days; an erased notice counts under its kind and
    // outcome.
    house.pass(TimeDelta::days(20)).await;
    assert_eq!(figures(&read(&house, &lead, "/review/figures").await.text, "提交"), ["–"; 4]);
    let month = read(&house, &lead, "/review/figures?period=30d").await.text;
    assert_eq!(figures(&month, "提交"), ["1", "3", "2", "–"]);
    assert_eq!(figures(&month, "已到期"), ["–", "1", "–", "–"], "{month}");
    house.pass(TimeDelta::days(40)).await;
    assert_eq!(figures(&read(&house, &lead, "/review/figures?period=30d").await.text, "提交"), ["–"; 4]);
    let ever = read(&house, &lead, "/review/figures?period=all&lang=en").await.text;
    assert_eq!(figures(&ever, "Submitted"), ["1", "3", "2", "–"]);
    assert_eq!(figures(&ever, "over: Returned"), ["–", "1", "–", "–"], "{ever}");
    assert_eq!(figures(&ever, "Waiting for a decision"), ["–"; 4], "nobody took them up");
    house
}
