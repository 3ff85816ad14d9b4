//! Whether a package says the truth: its files are those of its manifest, its seal holds, report and decision come out
//! again as they were recorded, and its rows of the audit log lead to its head.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::archive::{self, ArchiveError, Entry, Measured};
use super::rerun::{decide_again, judge, trust_again};
use super::{
    AUDIT, CASE_FACTS, CaseFacts, DECISION, DOCUMENT, EMPLOYER, FORM, FORMAT, HEAD, Head,
    INTERMEDIATES, KeptTrust, Listed, MANIFEST, MOST_IN_MEMORY, Manifest, REPORT, ROOTS, SEAL,
    TERMS, evidence, listed, pretty,
};
use crate::decision::Decision;
use crate::domain::{Employer, Event, Sha256};
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
    /// The letter could not be read on this machine, which says nothing about the package; why.
    #[error("the letter could not be read here: {0}")]
    Unread(String),
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
    pub facts: CaseFacts,
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
    /// When the last of the rows was written: the package was made, and sealed, no earlier.
    pub written_at: Timestamp,
}

impl Checked {
    /// When the certificate of the seal had ended before it sealed. A note, for what is sealed is proved by its own evidence: but
    /// whose word it is can't be told from the seal then.
    #[must_use]
    pub fn seal_had_ended(&self) -> Option<Timestamp> {
        let end = self.sealed_by.as_ref()?.not_after();
        (end < self.written_at).then_some(end)
    }
}

/// Bytes of one row of the log: digests, numbers and states, never what somebody wrote.
const LONGEST_LINE: u64 = 1 << 20;

/// Checks a package; nothing is asked of anybody. Its log is read row by row, however long it is.
///
/// # Errors
/// With the first thing that is not as it should be.
pub fn check(zip: impl Read, extractor: &Extractor) -> Result<Checked, Fault> {
    let files = Files::read(zip)?;
    let manifest = files.check_manifest()?;
    let facts: CaseFacts = files.json(CASE_FACTS)?;
    let sealed_by = files.check_seal(&facts)?;
    let head: Head = files.json(HEAD)?;
    let (rows, written_at) = files.check_audit(&head, manifest.evidence)?;
    let (report, decision) = files.check_decision(&facts, extractor)?;
    Ok(Checked {
        facts,
        decision,
        report,
        sealed_by,
        files: files.all.len(),
        rows,
        head,
        written_at,
    })
}

/// A package that was read.
struct Files {
    /// Every file.
    all: Vec<Listed>,
    /// The contents of all but the log.
    kept: Vec<Entry>,
    /// What the log says.
    log: Result<Stretch, Fault>,
}

/// What rows of the log say that were followed one by one.
#[derive(Default)]
struct Stretch {
    rows: usize,
    /// Number and hash of the last one.
    last: Option<(i64, String)>,
    /// When that was written, in milliseconds since 1970 UTC.
    last_ms: i64,
    /// Whether a row about the petition names its document.
    names_document: bool,
    /// What rows about the petition fixed as its evidence: the first of them, and one that differs from it.
    fixed: [Option<Value>; 2],
}

impl Stretch {
    /// Follows the lines of the log of a package whose other files, as far as they stand before it, were read.
    fn follow(lines: &mut dyn Read, about: Result<CaseFacts, Fault>) -> Result<Self, Fault> {
        let about = about?;
        let mut lines = BufReader::new(lines);
        let mut stretch = Self::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = (&mut lines).take(LONGEST_LINE).read_until(b'\n', &mut line);
            if read.map_err(|error| unreadable(&error))? == 0 {
                return Ok(stretch);
            }
            let row: AuditRow =
                serde_json::from_slice(&line).map_err(|_| Fault::Unreadable(AUDIT.to_owned()))?;
            stretch.step(row, &about)?;
        }
    }

    fn step(&mut self, row: AuditRow, about: &CaseFacts) -> Result<(), Fault> {
        let follows = self.last.as_ref().is_none_or(|(seq, hash)| {
            row.previous_hash == *hash && seq.checked_add(1) == Some(row.seq)
        });
        if !follows || row.hash != row.expected_hash() {
            return Err(Fault::Audit(row.seq));
        }
        if row.subject == about.number.as_str() {
            self.names_document |= row.facts.contains(&about.document.to_string());
            if row.event == Event::EvidenceSealed.as_str() {
                let facts: Value = serde_json::from_str(&row.facts).unwrap_or_default();
                self.fix(facts["evidence"].clone());
            }
        }
        self.last_ms = row.at_ms;
        self.last = Some((row.seq, row.hash));
        self.rows += 1;
        Ok(())
    }

    fn fix(&mut self, evidence: Value) {
        let [first, other] = &mut self.fixed;
        match first {
            None => *first = Some(evidence),
            Some(first) if *first != evidence => *other = Some(evidence),
            Some(_) => {}
        }
    }
}

fn unreadable(error: &io::Error) -> Fault {
    Fault::Archive(ArchiveError::Unreadable(error.kind()))
}

