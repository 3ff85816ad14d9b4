//! Documents on their way in. A sender's line may be slow, and hundreds send at a time: what is larger than a usual form
//! waits on disk until its last byte is there, and only as many as fit into a fixed room are in memory at once.
//!
//! The disk never sees what it waits for: its file has no name and is written under a key that exists in memory only, because
//! documents are personal data (`protection`), and gone with the process, because nobody has a receipt for it yet.

use std::fs::{File, OpenOptions};
use std::io::SeekFrom;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use openssl::symm::{Cipher, Crypter, Mode};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::backlog::Counted;
use super::{Intake, IntakeError, internal};
use crate::documents::Kept;
use crate::threads;
use crate::verify::mistaken;

/// Bytes of one document that are held in memory while it arrives: most forms are smaller.
const HELD_BYTES: usize = 128 * 1024;
const _: () = assert!(mistaken::LOOKED_AT <= HELD_BYTES);
/// Bytes that are read of a file at a time: blocks of a size that the allocator never keeps for itself.
const PART_BYTES: usize = 64 * 1024;
/// Bytes that large documents may take in memory at a time on their way into the document store, and again while they are
/// being judged. Whatever the limit of uploads is, one of them always has room.
const ROOM_BYTES: u64 = 32_000_000;
/// The unit that room is counted in.
const UNIT: u64 = 1024;

/// Room in memory for large documents.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(units(ROOM_BYTES) as usize)))
    }
}

impl Room {
    /// Waits until there is room for so many bytes. What is small always has room.
    pub(super) async fn take(
        &self,
        bytes: u64,
    ) -> Result<Option<OwnedSemaphorePermit>, IntakeError> {
        if bytes <= HELD_BYTES as u64 {
            return Ok(None);
        }
        let room = Arc::clone(&self.0).acquire_many_owned(units(bytes.min(ROOM_BYTES)));
        room.await.map(Some).map_err(internal)
    }
}

fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

/// A document whose last byte is there.
enum Arrived {
    Held(Bytes),
    Waiting(Waiting),
}

/// A file without a name.
struct Waiting {
    file: tokio::fs::File,
    key: [u8; 32],
    cipher: Crypter,
    bytes: u64,
}

impl Intake {
    /// Takes a stream of at most `limit` bytes into the document store, hashing on the way. It counts as waiting for its
    /// decision from its last byte on, for as long as the second part of the answer lives.
    pub(super) async fn keep_document<E>(
        &self,
        limit: u64,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<(Kept, Counted<'_>), IntakeError> {
        let documents = &self.inner.documents;
        let arrived = arrive(&self.settings().arriving, limit, body).await?;
        let counted = self.inner.backlog.keeps();
        let kept = match arrived {
            Arrived::Held(bytes) => {
                let whole = stream::iter([Ok::<_, std::io::Error>(bytes)]);
                documents.keep(limit, whole).await
            }
            Arrived::Waiting(waiting) => {
                let _room = self.inner.arrived.take(waiting.bytes).await?;
                documents.keep(limit, waiting.read().await?).await
            }
        };
        Ok((kept?, counted))
    }
}

/// Reads a body to its end: into memory, or into a file once it is larger than what is held.
async fn arrive<E>(
    folder: &Path,
    limit: u64,
    body: impl Stream<Item = Result<Bytes, E>> + Send,
) -> Result<Arrived, IntakeError> {
    let mut body = std::pin::pin!(body);
    let (mut held, mut waiting) = (Vec::new(), None);
    let mut bytes = 0u64;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| IntakeError::Aborted)?;
        bytes = bytes.saturating_add(chunk.len() as u64);
        if bytes > limit {
            return Err(IntakeError::TooLarge(limit));
        }
        held.extend_from_slice(&chunk);
        if held.len() > HELD_BYTES {
            if waiting.is_none() {
                check_no_key(&held)?;
            }
            let file = match &mut waiting {
                Some(file) => file,
                none => none.insert(Waiting::begin(folder.to_owned()).await?),
            };
            file.write(&held).await?;
            held.clear();
        }
    }
    match waiting {
        None => {
            check_no_key(&held)?;
            Ok(Arrived::Held(held.into()))
        }
        Some(mut file) => {
            file.write(&held).await?;
            Ok(Arrived::Waiting(file))
        }
    }
}

/// Somebody's key is told apart before anything of it is kept, because whoever had it could sign.
pub(super) fn check_no_key(head: &[u8]) -> Result<(), IntakeError> {
    if mistaken::is_private_key(head) {
        return Err(IntakeError::PrivateKey);
    }
    Ok(())
}

impl Waiting {
    async fn begin(folder: PathBuf) -> Result<Self, IntakeError> {
        let mut key = [0; 32];
        openssl::rand::rand_bytes(&mut key).map_err(internal)?;
        let file = threads::occupy(move || without_name(&folder)).await;
        let file = file.map_err(internal)?.map_err(internal)?;
        Ok(Self {
            file: file.into(),
            key,
            cipher: cipher(Mode::Encrypt, &key)?,
            bytes: 0,
        })
    }

