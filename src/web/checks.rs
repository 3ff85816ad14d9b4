//! The validation report in words: ten questions a person would ask, each with a mark and an answer in Spanish.
//!
//! The questions follow the ministry's own conformance list for signing tools (PRODUCT §1.5). Every code of the core
//! belongs to exactly one question, so nothing the core found can be missing from the page.

use jiff::Timestamp;
use serde_json::Value;

use crate::domain::calendar;
use crate::verify::report::{Report, Severity, SignatureKind, SignatureReport};
use crate::verify::{Code, Finding};

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// `yes`, `no` or `unknown`: a class of the style sheet.
    pub class: &'static str,
    /// The same as a sign, because colour alone tells too little (WCAG 1.4.1).
    pub mark: &'static str,
    /// The question.
    pub question: &'static str,
    /// The answer, in words that stand alone.
    pub answer: String,
}

/// The ten questions, in the order in which a person would stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    Readable,
    Signed,
    DocumentIntact,
    SignatureIntact,
    Accredited,
    CertificateSound,
    InForce,
    NotRevoked,
    Usage,
    Identity,
}

impl Question {
    const ALL: [Self; 10] = [
        Self::Readable,
        Self::Signed,
        Self::DocumentIntact,
        Self::SignatureIntact,
        Self::Accredited,
        Self::CertificateSound,
        Self::InForce,
        Self::NotRevoked,
        Self::Usage,
        Self::Identity,
    ];

    fn text(self) -> &'static str {
        match self {
            Self::Readable => "¿Se puede leer el documento?",
            Self::Signed => "¿Tiene firma electrónica?",
            Self::DocumentIntact => "¿Está igual que cuando se firmó?",
            Self::SignatureIntact => "¿La firma es auténtica?",
            Self::Accredited => "¿El certificado es de una entidad acreditada?",
            Self::CertificateSound => "¿El certificado está en orden?",
            Self::InForce => "¿El certificado estaba vigente?",
            Self::NotRevoked => "¿El certificado sigue sin revocar?",
            Self::Usage => "¿El certificado sirve para firmar documentos?",
            Self::Identity => "¿Se sabe quién firmó?",
        }
    }

    /// The answer when nothing speaks against it.
    fn yes(self, report: &Report) -> String {
        let person = person(report);
        match self {
            Self::Readable => format!("Sí. Tiene {} bytes.", thousands(report.document.bytes)),
            Self::Signed => match report
                .signatures
                .iter()
                .filter(|s| s.kind == SignatureKind::Signature)
                .count()
            {
                1 => "Sí, una firma.".to_owned(),
                count => format!("Sí, {count} firmas."),
            },
            Self::DocumentIntact => "Sí. Nadie lo cambió después de la firma.".to_owned(),
            Self::SignatureIntact => {
                "Sí. La firma corresponde al documento y al certificado.".to_owned()
            }
            Self::Accredited => match person.and_then(|s| s.signer.as_ref()) {
                Some(signer) if !signer.entity.is_empty() => {
                    format!("Sí, de {}.", signer.entity.trim_end_matches('.'))
                }
                _ => "Sí.".to_owned(),
            },
            Self::CertificateSound => {
                "Sí. La cadena de certificados se comprobó completa.".to_owned()
            }
            Self::InForce => match person.and_then(|s| s.chain.first()) {
                Some(leaf) => format!("Sí, hasta el {}.", calendar::say_day_of(leaf.not_after)),
                None => "Sí.".to_owned(),
            },
            Self::NotRevoked => "Sí. No consta como revocado.".to_owned(),
            Self::Usage => "Sí.".to_owned(),
            Self::Identity => match person.and_then(|s| s.signer.as_ref()) {
                Some(signer) => format!("Sí: {}.", signer.name),
                None => "Sí.".to_owned(),
            },
        }
    }
}

/// The ten lines for a report.
#[must_use]
pub fn checks(report: &Report) -> Vec<Check> {
    let unsigned = report.has(Code::DocumentUnsigned);
    Question::ALL
        .into_iter()
        .map(|question| {
            let heaviest = report
                .all_findings()
                .filter(|finding| {
                    question_of(finding.code) == question && finding.severity > Severity::Note
                })
                .max_by_key(|finding| finding.severity);
            match heaviest {
                Some(finding) => {
                    let (class, mark) = match finding.severity {
                        Severity::Failure => ("no", "✗"),
                        Severity::Unknown | Severity::Note => ("unknown", "?"),
                    };
                    Check {
                        class,
                        mark,
                        question: question.text(),
                        answer: answer(finding),
                    }
                }
                // Without a signature the later questions have no subject: not a yes.
                None if (unsigned && question > Question::Signed)
                    || !was_asked(question, report) =>
                {
                    Check {
                        class: "unknown",
                        mark: "?",
                        question: question.text(),
                        answer: "No se pudo comprobar.".to_owned(),
                    }
                }
                None => Check {
                    class: "yes",
                    mark: "✓",
                    question: question.text(),
                    answer: question.yes(report),
                },
            }
        })
        .collect()
}

