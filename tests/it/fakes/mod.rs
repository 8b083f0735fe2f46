//! Stand-ins for the chat platforms, written from the vendors' documents and stricter than the vendors:
//! whatever a document forbids is answered with the vendor's own error, with HTTP 200 where the vendor does
//! so. They run inside the test, on a free port, by a clock that the test drives.

mod dingtalk;
mod discord;
mod exchange;
mod feishu;
mod matrix;
mod mattermost;
mod rocketchat;
mod slack;
mod teams;
mod telegram;
mod webhook;
mod wecom;
mod wire;

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};
use seventytwo::broadcast::platforms::{TakeBack, adapter};
use seventytwo::clock::Clock;
use seventytwo::domain::group::Platform;
use tokio::sync::oneshot;
use url::Url;

pub use exchange::Shown;
use exchange::{Call, Chat, Reply};
pub use telegram::ELSEWHERE;
pub use wire::{Act, Wire};

/// How a robot is set up in its group.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub secret: Option<String>,
    pub keyword: Option<String>,
}

/// A platform's answer to a request.
type StandIn = fn(&Rules, &mut Chat, &Call<'_>) -> Reply;

fn stand_in(platform: Platform) -> StandIn {
    match platform {
        Platform::Wecom => wecom::answer,
        Platform::Dingtalk => dingtalk::answer,
        Platform::Feishu => feishu::answer,
        Platform::Slack => slack::answer,
        Platform::Discord => discord::answer,
        Platform::Telegram => telegram::answer,
        Platform::Matrix => matrix::answer,
        Platform::Mattermost => mattermost::answer,
        Platform::Rocketchat => rocketchat::answer,
        Platform::Teams => teams::answer,
        Platform::Webhook => webhook::answer,
    }
}

/// The field's example in the platform's profile, used for the one robot of every stand-in.
pub fn example(platform: Platform, field: &str) -> &'static str {
    let fields = adapter(platform).profile().fields;
    fields.iter().find(|known| known.name == field).expect("a field of the platform").example
}

/// Path and query of the robot's URL.
fn robot(platform: Platform) -> &'static str {
    let (_, rest) = example(platform, "url").split_once("://").unwrap();
    rest.split_once('/').unwrap().1
}

