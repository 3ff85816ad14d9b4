//! The verdict: on each signature, and then on the document.
//!
//! For each signature (`signature`): (1) bytes against signature value; (2) its timestamps; (3) the path of its certificate at the time
//! of reception; (4) revocation along that path; (5) what changed afterwards. The document passes only when every
//! signature of a person in it passes and nothing but permitted additions follows any of them: one good signature
//! somewhere is not enough, and an attacker's extra signature is not harmless.

mod archive;
mod path;
mod place;
mod signature;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::chain::{Budget, Sources};
use super::cms::{self, Message, Profile};
use super::content::{Content, Pass};
use super::crypto::Digest;
use super::opening::{Container, Inside, Signed};
use super::past::Proofs;
use super::pdf::{Pdf, PdfSignature, SecurityStore, Stored};
use super::policy::{MAX_CERTIFICATES, MAX_SIGNATURES, Policy};
use super::report::{
    Code, Conclusion, Coverage, DocumentFacts, Finding, Integrity, Modifications, Report, Severity,
    SignatureKind, SignatureReport, SubIndication, conclude_from,
};
use super::revocation::{self, Context, Evidence};
use super::trust::TrustStore;
use super::wanted::{Journal, Notes, Wanted};
use place::Place;

/// A verdict, and what it would take to know more.
#[derive(Debug)]
pub struct Concluded {
    /// The verdict.
    pub report: Report,
    /// Certificates whose status would settle something.
    pub wanted: Vec<Wanted>,
    /// Those of the given answers that the verdict rests on: judging with these alone gives the same report.
    pub used: Evidence,
}

/// Judges every signature, and then the document. `at` is the time of reception.
#[must_use]
pub fn conclude(
    signed: &Signed<'_>,
    trust: &TrustStore,
    evidence: &Evidence,
    policy: &Policy,
    at: Timestamp,
) -> Report {
    conclude_and_want(signed, trust, evidence, policy, at).report
}

/// Judges like [`conclude`], and tells besides which answers about revocation were missed and which were used.
#[must_use]
pub fn conclude_and_want(
    signed: &Signed<'_>,
    trust: &TrustStore,
    evidence: &Evidence,
    policy: &Policy,
    at: Timestamp,
) -> Concluded {
    let journal = Journal::default();
    let mut court = Court {
        trust,
        given: evidence,
        policy,
        at,
        budget: Budget::default(),
        journal: &journal,
    };
    let pass = one_pass(signed);
    let document = DocumentFacts {
        sha256: pass.whole(),
        bytes: wide(signed.bytes.len()),
        revisions: signed.pdf().map_or(1, |pdf| pdf.revisions.len()),
        encrypted: signed.is_encrypted(),
    };
    let (findings, signatures) = match &signed.container {
        Container::Pdf(pdf) => court.judge_pdf(pdf, &pass),
        Container::Cms {
            message,
            content,
            attached,
            original_differs,
            inside,
        } => {
            let parts = Attachment {
                content: content.as_deref(),
                attached: *attached,
                original_differs: *original_differs,
                inside,
            };
            court.judge_message(message, &parts)
        }
    };
    let report = conclude_document(document, findings, signatures, at);
    let (wanted, used) = journal.close(evidence);
    Concluded {
        report,
        wanted,
        used,
    }
}

/// Hashes the document once, for its own digest and for those of its signatures.
fn one_pass<'a>(signed: &Signed<'a>) -> Pass<'a> {
    let signatures = signed.pdf().map_or(&[][..], |pdf| &pdf.signatures);
    let places = signatures.iter().take(MAX_SIGNATURES);
    Pass::over(signed.bytes, places.filter_map(PdfSignature::first_stretch))
}

/// All that a judgement depends on, beside the document.
struct Court<'a> {
    trust: &'a TrustStore,
    /// Answers about revocation that did not come with the document.
    given: &'a Evidence,
    policy: &'a Policy,
    at: Timestamp,
    /// What is left for the signature that is being judged.
    budget: Budget,
    /// What was missed and what was used so far.
    journal: &'a Journal,
}

/// Content of a CMS message.
struct Attachment<'a> {
    content: Option<&'a [u8]>,
    attached: bool,
    original_differs: bool,
    inside: &'a Inside,
}

