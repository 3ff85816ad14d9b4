//! The main job as a person does it, in headless Chromium (see `person`): on a telephone and at a desk, with script and without,
//! every page on the way without a barrier.

use fantoccini::Locator;

use crate::day::Remains;
use crate::person::{DESK, PHONE, Person};
use crate::resumable::five_megabytes;
use crate::running::{Running, reset, signed};
use crate::slow_line::{Line, SlowLine};

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

/// S20 as it is seen: the line breaks and mends by itself; the tab is closed and another one goes on where it was.
#[tokio::test]
async fn s20_an_upload_survives_its_line_its_tab_and_its_browser() {
    let demo = Running::start();
    let line = SlowLine::to(&demo.url, 4_000_000);
    let mut person = Person::sit_down().await;
    let file = five_megabytes();
    let address = format!("{}/documento", line.url);
    person.goes_to(&address).await;
    person.keeps("carta.pdf", &file);

    // The line breaks at three of five megabytes: the page says how much is kept, and goes on when the line is back.
    line.after(3_000_000, Line::Broken);
    person.uploads("carta.pdf", &file).await;
    line.failed().await;
    // Five pieces were answered; what came of the sixth is learned when the line is back.
    person.reads_soon("Se guardó el 52 %").await;
    person.finds_no_barrier().await;
    // The tab is closed; another one is opened once there is a line.
    person.loses_her_tab().await;
    line.mend();
    let before = line.carried();
    person.goes_to(&address).await;
    line.after(1_000_000, Line::Silent);
    person.uploads("carta.pdf", &file).await;
    line.failed().await;
    let shown = "return document.querySelector('form[data-upload] progress').value";
    let percent = person.client.execute(shown, vec![]).await.unwrap();
    assert!(percent.as_u64() >= Some(59), "it went on: {percent} %");

    // The browser is killed in the middle of a piece; another one, and the line stays.
    person.loses_her_browser("/api/v1/uploads/").await;
    line.mend();
    person.goes_to(&address).await;
    person.uploads("carta.pdf", &file).await;
    person.sees("h1[data-state=refused]").await;
    let shown = person.sees(".hash").await.text().await.unwrap();
    assert_eq!(shown, clavero::domain::Sha256::of(&file).to_string());
    // Both together sent little more than what was missing.
    assert!(line.carried() - before < 3_000_000, "{before}");

    // On paper it is a receipt: what it says, and nothing to click.
    let media = serde_json::json!({ "media": "print" });
    person.tells("Emulation.setEmulatedMedia", media).await;
    for (css, printed) in [
        (".hash", true),
        (".number", true),
        (".checks", true),
        ("form", false),
        ("[data-print]", false),
    ] {
        for part in person.client.find_all(Locator::Css(css)).await.unwrap() {
            assert_eq!(part.is_displayed().await.unwrap(), printed, "{css}");
        }
    }
    person.client.clone().close().await.unwrap();
}

/// Whoever comes out of a tunnel need not wait out a clock: the device says that its line is back.
#[tokio::test]
async fn an_upload_goes_on_as_soon_as_the_device_has_its_line_back() {
    let demo = Running::start();
    let line = SlowLine::to(&demo.url, 1_500_000);
    let person = Person::sit_down().await;
    person.goes_to(&format!("{}/documento", line.url)).await;
    // Clocks of the script between a second and a minute never ring: nothing but the line is left to go on by.
    let deaf = "const real = window.setTimeout; window.setTimeout = (told, after, ...with_) => \
        after >= 1000 && after < 60000 ? 0 : real(told, after, ...with_);";
    person.client.execute(deaf, vec![]).await.unwrap();
    person.uploads("carta.pdf", &five_megabytes()).await;
    let online = async |is: bool| {
        let (latency, rate) = (0, if is { -1 } else { 0 });
        let conditions = serde_json::json!({
            "offline": !is, "latency": latency, "downloadThroughput": rate, "uploadThroughput": rate
        });
        person
            .tells("Network.emulateNetworkConditions", conditions)
            .await;
    };
    person.tells("Network.enable", serde_json::json!({})).await;
    person.reads_soon("Subiendo").await;
    online(false).await;
    person.reads_soon("continuamos en cuanto haya señal").await;
    online(true).await;
    person.sees("h1[data-state=refused]").await;
    person.client.clone().close().await.unwrap();
}

