//! Which bytes are drawn: what the signer saw, without anything that was added later.

use bytes::Bytes;

use crate::domain::Sha256;
use crate::verify::report::{Conclusion, Report};
use crate::verify::{self, Signed};

/// What the images show, in the words of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// What a passed signature covers: that and nothing else.
    Signed,
    /// What a signature covers that did not pass.
    NotPassed,
    /// All of it: nobody signed it.
    Unsigned,
}

/// The bytes of a document that are drawn.
#[derive(Debug, Clone)]
pub struct SignedRevision {
    bytes: Bytes,
    sha256: Sha256,
    shown: Shown,
}

impl SignedRevision {
    /// The bytes up to the end of the last revision that a passed signature of a person closes; where none passed, that
    /// any signature closes; where there is none, all of them. Of a CMS message the content. Hashes the document once.
    #[must_use]
    pub fn of(document: &Bytes, report: Option<&Report>) -> Self {
        let signed = verify::open(document, None).ok();
        let cut = |passed_only: bool| {
            let covered = report?
                .of_people()
                .filter(|one| !passed_only || one.conclusion == Conclusion::Passed)
                .map(|one| one.covered_bytes)
                .filter(|covered| *covered > 0)
                .max()?;
            content(document, signed.as_ref()?, covered)
        };
        let (bytes, shown) = if let Some(bytes) = cut(true) {
            (bytes, Shown::Signed)
        } else if let Some(bytes) = cut(false) {
            (bytes, Shown::NotPassed)
        } else {
            let all = signed
                .as_ref()
                .and_then(|signed| content(document, signed, u64::MAX));
            (all.unwrap_or_else(|| document.clone()), Shown::Unsigned)
        };
        Self {
            sha256: Sha256::of(&bytes),
            bytes,
            shown,
        }
    }

    /// Everything of a file that came beside a document: nobody's signature on it is looked at. Photographs and screenshots
    /// get a page of their own.
    #[must_use]
    pub fn of_attachment(file: &Bytes) -> Self {
        match super::picture::on_a_page(file) {
            Some(page) => Self::of(&page.into(), None),
            None => Self::of(file, None),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Their digest.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        self.sha256
    }

    /// What they are.
    #[must_use]
    pub fn shown(&self) -> Shown {
        self.shown
    }
}

fn content(document: &Bytes, signed: &Signed<'_>, covered: u64) -> Option<Bytes> {
    let content = signed.signed_content(covered)?;
    Some(if signed.pdf().is_some() {
        document.slice(..content.len())
    } else {
        Bytes::copy_from_slice(content)
    })
}
