//! A PDF of one empty page that grows by signatures, document timestamps and validation data, one revision each.

use std::fmt::Write;

/// Bytes kept free for a signature.
const ROOM: usize = 12_000;

pub(in crate::verify) struct Paper {
    pub(in crate::verify) bytes: Vec<u8>,
    last_section: usize,
    next: usize,
    fields: String,
    store: Option<usize>,
}

impl Paper {
    pub(in crate::verify) fn new() -> Self {
        let mut paper = Self {
            bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            last_section: 0,
            next: 4,
            fields: String::new(),
            store: None,
        };
        let pages = "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".into();
        let objects = vec![(1, paper.catalog()), (2, pages), (3, paper.page())];
        paper.append(&objects);
        paper
    }

    /// A signature or document timestamp; `make` gets the signed bytes and gives the contents.
    pub(in crate::verify) fn sign(
        &mut self,
        sub_filter: &str,
        make: impl FnOnce(&[&[u8]]) -> Vec<u8>,
    ) {
        let (field, value) = (self.next, self.next + 1);
        self.next += 2;
        let kind = if sub_filter == "ETSI.RFC3161" {
            "DocTimeStamp"
        } else {
            "Sig"
        };
        write!(self.fields, "{field} 0 R ").unwrap();
        let widget = format!(
            "<< /FT /Sig /T (F{field}) /V {value} 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /F 132 /P 3 0 R >>"
        );
        let dictionary = format!(
            "<< /Type /{kind} /Filter /Adobe.PPKLite /SubFilter /{sub_filter} /ByteRange [0 {:010} {:010} {:010}] /Contents <{}> >>",
            0,
            0,
            0,
            "0".repeat(2 * ROOM)
        );
        let start = self.bytes.len();
        let objects = vec![
            (1, self.catalog()),
            (3, self.page()),
            (field, widget.into_bytes()),
            (value, dictionary.into_bytes()),
        ];
        self.append(&objects);
        let find = |needle: &[u8]| {
            let rest = &self.bytes[start..];
            start
                + rest
                    .windows(needle.len())
                    .position(|part| part == needle)
                    .unwrap()
        };
        let (range, open) = (find(b"[0 0000000000"), find(b"/Contents <") + 10);
        let close = open + 2 * ROOM + 2;
        let numbers = format!(
            "[0 {open:010} {close:010} {:010}]",
            self.bytes.len() - close
        );
        self.bytes[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
        let contents = hex::encode(make(&[&self.bytes[..open], &self.bytes[close..]]));
        assert!(contents.len() <= 2 * ROOM);
        self.bytes[open + 1..open + 1 + contents.len()].copy_from_slice(contents.as_bytes());
    }

    /// A document security store with everything that is given, in place of the one before.
    pub(in crate::verify) fn keep(&mut self, certificates: &[&[u8]], lists: &[&[u8]]) {
        let mut objects = Vec::new();
        let mut stream = |der: &&[u8]| {
            let number = self.next;
            self.next += 1;
            let mut body = format!("<< /Length {} >>\nstream\n", der.len()).into_bytes();
            body.extend_from_slice(der);
            body.extend_from_slice(b"\nendstream");
            objects.push((number, body));
            format!("{number} 0 R ")
        };
        let certificates: String = certificates.iter().map(&mut stream).collect();
        let lists: String = lists.iter().map(&mut stream).collect();
        let store = self.next;
        self.next += 1;
        self.store = Some(store);
        objects.push((
            store,
            format!("<< /Type /DSS /Certs [{certificates}] /CRLs [{lists}] >>").into_bytes(),
        ));
        objects.push((1, self.catalog()));
        objects.sort();
        self.append(&objects);
    }

    /// A revision that shows another page.
    pub(in crate::verify) fn spoil(&mut self) {
        let larger = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 900 900] >>";
        self.append(&[(3, larger.into())]);
    }

    fn catalog(&self) -> Vec<u8> {
        let form = if self.fields.is_empty() {
            String::new()
        } else {
            format!("/AcroForm << /Fields [{}] /SigFlags 3 >> ", self.fields)
        };
        let store = self
            .store
            .map_or(String::new(), |store| format!("/DSS {store} 0 R "));
        format!("<< /Type /Catalog /Pages 2 0 R {form}{store}>>").into_bytes()
    }

    fn page(&self) -> Vec<u8> {
        let widgets = if self.fields.is_empty() {
            String::new()
        } else {
            format!("/Annots [{}] ", self.fields)
        };
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] {widgets}>>").into_bytes()
    }

    /// One revision with a cross-reference table (ISO 32000-2 §7.5.4, §7.5.6).
    fn append(&mut self, objects: &[(usize, Vec<u8>)]) {
        let is_first = self.last_section == 0;
        let mut table = String::new();
        if is_first {
            table.push_str("0 1\n0000000000 65535 f \n");
        }
        for (number, body) in objects {
            let offset = self.bytes.len();
            write!(table, "{number} 1\n{offset:010} 00000 n \n").unwrap();
            let head = format!("{number} 0 obj\n");
            self.bytes.extend_from_slice(head.as_bytes());
            self.bytes.extend_from_slice(body);
            self.bytes.extend_from_slice(b"\nendobj\n");
        }
        let section = self.bytes.len();
        let previous = if is_first {
            String::new()
        } else {
            format!("/Prev {} ", self.last_section)
        };
        let size = self.next;
        let end = format!(
            "xref\n{table}trailer\n<< /Size {size} /Root 1 0 R {previous}>>\nstartxref\n{section}\n%%EOF\n"
        );
        self.bytes.extend_from_slice(end.as_bytes());
        self.last_section = section;
    }
}
