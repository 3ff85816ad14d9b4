//! The validation report: what was found, in the three answers of ETSI EN 319 102-1, as data that can be matched,
//! translated, stored and shown. The JSON form is the contract of `clavero verify --json` (DESIGN §5).

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::signer::Signer;
use crate::domain::Sha256;

/// The three answers (EN 319 102-1 §5.1.3). What could not be learned is indeterminate, never passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// Every rule was checked and holds.
    Passed,
    /// At least one rule is broken.
    Failed,
    /// Something could not be learned.
    Indeterminate,
}

/// Main indication as EN 319 102-1 writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Indication {
    /// `TOTAL-PASSED`.
    TotalPassed,
    /// `TOTAL-FAILED`.
    TotalFailed,
    /// `INDETERMINATE`.
    Indeterminate,
}

impl From<Conclusion> for Indication {
    fn from(conclusion: Conclusion) -> Self {
        match conclusion {
            Conclusion::Passed => Self::TotalPassed,
            Conclusion::Failed => Self::TotalFailed,
            Conclusion::Indeterminate => Self::Indeterminate,
        }
    }
}

/// Sub-indications of EN 319 102-1 §5.1.3, tables 5 and 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum SubIndication {
    FormatFailure,
    HashFailure,
    SigCryptoFailure,
    Revoked,
    Expired,
    NotYetValid,
    SigConstraintsFailure,
    ChainConstraintsFailure,
    CertificateChainGeneralFailure,
    CryptoConstraintsFailure,
    PolicyProcessingError,
    TimestampOrderFailure,
    NoSigningCertificateFound,
    NoCertificateChainFound,
    RevokedNoPoe,
    OutOfBoundsNoPoe,
    NoPoe,
    TryLater,
    SignedDataNotFound,
    Generic,
}

/// How much a finding weighs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth telling, changes nothing.
    Note,
    /// Something could not be learned: the conclusion can't be passed.
    Unknown,
    /// A rule is broken: the conclusion is failed.
    Failure,
}

macro_rules! codes {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $code:literal, $severity:ident, $sub:expr; )+) => {
        /// Stable code of a finding: lower-case, dotted, never renamed. The table beside each code gives its weight
        /// and the EN 319 102-1 sub-indication it stands for; `explain` gives it words.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Code { $( $(#[doc = $doc])+ #[serde(rename = $code)] $variant, )+ }

        impl Code {
            /// Every code there is, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as stored and shown.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// What it means: the comment that stands above it in the table.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii()),+ }
            }

            /// The weight the code has unless the finding says otherwise.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }

            /// The sub-indication it stands for, if any.
            #[must_use]
            pub fn sub_indication(self) -> Option<SubIndication> {
                use SubIndication::*;
                match self { $(Self::$variant => $sub),+ }
            }
        }
    };
}

