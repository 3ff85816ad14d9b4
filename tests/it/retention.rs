//! What is past its term goes, on both engines, with a clock that the test moves: documents first, then what was said about
//! them; digests and the audit log stay, and twice does no harm.

use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use bytes::Bytes;
use clavero::domain::{MemberRole, PetitionNumber, Sha256, State};
use clavero::fixture::people::CAFE;
use clavero::intake::{FormOpener, IntakeError, Retired, Terms};
use clavero::store::MessageKind;
use jiff::SignedDuration;

use crate::bench::{BEGINNING, Bench, GOOD, Petition};
use crate::office::{Browser, Office};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Thirty days for forms, a hundred for documents, two hundred for reports, and little for the rest.
fn terms() -> Terms {
    Terms {
        unused: Some(DAY * 30),
        documents: Some(DAY * 100),
        reports: Some(DAY * 200),
        messages: Some(DAY * 50),
        links: Some(DAY * 10),
    }
}

fn kept(bench: &Bench, sha256: Sha256) -> bool {
    let text = sha256.to_string();
    let file = Path::new(&text[..2]).join(&text[2..4]).join(&text);
    bench.folder().join("documents").join(file).exists()
}

/// Lets the file system say what the bench's clock says: every file is as old as the bench.
fn age_files(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            age_files(&path);
        } else {
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(BEGINNING.into()).unwrap();
        }
    }
}

/// The digests of a petition's documents.
async fn digests(bench: &Bench, number: &PetitionNumber) -> Vec<Sha256> {
    let rows = bench.intake.store().documents(number).await.unwrap();
    rows.iter().map(|row| row.sha256).collect()
}

async fn events(bench: &Bench, subject: &str) -> Vec<String> {
    let rows = bench
        .intake
        .store()
        .audit_of(subject, 0, 100)
        .await
        .unwrap();
    rows.into_iter().map(|row| row.event).collect()
}

/// Attaches an appointment.
async fn attach(bench: &Bench, petition: &Petition) {
    let paper: [Result<Bytes, ()>; 1] = [Ok(Bytes::from_static(b"%PDF-1.4 nombramiento"))];
    let (number, secret) = (&petition.number, &petition.secret);
    let paper = futures::stream::iter(paper);
    let attached = bench.intake.attach_appointment(number, secret, paper).await;
    attached.unwrap();
}

/// Whoever asks about a petition gets an answer, whatever of it is left: the office by its number, the company on its page.
/// Where the document is gone the office reads why, and nothing leads to what is no more.
pub async fn answers_about(office: &Office, petition: &Petition, document_is_gone: bool) {
    let (number, secret) = (petition.number.as_str(), petition.secret.reveal());
    let mut sara = office.signed_in("sara").await;
    let case = format!("/oficina/caso/{number}");
    let found = office
        .sees(&mut sara, &format!("/oficina/buscar?que={number}"))
        .await;
    assert_eq!(found.location, case, "{}", found.html);
    let seen = office.sees(&mut sara, &case).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.html);
    let said = seen
        .html
        .contains("El documento se borró al terminar su plazo.");
    assert_eq!(said, document_is_gone, "{}", seen.html);
    let files = office.bench.intake.store().attachments(&petition.number);
    let attached = !files.await.unwrap().is_empty();
    for (place, is_there) in [("pagina", true), ("adjunto", attached), ("evidencia", true)] {
        let leads = seen.html.contains(&format!("{case}/{place}"));
        assert_eq!(
            leads,
            is_there && !document_is_gone,
            "{place}: {}",
            seen.html
        );
    }
    assert_eq!(
        seen.html.contains("Nombramiento"),
        attached,
        "{}",
        seen.html
    );
    for place in ["pagina/1.png", "evidencia.zip"] {
        let answer = office.sees(&mut sara, &format!("{case}/{place}")).await;
        let expected = if document_is_gone {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::OK
        };
        assert_eq!(answer.status, expected, "{place}: {}", answer.html);
    }

    let mut company = Browser::new();
    let fields = [("number", number), ("secret", secret)];
    let opened = office.sends(&mut company, "/consulta", &fields).await;
    assert_eq!(opened.location, format!("/solicitud/{number}"));
    for page in ["", "/comprobante.pdf"] {
        let page = format!("/solicitud/{number}{page}");
        let seen = office.sees(&mut company, &page).await;
        assert_eq!(seen.status, StatusCode::OK, "{page}: {}", seen.html);
    }
    let status = format!("/api/v1/petitions/{number}");
    let status = office.asks_with_secret(&status, secret).await;
    assert_eq!(status.status, StatusCode::OK, "{}", status.html);
}

