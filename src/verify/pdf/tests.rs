//! The reader and the difference between revisions on small files, honest and not; `hostile` counts work, `oddities` what
//! honest writers get wrong, `own_fields` what a signer does to the field that is signed, `page_trees` what may be made anew
//! between the catalog and the pages, `two_readers` where one reader would find another document than the next.

use super::*;

mod hostile;
mod oddities;
mod own_fields;
mod page_trees;
mod two_readers;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/samples/cases/");

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{CASES}{name}")).unwrap()
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(CASES)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.contains(".p7") && !name.contains(".content."))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|name| (name.clone(), sample(&name)))
        .collect()
}

#[test]
fn every_sample_is_intact_and_what_follows_a_signature_is_permitted() {
    for (name, bytes) in samples() {
        let pdf = open(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(pdf.findings, [], "{name}");
        assert!(!pdf.signatures.is_empty(), "{name}");
        for signature in &pdf.signatures {
            let told: Vec<_> = signature
                .findings
                .iter()
                .filter(|finding| finding.severity > Severity::Note)
                .collect();
            assert!(told.is_empty(), "{name}: {told:?}");
            let last = signature.revision + 1 == pdf.revisions.len();
            let expected = if last {
                (Coverage::WholeFile, Modifications::None)
            } else {
                (Coverage::WholeRevision, Modifications::Permitted)
            };
            assert_eq!(
                (signature.coverage, signature.modifications),
                expected,
                "{name}"
            );
            let [before, after] = signature.signed_parts(&bytes).unwrap();
            let end = signature.byte_range[2] + signature.byte_range[3];
            let string = 2 + 2 * signature.contents.len();
            assert_eq!(wide(before.len() + after.len() + string), end, "{name}");
            let stamp = signature.kind == SignatureKind::DocTimestamp;
            assert!(stamp || signature.claimed_time.is_some(), "{name}");
        }
    }
}

/// Files of pyHanko and qpdf, one folder for each answer about the first signature.
#[test]
fn what_follows_a_signature_is_judged_by_its_permissions() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pdf");
    let answers = [
        ("permitted", Modifications::Permitted, None),
        (
            "modified",
            Modifications::Suspicious,
            Some(Severity::Failure),
        ),
        (
            "for-a-person",
            Modifications::Permitted,
            Some(Severity::Unknown),
        ),
    ];
    for (answer, modifications, severity) in answers {
        let files: Vec<_> = std::fs::read_dir(format!("{folder}/{answer}"))
            .unwrap()
            .collect();
        assert!(!files.is_empty(), "{answer}");
        for path in files.into_iter().map(|file| file.unwrap().path()) {
            let name = path.display();
            let bytes = std::fs::read(&path).unwrap();
            let pdf = open(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(pdf.findings, [], "{name}");
            let first = pdf.signatures.first().unwrap();
            assert_eq!(first.coverage, Coverage::WholeRevision, "{name}");
            assert_eq!(first.modifications, modifications, "{name}");
            let worst = first.findings.iter().map(|finding| finding.severity).max();
            assert_eq!(
                worst.filter(|worst| *worst > Severity::Note),
                severity,
                "{name}"
            );
        }
    }
}

/// What is signed, but comes from another file or depends on how it is looked at, is for a person.
#[test]
fn what_is_shown_from_elsewhere_is_active_content() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pdf/active");
    let files = [
        ("external-stream", "external_stream"),
        ("reference-xobject", "reference_xobject"),
    ];
    for (name, what) in files {
        let bytes = std::fs::read(format!("{folder}/{name}.pdf")).unwrap();
        let pdf = open(&bytes).unwrap();
        let told = pdf
            .findings
            .iter()
            .any(|finding| finding.code == Code::PdfActiveContent && finding.facts["what"] == what);
        assert!(told, "{name}: {:?}", pdf.findings);
    }
}

