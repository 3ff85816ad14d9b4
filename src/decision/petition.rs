//! What the petition itself says against being acted on: its reading, its number, its age.

use std::collections::BTreeSet;

use super::Case;
use super::reasons::Reason;
use super::table::PetitionFact;
use crate::domain::{EmailAddress, EmployerKind, IdentityDocument, PetitionSource, Sha256, plain};
use crate::verify::report::{Code, Conclusion, Report};

/// The signature values of persons that passed: each has its effect once (DESIGN F).
#[must_use]
pub fn passed_values(report: &Report) -> Vec<Sha256> {
    values(report, |conclusion| conclusion == Conclusion::Passed)
}

/// Those that did not fail: an approval uses them up, also where a person vouched for what the machine could not learn.
#[must_use]
pub fn unfailed_values(report: &Report) -> Vec<Sha256> {
    values(report, |conclusion| conclusion != Conclusion::Failed)
}

/// The documents of those who signed in a way that has not failed.
#[must_use]
pub fn unfailed_signers(report: &Report) -> BTreeSet<IdentityDocument> {
    let counted = report
        .of_people()
        .filter(|signature| signature.conclusion != Conclusion::Failed);
    counted
        .filter_map(|signature| signature.signer.as_ref()?.matchable_document().cloned())
        .collect()
}

fn values(report: &Report, counts: impl Fn(Conclusion) -> bool) -> Vec<Sha256> {
    let counted = report
        .of_people()
        .filter(|signature| counts(signature.conclusion));
    counted
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
        reasons.extend(letter_company_reason(case));
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
    let signed = || case.report.of_people();
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
        .any(|address| !on_file.is_some_and(|on_file| is_same_address(address, on_file)));
    (leads_to_link && other).then(|| PetitionFact::LetterWithAddress.reason())
}

/// Whether two addresses are one as letters write them: companies set theirs in capitals.
fn is_same_address(one: &EmailAddress, other: &EmailAddress) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

/// A letter that names a company means that one, whatever its RUC. The business of a natural person goes by any name.
fn letter_company_reason(case: &Case<'_>) -> Option<Reason> {
    let employer = case.employer?;
    let personal = matches!(
        employer.kind,
        EmployerKind::NaturalPerson | EmployerKind::Household
    );
    let mut named = case.reading.companies.iter();
    let other = named.find(|named| !is_named(named, &employer.legal_name))?;
    let compared = !personal && !employer.legal_name.is_empty();
    compared.then(|| PetitionFact::LetterForOther.reason().fact("empresa", other))
}

/// Whether a letter that says `named` means the company of this legal name: with its form, all of it; without it perhaps a part, as
/// people shorten names.
fn is_named(named: &str, legal_name: &str) -> bool {
    let (named, has_form) = name_words(named);
    let (legal_name, _) = name_words(legal_name);
    if has_form {
        return named == legal_name;
    }
    named.iter().all(|word| legal_name.contains(word))
}

/// The words of a name, without the form of the company around them, and whether there was one.
fn name_words(name: &str) -> (Vec<String>, bool) {
    const FORMS: &str =
        "a anonima c ca cia compania corp e em ep inc l limitada ltda s sa sas sociedad";
    const LINKS: &str = "de del e el la las los y";
    let is_one_of = |list: &str, word: &str| list.split(' ').any(|one| one == word);
    let plain = plain(name);
    let words = plain.split(|c: char| !c.is_alphanumeric());
    let mut words: Vec<String> = words
        .filter(|word| !word.is_empty() && !is_one_of(LINKS, word))
        .map(str::to_owned)
        .collect();
    let length = words.len();
    while words.len() > 1 && words.last().is_some_and(|word| is_one_of(FORMS, word)) {
        words.pop();
    }
    let has_form = words.len() < length;
    let leading = words
        .iter()
        .take_while(|word| is_one_of("compania empresa sociedad", word));
    let leading = leading.count().min(words.len().saturating_sub(1));
    (words.split_off(leading), has_form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_known_by_its_name_however_its_form_is_written() {
        const LEGAL: &str = "CAFÉ DE ALTURA FICTICIO CÍA. LTDA.";
        for same in [
            "Café de Altura Ficticio Cía. Ltda.",
            "CAFE DE ALTURA FICTICIO C. LTDA",
            "Café de Altura Ficticio Compañía Limitada",
            "COMPAÑÍA CAFÉ DE ALTURA FICTICIO CÍA. LTDA.",
            "Café de Altura",
        ] {
            assert!(is_named(same, LEGAL), "{same}");
        }
        for other in [
            "OTRA COMPAÑÍA S.A.",
            "CAFÉ DE ALTURA S.A.",
            "CAFÉ DE ALTURA FICTICIO DE OTRO CÍA. LTDA.",
            "Café de Otro",
            "S.A.",
            "Copia de Café de Altura Ficticio Cía. Ltda.",
        ] {
            assert!(!is_named(other, LEGAL), "{other}");
        }
        assert!(!is_named("A S.A.", "B S.A."));
    }
}
