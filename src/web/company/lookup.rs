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
    /// What is known of the secret in this browser.
    guardado: Option<Kept>,
}

/// What became of the secret that a browser keeps.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    /// It was asked for and is not there.
    No,
    /// It was there until now.
    Olvidado,
}

impl Kept {
    fn said(self) -> Text {
        match self {
            Self::No => Text::new(
                "Este navegador no guardó el código de esta solicitud. Si la creó aquí, tiene apagadas las cookies, o está en modo privado: actívelas para esta página, o use otro navegador, y créela otra vez. Si la creó en otro equipo o navegador, ábrala allí, o escriba abajo su código.",
                "This browser did not keep the code of this petition. If you created it here, cookies are turned off, or it is in private mode: turn them on for this page, or use another browser, and create the petition again. If you created it on another device or browser, open it there, or type its code below.",
            ),
            Self::Olvidado => Text::new(
                "Este navegador olvidó el código. Para volver a ver la solicitud, escríbalo abajo.",
                "This browser has forgotten the code. To see the petition again, type it below.",
            ),
        }
    }
}

impl Lookup {
    /// What was typed, or both from one field: «Copiar los dos» copies number and secret together.
    fn apart(&self) -> (&str, &str) {
        // A number may be written with spaces too: it ends where it is whole.
        let pasted = [&self.number, &self.secret].into_iter().find_map(|text| {
            let text = text.trim();
            text.match_indices(char::is_whitespace)
                .map(|(gap, _)| text.split_at(gap))
                .find(|(number, _)| number.parse::<PetitionNumber>().is_ok())
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
    /// The petition that this browser may hold the secret of. Only its own pages get to know (`SameSite=Strict`, and a path of its
    /// own), so it is offered to whoever comes with a number, from a mail as a rule.
    pub(in crate::web) perhaps_kept: Option<PetitionNumber>,
    /// What became of what was kept.
    pub(in crate::web) kept: Option<&'static str>,
}

impl<'a> LookupPage<'a> {
    /// The page that asks for both.
    pub(in crate::web) fn asking(frame: &'a Frame, number: &'a str) -> Self {
        Self {
            frame,
            number,
            errors: FieldErrors::default(),
            perhaps_kept: number.parse().ok(),
            kept: None,
        }
    }
}

/// `GET /consulta`: the number may stand in the address, the secret never does.
pub(in crate::web) async fn lookup(frame: Frame, Query(typed): Query<Lookup>) -> Response {
    let asking = LookupPage::asking(&frame, &typed.number);
    let shown = match typed.guardado {
        Some(kept) => LookupPage {
            perhaps_kept: None,
            kept: Some(kept.said().say(frame.language)),
            ..asking
        },
        None => asking,
    };
    page(StatusCode::OK, &shown)
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
            errors,
            perhaps_kept: None,
            ..LookupPage::asking(&frame, number)
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
