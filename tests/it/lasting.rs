//! How long a notice lasts, and what feeds and caches are told.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use crate::house::House;
use crate::steps::Desk;
use crate::{Test, housed, notices};

pub const TESTS: &[Test] = &[
    housed!(after_three_renewals_the_reporter_learns_what_to_do),
    housed!(the_feed_moves_with_what_is_shown_and_stands_still_otherwise),
    housed!(what_is_written_in_the_readers_language_says_so_to_caches),
];

async fn after_three_renewals_the_reporter_learns_what_to_do(house: House) -> House {
    let desk = Desk::of(&house).await;
    let by = [&desk.moderator];
    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &by).await;
    for _ in 0..3 {
        house.call(Method::POST, "/my/notice/renew", Some(&manage), None).await.expect(200);
        house.go_live(&case, &by).await;
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

/// The first `<updated>` of the feed and that of its first entry.
fn updated(feed: &str) -> Vec<String> {
    let parts = feed.split("<updated>").skip(1).take(2);
    parts.map(|part| part.split('<').next().unwrap_or_default().to_owned()).collect()
}

async fn the_feed_moves_with_what_is_shown_and_stands_still_otherwise(house: House) -> House {
    const FEED: &str = "/feeds/notices.atom";
    let desk = Desk::of(&house).await;
    let none = house.page(FEED).await;
    house.advance(TimeDelta::minutes(5));
    assert_eq!(updated(&house.page(FEED).await.text), updated(&none.text), "nothing has changed");

    let (case, manage) = house.live(&notices::lost_property(house.clock.now()), &[&desk.moderator]).await;
    let first = house.page(FEED).await;
    let tag = first.headers["etag"].clone();
    house.advance(TimeDelta::minutes(5));
    house.edit(&manage, json!({"description": "包里还有一把伞"})).await;
    assert_eq!(updated(&house.page(FEED).await.text), updated(&first.text), "nobody has read it yet");
    let known = house.http.get(format!("{}{FEED}", house.base)).header("if-none-match", &tag);
    assert_eq!(known.send().await.unwrap().status(), 304);

    house.go_live(&case, &[&desk.colleague]).await;
    let second = house.page(FEED).await;
    let (before, after) = (updated(&first.text), updated(&second.text));
    assert!(after[0] > before[0] && after[1] > before[1], "{before:?} {after:?}");
    assert_ne!(second.headers["etag"], tag);
    let known = house.http.get(format!("{}{FEED}", house.base)).header("if-none-match", &tag);
    assert_eq!(known.send().await.unwrap().status(), 200);
    house
}

async fn what_is_written_in_the_readers_language_says_so_to_caches(house: House) -> House {
    for path in ["/", "/feeds/notices.atom", "/api/v1/notices/x", "/nowhere"] {
        let answer = house.page(path).await;
        let varies: Vec<String> = answer
            .headers
            .get_all("vary")
            .iter()
            .flat_map(|value| value.to_str().unwrap().split(','))
            .map(|name| name.trim().to_ascii_lowercase())
            .collect();
        assert!(varies.iter().any(|name| name == "accept-language"), "{path}: {varies:?}");
    }
    house
}
