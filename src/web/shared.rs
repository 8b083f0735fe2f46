//! What every door needs to reach its station.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Times;
use crate::store::Store;
use crate::vault::Vault;

/// Handed to every door; cheap to clone.
#[derive(Clone)]
pub struct Shared {
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub times: Times,
    /// What links and QR codes point to, without a slash at the end.
    pub base_url: Arc<str>,
    /// Addresses whose forwarding headers count.
    pub trusted_proxies: Arc<[std::net::IpAddr]>,
    /// Wakes the worker when a commit made a delivery due.
    pub work_is_due: Arc<Notify>,
}

impl Shared {
    /// Whether pages are served over TLS, so that cookies may demand it.
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// A path of this service as a full link.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}
