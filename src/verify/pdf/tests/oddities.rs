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
