//! Every setting: its name, default, bounds and meaning; all faults are reported at once.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use base64::Engine as _;
use chrono::Duration;
use url::Url;

use crate::store::Database;

/// One setting as the command line, the environment and `seventytwo config` know it.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    pub variable: &'static str,
    pub flag: &'static str,
    pub default: &'static str,
    pub secret: bool,
    pub meaning: &'static str,
    /// Of a time: the shortest and the longest.
    pub bounds: Option<(Duration, Duration)>,
}

const fn setting(
    variable: &'static str,
    flag: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { variable, flag, default, secret: false, meaning, bounds: None }
}

const fn time(
    variable: &'static str,
    flag: &'static str,
    default: &'static str,
    meaning: &'static str,
    bounds: (Duration, Duration),
) -> Setting {
    Setting { bounds: Some(bounds), ..setting(variable, flag, default, meaning) }
}

impl Setting {
    /// What it is for, and what it may be.
    pub fn explained(&self) -> String {
        match self.bounds {
            Some((least, most)) => format!("{}; {} to {}", self.meaning, written(least), written(most)),
            None => self.meaning.to_owned(),
        }
    }
}

/// All settings, in the order in which they are explained.
pub const SETTINGS: &[Setting] = &[
    Setting {
        secret: true,
        ..setting("DATABASE_URL", "database-url", "sqlite:data/seventytwo.db", "sqlite:PATH or postgres://…")
    },
    setting("SEVENTYTWO_BIND", "bind", "127.0.0.1:7272", "address to listen on; port 0 picks a free one"),
    setting(
        "SEVENTYTWO_BASE_URL",
        "base-url",
        "",
        "what links and QR codes point to; from the bind address if empty",
    ),
    setting("SEVENTYTWO_DATA_DIR", "data-dir", "data", "photos and the generated key, in embedded use"),
    setting(
        "SEVENTYTWO_BLOBS",
        "blobs",
        "",
        "file:DIR or s3://bucket/prefix; the data directory's blobs if empty",
    ),
    Setting {
        secret: true,
        ..setting(
            "SEVENTYTWO_KEY",
            "key",
            "",
            "32 bytes, base64; encrypts what is private; required with PostgreSQL",
        )
    },
    time(
        "SEVENTYTWO_NOTICE_LIFETIME",
        "notice-lifetime",
        "72h",
        "how long a notice is live",
        (Duration::seconds(1), Duration::days(30)),
    ),
    time(
        "SEVENTYTWO_COOLING",
        "cooling",
        "30s",
        "undo window between the last approval and going live",
        (Duration::zero(), Duration::hours(24)),
    ),
    time(
        "SEVENTYTWO_LEASE",
        "lease",
        "5m",
        "how long a claim holds without activity",
        (Duration::seconds(1), Duration::hours(24)),
    ),
    time(
        "SEVENTYTWO_RETENTION",
        "retention",
        "30d",
        "from the end of a notice to its erasure",
        (Duration::zero(), Duration::days(3_650)),
    ),
    setting("SEVENTYTWO_SWEEP", "sweep", "*/10 * * * * *", "cron (with seconds) of the expiry sweep"),
    setting(
        "SEVENTYTWO_PLATFORM_HOSTS",
        "platform-hosts",
        "",
        "the operator's own gateways, platform=https://host[:port], comma-separated",
    ),
    setting("SEVENTYTWO_TRUSTED_PROXIES", "trusted-proxies", "", "addresses whose forwarding headers count"),
    setting("SEVENTYTWO_LOG", "log", "info", "tracing filter"),
    setting("SEVENTYTWO_LOG_FORMAT", "log-format", "text", "text or json"),
];

/// The folder of the data directory where photos lie, where no other place is named.
const BLOBS: &str = "blobs";

/// Where photos lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blobs {
    Folder(PathBuf),
    S3(Url),
}

/// How the times of a notice run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// `SEVENTYTWO_NOTICE_LIFETIME`.
    pub lifetime: Duration,
    /// `SEVENTYTWO_COOLING`.
    pub cooling: Duration,
    /// `SEVENTYTWO_LEASE`.
    pub lease: Duration,
    /// `SEVENTYTWO_RETENTION`.
    pub retention: Duration,
}

