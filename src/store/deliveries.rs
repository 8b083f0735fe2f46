//! The queue as a whole: what is cancelled, what is due next, how much waits.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::due::{MAY_BE_SAID_NOW, every_priority};
use super::rows::{Change, Holds};
use super::schema::{broadcasts, deliveries};
use super::statement::{Statement, Value};
use super::types::sql::{Ts, Uid};
use super::types::{Id, Time};
use super::wishes::Quietness;
use super::{Conn, StoreResult, both, slices};
use crate::domain::delivery::{DeliveryState, Priority, Purpose};

/// How often a delivery whose lane another node holds is looked at again: the lane of a node that died is
/// used again so soon after its lease has expired.
const HELD: TimeDelta = TimeDelta::milliseconds(500);

/// What the index of what is due asks for beside `queued`, spelled as there: diesel would make it a parameter, on
/// which no plan can rely. It is always so; only questions across lanes say it, so that no other reads that index.
pub(super) const IN_QUEUE: &str = "priority >= -1";

/// Locks what there is to say about a notice: its broadcasts, so that nobody decides by its old state, and
/// their open deliveries in the order of their ids, the order in which a change of a group locks them, too.
fn lock_of_notice(conn: &mut Conn, notice: Uuid) -> StoreResult<()> {
    super::broadcasts::lock(conn, notice)?;
    let said = broadcasts::table.filter(broadcasts::notice_id.eq(Id(notice))).select(broadcasts::id);
    let open = deliveries::table.filter(deliveries::state.eq(DeliveryState::Open));
    let open = open.filter(deliveries::broadcast_id.eq_any(said)).order(deliveries::id);
    if let Conn::Pg(c) = conn {
        open.select(deliveries::id).for_update().execute(&mut **c)?;
    }
    Ok(())
}

/// Locks what waits in a locked lane, in the order of its ids, and returns it. What its group ever heard is not
/// looked through.
pub fn lock_waiting(conn: &mut Conn, group: Uuid) -> StoreResult<Vec<i64>> {
    let waiting = deliveries::table.filter(deliveries::group_id.eq(Id(group)).and(deliveries::queued));
    let waiting = waiting.select(deliveries::id);
    Ok(match conn {
        Conn::Pg(c) => waiting.order(deliveries::id).for_update().load(&mut **c)?,
        Conn::Sqlite(c) => waiting.load(&mut **c)?,
    })
}

/// Locks all open deliveries of a group whose lane is locked, in the order of their ids: what waits, and what may
/// be under way. They are found among all that it ever heard.
pub(super) fn lock_of_group(conn: &mut Conn, group: Id) -> StoreResult<()> {
    let open = deliveries::table.filter(deliveries::state.eq(DeliveryState::Open));
    let open = open.filter(deliveries::group_id.eq(group)).order(deliveries::id);
    if let Conn::Pg(c) = conn {
        open.select(deliveries::id).for_update().execute(&mut **c)?;
    }
    Ok(())
}

/// Locks those of these deliveries that nobody else has locked; if there are none, waits for the first. Returns
/// which it has locked. Results lock many deliveries in no order, so who waits for one must hold no other.
pub(super) fn lock_some(conn: &mut Conn, these: &[i64]) -> StoreResult<Vec<i64>> {
    let Conn::Pg(c) = conn else { return Ok(these.to_vec()) };
    let of_these = deliveries::table.filter(deliveries::id.eq_any(these)).select(deliveries::id);
    let free: Vec<i64> = of_these.for_update().skip_locked().load(&mut **c)?;
    let Some(first) = these.first().filter(|_| free.is_empty()) else { return Ok(free) };
    let first_free = deliveries::table.find(first).select(deliveries::id).for_update();
    // It may have been deleted meanwhile.
    first_free.first::<i64>(&mut **c).optional()?;
    Ok(vec![*first])
}

/// What a delivery comes to that goes no further: words that arrived have arrived, though their picture does
/// not follow.
pub(super) const CANCELLED: &str = "CASE WHEN reach = 2 THEN 'delivered' ELSE 'cancelled' END";

