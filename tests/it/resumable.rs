//! Uploads in pieces over a bad line (PRODUCT S20), by the tus protocol, against a service that is killed in between.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clavero::domain::Sha256;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::running::{PATIENCE, Running, reset, signed};
use crate::slow_line::{Line, SlowLine};

/// Five megabytes that look like nothing in particular.
pub fn five_megabytes() -> Vec<u8> {
    let mut state = 7u64;
    let noise = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        state.to_be_bytes()[1]
    });
    b"%PDF-1.7\n"
        .iter()
        .copied()
        .chain(noise)
        .take(5_000_000)
        .collect()
}

fn tus(running: &Running, method: Method, path: &str) -> RequestBuilder {
    running
        .client
        .request(method, running.at(path))
        .header("tus-resumable", "1.0.0")
}

async fn create(running: &Running, number: Option<&str>, bytes: &[u8], length: usize) -> Response {
    let sha256 = STANDARD.encode(Sha256::of(bytes).to_string());
    let number = number.map_or(String::new(), |number| {
        format!(",number {}", STANDARD.encode(number))
    });
    tus(running, Method::POST, "/api/v1/uploads")
        .header("upload-length", length)
        .header("upload-metadata", format!("sha256 {sha256}{number}"))
        .send()
        .await
        .unwrap()
}

/// The path of a new upload.
pub async fn begin(running: &Running, number: Option<&str>, bytes: &[u8]) -> String {
    let made = create(running, number, bytes, bytes.len()).await;
    assert_eq!(made.status(), StatusCode::CREATED);
    let location = made.headers()["location"].to_str().unwrap();
    location[location.find("/api/").unwrap()..].to_owned()
}

pub async fn patch(running: &Running, path: &str, offset: usize, bytes: &[u8]) -> Response {
    tus(running, Method::PATCH, path)
        .header("upload-offset", offset)
        .header("content-type", "application/offset+octet-stream")
        .body(bytes.to_vec())
        .send()
        .await
        .unwrap()
}

async fn offset(running: &Running, path: &str) -> usize {
    let here = tus(running, Method::HEAD, path).send().await.unwrap();
    assert_eq!(here.status(), StatusCode::OK);
    offset_in(&here)
}

fn offset_in(answer: &Response) -> usize {
    let here = answer.headers()["upload-offset"].to_str();
    here.unwrap().parse().unwrap()
}

