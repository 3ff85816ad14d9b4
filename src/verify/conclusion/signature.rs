//! One signature of a person, and one timestamp over a document.

use jiff::Timestamp;

use super::path::JudgedPath;
use super::place::{Place, check_claimed_time};
use super::{Court, Shared};
use crate::domain::Sha256;
use crate::verify::certificate::Certificate;
use crate::verify::cms::{self, Judged, Message, Profile, SignerInfo};
use crate::verify::content::Content;
use crate::verify::crypto;
use crate::verify::past::{self, Proofs};
use crate::verify::report::{
    Code, Conclusion, Finding, Integrity, Level, SignatureReport, TimestampFacts, TimestampKind,
};
use crate::verify::revocation::{Context, Evidence};
use crate::verify::signer::identify;
use crate::verify::timestamp;

/// What the timestamps over one signature prove.
#[derive(Default)]
struct Stamps {
    facts: Vec<TimestampFacts>,
    findings: Vec<Finding>,
    /// The earliest trusted time at which the signature value existed.
    proven: Option<Timestamp>,
    /// The newest revision that a trusted document timestamp over the signature closes.
    archived_in: Option<usize>,
}

impl Court<'_> {
    /// A timestamp over a document, at the time by which it is proven to have existed itself.
    pub(super) fn judge_document_timestamp(
        &mut self,
        mut place: Place,
        token: &[u8],
        content: &Content<'_>,
        shared: &Shared<'_>,
    ) -> SignatureReport {
        let pool = self.pool(&shared.certificates);
        let context = Context {
            at: shared.proofs.existed_by(place.revision),
            ..self.context(&shared.evidence, &pool)
        };
        let judged = timestamp::judge(token, content, context, &mut self.budget, &place.field);
        place.findings.extend(judged.findings.iter().cloned());
        place
            .findings
            .extend(shared.proofs.check_order(&judged, context.at, &place.field));
        let mut report = place.unjudged(judged.integrity);
        // On its own, a timestamp of an unknown authority is neither right nor wrong.
        if !judged.trusted && report.conclusion == Conclusion::Passed {
            report.conclusion = Conclusion::Indeterminate;
        }
        report.timestamp = judged.time.filter(|_| judged.trusted);
        report.timestamps = vec![judged.facts(TimestampKind::Document, context.at)];
        report.digest = judged.digest;
        report.algorithm = judged.algorithm;
        report.chain = judged.path.iter().map(Certificate::facts).collect();
        report.revocation = judged.revocation;
        report
    }

    /// One signature of a person, over `content`.
    pub(super) fn judge_signature(
        &mut self,
        mut place: Place,
        message: &Message<'_>,
        signer: &SignerInfo<'_>,
        content: &Content<'_>,
        profile: Profile,
        shared: &Shared<'_>,
    ) -> SignatureReport {
        // 1. Bytes against signature value.
        let own = self.certificates(&message.material, &shared.certificates);
        let pool = self.pool(&own);
        let mut anywhere = pool.clone();
        anywhere.extend(self.trust.roots().iter().cloned());
        let field = place.field.clone();
        let mut judged = cms::judge(
            message, signer, content, profile, &anywhere, &field, self.at,
        );
        let claimed = judged.signing_time.or(place.claimed_time);

        // 2. Timestamps over the signature value, over the content before it, and over the whole revision.
        let answers = Evidence::read(&message.material, &shared.evidence);
        let evidence = shared.evidence.and(&answers);
        let context = self.context(&evidence, &pool);
        let stamps = self.judge_timestamps(&place, signer, content, context, &shared.proofs);
        past::doubt_algorithms(&mut judged.findings, stamps.proven);
        past::doubt_algorithms(&mut place.findings, stamps.proven);
        place.findings.append(&mut judged.findings);
        place
            .findings
            .extend(check_claimed_time(claimed, &field, self.at));
        place.findings.extend(stamps.findings.iter().cloned());

        // 3. and 4. The path, and revocation along it.
        let path = judged
            .certificate
            .as_ref()
            .map(|certificate| self.judge_path(certificate, context, stamps.proven));
        let level = (judged.integrity == Integrity::Intact && judged.pins_certificate)
            .then(|| self.level(path.as_ref(), &stamps, &answers, shared, context));

        // 5. Whose key issued the certificate, and so who signed.
        let mut who = None;
        if let Some(path) = &path {
            let candidate = &path.candidate;
            let certificates = &candidate.certificates;
            place.findings.extend(candidate.findings.iter().cloned());
            let past = self
                .trust
                .check_status(certificates, stamps.proven, self.at);
            place.findings.extend(past);
            if let Some((identified, findings)) = identify(certificates, self.trust) {
                place.findings.extend(findings);
                who = Some(identified);
            }
        }
        let mut report = place.unjudged(judged.integrity);
        report.level = level;
        report.signing_time_claimed = claimed;
        report.timestamp = stamps.proven;
        report.timestamps = stamps.facts;
        report.value_sha256 = Some(value_digest(&judged, signer));
        report.signer = who;
        report.digest = judged.digest;
        report.algorithm = judged.algorithm;
        if let Some(JudgedPath {
            candidate,
            revocation,
            tried,
        }) = path
        {
            let facts = candidate.certificates.iter().map(Certificate::facts);
            report.chain = facts.collect();
            report.revocation = revocation;
            report.paths = tried;
        }
        report
    }

    /// ETSI EN 319 142-1 §5 and §6: what a signature carries to prove what it was, in rising order.
    fn level(
        &mut self,
        path: Option<&JudgedPath>,
        stamps: &Stamps,
        answers: &Evidence,
        shared: &Shared<'_>,
        context: Context<'_>,
    ) -> Level {
        let Some(proven) = stamps.proven else {
            return Level::BB;
        };
        let Some(path) = path.filter(|path| self.reaches_root(&path.candidate)) else {
            return Level::BT;
        };
        let embedded = shared.embedded.and(answers);
        if !self.is_long_term(&path.candidate, &embedded, context, proven) {
            return Level::BT;
        }
        // §5.4.3: the timestamp of an archive is over the validation data too; data that came later are not archived yet.
        let archived = stamps
            .archived_in
            .map(|number| shared.stored_by(number).and(answers))
            .is_some_and(|early| self.is_long_term(&path.candidate, &early, context, proven));
        if archived { Level::BLta } else { Level::BLt }
    }

    /// EN 319 102-1 §5.5.4: each timestamp is judged at the time by which it is proven to have existed itself.
    fn judge_timestamps(
        &mut self,
        place: &Place,
        signer: &SignerInfo<'_>,
        content: &Content<'_>,
        context: Context<'_>,
        proofs: &Proofs,
    ) -> Stamps {
        let stamped = proofs.stamped(place.revision);
        let mut stamps = Stamps {
            proven: stamped,
            archived_in: proofs.archived_in(place.revision),
            ..Stamps::default()
        };
        let context = Context {
            at: proofs.existed_by(place.revision),
            ..context
        };
        let value = Content::new(&[&signer.value]);
        for token in signer.timestamps() {
            let stamp = timestamp::judge(token, &value, context, &mut self.budget, &place.field);
            stamps
                .facts
                .push(stamp.facts(TimestampKind::Signature, context.at));
            let disorder = proofs.check_order(&stamp, context.at, &place.field);
            if let Some(time) = stamp.time.filter(|_| stamp.trusted && disorder.is_none()) {
                stamps.proven = Some(stamps.proven.map_or(time, |earlier| earlier.min(time)));
            }
            stamps.findings.extend(stamp.findings);
            stamps.findings.extend(disorder);
        }
        self.judge_content_timestamps(place, signer, content, context, &mut stamps);
        for form in signer.other_timestamps() {
            stamps.findings.push(
                Finding::new(Code::TimestampNotJudged, &*place.field).fact("attribute", form),
            );
        }
        stamps
    }

    /// ETSI EN 319 122-1 §5.2.8: the content existed before it was signed; so these must be older than the others.
    fn judge_content_timestamps(
        &mut self,
        place: &Place,
        signer: &SignerInfo<'_>,
        content: &Content<'_>,
        context: Context<'_>,
        stamps: &mut Stamps,
    ) {
        let context = Context {
            at: stamps.proven.unwrap_or(context.at),
            ..context
        };
        for token in signer.content_timestamps() {
            let stamp = timestamp::judge(token, content, context, &mut self.budget, &place.field);
            stamps
                .facts
                .push(stamp.facts(TimestampKind::Content, context.at));
            let later = stamp
                .time
                .filter(|time| stamp.trusted && past::contradict(*time, context.at));
            stamps.findings.extend(stamp.findings);
            stamps
                .findings
                .extend(later.map(|time| past::out_of_order(&place.field, time, context.at)));
        }
    }
}

/// Digest of the one form of the signature value that stands for all forms which verify alike.
fn value_digest(judged: &Judged, signer: &SignerInfo<'_>) -> Sha256 {
    match judged.certificate.as_ref().map(Certificate::key) {
        Some(Ok(key)) => Sha256::of(&crypto::canonical_value(key, &signer.value)),
        _ => Sha256::of(&signer.value),
    }
}
