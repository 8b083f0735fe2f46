//! Photos, wherever one is sent.

use base64::Engine as _;

use super::*;

#[actix_web::test]
async fn a_photo_can_be_sent_before_the_rest() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let form = browser.get("/report/rescue").await.html;
    // The page comes back at the heading of the field, above what it says of the photo.
    assert!(form.contains("formaction=\"/report/rescue?sent#photos\">上传这张"), "{form}");
    assert!(form.contains("id=\"photos\""), "{form}");
    let page =
        browser.send("/report/rescue", &[("stay", "1"), ("description", "被困")], Some(&png(90))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.html.contains("error-summary") && page.html.contains("被困"));
    // It is in the page, where the policy of the page allows it, and at no address.
    let thumb = page.html.split("src=\"data:image/jpeg;base64,").nth(1).unwrap().split('"').next().unwrap();
    let thumb = base64::engine::general_purpose::STANDARD.decode(thumb).unwrap();
    assert_eq!(image::load_from_memory_with_format(&thumb, image::ImageFormat::Jpeg).unwrap().width(), 90);
    let policy = page.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert!(policy.contains("img-src 'self' data:;"), "{policy}");
    let photo = page.html.split("name=\"photo_ids\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(browser.get(&format!("/p/{photo}/thumb.jpg")).await.status, StatusCode::NOT_FOUND);
    let broken = browser.send("/report/rescue", &[("stay", "1")], Some(b"GIF89a")).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(broken.html.contains("href=\"#photo\""), "{}", broken.html);
}

#[actix_web::test]
async fn a_photo_has_arrived_where_it_was_just_sent_and_is_there_where_it_was() {
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let page = browser.send("/report/lost_property", &[("stay", "1")], Some(&png(90))).await;
    assert!(page.html.contains("照片已经收到") && !page.html.contains("现在的照片"), "{}", page.html);
    let photo = page.html.split("name=\"photo_ids\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut body = lost_property();
    body["photo_ids"] = serde_json::json!([photo]);
    let receipt = submitted(&scene, &body).await;
    let open = browser.get(&format!("/my/{}", receipt.manage_token)).await;
    browser.cookie = open.cookie();
    let edit = browser.get("/my/edit").await;
    assert!(edit.html.contains("现在的照片") && !edit.html.contains("照片已经收到"), "{}", edit.html);
    let own = browser.get(&format!("/p/{photo}/thumb.jpg")).await;
    assert_eq!(own.status, StatusCode::OK);
    assert_eq!(own.headers.get("cache-control").unwrap(), "private, no-store");
    assert_eq!(own.headers.get("content-security-policy").unwrap(), "sandbox");
    let more = [("csrf", edit.csrf()), ("stay", "1"), ("photo_ids", photo)];
    let more = browser.send("/my/edit", &more, Some(&png(80))).await;
    assert!(more.html.contains("照片已经收到"), "{}", more.html);
    assert_eq!(more.html.matches("name=\"photo_ids\"").count(), 2, "{}", more.html);
    let at_its_address = format!("src=\"/p/{photo}/thumb.jpg\"");
    assert!(more.html.contains(&at_its_address), "the notice's own: {}", more.html);
    assert_eq!(more.html.matches("src=\"data:image/jpeg;base64,").count(), 1, "the new one: {}", more.html);
}

#[actix_web::test]
async fn a_photo_of_no_bytes_is_told_so_and_a_field_left_empty_is_not() {
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let typed = [("stay", "1"), ("description", "被困桥头")];
    let page = browser.send("/report/rescue", &typed, Some(b"")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.html.contains("没有收到照片") && page.html.contains("href=\"#photo\""), "{}", page.html);
    assert!(page.html.contains("被困桥头"), "what was typed is kept");
    // This is how a browser sends a file field without a file.
    let left_empty = [("photo\"; filename=\"", ""), typed[0], typed[1]];
    let page = browser.send("/report/rescue", &left_empty, None).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.html);
}

#[actix_web::test]
async fn what_is_wrong_with_a_photo_is_said_wherever_one_is_sent() {
    use crate::domain::life_cycle::Step;
    use crate::intake::photo::PhotoFault as Fault;
    use crate::intake::tests::{MODERATOR, steps};
    let faults = [
        Fault::Empty,
        Fault::TooManyBytes,
        Fault::TooManyPixels,
        Fault::TooSmall,
        Fault::NotAPicture,
        Fault::Heic,
        Fault::Gif,
        Fault::Truncated,
        Fault::Damaged,
    ];
    for language in ["zh-CN", "en"] {
        let asked = TestRequest::get().uri(&format!("/?lang={language}")).to_http_request();
        for fault in faults {
            let said = super::super::form::sentence(&Frame::public(&asked), &FieldFault::new(fault.code()));
            assert!(!said.contains(fault.code()), "{said}");
        }
    }
    let scene = Scene::new().await;
    let mut browser = browser(&scene).await;
    let receipt = submitted(&scene, &missing_person()).await;
    steps(&scene, &receipt, &[(Step::Claim, MODERATOR), (Step::Ask, MODERATOR)]).await;
    let open = browser.get(&format!("/my/{}", receipt.manage_token)).await;
    browser.cookie = open.cookie();
    let csrf = open.html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let reply = [("csrf", csrf), ("text", "回执在照片里")];
    let page = browser.send("/my/reply", &reply, Some(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.html.contains("HEIC") && !page.html.contains("photo_heic"), "{}", page.html);
    assert!(
        page.html.contains("href=\"#photo\"") && page.html.contains("id=\"photo-error\""),
        "{}",
        page.html
    );
    assert!(page.html.contains("回执在照片里"), "what was typed is kept");
    let empty = browser.send("/my/reply", &[("csrf", csrf), ("text", "")], None).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.html.contains("您的回答：请填写这一项。"), "{}", empty.html);
}

#[actix_web::test]
async fn what_is_too_large_is_told_in_words_and_what_was_typed_is_there() {
    use crate::domain::language::Language;
    use crate::intake::photo::MAX_BYTES;
    for language in Language::ALL {
        let told = Problem::TooLarge(MAX_BYTES).detail(language);
        assert!(told.contains("8 MB") && !told.contains("8192"), "{told}");
    }
    let scene = Scene::new().await;
    let browser = browser(&scene).await;
    let endless = "救".repeat(30_000);
    let page = browser.send("/report/rescue", &[("description", &endless)], None).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.html.contains("64 KB") && page.html.contains("您填写的还在"), "{}", page.html);
    assert!(!browser.get("/report/circus").await.html.contains("您填写的还在"));
}
