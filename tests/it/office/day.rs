//! The day of the office, as people and programs see it counted.

use axum::http::StatusCode;
use clavero::domain::{MemberRole, calendar};
use clavero::fixture::people::CAFE;
use clavero::numbers::Day;

use super::{Browser, Office};
use crate::bench::{Bench, HOUR};
use crate::review::{FOUNDATION, ana, in_review};

#[tokio::test]
async fn the_day_is_counted_for_people_and_for_programs() {
    let office = Office::with(false).await;
    office.member("sara", MemberRole::Supervisor).await;
    office.bench.signed_petition(CAFE, "lucia", None).await;
    let metrics = office.sees(&mut Browser::new(), "/metrics").await.html;
    for line in [
        "clavero_today_received 1",
        "clavero_today_machine{outcome=\"approved\"} 1",
        "clavero_today_machine{outcome=\"in_review\"} 0",
        "clavero_office_waiting{up_to_hours=\"24\"} 0",
        "clavero_office_oldest_seconds 0",
    ] {
        assert!(
            metrics.lines().any(|known| known == line),
            "{line}:\n{metrics}"
        );
    }
    let mut sara = office.signed_in("sara").await;
    let page = office.sees(&mut sara, "/oficina/dia").await;
    assert!(
        page.html.contains("100 %") && page.html.contains("<svg"),
        "{}",
        page.html
    );
    let before = office.sees(&mut sara, "/oficina/dia?dia=2026-02-01").await;
    assert!(
        before.html.contains("1 de febrero de 2026"),
        "{}",
        before.html
    );
    let wrong = office.sees(&mut sara, "/oficina/dia?dia=ayer").await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert!(!metrics.contains("sara"), "no label names a person");
}

#[tokio::test]
async fn an_account_that_was_stopped_stands_in_the_day() {
    let office = Office::with(false).await;
    office.member("sara", MemberRole::Supervisor).await;
    let bench = &office.bench;
    let address = Some("ladron@ejemplo.ec");
    let change = bench.signed_petition(CAFE, "lucia", address).await;
    let mut sara = office.signed_in("sara").await;
    let before = office.sees(&mut sara, "/oficina/dia").await;
    assert!(!before.html.contains(CAFE), "{}", before.html);
    let stop = bench.token("no-fui-yo");
    bench.intake.freeze(&stop).await.unwrap();
    let page = office.sees(&mut sara, "/oficina/dia").await;
    let link = format!("href=\"/oficina/registro/{CAFE}/0001\"");
    for told in [link.as_str(), change.number.as_str()] {
        assert!(page.html.contains(told), "{told}: {}", page.html);
    }
}

/// Counted is what the store has really written: a case that nobody decided within its first term, and that somebody handed back.
#[tokio::test]
async fn a_case_that_became_overdue_is_counted_on_that_day() {
    for bench in Bench::on_each_store("day_overdue").await {
        let petition = in_review(&bench, FOUNDATION, "hernan").await;
        let today = || calendar::in_ecuador(bench.intake.now()).date();
        let read = async || Day::read(bench.intake.store(), today()).await.unwrap();
        assert_eq!(read().await.overdue, 0);
        bench.pass(HOUR * 25);
        bench.intake.ring_deadlines().await.unwrap();
        let (number, ana) = (&petition.number, ana());
        bench.intake.claim(number, &ana).await.unwrap();
        bench.intake.hand_over(number, &ana, "").await.unwrap();
        let day = read().await;
        assert_eq!(day.overdue, 1);
        assert_eq!(day.people.len(), 0, "handing over decides nothing");
        bench.pass(HOUR * 24);
        bench.intake.ring_deadlines().await.unwrap();
        assert_eq!(read().await.overdue, 0, "on the day it did");
    }
}