/// Sends the beginning of a piece slowly and lets the line die.
fn cut(running: &Running, path: &str, bytes: &[u8], sent: usize) {
    let host = running.url.trim_start_matches("http://");
    let mut line = TcpStream::connect(host).unwrap();
    write!(
        line,
        "PATCH {path} HTTP/1.1\r\nhost: {host}\r\ntus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
         content-type: application/offset+octet-stream\r\ncontent-length: {}\r\n\r\n",
        bytes.len()
    )
    .unwrap();
    for part in bytes[..sent].chunks(100_000) {
        line.write_all(part).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
}

async fn settled(running: &Running, path: &str, least: usize) -> usize {
    let began = Instant::now();
    loop {
        let here = offset(running, path).await;
        if here >= least {
            return here;
        }
        assert!(began.elapsed() < PATIENCE, "only {here} bytes are kept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn s20_a_cut_upload_goes_on_where_it_was_even_after_the_service_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start_in(folder.path());
    let file = five_megabytes();
    let path = begin(&running, None, &file).await;
    cut(&running, &path, &file, 3_000_000);
    // What reached the service counts, up to a piece before the line died.
    let seen = settled(&running, &path, 2_700_000).await;
    drop(running); // SIGKILL

    let running = Running::start_in(folder.path());
    let kept = offset(&running, &path).await;
    assert!(
        (seen..=3_000_000).contains(&kept),
        "an accepted piece is never lost: {kept}"
    );
    let half = patch(&running, &path, kept, &file[kept..4_000_000]).await;
    assert_eq!(half.status(), StatusCode::NO_CONTENT);
    assert_eq!(half.headers()["upload-offset"], "4000000");
    let whole = patch(&running, &path, 4_000_000, &file[4_000_000..]).await;
    assert_eq!(whole.status(), StatusCode::NO_CONTENT);

    // The receipt can be asked for again, whatever became of the first answer.
    let mut secrets = Vec::new();
    for _ in 0..2 {
        let answer = running.client.get(running.at(&path)).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        let told: Value = answer.json().await.unwrap();
        assert_eq!(told["receipt"]["sha256"], Sha256::of(&file).to_string());
        assert!(cookie.contains(told["receipt"]["secret"].as_str().unwrap()));
        secrets.push((
            told["receipt"]["number"].clone(),
            told["receipt"]["secret"].clone(),
        ));
    }
    assert_eq!(secrets[0], secrets[1]);
    let (number, secret) = &secrets[0];
    let status = running
        .decided(number.as_str().unwrap(), secret.as_str().unwrap())
        .await;
    assert_eq!(status["outcome"], "refused");
    // Nothing of the pieces is left.
    let pieces = folder.path().join("documents/pieces");
    let left = std::fs::read_dir(pieces)
        .into_iter()
        .flatten()
        .filter(|entry| {
            let folder = entry.as_ref().unwrap().path();
            std::fs::read_dir(folder).unwrap().next().is_some()
        })
        .count();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn s20_five_megabytes_that_were_cut_at_60_percent_end_with_their_digest() {
    let running = Running::start();
    let line = SlowLine::to(&running.url, 4_000_000);
    let file = five_megabytes();
    let path = begin(&running, None, &file).await;
    line.after(3_000_000, Line::Broken);
    let sent = tus(&running, Method::PATCH, &path)
        .header("upload-offset", 0)
        .header("content-type", "application/offset+octet-stream")
        .body(file.clone());
    // The same request over the bad line.
    let (client, request) = sent.build_split();
    let mut request = request.unwrap();
    *request.url_mut() = format!("{}{path}", line.url).parse().unwrap();
    assert!(client.execute(request).await.is_err(), "the line broke");
    line.failed().await;

    // All that came over the line is kept, but for the head of the request: no byte of it is sent again.
    let mut kept = settled(&running, &path, 2_990_000).await;
    line.mend();
    let (whole, carried) = loop {
        assert!(kept < 3_000_000, "{kept}");
        let before = line.carried();
        let mut rest = tus(&running, Method::PATCH, &path)
            .header("upload-offset", kept)
            .header("content-type", "application/offset+octet-stream")
            .body(file[kept..].to_vec())
            .build()
            .unwrap();
        *rest.url_mut() = format!("{}{path}", line.url).parse().unwrap();
        let answer = running.client.execute(rest).await.unwrap();
        if answer.status() != StatusCode::CONFLICT {
            break (answer, line.carried() - before);
        }
        // The last bytes of the broken request were being kept meanwhile: whoever is told where it is goes on from there.
        let here = offset_in(&answer);
        assert!(here > kept, "{here}, {kept}");
        kept = here;
    };
    assert_eq!(whole.status(), StatusCode::NO_CONTENT);
    assert!(carried < 2_020_000, "{carried}");
    let told: Value = running
        .client
        .get(running.at(&path))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(told["receipt"]["sha256"], Sha256::of(&file).to_string());
}

#[tokio::test]
async fn a_signed_form_in_pieces_is_decided_like_any_other() {
    let running = Running::start();
    let (number, secret) = running.petition(reset()).await;
    let file = signed(&running.form(&number, &secret).await, "lucia");
    let path = begin(&running, Some(&number), &file).await;
    let middle = file.len() / 2;
    assert_eq!(
        patch(&running, &path, 0, &file[..middle]).await.status(),
        204
    );
    assert_eq!(
        patch(&running, &path, middle, &file[middle..])
            .await
            .status(),
        204
    );
    assert_eq!(
        running.decided(&number, &secret).await["outcome"],
        "approved"
    );
}

/// The page of a petition sends its pieces to where the browser adds the petition's secret: whoever holds it may send something
/// else than what waits for a person, and nobody else may.
#[tokio::test]
async fn pieces_from_the_page_of_a_petition_come_with_its_secret() {
    let running = Running::start();
    let asked = serde_json::json!({ "ruc": "2990005055001", "action": "reset_password" });
    let (number, secret) = running.petition(asked).await;
    let form = signed(&running.form(&number, &secret).await, "hernan");
    let path = begin(&running, Some(&number), &form).await;
    assert_eq!(patch(&running, &path, 0, &form).await.status(), 204);
    let waits = running.decided(&number, &secret).await;
    assert_eq!(waits["outcome"], "in_review");

    let person = clavero::fixture::people::person("andres").unwrap();
    // Their bytes differ.
    for (name, cookie, displaces) in [
        ("EMPRESA QUE CAMBIA SU CORREO", None, false),
        ("OTRA QUE CAMBIA SU CORREO", Some(&secret), true),
    ] {
        let letter = clavero::fixture::letter::Letter {
            content: clavero::domain::PetitionContent {
                ruc: "2990005055001".parse().unwrap(),
                branch: "0001".parse().unwrap(),
                action: clavero::domain::Action::ResetPassword,
                new_email: None,
            },
            legal_name: name.to_owned(),
            representative: (
                person.full_name(),
                person.document.to_owned(),
                "Gerente".to_owned(),
            ),
            at: jiff::Timestamp::now(),
        };
        let letter = clavero::fixture::letter::render(&letter).unwrap();
        let other = signed(&letter, "andres");
        let path = begin(&running, Some(&number), &other).await;
        let page = path.replace("/api/v1/uploads/", &format!("/solicitud/{number}/subidas/"));
        let piece = tus(&running, Method::PATCH, &page)
            .header("upload-offset", 0)
            .header("content-type", "application/offset+octet-stream")
            .body(other.clone());
        let piece = match cookie {
            Some(secret) => piece.header("cookie", format!("recibo={secret}")),
            None => piece,
        };
        assert_eq!(piece.send().await.unwrap().status(), 204);
        let after = running.decided(&number, &secret).await;
        assert_eq!(after["outcome"], "in_review");
        let waits_now = after["sha256"] == Sha256::of(&other).to_string().as_str();
        assert_eq!(waits_now, displaces, "{after}");
    }
}

#[tokio::test]
async fn pieces_of_two_files_never_become_one() {
    let running = Running::start();
    let (number, secret) = running.petition(reset()).await;
    let file = signed(&running.form(&number, &secret).await, "lucia");
    let path = begin(&running, Some(&number), &file).await;
    let mut other = file.clone();
    other[100] ^= 1;
    assert_eq!(
        patch(&running, &path, 0, &other[..1000]).await.status(),
        204
    );
    let mixed = patch(&running, &path, 1000, &file[1000..]).await;
    assert_eq!(mixed.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem: Value = mixed.json().await.unwrap();
    assert_eq!(problem["code"], "WRONG_DIGEST");
    // It is gone, and the number is as it was.
    let gone = tus(&running, Method::HEAD, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let path = begin(&running, Some(&number), &file).await;
    assert_eq!(patch(&running, &path, 0, &file).await.status(), 204);
}

#[tokio::test]
async fn a_wrong_step_is_answered_and_costs_nothing() {
    let running = Running::start();
    let file = five_megabytes();
    let (number, _) = running.petition(reset()).await;
    let path = begin(&running, Some(&number), &file).await;
    assert_eq!(patch(&running, &path, 0, &file[..1000]).await.status(), 204);

    let late = patch(&running, &path, 0, &file[..1000]).await;
    assert_eq!(late.status(), StatusCode::CONFLICT);
    assert_eq!(late.headers()["upload-offset"], "1000");
    let long = patch(&running, &path, 1000, &file).await;
    assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let kind = tus(&running, Method::PATCH, &path)
        .header("upload-offset", 1000)
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(kind.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let version = running
        .client
        .patch(running.at(&path))
        .header("tus-resumable", "0.2.2")
        .send()
        .await
        .unwrap();
    assert_eq!(version.status(), StatusCode::PRECONDITION_FAILED);
    assert_eq!(offset(&running, &path).await, 1000);

    let ended = tus(&running, Method::DELETE, &path).send().await.unwrap();
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    let gone = tus(&running, Method::HEAD, &path).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);

    let large = create(&running, None, b"x", 50_000_000).await;
    assert_eq!(large.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let unknown = create(&running, Some("CLV-2026-000123-X"), b"x", 1).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    let options = running
        .client
        .request(Method::OPTIONS, running.at("/api/v1/uploads"))
        .send()
        .await
        .unwrap();
    assert_eq!(options.headers()["tus-version"], "1.0.0");
}

/// Whoever begins again and again, on a telephone that forgets, is never kept out: what was begun first and is not complete
/// makes room.
#[tokio::test]
async fn the_oldest_upload_that_was_begun_makes_room_for_a_new_one() {
    let running = Running::start();
    let (number, _) = running.petition(reset()).await;
    let file = five_megabytes();
    let mut begun = Vec::new();
    for _ in 0..6 {
        begun.push(begin(&running, Some(&number), &file).await);
    }
    let gone = tus(&running, Method::HEAD, &begun[0]).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    for path in &begun[1..] {
        assert_eq!(offset(&running, path).await, 0);
    }
}
