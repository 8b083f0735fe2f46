//! The program as its own process, by the real clock, with many chats to send to: for tests that kill it,
//! stop it, or run several on one database.

use std::any::Any;
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::dev::Extensions;
use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use seventytwo::accounts::{people, tokens};
use seventytwo::broadcast::platforms::Credentials;
use seventytwo::clock::Clock;
use seventytwo::domain::group::{GroupState, Kinds, Platform};
use seventytwo::domain::language::Language;
use seventytwo::domain::life_cycle::State;
use seventytwo::domain::notice::Kind;
use seventytwo::domain::people::Role;
use seventytwo::domain::region::Region;
use seventytwo::groups::{MAX_GROUPS, NewGroup, fresh};
use seventytwo::store::{Conn, Store, StoreResult, accounts, deliveries, events, groups, notices as rows};
use seventytwo::vault::Vault;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::chaos::count;
use crate::ground::Networks;
use crate::house::{Db, Reply};
use crate::notices;

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY_BYTES: &[u8; 32] = b"0123456789abcdef0123456789abcdef";
/// How long a condition is waited for; the leases of a dead node must end within this time.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Groups of the fan-out: more than are leased at once, so that a kill finds some of them unleased.
pub const GROUPS: usize = 300;

/// A process; killed on drop.
pub struct Running(Child);

impl Running {
    /// Starts the program without waiting until it listens.
    pub fn spawn(mut command: Command, settings: &[(&str, &str)]) -> Running {
        let command = command.arg("serve").envs(settings.iter().copied());
        Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts"))
    }

    /// Waits until it listens.
    pub async fn listening(mut self) -> Program {
        let log = Arc::new(Mutex::new(Vec::new()));
        let (errors, kept) = (BufReader::new(self.0.stderr.take().unwrap()).lines(), Arc::clone(&log));
        std::thread::spawn(move || {
            for line in errors.map_while(Result::ok) {
                eprintln!("{line}");
                kept.lock().unwrap().push(line);
            }
        });
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines();
        let says = move || {
            lines.map_while(Result::ok).find_map(|l| Some(l.strip_prefix("listening on ")?.to_owned()))
        };
        let base = tokio::task::spawn_blocking(says).await.unwrap().expect("the program listens");
        seventytwo::tls::install();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Program { running: self, door: Door { base, http, networks: Arc::default() }, log }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// SIGTERM: it finishes what is under way; returns its exit status.
    pub async fn stop(mut self) -> ExitStatus {
        self.signal("-TERM");
        tokio::task::spawn_blocking(move || self.0.wait().unwrap()).await.unwrap()
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.id().to_string()]).status().unwrap();
        assert!(done.success(), "{signal}");
    }
}

impl Drop for Running {
    /// SIGKILL: it gets no chance to clean up.
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The program in a process of its own.
pub struct Program {
    pub running: Running,
    pub door: Door,
    log: Arc<Mutex<Vec<String>>>,
}

impl Program {
    pub async fn start(db: &Db, settings: &[(&str, &str)]) -> Program {
        Running::spawn(command(db), settings).listening().await
    }

    /// What it has logged.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    /// SIGSTOP: it stands still without knowing it.
    pub fn pause(&self) {
        self.running.signal("-STOP");
    }

    /// SIGCONT: it goes on as if no time had passed.
    pub fn resume(&self) {
        self.running.signal("-CONT");
    }

    /// As [`Running::stop`].
    pub async fn stop(self) -> ExitStatus {
        self.running.stop().await
    }

    /// SIGKILL.
    pub fn kill(self) {
        drop(self);
    }
}

pub fn command(db: &Db) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seventytwo"));
    command
        .env("DATABASE_URL", &db.url)
        .env("SEVENTYTWO_DATA_DIR", db.folder.path())
        .env("SEVENTYTWO_KEY", KEY)
        .env("SEVENTYTWO_BIND", "127.0.0.1:0")
        .env("SEVENTYTWO_TRUSTED_PROXIES", "127.0.0.1")
        .env("SEVENTYTWO_LOG", "error");
    command
}

