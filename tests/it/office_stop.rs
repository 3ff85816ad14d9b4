//! «Detener la cuenta»: the company is on the telephone, and the link of its messages is dead. One hand stops an account, and two
//! people who approve a new petition free it.

use axum::http::StatusCode;
use clavero::domain::{MemberRole, Sha256, State};
use clavero::fixture::people::CAFE;
use clavero::intake::LinkStand;
use jiff::SignedDuration;

use crate::bench::{Bench, GOOD};
use crate::office::Office;
use crate::office_changes::Supervisor;

const WHY: &str = "La gerente llama desde el teléfono registrado: no lo pidió";

fn page() -> String {
    format!("/oficina/registro/{CAFE}/0001")
}

#[tokio::test]
async fn a_supervisor_stops_an_account_with_one_hand_and_a_reason() {
    for bench in Bench::on_each_store("office_stop").await {
        let office = Office::on(bench, false);
        let bench = &office.bench;
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        let link = bench.token("clave");
        let mut sara = Supervisor::comes(&office, "sara").await;
        let stop = format!("{}/detener", page());
        let form = sara.sees(&office, &page()).await;
        assert!(
            form.html.contains(&format!("action=\"{stop}\"")),
            "{}",
            form.html
        );
        let silent = sara.sends(&office, &stop, &[("reason", "  ")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(bench.intake.open_link(&link).await.is_ok());

        let stopped = sara.sends(&office, &stop, &[("reason", WHY)]).await;
        assert_eq!(stopped.status, StatusCode::SEE_OTHER, "{}", stopped.html);
        assert!(bench.intake.set_password(&link, GOOD.into()).await.is_err());
        assert_eq!(bench.status(&reset).await.link.stand, LinkStand::Frozen);
        let told = sara.sees(&office, &page()).await;
        assert!(told.html.contains("data-stopped"), "{}", told.html);
        // Whoever looks the company up reads who stopped it and why, on its page and on that of what was denied.
        let who_and_why = format!("sara la detuvo: «{WHY}»");
        let case = format!("/oficina/caso/{}", reset.number);
        for seen in [&told, &sara.sees(&office, &case).await] {
            assert!(seen.html.contains(&who_and_why), "{}", seen.html);
        }
        // Who stands in the log, to which the number of the petition that was denied leads; of the words and of the company, which
        // may be a person, a digest: the log is for ever, and its rows come to be in strangers' evidence.
        let log = office
            .bench
            .intake
            .store()
            .audit_of(reset.number.as_str(), 0, 100)
            .await
            .unwrap();
        let entry = log
            .iter()
            .find(|entry| entry.event == "account.frozen")
            .unwrap();
        assert_eq!(entry.actor, "sara");
        let facts: serde_json::Value = serde_json::from_str(&entry.facts).unwrap();
        assert_eq!(facts["reason"], Sha256::of(WHY.as_bytes()).to_string());
        let everything = office.bench.intake.store().audit_rows(0, 10_000).await;
        for row in everything.unwrap() {
            for word in [WHY, CAFE] {
                assert!(!format!("{row:?}").contains(word), "{row:?}");
            }
        }
        let next = bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(bench.outcome(&next).await.0, State::InReview);
        assert!(bench.intake.store().verify_audit().await.unwrap().is_ok());
    }
}

/// Days later, with the link of the notice long dead: the address that came with what is denied goes with it.
#[tokio::test]
async fn from_the_page_of_a_petition_what_it_put_on_file_goes_too() {
    for bench in Bench::on_each_store("office_stop_case").await {
        let office = Office::on(bench, false);
        let bench = &office.bench;
        let thief = Some("ladron@ejemplo.ec");
        let change = bench.signed_petition(CAFE, "lucia", thief).await;
        let confirm = bench.token("correo");
        bench.intake.confirm_address(&confirm).await.unwrap();
        bench.pass(SignedDuration::from_hours(24 * 20));
        let mut sara = Supervisor::comes(&office, "sara").await;
        let case = format!("/oficina/caso/{}", change.number);
        let stop = format!("{case}/detener");
        let form = sara.sees(&office, &case).await;
        assert!(
            form.html.contains(&format!("action=\"{stop}\"")),
            "{}",
            form.html
        );
        let stopped = sara.sends(&office, &stop, &[("reason", WHY)]).await;
        assert_eq!(stopped.location, format!("{case}?aviso=detenida"));
        let (ruc, branch) = (CAFE.parse().unwrap(), "0001".parse().unwrap());
        let record = bench.intake.store().employer(&ruc, &branch).await;
        let record = record.unwrap().unwrap();
        assert!(record.frozen_since.is_some());
        assert_eq!(record.employer.email, None, "the thief's");
        bench.work().await;
        let told: Vec<_> = bench
            .letters()
            .into_iter()
            .filter(|letter| letter.text.contains("detuvo la cuenta"))
            .collect();
        assert!(
            told.iter()
                .any(|letter| letter.to == "gerencia@cafe-ficticio.ec"),
            "{told:?}"
        );
        assert!(
            told.iter().all(|letter| letter.links.is_empty()),
            "{told:?}"
        );
        let page = sara.sees(&office, &case).await;
        assert!(
            page.html.contains("La cuenta se detuvo el "),
            "{}",
            page.html
        );
    }
}

#[tokio::test]
async fn nobody_but_supervisors_stops_an_account() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    let petition = office.bench.signed_petition(CAFE, "lucia", None).await;
    let mut ana = office.signed_in("ana").await;
    let word = office.word(&mut ana).await;
    for path in [page(), format!("/oficina/caso/{}", petition.number)] {
        let fields = [("csrf", word.as_str()), ("reason", WHY)];
        let answer = office
            .sends(&mut ana, &format!("{path}/detener"), &fields)
            .await;
        assert!(answer.refuses(), "{path}: {}", answer.status);
    }
    let case = format!("/oficina/caso/{}", petition.number);
    let seen = office.sees(&mut ana, &case).await;
    assert!(!seen.html.contains("/detener\""), "{}", seen.html);
}
