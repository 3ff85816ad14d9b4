//! The door of the back office: who is signed in, whether they may come to this place, and whether a POST comes from a
//! page of ours (OWASP synchroniser token, bound to the session) besides coming from this site at all (`layers::guard`).

use std::net::IpAddr;

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::{App, FORM_BYTES, MENU, Place, Who, may_see, sign_in};
use crate::domain::{Acting, Member, Officer, Sha256, Token};
use crate::people::Session;
use crate::web::cookies;
use crate::web::messages::{WebError, wants_json};

/// Name of the header in which a script sends the word of its page.
const HEADER: &str = "x-ficha";

/// An entry of the menu as a page shows it.
#[derive(Debug, Clone)]
pub(crate) struct MenuEntry {
    pub(crate) href: &'static str,
    pub(crate) label: &'static str,
    pub(crate) here: bool,
}

/// Who is at work, and what every page behind the door shows. Handlers take it as an argument.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    /// The member.
    pub(crate) member: Member,
    /// Their session.
    pub(crate) session: Session,
    /// The word that every form of theirs must carry.
    pub(crate) csrf: String,
    /// Where they are.
    pub(crate) address: IpAddr,
    /// What they may go to.
    pub(crate) menu: Vec<MenuEntry>,
}

impl Desk {
    /// The desk of a session.
    pub(super) fn of(session: Session, csrf: String, address: IpAddr, path: &str) -> Self {
        let role = session.member.role;
        let menu = MENU
            .iter()
            .filter(|(href, _)| may_see(role, href))
            .map(|(href, label)| MenuEntry {
                href,
                label,
                here: path.starts_with(href),
            })
            .collect();
        Self {
            member: session.member.clone(),
            session,
            csrf,
            address,
            menu,
        }
    }

    /// Who is at work, as the flow wants it.
    pub(crate) fn officer(&self) -> Officer {
        Officer {
            member: self.member.clone(),
            address: self.address.to_string(),
            session: Some(self.session.open.hash),
        }
    }

    /// Who acts, as the audit log says it.
    pub(crate) fn acting(&self) -> Acting {
        self.officer().acting()
    }
}

impl FromRequestParts<App> for Desk {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, WebError> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(WebError::SignInNeeded)
    }
}

