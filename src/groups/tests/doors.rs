//! The groups' pages and API, used as browsers and programs use them.

use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, LOCATION};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::super::{Draft, MAX_GROUPS, fresh};
use super::{Wecom, sender};
use crate::accounts::fixture::House;
use crate::accounts::tokens;
use crate::domain::group::{GroupState, WhyDisabled};
use crate::domain::people::Role;
use crate::store::{Conn, StoreError, accounts, groups};
use crate::web::{csrf, request, routes};

struct Admin {
    house: House,
    wecom: Wecom,
    token: String,
    session: String,
}

impl Admin {
    async fn new() -> Admin {
        let mut house = House::new().await;
        let wecom = Wecom::start().await;
        house.shared.sender = sender(&wecom);
        let person = house.person("qunzhu", Role::GroupAdmin).await;
        let token = tokens::add(&house.shared.store, house.now(), "qunzhu", None).await.unwrap();
        let session = house.session(&person).await;
        Admin { house, wecom, token, session }
    }

    async fn answer(&self, request: TestRequest) -> (StatusCode, Option<String>, String) {
        let app = App::new()
            .app_data(web::Data::new(self.house.shared.clone()))
            .wrap(from_fn(request::around))
            .configure(routes::all);
        let app = init_service(app).await;
        let answer: ServiceResponse = call_service(&app, request.to_request()).await.map_into_boxed_body();
        let location = answer.headers().get(LOCATION).map(|l| l.to_str().unwrap().to_owned());
        let status = answer.status();
        let body = String::from_utf8(read_body(answer).await.to_vec()).unwrap();
        (status, location, body)
    }

    async fn call(&self, request: TestRequest, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = request.insert_header((AUTHORIZATION, format!("Bearer {}", self.token)));
        if let Some(body) = body {
            request = request.set_json(body);
        }
        let (status, _, body) = self.answer(request).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// Stores a group without sending it a code; returns its path.
    async fn kept(&self, platform: &str, url: &str) -> String {
        let ids = self.keep(platform, vec![url.to_owned()]).await;
        format!("/groups/{}", ids[0])
    }

    /// Stores groups without sending codes, one for each robot; returns their ids.
    async fn keep(&self, platform: &str, urls: Vec<String>) -> Vec<String> {
        let shared = &self.house.shared;
        let draft = |url| Draft {
            platform: Some(platform.to_owned()),
            name: Some("群".to_owned()),
            credentials: json!({"url": url}).as_object().cloned(),
            regions: Some(vec!["131000".to_owned()]),
            ..Draft::default()
        };
        let new = urls.into_iter().map(|url| draft(url).new_group(shared.sender.guard()).unwrap());
        let (new, vault, now) = (new.collect::<Vec<_>>(), shared.vault.clone(), self.house.now());
        let keep = move |tx: &mut Conn| {
            let account = accounts::by_name(tx, "qunzhu")?.unwrap().account.id.0;
            let mut ids = Vec::new();
            for new in new {
                let group = fresh(&vault, account, &new, now);
                assert!(groups::insert(tx, &group, &new.regions)?);
                ids.push(group.id.0.to_string());
            }
            Ok::<_, StoreError>(ids)
        };
        shared.store.write(keep).await.unwrap()
    }

    async fn read(&self, path: &str) -> (StatusCode, Option<String>, String) {
        self.answer(
            TestRequest::get().uri(path).insert_header(("cookie", format!("session={}", self.session))),
        )
        .await
    }

    async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, Option<String>, String) {
        let guard = csrf::token(&self.house.shared.vault, &self.session);
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("csrf", &guard)
            .extend_pairs(fields)
            .finish();
        let request = TestRequest::post()
            .uri(path)
            .insert_header(("cookie", format!("session={}", self.session)))
            .insert_header(("content-type", "application/x-www-form-urlencoded"))
            .set_payload(body);
        self.answer(request).await
    }
}

