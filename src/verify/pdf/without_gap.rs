//! What was signed, taken for a file of its own: the gap of `/ByteRange` closed (ISO 32000-2 §12.8.1). Its signer may have been
//! shown that file and signed it as a message, and somebody else put the value where the string of a signature belongs. So it
//! must not be another document: no other section where its `startxref` leads, no archive, no web page. What readers
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
            holds_archive(before, behind),
            "programs for archives find one in the signed bytes",
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
    lexer.take(b"xref") || begins_loosely(&mut lexer)
}

/// `N G obj` as loosely as readers take it: signs and points in the numbers, comments between them, nothing behind the second.
fn begins_loosely(lexer: &mut Lexer<'_>) -> bool {
    for _ in 0..2 {
        let mut digits = 0_usize;
        while let Some(b'0'..=b'9' | b'+' | b'-' | b'.') = lexer.peek() {
            lexer.advance(1);
            digits = digits.saturating_add(1);
        }
        if digits == 0 {
            return false;
        }
        lexer.skip();
    }
    lexer.take(b"obj")
}

/// Programs for archives look for a ZIP from its end, and for the beginning of others behind whatever stands before it.
fn holds_archive(before: &[u8], behind: &[u8]) -> bool {
    let tail = |part: &[u8], length: usize| {
        let from = part.len().saturating_sub(length);
        let end = part.get(from..).unwrap_or_default();
        memmem::find(end, b"PK\x05\x06").is_some()
    };
    let rest = ARCHIVE_TAIL.saturating_sub(behind.len());
    let begins = |mark| {
        [before, behind]
            .iter()
            .any(|part| memmem::find(part, mark).is_some())
    };
    tail(behind, ARCHIVE_TAIL)
        || tail(before, rest)
        || begins(b"Rar!\x1a\x07")
        || begins(b"7z\xbc\xaf\x27\x1c")
}

/// Whether a browser that is given the file could be made to show something of its own over all the rest: elements that draw or run
/// something, or attributes that do. XMP has none of these.
pub(super) fn holds_web_page(bytes: &[u8]) -> bool {
    memchr_iter(b'<', bytes).any(|at| begins_element(bytes.get(at.saturating_add(1)..)))
        || memchr_iter(b'=', bytes).any(|at| ends_attribute(bytes.get(..at)))
}

const ELEMENTS: &str = "applet base body canvas center dialog div embed frame frameset head html iframe link marquee math meta \
                        noembed noframes noscript object plaintext script style svg table template textarea title video xmp";
const ATTRIBUTES: &str = "background formaction href http-equiv poster src srcdoc srcset style";
/// What browsers run something at, behind `on`: any other word there is one of Base64, as identifiers in XMP are.
const EVENTS: &str = "abort afterprint animationcancel animationend animationiteration animationstart auxclick beforecopy beforecut \
                      beforeinput beforematch beforepaste beforeprint beforetoggle beforeunload begin blur cancel canplay \
                      canplaythrough change click close command contentvisibilityautostatechange contextlost contextmenu \
                      contextrestored copy cuechange cut dblclick drag dragend dragenter dragleave dragover dragstart drop \
                      durationchange emptied end ended error focus focusin focusout formdata fullscreenchange fullscreenerror \
                      gotpointercapture hashchange input invalid keydown keypress keyup languagechange load loadeddata \
                      loadedmetadata loadend loadstart lostpointercapture message messageerror mousedown mouseenter mouseleave \
                      mousemove mouseout mouseover mouseup mousewheel offline online pagehide pagereveal pageshow pageswap paste \
                      pause play playing pointercancel pointerdown pointerenter pointerleave pointermove pointerout pointerover \
                      pointerrawupdate pointerup popstate progress ratechange readystatechange rejectionhandled repeat reset \
                      resize scroll scrollend scrollsnapchange scrollsnapchanging search securitypolicyviolation seeked seeking \
                      select selectionchange selectstart show slotchange stalled storage submit suspend timeupdate toggle \
                      touchcancel touchend touchmove touchstart transitioncancel transitionend transitionrun transitionstart \
                      unhandledrejection unload volumechange waiting wheel";
/// The longest of those names.
const LONGEST_NAME: usize = 12;

fn begins_element(tag: Option<&[u8]>) -> bool {
    let tag = tag.unwrap_or_default();
    let length = tag
        .iter()
        .take(LONGEST_NAME)
        .take_while(|byte| byte.is_ascii_alphanumeric());
    let length = length.count();
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    tag.get(length).is_some_and(ends) && is_one_of(ELEMENTS, tag.get(..length))
}

/// Whether what stands before `=` is the name of an attribute, and something that may stand before one. However much white space lies
/// between: each is looked at from one `=` alone.
fn ends_attribute(before: Option<&[u8]>) -> bool {
    let before = before.unwrap_or_default().trim_ascii_end();
    let name = |byte: &&u8| byte.is_ascii_alphabetic() || **byte == b'-';
    let length = before.iter().rev().take_while(name).count();
    let (rest, name) = before.split_at(before.len().saturating_sub(length));
    let begins = rest
        .last()
        .is_some_and(|byte| byte.is_ascii_whitespace() || b"/\"'".contains(byte));
    let event = name
        .split_at_checked(2)
        .filter(|(on, _)| on.eq_ignore_ascii_case(b"on"));
    let runs = event.is_some_and(|(_, event)| is_one_of(EVENTS, Some(event)));
    begins && (runs || is_one_of(ATTRIBUTES, Some(name)))
}

fn is_one_of(names: &str, name: Option<&[u8]>) -> bool {
    let name = name.unwrap_or_default();
    names
        .split(' ')
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_found_where_their_programs_look() {
        let zip = [b"PK\x05\x06", &[0; 18][..]].concat();
        let far = [&zip[..], &vec![0; ARCHIVE_TAIL]].concat();
        for (before, behind, holds) in [
            (&b""[..], &zip[..], true),
            (&zip, b"%%EOF", true),
            (&zip, &vec![0; ARCHIVE_TAIL], false),
            (b"", &far, false),
            (b"%PDF Rar!\x1a\x07\0", b"%%EOF", true),
            (b"%PDF", b"7z\xbc\xaf\x27\x1c", true),
            (b"%PDF", b"Rar! 7z PK", false),
        ] {
            assert_eq!(holds_archive(before, behind), holds, "{before:?}");
        }
    }

    #[test]
    fn what_browsers_show_is_told_from_what_documents_hold() {
        let far = format!("<audio x=y onerror{}=z>", " ".repeat(300));
        for page in [
            &far,
            "<div style=x>",
            "<DIV\n>",
            "<p STYLE = 'x'>",
            "'><video x='<' src=y onerror\n=\"z\">",
            "<x/onload=y>",
            "<script>",
        ] {
            assert!(holds_web_page(page.as_bytes()), "{page}");
        }
        for document in [
            "<</Type /Catalog /ID [<d1f> <d1f>]>>",
            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:li xml:lang=\"x-default\">",
            "<xmpMM:InstanceID>k2/onDzxRGQ=</xmpMM:InstanceID>",
            "<xmp:CreateDate>2026</xmp:CreateDate><dc:title>",
            "(Location = Quito, once = 2, lifestyle=3)",
        ] {
            assert!(!holds_web_page(document.as_bytes()), "{document}");
        }
    }
}
