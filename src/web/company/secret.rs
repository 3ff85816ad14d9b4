//! The secret of a petition never stands in an address. It travels once in the body of a form and then lives in a cookie that
//! only the pages of that petition receive; the page shows it for writing down while the form is unsigned.

use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};

use crate::domain::{PetitionNumber, Token};
use crate::intake::Status;
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

pub(in crate::web) fn cookie(app: &App, number: &PetitionNumber, secret: &Token) -> String {
    // Without an end date: on a shared telephone it is gone with the browser, and the written code remains.
    let secure = cookies::secure(app);
    format!(
        "{COOKIE_NAME}={}; Path=/solicitud/{number}; HttpOnly; SameSite=Strict{secure}",
        secret.reveal()
    )
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
