//! Letters as another tool wrote them (`fixtures/samples`), where each is a petition and none leaves a doubt but the one of many pages;
//! and what may stand on a letter, or around it, that the machine believes.

use std::path::Path;

use clavero::domain::State;
use clavero::extract::Extractor;
use clavero::fixture::cms::{self, CmsOptions};
use clavero::fixture::{identity, samples};
use clavero::letter::{self, Author, Doubt};
use lopdf::{Dictionary, Document, Object, dictionary};

use crate::bench::{BEGINNING, Bench, Petition};
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
        // What stands on thirty pages a person reads.
        let doubts: &[Doubt] = if name.contains("30-pages") {
            &[Doubt::SeveralPages]
        } else {
            &[]
        };
        assert!(
            reading.doubts.iter().eq(doubts),
            "{name}: {:?}",
            reading.doubts
        );
        assert!(reading.content.is_some() && !reading.drawn, "{name}");
        // What a picture says nobody has read.
        assert_eq!(reading.ornate, name.contains("image"), "{name}");
        read += 1;
    }
    assert!(read > 15, "{read} letters");
}

/// The machine's answer about what is uploaded without a number.
async fn decided(document: impl FnOnce(&Bench) -> Vec<u8>) -> (State, Vec<&'static str>) {
    let bench = Bench::new().await;
    let receipt = bench.upload(None, &document(&bench)).await.unwrap();
    bench.work().await;
    let petition = Petition {
        number: receipt.number,
        secret: receipt.secret.unwrap(),
        form: Vec::new().into(),
    };
    bench.outcome(&petition).await
}

async fn decided_signed(paper: &[u8]) -> (State, Vec<&'static str>) {
    decided(|bench| bench.sign(paper, "patricio")).await
}

fn paper() -> Vec<u8> {
    let mut recipes = samples::recipes().into_iter();
    let recipe = recipes
        .find(|recipe| recipe.file == "aprobada-carta.pdf")
        .unwrap();
    recipe.own_paper(BEGINNING).unwrap()
}

/// The letter with objects between it and its signature: `widget` is what its page shows, and may name a field or value to come.
fn with_widget(change: impl FnOnce(&mut Document) -> Object) -> Vec<u8> {
    let mut document = Document::load_mem(&paper()).unwrap();
    let page = document.page_iter().next().unwrap();
    let shown = change(&mut document);
    let page = document.get_dictionary_mut(page).unwrap();
    page.set("Annots", shown);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn widget(value: impl Into<Object>) -> Dictionary {
    let place: Vec<Object> = [48, 20, 548, 60].map(Object::from).into();
    dictionary! { "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "T" => Object::string_literal("a"), "F" => 4,
    "Rect" => place, "V" => value }
}

/// What stands on a page like a signature is a drawing, until somebody verified it: a banner may say anything.
#[tokio::test]
async fn only_signatures_that_were_verified_may_be_drawn() {
    assert_eq!(decided_signed(&paper()).await.0, State::Approved);
    let of_object = |value: Dictionary| {
        with_widget(|document| {
            let value = document.add_object(value);
            vec![document.add_object(widget(value)).into()].into()
        })
    };
    let odd = [
        ("an empty value", of_object(Dictionary::new())),
        ("a value of anything", of_object(dictionary! { "A" => 1 })),
        (
            "a value that calls itself one",
            of_object(dictionary! { "Type" => "Sig" }),
        ),
        (
            "no value",
            with_widget(|document| vec![document.add_object(widget(Object::Null)).into()].into()),
        ),
        (
            "a field of the form with an odd value",
            with_widget(|document| {
                let value = document.add_object(dictionary! { "A" => 1 });
                let field = document.add_object(widget(value));
                let catalog = document.catalog_mut().unwrap();
                let fields: Vec<Object> = vec![field.into()];
                catalog.set("AcroForm", dictionary! { "Fields" => fields });
                vec![field.into()].into()
            }),
        ),
        (
            "kids that share a widget",
            with_widget(|document| {
                let value = document.add_object(dictionary! { "A" => 1 });
                let mut kid = widget(value);
                kid.remove(b"T");
                let kid = document.add_object(kid);
                let fields = ["a", "b"].map(|name| {
                    let kids: Vec<Object> = vec![kid.into()];
                    let name = Object::string_literal(name);
                    let field =
                        dictionary! { "FT" => "Sig", "T" => name, "V" => value, "Kids" => kids };
                    Object::from(document.add_object(field))
                });
                let catalog = document.catalog_mut().unwrap();
                catalog.set("AcroForm", dictionary! { "Fields" => fields.to_vec() });
                vec![kid.into()].into()
            }),
        ),
    ];
    for (name, paper) in odd {
        let (state, codes) = decided_signed(&paper).await;
        assert_ne!(state, State::Approved, "{name}: {codes:?}");
    }
    // Objects that the signature will write: its field and its value are among the next.
    for further in 1..5 {
        let ahead = |document: &Document, more| Object::Reference((document.max_id + more, 0));
        let of_value = with_widget(|document| {
            let value = ahead(document, further + 1);
            vec![document.add_object(widget(value)).into()].into()
        });
        let of_field = with_widget(|document| {
            let mut kid = widget(Object::Null);
            kid.remove(b"V");
            kid.set("Parent", ahead(document, further + 1));
            vec![document.add_object(kid).into()].into()
        });
        let shown_twice = with_widget(|document| vec![ahead(document, further)].into());
        for paper in [of_value, of_field, shown_twice] {
            let (state, codes) = decided_signed(&paper).await;
            assert_ne!(state, State::Approved, "{further} ahead: {codes:?}");
        }
    }
}

/// A message does not sign the name of its content: elsewhere a PDF may be another document, beginning with other bytes.
#[tokio::test]
async fn a_letter_that_is_signed_from_outside_is_for_a_person() {
    let text = "Solicito el restablecimiento de la clave de empleador del RUC 2990009095001.\n";
    for (content, expected) in [
        (paper(), State::InReview),
        (text.as_bytes().to_vec(), State::Approved),
    ] {
        let options = CmsOptions {
            signing_time: Some(BEGINNING),
            ..CmsOptions::default()
        };
        let signer = identity("patricio").unwrap();
        let (state, codes) = decided(|_| cms::sign(&content, true, &signer, &options)).await;
        assert_eq!(state, expected, "{codes:?}");
    }
}
