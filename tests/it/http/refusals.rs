//! An answer in words for every wrong request, and for every upload that is no signed document.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::problem;
use crate::running::{Running, reset, signed, text};

#[tokio::test]
async fn every_wrong_request_gets_its_own_answer() {
    let demo = Running::start();
    let (number, secret) = demo.petition(reset()).await;
    let post = |path: &str| demo.client.post(demo.at(path));
    let get = |path: &str| demo.client.get(demo.at(path));

    let wrong = json!({ "ruc": "1", "action": "sing", "branch": "x" });
    let answer = problem(
        post("/api/v1/petitions").json(&wrong).send().await.unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
        "INVALID",
    )
    .await;
    let fields: Vec<&str> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|error| error["field"].as_str())
        .collect();
    assert_eq!(fields, ["ruc", "branch", "action"]);
    let no_address = json!({ "ruc": "2990001015001", "action": "change_email" });
    problem(
        post("/api/v1/petitions")
            .json(&no_address)
            .send()
            .await
            .unwrap(),
        StatusCode::UNPROCESSABLE_ENTITY,
        "INVALID",
    )
    .await;
    for garbage in ["", "{", "[]", "{\"ruc\": 1}", "null"] {
        let answer = post("/api/v1/petitions")
            .header(CONTENT_TYPE, "application/json")
            .body(garbage)
            .send()
            .await
            .unwrap();
        problem(answer, StatusCode::BAD_REQUEST, "MALFORMED").await;
    }

    let status = format!("/api/v1/petitions/{number}");
    problem(
        get(&status).send().await.unwrap(),
        StatusCode::UNAUTHORIZED,
        "SECRET_MISSING",
    )
    .await;
    let other = clavero::domain::PetitionNumber::new(2026, 999_999);
    for (path, secret) in [
        (status.clone(), "x".repeat(32)),
        (status.clone(), "short".to_owned()),
        (format!("/api/v1/petitions/{other}"), secret.clone()),
    ] {
        problem(
            get(&path).bearer_auth(secret).send().await.unwrap(),
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
        )
        .await;
    }
    problem(
        get("/api/v1/petitions/CLV-1-1-A")
            .bearer_auth(&secret)
            .send()
            .await
            .unwrap(),
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
    )
    .await;
    problem(
        get("/api/v1/nothing").send().await.unwrap(),
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
    )
    .await;
    problem(
        demo.client.delete(demo.at(&status)).send().await.unwrap(),
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
    )
    .await;
    problem(
        get(&format!("/api/v1/petitions/{other}/form.pdf"))
            .send()
            .await
            .unwrap(),
        StatusCode::UNAUTHORIZED,
        "SECRET_MISSING",
    )
    .await;
    problem(
        post(&format!("/api/v1/petitions/{other}/document"))
            .body("x")
            .send()
            .await
            .unwrap(),
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
    )
    .await;
    problem(
        post(&format!("{status}/link"))
            .bearer_auth(&secret)
            .send()
            .await
            .unwrap(),
        StatusCode::CONFLICT,
        "NOT_APPROVED",
    )
    .await;

    for path in ["/clave", "/correo", "/no-fui-yo"] {
        for token in ["x".repeat(32), "short".to_owned()] {
            let path = format!("{path}/{token}");
            let page = get(&path).send().await.unwrap();
            assert_eq!(page.status(), StatusCode::GONE, "{path}");
            assert!(
                page.text()
                    .await
                    .unwrap()
                    .contains("Este enlace ya no sirve."),
                "{path}"
            );
            let answer = post(&path)
                .json(&json!({ "password": "Tr3s*Gatos" }))
                .send()
                .await
                .unwrap();
            problem(answer, StatusCode::GONE, "LINK_EXPIRED").await;
        }
    }

    // Addresses without a path, which no client of ours would send.
    for wrong in ["OPTIONS *", "CONNECT clavero:1"] {
        let mut line = TcpStream::connect(demo.url.trim_start_matches("http://")).unwrap();
        let request = format!("{wrong} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        line.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 404 "), "{wrong}: {answer}");
    }
}

