//! The printing press: draws posters off the async threads, at most two at once, and keeps the latest.
//!
//! Whether a poster may be seen at all is asked at the door, at every reading: what is kept here is a
//! picture, never the permission to show it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use tokio::sync::Semaphore;
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
/// Posters kept; at 500 KB each at most 16 MB.
const KEPT: usize = 32;

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

type Kept = HashMap<(Uuid, i32, Language), Bytes>;

/// Draws and keeps posters; cheap to clone.
#[derive(Clone)]
pub struct Press {
    store: Store,
    vault: Vault,
    blobs: Blobs,
    base_url: Arc<str>,
    room: Arc<Semaphore>,
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
            painters: Arc::default(),
            kept: Arc::default(),
        }
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
        let key = (notice.id.0, revision, language);
        if let Some(kept) = lock(&self.kept).get(&key) {
            return Ok(kept.clone());
        }
        let ends_at = notice.ends_at.map(|t| t.0).unwrap_or_default();
        let drawn = self.proof(notice, public, language, ends_at).await?;
        let mut kept = lock(&self.kept);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, drawn.clone());
        Ok(drawn)
    }

    /// The poster of a revision that is not live yet, as it would be; drawn anew each time.
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
        let case_number = case_number(notice)?;
        let content = Content::of(public, &case_number, self.link(&case_number), ends_at, language);
        let photo = match public.photos.first() {
            Some(id) => self.photo(*id).await?,
            None => None,
        };
        self.draw(move |painter| content.draw(painter, photo.as_deref())).await
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
        self.draw(move |painter| {
            painter.draw_ended(&Ended { ending, case_number: &shown, url: &url, texts: &texts(language) })
        })
        .await
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

    async fn draw<F>(&self, drawing: F) -> Result<Bytes, PressError>
    where
        F: FnOnce(&mut Painter) -> Result<Vec<u8>, PosterError> + Send + 'static,
    {
        let room = self.room.clone().acquire_owned().await.map_err(|_| PressError::BrokenOff)?;
        let painters = self.painters.clone();
        let drawn = tokio::task::spawn_blocking(move || {
            let mut painter = lock(&painters).pop().unwrap_or_default();
            let drawn = drawing(&mut painter);
            lock(&painters).push(painter);
            drop(room);
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
}
