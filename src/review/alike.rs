//! What is like a sealed case is the leads' as well. The intake sees to that, but two who hand in the same at one moment
//! do not see each other, and another case may be sealed meanwhile: so it is asked again before anything goes out.

use chrono::{DateTime, Utc};

use super::ReviewError;
use super::view::read;
use crate::domain::life_cycle::{LIKE_SEALED, Needs, State, Step};
use crate::domain::marks::sought;
use crate::store::notices::{self, Notice};
use crate::store::transition::{By, take, take_revision};
use crate::store::{Answer, Conn, marks};
use crate::vault::Vault;

/// Whether what waits to be published is like a sealed case, though nobody sealed it: the approvals it then needs.
pub(super) fn unsealed(conn: &mut Conn, vault: &Vault, notice: &Notice) -> Answer<Option<Needs>> {
    let published = matches!(notice.state.0, State::Live | State::Paused);
    if notice.sealed || (published && notice.pending_revision.is_none()) {
        return Ok(None);
    }
    like_sealed(conn, vault, notice)
}

/// Whether what a notice says now is like a sealed case: the approvals that the strictest of them needs.
pub(super) fn like_sealed(conn: &mut Conn, vault: &Vault, notice: &Notice) -> Answer<Option<Needs>> {
    let revision = notices::revision(conn, notice.id.0, read(notice))?;
    let (Some(revision), Some(key)) = (revision, notice.key(vault)?) else { return Ok(None) };
    let sought = sought(&revision.public(&key)?);
    marks::like_sealed(conn, vault, &sought, notice.phone_hash.as_deref(), notice.id.0)
}

/// Hands what is about to go out to the leads: the notice or, where it is live, the edit of it.
pub(super) fn hand_to_leads(
    tx: &mut Conn,
    vault: &Vault,
    notice: Notice,
    needs: Needs,
    now: DateTime<Utc>,
) -> Result<Notice, ReviewError> {
    let by = By::policy(LIKE_SEALED, now);
    let change = |n: &mut Notice| {
        n.let_go();
        n.cooling_until = None;
        n.seal(needs);
        Ok(())
    };
    match notice.state.0 {
        State::Live | State::Paused => {
            take_revision(tx, vault, notice, Step::Escalate, by, |_, n, _| change(n))
        }
        _ => take(tx, vault, notice, Step::Escalate, by, |_, n| change(n)),
    }
}
