//! What a notice about a person never prints, though it was typed; whoever verifies it reads it all.

use serde_json::{Value, json};
use seventytwo::domain::group::Platform;

use crate::hostile::{by_another, put};
use crate::house::{House, Reply};
use crate::steps::Desk;
use crate::{Test, housed, notices};

pub const TESTS: &[Test] = &[
    housed!(an_illness_is_read_by_nobody_but_the_moderator),
    housed!(what_somebody_meant_to_do_to_themselves_is_read_by_nobody_but_the_moderator),
    housed!(a_childs_school_and_door_are_read_by_nobody_but_the_moderator),
    housed!(an_adults_school_and_door_stay),
    housed!(the_reporter_reads_beforehand_what_others_will),
];

/// Lets it go live, and gives everything that anybody reads of it, the chat's message first, then what the
/// moderator reads.
async fn published(house: House, body: &Value) -> (House, Vec<Reply>, Value, String) {
    let house = house.and_chats(&[Platform::Webhook]).await;
    let desk = Desk::of(&house).await;
    let chat = house.chat_for("missing_person", "131003").await;
    let (case, _) = house.submit(body).await;
    let sheet = desk.sheet(&house, &case).await;
    let cookie = house.cookie(&desk.moderator).await;
    let page = house.page_as(&format!("/review/{case}"), &cookie).await.text;
    house.go_live(&case, &[&desk.moderator]).await;
    let said = chat.read().expect("the alert").to_string();
    let mut read = vec![
        house.page(&format!("/n/{case}")).await,
        house.get(&format!("/notices/{case}"), None).await,
        house.get("/notices", None).await,
        house.page("/feeds/notices.atom").await,
    ];
    let said = Reply { text: said, ..house.page(&format!("/n/{case}")).await };
    read.insert(0, said);
    (house, read, sheet, page)
}

#[track_caller]
fn assert_hidden(read: &[Reply], hidden: &[&str], kept: &[&str]) {
    for (n, reply) in read.iter().enumerate() {
        assert_eq!(reply.status, 200);
        for word in hidden {
            assert!(!reply.text.contains(word), "{word} in {n}: {}", reply.text);
        }
    }
    for word in kept {
        assert!(read[0].text.contains(word) && read[1].text.contains(word), "{word}: {}", read[0].text);
    }
}

async fn an_illness_is_read_by_nobody_but_the_moderator(house: House) -> House {
    let mut body = notices::missing_person(house.clock.now());
    put(&mut body, "description", json!("患有阿尔茨海默病、老年痴呆，走失。记不清家在哪里。"));
    put(&mut body, "person.appearance", json!("智力残疾二级，短发"));
    put(&mut body, "person.clothing", json!("有认知障碍，黑色裤子"));
    let (house, read, sheet, page) = published(house, &body).await;
    let illnesses = ["阿尔茨海默", "痴呆", "智力残疾", "二级", "认知障碍"];
    assert_hidden(&read, &illnesses, &["患有〔病情已隐去〕", "短发", "记不清家在哪里", "黑色裤子"]);
    assert_eq!(sheet["public"]["subject"]["person"]["appearance"], "智力残疾二级，短发");
    assert!(sheet["flags"].as_array().unwrap().contains(&json!("diagnosis")), "{sheet}");
    for told in ["智力残疾二级，短发", "〔病情已隐去〕，短发", "填写的原文（"] {
        assert!(page.contains(told), "{told} is not in {page}");
    }
    house
}

async fn what_somebody_meant_to_do_to_themselves_is_read_by_nobody_but_the_moderator(house: House) -> House {
    let mut body = notices::missing_person(house.clock.now());
    put(&mut body, "person.category", json!("self_harm_risk"));
    put(&mut body, "person.age", json!(12));
    put(&mut body, "description", json!("留下遗书说要跳河，吃了安眠药，HIV阳性，bipolar. 穿黑色外套。"));
    let made = house.post("/notices", None, &by_another(body.clone(), 7)).await.expect(201);
    assert_eq!(made["hints"], json!(["self_harm"]), "{made}");
    let (house, read, sheet, page) = published(house, &body).await;
    assert_hidden(
        &read,
        &["遗书", "跳河", "安眠药", "HIV", "bipolar", "12356"],
        &["〔内容已隐去〕", "黑色外套"],
    );
    let flags = sheet["flags"].as_array().unwrap();
    assert!(flags.contains(&json!("self_harm")) && flags.contains(&json!("diagnosis")), "{sheet}");
    assert!(page.contains("遗书") && page.contains("12356"), "{page}");
    house
}

