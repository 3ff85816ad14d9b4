//! The back office without script, and for whoever only looks on: plain forms are enough for everything, and an auditor finds,
//! exports and takes evidence by keyboard (PRODUCT S32). With `CLAVERO_TEST_SHOTS=folder` the screens are kept to be looked at.

use clavero::domain::State;
use clavero::extract::Extractor;
use clavero::fixture::people::CAFE;

use crate::office::PASSWORD;
use crate::office_browser::{FOUNDATION, JOINT, Served, is_told, opens};
use crate::people_browser::{goes_to, reaches, types};
use crate::person::{DESK, Person};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_script_a_case_is_found_read_and_decided_with_plain_forms() {
    let served = Served::start().await;
    let petition = served.in_review(FOUNDATION, "hernan").await;
    let file = served.bench().petition(CAFE, None).await.form;
    let body = futures::stream::iter([Ok::<_, ()>(file)]);
    served
        .bench()
        .intake
        .attach_appointment(&petition.number, &petition.secret, body)
        .await
        .unwrap();

    let mut ana = Person::sit_down().await;
    ana.looks_through(DESK).await;
    ana.lets_scripts_run(false).await;
    ana.goes_to(&format!("{}/oficina", served.url)).await;
    ana.types("#user", "ana").await;
    ana.types("#password", PASSWORD).await;
    ana.clicks("main form button[type=submit]").await;
    ana.sees("[data-count]").await;
    ana.finds_no_barrier().await;
    ana.clicks("form[action='/oficina/cola/siguiente'] button")
        .await;
    ana.sees("details.panel").await;
    ana.finds_no_barrier().await;
    ana.leaves_picture("sin-script-caso").await;

    // What came with it, as images.
    ana.clicks(".match-col a[href*='/adjunto/']").await;
    ana.sees("img[src*='/pagina/1.png']").await;
    ana.finds_no_barrier().await;
    ana.leaves_picture("sin-script-adjunto").await;
    ana.clicks("main a[href*='/oficina/caso/']").await;

    ana.clicks("details[data-act=refuse] summary").await;
    ana.clicks("details[data-act=refuse] input[value=not_representative]")
        .await;
    ana.clicks("details[data-act=refuse] button[type=submit]")
        .await;
    is_told(&ana, "Negado").await;
    assert_eq!(served.state(&petition).await, State::Refused);
    ana.clicks("form[action='/oficina/salir'] button").await;
    ana.sees("#password").await;
    ana.client.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s32_an_auditor_reads_the_log_and_takes_evidence_by_keyboard() {
    let served = Served::start().await;
    let petition = served.in_review(JOINT, "jorge").await;
    let number = petition.number.as_str();
    let aura = served.signs_in("aura").await;
    aura.finds_no_barrier().await;
    reaches(&aura, "Bitácora").await;
    aura.sees("#sobre").await;
    aura.finds_no_barrier().await;
    goes_to(&aura, "sobre").await;
    types(&aura, number).await;
    reaches(&aura, "Buscar").await;
    aura.reads_soon("petition.in_review").await;
    aura.finds_no_barrier().await;
    aura.leaves_picture("bitacora").await;
    reaches(&aura, "Descargar lo encontrado (CSV)").await;
    let table = aura.downloaded("bitacora.csv").await;
    let table = String::from_utf8(table).unwrap();
    assert!(
        table.contains(number) && table.contains("petition.in_review"),
        "{table}"
    );

    opens(&served, &aura, &petition).await;
    aura.finds_no_barrier().await;
    assert!(aura.reads().await.contains("Usted solo mira"));
    aura.leaves_picture("caso-auditoria").await;
    reaches(&aura, "Paquete de evidencia (zip)").await;
    let zip = aura.downloaded(&format!("evidencia-{number}.zip")).await;
    let extractor = Extractor::new(env!("CARGO_BIN_EXE_clavero").into());
    let checked = clavero::evidence_package::check(&zip, &extractor).unwrap();
    assert_eq!(checked.decision.outcome.as_str(), "in_review");
    let mut changed = zip.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert!(clavero::evidence_package::check(&changed, &extractor).is_err());

    reaches(&aura, "El día").await;
    aura.reads_soon("Documentos recibidos por hora").await;
    aura.finds_no_barrier().await;
    aura.leaves_picture("dia-auditoria").await;
    aura.client.clone().close().await.unwrap();
}
