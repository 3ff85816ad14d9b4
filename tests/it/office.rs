//! The back office without a network: the router of the service on a bench with a clock that the test moves, members who
//! sign in the way people do, and what the door must not let through.

use std::net::{IpAddr, SocketAddr};

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::response::Parts;
use axum::http::{Request, StatusCode};
use clavero::clock::Clock;
use clavero::domain::{Member, MemberRole, Token};
use clavero::fixture::people::CAFE;
use clavero::material::TrustFolder;
use clavero::people::{People, Settings, TotpSecret};
use clavero::proposals::Changes;
use clavero::store::Store;
use clavero::web::{self, App, Proxies, router};
use jiff::SignedDuration;
use tower::ServiceExt;

use crate::bench::Bench;

/// The password of every member.
pub const PASSWORD: &str = "la lluvia de Macas";

/// A service with a back office.
pub struct Office {
    /// The flow behind it, and the clock.
    pub bench: Bench,
    /// Its people.
    pub people: People,
    /// Its pages.
    pub router: axum::Router,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Where it leads.
    pub location: String,
    /// Cookies that it sets, whole.
    pub cookies: Vec<String>,
    /// The page.
    pub html: String,
    /// What it is (`Content-Type`).
    pub kind: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Whether somebody who is not signed in would get it.
    pub fn asks_to_sign_in(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED || self.location.starts_with("/oficina/entrar")
    }

    /// Whether the door refused it for the role or the word.
    pub fn refuses(&self) -> bool {
        self.status == StatusCode::FORBIDDEN
    }
}

/// A browser: its address and its cookies.
#[derive(Debug, Clone)]
pub struct Browser {
    /// Where it is.
    pub address: IpAddr,
    /// `name=value`.
    pub cookies: Vec<String>,
}

impl Browser {
    /// A browser that was never here.
    pub fn new() -> Self {
        Self::at("192.0.2.1")
    }

    /// One at another place.
    pub fn at(address: &str) -> Self {
        Self {
            address: address.parse().unwrap(),
            cookies: Vec::new(),
        }
    }

    fn keep(&mut self, cookies: &[String]) {
        for cookie in cookies {
            let pair = cookie.split(';').next().unwrap().to_owned();
            let name = pair.split('=').next().unwrap().to_owned();
            self.cookies
                .retain(|known| known.split('=').next() != Some(name.as_str()));
            if !pair.ends_with('=') {
                self.cookies.push(pair);
            }
        }
    }

    /// The same browser with one cookie less.
    pub fn without(&self, name: &str) -> Self {
        let mut other = self.clone();
        other
            .cookies
            .retain(|known| known.split('=').next() != Some(name));
        other
    }
}

/// Fields as a form sends them.
fn encoded(fields: &[(&str, &str)]) -> String {
    let one = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b if b.is_ascii_alphanumeric() => char::from(b).to_string(),
                b => format!("%{b:02X}"),
            })
            .collect()
    };
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", one(name), one(value)))
        .collect();
    pairs.join("&")
}

impl Office {
    /// One whose members need a second factor.
    pub async fn new() -> Self {
        Self::with(true).await
    }

    /// One whose members sign in with a password alone, or not.
    pub async fn with(second_factor: bool) -> Self {
        Self::on(Bench::new().await, second_factor)
    }

    /// One on this bench.
    pub fn on(bench: Bench, second_factor: bool) -> Self {
        let store = bench.intake.store().clone();
        Self::with_people_in(store, bench, second_factor)
    }

