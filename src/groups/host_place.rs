//! The place of a code or a test among the requests that its host has under way.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use uuid::Uuid;

use crate::broadcast::hosts::{Hosts, Went};
use crate::domain::delivery::Priority;
use crate::store::groups::Group;
use crate::store::lanes::NotHeld;
use crate::store::leasing::Admission;

/// A place among the requests that a host has under way, until dropped.
#[derive(Debug)]
pub(super) struct HostPlace {
    hosts: Arc<Mutex<Hosts>>,
    host: String,
    group: Uuid,
    began: DateTime<Utc>,
    /// When and how the request ended, as far as it concerns the host.
    pub(super) ended: (DateTime<Utc>, Went),
}

impl HostPlace {
    /// Takes one for a request to a group's chat.
    pub(super) fn take(
        hosts: &Arc<Mutex<Hosts>>,
        group: &Group,
        now: DateTime<Utc>,
    ) -> Result<HostPlace, NotHeld> {
        match hosts.lock().admit(&group.host, Priority::Usual, now) {
            Admission::Go => Ok(HostPlace {
                hosts: Arc::clone(hosts),
                host: group.host.clone(),
                group: group.id.0,
                began: now,
                ended: (now, Went::NotSent),
            }),
            Admission::Busy => Err(NotHeld::InUse),
            Admission::Until(until) => Err(NotHeld::Full(until)),
        }
    }
}

impl Drop for HostPlace {
    fn drop(&mut self) {
        let (at, went) = self.ended;
        let mut hosts = self.hosts.lock();
        hosts.ended(&self.host, self.group, self.began, at, went);
    }
}
