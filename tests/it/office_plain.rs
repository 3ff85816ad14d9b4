//! The back office without script, and for whoever only looks on: plain forms are enough for everything, and an auditor finds,
//! exports and takes evidence by keyboard (PRODUCT S32). With `CLAVERO_TEST_SHOTS=folder` the screens are kept to be looked at.

use clavero::domain::{PetitionNumber, State, calendar};
use clavero::extract::Extractor;
use clavero::fixture::people::CAFE;
use std::fmt::Write;

use crate::office::PASSWORD;
use crate::office_browser::{FOUNDATION, JOINT, Served, is_told, opens};
use crate::people_browser::{goes_to, reaches, types};
use crate::person::{DESK, Person};
use crate::served::binary;

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
    ana.clicks(".checks-col a[href*='/adjunto/']").await;
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
    let extractor = Extractor::new(binary());
    let checked = clavero::evidence_package::check(&zip[..], &extractor).unwrap();
    assert_eq!(checked.decision.outcome.as_str(), "in_review");
    let mut changed = zip.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert!(clavero::evidence_package::check(&changed[..], &extractor).is_err());

    reaches(&aura, "El día").await;
    aura.reads_soon("Documentos recibidos por hora").await;
    aura.finds_no_barrier().await;
    aura.leaves_picture("dia-auditoria").await;
    aura.client.clone().close().await.unwrap();
}

/// Rows as a busy day leaves them, put in at once: a day in which so many documents came, a third of them for a person.
async fn a_day_of(served: &Served, documents: u32) {
    use sqlx::{AnyConnection, Connection, raw_sql};
    sqlx::any::install_default_drivers();
    let mut line = AnyConnection::connect(served.bench().database())
        .await
        .unwrap();
    let begins = calendar::beginning_of(calendar::in_ecuador(served.bench().intake.now()).date());
    let begins = begins.as_millisecond();
    // Most come in the morning; all of them before noon, when the clock of the tests stands at seven.
    let (mut petitions, mut cases) = (Vec::new(), Vec::new());
    for i in (3..=i64::from(documents)).step_by(3) {
        let number = PetitionNumber::new(2026, 100_000_000 + u64::try_from(i).unwrap());
        let opened = begins - (i % 90) * 3_600_000;
        let reason = ["ATTORNEY", "REVOCATION_UNKNOWN"][usize::try_from(i % 2).unwrap()];
        petitions.push(format!("('{number}', '', 'in_review', {begins}, {begins})"));
        cases.push(format!(
            "('{number}', 'petition', 'first', 1, 1, '{reason}', '', {opened}, {opened}, 0, 0)"
        ));
    }
    let mut fill = String::new();
    for (petitions, cases) in petitions.chunks(500).zip(cases.chunks(500)) {
        write!(
            fill,
            "insert into petitions (number, secret_hash, state, issued_ms, expires_ms) values {};\n\
             insert into cases (number, kind, phase, waits, round, reason, action, opened_ms, rank, second_look, \
             lease_until_ms) values {};\n",
            petitions.join(", "),
            cases.join(", ")
        )
        .unwrap();
    }
    write!(
        fill,
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < {documents}) \
         insert into audit (seq, at_ms, actor, subject, event, facts, previous_hash, hash) \
         select 1000000 + i * 4, {begins} + (i * i % 7) * 3600000 + i, 'company', '', 'document.received', '{{}}', '', '' \
         from n union all \
         select 1000001 + i * 4, {begins} + (i % 7) * 3600000 + i, 'machine', '', 'document.decided', \
                case when i % 3 = 0 then '{{\"outcome\":\"in_review\"}}' when i % 3 = 1 then '{{\"outcome\":\"approved\"}}' \
                else '{{\"outcome\":\"refused\"}}' end, '', '' from n union all \
         select 1000002 + i * 4, {begins} + i, 'reviewer/ana', 'CLV-' || i, 'case.claimed', '{{}}', '', '' from n where i % 3 = 1 \
         union all \
         select 1000003 + i * 4, {begins} + i + (i % 11) * 40000, 'reviewer/ana', 'CLV-' || i, 'case.act', \
                '{{\"act\":\"approve\",\"reason\":\"power_read\",\"round\":1}}', '', '' from n where i % 3 = 1;"
    )
    .unwrap();
    let fill = sqlx::AssertSqlSafe(fill);
    raw_sql(fill).execute(&mut line).await.unwrap();
    line.close().await.unwrap();
}

/// The plots of an empty day, of one with a single document, and of one with ten thousand.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_day_is_drawn_whether_nothing_came_or_ten_thousand() {
    let many = if std::env::var_os("CLAVERO_TEST_LONG_QUEUE").is_some() {
        200_000
    } else {
        10_000
    };
    for (documents, name) in [(0, "dia-vacio"), (1, "dia-uno"), (many, "dia-lleno")] {
        let served = Served::start().await;
        if documents > 0 {
            a_day_of(&served, documents).await;
        }
        let sara = served.signs_in("sara").await;
        let began = std::time::Instant::now();
        sara.goes_to(&format!("{}/oficina/dia", served.url)).await;
        println!("{documents} documents: the day in {:?}", began.elapsed());
        sara.sees(".plots svg").await;
        sara.finds_no_barrier().await;
        sara.leaves_picture(name).await;
        let drawn = "return [...document.querySelectorAll('.plots svg')].map((plot) => \
                     plot.querySelectorAll('rect').length)";
        let drawn = sara.client.execute(drawn, vec![]).await.unwrap();
        let overlaps = "return [...document.querySelectorAll('.plots svg')].some((plot) => { \
            const boxes = [...plot.querySelectorAll('text.value')].map((text) => text.getBoundingClientRect()); \
            return boxes.some((one, place) => place > 0 && boxes[place - 1].right > one.left + 1); })";
        let overlaps = sara.client.execute(overlaps, vec![]).await.unwrap();
        assert_eq!(overlaps, false, "{name}: numbers lie over one another");
        let page = sara.reads().await;
        match documents {
            0 => assert!(page.contains("Nada todavía"), "{page}"),
            1 => assert_eq!(drawn[0], 1, "{name}: one bar"),
            _ => {
                assert_eq!(drawn, serde_json::json!([4, 3, 5]), "{name}");
                assert!(page.contains("Firma un apoderado"), "{page}");
            }
        }
        sara.client.clone().close().await.unwrap();
    }
}