/// What switches by itself brings nothing along and runs nothing: Acrobat's headers, footers and watermarks do.
#[test]
fn layers_that_switch_by_themselves_are_told_as_such() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pdf/active");
    let bytes = std::fs::read(format!("{folder}/automatic-layers.pdf")).unwrap();
    let codes = |bytes: &[u8]| -> Vec<(&'static str, String)> {
        let told = open(bytes).unwrap().findings;
        let told = told.iter();
        told.map(|one| {
            (
                one.code.as_str(),
                one.facts["what"].as_str().unwrap().into(),
            )
        })
        .collect()
    };
    let layers = ("pdf.automatic_layers", "automatic_layers".to_owned());
    assert_eq!(codes(&bytes), std::slice::from_ref(&layers));
    // Beside them, in the same object, what acts is told all the same.
    let catalog = format!(
        "<< {CATALOG} /OCProperties << /OCGs [] /D << /AS [ << /Event /Print /Category [/Print] /OCGs [] >> ] >> >> \
         /OpenAction << /S /JavaScript /JS (x) >> >>"
    );
    let base = sample("valid-pades-bb.pdf");
    let told = codes(&Update::of(&base).object(1, &catalog).bytes());
    assert!(told.contains(&layers), "{told:?}");
    let runs = ("pdf.active_content", "javascript".to_owned());
    assert!(told.contains(&runs), "{told:?}");
}

/// An editor that takes the last attachment away leaves an empty tree: nothing is brought along.
#[test]
fn an_empty_tree_of_attachments_is_none() {
    let base = sample("valid-pades-bb.pdf");
    let told = |names: &str, more: &[(u32, &str)]| {
        let catalog = format!("<< {CATALOG} /Names {names} >>");
        let update = Update::of(&base).object(1, &catalog);
        let pdf = more
            .iter()
            .fold(update, |update, (number, value)| {
                update.object(*number, value)
            })
            .bytes();
        let findings = open(&pdf).unwrap().findings;
        let active = findings
            .iter()
            .filter(|one| one.code == Code::PdfActiveContent);
        active.count()
    };
    assert_eq!(told("<</EmbeddedFiles<</Names[]>>>>", &[]), 0);
    assert_eq!(told("<</EmbeddedFiles<<>>>>", &[]), 0);
    assert_eq!(told("<</EmbeddedFiles<</Kids[]>>>>", &[]), 0);
    assert_eq!(told("<</EmbeddedFiles null>>", &[]), 0);
    assert_eq!(
        told(
            "<</EmbeddedFiles 90 0 R>>",
            &[(90, "<</Names 91 0 R>>"), (91, "[]")]
        ),
        0
    );
    assert_eq!(
        told(
            "<</EmbeddedFiles<</Kids[90 0 R]>>>>",
            &[(90, "<</Limits[(a)(z)]/Names[]>>")]
        ),
        0
    );
    let specification = "<</Type/Filespec/EF<</F 91 0 R>>>>";
    let file = "<</Length 1>>\nstream\nx\nendstream";
    let held = [(90, specification), (91, file)];
    assert_eq!(told("<</EmbeddedFiles<</Names[(a) 90 0 R]>>>>", &held), 1);
    assert_eq!(
        told(
            "<</EmbeddedFiles 92 0 R>>",
            &[held[0], held[1], (92, "<</Names[(a) 90 0 R]>>")]
        ),
        1
    );
    assert_eq!(
        told(
            "<</EmbeddedFiles<</Kids[92 0 R]>>>>",
            &[held[0], held[1], (92, "<</Names[(a) 90 0 R]>>")]
        ),
        1
    );
    // What goes round for ever, and what is no tree.
    assert_eq!(
        told("<</EmbeddedFiles 90 0 R>>", &[(90, "<</Kids[90 0 R]>>")]),
        1
    );
    assert_eq!(told("<</EmbeddedFiles(x)>>", &[]), 1);
}

/// An update made by hand, as an attacker appends it.
struct Update<'u> {
    base: &'u [u8],
    objects: Vec<(u32, String)>,
    /// Entries that point elsewhere than their object: number and offset.
    entries: Vec<(u32, usize)>,
    root: &'u str,
    info: &'u str,
    trailer: &'u str,
    /// Bytes between the objects and the cross-reference table.
    hidden: &'u str,
}

impl<'u> Update<'u> {
    fn of(base: &'u [u8]) -> Self {
        Self {
            base,
            objects: Vec::new(),
            entries: Vec::new(),
            root: "1 0 R",
            info: "/Info 8 0 R",
            trailer: "",
            hidden: "",
        }
    }

    fn object(mut self, number: u32, value: &str) -> Self {
        self.objects.push((number, value.to_owned()));
        self
    }

    fn stream(self, number: u32, dictionary: &str, data: &str) -> Self {
        let value = format!(
            "<< {dictionary} /Length {} >>\nstream\n{data}\nendstream",
            data.len()
        );
        self.object(number, &value)
    }