/// Cancels those of a notice's alerts and updates that have not gone out.
///
/// All at once: for 100,000 of them, which takes as many groups in quiet hours, that is 1.3 s of work on PostgreSQL
/// and 0.3 s on SQLite. Meanwhile the results of this notice wait, and on SQLite every change.
pub fn cancel_open(conn: &mut Conn, notice: Uuid) -> StoreResult<usize> {
    lock_of_notice(conn, notice)?;
    Ok(both!(conn, c => diesel::update(
        deliveries::table.filter(deliveries::state.eq(DeliveryState::Open)).filter(
            deliveries::broadcast_id.eq_any(
                broadcasts::table
                    .filter(broadcasts::notice_id.eq(Id(notice)))
                    .filter(broadcasts::purpose.eq_any([Purpose::Alert, Purpose::Update]))
                    .select(broadcasts::id),
            ),
        ),
    )
    .set((deliveries::state.eq(sql::<Text>(CANCELLED)), deliveries::queued.eq(false)))
    .execute(c))?)
}

/// Gives up what has been due for longest of that priority, as far as its group is gone: one that is deleted
/// while its delivery is planned on another connection leaves what nobody can lease.
pub(super) fn give_up_gone(conn: &mut Conn, now: DateTime<Utc>, priority: Priority) -> StoreResult<()> {
    struct Gone;
    struct GiveUp;
    /// As many wait for their lanes at most before such a one is found.
    const MOST_CONSIDERED: i64 = 100;
    let free = match conn {
        Conn::Pg(_) => " FOR UPDATE OF d SKIP LOCKED",
        Conn::Sqlite(_) => "",
    };
    let sql = format!(
        "SELECT d.id FROM (SELECT id FROM deliveries WHERE queued AND priority >= -1 AND priority = ? \
           AND due_at <= ? ORDER BY due_at, id LIMIT ?) AS oldest \
         JOIN deliveries d ON d.id = oldest.id LEFT JOIN groups g ON g.id = d.group_id WHERE g.id IS NULL{free}"
    );
    let values = [(priority as i16).into(), now.into(), MOST_CONSIDERED.into()];
    let gone: Vec<i64> = both!(conn, c => Statement::<Gone, BigInt>::new(&sql, &values).load(c))?;
    let give_up = Change {
        before: "UPDATE deliveries SET state = 'given_up', queued = FALSE, last_outcome = 'deleted', last_code = NULL",
        columns: &[("id", Holds::Int)],
        after: "WHERE deliveries.id = rows.id",
    };
    give_up.make::<GiveUp>(conn, gone.into_iter().map(|id| vec![id.into()]).collect())
}

/// Makes due what was put off to the end of a notice, now that the notice is resumed.
pub fn resume(conn: &mut Conn, notice: Uuid, now: DateTime<Utc>) -> StoreResult<()> {
    lock_of_notice(conn, notice)?;
    both!(conn, c => diesel::sql_query(
        "UPDATE deliveries SET due_at = $1 \
         WHERE queued AND broadcast_id IN (SELECT id FROM broadcasts WHERE notice_id = $2) \
           AND due_at >= (SELECT not_after FROM broadcasts b WHERE b.id = deliveries.broadcast_id)",
    )
    .bind::<Ts, _>(Time(now))
    .bind::<Uid, _>(Id(notice))
    .execute(c))?;
    super::listen::announce(conn)
}

/// When to look at the queue again, at `now` or later: when the next delivery is due. A delivery that is due
/// already and could not be leased waits for its lane, and freeing a lane wakes the worker. A node that died
/// frees nothing, so such a delivery is looked at again half a second later; so is a slice that another node
/// is looking through.
pub fn next_due(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Option<DateTime<Utc>>> {
    struct Looks;
    // Of each priority the first of all, and the first that is not due: one question, and by an order that
    // only the index has, as in `due::work`.
    const FIRST_AFTER: &str = "(SELECT d.due_at FROM deliveries d WHERE d.queued AND d.priority >= -1 \
         AND d.priority = p.priority AND d.due_at > ? ORDER BY d.due_at, d.id LIMIT 1)";
    // What no result has come to is queued when its slice is over.
    const OVER: &str = "(SELECT MIN(leased_until) FROM slices)";
    let sql = format!("SELECT {FIRST_AFTER}, {FIRST_AFTER}, {OVER} FROM ({}) AS p", every_priority());
    let (ever, present) = (Value::from(DateTime::UNIX_EPOCH), Value::from(now));
    type Row = (Nullable<Ts>, Nullable<Ts>, Nullable<Ts>);
    let found: Vec<(Option<Time>, Option<Time>, Option<Time>)> =
        both!(conn, c => Statement::<Looks, Row>::new(&sql, [&ever, &present]).load(c))?;
    let looks = found.into_iter().flat_map(|(first, later, over)| {
        let later = later.map_or(now + HELD, |later| later.0.min(now + HELD));
        let queued = first.map(|first| if first.0 > now { first.0 } else { later });
        [queued, over.map(|over| if over.0 > now { over.0 } else { now + HELD })]
    });
    Ok(looks.flatten().min())
}

/// How much waits, for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backlog {
    /// Deliveries that are not finished.
    pub open: i64,
    /// Those whose time has come.
    pub due: i64,
    /// Those whose time came more than a minute ago.
    pub late: i64,
    /// When the first of those that are due became due.
    pub oldest_due: Option<DateTime<Utc>>,
    /// When the oldest broadcast was planned that some group wants to hear now and has not heard.
    pub oldest_waiting: Option<DateTime<Utc>>,
}

