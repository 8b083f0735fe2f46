//! The printing press: draws posters outside the async threads, at most two at once, and caches the latest.
//! What visitors ask for waits in a queue of their own, so that a crowd of them cannot keep a broadcast waiting
//! for its picture, nor one of them the others.
//!
//! Whether a poster may be seen at all is decided by the handler at every request: the cache holds pictures,
//! never the permission to show them.

use std::num::NonZeroUsize;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use ipnet::IpNet;
use lru::LruCache;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::content::{self, Content};
use super::{Ended, Ending, Painter, PosterError, Texts};
use crate::blobs::{BlobError, Blobs, Size};
use crate::domain::language::Language;
use crate::domain::notice::Public;
use crate::permits::{BrokenOff, Queue, Turn, with_permit};
use crate::store::notices::Notice;
use crate::store::{Store, StoreError, photos};
use crate::vault::Vault;

/// How many posters are drawn at the same time: as many as a usual machine has cores.
const AT_ONCE: usize = 2;
/// How many of these may be for visitors.
const FOR_VISITORS: u32 = 1;
/// How many posters are cached; at most 500 KB each, so 16 MB in all.
const KEPT: NonZeroUsize = NonZeroUsize::new(32).expect("more than none");

/// Why a poster is not available.
#[derive(Debug, thiserror::Error)]
pub enum PressError {
    #[error(transparent)]
    Poster(#[from] PosterError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the photo cannot be read: {0}")]
    Photo(#[from] BlobError),
    #[error(transparent)]
    BrokenOff(#[from] BrokenOff),
}

impl PressError {
    /// Whether trying again would fail the same way. A photo or row that cannot be read now may be readable
    /// in a moment.
    pub const fn is_final(&self) -> bool {
        matches!(self, PressError::Poster(_))
    }
}

/// Which picture of a notice it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Shows {
    Revision(i32),
    Ending(Ending),
}

type Kept = LruCache<(Uuid, Shows, Language), Bytes>;

/// Draws and caches posters; cheap to clone.
#[derive(Clone)]
pub struct Press {
    store: Store,
    vault: Vault,
    blobs: Blobs,
    base_url: Arc<str>,
    room: Arc<Semaphore>,
    visitors: Queue,
    /// The network of the visitor who asks; `None` for a broadcast, which waits in no queue.
    asked_by: Option<IpNet>,
    painters: Arc<Mutex<Vec<Painter>>>,
    kept: Arc<Mutex<Kept>>,
}

impl Press {
    /// A press with an empty cache.
    pub fn new(store: Store, vault: Vault, blobs: Blobs, base_url: Arc<str>) -> Press {
        Press {
            store,
            vault,
            blobs,
            base_url,
            room: Arc::new(Semaphore::new(AT_ONCE)),
            visitors: Queue::new(FOR_VISITORS),
            asked_by: None,
            painters: Arc::default(),
            kept: Arc::new(Mutex::new(LruCache::new(KEPT))),
        }
    }

    /// The same press for a visitor from that network; all of them get only a part of its capacity.
    #[must_use]
    pub fn asked_by(&self, network: IpNet) -> Press {
        Press { asked_by: Some(network), ..self.clone() }
    }

    /// The poster of a notice with the words of that revision.
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

    /// The cached picture for a key; otherwise it is drawn, once its turn has come.
    async fn once<F>(
        &self,
        key: (Uuid, Shows, Language),
        draw: impl FnOnce(Option<Turn>) -> F,
    ) -> Result<Bytes, PressError>
    where
        F: Future<Output = Result<Bytes, PressError>>,
    {
        let kept = || self.kept.lock().get(&key).cloned();
        if let Some(kept) = kept() {
            return Ok(kept);
        }
        let turn = match self.asked_by {
            Some(network) => Some(self.visitors.turn(network, 1).await.map_err(|_| BrokenOff)?),
            None => None,
        };
        // An earlier one in the queue may have wanted the same picture.
        if let Some(kept) = kept() {
            return Ok(kept);
        }
        let drawn = draw(turn).await?;
        self.kept.lock().put(key, drawn.clone());
        Ok(drawn)
    }

    /// The poster that a revision would have once live; never cached. Moderators do not wait in the visitors'
    /// queue.
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
        turn: Option<Turn>,
        notice: &Notice,
        public: &Public,
        language: Language,
        ends_at: DateTime<Utc>,
    ) -> Result<Bytes, PressError> {
        let content = Content::of(public, &notice.case_number, &self.base_url, ends_at, language);
        let photo = match public.photos.first() {
            Some(id) => self.photo(*id).await?,
            None => None,
        };
        self.draw(turn, move |painter| content.draw(painter, photo.as_deref())).await
    }

    /// The plain picture that says a notice is over or paused; nothing about the person is on it.
    ///
    /// # Errors
    /// See [`PressError`].
    pub async fn ended(
        &self,
        notice: &Notice,
        ending: Ending,
        language: Language,
    ) -> Result<Bytes, PressError> {
        let case_number = notice.case_number;
        let url = content::link(&self.base_url, &case_number);
        let check = content::check(&self.base_url, language);
        let shown = case_number.to_string();
        let draw = |turn| {
            self.draw(turn, move |painter| {
                let (case_number, texts) = (&shown, &Texts::of(language));
                painter.draw_ended(&Ended { ending, case_number, url: &url, check: &check, texts })
            })
        };
        self.once((notice.id.0, Shows::Ending(ending), language), draw).await
    }

    /// Empties the cache, so that it holds nothing of an erased notice.
    pub fn forget(&self) {
        self.kept.lock().clear();
    }

    async fn photo(&self, id: Uuid) -> Result<Option<Vec<u8>>, PressError> {
        let Some(photo) = self.store.read(move |c| photos::by_id(c, id)).await? else { return Ok(None) };
        Ok(Some(self.blobs.photo(&self.vault, &photo, Size::Page).await?))
    }

    async fn draw<F>(&self, turn: Option<Turn>, drawing: F) -> Result<Bytes, PressError>
    where
        F: FnOnce(&mut Painter) -> Result<Vec<u8>, PosterError> + Send + 'static,
    {
        let painters = self.painters.clone();
        let drawn = with_permit(self.room.clone().acquire_owned(), move || {
            let _turn = turn;
            let mut painter = painters.lock().pop().unwrap_or_default();
            let drawn = drawing(&mut painter);
            painters.lock().push(painter);
            drawn
        })
        .await?;
        Ok(Bytes::from(drawn?))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;
    use crate::domain::life_cycle::State;
    use crate::domain::notice::samples;
    use crate::store::fixture::notice;
    use crate::web::shared::Shared;

    fn says(description: &str) -> Public {
        Public { description: description.to_owned(), ..samples::public() }
    }

    /// A broadcast may draw an older or newer revision than the one that was live when its notice was read.
    #[tokio::test]
    async fn every_revision_has_a_poster_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let press = Shared::for_tests(folder.path(), "https://72.example.org").await.press;
        let mut live = notice(State::Live);
        live.live_revision = Some(2);
        let (old, new) = (says("出门买菜未归。"), says("出门买菜未归，有人在车站见过。"));
        let draw =
            async |revision, public| press.poster(&live, (revision, public), Language::ZhCn).await.unwrap();
        let drawn = draw(1, &old).await;
        assert_ne!(draw(2, &new).await, drawn);
        assert_eq!(draw(1, &old).await, drawn);
    }

    #[tokio::test]
    async fn a_crowd_at_the_doors_keeps_no_broadcast_waiting_and_is_shown_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let press = Shared::for_tests(folder.path(), "https://72.example.org").await.press;
        let visitor = |number: u8| press.asked_by(format!("203.0.{number}.0/24").parse().unwrap());
        let over = notice(State::Closed);
        let crowd = press.visitors.turn("203.0.1.0/24".parse().unwrap(), FOR_VISITORS).await.unwrap();
        let waiting = visitor(2).ended(&over, Ending::Over, Language::En).now_or_never();
        assert!(waiting.is_none(), "their turn has not come");
        let drawn = press.ended(&over, Ending::Over, Language::En).await.unwrap();
        let kept = visitor(2).ended(&over, Ending::Over, Language::En).now_or_never();
        assert_eq!(kept.expect("it is kept").unwrap(), drawn);

        // Whoever asks for very many posters waits for them alone.
        let (greedy, other) = (visitor(1), visitor(2));
        let mut more = pin!(greedy.ended(&over, Ending::Paused, Language::En));
        assert!(more.as_mut().now_or_never().is_none());
        let mut one = pin!(other.ended(&over, Ending::Paused, Language::ZhCn));
        assert!(one.as_mut().now_or_never().is_none());
        drop(crowd);
        tokio::select! {
            biased;
            drawn = one => drop(drawn.unwrap()),
            _ = more => panic!("the other one waited in vain"),
        }
    }
}