    fn bytes(self) -> Vec<u8> {
        let previous = number_behind(self.base, "startxref");
        let mut file = self.base.to_vec();
        let mut entries = self.entries.clone();
        for (number, value) in &self.objects {
            entries.push((*number, file.len()));
            file.extend(format!("{number} 0 obj\n{value}\nendobj\n").bytes());
        }
        file.extend(self.hidden.bytes());
        let section = file.len();
        file.extend(b"xref\n");
        entries.sort_unstable();
        for (number, offset) in entries {
            file.extend(format!("{number} 1\n{offset:010} 00000 n \n").bytes());
        }
        let (root, info, more) = (self.root, self.info, self.trailer);
        let trailer = format!("/Size 200 /Root {root} {info} /Prev {previous} {more}");
        file.extend(format!("trailer\n<< {trailer} >>\nstartxref\n{section}\n%%EOF\n").bytes());
        file
    }
}

fn number_behind(bytes: &[u8], word: &str) -> usize {
    let at = bytes
        .windows(word.len())
        .rposition(|window| window == word.as_bytes())
        .unwrap();
    let digits = bytes[at + word.len()..]
        .iter()
        .skip_while(|byte| !byte.is_ascii_digit())
        .take_while(|byte| byte.is_ascii_digit());
    String::from_utf8(digits.copied().collect())
        .unwrap()
        .parse()
        .unwrap()
}

/// Replaces text in place; the lengths have to agree, so that offsets stay.
fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = bytes
        .windows(from.len())
        .rposition(|window| window == from.as_bytes())
        .unwrap_or_else(|| panic!("{from} is in the sample"));
    let mut changed = bytes.to_vec();
    changed[at..at + to.len()].copy_from_slice(to.as_bytes());
    changed
}

/// The `what` of every finding that is more than a note: of the file, then of its signatures.
fn told(bytes: &[u8]) -> Vec<String> {
    let pdf = open(bytes).unwrap();
    let all = pdf
        .findings
        .iter()
        .chain(pdf.signatures.iter().flat_map(|s| &s.findings));
    all.filter(|finding| finding.severity > Severity::Note)
        .map(|finding| finding.facts["what"].as_str().unwrap().to_owned())
        .collect()
}

const CATALOG: &str = "/Type /Catalog /Pages 2 0 R /Lang (es-EC) /AcroForm 10 0 R /Extensions << /ESIC << /Type \
/DeveloperExtensions /BaseVersion /1.7 /ExtensionLevel 1 >> >>";
const PAGE: &str =
    "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources 5 0 R /Contents 6 0 R";
const FIELD: &str = "/FT /Sig /T (Signature1) /Type /Annot /Subtype /Widget /F 132 /Rect [0 0 0 0] /P 7 0 R /V 12 0 R";

