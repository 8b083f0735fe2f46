//! A faulty line between our program and the homeserver. Bytes pass unchanged; faults hit only messages,
//! which are put into a room.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::server::{Member, Synapse};

/// The line; it ends with the test's runtime.
pub struct Line {
    /// The URL that our program takes for the homeserver.
    pub url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    trouble: Mutex<Trouble>,
    /// The paths of all messages, in the order they were sent.
    put: Mutex<Vec<String>>,
}

/// What goes wrong.
#[derive(Default)]
enum Trouble {
    #[default]
    Nothing,
    /// Every other answer is lost; holds whether the next one is.
    Losing(bool),
    /// Just before the next message, its account uses up its allowance.
    Exhausting(Member),
}

impl Line {
    /// A line that works until a test breaks it.
    pub async fn start() -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Line { url: format!("http://{}", listener.local_addr().unwrap()), state: Arc::default() };
        let server = Synapse::shared().await.url.trim_start_matches("http://");
        let state = Arc::clone(&line.state);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(carry(client, server, Arc::clone(&state)));
            }
        });
        line
    }

    /// From now on every other answer to a message is lost, beginning with the next.
    pub fn lose_every_other_answer(&self) {
        self.set(Trouble::Losing(true));
    }

    /// The next message finds its account's allowance used up.
    pub fn exhaust(&self, account: &Member) {
        self.set(Trouble::Exhausting(account.clone()));
    }

    fn set(&self, trouble: Trouble) {
        *self.state.trouble.lock().unwrap() = trouble;
        self.state.put.lock().unwrap().clear();
    }

    /// The paths of the messages since the trouble began.
    pub fn put(&self) -> Vec<String> {
        self.state.put.lock().unwrap().clone()
    }
}

impl State {
    /// A message is on its way; returns whether its answer will be lost.
    async fn message(&self, path: &str) -> bool {
        self.put.lock().unwrap().push(path.to_owned());
        let trouble = std::mem::take(&mut *self.trouble.lock().unwrap());
        match trouble {
            Trouble::Nothing => false,
            Trouble::Losing(this) => {
                *self.trouble.lock().unwrap() = Trouble::Losing(!this);
                this
            }
            Trouble::Exhausting(account) => {
                account.use_up_allowance().await;
                false
            }
        }
    }
}

/// The path, if a request begins here that puts something into a room.
fn put_path(bytes: &[u8]) -> Option<&str> {
    let line = bytes.split(|byte| *byte == b'\r').next()?;
    std::str::from_utf8(line).ok()?.strip_prefix("PUT ")?.split(' ').next()
}

async fn carry(mut client: TcpStream, mut server: TcpStream, state: Arc<State>) -> io::Result<()> {
    let (mut asked, mut said) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut losing = false;
    loop {
        tokio::select! {
            count = client.read(&mut asked) => {
                let bytes = &asked[..count?];
                if bytes.is_empty() {
                    return Ok(());
                }
                if let Some(path) = put_path(bytes) {
                    losing = state.message(path).await;
                }
                server.write_all(bytes).await?;
            }
            count = server.read(&mut said) => {
                let bytes = &said[..count?];
                // The server has acted, and the line breaks.
                if bytes.is_empty() || losing {
                    return Ok(());
                }
                client.write_all(bytes).await?;
            }
        }
    }
}
