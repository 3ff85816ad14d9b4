//! What was signed, taken for a file of its own: the gap of `/ByteRange` closed (ISO 32000-2 §12.8.1). Its signer may have been
//! shown that file and signed it as a message, and somebody else put the value where the string of a signature belongs. So it
//! must not be another document: no other section where its `startxref` leads, no archive by its end, no web page. What readers
//! find in it that repair a file is looked for in `markers`.

use memchr::{memchr_iter, memmem};

use super::PdfSignature;
use super::lexer::Lexer;
use crate::verify::report::{Code, Finding, Severity};

/// Behind the end record of a ZIP archive, and the longest comment that it may have (APPNOTE 4.3.16).
const ARCHIVE_TAIL: usize = 22 + 65_535;

/// Tells of a signature whose bytes are another document as well.
pub(super) fn check(bytes: &[u8], signature: &mut PdfSignature) {
    let Some([before, behind]) = signature.signed_parts(bytes) else {
        return;
    };
    let doubts = [
        (
            "signed_as_another_file",
            Severity::Failure,
            leads_elsewhere(before.len(), behind),
            "where the gap of the signature is closed, startxref leads to another section",
        ),
        (
            "signed_as_archive",
            Severity::Unknown,
            ends_as_archive(before, behind),
            "the signed bytes end as a ZIP archive does",
        ),
    ];
    for (what, severity, _, detail) in doubts.into_iter().filter(|(.., holds, _)| *holds) {
        let finding = Finding::new(Code::PdfAmbiguous, signature.field.clone())
            .weighing(severity)
            .fact("what", what)
            .fact("detail", detail);
        signature.findings.push(finding);
    }
}

/// Whether a section begins where the last `startxref` leads, counted without the gap: that is, behind the place of the gap.
fn leads_elsewhere(gap_at: usize, behind: &[u8]) -> bool {
    const KEYWORD: &[u8] = b"startxref";
    let Some(at) = memmem::rfind(behind, KEYWORD) else {
        return false;
    };
    let mut lexer = Lexer::new(behind, at.saturating_add(KEYWORD.len()));
    lexer.skip_white();
    let target = lexer
        .unsigned(20)
        .and_then(|target| usize::try_from(target).ok());
    let Some(target) = target.and_then(|target| target.checked_sub(gap_at)) else {
        return false;
    };
    let mut lexer = Lexer::new(behind, target);
    lexer.skip();
    lexer.take(b"xref") || lexer.header().is_ok()
}

fn ends_as_archive(before: &[u8], behind: &[u8]) -> bool {
    let tail = |part: &[u8], length: usize| {
        let from = part.len().saturating_sub(length);
        let end = part.get(from..).unwrap_or_default();
        memmem::find(end, b"PK\x05\x06").is_some()
    };
    let rest = ARCHIVE_TAIL.saturating_sub(behind.len());
    tail(behind, ARCHIVE_TAIL) || tail(before, rest)
}

/// Whether some tag of HTML stands in a file that could draw over everything else, or has a style of its own: a browser that is
/// given the file shows it.
pub(super) fn holds_web_page(bytes: &[u8]) -> bool {
    memchr_iter(b'<', bytes).any(|at| {
        let tag = bytes.get(at.saturating_add(1)..).unwrap_or_default();
        tag.first().is_some_and(u8::is_ascii_alphabetic) && draws(tag)
    })
}

/// Elements without which no page hides what stands before it. XMP has none of these names.
const ELEMENTS: [&[u8]; 18] = [
    b"body",
    b"canvas",
    b"center",
    b"dialog",
    b"div",
    b"embed",
    b"frame",
    b"html",
    b"iframe",
    b"img",
    b"link",
    b"meta",
    b"object",
    b"plaintext",
    b"script",
    b"style",
    b"svg",
    b"table",
];
/// The longest tag that is looked at, in bytes. It ends where the next one begins, so that looking at all costs once the file.
const LONGEST_TAG: usize = 300;

fn draws(tag: &[u8]) -> bool {
    let tag = tag.get(..LONGEST_TAG.min(tag.len())).unwrap_or_default();
    let inside = |byte: &&u8| {
        !matches!(byte, b'<' | b'>') && (byte.is_ascii_graphic() || byte.is_ascii_whitespace())
    };
    let tag = tag
        .get(..tag.iter().take_while(inside).count())
        .unwrap_or_default();
    let name = tag.split(|byte| !byte.is_ascii_alphanumeric()).next();
    let is_element = |known: &&[u8]| name.is_some_and(|name| name.eq_ignore_ascii_case(known));
    ELEMENTS.iter().any(is_element) || is_styled(tag)
}

/// Whether a tag has the attribute `style`.
fn is_styled(tag: &[u8]) -> bool {
    const STYLE: &[u8] = b"style";
    let mut places = tag.windows(STYLE.len()).enumerate();
    places.any(|(at, word)| {
        let behind = tag
            .get(at.saturating_add(STYLE.len())..)
            .unwrap_or_default();
        word.eq_ignore_ascii_case(STYLE) && behind.trim_ascii_start().first() == Some(&b'=')
    })
}
