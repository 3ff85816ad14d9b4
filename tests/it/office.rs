//! The back office without a network: the router of the service on a bench with a clock that the test moves, and members who
//! sign in the way people do.

mod day;
mod sessions;

use std::net::{IpAddr, SocketAddr};

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::response::Parts;
use axum::http::{Request, StatusCode};
use clavero::clock::Clock;
use clavero::domain::{Member, MemberRole, Token};
use clavero::material::TrustFolder;
use clavero::people::{People, Settings, TotpSecret};
use clavero::proposals::Changes;
use clavero::store::Store;
use clavero::web;
use clavero::web::{App, Proxies, router};
use jiff::SignedDuration;
use tower::ServiceExt as _;

use crate::bench::Bench;
use crate::running::encoded;

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
