//! A new address that was rather mistyped is asked about once, before anybody signs for it.

use axum::http::StatusCode;
use clavero::domain::Token;
use clavero::fixture::people::CAFE;

use crate::bench::Bench;
use crate::office::{Answer, Browser, Office};

/// Sends the form of a new petition with this address, and more fields behind it.
async fn asks(office: &Office, address: &str, more: &[(&str, &str)]) -> Answer {
    let fields = [
        ("ruc", CAFE),
        ("branch", "0001"),
        ("action", "change_email"),
        ("new_email", address),
    ];
    let fields = [&fields[..], more].concat();
    let mut browser = Browser::new();
    office.sends(&mut browser, "/solicitud", &fields).await
}

/// The address that a petition asks to register.
async fn registered(bench: &Bench, issued: &Answer) -> String {
    assert_eq!(issued.status, StatusCode::SEE_OTHER, "{}", issued.html);
    let number = issued.location.strip_prefix("/solicitud/").unwrap();
    let secret = issued.cookies[0].split(['=', ';']).nth(1).unwrap();
    let secret = Token::presented(secret).unwrap();
    let status = bench
        .intake
        .status(&number.parse().unwrap(), &secret)
        .await
        .unwrap()
        .unwrap();
    status.new_email.unwrap().as_str().to_owned()
}

#[tokio::test]
async fn a_slip_in_the_new_address_is_asked_about_once_and_both_answers_count() {
    let office = Office::with(false).await;
    let (typed, meant) = ("ana@gmial.com", "ana@gmail.com");
    let asked = asks(&office, typed, &[]).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        asked.html.contains(&format!("¿Quiso decir {meant}?")),
        "{}",
        asked.html
    );
    for address in [typed, meant] {
        let choice = format!("name=\"email_choice\" value=\"{address}\"");
        assert!(asked.html.contains(&choice), "{}", asked.html);
        let issued = asks(&office, typed, &[("email_choice", address)]).await;
        assert_eq!(registered(&office.bench, &issued).await, address);
    }
    // An answer to another question is none to this one, and what was corrected by hand needs none.
    let other = asks(&office, "ana@hotmal.com", &[("email_choice", typed)]).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    let corrected = asks(&office, "ana@empresa.ec", &[("email_choice", meant)]).await;
    assert_eq!(
        registered(&office.bench, &corrected).await,
        "ana@empresa.ec"
    );
}

/// The page of a petition that lacks an address asks for one too.
#[tokio::test]
async fn the_address_that_a_petition_lacks_is_asked_about_as_well() {
    let office = Office::with(false).await;
    let petition = office
        .bench
        .signed_petition("2990006065001", "monica", None)
        .await;
    let place = format!("/solicitud/{}/correo", petition.number);
    let mut browser = Browser::new();
    browser
        .cookies
        .push(format!("recibo={}", petition.secret.reveal()));
    let typed = ("new_email", "ana@gmail.con");
    let asked = office.sends(&mut browser, &place, &[typed]).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        asked.html.contains("¿Quiso decir ana@gmail.com?"),
        "{}",
        asked.html
    );
    let answer = [typed, ("email_choice", "ana@gmail.com")];
    let issued = office.sends(&mut browser, &place, &answer).await;
    assert_eq!(registered(&office.bench, &issued).await, "ana@gmail.com");
}
