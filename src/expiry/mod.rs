//! Fourth station: a notice ends. Its reporter closes it or its time runs out; what has not gone out is
//! cancelled, the groups that received it are told, and after the retention only a tombstone is left.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::blobs::{BlobError, Blobs};
use crate::broadcast::plan;
use crate::config::Times;
use crate::domain::delivery::Purpose;
use crate::domain::life_cycle::{Refusal, State, Step};
use crate::domain::notice::Outcome;
use crate::store::notices::{self, Notice};
use crate::store::sweep::{self, Moments};
use crate::store::transition::{By, take};
use crate::store::{Conn, Store, StoreError, answers, events, marks, photos};
use crate::vault::Vault;

pub mod api;
pub mod pages;

/// Notices in one look at what has become due.
const SLICE: i64 = 200;

/// Why a notice could not be ended.
#[derive(Debug, thiserror::Error)]
pub enum ExpiryError {
    #[error("no such notice")]
    Unknown,
    #[error("the notice is over already")]
    Over(State),
    #[error(transparent)]
    Refused(Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a stored photo could not be deleted: {0}")]
    Blobs(#[from] BlobError),
}

impl ExpiryError {
    /// Whether the next notice would fail, too.
    fn is_general(&self) -> bool {
        match self {
            ExpiryError::Blobs(error) => error.is_general(),
            ExpiryError::Store(error) => error.is_general(),
            _ => false,
        }
    }
}

impl From<Refusal> for ExpiryError {
    fn from(refusal: Refusal) -> ExpiryError {
        match refusal {
            Refusal::NotFrom { from, .. } => ExpiryError::Over(from),
            refusal => ExpiryError::Refused(refusal),
        }
    }
}

/// What one sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    pub expired: usize,
    pub erased: usize,
    /// The first thing that failed; the next sweep tries it again.
    pub failed: Option<ExpiryError>,
}

impl Swept {
    /// Notes a failure with a notice; returns how many were done, or `None` where it is no use to go on.
    fn note(&mut self, id: Uuid, done: Result<usize, ExpiryError>) -> Option<usize> {
        let error = match done {
            Ok(done) => return Some(done),
            Err(error) => error,
        };
        tracing::warn!(notice = %id, %error, "a notice could not be expired or erased");
        let general = error.is_general();
        self.failed.get_or_insert(error);
        (!general).then_some(0)
    }
}

/// Ends notices: everything that a step of this station needs.
#[derive(Clone)]
pub struct Closer {
    pub store: Store,
    pub vault: Vault,
    pub blobs: Blobs,
    pub times: Times,
}

impl Closer {
    /// Ends a notice as its reporter says. The same outcome again gets the same answer again.
    ///
    /// # Errors
    /// [`ExpiryError::Over`] where it has already ended in another way.
    pub async fn close(
        &self,
        id: Uuid,
        outcome: Outcome,
        announce: bool,
        now: DateTime<Utc>,
    ) -> Result<Notice, ExpiryError> {
        let (vault, times) = (self.vault.clone(), self.times);
        self.store
            .write(move |tx| {
                let notice = notices::lock(tx, id)?.ok_or(ExpiryError::Unknown)?;
                let announce = announce && outcome != Outcome::Withdrawn;
                let is_so = notice.outcome == Some(outcome) && notice.announce == announce;
                if notice.state == State::Closed && is_so {
                    return Ok(notice);
                }
                if notice.state_at(now).is_over() {
                    return Err(ExpiryError::Over(notice.state_at(now)));
                }
                let by = By { reason: Some(outcome.as_str()), ..By::reporter(now) };
                take(tx, &vault, notice, Step::Close, by, |tx, n| {
                    n.outcome = Some(outcome);
                    n.announce = announce;
                    end(tx, n, times, now)
                })
            })
            .await
    }

    /// Does everything that has become due: expires, erases, tidies up. Several nodes may sweep at once; each
    /// notice is taken by one of them, under its row's lock. A notice that fails holds up no other.
    pub async fn sweep(&self, now: DateTime<Utc>) -> Swept {
        let mut swept = Swept::default();
        if let Err(error) = self.sweep_all(now, &mut swept).await {
            swept.failed.get_or_insert(error);
        }
        swept
    }

