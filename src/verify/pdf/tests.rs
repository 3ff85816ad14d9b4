use super::*;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/samples/cases/");

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{CASES}{name}")).unwrap()
}

fn samples() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(CASES)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".pdf") && !name.contains(".content."))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|name| (name.clone(), sample(&name)))
        .collect()
}

#[test]
fn every_sample_is_intact_and_what_follows_a_signature_is_permitted() {
    for (name, bytes) in samples() {
        let pdf = open(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(pdf.findings, [], "{name}");
        assert!(!pdf.signatures.is_empty(), "{name}");
        for signature in &pdf.signatures {
            let told: Vec<_> = signature
                .findings
                .iter()
                .filter(|finding| finding.severity > Severity::Note)
                .collect();
            assert!(told.is_empty(), "{name}: {told:?}");
            let last = signature.revision + 1 == pdf.revisions.len();
            let expected = if last {
                (Coverage::WholeFile, Modifications::None)
            } else {
                (Coverage::WholeRevision, Modifications::Permitted)
            };
            assert_eq!(
                (signature.coverage, signature.modifications),
                expected,
                "{name}"
            );
            let [before, after] = signature.signed_parts(&bytes).unwrap();
            let end = signature.byte_range[2] + signature.byte_range[3];
            let string = 2 + 2 * signature.contents.len();
            assert_eq!(wide(before.len() + after.len() + string), end, "{name}");
            assert!(
                signature.claimed_time.is_some() || name.contains("raw"),
                "{name}"
            );
        }
    }
}
