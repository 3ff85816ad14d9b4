//! Changes of registry and trust from the screen: one supervisor proposes, another one confirms, and nobody does both.

use axum::http::StatusCode;
use base64::Engine;
use clavero::domain::{Acting, Action, EmployerState, MemberRole, RepresentationMode, Sha256};
use clavero::fixture::people::CAFE;
use clavero::store::{ImportKind, ImportState, ProposalState};

use crate::bench::Bench;
use crate::office::{Answer, Browser, Office};

/// A supervisor at work.
pub struct Supervisor {
    browser: Browser,
    word: String,
}

impl Supervisor {
    pub async fn comes(office: &Office, user: &str) -> Self {
        Self::tied(office, user, &[]).await
    }

    /// One who is tied to these employers.
    pub async fn tied(office: &Office, user: &str, rucs: &[&str]) -> Self {
        office.tied_member(user, MemberRole::Supervisor, rucs).await;
        let mut browser = office.signed_in(user).await;
        let word = office.word(&mut browser).await;
        Self { browser, word }
    }

    pub async fn sends(&mut self, office: &Office, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", self.word.as_str())];
        all.extend_from_slice(fields);
        office.sends(&mut self.browser, path, &all).await
    }

    pub async fn sees(&mut self, office: &Office, path: &str) -> Answer {
        office.sees(&mut self.browser, path).await
    }

    /// Proposes something; the address of the proposal.
    pub async fn proposes(
        &mut self,
        office: &Office,
        path: &str,
        fields: &[(&str, &str)],
    ) -> String {
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

pub const REASON: (&str, &str) = ("reason", "consta en la escritura del 3 de febrero");

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
        ("mode", "sole"),
        ("from", "2026-02-01"),
        ("no_end", "1"),
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
    let found = office.bench.record(CAFE).await;
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

/// Whoever signs with others, and whoever signs by a power: the second person sees what it comes to.
#[tokio::test]
async fn joint_representatives_and_attorneys_are_proposed_with_what_they_may_sign() {
    let office = Office::with(false).await;
    let (mut sara, mut simon) = (
        Supervisor::comes(&office, "sara").await,
        Supervisor::comes(&office, "simon").await,
    );
    let person = format!("/oficina/registro/{CAFE}/0001/representante");
    let about = [
        ("document", "2901047999"),
        ("name", "ELSA CONJUNTA"),
        ("from", "2026-02-01"),
        ("source", "inscripción 12"),
        REASON,
    ];
    let with = |more: &[(&'static str, &'static str)]| [&about[..], more].concat();
    for wrong in [
        with(&[("post", "Presidenta")]),
        with(&[("post", "Presidenta"), ("mode", "joint")]),
        with(&[
            ("post", "Presidenta"),
            ("mode", "joint"),
            ("signatures", "1"),
        ]),
        with(&[("post", "Presidenta"), ("mode", "sole"), ("for_reset", "1")]),
        with(&[
            ("post", "Presidenta"),
            ("mode", "sole"),
            ("to", "2026-01-01"),
        ]),
    ] {
        let refused = sara.sends(&office, &person, &wrong).await;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong:?}"
        );
    }
    let joint = with(&[
        ("post", "Presidenta"),
        ("mode", "joint"),
        ("signatures", "2"),
        ("no_end", "1"),
    ]);
    let attorney = with(&[
        ("post", "Apoderada especial"),
        ("mode", "sole"),
        ("for_reset", "1"),
        ("no_end", "1"),
    ]);
    // A day that got lost is no word for a term without end, and what was typed is not lost with it.
    let lost = sara
        .sends(&office, &person, &joint[..joint.len() - 1])
        .await;
    assert_eq!(lost.status, StatusCode::UNPROCESSABLE_ENTITY);
    for shown in [
        r#"<span class="error" id="to-error">"#,
        r#"name="document" value="2901047999""#,
        r#"name="name" value="ELSA CONJUNTA""#,
        r#"name="from" value="2026-02-01""#,
        r#"<option value="joint" selected>"#,
        r#"name="signatures" value="2""#,
        r#"name="source" value="inscripción 12""#,
    ] {
        assert!(lost.html.contains(shown), "{shown}: {}", lost.html);
    }
    for (fields, said) in [(joint, "conjunta, 2 firmas"), (attorney, "Poder para")] {
        let proposal = sara.proposes(&office, &person, &fields).await;
        let page = office.sees(&mut simon.browser, &proposal).await;
        assert!(page.html.contains(said), "{}", page.html);
        let done = simon
            .sends(&office, &format!("{proposal}/confirmar"), &[])
            .await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
    }
    let found = office.bench.record(CAFE).await;
    let mut known: Vec<_> = found
        .employer
        .representatives
        .iter()
        .filter(|person| person.document.as_str() == "2901047999")
        .map(|person| {
            (
                person.mode,
                person.required_signatures,
                person.scope.clone(),
            )
        })
        .collect();
    known.sort_by_key(|(_, signatures, _)| *signatures);
    assert_eq!(
        known,
        [
            (
                RepresentationMode::Sole,
                1,
                Some(vec![Action::ResetPassword])
            ),
            (RepresentationMode::Joint, 2, None),
        ]
    );
}

