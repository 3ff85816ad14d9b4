//! The registry on both engines: who leaves office and who stays, resuming, versions, undoing, combining.

use super::super::sql::query;
use super::*;
use crate::domain::{EmailAddress, EmployerKind, EmployerState};
use crate::import::{self, Order, TakeError};
use crate::store::tests::{at, databases, take};

const HEADER: &str = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
const AGRO: &str = "1790993949001";
const ANA: &str = "1759121716";
const LUIS: &str = "0958386815";

/// A row of a table for AGRO.
fn row(document: &str, name: &str) -> String {
    format!(
        "{AGRO},0001,AGRO S.A.,company,active,n@agro.ec,,{document},{name},Gerente,2024-01-01,,sole,1,deed"
    )
}

fn table(rows: &[&str]) -> String {
    let rows: Vec<String> = rows.iter().map(|row| format!("{row}\n")).collect();
    format!("{HEADER}\n{}", rows.concat())
}

fn agro() -> (Ruc, BranchCode) {
    (AGRO.parse().unwrap(), BranchCode::default())
}

/// Documents of the representatives, with the day they left.
async fn people(store: &Store) -> Vec<(String, Option<String>)> {
    let (ruc, branch) = agro();
    let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
    let people = record.employer.representatives.iter();
    people
        .map(|person| {
            let ended = person.ended.map(|day| day.to_string());
            (person.document.to_string(), ended)
        })
        .collect()
}

fn in_post(document: &str) -> (String, Option<String>) {
    (document.to_owned(), None)
}

/// Reads and takes a table of the SRI.
async fn take_catalogue(store: &Store, rows: &[&str], seconds: i64) -> ImportRow {
    let head =
        "NUMERO_RUC|RAZON_SOCIAL|ESTADO_CONTRIBUYENTE|TIPO_CONTRIBUYENTE|FECHA_ACTUALIZACION";
    let bytes = format!("{head}\n{}\n", rows.join("\n"));
    import_bytes(store, ImportKind::SriRuc, bytes.as_bytes(), seconds)
        .await
        .unwrap()
}

async fn import_bytes(
    store: &Store,
    kind: ImportKind,
    bytes: &[u8],
    seconds: i64,
) -> Result<ImportRow, TakeError> {
    let folder = tempfile::tempdir().unwrap();
    let input = std::io::Cursor::new(bytes);
    let table = import::read(kind, input, folder.path(), |_| Ok(()), |_| ())?;
    let order = Order {
        file: "table",
        actor: "test",
        whole: false,
        at: at(seconds),
    };
    import::take(store, table, &order, |_| ()).await
}

async fn undo(store: &Store, id: i64) -> Result<ImportRow, ImportError> {
    let mut undo = store.open_undo(id, "test", at(0)).await?;
    while store.undo_some(&mut undo).await? {}
    store.finish_import(&mut undo, at(0)).await?;
    Ok(undo)
}

#[tokio::test]
async fn who_is_no_longer_listed_leaves_office_and_stays_as_history() {
    let databases = databases("leaving").await;
    for (engine, store) in &databases.stores {
        let day = Some("2026-11-18".to_owned());
        let other = "0990000000001,0001,OTHER,company,active,,,0102030400,EVA,Gerente,2024-01-01,,sole,1,deed";
        take(store, &table(&[&row(ANA, "ANA"), other]), false, at(0)).await;
        let second = take(store, &table(&[&row(LUIS, "LUIS")]), false, at(10)).await;
        assert_eq!(second.day().to_string(), "2026-11-18");
        assert_eq!(
            (second.tally.added, second.tally.removed),
            (1, 1),
            "{engine}"
        );
        let mut both = vec![in_post(LUIS), (ANA.to_owned(), day.clone())];
        both.sort();
        let mut found = people(store).await;
        found.sort();
        assert_eq!(found, both, "{engine}");
        let (ruc, branch) = ("0990000000001".parse().unwrap(), BranchCode::default());
        let eva = store.employer(&ruc, &branch).await.unwrap().unwrap();
        assert_eq!(
            eva.employer.representatives[0].ended, None,
            "{engine}: not in the file"
        );

        let again = take(store, &table(&[&row(LUIS, "LUIS")]), false, at(100_000)).await;
        assert_eq!(
            (again.tally.added, again.tally.changed, again.tally.removed),
            (0, 0, 0),
            "{engine}: the day stays"
        );
        let whole = take(store, &table(&[&row(ANA, "ANA")]), true, at(20)).await;
        assert_eq!(
            (whole.tally.changed, whole.tally.removed),
            (1, 2),
            "{engine}: Ana is back, Luis and Eva are not"
        );
        let eva = store.employer(&ruc, &branch).await.unwrap().unwrap();
        assert_eq!(
            eva.employer.representatives[0]
                .ended
                .map(|day| day.to_string()),
            day,
            "{engine}: the file was whole"
        );
        assert!(people(store).await.contains(&in_post(ANA)), "{engine}");
        assert!(store.verify_audit().await.unwrap().is_ok(), "{engine}");
    }
}