/// An operator's own gateway for a platform, past the built-in list and the address guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    pub platform: String,
    pub url: Url,
}

/// The whole configuration, checked.
#[derive(Clone)]
pub struct Config {
    /// `DATABASE_URL`.
    pub database: Database,
    /// `SEVENTYTWO_BIND`.
    pub bind: String,
    /// `SEVENTYTWO_BASE_URL`, without a slash at the end; `None` takes the address listened on.
    pub base_url: Option<String>,
    /// `SEVENTYTWO_DATA_DIR`.
    pub data_dir: PathBuf,
    /// `SEVENTYTWO_BLOBS`.
    pub blobs: Blobs,
    /// `SEVENTYTWO_KEY`; `None` generates one into the data directory.
    pub key: Option<[u8; 32]>,
    pub times: Times,
    /// `SEVENTYTWO_SWEEP`.
    pub sweep: String,
    /// `SEVENTYTWO_PLATFORM_HOSTS`.
    pub gateways: Vec<Gateway>,
    /// `SEVENTYTWO_TRUSTED_PROXIES`.
    pub trusted_proxies: Vec<IpAddr>,
    /// `SEVENTYTWO_LOG`.
    pub log: String,
    /// `SEVENTYTWO_LOG_FORMAT` is `json`.
    pub log_json: bool,
}

/// A fault of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub variable: &'static str,
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.variable, self.what)
    }
}

impl Config {
    /// Reads every setting through `look_up`; an empty value counts as absent.
    ///
    /// # Errors
    /// All faults together, each with its variable's name.
    pub fn read(look_up: impl Fn(&Setting) -> Option<String>) -> Result<Config, Vec<Fault>> {
        let mut form = Form { look_up, faults: Vec::new() };
        let data_dir = PathBuf::from(form.value("SEVENTYTWO_DATA_DIR").unwrap_or_default());
        let config = Config {
            database: form.parse("DATABASE_URL", database).unwrap_or(Database::Sqlite(String::new())),
            bind: form.parse("SEVENTYTWO_BIND", bind).unwrap_or_default(),
            base_url: form.parse("SEVENTYTWO_BASE_URL", base_url),
            blobs: form
                .parse("SEVENTYTWO_BLOBS", blobs)
                .unwrap_or_else(|| Blobs::Folder(data_dir.join(BLOBS))),
            key: form.parse("SEVENTYTWO_KEY", key),
            times: Times {
                lifetime: form.span("SEVENTYTWO_NOTICE_LIFETIME"),
                cooling: form.span("SEVENTYTWO_COOLING"),
                lease: form.span("SEVENTYTWO_LEASE"),
                retention: form.span("SEVENTYTWO_RETENTION"),
            },
            sweep: form.parse("SEVENTYTWO_SWEEP", cron).unwrap_or_default(),
            gateways: form.parse("SEVENTYTWO_PLATFORM_HOSTS", gateways).unwrap_or_default(),
            trusted_proxies: form.parse("SEVENTYTWO_TRUSTED_PROXIES", addresses).unwrap_or_default(),
            log: form.parse("SEVENTYTWO_LOG", log_filter).unwrap_or_default(),
            log_json: form.parse("SEVENTYTWO_LOG_FORMAT", log_format).unwrap_or_default(),
            data_dir,
        };
        if !config.database.is_sqlite() && config.key.is_none() && form.value("SEVENTYTWO_KEY").is_none() {
            form.faults.push(Fault {
                variable: "SEVENTYTWO_KEY",
                what: "is required with PostgreSQL, the same on every node; make one with: openssl rand -base64 32"
                    .to_owned(),
            });
        }
        if form.faults.is_empty() { Ok(config) } else { Err(form.faults) }
    }
}

