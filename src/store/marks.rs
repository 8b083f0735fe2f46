//! What notices are recognised by: keyed hashes of their [`domain::marks`](crate::domain::marks), so that
//! nobody can read a name here.

use std::cmp::Reverse;
use std::collections::HashMap;

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::notices::{Notice, needs};
use super::schema::{events, marks, notices};
use super::types::Id;
use super::{Answer, Conn, both, photos};
use crate::domain::life_cycle::{Needs, PROTECTED, PROTECTS};
use crate::domain::marks::{Likeness, Mark, sought};
use crate::domain::notice::Public;
use crate::vault::Vault;

/// A mark as it is stored: a keyed hash.
fn hash(vault: &Vault, (likeness, words): &Mark) -> Vec<u8> {
    vault.index(likeness.as_str(), words)
}

/// Replaces the marks of a notice.
pub fn set(conn: &mut Conn, vault: &Vault, notice: Uuid, borne: &[Mark]) -> Answer<()> {
    clear(conn, notice)?;
    let rows: Vec<_> = borne
        .iter()
        .map(|mark| (marks::hash.eq(hash(vault, mark)), marks::notice_id.eq(Id(notice))))
        .collect();
    if !rows.is_empty() {
        both!(conn, c => diesel::insert_into(marks::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Deletes the marks of a notice.
pub fn clear(conn: &mut Conn, notice: Uuid) -> Answer<()> {
    both!(conn, c => diesel::delete(marks::table.filter(marks::notice_id.eq(Id(notice)))).execute(c))?;
    Ok(())
}

/// Other notices that bear one of these marks, newest first, each once for each likeness.
pub fn others(
    conn: &mut Conn,
    vault: &Vault,
    sought: &[Mark],
    but: Uuid,
    limit: i64,
) -> Answer<Vec<(Notice, Likeness)>> {
    let why: HashMap<Vec<u8>, Likeness> = sought.iter().map(|mark| (hash(vault, mark), mark.0)).collect();
    let hashes: Vec<&[u8]> = why.keys().map(Vec::as_slice).collect();
    let found: Vec<(Notice, Vec<u8>)> = both!(conn, c => marks::table
        .inner_join(notices::table.on(notices::id.eq(marks::notice_id)))
        .filter(marks::hash.eq_any(&hashes).and(marks::notice_id.ne(Id(but))))
        .order(notices::id.desc())
        .select((Notice::as_select(), marks::hash))
        .limit(limit)
        .load(c))?;
    let known = found.into_iter().filter_map(|(notice, hash)| Some((notice, *why.get(&hash)?)));
    let mut known: Vec<_> = known.collect();
    known.sort_by_key(|(notice, likeness)| (Reverse(notice.id.0), *likeness));
    // A name that is read in two ways has two marks of its sound.
    known.dedup_by_key(|(notice, likeness)| (notice.id.0, *likeness));
    Ok(known)
}

/// Whether a notice that says this is like another one that is sealed, or was refused or removed to protect
/// the person sought, whatever became of it: by a mark, by a photo, or by the phone. The approvals that the
/// strictest of those asks for.
pub fn like_sealed(
    conn: &mut Conn,
    vault: &Vault,
    public: &Public,
    phone: Option<&[u8]>,
    but: Uuid,
) -> Answer<Option<Needs>> {
    let hashes: Vec<Vec<u8>> = sought(public).iter().map(|mark| hash(vault, mark)).collect();
    let marked = marks::table.filter(marks::hash.eq_any(&hashes)).select(marks::notice_id);
    let mut alike: Vec<Id> = both!(conn, c => marked.load(c))?;
    alike.extend(photos::alike(conn, &public.photos, but)?.into_iter().map(Id));
    if let Some(phone) = phone {
        let same_phone = notices::table.filter(notices::phone_hash.eq(phone)).select(notices::id);
        alike.extend(both!(conn, c => same_phone.load::<Id>(c))?);
    }
    let [one, other] =
        PROTECTS.map(|(step, reasons)| events::step.eq(step.as_str()).and(events::reason.eq_any(reasons)));
    let to_protect = events::table.filter(events::notice_id.eq(notices::id)).filter(one.or(other));
    let alike: Vec<(bool, i16, i16)> = both!(conn, c => notices::table
        .filter(notices::id.eq_any(alike).and(notices::id.ne(Id(but))))
        .filter(notices::sealed.or(exists(to_protect)))
        .select((notices::sealed, notices::needs_approvals, notices::needs_leads))
        .load(c))?;
    let needs = alike
        .into_iter()
        .map(|(sealed, approvals, leads)| if sealed { needs(approvals, leads) } else { PROTECTED });
    Ok(needs.reduce(|one, other| Needs {
        approvals: one.approvals.max(other.approvals),
        leads: one.leads.max(other.leads),
    }))
}