/// The status page looks again by itself, also after the line was away, and shows the decision without being loaded anew.
#[tokio::test]
async fn the_status_page_goes_on_by_itself_when_the_line_is_back() {
    let demo = Running::start();
    let line = SlowLine::to(&demo.url, 4_000_000);
    let mut jobs = Remains::open(&format!(
        "sqlite://{}",
        demo.data().join("clavero.sqlite").display()
    ))
    .await;
    // Documents wait until the test says so.
    jobs.change(
        "create trigger later after insert on jobs begin update jobs set due_ms = 4102444800000; end",
    )
    .await;
    let (number, secret) = demo.petition(reset()).await;
    let file = signed(&demo.form(&number, &secret).await, "lucia");
    let path = format!("/api/v1/petitions/{number}/document");
    let sent = demo.client.post(demo.at(&path)).body(file).send().await;
    assert_eq!(sent.unwrap().status(), 202);

    let person = Person::sit_down().await;
    person.goes_to(&format!("{}/consulta", line.url)).await;
    person.types("#number", &number).await;
    person.types("#secret", &secret).await;
    person.clicks("form button[type=submit]").await;
    person.sees("h1[data-state=received]").await;
    person.sees("[data-refresh]").await;
    person.finds_no_barrier().await;
    let marked = "document.documentElement.dataset.mark = 'seen'";
    person.client.execute(marked, vec![]).await.unwrap();

    // The next look of the page finds no line, and meanwhile it is decided.
    line.after(0, Line::Broken);
    line.failed().await;
    jobs.change("drop trigger later").await;
    jobs.change("update jobs set due_ms = 0").await;
    demo.decided(&number, &secret).await;
    person.sees("h1[data-state=received]").await;
    line.mend();
    person.sees("h1[data-state=approved]").await;
    let page = "const head = document.querySelector('main h1'); return [document.documentElement.dataset.mark, \
                document.title.includes(head.textContent), document.activeElement === head]";
    let page = person.client.execute(page, vec![]).await.unwrap();
    assert_eq!(page, serde_json::json!(["seen", true, true]));
    person.finds_no_barrier().await;
    person.client.clone().close().await.unwrap();
}

/// A rush, as it is seen: with script the page works for some seconds and goes on by itself, without it says when to come back.
#[tokio::test]
async fn in_a_rush_the_browser_works_for_its_petition() {
    let demo = Running::start_with(&[
        ("CLAVERO_LIMITS__PETITIONS_PER_RUC_HOUR", "1"),
        ("CLAVERO_LIMITS__WORK_COST", "10"),
    ]);
    let mut person = Person::sit_down().await;
    let asks = async |person: &Person| {
        person.goes_to(&demo.at("/solicitud")).await;
        person.types("#ruc", clavero::fixture::people::CAFE).await;
        person.clicks("form button[type=submit]").await;
    };
    for _ in 0..3 {
        asks(&person).await;
        person.sees("h1[data-state=issued]").await;
    }
    person.lets_scripts_run(false).await;
    asks(&person).await;
    let answered = person.sees("h1[data-state=issued], [data-working]").await;
    if answered.attr("data-working").await.unwrap().is_none() {
        // An hour has just ended, and its budget with it: this was the one of the next.
        asks(&person).await;
        person.sees("[data-working]").await;
    }
    assert!(person.reads().await.contains("Espere un minuto"));
    person.finds_no_barrier().await;
    person.client.clone().close().await.unwrap();
}

/// Of two clicks, or a key held down, the first one sends; whoever comes back to the page may send again.
#[tokio::test]
async fn a_second_click_sends_nothing() {
    let demo = Running::start();
    let person = Person::sit_down().await;
    person.goes_to(&demo.at("/solicitud")).await;
    person.sends_once().await;
    person.client.clone().close().await.unwrap();
}

/// S25 as it is seen.
#[tokio::test]
async fn s25_of_two_tabs_one_sets_the_password() {
    let demo = Running::start();
    let (number, secret) = demo.petition(reset()).await;
    let file = signed(&demo.form(&number, &secret).await, "lucia");
    let path = format!("/api/v1/petitions/{number}/document");
    let sent = demo.client.post(demo.at(&path)).body(file).send().await;
    assert_eq!(sent.unwrap().status(), 202);
    demo.decided(&number, &secret).await;
    let link = demo.link_of(&number).await;
    let mut person = Person::sit_down().await;
    person.goes_to(&link).await;
    let first = person.client.window().await.unwrap();
    let second = person.opens_a_tab().await;
    person.goes_to(&link).await;
    for (tab, seen) in [(second, ".card.ok"), (first, "[data-code=LINK_EXPIRED]")] {
        person.client.switch_to_window(tab).await.unwrap();
        person.types("#password", PASSWORD).await;
        person.types("#password_again", PASSWORD).await;
        person
            .clicks("form[data-password] button[type=submit]")
            .await;
        person.sees(seen).await;
    }
    person.client.clone().close().await.unwrap();
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
            "/datos-personales",
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