#[tokio::test]
async fn nobody_leaves_office_by_a_row_that_could_not_be_read() {
    let databases = databases("unreadable").await;
    for (engine, store) in &databases.stores {
        take(
            store,
            &table(&[&row(ANA, "ANA"), &row(LUIS, "LUIS")]),
            false,
            at(0),
        )
        .await;
        let broken = row(ANA, "ANA").replace("2024-01-01", "01/01/2024");
        let import = take(store, &table(&[&broken, &row(LUIS, "LUIS")]), false, at(10)).await;
        assert_eq!(
            (import.rows.rejected, import.tally.removed),
            (1, 0),
            "{engine}"
        );
        assert!(people(store).await.contains(&in_post(ANA)), "{engine}");
        let import = take(store, &table(&[&broken]), true, at(20)).await;
        assert_eq!(
            import.tally.removed, 0,
            "{engine}: it is listed, though not a row of it can be read"
        );
    }
}

#[tokio::test]
async fn an_import_that_was_killed_goes_on_and_ends_like_an_undisturbed_one() {
    let rows: Vec<String> = (0..50)
        .map(|n| format!("17{n:08}001|NAME {n}|ACTIVO|SOCIEDAD|2024-01-01"))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let databases = databases("resumed").await;
    for (engine, store) in &databases.stores {
        // The first half in one batch, and then nothing more.
        let whole = format!(
            "NUMERO_RUC|RAZON_SOCIAL|ESTADO_CONTRIBUYENTE|TIPO_CONTRIBUYENTE|FECHA_ACTUALIZACION\n{}\n",
            rows.join("\n")
        );
        let new = NewImport {
            kind: ImportKind::SriRuc,
            file: "table",
            sha256: Sha256::of(whole.as_bytes()),
            whole: false,
            actor: "test",
            rows: RowCounts {
                read: 50,
                ..RowCounts::default()
            },
        };
        let mut import = store.open_import(&new, at(0)).await.unwrap();
        let half = crate::registry::sri::rows(whole.as_bytes())
            .unwrap()
            .take(25);
        let half = half
            .map(|entry| Wanted::Taxpayer(entry.unwrap().taken.unwrap()))
            .collect();
        store
            .take(&mut import, half, "1700000024001".to_owned())
            .await
            .unwrap();
        // Another table has to wait, and the same one from another process can't interfere.
        let other = import_bytes(
            store,
            ImportKind::SriRuc,
            whole.replace("NAME 7", "X").as_bytes(),
            1,
        )
        .await;
        assert!(
            matches!(
                other,
                Err(TakeError::Import(ImportError::Unfinished { id: 1, .. }))
            ),
            "{engine}: {other:?}"
        );
        let mut stale = ImportRow {
            position: String::new(),
            ..import.clone()
        };
        let stale = store.take(&mut stale, Vec::new(), "x".to_owned()).await;
        assert!(matches!(stale, Err(StoreError::Stale)), "{engine}");

        let resumed = take_catalogue(store, &rows, 60).await;
        assert_eq!(
            (resumed.id, resumed.tally.added, resumed.last_change),
            (1, 50, 50),
            "{engine}"
        );
        assert_eq!(resumed.state, ImportState::Done);
        let logged = store.registry_changes(&resumed, 0, 100).await.unwrap();
        assert_eq!(
            logged.iter().map(|change| change.seq).collect::<Vec<_>>(),
            (1..=50).collect::<Vec<_>>(),
            "{engine}"
        );
        let again = take_catalogue(store, &rows, 70).await;
        assert_eq!(
            (again.id, again.tally.unchanged, again.last_change),
            (2, 50, 50),
            "{engine}: nothing changed"
        );
        assert_eq!(store.registry_version().await.unwrap(), 50, "{engine}");
    }
}

