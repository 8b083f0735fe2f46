//! The reporter's page in a browser: the manage link is the page, and it says what became of a step.

use reqwest::Method;

use crate::hostile::{ask, request};
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[housed!(the_manage_link_is_the_page_and_says_when_it_is_over)];

async fn the_manage_link_is_the_page_and_says_when_it_is_over(house: House) {
    let made = house.post("/notices", None, &notices::lost_property(house.clock.now())).await.expect(201);
    let link = made["manage_url"].as_str().unwrap();
    let path = link.strip_prefix(&house.base).expect("an address of this house");
    let open = house.page(path).await;
    assert_eq!(open.status, 200, "{}", open.text);
    assert!(open.text.contains(made["case_number"].as_str().unwrap()), "without any cookie");
    assert!(open.text.contains(&format!("href=\"{link}\"")), "what is to be kept stands there");
    assert!(!open.text.contains("role=\"status\""), "{}", open.text);
    let cookie = open.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf = open.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let close = |mark: &str| {
        let form = [("csrf", mark), ("outcome", "withdrawn")];
        ask(request(&house, Method::POST, "/my/close").header("cookie", &cookie).form(&form))
    };
    assert_eq!(close("x").await.status, 403);
    let closed = close(csrf).await;
    assert_eq!(closed.status, 303, "{}", closed.text);
    let told = house.page_as(closed.headers["location"].to_str().unwrap(), &cookie).await;
    assert!(told.text.contains("role=\"status\">这条信息已结束"), "{}", told.text);
    let english = house.page(&format!("{path}?lang=en")).await;
    assert!(english.text.contains("role=\"status\">This notice is over"), "{}", english.text);
}
