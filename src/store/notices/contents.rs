//! What a notice says, revision by revision, sealed under its case's key.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::super::schema::{notices, revisions};
use super::super::types::{Id, Time};
use super::super::{Conn, StoreResult, both};
use super::Notice;
use crate::domain::notice::{Private, Public};
use crate::vault::{Key, Vault};

/// What a revision asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// That it is said.
    Words,
    /// Another 72 hours for what is said already.
    Time,
}

/// One revision's content, sealed under its case's key.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = revisions, treat_none_as_default_value = false)]
pub struct Revision {
    pub notice_id: Id,
    pub number: i32,
    pub public_sealed: Vec<u8>,
    pub private_sealed: Vec<u8>,
    /// It says the same as the one before, for another 72 hours.
    pub renewal: bool,
    pub created_at: Time,
}

impl Revision {
    /// Seals a revision.
    ///
    /// # Errors
    /// When the content cannot be written as JSON.
    pub fn seal(
        key: &Key,
        notice: Uuid,
        number: i32,
        content: (&Public, &Private),
        asks: Asks,
        now: DateTime<Utc>,
    ) -> StoreResult<Revision> {
        Ok(Revision {
            notice_id: Id(notice),
            number,
            public_sealed: key.seal("public", &serde_json::to_vec(content.0)?),
            private_sealed: key.seal("private", &serde_json::to_vec(content.1)?),
            renewal: asks == Asks::Time,
            created_at: Time(now),
        })
    }

    /// What everybody may read while it is live.
    ///
    /// # Errors
    /// When the key is not this case's.
    pub fn public(&self, key: &Key) -> StoreResult<Public> {
        Ok(serde_json::from_slice(&key.open("public", &self.public_sealed)?)?)
    }

    /// What only those who review it may read.
    ///
    /// # Errors
    /// When the key is not this case's.
    pub fn private(&self, key: &Key) -> StoreResult<Private> {
        Ok(serde_json::from_slice(&key.open("private", &self.private_sealed)?)?)
    }
}

/// A revision whose public part is opened, with what opens the rest.
pub struct Opened {
    pub public: Public,
    pub revision: Revision,
    pub key: Key,
}

impl Opened {
    /// What only those who review it may read.
    ///
    /// # Errors
    /// When the key is not this case's.
    pub fn private(&self) -> StoreResult<Private> {
        self.revision.private(&self.key)
    }
}

/// A revision of a notice, opened; `None` once the notice is erased.
///
/// # Errors
/// When the database refuses, or the case was sealed under another master key.
pub fn opened(conn: &mut Conn, vault: &Vault, notice: &Notice, number: i32) -> StoreResult<Option<Opened>> {
    let Some(key) = notice.key(vault)? else { return Ok(None) };
    let Some(revision) = revision(conn, notice.id.0, number)? else { return Ok(None) };
    Ok(Some(Opened { public: revision.public(&key)?, revision, key }))
}

/// Adds a later revision.
pub fn insert_revision(conn: &mut Conn, revision: &Revision) -> StoreResult<()> {
    both!(conn, c => diesel::insert_into(revisions::table).values(revision).execute(c))?;
    Ok(())
}

/// A revision of a notice.
pub fn revision(conn: &mut Conn, notice: Uuid, number: i32) -> StoreResult<Option<Revision>> {
    Ok(both!(conn, c => revisions::table
        .filter(revisions::notice_id.eq(Id(notice)).and(revisions::number.eq(number)))
        .select(Revision::as_select())
        .first(c)
        .optional())?)
}

/// The revisions with these numbers of many notices at once. There may be further revisions of these notices
/// among them, because every number is looked for in every notice.
pub fn revisions_of(conn: &mut Conn, of: &[(Uuid, i32)]) -> StoreResult<Vec<Revision>> {
    let ids: Vec<Id> = of.iter().map(|(id, _)| Id(*id)).collect();
    let numbers: Vec<i32> = of.iter().map(|(_, number)| *number).collect();
    Ok(both!(conn, c => revisions::table
        .filter(revisions::notice_id.eq_any(ids).and(revisions::number.eq_any(numbers)))
        .select(Revision::as_select())
        .load(c))?)
}

/// The live revisions of many notices at once.
pub fn live_revisions(conn: &mut Conn, of: &[Notice]) -> StoreResult<Vec<Revision>> {
    let ids: Vec<Id> = of.iter().map(|n| n.id).collect();
    Ok(both!(conn, c => revisions::table
        .inner_join(notices::table.on(
            notices::id.eq(revisions::notice_id).and(notices::live_revision.eq(revisions::number.nullable())),
        ))
        .filter(notices::id.eq_any(ids))
        .select(Revision::as_select())
        .load(c))?)
}