/// Edits appended to a signed sample: name, what has to be told, the file.
fn edits(base: &[u8]) -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let edit = || Update::of(base);
    let page = |more: &str| format!("<< {PAGE} {more} >>");
    let catalog = |more: &str| format!("<< {CATALOG} {more} >>");
    let content = "BT /F1 11 Tf 70 700 Td (RUC 1790011674001) Tj ET";
    let first_page = base
        .windows(8)
        .position(|window| window == b"7 0 obj\n")
        .unwrap();
    vec![
        ("content replaced", "page_content", edit().stream(6, "", content).bytes()),
        (
            "content re-pointed",
            "page_content",
            edit()
                .stream(20, "", content)
                .object(7, &page("/Annots [11 0 R]").replace("6 0 R", "20 0 R"))
                .bytes(),
        ),
        (
            "page area",
            "page_area",
            edit().object(7, &page("/Annots [11 0 R] /CropBox [0 0 9 9]")).bytes(),
        ),
        ("font replaced", "page_resources", edit().object(3, "<< /Type /Font /Subtype /Type3 >>").bytes()),
        (
            "resources replaced",
            "page_resources",
            edit().object(5, "<< /Font << /F1 4 0 R /F2 3 0 R >> >>").bytes(),
        ),
        (
            "page added",
            "page_added",
            edit()
                .object(20, &page(""))
                .object(2, "<< /Type /Pages /Kids [20 0 R 7 0 R] /Count 2 >>")
                .bytes(),
        ),
        ("page removed", "page_removed", edit().object(2, "<< /Type /Pages /Kids [] /Count 0 >>").bytes()),
        (
            "inherited attribute",
            "page_area",
            edit().object(2, "<< /Type /Pages /Kids [7 0 R] /Count 1 /Rotate 180 >>").bytes(),
        ),
        (
            "annotation added",
            "annotation_added",
            edit()
                .object(20, "<< /Type /Annot /Subtype /FreeText /Rect [0 0 300 300] /Contents (x) >>")
                .object(7, &page("/Annots [11 0 R 20 0 R]"))
                .bytes(),
        ),
        ("widget removed", "annotation_removed", edit().object(7, &page("")).bytes()),
        ("action", "action", edit().object(1, &catalog("/OpenAction << /S /URI /URI (http://x) >>")).bytes()),
        ("layers", "layers", edit().object(1, &catalog("/OCProperties << /OCGs [] >>")).bytes()),
        (
            "pages re-pointed",
            "page_tree_replaced",
            edit()
                .object(20, "<< /Type /Pages /Kids [7 0 R] /Count 1 >>")
                .object(1, &catalog("").replace("/Pages 2 0 R", "/Pages 20 0 R"))
                .bytes(),
        ),
        ("catalog replaced", "catalog_replaced", {
            let mut update = edit().object(8, &catalog(""));
            update.root = "8 0 R";
            update.bytes()
        }),
        (
            "appearances asked for",
            "form_entry",
            edit().object(10, "<< /Fields [11 0 R] /SigFlags 3 /NeedAppearances true >>").bytes(),
        ),
        ("signature removed", "field_removed", edit().object(10, "<< /Fields [] /SigFlags 3 >>").bytes()),
        (
            "text field added",
            "field_added",
            edit()
                .object(20, "<< /FT /Tx /T (ruc) /V (1790011674001) >>")
                .object(10, "<< /Fields [11 0 R 20 0 R] /SigFlags 3 >>")
                .bytes(),
        ),
        (
            "signature moved",
            "signature_field_changed",
            edit().object(11, &format!("<< {} >>", FIELD.replace("[0 0 0 0]", "[0 0 500 800]"))).bytes(),
        ),
        (
            "signature field that starts an action",
            "action",
            edit()
                .object(20, "<< /FT /Sig /T (b) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /A << /S /URI >> >>")
                .object(10, "<< /Fields [11 0 R 20 0 R] /SigFlags 3 >>")
                .bytes(),
        ),
        (
            "signature value reused",
            "signature_value_reused",
            edit()
                .object(20, "<< /FT /Sig /T (b) /V 12 0 R >>")
                .object(10, "<< /Fields [11 0 R 20 0 R] /SigFlags 3 >>")
                .bytes(),
        ),
        (
            "title",
            "document_information",
            edit().object(8, "<< /Title (Otra) /Producer (x) /Creator (Procesador de textos) >>").bytes(),
        ),
        ("signature dictionary replaced",
            "signature_replaced", edit().object(12, "<< /Type /Sig >>").bytes()),
        ("rollback", "xref_rollback", {
            let mut update = edit();
            update.entries.push((7, first_page));
            update.bytes()
        }),
        ("another object's place", "entry_mismatch", {
            let mut update = edit().object(20, "null");
            update.entries.push((6, base.len()));
            update.bytes()
        }),
        ("hidden replacement", "hidden_bytes", {
            let mut update = edit().object(20, "null");
            update.hidden = "6 0 obj\n<< /Length 0 >>\nstream\n\nendstream\nendobj\n";
            update.bytes()
        }),
        ("hidden in a comment", "hidden_bytes", {
            let mut update = edit().object(20, "null");
            update.hidden = "% 6 0 obj << >> endobj\n";
            update.bytes()
        }),
        (
            "twice in one update",
            "object_defined_twice",
            edit().object(20, "null").object(20, "null").bytes(),
        ),
        ("duplicate key", "duplicate_key", {
            edit().object(1, &catalog("/Lang (es-EC) /Lang (en)")).bytes()
        }),
        (
            "encryption",
            "encryption_changed",
            Update {
                trailer: "/Encrypt << >>",
                ..edit()
            }
            .bytes(),
        ),
        (
            "stream of the security store that is drawn",
            "object_replaced",
            edit()
                .stream(6, "", content)
                .object(1, &catalog("/DSS << /Certs [6 0 R] >>"))
                .bytes(),
        ),
        (
            "metadata that is drawn",
            "object_shared",
            edit()
                .stream(6, "/Type /Metadata /Subtype /XML", content)
                .object(1, &catalog("/Metadata 6 0 R"))
                .bytes(),
        ),
        (
            "empty field that paints",
            "signature_field_added",
            edit()
                .stream(21, "/Type /XObject /Subtype /Form /BBox [0 0 9 9]", content)
                .object(
                    20,
                    "<< /FT /Sig /T (b) /Type /Annot /Subtype /Widget /Rect [0 0 500 800] /P 7 0 R /AP << /N 21 0 R >> >>",
                )
                .object(10, "<< /Fields [11 0 R 20 0 R] /SigFlags 3 >>")
                .object(7, &page("/Annots [11 0 R 20 0 R]"))
                .bytes(),
        ),
        (
            "timestamp that paints",
            "timestamp",
            edit()
                .stream(21, "/Type /XObject /Subtype /Form /BBox [0 0 9 9]", content)
                .object(22, "<< /Type /DocTimeStamp /SubFilter /ETSI.RFC3161 /ByteRange [0 1 2 3] /Contents <30> >>")
                .object(
                    20,
                    "<< /FT /Sig /T (b) /V 22 0 R /Type /Annot /Subtype /Widget /Rect [0 0 500 800] /P 7 0 R /AP << /N 21 0 R >> >>",
                )
                .object(10, "<< /Fields [11 0 R 20 0 R] /SigFlags 3 >>")
                .object(7, &page("/Annots [11 0 R 20 0 R]"))
                .bytes(),
        ),
    ]
}

