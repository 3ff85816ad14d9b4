//! What is accepted: algorithms and key sizes with the date from which they are refused and the document that says so,
//! and what is asked about revocation. Everything that an operator may want to change is a field of [`Policy`].

mod algorithms;

use std::collections::BTreeSet;

use jiff::SignedDuration;

pub use algorithms::{check_digest, check_key, check_unusable_key};

/// Deepest certification path: signer, three intermediate levels in the largest real hierarchy, room to spare.
pub const MAX_PATH_DEPTH: usize = 10;

/// Signature checks spent on finding one path. A real path needs 2 or 3; DESIGN §6.
pub const PATH_BUDGET: u32 = 100;

/// Comparisons of a name with a constraint on one path: names × constraints grows with the square of what a stranger sends.
/// Go's `crypto/x509` allows as many; a real path needs fewer than a hundred.
pub const MAX_NAME_COMPARISONS: u32 = 250_000;

/// Longest certificate that is read. Real ones have 1 to 3 KB; what is quadratic in names, policies and extensions stays
/// bearable below this.
pub const MAX_CERTIFICATE_BYTES: usize = 64 * 1024;

/// Relative names in the name of a subject or issuer: names are compared and written again and again. Real ones have up to
/// fifteen.
pub const MAX_NAME_PARTS: usize = 100;

/// Longest name that is read: reports tell it for every certificate of every path that was tried, so that a stranger's kilobytes
/// become his megabytes. Real ones have some two hundred.
pub const MAX_NAME_BYTES: usize = 4 * 1024;

/// Certificates taken from one CMS message or DSS; DESIGN §6.
pub const MAX_CERTIFICATES: usize = 32;

/// Revocation lists and OCSP answers taken from one CMS message or DSS: two for every certificate that may be there.
pub const MAX_ANSWERS: usize = 64;

/// Statements of one OCSP answer: responders give one, or one for each certificate of a path that was asked about together.
pub const MAX_STATEMENTS: usize = 1_000;

/// Names of one distribution point: CAs give one or two addresses.
pub const MAX_POINT_NAMES: usize = 1_000;

/// Attributes of one signer, signed or unsigned. A CAdES signature with everything has fewer than twenty.
pub const MAX_ATTRIBUTES: usize = 64;

/// Values of one attribute that are kept. Of what a signature covers only the single value of a single attribute counts; of
/// the rest timestamps may come in several.
pub const MAX_VALUES: usize = 64;

/// Timestamps over one signature that are judged: one is usual, and the earliest that holds counts.
pub const MAX_TIMESTAMPS: usize = 10;

/// Things that an archive timestamp of CAdES may name: every certificate, every answer and every unsigned value that this
/// reader takes from a message, with room for what others put there.
pub const MAX_ARCHIVED: usize = 1_000;

/// Digest algorithms of the archive timestamps of one message: with each the whole message is hashed again. A renewal changes
/// it once in a decade.
pub const MAX_INDEX_DIGESTS: usize = 3;

/// Signatures judged in one document; DESIGN §6.
pub const MAX_SIGNATURES: usize = 10;

/// A signer's clock may be this much ahead of ours without a word.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// A timestamp that says of itself that it may be off by more than this proves nothing. Authorities promise a second (ETSI EN
/// 319 421 §7.7.2), the coarsest a minute. More than any clock is granted here would let the word of an authority reach past
/// the end of a certificate, or excuse two timestamps that contradict each other.
pub const MAX_ACCURACY: SignedDuration = CLOCK_TOLERANCE;

/// How old an answer that came with the document may be at reception, where nobody else answers. The status has to be
/// "sufficiently recent" (RFC 6960 §3.2 (5); EN 319 102-1 §5.2.5, revocation freshness), and `nextUpdate` does not tell: lists
/// live for weeks, and one from before a revocation is what a thief of the key sends. A CA acts on a revocation within a day
/// (EN 319 411-1 §6.2.4), so that nobody honest had a younger answer to send.
pub const CARRIED_ANSWER_AGE: SignedDuration = SignedDuration::from_hours(24);

/// Whether revocation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationMode {
    /// Every certificate below the root needs a status (RFC 5280 §6.1.3 (a)(3)); unknown is indeterminate.
    Required,
    /// Not asked (`--revocation none`); the report says so.
    None,
}

/// The certificate policies that a signer's path must have (RFC 5280 §6.1.1 (c), (e)–(g)). Ecuador's rules name none, and
/// its CAs state policies that don't fit together, so the default asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InitialPolicies {
    /// `user-initial-policy-set`, in dotted text; empty stands for any policy.
    pub acceptable: BTreeSet<String>,
    /// `initial-explicit-policy`: one of them must hold for the whole path.
    pub explicit: bool,
    /// `initial-policy-mapping-inhibit`.
    pub inhibit_mapping: bool,
    /// `initial-any-policy-inhibit`.
    pub inhibit_any: bool,
}

/// The rules of one validation.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The certificate policies asked for.
    pub certificate_policies: InitialPolicies,
    /// Whether revocation is asked for.
    pub revocation: RevocationMode,
    /// How long an OCSP answer without `nextUpdate` counts (RFC 6960 §4.2.2.1 calls newer ones always available).
    pub ocsp_freshness: SignedDuration,
    /// How old an answer about an end certificate may be at the time that counts, whatever its `nextUpdate` says. Nothing:
    /// `nextUpdate` alone decides, as RFC 5280 §6.3.3 has it. CAs are exempt: their lists live for months.
    pub evidence_age: Option<SignedDuration>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            certificate_policies: InitialPolicies::default(),
            revocation: RevocationMode::Required,
            ocsp_freshness: SignedDuration::from_hours(24),
            evidence_age: None,
        }
    }
}
