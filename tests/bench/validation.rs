//! `cargo bench`: what one validation costs beside its floor, in one run and interleaved, so that the ratio means something
//! on a noisy machine. The floor is what no validator can save: hashing the signed bytes once, and the public-key operations
//! on the signature and on the signer's own certificate (CA certificates and lists are verified once per process).

use std::hint::black_box;
use std::time::{Duration, Instant};

use clavero::domain::{Action, BranchCode, PetitionContent, Sha256};
use clavero::fixture::{self, SignOptions, letter, pki};
use clavero::verify::{self, Certificate, Conclusion, Crl, Evidence, Policy, TrustStore};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::sign::{Signer, Verifier};

/// Size of the document to which the aim is written (DESIGN §7), in bytes.
const DOCUMENT_BYTES: usize = 200_000;
/// Rounds; each measures everything once, and the median of each is told.
const ROUNDS: usize = 200;
/// Public-key operations per document that can't be saved: the signature, and the issuer's on the signer's certificate.
const KEY_OPERATIONS: u32 = 2;

fn main() {
    let at = "2026-11-21T12:00:00Z".parse().expect("a moment");
    let signer = fixture::identity("lucia").expect("a person of the cast");
    let content = PetitionContent {
        ruc: "1790993949001".parse().expect("a RUC"),
        branch: BranchCode::default(),
        action: Action::ResetPassword,
        new_email: None,
    };
    let text = letter::Letter {
        content,
        legal_name: "EMPRESA DE PRUEBA S.A.".to_owned(),
        representative: (
            "LUCÍA".to_owned(),
            "0102030405".to_owned(),
            "Gerente".to_owned(),
        ),
        at,
    };
    let plain = padded(&letter::render(&text).expect("a letter"));
    let document =
        fixture::sign_pdf(&plain, &signer, &SignOptions::at(at)).expect("a signed letter");
    let trust = TrustStore::new(
        certificates(pki::roots()),
        certificates(pki::intermediates()),
    );
    let crls = pki::crls(at)
        .into_iter()
        .map(|list| Crl::parse(list.der).expect("a list"))
        .collect();
    let evidence = Evidence {
        crls,
        ..Evidence::default()
    };
    let policy = Policy::default();

    let validate = || {
        let signed = verify::open(&document, None).expect("a PDF");
        verify::conclude(&signed, &trust, &evidence, &policy, at).conclusion
    };
    assert_eq!(
        validate(),
        Conclusion::Passed,
        "a benchmark of a failing validation says nothing"
    );
    let (message, value) = signature(&signer.key);

    let mut times = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        times[0].push(time(|| {
            black_box(validate());
        }));
        times[1].push(time(|| drop(black_box(verify::open(&document, None)))));
        times[2].push(time(|| {
            black_box(Sha256::of(&document));
        }));
        times[3].push(time(|| {
            for _ in 0..KEY_OPERATIONS {
                assert!(verifies(&signer.key, &message, &value));
            }
        }));
    }
    let [whole, opening, hash, keys] = times.map(median);
    let floor = hash + keys;
    println!(
        "one validation of a PDF of {} bytes, median of {ROUNDS} interleaved rounds",
        document.len()
    );
    for (name, duration) in [
        ("validation (open + conclude)", whole),
        ("  of which opening", opening),
        ("hashing its bytes (SHA-256)", hash),
        ("its public-key operations (2 × RSA-2048)", keys),
        ("floor = hashing + public-key operations", floor),
    ] {
        println!(
            "{name:<45} {:>9.1} µs  {:>5.2} × floor",
            micros(duration),
            duration.as_secs_f64() / floor.as_secs_f64()
        );
    }
}

/// The letter with a stream that nothing shows, up to the size of the document, as an incremental update.
fn padded(letter: &[u8]) -> Vec<u8> {
    let document = lopdf::Document::load_mem(letter).expect("a PDF");
    let mut update = lopdf::IncrementalDocument::create_from(letter.to_vec(), document);
    // Bytes that do not compress, as a scan would have them.
    let noise: Vec<u8> = (0u32..)
        .flat_map(|count| *Sha256::of(&count.to_be_bytes()).as_bytes())
        .take(DOCUMENT_BYTES)
        .collect();
    update
        .new_document
        .add_object(lopdf::Stream::new(lopdf::Dictionary::new(), noise));
    let mut bytes = Vec::new();
    update.save_to(&mut bytes).expect("memory takes bytes");
    bytes
}

fn certificates(material: Vec<pki::Material>) -> Vec<Certificate> {
    material
        .into_iter()
        .map(|file| Certificate::parse(file.der).expect("a certificate"))
        .collect()
}

fn signature(key: &PKey<Private>) -> (Vec<u8>, Vec<u8>) {
    let message = vec![7; 150];
    let mut signer = Signer::new(MessageDigest::sha256(), key).expect("a key that signs");
    let value = signer.sign_oneshot_to_vec(&message).expect("a signature");
    (message, value)
}

fn verifies(key: &PKey<Private>, message: &[u8], value: &[u8]) -> bool {
    let mut verifier = Verifier::new(MessageDigest::sha256(), key).expect("a key that verifies");
    verifier.verify_oneshot(value, message).unwrap_or(false)
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
