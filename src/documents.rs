//! Keeps documents and forms by the digest of their bytes, in a folder. A document is on disk, file and folder synced,
//! before the row that names it is committed; the other way round an upload could be acknowledged and then be gone.
//! Pieces of documents that are still arriving lie apart, because they are forgotten again.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use jiff::Timestamp;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use openssl::sha::Sha256 as Hasher;

use crate::domain::Sha256;
use crate::protection::{Kept as KeptAs, Keyring, ProtectionError};

/// Why a document was not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// More bytes than the limit, in bytes.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// No bytes at all.
    #[error("empty")]
    Empty,
    /// The sender stopped before the end.
    #[error("the upload was cut off")]
    Aborted,
    /// The store failed.
    #[error("the document store failed: {0}")]
    Store(#[from] object_store::Error),
    /// The folder can't be used.
    #[error("the document folder can't be used: {0}")]
    Folder(#[from] std::io::Error),
    /// It can't be protected, or not be opened.
    #[error("the stored document can't be opened: {0}")]
    Protection(#[from] ProtectionError),
    /// What was read is not what was kept.
    #[error("the stored document is damaged")]
    Damaged,
}

/// The documents.
#[derive(Debug, Clone)]
pub struct Documents {
    store: Arc<dyn ObjectStore>,
    folder: PathBuf,
    pieces: PathBuf,
    keys: Keyring,
}

/// A document that is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
}

impl Documents {
    /// Bytes that may still be written on the disk of the documents.
    pub fn free_bytes(&self) -> Result<u64, DocumentError> {
        let disk = rustix::fs::statvfs(&self.folder).map_err(std::io::Error::from)?;
        Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
    }

    /// Documents in `folder`, which is made when it is missing.
    pub fn in_folder(folder: &Path) -> Result<Self, DocumentError> {
        std::fs::create_dir_all(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self {
            store: Arc::new(store),
            folder: folder.to_owned(),
            pieces: folder.join("pieces"),
            keys: Keyring::default(),
        })
    }

    /// The same documents, with keys that protect what is kept from now on.
    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys, ..self }
    }

    /// Takes a stream of at most `limit` bytes, hashing while it arrives.
    pub async fn keep<E>(
        &self,
        limit: u64,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Kept, DocumentError> {
        let mut body = std::pin::pin!(body);
        let mut hasher = Hasher::new();
        let mut chunks: Vec<Bytes> = Vec::new();
        let mut length: u64 = 0;
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|_| DocumentError::Aborted)?;
            length = length.saturating_add(chunk.len() as u64);
            if length > limit {
                return Err(DocumentError::TooLarge(limit));
            }
            hasher.update(&chunk);
            chunks.push(chunk);
        }
        if length == 0 {
            return Err(DocumentError::Empty);
        }
        let sha256 = Sha256::from_array(hasher.finish());
        self.put(&key(sha256), sha256, PutPayload::from_iter(chunks))
            .await?;
        Ok(Kept {
            sha256,
            bytes: length,
        })
    }

    /// Keeps bytes that are at hand, for example a form just written.
    pub async fn keep_bytes(&self, bytes: Bytes) -> Result<Kept, DocumentError> {
        let kept = Kept {
            sha256: Sha256::of(&bytes),
            bytes: bytes.len() as u64,
        };
        let payload = PutPayload::from_bytes(bytes);
        self.put(&key(kept.sha256), kept.sha256, payload).await?;
        Ok(kept)
    }

    /// The bytes with this digest, checked against it.
    pub async fn read(&self, sha256: Sha256) -> Result<Bytes, DocumentError> {
        self.get(&key(sha256), sha256).await
    }

    /// Whether bytes with this digest are kept.
    pub async fn holds(&self, sha256: Sha256) -> Result<bool, DocumentError> {
        match self.store.head(&key(sha256)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a piece of a document that is still arriving, apart from the documents: it may be forgotten again.
    pub async fn keep_piece(&self, upload: Sha256, piece: Bytes) -> Result<Sha256, DocumentError> {
        let sha256 = Sha256::of(&piece);
        let payload = PutPayload::from_bytes(piece);
        self.put(&piece_key(upload, sha256), sha256, payload)
            .await?;
        Ok(sha256)
    }

    /// A piece as it was kept.
    pub async fn read_piece(&self, upload: Sha256, piece: Sha256) -> Result<Bytes, DocumentError> {
        self.get(&piece_key(upload, piece), piece).await
    }

    /// Forgets every piece of an upload, and what a killed process had begun to write: the object store stages a file under
    /// another name first and does not list it.
    pub async fn forget_pieces(&self, upload: Sha256) -> Result<(), DocumentError> {
        match tokio::fs::remove_dir_all(self.pieces.join(upload.to_string())).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Deletes a document, unless it was written after `written_before`: then somebody is about to name it, and it stays.
    /// It is put aside before its age is asked, so that whoever writes it again meanwhile writes a new one.
    pub async fn discard(
        &self,
        sha256: Sha256,
        written_before: Timestamp,
    ) -> Result<(), DocumentError> {
        let (place, aside) = (key(sha256), aside_key(sha256));
        match self.store.rename(&place, &aside).await {
            // What an earlier attempt put aside is judged again.
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let written = match self.store.head(&aside).await {
            Ok(found) => found.last_modified.timestamp_millis(),
            Err(object_store::Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        if written < written_before.as_millisecond() {
            self.store.delete(&aside).await?;
        } else {
            self.store.rename(&aside, &place).await?;
        }
        Ok(())
    }

    /// Writing the same bytes twice leaves one document.
    async fn put(
        &self,
        place: &Key,
        sha256: Sha256,
        payload: PutPayload,
    ) -> Result<(), DocumentError> {
        let payload = if self.keys.current().is_some() {
            let plain = payload
                .iter()
                .map(Bytes::as_ref)
                .collect::<Vec<_>>()
                .concat();
            match self.keys.protect_document(sha256, &plain)? {
                Some(protected) => PutPayload::from_bytes(protected.into()),
                None => payload,
            }
        } else {
            payload
        };
        self.store.put(place, payload).await?;
        Ok(())
    }

    /// The digest tells plain bytes from protected ones, whatever they begin with.
    async fn get(&self, place: &Key, sha256: Sha256) -> Result<Bytes, DocumentError> {
        let kept = self.store.get(place).await?.bytes().await?;
        if Sha256::of(&kept) == sha256 {
            return Ok(kept);
        }
        if KeptAs::document(&kept) == KeptAs::Plain {
            return Err(DocumentError::Damaged);
        }
        let plain = self.keys.reveal_document(sha256, &kept)?;
        if Sha256::of(&plain) == sha256 {
            Ok(plain.into())
        } else {
            Err(DocumentError::Damaged)
        }
    }

    /// Calls `tell` with how each document is kept, and protects it with the current key where it is not yet, if `renew`.
    /// Killed at any moment, it is run again.
    pub async fn each_kept(
        &self,
        renew: bool,
        mut tell: impl FnMut(KeptAs),
    ) -> Result<u64, DocumentError> {
        let mut renewed = 0;
        let mut all = self.store.list(None);
        while let Some(found) = all.next().await {
            let place = found?.location;
            let Some(sha256) = place.filename().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let kept = self.store.get(&place).await?.bytes().await?;
            // A document may begin like a protected one; its digest says what it is.
            let how = if Sha256::of(&kept) == sha256 {
                KeptAs::Plain
            } else {
                KeptAs::document(&kept)
            };
            if renew && !self.keys.is_current(&how) {
                let plain = self.get(&place, sha256).await?;
                self.put(&place, sha256, plain.into()).await?;
                renewed += 1;
            }
            tell(how);
        }
        Ok(renewed)
    }
}

/// `ab/cd/abcd…`: no folder grows beyond what a file system likes.
fn key(sha256: Sha256) -> Key {
    let text = sha256.to_string();
    Key::from(format!("{}/{}/{text}", &text[..2], &text[2..4]))
}

/// Where a document waits for its end.
fn aside_key(sha256: Sha256) -> Key {
    Key::from(format!("aside/{sha256}"))
}

fn piece_key(upload: Sha256, piece: Sha256) -> Key {
    Key::from(format!("pieces/{upload}/{piece}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(parts: &[&'static str]) -> impl Stream<Item = Result<Bytes, ()>> + Send + use<> {
        futures::stream::iter(
            parts
                .iter()
                .map(|part| Ok(Bytes::from_static(part.as_bytes())))
                .collect::<Vec<_>>(),
        )
    }

    #[tokio::test]
    async fn a_document_is_kept_under_its_digest_and_limits_hold() {
        let folder = tempfile::tempdir().unwrap();
        let documents = Documents::in_folder(folder.path()).unwrap();
        let kept = documents.keep(10, stream(&["abc", "def"])).await.unwrap();
        assert_eq!(
            kept,
            Kept {
                sha256: Sha256::of(b"abcdef"),
                bytes: 6
            }
        );
        assert_eq!(documents.read(kept.sha256).await.unwrap(), "abcdef");
        assert!(matches!(
            documents.keep(5, stream(&["abc", "def"])).await,
            Err(DocumentError::TooLarge(5))
        ));
        assert!(matches!(
            documents.keep(5, stream(&[])).await,
            Err(DocumentError::Empty)
        ));
        let cut = futures::stream::iter([Ok(Bytes::from_static(b"ab")), Err(())]);
        assert!(matches!(
            documents.keep(5, cut).await,
            Err(DocumentError::Aborted)
        ));
    }

    #[tokio::test]
    async fn nothing_is_left_of_pieces_even_after_a_kill() {
        let folder = tempfile::tempdir().unwrap();
        let documents = Documents::in_folder(folder.path()).unwrap();
        let upload = Sha256::of(b"upload");
        let piece = Bytes::from_static(b"piece");
        let kept = documents.keep_piece(upload, piece).await.unwrap();
        let place = folder.path().join(format!("pieces/{upload}"));
        // Where the object store stages a file until it is whole.
        std::fs::write(place.join(format!("{kept}#1")), "pie").unwrap();
        for _ in 0..2 {
            documents.forget_pieces(upload).await.unwrap();
            assert!(!place.exists());
        }
    }

    #[tokio::test]
    async fn a_document_that_was_just_written_is_not_discarded() {
        let folder = tempfile::tempdir().unwrap();
        let documents = Documents::in_folder(folder.path()).unwrap();
        let bytes = Bytes::from_static(b"abc");
        let kept = documents.keep_bytes(bytes.clone()).await.unwrap();
        documents
            .discard(kept.sha256, Timestamp::UNIX_EPOCH)
            .await
            .unwrap();
        assert_eq!(documents.read(kept.sha256).await.unwrap(), bytes);
        // An attempt that was cut off had put it aside; it is there again, or gone for good.
        documents
            .store
            .rename(&key(kept.sha256), &aside_key(kept.sha256))
            .await
            .unwrap();
        for _ in 0..2 {
            documents
                .discard(kept.sha256, Timestamp::MAX)
                .await
                .unwrap();
            assert!(!documents.holds(kept.sha256).await.unwrap());
        }
        assert!(documents.store.head(&aside_key(kept.sha256)).await.is_err());
    }

    #[tokio::test]
    async fn a_changed_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let documents = Documents::in_folder(folder.path()).unwrap();
        let kept = documents
            .keep_bytes(Bytes::from_static(b"abc"))
            .await
            .unwrap();
        std::fs::write(folder.path().join(key(kept.sha256).to_string()), "abd").unwrap();
        assert!(matches!(
            documents.read(kept.sha256).await,
            Err(DocumentError::Damaged)
        ));
    }
}
