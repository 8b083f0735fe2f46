//! Every setting: its name, default, bounds and meaning; all faults are reported at once.

use std::fmt;
use std::path::PathBuf;

use chrono::TimeDelta;
use ipnet::IpNet;
use url::Url;

use crate::domain::group::Platform;
use crate::store::Database;

mod settings;
mod values;

pub use settings::*;
pub use values::{duration, key, written};

/// The folder in the data directory where photos are stored, unless another place is configured.
const BLOBS_FOLDER: &str = "blobs";

/// Where photos are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blobs {
    Folder(PathBuf),
    S3(Url),
}

/// How long the stages of a notice last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// `SEVENTYTWO_NOTICE_LIFETIME`.
    pub lifetime: TimeDelta,
    /// `SEVENTYTWO_COOLING`.
    pub cooling: TimeDelta,
    /// `SEVENTYTWO_LEASE`: how long a moderator's claim holds.
    pub claim: TimeDelta,
    /// `SEVENTYTWO_RETENTION`.
    pub retention: TimeDelta,
}

/// An operator's own gateway for a platform, exempt from the built-in list of hosts and from the address
/// guard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    pub platform: Platform,
    pub url: Url,
}

/// The whole configuration, checked.
#[derive(Clone)]
pub struct Config {
    /// `DATABASE_URL`.
    pub database: Database,
    /// `SEVENTYTWO_BIND`.
    pub bind: String,
    /// `SEVENTYTWO_BASE_URL`, without a slash at the end; `None` takes the address that is listened on.
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
    pub trusted_proxies: Vec<IpNet>,
    /// `SEVENTYTWO_CONTACT`; `None` where people are not told how to reach the operator.
    pub contact: Option<String>,
    /// `SEVENTYTWO_LOG`.
    pub log: String,
    /// `SEVENTYTWO_LOG_FORMAT`.
    pub log_format: LogFormat,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people, one line an event.
    #[default]
    Text,
    /// For programs, one JSON object a line.
    Json,
}

/// A fault of one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub variable: &'static str,
    /// The flag that it was given by; a person who gave one looks for that as well.
    pub flag: Option<&'static str>,
    pub what: String,
}

impl Fault {
    /// A fault of a setting that was not given by a flag.
    pub fn new(variable: &'static str, what: impl Into<String>) -> Fault {
        Fault { variable, flag: None, what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.flag {
            Some(flag) => write!(f, "{} (--{flag}): {}", self.variable, self.what),
            None => write!(f, "{}: {}", self.variable, self.what),
        }
    }
}

/// Everything that is wrong with the settings, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<String> = self.0.iter().map(Fault::to_string).collect();
        write!(f, "these settings are wrong: {}", told.join("; "))
    }
}

impl std::error::Error for Faults {}

impl Config {
    /// Reads every setting through `look_up`; an empty value counts as absent.
    ///
    /// # Errors
    /// All faults together, each with its variable's name.
    pub fn read(look_up: impl Fn(&Setting) -> Option<String>) -> Result<Config, Faults> {
        let mut given = Lookup { look_up, faults: Vec::new() };
        let data_dir = PathBuf::from(given.value(&DATA_DIR).unwrap_or_default());
        let config = Config {
            database: given.parse(&DATABASE_URL, values::database).unwrap_or(Database::Sqlite(String::new())),
            bind: given.parse(&BIND, values::bind).unwrap_or_default(),
            base_url: given.parse(&BASE_URL, values::base_url),
            blobs: given
                .parse(&BLOBS, values::blobs)
                .unwrap_or_else(|| Blobs::Folder(data_dir.join(BLOBS_FOLDER))),
            key: given.parse(&KEY, values::key),
            times: Times {
                lifetime: given.span(&NOTICE_LIFETIME),
                cooling: given.span(&COOLING),
                claim: given.span(&LEASE),
                retention: given.span(&RETENTION),
            },
            sweep: given.parse(&SWEEP, values::cron).unwrap_or_default(),
            gateways: given.parse(&PLATFORM_HOSTS, values::gateways).unwrap_or_default(),
            trusted_proxies: given.parse(&TRUSTED_PROXIES, values::networks).unwrap_or_default(),
            contact: given.parse(&CONTACT, values::contact),
            log: given.parse(&LOG, values::log_filter).unwrap_or_default(),
            log_format: given.parse(&LOG_FORMAT, values::log_format).unwrap_or_default(),
            data_dir,
        };
        if !config.database.is_sqlite() && config.key.is_none() && given.value(&KEY).is_none() {
            given.faults.push(Fault::new(
                KEY.variable,
                "is required with PostgreSQL, the same on every node; make one with: openssl rand -base64 32",
            ));
        }
        if matches!(config.blobs, Blobs::S3(_)) {
            given.check_bucket();
        }
        if given.faults.is_empty() { Ok(config) } else { Err(Faults(given.faults)) }
    }
}

