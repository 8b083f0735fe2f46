//! What was approved and has cooled goes out, by the clock.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::again::publish_revision;
use super::{Desk, ReviewError, alike, policy};
use crate::broadcast::plan;
use crate::config::Times;
use crate::domain::delivery::Purpose;
use crate::domain::life_cycle::{Step, Weighing};
use crate::store::notices::{self, Notice};
use crate::store::transition::{By, take, take_revision};
use crate::store::types::Time;
use crate::store::{Conn, queue};
use crate::vault::Vault;

/// Notices in one look at what cools.
const SLICE: i64 = 200;

/// What became of what has cooled.
#[derive(Debug)]
pub struct LetOut {
    /// Notices that went live, and edits of live ones.
    pub live: usize,
    /// No other will have cooled before then: what is approved from now on has all its cooling before it.
    pub next: DateTime<Utc>,
    /// Why the first of those that could not go live did not; it is tried again with the next look.
    pub failed: Option<ReviewError>,
}

impl Desk {
    /// Lets out what has cooled, each in a transaction of its own: one that cannot go live holds nobody up.
    pub async fn let_out(&self, now: DateTime<Utc>) -> LetOut {
        let mut out = LetOut { live: 0, next: now, failed: None };
        match self.let_out_all(now, &mut out).await {
            Ok(next) if out.failed.is_none() => out.next = next.min(now + self.times.cooling),
            Ok(_) => {}
            Err(error) => drop(out.failed.get_or_insert(error)),
        }
        out
    }

    /// Answers when the first of those will have cooled that have not.
    async fn let_out_all(&self, now: DateTime<Utc>, out: &mut LetOut) -> Result<DateTime<Utc>, ReviewError> {
        let mut tried = queue::Place::default();
        loop {
            let cooling = self.store.read(move |c| queue::cooling(c, tried, SLICE)).await?;
            let more = cooling.len() as i64 == SLICE;
            for (until, id) in cooling {
                if until > now {
                    return Ok(until);
                }
                tried = (until, id);
                let (vault, times) = (self.vault.clone(), self.times);
                match self.store.write(move |tx| go_live(tx, &vault, times, id, now)).await {
                    Ok(one) => out.live += one,
                    Err(error) => {
                        tracing::warn!(notice = %id, %error, "a notice could not go live");
                        if matches!(&error, ReviewError::Store(error) if error.is_general()) {
                            return Err(error);
                        }
                        out.failed.get_or_insert(error);
                    }
                }
            }
            if !more {
                return Ok(DateTime::<Utc>::MAX_UTC);
            }
        }
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
    // Another node may have been faster, or the approval was taken back; or it is over, and the sweep comes.
    if notice.cooling_until.is_none_or(|until| until.0 > now) || notice.state_at(now).is_over() {
        return Ok(0);
    }
    if let Some(needs) = alike::unsealed(tx, vault, &notice)? {
        alike::hand_to_leads(tx, vault, notice, needs, now)?;
        return Ok(0);
    }
    if notice.pending_revision.is_some() {
        take_revision(tx, vault, notice, Step::GoLive, By::clock(now), |tx, n, _| {
            publish_revision(tx, vault, n, times, now)
        })?;
        return Ok(1);
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
