//! The core: bytes + trust + evidence + policy + time → [`Report`]. No clock, no files, no network.
//!
//! 1. [`open`] reads the structure: PDF revisions and signature dictionaries, or a CMS message.
//! 2. [`conclude`] judges every signature (RFC 5652 §5.6), its chain (RFC 5280 §6.1) and revocation (§6.3), what
//!    changed after signing (ISO 32000-2 §12.8.2), and then the document as a whole (EN 319 102-1 §5).
//!
//! Reading order: `opening`, `report`, `cms`, `chain`, `revocation`, `timestamp`, `archive`, `past`, `conclusion`; `asn1`, `name`, `time`, `certificate`,
//! `content` and `crypto` are what they stand on; `policy`, `trust`, `entities` and `quirk` say what is accepted.

#![deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)]
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::as_conversions)
)]

mod archive;
pub mod asn1;
pub mod certificate;
pub mod chain;
pub mod cms;
mod conclusion;
pub mod content;
pub mod coverage;
pub mod crypto;
pub mod entities;
#[cfg(test)]
mod forge;
pub mod mistaken;
pub mod name;
mod opening;
mod past;
pub mod pdf;
pub mod policy;
pub mod quirk;
pub mod report;
pub mod revocation;
pub mod signer;
pub mod time;
pub mod timestamp;
pub mod trust;
mod verified;
pub mod wanted;

pub use certificate::{Certificate, CertificateError};
pub use conclusion::{Concluded, conclude, conclude_and_want};
pub use coverage::Coverage;
pub use entities::Entities;
pub use opening::{OpenError, Signed, open};
pub use policy::{Policy, RevocationMode};
pub use report::{Code, Conclusion, Finding, Report};
pub use revocation::{Crl, Evidence, OcspResponse};
pub use trust::{Terms, TrustStore};
pub use wanted::{Addresses, Wanted, Worth};
