//! Tips: what people who saw something told us, sealed under the notice's key.

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use super::notices::Notice;
use super::rows::NAMED;
use super::schema::tips;
use super::types::{Id, Time};
use super::{Conn, StoreResult, both};
use crate::domain::tip::Content;
use crate::vault::Key;

/// A tip, sealed under its case's key.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = tips)]
pub struct Tip {
    pub id: Id,
    pub notice_id: Id,
    pub body_sealed: Vec<u8>,
    /// Held back from the reporter until a moderator has read it.
    pub held: bool,
    /// It calls the search for a person false, or comes from the person sought: the notice is to be looked at again
    /// at once.
    pub objects: bool,
    pub created_at: Time,
}

impl Tip {
    /// What it says.
    pub fn content(&self, key: &Key) -> StoreResult<Content> {
        Ok(serde_json::from_slice(&key.open(PURPOSE, &self.body_sealed)?)?)
    }
}

/// What a tip says, as [`Tip::body_sealed`].
pub fn sealed(key: &Key, content: &Content) -> StoreResult<Vec<u8>> {
    Ok(key.seal(PURPOSE, &serde_json::to_vec(content)?))
}

/// What the bodies are sealed as.
const PURPOSE: &str = "tip";

/// Adds a tip.
pub fn insert_tip(conn: &mut Conn, tip: &Tip) -> StoreResult<()> {
    both!(conn, c => diesel::insert_into(tips::table).values(tip).execute(c))?;
    Ok(())
}

/// How many tips of a notice are shown, at most, of those that are held back, and as many of those that were
/// passed on, and of those that were discarded.
const SHOWN: i64 = 300;

/// The tips of a notice that wait for a moderator, oldest first: each decision makes room for the next tip,
/// so none is buried under later ones.
pub fn held_back(conn: &mut Conn, notice: Uuid) -> StoreResult<Vec<Tip>> {
    let held = tips::table.filter(tips::notice_id.eq(Id(notice)).and(tips::held));
    Ok(both!(conn, c => held.order(tips::id).limit(SHOWN).select(Tip::as_select()).load(c))?)
}

/// The newest tips of a notice that its reporter may read, newest first.
pub fn passed_on(conn: &mut Conn, notice: Uuid) -> StoreResult<Vec<Tip>> {
    decided(conn, notice, false)
}

/// The newest tips of a notice that were discarded, newest first: only leads read them.
pub fn discarded(conn: &mut Conn, notice: Uuid) -> StoreResult<Vec<Tip>> {
    decided(conn, notice, true)
}

fn decided(conn: &mut Conn, notice: Uuid, discarded: bool) -> StoreResult<Vec<Tip>> {
    let decided = tips::table.filter(tips::notice_id.eq(Id(notice)).and(tips::held.eq(false)));
    let these = decided.filter(tips::discarded.eq(discarded));
    Ok(both!(conn, c => these.order(tips::id.desc()).limit(SHOWN).select(Tip::as_select()).load(c))?)
}

/// What is held back of a notice's tips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Whether there is one that anybody who verifies may decide.
    pub plain: bool,
    /// Whether there is one that objects to the notice, which a lead decides.
    pub objecting: bool,
}

impl Held {
    /// Whether there is any.
    pub const fn any(self) -> bool {
        self.plain || self.objecting
    }
}

/// What is held back of these notices' tips; those with none are left out.
pub fn holding(conn: &mut Conn, notices: &[Uuid]) -> StoreResult<HashMap<Uuid, Held>> {
    let notices: Vec<Id> = notices.iter().copied().map(Id).collect();
    let kinds: Vec<(Id, bool)> = both!(conn, c => tips::table
        .filter(tips::notice_id.eq_any(notices))
        .filter(tips::held)
        .select((tips::notice_id, tips::objects))
        .distinct()
        .load(c))?;
    let mut holding: HashMap<Uuid, Held> = HashMap::new();
    for (notice, objects) in kinds {
        let held = holding.entry(notice.0).or_default();
        *held = Held { plain: held.plain || !objects, objecting: held.objecting || objects };
    }
    Ok(holding)
}

/// Those of these notices to which a tip objects that no lead has decided yet.
pub fn objected_to(conn: &mut Conn, among: &[Id]) -> StoreResult<Vec<Id>> {
    let mut found = Vec::new();
    for some in among.chunks(NAMED) {
        found.extend(both!(conn, c => tips::table
            .filter(tips::notice_id.eq_any(some))
            .filter(tips::held.and(tips::objects))
            .select(tips::notice_id)
            .distinct()
            .load::<Id>(c))?);
    }
    Ok(found)
}

/// Whether one of the tips of a notice that are held back [guards](Content::guards_at_once) all others at once.
pub fn endangered(conn: &mut Conn, notice: &Notice, key: &Key) -> StoreResult<bool> {
    for tip in held_back(conn, notice.id.0)? {
        if tip.content(key)?.guards_at_once(notice.kind) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A tip of a notice that is held back.
pub fn held(conn: &mut Conn, notice: Uuid, tip: Uuid) -> StoreResult<Option<Tip>> {
    let held = tips::table.find(Id(tip)).filter(tips::notice_id.eq(Id(notice)).and(tips::held));
    Ok(both!(conn, c => held.select(Tip::as_select()).first(c).optional())?)
}

/// Lets the reporter read a tip that is held back, as it is sealed now.
pub fn pass_on(conn: &mut Conn, held: Id, body_sealed: &[u8]) -> StoreResult<()> {
    let passed = (tips::held.eq(false), tips::body_sealed.eq(body_sealed));
    both!(conn, c => diesel::update(tips::table.find(held)).set(passed).execute(c))?;
    Ok(())
}

/// Keeps a tip that is held back for leads alone, until its case is erased: who verifies might empty the case of
/// a child whose abductor they know.
pub fn discard(conn: &mut Conn, held: Id) -> StoreResult<()> {
    let discarded = (tips::held.eq(false), tips::discarded.eq(true));
    both!(conn, c => diesel::update(tips::table.find(held)).set(discarded).execute(c))?;
    Ok(())
}

/// The same, of all that are held back and object to a notice.
pub fn discard_objections(conn: &mut Conn, notice: Id) -> StoreResult<()> {
    let objections = tips::table.filter(tips::notice_id.eq(notice).and(tips::held).and(tips::objects));
    let discarded = (tips::held.eq(false), tips::discarded.eq(true));
    both!(conn, c => diesel::update(objections).set(discarded).execute(c))?;
    Ok(())
}
