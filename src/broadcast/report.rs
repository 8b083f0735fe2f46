//! What became of everything that was said about one notice: how many groups heard it, how many wait,
//! and why the others did not.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::case_number::CaseNumber;
use crate::domain::delivery::{DeliveryState, EndedAs, How, Purpose, Untried};
use crate::domain::named::named;
use crate::domain::people::Moderator;
use crate::store::broadcasts::{self, Broadcast};
use crate::store::tally::{self, Because, CameTo, Tally};
use crate::store::{Conn, StoreError, StoreResult, notices};

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
    #[schema(value_type = String)]
    pub case_number: CaseNumber,
    /// Oldest first.
    pub items: Vec<Counted>,
}

/// One broadcast in numbers of groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counted {
    /// `alert`, `update`, `closing` or `correction`.
    pub purpose: Purpose,
    pub created_at: DateTime<Utc>,
    /// Groups that it is for, as far as they are known by now.
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
    /// Groups to which it is still on its way; a paused group hears it when it is resumed.
    pub waiting: i64,
    /// Groups that could not be reached: given up, or disabled, unverified or deleted. Whoever hears
    /// again before the notice is over, hears it then; an ending is heard whenever that is.
    pub unreachable: i64,
    /// Groups among the unreachable that nothing more is sent to.
    pub given_up: i64,
    pub cancelled: i64,
    /// Why groups wait or could not be reached, most groups first.
    pub reasons: Vec<Reason>,
}

named! {
    /// What a reason explains: the number that its groups are counted in.
    pub enum CountsAs {
        Unreachable = "unreachable",
        Waiting = "waiting",
    }
}

/// Why some groups wait, or could not be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Reason {
    /// Whether they count as `waiting` or as `unreachable`.
    #[schema(value_type = String)]
    pub of: CountsAs,
    /// How the last attempt ended (`gone`, `config`, `slow`, `retry`, `bad`, `moved`, `unknown`, `ended`);
    /// why there was none yet (`quiet` hours, a `resting` lane, put off for another reason until `later`, as
    /// is what is left of a message whose beginning arrived, `untried`: its turn comes); or what became of
    /// the groups: `paused`, `disabled`, `unverified`, `deleted`.
    #[schema(value_type = String)]
    pub outcome: Because,
    /// The platform's own code, or what has to be mended there, or why the groups are disabled.
    pub code: Option<String>,
    pub groups: i64,
}

/// The report on a notice, as it stands at `now`.
///
/// # Errors
/// See [`ReportError`].
pub fn report(
    conn: &mut Conn,
    case: CaseNumber,
    by: Moderator,
    now: DateTime<Utc>,
) -> Result<Report, ReportError> {
    let notice = notices::by_case(conn, case)?.ok_or(ReportError::Unknown)?;
    if !notice.may_be_opened_by(by) {
        return Err(ReportError::LeadRequired);
    }
    let items = broadcasts::of_notice(conn, notice.id.0)?
        .iter()
        .map(|broadcast| Ok(counted(broadcast, &tally::tally(conn, broadcast, now)?)))
        .collect::<StoreResult<_>>()?;
    Ok(Report { case_number: case, items })
}

fn counted(broadcast: &Broadcast, tally: &[Tally]) -> Counted {
    let count = |to| tally::count(tally, to);
    let done = |how| count(CameTo::Done(Some(how)));
    let given_up = tally.iter().filter(|line| line.state == DeliveryState::GivenUp);
    let [edited, deleted, followed_up] = How::ALL.map(done);
    Counted {
        purpose: broadcast.purpose,
        created_at: broadcast.created_at.0,
        planned: tally.iter().map(|line| line.deliveries).sum(),
        complete: broadcast.expanded,
        delivered: edited + deleted + followed_up + count(CameTo::Done(None)),
        edited,
        deleted,
        followed_up,
        waiting: count(CameTo::Waiting),
        unreachable: count(CameTo::Unreachable),
        given_up: given_up.map(|line| line.deliveries).sum(),
        cancelled: count(CameTo::Cancelled),
        reasons: reasons(tally),
    }
}

/// Why something waits. Where a part has arrived, that is not the reason: the rest goes later.
fn keeps((because, code): (Because, Option<&str>)) -> (Because, Option<&str>) {
    match because {
        Because::Ended(EndedAs::Delivered) => (Because::Untried(Untried::Later), None),
        because => (because, code),
    }
}

