//! The back office as people work in it: headless Chromium, the keyboard alone, a clock that the test moves
//! (PRODUCT S28–S31, S39). With `CLAVERO_TEST_SHOTS=folder` the screens are kept to be looked at.

use std::net::SocketAddr;
use std::time::Instant;

use clavero::domain::{MemberRole, State};
use clavero::fixture::people::{CAFE, Person as Signer, person};
use clavero::fixture::pki::{self, Defect};
use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::key::Key;
use jiff::SignedDuration;

use crate::bench::{Bench, Petition};
use crate::office::{Office, PASSWORD};
use crate::person::{DESK, Person};
use crate::running::PATIENCE;
use crate::served::until;

/// The term of its director has ended, and nobody followed: one person decides.
pub const FOUNDATION: &str = "2990005055001";
/// Two must sign.
pub const JOINT: &str = "2990003035001";

/// A service on a port of its own, with a back office and four members.
pub struct Served {
    /// What is behind it.
    pub office: Office,
    /// Where it is.
    pub url: String,
}

impl Served {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut bench = Bench::new().await;
        bench
            .restart_with(|settings| settings.public_url.clone_from(&url))
            .await;
        let office = Office::on(bench, false);
        for (user, role) in [
            ("ana", MemberRole::Reviewer),
            ("luis", MemberRole::Reviewer),
            ("sara", MemberRole::Supervisor),
            ("aura", MemberRole::Auditor),
        ] {
            office.member(user, role).await;
        }
        let service = office
            .router
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { office, url }
    }

    pub fn bench(&self) -> &Bench {
        &self.office.bench
    }

    pub async fn in_review(&self, ruc: &str, who: &str) -> Petition {
        let petition = self.bench().signed_petition(ruc, who, None).await;
        let (state, codes) = self.bench().outcome(&petition).await;
        assert_eq!(state, State::InReview, "{codes:?}");
        petition
    }

    pub async fn state(&self, petition: &Petition) -> State {
        self.bench().outcome(petition).await.0
    }

    /// Somebody sits down at a desk and signs in by keyboard.
    pub async fn signs_in(&self, user: &str) -> Person {
        let mut person = Person::sit_down().await;
        person.looks_through(DESK).await;
        self.enters(&person, user).await;
        person
    }

    async fn enters(&self, person: &Person, user: &str) {
        person
            .goes_to(&format!("{}/oficina/entrar", self.url))
            .await;
        person.types("#user", user).await;
        let tab = char::from(Key::Tab);
        let enter = char::from(Key::Enter);
        writes(person, &format!("{tab}{PASSWORD}{enter}")).await;
        person.sees("[data-count]").await;
    }
}