#[actix_web::test]
async fn an_account_holds_so_many_groups_and_reads_them_page_by_page() {
    let admin = Admin::new().await;
    let robots = (0..MAX_GROUPS).map(|number| admin.wecom.robot(&format!("693a91f6-{number}")));
    let mut kept = admin.keep("wecom", robots.collect()).await;
    kept.sort_unstable();

    let (mut listed, mut at) = (Vec::new(), String::new());
    loop {
        let address = format!("/api/v1/groups?cursor={at}");
        let (status, page) = admin.call(TestRequest::get().uri(&address), None).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let ids = page["items"].as_array().unwrap().iter().map(|group| group["id"].as_str().unwrap());
        let ids: Vec<String> = ids.map(str::to_owned).collect();
        assert_eq!(ids.len(), 500);
        let (_, _, shown) = admin.read(&format!("/groups?cursor={at}")).await;
        assert!(
            ids.iter().all(|id| shown.contains(&format!("href=\"/groups/{id}\""))),
            "the same on the page"
        );
        assert_eq!(shown.matches("href=\"/groups/").count(), 501, "and the link to connect one");
        listed.extend(ids);
        let Some(next) = page["next"].as_str() else {
            assert!(!shown.contains("rel=\"next\""));
            break;
        };
        assert!(shown.contains(&format!("href=\"/groups?cursor={next}\" rel=\"next\"")), "{shown}");
        next.clone_into(&mut at);
    }
    assert_eq!(listed, kept, "oldest first");
    let (status, wrong) = admin.call(TestRequest::get().uri("/api/v1/groups?cursor=x"), None).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong["fields"]["cursor"].is_string(), "{wrong}");

    let one_more = || {
        let body = json!({"name": "群", "credentials": {"url": admin.wecom.robot("693a91f6-more")},
                          "platform": "wecom", "regions": ["131000"]});
        admin.call(TestRequest::post().uri("/api/v1/groups"), Some(body))
    };
    let (status, full) = one_more().await;
    assert_eq!((status.as_u16(), &full["code"]), (409, &json!("too_many_groups")));
    assert!(full["detail"].as_str().unwrap().contains("最多接入 5000 个群"), "{full}");
    let robot = admin.wecom.robot("693a91f6-more");
    let fields =
        [("name", "群"), ("url", &robot), ("regions", "131000"), ("kinds", "rescue"), ("language", "zh-CN")];
    let (_, _, page) = admin.submit("/groups/new?platform=wecom", &[]).await;
    for (field, said) in [("name", "请填写群的名字"), ("kinds", "接收哪几类信息：请至少选一类信息")]
    {
        assert!(page.contains(&format!("<a href=\"#{field}\">{said}")), "{field} is named once: {page}");
    }
    let province =
        fields.map(|(name, value)| if name == "regions" { ("province", "130000") } else { (name, value) });
    let (_, _, page) = admin.submit("/groups/new?platform=wecom", &province).await;
    assert!(page.contains("已为您选上“河北省（全部）”"), "{page}");
    assert!(page.contains("name=\"regions\" value=\"130000\" checked"), "{page}");
    let (status, _, page) = admin.submit("/groups/new?platform=wecom", &fields).await;
    assert!(status == StatusCode::CONFLICT && page.contains("最多接入 5000 个群"), "{status} {page}");
    assert_eq!(admin.wecom.heard(), [""; 0], "no code is sent to it");

    let first = format!("/api/v1/groups/{}", kept[0]);
    assert_eq!(admin.call(TestRequest::delete().uri(&first), None).await.0, StatusCode::NO_CONTENT);
    assert_eq!(one_more().await.0, StatusCode::CREATED);
}

