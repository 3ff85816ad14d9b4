//! Page images: what a reviewer sees is what was signed, and a document made to harm gives a message.

use std::path::Path;

use bytes::Bytes;
use clavero::domain::{MemberRole, PetitionNumber, Sha256};
use clavero::fixture::{attack, pki};
use clavero::pages::{PageError, PageImage, Pages, Shown, SignedRevision};
use clavero::sandbox::OwnBinary;
use clavero::verify::{self, Certificate, Evidence, Policy, Report, RevocationMode, TrustStore};

use crate::hostile::drawings;
use crate::office::Office;
use crate::served::binary;

fn pages() -> Pages {
    Pages::new(OwnBinary::at(binary()))
}

fn fixture(path: &str) -> Bytes {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    std::fs::read(root.join(path)).unwrap().into()
}

/// The report on a document that somebody of the fixtures signed.
fn judged(document: &[u8]) -> Option<Report> {
    let certificates = |ders: Vec<pki::Material>| {
        let ders = ders.into_iter();
        ders.map(|one| Certificate::parse(one.der).unwrap())
            .collect()
    };
    let trust = TrustStore::new(
        certificates(pki::roots()),
        certificates(pki::intermediates()),
    );
    let policy = Policy {
        revocation: RevocationMode::None,
        ..Policy::default()
    };
    let signed = verify::open(document, None).ok()?;
    let at = "2026-03-01T12:00:00Z".parse().unwrap();
    let none = Evidence::default();
    Some(verify::conclude(&signed, &trust, &none, &policy, at))
}

/// Red, green and blue of every pixel.
fn pixels(image: &PageImage) -> Vec<[u8; 3]> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(&image.png))
        .read_info()
        .unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    assert_eq!(
        (info.width, info.height),
        (u32::from(image.width), u32::from(image.height))
    );
    assert_eq!(info.color_type, png::ColorType::Rgb);
    bytes
        .chunks_exact(3)
        .map(|one| [one[0], one[1], one[2]])
        .collect()
}

#[tokio::test]
async fn what_was_drawn_has_its_colours_in_its_places() {
    let signed = SignedRevision::of(&drawings::plain().into(), None);
    assert_eq!(signed.shown(), Shown::Unsigned);
    let image = pages().image(&signed, 1, 200).await.unwrap();
    assert_eq!((image.width, image.height, image.pages), (200, 200, 1));
    assert!(!image.incomplete);
    let pixels = pixels(&image);
    // The red square is at the lower left: PDF counts from below.
    assert_eq!(pixels[199 * 200], [255, 0, 0]);
    assert_eq!(pixels[0], [255, 255, 255]);
    assert_eq!(pixels[199 * 200 + 199], [255, 255, 255]);
}

#[tokio::test]
async fn every_page_of_a_document_and_none_beyond() {
    let pages = pages();
    let signed = SignedRevision::of(&fixture("samples/cases/valid-pdf-30-pages.pdf"), None);
    let first = pages.image(&signed, 1, 400).await.unwrap();
    let last = pages.image(&signed, 30, 400).await.unwrap();
    assert_eq!((first.pages, last.pages), (30, 30));
    assert_ne!(first.png, last.png);
    for page in [0, 31, u32::MAX] {
        let none = pages.image(&signed, page, 400).await;
        assert_eq!(none, Err(PageError::NoSuchPage { pages: 30 }));
    }
    // A width beyond the limits is the nearest one within.
    let wide = pages.image(&signed, 1, u16::MAX).await.unwrap();
    assert_eq!(wide.width, 1600);
}

/// What an attacker adds behind the signature changes nothing of the image.
#[tokio::test]
async fn only_the_signed_revision_is_drawn() {
    let pages = pages();
    let before = fixture("vectors/form/valid-adbe/document.pdf");
    let report = judged(&before).unwrap();
    let signed = SignedRevision::of(&before, Some(&report));
    assert_eq!(signed.shown(), Shown::Signed);
    let honest = pages.image(&signed, 1, 500).await.unwrap();
    let mut seen = 0;
    for (_, attack) in attack::all() {
        let Some(after) = attack
            .apply(&before)
            .ok()
            .filter(|it| it.starts_with(&before))
        else {
            continue;
        };
        let after = Bytes::from(after);
        let Some(report) = judged(&after) else {
            continue;
        };
        let signed = SignedRevision::of(&after, Some(&report));
        // Whatever an attacker appends and does not sign himself is left out.
        if report.signatures.len() == 1 {
            seen += 1;
            assert_eq!(signed.sha256(), Sha256::of(&before), "{}", attack.name);
            let image = pages.image(&signed, 1, 500).await;
            assert_eq!(image.as_ref(), Ok(&honest), "{}", attack.name);
        }
    }
    assert!(seen >= 10, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_made_to_harm_gives_a_message() {
    let pages = pages();
    for drawing in drawings::all() {
        let signed = SignedRevision::of(&drawing.document.into(), None);
        let answer = pages.image(&signed, 1, 200).await;
        match &answer {
            Ok(image) => assert_eq!(
                pixels(image).len(),
                usize::from(image.width) * usize::from(image.height),
                "{}",
                drawing.name
            ),
            Err(error) => assert_ne!(*error, PageError::Unavailable, "{}", drawing.name),
        }
        // The same question again gets the same answer.
        assert_eq!(
            pages.image(&signed, 1, 200).await,
            answer,
            "{}",
            drawing.name
        );
    }
}

/// Members see the pages as images; whatever can't be drawn shows as a picture that says so.
#[tokio::test(flavor = "multi_thread")]
async fn the_back_office_shows_pages_as_images_only() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    let mut browser = office.signed_in("ana").await;
    let honest = office
        .bench
        .signed_petition("2990001015001", "lucia", None)
        .await;
    let harmful = office.bench.petition("2990001015001", None).await;
    let scan = office
        .bench
        .upload(Some(&harmful.number), b"\xff\xd8 a photograph")
        .await;
    scan.unwrap();
    office.bench.work().await;
    let unsent = office.bench.petition("2990001015001", None).await;
    let place =
        |number: &PetitionNumber, page: &str| format!("/oficina/caso/{number}/pagina/{page}");
    let image = office
        .sees(&mut browser, &place(&honest.number, "1.png?ancho=300"))
        .await;
    assert_eq!(
        (image.status.as_u16(), image.kind.as_str()),
        (200, "image/png")
    );
    assert!(image.bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let none = office
        .sees(&mut browser, &place(&harmful.number, "1.png"))
        .await;
    assert_eq!(
        (none.status.as_u16(), none.kind.as_str()),
        (422, "image/svg+xml")
    );
    assert!(none.html.contains("No se pudo dibujar esta página"));
    for wrong in [
        place(&honest.number, "2.png"),
        place(&honest.number, "0"),
        place(&honest.number, "uno.png"),
        place(&unsent.number, "1.png"),
    ] {
        assert_eq!(
            office.sees(&mut browser, &wrong).await.status.as_u16(),
            404,
            "{wrong}"
        );
    }
}
