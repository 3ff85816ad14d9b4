//! The verdict: on each signature, and then on the document.
//!
//! For each signature: (1) bytes against signature value; (2) its timestamps; (3) the path of its certificate at the time
//! of reception; (4) revocation along that path; (5) what changed afterwards. The document passes only when every
//! signature of a person in it passes and nothing but permitted additions follows any of them: one good signature
//! somewhere is not enough, and an attacker's extra signature is not harmless.

use jiff::Timestamp;

use super::certificate::Certificate;
use super::chain::{self, Budget, Candidate, Purpose, Sources};
use super::cms::{self, Message, Profile, SignerInfo};
use super::content::{Content, Pass};
use super::crypto::{self, Digest};
use super::opening::{Container, Signed};
use super::pdf::{Pdf, PdfSignature};
use super::policy::{CLOCK_TOLERANCE, MAX_CERTIFICATES, MAX_SIGNATURES, Policy};
use super::report::{
    Code, Conclusion, Coverage, DocumentFacts, Finding, Integrity, Level, Modifications, PathFacts,
    Report, RevocationFacts, Severity, SignatureKind, SignatureReport, SubIndication,
    conclude_from,
};
use super::revocation::{self, Context, Evidence};
use super::signer::Signer;
use super::timestamp;
use super::trust::TrustStore;
use super::wanted::{Journal, Notes, Wanted};
use crate::domain::Sha256;

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
        encrypted: signed.pdf().is_some_and(|pdf| pdf.encrypted),
    };
    let (findings, signatures) = match &signed.container {
        Container::Pdf(pdf) => court.judge_pdf(pdf, &pass, evidence),
        Container::Cms {
            message,
            content,
            attached,
            original_differs,
        } => {
            let parts = Attachment {
                content: content.as_deref(),
                attached: *attached,
                original_differs: *original_differs,
            };
            court.judge_message(message, &parts, evidence)
        }
    };
    let report = conclude_document(document, findings, signatures);
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
}

/// A signature in its place, before it is judged.
struct Place {
    field: String,
    kind: SignatureKind,
    sub_filter: String,
    coverage: Coverage,
    modifications: Modifications,
    revision: usize,
    covered_bytes: u64,
    visible: bool,
    claimed_time: Option<Timestamp>,
    findings: Vec<Finding>,
}

