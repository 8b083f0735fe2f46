//! Refusals that leave a trace: who asks again and again for what is not theirs, a phone or a sealed case, is
//! found in the log.

use chrono::{DateTime, TimeDelta, Utc};

use super::events::{self, Entry, Event};
use super::{Conn, StoreResult, notices};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::Actor;
use crate::domain::logged::Act;
use crate::domain::people::Moderator;

/// A person who is refused again within this time is not recorded again, so that asking cannot fill the log.
const REFUSAL_HOLDS: TimeDelta = TimeDelta::hours(1);

/// Records in the notice's history that somebody was refused. The refused step itself was rolled back, so this
/// belongs in a transaction of its own.
pub fn record(
    conn: &mut Conn,
    case: CaseNumber,
    by: Moderator,
    (act, why): (Act, Option<&str>),
    now: DateTime<Utc>,
) -> StoreResult<()> {
    let Some(found) = notices::by_case(conn, case)? else { return Ok(()) };
    let Some(notice) = notices::lock(conn, found.id.0)? else { return Ok(()) };
    let lately = |event: &Event| {
        let mine = event.account_id.is_some_and(|id| id.0 == by.id);
        mine && event.is(act) && event.at.0 > now - REFUSAL_HOLDS
    };
    if events::of_notice(conn, notice.id.0)?.iter().any(lately) {
        return Ok(());
    }
    events::append(conn, Entry { reason: why, ..Entry::noted(&notice, act, Actor::Moderator(by), now) })
}

/// Records that somebody was not let into a case that is for leads alone, unless they may open it after all.
pub fn record_denied(
    conn: &mut Conn,
    case: CaseNumber,
    by: Moderator,
    now: DateTime<Utc>,
) -> StoreResult<()> {
    match notices::by_case(conn, case)? {
        Some(notice) if !notice.may_be_opened_by(by) => record(conn, case, by, (Act::RefuseSheet, None), now),
        _ => Ok(()),
    }
}
