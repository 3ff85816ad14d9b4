//! What is kept about one person, wherever it stands: found by the number of the identity document.

use super::decisions::take_conditions;
use super::sql::{Row, query};
use super::{LoggedChange, Store, StoreError, parsed, registry};
use crate::domain::{
    BranchCode, IdentityDocument, LegalRepresentative, PetitionNumber, Ruc, Sha256,
};

const REPRESENTATIONS: &str = "select ruc, branch, document, name, post, from_day, to_day, mode, required_signatures, \
                               scope, source, ended_day from representatives where document = $1";
const BRANCHES: &str = "select branch from employers where ruc = $1";
const NUMBERS: &str = "select number from petitions where ruc = $1";
// A signer's number stands inside of what was decided, which may be protected: no index finds it.
const DECISIONS: &str = "select number, sha256, decision, report from decisions where (number, sha256) > ($1, $2) \
                         order by number, sha256 limit 500";
const OF_NUMBER: &str = "select sha256 from decisions where number = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[REPRESENTATIONS, BRANCHES, NUMBERS, DECISIONS, OF_NUMBER];

/// For whom a person signs, or signed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Representation {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// The entry of the registry.
    pub entry: LegalRepresentative,
}

/// The employers that somebody represents, or is: each once.
#[must_use]
pub fn employers_of(represented: &[Representation], own: &[Ruc]) -> Vec<Ruc> {
    let represented = represented.iter().map(|one| &one.ruc);
    let mut rucs: Vec<Ruc> = represented.chain(own).cloned().collect();
    rucs.sort();
    rucs.dedup();
    rucs
}

impl Store {
    /// Every entry of the registry with this document number.
    pub async fn representations(
        &self,
        document: &IdentityDocument,
    ) -> Result<Vec<Representation>, StoreError> {
        let rows = query(REPRESENTATIONS)
            .bind(document.as_str())
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| {
                let ruc: Ruc = parsed(row, "representatives", "ruc")?;
                let branch: BranchCode = parsed(row, "representatives", "branch")?;
                let entry = registry::representative(&self.keys, &ruc, &branch, row)?;
                Ok(Representation { ruc, branch, entry })
            })
            .collect()
    }

    /// The branches of an employer that the operator's table has.
    pub async fn branches(&self, ruc: &Ruc) -> Result<Vec<BranchCode>, StoreError> {
        let rows = query(BRANCHES)
            .bind(ruc.as_str())
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| parsed(row, "employers", "branch"))
            .collect()
    }

    /// Every change of the registry about a RUC, the last first.
    pub async fn history(&self, ruc: &Ruc) -> Result<Vec<LoggedChange>, StoreError> {
        self.logged_since(ruc, 0).await
    }

    /// Petitions of this employer, and those in whose decision or report the document number stands.
    pub async fn petitions_about(
        &self,
        document: &IdentityDocument,
        own: &[Ruc],
    ) -> Result<Vec<PetitionNumber>, StoreError> {
        let mut numbers: Vec<PetitionNumber> = Vec::new();
        for ruc in own {
            let rows = query(NUMBERS)
                .bind(ruc.as_str())
                .fetch_all(&self.scan)
                .await?;
            for row in &rows {
                numbers.push(parsed(row, "petitions", "number")?);
            }
        }
        let mut after = (String::new(), String::new());
        loop {
            let rows = query(DECISIONS)
                .bind(after.0.as_str())
                .bind(after.1.as_str())
                .fetch_all(&self.scan)
                .await?;
            let Some(last) = rows.last() else { break };
            after = (last.try_get("number")?, last.try_get("sha256")?);
            for row in &rows {
                if self.names(document, row)? {
                    numbers.push(parsed(row, "decisions", "number")?);
                }
            }
        }
        numbers.sort();
        numbers.dedup();
        Ok(numbers)
    }

    /// Whether the document number stands in a decision or its report.
    fn names(&self, document: &IdentityDocument, row: &Row) -> Result<bool, StoreError> {
        use super::protected::{DECISION_TEXT, REPORT};
        let keys = &self.keys;
        let (number, sha256): (String, String) = (row.try_get("number")?, row.try_get("sha256")?);
        let key = [number.as_str(), sha256.as_str()];
        let report = REPORT.read_maybe(keys, &key, row)?.unwrap_or_default();
        if report.contains(document.as_str()) {
            return Ok(true);
        }
        let decision = DECISION_TEXT.read(keys, &key, row)?;
        if !decision.contains(document.as_str()) {
            return Ok(false);
        }
        // A telephone that was on file may read like somebody's number, and makes the petition nobody's.
        let mut decision: serde_json::Value = DECISION_TEXT.parse(keys, &key, row)?;
        take_conditions(&mut decision);
        Ok(decision.to_string().contains(document.as_str()))
    }

    /// The documents of a petition that were decided.
    pub async fn decided_documents(
        &self,
        number: &PetitionNumber,
    ) -> Result<Vec<Sha256>, StoreError> {
        let rows = query(OF_NUMBER)
            .bind(number.as_str())
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| parsed(row, "decisions", "sha256"))
            .collect()
    }
}
