//! `cargo bench`: what one validation costs beside its floor, in one run and interleaved, so that the ratio means something
//! on a noisy machine. The floor is what no validator can save: hashing the file once, and the public-key operations on the
//! signature, the signer's own certificate, its timestamps and the answers about revocation that it carries, each under the
//! key it really has (CA certificates and the operator's lists are verified once per process). Then the same file by others
//! (`process`), and the most memory that a process takes for the largest file.

mod process;

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clavero::domain::Sha256;
use clavero::fixture::{self, SignOptions, pki};
use clavero::verify::report::SignatureKind;
use clavero::verify::{
    self, Certificate, Conclusion, Crl, Evidence, Policy, Report, RevocationMode, TrustStore,
};
use jiff::Timestamp;
use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::sign::Verifier;
use openssl::x509::X509;

/// When the fixtures are signed and judged.
const AT: &str = "2026-11-21T12:00:00Z";
/// Bytes of one scanned page.
const PAGE_BYTES: usize = 500_000;
/// Set for the child whose memory is measured.
const CHILD: &str = "CLAVERO_BENCH_FILE";

/// A document with what it is judged by.
struct Case {
    name: &'static str,
    /// What DESIGN §7 and issue 3 ask for, in floors; nothing where they do not.
    aim: Option<f64>,
    document: Vec<u8>,
    trust: TrustStore,
    /// Certificates that only the signature carries: their keys are part of the floor.
    others: Vec<Certificate>,
    evidence: Evidence,
    policy: Policy,
    rounds: usize,
}

fn main() {
    if let Ok(file) = std::env::var(CHILD) {
        return measure_memory(Path::new(&file));
    }
    let scan = signed_scan(20_000_000);
    let cases = [
        case(
            "B-B, a scan of 200 KB",
            signed_scan(200_000),
            Some(1.5),
            400,
        ),
        // Little to hash: what is left is public-key operations, and what a validator adds to them.
        case("B-B, a scan of 10 KB", signed_scan(10_000), None, 400),
        case("B-B, a scan of 20 MB", scan.clone(), Some(1.5), 15),
        long_term(),
    ];
    let floors = cases.each_ref().map(compare);
    process::compare(&[(&cases[0], floors[0]), (&cases[1], floors[1])]);
    tell_memory(&scan);
}

fn case(name: &'static str, document: Vec<u8>, aim: Option<f64>, rounds: usize) -> Case {
    let crls = pki::crls(at())
        .into_iter()
        .map(|list| Crl::parse(list.der).expect("a list"));
    Case {
        name,
        aim,
        document,
        trust: TrustStore::new(
            certificates(pki::roots()),
            certificates(pki::intermediates()),
        ),
        others: vec![Certificate::parse(lucia().certificate).expect("a certificate")],
        evidence: Evidence {
            crls: crls.collect(),
            ..Evidence::default()
        },
        policy: Policy::default(),
        rounds,
    }
}

/// A letter of pyHanko's with timestamp and validation data.
fn long_term() -> Case {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples");
    let folder = |name: &str| {
        let files = std::fs::read_dir(samples.join("trust/std").join(name)).expect("samples");
        let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
        paths.sort();
        paths
            .into_iter()
            .filter_map(|path| {
                let bytes = std::fs::read(path).expect("a file");
                let der = match openssl::x509::X509::from_pem(&bytes) {
                    Ok(certificate) => certificate.to_der().expect("a certificate"),
                    Err(_) => bytes,
                };
                Certificate::parse(der).ok()
            })
            .collect()
    };
    Case {
        name: "B-LT, a letter",
        aim: Some(2.0),
        document: std::fs::read(samples.join("cases/valid-pades-blt.pdf")).expect("a sample"),
        trust: TrustStore::new(folder("roots"), folder("intermediates")),
        others: Vec::new(),
        evidence: Evidence::default(),
        policy: Policy {
            revocation: RevocationMode::Required,
            ..Policy::default()
        },
        rounds: 400,
    }
}

/// What a validation costs beside its floor, which it returns.
fn compare(case: &Case) -> Duration {
    let report = validate(case);
    assert_eq!(
        report.conclusion,
        Conclusion::Passed,
        "{}: a benchmark of a failing validation says nothing: {:?}",
        case.name,
        report.findings
    );
    let operations = operations(case, &report);
    let kinds: Vec<String> = operations
        .iter()
        .map(|key| key.bits().to_string())
        .collect();
    let mut times = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..case.rounds {
        times[0].push(time(|| {
            black_box(validate(case));
        }));
        times[1].push(time(|| drop(black_box(verify::open(&case.document, None)))));
        times[2].push(time(|| {
            black_box(Sha256::of(&case.document));
        }));
        times[3].push(time(|| {
            for key in &operations {
                black_box(raise(key));
            }
        }));
    }
    let [whole, opening, hash, keys] = times.map(median);
    let floor = hash + keys;
    println!(
        "\n{}: {} bytes, median of {} interleaved rounds{}",
        case.name,
        case.document.len(),
        case.rounds,
        case.aim
            .map(|aim| format!("; aim {aim} × floor"))
            .unwrap_or_default()
    );
    for (name, duration) in [
        ("validation (open + conclude)".to_owned(), whole),
        ("  of which opening".to_owned(), opening),
        ("hashing its bytes (SHA-256)".to_owned(), hash),
        (
            format!("its public-key operations (RSA {})", kinds.join(", ")),
            keys,
        ),
        ("floor = hashing + public-key operations".to_owned(), floor),
    ] {
        println!(
            "{name:<45} {:>9.1} µs  {:>5.2} × floor",
            micros(duration),
            duration.as_secs_f64() / floor.as_secs_f64()
        );
    }
    floor
}

