//! Changes of registry and trust from the screen: one supervisor proposes, another one confirms, and nobody does both.

use axum::http::StatusCode;
use clavero::domain::MemberRole;
use clavero::fixture::people::CAFE;
use clavero::store::{ImportKind, ImportState};

use crate::office::{Answer, Browser, Office};

/// A supervisor at work.
struct Supervisor {
    browser: Browser,
    word: String,
}

impl Supervisor {
    async fn comes(office: &Office, user: &str) -> Self {
        office.member(user, MemberRole::Supervisor).await;
        let mut browser = office.signed_in(user).await;
        let word = office.word(&mut browser).await;
        Self { browser, word }
    }

    async fn sends(&mut self, office: &Office, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", self.word.as_str())];
        all.extend_from_slice(fields);
        office.sends(&mut self.browser, path, &all).await
    }

    /// Proposes something; the address of the proposal.
    async fn proposes(&mut self, office: &Office, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.sends(office, path, fields).await;
        assert!(
            answer.location.starts_with("/oficina/propuestas/"),
            "{path}: {} {}",
            answer.status,
            answer.html
        );
        answer.location
    }
}

const REASON: (&str, &str) = ("reason", "consta en la escritura del 3 de febrero");

#[tokio::test]
async fn one_proposes_another_confirms_and_it_can_be_undone() {
    let office = Office::with(false).await;
    let (mut sara, mut simon) = (
        Supervisor::comes(&office, "sara").await,
        Supervisor::comes(&office, "simon").await,
    );
    let store = office.bench.intake.store();
    let (ruc, branch) = (CAFE.parse().unwrap(), "0001".parse().unwrap());
    let end_of = async || {
        store
            .employer(&ruc, &branch)
            .await
            .unwrap()
            .unwrap()
            .employer
            .representatives[0]
            .to
    };
    let before = end_of().await;
    let term = format!("/oficina/registro/{CAFE}/0001/periodo");

    let no_reason = sara
        .sends(&office, &term, &[("person", "0"), ("to", "2027-02-03")])
        .await;
    assert_eq!(no_reason.status, StatusCode::UNPROCESSABLE_ENTITY);
    let too_early = sara
        .sends(
            &office,
            &term,
            &[("person", "0"), ("to", "1999-01-01"), REASON],
        )
        .await;
    assert_eq!(too_early.status, StatusCode::UNPROCESSABLE_ENTITY);

    let proposal = sara
        .proposes(
            &office,
            &term,
            &[("person", "0"), ("to", "2027-02-03"), REASON],
        )
        .await;
    let (confirm, refuse) = (
        format!("{proposal}/confirmar"),
        format!("{proposal}/rechazar"),
    );
    let page = office.sees(&mut sara.browser, &proposal).await;
    assert!(
        page.html.contains("2027-02-03") && !page.html.contains(&confirm),
        "her own: {}",
        page.html
    );
    for path in [&confirm, &refuse] {
        let own = sara.sends(&office, path, &[]).await;
        assert_eq!(
            own.status,
            StatusCode::CONFLICT,
            "whoever proposes does not decide"
        );
    }
    let foreign = simon
        .sends(&office, &format!("{proposal}/retirar"), &[])
        .await;
    assert_eq!(foreign.status, StatusCode::CONFLICT, "not his to withdraw");
    assert_eq!(end_of().await, before, "nothing has happened yet");

    let done = simon.sends(&office, &confirm, &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
    assert_eq!(end_of().await.unwrap().to_string(), "2027-02-03");
    assert_eq!(
        simon.sends(&office, &confirm, &[]).await.status,
        StatusCode::CONFLICT,
        "once"
    );
    let import = store.imports().await.unwrap().pop().unwrap();
    assert_eq!(
        (import.kind, import.state, import.tally.changed),
        (ImportKind::Screen, ImportState::Done, 1)
    );
    assert_eq!(import.actor, "supervisor/simon");

    // Undone in the same way, by two.
    let undo = format!("/oficina/versiones/{}/deshacer", import.id);
    let page = office
        .sees(
            &mut simon.browser,
            &format!("/oficina/versiones/{}", import.id),
        )
        .await;
    assert!(
        page.html.contains("2027-02-03"),
        "the difference: {}",
        page.html
    );
    let proposal = simon.proposes(&office, &undo, &[REASON]).await;
    assert_eq!(
        simon
            .sends(&office, &format!("{proposal}/confirmar"), &[])
            .await
            .status,
        StatusCode::CONFLICT
    );
    assert_eq!(
        sara.sends(&office, &format!("{proposal}/confirmar"), &[])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(end_of().await, before);
    assert_eq!(
        store.registry_import(import.id).await.unwrap().state,
        ImportState::Undone
    );
    // A second undo of the same is refused when it is carried out, and its proposal stays open.
    let again = simon.proposes(&office, &undo, &[REASON]).await;
    assert_eq!(
        sara.sends(&office, &format!("{again}/confirmar"), &[])
            .await
            .status,
        StatusCode::CONFLICT
    );
    assert!(
        office
            .sees(&mut sara.browser, &again)
            .await
            .html
            .contains("espera a otra persona")
    );
    assert!(store.verify_audit().await.unwrap().is_ok());
}

#[tokio::test]
async fn a_proposal_that_the_registry_has_overtaken_is_not_carried_out() {
    let office = Office::with(false).await;
    let (mut sara, mut simon) = (
        Supervisor::comes(&office, "sara").await,
        Supervisor::comes(&office, "simon").await,
    );
    let state = format!("/oficina/registro/{CAFE}/0001/estado");
    let suspend = sara
        .proposes(&office, &state, &[("state", "suspended"), REASON])
        .await;
    let close = sara
        .proposes(&office, &state, &[("state", "closed"), REASON])
        .await;
    let same = sara
        .sends(&office, &state, &[("state", "active"), REASON])
        .await;
    assert_eq!(same.status, StatusCode::CONFLICT, "it is active already");
    assert_eq!(
        simon
            .sends(&office, &format!("{suspend}/confirmar"), &[])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let outdated = simon
        .sends(&office, &format!("{close}/confirmar"), &[])
        .await;
    assert_eq!(outdated.status, StatusCode::CONFLICT);
    assert!(
        outdated.html.contains("cambió desde que se propuso"),
        "{}",
        outdated.html
    );

    // Somebody new, whose name would be script if it were not text.
    let person = format!("/oficina/registro/{CAFE}/0001/representante");
    let fields = [
        ("document", "2901047999"),
        ("name", "<script>alert(1)</script>"),
        ("post", "Presidente"),
        ("from", "2026-02-01"),
        ("source", "inscripción 12"),
        REASON,
    ];
    let proposal = sara.proposes(&office, &person, &fields).await;
    let page = office.sees(&mut simon.browser, &proposal).await;
    assert!(!page.html.contains("<script>alert"), "{}", page.html);
    assert_eq!(
        simon
            .sends(&office, &format!("{proposal}/confirmar"), &[])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    let store = office.bench.intake.store();
    let found = store
        .employer(&CAFE.parse().unwrap(), &"0001".parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert!(
        found
            .employer
            .representatives
            .iter()
            .any(|person| person.document.as_str() == "2901047999")
    );
}

#[tokio::test]
async fn of_two_who_confirm_at_once_one_does() {
    let office = Office::with(false).await;
    let mut sara = Supervisor::comes(&office, "sara").await;
    let (mut simon, mut susana) = (
        Supervisor::comes(&office, "simon").await,
        Supervisor::comes(&office, "susana").await,
    );
    let state = format!("/oficina/registro/{CAFE}/0001/estado");
    let proposal = sara
        .proposes(&office, &state, &[("state", "suspended"), REASON])
        .await;
    let confirm = format!("{proposal}/confirmar");
    let (one, other) = tokio::join!(
        simon.sends(&office, &confirm, &[]),
        susana.sends(&office, &confirm, &[])
    );
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409]);
}

#[tokio::test]
async fn a_status_of_trust_changes_by_two_hands() {
    let office = Office::with(false).await;
    let (mut sara, mut simon) = (
        Supervisor::comes(&office, "sara").await,
        Supervisor::comes(&office, "simon").await,
    );
    let page = office.sees(&mut sara.browser, "/oficina/confianza").await;
    let pin = page
        .html
        .split("href=\"/oficina/confianza/")
        .nth(1)
        .expect("a pinned certificate");
    let pin = pin.split('"').next().unwrap().to_owned();
    let status = format!("/oficina/confianza/{pin}/estado");
    let wanted = if page.html.contains("retenido") {
        "past_only"
    } else {
        "held_back"
    };
    let proposal = sara
        .proposes(&office, &status, &[("status", wanted), REASON])
        .await;
    let additions = office.bench.folder().join("entities.toml");
    assert!(!additions.exists(), "nothing yet");
    assert_eq!(
        sara.sends(&office, &format!("{proposal}/confirmar"), &[])
            .await
            .status,
        StatusCode::CONFLICT
    );
    let done = simon
        .sends(&office, &format!("{proposal}/confirmar"), &[])
        .await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
    let written = std::fs::read_to_string(additions).unwrap();
    assert!(
        written.contains(&pin) && written.contains(wanted) && written.contains("escritura"),
        "{written}"
    );
    let again = sara
        .sends(&office, &status, &[("status", wanted), REASON])
        .await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it is so already");
}