codes! {
    // -- the container: ISO 32000-2 §7.5, §12.8 ------------------------------------------------------------------
    /// The document carries no signature at all.
    DocumentUnsigned = "document.unsigned", Failure, Some(SignedDataNotFound);
    /// Encrypted with something other than the empty user password, or with a scheme that is not read. A note when the
    /// empty user password opens it: everybody can read it, so it is judged like any other file, as pyHanko and EU DSS do.
    PdfEncrypted = "pdf.encrypted", Unknown, Some(FormatFailure);
    /// The structure is ambiguous: two readers may see two documents (duplicate keys, re-pointed or mismatching
    /// cross-reference entries, bytes before the header …); facts say what and where.
    PdfAmbiguous = "pdf.ambiguous", Failure, Some(FormatFailure);
    /// The file holds active content (JavaScript, launch actions, embedded files, XFA).
    PdfActiveContent = "pdf.active_content", Unknown, Some(FormatFailure);
    /// Layers switch by themselves: what is printed may differ from what is shown (ISO 32000-2 §8.11.4.4).
    PdfAutomaticLayers = "pdf.automatic_layers", Unknown, Some(FormatFailure);
    /// A limit of DESIGN §6 was reached before everything could be looked at.
    PdfTooComplex = "pdf.too_complex", Unknown, Some(FormatFailure);
    /// A signature dictionary is malformed.
    PdfSignatureMalformed = "pdf.signature_malformed", Failure, Some(FormatFailure);
    /// `/ByteRange` does not explain every byte of its revision except the `/Contents` string.
    PdfByteRange = "pdf.byte_range", Failure, Some(FormatFailure);
    /// The `/SubFilter` is not one that is judged.
    PdfSubFilterUnsupported = "pdf.sub_filter_unsupported", Unknown, Some(FormatFailure);
    /// Something other than a signature or its validation data was added after the signature.
    PdfModifiedAfterSigning = "pdf.modified_after_signing", Failure, Some(FormatFailure);
    /// Permitted additions after the signature: other signatures, timestamps, validation data, permitted form filling.
    PdfPermittedAdditions = "pdf.permitted_additions", Note, None;
    /// Visible content of the last revision is not covered by a passed signature.
    PdfNotCovered = "pdf.not_covered", Failure, Some(FormatFailure);

    // -- the signature: RFC 5652, RFC 5035, ETSI EN 319 122-1 ----------------------------------------------------
    /// The CMS structure can't be read.
    CmsMalformed = "cms.malformed", Failure, Some(FormatFailure);
    /// A detached signature without the document it signs.
    CmsContentMissing = "cms.content_missing", Unknown, Some(SignedDataNotFound);
    /// Not exactly one `SignerInfo` where exactly one is required (ETSI EN 319 142-1 §6.2.1).
    CmsSignerCount = "cms.signer_count", Failure, Some(FormatFailure);
    /// The certificate of the signer is not in the message and not configured.
    CmsSignerCertificateMissing = "cms.signer_certificate_missing", Unknown, Some(NoSigningCertificateFound);
    /// The `content-type` attribute is missing or differs (RFC 5652 §11.1).
    CmsContentType = "cms.content_type", Failure, Some(SigConstraintsFailure);
    /// The `message-digest` attribute is missing or repeated (RFC 5652 §11.2).
    CmsMessageDigest = "cms.message_digest", Failure, Some(FormatFailure);
    /// The digest of the signed bytes is not the signed one: the content was altered.
    CmsDigestMismatch = "cms.digest_mismatch", Failure, Some(HashFailure);
    /// The signature value does not verify under the signer's public key.
    CmsSignatureInvalid = "cms.signature_invalid", Failure, Some(SigCryptoFailure);
    /// The `signing-certificate(-v2)` attribute names another certificate (RFC 5035 §3).
    CmsSigningCertificateMismatch = "cms.signing_certificate_mismatch", Failure, Some(SigConstraintsFailure);
    /// The `signing-certificate(-v2)` attribute fits the certificate by its digest, and names another issuer or serial number
    /// beside it: a hint, and a wrong one (RFC 5035 §4).
    CmsIssuerSerial = "cms.issuer_serial", Unknown, Some(SigConstraintsFailure);
    /// The attribute that the claimed level requires is absent: nothing is wrong with what is signed, only the label is.
    CmsSigningCertificateMissing = "cms.signing_certificate_missing", Unknown, Some(SigConstraintsFailure);
    /// Digest and signature algorithms contradict each other or the CMS algorithm protection (RFC 6211).
    CmsAlgorithmMismatch = "cms.algorithm_mismatch", Failure, Some(SigConstraintsFailure);
    /// A counter-signature is present; it is reported, not judged.
    CmsCounterSignature = "cms.counter_signature", Note, None;
    /// A signed attribute that may occur once occurs again (RFC 5652 §11): two readers may read two values.
    CmsAttributeRepeated = "cms.attribute_repeated", Unknown, Some(FormatFailure);
    /// No signing time is claimed.
    CmsSigningTimeMissing = "cms.signing_time_missing", Note, None;
    /// The claimed signing time lies after reception.
    CmsSigningTimeInFuture = "cms.signing_time_in_future", Note, None;

    // -- algorithms: `policy.rs` ----------------------------------------------------------------------------------
    /// The algorithm is not known here.
    AlgorithmUnsupported = "algorithm.unsupported", Unknown, Some(CryptoConstraintsFailure);
    /// The algorithm is known to be too weak at the time that counts.
    AlgorithmWeak = "algorithm.weak", Failure, Some(CryptoConstraintsFailure);
    /// The key is too short at the time that counts.
    AlgorithmKeyTooShort = "algorithm.key_too_short", Failure, Some(CryptoConstraintsFailure);

    // -- the chain: RFC 5280 §6.1 ----------------------------------------------------------------------------------
    /// No candidate path ends at a configured root.
    ChainUntrusted = "chain.untrusted", Failure, Some(NoCertificateChainFound);
    /// A certificate can't be parsed.
    ChainMalformed = "chain.malformed", Failure, Some(CertificateChainGeneralFailure);
    /// The signature of the issuer on a certificate does not verify.
    ChainSignatureInvalid = "chain.signature_invalid", Failure, Some(CertificateChainGeneralFailure);
    /// A certificate was past its validity at reception (§6.1.3 (a)(2)).
    ChainExpired = "chain.expired", Failure, Some(Expired);
    /// Expired at reception, but a trusted timestamp proves that the signature existed while it was valid.
    ChainExpiredAfterTimestamp = "chain.expired_after_timestamp", Unknown, Some(OutOfBoundsNoPoe);
    /// A certificate was not valid yet at reception.
    ChainNotYetValid = "chain.not_yet_valid", Failure, Some(NotYetValid);
    /// An issuer is not a CA (§6.1.4 (k)).
    ChainNotACa = "chain.not_a_ca", Failure, Some(ChainConstraintsFailure);
    /// A path-length constraint is exceeded (§6.1.4 (l), (m)).
    ChainPathLength = "chain.path_length", Failure, Some(ChainConstraintsFailure);
    /// An issuer may not sign certificates (§6.1.4 (n)).
    ChainCaKeyUsage = "chain.ca_key_usage", Failure, Some(ChainConstraintsFailure);
    /// The signer's key usage allows neither digital signature nor content commitment (§4.2.1.3).
    ChainKeyUsage = "chain.key_usage", Failure, Some(SigConstraintsFailure);
    /// The extended key usage excludes what the certificate was used for (§4.2.1.12).
    ChainExtendedKeyUsage = "chain.extended_key_usage", Failure, Some(SigConstraintsFailure);
    /// A name lies outside the issuer's name constraints (§4.2.1.10).
    ChainNameConstraints = "chain.name_constraints", Failure, Some(ChainConstraintsFailure);
    /// An explicit policy is required and none is left (§6.1.5 (g)).
    ChainPolicy = "chain.policy", Failure, Some(ChainConstraintsFailure);
    /// A critical extension is not understood (§6.1.4 (o), §6.1.5 (f)).
    ChainCriticalExtension = "chain.critical_extension", Failure, Some(ChainConstraintsFailure);
    /// A CA certificate breaks a rule that the table of entities does not forgive to it (`tolerances`).
    ChainNonconforming = "chain.nonconforming", Failure, Some(ChainConstraintsFailure);
    /// An authority counts for the past only, and nothing proves that the signature is that old.
    ChainPastOnly = "chain.past_only", Failure, Some(ChainConstraintsFailure);
    /// The budget of DESIGN §6 ended before a path was found.
    ChainBudget = "chain.budget", Unknown, Some(CertificateChainGeneralFailure);

    // -- revocation: RFC 5280 §6.3, RFC 6960 -----------------------------------------------------------------------
    /// The certificate was revoked before the time that counts.
    RevocationRevoked = "revocation.revoked", Failure, Some(Revoked);
    /// The certificate is on hold.
    RevocationOnHold = "revocation.on_hold", Unknown, Some(TryLater);
    /// No CRL or OCSP answer covers the time that counts.
    RevocationUnknown = "revocation.unknown", Unknown, Some(TryLater);
    /// Only answers past their `nextUpdate` are there, or such as came with the document and are no longer recent.
    RevocationStale = "revocation.stale", Unknown, Some(TryLater);
    /// An answer was given but can't be believed: wrong issuer, wrong scope, bad signature.
    RevocationInvalid = "revocation.invalid", Note, None;
    /// Revoked after the time that counts: told, because it may matter to a person.
    RevocationLater = "revocation.later", Note, None;
    /// The answer was given after the time that counts: it knows more than could be known then.
    RevocationAnsweredLater = "revocation.answered_later", Note, None;
    /// Revocation was not asked for (`--revocation none`).
    RevocationNotChecked = "revocation.not_checked", Note, None;

    // -- timestamps: RFC 3161, RFC 5816 ------------------------------------------------------------------------------
    /// A timestamp token can't be read, or covers other bytes.
    TimestampInvalid = "timestamp.invalid", Failure, Some(HashFailure);
    /// The authority of a timestamp is not trusted: it proves nothing.
    TimestampUntrusted = "timestamp.untrusted", Note, None;
    /// A timestamp says of itself that it may be off by more than is of use: it proves nothing (RFC 3161 §2.4.2 `accuracy`).
    TimestampInaccurate = "timestamp.inaccurate", Note, None;
    /// Two trusted timestamps contradict each other, or one is older than what it covers (EN 319 102-1 §5.6.2.4).
    TimestampOrder = "timestamp.order", Unknown, Some(TimestampOrderFailure);
    /// The token names another authority than the certificate that signed it (RFC 3161 §2.4.2 `tsa`).
    TimestampAuthorityName = "timestamp.authority_name", Note, None;
    /// An archive timestamp of CAdES (ETSI EN 319 122-1 §5.5.3) of a form that is not judged: it proves nothing.
    TimestampNotJudged = "timestamp.not_judged", Note, None;

    // -- the signer: certs/*.toml --------------------------------------------------------------------------------------
    /// The certificate is a seal, a timestamp or another class that no person signs with.
    SignerClass = "signer.class", Failure, Some(SigConstraintsFailure);
    /// The certificate names no identity document that could be read.
    SignerIdentityMissing = "signer.identity_missing", Unknown, Some(Generic);
    /// The path is good, but the key that issued the certificate is no Ecuadorian entity's, or it did not issue for Ecuador.
    SignerNotEcuadorian = "signer.not_ecuadorian", Failure, Some(SigConstraintsFailure);
    /// An Ecuadorian entity's root stands above, but the authority that issued the certificate is not in the table.
    SignerAuthorityUnlisted = "signer.authority_unlisted", Unknown, Some(Generic);
    /// The issuing key is in no row of the table: the entity was told by the layout alone.
    SignerEntityNotPinned = "signer.entity_not_pinned", Note, None;
    /// The class is published, but FirmaEC 5.1.0 has it switched off.
    SignerClassDisabled = "signer.class_disabled", Note, None;
}

