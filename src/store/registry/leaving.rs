//! Whoever ceases to represent an employer takes along what was approved on their signature and has had no effect yet: its links die,
//! and no other one is sent. In the transaction of the change that ends their office, so that nothing slips through between; and for
//! good, because a registry that takes the change back must not bring to life what was stopped.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::facts::{Change, Facts, Known, Part, item};
use crate::decision::{Together, serves};
use crate::domain::{
    BranchCode, Event, IdentityDocument, LegalRepresentative, PetitionNumber, RepresentationMode,
    Ruc,
};
use crate::store::protected::REPORT;
use crate::store::sql::{Row, query};
use crate::store::{LinkKind, StoreError, Writing, audit, decisions, links, parsed};
use crate::verify::report::Report;
use crate::verify::signer::Signer;

const APPROVED: &str = "select p.number, d.sha256, d.decision, d.report from petitions p \
     join decisions d on d.number = p.number and d.sha256 = p.document_sha256 \
     where p.ruc = $1 and p.branch = $2 and p.state = 'approved' and p.signer_left_ms is null order by p.number";
const STOP: &str = "update petitions set signer_left_ms = $1 where number = $2";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[APPROVED, STOP];

/// The people of one employer, before and after a change.
struct Moved {
    before: Vec<LegalRepresentative>,
    after: Vec<LegalRepresentative>,
}

/// Those who ceased to represent one employer, by a change of its people.
struct Departure<'a> {
    employer: &'a (Ruc, BranchCode),
    people: &'a Moved,
    left: BTreeSet<&'a IdentityDocument>,
    day: Date,
}

/// Stops what rests on whoever has left by these changes, which the tables show already.
pub(super) async fn stop(
    writing: &mut Writing,
    changes: &[Change],
    day: Date,
    at: Timestamp,
) -> Result<(), StoreError> {
    for (employer, people) in moved(writing, changes).await? {
        let (ruc, branch) = &employer;
        let change = Departure {
            employer: &employer,
            left: people.left(ruc, day),
            people: &people,
            day,
        };
        if change.left.is_empty() {
            continue;
        }
        let rows = query(APPROVED)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_all(&mut **writing)
            .await?;
        for row in &rows {
            let number: PetitionNumber = parsed(row, "petitions", "number")?;
            if stands(writing, &number, row, &change).await? {
                continue;
            }
            query(STOP)
                .bind(at.as_millisecond())
                .bind(number.as_str())
                .execute(&mut **writing)
                .await?;
            for kind in [LinkKind::Reset, LinkKind::Confirm] {
                links::bury_links(writing, &number, kind, at).await?;
            }
            let (subject, event) = (number.as_str(), Event::PetitionSignerLeft);
            audit::append(writing, at, "service", subject, event, &json!({})).await?;
        }
    }
    Ok(())
}

/// The employers whose people change. What is known is what came of it: before, it was that without the changes.
async fn moved(
    writing: &mut Writing,
    changes: &[Change],
) -> Result<BTreeMap<(Ruc, BranchCode), Moved>, StoreError> {
    let of_people = |change: &&Change| change.subject.part == Part::Representative;
    let mut rucs: Vec<Ruc> = changes
        .iter()
        .filter(of_people)
        .map(|change| change.subject.ruc.clone())
        .collect();
    rucs.sort_unstable();
    rucs.dedup();
    let keys = writing.keys.clone();
    let known = Known::read(&keys, writing, &[Part::Representative], &rucs).await?;
    let mut people: BTreeMap<(Ruc, BranchCode), Moved> = BTreeMap::new();
    for change in changes.iter().filter(of_people) {
        let branch = change.subject.branch.parse();
        let branch: BranchCode = branch.map_err(|_| StoreError::Inconsistent {
            table: "registry_changes",
            column: "branch",
        })?;
        let key = (change.subject.ruc.clone(), branch);
        let moved = people.entry(key).or_insert_with_key(|key| {
            let after = known.representatives.get(key).cloned().unwrap_or_default();
            Moved {
                before: after.clone(),
                after,
            }
        });
        moved.before.retain(|row| item(row) != change.subject.item);
        if let Some(Facts::Representative(row)) = &change.before {
            moved.before.push(row.clone());
        }
    }
    Ok(people)
}

impl Moved {
    /// The document numbers of those who represented the employer and do so no longer. Whose RUC it is stays, whoever is registered.
    fn left(&self, ruc: &Ruc, day: Date) -> BTreeSet<&IdentityDocument> {
        let gone = |document: &IdentityDocument| {
            serves(document, &self.before, day)
                && !serves(document, &self.after, day)
                && !ruc.belongs_to_person(document)
        };
        let documents = self.before.iter().map(|row| &row.document);
        documents.filter(|document| gone(document)).collect()
    }
}

/// Whether an approval rests on enough signatures still. What can't be read rests on nothing; what was erased when its term had ended
/// has nothing left to stop.
async fn stands(
    writing: &mut Writing,
    number: &PetitionNumber,
    row: &Row,
    change: &Departure<'_>,
) -> Result<bool, StoreError> {
    let sha256: String = row.try_get("sha256")?;
    let key = [number.as_str(), sha256.as_str()];
    let decision = match decisions::said(&writing.keys, &key, row) {
        Ok(Some(decision)) => decision,
        Ok(None) => return Ok(true),
        Err(StoreError::Inconsistent { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let left = |signer: &Signer| {
        let document = signer.document.as_ref();
        document.is_some_and(|document| change.left.contains(document))
    };
    let joint = decision
        .representative
        .is_some_and(|row| row.mode == RepresentationMode::Joint);
    if !joint {
        return Ok(!decision.signer.as_ref().is_some_and(left));
    }
    let report: Option<Value> = REPORT.parse_maybe(&writing.keys, &key, row)?;
    let Some(report) = report.and_then(|report| Report::deserialize(report).ok()) else {
        return Ok(false);
    };
    let mut signers = report.of_people().filter_map(|one| one.signer.as_ref());
    if !signers.any(left) {
        return Ok(true);
    }
    let keys = writing.keys.clone();
    let (ruc, _) = change.employer;
    let known = Known::read(&keys, writing, &[Part::Employer], std::slice::from_ref(ruc)).await?;
    let Some(employer) = known.employers.get(change.employer) else {
        return Ok(false);
    };
    let together = Together {
        report: &report,
        said: decision.outcome,
        employer: employer.facts.kind,
        before: &change.people.before,
        after: &change.people.after,
        day: change.day,
    };
    Ok(together.is_enough())
}
