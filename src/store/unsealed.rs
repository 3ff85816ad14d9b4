//! Petitions that have had their effect and whose evidence is still to be entered into the audit log. The row comes with the
//! effect and goes with the entry, each in one transaction: a crash in between leaves it, and twice is once.

use jiff::Timestamp;

use super::sql::query;
use super::{Store, StoreError, Writing, audit, parsed};
use crate::domain::{Event, PetitionNumber};

const KEEP: &str =
    "insert into unsealed (number, completed_ms) values ($1, $2) on conflict (number) do nothing";
const NEXT: &str = "select number from unsealed where number > $1 order by number limit $2";
const DROP: &str = "delete from unsealed where number = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP, NEXT, DROP];

/// Its evidence is to be entered.
pub(super) async fn keep(
    writing: &mut Writing,
    number: &PetitionNumber,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(KEEP)
        .bind(number.as_str())
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

impl Store {
    /// Petitions whose evidence is to be entered, behind a number or from the first one.
    pub async fn unsealed(
        &self,
        after: Option<&PetitionNumber>,
        limit: i64,
    ) -> Result<Vec<PetitionNumber>, StoreError> {
        let rows = query(NEXT)
            .bind(after.map_or("", PetitionNumber::as_str))
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| parsed(row, "unsealed", "number"))
            .collect()
    }

    /// Enters what the evidence of a petition is, unless somebody else has.
    pub async fn seal(
        &self,
        number: &PetitionNumber,
        actor: &str,
        facts: &serde_json::Value,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let due = query(DROP)
            .bind(number.as_str())
            .execute(&mut *writing)
            .await?;
        if due.rows_affected() == 1 {
            audit::append(
                &mut writing,
                at,
                actor,
                number.as_str(),
                Event::EvidenceSealed,
                facts,
            )
            .await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// There is no evidence of it that could be entered: it was decided at the counter.
    pub async fn nothing_to_seal(&self, number: &PetitionNumber) -> Result<(), StoreError> {
        query(DROP)
            .bind(number.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
