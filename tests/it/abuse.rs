//! Who asks too much, guesses, floods or injects (PRODUCT threats 13, 14, 22 and 25), against a service of its own.

use std::io::Write;
use std::net::TcpStream;
use std::time::Instant;

use altcha::{Challenge, Payload, SolveChallengeOptions, solve_challenge};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clavero::domain::Sha256;
use clavero::fixture::people;
use futures::stream::{self, StreamExt};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::running::{Running, Typed, reset, signed};

const WRONG: &str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// How wrong guesses look: of a secret, of a number, of each kind of token, of an upload, by the page's form.
fn guess(demo: &Running, number: &str, kind: usize) -> reqwest::RequestBuilder {
    let get = |path: String| demo.client.get(demo.at(&path));
    match kind % 6 {
        0 => get(format!("/api/v1/petitions/{number}")).bearer_auth(WRONG),
        1 => get("/api/v1/petitions/CLV-2026-000123-X".to_owned()).bearer_auth(WRONG),
        2 => get(format!("/clave/{WRONG}")),
        3 => get(format!("/correo/{WRONG}")),
        4 => get(format!("/api/v1/uploads/{WRONG}")),
        _ => demo
            .client
            .post(demo.at("/consulta"))
            .typed(&[("number", number), ("secret", WRONG)]),
    }
}

#[tokio::test]
async fn guessing_gets_429_and_teaches_nothing() {
    const GUESSES: usize = 10_000;
    const PER_MINUTE: u64 = 60;
    let demo = Running::start_with(&[("CLAVERO_LIMITS__WRONG_GUESSES_PER_MINUTE", "60")]);
    let (number, secret) = demo.petition(reset()).await;

    let began = Instant::now();
    let answers: Vec<(usize, StatusCode)> = stream::iter(0..GUESSES)
        .map(|kind| {
            let asked = guess(&demo, &number, kind);
            async move { (kind, asked.send().await.unwrap().status()) }
        })
        .buffer_unordered(16)
        .collect()
        .await;
    let refilled = began.elapsed().as_secs() * PER_MINUTE / 60 + 1;
    let refused = answers
        .iter()
        .filter(|(_, status)| *status == StatusCode::TOO_MANY_REQUESTS)
        .count();
    let told = GUESSES - refused;
    assert!(
        told as u64 <= PER_MINUTE + refilled,
        "{told} were answered, {refused} refused"
    );
    assert!(
        answers
            .iter()
            .all(|(_, status)| [404, 410, 422, 429].contains(&status.as_u16()))
    );

    // Whatever was guessed at, the refusal is the same, and says when to come back. One guess in a second may have become
    // free again: then the next one is refused.
    let mut bodies = Vec::new();
    for kind in 0..5 {
        let answer = loop {
            let answer = guess(&demo, &number, kind)
                .header("accept", "application/json")
                .send()
                .await
                .unwrap();
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                break answer;
            }
        };
        let wait: u64 = answer.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=2).contains(&wait), "{wait}");
        bodies.push(answer.text().await.unwrap());
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    assert!(!bodies[0].contains(&number));

    // Behind the same address somebody else has the right secret: nobody closed the door to her.
    let right = demo
        .client
        .get(demo.at(&format!("/api/v1/petitions/{number}")))
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap();
    assert_eq!(right.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_used_link_is_no_guess() {
    let demo = Running::start_with(&[("CLAVERO_LIMITS__WRONG_GUESSES_PER_MINUTE", "3")]);
    let (number, secret) = demo.petition(reset()).await;
    let file = signed(&demo.form(&number, &secret).await, "lucia");
    upload(&demo, &number, file, None).await;
    demo.decided(&number, &secret).await;
    let link = demo.link_of(&number).await;
    let set = || {
        demo.client
            .post(&link)
            .json(&json!({ "password": "Tr3s*Gatos" }))
            .send()
    };
    assert_eq!(set().await.unwrap().status(), StatusCode::OK);
    for _ in 0..20 {
        assert_eq!(set().await.unwrap().status(), StatusCode::GONE);
    }
}

async fn upload(demo: &Running, number: &str, file: Vec<u8>, proof: Option<&str>) -> Response {
    let path = format!("/api/v1/petitions/{number}/document");
    let mut asked = demo.client.post(demo.at(&path)).body(file);
    if let Some(proof) = proof {
        asked = asked.header("altcha", proof);
    }
    asked.send().await.unwrap()
}

async fn ask(demo: &Running, ruc: &str, proof: Option<&str>) -> Response {
    let mut asked = demo
        .client
        .post(demo.at("/api/v1/petitions"))
        .json(&json!({ "ruc": ruc, "action": "reset_password" }));
    if let Some(proof) = proof {
        asked = asked.header("altcha", proof);
    }
    asked.send().await.unwrap()
}

/// The work that an answer asks for, done.
async fn worked(answer: Response) -> String {
    assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers()["retry-after"], "60");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "WORK_WANTED");
    let challenge = STANDARD
        .decode(problem["challenge"].as_str().unwrap())
        .unwrap();
    let challenge: Challenge = serde_json::from_slice(&challenge).unwrap();
    let solution = solve_challenge(SolveChallengeOptions {
        timeout_ms: 0,
        ..SolveChallengeOptions::new(&challenge)
    });
    let payload = Payload {
        solution: solution.unwrap().unwrap(),
        challenge,
    };
    STANDARD.encode(serde_json::to_vec(&payload).unwrap())
}

