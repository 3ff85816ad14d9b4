//! A sheet of paper: just enough typesetting for one A4 page of Spanish text, tagged for screen readers (PDF/UA-1).
//!
//! Coordinates are points from the top left corner, as krilla counts them. What is left out on purpose: more than one
//! page, hyphenation, other scripts. A letter that the font lacks is printed as `?`, so that nothing vanishes unseen.

use std::num::NonZeroU16;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::Offset;
use krilla::Document;
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, ConfigurationBuilder, PdfVersion};
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree,
};
use krilla::text::{Font, TextDirection};
use unicode_normalization::UnicodeNormalization;

use crate::domain::Language;

/// Width and height of A4 (ISO 216) in points of 1/72 inch.
pub(crate) const A4: (f32, f32) = (595.28, 841.89);

/// Left and right margin: 20 mm.
pub(crate) const MARGIN: f32 = 56.7;

static REGULAR: &[u8] = include_bytes!("sheet/OpenSans-Regular.ttf");
static SEMIBOLD: &[u8] = include_bytes!("sheet/OpenSans-Semibold.ttf");

/// How a run of text looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) size: f32,
    pub(crate) leading: f32,
    pub(crate) bold: bool,
    pub(crate) color: (u8, u8, u8),
}

/// Ink of the text.
pub(crate) const INK: (u8, u8, u8) = (0x1b, 0x22, 0x2c);
/// Secondary text; still 7:1 on white (WCAG 2.2 SC 1.4.6).
pub(crate) const MUTED: (u8, u8, u8) = (0x4a, 0x55, 0x63);
/// The one accent.
pub(crate) const ACCENT: (u8, u8, u8) = (0x0b, 0x4f, 0x6c);
/// Hairlines and frames.
pub(crate) const LINE: (u8, u8, u8) = (0xc3, 0xcb, 0xd5);
/// Background of the box that holds the values.
pub(crate) const TINT: (u8, u8, u8) = (0xf1, 0xf5, 0xf8);

impl Style {
    pub(crate) const fn new(size: f32, bold: bool, color: (u8, u8, u8)) -> Self {
        Self {
            size,
            leading: size * 1.42,
            bold,
            color,
        }
    }
}

/// The PDF library refused; the cause is a bug on our side.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the page can't be written as PDF: {0}")]
pub struct SheetError(String);

/// What the sheet says about itself (ISO 32000-1 §14.3.3); dates come from the caller, never from a clock.
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) keywords: Vec<String>,
    pub(crate) author: String,
    pub(crate) created: Timestamp,
    pub(crate) id: String,
    pub(crate) language: Language,
}

impl About {
    /// BCP 47.
    fn language_tag(&self) -> String {
        match self.language {
            Language::Es => "es-EC",
            Language::En => "en",
        }
        .to_owned()
    }
}

/// The fonts, parsed once per process.
struct Fonts {
    regular: Typeface,
    semibold: Typeface,
}

/// One font, with the widths of the letters of European languages at hand: text is measured word by word.
struct Typeface {
    font: Font,
    face: ttf_parser::Face<'static>,
    /// Advance widths in font units, by code point.
    advances: Vec<u16>,
}

/// Code points whose widths are kept: Latin with all its accents, and what stands between (Unicode blocks up to Latin
/// Extended-B).
const KEPT_ADVANCES: u32 = 0x250;

static FONTS: LazyLock<Fonts> = LazyLock::new(|| Fonts {
    regular: Typeface::load(REGULAR),
    semibold: Typeface::load(SEMIBOLD),
});

impl Typeface {
    fn load(bytes: &'static [u8]) -> Self {
        let font =
            Font::new(bytes.to_vec().into(), 0).expect("the embedded font is a TrueType font");
        let face = ttf_parser::Face::parse(bytes, 0).expect("the embedded font is a TrueType font");
        let letters = (0..KEPT_ADVANCES).map(|code| char::from_u32(code).unwrap_or('\0'));
        let advances = letters.map(|c| looked_up(&face, c)).collect();
        Self {
            font,
            face,
            advances,
        }
    }

    /// Advance width of a letter in font units; none for one that the font lacks.
    fn advance(&self, c: char) -> u32 {
        let kept = usize::try_from(u32::from(c))
            .ok()
            .and_then(|code| self.advances.get(code).copied());
        u32::from(kept.unwrap_or_else(|| looked_up(&self.face, c)))
    }

    /// Advance width of a text in font units; kerning is left out, so that a wrapped line is never wider than measured by
    /// more than a hair.
    fn units(&self, text: &str) -> u32 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    /// Font units as points.
    fn points(&self, units: u32, style: Style) -> f32 {
        // Advance sums of a line fit f32 exactly (below 2^24 units).
        #[allow(clippy::cast_precision_loss)]
        let units = units as f32;
        units / f32::from(self.face.units_per_em()) * style.size
    }
}

fn looked_up(face: &ttf_parser::Face<'_>, c: char) -> u16 {
    face.glyph_index(c)
        .and_then(|glyph| face.glyph_hor_advance(glyph))
        .unwrap_or(0)
}