/// The value in force of a setting; where none is given, its default or what follows from the others.
pub fn in_force(setting: &Setting, look_up: impl Fn(&Setting) -> Option<String>) -> String {
    let form = Form { look_up, faults: Vec::new() };
    let of = |variable| form.value(variable).unwrap_or_default();
    let data_dir = || PathBuf::from(of("SEVENTYTWO_DATA_DIR"));
    form.value(setting.variable).unwrap_or_else(|| match setting.variable {
        "SEVENTYTWO_BASE_URL" => format!("http://{}", of("SEVENTYTWO_BIND")),
        "SEVENTYTWO_BLOBS" => format!("file:{}", data_dir().join(BLOBS).display()),
        "SEVENTYTWO_KEY" => format!("(generated, kept in {})", data_dir().join("key").display()),
        _ => String::new(),
    })
}

struct Form<L> {
    look_up: L,
    faults: Vec<Fault>,
}

impl<L: Fn(&Setting) -> Option<String>> Form<L> {
    fn value(&self, variable: &'static str) -> Option<String> {
        let setting = setting_of(variable);
        (self.look_up)(setting)
            .filter(|v| !v.trim().is_empty())
            .or_else(|| (!setting.default.is_empty()).then(|| setting.default.to_owned()))
    }

    fn parse<T>(&mut self, variable: &'static str, read: fn(&str) -> Result<T, String>) -> Option<T> {
        match read(self.value(variable)?.trim()) {
            Ok(value) => Some(value),
            Err(what) => {
                self.faults.push(Fault { variable, what });
                None
            }
        }
    }

    fn span(&mut self, variable: &'static str) -> Duration {
        let (least, most) = setting_of(variable).bounds.expect("every time has its bounds");
        let span = self.parse(variable, duration).unwrap_or(least);
        if span < least || span > most {
            let what = format!("must be between {} and {}", written(least), written(most));
            self.faults.push(Fault { variable, what });
        }
        span
    }
}

fn setting_of(variable: &str) -> &'static Setting {
    SETTINGS.iter().find(|s| s.variable == variable).expect("every variable is in the table")
}

fn database(value: &str) -> Result<Database, String> {
    if let Some(path) = value.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return if path.is_empty() {
            Err("sqlite: needs a path, such as sqlite:data/seventytwo.db".to_owned())
        } else {
            Ok(Database::Sqlite(path.to_owned()))
        };
    }
    if value.starts_with("postgres://") {
        return Ok(Database::Postgres(value.to_owned()));
    }
    Err("must begin with sqlite: or postgres://".to_owned())
}

fn bind(value: &str) -> Result<String, String> {
    let (host, port) = value.rsplit_once(':').ok_or("must be HOST:PORT, such as 127.0.0.1:7272")?;
    if host.is_empty() || port.parse::<u16>().is_err() {
        return Err("must be HOST:PORT, such as 127.0.0.1:7272".to_owned());
    }
    Ok(value.to_owned())
}

fn base_url(value: &str) -> Result<String, String> {
    let url = Url::parse(value).map_err(|e| format!("is not an address: {e}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err("must begin with https:// (or http:// on your own machine)".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must end with the path, without ? or #".to_owned());
    }
    Ok(value.trim_end_matches('/').to_owned())
}

fn blobs(value: &str) -> Result<Blobs, String> {
    if let Some(folder) = value.strip_prefix("file:") {
        let folder = folder.strip_prefix("//").unwrap_or(folder);
        return if folder.is_empty() {
            Err("file: needs a folder, such as file:data/blobs".to_owned())
        } else {
            Ok(Blobs::Folder(PathBuf::from(folder)))
        };
    }
    match Url::parse(value) {
        Ok(url) if url.scheme() == "s3" && url.host_str().is_some() => Ok(Blobs::S3(url)),
        _ => Err("must be file:DIR or s3://bucket/prefix".to_owned()),
    }
}

fn key(value: &str) -> Result<[u8; 32], String> {
    base64::engine::general_purpose::STANDARD
        .decode(value)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| {
            "must be exactly 32 bytes in base64; make one with: openssl rand -base64 32".to_owned()
        })
}

