//! Who asks: programs by a bearer token, people by the cookie of their session; and the forms that only
//! their own pages may send.
//!
//! The two never mix: the API takes no cookie, so no other site can make a browser call it.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::Payload;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use super::csrf;
use super::frame::Frame;
use super::problem::{FieldFaults, Problem};
use super::shared::Shared;
use crate::accounts::{sessions, tokens};
use crate::domain::people::Role;
use crate::store::accounts::Account;

/// The largest form, in bytes.
pub const MAX_FORM_BYTES: usize = 64 * 1024;

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 200;

/// The field of a form that carries its token.
const CSRF_FIELD: &str = "csrf";

fn shared(http: &HttpRequest) -> Result<&web::Data<Shared>, Problem> {
    http.app_data().ok_or_else(|| Problem::Internal("the routes lack Shared".to_owned()))
}

fn bearer(http: &HttpRequest) -> Option<&str> {
    let value = http.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    let plausible = !token.is_empty() && token.len() <= MAX_TOKEN_BYTES;
    (scheme.eq_ignore_ascii_case("bearer") && plausible).then_some(token)
}

fn require(account: &Account, role: Role) -> Result<&Account, Problem> {
    if account.role.0.includes(role) { Ok(account) } else { Err(Problem::Forbidden) }
}

/// A program that acts for an account, by its API token. 401 `login_required` without a valid one.
pub struct Caller(Account);

impl Caller {
    /// The account, where its role may do what `role` may: there is no other way to it.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub fn require(&self, role: Role) -> Result<&Account, Problem> {
        require(&self.0, role)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Caller, Problem>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let http = http.clone();
        Box::pin(async move {
            let shared = shared(&http)?;
            let token = bearer(&http).ok_or(Problem::LoginRequired)?;
            let account = tokens::find(&shared.store, shared.clock.now(), token).await?;
            account.map(Caller).ok_or(Problem::LoginRequired)
        })
    }
}

/// The token of a reporter's manage link, as a bearer; whether it opens a notice is for the intake to
/// say. 401 `manage_link_invalid` without one.
pub struct ManageToken(pub String);

impl FromRequest for ManageToken {
    type Error = Problem;
    type Future = Ready<Result<ManageToken, Problem>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(bearer(http).map(|t| ManageToken(t.to_owned())).ok_or(Problem::ManageLinkInvalid))
    }
}

/// A person who is logged in. Anybody else is sent to the login and comes back afterwards.
pub struct SignedIn {
    account: Account,
    csrf: String,
}

impl SignedIn {
    /// The account, where its role may do what `role` may: there is no other way to it.
    ///
    /// # Errors
    /// [`Problem::Forbidden`].
    pub fn require(&self, role: Role) -> Result<&Account, Problem> {
        require(&self.account, role)
    }

    /// The token for this person's forms, in a field named `csrf`.
    pub fn csrf(&self) -> &str {
        &self.csrf
    }

    /// The frame of this person's pages.
    pub fn frame(&self, http: &HttpRequest) -> Frame {
        Frame::for_account(http, &self.account.name, self.account.role.0, self.csrf.clone())
    }

    /// Where somebody in this role starts.
    pub const fn home(&self) -> &'static str {
        home(self.account.role.0)
    }
}

impl FromRequest for SignedIn {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<SignedIn, actix_web::Error>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let http = http.clone();
        Box::pin(async move {
            match signed_in(&http).await? {
                Some(person) => Ok(person),
                None => Err(LoginFirst::then(&http).into()),
            }
        })
    }
}

/// Anybody who reads a page, logged in or not.
pub struct Visitor(pub Option<SignedIn>);

impl Visitor {
    /// The frame of the page, with the reader's name where there is one.
    pub fn frame(&self, http: &HttpRequest) -> Frame {
        self.0.as_ref().map_or_else(|| Frame::public(http), |person| person.frame(http))
    }
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Visitor, Problem>>;

    fn from_request(http: &HttpRequest, _: &mut Payload) -> Self::Future {
        let http = http.clone();
        Box::pin(async move { signed_in(&http).await.map(Visitor) })
    }
}

async fn signed_in(http: &HttpRequest) -> Result<Option<SignedIn>, Problem> {
    let shared = shared(http)?;
    let Some(token) = session_token(http, shared) else { return Ok(None) };
    let account = sessions::find(&shared.store, shared.clock.now(), &token).await?;
    Ok(account.map(|account| SignedIn { account, csrf: csrf::token(&shared.vault, &token) }))
}

/// The page where somebody in that role starts.
pub const fn home(role: Role) -> &'static str {
    match role {
        Role::Moderator | Role::Lead => "/review",
        Role::GroupAdmin => "/groups",
        Role::Operator => "/",
    }
}

/// Sends a browser to the login, and from there back to the page it asked for.
#[derive(Debug, thiserror::Error)]
#[error("nobody is logged in")]
struct LoginFirst(String);