/// Whether the report holds what a «yes» to this question rests on. The core stops early at a broken signature, and
/// what it did not come to must not look checked.
fn was_asked(question: Question, report: &Report) -> bool {
    let person = person(report);
    let rooted = person.is_some_and(|s| s.chain.len() > 1) && !report.has(Code::ChainUntrusted);
    match question {
        Question::Readable | Question::Signed | Question::DocumentIntact => true,
        Question::SignatureIntact | Question::Usage => person.is_some(),
        Question::Accredited | Question::CertificateSound | Question::InForce => rooted,
        Question::NotRevoked => {
            let told = person.map_or(&[][..], |s| &s.revocation);
            rooted && !told.is_empty() && told.iter().all(|facts| facts.status == "good")
        }
        Question::Identity => person.is_some_and(|s| s.signer.is_some()),
    }
}

/// «Firmó …» under the list: who, with what, when by the signer's own clock.
#[must_use]
pub fn signed_by(report: &Report) -> Option<String> {
    let signature = person(report)?;
    let claimed = signature.signing_time_claimed.map(calendar::say_minute);
    let proven = signature.timestamp.map(calendar::say_minute);
    match (proven, claimed) {
        (Some(proven), _) => Some(format!(
            "Un sello de tiempo prueba que la firma existía el {proven}."
        )),
        (None, Some(claimed)) => Some(format!(
            "El programa de firma indicó el {claimed}. Para decidir vale la hora en que recibimos el documento."
        )),
        (None, None) => None,
    }
}

/// The signature of a person that is shown: the last one.
fn person(report: &Report) -> Option<&SignatureReport> {
    report
        .signatures
        .iter()
        .rev()
        .find(|signature| signature.kind == SignatureKind::Signature)
}

/// The question a code belongs to. Exhaustive on purpose: a new code does not compile until it has its place.
fn question_of(code: Code) -> Question {
    match code {
        Code::PdfEncrypted | Code::PdfActiveContent | Code::PdfTooComplex => Question::Readable,
        Code::DocumentUnsigned | Code::PdfSubFilterUnsupported | Code::CmsContentMissing => {
            Question::Signed
        }
        Code::PdfAmbiguous
        | Code::PdfByteRange
        | Code::PdfModifiedAfterSigning
        | Code::PdfPermittedAdditions
        | Code::PdfNotCovered
        | Code::CmsDigestMismatch => Question::DocumentIntact,
        Code::PdfSignatureMalformed
        | Code::CmsMalformed
        | Code::CmsSignerCount
        | Code::CmsContentType
        | Code::CmsMessageDigest
        | Code::CmsSignatureInvalid
        | Code::CmsSigningCertificateMismatch
        | Code::CmsSigningCertificateMissing
        | Code::CmsAlgorithmMismatch
        | Code::CmsCounterSignature
        | Code::CmsSigningTimeMissing
        | Code::CmsSigningTimeInFuture
        | Code::TimestampInvalid
        | Code::CmsAttributeRepeated
        | Code::TimestampUntrusted
        | Code::TimestampOrder
        | Code::TimestampAuthorityName
        | Code::TimestampNotJudged => Question::SignatureIntact,
        Code::CmsSignerCertificateMissing | Code::ChainUntrusted => Question::Accredited,
        Code::ChainMalformed
        | Code::ChainSignatureInvalid
        | Code::ChainNotACa
        | Code::ChainPathLength
        | Code::ChainCaKeyUsage
        | Code::ChainNameConstraints
        | Code::ChainPolicy
        | Code::ChainCriticalExtension
        | Code::ChainBudget => Question::CertificateSound,
        Code::ChainExpired | Code::ChainExpiredAfterTimestamp | Code::ChainNotYetValid => {
            Question::InForce
        }
        Code::RevocationRevoked
        | Code::RevocationOnHold
        | Code::RevocationUnknown
        | Code::RevocationStale
        | Code::RevocationInvalid
        | Code::RevocationLater
        | Code::RevocationAnsweredLater
        | Code::RevocationNotChecked => Question::NotRevoked,
        Code::AlgorithmUnsupported
        | Code::AlgorithmWeak
        | Code::AlgorithmKeyTooShort
        | Code::ChainKeyUsage
        | Code::ChainExtendedKeyUsage
        | Code::SignerClass => Question::Usage,
        Code::SignerIdentityMissing => Question::Identity,
    }
}

