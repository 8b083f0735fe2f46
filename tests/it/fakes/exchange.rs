//! Requests to a stand-in, its answers, and the chat that shows what was posted.

use actix_web::HttpRequest;
use actix_web::http::Method;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use seventytwo::broadcast::platforms::TakeBack;
use url::form_urlencoded;

/// One request.
pub struct Call<'a> {
    pub method: Method,
    /// The path as sent, without the leading slash.
    pub path: String,
    pub query: Vec<(String, String)>,
    request: &'a HttpRequest,
    pub body: &'a [u8],
}

impl<'a> Call<'a> {
    pub fn new(request: &'a HttpRequest, body: &'a [u8]) -> Call<'a> {
        let path = request.uri().path().trim_start_matches('/').to_owned();
        let query = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        Call { method: request.method().clone(), path, query, request, body }
    }

    pub fn header(&self, name: &str) -> &str {
        self.request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// A query parameter; empty where it is missing.
    pub fn asked(&self, name: &str) -> &str {
        self.query.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    /// The query as sent.
    pub fn raw_query(&self) -> &str {
        self.request.query_string()
    }

    pub fn is_json(&self) -> bool {
        self.header("content-type").starts_with("application/json")
    }

    /// The body, if its content type says JSON and it is.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body).ok().filter(|_| self.is_json())
    }

    /// Whether it is a `POST` to this path.
    pub fn posts_to(&self, path: &str) -> bool {
        self.method == Method::POST && self.path == path
    }

    /// The fields of `multipart/form-data`, a file with its content type.
    pub fn parts(&self) -> Option<Vec<Part>> {
        let boundary = self.header("content-type").strip_prefix("multipart/form-data; boundary=")?;
        let (mark, end) = (format!("--{boundary}\r\n"), format!("\r\n--{boundary}--\r\n"));
        let inner = self.body.strip_prefix(mark.as_bytes())?.strip_suffix(end.as_bytes())?;
        split(inner, format!("\r\n{mark}").as_bytes()).into_iter().map(Part::read).collect()
    }
}

/// One field of a multipart form.
pub struct Part {
    pub name: String,
    /// The content type, if it is a file.
    pub file: Option<String>,
    pub content_type: String,
    pub content: Vec<u8>,
}

impl Part {
    fn read(bytes: &[u8]) -> Option<Part> {
        let parts = split(bytes, b"\r\n\r\n");
        let head = String::from_utf8(parts.first()?.to_vec()).ok()?;
        let content = bytes[head.len() + 4..].to_vec();
        let quoted = |name: &str| {
            let (_, rest) = head.split_once(&format!("{name}=\""))?;
            Some(rest.split('"').next()?.to_owned())
        };
        let content_type = head.split_once("\r\nContent-Type: ").map_or("", |(_, kind)| kind).to_owned();
        let form = head.starts_with("Content-Disposition: form-data; name=\"");
        form.then_some(Part { name: quoted(" name")?, file: quoted("filename"), content_type, content })
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.content.clone()).unwrap()
    }
}

fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    while let Some(at) = bytes[start..].windows(mark.len()).position(|window| window == mark) {
        pieces.push(&bytes[start..start + at]);
        start += at + mark.len();
    }
    pieces.push(&bytes[start..]);
    pieces
}

/// What the platform answers.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Reply {
        Reply { status, headers: Vec::new(), body: body.to_string() }
    }

    pub fn text(status: u16, body: &str) -> Reply {
        Reply { status, headers: Vec::new(), body: body.to_owned() }
    }

    pub fn with(mut self, name: &'static str, value: impl ToString) -> Reply {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// A message that people in the chat can see.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub id: String,
    pub text: String,
    /// Its picture: a URL or a file name.
    pub picture: Option<String>,
    /// The id of the message that it replies to.
    pub answers: Option<String>,
    /// When it was posted.
    pub at: DateTime<Utc>,
}

/// A request that was answered.
pub struct Answered {
    pub path: String,
    /// The token that it came with.
    pub token: String,
    pub at: DateTime<Utc>,
    pub said: String,
}

/// A chat with one robot in it.
pub struct Chat {
    pub now: DateTime<Utc>,
    /// When messages were accepted, for the rate limit.
    pub taken: Vec<DateTime<Utc>>,
    /// The visible messages, oldest first.
    pub shown: Vec<Shown>,
    /// Accepted messages that the test has not read yet, as the platform got them.
    pub posted: std::collections::VecDeque<Value>,
    /// Files that the platform stores, by handle.
    pub files: Vec<(String, Vec<u8>)>,
    /// Requests that were answered before, where the platform recognises them again.
    pub answered: Vec<Answered>,
    /// When requests were refused, or requests other than messages accepted, where the platform counts those.
    pub counted: Vec<DateTime<Utc>>,
    /// Nothing is accepted before this time.
    pub muted_until: DateTime<Utc>,
    /// Ways of taking back that this chat does not allow.
    pub refused: Vec<TakeBack>,
    /// Whether it accepts no pictures.
    pub pictureless: bool,
    /// Whether it has another name now.
    pub renamed: bool,
    /// The token that replaced the robot's first one.
    pub token: Option<String>,
    /// The messages that it has said in another chat.
    pub elsewhere: Vec<i64>,
    last: i64,
}

impl Chat {
    pub fn new(now: DateTime<Utc>) -> Chat {
        Chat {
            now,
            taken: Vec::new(),
            shown: Vec::new(),
            posted: std::collections::VecDeque::new(),
            files: Vec::new(),
            answered: Vec::new(),
            counted: Vec::new(),
            muted_until: now,
            refused: Vec::new(),
            pictureless: false,
            renamed: false,
            token: None,
            elsewhere: Vec::new(),
            last: 100,
        }
    }

    /// Like [`Chat::admits`], for what is counted separately.
    pub fn counts(&mut self, most: usize, span: TimeDelta) -> bool {
        let room = self.counted.iter().filter(|at| self.now - **at < span).count() < most;
        if room {
            self.counted.push(self.now);
        }
        room
    }

    /// Whether every budget has room for one more request now; counts it if so.
    pub fn admits(&mut self, budgets: &[(usize, TimeDelta)]) -> bool {
        let recent = |span: &TimeDelta| self.taken.iter().filter(|at| self.now - **at < *span).count();
        let room = budgets.iter().all(|(count, span)| recent(span) < *count);
        if room {
            self.taken.push(self.now);
        }
        room
    }

    pub fn next_id(&mut self) -> i64 {
        self.last += 1;
        self.last
    }

    /// Shows a message.
    pub fn show(&mut self, id: &str, raw: Value, text: &str, picture: Option<&str>) {
        self.answer_to(id, raw, text, picture, None);
    }

    /// Shows a message as a reply to another.
    pub fn answer_to(&mut self, id: &str, raw: Value, text: &str, picture: Option<&str>, to: Option<&str>) {
        self.posted.push_back(raw);
        self.shown.push(Shown {
            id: id.to_owned(),
            text: text.to_owned(),
            picture: picture.map(str::to_owned),
            answers: to.map(str::to_owned),
            at: self.now,
        });
    }

    /// The visible message with that id.
    pub fn find(&mut self, id: &str) -> Option<&mut Shown> {
        self.shown.iter_mut().find(|shown| shown.id == id)
    }

    /// Removes a message; returns whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.shown.len();
        self.shown.retain(|shown| shown.id != id);
        self.shown.len() < before
    }
}

/// The length of a text in UTF-16 code units, the strictest measure.
pub fn utf16(text: &str) -> usize {
    text.encode_utf16().count()
}
