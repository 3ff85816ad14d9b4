//! The page as PDF, A4, tagged for screen readers. The same summary gives the same bytes. It is always one page: what
//! would grow too long is set in smaller letters, and then shows fewer signatures.

use krilla::tagging::{TableHeaderScope, Tag, TagGroup};

use super::Summary;
use crate::questions::Answer;
use crate::sheet::{A4, ACCENT, About, INK, LINE, MARGIN, MUTED, Sheet, SheetError, Style, draw};

/// The page.
///
/// # Errors
/// When the PDF library refuses.
pub fn pdf(summary: &Summary) -> Result<Vec<u8>, SheetError> {
    let about = About {
        title: summary.title.to_owned(),
        keywords: Vec::new(),
        author: "clavero".to_owned(),
        created: summary.received,
        id: summary.id.clone(),
        language: summary.language,
    };
    draw(&about, |sheet| {
        let (blocks, scale) = fitting(sheet, summary);
        let mut y = TOP;
        for block in &blocks {
            y = block.draw(sheet, y, &scale);
        }
    })
}

/// First baseline, and where the last line must end.
const TOP: f32 = 50.0;
const BOTTOM: f32 = A4.1 - 30.0;

/// Text width between the margins.
const COLUMN: f32 = A4.0 - 2.0 * MARGIN;
/// The column of labels, that of questions and that of the word that answers.
const LABELS: f32 = 150.0;
const QUESTIONS: f32 = 165.0;
const WORDS: f32 = 62.0;
const GUTTER: f32 = 10.0;

/// A stretch of the page from margin to margin.
enum Block<'a> {
    Title(&'a str),
    Verdict {
        color: Color,
        verdict: &'a str,
        text: String,
    },
    Section(&'a str),
    Rows(&'a [(&'static str, String)]),
    Answers(&'a [Answer], crate::domain::Language),
    More(String),
    Text(&'a str),
}

type Color = (u8, u8, u8);

/// Ink of an answer; each at least 4.5:1 on white (WCAG 2.2 SC 1.4.3).
fn color(class: &str) -> Color {
    match class {
        "yes" => (0x0f, 0x6b, 0x3c),
        "no" => (0xa6, 0x1b, 0x1b),
        "unknown" => (0x7a, 0x4f, 0x00),
        _ => MUTED,
    }
}

fn blocks(summary: &Summary, shown: usize) -> Vec<Block<'_>> {
    let mut blocks = vec![
        Block::Title(summary.title),
        Block::Verdict {
            color: color(summary.class),
            verdict: summary.verdict,
            text: format!("{} {}", summary.reason, summary.next_step),
        },
        Block::Rows(&summary.file),
        Block::Section(summary.questions),
        Block::Answers(&summary.answers, summary.language),
    ];
    for signature in summary.signatures.iter().take(shown) {
        blocks.push(Block::Section(&signature.title));
        blocks.push(Block::Rows(&signature.rows));
    }
    blocks.extend(summary.more(shown).map(Block::More));
    blocks.push(Block::Text(summary.note));
    blocks
}

/// Text sizes of the page.
struct Scale {
    title: Style,
    verdict: Style,
    section: Style,
    label: Style,
    text: Style,
    bold: Style,
    small: Style,
    /// Between rows.
    gap: f32,
}

impl Scale {
    fn new(size: f32) -> Self {
        Self {
            title: Style::new(size + 7.0, true, INK),
            verdict: Style::new(size + 5.0, true, INK),
            section: Style::new(size + 1.0, true, ACCENT),
            label: Style::new(size, false, MUTED),
            text: Style::new(size, false, INK),
            bold: Style::new(size, true, INK),
            small: Style::new(size - 1.0, false, MUTED),
            gap: size * 0.32,
        }
    }
}

/// The most signatures in the largest letters that stay on the page.
fn fitting<'a>(sheet: &Sheet<'_>, summary: &'a Summary) -> (Vec<Block<'a>>, Scale) {
    let mut smallest = (blocks(summary, 0), Scale::new(LEAST));
    for shown in (0..=summary.signatures.len()).rev() {
        let blocks = blocks(summary, shown);
        let fits = |size: &f32| TOP + height(sheet, &blocks, &Scale::new(*size)) <= BOTTOM;
        if let Some(size) = [9.2, 8.6, 8.0, 7.4, 6.8, LEAST].into_iter().find(fits) {
            smallest = (blocks, Scale::new(size));
            break;
        }
    }
    smallest
}

