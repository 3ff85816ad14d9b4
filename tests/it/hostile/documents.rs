//! PDF files: structure, streams and signatures in excess.

use std::fmt::Write as _;
use std::io::Write as _;

use clavero::fixture::identity;
use clavero::fixture::pdf::{SignOptions, sign_pdf};
use clavero::fixture::pki::Identity;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::Case;
use super::certificates::Pki;
use super::messages;

pub fn cases() -> Vec<Case> {
    vec![
        Case::new(
            "nothing but an end",
            b"%PDF-1.7\nstartxref\n0\n%%EOF".to_vec(),
        ),
        arrays_in_arrays(),
        stream_that_inflates(
            "cross-references that inflate to 400 MB",
            "/Type /XRef /W [1 4 2] /Size 60000000 /Root 1 0 R",
        ),
        revisions_upon_revisions(),
        endless_chain(),
        five_hundred_thousand_objects(),
        many_signature_fields(),
        field_tree_of_loops(),
        field_trees_of_one_list(),
        names_for_fields(),
        fields_on_every_page(),
        validation_data_again_and_again(),
        words_in_a_stream("10 MB of headers and trailers", "1 0 obj trailer<<"),
        words_in_a_stream("10 MB of tags", "<a b"),
        ten_signatures(
            "10 signatures by look-alikes",
            messages::look_alikes_with_large_keys(),
        ),
        ten_signatures(
            "10 signatures through a maze",
            messages::maze_of_cross_certificates(),
        ),
    ]
}

/// Fields that all name one long list of them as their kids: who writes down what is still to come runs out of memory.
fn field_trees_of_one_list() -> Case {
    let mut objects = page_objects();
    let first = objects.len() + 3;
    objects.push(format!("<< /Fields [{first} 0 R] >>"));
    let list: String = (0..200_000)
        .map(|index| format!("{} 0 R ", first + index % 4_000))
        .collect();
    objects.push(format!("[{list}]"));
    let node = format!("<< /T (x) /Kids {} 0 R >>", objects.len());
    objects.extend((0..4_000).map(|_| node.clone()));
    Case::new("4,000 fields with one list of kids", pdf(&objects))
}

/// Visible fields of signatures, each listed by every page.
fn fields_on_every_page() -> Case {
    const FIELDS: usize = 4_900;
    const PAGES: usize = 780;
    let first_page = 4;
    let first_field = first_page + PAGES;
    let list = |first: usize, count: usize| -> String {
        (first..first + count)
            .map(|number| format!("{number} 0 R "))
            .collect()
    };
    let fields = list(first_field, FIELDS);
    let mut objects = vec![
        format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{fields}] >> >>"),
        format!(
            "<< /Type /Pages /Kids [{}] /Count {PAGES} >>",
            list(first_page, PAGES)
        ),
        format!("[{fields}]"),
    ];
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots 3 0 R >>";
    objects.extend((0..PAGES).map(|_| page.to_owned()));
    let field = |number| {
        format!("<< /FT /Sig /T (s{number}) /Type /Annot /Subtype /Widget /Rect [0 0 9 9] >>")
    };
    objects.extend((0..FIELDS).map(field));
    Case::new("4,900 fields on 780 pages", pdf(&objects))
}

/// Fields with appearances of their own, and a later revision with as many new names of resources.
fn names_for_fields() -> Case {
    let mut objects = page_objects();
    let first = objects.len() + 1;
    let fields: String = (first..first + 3_000)
        .map(|number| format!("{number} 0 R "))
        .collect();
    let field =
        |number| format!("<< /FT /Tx /T (t{number}) /DA (/F{number} 12 Tf 0 g 1 0 0 1 2 2 Tm) >>");
    objects.extend((0..3_000).map(field));
    // Written into the catalog: reading the form again and again would use up what may be read.
    let catalog = |resources: &str| {
        let form = format!("<< /Fields [{fields}] {resources}>>");
        format!("<< /Type /Catalog /Pages 2 0 R /AcroForm {form} >>")
    };
    objects[0] = catalog("");
    let names: String = (0..20_000).map(|name| format!("/X{name} 2 0 R ")).collect();
    let renewed = catalog(&format!("/DR << /Font << {names}>> >> "));
    let document = later(&pdf(&objects), &[(1, renewed)]);
    Case::new("20,000 names for 3,000 fields", document)
}

