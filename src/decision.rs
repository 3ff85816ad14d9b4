//! Decides a petition from its report, what it says and who is registered: [`Outcome`] with reasons. Pure, a table.
//!
//! The machine refuses only on hard facts and approves only clean cases; everything else goes to a person (DESIGN C).
//! Nothing is said about the employer until the signature has passed (PRODUCT S04).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::calendar;
use crate::domain::{
    Action, Employer, EmployerKind, EmployerState, LegalRepresentative, Outcome, PetitionContent,
    PetitionSource, RepresentationMode,
};
use crate::letter::{Doubt, LetterReading, plain};
use crate::verify::Code;
use crate::verify::report::{
    Conclusion, Finding, Report, Severity, SignatureKind, SignatureReport,
};
use crate::verify::signer::{Signer, SignerClass};

macro_rules! reasons {
    ($( $(#[$doc:meta])* $variant:ident = $code:literal => $outcome:ident; )+) => {
        /// Stable code of a reason (PRODUCT §3.2). The outcome beside it is what the reason alone leads to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum ReasonCode { $( $(#[$doc])* #[serde(rename = $code)] $variant, )+ }

        impl ReasonCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as stored and shown.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// What this reason alone leads to.
            #[must_use]
            pub fn outcome(self) -> Outcome {
                match self { $(Self::$variant => Outcome::$outcome),+ }
            }
        }
    };
}

reasons! {
    // -- the file ------------------------------------------------------------------------------------------------------
    /// Nothing that could be a signed document.
    NotAPdf = "NOT_A_PDF" => Refused;
    /// A PDF that ends too early or is damaged.
    Damaged = "DAMAGED" => Refused;
    /// No signature in it.
    Unsigned = "UNSIGNED" => Refused;
    /// Encrypted.
    Encrypted = "ENCRYPTED" => InReview;
    /// JavaScript, attachments, XFA.
    ActiveContent = "ACTIVE_CONTENT" => InReview;
    /// Beyond the limits of what is read.
    TooComplex = "TOO_COMPLEX" => InReview;
    // -- the signature -------------------------------------------------------------------------------------------------
    /// The content was altered, or something was added after the signature.
    ModifiedAfterSigning = "MODIFIED_AFTER_SIGNING" => Refused;
    /// The signature value does not belong to the certificate, or its structure is broken.
    SignatureInvalid = "SIGNATURE_INVALID" => Refused;
    /// An algorithm or key that no longer protects anything.
    WeakAlgorithm = "WEAK_ALGORITHM" => Refused;
    /// A detached signature arrived without its document.
    OriginalMissing = "ORIGINAL_MISSING" => Refused;
    /// The signature is of a kind that is not judged.
    SignatureUnsupported = "SIGNATURE_UNSUPPORTED" => InReview;
    // -- the certificate -----------------------------------------------------------------------------------------------
    /// No path to an accredited entity.
    CaNotAccredited = "CA_NOT_ACCREDITED" => Refused;
    /// A rule of the path is broken.
    ChainInvalid = "CHAIN_INVALID" => Refused;
    /// Expired at reception.
    CertExpired = "CERT_EXPIRED" => Refused;
    /// Expired at reception, alive at a trusted timestamp.
    CertExpiredTimestamped = "CERT_EXPIRED_TIMESTAMPED" => InReview;
    /// Not valid yet at reception.
    CertNotYetValid = "CERT_NOT_YET_VALID" => Refused;
    /// Revoked before reception.
    CertRevoked = "CERT_REVOKED" => Refused;
    /// On hold at reception.
    CertOnHold = "CERT_ON_HOLD" => InReview;
    /// Revocation could not be learned.
    RevocationUnknown = "REVOCATION_UNKNOWN" => InReview;
    /// The certificate may not sign documents.
    CertUsage = "CERT_USAGE" => Refused;
    /// A seal, a timestamp, a public officer for a company.
    CertClass = "CERT_CLASS" => Refused;
    /// A class that is in no table.
    CertClassUnknown = "CERT_CLASS_UNKNOWN" => InReview;
    /// No identity document could be read from it.
    IdentityUnreadable = "IDENTITY_UNREADABLE" => InReview;
    // -- the petition ----------------------------------------------------------------------------------------------------
    /// The number or the signature has been used.
    AlreadyUsed = "ALREADY_USED" => Refused;
    /// The number's life has ended.
    PetitionExpired = "PETITION_EXPIRED" => Refused;
    /// RUC of document, form and certificate differ.
    RucMismatch = "RUC_MISMATCH" => Refused;
    /// The signed form belongs to another number.
    WrongForm = "WRONG_FORM" => Refused;
    /// Something stands between the form and the signature.
    ExtraRevision = "EXTRA_REVISION" => InReview;
    /// A visible signature lies over the printed values.
    ValuesCovered = "VALUES_COVERED" => InReview;
    /// The letter could not be read without doubt.
    LetterUnclear = "LETTER_UNCLEAR" => InReview;
    /// Text that a reader would not see.
    HiddenText = "HIDDEN_TEXT" => InReview;
    /// A letter that asks for another address.
    LetterChangesEmail = "LETTER_CHANGES_EMAIL" => InReview;
    /// A letter that names an address other than the one on file.
    LetterNamesOtherEmail = "LETTER_NAMES_OTHER_EMAIL" => InReview;
    /// A letter signed longer ago than the window allows.
    LetterTooOld = "LETTER_TOO_OLD" => InReview;
    /// A letter without a signing time.
    LetterUndated = "LETTER_UNDATED" => InReview;
    /// A signing time ahead of our clock.
    ClockAhead = "CLOCK_AHEAD" => InReview;
    // -- the person and the employer ----------------------------------------------------------------------------------------
    /// The signer is not a representative.
    SignerNotRepresentative = "SIGNER_NOT_REPRESENTATIVE" => Refused;
    /// Same name, no matching document number.
    NameMatchOnly = "NAME_MATCH_ONLY" => InReview;
    /// The term has ended; with a successor in office this becomes a refusal.
    RepresentationEnded = "REPRESENTATION_ENDED" => InReview;
    /// The term has not begun.
    RepresentationNotStarted = "REPRESENTATION_NOT_STARTED" => InReview;
    /// Another representative must sign too.
    JointSignatureMissing = "JOINT_SIGNATURE_MISSING" => InReview;
    /// Somebody else signed visibly too: what they drew may lie over the page.
    OtherSignature = "OTHER_SIGNATURE" => InReview;
    /// An attorney acts: the power must be read by a person.
    Attorney = "ATTORNEY" => InReview;
    /// The employer is not in the registry, or not active.
    RegistryMissing = "REGISTRY_MISSING" => InReview;
    /// No address on file to send the link to.
    NoEmail = "NO_EMAIL" => Refused;
    /// The account is frozen after «no fui yo».
    Frozen = "FROZEN" => InReview;
    // -- clean --------------------------------------------------------------------------------------------------------------
    /// Matched by document number with a registered representative.
    MatchedRepresentative = "MATCHED_REPRESENTATIVE" => Approved;
    /// Matched because the RUC is built on the signer's own cédula.
    MatchedOwnRuc = "MATCHED_OWN_RUC" => Approved;
}

/// One reason with the values its sentence needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub code: ReasonCode,
    /// What it leads to here; usually the outcome of its code.
    pub outcome: Outcome,
    /// Values for the sentence: `fecha`, `entidad`, `nombre`, `empresa`, `cargo` …
    pub facts: BTreeMap<String, String>,
}

