//! Draws one page with `hayro`. Runs in the child only: it repairs what it reads and has no limits of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::page::Page;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{RenderCache, RenderSettings, render};

use super::frame::{self, Answer, Asked, Drawn, LONGEST_RATIO};

/// The frame that answers `asked`; nothing when the document can't be read.
pub(super) fn draw(pdf: Vec<u8>, asked: Asked) -> Option<Vec<u8>> {
    let pdf = Pdf::new(pdf).ok()?;
    let pages = u32::try_from(pdf.pages().len()).ok()?;
    let index = asked.page.checked_sub(1).map(usize::try_from);
    let page = index.and_then(|index| pdf.pages().get(index.ok()?));
    let Some(page) = page else {
        return Some(frame::write(Answer::NoSuchPage { pages }));
    };
    let size = Size::of(page, asked.width)?;
    let incomplete = Arc::new(AtomicBool::new(false));
    let settings = InterpreterSettings {
        warning_sink: Arc::new({
            let incomplete = Arc::clone(&incomplete);
            move |_| incomplete.store(true, Ordering::Relaxed)
        }),
        ..InterpreterSettings::default()
    };
    let image = render(
        page,
        &RenderCache::new(),
        &settings,
        &RenderSettings {
            x_scale: size.scale,
            y_scale: size.scale,
            width: Some(size.width),
            height: Some(size.height),
            bg_color: WHITE,
        },
    );
    // On white paper nothing is transparent: the premultiplied colours are the colours.
    let pixels: Vec<u8> = image
        .data()
        .iter()
        .flat_map(|pixel| [pixel.r, pixel.g, pixel.b])
        .collect();
    Some(frame::write(Answer::Drawn(Drawn {
        pages,
        width: size.width,
        height: size.height,
        incomplete: incomplete.load(Ordering::Relaxed),
        pixels: &pixels,
    })))
}

/// How large a page becomes.
struct Size {
    scale: f32,
    width: u16,
    height: u16,
}

impl Size {
    fn of(page: &Page<'_>, width: u16) -> Option<Self> {
        let (across, down) = page.render_dimensions();
        let sensible = |length: f32| length.is_finite() && length > 0.0;
        if !sensible(across) || !sensible(down) {
            return None;
        }
        let (most_across, most_down) = (
            f32::from(width),
            f32::from(width) * f32::from(LONGEST_RATIO),
        );
        let scale = (most_across / across).min(most_down / down);
        // Rounded and clamped into the range of the type that is cast to.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let pixels = |length: f32, most: f32| (length * scale).round().clamp(1.0, most) as u16;
        sensible(scale).then(|| Self {
            scale,
            width: pixels(across, most_across),
            height: pixels(down, most_down),
        })
    }
}
