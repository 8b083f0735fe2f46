//! What is known about each request (its id, its reader's language, its client's address), and the headers of
//! every response.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use actix_web::body::{self, BodySize, BodyStream, BoxBody, MessageBody};
use actix_web::dev::{ResponseHead, ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, AcceptEncoding, Encoding, Header as _, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, Method};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};
use ipnet::IpNet;
use url::{Url, form_urlencoded};
use uuid::Uuid;

use super::frame;
use super::problem::Problem;
use super::shared::Shared;
use crate::domain::language::Language;

/// The cookie that keeps a reader's choice of language; the query parameter has the same name.
pub const LANGUAGE_COOKIE: &str = "lang";

#[derive(Clone)]
struct RequestId(String);

/// The id of this request in the log.
pub fn id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

/// The values of a query parameter.
pub fn asked<'a>(request: &'a HttpRequest, name: &'a str) -> impl Iterator<Item = Cow<'a, str>> {
    let pairs = form_urlencoded::parse(request.query_string().as_bytes());
    pairs.filter(move |(asked, _)| asked == name).map(|(_, value)| value)
}

/// The reader's language: `?lang=`, then the cookie, then `Accept-Language`; for a program the last alone.
pub fn language(request: &HttpRequest) -> Language {
    let accepted = || {
        let header = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
        Language::accepted(header.unwrap_or_default())
    };
    if request.path().starts_with("/api/v1/") {
        return accepted();
    }
    let asked = asked(request, LANGUAGE_COOKIE).find_map(|name| Language::tagged(&name));
    asked
        .or_else(|| request.cookie(LANGUAGE_COOKIE).and_then(|c| Language::tagged(c.value())))
        .unwrap_or_else(accepted)
}

/// The client's address: the forwarding header counts only where a trusted proxy set it.
pub fn client(request: &HttpRequest, trusted: &[IpNet]) -> IpAddr {
    let is_ours = |ip: &IpAddr| trusted.iter().any(|own| own.contains(ip));
    let peer = request.peer_addr().map_or(IpAddr::from([0, 0, 0, 0]), |a| a.ip().to_canonical());
    if !is_ours(&peer) {
        return peer;
    }
    // Several headers form one list. It is read from the right: the first address that is not a proxy of ours
    // was seen by one of our proxies. Anything left of an unreadable entry may be made up by the client.
    let parts = request.headers().get_all("x-forwarded-for").map(|value| value.to_str().unwrap_or_default());
    let parts: Vec<&str> = parts.flat_map(|value| value.split(',')).collect();
    let mut seen = peer;
    for part in parts.into_iter().rev() {
        let Some(ip) = forwarded(part.trim()) else { break };
        seen = ip;
        if !is_ours(&ip) {
            break;
        }
    }
    seen
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn forwarded(part: &str) -> Option<IpAddr> {
    let bare = part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(part);
    let alone = bare.parse::<IpAddr>().ok();
    alone.or_else(|| part.parse::<SocketAddr>().ok().map(|at| at.ip())).map(|ip| ip.to_canonical())
}

/// Answers whoever accepts none of our encodings, not even the plain one, as if they had not said so.
///
/// # Errors
/// Those of the inner service.
pub async fn in_some_encoding<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let ours = [Encoding::gzip(), Encoding::identity()];
    let accepts = |accepted: AcceptEncoding| accepted.negotiate(ours.iter()).is_some();
    if !AcceptEncoding::parse(&request).is_ok_and(accepts) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.call(request).await
}

/// Answers HEAD by the handler of GET, without the body (RFC 9110, 9.3.2). The server would leave the body
/// out by itself, but not where the next request arrived in the same packet, because it goes by the method
/// that it read last.
///
/// # Errors
/// Those of the inner service.
pub async fn head_alone(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let alone = request.method() == Method::HEAD;
    if alone {
        request.head_mut().method = Method::GET;
    }
    let response = next.call(request).await?.map_into_boxed_body();
    Ok(if alone { response.map_body(left_out) } else { response })
}

/// Removes the body and keeps its length, where it is known.
fn left_out(head: &mut ResponseHead, body: BoxBody) -> BoxBody {
    match body.size() {
        BodySize::None | BodySize::Sized(0) => body,
        BodySize::Stream => BoxBody::new(body::None::new()),
        BodySize::Sized(length) => {
            head.no_chunking(true);
            head.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            BoxBody::new(BodyStream::new(futures_util::stream::empty::<Result<Bytes, Error>>()))
        }
    }
}

/// Gives each request its id, refuses requests from other sites, renders problems as JSON or as a page in the
/// reader's language, and adds the headers of every response.
///
/// # Errors
/// Those of the inner service that are not problems.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let request_id = Uuid::from_bytes(crate::vault::random()).simple().to_string();
    request.extensions_mut().insert(RequestId(request_id.clone()));
    let response = match refused(&request) {
        Some(problem) => {
            let answer = problem_answer(request.request(), &problem, &request_id);
            request.into_response(answer)
        }
        None => {
            // Routing needs to be the only owner of the request, so no clone is kept here meanwhile.
            let response = next.call(request).await?.map_into_boxed_body();
            match response.response().error().and_then(|e| e.as_error::<Problem>()) {
                Some(problem) => {
                    let answer = problem_answer(response.request(), problem, &request_id);
                    response.into_response(answer)
                }
                None => response,
            }
        }
    };
    let http = response.request().clone();
    Ok(with_headers(response, &http, &request_id))
}