/// The smallest letters that are still read without a glass.
const LEAST: f32 = 6.2;

fn height(sheet: &Sheet<'_>, blocks: &[Block<'_>], scale: &Scale) -> f32 {
    blocks.iter().map(|block| block.height(sheet, scale)).sum()
}

impl Block<'_> {
    /// How far it moves the baseline.
    fn height(&self, sheet: &Sheet<'_>, scale: &Scale) -> f32 {
        match self {
            Self::Title(text) => sheet.height(text, COLUMN, scale.title) + 4.0,
            Self::Verdict { text, .. } => {
                scale.verdict.leading + sheet.height(text, BOX, scale.text) + BOX_SPACE
            }
            Self::Section(text) => 8.0 + sheet.height(text, COLUMN, scale.section),
            Self::Rows(rows) => rows
                .iter()
                .map(|(_, value)| sheet.height(value, COLUMN - LABELS, scale.text) + scale.gap)
                .sum(),
            Self::Answers(answers, language) => answers
                .iter()
                .map(|answer| answer_height(sheet, answer, *language, scale))
                .sum(),
            Self::More(text) => 6.0 + sheet.height(text, COLUMN, scale.small),
            Self::Text(text) => 6.0 + sheet.height(text, COLUMN, scale.small),
        }
    }

    /// Draws it and returns the next baseline.
    fn draw(&self, sheet: &mut Sheet<'_>, y: f32, scale: &Scale) -> f32 {
        match self {
            Self::Title(text) => sheet.heading(1, (MARGIN, y, COLUMN), scale.title, text) + 4.0,
            Self::Verdict {
                color,
                verdict,
                text,
            } => {
                let height = self.height(sheet, scale) - 14.0;
                let top = y - scale.verdict.size;
                sheet.frame((MARGIN, top, COLUMN, height), None, Some(LINE), false);
                sheet.frame((MARGIN, top, 5.0, height), Some(*color), None, false);
                let style = Style {
                    color: *color,
                    ..scale.verdict
                };
                let place = |y| (MARGIN + INSET, y, BOX);
                let next = sheet.heading(2, place(y + 7.0), style, verdict);
                sheet.paragraph(place(next), scale.text, text);
                y + self.height(sheet, scale)
            }
            Self::Section(text) => sheet.heading(2, (MARGIN, y + 8.0, COLUMN), scale.section, text),
            Self::Rows(rows) => rows_table(sheet, rows, y, scale),
            Self::Answers(answers, language) => answers_table(sheet, answers, *language, y, scale),
            Self::More(text) => sheet.paragraph((MARGIN, y + 6.0, COLUMN), scale.small, text),
            Self::Text(text) => sheet.paragraph((MARGIN, y + 6.0, COLUMN), scale.small, text),
        }
    }
}

/// Inside the frame of the verdict.
const INSET: f32 = 16.0;
const BOX: f32 = COLUMN - 2.0 * INSET;
const BOX_SPACE: f32 = 34.0;

