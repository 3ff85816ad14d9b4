//! The core: bytes + trust + evidence + policy + time → [`Report`]. No clock, no files, no network.
//!
//! 1. [`open`] reads the structure: PDF revisions and signature dictionaries, or a CMS message.
//! 2. [`conclude`] judges every signature (RFC 5652 §5.6), its chain (RFC 5280 §6.1) and revocation (§6.3), what
//!    changed after signing (ISO 32000-2 §12.8.2), and then the document as a whole (EN 319 102-1 §5).

pub mod pdf;
pub mod report;
pub mod signer;

pub use report::{Code, Conclusion, Finding, Report};
