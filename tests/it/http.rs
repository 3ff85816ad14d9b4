//! The API and the pages over real HTTP: the main job without script, and an answer in words for everything else.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use clavero::domain::PetitionNumber;
use reqwest::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE,
};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::ground::Ground;
use crate::running::{Running, Typed as _, reset, signed, text};

/// Reads a problem document and checks that it is a whole one.
async fn problem(answer: Response, status: StatusCode, code: &str) -> Value {
    assert_eq!(answer.status(), status, "{code}");
    assert_eq!(
        answer.headers()[CONTENT_TYPE],
        "application/problem+json",
        "{code}"
    );
    let problem: Value = answer.json().await.expect("JSON");
    assert_eq!(problem["code"], code);
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["type"], "about:blank");
    assert!(
        problem["title"]
            .as_str()
            .is_some_and(|title| !title.is_empty()),
        "{problem}"
    );
    assert!(problem["detail"].is_string());
    problem
}

#[tokio::test]
async fn the_main_job_by_api() {
    for ground in Ground::on_each_store("api").await {
        let demo = Running::start_on(ground, &[]);
        let (number, secret) = demo.petition(reset()).await;
        let form = demo.form(&number, &secret).await;
        assert_eq!(
            form,
            demo.form(&number, &secret).await,
            "the form is always the same bytes"
        );

        let document = format!("/api/v1/petitions/{number}/document");
        let body = signed(&form, "lucia");
        let answer = demo
            .client
            .post(demo.at(&document))
            .body(body.clone())
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let receipt: Value = answer.json().await.unwrap();
        assert_eq!(
            receipt["sha256"],
            clavero::domain::Sha256::of(&body).to_string()
        );
        assert_eq!(receipt["number"], number);

        let status = demo.decided(&number, &secret).await;
        assert_eq!(
            (&status["state"], &status["outcome"]),
            (&json!("approved"), &json!("approved")),
            "{status}"
        );
        assert_eq!(status["report"]["conclusion"], "passed");
        assert!(
            status["findings"]
                .as_array()
                .unwrap()
                .iter()
                .all(|finding| finding["text"].is_string())
        );
        // The same bytes again give the same receipt, whatever has happened since.
        let form = reqwest::multipart::Form::new().part(
            "file",
            reqwest::multipart::Part::bytes(body).file_name("x.pdf"),
        );
        let again = demo
            .client
            .post(demo.at(&document))
            .multipart(form)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), StatusCode::ACCEPTED);
        assert_eq!(
            again.json::<Value>().await.unwrap()["sha256"],
            receipt["sha256"]
        );

        let link = demo.link("clave").await;
        for _ in 0..2 {
            assert_eq!(
                demo.client.get(&link).send().await.unwrap().status(),
                StatusCode::OK,
                "looking changes nothing"
            );
            assert_eq!(
                demo.client.head(&link).send().await.unwrap().status(),
                StatusCode::OK
            );
        }
        let bad = demo
            .client
            .post(&link)
            .json(&json!({ "password": "aaaa" }))
            .send()
            .await
            .unwrap();
        let bad = problem(bad, StatusCode::UNPROCESSABLE_ENTITY, "PASSWORD_POLICY").await;
        assert_eq!(
            bad["failed_rules"],
            json!(["length", "uppercase", "digit", "special", "repeat"])
        );
        let differ = demo
            .client
            .post(&link)
            .typed(&[("password", "Tr3s*Gatos"), ("password_again", "Tr3s*Gatoz")]);
        assert_eq!(
            differ.send().await.unwrap().status(),
            StatusCode::UNPROCESSABLE_ENTITY
        );
        let good = demo
            .client
            .post(&link)
            .typed(&[("password", "Tr3s*Gatos")])
            .send()
            .await
            .unwrap();
        assert_eq!(good.status(), StatusCode::OK);
        for dead in [
            demo.client.get(&link),
            demo.client.post(&link).typed(&[("password", "Tr3s*Gatos")]),
        ] {
            assert_eq!(dead.send().await.unwrap().status(), StatusCode::GONE);
        }
        let status = demo.decided(&number, &secret).await;
        assert_eq!(status["state"], "completed");
    }
}

