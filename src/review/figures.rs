//! Figures for leads: how many notices came in and what became of them, in numbers only.

use chrono::{DateTime, Duration, Utc};

use crate::domain::notice::Kind;
use crate::store::figures::{self, CameIn, EndedNotices, Overdue, WaitingNotices};
use crate::store::{Answer, Conn};

/// The notices that are counted: those that came in within this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Week,
    Month,
    Ever,
}

impl Period {
    /// All of them, the shortest first.
    pub const ALL: [Period; 3] = [Period::Week, Period::Month, Period::Ever];

    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Period::Week => "7d",
            Period::Month => "30d",
            Period::Ever => "all",
        }
    }

    /// The period of that name, if there is one.
    pub fn named(name: &str) -> Option<Period> {
        Period::ALL.into_iter().find(|period| period.as_str() == name)
    }

    fn since(self, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Period::Week => now - Duration::days(7),
            Period::Month => now - Duration::days(30),
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
///
/// # Errors
/// When the database refuses.
pub fn figures(conn: &mut Conn, period: Period, now: DateTime<Utc>) -> Answer<Figures> {
    let since = period.since(now);
    Ok(Figures {
        came_in: figures::came_in(conn, since)?,
        to_live_s: figures::median_to_live(conn, since)?,
        ended: figures::ended(conn, since)?,
        waiting: figures::waiting(conn)?,
        overdue: figures::overdue(conn, now)?,
    })
}
