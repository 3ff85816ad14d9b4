//! The day of the office, as people and programs see it counted.

use axum::http::StatusCode;
use clavero::domain::MemberRole;
use clavero::fixture::people::CAFE;

use super::{Browser, Office};

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
