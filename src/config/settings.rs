//! The table of all settings: what each is called, what it is for, and what it may be.

use chrono::TimeDelta;

use super::written;

/// One setting as the command line, the environment and `seventytwo config` know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    pub variable: &'static str,
    pub flag: &'static str,
    pub default: &'static str,
    pub secret: bool,
    pub meaning: &'static str,
    /// For a time: the shortest and the longest allowed.
    pub bounds: Option<(TimeDelta, TimeDelta)>,
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
    bounds: (TimeDelta, TimeDelta),
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

/// A variable that is read by somebody else.
const fn foreign(variable: &'static str) -> Setting {
    setting(variable, "", "", "")
}

/// The keys of a bucket.
pub(super) const BUCKET_KEYS: [Setting; 2] = [foreign("AWS_ACCESS_KEY_ID"), foreign("AWS_SECRET_ACCESS_KEY")];
/// The address of a bucket that is not Amazon's.
pub(super) const BUCKET_ADDRESS: Setting = foreign("AWS_ENDPOINT_URL");

/// Gives every setting a name of its own, so that no misspelt one compiles, and puts all into one table.
macro_rules! settings {
    ($($name:ident = $setting:expr;)+) => {
        $(
            #[doc = "A row of [`SETTINGS`], which says what it is for."]
            pub const $name: Setting = $setting;
        )+

        /// All settings, in the order in which they are explained.
        pub const SETTINGS: &[Setting] = &[$($name),+];
    };
}

settings! {
    DATABASE_URL = Setting {
        secret: true,
        ..setting("DATABASE_URL", "database-url", "sqlite:data/seventytwo.db", "sqlite:PATH or postgres://…")
    };
    BIND = setting(
        "SEVENTYTWO_BIND",
        "bind",
        "127.0.0.1:7272",
        "address to listen on; port 0 picks a free one",
    );
    BASE_URL = setting(
        "SEVENTYTWO_BASE_URL",
        "base-url",
        "",
        "what links and QR codes point to; from the bind address if empty",
    );
    DATA_DIR = setting(
        "SEVENTYTWO_DATA_DIR",
        "data-dir",
        "data",
        "photos and the generated key, in embedded use",
    );
    BLOBS = setting(
        "SEVENTYTWO_BLOBS",
        "blobs",
        "",
        "file:DIR or s3://bucket/prefix; the data directory's blobs if empty",
    );
    KEY = Setting {
        secret: true,
        ..setting(
            "SEVENTYTWO_KEY",
            "key",
            "",
            "32 bytes, base64; encrypts what is private; required with PostgreSQL",
        )
    };
    NOTICE_LIFETIME = time(
        "SEVENTYTWO_NOTICE_LIFETIME",
        "notice-lifetime",
        "72h",
        "how long a notice is live",
        (TimeDelta::seconds(1), TimeDelta::days(30)),
    );
    COOLING = time(
        "SEVENTYTWO_COOLING",
        "cooling",
        "30s",
        "undo window between the last approval and going live",
        (TimeDelta::zero(), TimeDelta::hours(24)),
    );
    LEASE = time(
        "SEVENTYTWO_LEASE",
        "lease",
        "5m",
        "how long a claim holds without activity",
        (TimeDelta::seconds(1), TimeDelta::hours(24)),
    );
    RETENTION = time(
        "SEVENTYTWO_RETENTION",
        "retention",
        "30d",
        "from the end of a notice to its erasure",
        (TimeDelta::zero(), TimeDelta::days(3_650)),
    );
    SWEEP = setting("SEVENTYTWO_SWEEP", "sweep", "*/10 * * * * *", "cron (with seconds) of the expiry sweep");
    PLATFORM_HOSTS = setting(
        "SEVENTYTWO_PLATFORM_HOSTS",
        "platform-hosts",
        "",
        "the operator's own gateways, platform=https://host[:port], comma-separated",
    );
    TRUSTED_PROXIES = setting(
        "SEVENTYTWO_TRUSTED_PROXIES",
        "trusted-proxies",
        "",
        "addresses and ranges (10.0.0.0/8) whose forwarding headers count, comma-separated",
    );
    CONTACT = setting(
        "SEVENTYTWO_CONTACT",
        "contact",
        "",
        "how people reach the operator; shown on pages, up to 200 characters",
    );
    LOG = setting("SEVENTYTWO_LOG", "log", "info", "tracing filter");
    LOG_FORMAT = setting("SEVENTYTWO_LOG_FORMAT", "log-format", "text", "text or json");
}
