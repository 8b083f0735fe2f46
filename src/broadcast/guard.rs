//! Where we may connect. Group admins give us addresses; none of them may make us talk to our own
//! network, to another port or to anything but the platform it claims to be.
//!
//! There are two questions, and only the sender asks them: may this address be used for this platform
//! ([`Guard::target`]), and may we connect to what its name resolved to ([`Target::admits`])? The second is
//! asked about the very address that is then connected to, so a name cannot resolve to something else in
//! between. The operator's own gateways are exempt from both, for exactly the host and port that are
//! configured.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;
use url::{Host, Url};

use super::platforms::{Hosts, adapter};
use crate::domain::group::Platform;
use crate::domain::named::named;

named! {
    /// Why an address is not connected to.
    #[derive(Error)]
    pub enum Refused {
        #[error("not https")]
        Scheme = "scheme",
        #[error("a name or password in the address")]
        UserInfo = "user_info",
        #[error("a fragment in the address")]
        Fragment = "fragment",
        #[error("not a host of this platform")]
        Host = "host",
        #[error("a port other than 443")]
        Port = "port",
        #[error("not a path of this platform's robots")]
        Path = "path",
        #[error("the host is not on the public internet")]
        Address = "address",
    }
}

/// What a connection is made to. Connections are shared only between equal targets, so that one opened to a
/// gateway, whose addresses are not vetted, never serves a public address.
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

/// The rules, with the operator's gateways.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    gateways: Vec<(Platform, Target, Url)>,
}

impl Guard {
    /// With these gateways; only scheme, host and port of each address count.
    pub fn new(gateways: impl IntoIterator<Item = (Platform, Url)>) -> Guard {
        let target = |(platform, url): (Platform, Url)| {
            Some((platform, Target { gateway: true, ..endpoint(&url)? }, url))
        };
        Guard { gateways: gateways.into_iter().filter_map(target).collect() }
    }

    /// The operator's own server for a platform: the first that is configured.
    pub fn gateway(&self, platform: Platform) -> Option<&Url> {
        self.gateways.iter().find(|(of, ..)| *of == platform).map(|(.., url)| url)
    }