/// Reads `90s`, `30m`, `72h`, `30d`.
///
/// # Errors
/// A sentence that says how durations are written.
pub fn duration(value: &str) -> Result<Duration, String> {
    let usage = || "must be written like 90s, 30m, 72h or 30d".to_owned();
    let unit = value.chars().last().ok_or_else(usage)?;
    let number = &value[..value.len() - unit.len_utf8()];
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(usage());
    }
    let seconds: i64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(usage()),
    };
    // What is beyond all numbers is beyond every bound, too.
    let number: i64 = number.parse().unwrap_or(i64::MAX);
    Ok(Duration::try_seconds(number.saturating_mul(seconds)).unwrap_or(Duration::MAX))
}

/// A time as it is written in settings: up to 72 hours in hours, as everybody says it here.
pub fn written(span: Duration) -> String {
    let seconds = span.num_seconds();
    match seconds {
        s if s > 72 * 3_600 && s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s > 0 && s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s > 0 && s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

fn cron(value: &str) -> Result<String, String> {
    tokio_cron_scheduler::Job::new(value, |_, _| {})
        .map(|_| value.to_owned())
        .map_err(|_| "must be a cron line of six fields, seconds first, such as */10 * * * * *".to_owned())
}

fn gateways(value: &str) -> Result<Vec<Gateway>, String> {
    let mut named = BTreeSet::new();
    value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (platform, url) =
                part.split_once('=').ok_or_else(|| format!("{part:?} must be platform=https://host"))?;
            crate::domain::group::Platform::named(platform)
                .ok_or_else(|| format!("there is no platform {platform:?}"))?;
            let url = Url::parse(url).map_err(|e| format!("{url:?} is not an address: {e}"))?;
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return Err(format!("{url} must begin with http:// or https://"));
            }
            let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            if !is_bare || !url.username().is_empty() || url.password().is_some() {
                return Err(format!(
                    "{platform} must be https://host[:port], without a path or anything else"
                ));
            }
            if !named.insert((platform.to_owned(), url.clone())) {
                return Err(format!("{part:?} is named twice"));
            }
            Ok(Gateway { platform: platform.to_owned(), url })
        })
        .collect()
}

fn addresses(value: &str) -> Result<Vec<IpAddr>, String> {
    value
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| IpAddr::from_str(part).map_err(|_| format!("{part:?} is not an IP address")))
        .collect()
}

fn log_filter(value: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(value).map(|_| value.to_owned()).map_err(|e| e.to_string())
}

fn log_format(value: &str) -> Result<bool, String> {
    match value {
        "text" => Ok(false),
        "json" => Ok(true),
        _ => Err("must be text or json".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Config, Vec<Fault>> {
        Config::read(|s| set.iter().find(|(name, _)| *name == s.variable).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn the_defaults_are_a_working_configuration() {
        let config = read(&[]).unwrap_or_else(|f| panic!("{f:?}"));
        assert_eq!(config.database, Database::Sqlite("data/seventytwo.db".into()));
        assert_eq!(config.times.lifetime, Duration::hours(72));
        assert_eq!(config.times.cooling, Duration::seconds(30));
        assert_eq!(config.blobs, Blobs::Folder("data/blobs".into()));
    }

    #[test]
    fn all_faults_are_reported_together() {
        let faults = read(&[
            ("DATABASE_URL", "mysql://x"),
            ("SEVENTYTWO_BIND", "7272"),
            ("SEVENTYTWO_KEY", "c2hvcnQ="),
            ("SEVENTYTWO_NOTICE_LIFETIME", "72"),
            ("SEVENTYTWO_LEASE", "0s"),
            ("SEVENTYTWO_SWEEP", "often"),
            ("SEVENTYTWO_PLATFORM_HOSTS", "icq=https://x"),
            ("SEVENTYTWO_TRUSTED_PROXIES", "localhost"),
            ("SEVENTYTWO_LOG_FORMAT", "xml"),
        ])
        .err()
        .expect("nine faults");
        assert_eq!(faults.len(), 9, "{faults:?}");
        assert!(faults.iter().all(|f| f.to_string().starts_with(f.variable)));
    }

    #[test]
    fn postgres_demands_a_key() {
        let faults = read(&[("DATABASE_URL", "postgres://db/x")]).err().expect("one fault");
        assert_eq!(faults[0].variable, "SEVENTYTWO_KEY");
    }
}
