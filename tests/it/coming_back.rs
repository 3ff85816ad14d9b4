//! Whoever comes back: from a mail to the page of a petition, in the browser that holds its code or in another one; with a number
//! typed as people type; from a link that is dead; and what the pages tell before it is too late to do it otherwise.

use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::person::Person;
use crate::resumable::five_megabytes;
use crate::review::JOINT;
use crate::running::{Running, Typed, reset, signed, text};

fn header(headers: &HeaderMap, name: &reqwest::header::HeaderName) -> String {
    let value = headers.get(name).expect("the header is there");
    value.to_str().unwrap().to_owned()
}

fn location(answer: &Response) -> String {
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    header(answer.headers(), &LOCATION)
}

async fn html(demo: &Running, path: &str) -> String {
    let answer = demo.client.get(demo.at(path)).send().await.unwrap();
    answer.text().await.unwrap()
}

/// A petition whose form was signed by `who` and decided.
async fn decided(demo: &Running, asked: Value, who: &str) -> (String, String) {
    let (number, secret) = demo.petition(asked).await;
    let body = signed(&demo.form(&number, &secret).await, who);
    let path = format!("/api/v1/petitions/{number}/document");
    let sent = demo.client.post(demo.at(&path)).body(body).send().await;
    assert_eq!(sent.unwrap().status(), StatusCode::ACCEPTED);
    demo.decided(&number, &secret).await;
    (number, secret)
}

/// The page of a petition as the browser sees it that holds its code.
async fn own_page(demo: &Running, number: &str, secret: &str) -> String {
    let page = demo.client.get(demo.at(&format!("/solicitud/{number}")));
    let page = page.header(COOKIE, format!("recibo={secret}")).send();
    page.await.unwrap().text().await.unwrap()
}