impl Fonts {
    fn pick(&self, bold: bool) -> &Typeface {
        if bold { &self.semibold } else { &self.regular }
    }
}

/// One page under construction.
pub(crate) struct Sheet<'a> {
    surface: Surface<'a>,
    fonts: &'static Fonts,
    tree: &'a mut TagTree,
}

/// Draws one A4 page and returns the file: the same drawing and the same `about` give the same bytes.
pub(crate) fn draw(
    about: &About,
    drawing: impl FnOnce(&mut Sheet<'_>),
) -> Result<Vec<u8>, SheetError> {
    let configuration = ConfigurationBuilder::new()
        .with_version(PdfVersion::Pdf17)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .expect("PDF/UA-1 is written as PDF 1.7");
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    });
    let mut tree = TagTree::new().with_lang(Some(about.language_tag()));
    let mut page = document
        .start_page_with(PageSettings::from_wh(A4.0, A4.1).expect("A4 has a positive size"));
    {
        let mut sheet = Sheet {
            surface: page.surface(),
            fonts: &FONTS,
            tree: &mut tree,
        };
        drawing(&mut sheet);
        sheet.surface.finish();
    }
    page.finish();
    document.set_tag_tree(tree);
    document.set_metadata(
        Metadata::new()
            .title(about.title.clone())
            .language(about.language_tag())
            .authors(vec![about.author.clone()])
            .creator("clavero".to_owned())
            .keywords(about.keywords.clone())
            .creation_date(pdf_date(about.created))
            .document_id(about.id.clone()),
    );
    document.set_outline(krilla::outline::Outline::new());
    document
        .finish()
        .map_err(|error| SheetError(format!("{error:?}")))
}

