//! Coming back with the number and the secret.

use askama::Template;
use axum::Form;
use axum::extract::{Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::secret::to_petition;
use crate::domain::{PetitionNumber, Text, Token};
use crate::web::messages::{FieldErrors, WebError};
use crate::web::{App, Frame, page};

/// Number and secret as typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub(in crate::web) struct Lookup {
    #[serde(default)]
    number: String,
    #[serde(default)]
    secret: String,
}

impl Lookup {
    /// What was typed, or both from one field: «Copiar los dos» copies number and secret together.
    fn apart(&self) -> (&str, &str) {
        let pasted = [&self.number, &self.secret].into_iter().find_map(|text| {
            let (number, secret) = text.trim().split_once(char::is_whitespace)?;
            number
                .parse::<PetitionNumber>()
                .is_ok()
                .then_some((number, secret))
        });
        pasted.unwrap_or((&self.number, &self.secret))
    }
}

#[derive(Template)]
#[template(path = "lookup.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct LookupPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) number: &'a str,
    pub(in crate::web) errors: FieldErrors,
}

/// `GET /consulta`: the number may stand in the address, the secret never does.
pub(in crate::web) async fn lookup(frame: Frame, Query(typed): Query<Lookup>) -> Response {
    page(
        StatusCode::OK,
        &LookupPage {
            frame: &frame,
            number: &typed.number,
            errors: FieldErrors::default(),
        },
    )
}

/// `POST /consulta`
pub(in crate::web) async fn open(
    Shared(app): Shared<App>,
    frame: Frame,
    Form(typed): Form<Lookup>,
) -> Result<Response, WebError> {
    let (number, secret) = typed.apart();
    let again = |field, text: Text| {
        let errors = FieldErrors::one(field, text.say(frame.language));
        let lookup = LookupPage {
            frame: &frame,
            number,
            errors,
        };
        Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &lookup))
    };
    let Ok(number) = number.parse::<PetitionNumber>() else {
        return again(
            "number",
            Text::new(
                "El número no está bien escrito. Termina en una letra, por ejemplo CLV-2026-000123-X.",
                "The number is not written right. It ends with a letter, for example CLV-2026-000123-X.",
            ),
        );
    };
    let secret: String = secret.split_whitespace().collect();
    let Some(secret) = Token::presented(&secret) else {
        return again(
            "secret",
            Text::new(
                "El código no está completo: son nueve grupos de cuatro y uno de tres. Los que dimos antes son ocho grupos de cuatro.",
                "The code is not complete: it is nine groups of four and one of three. Those we gave earlier are eight groups of four.",
            ),
        );
    };
    if app.intake.status(&number, &secret).await?.is_none() {
        return again(
            "form",
            Text::new(
                "El número y el código no corresponden. Revise los dos; si su código tiene mayúsculas, cuentan.",
                "The number and the code do not belong together. Check both; if your code has capital letters, they count.",
            ),
        );
    }
    Ok(to_petition(&app, &number, Some(&secret)))
}
