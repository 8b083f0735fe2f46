use std::net::SocketAddr;

use actix_web::App;
use actix_web::cookie::SameSite;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CONTENT_TYPE, COOKIE};
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::accounts::fixture::{House, PASSWORD};
use crate::domain::people::Role;

/// The routes of this station.
struct Doors<'a> {
    house: &'a House,
}

impl Doors<'_> {
    fn of(house: &House) -> Doors<'_> {
        Doors { house }
    }

    async fn call(&self, request: TestRequest) -> ServiceResponse {
        let app = App::new()
            .app_data(web::Data::new(self.house.shared.clone()))
            .route("/login", web::get().to(show_login))
            .route("/login", web::post().to(log_in))
            .route("/logout", web::get().to(show_logout))
            .route("/logout", web::post().to(log_out));
        call_service(&init_service(app).await, request.to_request()).await.map_into_boxed_body()
    }
}

fn from(peer: &str, path: &str, fields: &[(&str, &str)]) -> TestRequest {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    TestRequest::post()
        .uri(path)
        .peer_addr(SocketAddr::new(peer.parse().unwrap(), 4000))
        .insert_header((CONTENT_TYPE, "application/x-www-form-urlencoded"))
        .set_payload(body)
}

fn header<'a>(response: &'a ServiceResponse, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn text(response: ServiceResponse) -> String {
    String::from_utf8(read_body(response).await.to_vec()).unwrap()
}

#[actix_web::test]
async fn a_login_leads_to_the_page_asked_for_or_home() {
    for (base, name, secure) in
        [("http://127.0.0.1:7272", "session", None), ("https://72.example", "__Host-session", Some(true))]
    {
        let house = House::at(base).await;
        let doors = Doors::of(&house);
        for (role, next, location) in [
            (Role::Moderator, "", "/review"),
            (Role::GroupAdmin, "", "/groups"),
            (Role::Lead, "/review/ABC?x=1", "/review/ABC?x=1"),
            (Role::Operator, "//evil.example/", "/"),
        ] {
            let person = house.person(role.as_str(), role).await;
            let code = house.code(&person);
            let fields = [("name", role.as_str()), ("password", PASSWORD), ("code", &code), ("next", next)];
            let response = doors.call(from("192.0.2.1", "/login", &fields)).await;
            assert_eq!((response.status().as_u16(), header(&response, "location")), (303, location));
            let cookie = response.response().cookies().next().unwrap();
            assert_eq!((cookie.name(), cookie.secure(), cookie.path()), (name, secure, Some("/")));
            assert_eq!((cookie.http_only(), cookie.same_site()), (Some(true), Some(SameSite::Lax)));
            assert_eq!(cookie.domain(), None);

            let again = TestRequest::get().uri("/login").cookie(cookie.clone());
            let on = doors.call(again).await;
            assert_eq!(on.status(), 303, "who is logged in goes on");
        }
    }
}

#[actix_web::test]
async fn a_refused_login_says_one_thing_and_keeps_the_name() {
    let house = House::new().await;
    let doors = Doors::of(&house);
    let person = house.person("小王", Role::Moderator).await;
    let code = house.code(&person);
    let mut pages = Vec::new();
    for (name, password) in [("小王", "correct horse batterz"), ("没有人", PASSWORD)] {
        let fields = [("name", name), ("password", password), ("code", &code), ("next", "/review/ABC")];
        let response = doors.call(from("192.0.2.1", "/login", &fields)).await;
        assert_eq!(response.status(), 401);
        assert!(response.response().cookies().next().is_none());
        let page = text(response).await;
        assert!(page.contains(&format!("value=\"{name}\"")), "{page}");
        assert!(page.contains("value=\"/review/ABC\"") && !page.contains(password), "{page}");
        pages.push(page.replace(name, ""));
    }
    assert_eq!(pages[0], pages[1], "nothing tells which names exist");
}

#[actix_web::test]
async fn the_form_tells_browsers_what_to_fill_in() {
    let house = House::new().await;
    let doors = Doors::of(&house);
    for (language, heading) in [("zh-CN", "登录"), ("en", "Log in")] {
        let path = format!("/login?lang={language}&next=%2Fgroups");
        let page = text(doors.call(TestRequest::get().uri(&path)).await).await;
        assert!(page.contains(&format!("<h1>{heading}</h1>")), "{page}");
        assert!(page.contains("value=\"/groups\""), "{page}");
        for token in ["username", "current-password", "one-time-code"] {
            assert!(page.contains(&format!("autocomplete=\"{token}\"")), "{token}: {page}");
        }
    }
}

#[actix_web::test]
async fn who_has_no_account_is_told_how_to_get_one_though_no_contact_is_set() {
    let house = House::new().await;
    let doors = Doors::of(&house);
    for next in ["", "&next=%2Freview", "&next=%2Fgroups"] {
        for (language, told) in [
            ("zh-CN", ["请向运营这个平台的人申请", "请找运营者重置"]),
            ("en", ["Ask the people who run this platform", "Ask the operator to reset it"]),
        ] {
            let path = format!("/login?lang={language}{next}");
            let page = text(doors.call(TestRequest::get().uri(&path)).await).await;
            for words in told {
                assert_eq!(page.matches(words).count(), 1, "{words} at {path}: {page}");
            }
        }
    }
}

