//! What is sent again, too late or too often: nobody is told to send what would not be taken, and what can't change is said so.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::header::{COOKIE, LOCATION};
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use clavero::domain::{Outcome, ReviewReason, Sha256, State};
use clavero::fixture::people::{CAFE, person};
use clavero::intake::IntakeError;
use clavero::store::{ImportKind, NewImport, RowCounts, Wanted};
use jiff::SignedDuration;
use std::net::SocketAddr;

use crate::bench::{Bench, Petition};
use crate::office::{Browser, Office};
use crate::review::{FOUNDATION, ana, decide, is_final};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The operator's table is loaded again, and now names this person as a representative of this employer.
async fn registers(bench: &Bench, ruc: &str, who: &str) {
    let store = bench.intake.store();
    let (ruc, branch) = (ruc.parse().unwrap(), "0001".parse().unwrap());
    let mut employer = store
        .employer(&ruc, &branch)
        .await
        .unwrap()
        .unwrap()
        .employer;
    let mut row = employer.representatives[0].clone();
    let who = person(who).unwrap();
    row.document = who.document.parse().unwrap();
    row.name = who.full_name();
    row.to = None;
    employer.representatives.push(row);
    let new = NewImport {
        kind: ImportKind::Representatives,
        file: "tabla",
        sha256: Sha256::of(who.document.as_bytes()),
        whole: false,
        actor: "test",
        rows: RowCounts::default(),
    };
    let at = bench.intake.now();
    let mut import = store.open_import(&new, at).await.unwrap();
    let wanted = Wanted::Employer {
        employer,
        complete: true,
    };
    let end = "tabla".to_owned();
    store.take(&mut import, vec![wanted], end).await.unwrap();
    store.finish_import(&mut import, at).await.unwrap();
}

/// Anybody can upload under a number: what was refused is what the petition is about once more when its owner sends it again.
#[tokio::test]
async fn a_refused_document_takes_its_place_again() {
    for bench in Bench::on_each_store("again_displaced").await {
        let petition = bench.petition(CAFE, None).await;
        let number = Some(&petition.number);
        let signed = bench.sign(&petition.form, "rosa");
        let moment = SignedDuration::from_secs(1);
        for (document, codes) in [
            (signed.as_slice(), "SIGNER_NOT_REPRESENTATIVE"),
            (b"nothing", "NOT_A_PDF"),
            (signed.as_slice(), "SIGNER_NOT_REPRESENTATIVE"),
        ] {
            let receipt = bench.upload(number, document).await.unwrap();
            assert!(!receipt.in_vain);
            bench.work().await;
            assert_eq!(
                bench.outcome(&petition).await,
                (State::Refused, vec![codes])
            );
            bench.pass(moment);
        }
        let (number, secret) = (&petition.number, &petition.secret);
        bench
            .intake
            .appeal(number, secret, "Es mi firma")
            .await
            .unwrap();
        let status = bench.status(&petition).await;
        assert_eq!(status.sha256, Some(Sha256::of(&signed)));
    }
}

#[tokio::test]
async fn a_refused_document_is_decided_again_once_the_registry_knows_its_signer() {
    for bench in Bench::on_each_store("again").await {
        let petition = bench.petition(CAFE, None).await;
        let number = Some(&petition.number);
        let signed = bench.sign(&petition.form, "rosa");
        let first = bench.upload(number, &signed).await.unwrap();
        assert!(!first.already && !first.in_vain);
        bench.work().await;
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);

        bench.pass(DAY);
        let same = bench.upload(number, &signed).await.unwrap();
        assert!(same.already && same.in_vain, "nothing has changed");
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);
        assert_eq!(bench.intake.store().count_jobs().await.unwrap(), 0);

        registers(&bench, CAFE, "rosa").await;
        let again = bench.upload(number, &signed).await.unwrap();
        assert!(again.already && !again.in_vain);
        assert_eq!(again.received_at, first.received_at);
        let twice = bench.upload(number, &signed).await.unwrap();
        assert!(!twice.in_vain, "it is being decided");
        assert_eq!(bench.intake.store().count_jobs().await.unwrap(), 1);
        bench.work().await;
        let status = bench.status(&petition).await;
        assert_eq!(status.state, State::Approved, "{:?}", status.reasons);
        assert_eq!(status.received_at, Some(first.received_at));
        let judged_at = status.report.unwrap().received_at;
        assert_eq!(judged_at, first.received_at, "as of its reception");
        assert_eq!(bench.letters().len(), 1, "one effect");
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// Whoever was refused by a person appeals, or signs anew.
#[tokio::test]
async fn what_a_person_refused_does_not_come_back_by_itself() {
    for bench in Bench::on_each_store("again_person").await {
        let petition = bench.petition(FOUNDATION, None).await;
        let number = &petition.number;
        let signed = bench.sign(&petition.form, "hernan");
        bench.upload(Some(number), &signed).await.unwrap();
        bench.work().await;
        let refused = decide(&bench, number, &ana(), ReviewReason::NotRepresentative).await;
        is_final(refused, Outcome::Refused);
        registers(&bench, CAFE, "rosa").await;
        let again = bench.upload(Some(number), &signed).await.unwrap();
        assert!(again.already && again.in_vain);
        assert_eq!(bench.outcome(&petition).await.0, State::Refused);
    }
}