/// The operator's own check of the decision log.
#[track_caller]
pub fn assert_audit(db: &Db) {
    let done = command(db).args(["audit", "verify"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The program's API, as a client sees it.
#[derive(Clone)]
pub struct Door {
    base: String,
    http: reqwest::Client,
    networks: Arc<Networks>,
}

impl Door {
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> reqwest::Result<Reply> {
        self.send(self.http.request(method, format!("{}/api/v1{path}", self.base)), token, body).await
    }

    pub async fn submit(&self, asked: &Asked) -> reqwest::Result<Reply> {
        let request =
            self.http.post(format!("{}/api/v1/notices", self.base)).header("idempotency-key", &asked.key);
        self.send(request, None, Some(&asked.body)).await
    }

    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> reqwest::Result<Reply> {
        let mut request = request.header("x-forwarded-for", self.networks.next());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Reply { status, body, headers, text })
    }

    /// Sends a photo.
    pub async fn photo(&self, jpeg: Vec<u8>) -> reqwest::Result<Reply> {
        let form = Form::new().part("photo", Part::bytes(jpeg).file_name("IMG_0001.JPG"));
        let request = self.http.post(format!("{}/api/v1/photos", self.base)).multipart(form);
        self.send(request, None, None).await
    }

    /// Claims a notice and approves it; returns its state afterwards.
    pub async fn approve(&self, case: &str, token: &str) -> reqwest::Result<String> {
        let claim = format!("/review/{case}/claim");
        let claimed = self.call(Method::POST, &claim, Some(token), Some(&json!({}))).await?.expect(200);
        let body = json!({"version": claimed["version"], "action": "approve", "reason": "verified"});
        let decide = format!("/review/{case}/decisions");
        let decided = self.call(Method::POST, &decide, Some(token), Some(&body)).await?.expect(200);
        Ok(decided["state"].as_str().unwrap().to_owned())
    }

    /// Like [`Door::approve`]; returns whether it succeeded, because a short claim may end before the
    /// decision.
    pub async fn approve_if_held(&self, case: &str, token: &str) -> bool {
        let claim = format!("/review/{case}/claim");
        let claimed = self.call(Method::POST, &claim, Some(token), Some(&json!({}))).await.unwrap();
        let body = json!({"version": claimed.body["version"], "action": "approve", "reason": "verified"});
        let decide = format!("/review/{case}/decisions");
        self.call(Method::POST, &decide, Some(token), Some(&body)).await.unwrap().status == StatusCode::OK
    }

    /// A page.
    pub async fn page(&self, path: &str) -> reqwest::Result<reqwest::Response> {
        self.http.get(format!("{}{path}", self.base)).send().await
    }

    /// Sends a form from a page of ours.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<reqwest::Response> {
        let form = self.http.post(format!("{}{path}", self.base)).form(fields);
        form.header("sec-fetch-site", "same-origin").send().await
    }

    /// Begins a request and never ends it; it hangs until the returned stream is dropped.
    pub async fn hang(&self) -> TcpStream {
        let address = self.base.trim_start_matches("http://");
        let mut open = TcpStream::connect(address).await.unwrap();
        let begun = "POST /api/v1/notices HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
                     content-length: 100\r\nexpect: 100-continue\r\n\r\n";
        open.write_all(begun.as_bytes()).await.unwrap();
        // By now the server waits for the rest.
        let mut told = [0; 25];
        open.read_exact(&mut told).await.unwrap();
        assert!(told.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&told));
        open
    }

    /// The reporter can read their notice, with its words.
    pub async fn assert_readable(&self, receipt: &Value) {
        let mine =
            self.call(Method::GET, "/my/notice", receipt["manage_token"].as_str(), None).await.unwrap();
        assert_eq!(mine.status, StatusCode::OK, "{}", mine.text);
        assert_eq!(mine.body["case_number"], receipt["case_number"]);
        assert!(mine.text.contains("双肩包"), "{}", mine.text);
    }
}

/// A notice to submit, with an idempotency key that makes it repeatable.
#[derive(Clone)]
pub struct Asked {
    key: String,
    body: Value,
}

