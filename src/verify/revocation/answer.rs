//! What one answer says about one certificate, and what several of them say together.

use jiff::Timestamp;

use super::scope::Reasons;
use crate::verify::report::{Code, Finding, RevocationFacts, Severity};

/// Reason codes of RFC 5280 §5.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Stated(u32),
    Hold,
    RemoveFromCrl,
    Unstated,
}

impl Reason {
    pub(super) fn from_code(code: u32) -> Self {
        match code {
            6 => Self::Hold,
            8 => Self::RemoveFromCrl,
            other => Self::Stated(other),
        }
    }

    /// Whether the key is not said to be lost: what it signed before may stand (RFC 3161 §4 (1)).
    fn is_retirement(self) -> bool {
        matches!(self, Self::Stated(0 | 3 | 4 | 5))
    }

    fn text(self) -> Option<&'static str> {
        match self {
            Self::Unstated => None,
            Self::Hold => Some("certificateHold"),
            Self::RemoveFromCrl => Some("removeFromCRL"),
            Self::Stated(code) => Some(match code {
                0 => "unspecified",
                1 => "keyCompromise",
                2 => "cACompromise",
                3 => "affiliationChanged",
                4 => "superseded",
                5 => "cessationOfOperation",
                9 => "privilegeWithdrawn",
                10 => "aACompromise",
                _ => "unknown",
            }),
        }
    }
}

/// What one answer says about one certificate.
#[derive(Debug, Clone)]
pub(super) enum Says {
    Good,
    Revoked {
        since: Timestamp,
        invalid_since: Option<Timestamp>,
        reason: Reason,
    },
    Unknown,
}

/// One believed answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) source: &'static str,
    pub(super) says: Says,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
    /// Still within its time at the time that counts.
    pub(super) fresh: bool,
    /// It came with the document, and what counts is the present.
    pub(super) carried: bool,
    /// The reasons it speaks for (RFC 5280 §6.3.3 (d)): good is only who is good for all of them.
    pub(super) reasons: Reasons,
    /// Where a list stands among the others of its CA.
    pub(super) edition: Edition,
}

/// Which of a CA's lists it is; nothing is known of an OCSP answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Edition {
    /// `cRLNumber` (RFC 5280 §5.2.3).
    pub(super) number: Option<Number>,
    /// `BaseCRLNumber` of a delta list (§5.2.4): it can add a revocation or lift a hold, but its silence says nothing.
    pub(super) base: Option<Number>,
    /// The scope as sent.
    pub(super) scope: Vec<u8>,
}

/// A number of up to twenty octets, as long ones compare: by length, then octet by octet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number {
    length: usize,
    octets: Vec<u8>,
}

impl Number {
    /// From the contents octets of a non-negative INTEGER.
    pub(super) fn of(body: &[u8]) -> Self {
        let octets: Vec<u8> = body
            .iter()
            .copied()
            .skip_while(|octet| *octet == 0)
            .collect();
        Self {
            length: octets.len(),
            octets,
        }
    }
}

impl Answer {
    fn is_delta(&self) -> bool {
        self.edition.base.is_some()
    }

    /// RFC 5280 §6.3.3 (c), §5.2.4: a delta continues a complete list of the same scope whose number is not below the
    /// base of the delta and below the delta's own.
    fn continues(&self, complete: &Self) -> bool {
        let (Some(base), Some(number)) = (&self.edition.base, &complete.edition.number) else {
            return false;
        };
        !complete.is_delta()
            && self.edition.scope == complete.edition.scope
            && base <= number
            && self.edition.number.as_ref().is_some_and(|own| own > number)
    }

    /// A younger list with a lower number (§5.2.3 asks for rising ones): somebody went back to an older edition.
    pub(super) fn rolls_back(&self, other: &Self) -> bool {
        self.is_delta() == other.is_delta()
            && self.edition.scope == other.edition.scope
            && self.this_update > other.this_update
            && matches!(
                (&self.edition.number, &other.edition.number),
                (Some(own), Some(earlier)) if own < earlier
            )
    }

    /// Whether it says that a certificate on hold is no longer (§5.3.1).
    fn lifts(&self, hold: &Self) -> bool {
        self.fresh
            && match self.says {
                Says::Good => self.reasons == Reasons::ALL && self.this_update > hold.this_update,
                Says::Revoked { reason, .. } => {
                    reason == Reason::RemoveFromCrl && self.continues(hold)
                }
                Says::Unknown => false,
            }
    }
}

