//! Files that people send by mistake: their own key is refused before anything of it is kept, an archive and a document of Word
//! are told what they are.

use std::collections::BTreeSet;
use std::path::Path;

use clavero::fixture::{people, pki};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::multipart::{Form, Part};
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::resumable::{begin, patch};
use crate::running::{Running, Typed, reset};

/// Every file below a folder.
fn files(folder: &Path, found: &mut BTreeSet<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), found);
        } else {
            found.insert(entry.path());
        }
    }
}

async fn refused(answer: Response, what: &str) {
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{what}");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "PRIVATE_KEY", "{what}");
    assert_eq!(
        problem["title"],
        "Ese es su certificado (la llave con la que firma): no lo envíe a nadie. Suba el documento firmado.",
        "{what}"
    );
}

#[tokio::test]
async fn nobody_s_key_is_kept_whichever_way_it_comes() {
    let demo = Running::start();
    let key = pki::identity("lucia").unwrap().p12();
    let (number, secret) = demo.petition(reset()).await;
    let documents = demo.data().join("documents");
    let kept = || {
        let mut found = BTreeSet::new();
        files(&documents, &mut found);
        found
    };
    let before = kept();
    assert!(!before.is_empty(), "the form is there");
    let post = |path: String| demo.client.post(demo.at(&path));
    let parts = || Form::new().part("file", Part::bytes(key.clone()).file_name("lucia.p12"));

    let of_number = format!("/api/v1/petitions/{number}/document");
    let sent = post(of_number.clone()).body(key.clone()).send().await;
    refused(sent.unwrap(), "under a number").await;
    let sent = post(of_number).multipart(parts()).send().await;
    refused(sent.unwrap(), "as part of a form").await;
    let sent = post("/api/v1/documents".to_owned()).body(key.clone());
    refused(sent.send().await.unwrap(), "as a letter").await;
    let sent = post(format!("/api/v1/petitions/{number}/appointment"))
        .bearer_auth(&secret)
        .body(key.clone());
    refused(sent.send().await.unwrap(), "as an appointment").await;

    let whole = begin(&demo, Some(&number), &key).await;
    refused(patch(&demo, &whole, 0, &key).await, "in one piece").await;
    let drops = begin(&demo, None, &key).await;
    let first = patch(&demo, &drops, 0, &key[..7]).await;
    assert_eq!(first.status(), StatusCode::NO_CONTENT);
    refused(patch(&demo, &drops, 7, &key[7..]).await, "in drops").await;
    let gone = patch(&demo, &drops, 7, &key[7..]).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);

    // The browser reads it on the page it came from.
    let page = post("/documento".to_owned())
        .multipart(parts())
        .send()
        .await;
    let page = page.unwrap();
    assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let page = page.text().await.unwrap();
    assert!(page.contains("no lo envíe a nadie"), "{page}");

    // Under a number it stands before everything else: without script nobody looks for it two screens below.
    let form = [("ruc", people::CAFE), ("action", "reset_password")];
    let issued = post("/solicitud".to_owned()).typed(&form).send();
    let issued = issued.await.unwrap();
    let place = issued.headers()[LOCATION].to_str().unwrap().to_owned();
    let cookie = issued.headers()[SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    for part in ["documento", "nombramiento"] {
        let page = post(format!("{place}/{part}"))
            .header(COOKIE, &cookie)
            .multipart(parts())
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), StatusCode::UNPROCESSABLE_ENTITY, "{part}");
        let page = page.text().await.unwrap();
        assert!(
            page.contains("<title>No se recibió: Ese es su certificado"),
            "{page}"
        );
        let alert = page.find("role=\"alert\" id=\"no-recibido\" tabindex=\"-1\" autofocus");
        assert!(alert < page.find("<h1"), "{page}");
        assert!(alert.is_some(), "{page}");
    }

    // The service keeps the trust it judges by there too, whenever it comes to it.
    for file in kept().difference(&before) {
        let bytes = std::fs::read(file).unwrap();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        let is_part = key.windows(bytes.len().max(1)).any(|part| part == bytes);
        assert!(
            !is_part && !holds(&key[..7]),
            "{} holds some of it",
            file.display()
        );
    }
    let status = demo
        .client
        .get(demo.at(&format!("/api/v1/petitions/{number}")));
    let status: Value = status
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(status["state"], "issued");
}

/// A slip in the RUC is told before anybody signs; whoever knows better presses once more, without script too.
#[tokio::test]
async fn a_ruc_that_was_rather_mistyped_is_asked_about_once() {
    let demo = Running::start();
    let typed = "0102030401001";
    let ask = async |ruc: &str, seen: &str| {
        let form = [
            ("ruc", ruc),
            ("action", "reset_password"),
            ("ruc_seen", seen),
        ];
        let asked = demo.client.post(demo.at("/solicitud")).typed(&form);
        let answer = asked.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap())
    };
    let (status, page) = ask(typed, "").await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.contains("Compruebe el RUC"), "{page}");
    assert!(
        page.contains(&format!("name=\"ruc_seen\" value=\"{typed}\"")),
        "{page}"
    );
    assert!(page.contains("autofocus"), "{page}");
    // Another slip is another question.
    let (status, _) = ask("0102030402001", typed).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for (ruc, seen) in [(typed, typed), ("0102030400001", ""), ("1793213150001", "")] {
        let (status, page) = ask(ruc, seen).await;
        assert_eq!(status, StatusCode::SEE_OTHER, "{ruc}: {page}");
    }
}

/// What the machine says of a file that it can't judge helps whoever sent it.
#[tokio::test]
async fn an_archive_and_a_document_of_word_are_called_so() {
    let demo = Running::start();
    let mut zip = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0".to_vec();
    zip.extend(b"s.pdf%PDF-1.7\n%%EOF");
    let mut word =
        b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\x08\x02".to_vec();
    word.extend(b"[Content_Types].xml");
    for (bytes, code, says) in [
        (zip, "ARCHIVE", "Descomprímalo"),
        (word, "OFFICE_FILE", "Guárdelo como PDF"),
    ] {
        let answer = demo.client.post(demo.at("/api/v1/documents")).body(bytes);
        let receipt: Value = answer.send().await.unwrap().json().await.unwrap();
        let [number, secret] = ["number", "secret"].map(|name| receipt[name].as_str().unwrap());
        let status = demo.decided(number, secret).await;
        assert_eq!(status["outcome"], "refused");
        assert_eq!(status["codes"][0], code, "{status}");
        let said = status["findings"][0]["text"].as_str().unwrap();
        assert!(said.contains(says), "{said}");
    }
}