impl Court<'_> {
    fn judge_pdf(
        &mut self,
        pdf: &Pdf<'_>,
        pass: &Pass<'_>,
        given: &Evidence,
    ) -> (Vec<Finding>, Vec<SignatureReport>) {
        let mut findings = pdf.findings.clone();
        let mut store = cms::Material {
            certificates: slices(&pdf.dss.certificates),
            crls: slices(&pdf.dss.crls),
            ocsps: slices(&pdf.dss.ocsps),
        };
        store.limit();
        let shared = Shared {
            certificates: certificates(&store),
            evidence: Evidence::joined(given, &store),
            embedded: Evidence::joined(&Evidence::default(), &store),
        };
        if pdf.signatures.len() > MAX_SIGNATURES {
            findings.push(
                Finding::new(Code::PdfTooComplex, "file").fact("signatures", pdf.signatures.len()),
            );
        }
        let mut reports: Vec<SignatureReport> = pdf
            .signatures
            .iter()
            .take(MAX_SIGNATURES)
            .map(|signature| {
                self.budget = Budget::default();
                self.judge_pdf_signature(pass, signature, &shared)
            })
            .collect();
        if !reports
            .iter()
            .any(|report| report.kind == SignatureKind::Signature)
        {
            findings.push(Finding::new(Code::DocumentUnsigned, "file"));
        }
        credit_document_timestamps(&mut reports);
        (findings, reports)
    }

    fn judge_pdf_signature(
        &mut self,
        pass: &Pass<'_>,
        signature: &PdfSignature,
        shared: &Shared,
    ) -> SignatureReport {
        let mut place = Place {
            field: signature.field.clone(),
            kind: signature.kind,
            sub_filter: signature.sub_filter.clone(),
            coverage: signature.coverage,
            modifications: signature.modifications,
            revision: signature.revision.saturating_add(1),
            covered_bytes: covered(signature),
            visible: signature.visible,
            claimed_time: signature.claimed_time,
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

    fn judge_document_timestamp(
        &mut self,
        mut place: Place,
        token: &[u8],
        content: &Content<'_>,
        shared: &Shared,
    ) -> SignatureReport {
        let pool = self.pool(&shared.certificates);
        let context = self.context(&shared.evidence, &pool);
        let judged = timestamp::judge(token, content, context, &mut self.budget, &place.field);
        place.findings.extend(judged.findings);
        let mut report = place.unjudged(judged.integrity);
        // On its own, a timestamp of an unknown authority is neither right nor wrong.
        if !judged.trusted && report.conclusion == Conclusion::Passed {
            report.conclusion = Conclusion::Indeterminate;
        }
        report.timestamp = judged.time.filter(|_| judged.trusted);
        report.digest = judged.digest;
        report.algorithm = judged.algorithm;
        report.chain = judged.path.iter().map(Certificate::facts).collect();
        report.revocation = judged.revocation;
        report
    }

    fn judge_message(
        &mut self,
        message: &[u8],
        attachment: &Attachment<'_>,
        given: &Evidence,
    ) -> (Vec<Finding>, Vec<SignatureReport>) {
        let mut findings = Vec::new();
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
            certificates: Vec::new(),
            evidence: given.clone(),
            embedded: Evidence::default(),
        };
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
                    findings: Vec::new(),
                };
                let Some(content) = attachment.content else {
                    place.require(false, Code::CmsContentMissing);
                    return place.unjudged(Integrity::Unsupported);
                };
                let content = Content::new(&[content]);
                self.judge_signature(place, &message, signer, &content, Profile::CMS, &shared)
            })
            .collect();
        (findings, reports)
    }

    /// One signature of a person, over `content`.
    fn judge_signature(
        &mut self,
        mut place: Place,
        message: &Message<'_>,
        signer: &SignerInfo<'_>,
        content: &Content<'_>,
        profile: Profile,
        shared: &Shared,
    ) -> SignatureReport {
        // 1. Bytes against signature value.
        let mut own = certificates(&message.material);
        own.extend(shared.certificates.iter().cloned());
        let pool = self.pool(&own);
        let mut anywhere = pool.clone();
        anywhere.extend(self.trust.roots().iter().cloned());
        let field = place.field.clone();
        let judged = cms::judge(
            message, signer, content, profile, &anywhere, &field, self.at,
        );
        let claimed = judged.signing_time.or(place.claimed_time);
        place.findings.extend(judged.findings);
        place
            .findings
            .extend(check_claimed_time(claimed, &field, self.at));

        // 2. Timestamps over the signature value.
        let evidence = Evidence::joined(&shared.evidence, &message.material);
        let context = self.context(&evidence, &pool);
        let mut proven = None;
        for token in signer.timestamps() {
            let value = Content::new(&[&signer.value]);
            let stamp = timestamp::judge(token, &value, context, &mut self.budget, &field);
            place.findings.extend(stamp.findings);
            if let Some(time) = stamp.time.filter(|_| stamp.trusted) {
                // Whoever stamps the future is no witness of the past.
                if time.duration_since(self.at) > CLOCK_TOLERANCE {
                    place.add(
                        Finding::new(Code::TimestampInvalid, &*field)
                            .weighing(Severity::Unknown)
                            .fact("time", time.to_string()),
                    );
                    continue;
                }
                proven = Some(proven.map_or(time, |earlier: Timestamp| earlier.min(time)));
            }
        }

        // 3. and 4. The path, and revocation along it.
        let verdict = judged
            .certificate
            .as_ref()
            .map(|certificate| self.judge_path(certificate, context, proven));
        let mut report_chain = Vec::new();
        let mut report_revocation = Vec::new();
        let mut report_paths = Vec::new();
        let mut long_term = false;
        if let Some(judged) = verdict {
            let JudgedPath {
                candidate,
                revocation,
                tried,
            } = judged;
            let embedded = Evidence::joined(&shared.embedded, &message.material);
            long_term = candidate.is_trusted() && self.is_long_term(&candidate, &embedded, &pool);
            place.findings.extend(candidate.findings);
            report_chain = candidate
                .certificates
                .iter()
                .map(Certificate::facts)
                .collect();
            report_revocation = revocation;
            report_paths = tried;
        }
        let pinned = profile == Profile::CADES || judged.pins_certificate;
        let level = (judged.integrity == Integrity::Intact && pinned).then_some(match proven {
            None => Level::BB,
            Some(_) if long_term => Level::BLt,
            Some(_) => Level::BT,
        });

        let mut report = place.unjudged(judged.integrity);
        report.level = level;
        report.signing_time_claimed = claimed;
        report.timestamp = proven;
        report.digest = judged.digest;
        report.algorithm = judged.algorithm;
        report.signer = judged.certificate.as_ref().and_then(who);
        report.chain = report_chain;
        report.revocation = report_revocation;
        report.paths = report_paths;
        report.value_sha256 = Some(match judged.certificate.as_ref().map(Certificate::key) {
            Some(Ok(key)) => Sha256::of(&crypto::canonical_value(key, &signer.value)),
            _ => Sha256::of(&signer.value),
        });
        report
    }

    /// The best path at the time of reception, with everything held against it, revocation included.
    fn judge_path(
        &mut self,
        certificate: &Certificate,
        context: Context<'_>,
        proven: Option<Timestamp>,
    ) -> JudgedPath {
        let found = chain::candidates(
            certificate,
            context.sources,
            Purpose::Signing(&self.policy.certificate_policies),
            &mut self.budget,
            self.at,
        );
        let mut tried = Vec::new();
        let mut best: Option<(Candidate, Vec<RevocationFacts>)> = None;
        for mut candidate in found {
            let reaches_root = candidate
                .certificates
                .last()
                .is_some_and(|last| self.trust.is_root(last));
            let mut facts = Vec::new();
            if reaches_root {
                let context = match is_worth_asking(&candidate) {
                    true => context,
                    false => Context {
                        journal: context.journal.map(Notes::without_asking),
                        ..context
                    },
                };
                let (found, findings) =
                    revocation::check_path(&candidate.certificates, context, &mut self.budget);
                facts = found;
                candidate.findings.extend(findings);
                self.forgive_expiry(&mut candidate, context, proven);
            }
            tried.push(path_facts(&candidate));
            // Without a root the first attempt is the longest; how the others ended is only told.
            let is_better = best.as_ref().is_none_or(|(best, _)| {
                reaches_root && heaviest(&candidate.findings) < heaviest(&best.findings)
            });
            let is_trusted = candidate.is_trusted();
            if is_better {
                best = Some((candidate, facts));
            }
            if is_trusted {
                break;
            }
        }
        let (candidate, revocation) = best.unwrap_or_else(|| {
            let untrusted = Finding::new(Code::ChainUntrusted, certificate.subject().text());
            let candidate = Candidate {
                certificates: vec![certificate.clone()],
                findings: vec![untrusted],
            };
            (candidate, Vec::new())
        });
        JudgedPath {
            candidate,
            revocation,
            tried,
        }
    }

    /// DESIGN B: expired at reception but alive when a trusted timestamp was made is for a person to judge.
    fn forgive_expiry(
        &mut self,
        candidate: &mut Candidate,
        context: Context<'_>,
        proven: Option<Timestamp>,
    ) {
        let Some(proven) = proven else { return };
        let Some(first) = candidate.certificates.first().cloned() else {
            return;
        };
        let expired = |finding: &Finding| finding.code == Code::ChainExpired;
        if !candidate.findings.iter().any(expired) {
            return;
        }
        let alive_then = chain::candidates(
            &first,
            context.sources,
            Purpose::Signing(&self.policy.certificate_policies),
            &mut self.budget,
            proven,
        )
        .iter()
        .any(|then| then.certificates == candidate.certificates && then.is_trusted());
        if alive_then {
            for finding in candidate
                .findings
                .iter_mut()
                .filter(|finding| expired(finding))
            {
                finding.code = Code::ChainExpiredAfterTimestamp;
                finding.severity = Code::ChainExpiredAfterTimestamp.severity();
                finding
                    .facts
                    .insert("timestamp".to_owned(), proven.to_string().into());
            }
        }
    }

    /// B-LT: the document itself carries an answer for every certificate below the root (ETSI EN 319 142-1 §5.4).
    fn is_long_term(
        &mut self,
        candidate: &Candidate,
        embedded: &Evidence,
        pool: &[Certificate],
    ) -> bool {
        let required = Policy {
            revocation: super::policy::RevocationMode::Required,
            ..self.policy.clone()
        };
        let context = Context {
            policy: &required,
            journal: None,
            ..self.context(embedded, pool)
        };
        let (facts, _) = revocation::check_path(&candidate.certificates, context, &mut self.budget);
        !facts.is_empty() && facts.iter().all(|fact| fact.this_update.is_some())
    }

    /// Certificates that came with the document, and the configured intermediates.
    fn pool(&self, own: &[Certificate]) -> Vec<Certificate> {
        let mut pool = own.to_vec();
        pool.extend(self.trust.intermediates().iter().cloned());
        pool
    }

    fn context<'c>(&self, evidence: &'c Evidence, pool: &'c [Certificate]) -> Context<'c>
    where
        Self: 'c,
    {
        Context {
            evidence,
            sources: Sources {
                trust: self.trust,
                pool,
            },
            policy: self.policy,
            at: self.at,
            depth: revocation::ANSWER_DEPTH,
            journal: Some(Notes::of(self.journal)),
        }
    }
}

