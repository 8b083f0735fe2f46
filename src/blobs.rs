//! Where photos lie: a folder, or a bucket of an S3 service. What is put there is sealed already.

use std::path::Path as Folder;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use uuid::Uuid;

use crate::config;

/// The sizes in which each photo is kept, as the last part of its key.
pub const SIZES: [&str; 3] = ["full", "page", "thumb"];

/// The storage refused.
#[derive(Debug, thiserror::Error)]
#[error("the photos' storage: {0}")]
pub struct BlobError(String);

impl From<object_store::Error> for BlobError {
    fn from(error: object_store::Error) -> BlobError {
        BlobError(error.to_string())
    }
}

/// Sealed photos by id and size; cheap to clone.
#[derive(Clone)]
pub struct Blobs {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
}

impl Blobs {
    /// Opens the storage of the configuration; a folder is made where it is missing.
    ///
    /// # Errors
    /// A sentence that says what to mend.
    pub fn open(place: &config::Blobs) -> Result<Blobs, BlobError> {
        match place {
            config::Blobs::Folder(folder) => in_folder(folder),
            config::Blobs::S3(url) => in_bucket(url),
        }
    }

    /// Stores one size of a photo.
    ///
    /// # Errors
    /// When the storage refuses.
    pub async fn put(&self, photo: Uuid, size: &str, bytes: Vec<u8>) -> Result<(), BlobError> {
        self.objects.put(&self.key(photo, size), bytes.into()).await?;
        Ok(())
    }

    /// One size of a photo; `None` where there is none.
    ///
    /// # Errors
    /// When the storage refuses.
    pub async fn get(&self, photo: Uuid, size: &str) -> Result<Option<Vec<u8>>, BlobError> {
        match self.objects.get(&self.key(photo, size)).await {
            Ok(found) => Ok(Some(found.bytes().await?.into())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes every size of a photo; what is gone already is as good as deleted.
    ///
    /// # Errors
    /// When the storage refuses.
    pub async fn delete_photo(&self, photo: Uuid) -> Result<(), BlobError> {
        for size in SIZES {
            match self.objects.delete(&self.key(photo, size)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn key(&self, photo: Uuid, size: &str) -> Path {
        Path::from(format!("{}/photos/{photo}/{size}", self.prefix))
    }
}

fn in_folder(folder: &Folder) -> Result<Blobs, BlobError> {
    let refused = |e: String| BlobError(format!("{}: {e}. May this user write there?", folder.display()));
    std::fs::create_dir_all(folder).map_err(|e| refused(e.to_string()))?;
    let objects = LocalFileSystem::new_with_prefix(folder)
        .map_err(|e| refused(e.to_string()))?
        .with_automatic_cleanup(true);
    Ok(Blobs { objects: Arc::new(objects), prefix: Path::default() })
}

/// A bucket; credentials, region and endpoint come from the standard `AWS_*` variables.
fn in_bucket(url: &url::Url) -> Result<Blobs, BlobError> {
    let bucket = url.host_str().ok_or_else(|| BlobError(format!("{url} names no bucket")))?;
    let objects = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket).build()?;
    Ok(Blobs { objects: Arc::new(objects), prefix: Path::from(url.path()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_put_comes_back_until_it_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let place = config::Blobs::Folder(folder.path().join("new").join("blobs"));
        let blobs = Blobs::open(&place).unwrap();
        let photo = Uuid::from_u128(7);
        blobs.put(photo, "page", vec![1, 2, 3]).await.unwrap();
        assert_eq!(blobs.get(photo, "page").await.unwrap(), Some(vec![1, 2, 3]));
        assert_eq!(blobs.get(photo, "thumb").await.unwrap(), None);
        blobs.delete_photo(photo).await.unwrap();
        assert_eq!(blobs.get(photo, "page").await.unwrap(), None);
        blobs.delete_photo(photo).await.unwrap();
    }
}