#[tokio::test]
async fn what_an_import_changed_is_listed_known_by_version_and_taken_back() {
    let databases = databases("undo").await;
    for (engine, store) in &databases.stores {
        let (ruc, branch) = agro();
        let first = take(store, &table(&[&row(ANA, "ANA")]), false, at(0)).await;
        let second = take(
            store,
            &table(&[&row(LUIS, "LUIS").replace("AGRO S.A.", "AGRO 2")]),
            false,
            at(0),
        )
        .await;
        let logged = store.registry_changes(&second, 0, 100).await.unwrap();
        let parts: Vec<Part> = logged
            .iter()
            .map(|logged| logged.change.subject.part)
            .collect();
        assert_eq!(
            parts,
            [Part::Employer, Part::Representative, Part::Representative],
            "{engine}"
        );
        assert_eq!(
            (logged[0].seq, second.first_change, second.last_change),
            (3, 3, 5),
            "{engine}"
        );

        let name = async |version| {
            let record = store.employer_as_of(&ruc, &branch, version).await.unwrap();
            record.map(|record| {
                (
                    record.employer.legal_name,
                    record.employer.representatives.len(),
                )
            })
        };
        assert_eq!(name(0).await, None, "{engine}: not known yet");
        assert_eq!(
            name(first.last_change).await,
            Some(("AGRO S.A.".to_owned(), 1)),
            "{engine}"
        );
        assert_eq!(
            name(second.last_change).await,
            Some(("AGRO 2".to_owned(), 2)),
            "{engine}"
        );

        let refused = undo(store, first.id).await;
        assert!(
            matches!(refused, Err(ImportError::ChangedSince { by: 2, .. })),
            "{engine}: {refused:?}"
        );
        let before = store
            .employer_as_of(&ruc, &branch, first.last_change)
            .await
            .unwrap();
        let undone = undo(store, second.id).await.unwrap();
        assert_eq!(
            store.employer(&ruc, &branch).await.unwrap(),
            before,
            "{engine}: as it was"
        );
        assert_eq!(
            name(second.last_change).await,
            Some(("AGRO 2".to_owned(), 2)),
            "{engine}: history stays"
        );
        assert!(
            matches!(
                undo(store, second.id).await,
                Err(ImportError::AlreadyUndone(2))
            ),
            "{engine}"
        );
        // The undo of the undo, and everything back to nothing.
        let redone = undo(store, undone.id).await.unwrap();
        assert_eq!(
            name(redone.last_change).await,
            Some(("AGRO 2".to_owned(), 2)),
            "{engine}"
        );
        assert!(
            matches!(
                undo(store, first.id).await,
                Err(ImportError::ChangedSince { by: 2, .. })
            ),
            "{engine}"
        );
        undo(store, second.id).await.unwrap();
        undo(store, first.id).await.unwrap();
        assert_eq!(
            store.employer(&ruc, &branch).await.unwrap(),
            None,
            "{engine}"
        );
        assert!(
            matches!(undo(store, 99).await, Err(ImportError::Unknown(99))),
            "{engine}"
        );
        assert!(store.verify_audit().await.unwrap().is_ok(), "{engine}");
    }
}

#[tokio::test]
async fn an_employer_in_use_is_never_taken_away() {
    for (test, freed) in [("in_use", false), ("in_use_freed", true)] {
        let databases = databases(test).await;
        for (engine, store) in &databases.stores {
            let (ruc, branch) = agro();
            let first = take(store, &table(&[&row(ANA, "ANA")]), false, at(0)).await;
            let mut writing = store.begin().await.unwrap();
            crate::store::employers::freeze(&mut writing, &ruc, &branch, at(5))
                .await
                .unwrap();
            if freed {
                crate::store::employers::unfreeze(&mut writing, &ruc, &branch)
                    .await
                    .unwrap();
            }
            writing.commit().await.unwrap();
            undo(store, first.id).await.unwrap();
            let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
            assert_eq!(record.frozen_since.is_some(), !freed, "{engine}");
            assert_eq!(
                record.stopped_at,
                Some(at(5)),
                "{engine}: «no fui yo» survives"
            );
            assert!(record.employer.representatives.is_empty(), "{engine}");
        }
    }
}

