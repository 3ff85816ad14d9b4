//! The receipt of a petition as a PDF to be kept or printed: number, SHA-256, the hour in Ecuador, what was checked in ten
//! lines, where it stands, until when, what to do now. It says what the page says, at the moment it is asked for, and bears
//! the operator's seal where there is one: PAdES B-B, which any PDF reader and `clavero verify` check.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::App;
use super::company::{mine, parse_number, to_lookup};
use super::messages::WebError;
use super::petition_page::View;
use crate::domain::{Language, Text, Token, calendar};
use crate::intake::Status;
use crate::seal;
use crate::sheet::{
    A4, ACCENT, About, INK, LINE, MARGIN, MUTED, Sheet, SheetError, Style, TINT, draw,
};
use crate::threads;
use crate::words::in_both;

/// The receipt of a petition, for whoever holds its secret.
#[utoipa::path(get, path = "/api/v1/petitions/{number}/receipt.pdf", params(("number" = String, Path)), security(("secret" = [])), responses(
    (status = 200, description = "The PDF, sealed when the operator has a seal", content_type = "application/pdf", body = Vec<u8>),
    (status = 401, description = "`SECRET_MISSING`", body = super::messages::ProblemDocument, content_type = "application/problem+json"),
    (status = 404, description = "`NOT_FOUND`", body = super::messages::ProblemDocument, content_type = "application/problem+json"),
))]
pub(super) async fn of_api(
    State(app): State<App>,
    language: Language,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let secret = super::api::bearer(&headers)?;
    let number = parse_number(&number)?;
    let status = app.intake.status(&number, &secret).await?;
    let status = status.ok_or(WebError::NotFound)?;
    answer(&app, &status, &secret, language).await
}

/// `GET /solicitud/{number}/comprobante.pdf`
pub(super) async fn of_page(
    State(app): State<App>,
    language: Language,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    match mine(&app, &number, &headers).await? {
        Some((status, secret)) => answer(&app, &status, &secret, language).await,
        None => Ok(to_lookup(&number)),
    }
}

async fn answer(
    app: &App,
    status: &Status,
    secret: &Token,
    language: Language,
) -> Result<Response, WebError> {
    let (number, now) = (status.number.to_string(), app.intake.now());
    let settings = app.intake.settings();
    let (operator, seal) = (settings.operator.clone(), settings.seal.clone());
    let view = View::of(status, secret, None, language);
    // Drawing and an RSA key take some milliseconds of processor time.
    let drawn = threads::occupy(move || {
        let pdf = pdf(&view, &operator, seal.is_some(), now, language)
            .map_err(|error| error.to_string())?;
        match seal {
            Some(seal) => seal::sheet::seal(&pdf, &seal, now).map_err(|error| error.to_string()),
            None => Ok(pdf),
        }
    });
    let pdf = drawn.await.map_err(|error| error.to_string());
    let pdf = pdf.and_then(|pdf| pdf).map_err(|error| {
        tracing::error!(%error, "a receipt could not be written");
        WebError::Internal
    })?;
    let name = format!("attachment; filename=\"comprobante-{number}.pdf\"");
    let headers = [
        (CONTENT_TYPE, "application/pdf"),
        (CONTENT_DISPOSITION, name.as_str()),
        (CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, pdf).into_response())
}

/// Text width between the margins, and the column of labels.
const COLUMN: f32 = A4.0 - 2.0 * MARGIN;
const LABELS: f32 = 120.0;
/// Where the last line must end.
const BOTTOM: f32 = A4.1 - 40.0;
/// Sizes of letters, the largest that fits is taken.
const SIZES: [f32; 5] = [10.0, 9.2, 8.4, 7.6, 6.8];

/// The sheet, without a seal.
fn pdf(
    view: &View,
    operator: &str,
    sealed: bool,
    now: Timestamp,
    language: Language,
) -> Result<Vec<u8>, SheetError> {
    let say = |es, en| Text::new(es, en).say(language);
    let about = About {
        title: format!(
            "{} {}",
            say("Comprobante del trámite", "Receipt of petition"),
            view.number
        ),
        keywords: Vec::new(),
        author: operator.to_owned(),
        created: now,
        id: format!("{} {now}", view.number),
        language,
    };
    let blocks = blocks(view, operator, sealed, now, language);
    draw(&about, |sheet| {
        let fits = |size: &&f32| {
            let height: f32 = blocks.iter().map(|block| block.height(sheet, **size)).sum();
            MARGIN + height <= BOTTOM
        };
        let size = SIZES.iter().find(fits).unwrap_or(&SIZES[SIZES.len() - 1]);
        let mut y = MARGIN;
        for block in &blocks {
            y = block.draw(sheet, y, *size);
        }
    })
}

