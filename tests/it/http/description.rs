//! The description of the API (OpenAPI) is complete, and every answer is as it is described.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clavero::domain::{PetitionNumber, Sha256};
use reqwest::header::{CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::running::{Running, reset, signed, text};

/// The published description of the API, for answers to be compared with.
struct Description(Value);

impl Description {
    async fn of(demo: &Running) -> Self {
        let answer = demo.client.get(demo.at("/api/v1/openapi.json")).send();
        Self(answer.await.unwrap().json().await.unwrap())
    }

    /// Asserts that this answer is described, and is as it is described. Its body.
    async fn fits(&self, method: &str, path: &str, answer: Response) -> Value {
        let status = answer.status().as_u16().to_string();
        let what = format!("{method} {path} {status}");
        let kind = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        let body: Value = answer.json().await.expect(&what);
        let described = &self.0["paths"][path][method]["responses"][status.as_str()];
        let mut schema = described["content"][&kind]["schema"].clone();
        assert!(schema.is_object(), "{what}: {kind} is not described");
        schema["components"] = self.0["components"].clone();
        let schema = jsonschema::validator_for(&schema).expect(&what);
        let errors: Vec<String> = schema
            .iter_errors(&body)
            .map(|error| format!("{error} at {}", error.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{what}: {errors:?}\n{body}");
        body
    }
}

#[tokio::test]
async fn the_description_of_the_api_is_complete_and_true() {
    let demo = Running::start_with(&[("CLAVERO_LINKS__PER_HOUR", "1")]);
    let description = Description::of(&demo).await;
    let router = include_str!("../../../src/web/mod.rs");
    let served: Vec<&str> = router
        .split('"')
        .filter(|text| text.starts_with("/api/v1/"))
        .filter(|path| !path.ends_with("/openapi.json"))
        .collect();
    assert!(served.len() > 10, "{served:?}");
    for path in served {
        assert!(description.0["paths"][path].is_object(), "{path}");
    }

    let published = description.0.to_string();
    let examples = published
        .split(['"', '/'])
        .filter(|word| word.starts_with("CLV-"));
    for example in examples {
        assert!(example.parse::<PetitionNumber>().is_ok(), "{example}");
    }

    let (all, one) = ("/api/v1/petitions", "/api/v1/petitions/{number}");
    let (document, letters) = ("/api/v1/petitions/{number}/document", "/api/v1/documents");
    let (link, email) = (
        "/api/v1/petitions/{number}/link",
        "/api/v1/petitions/{number}/email",
    );
    let post = |path: &str| demo.client.post(demo.at(path));
    let get = |path: &str| demo.client.get(demo.at(path));
    let asks = async |body: &str| {
        let asked = post(all).header(CONTENT_TYPE, "application/json");
        asked.body(body.to_owned()).send().await.unwrap()
    };
    let good = reset().to_string();
    let issued = description.fits("post", all, asks(&good).await).await;
    for wrong in ["", "[]", "{\"ruc\":1}", "{\"ruc\":\"1\"}"] {
        description.fits("post", all, asks(wrong).await).await;
    }
    let too_long = asks(&format!("{{\"ruc\":\"{}\"}}", "1".repeat(20_000))).await;
    assert_eq!(too_long.status(), StatusCode::PAYLOAD_TOO_LARGE);
    description.fits("post", all, too_long).await;

    let (number, secret) = (text(&issued["number"]), text(&issued["secret"]));
    let at = |path: &str| path.replace("{number}", &number);
    let asked = async |path: &str| get(&at(path)).bearer_auth(&secret).send().await.unwrap();
    let status = description.fits("get", one, asked(one).await).await;
    assert!(
        status["report"].is_null() && status["mail"].is_null(),
        "{status}"
    );
    for refused in [
        get(&at(one)),
        get(&at(one)).bearer_auth("wrong"),
        get(&at(one)).bearer_auth("A".repeat(32)),
    ] {
        let refused = refused.send().await.unwrap();
        description.fits("get", one, refused).await;
    }

    // Not approved yet, and no address is missing.
    for (path, body) in [
        (link, ""),
        (email, "{\"new_email\":\"a@b.ec\"}"),
        (email, "{}"),
    ] {
        let early = post(&at(path)).bearer_auth(&secret);
        let early = early.header(CONTENT_TYPE, "application/json").body(body);
        description
            .fits("post", path, early.send().await.unwrap())
            .await;
    }
    let form_path = "/api/v1/petitions/{number}/form.pdf";
    let bare = get(&at(form_path)).send().await.unwrap();
    assert_eq!(bare.status(), StatusCode::UNAUTHORIZED);
    assert!(bare.headers().contains_key(WWW_AUTHENTICATE));
    description.fits("get", form_path, bare).await;
    let form = demo.form(&number, &secret).await;
    for (path, body) in [
        (letters.to_owned(), Vec::new()),
        (letters.to_owned(), b"no document".to_vec()),
        (letters.to_owned(), vec![0; 10_000_001]),
        (at(document), signed(&form, "lucia")),
    ] {
        let sent = post(&path).body(body).send().await.unwrap();
        let path = path.replace(&number, "{number}");
        description.fits("post", &path, sent).await;
    }
    demo.decided(&number, &secret).await;
    let status = description.fits("get", one, asked(one).await).await;
    assert!(status["report"].is_object(), "{status}");
    let mail = status["mail"].as_str().unwrap();
    assert!(["pending", "sent"].contains(&mail), "{status}");
    for _ in 0..2 {
        let sent = post(&at(link)).bearer_auth(&secret).send().await.unwrap();
        description.fits("post", link, sent).await;
    }
    let again = post(&at(document)).body(signed(&form, "rosa"));
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), StatusCode::CONFLICT);
    description.fits("post", document, again).await;
}

/// A program written from the description alone sends a file in pieces.
#[tokio::test]
async fn uploads_in_pieces_are_described() {
    let demo = Running::start();
    let description = Description::of(&demo).await;
    let (number, secret) = demo.petition(reset()).await;
    let file = signed(&demo.form(&number, &secret).await, "lucia");
    let (uploads, one) = ("/api/v1/uploads", "/api/v1/uploads/{id}");
    let begin = |metadata: String| {
        let begun = demo.client.post(demo.at(uploads));
        let begun = begun.header("Tus-Resumable", "1.0.0");
        let begun = begun.header("Upload-Length", file.len());
        begun.header("Upload-Metadata", metadata).send()
    };
    let number = format!("number {}", STANDARD.encode(&number));
    let without_digest = begin(number.clone()).await.unwrap();
    assert_eq!(without_digest.status(), StatusCode::BAD_REQUEST);
    let told = description.fits("post", uploads, without_digest).await;
    assert!(text(&told["detail"]).contains("sha256"), "{told}");

    let sha256 = STANDARD.encode(Sha256::of(&file).to_string());
    let begun = begin(format!("{number},sha256 {sha256}")).await.unwrap();
    assert_eq!(begun.status(), StatusCode::CREATED);
    let place = begun.headers()[LOCATION].to_str().unwrap().to_owned();
    let half = file.len() / 2;
    for (offset, piece) in [
        (0, &file[..half]),
        (0, &file[..half]),
        (half, &file[half..]),
    ] {
        let sent = demo.client.patch(&place).header("Tus-Resumable", "1.0.0");
        let sent = sent.header(CONTENT_TYPE, "application/offset+octet-stream");
        let sent = sent.header("Upload-Offset", offset).body(piece.to_vec());
        let sent = sent.send().await.unwrap();
        if sent.status() != StatusCode::NO_CONTENT {
            assert_eq!(sent.status(), StatusCode::CONFLICT, "the first piece again");
            description.fits("patch", one, sent).await;
        }
        let here = demo.client.get(&place).send().await.unwrap();
        description.fits("get", one, here).await;
    }
    let whole = demo.client.get(&place).send().await.unwrap();
    let whole = description.fits("get", one, whole).await;
    assert_eq!(
        text(&whole["receipt"]["sha256"]),
        Sha256::of(&file).to_string()
    );
    let gone = demo.client.get(demo.at("/api/v1/uploads/nothing")).send();
    description.fits("get", one, gone.await.unwrap()).await;
}

/// Programs hear of what they attached, as the page tells it.
#[tokio::test]
async fn what_was_attached_is_listed() {
    let demo = Running::start();
    let description = Description::of(&demo).await;
    let (number, secret) = demo.petition(reset()).await;
    let form = demo.form(&number, &secret).await;
    let at = format!("/api/v1/petitions/{number}");
    let post = |path: &str| demo.client.post(demo.at(&format!("{at}{path}")));
    let sent = post("/document").body(signed(&form, "rosa")).send().await;
    assert_eq!(sent.unwrap().status(), StatusCode::ACCEPTED);
    demo.decided(&number, &secret).await;
    let status = async || {
        let asked = demo.client.get(demo.at(&at)).bearer_auth(&secret);
        let asked = asked.send().await.unwrap();
        description
            .fits("get", "/api/v1/petitions/{number}", asked)
            .await
    };
    assert_eq!(status().await["attached"], json!([]));
    let paper = b"%PDF-1.4 nombramiento";
    let sent = post("/appointment").bearer_auth(&secret);
    let sent = sent.body(&paper[..]).send().await.unwrap();
    let receipt: Value = sent.json().await.unwrap();
    let listed = json!([{
        "kind": "appointment",
        "sha256": receipt["sha256"],
        "bytes": paper.len(),
        "received_at": receipt["received_at"],
    }]);
    assert_eq!(status().await["attached"], listed);
}
