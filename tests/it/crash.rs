//! Killed with SIGKILL in the middle of things and started again: what was answered is there, nothing is
//! half done, and what was under way goes on. The program runs as its own process, by the real clock.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
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
use seventytwo::groups::{NewGroup, fresh};
use seventytwo::store::events::Verdict;
use seventytwo::store::types::Named;
use seventytwo::store::{
    Answer, Conn, Database, Store, accounts, deliveries, events, groups, notices as rows,
};
use seventytwo::vault::Vault;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::house::{Db, Reply};
use crate::{Test, bare, notices};

pub const TESTS: &[Test] = &[
    bare!(killed_while_notices_come_in),
    bare!(killed_while_people_decide),
    bare!(killed_while_a_broadcast_goes_out),
];

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const KEY_BYTES: &[u8; 32] = b"0123456789abcdef0123456789abcdef";
/// How long a condition is waited for. A PostgreSQL keeps a dead node's leases for a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// Every 201 is there afterwards, once, and whole; what was cut off is there or not, and the same key
/// again settles which.
async fn killed_while_notices_come_in(db: Db) {
    let program = Program::start(&db, &[]).await;
    let answered = Arc::new(Mutex::new(Vec::new()));
    let mut reporters = JoinSet::new();
    for reporter in 0..16 {
        let (door, answered) = (program.door.clone(), Arc::clone(&answered));
        reporters.spawn(async move {
            for number in 0.. {
                let asked = Asked::new(reporter, number);
                match door.submit(&asked).await {
                    Ok(reply) => answered.lock().unwrap().push((asked, reply.expect(201))),
                    Err(_) => return asked,
                }
            }
            unreachable!("a reporter stops where the program does")
        });
    }
    eventually("notices come in", async || answered.lock().unwrap().len() >= 100).await;
    program.kill();
    let cut_off = reporters.join_all().await;
    let answered = std::mem::take(&mut *answered.lock().unwrap());

    let program = Program::start(&db, &[]).await;
    for (asked, receipt) in &answered {
        let again = program.door.submit(asked).await.unwrap().expect(200);
        assert_eq!(again, *receipt);
        program.door.assert_readable(receipt).await;
    }
    for asked in &cut_off {
        let reply = program.door.submit(asked).await.unwrap();
        assert!(reply.status.is_success(), "{}", reply.text);
        program.door.assert_readable(&reply.body).await;
    }
    program.kill();
    // A notice has exactly one event by now: one too many would be half a notice, or one twice.
    let total = answered.len() + cut_off.len();
    let verdict = peek(&db, events::verify).await;
    assert!(matches!(verdict, Verdict::Whole { lines, .. } if lines == total as i64), "{total}: {verdict:?}");
    assert_audit(&db);
}

/// Every decision that was answered stands, with its event; no notice has one without the other; the
/// rest can still be decided.
async fn killed_while_people_decide(db: Db) {
    let settings = [("SEVENTYTWO_COOLING", "1h")];
    let mut team = Vec::new();
    for name in ["林志愿", "周志愿", "吴志愿", "郑志愿"] {
        team.push(person(&db, name, Role::Moderator).await);
    }
    let program = Program::start(&db, &settings).await;
    let mut cases = Vec::new();
    for number in 0..40 {
        let made = program.door.submit(&Asked::new(0, number)).await.unwrap().expect(201);
        cases.push(made["case_number"].as_str().unwrap().to_owned());
    }
    let decided = Arc::new(Mutex::new(HashSet::new()));
    let mut moderators = JoinSet::new();
    for (token, cases) in team.iter().cloned().zip(cases.chunks(10).map(<[String]>::to_vec)) {
        let (door, decided) = (program.door.clone(), Arc::clone(&decided));
        moderators.spawn(async move {
            for case in cases {
                let Ok(state) = door.approve(&case, &token).await else { return };
                assert_eq!(state, "cooling");
                decided.lock().unwrap().insert(case);
            }
        });
    }
    eventually("decisions are made", async || decided.lock().unwrap().len() >= 12).await;
    program.kill();
    moderators.join_all().await;
    let decided = std::mem::take(&mut *decided.lock().unwrap());
    assert!(decided.len() < cases.len(), "killed too late to show anything");

    let program = Program::start(&db, &settings).await;
    let mut open = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        let (state, approvals, approved) = standing(&db, case).await;
        let cooling = state == State::Cooling;
        assert!(cooling || !decided.contains(case), "{case} was answered and is {state:?}");
        assert_eq!((approvals, approved), if cooling { (1, 1) } else { (0, 0) }, "{case} is half decided");
        if !cooling {
            open.push((case, &team[place / 10]));
        }
    }
    for (case, token) in open {
        assert_eq!(program.door.approve(case, token).await.unwrap(), "cooling");
    }
    program.kill();
    assert_audit(&db);
}

/// Groups of the fan-out: more than a lease takes at once, so that the kill finds some unleased.
const GROUPS: usize = 300;
/// Sends that may be unrecorded at any time, as the worker has it.
const WINDOW: usize = 640;