impl Reason {
    /// A reason with the outcome of its code.
    #[must_use]
    pub fn new(code: ReasonCode) -> Self {
        Self {
            code,
            outcome: code.outcome(),
            facts: BTreeMap::new(),
        }
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// The same reason leading elsewhere.
    #[must_use]
    pub fn leading_to(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

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
            reasons.push(Reason::new(ReasonCode::ExtraRevision).fact("que", what));
        }
        if values_covered {
            reasons.push(Reason::new(ReasonCode::ValuesCovered));
        }
        Self {
            source: Some(PetitionSource::Form),
            content: Some(content),
            reasons,
            emails: Vec::new(),
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
            reasons.push(Reason::new(ReasonCode::HiddenText));
        }
        if !unclear.is_empty() {
            let doubts: Vec<&str> = unclear
                .iter()
                .map(|doubt| crate::words::doubt(*doubt))
                .collect();
            reasons.push(Reason::new(ReasonCode::LetterUnclear).fact("dudas", doubts.join("; ")));
        }
        if letter
            .content
            .as_ref()
            .is_some_and(|content| content.action == Action::ChangeEmail)
        {
            reasons.push(Reason::new(ReasonCode::LetterChangesEmail));
        }
        Self {
            source: Some(PetitionSource::Letter),
            content: letter.content,
            reasons,
            emails: letter.emails,
        }
    }

