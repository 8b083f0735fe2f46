//! One connection to a host. It has no task: each request drives it, in the task that waits for the answer.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::SendFault;
use crate::broadcast::platforms::{HEADERS, Response};

/// Why an exchange failed: with the request handed back untouched, or for good.
pub(super) enum Failed {
    Untaken(Box<Request<Full<Bytes>>>),
    For(SendFault),
}

/// A TCP or TLS stream.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) type Driver = http1::Connection<TokioIo<Box<dyn Stream>>, Full<Bytes>>;

/// A connection and the future that drives it, which is polled along with each request.
pub(super) struct Connection {
    pub(super) requests: SendRequest<Full<Bytes>>,
    /// `None` once the connection has ended.
    pub(super) driver: Option<Driver>,
}

impl Connection {
    /// Runs `work` and the connection together. The connection goes first: what it reads is what
    /// `work` waits for.
    pub(super) async fn driving<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(cx).is_ready()) {
                *driver = None;
            }
            work.as_mut().poll(cx)
        })
        .await
    }

    /// Whether it can take a request now: notices a peer that has closed meanwhile.
    pub(super) fn is_open(&mut self) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        let ended = self.driver.as_mut().is_none_or(|driver| Pin::new(driver).poll(&mut cx).is_ready());
        !ended && self.requests.is_ready()
    }

    pub(super) async fn request(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Incoming>, Failed> {
        let answer = self.requests.try_send_request(request);
        Connection::driving(&mut self.driver, answer).await.map_err(|mut error| match error.take_message() {
            Some(request) => Failed::Untaken(Box::new(request)),
            None => Failed::For(SendFault::Broken { sent: true }),
        })
    }

    /// Reads the answer, and tells whether its end was seen; if it was not, the connection cannot be used
    /// again.
    pub(super) async fn answer(
        &mut self,
        response: hyper::Response<Incoming>,
        most: usize,
    ) -> Result<(Response, bool), SendFault> {
        let (head, mut incoming) = response.into_parts();
        let kept = |name: &'static str| Some((name, head.headers.get(name)?.to_str().ok()?.to_owned()));
        let headers = HEADERS.into_iter().filter_map(kept).collect();
        let mut body = BytesMut::new();
        let mut whole = false;
        while body.len() < most {
            match Connection::driving(&mut self.driver, incoming.frame()).await {
                Some(Ok(frame)) => body.extend_from_slice(frame.data_ref().map_or(&[][..], Bytes::as_ref)),
                Some(Err(_)) => return Err(SendFault::Broken { sent: true }),
                None => {
                    whole = self.driver.is_some();
                    break;
                }
            }
        }
        body.truncate(most);
        Ok((Response { status: head.status.as_u16(), headers, body: body.freeze() }, whole))
    }
}
