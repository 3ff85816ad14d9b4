//! What honest writers leave behind, and what looks like it: the first is for a person at most, the second fails.

use std::fmt::Write;

use super::*;

/// How heavily a kind of ambiguity weighs in a file, if it is told.
fn weight(bytes: &[u8], what: &str) -> Option<Severity> {
    let pdf = open(bytes).unwrap();
    let found = pdf
        .findings
        .iter()
        .find(|finding| finding.facts["what"] == what);
    found.map(|finding| finding.severity)
}

/// A one-page file whose offsets count from the start of the file, whatever stands before the header.
fn behind(prefix: &[u8]) -> Vec<u8> {
    let mut file = prefix.to_vec();
    file.extend(b"%PDF-1.7\n");
    let mut table = "xref\n0 3\n0000000000 65535 f \n".to_owned();
    for (number, value) in [
        (1, "<< /Type /Catalog /Pages 2 0 R >>"),
        (2, "<< /Type /Pages /Kids [] /Count 0 >>"),
    ] {
        let _ = writeln!(table, "{:010} 00000 n ", file.len());
        file.extend(format!("{number} 0 obj\n{value}\nendobj\n").bytes());
    }
    let section = file.len();
    let tail = format!("trailer\n<< /Size 3 /Root 1 0 R >>\nstartxref\n{section}\n%%EOF\n");
    file.extend([table, tail].concat().bytes());
    file
}

#[test]
fn what_servers_put_before_the_header_is_for_a_person() {
    let what = "bytes_before_header";
    assert_eq!(weight(&behind(b""), what), None);
    for harmless in [
        b"\xef\xbb\xbf".as_slice(),
        b"\n",
        b"\r\n\r\n",
        b"\xef\xbb\xbf\n",
    ] {
        assert_eq!(weight(&behind(harmless), what), Some(Severity::Unknown));
    }
    for harmful in [
        b"1 0 obj null endobj\n".as_slice(),
        b"%!PS-Adobe\n",
        &[b' '; 17],
        b"MZ",
    ] {
        assert_eq!(weight(&behind(harmful), what), Some(Severity::Failure));
    }
}

#[test]
fn what_servers_append_before_the_next_signer_is_for_a_person() {
    let base = sample("valid-pades-bb.pdf");
    let with = |junk: &str| {
        let base = [&base, junk.as_bytes()].concat();
        Update::of(&base).object(20, "(x)").bytes()
    };
    assert_eq!(told(&with("\r\n \n")), [""; 0]);
    let foreign = with("<!-- served in 12 ms -->\n");
    assert_eq!(
        weight(&foreign, "bytes_between_revisions"),
        Some(Severity::Unknown)
    );
    assert_eq!(weight(&foreign, "hidden_bytes"), None);
    for hidden in [
        "6 0 obj << >> endobj\n",
        "<!-- 6 0 obj -->\n",
        "trailer << >>\n",
        "<!-- % -->\n",
    ] {
        assert_eq!(
            weight(&with(hidden), "hidden_bytes"),
            Some(Severity::Failure),
            "{hidden}"
        );
    }
}

/// A second mark of the end hides nothing: there is one startxref to be found before either.
#[test]
fn a_file_may_end_twice_before_it_is_signed() {
    let twice = [behind(b""), b"%%EOF\r\n\n%%EOF\n".to_vec()].concat();
    let update = |base: &[u8]| Update::of(base).object(20, "(x)").bytes();
    for file in [twice.clone(), update(&twice)] {
        assert!(open(&file).unwrap().findings.is_empty());
    }
    // Behind a signature it is what nobody signed, and it hides nothing else.
    let signed = [sample("valid-pades-bb.pdf"), b"%%EOF\n".to_vec()].concat();
    assert_ne!(told(&signed), [""; 0]);
    assert_ne!(told(&update(&signed)), [""; 0]);
    for other in ["%%EOF 9 0 obj\n", "%%EOFx\n", "%%EOF %%EOF\n"] {
        let file = update(&[behind(b""), other.as_bytes().to_vec()].concat());
        assert_eq!(weight(&file, "hidden_bytes"), Some(Severity::Failure));
    }
}

