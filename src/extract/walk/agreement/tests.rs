//! Files that two programs read as two documents: each of them was a letter to us and a contract to whoever signed it, and every
//! one has an honest sister, so that the letter alone is plain.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::extract::read_here;

const LETTER: &str = "BT /F1 11 Tf 72 700 Td (Solicito la clave) Tj ET";
const CONTRACT: &str = "BT /F1 11 Tf 72 500 Td (Contrato de servicios) Tj ET";
/// Where the object stream is, and which number nobody has taken.
const CONTAINER: u32 = 90;
const SECTION: u32 = 91;

/// A letter of one page as bytes: objects as they are written, and some of them in an object stream.
#[derive(Clone)]
struct File {
    objects: BTreeMap<u32, Vec<u8>>,
    members: Vec<(u32, Vec<u8>)>,
    /// What stands in the index of the object stream behind its pairs.
    behind_index: Vec<u8>,
}

fn stream(entries: &str, data: &str) -> Vec<u8> {
    let length = data.len();
    format!("<<{entries} /Length {length}>>\nstream\n{data}\nendstream").into_bytes()
}

impl File {
    /// The letter, with these entries of its page.
    fn letter(page: &str) -> Self {
        let page = format!("<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {page}>>");
        let font =
            "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>";
        let stamp = format!(
            "<</Type /Annot /Subtype /Stamp /F 4 /Rect [0 0 595 842] /AP <</N {CONTRACT_SHOWN} 0 R>>>>"
        );
        let objects = [
            (1, b"<</Type /Catalog /Pages 2 0 R>>".to_vec()),
            (2, b"<</Type /Pages /Kids [3 0 R] /Count 1>>".to_vec()),
            (3, page.into_bytes()),
            (5, font.into()),
            (6, stream("", LETTER)),
            (7, stream("", CONTRACT)),
            (
                CONTRACT_SHOWN,
                stream(
                    "/Type /XObject /Subtype /Form /BBox [0 0 595 842]",
                    CONTRACT,
                ),
            ),
            (STAMP, stamp.into_bytes()),
        ];
        Self {
            objects: objects.into(),
            members: Vec::new(),
            behind_index: Vec::new(),
        }
    }

    fn with(mut self, number: u32, value: impl Into<Vec<u8>>) -> Self {
        self.objects.insert(number, value.into());
        self
    }

    /// With an object in the object stream.
    fn holding(mut self, number: u32, value: &str) -> Self {
        self.members.push((number, value.into()));
        self
    }

    fn behind_index(mut self, more: &[u8]) -> Self {
        self.behind_index = more.to_vec();
        self
    }

    fn bytes(mut self) -> Vec<u8> {
        let (mut index, mut data) = (String::new(), Vec::new());
        for (number, value) in &self.members {
            write!(index, "{number} {} ", data.len()).unwrap();
            data.extend([value, b" ".as_slice()].concat());
        }
        let first = index.len() + self.behind_index.len();
        let data = [index.as_bytes(), &self.behind_index, &data].concat();
        let entries = format!(
            "<</Type /ObjStm /N {} /First {first} /Length {}>>\nstream\n",
            self.members.len(),
            data.len()
        );
        let container = [entries.as_bytes(), &data, b"\nendstream"].concat();
        self.objects.insert(CONTAINER, container);

        let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
        let mut rows = BTreeMap::from([(0, (0, 0, u16::MAX))]);
        for (number, value) in &self.objects {
            rows.insert(*number, (1, file.len(), 0));
            file.extend(format!("{number} 0 obj\n").bytes());
            file.extend([value, b"\nendobj\n".as_slice()].concat());
        }
        for (index, (number, _)) in (0..).zip(&self.members) {
            rows.insert(*number, (2, CONTAINER as usize, index));
        }
        let section = file.len();
        rows.insert(SECTION, (1, section, 0));
        let row = |number| {
            let (kind, second, third): (u8, usize, u16) =
                rows.get(&number).copied().unwrap_or_default();
            let second = u32::try_from(second).unwrap().to_be_bytes();
            [&[kind], &second[..], &third.to_be_bytes()].concat()
        };
        let table: Vec<u8> = (0..=SECTION).flat_map(row).collect();
        let entries = format!(
            "{SECTION} 0 obj\n<</Type /XRef /Size {} /W [1 4 2] /Root 1 0 R /Length {}>>\nstream\n",
            SECTION + 1,
            table.len()
        );
        file.extend([entries.as_bytes(), &table].concat());
        file.extend(format!("\nendstream\nendobj\nstartxref\n{section}\n%%EOF\n").bytes());
        file
    }

    fn is_plain(&self) -> bool {
        let text = read_here(&self.clone().bytes());
        text.is_some_and(|text| {
            let plain = !text.ornate && !text.drawn && text.hidden.is_empty();
            plain && text.lines == ["Solicito la clave", ""]
        })
    }
}

const CONTRACT_SHOWN: u32 = 10;
const STAMP: u32 = 11;
const OWN: &str = "/Resources <</Font <</F1 5 0 R>>>> /Contents 6 0 R ";

fn nested(depth: usize) -> String {
    ["(".repeat(depth), ")".repeat(depth)].concat()
}

