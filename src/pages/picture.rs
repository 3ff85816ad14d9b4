//! Photographs and screenshots of papers (JPEG, PNG) put on a page of their own, so that the one child that draws pages draws
//! them too. Nothing is decoded here: only the few bytes that say how large the picture is are read (ITU-T T.81 §B.2.2,
//! PNG §11.2), and its data goes as it is into an image of a PDF (ISO 32000-2 §8.9.5).

/// Width of the page in points: A4.
const PAGE: u64 = 595;

/// A picture as an image of a PDF names it.
struct Picture<'a> {
    width: u32,
    height: u32,
    /// `/ColorSpace` and everything that depends on the format.
    about: String,
    data: Vec<&'a [u8]>,
}

/// The picture as a document of one page; nothing when it is none that can be put on one.
pub(super) fn on_a_page(bytes: &[u8]) -> Option<Vec<u8>> {
    let picture = jpeg(bytes).or_else(|| png(bytes))?;
    if picture.width == 0 || picture.height == 0 {
        return None;
    }
    let height = (PAGE * u64::from(picture.height) / u64::from(picture.width)).max(1);
    let length: usize = picture.data.iter().map(|part| part.len()).sum();
    let mut file = Writer::default();
    file.object("<< /Type /Catalog /Pages 2 0 R >>");
    file.object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    file.object(&format!(
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {PAGE} {height}] /Contents 5 0 R \
         /Resources << /XObject << /Foto 4 0 R >> >> >>"
    ));
    let head = format!(
        "<< /Type /XObject /Subtype /Image /Width {} /Height {} {} /Length {length} >>",
        picture.width, picture.height, picture.about
    );
    file.stream(&head, &picture.data);
    let show = format!("q {PAGE} 0 0 {height} 0 0 cm /Foto Do Q");
    file.stream(&format!("<< /Length {} >>", show.len()), &[show.as_bytes()]);
    Some(file.finish())
}

/// A file that grows object by object.
#[derive(Default)]
struct Writer {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Writer {
    fn begin(&mut self) {
        if self.places.is_empty() {
            self.bytes.extend_from_slice(b"%PDF-1.7\n");
        }
        self.places.push(self.bytes.len());
        let number = self.places.len();
        self.bytes
            .extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    }

    fn object(&mut self, text: &str) {
        self.begin();
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.extend_from_slice(b"\nendobj\n");
    }

    fn stream(&mut self, head: &str, parts: &[&[u8]]) {
        self.begin();
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(b"\nstream\n");
        for part in parts {
            self.bytes.extend_from_slice(part);
        }
        self.bytes.extend_from_slice(b"\nendstream\nendobj\n");
    }

    fn finish(mut self) -> Vec<u8> {
        let start = self.bytes.len();
        let size = self.places.len() + 1;
        let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
        for place in &self.places {
            let row = format!("{place:010} 00000 n \n");
            table += &row;
        }
        let trailer =
            format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
        table += &trailer;
        self.bytes.extend_from_slice(table.as_bytes());
        self.bytes
    }
}

fn two(bytes: &[u8], at: usize) -> Option<u32> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u32::from(u16::from_be_bytes(pair.try_into().ok()?)))
}

fn four(bytes: &[u8], at: usize) -> Option<u32> {
    let quad = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(quad.try_into().ok()?))
}

/// The frame header of a JPEG says size and components; the decoder of the child takes the whole file.
fn jpeg(bytes: &[u8]) -> Option<Picture<'_>> {
    let mut at = bytes.starts_with(&[0xff, 0xd8]).then_some(2_usize)?;
    loop {
        let [0xff, marker] = *bytes.get(at..at.checked_add(2)?)? else {
            return None;
        };
        let length = usize::try_from(two(bytes, at.checked_add(2)?)?).ok()?;
        let frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if frame {
            let (height, width) = (
                two(bytes, at.checked_add(5)?)?,
                two(bytes, at.checked_add(7)?)?,
            );
            let space = match bytes.get(at.checked_add(9)?)? {
                1 => "/DeviceGray",
                3 => "/DeviceRGB",
                // Printers' colours are stored the wrong way round by the programs that write them.
                4 => "/DeviceCMYK /Decode [1 0 1 0 1 0 1 0]",
                _ => return None,
            };
            return Some(Picture {
                width,
                height,
                about: format!("/ColorSpace {space} /BitsPerComponent 8 /Filter /DCTDecode"),
                data: vec![bytes],
            });
        }
        // Scan data, or the end: no frame came before it.
        if matches!(marker, 0xd9 | 0xda) || length < 2 {
            return None;
        }
        at = at.checked_add(2)?.checked_add(length)?;
    }
}

