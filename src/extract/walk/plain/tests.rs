//! What is plain text, and every way of being more that somebody thought of: none of them is looked for.

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use crate::extract::read_here;
use crate::letter::PageText;

/// A one-page PDF with this content, Helvetica as /F1, Courier-Bold as /F2, fonts that are not plain, and a picture. `change` gets
/// document and page.
fn pdf(content: &str, change: impl FnOnce(&mut Document, ObjectId)) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let stream = document.add_object(Stream::new(Dictionary::new(), content.into()));
    let font = |key: &str, value: Object| {
        let mut font = dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
        };
        font.set(key, value);
        font
    };
    let mut own = font("Name", "F3".into());
    own.remove(b"Encoding");
    let fonts = dictionary! {
        "F1" => font("Name", "F1".into()),
        "F2" => font("BaseFont", "Courier-Bold".into()),
        "F3" => own,
        "W" => font("Widths", vec![500.into()].into()),
        "M" => font("Encoding", "MacRomanEncoding".into()),
        "S" => font("BaseFont", "ZapfDingbats".into()),
        "T" => font("Subtype", "TrueType".into()),
        "U" => font("ToUnicode", stream.into()),
    };
    let picture = document.add_object(Stream::new(
        dictionary! { "Type" => "XObject", "Subtype" => "Image", "Width" => 1, "Height" => 1 },
        vec![0],
    ));
    let form = document.add_object(Stream::new(
        dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => frame(0, 0, 9, 9) },
        Vec::new(),
    ));
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "MediaBox" => frame(0, 0, 595, 842), "Contents" => stream,
        "Resources" => dictionary! {
            "Font" => fonts, "XObject" => dictionary! { "Im" => picture, "Fm" => form },
        },
    });
    let kids: Vec<Object> = vec![page.into()];
    let tree = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => 1 };
    document.objects.insert(pages, tree.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    change(&mut document, page);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn frame(left: i64, bottom: i64, right: i64, top: i64) -> Object {
    let sides: Vec<Object> = [left, bottom, right, top].map(Object::from).into();
    sides.into()
}

fn read(content: &str) -> PageText {
    read_here(&pdf(content, |_, _| {})).unwrap()
}

/// The lines of plain text.
fn plain(content: &str) -> Vec<String> {
    let text = read(content);
    assert!(!text.ornate, "{content}: {:?}", text.lines);
    let mut lines = text.lines;
    assert_eq!(lines.pop().as_deref(), Some(""), "the end of a page");
    lines
}

#[test]
fn letters_are_read_where_they_stand() {
    let line = "BT /F1 11 Tf 1 0 0 1 72 700 Tm (Solicito la clave) Tj ET";
    assert_eq!(plain(line), ["Solicito la clave"]);
    // Whatever the order of strings, and the blanks in them, the page shows the same.
    for same in [
        "BT /F1 11 Tf 72 700 Td [(Soli) (cito) -278 (la) -278 (clave)] TJ ET",
        "BT /F1 11 Tf 11 TL 72 711 Td T* (Solicito la ) Tj (clave) Tj ET",
        "BT /F1 11 Tf 14 TL 72 714 Td (Solicito la clave) ' ET",
        "q .5 0 0 .5 36 350 cm BT /F1 22 Tf 1 0 0 1 72 700 Tm (Solicito la clave) Tj ET Q",
        "BT /F1 1 Tf 11 0 0 11 72 700 Tm (Solicito la clave) Tj ET",
        "0 g 0 0 0 rg .1 .1 .2 rg 0 0 0 1 k 1 w 0 J [] 0 d 1 1 1 RG BT /F1 11 Tf 0 Tr 0 Ts 100 Tz \
         72 700 Td (Solicito la clave) Tj ET",
        "BT /F3 11 Tf 72 700 Td (Solicito la clave) Tj ET",
        "BT /F1 11 Tf 105.0 700 Td (to la clave) Tj -33 0 Td (Solici) Tj ET",
    ] {
        let read = plain(same);
        let apart = same.contains("105.0");
        assert!(apart || read == ["Solicito la clave"], "{same}: {read:?}");
    }
    let shown = "BT /F1 11 Tf 72 700 Td (No) Tj 27 0 Td (solicito) Tj ET";
    assert_eq!(plain(shown), ["No solicito"]);
    let split = "BT /F1 11 Tf 79.944 700 Td (o solicito) Tj -7.944 0 Td (N) Tj ET";
    assert_eq!(plain(split), ["No solicito"]);
    let courier = "BT /F2 10 Tf 72 700 Td 14 TL (Jos\\351 \\226 a) Tj T* (RUC: 1) Tj ET";
    assert_eq!(plain(courier), ["José – a", "RUC: 1"]);
}

#[test]
fn rules_stand_beside_the_text() {
    let text = "BT /F1 11 Tf 72 700 Td (Solicito) Tj ET ";
    for beside in ["72 690 200 .5 re f", ".5 w 72 698.5 m 109 698.5 l S"] {
        assert_eq!(plain(&format!("{text}{beside}")), ["Solicito"], "{beside}");
    }
}

#[test]
fn nothing_else_is_plain_text() {
    let text = "BT /F1 11 Tf 72 700 Td (Solicito) Tj ET ";
    let alone = [
        // Fonts.
        "BT /W 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT /M 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT /S 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT /T 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT /U 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT /Z 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT 72 700 Td (Solicito) Tj ET",
        "BT /F3 11 Tf 72 700 Td (Peque\\361o) Tj ET",
        "BT /F1 11 Tf 72 700 Td (Soli\\255cito) Tj ET",
        "BT /F1 11 Tf 72 700 Td (Soli\\001cito) Tj ET",
        // Operators that others read otherwise.
        "BT 0 /F1 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 0 3 Tr 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 9 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 72 700 Td (Solicito) (x) Tj ET",
        "BT /F1 11 Tf 72 700 Td (Solicito) Tj",
        "BT BT /F1 11 Tf 72 700 Td (Solicito) Tj ET ET",
        "q BT /F1 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 72 700 Td (Solicito) Tj ET Q",
        "BT /F1 11 Tf q 72 700 Td (Solicito) Tj Q ET",
        "BT /F1 11 Tf 72 700 Td (Solicito) Tj ET 1",
        "BT /F1 11 Tf 72 700 Td 1 2 (Solicito) \" ET",
        "/P BMC BT /F1 11 Tf 72 700 Td (Solicito) Tj ET EMC",
        "/GS gs BT /F1 11 Tf 72 700 Td (Solicito) Tj ET",
        // Places, sizes, colours, modes.
        "BT /F1 11 Tf 3 Tr 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 1 Tr 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 50 Tz 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 5 Ts 72 700 Td (Solicito) Tj ET",
        "BT /F1 7 Tf 72 700 Td (Solicito) Tj ET",
        "BT /F1 12 Tf 72 700 Td (Acta de la junta) Tj /F1 8 Tf 0 -100 Td (Solicito) Tj ET",
        "BT /F1 90 Tf 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf -1 0 0 1 72 700 Tm (Solicito) Tj ET",
        "BT /F1 11 Tf 1 0 .3 1 72 700 Tm (Solicito) Tj ET",
        "BT /F1 11 Tf .5 0 0 1 72 700 Tm (Solicito) Tj ET",
        "BT /F1 11 Tf 570 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf -9 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 72 835 Td (Solicito) Tj ET",
        ".94 g BT /F1 11 Tf 72 700 Td (Solicito) Tj ET",
        "1 1 .9 rg BT /F1 11 Tf 72 700 Td (Solicito) Tj ET",
        "0 0 1 0 k BT /F1 11 Tf 72 700 Td (Solicito) Tj ET",
        "2 g BT /F1 11 Tf 72 700 Td (Solicito) Tj ET",
        "/DeviceGray cs 0 sc BT /F1 11 Tf 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf -9 Tc 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 1.3 Tc 72 700 Td (Solicito) Tj ET",
        "BT /F1 11 Tf 72 700 Td (la) Tj 200 0 Td (clave) Tj ET",
        "BT /F1 11 Tf 72 700 Td (la) Tj 0 -5 Td (clave) Tj ET",
        "BT /F1 11 Tf 72 700 Td (la) Tj 200 -1 Td (clave) Tj ET",
        "BT /F1 11 Tf 72 700 Td (Solicito) Tj 0 0 Td (Acta) Tj ET",
    ];
    let beside = [
        // What is drawn over, under and around it.
        "72 703 60 .5 re f",
        "1 g 60 690 100 30 re f",
        "72 600 m 72 660 l S",
        "72 600 m 82 600 l S",
        "72 600 m 172 600 l 172 500 l S",
        "72 600 100 .5 re 72 500 100 .5 re f",
        "72 600 m 172 600 l s",
        "9 w 72 600 m 172 600 l S",
        // Which readers paint as wide as without its sign, over what stands there.
        "1 1 1 RG -70 w 40 700 m 580 700 l S",
        "-1 w 72 600 m 172 600 l S",
        "-1 M 72 600 m 172 600 l S",
        "3 J 72 600 m 172 600 l S",
        "-1 j 72 600 m 172 600 l S",
        "[.001 9999] 0 d 72 600 m 172 600 l S",
        "72 600 m 172 600 l",
        "0 0 595 842 re W n",
        "/Sh sh",
        "q 120 0 0 60 300 680 cm /Im Do Q",
        "q 595 0 0 842 0 0 cm /Im Do Q",
        "q 500 0 0 600 40 40 cm /Im Do Q",
        // A picture says what it likes, however small: four lines fit where a letterhead stands.
        "q 120 0 0 60 400 740 cm /Im Do Q",
        "q 120 0 0 60 72 40 cm /Im Do Q",
        "q 1 0 0 1 72 800 cm /Im Do Q",
        "q 560 0 0 130 17 712 cm /Im Do Q",
        "q 400 0 0 120 72 720 cm /Im Do Q",
        "q 60 0 0 60 72 400 cm /Im Do Q",
        "q 60 0 0 60 72 760 cm /Im Do Q q 60 0 0 60 200 760 cm /Im Do Q",
        "q 120 0 0 60 72 800 cm /Im Do Q",
        "/Fm Do",
        "/Zz Do",
        "BI /W 1 /H 1 /F [] ID x EI",
        "% nothing",
    ];
    let beside = beside.map(|more| format!("{text}{more}"));
    let taken = alone.map(str::to_owned).into_iter().chain(beside);
    let taken: Vec<String> = taken
        .filter(|content| read_here(&pdf(content, |_, _| {})).is_some_and(|text| !text.ornate))
        .collect();
    assert!(taken.is_empty(), "{taken:#?}");
    let many = "72 600 100 .5 re f ".repeat(21);
    assert!(read(&format!("{text}{many}")).ornate);
}

#[test]
fn pages_show_all_of_themselves_upright_and_nothing_upon_it() {
    let text = "BT /F1 11 Tf 72 700 Td (Solicito) Tj ET ";
    let page = |key: &'static str, value: Object| {
        let pdf = pdf(text, |document, page| {
            document.get_dictionary_mut(page).unwrap().set(key, value);
        });
        read_here(&pdf).unwrap().ornate
    };
    let array = |items: Vec<Object>| Object::Array(items);
    assert!(!page("CropBox", frame(0, 0, 595, 842)) && !page("Rotate", 0.into()));
    assert!(page("CropBox", frame(0, 0, 595, 600)));
    assert!(page("CropBox", frame(-9, 0, 700, 842)));
    assert!(page("Rotate", 90.into()) && page("UserUnit", 2.into()));
    assert!(page("MediaBox", frame(0, 0, 14_400, 14_400)));
    for other in ["TrimBox", "BleedBox", "ArtBox"] {
        assert!(!page(other, frame(0, 0, 595, 842)), "{other}");
        assert!(page(other, frame(0, 0, 595, 650)), "{other}");
        assert!(page(other, (1, 0).into()), "{other}");
    }
    let odd = array(vec![0.into(), 0.into(), 595.into(), (1, 0).into()]);
    assert!(page("MediaBox", odd));
    assert!(page("Resources", Object::Null));
    assert!(!page("Tabs", "S".into()) && !page("StructParents", 0.into()));
    for other in [
        "Trans",
        "PresSteps",
        "SeparationInfo",
        "OutputIntents",
        "Group",
        "AA",
        "Unheard-of",
    ] {
        assert!(page(other, Dictionary::new().into()), "{other}");
    }

    let note = |entries: &[(&'static str, Object)]| {
        let mut widget =
            dictionary! { "Subtype" => "Widget", "FT" => "Sig", "Rect" => frame(72, 40, 200, 90) };
        for (key, value) in entries {
            widget.set(*key, value.clone());
        }
        signed(vec![widget]).ornate
    };
    assert!(!note(&[]) && !note(&[("Rect", frame(0, 0, 0, 0))]));
    assert!(note(&[("V", Object::Null)]), "a field that nobody signed");
    assert!(
        note(&[("V", Dictionary::new().into())]),
        "a value of no object"
    );
    assert!(note(&[("FT", "Tx".into())]) && note(&[("Subtype", "Link".into())]));
    assert!(note(&[("Rect", frame(60, 690, 200, 720))]), "over the text");
    assert!(
        note(&[("Rect", frame(200, 720, 60, 690))]),
        "the same backwards"
    );
    assert!(note(&[("Rect", (1, 0).into())]));
    // A sixth of a page has room for another letter.
    assert!(!note(&[("Rect", frame(72, 40, 400, 240))]));
    assert!(note(&[("Rect", frame(20, 40, 575, 240))]));
    let half = [frame(72, 40, 372, 240), frame(72, 300, 372, 500)];
    let together =
        half.map(|place| dictionary! { "Subtype" => "Widget", "FT" => "Sig", "Rect" => place });
    assert!(signed(together.into()).ornate, "together");
}

/// A page that these widgets stand on, each with a value of its own unless it names one.
fn signed(widgets: Vec<Dictionary>) -> PageText {
    let text = "BT /F1 11 Tf 72 700 Td (Solicito) Tj ET";
    let pdf = pdf(text, |document, page| {
        let widgets = widgets.into_iter().map(|mut widget| {
            if !widget.has(b"V") && !widget.has(b"Parent") {
                widget.set("V", document.add_object(dictionary! { "A" => 1 }));
            }
            Object::from(document.add_object(widget))
        });
        let widgets: Vec<Object> = widgets.collect();
        let page = document.get_dictionary_mut(page).unwrap();
        page.set("Annots", widgets);
    });
    read_here(&pdf).unwrap()
}

/// Whether somebody made them, this reader does not know: it tells which they are.
#[test]
fn signatures_on_the_page_are_told_by_their_objects() {
    let widget =
        || dictionary! { "Subtype" => "Widget", "FT" => "Sig", "Rect" => frame(72, 40, 200, 90) };
    let two = signed(vec![widget(), widget()]).drawn_signatures;
    assert_eq!(two.len(), 2);
    assert!(two[0].widget > two[0].value && two[1].value > two[0].widget);
    // The value may be that of the field above.
    let field = dictionary! { "FT" => "Sig", "V" => Object::Reference((2, 0)) };
    let mut below = widget();
    below.set("Parent", field);
    let below = signed(vec![below]);
    assert!(!below.ornate && below.drawn_signatures[0].value == 2);
}

/// Whoever reads across two columns, or on from one into the other, reads another letter than whoever wrote it.
#[test]
fn what_stands_apart_is_no_part_of_a_sentence() {
    let at = |rows: &[(i64, i64, &str)]| {
        let rows: String = rows
            .iter()
            .map(|(x, y, text)| format!("BT /F1 11 Tf {x} {y} Td ({text}) Tj ET "))
            .collect();
        read(&rows)
    };
    let lines = |rows: &[(i64, i64, &str)]| {
        let mut text = at(rows);
        text.lines.pop();
        (!text.ornate).then_some(text.lines)
    };
    let known = |expected: &[&str]| Some(expected.iter().map(|line| (*line).to_owned()).collect());
    assert_eq!(
        lines(&[(72, 700, "Yo, Ana"), (72, 684, "solicito")]),
        known(&["Yo, Ana", "solicito"])
    );
    // The first line of a paragraph may stand a little to the right.
    assert_eq!(
        lines(&[
            (72, 716, "Hoy"),
            (100, 700, "Yo, Ana"),
            (72, 684, "solicito")
        ]),
        known(&["Hoy", "", "Yo, Ana", "solicito"])
    );
    // A date on the right, a title in the middle, two columns.
    for (right, left) in [(400, 72), (200, 72), (72, 90)] {
        assert_eq!(
            lines(&[(right, 700, "Por cuanto"), (left, 684, "solicito")]),
            known(&["Por cuanto", "", "solicito"]),
        );
    }
    assert_eq!(lines(&[(72, 700, "Ya no"), (160, 700, "labora")]), None);
    assert_eq!(lines(&[(72, 700, "Ya no"), (130, 700, "labora")]), None);
    assert!(lines(&[(72, 700, "Ya no"), (115, 700, "labora")]).is_some());
}

/// A rule that begins or ends where the text does not is a blank to fill in.
#[test]
fn a_rule_on_a_line_of_text_lies_under_it() {
    let text = "BT /F1 11 Tf 172 700 Td (Solicito) Tj ET ";
    for (rule, plain) in [
        ("172 698 37 .5 re f", true),
        ("172 690 200 .5 re f", true),
        ("72 720 400 .5 re f", true),
        ("120 698 40 .5 re f", false),
        ("120 700 40 .5 re f", false),
        ("172 698 90 .5 re f", false),
        ("120 705 40 .5 re f", false),
    ] {
        assert_eq!(!read(&format!("{text}{rule}")).ornate, plain, "{rule}");
    }
}

/// A default colour space, a pattern, a layer: what the page does not name may still change what it draws (§8.6.5.6).
#[test]
fn resources_hold_what_plain_text_needs() {
    let text = "0 g BT /F1 11 Tf 72 700 Td (Solicito) Tj ET ";
    let resources = |kind: &'static str| {
        let pdf = pdf(text, |document, page| {
            let page = document.get_dictionary_mut(page).unwrap();
            let resources = page.get_mut(b"Resources").unwrap().as_dict_mut().unwrap();
            let spaces = dictionary! { "DefaultGray" => vec!["CalGray".into(), Object::Null] };
            resources.set(kind, spaces);
        });
        read_here(&pdf).unwrap().ornate
    };
    assert!(!resources("ProcSet") && !resources("ExtGState"));
    for other in [
        "ColorSpace",
        "Pattern",
        "Shading",
        "Properties",
        "Unheard-of",
    ] {
        assert!(resources(other), "{other}");
    }
}

