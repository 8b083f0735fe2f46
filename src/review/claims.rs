//! Claims: one person holds a notice at a time, for as long as they work on it.

use chrono::{DateTime, Utc};

use super::{Desk, ReviewError, held_by, stale, with_notice};
use crate::domain::case_number::CaseNumber;
use crate::domain::life_cycle::{Actor, Standing, Step, next};
use crate::domain::people::Moderator;
use crate::store::Conn;
use crate::store::events::{self, Entry};
use crate::store::notices::{self, Claim, Notice};
use crate::store::transition::{By, take};
use crate::store::types::{Id, Time};

impl Desk {
    /// Claims a notice, or renews the claim.
    ///
    /// # Errors
    /// [`ReviewError::ClaimedByOther`] while another person holds it who may approve it.
    pub async fn claim(
        &self,
        case: CaseNumber,
        by: Moderator,
        now: DateTime<Utc>,
    ) -> Result<Notice, ReviewError> {
        let until = now + self.times.claim;
        self.step(case, by, now, move |tx| claim(tx, case, by, now, until)).await
    }

    /// Releases a notice.
    ///
    /// # Errors
    /// [`ReviewError::ClaimRequired`] where the caller does not hold it.
    pub async fn release(
        &self,
        case: CaseNumber,
        by: Moderator,
        now: DateTime<Utc>,
    ) -> Result<Notice, ReviewError> {
        let vault = self.vault.clone();
        self.step(case, by, now, move |tx| {
            with_notice(tx, case, by, |tx, notice| {
                held_by(&notice, by, now)?;
                let by = By::moderator(by, now);
                take(tx, &vault, notice, Step::Release, by, |_, n| {
                    n.end_claim();
                    Ok(())
                })
            })
        })
        .await
    }
}

fn claim(
    tx: &mut Conn,
    case: CaseNumber,
    by: Moderator,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Notice, ReviewError> {
    let mut notice = notices::by_case(tx, case)?.ok_or(ReviewError::Unknown)?;
    let before = notice.state;
    let approvals = notices::approvals(tx, notice.id.0, notice.published_or_newest())?;
    let standing = Standing { state: notice.state_at(now), ..notice.standing(approvals) };
    let (after, _) = next(&standing, Step::Claim, Actor::Moderator(by))?;
    let renewal = notice.claimant(now) == Some(by.id);
    let version = notice.version + i32::from(!renewal);
    // A notice that waits for another person's approval is not blocked by the person who gave the first.
    let over = notice.claimant(now).filter(|holder| standing.waits_for_another_than(*holder));
    let claim = Claim { state: after, version, by: by.id, over, until };
    if !notices::claim(tx, notice.id.0, notice.version, claim, now)? {
        let seen = notices::by_id(tx, notice.id.0)?.ok_or(ReviewError::Unknown)?;
        return Err(match seen.claimant(now) {
            Some(holder) if holder != by.id => ReviewError::ClaimedByOther,
            _ => stale(&seen),
        });
    }
    notice.state = after;
    notice.version = version;
    notice.claimed_by = Some(Id(by.id));
    notice.claimed_until = Some(Time(until));
    if !renewal {
        let claimed = Entry::noted(&notice, Step::Claim, Actor::Moderator(by), now);
        events::append(tx, Entry { revision: notice.revision, before, ..claimed })?;
    }
    Ok(notice)
}