/// ISO 32000-2 §12.8.2.3: what Acrobat writes so that its free reader may fill a form in. No person signs with it.
#[test]
fn usage_rights_are_no_signature() {
    let with = |catalog: &str, reference: &str| {
        let value = format!(
            "<< /Type /Sig /ByteRange [0 1 2 3] /Contents <30> /Reference [<< /TransformMethod {reference} >>] >>"
        );
        let catalog = format!("<< /Type /Catalog /Pages 2 0 R {catalog} >>");
        let base = behind(b"");
        let update = Update::of(&base).object(1, &catalog).object(3, &value);
        weight(&update.bytes(), "outside_form")
    };
    assert_eq!(with("/Perms << /UR3 3 0 R >>", "/UR3"), None);
    assert_eq!(with("/Perms << /UR 3 0 R >>", "/UR"), None);
    let doubt = Some(Severity::Unknown);
    assert_eq!(with("/Perms << /UR3 3 0 R >>", "/DocMDP"), doubt);
    assert_eq!(with("/Perms << /DocMDP 3 0 R >>", "/UR3"), doubt);
    assert_eq!(with("/Other 3 0 R", "/UR3"), doubt);
}

/// Whoever opens the signed revision alone starts at its own startxref.
#[test]
fn a_startxref_that_misses_is_for_a_person_and_one_that_leads_elsewhere_is_not() {
    let base = sample("valid-pades-bb.pdf");
    let update = Update::of(&base).object(20, "(x)").bytes();
    let own = number_behind(&base, "startxref").to_string();
    let other = |number: usize| {
        let from = format!("startxref\n{own}\n");
        let to = format!("startxref\n{number:0width$}\n", width = own.len());
        replaced(&update, &from, &to)
    };
    let section = own.parse::<usize>().unwrap();
    for near in [section - 9, section - 3, section + 1, section + 7] {
        let file = other(near);
        assert_eq!(weight(&file, "startxref_off"), Some(Severity::Unknown));
        assert_eq!(weight(&file, "startxref_elsewhere"), None);
    }
    // The first revision of the sample is whole: another document.
    let first = 1815;
    assert_eq!(
        weight(&other(first), "startxref_elsewhere"),
        Some(Severity::Failure)
    );
}

/// What was honest in files of others and was refused once: the same thing a little otherwise still fails.
#[test]
fn what_other_writers_do_behind_a_signature_is_permitted() {
    let base = sample("valid-pades-bb.pdf");
    let edit = || Update::of(&base);
    let pages = |more: &str| format!("<< /Type /Pages /Kids [7 0 R] /Count 1 {more} >>");
    let page = |resources: &str| {
        let page = PAGE.replace("5 0 R", resources);
        format!("<< {page} /Annots [11 0 R] >>")
    };
    // A catalog of its own for every update (e-Szigno).
    let catalog = |more: &str| {
        let mut update = edit().object(20, &format!("<< {CATALOG} {more} >>"));
        update.root = "20 0 R";
        update.bytes()
    };
    // The resources of a page written anew (SecCommerce).
    let resources = |fonts: &str| {
        let update = edit().object(20, &format!("<< /Font << {fonts} >> >>"));
        update.object(7, &page("20 0 R")).bytes()
    };
    for (name, permitted, refused, what) in [
        (
            "catalog",
            catalog(""),
            catalog("/PageLayout /OneColumn"),
            "catalog_entry",
        ),
        (
            "version of iText",
            edit().object(2, &pages("/ITXT (2.1.7)")).bytes(),
            edit().object(2, &pages("/ITXT 9 0 R")).bytes(),
            "page_tree",
        ),
        (
            "resources",
            resources("/F1 3 0 R /F2 4 0 R"),
            resources("/F1 4 0 R /F2 4 0 R"),
            "page_resources",
        ),
        (
            "type of a widget",
            Update::of(&untyped_widget(&base))
                .object(11, &format!("<< {FIELD} >>"))
                .bytes(),
            Update::of(&untyped_widget(&base))
                .object(11, &format!("<< {} >>", FIELD.replace("/Annot ", "/Page ")))
                .bytes(),
            "signature_field_changed",
        ),
    ] {
        let only = |bytes: &[u8]| -> Vec<String> {
            let told = told(bytes);
            told.into_iter()
                .filter(|what| what != "extra_revision")
                .collect()
        };
        assert_eq!(only(&permitted), [""; 0], "{name}");
        assert!(
            only(&refused).iter().any(|told| told == what),
            "{name}: {:?}",
            only(&refused)
        );
    }
}

