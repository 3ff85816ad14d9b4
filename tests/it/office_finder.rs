//! Who is on the telephone has a number or a RUC: the office finds the petition with either, whoever decided it, and reads whose a
//! case is in the queue.

use axum::http::StatusCode;
use clavero::domain::{MemberRole, ReviewReason, State};
use clavero::fixture::people::CAFE;

use crate::bench::{Bench, GOOD};
use crate::office::{Browser, Office};
use crate::review::{FOUNDATION, JOINT, decide, in_review, luis};

/// The address of a search as a browser sends it.
fn search(sought: &str) -> String {
    format!("/oficina/buscar?que={}", sought.replace(' ', "+"))
}

#[tokio::test]
async fn a_number_or_a_ruc_leads_to_the_petition_whoever_decided_it() {
    for bench in Bench::on_each_store("finder").await {
        let office = Office::on(bench, false);
        office.member("ana", MemberRole::Reviewer).await;
        let decided = office.bench.signed_petition(CAFE, "lucia", None).await;
        assert_eq!(office.bench.outcome(&decided).await.0, State::Approved);
        let waits = in_review(&office.bench, FOUNDATION, "hernan").await;
        let unsigned = office.bench.petition(FOUNDATION, None).await;
        let mut ana = office.signed_in("ana").await;

        let queue = office.sees(&mut ana, "/oficina/cola").await.html;
        assert!(queue.contains("FUNDACIÓN DE EJEMPLO"), "{queue}");
        assert!(queue.contains(r#"action="/oficina/buscar""#), "{queue}");

        for petition in [&decided, &waits] {
            let case = format!("/oficina/caso/{}", petition.number);
            let found = office
                .sees(&mut ana, &search(&format!(" {} ", petition.number)))
                .await;
            assert_eq!(found.location, case);
            // As it is said on the telephone: without hyphens and capitals, or the digits alone.
            let number = petition.number.as_str();
            let digits = number.split('-').nth(2).unwrap();
            for said in [number.replace('-', " ").to_lowercase(), digits.to_owned()] {
                let found = office.sees(&mut ana, &search(&said)).await;
                assert_eq!(found.location, case, "{said}");
            }
        }
        let said = format!("{} {}-{}", &CAFE[..4], &CAFE[4..10], &CAFE[10..]);
        let found = office.sees(&mut ana, &search(&said)).await;
        assert!(
            found.html.contains(decided.number.as_str()),
            "{}",
            found.html
        );
        // What the machine decided is read like a case, and nobody can take it.
        let case = format!("/oficina/caso/{}", decided.number);
        let seen = office.sees(&mut ana, &case).await;
        assert_eq!(seen.status, StatusCode::OK);
        for shown in [
            "La decidió el programa",
            "CAFÉ DE ALTURA FICTICIO",
            "No espera una decisión.",
            "comprobaciones sin objeción",
        ] {
            assert!(seen.html.contains(shown), "{shown}: {}", seen.html);
        }
        assert!(!seen.html.contains("En revisión hace"), "{}", seen.html);
        let word = office.word(&mut ana).await;
        let taken = office
            .sends(&mut ana, &format!("{case}/tomar"), &[("csrf", &word)])
            .await;
        assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.html);

        let all = office.sees(&mut ana, &search(FOUNDATION)).await;
        assert_eq!(all.status, StatusCode::OK);
        let link = format!(r#"href="/oficina/caso/{}""#, waits.number);
        assert!(all.html.contains(&link), "{}", all.html);
        let number = unsigned.number.as_str();
        assert!(all.html.contains(number), "{}", all.html);
        let link = format!(r#"href="/oficina/caso/{number}""#);
        assert!(!all.html.contains(&link), "there is nothing to look at yet");

        for (sought, status) in [
            (number, StatusCode::NOT_FOUND),
            ("2990099995001", StatusCode::NOT_FOUND),
            ("café", StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            let sought = search(&sought.replace('é', "%C3%A9"));
            let answer = office.sees(&mut ana, &sought).await;
            assert_eq!(answer.status, status, "{sought}: {}", answer.html);
        }
        let stranger = office
            .sees(&mut Browser::new(), &search(decided.number.as_str()))
            .await;
        assert!(stranger.asks_to_sign_in());
    }
}

/// A company asks what became of its petition: whoever answers the telephone reads it at the head of the page, in the company's own
/// words, and nothing there speaks of a decision that is still to be made.
#[tokio::test]
async fn a_decided_case_says_what_became_of_it() {
    for bench in Bench::on_each_store("came_to").await {
        let office = Office::on(bench, false);
        let bench = &office.bench;
        office.member("ana", MemberRole::Reviewer).await;
        let reset = bench.signed_petition(CAFE, "lucia", None).await;
        let held = in_review(bench, FOUNDATION, "hernan").await;
        let mut ana = office.signed_in("ana").await;
        let case = format!("/oficina/caso/{}", reset.number);
        let shows = |html: &str, all: &[&str]| {
            for shown in all {
                assert!(html.contains(shown), "{shown}: {html}");
            }
        };
        let seen = office.sees(&mut ana, &case).await.html;
        let approved = [
            "data-outcome",
            "Aprobada por el programa el ",
            "Se envió el enlace el ",
            "La empresa lee: «Su solicitud fue aprobada»",
        ];
        shows(&seen, &approved);
        assert!(!seen.contains("necesita dos personas"), "{seen}");
        let token = bench.token("clave");
        bench
            .intake
            .set_password(&token, GOOD.into())
            .await
            .unwrap();
        let seen = office.sees(&mut ana, &case).await.html;
        shows(
            &seen,
            &[
                "Se creó la clave nueva el ",
                "La empresa lee: «Listo: la clave nueva está guardada»",
            ],
        );

        let reason = ReviewReason::NotRepresentative;
        decide(bench, &held.number, &luis(), reason).await.unwrap();
        let case = format!("/oficina/caso/{}", held.number);
        let seen = office.sees(&mut ana, &case).await.html;
        shows(
            &seen,
            &[
                "Negada por luis el ",
                "La empresa lee: «No pudimos aceptar el documento»",
            ],
        );
        assert!(!seen.contains("necesita dos personas"), "{seen}");
        // What waits has come to nothing yet.
        let waits = in_review(bench, JOINT, "jorge").await;
        let case = format!("/oficina/caso/{}", waits.number);
        let seen = office.sees(&mut ana, &case).await.html;
        assert!(!seen.contains("data-outcome"), "{seen}");
    }
}

/// What «no fui yo» stopped is said where supervisors look the employer up.
#[tokio::test]
async fn the_page_of_an_employer_says_that_its_account_is_stopped() {
    let office = Office::with(false).await;
    office.member("sara", MemberRole::Supervisor).await;
    let mut sara = office.signed_in("sara").await;
    let page = format!("/oficina/registro/{CAFE}/0001");
    let free = office.sees(&mut sara, &page).await.html;
    assert!(!free.contains("data-stopped"), "{free}");
    let bench = &office.bench;
    bench
        .signed_petition(CAFE, "lucia", Some("ladron@ejemplo.ec"))
        .await;
    let stop = bench.token("no-fui-yo");
    bench.intake.freeze(&stop).await.unwrap();
    let stopped = office.sees(&mut sara, &page).await.html;
    assert!(stopped.contains("data-stopped"), "{stopped}");
}

/// The code of the counter is written down in groups, as on the company's own page.
#[tokio::test]
async fn the_code_of_the_counter_comes_in_groups() {
    let office = Office::with(false).await;
    office.member("sara", MemberRole::Supervisor).await;
    let mut sara = office.signed_in("sara").await;
    let word = office.word(&mut sara).await;
    let fields = [
        ("csrf", word.as_str()),
        ("ruc", FOUNDATION),
        ("branch", "0001"),
        ("turn", "A-17"),
    ];
    let opened = office
        .sends(&mut sara, "/oficina/ventanilla", &fields)
        .await
        .html;
    let (_, rest) = opened.split_once("data-secret-shown>").expect("the code");
    let groups = rest.split_once("</div>").unwrap().0.matches("<span>");
    assert_eq!(groups.count(), 10, "{opened}");
    assert!(opened.contains("data-print"), "{opened}");
    let day = office.sees(&mut sara, "/oficina/dia").await.html;
    assert!(day.contains("Persona presente"), "{day}");
}
