//! The demo's own client of the JSON API: this program calls itself, on the address it listens on and nowhere
//! else.

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT_LANGUAGE, AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// Separates the parts of an upload; no JPEG contains it.
const BOUNDARY: &str = "seventytwo-demo-photo";

/// A client of this server.
pub struct Client {
    /// `127.0.0.1:7272`.
    authority: String,
}

impl Client {
    /// A client of the server at `authority`, which is host and port.
    pub fn new(authority: String) -> Client {
        Client { authority }
    }

    /// Posts JSON and returns JSON; `token` belongs to an account or a manage link.
    ///
    /// # Errors
    /// When no answer comes, or the answer is a problem.
    pub async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> anyhow::Result<Value> {
        self.exchange(path, token, "application/json", body.to_string().into()).await
    }

    /// Uploads a JPEG and returns its id.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn photo(&self, jpeg: &[u8]) -> anyhow::Result<String> {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"photo.jpg\"\r\n\
             Content-Type: image/jpeg\r\n\r\n"
        );
        let body = [head.as_bytes(), jpeg, format!("\r\n--{BOUNDARY}--\r\n").as_bytes()].concat();
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        text(&self.exchange("/api/v1/photos", None, &kind, body.into()).await?, "id")
    }

    async fn exchange(
        &self,
        path: &str,
        token: Option<&str>,
        kind: &str,
        body: Bytes,
    ) -> anyhow::Result<Value> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(HOST, &self.authority)
            .header(CONNECTION, "close")
            .header(ACCEPT_LANGUAGE, "en")
            .header(CONTENT_TYPE, kind);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body))?;
        let stream = TcpStream::connect(&self.authority).await.context("cannot connect to itself")?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let bytes = answer.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{path} answers {status}: {}", String::from_utf8_lossy(&bytes));
        Ok(if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes)? })
    }
}

/// A field of an answer that must be a string.
///
/// # Errors
/// Where it is not a string.
pub fn text(answer: &Value, field: &str) -> anyhow::Result<String> {
    match answer[field].as_str() {
        Some(text) => Ok(text.to_owned()),
        None => bail!("the answer has no {field}: {answer}"),
    }
}
