//! Whoever ceases to represent an employer takes along what was approved on their signature and has had no effect yet: its links die,
//! and no other one is sent. In the transaction of the change that ends their office, so that nothing slips through between; and for
//! good, because a registry that takes the change back must not bring to life what was stopped.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::facts::{Change, Facts, Known, Part, item};
use crate::decision::serves;
use crate::domain::{BranchCode, IdentityDocument, LegalRepresentative, PetitionNumber, Ruc};
use crate::store::protected::{DECISION_TEXT, REPORT};
use crate::store::sql::{Row, query};
use crate::store::{LinkKind, StoreError, Writing, audit, links, parsed};

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

/// Stops what rests on whoever has left by these changes, which the tables show already.
pub(super) async fn stop(
    writing: &mut Writing,
    changes: &[Change],
    day: Date,
    at: Timestamp,
) -> Result<(), StoreError> {
    for ((ruc, branch), people) in moved(writing, changes).await? {
        let left = people.left(&ruc, day);
        if left.is_empty() {
            continue;
        }
        let rows = query(APPROVED)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .fetch_all(&mut **writing)
            .await?;
        for row in &rows {
            let number: PetitionNumber = parsed(row, "petitions", "number")?;
            let stays = |document: &str| !left.contains(document);
            if signed(writing, &number, row)?.stands(stays) {
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
            let (subject, event) = (number.as_str(), "petition.signer_left");
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
    fn left(&self, ruc: &Ruc, day: Date) -> BTreeSet<&str> {
        let gone = |document: &IdentityDocument| {
            serves(document, &self.before, day)
                && !serves(document, &self.after, day)
                && !ruc.belongs_to_person(document)
        };
        let documents = self.before.iter().map(|row| &row.document);
        let gone = documents.filter(|document| gone(document));
        gone.map(IdentityDocument::as_str).collect()
    }
}

/// On whose signatures an approval rests.
struct Signed {
    /// The signer who was matched.
    signer: Option<String>,
    /// Everybody who signed with them, and how many of them it took.
    together: Option<(BTreeSet<String>, usize)>,
}

impl Signed {
    /// Whether it still stands when only these signers count.
    fn stands(&self, counts: impl Fn(&str) -> bool) -> bool {
        match (&self.together, &self.signer) {
            (Some((all, required)), _) => {
                let left = all.iter().any(|document| !counts(document));
                !left || all.iter().filter(|document| counts(document)).count() >= *required
            }
            (None, Some(signer)) => counts(signer),
            (None, None) => true,
        }
    }
}

fn signed(writing: &Writing, number: &PetitionNumber, row: &Row) -> Result<Signed, StoreError> {
    let sha256: String = row.try_get("sha256")?;
    let key = [number.as_str(), sha256.as_str()];
    let decision: Value = DECISION_TEXT.parse(&writing.keys, &key, row)?;
    let text = |value: &Value, pointer| {
        let text = value.pointer(pointer).and_then(Value::as_str);
        text.map(str::to_owned)
    };
    let signer = text(&decision, "/signer/document");
    let joint = text(&decision, "/representative/mode").as_deref() == Some("joint");
    let together = if joint {
        let report: Option<Value> = REPORT.parse_maybe(&writing.keys, &key, row)?;
        let signatures = report
            .as_ref()
            .and_then(|report| report.get("signatures"))
            .and_then(Value::as_array);
        let signers = signatures.into_iter().flatten();
        let all: BTreeSet<String> = signers
            .filter_map(|signature| text(signature, "/signer/document"))
            .chain(signer.clone())
            .collect();
        let required = decision
            .pointer("/representative/required_signatures")
            .and_then(Value::as_u64)
            .and_then(|required| usize::try_from(required).ok());
        Some((all, required.unwrap_or(2).max(2)))
    } else {
        None
    };
    Ok(Signed { signer, together })
}