/// One line for each outcome and code, for those that wait and for those that could not be reached.
fn reasons(tally: &[Tally]) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for line in tally {
        let of = match line.came_to() {
            CameTo::Waiting => CountsAs::Waiting,
            CameTo::Unreachable => CountsAs::Unreachable,
            CameTo::Done(_) | CameTo::Cancelled => continue,
        };
        let Some(reason) = line.reason() else { continue };
        let (outcome, code) = keeps(reason);
        let known = |r: &&mut Reason| r.of == of && r.outcome == outcome && r.code.as_deref() == code;
        match reasons.iter_mut().find(known) {
            Some(reason) => reason.groups += line.deliveries,
            None => {
                reasons.push(Reason { of, outcome, code: code.map(str::to_owned), groups: line.deliveries })
            }
        }
    }
    reasons.sort_by_key(|r| std::cmp::Reverse(r.groups));
    reasons
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::group::{GroupState, WhyDisabled};
    use crate::store::types::{Id, Time};

    fn broadcast(purpose: Purpose) -> Broadcast {
        Broadcast {
            id: Id(Uuid::nil()),
            notice_id: Id(Uuid::nil()),
            revision: 1,
            purpose,
            priority: 0,
            created_at: Time(DateTime::UNIX_EPOCH),
            not_after: None,
            cursor: None,
            expanded: true,
            planned: 20,
            slices: 0,
        }
    }

    fn line(state: &str, outcome: Option<&str>, code: Option<&str>, deliveries: i64) -> Tally {
        Tally {
            state: DeliveryState::named(state).unwrap(),
            last_outcome: outcome.map(|name| EndedAs::named(name).unwrap()),
            last_code: code.map(str::to_owned),
            how: None,
            group_state: Some(GroupState::Active),
            group_reason: None,
            untried: None,
            reach: 0,
            deliveries,
        }
    }

    fn of(group_state: &str, reason: Option<&str>, line: Tally) -> Tally {
        Tally {
            group_state: GroupState::named(group_state),
            group_reason: reason.and_then(WhyDisabled::named),
            ..line
        }
    }

    fn causes(counted: &Counted) -> Vec<(&str, &str, Option<&str>, i64)> {
        counted
            .reasons
            .iter()
            .map(|r| (r.of.as_str(), r.outcome.as_str(), r.code.as_deref(), r.groups))
            .collect()
    }

    #[test]
    fn every_delivery_is_counted_once_and_causes_are_gathered() {
        let tally = [
            line("delivered", Some("delivered"), Some("0"), 9),
            Tally { untried: Some(Untried::Quiet), ..line("open", None, None, 3) },
            Tally { untried: Some(Untried::InTurn), ..line("open", None, None, 1) },
            line("open", Some("slow"), Some("45009"), 2),
            // Its words arrived, its picture is still to come.
            line("open", Some("delivered"), Some("0"), 1),
            line("given_up", Some("gone"), Some("93000"), 3),
            // What became of a group after it was given up is no reason for that.
            of("deleted", None, line("given_up", Some("gone"), Some("93000"), 1)),
            line("cancelled", Some("slow"), Some("45009"), 2),
        ];
        let counted = counted(&broadcast(Purpose::Alert), &tally);
        let groups = counted.delivered + counted.waiting + counted.unreachable + counted.cancelled;
        assert_eq!((groups, counted.planned), (22, 22));
        assert_eq!((counted.waiting, counted.unreachable, counted.followed_up), (7, 4, 0));
        let why = [
            ("unreachable", "gone", Some("93000"), 4),
            ("waiting", "quiet", None, 3),
            ("waiting", "slow", Some("45009"), 2),
            ("waiting", "untried", None, 1),
            ("waiting", "later", None, 1),
        ];
        assert_eq!(causes(&counted), why);
    }

    #[test]
    fn of_the_groups_that_hear_nothing_only_the_paused_are_waited_for() {
        let tally = [
            of("paused", None, line("open", Some("slow"), Some("45009"), 4)),
            of("disabled", Some("gone"), line("open", None, None, 3)),
            of("unverified", None, line("open", None, None, 2)),
            of("deleted", None, line("given_up", Some("deleted"), None, 1)),
            of("paused", None, Tally { how: Some(How::Edited), ..line("delivered", None, None, 5) }),
        ];
        let counted = counted(&broadcast(Purpose::Closing), &tally);
        let numbers = (counted.edited, counted.waiting, counted.unreachable, counted.given_up);
        assert_eq!(numbers, (5, 4, 6, 1));
        let why = [
            ("waiting", "paused", None, 4),
            ("unreachable", "disabled", Some("gone"), 3),
            ("unreachable", "unverified", None, 2),
            ("unreachable", "deleted", None, 1),
        ];
        assert_eq!(causes(&counted), why);
    }

    #[test]
    fn what_was_taken_back_is_counted_by_how() {
        let done = |how, deliveries| Tally { how: Some(how), ..line("delivered", None, None, deliveries) };
        // One of the two waits: half of its messages are edited, and it counts as waiting.
        let waiting = Tally { how: Some(How::Edited), ..line("open", Some("slow"), None, 1) };
        let tally = [done(How::Edited, 7), done(How::Deleted, 2), done(How::FollowedUp, 4), waiting];
        let counted = counted(&broadcast(Purpose::Closing), &tally);
        assert_eq!((counted.edited, counted.deleted, counted.followed_up), (7, 2, 4));
        assert_eq!((counted.delivered, counted.waiting), (13, 1));
    }
}
