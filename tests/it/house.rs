//! A house for a test: the whole program on a free port, with its background loops driven by the test.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use futures_util::FutureExt as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use seventytwo::accounts::{people, tokens};
use seventytwo::app::{App, Stations};
use seventytwo::clock::Clock;
use seventytwo::config::Config;
use seventytwo::domain::group::Platform;
use seventytwo::domain::people::Role;
use seventytwo::store::Conn;
use seventytwo::store::accounts::{Session, by_name, insert_session};
use seventytwo::store::types::Time;
use seventytwo::vault::{new_token, token_hash};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::fakes::{Fake, Rules};
pub use crate::ground::Db;
use crate::ground::{Networks, settings};
use crate::interface::assert_as_described;

/// A padded secret of Standard Webhooks.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// How long what was approved cools before it goes live.
pub const COOLING: TimeDelta = TimeDelta::seconds(30);

/// When every test begins: a Monday morning in Langfang.
pub fn morning() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 23, 2, 7, 0).unwrap()
}

/// The running program.
pub struct House {
    pub stations: Stations,
    pub db: Db,
    pub clock: Clock,
    pub base: String,
    pub http: reqwest::Client,
    /// The chats that the program can reach.
    pub chats: Vec<Arc<Fake>>,
    /// Other addresses that it may send to.
    gateways: Gateways,
    /// Stops the program when the house is dropped.
    running: DropGuard,
    serving: JoinHandle<anyhow::Result<()>>,
    networks: Networks,
}

/// A platform each, with the URL of its stand-in.
pub type Gateways = Vec<(Platform, String)>;

/// A person with an account.
pub struct Person {
    pub name: String,
    pub token: String,
    pub password: String,
    pub totp: String,
}

