//! Keeps documents and forms by the digest of their bytes: in a folder, in a bucket of an S3-compatible store, or in the
//! database. A document is kept, synced to disk or acknowledged by the other machine, before the row that names it is
//! committed; the other way round an upload could be acknowledged and then be gone. Pieces of documents that are still
//! arriving lie apart, because they are forgotten again.
//!
//! Nothing is deleted at once: a document that nobody needs is put aside, where it is still read, and goes when an hour later
//! no row names it. So whoever writes or names the same bytes meanwhile loses nothing, though no store can ask the database
//! and delete in one step.

mod depot;
mod place;
#[cfg(feature = "s3")]
mod s3;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use object_store::PutPayload;
use openssl::sha::Sha256 as Hasher;
use tokio::sync::Mutex;

use self::depot::Depot;
use self::place::{Place, Shelf};
use crate::domain::Sha256;
use crate::protection::{Kept as KeptAs, Keyring, ProtectionError};
use crate::store::{Store, StoreError};

#[cfg(feature = "s3")]
pub use s3::S3Settings;

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
    /// Nothing is kept under this digest.
    #[error("the document is not in the store")]
    Missing,
    /// The store failed.
    #[error("the document store failed: {0}")]
    Store(#[from] object_store::Error),
    /// The database that the documents are in failed.
    #[error("the document store failed: {0}")]
    Database(#[from] StoreError),
    /// The folder can't be used.
    #[error("the document folder can't be used: {0}")]
    Folder(#[from] std::io::Error),
    /// The store can't be used as configured.
    #[error("{0}")]
    Settings(&'static str),
    /// It can't be protected, or not be opened.
    #[error("the stored document can't be opened: {0}")]
    Protection(#[from] ProtectionError),
    /// What was read is not what was kept.
    #[error("the stored document is damaged")]
    Damaged,
}

impl DocumentError {
    /// Whether the store may answer otherwise in a while: nothing is wrong with the document.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => !matches!(
                error,
                object_store::Error::InvalidPath { .. }
                    | object_store::Error::NotSupported { .. }
                    | object_store::Error::NotImplemented { .. }
            ),
            Self::Database(error) => error.is_passing(),
            Self::Folder(_) => true,
            _ => false,
        }
    }
}

/// Where documents are kept.
#[derive(Debug, Clone)]
pub enum Settings {
    /// In this folder of the machine.
    Folder(PathBuf),
    /// In the database.
    Database,
    /// In a bucket.
    #[cfg(feature = "s3")]
    S3(S3Settings),
}

/// The documents. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Documents {
    depot: Depot,
    keys: Keyring,
    /// When bytes were last written and read for a trial, and all was well.
    tried: Arc<Mutex<Option<Timestamp>>>,
}

/// For how long a trial that went well counts: balancers ask every second or so, and writing is not free.
const TRIED_FOR: SignedDuration = SignedDuration::from_secs(10);

/// A document that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
}

/// A document in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// When it was written.
    pub written: Timestamp,
}

impl Documents {
    /// Opens the store of the settings; `database` is for those that are kept there. A folder is made when it is missing,
    /// a bucket is not asked yet.
    pub fn open(settings: &Settings, database: &Store) -> Result<Self, DocumentError> {
        let apart = Self::apart(settings)?;
        Ok(apart.unwrap_or_else(|| Self::with_depot(Depot::Table(database.clone()))))
    }

    /// The same where documents are kept apart from the database; nothing where they are not.
    pub fn apart(settings: &Settings) -> Result<Option<Self>, DocumentError> {
        let depot = match settings {
            Settings::Folder(folder) => Depot::folder(folder)?,
            Settings::Database => return Ok(None),
            #[cfg(feature = "s3")]
            Settings::S3(settings) => Depot::Bucket(s3::bucket(settings)?),
        };
        Ok(Some(Self::with_depot(depot)))
    }

    /// Documents in `folder`, which is made when it is missing.
    pub fn in_folder(folder: &Path) -> Result<Self, DocumentError> {
        Ok(Self::with_depot(Depot::folder(folder)?))
    }

    fn with_depot(depot: Depot) -> Self {
        Self {
            depot,
            keys: Keyring::default(),
            tried: Arc::default(),
        }
    }

