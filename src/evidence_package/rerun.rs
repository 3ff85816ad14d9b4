//! Report and decision once more, from what a package holds. The same functions make the first ones; here they are given
//! their inputs from files.

use jiff::Timestamp;

use super::{CaseFacts, KeptTrust};
use crate::decision::{Case, Decision, decide};
use crate::domain::{Employer, Sha256};
use crate::extract::{ExtractError, Extractor};
use crate::reading::{self, KnownForm};
use crate::verify::asn1::Reader;
use crate::verify::cms::Message;
use crate::verify::{self, Certificate, Concluded, Evidence, Policy, Report, Terms, TrustStore};

/// Opens and concludes; the code of the opening error when it is nothing that can be judged.
pub(crate) fn judge(
    bytes: &[u8],
    trust: &TrustStore,
    evidence: &Evidence,
    policy: &Policy,
    at: Timestamp,
) -> Result<Concluded, &'static str> {
    let signed = verify::open(bytes, None).map_err(|error| error.code())?;
    Ok(verify::conclude_and_want(
        &signed, trust, evidence, policy, at,
    ))
}

/// A trust store from what was kept of it; nothing when that can't be read.
pub(crate) fn trust_again(kept: &KeptTrust) -> Option<TrustStore> {
    let roots = one_by_one(&kept.roots)?;
    let intermediates = one_by_one(&kept.intermediates)?;
    match &kept.terms {
        Some(terms) => {
            let terms: Terms = serde_json::from_slice(terms).ok()?;
            TrustStore::again(roots, intermediates, &terms).ok()
        }
        None => Some(TrustStore::new(roots, intermediates)),
    }
}

fn one_by_one(bytes: &[u8]) -> Option<Vec<Certificate>> {
    let mut reader = Reader::new(bytes);
    let mut found = Vec::new();
    while let Some(element) = reader.next_if_any().ok()? {
        found.push(Certificate::parse(element.raw.to_vec()).ok()?);
    }
    Some(found)
}

/// The certificates of the chains in a report, each once: out of the document and of the trust store.
pub(crate) fn certificates_of(document: &[u8], report: &Report, kept: &KeptTrust) -> Vec<Vec<u8>> {
    let mut at_hand: Vec<Vec<u8>> = Vec::new();
    if let Ok(signed) = verify::open(document, None) {
        match signed.pdf() {
            Some(pdf) => {
                at_hand.extend(pdf.dss.certificates.iter().map(|one| one.der.clone()));
                for signature in &pdf.signatures {
                    at_hand.extend(certificates_in(&signature.contents));
                }
            }
            None => at_hand.extend(certificates_in(document)),
        }
    }
    for row in [&kept.roots, &kept.intermediates] {
        let trusted = one_by_one(row).unwrap_or_default();
        at_hand.extend(trusted.iter().map(|one| one.der().to_vec()));
    }
    let mut found: Vec<Vec<u8>> = Vec::new();
    for facts in report.signatures.iter().flat_map(|one| &one.chain) {
        let der = at_hand.iter().find(|der| Sha256::of(der) == facts.sha256);
        found.extend(der.filter(|der| !found.contains(der)).cloned());
    }
    found
}

fn certificates_in(message: &[u8]) -> Vec<Vec<u8>> {
    let message = Message::parse(message).ok();
    message.map_or_else(Vec::new, |message| {
        let certificates = message.material.certificates.iter();
        certificates.map(|der| der.to_vec()).collect()
    })
}

/// Steps 6 to 8 of a petition: read, match, decide. Nothing when the document can't be opened.
///
/// # Errors
/// When no child could be started to read a letter, which says nothing about the package.
pub(super) fn decide_again(
    document: &[u8],
    report: &Report,
    form: Option<&[u8]>,
    employer: Option<&Employer>,
    facts: &CaseFacts,
    extractor: &Extractor,
) -> Result<Option<Decision>, ExtractError> {
    let known = form.zip(facts.form.as_ref());
    let known = known.map(|(bytes, content)| KnownForm {
        content: content.clone(),
        bytes: bytes.to_vec(),
    });
    let Ok(signed) = verify::open(document, None) else {
        return Ok(None);
    };
    let reading = reading::read(&signed, report, known.as_ref(), extractor)?;
    Ok(Some(decide(&Case {
        report,
        reading: &reading,
        expected: facts.expected.as_ref(),
        other_number: facts.other_number,
        employer,
        circumstances: &facts.circumstances,
        at: facts.received_at,
    })))
}