/// What was found, in one or two sentences for the person who signed. Exhaustive on purpose.
#[must_use]
pub fn answer(finding: &Finding) -> String {
    let fixed = match finding.code {
        Code::DocumentUnsigned => {
            "No. Una firma escaneada o una imagen no es una firma electrónica."
        }
        Code::PdfEncrypted => "No del todo: el PDF está protegido con contraseña o cifrado.",
        Code::PdfAmbiguous => {
            "No. El archivo está armado de modo que dos programas podrían mostrar dos documentos distintos."
        }
        Code::PdfActiveContent => {
            "Contiene programas, archivos adjuntos o formularios dinámicos; debe verlo una persona."
        }
        Code::PdfTooComplex => {
            "El documento es demasiado complejo para revisarlo completo de forma automática."
        }
        Code::PdfSignatureMalformed => "No. La firma está mal formada dentro del PDF.",
        Code::PdfByteRange => "No. La firma no cubre todo el documento que dice cubrir.",
        Code::PdfSubFilterUnsupported => {
            "Tiene una firma de un tipo que no comprobamos de forma automática."
        }
        Code::PdfModifiedAfterSigning => "No. El documento cambió después de la firma.",
        Code::PdfPermittedAdditions => {
            "Después de la firma solo se añadieron otras firmas o datos de validación."
        }
        Code::PdfNotCovered => "No. Hay partes visibles que ninguna firma válida cubre.",
        Code::CmsMalformed => "No. Los datos de la firma están dañados.",
        Code::CmsContentMissing => "Hay una firma, pero falta el documento que firma.",
        Code::CmsSignerCount => {
            "No. La firma no tiene exactamente un firmante, como exige la norma."
        }
        Code::CmsSignerCertificateMissing => {
            "No se sabe: la firma no trae el certificado de quien firmó."
        }
        Code::CmsContentType => "No. La firma declara otro tipo de contenido.",
        Code::CmsMessageDigest => "No. A la firma le falta la huella del documento.",
        Code::CmsDigestMismatch => "No. El contenido no es el que se firmó.",
        Code::CmsSignatureInvalid => "No. La firma no corresponde al certificado que trae.",
        Code::CmsSigningCertificateMismatch => {
            "No. La firma nombra un certificado distinto del que trae."
        }
        Code::CmsSigningCertificateMissing => {
            "No. A la firma le falta la referencia a su certificado."
        }
        Code::CmsAlgorithmMismatch => "No. Los algoritmos que declara la firma se contradicen.",
        Code::CmsCounterSignature => "Hay una contrafirma, que no se toma en cuenta.",
        Code::CmsSigningTimeMissing => "La firma no indica cuándo se hizo.",
        Code::CmsSigningTimeInFuture => {
            return with_moment(
                finding,
                "claimed",
                "El reloj de quien firmó está adelantado",
                "El reloj de quien firmó está adelantado",
            );
        }
        Code::AlgorithmUnsupported => "No se sabe: usa un algoritmo que no conocemos.",
        Code::AlgorithmWeak => "No. Usa un algoritmo que ya no es seguro.",
        Code::AlgorithmKeyTooShort => {
            "No. Su clave criptográfica es demasiado corta para ser segura."
        }
        Code::ChainUntrusted => {
            "No. No lo emitió ninguna de las entidades acreditadas en el Ecuador."
        }
        Code::ChainMalformed => "No. Uno de los certificados está dañado.",
        Code::ChainSignatureInvalid => {
            "No. La firma de la entidad sobre un certificado no es auténtica."
        }
        Code::ChainExpired => {
            return with_day(
                finding,
                "not_after",
                "No. Caducó",
                "No. Ya había caducado cuando recibimos el documento",
            );
        }
        Code::ChainExpiredAfterTimestamp => {
            return with_day(
                finding,
                "not_after",
                "Ya caducó, pero un sello de tiempo prueba que se firmó antes; lo revisa una persona. Caducó",
                "Ya caducó, pero un sello de tiempo prueba que se firmó antes; lo revisa una persona",
            );
        }
        Code::ChainNotYetValid => {
            return with_day(
                finding,
                "not_before",
                "No. Empieza a valer",
                "No. Todavía no empieza a valer",
            );
        }
        Code::ChainNotACa => "No. Lo emitió un certificado que no puede emitir otros.",
        Code::ChainPathLength => "No. Hay más entidades intermedias de las permitidas.",
        Code::ChainCaKeyUsage => {
            "No. La entidad que lo emitió no estaba autorizada a emitir certificados."
        }
        Code::ChainKeyUsage => "No. Es un certificado para otro uso, por ejemplo para cifrar.",
        Code::ChainExtendedKeyUsage => "No. El certificado está limitado a otro uso.",
        Code::ChainNameConstraints => "No. La entidad no estaba autorizada a emitir a ese nombre.",
        Code::ChainPolicy => "No. No cumple la política que la entidad exige.",
        Code::ChainCriticalExtension => "No. Trae una condición obligatoria que no reconocemos.",
        Code::ChainBudget => "No se sabe: la cadena de certificados es demasiado enredada.",
        Code::RevocationRevoked => {
            return with_day(
                finding,
                "revoked_at",
                "No. Consta como revocado desde",
                "No. Consta como revocado",
            );
        }
        Code::RevocationOnHold => "Está suspendido por la entidad que lo emitió.",
        Code::RevocationUnknown => "No pudimos consultarlo con la entidad que lo emitió.",
        Code::RevocationStale => "La información de la entidad está desactualizada.",
        Code::RevocationInvalid => "La entidad dio una respuesta que no se puede creer.",
        Code::RevocationLater => {
            return with_day(
                finding,
                "revoked_at",
                "Fue revocado después de recibir el documento, desde",
                "Fue revocado después de recibir el documento",
            );
        }
        Code::RevocationAnsweredLater => "La entidad respondió después de recibir el documento.",
        Code::RevocationNotChecked => "No se consultó.",
        Code::TimestampInvalid => "No. El sello de tiempo no corresponde a esta firma.",
        Code::TimestampUntrusted => {
            "Trae un sello de tiempo de una entidad que no conocemos; no se toma en cuenta."
        }
        Code::TimestampOrder => "Sus sellos de tiempo se contradicen entre sí.",
        Code::TimestampAuthorityName => {
            "El sello de tiempo nombra a una entidad distinta de la que lo firmó."
        }
        Code::TimestampNotJudged => {
            "Trae un sello de archivo que no sabemos comprobar; no se toma en cuenta."
        }
        Code::CmsAttributeRepeated => "Un dato de la firma está escrito dos veces.",
        Code::SignerClass => {
            "No. Es un sello, o un certificado con el que no firma una persona por la empresa."
        }
        Code::SignerIdentityMissing => {
            "No se pudo leer la cédula ni el pasaporte en el certificado."
        }
    };
    fixed.to_owned()
}

