//! The HTTP that goes out to platforms.
//!
//! One request, one answer: no redirects, no proxy, no cookies, no decompression, at most 64 KB read, a
//! deadline over everything. Connections are kept alive and shared per host, because a fresh TLS handshake
//! costs as much as ten deliveries. A connection has no task of its own; the request that uses it drives it.
//! That halves the cost of a request, and shows before a request is handed over whether the peer has closed.
//!
//! At most 1,024 connections rest, to all hosts together, for 20 seconds each. Connecting may take 5 seconds, an
//! exchange 15.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::client::conn::http1::{self};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;
use url::Position;

use connection::{Connection, Failed, Stream};
use host_connections::HostConnections;
use names::Names;

use super::guard::{Guard, Refused, Target};
use super::platforms::{Outgoing, Response};
use crate::domain::delivery::Outcome;
use crate::tls;

mod connection;
mod host_connections;
mod names;

const USER_AGENT: &str = concat!("seventytwo/", env!("CARGO_PKG_VERSION"));

/// The bounds of sending.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections to one host, and so requests under way there, at most.
    pub per_host: usize,
    /// Connections to one host that are being opened at the same time, at most: servers let no more than 128
    /// wait to be accepted, and a connection that is turned away tries again only after a second.
    pub opening: usize,
    /// With more requests under way than this, a host is considered to have enough connections.
    pub enough: usize,
    /// How long a host with enough connections waits for one to be given back before it opens another.
    pub patience: Duration,
    /// The longest wait for one of the `per_host` places.
    pub queue: Duration,
    /// Name, TCP and TLS together; the wait for a thread that looks the name up, too.
    pub connect: Duration,
    /// The whole exchange: connecting, request, answer with body.
    pub exchange: Duration,
    /// A connection that was unused for so long is not used again: shorter than servers usually keep theirs,
    /// so that few close just as we use them.
    pub idle: Duration,
    /// Connections at rest, to all hosts together, at most: a broadcast to many hosts uses each once.
    pub resting: usize,
    /// How much of an answer's body is read, in bytes.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            per_host: 512,
            opening: 64,
            enough: 32,
            patience: Duration::from_millis(20),
            queue: Duration::from_secs(2),
            connect: Duration::from_secs(5),
            exchange: Duration::from_secs(15),
            idle: Duration::from_secs(20),
            resting: 1_024,
            answer: Response::MOST,
        }
    }
}

impl Limits {
    /// The longest that a call of [`Sender::send`] takes: a lease must last longer.
    pub fn longest(&self) -> Duration {
        self.queue + self.exchange
    }
}

/// Why there is no answer. `sent` is whether the platform may have the message all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SendFault {
    #[error("refused: {0}")]
    Refused(Refused),
    #[error("could not connect")]
    Connect,
    #[error("no answer in time")]
    Timeout { sent: bool },
    #[error("the connection broke")]
    Broken { sent: bool },
}

impl SendFault {
    /// The code in the delivery log.
    pub const fn as_str(&self) -> &'static str {
        match self {
            SendFault::Refused(reason) => reason.as_str(),
            SendFault::Connect => "connect",
            SendFault::Timeout { .. } => "timeout",
            SendFault::Broken { .. } => "broken",
        }
    }

    /// What it means for the delivery.
    pub const fn outcome(&self) -> Outcome {
        match self {
            SendFault::Refused(Refused::Address) => Outcome::Retry, // names change
            SendFault::Refused(_) => Outcome::Bad,
            SendFault::Timeout { sent: true } | SendFault::Broken { sent: true } => Outcome::Unknown,
            SendFault::Connect | SendFault::Timeout { .. } | SendFault::Broken { .. } => Outcome::Retry,
        }
    }
}

/// Why a request has no answer: something went wrong, or the caller withheld it just before it left.
#[derive(Debug)]
pub enum Unanswered<W> {
    Fault(SendFault),
    Withheld(W),
}

impl<W> From<SendFault> for Unanswered<W> {
    fn from(fault: SendFault) -> Unanswered<W> {
        Unanswered::Fault(fault)
    }
}

