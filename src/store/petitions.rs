//! Petitions and their documents. Every move says from which state; every change appends to the audit log in the same
//! transaction.

use jiff::Timestamp;
use serde_json::json;

use super::jobs::keep_job;
use super::protected::NEW_EMAIL;
use super::sql::{Row, query};
use super::{
    Store, StoreError, Writing, audit, cases, maybe, maybe_moment, moment, moved, parsed, unsealed,
};
use crate::domain::{
    Action, BranchCode, EmailAddress, Event, PetitionContent, PetitionNumber, Ruc, Sha256, State,
    Token,
};
use crate::protection::Keyring;

const KEEP: &str = "insert into petitions (number, secret_hash, state, ruc, branch, action, new_email, form_sha256, \
                    issued_ms, expires_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const PETITION: &str = "select number, secret_hash, state, ruc, branch, action, new_email, form_sha256, issued_ms, \
                        expires_ms, document_sha256, decided_ms, merged_into, erased_ms, signer_left_ms from petitions where number = $1";
// What is approved before what is not decided yet.
const LIVES_ON: &str = "select p.number, p.secret_hash, p.state, p.ruc, p.branch, p.action, p.new_email, p.form_sha256, \
                        p.issued_ms, p.expires_ms, p.document_sha256, p.decided_ms, p.merged_into, p.erased_ms, p.signer_left_ms \
                        from documents d \
                        join petitions p on p.number = d.number and p.document_sha256 = d.sha256 \
                        where d.sha256 = $1 and p.state in ('approved', 'received') \
                        order by p.state, d.received_ms, p.number limit 1";
// Whatever waits from now on has not rung.
const MOVE: &str =
    "update petitions set state = $1, rang_day = 0, rang_term = 0 where number = $2 and state = $3";
const KEEP_DOCUMENT: &str = "insert into documents (number, sha256, size_bytes, received_ms) values ($1, $2, $3, $4) \
     on conflict (number, sha256) do nothing";
const DOCUMENT: &str = "select number, sha256, size_bytes, received_ms from documents where number = $1 and sha256 = $2";
const DOCUMENTS: &str =
    "select number, sha256, size_bytes, received_ms from documents where number = $1";
const STANDS: &str = "update petitions set state = state where number = $1 and state = $2";
const SET_DOCUMENT: &str = "update petitions set document_sha256 = $1 where number = $2";
const SET_CONTENT: &str =
    "update petitions set ruc = $1, branch = $2, action = $3, new_email = $4 where number = $5";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    KEEP,
    PETITION,
    LIVES_ON,
    MOVE,
    KEEP_DOCUMENT,
    DOCUMENT,
    DOCUMENTS,
    STANDS,
    SET_DOCUMENT,
    SET_CONTENT,
];

/// A petition as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PetitionRow {
    /// Its number.
    pub number: PetitionNumber,
    /// Hash of the receipt secret.
    pub secret_hash: Sha256,
    /// Where it stands.
    pub state: State,
    /// What is asked; `None` for a document without a number that has not been read.
    pub content: Option<PetitionContent>,
    /// Digest of the form that was handed out.
    pub form: Option<Sha256>,
    /// When the number was given.
    pub issued_at: Timestamp,
    /// Until when documents are taken.
    pub expires_at: Timestamp,
    /// The document received or decided last.
    pub document: Option<Sha256>,
    /// When it was decided last.
    pub decided_at: Option<Timestamp>,
    /// Where it is followed.
    pub merged_into: Option<PetitionNumber>,
    /// When its form, its documents and what was attached were deleted.
    pub erased_at: Option<Timestamp>,
    /// When the registry learned, after the approval, that whoever signed represents the employer no longer.
    pub signer_left_at: Option<Timestamp>,
}

impl PetitionRow {
    /// Of a number that was just given: nothing is known of it yet, and no document has come.
    #[must_use]
    pub fn new(
        number: PetitionNumber,
        secret: &Token,
        issued_at: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            number,
            secret_hash: secret.hash(),
            state: State::Issued,
            content: None,
            form: None,
            issued_at,
            expires_at,
            document: None,
            decided_at: None,
            merged_into: None,
            erased_at: None,
            signer_left_at: None,
        }
    }

    /// Whether it is a case of the counter: scans of five documents stand in place of a signed one.
    #[must_use]
    pub fn is_at_the_counter(&self) -> bool {
        self.document.is_none() && self.state != State::Issued
    }

    /// Whether nothing is taken for it any more, whatever its state: its number has lived, or what was kept of it is gone.
    #[must_use]
    pub fn has_lived(&self, at: Timestamp) -> bool {
        at >= self.expires_at || self.erased_at.is_some()
    }
}

