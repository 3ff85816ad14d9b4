//! Reads trust and revocation material from folders that an operator fills: certificates, CRLs and OCSP answers, in PEM
//! or DER, whatever the file is called.

mod defect;
mod snapshot;
mod trust_folder;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::domain::{Language, system_error};
use crate::verify::asn1::{Element, tag};
use crate::verify::{Certificate, Crl, OcspResponse};

pub use defect::Defect;
pub use snapshot::{Agreed, Snapshot};
pub use trust_folder::{Pinned, TrustFolder};

/// A folder or a file in it can't be used.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// The folder or file can't be read.
    #[error("{path}: {source}", path = .path.display())]
    Unreadable {
        /// Path as it was given.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{path}: {reason}", path = .path.display())]
    Unusable {
        /// Path as it was given.
        path: PathBuf,
        /// What is wrong with it.
        reason: Defect,
    },
}

impl MaterialError {
    /// What is wrong, without saying with which file.
    #[must_use]
    pub fn reason(&self, language: Language) -> String {
        match self {
            Self::Unreadable { source, .. } => {
                language.pick(system_error(source), source.to_string())
            }
            Self::Unusable { reason, .. } => language.pick(reason.spanish(), reason.to_string()),
        }
    }

    /// The same in Spanish.
    #[must_use]
    pub fn spanish(&self) -> String {
        let (Self::Unreadable { path, .. } | Self::Unusable { path, .. }) = self;
        format!("{}: {}", path.display(), self.reason(Language::Es))
    }
}

/// Largest file that is read: the largest known CRL has about 10 MB.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// Every certificate in a folder, or in one file.
///
/// # Errors
/// When something can't be read, names the file. Read-me files and hidden files are passed over.
pub fn certificates(path: &Path) -> Result<Vec<Certificate>, MaterialError> {
    read_all(path, |bytes| read_certificates(&bytes))
}

/// Every certificate in these bytes: PEM, DER, or PKCS#7.
///
/// # Errors
/// What is wrong with them.
pub fn read_certificates(bytes: &[u8]) -> Result<Vec<Certificate>, Defect> {
    const LABELS: &[&str] = &[
        "CERTIFICATE",
        "X509 CERTIFICATE",
        "TRUSTED CERTIFICATE",
        "PKCS7",
        "CMS",
    ];
    let mut found = Vec::new();
    for block in blocks(bytes, LABELS)? {
        if is_pkcs7(&block) {
            for der in certificates_of_pkcs7(&block).ok_or(Defect::NotPkcs7)? {
                found.push(Certificate::parse(der)?);
            }
        } else {
            found.push(Certificate::parse(block)?);
        }
    }
    Ok(found)
}

/// Every revocation list in a folder, or in one file.
///
/// # Errors
/// When something can't be read, names the file.
pub fn crls(path: &Path) -> Result<Vec<Crl>, MaterialError> {
    read_all(path, |bytes| {
        blocks(&bytes, &["X509 CRL", "CRL"])?
            .into_iter()
            .map(|block| Ok(Crl::parse(block)?))
            .collect()
    })
}

/// Every OCSP answer in a folder, or in one file.
///
/// # Errors
/// When something can't be read, names the file.
pub fn ocsps(path: &Path) -> Result<Vec<OcspResponse>, MaterialError> {
    read_all(path, |bytes| {
        blocks(&bytes, &["OCSP RESPONSE"])?
            .into_iter()
            .map(|block| Ok(OcspResponse::parse(block)?))
            .collect()
    })
}

fn read_all<T>(
    path: &Path,
    mut read: impl FnMut(Vec<u8>) -> Result<Vec<T>, Defect>,
) -> Result<Vec<T>, MaterialError> {
    let mut found = Vec::new();
    for file in files(path)? {
        let bytes = read_file(&file)?;
        found.extend(read(bytes).map_err(|reason| MaterialError::Unusable {
            path: file.clone(),
            reason,
        })?);
    }
    Ok(found)
}

/// The files of a folder in the order of their names, or the one file. Read-me files and hidden files are passed over.
///
/// # Errors
/// When the folder can't be read.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, MaterialError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |source| MaterialError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let file = entry.path();
        // The folder says what most of its entries are; only a link has to be followed.
        let is_file = match entry.file_type() {
            Ok(kind) if !kind.is_symlink() => kind.is_file(),
            _ => file.is_file(),
        };
        if is_file && !is_passed_over(&file) {
            files.push(file);
        }
    }
    files.sort();
    Ok(files)
}

