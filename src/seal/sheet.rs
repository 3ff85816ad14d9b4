//! Seals a PDF that [`crate::sheet`] has drawn: a signature of level PAdES B-B (ETSI EN 319 142-1 §6) in an incremental
//! update (ISO 32000-2 §7.5.6), invisible, covering the whole file.
//!
//! Only our own sheets are read here, and strictly in the form in which they are written: one cross-reference table, one
//! page, plain dictionaries, no form. Anything else is an error and is never repaired; documents of others are not
//! signed at all.

use std::ops::Range;

use jiff::Timestamp;

use super::{Seal, SealError};
use crate::sheet::ECUADOR;

/// Name of the signature field.
const FIELD: &str = "Sello";

/// Stands for `/ByteRange` until the offsets are known; longer than any real one of a sheet.
const RANGE_PLACE: &str = "[0 0000000000 0000000000 0000000000]";

/// Bytes kept free beyond the length of a first seal: values of curves vary by a few.
const SPARE: usize = 64;

/// The sheet with the seal in it. `at` is the time it claims (`/M`).
///
/// # Errors
/// When `pdf` is not a sheet of ours, or the seal can't be made.
pub fn seal(pdf: &[u8], seal: &Seal, at: Timestamp) -> Result<Vec<u8>, SealError> {
    let sheet = Drawn::read(pdf).ok_or(SealError::Sheet("it is not written as we write"))?;
    let room = seal.sign_detached(b"")?.len() + SPARE;
    let mut file = sheet.with_signature_field(room, at);
    let gap = contents(&file, room).ok_or(SealError::Sheet("the field was not written"))?;
    fill_in_range(&mut file, &gap).ok_or(SealError::Sheet("the field was not written"))?;
    let (before, behind) = (&file[..gap.start], &file[gap.end..]);
    let digits = hex::encode(seal.sign_detached(&[before, behind].concat())?);
    let place = file.get_mut(gap.start + 1..gap.start + 1 + digits.len());
    match place {
        Some(place) if digits.len() <= room * 2 => place.copy_from_slice(digits.as_bytes()),
        _ => return Err(SealError::Sheet("the seal is longer than expected")),
    }
    Ok(file)
}

