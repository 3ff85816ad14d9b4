//! The door of the office: password and code, sessions, the word of forms, and guessing.

use axum::http::StatusCode;
use clavero::domain::MemberRole;
use clavero::people::TotpSecret;
use jiff::SignedDuration;

use super::{Browser, Office, PASSWORD};

#[tokio::test]
async fn a_member_gets_in_with_password_and_code_and_a_code_opens_once() {
    let office = Office::new().await;
    let token = office.invites("ana", MemberRole::Reviewer).await;
    let link = format!("/oficina/alta/{}", token.reveal());
    let mut browser = Browser::new();
    let page = office.sees(&mut browser, &link).await;
    assert!(
        page.html.contains("<svg class=\"plate\""),
        "a QR code: {}",
        page.html
    );
    let shown = page
        .html
        .split("data-secret>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let secret = TotpSecret::parse(&shown.replace(' ', "")).unwrap();
    let code = secret.code(office.people.now());
    let wrong = [
        ("password", PASSWORD),
        ("password_again", PASSWORD),
        ("code", "000000"),
    ];
    let short = [
        ("password", "corta"),
        ("password_again", "corta"),
        ("code", &code),
    ];
    let differ = [
        ("password", PASSWORD),
        ("password_again", "la lluvia de macas"),
        ("code", &code),
    ];
    for form in [wrong, short, differ] {
        let answer = office.sends(&mut browser, &link, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
    }
    let right = [
        ("password", PASSWORD),
        ("password_again", PASSWORD),
        ("code", &code),
    ];
    let done = office.sends(&mut browser, &link, &right).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.html);
    let codes: Vec<&str> = done
        .html
        .split("data-code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    assert_eq!(codes.len(), 8);
    assert_eq!(
        office.sees(&mut browser, &link).await.status,
        StatusCode::GONE,
        "once"
    );

    let replayed = office.enters(&mut browser, "ana", PASSWORD, &code).await;
    assert_eq!(
        replayed.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the code of the enrolment"
    );
    office.bench.pass(SignedDuration::from_secs(60));
    let code = secret.code(office.people.now());
    let inside = office.enters(&mut browser, "ana", PASSWORD, &code).await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER);
    let again = office
        .enters(&mut Browser::new(), "ana", PASSWORD, &code)
        .await;
    assert_eq!(
        again.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "seen over a shoulder"
    );
    for _ in 0..2 {
        let first = office
            .enters(&mut Browser::at("192.0.2.9"), "ana", PASSWORD, codes[0])
            .await;
        let used = first.status == StatusCode::UNPROCESSABLE_ENTITY;
        let left = office
            .people
            .recovery_codes_left(&"ana".parse().unwrap())
            .await
            .unwrap();
        assert_eq!(left, 7, "{used}");
    }
    for code in ["", "123", codes[0]] {
        let answer = office
            .enters(&mut Browser::at("192.0.2.8"), "ana", PASSWORD, code)
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
    }
}

#[tokio::test]
async fn a_session_is_new_at_every_sign_in_and_ends_when_it_should() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    office.member("sara", MemberRole::Supervisor).await;

    // Fixation: a session that somebody planted is not the one that opens.
    let mut browser = Browser::new();
    browser.cookies = vec!["__Host-oficina=abcdefghijklmnopqrstuvwxyz012345".to_owned()];
    let planted = browser.clone();
    let inside = office.enters(&mut browser, "ana", PASSWORD, "").await;
    let cookie = inside
        .cookies
        .iter()
        .find(|cookie| cookie.starts_with("__Host-oficina="))
        .unwrap();
    for word in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(
        office
            .sees(&mut planted.clone(), "/oficina/cola")
            .await
            .asks_to_sign_in()
    );
    assert_eq!(
        office.sees(&mut browser, "/oficina/cola").await.status,
        StatusCode::OK
    );

    // Signing in again ends the session before.
    let before = browser.clone();
    office.enters(&mut browser, "ana", PASSWORD, "").await;
    assert_ne!(before.cookies, browser.cookies);
    assert!(
        office
            .sees(&mut before.clone(), "/oficina/cola")
            .await
            .asks_to_sign_in()
    );

    // In use it lives on; unused for half an hour it does not, and ten hours are the end of all.
    for _ in 0..19 {
        office.bench.pass(SignedDuration::from_mins(29));
        assert_eq!(
            office.sees(&mut browser, "/oficina/cola").await.status,
            StatusCode::OK
        );
    }
    office.bench.pass(SignedDuration::from_mins(29));
    office.sees(&mut browser, "/oficina/cola").await;
    office.bench.pass(SignedDuration::from_mins(29));
    assert!(
        office
            .sees(&mut browser, "/oficina/cola")
            .await
            .asks_to_sign_in(),
        "ten hours"
    );
    let mut idle = office.signed_in("ana").await;
    office.bench.pass(SignedDuration::from_mins(30));
    assert!(
        office
            .sees(&mut idle, "/oficina/cola")
            .await
            .asks_to_sign_in(),
        "half an hour"
    );

    // A supervisor closes it, a member leaves.
    let (mut ana, mut sara) = (
        office.signed_in("ana").await,
        office.signed_in("sara").await,
    );
    let hash = office.people.sessions().await.unwrap();
    let hash = hash
        .iter()
        .find(|open| open.user.as_str() == "ana")
        .unwrap()
        .hash;
    let word = office.word(&mut sara).await;
    let close = format!("/oficina/personas/ana/sesiones/{hash}/cerrar");
    assert_eq!(
        office
            .sends(&mut sara, &close, &[("csrf", &word)])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    assert!(
        office
            .sees(&mut ana, "/oficina/cola")
            .await
            .asks_to_sign_in()
    );
    let kept = sara.clone();
    office
        .sends(&mut sara, "/oficina/salir", &[("csrf", &word)])
        .await;
    assert!(
        office
            .sees(&mut kept.clone(), "/oficina/cola")
            .await
            .asks_to_sign_in()
    );
    assert!(
        office
            .bench
            .intake
            .store()
            .verify_audit()
            .await
            .unwrap()
            .is_ok()
    );
}

#[tokio::test]
async fn a_form_needs_the_word_of_its_own_session() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    office.member("eva", MemberRole::Reviewer).await;
    let (mut ana, mut eva) = (office.signed_in("ana").await, office.signed_in("eva").await);
    let (own, foreign) = (office.word(&mut ana).await, office.word(&mut eva).await);
    assert_ne!(own, foreign);
    for word in ["", &foreign, &own[1..], "null"] {
        let answer = office
            .sends(&mut ana, "/oficina/salir", &[("csrf", word)])
            .await;
        assert!(answer.refuses(), "{word:?}");
        let answer = office
            .sends(&mut ana, &format!("/oficina/salir?ficha={word}"), &[])
            .await;
        assert!(answer.refuses(), "{word:?} in the address");
    }
    let without = office.asks(&mut ana, "POST", "/oficina/salir", None).await;
    assert!(without.refuses(), "no form at all");
    assert_eq!(
        office.sees(&mut ana, "/oficina/cola").await.status,
        StatusCode::OK,
        "still in"
    );

    // Another member's session by its number: nothing happens, and nothing is told.
    let open = office.people.sessions().await.unwrap();
    let hash = open
        .iter()
        .find(|open| open.user.as_str() == "eva")
        .unwrap()
        .hash;
    let close = format!("/oficina/cuenta/sesiones/{hash}/cerrar");
    let answer = office.sends(&mut ana, &close, &[("csrf", &own)]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(
        office.sees(&mut eva, "/oficina/cola").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn guessing_is_slowed_down_and_locks_nobody_else_out() {
    let office = Office::new().await;
    let secret = office.member("ana", MemberRole::Reviewer).await.unwrap();
    let code = async || {
        office.bench.pass(SignedDuration::from_secs(31));
        secret.code(office.people.now())
    };
    let mut desk = Browser::at("192.0.2.1");
    let inside = office
        .enters(&mut desk, "ana", PASSWORD, &code().await)
        .await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER);

    // A name that nobody has gets the same answers.
    for user in ["ana", "nadie", "<script>"] {
        let mut guesser = Browser::at("203.0.113.5");
        let mut answers = Vec::new();
        for guess in 0..7 {
            let answer = office
                .enters(&mut guesser, user, &format!("adivinanza {guess}"), "123456")
                .await;
            answers.push(answer.status.as_u16());
        }
        assert_eq!(answers, [422, 422, 422, 422, 422, 429, 429], "{user}");
        let right = office
            .enters(
                &mut guesser,
                user,
                PASSWORD,
                &secret.code(office.people.now()),
            )
            .await;
        assert_eq!(
            right.status,
            StatusCode::TOO_MANY_REQUESTS,
            "a guesser must wait even with the right word"
        );
    }

    // Guessing from everywhere: strangers wait, the member at her own desk does not.
    for place in 1..=60 {
        let mut guesser = Browser::at(&format!("198.51.100.{place}"));
        office
            .enters(&mut guesser, "ana", "adivinanza", "123456")
            .await;
    }
    let mut stranger = Browser::at("198.51.100.200");
    let waits = office
        .enters(
            &mut stranger,
            "ana",
            PASSWORD,
            &secret.code(office.people.now()),
        )
        .await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    let mut desk = desk.without("__Host-oficina");
    let inside = office
        .enters(
            &mut desk,
            "ana",
            PASSWORD,
            &secret.code(office.people.now()),
        )
        .await;
    assert_eq!(
        inside.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the code of her last sign-in"
    );
    let inside = office
        .enters(&mut desk, "ana", PASSWORD, &code().await)
        .await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER, "{}", inside.html);

    // And a stranger only waits for a minute.
    office.bench.pass(SignedDuration::from_mins(1));
    let inside = office
        .enters(&mut stranger, "ana", PASSWORD, &code().await)
        .await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER, "{}", inside.html);
}
