//! Photos on their way in and out: decoded and shrunk on blocking threads, a few at a time, and stored sealed,
//! each under a key of its own.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use serde::Serialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use uuid::Uuid;

use super::photo;
use super::{Intake, IntakeError};
use crate::blobs::Size;
use crate::clock::new_id;
use crate::domain::look::Look;
use crate::permits::{Queue, with_permit};
use crate::store::notices;
use crate::store::photos::{self as stored, Photo};
use crate::store::types::{Id, Time};
use crate::store::{Conn, StoreError};
use crate::vault::{Vault, token_hash};

/// The most photos without a notice: some 10 GB. One network can send a tenth of that within the time that
/// they are kept, so it takes many networks to keep others out.
pub const LOOSE_AT_MOST: i64 = 10_000;

/// The most photos decoded at a time: as many as a small machine has processors, and memory for.
const DECODERS: u32 = 2;
/// Memory for each of them, in bytes. A photo that takes more is decoded alone.
const MEMORY: u64 = 200_000_000;

static QUEUE: LazyLock<Queue> = LazyLock::new(|| Queue::new(DECODERS));
/// Reading a header takes milliseconds, but up to two copies of the file.
static HEADERS: Semaphore = Semaphore::const_new(DECODERS as usize);

/// A stored photo, as its sender gets it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Stored {
    /// For `photo_ids`.
    pub id: Uuid,
    /// Pixels of the largest size.
    pub width: u32,
    pub height: u32,
    /// Serves the photo to everybody while a live notice shows it; to its reporter and to those who verify once it
    /// belongs to a notice.
    pub url: String,
}

/// The path of a photo below the base address.
pub fn path(id: Uuid, size: Size) -> String {
    format!("/p/{id}/{}.jpg", size.as_str())
}

impl Intake {
    /// Takes a photo in that came from a network. What is stored is a newly encoded picture, never the file that
    /// was sent.
    ///
    /// # Errors
    /// [`IntakeError::Photo`] with what is wrong with the file, [`IntakeError::PhotosFull`] where
    /// [`LOOSE_AT_MOST`] photos wait for a notice.
    pub async fn store_photo(
        &self,
        bytes: Vec<u8>,
        sender: IpNet,
        now: DateTime<Utc>,
    ) -> Result<Stored, IntakeError> {
        // Checked before the work, so photos that arrive together may exceed the bound by a few.
        if let Some(oldest) = self.store.read(|c| stored::oldest_if(c, LOOSE_AT_MOST)).await? {
            tracing::warn!("too many photos wait for a notice; no more are taken in");
            return Err(IntakeError::PhotosFull { wait: oldest + stored::KEPT_ALONE - now });
        }
        // Whatever the header tells against a file is told before its network's turn.
        let (memory, bytes) = with_permit(HEADERS.acquire(), move || (photo::memory(&bytes), bytes)).await?;
        let turn = QUEUE.turn(sender, if memory? > MEMORY { DECODERS } else { 1 });
        let picture = with_permit(turn, move || photo::read(&bytes)).await??;
        let id = new_id(now);
        let (key, key_wrapped) = self.vault.new_key();
        let (width, height, Look(look)) = (picture.width, picture.height, picture.look);
        let row = Photo {
            id: Id(id),
            notice_id: None,
            key_wrapped,
            // Never fails: no side is longer than 1,600 pixels.
            width: i32::try_from(width).unwrap_or(i32::MAX),
            height: i32::try_from(height).unwrap_or(i32::MAX),
            likeness: look.cast_signed(),
            created_at: Time(now),
        };
        // The row is written before the pictures: if writing them fails, the sweep finds the remains by it.
        self.store.write(move |tx| stored::insert(tx, &row)).await?;
        for size in Size::ALL {
            self.blobs.put_photo(id, size, &key, picture.jpeg(size)).await?;
        }
        Ok(Stored { id, width, height, url: format!("{}{}", self.base_url, path(id, Size::Page)) })
    }

    /// The JPEG of a photo that everybody may see now: one that a live notice shows.
    ///
    /// # Errors
    /// When the store or the storage refuses.
    pub async fn public_photo(
        &self,
        id: Uuid,
        size: Size,
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<u8>>, IntakeError> {
        let vault = self.vault.clone();
        let shown = self
            .store
            .read(move |conn| match stored::by_id(conn, id)? {
                Some(photo) => Ok(is_public(conn, &vault, &photo, now)?.then_some(photo)),
                None => Ok(None),
            })
            .await?;
        match shown {
            Some(photo) => self.photo_bytes(&photo, size).await.map(Some),
            None => Ok(None),
        }
    }

    /// The JPEG of a photo for the reporter of its notice.
    ///
    /// # Errors
    /// When the store or the storage refuses.
    pub async fn own_photo(&self, token: &str, id: Uuid, size: Size) -> Result<Option<Vec<u8>>, IntakeError> {
        let hash = token_hash(token);
        let owned = self
            .store
            .read(move |conn| {
                let notice = notices::by_manage_hash(conn, &hash)?;
                let photo = stored::by_id(conn, id)?;
                Ok(photo.filter(|photo| notice.is_some_and(|notice| photo.notice_id == Some(notice.id))))
            })
            .await?;
        match owned {
            Some(photo) => self.photo_bytes(&photo, size).await.map(Some),
            None => Ok(None),
        }
    }

    /// The JPEG of a photo whatever its notice's state, for those who may see it; the caller has checked
    /// that.
    ///
    /// # Errors
    /// When the storage refuses, or the photo was sealed under another master key.
    pub async fn photo_bytes(&self, photo: &Photo, size: Size) -> Result<Vec<u8>, IntakeError> {
        Ok(self.blobs.photo(&self.vault, photo, size).await?)
    }
}

/// Photos are public once a live revision shows them: one that came with an edit is not public before the edit
/// is approved, and one of no notice never, because anybody may upload anything.
fn is_public(conn: &mut Conn, vault: &Vault, photo: &Photo, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let Some(owner) = photo.notice_id else { return Ok(false) };
    let Some(notice) = notices::by_id(conn, owner.0)?.filter(|n| n.is_public(now)) else { return Ok(false) };
    let Some(number) = notice.live_revision else { return Ok(false) };
    let live = notices::opened(conn, vault, &notice, number)?;
    Ok(live.is_some_and(|live| live.public.photos.contains(&photo.id.0)))
}
