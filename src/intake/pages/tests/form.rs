//! The form of a notice.

use super::*;

#[actix_web::test]
async fn every_form_shows_every_field_with_a_label() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    for kind in Kind::ALL {
        for language in ["zh-CN", "en"] {
            let page = browser.get(&format!("/report/{}?lang={language}", kind.as_str())).await;
            assert_eq!(page.status, StatusCode::OK);
            for (name, _) in fields(kind) {
                assert!(page.html.contains(&format!(r#"name="{name}""#)), "{kind:?} lacks {name}");
                assert!(page.html.contains(&format!(r#"for="{name}""#)), "{kind:?} lacks a label for {name}");
            }
            assert!(!page.html.contains(" required"), "the browser's own bubbles are not ours");
        }
    }
    assert_eq!(browser.get("/report/circus").await.status, StatusCode::NOT_FOUND);
    assert!(browser.get("/report").await.html.contains("110"));
}

#[actix_web::test]
async fn faults_are_named_at_the_top_and_at_the_field_and_nothing_typed_is_lost() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let hostile = r#""><img src=x onerror=alert(1)>{{7*7}}"#;
    let typed = [("item.what", hostile), ("last_seen.at", "刚才"), ("region", "新华区")];
    let page = browser.send("/report/lost_property", &typed, Some(&png(90))).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    let html = &page.html;
    assert!(html.contains("<title>错误："), "{html}");
    assert!(html.find("error-summary") < html.find("<h1"), "the summary comes first");
    for field in ["region", "last_seen.at", "secret_detail", "item.direction", "consent.truthful"] {
        assert!(html.contains(&format!("href=\"#{field}\"")), "{field} is not in the summary");
        assert!(html.contains(&format!("id=\"{field}-error\"")), "{field} has no words of its own");
        assert!(html.contains(&format!("id=\"{field}\"")), "the link to {field} leads nowhere");
    }
    assert!(!html.contains("<img src=x"), "markup is shown as text");
    assert!(html.contains("onerror=alert(1)"), "what was typed is kept");
    assert!(html.contains(r#"value="刚才""#), "even where it could not be read");
    assert!(html.contains("河北省石家庄市新华区"), "namesakes are offered");
    assert!(html.contains("name=\"photo_ids\""), "the photo need not be sent again");
}

#[actix_web::test]
async fn a_fault_names_its_field_by_the_whole_label() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let page = browser.send("/report/missing_person?lang=en", &[], None).await;
    let label = page.html.split("<legend>").find(|rest| rest.contains("id=\"safety.violence\"")).unwrap();
    let (label, _) = label.split_once('?').unwrap();
    assert!(page.html.contains(&format!("<a href=\"#safety.violence\">{label}: ")), "{label}: {}", page.html);
}

#[actix_web::test]
async fn a_place_is_written_without_chinese_and_stays_as_typed_until_it_is_known() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let form = browser.get("/report/lost_property?lang=en").await;
    assert!(form.html.contains("Langfang Guangyang, 河北廊坊广阳区, 131003"), "{}", form.html);
    let mut filled = typed(&lost_property());
    for (written, told) in [
        ("Lanfang Guanyang", "Choose what you meant"),
        ("Atlantis", "or the six-digit code.</a>"),
        ("Suzhou", "Several places have this name"),
    ] {
        filled.insert("region".to_owned(), written.to_owned());
        let again = browser.send("/report/lost_property?lang=en", &pairs(&filled), None).await;
        assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{written}");
        assert!(
            again.html.contains(told) && again.html.contains(&format!("value=\"{written}\"")),
            "{}",
            again.html
        );
    }
    filled.insert("region".to_owned(), "Lanfang Guanyang".to_owned());
    let again = browser.send("/report/lost_property?lang=en", &pairs(&filled), None).await;
    let offered =
        r#"value="131003"><label for="region-131003">Guangyang, Langfang, Hebei (河北省廊坊市广阳区)<"#;
    assert!(again.html.contains(offered), "{}", again.html);
    // One of them is chosen while the line still has the typed name: the choice wins.
    let line = filled.remove("region").unwrap();
    let mut chosen = pairs(&filled);
    chosen.extend([("region", "131003"), ("region", line.as_str())]);
    let faulty =
        browser.send("/report/lost_property", &[("region", "131003"), ("region", &line)], None).await;
    assert!(faulty.html.contains(r#"value="河北省廊坊市广阳区""#), "{}", faulty.html);
    let sent = browser.send("/report/lost_property", &chosen, None).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
    // Or it is typed in Latin letters at once.
    filled.insert("region".to_owned(), "Guangyang District, Langfang".to_owned());
    let sent = browser.send("/report/lost_property?lang=en", &pairs(&filled), None).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.html);
}

#[actix_web::test]
async fn another_language_or_size_keeps_what_was_typed() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let empty = browser.get("/report/rescue").await;
    for asked in ["lang=en", "big=1"] {
        let address = format!("/report/rescue?{asked}");
        assert!(empty.html.contains(&format!("formaction=\"{address}\"")), "{}", empty.html);
        let again =
            browser.send(&address, &[("stay", "1"), ("description", "被困桥头")], Some(&png(90))).await;
        assert_eq!(again.status, StatusCode::OK);
        assert!(
            again.html.contains("被困桥头") && again.html.contains("name=\"photo_ids\""),
            "{}",
            again.html
        );
        assert!(!again.html.contains("error-summary"), "nobody asked what is wrong: {}", again.html);
        assert_eq!(again.headers.get("cache-control").unwrap(), "private, no-cache");
    }
    // The same on the page about the phone.
    let mut form = typed(&lost_property());
    form.insert("reporter.publish_phone".to_owned(), "true".to_owned());
    form.insert("publish_confirmed".to_owned(), String::new());
    let warning = browser.send("/report/lost_property?lang=en", &pairs(&form), None).await;
    assert_eq!(warning.status, StatusCode::OK);
    let carried = "type=\"hidden\" name=\"publish_confirmed\"";
    assert!(
        warning.html.contains("<html lang=\"en\"") && !warning.html.contains(carried),
        "{}",
        warning.html
    );
}

#[actix_web::test]
async fn the_words_about_a_number_are_about_that_number() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let typed = [("person.height_cm", "15.8"), ("reporter.phone", "138001380000")];
    let page = browser.send("/report/missing_person", &typed, None).await;
    assert!(page.html.contains("厘米") && page.html.contains("例如 158"), "{}", page.html);
    assert!(page.html.contains("号码不对") && !page.html.contains("号码不完整"), "{}", page.html);
}

#[actix_web::test]
async fn a_phone_is_published_only_after_a_warning() {
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let mut form = typed(&lost_property());
    form.insert("reporter.publish_phone".to_owned(), "true".to_owned());
    let warning = browser.send("/report/lost_property", &pairs(&form), None).await;
    assert_eq!(warning.status, StatusCode::OK);
    assert!(warning.html.contains("publish_confirmed"), "{}", warning.html);
    for (answer, public) in [("false", false), ("true", true)] {
        form.insert("publish_confirmed".to_owned(), answer.to_owned());
        let sent = browser.send("/report/lost_property", &pairs(&form), None).await;
        browser.cookie = sent.cookie();
        let token = browser.cookie.split('=').nth(1).unwrap();
        let mine = scene.intake.my_notice(token, crate::domain::language::Language::En, scene.now()).await;
        assert_eq!(mine.unwrap().notice["reporter"]["publish_phone"], public);
    }
}

#[actix_web::test]
async fn whoever_knows_the_day_alone_says_so() {
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let mut form = typed(&missing_person());
    form.insert("last_seen.at".to_owned(), "2027-01-15".to_owned());
    form.insert("last_seen.time".to_owned(), String::new());
    let asked = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    for told in [
        "时间：请补上时间；只知道日期就选“只知道是那天”。",
        "href=\"#last_seen.time\"",
        "name=\"last_seen.at\" value=\"2027-01-15\"",
        "type=\"date\"",
    ] {
        assert!(asked.html.contains(told), "{told}: {}", asked.html);
    }
    form.insert("last_seen.precision".to_owned(), "day".to_owned());
    let taken = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.html);
    browser.cookie = taken.cookie();
    let edit = browser.get("/my/edit").await.html;
    for filled in ["name=\"last_seen.at\" value=\"2027-01-15\"", "name=\"last_seen.time\" value=\"\""] {
        assert!(edit.contains(filled), "{filled}: {edit}");
    }
}

#[actix_web::test]
async fn what_may_be_left_open_says_so_and_photos_are_counted_as_photos() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let form = browser.get("/report/missing_person").await.html;
    for label in ["已经报警了吗？ （选填）", "这个时间准吗？ （选填）"] {
        assert!(form.contains(label), "{label}: {form}");
    }
    let ids: Vec<String> = (1..6).map(|id| uuid::Uuid::from_u128(id).to_string()).collect();
    let photos: Vec<(&str, &str)> = ids.iter().map(|id| ("photo_ids", id.as_str())).collect();
    let six = browser.send("/report/lost_property", &photos, Some(&png(90))).await;
    assert!(six.html.contains("照片：最多 5 张"), "{}", six.html);
}

#[actix_web::test]
async fn who_reports_danger_calls_first() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let form = browser.get("/report/rescue").await.html;
    let (above, fields) = form.split_once("<form method=\"post\" action=\"/report/rescue?sent\"").unwrap();
    for number in ["110", "119", "120"] {
        assert!(above.contains(&format!("href=\"tel:{number}\"")), "{number} above the form: {above}");
    }
    assert!(!fields.contains("不要写门牌号"), "in danger the place is as exact as can be: {fields}");
    let other = browser.get("/report").await.html;
    assert!(other.contains("href=\"tel:120\""), "at the foot of every page: {other}");
}

#[actix_web::test]
async fn a_personal_appeal_is_linked_out_with_the_risk() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let refused = [("campaign.url", "https://example.org/help-me")];
    for (page, open) in [
        (browser.get("/report/donation").await, false),
        (browser.send("/report/donation", &refused, None).await, true),
    ] {
        for (host, name) in crate::intake::subjects::DESIGNATED.iter() {
            assert!(
                page.html.contains(&format!("href=\"https://{host}/\"")) && page.html.contains(name),
                "{host}"
            );
        }
        assert!(page.html.contains("不要把钱直接转给陌生人"), "{}", page.html);
        assert_eq!(page.html.contains("<details id=\"platforms\" open>"), open, "{}", page.html);
    }
}