/// What of a drawn sheet the update must know.
struct Drawn<'a> {
    pdf: &'a [u8],
    /// Where its cross-reference table is.
    table: usize,
    /// Number of its objects, the free one included; the next number.
    size: usize,
    catalog: (usize, &'a str),
    page: (usize, &'a str),
    /// `/Info …` and `/ID …` of its trailer, as they stand there.
    kept: &'a str,
}

impl<'a> Drawn<'a> {
    fn read(pdf: &'a [u8]) -> Option<Self> {
        let end = rfind(pdf, b"startxref\n")?;
        let table: usize = line(pdf, end + 10)?.parse().ok()?;
        let trailer_at = rfind(pdf, b"trailer\n").filter(|at| (table..end).contains(at))?;
        let trailer = line(pdf, trailer_at + 8)?;
        let trailer = trailer.strip_prefix("<<")?.strip_suffix(">>")?;
        let (size, rest) = trailer.strip_prefix("/Size ")?.split_once("/Root ")?;
        let (root, kept) = rest.split_once(" 0 R")?;
        let (size, root): (usize, usize) = (size.parse().ok()?, root.parse().ok()?);
        let objects = Objects::read(pdf, table, size)?;
        let catalog = objects.body(root)?;
        let mut pages = (1..size).filter_map(|number| {
            let body = objects.body(number)?;
            body.starts_with("<</Type/Page/").then_some((number, body))
        });
        let page = pages.next()?;
        let plain = catalog.starts_with("<</Type/Catalog/")
            && !catalog.contains("/AcroForm")
            && !page.1.contains("/Annots")
            && pages.next().is_none();
        plain.then_some(Self {
            pdf,
            table,
            size,
            catalog: (root, catalog),
            page,
            kept,
        })
    }

    /// The sheet with an update behind it that holds the field, its empty place for the signature, and what names it.
    fn with_signature_field(&self, room: usize, at: Timestamp) -> Vec<u8> {
        let (signature, field) = (self.size, self.size + 1);
        let with = |body: &str, entry: &str| {
            let open = body.strip_suffix(">>").unwrap_or(body);
            format!("{open}{entry}>>")
        };
        let objects = [
            (
                self.page.0,
                with(self.page.1, &format!("/Annots[{field} 0 R]")),
            ),
            (
                self.catalog.0,
                with(
                    self.catalog.1,
                    &format!("/AcroForm<</SigFlags 3/Fields[{field} 0 R]>>"),
                ),
            ),
            (
                signature,
                format!(
                    "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/M({})/ByteRange {RANGE_PLACE}\
                     /Contents <{}>>>",
                    pdf_time(at),
                    "0".repeat(room * 2)
                ),
            ),
            (
                field,
                // F 130 = Hidden + Locked (§12.5.3): an invisible field, which PDF/UA-1 §7.18.1 leaves out of the tags.
                format!(
                    "<</Type/Annot/Subtype/Widget/FT/Sig/T({FIELD})/F 130/Rect[0 0 0 0]/P {} 0 R/V {signature} 0 R>>",
                    self.page.0
                ),
            ),
        ];
        let mut file = self.pdf.to_vec();
        if !file.ends_with(b"\n") {
            file.push(b'\n');
        }
        let mut rows = Vec::new();
        for (number, body) in objects {
            rows.push((number, file.len()));
            file.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        }
        rows.sort_unstable();
        let table = file.len();
        file.extend_from_slice(b"xref\n");
        for (number, offset) in rows {
            file.extend_from_slice(format!("{number} 1\n{offset:010} 00000 n \n").as_bytes());
        }
        let trailer = format!(
            "trailer\n<</Size {}/Root {} 0 R/Prev {}{}>>\nstartxref\n{table}\n%%EOF\n",
            self.size + 2,
            self.catalog.0,
            self.table,
            self.kept
        );
        file.extend_from_slice(trailer.as_bytes());
        file
    }
}

/// The objects of a sheet, by its cross-reference table (§7.5.4).
struct Objects<'a> {
    pdf: &'a [u8],
    rows: &'a [u8],
}

/// Length of a row of the table.
const ROW: usize = 20;

impl<'a> Objects<'a> {
    fn read(pdf: &'a [u8], table: usize, size: usize) -> Option<Self> {
        let head = format!("xref\n0 {size}\n");
        let rows = pdf.get(table..)?.strip_prefix(head.as_bytes())?;
        let rows = rows.get(..size.checked_mul(ROW)?)?;
        Some(Self { pdf, rows })
    }

    /// What stands between `obj` and `endobj` on a line of its own: a dictionary without a stream.
    fn body(&self, number: usize) -> Option<&'a str> {
        let row = self.rows.get(number.checked_mul(ROW)?..)?.get(..ROW)?;
        let offset = std::str::from_utf8(row.get(..10)?).ok()?;
        let head = format!("{number} 0 obj\n");
        let object = self.pdf.get(offset.parse::<usize>().ok()?..)?;
        let object = object.strip_prefix(head.as_bytes())?;
        let length = object.iter().position(|byte| *byte == b'\n')?;
        let (body, rest) = object.split_at(length);
        let body = std::str::from_utf8(body).ok()?;
        (rest.starts_with(b"\nendobj") && body.ends_with(">>")).then_some(body)
    }
}

/// The text up to the end of the line.
fn line(pdf: &[u8], at: usize) -> Option<&str> {
    let rest = pdf.get(at..)?;
    let length = rest.iter().position(|byte| *byte == b'\n')?;
    std::str::from_utf8(rest.get(..length)?).ok()
}

/// The place of the `/Contents` string, brackets included: all of the file that is not signed.
fn contents(file: &[u8], room: usize) -> Option<Range<usize>> {
    let start = rfind(file, b"/Contents <")? + b"/Contents ".len();
    let end = start.checked_add(room.checked_mul(2)?)?.checked_add(2)?;
    (file.get(end - 1) == Some(&b'>')).then_some(start..end)
}

