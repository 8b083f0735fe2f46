//! What notices are recognised by: keyed hashes of their [`domain::marks`](crate::domain::marks), so that
//! nobody can read a name here.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use diesel::dsl::exists;
use diesel::prelude::*;
use uuid::Uuid;

use super::notices::{Notice, needs as needs_of};
use super::rows::NAMED;
use super::schema::{events, marks, notices};
use super::types::Id;
use super::{Conn, StoreResult, both, photos, tips};
use crate::domain::life_cycle::{Needs, PROTECTED, State, Step};
use crate::domain::logged::Act;
use crate::domain::marks::{Likeness, Mark, of_protected, plainly};
use crate::domain::notice::{Private, Public};
use crate::domain::reason::Reason;
use crate::vault::Vault;

/// A mark as it is stored: a keyed hash.
fn hash(vault: &Vault, (likeness, words): &Mark) -> Vec<u8> {
    vault.index(likeness.as_str(), words)
}

/// Replaces the marks of a notice.
pub fn set(conn: &mut Conn, vault: &Vault, notice: Uuid, borne: &[Mark]) -> StoreResult<()> {
    clear(conn, notice)?;
    add(conn, vault, notice, borne)
}

/// Adds marks to those of a notice.
pub fn add(conn: &mut Conn, vault: &Vault, notice: Uuid, borne: &[Mark]) -> StoreResult<()> {
    borne.iter().try_for_each(|mark| keep(conn, notice, &hash(vault, mark)))
}

/// Keeps a former phone of a notice among its marks, by its keyed hash.
pub fn keep_phone(conn: &mut Conn, notice: &Notice, former: Option<&[u8]>) -> StoreResult<()> {
    match former {
        Some(former) if notice.phone_hash.as_deref() != Some(former) => keep(conn, notice.id.0, former),
        _ => Ok(()),
    }
}