#[test]
fn every_edit_behind_a_signature_is_named() {
    let base = sample("valid-pades-bb.pdf");
    for (name, what, bytes) in edits(&base) {
        let mut told = told(&bytes);
        let pdf = open(&bytes).unwrap();
        let additions = pdf.additions_after(wide(base.len()));
        // With the signature gone, only the changes since its revision tell of it.
        let added = additions
            .findings
            .iter()
            .map(|finding| &finding.facts["what"]);
        told.extend(added.map(|what| what.as_str().unwrap().to_owned()));
        assert!(told.iter().any(|told| told == what), "{name}: {told:?}");
        let painted = !additions.visible_widgets.is_empty();
        let ambiguous = pdf
            .findings
            .iter()
            .any(|finding| finding.severity == Severity::Failure);
        assert!(
            ambiguous || painted || !additions.findings.is_empty(),
            "{name}"
        );
        for signature in &pdf.signatures {
            assert!(
                ambiguous || signature.modifications == Modifications::Suspicious,
                "{name}"
            );
        }
    }
}

#[test]
fn honest_updates_pass() {
    let base = sample("valid-pades-bb.pdf");
    let page = format!("<< {PAGE} /Annots [11 0 R 20 0 R] >>");
    let files = [
        (
            "the same objects again",
            Update::of(&base)
                .object(2, "<</Kids[7 0 R]/Count 1/Type/Pages>>")
                .bytes(),
        ),
        ("nothing at all", Update::of(&base).bytes()),
        (
            "an unused object",
            Update::of(&base).object(20, "(x)").bytes(),
        ),
        (
            "dates",
            Update::of(&base)
                .object(
                    8,
                    "<< /Title (Solicitud) /Creator (Procesador de textos) /ModDate (D:2026) >>",
                )
                .bytes(),
        ),
        (
            "an empty signature field",
            Update::of(&base)
                .object(
                    20,
                    "<< /FT /Sig /T (b) /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 7 0 R >>",
                )
                .object(10, "<< /Fields [11 0 R 20 0 R] /SigFlags 3 >>")
                .object(7, &page)
                .bytes(),
        ),
        (
            "a security store",
            Update::of(&base)
                .stream(20, "", "abc")
                .object(1, &format!("<< {CATALOG} /DSS << /Certs [20 0 R] >> >>"))
                .bytes(),
        ),
    ];
    for (name, bytes) in files {
        assert_eq!(told(&bytes), [""; 0], "{name}");
        let pdf = open(&bytes).unwrap();
        assert_eq!(
            pdf.signatures[0].modifications,
            Modifications::Permitted,
            "{name}"
        );
        assert_eq!(
            pdf.signatures[0].coverage,
            Coverage::WholeRevision,
            "{name}"
        );
    }
}

