//! Step 6 of a petition: what the signed bytes say (DESIGN D and E). A form is known by its exact bytes and nothing is
//! read from it; a letter's text comes from the signed revision, through the extractor's child process.

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;

use crate::decision::Reading;
use crate::domain::PetitionContent;
use crate::extract::{ExtractError, Extractor};
use crate::form;
use crate::letter::{self, Author, Doubt, LetterReading, PageText};
use crate::verify::pdf::Drawn;
use crate::verify::report::{Conclusion, Report, SignatureKind, SignatureReport};
use crate::verify::{Signed, pdf};

/// What a PDF begins with.
const PDF: &[u8] = b"%PDF-";

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
    let covered = passed(report)
        .map(|signature| signature.covered_bytes)
        .max();
    let Some(content) = covered.and_then(|covered| signed.signed_content(covered)) else {
        return Ok(Reading::unreadable());
    };
    if is_odd_text(content) {
        return Ok(Reading::of_letter(LetterReading {
            doubts: BTreeSet::from([Doubt::OddText]),
            ..LetterReading::default()
        }));
    }
    match text(content, extractor) {
        Ok(mut text) => {
            text.ornate |= !draws_only_what_passed(&text.drawn_signatures, signed, report);
            let mut letter = letter::read(&text, &signers(report));
            if signed.pdf().is_none() && content.starts_with(PDF) {
                letter.doubts.insert(Doubt::SignedOutside);
            }
            Ok(Reading::of_letter(letter))
        }
        Err(ExtractError::TooComplex) => Ok(Reading::unreadable()),
        Err(error @ ExtractError::Start(_)) => Err(error),
    }
}

/// The signatures of people that passed: what others sign is not believed.
fn passed(report: &Report) -> impl Iterator<Item = &SignatureReport> {
    report
        .of_people()
        .filter(|signature| signature.conclusion == Conclusion::Passed)
}

/// Whether each signature that the pages show is one that a person made and that passed, shown once: everything else that stands
/// where signatures do is a drawing. A timestamp is anybody's; it may be there, and show nothing.
fn draws_only_what_passed(shown: &[Drawn], signed: &Signed<'_>, report: &Report) -> bool {
    let signatures = signed.pdf().map_or(&[][..], |pdf| &pdf.signatures);
    let known = |drawn: &Drawn| {
        signatures.iter().any(|own| {
            let is_shown = match own.kind {
                SignatureKind::Signature => passed(report).any(|passed| {
                    (&passed.field, passed.covered_bytes) == (&own.field, own.covered_bytes())
                }),
                SignatureKind::DocTimestamp => !own.visible,
            };
            own.drawn == [*drawn] && is_shown
        })
    };
    let once = |drawn: &Drawn| shown.iter().filter(|other| *other == drawn).count() == 1;
    shown.iter().all(|drawn| known(drawn) && once(drawn))
}

/// Who signed, as their certificates tell.
fn signers(report: &Report) -> Vec<Author> {
    passed(report)
        .filter_map(|signature| signature.signer.as_ref())
        .map(|signer| Author {
            name: signer.name.clone(),
            document: signer
                .document
                .as_ref()
                .map(|document| document.as_str().to_owned()),
        })
        .collect()
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
    let covered = covers_values(&additions.visible_widgets, &form.bytes);
    Some(Reading::of_form(
        form.content.clone(),
        &additions.findings,
        covered,
    ))
}

/// Whether a visible signature lies over the printed values: somebody may have been shown another page.
fn covers_values(widgets: &[pdf::Widget], form: &[u8]) -> bool {
    // Most lie outside of where values may ever stand: where those of this form end is measured only for the others.
    let over = |area| widgets.iter().any(|widget| overlaps(widget, area));
    over(form::VALUES_AREA) && over(form::values_area(form))
}

