//! Files made to cost much (DESIGN §6): what each costs is counted, not timed. Twice the file may cost twice the work,
//! never four times; and whatever the file, the limits hold.

use std::fmt::Write as _;

use super::*;

/// A file under construction: objects, then revisions with classic tables.
#[derive(Default)]
struct Maker {
    file: Vec<u8>,
    previous: Option<usize>,
    entries: Vec<(u32, usize)>,
}

impl Maker {
    fn new() -> Self {
        let mut maker = Self::default();
        maker.file.extend(b"%PDF-1.7\n");
        maker
    }

    fn object(&mut self, number: u32, value: &str) -> &mut Self {
        self.entries.push((number, self.file.len()));
        let object = format!("{number} 0 obj\n{value}\nendobj\n");
        self.file.extend(object.bytes());
        self
    }

    /// Ends a revision whose table names what was written since the last one, and these places.
    fn revision(&mut self, again: &[(u32, usize)], trailer: &str) -> &mut Self {
        let section = self.file.len();
        let mut entries = std::mem::take(&mut self.entries);
        entries.extend(again);
        entries.sort_unstable();
        let mut table = "xref\n".to_owned();
        for (number, offset) in entries {
            writeln!(table, "{number} 1\n{offset:010} 00000 n ").unwrap();
        }
        let previous = self
            .previous
            .map_or_else(String::new, |at| format!("/Prev {at}"));
        writeln!(
            table,
            "trailer\n<< /Size 900000 /Root 1 0 R {previous} {trailer} >>\nstartxref\n{section}\n%%EOF"
        )
        .unwrap();
        self.file.extend(table.bytes());
        self.previous = Some(section);
        self
    }
}

/// References to this many objects from a first number on.
fn references(first: u32, count: u32) -> String {
    (first..first + count)
        .map(|number| format!("{number} 0 R "))
        .collect()
}

fn catalog(maker: &mut Maker, more: &str) {
    maker.object(1, &format!("<< /Type /Catalog /Pages 2 0 R {more} >>"));
}

/// Every revision places every object anew, at where it was.
fn places_again(size: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    catalog(&mut maker, &format!("/X [{}]", references(10, size)));
    maker.object(2, "<< /Type /Pages /Kids [] /Count 0 >>");
    for number in 10..10 + size {
        maker.object(number, "null");
    }
    let places = maker.entries.clone();
    maker.revision(&[], "");
    for _ in 0..60 {
        maker.revision(&places, "");
    }
    maker.file
}

/// Every revision writes every object anew.
fn objects_again(size: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    catalog(&mut maker, &format!("/X [{}]", references(10, size)));
    maker.object(2, "<< /Type /Pages /Kids [] /Count 0 >>");
    for revision in 0..20 {
        for number in 10..10 + size {
            maker.object(number, &format!("<< /Type /XRef /A {revision} >>"));
        }
        maker.revision(&[], "");
    }
    maker.file
}

/// One page with many annotations, one of which every revision changes.
fn annotations(size: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    catalog(&mut maker, "");
    maker.object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
    let page = format!(
        "<< /Type /Page /Parent 2 0 R /Annots [{}] >>",
        references(10, size)
    );
    maker.object(3, &page);
    for number in 10..10 + size {
        maker.object(
            number,
            "<< /Type /Annot /Subtype /Text /Rect [0 0 1 1] /AP << /N 4 0 R >> >>",
        );
    }
    maker
        .object(4, "<< /A 5 0 R >>")
        .object(5, "null")
        .revision(&[], "");
    for revision in 0..20 {
        maker.object(10, &format!("<< /Subtype /Text /M {revision} >>"));
        maker.object(3, &page).revision(&[], "");
    }
    maker.file
}

/// Empty signature fields, all of them new in every revision.
fn fields(size: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    maker.object(2, "<< /Type /Pages /Kids [] /Count 0 >>");
    for revision in 0..20 {
        let first = 10 + revision * size;
        catalog(
            &mut maker,
            &format!("/AcroForm << /Fields [{}] >>", references(first, size)),
        );
        for number in first..first + size {
            maker.object(
                number,
                &format!("<< /FT /Sig /T (f{number}) /Kids [9 0 R] >>"),
            );
        }
        maker.revision(&[], "");
    }
    maker.file
}

/// Pages that share one large tree of resources, and an update that touches it.
fn shared_resources(size: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    catalog(&mut maker, "");
    let kids = references(1000, size);
    maker.object(
        2,
        &format!("<< /Type /Pages /Kids [{kids}] /Count {size} >>"),
    );
    maker.object(
        4,
        &format!("<< /XObject [{}] >>", references(500_000, size)),
    );
    for number in 0..size {
        maker.object(
            1000 + number,
            "<< /Type /Page /Parent 2 0 R /Resources 4 0 R >>",
        );
        maker.object(
            500_000 + number,
            &format!("<< /Next {} 0 R >>", 500_001 + number),
        );
    }
    maker.revision(&[], "");
    for _ in 0..5 {
        maker.object(500_000, "<< /A 1 >>").revision(&[], "");
    }
    maker.file
}

