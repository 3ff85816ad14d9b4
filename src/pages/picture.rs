//! Photographs and screenshots of papers (JPEG, PNG) put on a page of their own, so that the one child that draws pages draws
//! them too. Nothing is decoded here: only the few bytes that say how large the picture is, and how the camera was held, are
//! read (ITU-T T.81 §B.2.2, Exif §4.6.4, PNG §11.2), and its data goes as it is into an image of a PDF (ISO 32000-2 §8.9.5).

/// Width of the page in points: A4.
const PAGE: u64 = 595;

/// Mixes a colour with white paper by how much of it is there (ISO 32000-2 §7.10.5): `c a` becomes `c × a + (1 − a)`, once or
/// for three colours. An image whose last component is its opacity needs no mask, which would have to be decoded first.
const GRAY_ON_WHITE: &str = "{ dup 1 exch sub 3 1 roll mul add }";
const RGB_ON_WHITE: &str = "{ dup 1 exch sub \
     5 -1 roll 2 index mul 1 index add 5 1 roll \
     4 -1 roll 2 index mul 1 index add 4 1 roll \
     3 -1 roll 2 index mul 1 index add 3 1 roll pop pop }";

/// A picture as an image of a PDF names it.
struct Picture<'a> {
    width: u32,
    height: u32,
    held: Held,
    /// `/ColorSpace` and everything that depends on the format.
    about: String,
    /// What turns its components into colours where the colour space asks for that.
    mixing: Option<Mixing>,
    data: Vec<&'a [u8]>,
}

/// The picture as a document of one page; nothing when it is none that can be put on one.
pub(super) fn on_a_page(bytes: &[u8]) -> Option<Vec<u8>> {
    on_its_page(&jpeg(bytes).or_else(|| png(bytes))?)
}

fn on_its_page(picture: &Picture<'_>) -> Option<Vec<u8>> {
    if picture.width == 0 || picture.height == 0 {
        return None;
    }
    let (across, down) = if picture.held.lies() {
        (picture.height, picture.width)
    } else {
        (picture.width, picture.height)
    };
    let height = (PAGE * u64::from(down) / u64::from(across)).max(1);
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
    let show = format!("q {} cm /Foto Do Q", picture.held.matrix(PAGE, height));
    file.stream(&format!("<< /Length {} >>", show.len()), &[show.as_bytes()]);
    if let Some(mixing) = &picture.mixing {
        file.stream(&mixing.head(), &[mixing.program.as_bytes()]);
    }
    Some(file.finish())
}

/// How the camera was held: where the first row and the first column of the pixels belong (Exif §4.6.4, `Orientation`, 1 to
/// 8). Telephones turn nothing, they say so here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Held(u32);

impl Held {
    const UPRIGHT: Self = Self(1);

    /// Whether rows of pixels are columns of the picture.
    fn lies(self) -> bool {
        self.0 >= 5
    }

    /// Puts the unit square of an image upright on a page (ISO 32000-2 §8.3.3).
    fn matrix(self, width: u64, height: u64) -> String {
        let (w, h) = (width, height);
        match self.0 {
            2 => format!("-{w} 0 0 {h} {w} 0"),
            3 => format!("-{w} 0 0 -{h} {w} {h}"),
            4 => format!("{w} 0 0 -{h} 0 {h}"),
            5 => format!("0 -{h} -{w} 0 {w} {h}"),
            6 => format!("0 -{h} {w} 0 0 {h}"),
            7 => format!("0 {h} {w} 0 0 0"),
            8 => format!("0 {h} -{w} 0 {w} 0"),
            _ => format!("{w} 0 0 {h} 0 0"),
        }
    }
}

/// What the application segment of a camera says of how it was held (Exif §4.5.2, a TIFF file of its own).
fn held(segment: &[u8]) -> Option<Held> {
    /// `Orientation`, one short.
    const TAG: u32 = 0x0112;
    const ENTRY: usize = 12;
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let little = match tiff.get(..4)? {
        [b'I', b'I', 42, 0] => true,
        [b'M', b'M', 0, 42] => false,
        _ => return None,
    };
    let number = |at: usize, length: usize| {
        let bytes = tiff.get(at..at.checked_add(length)?)?;
        let add = |number: u32, byte: &u8| number << 8 | u32::from(*byte);
        Some(if little {
            bytes.iter().rev().fold(0, add)
        } else {
            bytes.iter().fold(0, add)
        })
    };
    let directory = usize::try_from(number(4, 4)?).ok()?;
    let entries = usize::try_from(number(directory, 2)?).ok()?;
    let first = directory.checked_add(2)?;
    (0..entries)
        .map_while(|index| first.checked_add(index.checked_mul(ENTRY)?))
        .find(|entry| number(*entry, 2) == Some(TAG))
        .and_then(|entry| number(entry.checked_add(8)?, 2))
        .filter(|value| (1..=8).contains(value))
        .map(Held)
}