/// An undo whose process died half-way is gone on with by whoever confirms it again, once it is certain that nobody else is at
/// it: not before.
#[tokio::test]
async fn an_interrupted_undo_is_gone_on_with() {
    for bench in Bench::on_each_engine("interrupted_undo").await {
        let office = Office::on(bench, false);
        let (mut sara, mut simon) = (
            Supervisor::comes(&office, "sara").await,
            Supervisor::comes(&office, "simon").await,
        );
        let store = office.bench.intake.store();
        let state = format!("/oficina/registro/{CAFE}/0001/estado");
        let closed = sara
            .proposes(&office, &state, &[("state", "closed"), REASON])
            .await;
        simon
            .sends(&office, &format!("{closed}/confirmar"), &[])
            .await;
        let import = store.imports().await.unwrap().pop().unwrap().id;
        let undo = format!("/oficina/versiones/{import}/deshacer");
        let proposal = sara.proposes(&office, &undo, &[REASON]).await;
        let id: i64 = proposal.rsplit('/').next().unwrap().parse().unwrap();

        // As somebody confirms it, up to the middle.
        let now = office.bench.intake.now();
        let acting = Acting {
            user: "susana".parse().unwrap(),
            role: MemberRole::Supervisor,
            address: "192.0.2.9".to_owned(),
            session: None,
        };
        store.begin_proposal(id, &acting, now).await.unwrap();
        let actor = acting.actor();
        store.open_undo(import, &actor, now).await.unwrap();

        let confirm = format!("{proposal}/confirmar");
        let early = simon.sends(&office, &confirm, &[]).await;
        assert_eq!(early.status, StatusCode::CONFLICT, "she may be at it");
        office.bench.pass(jiff::SignedDuration::from_mins(10));
        let page = office.sees(&mut simon.browser, &proposal).await;
        assert!(page.html.contains("sin terminar"), "{}", page.html);
        let own = sara.sends(&office, &confirm, &[]).await;
        assert_eq!(own.status, StatusCode::CONFLICT, "her own still");
        let done = simon.sends(&office, &confirm, &[]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
        let found = office.bench.record(CAFE).await;
        assert_eq!(found.employer.state, EmployerState::Active);
        assert_eq!(
            store.registry_import(import).await.unwrap().state,
            ImportState::Undone
        );
        let again = simon.sends(&office, &confirm, &[]).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "once");
        assert!(store.verify_audit().await.unwrap().is_ok());
    }
}

