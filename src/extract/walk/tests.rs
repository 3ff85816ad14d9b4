//! What a reader sees of a page, and what it does not: pages made for each trick.

use lopdf::{Stream, dictionary};

use super::*;

/// A one-page PDF with this content stream, Helvetica as /F1, some states and colours, and forms that show an x: /Form, and
/// /Framed outside of its own frame.
fn page(content: &str) -> Vec<u8> {
    page_of(vec![Stream::new(
        Dictionary::new(),
        content.as_bytes().to_vec(),
    )])
}

/// The same with these content streams.
fn page_of(streams: Vec<Stream>) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    // Something to refer to, as object 2.
    document.add_object(Object::Name(b"FlateDecode".to_vec()));
    let streams = streams.into_iter();
    let content: Vec<Object> = streams.map(|it| document.add_object(it).into()).collect();
    // What a document may say of a standard font beyond its name.
    let file = document.add_object(Stream::new(Dictionary::new(), b"shapes".to_vec()));
    let descriptor = document.add_object(dictionary! { "FontFile2" => file });
    let mut symbols = |name: &str| {
        document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "TrueType", "BaseFont" => name, "Encoding" => "WinAnsiEncoding",
        })
    };
    let with = |key: &str, value: Object| {
        let mut font = dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
        };
        font.set(key, value);
        font
    };
    let differences = dictionary! { "Differences" => vec![65.into(), "B".into()] };
    let fonts = dictionary! {
        "E1" => with("FontDescriptor", descriptor.into()), "E2" => with("ToUnicode", file.into()),
        "E3" => with("Encoding", differences.into()), "E4" => with("BaseFont", "OpenSans".into()),
        "E5" => with("Subtype", "Type0".into()), "E6" => with("BaseFont", "Times-Bold".into()),
        "F1" => font, "S1" => symbols("ABCDEF+Wingdings-Regular"), "S2" => symbols("ZapfDingbats"),
        "S3" => symbols("Symbol,Bold"), "S4" => symbols("Symbolica"),
    };
    let mut form = |frame: [i64; 4]| {
        let frame: Vec<Object> = frame.map(Object::from).into();
        let own = dictionary! {
            "Type" => "XObject", "Subtype" => "Form", "BBox" => frame,
            "Resources" => dictionary! { "Font" => fonts.clone() },
        };
        let text = b"BT /F1 11 Tf 72 700 Td (x) Tj ET";
        document.add_object(Stream::new(own, text.to_vec()))
    };
    let (whole, framed) = (form([0, 0, 595, 842]), form([0, 0, 50, 50]));
    let (separation, icc) = (b"Separation".to_vec(), b"ICCBased".to_vec());
    let states = dictionary! {
        "Clear" => dictionary! { "ca" => 0, "CA" => 0 },
        "Masked" => dictionary! { "SMask" => dictionary! { "S" => "Luminosity" } },
        "Lighter" => dictionary! { "BM" => "Lighten" },
        "Solid" => dictionary! { "ca" => 1, "CA" => 1, "BM" => "Normal", "SMask" => "None" },
    };
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "Contents" => content,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Resources" => dictionary! {
            "Font" => fonts,
            "XObject" => dictionary! { "Form" => whole, "Framed" => framed },
            "ColorSpace" => dictionary! {
                "Spot" => vec![Object::Name(separation)], "Icc" => vec![Object::Name(icc)],
            },
            "ExtGState" => states,
        },
    });
    let kids: Vec<Object> = vec![page.into()];
    document.objects.insert(
        pages,
        dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => 1 }.into(),
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