/// Sends requests and keeps their connections.
pub struct Sender {
    guard: Guard,
    limits: Limits,
    tls: TlsConnector,
    names: Names,
    hosts: Mutex<HashMap<Target, Arc<HostConnections>>>,
    /// A slot for each connection that may be at rest.
    idle_slots: Arc<Semaphore>,
    /// What connections belong to, whoever opens them: a page's own runtime ends before what is under way.
    runtime: Handle,
}

impl Sender {
    /// A sender that trusts the certificate authorities of the browsers. Its connections belong to this runtime.
    pub fn new(guard: Guard, limits: Limits) -> Sender {
        let idle_slots = Arc::new(Semaphore::new(limits.resting));
        let tls = TlsConnector::from(Arc::new(tls::client()));
        let (names, runtime) = (Names::of_the_system(), Handle::current());
        Sender { guard, limits, tls, names, hosts: Mutex::default(), idle_slots, runtime }
    }

    /// The runtime that its connections belong to.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// The guard that every request has to pass.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// The longest that a call of [`Sender::send`] takes.
    pub fn longest(&self) -> chrono::TimeDelta {
        chrono::TimeDelta::from_std(self.limits.longest()).unwrap_or(chrono::TimeDelta::MAX)
    }

    /// Sends a request and reads its answer, whatever its status.
    ///
    /// # Errors
    /// Why there is no answer, and whether the message may have been taken nevertheless.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Response, SendFault> {
        let sent = self.send_if(outgoing, |_| ready(Ok::<_, Infallible>(())));
        sent.await.map_err(|unanswered| match unanswered {
            Unanswered::Fault(fault) => fault,
            Unanswered::Withheld(never) => match never {},
        })
    }

    /// Sends a request unless, once there is a connection for it, `may` withholds it: getting a connection
    /// can take seconds. `may` is told how much longer the exchange takes, at most.
    ///
    /// # Errors
    /// Why there is no answer, and whether the message may have been taken nevertheless.
    pub async fn send_if<W, F>(
        &self,
        outgoing: Outgoing,
        mut may: impl FnMut(Duration) -> F,
    ) -> Result<Response, Unanswered<W>>
    where
        F: Future<Output = Result<(), W>>,
    {
        let target = self.guard.target(outgoing.platform, &outgoing.url).map_err(SendFault::Refused)?;
        let mut request = request(outgoing).map_err(SendFault::Refused)?;
        let host = self.host(&target);
        let _slot = match host.slots.try_acquire() {
            Ok(slot) => slot,
            Err(_) => match timeout(self.limits.queue, host.slots.acquire()).await {
                Ok(Ok(slot)) => slot,
                _ => return Err(SendFault::Timeout { sent: false }.into()),
            },
        };

        let deadline = Instant::now() + self.limits.exchange;
        let mut returned = host.take_idle(self.limits.idle);
        loop {
            let (connection, again) = match returned.take() {
                Some(connection) => (connection, true),
                // Boxed, because it is rare: otherwise the future of every request would have room for it.
                None => Box::pin(self.connection(&host, &target, deadline)).await?,
            };
            if let Err(why) = may(deadline - Instant::now()).await {
                host.rest(connection);
                return Err(Unanswered::Withheld(why));
            }
            match self.exchange(&host, connection, request, deadline).await {
                // The peer may be closing a connection that was at rest. If the connection gives the request
                // back untouched, a fresh one may take it; if not, it may have arrived.
                Err(Failed::Untaken(back)) if again => request = *back,
                Err(Failed::Untaken(_)) => return Err(SendFault::Broken { sent: false }.into()),
                Err(Failed::For(fault)) => return Err(fault.into()),
                Ok(answer) => return Ok(answer),
            }
        }
    }

    /// One request over one connection, which rests afterwards if it can be used again.
    async fn exchange(
        &self,
        host: &HostConnections,
        mut connection: Box<Connection>,
        request: Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<Response, Failed> {
        let exchange = async {
            let response = connection.request(request).await?;
            connection.answer(response, self.limits.answer).await.map_err(Failed::For)
        };
        let (answer, whole) = timeout_at(deadline, exchange)
            .await
            .unwrap_or(Err(Failed::For(SendFault::Timeout { sent: true })))?;
        if whole {
            host.rest(connection);
        }
        Ok(answer)
    }

    /// A connection to a host that had none at rest: a new one, or one that is given back while this waits to
    /// open one. Tells whether it was used before.
    async fn connection(
        &self,
        host: &HostConnections,
        target: &Target,
        deadline: Instant,
    ) -> Result<(Box<Connection>, bool), SendFault> {
        let had = async {
            let mut patience = pin!(sleep(self.limits.patience));
            let _opening = loop {
                let enough = self.limits.per_host - host.slots.available_permits() > self.limits.enough;
                tokio::select! {
                    opening = async {
                        if enough { patience.as_mut().await }
                        host.opening.acquire().await
                    } => break opening,
                    () = host.returned.notified() => {}
                }
                if let Some(connection) = host.take_idle(self.limits.idle) {
                    return Ok((connection, true));
                }
            };
            let connecting = timeout(self.limits.connect, self.connect(target));
            Ok((connecting.await.map_err(|_| SendFault::Connect)??, false))
        };
        timeout_at(deadline, had).await.unwrap_or(Err(SendFault::Connect))
    }

    async fn connect(&self, target: &Target) -> Result<Box<Connection>, SendFault> {
        let stream = self.dial(target).await?;
        let _ = stream.set_nodelay(true); // only a matter of speed
        let stream: Box<dyn Stream> = if target.tls {
            let name = ServerName::try_from(target.host.trim_matches(['[', ']']).to_owned());
            let name = name.map_err(|_| SendFault::Refused(Refused::Host))?;
            Box::new(self.tls.connect(name, stream).await.map_err(|error| unreached(target, error))?)
        } else {
            Box::new(stream)
        };
        let (requests, driver) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| unreached(target, error))?;
        Ok(Box::new(Connection { requests, driver: Some(driver) }))
    }

    /// Resolves, vets, and connects to what was vetted. One address that is not admitted refuses the whole
    /// name, because an honest name has none.
    async fn dial(&self, target: &Target) -> Result<TcpStream, SendFault> {
        let host = target.host.trim_matches(['[', ']']);
        let mut addresses: Vec<SocketAddr> = match host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, target.port)],
            Err(_) => {
                let found = self.names.look_up(host, target.port).await;
                found.map_err(|error| unreached(target, error))?
            }
        };
        if !addresses.iter().all(|address| target.admits(address.ip())) {
            return Err(SendFault::Refused(Refused::Address));
        }
        // IPv4 first: hosts without a route over IPv6 are common, hosts without one over IPv4 are not.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        let each = self.limits.connect / addresses.len().clamp(1, 3) as u32;
        for address in addresses {
            let opening = AbortOnDropHandle::new(self.runtime.spawn(TcpStream::connect(address)));
            match timeout(each, opening).await {
                Ok(Ok(Ok(stream))) => return Ok(stream),
                Ok(Ok(Err(error))) => drop(unreached(target, error)),
                Ok(Err(error)) => drop(unreached(target, error)),
                Err(late) => drop(unreached(target, late)),
            }
        }
        Err(SendFault::Connect)
    }

    fn host(&self, target: &Target) -> Arc<HostConnections> {
        let mut hosts = self.hosts.lock();
        if let Some(host) = hosts.get(target) {
            return Arc::clone(host);
        }
        let host = Arc::new(HostConnections::new(&self.limits, Arc::clone(&self.idle_slots)));
        hosts.insert(target.clone(), Arc::clone(&host));
        host
    }

    /// Closes the connections that have been at rest for too long, and forgets the hosts that nobody uses.
    pub fn close_idle(&self) {
        let idle = self.limits.idle;
        self.hosts.lock().retain(|_, host| host.has_idle(idle) || Arc::strong_count(host) > 1);
    }
}

