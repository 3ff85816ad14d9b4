//! Files that are in order, around the part that is made up: a page of a PDF, a sheet of a workbook.

use std::fmt::Write as _;
use std::io::Write as _;

/// One page with two fonts, an image, a form with the same content, and a graphics state: what a content stream can name.
pub fn paper(content: &[u8]) -> Vec<u8> {
    let resources = "<< /Font << /F1 6 0 R /F2 7 0 R >> /XObject << /X1 8 0 R /X2 9 0 R >> /ExtGState << /G1 10 0 R >> >>";
    let stream = |dictionary: &str, bytes: &[u8]| {
        let head = format!("<< {dictionary} /Length {} >>\nstream\n", bytes.len());
        [head.as_bytes(), bytes, b"\nendstream"].concat()
    };
    let form = format!("/Type /XObject /Subtype /Form /BBox [0 0 500 700] /Resources {resources}");
    let image = "/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray";
    let objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources {resources} /Contents 4 0 R >>"
        )
        .into_bytes(),
        stream("", content),
        stream("", TO_UNICODE),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 5 0 R /DescendantFonts [11 0 R] >>"
            .to_vec(),
        stream(&form, content),
        stream(image, b"\x80"),
        b"<< /Type /ExtGState /ca 0.5 /CA 0 /BM /Normal >>".to_vec(),
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /DW 500 /W [1 [400 300 200]] >>".to_vec(),
    ];
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (index, body) in objects.iter().enumerate() {
        let _ = writeln!(table, "{:010} 00000 n ", out.len());
        let _ = writeln!(out, "{} 0 obj", index + 1);
        out.extend_from_slice(body);
        out.extend_from_slice(b"\nendobj\n");
    }
    let start = out.len();
    let size = objects.len() + 1;
    let _ = write!(
        out,
        "{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    out
}

const TO_UNICODE: &[u8] = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap
1 begincodespacerange <0000> <ffff> endcodespacerange
1 beginbfrange <0001> <007f> <0001> endbfrange
endcmap end end";

/// A workbook with this sheet, nothing compressed.
pub fn workbook(sheet: &[u8]) -> Vec<u8> {
    let parts = [
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in parts {
        let offset = four(out.len());
        // APPNOTE.TXT §4.3.7: version, flags, method, time, date, checksum, sizes, length of the name, no extra field.
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(checksum(bytes).to_le_bytes());
        common.extend(four(bytes.len()).repeat(2));
        common.extend(&four(name.len())[..2]);
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(bytes);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset);
        directory.extend(name.as_bytes());
    }
    let start = four(out.len());
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0\x02\0\x02\0");
    out.extend(four(directory.len()));
    out.extend(start);
    out.extend([0, 0]);
    out
}

const STRINGS: &[u8] = b"<sst><si><t>RUC</t></si><si><t>NOMBRE</t></si><si><t>REPRESENTANTE</t></si><si><t>CARGO</t></si></sst>";

fn four(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

/// CRC-32 (ISO 3309), bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    let mut register = u32::MAX;
    for byte in bytes {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            let low = register & 1;
            register >>= 1;
            if low == 1 {
                register ^= 0xedb8_8320;
            }
        }
    }
    !register
}
