//! A representative whom a supervisor proposes: alone or jointly with others, or an attorney with what the power covers. Whoever
//! stands there already with the same post and the same first day is proposed to be known otherwise.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;

use super::{DAY_TEXT, day_or_nothing, employer_page, found, propose, reason_of};
use crate::domain::{LegalRepresentative, Role};
use crate::store::{Facts, Subject};
use crate::web::App;
use crate::web::messages::{FieldErrors, WebError};
use crate::web::office::representation::Representation;
use crate::web::office::{Desk, proposals};

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct NewPerson {
    document: String,
    name: String,
    post: String,
    from: String,
    to: String,
    #[serde(flatten)]
    representation: Representation,
    source: String,
    reason: String,
}

/// A line of text of a person or a deed: something in it, not too long, nothing that turns the direction of reading.
fn line(typed: &str) -> Result<String, ()> {
    let typed = typed.trim();
    let harmless = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if typed.is_empty() || typed.chars().count() > 200 || !typed.chars().all(harmless) {
        return Err(());
    }
    Ok(typed.to_owned())
}

impl NewPerson {
    /// The representative as typed, or what is wrong at which field.
    fn read(&self, errors: &mut FieldErrors) -> Option<LegalRepresentative> {
        let document = errors.take(
            "document",
            self.document.parse(),
            "Escriba la cédula o el pasaporte.",
        );
        let name = errors.take("name", line(&self.name), "Escriba el nombre completo.");
        let post = errors.take("post", line(&self.post), "Escriba el cargo.");
        let from = errors.take("from", self.from.trim().parse::<Date>(), DAY_TEXT);
        let to = errors.take("new_to", day_or_nothing(&self.to), DAY_TEXT);
        let mode = errors.take(
            "signatures",
            self.representation.mode(),
            "Elija si firma sola o conjunta; si es conjunta, escriba cuántas personas firman, de 2 a 9.",
        );
        let source = errors.take(
            "source",
            line(&self.source),
            "Escriba de dónde consta: escritura, inscripción…",
        );
        let (mode, required_signatures) = mode?;
        let person = LegalRepresentative {
            document: document?,
            name: name?,
            post: post?,
            from: from?,
            to: to?,
            mode,
            required_signatures,
            scope: self.representation.scope(),
            source: source?,
            ended: None,
        };
        if person.to.is_some_and(|to| to < person.from) {
            let order = "El último día no puede ser anterior al primero.";
            return errors.take("new_to", Err::<_, ()>(()), order);
        }
        if person.scope.is_some() && person.post_quality() != Role::Attorney {
            let attorneys =
                "Para qué alcanza se anota solo de apoderados: escriba «Apoderado» en el cargo.";
            return errors.take("scope", Err::<_, ()>(()), attorneys);
        }
        Some(person)
    }
}

/// `POST …/representante`
pub(super) async fn propose_person(
    State(app): State<App>,
    desk: Desk,
    Path((ruc, branch)): Path<(String, String)>,
    Form(typed): Form<NewPerson>,
) -> Result<Response, WebError> {
    let employer = found(&app, &ruc, &branch).await?;
    let mut errors = FieldErrors::default();
    let person = typed.read(&mut errors);
    let reason = errors.take("reason", reason_of(&typed.reason), proposals::REASON_TEXT);
    let (Some(person), Some(reason)) = (person, reason) else {
        let unusable = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(employer_page(&app, &desk, &employer, unusable, errors));
    };
    let subject = Subject::representative(&employer.ruc, &employer.branch, &person);
    let facts = Facts::Representative(person);
    propose(&app, &desk, &employer, subject, facts, &reason).await
}