/// What lopdf can't decode it gives as it lies in the file, where nobody sees it.
#[test]
fn content_that_no_reader_decodes_is_not_read() {
    let shown = b"BT /F1 11 Tf 72 700 Td (Solicito) Tj ET".to_vec();
    let reads = |dictionary: Dictionary, content: &[u8]| {
        let first = Stream::new(Dictionary::new(), b"0 0 m".to_vec());
        let second = Stream::new(dictionary, content.to_vec());
        text(&page_of(vec![first, second])).map(|text| text.lines.join(""))
    };
    let name = |name: &str| Object::Name(name.as_bytes().to_vec());
    let hex = [hex::encode(&shown).as_bytes(), b">"].concat();
    let plain = Some("Solicito".to_owned());
    assert_eq!(reads(Dictionary::new(), &shown), plain);
    assert_eq!(
        reads(dictionary! { "Filter" => Object::Null }, &shown),
        plain
    );
    for filter in [name("ASCIIHexDecode"), vec![name("ASCIIHexDecode")].into()] {
        assert_eq!(reads(dictionary! { "Filter" => filter }, &hex), plain);
    }
    let parameters = dictionary! { "Predictor" => Object::Reference((2, 0)) };
    for hidden in [
        dictionary! { "Filter" => "JPXDecode" },
        dictionary! { "Filter" => "Unheard-of" },
        dictionary! { "Filter" => Object::Reference((2, 0)) },
        dictionary! { "Filter" => vec![Object::Reference((2, 0))] },
        dictionary! { "Filter" => Object::string_literal("FlateDecode") },
        dictionary! { "DecodeParms" => Object::Reference((2, 0)) },
        dictionary! { "DecodeParms" => parameters },
    ] {
        assert_eq!(reads(hidden.clone(), &shown), None, "{hidden:?}");
    }
}

/// Other programs go on behind what they don't understand, and show the rest.
#[test]
fn content_that_is_not_understood_to_its_end_is_not_read() {
    let shown = |more: &str| format!("BT /F1 11 Tf 72 700 Td (Solicito) Tj ET {more}");
    assert!(text(&page(&shown("% no more"))).is_some());
    for rest in [
        "]]>> BT /F1 11 Tf 72 600 Td (No solicito) Tj ET",
        "(no end",
        "<< /no /end",
        "EndOfAll ]]>> BT /F1 11 Tf 72 600 Td (No solicito) Tj ET",
    ] {
        assert_eq!(text(&page(&shown(rest))), None, "{rest}");
    }
}

#[test]
fn a_page_that_calls_itself_something_else_is_missed() {
    let whole = |change: &dyn Fn(&mut Document)| {
        let mut document = Document::load_mem(&page("BT ET")).unwrap();
        change(&mut document);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        !text(&bytes)
            .unwrap()
            .hidden
            .contains(&HiddenText::Elsewhere)
    };
    let with_second = |more: Dictionary| {
        move |document: &mut Document| {
            let mut second = more.clone();
            second.set("Parent", Object::Reference((1, 0)));
            let second = document.add_object(second);
            let first = document.page_iter().next().unwrap();
            let pages = document.get_dictionary_mut((1, 0)).unwrap();
            pages.set("Kids", vec![Object::from(first), second.into()]);
        }
    };
    assert!(whole(&|_| {}));
    assert!(whole(&with_second(dictionary! { "Type" => "Page" })));
    let leaf = vec![Object::Reference((1, 0))];
    for missed in [
        dictionary! { "Type" => "Template" },
        dictionary! { "Type" => "Pages" },
        dictionary! { "Type" => "Page", "Kids" => leaf },
    ] {
        assert!(!whole(&with_second(missed.clone())), "{missed:?}");
    }
}

/// A line of ornaments is no request, and the bullets of a list do not spoil a letter.
#[test]
fn what_is_drawn_in_symbols_is_not_read_as_letters() {
    let read = |font: &str| {
        let content =
            format!("BT /{font} 11 Tf 72 700 Td (Solicito 2) Tj (\\267) Tj /F1 11 Tf (x) Tj ET");
        let text = text(&page(&content)).unwrap();
        assert_eq!(text.hidden, BTreeSet::new());
        text.lines.join("")
    };
    for font in ["S1", "S2", "S3"] {
        assert!(read(font).ends_with('x'));
        assert!(!read(font).contains("Solicito"), "{font}: {}", read(font));
        assert!(!read(font).contains('2'), "{font}: {}", read(font));
    }
    assert!(read("S4").contains("Solicito 2"));
}

