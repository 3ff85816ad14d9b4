//! Pages made to harm whoever draws them: scripts, bombs, drawings that hold one another, fonts and images that are none.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// One document whose first page is drawn.
pub struct Drawing {
    /// What is wrong with it.
    pub name: &'static str,
    /// The document.
    pub document: Vec<u8>,
}

pub fn all() -> Vec<Drawing> {
    let mut all = vec![
        drawing("no file", Vec::new()),
        drawing("no PDF", b"<svg onload=alert(1)></svg>".to_vec()),
        drawing("half a PDF", plain()[..300].to_vec()),
        with_content("a page with a script", SCRIPTED, b"0 0 50 50 re f"),
        with_content("a million of saved states", PAGE, &b"q ".repeat(1_000_000)),
        with_content(
            "a million of strokes",
            PAGE,
            &b"0 0 m 100 100 l S ".repeat(1_000_000),
        ),
        with_content(
            "dashes without number",
            PAGE,
            b"[0.0000001 0.0000001] 0 d 0 0 m 100000000 100000000 l S",
        ),
        with_content("numbers without sense", PAGE, NUMBERS),
        with_content("text in no font", PAGE, b"BT /F9 1e30 Tf (a) Tj ET"),
        form_in_itself(),
        forms_that_double(),
        pattern_of_itself(),
        type_3_font_of_itself(),
        function_of_functions(),
        shading_without_end(),
        bomb_of_content(),
        page_tree_of_loops(),
        pages_without_number(),
    ];
    for (name, kind, key) in [
        ("a TrueType font of noise", "TrueType", "FontFile2"),
        ("a Type 1 font of noise", "Type1", "FontFile"),
        ("a CFF font of noise", "Type1", "FontFile3 /X 1"),
    ] {
        all.push(font_of_noise(name, kind, key));
    }
    for filter in [
        "DCTDecode",
        "JPXDecode",
        "JBIG2Decode",
        "CCITTFaxDecode",
        "LZWDecode",
    ] {
        all.push(image(filter, 64, 64, &noise(4096)));
    }
    all.push(image("FlateDecode", 60_000, 60_000, &deflated(16 << 20)));
    all.push(image(
        "RunLengthDecode",
        2_000_000_000,
        2_000_000_000,
        b"\x81\0\x80",
    ));
    for (name, media_box) in [
        ("a page without size", "[0 0 0 0]"),
        ("a page turned inside out", "[100 100 0 0]"),
        ("a page like a thread", "[0 0 1 1000000]"),
        ("a page like a country", "[-1e30 -1e30 1e30 1e30]"),
        ("a page of words", "[/a (b) null <<>>]"),
    ] {
        let page = format!("/MediaBox {media_box}");
        all.push(with_content(name, &page, b"0 0 50 50 re f"));
    }
    all
}

/// A page that is in order.
pub fn plain() -> Vec<u8> {
    with_content("plain", PAGE, b"1 0 0 rg 0 0 50 50 re f").document
}

const PAGE: &str = "/MediaBox [0 0 100 100] /Resources << >>";

const SCRIPTED: &str = "/MediaBox [0 0 100 100] /AA << /O << /S /JavaScript /JS (app.alert(1)) >> >> \
                        /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /Launch /F (sh) >> >>]";

const NUMBERS: &[u8] = b"1e999 w -1e38 0 0 1e38 99999999999999999999 -0 cm 0 0 1e38 1e38 re W n \
      2147483648 0 m nan inf l 1e-45 1e-45 1e-45 1e-45 1e-45 1e-45 c b* 1e9 J 1e9 j -1 M f";

fn drawing(name: &'static str, document: Vec<u8>) -> Drawing {
    Drawing { name, document }
}

/// A document of one page with these entries and this content.
fn with_content(name: &'static str, page: &str, content: &[u8]) -> Drawing {
    with_objects(name, page, content, &[])
}

/// The same with further objects, from number 5.
fn with_objects(name: &'static str, page: &str, content: &[u8], more: &[Vec<u8>]) -> Drawing {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!("<< /Type /Page /Parent 2 0 R /Contents 4 0 R {page} >>").into_bytes(),
        stream("", content),
    ];
    objects.extend_from_slice(more);
    drawing(name, file(&objects))
}

fn stream(entries: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("<< {entries} /Length {} >>\nstream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\nendstream");
    out
}

/// Objects in order, with a table; `Root` is object 1.
fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = String::new();
    for (index, body) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", out.len());
        writeln!(out, "{} 0 obj", index + 1).unwrap();
        out.extend_from_slice(body);
        out.extend_from_slice(b"\nendobj\n");
    }
    let (start, size) = (out.len(), objects.len() + 1);
    write!(
        out,
        "xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    out
}

fn form_in_itself() -> Drawing {
    let resources = "/Resources << /XObject << /A 5 0 R >> >>";
    let form = stream(
        &format!("/Type /XObject /Subtype /Form /BBox [0 0 100 100] {resources}"),
        b"/A Do /A Do",
    );
    let page = format!("/MediaBox [0 0 100 100] {resources}");
    with_objects("a drawing in itself", &page, b"/A Do", &[form])
}

