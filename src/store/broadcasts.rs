//! Broadcasts: what there is to say, and what became of it.

use chrono::{DateTime, Utc};
use diesel::dsl::{count_star, min, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use uuid::Uuid;

use super::schema::broadcasts;
use super::types::sql::Uid;
use super::types::{Id, Named, Time};
use super::{Answer, Conn, both};
use crate::domain::delivery::{DeliveryState, How, Purpose};

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

/// Adds a broadcast; [`super::growth::expand`] then gives it deliveries.
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
            // In the index's own words: SQLite would not know it by others, and read every broadcast ever.
            broadcasts::table
                .filter(not(broadcasts::expanded))
                .order((broadcasts::priority, broadcasts::planned, broadcasts::id))
                .select(Broadcast::as_select())
        };
    }
    Ok(match conn {
        Conn::Pg(c) => unexpanded!().for_update().skip_locked().first(&mut **c).optional()?,
        Conn::Sqlite(c) => unexpanded!().first(&mut **c).optional()?,
    })
}

/// How many broadcasts still lack deliveries, and since when the oldest of them has been growing.
///
/// # Errors
/// When the database refuses.
pub fn growing(conn: &mut Conn) -> Answer<(i64, Option<DateTime<Utc>>)> {
    let (broadcasts, since): (i64, Option<Time>) = both!(conn, c => broadcasts::table
        .filter(not(broadcasts::expanded))
        .select((count_star(), min(broadcasts::created_at)))
        .first(c))?;
    Ok((broadcasts, since.map(|at| at.0)))
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

/// What became of all that was said about a notice, in numbers of groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Groups that received the notice.
    pub received: i64,
    /// Messages that still wait, of whatever purpose.
    pub waiting: i64,
    /// Groups in which every message says now that it is over.
    pub edited: i64,
    /// Groups in which a message was deleted, and none stands as it was.
    pub deleted: i64,
    /// Groups that were told that it is over.
    pub followed_up: i64,
}

/// The sum over all broadcasts of a notice.
///
/// # Errors
/// When the database refuses.
pub fn sum(conn: &mut Conn, notice: Uuid) -> Answer<Sum> {
    #[derive(QueryableByName)]
    struct Part {
        #[diesel(sql_type = Text)]
        state: Named<DeliveryState>,
        #[diesel(sql_type = Bool)]
        ends: bool,
        #[diesel(sql_type = Nullable<Text>)]
        how: Option<Named<How>>,
        #[diesel(sql_type = BigInt)]
        groups: i64,
    }
    // Whoever received an update received the alert, or joined later: each counts once.
    let parts: Vec<Part> = both!(conn, c => diesel::sql_query(
        "SELECT d.state, b.purpose IN ('closing', 'correction') AS ends, d.how, \
           COUNT(DISTINCT d.group_id) AS groups \
         FROM broadcasts b JOIN deliveries d ON d.broadcast_id = b.id WHERE b.notice_id = $1 \
         GROUP BY d.state, 2, d.how",
    )
    .bind::<Uid, _>(Id(notice))
    .load(c))?;
    let mut sum = Sum::default();
    for part in parts {
        let counted = match (part.state.0, part.ends, part.how.map(|how| how.0)) {
            (DeliveryState::Open, ..) => &mut sum.waiting,
            (DeliveryState::Delivered, false, _) => &mut sum.received,
            (DeliveryState::Delivered, true, Some(How::Edited)) => &mut sum.edited,
            (DeliveryState::Delivered, true, Some(How::Deleted)) => &mut sum.deleted,
            (DeliveryState::Delivered, true, _) => &mut sum.followed_up,
            _ => continue,
        };
        *counted += part.groups;
    }
    Ok(sum)
}