/// Numbers can be tried. Whoever has nothing but one is told what is told of a number that nobody has (PRODUCT threat 14).
#[tokio::test]
async fn a_number_alone_opens_no_form() {
    let demo = Running::start_with(&[("CLAVERO_LIMITS__WRONG_GUESSES_PER_MINUTE", "1000")]);
    let asked = demo
        .client
        .post(demo.at("/api/v1/petitions"))
        .json(&reset());
    let issued: Value = asked.send().await.unwrap().json().await.unwrap();
    let (number, secret) = (text(&issued["number"]), text(&issued["secret"]));
    let form_url = text(&issued["form_url"]);
    let (address, key) = form_url.split_once("?key=").expect("a key");
    assert!(!form_url.contains(&secret));
    let page = demo.at(&format!("/solicitud/{number}/formulario.pdf"));
    let get = |url: &str| demo.client.get(url);

    let right = get(&form_url).send().await.unwrap();
    assert_eq!(right.status(), StatusCode::OK);
    assert_eq!(right.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(right.headers()["referrer-policy"], "no-referrer");
    let form = right.bytes().await.unwrap();
    assert!(form.starts_with(b"%PDF-"));
    for opened in [
        get(address).bearer_auth(&secret),
        get(&page).header(COOKIE, format!("recibo={secret}")),
    ] {
        assert_eq!(opened.send().await.unwrap().bytes().await.unwrap(), form);
    }

    let nobodys = PetitionNumber::new(2026, 999_999).to_string();
    let (other, other_secret) = demo.petition(reset()).await;
    for (asked, why) in [
        (get(address), "the number"),
        (get(address).bearer_auth(&other_secret), "another secret"),
        (get(address).bearer_auth(key), "the key is no secret"),
        (get(&format!("{address}?key=")), "an empty key"),
        (
            get(&format!("{address}?key={}", "A".repeat(32))),
            "a wrong key",
        ),
        (
            get(&format!("{address}?key={secret}")),
            "the secret is no key",
        ),
        (get(&form_url.replace(&number, &other)), "another number"),
        (get(&page), "the number, on pages"),
        (get(&format!("{page}?key={key}")), "the key, on pages"),
        (
            get(&page).header(COOKIE, format!("recibo={other_secret}")),
            "another cookie",
        ),
    ] {
        let asked = asked.build().unwrap();
        let mut unknown = asked.try_clone().unwrap();
        let url = asked.url().as_str();
        let named = if url.contains(&number) {
            &number
        } else {
            &other
        };
        *unknown.url_mut() = url.replace(named, &nobodys).parse().unwrap();
        let told = demo.client.execute(asked).await.unwrap();
        let told_of_nobody = demo.client.execute(unknown).await.unwrap();
        assert_eq!(told.status(), StatusCode::NOT_FOUND, "{why}");
        assert_eq!(told_of_nobody.status(), StatusCode::NOT_FOUND, "{why}");
        assert_eq!(
            told.text().await.unwrap(),
            told_of_nobody.text().await.unwrap(),
            "{why}"
        );
    }
    // The key opens the form and nothing else.
    for path in ["", "/report.pdf", "/receipt.pdf"] {
        let asked = get(&demo.at(&format!("/api/v1/petitions/{number}{path}")));
        let told = asked.bearer_auth(key).send().await.unwrap();
        assert_eq!(told.status(), StatusCode::NOT_FOUND, "{path}");
    }
    let page = get(&demo.at(&format!("/solicitud/{number}")));
    let told = page.header(COOKIE, format!("recibo={key}")).send().await;
    assert_eq!(told.unwrap().status(), StatusCode::SEE_OTHER);
}

/// The link of the first click lives on: the second one kills nothing and costs nothing.
#[tokio::test]
async fn a_second_click_sends_no_second_link() {
    let demo = Running::start();
    let (number, secret) = demo.petition(reset()).await;
    let document = format!("/api/v1/petitions/{number}/document");
    let body = signed(&demo.form(&number, &secret).await, "lucia");
    let sent = demo.client.post(demo.at(&document)).body(body).send();
    assert_eq!(sent.await.unwrap().status(), StatusCode::ACCEPTED);
    demo.mail_left(&number, &secret).await;
    let page = demo.at(&format!("/solicitud/{number}"));
    let cookie = format!("recibo={secret}");
    for _ in 0..3 {
        let click = demo
            .client
            .post(format!("{page}/enlace"))
            .header(COOKIE, &cookie);
        let answer = click.send().await.unwrap();
        let place = answer.headers()[LOCATION].to_str().unwrap();
        assert!(place.ends_with("?aviso=enviado"), "{place}");
    }
    demo.mail_left(&number, &secret).await;
    let shown = demo.client.get(&page).header(COOKIE, &cookie).send();
    let shown = shown.await.unwrap().text().await.unwrap();
    assert!(shown.contains("Queda 1 envío en esta hora."), "{shown}");
}

#[tokio::test]
async fn the_main_job_without_script() {
    for ground in Ground::on_each_store("pages").await {
        let demo = Running::start_on(ground, &[]);
        let page = |path: &str| demo.client.get(demo.at(path));

        // Wrong values keep what was typed and stand at their field.
        let typed = [
            ("ruc", "12"),
            ("branch", "0001"),
            ("action", "change_email"),
            ("new_email", "nadie"),
            ("legal_name", ""),
        ];
        let answer = demo
            .client
            .post(demo.at("/solicitud"))
            .typed(&typed)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
        let html = answer.text().await.unwrap();
        assert!(
            html.contains("id=\"ruc-error\"")
                && html.contains("value=\"12\"")
                && html.contains("value=\"nadie\"")
        );

        // POST → redirect → GET, with the secret in a cookie and not in the address.
        let typed = [
            ("ruc", clavero::fixture::people::CAFE),
            ("branch", ""),
            ("action", "reset_password"),
            ("new_email", ""),
        ];
        let answer = demo
            .client
            .post(demo.at("/solicitud"))
            .typed(&typed)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let place = answer.headers()[LOCATION].to_str().unwrap().to_owned();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap().to_owned();
        assert!(
            cookie.contains("HttpOnly")
                && cookie.contains("SameSite=Strict")
                && cookie.contains(&format!("Path={place}"))
        );
        let pair = cookie.split(';').next().unwrap().to_owned();
        let secret = pair.split_once('=').unwrap().1.to_owned();
        assert!(!place.contains(&secret));
        let html = page(&place)
            .header(COOKIE, &pair)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(html.contains("data-state=\"issued\"") && html.contains(&secret[..4]));

        // Without the cookie the page asks for the secret, and takes it by POST only.
        let stranger = page(&place).send().await.unwrap();
        assert_eq!(stranger.status(), StatusCode::SEE_OTHER);
        assert!(
            stranger.headers()[LOCATION]
                .to_str()
                .unwrap()
                .starts_with("/consulta")
        );
        let number = place.rsplit('/').next().unwrap();
        let groups: Vec<_> = secret
            .as_bytes()
            .chunks(4)
            .map(String::from_utf8_lossy)
            .collect();
        let spaced = groups.join(" ");
        let opened = demo
            .client
            .post(demo.at("/consulta"))
            .typed(&[("number", number), ("secret", &spaced)])
            .send()
            .await
            .unwrap();
        assert_eq!(
            (
                opened.status(),
                opened.headers()[LOCATION].to_str().unwrap()
            ),
            (StatusCode::SEE_OTHER, place.as_str())
        );
        // What «Copiar los dos» copied, in whichever field it lands.
        let both = format!("{number} {secret}");
        for (number, secret) in [(both.as_str(), ""), ("", &both), (number, &both)] {
            let typed = [("number", number), ("secret", secret)];
            let opened = demo.client.post(demo.at("/consulta")).typed(&typed).send();
            let opened = opened.await.unwrap();
            assert_eq!(opened.status(), StatusCode::SEE_OTHER, "{typed:?}");
            assert_eq!(opened.headers()[LOCATION], place.as_str());
        }
        let wrong = "x".repeat(32);
        let refused = demo
            .client
            .post(demo.at("/consulta"))
            .typed(&[("number", number), ("secret", &wrong)])
            .send()
            .await
            .unwrap();
        assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);

        // Download, sign, upload by the plain form.
        let form = page(&format!("{place}/formulario.pdf"))
            .header(COOKIE, &pair)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let upload = |bytes: Vec<u8>| {
            let part = reqwest::multipart::Part::bytes(bytes).file_name("solicitud.pdf");
            let form = reqwest::multipart::Form::new().part("file", part);
            demo.client
                .post(demo.at(&format!("{place}/documento")))
                .header(COOKIE, &pair)
                .multipart(form)
        };
        let empty = upload(Vec::new()).send().await.unwrap();
        assert_eq!(empty.status(), StatusCode::BAD_REQUEST);
        assert!(
            empty
                .text()
                .await
                .unwrap()
                .contains("El archivo está vacío.")
        );
        let kept = upload(signed(&form, "lucia")).send().await.unwrap();
        assert_eq!(
            (kept.status(), kept.headers()[LOCATION].to_str().unwrap()),
            (StatusCode::SEE_OTHER, place.as_str())
        );
        demo.decided(number, &secret).await;
        let html = page(&place)
            .header(COOKIE, &pair)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        assert!(
            html.contains("data-state=\"approved\"")
                && html.matches("class=\"mark\"").count() == 10,
            "{html}"
        );
        assert!(html.contains("Qué hacer ahora"));

        let link = demo.link("clave").await;
        let html = demo
            .client
            .post(&link)
            .typed(&[("password", "corta"), ("password_again", "corta")])
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        for rule in ["length", "uppercase", "digit", "special"] {
            assert!(html.contains(&format!("data-failed=\"{rule}\"")), "{rule}");
        }
        let good = demo
            .client
            .post(&link)
            .typed(&[("password", "Tr3s*Gatos"), ("password_again", "Tr3s*Gatos")])
            .send()
            .await
            .unwrap();
        assert_eq!(good.status(), StatusCode::OK);
        assert!(
            good.text()
                .await
                .unwrap()
                .contains("La clave nueva está guardada")
        );
    }
}

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
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
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

