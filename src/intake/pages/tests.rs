use std::collections::BTreeMap;
use std::rc::Rc;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::*;
use crate::domain::life_cycle::{Needs, Weighing};
use crate::domain::notice::Category;
use crate::intake::fixture::{Desk, lost_property, missing_person, png};
use crate::intake::form::fields;
use crate::intake::tests::{live, submitted};
use crate::web::request::around;
use crate::web::routes;

/// A response: the status, the headers and the page.
struct Page {
    status: StatusCode,
    headers: HeaderMap,
    html: String,
}

impl Page {
    async fn of(response: ServiceResponse<impl MessageBody>) -> Page {
        let (status, headers) = (response.status(), response.headers().clone());
        Page { status, headers, html: String::from_utf8_lossy(&read_body(response).await).into_owned() }
    }

    fn location(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap())
    }

    /// The token of its forms.
    fn csrf(&self) -> &str {
        self.html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    fn cookie(&self) -> String {
        let cookie = self.headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

type Ask = Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Page>>;

struct Browser {
    ask: Ask,
    cookie: String,
}

impl Browser {
    async fn ask(&self, request: TestRequest) -> Page {
        (self.ask)(request.insert_header((header::COOKIE, self.cookie.as_str()))).await
    }

    async fn get(&self, path: &str) -> Page {
        self.ask(TestRequest::get().uri(path)).await
    }

    /// Sends a form without photos.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.ask(TestRequest::post().uri(path).set_form(fields)).await
    }

    async fn send(&self, path: &str, fields: &[(&str, &str)], photo: Option<&[u8]>) -> Page {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        if let Some(photo) = photo {
            body.extend(b"--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n");
            body.extend(photo);
            body.extend(b"\r\n");
        }
        body.extend(b"--x--\r\n");
        let request = TestRequest::post()
            .uri(path)
            .insert_header((header::CONTENT_TYPE, "multipart/form-data; boundary=x"))
            .set_payload(body);
        self.ask(request).await
    }
}

/// A browser with a cookie jar.
async fn browser(desk: &Desk) -> Browser {
    let app =
        App::new().app_data(web::Data::new(desk.shared.clone())).wrap(from_fn(around)).configure(routes::all);
    let app = Rc::new(init_service(app).await);
    let ask = move |request: TestRequest| -> LocalBoxFuture<'static, Page> {
        let app = Rc::clone(&app);
        Box::pin(async move { Page::of(call_service(&*app, request.to_request()).await).await })
    };
    Browser { ask: Box::new(ask), cookie: String::new() }
}

/// The form fields for a JSON body of its kind.
fn typed(body: &Value) -> BTreeMap<String, String> {
    let typed = Typed::of(body);
    typed.pairs().into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn pairs(typed: &BTreeMap<String, String>) -> Vec<(&str, &str)> {
    typed.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[actix_web::test]
async fn every_form_shows_every_field_with_a_label() {
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
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
async fn a_form_becomes_a_notice_and_two_taps_become_one() {
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
    let mut form = typed(&missing_person());
    form.insert("key".to_owned(), "tap".to_owned());
    let first = browser.send("/report/missing_person", &pairs(&form), Some(&png(90))).await;
    let again = browser.send("/report/missing_person", &pairs(&form), Some(&png(90))).await;
    assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, "/report/done"), "{}", first.html);
    assert_eq!(first.cookie(), again.cookie(), "the same notice behind the same link");
    browser.cookie = first.cookie();
    let confirmed = browser.get("/report/done").await;
    assert!(confirmed.html.contains("data-case") && confirmed.html.contains("/my/"), "{}", confirmed.html);
    form.insert("person.name".to_owned(), "别人".to_owned());
    let other = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.html.contains("这份表单已经提交过"));
}