impl Asked {
    pub fn new(reporter: u32, number: u32) -> Asked {
        let mut body = notices::lost_property(Clock::system().now());
        body["reporter"]["phone"] = json!(format!("+86138{reporter:04}{number:04}"));
        Asked { key: format!("{reporter}-{number}"), body }
    }
}

/// Asks until it holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reads the database over a connection that is closed at once.
pub async fn peek<T: Send + 'static>(
    db: &Db,
    look: impl FnOnce(&mut Conn) -> StoreResult<T> + Send + 'static,
) -> T {
    let database = db.database();
    tokio::task::spawn_blocking(move || look(&mut Conn::open(&database).unwrap()).unwrap()).await.unwrap()
}

/// Waits until nobody uses the database: a server still finishes what a killed process had asked of it.
pub async fn left_alone(db: &Db) {
    let others = "SELECT COUNT(*) AS n FROM pg_stat_activity WHERE datname = current_database() \
         AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    if !db.is_sqlite() {
        eventually("nobody uses the database", async || count(db, others).await == 0).await;
    }
}

pub async fn backlog(db: &Db) -> i64 {
    peek(db, |c| deliveries::backlog(c, Clock::system().now())).await.open
}

/// The state of a notice, the number of its approvals, and of the events that made it cool.
pub async fn standing(db: &Db, case: &str) -> (State, usize, usize) {
    let case = case.parse().unwrap();
    peek(db, move |c| {
        let notice = rows::by_case(c, case)?.expect("a notice that was answered");
        let approvals = rows::approvals(c, notice.id.0, notice.revision)?;
        let events = events::of_notice(c, notice.id.0)?;
        Ok((notice.state, approvals.len(), events.iter().filter(|e| e.after == State::Cooling).count()))
    })
    .await
}

/// How many attempts are recorded for each group, by its name.
pub fn recorded(conn: &mut Conn) -> StoreResult<HashMap<String, usize>> {
    let account = accounts::by_name(conn, "王群主")?.expect("the group admin").account.id.0;
    let mut recorded = HashMap::new();
    for group in groups::of_account(conn, account, None, MAX_GROUPS)? {
        let deliveries = groups::log(conn, group.id.0, None, 1)?;
        recorded.insert(group.name, groups::attempts_of(conn, &deliveries)?.len());
    }
    Ok(recorded)
}

/// Creates a person with an account; returns their API token.
pub async fn person(db: &Db, name: &str, role: Role) -> String {
    let (store, vault) = (Store::open(db.database()).await.unwrap(), Vault::new(KEY_BYTES));
    let now = Clock::system().now();
    people::add(&store, &vault, now, name, role, None).await.unwrap();
    tokens::add(&store, now, name, None).await.unwrap()
}

/// Stores [`GROUPS`] proved groups of `admin`, named by the key of their robot.
pub async fn connect_groups(db: &Db, url: &str, admin: &'static str) {
    connect(db, admin, (0..GROUPS).map(|number| (Platform::Wecom, url, format!("g{number}")))).await;
}

