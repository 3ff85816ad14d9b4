//! What a file is: a PDF that carries its signatures, or a CMS message with its content inside (`.p7m`) or beside it
//! (`.p7s`). Decided by bytes, never by the file's name.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::cms::Message;
use super::mistaken::{self, Mistaken};
use super::pdf::{self, Pdf, PdfError};
use super::report::{Code, Finding, Severity};

/// An opened document.
#[derive(Debug)]
pub struct Signed<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) container: Container<'a>,
}

#[derive(Debug)]
pub(super) enum Container<'a> {
    Pdf(Box<Pdf<'a>>),
    Cms {
        /// The message in DER or BER.
        message: Cow<'a, [u8]>,
        /// The content: attached, or given beside it.
        content: Option<Cow<'a, [u8]>>,
        /// Whether the content is inside the message.
        attached: bool,
        /// An original was given, and it is not what the message contains.
        original_differs: bool,
        /// What is known of the content as a document.
        inside: Inside,
    },
}

/// A PDF that was signed as a whole: its own signatures, if it has any, are its signers' business, everything else is what
/// no PDF may have.
#[derive(Debug, Default)]
pub(super) struct Inside {
    pub(super) encrypted: bool,
    pub(super) findings: Vec<Finding>,
}

impl Inside {
    fn of(content: &[u8]) -> Self {
        if !has_pdf_header(content) {
            return Self::default();
        }
        match pdf::open(content) {
            Ok(pdf) => Self {
                encrypted: pdf.encrypted,
                findings: pdf.findings,
            },
            Err(error) => Self {
                encrypted: false,
                findings: vec![unreadable(&error)],
            },
        }
    }
}

/// Other programs may see a document where there is none for us.
fn unreadable(error: &PdfError) -> Finding {
    let code = match error {
        PdfError::TooComplex(_) => Code::PdfTooComplex,
        _ => Code::PdfAmbiguous,
    };
    Finding::new(code, "file")
        .weighing(Severity::Unknown)
        .fact("what", "unreadable_content")
        .fact("detail", error.to_string())
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
    /// The key somebody signs with.
    #[error("the file is a private key, not a signed document")]
    PrivateKey,
    /// An archive, in which a document may be.
    #[error("the file is an archive; unpack it first")]
    Archive,
    /// A document of an office program.
    #[error("the file is a document of an office program; save it as PDF and sign that")]
    Office,
    /// A message of a mail program.
    #[error("the file is a mail; save what it holds as PDF and sign that")]
    Mail,
    /// A PDF carries its signatures itself.
    #[error("a PDF is judged without a separate original; give the signature file first")]
    OriginalUnexpected,
    /// The PDF can't be read.
    #[error(transparent)]
    Pdf(#[from] PdfError),
}

impl OpenError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "input.empty",
            Self::Unrecognised => "input.unrecognised",
            Self::CmsMalformed => "cms.malformed",
            Self::PrivateKey => "input.private_key",
            Self::Archive => "input.archive",
            Self::Office => "input.office",
            Self::Mail => "input.mail",
            Self::OriginalUnexpected => "input.original_unexpected",
            Self::Pdf(error) => error.code(),
        }
    }
}

impl From<Mistaken> for OpenError {
    fn from(mistaken: Mistaken) -> Self {
        match mistaken {
            Mistaken::PrivateKey => Self::PrivateKey,
            Mistaken::Archive => Self::Archive,
            Mistaken::Office => Self::Office,
            Mistaken::Mail => Self::Mail,
        }
    }
}

/// Bytes within which the header of a PDF may begin; Acrobat looks that far (Adobe PDF Reference 1.7,
/// Appendix H, implementation note 13).
const PDF_HEADER_WINDOW: usize = 1024;