/// Thirty drawings, each the next one twice: 2^30 squares.
fn forms_that_double() -> Drawing {
    let form = |next: usize, content: &[u8]| {
        let entries = format!(
            "/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /A {next} 0 R >> >>"
        );
        stream(&entries, content)
    };
    let mut forms: Vec<_> = (6..36).map(|next| form(next, b"/A Do /A Do")).collect();
    forms.push(form(36, b"0 0 50 50 re f"));
    let page = "/MediaBox [0 0 100 100] /Resources << /XObject << /A 5 0 R >> >>";
    with_objects("a drawing of 2^30 drawings", page, b"/A Do", &forms)
}

fn pattern_of_itself() -> Drawing {
    let resources = "/Resources << /Pattern << /P 5 0 R >> >>";
    let pattern = stream(
        &format!(
            "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 1 1] /XStep 0.0001 /YStep 0.0001 {resources}"
        ),
        b"/Pattern cs /P scn 0 0 100 100 re f",
    );
    let page = format!("/MediaBox [0 0 100 100] {resources}");
    let content = b"/Pattern cs /P scn 0 0 100 100 re f";
    with_objects("a pattern of itself", &page, content, &[pattern])
}

fn type_3_font_of_itself() -> Drawing {
    let resources = "/Resources << /Font << /F 5 0 R >> >>";
    let font = format!(
        "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] /CharProcs << /a 6 0 R >> \
         /Encoding << /Differences [97 /a] >> /FirstChar 97 /LastChar 97 /Widths [1] {resources} >>"
    );
    let glyph = stream("", b"1 0 d0 BT /F 1 Tf (aa) Tj ET");
    let page = format!("/MediaBox [0 0 100 100] {resources}");
    with_objects(
        "a letter written in itself",
        &page,
        b"BT /F 10 Tf (a) Tj ET",
        &[font.into_bytes(), glyph],
    )
}

fn function_of_functions() -> Drawing {
    let shading =
        b"<< /ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 100 100] /Function 6 0 R >>";
    let function = b"<< /FunctionType 3 /Domain [0 1] /Functions [6 0 R 6 0 R] /Bounds [0.5] /Encode [0 1 0 1] >>";
    let page = "/MediaBox [0 0 100 100] /Resources << /Shading << /S 5 0 R >> >>";
    with_objects(
        "a function of itself",
        page,
        b"/S sh",
        &[shading.to_vec(), function.to_vec()],
    )
}

fn shading_without_end() -> Drawing {
    let shading = stream(
        "/ShadingType 4 /ColorSpace /DeviceRGB /BitsPerCoordinate 8 /BitsPerComponent 8 /BitsPerFlag 8 \
         /Decode [-1e30 1e30 -1e30 1e30 0 1 0 1 0 1]",
        &noise(600_000),
    );
    let page = "/MediaBox [0 0 100 100] /Resources << /Shading << /S 5 0 R >> >>";
    with_objects("100,000 triangles of noise", page, b"/S sh", &[shading])
}

/// Content that inflates to 4 GB.
fn bomb_of_content() -> Drawing {
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /MediaBox [0 0 100 100] >>".to_vec(),
    ];
    let once = deflated(4 << 20);
    // Deflated twice: a thousandth of a thousandth.
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1024 {
        encoder.write_all(&once).unwrap();
    }
    objects.push(stream(
        "/Filter [/FlateDecode /FlateDecode]",
        &encoder.finish().unwrap(),
    ));
    drawing("content that inflates to 4 GB", file(&objects))
}

fn page_tree_of_loops() -> Drawing {
    drawing(
        "pages that hold one another",
        file(&[
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [3 0 R 2 0 R 3 0 R] /Count 3 >>".to_vec(),
            b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>".to_vec(),
        ]),
    )
}

fn pages_without_number() -> Drawing {
    let kids = "3 0 R ".repeat(300_000);
    drawing(
        "300,000 pages",
        file(&[
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            format!("<< /Type /Pages /Kids [{kids}] /Count 300000 >>").into_bytes(),
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>".to_vec(),
        ]),
    )
}

fn font_of_noise(name: &'static str, kind: &str, key: &str) -> Drawing {
    let font = format!(
        "<< /Type /Font /Subtype /{kind} /BaseFont /A /FirstChar 97 /LastChar 97 /Widths [500] /FontDescriptor 6 0 R >>"
    );
    let descriptor = format!(
        "<< /Type /FontDescriptor /FontName /A /Flags 32 /FontBBox [0 0 1 1] /{key} 7 0 R >>"
    );
    let program = stream("/Subtype /Type1C /Length1 9999", &noise(9999));
    let page = "/MediaBox [0 0 100 100] /Resources << /Font << /F 5 0 R >> >>";
    with_objects(
        name,
        page,
        b"BT /F 10 Tf (aaa) Tj ET",
        &[font.into_bytes(), descriptor.into_bytes(), program],
    )
}

fn image(filter: &'static str, width: u32, height: u32, data: &[u8]) -> Drawing {
    let image = stream(
        &format!(
            "/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8 /ColorSpace /DeviceRGB \
             /Filter /{filter}"
        ),
        data,
    );
    let page = "/MediaBox [0 0 100 100] /Resources << /XObject << /I 5 0 R >> >>";
    with_objects(filter, page, b"90 0 0 90 5 5 cm /I Do", &[image])
}

fn deflated(zeros: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; zeros]).unwrap();
    encoder.finish().unwrap()
}

/// Always the same.
fn noise(length: usize) -> Vec<u8> {
    let mut state: u32 = 2_463_534_242;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}
