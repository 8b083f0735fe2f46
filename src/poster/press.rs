//! The printing press: draws posters off the async threads, at most two at once, and keeps the latest. What the doors
//! ask for stands in a queue of its own, so that no crowd there keeps a broadcast waiting for its picture.
//!
//! Whether a poster may be seen at all is asked at the door, at every reading: what is kept here is a
//! picture, never the permission to show it.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use lru::LruCache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::content::{Content, texts};
use super::{Ended, Ending, Painter, PosterError};
use crate::blobs::{BlobError, Blobs, Size};
use crate::domain::case_number::CaseNumber;
use crate::domain::language::Language;
use crate::domain::notice::Public;
use crate::store::notices::Notice;
use crate::store::{Store, StoreError, photos};
use crate::vault::Vault;

/// Posters drawn at the same time: as many as there are usually cores.
const AT_ONCE: usize = 2;
/// Of these for the doors.
const FOR_DOORS: usize = 1;
/// Posters kept; at 500 KB each at most 16 MB.
const KEPT: NonZeroUsize = NonZeroUsize::new(32).expect("more than none");

/// Why there is no poster.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    #[error(transparent)]
    Poster(#[from] PosterError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the photo cannot be read: {0}")]
    Photo(#[from] BlobError),
    #[error("the drawing was broken off")]
    BrokenOff,
}

impl PressError {
    /// Whether it would end like this each time. Whatever cannot be read now may be there in a moment.
    pub const fn is_final(&self) -> bool {
        matches!(self, PressError::Poster(_))
    }
}

/// What of a notice a poster shows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Shows {
    Revision(i32),
    Ending(Ending),
}

type Kept = LruCache<(Uuid, Shows, Language), Bytes>;

/// Draws and keeps posters; cheap to clone.
#[derive(Clone)]
pub struct Press {
    store: Store,
    vault: Vault,
    blobs: Blobs,
    base_url: Arc<str>,
    room: Arc<Semaphore>,
    /// Where those wait who have a queue of their own.
    queue: Option<Arc<Semaphore>>,
    painters: Arc<Mutex<Vec<Painter>>>,
    kept: Arc<Mutex<Kept>>,
}

impl Press {
    /// A press with nothing printed yet.
    pub fn new(store: Store, vault: Vault, blobs: Blobs, base_url: Arc<str>) -> Press {
        Press {
            store,
            vault,
            blobs,
            base_url,
            room: Arc::new(Semaphore::new(AT_ONCE)),
            queue: None,
            painters: Arc::default(),
            kept: Arc::new(Mutex::new(LruCache::new(KEPT))),
        }
    }

    /// The same press for the doors, which fill only a part of it.
    #[must_use]
    pub fn of_doors(&self) -> Press {
        Press { queue: Some(Arc::new(Semaphore::new(FOR_DOORS))), ..self.clone() }
    }

    /// The poster of a notice as that revision of it says.
    ///
    /// # Errors
    /// See [`PressError`].
    pub async fn poster(
        &self,
        notice: &Notice,
        (revision, public): (i32, &Public),
        language: Language,
    ) -> Result<Bytes, PressError> {
        let ends_at = notice.ends_at.map(|t| t.0).unwrap_or_default();
        let key = (notice.id.0, Shows::Revision(revision), language);
        self.once(key, |turn| self.drawn(turn, notice, public, language, ends_at)).await
    }

    /// What is kept under that key, or else is drawn when its turn has come.
    async fn once<F>(
        &self,
        key: (Uuid, Shows, Language),
        draw: impl FnOnce(Option<OwnedSemaphorePermit>) -> F,
    ) -> Result<Bytes, PressError>
    where
        F: Future<Output = Result<Bytes, PressError>>,
    {
        let kept = || lock(&self.kept).get(&key).cloned();
        if let Some(kept) = kept() {
            return Ok(kept);
        }
        let turn = match self.queue.clone() {
            Some(queue) => Some(queue.acquire_owned().await.map_err(|_| PressError::BrokenOff)?),
            None => None,
        };
        // Those who stood before in the queue may have wanted the same.
        if let Some(kept) = kept() {
            return Ok(kept);
        }
        let drawn = draw(turn).await?;
        lock(&self.kept).put(key, drawn.clone());
        Ok(drawn)
    }

    /// The poster of a revision that is not live yet, as it would be; drawn anew each time. Those who verify wait for no
    /// visitors.
    ///
    /// # Errors
    /// See [`PressError`].
    pub async fn proof(
        &self,
        notice: &Notice,
        public: &Public,
        language: Language,
        ends_at: DateTime<Utc>,
    ) -> Result<Bytes, PressError> {
        self.drawn(None, notice, public, language, ends_at).await
    }