/// A child of nine, whose family tells more than may be printed.
fn child(house: &House) -> Value {
    let mut body = notices::missing_person(house.clock.now());
    put(&mut body, "person.age", json!(9));
    put(&mut body, "person.category", json!("child"));
    put(
        &mut body,
        "description",
        json!("在廊坊市第十小学三年级2班读书，家住金桥小区3号楼2单元501家中，放学后未归。"),
    );
    put(&mut body, "person.appearance", json!("短发，小学文化"));
    put(&mut body, "person.clothing", json!("穿第五中学校服"));
    put(&mut body, "last_seen.place", json!("第十小学门口，学校路"));
    body
}

async fn a_childs_school_and_door_are_read_by_nobody_but_the_moderator(house: House) -> House {
    let body = child(&house);
    let (house, read, sheet, page) = published(house, &body).await;
    let kept = [
        "在〔学校已隐去〕读书",
        "金桥小区〔门牌已隐去〕家中",
        "小学文化",
        "穿〔学校已隐去〕校服",
        "第十小学门口，学校路",
    ];
    assert_hidden(&read, &["廊坊市第十小学", "三年级", "2班", "第五中学", "3号楼", "501"], &kept);
    let flags = sheet["flags"].as_array().unwrap();
    assert!(flags.contains(&json!("school")) && flags.contains(&json!("house_number")), "{sheet}");
    for told in ["廊坊市第十小学三年级2班", "〔学校已隐去〕", "填写的原文（", "学校"]
    {
        assert!(page.contains(told), "{told} is not in {page}");
    }
    house
}

async fn an_adults_school_and_door_stay(house: House) -> House {
    let mut body = child(&house);
    put(&mut body, "person.age", json!(76));
    put(&mut body, "person.category", json!("dementia"));
    put(&mut body, "description", json!("第十中学老师退休，坐3号线出门。"));
    put(&mut body, "last_seen.place", json!("人民医院2号楼"));
    let (house, read, sheet, _) = published(house, &body).await;
    assert_hidden(&read, &["已隐去"], &["第十中学老师退休，坐3号线出门", "人民医院2号楼", "穿第五中学校服"]);
    let flags = sheet["flags"].as_array().unwrap();
    assert!(!flags.contains(&json!("school")) && flags.contains(&json!("house_number")), "{sheet}");
    house
}

async fn the_reporter_reads_beforehand_what_others_will(house: House) -> House {
    let (_, manage) = house.submit(&child(&house)).await;
    let page = async |manage: &str, lang: &str| {
        house.page_as(&format!("/my{lang}"), &format!("manage={manage}")).await.text
    };
    let read = page(&manage, "").await;
    let told =
        ["公开后，别人会看到", "在〔学校已隐去〕读书", "金桥小区〔门牌已隐去〕家中", "第十小学门口，学校路"];
    for words in told.into_iter().chain(["〔〕里的内容"]) {
        assert!(read.contains(words), "{words} is not in {read}");
    }
    assert!(!read.contains("廊坊市第十小学") && !read.contains("501"), "{read}");
    let english = page(&manage, "?lang=en").await;
    assert!(english.contains("What others will read") && english.contains("stands in 〔〕"), "{english}");
    // Nothing is explained where nothing is replaced.
    let (_, plain) = house.submit(&by_another(notices::lost_property(house.clock.now()), 2)).await;
    let read = page(&plain, "").await;
    assert!(read.contains(told[0]) && read.contains("双肩包") && !read.contains("〔〕"), "{read}");
    // Nor where the reporter wrote such brackets themselves.
    let mut bracketed = by_another(notices::lost_property(house.clock.now()), 3);
    bracketed["description"] = json!("标签上写着〔姓名已隐去〕，@12路。");
    let read = page(&house.submit(&bracketed).await.1, "").await;
    assert!(read.contains("〔姓名已隐去〕，＠12路") && !read.contains("〔〕里的内容"), "{read}");
    // What is over is shown to nobody any more.
    house.close(&manage, "withdrawn").await;
    assert!(!page(&manage, "").await.contains(told[0]));
    house
}
