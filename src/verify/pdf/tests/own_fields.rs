//! What a signer may do to an empty field of the form while signing in it: draw over its look, or make it invisible. The same
//! done to anything else, or without signing, stays a modification.

use super::*;

/// The first signed revision of a form: object 6 is a text field, 7 an empty visible signature field that 8 draws.
fn form() -> Vec<u8> {
    let file = sample("../../foreign/cases/pdfbox-dss-empty-field.pdf");
    let signed = open(&file).unwrap().signatures[0].byte_range;
    file[..usize::try_from(signed[2] + signed[3]).unwrap()].to_vec()
}

const EMPTY: &str = "/Type /Annot /Subtype /Widget /FT /Sig /T (Vacia) /F 132 /Rect [70 600 270 660] /P 3 0 R \
                     /AP << /N 8 0 R >>";
const TEXT: &str = "/Type /Annot /Subtype /Widget /FT /Tx /T (nota) /F 4 /Rect [70 700 300 720] /P 3 0 R /DA (/Helv 10 Tf 0 g)";
const SIGNATURE: &str = "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 1 2 3] \
                         /Contents <30> >>";
const FORM: &str = "/Type /XObject /Subtype /Form /BBox [0 0 200 60] /Resources << >>";
const LOOK: &str = "1 0 0 rg 0 0 200 60 re f";
const PAGE: &str = "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R";

fn update(base: &[u8]) -> Update<'_> {
    Update {
        info: "",
        ..Update::of(base)
    }
}

/// Somebody signs in the empty field.
fn signing<'u>(base: &'u [u8], widget: &str) -> Update<'u> {
    update(base)
        .object(7, &format!("<< {widget} /V 20 0 R >>"))
        .object(20, SIGNATURE)
}

/// What is told of changes since the first signature, and of which object, if of one.
fn told_of_first(bytes: &[u8]) -> Vec<(String, Option<u64>)> {
    let pdf = open(bytes).unwrap();
    let first = pdf.signatures.iter().find(|one| one.field == "Signature1");
    let findings = first.unwrap().findings.iter();
    findings
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| {
            let what = finding.facts["what"].as_str().unwrap();
            let object = finding.facts.get("object").and_then(Value::as_u64);
            (what.to_owned(), object)
        })
        .collect()
}

fn assert_told(bytes: &[u8], object: u64, name: &str) {
    let told = told_of_first(bytes);
    let found = told.iter().any(|(_, about)| *about == Some(object));
    assert!(found, "{name}: {told:?}");
}

#[test]
fn who_signs_may_draw_over_the_look_of_the_empty_field() {
    let base = form();
    let look = |update: Update<'_>| update.stream(8, FORM, LOOK).bytes();
    assert_eq!(told_of_first(&look(signing(&base, EMPTY))), []);
    let with_font = FORM.replace("<< >>", "<< /Font << /F1 40 0 R >> >>");
    let font = "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>";
    let new_font = signing(&base, EMPTY)
        .stream(8, &with_font, LOOK)
        .object(40, font);
    assert_eq!(told_of_first(&new_font.bytes()), []);
    // Not without signing, not with something else than a look, and not what the look shares with the page.
    assert_told(&look(update(&base)), 8, "not signed");
    assert_told(
        &look(update(&base).object(20, SIGNATURE)),
        8,
        "signature in no field",
    );
    assert_told(
        &signing(&base, EMPTY).object(8, "[1 2]").bytes(),
        8,
        "no look",
    );
    let shared_font = signing(&base, EMPTY).stream(8, &with_font, LOOK);
    let shared_font = shared_font.object(5, font).bytes();
    assert_told(&shared_font, 5, "font of the page");
}

