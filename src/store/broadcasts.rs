//! Broadcasts, and their growth into deliveries: a cursor over the groups, one slice a transaction.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};
use uuid::Uuid;

use super::mutation::{self, Mutation};
use super::schema::broadcasts;
use super::types::sql::{Ts, Uid};
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{How, Purpose};
use crate::domain::group::Kinds;
use crate::domain::notice::Kind;

/// One thing to say, and how far it has been spread over the groups.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = broadcasts, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Broadcast {
    pub id: Id,
    pub notice_id: Id,
    pub revision: i32,
    pub purpose: Named<Purpose>,
    pub priority: i16,
    pub created_at: Time,
    /// After this nothing of it goes out, not even as a retry; closings have no end.
    pub not_after: Option<Time>,
    /// The last group that has its delivery.
    pub cursor: Option<Id>,
    /// Every group has its delivery.
    pub expanded: bool,
    pub planned: i32,
}

/// Adds a broadcast; [`expand`] then gives it deliveries.
///
/// # Errors
/// When the database refuses.
pub fn insert(conn: &mut Conn, broadcast: &Broadcast) -> Answer<()> {
    both!(conn, c => diesel::insert_into(broadcasts::table).values(broadcast).execute(c))?;
    super::listen::announce(conn)
}

/// The broadcasts of a notice, oldest first.
///
/// # Errors
/// When the database refuses.
pub fn of_notice(conn: &mut Conn, notice: Uuid) -> Answer<Vec<Broadcast>> {
    Ok(both!(conn, c => broadcasts::table
        .filter(broadcasts::notice_id.eq(Id(notice)))
        .order(broadcasts::id)
        .select(Broadcast::as_select())
        .load(c))?)
}

/// The broadcast of that id.
///
/// # Errors
/// When the database refuses.
pub fn by_id(conn: &mut Conn, id: Uuid) -> Answer<Option<Broadcast>> {
    Ok(both!(conn, c => broadcasts::table.find(Id(id)).select(Broadcast::as_select()).first(c).optional())?)
}

/// The broadcast that still lacks deliveries, the most urgent and among those the one spread least far,
/// so that all of them come forward together, locked; on PostgreSQL one that no other node
/// is at work on.
///
/// # Errors
/// When the database refuses.
pub fn next_unexpanded(conn: &mut Conn) -> Answer<Option<Broadcast>> {
    macro_rules! unexpanded {
        () => {
            broadcasts::table
                .filter(broadcasts::expanded.eq(false))
                .order((broadcasts::priority, broadcasts::planned, broadcasts::id))
                .select(Broadcast::as_select())
        };
    }
    Ok(match conn {
        Conn::Pg(c) => unexpanded!().for_update().skip_locked().first(&mut **c).optional()?,
        Conn::Sqlite(c) => unexpanded!().first(&mut **c).optional()?,
    })
}

/// Stops a notice's broadcasts of what is no longer to be said from growing.
///
/// # Errors
/// When the database refuses.
pub fn stop(conn: &mut Conn, notice: Uuid) -> Answer<()> {
    both!(conn, c => diesel::update(
        broadcasts::table
            .filter(broadcasts::notice_id.eq(Id(notice)))
            .filter(broadcasts::purpose.eq_any([Purpose::Alert, Purpose::Update].map(Named))),
    )
    .set(broadcasts::expanded.eq(true))
    .execute(c))?;
    Ok(())
}

/// Who a broadcast is for.
#[derive(Clone, Debug)]
pub enum Audience {
    /// Active groups that want this kind and this region or one that contains it.
    Subscribers { kind: Kind, regions: Vec<String> },
    /// Exactly the groups that received this notice, or may have.
    Recipients,
}

#[derive(QueryableByName)]
struct SliceEnd {
    #[diesel(sql_type = Uid)]
    group_id: Id,
}

/// Groups of the audience beyond the cursor; its last parameter is the cursor. SQLite numbers
/// parameters by first appearance, so they appear in order.
const SUBSCRIBERS: &str = "SELECT DISTINCT r.group_id FROM group_regions r \
     JOIN groups g ON g.id = r.group_id \
     WHERE r.region IN ($1, $2, $3) AND (g.kinds & $4) <> 0 AND g.state = 'active' AND r.group_id > $5";
