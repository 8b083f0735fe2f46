//! The reporter's page in a browser: the manage link is the page, and it says what became of a step.

use chrono::TimeDelta;
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::json;
use seventytwo::domain::people::Role;
use seventytwo::store::photos;

use crate::hostile::{ask, request};
use crate::house::{House, Reply};
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(the_manage_link_is_the_page_and_says_when_it_is_over),
    housed!(who_is_refused_reads_why_and_what_to_do_next),
    housed!(a_photo_that_comes_with_an_answer_is_never_published),
    housed!(age_and_height_are_read_as_people_write_them),
];

async fn who_is_refused_reads_why_and_what_to_do_next(house: House) {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let again = "href=\"/report/lost_property?again=1\">再提交一次";
    let box_of = |page: &str| {
        let (_, rest) = page.split_once("class=\"warning\"").expect("a box");
        rest.split_once("id=\"state\"").expect("above the state").0.to_owned()
    };
    for (reason, said, mendable) in
        [("unclear_photo", "请换一张", true), ("duplicate", "110", false), ("debt", "12348", false)]
    {
        let made = house.post("/notices", None, &notices::lost_property(house.clock.now())).await.expect(201);
        house.decide(made["case_number"].as_str().unwrap(), &moderator, "reject", reason).await.expect(200);
        let page = house.page(&format!("/my/{}", made["manage_token"].as_str().unwrap())).await.text;
        let told = box_of(&page);
        assert!(told.contains(said), "{reason}: {told}");
        assert_eq!(told.contains(again), mendable, "{reason}: {told}");
    }
    // Whoever hands it in again does not write it all again; what is agreed to is asked anew.
    let body = notices::lost_property(house.clock.now());
    let made = house.post("/notices", None, &body).await.expect(201);
    let (case, manage) = (made["case_number"].as_str().unwrap(), made["manage_token"].as_str().unwrap());
    let form = async |cookie: &str| house.page_as("/report/lost_property?again=1", cookie).await.text;
    let (_, cookie, _) = at_home(&house, &format!("/my/{manage}")).await;
    assert!(!form(&cookie).await.contains("双肩包"), "it is not over");
    house.decide(case, &moderator, "reject", "unclear_photo").await.expect(200);
    let filled = form(&cookie).await;
    for kept in ["value=\"双肩包\"", "12 路公交车上", "value=\"河北省廊坊市广阳区\"", "内袋里有一张合影"]
    {
        assert!(filled.contains(kept), "{kept}: {filled}");
    }
    assert!(!filled.contains("name=\"consent.publish\" value=\"true\" checked"), "{filled}");
    assert!(!form("").await.contains("双肩包"), "nobody else reads it");
    let empty = house.page_as("/report/rescue?again=1", &cookie).await.text;
    assert!(!empty.contains("12 路公交车上"), "another kind: {empty}");
    // What has had its time may be handed in again.
    let made = house.post("/notices", None, &notices::lost_property(house.clock.now())).await.expect(201);
    let path = format!("/my/{}", made["manage_token"].as_str().unwrap());
    house.decide(made["case_number"].as_str().unwrap(), &moderator, "approve", "verified").await.expect(200);
    house.advance(TimeDelta::seconds(30));
    house.settle().await;
    house.advance(TimeDelta::hours(72));
    let told = box_of(&house.page(&path).await.text);
    assert!(told.contains("公开的时间已到") && told.contains(again), "{told}");
    house.finish().await;
}

/// Whoever opens a manage link has a cookie and a mark for its forms.
async fn at_home(house: &House, path: &str) -> (Reply, String, String) {
    let open = house.page(path).await;
    let cookie = open.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let csrf =
        open.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    (open, cookie, csrf)
}

