//! How each value is written: each function returns what it read, or a sentence that says what is wrong.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use base64::Engine as _;
use chrono::TimeDelta;
use ipnet::IpNet;
use url::Url;

use super::{Blobs, Gateway, LogFormat};
use crate::domain::group::Platform;
use crate::store::Database;

/// The bits before the IPv4 address in an IPv6 address that stands for one.
const MAPPED: u8 = 96;

pub(super) fn database(value: &str) -> Result<Database, String> {
    if let Some(path) = value.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        // A store that is lost with its connection is no store, and options would be taken for part of the
        // name.
        return if path.is_empty() || path.starts_with(":memory:") || path.contains('?') {
            Err("must be sqlite:PATH with the path of a file and nothing more, such as \
                 sqlite:data/seventytwo.db or sqlite:///var/lib/seventytwo.db"
                .to_owned())
        } else {
            Ok(Database::Sqlite(path.to_owned()))
        };
    }
    if value.starts_with("postgres://") {
        return Ok(Database::Postgres(value.to_owned()));
    }
    Err("must be sqlite:PATH or postgres://…".to_owned())
}

pub(super) fn bind(value: &str) -> Result<String, String> {
    let (host, port) = value.rsplit_once(':').ok_or("must be HOST:PORT, such as 127.0.0.1:7272")?;
    if host.is_empty() || port.parse::<u16>().is_err() {
        return Err("must be HOST:PORT, such as 127.0.0.1:7272".to_owned());
    }
    Ok(value.to_owned())
}

pub(super) fn base_url(value: &str) -> Result<String, String> {
    origin(value).map_err(|what| format!("{what}; every page has its place below it"))?;
    Ok(value.trim_end_matches('/').to_owned())
}

/// An address of nothing but scheme, host and port.
fn origin(value: &str) -> Result<Url, String> {
    let url = Url::parse(value).map_err(|e| format!("is not an address: {e}"))?;
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    // Before the host stands who somebody is, perhaps with a password: it is not repeated here.
    if matches!(url.scheme(), "http" | "https") && is_bare && !value.contains('@') {
        return Ok(url);
    }
    Err("must be http://host[:port] or https://host[:port], without a path or anything else".to_owned())
}

pub(super) fn blobs(value: &str) -> Result<Blobs, String> {
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

/// Reads a key: 32 bytes, in base64.
///
/// # Errors
/// A sentence that says so.
pub fn key(value: &str) -> Result<[u8; 32], String> {
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
pub fn duration(value: &str) -> Result<TimeDelta, String> {
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
    // A number too large to read is beyond every bound, too.
    let number: i64 = number.parse().unwrap_or(i64::MAX);
    Ok(TimeDelta::try_seconds(number.saturating_mul(seconds)).unwrap_or(TimeDelta::MAX))
}

/// A time as it is written in settings: up to 72 hours in hours, as is customary here.
pub fn written(span: TimeDelta) -> String {
    let seconds = span.num_seconds();
    match seconds {
        s if s > 72 * 3_600 && s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s > 0 && s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s > 0 && s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

pub(super) fn cron(value: &str) -> Result<String, String> {
    let job = tokio_cron_scheduler::Job::new(value, |_, _| {});
    let next = job
        .and_then(|mut job| job.job_data())
        .map(|job| job.next_tick)
        .map_err(|_| "must be a cron line of six fields, seconds first, such as */10 * * * * *".to_owned())?;
    // That is how the scheduler says never.
    if next == 0 {
        Err("must name a time that comes: no day is 30 February".to_owned())
    } else {
        Ok(value.to_owned())
    }
}

pub(super) fn gateways(value: &str) -> Result<Vec<Gateway>, String> {
    let mut named = BTreeSet::new();
    let (mut gateways, mut faults) = (Vec::new(), Vec::new());
    for part in value.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let mut read = || {
            let (name, url) =
                part.split_once('=').ok_or_else(|| format!("{part:?} must be platform=https://host"))?;
            let platform = Platform::named(name).ok_or_else(|| format!("there is no platform {name:?}"))?;
            let url = origin(url).map_err(|what| format!("{name} {what}"))?;
            if !named.insert((platform, url.clone())) {
                return Err(format!("{part:?} is named twice"));
            }
            Ok(Gateway { platform, url })
        };
        match read() {
            Ok(gateway) => gateways.push(gateway),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(gateways) } else { Err(faults.join("; ")) }
}

pub(super) fn networks(value: &str) -> Result<Vec<IpNet>, String> {
    value.split(',').map(str::trim).filter(|part| !part.is_empty()).map(network).collect()
}

/// An address, or a range of them.
fn network(part: &str) -> Result<IpNet, String> {
    let neither = || format!("{part:?} is neither an address nor a range, such as 10.0.0.0/8");
    if !part.contains('/') {
        return IpAddr::from_str(part).map(|alone| alone.to_canonical().into()).map_err(|_| neither());
    }
    let range = IpNet::from_str(part).map_err(|_| neither())?;
    // Somebody who trusts 10.1.2.3/8 may have meant that one address.
    if range.trunc() != range {
        return Err(format!("{part:?} is no range: it begins with {}", range.trunc()));
    }
    Ok(match range {
        IpNet::V6(mapped) if mapped.prefix_len() >= MAPPED => {
            let canonical = IpAddr::V6(mapped.addr()).to_canonical();
            let bits = if canonical.is_ipv4() { mapped.prefix_len() - MAPPED } else { mapped.prefix_len() };
            IpNet::new_assert(canonical, bits)
        }
        range => range,
    })
}

/// The longest contact, in characters.
const CONTACT: usize = 200;

pub(super) fn contact(value: &str) -> Result<String, String> {
    if value.chars().any(char::is_control) {
        return Err("must be one line of plain text".to_owned());
    }
    match value.chars().count() {
        ..=CONTACT => Ok(value.to_owned()),
        long => Err(format!("has {long} characters; there is room for {CONTACT}")),
    }
}

pub(super) fn log_filter(value: &str) -> Result<String, String> {
    let read = tracing_subscriber::EnvFilter::try_new(value);
    read.map(|_| value.to_owned())
        .map_err(|e| format!("{e}: write it such as info,seventytwo::broadcast=debug"))
}

pub(super) fn log_format(value: &str) -> Result<LogFormat, String> {
    match value {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("must be text or json".to_owned()),
    }
}
