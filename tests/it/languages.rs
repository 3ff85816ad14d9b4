//! In which language the service answers: pages in Spanish until somebody chooses English, programs as they prefer.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{
    ACCEPT_LANGUAGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, COOKIE,
    LOCATION, SET_COOKIE,
};
use axum::http::{HeaderName, Request, StatusCode};
use serde_json::Value;

use crate::bench::Bench;
use crate::office::{Browser, Office};
use crate::person::{DESK, Person};
use crate::running::{Running, reset, signed, text};

const DEAD: &str = "/clave/Zk3v9QxTb7LmN2pRs5WcYd8HfJ4gA6eU";
const ENGLISH: (HeaderName, &str) = (COOKIE, "lang=en");

/// What an answer is in, whether it leads to the other language, and what it leaves in the browser.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    status: StatusCode,
    language: &'static str,
    link: Option<String>,
    cookie: Option<String>,
}

struct Service(Office);

impl Service {
    async fn new() -> Self {
        Self(Office::on(Bench::new().await, true))
    }

    async fn asked(
        &self,
        method: &str,
        path: &str,
        headers: &[(HeaderName, &str)],
        body: &'static str,
    ) -> (axum::http::response::Parts, String) {
        let address = SocketAddr::new(Browser::new().address, 40_000);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .extension(ConnectInfo(address));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let (parts, bytes) = self.0.answer_to(request).await;
        (parts, String::from_utf8(bytes).unwrap())
    }

    async fn page(&self, method: &str, path: &str, headers: &[(HeaderName, &str)]) -> Said {
        let form = (CONTENT_TYPE, "application/x-www-form-urlencoded");
        let headers = [headers, &[form]].concat();
        let (parts, html) = self.asked(method, path, &headers, "ruc=12&number=x").await;
        // Nothing in a language may be kept for whoever comes next.
        assert_eq!(parts.headers[CACHE_CONTROL], "no-store", "{path}");
        let language = if html.contains("<html lang=\"es-EC\">") {
            "es"
        } else if html.contains("<html lang=\"en\">") {
            "en"
        } else {
            ""
        };
        let link = html.split_once("<a class=\"tongue").map(|(_, link)| {
            let (tag, _) = link.split_once("</a>").unwrap();
            let other = if language == "es" {
                "lang=\"en\" hreflang=\"en\">English"
            } else {
                "lang=\"es\" hreflang=\"es\">Español"
            };
            assert!(tag.ends_with(other), "{tag}");
            let href = tag.split_once("href=\"").unwrap().1;
            href.split_once('"').unwrap().0.replace("&#38;", "&")
        });
        assert!(!html.contains(&DEAD[7..]), "no token is repeated: {path}");
        Said {
            status: parts.status,
            language,
            link,
            cookie: parts
                .headers
                .get(SET_COOKIE)
                .map(|cookie| cookie.to_str().unwrap().to_owned()),
        }
    }
}

#[tokio::test]
async fn a_page_is_in_spanish_until_somebody_chooses_english() {
    let service = Service::new().await;
    let prefers = (ACCEPT_LANGUAGE, "en-US,en;q=0.9");
    let (ok, wrong) = (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY);
    let cookie = |language: &str| {
        format!("lang={language}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure")
    };
    let vectors = [
        // A browser's preference was set by nobody who reads.
        ("GET", "/", Some(&prefers), ok, "es", Some("?lang=en"), None),
        (
            "GET",
            "/?lang=en",
            None,
            ok,
            "en",
            Some("?lang=es"),
            Some("en"),
        ),
        ("GET", "/", Some(&ENGLISH), ok, "en", Some("?lang=es"), None),
        (
            "GET",
            "/?lang=es",
            Some(&ENGLISH),
            ok,
            "es",
            Some("?lang=en"),
            Some("es"),
        ),
        (
            "GET",
            "/?lang=fr",
            Some(&ENGLISH),
            ok,
            "en",
            Some("?lang=es"),
            None,
        ),
        (
            "GET",
            "/solicitud?action=change_email&lang=en",
            None,
            ok,
            "en",
            Some("?action=change_email&lang=es"),
            Some("en"),
        ),
        (
            "GET",
            "/consulta?number=x&secret=y",
            None,
            ok,
            "es",
            Some("?number=x&lang=en"),
            None,
        ),
        (
            "GET",
            "/documento",
            Some(&ENGLISH),
            ok,
            "en",
            Some("?lang=es"),
            None,
        ),
        (
            "GET",
            "/datos-personales",
            Some(&ENGLISH),
            ok,
            "en",
            Some("?lang=es"),
            None,
        ),
        // What came of sending a form is there once: no link leads away from it.
        ("POST", "/solicitud", None, wrong, "es", None, None),
        (
            "POST",
            "/solicitud",
            Some(&ENGLISH),
            wrong,
            "en",
            None,
            None,
        ),
        ("POST", "/consulta", Some(&ENGLISH), wrong, "en", None, None),
        // What goes wrong, too; and a token stays where it was.
        (
            "GET",
            "/nada",
            Some(&ENGLISH),
            StatusCode::NOT_FOUND,
            "en",
            Some("?lang=es"),
            None,
        ),
        (
            "GET",
            DEAD,
            Some(&ENGLISH),
            StatusCode::GONE,
            "en",
            Some("?lang=es"),
            None,
        ),
        (
            "POST",
            DEAD,
            Some(&ENGLISH),
            StatusCode::GONE,
            "en",
            None,
            None,
        ),
        // The office speaks Spanish.
        (
            "GET",
            "/oficina/entrar",
            Some(&ENGLISH),
            ok,
            "es",
            None,
            None,
        ),
        ("GET", "/oficina/entrar?lang=en", None, ok, "es", None, None),
    ];
    for (method, path, header, status, language, link, kept) in vectors {
        let headers: Vec<_> = header.into_iter().cloned().collect();
        let said = service.page(method, path, &headers).await;
        let expected = Said {
            status,
            language,
            link: link.map(str::to_owned),
            cookie: kept.map(cookie),
        };
        assert_eq!(said, expected, "{method} {path} {headers:?}");
    }

    // A choice on the way to another page is kept as well.
    let (parts, _) = service
        .asked("GET", "/solicitud/CLV-2026-000123-X?lang=en", &[], "")
        .await;
    assert_eq!(parts.status, StatusCode::SEE_OTHER);
    assert_eq!(
        parts.headers[LOCATION],
        "/consulta?number=CLV-2026-000123-X"
    );
    assert_eq!(parts.headers[SET_COOKIE], cookie("en"));
}