impl Court<'_> {
    fn judge_pdf(
        &mut self,
        pdf: &Pdf<'_>,
        pass: &Pass<'_>,
    ) -> (Vec<Finding>, Vec<SignatureReport>) {
        let mut findings = pdf.findings.clone();
        let store = stored(&pdf.dss, usize::MAX);
        let embedded = Evidence::read(&store, self.given);
        let mut shared = Shared {
            store: &pdf.dss,
            certificates: self.certificates(&store, &[]),
            evidence: self.given.and(&embedded),
            embedded,
            proofs: Proofs::new(self.at),
        };
        if pdf.signatures.len() > MAX_SIGNATURES {
            findings.push(
                Finding::new(Code::PdfTooComplex, "file").fact("signatures", pdf.signatures.len()),
            );
        }
        let mut reports: Vec<SignatureReport> = Vec::new();
        // Timestamps first and the newest before the older ones, because each proves what it covers (`past`).
        for signature in in_order_of_judgement(&pdf.signatures) {
            self.budget = Budget::default();
            let report = self.judge_pdf_signature(pass, signature, &shared);
            if report.kind == SignatureKind::DocTimestamp {
                let disorder = |finding: &&Finding| finding.code == Code::TimestampOrder;
                findings.extend(report.findings.iter().find(disorder).cloned());
                let time = report
                    .timestamp
                    .filter(|_| report.conclusion == Conclusion::Passed);
                if let Some(time) = time {
                    shared.proofs.add(report.revision, time);
                }
            }
            reports.push(report);
        }
        reports.sort_by_key(|report| (report.revision, report.covered_bytes));
        if !reports
            .iter()
            .any(|report| report.kind == SignatureKind::Signature)
        {
            findings.push(Finding::new(Code::DocumentUnsigned, "file"));
        }
        (findings, reports)
    }

    fn judge_pdf_signature(
        &mut self,
        pass: &Pass<'_>,
        signature: &PdfSignature,
        shared: &Shared<'_>,
    ) -> SignatureReport {
        let mut place = Place {
            field: signature.field.clone(),
            kind: signature.kind,
            sub_filter: signature.sub_filter.clone(),
            coverage: signature.coverage,
            modifications: signature.modifications,
            revision: signature.revision.saturating_add(1),
            covered_bytes: signature.covered_bytes(),
            visible: signature.visible,
            claimed_time: signature.claimed_time,
            reason: signature.reason.clone(),
            statements: signature.statements.clone(),
            findings: signature.findings.clone(),
        };
        // The reader names what is wrong; should it ever fail to, the enums still decide.
        place.require(signature.coverage != Coverage::Partial, Code::PdfByteRange);
        place.require(
            signature.modifications != Modifications::Suspicious,
            Code::PdfModifiedAfterSigning,
        );
        let Some(content) = signature.content(pass) else {
            place.require(false, Code::PdfByteRange);
            return place.unjudged(Integrity::Unsupported);
        };
        if signature.kind == SignatureKind::DocTimestamp {
            return self.judge_document_timestamp(place, &signature.contents, &content, shared);
        }
        let profile = match signature.sub_filter.as_str() {
            "adbe.pkcs7.detached" | "adbe.pkcs7.sha1" => Profile::CMS,
            "ETSI.CAdES.detached" => Profile::CADES,
            _ => {
                place.add(
                    Finding::new(Code::PdfSubFilterUnsupported, &*place.field)
                        .fact("sub_filter", signature.sub_filter.as_str()),
                );
                return place.unjudged(Integrity::Unsupported);
            }
        };
        let Ok(message) = Message::parse(&signature.contents) else {
            place.require(false, Code::CmsMalformed);
            return place.unjudged(Integrity::Broken);
        };
        // ETSI EN 319 142-1 §6.2.1, ISO 32000-2 §12.8.3.3: exactly one.
        let [signer] = message.signers.as_slice() else {
            place.add(
                Finding::new(Code::CmsSignerCount, &*place.field)
                    .fact("signers", message.signers.len()),
            );
            return place.unjudged(Integrity::Unsupported);
        };
        if signature.sub_filter == "adbe.pkcs7.sha1" {
            // ISO 32000-2 §12.8.3.3.1: what is signed is the SHA-1 digest of the byte range, and it lies inside.
            let digest = content.digest(Digest::Sha1).unwrap_or_default();
            let inside = message.content.as_deref().unwrap_or_default();
            place.require(inside == digest, Code::CmsDigestMismatch);
            place.findings.extend(super::policy::check_digest(
                Digest::Sha1,
                &place.field,
                self.at,
            ));
            let inside = Content::new(&[inside]);
            return self.judge_signature(place, &message, signer, &inside, profile, shared);
        }
        // Detached means that nothing is inside; a second document there could be taken for the signed one.
        let inside = message.content.as_deref().unwrap_or_default();
        place.require(inside.is_empty(), Code::CmsMalformed);
        self.judge_signature(place, &message, signer, &content, profile, shared)
    }

    fn judge_message(
        &mut self,
        message: &[u8],
        attachment: &Attachment<'_>,
    ) -> (Vec<Finding>, Vec<SignatureReport>) {
        let mut findings = attachment.inside.findings.clone();
        let Ok(message) = Message::parse(message) else {
            return (vec![Finding::new(Code::CmsMalformed, "file")], Vec::new());
        };
        if message.signers.is_empty() {
            findings.push(Finding::new(Code::DocumentUnsigned, "file"));
        }
        if attachment.original_differs {
            findings
                .push(Finding::new(Code::CmsDigestMismatch, "file").fact("original", "differs"));
        }
        let shared = Shared {
            store: &SecurityStore::default(),
            certificates: Vec::new(),
            evidence: self.given.clone(),
            embedded: Evidence::default(),
            proofs: Proofs::new(self.at),
        };
        // No bytes say nothing, whoever signs them.
        let given = attachment.content.filter(|content| !content.is_empty());
        let content = given.map(|content| Content::new(&[content]));
        let reports = message
            .signers
            .iter()
            .enumerate()
            .map(|(index, signer)| {
                self.budget = Budget::default();
                let mut place = Place {
                    field: format!("#{}", index.saturating_add(1)),
                    kind: SignatureKind::Signature,
                    sub_filter: if attachment.attached {
                        "cms.attached".to_owned()
                    } else {
                        "cms.detached".to_owned()
                    },
                    coverage: Coverage::WholeFile,
                    modifications: Modifications::None,
                    revision: 1,
                    covered_bytes: attachment.content.map_or(0, |content| wide(content.len())),
                    visible: false,
                    claimed_time: None,
                    reason: None,
                    statements: Vec::new(),
                    findings: Vec::new(),
                };
                let Some(content) = &content else {
                    place.require(false, Code::CmsContentMissing);
                    return place.unjudged(Integrity::Unsupported);
                };
                self.judge_signature(place, &message, signer, content, Profile::CMS, &shared)
            })
            .collect();
        (findings, reports)
    }

    /// The certificates that came with a document or a message, and those that are `known` from elsewhere in it.
    fn certificates(
        &self,
        material: &cms::Material<'_>,
        known: &[Certificate],
    ) -> Vec<Certificate> {
        let list = material.certificates.iter().take(MAX_CERTIFICATES);
        let mut own: Vec<Certificate> = list
            .filter_map(|der| self.trust.certificate(der, known))
            .collect();
        let others = known.iter().filter(|one| !own.contains(one));
        let others: Vec<Certificate> = others.cloned().collect();
        own.extend(others);
        own
    }

    /// Certificates that came with the document, and the configured intermediates.
    fn pool(&self, own: &[Certificate]) -> Vec<Certificate> {
        let mut pool = own.to_vec();
        let configured = self.trust.intermediates().iter();
        pool.extend(configured.filter(|one| !own.contains(one)).cloned());
        pool
    }

    fn context<'c>(&self, evidence: &'c Evidence, pool: &'c [Certificate]) -> Context<'c>
    where
        Self: 'c,
    {
        Context {
            evidence,
            given: self.given,
            sources: Sources {
                trust: self.trust,
                pool,
            },
            policy: self.policy,
            at: self.at,
            reception: self.at,
            depth: revocation::ANSWER_DEPTH,
            journal: Some(Notes::of(self.journal)),
        }
    }
}

