//! What the admin reads about the requests of a group, and for how long.

use chrono::TimeDelta;
use serde_json::{Value, json};
use seventytwo::domain::group::Platform;

use super::{Team, beijing, close};
use crate::house::House;
use crate::{Test, housed, notices};

/// The tests of this file.
pub const TESTS: &[Test] = &[
    housed!(the_log_tells_of_every_call_for_thirty_days),
    housed!(answers_are_kept_and_go_with_their_notice),
    housed!(stored_answers_are_cut_to_four_kilobytes_and_redacted),
    housed!(the_log_does_not_show_what_was_taken_down),
    housed!(the_log_tells_which_request_a_call_was),
    housed!(the_log_tells_what_is_known_of_a_call_that_ends_a_notice),
    housed!(the_log_says_that_a_notice_is_paused),
    housed!(the_log_shows_the_words_that_stood_below_a_photo),
];

async fn the_log_tells_of_every_call_for_thirty_days(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    team.chat.script(503, &[], "not now");
    let (case, _) = team.publish_bag(&house).await;
    house.pass(TimeDelta::minutes(1)).await;
    team.hears(&case);
    let id = team.newest(&house).await["id"].as_str().unwrap().to_owned();
    let path = team.path(&format!("/deliveries/{id}"));
    let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
    let calls = exchange["calls"].as_array().unwrap();
    let ended: Vec<_> = calls.iter().map(|call| call["outcome"].as_str().unwrap()).collect();
    assert_eq!(ended, ["retry", "delivered"]);
    assert!(calls.iter().all(|call| call["took_ms"].is_number()), "{calls:?}");
    assert!(calls[0]["at"].as_str() < calls[1]["at"].as_str(), "{calls:?}");

    house.pass(TimeDelta::hours(72)).await;
    team.hears(&case);
    let log = async || house.get(&team.path("/deliveries"), Some(&team.admin.token)).await.expect(200);
    assert_eq!(log().await["items"].as_array().map(Vec::len), Some(2));
    for nowhere in ["-5", "0", "x"] {
        let asked =
            house.get(&team.path(&format!("/deliveries?cursor={nowhere}")), Some(&team.admin.token)).await;
        assert_eq!(asked.problem(422), "invalid_fields", "{nowhere}");
    }
    house.advance(TimeDelta::days(28));
    assert_eq!(log().await["items"].as_array().map(Vec::len), Some(1), "the closing is younger");
    assert_eq!(house.get(&path, Some(&team.admin.token)).await.status, 404);
    house.advance(TimeDelta::days(3));
    assert_eq!(log().await["items"], json!([]));
    house
}

async fn answers_are_kept_and_go_with_their_notice(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let robot = team.chat.robot();
    team.chat.script(413, &[], &format!("no room for 双肩包 at {robot}"));
    let (case, manage) = team.publish_bag(&house).await;
    let id = team.newest(&house).await["id"].as_str().unwrap().to_owned();
    let path = team.path(&format!("/deliveries/{id}"));
    let read = || async { house.get(&path, Some(&team.admin.token)).await.expect(200) };
    let exchange = read().await;
    let request = exchange["request"]["words"].as_str().unwrap();
    assert!(request.contains(&case) && request.contains("双肩包"), "{request}");
    let call = &exchange["calls"][0];
    assert_eq!((&call["outcome"], &call["code"]), (&json!("bad"), &json!("http_413")));
    assert!(call["took_ms"].is_number() && call["meaning"].as_str().unwrap().contains("http_413"), "{call}");
    let answer = call["answer"]["words"].as_str().unwrap();
    assert!(answer.starts_with("HTTP 413\n") && answer.contains("no room for 双肩包"), "{answer}");
    assert!(!answer.contains(&robot), "the way in is no part of an answer: {answer}");
    notices::assert_unreadable(&house, &["no room for"]).await;

    // A group that heard of it hears that it is over; the words are not shown any more, not even here.
    house.post(&format!("{path}/redeliver"), Some(&team.admin.token), &Value::Null).await.expect(202);
    house.settle().await;
    team.hears(&case);
    team.chat.script(413, &[], "no room either");
    close(&house, &manage).await;
    let exchange = read().await;
    let gone = json!({"words": null, "erased": false});
    assert_eq!((&exchange["request"], &exchange["calls"][0]["answer"]), (&gone, &gone));
    // Erased: nothing of it is left, however recent the request.
    let id = team.newest(&house).await["id"].as_str().unwrap().to_owned();
    let closing = team.path(&format!("/deliveries/{id}"));
    house.advance(TimeDelta::hours(1));
    team.chat.script(413, &[], "no room either");
    house.post(&format!("{closing}/redeliver"), Some(&team.admin.token), &Value::Null).await.expect(202);
    house.settle().await;
    house.pass(TimeDelta::days(30) - TimeDelta::hours(1)).await;
    assert_eq!(read().await["request"], json!({"words": null, "erased": true}));
    let exchange = house.get(&closing, Some(&team.admin.token)).await.expect(200);
    let youngest = exchange["calls"].as_array().unwrap().last().expect("a call of less than 30 days ago");
    assert_eq!(youngest["answer"], json!({"words": null, "erased": true}));
    house
}

