//! Whether a package says the truth: its files are those of its manifest, its seal holds, report and decision come out
//! again as they were recorded, and its rows of the audit log lead to its head.

use std::ffi::OsStr;
use std::path::Path;

use jiff::SignedDuration;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::archive::{self, ArchiveError, Entry};
use super::rerun::{decide_again, judge, trust_again};
use super::{
    AUDIT, CIRCUMSTANCES, Circumstances, DECISION, DOCUMENT, EMPLOYER, FORM, FORMAT, HEAD, Head,
    INTERMEDIATES, KeptTrust, MANIFEST, Manifest, REPORT, ROOTS, SEAL, SEALED_EVENT, TERMS,
    evidence, listed, pretty,
};
use crate::decision::Decision;
use crate::domain::{Employer, Sha256};
use crate::extract::Extractor;
use crate::seal::verify_detached;
use crate::store::AuditRow;
use crate::verify::report::Report;
use crate::verify::{Certificate, Crl, Evidence, OcspResponse, Policy};

/// Why a package does not say the truth, or can't be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is no package, or a file of it was changed.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file is not the one that the manifest lists, or is not listed, or is missing.
    #[error("{0} is not what the manifest says")]
    NotAsListed(String),
    /// A file can't be read.
    #[error("{0} can't be read")]
    Unreadable(String),
    /// The seal is not one over this manifest.
    #[error("the seal does not belong to this manifest")]
    Seal,
    /// The certificates are not those that were trusted.
    #[error("confianza/ is not the trust store that was used")]
    Trust,
    /// The document is not the one that was decided.
    #[error("documento is not the document that was decided")]
    Document,
    /// The report comes out another way; where, as JSON pointers.
    #[error("the report comes out another way, at {}", .0.join(", "))]
    Report(Vec<String>),
    /// The decision comes out another way; where, as JSON pointers.
    #[error("the decision comes out another way, at {}", .0.join(", "))]
    Decision(Vec<String>),
    /// A row of the log does not fit the one before it, or the head.
    #[error("row {0} of bitacora.jsonl does not fit")]
    Audit(i64),
    /// The log says that other evidence was fixed when the petition was completed.
    #[error("the audit log fixed other evidence than this")]
    Fixed,
}

/// A package that says the truth.
#[derive(Debug)]
pub struct Checked {
    /// The petition, its document, times.
    pub circumstances: Circumstances,
    /// The decision, which came out again.
    pub decision: Decision,
    /// The report, which came out again; none when the document can't be judged.
    pub report: Option<Report>,
    /// Whose seal it bears. Whether that is the operator's is for the reader to say.
    pub sealed_by: Option<Certificate>,
    /// How many files.
    pub files: usize,
    /// How many rows of the log.
    pub rows: usize,
    /// Where they lead.
    pub head: Head,
}

/// Checks a package; nothing is asked of anybody.
///
/// # Errors
/// With the first thing that is not as it should be.
pub fn check(zip: &[u8], extractor: &Extractor) -> Result<Checked, Fault> {
    let files = Files(archive::read(zip)?);
    let manifest = files.check_manifest()?;
    let circumstances: Circumstances = files.json(CIRCUMSTANCES)?;
    let sealed_by = files.check_seal(&circumstances)?;
    let head: Head = files.json(HEAD)?;
    let rows = files.check_audit(&circumstances, &head, manifest.evidence)?;
    let (report, decision) = files.check_decision(&circumstances, extractor)?;
    Ok(Checked {
        circumstances,
        decision,
        report,
        sealed_by,
        files: files.0.len(),
        rows,
        head,
    })
}

struct Files(Vec<Entry>);

impl Files {
    fn find(&self, name: &str) -> Option<&[u8]> {
        let found = self.0.iter().find(|file| file.name == name)?;
        Some(&found.bytes)
    }

    fn get(&self, name: &str) -> Result<&[u8], Fault> {
        self.find(name)
            .ok_or_else(|| Fault::NotAsListed(name.to_owned()))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        serde_json::from_slice(self.get(name)?).map_err(|_| Fault::Unreadable(name.to_owned()))
    }

