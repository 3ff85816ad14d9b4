//! An appointment (*nombramiento*) that a person has read and approved goes into the registry (PRODUCT S09): an import of
//! one row, logged, versioned and undone like any other.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::sql::query;
use super::facts::{Facts, Known, Part, Subject};
use super::{
    ImportKind, ImportState, NewImport, RowCounts, SET_STATE, apply, audit_import, insert,
    unfinished,
};
use crate::domain::{Event, LegalRepresentative, PetitionContent, Sha256};
use crate::store::{CaseError, Writing, employers, moved};

/// A representative and the document that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// As it goes into the registry.
    pub person: LegalRepresentative,
    /// Digest of the attached document.
    pub sha256: Sha256,
}

/// Registers an appointment for the employer of a petition, in the transaction that approves it; the version of the registry
/// that it leads to.
pub(in crate::store) async fn register_appointment(
    writing: &mut Writing,
    content: &PetitionContent,
    appointment: &Appointment,
    actor: &str,
    at: Timestamp,
) -> Result<i64, CaseError> {
    // Changes of an import are numbered without a gap: none may come between.
    if !unfinished(writing).await?.is_empty() {
        return Err(CaseError::RegistryBusy);
    }
    let name = format!("nombramiento {}", appointment.sha256);
    let new = NewImport {
        kind: ImportKind::Representatives,
        file: &name,
        sha256: appointment.sha256,
        whole: false,
        actor,
        rows: RowCounts {
            read: 1,
            ..RowCounts::default()
        },
    };
    employers::keep_from_open_tables(writing, &content.ruc, &content.branch).await?;
    let mut import = insert(writing, &new, None, String::new(), at).await?;
    let keys = writing.keys.clone();
    let known = Known::read(
        &keys,
        writing,
        &[Part::Representative],
        std::slice::from_ref(&content.ruc),
    )
    .await?;
    let subject = Subject::representative(&content.ruc, &content.branch, &appointment.person);
    let changes: Vec<_> = known
        .change(
            subject,
            Some(Facts::Representative(appointment.person.clone())),
        )
        .into_iter()
        .collect();
    apply(writing, &mut import, 1, &changes, content.ruc.to_string()).await?;
    let done = query(SET_STATE)
        .bind(ImportState::Done.as_str())
        .bind(at.as_millisecond())
        .bind(import.id)
        .bind(ImportState::Running.as_str())
        .execute(&mut **writing)
        .await?;
    moved(done)?;
    audit_import(writing, &import, Event::RegistryImported, at).await?;
    Ok(import.last_change)
}
