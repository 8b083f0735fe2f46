//! A peer that misbehaves below HTTP: it hangs, stalls, drips, closes, or never ends.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use url::Url;

/// The time between two bytes: many arrive before any deadline, but little data.
const DROP: Duration = Duration::from_millis(20);

/// What the peer does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Sends this and keeps the connection open.
    Say(&'static str),
    /// Sends this and closes the connection.
    SayAndClose(&'static str),
    /// Reads the request and closes without an answer.
    Close,
    /// Never answers.
    Hang,
    /// Sends this, an incomplete answer, and then nothing more.
    Stall(&'static str),
    /// Sends this, an incomplete answer, and then a space from time to time, for ever.
    Drip(&'static str),
    /// Answers 200 with an endless body.
    Endless,
}

/// A scripted TCP peer; each request plays the next act.
pub struct Wire {
    pub address: Url,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    ended: Arc<AtomicUsize>,
    closed: Arc<Notify>,
}

impl Wire {
    pub async fn start(acts: &[Act]) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = Url::parse(&format!("http://{}/hook", listener.local_addr().unwrap())).unwrap();
        let acts = Arc::new(Mutex::new(acts.iter().copied().collect::<VecDeque<_>>()));
        let wire = Wire {
            address,
            connections: Arc::default(),
            requests: Arc::default(),
            ended: Arc::default(),
            closed: Arc::default(),
        };
        let (connections, requests) = (Arc::clone(&wire.connections), Arc::clone(&wire.requests));
        let (ended, closed) = (Arc::clone(&wire.ended), Arc::clone(&wire.closed));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let (acts, requests) = (Arc::clone(&acts), Arc::clone(&requests));
                let (ended, closed) = (Arc::clone(&ended), Arc::clone(&closed));
                tokio::spawn(async move {
                    play(stream, &acts, &requests).await;
                    ended.fetch_add(1, Ordering::SeqCst);
                    closed.notify_one();
                });
            }
        });
        wire
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many requests were read.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// How many connections have ended, whichever side closed them.
    pub fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    /// Returns when the peer has closed a connection.
    pub async fn closed(&self) {
        self.closed.notified().await;
    }
}

async fn play(mut stream: TcpStream, acts: &Mutex<VecDeque<Act>>, requests: &AtomicUsize) {
    while read_request(&mut stream).await {
        requests.fetch_add(1, Ordering::SeqCst);
        let act = acts.lock().unwrap().pop_front().expect("no act is left for this request");
        match act {
            Act::Say(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Act::SayAndClose(text) => return stream.write_all(text.as_bytes()).await.unwrap(),
            Act::Close => return,
            Act::Hang => std::future::pending().await,
            Act::Stall(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                while stream.read(&mut [0]).await.is_ok_and(|read| read > 0) {}
                return;
            }
            Act::Drip(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                while stream.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(DROP).await;
                }
                return;
            }
            Act::Endless => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
                while stream.write_all(b"400\r\n").await.is_ok()
                    && stream.write_all(&[b'x'; 0x400]).await.is_ok()
                    && stream.write_all(b"\r\n").await.is_ok()
                {}
                return;
            }
        }
    }
}

/// Reads one request with its body; `false` at the end of the connection.
async fn read_request(stream: &mut TcpStream) -> bool {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).to_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return true;
            }
        }
        match stream.read_buf(&mut read).await {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}