const RECIPIENTS: &str = "SELECT DISTINCT d.group_id FROM deliveries d \
     JOIN broadcasts b ON b.id = d.broadcast_id JOIN groups g ON g.id = d.group_id \
     WHERE b.notice_id = $1 AND b.purpose IN ('alert', 'update') AND d.reach > 0 AND d.group_id > $2";

/// Gives the next `size` groups of the audience their delivery, due at `due_at`. Repeating it is
/// harmless: a group has one delivery of a broadcast.
///
/// Answers the broadcast as it then stands.
///
/// # Errors
/// When the database refuses.
pub fn expand(
    conn: &mut Conn,
    mut broadcast: Broadcast,
    audience: &Audience,
    size: i64,
    due_at: DateTime<Utc>,
) -> Answer<Broadcast> {
    let cursor = broadcast.cursor.unwrap_or(Id(Uuid::nil()));
    let (candidates, used) = match audience {
        Audience::Subscribers { .. } => (SUBSCRIBERS, 5),
        Audience::Recipients => (RECIPIENTS, 2),
    };
    macro_rules! ask {
        ($sql:expr) => {{
            let query = diesel::sql_query($sql).into_boxed();
            match audience {
                Audience::Subscribers { kind, regions } => {
                    // The region itself, its city and its province; fewer are repeated.
                    let region =
                        |place: usize| regions.get(place).or(regions.last()).cloned().unwrap_or_default();
                    query
                        .bind::<Text, _>(region(0))
                        .bind::<Text, _>(region(1))
                        .bind::<Text, _>(region(2))
                        .bind::<Integer, _>(Kinds::from_iter([*kind]).bits())
                }
                Audience::Recipients => query.bind::<Uid, _>(broadcast.notice_id),
            }
            .bind::<Uid, _>(cursor)
        }};
    }
    let end: Option<SliceEnd> = both!(conn, c => {
        ask!(format!("{candidates} ORDER BY 1 LIMIT 1 OFFSET {}", size - 1)).get_result(c).optional()
    })?;
    let last = end.map_or(Id(Uuid::max()), |e| e.group_id);
    // In a lane that rests it is due when the lane opens: nothing else would wake the worker then.
    let later = if matches!(conn, Conn::Pg(_)) { "GREATEST" } else { "MAX" };
    let insert = format!(
        "WITH audience AS ({candidates}) \
         INSERT INTO deliveries (broadcast_id, group_id, priority, state, due_at, attempts, part, reach) \
         SELECT ${}, a.group_id, ${}, 'open', {later}(${}, l.open_at), 0, 0, 0 \
         FROM audience a JOIN lanes l ON l.group_id = a.group_id WHERE a.group_id <= ${} \
         ON CONFLICT (broadcast_id, group_id) DO NOTHING",
        used + 1,
        used + 2,
        used + 3,
        used + 4
    );
    let planned = both!(conn, c => ask!(insert)
        .bind::<Uid, _>(broadcast.id)
        .bind::<SmallInt, _>(broadcast.priority)
        .bind::<Ts, _>(Time(due_at))
        .bind::<Uid, _>(last)
        .execute(c))?;
    broadcast.planned += i32::try_from(planned).unwrap_or(i32::MAX);
    broadcast.expanded = last.0 == Uuid::max() || mutation::on(Mutation::StopGrowing);
    broadcast.cursor = Some(last);
    both!(conn, c => diesel::update(broadcasts::table.find(broadcast.id)).set(&broadcast).execute(c))?;
    Ok(broadcast)
}

/// What became of one broadcast.
#[derive(Clone, Debug, QueryableByName)]
pub struct Tally {
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_outcome: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub last_code: Option<String>,
    /// What the taking back came to, where a notice ended.
    #[diesel(sql_type = Nullable<Text>)]
    pub how: Option<Named<How>>,
    #[diesel(sql_type = BigInt)]
    pub deliveries: i64,
}

/// The deliveries of a broadcast, counted by state, last outcome and what was taken back.
///
/// # Errors
/// When the database refuses.
pub fn tally(conn: &mut Conn, broadcast: Uuid) -> Answer<Vec<Tally>> {
    Ok(both!(conn, c => diesel::sql_query(
        "SELECT state, last_outcome, last_code, how, COUNT(*) AS deliveries FROM deliveries \
         WHERE broadcast_id = $1 GROUP BY state, last_outcome, last_code, how ORDER BY 5 DESC",
    )
    .bind::<Uid, _>(Id(broadcast))
    .load(c))?)
}
