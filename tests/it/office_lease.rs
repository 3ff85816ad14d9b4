//! What somebody typed into a case is not lost: when their time runs out, when somebody else takes the case, and when their session
//! ends.

use axum::http::StatusCode;
use clavero::domain::{MemberRole, State};
use jiff::SignedDuration;

use crate::bench::{Bench, Petition};
use crate::office::{Answer, Browser, Office, PASSWORD};
use crate::office_browser::FOUNDATION;

/// Longer than a case is somebody's without a sign of life.
const TOO_LONG: SignedDuration = SignedDuration::from_mins(16);
/// What is typed.
const NOTE: &str = "Llamé al teléfono registrado: no contestan.";

/// An office with two reviewers and a case that waits.
async fn office() -> (Office, Petition) {
    let mut bench = Bench::new().await;
    let lease = SignedDuration::from_mins(15);
    bench
        .restart_with(|settings| settings.review.lease = lease)
        .await;
    let office = Office::on(bench, false);
    for user in ["ana", "luis"] {
        office.member(user, MemberRole::Reviewer).await;
    }
    let petition = office
        .bench
        .signed_petition(FOUNDATION, "hernan", None)
        .await;
    assert_eq!(office.bench.outcome(&petition).await.0, State::InReview);
    (office, petition)
}

/// A browser, the word of its forms, and the case it looks at.
struct Seat {
    browser: Browser,
    word: String,
    case: String,
}

impl Seat {
    async fn of(office: &Office, user: &str, petition: &Petition) -> Self {
        let mut browser = office.signed_in(user).await;
        let word = office.word(&mut browser).await;
        let case = format!("/oficina/caso/{}", petition.number);
        Self {
            browser,
            word,
            case,
        }
    }

    async fn sends(&mut self, office: &Office, act: &str, fields: &[(&str, &str)]) -> Answer {
        let path = format!("{}/{act}", self.case);
        let word = [("csrf", self.word.as_str())];
        let fields = [&word, fields].concat();
        office.sends(&mut self.browser, &path, &fields).await
    }

    /// Takes the case, and sees what is said then.
    async fn takes(&mut self, office: &Office) -> String {
        let taken = self.sends(office, "tomar", &[]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.html);
        office.sees(&mut self.browser, &taken.location).await.html
    }

    async fn refuses(&mut self, office: &Office, round: &str) -> Answer {
        let fields = [
            ("round", round),
            ("act", "refuse"),
            ("reason", "not_representative"),
            ("note", NOTE),
        ];
        self.sends(office, "decidir", &fields).await
    }
}

#[tokio::test]
async fn a_case_that_nobody_else_took_is_still_theirs_when_they_go_on() {
    let (office, petition) = office().await;
    let mut ana = Seat::of(&office, "ana", &petition).await;
    let page = ana.takes(&office).await;
    assert!(
        page.contains("El caso es suyo durante 15 minutos"),
        "as it is configured: {page}"
    );
    office.bench.pass(TOO_LONG);
    // Looking at a page takes nothing: somebody who comes back the next day may not want it any more.
    let path = ana.case.clone();
    let looked = office.sees(&mut ana.browser, &path).await;
    assert!(looked.html.contains("Tomar este caso"), "{}", looked.html);
    let alive = ana.sends(&office, "sigo?ronda=1", &[]).await;
    assert_eq!(alive.status, StatusCode::NO_CONTENT, "{}", alive.html);
    office.bench.pass(TOO_LONG);
    let refused = ana.refuses(&office, "1").await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER, "{}", refused.html);
    assert_eq!(office.bench.outcome(&petition).await.0, State::Refused);
    // Each time they took it again, and the log says so.
    let log = office.bench.intake.store().verify_audit().await.unwrap();
    assert!(log.is_ok());
}

