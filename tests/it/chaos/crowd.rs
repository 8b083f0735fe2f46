//! A very large number of chats behind one address, all behaving alike.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use tokio::sync::watch;

use super::dice::Dice;
use crate::process::Connected;

/// How long an idle connection is kept: longer than any test.
const KEPT: Duration = Duration::from_secs(3600);

/// How the chats behave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// They take messages, each after a delay of up to this many milliseconds.
    Well(u64),
    /// They take messages, each after exactly this many milliseconds.
    Slow(u64),
    /// They take messages, and answer only when their behaviour changes.
    Silent,
    /// They answer with this status and take nothing.
    Unwell(u16),
    /// They answer, as WeCom does, that the robot does not exist.
    Gone,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub group: String,
    pub said: web::Bytes,
    pub at: Instant,
    /// Whether the message was taken.
    pub taken: bool,
}

/// Many chats of WeCom, DingTalk and Discord, which all read the same answer to a message.
pub struct Crowd {
    pub url: String,
    state: web::Data<State>,
}

struct State {
    mood: watch::Sender<Mood>,
    arrivals: Mutex<Vec<Arrival>>,
    dice: Mutex<Dice>,
    /// Requests waiting for their answer, and the most that ever waited at once.
    waiting: AtomicUsize,
    most: AtomicUsize,
    connected: Connected,
}

/// A request waiting for its answer.
struct Waiting(web::Data<State>);

impl Waiting {
    fn new(state: &web::Data<State>) -> Waiting {
        let waiting = state.waiting.fetch_add(1, Ordering::SeqCst) + 1;
        state.most.fetch_max(waiting, Ordering::SeqCst);
        Waiting(state.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Crowd {
    pub async fn start(mood: Mood) -> Crowd {
        let state = web::Data::new(State {
            mood: watch::Sender::new(mood),
            arrivals: Mutex::default(),
            dice: Mutex::new(Dice::new(72)),
            waiting: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            connected: Connected::default(),
        });
        let data = state.clone();
        let app = move || {
            actix_web::App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(4 << 20))
                .default_service(web::to(take))
        };
        // It never closes a connection, so lost or repeated messages are our own doing.
        let server = HttpServer::new(app).keep_alive(KEPT).client_request_timeout(Duration::ZERO);
        let server = server.on_connect(state.connected.one_more());
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Crowd { url, state }
    }

    pub fn turn(&self, mood: Mood) {
        self.state.mood.send_replace(mood);
    }

    /// Every request, in order of arrival.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.state.arrivals.lock().unwrap().clone()
    }

    /// How many requests arrived.
    pub fn requests(&self) -> usize {
        self.state.arrivals.lock().unwrap().len()
    }

    /// The most requests that ever waited for an answer at once.
    pub fn most_at_once(&self) -> usize {
        self.state.most.load(Ordering::SeqCst)
    }

    /// How many messages each group got.
    pub fn told(&self) -> HashMap<String, usize> {
        let mut told = HashMap::new();
        for arrival in self.arrivals().into_iter().filter(|arrival| arrival.taken) {
            *told.entry(arrival.group).or_default() += 1;
        }
        told
    }

    /// As [`Connected::none`].
    pub async fn deserted(&self) {
        self.state.connected.none().await;
    }

    /// Clears the record of arrivals and returns it.
    pub fn forget(&self) -> Vec<Arrival> {
        std::mem::take(&mut *self.state.arrivals.lock().unwrap())
    }
}

async fn take(request: HttpRequest, said: web::Bytes, state: web::Data<State>) -> HttpResponse {
    let _waiting = Waiting::new(&state);
    let (_, group) = request.query_string().split_once('=').unwrap_or_default();
    let mut mood = state.mood.subscribe();
    let now = *mood.borrow();
    let taken = matches!(now, Mood::Well(_) | Mood::Slow(_) | Mood::Silent);
    let arrival = Arrival { group: group.to_owned(), said, at: Instant::now(), taken };
    state.arrivals.lock().unwrap().push(arrival);
    match now {
        Mood::Unwell(status) => return HttpResponse::build(status.try_into().unwrap()).body("not now"),
        Mood::Gone => {
            return HttpResponse::Ok().body(r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#);
        }
        Mood::Silent => drop(mood.wait_for(|mood| *mood != Mood::Silent).await),
        Mood::Slow(wait) => tokio::time::sleep(Duration::from_millis(wait)).await,
        Mood::Well(0) => {}
        Mood::Well(most) => {
            let wait = state.dice.lock().unwrap().between(0, most as i64);
            tokio::time::sleep(Duration::from_millis(wait as u64)).await;
        }
    }
    HttpResponse::Ok().body(r#"{"errcode":0,"errmsg":"ok","id":"72"}"#)
}
