//! A chat platform that accepts everything: the thinnest HTTP server possible, so that what is measured is
//! the sender. It runs in a process of its own where processor time counts.

use std::future::pending;
use std::io::BufRead as _;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// The argument that makes this program a sink.
pub const COMMAND: &str = "sink";

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 27\r\n\r\n{\"errcode\":0,\"errmsg\":\"ok\"}";

/// Groups whose names begin with this get no answer.
pub const SILENT: &str = "silent-";

/// Serves until killed; prints its address first.
pub fn run() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        println!("{}", listener.local_addr().expect("it listens"));
        serve(listener, None).await;
    });
}

/// A sink in a process of its own, which ends when this is dropped.
pub struct Sink {
    child: Child,
    pub address: String,
}

impl Sink {
    pub fn start() -> Sink {
        let own = std::env::current_exe().expect("a program knows where it is");
        let mut child =
            Command::new(own).arg(COMMAND).stdout(Stdio::piped()).spawn().expect("the sink starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output is piped");
        std::io::BufReader::new(out).read_line(&mut line).expect("the sink says its address");
        Sink { child, address: line.trim().to_owned() }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Takes connections; reports when the first byte of each request came.
pub async fn serve(listener: TcpListener, arrivals: Option<mpsc::UnboundedSender<Instant>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(take(stream, arrivals.clone()));
    }
}

async fn take(mut stream: TcpStream, arrivals: Option<mpsc::UnboundedSender<Instant>>) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        if let Some(whole) = request(&buffer).filter(|whole| *whole <= buffer.len()) {
            if is_silent(&buffer[..whole]) {
                return pending().await;
            }
            buffer.drain(..whole);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
            continue;
        }
        let begins = buffer.is_empty();
        match stream.read_buf(&mut buffer).await {
            Ok(1..) => {}
            _ => return,
        }
        if let Some(arrivals) = arrivals.as_ref().filter(|_| begins) {
            // Nobody may be waiting any more.
            let _unheard = arrivals.send(Instant::now());
        }
    }
}

/// Whether a request's first line names a group that gets no answer.
fn is_silent(request: &[u8]) -> bool {
    let first = request.split(|byte| *byte == b'\r').next().unwrap_or_default();
    first.windows(SILENT.len()).any(|words| words == SILENT.as_bytes())
}

/// The length of the request at the front, head and body, once its head is complete.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    Some(head + length.unwrap_or(0))
}