#[tokio::test]
async fn what_is_said_about_personal_data_is_what_is_configured() {
    let contact = "Delegada de datos: datos@operador.test";
    let demo = Running::start_with(&[
        ("CLAVERO_OPERATOR__DATA_CONTACT", contact),
        ("CLAVERO_RETENTION__UNUSED_DAYS", "45"),
        ("CLAVERO_RETENTION__MESSAGES_DAYS", "0"),
    ]);
    let html = demo
        .client
        .get(demo.at("/datos-personales"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for said in [
        contact,
        "<dd>45 días desde que vence su número</dd>",
        "<dt>Los mensajes enviados y su destinatario</dt><dd>sin plazo</dd>",
        "<dd>5 años desde la última decisión</dd>",
    ] {
        assert!(html.contains(said), "{said} is missing in:\n{html}");
    }
}

#[tokio::test]
async fn browsers_are_told_to_be_careful() {
    let demo = Running::start();
    let (number, _) = demo.petition(reset()).await;
    for path in [
        "/",
        "/solicitud",
        "/documento",
        "/consulta",
        "/datos-personales",
        "/clave/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "/nothing",
        "/demo",
        "/demo/mailbox",
    ] {
        let answer = demo.client.get(demo.at(path)).send().await.unwrap();
        let headers = answer.headers().clone();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'self'")
                && policy.contains("frame-ancestors 'none'")
                && !policy.contains("unsafe"),
            "{path}"
        );
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(headers[name], value, "{path}");
        }
        assert!(headers.contains_key("x-request-id"), "{path}");
        let html = answer.text().await.unwrap();
        assert!(
            html.contains("<html lang=\"es-EC\">"),
            "{path} answers with a page, whatever happens"
        );
    }

    // Style and script: named by content, kept for ever, 304 when known.
    let html = demo
        .client
        .get(demo.at("/"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let style = html
        .split('"')
        .find(|part| part.starts_with("/assets/app.") && part.contains(".css"))
        .unwrap();
    let answer = demo.client.get(demo.at(style)).send().await.unwrap();
    assert!(
        answer.headers()[CACHE_CONTROL]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let etag = answer.headers()["etag"].clone();
    let known = demo
        .client
        .get(demo.at(style))
        .header("if-none-match", etag)
        .send()
        .await
        .unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    // Compressed for whoever takes that; a cache keeps the two apart.
    let asks = demo.client.get(demo.at(style));
    let packed = asks.header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["vary"], "accept-encoding");
    assert_ne!(packed.headers()["etag"], answer.headers()["etag"]);
    let (packed, plain) = (packed.bytes().await.unwrap(), answer.bytes().await.unwrap());
    assert!(packed.len() * 2 < plain.len(), "{}", packed.len());

    // Posts from another site are refused, by either header; our own pass.
    let form = [("number", number.as_str()), ("secret", "short")];
    let from = |name: &str, value: &str| {
        demo.client
            .post(demo.at("/consulta"))
            .header(name, value)
            .typed(&form)
            .send()
    };
    assert_eq!(
        from("origin", "https://elsewhere.example")
            .await
            .unwrap()
            .status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        from("sec-fetch-site", "cross-site").await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        from("sec-fetch-site", "same-site").await.unwrap().status(),
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        from("sec-fetch-site", "same-origin")
            .await
            .unwrap()
            .status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        from("origin", &demo.url).await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn operators_can_see_that_it_lives() {
    let demo = Running::start();
    for path in ["/salud/viva", "/salud/lista"] {
        assert_eq!(
            demo.client
                .get(demo.at(path))
                .send()
                .await
                .unwrap()
                .status(),
            StatusCode::OK,
            "{path}"
        );
    }
    let (number, secret) = demo.petition(reset()).await;
    demo.client
        .get(demo.at(&format!("/api/v1/petitions/{number}")))
        .bearer_auth(&secret)
        .send()
        .await
        .unwrap();
    let metrics = demo
        .client
        .get(demo.at("/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(metrics.contains("clavero_http_requests_total{method=\"POST\",route=\"/api/v1/petitions\",status=\"201\"} 1"), "{metrics}");
    assert!(
        !metrics.contains(&number)
            && !metrics.contains(&secret)
            && !metrics.contains(clavero::fixture::people::CAFE)
    );
}

/// What goes wrong is told to a program in the language it asks for, and says in which; the codes are the same.
#[tokio::test]
async fn programs_are_told_in_the_language_they_ask_for() {
    let demo = Running::start();
    let ask = async |address: &str, accepts: &str, body: &str| {
        let asked = demo.client.post(demo.at(address));
        let asked = asked.header(CONTENT_TYPE, "application/json");
        let asked = asked.header(ACCEPT_LANGUAGE, accepts).body(body.to_owned());
        let answer = asked.send().await.unwrap();
        let spoken = answer.headers()[CONTENT_LANGUAGE]
            .to_str()
            .unwrap()
            .to_owned();
        (spoken, answer.json::<Value>().await.unwrap())
    };
    let all = "/api/v1/petitions";
    let wrong = "{\"ruc\":\"179\",\"action\":\"reset_password\"}";
    for (address, accepts, spoken, title, detail) in [
        (
            all.to_owned(),
            "en",
            "en",
            "Some values need mending.",
            "A RUC has 13 digits, without letters.",
        ),
        (
            format!("{all}?lang=en"),
            "es",
            "en",
            "Some values need mending.",
            "A RUC has 13 digits, without letters.",
        ),
        (
            format!("{all}?lang=es"),
            "en",
            "es",
            "Hay datos que corregir.",
            "El RUC tiene 13 dígitos, sin letras.",
        ),
        (
            all.to_owned(),
            "*",
            "es",
            "Hay datos que corregir.",
            "El RUC tiene 13 dígitos, sin letras.",
        ),
    ] {
        let (language, told) = ask(&address, accepts, wrong).await;
        assert_eq!(
            (language.as_str(), text(&told["code"]).as_str()),
            (spoken, "INVALID"),
            "{told}"
        );
        assert_eq!(text(&told["title"]), title);
        assert_eq!(text(&told["errors"][0]["detail"]), detail);
    }
    let (_, malformed) = ask(all, "en-GB,en;q=0.9", "[]").await;
    assert_eq!(
        text(&malformed["title"]),
        "We did not understand what you sent."
    );

    let issued = demo
        .client
        .post(demo.at(all))
        .json(&reset())
        .send()
        .await
        .unwrap();
    let issued: Value = issued.json().await.unwrap();
    let (number, secret) = (text(&issued["number"]), text(&issued["secret"]));
    let one = demo.at(&format!("{all}/{number}"));
    for (language, step) in [
        (
            "en",
            "Download the form, sign it with your electronic signature and upload it here.",
        ),
        (
            "es",
            "Descargue el formulario, fírmelo con su firma electrónica y súbalo aquí.",
        ),
    ] {
        let status = demo.client.get(format!("{one}?lang={language}"));
        let status = status.bearer_auth(&secret).send().await.unwrap();
        assert_eq!(status.headers()[CONTENT_LANGUAGE], language);
        let status: Value = status.json().await.unwrap();
        assert_eq!(text(&status["next_step"]), step);
    }
    let link = demo
        .client
        .post(format!("{one}/link?lang=en"))
        .bearer_auth(&secret);
    let early: Value = link.send().await.unwrap().json().await.unwrap();
    assert_eq!(text(&early["code"]), "NOT_APPROVED");
    assert_eq!(
        text(&early["title"]),
        "The link is sent when the petition is approved."
    );

    // People are told on a page, in the language that they chose.
    for (language, said) in [
        ("en", "We did not find what you are looking for."),
        ("es", "No encontramos lo que busca."),
    ] {
        let lost = demo.client.get(demo.at(&format!("/nada?lang={language}")));
        let lost = lost.send().await.unwrap();
        assert_eq!(lost.status(), StatusCode::NOT_FOUND);
        let page = lost.text().await.unwrap();
        assert!(page.contains(&format!("<h1>{said}</h1>")), "{page}");
    }
}

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
    // Uploads in pieces are described by tus.
    let router = include_str!("../../src/web/mod.rs");
    let served: Vec<&str> = router
        .split('"')
        .filter(|text| text.starts_with("/api/v1/"))
        .filter(|path| !path.contains("/uploads") && !path.ends_with("/openapi.json"))
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
