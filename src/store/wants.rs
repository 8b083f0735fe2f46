//! What a group wants to hear of. Whatever comes to be told it is compared with its kinds and regions as they are
//! at that moment, except what belongs to something that it has heard of: that would go on by old words.

use chrono::{DateTime, Utc};
use diesel::dsl::{not, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable};
use uuid::Uuid;

use super::mutation::{self, Mutation};
use super::rows::{Change, Holds, NAMED};
use super::schema::{broadcasts, deliveries, groups, notices};
use super::statement::Statement;
use super::{Conn, StoreResult, both, listen};
use crate::domain::delivery::{DeliveryState, EndedAs};
use crate::domain::group::Kinds;
use crate::domain::notice::Kind;

/// Deliveries with what they say, and with the group that may want to hear it.
macro_rules! said_to_groups {
    () => {
        deliveries::table
            .inner_join(broadcasts::table.on(broadcasts::id.eq(deliveries::broadcast_id)))
            .inner_join(notices::table.on(notices::id.eq(broadcasts::notice_id)))
            .inner_join(groups::table.on(groups::id.eq(deliveries::group_id)))
    };
}

/// Whether the group wants it: in SQL, because it is asked about hundreds of deliveries in a batch. A group that
/// asks for a city or a province hears of its counties, too (as `Region::contains`: a test compares them), and what
/// it has heard of it wants. One that was deleted wants nothing but to be told of an end. (Scalar subqueries:
/// PostgreSQL might answer an EXISTS by one pass over everything that was ever heard.)
pub(super) fn wanted() -> SqlLiteral<Bool> {
    sql(&wanted_in_words())
}

fn wanted_in_words() -> String {
    let bits =
        Kind::ALL.map(|kind| format!("WHEN '{}' THEN {}", kind.as_str(), Kinds::from_iter([kind]).bits()));
    format!(
        "COALESCE(broadcasts.purpose IN ('closing', 'correction') \
         OR ((groups.kinds & CASE notices.kind {} END) <> 0 \
           AND (SELECT 1 FROM group_regions r WHERE r.group_id = groups.id AND r.region IN \
             (notices.region, substr(notices.region, 1, 4) || '00', substr(notices.region, 1, 2) || '0000') \
             LIMIT 1) IS NOT NULL) \
         OR (SELECT 1 FROM broadcasts ob CROSS JOIN deliveries o \
             WHERE ob.notice_id = notices.id AND ob.purpose IN ('alert', 'update') \
               AND o.broadcast_id = ob.id AND o.group_id = groups.id AND o.reach > 0 LIMIT 1) IS NOT NULL, FALSE)",
        bits.join(" ")
    )
}

/// Cancels those of these open deliveries that their groups do not want (any more); returns which. Their rows or
/// their groups' lanes are locked.
pub(super) fn drop_unwanted(conn: &mut Conn, among: &[i64]) -> StoreResult<Vec<i64>> {
    let mut dropped = Vec::new();
    if mutation::on(Mutation::KeepUnwanted) {
        return Ok(dropped);
    }
    for some in among.chunks(NAMED) {
        let these = said_to_groups!().filter(deliveries::id.eq_any(some).and(not(wanted())));
        let unwanted: Vec<i64> = both!(conn, c => these.select(deliveries::id).load(c))?;
        if !unwanted.is_empty() {
            both!(conn, c => diesel::update(deliveries::table.filter(deliveries::id.eq_any(&unwanted)))
                .set((
                    deliveries::state.eq(DeliveryState::Cancelled),
                    deliveries::queued.eq(false),
                    deliveries::last_outcome.eq(EndedAs::Unwanted),
                    deliveries::last_code.eq(None::<String>),
                ))
                .execute(c))?;
        }
        dropped.extend(unwanted);
    }
    Ok(dropped)
}

/// Goes by the kinds and regions of a locked group, which have just changed: cancels what waits for it and is
/// not wanted any more, and plans what it was to hear of once, wants to hear of again, and may still be said.
pub fn changed(conn: &mut Conn, group: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
    let waiting = super::deliveries::lock_waiting(conn, group)?;
    drop_unwanted(conn, &waiting)?;
    if mutation::on(Mutation::LoseUnwanted) {
        return Ok(());
    }
    reopen(conn, group, now)?;
    plan_missed(conn, group, now)?;
    listen::announce(conn)
}

/// What was cancelled because the group did not want it, and may still be said. It is looked for among what is
/// live, which is little, and not among all that the group ever heard.
fn cancelled(conn: &mut Conn, group: Uuid, now: DateTime<Utc>) -> StoreResult<Vec<i64>> {
    struct Cancelled;
    // A scalar subquery for each, as in `wanted`.
    const LIVE: &str = "SELECT (SELECT d.id FROM deliveries d WHERE d.broadcast_id = b.id AND d.group_id = ? \
           AND d.state = 'cancelled' AND d.last_outcome = 'unwanted') \
         FROM notices n CROSS JOIN broadcasts b \
         WHERE n.state IN ('live', 'paused') AND b.notice_id = n.id AND b.revision = n.live_revision \
           AND (b.not_after IS NULL OR b.not_after > ?)";
    let values = [group.into(), now.into()];
    let found: Vec<Option<i64>> =
        both!(conn, c => Statement::<Cancelled, Nullable<BigInt>>::new(LIVE, &values).load(c))?;
    Ok(found.into_iter().flatten().collect())
}