/// What all signatures of a PDF share: the document security store.
struct Shared<'a> {
    store: &'a SecurityStore,
    certificates: Vec<Certificate>,
    /// Given and stored.
    evidence: Evidence,
    /// Stored only.
    embedded: Evidence,
    /// By when its revisions are proven to have existed, as far as the timestamps have been judged.
    proofs: Proofs<usize>,
}

impl Shared<'_> {
    /// What the store held when revision `number`, counted from 1, was closed.
    fn stored_by(&self, number: usize) -> cms::Material<'_> {
        stored(self.store, number)
    }
}

/// What the first `revisions` of a file have put into its security store.
fn stored(store: &SecurityStore, revisions: usize) -> cms::Material<'_> {
    let mut material = cms::Material {
        certificates: early(&store.certificates, revisions),
        crls: early(&store.crls, revisions),
        ocsps: early(&store.ocsps, revisions),
    };
    material.limit();
    material
}

fn early(list: &[Stored], revisions: usize) -> Vec<&[u8]> {
    let early = list.iter().filter(|stored| stored.revision < revisions);
    early.map(|stored| stored.der.as_slice()).collect()
}

/// The document as a whole.
fn conclude_document(
    document: DocumentFacts,
    mut findings: Vec<Finding>,
    signatures: Vec<SignatureReport>,
    received_at: Timestamp,
) -> Report {
    let decisive = |report: &&SignatureReport| {
        // A timestamp of an unknown authority takes nothing away; a broken one was put there by somebody.
        report.kind == SignatureKind::Signature || report.conclusion == Conclusion::Failed
    };
    let mut conclusions: Vec<Conclusion> = signatures
        .iter()
        .filter(decisive)
        .map(|report| report.conclusion)
        .collect();
    conclusions.push(conclude_from(&findings));
    let mut conclusion = heaviest_conclusion(&conclusions);
    // Never passed but by a passed signature of a person whose revision is whole.
    let covered = signatures.iter().any(|report| {
        report.kind == SignatureKind::Signature
            && report.conclusion == Conclusion::Passed
            && report.coverage != Coverage::Partial
            && report.modifications != Modifications::Suspicious
    });
    if conclusion == Conclusion::Passed && !covered {
        findings.push(Finding::new(Code::PdfNotCovered, "file"));
        conclusion = Conclusion::Failed;
    }
    let deciding = findings.iter().chain(
        signatures
            .iter()
            .filter(decisive)
            .flat_map(|report| &report.findings),
    );
    Report {
        sub_indication: sub_indication(conclusion, deciding),
        conclusion,
        indication: conclusion.into(),
        findings,
        received_at,
        document,
        signatures,
    }
}