/// Only what every reader draws alike says what it shows.
#[test]
fn fonts_that_a_document_brings_along_are_told() {
    let drawn = |content: &str| text(&page(content)).unwrap().drawn;
    for font in ["F1", "E6"] {
        assert!(
            !drawn(&format!("BT /{font} 11 Tf 72 700 Td (x) Tj ET")),
            "{font}"
        );
    }
    for font in ["E1", "E2", "E3", "E4", "E5", "S4"] {
        let content = format!("BT /F1 11 Tf 72 700 Td (x) Tj /{font} 11 Tf (y) Tj ET");
        assert!(drawn(&content), "{font}");
        assert!(
            !drawn(&format!("BT /{font} 11 Tf /F1 11 Tf 72 700 Td (x) Tj ET")),
            "{font} shows nothing"
        );
    }
}

#[test]
fn lines_come_from_top_to_bottom_whatever_the_order_of_drawing() {
    let read = text(&page(
        "BT /F1 11 Tf 1 0 0 1 72 700 Tm (abajo) Tj 1 0 0 1 72 720 Tm (ar) Tj [(ri) -20 (ba)] TJ \
         1 0 0 1 200 720 Tm (derecha) Tj ET",
    ))
    .unwrap();
    assert_eq!(read.lines, ["arriba derecha", "abajo", ""]);
    assert!(read.hidden.is_empty(), "{:?}", read.hidden);
}

#[test]
fn every_way_of_hiding_text_is_noticed() {
    use HiddenText::*;
    let vectors: &[(&str, HiddenText)] = &[
        ("BT /F1 11 Tf 3 Tr 72 700 Td (x) Tj ET", Invisible),
        ("1 1 1 rg BT /F1 11 Tf 72 700 Td (x) Tj ET", PaperColour),
        ("BT /F1 1 Tf 72 700 Td (x) Tj ET", Tiny),
        (
            "0.1 0 0 0.1 0 0 cm BT /F1 11 Tf 720 7000 Td (x) Tj ET",
            Tiny,
        ),
        ("BT /F1 11 Tf 72 900 Td (x) Tj ET", OffPage),
        (
            "/OC /P BDC BT /F1 11 Tf 72 700 Td (x) Tj ET EMC",
            OptionalContent,
        ),
        (
            "BT /F1 11 Tf 72 700 Td (x) Tj ET 1 g 60 690 100 30 re f",
            Covered,
        ),
        ("BT /F9 11 Tf 72 700 Td (x) Tj ET", UnreadableFont),
        // Drawn as outlines, in the colour of paper; or filled so, and drawn so too.
        ("1 G BT /F1 11 Tf 1 Tr 72 700 Td (x) Tj ET", PaperColour),
        ("1 g 1 G BT /F1 11 Tf 2 Tr 72 700 Td (x) Tj ET", PaperColour),
        // In a colour that only a function knows, or a pattern.
        (
            "/Spot cs 1 scn BT /F1 11 Tf 72 700 Td (x) Tj ET",
            PaperColour,
        ),
        (
            "/Pattern cs /P scn BT /F1 11 Tf 72 700 Td (x) Tj ET",
            PaperColour,
        ),
        // Black on black.
        (
            "60 690 100 30 re f BT /F1 11 Tf 72 700 Td (x) Tj ET",
            PaperColour,
        ),
        ("/Clear gs BT /F1 11 Tf 72 700 Td (x) Tj ET", Transparent),
        ("/Masked gs BT /F1 11 Tf 72 700 Td (x) Tj ET", Transparent),
        ("/Lighter gs BT /F1 11 Tf 72 700 Td (x) Tj ET", Transparent),
        ("q /Clear gs /Form Do Q", Transparent),
        (
            "60 690 5 30 re W n BT /F1 11 Tf 72 700 Td (x) Tj ET",
            Clipped,
        ),
        (
            "60 690 m 160 690 l 60 720 l W n BT /F1 11 Tf 72 700 Td (x) Tj ET",
            Clipped,
        ),
        ("60 690 5 30 re W n /Form Do", Clipped),
        (
            "0 0 100 842 re W n 200 0 50 842 re W n BT /F1 11 Tf 150 700 Td (x) Tj ET",
            Clipped,
        ),
        (
            "BT /F1 30 Tf 5 Tr 72 600 Td (y) Tj 0 Tr 0 100 Td /F1 11 Tf (x) Tj ET",
            Clipped,
        ),
        ("/Framed Do", Clipped),
        ("BT /F1 11 Tf 0 Tz 72 700 Td (x) Tj ET", Tiny),
        ("BT /F1 11 Tf 10 0 0 0.1 72 700 Tm (x) Tj ET", Tiny),
        ("/OC /P BDC /Form Do EMC", OptionalContent),
        (
            "BT /F1 11 Tf 72 700 Td (x) Tj ET 1 G 30 w 60 703 m 160 703 l S",
            Covered,
        ),
        (
            "BT /F1 11 Tf 72 700 Td (x) Tj ET q 100 0 0 30 60 690 cm BI /W 1 /H 1 /BPC 8 /CS /G ID x EI Q",
            Covered,
        ),
    ];
    for (content, expected) in vectors {
        let hidden = text(&page(content)).unwrap().hidden;
        assert_eq!(hidden, BTreeSet::from([*expected]), "{content}");
    }
}

