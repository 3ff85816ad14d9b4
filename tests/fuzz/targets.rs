//! What is done with the bytes, and what must hold afterwards.

use std::io::Cursor;

use clavero::domain;
use clavero::evidence_package::archive;
use clavero::extract;
use clavero::form::{self, FormValues};
use clavero::letter::{self, PageText};
use clavero::pages::frame;
use clavero::registry::{self as tables, Registry, representatives};
use clavero::verify::cms::{Message, SignerInfo};
use clavero::verify::{
    self, Certificate, Conclusion, Crl, Evidence, OcspResponse, Report, TrustStore, signer,
};

use crate::conditions::{self, CONDITIONS, KNOWN, ORIGINAL, STAMPED, judge_petition};
use crate::paper::{paper, workbook};

/// Takes what may be anything.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: &[(&str, Target)] = &[
    ("open", open),
    ("conclude", conclude),
    ("cms", cms),
    ("certificate", certificate),
    ("crl", crl),
    ("ocsp", ocsp),
    ("registry", registry),
    ("form", form),
    ("letter", letter),
    ("timestamp", timestamp),
    ("material", material),
    ("page", page),
    ("frame", frame),
    ("package", package),
    ("sri", sri),
    ("supercias", supercias),
];

/// The structure of a document, and what its revisions changed.
fn open(bytes: &[u8]) {
    let Ok(signed) = verify::open(bytes, None) else {
        return;
    };
    if let Some(pdf) = signed.pdf() {
        for revision in &pdf.revisions {
            let _ = pdf.additions_after(revision.end);
            let _ = signed.signed_content(revision.end);
        }
        let _ = pdf.additions_after(0);
        for signature in &pdf.signatures {
            let _ = signature.signed_parts(bytes);
        }
    }
}

/// The whole judgement. Only what somebody signed in the samples passes.
fn conclude(bytes: &[u8]) {
    judge(bytes, None);
    judge(bytes, Some(&ORIGINAL));
}

fn judge(bytes: &[u8], original: Option<&[u8]>) {
    let Ok(signed) = verify::open(bytes, original) else {
        return;
    };
    let report = CONDITIONS.judge(&signed);
    if report.conclusion == Conclusion::Passed {
        let passed = conditions::passed(&signed, bytes, &report);
        assert!(!passed.is_empty(), "passed without a signature");
        assert!(
            passed
                .iter()
                .all(|content| KNOWN.contents.contains(content)),
            "passed, and nobody signed it"
        );
    }
    assert!(
        serde_json::to_string(&report).is_ok(),
        "a report is kept as JSON"
    );
}

/// A CMS message and everything that it carries along.
fn cms(bytes: &[u8]) {
    let Ok(message) = Message::parse(bytes) else {
        return;
    };
    message
        .material
        .certificates
        .iter()
        .for_each(|der| drop(read_certificate(der)));
    message
        .material
        .crls
        .iter()
        .for_each(|der| drop(Crl::parse(der.to_vec())));
    message
        .material
        .ocsps
        .iter()
        .for_each(|der| drop(OcspResponse::parse(der.to_vec())));
    for token in message.signers.iter().flat_map(SignerInfo::timestamps) {
        let _ = Message::parse(token.bytes);
    }
    conclude(bytes);
}

/// A certificate: its fields, its key, whom it names. As the only root it makes a petition pass only if its key is one
/// of those that vouched for it.
fn certificate(bytes: &[u8]) {
    let Some(certificate) = read_certificate(bytes) else {
        return;
    };
    let known_key = KNOWN.keys.contains(certificate.spki());
    let intermediates = CONDITIONS.trust.intermediates().to_vec();
    let trust = TrustStore::new(vec![certificate], intermediates);
    let report = judge_petition(&trust, &CONDITIONS.evidence);
    assert!(
        known_key || report.conclusion != Conclusion::Passed,
        "any root will do"
    );
}

fn read_certificate(bytes: &[u8]) -> Option<Certificate> {
    let certificate = Certificate::parse(bytes.to_vec()).ok()?;
    let _ = certificate.facts();
    let _ = certificate.key();
    let _ = certificate.key_bits();
    let _ = signer::read(&certificate);
    Some(certificate)
}

/// A revocation list. One list is never enough: the petition's path has two certificates under a root.
fn crl(bytes: &[u8]) {
    let Ok(crl) = Crl::parse(bytes.to_vec()) else {
        return;
    };
    not_passed(&with_evidence(&Evidence {
        crls: vec![crl],
        ocsps: Vec::new(),
    }));
}

/// An OCSP answer. The same.
fn ocsp(bytes: &[u8]) {
    let Ok(answer) = OcspResponse::parse(bytes.to_vec()) else {
        return;
    };
    not_passed(&with_evidence(&Evidence {
        crls: Vec::new(),
        ocsps: vec![answer],
    }));
}