impl Code {
    /// The fact of a finding whose date belongs into a sentence about it: of a validity, the end that does not hold.
    #[must_use]
    pub fn dated_by(self) -> Option<&'static str> {
        match self {
            Self::ChainExpired | Self::ChainExpiredAfterTimestamp => Some("not_after"),
            Self::ChainNotYetValid => Some("not_before"),
            Self::RevocationRevoked | Self::RevocationLater => Some("revoked_at"),
            Self::CmsSigningTimeInFuture => Some("claimed"),
            _ => None,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One result of one rule: data, not prose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Which rule.
    pub code: Code,
    /// How much it weighs here.
    pub severity: Severity,
    /// What it is about: a signature field, a certificate's subject, an object number.
    pub subject: String,
    /// Values that a sentence about it needs (dates in RFC 3339, numbers, names).
    pub facts: BTreeMap<String, Value>,
}

impl Finding {
    /// A finding with the weight its code has in the table.
    #[must_use]
    pub fn new(code: Code, subject: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            subject: subject.into(),
            facts: BTreeMap::new(),
        }
    }

    /// Adds a value that the sentence needs.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// The same finding with another weight, for the places where policy changes it.
    #[must_use]
    pub fn weighing(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// The conclusion that a list of findings leads to: the heaviest decides.
#[must_use]
pub fn conclude_from<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Conclusion {
    match findings.into_iter().map(|finding| finding.severity).max() {
        Some(Severity::Failure) => Conclusion::Failed,
        Some(Severity::Unknown) => Conclusion::Indeterminate,
        Some(Severity::Note) | None => Conclusion::Passed,
    }
}

/// What is known of the file as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentFacts {
    /// Digest of all bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: u64,
    /// Number of revisions (1 for a CMS message).
    pub revisions: usize,
    /// Whether the PDF is encrypted.
    pub encrypted: bool,
}

/// What a signature is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureKind {
    /// Approval or certification signature of a person.
    Signature,
    /// `/Type /DocTimeStamp` (ISO 32000-2 §12.8.5).
    DocTimestamp,
}