impl Files {
    fn read(zip: impl Read) -> Result<Self, Fault> {
        let mut kept: Vec<Entry> = Vec::new();
        let mut log = Err(Fault::NotAsListed(AUDIT.to_owned()));
        let mut room = MOST_IN_MEMORY;
        let walked = archive::walk(BufReader::new(zip), |name, contents| {
            if name == AUDIT {
                let about = find(&kept, CASE_FACTS).and_then(|bytes| json(CASE_FACTS, bytes));
                log = Stretch::follow(contents, about);
                return Ok(());
            }
            let mut bytes = Vec::new();
            contents.take(room + 1).read_to_end(&mut bytes)?;
            room = room
                .checked_sub(bytes.len() as u64)
                .ok_or(io::ErrorKind::FileTooLarge)?;
            kept.push(Entry {
                name: name.to_owned(),
                bytes,
            });
            Ok(())
        });
        let all = walked.map_err(|error| match error {
            ArchiveError::Unreadable(io::ErrorKind::FileTooLarge) => ArchiveError::TooLarge,
            other => other,
        })?;
        let all = all.iter();
        Ok(Self {
            all: all
                .map(|(name, contents): &(String, Measured)| listed(name, contents))
                .collect(),
            kept,
            log,
        })
    }

    fn get(&self, name: &str) -> Result<&[u8], Fault> {
        find(&self.kept, name)
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, Fault> {
        json(name, self.get(name)?)
    }

    /// The names in a folder with their contents, in order.
    fn folder<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Entry> {
        let files = self.kept.iter();
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
        let there: Vec<Listed> = self
            .all
            .iter()
            .filter(|file| ![MANIFEST, SEAL].contains(&file.name.as_str()))
            .cloned()
            .collect();
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

    fn check_seal(&self, facts: &CaseFacts) -> Result<Option<Certificate>, Fault> {
        let Ok(seal) = self.get(SEAL) else {
            return Ok(None);
        };
        verify_detached(seal, self.get(MANIFEST)?, facts.decided_at)
            .map(Some)
            .map_err(|_| Fault::Seal)
    }

    /// The rows follow one another, tell of this petition and this document, and end at the head; how many there are, and when the
    /// last was written.
    fn check_audit(&self, head: &Head, evidence: Sha256) -> Result<(usize, Timestamp), Fault> {
        let log = self.log.as_ref().map_err(Clone::clone)?;
        let (seq, hash) = log.last.as_ref().ok_or(Fault::Audit(head.seq))?;
        if (*seq, hash) != (head.seq, &head.hash) {
            return Err(Fault::Audit(*seq));
        }
        if !log.names_document {
            return Err(Fault::Document);
        }
        let evidence = evidence.to_string();
        if log.fixed.iter().flatten().any(|fixed| *fixed != evidence) {
            return Err(Fault::Fixed);
        }
        let written_at = Timestamp::from_millisecond(log.last_ms);
        Ok((log.rows, written_at.map_err(|_| Fault::Audit(*seq))?))
    }

    /// Report and decision, made again and compared with what was recorded.
    fn check_decision(
        &self,
        facts: &CaseFacts,
        extractor: &Extractor,
    ) -> Result<(Option<Report>, Decision), Fault> {
        let document = self.get(DOCUMENT)?;
        if Sha256::of(document) != facts.document {
            return Err(Fault::Document);
        }
        let kept = KeptTrust {
            roots: self.get(ROOTS)?.to_vec(),
            intermediates: self.get(INTERMEDIATES)?.to_vec(),
            terms: self.get(TERMS).ok().map(<[u8]>::to_vec),
        };
        let trust = trust_again(&kept)
            .filter(|trust| trust.digest() == facts.trust_digest)
            .ok_or(Fault::Trust)?;
        let decision: Decision = self.json(DECISION)?;
        let at = facts.received_at;
        let age = facts.evidence_age_seconds;
        let policy = Policy {
            evidence_age: age.map(SignedDuration::from_secs),
            ..Policy::default()
        };
        let verdict = judge(document, &trust, &self.answers()?, &policy, at);
        let recorded: Option<Value> = self
            .get(REPORT)
            .ok()
            .map(|_| self.json(REPORT))
            .transpose()?;
        let (Ok(concluded), Some(recorded)) = (&verdict, &recorded) else {
            return Self::check_unreadable(verdict.err(), recorded.is_some(), decision);
        };
        let report = &concluded.report;
        differences(recorded, report).map_err(Fault::Report)?;
        let employer: Option<Employer> = self.json(EMPLOYER)?;
        let form = self.get(FORM).ok();
        let again = decide_again(document, report, form, employer.as_ref(), facts, extractor)
            .map_err(|error| Fault::Unread(error.to_string()))?;
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

fn find<'a>(files: &'a [Entry], name: &str) -> Result<&'a [u8], Fault> {
    let found = files.iter().find(|file| file.name == name);
    found
        .map(|file| file.bytes.as_slice())
        .ok_or_else(|| Fault::NotAsListed(name.to_owned()))
}

fn json<T: DeserializeOwned>(name: &str, bytes: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(bytes).map_err(|_| Fault::Unreadable(name.to_owned()))
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