/// A document under a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// The number.
    pub number: PetitionNumber,
    /// Digest of the bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: i64,
    /// When it was received: the time that decides (DESIGN B).
    pub received_at: Timestamp,
}

fn petition(keys: &Keyring, row: &Row) -> Result<PetitionRow, StoreError> {
    const TABLE: &str = "petitions";
    let number: PetitionNumber = parsed(row, TABLE, "number")?;
    let ruc: Option<Ruc> = maybe(row, TABLE, "ruc")?;
    let branch: Option<BranchCode> = maybe(row, TABLE, "branch")?;
    let action: Option<Action> = maybe(row, TABLE, "action")?;
    let new_email = NEW_EMAIL.parse_maybe(keys, &[number.as_str()], row)?;
    let content = match (ruc, branch, action) {
        (Some(ruc), Some(branch), Some(action)) => Some(PetitionContent {
            ruc,
            branch,
            action,
            new_email,
        }),
        _ => None,
    };
    Ok(PetitionRow {
        number,
        secret_hash: parsed(row, TABLE, "secret_hash")?,
        state: parsed(row, TABLE, "state")?,
        content,
        form: maybe(row, TABLE, "form_sha256")?,
        issued_at: moment(row, TABLE, "issued_ms")?,
        expires_at: moment(row, TABLE, "expires_ms")?,
        document: maybe(row, TABLE, "document_sha256")?,
        decided_at: maybe_moment(row, TABLE, "decided_ms")?,
        merged_into: maybe(row, TABLE, "merged_into")?,
        erased_at: maybe_moment(row, TABLE, "erased_ms")?,
        signer_left_at: maybe_moment(row, TABLE, "signer_left_ms")?,
    })
}

fn document(row: &Row) -> Result<DocumentRow, StoreError> {
    const TABLE: &str = "documents";
    Ok(DocumentRow {
        number: parsed(row, TABLE, "number")?,
        sha256: parsed(row, TABLE, "sha256")?,
        bytes: row.try_get("size_bytes")?,
        received_at: moment(row, TABLE, "received_ms")?,
    })
}

