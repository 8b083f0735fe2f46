//! What people who saw something told us, sealed under the notice's key.

use diesel::prelude::*;
use uuid::Uuid;

use super::schema::tips;
use super::types::{Id, Time};
use super::{Answer, Conn, both};

/// A tip, sealed under its case's key.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = tips)]
pub struct Tip {
    pub id: Id,
    pub notice_id: Id,
    pub body_sealed: Vec<u8>,
    /// Held back from the reporter until a moderator has read it.
    pub held: bool,
    pub created_at: Time,
}

/// Adds a tip.
///
/// # Errors
/// When the database refuses.
pub fn insert_tip(conn: &mut Conn, tip: &Tip) -> Answer<()> {
    both!(conn, c => diesel::insert_into(tips::table).values(tip).execute(c))?;
    Ok(())
}

/// Tips of a notice that are shown, at most: whoever wants to bury one under others needs as many networks as that
/// takes.
const SHOWN: i64 = 300;

/// The newest tips of a notice, newest first.
///
/// # Errors
/// When the database refuses.
pub fn tips_of(conn: &mut Conn, notice: Uuid, held_too: bool) -> Answer<Vec<Tip>> {
    both!(conn, c => {
        let mut query = tips::table.filter(tips::notice_id.eq(Id(notice))).select(Tip::as_select()).into_boxed();
        if !held_too {
            query = query.filter(tips::held.eq(false));
        }
        Ok(query.order(tips::id.desc()).limit(SHOWN).load(c)?)
    })
}

/// Which of these notices have a tip that is held back.
///
/// # Errors
/// When the database refuses.
pub fn holding(conn: &mut Conn, notices: &[Uuid]) -> Answer<Vec<Uuid>> {
    let notices: Vec<Id> = notices.iter().copied().map(Id).collect();
    let ids: Vec<Id> = both!(conn, c => tips::table
        .filter(tips::notice_id.eq_any(notices))
        .filter(tips::held)
        .select(tips::notice_id)
        .distinct()
        .load(c))?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}

/// Lets the reporter read a tip that was held back; answers whether there was such a one.
///
/// # Errors
/// When the database refuses.
pub fn pass_on(conn: &mut Conn, notice: Uuid, tip: Uuid) -> Answer<bool> {
    let rows = both!(conn, c => diesel::update(
        tips::table
            .filter(tips::id.eq(Id(tip)).and(tips::notice_id.eq(Id(notice))))
            .filter(tips::held),
    )
    .set(tips::held.eq(false))
    .execute(c))?;
    Ok(rows == 1)
}

/// Deletes a tip that was held back; answers whether there was such a one.
///
/// # Errors
/// When the database refuses.
pub fn discard(conn: &mut Conn, notice: Uuid, tip: Uuid) -> Answer<bool> {
    let rows = both!(conn, c => diesel::delete(
        tips::table
            .filter(tips::id.eq(Id(tip)).and(tips::notice_id.eq(Id(notice))))
            .filter(tips::held),
    )
    .execute(c))?;
    Ok(rows == 1)
}