fn keep(conn: &mut Conn, notice: Uuid, hash: &[u8]) -> StoreResult<()> {
    both!(conn, c => diesel::insert_into(marks::table)
        .values((marks::hash.eq(hash), marks::notice_id.eq(Id(notice))))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Deletes the marks of a notice.
pub fn clear(conn: &mut Conn, notice: Uuid) -> StoreResult<()> {
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
) -> StoreResult<Vec<(Notice, Likeness)>> {
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

/// What follows from being like a sealed case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// Those who verify have looked at that case: what is like it is sealed, too, and asks for as many
    /// approvals as the strictest such case.
    Sealed(Needs),
    /// Nobody has, a tip objects to it that no lead has decided, or they have no more in common than a name and a
    /// city. Anybody can send one to keep a true notice from the public, and many share a name, so this only asks
    /// for a lead.
    Unsure,
}

/// A case that protects the person sought, and that a notice is like: it is sealed, or was refused or removed for
/// them, or a lead believed their objection, or nobody has decided about that yet.
#[derive(Clone, Debug)]
pub struct Protected {
    pub id: Uuid,
    /// What they have in common, in the order in which it is reported.
    pub why: Vec<Likeness>,
    /// The approvals that it asks for, where it seals what is like it.
    needs: Option<Needs>,
}

/// What follows from the cases of [`protected`].
pub fn like_sealed(
    conn: &mut Conn,
    vault: &Vault,
    said: (&Public, &Private),
    phone: Option<&[u8]>,
    but: Uuid,
) -> StoreResult<Option<Alike>> {
    let found = protected(conn, vault, said, phone, but)?;
    let unsure = !found.is_empty();
    let strictest = found.into_iter().filter_map(|case| case.needs).reduce(|one, other| Needs {
        approvals: one.approvals.max(other.approvals),
        leads: one.leads.max(other.leads),
    });
    Ok(strictest.map(Alike::Sealed).or(unsure.then_some(Alike::Unsure)))
}

/// The other cases that protect the person sought, whatever became of them, and that a notice which says this is
/// like: by a mark, by a photo, by the phone, or because its text
/// names who is sought there. First those that seal it, of each the newest first.
pub fn protected(
    conn: &mut Conn,
    vault: &Vault,
    (public, private): (&Public, &Private),
    phone: Option<&[u8]>,
    but: Uuid,
) -> StoreResult<Vec<Protected>> {
    let mut alike = bearing(conn, vault, (public, private), phone)?;
    let mut also = |id: Uuid, likeness| alike.entry(id).or_default().push((likeness, false));
    for id in photos::alike(conn, &public.photos, but)? {
        also(id, Likeness::Photo);
    }
    if let Some(phone) = phone {
        let same_phone = notices::table.filter(notices::phone_hash.eq(phone)).select(notices::id);
        for id in both!(conn, c => same_phone.load::<Id>(c))? {
            also(id.0, Likeness::Phone);
        }
    }
    let ids: Vec<Id> = alike.keys().filter(|id| **id != but).copied().map(Id).collect();
    let found = protecting(conn, &ids)?;
    let looked_at = looked_at(conn, &found.iter().map(|(id, ..)| *id).collect::<Vec<_>>())?;
    let why = |id: Id| plainly(alike[&id.0].iter().map(|(likeness, _)| *likeness));
    let mut found: Vec<Protected> = found
        .into_iter()
        .map(|(id, sealed, approvals, leads)| {
            let plain = alike[&id.0].iter().any(|(_, faint)| !faint);
            let counts = plain && (!sealed || looked_at.contains(&id));
            let needs = if sealed { needs_of(approvals, leads) } else { PROTECTED };
            Protected { id: id.0, why: why(id), needs: counts.then_some(needs) }
        })
        .collect();
    let doubtful = tips::objected_to(conn, &ids)?.into_iter();
    let doubtful = doubtful.filter(|id| found.iter().all(|case| case.id != id.0)).collect::<Vec<_>>();
    found.extend(doubtful.into_iter().map(|id| Protected { id: id.0, why: why(id), needs: None }));
    found.sort_by_key(|case| (case.needs.is_none(), Reverse(case.id)));
    Ok(found)
}

/// Those of these cases that are sealed, were refused or removed to protect somebody, or whose person sought a lead
/// believed, each with whether it is sealed and the approvals and leads that it asks for.
fn protecting(conn: &mut Conn, among: &[Id]) -> StoreResult<Vec<(Id, bool, i16, i16)>> {
    let mut found = Vec::new();
    for some in among.chunks(NAMED) {
        let [a, b, c, d] = Reason::PROTECT
            .map(|why| events::step.eq(why.step().as_str()).and(events::reason.eq(why.as_str())));
        let believed = events::step.eq(Act::BelieveTip.as_str());
        let protects = a.or(b).or(c).or(d).or(believed);
        let to_protect = events::table.filter(events::notice_id.eq(notices::id)).filter(protects);
        found.extend(both!(conn, c => notices::table
            .filter(notices::id.eq_any(some))
            .filter(notices::sealed.or(exists(to_protect)))
            .select((notices::id, notices::sealed, notices::needs_approvals, notices::needs_leads))
            .load::<(Id, bool, i16, i16)>(c))?);
    }
    Ok(found)
}

/// The notices that bear a mark by which those that protect somebody are looked for, or that phone as a former
/// one: with each likeness, and whether it is faint.
fn bearing(
    conn: &mut Conn,
    vault: &Vault,
    (public, private): (&Public, &Private),
    phone: Option<&[u8]>,
) -> StoreResult<HashMap<Uuid, Vec<(Likeness, bool)>>> {
    let marks = of_protected(public, private).into_iter();
    let mut why: HashMap<Vec<u8>, (Likeness, bool)> =
        marks.map(|(told_as, mark)| (hash(vault, &mark), (told_as, mark.0.is_faint()))).collect();
    why.extend(phone.map(|phone| (phone.to_vec(), (Likeness::Phone, false))));
    let hashes: Vec<&[u8]> = why.keys().map(Vec::as_slice).collect();
    let mut bearing: HashMap<Uuid, Vec<(Likeness, bool)>> = HashMap::new();
    for some in hashes.chunks(NAMED) {
        let borne = marks::table.filter(marks::hash.eq_any(some)).select((marks::notice_id, marks::hash));
        for (id, hash) in both!(conn, c => borne.load::<(Id, Vec<u8>)>(c))? {
            bearing.entry(id.0).or_default().extend(why.get(&hash));
        }
    }
    Ok(bearing)
}

/// Those of these cases that a lead has claimed, or that somebody escalated, refused or removed; but none that was
/// refused because it is not true, or a copy: with a few words anybody could seal the notice that is.
fn looked_at(conn: &mut Conn, cases: &[Id]) -> StoreResult<Vec<Id>> {
    let decided = [Step::Escalate, Step::Reject, Step::Remove].map(Step::as_str);
    let claimed = || events::step.eq(Step::Claim.as_str()).and(events::actor.eq("lead"));
    let by_somebody = || events::step.eq_any(decided).and(events::account_id.is_not_null());
    let mut looked_at: Vec<(Id, String, State, Option<String>)> = Vec::new();
    for some in cases.chunks(NAMED) {
        let steps = events::table.filter(events::notice_id.eq_any(some)).filter(claimed().or(by_somebody()));
        let steps = steps.select((events::notice_id, events::step, events::after, events::reason));
        looked_at.extend(both!(conn, c => steps.load::<(Id, String, State, Option<String>)>(c))?);
    }
    // An edit that is refused says nothing of the notice itself.
    let disproves = |step: &str, after: State, reason: &Option<String>| {
        let is = |why: &Reason| why.step().as_str() == step && reason.as_deref() == Some(why.as_str());
        after == State::Rejected && Reason::DISPROVE.iter().any(is)
    };
    let disproved = looked_at.iter().filter(|(_, step, after, reason)| disproves(step, *after, reason));
    let disproved: HashSet<Uuid> = disproved.map(|(case, ..)| case.0).collect();
    Ok(looked_at.into_iter().map(|(case, ..)| case).filter(|case| !disproved.contains(&case.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;
    use crate::store::fixture::store;

    /// One statement of SQLite cannot name so many.
    #[tokio::test]
    async fn very_many_cases_may_be_alike() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path()).await;
        let look = |c: &mut Conn| {
            let many = vec![Id(Uuid::nil()); 33_000];
            Ok::<_, StoreError>((protecting(c, &many)?.len(), looked_at(c, &many)?.len()))
        };
        assert_eq!(store.read(look).await.unwrap(), (0, 0));
    }
}