    /// The target of a request for this platform.
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
        let named = Target { gateway: true, ..target.clone() };
        let gateway = self.gateways.iter().any(|(of, known, _)| *of == platform && *known == named);
        if !gateway {
            if !target.tls {
                return Err(Refused::Scheme);
            }
            let known = match profile.hosts {
                Hosts::AnyPublic => matches!(url.host(), Some(Host::Domain(name)) if is_public_name(name)),
                own => own.claim(&target.host),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(platform: Platform, address: &str) -> Result<Target, Refused> {
        let url = Url::parse(address).map_err(|_| Refused::Host)?;
        Guard::default().target(platform, &url)
    }

    #[test]
    fn the_platforms_own_addresses_pass() {
        for (platform, address) in [
            (Platform::Wecom, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"),
            (Platform::Wecom, "https://qyapi.weixin.qq.com:443/cgi-bin/webhook/send?key=k"),
            (Platform::Wecom, "HTTPS://QYAPI.weixin.QQ.com/cgi-bin/webhook/send?key=k"),
            (Platform::Dingtalk, "https://oapi.dingtalk.com/robot/send?access_token=t&timestamp=1&sign=s"),
            (Platform::Feishu, "https://open.feishu.cn/open-apis/bot/v2/hook/a-b_c"),
            (Platform::Feishu, "https://open.larksuite.com/open-apis/bot/v2/hook/a-b_c"),
            (Platform::Slack, "https://hooks.slack.com/services/T1/B1/x"),
            (Platform::Slack, "https://slack.com/api/chat.update"),
            (Platform::Discord, "https://discord.com/api/v10/webhooks/1/x/messages/2?thread_id=3"),
            (Platform::Telegram, "https://api.telegram.org/bot1:x/editMessageMedia"),
            (Platform::Matrix, "https://matrix.example.org/_matrix/client/v3/rooms/%21x/redact/%24e/t"),
            (Platform::Matrix, "https://matrix.example.org/_matrix/media/v3/upload?filename=poster.jpg"),
            (Platform::Mattermost, "https://chat.example.org/hooks/abc"),
            (Platform::Rocketchat, "https://chat.example.org/hooks/abc/def"),
            (Platform::Teams, "https://x.1.environment.api.powerplatform.com:443/a/workflows/b?sig=c"),
            (Platform::Webhook, "https://hooks.city.gov.cn/any/path?and=query"),
        ] {
            let target = judged(platform, address).unwrap_or_else(|r| panic!("{address}: {r}"));
            assert_eq!((target.port, target.tls), (443, true));
        }
    }

    /// Ways to name something other than a platform, most of them seen in attacks.
    #[test]
    fn no_other_address_passes() {
        let send = "cgi-bin/webhook/send?key=k";
        let wecom = [
            ("http://qyapi.weixin.qq.com/", Refused::Scheme),
            ("ftp://qyapi.weixin.qq.com/", Refused::Scheme),
            ("file:///etc/passwd?", Refused::Scheme),
            ("gopher://qyapi.weixin.qq.com/", Refused::Scheme),
            ("https://qyapi.weixin.qq.com@evil.cn/", Refused::UserInfo),
            ("https://user:pass@qyapi.weixin.qq.com/", Refused::UserInfo),
            ("https://qyapi.weixin.qq.com:x@127.0.0.1/", Refused::UserInfo),
            ("https://qyapi.weixin.qq.com.evil.cn/", Refused::Host),
            ("https://evil.cn/qyapi.weixin.qq.com/", Refused::Host),
            ("https://qyapi.weixin.qq.com./", Refused::Host),
            ("https://xn--qyapi.weixin.qq.com/", Refused::Host),
            ("https://qyapi.weixin.qq.com%2eevil.cn/", Refused::Host),
            ("https://evil.cn\\@qyapi.weixin.qq.com/", Refused::Host),
            ("https://127.0.0.1/", Refused::Host),
            ("https://oapi.dingtalk.com/", Refused::Host),
            ("https://qyapi.weixin.qq.com:22/", Refused::Port),
            ("https://qyapi.weixin.qq.com:8443/", Refused::Port),
            ("https://qyapi.weixin.qq.com:80/", Refused::Port),
            ("https://qyapi.weixin.qq.com/../admin/", Refused::Path),
            ("https://qyapi.weixin.qq.com/%2e%2e/admin/", Refused::Path),
            ("https://qyapi.weixin.qq.com//", Refused::Path),
        ];
        for (start, reason) in wecom {
            let address = format!("{start}{send}");
            assert_eq!(judged(Platform::Wecom, &address), Err(reason), "{address}");
        }
        let qyapi = "https://qyapi.weixin.qq.com/cgi-bin/webhook";
        for (rest, reason) in [
            ("/send", Refused::Path),
            ("/send?key=", Refused::Path),
            ("/send?key=k&debug=1", Refused::Path),
            ("/send/?key=k", Refused::Path),
            ("/upload_media?key=k", Refused::Path),
            ("/send?key=k#x", Refused::Fragment),
        ] {
            assert_eq!(judged(Platform::Wecom, &format!("{qyapi}{rest}")), Err(reason), "{rest}");
        }
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "0177.0.0.1",
            "2130706433",
            "0x7f000001",
            "017700000001",
            "0",
            "0.0.0.0",
            "10.0.0.1",
            "169.254.169.254",
            "100.100.100.200",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "foo.localhost",
            "intranet",
            "db.internal",
            "printer.local",
            "metadata.google.internal",
            "1.1.1.1",
            "[2606:4700::1111]",
            "①②⑦.⓪.⓪.①",
            "127。0。0。1",
            "evil.cn.",
            "1.0.0.127.in-addr.arpa",
        ] {
            let address = format!("https://{host}/hook");
            assert_eq!(judged(Platform::Webhook, &address), Err(Refused::Host), "{address}");
        }
        assert_eq!(judged(Platform::Webhook, "https://evil.cn:6379/"), Err(Refused::Port));
        assert_eq!(judged(Platform::Webhook, "http://evil.cn/"), Err(Refused::Scheme));
    }

    /// What a name may resolve to; every connection asks again, so a name that changes its mind gains
    /// nothing.
    #[test]
    fn only_public_addresses_are_connected_to() {
        let target = judged(Platform::Webhook, "https://evil.cn/").unwrap();
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!target.admits(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "223.255.255.255",
            "2400:3200::1",
            "2606:4700::1111",
            "2001:4860:4860::8888",
        ] {
            assert!(target.admits(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn no_other_call_of_a_platform_passes() {
        for (platform, address, reason) in [
            (Platform::Slack, "https://slack.com/api/users.list", Refused::Path),
            (Platform::Slack, "https://files.slack.com/api/chat.update", Refused::Host),
            (Platform::Slack, "https://hooks.slack.com.evil.cn/services/T1/B1/x", Refused::Host),
            (Platform::Discord, "https://discord.com/api/v10/users/@me", Refused::Path),
            (Platform::Discord, "https://discord.com/api/webhooks/1/x/../../users", Refused::Path),
            (Platform::Discord, "https://cdn.discord.com/api/webhooks/1/x", Refused::Host),
            (Platform::Telegram, "https://api.telegram.org/bot1:x/getUpdates", Refused::Path),
            (Platform::Telegram, "https://api.telegram.org/file/bot1:x/sendMessage", Refused::Path),
            (Platform::Matrix, "https://matrix.example.org/_synapse/admin/v1/users", Refused::Path),
            (Platform::Matrix, "https://matrix.internal/_matrix/media/v3/upload", Refused::Host),
            (Platform::Mattermost, "https://10.0.0.5/hooks/abc", Refused::Host),
            (Platform::Rocketchat, "https://localhost/hooks/abc/def", Refused::Host),
            (Platform::Teams, "https://logic.azure.com/workflows/b?sig=c", Refused::Host),
            (Platform::Teams, "https://x.logic.azure.com.evil.cn/workflows/b?sig=c", Refused::Host),
            (Platform::Teams, "https://evil.cn/.logic.azure.com/workflows/b?sig=c", Refused::Host),
            (Platform::Teams, "https://evil-logic.azure.com/workflows/b?sig=c", Refused::Host),
            (Platform::Teams, "https://x.logic.azure.com/workflows/b", Refused::Path),
        ] {
            assert_eq!(judged(platform, address), Err(reason), "{address}");
        }
    }

    #[test]
    fn a_gateway_opens_one_door_for_one_platform() {
        let gateway = "http://10.0.0.5:8008/ignored".parse().unwrap();
        let guard = Guard::new([(Platform::Wecom, gateway)]);
        let ask = |platform, address: &str| guard.target(platform, &address.parse().unwrap());
        let target = ask(Platform::Wecom, "http://10.0.0.5:8008/cgi-bin/webhook/send?key=k").unwrap();
        assert!(target.admits("10.0.0.5".parse().unwrap()));
        for (platform, address, reason) in [
            (Platform::Wecom, "http://10.0.0.5:8009/cgi-bin/webhook/send?key=k", Refused::Scheme),
            (Platform::Wecom, "https://10.0.0.5:8008/cgi-bin/webhook/send?key=k", Refused::Host),
            (Platform::Wecom, "http://10.0.0.5:8008/admin", Refused::Path),
            (Platform::Wecom, "http://u@10.0.0.5:8008/cgi-bin/webhook/send?key=k", Refused::UserInfo),
            (Platform::Webhook, "http://10.0.0.5:8008/", Refused::Scheme),
        ] {
            assert_eq!(ask(platform, address), Err(reason), "{address}");
        }
    }

    #[test]
    fn connections_to_a_gateway_are_not_shared_with_the_public() {
        let address = "https://chat.example.org/".parse().unwrap();
        let guard = Guard::new([(Platform::Webhook, Url::clone(&address))]);
        let vetted = Guard::new([]).target(Platform::Webhook, &address).unwrap();
        assert_ne!(guard.target(Platform::Webhook, &address).unwrap(), vetted);
    }
}
