//! What lies in a signature beside what it signs: content in a detached one, a digest in place of the content, an original
//! that is another, timestamps over other bytes.

use super::*;
use crate::verify::asn1::{encode, tag};
use crate::verify::forge::{
    Paper, Signing, Spec, Subject, ca, day, issue, oid, sequence, signer, stamper, token,
};
use crate::verify::report::Level;

/// A root, a person and a timestamp authority below it.
struct World {
    anchor: Certificate,
    ana: (Subject, Certificate),
    stamp: (Subject, Certificate),
}

impl World {
    fn new() -> Self {
        let root = Subject::new("Raíz");
        let issued = |name: &str, spec: Spec| {
            let subject = Subject::new(name);
            let certificate = issue(&subject, &root, spec);
            (subject, certificate)
        };
        Self {
            ana: issued("Ana", signer()),
            stamp: issued("Sellos", stamper((-100, 100))),
            anchor: issue(&root, &root, ca()),
        }
    }

    fn judge(&self, paper: &Paper) -> Report {
        judge(&paper.bytes, None, &[&self.anchor])
    }

    /// A page signed by the person, with something inside the message.
    fn signed(&self, sub_filter: &str, inside: Option<&[u8]>) -> Paper {
        let mut paper = Paper::new();
        let signing = Signing {
            inside,
            ..Signing::default()
        };
        paper.sign(sub_filter, |content| {
            signing.over(content, &self.ana.0, &self.ana.1)
        });
        paper
    }
}

/// ISO 32000-2 §12.8.3.3.1: a second document inside could be taken for the one that was signed.
#[test]
fn a_detached_signature_has_nothing_inside() {
    let world = World::new();
    for sub_filter in ["adbe.pkcs7.detached", "ETSI.CAdES.detached"] {
        let good = world.judge(&world.signed(sub_filter, None));
        assert_eq!(good.conclusion, Conclusion::Passed, "{sub_filter}");
        let bad = world.judge(&world.signed(sub_filter, Some(b"otra solicitud")));
        assert_eq!(bad.conclusion, Conclusion::Failed, "{sub_filter}");
        assert_eq!(codes(&bad), [Code::CmsMalformed], "{sub_filter}");
    }
}

/// §12.8.3.3.1: what is signed under `adbe.pkcs7.sha1` is the digest of the byte range, so it must be that digest.
#[test]
fn a_signed_digest_must_be_that_of_the_file() {
    let world = World::new();
    let case = |change: fn(Vec<u8>) -> Vec<u8>| {
        let mut paper = Paper::new();
        paper.sign("adbe.pkcs7.sha1", |content| {
            let inside = change(Digest::Sha1.of(content).unwrap());
            let signing = Signing {
                inside: Some(&inside),
                ..Signing::default()
            };
            signing.over(&[&inside], &world.ana.0, &world.ana.1)
        });
        codes(&world.judge(&paper))
    };
    // The digest itself is no longer accepted; but that is another matter.
    assert_eq!(case(|digest| digest), [Code::AlgorithmWeak]);
    let differs = [Code::CmsDigestMismatch, Code::AlgorithmWeak];
    assert_eq!(case(|_| vec![0; 20]), differs);
    assert_eq!(case(|digest| digest[..19].to_vec()), differs);
}