/// An answer that a test prescribes in place of the platform's own verdict.
#[derive(Clone, Debug)]
struct Scripted {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// A request that is held before it is answered.
pub struct Held {
    came: oneshot::Receiver<()>,
    release: oneshot::Sender<()>,
}

impl Held {
    /// Waits until the request is there; dropping the returned value lets it go on.
    pub async fn came(self) -> oneshot::Sender<()> {
        self.came.await.expect("the stand-in is there as long as its test");
        self.release
    }
}

/// The stand-in's side of [`Held`]: the end of the request's path, and the channels between the two.
type Hold = (&'static str, oneshot::Sender<()>, oneshot::Receiver<()>);

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
    script: Mutex<VecDeque<Scripted>>,
    hold: Mutex<Option<Hold>>,
    chat: Mutex<Chat>,
    /// Whether it does what it is asked, and its answers are lost.
    unheard: AtomicBool,
    /// When requests came, whatever became of them.
    asked: Mutex<Vec<DateTime<Utc>>>,
    /// The clock that every answer moves on, and by how many milliseconds at most.
    clock: Mutex<Option<(Clock, usize)>>,
}

impl Fake {
    /// Starts one on a free loopback port.
    pub async fn start(platform: Platform, rules: Rules, now: DateTime<Utc>) -> Fake {
        let chat = Mutex::new(Chat::new(now));
        let state = Arc::new(State {
            platform,
            rules,
            script: Mutex::default(),
            hold: Mutex::default(),
            chat,
            unheard: AtomicBool::default(),
            asked: Mutex::default(),
            clock: Mutex::default(),
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

    /// Its platform and its URL, for the operator's gateway setting.
    pub fn gateway(&self) -> (Platform, Url) {
        (self.platform, self.address.clone())
    }

    /// The robot's URL, as a group admin would paste it.
    pub fn robot(&self) -> String {
        self.address.join(robot(self.platform)).unwrap().into()
    }

    /// The `credentials` object that a group admin would enter: the required fields, or all fields except the
    /// address where there is a choice; with the token that the robot has now.
    pub fn credentials(&self) -> Map<String, Value> {
        let fields = adapter(self.platform).profile().fields;
        let choice = fields.iter().all(|field| !field.needed);
        let token = self.state.chat.lock().unwrap().token.clone();
        let given = fields.iter().filter(|field| field.needed || (choice && field.name != "url"));
        let mut given: Map<String, Value> = given
            .map(|field| {
                let value = match field.name {
                    "url" => self.robot(),
                    "homeserver" => self.address.to_string(),
                    "token" | "access_token" if token.is_some() => token.clone().unwrap_or_default(),
                    _ => field.example.to_owned(),
                };
                (field.name.to_owned(), value.into())
            })
            .collect();
        given.extend(self.secret().map(|secret| ("secret".to_owned(), secret.into())));
        given
    }

    /// The platform it stands for.
    pub fn platform(&self) -> Platform {
        self.platform
    }

    /// The secret that it was set up with.
    pub fn secret(&self) -> Option<&str> {
        self.state.rules.secret.as_deref()
    }

    /// The six digits of the oldest unread message, which must be a proof of control.
    pub fn read_code(&self) -> String {
        let message = self.read().expect("a code in the chat").to_string();
        let digits = message.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6);
        digits.unwrap_or_else(|| panic!("no code in {message}")).to_owned()
    }

    /// Moves the platform's clock.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.state.chat.lock().unwrap().now = now;
    }

    /// Moves only the platform's clock on.
    pub fn pass(&self, time: TimeDelta) {
        self.state.chat.lock().unwrap().now += time;
    }

    /// From now on uses this clock, and every answer takes up to this many milliseconds of it.
    pub fn take_time(&self, clock: &Clock, most: usize) {
        *self.state.clock.lock().unwrap() = Some((clock.clone(), most));
    }

    /// Answers the next request with this, without accepting the message.
    pub fn script(&self, status: u16, headers: &[(&'static str, &str)], body: &str) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.state.script.lock().unwrap().push_back(Scripted { status, headers, body: body.to_owned() });
    }

    /// From now on it does what it is asked, and its answers are lost on the way; or they come again.
    pub fn lose_answers(&self, lost: bool) {
        self.state.unheard.store(lost, Ordering::Relaxed);
    }

    /// Holds the next request whose path ends like this.
    pub fn hold(&self, path: &'static str) -> Held {
        let ((has_come, came), (release, released)) = (oneshot::channel(), oneshot::channel());
        *self.state.hold.lock().unwrap() = Some((path, has_come, released));
        Held { came, release }
    }

    /// From now on this way of taking back is refused, as when the owner of the chat does not allow it to
    /// robots (any more).
    pub fn refuse(&self, way: TakeBack) {
        self.state.chat.lock().unwrap().refused.push(way);
    }

    /// From now on it has another name (Slack only).
    pub fn rename(&self) {
        self.state.chat.lock().unwrap().renamed = true;
    }

    /// The field of the credentials in which its admin may enter a name instead of an id, and the name.
    pub fn name(&self) -> (&'static str, &'static str) {
        match self.platform {
            Platform::Slack => ("channel", slack::NAME),
            Platform::Telegram => ("chat_id", telegram::NAME),
            other => panic!("{other:?} knows chats by ids alone"),
        }
    }

    /// From now on pictures are refused (Matrix only), as when the server's operator allows nobody to post
    /// any.
    pub fn refuse_pictures(&self) {
        self.state.chat.lock().unwrap().pictureless = true;
    }

    /// From now on the robot has another token (Telegram and Matrix only), and the old one is refused.
    pub fn replace_token(&self, token: &str) {
        self.state.chat.lock().unwrap().token = Some(token.to_owned());
    }

    /// The pictures that were uploaded are not known any more.
    pub fn forget_pictures(&self) {
        self.state.chat.lock().unwrap().files.clear();
    }

    /// Somebody in the chat deletes the last message.
    pub fn lose(&self) {
        self.state.chat.lock().unwrap().shown.pop();
    }

    /// The oldest message that the test has not read yet, as the platform got it.
    pub fn read(&self) -> Option<Value> {
        self.state.chat.lock().unwrap().posted.pop_front()
    }

    /// All messages that the test has not read yet, oldest first.
    pub fn read_all(&self) -> Vec<Value> {
        self.state.chat.lock().unwrap().posted.drain(..).collect()
    }

    /// When requests came, accepted or not.
    pub fn asked(&self) -> Vec<DateTime<Utc>> {
        self.state.asked.lock().unwrap().clone()
    }

    /// What people in the chat see now, oldest first.
    pub fn shown(&self) -> Vec<Shown> {
        self.state.chat.lock().unwrap().shown.clone()
    }

    /// Fails if a message was not read.
    pub fn assert_read(&self) {
        let chat = self.state.chat.lock().unwrap();
        assert_eq!(chat.posted, VecDeque::<Value>::new(), "messages nobody read");
    }

    /// Stops the stand-in; fails if a message was not read or a prescribed answer was not used.
    pub async fn assert_drained(self) {
        self.server.stop(false).await;
        self.assert_read();
        assert!(self.state.script.lock().unwrap().is_empty(), "answers nobody asked for");
    }
}

async fn answer(request: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let held = state.hold.lock().unwrap().take_if(|(path, ..)| request.path().ends_with(*path));
    if let Some((_, has_come, released)) = held {
        has_come.send(()).expect("the test waits for it");
        drop(released.await);
    }
    let clock = state.clock.lock().unwrap().clone();
    if let Some((clock, _)) = &clock {
        state.chat.lock().unwrap().now = clock.now();
    }
    let now = state.chat.lock().unwrap().now;
    let number = {
        let mut asked = state.asked.lock().unwrap();
        asked.push(now);
        asked.len()
    };
    let scripted = state.script.lock().unwrap().pop_front();
    let reply = match scripted {
        Some(Scripted { status, headers, body }) => Reply { status, headers, body },
        None => {
            let call = Call::new(&request, &body);
            stand_in(state.platform)(&state.rules, &mut state.chat.lock().unwrap(), &call)
        }
    };
    if let Some((clock, most)) = clock {
        clock.advance(TimeDelta::milliseconds((number * 7919 % most) as i64));
    }
    let mut response = HttpResponse::build(reply.status.try_into().unwrap());
    for header in reply.headers {
        response.insert_header(header);
    }
    if state.unheard.load(Ordering::Relaxed) {
        let broken = io::Error::from(io::ErrorKind::ConnectionReset);
        return response.streaming(futures_util::stream::iter([Err::<web::Bytes, _>(broken)]));
    }
    response.body(reply.body)
}
