//! How long a notice lasts.

use chrono::TimeDelta;
use reqwest::Method;

use crate::house::House;
use crate::steps::Desk;
use crate::{Test, housed, notices};

pub const TESTS: &[Test] = &[housed!(after_three_renewals_the_reporter_learns_what_to_do)];

async fn after_three_renewals_the_reporter_learns_what_to_do(house: House) -> House {
    let desk = Desk::of(&house).await;
    let by = [&desk.moderator];
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &by).await;
    for _ in 0..3 {
        house.call(Method::POST, "/my/notice/renew", Some(&manage), None).await.expect(200);
        house.approve(&case, &by).await;
        house.advance(TimeDelta::seconds(30));
        house.settle().await;
    }
    let refused = house.call(Method::POST, "/my/notice/renew", Some(&manage), None).await;
    let detail = refused.body["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(refused.problem(409), "not_possible");
    assert!(detail.contains("重新提交") && !detail.contains("请刷新页面"), "{detail}");
    let page = house.page_as("/my", &format!("manage={manage}")).await;
    assert!(page.text.contains("重新提交"), "{}", page.text);
    assert!(!page.text.contains("action=\"/my/renew\""), "{}", page.text);
    house
}