async fn stored_answers_are_cut_to_four_kilobytes_and_redacted(house: House) -> House {
    const KEPT: usize = 4 * 1024;
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let robot = team.chat.robot();
    let token = robot.rsplit('/').next().unwrap();
    let filler = "x".repeat(4080);
    for (number, body) in [
        // The credentials lie across the end of what is kept.
        format!("{filler}{robot}"),
        format!("{filler}{token}"),
        // So does a character of three bytes.
        format!("x{}", "好".repeat(KEPT)),
    ]
    .into_iter()
    .enumerate()
    {
        team.chat.script(413, &[], &body);
        team.publish(&house, notices::lost_property(house.clock.now()), &format!("1380013810{number}")).await;
        let exchange = team.exchange(&house).await;
        let answer = exchange["calls"][0]["answer"]["words"].as_str().unwrap();
        let words = answer.strip_prefix("HTTP 413\n").unwrap();
        let expected = match number {
            0 | 1 => format!("{filler}***"),
            _ => format!("x{}", "好".repeat((KEPT - 1) / 3)),
        };
        assert_eq!(words, expected, "{number}");
    }
    house
}

async fn the_log_does_not_show_what_was_taken_down(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let (case, _) = team.publish_bag(&house).await;
    team.hears(&case);
    let alert = team.path(&format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap()));
    let sheet = house.get(&format!("/review/{case}"), Some(&team.moderator.token)).await.expect(200);
    let removal = json!({"version": sheet["version"], "reason": "unsafe"});
    house.post(&format!("/review/{case}/remove"), Some(&team.moderator.token), &removal).await.expect(200);
    house.settle().await;
    team.hears(&case);
    let exchange = house.get(&alert, Some(&team.admin.token)).await.expect(200);
    assert_eq!(exchange["request"], json!({"words": null, "erased": false}));
    house
}

async fn the_log_tells_which_request_a_call_was(house: House) -> House {
    let house = house.and_chats(&[Platform::Wecom]).await;
    let team = Team::of(&house).await;
    team.chat.script(502, &[], "not now");
    let (case, manage) = team.publish_bag(&house).await;
    house.pass(TimeDelta::minutes(1)).await;
    let words = team.chat.read().expect("the words").to_string();
    assert!(words.contains(&case), "{words}");
    assert_eq!(team.chat.read().expect("the picture")["msgtype"], "image");
    let path = team.path(&format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap()));
    let exchange = house.get(&path, Some(&team.admin.token)).await.expect(200);
    let calls = exchange["calls"].as_array().unwrap().iter();
    let text = |call: &Value, name: &str| call[name].as_str().unwrap_or_default().to_owned();
    let calls: Vec<_> =
        calls.map(|call| (text(call, "outcome"), call["part"].as_i64(), text(call, "asked"))).collect();
    let told = [("retry", 1, "words"), ("delivered", 1, "words"), ("delivered", 2, "picture")];
    let told = told.map(|(outcome, part, asked)| (outcome.to_owned(), Some(part), asked.to_owned()));
    assert_eq!(calls, told);
    let page = team.page(&house, &path[team.path("").len()..]).await;
    let cards: Vec<&str> = page.split(r#"<section class="card">"#).skip(1).collect();
    assert!(cards[2].contains("第 2 次请求") && cards[2].contains("只有图片，没有文字"), "{page}");
    assert!(cards[..2].iter().all(|card| card.contains("下面的文字")), "{page}");

    // Where nothing can be taken back, the end is said in words.
    close(&house, &manage).await;
    assert!(team.chat.read().expect("the closing").to_string().contains(&case));
    let exchange = team.exchange(&house).await;
    assert_eq!(exchange["calls"][0]["asked"], "words");
    house
}

