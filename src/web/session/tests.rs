use actix_web::dev::ServiceResponse;
use actix_web::http::header::LOCATION;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use chrono::TimeDelta;
use serde::Deserialize;

use super::*;
use crate::accounts::fixture::House;
use crate::accounts::people;
use crate::domain::life_cycle::State;
use crate::store::fixture;
use crate::store::notices::Revision;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    version: i32,
    reason: String,
}

async fn called(caller: Caller) -> Result<String, Problem> {
    Ok(caller.require(Role::Moderator)?.name.clone())
}

async fn managed(token: ManageToken) -> String {
    token.0
}

async fn read(http: HttpRequest, visitor: Visitor) -> String {
    visitor.frame(&http).who.map(|who| who.name).unwrap_or_default()
}

async fn shown(person: SignedIn) -> Result<String, Problem> {
    Ok(format!("{} {}", person.require(Role::Moderator)?.name, person.csrf))
}

async fn sent(_person: SignedIn, form: CsrfForm<Fields>) -> String {
    format!("{} {}", form.0.version, form.0.reason)
}

async fn open(form: Form<Vec<(String, String)>>) -> String {
    format!("{:?}", form.0)
}

async fn answer(house: &House, request: TestRequest) -> ServiceResponse {
    let app = App::new()
        .app_data(web::Data::new(house.shared.clone()))
        .route("/api/v1/called", web::get().to(called))
        .route("/api/v1/managed", web::get().to(managed))
        .route("/read", web::get().to(read))
        .route("/shown", web::get().to(shown))
        .route("/sent", web::post().to(sent))
        .route("/open", web::post().to(open));
    let app = init_service(app).await;
    call_service(&app, request.to_request()).await.map_into_boxed_body()
}

async fn text(response: ServiceResponse) -> String {
    String::from_utf8(read_body(response).await.to_vec()).unwrap()
}

fn get(path: &str) -> TestRequest {
    TestRequest::get().uri(path)
}

fn form(path: &str, body: impl Into<web::Bytes>) -> TestRequest {
    let kind = (header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    TestRequest::post().uri(path).insert_header(kind).set_payload(body)
}

fn with_token(path: &str, token: &str) -> TestRequest {
    get(path).insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
}

fn with_session(request: TestRequest, token: &str) -> TestRequest {
    request.insert_header((header::COOKIE, format!("session={token}")))
}

#[actix_web::test]
async fn a_program_acts_by_its_token_within_its_role() {
    let house = House::new().await;
    let store = &house.shared.store;
    let day = Some(TimeDelta::days(1));
    let mut token_of = std::collections::BTreeMap::new();
    for role in Role::ALL {
        house.person(role.as_str(), role).await;
        token_of.insert(role.as_str(), tokens::add(store, house.now(), role.as_str(), day).await.unwrap());
    }
    for (role, status) in [("moderator", 200), ("lead", 200), ("group_admin", 403), ("operator", 403)] {
        let response = answer(&house, with_token("/api/v1/called", &token_of[role])).await;
        assert_eq!(response.status(), status, "{role}");
    }
    people::disable(store, house.now(), "lead").await.unwrap();
    let refused = answer(&house, with_token("/api/v1/called", &token_of["lead"])).await;
    assert_eq!(refused.status(), 401, "the next request of a disabled account");
    assert!(text(refused).await.contains("login_required"));
    house.advance(TimeDelta::days(1));
    assert_eq!(answer(&house, with_token("/api/v1/called", &token_of["moderator"])).await.status(), 401);
}

#[actix_web::test]
async fn the_api_takes_neither_cookies_nor_other_schemes() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let session = house.session(&person).await;
    let token = tokens::add(&house.shared.store, house.now(), "小王", None).await.unwrap();
    let schemed = |scheme: &str| {
        get("/api/v1/called").insert_header((header::AUTHORIZATION, format!("{scheme}{token}")))
    };
    for refused in [
        get("/api/v1/called"),
        with_session(get("/api/v1/called"), &session),
        with_token("/api/v1/called", &session),
        schemed(""),
        schemed("Basic "),
    ] {
        assert_eq!(answer(&house, refused).await.status(), 401);
    }
    assert_eq!(answer(&house, schemed("bearer ")).await.status(), 200);
}