fn heaviest_conclusion(conclusions: &[Conclusion]) -> Conclusion {
    if conclusions.contains(&Conclusion::Failed) {
        Conclusion::Failed
    } else if conclusions.contains(&Conclusion::Indeterminate) {
        Conclusion::Indeterminate
    } else {
        Conclusion::Passed
    }
}

/// That of the heaviest finding; among equals the order of the table decides: container, signature, algorithms, chain,
/// revocation.
fn sub_indication<'a>(
    conclusion: Conclusion,
    findings: impl Iterator<Item = &'a Finding>,
) -> Option<SubIndication> {
    let weight = match conclusion {
        Conclusion::Passed => return None,
        Conclusion::Failed => Severity::Failure,
        Conclusion::Indeterminate => Severity::Unknown,
    };
    findings
        .filter(|finding| finding.severity == weight)
        .min_by_key(|finding| finding.code)
        .and_then(|finding| finding.code.sub_indication())
}

/// Document timestamps from the newest revision to the oldest, then the signatures of persons.
fn in_order_of_judgement(signatures: &[PdfSignature]) -> Vec<&PdfSignature> {
    let mut ordered: Vec<&PdfSignature> = signatures.iter().take(MAX_SIGNATURES).collect();
    ordered.sort_by_key(|signature| {
        let is_person = signature.kind == SignatureKind::Signature;
        (is_person, std::cmp::Reverse(signature.revision))
    });
    ordered
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
