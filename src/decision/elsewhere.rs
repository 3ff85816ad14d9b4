//! What the registry has beside what was asked for, when it does not have that: the same RUC with other branches, or the signer's
//! own number with its other ending. The company mends it in a minute, with another number; no person is needed for it. Where it
//! has nothing, what the signer's own certificate names may show the slip.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reasons::Reason;
use super::standing::Office;
use super::table::EmployerFact;
use crate::domain::{
    BranchCode, Employer, EmployerKind, EmployerState, PetitionContent, PetitionSource, Ruc,
};
use crate::verify::report::{Conclusion, Report};
use crate::verify::signer::Signer;

/// Where the employer is known, as far as whoever signed may hear of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Elsewhere {
    /// The RUC has other branches: those that a signer represents. A stranger hears of none.
    Branches(Vec<BranchCode>),
    /// The signer's cédula is registered with the other ending: `000` of a household employer, `001` of a business.
    OwnNumber(Ruc),
}

/// What `others` (employers of the same RUC or the same cédula) tell about a petition whose own employer is not registered.
#[must_use]
pub fn elsewhere(
    report: &Report,
    content: &PetitionContent,
    others: &[Employer],
    at: Timestamp,
) -> Option<Elsewhere> {
    let signers: Vec<&Signer> = report
        .of_people()
        .filter(|signature| signature.conclusion == Conclusion::Passed)
        .filter_map(|signature| signature.signer.as_ref())
        .collect();
    let active = || {
        others
            .iter()
            .filter(|other| other.state == EmployerState::Active)
    };
    let branches: Vec<&Employer> = active()
        .filter(|other| other.ruc == content.ruc && other.branch != content.branch)
        .collect();
    if !branches.is_empty() {
        let represented = branches
            .iter()
            .filter(|other| Office::of(other, content, at).is_represented_by_any(&signers))
            .map(|other| other.branch.clone());
        return Some(Elsewhere::Branches(represented.collect()));
    }
    let own = |other: &&Employer| {
        let person = matches!(
            other.kind,
            EmployerKind::NaturalPerson | EmployerKind::Household
        );
        let signed = |signer: &&Signer| {
            let document = signer.matchable_document();
            document.is_some_and(|document| other.ruc.belongs_to_person(document))
        };
        other.ruc != content.ruc && person && signers.iter().any(signed)
    };
    active()
        .find(own)
        .map(|other| Elsewhere::OwnNumber(other.ruc.clone()))
}

/// The reason where the registry has nothing, with what the certificate of whoever signed names in place of what was asked for: one
/// RUC, or the cédula where what was asked for looks like a person's RUC. That is the signer's own, and tells of nobody else.
pub(super) fn not_registered(report: &Report, content: &PetitionContent) -> Reason {
    let reason = EmployerFact::NotRegistered
        .reason()
        .fact("ruc", content.ruc.as_str());
    let signers = || {
        report
            .of_people()
            .filter(|signature| signature.conclusion == Conclusion::Passed)
            .filter_map(|signature| signature.signer.as_ref())
    };
    let named: BTreeSet<&Ruc> = signers()
        .flat_map(|signer| signer.ruc.iter().chain(&signer.other_rucs))
        .collect();
    let mut own = signers().filter_map(Signer::matchable_document);
    match (named.first(), named.len(), own.next()) {
        (Some(ruc), 1, _) if **ruc != content.ruc => reason.fact("certificado", ruc.as_str()),
        (None, _, Some(document))
            if own.next().is_none()
                && document.is_cedula()
                && content.ruc.looks_like_a_persons()
                && !content.ruc.belongs_to_person(document) =>
        {
            reason.fact("cedula", document.as_str())
        }
        _ => reason,
    }
}

impl Elsewhere {
    /// The reason, with what the signer may hear. What a letter says of branches is read, and nothing is refused for that.
    pub(super) fn reason(
        &self,
        content: &PetitionContent,
        source: Option<PetitionSource>,
    ) -> Reason {
        let (fact, name, value) = match self {
            Self::Branches(branches) => {
                let known: Vec<&str> = branches.iter().map(BranchCode::as_str).collect();
                let fact = match source {
                    Some(PetitionSource::Letter) => EmployerFact::OtherBranchRead,
                    _ => EmployerFact::OtherBranch,
                };
                (fact, "sucursales", known.join(", "))
            }
            Self::OwnNumber(ruc) => (EmployerFact::OtherEnding, "numero", ruc.to_string()),
        };
        fact.reason()
            .fact("ruc", content.ruc.as_str())
            .fact("sucursal", content.branch.as_str())
            .fact(name, value)
    }
}
