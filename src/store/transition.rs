//! The one way a notice changes its state: the life cycle decides, and the new state, its approvals
//! and exactly one event are written together.

use chrono::{DateTime, Utc};

use super::events::{self, Entry};
use super::mutation::{self, Mutation};
use super::notices::{self, Notice};
use super::types::Named;
use super::{Answer, Conn, StoreError};
use crate::domain::life_cycle::{Actor, Refusal, Step, next};
use crate::vault::Vault;

/// Why a transition did not happen.
#[derive(Debug, thiserror::Error)]
pub enum TransitionError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Who takes the step, and why.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    pub actor: Actor,
    /// A code of `review::reasons`, or an outcome.
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
}

/// Takes a step with a locked notice. `change` sets what else belongs to it (claims, times) and may
/// write more in the same transaction; the event comes last.
///
/// # Errors
/// The life cycle's refusal, or the database's.
pub fn take<E: From<TransitionError>>(
    conn: &mut Conn,
    vault: &Vault,
    mut notice: Notice,
    step: Step,
    by: By<'_>,
    change: impl FnOnce(&mut Conn, &mut Notice) -> Result<(), E>,
) -> Result<Notice, E> {
    let store = |e: StoreError| E::from(TransitionError::Store(e));
    let revision = notice.looked_at();
    let before = notice.state.0;
    let mut standing = notice.standing(notices::approvals(conn, notice.id.0, revision).map_err(store)?);
    if mutation::on(Mutation::AskOne) {
        standing.needs.approvals = 1;
    }
    let (after, approvals) =
        next(&standing, step, by.actor).map_err(|e| E::from(TransitionError::Refused(e)))?;
    if approvals != standing.approvals {
        notices::set_approvals(conn, notice.id.0, revision, &approvals, by.at).map_err(store)?;
    }
    notice.state = Named(after);
    notice.version += 1;
    let note_sealed = seal_note(&notice, vault, by.note).map_err(store)?;
    change(conn, &mut notice)?;
    if !(after.is_over() && mutation::on(Mutation::ForgetState)) {
        notices::save(conn, &notice).map_err(store)?;
    }
    let entry = Entry {
        notice: &notice,
        revision,
        step: step.as_str(),
        before,
        after,
        actor: by.actor,
        reason: by.reason,
        note_sealed,
        at: by.at,
    };
    events::append(conn, entry).map_err(store)?;
    Ok(notice)
}

/// The free words of an event, under its case's key.
///
/// # Errors
/// Under another master key.
pub fn seal_note(notice: &Notice, vault: &Vault, note: Option<&str>) -> Answer<Option<Vec<u8>>> {
    let (Some(note), Some(key)) = (note.filter(|n| !n.is_empty()), notice.key(vault)?) else {
        return Ok(None);
    };
    Ok(Some(key.seal("note", note.as_bytes())))
}