/// The heaviest answer decides: revoked, then on hold, then good from fresh answers. A revocation counts even from an
/// old answer, because it is final; goodness and a hold do not. So it is with several entries of one list.
pub(super) fn weigh(
    answers: &[Answer],
    at: Timestamp,
    subject: &str,
    facts: &mut RevocationFacts,
) -> Vec<Finding> {
    let mut holds = Vec::new();
    let mut revocations = Vec::new();
    let mut later = Vec::new();
    for answer in answers {
        let Says::Revoked {
            since,
            invalid_since,
            reason,
        } = answer.says
        else {
            continue;
        };
        // Only a delta list can remove (RFC 5280 §5.3.1): in a full one the entry contradicts itself, and nobody knows.
        let reason = match reason {
            Reason::RemoveFromCrl if !answer.is_delta() => Reason::Hold,
            other => other,
        };
        if matches!(reason, Reason::Hold | Reason::RemoveFromCrl) {
            if since <= at {
                holds.push((answer, since, reason));
            }
            continue;
        }
        if since > at {
            let finding = revoked_later(answer, since, invalid_since, reason, at, subject);
            later.push((answer, since, reason, finding));
        } else {
            revocations.push((answer, since, reason));
        }
    }
    // Of several the one that forgives least, and then the earliest.
    let heaviest = revocations
        .into_iter()
        .min_by_key(|(_, since, reason)| (reason.is_retirement(), *since));
    if let Some((answer, since, reason)) = heaviest {
        describe(facts, "revoked", answer, Some((since, reason)));
        return vec![told(Code::RevocationRevoked, subject, since, reason)];
    }
    let unlifted = holds.iter().find(|(hold, _, reason)| {
        *reason == Reason::Hold && !answers.iter().any(|answer| answer.lifts(hold))
    });
    if let Some((answer, since, reason)) = unlifted {
        describe(facts, "on_hold", answer, Some((*since, *reason)));
        let mut finding = told(Code::RevocationOnHold, subject, *since, *reason);
        // RFC 6960 §2.2: on hold since 1970 is what a responder says of a certificate that its CA never issued.
        if *since == Timestamp::UNIX_EPOCH {
            finding = finding.fact("not_issued", true);
        }
        return vec![finding];
    }
    let heaviest = later
        .into_iter()
        .max_by_key(|(.., finding)| finding.severity);
    if let Some((answer, since, reason, finding)) = heaviest {
        describe(facts, "good", answer, Some((since, reason)));
        return vec![finding];
    }
    // A hold that was lifted leaves a list on which nothing is held against the certificate.
    let lifted = holds.iter().map(|(hold, ..)| *hold);
    let good: Vec<&Answer> = answers
        .iter()
        .filter(|answer| matches!(answer.says, Says::Good))
        .chain(lifted.filter(|hold| !hold.is_delta()))
        .collect();
    weigh_good(&good, at, subject, facts)
}

/// Not revoked yet at the time that counts; but a CA that dates the loss of the key before it leaves a doubt, and so does
/// an answer given before that time which already tells of it.
fn revoked_later(
    answer: &Answer,
    since: Timestamp,
    invalid_since: Option<Timestamp>,
    reason: Reason,
    at: Timestamp,
    subject: &str,
) -> Finding {
    let mut finding = told(Code::RevocationLater, subject, since, reason);
    if let Some(invalid_since) = invalid_since {
        finding = finding.fact("invalid_since", invalid_since.to_string());
    }
    if answer.this_update <= at || invalid_since.is_some_and(|since| since <= at) {
        finding = finding.weighing(Severity::Unknown);
    }
    finding
}

/// RFC 5280 §6.3.3: answers that are still in their time and together speak for every reason.
fn weigh_good(
    good: &[&Answer],
    at: Timestamp,
    subject: &str,
    facts: &mut RevocationFacts,
) -> Vec<Finding> {
    let covered = good
        .iter()
        .filter(|answer| answer.fresh)
        .fold(Reasons::NONE, |covered, answer| covered | answer.reasons);
    let youngest = |fresh: bool| {
        good.iter()
            .filter(move |answer| answer.fresh == fresh)
            .max_by_key(|answer| answer.this_update)
    };
    if let Some(answer) = youngest(true) {
        if covered != Reasons::ALL {
            return vec![
                Finding::new(Code::RevocationUnknown, subject)
                    .fact("reason", "the lists cover only some reasons"),
            ];
        }
        describe(facts, "good", answer, None);
        // Given after the time that counts, it knows more than was known then; told, because it can't be had again.
        let after = (answer.this_update > at).then(|| {
            Finding::new(Code::RevocationAnsweredLater, subject)
                .fact("this_update", answer.this_update.to_string())
        });
        return after.into_iter().collect();
    }
    let Some(answer) = youngest(false) else {
        return vec![Finding::new(Code::RevocationUnknown, subject)];
    };
    describe(facts, "unknown", answer, None);
    let mut finding = Finding::new(Code::RevocationStale, subject)
        .fact("this_update", answer.this_update.to_string());
    if let Some(next) = answer.next_update {
        finding = finding.fact("next_update", next.to_string());
    }
    if answer.carried {
        finding = finding.fact("came_with_document", true);
    }
    vec![finding]
}

fn told(code: Code, subject: &str, since: Timestamp, reason: Reason) -> Finding {
    let finding = Finding::new(code, subject).fact("revoked_at", since.to_string());
    match reason.text() {
        Some(reason) => finding.fact("reason", reason),
        None => finding,
    }
}

fn describe(
    facts: &mut RevocationFacts,
    status: &str,
    answer: &Answer,
    revoked: Option<(Timestamp, Reason)>,
) {
    status.clone_into(&mut facts.status);
    facts.source = Some(answer.source.to_owned());
    facts.this_update = Some(answer.this_update);
    facts.next_update = answer.next_update;
    facts.revoked_at = revoked.map(|(since, _)| since);
    facts.reason = revoked
        .and_then(|(_, reason)| reason.text())
        .map(ToOwned::to_owned);
}