    /// The names in a folder with their contents, in order.
    fn folder<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Entry> {
        let files = self.0.iter();
        files.filter(move |file| {
            let inside = file.name.strip_prefix(folder);
            inside.is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// Every file is listed with its digest, in its place, and nothing else is.
    fn check_manifest(&self) -> Result<Manifest, Fault> {
        let manifest: Manifest = self.json(MANIFEST)?;
        let named = |name: &str| Fault::NotAsListed(name.to_owned());
        let written = pretty(&manifest).map_err(|_| named(MANIFEST))?;
        if manifest.format != FORMAT || self.get(MANIFEST)? != written {
            return Err(named(MANIFEST));
        }
        let there: Vec<Entry> = self
            .0
            .iter()
            .filter(|file| ![MANIFEST, SEAL].contains(&file.name.as_str()))
            .cloned()
            .collect();
        let there = listed(&there);
        let pairs = there.iter().zip(&manifest.files);
        if let Some((file, _)) = pairs.clone().find(|(file, listed)| file != listed) {
            return Err(named(&file.name));
        }
        if let Some(file) = there.get(manifest.files.len()) {
            return Err(named(&file.name));
        }
        if let Some(missing) = manifest.files.get(there.len()) {
            return Err(named(&missing.name));
        }
        if manifest.evidence != evidence(&there) {
            return Err(named(MANIFEST));
        }
        Ok(manifest)
    }

    fn check_seal(&self, circumstances: &Circumstances) -> Result<Option<Certificate>, Fault> {
        let Some(seal) = self.find(SEAL) else {
            return Ok(None);
        };
        verify_detached(seal, self.get(MANIFEST)?, circumstances.decided_at)
            .map(Some)
            .map_err(|_| Fault::Seal)
    }

    /// The rows follow one another, tell of this petition and this document, and end at the head; how many there are.
    fn check_audit(
        &self,
        circumstances: &Circumstances,
        head: &Head,
        evidence: Sha256,
    ) -> Result<usize, Fault> {
        let mut rows: Vec<AuditRow> = Vec::new();
        for line in self.get(AUDIT)?.split_inclusive(|byte| *byte == b'\n') {
            let row: AuditRow =
                serde_json::from_slice(line).map_err(|_| Fault::Unreadable(AUDIT.to_owned()))?;
            let follows = rows.last().is_none_or(|last| {
                row.previous_hash == last.hash && last.seq.checked_add(1) == Some(row.seq)
            });
            if !follows || row.hash != row.expected_hash() {
                return Err(Fault::Audit(row.seq));
            }
            rows.push(row);
        }
        let last = rows.last().ok_or(Fault::Audit(head.seq))?;
        if last.seq != head.seq || last.hash != head.hash {
            return Err(Fault::Audit(last.seq));
        }
        let number = circumstances.number.as_str();
        let own = rows.iter().filter(|row| row.subject == number);
        let document = circumstances.document.to_string();
        if !own.clone().any(|row| row.facts.contains(&document)) {
            return Err(Fault::Document);
        }
        let fixed = |row: &AuditRow| {
            let facts: Value = serde_json::from_str(&row.facts).unwrap_or_default();
            facts["evidence"] == evidence.to_string()
        };
        let mut fixings = own.filter(|row| row.event == SEALED_EVENT);
        if fixings.any(|row| !fixed(row)) {
            return Err(Fault::Fixed);
        }
        Ok(rows.len())
    }

    /// Report and decision, made again and compared with what was recorded.
    fn check_decision(
        &self,
        circumstances: &Circumstances,
        extractor: &Extractor,
    ) -> Result<(Option<Report>, Decision), Fault> {
        let document = self.get(DOCUMENT)?;
        if Sha256::of(document) != circumstances.document {
            return Err(Fault::Document);
        }
        let kept = KeptTrust {
            roots: self.get(ROOTS)?.to_vec(),
            intermediates: self.get(INTERMEDIATES)?.to_vec(),
            terms: self.find(TERMS).map(<[u8]>::to_vec),
        };
        let trust = trust_again(&kept)
            .filter(|trust| trust.digest() == circumstances.trust_digest)
            .ok_or(Fault::Trust)?;
        let decision: Decision = self.json(DECISION)?;
        let at = circumstances.received_at;
        let age = circumstances.evidence_age_seconds;
        let policy = Policy {
            evidence_age: age.map(SignedDuration::from_secs),
            ..Policy::default()
        };
        let verdict = judge(document, &trust, &self.answers()?, &policy, at);
        let recorded: Option<Value> = self.find(REPORT).map(|_| self.json(REPORT)).transpose()?;
        let (Ok(concluded), Some(recorded)) = (&verdict, &recorded) else {
            return Self::check_unreadable(verdict.err(), recorded.is_some(), decision);
        };
        let report = &concluded.report;
        differences(recorded, report).map_err(Fault::Report)?;
        let employer: Option<Employer> = self.json(EMPLOYER)?;
        let form = self.find(FORM);
        let again = decide_again(
            document,
            report,
            form,
            employer.as_ref(),
            circumstances,
            extractor,
        );
        let recorded: Value = self.json(DECISION)?;
        differences(&recorded, &again).map_err(Fault::Decision)?;
        Ok((verdict.ok().map(|concluded| concluded.report), decision))
    }

    /// A document without a report: it still can't be opened, or the machine had given up on it.
    fn check_unreadable(
        error: Option<&'static str>,
        reported: bool,
        decision: Decision,
    ) -> Result<(Option<Report>, Decision), Fault> {
        if reported || !decision_without_report(error, &decision) {
            return Err(Fault::Report(vec![String::new()]));
        }
        Ok((None, decision))
    }

    fn answers(&self) -> Result<Evidence, Fault> {
        let mut evidence = Evidence::default();
        for file in self.folder("revocacion") {
            let unreadable = || Fault::Unreadable(file.name.clone());
            let bytes = file.bytes.clone();
            if Path::new(&file.name).extension() == Some(OsStr::new("crl")) {
                let list = Crl::parse(bytes).map_err(|_| unreadable())?;
                evidence.crls.push(list);
            } else {
                let answer = OcspResponse::parse(bytes).map_err(|_| unreadable())?;
                evidence.ocsps.push(answer);
            }
        }
        Ok(evidence)
    }
}

/// What a document is decided as when there is no report about it.
fn decision_without_report(error: Option<&'static str>, decision: &Decision) -> bool {
    // The machine gives up on a document that brings it down again and again, and says that it is too complex.
    let given_up = *decision == Decision::unreadable("pdf.too_complex");
    given_up || error.is_some_and(|error| *decision == Decision::unreadable(error))
}

/// Nothing when `now` is what was recorded; otherwise where the two differ.
fn differences(recorded: &Value, now: &impl serde::Serialize) -> Result<(), Vec<String>> {
    // Through text, as it was recorded.
    let text = serde_json::to_string(now).unwrap_or_default();
    let now: Value = serde_json::from_str(&text).unwrap_or_default();
    let found = super::differences(recorded, &now);
    if found.is_empty() { Ok(()) } else { Err(found) }
}