/// Each reader decodes the rest in a way of its own, and what it does not understand it passes over, or shows.
#[test]
fn content_is_as_it_stands_or_deflated_whole() {
    let shown = b"BT /F1 11 Tf 72 700 Td (Solicito) Tj ET ".to_vec();
    let deflated = {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(9));
        std::io::Write::write_all(&mut encoder, &shown).unwrap();
        encoder.finish().unwrap()
    };
    let reads = |entries: Dictionary, content: &[u8]| {
        let pdf = pdf("", |document, page| {
            let stream = document.add_object(Stream::new(entries, content.to_vec()));
            let page = document.get_dictionary_mut(page).unwrap();
            page.set("Contents", stream);
        });
        read_here(&pdf).is_some_and(|text| !text.ornate && text.lines == ["Solicito", ""])
    };
    let flate = || dictionary! { "Filter" => "FlateDecode" };
    assert!(reads(Dictionary::new(), &shown));
    assert!(reads(flate(), &deflated));
    let in_array = |names: &[&str]| {
        let names: Vec<Object> = names.iter().map(|name| (*name).into()).collect();
        dictionary! { "Filter" => names }
    };
    assert!(reads(in_array(&["FlateDecode"]), &deflated));
    // Some writers count the end of the line that follows.
    assert!(reads(flate(), &[&deflated, b"\r\n".as_slice()].concat()));

    let hex = [hex::encode(&shown).as_bytes(), b">"].concat();
    let both = hex::encode(&deflated) + ">";
    // The same as a run of so many bytes and the end of data.
    let run = [
        &[u8::try_from(shown.len() - 1).unwrap()],
        &shown[..],
        &[128],
    ]
    .concat();
    for (entries, content) in [
        (dictionary! { "Filter" => "ASCIIHexDecode" }, hex.as_slice()),
        (dictionary! { "Filter" => "RunLengthDecode" }, &run),
        (
            in_array(&["ASCIIHexDecode", "FlateDecode"]),
            both.as_bytes(),
        ),
        (dictionary! { "Filter" => "Crypt" }, &shown),
        (dictionary! { "Filter" => "BrotliDecode" }, &shown),
        (dictionary! { "F" => "x" }, &shown),
        (dictionary! { "Unheard-of" => "x" }, &shown),
        (
            dictionary! { "DecodeParms" => dictionary! { "Predictor" => 1 } },
            &shown,
        ),
    ] {
        assert!(!reads(entries.clone(), content), "{entries:?}");
    }
    let with = dictionary! { "Filter" => "FlateDecode", "DecodeParms" => dictionary! { "Predictor" => 1 } };
    assert!(!reads(with, &deflated));
    let mut wrong_sum = deflated.clone();
    *wrong_sum.last_mut().unwrap() ^= 1;
    let body = &deflated[2..deflated.len() - 4];
    for broken in [
        &wrong_sum[..],
        &deflated[..deflated.len() - 4],
        &deflated[2..],
        &[b"\0\0", body].concat(),
        &[&deflated, b"more".as_slice()].concat(),
        &[&deflated[..], &deflated].concat(),
    ] {
        assert!(!reads(flate(), broken), "{broken:?}");
    }
}