    async fn drawn(
        &self,
        turn: Option<OwnedSemaphorePermit>,
        notice: &Notice,
        public: &Public,
        language: Language,
        ends_at: DateTime<Utc>,
    ) -> Result<Bytes, PressError> {
        let case_number = case_number(notice)?;
        let content = Content::of(public, &case_number, self.link(&case_number), ends_at, language);
        let photo = match public.photos.first() {
            Some(id) => self.photo(*id).await?,
            None => None,
        };
        self.draw(turn, move |painter| content.draw(painter, photo.as_deref())).await
    }

    /// The plain poster that says a notice is over, or paused: nothing of the person on it.
    ///
    /// # Errors
    /// See [`PressError`].
    pub async fn ended(
        &self,
        notice: &Notice,
        ending: Ending,
        language: Language,
    ) -> Result<Bytes, PressError> {
        let case_number = case_number(notice)?;
        let url = self.link(&case_number);
        let shown = case_number.to_string();
        let draw = |turn| {
            self.draw(turn, move |painter| {
                painter.draw_ended(&Ended { ending, case_number: &shown, url: &url, texts: &texts(language) })
            })
        };
        self.once((notice.id.0, Shows::Ending(ending), language), draw).await
    }

    /// Forgets every poster: what is erased is in none that is kept.
    pub fn forget(&self) {
        lock(&self.kept).clear();
    }

    fn link(&self, case_number: &CaseNumber) -> String {
        format!("{}/n/{case_number}", self.base_url)
    }

    async fn photo(&self, id: Uuid) -> Result<Option<Vec<u8>>, PressError> {
        let Some(photo) = self.store.read(move |c| photos::by_id(c, id)).await? else { return Ok(None) };
        Ok(Some(self.blobs.photo(&self.vault, &photo, Size::Page).await?))
    }

    async fn draw<F>(&self, turn: Option<OwnedSemaphorePermit>, drawing: F) -> Result<Bytes, PressError>
    where
        F: FnOnce(&mut Painter) -> Result<Vec<u8>, PosterError> + Send + 'static,
    {
        let room = self.room.clone().acquire_owned().await.map_err(|_| PressError::BrokenOff)?;
        let painters = self.painters.clone();
        let drawn = tokio::task::spawn_blocking(move || {
            let mut painter = lock(&painters).pop().unwrap_or_default();
            let drawn = drawing(&mut painter);
            lock(&painters).push(painter);
            drop((room, turn));
            drawn
        })
        .await
        .map_err(|_| PressError::BrokenOff)?;
        Ok(Bytes::from(drawn?))
    }
}

fn case_number(notice: &Notice) -> Result<CaseNumber, StoreError> {
    notice.case_number.parse().map_err(|_| StoreError::Corrupt("a stored case number is not one".to_owned()))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // What a panicking drawing left behind is whole: painters and pictures are put in only when done.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::domain::life_cycle::{Needs, State};
    use crate::domain::notice::{Emergency, Incident, Subject};
    use crate::domain::region::Region;
    use crate::review::samples::notice;
    use crate::web::shared::Shared;

    fn says(description: &str) -> Public {
        Public {
            region: Region::parse("131003").unwrap(),
            subject: Subject::Rescue { incident: Incident { what: Emergency::Flood, people: None } },
            last_seen: None,
            description: description.to_owned(),
            police_station: None,
            phone: None,
            photos: Vec::new(),
        }
    }

    /// What is drawn for a broadcast may be older, or newer, than what was live when its notice was read.
    #[tokio::test]
    async fn every_revision_has_a_poster_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let press = Shared::for_tests(folder.path(), "https://72.example.org").await.press;
        let mut live = notice(State::Live, Needs { approvals: 1, leads: 0 });
        live.live_revision = Some(2);
        let (old, new) = (says("三人被困。"), says("三人已转移，另有五人被困。"));
        let draw =
            async |revision, public| press.poster(&live, (revision, public), Language::ZhCn).await.unwrap();
        let drawn = draw(1, &old).await;
        assert_ne!(draw(2, &new).await, drawn);
        assert_eq!(draw(1, &old).await, drawn);
    }

    #[tokio::test]
    async fn a_crowd_at_the_doors_keeps_no_broadcast_waiting_and_is_shown_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let doors = Shared::for_tests(folder.path(), "https://72.example.org").await.press;
        let press = Press { queue: None, ..doors.clone() };
        let over = notice(State::Closed, Needs { approvals: 1, leads: 0 });
        let _crowd = doors.queue.as_ref().unwrap().acquire_many(FOR_DOORS as u32).await.unwrap();
        assert!(
            doors.ended(&over, Ending::Over, Language::En).now_or_never().is_none(),
            "its turn has not come"
        );
        let drawn = press.ended(&over, Ending::Over, Language::En).await.unwrap();
        let kept = doors.ended(&over, Ending::Over, Language::En).now_or_never();
        assert_eq!(kept.expect("it is kept").unwrap(), drawn);
    }
}
