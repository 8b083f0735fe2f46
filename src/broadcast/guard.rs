//! Where we may connect. Group admins give us addresses; none of them may make us talk to our own
//! network, to another port or to anything but the platform it claims to be.
//!
//! Two questions, asked by the sender and by nobody else: may this address be used for this
//! platform ([`Guard::target`]), and may we connect to what its name resolved to
//! ([`Target::admits`])? The second is asked of the very address that is then connected to, so a name
//! cannot change its mind in between. The operator's own gateways are free of both, host and port
//! exactly as named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;
use url::{Host, Url};

use super::platforms::{Hosts, adapter};
use crate::domain::group::Platform;

/// Why an address is not connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    #[error("not https")]
    Scheme,
    #[error("a name or password in the address")]
    UserInfo,
    #[error("a fragment in the address")]
    Fragment,
    #[error("not a host of this platform")]
    Host,
    #[error("a port other than 443")]
    Port,
    #[error("not a path of this platform's robots")]
    Path,
    #[error("the host is not on the public internet")]
    Address,
}

impl Refused {
    /// The name in problems and in the delivery log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Refused::Scheme => "scheme",
            Refused::UserInfo => "user_info",
            Refused::Fragment => "fragment",
            Refused::Host => "host",
            Refused::Port => "port",
            Refused::Path => "path",
            Refused::Address => "address",
        }
    }
}

/// Whom a connection is made to. Connections are shared only between equal targets, so that one
/// opened to a gateway, unvetted, never serves an address of the public.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    pub host: String,
    pub port: u16,
    pub tls: bool,
    /// Named by the operator: its addresses are not vetted.
    gateway: bool,
}

impl Target {
    /// Whether we may connect to an address that the host's name resolved to.
    pub fn admits(&self, address: IpAddr) -> bool {
        self.gateway || is_public(address)
    }
}

/// An operator's own server for a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    platform: Platform,
    target: Target,
}

/// What is wrong with `SEVENTYTWO_PLATFORM_HOSTS`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GatewayFault {
    #[error("{0:?} is not platform=address")]
    Form(String),
    #[error("{0:?} is no platform")]
    Platform(String),
    #[error("{0:?} is not http://host[:port] or https://host[:port]")]
    Address(String),
}

/// The rules, with the operator's gateways.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    gateways: Vec<Gateway>,
}

impl Guard {
    /// Reads `wecom=https://chat.example.org,webhook=http://127.0.0.1:8008`; a platform may stand there
    /// several times. Empty is none.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub fn parse(setting: &str) -> Result<Guard, GatewayFault> {
        let entries = setting.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        Ok(Guard { gateways: entries.map(gateway).collect::<Result<_, _>>()? })
    }

    /// Whom a request for this platform goes to.
    ///
    /// # Errors
    /// Why it may not be sent.
    pub fn target(&self, platform: Platform, url: &Url) -> Result<Target, Refused> {
        let target = endpoint(url).ok_or(Refused::Scheme)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::UserInfo);
        }
        if url.fragment().is_some() {
            return Err(Refused::Fragment);
        }
        let profile = adapter(platform).profile();
        let gateway = self.gateways.iter().any(|g| {
            g.platform == platform
                && (&g.target.host, g.target.port, g.target.tls) == (&target.host, target.port, target.tls)
        });
        if !gateway {
            if !target.tls {
                return Err(Refused::Scheme);
            }
            let known = match profile.hosts {
                Hosts::Listed(hosts) => hosts.contains(&target.host.as_str()),
                Hosts::AnyPublic => matches!(url.host(), Some(Host::Domain(name)) if is_public_name(name)),
            };
            if !known {
                return Err(Refused::Host);
            }
            if target.port != 443 {
                return Err(Refused::Port);
            }
        }
        if !(profile.path)(url) {
            return Err(Refused::Path);
        }
        Ok(Target { gateway, ..target })
    }
}

/// Host and port of an http(s) address.
fn endpoint(url: &Url) -> Option<Target> {
    let tls = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = url.host_str()?.to_owned();
    Some(Target { host, port: url.port_or_known_default()?, tls, gateway: false })
}

fn gateway(entry: &str) -> Result<Gateway, GatewayFault> {
    let (name, address) = entry.split_once('=').ok_or_else(|| GatewayFault::Form(entry.to_owned()))?;
    let platform =
        Platform::named(name.trim()).ok_or_else(|| GatewayFault::Platform(name.trim().to_owned()))?;
    let target = Url::parse(address.trim())
        .ok()
        .filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none())
        .filter(|url| url.username().is_empty() && url.password().is_none())
        .and_then(|url| endpoint(&url))
        .ok_or_else(|| GatewayFault::Address(address.trim().to_owned()))?;
    Ok(Gateway { platform, target: Target { gateway: true, ..target } })
}

/// A name with a dot that is not reserved for private use (RFC 6761, RFC 6762, RFC 8375 and ICANN's
/// `.internal`). The addresses decide in the end; this refuses what can be refused before asking.
fn is_public_name(name: &str) -> bool {
    const PRIVATE: [&str; 9] =
        ["localhost", "local", "internal", "test", "invalid", "example", "onion", "arpa", "lan"];
    // A trailing dot leaves an empty last label.
    name.rsplit_once('.').is_some_and(|(_, top)| !top.is_empty() && !PRIVATE.contains(&top))
}

/// Whether an address belongs to the public internet (IANA's special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry>
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        (0 | 10 | 127, ..) => true,                // this network, private, loopback
        (100, 64..=127, _) => true,                // shared by carriers; also cloud metadata
        (169, 254, _) => true,                     // link-local; cloud metadata
        (172, 16..=31, _) | (192, 168, _) => true, // private
        (192, 0, 0 | 2) => true,                   // protocol assignments, documentation
        (192, 88, 99) => true,                     // 6to4 relays
        (198, 18 | 19, _) => true,                 // benchmarks
        (198, 51, 100) | (203, 0, 113) => true,    // documentation
        (224.., ..) => true,                       // multicast, reserved, broadcast
        _ => false,
    };
    !special
}

/// Only global unicast, 2000::/3, and of that not what embeds or tunnels other addresses: so mapped,
/// compatible, NAT64, unique local, link-local and multicast addresses are out.
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let special = match (a, b) {
        (0x2001, 0..=0x1ff) => true, // protocol assignments, Teredo
        (0x2001, 0xdb8) => true,     // documentation
        (0x2002, _) => true,         // 6to4
        (0x3fff, 0..=0xfff) => true, // documentation
        _ => false,
    };
    (0x2000..=0x3fff).contains(&a) && !special
}