#[tokio::test]
async fn nothing_is_decided_again_after_the_term() {
    let bench = Bench::new().await;
    let petition = bench.petition(CAFE, None).await;
    let signed = bench.sign(&petition.form, "rosa");
    let number = Some(&petition.number);
    bench.upload(number, &signed).await.unwrap();
    bench.work().await;
    registers(&bench, CAFE, "rosa").await;
    bench.pass(DAY * 8);
    let again = bench.upload(number, &signed).await.unwrap();
    assert!(again.in_vain);
    assert_eq!(bench.outcome(&petition).await.0, State::Refused);
}

#[tokio::test]
async fn what_is_used_up_is_not_told_to_wait() {
    let mut bench = Bench::new().await;
    bench
        .restart_with(|settings| settings.documents_per_number = 2)
        .await;
    let petition = bench.signed_petition(CAFE, "rosa", None).await;
    bench.sign_and_upload(&petition, "raul").await;
    let third = bench.upload(Some(&petition.number), b"%PDF-1.7").await;
    assert!(matches!(third, Err(IntakeError::TriedOut(2))), "{third:?}");
    for n in 0..4u8 {
        let paper: [Result<Bytes, ()>; 1] = [Ok(Bytes::from(vec![b'%', n]))];
        let paper = futures::stream::iter(paper);
        let (number, secret) = (&petition.number, &petition.secret);
        let attached = bench.intake.attach_appointment(number, secret, paper).await;
        bench.work().await;
        match n {
            3 => assert!(
                matches!(attached, Err(IntakeError::AttachedEnough(3))),
                "{attached:?}"
            ),
            _ => assert!(attached.is_ok(), "{n}: {attached:?}"),
        }
    }
}

