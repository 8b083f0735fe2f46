//! Photos at rest, in a folder or a bucket. What is stored there is sealed under the photo's own key, which
//! is in the database; without that, a copy or a backup of the blobs shows nothing.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3ConfigKey;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, RetryConfig};
use uuid::Uuid;

use crate::config;
use crate::domain::named::named;
use crate::store::photos::Photo;
use crate::tls;
use crate::vault::{Key, Unopenable, Vault};

/// How long the store of photos is waited for: the sender of a photo waits as well, and so does what is to
/// expire.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often a failing bucket is asked again: with at most three seconds of waits in all, each longer than
/// the last.
const ASKED_AGAIN: usize = 5;
/// The folder of photos, in the place of all blobs.
const PHOTOS: &str = "photos";
/// How object_store marks the errors of a bucket.
const BUCKET: &str = "S3";

named! {
    /// The sizes in which a photo is kept, the largest first.
    pub enum Size {
        /// For looking closely.
        Full = "full",
        /// For pages and posters.
        Page = "page",
        /// For lists.
        Thumb = "thumb",
    }
}

impl Size {
    /// The longest side in pixels; smaller photos are not enlarged.
    pub const fn longest(self) -> u32 {
        match self {
            Size::Full => 1_600,
            Size::Page => 960,
            Size::Thumb => 320,
        }
    }
}

/// Why a blob could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("cannot use {0}: {1}; create it, or give this user the right to")]
    Folder(String, std::io::Error),
    #[error(transparent)]
    Object(#[from] object_store::Error),
    #[error(transparent)]
    Unopenable(#[from] Unopenable),
    #[error("the place of the photos does not answer")]
    Away,
}

impl BlobError {
    /// Whether the next photo would fail, too: a bucket fails as a whole, a folder file by file.
    pub fn is_general(&self) -> bool {
        matches!(
            self,
            BlobError::Away | BlobError::Object(object_store::Error::Generic { store: BUCKET, .. })
        )
    }
}

/// Where photos are stored; cheap to clone.
#[derive(Clone)]
pub struct Blobs(Arc<dyn ObjectStore>);

impl Blobs {
    /// Opens the folder or the bucket; a missing folder is made.
    ///
    /// # Errors
    /// When the folder cannot be made or written, or the bucket's settings are wrong.
    pub fn open(place: &config::Blobs) -> Result<Blobs, BlobError> {
        match place {
            config::Blobs::Folder(folder) => {
                let failed = |e| BlobError::Folder(folder.display().to_string(), e);
                let photos = folder.join(PHOTOS);
                std::fs::create_dir_all(&photos).map_err(failed)?;
                tempfile::tempfile_in(&photos).map_err(failed)?;
                let local = object_store::local::LocalFileSystem::new_with_prefix(folder)?;
                // What was answered "accepted" survives a power cut.
                Ok(Blobs(Arc::new(local.with_fsync(true))))
            }
            config::Blobs::S3(url) => {
                // The bucket's client uses whichever provider of cryptography the process has.
                tls::install();
                let retry = RetryConfig {
                    max_retries: ASKED_AGAIN,
                    retry_timeout: PATIENCE,
                    ..RetryConfig::default()
                };
                let bucket = object_store::aws::AmazonS3Builder::from_env().with_url(url.as_str());
                // A service in the operator's own network, configured by the operator: what is sent there is
                // sealed already.
                let endpoint = bucket.get_config_value(&AmazonS3ConfigKey::Endpoint);
                let is_plain = endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"));
                let bucket = if is_plain { bucket.with_allow_http(true) } else { bucket };
                // One by one: every service can do that, and a refusal names its object.
                let bucket = bucket.with_retry(retry).with_disable_bulk_delete(true).build()?;
                let prefix = url.path().trim_matches('/').to_owned();
                Ok(Blobs(Arc::new(object_store::prefix::PrefixStore::new(bucket, prefix))))
            }
        }
    }

    /// Keeps one size of a photo, sealed.
    ///
    /// # Errors
    /// When the place refuses, or does not answer.
    pub async fn put_photo(&self, id: Uuid, size: Size, key: &Key, jpeg: &[u8]) -> Result<(), BlobError> {
        let sealed = key.seal("photo", jpeg);
        within(self.0.put(&path(id, size), PutPayload::from(sealed))).await?;
        Ok(())
    }

    /// Reads one size of a photo.
    ///
    /// # Errors
    /// When the place refuses or does not answer, or the key is not this photo's.
    pub async fn photo(&self, vault: &Vault, photo: &Photo, size: Size) -> Result<Vec<u8>, BlobError> {
        let key = vault.unwrap(&photo.key_wrapped)?;
        let path = path(photo.id.0, size);
        let sealed = within(async { self.0.get(&path).await?.bytes().await }).await?;
        Ok(key.open("photo", &sealed)?)
    }

    /// Deletes every size of a photo; a size that does not exist counts as deleted.
    ///
    /// # Errors
    /// When the place refuses, or does not answer.
    pub async fn delete_photo(&self, id: Uuid) -> Result<(), BlobError> {
        within(async {
            for size in Size::ALL {
                match self.0.delete(&path(id, size)).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
        .await
    }
}

/// What the store answers, if it does so in time.
async fn within<T>(asked: impl Future<Output = object_store::Result<T>>) -> Result<T, BlobError> {
    Ok(tokio::time::timeout(PATIENCE, asked).await.map_err(|_| BlobError::Away)??)
}

fn path(id: Uuid, size: Size) -> Path {
    Path::from(format!("{PHOTOS}/{}/{}", id.simple(), size.as_str()))
}
