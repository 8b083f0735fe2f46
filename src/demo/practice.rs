//! The practice chat: a group inside the program, with two robots like WeCom's and a page that shows what its
//! members would read. Nothing said here leaves the program.

use std::sync::Arc;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, web};
use askama::Template;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::sync::watch;

use super::robot::{self, Chat, Content, Message};
use crate::domain::zone::BEIJING;
use crate::vault;
use crate::web::body;
use crate::web::frame::{Frame, page};
use crate::web::problem::Problem;
use crate::web::shared::Shared;

/// Where the robots take messages; the same path as on WeCom's own host, so that the guard accepts it.
const ROBOT: &str = "/cgi-bin/webhook/send";
/// The path of the chat's page.
pub const PAGE: &str = "/practice";

/// The robot of the group among the samples.
pub const CONNECTED: usize = 0;
/// The robot that is free for trying out how to connect a group.
pub const FREE: usize = 1;

/// The chat, shared by its handlers.
pub struct Practice {
    /// This server's address, as the sender reaches it.
    server: String,
    chat: Mutex<Chat>,
    /// Notified after every message.
    spoken: watch::Sender<()>,
}

impl Practice {
    /// An empty chat on that server; the keys of its robots cannot be guessed.
    pub fn empty(server: String) -> Practice {
        let chat = Chat::new([vault::new_token(), vault::new_token()]);
        Practice { server, chat: Mutex::new(chat), spoken: watch::Sender::new(()) }
    }

    /// A robot's webhook address, as a group admin pastes it.
    pub fn webhook(&self, robot: usize) -> String {
        format!("{}{ROBOT}?key={}", self.server, self.chat.lock().key(robot))
    }

    /// Waits for a message from which `pick` returns something.
    pub async fn hear<T>(&self, pick: impl Fn(&str) -> Option<T>) -> T {
        let mut spoken = self.spoken.subscribe();
        loop {
            spoken.mark_unchanged();
            let heard = self.chat.lock().messages().find_map(|message| match &message.content {
                Content::Text(text) => pick(text),
                Content::Picture { .. } => None,
            });
            if let Some(heard) = heard {
                return heard;
            }
            spoken.changed().await.expect("the sender lives in self");
        }
    }
}

/// Mounts the handlers of the chat.
pub fn doors(config: &mut web::ServiceConfig, practice: &Arc<Practice>) {
    config
        .app_data(web::Data::from(practice.clone()))
        .route(ROBOT, web::post().to(send))
        .route(PAGE, web::get().to(show))
        .route("/practice/picture/{number}.jpg", web::get().to(picture));
}

/// The query of a webhook URL.
#[derive(Deserialize)]
struct Key {
    #[serde(default)]
    key: String,
}

/// `POST /cgi-bin/webhook/send?key=…`: the status is always 200, and the verdict is in the body.
async fn send(
    http: HttpRequest,
    payload: web::Payload,
    key: web::Query<Key>,
    practice: web::Data<Practice>,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let body = body::read(&http, payload.into_inner(), robot::BODY).await?;
    let kind = http.content_type().to_owned();
    let now = shared.clock.now();
    let taken = web::block(move || {
        let taken = practice.chat.lock().take(&key.key, &kind, &body, now);
        practice.spoken.send_replace(());
        taken
    });
    let taken = taken.await.map_err(|e| Problem::Internal(format!("practice: {e}")))?;
    Ok(HttpResponse::Ok().json(robot::answer(taken)))
}

/// A piece of a message; only links to our own pages can be followed.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Link(&'a str),
}

struct Bubble {
    number: u64,
    time: String,
    /// Whether the second robot said it, the one that was free.
    second: bool,
    said: Said,
}

enum Said {
    Text(String),
    /// The URL of the picture.
    Picture(String),
}

impl Bubble {
    fn of(message: &Message) -> Bubble {
        let number = message.number;
        let said = match &message.content {
            Content::Text(text) => Said::Text(text.clone()),
            Content::Picture { md5, .. } => Said::Picture(format!("/practice/picture/{number}.jpg?{md5}")),
        };
        let time = message.at.with_timezone(&BEIJING).format("%H:%M").to_string();
        Bubble { number, time, second: message.robot == FREE, said }
    }
}

#[derive(Template)]
#[template(path = "practice.html")]
struct ChatPage<'a> {
    frame: &'a Frame,
    base_url: &'a str,
    bubbles: Vec<Bubble>,
    /// The webhook URL for connecting a group.
    robot: String,
}

impl ChatPage<'_> {
    fn pieces<'t>(&self, text: &'t str) -> Vec<Piece<'t>> {
        pieces(text, self.base_url)
    }
}

/// `GET /practice`: the chat, with the newest message at the bottom.
async fn show(
    http: HttpRequest,
    practice: web::Data<Practice>,
    shared: web::Data<Shared>,
) -> Result<HttpResponse, Problem> {
    let frame = Frame::public(&http);
    let bubbles = practice.chat.lock().messages().map(Bubble::of).collect();
    let robot = practice.webhook(FREE);
    page(&http, &frame, &ChatPage { frame: &frame, base_url: &shared.base_url, bubbles, robot })
}