    /// The same documents, with keys that protect what is kept from now on.
    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys, ..self }
    }

    /// Bytes that may still be written on the disk of the documents; `None` where that is another machine's affair.
    pub fn free_bytes(&self) -> Result<Option<u64>, DocumentError> {
        self.depot.free_bytes()
    }

    /// Whether documents can be read and written. The store is asked each time; bytes are written, read and deleted unless
    /// that went well within the last ten seconds.
    pub async fn ready(&self, now: Timestamp) -> Result<(), DocumentError> {
        self.depot.ping().await?;
        // One trial at a time, however many ask.
        let mut tried = self.tried.lock().await;
        let lately = |at| (SignedDuration::ZERO..TRIED_FOR).contains(&now.duration_since(at));
        if tried.is_some_and(lately) {
            return Ok(());
        }
        self.probe().await?;
        *tried = Some(now);
        Ok(())
    }

    /// Whether the store takes bytes, gives them back and deletes them.
    pub async fn probe(&self) -> Result<(), DocumentError> {
        // A name of its own: another instance may be trying the same.
        let mut name = [0; 32];
        openssl::rand::rand_bytes(&mut name).map_err(std::io::Error::from)?;
        let upload = Sha256::from_array(name);
        let piece = self
            .keep_piece(upload, Bytes::from_static(b"clavero"))
            .await?;
        self.read_piece(upload, piece).await?;
        self.forget_pieces(upload).await
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
        self.put(Place::Document(sha256), PutPayload::from_iter(chunks))
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
        self.put(Place::Document(kept.sha256), payload).await?;
        Ok(kept)
    }

    /// The bytes with this digest, checked against it.
    pub async fn read(&self, sha256: Sha256) -> Result<Bytes, DocumentError> {
        match self.get(Place::Document(sha256)).await {
            // Whoever needs it again will have it back in its place.
            Err(DocumentError::Missing) => self.get(Place::Aside(sha256)).await,
            read => read,
        }
    }

    /// Whether bytes with this digest are kept. What is put aside is not: it may go.
    pub async fn holds(&self, sha256: Sha256) -> Result<bool, DocumentError> {
        self.depot.holds(Place::Document(sha256)).await
    }

    /// Keeps a piece of a document that is still arriving, apart from the documents: it may be forgotten again.
    pub async fn keep_piece(&self, upload: Sha256, piece: Bytes) -> Result<Sha256, DocumentError> {
        let sha256 = Sha256::of(&piece);
        let place = Place::Piece {
            upload,
            piece: sha256,
        };
        self.put(place, PutPayload::from_bytes(piece)).await?;
        Ok(sha256)
    }

    /// A piece as it was kept.
    pub async fn read_piece(&self, upload: Sha256, piece: Sha256) -> Result<Bytes, DocumentError> {
        self.get(Place::Piece { upload, piece }).await
    }

    /// Forgets every piece of an upload.
    pub async fn forget_pieces(&self, upload: Sha256) -> Result<(), DocumentError> {
        self.depot.delete_pieces(upload).await
    }

    /// All pieces of all uploads: the upload, the digest of the piece.
    pub async fn pieces(&self) -> Result<Vec<(Sha256, Sha256)>, DocumentError> {
        let pieces = self.depot.list(Shelf::Pieces);
        pieces
            .try_filter_map(async |found| {
                Ok(match found.place {
                    Place::Piece { upload, piece } => Some((upload, piece)),
                    _ => None,
                })
            })
            .try_collect()
            .await
    }

    /// Uploads of which there are pieces that were written before `written_before`.
    pub async fn uploads_with_pieces(
        &self,
        written_before: Timestamp,
    ) -> Result<BTreeSet<Sha256>, DocumentError> {
        let pieces = self.depot.list(Shelf::Pieces);
        pieces
            .try_filter_map(async |found| {
                Ok(match found.place {
                    Place::Piece { upload, .. } if found.written < written_before => Some(upload),
                    _ => None,
                })
            })
            .try_collect()
            .await
    }

    /// The documents whose digests begin with this byte, in no order.
    pub async fn slice(&self, byte: u8) -> Result<Vec<Listed>, DocumentError> {
        self.listed(Shelf::Slice(byte)).await
    }

    /// The documents that are put aside, each with the time when it was.
    pub async fn put_aside(&self) -> Result<Vec<Listed>, DocumentError> {
        self.listed(Shelf::Asides).await
    }

    async fn listed(&self, shelf: Shelf) -> Result<Vec<Listed>, DocumentError> {
        self.depot
            .list(shelf)
            .map_ok(|found| Listed {
                sha256: found.place.sha256(),
                written: found.written,
            })
            .try_collect()
            .await
    }

    /// Puts a document aside that nobody needs. It is still read, until [`Self::forget`].
    pub async fn discard(&self, sha256: Sha256) -> Result<(), DocumentError> {
        let (place, aside) = (Place::Document(sha256), Place::Aside(sha256));
        // Copied and not renamed: the time since when it lies aside counts.
        if let Some(kept) = self.depot.get(place).await? {
            self.depot.put(aside, kept.into()).await?;
            self.depot.delete(place).await?;
        }
        Ok(())
    }

    /// Deletes a document that was put aside.
    pub async fn forget(&self, sha256: Sha256) -> Result<(), DocumentError> {
        self.depot.delete(Place::Aside(sha256)).await
    }

    /// Puts a document back that is needed after all.
    pub async fn bring_back(&self, sha256: Sha256) -> Result<(), DocumentError> {
        if let Some(kept) = self.depot.get(Place::Aside(sha256)).await? {
            self.depot.put(Place::Document(sha256), kept.into()).await?;
            self.depot.delete(Place::Aside(sha256)).await?;
        }
        Ok(())
    }

    /// Writing the same bytes twice leaves one document.
    async fn put(&self, place: Place, payload: PutPayload) -> Result<(), DocumentError> {
        if self.keys.current().is_none() {
            return self.depot.put(place, payload).await;
        }
        let plain = Bytes::from(payload);
        let payload = match self.keys.protect_document(place.sha256(), &plain)? {
            Some(protected) => protected.into(),
            None => plain.into(),
        };
        self.depot.put(place, payload).await
    }

    /// The digest tells plain bytes from protected ones, whatever they begin with.
    async fn get(&self, place: Place) -> Result<Bytes, DocumentError> {
        let sha256 = place.sha256();
        let kept = self.depot.get(place).await?;
        let kept = kept.ok_or(DocumentError::Missing)?;
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
        for shelf in Shelf::all() {
            let mut all = self.depot.list(shelf);
            while let Some(found) = all.next().await {
                let place = found?.place;
                // It may have gone since it was listed.
                let Some(kept) = self.depot.get(place).await? else {
                    continue;
                };
                // A document may begin like a protected one; its digest says what it is.
                let how = if Sha256::of(&kept) == place.sha256() {
                    KeptAs::Plain
                } else {
                    KeptAs::document(&kept)
                };
                if renew && !self.keys.is_current(&how) {
                    let plain = self.get(place).await?;
                    self.put(place, plain.into()).await?;
                    renewed += 1;
                }
                tell(how);
            }
        }
        Ok(renewed)
    }
}
