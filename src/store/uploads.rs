//! Uploads in pieces: how far each has come. An upload moves on only from the offset at which its writer found it, so two
//! writers can't mix their bytes.

use jiff::Timestamp;

use super::sql::{Row, query};
use super::{Store, StoreError, maybe, maybe_moment, moment, parsed};
use crate::domain::{PetitionNumber, Sha256};

const BEGIN: &str = "insert into uploads (id_hash, number, sha256, length_bytes, offset_bytes, created_ms, expires_ms) \
                     values ($1, $2, $3, $4, 0, $5, $6)";
const UPLOAD: &str = "select id_hash, number, sha256, length_bytes, offset_bytes, expires_ms, received_ms from uploads \
                      where id_hash = $1";
const OPEN_OF: &str = "select id_hash from uploads where number = $1 and received_ms is null and expires_ms > $2 \
                       order by offset_bytes > 0, created_ms, id_hash";
const KEEP_PIECE: &str =
    "insert into upload_pieces (id_hash, offset_bytes, sha256) values ($1, $2, $3)";
const ADVANCE: &str = "update uploads set offset_bytes = $1 where id_hash = $2 and offset_bytes = $3 and received_ms is null";
const PIECES: &str = "select sha256 from upload_pieces where id_hash = $1 order by offset_bytes";
const NAME: &str = "update uploads set number = $1 where id_hash = $2 and number is null";
const RECEIVED: &str = "update uploads set received_ms = $1 where id_hash = $2";
const FORGET_PIECES: &str = "delete from upload_pieces where id_hash = $1";
const FORGET: &str = "delete from uploads where id_hash = $1";
const ENDED: &str =
    "select id_hash from uploads where expires_ms <= $1 order by expires_ms limit 50";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    BEGIN,
    UPLOAD,
    OPEN_OF,
    KEEP_PIECE,
    ADVANCE,
    PIECES,
    NAME,
    RECEIVED,
    FORGET_PIECES,
    FORGET,
    ENDED,
];

/// An upload as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadRow {
    /// Hash of its address.
    pub id: Sha256,
    /// The petition it is for; `None` for a letter that is not whole yet.
    pub number: Option<PetitionNumber>,
    /// Digest of the whole document, as announced.
    pub sha256: Sha256,
    /// Its length in bytes, as announced.
    pub length: u64,
    /// How many bytes are here.
    pub offset: u64,
    /// Until when it can be continued.
    pub expires_at: Timestamp,
    /// When it became a document.
    pub received_at: Option<Timestamp>,
}

fn upload(row: &Row) -> Result<UploadRow, StoreError> {
    const TABLE: &str = "uploads";
    let bytes = |column: &'static str| -> Result<u64, StoreError> {
        let value: i64 = row.try_get(column)?;
        u64::try_from(value).map_err(|_| StoreError::Inconsistent {
            table: TABLE,
            column,
        })
    };
    Ok(UploadRow {
        id: parsed(row, TABLE, "id_hash")?,
        number: maybe(row, TABLE, "number")?,
        sha256: parsed(row, TABLE, "sha256")?,
        length: bytes("length_bytes")?,
        offset: bytes("offset_bytes")?,
        expires_at: moment(row, TABLE, "expires_ms")?,
        received_at: maybe_moment(row, TABLE, "received_ms")?,
    })
}

/// Lengths are below the upload limit, far from the end of the type.
fn wide(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

impl Store {
    /// Begins an upload.
    pub async fn begin_upload(&self, upload: &UploadRow, at: Timestamp) -> Result<(), StoreError> {
        query(BEGIN)
            .bind(upload.id.to_string())
            .bind(upload.number.as_ref().map(ToString::to_string))
            .bind(upload.sha256.to_string())
            .bind(wide(upload.length))
            .bind(at.as_millisecond())
            .bind(upload.expires_at.as_millisecond())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The upload with this hash of its address.
    pub async fn upload(&self, id: Sha256) -> Result<Option<UploadRow>, StoreError> {
        let row = query(UPLOAD)
            .bind(id.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(upload).transpose()
    }

    /// The uploads for this petition that are under way: those of which nothing has come first, then the oldest.
    pub async fn open_uploads(
        &self,
        number: &PetitionNumber,
        at: Timestamp,
    ) -> Result<Vec<Sha256>, StoreError> {
        let rows = query(OPEN_OF)
            .bind(number.as_str())
            .bind(at.as_millisecond())
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| parsed(row, "uploads", "id_hash"))
            .collect()
    }

    /// Notes a piece that is in the document store.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when another writer was quicker: the piece does not count.
    pub async fn advance_upload(
        &self,
        upload: &UploadRow,
        piece: Sha256,
        bytes: u64,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let moved = query(ADVANCE)
            .bind(wide(upload.offset.saturating_add(bytes)))
            .bind(upload.id.to_string())
            .bind(wide(upload.offset))
            .execute(&mut *writing)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(StoreError::Stale);
        }
        query(KEEP_PIECE)
            .bind(upload.id.to_string())
            .bind(wide(upload.offset))
            .bind(piece.to_string())
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(())
    }

    /// The digests of the pieces, in order.
    pub async fn upload_pieces(&self, id: Sha256) -> Result<Vec<Sha256>, StoreError> {
        query(PIECES)
            .bind(id.to_string())
            .fetch_all(&self.read)
            .await?
            .iter()
            .map(|row| parsed(row, "upload_pieces", "sha256"))
            .collect()
    }

    /// Gives a letter's upload its number, once; the number it has then.
    pub async fn name_upload(
        &self,
        id: Sha256,
        number: &PetitionNumber,
    ) -> Result<Option<PetitionNumber>, StoreError> {
        query(NAME)
            .bind(number.as_str())
            .bind(id.to_string())
            .execute(&self.write)
            .await?;
        Ok(self.upload(id).await?.and_then(|upload| upload.number))
    }

    /// The upload has become a document: its pieces count no more.
    pub async fn upload_received(&self, id: Sha256, at: Timestamp) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        query(FORGET_PIECES)
            .bind(id.to_string())
            .execute(&mut *writing)
            .await?;
        query(RECEIVED)
            .bind(at.as_millisecond())
            .bind(id.to_string())
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(())
    }

    /// Forgets an upload.
    pub async fn forget_upload(&self, id: Sha256) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        for statement in [FORGET_PIECES, FORGET] {
            query(statement)
                .bind(id.to_string())
                .execute(&mut *writing)
                .await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// Some of the uploads whose time has ended.
    pub async fn ended_uploads(&self, at: Timestamp) -> Result<Vec<Sha256>, StoreError> {
        query(ENDED)
            .bind(at.as_millisecond())
            .fetch_all(&self.scan)
            .await?
            .iter()
            .map(|row| parsed(row, "uploads", "id_hash"))
            .collect()
    }
}