/// Every group gets the notice. Twice comes only what was unrecorded at the kill, and no more than the
/// window; the closing comes to everybody once.
async fn killed_while_a_broadcast_goes_out(db: Db) {
    let chats = Chats::start().await;
    let settings =
        [("SEVENTYTWO_COOLING", "0s"), ("SEVENTYTWO_PLATFORM_HOSTS", &format!("wecom={}", chats.url))];
    let token = person(&db, "林志愿", Role::Moderator).await;
    person(&db, "王群主", Role::GroupAdmin).await;
    connect_groups(&db, &chats.url, "王群主").await;
    let program = Program::start(&db, &settings).await;
    let made = program.door.submit(&Asked::new(0, 0)).await.unwrap().expect(201);
    let case = made["case_number"].as_str().unwrap();
    program.door.approve(case, &token).await.unwrap();

    // The chats take a hundred messages and sit on the next ones.
    eventually("the chats sit on messages", async || chats.taken().len() >= 120).await;
    program.kill();
    let before = chats.taken();
    let recorded = peek(&db, recorded).await;
    assert!(
        before.len() > recorded.values().sum::<usize>(),
        "killed when all was recorded: that shows nothing"
    );
    chats.answer_all();

    let program = Program::start(&db, &settings).await;
    let all_heard = async || chats.count("text").len() == GROUPS && backlog(&db).await == 0;
    eventually("every group hears of it", all_heard).await;
    let mut doubled = 0;
    for (part, kind) in ["text", "image"].into_iter().enumerate() {
        let told = chats.count(kind);
        assert_eq!(told.len(), GROUPS, "groups that got the {kind}");
        for (group, times) in told {
            let most = if recorded[&group] > part { 1 } else { 2 };
            assert!(times <= most, "{times} times the {kind} in {group}");
            doubled += times - 1;
        }
    }
    assert!(doubled <= WINDOW, "{doubled} messages came twice");
    let first = chats.taken().len();

    let closing = json!({"outcome": "returned", "announce": true});
    let manage = made["manage_token"].as_str();
    let closed = program.door.call(Method::POST, "/my/notice/close", manage, Some(&closing)).await.unwrap();
    closed.expect(200);
    let all_told = async || chats.taken().len() >= first + GROUPS && backlog(&db).await == 0;
    eventually("every group hears that it is over", all_told).await;
    let closings: Vec<Message> = chats.taken().split_off(first);
    let heard: HashSet<&str> = closings.iter().map(|m| m.group.as_str()).collect();
    assert_eq!((closings.len(), heard.len()), (GROUPS, GROUPS), "each group is told once that it is over");
    program.kill();
    assert_audit(&db);
}

/// The program in a process of its own; killed when dropped.
struct Program {
    child: Child,
    door: Door,
}

impl Program {
    async fn start(db: &Db, settings: &[(&str, &str)]) -> Program {
        let mut child = command(db)
            .arg("serve")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let says = move || {
            lines.map_while(Result::ok).find_map(|l| Some(l.strip_prefix("listening on ")?.to_owned()))
        };
        let base = tokio::task::spawn_blocking(says).await.unwrap().expect("the program listens");
        // Where two crates could each choose, neither does. Set already is fine, too.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Program { child, door: Door { base, http, networks: Arc::default() } }
    }