/// Writes `/ByteRange` into its place, filled up with blanks.
fn fill_in_range(file: &mut [u8], gap: &Range<usize>) -> Option<()> {
    let at = rfind(file, RANGE_PLACE.as_bytes())?;
    let range = format!("[0 {} {} {}", gap.start, gap.end, file.len() - gap.end);
    let range = format!("{range:<width$}]", width = RANGE_PLACE.len() - 1);
    let place = file.get_mut(at..at + RANGE_PLACE.len())?;
    (range.len() == place.len()).then(|| place.copy_from_slice(range.as_bytes()))
}

/// `D:20260301070000-05'00'` (§7.9.4), with the hour of Ecuador.
fn pdf_time(at: Timestamp) -> String {
    let local = ECUADOR.to_datetime(at);
    format!("D:{}-05'00'", local.strftime("%Y%m%d%H%M%S"))
}

fn rfind(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .rposition(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::tests::fixture_seal;
    use crate::verify::report::{Conclusion, Coverage, Integrity, Level, Modifications};
    use crate::verify::{Evidence, Policy, RevocationMode, TrustStore, conclude, open};

    const AT: &str = "2026-03-01T12:00:00Z";

    fn drawn() -> Vec<u8> {
        let about = crate::sheet::About {
            title: "Comprobante".to_owned(),
            keywords: Vec::new(),
            author: "Pruebas".to_owned(),
            created: AT.parse().unwrap(),
            id: "x".to_owned(),
            language: crate::domain::Language::Es,
        };
        crate::sheet::draw(&about, |sheet| {
            let style = crate::sheet::Style::new(11.0, false, crate::sheet::INK);
            sheet.paragraph((60.0, 60.0, 400.0), style, "Áéíóú ñ");
        })
        .unwrap()
    }

    #[test]
    fn a_sealed_sheet_passes_our_own_verification() {
        let before = drawn();
        for who in ["rosa", "raul"] {
            let after = seal(&before, &fixture_seal(who), AT.parse().unwrap()).unwrap();
            assert!(after.starts_with(&before));
            let signed = open(&after, None).unwrap();
            let policy = Policy {
                revocation: RevocationMode::None,
                ..Policy::default()
            };
            let roots = crate::fixture::pki::roots().into_iter();
            let roots = roots.map(|root| crate::verify::Certificate::parse(root.der).unwrap());
            let trust = TrustStore::new(roots.collect(), Vec::new());
            let at = AT.parse().unwrap();
            let report = conclude(&signed, &trust, &Evidence::default(), &policy, at);
            assert_eq!(report.conclusion, Conclusion::Passed, "{report:#?}");
            let [only] = report.signatures.as_slice() else {
                panic!("one signature: {report:#?}");
            };
            assert_eq!(only.field, FIELD);
            assert_eq!(only.level, Some(Level::BB));
            assert_eq!(only.integrity, Integrity::Intact);
            assert_eq!(only.coverage, Coverage::WholeFile);
            assert_eq!(only.modifications, Modifications::None);
            assert!(report.findings.is_empty(), "{:?}", report.findings);
        }
    }

    #[test]
    fn any_changed_byte_of_the_sheet_breaks_the_seal() {
        let before = drawn();
        let after = seal(&before, &fixture_seal("rosa"), AT.parse().unwrap()).unwrap();
        let text = rfind(&after, b"CAdES").unwrap();
        for place in [100, before.len() / 2, text] {
            let mut changed = after.clone();
            changed[place] ^= 1;
            let Ok(signed) = open(&changed, None) else {
                continue;
            };
            let trust = TrustStore::new(Vec::new(), Vec::new());
            let at = AT.parse().unwrap();
            let report = conclude(
                &signed,
                &trust,
                &Evidence::default(),
                &Policy::default(),
                at,
            );
            let intact = report.signatures.iter();
            let mut intact = intact.filter(|one| one.integrity == Integrity::Intact);
            assert_eq!(intact.next(), None, "byte {place}");
        }
    }

    #[test]
    fn only_a_fresh_sheet_of_ours_is_sealed() {
        let seal_of = |pdf: &[u8]| seal(pdf, &fixture_seal("rosa"), AT.parse().unwrap());
        let sealed = seal_of(&drawn()).unwrap();
        for pdf in [&sealed[..], b"%PDF-1.7\n", b"", &drawn()[..500]] {
            assert!(matches!(seal_of(pdf), Err(SealError::Sheet(_))));
        }
    }
}