const UNKNOWN: &str = "1799999999001";

#[tokio::test]
async fn beyond_the_budget_of_an_employer_each_petition_costs_work_done_once() {
    let keys = [
        ("CLAVERO_LIMITS__PETITIONS_PER_RUC_HOUR", "2"),
        ("CLAVERO_LIMITS__UPLOAD_BYTES_PER_RUC_DAY", "1000"),
        ("CLAVERO_LIMITS__WORK_COST", "2"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let demo = Running::start_in_with(folder.path(), &keys);
    // An employer whom nobody knows is counted and answered like any other. An hour may end in between, and its budget with
    // it: then there are two more.
    let mut last = None;
    for ruc in [people::CAFE, UNKNOWN] {
        let mut within = 0;
        let refused = loop {
            let answer = ask(&demo, ruc, None).await;
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                break answer;
            }
            assert_eq!(answer.status(), StatusCode::CREATED);
            within += 1;
        };
        assert!((2..=4).contains(&within), "{ruc}: {within}");
        last = Some(refused);
    }
    let proof = worked(last.unwrap()).await;
    assert_eq!(
        ask(&demo, UNKNOWN, Some(&proof)).await.status(),
        StatusCode::CREATED
    );
    assert_eq!(
        ask(&demo, UNKNOWN, Some(&proof)).await.status(),
        StatusCode::TOO_MANY_REQUESTS,
        "the same work again"
    );
    for nonsense in ["", "x", "e30="] {
        assert_eq!(
            ask(&demo, UNKNOWN, Some(nonsense)).await.status(),
            StatusCode::TOO_MANY_REQUESTS
        );
    }

    // A page says so in words, keeps what was typed, and hands the work to its script.
    let page = demo
        .client
        .post(demo.at("/solicitud"))
        .typed(&[("ruc", UNKNOWN), ("action", "reset_password")])
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(page.headers()["retry-after"], "60");
    let html = page.text().await.unwrap();
    assert!(
        html.contains("Espere un minuto")
            && html.contains("data-work=\"")
            && html.contains(UNKNOWN)
    );

    // A document under a number of that employer.
    let answer = ask(&demo, people::CAFE, None).await;
    let proof = worked(answer).await;
    let issued: Value = ask(&demo, people::CAFE, Some(&proof))
        .await
        .json()
        .await
        .unwrap();
    let number = issued["number"].as_str().unwrap();
    let file = signed(
        &demo.form(number, issued["secret"].as_str().unwrap()).await,
        "lucia",
    );
    let refused = upload(&demo, number, file.clone(), None).await;
    let proof = worked(refused).await;

    // Another process on the same database knows what was handed in already.
    let spent = worked(ask(&demo, UNKNOWN, None).await).await;
    assert_eq!(
        ask(&demo, UNKNOWN, Some(&spent)).await.status(),
        StatusCode::CREATED
    );
    drop(demo);
    let demo = Running::start_in_with(folder.path(), &keys);
    assert_eq!(
        upload(&demo, number, file, Some(&proof)).await.status(),
        StatusCode::ACCEPTED
    );
    assert_eq!(
        upload(&demo, number, b"another".repeat(200), Some(&spent))
            .await
            .status(),
        StatusCode::TOO_MANY_REQUESTS
    );
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_refused_and_no_other() {
    let demo = Running::start_with(&[
        ("CLAVERO_LIMITS__REQUESTS_PER_MINUTE", "20"),
        ("CLAVERO_LIMITS__PETITIONS_PER_ADDRESS_HOUR", "1"),
        ("CLAVERO_PROXY__TRUSTED", "[\"127.0.0.1\"]"),
    ]);
    let from = |address: &str, path: &str| {
        demo.client
            .get(demo.at(path))
            .header("x-forwarded-for", address)
            .send()
    };
    let began = Instant::now();
    let mut answered = 0.0;
    let refused = loop {
        let answer = from("203.0.113.9", "/").await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.status(), StatusCode::OK);
        answered += 1.0;
        assert!(answered <= 21.0 + began.elapsed().as_secs_f64() / 3.0);
    };
    assert!(answered >= 20.0, "{answered}");
    assert!(refused.headers().contains_key("retry-after"));
    let html = refused.text().await.unwrap();
    assert!(
        html.contains("demasiadas veces") && html.contains("<html lang=\"es-EC\">"),
        "{html}"
    );
    assert_eq!(
        from("203.0.113.9", "/salud/viva").await.unwrap().status(),
        StatusCode::OK
    );
    assert_eq!(
        from("203.0.113.10", "/").await.unwrap().status(),
        StatusCode::OK
    );
    // The sender can write what he likes before what the proxy writes.
    assert_eq!(
        from("203.0.113.77, 203.0.113.10", "/")
            .await
            .unwrap()
            .status(),
        StatusCode::OK
    );
    // This machine itself: as many as a test likes.
    for _ in 0..60 {
        let answer = demo.client.get(demo.at("/")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }

    // The second petition of one address costs work.
    let ask = || {
        demo.client
            .post(demo.at("/api/v1/petitions"))
            .header("x-forwarded-for", "203.0.113.11")
            .json(&reset())
            .send()
    };
    assert_eq!(ask().await.unwrap().status(), StatusCode::CREATED);
    let second: Value = ask().await.unwrap().json().await.unwrap();
    assert_eq!(second["code"], "WORK_WANTED");
}

#[tokio::test]
async fn a_full_disk_refuses_in_words_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Running::start_in(folder.path());
    let (number, secret) = demo.petition(reset()).await;
    let file = signed(&demo.form(&number, &secret).await, "lucia");
    drop(demo);

    let full = [("CLAVERO_LIMITS__FREE_BYTES", "9000000000000000")];
    let demo = Running::start_in_with(folder.path(), &full);
    let refused = upload(&demo, &number, file.clone(), None).await;
    assert_eq!(refused.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert_eq!(refused.headers()["retry-after"], "600");
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["code"], "FULL");
    let page = demo
        .client
        .post(demo.at("/documento"))
        .header("accept", "text/html")
        .body(file.clone())
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::INSUFFICIENT_STORAGE);
    assert!(page.text().await.unwrap().contains("no podemos recibir"));
    for place in ["documento", "nombramiento"] {
        let page = demo
            .client
            .post(demo.at(&format!("/solicitud/{number}/{place}")))
            .header("accept", "text/html")
            .header("cookie", format!("recibo={secret}"))
            .body(file.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(page.status(), StatusCode::INSUFFICIENT_STORAGE, "{place}");
        assert_eq!(page.headers()["retry-after"], "600", "{place}");
    }
    drop(demo);

    // Somebody made room: it goes on as if nothing had been.
    let demo = Running::start_in(folder.path());
    assert_eq!(
        upload(&demo, &number, file, None).await.status(),
        StatusCode::ACCEPTED
    );
    assert_eq!(demo.decided(&number, &secret).await["outcome"], "approved");
}

/// Threat 14, by structure and not by a stop-watch: with nothing left of the registry to ask, the answer is the same for those
/// who were in it and for those who never were.
#[tokio::test]
async fn asking_for_a_petition_asks_the_registry_nothing() {
    let bench = Bench::new().await;
    bench.lose_the_registry().await;
    for ruc in [people::CAFE, UNKNOWN] {
        let petition = bench.petition(ruc, None).await;
        assert!(petition.form.starts_with(b"%PDF-"));
        let status = bench.status(&petition).await;
        assert_eq!(status.state, clavero::domain::State::Issued);
        assert!(
            bench
                .intake
                .count_petition(&ruc.parse().unwrap())
                .await
                .unwrap()
        );
    }
}

#[tokio::test]
async fn nothing_that_is_typed_becomes_a_header_or_another_address() {
    let demo = Running::start();
    // Of a mail.
    for address in [
        "a@b.ec\r\nBcc: spy@evil.example",
        "a@b.ec\nSubject: x",
        "a@b.ec, spy@evil.example",
        "A <a@b.ec>",
        "a@b.ec\0",
    ] {
        let answer = demo
            .client
            .post(demo.at("/api/v1/petitions"))
            .json(&json!({ "ruc": people::CAFE, "action": "change_email", "new_email": address }))
            .send()
            .await
            .unwrap();
        assert_eq!(
            answer.status(),
            StatusCode::UNPROCESSABLE_ENTITY,
            "{address:?}"
        );
    }
    // Of an answer: where it leads to is ours, whatever `Host` and the query say.
    let (number, secret) = demo.petition(reset()).await;
    let open = |path: &str| {
        demo.client
            .post(demo.at(path))
            .header("x-forwarded-host", "evil.example")
            .typed(&[
                ("number", &number),
                ("secret", &secret),
                ("next", "https://evil.example/"),
                ("return", "//evil.example"),
            ])
            .send()
    };
    for path in ["/consulta", "/consulta?next=https://evil.example/"] {
        let answer = open(path).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            answer.headers()["location"].to_str().unwrap(),
            format!("/solicitud/{number}")
        );
    }
    for path in [
        "//evil.example/",
        "/solicitud//evil.example",
        "/%2f%2fevil.example/",
        "/consulta?number=CLV-2026-000123-X%0d%0aLocation:%20https://evil.example/",
        "/solicitud/CLV-2026-000123-X%0d%0aSet-Cookie:%20a=b",
    ] {
        let answer = demo.client.get(demo.at(path)).send().await.unwrap();
        let to = answer.headers().get("location");
        assert!(
            to.is_none_or(|to| to.to_str().unwrap().starts_with("/consulta")),
            "{path}: {to:?}"
        );
        assert!(!answer.headers().contains_key("set-cookie"), "{path}");
    }
    // Addresses in answers come from the configuration.
    let made = demo
        .client
        .post(demo.at("/api/v1/petitions"))
        .header("host", "evil.example")
        .json(&reset())
        .send()
        .await
        .unwrap();
    let location = made.headers()["location"].to_str().unwrap().to_owned();
    let issued: Value = made.json().await.unwrap();
    assert!(location.starts_with(&demo.url), "{location}");
    assert!(!issued.to_string().contains("evil.example"), "{issued}");
}

