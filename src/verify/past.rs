//! Proofs of existence (ETSI EN 319 102-1 §5.6.2): by when bytes are proven to have existed, and what that changes.
//!
//! The timestamps of a document are judged from the newest to the oldest, each at the time by which the next one proves
//! that it existed: so an archive renewed in time outlives the certificates of its authorities (§5.6.2.4). For a person's
//! signature the time of reception decides (DESIGN B): a proof turns "expired" and "weak" into a doubt for a person, and
//! never turns "revoked" into anything.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::certificate::Certificate;
use super::report::{Code, Finding, Severity};
use super::timestamp::Judged;

/// The clocks of two authorities may differ by this much without a word: more than any accuracy that a policy of theirs
/// allows (ETSI EN 319 421 §7.7.2: one second), less than anybody would back-date for.
const CLOCKS_AGREE: SignedDuration = SignedDuration::from_mins(1);

/// By when the revisions of a document are proven to have existed. Every byte is proven to have existed by reception.
#[derive(Debug)]
pub struct Proofs {
    reception: Timestamp,
    /// Trusted document timestamps: the revision each closes, and its time.
    stamps: Vec<(usize, Timestamp)>,
}

impl Proofs {
    /// Nothing but the time of reception.
    #[must_use]
    pub fn new(reception: Timestamp) -> Self {
        Self {
            reception,
            stamps: Vec::new(),
        }
    }

    /// A trusted document timestamp proves everything up to and including its own revision, but not itself.
    pub fn add(&mut self, revision: usize, time: Timestamp) {
        self.stamps.push((revision, time));
    }

    /// The earliest trusted document timestamp over a revision, if there is one.
    #[must_use]
    pub fn stamped(&self, revision: usize) -> Option<Timestamp> {
        self.stamps
            .iter()
            .filter(|(over, _)| *over > revision)
            .map(|(_, time)| *time)
            .min()
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
            .map_or(self.reception, |time| time.min(self.reception))
    }

    /// A trusted timestamp is older than what proves it, and not from the future; nothing when it is in order.
    #[must_use]
    pub fn check_order(&self, stamp: &Judged, proven: Timestamp, subject: &str) -> Option<Finding> {
        let time = stamp.time.filter(|_| stamp.trusted)?;
        let ahead = time.duration_since(proven);
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

/// Whether two times contradict what came before what.
#[must_use]
pub fn contradict(earlier: Timestamp, later: Timestamp) -> bool {
    earlier.duration_since(later) > CLOCKS_AGREE
}

/// §5.5.4: nothing can have been signed with a certificate before it was issued. CAs round the start of validity.
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