#[tokio::test]
async fn a_program_is_answered_as_it_asks() {
    let service = Service::new().await;
    let json = (CONTENT_TYPE, "application/json");
    let body = r#"{"ruc":"1790012345001","action":"reset_password"}"#;
    let (_, issued) = service
        .asked("POST", "/api/v1/petitions", &[json], body)
        .await;
    let issued: Value = serde_json::from_str(&issued).unwrap();
    let number = issued["number"].as_str().unwrap();
    let bearer = format!("Bearer {}", issued["secret"].as_str().unwrap());
    let path = format!("/api/v1/petitions/{number}");
    for (query, header, english) in [
        ("", None, false),
        ("", Some((ACCEPT_LANGUAGE, "en")), true),
        ("", Some((ACCEPT_LANGUAGE, "es-EC")), false),
        ("", Some((ACCEPT_LANGUAGE, "es, en;q=0.9")), false),
        ("?lang=es", Some((ACCEPT_LANGUAGE, "en")), false),
        ("?lang=en", Some((ACCEPT_LANGUAGE, "es")), true),
        // What a person chose on pages is not for programs.
        ("", Some(ENGLISH), false),
    ] {
        let mut headers = vec![(AUTHORIZATION, bearer.as_str())];
        headers.extend(header);
        let (parts, told) = service
            .asked("GET", &format!("{path}{query}"), &headers, "")
            .await;
        assert_eq!(parts.headers[CACHE_CONTROL], "no-store");
        assert!(!parts.headers.contains_key(SET_COOKIE));
        let told: Value = serde_json::from_str(&told).unwrap();
        let next = told["next_step"].as_str().unwrap();
        assert_eq!(
            next.starts_with("Download"),
            english,
            "{query} {headers:?}: {next}"
        );
    }
}

/// Somebody reads English: chosen once on the page of a petition, kept by whatever the page and its script do.
#[tokio::test]
async fn who_chooses_english_stays_in_it() {
    let demo = Running::start();
    let (number, secret) = demo.petition(reset()).await;
    let form = demo.form(&number, &secret).await;
    let mut person = Person::sit_down().await;
    person.looks_through(DESK).await;
    person.goes_to(&demo.at("/consulta")).await;
    person.types("#number", &number).await;
    person.types("#secret", &secret).await;
    person.clicks("form button[type=submit]").await;
    person.sees("h1[data-state=issued]").await;
    person.clicks("a.tongue[lang=en]").await;
    let spoken = async |person: &Person| {
        let language = "return document.documentElement.lang";
        let language = person.client.execute(language, vec![]).await.unwrap();
        assert_eq!(language, "en");
        person.finds_no_barrier().await;
    };
    person
        .reads_soon("Your petition is ready to be signed")
        .await;
    spoken(&person).await;

    // What the script says is the page's, and what the service answers it too.
    person.uploads("empty.pdf", b"").await;
    person.reads_soon("The file is empty (0 bytes).").await;
    person.uploads("unsigned.pdf", &form).await;
    person.reads_soon("We could not accept the document").await;
    spoken(&person).await;
    person.uploads("signed.pdf", &signed(&form, "lucia")).await;
    person.reads_soon("Your petition was approved").await;
    spoken(&person).await;

    // The link of the mail says nothing of a language; the browser does.
    let link = demo.link_of(&number).await;
    assert!(!link.contains("lang="), "{link}");
    person.goes_to(&link).await;
    person.reads_soon("Create the new password").await;
    person.types("#password", "abcd").await;
    person.types("#password_again", "abce").await;
    person
        .clicks("form[data-password] button[type=submit]")
        .await;
    person.reads_soon("The two passwords differ.").await;
    spoken(&person).await;
    person.lets_scripts_run(false).await;
    person.goes_to(&link).await;
    person.types("#password", "abcd").await;
    person.types("#password_again", "abcd").await;
    person
        .clicks("form[data-password] button[type=submit]")
        .await;
    person
        .reads_soon("The password does not meet the security rules")
        .await;
    spoken(&person).await;

    // And back.
    person.goes_to(&demo.url).await;
    person.clicks("a.tongue[lang=es]").await;
    person.reads_soon("Recupere la clave de empleador").await;
    person.client.clone().close().await.unwrap();
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