/// An object number that the signed page already refers to: the Shadow attack by way of a missing object.
#[test]
fn an_object_that_something_signed_was_waiting_for_is_told() {
    let base = sample("valid-pades-bb.pdf");
    let prepared = Update::of(&base)
        .object(7, &format!("<< {PAGE} /Annots [11 0 R 40 0 R] >>"))
        .bytes();
    let late = Update::of(&prepared)
        .object(
            40,
            "<< /Type /Annot /Subtype /FreeText /Rect [0 0 300 300] >>",
        )
        .bytes();
    assert!(told(&late).contains(&"missing_object_supplied".to_owned()));
}

/// Universal Signature Forgery and Signature Wrapping: the signature dictionary of a sample, tampered in place.
/// §12.8.1: what a signature was made for stands beside it, in any of the ways in which text is written.
#[test]
fn what_a_signature_was_made_for_is_read() {
    const RANGE: &str = "/ByteRange [0 2798 16018 493]";
    let base = sample("valid-pades-bb.pdf");
    let blank = format!("{RANGE}{}", " ".repeat(40));
    for (entry, said) in [
        ("", None),
        (
            "/Reason (Recibido. No conforme.)",
            Some("Recibido. No conforme."),
        ),
        ("/Reason <FEFF004E006F>", Some("No")),
        ("/Reason ( )", None),
        ("/Reason null", None),
        ("/Reason /Recibido", Some("?")),
    ] {
        let bytes = replaced(&base, &blank, &format!("{RANGE}{entry:40}"));
        let pdf = open(&bytes).unwrap();
        assert_eq!(pdf.signatures[0].reason.as_deref(), said, "{entry}");
    }
}

/// The same for where, by whom and for whom to call.
#[test]
fn what_stands_beside_a_signature_is_read() {
    const RANGE: &str = "/ByteRange [0 2798 16018 493]";
    let base = sample("valid-pades-bb.pdf");
    let blank = format!("{RANGE}{}", " ".repeat(40));
    for (entry, place, said) in [
        ("/Location (Recib\\355 copia.)", "location", "Recibí copia."),
        (
            "/ContactInfo (099 no solicito)",
            "contact_info",
            "099 no solicito",
        ),
        ("/ContactInfo /No", "contact_info", "?"),
    ] {
        let bytes = replaced(&base, &blank, &format!("{RANGE}{entry:40}"));
        let told: Vec<(&str, String)> = open(&bytes).unwrap().signatures[0]
            .statements
            .iter()
            .map(|one| (one.place.as_str(), one.text.clone()))
            .collect();
        assert!(
            told.contains(&(place, said.to_owned())),
            "{entry}: {told:?}"
        );
    }
}

#[test]
fn tampered_signature_dictionaries_are_told() {
    let base = sample("valid-pades-bb.pdf");
    let range = "/ByteRange [0 2798 16018 493]";
    let contents = "/Contents <308211";
    for (name, what, bytes) in [
        (
            "no range",
            "byte_range",
            replaced(&base, range, "/ByteRangE [0 2798 16018 493]"),
        ),
        (
            "empty range",
            "byte_range",
            replaced(&base, range, "/ByteRange [                ]"),
        ),
        (
            "null range",
            "byte_range",
            replaced(&base, range, "/ByteRange null              "),
        ),
        (
            "zero range",
            "gap",
            replaced(&base, range, "/ByteRange [0 0000 00000 000]"),
        ),
        (
            "negative",
            "byte_range",
            replaced(&base, range, "/ByteRange [0 2798 16018 -93]"),
        ),
        (
            "three numbers",
            "byte_range",
            replaced(&base, range, "/ByteRange [0 2798 16018    ]"),
        ),
        (
            "starts behind 0",
            "start",
            replaced(&base, range, "/ByteRange [1 2797 16018 493]"),
        ),
        (
            "gap before",
            "gap",
            replaced(&base, range, "/ByteRange [0 2797 16018 493]"),
        ),
        (
            "gap behind",
            "gap",
            replaced(&base, range, "/ByteRange [0 2798 16019 492]"),
        ),
        (
            "overlap",
            "gap",
            replaced(&base, range, "/ByteRange [0 2798 00018 493]"),
        ),
        (
            "short",
            "end",
            replaced(&base, range, "/ByteRange [0 2798 16018 400]"),
        ),
        (
            "beyond the file",
            "beyond_file",
            replaced(&base, range, "/ByteRange [0 2798 16018 999]"),
        ),
        (
            "no contents",
            "contents",
            replaced(&base, contents, "/Contentz <308211"),
        ),
        (
            "white space",
            "contents",
            replaced(&base, contents, "/Contents <30 211"),
        ),
        (
            "end of contents",
            "contents",
            replaced(&base, contents, "/Contents <>08211"),
        ),
        (
            "stamp without its type",
            "type",
            replaced(&base, "/Type /Sig\n", "/Type /Sgi\n"),
        ),
    ] {
        let pdf = open(&bytes);
        let Ok(pdf) = pdf else {
            assert_eq!(name, "end of contents");
            continue;
        };
        let told = told(&bytes);
        let fitting =
            told.iter().any(|told| told == what) || told.iter().any(|told| told == "unreadable");
        assert!(fitting, "{name}: {told:?}");
        let covered = pdf
            .signatures
            .iter()
            .all(|s| s.coverage == Coverage::Partial);
        assert!(covered || what == "type", "{name}");
    }
    let twice = replaced(
        &base,
        "                                            \n/Type /Sig",
        "/ByteRange [0 1 2 3]                        \n/Type /Sig",
    );
    assert!(told(&twice).contains(&"duplicate_key".to_owned()));
}