/// One long list of certificates that every entry of the security store names three times.
fn validation_data_again_and_again() -> Case {
    let mut objects = page_objects();
    objects.push("<< /Fields [] >>".to_owned());
    let list = objects.len() + 1;
    objects.push(format!("[{}]", format!("{list} 0 R ").repeat(100_000)));
    let entries: String = (0..2_000)
        .map(|entry| format!("/A{entry} << /Cert {list} 0 R /CRL {list} 0 R /OCSP {list} 0 R >> "))
        .collect();
    objects[0] = objects[0].replacen("<<", &format!("<< /DSS << /VRI << {entries}>> >> "), 1);
    Case::new("100,000 certificates 6,000 times", pdf(&objects))
}

/// What is looked for in the whole file, again and again in a stream of an update that ten people sign.
fn words_in_a_stream(name: &'static str, word: &str) -> Case {
    let mut objects = page_objects();
    objects.push("<< /Fields [] >>".to_owned());
    let words = word.repeat(10_000_000 / word.len());
    let stream = format!("<< /Length {} >>\nstream\n{words}\nendstream", words.len());
    let mut document = later(&pdf(&objects), &[(objects.len() + 1, stream)]);
    for number in 0..10 {
        let options = SignOptions {
            field: format!("Firma{number}"),
            ..SignOptions::at("2026-11-20T12:00:00Z".parse().unwrap())
        };
        document = sign_pdf(&document, &identity("lucia").unwrap(), &options).unwrap();
    }
    Case::new(name, document)
}

/// The same hostile signer in each of ten revisions.
fn ten_signatures(name: &'static str, (pki, identity): (Pki, Identity)) -> Case {
    let mut objects = page_objects();
    objects.push("<< /Fields [] >>".to_owned());
    let mut document = pdf(&objects);
    for number in 0..10 {
        let options = SignOptions {
            field: format!("Firma{number}"),
            ..SignOptions::at("2026-11-20T12:00:00Z".parse().unwrap())
        };
        document = sign_pdf(&document, &identity, &options).unwrap();
    }
    Case {
        root: Some(pki.root),
        ..Case::new(name, document)
    }
}

