//! Rate limits: how often one network, account or name may ask for something.
//!
//! They are counted in memory, by each process for itself. What must hold across restarts (a group code's
//! five tries, the single use of a login code) is counted in the store. Addresses are counted by network, /24
//! or /48 for IPv6, because one client has many addresses. Behind carrier-grade NAT whole neighbourhoods
//! share a network, so the public limits are generous.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use chrono::TimeDelta;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use ipnet::IpNet;
use uuid::Uuid;

use super::problem::Problem;
use crate::clock::Clock;
use crate::domain::named::named;

named! {
    /// What is limited.
    pub enum Limit {
        /// Logins to one account from one network, counted by name and network.
        LoginFrom = "login_from",
        /// Logins to one account from anywhere, counted by name.
        LoginName = "login_name",
        /// Logins from one network to any account.
        LoginNetwork = "login_network",
        /// Notices, replies and corrections from a network.
        Submit = "submit",
        /// Photos from a network.
        Photos = "photos",
        /// Photos from a network over a day, so that one network cannot fill the storage that all share for
        /// loose photos.
        PhotosADay = "photos_a_day",
        /// Public reading from a network.
        Reads = "reads",
        /// Tips from a network.
        Tips = "tips",
        /// Tips about one case.
        TipsOfCase = "tips_of_case",
        /// Groups that an account connects: each connection sends a code into somebody's chat.
        GroupConnects = "group_connects",
    }
}

impl Limit {
    /// The burst, and the interval in milliseconds at which one more is allowed.
    pub const fn measure(self) -> (u32, u64) {
        match self {
            // From one network five wrong codes, then one every half minute. A name that can be blocked for
            // everybody would let anyone lock a moderator out, so the bound over all networks is far looser.
            // It protects the second factor: of a million codes three are valid at a time, so an attacker who
            // knows the password and tries from everywhere finds one in four months, with a warning in the
            // log for each try.
            Limit::LoginFrom => (5, 30_000),
            Limit::LoginName => (300, 30_000),
            Limit::LoginNetwork => (20, 6_000),
            Limit::Submit => (120, 2_000),
            Limit::Photos => (60, 3_000),
            // About a thousand within 24 hours.
            Limit::PhotosADay => (600, 180_000),
            Limit::Reads => (300, 100),
            Limit::Tips => (30, 10_000),
            // Nobody can bury a sighting under hundreds of other tips.
            Limit::TipsOfCase => (20, 60_000),
            Limit::GroupConnects => (40, 60_000),
        }
    }

    fn quota(self) -> Quota {
        let (burst, millis) = self.measure();
        Quota::with_period(Duration::from_millis(millis))
            .expect("no interval is zero")
            .allow_burst(NonZeroU32::new(burst).expect("no burst is zero"))
    }
}

/// Who is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    Network(IpNet),
    Id(Uuid),
    Name(String),
    NameFrom(String, Box<Key>),
}

impl From<IpAddr> for Key {
    fn from(address: IpAddr) -> Key {
        Key::Network(network(address))
    }
}

/// The network with which an address is counted.
pub fn network(address: IpAddr) -> IpNet {
    let address = address.to_canonical();
    let length = if address.is_ipv4() { 24 } else { 48 };
    IpNet::new(address, length).expect("an address is longer than that").trunc()
}

impl From<Uuid> for Key {
    fn from(id: Uuid) -> Key {
        Key::Id(id)
    }
}

impl From<&str> for Key {
    fn from(name: &str) -> Key {
        Key::Name(cut(name))
    }
}

impl From<(&str, IpAddr)> for Key {
    fn from((name, address): (&str, IpAddr)) -> Key {
        Key::NameFrom(cut(name), Box::new(address.into()))
    }
}

/// A stranger's text must not fill the memory.
fn cut(name: &str) -> String {
    name.chars().take(64).collect()
}

/// A system clock that is set otherwise must neither lift a limit nor prolong it.
impl governor::clock::Clock for Clock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.steady().to_std().unwrap_or_default()
    }
}