#[test]
fn an_object_stream_holds_as_many_objects_as_it_says() {
    let letter = || File::letter("/Resources <</Font <</F1 5 0 R>>>> /Contents 8 0 R");
    assert!(letter().holding(8, "[6 0 R]").is_plain());
    let two = || letter().holding(8, "[6 0 R]").holding(9, "null");
    assert!(two().is_plain());
    assert!(two().behind_index(b"\n").is_plain());
    // Every reader shows object 8 as the section names it; lopdf takes the last pair of that number.
    let mut twice = letter().holding(8, "[7 0 R]").holding(8, "[6 0 R]");
    twice.members.truncate(1);
    let place = twice.members[0].1.len() + 1;
    twice.behind_index = format!("8 {place} ").into_bytes();
    twice.members[0].1 = b"[7 0 R] [6 0 R]".to_vec();
    assert!(!twice.is_plain());
    assert!(!two().behind_index(b"8 0 ").is_plain());
    assert!(!two().behind_index(b"%\n").is_plain());
}

#[test]
fn what_one_reader_cannot_read_is_not_absent() {
    let annotated = || File::letter(&format!("{OWN} /Annots 8 0 R"));
    assert!(annotated().with(8, "[]").is_plain());
    assert!(annotated().holding(8, "[]").is_plain());
    assert!(!annotated().with(8, format!("[{STAMP} 0 R]")).is_plain());
    for odd in [
        format!("[+{STAMP} 0 R]"),
        format!("[{STAMP} 0 R {}]", nested(103)),
        format!("[{STAMP} 0 R /Q#]"),
        // What nobody has written is null, and whoever looks for it may find something.
        "8 0 R".to_owned(),
    ] {
        assert!(!annotated().with(8, odd.as_str()).is_plain(), "{odd}");
        assert!(
            !annotated().holding(8, &odd).is_plain(),
            "{odd} in a stream"
        );
    }
    assert!(!annotated().is_plain(), "annotations that are nowhere");
    for (key, value) in [
        ("CropBox", "[0 0 595 640]"),
        ("Rotate", "180"),
        ("TrimBox", "[0 0 9 9]"),
    ] {
        let page = || File::letter(&format!("{OWN} /{key} 8 0 R"));
        let unreadable = page().holding(8, value).behind_index(b"%\xe9\n");
        assert!(!unreadable.is_plain(), "{key}");
        assert!(!page().is_plain(), "{key}");
    }
    assert!(
        !File::letter(&format!(
            "{OWN} /CropBox [0 0 595 842] /Contents 6 0 R /Contents 7 0 R"
        ))
        .is_plain()
    );
}

#[test]
fn resources_that_cannot_be_read_are_not_those_of_the_parent() {
    let own = "<</Font <</F1 9 0 R>>";
    let inherits = |resources: &str| {
        File::letter("/Resources 8 0 R /Contents 6 0 R")
            .with(
                2,
                "<</Type /Pages /Kids [3 0 R] /Count 1 /Resources <</Font <</F1 5 0 R>>>>>>",
            )
            .with(8, resources)
            .with(9, "<</Type /Font /Subtype /Type1 /BaseFont /Symbol>>")
    };
    let file = File::letter("/Contents 6 0 R").with(
        2,
        "<</Type /Pages /Kids [3 0 R] /Count 1 /Resources <</Font <</F1 5 0 R>>>>>>",
    );
    assert!(file.is_plain());
    assert!(inherits("<</Font <</F1 5 0 R>>>>").is_plain());
    assert!(!inherits(&format!("{own}>>")).is_plain());
    let ballast = nested(103);
    assert!(!inherits(&format!("{own} /ProcSet [{ballast}]>>")).is_plain());
}

/// Some readers inherit from the node that holds the page, others from the one that it calls its parent.
#[test]
fn a_page_inherits_from_where_it_stands() {
    let tree = |parent: u32, kids: &str| {
        let page =
            format!("<</Type /Page /Parent {parent} 0 R /MediaBox [0 0 595 842] /Contents 6 0 R>>");
        let resources = |font: u32| format!("/Resources <</Font <</F1 {font} 0 R>>>>");
        File::letter("")
            .with(
                2,
                format!("<</Type /Pages /Kids [{kids}] /Count 1 {}>>", resources(9)),
            )
            .with(3, page)
            .with(
                8,
                format!(
                    "<</Type /Pages /Parent 2 0 R /Kids [3 0 R] /Count 1 {}>>",
                    resources(5)
                ),
            )
            .with(9, "<</Type /Font /Subtype /Type1 /BaseFont /Symbol>>")
    };
    assert!(tree(8, "8 0 R").is_plain());
    assert!(!tree(8, "3 0 R").is_plain());
    assert!(!tree(2, "8 0 R").is_plain());
}

#[test]
fn an_attribute_is_inherited_however_far_it_stands() {
    // The page, nodes from 20 on, each the kid of the next, and object 2 around the last of them.
    let tree = |depth: u32, turned: &str| {
        let page = format!("<</Type /Page /Parent 20 0 R /MediaBox [0 0 595 842] {OWN}>>");
        let last = 19 + depth;
        let root = format!("<</Type /Pages /Kids [{last} 0 R] /Count 1 {turned}>>");
        let mut file = File::letter("").with(3, page).with(2, root);
        for number in 20..=last {
            let kid = if number == 20 { 3 } else { number - 1 };
            let parent = if number == last { 2 } else { number + 1 };
            let node = format!("<</Type /Pages /Kids [{kid} 0 R] /Parent {parent} 0 R /Count 1>>");
            file = file.with(number, node);
        }
        file
    };
    assert!(tree(5, "").is_plain());
    assert!(!tree(5, "/Rotate 180").is_plain());
    assert!(!tree(40, "/Rotate 180").is_plain());
}