async fn a_photo_that_comes_with_an_answer_is_never_published(house: House) {
    let moderator = house.person("林志愿", Role::Moderator).await;
    let face = house.photo(notices::jpeg()).await;
    let mut body = notices::lost_property(house.clock.now());
    body["photo_ids"] = json!([face]);
    let made = house.post("/notices", None, &body).await.expect(201);
    let (case, manage) = (made["case_number"].as_str().unwrap(), made["manage_token"].as_str());
    let path = format!("/review/{case}");
    let claim = house.post(&format!("{path}/claim"), Some(&moderator.token), &json!({})).await.expect(200);
    let ask = json!({"version": claim["version"], "action": "ask", "note": "请发报警回执"});
    house.post(&format!("{path}/decisions"), Some(&moderator.token), &ask).await.expect(200);
    let receipt = house.photo(notices::jpeg()).await;
    let both = json!({"text": "见照片", "photo_ids": [receipt, face]});
    let refused = house.post("/my/notice/reply", manage, &both).await.expect(422);
    assert!(!refused["fields"]["photo_ids[1]"].is_null(), "what is public is no evidence: {refused}");
    let answer = json!({"text": "见照片", "photo_ids": [receipt]});
    house.post("/my/notice/reply", manage, &answer).await.expect(200);
    let sheet = house.get(&path, Some(&moderator.token)).await;
    assert!(!sheet.text.contains(&receipt), "only whoever holds the case sees it: {}", sheet.text);

    let claim = house.post(&format!("{path}/claim"), Some(&moderator.token), &json!({})).await.expect(200);
    let sheet = house.get(&path, Some(&moderator.token)).await.expect(200);
    let reply = sheet["events"].as_array().unwrap().iter().find(|event| event["step"] == "reply").unwrap();
    assert_eq!((&reply["photo_ids"], &sheet["public"]["photos"]), (&json!([receipt]), &json!([face])));
    let approve = json!({"version": claim["version"], "action": "approve", "reason": "verified"});
    house.post(&format!("{path}/decisions"), Some(&moderator.token), &approve).await.expect(200);
    house.advance(TimeDelta::seconds(30));
    house.settle().await;

    let picture = |id: &str| format!("/p/{id}/page.jpg");
    assert_eq!(house.page(&picture(&face)).await.status, 200);
    assert_eq!(house.page(&picture(&receipt)).await.status, 404);
    let public = house.page(&format!("/n/{case}")).await;
    assert!(public.text.contains(&face) && !public.text.contains(&receipt), "{}", public.text);
    let mine = house.get("/my/notice", manage).await.expect(200);
    assert_eq!(
        (&mine["notice"]["photo_ids"], &mine["replies"][1]["photo_ids"]),
        (&json!([face]), &json!([receipt]))
    );

    // An edit keeps what came as evidence, and cannot make it public either.
    let edit = json!({"photo_ids": [face, receipt]});
    let refused = house.call(Method::PATCH, "/my/notice", manage, Some(&edit)).await.expect(422);
    assert!(!refused["fields"]["photo_ids[1]"].is_null(), "{refused}");
    let edit = json!({"description": "遗失在 12 路公交车的后排。"});
    house.call(Method::PATCH, "/my/notice", manage, Some(&edit)).await.expect(200);
    let mine = house.get("/my/notice", manage).await.expect(200);
    assert_eq!(mine["replies"][1]["photo_ids"], json!([receipt]));

    // It is erased with the notice.
    let close = json!({"outcome": "returned", "announce": false});
    house.post("/my/notice/close", manage, &close).await.expect(200);
    house.advance(TimeDelta::days(30));
    house.settle().await;
    let id = receipt.parse().unwrap();
    let left = house.stations.shared.store.read(move |c| photos::by_id(c, id)).await.unwrap();
    assert!(left.is_none(), "its key is deleted");
    house.finish().await;
}

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
    assert!(told.text.contains("已经撤回。"), "and a kind word: {}", told.text);
    let english = house.page(&format!("{path}?lang=en")).await;
    assert!(english.text.contains("role=\"status\">This notice is over"), "{}", english.text);
}

/// Sends the form of a missing person with this age and this height in it.
async fn report(house: &House, age: &str, height: &str) -> Reply {
    let mut form = Form::new();
    let body = notices::missing_person(house.clock.now());
    for (name, value) in [
        ("region", "廊坊市广阳区"),
        ("person.name", "李玉兰"),
        ("person.age", age),
        ("person.height_cm", height),
        ("person.category", "dementia"),
        ("last_seen.at", body["last_seen"]["at"].as_str().unwrap()),
        ("last_seen.place", "银河南路"),
        ("last_seen.precision", "about"),
        ("description", "早上出门买菜后未归。"),
        ("police.reported", "true"),
        ("safety.violence", "false"),
        ("safety.protection_order", "false"),
        ("safety.left_voluntarily", "false"),
        ("reporter.name", "王小红"),
        ("reporter.phone", "13800138000"),
        ("reporter.relation", "女儿"),
        ("consent.truthful", "true"),
        ("consent.sensitive", "true"),
        ("consent.publish", "true"),
    ] {
        form = form.text(name.to_owned(), value.to_owned());
    }
    ask(request(house, Method::POST, "/report/missing_person").multipart(form)).await
}

async fn age_and_height_are_read_as_people_write_them(house: House) {
    let sent = report(&house, "１９５０年生", "1.58米").await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let cookie = sent.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let done = sent.headers["location"].to_str().unwrap();
    let told = house.page_as(done, cookie).await.text;
    assert!(told.contains("76 岁") && told.contains("158 厘米"), "what was understood: {told}");
    let told = house.page_as(&format!("{done}?lang=en"), cookie).await.text;
    assert!(told.contains("76 years old") && told.contains("158 cm"), "{told}");

    // What cannot be read is kept, and the page says how to write it.
    let again = report(&house, "很老了", "中等").await;
    assert_eq!(again.status, 422);
    for kept in ["value=\"很老了\"", "value=\"中等\"", "出生年份，例如 1950", "请写厘米数"] {
        assert!(again.text.contains(kept), "{kept}: {}", again.text);
    }
    // Beside what is wrong elsewhere, what was understood stands as it was typed.
    let again = report(&house, "1950年生", "中等").await;
    assert!(again.text.contains("value=\"1950年生\""), "{}", again.text);
    // Who is too old was born in another year.
    assert_eq!(report(&house, "1850", "158").await.status, 422);

    // Programs send numbers.
    let mut body = notices::missing_person(house.clock.now());
    body["person"]["age"] = json!("1950年生");
    body["person"]["height_cm"] = json!("1.58米");
    let refused = house.post("/notices", None, &body).await.expect(422);
    let fields = refused["fields"].as_object().unwrap();
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["person.age", "person.height_cm"], "{refused}");
    house.finish().await;
}