/// Reads the structure of a document: a PDF, or a CMS message with its content inside or beside it (`original`).
///
/// # Errors
/// When the input is nothing that can be judged.
pub fn open<'a>(bytes: &'a [u8], original: Option<&'a [u8]>) -> Result<Signed<'a>, OpenError> {
    if bytes.is_empty() {
        return Err(OpenError::Empty);
    }
    let mistaken = mistaken::recognise(bytes);
    let container = if mistaken == Some(Mistaken::PrivateKey) {
        return Err(OpenError::PrivateKey);
    } else if let Some(message) = cms_bytes(bytes) {
        open_cms(message, original)?
    } else if has_pdf_header(bytes) {
        if original.is_some() {
            return Err(OpenError::OriginalUnexpected);
        }
        // What is packed without being compressed has the header of its PDF near the beginning.
        let pdf = pdf::open(bytes);
        let pdf = pdf.map_err(|error| mistaken.map_or(OpenError::Pdf(error), OpenError::from))?;
        Container::Pdf(Box::new(pdf))
    } else {
        return Err(mistaken.map_or(OpenError::Unrecognised, OpenError::from));
    };
    Ok(Signed { bytes, container })
}

impl<'a> Signed<'a> {
    /// The PDF, if it is one.
    #[must_use]
    pub fn pdf(&self) -> Option<&Pdf<'a>> {
        match &self.container {
            Container::Pdf(pdf) => Some(pdf),
            Container::Cms { .. } => None,
        }
    }

    /// Whether what was signed is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        match &self.container {
            Container::Pdf(pdf) => pdf.encrypted,
            Container::Cms { inside, .. } => inside.encrypted,
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

fn has_pdf_header(bytes: &[u8]) -> bool {
    bytes
        .get(..PDF_HEADER_WINDOW.min(bytes.len()))
        .is_some_and(|start| start.windows(5).any(|window| window == b"%PDF-"))
}