/// Objects in order, with a table; `Root` is object 1.
pub fn pdf<Body: AsRef<[u8]>>(objects: &[Body]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (index, body) in objects.iter().enumerate() {
        offsets.push(out.len());
        writeln!(out, "{} 0 obj", index + 1).unwrap();
        out.extend(body.as_ref());
        out.extend(b"\nendobj\n");
    }
    let start = out.len();
    let size = objects.len() + 1;
    let mut table = format!("xref\n0 {size}\n0000000000 65535 f \n");
    for offset in offsets {
        let _ = writeln!(table, "{offset:010} 00000 n ");
    }
    let _ = write!(
        table,
        "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    );
    out.extend(table.as_bytes());
    out
}

/// A revision behind the first one.
fn later(first: &[u8], objects: &[(usize, String)]) -> Vec<u8> {
    let mut out = first.to_vec();
    let previous = rfind(&out, b"xref\n0");
    let mut table = "xref\n".to_owned();
    for (number, body) in objects {
        let _ = write!(table, "{number} 1\n{:010} 00000 n \n", out.len());
        write!(out, "{number} 0 obj\n{body}\nendobj\n").unwrap();
    }
    let start = out.len();
    write!(
        out,
        "{table}trailer\n<< /Size 500000 /Root 1 0 R /Prev {previous} >>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    out
}

fn page_objects() -> Vec<String> {
    vec![
        "<< /Type /Catalog /Pages 2 0 R /AcroForm 4 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>".to_owned(),
    ]
}

fn arrays_in_arrays() -> Case {
    let mut objects = page_objects();
    objects.push(format!("{}{}", "[".repeat(500_000), "]".repeat(500_000)));
    Case::new("500,000 nested arrays", pdf(&objects))
}

/// The same bytes over and over, deflated.
pub fn deflated(bytes: &[u8], times: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..times {
        encoder.write_all(bytes).unwrap();
    }
    encoder.finish().unwrap()
}

fn stream_that_inflates(name: &'static str, dictionary: &str) -> Case {
    let bomb = deflated(&vec![0; 1 << 20], 400);
    let mut out = b"%PDF-1.7\n".to_vec();
    let start = out.len();
    write!(
        out,
        "1 0 obj\n<< {dictionary} /Filter /FlateDecode /Length {} >>\nstream\n",
        bomb.len()
    )
    .unwrap();
    out.extend(bomb);
    write!(out, "\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").unwrap();
    Case::new(name, out)
}

fn revisions_upon_revisions() -> Case {
    let mut out = pdf(&page_objects());
    let mut previous = rfind(&out, b"xref\n0");
    for revision in 0..20_000 {
        let object = out.len();
        write!(
            out,
            "3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {revision} 9] >>\nendobj\n"
        )
        .unwrap();
        let start = out.len();
        write!(
            out,
            "xref\n3 1\n{object:010} 00000 n \ntrailer\n<< /Size 5 /Root 1 0 R /Prev {previous} >>\nstartxref\n{start}\n%%EOF\n"
        )
        .unwrap();
        previous = start;
    }
    Case::new("20,000 revisions", out)
}

fn endless_chain() -> Case {
    let mut out = pdf(&page_objects());
    let own = rfind(&out, b"xref\n0");
    let start = out.len();
    write!(
        out,
        "xref\n0 0\ntrailer\n<< /Size 5 /Root 1 0 R /Prev {start} /XRefStm {own} >>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    Case::new("a revision that follows itself", out)
}

fn five_hundred_thousand_objects() -> Case {
    let mut objects = page_objects();
    for index in 0..500_000 {
        objects.push(format!("<< /A {} 0 R >>", index + 5));
    }
    Case::new("500,000 objects in a chain", pdf(&objects))
}

fn many_signature_fields() -> Case {
    let mut objects = page_objects();
    let count = 20_000;
    let fields: Vec<String> = (0..count)
        .map(|index| format!("{} 0 R", 5 + 2 * index))
        .collect();
    objects.push(format!("<< /SigFlags 3 /Fields [{}] >>", fields.join(" ")));
    for index in 0..count {
        objects.push(format!(
            "<< /FT /Sig /T (S{index}) /V {} 0 R /Type /Annot /Subtype /Widget /Rect [0 0 0 0] /P 3 0 R >>",
            6 + 2 * index
        ));
        objects.push(
            "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 10 20 30] /Contents <3000> >>"
                .to_owned(),
        );
    }
    Case::new("20,000 signatures", pdf(&objects))
}

/// Fields whose kids are one another: 2^60 ways through them.
fn field_tree_of_loops() -> Case {
    let mut objects = page_objects();
    objects.push("<< /SigFlags 3 /Fields [5 0 R 5 0 R] >>".to_owned());
    for index in 5..65 {
        let next = index + 1;
        objects.push(format!("<< /T (a) /Kids [{next} 0 R {next} 0 R 5 0 R] >>"));
    }
    objects.push("<< /FT /Sig /T (b) >>".to_owned());
    Case::new("fields that hold one another", pdf(&objects))
}

pub fn rfind(haystack: &[u8], needle: &[u8]) -> usize {
    haystack
        .windows(needle.len())
        .rposition(|window| window == needle)
        .unwrap()
}