/// Baseline level reached (ETSI EN 319 142-1 §6.1, EN 319 122-1 §6.1).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[allow(missing_docs, reason = "the names are the standard's own")]
pub enum Level {
    #[serde(rename = "B-B")]
    BB,
    #[serde(rename = "B-T")]
    BT,
    #[serde(rename = "B-LT")]
    BLt,
    #[serde(rename = "B-LTA")]
    BLta,
}

impl Level {
    /// As the standards write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BB => "B-B",
            Self::BT => "B-T",
            Self::BLt => "B-LT",
            Self::BLta => "B-LTA",
        }
    }
}

/// Whether the signed bytes and the signature value agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// Digest and signature value verify.
    Intact,
    /// They don't.
    Broken,
    /// They could not be checked.
    Unsupported,
}

/// How much of the file the signature covers.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Something before its own end is not explained.
    Partial,
    /// Its whole revision, and later revisions follow.
    WholeRevision,
    /// Every byte of the file.
    WholeFile,
}

/// What later revisions changed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Modifications {
    /// Nothing follows.
    None,
    /// Only what ISO 32000-2 §12.8.2 and the PAdES levels permit.
    Permitted,
    /// Something else.
    Suspicious,
}

/// One certificate of a path, for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CertificateFacts {
    /// Subject DN (RFC 4514 text).
    pub subject: String,
    /// Issuer DN.
    pub issuer: String,
    /// Serial number, lower-case hexadecimal.
    pub serial: String,
    /// Fingerprint of the DER bytes.
    pub sha256: Sha256,
    /// Start of validity.
    pub not_before: Timestamp,
    /// End of validity.
    pub not_after: Timestamp,
}