impl LoginFirst {
    fn then(http: &HttpRequest) -> LoginFirst {
        // What was sent to a form is not sent again by coming back to its address.
        if !matches!(*http.method(), Method::GET | Method::HEAD) {
            return LoginFirst("/login".to_owned());
        }
        let wanted = http.uri().path_and_query().map_or("/", |p| p.as_str());
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", wanted).finish();
        LoginFirst(format!("/login?{query}"))
    }
}

impl ResponseError for LoginFirst {
    fn status_code(&self) -> StatusCode {
        StatusCode::SEE_OTHER
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::SeeOther().insert_header((header::LOCATION, self.0.as_str())).finish()
    }
}

const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-session" } else { "session" }
}

/// The session's token, as the browser sent it.
pub fn session_token(http: &HttpRequest, shared: &Shared) -> Option<String> {
    let cookie = http.cookie(cookie_name(shared.is_https()))?;
    (cookie.value().len() <= MAX_TOKEN_BYTES).then(|| cookie.value().to_owned())
}

/// The cookie that carries a session's token. It goes when the browser is closed: volunteers share
/// computers.
pub fn session_cookie(shared: &Shared, token: String) -> Cookie<'static> {
    Cookie::build(cookie_name(shared.is_https()), token)
        .path("/")
        .secure(shared.is_https())
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

/// The cookie that takes the session's cookie away.
pub fn no_session_cookie(shared: &Shared) -> Cookie<'static> {
    let mut cookie = session_cookie(shared, String::new());
    cookie.make_removal();
    cookie
}

/// A form anybody may send. Another site's was refused before it came here, by `web::request`.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Form<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move {
            let body = form_body(&http, payload).await?;
            fields(&body).map(Form)
        })
    }
}

/// A form that came from a page shown in this session: its `csrf` field is checked here and nowhere
/// else, and is not part of `T`. For fields that may come several times, `T` is `Vec<(String, String)>`.
pub struct CsrfForm<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for CsrfForm<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<CsrfForm<T>, Problem>>;

    fn from_request(http: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (http, payload) = (http.clone(), payload.take());
        Box::pin(async move {
            let shared = shared(&http)?;
            let token = session_token(&http, shared).ok_or(Problem::LoginRequired)?;
            guarded_form(&http, payload, &token).await.map(CsrfForm)
        })
    }
}

/// A form that came from a page shown under `authority`, the value of the cookie that lets its reader
/// act.
///
/// # Errors
/// [`Problem::CrossSite`] where it did not; else what is wrong with the form.
pub async fn guarded_form<T: DeserializeOwned>(
    http: &HttpRequest,
    payload: Payload,
    authority: &str,
) -> Result<T, Problem> {
    let body = form_body(http, payload).await?;
    let (guards, rest): (Vec<_>, Vec<_>) =
        form_urlencoded::parse(&body).partition(|(name, _)| name == CSRF_FIELD);
    let given = guards.first().map_or("", |(_, value)| value);
    csrf::check(&shared(http)?.vault, authority, given)?;
    fields(form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish().as_bytes())
}

async fn form_body(http: &HttpRequest, mut payload: Payload) -> Result<web::Bytes, Problem> {
    let kind = http.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(Problem::WrongType);
    }
    let payload = web::Payload::from_request(http, &mut payload)
        .await
        .map_err(|e| Problem::Internal(format!("no payload: {e}")))?;
    match payload.to_bytes_limited(MAX_FORM_BYTES).await {
        Err(_) => Err(Problem::TooLarge(MAX_FORM_BYTES)),
        // The sender broke off: nobody reads the answer.
        Ok(body) => body.map_err(|_| Problem::Invalid(FieldFaults::new())),
    }
}

fn fields<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(body).map_err(|_| Problem::Invalid(FieldFaults::new()))?;
    web::Query::<T>::from_query(text)
        .map(web::Query::into_inner)
        .map_err(|_| Problem::Invalid(FieldFaults::new()))
}

#[cfg(test)]
mod tests {
    use actix_web::dev::ServiceResponse;
    use actix_web::http::header::LOCATION;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};
    use actix_web::{App, web};
    use chrono::TimeDelta;
    use serde::Deserialize;

    use super::*;
    use crate::accounts::fixture::House;
    use crate::accounts::people;

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
        Ok(format!("{} {}", person.require(Role::Moderator)?.name, person.csrf()))
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
            token_of
                .insert(role.as_str(), tokens::add(store, house.now(), role.as_str(), day).await.unwrap());
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
    async fn a_manage_token_is_handed_on_as_it_came() {
        let house = House::new().await;
        assert_eq!(text(answer(&house, with_token("/api/v1/managed", "abc-_1")).await).await, "abc-_1");
        let refused = answer(&house, get("/api/v1/managed")).await;
        assert_eq!(refused.status(), 401);
        assert!(text(refused).await.contains("manage_link_invalid"));
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
        assert_eq!(
            send(format!("csrf=x&csrf={csrf}&version=3&reason=")).await.status(),
            403,
            "the first counts"
        );
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
}