#[actix_web::test]
async fn going_back_after_sending_makes_no_second_notice() {
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
    let mut form = typed(&missing_person());
    let key = |html: &str| {
        html.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let fresh = browser.get("/report/missing_person").await;
    form.insert("key".to_owned(), key(&fresh.html));
    let first = browser.send("/report/missing_person", &pairs(&form), Some(&png(90))).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.html);
    browser.cookie = first.cookie();
    let confirmed = browser.get("/report/done").await.html;
    let case = confirmed.split("data-case>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    // Going back: the browser requests the form again, and the page says first what exists already.
    let back = browser.get("/report/missing_person").await;
    assert!(back.html.contains(&case) && back.html.contains("href=\"/my\""), "{}", back.html);
    assert!(!browser.get("/report/rescue").await.html.contains(&case), "another matter");
    // The same words again give the same case, whatever the browser kept of the form.
    form.insert("key".to_owned(), key(&back.html));
    let again = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, "/report/done"), "{}", again.html);
    assert!(again.headers.get(header::SET_COOKIE).is_none(), "the same link opens it");
    assert!(browser.get("/report/done").await.html.contains(&case));
    let phone = desk.shared.vault.index("phone", "+8613800138000");
    let open = desk.shared.store.read(move |c| crate::store::phones::open(c, &phone)).await;
    assert_eq!(open.unwrap(), 1);
    // Another person's notice is a new case, and a form that was used says which case it made.
    form.insert("key".to_owned(), key(&fresh.html));
    form.insert("person.name".to_owned(), "别人".to_owned());
    let other = browser.send("/report/missing_person", &pairs(&form), None).await;
    assert_eq!(other.status, StatusCode::CONFLICT);
    assert!(other.html.contains(&case) && other.html.contains("href=\"/my\""), "{}", other.html);
}

#[actix_web::test]
async fn faults_are_named_at_the_top_and_at_the_field_and_nothing_typed_is_lost() {
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
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
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
    let page = browser.send("/report/missing_person?lang=en", &[], None).await;
    let label = page.html.split("<legend>").find(|rest| rest.contains("id=\"safety.violence\"")).unwrap();
    let (label, _) = label.split_once('?').unwrap();
    assert!(page.html.contains(&format!("<a href=\"#safety.violence\">{label}: ")), "{label}: {}", page.html);
}

#[actix_web::test]
async fn a_place_is_written_without_chinese_and_stays_as_typed_until_it_is_known() {
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
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
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
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
async fn a_photo_can_be_sent_before_the_rest() {
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
    let form = browser.get("/report/rescue").await.html;
    // The page comes back at the heading of the field, above what it says of the photo.
    assert!(form.contains("formaction=\"/report/rescue#photos\">上传这张"), "{form}");
    assert!(form.contains("id=\"photos\""), "{form}");
    let page =
        browser.send("/report/rescue", &[("stay", "1"), ("description", "被困")], Some(&png(90))).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.html.contains("error-summary") && page.html.contains("被困"));
    let thumb = page.html.split("src=\"/p/").nth(1).unwrap().split('"').next().unwrap();
    let photo = browser.get(&format!("/p/{thumb}")).await;
    assert_eq!(photo.status, StatusCode::OK);
    assert_eq!(photo.headers.get("cache-control").unwrap(), "private, no-store");
    assert_eq!(photo.headers.get("content-security-policy").unwrap(), "sandbox");
    let broken = browser.send("/report/rescue", &[("stay", "1")], Some(b"GIF89a")).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(broken.html.contains("href=\"#photo\""), "{}", broken.html);
}

