//! What was approved and has cooled goes out, by the clock.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Desk, ReviewError, policy};
use crate::broadcast::plan;
use crate::config::Times;
use crate::domain::delivery::Purpose;
use crate::domain::life_cycle::{State, Step, Weighing};
use crate::store::notices::{self, Notice};
use crate::store::transition::{By, take};
use crate::store::types::Time;
use crate::store::{Conn, StoreError, queue};
use crate::vault::Vault;

/// Notices let out at once.
const SLICE: usize = 200;

/// What became of what has cooled.
#[derive(Debug)]
pub struct LetOut {
    /// Notices that went live.
    pub live: usize,
    /// No other will have cooled before then: what is approved from now on has all its cooling before it.
    pub next: DateTime<Utc>,
    /// Why the first of those that could not go live did not; it is tried again with the next look.
    pub failed: Option<ReviewError>,
}

impl Desk {
    /// Lets out what has cooled, each in a transaction of its own: one that cannot go live holds nobody up.
    ///
    /// # Errors
    /// When the database does not tell what cools.
    pub async fn let_out(&self, now: DateTime<Utc>) -> Result<LetOut, ReviewError> {
        let cooling = self.store.read(|c| queue::cooling(c, SLICE as i64)).await?;
        let (cooled, still): (Vec<_>, Vec<_>) = cooling.into_iter().partition(|(_, until)| *until <= now);
        let more = cooled.len() == SLICE;
        let (mut live, mut failed) = (0, None);
        for (id, _) in cooled {
            let (vault, times) = (self.vault.clone(), self.times);
            match self.store.write(move |tx| go_live(tx, &vault, times, id, now)).await {
                Ok(one) => live += one,
                Err(error) => {
                    tracing::warn!(notice = %id, %error, "a notice could not go live");
                    let lost = matches!(error, ReviewError::Store(StoreError::Connection(_)));
                    failed.get_or_insert(error);
                    if lost {
                        break;
                    }
                }
            }
        }
        let first = still.first().map_or(DateTime::<Utc>::MAX_UTC, |(_, until)| *until);
        let next = if more || failed.is_some() { now } else { first.min(now + self.times.cooling) };
        Ok(LetOut { live, next, failed })
    }
}

fn go_live(
    tx: &mut Conn,
    vault: &Vault,
    times: Times,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<usize, ReviewError> {
    let Some(notice) = notices::lock(tx, id)? else { return Ok(0) };
    // Another node may have been faster, or the approval was taken back.
    if notice.state.0 != State::Cooling || notice.cooling_until.is_none_or(|until| until.0 > now) {
        return Ok(0);
    }
    let weighed = weigh_again(tx, vault, &notice, now)?;
    take(tx, vault, notice, Step::GoLive, By::clock(now), |tx, n| {
        n.cooling_until = None;
        n.live_revision = Some(n.revision);
        n.live_at = Some(Time(now));
        n.ends_at = Some(Time(now + times.lifetime));
        n.second_look_at = weighed.second_look.then_some(Time(now + policy::SECOND_LOOK_WITHIN));
        n.police_due_at = weighed.police_follow_up.then_some(Time(now + policy::POLICE_FOLLOWS_WITHIN));
        plan::spread(tx, n, Purpose::Alert, now)?;
        Ok::<_, ReviewError>(())
    })?;
    Ok(1)
}

fn weigh_again(
    tx: &mut Conn,
    vault: &Vault,
    notice: &Notice,
    now: DateTime<Utc>,
) -> Result<Weighing, ReviewError> {
    let revision = notices::revision(tx, notice.id.0, notice.revision)?;
    let (Some(revision), Some(key)) = (revision, notice.key(vault)?) else {
        return Err(ReviewError::Unknown);
    };
    Ok(policy::weigh(&revision.public(&key)?, &revision.private(&key)?, now))
}