/// A function of components between 0 and 1, each, which gives as many colours.
struct Mixing {
    components: usize,
    colours: usize,
    program: &'static str,
}

impl Mixing {
    const GRAY: Self = Self {
        components: 2,
        colours: 1,
        program: GRAY_ON_WHITE,
    };
    const RGB: Self = Self {
        components: 4,
        colours: 3,
        program: RGB_ON_WHITE,
    };

    /// Its dictionary (ISO 32000-2 §7.10.5).
    fn head(&self) -> String {
        let (domain, range) = ("0 1 ".repeat(self.components), "0 1 ".repeat(self.colours));
        let length = self.program.len();
        format!("<< /FunctionType 4 /Domain [{domain}] /Range [{range}] /Length {length} >>")
    }
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
    let mut orientation = None;
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
                held: orientation.unwrap_or(Held::UPRIGHT),
                about: format!("/ColorSpace {space} /BitsPerComponent 8 /Filter /DCTDecode"),
                mixing: None,
                data: vec![bytes],
            });
        }
        // Scan data, or the end: no frame came before it.
        if matches!(marker, 0xd9 | 0xda) || length < 2 {
            return None;
        }
        let end = at.checked_add(2)?.checked_add(length)?;
        if marker == 0xe1 {
            let segment = bytes.get(at.checked_add(4)?..end);
            orientation = orientation.or(segment.and_then(held));
        }
        at = end;
    }
}