#[tokio::test]
async fn open_tables_stand_beside_the_operators() {
    let databases = databases("open_tables").await;
    for (engine, store) in &databases.stores {
        let find = async |ruc: &str, branch: &str| {
            let found = store
                .employer(&ruc.parse().unwrap(), &branch.parse().unwrap())
                .await;
            found.unwrap().map(|record| record.employer)
        };
        take_catalogue(
            store,
            &[
                "1790993949001|AGRO SRI|ACTIVO|SOCIEDAD|2024-01-01",
                "0102030400001|PEÑA EVA|ACTIVO|PERSONA NATURAL|2024-01-01",
                // Two establishments of one taxpayer, apart from each other.
                "1490000000001|OLD NAME|ACTIVO|SOCIEDAD|2020-01-01",
                "1590000000001|BETWEEN|ACTIVO|SOCIEDAD|2020-01-01",
                "1490000000001|NEW NAME|SUSPENDIDO|SOCIEDAD|2022-01-01",
            ],
            0,
        )
        .await;
        let person = find("0102030400001", "0001").await.unwrap();
        assert_eq!(
            (person.kind, person.state),
            (EmployerKind::NaturalPerson, EmployerState::Active),
            "{engine}"
        );
        assert_eq!(
            (person.email, person.representatives.len()),
            (None, 0),
            "{engine}"
        );
        assert_eq!(
            find("0102030400001", "0002").await,
            None,
            "{engine}: no table knows this branch"
        );
        let two = find("1490000000001", "0001").await.unwrap();
        assert_eq!(
            (two.legal_name.as_str(), two.state),
            ("NEW NAME", EmployerState::Suspended),
            "{engine}"
        );

        let second = row(ANA, "ANA").replace(",0001,", ",0002,");
        take(store, &table(&[&row(ANA, "ANA"), &second]), false, at(10)).await;
        let company = Company {
            ruc: AGRO.parse().unwrap(),
            facts: crate::registry::supercias::CompanyFacts {
                legal_name: "AGRO SUPERCIAS".to_owned(),
                kind: EmployerKind::Sas,
                situation: "ACTIVA".to_owned(),
                representative: "VERA LUIS".to_owned(),
                post: "PRESIDENTE".to_owned(),
            },
        };
        let new = NewImport {
            kind: ImportKind::Supercias,
            file: "x",
            sha256: Sha256::of(b"x"),
            whole: false,
            actor: "test",
            rows: RowCounts::default(),
        };
        let mut import = store.open_import(&new, at(20)).await.unwrap();
        store
            .take(&mut import, vec![Wanted::Company(company)], "x".to_owned())
            .await
            .unwrap();
        store.finish_import(&mut import, at(20)).await.unwrap();
        for branch in ["0001", "0002"] {
            let agro = find(AGRO, branch).await.unwrap();
            assert_eq!(
                (agro.legal_name.as_str(), agro.kind),
                ("AGRO S.A.", EmployerKind::Company),
                "{engine}"
            );
            assert_eq!(
                agro.named_representative.unwrap().name,
                "VERA LUIS",
                "{engine}: for a reviewer"
            );
            assert_eq!(
                agro.representatives.len(),
                1,
                "{engine}: a name is no representative"
            );
        }
        take_catalogue(
            store,
            &["1790993949001|AGRO SRI|PASIVO|SOCIEDAD|2025-01-01"],
            30,
        )
        .await;
        assert_eq!(
            find(AGRO, "0002").await.unwrap().state,
            EmployerState::Closed,
            "{engine}: the more cautious"
        );
    }
}

#[tokio::test]
async fn a_taxpayer_without_an_employer_row_can_be_given_an_address() {
    let databases = databases("address").await;
    for (engine, store) in &databases.stores {
        take_catalogue(
            store,
            &["0102030400001|PEÑA EVA|ACTIVO|PERSONA NATURAL|2024-01-01"],
            0,
        )
        .await;
        let (ruc, branch): (Ruc, BranchCode) =
            ("0102030400001".parse().unwrap(), BranchCode::default());
        let email: EmailAddress = "eva@correo.ec".parse().unwrap();
        let mut writing = store.begin().await.unwrap();
        crate::store::employers::change_email(&mut writing, &ruc, &branch, &email, at(900))
            .await
            .unwrap();
        writing.commit().await.unwrap();
        let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
        assert_eq!(record.employer.email, Some(email), "{engine}");
        assert_eq!(
            record.employer.kind,
            EmployerKind::NaturalPerson,
            "{engine}"
        );
    }
}