    /// One whose members and sessions are looked up over connections of their own.
    pub fn with_people_in(store: Store, bench: Bench, second_factor: bool) -> Self {
        let settings = Settings {
            idle: SignedDuration::from_mins(30),
            session_life: SignedDuration::from_hours(10),
            enrolment_life: SignedDuration::from_hours(24),
            second_factor,
            password_least: 12,
            argon2: (64, 1, 1),
            service: "Clavero".to_owned(),
        };
        let intake = bench.intake.clone();
        let clock = Clock::new(move || intake.now());
        let people = People::new(store, settings, clock, |bytes| {
            openssl::rand::rand_bytes(bytes).unwrap();
        });
        let settings = web::Settings {
            sender: "Clavero <no-responder@clavero.test>".to_owned(),
            rates: web::Rates::default(),
            service: "Clavero".to_owned(),
            contact: None,
            privacy: web::Privacy::default(),
            demo: None,
            proxies: Proxies::default(),
        };
        let intake = bench.intake.clone();
        let folder = TrustFolder::within(bench.folder());
        let changes = Changes::new(
            bench.intake.store().clone(),
            folder,
            Clock::new(move || intake.now()),
        );
        let router = router(App::new(
            bench.intake.clone(),
            people.clone(),
            changes,
            settings,
        ));
        Self {
            bench,
            people,
            router,
        }
    }

    /// Adds a member; the token of their one-time link.
    pub async fn invites(&self, user: &str, role: MemberRole) -> Token {
        self.invites_tied(user, role, &[]).await
    }

    async fn invites_tied(&self, user: &str, role: MemberRole, rucs: &[&str]) -> Token {
        let member = Member {
            user: user.parse().unwrap(),
            name: format!("{user} de Prueba"),
            role,
            email: None,
            document: None,
            tied_rucs: rucs.iter().map(|ruc| ruc.parse().unwrap()).collect(),
            created_at: self.people.now(),
            disabled_at: None,
        };
        self.people.add(&member, "test").await.unwrap()
    }

    /// Adds a member who has used their link; the secret of their second factor.
    pub async fn member(&self, user: &str, role: MemberRole) -> Option<TotpSecret> {
        self.tied_member(user, role, &[]).await
    }

    /// The same, tied to these employers.
    pub async fn tied_member(
        &self,
        user: &str,
        role: MemberRole,
        rucs: &[&str],
    ) -> Option<TotpSecret> {
        let token = self.invites_tied(user, role, rucs).await;
        let (_, secret) = self.people.open_enrolment(&token).await.unwrap();
        let code = secret
            .as_ref()
            .map(|secret| secret.code(self.people.now()))
            .unwrap_or_default();
        let address = "192.0.2.1".parse().unwrap();
        self.people
            .enrol(&token, PASSWORD.into(), &code, address)
            .await
            .unwrap();
        // The code that was shown is used up.
        self.bench.pass(SignedDuration::from_secs(30));
        secret
    }

    /// Sends a request; the browser keeps the cookies.
    pub async fn asks(
        &self,
        browser: &mut Browser,
        method: &str,
        path: &str,
        form: Option<&[(&str, &str)]>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .extension(ConnectInfo(SocketAddr::new(browser.address, 40_000)));
        if !browser.cookies.is_empty() {
            request = request.header(COOKIE, browser.cookies.join("; "));
        }
        let body = match form {
            Some(fields) => {
                request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
                Body::from(encoded(fields))
            }
            None => Body::empty(),
        };
        let (parts, bytes) = self.answer_to(request.body(body).unwrap()).await;
        let header = |name| {
            let all = parts.headers.get_all(name).iter();
            all.map(|value| value.to_str().unwrap().to_owned())
                .collect::<Vec<String>>()
        };
        let cookies = header(SET_COOKIE);
        browser.keep(&cookies);
        Answer {
            status: parts.status,
            location: header(LOCATION).into_iter().next().unwrap_or_default(),
            cookies,
            html: String::from_utf8(bytes.clone()).unwrap_or_default(),
            kind: header(CONTENT_TYPE).into_iter().next().unwrap_or_default(),
            bytes,
        }
    }

    /// Looks at a page.
    pub async fn sees(&self, browser: &mut Browser, path: &str) -> Answer {
        self.asks(browser, "GET", path, None).await
    }