fn validate(case: &Case) -> Report {
    let signed = verify::open(&case.document, None).expect("a PDF");
    verify::conclude(&signed, &case.trust, &case.evidence, &case.policy, at())
}

/// The keys of every public-key operation that no validator can save, each with the operation's own key: the signature and
/// the signer's certificate; the same for each timestamp; and the answers that the document itself brings along.
fn operations(case: &Case, report: &Report) -> Vec<PKey<Public>> {
    let signed = verify::open(&case.document, None).expect("a PDF");
    let store = &signed.pdf().expect("a PDF").dss;
    let mut known: Vec<Certificate> = case.trust.roots().to_vec();
    known.extend(case.trust.intermediates().iter().cloned());
    known.extend(case.others.iter().cloned());
    let stored = store.certificates.iter();
    known.extend(stored.filter_map(|one| Certificate::parse(one.der.clone()).ok()));
    let key = |wanted: &dyn Fn(&Certificate) -> bool| {
        let certificate = known.iter().find(|one| wanted(one)).expect("its key");
        let x509 = X509::from_der(certificate.der()).expect("a certificate");
        x509.public_key().expect("a key")
    };
    let mut keys = Vec::new();
    let timestamps = report.signatures.iter().flat_map(|one| &one.timestamps);
    let persons = report.signatures.iter();
    let chains = persons
        .filter(|one| one.kind == SignatureKind::Signature)
        .map(|one| &one.chain)
        .chain(timestamps.map(|stamp| &stamp.chain));
    for chain in chains {
        for facts in chain.iter().take(2) {
            keys.push(key(&|one| one.sha256() == facts.sha256));
        }
    }
    for list in &store.crls {
        let list = Crl::parse(list.der.clone()).expect("a list");
        keys.push(key(&|one| one.subject().matches(list.issuer())));
    }
    assert!(store.ocsps.is_empty(), "the sample has lists only");
    keys
}

/// The most memory of a process that reads and judges the file.
fn tell_memory(document: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("scan.pdf");
    std::fs::write(&file, document).expect("room for the file");
    let child = Command::new(std::env::current_exe().expect("this program"))
        .env(CHILD, &file)
        .output()
        .expect("a child");
    let peak: usize = String::from_utf8_lossy(&child.stdout)
        .trim()
        .parse()
        .expect("a number of kilobytes");
    println!(
        "\npeak memory for the file of {} bytes: {peak} kB, its size + {} MB; aim: + 32 MB",
        document.len(),
        (peak * 1024).saturating_sub(document.len()) >> 20
    );
}

fn measure_memory(file: &Path) {
    let document = std::fs::read(file).expect("the file");
    let case = case("memory", document, None, 1);
    assert_eq!(validate(&case).conclusion, Conclusion::Passed);
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .expect("the high-water mark");
    println!("{}", peak.trim().trim_end_matches(" kB"));
}

/// Pages with one image each, signed.
fn signed_scan(bytes: usize) -> Vec<u8> {
    fixture::sign_pdf(&scan(bytes), &lucia(), &SignOptions::at(at())).expect("a signed scan")
}

fn lucia() -> pki::Identity {
    fixture::identity("lucia").expect("a person of the cast")
}

fn scan(bytes: usize) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    // Bytes that do not compress, as a scan has them.
    let noise: Vec<u8> = (0u32..)
        .flat_map(|count| *Sha256::of(&count.to_be_bytes()).as_bytes())
        .take(bytes)
        .collect();
    let kids: Vec<Object> = noise
        .chunks(PAGE_BYTES)
        .map(|part| page(&mut document, pages, part).into())
        .collect();
    let count = i64::try_from(kids.len()).expect("few pages");
    let tree = dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count };
    document.objects.insert(pages, tree.into());
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let mut file = Vec::new();
    document.save_to(&mut file).expect("memory takes bytes");
    file
}

fn page(document: &mut Document, pages: lopdf::ObjectId, part: &[u8]) -> lopdf::ObjectId {
    let image = dictionary! {
        "Type" => "XObject", "Subtype" => "Image", "Width" => 1654, "Height" => 2339,
        "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8, "Filter" => "DCTDecode",
    };
    let image = document.add_object(Stream::new(image, part.to_vec()));
    let content = b"q 595 0 0 842 0 0 cm /Scan Do Q".to_vec();
    let content = document.add_object(Stream::new(Dictionary::new(), content));
    document.add_object(dictionary! {
        "Type" => "Page", "Parent" => pages, "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Resources" => dictionary! { "XObject" => dictionary! { "Scan" => image } }, "Contents" => content,
    })
}

fn at() -> Timestamp {
    AT.parse().expect("a moment")
}

fn certificates(material: Vec<pki::Material>) -> Vec<Certificate> {
    material
        .into_iter()
        .map(|file| Certificate::parse(file.der).expect("a certificate"))
        .collect()
}

/// One verification under this key: of a value that is nobody's signature, which costs as much as one that is.
fn raise(key: &PKey<Public>) -> bool {
    let value = vec![1; key.size()];
    let mut verifier = Verifier::new(MessageDigest::sha256(), key).expect("a key that verifies");
    verifier.verify_oneshot(&value, &[7; 150]).unwrap_or(false)
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
