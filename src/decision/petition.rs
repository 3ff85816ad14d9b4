//! What the petition itself says against being acted on: its reading, its number, its age.

use super::reasons::Reason;
use super::table::PetitionFact;
use super::{Case, person_signatures};
use crate::domain::{PetitionSource, Sha256};
use crate::verify::report::{Code, Conclusion, Report};

/// The signature values of persons that passed: each has its effect once (DESIGN F).
#[must_use]
pub fn signature_values(report: &Report) -> Vec<Sha256> {
    person_signatures(report)
        .filter(|signature| signature.conclusion == Conclusion::Passed)
        .filter_map(|signature| signature.value_sha256)
        .collect()
}

/// What speaks against acting on what was read.
pub(super) fn reasons(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons = case.reading.reasons.clone();
    reasons.extend(obstacles(case).map(PetitionFact::reason));
    if case.report.document.encrypted {
        reasons.push(PetitionFact::Encrypted.reason());
    }
    let read = case.reading.content.as_ref();
    if let (Some(read), Some(expected)) = (read, case.expected) {
        if read.ruc != expected.ruc {
            reasons.push(
                PetitionFact::OtherRuc
                    .reason()
                    .fact("documento", read.ruc.as_str())
                    .fact("formulario", expected.ruc.as_str()),
            );
        } else if read != expected || case.other_number {
            reasons.push(PetitionFact::OtherForm.reason());
        }
    }
    if case.reading.source == Some(PetitionSource::Letter) {
        reasons.extend(letter_time_reason(case));
        reasons.extend(letter_email_reason(case));
    }
    if read.is_none() && reasons.is_empty() {
        reasons.push(PetitionFact::Unclear.reason());
    }
    reasons
}

/// What stands in the way whatever the document says.
fn obstacles(case: &Case<'_>) -> impl Iterator<Item = PetitionFact> {
    let circumstances = case.circumstances;
    // The signature stands (DESIGN B: reception decides), but a thief may have made it just before its owner noticed.
    // Whoever judges it years later sees the same report; that it is acted on today is another question.
    let revoked_since = case
        .report
        .all_findings()
        .any(|finding| finding.code == Code::RevocationLater);
    [
        (circumstances.used, PetitionFact::Used),
        (case.at >= circumstances.expires_at, PetitionFact::Late),
        (circumstances.frozen, PetitionFact::Frozen),
        (revoked_since, PetitionFact::RevokedSince),
    ]
    .into_iter()
    .filter_map(|(holds, fact)| holds.then_some(fact))
}

/// A letter must be fresh (DESIGN F): replaying an old one is the cheapest attack there is. It is as old as its signature claims,
/// or as a trusted timestamp proves it to be.
fn letter_time_reason(case: &Case<'_>) -> Option<Reason> {
    let signed = || person_signatures(case.report);
    let claimed = signed().filter_map(|signature| signature.signing_time_claimed);
    let proven = signed().filter_map(|signature| signature.timestamp);
    let claimed = claimed.min().map(|claimed| proven.fold(claimed, Ord::min));
    let Some(claimed) = claimed else {
        return Some(PetitionFact::LetterUndated.reason());
    };
    let age = case.at.duration_since(claimed);
    if age > case.circumstances.letter_window() {
        return Some(
            PetitionFact::LetterOld
                .reason()
                .fact("fecha", claimed.to_string()),
        );
    }
    (age < -case.circumstances.clock_tolerance()).then(|| {
        PetitionFact::LetterAhead
            .reason()
            .fact("fecha", claimed.to_string())
    })
}

/// A letter for a link that names an address expects the link there; it goes only to the one on file.
fn letter_email_reason(case: &Case<'_>) -> Option<Reason> {
    let on_file = case.employer?.email.as_ref();
    let leads_to_link = case.reading.content.as_ref()?.action.leads_to_link();
    let other = case
        .reading
        .emails
        .iter()
        .any(|address| Some(address) != on_file);
    (leads_to_link && other).then(|| PetitionFact::LetterWithAddress.reason())
}
