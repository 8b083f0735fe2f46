//! A real Matrix homeserver: Synapse with a database of its own, one for all tests, started by the first that
//! needs it and ended with the test process. Its people and rooms are created through its own client-server
//! API, which our program uses.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::form_urlencoded::byte_serialize;

use crate::house::{Reply, reply};
use crate::postgres::vacant_port;
use crate::process::eventually;

const MISSING: &str = "there is no Synapse here: `.ci/run` installs one, or let TEST_SYNAPSE name a python \
                       that has the package matrix-synapse";
/// The server name in `name:server` ids.
const NAME: &str = "localhost";

static SYNAPSE: OnceCell<Synapse> = OnceCell::const_new();

/// The Python named in `TEST_SYNAPSE`, or the one that `.ci/run` installed; `None` where neither is
/// available.
pub fn python() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the tests, read once")]
    let named = std::env::var("TEST_SYNAPSE").ok().filter(|path| !path.is_empty());
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("synapse").join("bin/python");
    named.map(PathBuf::from).or_else(|| own.exists().then_some(own))
}

/// The running server.
pub struct Synapse {
    /// Without a slash at the end.
    pub url: String,
    child: Child,
    /// Held open: when this process ends, however it ends, the shell beside the server reads end of file,
    /// kills the server and deletes its folder.
    _guard: ChildStdin,
}

impl Synapse {
    /// The one server of the tests.
    pub async fn shared() -> &'static Synapse {
        SYNAPSE.get_or_init(Synapse::start).await
    }

    async fn start() -> Synapse {
        let python = python().expect(MISSING);
        let folder = tempfile::tempdir().unwrap().keep();
        // Other tests take ports while it starts.
        let (_kept, port) = vacant_port();
        std::fs::write(folder.join("homeserver.yaml"), settings(&folder, port).to_string()).unwrap();
        let script = "exec 3<&0 </dev/null >log 2>&1\n\
                      (read -r _ <&3; kill -KILL $$; cd /; rm -rf \"$1\") &\n\
                      exec \"$2\" -m synapse.app.homeserver -c homeserver.yaml";
        let mut child = Command::new("/bin/sh")
            .args(["-c", script, "sh"])
            .args([&folder, &python])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell runs");
        let guard = child.stdin.take().expect("the shell's input is ours");
        let mut synapse = Synapse { url: format!("http://127.0.0.1:{port}"), child, _guard: guard };
        let (asked, url) = (http(), format!("{}/_matrix/client/versions", synapse.url));
        eventually("Synapse answers", async || {
            if let Some(status) = synapse.child.try_wait().unwrap() {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                panic!("{} did not start Synapse ({status}); {MISSING}\n{log}", python.display());
            }
            asked.get(&url).send().await.is_ok()
        })
        .await;
        synapse
    }
}

/// Synapse's defaults, including its limits, except that it federates with no other server and anybody may
/// register. YAML accepts JSON.
fn settings(folder: &Path, port: u16) -> Value {
    let often = json!({"per_second": 1000, "burst_count": 1000});
    json!({
        "server_name": NAME,
        "listeners": [{
            "port": port, "type": "http", "bind_addresses": ["127.0.0.1"], "resources": [{"names": ["client"]}],
        }],
        "database": {"name": "sqlite3", "args": {"database": folder.join("synapse.db")}},
        "media_store_path": folder.join("media"),
        "signing_key": format!("ed25519 tests {}", STANDARD_NO_PAD.encode([7; 32])),
        "macaroon_secret_key": "tests",
        "report_stats": false,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "enable_registration": true,
        "enable_registration_without_verification": true,
        "bcrypt_rounds": 4,
        "rc_registration": often,
    })
}

