//! The queue.

use super::*;

#[actix_web::test]
async fn a_rescue_is_told_by_what_happened_and_asks_for_no_photo() {
    let incident = Incident { what: Emergency::Flood, people: Some(3) };
    for (language, told) in [("zh-CN", "· 洪水被困 · 3 人 ·"), ("en", "· Trapped by flood · 3 people ·")]
    {
        let scene = Scene::new().await;
        let (mut public, private) = content(Subject::Rescue { incident: incident.clone() }, "");
        public.photos.clear();
        let case = scene.notice((public, private), |_| {}).await;
        let moderator = scene.somebody("陈静", Role::Moderator).await;
        let (_, queue) = scene.page(&format!("/review?lang={language}"), &moderator).await;
        assert!(queue.contains(told), "{queue}");
        let (_, sheet) = scene.page(&format!("/review/{case}"), &moderator).await;
        assert!(!sheet.contains("没有照片"), "{sheet}");
    }
}

#[actix_web::test]
async fn keys_are_named_on_the_page_and_each_presses_one_thing() {
    let scene = Scene::new().await;
    let case = scene.notice(content(person("李玉兰"), ""), |_| {}).await;
    let waiting = scene
        .notice(content(person("王秀英"), ""), |n| {
            n.id = Id(Uuid::from_u128(1));
            n.case_number = crate::domain::case_number::CaseNumber::from_bits(1);
        })
        .await;
    let holder = scene.somebody("陈静", Role::Moderator).await;
    let path = format!("/review/{case}");
    scene.send(&format!("{path}/claim"), &holder, &[]).await;
    let (_, html) = scene.page(&path, &holder).await;
    for key in ["c", "a", "r", "i", "e", "n"] {
        assert_eq!(html.matches(&format!("data-key=\"{key}\"")).count(), 1, "{key}");
        assert!(html.contains(&format!("<kbd>{key}</kbd>")), "{key}");
    }
    assert!(html.contains(&format!("href=\"/review/{waiting}\" data-key=\"n\"")), "{html}");
    let (_, queue) = scene.page("/review", &holder).await;
    assert_eq!(queue.matches("data-key=\"n\"").count(), 2, "one for each case");
    assert_eq!(queue.matches("data-key=\"c\"").count(), 1, "one for each case that is free");
}

#[actix_web::test]
async fn the_queue_says_how_much_time_is_left_for_a_first_look() {
    let scene = Scene::new().await;
    let waits = |minutes| {
        move |n: &mut Notice| {
            n.submitted_at = Time(n.submitted_at.0 - TimeDelta::minutes(minutes));
            n.urgency = 3;
        }
    };
    let case = scene.notice(content(person("李玉兰"), ""), waits(4)).await;
    let late = |n: &mut Notice| {
        n.id = Id(Uuid::from_u128(1));
        n.case_number = crate::domain::case_number::CaseNumber::from_bits(1);
        waits(22)(n);
    };
    scene.notice(content(person("王秀英"), ""), late).await;
    let moderator = scene.somebody("陈静", Role::Moderator).await;
    let (_, queue) = scene.page("/review", &moderator).await;
    assert!(queue.contains(r#"<span class="tag">首次查看还剩 6 分钟</span>"#), "{queue}");
    assert!(queue.contains(r#"<span class="tag urgent">首次查看已超时 12 分钟</span>"#), "{queue}");
    scene.send(&format!("/review/{case}/claim"), &moderator, &[]).await;
    let (_, queue) = scene.page("/review", &moderator).await;
    assert!(!queue.contains("首次查看还剩"), "somebody looks at it: {queue}");
}