    async fn sweep_all(&self, now: DateTime<Utc>, swept: &mut Swept) -> Result<(), ExpiryError> {
        let forsaken_since = now - self.times.retention.max(self.times.lifetime);
        let kept = now - photos::KEPT_ALONE;
        let at = Moments { now, forsaken_since, kept };
        let mut tried = Some(sweep::Tried::default());
        while let Some(so_far) = tried {
            let look = move |c: &mut Conn| sweep::come(c, at, so_far, SLICE);
            let come = self.store.read(look).await?;
            tried = come.go_on(so_far, SLICE);
            for id in come.over() {
                let expired = self.expire(id, forsaken_since, now).await;
                let Some(expired) = swept.note(id, expired) else { return Ok(()) };
                swept.expired += expired;
            }
            for id in come.to_erase() {
                let erased = self.erase(id, now).await;
                let Some(erased) = swept.note(id, erased) else { return Ok(()) };
                swept.erased += erased;
            }
            if !come.loose.is_empty() || come.answers {
                self.tidy(come.loose, kept, swept).await?;
            }
        }
        Ok(())
    }

    async fn expire(
        &self,
        id: Uuid,
        forsaken: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<usize, ExpiryError> {
        let (vault, times) = (self.vault.clone(), self.times);
        self.store
            .write(move |tx| {
                let Some(notice) = notices::lock(tx, id)? else { return Ok(0) };
                let due = match notice.state {
                    State::Live | State::Paused => notice.ends_at.is_some_and(|ends| ends.0 <= now),
                    state => state.is_undecided() && notice.submitted_at.0 <= forsaken,
                };
                if !due {
                    return Ok(0);
                }
                take(tx, &vault, notice, Step::Expire, By::clock(now), |tx, n| end(tx, n, times, now))?;
                Ok(1)
            })
            .await
    }

    /// Erases a notice: first the pictures, then every word and the key that opens copies of them.
    async fn erase(&self, id: Uuid, now: DateTime<Utc>) -> Result<usize, ExpiryError> {
        let pictures: Vec<Uuid> =
            self.store.read(move |c| photos::of_notice(c, id)).await?.iter().map(|p| p.id.0).collect();
        self.delete_blobs(&pictures).await?;
        let vault = self.vault.clone();
        self.store
            .write(move |tx| {
                let Some(notice) = notices::lock(tx, id)? else { return Ok(0) };
                if notice.erase_at.is_none_or(|at| at.0 > now) {
                    return Ok(0);
                }
                photos::delete(tx, &pictures)?;
                notices::erase_contents(tx, id)?;
                marks::clear(tx, id)?;
                events::erase_notes(tx, id)?;
                take(tx, &vault, notice, Step::Erase, By::clock(now), |_, n| {
                    n.key_wrapped = None;
                    n.manage_hash = None;
                    n.phone_hash = None;
                    n.submitted_by = None;
                    // What it needed and how urgent it was tell of the person, too.
                    (n.urgency, n.needs_approvals, n.needs_leads) = (0, 0, 0);
                    (n.escalated, n.guarded, n.paused_by_lead) = (false, false, false);
                    n.missing_since = n.submitted_at;
                    n.erase_at = None;
                    Ok::<_, ExpiryError>(())
                })?;
                Ok(1)
            })
            .await
    }

    /// Deletes photos that no notice took and forgets old answers. A photo that cannot be deleted holds up
    /// nothing else.
    async fn tidy(
        &self,
        loose: Vec<Uuid>,
        before: DateTime<Utc>,
        swept: &mut Swept,
    ) -> Result<(), ExpiryError> {
        let (mut gone, mut away) = (Vec::new(), None);
        for photo in loose {
            match self.delete_blobs(&[photo]).await {
                Ok(()) => gone.push(photo),
                Err(error) if error.is_general() => {
                    away = Some(error);
                    break;
                }
                Err(error) => drop(swept.failed.get_or_insert(error)),
            }
        }
        self.store
            .write(move |tx| {
                photos::delete(tx, &gone)?;
                answers::forget_answers(tx, before)?;
                Ok::<_, StoreError>(())
            })
            .await?;
        away.map_or(Ok(()), Err)
    }

    async fn delete_blobs(&self, photos: &[Uuid]) -> Result<(), ExpiryError> {
        for photo in photos {
            self.blobs.delete_photo(*photo).await?;
        }
        Ok(())
    }
}

/// What every ending has in common: nothing more goes out except the message that it is over.
fn end(tx: &mut Conn, notice: &mut Notice, times: Times, now: DateTime<Utc>) -> Result<(), ExpiryError> {
    notice.end(now, times.retention);
    plan::end(tx, notice, Purpose::Closing, now)?;
    Ok(())
}
