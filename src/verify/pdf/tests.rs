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
fn every_sample_opens_and_each_signature_closes_its_revision() {
    for (name, bytes) in samples() {
        let pdf = open(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(pdf.findings, [], "{name}");
        assert!(!pdf.signatures.is_empty(), "{name}");
        for signature in &pdf.signatures {
            assert_eq!(signature.findings, [], "{name}");
            assert!(signature.coverage >= Coverage::WholeRevision, "{name}");
            let [before, after] = signature.signed_parts(&bytes).unwrap();
            assert_eq!(
                before.len() + after.len() + 2 + 2 * signature.contents.len(),
                { usize::try_from(signature.byte_range[2] + signature.byte_range[3]).unwrap() }
            );
        }
    }
}