/// What word processors and browsers write must not look like a trick.
#[test]
fn honest_pages_hide_nothing() {
    for content in [
        "q 0 0 595 842 re W* n BT /F1 11 Tf 72 700 Td (x) Tj ET Q",
        "q 0 0 m 595 0 l 595 842 l 0 842 l h W n BT /F1 11 Tf 72 700 Td (x) Tj ET Q",
        "q 70 690 100 30 re 300 690 100 30 re W n BT /F1 11 Tf 72 700 Td (x) Tj 240 0 Td (x) Tj ET Q",
        "/Solid gs BT /F1 11 Tf 72 700 Td (x) Tj ET",
        "/Icc cs 0 0 0 scn BT /F1 11 Tf 72 700 Td (x) Tj ET",
        "/DeviceRGB cs 0.1 0.1 0.4 sc BT /F1 11 Tf 72 700 Td (x) Tj ET",
        // A highlighted word, a table with rulings, a frame around all of it.
        "1 1 0 rg 60 690 100 30 re f 0 g BT /F1 11 Tf 72 700 Td (x) Tj ET",
        "60 690 100 0.5 re f 60 720 100 0.5 re f BT /F1 11 Tf 72 700 Td (x) Tj ET",
        "BT /F1 11 Tf 72 700 Td (x) Tj ET 4 w 60 690 100 30 re S",
        "20 20 555 802 re 24 24 547 794 re f* BT /F1 11 Tf 72 700 Td (x) Tj ET",
        // Underlined.
        "BT /F1 11 Tf 72 700 Td (x) Tj ET 0.8 w 72 698 m 160 698 l S",
        "q /Form Do Q /Form Do",
        "1 g BT /F1 11 Tf 2 Tr 72 700 Td (x) Tj ET",
    ] {
        let read = text(&page(content)).unwrap();
        assert!(read.hidden.is_empty(), "{content}: {:?}", read.hidden);
        assert!(read.lines.join("").contains('x'), "{content}");
    }
}

#[test]
fn damaged_files_give_nothing_and_no_panic() {
    let whole = page("BT /F1 11 Tf 72 700 Td (x) Tj ET");
    for length in (0..whole.len()).step_by(7) {
        let _ = text(&whole[..length]);
    }
    assert!(text(b"").is_none());
}