/// Behind a proxy, so that a test is more than one address.
fn behind_a_proxy(keys: &[(&str, &str)]) -> Running {
    let proxy = [("CLAVERO_PROXY__TRUSTED", "[\"127.0.0.1\"]")];
    Running::start_with(&[&proxy, keys].concat())
}

async fn sends(demo: &Running, from: &str, bytes: Vec<u8>) -> Response {
    demo.client
        .post(demo.at("/api/v1/documents"))
        .header("x-forwarded-for", from)
        .header("content-type", "application/pdf")
        .body(bytes)
        .send()
        .await
        .unwrap()
}

/// The path of an upload in pieces that this address begins.
async fn begins(demo: &Running, from: &str, length: usize) -> String {
    let sha256 = STANDARD.encode(Sha256::of(b"never whole").to_string());
    let made = demo
        .client
        .post(demo.at("/api/v1/uploads"))
        .header("x-forwarded-for", from)
        .header("tus-resumable", "1.0.0")
        .header("upload-length", length)
        .header("upload-metadata", format!("sha256 {sha256}"))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
    let location = made.headers()["location"].to_str().unwrap();
    location[location.find("/api/").unwrap()..].to_owned()
}

/// Nobody takes the places of all others by announcing much and sending nothing.
#[tokio::test]
async fn uploads_that_stand_still_close_the_door_to_their_own_address_only() {
    const NOISY: &str = "203.0.113.9";
    let demo = behind_a_proxy(&[]);
    let host = demo.url.trim_start_matches("http://").to_owned();
    let own = begins(&demo, NOISY, 100_000).await;
    let unknown = format!("/api/v1/uploads/{}", "a".repeat(32));
    for path in [unknown, own] {
        let lines: Vec<TcpStream> = (0..256)
            .map(|_| {
                let mut line = TcpStream::connect(&host).unwrap();
                write!(
                    line,
                    "PATCH {path} HTTP/1.1\r\nhost: {host}\r\nx-forwarded-for: {NOISY}\r\n\
                     tus-resumable: 1.0.0\r\nupload-offset: 0\r\n\
                     content-type: application/offset+octet-stream\r\ncontent-length: 100000\r\n\r\n"
                )
                .unwrap();
                line
            })
            .collect();
        for turn in 0..20 {
            let bytes = format!("%PDF-1.4 {path} {turn}").into_bytes();
            let answer = sends(&demo, "198.51.100.1", bytes).await;
            assert_eq!(answer.status(), StatusCode::ACCEPTED, "{path} {turn}");
        }
        drop(lines);
    }
}

