//! What was kept back because its group wants to be left alone.

use super::super::rows::{Change, Holds};
use super::super::wishes::is_quiet;
use super::super::{Conn, StoreResult};
use super::Record;
use crate::domain::delivery::DeliveryState;
use crate::domain::quiet;

/// Makes due what these results put off for its group's sake, where the group has come to want it since the
/// lease: its admin made due what waits, and this lease did not wait then.
pub(super) fn hear_again(conn: &mut Conn, records: &[&Record]) -> StoreResult<()> {
    struct HearAgain;
    let is_kept_back = |r: &&&Record| {
        let until = r.leased.quiet_until.filter(|_| !r.attempted && r.state == DeliveryState::Open);
        until.is_some_and(|until| r.due_at >= until)
    };
    let rows = records
        .iter()
        .filter(is_kept_back)
        .map(|r| vec![r.leased.delivery.into(), r.at.into(), i64::from(quiet::minute(r.at)).into()]);
    let hears = format!(
        "WHERE deliveries.id = rows.id AND deliveries.state = 'open' AND EXISTS (SELECT 1 FROM broadcasts b \
           JOIN notices n ON n.id = b.notice_id JOIN groups g ON g.id = deliveries.group_id \
           WHERE b.id = deliveries.broadcast_id AND g.state = 'active' AND NOT {})",
        is_quiet("rows.minute")
    );
    let hear_again = Change {
        before: "UPDATE deliveries SET due_at = rows.at",
        columns: &[("id", Holds::Int), ("at", Holds::Time), ("minute", Holds::Int)],
        after: &hears,
    };
    hear_again.make::<HearAgain>(conn, rows.collect())
}