fn overlaps(widget: &pdf::Widget, area: [f64; 4]) -> bool {
    let [left, bottom, right, top] = widget.rect;
    let (left, right) = (left.min(right), left.max(right));
    let (bottom, top) = (bottom.min(top), bottom.max(top));
    let [area_left, area_bottom, area_right, area_top] = area;
    widget.page <= 1
        && left < area_right
        && right > area_left
        && bottom < area_top
        && top > area_bottom
}

/// The text of what was signed, when it is a PDF. Of anything else only plain text is read, and the rest has none.
fn text(content: &[u8], extractor: &Extractor) -> Result<PageText, ExtractError> {
    if content.starts_with(PDF) {
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

/// Whether somebody could read it, and not be sure to see what the signer saw: it is no picture.
fn is_odd_text(content: &[u8]) -> bool {
    let controls = |text: &str| text.contains(|c: char| c.is_control() && !"\t\r\n".contains(c));
    let text = (!content.starts_with(PDF)).then(|| std::str::from_utf8(content).ok());
    let text = text.flatten().filter(|text| !text.trim().is_empty());
    text.is_some_and(|text| !controls(text) && !is_plain(text))
}

/// Marks of a letter besides letters and digits. None of those that HTML, RTF, PostScript or a mail message can't do without: their
/// readers show something else than these characters. Nor those that a table puts around several lines, and a note into its margin.
const MARKS: &str = ".,;:¿?¡!()-–—_/'‘’“”„«»…·•*+&#@°ºª$€";
/// Spanish letters beyond those of ASCII, and those of names that came from elsewhere.
const LETTERS: &str = "áéíóúüñÁÉÍÓÚÜÑàèìòùâêîôûäëïöçãõÀÈÌÒÙÂÊÎÔÛÄËÏÖÇÃÕ";
/// What a mail message begins its parts with; some of them are not shown.
const PARTS: [&str; 2] = ["content-type", "mime-version"];
/// What a line may begin with besides letters and digits: a bullet with a blank behind it, and what opens.
const BULLETS: &str = "-•*·";
const OPENING: &str = "(«“¿¡";
/// Behind what nobody looks for more, as a whole: a mark now and then would begin the counting anew. Lines of a page or two; empty ones
/// among them, and on end; characters of a line.
const MOST_LINES: usize = 120;
const MOST_EMPTY_LINES: usize = 40;
const MOST_EMPTY_ON_END: usize = 10;
const MOST_CHARACTERS: usize = 200;
/// Blanks on end: with more of them a line begins a column, or goes on in the next.
const MOST_BLANKS: usize = 3;
/// Equal marks on end: the line that somebody signs on.
const MOST_EQUAL_MARKS: usize = 40;

/// Whether every program shows these characters, all of them, in this order, and where somebody looks.
fn is_plain(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text: String = text.replace("\r\n", "\n").nfc().collect();
    let is_seen = |c: char| {
        c.is_ascii_alphanumeric()
            || matches!(c, ' ' | '\n')
            || MARKS.contains(c)
            || LETTERS.contains(c)
    };
    let lower = text.to_lowercase();
    text.chars().all(is_seen)
        && !PARTS.iter().any(|part| lower.contains(part))
        && is_nothing_but_text(&text)
        && is_seen_at_a_glance(&text)
}

/// Whether no program would take it for its own, under whatever name: a CMS does not sign that of its content. Readers of mail pass
/// over the headers, «Asunto: …», and others over lines that begin with a mark of theirs, or what stands behind a slash.
fn is_nothing_but_text(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let is_header = first
        .split_once(':')
        .is_some_and(|(name, _)| !name.contains(char::is_whitespace));
    let begins_as_text = |line: &str| {
        let line = line.trim();
        let marked = line.strip_prefix(|c| BULLETS.contains(c));
        let line = marked
            .and_then(|line| line.strip_prefix(' '))
            .unwrap_or(line);
        let signed_on = !line.is_empty() && line.chars().all(|c| c == '_');
        let first = line.trim_start().chars().next();
        signed_on || first.is_none_or(|c| c.is_alphanumeric() || OPENING.contains(c))
    };
    let slashes_part_words = text
        .split('/')
        .skip(1)
        .all(|behind| behind.starts_with(char::is_alphanumeric));
    !is_header && text.lines().all(begins_as_text) && slashes_part_words
}

/// Whether nothing stands far below or beside the rest.
fn is_seen_at_a_glance(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let empty = lines.iter().filter(|line| line.is_empty()).count();
    let said = lines
        .iter()
        .filter(|line| line.contains(char::is_alphanumeric));
    let in_one_column = |line: &&str| {
        line.chars().count() <= MOST_CHARACTERS
            && longest_run(line.chars().map(|c| c == ' ')) <= MOST_BLANKS
    };
    let mut before = None;
    let repeats = text.chars().map(|c| {
        let repeated = before.replace(c) == Some(c);
        repeated && !c.is_whitespace()
    });
    lines.len() <= MOST_LINES
        && empty <= MOST_EMPTY_LINES
        && longest_run(lines.iter().map(|line| line.is_empty())) <= MOST_EMPTY_ON_END
        && said.count() * 2 >= lines.len() - empty
        && lines.iter().all(in_one_column)
        && longest_run(repeats) < MOST_EQUAL_MARKS
}

/// How many hold without a break, at the most.
fn longest_run(holds: impl Iterator<Item = bool>) -> usize {
    let runs = holds.scan(0, |run, holds| {
        *run = if holds { *run + 1 } else { 0 };
        Some(*run)
    });
    runs.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Action, PetitionNumber};
    use crate::form::FormValues;

    fn values(action: Action, email: &str, name: &str) -> FormValues {
        FormValues {
            number: PetitionNumber::new(2026, 123),
            content: PetitionContent {
                ruc: "1805047204001".parse().unwrap(),
                branch: "0001".parse().unwrap(),
                action,
                new_email: (action == Action::ChangeEmail).then(|| email.parse().unwrap()),
            },
            legal_name: Some(name.to_owned()),
            issued_at: "2026-11-21T15:05:00Z".parse().unwrap(),
            expires_at: "2026-11-28T15:05:00Z".parse().unwrap(),
            operator: "Servicio de claves de empleador (demostración)".to_owned(),
        }
    }

    fn widget(rect: [f64; 4]) -> Vec<pdf::Widget> {
        vec![pdf::Widget { page: 1, rect }]
    }

    /// Whoever puts their signature into the blank below the text hides nothing.
    #[test]
    fn a_signature_in_blank_space_covers_nothing() {
        let reset = form::render(&values(Action::ResetPassword, "", "AGRO S.A.")).unwrap();
        assert!(!covers_values(
            &widget([100.0, 440.0, 350.0, 495.0]),
            &reset
        ));
        assert!(!covers_values(&widget(form::SIGNATURE_AREA), &reset));
        // Over the last line of what is asked, over the table, over the number.
        for rect in [
            [100.0, 440.0, 350.0, 548.0],
            [100.0, 600.0, 350.0, 640.0],
            [300.0, 740.0, 550.0, 800.0],
        ] {
            assert!(covers_values(&widget(rect), &reset), "{rect:?}");
        }
        // What is no form of ours is judged by the longest there is.
        let blank = widget([100.0, 440.0, 350.0, 495.0]);
        assert!(covers_values(&blank, b"%PDF-1.7"));
        let mut changed = reset.clone();
        let last = changed.len() - 10;
        changed[last] ^= 1;
        assert!(covers_values(&blank, &changed));
    }

    /// Seen from outside, on the drawn page: between the area of the values and the place for the signature the paper is white,
    /// in every form there is, with the shortest values and with the longest.
    #[test]
    fn what_a_form_prints_of_its_values_lies_inside_its_area() {
        let label = "a".repeat(62);
        let long = format!("{}@{label}.{label}.{label}.ec", "w".repeat(60));
        let mut ends = Vec::new();
        for action in [Action::ResetPassword, Action::ChangeEmail, Action::Unblock] {
            for (email, name) in [("a@b.ec", "A"), (long.as_str(), &*"WWWWWWWW ".repeat(13))] {
                for layout in form::Layout::ALL {
                    let form = form::render_in(layout, &values(action, email, name)).unwrap();
                    let [_, bottom, ..] = form::values_area(&form);
                    assert!(bottom >= form::VALUES_AREA[1]);
                    // The caption of the place for the signature stands below 432.
                    let ink = lowest_ink_above(432.0, &form);
                    assert!(
                        ink > bottom,
                        "{action} {layout:?} {name}: {ink} and {bottom}"
                    );
                    assert!(
                        ink < bottom + 14.0,
                        "{action} {layout:?}: it is no larger than it must be"
                    );
                    ends.push(bottom);
                }
            }
        }
        ends.sort_by(f64::total_cmp);
        assert!(ends[0] < 480.0 && ends[ends.len() - 1] > 500.0, "{ends:?}");
    }

    /// The lowest drawn point of page 1 above a line, in PDF coordinates.
    fn lowest_ink_above(line: f64, form: &[u8]) -> f64 {
        let pdf = hayro::hayro_syntax::Pdf::new(form.to_vec()).unwrap();
        let settings = hayro::RenderSettings {
            bg_color: hayro::vello_cpu::color::palette::css::WHITE,
            ..hayro::RenderSettings::default()
        };
        let image = hayro::render(
            &pdf.pages()[0],
            &hayro::RenderCache::new(),
            &hayro::hayro_interpret::InterpreterSettings::default(),
            &settings,
        );
        let (width, height) = (usize::from(image.width()), f64::from(image.height()));
        let rows = image.data().chunks(width).enumerate();
        let inked = rows.filter(|(_, row)| {
            row.iter()
                .any(|pixel| [pixel.r, pixel.g, pixel.b].iter().any(|part| *part < 240))
        });
        inked
            .map(|(row, _)| height - 1.0 - f64::from(u32::try_from(row).unwrap()))
            .filter(|bottom| *bottom > line)
            .fold(f64::MAX, f64::min)
    }

    #[test]
    fn only_text_without_markup_and_tricks_is_read() {
        const ASKED: &str = "Solicito una clave nueva.";
        let extractor = Extractor::new("none".into());
        let read = |content: &[u8]| text(content, &extractor).unwrap().lines;
        assert_eq!(
            read("Solicito una clave nueva.\r\nAna Peña (ana@ejemplo.ec)\n".as_bytes()),
            ["Solicito una clave nueva.", "Ana Peña (ana@ejemplo.ec)"]
        );
        // As Notepad begins a file, and as a Mac takes an accent apart.
        for written in [
            "\u{feff}Ana Peña",
            "Ana Pen\u{303}a",
            "«Ana» “Peña” – N.º 12 · Quito",
            "Señores\n\n\nSolicito una clave nueva.\n\n\n\n______________________________\nAna Peña\n- uno\n",
        ] {
            assert_ne!(read(written.as_bytes()), [""; 0], "{written}");
        }
        let far_below = format!("Acta.\n{}Solicito una clave nueva.", "\n".repeat(400));
        let blank_lines = format!("Acta.\n{}Solicito una clave nueva.", " \t\n".repeat(40));
        let far_right = format!("Acta.{}Solicito una clave nueva.", " ".repeat(3000));
        let tabs = format!("Acta.{}Solicito una clave nueva.", "\t".repeat(60));
        for other in [
            "<p style='display:none'>Solicito una clave nueva.</p>",
            "<!-- Solicito una clave nueva. -->",
            "<?xml version='1.0'?><a b='Solicito una clave nueva.'/>",
            "{\\rtf1 {\\v Solicito una clave nueva.}}",
            "%!PS\n(Solicito una clave nueva.) pop",
            "No\u{202e}.aveun evalc anu oticiloS",
            "No s\u{200b}olicito una clave nueva.",
            "No\u{8}\u{8}Solicito una clave nueva.",
            "N\u{ad}o solicito una clave nueva.",
            "N\u{2060}o solicito una clave nueva.",
            "N\u{180e}o solicito una clave nueva.",
            "N\u{3164}o solicito una clave nueva.",
            "N\u{fe0f}o solicito una clave nueva.",
            "N\u{34f}o solicito una clave nueva.",
            "N\u{43e} solicito una clave nueva.",
            "\u{39d}o solicito una clave nueva.",
            "<p hidden>Solicito una clave nueva.<p>Acta.",
            "%!Solicito una clave nueva.",
            "Ana Peña <ana@ejemplo.ec>",
            "Solicito una\rclave nueva.",
            "MIME-Version: 1.0\n\nSolicito una clave nueva.",
            "--b\nContent-Type: text/plain\n\nSolicito una clave nueva.",
            &far_below,
            &blank_lines,
            &far_right,
            &tabs,
            // With a mark here and there, no run is long.
            &format!(
                "Acta.{}\n\n{ASKED}",
                format!("{}-", "\n".repeat(10)).repeat(120)
            ),
            &format!(
                "Acta.{}\n\n{ASKED}",
                format!("{}.", "\n".repeat(10)).repeat(12)
            ),
            &format!(
                "Acta.{} {ASKED}",
                format!("{}.", " ".repeat(40)).repeat(120)
            ),
            &format!("Acta.{} {ASKED}", format!("{}-", " ".repeat(39)).repeat(6)),
            &format!("Acta. {}\n{ASKED}", "_".repeat(3000)),
            &format!("Acta. {}\n{ASKED}", "_".repeat(50)),
            &format!("Acta.\n{}{ASKED}", "-\n".repeat(30)),
            &format!("Acta.\n{}{ASKED}", "Sigue.\n".repeat(200)),
            // Columns, and what looks like them.
            &format!(
                "{}Por cuanto el contador anterior\nYa no{}labora aquí,\n{ASKED}",
                " ".repeat(42),
                " ".repeat(37)
            ),
            &format!("Ya no\n    {ASKED}"),
            &format!("Acta.    {ASKED}"),
            &format!("Acta.\t{ASKED}"),
            // The headers of a mail message, and remarks in the languages of other programs.
            "Solicito: una clave nueva.\n\nAcuso recibo.\n",
            &format!("Asunto: clave\n{ASKED}\n\nAcuso recibo.\n"),
            &format!("Acta.\n\n[//]: # ({ASKED})"),
            &format!("Acta.\n\n.. {ASKED}"),
            &format!("Acta.\n// {ASKED}"),
            &format!("Acta. /* {ASKED} */"),
            &format!("Acta.\n# {ASKED}"),
            &format!("Acta.\n'{ASKED}"),
            &format!("+{ASKED}\n"),
            &format!("Acta,\"uno\n{ASKED}\"\n"),
        ] {
            let start: String = other.chars().take(60).collect();
            assert!(read(other.as_bytes()).is_empty(), "{start:?}");
        }
        let latin_1 = b"Solicito una contrase\xf1a nueva.";
        assert_eq!(read(latin_1), [""; 0]);
        // What a person can read is told from what nobody can.
        let long = format!("Solicito una clave nueva{}.", " de empleador".repeat(20));
        for (content, odd) in [
            (long.as_bytes(), true),
            ("Solicito <b>una</b> clave.".as_bytes(), true),
            (ASKED.as_bytes(), false),
            (b"\xff\xd8\xff", false),
            (b"PK\x03\x04", false),
            (b"%PDF-1.7 <", false),
            (b" ", false),
        ] {
            assert_eq!(is_odd_text(content), odd, "{content:?}");
        }
        // Nobody is there to read a PDF: that says nothing about it.
        let unread = text(b"%PDF-1.7 and no more", &extractor);
        assert!(matches!(unread, Err(ExtractError::Start(_))), "{unread:?}");
    }
}
