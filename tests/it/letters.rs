//! Letters as another tool wrote them (`fixtures/samples`): each is a petition, and none leaves a doubt but the one with a picture.

use std::path::Path;

use clavero::extract::Extractor;
use clavero::letter::{self, Author};

use crate::served::binary;

#[test]
fn letters_of_another_tool_are_read_without_a_doubt() {
    let extractor = Extractor::new(binary());
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples/cases");
    let signers = [
        ("MARÍA FERNANDA PEÑA NÚÑEZ", "1759121716"),
        ("JOSÉ ANDRÉS CEVALLOS MUÑOZ", "0958386815"),
        ("DIEGO PATRICIO SALAZAR VÉLEZ", "1805047204"),
    ]
    .map(|(name, document)| Author {
        name: name.to_owned(),
        document: Some(document.to_owned()),
    });
    let mut read = 0;
    for entry in std::fs::read_dir(cases).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_pdf = path.extension().is_some_and(|extension| extension == "pdf");
        if !(is_pdf && name.starts_with("valid-")) {
            continue;
        }
        let text = extractor.text(&std::fs::read(&path).unwrap()).unwrap();
        let reading = letter::read(&text, &signers);
        assert!(reading.doubts.is_empty(), "{name}: {:?}", reading.doubts);
        assert!(reading.content.is_some() && !reading.drawn, "{name}");
        // What a picture says nobody has read.
        assert_eq!(reading.ornate, name.contains("image"), "{name}");
        read += 1;
    }
    assert!(read > 15, "{read} letters");
}