#[actix_web::test]
async fn what_was_typed_is_text_on_the_page() {
    let house = House::new().await;
    let doors = Doors::of(&house);
    let fields = [("name", "\"><img src=x>"), ("next", "/\"><script>")];
    let response = doors.call(from("192.0.2.1", "/login", &fields)).await;
    let page = text(response).await;
    assert!(!page.contains("<img") && !page.contains("\"><script"), "{page}");
}

#[actix_web::test]
async fn after_five_tries_from_one_network_a_name_waits_there_and_nowhere_else() {
    let house = House::new().await;
    let doors = Doors::of(&house);
    let person = house.person("小王", Role::Moderator).await;
    let code = house.code(&person);
    for n in 0..5 {
        let fields = [("name", "小王"), ("password", "wrong"), ("code", "000000")];
        let peer = format!("192.0.2.{n}");
        let response = doors.call(from(&peer, "/login", &fields)).await;
        assert_eq!(response.status(), 401);
    }
    let right = [("name", " 小王 "), ("password", PASSWORD), ("code", &code)];
    let response = doors.call(from("192.0.2.9", "/login", &right)).await;
    assert_eq!(response.status(), 429, "even with the right proofs");
    let other = doors.call(from("192.0.9.1", "/login", &right)).await;
    assert_eq!(other.status(), 303, "nobody is kept out by others");
    let wait: u64 = header(&response, "retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    let page = text(response).await;
    assert!(page.contains(&wait.to_string()));
}

#[actix_web::test]
async fn a_name_waits_everywhere_once_it_was_tried_from_everywhere() {
    let house = House::new().await;
    let doors = Doors::of(&house);
    let person = house.person("小王", Role::Moderator).await;
    let code = house.code(&person);
    for _ in 0..Limit::LoginName.measure().0 {
        house.shared.limits.check(Limit::LoginName, "小王").unwrap();
    }
    let right = [("name", "小王"), ("password", PASSWORD), ("code", &code)];
    let response = doors.call(from("192.0.9.1", "/login", &right)).await;
    assert_eq!(response.status(), 429);
}

#[actix_web::test]
async fn an_address_waits_whatever_the_names() {
    let house = House::new().await;
    let doors = Doors::of(&house);
    for n in 0..20 {
        let (name, peer) = (format!("n{n}"), format!("192.0.2.{n}"));
        let response = doors.call(from(&peer, "/login", &[("name", &name)])).await;
        assert_eq!(response.status(), 401, "{n}");
    }
    let refused = doors.call(from("192.0.2.99", "/login", &[("name", "n")])).await;
    assert_eq!(refused.status(), 429);
    let other = doors.call(from("192.0.3.1", "/login", &[("name", "n")])).await;
    assert_eq!(other.status(), 401);
}

#[actix_web::test]
async fn logging_out_is_a_form_and_ends_the_session() {
    let house = House::new().await;
    let doors = Doors::of(&house);
    let person = house.person("小王", Role::Moderator).await;
    let session = house.session(&person).await;
    house.advance(TimeDelta::minutes(5));
    let cookie = (COOKIE, format!("session={session}"));
    let csrf = csrf::token(&house.shared.vault, &session);
    let alive = async || sessions::find(&house.shared.store, house.now(), &session).await.unwrap().is_some();

    let asked = doors.call(TestRequest::get().uri("/logout").insert_header(cookie.clone())).await;
    assert!(text(asked).await.contains(&csrf));
    let foreign = from("192.0.2.1", "/logout", &[]).insert_header(cookie.clone());
    assert_eq!(doors.call(foreign).await.status(), 403);
    assert!(alive().await);

    let own = from("192.0.2.1", "/logout", &[("csrf", &csrf)]).insert_header(cookie);
    let response = doors.call(own).await;
    assert_eq!((response.status().as_u16(), header(&response, "location")), (303, "/login"));
    let gone = response.response().cookies().next().unwrap();
    assert_eq!((gone.name(), gone.value(), gone.max_age().unwrap().whole_seconds()), ("session", "", 0));
    assert!(!alive().await);
}

#[test]
fn only_paths_of_our_own_are_followed() {
    for (wanted, followed) in [
        ("/review", Some("/review")),
        ("/review/A?x=%2F&y=一", Some("/review/A?x=%2F&y=%E4%B8%80")),
        ("/a/../groups#x", Some("/groups")),
        ("/2?\\", Some("/2?\\")),
        ("", None),
        ("review", None),
        ("//evil.example", None),
        ("/\\evil.example", None),
        ("\\/evil.example", None),
        ("/\t/evil.example", None),
        ("/..//evil.example", None),
        ("/.//evil.example", None),
        ("https://evil.example/", None),
        ("http://own.invalid/review", None),
        ("javascript:alert(1)", None),
        (" /review", None),
    ] {
        assert_eq!(own_path(wanted).as_deref(), followed, "{wanted:?}");
    }
}

proptest! {
    #[test]
    fn nothing_leads_away(wanted in r"[/\\.\t\n:@?#%25e a]{0,12}(evil\.example)?[/\\.?#]{0,3}") {
        if let Some(path) = own_path(&wanted) {
            let here = Url::parse("https://72.example/login").unwrap();
            let there = here.join(&path).unwrap();
            prop_assert_eq!(there.origin(), here.origin(), "{}", path);
            prop_assert!(path.starts_with('/') && !path.contains(['\r', '\n']), "{}", path);
        }
    }
}
