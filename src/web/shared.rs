//! The state that all handlers share.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::HttpRequest;
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::limits::{Limit, Limits};
use super::problem::Problem;
use super::request;
use super::upload_memory::UploadMemory;
use crate::blobs::Blobs;
use crate::broadcast::hosts::Hosts;
use crate::broadcast::metrics::Metrics;
use crate::broadcast::send::Sender;
use crate::clock::Clock;
use crate::config::Times;
use crate::domain::life_cycle::Weigh;
use crate::poster::press::Press;
use crate::store::Store;
use crate::vault::Vault;

/// The path of the demo's practice chat. Only a demo registers it, and a program that has it sends nothing to
/// the outside.
#[derive(Clone, Copy, Debug)]
pub struct Practice(pub &'static str);

/// Given to every handler; cheap to clone.
#[derive(Clone)]
pub struct Shared {
    pub store: Store,
    pub vault: Vault,
    pub clock: Clock,
    pub times: Times,
    /// The base of links and QR codes, without a slash at the end.
    pub base_url: Arc<str>,
    /// How people reach the operator, where they are told.
    pub contact: Option<Arc<str>>,
    /// Proxies whose forwarding headers count.
    pub trusted_proxies: Arc<[ipnet::IpNet]>,
    /// Wakes the worker when a commit has made a delivery due.
    pub work_is_due: Arc<Notify>,
    /// How often one network, account or name may ask.
    pub limits: Arc<Limits>,
    /// Memory for photos being uploaded.
    pub upload_memory: UploadMemory,
    pub blobs: Blobs,
    /// Draws posters for the handlers.
    pub press: Press,
    pub sender: Arc<Sender>,
    /// What each host has under way, and which hosts are unavailable.
    pub hosts: Arc<Mutex<Hosts>>,
    /// What is counted about sending.
    pub metrics: Arc<Metrics>,
    /// The review policy, as the intake calls it.
    pub weigh: Weigh,
}

impl Shared {
    /// Whether pages are served over TLS, so that cookies can require it.
    pub fn is_https(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// The address that a request comes from, as far as trusted proxies tell it.
    pub fn client(&self, http: &HttpRequest) -> IpAddr {
        request::client(http, &self.trusted_proxies)
    }

    /// Counts a use by the network that a request comes from.
    ///
    /// # Errors
    /// [`Problem::TooMany`].
    pub fn count(&self, http: &HttpRequest, limit: Limit) -> Result<(), Problem> {
        self.limits.check(limit, self.client(http))
    }

    /// A path of this service as an absolute URL.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }
}

#[cfg(test)]
impl Shared {
    /// A complete state on SQLite in `folder`, with a hand-driven clock.
    pub(crate) async fn for_tests(folder: &std::path::Path, base_url: &str) -> Shared {
        use chrono::{DateTime, TimeDelta};

        use crate::broadcast::{guard::Guard, send};
        use crate::config;
        use crate::store::Database;

        let store =
            Store::open(Database::Sqlite(folder.join("test.db").display().to_string())).await.unwrap();
        let vault = Vault::new(&[7; 32]);
        let blobs = Blobs::open(&config::Blobs::Folder(folder.join("blobs"))).unwrap();
        let base_url: Arc<str> = base_url.into();
        let hour = TimeDelta::hours(1);
        let clock = Clock::by_hand(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        Shared {
            weigh: crate::review::policy::weigh,
            press: Press::new(store.clone(), vault.clone(), blobs.clone(), base_url.clone()),
            sender: Arc::new(Sender::new(Guard::new([]), send::Limits::default())),
            hosts: Arc::default(),
            metrics: Arc::new(Metrics::new().unwrap()),
            limits: Arc::new(Limits::new(&clock)),
            upload_memory: UploadMemory::default(),
            clock,
            times: Times {
                lifetime: hour * 72,
                cooling: TimeDelta::seconds(30),
                claim: hour,
                retention: hour,
            },
            contact: None,
            trusted_proxies: Arc::from([]),
            work_is_due: Arc::default(),
            store,
            vault,
            blobs,
            base_url,
        }
    }
}