fn refused(request: &ServiceRequest) -> Option<Problem> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    let same = match (header("sec-fetch-site"), header("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let shared = request.app_data::<web::Data<Shared>>();
            let host = header("host").unwrap_or_default();
            origin.split_once("://").is_some_and(|(_, o)| o == host)
                || shared.is_some_and(|s| is_of(&s.base_url, origin))
        }
        // A program, not a page: it has a token of its own, or nothing worth stealing.
        (None, None) => true,
    };
    (!same).then_some(Problem::CrossSite)
}

/// Whether `origin` is our own public address, which a proxy in front of us may have.
fn is_of(base_url: &str, origin: &str) -> bool {
    Url::parse(base_url).is_ok_and(|url| url.origin().ascii_serialization() == origin)
}

fn problem_answer(http: &HttpRequest, problem: &Problem, request_id: &str) -> HttpResponse {
    problem.log(request_id);
    let language = language(http);
    let mut answer = if http.path() == "/api" || http.path().starts_with("/api/") {
        problem.to_json_response(language, request_id)
    } else {
        frame::problem_page(http, problem, request_id)
    };
    if let Problem::MethodNotAllowed { allow } = problem
        && let Ok(allow) = HeaderValue::from_str(allow)
    {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    if let Some(seconds) = problem.retry_after_s() {
        retry_after(&mut answer, seconds);
    }
    if matches!(problem, Problem::TooSlow) {
        // The rest of the body is not read.
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    answer
}

/// Says with an answer in how many seconds it is worth asking again.
pub fn retry_after(answer: &mut HttpResponse, seconds: u64) {
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}

fn with_headers(
    mut response: ServiceResponse<BoxBody>,
    http: &HttpRequest,
    request_id: &str,
) -> ServiceResponse<BoxBody> {
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        if !headers.contains_key(name) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    };
    set(
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    set("x-content-type-options", "nosniff");
    // `no-referrer` would make browsers hide the origin of our own forms as well.
    set("referrer-policy", "same-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("permissions-policy", "camera=(), geolocation=(), microphone=()");
    set("cache-control", "no-store");
    if !http.path().starts_with("/assets/") {
        set("x-robots-tag", "noindex, noarchive");
    }
    if http.app_data::<web::Data<Shared>>().is_some_and(|shared| shared.is_https()) {
        // Who has come by an encrypted address comes by no other for a year.
        set("strict-transport-security", "max-age=31536000");
    }
    if !http.path().starts_with("/assets/") {
        // Pages, feeds and problems are written in the reader's language.
        headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    }
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, headers: &[&str]) -> String {
        let trusted = ["127.0.0.1/32", "2001:db8::ff/128", "172.16.0.0/12"].map(|own| own.parse().unwrap());
        let mut request = TestRequest::default().peer_addr(SocketAddr::new(peer.parse().unwrap(), 4000));
        for header in headers {
            request = request.append_header(("x-forwarded-for", *header));
        }
        client(&request.to_http_request(), &trusted).to_string()
    }

    #[actix_web::test]
    async fn an_encrypted_address_is_the_only_one_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        for (base_url, kept) in [("https://72.example.org", true), ("http://127.0.0.1:8080", false)] {
            let shared = web::Data::new(Shared::for_tests(folder.path(), base_url).await);
            let request = TestRequest::default().app_data(shared).to_http_request();
            let answer = ServiceResponse::new(request.clone(), actix_web::HttpResponse::Ok().finish());
            let answer = with_headers(answer, &request, "1");
            assert_eq!(answer.headers().contains_key("strict-transport-security"), kept, "{base_url}");
        }
    }

    #[test]
    fn only_what_a_trusted_proxy_saw_counts() {
        for (peer, headers, client) in [
            ("9.9.9.9", &["7.7.7.7"][..], "9.9.9.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["7.7.7.7"], "7.7.7.7"),
            ("127.0.0.1", &["9.9.9.9, 7.7.7.7"], "7.7.7.7"),
            ("127.0.0.1", &["7.7.7.7, 127.0.0.1"], "7.7.7.7"),
            ("127.0.0.1", &["9.9.9.9, 7.7.7.7:5678"], "7.7.7.7"),
            ("127.0.0.1", &["9.9.9.9, [2001:db8::1]"], "2001:db8::1"),
            ("127.0.0.1", &["9.9.9.9, [2001:db8::1]:5678"], "2001:db8::1"),
            ("127.0.0.1", &["9.9.9.9, 2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &["7.7.7.7, 2001:db8::ff"], "7.7.7.7"),
            // An unreadable entry: the client is the last proxy of ours that saw it.
            ("127.0.0.1", &["9.9.9.9, unknown"], "127.0.0.1"),
            ("127.0.0.1", &["9.9.9.9, unknown, 2001:db8::ff"], "2001:db8::ff"),
            ("127.0.0.1", &["9.9.9.9,"], "127.0.0.1"),
            ("127.0.0.1", &["9.9.9.9", "7.7.7.7"], "7.7.7.7"),
            ("127.0.0.1", &["7.7.7.7", "127.0.0.1"], "7.7.7.7"),
            // The same address, as a dual-stack socket writes it.
            ("::ffff:127.0.0.1", &["7.7.7.7"], "7.7.7.7"),
            ("127.0.0.1", &["7.7.7.7, ::ffff:127.0.0.1"], "7.7.7.7"),
            ("172.31.255.255", &["7.7.7.7, 172.16.0.1"], "7.7.7.7"),
            ("::ffff:172.16.0.1", &["7.7.7.7"], "7.7.7.7"),
            ("172.32.0.0", &["7.7.7.7"], "172.32.0.0"),
        ] {
            assert_eq!(seen(peer, headers), client, "{peer}: {headers:?}");
        }
    }
}