    /// SIGKILL: nothing of it gets to say goodbye.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn command(db: &Db) -> Command {
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
fn assert_audit(db: &Db) {
    let done = command(db).args(["audit", "verify"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// The program's API, from outside.
#[derive(Clone)]
struct Door {
    base: String,
    http: reqwest::Client,
    /// Every request comes from a network of its own: no limit is meant to bite.
    networks: Arc<AtomicU32>,
}

impl Door {
    async fn call(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> reqwest::Result<Reply> {
        self.send(self.http.request(method, format!("{}/api/v1{path}", self.base)), token, body).await
    }

    async fn submit(&self, asked: &Asked) -> reqwest::Result<Reply> {
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
        let [_, a, b, c] = self.networks.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        let mut request = request.header("x-forwarded-for", format!("{}.{b}.{c}.1", 100 + u16::from(a)));
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

    /// Claims a notice and approves it; answers the state it then has.
    async fn approve(&self, case: &str, token: &str) -> reqwest::Result<String> {
        let claim = format!("/review/{case}/claim");
        let claimed = self.call(Method::POST, &claim, Some(token), Some(&json!({}))).await?.expect(200);
        let body = json!({"version": claimed["version"], "action": "approve", "reason": "verified"});
        let decide = format!("/review/{case}/decisions");
        let decided = self.call(Method::POST, &decide, Some(token), Some(&body)).await?.expect(200);
        Ok(decided["state"].as_str().unwrap().to_owned())
    }

    /// The reporter reads their notice, words and all.
    async fn assert_readable(&self, receipt: &Value) {
        let mine =
            self.call(Method::GET, "/my/notice", receipt["manage_token"].as_str(), None).await.unwrap();
        assert_eq!(mine.status, StatusCode::OK, "{}", mine.text);
        assert_eq!(mine.body["case_number"], receipt["case_number"]);
        assert!(mine.text.contains("双肩包"), "{}", mine.text);
    }
}

/// A notice as it is handed in, under a key that makes it repeatable.
#[derive(Clone)]
struct Asked {
    key: String,
    body: Value,
}

impl Asked {
    fn new(reporter: u32, number: u32) -> Asked {
        let mut body = notices::lost_property(Clock::system().now());
        body["reporter"]["phone"] = json!(format!("+86138{reporter:04}{number:04}"));
        Asked { key: format!("{reporter}-{number}"), body }
    }
}

/// Asks until it holds.
async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn database(db: &Db) -> Database {
    match db.url.strip_prefix("sqlite:") {
        Some(path) => Database::Sqlite(path.to_owned()),
        None => Database::Postgres(db.url.clone()),
    }
}

/// A look into the database, over a connection that is closed at once.
async fn peek<T: Send + 'static>(db: &Db, look: impl FnOnce(&mut Conn) -> Answer<T> + Send + 'static) -> T {
    let database = database(db);
    tokio::task::spawn_blocking(move || look(&mut Conn::open(&database).unwrap()).unwrap()).await.unwrap()
}

async fn backlog(db: &Db) -> i64 {
    peek(db, |c| deliveries::backlog(c, Clock::system().now())).await.0
}

/// The state of a notice, its approvals, and its events that made it cool.
async fn standing(db: &Db, case: &str) -> (State, usize, usize) {
    // Stored without its dash.
    let case = case.replace('-', "");
    peek(db, move |c| {
        let notice = rows::by_case(c, &case)?.expect("a notice that was answered");
        let approvals = rows::approvals(c, notice.id.0, notice.revision)?;
        let events = events::of_notice(c, notice.id.0)?;
        Ok((notice.state.0, approvals.len(), events.iter().filter(|e| e.after.0 == State::Cooling).count()))
    })
    .await
}

/// How many attempts are on record for each group, by its name.
fn recorded(conn: &mut Conn) -> Answer<HashMap<String, usize>> {
    let account = accounts::by_name(conn, "王群主")?.expect("the group admin").account.id.0;
    let mut recorded = HashMap::new();
    for group in groups::of_account(conn, account)? {
        let deliveries: Vec<i64> = groups::log(conn, group.id.0, None, 1)?.iter().map(|d| d.id).collect();
        recorded.insert(group.name, groups::attempts_of(conn, &deliveries)?.len());
    }
    Ok(recorded)
}

/// Somebody with an account; answers a token of theirs.
async fn person(db: &Db, name: &str, role: Role) -> String {
    let (store, vault) = (Store::open(database(db)).await.unwrap(), Vault::new(KEY_BYTES));
    let now = Clock::system().now();
    people::add(&store, &vault, now, name, role, None).await.unwrap();
    tokens::add(&store, now, name, None).await.unwrap()
}

/// Puts [`GROUPS`] proved groups of `admin` into the database, named by the key of their robot.
async fn connect_groups(db: &Db, url: &str, admin: &'static str) {
    let (store, vault, url) =
        (Store::open(database(db)).await.unwrap(), Vault::new(KEY_BYTES), url.to_owned());
    let now = Clock::system().now();
    let connect = move |tx: &mut Conn| {
        let account = accounts::by_name(tx, admin)?.expect("the group admin").account.id;
        for number in 0..GROUPS {
            let name = format!("g{number}");
            let url = format!("{url}/cgi-bin/webhook/send?key={name}");
            let credentials = Credentials::at(Platform::Wecom, url);
            let new = NewGroup {
                name,
                credentials,
                secret: None,
                regions: Vec::new(),
                kinds: Kinds::from_iter([Kind::LostProperty]),
                language: Language::default(),
            };
            let mut group = fresh(&vault, account.0, &new, now)?;
            group.state = Named(GroupState::Active);
            groups::insert(tx, &group, &[Region::parse("131000").unwrap()])?;
        }
        Ok::<_, seventytwo::store::StoreError>(())
    };
    store.write(connect).await.unwrap();
}

/// A message in one of the chats.
#[derive(Clone, Debug)]
struct Message {
    group: String,
    kind: String,
}

/// Many WeCom chats at one address. They answer a hundred requests, then sit on each until told.
struct Chats {
    url: String,
    state: web::Data<ChatState>,
}

struct ChatState {
    taken: Mutex<Vec<Message>>,
    /// How many requests are answered.
    answered: watch::Sender<usize>,
}

impl Chats {
    async fn start() -> Chats {
        let state = web::Data::new(ChatState { taken: Mutex::default(), answered: watch::Sender::new(100) });
        let data = state.clone();
        let app = move || {
            actix_web::App::new()
                .app_data(data.clone())
                .app_data(web::PayloadConfig::new(4 << 20))
                .default_service(web::to(take))
        };
        let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        tokio::spawn(server.run());
        Chats { url, state }
    }

    fn answer_all(&self) {
        self.state.answered.send_replace(usize::MAX);
    }

    fn taken(&self) -> Vec<Message> {
        self.state.taken.lock().unwrap().clone()
    }

    /// How often each group got a message of that kind.
    fn count(&self, kind: &str) -> HashMap<String, usize> {
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
