//! The words of every finding. The match is exhaustive on purpose: a code without its words does not compile.

use super::Explanation;
use crate::domain::Text;
use crate::questions::Question as Q;
use crate::verify::Code;

const NOTHING: Text = Text::new("No tiene que hacer nada.", "There is nothing to do.");
const SIGN: Text = Text::new(
    "Firme con FirmaEC o con su token y vuelva a comprobar.",
    "Sign with FirmaEC or a token and check again.",
);
const SIGN_AGAIN: Text = Text::new(
    "Firme otra vez el documento original y no lo cambie después.",
    "Sign the original document again and leave it as it is.",
);
const UNPROTECTED: Text = Text::new(
    "Guarde el PDF sin protección y fírmelo otra vez.",
    "Save the PDF without protection and sign it again.",
);
const PLAIN: Text = Text::new(
    "Imprima el documento como PDF sencillo y fírmelo otra vez, o pida que una persona lo revise.",
    "Print the document as a plain PDF and sign it again, or let a person look.",
);
const OTHER_FORMAT: Text = Text::new(
    "Firme otra vez con un programa al día, en formato PAdES, o pida que una persona lo revise.",
    "Sign again with an up-to-date program, as PAdES, or let a person look.",
);
const ORIGINAL: Text = Text::new(
    "Dé también el documento original.",
    "Give the original document as well.",
);
const WITH_CERTIFICATE: Text = Text::new(
    "Firme otra vez incluyendo su certificado en la firma.",
    "Sign again and include your certificate.",
);
const CLOCK: Text = Text::new(
    "Corrija el reloj de la computadora y, si se le pide, firme otra vez.",
    "Set the computer's clock right and, if asked, sign again.",
);
/// A signature that does not serve stays in the file: what mends it begins with the unsigned document.
macro_rules! signed_anew {
    ($es:literal, $en:literal) => {
        Text::new(
            concat!(
                $es,
                " y firme de nuevo el documento sin firmas: no firme encima de este archivo."
            ),
            concat!(
                $en,
                " and sign the document without signatures anew: do not sign on top of this file."
            ),
        )
    };
}

const UPDATE: Text = signed_anew!(
    "Actualice su programa de firma o renueve su certificado",
    "Update the signing program or renew the certificate"
);
const ACCREDITED: Text = signed_anew!(
    "Consiga un certificado de una entidad acreditada en el Ecuador (sirve el de persona natural)",
    "Get a certificate of an entity accredited in Ecuador (that of a natural person serves)"
);
const ASK: Text = Text::new(
    "Consulte con la entidad que emitió el certificado.",
    "Ask the entity that issued the certificate.",
);
const ISSUER: Text = signed_anew!(
    "Consulte con la entidad que emitió el certificado; consiga otro que cumpla",
    "Ask the entity that issued the certificate; get another one that conforms"
);
const RENEW: Text = signed_anew!("Renueve el certificado", "Renew the certificate");
const LATER: Text = signed_anew!(
    "Espere a que el certificado esté vigente",
    "Wait until the certificate is valid"
);
const SIGNING_CERTIFICATE: Text = signed_anew!(
    "Tome su certificado de firma electrónica",
    "Take your certificate for electronic signatures"
);
const PERSONAL: Text = signed_anew!(
    "Tome el certificado personal del representante legal",
    "Take the legal representative's personal certificate"
);
const REVOKED: Text = signed_anew!(
    "Si usted no pidió la revocación, llame a la entidad que emitió el certificado. Tome otro vigente",
    "If you did not ask for the revocation, call the issuing entity. Take another certificate that is valid"
);
const EVIDENCE: Text = Text::new(
    "Consiga la lista de revocación o la respuesta OCSP vigente de la entidad y vuelva a comprobar.",
    "Get the entity's current revocation list or OCSP answer and check again.",
);
const PERSON: Text = Text::new(
    "Pida que una persona lo revise.",
    "Let a person look at it.",
);