/// Labels and values.
fn rows_table(
    sheet: &mut Sheet<'_>,
    rows: &[(&'static str, String)],
    top: f32,
    scale: &Scale,
) -> f32 {
    let mut table = TagGroup::new(Tag::Table);
    let mut y = top;
    for (label, value) in rows {
        let label = sheet.line(MARGIN, y, scale.label, &format!("{label} "));
        let (value, next) = sheet.wrapped((MARGIN + LABELS, y, COLUMN - LABELS), scale.text, value);
        let mut header = TagGroup::new(Tag::TH(TableHeaderScope::Row));
        header.push(label);
        let mut cell = TagGroup::new(Tag::TD);
        for id in value {
            cell.push(id);
        }
        let mut row = TagGroup::new(Tag::TR);
        row.push(header);
        row.push(cell);
        table.push(row);
        y = next + scale.gap;
    }
    sheet.push(table);
    y
}

/// Where the reason of an answer begins, and how wide it may be.
const REASONS: f32 = QUESTIONS + GUTTER + WORDS + GUTTER;
const REASON_WIDTH: f32 = COLUMN - REASONS;

fn reason(answer: &Answer) -> String {
    match answer.next_step {
        Some(step) => format!("{} {step}", answer.reason),
        None => answer.reason.clone(),
    }
}

fn answer_height(
    sheet: &Sheet<'_>,
    answer: &Answer,
    language: crate::domain::Language,
    scale: &Scale,
) -> f32 {
    let question = sheet.height(answer.question.text().say(language), QUESTIONS, scale.bold);
    let word = sheet.height(answer.word.text().say(language), WORDS, scale.bold);
    let reason = sheet.height(&reason(answer), REASON_WIDTH, scale.text);
    question.max(word).max(reason) + scale.gap * 1.6
}

/// Question, word and reason side by side.
fn answers_table(
    sheet: &mut Sheet<'_>,
    answers: &[Answer],
    language: crate::domain::Language,
    top: f32,
    scale: &Scale,
) -> f32 {
    let mut table = TagGroup::new(Tag::Table);
    let mut y = top;
    for answer in answers {
        let word = Style {
            color: color(answer.class()),
            ..scale.bold
        };
        let place = |x, width| (MARGIN + x, y, width);
        let columns = [
            sheet.wrapped(
                place(0.0, QUESTIONS),
                scale.bold,
                answer.question.text().say(language),
            ),
            sheet.wrapped(
                place(QUESTIONS + GUTTER, WORDS),
                word,
                answer.word.text().say(language),
            ),
            sheet.wrapped(place(REASONS, REASON_WIDTH), scale.text, &reason(answer)),
        ];
        let mut row = TagGroup::new(Tag::TR);
        for (place, (ids, _)) in columns.into_iter().enumerate() {
            let mut cell = if place == 0 {
                TagGroup::new(Tag::TH(TableHeaderScope::Row))
            } else {
                TagGroup::new(Tag::TD)
            };
            for id in ids {
                cell.push(id);
            }
            row.push(cell);
        }
        table.push(row);
        y += answer_height(sheet, answer, language, scale);
        let line = y - scale.bold.size - scale.gap * 0.5;
        sheet.frame((MARGIN, line, COLUMN, 0.4), Some(LINE), None, false);
    }
    sheet.push(table);
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Language;
    use crate::explain;
    use crate::questions::{Question, Word};
    use crate::summary::Signature;
    use crate::verify::Code;
    use crate::verify::report::Severity;

    /// Everything wrong that can be, in the longest words, signed by three people with long names.
    fn worst(language: Language) -> Summary {
        let longest = |words: fn(Code) -> &'static str| {
            let all = Code::ALL.iter().map(|code| words(*code));
            all.max_by_key(|text| text.len()).unwrap()
        };
        let answers = Question::ALL.map(|question| Answer {
            question,
            word: Word::Unknown,
            severity: Severity::Unknown,
            reason: longest(|code| explain::code(code).meaning.es).to_owned(),
            next_step: Some(longest(|code| explain::code(code).next_step.es)),
        });
        let name = "MARÍA DE LOS ÁNGELES FERNANDA GUADALUPE ".repeat(3);
        let rows = vec![("Hora declarada por quien firmó", name.clone()); 8];
        let signature = Signature {
            title: format!("Firma: {name}"),
            rows: rows.clone(),
        };
        Summary {
            language,
            title: "Informe de validación de firma electrónica",
            class: "unknown",
            verdict: "INDETERMINADO",
            reason: answers[0].reason.clone(),
            next_step: answers[0].next_step.unwrap(),
            file: rows[..4].to_vec(),
            questions: "Las diez preguntas",
            answers: answers.to_vec(),
            signatures: vec![signature; 3],
            signed: 10,
            note: longest(|code| explain::code(code).meaning.es),
            received: "2026-11-21T12:00:00Z".parse().unwrap(),
            id: "worst".to_owned(),
        }
    }

    #[test]
    fn the_worst_report_stays_on_its_page() {
        let summary = worst(Language::Es);
        let about = About {
            title: "prueba".to_owned(),
            keywords: Vec::new(),
            author: String::new(),
            created: summary.received,
            id: String::new(),
            language: Language::Es,
        };
        draw(&about, |sheet| {
            let (blocks, scale) = fitting(sheet, &summary);
            let height = height(sheet, &blocks, &scale);
            assert!(TOP + height <= BOTTOM, "{}", TOP + height);
            let mut y = TOP;
            for block in &blocks {
                y = block.draw(sheet, y, &scale);
            }
            assert!(
                (y - TOP - height).abs() < 1.0,
                "what is measured is what is drawn"
            );
        })
        .unwrap();
    }

    #[test]
    fn the_same_summary_gives_the_same_bytes() {
        let one = pdf(&worst(Language::Es)).unwrap();
        assert_eq!(one, pdf(&worst(Language::Es)).unwrap());
        assert_ne!(one, pdf(&worst(Language::En)).unwrap());
    }
}