/// Whoever is beyond his own budget takes nothing from the budget of all.
#[tokio::test]
async fn an_address_beyond_its_budget_takes_nothing_from_the_others() {
    let demo = behind_a_proxy(&[
        ("CLAVERO_LIMITS__PETITIONS_PER_MINUTE", "5"),
        ("CLAVERO_LIMITS__PETITIONS_PER_ADDRESS_HOUR", "2"),
    ]);
    let ask = async |from: &str| {
        let asked = demo
            .client
            .post(demo.at("/api/v1/petitions"))
            .header("x-forwarded-for", from)
            .json(&reset());
        asked.send().await.unwrap().status()
    };
    for turn in 0..30 {
        let wanted = if turn < 2 {
            StatusCode::CREATED
        } else {
            StatusCode::TOO_MANY_REQUESTS
        };
        assert_eq!(ask("203.0.113.50").await, wanted, "{turn}");
    }
    assert_eq!(ask("198.51.100.77").await, StatusCode::CREATED);
}

/// Bytes without a number are somebody's too: of one address so many in a day, and then they cost work.
#[tokio::test]
async fn an_address_that_fills_the_disk_is_asked_for_work_and_no_other() {
    let demo = behind_a_proxy(&[("CLAVERO_LIMITS__UPLOAD_BYTES_PER_ADDRESS_DAY", "100000")]);
    let garbage = |first: u8| [vec![first], vec![b'x'; 60_000]].concat();
    let taken = sends(&demo, "203.0.113.99", garbage(b'1')).await;
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    let beyond = sends(&demo, "203.0.113.99", garbage(b'2')).await;
    assert_eq!(beyond.status(), StatusCode::TOO_MANY_REQUESTS);
    let beyond: Value = beyond.json().await.unwrap();
    assert_eq!(beyond["code"], "WORK_WANTED");
    let other = sends(&demo, "198.51.100.2", garbage(b'3')).await;
    assert_eq!(other.status(), StatusCode::ACCEPTED);
}

