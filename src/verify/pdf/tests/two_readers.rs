//! Cross-reference sections and object streams in which two readers would find two documents (ISO 32000-2 §7.5.4, §7.5.7, §7.5.8).

use super::*;

/// Cross-reference sections that two readers would follow to two documents.
#[test]
fn ambiguous_cross_references_are_told() {
    let base = sample("valid-pades-bb.pdf");
    let at = base.len();
    let previous = number_behind(&base, "startxref");
    let first = 1815;
    let end = |size: usize, previous: usize, section: usize| {
        format!(
            "trailer\n<< /Size {size} /Root 1 0 R /Info 8 0 R /Prev {previous} >>\nstartxref\n{section}\n%%EOF\n"
        )
    };
    let content = "20 0 obj\nnull\nendobj\n";
    let table = at + content.len();
    for (name, what, tail) in [
        (
            "freed",
            "object_removed",
            format!("xref\n6 1\n0000000000 00001 f \n{}", end(13, previous, at)),
        ),
        (
            "more announced",
            "subsection_count",
            format!(
                "{content}xref\n20 2\n{at:010} 00000 n \n{}",
                end(21, previous, table)
            ),
        ),
        (
            "fewer announced",
            "subsection_count",
            format!(
                "{content}xref\n20 0\n{at:010} 00000 n \n{}",
                end(21, previous, table)
            ),
        ),
        (
            "size",
            "size_too_small",
            format!(
                "{content}xref\n20 1\n{at:010} 00000 n \n{}",
                end(13, previous, table)
            ),
        ),
        (
            "back to the first section",
            "startxref_elsewhere",
            format!("startxref\n{first}\n%%EOF\n"),
        ),
        (
            "past the signed revision",
            "hidden_bytes",
            format!("xref\n0 0\n{}", end(13, first, at)),
        ),
        (
            "startxref of another section",
            "startxref_elsewhere",
            format!(
                "xref\n0 0\n{}startxref\n{at}\n%%EOF\n",
                end(13, previous, first)
            ),
        ),
        (
            "forward",
            "entry_mismatch",
            format!(
                "xref\n6 1\n{:010} 00000 n \n{}",
                at + 400,
                end(13, previous, at)
            ),
        ),
        (
            "another generation",
            "entry_mismatch",
            format!(
                "{content}xref\n20 1\n{at:010} 00001 n \n{}",
                end(21, previous, table)
            ),
        ),
    ] {
        let bytes = [&base[..], tail.as_bytes()].concat();
        let told = told(&bytes);
        assert!(told.iter().any(|told| told == what), "{name}: {told:?}");
    }
    // A loop leaves the older sections out, and with them the catalog.
    let tail = format!("xref\n0 0\n{}", end(13, at, at));
    let looping = [&base[..], tail.as_bytes()].concat();
    assert_eq!(open(&looping).unwrap_err().code(), "pdf.truncated");
}

/// An update in the form of streams: what hides in them is found as well.
#[test]
fn object_streams_hide_nothing() {
    let base = sample("valid-pdf-xrefstm-email.pdf");
    let previous = number_behind(&base, "startxref");
    // Object stream 30 with two members; `rows` are number, type, second and third field.
    let update = |rows: &[(u32, u8, usize, u8)]| {
        let mut file = base.clone();
        let container = file.len();
        let members = "40 0 41 5 null (x)";
        file.extend(
            format!(
                "30 0 obj\n<< /Type /ObjStm /N 2 /First 10 /Length {} >>\n",
                members.len()
            )
            .bytes(),
        );
        file.extend(format!("stream\n{members}\nendstream\nendobj\n").bytes());
        let section = file.len();
        let mut data = Vec::new();
        let mut index = String::new();
        for (number, kind, second, third) in [(30, 1, container, 0), (31, 1, section, 0)]
            .iter()
            .chain(rows)
        {
            index += &[number.to_string(), " 1 ".to_owned()].concat();
            data.push(*kind);
            data.extend(u32::try_from(*second).unwrap().to_be_bytes());
            data.push(*third);
        }
        let entries =
            format!("/Type /XRef /Size 50 /W [1 4 1] /Index [{index}] /Root 1 0 R /Info 8 0 R");
        let header = format!(
            "31 0 obj\n<< {entries} /Prev {previous} /Length {} >>\nstream\n",
            data.len()
        );
        file.extend(header.bytes());
        file.extend(data);
        file.extend(format!("\nendstream\nendobj\nstartxref\n{section}\n%%EOF\n").bytes());
        file
    };
    assert_eq!(told(&update(&[(40, 2, 30, 0), (41, 2, 30, 1)])), [""; 0]);
    assert_eq!(told(&update(&[(40, 2, 30, 0)])), ["hidden_object"]);
    let swapped = told(&update(&[(40, 2, 30, 1), (41, 2, 30, 0)]));
    assert!(swapped.contains(&"hidden_object".to_owned()), "{swapped:?}");
    let replaced = told(&update(&[(40, 2, 30, 0), (41, 2, 30, 1), (6, 2, 30, 0)]));
    assert!(
        replaced.contains(&"page_content".to_owned())
            || replaced.contains(&"unreadable_object".to_owned())
    );
    // Another stream under the number of the one that holds the catalog's objects.
    let container = Update::of(&base)
        .stream(9, "/Type /ObjStm /N 1 /First 4", "3 0 null")
        .bytes();
    assert!(told(&container).contains(&"object_stream_replaced".to_owned()));
}

/// Some readers take as many pairs as the dictionary says, others as many as there are.
#[test]
fn the_index_of_an_object_stream_says_what_its_dictionary_says() {
    let base = sample("valid-pdf-xrefstm-email.pdf");
    let previous = number_behind(&base, "startxref");
    let update = |index: &[u8]| {
        let members = [index, b"null (x)"].concat();
        let mut file = base.clone();
        let container = file.len();
        let entries = format!(
            "30 0 obj\n<< /Type /ObjStm /N 1 /First {} /Length {} >>\nstream\n",
            index.len(),
            members.len()
        );
        file.extend([entries.as_bytes(), &members, b"\nendstream\nendobj\n"].concat());
        let section = file.len();
        let rows = [(1, container), (1, section), (2, 30)];
        let rows = rows.map(|(kind, place)| {
            let place = u32::try_from(place).unwrap().to_be_bytes();
            [&[kind], &place[..], &[0]].concat()
        });
        let entries = "/Type /XRef /Size 50 /W [1 4 1] /Index [30 2 40 1] /Root 1 0 R /Info 8 0 R";
        let header = format!("31 0 obj\n<< {entries} /Prev {previous} /Length 18 >>\nstream\n");
        file.extend([header.as_bytes(), &rows.concat()].concat());
        file.extend(format!("\nendstream\nendobj\nstartxref\n{section}\n%%EOF\n").bytes());
        file
    };
    assert_eq!(told(&update(b"40 0 ")), [""; 0]);
    assert_eq!(told(&update(b" 40 \r\n0\t \n")), [""; 0]);
    for more in [
        "40 0 40 5 ",
        "40 0 41 5 ",
        "40 0 9 ",
        "40 0 %\n",
        "40 %\n 0 ",
        "40 0 /x ",
    ] {
        assert_eq!(
            told(&update(more.as_bytes())),
            ["object_stream_index"],
            "{more}"
        );
    }
}