fn reopen(conn: &mut Conn, group: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
    struct Reopen;
    let mut again: Vec<i64> = Vec::new();
    for some in cancelled(conn, group, now)?.chunks(NAMED) {
        let wanted = said_to_groups!().filter(deliveries::id.eq_any(some)).filter(wanted());
        again.extend(both!(conn, c => wanted.select(deliveries::id).load::<i64>(c))?);
    }
    let change = Change {
        before: "UPDATE deliveries SET state = 'open', queued = TRUE, due_at = rows.due_at, tries = 0, \
             last_outcome = NULL, last_code = NULL",
        columns: &[("id", Holds::Int), ("due_at", Holds::Time)],
        after: "WHERE deliveries.id = rows.id AND deliveries.state = 'cancelled'",
    };
    let rows = again.iter().map(|id| vec![(*id).into(), now.into()]);
    change.make_in_order::<Reopen>(conn, "deliveries", rows.collect())
}

/// Plans what grew past the group while that did not want it, though it was to hear of the notice before: a new
/// revision, which has nothing that could be reopened. What still grows comes to the group by itself, unless just the
/// slice that passes it by is under way on another node.
fn plan_missed(conn: &mut Conn, group: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
    struct Missed;
    // In the order of `LIVE`, with scalar subqueries as there.
    let missed = format!(
        "INSERT INTO deliveries \
           (broadcast_id, group_id, priority, state, queued, due_at, digest, attempts, part, reach) \
         SELECT broadcasts.id, groups.id, broadcasts.priority, 'open', TRUE, ?, FALSE, 0, 0, 0 \
         FROM notices CROSS JOIN broadcasts CROSS JOIN groups \
         WHERE notices.state IN ('live', 'paused') AND broadcasts.notice_id = notices.id \
           AND broadcasts.revision = notices.live_revision AND broadcasts.purpose IN ('alert', 'update') \
           AND (broadcasts.not_after IS NULL OR broadcasts.not_after > ?) \
           AND groups.id = ? AND (broadcasts.expanded OR broadcasts.cursor >= groups.id) \
           AND (SELECT d.id FROM deliveries d \
             WHERE d.broadcast_id = broadcasts.id AND d.group_id = groups.id) IS NULL \
           AND (SELECT o.id FROM broadcasts ob CROSS JOIN deliveries o \
             WHERE ob.notice_id = notices.id AND ob.purpose IN ('alert', 'update') \
               AND o.broadcast_id = ob.id AND o.group_id = groups.id LIMIT 1) IS NOT NULL \
           AND {}",
        wanted_in_words()
    );
    let values = [now.into(), now.into(), group.into()];
    both!(conn, c => Statement::<Missed>::new(&missed, &values).execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::region::Region;
    use crate::store::StoreError;
    use crate::store::fixture::{GROUP, store};
    use crate::store::groups::{self as stored, regions};
    use crate::store::types::Id;

    /// Every kind in every region, for groups that want one of either.
    #[tokio::test]
    async fn what_a_group_wants_is_the_same_in_sql() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let places = ["130000", "131000", "131003", "131002", "110000", "110101", "429004"];
        let places = places.map(|code| Region::parse(code).unwrap());
        store
            .write(move |tx| {
                let mut group = stored::of_admin(tx, crate::store::fixture::ADMIN, GROUP)?.unwrap();
                for wants in places {
                    stored::set_regions(tx, GROUP, &[wants])?;
                    assert_eq!(regions(tx, &[Id(GROUP)])?[&Id(GROUP)], [wants]);
                    for kind in Kind::ALL {
                        group.kinds = Kinds::from_iter([kind]).bits();
                        stored::save(tx, &group)?;
                        for place in places {
                            for about in Kind::ALL {
                                let is_wanted = wants.contains(place) && about == kind;
                                assert_eq!(is_asked_for(tx, about, place)?, is_wanted, "{wants:?} {place:?}");
                            }
                        }
                    }
                }
                Ok::<_, StoreError>(())
            })
            .await
            .unwrap();
    }

    /// Whether the group of the fixture wants its alert if that is about such a notice.
    fn is_asked_for(tx: &mut Conn, kind: Kind, place: Region) -> StoreResult<bool> {
        both!(tx, c => diesel::update(notices::table)
            .set((notices::kind.eq(kind), notices::region.eq(place.code())))
            .execute(c))?;
        let of_group = said_to_groups!().filter(groups::id.eq(Id(GROUP)));
        let alert = of_group.filter(broadcasts::purpose.eq(crate::domain::delivery::Purpose::Alert));
        Ok(both!(tx, c => alert.select(wanted()).get_result(c))?)
    }
}