type Limiter = RateLimiter<Key, DashMapStateStore<Key>, Clock, NoOpMiddleware<Duration>>;

/// All rate limiters of this process.
pub struct Limits {
    /// One for each [`Limit`], in the order of [`Limit::ALL`].
    limiters: [Limiter; Limit::ALL.len()],
    clock: Clock,
}

impl Limits {
    /// Limits by that clock, of which nothing is used yet.
    pub fn new(clock: &Clock) -> Limits {
        let limiters = Limit::ALL.map(|limit| RateLimiter::dashmap_with_clock(limit.quota(), clock.clone()));
        Limits { limiters, clock: clock.clone() }
    }

    /// Counts one use.
    ///
    /// # Errors
    /// [`Problem::TooMany`] with the whole seconds after which one more is allowed, at least 1.
    pub fn check(&self, limit: Limit, key: impl Into<Key>) -> Result<(), Problem> {
        self.limiters[limit as usize].check_key(&key.into()).map_err(|refused| {
            let wait = refused.wait_time_from(governor::clock::Clock::now(&self.clock));
            let wait = TimeDelta::from_std(wait).unwrap_or(TimeDelta::MAX);
            if limit == Limit::GroupConnects {
                Problem::too_many_at_work(wait)
            } else {
                Problem::too_many(wait)
            }
        })
    }

    /// Forgets keys whose full burst is available again, as a periodic job.
    pub fn forget_idle(&self) {
        for limiter in &self.limiters {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_micros;

    fn limits() -> (Clock, Limits) {
        let clock = Clock::by_hand(from_micros(0));
        (clock.clone(), Limits::new(&clock))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn wait(outcome: Result<(), Problem>) -> Option<u64> {
        match outcome {
            Ok(()) => None,
            Err(Problem::TooMany { retry_after_s, .. }) => Some(retry_after_s),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn every_limit_allows_its_burst_and_then_one_at_a_time() {
        let (clock, limits) = limits();
        for limit in Limit::ALL {
            let (burst, millis) = limit.measure();
            for n in 0..burst {
                assert_eq!(wait(limits.check(limit, "x")), None, "{limit:?} {n}");
            }
            assert_eq!(wait(limits.check(limit, "x")), Some(millis.div_ceil(1000)), "{limit:?}");
            assert_eq!(wait(limits.check(limit, "y")), None, "{limit:?}: others are not held back");
            clock.advance(TimeDelta::milliseconds(millis.cast_signed()));
            assert_eq!(wait(limits.check(limit, "x")), None, "{limit:?}");
            assert!(wait(limits.check(limit, "x")).is_some(), "{limit:?}");
        }
    }

    #[test]
    fn neighbours_share_a_key_and_strangers_do_not() {
        let key = |text| Key::from(address(text));
        assert_eq!(key("203.0.113.7"), key("203.0.113.200"));
        assert_eq!(key("203.0.113.7"), key("::ffff:203.0.113.9"));
        assert_ne!(key("203.0.113.7"), key("203.0.114.7"));
        assert_eq!(key("2001:db8:1:2::3"), key("2001:db8:1:ffff::9"));
        assert_ne!(key("2001:db8:1::"), key("2001:db8:2::"));
        assert_eq!(Key::from("a".repeat(64).as_str()), Key::from("a".repeat(9_000).as_str()));
        let from = |name, text| Key::from((name, address(text)));
        assert_eq!(from("a", "203.0.113.7"), from("a", "203.0.113.200"));
        assert_ne!(from("a", "203.0.113.7"), from("a", "203.0.114.7"));
        assert_ne!(from("a", "203.0.113.7"), from("b", "203.0.113.7"));
    }

    #[test]
    fn who_may_burst_again_is_forgotten() {
        let (clock, limits) = limits();
        let held = |limits: &Limits| limits.limiters[Limit::Tips as usize].len();
        limits.check(Limit::Tips, "x").unwrap();
        limits.forget_idle();
        assert_eq!(held(&limits), 1);
        clock.advance(TimeDelta::minutes(10));
        limits.forget_idle();
        assert_eq!(held(&limits), 0);
    }
}