/// What is known of the revocation of one certificate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RevocationFacts {
    /// Subject DN of the certificate.
    pub subject: String,
    /// `good`, `revoked`, `on_hold` or `unknown`.
    pub status: String,
    /// `crl`, `ocsp`, or nothing.
    pub source: Option<String>,
    /// `thisUpdate` of the answer.
    pub this_update: Option<Timestamp>,
    /// `nextUpdate` of the answer.
    pub next_update: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// RFC 5280 §5.3.1 reason, in its own words.
    pub reason: Option<String>,
}

impl RevocationFacts {
    /// Before anything is known.
    pub(super) fn unknown(subject: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            status: "unknown".to_owned(),
            source: None,
            this_update: None,
            next_update: None,
            revoked_at: None,
            reason: None,
        }
    }
}

/// What a timestamp covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimestampKind {
    /// The content before it was signed (ETSI EN 319 122-1 §5.2.8).
    Content,
    /// The signature value (RFC 3161 appendix A).
    Signature,
    /// A signature with its content and validation data (ETSI EN 319 122-1 §5.5.3).
    Archive,
    /// A whole document (ISO 32000-2 §12.8.5).
    Document,
}

/// What one timestamp token is worth (RFC 3161).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimestampFacts {
    /// What it covers.
    pub kind: TimestampKind,
    /// The time it states.
    pub time: Option<Timestamp>,
    /// How far that may be off, in microseconds, as its authority says.
    pub accuracy_us: Option<u64>,
    /// Policy of the authority, in dotted text.
    pub policy: Option<String>,
    /// Subject of the authority's certificate.
    pub authority: Option<String>,
    /// Whether it proves anything.
    pub trusted: bool,
    /// The time at which it was judged: a later trusted timestamp that covers it, or reception.
    pub judged_at: Timestamp,
    /// Path of the authority.
    pub chain: Vec<CertificateFacts>,
    /// Revocation along it.
    pub revocation: Vec<RevocationFacts>,
}

/// One candidate path of a signer's certificate: what was tried, and why it does not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PathFacts {
    /// The answer for this path alone.
    pub conclusion: Conclusion,
    /// Signer first; a path that ends at no root is one that led nowhere.
    pub certificates: Vec<CertificateFacts>,
    /// Broken rules; `position` says on which certificate, 0 is the signer's.
    pub findings: Vec<Finding>,
}

/// Characters of what a signature says of itself that are kept; of a longer text there is one more, an ellipsis.
pub const LONGEST_REASON: usize = 200;

/// The text as it is kept; nothing when it is blank.
#[must_use]
pub fn kept(said: &str) -> Option<String> {
    let said = said.trim();
    let mut kept: String = said.chars().take(LONGEST_REASON).collect();
    // Text that was cut short to be shown may go on.
    if said.chars().nth(LONGEST_REASON).is_some() {
        kept.push('\u{2026}');
    }
    Some(kept).filter(|kept| !kept.is_empty())
}

/// Where a signature says something of itself besides its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatementPlace {
    /// `/Location` (ISO 32000-2 §12.8.1), `signer-location` (RFC 5126 §5.11.2).
    Location,
    /// `/ContactInfo`.
    ContactInfo,
    /// `/Name`.
    Name,
    /// Roles that the signer claims or has certified (`signer-attributes`, ETSI EN 319 122-1 §5.2.6).
    Role,
    /// `content-hints` (§5.2.4.1).
    Content,
}

impl StatementPlace {
    /// As the report writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Location => "location",
            Self::ContactInfo => "contact_info",
            Self::Name => "name",
            Self::Role => "role",
            Self::Content => "content",
        }
    }
}