    /// Asks as the holder of a petition's secret.
    pub async fn asks_with_secret(&self, path: &str, secret: &str) -> Answer {
        let address = SocketAddr::new(Browser::new().address, 40_000);
        let request = Request::builder()
            .uri(path)
            .header(AUTHORIZATION, format!("Bearer {secret}"))
            .extension(ConnectInfo(address));
        let (parts, bytes) = self.answer_to(request.body(Body::empty()).unwrap()).await;
        let kind = parts.headers.get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok());
        Answer {
            status: parts.status,
            location: String::new(),
            cookies: Vec::new(),
            html: String::from_utf8(bytes.clone()).unwrap_or_default(),
            kind: kind.unwrap_or_default().to_owned(),
            bytes,
        }
    }

    /// What the router answers to a request.
    pub async fn answer_to(&self, request: Request<Body>) -> (Parts, Vec<u8>) {
        let router = self.router.clone();
        let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
        (parts, to_bytes(body, 10_000_000).await.unwrap().to_vec())
    }

    /// Sends a form.
    pub async fn sends(
        &self,
        browser: &mut Browser,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        self.asks(browser, "POST", path, Some(fields)).await
    }

    /// Types name, password and code at the door.
    pub async fn enters(
        &self,
        browser: &mut Browser,
        user: &str,
        password: &str,
        code: &str,
    ) -> Answer {
        let fields = [("user", user), ("password", password), ("code", code)];
        self.sends(browser, "/oficina/entrar", &fields).await
    }

    /// A browser in which this member is signed in, where no second factor is needed.
    pub async fn signed_in(&self, user: &str) -> Browser {
        let mut browser = Browser::new();
        let answer = self.enters(&mut browser, user, PASSWORD, "").await;
        assert_eq!(
            (answer.status, answer.location.as_str()),
            (StatusCode::SEE_OTHER, "/oficina"),
            "{}",
            answer.html
        );
        browser
    }

    /// The word of this browser's forms.
    pub async fn word(&self, browser: &mut Browser) -> String {
        let page = self.sees(browser, "/oficina/cuenta").await;
        let rest = page
            .html
            .split("name=\"csrf\" value=\"")
            .nth(1)
            .expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

#[tokio::test]
async fn a_member_gets_in_with_password_and_code_and_a_code_opens_once() {
    let office = Office::new().await;
    let token = office.invites("ana", MemberRole::Reviewer).await;
    let link = format!("/oficina/alta/{}", token.reveal());
    let mut browser = Browser::new();
    let page = office.sees(&mut browser, &link).await;
    assert!(
        page.html.contains("<svg class=\"plate\""),
        "a QR code: {}",
        page.html
    );
    let shown = page
        .html
        .split("data-secret>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let secret = TotpSecret::parse(&shown.replace(' ', "")).unwrap();
    let code = secret.code(office.people.now());
    let wrong = [
        ("password", PASSWORD),
        ("password_again", PASSWORD),
        ("code", "000000"),
    ];
    let short = [
        ("password", "corta"),
        ("password_again", "corta"),
        ("code", &code),
    ];
    let differ = [
        ("password", PASSWORD),
        ("password_again", "la lluvia de macas"),
        ("code", &code),
    ];
    for form in [wrong, short, differ] {
        let answer = office.sends(&mut browser, &link, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
    }
    let right = [
        ("password", PASSWORD),
        ("password_again", PASSWORD),
        ("code", &code),
    ];
    let done = office.sends(&mut browser, &link, &right).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.html);
    let codes: Vec<&str> = done
        .html
        .split("data-code>")
        .skip(1)
        .map(|rest| rest.split('<').next().unwrap())
        .collect();
    assert_eq!(codes.len(), 8);
    assert_eq!(
        office.sees(&mut browser, &link).await.status,
        StatusCode::GONE,
        "once"
    );

    let replayed = office.enters(&mut browser, "ana", PASSWORD, &code).await;
    assert_eq!(
        replayed.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the code of the enrolment"
    );
    office.bench.pass(SignedDuration::from_secs(60));
    let code = secret.code(office.people.now());
    let inside = office.enters(&mut browser, "ana", PASSWORD, &code).await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER);
    let again = office
        .enters(&mut Browser::new(), "ana", PASSWORD, &code)
        .await;
    assert_eq!(
        again.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "seen over a shoulder"
    );
    for _ in 0..2 {
        let first = office
            .enters(&mut Browser::at("192.0.2.9"), "ana", PASSWORD, codes[0])
            .await;
        let used = first.status == StatusCode::UNPROCESSABLE_ENTITY;
        let left = office
            .people
            .recovery_codes_left(&"ana".parse().unwrap())
            .await
            .unwrap();
        assert_eq!(left, 7, "{used}");
    }
    for code in ["", "123", codes[0]] {
        let answer = office
            .enters(&mut Browser::at("192.0.2.8"), "ana", PASSWORD, code)
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{code}");
    }
}

#[tokio::test]
async fn a_session_is_new_at_every_sign_in_and_ends_when_it_should() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    office.member("sara", MemberRole::Supervisor).await;

    // Fixation: a session that somebody planted is not the one that opens.
    let mut browser = Browser::new();
    browser.cookies = vec!["__Host-oficina=abcdefghijklmnopqrstuvwxyz012345".to_owned()];
    let planted = browser.clone();
    let inside = office.enters(&mut browser, "ana", PASSWORD, "").await;
    let cookie = inside
        .cookies
        .iter()
        .find(|cookie| cookie.starts_with("__Host-oficina="))
        .unwrap();
    for word in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    assert!(
        office
            .sees(&mut planted.clone(), "/oficina/cola")
            .await
            .asks_to_sign_in()
    );
    assert_eq!(
        office.sees(&mut browser, "/oficina/cola").await.status,
        StatusCode::OK
    );

    // Signing in again ends the session before.
    let before = browser.clone();
    office.enters(&mut browser, "ana", PASSWORD, "").await;
    assert_ne!(before.cookies, browser.cookies);
    assert!(
        office
            .sees(&mut before.clone(), "/oficina/cola")
            .await
            .asks_to_sign_in()
    );

    // In use it lives on; unused for half an hour it does not, and ten hours are the end of all.
    for _ in 0..19 {
        office.bench.pass(SignedDuration::from_mins(29));
        assert_eq!(
            office.sees(&mut browser, "/oficina/cola").await.status,
            StatusCode::OK
        );
    }
    office.bench.pass(SignedDuration::from_mins(29));
    office.sees(&mut browser, "/oficina/cola").await;
    office.bench.pass(SignedDuration::from_mins(29));
    assert!(
        office
            .sees(&mut browser, "/oficina/cola")
            .await
            .asks_to_sign_in(),
        "ten hours"
    );
    let mut idle = office.signed_in("ana").await;
    office.bench.pass(SignedDuration::from_mins(30));
    assert!(
        office
            .sees(&mut idle, "/oficina/cola")
            .await
            .asks_to_sign_in(),
        "half an hour"
    );

    // A supervisor closes it, a member leaves.
    let (mut ana, mut sara) = (
        office.signed_in("ana").await,
        office.signed_in("sara").await,
    );
    let hash = office.people.sessions().await.unwrap();
    let hash = hash
        .iter()
        .find(|open| open.user.as_str() == "ana")
        .unwrap()
        .hash;
    let word = office.word(&mut sara).await;
    let close = format!("/oficina/personas/ana/sesiones/{hash}/cerrar");
    assert_eq!(
        office
            .sends(&mut sara, &close, &[("csrf", &word)])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
    assert!(
        office
            .sees(&mut ana, "/oficina/cola")
            .await
            .asks_to_sign_in()
    );
    let kept = sara.clone();
    office
        .sends(&mut sara, "/oficina/salir", &[("csrf", &word)])
        .await;
    assert!(
        office
            .sees(&mut kept.clone(), "/oficina/cola")
            .await
            .asks_to_sign_in()
    );
    assert!(
        office
            .bench
            .intake
            .store()
            .verify_audit()
            .await
            .unwrap()
            .is_ok()
    );
}

#[tokio::test]
async fn a_form_needs_the_word_of_its_own_session() {
    let office = Office::with(false).await;
    office.member("ana", MemberRole::Reviewer).await;
    office.member("eva", MemberRole::Reviewer).await;
    let (mut ana, mut eva) = (office.signed_in("ana").await, office.signed_in("eva").await);
    let (own, foreign) = (office.word(&mut ana).await, office.word(&mut eva).await);
    assert_ne!(own, foreign);
    for word in ["", &foreign, &own[1..], "null"] {
        let answer = office
            .sends(&mut ana, "/oficina/salir", &[("csrf", word)])
            .await;
        assert!(answer.refuses(), "{word:?}");
        let answer = office
            .sends(&mut ana, &format!("/oficina/salir?ficha={word}"), &[])
            .await;
        assert!(answer.refuses(), "{word:?} in the address");
    }
    let without = office.asks(&mut ana, "POST", "/oficina/salir", None).await;
    assert!(without.refuses(), "no form at all");
    assert_eq!(
        office.sees(&mut ana, "/oficina/cola").await.status,
        StatusCode::OK,
        "still in"
    );

    // Another member's session by its number: nothing happens, and nothing is told.
    let open = office.people.sessions().await.unwrap();
    let hash = open
        .iter()
        .find(|open| open.user.as_str() == "eva")
        .unwrap()
        .hash;
    let close = format!("/oficina/cuenta/sesiones/{hash}/cerrar");
    let answer = office.sends(&mut ana, &close, &[("csrf", &own)]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(
        office.sees(&mut eva, "/oficina/cola").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn guessing_is_slowed_down_and_locks_nobody_else_out() {
    let office = Office::new().await;
    let secret = office.member("ana", MemberRole::Reviewer).await.unwrap();
    let code = async || {
        office.bench.pass(SignedDuration::from_secs(31));
        secret.code(office.people.now())
    };
    let mut desk = Browser::at("192.0.2.1");
    let inside = office
        .enters(&mut desk, "ana", PASSWORD, &code().await)
        .await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER);

    // A name that nobody has gets the same answers.
    for user in ["ana", "nadie", "<script>"] {
        let mut guesser = Browser::at("203.0.113.5");
        let mut answers = Vec::new();
        for guess in 0..7 {
            let answer = office
                .enters(&mut guesser, user, &format!("adivinanza {guess}"), "123456")
                .await;
            answers.push(answer.status.as_u16());
        }
        assert_eq!(answers, [422, 422, 422, 422, 422, 429, 429], "{user}");
        let right = office
            .enters(
                &mut guesser,
                user,
                PASSWORD,
                &secret.code(office.people.now()),
            )
            .await;
        assert_eq!(
            right.status,
            StatusCode::TOO_MANY_REQUESTS,
            "a guesser must wait even with the right word"
        );
    }

    // Guessing from everywhere: strangers wait, the member at her own desk does not.
    for place in 1..=60 {
        let mut guesser = Browser::at(&format!("198.51.100.{place}"));
        office
            .enters(&mut guesser, "ana", "adivinanza", "123456")
            .await;
    }
    let mut stranger = Browser::at("198.51.100.200");
    let waits = office
        .enters(
            &mut stranger,
            "ana",
            PASSWORD,
            &secret.code(office.people.now()),
        )
        .await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    let mut desk = desk.without("__Host-oficina");
    let inside = office
        .enters(
            &mut desk,
            "ana",
            PASSWORD,
            &secret.code(office.people.now()),
        )
        .await;
    assert_eq!(
        inside.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "the code of her last sign-in"
    );
    let inside = office
        .enters(&mut desk, "ana", PASSWORD, &code().await)
        .await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER, "{}", inside.html);

    // And a stranger only waits for a minute.
    office.bench.pass(SignedDuration::from_mins(1));
    let inside = office
        .enters(&mut stranger, "ana", PASSWORD, &code().await)
        .await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER, "{}", inside.html);
}

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
