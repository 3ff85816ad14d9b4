//! Step 6 of a petition: what the signed bytes say (DESIGN D and E). A form is known by its exact bytes and nothing is
//! read from it; a letter's text comes from the signed revision, through the extractor's child process.

use crate::decision::Reading;
use crate::domain::PetitionContent;
use crate::extract::{ExtractError, Extractor};
use crate::form::VALUES_AREA;
use crate::letter::{self, PageText};
use crate::verify::report::{Conclusion, Report, SignatureKind};
use crate::verify::{Signed, pdf};

/// A form that the document begins with.
#[derive(Debug, Clone)]
pub struct KnownForm {
    /// The values stored with its number.
    pub content: PetitionContent,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
}

/// What may begin with a form: a PDF as it is, or what a message contains, however it is wrapped.
#[must_use]
pub fn carrier<'a>(signed: &'a Signed<'_>) -> Option<&'a [u8]> {
    match signed.pdf() {
        Some(pdf) => Some(pdf.bytes),
        None => signed.signed_content(u64::MAX),
    }
}

/// Reads the petition in `signed`. Blocks while the extractor's child works. Nothing is read from a letter whose
/// signature did not pass: its text is anybody's.
///
/// # Errors
/// [`ExtractError::Start`] when no child could be started, which says nothing about the document.
pub fn read(
    signed: &Signed<'_>,
    report: &Report,
    form: Option<&KnownForm>,
    extractor: &Extractor,
) -> Result<Reading, ExtractError> {
    if let Some(reading) = form.and_then(|form| of_form(signed, form)) {
        return Ok(reading);
    }
    if report.conclusion != Conclusion::Passed {
        return Ok(Reading::default());
    }
    let covered = report
        .signatures
        .iter()
        .filter(|signature| {
            signature.kind == SignatureKind::Signature && signature.conclusion == Conclusion::Passed
        })
        .map(|signature| signature.covered_bytes)
        .max();
    let Some(content) = covered.and_then(|covered| signed.signed_content(covered)) else {
        return Ok(Reading::unreadable());
    };
    match text(content, extractor) {
        Ok(text) => Ok(Reading::of_letter(letter::read(&text))),
        Err(ExtractError::TooComplex) => Ok(Reading::unreadable()),
        Err(error @ ExtractError::Start(_)) => Err(error),
    }
}

/// The form, when the document is this form and signatures. A CMS message must hold the form and nothing else.
fn of_form(signed: &Signed<'_>, form: &KnownForm) -> Option<Reading> {
    let Some(pdf) = signed.pdf() else {
        let content = carrier(signed)?;
        return (content == form.bytes).then(|| Reading::of_form(form.content.clone(), &[], false));
    };
    if !pdf.bytes.starts_with(&form.bytes) {
        return None;
    }
    let additions = pdf.additions_after(form.bytes.len() as u64);
    let covered = additions.visible_widgets.iter().any(covers_values);
    Some(Reading::of_form(
        form.content.clone(),
        &additions.findings,
        covered,
    ))
}

/// Whether a visible signature lies over the printed values: somebody may have been shown another page.
fn covers_values(widget: &pdf::Widget) -> bool {
    let [left, bottom, right, top] = widget.rect;
    let (left, right) = (left.min(right), left.max(right));
    let (bottom, top) = (bottom.min(top), bottom.max(top));
    let [area_left, area_bottom, area_right, area_top] = VALUES_AREA;
    widget.page <= 1
        && left < area_right
        && right > area_left
        && bottom < area_top
        && top > area_bottom
}

/// What HTML, XML, RTF and PostScript can't do without. Their readers show something else than these letters.
const MARKUP: [&str; 5] = ["</", "<!", "<?", "{\\rtf", "%!PS"];

/// The text of what was signed, when it is a PDF. Of anything else only plain text is read, and the rest has none.
fn text(content: &[u8], extractor: &Extractor) -> Result<PageText, ExtractError> {
    if content.starts_with(b"%PDF-") {
        return extractor.text(content);
    }
    let plain = std::str::from_utf8(content)
        .ok()
        .filter(|text| is_plain(text));
    Ok(PageText {
        lines: plain
            .unwrap_or_default()
            .lines()
            .map(str::to_owned)
            .collect(),
        ..PageText::default()
    })
}

/// Whether every program shows these characters, all of them and in this order.
fn is_plain(text: &str) -> bool {
    let is_seen = |c: char| {
        let turns = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        !turns && (!c.is_control() || c.is_whitespace())
    };
    text.chars().all(is_seen) && !MARKUP.iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_without_markup_and_tricks_is_read() {
        let extractor = Extractor::new("none".into());
        let read = |content: &[u8]| text(content, &extractor).unwrap().lines;
        assert_eq!(
            read("Solicito una clave nueva.\r\nAna Peña <ana@ejemplo.ec>\n".as_bytes()),
            ["Solicito una clave nueva.", "Ana Peña <ana@ejemplo.ec>"]
        );
        for other in [
            "<p style='display:none'>Solicito una clave nueva.</p>",
            "<!-- Solicito una clave nueva. -->",
            "<?xml version='1.0'?><a b='Solicito una clave nueva.'/>",
            "{\\rtf1 {\\v Solicito una clave nueva.}}",
            "%!PS\n(Solicito una clave nueva.) pop",
            "No\u{202e}.aveun evalc anu oticiloS",
            "No s\u{200b}olicito una clave nueva.",
            "No\u{8}\u{8}Solicito una clave nueva.",
        ] {
            assert_eq!(read(other.as_bytes()), [""; 0], "{other}");
        }
        let latin_1 = b"Solicito una contrase\xf1a nueva.";
        assert_eq!(read(latin_1), [""; 0]);
        // Nobody is there to read a PDF: that says nothing about it.
        let unread = text(b"%PDF-1.7 and no more", &extractor);
        assert!(matches!(unread, Err(ExtractError::Start(_))), "{unread:?}");
    }
}