/// A stretch of the sheet from margin to margin.
enum Block {
    Title(String),
    Section(&'static str),
    Row(&'static str, String),
    Text(String),
    Strong(String),
    Small(String),
}

fn blocks(
    view: &View,
    operator: &str,
    sealed: bool,
    now: Timestamp,
    language: Language,
) -> Vec<Block> {
    let say = |es, en| Text::new(es, en).say(language);
    let here = |moment: &str| format!("{moment} {}", say("(hora de Ecuador)", "(time of Ecuador)"));
    let mut blocks = vec![
        Block::Small(operator.to_owned()),
        Block::Title(say("Comprobante", "Receipt").to_owned()),
        Block::Row(say("Trámite", "Petition"), view.number.clone()),
    ];
    if let Some(action) = view.action {
        blocks.push(Block::Row(
            say("Se solicita", "Asked for"),
            action.to_owned(),
        ));
    }
    if let Some(receipt) = &view.receipt {
        blocks.push(Block::Row(
            say("Recibido", "Received"),
            here(&receipt.received_at),
        ));
        // Too wide for one line with most digits: it breaks in its middle, not before its last one.
        let (first, second) = receipt.sha256.split_at(receipt.sha256.len() / 2);
        blocks.push(Block::Row("SHA-256", format!("{first} {second}")));
        if let Some(bytes) = &receipt.bytes {
            blocks.push(Block::Row(say("Tamaño", "Size"), bytes.clone()));
        }
    }
    blocks.push(Block::Row(
        say("Se recibe hasta", "Accepted until"),
        here(&view.expires_at),
    ));
    blocks.push(Block::Section(say("Cómo está", "Where it stands")));
    blocks.push(Block::Strong(view.headline.to_owned()));
    blocks.push(Block::Text(view.summary.clone()));
    for reason in &view.reasons {
        blocks.push(Block::Text(reason.text.clone()));
    }
    if let Some(next) = &view.next {
        blocks.push(Block::Section(say("Qué hacer ahora", "What to do now")));
        blocks.push(Block::Text(next.clone()));
    }
    if !view.answers.is_empty() {
        blocks.push(Block::Section(say("Qué se comprobó", "What was checked")));
        let lines = view.answers.iter();
        blocks.extend(lines.map(|answer| {
            Block::Text(format!(
                "{} {}",
                answer.question.text().say(language),
                answer.line(language)
            ))
        }));
    }
    let seal = if sealed {
        say(
            " Lleva el sello electrónico del operador: su lector de PDF muestra quién lo puso y si algo cambió.",
            " It bears the electronic seal of the operator: your PDF reader shows who put it there and whether anything changed.",
        )
    } else {
        ""
    };
    blocks.push(Block::Small(in_both!(
        language,
        "Este comprobante dice cómo estaba el trámite el {moment}.{seal} Para ver cómo está ahora, consulte con el número y su código.",
        "This receipt tells where the petition stood on {moment}.{seal} To see where it stands now, look it up with the number and your code.",
        moment = calendar::second_in(language, now),
        seal = seal,
    )));
    blocks
}

impl Block {
    /// Style of the letters and the space above.
    fn style(&self, size: f32) -> (Style, f32) {
        match self {
            Self::Title(_) => (Style::new(size + 9.0, true, INK), size * 0.6),
            Self::Section(_) => (Style::new(size + 1.0, true, ACCENT), size * 1.2),
            Self::Strong(_) => (Style::new(size + 1.0, true, INK), size * 0.3),
            Self::Row(..) | Self::Text(_) => (Style::new(size, false, INK), size * 0.35),
            Self::Small(_) => (Style::new(size - 1.2, false, MUTED), size),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Title(text)
            | Self::Row(_, text)
            | Self::Text(text)
            | Self::Strong(text)
            | Self::Small(text) => text,
            Self::Section(text) => text,
        }
    }

    fn width(&self) -> f32 {
        match self {
            Self::Row(..) => COLUMN - LABELS,
            _ => COLUMN,
        }
    }

    fn height(&self, sheet: &Sheet<'_>, size: f32) -> f32 {
        let (style, above) = self.style(size);
        above + sheet.height(self.text(), self.width(), style)
    }

    /// Draws it from `y` on; where it ends.
    fn draw(&self, sheet: &mut Sheet<'_>, y: f32, size: f32) -> f32 {
        let (style, above) = self.style(size);
        let baseline = y + above + style.size;
        let end = match self {
            Self::Title(text) => sheet.heading(1, (MARGIN, baseline, COLUMN), style, text),
            Self::Section(text) => sheet.heading(2, (MARGIN, baseline, COLUMN), style, text),
            Self::Row(label, text) => {
                let height = self.height(sheet, size);
                sheet.frame(
                    (MARGIN - 6.0, y, COLUMN + 12.0, height),
                    Some(TINT),
                    None,
                    false,
                );
                sheet.frame(
                    (MARGIN - 6.0, y + height, COLUMN + 12.0, 0.01),
                    None,
                    Some(LINE),
                    false,
                );
                let label_style = Style::new(size, false, MUTED);
                let mut ids =
                    vec![sheet.line(MARGIN, baseline, label_style, &format!("{label}: "))];
                let place = (MARGIN + LABELS, baseline, COLUMN - LABELS);
                let (more, end) = sheet.wrapped(place, style, text);
                ids.extend(more);
                sheet.group(krilla::tagging::Tag::P, ids);
                end
            }
            _ => sheet.paragraph((MARGIN, baseline, COLUMN), style, self.text()),
        };
        end - style.size
    }
}
