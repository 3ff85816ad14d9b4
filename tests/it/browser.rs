//! The main job as a person does it, in headless Chromium (see `person`): on a telephone and at a desk, with script and without,
//! every page on the way without a barrier.

use fantoccini::Locator;

use crate::person::{DESK, PHONE, Person};
use crate::running::{Running, signed};

const PASSWORD: &str = "Tr3s*Gatos";

#[tokio::test]
async fn a_company_gets_its_key_back() {
    let demo = Running::start();
    let mut person = Person::sit_down().await;
    for (window, script) in [(PHONE, true), (DESK, true), (PHONE, false), (DESK, false)] {
        person.looks_through(window).await;
        person.lets_scripts_run(script).await;
        gets_its_key_back(&demo, &person, script).await;
    }
    person.client.clone().close().await.unwrap();
}

/// S01, S22, S25 and S26 as they are seen.
async fn gets_its_key_back(demo: &Running, person: &Person, script: bool) {
    // A new petition; a typing error first.
    person.goes_to(&demo.url).await;
    person.finds_no_barrier().await;
    person.clicks("a[href='/solicitud']").await;
    person.finds_no_barrier().await;
    person.types("#ruc", "299000").await;
    person.clicks("button[type=submit]").await;
    assert_eq!(
        person.sees("#ruc-error").await.text().await.unwrap(),
        "El RUC tiene 13 dígitos, sin letras."
    );
    person.finds_no_barrier().await;
    assert!(
        !person
            .sees("#new_email")
            .await
            .is_displayed()
            .await
            .unwrap(),
        "not asked for a new key"
    );
    person.types("#ruc", clavero::fixture::people::CAFE).await;
    person.clicks("button[type=submit]").await;

    // The form, signed at home.
    person.sees("h1[data-state=issued]").await;
    person.finds_no_barrier().await;
    let number = person.sees("[data-number]").await.text().await.unwrap();
    let address = person.client.current_url().await.unwrap();
    assert_eq!(
        address.path(),
        format!("/solicitud/{number}"),
        "the secret is not in the address"
    );
    person.clicks("a[href$='formulario.pdf']").await;
    let form = person.downloaded(&format!("{number}.pdf")).await;

    // First by mistake the unsigned one, then the signed one.
    person.uploads("sin-firma.pdf", &form).await;
    person.sees("h1[data-state=refused]").await;
    person.sees("[data-code=UNSIGNED]").await;
    person.finds_no_barrier().await;
    person.uploads("firmada.pdf", &signed(&form, "lucia")).await;
    person.sees("h1[data-state=approved]").await;
    person.finds_no_barrier().await;
    assert_eq!(
        person
            .client
            .find_all(Locator::Css(".checks .yes"))
            .await
            .unwrap()
            .len(),
        // All but the timestamp, which need not be there.
        9,
        "{}",
        person.reads().await
    );

    // The link, from the mailbox.
    let link = demo.link_of(&number).await;
    person.goes_to(&demo.at("/demo/mailbox")).await;
    person.finds_no_barrier().await;
    let path = &link[link.find("/clave/").unwrap()..];
    person.clicks(&format!("article a[href='{path}']")).await;
    person.sees("[data-seconds] b").await;
    person.finds_no_barrier().await;

    // A bad password is answered rule by rule: while typing, where there is script, and after sending.
    person.types("#password", "abcd").await;
    if script {
        for (rule, met) in [("lowercase", Some("met")), ("sequence", Some("unmet"))] {
            let line = person.sees(&format!("[data-rule={rule}]")).await;
            assert_eq!(line.attr("class").await.unwrap().as_deref(), met, "{rule}");
        }
    }
    person.types("#password_again", "abcd").await;
    person
        .clicks("form[data-password] button[type=submit]")
        .await;
    for rule in ["length", "uppercase", "digit", "special", "sequence"] {
        person.sees(&format!("[data-failed={rule}]")).await;
    }
    person.finds_no_barrier().await;
    person.types("#password", PASSWORD).await;
    person.types("#password_again", PASSWORD).await;
    person
        .clicks("form[data-password] button[type=submit]")
        .await;
    person.sees(".card.ok").await;
    assert!(
        person
            .reads()
            .await
            .contains("La clave nueva está guardada")
    );
    person.finds_no_barrier().await;

    // The link is dead, the petition is done.
    person.goes_to(&link).await;
    person.sees("[data-code=LINK_EXPIRED]").await;
    person.finds_no_barrier().await;
    person.goes_to(address.as_str()).await;
    person.sees("h1[data-state=completed]").await;
    person.finds_no_barrier().await;
}

/// The pages that stand beside the main job.
#[tokio::test]
async fn no_page_has_a_barrier() {
    let demo = Running::start();
    let mut person = Person::sit_down().await;
    for window in [PHONE, DESK] {
        person.looks_through(window).await;
        for path in [
            "/documento",
            "/consulta",
            "/solicitud?action=change_email",
            "/demo",
            "/nada",
        ] {
            person.goes_to(&demo.at(path)).await;
            person.sees("h1").await;
            person.finds_no_barrier().await;
        }
    }
    person.client.clone().close().await.unwrap();
}