/// The data of a PNG is what a PDF takes, except for interlacing; opacity is one more component.
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
    let (space, components, mixing) = match kind {
        0 => ("/DeviceGray".to_owned(), 1, None),
        2 => ("/DeviceRGB".to_owned(), 3, None),
        3 => {
            let palette = palette?;
            let last = (palette.len() / 3).checked_sub(1)?;
            let hex: String = palette.iter().map(|byte| format!("{byte:02x}")).collect();
            (format!("[/Indexed /DeviceRGB {last} <{hex}>]"), 1, None)
        }
        4 => {
            let space = "[/DeviceN [/Gris /Opaco] /DeviceGray 6 0 R]".to_owned();
            (space, 2, Some(Mixing::GRAY))
        }
        6 => {
            let space = "[/DeviceN [/Rojo /Verde /Azul /Opaco] /DeviceRGB 6 0 R]".to_owned();
            (space, 4, Some(Mixing::RGB))
        }
        _ => return None,
    };
    Some(Picture {
        width,
        height,
        held: Held::UPRIGHT,
        mixing,
        about: format!(
            "/ColorSpace {space} /BitsPerComponent {bits} /Filter /FlateDecode \
             /DecodeParms << /Predictor 15 /Colors {components} /BitsPerComponent {bits} /Columns {width} >>"
        ),
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{draw, frame};
    use super::*;

    /// A picture 2 pixels wide, as `png` writes it.
    fn small_png(color: png::ColorType, height: u32, pixels: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 2, height);
        encoder.set_color(color);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(pixels).unwrap();
        drop(writer);
        bytes
    }

    /// The four corners of what the child draws, row by row, and its height at a width of 200.
    fn corners(page: Vec<u8>) -> ([[u8; 3]; 4], u16) {
        let asked = frame::Asked {
            page: 1,
            width: 200,
        };
        let drawn = draw::draw(page, asked).unwrap();
        let frame::Answer::Drawn(drawn) = frame::read(&drawn, asked).unwrap() else {
            panic!("not drawn");
        };
        assert_eq!((drawn.pages, drawn.incomplete), (1, false));
        let (width, height) = (usize::from(drawn.width), usize::from(drawn.height));
        let at = |x: usize, y: usize| {
            let start = (y * width + x) * 3;
            drawn.pixels[start..start + 3].try_into().unwrap()
        };
        // The last row may show some of the paper, where the page ends within it.
        let (right, bottom) = (width - 1, height - 3);
        (
            [at(0, 0), at(right, 0), at(0, bottom), at(right, bottom)],
            drawn.height,
        )
    }

    const RED: [u8; 3] = [255, 0, 0];
    const GREEN: [u8; 3] = [0, 255, 0];
    const BLUE: [u8; 3] = [0, 0, 255];
    const WHITE: [u8; 3] = [255; 3];
    const BLACK: [u8; 3] = [0; 3];

    #[test]
    fn a_picture_becomes_a_page_that_the_child_draws() {
        let pixels = [RED, WHITE, WHITE, BLUE].concat();
        let page = on_a_page(&small_png(png::ColorType::Rgb, 2, &pixels)).unwrap();
        assert_eq!(corners(page), ([RED, WHITE, WHITE, BLUE], 200));
    }

    #[test]
    fn what_is_transparent_shows_the_paper() {
        // As programs write a screenshot: what is not there is black and transparent.
        let pixels = [
            [255, 0, 0, 255],
            [0, 0, 0, 0],
            [0, 0, 0, 255],
            [0, 255, 0, 255],
        ]
        .concat();
        let page = on_a_page(&small_png(png::ColorType::Rgba, 2, &pixels)).unwrap();
        assert_eq!(corners(page), ([RED, WHITE, BLACK, GREEN], 200));

        let pixels = [0, 255, 0, 0, 255, 255, 51, 255];
        let page = on_a_page(&small_png(png::ColorType::GrayscaleAlpha, 2, &pixels)).unwrap();
        assert_eq!(corners(page), ([BLACK, WHITE, WHITE, [51; 3]], 200));

        // Half of it is there: halfway between black and the paper.
        let pixels = [0, 128].repeat(4);
        let page = on_a_page(&small_png(png::ColorType::GrayscaleAlpha, 2, &pixels)).unwrap();
        assert_eq!(corners(page).0, [[127; 3]; 4]);
    }

    /// What a telephone writes before the picture: byte order, one directory with a maker before the orientation.
    fn camera(little: bool, orientation: u16) -> Vec<u8> {
        let two = |number: u16| {
            if little {
                number.to_le_bytes()
            } else {
                number.to_be_bytes()
            }
        };
        let four = |number: u32| {
            if little {
                number.to_le_bytes()
            } else {
                number.to_be_bytes()
            }
        };
        let mut segment = b"Exif\0\0".to_vec();
        segment.extend(if little { b"II" } else { b"MM" });
        segment.extend(two(42));
        segment.extend(four(8));
        segment.extend(two(2));
        segment.extend([two(0x010f), two(2)].concat());
        segment.extend([four(4), *b"ABC\0"].concat());
        segment.extend([two(0x0112), two(3)].concat());
        segment.extend(four(1));
        segment.extend([two(orientation), two(0)].concat());
        segment.extend(four(0));
        segment
    }

    #[test]
    fn the_orientation_of_a_camera_is_read_in_both_byte_orders() {
        for little in [true, false] {
            for orientation in 1..=8 {
                let segment = camera(little, orientation);
                assert_eq!(held(&segment), Some(Held(u32::from(orientation))));
                for cut in 0..segment.len() - 6 {
                    assert_eq!(held(&segment[..cut]), None, "cut at {cut}");
                }
            }
            for nonsense in [0, 9, 0x0600] {
                assert_eq!(held(&camera(little, nonsense)), None);
            }
        }
        assert_eq!(held(b"Exif\0\0XX*\0\0\0\0\x08"), None);
        assert_eq!(
            held(b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>"),
            None,
            "the other thing that stands there"
        );
    }

    #[test]
    fn a_picture_is_turned_as_the_camera_was_held() {
        // 2 pixels wide and 4 high; the corners, row by row, as the sensor saw them.
        let pixels = [RED, GREEN, RED, GREEN, BLUE, BLACK, BLUE, BLACK].concat();
        let file = small_png(png::ColorType::Rgb, 4, &pixels);
        // Where each corner of the sensor belongs (Exif §4.6.4, table 5 of `Orientation`).
        let expected = [
            (1, [RED, GREEN, BLUE, BLACK]),
            (2, [GREEN, RED, BLACK, BLUE]),
            (3, [BLACK, BLUE, GREEN, RED]),
            (4, [BLUE, BLACK, RED, GREEN]),
            (5, [RED, BLUE, GREEN, BLACK]),
            (6, [BLUE, RED, BLACK, GREEN]),
            (7, [BLACK, GREEN, BLUE, RED]),
            (8, [GREEN, BLACK, RED, BLUE]),
        ];
        for (orientation, corners_expected) in expected {
            let picture = Picture {
                held: Held(orientation),
                ..png(&file).unwrap()
            };
            let height = if orientation < 5 { 400 } else { 100 };
            let page = on_its_page(&picture).unwrap();
            assert_eq!(corners(page), (corners_expected, height), "{orientation}");
        }
    }

    #[test]
    fn the_head_of_a_photograph_says_how_large_it_is() {
        let mut photo = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0];
        photo.extend([0xff, 0xc0, 0, 17, 8, 0, 30, 0, 40, 3]);
        photo.extend([0; 9]);
        let picture = jpeg(&photo).unwrap();
        assert_eq!((picture.width, picture.height), (40, 30));
        assert!(picture.about.contains("/DeviceRGB"));
        assert_eq!(picture.held, Held::UPRIGHT);
        for cut in 0..photo.len() {
            // Whatever is missing, it is told and nothing breaks.
            let _ = on_a_page(&photo[..cut]);
        }
        assert!(on_a_page(b"%PDF-1.7").is_none());

        let segment = camera(false, 6);
        let length = u16::try_from(segment.len() + 2).unwrap();
        let mut turned = vec![0xff, 0xd8, 0xff, 0xe1];
        turned.extend(length.to_be_bytes());
        turned.extend(segment);
        turned.extend(&photo[2..]);
        assert_eq!(jpeg(&turned).unwrap().held, Held(6));
        for cut in 0..turned.len() {
            let _ = on_a_page(&turned[..cut]);
        }
    }
}
