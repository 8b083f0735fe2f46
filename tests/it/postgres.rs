//! PostgreSQL for the tests: the named server, or one of our own that ends with the test process.

use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpSocket;

use crate::ground::Db;

/// A server on which every test gets a database of its own; cheap to clone.
#[derive(Clone)]
pub struct Server(Arc<Running>);

struct Running {
    /// Without the database name at the end.
    url: String,
    databases: AtomicUsize,
    /// Held open: when this process ends, however it ends, the guard reads end of file and stops the server.
    _guard: Option<(Child, ChildStdin, tempfile::TempDir)>,
}

impl Server {
    /// The named server, or a new one; `None` where neither is available.
    pub fn start() -> Option<Server> {
        #[expect(clippy::disallowed_methods, reason = "a setting of the tests, read once")]
        let named = std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty());
        let running = match named {
            Some(url) => {
                let url = url.trim_end_matches('/').to_owned();
                Running { url, databases: AtomicUsize::new(0), _guard: None }
            }
            None => own()?,
        };
        Some(Server(Arc::new(running)))
    }

    /// A fresh database.
    pub async fn database(&self) -> Db {
        let number = self.0.databases.fetch_add(1, Ordering::SeqCst);
        let name = format!("t{}_{number}", std::process::id());
        let admin = format!("{}/postgres?sslmode=disable", self.0.url);
        let (client, connection) = tokio_postgres::connect(&admin, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Db::at(format!("{}/{name}?sslmode=disable", self.0.url))
    }
}

fn own() -> Option<Running> {
    let initdb = find("initdb")?;
    let postgres = initdb.with_file_name("postgres");
    let folder = tempfile::tempdir().expect("a folder for the test server");
    let data = folder.path().join("data");
    let user = unprivileged(folder.path());
    let run = |program: &Path, arguments: &[&str]| {
        let mut command = as_user(program, user);
        let done = command
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .output()
            .expect("initdb runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    run(
        &initdb,
        &[
            "-D",
            &data.display().to_string(),
            "-U",
            "tests",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale=C",
        ],
    );
    let (_kept, port) = vacant_port();
    // fsync stays on, because the tests that kill the program depend on it.
    let script = format!(
        "'{}' -D '{}' -p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=400 \
         >'{}' 2>&1 & server=$!; read -r _; kill -INT $server; wait $server",
        postgres.display(),
        data.display(),
        folder.path().join("log").display(),
    );
    let mut guard = as_user(Path::new("/bin/sh"), user)
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("a shell runs");
    let stdin = guard.stdin.take().expect("the shell's input is ours");
    let url = format!("postgres://tests@127.0.0.1:{port}");
    wait_for(port);
    Some(Running { url, databases: AtomicUsize::new(0), _guard: Some((guard, stdin, folder)) })
}

/// A loopback port on which nobody listens, and which the system gives to nobody else while the socket is
/// kept. A server that asks for this very port can still have it.
pub fn vacant_port() -> (TcpSocket, u16) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let port = socket.local_addr().unwrap().port();
    (socket, port)
}

/// Finds a program in the PATH, or where Debian installs it.
fn find(program: &str) -> Option<PathBuf> {
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = debian.map(|version| version.path().join("bin")).collect();
    places.sort();
    #[expect(clippy::disallowed_methods, reason = "where programs are is the environment's to say")]
    let path = std::env::var("PATH").unwrap_or_default();
    // The real place first: what is in the PATH may be a link without its neighbours.
    places.reverse();
    places.extend(path.split(':').map(PathBuf::from));
    places
        .into_iter()
        .map(|place| place.join(program))
        .find(|file| file.exists() && file.with_file_name("postgres").exists())
}

/// PostgreSQL refuses to run as root.
fn unprivileged(folder: &Path) -> Option<u32> {
    let root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").ok()?) == 0;
    if !root {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let id = |name: &str| users.lines().find_map(|l| l.strip_prefix(name)?.split(':').nth(2)?.parse().ok());
    let user = id("postgres").or_else(|| id("nobody"))?;
    std::os::unix::fs::chown(folder, Some(user), None).expect("root may give a folder away");
    Some(user)
}

fn as_user(program: &Path, user: Option<u32>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some(user) = user {
        std::os::unix::process::CommandExt::uid(&mut command, user);
    }
    command
}

fn wait_for(port: u16) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let url = format!("postgres://tests@127.0.0.1:{port}/postgres?sslmode=disable");
    runtime.block_on(async {
        for _ in 0..3600 {
            if tokio_postgres::connect(&url, tokio_postgres::NoTls).await.is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL did not start within three minutes");
    });
}
