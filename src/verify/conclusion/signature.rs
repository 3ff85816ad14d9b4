//! One signature of a person, and one timestamp over a document.

use jiff::Timestamp;

use super::path::JudgedPath;
use super::place::{Place, check_claimed_time};
use super::{Court, Shared, archive};
use crate::domain::Sha256;
use crate::verify::certificate::Certificate;
use crate::verify::cms::{self, Judged, Material, Message, Profile, SignerInfo};
use crate::verify::content::Content;
use crate::verify::crypto;
use crate::verify::past;
use crate::verify::report::{
    Conclusion, Finding, Integrity, Level, SignatureReport, TimestampFacts, TimestampKind,
};
use crate::verify::revocation::{Context, Evidence};
use crate::verify::signer::identify;
use crate::verify::timestamp;

/// What the timestamps over one signature prove.
#[derive(Default)]
struct Stamps<'a> {
    facts: Vec<TimestampFacts>,
    findings: Vec<Finding>,
    /// The earliest trusted time at which the signature value existed.
    proven: Option<Timestamp>,
    /// Whether a timestamp of the signature or of the document proves it, and not its archive alone.
    is_stamped: bool,
    /// What trusted timestamps cover beside the signature: those of the document, or those of its archive.
    archived: Option<Material<'a>>,
    /// A form of timestamps that is there and is not judged.
    not_judged: Option<&'static str>,
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
        report.timestamp = judged.proves(context.at);
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
        let stamps = self.judge_timestamps(&place, message, signer, content, context, shared);
        past::doubt_algorithms(&mut judged.findings, stamps.proven);
        past::doubt_algorithms(&mut place.findings, stamps.proven);
        place.findings.append(&mut judged.findings);
        place
            .findings
            .extend(check_claimed_time(claimed, &field, self.at));
        place.findings.extend(stamps.findings.iter().cloned());

        // 3. and 4. The path, and revocation along it.
        let mut path = judged
            .certificate
            .as_ref()
            .map(|certificate| self.judge_path(certificate, context, stamps.proven));
        if let (Some(path), Some(form)) = (&mut path, stamps.not_judged) {
            past::doubt_unjudged(&mut path.candidate.findings, form);
        }
        let level = (judged.integrity == Integrity::Intact && judged.pins_certificate)
            .then(|| self.level(path.as_ref(), &stamps, &answers, shared, context));

        // 5. Whose key issued the certificate, and so who signed.
        let mut who = None;
        if let Some(path) = &path {
            let candidate = &path.candidate;
            let certificates = &candidate.certificates;
            place.findings.extend(candidate.findings.iter().cloned());
            if let Some((identified, findings)) = identify(certificates, self.trust) {
                place.findings.extend(findings);
                who = Some(identified);
            }
        }
        let mut report = place.unjudged(judged.integrity);
        report.level = level;
        report.signing_time_claimed = claimed;
        report.commitment_types = signer.commitment_types();
        report.statements.extend(signer.statements());
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

    /// ETSI EN 319 142-1 §5 and §6, EN 319 122-1 §6: what a signature carries to prove what it was, in rising order.
    fn level(
        &mut self,
        path: Option<&JudgedPath>,
        stamps: &Stamps<'_>,
        answers: &Evidence,
        shared: &Shared<'_>,
        context: Context<'_>,
    ) -> Level {
        let Some(proven) = stamps.proven.filter(|_| stamps.is_stamped) else {
            return Level::BB;
        };
        let Some(path) = path.filter(|path| self.reaches_root(&path.candidate)) else {
            return Level::BT;
        };
        let embedded = shared.embedded.and(answers);
        if !self.is_long_term(&path.candidate, &embedded, context, proven) {
            return Level::BT;
        }
        // EN 319 142-1 §5.4.3, EN 319 122-1 §5.5.3: the timestamp of an archive is over the validation data too; data that
        // came later are not archived yet.
        let archived = stamps.archived.as_ref().is_some_and(|material| {
            let early = Evidence::read(material, &embedded);
            self.is_archived(&path.candidate, material)
                && self.is_long_term(&path.candidate, &early, context, proven)
        });
        if archived { Level::BLta } else { Level::BLt }
    }

    /// EN 319 102-1 §5.5.4: each timestamp is judged at the time by which it is proven to have existed itself.
    fn judge_timestamps<'a>(
        &mut self,
        place: &Place,
        message: &Message<'a>,
        signer: &SignerInfo<'a>,
        content: &Content<'_>,
        context: Context<'_>,
        shared: &'a Shared<'_>,
    ) -> Stamps<'a> {
        let stamped = shared.proofs.stamped(place.revision);
        let archive = archive::judge(place, message, signer, content, context, shared);
        let mut stamps = Stamps {
            proven: earlier(stamped, archive.proofs.stamped()),
            is_stamped: stamped.is_some(),
            facts: archive.facts,
            findings: archive.findings,
            not_judged: archive.not_judged,
            archived: None,
        };
        let value = Content::new(&[&signer.value]);
        for token in signer.timestamps() {
            let context = Context {
                at: archive.proofs.existed_by(token.number),
                ..context
            };
            let stamp =
                timestamp::judge(token.bytes, &value, context, &mut self.budget, &place.field);
            stamps
                .facts
                .push(stamp.facts(TimestampKind::Signature, context.at));
            let disorder = archive.proofs.check_order(&stamp, context.at, &place.field);
            if let Some(proven) = stamp.proves(context.at).filter(|_| disorder.is_none()) {
                stamps.proven = earlier(stamps.proven, Some(proven));
                stamps.is_stamped = true;
            }
            let doubts = stamp.findings.into_iter().map(past::doubted);
            stamps.findings.extend(doubts.chain(disorder));
        }
        let context = Context {
            at: stamps
                .proven
                .unwrap_or(shared.proofs.existed_by(place.revision)),
            ..context
        };
        self.judge_content_timestamps(place, signer, content, context, &mut stamps);
        let covered = archive.proofs.archived();
        stamps.archived = match shared.proofs.archived_in(place.revision) {
            Some(number) => Some(message.material.and(&shared.stored_by(number))),
            None => covered.map(|covered| covered.material(message, signer)),
        };
        stamps
    }

    /// ETSI EN 319 122-1 §5.2.8: the content existed before it was signed; so these must be older than the others.
    fn judge_content_timestamps(
        &mut self,
        place: &Place,
        signer: &SignerInfo<'_>,
        content: &Content<'_>,
        context: Context<'_>,
        stamps: &mut Stamps<'_>,
    ) {
        for token in signer.content_timestamps() {
            let stamp = timestamp::judge(token, content, context, &mut self.budget, &place.field);
            stamps
                .facts
                .push(stamp.facts(TimestampKind::Content, context.at));
            let contradicts = stamp
                .made()
                .is_some_and(|made| past::contradict(made.from, context.at));
            let later = stamp.time.filter(|_| contradicts);
            stamps.findings.extend(stamp.findings);
            stamps
                .findings
                .extend(later.map(|time| past::out_of_order(&place.field, time, context.at)));
        }
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Digest of the one form of the signature value that stands for all forms which verify alike.
fn value_digest(judged: &Judged, signer: &SignerInfo<'_>) -> Sha256 {
    match judged.certificate.as_ref().map(Certificate::key) {
        Some(Ok(key)) => Sha256::of(&crypto::canonical_value(key, &signer.value)),
        _ => Sha256::of(&signer.value),
    }
}