/// Between two streams some readers put a blank, and others nothing.
#[test]
fn the_streams_of_a_page_are_parted_between_operations() {
    let reads = |parts: &[&str]| {
        let pdf = pdf("", |document, page| {
            let parts: Vec<Object> = parts
                .iter()
                .map(|part| {
                    document
                        .add_object(Stream::new(Dictionary::new(), (*part).into()))
                        .into()
                })
                .collect();
            document
                .get_dictionary_mut(page)
                .unwrap()
                .set("Contents", parts);
        });
        read_here(&pdf).is_some_and(|text| !text.ornate && text.lines == ["Solicito", ""])
    };
    let shown = "BT /F1 11 Tf 72 700 Td (Solicito) Tj ET";
    assert!(reads(&["q 1 0 0 1 0 0 cm", shown, "Q"]));
    assert!(reads(&["0 g", "", shown]));
    for parts in [
        &["BT /F1 11 Tf 72 700 Td [(Soli) -9", "0 (cito)] TJ ET"][..],
        &["BT /F1 11 Tf 72 700 Td (Soli", "cito) Tj ET"],
        &["BT /F1 11 Tf 72 7", "00 Td (Solicito) Tj ET"],
        &["BT /F1 11 Tf 72 700", "Td (Solicito) Tj ET"],
        &["BT /F1 11 Tf 72 700 Td", "(Solicito) Tj ET"],
        &[shown, "72 690 200 .5 re", "f"],
        &["0 ", "g", shown],
    ] {
        assert!(!reads(parts), "{parts:?}");
    }
    // And none of them may be missing.
    let missing = pdf(shown, |document, page| {
        let page = document.get_dictionary_mut(page).unwrap();
        let there = page.get(b"Contents").unwrap().clone();
        page.set("Contents", vec![there, Object::Reference((99, 0))]);
    });
    assert!(read_here(&missing).is_none_or(|text| text.ornate));
}