/// How much waits now.
pub fn backlog(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Backlog> {
    const LATE: TimeDelta = TimeDelta::minutes(1);
    let oldest_waiting = oldest_waiting(conn, now)?;
    let under_way = slices::under_way(conn)?;
    // Names all the priorities there are, so that SQLite counts in the index of what is due and reads no
    // rows.
    let open = || {
        let open = deliveries::table.filter(deliveries::queued.and(sql::<Bool>(IN_QUEUE)));
        open.filter(deliveries::priority.eq_any(Priority::ALL.map(|priority| priority as i16)))
    };
    Ok(both!(conn, c => {
        let due_by = |at| open().filter(deliveries::due_at.le(Time(at)));
        let oldest: Option<Time> = due_by(now).select(diesel::dsl::min(deliveries::due_at)).get_result(c)?;
        Backlog {
            open: open().count().get_result::<i64>(c)? + under_way,
            due: due_by(now).count().get_result(c)?,
            late: due_by(now - LATE).count().get_result(c)?,
            oldest_due: oldest.map(|at| at.0),
            oldest_waiting,
        }
    }))
}

/// An open delivery whose group hears, and whose notice is not paused.
#[derive(Queryable)]
struct Unheard {
    created_at: Time,
    purpose: Purpose,
    urgency: i16,
    quiet: Quietness,
}

type UnheardRow = (Ts, Text, SmallInt, (Nullable<SmallInt>, Nullable<SmallInt>, Bool));

impl Unheard {
    /// Whether its group wants to be left alone now.
    fn is_unwanted(&self, now: DateTime<Utc>) -> bool {
        self.quiet.until(self.purpose, self.urgency, now).is_some()
    }
}

/// When the oldest delivery was planned that could have been sent by now, and was not. A failed try puts a
/// delivery off by up to 19 minutes, a host that is away by less; so what is due later than in 20 minutes
/// waits for a person. A delivery does not count either where it may wait for its group's hourly cap, or its
/// group has to mend something first.
///
/// However much waits, this reads at most 100,000 entries of the index of what is due, and the rows of the
/// 1000 of them that were planned first.
fn oldest_waiting(conn: &mut Conn, now: DateTime<Utc>) -> StoreResult<Option<DateTime<Utc>>> {
    struct Oldest;
    const SOON: TimeDelta = TimeDelta::minutes(20);
    // Named as in `backlog`.
    let priorities = Priority::ALL.map(|priority| (priority as i16).to_string()).join(", ");
    let sql = format!(
        "SELECT b.created_at, b.purpose, n.urgency, g.quiet_from, g.quiet_until, g.quiet_but_urgent \
         FROM (SELECT id FROM (SELECT id FROM deliveries \
                 WHERE queued AND priority >= -1 AND priority IN ({priorities}) AND due_at <= ? LIMIT 100000) AS soon \
               ORDER BY id LIMIT 1000) AS planned \
         JOIN deliveries d ON d.id = planned.id \
         JOIN groups g ON g.id = d.group_id \
         JOIN broadcasts b ON b.id = d.broadcast_id \
         JOIN notices n ON n.id = b.notice_id \
         WHERE g.state = 'active' AND {MAY_BE_SAID_NOW} \
           AND (d.last_outcome IS NULL OR d.last_outcome <> 'config') \
           AND (g.hourly_cap IS NULL OR d.attempts > 0 OR d.due_at <= ?) \
         ORDER BY b.created_at"
    );
    let (soon, now_on) = (Value::from(now + SOON), Value::from(now));
    let unheard: Vec<Unheard> =
        both!(conn, c => Statement::<Oldest, UnheardRow>::new(&sql, [&soon, &now_on, &now_on]).load(c))?;
    Ok(unheard.into_iter().find(|one| !one.is_unwanted(now)).map(|one| one.created_at.0))
}
