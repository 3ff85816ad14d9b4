//! What the child that draws says to its parent: a head of fixed length and, when a page was drawn, exactly as many
//! pixels as the head promises. The parent believes none of it beyond that: a wrong length, a size that was not asked for
//! or an unknown word is no answer.
//!
//! ```text
//! 8  mark      "CLVPAGE1"
//! 1  word      0 drawn, 1 drawn but something could not be, 2 no such page
//! 4  pages     of the document, big-endian like the rest
//! 2  width     in pixels; 0 without an image, as is
//! 2  height
//! n  pixels    width × height × 3 bytes, red green blue, row by row from the top
//! ```

/// First bytes of a frame.
const MARK: &[u8; 8] = b"CLVPAGE1";

/// Length of the head.
const HEAD: usize = 17;

/// An image is at most so many times as high as the width that was asked for; a longer page comes out narrower.
pub(super) const LONGEST_RATIO: u16 = 3;

/// Bytes of one pixel.
const PIXEL: usize = 3;

/// Pages beyond which a document is not a document any more.
const MOST_PAGES: u32 = 100_000;

/// Bytes of the longest frame: the widest image at its greatest height.
pub const LONGEST: u64 = {
    let width = *super::WIDTHS.end() as u64;
    HEAD as u64 + width * width * LONGEST_RATIO as u64 * PIXEL as u64
};

/// Which page, how wide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The page; the first is 1.
    pub page: u32,
    /// Width in pixels.
    pub width: u16,
}

/// What the child said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'a> {
    /// Here it is.
    Drawn(Drawn<'a>),
    /// The document has fewer pages.
    NoSuchPage {
        /// So many.
        pages: u32,
    },
}

/// A page as pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn<'a> {
    /// Pages of the document.
    pub pages: u32,
    /// Width in pixels.
    pub width: u16,
    /// Height in pixels.
    pub height: u16,
    /// Whether something on the page could not be drawn.
    pub incomplete: bool,
    /// Red, green and blue of each pixel, row by row.
    pub pixels: &'a [u8],
}

/// Writes an answer.
#[must_use]
pub fn write(answer: Answer<'_>) -> Vec<u8> {
    let (word, pages, width, height, pixels) = match answer {
        Answer::Drawn(drawn) => (
            u8::from(drawn.incomplete),
            drawn.pages,
            drawn.width,
            drawn.height,
            drawn.pixels,
        ),
        Answer::NoSuchPage { pages } => (2, pages, 0, 0, &[][..]),
    };
    let mut frame = MARK.to_vec();
    frame.push(word);
    frame.extend_from_slice(&pages.to_be_bytes());
    frame.extend_from_slice(&width.to_be_bytes());
    frame.extend_from_slice(&height.to_be_bytes());
    frame.extend_from_slice(pixels);
    frame
}

/// Reads an answer to `asked`; nothing when it is none.
#[must_use]
pub fn read(frame: &[u8], asked: Asked) -> Option<Answer<'_>> {
    let rest = frame.strip_prefix(MARK)?;
    let (word, rest) = rest.split_first()?;
    let (pages, rest) = rest.split_first_chunk::<4>()?;
    let (width, rest) = rest.split_first_chunk::<2>()?;
    let (height, pixels) = rest.split_first_chunk::<2>()?;
    let pages = u32::from_be_bytes(*pages);
    let (width, height) = (u16::from_be_bytes(*width), u16::from_be_bytes(*height));
    if pages > MOST_PAGES {
        return None;
    }
    match word {
        0 | 1 => {
            let highest = asked.width.checked_mul(LONGEST_RATIO)?;
            let fits = (1..=asked.width).contains(&width)
                && (1..=highest).contains(&height)
                && (1..=pages).contains(&asked.page);
            let length = usize::from(width)
                .checked_mul(usize::from(height))?
                .checked_mul(PIXEL)?;
            (fits && pixels.len() == length).then_some(Answer::Drawn(Drawn {
                pages,
                width,
                height,
                incomplete: *word == 1,
                pixels,
            }))
        }
        2 => {
            let fits = width == 0 && height == 0 && pixels.is_empty();
            let absent = asked.page == 0 || asked.page > pages;
            (fits && absent).then_some(Answer::NoSuchPage { pages })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: Asked = Asked {
        page: 2,
        width: 200,
    };

    fn drawn(pages: u32, width: u16, height: u16, pixels: &[u8]) -> Vec<u8> {
        write(Answer::Drawn(Drawn {
            pages,
            width,
            height,
            incomplete: false,
            pixels,
        }))
    }

    #[test]
    fn what_is_written_is_read() {
        let pixels = vec![7; 200 * 10 * 3];
        for incomplete in [false, true] {
            let answer = Answer::Drawn(Drawn {
                pages: 2,
                width: 200,
                height: 10,
                incomplete,
                pixels: &pixels,
            });
            assert_eq!(read(&write(answer), ASKED), Some(answer));
        }
        let answer = Answer::NoSuchPage { pages: 1 };
        assert_eq!(read(&write(answer), ASKED), Some(answer));
    }

    #[test]
    fn a_frame_that_is_not_exactly_right_is_none() {
        let pixels = vec![7; 200 * 10 * 3];
        let good = drawn(2, 200, 10, &pixels);
        let mut wrong: Vec<Vec<u8>> = (0..good.len().min(40))
            .map(|length| good[..length].to_vec())
            .collect();
        wrong.push(good[..good.len() - 1].to_vec());
        wrong.push([&good[..], b"\0"].concat());
        wrong.push([b"\n", &good[..]].concat());
        for word in 2..=255 {
            let mut other = good.clone();
            other[8] = word;
            wrong.push(other);
        }
        wrong.push(drawn(1, 200, 10, &pixels));
        wrong.push(drawn(MOST_PAGES + 1, 200, 10, &pixels));
        wrong.push(drawn(2, 400, 5, &pixels));
        wrong.push(drawn(2, 0, 0, &[]));
        wrong.push(drawn(2, 2, 1000, &pixels));
        wrong.push(write(Answer::NoSuchPage { pages: 2 }));
        for frame in wrong {
            assert_eq!(
                read(&frame, ASKED),
                None,
                "{:?}",
                &frame[..frame.len().min(20)]
            );
        }
    }
}
