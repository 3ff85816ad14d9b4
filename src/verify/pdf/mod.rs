//! Our own strict, lazy reader of PDF structure on raw bytes (DESIGN N): revisions, signature dictionaries, and what
//! changed between them (ISO 32000-2 §7.5, §12.8).

use jiff::Timestamp;

use super::report::{Coverage, Finding, Modifications, SignatureKind};

/// A PDF as its bytes describe it, read no further than signatures and their coverage need.
#[derive(Debug)]
pub struct Pdf<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// Revisions, oldest first.
    pub revisions: Vec<Revision>,
    /// Signatures and document timestamps, oldest first.
    pub signatures: Vec<PdfSignature>,
    /// Whether the trailer has `/Encrypt`.
    pub encrypted: bool,
    /// Validation material of the document security store, as DER.
    pub dss: SecurityStore,
    /// Findings about the file as a whole.
    pub findings: Vec<Finding>,
}

/// One incremental update, or the original (ISO 32000-2 §7.5.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Offset just behind its `%%EOF` and end of line.
    pub end: u64,
}

/// What the DSS dictionary carries (ETSI EN 319 142-1 §5.4.2), as DER bytes.
#[derive(Debug, Default)]
pub struct SecurityStore {
    /// Certificates.
    pub certificates: Vec<Vec<u8>>,
    /// CRLs.
    pub crls: Vec<Vec<u8>>,
    /// OCSP responses.
    pub ocsps: Vec<Vec<u8>>,
}

/// One signature dictionary with its field (ISO 32000-2 §12.8.1).
#[derive(Debug)]
pub struct PdfSignature {
    /// Fully qualified field name.
    pub field: String,
    /// Person or document timestamp.
    pub kind: SignatureKind,
    /// `/SubFilter` without the slash.
    pub sub_filter: String,
    /// `/ByteRange` as `[offset, length, offset, length]`.
    pub byte_range: [u64; 4],
    /// The decoded `/Contents`: DER or BER, padding zeros included.
    pub contents: Vec<u8>,
    /// Index into [`Pdf::revisions`] of the revision it closes.
    pub revision: usize,
    /// How much of the file it covers.
    pub coverage: Coverage,
    /// What later revisions changed.
    pub modifications: Modifications,
    /// `/M`, the time claimed in the dictionary.
    pub claimed_time: Option<Timestamp>,
    /// Permission level of a certification signature (`/DocMDP /P`, 1 to 3).
    pub doc_mdp: Option<u8>,
    /// Whether its widget shows something on a page.
    pub visible: bool,
    /// Findings about this signature's place in the file.
    pub findings: Vec<Finding>,
}

/// The file can't be read as a PDF at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// No `%PDF-` header.
    #[error("the file is not a PDF")]
    NotAPdf,
}
