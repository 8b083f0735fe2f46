//! Photos: which notice each belongs to, and the key that opens the stored picture.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::schema::photos;
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::look::Look;

/// How long a photo without a notice is kept. The answers to requests that may be repeated are kept as long.
pub const KEPT_ALONE: TimeDelta = TimeDelta::hours(24);

/// A stored photo; its bytes are in the blobs, sealed under its key.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = photos, treat_none_as_default_value = false)]
pub struct Photo {
    pub id: Id,
    pub notice_id: Option<Id>,
    pub key_wrapped: Vec<u8>,
    pub width: i32,
    pub height: i32,
    /// A 64-bit difference hash: photos that look alike differ in few bits.
    pub likeness: i64,
    pub created_at: Time,
}

/// Adds a photo that belongs to nobody yet.
pub fn insert(conn: &mut Conn, photo: &Photo) -> StoreResult<()> {
    both!(conn, c => diesel::insert_into(photos::table).values(photo).execute(c))?;
    Ok(())
}

/// The photo of that id.
pub fn by_id(conn: &mut Conn, id: Uuid) -> StoreResult<Option<Photo>> {
    Ok(both!(conn, c => photos::table.find(Id(id)).select(Photo::as_select()).first(c).optional())?)
}

/// Those of these photos that belong to no notice.
pub fn alone(conn: &mut Conn, ids: &[Uuid]) -> StoreResult<Vec<Photo>> {
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    Ok(both!(conn, c => photos::table
        .filter(photos::id.eq_any(ids).and(photos::notice_id.is_null()))
        .select(Photo::as_select())
        .load(c))?)
}

/// Gives photos to a notice; returns how many were free, or its own already.
pub fn attach(conn: &mut Conn, ids: &[Uuid], notice: Uuid) -> StoreResult<usize> {
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    Ok(both!(conn, c => diesel::update(
        photos::table
            .filter(photos::id.eq_any(ids))
            .filter(photos::notice_id.is_null().or(photos::notice_id.eq(Id(notice)))),
    )
    .set(photos::notice_id.eq(Some(Id(notice))))
    .execute(c))?)
}

/// The photos of a notice.
pub fn of_notice(conn: &mut Conn, notice: Uuid) -> StoreResult<Vec<Photo>> {
    Ok(both!(conn, c => photos::table
        .filter(photos::notice_id.eq(Id(notice)))
        .select(Photo::as_select())
        .load(c))?)
}

/// The other notices with a photo like one of these, newest first, each once. No database counts bits that
/// differ, so the program looks at all photos: 16 bytes each, from the index alone.
pub fn alike(conn: &mut Conn, ids: &[Uuid], but: Uuid) -> StoreResult<Vec<Uuid>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    let look = |likeness: i64| Look(likeness.cast_unsigned());
    let sought = photos::table.filter(photos::id.eq_any(ids)).select(photos::likeness);
    let sought: Vec<i64> = both!(conn, c => sought.load(c))?;
    let all: Vec<(Option<Id>, i64)> = both!(conn, c => photos::table
        .filter(photos::notice_id.is_not_null().and(photos::notice_id.ne(Id(but))))
        .order(photos::notice_id.desc())
        .select((photos::notice_id, photos::likeness))
        .load(c))?;
    let is_like = |likeness: i64| sought.iter().any(|one| look(*one).is_like(look(likeness)));
    let alike = all.into_iter().filter(|(_, likeness)| is_like(*likeness));
    let mut alike: Vec<Uuid> = alike.filter_map(|(notice, _)| notice.map(|id| id.0)).collect();
    alike.dedup();
    Ok(alike)
}

/// When the oldest photo came that no notice has taken, if there are at least `many` of those.
pub fn oldest_if(conn: &mut Conn, many: i64) -> StoreResult<Option<DateTime<Utc>>> {
    // By the index of their notices, and no further than `many` entries.
    let loose = || photos::table.filter(photos::notice_id.is_null()).select(photos::created_at);
    both!(conn, c => {
        let last: Option<Time> = loose().offset(many - 1).limit(1).first(c).optional()?;
        let oldest: Option<Time> = match last {
            Some(_) => loose().order(photos::created_at).first(c).optional()?,
            None => None,
        };
        Ok(oldest.map(|at| at.0))
    })
}

/// Photos from before that time that no notice has taken, beyond that id.
pub fn orphans(conn: &mut Conn, before: DateTime<Utc>, beyond: Uuid, limit: i64) -> StoreResult<Vec<Uuid>> {
    let ids: Vec<Id> = both!(conn, c => photos::table
        .filter(photos::notice_id.is_null().and(photos::created_at.le(Time(before))))
        .filter(photos::id.gt(Id(beyond)))
        .order(photos::id)
        .select(photos::id)
        .limit(limit)
        .load(c))?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}

/// Deletes photos and with them the keys that open their bytes.
pub fn delete(conn: &mut Conn, ids: &[Uuid]) -> StoreResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<Id> = ids.iter().copied().map(Id).collect();
    both!(conn, c => diesel::delete(photos::table.filter(photos::id.eq_any(ids))).execute(c))?;
    Ok(())
}