/// What came out for the path of a signer.
struct JudgedPath {
    /// The best candidate, with everything held against it.
    candidate: Candidate,
    /// Revocation along it.
    revocation: Vec<RevocationFacts>,
    /// Every candidate, in the order in which they were tried.
    tried: Vec<PathFacts>,
}

fn path_facts(candidate: &Candidate) -> PathFacts {
    PathFacts {
        conclusion: conclude_from(&candidate.findings),
        certificates: candidate
            .certificates
            .iter()
            .map(Certificate::facts)
            .collect(),
        findings: candidate.findings.clone(),
    }
}

/// Whether others may be asked about a path that ends at a root: it breaks no rule but that of time, which a timestamp may
/// mend. A path that does could be anybody's work below a certificate that signs none, addresses included.
fn is_worth_asking(candidate: &Candidate) -> bool {
    candidate
        .findings
        .iter()
        .all(|finding| finding.severity == Severity::Note || finding.code == Code::ChainExpired)
}

/// What all signatures of a PDF share: the document security store.
struct Shared {
    certificates: Vec<Certificate>,
    /// Given and stored.
    evidence: Evidence,
    /// Stored only.
    embedded: Evidence,
}

impl Place {
    fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds the code unless the rule holds or a finding already says so.
    fn require(&mut self, holds: bool, code: Code) {
        if !holds && !self.findings.iter().any(|finding| finding.code == code) {
            self.findings.push(Finding::new(code, &*self.field));
        }
    }

