//! A representative whom a supervisor proposes: alone or jointly with others, or an attorney with what the power covers. Whoever
//! stands there already with the same post and the same first day is proposed to be known otherwise.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use serde::Deserialize;

use super::{DAY_TEXT, Forms, ORDER_TEXT, employer_page, found, last_day, propose};
use crate::domain::{LegalRepresentative, Role};
use crate::intake::reason_of;
use crate::store::{Facts, Subject};
use crate::web::App;
use crate::web::messages::{FieldErrors, WebError};
use crate::web::office::representation::Representation;
use crate::web::office::{Desk, proposals};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct NewPerson {
    pub(in crate::web) document: String,
    pub(in crate::web) name: String,
    pub(in crate::web) post: String,
    pub(in crate::web) from: String,
    pub(in crate::web) to: String,
    /// That there is no last day.
    pub(in crate::web) no_end: String,
    #[serde(flatten)]
    pub(in crate::web) representation: Representation,
    pub(in crate::web) source: String,
    pub(in crate::web) reason: String,
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
        let to = last_day(&self.to, &self.no_end);
        let to = errors.take("to", to, to.err().unwrap_or_default());
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
            return errors.take("to", Err::<_, ()>(()), ORDER_TEXT);
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
    let record = found(&app, &ruc, &branch).await?;
    let mut errors = FieldErrors::default();
    let person = typed.read(&mut errors);
    let reason = errors.take(
        "reason",
        reason_of(&typed.reason).ok_or(()),
        proposals::REASON_TEXT,
    );
    let again = |person_errors| Forms {
        person: typed,
        person_errors,
        ..Forms::default()
    };
    let (Some(person), Some(reason)) = (person, reason) else {
        let unusable = StatusCode::UNPROCESSABLE_ENTITY;
        return employer_page(&app, &desk, &record, unusable, again(errors)).await;
    };
    let employer = &record.employer;
    let subject = Subject::representative(&employer.ruc, &employer.branch, &person);
    let facts = Facts::Representative(person);
    propose(&app, &desk, &record, (subject, facts), &reason, again).await
}