/// A mail is another site: a browser does not send it what belongs to ours (SameSite=Strict), so the page that a mail leads to can't
/// know whether the code is there. It offers a link of our own, which it is sent to.
#[tokio::test]
async fn the_browser_that_holds_the_code_is_not_asked_for_it() {
    let demo = Running::start();
    let fields = [
        ("ruc", clavero::fixture::people::CAFE),
        ("action", "reset_password"),
    ];
    let asked = demo.client.post(demo.at("/solicitud")).typed(&fields);
    let asked = asked.send().await.unwrap();
    let page = location(&asked);
    let number = page.strip_prefix("/solicitud/").unwrap().to_owned();
    let cookie = header(asked.headers(), &SET_COOKIE);
    for part in [
        format!("Path=/solicitud/{number};"),
        "HttpOnly".to_owned(),
        "SameSite=Strict".to_owned(),
    ] {
        assert!(cookie.contains(&part), "{cookie}");
    }
    // Longer than the number itself: somebody may have to look at it, and the mail says so days later.
    let age = cookie
        .split("Max-Age=")
        .nth(1)
        .expect("it outlives its window");
    let age: u64 = age.split(';').next().unwrap().parse().unwrap();
    assert!(age > 7 * 86_400, "{cookie}");
    let secret = cookie.split(['=', ';']).nth(1).unwrap().to_owned();

    let from_mail = html(&demo, &format!("/consulta?number={number}")).await;
    let kept = format!("/solicitud/{number}?guardado=si");
    let offer = from_mail
        .find(&format!(r#"href="{kept}""#))
        .expect("an offer");
    assert!(
        offer < from_mail.find(r#"id="secret""#).unwrap(),
        "it stands first"
    );
    assert!(!from_mail.contains("no cuesta nada y la anterior caduca sola.</p>"));
    assert!(
        from_mail.contains("Si una persona la revisa o ya la revisó"),
        "{from_mail}"
    );
    // Without a number, or with none, there is nothing to be opened.
    for nothing in ["/consulta", "/consulta?number=CLV-2026-000123-Y"] {
        assert!(
            !html(&demo, nothing).await.contains("guardado=si"),
            "{nothing}"
        );
    }

    let opens = |cookie: Option<String>| {
        let asks = demo.client.get(demo.at(&kept));
        let asks = match cookie {
            Some(cookie) => asks.header(COOKIE, cookie),
            None => asks,
        };
        asks.send()
    };
    let opened = opens(Some(format!("recibo={secret}"))).await.unwrap();
    assert_eq!(location(&opened), page);
    let elsewhere = opens(None).await.unwrap();
    let told = location(&elsewhere);
    assert_eq!(told, format!("/consulta?number={number}&guardado=no"));
    let told = html(&demo, &told).await;
    assert!(
        told.contains("Este navegador no guardó el código") && told.contains("cookies"),
        "{told}"
    );
    assert!(!told.contains("guardado=si"), "{told}");
    let english = format!("{}&lang=en", location(&elsewhere));
    let told = html(&demo, &english).await;
    assert!(
        told.contains("This browser did not keep the code") && told.contains("cookies"),
        "{told}"
    );

    // Whoever used a computer of others leaves nothing there.
    let own = own_page(&demo, &number, &secret).await;
    let forget = format!("{page}/olvidar");
    assert!(own.contains(&format!(r#"action="{forget}""#)), "{own}");
    let forgotten = demo.client.post(demo.at(&forget));
    let forgotten = forgotten.header(COOKIE, format!("recibo={secret}")).send();
    let forgotten = forgotten.await.unwrap();
    let cookie = header(forgotten.headers(), &SET_COOKIE);
    assert!(
        cookie.starts_with("recibo=; ") && cookie.contains("Max-Age=0"),
        "{cookie}"
    );
    assert!(
        cookie.contains(&format!("Path=/solicitud/{number};")),
        "{cookie}"
    );
    let told = html(&demo, &location(&forgotten)).await;
    assert!(told.contains("Este navegador olvidó el código"), "{told}");
}

/// As a browser does it: the mail is opened on another site, and what it leads to needs one click.
#[tokio::test]
async fn a_person_comes_from_her_mail_without_typing() {
    let demo = Running::start();
    let person = Person::sit_down().await;
    person.goes_to(&demo.at("/solicitud")).await;
    person.types("#ruc", clavero::fixture::people::CAFE).await;
    person.clicks("form button[type=submit]").await;
    person.sees("h1[data-state=issued]").await;
    let number = person.sees("[data-number]").await.text().await.unwrap();
    person.finds_no_barrier().await;

    let mail = format!(
        "data:text/html,<meta name=viewport content=width=device-width><a href='{}'>mail</a>",
        demo.at(&format!("/consulta?number={number}"))
    );
    person.goes_to(&mail).await;
    person.clicks("a").await;
    person.sees("#secret").await;
    person.finds_no_barrier().await;
    person.clicks("a[href$='guardado=si']").await;
    person.sees("h1[data-state=issued]").await;
    let address = person.client.current_url().await.unwrap();
    assert_eq!(address.query(), None, "{address}");

    person.clicks("[data-forget] button").await;
    person.sees("#secret").await;
    person
        .goes_to(&demo.at(&format!("/solicitud/{number}")))
        .await;
    person.sees("#secret").await;

    // On the narrowest telephone no page is wider than its window.
    let mut person = person;
    person.looks_through((320, 640)).await;
    for path in [
        "/",
        "/solicitud",
        "/consulta",
        "/documento",
        "/datos-personales",
    ] {
        person.goes_to(&demo.at(path)).await;
        person.sees("h1").await;
        let width = "return document.documentElement.scrollWidth";
        let width = person.client.execute(width, vec![]).await.unwrap();
        assert_eq!(width, json!(320), "{path}");
    }
    person.client.clone().close().await.unwrap();
}

#[tokio::test]
async fn a_number_is_read_as_people_write_it() {
    let demo = Running::start();
    let (number, secret) = demo.petition(reset()).await;
    let spaced = number.to_lowercase().replace('-', " ");
    let bare = number.replace('-', "");
    let both = format!("{spaced} {secret}");
    for (typed, with) in [
        (spaced.as_str(), secret.as_str()),
        (&bare, &secret),
        (&both, ""),
        ("", &both),
    ] {
        let fields = [("number", typed), ("secret", with)];
        let asked = demo.client.post(demo.at("/consulta")).typed(&fields);
        let opened = asked.send().await.unwrap();
        assert_eq!(opened.status(), StatusCode::SEE_OTHER, "{typed} | {with}");
        assert_eq!(location(&opened), format!("/solicitud/{number}"));
    }
}

/// What is dead leads back to where another one is asked for, and the mail names that page too.
#[tokio::test]
async fn a_dead_link_leads_to_the_petition_that_it_was_for() {
    let demo = Running::start();
    let (number, _) = decided(&demo, reset(), "lucia").await;
    let link = demo.link_of(&number).await;
    let mails = html(&demo, "/demo/mailbox.json").await;
    let mails: Vec<Value> = serde_json::from_str(&mails).unwrap();
    let back = format!("/consulta?number={number}");
    let mail = mails.iter().find(|mail| mail["links"][0] == link.as_str());
    let said = text(&mail.unwrap()["text"]);
    assert!(said.contains(&demo.at(&back)), "{said}");

    let path = &link[demo.url.len()..];
    let alive = html(&demo, path).await;
    assert!(alive.contains(&format!(r#"href="{back}""#)), "{alive}");
    let key = [("password", "Tr3s*Gatos")];
    let set = demo.client.post(&link).typed(&key).send().await.unwrap();
    assert_eq!(set.status(), StatusCode::OK);
    let dead = html(&demo, path).await;
    assert!(dead.contains(&format!(r#"href="{back}""#)), "{dead}");
    // What never was one teaches nothing.
    let unknown = html(&demo, &format!("/clave/{}", "A".repeat(32))).await;
    assert!(unknown.contains(r#"href="/consulta""#), "{unknown}");
}

/// A mistyped address is seen before anything is signed; the wait behind it is known before too.
#[tokio::test]
async fn an_address_is_shown_in_full_and_its_wait_is_told_in_time() {
    let hold = ("CLAVERO_EMAIL__HOLD_SECONDS", "86400");
    let demo = Running::start_with(&[hold]);
    let choice = html(&demo, "/solicitud").await;
    assert!(choice.contains("24 horas"), "the wait stands at the choice");
    let asked = json!({
        "ruc": clavero::fixture::people::CAFE, "action": "change_email", "new_email": "nomina@cafe-ficticoi.ec"
    });
    let (number, secret) = demo.petition(asked.clone()).await;
    let page = own_page(&demo, &number, &secret).await;
    assert!(page.contains("nomina@cafe-ficticoi.ec"), "{page}");

    let (number, secret) = decided(&demo, asked, "lucia").await;
    let link = demo.link("correo").await;
    let page = own_page(&demo, &number, &secret).await;
    for part in [
        "nomina@cafe-ficticoi.ec",
        "¿La dirección está mal o no llega?",
        r#"href="/solicitud?action=change_email""#,
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let confirmed = demo.client.post(&link).send().await.unwrap();
    let confirmed = confirmed.text().await.unwrap();
    let finished = own_page(&demo, &number, &secret).await;
    for (part, what) in [(&confirmed, "confirmed"), (&finished, "finished")] {
        assert!(part.contains("desde el "), "{what}: {part}");
        let way = r#"href="/solicitud?action=reset_password""#;
        assert!(
            part.contains(way) && part.contains("Pedir la clave"),
            "{what}: {part}"
        );
    }
}

/// While the second signature is missing there is one thing to do, and nobody to wait for.
#[tokio::test]
async fn a_missing_signature_is_no_wait_for_a_person() {
    let demo = Running::start();
    let asked = json!({ "ruc": JOINT, "action": "reset_password" });
    let (number, secret) = decided(&demo, asked, "jorge").await;
    let page = own_page(&demo, &number, &secret).await;
    assert!(page.contains("Falta una firma"), "{page}");
    assert!(
        page.contains("En cuanto la suba se decide en segundos"),
        "{page}"
    );
    assert!(
        !page.contains("Una persona revisará su solicitud</h1>"),
        "{page}"
    );
    assert!(!page.contains("Por qué la revisa una persona"), "{page}");
}

/// Another person can't answer to what nobody said.
#[tokio::test]
async fn an_appeal_without_a_word_is_not_sent() {
    let demo = Running::start();
    let (number, secret) = decided(&demo, reset(), "rosa").await;
    let page = own_page(&demo, &number, &secret).await;
    let field = page.split(r#"id="apelacion""#).nth(1).expect("the field");
    assert!(
        field.split('>').next().unwrap().contains(" required"),
        "{field}"
    );
    let appeals = |why: &'static str| {
        let address = demo.at(&format!("/solicitud/{number}/apelar"));
        let sent = demo.client.post(address).typed(&[("why", why)]);
        sent.header(COOKIE, format!("recibo={secret}")).send()
    };
    let place = location(&appeals(" \n ").await.unwrap());
    assert!(place.ends_with("?aviso=sin_motivo"), "{place}");
    assert_eq!(demo.decided(&number, &secret).await["state"], "refused");
    let place = location(&appeals("Sigo en funciones").await.unwrap());
    assert!(place.ends_with("?aviso=apelada"), "{place}");
}

/// What the service says is told as it says it, at once: nobody looks for a better signal while a disk is full.
#[tokio::test]
async fn an_upload_that_finds_no_room_is_told_so_at_once() {
    let demo = Running::start_with(&[("CLAVERO_LIMITS__FREE_BYTES", "1000000000000000")]);
    let person = Person::sit_down().await;
    person.goes_to(&demo.at("/documento")).await;
    person.uploads("carta.pdf", &five_megabytes()).await;
    person
        .reads_soon("Por ahora no podemos recibir documentos")
        .await;
    let read = person.reads().await;
    assert!(!read.contains("Se perdió la conexión"), "{read}");
    assert!(!read.contains("Ya avisamos"), "{read}");
    person.finds_no_barrier().await;
    person.client.clone().close().await.unwrap();
}