async fn the_log_tells_what_is_known_of_a_call_that_ends_a_notice(house: House) -> House {
    let house = house.and_chats(&[Platform::Discord]).await;
    let team = Team::of(&house).await;
    let (case, manage) = team.publish_bag(&house).await;
    team.hears(&case);
    close(&house, &manage).await;
    let path = format!("/deliveries/{}", team.newest(&house).await["id"].as_str().unwrap());
    let exchange = house.get(&team.path(&path), Some(&team.admin.token)).await.expect(200);
    let call = &exchange["calls"][0];
    assert_eq!((&call["outcome"], &call["asked"]), (&json!("delivered"), &json!("ending")), "{exchange}");
    let page = team.page(&house, &path).await;
    assert!(page.contains("是哪一种没有记录"), "{page}");
    house
}

async fn the_log_says_that_a_notice_is_paused(house: House) -> House {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let team = Team::of(&house).await;
    let quiet = json!({"from": beijing(house.clock.now(), 0), "until": beijing(house.clock.now(), 3)});
    team.change(&house, json!({"quiet": quiet})).await;
    let (case, _) = team.publish_bag(&house).await;
    let step = async |step: &str| {
        let sheet = house.get(&format!("/review/{case}"), Some(&team.moderator.token)).await.expect(200);
        let body = json!({"version": sheet["version"], "reason": "other", "note": "…"});
        let path = format!("/review/{case}/{step}");
        house.post(&path, Some(&team.moderator.token), &body).await.expect(200);
        house.settle().await;
    };
    assert_eq!(team.newest(&house).await["waits_for"], Value::Null, "it waits for a time");
    assert!(team.page(&house, "").await.contains("不早于"));
    step("pause").await;
    assert_eq!(team.newest(&house).await["waits_for"], "notice");
    let page = team.page(&house, "").await;
    assert!(page.contains("信息已暂停，正在重新核实") && !page.contains("不早于"), "{page}");
    // If the group is paused as well, its own admin can do something about that.
    house.post(&team.path("/pause"), Some(&team.admin.token), &Value::Null).await.expect(200);
    assert_eq!(team.newest(&house).await["waits_for"], "group");
    house.post(&team.path("/resume"), Some(&team.admin.token), &Value::Null).await.expect(200);
    step("resume").await;
    house.pass(TimeDelta::hours(3)).await;
    team.hears(&case);
    house
}

async fn the_log_shows_the_words_that_stood_below_a_photo(house: House) -> House {
    let house = house.and_chats(&[Platform::Telegram]).await;
    let team = Team::of(&house).await;
    house.advance(TimeDelta::minutes(1));
    let mut bag = notices::lost_property(house.clock.now());
    bag["description"] = "黑色双肩包，里面有书和钥匙。".repeat(70).into();
    team.publish(&house, bag, "13800138001").await;
    let sent = team.chat.read().expect("a photo");
    let caption = sent["caption"].as_str().expect("its caption");
    assert!(caption.contains('…'), "longer than a caption may be: {caption}");
    let exchange = team.exchange(&house).await;
    let shown: Value = serde_json::from_str(exchange["request"]["words"].as_str().unwrap()).unwrap();
    assert_eq!(shown, json!({"caption": caption}));
    house
}