pub(super) fn explanation(code: Code) -> Explanation {
    use Code as C;
    let about = |question, standard, es, next_step| Explanation {
        meaning: Text::new(es, code.meaning()),
        standard,
        next_step,
        question,
    };
    match code {
        C::DocumentUnsigned => about(
            Q::Signed,
            "ISO 32000-2 §12.8",
            "El documento no tiene firma electrónica; una firma escaneada o una imagen no lo es.",
            SIGN,
        ),
        C::PdfEncrypted => about(
            Q::Pdf,
            "ISO 32000-2 §7.6",
            "El PDF está protegido con contraseña o cifrado.",
            UNPROTECTED,
        ),
        C::PdfAmbiguous => about(
            Q::DocumentIntact,
            "ISO 32000-2 §7.5",
            "El archivo está armado de modo que dos programas podrían mostrar dos documentos distintos.",
            SIGN_AGAIN,
        ),
        C::PdfActiveContent => about(
            Q::Pdf,
            "ISO 32000-2 §12.6",
            "El PDF contiene programas, archivos adjuntos o formularios dinámicos.",
            PLAIN,
        ),
        C::PdfAutomaticLayers => about(
            Q::Pdf,
            "ISO 32000-2 §8.11.4.4",
            "El PDF tiene capas que se muestran o se ocultan según se vea en pantalla o se imprima.",
            PLAIN,
        ),
        C::PdfTooComplex => about(
            Q::Pdf,
            "DESIGN §6",
            "El documento es demasiado complejo para revisarlo completo de forma automática.",
            PLAIN,
        ),
        C::PdfSignatureMalformed => about(
            Q::SignatureIntact,
            "ISO 32000-2 §12.8.1",
            "La firma está mal formada dentro del PDF.",
            SIGN_AGAIN,
        ),
        C::PdfByteRange => about(
            Q::DocumentIntact,
            "ISO 32000-2 §12.8.1",
            "La firma no cubre todo el documento que dice cubrir.",
            SIGN_AGAIN,
        ),
        C::PdfSubFilterUnsupported => about(
            Q::Signed,
            "ISO 32000-2 §12.8.3",
            "Tiene una firma de un tipo que no se comprueba de forma automática.",
            OTHER_FORMAT,
        ),
        C::PdfModifiedAfterSigning => about(
            Q::DocumentIntact,
            "ISO 32000-2 §12.8.2",
            "El documento cambió después de la firma.",
            SIGN_AGAIN,
        ),
        C::PdfPermittedAdditions => about(
            Q::DocumentIntact,
            "ISO 32000-2 §12.8.2",
            "Después de la firma solo se añadió lo permitido: otras firmas, sellos o datos de validación.",
            NOTHING,
        ),
        C::PdfNotCovered => about(
            Q::DocumentIntact,
            "ISO 32000-2 §12.8.1",
            "Hay partes visibles que ninguna firma válida cubre.",
            SIGN_AGAIN,
        ),
        C::CmsMalformed => about(
            Q::SignatureIntact,
            "RFC 5652 §5",
            "Los datos de la firma están dañados.",
            SIGN_AGAIN,
        ),
        C::CmsContentMissing => about(
            Q::DocumentIntact,
            "RFC 5652 §5.2",
            "Hay una firma, pero falta el documento que firma.",
            ORIGINAL,
        ),
        C::CmsSignerCount => about(
            Q::SignatureIntact,
            "ETSI EN 319 142-1 §6.2.1",
            "La firma no tiene exactamente un firmante, como exige la norma.",
            SIGN_AGAIN,
        ),
        C::CmsSignerCertificateMissing => about(
            Q::Accredited,
            "RFC 5652 §5.3",
            "La firma no trae el certificado de quien firmó.",
            WITH_CERTIFICATE,
        ),
        C::CmsContentType => about(
            Q::SignatureIntact,
            "RFC 5652 §11.1",
            "La firma declara otro tipo de contenido.",
            SIGN_AGAIN,
        ),
        C::CmsMessageDigest => about(
            Q::SignatureIntact,
            "RFC 5652 §11.2",
            "A la firma le falta la huella del documento.",
            SIGN_AGAIN,
        ),
        C::CmsDigestMismatch => about(
            Q::DocumentIntact,
            "RFC 5652 §5.6",
            "El contenido no es el que se firmó.",
            SIGN_AGAIN,
        ),
        C::CmsSignatureInvalid => about(
            Q::SignatureIntact,
            "RFC 5652 §5.6",
            "La firma no corresponde al certificado que trae.",
            SIGN_AGAIN,
        ),
        C::CmsSigningCertificateMismatch => about(
            Q::SignatureIntact,
            "RFC 5035 §3",
            "La firma nombra un certificado distinto del que trae.",
            SIGN_AGAIN,
        ),
        C::CmsIssuerSerial => about(
            Q::SignatureIntact,
            "RFC 5035 §4",
            "La firma señala su certificado, pero con otro emisor u otro número de serie.",
            PERSON,
        ),
        C::CmsSigningCertificateMissing => about(
            Q::SignatureIntact,
            "ETSI EN 319 122-1 §6.3",
            "A la firma le falta la referencia a su certificado, que su formato exige.",
            OTHER_FORMAT,
        ),
        C::CmsAlgorithmMismatch => about(
            Q::SignatureIntact,
            "RFC 6211 §2",
            "Los algoritmos que declara la firma se contradicen.",
            SIGN_AGAIN,
        ),
        C::CmsCounterSignature => about(
            Q::SignatureIntact,
            "RFC 5652 §11.4",
            "Hay una contrafirma, que no se toma en cuenta.",
            NOTHING,
        ),
        C::CmsAttributeRepeated => about(
            Q::SignatureIntact,
            "RFC 5652 §11",
            "La firma repite un dato que solo puede constar una vez.",
            SIGN_AGAIN,
        ),
        C::CmsSigningTimeMissing => about(
            Q::ValidWhenSigned,
            "RFC 5652 §11.3",
            "La firma no dice cuándo se hizo.",
            NOTHING,
        ),
        C::CmsSigningTimeInFuture => about(
            Q::ValidWhenSigned,
            "RFC 5652 §11.3",
            "El reloj de quien firmó está adelantado: la hora declarada es posterior a la recepción.",
            CLOCK,
        ),
        C::AlgorithmUnsupported => about(
            Q::SignatureIntact,
            "ETSI TS 119 312 §6",
            "La firma usa un algoritmo que no se conoce.",
            OTHER_FORMAT,
        ),
        C::AlgorithmWeak => about(
            Q::SignatureIntact,
            "ETSI TS 119 312 §6",
            "La firma usa un algoritmo que ya no es seguro.",
            UPDATE,
        ),
        C::AlgorithmKeyTooShort => about(
            Q::SignatureIntact,
            "ETSI TS 119 312 §6",
            "La clave criptográfica es demasiado corta para ser segura.",
            UPDATE,
        ),
        C::ChainUntrusted => about(
            Q::Accredited,
            "RFC 5280 §6.1",
            "El certificado no llega a ninguna de las entidades en que se confía.",
            ACCREDITED,
        ),
        C::ChainMalformed => about(
            Q::CertificateIntact,
            "RFC 5280 §4.1",
            "Uno de los certificados está dañado.",
            ISSUER,
        ),
        C::ChainSignatureInvalid => about(
            Q::CertificateIntact,
            "RFC 5280 §6.1.3 (a)(1)",
            "La firma de la entidad sobre un certificado no es auténtica.",
            ISSUER,
        ),
        C::ChainExpired => about(
            Q::InForce,
            "RFC 5280 §6.1.3 (a)(2)",
            "Un certificado ya había caducado cuando se recibió el documento.",
            RENEW,
        ),
        C::ChainExpiredAfterTimestamp => about(
            Q::InForce,
            "ETSI EN 319 102-1 §5.5",
            "El certificado ya caducó, pero un sello de tiempo prueba que se firmó antes.",
            PERSON,
        ),
        C::ChainNotYetValid => about(
            Q::InForce,
            "RFC 5280 §6.1.3 (a)(2)",
            "Un certificado todavía no estaba vigente cuando se recibió el documento.",
            LATER,
        ),
        C::ChainNotACa => about(
            Q::CertificateIntact,
            "RFC 5280 §6.1.4 (k)",
            "El certificado lo emitió otro que no puede emitir certificados.",
            ISSUER,
        ),
        C::ChainPathLength => about(
            Q::CertificateIntact,
            "RFC 5280 §6.1.4 (l), (m)",
            "Hay más entidades intermedias de las permitidas.",
            ISSUER,
        ),
        C::ChainCaKeyUsage => about(
            Q::CertificateIntact,
            "RFC 5280 §6.1.4 (n)",
            "La entidad que emitió el certificado no estaba autorizada a emitirlos.",
            ISSUER,
        ),
        C::ChainKeyUsage => about(
            Q::Usage,
            "RFC 5280 §4.2.1.3",
            "El certificado es para otro uso, por ejemplo para cifrar.",
            SIGNING_CERTIFICATE,
        ),
        C::ChainExtendedKeyUsage => about(
            Q::Usage,
            "RFC 5280 §4.2.1.12",
            "El certificado está limitado a otro uso.",
            SIGNING_CERTIFICATE,
        ),
        C::ChainNameConstraints => about(
            Q::CertificateIntact,
            "RFC 5280 §4.2.1.10",
            "La entidad no estaba autorizada a emitir a ese nombre.",
            ISSUER,
        ),
        C::ChainPolicy => about(
            Q::CertificateIntact,
            "RFC 5280 §6.1.5 (g)",
            "El certificado no cumple la política que la entidad exige.",
            ISSUER,
        ),
        C::ChainNonconforming => about(
            Q::CertificateIntact,
            "RFC 5280 §4.2",
            "El certificado de una entidad incumple una regla que no se le puede disculpar.",
            ISSUER,
        ),
        C::ChainPastOnly => about(
            Q::Accredited,
            "RFC 5280 §6.1",
            "Esa entidad ya solo cuenta para firmas que se prueba que son anteriores.",
            ACCREDITED,
        ),
        C::ChainCriticalExtension => about(
            Q::CertificateIntact,
            "RFC 5280 §6.1.4 (o), §6.1.5 (f)",
            "Un certificado trae una condición obligatoria que no se reconoce.",
            ISSUER,
        ),
        C::ChainBudget => about(
            Q::CertificateIntact,
            "DESIGN §6",
            "La cadena de certificados es demasiado enredada para comprobarla.",
            PERSON,
        ),
        C::RevocationRevoked => about(
            Q::InForce,
            "RFC 5280 §6.3",
            "El certificado estaba revocado cuando se recibió el documento.",
            REVOKED,
        ),
        C::RevocationOnHold => about(
            Q::InForce,
            "RFC 5280 §5.3.1",
            "El certificado está suspendido por la entidad que lo emitió.",
            ASK,
        ),
        C::RevocationUnknown => about(
            Q::InForce,
            "RFC 5280 §6.3.3",
            "No se pudo saber si el certificado está revocado.",
            EVIDENCE,
        ),
        C::RevocationStale => about(
            Q::InForce,
            "RFC 5280 §5.1.2.5",
            "La información de revocación de la entidad está vencida, o vino en el documento y ya no es reciente.",
            EVIDENCE,
        ),
        C::RevocationInvalid => about(
            Q::InForce,
            "RFC 6960 §3.2",
            "Una respuesta de revocación no se puede creer y no se toma en cuenta.",
            NOTHING,
        ),
        C::RevocationLater => about(
            Q::InForce,
            "RFC 5280 §5.3",
            "El certificado fue revocado después de recibirse el documento.",
            NOTHING,
        ),
        C::RevocationAnsweredLater => about(
            Q::InForce,
            "ETSI EN 319 102-1 §5.5",
            "La entidad respondió por la revocación después de la hora que cuenta.",
            NOTHING,
        ),
        C::RevocationNotChecked => about(
            Q::InForce,
            "RFC 5280 §6.3",
            "No se preguntó por la revocación, porque así se pidió.",
            EVIDENCE,
        ),
        C::TimestampInvalid => about(
            Q::Timestamp,
            "RFC 3161 §2.4.2",
            "El sello de tiempo está dañado o no corresponde a esta firma.",
            SIGN_AGAIN,
        ),
        C::TimestampUntrusted => about(
            Q::Timestamp,
            "RFC 3161 §2.3",
            "El sello de tiempo es de una autoridad en la que no se confía; no prueba nada.",
            NOTHING,
        ),
        C::TimestampInaccurate => about(
            Q::Timestamp,
            "RFC 3161 §2.4.2",
            "El sello de tiempo declara que su hora puede fallar por más de cinco minutos; no prueba nada.",
            NOTHING,
        ),
        C::TimestampOrder => about(
            Q::Timestamp,
            "ETSI EN 319 102-1 §5.6.2.4",
            "Los sellos de tiempo se contradicen, o uno es anterior a lo que sella.",
            PERSON,
        ),
        C::TimestampAuthorityName => about(
            Q::Timestamp,
            "RFC 3161 §2.4.2",
            "El sello de tiempo nombra a otra autoridad que la que lo firmó.",
            NOTHING,
        ),
        C::TimestampNotJudged => about(
            Q::Timestamp,
            "ETSI EN 319 122-1 §5.5.3",
            "Hay un sello de archivo de una clase que no se juzga; no prueba nada.",
            NOTHING,
        ),
        C::SignerClass => about(
            Q::Usage,
            "ETSI EN 319 412-1 §5",
            "El certificado es un sello o de otra clase con la que no firma una persona.",
            PERSONAL,
        ),
        C::SignerNotEcuadorian => about(
            Q::Accredited,
            "Ley 67 art. 29, certs/ecuador.toml",
            "El certificado es auténtico, pero no es de una entidad acreditada en el Ecuador.",
            ACCREDITED,
        ),
        C::SignerAuthorityUnlisted => about(
            Q::Accredited,
            "Ley 67 art. 29, certs/ecuador.toml",
            "Lo emitió una autoridad que no consta, bajo la raíz de una entidad conocida.",
            PERSON,
        ),
        C::SignerEntityNotPinned => about(
            Q::Accredited,
            "Ley 67 art. 29, certs/ecuador.toml",
            "A la entidad se la reconoció por la forma del certificado y no por su clave.",
            NOTHING,
        ),
        C::SignerClassDisabled => about(
            Q::Usage,
            "FirmaEC 5.1.0, certs/ecuador.toml",
            "FirmaEC tiene desactivada esta clase de certificado, pero la entidad la publica.",
            NOTHING,
        ),
        C::SignerIdentityMissing => about(
            Q::Usage,
            "ETSI EN 319 412-1 §5.1.3",
            "No se pudo leer la cédula ni el pasaporte en el certificado.",
            PERSON,
        ),
    }
}