#[actix_web::test]
async fn a_manage_token_is_handed_on_where_it_opens_a_notice() {
    let house = House::new().await;
    let mut notice = fixture::notice(State::Submitted);
    notice.manage_hash = Some(token_hash("abc-_1"));
    let revision = Revision {
        notice_id: notice.id,
        number: 1,
        public_sealed: Vec::new(),
        private_sealed: Vec::new(),
        renewal: false,
        created_at: notice.submitted_at,
    };
    house.shared.store.write(move |tx| notices::insert(tx, &notice, &revision)).await.unwrap();
    assert_eq!(text(answer(&house, with_token("/api/v1/managed", "abc-_1")).await).await, "abc-_1");
    for refused in [get("/api/v1/managed"), with_token("/api/v1/managed", "abc-_2")] {
        let refused = answer(&house, refused).await;
        assert_eq!(refused.status(), 401);
        assert!(text(refused).await.contains("manage_link_invalid"));
    }
}

#[actix_web::test]
async fn pages_know_who_reads_them() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let session = house.session(&person).await;
    assert_eq!(text(answer(&house, get("/read")).await).await, "");
    assert_eq!(text(answer(&house, with_session(get("/read"), "stranger")).await).await, "");
    assert_eq!(text(answer(&house, with_session(get("/read"), &session)).await).await, "小王");
    assert_eq!(answer(&house, with_session(get("/shown"), &session)).await.status(), 200);
    let admin = house.person("群主", Role::GroupAdmin).await;
    let other = house.session(&admin).await;
    assert_eq!(answer(&house, with_session(get("/shown"), &other)).await.status(), 403);
}

#[actix_web::test]
async fn a_stranger_is_sent_to_the_login_and_back() {
    let house = House::new().await;
    for (request, location) in [
        (get("/shown?a=1&b=%E4%B8%80"), "/login?next=%2Fshown%3Fa%3D1%26b%3D%25E4%25B8%2580"),
        (with_session(get("/shown"), "stranger"), "/login?next=%2Fshown"),
        (form("/sent", "version=1"), "/login"),
    ] {
        let response = answer(&house, request).await;
        assert_eq!(response.status(), 303);
        assert_eq!(response.headers().get(LOCATION).unwrap(), location);
    }
}

#[actix_web::test]
async fn a_form_comes_from_a_page_of_its_own_session() {
    let house = House::new().await;
    let person = house.person("小王", Role::Moderator).await;
    let (session, other) = (house.session(&person).await, house.session(&person).await);
    let csrf = csrf::token(&house.shared.vault, &session);
    let send = async |body: String| answer(&house, with_session(form("/sent", body), &session)).await;

    let taken = send(format!("version=3&csrf={csrf}&reason=%E5%8F%AF%E4%BB%A5+%26")).await;
    assert_eq!(text(taken).await, "3 可以 &");
    for foreign in [csrf::token(&house.shared.vault, &other), String::new(), "x".to_owned()] {
        assert_eq!(send(format!("csrf={foreign}&version=3&reason=")).await.status(), 403, "{foreign:?}");
    }
    assert_eq!(send("version=3&reason=".to_owned()).await.status(), 403);
    assert_eq!(send(format!("csrf=x&csrf={csrf}&version=3&reason=")).await.status(), 403, "the first counts");
    assert_eq!(send(format!("csrf={csrf}&version=three&reason=")).await.status(), 422);
    assert_eq!(send(format!("csrf={csrf}&version=3&reason=&role=lead")).await.status(), 422);
}

#[actix_web::test]
async fn forms_are_bounded_and_of_one_type() {
    let house = House::new().await;
    let repeated = answer(&house, form("/open", "kind=a&kind=b")).await;
    assert_eq!(text(repeated).await, r#"[("kind", "a"), ("kind", "b")]"#);
    let largest = format!("a={}", "x".repeat(MAX_FORM_BYTES - 2));
    assert_eq!(answer(&house, form("/open", largest.clone())).await.status(), 200);
    assert_eq!(answer(&house, form("/open", largest + "x")).await.status(), 413);
    let json = TestRequest::post().uri("/open").set_json([["a", "b"]]);
    assert_eq!(answer(&house, json).await.status(), 415);
}