/// The sample with a widget that does not say that it is an annotation.
fn untyped_widget(base: &[u8]) -> Vec<u8> {
    replaced(
        base,
        "/Type /Annot\n/Subtype /Widget",
        "            \n/Subtype /Widget",
    )
}

/// The trailer's `/AdditionalStreams` of LibreOffice may name a number that a later update takes; nothing else may.
#[test]
fn an_embedded_original_waits_for_nothing() {
    let base = sample("valid-pades-bb.pdf");
    let supplied = |trailer: &str, more: &str| {
        let mut first = Update::of(&base).object(20, "(x)");
        first.trailer = trailer;
        let mut first = first.bytes();
        if !more.is_empty() {
            first = Update::of(&first).object(22, more).bytes();
        }
        told(&Update::of(&first).object(21, "(y)").bytes())
    };
    let what = "missing_object_supplied".to_owned();
    let original = "/AdditionalStreams [/application#2Fvnd.oasis.opendocument.text 21 0 R]";
    assert!(!supplied(original, "").contains(&what));
    assert!(supplied("/Other [21 0 R]", "").contains(&what));
    assert!(supplied(original, "[21 0 R]").contains(&what));
}

/// §12.8.5: `/SubFilter` says what is inside; a person's signature that calls itself a timestamp stays none.
#[test]
fn a_timestamp_may_forget_its_type() {
    let base = sample("valid-pades-blta.pdf");
    let kinds = |bytes: &[u8]| -> Vec<SignatureKind> {
        let pdf = open(bytes).unwrap();
        pdf.signatures
            .iter()
            .map(|signature| signature.kind)
            .collect()
    };
    let untyped = replaced(&base, "/DocTimeStamp", "/Sig         ");
    assert_eq!(kinds(&untyped), kinds(&base));
    assert!(!told(&untyped).contains(&"type".to_owned()));
    let posing = replaced(&base, "/ETSI.RFC3161", "/adbe.x509.rs");
    assert!(told(&posing).contains(&"type".to_owned()));
}

/// Acrobat repeats the trailer behind the cross-reference stream of a linearized file.
#[test]
fn a_trailer_behind_a_stream_may_only_repeat_it() {
    let base = sample("valid-pdf-xrefstm-email.pdf");
    let at = base
        .windows(9)
        .rposition(|found| found == b"startxref")
        .unwrap();
    let with = |trailer: &str| {
        let file = [&base[..at], trailer.as_bytes(), &base[at..]].concat();
        open(&file).map(|pdf| pdf.signatures.len())
    };
    assert_eq!(with(""), with("trailer\r<</Size 15 /Root 1 0 R>>\r"));
    for other in [
        "trailer <</Root 7 0 R>>\n",
        "trailer <</Encrypt 8 0 R>>\n",
        "trailer [0]\n",
    ] {
        assert_eq!(with(other), Err(PdfError::Truncated), "{other}");
    }
}

/// §7.5.8.4: whoever copies a trailer names the stream of an older section again. What it says of an object that the update
/// writes is the word of before: a person looks. A stream of the update itself contradicts it.
#[test]
fn a_hybrid_stream_that_is_named_again_is_for_a_person() {
    let base = sample("valid-pdf-hybrid-reset.pdf");
    let name = "/XRefStm 2101";
    assert!(String::from_utf8_lossy(&base).contains(name));
    let information = "<< /Title (Solicitud) /Producer (otro) /ModDate (D:20261122) >>";
    let mut repeated = Update::of(&base).object(8, information);
    assert_eq!(told(&repeated.bytes()), [""; 0]);
    repeated = Update::of(&base).object(8, information);
    repeated.trailer = name;
    let repeated = repeated.bytes();
    assert_eq!(told(&repeated), ["hybrid_repeated"]);
    assert_eq!(
        weight(&repeated, "hybrid_repeated"),
        Some(Severity::Unknown)
    );
    // Object 8 where the older stream has it, by a stream of this update.
    let stream = "21 0 obj\n<< /Type /XRef /W [1 4 2] /Index [8 1] /Size 22 /Length 7 >>\n\
                  stream\n\x02\0\0\0\x09\0\x03\nendstream\nendobj\n";
    let own = |at: usize| {
        let name = format!("/XRefStm {at:07}");
        let mut update = Update::of(&base).object(8, information);
        (update.hidden, update.trailer) = (stream, &name);
        update.entries.push((21, at));
        update.bytes()
    };
    let start = own(0).windows(8).rposition(|found| found == b"21 0 obj");
    let own = own(start.unwrap());
    assert_eq!(
        weight(&own, "hybrid_contradiction"),
        Some(Severity::Failure)
    );
    assert_eq!(weight(&own, "hybrid_repeated"), None);
}

