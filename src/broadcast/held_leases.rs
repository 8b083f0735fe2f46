//! The leases that this process has in hand, until their results are recorded or given up. They may expire
//! before that, if the process is held up; what was said must not be said again then.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::Mutex;
use uuid::Uuid;

use crate::store::leasing::Leased;

/// Leases by group and fencing number.
#[derive(Clone, Debug, Default)]
pub struct HeldLeases(Arc<Mutex<HashSet<(Uuid, i64)>>>);

/// A lease in hand, for as long as this value lives.
pub struct HeldLease {
    lease: (Uuid, i64),
    among: HeldLeases,
}

impl HeldLeases {
    /// Takes a lease in hand.
    pub fn hold(&self, leased: &Leased) -> HeldLease {
        let lease = (leased.group, leased.fence);
        self.0.lock().insert(lease);
        HeldLease { lease, among: self.clone() }
    }

    /// Whether the lease of a group with that fencing number is in hand.
    pub fn holds(&self, group: Uuid, fence: i64) -> bool {
        self.0.lock().contains(&(group, fence))
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        self.among.0.lock().remove(&self.lease);
    }
}