/// The effective value of a setting; where none is given, its default or what follows from the others.
pub fn in_force(setting: &Setting, look_up: impl Fn(&Setting) -> Option<String>) -> String {
    let given = Lookup { look_up, faults: Vec::new() };
    let of = |setting: &Setting| given.value(setting).unwrap_or_default();
    let data_dir = || PathBuf::from(of(&DATA_DIR));
    given.value(setting).unwrap_or_else(|| match *setting {
        BASE_URL => format!("http://{}", of(&BIND)),
        BLOBS => format!("file:{}", data_dir().join(BLOBS_FOLDER).display()),
        KEY => format!("(generated, kept in {})", data_dir().join("key").display()),
        _ => String::new(),
    })
}

/// What was given for each setting, and what is wrong with it so far.
struct Lookup<L> {
    look_up: L,
    faults: Vec<Fault>,
}

impl<L: Fn(&Setting) -> Option<String>> Lookup<L> {
    fn value(&self, setting: &Setting) -> Option<String> {
        (self.look_up)(setting)
            .filter(|v| !v.trim().is_empty())
            .or_else(|| (!setting.default.is_empty()).then(|| setting.default.to_owned()))
    }

    fn parse<T>(&mut self, setting: &Setting, read: fn(&str) -> Result<T, String>) -> Option<T> {
        match read(self.value(setting)?.trim()) {
            Ok(value) => Some(value),
            Err(what) => {
                self.faults.push(Fault::new(setting.variable, what));
                None
            }
        }
    }

    /// The client of a bucket reads its variables by itself. Where one is missing or no address, it notices at the
    /// first photo, and so would the operator.
    fn check_bucket(&mut self) {
        for key in BUCKET_KEYS {
            if self.value(&key).is_none() {
                self.faults.push(Fault::new(BLOBS.variable, format!("a bucket needs {}", key.variable)));
            }
        }
        let is_address = |address: String| {
            Url::parse(address.trim())
                .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        };
        if !self.value(&BUCKET_ADDRESS).is_none_or(is_address) {
            let name = BUCKET_ADDRESS.variable;
            self.faults.push(Fault::new(BLOBS.variable, format!("{name} must be http://… or https://…")));
        }
    }

    fn span(&mut self, setting: &Setting) -> TimeDelta {
        let (least, most) = setting.bounds.expect("every time has its bounds");
        let span = self.parse(setting, duration).unwrap_or(least);
        if span < least || span > most {
            let what = format!("must be between {} and {}", written(least), written(most));
            self.faults.push(Fault::new(setting.variable, what));
        }
        span
    }
}