/// Only the log tells why a host was not reached: its name, its certificate or its silence.
fn unreached(target: &Target, error: impl std::fmt::Display) -> SendFault {
    tracing::debug!(host = target.host, port = target.port, %error, "could not connect");
    SendFault::Connect
}

/// The request as it goes over the wire. Its host and path come only from the parsed address.
fn request(outgoing: Outgoing) -> Result<Request<Full<Bytes>>, Refused> {
    let url = &outgoing.url;
    let value = |text: &str| HeaderValue::try_from(text).map_err(|_| Refused::Path);
    let has_body = !outgoing.body.is_empty();
    let mut request = Request::new(Full::new(outgoing.body));
    *request.method_mut() = outgoing.method;
    let path = &url[Position::BeforePath..Position::AfterQuery];
    *request.uri_mut() = path.parse().map_err(|_| Refused::Path)?;
    let headers = request.headers_mut();
    headers.insert(header::HOST, value(&url[Position::BeforeHost..Position::AfterPort])?);
    if has_body {
        headers.insert(header::CONTENT_TYPE, value(&outgoing.content_type)?);
    }
    headers.insert(header::ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    for (name, text) in &outgoing.headers {
        headers.insert(HeaderName::from_static(name), value(text)?);
    }
    Ok(request)
}

impl std::fmt::Debug for Sender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sender").field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use hyper::Method;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
    use url::Url;

    use super::*;
    use crate::domain::group::Platform;

    /// What a host tells of itself, by its place among the hosts.
    #[derive(Debug, PartialEq, Eq)]
    enum Told {
        Opened(usize),
        Closed(usize),
    }
    use Told::{Closed, Opened};

    /// Hosts that answer everything.
    async fn hosts<const N: usize>() -> ([Url; N], UnboundedReceiver<Told>) {
        let (tell, told) = unbounded_channel();
        let mut urls = Vec::new();
        for place in 0..N {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            urls.push(format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap());
            tokio::spawn(serve(listener, place, tell.clone()));
        }
        (urls.try_into().unwrap(), told)
    }

    async fn serve(listener: TcpListener, place: usize, tell: UnboundedSender<Told>) {
        while let Ok((mut stream, _)) = listener.accept().await {
            tell.send(Opened(place)).unwrap();
            let mut request = [0; 4096];
            while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            }
            tell.send(Closed(place)).unwrap();
        }
    }

    fn sender(urls: &[Url], limits: Limits) -> Sender {
        Sender::new(Guard::new(urls.iter().map(|url| (Platform::Webhook, url.clone()))), limits)
    }

    async fn post(sender: &Sender, url: &Url) {
        let request = Outgoing {
            platform: Platform::Webhook,
            method: Method::POST,
            url: url.clone(),
            content_type: "text/plain".into(),
            headers: Vec::new(),
            body: Bytes::from_static(b"hello"),
        };
        sender.send(request).await.unwrap();
    }

    #[tokio::test]
    async fn so_many_connections_rest_at_all_hosts_together_and_no_more() {
        let (urls, mut told) = hosts::<3>().await;
        let sender = sender(&urls, Limits { resting: 2, ..Limits::default() });
        for url in &urls {
            post(&sender, url).await;
        }
        for one in [Opened(0), Opened(1), Opened(2), Closed(2)] {
            assert_eq!(told.recv().await, Some(one));
        }
        post(&sender, &urls[0]).await;
        post(&sender, &urls[2]).await;
        assert_eq!(told.recv().await, Some(Opened(2)), "the first kept its connection");
    }

    #[tokio::test]
    async fn what_rests_for_too_long_is_closed_though_nothing_is_sent() {
        let (urls, mut told) = hosts::<1>().await;
        let sender = sender(&urls, Limits { idle: Duration::ZERO, ..Limits::default() });
        post(&sender, &urls[0]).await;
        assert_eq!(told.recv().await, Some(Opened(0)));
        sender.close_idle();
        assert_eq!(told.recv().await, Some(Closed(0)));
        assert!(sender.hosts.lock().is_empty(), "its host is forgotten");
    }
}
