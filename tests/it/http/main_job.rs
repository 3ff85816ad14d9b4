//! The main job over HTTP: by API, by pages without script, and with a number alone, which opens nothing.

use clavero::domain::PetitionNumber;
use reqwest::StatusCode;
use reqwest::header::{CACHE_CONTROL, COOKIE, LOCATION, SET_COOKIE};
use serde_json::{Value, json};

use super::problem;
use crate::ground::Ground;
use crate::running::{Running, Typed as _, reset, signed, text};

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
        // A program that shows nothing is asked for something.
        let expected = match why {
            "the number" => StatusCode::UNAUTHORIZED,
            _ => StatusCode::NOT_FOUND,
        };
        assert_eq!(told.status(), expected, "{why}");
        assert_eq!(told_of_nobody.status(), expected, "{why}");
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
    assert!(shown.contains("Quedan 2 envíos en esta hora."), "{shown}");
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
