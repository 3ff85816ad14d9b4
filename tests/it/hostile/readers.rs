//! What each reader alone is made to pay for: cross-references, messages, lists, answers and tokens whose parts are tiny and
//! countless. A part of three bytes must not become an owned value of a hundred.

use std::io::Write as _;

use clavero::verify::asn1::{Element, encode, tag};

use super::Case;
use super::certificates::{Pki, name, new_key, oid, sequence, signed};
use super::documents::{deflated, pdf, rfind};
use super::messages::{
    TIMESTAMP, altered, elements, judged, ordinary, token, token_info, with_unsigned,
};

pub fn cases() -> Vec<Case> {
    vec![
        tables_restated(),
        sections_of_one_entry(),
        streams_of_entries(),
        object_streams_upon_one_another(),
        values_of_an_attribute(),
        empty_material(),
        content_in_single_octets(),
        issuer_of_many_parts(),
        stored_list("names of a distribution point", &point_of_many_names()),
        stored_list("extensions of a list", &extensions(&[5, 0], 12 << 20)),
        stored_list("number of a list", &list_number(24 << 20)),
        list_by_many_names(),
        statements_of_an_answer(),
        answer_by_many_names(),
        extensions_of_an_answer(),
        token_with(
            "tokens with names of many parts",
            &authority_of_many_parts(),
        ),
        token_with("tokens with many extensions", &token_extensions()),
        token_over("tokens with imprints of 1 MB", &vec![7; 1_000_000], &[]),
    ]
}

/// Ten tables of 50,000 entries, each saying the same.
fn tables_restated() -> Case {
    let objects: Vec<String> = (0..50_000)
        .map(|index| match index {
            0 => "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            1 => "<< /Type /Pages /Kids [] /Count 0 >>".to_owned(),
            _ => "1".to_owned(),
        })
        .collect();
    let mut out = pdf(&objects);
    let first = rfind(&out, b"xref\n0");
    let table_end = rfind(&out, b"trailer");
    let table = out[first..table_end].to_vec();
    let mut previous = first;
    for _ in 0..9 {
        let start = out.len();
        out.extend(&table);
        write!(
            out,
            "trailer\n<< /Size 50001 /Root 1 0 R /Prev {previous} >>\nstartxref\n{start}\n%%EOF\n"
        )
        .unwrap();
        previous = start;
    }
    file("10 tables of 50,000 entries", out)
}