impl Sheet<'_> {
    /// One line at a baseline, part of whatever group the caller builds.
    pub(crate) fn line(&mut self, x: f32, baseline: f32, style: Style, text: &str) -> Identifier {
        let text = self.printable(text, style.bold);
        let id = self
            .surface
            .start_tagged(ContentTag::Span(SpanTag::empty()));
        self.ink(style, x, baseline, &text);
        self.surface.end_tagged();
        id
    }

    /// The same, without a place in the reading order (decoration, repeated text).
    pub(crate) fn decoration(&mut self, x: f32, baseline: f32, style: Style, text: &str) {
        let text = self.printable(text, style.bold);
        self.artifact(|sheet| sheet.ink(style, x, baseline, &text));
    }

    /// Text broken into lines of at most `width`; returns the spans and the baseline of the next line.
    pub(crate) fn wrapped(
        &mut self,
        (x, baseline, width): (f32, f32, f32),
        style: Style,
        text: &str,
    ) -> (Vec<Identifier>, f32) {
        let mut y = baseline;
        let mut ids = Vec::new();
        for line in self.break_lines(text, width, style) {
            // The blank at the end keeps words apart when a reader joins the lines (PDF/UA-1 §7.2).
            ids.push(self.line(x, y, style, &format!("{line} ")));
            y += style.leading;
        }
        (ids, y)
    }

    /// A paragraph of its own; returns the baseline of the next line.
    pub(crate) fn paragraph(&mut self, place: (f32, f32, f32), style: Style, text: &str) -> f32 {
        let (ids, y) = self.wrapped(place, style, text);
        self.group(Tag::P, ids);
        y
    }

    /// A heading of level 1 to 6; returns the baseline of the next line.
    pub(crate) fn heading(
        &mut self,
        level: u16,
        place: (f32, f32, f32),
        style: Style,
        text: &str,
    ) -> f32 {
        let (ids, y) = self.wrapped(place, style, text);
        let level = NonZeroU16::new(level.max(1)).expect("at least one");
        self.group(Tag::Hn(level, Some(text.to_owned())), ids);
        y
    }

    /// Adds a group of spans to the reading order.
    pub(crate) fn group(
        &mut self,
        tag: impl Into<krilla::tagging::TagKind>,
        ids: impl IntoIterator<Item = Identifier>,
    ) {
        let mut group = TagGroup::new(tag);
        for id in ids {
            group.push(id);
        }
        self.tree.push(group);
    }

    /// Adds a finished group, for tables and lists.
    pub(crate) fn push(&mut self, group: TagGroup) {
        self.tree.push(group);
    }

    /// A filled or framed box, as decoration.
    pub(crate) fn frame(
        &mut self,
        (x, y, width, height): (f32, f32, f32, f32),
        fill: Option<(u8, u8, u8)>,
        stroke: Option<(u8, u8, u8)>,
        dashed: bool,
    ) {
        let Some(rect) = Rect::from_xywh(x, y, width, height) else {
            return;
        };
        let mut path = PathBuilder::new();
        path.push_rect(rect);
        let Some(path) = path.finish() else { return };
        self.artifact(|sheet| {
            sheet.surface.set_fill(fill.map(solid));
            sheet.surface.set_stroke(stroke.map(|color| Stroke {
                paint: rgb::Color::new(color.0, color.1, color.2).into(),
                width: 0.7,
                dash: dashed.then(|| StrokeDash {
                    array: vec![3.0, 3.0],
                    offset: 0.0,
                }),
                ..Stroke::default()
            }));
            sheet.surface.draw_path(&path);
            sheet.surface.set_stroke(None);
        });
    }

    /// A QR code (ISO/IEC 18004) drawn as one vector path, with its text as alternative description.
    pub(crate) fn qr(&mut self, x: f32, y: f32, side: f32, text: &str, alternative: &str) {
        let Some(path) = qr_path(x, y, side, text) else {
            return;
        };
        let id = self.surface.start_tagged(ContentTag::Other);
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(solid(INK)));
        self.surface.draw_path(&path);
        self.surface.end_tagged();
        let bbox = Rect::from_xywh(x, y, side, side)
            .map(|rect| krilla::tagging::BBox { page_idx: 0, rect });
        self.group(
            Tag::Figure(Some(alternative.to_owned())).with_bbox(bbox),
            [id],
        );
    }

    /// Height of a text when it is broken into lines of at most `width`.
    pub(crate) fn height(&self, text: &str, width: f32, style: Style) -> f32 {
        self.break_lines(text, width, style)
            .iter()
            .map(|_| style.leading)
            .sum()
    }

    fn artifact(&mut self, drawing: impl FnOnce(&mut Self)) {
        self.surface
            .start_tagged(ContentTag::Artifact(Artifact::with_kind(
                ArtifactType::Layout,
            )));
        drawing(self);
        self.surface.end_tagged();
    }

    fn ink(&mut self, style: Style, x: f32, baseline: f32, text: &str) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(solid(style.color)));
        let font = self.fonts.pick(style.bold).font.clone();
        self.surface.draw_text(
            Point::from_xy(x, baseline),
            font,
            style.size,
            text,
            false,
            TextDirection::LeftToRight,
        );
    }

    /// Composed letters only; control and direction marks become blanks, letters the font lacks become `?`.
    fn printable(&self, text: &str, bold: bool) -> String {
        let face = &self.fonts.pick(bold).face;
        text.nfc()
            .map(|c| match c {
                c if c.is_control() || c.is_whitespace() => ' ',
                c if face.glyph_index(c).is_some() => c,
                _ => '?',
            })
            .collect()
    }

    fn break_lines(&self, text: &str, width: f32, style: Style) -> Vec<String> {
        let typeface = self.fonts.pick(style.bold);
        let blank = typeface.advance(' ');
        let mut lines = vec![String::new()];
        // Width of the last line so far.
        let mut taken = 0;
        for word in text
            .split_whitespace()
            .flat_map(|word| self.break_word(word, width, style))
        {
            let last = lines.last_mut().expect("never empty");
            let units = typeface.units(&word);
            if last.is_empty() {
                *last = word;
                taken = units;
            } else if typeface.points(taken + blank + units, style) <= width {
                last.push(' ');
                last.push_str(&word);
                taken += blank + units;
            } else {
                lines.push(word);
                taken = units;
            }
        }
        lines
    }

    /// A word longer than a whole line (a long e-mail address) is cut, so that it never leaves the page.
    fn break_word(&self, word: &str, width: f32, style: Style) -> Vec<String> {
        let typeface = self.fonts.pick(style.bold);
        let mut parts = vec![String::new()];
        let mut taken = 0;
        for c in word.chars() {
            let last = parts.last_mut().expect("never empty");
            let units = typeface.advance(c);
            if !last.is_empty() && typeface.points(taken + units, style) > width {
                parts.push(c.to_string());
                taken = units;
            } else {
                last.push(c);
                taken += units;
            }
        }
        parts
    }
}

fn solid(color: (u8, u8, u8)) -> Fill {
    Fill {
        paint: rgb::Color::new(color.0, color.1, color.2).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }
}

fn qr_path(x: f32, y: f32, side: f32, text: &str) -> Option<Path> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).ok()?;
    let width = u16::try_from(code.width()).ok()?;
    let module = side / f32::from(width);
    let mut path = PathBuilder::new();
    for row in 0..width {
        for column in 0..width {
            if code[(usize::from(column), usize::from(row))] == qrcode::Color::Dark {
                path.push_rect(Rect::from_xywh(
                    x + f32::from(column) * module,
                    y + f32::from(row) * module,
                    module,
                    module,
                )?);
            }
        }
    }
    path.finish()
}

/// Continental Ecuador keeps UTC−5 all year round; the Galápagos (UTC−6) read the same hour with its zone beside it.
pub(crate) const ECUADOR: Offset = Offset::constant(-5);

fn pdf_date(at: Timestamp) -> DateTime {
    let local = ECUADOR.to_datetime(at);
    let part = |value: i8| u8::try_from(value).unwrap_or(0);
    DateTime::new(u16::try_from(local.year()).unwrap_or(0))
        .month(part(local.month()))
        .day(part(local.day()))
        .hour(part(local.hour()))
        .minute(part(local.minute()))
        .second(part(local.second()))
        .utc_offset_hour(-5)
        .utc_offset_minute(0)
}