/// A PDF inside a message, or beside it, is looked at by the same people in the same programs as one that carries its
/// signatures itself: what that one may not have, it may not have either.
#[test]
fn a_pdf_that_was_signed_as_a_whole_is_read_as_strictly() {
    use Conclusion::{Failed, Indeterminate, Passed};
    let world = World::new();
    let page = Paper::new().bytes;
    let with = |old: &str, new: &str| {
        let text = page.iter().copied().map(char::from).collect::<String>();
        assert!(text.contains(old));
        let changed = text.replace(old, new);
        changed
            .chars()
            .map(|c| u8::try_from(c).unwrap())
            .collect::<Vec<u8>>()
    };
    let told = |content: &[u8], attached: bool| {
        let signing = Signing {
            inside: attached.then_some(content),
            ..Signing::default()
        };
        let message = signing.over(&[content], &world.ana.0, &world.ana.1);
        let original = (!attached).then_some(content);
        let report = judge(&message, original, &[&world.anchor]);
        (report.conclusion, codes(&report))
    };
    let (box_, root) = ("/MediaBox [0 0 595 842]", "/Root 1 0 R");
    let cases = [
        (page.clone(), Passed, vec![]),
        (b"Solicito una clave nueva.".to_vec(), Passed, vec![]),
        (
            with(box_, "/AA<</O<</S/Launch>>>> "),
            Indeterminate,
            vec![Code::PdfActiveContent],
        ),
        (
            with(root, "/Root 1 0 R /Root 2 0 R"),
            Failed,
            vec![Code::PdfAmbiguous],
        ),
        (
            with(root, "/Root 1 0 R /Encrypt << /Filter /Other >>"),
            Indeterminate,
            vec![Code::PdfEncrypted],
        ),
        (
            page[..page.len() - 30].to_vec(),
            Indeterminate,
            vec![Code::PdfAmbiguous],
        ),
    ];
    for (content, conclusion, expected) in cases {
        for attached in [true, false] {
            let found = told(&content, attached);
            assert_eq!(found, (conclusion, expected.clone()), "{attached}");
        }
    }
}

/// Somebody shows one document and sends the signature over another, which lies inside.
#[test]
fn an_original_must_be_what_the_message_contains() {
    let made = make(&Recipe {
        attached: true,
        ..Recipe::default()
    });
    let same = judge(&made.bytes, Some(CONTENT), &[&made.root]);
    assert_eq!(same.conclusion, Conclusion::Passed);
    let other = judge(&made.bytes, Some(b"otra solicitud"), &[&made.root]);
    assert_eq!(other.conclusion, Conclusion::Failed);
    assert_eq!(codes(&other), [Code::CmsDigestMismatch]);
    assert_eq!(other.sub_indication, Some(SubIndication::HashFailure));
}

/// A timestamp of an unknown authority takes nothing away; one over other bytes was put there by somebody.
#[test]
fn a_broken_document_timestamp_spoils_the_document() {
    use Conclusion::{Failed, Indeterminate, Passed};
    let world = World::new();
    let stranger = World::new();
    let case = |(authority, certificate): &(Subject, Certificate), broken: bool| {
        let mut paper = world.signed("ETSI.CAdES.detached", None);
        paper.sign("ETSI.RFC3161", |content| {
            let stamped = if broken {
                &[b"otra cosa".as_slice()]
            } else {
                content
            };
            token(stamped, day(-1), authority, certificate, &[])
        });
        let report = world.judge(&paper);
        assert_eq!(report.signatures[0].conclusion, Passed);
        let stamp = &report.signatures[1];
        assert_eq!(stamp.timestamp.is_some(), stamp.conclusion == Passed);
        (report.conclusion, stamp.conclusion)
    };
    assert_eq!(case(&world.stamp, false), (Passed, Passed));
    assert_eq!(case(&stranger.stamp, false), (Passed, Indeterminate));
    assert_eq!(case(&world.stamp, true), (Failed, Failed));
    assert_eq!(case(&stranger.stamp, true), (Failed, Failed));
}

/// A page with timestamps on it and no signature of a person says nothing.
#[test]
fn a_timestamp_alone_is_no_signature() {
    let world = World::new();
    let mut paper = Paper::new();
    paper.sign("ETSI.RFC3161", |content| {
        token(content, day(-1), &world.stamp.0, &world.stamp.1, &[])
    });
    let report = world.judge(&paper);
    assert_eq!(report.conclusion, Conclusion::Failed);
    assert!(codes(&report).contains(&Code::DocumentUnsigned));
}

/// ETSI EN 319 142-1 §6.3 (e), EN 319 122-1 §6.3: no level without an attribute that pins the signer's certificate.
#[test]
fn an_unpinned_signature_has_no_level() {
    let level = |attributes| {
        let made = make(&Recipe {
            attached: true,
            attributes,
            ..Recipe::default()
        });
        let report = judge(&made.bytes, None, &[&made.root]);
        assert_eq!(report.conclusion, Conclusion::Passed);
        report.signatures[0].level
    };
    assert_eq!(level(|list, _| list), Some(Level::BB));
    assert_eq!(level(|list, _| list[..2].to_vec()), None);
}