impl Store {
    /// Keeps a petition whose form was just handed out.
    pub async fn issue(&self, petition: &PetitionRow) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        insert(&mut writing, petition).await?;
        let facts = json!({ "form": petition.form.map(|form| form.to_string()) });
        audit::append(
            &mut writing,
            petition.issued_at,
            "service",
            petition.number.as_str(),
            Event::PetitionIssued,
            &facts,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// The petition with this number.
    pub async fn petition(
        &self,
        number: &PetitionNumber,
    ) -> Result<Option<PetitionRow>, StoreError> {
        let row = query(PETITION)
            .bind(number.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| petition(&self.keys, &row)).transpose()
    }

    /// The petition that these bytes have led to their approval, or that is about to be decided by them.
    pub async fn petition_living_on(
        &self,
        sha256: Sha256,
    ) -> Result<Option<PetitionRow>, StoreError> {
        let row = query(LIVES_ON)
            .bind(sha256.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| petition(&self.keys, &row)).transpose()
    }

    /// Keeps a document that came without a number, under a number of its own: row and job together.
    pub async fn receive_without_number(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
        bytes: u64,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        insert(&mut writing, petition).await?;
        keep_document(
            &mut writing,
            &petition.number,
            sha256,
            bytes,
            petition.issued_at,
        )
        .await?;
        keep_job(&mut writing, &petition.number, sha256, petition.issued_at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Keeps a document under a number that awaits one: row, state and job together.
    pub async fn receive(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
        bytes: u64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        move_state(
            &mut writing,
            &petition.number,
            petition.state,
            State::Received,
            "company",
            at,
        )
        .await?;
        keep_document(&mut writing, &petition.number, sha256, bytes, at).await?;
        keep_job(&mut writing, &petition.number, sha256, at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Keeps a document beside the one that waits for a person, or for what the company was asked for: until it is decided nothing
    /// else changes, neither the petition nor who works on it.
    pub async fn receive_beside(
        &self,
        petition: &PetitionRow,
        sha256: Sha256,
        bytes: u64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let stands = query(STANDS)
            .bind(petition.number.as_str())
            .bind(petition.state.as_str())
            .execute(&mut *writing)
            .await?;
        moved(stands)?;
        insert_document(&mut writing, &petition.number, sha256, bytes, at).await?;
        keep_job(&mut writing, &petition.number, sha256, at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// A document under a number.
    pub async fn document(
        &self,
        number: &PetitionNumber,
        sha256: Sha256,
    ) -> Result<Option<DocumentRow>, StoreError> {
        let row = query(DOCUMENT)
            .bind(number.as_str())
            .bind(sha256.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(document).transpose()
    }

    /// Every document under a number.
    pub async fn documents(&self, number: &PetitionNumber) -> Result<Vec<DocumentRow>, StoreError> {
        let rows = query(DOCUMENTS)
            .bind(number.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(document).collect()
    }
}

pub(super) async fn insert(
    writing: &mut Writing,
    petition: &PetitionRow,
) -> Result<(), StoreError> {
    let content = petition.content.as_ref();
    query(KEEP)
        .bind(petition.number.as_str())
        .bind(petition.secret_hash.to_string())
        .bind(petition.state.as_str())
        .bind(content.map(|content| content.ruc.as_str()))
        .bind(content.map(|content| content.branch.as_str()))
        .bind(content.map(|content| content.action.as_str()))
        .bind(new_email(&writing.keys, &petition.number, content)?)
        .bind(petition.form.map(|form| form.to_string()))
        .bind(petition.issued_at.as_millisecond())
        .bind(petition.expires_at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

pub(super) async fn set_content(
    writing: &mut Writing,
    number: &PetitionNumber,
    content: &PetitionContent,
) -> Result<(), StoreError> {
    query(SET_CONTENT)
        .bind(content.ruc.as_str())
        .bind(content.branch.as_str())
        .bind(content.action.as_str())
        .bind(new_email(&writing.keys, number, Some(content))?)
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// The address that is asked for, as it is stored.
fn new_email(
    keys: &Keyring,
    number: &PetitionNumber,
    content: Option<&PetitionContent>,
) -> Result<Option<String>, StoreError> {
    let email = content.and_then(|content| content.new_email.as_ref());
    NEW_EMAIL.protect_maybe(keys, &[number.as_str()], email.map(EmailAddress::as_str))
}

/// Moves a petition along a legal arrow, and says so in the log.
pub(super) async fn move_state(
    writing: &mut Writing,
    number: &PetitionNumber,
    from: State,
    to: State,
    actor: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    debug_assert!(from.may_become(to), "{from} may not become {to}");
    let result = query(MOVE)
        .bind(to.as_str())
        .bind(number.as_str())
        .bind(from.as_str())
        .execute(&mut **writing)
        .await?;
    moved(result)?;
    cases::follow(writing, number, from, to, at).await?;
    if to == State::Completed {
        unsealed::keep(writing, number, at).await?;
    }
    let facts = json!({ "from": from.as_str() });
    audit::append(
        writing,
        at,
        actor,
        number.as_str(),
        Event::petition(to),
        &facts,
    )
    .await
}

/// `Stale` when the petition is not approved any more: its key has been set already.
pub(super) async fn still_approved(
    writing: &mut Writing,
    number: &PetitionNumber,
) -> Result<(), StoreError> {
    let approved = State::Approved.as_str();
    let stays = query(MOVE)
        .bind(approved)
        .bind(number.as_str())
        .bind(approved)
        .execute(&mut **writing)
        .await?;
    moved(stays)
}

async fn keep_document(
    writing: &mut Writing,
    number: &PetitionNumber,
    sha256: Sha256,
    bytes: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    insert_document(writing, number, sha256, bytes, at).await?;
    query(SET_DOCUMENT)
        .bind(sha256.to_string())
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

async fn insert_document(
    writing: &mut Writing,
    number: &PetitionNumber,
    sha256: Sha256,
    bytes: u64,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(KEEP_DOCUMENT)
        .bind(number.as_str())
        .bind(sha256.to_string())
        .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// A document is followed under another number from now on; when it was received stays what it was.
pub(super) async fn move_document(
    writing: &mut Writing,
    sha256: Sha256,
    from: &PetitionNumber,
    to: &PetitionNumber,
) -> Result<(), StoreError> {
    let row = query(DOCUMENT)
        .bind(from.as_str())
        .bind(sha256.to_string())
        .fetch_one(&mut **writing)
        .await?;
    let received = document(&row)?;
    let bytes = u64::try_from(received.bytes).unwrap_or_default();
    keep_document(writing, to, sha256, bytes, received.received_at).await
}
