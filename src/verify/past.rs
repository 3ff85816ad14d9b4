//! Proofs of existence (ETSI EN 319 102-1 §5.6.2): by when bytes are proven to have existed, and what that changes.
//!
//! The timestamps of a document, and the archive timestamps of a signature, are judged from the newest to the oldest, each at the time by which the next one proves
//! that it existed: so an archive renewed in time outlives the certificates of its authorities (§5.6.2.4). For a person's
//! signature the time of reception decides (DESIGN B): a proof turns "expired" and "weak" into a doubt for a person, and
//! never turns "revoked" into anything.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::archive::Covered;
use super::certificate::Certificate;
use super::report::{Code, Finding, Severity};
use super::timestamp::Judged;

/// The clocks of two authorities may differ by this much without a word: more than any accuracy that a policy of theirs
/// allows (ETSI EN 319 421 §7.7.2: one second), less than anybody would back-date for.
const CLOCKS_AGREE: SignedDuration = SignedDuration::from_mins(1);

/// By when the parts of something are proven to have existed. `Reach` is what one trusted timestamp covers: of a document
/// the revision that it closes and all before it, of a message what its index names.
#[derive(Debug)]
pub struct Proofs<Reach> {
    reception: Timestamp,
    /// By when all of it is proven to have existed: reception, or a timestamp around it.
    whole: Timestamp,
    stamps: Vec<(Reach, Timestamp)>,
}

impl Proofs<usize> {
    /// Of a document: nothing but the time of reception.
    #[must_use]
    pub fn new(reception: Timestamp) -> Self {
        Self {
            reception,
            whole: reception,
            stamps: Vec::new(),
        }
    }

    /// The earliest trusted document timestamp over a revision, if there is one.
    #[must_use]
    pub fn stamped(&self, revision: usize) -> Option<Timestamp> {
        self.earliest(|over| *over > revision)
    }

    /// The newest revision that is closed by a trusted document timestamp over a revision, if there is one.
    #[must_use]
    pub fn archived_in(&self, revision: usize) -> Option<usize> {
        let over = self.stamps.iter().map(|(over, _)| *over);
        over.filter(|over| *over > revision).max()
    }

    /// The time by which what a revision added is proven to have existed.
    #[must_use]
    pub fn existed_by(&self, revision: usize) -> Timestamp {
        self.stamped(revision)
            .map_or(self.whole, |time| time.min(self.whole))
    }

    /// Of a signature within that revision: what proves the revision proves all of it.
    #[must_use]
    pub fn within(&self, revision: usize) -> Proofs<Covered> {
        Proofs {
            reception: self.reception,
            whole: self.existed_by(revision),
            stamps: Vec::new(),
        }
    }
}

impl Proofs<Covered> {
    /// The earliest trusted archive timestamp, if there is one: each covers the signature itself.
    #[must_use]
    pub fn stamped(&self) -> Option<Timestamp> {
        self.earliest(|_| true)
    }

    /// Everything that trusted archive timestamps cover, if there are any.
    #[must_use]
    pub fn archived(&self) -> Option<Covered> {
        let covered = self.stamps.iter().map(|(covered, _)| covered);
        covered.fold(None, |all: Option<Covered>, more| {
            let mut all = all.unwrap_or_default();
            all.extend(more);
            Some(all)
        })
    }

    /// The time by which the unsigned value at this place is proven to have existed.
    #[must_use]
    pub fn existed_by(&self, number: usize) -> Timestamp {
        self.earliest(|covered| covered.has_value(number))
            .map_or(self.whole, |time| time.min(self.whole))
    }
}

impl<Reach> Proofs<Reach> {
    /// A trusted timestamp proves what it covers, but not itself; `proven` is the moment that [`Judged::proves`] tells.
    pub fn add(&mut self, reach: Reach, proven: Timestamp) {
        self.stamps.push((reach, proven));
    }

    fn earliest(&self, covers: impl Fn(&Reach) -> bool) -> Option<Timestamp> {
        let covering = self.stamps.iter().filter(|(reach, _)| covers(reach));
        covering.map(|(_, time)| *time).min()
    }