#[tokio::test]
async fn no_upload_harms_the_service() {
    let demo = Running::start();
    let (number, secret) = demo.petition(reset()).await;
    let form = demo.form(&number, &secret).await;
    let signed = signed(&form, "lucia");
    let document = demo.at(&format!("/api/v1/petitions/{number}/document"));
    let send = |body: Vec<u8>| demo.client.post(&document).body(body);

    problem(
        send(Vec::new()).send().await.unwrap(),
        StatusCode::BAD_REQUEST,
        "EMPTY",
    )
    .await;
    let nothing = reqwest::multipart::Form::new().text("other", "x");
    problem(
        demo.client
            .post(&document)
            .multipart(nothing)
            .send()
            .await
            .unwrap(),
        StatusCode::BAD_REQUEST,
        "NO_FILE",
    )
    .await;
    let broken = demo
        .client
        .post(&document)
        .header(CONTENT_TYPE, "multipart/form-data; boundary=b")
        .body("--b\r\nrubbish");
    problem(
        broken.send().await.unwrap(),
        StatusCode::BAD_REQUEST,
        "NO_FILE",
    )
    .await;

    // Too large: announced, and only found out while it streams.
    let hundred = 100 * 1024 * 1024;
    problem(
        send(vec![b'x'; hundred]).send().await.unwrap(),
        StatusCode::PAYLOAD_TOO_LARGE,
        "TOO_LARGE",
    )
    .await;
    let chunk = bytes::Bytes::from(vec![b'x'; 1024 * 1024]);
    let endless =
        futures::stream::iter((0..40).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    let streamed = demo
        .client
        .post(&document)
        .body(reqwest::Body::wrap_stream(endless));
    problem(
        streamed.send().await.unwrap(),
        StatusCode::PAYLOAD_TOO_LARGE,
        "TOO_LARGE",
    )
    .await;
    let part = reqwest::multipart::Part::bytes(vec![b'x'; 12 * 1024 * 1024]).file_name("x.pdf");
    let large = demo
        .client
        .post(&document)
        .multipart(reqwest::multipart::Form::new().part("file", part));
    problem(
        large.send().await.unwrap(),
        StatusCode::PAYLOAD_TOO_LARGE,
        "TOO_LARGE",
    )
    .await;

    // Kept and refused in words: each is a document somebody might really send. Five tries per number, so each has its own.
    let mut zip = b"PK\x03\x04\x14\x00\x00\x00\x08\x00".to_vec();
    zip.extend([0x5a; 4000]);
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "garbage",
            (0..5000u32)
                .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect(),
            "NOT_A_PDF",
        ),
        ("a zip called .pdf", zip, "ARCHIVE"),
        ("one byte", b"%".to_vec(), "NOT_A_PDF"),
        (
            "cut in half",
            signed[..signed.len() / 2].to_vec(),
            "DAMAGED",
        ),
        ("unsigned", form.clone(), "UNSIGNED"),
    ];
    for (what, body, code) in cases {
        let answer = demo
            .client
            .post(demo.at("/api/v1/documents"))
            .body(body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{what}");
        let receipt: Value = answer.json().await.unwrap();
        let status = demo
            .decided(&text(&receipt["number"]), &text(&receipt["secret"]))
            .await;
        assert_eq!(status["outcome"], "refused", "{what}: {status}");
        assert_eq!(status["codes"][0], code, "{what}: {status}");
    }

    // And an honest one still passes.
    assert_eq!(
        send(signed).send().await.unwrap().status(),
        StatusCode::ACCEPTED
    );
    assert_eq!(demo.decided(&number, &secret).await["outcome"], "approved");
    assert_eq!(
        demo.client
            .get(demo.at("/salud/lista"))
            .send()
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
}