/// Stores proved groups of `admin`: the platform, the URL, and the group's name, which is also the key of its
/// robot. They want lost property in Langfang.
pub async fn connect<'a>(
    db: &Db,
    admin: &'static str,
    chats: impl IntoIterator<Item = (Platform, &'a str, String)>,
) {
    let (store, vault) = (Store::open(db.database()).await.unwrap(), Vault::new(KEY_BYTES));
    let robot = |(platform, url, name): (Platform, &str, String)| {
        let at = |path: String| Credentials::at(platform, format!("{url}/{path}"));
        let credentials = match platform {
            Platform::Wecom => at(format!("cgi-bin/webhook/send?key={name}")),
            Platform::Discord => at(format!("api/v10/webhooks/1/{name}")),
            Platform::Dingtalk => at(format!("robot/send?access_token={name}")),
            Platform::Matrix => {
                let (token, chat) = (Some("syt_tests".to_owned()), Some(format!("!{name}")));
                Credentials { token, chat, ..at(String::new()) }
            }
            Platform::Telegram => {
                let (token, chat) = (Some("1:tests".to_owned()), Some(name.clone()));
                Credentials { token, chat, ..at(String::new()) }
            }
            other => panic!("no robot of {other:?}"),
        };
        (credentials, name)
    };
    let robots: Vec<(Credentials, String)> = chats.into_iter().map(robot).collect();
    let now = Clock::system().now();
    let connect = move |tx: &mut Conn| {
        let account = accounts::by_name(tx, admin)?.expect("the group admin").account.id;
        for (credentials, name) in robots {
            let new = NewGroup {
                name,
                credentials,
                secret: None,
                regions: Vec::new(),
                kinds: Kinds::from_iter([Kind::LostProperty]),
                language: Language::default(),
                hourly_cap: None,
                quiet: None,
            };
            let mut group = fresh(&vault, account.0, &new, now);
            group.state = GroupState::Active;
            groups::insert(tx, &group, &[Region::parse("131000").unwrap()])?;
        }
        Ok::<_, seventytwo::store::StoreError>(())
    };
    store.write(connect).await.unwrap();
}

/// A message in one of the chats.
#[derive(Clone, Debug)]
pub struct Message {
    pub group: String,
    pub kind: String,
}

/// The open connections to a server.
#[derive(Default)]
pub struct Connected(Arc<()>);

impl Connected {
    /// A callback for each new connection; the connection holds what it is counted by until it ends.
    pub fn one_more(&self) -> impl Fn(&dyn Any, &mut Extensions) + Send + Sync + 'static {
        let held = Arc::clone(&self.0);
        move |_, kept| drop(kept.insert(Arc::clone(&held)))
    }

    /// Waits until nobody is connected: by then everything that a killed process had sent has arrived.
    pub async fn none(&self) {
        // One reference is held here, and one by the server.
        eventually("nobody is connected", async || Arc::strong_count(&self.0) == 2).await;
    }
}

/// Many WeCom chats at one address. They answer a hundred requests, then hold every further one until told to
/// go on.
pub struct Chats {
    pub url: String,
    state: web::Data<ChatState>,
}

struct ChatState {
    taken: Mutex<Vec<Message>>,
    /// How many requests are answered.
    answered: watch::Sender<usize>,
    connected: Connected,
}

impl Chats {
    pub async fn start() -> Chats {
        let state = web::Data::new(ChatState {
            taken: Mutex::default(),
            answered: watch::Sender::new(100),
            connected: Connected::default(),
        });
        let data = state.clone();
        let app = move || {
            actix_web::App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(4 << 20))
                .default_service(web::to(take))
        };
        let server = HttpServer::new(app)
            .on_connect(state.connected.one_more())
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Chats { url, state }
    }

    /// Answers the first `count` requests.
    pub fn answer(&self, count: usize) {
        self.state.answered.send_replace(count);
    }

    pub fn answer_all(&self) {
        self.state.answered.send_replace(usize::MAX);
    }

    /// Like [`Connected::none`]; a held request keeps its connection.
    pub async fn deserted(&self) {
        self.state.connected.none().await;
    }

    pub fn taken(&self) -> Vec<Message> {
        self.state.taken.lock().unwrap().clone()
    }

    /// How many messages of that kind each group got.
    pub fn count(&self, kind: &str) -> HashMap<String, usize> {
        let mut counted = HashMap::new();
        for message in self.taken().into_iter().filter(|m| m.kind == kind) {
            *counted.entry(message.group).or_default() += 1;
        }
        counted
    }
}

async fn take(request: HttpRequest, body: web::Bytes, state: web::Data<ChatState>) -> HttpResponse {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let group = request.query_string().trim_start_matches("key=").to_owned();
    let place = {
        let mut taken = state.taken.lock().unwrap();
        taken.push(Message { group, kind: body["msgtype"].as_str().unwrap().to_owned() });
        taken.len()
    };
    let mut answered = state.answered.subscribe();
    answered.wait_for(|answered| place <= *answered).await.unwrap();
    HttpResponse::Ok().json(json!({"errcode": 0, "errmsg": "ok"}))
}