#[tokio::test]
async fn each_kind_goes_when_its_own_term_has_ended() {
    for bench in Bench::on_each_engine("retention").await {
        let office = Office::on(bench, false);
        office.member("sara", MemberRole::Supervisor).await;
        let bench = &office.bench;
        let unused = bench.petition(CAFE, Some("otra@cafe-ficticio.ec")).await;
        let used = bench.petition(CAFE, None).await;
        attach(bench, &used).await;
        let signed = bench.sign(&used.form, "lucia");
        bench.upload(Some(&used.number), &signed).await.unwrap();
        bench.work().await;
        bench.sets_password(GOOD).await;
        let refused = bench.signed_petition(CAFE, "nelly", None).await;
        let still = async |document_is_gone| {
            answers_about(&office, &used, document_is_gone).await;
            answers_about(&office, &refused, document_is_gone).await;
        };
        let store = bench.intake.store();
        let document = digests(bench, &used.number).await[0];
        let form = store
            .petition(&used.number)
            .await
            .unwrap()
            .unwrap()
            .form
            .unwrap();
        let unused_form = store
            .petition(&unused.number)
            .await
            .unwrap()
            .unwrap()
            .form
            .unwrap();
        assert!(kept(bench, document) && kept(bench, form) && kept(bench, unused_form));

        age_files(bench.folder());
        let retire = async || bench.intake.retire(&terms()).await.unwrap();
        assert_eq!(retire().await, Retired::default(), "nothing is old");
        still(false).await;

        // A number lives 7 days; 38 days later its form is nobody's any more. Links are dead since 38 days.
        bench.pass(DAY * 38);
        let retired = retire().await;
        assert_eq!(
            (retired.petitions, retired.reports, retired.messages),
            (1, 0, 0)
        );
        assert!(retired.links >= 1);
        assert!(!kept(bench, unused_form) && kept(bench, document));
        let gone = store.petition(&unused.number).await.unwrap().unwrap();
        assert_eq!((gone.form, gone.content.unwrap().new_email), (None, None));
        let opener = FormOpener::Secret(unused.secret.clone());
        let opened = bench.intake.form(&unused.number, &opener).await;
        assert_eq!(opened.unwrap(), None);
        assert_eq!(
            events(bench, unused.number.as_str()).await,
            ["petition.issued", "petition.erased"]
        );

        bench.pass(DAY * 20);
        assert!(retire().await.messages >= 1);
        assert!(
            store
                .messages(&used.number, MessageKind::ResetLink)
                .await
                .unwrap()
                .is_empty()
        );

        bench.pass(DAY * 60);
        assert_eq!(
            retire().await,
            Retired {
                petitions: 2,
                ..Retired::default()
            }
        );
        assert!(!kept(bench, document) && !kept(bench, form));
        assert_eq!(
            digests(bench, &used.number).await,
            [document],
            "the digest stays"
        );
        let status = bench.status(&used).await;
        assert_eq!(status.state, State::Completed);
        let why = bench.status(&refused).await;
        assert!(
            !why.reasons.is_empty(),
            "what was decided outlives its document"
        );
        still(true).await;

        bench.pass(DAY * 100);
        assert_eq!(
            retire().await,
            Retired {
                reports: 2,
                ..Retired::default()
            }
        );
        let decision = store
            .decision(&used.number, document)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            (decision.as_kept().clone(), decision.report),
            (serde_json::json!({}), None)
        );
        assert_eq!(bench.status(&used).await.state, State::Completed);
        still(true).await;
        assert_eq!(retire().await, Retired::default(), "twice does no harm");
        let of = events(bench, used.number.as_str()).await;
        assert!(
            of.ends_with(&["petition.erased".to_owned(), "report.erased".to_owned()]),
            "{of:?}"
        );
        assert!(store.verify_audit().await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn what_waits_for_a_person_stays_and_so_do_bytes_that_another_petition_needs() {
    let bench = Bench::new().await;
    // A term that ended without a successor: a person must look.
    let waiting = bench.signed_petition("2990005055001", "hernan", None).await;
    let letter = bench.sign(&bench.petition(CAFE, None).await.form, "nelly");
    let first = bench.upload(None, &letter).await.unwrap();
    bench.work().await;
    bench.pass(DAY * 80);
    let second = bench.upload(None, &letter).await.unwrap();
    bench.work().await;
    assert_eq!(first.sha256, second.sha256);
    age_files(bench.folder());
    bench.pass(DAY * 60);
    bench.intake.retire(&terms()).await.unwrap();
    assert!(
        kept(&bench, first.sha256),
        "the second petition still has its term"
    );
    assert_eq!(bench.status(&waiting).await.state, State::InReview);
    let looked_at = digests(&bench, &waiting.number).await[0];
    assert!(kept(&bench, looked_at), "somebody has yet to look");
    bench.pass(DAY * 100);
    bench.intake.retire(&terms()).await.unwrap();
    assert!(!kept(&bench, first.sha256), "now nobody needs it");
}

/// What nobody signed is nobody's, though it came and was refused; what somebody signed may be disputed.
#[tokio::test]
async fn garbage_without_a_number_goes_as_soon_as_forms_that_nobody_signed() {
    for bench in Bench::on_each_engine("retention_garbage").await {
        let garbage = bench.upload(None, b"nothing in particular").await.unwrap();
        let letter = bench.sign(&bench.petition(CAFE, None).await.form, "nelly");
        let signed = bench.upload(None, &letter).await.unwrap();
        let under = bench.petition(CAFE, None).await;
        let numbered = bench.upload(Some(&under.number), b"other garbage").await;
        let numbered = numbered.unwrap().sha256;
        bench.work().await;
        age_files(bench.folder());
        bench.pass(DAY * 36);
        bench.intake.retire(&terms()).await.unwrap();
        assert!(kept(&bench, garbage.sha256), "its number lived a week");
        bench.pass(DAY * 2);
        bench.intake.retire(&terms()).await.unwrap();
        assert!(!kept(&bench, garbage.sha256));
        assert!(kept(&bench, signed.sha256) && kept(&bench, numbered));
    }
}

/// What should be there and is not (`migrate-store --leave-damaged`) is not said to have been deleted, and the case can be read.
#[tokio::test]
async fn a_document_that_is_lost_is_said_to_be_lost() {
    let office = Office::with(false).await;
    office.member("sara", MemberRole::Supervisor).await;
    let bench = &office.bench;
    let petition = bench.signed_petition(CAFE, "nelly", None).await;
    let lost = digests(bench, &petition.number).await[0];
    bench.documents().discard(lost).await.unwrap();
    bench.documents().forget(lost).await.unwrap();
    let mut sara = office.signed_in("sara").await;
    let case = format!("/oficina/caso/{}", petition.number);
    let seen = office.sees(&mut sara, &case).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.html);
    let said = "El documento no se encuentra en el archivo.";
    assert!(seen.html.contains(said), "{}", seen.html);
}

/// What a person had deleted comes back under no number: nobody would know that it is there.
#[tokio::test]
async fn under_a_number_whose_documents_were_deleted_nothing_more_is_taken() {
    let bench = Bench::new().await;
    let refused = bench.signed_petition(CAFE, "nelly", None).await;
    let number = &refused.number;
    let erased = bench
        .intake
        .erase(number, "operator", "asked for by the person");
    erased.await.unwrap();
    let signed = bench.sign(&refused.form, "lucia");
    let taken = bench.upload(Some(number), &signed).await;
    assert!(matches!(taken, Err(IntakeError::Expired)), "{taken:?}");
    assert!(bench.status(&refused).await.expired);
}
