//! A stand-in for S3, written from AWS's document and stricter than AWS. It has one bucket, addressed by
//! path, and accepts only correctly signed requests.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Mutex;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use md5::{Digest as _, Md5};
use seventytwo::clock::Clock;
use seventytwo::domain::hex::hex;

use super::signature::{Keys, Request};

/// The name of the bucket.
const NAME: &str = "langfang";
/// The keys that the bucket accepts.
pub const KEYS: Keys = Keys { id: "AKIA72", secret: "a/secret+of+seventy-two", region: "cn-north-1" };

/// How the bucket behaves.
#[derive(Clone, Copy, PartialEq)]
pub enum Mood {
    /// Does what it is asked.
    Well,
    /// Answers every request with an error.
    Failing,
    /// Accepts requests and never answers.
    Silent,
    /// Stores the largest size of a photo, and never answers from then on.
    Fading,
}

/// A bucket that goes by the real clock.
pub struct Bucket {
    /// Its URL.
    pub url: String,
    state: web::Data<State>,
}

struct State {
    mood: Mutex<Mood>,
    objects: Mutex<BTreeMap<String, web::Bytes>>,
    /// How many requests came, whatever the answer.
    asked: Mutex<usize>,
}

impl Bucket {
    pub async fn start() -> Bucket {
        let (mood, objects, asked) = (Mutex::new(Mood::Well), Mutex::default(), Mutex::default());
        let state = web::Data::new(State { mood, objects, asked });
        let data = state.clone();
        let app = move || {
            App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(4 << 20))
                .default_service(web::to(answer))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Bucket { url, state }
    }

    /// Changes its behaviour from now on.
    pub fn feels(&self, mood: Mood) {
        *self.state.mood.lock().unwrap() = mood;
    }

    /// The stored objects, by key.
    pub fn objects(&self) -> BTreeMap<String, web::Bytes> {
        self.state.objects.lock().unwrap().clone()
    }

    /// How many requests came.
    pub fn asked(&self) -> usize {
        *self.state.asked.lock().unwrap()
    }
}

/// An error as S3 reports it: status and code.
type Refused = (u16, &'static str);

async fn answer(http: HttpRequest, body: web::Bytes, state: web::Data<State>) -> HttpResponse {
    *state.asked.lock().unwrap() += 1;
    let mood = *state.mood.lock().unwrap();
    let done = match mood {
        Mood::Well => judge(&http, body, &state),
        Mood::Failing => Err((503, "SlowDown")),
        Mood::Fading if http.path().ends_with("/full") => judge(&http, body, &state),
        Mood::Silent | Mood::Fading => pending().await,
    };
    done.unwrap_or_else(|(status, code)| {
        let told = format!("<Error><Code>{code}</Code><Message>This is {NAME}.</Message></Error>");
        HttpResponse::build(status.try_into().unwrap()).content_type("application/xml").body(told)
    })
}

fn judge(http: &HttpRequest, body: web::Bytes, state: &State) -> Result<HttpResponse, Refused> {
    let headers = http.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let request = Request {
        method: http.method().as_str(),
        path: http.uri().path(),
        query: http.query_string(),
        headers: headers.collect(),
        body: &body,
    };
    request.check(&KEYS, Clock::system().now()).map_err(|code| match code {
        "AuthorizationHeaderMalformed" | "XAmzContentSHA256Mismatch" => (400, code),
        _ => (403, code),
    })?;
    let path = request.path.trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    if bucket != NAME {
        return Err((404, "NoSuchBucket"));
    }
    if key.is_empty() || !request.query.is_empty() {
        return Err((501, "NotImplemented"));
    }
    let mut objects = state.objects.lock().unwrap();
    match request.method {
        "PUT" => {
            let tag = tag(&body);
            objects.insert(key.to_owned(), body);
            Ok(HttpResponse::Ok().insert_header(("etag", tag)).finish())
        }
        "GET" => {
            let found = objects.get(key).ok_or((404, "NoSuchKey"))?;
            Ok(HttpResponse::Ok().insert_header(("etag", tag(found))).body(found.clone()))
        }
        // Deleting an object that does not exist succeeds.
        "DELETE" => {
            objects.remove(key);
            Ok(HttpResponse::NoContent().finish())
        }
        _ => Err((405, "MethodNotAllowed")),
    }
}

fn tag(object: &[u8]) -> String {
    format!("\"{}\"", hex(&Md5::digest(object)))
}