#[tokio::test]
async fn whoever_lost_a_case_is_told_the_one_cause_and_keeps_what_they_typed() {
    let (office, petition) = office().await;
    let mut ana = Seat::of(&office, "ana", &petition).await;
    let mut luis = Seat::of(&office, "luis", &petition).await;
    let causes = |page: &str| {
        [
            "luis lo tomó",
            "Este caso ya no espera",
            "llegó algo nuevo de la empresa",
        ]
        .map(|cause| page.contains(cause))
    };
    ana.takes(&office).await;
    // A page that was opened before what waits now.
    let earlier = ana.refuses(&office, "0").await;
    assert_eq!(earlier.status, StatusCode::CONFLICT);
    assert_eq!(
        causes(&earlier.html),
        [false, false, true],
        "{}",
        earlier.html
    );
    assert!(earlier.html.contains(NOTE), "in the panel");

    office.bench.pass(TOO_LONG);
    luis.takes(&office).await;
    let dead = ana.sends(&office, "sigo?ronda=1", &[]).await;
    assert_eq!(dead.status, StatusCode::CONFLICT);
    assert_eq!(causes(&dead.html), [true, false, false], "{}", dead.html);
    let lost = ana.refuses(&office, "1").await;
    assert_eq!(lost.status, StatusCode::CONFLICT);
    assert_eq!(causes(&lost.html), [true, false, false], "{}", lost.html);
    assert!(lost.html.contains(NOTE), "{}", lost.html);
    assert!(lost.html.contains("Quien firmó no representa a la empresa"));

    // He gives it back: she takes it with what she had typed, and confirms.
    luis.sends(&office, "soltar", &[("note", "")]).await;
    let typed = [
        ("round", "1"),
        ("act", "refuse"),
        ("reason", "not_representative"),
        ("note", NOTE),
    ];
    let taken = ana.sends(&office, "tomar", &typed).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert!(
        taken
            .html
            .contains(&format!("name=\"note\" value=\"{NOTE}\"")),
        "{}",
        taken.html
    );
    assert_eq!(office.bench.outcome(&petition).await.0, State::InReview);

    office.bench.pass(TOO_LONG);
    luis.takes(&office).await;
    luis.refuses(&office, "1").await;
    let late = ana.refuses(&office, "1").await;
    assert_eq!(late.status, StatusCode::CONFLICT);
    assert_eq!(causes(&late.html), [false, true, false], "{}", late.html);
    assert!(late.html.contains(NOTE), "{}", late.html);
}

#[tokio::test]
async fn whoever_signs_in_again_is_back_at_the_case_with_what_they_typed() {
    let (office, petition) = office().await;
    let mut ana = Seat::of(&office, "ana", &petition).await;
    ana.takes(&office).await;
    office.bench.pass(SignedDuration::from_mins(31));

    // What another site sent in her name is not shown back.
    let word = std::mem::replace(&mut ana.word, "ajena".to_owned());
    let foreign = ana.refuses(&office, "1").await;
    assert_eq!(foreign.status, StatusCode::UNAUTHORIZED);
    assert!(!foreign.html.contains(NOTE), "{}", foreign.html);
    ana.word = word;

    let over = ana.refuses(&office, "1").await;
    assert_eq!(over.status, StatusCode::UNAUTHORIZED);
    assert!(over.html.contains("Su sesión terminó"), "{}", over.html);
    assert!(over.html.contains(NOTE), "{}", over.html);
    let back = format!("name=\"a\" value=\"{}\"", ana.case);
    assert!(over.html.contains(&back), "{}", over.html);
    assert!(!over.html.contains(&ana.word), "the old word is of no use");

    let case = ana.case.clone();
    let mut enters = async |a: &str, password: &str| {
        let fields = [
            ("a", a),
            ("user", "ana"),
            ("password", password),
            ("code", ""),
            ("round", "1"),
            ("act", "refuse"),
            ("reason", "not_representative"),
            ("note", NOTE),
        ];
        office
            .sends(&mut ana.browser, "/oficina/entrar", &fields)
            .await
    };
    let wrong = enters(&case, "no es la clave").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.html.contains(NOTE), "{}", wrong.html);
    let elsewhere = enters("//evil.example/oficina/caso/1", PASSWORD).await;
    assert_eq!(
        (elsewhere.status, elsewhere.location.as_str()),
        (StatusCode::SEE_OTHER, "/oficina")
    );
    let inside = enters(&case, PASSWORD).await;
    assert_eq!(inside.status, StatusCode::OK, "{}", inside.location);
    assert!(
        inside
            .html
            .contains(&format!("name=\"note\" value=\"{NOTE}\"")),
        "{}",
        inside.html
    );
    assert!(
        inside.html.contains("Todavía no se guardó"),
        "{}",
        inside.html
    );
    assert_eq!(
        office.bench.outcome(&petition).await.0,
        State::InReview,
        "nothing is decided by signing in"
    );
    ana.word = office.word(&mut ana.browser).await;
    let refused = ana.refuses(&office, "1").await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER, "{}", refused.html);
}
