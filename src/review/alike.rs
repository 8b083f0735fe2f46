//! A notice like a sealed case belongs to the leads too. The intake checks that, but two notices submitted at
//! the same moment do not see each other, and another case may be sealed later. So it is checked again before
//! anything goes out.

use chrono::{DateTime, Utc};

use super::ReviewError;
use crate::domain::life_cycle::{ByPolicy, Needs, State, Step};
use crate::store::marks::{self, Alike};
use crate::store::notices::{self, Notice};
use crate::store::transition::{By, apply_to_pending, take};
use crate::store::{Conn, StoreResult, tips};
use crate::vault::Vault;

/// What follows from the sealed cases like what waits to be published: a notice, or the edit of a live one. What is
/// objected to itself is in doubt as well. `None` where nothing waits, it is sealed itself, or no case is like it.
pub(super) fn unsealed(conn: &mut Conn, vault: &Vault, notice: &Notice) -> StoreResult<Option<Alike>> {
    if notice.sealed || !waits_to_go_out(notice) {
        return Ok(None);
    }
    let objected = !tips::objected_to(conn, &[notice.id])?.is_empty();
    Ok(like_sealed(conn, vault, notice)?.or(objected.then_some(Alike::Unsure)))
}

/// Whether something of a notice waits to be published: the notice itself, or the edit of a live one.
pub(super) fn waits_to_go_out(notice: &Notice) -> bool {
    let published = matches!(notice.state, State::Live | State::Paused);
    !published || notice.pending_revision.is_some()
}

/// What follows from the sealed cases like this notice; `None` where no case is like it.
pub(super) fn like_sealed(conn: &mut Conn, vault: &Vault, notice: &Notice) -> StoreResult<Option<Alike>> {
    let Some(opened) = notices::opened(conn, vault, notice, notice.under_review())? else { return Ok(None) };
    let private = opened.private()?;
    marks::like_sealed(conn, vault, (&opened.public, &private), notice.phone_hash.as_deref(), notice.id.0)
}

/// Hands what was about to go out to the leads: the notice, or the edit of a live one.
pub(super) fn hand_to_leads(
    tx: &mut Conn,
    vault: &Vault,
    notice: Notice,
    needs: Needs,
    now: DateTime<Utc>,
) -> Result<Notice, ReviewError> {
    let by = By::policy(ByPolicy::LikeSealed, now);
    let change = |n: &mut Notice| {
        n.end_claim();
        n.cooling_until = None;
        n.seal(needs);
        Ok(())
    };
    match notice.state {
        State::Live | State::Paused => {
            apply_to_pending(tx, vault, notice, Step::Escalate, by, |_, n, _| change(n))
        }
        _ => take(tx, vault, notice, Step::Escalate, by, |_, n| change(n)),
    }
}