/// The setting of a variable that is in [`SETTINGS`].
pub fn setting_of(variable: &str) -> &'static Setting {
    SETTINGS.iter().find(|s| s.variable == variable).expect("every variable is in the table")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Config, Vec<Fault>> {
        let given =
            |s: &Setting| set.iter().find(|(name, _)| *name == s.variable).map(|(_, v)| (*v).to_owned());
        Config::read(given).map_err(|faults| faults.0)
    }

    #[test]
    fn the_defaults_are_a_working_configuration() {
        let config = read(&[]).unwrap_or_else(|f| panic!("{f:?}"));
        assert_eq!(config.database, Database::Sqlite("data/seventytwo.db".into()));
        assert_eq!(config.times.lifetime, TimeDelta::hours(72));
        assert_eq!(config.times.cooling, TimeDelta::seconds(30));
        assert_eq!(config.blobs, Blobs::Folder("data/blobs".into()));
    }

    #[test]
    fn all_faults_are_reported_together() {
        let faults = read(&[
            ("DATABASE_URL", "mysql://x"),
            ("SEVENTYTWO_BIND", "7272"),
            ("SEVENTYTWO_BASE_URL", "https://example.org/72"),
            ("SEVENTYTWO_KEY", "c2hvcnQ="),
            ("SEVENTYTWO_NOTICE_LIFETIME", "72"),
            ("SEVENTYTWO_LEASE", "0s"),
            ("SEVENTYTWO_SWEEP", "often"),
            ("SEVENTYTWO_PLATFORM_HOSTS", "icq=https://x"),
            ("SEVENTYTWO_TRUSTED_PROXIES", "localhost"),
            ("SEVENTYTWO_CONTACT", &"7".repeat(201)),
            ("SEVENTYTWO_LOG_FORMAT", "xml"),
        ])
        .err()
        .expect("eleven faults");
        assert_eq!(faults.len(), 11, "{faults:?}");
        assert!(faults.iter().all(|f| f.to_string().starts_with(f.variable)));
    }

    #[test]
    fn a_bucket_without_what_opens_it_is_no_place_for_photos() {
        const BUCKET: (&str, &str) = ("SEVENTYTWO_BLOBS", "s3://langfang/photos");
        const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret")];
        let told = |set: &[(&str, &str)]| {
            let faults = read(set).err().unwrap_or_default();
            faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(
            told(&[BUCKET, ("AWS_SECRET_ACCESS_KEY", " "), ("AWS_ENDPOINT_URL", "s3.example.org:9000")]),
            "SEVENTYTWO_BLOBS: a bucket needs AWS_ACCESS_KEY_ID; \
             SEVENTYTWO_BLOBS: a bucket needs AWS_SECRET_ACCESS_KEY; \
             SEVENTYTWO_BLOBS: AWS_ENDPOINT_URL must be http://… or https://…"
        );
        for address in ["", "http://127.0.0.1:9000", "https://oss.example.cn/s3"] {
            assert_eq!(told(&[BUCKET, KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL", address)]), "", "{address}");
        }
        assert_eq!(told(&[("AWS_ENDPOINT_URL", "foo")]), "", "photos in a folder");
    }

    #[test]
    fn a_sweep_that_never_comes_is_refused() {
        let read = |written| read(&[("SEVENTYTWO_SWEEP", written), ("SEVENTYTWO_BIND", "7272")]);
        for (written, faults) in [("0 0 0 29 2 *", 1), ("*/10 * * * * *", 1), ("0 0 0 30 2 *", 2)] {
            assert_eq!(read(written).err().expect("no port").len(), faults, "{written}");
        }
    }

    #[test]
    fn a_contact_is_one_line() {
        let contact = |written| read(&[("SEVENTYTWO_CONTACT", written)]).map(|config| config.contact);
        assert_eq!(contact("").unwrap(), None);
        assert_eq!(contact(" 0316-1234567 ").unwrap().as_deref(), Some("0316-1234567"));
        assert!(contact("0316\n1234567").is_err());
    }

    #[test]
    fn proxies_are_addresses_and_ranges() {
        let proxies = |written| read(&[("SEVENTYTWO_TRUSTED_PROXIES", written)]);
        for (written, ranges) in [
            ("10.0.0.0/8, 192.168.1.7,fd00::/8", &["10.0.0.0/8", "192.168.1.7/32", "fd00::/8"][..]),
            ("::1,2001:db8::/32", &["::1/128", "2001:db8::/32"]),
            // As a socket for both families writes them.
            ("::ffff:10.1.2.3, ::ffff:10.0.0.0/104", &["10.1.2.3/32", "10.0.0.0/8"]),
            ("", &[]),
        ] {
            let read = proxies(written).unwrap_or_else(|f| panic!("{f:?}")).trusted_proxies;
            assert_eq!(read.iter().map(IpNet::to_string).collect::<Vec<_>>(), ranges, "{written}");
        }
        let neither = "is neither an address nor a range, such as 10.0.0.0/8";
        for (written, told) in [
            ("10.0.0.0/33", neither),
            ("10.0.0.0/", neither),
            ("10.0.0.0/255.0.0.0", neither),
            ("10.0.0/8", neither),
            ("proxy.example.org", neither),
            ("10.1.2.3/8", "is no range: it begins with 10.0.0.0/8"),
        ] {
            let faults = proxies(written).err().unwrap_or_else(|| panic!("{written} is none"));
            assert_eq!(faults[0].what, format!("{written:?} {told}"));
        }
    }

    #[test]
    fn a_path_is_meant_with_two_slashes_as_without() {
        for (written, path) in [
            ("sqlite:data/x.db", "data/x.db"),
            ("sqlite://data/x.db", "data/x.db"),
            ("sqlite:///var/x.db", "/var/x.db"),
            ("sqlite:/var/x.db", "/var/x.db"),
        ] {
            let config = read(&[("DATABASE_URL", written)]).unwrap_or_else(|f| panic!("{f:?}"));
            assert_eq!(config.database, Database::Sqlite(path.to_owned()), "{written}");
        }
        for written in
            ["sqlite:", "sqlite://", "sqlite::memory:", "sqlite://x.db?mode=ro", "x.db", "mysql://x"]
        {
            let faults = read(&[("DATABASE_URL", written)]).err().unwrap_or_else(|| panic!("{written}"));
            assert!(faults[0].what.contains("sqlite:PATH"), "{written}: {}", faults[0]);
        }
    }

    #[test]
    fn postgres_demands_a_key() {
        let faults = read(&[("DATABASE_URL", "postgres://db/x")]).err().expect("one fault");
        assert_eq!(faults[0].variable, "SEVENTYTWO_KEY");
    }
}