#[actix_web::test]
async fn a_program_connects_verifies_reads_changes_and_forgets_a_group() {
    let admin = Admin::new().await;
    let url = admin.wecom.robot("693a91f6-7xxx-4bc4");
    let body = json!({"platform": "wecom", "name": "广阳互助群", "credentials": {"url": url},
                      "regions": ["131000"], "kinds": ["missing_person", "rescue"]});
    let (status, created) = admin.call(TestRequest::post().uri("/api/v1/groups"), Some(body.clone())).await;
    assert_eq!((status.as_u16(), &created["state"]), (201, &json!("unverified")), "{created}");
    let (status, twice) = admin.call(TestRequest::post().uri("/api/v1/groups"), Some(body)).await;
    assert_eq!((status.as_u16(), &twice["code"]), (409, &json!("group_exists")));

    let group = format!("/api/v1/groups/{}", created["id"].as_str().unwrap());
    let sent = admin.wecom.code();
    let other = if sent == "000000" { "111111" } else { "000000" };
    for typed in ["x", other] {
        let body = json!({"code": typed});
        let (status, wrong) =
            admin.call(TestRequest::post().uri(&format!("{group}/verify")), Some(body)).await;
        assert_eq!((status.as_u16(), &wrong["code"]), (422, &json!("wrong_code")));
    }
    let code = json!({"code": sent});
    let (status, verified) =
        admin.call(TestRequest::post().uri(&format!("{group}/verify")), Some(code)).await;
    assert_eq!((status.as_u16(), verified), (200, json!({"state": "active"})));

    let (status, _) =
        admin.call(TestRequest::patch().uri(&group), Some(json!({"kinds": ["donation"]}))).await;
    assert_eq!(status, StatusCode::OK);
    let (_, shown) = admin.call(TestRequest::get().uri(&group), None).await;
    assert_eq!(
        (&shown["kinds"], &shown["regions"], &shown["credentials"]),
        (&json!(["donation"]), &json!(["131000"]), &json!({"last4": "4bc4"}))
    );
    assert!(!shown.to_string().contains("693a91f6"), "{shown}");
    let (_, log) = admin.call(TestRequest::get().uri(&format!("{group}/deliveries")), None).await;
    assert_eq!(log, json!({"items": [], "next": null}));
    let (status, _) = admin.call(TestRequest::delete().uri(&group), None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    let (status, gone) = admin.call(TestRequest::get().uri(&group), None).await;
    assert_eq!((status.as_u16(), &gone["code"]), (404, &json!("not_found")));
}

#[actix_web::test]
async fn faults_of_a_body_come_by_field_and_unknown_ones_by_name() {
    let admin = Admin::new().await;
    let post = || TestRequest::post().uri("/api/v1/groups");
    let wrong = json!({"platform": "dingtalk", "name": "", "regions": ["1"],
                       "credentials": {"url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"}});
    let (status, problem) = admin.call(post(), Some(wrong)).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<&String> = problem["fields"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["credentials.url", "name", "regions"]);
    assert!(problem["fields"]["credentials.url"].as_str().unwrap().contains("企业微信"), "{problem}");
    let (_, problem) = admin.call(post(), Some(json!({"colour": "red"}))).await;
    assert!(problem["fields"]["colour"].is_string(), "{problem}");
}

#[actix_web::test]
async fn a_refusing_platform_is_explained_and_its_group_kept() {
    let admin = Admin::new().await;
    admin.wecom.answers(r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#);
    let body = json!({"name": "群", "platform": "wecom", "credentials": {"url": admin.wecom.robot("1")}, "regions": ["131000"]});
    let (status, created) = admin.call(TestRequest::post().uri("/api/v1/groups"), Some(body)).await;
    assert_eq!((status.as_u16(), &created["state"]), (201, &json!("unverified")), "{created}");
    assert_eq!(created["code_sent"], false);
    let reason = created["reason"].as_str().unwrap();
    assert!(reason.contains("93000") && reason.contains("移出群"), "{reason}");
    let again = format!("/api/v1/groups/{}/code", created["id"].as_str().unwrap());
    let (status, problem) = admin.call(TestRequest::post().uri(&again), None).await;
    assert_eq!((status.as_u16(), &problem["code"]), (422, &json!("group_unreachable")));

    // The page says the same and offers the button.
    let url = admin.wecom.robot("2");
    let whole = [("url", url.as_str()), ("name", "群"), ("regions", "131003"), ("kinds", "rescue")];
    let whole = [&whole[..], &[("language", "zh-CN")]].concat();
    let (_, _, page) = admin.submit("/groups/new?platform=wecom", &whole).await;
    assert!(page.contains("93000") && page.contains(r##"<a href="#send">"##), "{page}");
    let button = page.split(r#"action=""#).find_map(|form| form.split('"').next()?.strip_suffix("/code"));
    let group = button.unwrap_or_else(|| panic!("no way to another code in {page}")).to_owned();

    admin.wecom.answers(r#"{"errcode":0,"errmsg":"ok"}"#);
    let (status, _) = admin.call(TestRequest::post().uri(&again), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let (status, location, _) = admin.submit(&format!("{group}/code"), &[]).await;
    assert_eq!((status, location), (StatusCode::SEE_OTHER, Some(format!("{group}?done=code"))));
}

#[actix_web::test]
async fn the_form_keeps_what_was_typed_lists_places_and_leads_to_the_code() {
    let admin = Admin::new().await;
    let path = "/groups/new?platform=wecom";
    let (status, _, page) = admin.read(path).await;
    assert!(status == StatusCode::OK && page.contains("72小时"), "{page}");

    let url = admin.wecom.robot("1");
    let (status, _, page) =
        admin.submit(path, &[("url", &url), ("name", "<b>群"), ("kinds", "rescue")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains(r##"<a href="#regions">"##), "{page}");
    assert!(page.contains(&url) && page.contains("&#60;b&#62;群"), "{page}");

    let listing = [("url", url.as_str()), ("regions", "110000"), ("province", "130000"), ("list", "1")];
    let (status, _, page) = admin.submit(path, &listing).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains(r#"id="region-131003""#) && page.contains(r#"value="110000" checked"#), "{page}");
    assert!(admin.wecom.heard().is_empty());

    // An address of another platform: one button leads to that platform's form and keeps what was filled in.
    let switch = format!(r#"name="list" value="1" formaction="{path}""#);
    let strange = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6";
    let filled = [("url", strange), ("name", "群"), ("regions", "131003"), ("kinds", "rescue")];
    let (status, _, page) = admin.submit("/groups/new?platform=feishu", &filled).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains(&switch), "{page}");
    let (status, _, page) = admin.submit(path, &[&filled[..], &[("list", "1")]].concat()).await;
    assert!(status == StatusCode::OK && page.contains(strange) && !page.contains(&switch), "{page}");
    for kept in [r#"value="131003" checked"#, r#"value="rescue" checked"#] {
        assert!(page.contains(kept), "{kept} in {page}");
    }

    let whole = [
        ("url", url.as_str()),
        ("name", "群"),
        ("regions", "131003"),
        ("kinds", "rescue"),
        ("language", "zh-CN"),
    ];
    let (status, location, _) = admin.submit(path, &whole).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let location = location.unwrap();
    let (_, _, page) = admin.read(&location).await;
    assert!(page.contains(r#"name="code""#), "{page}");

    let group = location.split('?').next().unwrap();
    let (status, _, page) = admin.submit(&format!("{group}/verify"), &[("code", "x")]).await;
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && page.contains(r##"<a href="#code">"##), "{page}");
    let (status, _, _) = admin.submit(&format!("{group}/verify"), &[("code", &admin.wecom.code())]).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, _, page) = admin.read(&format!("{group}/delete")).await;
    assert!(page.contains("删除"), "{page}");
    let (_, location, _) = admin.submit(&format!("{group}/delete"), &[]).await;
    assert_eq!(location.as_deref(), Some("/groups?done=deleted"));
}

#[actix_web::test]
async fn the_form_takes_times_and_bounds_and_the_page_tells_them() {
    let admin = Admin::new().await;
    let url = admin.wecom.robot("1");
    let body = json!({"platform": "wecom", "name": "群", "credentials": {"url": url}, "regions": ["131000"]});
    let (_, created) = admin.call(TestRequest::post().uri("/api/v1/groups"), Some(body)).await;
    let group = format!("/groups/{}", created["id"].as_str().unwrap());
    let (_, _, form) = admin.read(&format!("{group}/edit")).await;
    assert!(form.contains(r#"id="quiet.but_urgent" name="quiet.but_urgent" value="true" checked"#), "{form}");
    let rest = [
        ("name", "群"),
        ("regions", "131000"),
        ("kinds", "rescue"),
        ("language", "zh-CN"),
        ("hourly_cap", "5"),
    ];
    let with = |quiet: &[(&'static str, &'static str)]| [&rest[..], quiet].concat();

    let wrong = with(&[("quiet.from", "22:00"), ("quiet.until", "")]);
    let (status, _, page) = admin.submit(&format!("{group}/edit"), &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains(r##"<a href="#quiet.until">"##) && page.contains(r#"value="22:00""#), "{page}");

    let night = with(&[("quiet.from", "22:00"), ("quiet.until", "07:00"), ("quiet.but_urgent", "true")]);
    let (status, _, _) = admin.submit(&format!("{group}/edit"), &night).await;
    assert_eq!(status, StatusCode::SEE_OTHER);
    let (_, _, page) = admin.read(&group).await;
    assert!(page.contains("22:00 到 07:00；有生命危险的照常发送"), "{page}");
    let (_, shown) = admin.call(TestRequest::get().uri(&format!("/api/v1{group}")), None).await;
    assert_eq!(
        (&shown["hourly_cap"], &shown["quiet"]),
        (&json!(5), &json!({"from": "22:00", "until": "07:00", "but_urgent": true}))
    );

    let none = with(&[("quiet.from", ""), ("quiet.until", "")]);
    admin.submit(&format!("{group}/edit"), &none).await;
    let (_, shown) = admin.call(TestRequest::get().uri(&format!("/api/v1{group}")), None).await;
    assert_eq!(shown["quiet"], Value::Null);
}

#[actix_web::test]
async fn the_form_of_a_new_group_suggests_what_suits_most() {
    let admin = Admin::new().await;
    let (_, _, form) = admin.read("/groups/new?platform=wecom").await;
    let field = |name: &str| {
        let tags = form.split("<input").filter_map(|tag| tag.split('>').next());
        tags.filter(|tag| tag.contains(&format!(r#"name="{name}""#))).map(str::to_owned).collect::<Vec<_>>()
    };
    for (name, value) in [("hourly_cap", "4"), ("quiet.from", "22:00"), ("quiet.until", "07:00")] {
        let tags = field(name);
        assert!(tags.len() == 1 && tags[0].contains(&format!(r#"value="{value}""#)), "{name}: {tags:?}");
    }
    let ticked = [field("kinds"), field("quiet.but_urgent")].concat();
    assert!(ticked.len() == 5 && ticked.iter().all(|tag| tag.contains(" checked")), "{ticked:?}");
    let why = "每小时最多 4 条、22:00 到 07:00 免打扰";
    assert!(form.contains(why), "{form}");

    // An emptied field is taken as meant; the form of an existing group shows what is in force.
    let url = admin.wecom.robot("1");
    let whole = [("url", url.as_str()), ("name", "群"), ("regions", "131003"), ("kinds", "rescue")];
    let whole = [&whole[..], &[("language", "zh-CN"), ("hourly_cap", ""), ("quiet.from", "")]].concat();
    let (_, location, _) = admin.submit("/groups/new?platform=wecom", &whole).await;
    let group = location.unwrap().split('?').next().unwrap().to_owned();
    let (_, shown) = admin.call(TestRequest::get().uri(&format!("/api/v1{group}")), None).await;
    assert_eq!((&shown["hourly_cap"], &shown["quiet"]), (&Value::Null, &Value::Null));
    let (_, _, form) = admin.read(&format!("{group}/edit")).await;
    assert!(!form.contains("22:00") && !form.contains(why), "{form}");
}

#[actix_web::test]
async fn the_page_for_another_robot_says_beside_the_field_why_not() {
    let admin = Admin::new().await;
    let body = json!({"platform": "wecom", "name": "群", "credentials": {"url": admin.wecom.robot("1")},
                      "regions": ["131000"]});
    let (_, created) = admin.call(TestRequest::post().uri("/api/v1/groups"), Some(body)).await;
    let group = format!("/groups/{}", created["id"].as_str().unwrap());
    admin.submit(&format!("{group}/verify"), &[("code", &admin.wecom.code())]).await;
    admin.wecom.answers(r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#);
    let url = admin.wecom.robot("2");
    let (status, _, page) = admin.submit(&format!("{group}/robot"), &[("url", &url)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains(&format!(r#"action="{group}/robot""#)) && page.contains(&url), "{page}");
    assert!(beside(&page, "url").contains("93000"), "{page}");
    let (_, shown) = admin.call(TestRequest::get().uri(&format!("/api/v1{group}")), None).await;
    assert_eq!(shown["state"], "active", "the robot that works is kept: {shown}");

    let group = admin.kept("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=1").await;
    let sent = [("url", "https://example.org/robot"), ("secret", "SECabc"), ("keyword", "寻人")];
    let (_, _, page) = admin.submit(&format!("{group}/robot"), &sent).await;
    assert!(!beside(&page, "url").is_empty(), "{page}");
    assert!(page.contains(sent[0].1) && page.contains(sent[2].1) && !page.contains(sent[1].1), "{page}");
    assert!(page.contains("请重新填写"), "the empty field is explained: {page}");
}

/// The fault shown beside a field.
fn beside<'a>(page: &'a str, field: &str) -> &'a str {
    let fault = page.split(&format!(r#"<p class="error" id="{field}-error">"#)).nth(1);
    fault.and_then(|rest| rest.split("</p>").next()).unwrap_or_default()
}

#[actix_web::test]
async fn the_page_of_a_stopped_group_says_why_and_what_to_do() {
    for (reason, why, what) in [("gone", "已经不在了", "更换机器人"), ("failing", "24 小时", "送达记录")]
    {
        let admin = Admin::new().await;
        let url = admin.wecom.robot("1");
        let body =
            json!({"platform": "wecom", "name": "群", "credentials": {"url": url}, "regions": ["131000"]});
        let (_, created) = admin.call(TestRequest::post().uri("/api/v1/groups"), Some(body)).await;
        let id = created["id"].as_str().unwrap().to_owned();
        let group: uuid::Uuid = id.parse().unwrap();
        let stop = move |tx: &mut Conn| {
            let account = accounts::by_name(tx, "qunzhu")?.unwrap().account.id.0;
            let mut group = groups::lock(tx, account, group)?.unwrap();
            group.state = GroupState::Disabled;
            group.reason = WhyDisabled::named(reason);
            groups::save(tx, &group)
        };
        admin.house.shared.store.write(stop).await.unwrap();
        let (_, _, page) = admin.read(&format!("/groups/{id}")).await;
        let warning = page.split(r#"class="warning""#).nth(1).and_then(|rest| rest.split("</p>").next());
        let warning = warning.unwrap_or_else(|| panic!("no warning in {page}"));
        assert!(warning.contains(why) && warning.contains(what), "{warning}");
        assert!(page.contains(&format!("/groups/{id}/code")), "{page}");
    }
}

#[actix_web::test]
async fn a_new_secret_is_shown_once_on_a_page() {
    let admin = Admin::new().await;
    let group = admin.kept("webhook", "https://hooks.example.org/x").await;
    let (_, _, page) = admin.read(&group).await;
    assert!(page.contains(&format!(r#"action="{group}/secret""#)), "{page}");
    let (status, _, page) = admin.submit(&format!("{group}/secret"), &[]).await;
    assert!(status == StatusCode::OK && page.contains("whsec_"), "{page}");
    for _ in 0..2 {
        admin.submit(&format!("{group}/secret"), &[]).await;
    }
    let (status, _, page) = admin.submit(&format!("{group}/secret"), &[]).await;
    assert!(status == StatusCode::TOO_MANY_REQUESTS && page.contains(r##"<a href="#rotate">"##), "{page}");
    let button =
        page.split(r#"<details id="rotate" open>"#).nth(1).and_then(|rest| rest.split("</details>").next());
    assert!(button.is_some_and(|button| button.contains(r#"<p class="error">"#)), "{page}");
}