fn with_evidence(evidence: &Evidence) -> Report {
    judge_petition(&CONDITIONS.trust, evidence)
}

fn not_passed(report: &Report) {
    assert!(
        report.conclusion != Conclusion::Passed,
        "passed on less than it needs"
    );
}

/// The operator's own table of employers.
fn registry(bytes: &[u8]) {
    let mut employers = Registry::default();
    if let Ok(rows) = representatives::rows(bytes) {
        rows.flatten()
            .filter_map(|row| row.entry.taken.ok())
            .for_each(|row| drop(employers.add(row)));
    }
}

/// A form: recognised only if it is exactly what its values print in one of the layouts. Bytes that are values print a form that is recognised.
fn form(bytes: &[u8]) {
    let _ = form::number_hint(bytes);
    if let Some((values, length)) = form::recognise(bytes) {
        let printed = form::Layout::ALL.map(|layout| form::render_in(layout, &values));
        let found = bytes.get(..length).map(<[u8]>::to_vec);
        assert!(
            printed
                .iter()
                .any(|one| one.as_ref().ok() == found.as_ref()),
            "not what its values print"
        );
    }
    let Ok(values) = serde_json::from_slice::<FormValues>(bytes) else {
        return;
    };
    if let Ok(printed) = form::render(&values) {
        verify::open(&printed, None).expect("our own form can be opened");
    }
}

/// The text of a letter.
fn letter(bytes: &[u8]) {
    let written = String::from_utf8_lossy(bytes);
    let lines = written.lines().map(str::to_owned).collect();
    let text = PageText {
        lines,
        ..PageText::default()
    };
    let reading = letter::read(&text, &[]);
    assert!(
        reading.content.is_some() || !reading.doubts.is_empty(),
        "nothing read, and no doubt"
    );
    let _ = domain::plain(&written);
}

/// A timestamp token over a signature that has one. Only the genuine token is believed, and it says its own time.
fn timestamp(bytes: &[u8]) {
    let stamped = &*STAMPED;
    let judged = CONDITIONS.judge_timestamp(bytes, &stamped.value);
    if judged.trusted {
        assert_eq!(
            judged.time, stamped.time,
            "another time, and nobody signed it"
        );
    }
    let elsewhere = CONDITIONS.judge_timestamp(bytes, b"nobody stamped this");
    assert!(!elsewhere.trusted, "trusted over bytes that nobody stamped");
}

/// A file of trust material: PEM, DER, or a certs-only message.
fn material(bytes: &[u8]) {
    if let Ok(certificates) = clavero::material::read_certificates(bytes) {
        for certificate in certificates {
            let again = Certificate::parse(certificate.der().to_vec());
            assert_eq!(again.as_ref(), Ok(&certificate), "read in two ways");
        }
    }
}

/// What stands on a page, read as the child process reads it: our walk, with a file around it that is in order.
fn page(bytes: &[u8]) {
    if let Some(text) = extract::read_here(&paper(bytes)) {
        let reading = letter::read(&text, &[]);
        assert!(
            reading.content.is_some() || !reading.doubts.is_empty(),
            "nothing read, and no doubt"
        );
    }
}

/// What a child that draws may say: nothing but the pixels that were asked for is an image.
fn frame(bytes: &[u8]) {
    let asked = frame::Asked {
        page: 1,
        width: 200,
    };
    match frame::read(bytes, asked) {
        Some(frame::Answer::Drawn(drawn)) => {
            let length = usize::from(drawn.width) * usize::from(drawn.height) * 3;
            assert!(drawn.width <= asked.width && drawn.pixels.len() == length);
            assert_eq!(frame::write(frame::Answer::Drawn(drawn)), bytes);
        }
        Some(answer) => assert_eq!(frame::write(answer), bytes, "read in two ways"),
        None => {}
    }
}

/// An evidence package: what is read is what would be written.
fn package(bytes: &[u8]) {
    if let Ok(entries) = archive::read(bytes) {
        assert_eq!(archive::write(&entries).as_deref(), Ok(bytes));
    }
}

/// The register of the SRI: every row is told, taken or not.
fn sri(bytes: &[u8]) {
    if let Ok(rows) = tables::sri::rows(bytes) {
        for entry in rows.flatten() {
            assert!(entry.taken.is_ok() || !entry.raw.is_empty(), "a lost row");
        }
    }
}

/// The directory of the Superintendencia: a workbook, and a sheet in one that is in order.
fn supercias(bytes: &[u8]) {
    for file in [bytes, &workbook(bytes)] {
        let _ = tables::supercias::read(Cursor::new(file), |_| Ok(()));
    }
}