    /// A trusted timestamp is older than what proves it, and not from the future; nothing when it is in order. RFC 3161
    /// §2.4.2: one token is surely later than another only by more than both accuracies.
    #[must_use]
    pub fn check_order(&self, stamp: &Judged, proven: Timestamp, subject: &str) -> Option<Finding> {
        let (time, made) = (stamp.time?, stamp.made()?);
        let ahead = made.from.duration_since(proven);
        // Whoever stamps the future is no witness of the past.
        if proven == self.reception {
            return (ahead > super::policy::CLOCK_TOLERANCE).then(|| {
                Finding::new(Code::TimestampInvalid, subject)
                    .weighing(Severity::Unknown)
                    .fact("time", time.to_string())
            });
        }
        (ahead > CLOCKS_AGREE).then(|| out_of_order(subject, time, proven))
    }
}

/// EN 319 102-1 §5.6.2.4: `earlier` covers less than the timestamp of `later` and yet states a later time.
#[must_use]
pub fn out_of_order(subject: &str, earlier: Timestamp, later: Timestamp) -> Finding {
    Finding::new(Code::TimestampOrder, subject)
        .fact("time", earlier.to_string())
        .fact("covered_by", later.to_string())
}

/// Whether two times contradict what came before what: of the earlier thing the first moment at which it may have come, of the
/// later one the last.
#[must_use]
pub fn contradict(earlier: Timestamp, later: Timestamp) -> bool {
    earlier.duration_since(later) > CLOCKS_AGREE
}

/// §5.5.4: nothing can have been signed with a certificate before it was issued; `proven` is the last moment at which it may
/// have been. CAs round the start of validity.
#[must_use]
pub fn check_issued(certificate: &Certificate, proven: Option<Timestamp>) -> Option<Finding> {
    let proven = proven?;
    let before = certificate.not_before().duration_since(proven);
    (before > super::policy::CLOCK_TOLERANCE).then(|| {
        Finding::new(Code::ChainNotYetValid, certificate.subject().text())
            .fact("not_before", certificate.not_before().to_string())
            .fact("timestamp", proven.to_string())
    })
}

/// What is wrong with a timestamp that stands beside a signature, where anybody can put one: it proves nothing (§5.5.4) and is
/// for a person to look at, but it does not break what was signed.
#[must_use]
pub fn doubted(finding: Finding) -> Finding {
    if finding.severity == Severity::Failure {
        finding.weighing(Severity::Unknown)
    } else {
        finding
    }
}

/// An archive timestamp of a form that is not judged may be such a proof. So what a proof would turn into a doubt is one: the
/// end of a certificate. Weak algorithms are not forgiven for a word that anybody can add.
pub fn doubt_unjudged(findings: &mut [Finding], form: &str) {
    for finding in findings {
        if finding.code == Code::ChainExpired && finding.severity == Severity::Failure {
            finding.severity = Severity::Unknown;
            let form = form.to_owned().into();
            finding.facts.insert("not_judged".to_owned(), form);
        }
    }
}

/// DESIGN B: an authority counts for the past only, and the signature is proven to be older than that: for a person to judge.
pub fn doubt_past_only(findings: &mut [Finding], proven: Option<Timestamp>) {
    let Some(proven) = proven else { return };
    for finding in findings {
        let since = finding.facts.get("since").and_then(|since| since.as_str());
        let since = since.and_then(|since| since.parse::<Timestamp>().ok());
        let is_older = since.is_some_and(|since| proven < since);
        if finding.code == Code::ChainPastOnly && is_older {
            finding.severity = Severity::Unknown;
            finding
                .facts
                .insert("timestamp".to_owned(), proven.to_string().into());
        }
    }
}

/// §5.6.2.3: an algorithm that is refused at reception but was not when the signature is proven to have existed leaves a
/// doubt instead of a failure.
pub fn doubt_algorithms(findings: &mut [Finding], proven: Option<Timestamp>) {
    let Some(proven) = proven else { return };
    let day = Offset::UTC.to_datetime(proven).date().to_string();
    for finding in findings {
        let is_weak = matches!(
            finding.code,
            Code::AlgorithmWeak | Code::AlgorithmKeyTooShort
        );
        let refused_from = finding.facts.get("refused_from");
        // Dates written year first compare as text.
        let was_accepted = refused_from
            .and_then(|date| date.as_str())
            .is_some_and(|date| day.as_str() < date);
        if is_weak && was_accepted && finding.severity == Severity::Failure {
            finding.severity = Severity::Unknown;
            finding
                .facts
                .insert("timestamp".to_owned(), proven.to_string().into());
        }
    }
}

#[cfg(test)]
mod tests;