/// Strings that never end, all of which look through the same rest of the file.
fn endless_strings(size: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    catalog(&mut maker, &format!("/X [{}]", references(10, size)));
    maker.object(2, "<< /Type /Pages /Kids [] /Count 0 >>");
    for number in 10..10 + size {
        maker.entries.push((number, maker.file.len()));
        maker.file.extend(format!("{number} 0 obj <AA\n").bytes());
    }
    maker.file.extend(std::iter::repeat_n(
        b'A',
        100 * usize::try_from(size).unwrap(),
    ));
    maker.revision(&[], "");
    maker.file
}

/// Trees that lead back to themselves.
fn cycles(size: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    catalog(&mut maker, "/AcroForm << /Fields [5 0 R] >> /X 7 0 R");
    let pages = references(2, 1).repeat(usize::try_from(size).unwrap());
    maker.object(2, &format!("<< /Type /Pages /Kids [{pages}] /Count 1 >>"));
    let kids = references(5, 2).repeat(usize::try_from(size).unwrap());
    maker.object(5, &format!("<< /T (a) /Kids [{kids}] >>"));
    maker.object(6, "<< /T (b) /Kids [5 0 R 6 0 R] >>");
    maker
        .object(7, "8 0 R")
        .object(8, "7 0 R")
        .revision(&[], "");
    maker.file
}

fn work(bytes: &[u8]) -> Work {
    let mut work = Work::default();
    let _ = open_counting(bytes, &mut work);
    work
}

#[test]
fn twice_the_file_costs_twice_the_work() {
    /// Name, maker, and the size to begin with.
    type Maker = (&'static str, fn(u32) -> Vec<u8>, u32);
    let makers: [Maker; 7] = [
        ("places again", places_again, 400),
        ("objects again", objects_again, 400),
        ("annotations", annotations, 2_000),
        ("fields", fields, 200),
        ("shared resources", shared_resources, 2_000),
        ("endless strings", endless_strings, 200),
        ("cycles", cycles, 1_000),
    ];
    for (name, make, size) in makers {
        let (once, twice) = (work(&make(size)), work(&make(2 * size)));
        assert!(once.values > 0, "{name}");
        for (unit, once, twice) in [
            ("values", once.values, twice.values),
            ("lookups", once.lookups, twice.lookups),
            ("bytes", once.bytes, twice.bytes),
        ] {
            // A limit that both reach is a limit that holds.
            let quadratic = name == "endless strings" && unit == "bytes";
            assert!(
                quadratic || twice <= 3 * once + 1000,
                "{name}: {unit} {once} → {twice}"
            );
        }
    }
}

/// Whatever the file, the budget ends the work soon after its limits.
#[test]
fn the_budget_ends_what_grows_faster() {
    let complex = |bytes: &[u8]| {
        let mut work = Work::default();
        let told = match open_counting(bytes, &mut work) {
            Err(error) => error.code() == "pdf.too_complex",
            Ok(pdf) => pdf
                .findings
                .iter()
                .any(|finding| finding.code == Code::PdfTooComplex),
        };
        (told, work)
    };
    let (told, work) = complex(&endless_strings(20_000));
    let (told_earlier, _) = complex(&endless_strings(500));
    assert!(told && !told_earlier);
    assert!(work.bytes < 200 << 20, "{work:?}");
    // Sections whose trailers are large, and would be kept sixty-four times.
    let mut maker = Maker::new();
    catalog(&mut maker, "");
    maker.object(2, "<< /Type /Pages /Kids [] /Count 0 >>");
    for _ in 0..30 {
        maker.revision(&[], &format!("/X [{}]", "0 ".repeat(1_000)));
    }
    assert!(complex(&maker.file).0, "trailers");
}

/// A stream that inflates beyond its means is no structure: table, objects or validation data.
#[test]
fn bombs_do_not_go_off() {
    use std::io::Write as _;
    let zeros = vec![b' '; 40 << 20];
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&zeros).unwrap();
    let bomb = encoder.finish().unwrap();
    let stream = |dictionary: &str| {
        let mut maker = Maker::new();
        catalog(&mut maker, "/X 20 0 R /DSS << /Certs [30 0 R] >>");
        maker.object(2, "<< /Type /Pages /Kids [] /Count 0 >>");
        maker.entries.push((30, maker.file.len()));
        let header = format!(
            "30 0 obj\n<< {dictionary} /Length {} >>\nstream\n",
            bomb.len()
        );
        maker.file.extend(header.bytes());
        maker.file.extend(&bomb);
        maker.file.extend(b"\nendstream\nendobj\n");
        maker.revision(&[], "");
        maker.file
    };
    for dictionary in [
        "/Filter /FlateDecode",
        "/Filter [/FlateDecode /FlateDecode]",
        "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 65536 >>",
    ] {
        let bytes = stream(dictionary);
        let pdf = open(&bytes).unwrap();
        assert!(pdf.dss.certificates.is_empty(), "{dictionary}");
    }
}