/// Words that the signer put beside the signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// Where they stand.
    pub place: StatementPlace,
    /// The words, cut behind [`LONGEST_REASON`] characters; `?` where they can't be read.
    pub text: String,
}

/// The verdict on one signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SignatureReport {
    /// Field name in a PDF, `#1`, `#2` … in a CMS message.
    pub field: String,
    /// Person or timestamp.
    pub kind: SignatureKind,
    /// `/SubFilter`, or `cms.attached` / `cms.detached`.
    pub sub_filter: String,
    /// Baseline level, when one is reached.
    pub level: Option<Level>,
    /// Bytes against signature value.
    pub integrity: Integrity,
    /// How much it covers.
    pub coverage: Coverage,
    /// What was changed afterwards.
    pub modifications: Modifications,
    /// The answer.
    pub conclusion: Conclusion,
    /// What the signer's clock said: a note, proves nothing.
    pub signing_time_claimed: Option<Timestamp>,
    /// `/Reason` (ISO 32000-2 §12.8.1): what it was made for, in words; cut behind [`LONGEST_REASON`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What its `commitment-type-indication` says that it means (ETSI EN 319 122-1 §5.2.3): names of the standard, or identifiers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commitment_types: Vec<String>,
    /// What else it says of itself: place, contact, name, roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<Statement>,
    /// By when it is proven to have existed: the time of the best trusted timestamp over it plus its accuracy, and at most the
    /// time of reception.
    pub timestamp: Option<Timestamp>,
    /// Digest algorithm, `sha256`.
    pub digest: Option<String>,
    /// Signature algorithm and key, `rsa-2048`, `rsa-pss-2048`, `ecdsa-p256`, `ed25519`.
    pub algorithm: Option<String>,
    /// Who signed.
    pub signer: Option<Signer>,
    /// The path that was judged, signer first.
    pub chain: Vec<CertificateFacts>,
    /// Revocation, in the order of the chain.
    pub revocation: Vec<RevocationFacts>,
    /// Every timestamp over it, or the timestamp that it is.
    #[serde(default)]
    pub timestamps: Vec<TimestampFacts>,
    /// Every candidate path that was tried, in order (RFC 5280 §6.1); the last one is the one that passed, if one did.
    #[serde(default)]
    pub paths: Vec<PathFacts>,
    /// Everything found about it.
    pub findings: Vec<Finding>,
    /// Revision that the signature closes, from 1; 1 for a CMS message.
    pub revision: usize,
    /// Length in bytes of the document as this signature saw it (end of its last byte range).
    pub covered_bytes: u64,
    /// Digest of the signature value itself: what makes a petition single-use (DESIGN F).
    pub value_sha256: Option<Sha256>,
    /// Whether its widget shows something on a page.
    pub visible: bool,
}

impl SignatureReport {
    /// Whether the path of the signer's certificate leads to a trusted root: only then is what it says worth anything.
    #[must_use]
    pub fn is_rooted(&self) -> bool {
        let untrusted = |finding: &Finding| finding.code == Code::ChainUntrusted;
        self.chain.len() > 1 && !self.findings.iter().any(untrusted)
    }
}

/// The report on one document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Passed only when the bytes a person would read in the last revision are all covered by a passed signature of
    /// a trusted signer, apart from permitted additions.
    pub conclusion: Conclusion,
    /// The same in the standard's words.
    pub indication: Indication,
    /// The reason in the standard's words.
    pub sub_indication: Option<SubIndication>,
    /// The time of reception: what decides (DESIGN B).
    pub received_at: Timestamp,
    /// Findings about the document as a whole.
    pub findings: Vec<Finding>,
    /// The file.
    pub document: DocumentFacts,
    /// Its signatures, in the order of their revisions.
    pub signatures: Vec<SignatureReport>,
}

impl Report {
    /// Every finding of the document and of its signatures.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().chain(
            self.signatures
                .iter()
                .flat_map(|signature| &signature.findings),
        )
    }

    /// The signatures of people, oldest first, and not those of timestamps.
    #[must_use]
    pub fn of_people(&self) -> impl DoubleEndedIterator<Item = &SignatureReport> {
        self.signatures
            .iter()
            .filter(|signature| signature.kind == SignatureKind::Signature)
    }

    /// Whether any finding has this code, whatever its weight.
    #[must_use]
    pub fn has(&self, code: Code) -> bool {
        self.all_findings().any(|finding| finding.code == code)
    }
}
