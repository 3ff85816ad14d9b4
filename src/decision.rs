//! Decides a petition from its report, what it says and who is registered: [`Outcome`] with reasons. Pure, a table.
//!
//! Reading order: `table` (every fact and what it leads to), `verdict`, `petition` and `standing` (which facts hold).
//!
//! The machine refuses only on hard facts and approves only clean cases; everything else goes to a person (DESIGN C).
//! Nothing is said about the employer until the signature has passed (PRODUCT S04).

mod circumstances;
mod elsewhere;
mod petition;
mod purpose;
mod reasons;
mod standing;
pub mod table;
mod verdict;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use circumstances::Circumstances;
pub use elsewhere::{Elsewhere, elsewhere};
pub use petition::{passed_values, unfailed_signers, unfailed_values};
pub use reasons::{Reason, ReasonCode};
pub use standing::{Together, serves};
pub use table::PetitionFact;

use crate::domain::{
    Action, Employer, LegalRepresentative, Outcome, PetitionContent, PetitionSource,
};
use crate::letter::{Doubt, LetterReading};
use crate::verify::report::{Conclusion, Finding, Report};
use crate::verify::signer::Signer;
use table::FileFact;

/// What the signed bytes say, and what speaks against acting on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Form or letter.
    pub source: Option<PetitionSource>,
    /// The values, when they could be read.
    pub content: Option<PetitionContent>,
    /// Reasons that come from reading.
    pub reasons: Vec<Reason>,
    /// Addresses named in a letter.
    pub emails: Vec<crate::domain::EmailAddress>,
    /// Companies that a letter asks for.
    pub companies: Vec<String>,
}

impl Reading {
    /// The reading of a recognised form (DESIGN D): the values are those stored with the number. `additions` are what
    /// everything behind the form added, as far as it is not a signature or its validation data.
    #[must_use]
    pub fn of_form(content: PetitionContent, additions: &[Finding], values_covered: bool) -> Self {
        let mut reasons = Vec::new();
        if let Some(finding) = additions.first() {
            let what = finding
                .facts
                .get("what")
                .and_then(|what| what.as_str())
                .unwrap_or_default();
            reasons.push(PetitionFact::Added.reason().fact("que", what));
        }
        if values_covered {
            reasons.push(PetitionFact::Covered.reason());
        }
        Self {
            source: Some(PetitionSource::Form),
            content: Some(content),
            reasons,
            ..Self::default()
        }
    }

    /// The reading of a letter (DESIGN E): doubts go to a person, and so does every change of address.
    #[must_use]
    pub fn of_letter(letter: LetterReading) -> Self {
        let mut reasons = Vec::new();
        let (hidden, unclear): (BTreeSet<Doubt>, BTreeSet<Doubt>) = letter
            .doubts
            .iter()
            .copied()
            .partition(|doubt| *doubt == Doubt::Hidden);
        if !hidden.is_empty() {
            reasons.push(PetitionFact::Hidden.reason());
        }
        if !unclear.is_empty() {
            let doubts: Vec<&str> = unclear
                .iter()
                .map(|doubt| crate::words::doubt(*doubt).es)
                .collect();
            reasons.push(
                PetitionFact::Unclear
                    .reason()
                    .fact("dudas", doubts.join("; ")),
            );
        }
        let changes_address = letter
            .content
            .as_ref()
            .is_some_and(|content| content.action == Action::ChangeEmail);
        // The link goes to the address on file: whoever gave that up would send it to whoever has it now.
        if letter.mailbox_lost && !changes_address {
            reasons.push(PetitionFact::LetterMailboxLost.reason());
        }
        if changes_address {
            reasons.push(PetitionFact::LetterForAddress.reason());
        } else if letter.drawn {
            reasons.push(PetitionFact::LetterDrawn.reason());
        } else if letter.ornate {
            reasons.push(PetitionFact::LetterOrnate.reason());
        }
        Self {
            source: Some(PetitionSource::Letter),
            // What is doubtful takes no effect, not even as what was asked for: a person reads it anew.
            content: letter.content.filter(|_| letter.doubts.is_empty()),
            reasons,
            emails: letter.emails,
            companies: letter.companies,
        }
    }

    /// The text could not be extracted (the child process gave up): a person reads it.
    #[must_use]
    pub fn unreadable() -> Self {
        Self {
            source: Some(PetitionSource::Letter),
            reasons: vec![PetitionFact::Unreadable.reason()],
            ..Self::default()
        }
    }
}

