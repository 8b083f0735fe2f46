//! What a house stands on, in the tests as in the measurements of `benches/`: a database, the settings, and
//! networks to ask from.

use std::sync::atomic::{AtomicU32, Ordering};

use seventytwo::config::{Config, Setting};
use seventytwo::store::Database;
use tempfile::TempDir;

/// A database of its own.
pub struct Db {
    pub url: String,
    pub folder: TempDir,
}

impl Db {
    /// A file in a folder of its own.
    pub fn sqlite() -> Db {
        let folder = tempfile::tempdir().expect("a folder");
        Db { url: format!("sqlite:{}", folder.path().join("test.db").display()), folder }
    }

    /// A database that is there already, such as one on a server.
    pub fn at(url: String) -> Db {
        Db { url, folder: tempfile::tempdir().expect("a folder") }
    }

    /// Whether it is a file.
    pub fn is_sqlite(&self) -> bool {
        self.database().is_sqlite()
    }

    pub fn database(&self) -> Database {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => Database::Sqlite(path.to_owned()),
            None => Database::Postgres(self.url.clone()),
        }
    }
}

/// The settings of a program on that database, and `more`.
pub fn settings(db: &Db, more: &[(&str, String)]) -> Config {
    let look_up = |setting: &Setting| match setting.variable {
        "DATABASE_URL" => Some(db.url.clone()),
        "SEVENTYTWO_BIND" => Some("127.0.0.1:0".to_owned()),
        "SEVENTYTWO_DATA_DIR" => Some(db.folder.path().display().to_string()),
        "SEVENTYTWO_KEY" => Some("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned()),
        "SEVENTYTWO_TRUSTED_PROXIES" => Some("127.0.0.1".to_owned()),
        variable => more.iter().find(|(name, _)| *name == variable).map(|(_, value)| value.clone()),
    };
    Config::read(look_up).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Networks, a new one for every request, so that limits apply only where they are meant to.
#[derive(Default)]
pub struct Networks(AtomicU32);

impl Networks {
    /// An address in the next one.
    pub fn next(&self) -> String {
        let [_, a, b, c] = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        format!("{}.{b}.{c}.1", 100 + u16::from(a))
    }
}