#[test]
fn bytes_behind_the_end_are_told() {
    let base = sample("valid-pades-bb.pdf");
    for (tail, what) in [
        ("garbage", "bytes_after_eof"),
        ("6 0 obj << >> endobj", "bytes_after_eof"),
        ("\r\n", "white_space_after_eof"),
    ] {
        let mut bytes = base.clone();
        bytes.extend(tail.bytes());
        assert_eq!(told(&bytes), [what], "{tail}");
    }
    let shifted = [b"\n".as_slice(), &base].concat();
    assert!(open(&shifted).map_or(true, |pdf| !pdf.findings.is_empty()));
}

#[test]
fn what_is_no_pdf_says_so() {
    let code = |bytes: &[u8]| open(bytes).unwrap_err().code();
    assert_eq!(code(b""), "input.empty");
    assert_eq!(code(b"\x89PNG"), "pdf.not_a_pdf");
    assert_eq!(code(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"), "pdf.truncated");
    assert_eq!(code(b"%PDF-1.7\nstartxref\n0\n%%EOF"), "pdf.truncated");
}

#[test]
fn a_file_cut_anywhere_neither_panics_nor_looks_signed() {
    for name in [
        "valid-pades-bb.pdf",
        "valid-pdf-xrefstm-email.pdf",
        "valid-pdf-hybrid-reset.pdf",
    ] {
        let bytes = sample(name);
        for length in (0..bytes.len()).step_by(149) {
            if let Ok(pdf) = open(&bytes[..length]) {
                let whole = pdf
                    .signatures
                    .iter()
                    .any(|s| s.coverage == Coverage::WholeFile);
                let sound = !whole || bytes[length..].iter().all(u8::is_ascii_whitespace);
                assert!(sound, "{name} cut at {length}");
            }
        }
    }
}

/// Deterministic mutations of every sample: whatever the bytes, an answer and no panic.
#[test]
fn mutated_bytes_never_panic() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below).unwrap()).unwrap()
    };
    let interesting = b"0 9<>[]/()%RnfN\n\r\x00\xff";
    for (name, bytes) in samples() {
        // Signature contents are hexadecimal noise: spend the mutations on structure.
        let places: Vec<usize> = (0..bytes.len())
            .filter(|at| {
                !bytes[at.saturating_sub(40)..(at + 40).min(bytes.len())]
                    .iter()
                    .all(u8::is_ascii_hexdigit)
            })
            .collect();
        for _ in 0..25 {
            let mut mutant = bytes.clone();
            for _ in 0..=random(3) {
                let at = places[random(places.len())];
                mutant[at] = interesting[random(interesting.len())];
            }
            if let Ok(pdf) = open(&mutant) {
                let _ = pdf.additions_after(0);
                for signature in &pdf.signatures {
                    let _ = signature.signed_parts(&mutant);
                }
            }
        }
        assert!(!places.is_empty(), "{name}");
    }
}

