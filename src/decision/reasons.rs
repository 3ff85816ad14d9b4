//! Every reason a decision can have: its stable code, and what it alone leads to (PRODUCT §3.2).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::Outcome;

macro_rules! reasons {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $code:literal; )+) => {
        /// Stable code of a reason (PRODUCT §3.2). What it leads to stands in `table.rs`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum ReasonCode { $( $(#[doc = $doc])+ #[serde(rename = $code)] $variant, )+ }

        impl ReasonCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code as stored and shown.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}

reasons! {
    // -- the file ------------------------------------------------------------------------------------------------------
    /// Nothing that could be a signed document.
    NotAPdf = "NOT_A_PDF";
    /// The key that somebody signs with, in place of a document.
    PrivateKey = "PRIVATE_KEY";
    /// An archive, in place of the document in it.
    Archive = "ARCHIVE";
    /// A document of Word or of another office program.
    OfficeFile = "OFFICE_FILE";
    /// A message of a mail program.
    MailMessage = "MAIL_MESSAGE";
    /// A PDF that ends too early or is damaged.
    Damaged = "DAMAGED";
    /// No signature in it.
    Unsigned = "UNSIGNED";
    /// Encrypted: what it shows depends on a key.
    Encrypted = "ENCRYPTED";
    /// JavaScript, attachments or XFA in it.
    ActiveContent = "ACTIVE_CONTENT";
    /// Layers that switch by themselves: on paper it may show something else than on a screen.
    AutomaticLayers = "AUTOMATIC_LAYERS";
    /// Beyond the limits of what is read.
    TooComplex = "TOO_COMPLEX";
    // -- the signature -------------------------------------------------------------------------------------------------
    /// The content was altered, or something was added after the signature.
    ModifiedAfterSigning = "MODIFIED_AFTER_SIGNING";
    /// The signature value does not belong to the certificate, or its structure is broken.
    SignatureInvalid = "SIGNATURE_INVALID";
    /// An algorithm or key that no longer protects anything.
    WeakAlgorithm = "WEAK_ALGORITHM";
    /// A detached signature arrived without its document.
    OriginalMissing = "ORIGINAL_MISSING";
    /// The signature is of a kind that is not judged.
    SignatureUnsupported = "SIGNATURE_UNSUPPORTED";
    // -- the certificate -----------------------------------------------------------------------------------------------
    /// No path to an accredited entity.
    CaNotAccredited = "CA_NOT_ACCREDITED";
    /// A rule of the path is broken.
    ChainInvalid = "CHAIN_INVALID";
    /// Expired at reception.
    CertExpired = "CERT_EXPIRED";
    /// Expired at reception, alive at a trusted timestamp.
    CertExpiredTimestamped = "CERT_EXPIRED_TIMESTAMPED";
    /// Not valid yet at reception.
    CertNotYetValid = "CERT_NOT_YET_VALID";
    /// Revoked before reception.
    CertRevoked = "CERT_REVOKED";
    /// Revoked after reception, and known to be when the decision was made.
    CertRevokedSince = "CERT_REVOKED_SINCE";
    /// On hold at reception.
    CertOnHold = "CERT_ON_HOLD";
    /// Revocation could not be learned.
    RevocationUnknown = "REVOCATION_UNKNOWN";
    /// The certificate may not sign documents.
    CertUsage = "CERT_USAGE";
    /// A seal, a timestamp, a public officer for a company.
    CertClass = "CERT_CLASS";
    /// A class that is in no table.
    CertClassUnknown = "CERT_CLASS_UNKNOWN";
    /// No identity document could be read from it.
    IdentityUnreadable = "IDENTITY_UNREADABLE";
    // -- the petition ----------------------------------------------------------------------------------------------------
    /// The number or the signature has been used.
    AlreadyUsed = "ALREADY_USED";
    /// The number's life has ended.
    PetitionExpired = "PETITION_EXPIRED";
    /// RUC of document, form and certificate differ.
    RucMismatch = "RUC_MISMATCH";
    /// The signed form belongs to another number.
    WrongForm = "WRONG_FORM";
    /// Something stands between the form and the signature.
    ExtraRevision = "EXTRA_REVISION";
    /// A visible signature lies over the printed values.
    ValuesCovered = "VALUES_COVERED";
    /// The signature says that it was made for something else: receipt, a witness, a copy.
    SignedForOtherPurpose = "SIGNED_FOR_OTHER_PURPOSE";
    /// The letter could not be read without doubt.
    LetterUnclear = "LETTER_UNCLEAR";
    /// Text that a reader would not see.
    HiddenText = "HIDDEN_TEXT";
    /// A letter that asks for another address.
    LetterChangesEmail = "LETTER_CHANGES_EMAIL";
    /// A letter that names an address other than the one on file.
    LetterNamesOtherEmail = "LETTER_NAMES_OTHER_EMAIL";
    /// A letter that says that the address on file is out of reach or old.
    LetterMailboxLost = "LETTER_MAILBOX_LOST";
    /// A letter that names another company than the registered one.
    LetterForOther = "LETTER_FOR_OTHER";
    /// A letter in fonts that it brings along.
    LetterOwnFonts = "LETTER_OWN_FONTS";
    /// A letter that is more than plain text.
    LetterNotPlain = "LETTER_NOT_PLAIN";
    /// A letter signed longer ago than the window allows.
    LetterTooOld = "LETTER_TOO_OLD";
    /// A letter without a signing time.
    LetterUndated = "LETTER_UNDATED";
    /// A signing time ahead of our clock.
    ClockAhead = "CLOCK_AHEAD";
    // -- the person and the employer ----------------------------------------------------------------------------------------
    /// The signer is not a representative.
    SignerNotRepresentative = "SIGNER_NOT_REPRESENTATIVE";
    /// Same name, no matching document number.
    NameMatchOnly = "NAME_MATCH_ONLY";
    /// The document number of somebody registered, under another name.
    NumberMatchOnly = "NUMBER_MATCH_ONLY";
    /// The term has ended; with a successor in office this becomes a refusal.
    RepresentationEnded = "REPRESENTATION_ENDED";
    /// The term has not begun.
    RepresentationNotStarted = "REPRESENTATION_NOT_STARTED";
    /// Another representative must sign too.
    JointSignatureMissing = "JOINT_SIGNATURE_MISSING";
    /// Somebody else signed too: a letter may be theirs, and what they drew may lie over the page.
    OtherSignature = "OTHER_SIGNATURE";
    /// The registered post is none that is known to represent an employer.
    PostUnrecognised = "POST_UNRECOGNISED";
    /// An attorney acts: the power must be read by a person.
    Attorney = "ATTORNEY";
    /// The power of an attorney covers other things.
    PowerLacksScope = "POWER_LACKS_SCOPE";
    /// The power of an attorney has ended: it is not prolonged by itself, as an administrator's functions are.
    PowerEnded = "POWER_ENDED";
    /// A liquidator is in office: administrators have ceased, unless the registry is behind.
    LiquidatorInOffice = "LIQUIDATOR_IN_OFFICE";
    /// An appointment or a power is attached that the registry does not know yet.
    AppointmentAttached = "APPOINTMENT_ATTACHED";
    /// The registry knows nobody in office for this employer: nobody can be called a stranger.
    RepresentativeUnknown = "REPRESENTATIVE_UNKNOWN";
    /// The registry has the employer with another branch, or another ending of its number.
    BranchUnknown = "BRANCH_UNKNOWN";
    /// The employer is not in the registry.
    RegistryMissing = "REGISTRY_MISSING";
    /// The registry has the employer as suspended or closed.
    EmployerNotActive = "EMPLOYER_NOT_ACTIVE";
    /// No address on file to send the link to.
    NoEmail = "NO_EMAIL";
    /// The account is frozen after «no fui yo».
    Frozen = "FROZEN";
    // -- clean --------------------------------------------------------------------------------------------------------------
    /// Matched by document number with a registered representative.
    MatchedRepresentative = "MATCHED_REPRESENTATIVE";
    /// Matched because the RUC is built on the signer's own cédula.
    MatchedOwnRuc = "MATCHED_OWN_RUC";
}

/// One reason with the values its sentence needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub code: ReasonCode,
    /// What it alone leads to.
    pub outcome: Outcome,
    /// Values for the sentence: `fecha`, `entidad`, `nombre`, `empresa`, `cargo` …
    pub facts: BTreeMap<String, String>,
}

impl Reason {
    /// A reason without values for its sentence. Decisions get theirs from a row of the table.
    #[must_use]
    pub fn new(code: ReasonCode, outcome: Outcome) -> Self {
        Self {
            code,
            outcome,
            facts: BTreeMap::new(),
        }
    }

    /// Adds a value for the sentence.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Into<String>) -> Self {
        self.facts.insert(name.to_owned(), value.into());
        self
    }

    /// Whose signature it is about, where there are several: the name of the signer, or the place of the signature.
    #[must_use]
    pub fn whose(&self) -> Option<String> {
        let named = self.facts.get("firmante");
        named.or_else(|| self.facts.get("firma")).cloned()
    }
}
