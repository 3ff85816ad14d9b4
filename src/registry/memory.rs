//! A small registry in memory, for dry runs (`clavero decide`).

use std::collections::{BTreeMap, BTreeSet};

use super::Flaw;
use super::representatives::RegistryRow;
use crate::domain::{BranchCode, Employer, Ruc};

/// Employers by RUC and branch.
#[derive(Debug, Default)]
pub struct Registry {
    employers: BTreeMap<(Ruc, BranchCode), Employer>,
    /// Of whom nothing is known, because their rows contradict one another.
    contradicted: BTreeSet<(Ruc, BranchCode)>,
}

impl Registry {
    /// Adds a row to what earlier rows said.
    ///
    /// # Errors
    /// [`Flaw::Contradicts`], from the first row of an employer on that an earlier one does not agree with: the employer counts as
    /// not on file.
    pub fn add(&mut self, row: RegistryRow) -> Result<(), Flaw> {
        let key = (row.employer.ruc.clone(), row.employer.branch.clone());
        if self.contradicted.contains(&key) {
            return Ok(());
        }
        let Some(known) = self.employers.get_mut(&key) else {
            self.employers.insert(key, row.employer);
            return Ok(());
        };
        let merged = row.merge_into(known);
        if merged.is_err() {
            self.employers.remove(&key);
            self.contradicted.insert(key);
        }
        merged
    }

    /// The employers of this RUC, whatever the branch, and of the same person's other number.
    #[must_use]
    pub fn beside(&self, ruc: &Ruc) -> Vec<Employer> {
        let other = ruc.other_ending();
        let near = |known: &Ruc| known == ruc || Some(known) == other.as_ref();
        let found = self.employers.iter().filter(|((known, _), _)| near(known));
        found.map(|(_, employer)| employer.clone()).collect()
    }

    /// The employer with this RUC and branch.
    #[must_use]
    pub fn employer(&self, ruc: &Ruc, branch: &BranchCode) -> Option<&Employer> {
        self.employers.get(&(ruc.clone(), branch.clone()))
    }
}
