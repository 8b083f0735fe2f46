//! The lists of what is live: the home page, the feed and the API's.

use super::*;

#[actix_web::test]
async fn a_program_reads_the_region_in_its_readers_language() {
    let (_folder, shared) = start().await;
    let number = put(&shared, 1, Kind::LostProperty, State::Live, Vec::new()).await;
    for (language, name) in
        [("zh-CN", "河北省廊坊市广阳区"), ("en", "Guangyang, Langfang, Hebei (河北省廊坊市广阳区)")]
    {
        let read = async |path: &str| -> Value {
            serde_json::from_str(&ask_in(&shared, path, language).await.1).unwrap()
        };
        let one = read(&format!("/api/v1/notices/{number}")).await;
        let all = read("/api/v1/notices").await;
        assert_eq!((&one["region_name"], &all["items"][0]["region_name"]), (&name.into(), &name.into()));
    }
}

#[actix_web::test]
async fn live_notices_are_listed_page_by_page_newest_first() {
    let (_folder, shared) = start().await;
    for bits in 1..=5 {
        put(
            &shared,
            bits,
            if bits == 3 { Kind::LostProperty } else { Kind::MissingPerson },
            State::Live,
            Vec::new(),
        )
        .await;
    }
    let numbers = |page: &Value| -> Vec<String> {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["case_number"].as_str().unwrap().to_owned())
            .collect()
    };
    let expected = |bits: &[u64]| -> Vec<String> {
        bits.iter().map(|b| CaseNumber::from_bits(*b).to_string()).collect()
    };
    let (_, first) = json(&shared, "/api/v1/notices?limit=3").await;
    assert_eq!(numbers(&first), expected(&[5, 4, 3]));
    let next = first["next"].as_str().unwrap();
    let (_, second) = json(&shared, &format!("/api/v1/notices?limit=3&cursor={next}")).await;
    assert_eq!(numbers(&second), expected(&[2, 1]));
    assert_eq!(second["next"], Value::Null);
    let (_, things) = json(&shared, "/api/v1/notices?kind=lost_property&region=130000").await;
    assert_eq!(numbers(&things), expected(&[3]));
    assert_eq!(numbers(&json(&shared, "/api/v1/notices?region=110000").await.1), expected(&[]));
    let (status, problem) = json(&shared, "/api/v1/notices?kind=ufo").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["fields"]["kind"].as_str().unwrap().contains("rescue"), "{problem}");
}

#[actix_web::test]
async fn home_lists_things_and_no_people_and_the_feed_says_nothing_about_whom() {
    let (_folder, shared) = start().await;
    let person = put(&shared, 1, Kind::MissingPerson, State::Live, Vec::new()).await;
    let thing = put(&shared, 2, Kind::LostProperty, State::Live, Vec::new()).await;
    let (_, page) = ask(&shared, "/").await;
    assert!(page.contains(&thing.to_string()) && !page.contains(&person.to_string()));
    let (_, feed) = ask(&shared, "/feeds/notices.atom").await;
    assert!(
        feed.contains(&format!("https://72.example/n/{person}")) && feed.contains(&format!("/n/{thing}"))
    );
    assert!(!feed.contains("王秀英") && !feed.contains("黑色钱包"));
}