    /// A report with what is known from the place alone.
    fn unjudged(self, integrity: Integrity) -> SignatureReport {
        SignatureReport {
            conclusion: conclude_signature(integrity, &self.findings),
            field: self.field,
            kind: self.kind,
            sub_filter: self.sub_filter,
            level: None,
            integrity,
            coverage: self.coverage,
            modifications: self.modifications,
            signing_time_claimed: self.claimed_time,
            timestamp: None,
            digest: None,
            algorithm: None,
            signer: None,
            chain: Vec::new(),
            revocation: Vec::new(),
            findings: self.findings,
            revision: self.revision,
            covered_bytes: self.covered_bytes,
            paths: Vec::new(),
            value_sha256: None,
            visible: self.visible,
        }
    }
}

/// The findings decide; and whatever they say, only intact bytes can pass.
fn conclude_signature(integrity: Integrity, findings: &[Finding]) -> Conclusion {
    match (conclude_from(findings), integrity) {
        (_, Integrity::Broken) => Conclusion::Failed,
        (Conclusion::Passed, Integrity::Unsupported) => Conclusion::Indeterminate,
        (conclusion, _) => conclusion,
    }
}

/// A claimed time proves nothing (DESIGN B), but one after reception is told: a little is a clock that runs ahead, more
/// is a doubt.
fn check_claimed_time(claimed: Option<Timestamp>, subject: &str, at: Timestamp) -> Option<Finding> {
    let Some(claimed) = claimed else {
        return Some(Finding::new(Code::CmsSigningTimeMissing, subject));
    };
    let ahead = claimed.duration_since(at);
    if !ahead.is_positive() {
        return None;
    }
    let finding = Finding::new(Code::CmsSigningTimeInFuture, subject)
        .fact("claimed", claimed.to_string())
        .fact("at", at.to_string());
    Some(if ahead > CLOCK_TOLERANCE {
        finding.weighing(Severity::Unknown)
    } else {
        finding
    })
}