/// `GET /practice/picture/{number}.jpg`: a picture in the chat.
async fn picture(number: web::Path<u64>, practice: web::Data<Practice>) -> Result<HttpResponse, Problem> {
    let chat = practice.chat.lock();
    let message = chat.messages().find(|message| message.number == *number);
    match message.map(|message| &message.content) {
        Some(Content::Picture { bytes, content_type, .. }) => Ok(HttpResponse::Ok()
            .content_type(*content_type)
            // The URL contains its digest.
            .insert_header((CACHE_CONTROL, "private, max-age=86400, immutable"))
            .body(bytes.clone())),
        _ => Err(Problem::NotFound),
    }
}

/// Splits a text into words and links to `base_url`; nothing is lost.
fn pieces<'a>(text: &'a str, base_url: &str) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(found) = rest[from..].find(base_url) {
        let start = from + found;
        let path = &rest[start + base_url.len()..];
        let length = path.find(|c: char| !is_of_address(c)).unwrap_or(path.len());
        // http://host:80 is not a link to http://host:8, nor http://host.example one to http://host.
        if !(length == 0 || path.starts_with(['/', '?', '#'])) {
            from = start + base_url.len();
            continue;
        }
        let (words, tail) = rest.split_at(start);
        let (link, tail) = tail.split_at(base_url.len() + length);
        pieces.extend([Piece::Words(words), Piece::Link(link)]);
        (rest, from) = (tail, 0);
    }
    pieces.push(Piece::Words(rest));
    pieces.retain(|piece| !matches!(piece, Piece::Words("")));
    pieces
}

/// The characters of a URL's path and query (RFC 3986), without those that more often end a sentence.
fn is_of_address(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_~/?#@&=+%:.".contains(c)
}

#[cfg(test)]
mod tests {
    use actix_web::http::StatusCode;
    use proptest::prelude::*;
    use serde_json::json;

    use super::Piece::{Link, Words};
    use super::*;

    const BASE: &str = "http://127.0.0.1:7272";

    #[test]
    fn only_our_own_addresses_become_links() {
        for (text, wanted) in [
            ("", vec![]),
            ("平安", vec![Words("平安")]),
            (
                "详情:http://127.0.0.1:7272/n/AB-C\n转发",
                vec![Words("详情:"), Link("http://127.0.0.1:7272/n/AB-C"), Words("\n转发")],
            ),
            ("http://127.0.0.1:7272。", vec![Link("http://127.0.0.1:7272"), Words("。")]),
            ("http://127.0.0.1:72720/x", vec![Words("http://127.0.0.1:72720/x")]),
            ("http://127.0.0.1:7272.example/x", vec![Words("http://127.0.0.1:7272.example/x")]),
            ("http://127.0.0.1:7272@example.org/", vec![Words("http://127.0.0.1:7272@example.org/")]),
            ("https://example.org/", vec![Words("https://example.org/")]),
            (
                "http://127.0.0.1:72720 http://127.0.0.1:7272/check",
                vec![Words("http://127.0.0.1:72720 "), Link("http://127.0.0.1:7272/check")],
            ),
        ] {
            assert_eq!(pieces(text, BASE), wanted, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_text_is_lost(parts in prop::collection::vec("(http://127\\.0\\.0\\.1:7272)?[^h]{0,6}", 0..8)) {
            let text = parts.concat();
            let whole: String = pieces(&text, BASE)
                .into_iter()
                .map(|piece| match piece { Words(words) => words, Link(link) => link })
                .collect();
            prop_assert_eq!(whole, text);
        }
    }

    #[test]
    fn a_webhook_is_its_robots_own() {
        let practice = Practice::empty(BASE.to_owned());
        let address = practice.webhook(FREE);
        let key = address.strip_prefix("http://127.0.0.1:7272/cgi-bin/webhook/send?key=").unwrap();
        assert_eq!(key, practice.chat.lock().key(FREE));
        assert_ne!(address, practice.webhook(CONNECTED));
        assert_ne!(address, Practice::empty(BASE.to_owned()).webhook(FREE));
    }

    #[actix_web::test]
    async fn whoever_listens_hears_what_was_said_and_what_will_be() {
        let practice = Arc::new(Practice::empty(BASE.to_owned()));
        let say = |text: &str| {
            let body = json!({"msgtype": "text", "text": {"content": text}}).to_string();
            let key = practice.chat.lock().key(FREE).to_owned();
            let now = chrono::DateTime::UNIX_EPOCH;
            practice.chat.lock().take(&key, "application/json", body.as_bytes(), now).unwrap();
            practice.spoken.send_replace(());
        };
        say("first");
        let pick = |wanted: &'static str| move |text: &str| (text == wanted).then(|| text.to_owned());
        assert_eq!(practice.hear(pick("first")).await, "first");
        let later = {
            let p = practice.clone();
            tokio::spawn(async move { p.hear(pick("second")).await })
        };
        tokio::task::yield_now().await;
        say("second");
        assert_eq!(later.await.unwrap(), "second");
    }

    #[actix_web::test]
    async fn only_pictures_are_served_as_pictures() {
        let practice = web::Data::new(Practice::empty(BASE.to_owned()));
        let answer = picture(web::Path::from(1), practice).await;
        assert_eq!(answer.unwrap_err().status(), StatusCode::NOT_FOUND);
    }
}