/// A linearized file of four objects: its main section says `word` of object 3, which the first section places.
fn linearized(word: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.4\n1 0 obj\n<< /Linearized 1 >>\nendobj\n".to_vec();
    let first = file.len();
    let catalog = "2 0 obj\n<< /Type /Catalog /Pages 3 0 R >>\nendobj\n";
    let pages = "3 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n";
    // The length of the first section does not depend on what it says.
    let section = |main: usize, behind: usize| {
        format!(
            "xref\n1 3\n{:010} 00000 n \n{behind:010} 00000 n \n{:010} 00000 n \n\
             trailer\n<< /Size 4 /Root 2 0 R /Prev {main:010} >>\nstartxref\n0\n%%EOF\n",
            9,
            behind + catalog.len()
        )
    };
    let behind = first + section(0, 0).len();
    let main = behind + catalog.len() + pages.len();
    let tail = format!(
        "xref\n0 1\n0000000000 65535 f \n3 1\n{word} \ntrailer\n<< /Size 4 >>\nstartxref\n{first}\n%%EOF\n"
    );
    for part in [section(main, behind).as_str(), catalog, pages, &tail] {
        file.extend(part.bytes());
    }
    file
}

#[test]
fn what_the_main_section_of_a_linearized_file_leaves_free_the_first_may_place() {
    let what = "object_defined_twice";
    assert_eq!(weight(&linearized("0000000000 65535 f"), what), None);
    let elsewhere = weight(&linearized("0000000009 00000 n"), what);
    assert_eq!(elsewhere, Some(Severity::Failure));
}

/// iText puts an element `Document` around what hangs at the root of a structure tree: that, and nothing else.
#[test]
fn an_element_around_the_structure_tree_may_only_be_that() {
    let file = sample("../../foreign/cases/word-openpdf-itext9.pdf");
    let signed = open(&file).unwrap().signatures[0].byte_range;
    let base = &file[..usize::try_from(signed[2] + signed[3]).unwrap()];
    assert_eq!(told(base), [""; 0]);
    let wrapped = |kids: &str, element: &str, up: &str| {
        let root = "/ParentTree 10 0 R /ParentTreeNextKey 1 /RoleMap 9 0 R /Type /StructTreeRoot";
        let update = Update::of(base)
            .object(8, &format!("<< {root} /K [{kids}] >>"))
            .object(40, &format!("<< {element} /Type /StructElem >>"))
            .object(11, &format!("<< /K [0] /Pg 3 0 R /S /P /P {up} >>"));
        told(
            &Update {
                info: "/Info 7 0 R",
                ..update
            }
            .bytes(),
        )
    };
    let document = "/S /Document /P 8 0 R /K [11 0 R]";
    assert_eq!(wrapped("40 0 R", document, "40 0 R"), [""; 0]);
    for (kids, element, up) in [
        ("40 0 R", "/S /Artifact /P 8 0 R /K [11 0 R]", "40 0 R"),
        ("40 0 R", "/S /Document /P 8 0 R /K []", "40 0 R"),
        ("40 0 R", "/S /Document /P 9 0 R /K [11 0 R]", "40 0 R"),
        (
            "40 0 R",
            "/S /Document /P 8 0 R /K [11 0 R] /ActualText (x)",
            "40 0 R",
        ),
        ("40 0 R", document, "9 0 R"),
        ("40 0 R 40 0 R", document, "40 0 R"),
    ] {
        assert_ne!(
            wrapped(kids, element, up),
            [""; 0],
            "{kids}: {element}: {up}"
        );
    }
}