/// PAdES allows one signer in a PDF signature (ETSI EN 319 142-1 §6.2.1): the second one would sign nothing that shows.
#[test]
fn a_signature_field_has_one_signer() {
    let world = World::new();
    let mut paper = Paper::new();
    paper.sign("ETSI.CAdES.detached", |content| {
        let one = Signing::default().over(content, &world.ana.0, &world.ana.1);
        twice_signed(&one)
    });
    let report = world.judge(&paper);
    assert_eq!(report.conclusion, Conclusion::Failed);
    assert_eq!(codes(&report), [Code::CmsSignerCount]);
}

/// The same message with its signer a second time.
fn twice_signed(message: &[u8]) -> Vec<u8> {
    use crate::verify::asn1::Element;
    let outer = Element::only(message).unwrap();
    let explicit = {
        let mut inside = outer.inside();
        inside.next().unwrap();
        inside.next().unwrap()
    };
    let mut parts = Vec::new();
    let mut inside = Element::only(explicit.body).unwrap().inside();
    while let Some(part) = inside.next_if_any().unwrap() {
        parts.push(part.raw.to_vec());
    }
    let signers = Element::only(parts.last().unwrap()).unwrap().body.repeat(2);
    *parts.last_mut().unwrap() = encode(tag::SET, &signers);
    sequence(&[oid("1.2.840.113549.1.7.2"), encode(0xa0, &sequence(&parts))])
}

/// A certificate about which nothing is known is asked about; one that leads to no root, or by a broken rule, is not, so
/// that no stranger can have us ask an address of his choice.
#[test]
fn only_certificates_below_a_root_are_asked_about() {
    let (root, ana) = (Subject::new("Raíz"), Subject::new("Ana"));
    let anchor = issue(&root, &root, ca());
    let wanted = |spec: Spec, roots: Vec<Certificate>| {
        let certificate = issue(&ana, &root, spec);
        let attached = Signing {
            inside: Some(CONTENT),
            ..Signing::default()
        };
        let bytes = attached.over(&[CONTENT], &ana, &certificate);
        let signed = crate::verify::open(&bytes, None).unwrap();
        let trust = TrustStore::new(roots, Vec::new());
        let (nothing, policy) = (Evidence::default(), Policy::default());
        let concluded = conclude_and_want(&signed, &trust, &nothing, &policy, now());
        let wanted = concluded.wanted.iter();
        wanted.filter(|one| one.certificate == certificate).count()
    };
    assert_eq!(wanted(signer(), vec![anchor.clone()]), 1);
    assert_eq!(wanted(signer(), Vec::new()), 0);
    let server = Spec {
        purposes: &["1.3.6.1.5.5.7.3.1"],
        ..signer()
    };
    assert_eq!(wanted(server, vec![anchor.clone()]), 0);
    let expired = Spec {
        days: (-100, -1),
        ..signer()
    };
    assert_eq!(wanted(expired, vec![anchor]), 1, "a timestamp may mend it");
}

/// Whatever else was found: without a passed signature of a person that covers what is read, nothing passes, and what could
/// not be checked does not either.
#[test]
fn silence_is_no_approval() {
    let facts = DocumentFacts {
        sha256: crate::domain::Sha256::of(b""),
        bytes: 0,
        revisions: 1,
        encrypted: false,
    };
    let report = conclude_document(facts, Vec::new(), Vec::new(), now());
    assert_eq!(report.conclusion, Conclusion::Failed);
    assert_eq!(codes(&report), [Code::PdfNotCovered]);
    let unjudged = |integrity| {
        let place = Place {
            field: "#1".to_owned(),
            kind: SignatureKind::Signature,
            sub_filter: "cms.attached".to_owned(),
            coverage: Coverage::WholeFile,
            modifications: Modifications::None,
            revision: 1,
            covered_bytes: 0,
            visible: false,
            claimed_time: None,
            reason: None,
            statements: Vec::new(),
            findings: Vec::new(),
        };
        place.unjudged(integrity).conclusion
    };
    assert_eq!(unjudged(Integrity::Intact), Conclusion::Passed);
    assert_eq!(unjudged(Integrity::Unsupported), Conclusion::Indeterminate);
    assert_eq!(unjudged(Integrity::Broken), Conclusion::Failed);
}