/// Everything a decision depends on.
#[derive(Debug)]
pub struct Case<'a> {
    /// The verdict on the signatures.
    pub report: &'a Report,
    /// What the document says.
    pub reading: &'a Reading,
    /// What the number under which it was uploaded was issued for; `None` when it came without one.
    pub expected: Option<&'a PetitionContent>,
    /// Whether the document is the signed form of another number than the one it was uploaded under.
    pub other_number: bool,
    /// The employer the document names, as the registry has it when this is decided; who was in office is asked for the day of
    /// reception.
    pub employer: Option<&'a Employer>,
    /// What else was true.
    pub circumstances: &'a Circumstances,
    /// Time of reception.
    pub at: Timestamp,
}

/// What was decided, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The outcome: the worst of the reasons'.
    pub outcome: Outcome,
    /// Reasons, the decisive ones first.
    pub reasons: Vec<Reason>,
    /// The signer who matched, or the first one.
    pub signer: Option<Signer>,
    /// The representative who was matched.
    pub representative: Option<LegalRepresentative>,
    /// What takes effect if approved.
    pub content: Option<PetitionContent>,
    /// Where it was read from.
    pub source: Option<PetitionSource>,
}

impl Decision {
    /// The stable codes, in the order of the reasons.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        self.reasons
            .iter()
            .map(|reason| reason.code.as_str())
            .collect()
    }

    /// The code of the decisive reason; empty when there is none.
    #[must_use]
    pub fn leading_code(&self) -> &'static str {
        self.reasons
            .first()
            .map_or("", |reason| reason.code.as_str())
    }

    /// A decision about a file that could not even be opened.
    #[must_use]
    pub fn unreadable(open_error: &str) -> Self {
        let fact = match open_error {
            "pdf.truncated" | "pdf.malformed" | "cms.malformed" => FileFact::Damaged,
            "pdf.too_complex" => FileFact::TooComplex,
            "input.private_key" => FileFact::PrivateKey,
            "input.archive" => FileFact::Archive,
            "input.office" => FileFact::Office,
            "input.mail" => FileFact::Mail,
            _ => FileFact::NotSigned,
        };
        Self::from_reasons(vec![fact.reason()], None, None, &Reading::default())
    }

    fn from_reasons(
        mut reasons: Vec<Reason>,
        signer: Option<Signer>,
        representative: Option<LegalRepresentative>,
        reading: &Reading,
    ) -> Self {
        reasons.sort_by_key(|reason| std::cmp::Reverse(severity(reason.outcome)));
        let mut seen = BTreeSet::new();
        reasons.retain(|reason| seen.insert((reason.code, reason.whose())));
        let outcome = reasons
            .first()
            .map_or(Outcome::InReview, |reason| reason.outcome);
        // A clean match is worth telling only when nothing speaks against it.
        if outcome != Outcome::Approved {
            reasons.retain(|reason| reason.outcome != Outcome::Approved);
        }
        Self {
            outcome,
            reasons,
            signer,
            representative,
            content: reading.content.clone(),
            source: reading.source,
        }
    }
}

/// Of several outcomes the gravest one is the decision's.
fn severity(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Approved => 0,
        Outcome::InReview => 1,
        Outcome::Refused => 2,
    }
}

/// Decides `case`. The steps are in the order in which a person would stop: the signature, the petition, the person.
#[must_use]
pub fn decide(case: &Case<'_>) -> Decision {
    let first_signer = case
        .report
        .of_people()
        .find_map(|signature| signature.signer.clone());
    let signature = verdict::reasons(case);
    if !signature.is_empty() {
        return Decision::from_reasons(signature, first_signer, None, case.reading);
    }
    let mut reasons = petition::reasons(case);
    let person = standing::judge(case);
    reasons.extend(person.reasons);
    Decision::from_reasons(
        reasons,
        person.signer.or(first_signer),
        person.representative,
        case.reading,
    )
}

/// Whoever signed beside an employer.
#[derive(Debug, Clone, Copy)]
pub struct Matching<'a> {
    /// The verdict on the signatures.
    pub report: &'a Report,
    /// What is asked, and for whom.
    pub content: &'a PetitionContent,
    /// That employer.
    pub employer: &'a Employer,
    /// Where it was read from.
    pub source: Option<PetitionSource>,
    /// Whether an appointment came with it.
    pub appointment_attached: bool,
    /// Whether somebody answered «no fui yo».
    pub frozen: bool,
    /// Time of reception.
    pub at: Timestamp,
}

/// What [`decide`] would say of signer and employer if the document said this and every signature that did not fail had passed.
#[must_use]
pub fn match_signer(matching: &Matching<'_>) -> Decision {
    let person = standing::compare(matching, |conclusion| conclusion != Conclusion::Failed);
    let mut reasons = person.reasons;
    if matching.frozen {
        reasons.push(PetitionFact::Frozen.reason());
    }
    let reading = Reading {
        content: Some(matching.content.clone()),
        ..Reading::default()
    };
    Decision::from_reasons(reasons, person.signer, person.representative, &reading)
}

#[cfg(test)]
mod tests;