#[test]
fn a_catalog_that_shows_something_else_than_the_pages_is_not_plain() {
    let catalog = |key: &'static str, value: Object| {
        let pdf = pdf("BT /F1 11 Tf 72 700 Td (Solicito) Tj ET", |document, _| {
            document.catalog_mut().unwrap().set(key, value);
        });
        read_here(&pdf).unwrap().ornate
    };
    let prefers = |key: &str, value: &str| {
        let mut preferences = Dictionary::new();
        preferences.set(key, Object::Name(value.into()));
        catalog("ViewerPreferences", preferences.into())
    };
    assert!(!prefers("Direction", "L2R"));
    for area in ["ViewArea", "ViewClip", "PrintArea", "PrintClip"] {
        assert!(prefers(area, "TrimBox"), "{area}");
    }
    assert!(catalog("ViewerPreferences", true.into()));
    for layout in ["SinglePage", "OneColumn"] {
        assert!(!catalog("PageLayout", layout.into()), "{layout}");
    }
    for harmless in ["Lang", "Metadata", "Extensions", "Perms", "DSS", "Version"] {
        assert!(!catalog(harmless, "x".into()), "{harmless}");
    }
    assert!(!catalog("PageMode", "UseNone".into()));
    // Where a reader begins to show, and what it leaves away around it.
    for mode in ["FullScreen", "UseOC", "UseAttachments", "UseThumbs"] {
        assert!(catalog("PageMode", mode.into()), "{mode}");
    }
    for layout in ["TwoColumnRight", "TwoPageLeft", "TwoPageRight"] {
        assert!(catalog("PageLayout", layout.into()), "{layout}");
    }
    let fit = vec![Object::Reference((1, 0)), "Fit".into()];
    assert!(catalog("OpenAction", fit.into()));
    for preference in [
        "HideToolbar",
        "HideMenubar",
        "HideWindowUI",
        "NonFullScreenPageMode",
    ] {
        assert!(prefers(preference, "UseNone"), "{preference}");
    }
    assert!(prefers("Direction", "R2L"));
    // Profiles under which black is no longer black, layers, attachments, forms of another kind.
    for other in [
        "OutputIntents",
        "OCProperties",
        "Names",
        "AF",
        "URI",
        "Unheard-of",
    ] {
        assert!(catalog(other, Dictionary::new().into()), "{other}");
    }
    let form = |key: &str| {
        let mut form = dictionary! { "Fields" => Vec::<Object>::new(), "SigFlags" => 3 };
        form.set(key, true);
        catalog("AcroForm", form.into())
    };
    assert!(!form("SigFlags") && form("XFA") && form("NeedAppearances"));
    assert!(catalog("Collection", Dictionary::new().into()));
    assert!(catalog("NeedsRendering", true.into()));
    assert!(catalog("Requirements", Vec::<Object>::new().into()));
}

#[test]
fn a_font_on_a_page_of_its_own_is_told_apart() {
    let text = read("BT /U 11 Tf 72 700 Td (Solicito) Tj ET");
    assert!(text.drawn && text.ornate);
}
