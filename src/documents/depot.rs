//! The stores themselves: a folder or a bucket through `object_store`, or a table of the database. Bytes in, bytes out; what
//! they are and whether they are whole is judged above.

use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt, TryStreamExt};
use jiff::Timestamp;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{GetResult, ObjectStore, ObjectStoreExt, PutPayload};

use super::DocumentError;
use super::place::{Found, Place, Shelf, pieces_of, pieces_shelf};
use crate::clock::Clock;
use crate::domain::Sha256;
use crate::store::Store;
use crate::threads;

/// A store of bytes.
#[derive(Debug, Clone)]
pub(super) enum Depot {
    /// A folder of this machine. What it acknowledges is on disk, file and folder synced.
    Folder {
        /// The files in it.
        files: Arc<LocalFileSystem>,
        /// Where it is.
        path: PathBuf,
    },
    /// A bucket that all instances share.
    Bucket(Arc<dyn ObjectStore>),
    /// A table of the database, which all instances share.
    Table(Store),
}

impl Depot {
    /// A folder, which is made when it is missing.
    pub(super) fn folder(path: &Path) -> Result<Self, DocumentError> {
        std::fs::create_dir_all(path)?;
        let files = LocalFileSystem::new_with_prefix(path)?.with_fsync(true);
        Ok(Self::Folder {
            files: Arc::new(files),
            path: path.to_owned(),
        })
    }

    /// Bytes that may still be written on the disk; `None` where that is another machine's affair.
    pub(super) fn free_bytes(&self) -> Result<Option<u64>, DocumentError> {
        let Self::Folder { path, .. } = self else {
            return Ok(None);
        };
        let disk = rustix::fs::statvfs(path).map_err(std::io::Error::from)?;
        Ok(Some(disk.f_bavail.saturating_mul(disk.f_frsize)))
    }

    /// Whether it answers.
    pub(super) async fn ping(&self) -> Result<(), DocumentError> {
        match self {
            Self::Folder { path, .. } => {
                tokio::fs::metadata(path).await?;
            }
            // A list, not a question about one object: only a list says whether the bucket is there.
            Self::Bucket(store) => {
                let nothing = Key::from("ping");
                store.list(Some(&nothing)).try_next().await?;
            }
            // Of the table itself: that the database answers says nothing about it.
            Self::Table(store) => {
                store
                    .holds_blob(&Place::Aside(Sha256::of(b"ping")).blob())
                    .await?;
            }
        }
        Ok(())
    }

    /// Writes bytes, in place of those that lay there. When this returns they survive a power cut.
    pub(super) async fn put(&self, place: Place, payload: PutPayload) -> Result<(), DocumentError> {
        match self.objects() {
            Ok(store) => {
                store.put(&place.key(), payload).await?;
            }
            Err(store) => {
                let bytes = Bytes::from(payload);
                let now = Clock::system().now();
                store.put_blob(&place.blob(), &bytes, now).await?;
            }
        }
        Ok(())
    }

    /// The bytes that lie there, if any do.
    pub(super) async fn get(&self, place: Place) -> Result<Option<Bytes>, DocumentError> {
        if let Self::Folder { files, .. } = self {
            let path = files.path_to_filesystem(&place.key())?;
            // Opened and read in one go, which a general store can't.
            let read = threads::occupy(move || read_file(&path)).await;
            return match read.map_err(std::io::Error::other)? {
                Ok(bytes) => Ok(Some(bytes.into())),
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            };
        }
        match self.objects() {
            Ok(store) => match store.get(&place.key()).await {
                Ok(found) => Ok(Some(whole(found).await?)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error.into()),
            },
            Err(store) => Ok(store.blob(&place.blob()).await?.map(Bytes::from)),
        }
    }