/// A trusted document timestamp proves every signature of its revision and before (ISO 32000-2 §12.8.5); behind
/// validation data it makes B-LTA (ETSI EN 319 142-1 §6.1).
fn credit_document_timestamps(reports: &mut [SignatureReport]) {
    let stamps: Vec<(usize, Timestamp)> = reports
        .iter()
        .filter(|report| report.kind == SignatureKind::DocTimestamp)
        .filter(|report| report.conclusion == Conclusion::Passed)
        .filter_map(|report| Some((report.revision, report.timestamp?)))
        .collect();
    for report in reports
        .iter_mut()
        .filter(|report| report.kind == SignatureKind::Signature)
    {
        let over = stamps
            .iter()
            .filter(|(revision, _)| *revision > report.revision)
            .map(|(_, time)| *time)
            .min();
        let Some(time) = over else { continue };
        report.timestamp = Some(report.timestamp.map_or(time, |earlier| earlier.min(time)));
        report.level = report.level.map(|level| match level {
            Level::BLt | Level::BLta => Level::BLta,
            Level::BB | Level::BT => Level::BT,
        });
    }
}

/// The document as a whole.
fn conclude_document(
    document: DocumentFacts,
    mut findings: Vec<Finding>,
    signatures: Vec<SignatureReport>,
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

fn heaviest(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).max()
}

fn who(certificate: &Certificate) -> Option<Signer> {
    certificate.view().map(|view| super::signer::read(&view))
}

fn certificates(material: &cms::Material<'_>) -> Vec<Certificate> {
    material
        .certificates
        .iter()
        .take(MAX_CERTIFICATES)
        .filter_map(|der| Certificate::parse(der.to_vec()).ok())
        .collect()
}

fn slices(list: &[Vec<u8>]) -> Vec<&[u8]> {
    list.iter().map(Vec::as_slice).collect()
}