/// The bytes of one file, its size checked first.
///
/// # Errors
/// When it can't be read or is too large.
pub fn read_file(file: &Path) -> Result<Vec<u8>, MaterialError> {
    let unreadable = |source| MaterialError::Unreadable {
        path: file.to_owned(),
        source,
    };
    let opened = fs::File::open(file).map_err(unreadable)?;
    let size = opened.metadata().map_err(unreadable)?.len();
    let too_large = || MaterialError::Unusable {
        path: file.to_owned(),
        reason: Defect::TooLarge(MAX_FILE_BYTES),
    };
    if size > MAX_FILE_BYTES {
        return Err(too_large());
    }
    // One byte more than there should be: so the end is seen without asking for it, and that the file has not grown.
    let room = usize::try_from(size).unwrap_or_default().saturating_add(1);
    let mut bytes = Vec::with_capacity(room);
    let mut limited = opened.take(MAX_FILE_BYTES.saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(unreadable)?;
    if limited.limit() == 0 {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Read-me files and what an editor or a system leaves behind are obviously not material.
fn is_passed_over(file: &Path) -> bool {
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    name.starts_with('.') || name.starts_with("readme") || name.ends_with('~')
}

/// The DER blocks of a file: every PEM block with one of the labels, or the file itself.
pub(crate) fn blocks(bytes: &[u8], labels: &[&str]) -> Result<Vec<Vec<u8>>, Defect> {
    const BEGIN: &str = "-----BEGIN ";
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(vec![bytes.to_vec()]);
    };
    if !text.contains(BEGIN) {
        return Ok(vec![bytes.to_vec()]);
    }
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let (label, after) = after.split_once("-----").ok_or(Defect::FirstLine)?;
        let end = format!("-----END {label}-----");
        let (body, after) = after.split_once(&end).ok_or(Defect::NoEnd(end))?;
        if labels.contains(&label) {
            let compact: String = body.split_whitespace().collect();
            found.push(STANDARD.decode(compact).map_err(|_| Defect::NotBase64)?);
        }
        rest = after;
    }
    if found.is_empty() {
        return Err(Defect::OtherKind(labels.join(", ")));
    }
    Ok(found)
}

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

fn is_pkcs7(der: &[u8]) -> bool {
    Element::only(der)
        .and_then(|outer| outer.inside().next()?.oid())
        .is_ok_and(|oid| oid == SIGNED_DATA)
}

/// The certificates of a certs-only message (RFC 5652 §5.1, `.p7b`).
fn certificates_of_pkcs7(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut outer = Element::only(der).ok()?.inside();
    outer.expect(tag::OID).ok()?;
    let content = outer.expect(tag::context(0)).ok()?;
    let mut signed = content.inside().expect(tag::SEQUENCE).ok()?.inside();
    signed.expect(tag::INTEGER).ok()?;
    signed.expect(tag::SET).ok()?;
    signed.expect(tag::SEQUENCE).ok()?;
    let mut set = signed.expect(tag::context(0)).ok()?.inside();
    let mut found = Vec::new();
    while let Some(element) = set.next_if_any().ok()? {
        if element.tag == tag::SEQUENCE {
            found.push(element.raw.to_vec());
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(path: &str) -> Vec<u8> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples");
        fs::read(root.join(path)).unwrap()
    }

    #[test]
    fn reads_every_form_that_operators_have() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
        let one = sample("trust/std/roots/00.pem");
        let two = sample("trust/std/roots/01.pem");
        let der = blocks(&sample("trust/std/roots/02.pem"), &["CERTIFICATE"]).unwrap();
        write(
            "two.txt",
            &[one, b"\nwords between\n".to_vec(), two].concat(),
        );
        write("binary", &der[0]);
        write("README.md", b"not a certificate");
        write(".hidden", b"not a certificate");
        assert_eq!(certificates(folder.path()).unwrap().len(), 3);
        assert_eq!(
            certificates(&folder.path().join("binary")).unwrap().len(),
            1
        );
        // A message with certificates serves as a file of certificates.
        write("message.p7b", &sample("cases/valid-p7s-detached.p7s"));
        assert!(certificates(folder.path()).unwrap().len() > 3);
    }

    #[test]
    fn an_unusable_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("broken.pem");
        for bytes in [
            &b"hello"[..],
            b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\nMIIB",
            b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
        ] {
            fs::write(&file, bytes).unwrap();
            let error = certificates(folder.path()).unwrap_err().to_string();
            assert!(error.contains("broken.pem"), "{error}");
            assert!(crls(folder.path()).is_err());
            assert!(ocsps(folder.path()).is_err());
        }
        let missing = folder.path().join("nowhere");
        let error = certificates(&missing).unwrap_err().to_string();
        assert!(error.contains("nowhere"), "{error}");
    }
}