/// Byte by byte each piece costs as much as a large one: some are a bad line, many are not.
#[tokio::test]
async fn pieces_of_next_to_nothing_are_held_back_and_larger_ones_are_not() {
    const DRIPS: &str = "203.0.113.12";
    let demo = behind_a_proxy(&[]);
    let path = begins(&demo, DRIPS, 1_000_000).await;
    let patch = async |offset: usize, length: usize| {
        let piece = demo
            .client
            .patch(demo.at(&path))
            .header("x-forwarded-for", DRIPS)
            .header("tus-resumable", "1.0.0")
            .header("upload-offset", offset)
            .header("content-type", "application/offset+octet-stream")
            .body(vec![b'x'; length]);
        piece.send().await.unwrap()
    };
    let began = Instant::now();
    let mut kept = 0;
    let refused = loop {
        let answer = patch(kept, 1).await;
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            break answer;
        }
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        kept += 1;
        assert!(kept as u64 <= 301 + 5 * (1 + began.elapsed().as_secs()));
    };
    assert!(
        kept >= 300,
        "fifty lines that break every ten seconds: {kept}"
    );
    assert!(refused.headers().contains_key("retry-after"));
    // What is worth a piece goes on, and what ends the file is whatever is left of it.
    let answer = patch(kept, 16 * 1024).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
}
