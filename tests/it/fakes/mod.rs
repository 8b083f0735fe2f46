//! Stand-ins for the chat platforms, written from the vendors' documents and stricter than the
//! vendors: whatever a document forbids is answered with the vendor's own error, as HTTP 200 where
//! the vendor does so. They run inside the test, on a free port, by a clock the test moves.

mod robots;
mod wire;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{DateTime, Utc};
use serde_json::Value;
use seventytwo::domain::group::Platform;
use url::Url;

pub use wire::{Act, Wire};

/// How a robot is set up in its group.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub secret: Option<String>,
    pub keyword: Option<String>,
}

/// What a test makes the platform answer instead of its own verdict.
#[derive(Clone, Debug)]
pub struct Scripted {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// A platform with one group and one robot in it.
pub struct Fake {
    address: Url,
    platform: Platform,
    state: Arc<State>,
    server: ServerHandle,
}

struct State {
    platform: Platform,
    rules: Rules,
    now: Mutex<DateTime<Utc>>,
    script: Mutex<VecDeque<Scripted>>,
    /// When messages were taken, for the rate.
    taken: Mutex<Vec<DateTime<Utc>>>,
    posted: Mutex<VecDeque<Value>>,
}

impl Fake {
    /// Starts one on a free port of the loopback.
    pub async fn start(platform: Platform, rules: Rules, now: DateTime<Utc>) -> Fake {
        let state = Arc::new(State {
            platform,
            rules,
            now: Mutex::new(now),
            script: Mutex::default(),
            taken: Mutex::default(),
            posted: Mutex::default(),
        });
        let data = web::Data::from(Arc::clone(&state));
        let app = move || {
            App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(4 << 20))
                .default_service(web::to(answer))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = Url::parse(&format!("http://{}/", server.addrs()[0])).unwrap();
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Fake { address, platform, state, server: handle }
    }

    /// Where it listens; the operator's gateway for its platform.
    pub fn gateway(&self) -> (Platform, Url) {
        (self.platform, self.address.clone())
    }

    /// The robot's address, as a group admin would paste it.
    pub fn robot(&self) -> String {
        self.address.join(robots::ROBOT[self.platform as usize]).unwrap().into()
    }

    /// Which platform it stands for.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// The secret that it was set up with.
    pub fn secret(&self) -> Option<&str> {
        self.state.rules.secret.as_deref()
    }

    /// The six digits of the oldest message, which must be a proof of control.
    pub fn read_code(&self) -> String {
        let message = self.read().expect("a code in the chat").to_string();
        let digits = message.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6);
        digits.unwrap_or_else(|| panic!("no code in {message}")).to_owned()
    }

    /// Moves the platform's clock.
    pub fn set_now(&self, now: DateTime<Utc>) {
        *self.state.now.lock().unwrap() = now;
    }

    /// Answers the next request like this, without taking the message.
    pub fn script(&self, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.state.script.lock().unwrap().push_back(Scripted { status, headers, body: body.to_owned() });
    }

    /// The oldest message in the chat that the test has not read yet.
    pub fn read(&self) -> Option<Value> {
        self.state.posted.lock().unwrap().pop_front()
    }

    /// Fails where a message was not read.
    pub fn assert_read(&self) {
        assert_eq!(*self.state.posted.lock().unwrap(), VecDeque::<Value>::new(), "messages nobody read");
    }

    /// Ends the fake, and fails where a message was not read or a script was not played.
    pub async fn assert_drained(self) {
        self.server.stop(false).await;
        assert_eq!(*self.state.posted.lock().unwrap(), VecDeque::<Value>::new(), "messages nobody read");
        assert!(self.state.script.lock().unwrap().is_empty(), "answers nobody asked for");
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    if let Some(scripted) = state.script.lock().unwrap().pop_front() {
        let mut response = HttpResponse::build(scripted.status.try_into().unwrap());
        for header in scripted.headers {
            response.insert_header(header);
        }
        return response.body(scripted.body);
    }
    let now = *state.now.lock().unwrap();
    let verdict = robots::judge(state.platform, &state.rules, &state.taken, &request, &body, now);
    if let Ok(message) = &verdict.0 {
        state.posted.lock().unwrap().push_back(message.clone());
    }
    HttpResponse::build(verdict.1.try_into().unwrap()).content_type("application/json").body(verdict.2)
}