fn with_day(finding: &Finding, fact: &str, start: &str, otherwise: &str) -> String {
    match instant(finding, fact) {
        Some(at) => format!("{start} el {}.", calendar::say_day_of(at)),
        None => format!("{otherwise}."),
    }
}

fn with_moment(finding: &Finding, fact: &str, start: &str, otherwise: &str) -> String {
    match instant(finding, fact) {
        Some(at) => format!("{start}: marcaba el {}.", calendar::say_minute(at)),
        None => format!("{otherwise}."),
    }
}

fn instant(finding: &Finding, fact: &str) -> Option<Timestamp> {
    finding
        .facts
        .get(fact)
        .and_then(Value::as_str)?
        .parse()
        .ok()
}

/// `1234567` → `1.234.567`, as numbers are written in Ecuador.
#[must_use]
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_sentence_that_stands_alone() {
        for code in Code::ALL {
            let text = answer(&Finding::new(*code, "Signature1"));
            assert!(text.ends_with('.') && text.len() > 10, "{code}: {text}");
            assert!(
                !text.contains('{') && !text.contains(code.as_str()),
                "{code}: {text}"
            );
        }
    }

    #[test]
    fn a_failure_never_shows_as_a_yes() {
        for code in Code::ALL
            .iter()
            .filter(|code| code.severity() > Severity::Note)
        {
            let mut report = crate::web::samples::report();
            report.findings.push(Finding::new(*code, "Signature1"));
            let expected = if code.severity() == Severity::Failure {
                "no"
            } else {
                "unknown"
            };
            let lines = checks(&report);
            assert_eq!(lines.len(), 10);
            assert!(lines.iter().any(|line| line.class == expected), "{code}");
        }
        assert!(
            checks(&crate::web::samples::report())
                .iter()
                .all(|line| line.class == "yes")
        );
    }

    #[test]
    fn what_was_not_reached_is_not_shown_as_checked() {
        let mut report = crate::web::samples::report();
        report.signatures.clear();
        report
            .findings
            .push(Finding::new(Code::DocumentUnsigned, ""));
        let classes: Vec<&str> = checks(&report).iter().map(|line| line.class).collect();
        assert_eq!(classes[..2], ["yes", "no"]);
        assert!(classes[2..].iter().all(|class| *class == "unknown"));
    }

    #[test]
    fn numbers_are_grouped_by_points() {
        assert_eq!(thousands(5), "5");
        assert_eq!(thousands(1_234_567), "1.234.567");
    }
}
