//! Pictures that a platform refuses.

use chrono::TimeDelta;
use serde_json::json;
use seventytwo::domain::group::Platform;

use super::{Team, close};
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(words_go_alone_where_their_picture_is_refused),
    housed!(words_go_alone_where_the_link_to_their_poster_is_refused),
    housed!(a_picture_that_is_refused_is_uploaded_once),
];

async fn words_go_alone_where_their_picture_is_refused(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let team = Team::of(&house).await;
    let refusal = |words: &str| json!({"ok": false, "error_code": 400, "description": words}).to_string();
    let pictureless = "Bad Request: not enough rights to send photos to the chat";
    for (phone, words) in [("13800138001", pictureless), ("13800138002", "Bad Request: IMAGE_PROCESS_FAILED")]
    {
        house.advance(TimeDelta::minutes(1));
        team.chat.script(400, &[], &refusal(words));
        let mut bag = notices::lost_property(house.clock.now());
        bag["description"] = "黑色双肩包，里面有书和钥匙。".repeat(70).into();
        let (case, manage) = team.publish(&house, bag, phone).await;
        house.pass(TimeDelta::seconds(10)).await;
        let said = team.chat.read().expect("the words");
        assert!(said["text"].as_str().is_some_and(|text| text.contains(&case)), "{words}: {said}");
        let exchange = team.exchange(&house).await;
        let shown = exchange["request"]["words"].as_str().unwrap();
        assert!(
            !shown.contains("caption") && !shown.contains('…'),
            "there was room for all of them: {shown}"
        );
        assert_eq!(team.chat.read(), None);
        let delivery = team.newest(&house).await;
        assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(2)));
        assert_eq!(delivery["words_only"], true);
        assert!(team.page(&house, "").await.contains("图片没有送达"), "{words}");
        // The message there is text, and is edited as text.
        close(&house, &manage).await;
        house.pass(TimeDelta::seconds(10)).await;
        let closing = team.newest(&house).await;
        assert_eq!((&closing["state"], &closing["words_only"]), (&json!("delivered"), &json!(false)));
    }

    // Words that were refused themselves are not sent again.
    house.advance(TimeDelta::minutes(1));
    for _ in 0..2 {
        team.chat.script(400, &[], &refusal("Bad Request: message is too long"));
    }
    team.publish(&house, notices::lost_property(house.clock.now()), "13800138003").await;
    house.pass(TimeDelta::seconds(10)).await;
    let delivery = team.newest(&house).await;
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("given_up"), &json!(2)));
    house
}

async fn words_go_alone_where_the_link_to_their_poster_is_refused(house: House) -> House {
    let refusals = [
        (Platform::Dingtalk, 200, r#"{"errcode":430103,"errmsg":"unsafe picture"}"#),
        (Platform::Discord, 400, r#"{"code":50035,"message":"Invalid Form Body"}"#),
    ];
    let platforms = refusals.map(|(platform, ..)| platform);
    let house = house.and_chats(&platforms).await;
    let mut team = Team::of(&house).await;
    for (place, (platform, status, body)) in refusals.into_iter().enumerate() {
        team.chat = house.chats[place].clone();
        if place > 0 {
            team.group = house.group(&team.chat, &team.admin, &["131003"], &["lost_property"]).await;
        }
        team.chat.script(status, &[], body);
        let phone = format!("1380013800{place}");
        let (case, _) = team.publish(&house, notices::lost_property(house.clock.now()), &phone).await;
        house.pass(TimeDelta::seconds(10)).await;
        let said = team.chat.read().expect("the words").to_string();
        assert!(said.contains(&case) && !said.contains("poster.jpg"), "{platform:?}: {said}");
        let delivery = team.newest(&house).await;
        assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(2)));
        let exchange = team.exchange(&house).await;
        let shown = exchange["request"]["words"].as_str().unwrap();
        assert!(shown.contains(&case) && !shown.contains("poster.jpg"), "{platform:?}: {shown}");
    }
    house.chats[0].read().expect("the second notice is for both");
    house
}

async fn a_picture_that_is_refused_is_uploaded_once(house: House) -> House {
    let house = house.and_chats(&[Platform::Matrix]).await;
    let team = Team::of(&house).await;
    house.advance(TimeDelta::minutes(1));
    team.chat.refuse_pictures();
    let before = team.chat.asked().len();
    let (case, _) = team.publish_bag(&house).await;
    house.pass(TimeDelta::minutes(1)).await;
    team.hears(&case);
    assert_eq!(team.chat.asked().len() - before, 3, "the words, the upload, the picture");
    let delivery = team.newest(&house).await;
    assert_eq!((&delivery["state"], &delivery["attempts"]), (&json!("delivered"), &json!(2)));
    assert_eq!((&delivery["words_only"], &delivery["last_outcome"]), (&json!(true), &json!("bad")));
    let page = team.page(&house, "").await;
    let line = page.split("<tbody>").nth(1).unwrap();
    assert!(line.contains("文字已送达") && line.contains("图片没有送达"), "{line}");
    assert!(line.contains("图片没有送达的原因：") && line.contains("M_"), "{line}");
    house
}
