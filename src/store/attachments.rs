//! What a requester attaches beside the signed document. It is read by a person and by nobody else: the machine only knows
//! that it is there.

use jiff::Timestamp;

use super::jobs::keep_job;
use super::petitions::move_state;
use super::sql::query;
use super::{PetitionRow, Store, StoreError, Writing, audit, moment, parsed};
use crate::domain::{AttachmentKind, Event, PetitionNumber, Sha256, State};

const KEEP: &str = "insert into attachments (number, sha256, kind, size_bytes, received_ms) \
                    values ($1, $2, 'appointment', $3, $4) on conflict (number, sha256) do nothing";
const LIST: &str = "select sha256, kind, size_bytes, received_ms from attachments where number = $1 \
                    order by received_ms, sha256";
const TAKE_ALONG: &str = "insert into attachments (number, sha256, kind, size_bytes, received_ms) \
                          select $1, sha256, kind, size_bytes, received_ms from attachments where number = $2 \
                          on conflict (number, sha256) do nothing";
const COUNT: &str = "select count(*) as attached from attachments where number = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP, LIST, TAKE_ALONG, COUNT];

/// A file that was attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Digest of the bytes.
    pub sha256: Sha256,
    /// What it was kept as.
    pub kind: AttachmentKind,
    /// Length in bytes.
    pub bytes: i64,
    /// When it was received.
    pub received_at: Timestamp,
}

/// A petition is followed under another number from now on, and so is what was attached to it.
pub(super) async fn take_along(
    writing: &mut Writing,
    from: &PetitionNumber,
    to: &PetitionNumber,
) -> Result<(), StoreError> {
    query(TAKE_ALONG)
        .bind(to.as_str())
        .bind(from.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

impl Store {
    /// Everything that is attached to a petition, the oldest first.
    pub async fn attachments(
        &self,
        number: &PetitionNumber,
    ) -> Result<Vec<AttachmentRow>, StoreError> {
        const TABLE: &str = "attachments";
        let rows = query(LIST)
            .bind(number.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| {
                Ok(AttachmentRow {
                    sha256: parsed(row, TABLE, "sha256")?,
                    kind: parsed(row, TABLE, "kind")?,
                    bytes: row.try_get("size_bytes")?,
                    received_at: moment(row, TABLE, "received_ms")?,
                })
            })
            .collect()
    }

    /// Keeps an appointment under `petition`; whether that changed anything. With `decide_again` the document that was refused
    /// waits for its decision once more, in the same transaction: also for a file that was there already, when it is what a
    /// person asks for.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the petition has moved since it was read.
    pub async fn attach_appointment(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
        bytes: u64,
        decide_again: Option<Sha256>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        let kept = query(KEEP)
            .bind(petition.number.as_str())
            .bind(sha256.to_string())
            .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        let awaited = petition.state == State::AwaitingCompletion && decide_again.is_some();
        if kept.rows_affected() == 0 && !awaited {
            return Ok(false);
        }
        let facts = serde_json::json!({ "sha256": sha256.to_string(), "size_bytes": bytes });
        let number = petition.number.as_str();
        audit::append(
            &mut writing,
            at,
            "company",
            number,
            Event::AppointmentAttached,
            &facts,
        )
        .await?;
        if let Some(document) = decide_again {
            let next = State::Received;
            move_state(
                &mut writing,
                &petition.number,
                petition.state,
                next,
                "company",
                at,
            )
            .await?;
            keep_job(&mut writing, &petition.number, document, at).await?;
        }
        writing.commit().await?;
        Ok(true)
    }

    /// How many attachments a petition has.
    pub async fn count_attachments(&self, number: &PetitionNumber) -> Result<i64, StoreError> {
        let row = query(COUNT)
            .bind(number.as_str())
            .fetch_one(&self.read)
            .await?;
        Ok(row.try_get("attached")?)
    }
}