/// The stream that is overwritten draws something else too.
#[test]
fn a_look_that_something_else_shares_may_not_be_drawn_over() {
    let base = form();
    let with_looks = "/Resources << /Font << /F1 5 0 R >> /XObject << /X 8 0 R >> >>";
    let annotations = "/Annots [6 0 R 7 0 R 9 0 R]";
    let fonts = "/Resources << /Font << /F1 5 0 R >> >>";
    let stamp = "<< /Type /Annot /Subtype /Stamp /Rect [0 0 9 9] /AP << /N 8 0 R >> >>";
    let page = |more: &str| format!("<< {PAGE} {more} >>");
    let form = "/Fields [6 0 R 7 0 R 9 0 R 31 0 R] /DA (/Helv 10 Tf 0 g) /DR << /Font << /Helv 5 0 R >> >> /SigFlags 3";
    let other = "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Otra) /Rect [0 0 9 9] /P 3 0 R /AP << /D 8 0 R >> >>";
    let nested = FORM.replace("<< >>", "<< /XObject << /X 8 0 R >> >>");
    let parent = format!("<< {EMPTY} /Kids [33 0 R] >>");
    let kid = format!(
        "<< {} /Parent 7 0 R /AP << /N 8 0 R >> >>",
        TEXT.replace("nota", "hija")
    );
    for (name, prepared) in [
        ("kid", update(&base).object(7, &parent).object(33, &kid)),
        (
            "text field",
            update(&base).object(6, &format!("<< {TEXT} /AP << /N 8 0 R >> >>")),
        ),
        (
            "page",
            update(&base).object(3, &page(&format!("{with_looks} {annotations}"))),
        ),
        (
            "annotation",
            update(&base).object(31, stamp).object(
                3,
                &page(&format!("{fonts} /Annots [6 0 R 7 0 R 9 0 R 31 0 R]")),
            ),
        ),
        (
            "another field",
            update(&base).object(31, other).object(
                1,
                &format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << {form} >> >>"),
            ),
        ),
        (
            "another look",
            update(&base)
                .stream(32, &nested, "/X Do")
                .object(6, &format!("<< {TEXT} /AP << /N 32 0 R >> >>")),
        ),
    ] {
        let prepared = prepared.bytes();
        let told_before = told_of_first(&prepared)
            .iter()
            .any(|(_, about)| *about == Some(8));
        assert!(!told_before, "{name}");
        let widget = if name == "kid" {
            format!("{EMPTY} /Kids [33 0 R]")
        } else {
            EMPTY.to_owned()
        };
        let signed = signing(&prepared, &widget).stream(8, FORM, LOOK).bytes();
        assert_told(&signed, 8, name);
    }
}

/// The look of another field, while this one is signed.
#[test]
fn no_other_look_may_be_drawn_over() {
    let base = form();
    let other = "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Otra) /Rect [0 0 9 9] /P 3 0 R /AP << /N 32 0 R >> >>";
    let form = "/Fields [6 0 R 7 0 R 9 0 R 31 0 R] /DA (/Helv 10 Tf 0 g) /DR << /Font << /Helv 5 0 R >> >> /SigFlags 3";
    let prepared = update(&base)
        .stream(32, FORM, "0 g")
        .object(31, other)
        .object(
            1,
            &format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << {form} >> >>"),
        )
        .bytes();
    let signed = signing(&prepared, EMPTY).stream(32, FORM, LOOK).bytes();
    assert_told(&signed, 32, "empty field");
    // That of the field that was signed before.
    let signed = signing(&base, EMPTY).stream(12, FORM, LOOK).bytes();
    assert_told(&signed, 12, "signed field");
}

/// PDFBox makes the field that it signs invisible; moving it would be another matter.
#[test]
fn who_signs_may_make_the_empty_field_invisible() {
    let base = form();
    let with = |rectangle: &str| EMPTY.replace("[70 600 270 660]", rectangle);
    let told = |widget: &str| -> Vec<String> {
        let told = told_of_first(&signing(&base, widget).bytes());
        told.into_iter().map(|(what, _)| what).collect()
    };
    assert_eq!(told(&with("[0 0 0 0]")), [""; 0]);
    assert_eq!(told(&with("[70 600 70 600]")), [""; 0]);
    for moved in [
        "[0 0 9 9]",
        "[0 0 595 0]",
        "[0 0 0 400]",
        "[0 0 0 0 0]",
        "(x)",
        "[0 0 80 0 R 0]",
    ] {
        let told = told(&with(moved));
        assert!(
            told.contains(&"signature_field_changed".to_owned()),
            "{moved}"
        );
    }
    let unsigned = update(&base).object(7, &format!("<< {} >>", with("[0 0 0 0]")));
    assert_eq!(
        told_of_first(&unsigned.bytes())[0].0,
        "signature_field_changed"
    );
    let text = TEXT.replace("[70 700 300 720]", "[0 0 0 0]");
    let text = signing(&base, EMPTY).object(6, &format!("<< {text} >>"));
    assert_eq!(told_of_first(&text.bytes())[0].0, "field_changed");
}