/// The bytes of a message that starts as one: binary, PEM (RFC 7468 §8, §9), bare base64 as mail programs save it, or the
/// S/MIME entity that `openssl cms` writes unless told otherwise.
fn cms_bytes(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    if looks_like_cms(bytes) {
        return Some(Cow::Borrowed(bytes));
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim();
    let body = match text.split_once("-----BEGIN ") {
        Some((_, after)) => {
            let (label, after) = after.split_once("-----")?;
            if !matches!(label, "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA") {
                return None;
            }
            after.split_once("-----END ")?.0
        }
        None => smime_body(text).unwrap_or(text),
    };
    // `ContentInfo` is a SEQUENCE: 0x30 at the start of base64 is always M.
    if !body.trim_start().starts_with('M') {
        return None;
    }
    let compact: Vec<u8> = body
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let decoded = STANDARD.decode(compact).ok()?;
    looks_like_cms(&decoded).then_some(Cow::Owned(decoded))
}

/// What stands behind the header of an `application/pkcs7-mime` entity in base64 (RFC 8551 §3.2, §3.5.2).
fn smime_body(text: &str) -> Option<&str> {
    let (header, body) = text
        .split_once("\r\n\r\n")
        .or_else(|| text.split_once("\n\n"))?;
    let field = |wanted: &str| {
        let fields = header.lines().filter_map(|line| line.split_once(':'));
        let mut wanted = fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        wanted
            .next()
            .map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let kind = field("Content-Type")?;
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_message = matches!(kind, "application/pkcs7-mime" | "application/x-pkcs7-mime");
    let in_base64 = field("Content-Transfer-Encoding").as_deref() == Some("base64");
    (is_message && in_base64).then_some(body)
}

/// A SEQUENCE that begins with the identifier of signed data (1.2.840.113549.1.7.2).
fn looks_like_cms(bytes: &[u8]) -> bool {
    const SIGNED_DATA: &[u8] = &[
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
    ];
    // Identifier and at most five length octets before it.
    bytes.first() == Some(&0x30)
        && bytes.get(..18.min(bytes.len())).is_some_and(|start| {
            start
                .windows(SIGNED_DATA.len())
                .any(|window| window == SIGNED_DATA)
        })
}

fn open_cms<'a>(
    message: Cow<'a, [u8]>,
    original: Option<&'a [u8]>,
) -> Result<Container<'a>, OpenError> {
    let attached = match &message {
        Cow::Borrowed(bytes) => {
            Message::parse(bytes)
                .map_err(|_| OpenError::CmsMalformed)?
                .content
        }
        Cow::Owned(bytes) => Message::parse(bytes)
            .map_err(|_| OpenError::CmsMalformed)?
            .content
            .map(|content| Cow::Owned(content.into_owned())),
    };
    let is_attached = attached.is_some();
    let original_differs = attached
        .as_deref()
        .is_some_and(|inside| original.is_some_and(|original| original != inside));
    let content = attached.or(original.map(Cow::Borrowed));
    Ok(Container::Cms {
        inside: content.as_deref().map(Inside::of).unwrap_or_default(),
        attached: is_attached,
        original_differs,
        content,
        message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] =
        include_bytes!("../../fixtures/samples/cases/valid-p7m-attached-reset.p7m");

    #[test]
    fn what_a_file_is_depends_on_its_bytes_alone() {
        let refused: &[(&[u8], &str)] = &[
            (b"", "input.empty"),
            (b"PK\x03\x04 a zip archive named .pdf", "input.archive"),
            (b"\xff\xd8\xff\xe0 a photograph", "input.unrecognised"),
            (b"Solicito una clave nueva.", "input.unrecognised"),
            (b"Mbase64 it is not", "input.unrecognised"),
            (&[0x30; 400], "input.unrecognised"),
            (
                b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
                "input.unrecognised",
            ),
            (&MESSAGE[..200], "cms.malformed"),
        ];
        for (bytes, code) in refused {
            assert_eq!(
                open(bytes, None).err().map(|error| error.code()),
                Some(*code)
            );
        }
        // A header and nothing else is a PDF that can't be read, not an unknown file.
        assert!(matches!(open(b"%PDF-1.7\n", None), Err(OpenError::Pdf(_))));
        let with_original = open(b"%PDF-1.7\n", Some(b"another"));
        assert_eq!(with_original.err(), Some(OpenError::OriginalUnexpected));
        let late = [vec![b' '; 1015], b"%PDF-1.7\n".to_vec()].concat();
        assert!(matches!(open(&late, None), Err(OpenError::Pdf(_))));
        let too_late = [vec![b' '; 1024], b"%PDF-1.7\n".to_vec()].concat();
        assert_eq!(open(&too_late, None).err(), Some(OpenError::Unrecognised));
    }

    #[test]
    fn a_message_may_come_as_text() {
        let lines = |text: &str| {
            text.as_bytes()
                .chunks(64)
                .map(|line| String::from_utf8(line.to_vec()).unwrap() + "\r\n")
                .collect::<String>()
        };
        let base64 = lines(&STANDARD.encode(MESSAGE));
        let mime = "MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; name=\"smime.p7m\"";
        let encoding = "Content-Transfer-Encoding: base64";
        let content = open(MESSAGE, None)
            .unwrap()
            .signed_content(0)
            .unwrap()
            .to_vec();
        assert!(content.starts_with(b"%PDF-"));
        for text in [
            base64.clone(),
            format!("-----BEGIN PKCS7-----\n{base64}-----END PKCS7-----\n"),
            format!("\u{feff}\n-----BEGIN CMS-----\n{base64}-----END CMS-----\n"),
            format!("{mime}\r\nContent-Transfer-Encoding: BASE64\r\n\r\n{base64}"),
        ] {
            let signed = open(text.as_bytes(), None).unwrap();
            assert_eq!(signed.signed_content(0), Some(content.as_slice()));
            assert!(signed.pdf().is_none());
        }
        // Another kind of entity, or in another encoding.
        for text in [
            format!("Content-Type: text/plain\n{encoding}\n\n{base64}"),
            format!("{mime}\n\n{base64}"),
            format!("{mime}\n{encoding}\n{base64}"),
        ] {
            assert_eq!(
                open(text.as_bytes(), None).err(),
                Some(OpenError::Unrecognised)
            );
        }
    }
}