    /// Whether anything lies there.
    pub(super) async fn holds(&self, place: Place) -> Result<bool, DocumentError> {
        match self.objects() {
            Ok(store) => match store.head(&place.key()).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::NotFound { .. }) => Ok(false),
                Err(error) => Err(error.into()),
            },
            Err(store) => Ok(store.holds_blob(&place.blob()).await?),
        }
    }

    /// Deletes what lies there, if anything does.
    pub(super) async fn delete(&self, place: Place) -> Result<(), DocumentError> {
        match self.objects() {
            Ok(store) => delete_object(store, &place.key()).await,
            Err(store) => Ok(store.delete_blob(&place.blob()).await?),
        }
    }

    /// Deletes every piece of an upload, and what a killed process had begun to write of one: a folder stages a file under
    /// another name first and does not list it.
    pub(super) async fn delete_pieces(&self, upload: Sha256) -> Result<(), DocumentError> {
        match self {
            Self::Folder { path, .. } => {
                match tokio::fs::remove_dir_all(path.join(pieces_of(upload).as_ref())).await {
                    Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
                    _ => Ok(()),
                }
            }
            Self::Bucket(store) => {
                let prefix = pieces_of(upload);
                let mut pieces = store.list(Some(&prefix));
                while let Some(piece) = pieces.try_next().await? {
                    delete_object(store.as_ref(), &piece.location).await?;
                }
                Ok(())
            }
            Self::Table(store) => Ok(store
                .delete_blobs(&pieces_shelf(), &upload.to_string())
                .await?),
        }
    }

    /// What lies on a shelf, in no order.
    pub(super) fn list(&self, shelf: Shelf) -> BoxStream<'_, Result<Found, DocumentError>> {
        match self.objects() {
            Ok(store) => store
                .list(Some(&Key::from(shelf.name())))
                .err_into()
                .try_filter_map(async |object| {
                    let written = object.last_modified.timestamp_millis();
                    Ok(Place::parse_key(&object.location).map(|place| Found {
                        place,
                        written: Timestamp::from_millisecond(written).unwrap_or_default(),
                    }))
                })
                .boxed(),
            Err(store) => {
                let pages = futures::stream::try_unfold(None, move |after| async move {
                    let page = store.blobs(&shelf.name(), after.as_ref()).await?;
                    let last = page.last().map(|(key, _)| key.clone());
                    let found = page.into_iter().filter_map(|(key, written)| {
                        let place = Place::parse_blob(&key)?;
                        Some(Ok(Found { place, written }))
                    });
                    let found: Vec<Result<Found, DocumentError>> = found.collect();
                    Ok::<_, DocumentError>(
                        last.map(|last| (futures::stream::iter(found), Some(last))),
                    )
                });
                pages.try_flatten().boxed()
            }
        }
    }

    /// Folder and bucket are used alike; the table is what else there is.
    fn objects(&self) -> Result<&dyn ObjectStore, &Store> {
        match self {
            Self::Folder { files, .. } => Ok(files.as_ref()),
            Self::Bucket(store) => Ok(store.as_ref()),
            Self::Table(store) => Err(store),
        }
    }
}

/// Bytes from which on a document is large.
const LARGE: u64 = 128 * 1024;
/// Address space for a large one: more than 32 MiB, which the allocator of the C library takes from the system and gives back
/// at once. A smaller block teaches it to keep blocks of that size, in every thread (mallopt(3), M_MMAP_THRESHOLD): 64 uploads
/// of 10 MB left 200 MB behind. What is not written to costs nothing.
const ADDRESSES: usize = 33 * 1024 * 1024;

/// Room for a document of so many bytes.
fn room(bytes: u64) -> Vec<u8> {
    let size = usize::try_from(bytes).unwrap_or_default();
    Vec::with_capacity(if bytes < LARGE {
        size
    } else {
        ADDRESSES.max(size)
    })
}

/// All bytes of a file.
fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let mut bytes = room(file.metadata()?.len());
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All bytes of an object.
async fn whole(found: GetResult) -> Result<Bytes, DocumentError> {
    let mut bytes = room(found.meta.size);
    let mut parts = found.into_stream();
    while let Some(part) = parts.try_next().await? {
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.into())
}

/// Deletes an object; that somebody was quicker is no error.
async fn delete_object(store: &dyn ObjectStore, key: &Key) -> Result<(), DocumentError> {
    match store.delete(key).await {
        Err(error) if !matches!(error, object_store::Error::NotFound { .. }) => Err(error.into()),
        _ => Ok(()),
    }
}