fn covered(signature: &PdfSignature) -> u64 {
    let [_, _, start, length] = signature.byte_range;
    start.saturating_add(length)
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::cms::tests::{CONTENT, Made, Recipe, make, message};
    use crate::verify::forge::now;
    use crate::verify::policy::RevocationMode;

    fn judge(bytes: &[u8], original: Option<&[u8]>, roots: &[&Certificate]) -> Report {
        let signed = crate::verify::open(bytes, original).unwrap();
        let roots = roots.iter().map(|root| (*root).clone()).collect();
        let policy = Policy {
            revocation: RevocationMode::None,
            ..Policy::default()
        };
        conclude(
            &signed,
            &TrustStore::new(roots, Vec::new()),
            &Evidence::default(),
            &policy,
            now(),
        )
    }

    fn both(one: &Made, other: &Made) -> Vec<u8> {
        message(
            true,
            &[one.certificate.clone(), other.certificate.clone()],
            &[one.signer.clone(), other.signer.clone()],
        )
    }

    fn codes(report: &Report) -> Vec<Code> {
        report
            .all_findings()
            .filter(|finding| finding.severity > Severity::Note)
            .map(|finding| finding.code)
            .collect()
    }

    /// The additional signature of an attacker: the good one beside it is not enough.
    #[test]
    fn every_signer_of_a_message_must_pass() {
        let recipe = Recipe {
            attached: true,
            ..Recipe::default()
        };
        let (one, other) = (make(&recipe), make(&recipe));
        let bytes = both(&one, &other);
        let trusted = judge(&bytes, None, &[&one.root, &other.root]);
        assert_eq!(trusted.conclusion, Conclusion::Passed);
        assert_eq!(trusted.signatures.len(), 2);
        let half = judge(&bytes, None, &[&one.root]);
        assert_eq!(half.conclusion, Conclusion::Failed);
        assert_eq!(codes(&half), [Code::ChainUntrusted]);
        assert_eq!(half.signatures[0].conclusion, Conclusion::Passed);
        assert_eq!(
            half.sub_indication,
            Some(SubIndication::NoCertificateChainFound)
        );
    }

    #[test]
    fn every_path_that_was_tried_is_told() {
        let made = make(&Recipe {
            attached: true,
            ..Recipe::default()
        });
        let passed = judge(&made.bytes, None, &[&made.root]);
        let [path] = passed.signatures[0].paths.as_slice() else {
            panic!("one path: {:?}", passed.signatures[0].paths);
        };
        assert_eq!(path.conclusion, Conclusion::Passed);
        assert_eq!(path.certificates, passed.signatures[0].chain);
        let failed = judge(&made.bytes, None, &[]);
        let [path] = failed.signatures[0].paths.as_slice() else {
            panic!("one attempt: {:?}", failed.signatures[0].paths);
        };
        assert_eq!(path.conclusion, Conclusion::Failed);
        assert_eq!(path.findings[0].code, Code::ChainUntrusted);
        assert_eq!(path.findings[0].facts["position"], 0);
    }

    #[test]
    fn a_message_without_signers_is_unsigned() {
        let bytes = message(true, &[], &[]);
        let report = judge(&bytes, None, &[]);
        assert_eq!(report.conclusion, Conclusion::Failed);
        assert_eq!(codes(&report), [Code::DocumentUnsigned]);
    }

    #[test]
    fn the_heaviest_finding_gives_the_sub_indication() {
        let made = make(&Recipe::default());
        let report = judge(&made.bytes, Some(b"altered"), &[]);
        assert_eq!(
            codes(&report),
            [Code::CmsDigestMismatch, Code::ChainUntrusted]
        );
        assert_eq!(report.sub_indication, Some(SubIndication::HashFailure));
        let report = judge(&made.bytes, Some(CONTENT), &[&made.root]);
        assert_eq!(report.conclusion, Conclusion::Passed);
        assert_eq!(report.sub_indication, None);
    }

    #[test]
    fn a_clock_that_runs_ahead_is_a_note_and_a_false_one_a_doubt() {
        let at = now();
        let severity = |seconds: i64| {
            let claimed = at + jiff::SignedDuration::from_secs(seconds);
            check_claimed_time(Some(claimed), "#1", at).map(|finding| finding.severity)
        };
        assert_eq!(severity(-1), None);
        assert_eq!(severity(0), None);
        assert_eq!(severity(300), Some(Severity::Note));
        assert_eq!(severity(301), Some(Severity::Unknown));
        assert_eq!(
            check_claimed_time(None, "#1", at).map(|finding| finding.code),
            Some(Code::CmsSigningTimeMissing)
        );
    }
}