/// The page of a petition in the browser that holds its secret, after a document was sent there, if there is one.
async fn page(office: &Office, petition: &Petition, document: Option<&[u8]>) -> String {
    let place = format!("/solicitud/{}", petition.number);
    let cookie = format!("recibo={}", petition.secret.reveal());
    let ask = |method: &str, path: &str, body: Body| {
        Request::builder()
            .method(method)
            .uri(path)
            .header(COOKIE, &cookie)
            .extension(ConnectInfo(SocketAddr::new(Browser::new().address, 40_000)))
            .body(body)
            .unwrap()
    };
    let mut path = place.clone();
    if let Some(document) = document {
        let body = Body::from(document.to_vec());
        let sent = ask("POST", &format!("{place}/documento"), body);
        let (parts, bytes) = office.answer_to(sent).await;
        if parts.status != StatusCode::SEE_OTHER {
            return String::from_utf8(bytes).unwrap();
        }
        path = parts.headers[LOCATION].to_str().unwrap().to_owned();
    }
    let (parts, bytes) = office.answer_to(ask("GET", &path, Body::empty())).await;
    assert_eq!(parts.status, StatusCode::OK);
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn the_page_says_when_nothing_more_is_taken_and_when_nothing_changes() {
    let office = Office::with(false).await;
    let bench = &office.bench;
    let unsigned = bench.petition(CAFE, None).await;
    let refused = bench.petition(CAFE, None).await;
    let signed = bench.sign(&refused.form, "rosa");
    bench.upload(Some(&refused.number), &signed).await.unwrap();
    bench.work().await;

    let again = page(&office, &refused, Some(&signed)).await;
    assert!(again.contains("ya llegó antes"), "{again}");
    assert!(again.contains("No pudimos aceptar el documento"));
    assert!(again.contains("name=\"file\""), "another one is taken");

    bench.pass(DAY * 8);
    for petition in [&unsigned, &refused] {
        let over = page(&office, petition, None).await;
        assert!(!over.contains("name=\"file\""), "{over}");
        assert!(!over.contains("formulario.pdf"), "{over}");
        assert!(!over.contains("lista para firmar"), "{over}");
        assert!(
            over.contains("El plazo de esta solicitud terminó"),
            "{over}"
        );
        assert!(over.contains("href=\"/solicitud\""), "a new one");
    }
    let late = page(&office, &unsigned, Some(b"%PDF-1.7 other")).await;
    assert!(
        late.contains("El plazo de esta solicitud terminó"),
        "{late}"
    );
}

/// The one next step is one that can be taken, wherever it is told.
#[tokio::test]
async fn a_number_whose_tries_are_used_up_leads_to_a_new_one() {
    let mut bench = Bench::new().await;
    bench
        .restart_with(|settings| settings.documents_per_number = 1)
        .await;
    let office = Office::on(bench, false);
    let refused = office.bench.signed_petition(CAFE, "raul", None).await;
    let untried = office.bench.petition(CAFE, None).await;
    let shown = page(&office, &refused, None).await;
    assert!(shown.contains("Cree una solicitud nueva"), "{shown}");
    assert!(shown.contains("href=\"/solicitud\""), "a new one: {shown}");
    assert!(!shown.contains("subir otro"), "{shown}");
    assert!(!shown.contains("formulario.pdf"), "{shown}");
    let form = format!("action=\"/solicitud/{}/documento\"", refused.number);
    assert!(!shown.contains(&form), "{shown}");
    let path = format!("/api/v1/petitions/{}", refused.number);
    let secret = refused.secret.reveal();
    let told = office.asks_with_secret(&path, secret).await;
    let told: serde_json::Value = serde_json::from_slice(&told.bytes).unwrap();
    let step = told["next_step"].as_str().unwrap();
    assert!(step.contains("Cree una solicitud nueva"), "{step}");
    assert!(!step.contains("suba el documento otra vez"), "{step}");
    let shown = page(&office, &untried, None).await;
    assert!(shown.contains("/documento\""), "one is taken: {shown}");
}

/// An hour is not «a moment»: who has asked for all the links of an hour is told when the next one can be sent.
#[tokio::test]
async fn whoever_asked_for_all_links_of_an_hour_is_told_when_the_next_one_goes() {
    let office = Office::with(false).await;
    let petition = office.bench.signed_petition(CAFE, "lucia", None).await;
    let place = format!("/solicitud/{}", petition.number);
    let cookie = format!("recibo={}", petition.secret.reveal());
    let link = format!("/api/v1/petitions/{}/link", petition.number);
    let ask = |path: &str, language: &str| {
        Request::builder()
            .method("POST")
            .uri(path)
            .header(COOKIE, &cookie)
            .header(
                axum::http::header::AUTHORIZATION,
                format!("Bearer {}", petition.secret.reveal()),
            )
            .header(axum::http::header::ACCEPT_LANGUAGE, language)
            .extension(ConnectInfo(SocketAddr::new(Browser::new().address, 40_000)))
            .body(Body::empty())
            .unwrap()
    };
    let mut answer = office.answer_to(ask(&link, "es")).await;
    for _ in 0..9 {
        if answer.0.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        office.bench.work().await;
        office.bench.pass(jiff::SignedDuration::from_mins(4));
        answer = office.answer_to(ask(&link, "es")).await;
    }
    let again_at = office.bench.status(&petition).await.link.again_at;
    let again_at = again_at.expect("an hour");
    let es = clavero::domain::calendar::minute_in(clavero::domain::Language::Es, again_at);
    let en = clavero::domain::calendar::minute_in(clavero::domain::Language::En, again_at);
    let (parts, bytes) = answer;
    assert_eq!(parts.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(parts.headers.contains_key("retry-after"));
    let told: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(told["code"], "LINKS_THIS_HOUR", "{told}");
    assert!(told.to_string().contains(&es), "{told}");
    assert!(!told.to_string().contains("momento"), "{told}");
    let (_, bytes) = office.answer_to(ask(&link, "en")).await;
    let told = String::from_utf8(bytes).unwrap();
    assert!(told.contains(&en) && !told.contains("moment"), "{told}");

    let sent = ask(&format!("{place}/enlace"), "es");
    let (parts, _) = office.answer_to(sent).await;
    let path = parts.headers[LOCATION].to_str().unwrap().to_owned();
    assert!(path.ends_with("aviso=limite"), "{path}");
    let mut limited = ask(&path, "es");
    *limited.method_mut() = axum::http::Method::GET;
    let (_, bytes) = office.answer_to(limited).await;
    let shown = String::from_utf8(bytes).unwrap();
    let notice = shown.split("class=\"notice wait\"").nth(1).expect("told");
    let notice = notice.split("</div>").next().unwrap();
    assert!(
        notice.contains(&es) && !notice.contains("Espere un poco"),
        "{notice}"
    );
}