/// pyHanko writes UTF-16 text back in another encoding; nobody reads anything else.
#[test]
fn text_in_another_encoding_is_the_same_text() {
    let base = sample("valid-pades-bb.pdf");
    let catalog =
        |label: &str| format!("<< {CATALOG} /PageLabels << /Nums [0 << /P {label} >>] >> >>");
    let labelled = Update::of(&base)
        .object(1, &catalog("<FEFF00D10031>"))
        .bytes();
    let changes = |label: &str| {
        let bytes = Update::of(&labelled).object(1, &catalog(label)).bytes();
        let additions = open(&bytes).unwrap().additions_after(wide(labelled.len()));
        let modified = |finding: &Finding| finding.severity == Severity::Failure;
        additions.findings.into_iter().filter(modified).count()
    };
    assert_eq!(changes("(\u{5c}3211)"), 0);
    assert_eq!(changes("(\u{5c}3212)"), 1);
}

#[test]
fn limits_answer_quickly() {
    let objects = |count: usize, value: &str| -> Vec<u8> {
        let mut file = b"%PDF-1.7\n".to_vec();
        let mut table = format!("xref\n1 {count}\n").into_bytes();
        for number in 1..=count {
            table.extend(format!("{:010} 00000 n \n", file.len()).bytes());
            let value = match number {
                1 => "<< /Type /Catalog /Pages 2 0 R /X 3 0 R >>".to_owned(),
                2 => "<< /Type /Pages /Kids [] /Count 0 >>".to_owned(),
                _ => value.replace("NEXT", &(number + 1).to_string()),
            };
            file.extend(format!("{number} 0 obj\n{value}\nendobj\n").bytes());
        }
        let section = file.len();
        file.extend(table);
        file.extend(
            format!(
                "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{section}\n%%EOF\n",
                count + 1
            )
            .bytes(),
        );
        file
    };
    let complex = |bytes: &[u8]| match open(bytes) {
        Err(error) => error.code() == "pdf.too_complex",
        Ok(pdf) => pdf
            .findings
            .iter()
            .any(|finding| finding.code == Code::PdfTooComplex),
    };
    assert!(!complex(&objects(1_000, "<< /Next NEXT 0 R >>")));
    assert!(complex(&objects(3, &"[".repeat(100))), "depth");
    assert!(
        complex(&objects(3, &format!("[{}]", "1 ".repeat(300_000)))),
        "values"
    );
    assert!(
        complex(&objects(210_000, "<< /Next NEXT 0 R >>")),
        "objects"
    );
    assert!(complex(&objects(500_001, "0")), "entries");
    let mut chain = objects(2, "");
    for _ in 0..66 {
        chain = Update::of(&chain).bytes();
    }
    assert!(complex(&chain), "revisions");
}

/// Files of qpdf and pyHanko with the empty user password, certified for form filling and signed again.
#[test]
fn encrypted_files_are_read_with_the_empty_password() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/pdf/encrypted");
    let mut opened = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "pdf") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let pdf = open(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(pdf.encrypted, "{name}");
        let findings: Vec<_> = pdf
            .findings
            .iter()
            .map(|finding| (finding.code, finding.severity))
            .collect();
        if name == "password" {
            assert_eq!(
                findings,
                [(Code::PdfEncrypted, Severity::Unknown)],
                "{name}"
            );
            continue;
        }
        assert_eq!(findings, [(Code::PdfEncrypted, Severity::Note)], "{name}");
        opened += 1;
        if name.ends_with("unsigned") {
            continue;
        }
        if name.starts_with("modified") {
            assert_eq!(told(&bytes), ["field_filled"], "{name}");
            // Taking the encryption away is a modification too, and nothing can be read in two ways.
            let stripped = Update::of(&bytes).object(90, "(x)").bytes();
            assert!(told(&stripped).contains(&"encryption_changed".to_owned()));
            continue;
        }
        let [first, second] = pdf.signatures.as_slice() else {
            panic!("{name}: {} signatures", pdf.signatures.len());
        };
        assert_eq!(first.field, "Sig1", "{name}: names of fields are encrypted");
        assert_eq!(first.doc_mdp, Some(2), "{name}");
        assert_eq!(second.coverage, Coverage::WholeFile, "{name}");
        assert_eq!(first.modifications, Modifications::Permitted, "{name}");
        for signature in [first, second] {
            let time = signature.claimed_time.unwrap();
            assert!(time > "2026-01-01T00:00:00Z".parse().unwrap(), "{name}");
        }
    }
    assert!(opened >= 10);
}
