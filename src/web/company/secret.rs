//! The secret of a petition never stands in an address. It travels once in the body of a form and then lives in a cookie that
//! only the pages of that petition receive; the page shows it for writing down while the form is unsigned.

use axum::extract::{Path, State as Shared};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;

use crate::domain::{PetitionNumber, Token};
use crate::intake::{Settings, Status};
use crate::web::messages::WebError;
use crate::web::{App, cookies};

/// Cookie that holds the secret of one petition, sent to that petition's pages only.
const COOKIE_NAME: &str = "recibo";

/// The petition and its secret, when this browser holds the right one.
pub(in crate::web) async fn mine(
    app: &App,
    number: &PetitionNumber,
    headers: &HeaderMap,
) -> Result<Option<(Status, Token)>, WebError> {
    let Some(secret) = secret_of(headers) else {
        return Ok(None);
    };
    let status = app.intake.status(number, &secret).await?;
    Ok(status.map(|status| (status, secret)))
}

pub(in crate::web) fn secret_of(headers: &HeaderMap) -> Option<Token> {
    cookies::named(headers, COOKIE_NAME).find_map(Token::presented)
}

/// Whether this browser holds a secret of some petition, whole or not.
pub(in crate::web) fn is_presented(headers: &HeaderMap) -> bool {
    cookies::named(headers, COOKIE_NAME).next().is_some()
}

/// Redirects whoever does not hold the secret of a petition to where it is typed.
pub(in crate::web) fn to_lookup(number: &PetitionNumber) -> Response {
    Redirect::to(&format!("/consulta?number={number}")).into_response()
}

/// The same after this browser was asked for what it keeps.
pub(super) fn to_lookup_without(number: &PetitionNumber) -> Response {
    Redirect::to(&format!("/consulta?number={number}&guardado=no")).into_response()
}

/// Redirects to the page of a petition, handing over its secret when there is a new one.
pub(super) fn to_petition(app: &App, number: &PetitionNumber, secret: Option<&Token>) -> Response {
    handing_over(app, number, secret, &format!("/solicitud/{number}"))
}

/// The same to an address of that page which says more.
pub(super) fn handing_over(
    app: &App,
    number: &PetitionNumber,
    secret: Option<&Token>,
    page: &str,
) -> Response {
    let mut response = Redirect::to(page).into_response();
    if let Some(cookie) = secret.and_then(|secret| cookie(app, number, secret).parse().ok()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// The cookie outlives its window, because a person may decide days later and the mail that says so leads here. On a shared
/// computer the next person could then open this one petition, with what its page shows, ask for a link, which goes to the address
/// on file and nowhere else, attach a document and appeal; none of it decides anything. Against that stands everybody who closed a
/// window without having written down 39 characters. So it ends by itself when nothing can come of the petition any more, no
/// script and no other site is given it, and the page has a button that forgets it at once.
pub(in crate::web) fn cookie(app: &App, number: &PetitionNumber, secret: &Token) -> String {
    let kept = longest_way(app.intake.settings()).as_secs();
    said_with(app, number, secret.reveal(), kept)
}

fn said_with(app: &App, number: &PetitionNumber, value: &str, seconds: i64) -> String {
    let secure = cookies::secure(app);
    format!(
        "{COOKIE_NAME}={value}; Path=/solicitud/{number}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    )
}

/// From a number to the end of what was approved with it: its life, the term in which people decide, the wait after a change of
/// address and the time in which links can be asked for. A working day counts double, for weekends and holidays.
fn longest_way(settings: &Settings) -> SignedDuration {
    let decided = SignedDuration::from_hours(2 * 24 * i64::from(settings.deadlines.working_days));
    settings.petition_life + decided + settings.email_hold + settings.approval_life
}

/// `POST /solicitud/{number}/olvidar`: this browser keeps the secret no longer.
pub(in crate::web) async fn forget(
    Shared(app): Shared<App>,
    Path(number): Path<String>,
) -> Result<Response, WebError> {
    let number = parse_number(&number)?;
    let page = format!("/consulta?number={number}&guardado=olvidado");
    let mut response = Redirect::to(&page).into_response();
    if let Ok(cookie) = said_with(&app, &number, "", 0).parse() {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The number in an address; what is none leads nowhere.
pub(in crate::web) fn parse_number(text: &str) -> Result<PetitionNumber, WebError> {
    text.parse().map_err(|_| WebError::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header::COOKIE;

    #[test]
    fn the_secret_is_found_among_other_cookies() {
        let secret = "abcdefghijklmnopqrstuvwxyz012345";
        let headers =
            HeaderMap::from_iter([(COOKIE, format!("a=b; recibo={secret}").parse().unwrap())]);
        assert_eq!(secret_of(&headers).unwrap().reveal(), secret);
        let headers = HeaderMap::from_iter([(COOKIE, "recibo=short; recibox=y".parse().unwrap())]);
        assert_eq!(secret_of(&headers), None);
        assert!(is_presented(&headers));
        let others = HeaderMap::from_iter([(COOKIE, "xrecibo=y; recibox=y".parse().unwrap())]);
        assert!(!is_presented(&others));
    }
}
