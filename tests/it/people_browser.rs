//! The door of the back office and what stands behind it for supervisors, by keyboard alone, at a desk of 1366×768; and what
//! axe-core says about each page. `CLAVERO_TEST_SHOTS` names a folder for pictures of what was seen.

use std::process::Command;

use clavero::fixture::people::CAFE;
use clavero::people::TotpSecret;
use fantoccini::key::Key;

use crate::person::{DESK, Person};
use crate::running::Running;
use crate::served::binary;

/// What the demonstration prints.
const PASSWORD: &str = "clavero de muestra";

/// Types where the cursor is.
pub async fn types(person: &Person, keys: &str) {
    let here = person.client.active_element().await.unwrap();
    here.send_keys(keys).await.unwrap();
}

async fn presses(person: &Person, key: Key) {
    types(person, &char::from(key).to_string()).await;
}

/// Goes on with the tabulator until it stands on what says `text` (or has it as its id), and presses Enter.
pub async fn reaches(person: &Person, text: &str) {
    goes_to(person, text).await;
    presses(person, Key::Enter).await;
}

/// Goes on with the tabulator until it stands on what says `text`, or has it as its id.
pub async fn goes_to(person: &Person, text: &str) {
    // A part of the page that can be scrolled, and behind the last stop the page itself, say all that stands in them.
    let here = "const it = document.activeElement;
        return it.id + '\\n' + (it.matches('section, body, .scroll') ? '' : it.innerText)";
    for _ in 0..120 {
        presses(person, Key::Tab).await;
        let found = person.client.execute(here, vec![]).await.unwrap();
        let found = found.as_str().unwrap_or_default().to_owned();
        if found.lines().any(|line| line.trim() == text) {
            return;
        }
    }
    panic!(
        "«{text}» can't be reached by keyboard:\n{}",
        person.reads().await
    );
}

/// Waits until this heading is there, asks axe, and takes a picture.
async fn arrives(person: &Person, heading: &str, name: &str) {
    let began = std::time::Instant::now();
    loop {
        // The page before may still be going: then it has another heading, or none.
        let found = match person.client.find(fantoccini::Locator::Css("h1")).await {
            Ok(found) => found.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        if found.contains(heading) {
            break;
        }
        assert!(
            began.elapsed() < crate::running::PATIENCE,
            "«{heading}»:\n{}",
            person.reads().await
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    person.sees("h1").await;
    person.finds_no_barrier().await;
    person.leaves_picture(name).await;
}

async fn signs_in(person: &Person, demo: &Running, user: &str, password: &str, code: &str) {
    person.goes_to(&demo.at("/oficina/entrar")).await;
    person.sees("#user").await;
    types(person, user).await;
    presses(person, Key::Tab).await;
    types(person, password).await;
    presses(person, Key::Tab).await;
    types(person, code).await;
    presses(person, Key::Enter).await;
}

#[tokio::test]
async fn supervisors_work_by_keyboard_alone() {
    let demo = Running::start();
    let mut person = Person::sit_down().await;
    person.looks_through(DESK).await;

    person.goes_to(&demo.at("/oficina")).await;
    arrives(&person, "Entrar a la oficina", "entrar").await;
    signs_in(&person, &demo, "supervisora", "no es esta", "").await;
    person.sees("[role=alert]").await;
    person.finds_no_barrier().await;
    signs_in(&person, &demo, "supervisora", PASSWORD, "").await;
    arrives(&person, "Cola", "cola").await;

    // A representative's term, proposed.
    reaches(&person, "Registro").await;
    arrives(&person, "Registro de empleadores", "registro").await;
    goes_to(&person, "ruc").await;
    types(&person, CAFE).await;
    presses(&person, Key::Enter).await;
    arrives(&person, "CAFÉ", "empleador").await;
    goes_to(&person, "state").await;
    // Nothing is chosen yet; active is what it is.
    presses(&person, Key::Down).await;
    presses(&person, Key::Down).await;
    goes_to(&person, "state-reason").await;
    types(&person, "resolución 12 del SRI").await;
    presses(&person, Key::Enter).await;
    arrives(&person, "Propuesta N.º 1", "propuesta").await;
    assert!(!person.reads().await.contains("Confirmar y aplicar"));
    for (menu, heading, name) in [
        ("El día", "de 20", "dia"),
        ("Confianza", "En quién se confía", "confianza"),
        ("Personas", "Personas", "personas"),
    ] {
        reaches(&person, menu).await;
        arrives(&person, heading, name).await;
    }
    reaches(&person, "Sara Supervisora").await;
    arrives(&person, "Mi cuenta", "cuenta").await;
    reaches(&person, "Salir").await;
    arrives(&person, "Entrar a la oficina", "entrar").await;

    // The other one confirms.
    signs_in(&person, &demo, "supervisor", PASSWORD, "").await;
    arrives(&person, "Cola", "cola").await;
    reaches(&person, "Registro").await;
    arrives(&person, "Registro de empleadores", "registro-con-propuesta").await;
    reaches(&person, "N.º 1").await;
    arrives(&person, "Propuesta N.º 1", "propuesta-ajena").await;
    reaches(&person, "Confirmar y aplicar").await;
    let state = async || {
        person
            .sees("[data-state]")
            .await
            .text()
            .await
            .unwrap_or_default()
    };
    let began = std::time::Instant::now();
    while !state().await.contains("aplicada") {
        assert!(
            began.elapsed() < crate::running::PATIENCE,
            "{}",
            person.reads().await
        );
    }
    reaches(&person, "N.º 2").await;
    arrives(&person, "Cambio N.º 2", "version").await;
    person.client.clone().close().await.unwrap();
}

#[tokio::test]
async fn a_new_member_enrols_with_a_second_factor() {
    let demo = Running::start();
    let added = Command::new(binary())
        .args([
            "reviewer",
            "add",
            "nueva",
            "--name",
            "Nuria Nueva",
            "--lang",
            "en",
        ])
        .env_clear()
        .env("CLAVERO_PROFILE", "demo")
        .env("CLAVERO_DATA_DIR", demo.data())
        .env("CLAVERO_OFFICE__SECOND_FACTOR", "true")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&added.stdout).into_owned();
    assert!(added.status.success(), "{added:?}");
    let token = printed
        .split("/oficina/alta/")
        .nth(1)
        .expect("a link")
        .split_whitespace()
        .next()
        .unwrap();

    let mut person = Person::sit_down().await;
    person.looks_through(DESK).await;
    person
        .goes_to(&demo.at(&format!("/oficina/alta/{token}")))
        .await;
    arrives(&person, "Su entrada a la oficina", "alta").await;
    let secret = person.sees("[data-secret]").await.text().await.unwrap();
    let secret = TotpSecret::parse(&secret.replace(' ', "")).unwrap();
    types(&person, "la lluvia de Macas").await;
    presses(&person, Key::Tab).await;
    types(&person, "la lluvia de Macas").await;
    goes_to(&person, "code").await;
    types(&person, &secret.code(jiff::Timestamp::now())).await;
    presses(&person, Key::Enter).await;
    arrives(&person, "Ya puede entrar", "codigos").await;
    let codes = person
        .client
        .find_all(fantoccini::Locator::Css("[data-code]"))
        .await
        .unwrap();
    let code = codes[0].text().await.unwrap();
    // The code of the app was used up a moment ago; a recovery code does not have to wait for the next one.
    signs_in(&person, &demo, "nueva", "la lluvia de Macas", &code).await;
    arrives(&person, "Cola", "cola").await;
    person.client.clone().close().await.unwrap();
}