/// A client for these tests.
pub fn http() -> reqwest::Client {
    seventytwo::tls::install();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Encoded for a path.
pub fn encoded(id: &str) -> String {
    byte_serialize(id.as_bytes()).collect()
}

/// A person with an account on the server.
#[derive(Clone)]
pub struct Member {
    /// `@name:server`.
    pub id: String,
    /// The access token.
    pub token: String,
    http: reqwest::Client,
    url: &'static str,
}

impl Member {
    /// Registers a new account; a number is added to its name.
    pub async fn register(name: &str) -> Member {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        let number = LAST.fetch_add(1, Ordering::SeqCst);
        let mut member = Member {
            id: String::new(),
            token: String::new(),
            http: http(),
            url: &Synapse::shared().await.url,
        };
        let body = json!({
            "username": format!("{name}{number}"), "password": "correct horse battery staple",
            "auth": {"type": "m.login.dummy"},
        });
        let made = member.call(Method::POST, "v3/register", &body).await.expect(200);
        member.id = made["user_id"].as_str().unwrap().to_owned();
        member.token = made["access_token"].as_str().unwrap().to_owned();
        member
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}/_matrix/client/{path}", self.url));
        if self.token.is_empty() { request } else { request.bearer_auth(&self.token) }
    }

    /// One call of the client-server API.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Reply {
        reply(self.request(method, path).json(body)).await
    }

    /// A GET of the client-server API.
    pub async fn get(&self, path: &str) -> Value {
        reply(self.request(Method::GET, path)).await.expect(200)
    }

    /// The type and bytes of a file with an `mxc:` URI.
    pub async fn download(&self, uri: &str) -> (String, Vec<u8>) {
        let file = uri.strip_prefix("mxc://").expect("an address of the media repository");
        let request = self.request(Method::GET, &format!("v1/media/download/{file}"));
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (kind, answer.bytes().await.unwrap().to_vec())
    }

    async fn create_room(&self, body: Value) -> String {
        let made = self.call(Method::POST, "v3/createRoom", &body).await.expect(200);
        made["room_id"].as_str().unwrap().to_owned()
    }

    /// Posts elsewhere until the server asks for a long rest; it allows a message every five seconds. A short
    /// rest would be less than our own wait after a failure.
    pub async fn use_up_allowance(&self) {
        let room = encoded(&self.create_room(json!({})).await);
        let body = json!({"msgtype": "m.text", "body": "…"});
        for number in 0..200 {
            let path = format!("v3/rooms/{room}/send/m.room.message/{number}");
            let said = self.call(Method::PUT, &path, &body).await;
            if said.body["retry_after_ms"].as_u64().is_some_and(|wait| wait > 3000) {
                return;
            }
        }
        panic!("the server limits nothing");
    }
}

/// A room with its admin and a bot in it.
pub struct Room {
    pub id: String,
    pub admin: Member,
    pub bot: Member,
}

impl Room {
    /// With the server's default room version, whose ids name no server.
    pub async fn open() -> Room {
        Room::create(json!({})).await
    }

    /// With a room version whose ids end with the server's name.
    pub async fn open_old() -> Room {
        let room = Room::create(json!({"room_version": "11"})).await;
        assert!(room.id.ends_with(&format!(":{NAME}")), "{}", room.id);
        room
    }

    async fn create(mut body: Value) -> Room {
        let (admin, bot) = (Member::register("admin").await, Member::register("bot").await);
        body["preset"] = json!("private_chat");
        body["invite"] = json!([bot.id]);
        let room = Room { id: admin.create_room(body).await, admin, bot };
        room.join().await;
        room
    }

    /// A path below the room in the client-server API.
    fn path(&self, rest: &str) -> String {
        format!("v3/rooms/{}/{rest}", encoded(&self.id))
    }

    /// The bot accepts an invitation.
    async fn join(&self) {
        self.bot.call(Method::POST, &self.path("join"), &json!({})).await.expect(200);
    }

    /// The admin acts on the bot: `kick`, `ban`, `unban` or `invite`.
    pub async fn moderate(&self, what: &str) {
        let body = json!({"user_id": self.bot.id});
        self.admin.call(Method::POST, &self.path(what), &body).await.expect(200);
    }

    /// The bot is invited again and joins.
    pub async fn let_back_in(&self) {
        self.moderate("invite").await;
        self.join().await;
    }

    /// Sets the power level needed to post; the bot has level 0.
    pub async fn set_power_to_speak(&self, power: i64) {
        let path = self.path("state/m.room.power_levels/");
        let mut levels = self.admin.get(&path).await;
        levels["events_default"] = json!(power);
        self.admin.call(Method::PUT, &path, &levels).await.expect(200);
    }

    /// Everything that the bot posted, edited and redacted, as the admin reads it now, oldest first.
    pub async fn events(&self) -> Vec<Value> {
        let timeline = self.admin.get(&self.path("messages?dir=f&limit=1000")).await;
        let events = timeline["chunk"].as_array().unwrap().iter().cloned();
        let of_bot = |event: &Value| {
            let kind = event["type"].as_str().unwrap();
            event["sender"] == self.bot.id.as_str() && ["m.room.message", "m.room.redaction"].contains(&kind)
        };
        events.filter(of_bot).collect()
    }

    /// The bot's messages except proofs of control, oldest first: an edit is shown with the message it edits,
    /// and a redacted message is empty.
    pub async fn messages(&self) -> Vec<Value> {
        let said = |event: &Value| {
            let words = event["content"]["body"].as_str().unwrap_or_default();
            let original = event["content"]["m.relates_to"].is_null();
            event["type"] == "m.room.message" && original && code_in(words).is_none()
        };
        self.events().await.into_iter().filter(said).collect()
    }

    /// The six digits of the newest proof of control.
    pub async fn read_code(&self) -> String {
        let events = self.events().await;
        let mut codes = events.iter().rev().filter_map(|event| code_in(event["content"]["body"].as_str()?));
        codes.next().expect("a code in the room").to_owned()
    }
}

/// The digits of a message, if it is a proof of control.
fn code_in(words: &str) -> Option<&str> {
    words.split_once("验证码：")?.1.get(..6)
}
