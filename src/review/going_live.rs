//! What was approved goes live once it has cooled. The scheduler runs this.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::again::publish_revision;
use super::{Desk, ReviewError, alike, opened, policy};
use crate::broadcast::plan;
use crate::domain::delivery::Purpose;
use crate::domain::life_cycle::Step;
use crate::store::marks::Alike;
use crate::store::notices::{self, Place};
use crate::store::transition::{By, apply_to_pending, take};
use crate::store::types::Time;
use crate::store::{Conn, sweep};

/// How many cooling notices are read at a time.
const SLICE: i64 = 200;

/// The result of one run.
#[derive(Debug)]
pub struct PublishedNow {
    /// Notices that went live, and edits of live ones.
    pub live: usize,
    /// When to look again: nothing else will have cooled before then, because what is approved from now on
    /// still has all its cooling ahead.
    pub next: DateTime<Utc>,
    /// Why the first one that failed did not go live; the next run tries it again.
    pub failed: Option<ReviewError>,
}

impl Desk {
    /// Publishes what has cooled, each in its own transaction, so that one failure holds up no other.
    pub async fn publish_cooled(&self, now: DateTime<Utc>) -> PublishedNow {
        let mut out = PublishedNow { live: 0, next: now, failed: None };
        match self.publish_all(now, &mut out).await {
            Ok(next) if out.failed.is_none() => out.next = next.min(now + self.times.cooling),
            Ok(_) => {}
            Err(error) => drop(out.failed.get_or_insert(error)),
        }
        out
    }

    /// Returns when the first of those still cooling will have cooled.
    async fn publish_all(
        &self,
        now: DateTime<Utc>,
        out: &mut PublishedNow,
    ) -> Result<DateTime<Utc>, ReviewError> {
        let mut tried = Place::default();
        loop {
            let cooling = self.store.read(move |c| sweep::cooling(c, tried, SLICE)).await?;
            let more = cooling.len() as i64 == SLICE;
            for Place { at: until, id } in cooling {
                if until > now {
                    return Ok(until);
                }
                tried = Place { at: until, id };
                let desk = self.clone();
                match self.store.write(move |tx| go_live(tx, &desk, id, now)).await {
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

fn go_live(tx: &mut Conn, desk: &Desk, id: Uuid, now: DateTime<Utc>) -> Result<usize, ReviewError> {
    let vault = &desk.vault;
    let Some(notice) = notices::lock(tx, id)? else { return Ok(0) };
    // Another node was faster, the approval was taken back, or the notice is over and the sweep will handle
    // it.
    if notice.cooling_until.is_none_or(|until| until.0 > now) || notice.state_at(now).is_over() {
        return Ok(0);
    }
    if let Some(Alike::Sealed(needs)) = alike::unsealed(tx, vault, &notice)? {
        alike::hand_to_leads(tx, vault, notice, needs, now)?;
        return Ok(0);
    }
    if notice.pending_revision.is_some() {
        apply_to_pending(tx, vault, notice, Step::GoLive, By::clock(now), |tx, n, _| {
            publish_revision(tx, desk, n, now)
        })?;
        return Ok(1);
    }
    let content = opened(tx, vault, &notice, notice.revision)?;
    let weighed = policy::weigh(&content.public, &content.private()?, now);
    take(tx, vault, notice, Step::GoLive, By::clock(now), |tx, n| {
        n.cooling_until = None;
        n.live_revision = Some(n.revision);
        n.live_at = Some(Time(now));
        n.ends_at = Some(Time(now + desk.times.lifetime));
        n.second_look_at = weighed.second_look.then_some(Time(now + policy::SECOND_LOOK_WITHIN));
        n.police_due_at = weighed.police_follow_up.then_some(Time(now + policy::POLICE_FOLLOWS_WITHIN));
        plan::plan_for_subscribers(tx, n, Purpose::Alert, now)?;
        Ok::<_, ReviewError>(())
    })?;
    Ok(1)
}