/// Types into whatever has the focus.
async fn writes(person: &Person, text: &str) {
    let field = person.client.active_element().await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// Presses one key, wherever the focus is.
async fn presses(person: &Person, key: char) {
    let keys = KeyActions::new("keyboard".to_owned())
        .then(KeyAction::Down { value: key })
        .then(KeyAction::Up { value: key });
    person.client.perform_actions(keys).await.unwrap();
}

/// Presses Ctrl and Enter together.
async fn confirms(person: &Person) {
    let (control, enter) = (char::from(Key::Control), char::from(Key::Enter));
    let keys = KeyActions::new("keyboard".to_owned())
        .then(KeyAction::Down { value: control })
        .then(KeyAction::Down { value: enter })
        .then(KeyAction::Up { value: enter })
        .then(KeyAction::Up { value: control });
    person.client.perform_actions(keys).await.unwrap();
}

/// The same by somebody who lets go late.
async fn insists(person: &Person) {
    let (control, enter) = (char::from(Key::Control), char::from(Key::Enter));
    let mut keys = KeyActions::new("keyboard".to_owned()).then(KeyAction::Down { value: control });
    for _ in 0..3 {
        keys = keys
            .then(KeyAction::Down { value: enter })
            .then(KeyAction::Up { value: enter });
    }
    let keys = keys.then(KeyAction::Up { value: control });
    person.client.perform_actions(keys).await.unwrap();
}

/// Waits until the page says this in its notice: the one before it may still be there for a moment.
pub async fn is_told(person: &Person, words: &str) {
    let script =
        "return [...document.querySelectorAll('.notice')].map((one) => one.innerText).join(' ')";
    let began = Instant::now();
    loop {
        // In the middle of a navigation there is no page to ask.
        let said = person.client.execute(script, vec![]).await;
        let said = said.ok().and_then(|said| said.as_str().map(str::to_owned));
        if said.as_deref().is_some_and(|said| said.contains(words)) {
            return;
        }
        assert!(
            began.elapsed() <= PATIENCE,
            "not told «{words}»:\n{}",
            person.reads().await
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// Whether an element lies inside the window, not only inside the page.
async fn is_in_view(person: &Person, css: &str) -> bool {
    let script = "const box = document.querySelector(arguments[0]).getBoundingClientRect();
        const at = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + Math.min(box.height / 2, 10));
        return box.height > 0 && box.top >= 0 && box.bottom <= innerHeight && at !== null;";
    let seen = person
        .client
        .execute(script, vec![css.into()])
        .await
        .unwrap();
    seen.as_bool().unwrap()
}

/// The page fits the window: nothing of it must be scrolled to.
async fn fits_the_window(person: &Person) {
    let script = "return document.documentElement.scrollHeight - innerHeight";
    let over = person.client.execute(script, vec![]).await.unwrap();
    assert!(over.as_i64().unwrap() <= 0, "{over} px must be scrolled");
}

/// Opens a case.
pub async fn opens(served: &Served, person: &Person, petition: &Petition) {
    person
        .goes_to(&format!("{}/oficina/caso/{}", served.url, petition.number))
        .await;
    person.sees(".case").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s28_a_reviewer_decides_by_keyboard_in_seconds_with_a_reason() {
    let served = Served::start().await;
    let mut petitions = Vec::new();
    for _ in 0..4 {
        petitions.push(served.in_review(FOUNDATION, "hernan").await);
        served.bench().pass(SignedDuration::from_secs(1));
    }
    let ana = served.signs_in("ana").await;
    ana.finds_no_barrier().await;
    assert_eq!(
        ana.sees("[data-count]").await.text().await.unwrap(),
        "4 casos"
    );
    ana.leaves_picture("cola").await;
    presses(&ana, '?').await;
    ana.sees("dialog[open]").await;
    presses(&ana, char::from(Key::Escape)).await;
    presses(&ana, 'j').await;
    presses(&ana, 'j').await;
    presses(&ana, 'k').await;
    let chosen = ana.client.active_element().await.unwrap();
    assert_eq!(chosen.text().await.unwrap(), petitions[0].number.as_str());

    let mut seconds = Vec::new();
    for place in 0..4 {
        presses(&ana, 'n').await;
        ana.sees("details.panel").await;
        let began = Instant::now();
        if place == 0 {
            fits_the_window(&ana).await;
            ana.finds_no_barrier().await;
            ana.leaves_picture("caso").await;
            // Without a reason nothing is sent.
            presses(&ana, 'a').await;
            confirms(&ana).await;
            ana.sees("details.panel[open] input[name=reason]:invalid")
                .await;
            ana.finds_no_barrier().await;
            ana.leaves_picture("caso-aprobar").await;
            presses(&ana, char::from(Key::Escape)).await;
        }
        // Three strokes: what, why, yes. The approval comes last: a second one would need two persons.
        let (act, reason, word, said) = if place < 3 {
            ('r', '1', "not_representative", "Negado")
        } else {
            ('a', '3', "still_in_office", "Aprobado")
        };
        presses(&ana, act).await;
        if place == 0 {
            ana.finds_no_barrier().await;
            ana.leaves_picture("caso-negar").await;
            // Of text in the very colour of its ground that examination says nothing.
            let script = "const style = getComputedStyle(document.querySelector('details[open] button')); \
                          return style.color === style.backgroundColor";
            let unseen = ana.client.execute(script, vec![]).await.unwrap();
            assert_eq!(unseen.as_bool(), Some(false));
        }
        presses(&ana, reason).await;
        ana.sees(&format!("details.panel[open] input[value={word}]:checked"))
            .await;
        insists(&ana).await;
        is_told(&ana, said).await;
        seconds.push(began.elapsed());
    }
    seconds.sort();
    assert!(seconds[2].as_secs() < 60, "{seconds:?}");
    presses(&ana, 'n').await;
    is_told(&ana, "No hay otro caso").await;
    for (place, petition) in petitions.iter().enumerate() {
        let expected = if place < 3 {
            State::Refused
        } else {
            State::Approved
        };
        assert_eq!(served.state(petition).await, expected);
    }
    assert!(
        served
            .bench()
            .intake
            .store()
            .verify_audit()
            .await
            .unwrap()
            .is_ok()
    );
    ana.client.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s29_a_second_person_decides_without_seeing_the_first_verdict() {
    let served = Served::start().await;
    let petition = served.in_review(JOINT, "jorge").await;
    let ana = served.signs_in("ana").await;
    presses(&ana, 'n').await;
    ana.sees(".two").await;
    presses(&ana, 'a').await;
    presses(&ana, '5').await;
    confirms(&ana).await;
    is_told(&ana, "segunda persona").await;
    presses(&ana, 'n').await;
    is_told(&ana, "No hay otro caso").await;
    opens(&served, &ana, &petition).await;
    presses(&ana, 't').await;
    is_told(&ana, "Usted ya decidió este caso").await;

    let luis = served.signs_in("luis").await;
    presses(&luis, 'n').await;
    luis.sees("details.panel").await;
    let page = luis.reads().await;
    assert!(page.contains("Espera a una segunda persona"), "{page}");
    assert!(!page.contains("Aprobó") && !page.contains("ana"), "{page}");
    luis.finds_no_barrier().await;
    // Two at once on one case: the other one is told.
    let sara = served.signs_in("sara").await;
    opens(&served, &sara, &petition).await;
    assert!(sara.reads().await.contains("Lo tiene luis"));
    presses(&luis, 'a').await;
    presses(&luis, '5').await;
    confirms(&luis).await;
    is_told(&luis, "Aprobado").await;
    assert_eq!(served.state(&petition).await, State::Approved);
    for person in [ana, luis, sara] {
        person.client.clone().close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s30_completion_and_appeal_as_the_company_sees_them() {
    let served = Served::start().await;
    let (asked, refused) = (
        served.in_review(JOINT, "jorge").await,
        served.in_review(FOUNDATION, "hernan").await,
    );
    let ana = served.signs_in("ana").await;
    opens(&served, &ana, &asked).await;
    presses(&ana, 't').await;
    ana.sees("details.panel").await;
    presses(&ana, 'c').await;
    presses(&ana, '3').await;
    confirms(&ana).await;
    is_told(&ana, "hasta cuándo").await;
    opens(&served, &ana, &refused).await;
    presses(&ana, 't').await;
    ana.sees("details.panel").await;
    presses(&ana, 'r').await;
    presses(&ana, '1').await;
    confirms(&ana).await;
    is_told(&ana, "Negado").await;

    let company = Person::sit_down().await;
    let sees = async |petition: &Petition| {
        company.goes_to(&format!("{}/consulta", served.url)).await;
        company.types("#number", petition.number.as_str()).await;
        company.types("#secret", petition.secret.reveal()).await;
        company.clicks("form button[type=submit]").await;
        company.sees("h1[data-state]").await;
    };
    sees(&asked).await;
    company.sees("h1[data-state=awaiting_completion]").await;
    let page = company.reads().await;
    assert!(
        page.contains("la firma del otro representante") && page.contains("13 de marzo de 2026"),
        "{page}"
    );
    company.finds_no_barrier().await;
    sees(&refused).await;
    company.sees("h1[data-state=refused]").await;
    assert!(
        company
            .reads()
            .await
            .contains("Quien firmó no representa a la empresa.")
    );
    company.clicks("[data-appeal] summary").await;
    company
        .types("#apelacion", "Sigo en <b>funciones</b> \u{202e}prorrogadas")
        .await;
    company.finds_no_barrier().await;
    company.clicks("[data-appeal] button[type=submit]").await;
    company.sees("h1[data-state=in_review]").await;

    // Not for whoever refused it; for somebody else, with what the company wrote as plain text.
    presses(&ana, 'n').await;
    is_told(&ana, "No hay otro caso").await;
    let luis = served.signs_in("luis").await;
    presses(&luis, 'n').await;
    luis.sees("[data-acts]").await;
    let page = luis.reads().await;
    assert!(
        page.contains("Apelación") && page.contains("<b>funciones</b> ⟨U+202E⟩prorrogadas"),
        "{page}"
    );
    luis.finds_no_barrier().await;

    // Silence ends in the archive.
    served.bench().pass(SignedDuration::from_hours(24 * 15));
    served.bench().work().await;
    sees(&asked).await;
    company.sees("h1[data-state=archived]").await;
    assert!(company.reads().await.contains("No se negó"));
    for person in [ana, luis, company] {
        person.client.clone().close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s31_terms_are_told_in_words_and_time_approves_nothing() {
    let served = Served::start().await;
    let petition = served.in_review(FOUNDATION, "hernan").await;
    let sara = served.signs_in("sara").await;
    sara.sees(".term.calm").await;
    for (hours, class, words) in [
        (25, "soon", "Pasaron 24 h"),
        (24 * 26, "late", "Pasó el día 20"),
    ] {
        served.bench().pass(SignedDuration::from_hours(hours));
        served.bench().work().await;
        served.enters(&sara, "sara").await;
        let term = sara
            .sees(&format!(".term.{class}"))
            .await
            .text()
            .await
            .unwrap();
        assert!(term.contains(words), "{term}");
        sara.finds_no_barrier().await;
        assert_eq!(served.state(&petition).await, State::InReview);
    }
    sara.leaves_picture("cola-tarde").await;
    sara.sends_once().await;
    sara.client.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s39_the_counter_by_two_officers_and_the_link_on_the_screen() {
    let served = Served::start().await;
    let (tab, enter) = (char::from(Key::Tab), char::from(Key::Enter));
    let ana = served.signs_in("ana").await;
    ana.goes_to(&format!("{}/oficina/ventanilla", served.url))
        .await;
    ana.finds_no_barrier().await;
    writes(&ana, &format!("{CAFE}{tab}{tab}T-77{enter}")).await;
    let number = ana.sees("[data-number]").await.text().await.unwrap();
    ana.finds_no_barrier().await;
    presses(&ana, 't').await;
    for item in ["cedula", "ruc", "turn", "letter", "nombramiento"] {
        let scan = ana.keeps(
            &format!("{item}.pdf"),
            format!("%PDF-1.4 {item}").as_bytes(),
        );
        ana.sees(&format!("#escaneo-{item}"))
            .await
            .send_keys(scan.to_str().unwrap())
            .await
            .unwrap();
        ana.sees(&format!("[data-item={item}] button"))
            .await
            .send_keys(&enter.to_string())
            .await
            .unwrap();
        ana.sees(&format!(
            "[data-item={item}] form[action$='/visto/{item}'] button"
        ))
        .await
        .send_keys(&enter.to_string())
        .await
        .unwrap();
        ana.sees(&format!("[data-item={item}] .seen")).await;
    }
    ana.finds_no_barrier().await;
    fits_the_window(&ana).await;
    ana.leaves_picture("ventanilla").await;
    presses(&ana, 'a').await;
    presses(&ana, '1').await;
    confirms(&ana).await;
    is_told(&ana, "segunda persona").await;

    let luis = served.signs_in("luis").await;
    presses(&luis, 'n').await;
    luis.sees("details.panel").await;
    presses(&luis, 'a').await;
    presses(&luis, '1').await;
    confirms(&luis).await;
    is_told(&luis, "cinco documentos").await;
    for item in ["cedula", "ruc", "turn", "letter", "nombramiento"] {
        luis.sees(&format!("[data-item={item}] form button"))
            .await
            .send_keys(&enter.to_string())
            .await
            .unwrap();
        luis.sees(&format!("[data-item={item}] .seen")).await;
    }
    presses(&luis, 'a').await;
    presses(&luis, '1').await;
    confirms(&luis).await;
    is_told(&luis, "Aprobado").await;
    luis.goes_to(&format!("{}/oficina/caso/{number}", served.url))
        .await;
    luis.sees("form[action$='/enlace'] button")
        .await
        .send_keys(&enter.to_string())
        .await
        .unwrap();
    luis.sees("svg.plate").await;
    luis.finds_no_barrier().await;
    luis.leaves_picture("ventanilla-enlace").await;
    let link = luis
        .sees("[data-link]")
        .await
        .attr("href")
        .await
        .unwrap()
        .unwrap();
    luis.goes_to(&link).await;
    luis.sees("#password").await;
    for person in [ana, luis] {
        person.client.clone().close().await.unwrap();
    }
}

/// Ten minutes and a note later, the next key must not cost what was typed: not while nobody took the case, nor when somebody did.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_still_too_long_loses_nothing_that_they_typed() {
    const NOTE: &str = "No contestan el telefono registrado";
    const NOTED: &str =
        "return document.querySelector('details.panel[open] input[name=note]').value";
    let served = Served::start().await;
    let petition = served.in_review(FOUNDATION, "hernan").await;
    let ana = served.signs_in("ana").await;
    opens(&served, &ana, &petition).await;
    presses(&ana, 't').await;
    ana.sees("details.panel").await;
    presses(&ana, 'r').await;
    presses(&ana, '1').await;
    ana.types("details.panel[open] input[name=note]", NOTE)
        .await;
    let noted = async || ana.client.execute(NOTED, vec![]).await.unwrap();
    // Her browser believes that another minute is over, and the clock of the service that a quarter of an hour is.
    let later = "const now = Date.now; Date.now = () => now.call(Date) + 61000";
    for taken in [false, true] {
        served.bench().pass(SignedDuration::from_mins(15));
        let luis = served.signs_in("luis").await;
        if taken {
            opens(&served, &luis, &petition).await;
            presses(&luis, 't').await;
            luis.sees("details.panel").await;
        }
        ana.client.execute(later, vec![]).await.unwrap();
        writes(&ana, "!").await;
        if taken {
            let line = ana.sees("[data-lost]").await.text().await.unwrap();
            assert!(line.contains("luis lo tomó"), "{line}");
            assert!(is_in_view(&ana, "[data-lost]").await);
            ana.finds_no_barrier().await;
            ana.leaves_picture("caso-perdido").await;
        } else {
            until("she does not hold it again", async || {
                let case = served.bench().intake.store().case(&petition.number);
                let case = case.await.unwrap().unwrap();
                let now = served.bench().intake.now();
                (case.held_by(now) == Some("ana")).then_some(())
            })
            .await;
        }
        let kept = noted().await;
        assert!(kept.as_str().unwrap().starts_with(NOTE), "{kept}");
        luis.client.clone().close().await.unwrap();
    }
    confirms(&ana).await;
    is_told(&ana, "Lo que escribió y no se guardó").await;
    assert!(ana.reads().await.contains(NOTE));
    ana.leaves_picture("caso-perdido-confirmado").await;
    assert_eq!(served.state(&petition).await, State::InReview);
    ana.client.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_failed_stands_on_top_and_names_of_certificates_are_harmless_text() {
    let served = Served::start().await;
    let bench = served.bench();
    // A name that is markup, a direction mark, a formula, and long.
    let lucia = person("lucia").unwrap();
    let name = format!("=1+1 <script>alert(1)</script> \u{202e}{}", "Ñ".repeat(300));
    let hostile: &'static Signer = Box::leak(Box::new(Signer {
        names: Box::leak(name.into_boxed_str()),
        ..*lucia
    }));
    let identity = pki::issue(hostile, Defect::None);
    let petition = bench.petition(CAFE, None).await;
    let mut signed = bench.sign_as(&petition.form, "lucia", &identity);
    // Something of the signed form is changed: integrity fails, and the company appeals all the same.
    let place = petition.form.len() / 2;
    signed[place] ^= 1;
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work().await;
    assert_eq!(served.state(&petition).await, State::Refused);
    bench
        .intake
        .appeal(&petition.number, &petition.secret, "Es mi firma")
        .await
        .unwrap();

    let ana = served.signs_in("ana").await;
    presses(&ana, 'n').await;
    ana.sees("[data-failing] li").await;
    fits_the_window(&ana).await;
    for failing in [
        "[data-failing] li:nth-child(1)",
        "[data-failing] li:nth-child(2)",
        ".case-acts",
        "[data-barrier]",
    ] {
        assert!(is_in_view(&ana, failing).await, "{failing}");
    }
    assert!(
        ana.client
            .find(fantoccini::Locator::Css("[data-act=approve]"))
            .await
            .is_err(),
        "nobody approves what failed"
    );
    ana.finds_no_barrier().await;
    ana.leaves_picture("caso-fallido").await;
    let page = ana.reads().await;
    assert!(!page.contains('\u{202e}'), "{page}");
    let scripts = ana
        .client
        .execute(
            "return document.querySelectorAll('main script').length",
            vec![],
        )
        .await
        .unwrap();
    assert_eq!(scripts.as_u64(), Some(0));
    ana.client.clone().close().await.unwrap();

    // A good signature with the same kind of name, by somebody the registry does not know.
    let rosa = person("rosa").unwrap();
    let name = format!("=1+1 <script>alert(1)</script> \u{202e}{}", "Ñ".repeat(300));
    let hostile: &'static Signer = Box::leak(Box::new(Signer {
        names: Box::leak(name.into_boxed_str()),
        ..*rosa
    }));
    let identity = pki::issue(hostile, Defect::None);
    let petition = bench.petition(FOUNDATION, None).await;
    let signed = bench.sign_as(&petition.form, "rosa", &identity);
    bench.upload(Some(&petition.number), &signed).await.unwrap();
    bench.work().await;
    let (state, codes) = bench.outcome(&petition).await;
    assert_eq!(state, State::InReview, "{codes:?}");
    let luis = served.signs_in("luis").await;
    opens(&served, &luis, &petition).await;
    let page = luis.reads().await;
    assert!(
        page.contains("<script>alert(1)</script>") && page.contains("⟨U+202E⟩"),
        "{page}"
    );
    assert!(!page.contains('\u{202e}'));
    fits_the_window(&luis).await;
    luis.finds_no_barrier().await;
    luis.leaves_picture("caso-nombres").await;
    luis.client.clone().close().await.unwrap();
}