/// The data of a PNG is what a PDF takes, except for transparency and interlacing.
fn png(bytes: &[u8]) -> Option<Picture<'_>> {
    let mut at = bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some(8_usize)?;
    let (mut head, mut palette, mut data) = (None, None, Vec::new());
    while let Some(length) = four(bytes, at) {
        let body = at.checked_add(8)?;
        let end = body.checked_add(usize::try_from(length).ok()?)?;
        let content = bytes.get(body..end)?;
        match bytes.get(at.checked_add(4)?..body)? {
            b"IHDR" => head = Some(content),
            b"PLTE" => palette = Some(content),
            b"IDAT" => data.push(content),
            b"IEND" => break,
            _ => {}
        }
        at = end.checked_add(4)?;
    }
    let head = head?;
    let (width, height) = (four(head, 0)?, four(head, 4)?);
    let [bits, kind, 0, 0, 0] = *head.get(8..13)? else {
        return None;
    };
    let (space, colours) = match kind {
        0 => ("/DeviceGray".to_owned(), 1),
        2 => ("/DeviceRGB".to_owned(), 3),
        3 => {
            let palette = palette?;
            let last = (palette.len() / 3).checked_sub(1)?;
            let hex: String = palette.iter().map(|byte| format!("{byte:02x}")).collect();
            (format!("[/Indexed /DeviceRGB {last} <{hex}>]"), 1)
        }
        _ => return None,
    };
    Some(Picture {
        width,
        height,
        about: format!(
            "/ColorSpace {space} /BitsPerComponent {bits} /Filter /FlateDecode \
             /DecodeParms << /Predictor 15 /Colors {colours} /BitsPerComponent {bits} /Columns {width} >>"
        ),
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Red and white in turns, 2 × 2, as `png` writes it.
    fn small_png() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, 2);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header().unwrap();
        writer
            .write_image_data(&[255, 0, 0, 255, 255, 255, 255, 255, 255, 255, 0, 0])
            .unwrap();
        drop(writer);
        bytes
    }

    #[test]
    fn a_picture_becomes_a_page_that_the_child_draws() {
        let page = on_a_page(&small_png()).unwrap();
        let asked = super::super::frame::Asked {
            page: 1,
            width: 200,
        };
        let frame = super::super::draw::draw(page, asked).unwrap();
        let answer = super::super::frame::read(&frame, asked).unwrap();
        let super::super::frame::Answer::Drawn(drawn) = answer else {
            panic!("not drawn");
        };
        assert_eq!(
            (drawn.pages, drawn.width, drawn.incomplete),
            (1, 200, false)
        );
        // The first corner is red, the next one white.
        assert_eq!(drawn.pixels.get(..3), Some(&[255, 0, 0][..]));
        assert_eq!(drawn.pixels.get(597..600), Some(&[255, 255, 255][..]));
    }

    #[test]
    fn the_head_of_a_photograph_says_how_large_it_is() {
        let mut photo = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0];
        photo.extend([0xff, 0xc0, 0, 17, 8, 0, 30, 0, 40, 3]);
        photo.extend([0; 9]);
        let picture = jpeg(&photo).unwrap();
        assert_eq!((picture.width, picture.height), (40, 30));
        assert!(picture.about.contains("/DeviceRGB"));
        for cut in 0..photo.len() {
            // Whatever is missing, it is told and nothing breaks.
            let _ = on_a_page(&photo[..cut]);
        }
        assert!(on_a_page(b"%PDF-1.7").is_none());
    }
}
