//! Figures for leads: how many notices came in and what became of them, in numbers only.

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::named::named;
use crate::domain::notice::Kind;
use crate::store::figures::{self, CameIn, EndedNotices, Overdue, WaitingNotices};
use crate::store::{Conn, StoreResult};

named! {
    /// The notices that are counted, those that came in within this time; the shortest first.
    pub enum Period {
        Week = "7d",
        Month = "30d",
        Ever = "all",
    }
}

impl Period {
    fn since(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Period::Week => now - TimeDelta::days(7),
            Period::Month => now - TimeDelta::days(30),
            Period::Ever => DateTime::UNIX_EPOCH,
        }
    }
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub came_in: Vec<CameIn>,
    /// The median time from submission to going live, in seconds.
    pub to_live_s: Vec<(Kind, i64)>,
    pub ended: Vec<EndedNotices>,
    /// What waits now, whenever it came in.
    pub waiting: Vec<WaitingNotices>,
    /// What is live and should have been looked at again by now.
    pub overdue: Vec<Overdue>,
}

/// The figures of a period.
pub fn figures(conn: &mut Conn, period: Period, now: DateTime<Utc>) -> StoreResult<Figures> {
    let since = period.since(now);
    Ok(Figures {
        came_in: figures::came_in(conn, since)?,
        to_live_s: figures::median_to_live(conn, since)?,
        ended: figures::ended(conn, since)?,
        waiting: figures::waiting(conn)?,
        overdue: figures::overdue(conn, now)?,
    })
}
