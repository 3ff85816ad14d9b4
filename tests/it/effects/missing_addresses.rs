//! An employer without an address on file is given one, and one that is shared is a warning.

use clavero::domain::{State, Token};
use clavero::fixture::people::CAFE;
use clavero::intake::IntakeError;

use super::MINE;
use crate::bench::{Bench, GOOD, HOUR};

#[tokio::test]
async fn a_missing_address_is_given_without_a_second_visit() {
    for bench in Bench::on_each_store("effects_no_email").await {
        let reset = bench.signed_petition(MINE, "monica", None).await;
        assert_eq!(
            bench.outcome(&reset).await,
            (State::Refused, vec!["NO_EMAIL"])
        );
        let offered = async |secret: Token| {
            let address = "monica@mineria-sin-correo.ec".parse().unwrap();
            let intake = &bench.intake;
            intake
                .issue_address_for(&reset.number, &secret, address)
                .await
        };
        let stranger = offered(bench.intake.token()).await;
        assert!(
            matches!(stranger, Err(IntakeError::NotFound)),
            "{stranger:?}"
        );
        let change = bench
            .held(offered(reset.secret.clone()).await.unwrap())
            .await;
        bench.sign_and_upload(&change, "monica").await;
        assert_eq!(bench.outcome(&change).await.0, State::Approved);
        assert_eq!(
            bench.outcome(&reset).await.0,
            State::Refused,
            "not before the address is confirmed"
        );

        bench
            .intake
            .confirm_address(&bench.token("correo"))
            .await
            .unwrap();
        bench.work().await;
        // The first petition, signed for a password, is what the link is sent for; after the hold.
        assert_eq!(
            bench.outcome(&reset).await,
            (State::Approved, vec!["MATCHED_REPRESENTATIVE"])
        );
        assert!(
            bench
                .letters()
                .iter()
                .all(|letter| !letter.text.contains("/clave/"))
        );
        bench.pass(HOUR * 24);
        bench.work().await;
        let last = bench.letters().pop().unwrap();
        assert_eq!(last.to, "monica@mineria-sin-correo.ec");
        // Nobody waits at the end of a hold: the link goes out when it is asked for.
        assert!(!last.text.contains("/clave/"), "{}", last.text);
        let (number, secret) = (&reset.number, &reset.secret);
        bench.intake.send_link(number, secret).await.unwrap();
        bench.work().await;
        bench.sets_password(GOOD).await;
        assert_eq!(bench.outcome(&reset).await.0, State::Completed);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn only_a_petition_that_lacks_an_address_is_given_one() {
    for bench in Bench::on_each_store("effects_address_there").await {
        let address = || "nueva@cafe-ficticio.ec".parse().unwrap();
        for petition in [
            bench.petition(CAFE, None).await,
            bench.signed_petition(CAFE, "lucia", None).await,
            bench.signed_petition(CAFE, "andres", None).await,
        ] {
            let refused = bench
                .intake
                .issue_address_for(&petition.number, &petition.secret, address())
                .await;
            assert!(
                matches!(refused, Err(IntakeError::NoAddressMissing)),
                "{refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_shared_address_is_a_warning_and_blocks_nothing() {
    for bench in Bench::on_each_store("effects_shared").await {
        let shared = "contabilidad@estudio-ejemplo.ec";
        let change = bench.signed_petition(CAFE, "lucia", Some(shared)).await;
        assert!(bench.status(&change).await.shared_email);
        let token = bench.token("correo");
        assert!(
            bench
                .intake
                .open_confirmation(&token)
                .await
                .unwrap()
                .shared_email
        );
        bench.intake.confirm_address(&token).await.unwrap();
        let own = bench
            .signed_petition(CAFE, "lucia", Some("nomina@cafe-ficticio.ec"))
            .await;
        assert!(!bench.status(&own).await.shared_email);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_address_and_a_shared_one_over_http_and_a_locked_account_in_the_demonstration() {
    use crate::running::{Running, Typed as _, signed, text};
    use reqwest::StatusCode;
    use serde_json::{Value, json};
    let service = Running::start();
    // Without an address a password can't be sent; the page asks for one.
    let (number, secret) = service
        .petition(json!({ "ruc": MINE, "action": "reset_password" }))
        .await;
    let form = service.form(&number, &secret).await;
    let upload = async |number: &str, who: &str, form: &[u8]| {
        let document = service.at(&format!("/api/v1/petitions/{number}/document"));
        let answer = service
            .client
            .post(document)
            .body(signed(form, who))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    };
    upload(&number, "monica", &form).await;
    let status = service.decided(&number, &secret).await;
    assert_eq!(status["codes"], json!(["NO_EMAIL"]));
    let page = service.at(&format!("/solicitud/{number}"));
    let cookie = format!("recibo={secret}");
    let shown = service
        .client
        .get(&page)
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    let html = shown.text().await.unwrap();
    assert!(
        html.contains(&format!("action=\"/solicitud/{number}/correo\"")),
        "{html}"
    );
    let named = |address: &'static str| {
        let typed = service
            .client
            .post(format!("{page}/correo"))
            .header("cookie", &cookie);
        typed.typed(&[("new_email", address)]).send()
    };
    assert_eq!(
        named("monica@").await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        named("contabilidad@estudio-ejemplo.ec")
            .await
            .unwrap()
            .status(),
        StatusCode::SEE_OTHER
    );
    // The same for a program.
    let asked = service
        .client
        .post(service.at(&format!("/api/v1/petitions/{number}/email")))
        .bearer_auth(&secret)
        .json(&json!({ "new_email": "contabilidad@estudio-ejemplo.ec" }))
        .send()
        .await
        .unwrap();
    assert_eq!(asked.status(), StatusCode::CREATED);
    let issued: Value = asked.json().await.unwrap();
    let (change, change_secret) = (text(&issued["number"]), text(&issued["secret"]));
    upload(
        &change,
        "monica",
        &service.form(&change, &change_secret).await,
    )
    .await;
    let status = service.decided(&change, &change_secret).await;
    assert_eq!(status["outcome"], "approved", "{status}");
    assert_eq!(status["shared_email"], true);

    // An accountant's address is asked about once more, and never refused.
    let link = service.link("correo").await;
    let html = service
        .client
        .get(&link)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(html.contains("name=\"shared\""), "{html}");
    let confirm = |fields: &'static [(&'static str, &'static str)]| {
        service.client.post(&link).typed(fields).send()
    };
    assert_eq!(
        confirm(&[]).await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        confirm(&[("shared", "1")]).await.unwrap().status(),
        StatusCode::OK
    );

    // The demonstration has no hold: the link comes by itself, from the petition that was signed first.
    let link = service.link("clave").await;
    let set = service
        .client
        .post(&link)
        .json(&json!({ "password": GOOD }))
        .send()
        .await
        .unwrap();
    assert_eq!(set.status(), StatusCode::OK);

    // What a key is for, and how an account is locked.
    let log_in = async |password: &'static str| {
        let typed = [("ruc", MINE), ("branch", "0001"), ("password", password)];
        let answer = service
            .client
            .post(service.at("/demo/portal"))
            .typed(&typed)
            .send();
        answer.await.unwrap().text().await.unwrap()
    };
    assert!(log_in(GOOD).await.contains("abre la cuenta"));
    for _ in 0..5 {
        log_in("Otra*3Cosa").await;
    }
    assert!(log_in(GOOD).await.contains("bloqueada"));
    let metrics = service
        .client
        .get(service.at("/metrics"))
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("clavero_messages{state=\"parked\"} 0"),
        "{metrics}"
    );
    assert!(
        metrics.contains("clavero_alarms{kind=\"undecided_day\"} 0"),
        "{metrics}"
    );
}