/// Names of the cookies. With the prefix a browser takes them only over https, for this host and for every path.
pub(super) fn cookie_name(app: &App, name: &str) -> String {
    if app.is_https() {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

/// The token in a cookie.
pub(super) fn token_in(app: &App, headers: &HeaderMap, name: &str) -> Option<Token> {
    let name = cookie_name(app, name);
    cookies::named(headers, &name).find_map(Token::presented)
}

/// Cookie of the session.
pub(super) const SESSION: &str = "oficina";

/// The word of a session's forms. It can't be led back to the token, and belongs to no other session.
pub(super) fn csrf_of(token: &Token) -> String {
    Sha256::of(format!("csrf:{}", token.reveal()).as_bytes()).to_string()
}

/// Lets a request through to its place, or says why not.
pub(super) async fn admit(
    State((app, place)): State<(App, &'static Place)>,
    request: Request,
    next: Next,
) -> Response {
    match check(&app, place, request).await {
        Ok(request) => next.run(request).await,
        Err(answer) => answer,
    }
}

async fn check(app: &App, place: &Place, request: Request) -> Result<Request, Response> {
    let Who::Roles(roles) = place.who else {
        return Ok(request);
    };
    let (mut parts, body) = request.into_parts();
    let address = app.proxies.client(&parts);
    let token = token_in(app, &parts.headers, SESSION);
    let session = match &token {
        Some(token) => session_of(app, token).await?,
        None => None,
    };
    let (session, token) = match (session, token) {
        (Some(session), Some(token)) => (session, token),
        (_, token) => return Err(not_in(app, &parts, body, token.as_ref()).await),
    };
    let desk = Desk::of(session, csrf_of(&token), address, parts.uri.path());
    if !roles.contains(&desk.member.role) {
        let method = &parts.method;
        app.people
            .denied(&desk.acting(), &format!("{method} {}", place.path))
            .await;
        return Err(WebError::NotAllowed.into_response());
    }
    let csrf = desk.csrf.clone();
    parts.extensions.insert(desk);
    if is_safe(&parts.method) {
        return Ok(Request::from_parts(parts, body));
    }
    let request = with_word(parts, body, &csrf).await?;
    // A form comes as slowly as its sender likes: who they are is asked again when it is there. A file that is still on its
    // way is asked about where it is kept.
    match session_of(app, &token).await? {
        Some(session) if roles.contains(&session.member.role) => Ok(request),
        _ => Err(WebError::SignInNeeded.into_response()),
    }
}

async fn session_of(app: &App, token: &Token) -> Result<Option<Session>, Response> {
    let session = app.people.session(token).await;
    session.map_err(|error| WebError::from(error).into_response())
}

fn is_safe(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// Nobody is signed in. Whoever was until now, and sends a form of a case from a page of theirs, gets the door with what they typed:
/// the word of that form belongs to the session that is over, which this browser still shows.
async fn not_in(app: &App, parts: &Parts, body: Body, token: Option<&Token>) -> Response {
    let told = || stranger(&parts.method, &parts.uri, &parts.headers);
    let (false, Some(token)) = (is_safe(&parts.method), token) else {
        return told();
    };
    if !is_form(parts) || wants_json(parts.uri.path(), &parts.headers) {
        return told();
    }
    let Ok(bytes) = to_bytes(body, FORM_BYTES).await else {
        return told();
    };
    let request = Request::from_parts(parts.clone(), Body::from(bytes.clone()));
    match Form::<Word>::from_request(request, &()).await {
        Ok(Form(word)) if same(&word.csrf, &csrf_of(token)) => {
            let back = sign_in::with_unsaved(app, parts, &bytes).await;
            back.unwrap_or_else(told)
        }
        _ => told(),
    }
}

fn is_form(parts: &Parts) -> bool {
    parts.headers.get(CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .starts_with(b"application/x-www-form-urlencoded")
    })
}

/// Somebody who is not signed in: a reader is led to the door and back, anything else is told.
fn stranger(method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    if !is_safe(method) || wants_json(uri.path(), headers) {
        return WebError::SignInNeeded.into_response();
    }
    let back = uri
        .path_and_query()
        .map_or("/oficina", |path| path.as_str());
    let back: String = back.bytes().map(encoded).collect();
    Redirect::to(&format!("/oficina/entrar?a={back}")).into_response()
}

/// A byte as it may stand in a query.
fn encoded(byte: u8) -> String {
    match byte {
        b if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    }
}

#[derive(Deserialize)]
struct Word {
    #[serde(default)]
    csrf: String,
}

/// The request with its body as it was, when it carries the word of the session: in a header, in the address (forms with
/// files, whose body is a stream), or as a field.
async fn with_word(parts: Parts, body: Body, csrf: &str) -> Result<Request, Response> {
    let refused = || WebError::CrossSite.into_response();
    let in_header = parts
        .headers
        .get(HEADER)
        .and_then(|value| value.to_str().ok());
    let in_address = parts.uri.query().and_then(|query| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("ficha="))
    });
    let apart = in_header.or(in_address);
    if apart.is_some_and(|word| !same(word, csrf)) {
        return Err(refused());
    }
    if !is_form(&parts) {
        let request = Request::from_parts(parts.clone(), body);
        return apart.map(|_| request).ok_or_else(refused);
    }
    let limit = u64::try_from(FORM_BYTES).unwrap_or(u64::MAX);
    let bytes = to_bytes(body, FORM_BYTES)
        .await
        .map_err(|_| WebError::TooLarge(limit).into_response())?;
    let whole = |bytes| Request::from_parts(parts.clone(), Body::from(bytes));
    if apart.is_some() {
        return Ok(whole(bytes));
    }
    match Form::<Word>::from_request(whole(bytes.clone()), &()).await {
        Ok(Form(word)) if same(&word.csrf, csrf) => Ok(whole(bytes)),
        _ => Err(refused()),
    }
}

fn same(word: &str, csrf: &str) -> bool {
    word.len() == csrf.len() && openssl::memcmp::eq(word.as_bytes(), csrf.as_bytes())
}
