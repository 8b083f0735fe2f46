//! What became of every message to a group.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{GroupError, Groups};
use crate::store::groups::{self, Attempt, Logged};

/// Deliveries on one page of the log.
pub const PAGE: usize = 20;

/// A page of the log, newest first.
#[derive(Clone, Debug)]
pub struct Log {
    pub lines: Vec<Line>,
    /// Where the next page begins.
    pub next: Option<i64>,
    /// When the group last received something.
    pub last_delivered: Option<DateTime<Utc>>,
}

/// One delivery with its attempts, oldest first.
#[derive(Clone, Debug)]
pub struct Line {
    pub delivery: Logged,
    pub tries: Vec<Attempt>,
}

impl Groups {
    /// A page of the delivery log of an admin's group, from `before` on.
    ///
    /// # Errors
    /// [`GroupError::Unknown`].
    pub async fn log(&self, account: Uuid, id: Uuid, before: Option<i64>) -> Result<Log, GroupError> {
        let page = self
            .store
            .read(move |c| {
                if groups::of_admin(c, account, id)?.is_none() {
                    return Ok(None);
                }
                // One more than a page shows whether there is another.
                let mut found = groups::log(c, id, before, PAGE as i64 + 1)?;
                let more = found.len() > PAGE;
                found.truncate(PAGE);
                let ids: Vec<i64> = found.iter().map(|delivery| delivery.id).collect();
                let mut tries: HashMap<i64, Vec<Attempt>> = HashMap::new();
                for attempt in groups::attempts_of(c, &ids)? {
                    tries.entry(attempt.delivery_id).or_default().push(attempt);
                }
                let next = ids.last().copied().filter(|_| more);
                let line = |delivery: Logged| Line {
                    tries: tries.remove(&delivery.id).unwrap_or_default(),
                    delivery,
                };
                let lines = found.into_iter().map(line).collect();
                Ok(Some(Log { lines, next, last_delivered: groups::last_delivered(c, id)? }))
            })
            .await?;
        page.ok_or(GroupError::Unknown)
    }
}
