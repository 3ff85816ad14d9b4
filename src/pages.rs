//! Images of the pages of what was signed, for the eyes of a reviewer (PRODUCT threats 9 and 12): drawn by `hayro` in a
//! child process of our own binary, without network, files, secrets or environment and within limits (`sandbox`). A
//! document never reaches the reviewer's browser itself.
//!
//! What is drawn are the bytes up to the end of the last revision that a passed signature closes ([`SignedRevision`]), so
//! nothing that was added later can show. The child answers in a strict frame of plain pixels ([`frame`]), and the PNG
//! is written here: whatever a child that was taken over says, what leaves is an image of the size that was asked for.
//!
//! Images are remembered in memory only, within a limit. They show personal data; nothing of a document that was erased
//! must lie in another folder.

mod cache;
mod draw;
pub mod frame;
mod picture;
mod revision;

use std::ops::RangeInclusive;
use std::process::ExitCode;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;

use self::cache::{Cache, Key};
use self::frame::{Answer, Asked};
pub use self::revision::{Shown, SignedRevision};
use crate::sandbox::{self, Limits, OwnBinary, SandboxError};
use crate::threads;

/// Name of the hidden command under which the binary runs as the child.
pub const CHILD_COMMAND: &str = "draw-page";

/// An A4 page of 600 dpi scans takes a third of the memory and two seconds on a release build.
const LIMITS: Limits = Limits {
    memory: 1 << 30,
    processor: 10,
};

/// Widths in pixels that may be asked for: legible at the least, sharp on a large screen at the most.
pub const WIDTHS: RangeInclusive<u16> = 200..=1600;

/// Bytes of images that are remembered: some hundreds of pages.
const CACHE_BYTES: usize = 64 << 20;

/// One page as an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageImage {
    /// The image, PNG.
    pub png: Bytes,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Pages of the document.
    pub pages: u32,
    /// Whether a font or an image of the page could not be drawn: something may be missing.
    pub incomplete: bool,
}

/// Why there is no image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The document has fewer pages.
    #[error("the document has {pages} pages")]
    NoSuchPage {
        /// So many.
        pages: u32,
    },
    /// The page is too complex or damaged, or the document is no PDF.
    #[error("the page can't be drawn")]
    Undrawable,
    /// Our fault: no child could be started.
    #[error("no page can be drawn at present")]
    Unavailable,
}

/// Draws pages. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pages {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    program: OwnBinary,
    cache: Cache,
    at_once: Semaphore,
}

impl Pages {
    /// Pages drawn by children of `program`.
    #[must_use]
    pub fn new(program: OwnBinary) -> Self {
        // Half of the processors: reviewers who leaf through a document must not hold up decisions.
        let cpus = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            inner: Arc::new(Inner {
                program,
                cache: Cache::new(CACHE_BYTES),
                at_once: Semaphore::new((cpus / 2).max(1)),
            }),
        }
    }

    /// The image of a page (the first is 1), `width` pixels wide, or narrower where the page is very long. A width that may
    /// not be asked for is taken for the nearest one that may.
    ///
    /// # Errors
    /// When there is no such page or it can't be drawn; the same question then gets the same answer.
    pub async fn image(
        &self,
        signed: &SignedRevision,
        page: u32,
        width: u16,
    ) -> Result<PageImage, PageError> {
        let asked = Asked {
            page,
            width: width.clamp(*WIDTHS.start(), *WIDTHS.end()),
        };
        let key = Key {
            sha256: signed.sha256(),
            asked,
        };
        if let Some(known) = self.inner.cache.get(key) {
            return known;
        }
        let permit = self.inner.at_once.acquire().await;
        let _permit = permit.map_err(|_| PageError::Unavailable)?;
        // Somebody else may have asked the same while this one waited.
        if let Some(known) = self.inner.cache.get(key) {
            return known;
        }
        let (program, document) = (self.inner.program.clone(), signed.bytes().clone());
        let drawn = threads::occupy(move || draw_outside(&program, &document, asked))
            .await
            .map_err(|_| PageError::Unavailable)?;
        if drawn != Err(PageError::Unavailable) {
            self.inner.cache.put(key, drawn.clone());
        }
        drawn
    }
}

/// Has a child draw, and writes its pixels as PNG.
fn draw_outside(program: &OwnBinary, pdf: &[u8], asked: Asked) -> Result<PageImage, PageError> {
    let (page, width) = (asked.page.to_string(), asked.width.to_string());
    let answer = program
        .ask(&[CHILD_COMMAND, &page, &width], pdf, frame::LONGEST)
        .map_err(|error| match error {
            SandboxError::Start(error) => {
                tracing::error!(%error, "no child can be started to draw a page");
                PageError::Unavailable
            }
            SandboxError::Died => PageError::Undrawable,
        })?;
    match frame::read(&answer, asked).ok_or(PageError::Undrawable)? {
        Answer::NoSuchPage { pages } => Err(PageError::NoSuchPage { pages }),
        Answer::Drawn(drawn) => Ok(PageImage {
            png: png(&drawn).ok_or(PageError::Undrawable)?.into(),
            width: drawn.width,
            height: drawn.height,
            pages: drawn.pages,
            incomplete: drawn.incomplete,
        }),
    }
}

fn png(drawn: &frame::Drawn<'_>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, drawn.width.into(), drawn.height.into());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(drawn.pixels).ok()?;
    writer.finish().ok()?;
    Some(out)
}

/// What the child does: limits itself, reads a PDF from standard input, writes one page as a frame of pixels.
#[must_use]
pub fn child(page: u32, width: u16) -> ExitCode {
    sandbox::child(LIMITS, |pdf| draw::draw(pdf, Asked { page, width }))
}