/// A response.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body; fails on any other status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }

    /// The problem's code; fails on any other status.
    #[track_caller]
    pub fn problem(self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        let kind = self.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        assert!(kind.starts_with("application/problem+json"), "{kind}: {}", self.text);
        self.body["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl House {
    /// A house without chats.
    pub async fn start(db: Db) -> House {
        House::with_chats(db, Vec::new(), Clock::by_hand(morning())).await
    }

    /// A house that can reach these chats.
    pub async fn with_chats(db: Db, chats: Vec<Arc<Fake>>, clock: Clock) -> House {
        House::reaching(db, chats, Gateways::new(), clock).await
    }

    /// A house that can reach these chats and these gateways.
    pub async fn reaching(db: Db, chats: Vec<Arc<Fake>>, gateways: Gateways, clock: Clock) -> House {
        let app = App::build(config(&db, &chats, &gateways), clock.clone()).await.unwrap();
        let (stations, base, stop) = (app.stations.clone(), app.url(), CancellationToken::new());
        let serving = tokio::spawn(app.serve(stop.clone()));
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        House {
            stations,
            db,
            clock,
            base,
            http,
            chats,
            gateways,
            running: stop.drop_guard(),
            serving,
            networks: Networks::default(),
        }
    }

    /// The same house with chats of these platforms added.
    pub async fn and_chats(self, platforms: &[Platform]) -> House {
        let mut chats = Vec::new();
        for platform in platforms {
            // The only platform for which we generate the secret, where the admin gives none.
            let secret = (*platform == Platform::Webhook).then(|| SECRET.to_owned());
            let rules = Rules { secret, ..Rules::default() };
            chats.push(Arc::new(Fake::start(*platform, rules, self.clock.now()).await));
        }
        drop(self.running);
        House::reaching(self.db, chats, self.gateways, self.clock).await
    }

    /// The same house with more gateways.
    pub async fn and_gateways(self, gateways: Gateways) -> House {
        drop(self.running);
        House::reaching(self.db, self.chats, gateways, self.clock).await
    }

    /// The same database with a new process: everything in memory is gone.
    pub async fn restart(self) -> House {
        drop((self.running, self.stations));
        self.serving.await.unwrap().unwrap();
        House::reaching(self.db, self.chats, self.gateways, self.clock).await
    }

    /// What tells the time by its clock.
    pub fn now(&self) -> impl Fn() -> DateTime<Utc> + Clone + Send + Sync + use<> {
        let clock = self.clock.clone();
        move || clock.now()
    }

    /// Moves the clock, and the platforms' clocks as far: nothing happens yet.
    pub fn advance(&self, by: TimeDelta) {
        self.clock.advance(by);
        self.chats.iter().for_each(|chat| chat.pass(by));
    }

    /// Lets this much time pass, and everything be done that is due at its end.
    pub async fn pass(&self, time: TimeDelta) {
        self.advance(time);
        self.settle().await;
    }

    /// Whether the worker was woken since this was last asked.
    pub fn woken(&self) -> bool {
        self.stations.shared.work_is_due.notified().now_or_never().is_some()
    }

    /// Lets the background loops do everything that is due now.
    pub async fn settle(&self) {
        self.stations.settle().await.unwrap();
    }

    /// Creates a person with an API token.
    pub async fn person(&self, name: &str, role: Role) -> Person {
        let shared = &self.stations.shared;
        let now = self.clock.now();
        let added = people::add(&shared.store, &shared.vault, now, name, role, None).await.unwrap();
        let token = tokens::add(&shared.store, now, name, None).await.unwrap();
        Person { name: added.name, token, password: added.password.unwrap(), totp: added.totp_secret }
    }

    /// One call of the JSON API.
    pub async fn call(&self, method: Method, path: &str, token: Option<&str>, body: Option<&Value>) -> Reply {
        let mut request = self
            .http
            .request(method.clone(), format!("{}/api/v1{path}", self.base))
            .header("x-forwarded-for", self.networks.next());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let reply = reply(request).await;
        assert_as_described(&method, path, &reply);
        reply
    }

    /// A GET of the API.
    pub async fn get(&self, path: &str, token: Option<&str>) -> Reply {
        self.call(Method::GET, path, token, None).await
    }

    /// A POST to the API.
    pub async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Reply {
        self.call(Method::POST, path, token, Some(body)).await
    }

    /// A page, as text with its status.
    pub async fn page(&self, path: &str) -> Reply {
        reply(self.http.get(format!("{}{path}", self.base))).await
    }

    /// A page, as a reader with this cookie sees it.
    pub async fn page_as(&self, path: &str, cookie: &str) -> Reply {
        reply(self.http.get(format!("{}{path}", self.base)).header("cookie", cookie)).await
    }

    /// Logs a person in for an hour; returns the session's token.
    pub async fn session(&self, person: &Person) -> String {
        let (token, now, name) = (new_token(), self.clock.now(), person.name.clone());
        let token_hash = token_hash(&token);
        let begin = move |conn: &mut Conn| {
            let account_id = by_name(conn, &name)?.expect("the person was added").account.id;
            let expires_at = Time(now + TimeDelta::hours(1));
            let (created_at, seen_at) = (Time(now), Time(now));
            insert_session(conn, &Session { token_hash, account_id, created_at, seen_at, expires_at })
        };
        self.stations.shared.store.write(begin).await.unwrap();
        token
    }

    /// Logs a person in for an hour; returns the cookie that shows it.
    pub async fn cookie(&self, person: &Person) -> String {
        format!("session={}", self.session(person).await)
    }

    /// Uploads a photo and returns its id.
    pub async fn photo(&self, jpeg: Vec<u8>) -> String {
        let part = reqwest::multipart::Part::bytes(jpeg).file_name("IMG_0001.JPG");
        let form = reqwest::multipart::Form::new().part("photo", part);
        let request = self.http.post(format!("{}/api/v1/photos", self.base)).multipart(form);
        reply(request).await.expect(201)["id"].as_str().unwrap().to_owned()
    }

    /// Connects a group on one of the chats and proves control; returns its id.
    pub async fn group(&self, chat: &Fake, admin: &Person, regions: &[&str], kinds: &[&str]) -> String {
        let body = json!({
            "platform": chat.platform().as_str(), "name": "测试群",
            "credentials": chat.credentials(), "regions": regions, "kinds": kinds,
        });
        let made = self.post("/groups", Some(&admin.token), &body).await.expect(201);
        assert_eq!(made["state"], "unverified");
        let id = made["id"].as_str().unwrap().to_owned();
        let code = chat.read_code();
        let proved =
            self.post(&format!("/groups/{id}/verify"), Some(&admin.token), &json!({"code": code})).await;
        assert_eq!(proved.expect(200)["state"], "active");
        id
    }

    /// Connects the first chat as a group that wants this kind in this region; returns the chat.
    pub async fn chat_for(&self, kind: &str, region: &str) -> Arc<Fake> {
        let admin = self.person("王群主", Role::GroupAdmin).await;
        let chat = self.chats[0].clone();
        self.group(&chat, &admin, &[region], &[kind]).await;
        chat
    }

    /// Lets everything be sent that is due, and looks at nothing of what the chats were sent: for a test
    /// about something else.
    pub async fn overhear(&self) {
        self.settle().await;
        for chat in &self.chats {
            chat.read_all();
        }
    }

    /// Ends the test: every message was read, nothing is due, and the decision log is whole. The harness does
    /// this with the house that a test gives back.
    pub async fn finish(mut self) {
        self.settle().await;
        let store = &self.stations.shared.store;
        let now = self.clock.now();
        let due = store.read(move |c| seventytwo::store::deliveries::backlog(c, now)).await.unwrap().due;
        assert_eq!(due, 0, "deliveries are due and nobody sends them");
        let verdict = store.read(|c| seventytwo::store::events::verify(c, None)).await.unwrap();
        assert!(matches!(verdict, seventytwo::store::events::Walked::Whole { .. }), "{verdict:?}");
        for chat in std::mem::take(&mut self.chats) {
            chat.assert_read();
        }
    }
}

/// Sends a request and reads all of the answer.
pub async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status, body, headers, text }
}

fn config(db: &Db, chats: &[Arc<Fake>], more: &Gateways) -> Config {
    let chats = chats.iter().map(|c| format!("{}={}", c.platform().as_str(), c.gateway().1));
    let more = more.iter().map(|(platform, url)| format!("{}={url}", platform.as_str()));
    let gateways: Vec<String> = chats.chain(more).collect();
    settings(db, &[("SEVENTYTWO_PLATFORM_HOSTS", gateways.join(","))])
}
