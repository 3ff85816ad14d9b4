//! What is wrong with a file of trust or revocation material, as data; its sentences in both languages.

use crate::verify::certificate::CertificateError;
use crate::verify::revocation::EvidenceError;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Defect {
    /// Beyond the limit.
    #[error("larger than {0} bytes")]
    TooLarge(u64),
    /// `-----BEGIN` and nothing that ends the line.
    #[error("a PEM block has a broken first line")]
    FirstLine,
    /// A block that never ends.
    #[error("a PEM block has no {0}")]
    NoEnd(String),
    /// Something else between the lines.
    #[error("a PEM block is not base64")]
    NotBase64,
    /// Blocks of other kinds only.
    #[error("no PEM block of the kind {0}")]
    OtherKind(String),
    /// It begins like a message with certificates.
    #[error("not a readable PKCS#7 file")]
    NotPkcs7,
    /// No certificate, or one that is not taken.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No revocation list or OCSP answer.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    /// What another reader says of the table of additions, or of what machines share.
    #[error("{0}")]
    Table(String),
}

impl Defect {
    /// The same in Spanish.
    #[must_use]
    pub fn spanish(&self) -> String {
        match self {
            Self::TooLarge(limit) => format!("pasa de {limit} bytes"),
            Self::FirstLine => "un bloque PEM tiene la primera línea dañada".to_owned(),
            Self::NoEnd(end) => format!("a un bloque PEM le falta {end}"),
            Self::NotBase64 => "un bloque PEM no está en base64".to_owned(),
            Self::OtherKind(kinds) => format!("no hay ningún bloque PEM del tipo {kinds}"),
            Self::NotPkcs7 => "no es un archivo PKCS#7 que se pueda leer".to_owned(),
            Self::Certificate(error) => certificate(error),
            Self::Evidence(error) => match error {
                EvidenceError::Crl => {
                    "no es una lista de revocación (CRL) que se pueda leer".to_owned()
                }
                EvidenceError::Ocsp => "no es una respuesta OCSP que se pueda leer".to_owned(),
                EvidenceError::OcspStatus(status) => {
                    format!("el servidor OCSP respondió con el error {status}")
                }
            },
            Self::Table(words) => words.clone(),
        }
    }
}

fn certificate(error: &CertificateError) -> String {
    let words = match error {
        CertificateError::Malformed => "no es un certificado X.509 que se pueda leer",
        CertificateError::TooLong => "el certificado, o un nombre en él, es demasiado largo",
        CertificateError::Trailing => "hay bytes detrás del certificado",
        CertificateError::AlgorithmFields => {
            "los dos campos de algoritmo de firma del certificado no coinciden"
        }
        CertificateError::DuplicateExtension => "el certificado tiene una extensión dos veces",
        CertificateError::Validity => "el certificado tiene una fecha de validez ilegible",
        CertificateError::NoIssuer => "el certificado no nombra a ningún emisor",
        CertificateError::Extension(oid) => {
            return format!("la extensión {oid} del certificado no se puede leer");
        }
    };
    words.to_owned()
}