/// A table in which every entry is a section of its own.
fn sections_of_one_entry() -> Case {
    let mut out = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n".to_vec();
    let second = rfind(&out, b"2 0 obj");
    let start = out.len();
    out.extend(b"xref\n0 1\n0000000000 65535 f \n1 1\n0000000009 00000 n \n");
    for number in 2..300_000 {
        write!(out, "{number} 1\n{second:010} 00000 n \n").unwrap();
    }
    write!(
        out,
        "trailer\n<< /Size 300000 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    )
    .unwrap();
    file("300,000 sections of one entry", out)
}

/// Sixty cross-reference streams of 145,000 entries, none of which says anything, in some 100 KB.
fn streams_of_entries() -> Case {
    let mut out = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n".to_vec();
    let data = deflated(&[1, 0, 0, 0, 9, 0, 0], 145_000);
    let mut previous = String::new();
    for number in 3..63 {
        let start = out.len();
        write!(
            out,
            "{number} 0 obj\n<< /Type /XRef /W [1 4 2] /Size 145000 /Root 1 0 R {previous}/Filter /FlateDecode /Length {} >>\nstream\n",
            data.len()
        )
        .unwrap();
        out.extend(&data);
        write!(out, "\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").unwrap();
        previous = format!("/Prev {start} ");
    }
    file("60 streams of 145,000 entries", out)
}

/// Object streams that hold the same 30,000 objects, each extending the next and the last the first.
fn object_streams_upon_one_another() -> Case {
    let count = 30_000;
    let numbers: String = (0..count)
        .map(|index| format!("{} {} ", 100 + index, 2 * index))
        .collect();
    let content = format!("{numbers}{}", "1 ".repeat(count));
    let data = deflated(content.as_bytes(), 1);
    let mut objects: Vec<Vec<u8>> = vec![
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [100 0 R] >> >>".to_vec(),
        b"<< /Type /Pages /Kids [] /Count 0 >>".to_vec(),
    ];
    for index in 0..50 {
        let next = 3 + (index + 1) % 50;
        let mut body = format!(
            "<< /Type /ObjStm /N {count} /First {} /Extends {next} 0 R /Filter /FlateDecode /Length {} >>\nstream\n",
            numbers.len(),
            data.len()
        )
        .into_bytes();
        body.extend(&data);
        body.extend(b"\nendstream");
        objects.push(body);
    }
    let mut out = pdf(&objects);
    let previous = rfind(&out, b"xref\n0");
    // Every object in another stream than the one before.
    let entries: Vec<u8> = (0..u16::try_from(count).unwrap())
        .flat_map(|index| {
            let [high, low] = index.to_be_bytes();
            let stream = u8::try_from(3 + index % 50).unwrap();
            [2, 0, 0, 0, stream, high, low]
        })
        .collect();
    let data = deflated(&entries, 1);
    let start = out.len();
    write!(
        out,
        "60000 0 obj\n<< /Type /XRef /W [1 4 2] /Index [100 {count}] /Size 60001 /Root 1 0 R /Prev {previous} /Filter /FlateDecode /Length {} >>\nstream\n",
        data.len()
    )
    .unwrap();
    out.extend(data);
    write!(out, "\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").unwrap();
    file("50 object streams of 30,000 objects", out)
}

/// An unsigned attribute that no signature covers, with values of two bytes.
fn values_of_an_attribute() -> Case {
    let (pki, identity) = ordinary();
    Case {
        document: with_unsigned(&identity, "1.2.3.4", &[5, 0].repeat(5_000_000)),
        ..judged("5,000,000 values of an attribute", &pki, &identity)
    }
}

/// Certificates and lists of two bytes each.
fn empty_material() -> Case {
    let (pki, identity) = ordinary();
    let document = altered(&identity, |parts| {
        let own = Element::only(&parts[3]).unwrap().body.to_vec();
        let many = [0x30, 0].repeat(2_500_000);
        parts[3] = encode(tag::context(0), &[own, many.clone()].concat());
        let place = parts.len() - 1;
        parts.insert(place, encode(tag::context(1), &many));
    });
    Case {
        document,
        ..judged("2,500,000 empty certificates and lists", &pki, &identity)
    }
}

/// The content in segments of one octet (X.690 §8.7.3).
fn content_in_single_octets() -> Case {
    let (pki, identity) = ordinary();
    let document = altered(&identity, |parts| {
        let segments = [4, 1, 0x20].repeat(3_300_000);
        let content = encode(tag::OCTET_STRING_CONSTRUCTED, &segments);
        parts[2] = sequence(&[
            oid("1.2.840.113549.1.7.1"),
            encode(tag::context(0), &content),
        ]);
    });
    Case {
        document,
        ..judged("content in 3,300,000 segments", &pki, &identity)
    }
}

/// A name of so many relative names with one short attribute each.
fn name_of_parts(count: usize) -> Vec<u8> {
    let attribute = sequence(&[oid("2.5.4.3"), encode(0x0c, b"a")]);
    encode(tag::SEQUENCE, &encode(tag::SET, &attribute).repeat(count))
}

/// The signer is named by an issuer that nobody bears.
fn issuer_of_many_parts() -> Case {
    let (pki, identity) = ordinary();
    let document = altered(&identity, |parts| {
        let signers = parts.last_mut().unwrap();
        let one = elements(Element::only(signers).unwrap().body).remove(0);
        let mut fields = elements(Element::only(&one).unwrap().body);
        let serial = elements(Element::only(&fields[1]).unwrap().body).remove(1);
        fields[1] = sequence(&[name_of_parts(700_000), serial]);
        *signers = encode(tag::SET, &sequence(&fields));
    });
    Case {
        document,
        ..judged("issuer of 700,000 parts", &pki, &identity)
    }
}

/// A page whose security store holds one deflated value.
fn stored(name: &'static str, kind: &str, value: &[u8]) -> Case {
    let data = deflated(value, 1);
    let mut stream = format!(
        "<< /Filter /FlateDecode /Length {} >>\nstream\n",
        data.len()
    )
    .into_bytes();
    stream.extend(data);
    stream.extend(b"\nendstream");
    let objects = [
        format!("<< /Type /Catalog /Pages 2 0 R /DSS << /{kind} [3 0 R] >> >>").into_bytes(),
        b"<< /Type /Pages /Kids [] /Count 0 >>".to_vec(),
        stream,
    ];
    file(name, pdf(&objects))
}

/// A file that is judged, whatever it is.
fn file(name: &'static str, document: Vec<u8>) -> Case {
    Case {
        root: Some(Pki::new().root),
        ..Case::new(name, document)
    }
}

/// An extension that nobody knows with 400 KB that do not deflate: what grows by more than 100:1 is not read at all.
fn noise() -> Vec<u8> {
    let mut octets = vec![0; 400_000];
    openssl::rand::rand_bytes(&mut octets).unwrap();
    extension("1.2.3", &octets)
}

/// A list with these extensions.
fn list_of(issuer: &[u8], extensions: &[u8]) -> Vec<u8> {
    let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
    let time = |text: &str| encode(tag::UTC_TIME, text.as_bytes());
    let extensions = encode(tag::SEQUENCE, &[extensions, &noise()].concat());
    let tbs = sequence(&[
        vec![2, 1, 1],
        algorithm.clone(),
        issuer.to_vec(),
        time("261101000000Z"),
        time("261231000000Z"),
        encode(tag::context(0), &extensions),
    ]);
    signed(&tbs, &algorithm, &new_key())
}

fn stored_list(what: &'static str, extensions: &[u8]) -> Case {
    stored(what, "CRLs", &list_of(&name("Sub"), extensions))
}

fn extension(kind: &str, value: &[u8]) -> Vec<u8> {
    sequence(&[oid(kind), encode(tag::OCTET_STRING, value)])
}

/// 24 MB of addresses of one letter.
fn point_of_many_names() -> Vec<u8> {
    let names = encode(0xa0, &[0x86, 1, 0x61].repeat(8 << 20));
    let point = sequence(&[encode(0xa0, &names)]);
    extension("2.5.29.28", &point)
}

fn extensions(value: &[u8], bytes: usize) -> Vec<u8> {
    let one = extension("1.2.3", value);
    one.repeat(bytes / one.len())
}

fn list_number(bytes: usize) -> Vec<u8> {
    extension("2.5.29.20", &encode(tag::INTEGER, &vec![0x7f; bytes]))
}

fn list_by_many_names() -> Case {
    let list = list_of(&name_of_parts(2_000_000), &[]);
    stored("list by a name of 2,000,000 parts", "CRLs", &list)
}

/// An answer with these statements and extensions, by a responder of this name.
fn answer(responder: &[u8], statements: &[u8], extensions: &[u8]) -> Vec<u8> {
    let extensions = encode(tag::SEQUENCE, &[extensions, &noise()].concat());
    let data = sequence(&[
        encode(tag::context(1), responder),
        encode(tag::GENERALIZED_TIME, b"20261101000000Z"),
        encode(tag::SEQUENCE, statements),
        encode(tag::context(1), &extensions),
    ]);
    signed(&data, &sequence(&[oid("1.2.840.10045.4.3.2")]), &new_key())
}

/// 28 MB of statements as short as they can be, deflated to some 100 KB.
fn statements_of_an_answer() -> Case {
    let empty = encode(tag::OCTET_STRING, &[]);
    let one = sequence(&[
        sequence(&[
            sequence(&[oid("1.3.14.3.2.26")]),
            empty.clone(),
            empty,
            vec![2, 1, 1],
        ]),
        vec![0x80, 0],
        encode(tag::GENERALIZED_TIME, b"20261101000000Z"),
    ]);
    let statements = one.repeat((28 << 20) / one.len());
    let answer = answer(&name("Respuesta"), &statements, &[]);
    stored("statements of an answer", "OCSPs", &answer)
}

fn answer_by_many_names() -> Case {
    let answer = answer(&name_of_parts(2_000_000), &[], &[]);
    stored("answer by a name of 2,000,000 parts", "OCSPs", &answer)
}

fn extensions_of_an_answer() -> Case {
    let extensions = extensions(&[5, 0], 24 << 20);
    let answer = answer(&name("Respuesta"), &[], &extensions);
    stored("extensions of an answer", "OCSPs", &answer)
}

/// 10 MB of tokens, with this behind the time in each.
fn token_with(what: &'static str, more: &[u8]) -> Case {
    token_over(what, &[0; 32], more)
}

fn token_over(what: &'static str, imprint: &[u8], more: &[u8]) -> Case {
    let (pki, identity) = ordinary();
    let token = token(&identity, &token_info(imprint, more));
    let count = 10_000_000 / token.len();
    Case {
        document: with_unsigned(&identity, TIMESTAMP, &token.repeat(count)),
        ..judged(what, &pki, &identity)
    }
}

/// `tsa` with a name of 80,000 parts.
fn authority_of_many_parts() -> Vec<u8> {
    encode(tag::context(0), &encode(0xa4, &name_of_parts(80_000)))
}

fn token_extensions() -> Vec<u8> {
    encode(tag::context(1), &extensions(&[5, 0], 1 << 20))
}
