//! A small registry in memory, for dry runs (`clavero decide`).

use std::collections::BTreeMap;

use super::representatives::RegistryRow;
use crate::domain::{BranchCode, Employer, Ruc};

/// Employers by RUC and branch.
#[derive(Debug, Default)]
pub struct Registry(BTreeMap<(Ruc, BranchCode), Employer>);

impl Registry {
    /// Adds a row: the last row decides about the employer, representatives are collected.
    pub fn add(&mut self, row: RegistryRow) {
        let key = (row.employer.ruc.clone(), row.employer.branch.clone());
        match self.0.get_mut(&key) {
            Some(known) => row.merge_into(known),
            None => {
                self.0.insert(key, row.employer);
            }
        }
    }

    /// The employers of this RUC, whatever the branch, and of the same person's other number.
    #[must_use]
    pub fn beside(&self, ruc: &Ruc) -> Vec<Employer> {
        let other = ruc.other_ending();
        let near = |known: &Ruc| known == ruc || Some(known) == other.as_ref();
        let found = self.0.iter().filter(|((known, _), _)| near(known));
        found.map(|(_, employer)| employer.clone()).collect()
    }

    /// The employer with this RUC and branch.
    #[must_use]
    pub fn employer(&self, ruc: &Ruc, branch: &BranchCode) -> Option<&Employer> {
        self.0.get(&(ruc.clone(), branch.clone()))
    }
}
