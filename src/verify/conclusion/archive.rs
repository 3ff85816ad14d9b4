//! The archive timestamps of one signature (ETSI EN 319 122-1 §5.5.3), from the newest to the oldest: what they prove about
//! it, about the timestamps that they cover, and about its validation data.

use super::Shared;
use super::place::Place;
use crate::verify::archive::{self, Covered, Fault};
use crate::verify::chain::Budget;
use crate::verify::cms::{Message, SignerInfo};
use crate::verify::content::Content;
use crate::verify::past::{Proofs, doubted};
use crate::verify::report::{Code, Finding, TimestampFacts, TimestampKind};
use crate::verify::revocation::Context;
use crate::verify::timestamp;

/// What they prove.
pub(super) struct Archive {
    pub(super) proofs: Proofs<Covered>,
    pub(super) facts: Vec<TimestampFacts>,
    pub(super) findings: Vec<Finding>,
    /// A form of archive timestamps that is there and is not judged.
    pub(super) not_judged: Option<&'static str>,
}

/// Judges each at the time by which those around it prove that it existed (EN 319 102-1 §5.6.2.4).
pub(super) fn judge(
    place: &Place,
    message: &Message<'_>,
    signer: &SignerInfo<'_>,
    content: &Content<'_>,
    context: Context<'_>,
    shared: &Shared<'_>,
) -> Archive {
    let (stamps, faults) = archive::read(message, signer);
    let mut archive = Archive {
        proofs: shared.proofs.within(place.revision),
        facts: Vec::new(),
        findings: Vec::new(),
        not_judged: None,
    };
    let subject = place.field.as_str();
    // As many as a document timestamp has for itself: what is spent here is not missing for the signer's own path.
    let mut budget = Budget::default();
    for stamp in stamps {
        let context = Context {
            at: archive.proofs.existed_by(stamp.token.number),
            ..context
        };
        let text = stamp.text(message, signer, content).unwrap_or_default();
        let text = Content::new(&[&text]);
        let judged = timestamp::judge(stamp.token.bytes, &text, context, &mut budget, subject);
        archive
            .facts
            .push(judged.facts(TimestampKind::Archive, context.at));
        let disorder = archive.proofs.check_order(&judged, context.at, subject);
        let proven = judged.proves(context.at).filter(|_| disorder.is_none());
        archive
            .findings
            .extend(judged.findings.into_iter().map(doubted).chain(disorder));
        if let Some(proven) = proven {
            archive.proofs.add(stamp.covered, proven);
        }
    }
    let invalid =
        |reason| doubted(Finding::new(Code::TimestampInvalid, subject)).fact("reason", reason);
    archive
        .findings
        .extend(faults.iter().filter_map(|fault| match fault {
            Fault::Invalid(reason) => Some(invalid(*reason)),
            Fault::NotJudged(_) => None,
        }));
    let forms = faults.iter().filter_map(|fault| match fault {
        Fault::NotJudged(form) => Some(*form),
        Fault::Invalid(_) => None,
    });
    for form in forms.chain(signer.other_timestamps()) {
        archive.not_judged = Some(form);
        archive
            .findings
            .push(Finding::new(Code::TimestampNotJudged, subject).fact("attribute", form));
    }
    archive
}
