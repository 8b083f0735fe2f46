//! The only way in which a notice, or the revision that waits beside a live one, gets from one state to the
//! next: the life cycle decides, and the new state, its approvals and exactly one event are written together.
//! (A claim is written by `notices::claim`, in one conditional update.)

use chrono::{DateTime, Utc};

use super::events::{self, Entry};
use super::mutation::{self, Mutation};
use super::notices::{self, Notice};
use super::{Conn, StoreError, StoreResult};
use crate::domain::life_cycle::{Actor, ByPolicy, Refusal, State, Step, next};
use crate::domain::logged::Logged;
use crate::domain::people::Moderator;
use crate::vault::Vault;

/// Who takes the step, and why.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    pub actor: Actor,
    /// Why: the name of a reason or of an outcome, or another code.
    pub reason: Option<&'a str>,
    /// Free words, for the reporter or for colleagues.
    pub note: Option<&'a str>,
    pub at: DateTime<Utc>,
}

impl By<'_> {
    /// The clock's own step.
    pub const fn clock(at: DateTime<Utc>) -> By<'static> {
        By { actor: Actor::Clock, reason: None, note: None, at }
    }

    /// A moderator's step.
    pub const fn moderator(by: Moderator, at: DateTime<Utc>) -> By<'static> {
        By { actor: Actor::Moderator(by), reason: None, note: None, at }
    }

    /// The reporter's step.
    pub const fn reporter(at: DateTime<Utc>) -> By<'static> {
        By { actor: Actor::Reporter, reason: None, note: None, at }
    }

    /// The review policy's own step, for that reason.
    pub const fn policy(reason: ByPolicy, at: DateTime<Utc>) -> By<'static> {
        By { actor: Actor::Policy, reason: Some(reason.as_str()), note: None, at }
    }
}

/// Takes a step of a locked notice. A notice whose end has come is over, whether or not the sweep has
/// recorded that. `change` sets what else belongs to the step (claims, times) and may write more in the same
/// transaction; the event comes last.
///
/// # Errors
/// The life cycle's refusal, or the database's.
pub fn take<E: From<Refusal> + From<StoreError>>(
    conn: &mut Conn,
    vault: &Vault,
    mut notice: Notice,
    step: Step,
    by: By<'_>,
    change: impl FnOnce(&mut Conn, &mut Notice) -> Result<(), E>,
) -> Result<Notice, E> {
    let revision = notice.published_or_newest();
    let mut standing = notice.standing(notices::approvals(conn, notice.id.0, revision)?);
    if mutation::on(Mutation::AskOne) {
        standing.needs.approvals = 1;
    }
    if step != Step::Expire {
        standing.state = notice.state_at(by.at);
    }
    let (after, approvals) = next(&standing, step, by.actor)?;
    if approvals != standing.approvals {
        notices::set_approvals(conn, notice.id.0, revision, &approvals, by.at)?;
    }
    notice.state = after;
    let taken = Taken { step: step.into(), revision, before: standing.state };
    write_down(conn, vault, notice, taken, by, change)
}

/// Takes a step of the revision that waits beside what is live, as of a notice that was never published; what
/// is live stays as it is. `change` gets the revision's new state, and sets what belongs to that.
///
/// # Errors
/// The life cycle's refusal, also where no revision waits, or the database's.
pub fn apply_to_pending<E: From<Refusal> + From<StoreError>>(
    conn: &mut Conn,
    vault: &Vault,
    notice: Notice,
    step: Step,
    by: By<'_>,
    change: impl FnOnce(&mut Conn, &mut Notice, State) -> Result<(), E>,
) -> Result<Notice, E> {
    let before = notice.state;
    let now = notice.state_at(by.at);
    let nothing = Refusal::NotFrom { from: now, step };
    let revision = notice.pending_revision.filter(|_| !now.is_over()).ok_or(nothing)?;
    let standing = notice.pending(notices::approvals(conn, notice.id.0, revision)?);
    let (after, approvals) = next(&standing, step, by.actor)?;
    notices::set_approvals(conn, notice.id.0, revision, &approvals, by.at)?;
    let taken = Taken { step: step.into(), revision, before };
    write_down(conn, vault, notice, taken, by, |conn, n| change(conn, n, after))
}

/// Puts a new revision beside what is live, where it waits for review from the start. `add` inserts it.
///
/// # Errors
/// What `add` returns, or the database's error.
pub fn add_pending_revision<E: From<Refusal> + From<StoreError>>(
    conn: &mut Conn,
    vault: &Vault,
    notice: Notice,
    step: impl Into<Logged>,
    by: By<'_>,
    add: impl FnOnce(&mut Conn, &mut Notice) -> Result<(), E>,
) -> Result<Notice, E> {
    let taken = Taken { step: step.into(), revision: notice.revision + 1, before: notice.state };
    write_down(conn, vault, notice, taken, by, |conn, n| {
        add(conn, n)?;
        n.end_claim();
        n.cooling_until = None;
        n.pending_revision = Some(n.revision);
        Ok(())
    })
}

/// A step that is taken.
struct Taken {
    step: Logged,
    revision: i32,
    /// Where the notice stood.
    before: State,
}

fn write_down<E: From<Refusal> + From<StoreError>>(
    conn: &mut Conn,
    vault: &Vault,
    mut notice: Notice,
    taken: Taken,
    by: By<'_>,
    change: impl FnOnce(&mut Conn, &mut Notice) -> Result<(), E>,
) -> Result<Notice, E> {
    let Taken { step, revision, before } = taken;
    let after = notice.state;
    notice.version += 1;
    // Before the change, which may destroy the key.
    let note_sealed = seal_note(&notice, vault, by.note)?;
    change(conn, &mut notice)?;
    if !(after.is_over() && mutation::on(Mutation::ForgetState)) {
        notices::save(conn, &notice)?;
    }
    let entry = Entry {
        notice: &notice,
        revision,
        step,
        before,
        after,
        actor: by.actor,
        reason: by.reason,
        note_sealed,
        at: by.at,
    };
    events::append(conn, entry)?;
    Ok(notice)
}

/// The free words of an event, under its case's key.
fn seal_note(notice: &Notice, vault: &Vault, note: Option<&str>) -> StoreResult<Option<Vec<u8>>> {
    let (Some(note), Some(key)) = (note.filter(|n| !n.is_empty()), notice.key(vault)?) else {
        return Ok(None);
    };
    Ok(Some(key.seal("note", note.as_bytes())))
}