    /// The text could not be extracted (the child process gave up): a person reads it.
    #[must_use]
    pub fn unreadable() -> Self {
        Self {
            source: Some(PetitionSource::Letter),
            reasons: vec![Reason::new(ReasonCode::TooComplex)],
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
    /// The employer the document names, as the registry knows it at reception.
    pub employer: Option<&'a Employer>,
    /// What stands in the way whatever the document says: the number or a signature value has been used, the number's
    /// life had ended, the account is frozen.
    pub obstacles: Vec<ReasonCode>,
    /// How long after its claimed signing time a letter is still accepted.
    pub letter_window: SignedDuration,
    /// How far the signer's clock may be ahead of ours.
    pub clock_tolerance: SignedDuration,
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

    /// A decision about a file that could not even be opened.
    #[must_use]
    pub fn unreadable(open_error: &str) -> Self {
        let code = match open_error {
            "pdf.truncated" | "pdf.malformed" | "cms.malformed" => ReasonCode::Damaged,
            "pdf.too_complex" => ReasonCode::TooComplex,
            _ => ReasonCode::NotAPdf,
        };
        Self::from_reasons(vec![Reason::new(code)], None, None, &Reading::default())
    }

    fn from_reasons(
        mut reasons: Vec<Reason>,
        signer: Option<Signer>,
        representative: Option<LegalRepresentative>,
        reading: &Reading,
    ) -> Self {
        reasons.sort_by_key(|reason| match reason.outcome {
            Outcome::Refused => 0,
            Outcome::InReview => 1,
            Outcome::Approved => 2,
        });
        let mut seen = BTreeSet::new();
        reasons.retain(|reason| seen.insert(reason.code));
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

/// Decides `case`. The steps are in the order in which a person would stop: the signature, the petition, the person.
#[must_use]
pub fn decide(case: &Case<'_>) -> Decision {
    let first_signer =
        person_signatures(case.report).find_map(|signature| signature.signer.clone());
    let signature = signature_reasons(case);
    if !signature.is_empty() {
        return Decision::from_reasons(signature, first_signer, None, case.reading);
    }
    let mut reasons = petition_reasons(case);
    let (person, signer, representative) = person_reasons(case);
    reasons.extend(person);
    Decision::from_reasons(
        reasons,
        signer.or(first_signer),
        representative,
        case.reading,
    )
}

fn person_signatures(report: &Report) -> impl Iterator<Item = &SignatureReport> {
    report
        .signatures
        .iter()
        .filter(|signature| signature.kind == SignatureKind::Signature)
}

/// The day in Ecuador at which something happened: terms of office are dates, not instants.
fn day_in_ecuador(at: Timestamp) -> Date {
    calendar::in_ecuador(at).date()
}

// -- 1. the signature ---------------------------------------------------------------------------------------------------

/// Why the signature can't carry an approval; empty when the report has passed.
fn signature_reasons(case: &Case<'_>) -> Vec<Reason> {
    if case.report.conclusion == Conclusion::Passed {
        return Vec::new();
    }
    let entity = person_signatures(case.report)
        .find_map(|signature| signature.signer.as_ref())
        .map(|signer| signer.entity.clone())
        .unwrap_or_default();
    let mut reasons: Vec<Reason> = case
        .report
        .all_findings()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| reason_of(finding, &entity))
        .collect();
    // A conclusion other than passed without a finding behind it would be a bug of the core: a person looks.
    if reasons.is_empty() {
        reasons.push(Reason::new(ReasonCode::SignatureUnsupported));
    }
    reasons.sort_by_key(|reason| reason.code);
    reasons
}

/// The reason that a finding of the core amounts to.
fn reason_of(finding: &Finding, entity: &str) -> Reason {
    use ReasonCode as R;
    let code = match finding.code {
        Code::DocumentUnsigned => R::Unsigned,
        Code::PdfEncrypted => R::Encrypted,
        Code::PdfActiveContent => R::ActiveContent,
        Code::PdfTooComplex | Code::ChainBudget => R::TooComplex,
        Code::PdfAmbiguous
        | Code::PdfByteRange
        | Code::PdfModifiedAfterSigning
        | Code::PdfNotCovered
        | Code::CmsDigestMismatch => R::ModifiedAfterSigning,
        Code::PdfSignatureMalformed
        | Code::CmsMalformed
        | Code::CmsSignerCount
        | Code::CmsContentType
        | Code::CmsMessageDigest
        | Code::CmsSignatureInvalid
        | Code::CmsSigningCertificateMismatch
        | Code::CmsSigningCertificateMissing
        | Code::CmsAlgorithmMismatch
        | Code::TimestampInvalid => R::SignatureInvalid,
        Code::CmsContentMissing => R::OriginalMissing,
        Code::AlgorithmWeak | Code::AlgorithmKeyTooShort => R::WeakAlgorithm,
        Code::ChainUntrusted => R::CaNotAccredited,
        Code::ChainExpired => R::CertExpired,
        Code::ChainExpiredAfterTimestamp => R::CertExpiredTimestamped,
        Code::ChainNotYetValid => R::CertNotYetValid,
        Code::ChainKeyUsage | Code::ChainExtendedKeyUsage => R::CertUsage,
        Code::ChainMalformed
        | Code::ChainSignatureInvalid
        | Code::ChainNotACa
        | Code::ChainPathLength
        | Code::ChainCaKeyUsage
        | Code::ChainNameConstraints
        | Code::ChainPolicy
        | Code::ChainCriticalExtension => R::ChainInvalid,
        Code::RevocationRevoked => R::CertRevoked,
        Code::RevocationOnHold => R::CertOnHold,
        Code::RevocationUnknown | Code::RevocationStale | Code::RevocationInvalid => {
            R::RevocationUnknown
        }
        Code::SignerClass => R::CertClass,
        Code::SignerIdentityMissing => R::IdentityUnreadable,
        Code::CmsSigningTimeInFuture => R::ClockAhead,
        Code::PdfSubFilterUnsupported
        | Code::CmsSignerCertificateMissing
        | Code::AlgorithmUnsupported
        | Code::PdfPermittedAdditions
        | Code::CmsCounterSignature
        | Code::CmsSigningTimeMissing
        | Code::RevocationLater
        | Code::RevocationNotChecked
        | Code::TimestampUntrusted => R::SignatureUnsupported,
    };
    // An unknown never refuses, whatever its code says about failures.
    let outcome = match finding.severity {
        Severity::Failure => code.outcome(),
        Severity::Unknown | Severity::Note if code == R::OriginalMissing => Outcome::Refused,
        Severity::Unknown | Severity::Note => Outcome::InReview,
    };
    let mut reason = Reason::new(code)
        .leading_to(outcome)
        .fact("entidad", entity);
    for (ours, theirs) in [
        ("fecha", "not_after"),
        ("fecha", "not_before"),
        ("fecha", "revoked_at"),
        ("que", "what"),
    ] {
        if let Some(value) = finding.facts.get(theirs).and_then(|value| value.as_str()) {
            reason
                .facts
                .entry(ours.to_owned())
                .or_insert_with(|| value.to_owned());
        }
    }
    reason
}

// -- 2. the petition ------------------------------------------------------------------------------------------------------

/// What speaks against acting on what was read.
fn petition_reasons(case: &Case<'_>) -> Vec<Reason> {
    let mut reasons = case.reading.reasons.clone();
    reasons.extend(case.obstacles.iter().copied().map(Reason::new));
    let read = case.reading.content.as_ref();
    if let (Some(read), Some(expected)) = (read, case.expected) {
        if read.ruc != expected.ruc {
            reasons.push(
                Reason::new(ReasonCode::RucMismatch)
                    .fact("documento", read.ruc.as_str())
                    .fact("formulario", expected.ruc.as_str()),
            );
        } else if read != expected || case.other_number {
            reasons.push(Reason::new(ReasonCode::WrongForm));
        }
    }
    if case.reading.source == Some(PetitionSource::Letter) {
        reasons.extend(letter_time_reason(case));
        reasons.extend(letter_email_reason(case));
    }
    if read.is_none() && reasons.is_empty() {
        reasons.push(Reason::new(ReasonCode::LetterUnclear));
    }
    reasons
}

/// A letter must be fresh (DESIGN F): replaying an old one is the cheapest attack there is.
fn letter_time_reason(case: &Case<'_>) -> Option<Reason> {
    let claimed = person_signatures(case.report)
        .filter_map(|signature| signature.signing_time_claimed)
        .min();
    let Some(claimed) = claimed else {
        return Some(Reason::new(ReasonCode::LetterUndated));
    };
    let age = case.at.duration_since(claimed);
    if age > case.letter_window {
        return Some(Reason::new(ReasonCode::LetterTooOld).fact("fecha", claimed.to_string()));
    }
    (age < -case.clock_tolerance)
        .then(|| Reason::new(ReasonCode::ClockAhead).fact("fecha", claimed.to_string()))
}

/// A reset letter that names an address expects the link there; it goes only to the one on file.
fn letter_email_reason(case: &Case<'_>) -> Option<Reason> {
    let on_file = case.employer?.email.as_ref();
    let resets = case.reading.content.as_ref()?.action == Action::ResetPassword;
    let other = case
        .reading
        .emails
        .iter()
        .any(|address| Some(address) != on_file);
    (resets && other).then(|| Reason::new(ReasonCode::LetterNamesOtherEmail))
}

// -- 3. the person ----------------------------------------------------------------------------------------------------------

/// How a signer relates to the employer.
enum Relation<'a> {
    Representative(&'a LegalRepresentative),
    OwnRuc,
    NameOnly(&'a LegalRepresentative),
    Stranger,
}

fn person_reasons(case: &Case<'_>) -> (Vec<Reason>, Option<Signer>, Option<LegalRepresentative>) {
    let Some(content) = &case.reading.content else {
        return (Vec::new(), None, None);
    };
    let signers: Vec<&Signer> = person_signatures(case.report)
        .filter(|signature| signature.conclusion == Conclusion::Passed)
        .filter_map(|signature| signature.signer.as_ref())
        .collect();
    let Some(employer) = case
        .employer
        .filter(|employer| employer.state == EmployerState::Active)
    else {
        return (
            vec![Reason::new(ReasonCode::RegistryMissing).fact("ruc", content.ruc.as_str())],
            None,
            None,
        );
    };
    let day = day_in_ecuador(case.at);
    let judged: Vec<(&Signer, Relation<'_>)> = signers
        .iter()
        .map(|signer| (*signer, relation(signer, employer, day)))
        .collect();
    // Whoever is closest to the employer decides; other people's signatures beside theirs change nothing.
    let best = judged
        .iter()
        .min_by_key(|(signer, relation)| closeness(signer, relation, employer, day));
    let Some((signer, relation)) = best else {
        return (
            vec![Reason::new(ReasonCode::IdentityUnreadable)],
            None,
            None,
        );
    };
    let mut reasons: Vec<Reason> = certificate_ruc_reason(signer, content, relation)
        .into_iter()
        .collect();
    reasons.extend(class_reason(signer, employer));
    let representative = match relation {
        Relation::Representative(representative) => {
            reasons.extend(representation_reasons(
                representative,
                employer,
                &judged,
                day,
            ));
            Some((*representative).clone())
        }
        Relation::OwnRuc => {
            reasons.push(Reason::new(ReasonCode::MatchedOwnRuc));
            None
        }
        Relation::NameOnly(representative) => {
            reasons.push(
                Reason::new(ReasonCode::NameMatchOnly)
                    .fact("nombre", &signer.name)
                    .fact("registrado", &representative.name),
            );
            None
        }
        Relation::Stranger => {
            reasons.push(stranger_reason(signer, employer));
            None
        }
    };
    reasons.extend(other_signature_reason(case.report, employer, day));
    if content.action == Action::ResetPassword && employer.email.is_none() {
        reasons.push(Reason::new(ReasonCode::NoEmail));
    }
    // What is on file is nobody's business but the representative's.
    if matches!(relation, Relation::Stranger) {
        reasons.retain(|reason| reason.code != ReasonCode::NoEmail);
    }
    (reasons, Some((*signer).clone()), representative)
}

/// Matches by document number first; the name alone only ever reaches a person.
fn relation<'a>(signer: &Signer, employer: &'a Employer, day: Date) -> Relation<'a> {
    if let Some(document) = &signer.document {
        let rows = employer
            .representatives
            .iter()
            .filter(|representative| representative.document == *document);
        // Somebody may have several terms: the one in office counts, otherwise the latest.
        if let Some(row) = rows.max_by_key(|row| (row.in_office(day), row.from)) {
            return Relation::Representative(row);
        }
        let own_kind = matches!(
            employer.kind,
            EmployerKind::NaturalPerson | EmployerKind::Household
        );
        if own_kind && employer.ruc.belongs_to_person(document) {
            return Relation::OwnRuc;
        }
    }
    let name = name_key(&signer.name);
    match employer
        .representatives
        .iter()
        .find(|representative| name_key(&representative.name) == name)
    {
        Some(representative) if !name.is_empty() => Relation::NameOnly(representative),
        _ => Relation::Stranger,
    }
}

/// Words of a name without accents and order.
fn name_key(name: &str) -> BTreeSet<String> {
    plain(name)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn closeness(signer: &Signer, relation: &Relation<'_>, employer: &Employer, day: Date) -> u8 {
    let rank = match relation {
        Relation::Representative(representative) if representative.in_office(day) => 0,
        Relation::OwnRuc => 1,
        Relation::Representative(_) => 2,
        Relation::NameOnly(_) => 3,
        Relation::Stranger => 4,
    };
    // Between two equally close signers, the one whose certificate class can sign at all.
    rank * 2 + u8::from(class_reason(signer, employer).is_some())
}

/// Seals, timestamps and officers can't sign for a company (PRODUCT S16).
fn class_reason(signer: &Signer, employer: &Employer) -> Option<Reason> {
    let officer_allowed = employer.kind == EmployerKind::PublicBody;
    match signer.class {
        Some(class) if !class.is_person() => Some(Reason::new(ReasonCode::CertClass)),
        Some(SignerClass::PublicOfficer) if !officer_allowed => {
            Some(Reason::new(ReasonCode::CertClass))
        }
        _ if signer.document.is_none() => Some(Reason::new(ReasonCode::IdentityUnreadable)),
        None => Some(Reason::new(ReasonCode::CertClassUnknown)),
        Some(_) => None,
    }
}

fn representation_reasons(
    representative: &LegalRepresentative,
    employer: &Employer,
    judged: &[(&Signer, Relation<'_>)],
    day: Date,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(reason) = term_reason(representative, employer, day) {
        reasons.push(reason);
    }
    if plain(&representative.post).contains("apoderad") {
        reasons.push(Reason::new(ReasonCode::Attorney).fact("cargo", &representative.post));
    }
    if representative.mode == RepresentationMode::Joint {
        reasons.extend(joint_reason(representative, employer, judged, day));
    }
    if reasons.is_empty() {
        reasons.push(
            Reason::new(ReasonCode::MatchedRepresentative)
                .fact("nombre", &representative.name)
                .fact("cargo", &representative.post),
        );
    }
    reasons
}

fn term_reason(
    representative: &LegalRepresentative,
    employer: &Employer,
    day: Date,
) -> Option<Reason> {
    if representative.from > day {
        return Some(
            Reason::new(ReasonCode::RepresentationNotStarted)
                .fact("fecha", representative.from.to_string()),
        );
    }
    let ended = representative.to.filter(|to| *to < day)?;
    let successor = employer.representatives.iter().any(|other| {
        other.document != representative.document
            && other.in_office(day)
            && other.from >= representative.from
    });
    // Without a registered successor the powers go on (*funciones prorrogadas*): a person decides.
    let outcome = if successor {
        Outcome::Refused
    } else {
        Outcome::InReview
    };
    Some(
        Reason::new(ReasonCode::RepresentationEnded)
            .fact("fecha", ended.to_string())
            .leading_to(outcome),
    )
}

/// n of m: counts different representatives in office among those who signed.
fn joint_reason(
    representative: &LegalRepresentative,
    employer: &Employer,
    judged: &[(&Signer, Relation<'_>)],
    day: Date,
) -> Option<Reason> {
    let signed: BTreeSet<&str> = judged
        .iter()
        .filter(|(signer, _)| class_reason(signer, employer).is_none())
        .filter_map(|(_, relation)| match relation {
            Relation::Representative(row) if row.in_office(day) => Some(row.document.as_str()),
            _ => None,
        })
        .collect();
    if signed.len() >= usize::from(representative.required_signatures.max(2)) {
        return None;
    }
    let missing = employer
        .representatives
        .iter()
        .find(|row| row.in_office(day) && !signed.contains(row.document.as_str()))
        .map_or_else(|| "otro representante".to_owned(), |row| row.post.clone());
    Some(Reason::new(ReasonCode::JointSignatureMissing).fact("cargo", missing))
}

/// A visible signature paints over the page. From a representative that is his own business; from anybody else a person
/// must look at what it shows.
fn other_signature_reason(report: &Report, employer: &Employer, day: Date) -> Option<Reason> {
    let stranger = person_signatures(report)
        .filter(|signature| signature.visible)
        .filter_map(|signature| signature.signer.as_ref())
        .find(|signer| {
            matches!(
                relation(signer, employer, day),
                Relation::Stranger | Relation::NameOnly(_)
            )
        })?;
    Some(Reason::new(ReasonCode::OtherSignature).fact("nombre", &stranger.name))
}

fn stranger_reason(signer: &Signer, employer: &Employer) -> Reason {
    Reason::new(ReasonCode::SignerNotRepresentative)
        .fact("nombre", &signer.name)
        .fact("empresa", &employer.legal_name)
}

/// The certificate names an organisation: it must be the one the petition is for (PRODUCT S19). The representative of
/// several companies may have signed with another one's certificate: a person decides then.
fn certificate_ruc_reason(
    signer: &Signer,
    content: &PetitionContent,
    relation: &Relation<'_>,
) -> Option<Reason> {
    let ruc = signer.ruc.as_ref()?;
    let personal = signer
        .document
        .as_ref()
        .is_some_and(|document| ruc.belongs_to_person(document));
    if *ruc == content.ruc || personal {
        return None;
    }
    let outcome = match relation {
        Relation::Stranger => Outcome::Refused,
        _ => Outcome::InReview,
    };
    Some(
        Reason::new(ReasonCode::RucMismatch)
            .fact("documento", content.ruc.as_str())
            .fact("certificado", ruc.as_str())
            .leading_to(outcome),
    )
}

#[cfg(test)]
mod tests;