#[tokio::test]
async fn looking_an_employer_up_is_one_statement_over_indexes() {
    let databases = databases("plan").await;
    let (_, store) = &databases.stores[0];
    let plan = store.read.plan(crate::store::employers::EMPLOYER);
    let plan = plan.await.unwrap();
    let searches = plan
        .iter()
        .filter(|step| step.starts_with("SEARCH ") && step.contains("INDEX"));
    assert_eq!(searches.count(), 5, "{plan:#?}");
    assert!(
        plan.iter().all(|step| !step.starts_with("SCAN ")
            || step == "SCAN CONSTANT ROW"
            || step == "SCAN k"),
        "{plan:#?}"
    );
}

#[tokio::test]
async fn an_undo_that_was_killed_goes_on_and_other_tables_are_not_in_its_way() {
    let databases = databases("undo_resumed").await;
    for (engine, store) in &databases.stores {
        let rows: Vec<String> = (0..2500)
            .map(|n| format!("17{n:08}001|NAME {n}|ACTIVO|SOCIEDAD|2024-01-01"))
            .collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let first = take_catalogue(store, &rows, 0).await;
        // The directory speaks of the same RUC, and of something else.
        let mut directory = std::io::Cursor::new(Vec::new());
        crate::fixture::directorio::write(3, &mut directory).unwrap();
        let second = import_bytes(store, ImportKind::Supercias, directory.get_ref(), 10)
            .await
            .unwrap();
        assert_eq!(second.tally.added, 3, "{engine}");

        let mut begun = store.open_undo(first.id, "test", at(20)).await.unwrap();
        assert!(store.undo_some(&mut begun).await.unwrap(), "{engine}");
        assert_eq!(
            begun.tally.removed, 2000,
            "{engine}: the first batch, and no more"
        );
        let other = import_bytes(store, ImportKind::Supercias, directory.get_ref(), 30).await;
        assert!(
            matches!(
                other,
                Err(TakeError::Import(ImportError::Unfinished { id: 3, .. }))
            ),
            "{engine}: {other:?}"
        );
        let undone = undo(store, first.id).await.unwrap();
        assert_eq!((undone.id, undone.tally.removed), (3, 2500), "{engine}");
        let left: i64 = query("select count(*) as left_over from taxpayers")
            .fetch_one(&store.read)
            .await
            .unwrap()
            .try_get("left_over")
            .unwrap();
        assert_eq!(left, 0, "{engine}");
        let states: Vec<ImportState> = store
            .imports()
            .await
            .unwrap()
            .iter()
            .map(|import| import.state)
            .collect();
        assert_eq!(
            states,
            [ImportState::Undone, ImportState::Done, ImportState::Done],
            "{engine}"
        );
    }
}

#[tokio::test]
async fn a_signed_address_survives_files_and_undoing() {
    let databases = databases("signed_address").await;
    for (engine, store) in &databases.stores {
        let (ruc, branch) = agro();
        take(store, &table(&[&row(ANA, "ANA")]), false, at(0)).await;
        let signed: EmailAddress = "signed@agro.ec".parse().unwrap();
        let mut writing = store.begin().await.unwrap();
        crate::store::employers::change_email(&mut writing, &ruc, &branch, &signed, at(900))
            .await
            .unwrap();
        writing.commit().await.unwrap();
        let other = row(ANA, "ANA").replace("n@agro.ec", "other@agro.ec");
        let renamed = other.replace("AGRO S.A.", "AGRO 2");
        assert_eq!(
            take(store, &table(&[&other]), false, at(10))
                .await
                .tally
                .changed,
            0,
            "{engine}: the file has nothing to say about it"
        );
        let import = take(store, &table(&[&renamed]), false, at(20)).await;
        undo(store, import.id).await.unwrap();
        let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
        assert_eq!(record.employer.legal_name, "AGRO S.A.", "{engine}");
        assert_eq!(record.employer.email, Some(signed), "{engine}");
    }
}
