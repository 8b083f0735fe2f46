//! `seventytwo demo`: the whole program on a temporary data directory, with a practice group chat inside,
//! sample notices, and an account for every role.

mod client;
mod codes;
pub mod portrait;
mod practice;
mod robot;
mod samples;
mod welcome;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use actix_web::web::Data;
use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::accounts::{people, tokens};
use crate::app::{self, App, failure};
use crate::clock::Clock;
use crate::config::{self, Config, Gateway, Setting};
use crate::domain::group::Platform;
use crate::domain::people::Role;
use crate::web::shared::{self, Shared};
use client::Client;
use codes::Authenticator;
use practice::{FREE, Practice};
use samples::{Cast, Samples};
use welcome::{Login, welcome};

/// The cooling time, where none is set: long enough to be seen, short enough to wait for.
const COOLING: &str = "10s";

/// The accounts. Two moderators, because nobody approves twice.
const PEOPLE: [(&str, Role); 5] = [
    ("moderator", Role::Moderator),
    ("moderator2", Role::Moderator),
    ("lead", Role::Lead),
    ("group_admin", Role::GroupAdmin),
    ("operator", Role::Operator),
];

/// Serves the demo until `stop`. Settings come from `look_up`, except the places where data is stored; `log`
/// opens the log once the settings are known, and `say` prints what a newcomer needs.
///
/// # Errors
/// When a setting is wrong, the address is taken, or the server cannot start.
pub async fn run(
    stop: CancellationToken,
    look_up: impl Fn(&Setting) -> Option<String>,
    log: fn(&Config),
    say: fn(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let home =
        tempfile::Builder::new().prefix("seventytwo-demo-").tempdir().context("no temporary directory")?;
    let mut config = Config::read(|s| kept_in(home.path(), s, look_up(s)))?;
    log(&config);
    let listener = listen(&config.bind, look_up(&config::BIND).is_some())?;
    let own = reachable(listener.local_addr()?);
    let server = format!("http://{own}");
    config.base_url.get_or_insert_with(|| server.clone());
    let url = Url::parse(&server).context("the address listened on")?;
    config.gateways.push(Gateway { platform: Platform::Wecom, url });
    let cooling = config.times.cooling.num_seconds();

    let app = App::build_on(listener, config, Clock::system()).await?;
    let shared = app.stations.shared.clone();
    let (logins, authenticators) = accounts(&shared).await?;
    let practice = Arc::new(Practice::empty(server));
    say(&welcome(&app.url(), &logins, &practice.webhook(FREE), cooling))?;

    let chat = practice.clone();
    let app = app.with_doors(move |config| {
        config.app_data(Data::new(shared::Practice(practice::PAGE)));
        practice::doors(config, &chat);
        codes::doors(config, &authenticators);
    });
    let token = |name| logins.iter().find(|l| l.name == name).map(|l| l.token.clone()).unwrap_or_default();
    let samples = Samples {
        client: Client::new(own.to_string()),
        cast: Cast {
            moderator: token("moderator"),
            second_moderator: token("moderator2"),
            group_admin: token("group_admin"),
        },
        practice: &practice,
        now: shared.clock.now(),
    };
    let serve = async {
        let served = app.run(stop.clone()).await;
        stop.cancel();
        served
    };
    let put_in = async {
        if let Some(Err(error)) = stop.run_until_cancelled(samples.put_in()).await {
            tracing::warn!(error = failure::told(&error), "the demo goes on without some of its samples");
        }
    };
    let (served, ()) = tokio::join!(serve, put_in);
    drop(shared);
    home.close().context("the temporary directory could not be removed")?;
    served
}

/// Puts all data into the temporary directory, under a key of its own.
fn kept_in(home: &Path, setting: &Setting, given: Option<String>) -> Option<String> {
    match *setting {
        config::DATABASE_URL => Some(format!("sqlite:{}", home.join("seventytwo.db").display())),
        config::DATA_DIR => Some(home.display().to_string()),
        config::BLOBS | config::KEY => None,
        config::COOLING => given.or_else(|| Some(COOLING.to_owned())),
        _ => given,
    }
}

/// Listens on the address; where it is taken and was only the default, on a free port.
fn listen(address: &str, given: bool) -> anyhow::Result<TcpListener> {
    match app::listen(address) {
        Err(_) if !given => Ok(app::listen("127.0.0.1:0")?),
        outcome => Ok(outcome?),
    }
}

/// The address at which this machine reaches the listening socket.
fn reachable(listening: SocketAddr) -> SocketAddr {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listening.port())
}

/// Creates [`PEOPLE`], each with an API token.
async fn accounts(shared: &Shared) -> anyhow::Result<(Vec<Login>, Arc<[Authenticator]>)> {
    let (store, now) = (&shared.store, shared.clock.now());
    let (mut logins, mut authenticators) = (Vec::new(), Vec::new());
    for (name, role) in PEOPLE {
        let added = people::add(store, &shared.vault, now, name, role, None).await?;
        let token = tokens::add(store, now, name, None).await?;
        authenticators.push(Authenticator {
            name: added.name.clone(),
            role,
            secret: added.totp_secret.clone(),
        });
        logins.push(Login {
            name: added.name,
            password: added.password.unwrap_or_default(),
            totp: added.totp_secret,
            token,
        });
    }
    Ok((logins, authenticators.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(set: &[(&str, &str)]) -> Config {
        let look_up =
            |s: &Setting| set.iter().find(|(name, _)| *name == s.variable).map(|(_, v)| (*v).to_owned());
        Config::read(|s| kept_in(Path::new("/throw/away"), s, look_up(s))).unwrap_or_else(|f| panic!("{f:?}"))
    }

    #[test]
    fn nothing_is_kept_elsewhere_whatever_is_set() {
        let config = config(&[
            ("DATABASE_URL", "postgres://db/real"),
            ("SEVENTYTWO_DATA_DIR", "/var/lib/seventytwo"),
            ("SEVENTYTWO_BLOBS", "s3://real/blobs"),
            ("SEVENTYTWO_KEY", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="),
        ]);
        assert_eq!(config.database, crate::store::Database::Sqlite("/throw/away/seventytwo.db".into()));
        assert_eq!(config.data_dir, Path::new("/throw/away"));
        assert_eq!(config.blobs, crate::config::Blobs::Folder("/throw/away/blobs".into()));
        assert_eq!(config.key, None);
    }

    #[test]
    fn other_settings_are_honoured() {
        assert_eq!(config(&[]).times.cooling, chrono::TimeDelta::seconds(10));
        let config = config(&[("SEVENTYTWO_COOLING", "1s"), ("SEVENTYTWO_LEASE", "1m")]);
        assert_eq!(config.times.cooling, chrono::TimeDelta::seconds(1));
        assert_eq!(config.times.claim, chrono::TimeDelta::minutes(1));
    }

    #[test]
    fn a_taken_port_is_left_only_when_nobody_asked_for_it() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        assert!(listen(&address, true).is_err());
        assert_ne!(listen(&address, false).unwrap().local_addr().unwrap().to_string(), address);
    }

    #[test]
    fn every_address_is_reached_from_here() {
        for (listening, own) in [
            ("0.0.0.0:7272", "127.0.0.1:7272"),
            ("[::]:7272", "[::1]:7272"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            assert_eq!(reachable(listening.parse().unwrap()).to_string(), own);
        }
    }
}
