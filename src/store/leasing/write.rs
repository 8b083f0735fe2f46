//! What a batch of leases decided, written in a few statements.

use super::super::deliveries::CANCELLED;
use super::super::lanes::{self, encode_times};
use super::super::mutation::{self, Mutation};
use super::super::rows::{Change, Holds};
use super::super::types::Id;
use super::super::{Conn, StoreResult, bots};
use super::Decided;

/// Writes a batch down: from here on what was leased is on its way.
pub(super) fn write(conn: &mut Conn, decided: &Decided, node: i64) -> StoreResult<()> {
    cancel(conn, decided)?;
    put_off(conn, decided)?;
    take_lanes(conn, decided, node)?;
    count_attempts(conn, decided)?;
    let closed = decided
        .taken
        .iter()
        .filter(|taken| taken.leased.sends.last().is_some_and(|now| taken.open_at > *now));
    lanes::put_off(conn, closed.map(|taken| (Id(taken.leased.group), taken.open_at)))?;
    bots::write(conn, &decided.bots)
}

fn cancel(conn: &mut Conn, decided: &Decided) -> StoreResult<()> {
    struct Cancel;
    let cancel = Change {
        before: &format!("UPDATE deliveries SET state = {CANCELLED}, queued = FALSE"),
        columns: &[("id", Holds::Int)],
        after: "WHERE deliveries.id = rows.id AND deliveries.state = 'open'",
    };
    cancel.make::<Cancel>(conn, decided.cancelled.iter().map(|id| vec![(*id).into()]).collect())
}

fn put_off(conn: &mut Conn, decided: &Decided) -> StoreResult<()> {
    struct Later;
    let later = Change {
        before: "UPDATE deliveries SET due_at = rows.due_at, digest = (rows.digest <> 0)",
        columns: &[("id", Holds::Int), ("due_at", Holds::Time), ("digest", Holds::Int)],
        after: "WHERE deliveries.id = rows.id",
    };
    let rows = decided
        .put_off
        .iter()
        .map(|(id, put_off)| vec![(*id).into(), put_off.until.into(), i64::from(put_off.digest).into()]);
    later.make::<Later>(conn, rows.collect())
}

fn take_lanes(conn: &mut Conn, decided: &Decided, node: i64) -> StoreResult<()> {
    struct TakeLane;
    let take = Change {
        before: "UPDATE lanes SET leased_until = rows.until, fence = fence + 1, recent = rows.recent, \
             open_at = rows.open_at, leased_by = rows.node",
        columns: &[
            ("group_id", Holds::Id),
            ("recent", Holds::Bytes),
            ("open_at", Holds::Time),
            ("until", Holds::Time),
            ("node", Holds::Int),
        ],
        after: "WHERE lanes.group_id = rows.group_id",
    };
    let rows = decided.taken.iter().map(|taken| {
        let leased = &taken.leased;
        vec![
            leased.group.into(),
            encode_times(&leased.sends).into(),
            taken.open_at.into(),
            leased.leased_until.into(),
            node.into(),
        ]
    });
    take.make::<TakeLane>(conn, rows.collect())
}

/// Marks the group as perhaps reached, because the request is about to leave. Without a result the delivery
/// is due again when the lease is over. An end is marked only by an answer that leaves in doubt whether it
/// was said (see [`Leased::reach_before`](super::Leased::reach_before)).
fn count_attempts(conn: &mut Conn, decided: &Decided) -> StoreResult<()> {
    struct Attempt;
    let attempt = Change {
        before: if mutation::on(Mutation::ForgetReach) {
            "UPDATE deliveries SET attempts = attempts + 1, due_at = rows.until"
        } else {
            "UPDATE deliveries SET attempts = attempts + 1, due_at = rows.until, \
               reach = CASE WHEN reach = 0 AND priority > 0 THEN 1 ELSE reach END"
        },
        columns: &[("id", Holds::Int), ("until", Holds::Time)],
        after: "WHERE deliveries.id = rows.id",
    };
    let known = decided.taken.iter().filter(|taken| !taken.new).map(|taken| &taken.leased);
    let rows = known.flat_map(|one| one.told().map(|id| vec![id.into(), one.leased_until.into()]));
    attempt.make::<Attempt>(conn, rows.collect())
}