#[actix_web::test]
async fn a_photo_has_arrived_where_it_was_just_sent_and_is_there_where_it_was() {
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
    let page = browser.send("/report/lost_property", &[("stay", "1")], Some(&png(90))).await;
    assert!(page.html.contains("照片已经收到") && !page.html.contains("现在的照片"), "{}", page.html);
    let photo = page.html.split("name=\"photo_ids\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut body = lost_property();
    body["photo_ids"] = serde_json::json!([photo]);
    let receipt = submitted(&desk, &body).await;
    let open = browser.get(&format!("/my/{}", receipt.manage_token)).await;
    browser.cookie = open.cookie();
    let edit = browser.get("/my/edit").await;
    assert!(edit.html.contains("现在的照片") && !edit.html.contains("照片已经收到"), "{}", edit.html);
    let more = [("csrf", edit.csrf()), ("stay", "1"), ("photo_ids", photo)];
    let more = browser.send("/my/edit", &more, Some(&png(80))).await;
    assert!(more.html.contains("照片已经收到"), "{}", more.html);
    assert_eq!(more.html.matches("name=\"photo_ids\"").count(), 2, "{}", more.html);
}

#[actix_web::test]
async fn nobody_is_congratulated_who_did_not_say_that_all_is_well() {
    let (glad, quiet) = ("平安就好", "请照顾好自己和家人");
    for (ticked, said, unsaid) in [(true, glad, quiet), (false, quiet, glad)] {
        let desk = Desk::new().await;
        let mut browser = browser(&desk).await;
        let receipt = live(&desk, &missing_person()).await;
        let open = browser.get(&format!("/my/{}", receipt.manage_token)).await;
        browser.cookie = open.cookie();
        assert!(!open.html.contains(" checked"), "nothing is chosen beforehand: {}", open.html);
        let mut form = vec![("csrf", open.csrf())];
        form.extend(ticked.then_some(("announce", "true")));
        let missed = browser.post("/my/close", &form).await;
        let again = browser.get(missed.location().split('#').next().unwrap()).await;
        assert!(again.html.contains("href=\"#outcome\">结果：请选择一项。"), "{}", again.html);
        assert_eq!(again.html.contains(" checked"), ticked, "the tick is kept: {}", again.html);
        form.push(("outcome", "found"));
        let closed = browser.post("/my/close", &form).await;
        let told = browser.get(closed.location()).await;
        assert!(told.html.contains(said) && !told.html.contains(unsaid), "{}", told.html);
        let late = browser.get("/my?unchosen=quiet").await;
        assert!(!late.html.contains("error-summary"), "there is nothing to choose any more: {}", late.html);
    }
}

#[actix_web::test]
async fn what_waits_for_the_police_reference_says_so_from_the_first_minute() {
    let mut desk = Desk::new().await;
    desk.shared.weigh = |_, private, _| Weighing {
        needs: Needs { approvals: 1, leads: 0 },
        sealed: private.safety.violence,
        urgency: 2,
        second_look: false,
        guarded: private.safety.violence,
        police_follow_up: private.category == Some(Category::Dementia)
            && !private.safety.violence
            && private.police.reference.is_none(),
    };
    let mut browser = browser(&desk).await;
    let mut fleeing = missing_person();
    fleeing["police"] = serde_json::json!({"reported": true});
    let elder = fleeing.clone();
    fleeing["safety"]["violence"] = true.into();
    let mut adult = elder.clone();
    adult["person"]["category"] = "other_adult".into();
    let mut told = adult.clone();
    told["police"]["reference"] = "J131003".into();
    for (body, waits) in
        [(adult, true), (told, false), (elder, false), (fleeing, false), (lost_property(), false)]
    {
        let receipt = submitted(&desk, &body).await;
        let open = browser.get(&format!("/my/{}", receipt.manage_token)).await;
        browser.cookie = open.cookie();
        for page in [open, browser.get("/report/done").await] {
            let asks =
                page.html.contains("还缺报警编号：没有它") && page.html.contains("/my/edit#police.reference");
            assert_eq!(asks, waits, "it goes by the person alone: {body}: {}", page.html);
        }
    }
}

#[actix_web::test]
async fn a_photo_of_no_bytes_is_told_so_and_a_field_left_empty_is_not() {
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
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
async fn the_words_about_a_number_are_about_that_number() {
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
    let typed = [("person.height_cm", "15.8"), ("reporter.phone", "138001380000")];
    let page = browser.send("/report/missing_person", &typed, None).await;
    assert!(page.html.contains("厘米") && page.html.contains("例如 158"), "{}", page.html);
    assert!(page.html.contains("号码不对") && !page.html.contains("号码不完整"), "{}", page.html);
}

#[actix_web::test]
async fn a_phone_is_published_only_after_a_warning() {
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
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
        let mine = desk.intake.my_notice(token, crate::domain::language::Language::En, desk.now()).await;
        assert_eq!(mine.unwrap().notice["reporter"]["publish_phone"], public);
    }
}

#[actix_web::test]
async fn the_manage_link_is_the_page_and_its_forms_need_a_token() {
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
    let receipt = desk.intake.submit(desk.request(&lost_property(), None), desk.now()).await.unwrap().receipt;
    assert_eq!(browser.get("/my").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get("/my/wrong").await.status, StatusCode::UNAUTHORIZED);
    let link = format!("/my/{}", receipt.manage_token);
    let open = browser.get(&link).await;
    assert_eq!(open.status, StatusCode::OK);
    assert!(
        open.html.contains(&receipt.case_number.to_string()) && open.html.contains(&link),
        "{}",
        open.html
    );
    let header = |name: &str| open.headers.get(name).unwrap().to_str().unwrap();
    let looked_again = TestRequest::get().uri(&link).insert_header(("sec-fetch-dest", "empty"));
    let looked_again = browser.ask(looked_again).await;
    assert!(looked_again.headers.get(header::SET_COOKIE).is_none(), "another tab may be at another notice");
    // The link leaks to no other site as referrer, and is not cached.
    assert_eq!((header("referrer-policy"), header("cache-control")), ("strict-origin", "no-store"));
    let set = open.headers.get(header::SET_COOKIE).unwrap().to_str().unwrap();
    for part in ["__Host-manage=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{set}");
    }
    browser.cookie = open.cookie();
    let mine = browser.get("/my").await;
    assert!(
        mine.html.contains(&receipt.case_number.to_string()) && mine.html.contains("/my/close"),
        "{}",
        mine.html
    );
    assert!(mine.html.contains(&link) && !mine.html.contains("class=\"good\" role"), "{}", mine.html);
    let edit = browser.get("/my/edit").await;
    assert!(edit.html.contains(r#"value="河北省廊坊市广阳区""#), "{}", edit.html);
    assert!(edit.html.contains(r#"value="13800138000""#), "as it is dialled: {}", edit.html);
    let csrf = edit.csrf();
    let mut form = typed(&lost_property());
    form.insert("item.what".to_owned(), "红色钱包".to_owned());
    let forged = browser.send("/my/edit", &pairs(&form), None).await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    form.insert("csrf".to_owned(), csrf.to_owned());
    let changed = browser.send("/my/edit", &pairs(&form), None).await;
    assert_eq!(
        (changed.status, changed.location()),
        (StatusCode::SEE_OTHER, "/my?done=changed"),
        "{}",
        changed.html
    );
    assert!(browser.get(changed.location()).await.html.contains("role=\"status\">修改已收到"));
    assert!(browser.get("/my/edit").await.html.contains("红色钱包"));
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
        Fault::TooLong,
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
            let said = sheet::sentence(&Frame::public(&asked), &FieldFault::new(fault.code()));
            assert!(!said.contains(fault.code()), "{said}");
        }
    }
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
    let receipt = submitted(&desk, &missing_person()).await;
    steps(&desk, &receipt, &[(Step::Claim, MODERATOR), (Step::Ask, MODERATOR)]).await;
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
async fn whoever_knows_the_day_alone_says_so() {
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
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
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
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
async fn the_end_is_one_press_from_the_top() {
    use crate::intake::tests::{live, submitted};
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
    let waits = submitted(&desk, &missing_person()).await;
    let waits = browser.get(&format!("/my/{}", waits.manage_token)).await.html;
    assert!(!waits.contains("href=\"/my#close\""), "{waits}");
    let public = live(&desk, &lost_property()).await;
    let public = browser.get(&format!("/my/{}", public.manage_token)).await.html;
    assert!(public.contains("<a href=\"/my#close\">有结果了？结束这条信息</a>"), "{public}");
    assert!(public.contains("id=\"close\"") && public.contains("通知各群"), "{public}");
}

#[actix_web::test]
async fn there_is_something_to_forward_once_it_is_live_and_not_before() {
    use crate::intake::tests::{live, submitted};
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
    let waiting = submitted(&desk, &missing_person()).await;
    let open = browser.get(&format!("/my/{}", waiting.manage_token)).await;
    browser.cookie = open.cookie();
    let confirmed = browser.get("/report/done").await;
    for page in [&open, &confirmed] {
        assert!(!page.html.contains("poster.jpg") && !page.html.contains("id=\"copy\""), "{}", page.html);
    }
    assert!(confirmed.html.contains("在那之前，请不要转发"), "{}", confirmed.html);
    assert!(!confirmed.html.contains(">可以转发的文字<"), "there is none yet: {}", confirmed.html);
    for page in [&open, &confirmed] {
        assert!(page.html.contains("我们不发短信"), "nobody else tells them to look: {}", page.html);
    }
    let mut body = lost_property();
    body["description"] = Value::from("落在 12 路公交车上。");
    let public = live(&desk, &body).await;
    let open = browser.get(&format!("/my/{}", public.manage_token)).await;
    let poster = format!("src=\"/n/{}/poster.jpg\"", public.case_number);
    assert!(open.html.contains(&poster) && open.html.contains("id=\"copy\""), "{}", open.html);
    // The text of the public page, by which people can tell that a message is ours.
    let copy = |html: &str| {
        let (_, copy) = html.split_once("id=\"copy\">").unwrap();
        copy.split_once("</p>").unwrap().0.to_owned()
    };
    let said = copy(&open.html);
    assert!(said.starts_with("【72小时】失物招领\n捡到：黑色钱包"), "{said}");
    for told in [
        "人民公园东门",
        "广阳区",
        "落在 12 路公交车上。",
        &public.case_number.to_string(),
        &public.public_url,
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(said, copy(&browser.get(&format!("/n/{}", public.case_number)).await.html));
}

#[actix_web::test]
async fn a_family_sees_whose_notice_it_is_and_what_of_it_arrived() {
    use crate::intake::fixture::{donation, rescue};
    let desk = Desk::new().await;
    let mut browser = browser(&desk).await;
    for (body, about) in [
        (missing_person(), "王秀英 · 76 岁 · 河北省廊坊市广阳区 · 人民公园东门 · 没有照片"),
        (lost_property(), "黑色钱包 · 河北省廊坊市广阳区 · 人民公园东门 · 没有照片"),
        (rescue(), "洪水、被水围困 · 河北省廊坊市广阳区 · 人民公园东门 · 没有照片"),
        (donation(), "某某慈善基金会 · 河北省廊坊市广阳区 · 没有照片"),
    ] {
        let receipt = crate::intake::tests::submitted(&desk, &body).await;
        let open = browser.get(&format!("/my/{}", receipt.manage_token)).await.html;
        assert!(open.contains(&format!("您填写的内容：{about}")), "{about}: {open}");
    }
    let form = typed(&missing_person());
    browser.cookie = browser.send("/report/missing_person", &pairs(&form), Some(&png(90))).await.cookie();
    let mine = browser.get("/my?lang=en").await.html;
    assert!(mine.contains("王秀英 · 76 · ") && mine.contains("one photo"), "{mine}");
}

#[actix_web::test]
async fn who_reports_danger_calls_first() {
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
    let form = browser.get("/report/rescue").await.html;
    let (above, fields) = form.split_once("<form method=\"post\" action=\"/report/rescue\"").unwrap();
    for number in ["110", "119", "120"] {
        assert!(above.contains(&format!("href=\"tel:{number}\"")), "{number} above the form: {above}");
    }
    assert!(!fields.contains("不要写门牌号"), "in danger the place is as exact as can be: {fields}");
    let other = browser.get("/report").await.html;
    assert!(other.contains("href=\"tel:120\""), "at the foot of every page: {other}");
}

#[actix_web::test]
async fn whoever_ends_it_may_tell_how_it_ended_for_that_kind() {
    use crate::intake::fixture::{donation, rescue};
    use crate::store::{notices, types::Time};
    use crate::vault::token_hash;
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
    for (body, outcome) in [
        (missing_person(), "已平安找到"),
        (lost_property(), "已物归原主"),
        (rescue(), "已获救"),
        (donation(), "募捐已完成"),
    ] {
        let receipt = crate::intake::tests::submitted(&desk, &body).await;
        let link = format!("/my/{}", receipt.manage_token);
        let tells = format!("可以告诉群里“{outcome}”");
        assert!(!browser.get(&link).await.html.contains(&tells), "no group has heard of it");
        let (hash, now) = (token_hash(&receipt.manage_token), desk.now());
        let published = desk.intake.store.write(move |tx| {
            let mut notice = notices::by_manage_hash(tx, &hash)?.unwrap();
            notice.live_at = Some(Time(now));
            notices::save(tx, &notice)
        });
        published.await.unwrap();
        let open = browser.get(&link).await.html;
        assert!(open.contains(&tells), "{outcome}: {open}");
    }
}

#[actix_web::test]
async fn a_personal_appeal_is_linked_out_with_the_risk() {
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
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

#[actix_web::test]
async fn what_is_too_large_is_told_in_words_and_what_was_typed_is_there() {
    use crate::domain::language::Language;
    use crate::intake::photo::MAX_BYTES;
    for language in Language::ALL {
        let told = Problem::TooLarge(MAX_BYTES).detail(language);
        assert!(told.contains("8 MB") && !told.contains("8192"), "{told}");
    }
    let desk = Desk::new().await;
    let browser = browser(&desk).await;
    let endless = "救".repeat(30_000);
    let page = browser.send("/report/rescue", &[("description", &endless)], None).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(page.html.contains("64 KB") && page.html.contains("您填写的还在"), "{}", page.html);
    assert!(!browser.get("/report/circus").await.html.contains("您填写的还在"));
}
