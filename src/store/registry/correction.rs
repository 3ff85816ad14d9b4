//! A person's own data, corrected on request (LOPDP Art. 14): a small import of its own, so that it has a version, can be
//! listed and undone like any other.

use jiff::Timestamp;

use super::super::sql::query;
use super::facts::{Facts, Known, Part, Subject};
use super::{
    Change, ImportError, ImportKind, ImportRow, ImportState, NewImport, RowCounts, apply,
    audit_import, insert, item, moved, unfinished,
};
use crate::domain::{EmailAddress, Event, IdentityDocument, Ruc, Sha256};
use crate::store::{Store, StoreError, employers_of};

const FINISH: &str =
    "update registry_imports set state = 'done', ended_ms = $1 where id = $2 and state = 'running'";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[FINISH];

/// What is wrong, and how it must read. `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// The name, wherever the registry writes it beside the document number.
    pub name: Option<String>,
    /// The address, where the person is an employer.
    pub email: Option<EmailAddress>,
    /// The telephone, where the person is an employer.
    pub phone: Option<String>,
}

impl Correction {
    /// The same facts, corrected.
    fn apply(&self, facts: Facts) -> Facts {
        match facts {
            Facts::Representative(mut person) => {
                if let Some(name) = &self.name {
                    person.name.clone_from(name);
                }
                Facts::Representative(person)
            }
            Facts::Employer(mut employer) => {
                if let Some(name) = &self.name {
                    employer.legal_name.clone_from(name);
                }
                if let Some(email) = &self.email {
                    employer.email = Some(email.clone());
                }
                if let Some(phone) = &self.phone {
                    employer.phone = Some(phone.clone());
                }
                Facts::Employer(employer)
            }
            open @ (Facts::Taxpayer(_) | Facts::Company(_)) => open,
        }
    }
}

impl Store {
    /// Corrects what the operator's registry says of a person. `own` are the RUCs that the person's number is built into.
    /// `None` when there was nothing to correct.
    pub async fn correct_person(
        &self,
        document: &IdentityDocument,
        own: &[Ruc],
        correction: &Correction,
        actor: &str,
        at: Timestamp,
    ) -> Result<Option<ImportRow>, ImportError> {
        let represented = self.representations(document).await?;
        let rucs = employers_of(&represented, own);
        let mut writing = self.begin().await?;
        if let Some(other) = unfinished(&mut writing).await?.into_iter().next() {
            return Err(ImportError::Unfinished {
                id: other.id,
                file: other.file,
            });
        }
        let parts = [Part::Employer, Part::Representative];
        let known = Known::read(&self.keys, &mut writing, &parts, &rucs).await?;
        let people = known
            .representatives
            .iter()
            .flat_map(|((ruc, branch), people)| {
                people
                    .iter()
                    .filter(|person| person.document == *document)
                    .map(|person| Subject {
                        item: item(person),
                        part: Part::Representative,
                        ..Subject::employer(ruc, branch)
                    })
            });
        let employers = known
            .employers
            .keys()
            .filter(|(ruc, _)| own.contains(ruc))
            .map(|(ruc, branch)| Subject::employer(ruc, branch));
        let changes: Vec<Change> = people
            .chain(employers)
            .filter_map(|subject| {
                let wanted = correction.apply(known.facts(&subject)?);
                known.change(subject, Some(wanted))
            })
            .collect();
        if changes.is_empty() {
            return Ok(None);
        }
        let new = NewImport {
            kind: ImportKind::Correction,
            file: "",
            sha256: Sha256::of(b""),
            whole: false,
            actor,
            rows: RowCounts::default(),
        };
        let mut import = insert(&mut writing, &new, None, String::new(), at).await?;
        let compared = changes.len();
        apply(
            &mut writing,
            &mut import,
            compared,
            &changes,
            "end".to_owned(),
        )
        .await?;
        let finished = query(FINISH)
            .bind(at.as_millisecond())
            .bind(import.id)
            .execute(&mut *writing)
            .await
            .map_err(StoreError::from)?;
        moved(finished)?;
        audit_import(&mut writing, &import, Event::RegistryCorrected, at).await?;
        writing.commit().await?;
        import.state = ImportState::Done;
        import.ended_at = Some(at);
        Ok(Some(import))
    }
}
