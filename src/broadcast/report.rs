//! What became of everything that was said about one notice: how many groups heard it, how many wait,
//! and why the others did not.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::{DeliveryState, How, Purpose};
use crate::store::broadcasts::{self, Broadcast, Tally};
use crate::store::{Answer, Conn, StoreError, notices};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    #[error("no such notice")]
    Unknown,
    #[error("the notice is sealed and the reader is not a lead")]
    LeadRequired,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All broadcasts of a notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Report {
    pub case_number: String,
    /// Oldest first.
    pub items: Vec<Counted>,
}

/// One broadcast in numbers of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counted {
    /// `alert`, `update`, `closing` or `correction`.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    pub created_at: DateTime<Utc>,
    /// Groups that have their delivery by now.
    pub planned: i64,
    /// Whether every group of the audience has its delivery; else `planned` still grows.
    pub complete: bool,
    pub delivered: i64,
    /// Groups in which every message about the notice says now that it is over.
    pub edited: i64,
    /// Groups in which a message was deleted, and none stands as it was.
    pub deleted: i64,
    /// Groups told by a further message that the notice is over.
    pub followed_up: i64,
    pub waiting: i64,
    /// Groups that could not be reached; `reasons` tell why.
    pub given_up: i64,
    pub cancelled: i64,
    /// Why deliveries are not done, most groups first.
    pub reasons: Vec<Reason>,
}

/// How the last attempt of some groups ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    /// `gone`, `config`, `slow`, `retry`, `bad`, `moved` or `unknown`.
    pub outcome: String,
    /// The platform's own code, or what has to be mended there.
    pub code: Option<String>,
    pub groups: i64,
}

/// The report on a notice (ten characters).
///
/// # Errors
/// See [`ReportError`].
pub fn report(conn: &mut Conn, case: &str, lead: bool) -> Result<Report, ReportError> {
    let notice = notices::by_case(conn, case)?.ok_or(ReportError::Unknown)?;
    if notice.sealed && !lead {
        return Err(ReportError::LeadRequired);
    }
    let items = broadcasts::of_notice(conn, notice.id.0)?
        .iter()
        .map(|broadcast| Ok(counted(broadcast, &broadcasts::tally(conn, broadcast.id.0)?)))
        .collect::<Answer<_>>()?;
    let case_number = case.parse::<CaseNumber>().map_or_else(|_| case.to_owned(), |c| c.to_string());
    Ok(Report { case_number, items })
}

fn counted(broadcast: &Broadcast, tally: &[Tally]) -> Counted {
    let count = |state: DeliveryState| -> i64 {
        tally.iter().filter(|t| t.state == state.as_str()).map(|t| t.deliveries).sum()
    };
    let delivered = count(DeliveryState::Delivered);
    let done = |how: How| -> i64 {
        let done = tally.iter().filter(|t| t.state == DeliveryState::Delivered.as_str());
        done.filter(|t| t.how.map(|h| h.0) == Some(how)).map(|t| t.deliveries).sum()
    };
    Counted {
        purpose: broadcast.purpose.0,
        created_at: broadcast.created_at.0,
        planned: broadcast.planned.into(),
        complete: broadcast.expanded,
        delivered,
        edited: done(How::Edited),
        deleted: done(How::Deleted),
        followed_up: done(How::FollowedUp),
        waiting: count(DeliveryState::Open),
        given_up: count(DeliveryState::GivenUp),
        cancelled: count(DeliveryState::Cancelled),
        reasons: reasons(tally),
    }
}

/// One line an outcome and code, whatever the state: a group that waits after a refusal and one given
/// up for it have the same cause.
fn reasons(tally: &[Tally]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for line in tally.iter().filter(|t| t.state != DeliveryState::Delivered.as_str()) {
        let Some(outcome) = &line.last_outcome else { continue };
        match reasons.iter_mut().find(|r| r.outcome == *outcome && r.code == line.last_code) {
            Some(reason) => reason.groups += line.deliveries,
            None => reasons.push(Reason {
                outcome: outcome.clone(),
                code: line.last_code.clone(),
                groups: line.deliveries,
            }),
        }
    }
    reasons.sort_by_key(|r| std::cmp::Reverse(r.groups));
    reasons
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::store::types::{Id, Named, Time};

    fn broadcast(purpose: Purpose) -> Broadcast {
        Broadcast {
            id: Id(Uuid::nil()),
            notice_id: Id(Uuid::nil()),
            revision: 1,
            purpose: Named(purpose),
            priority: 0,
            created_at: Time(DateTime::UNIX_EPOCH),
            not_after: None,
            cursor: None,
            expanded: true,
            planned: 20,
        }
    }

    fn line(state: &str, outcome: Option<&str>, code: Option<&str>, deliveries: i64) -> Tally {
        Tally {
            state: state.to_owned(),
            last_outcome: outcome.map(str::to_owned),
            last_code: code.map(str::to_owned),
            how: None,
            deliveries,
        }
    }

    #[test]
    fn every_delivery_is_counted_once_and_causes_are_gathered() {
        let tally = [
            line("delivered", Some("delivered"), Some("0"), 9),
            line("open", None, None, 4),
            line("open", Some("slow"), Some("45009"), 2),
            line("given_up", Some("gone"), Some("93000"), 3),
            line("cancelled", Some("slow"), Some("45009"), 2),
        ];
        let counted = counted(&broadcast(Purpose::Alert), &tally);
        let groups = counted.delivered + counted.waiting + counted.given_up + counted.cancelled;
        assert_eq!((groups, counted.waiting, counted.followed_up), (20, 6, 0));
        let causes: Vec<_> = counted.reasons.iter().map(|r| (r.outcome.as_str(), r.groups)).collect();
        assert_eq!(causes, [("slow", 4), ("gone", 3)]);
    }

    #[test]
    fn what_was_taken_back_is_counted_by_how() {
        let done =
            |how, deliveries| Tally { how: Some(Named(how)), ..line("delivered", None, None, deliveries) };
        // One of the two waits: half of its messages are edited, and it counts as waiting.
        let waiting = Tally { how: Some(Named(How::Edited)), ..line("open", Some("slow"), None, 1) };
        let tally = [done(How::Edited, 7), done(How::Deleted, 2), done(How::FollowedUp, 4), waiting];
        let counted = counted(&broadcast(Purpose::Closing), &tally);
        assert_eq!((counted.edited, counted.deleted, counted.followed_up), (7, 2, 4));
        assert_eq!((counted.delivered, counted.waiting), (13, 1));
    }
}