    async fn write(&mut self, plain: &[u8]) -> Result<(), IntakeError> {
        let covered = pass(&mut self.cipher, plain).map_err(internal)?;
        self.file.write_all(&covered).await.map_err(internal)?;
        self.bytes += plain.len() as u64;
        Ok(())
    }

    /// The plain bytes, from the first one.
    async fn read(
        mut self,
    ) -> Result<impl Stream<Item = std::io::Result<Bytes>> + Send, IntakeError> {
        self.file.flush().await.map_err(internal)?;
        self.file.seek(SeekFrom::Start(0)).await.map_err(internal)?;
        let cipher = cipher(Mode::Decrypt, &self.key)?;
        let source = (self.file, cipher);
        Ok(stream::try_unfold(source, |(mut file, mut cipher)| async {
            let mut covered = Vec::with_capacity(PART_BYTES);
            let read = (&mut file).take(PART_BYTES as u64);
            if { read }.read_to_end(&mut covered).await? == 0 {
                return Ok(None);
            }
            let plain = pass(&mut cipher, &covered)?;
            Ok(Some((Bytes::from(plain), (file, cipher))))
        }))
    }
}

/// A file that is gone when it is closed.
fn without_name(folder: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    std::fs::create_dir_all(folder)?;
    let mut random = [0; 8];
    openssl::rand::rand_bytes(&mut random)?;
    let path = folder.join(hex::encode(random));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// AES-256 in counter mode. Each key covers one file, so that counting may begin at zero.
fn cipher(mode: Mode, key: &[u8; 32]) -> Result<Crypter, IntakeError> {
    Crypter::new(Cipher::aes_256_ctr(), mode, key, Some(&[0; 16])).map_err(internal)
}

fn pass(cipher: &mut Crypter, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut passed = vec![0; bytes.len() + 16];
    let length = cipher.update(bytes, &mut passed)?;
    passed.truncate(length);
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;

    use super::*;

    type Parts = Vec<Result<Bytes, ()>>;

    fn parts(length: usize) -> (Vec<u8>, Parts) {
        let whole: Vec<u8> = (0..=250).cycle().take(length).collect();
        let parts = whole
            .chunks(10_007)
            .map(|part| Ok(Bytes::copy_from_slice(part)));
        let parts = parts.collect();
        (whole, parts)
    }

    #[tokio::test]
    async fn what_is_large_waits_in_a_file_without_a_name_and_comes_out_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("arriving");
        let (whole, parts) = parts(3 * HELD_BYTES + 5);
        let arrived = arrive(&place, whole.len() as u64, stream::iter(parts)).await;
        let Ok(Arrived::Waiting(mut waiting)) = arrived else {
            panic!("it is larger than what is held");
        };
        assert_eq!(waiting.bytes, whole.len() as u64);
        assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
        // What lies on the disk is none of it.
        waiting.file.flush().await.unwrap();
        waiting.file.seek(SeekFrom::Start(0)).await.unwrap();
        let mut covered = vec![0; 1000];
        waiting.file.read_exact(&mut covered).await.unwrap();
        let alike = covered.iter().zip(&whole).filter(|(a, b)| a == b).count();
        assert!(alike < 100, "{alike} of 1000 bytes are the plain ones");
        let read: Vec<Bytes> = waiting.read().await.unwrap().try_collect().await.unwrap();
        assert_eq!(read.concat(), whole);
    }

    #[tokio::test]
    async fn what_is_small_is_held_and_limits_hold_for_both() {
        let folder = tempfile::tempdir().unwrap();
        for length in [0, 1, HELD_BYTES] {
            let (whole, parts) = parts(length);
            let arrived = arrive(folder.path(), length as u64, stream::iter(parts)).await;
            assert!(matches!(arrived, Ok(Arrived::Held(bytes)) if bytes == whole));
        }
        for length in [10, 3 * HELD_BYTES] {
            let (_, parts) = parts(length);
            let limit = length as u64 - 1;
            let arrived = arrive(folder.path(), limit, stream::iter(parts)).await;
            assert!(matches!(arrived, Err(IntakeError::TooLarge(most)) if most == limit));
        }
        let cut = vec![Ok(Bytes::from_static(b"ab")), Err(())];
        let arrived = arrive(folder.path(), 10, stream::iter(cut)).await;
        assert!(matches!(arrived, Err(IntakeError::Aborted)));
    }

    #[tokio::test]
    async fn room_is_waited_for_and_one_document_always_fits() {
        let room = Room::default();
        let all = room.take(ROOM_BYTES * 2).await.unwrap();
        let mut next = Box::pin(room.take(ROOM_BYTES / 2));
        assert!(futures::poll!(&mut next).is_pending());
        // Nobody with a small one waits behind it.
        assert!(room.take(HELD_BYTES as u64).await.unwrap().is_none());
        drop(all);
        assert!(next.await.unwrap().is_some());
    }
}