/// Of two who confirm an undo at once one carries it out, and nobody opens again what the other one is doing.
#[tokio::test]
async fn of_two_who_confirm_an_undo_at_once_one_does() {
    for bench in Bench::on_each_engine("undo_twice").await {
        let office = Office::on(bench, false);
        let mut sara = Supervisor::comes(&office, "sara").await;
        let (mut simon, mut susana) = (
            Supervisor::comes(&office, "simon").await,
            Supervisor::comes(&office, "susana").await,
        );
        let store = office.bench.intake.store();
        let state = format!("/oficina/registro/{CAFE}/0001/estado");
        let closed = sara
            .proposes(&office, &state, &[("state", "closed"), REASON])
            .await;
        simon
            .sends(&office, &format!("{closed}/confirmar"), &[])
            .await;
        let import = store.imports().await.unwrap().pop().unwrap().id;
        let undo = format!("/oficina/versiones/{import}/deshacer");
        let proposal = sara.proposes(&office, &undo, &[REASON]).await;
        let confirm = format!("{proposal}/confirmar");
        let (one, other) = tokio::join!(
            simon.sends(&office, &confirm, &[]),
            susana.sends(&office, &confirm, &[])
        );
        let mut said = [one.status, other.status];
        said.sort();
        assert_eq!(said, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
        let id: i64 = proposal.rsplit('/').next().unwrap().parse().unwrap();
        let row = store.proposal(id).await.unwrap().unwrap();
        assert_eq!(row.state, ProposalState::Confirmed);
    }
}

/// A certificate that nobody has pinned: trusted once a second supervisor has read its fingerprint somewhere else.
#[tokio::test]
async fn a_new_certificate_is_trusted_by_two_hands_and_a_fingerprint_from_elsewhere() {
    let office = Office::with(false).await;
    let (mut sara, mut simon) = (
        Supervisor::comes(&office, "sara").await,
        Supervisor::comes(&office, "simon").await,
    );
    let root = clavero::fixture::pki::roots().remove(0).der;
    let fingerprint = Sha256::of(&root).to_string();
    let body = base64::engine::general_purpose::STANDARD.encode(&root);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
    let page = office.sees(&mut sara.browser, "/oficina/confianza").await;
    let entity = page.html.split("<option value=\"").nth(1).unwrap();
    let entity = entity.split('"').next().unwrap().to_owned();
    let trust = "/oficina/confianza";
    let leaf = clavero::fixture::identity("lucia").unwrap().certificate;
    let leaf = base64::engine::general_purpose::STANDARD.encode(leaf);
    let leaf = format!("-----BEGIN CERTIFICATE-----\n{leaf}\n-----END CERTIFICATE-----\n");
    for (certificate, entity) in [
        ("nada", entity.as_str()),
        (leaf.as_str(), entity.as_str()),
        (pem.as_str(), "nadie"),
    ] {
        let fields = [("certificate", certificate), ("entity", entity), REASON];
        let refused = sara.sends(&office, trust, &fields).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{certificate}");
    }
    let fields = [("certificate", &*pem), ("entity", &*entity), REASON];
    let proposal = sara.proposes(&office, trust, &fields).await;
    let confirm = format!("{proposal}/confirmar");
    let end = &fingerprint[56..];
    let page = office.sees(&mut simon.browser, &proposal).await;
    assert!(page.html.contains(&fingerprint[..56]), "{}", page.html);
    assert!(!page.html.contains(end), "its end is not told");
    let pinned = || std::fs::read_to_string(office.bench.folder().join("entities.toml"));
    let own = sara.sends(&office, &confirm, &[("huella", end)]).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "she proposed it");
    for read in ["", "00000000", &end[4..]] {
        let refused = simon.sends(&office, &confirm, &[("huella", read)]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{read}");
        assert!(pinned().is_err(), "nothing yet");
    }
    let spaced = format!("{}:{}", end[..4].to_uppercase(), &end[4..]);
    let done = simon.sends(&office, &confirm, &[("huella", &spaced)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.html);
    let written = pinned().unwrap();
    assert!(written.contains(&fingerprint), "{written}");
    let kept: Vec<_> = std::fs::read_dir(office.bench.folder().join("roots"))
        .unwrap()
        .collect();
    assert_eq!(kept.len(), 1);
    let again = sara.sends(&office, trust, &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it is pinned already");
}
