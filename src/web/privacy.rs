//! What a person is told about the data that are kept of them (LOPDP Art. 12): by whom, what, from where, for what, for how
//! long, and what may be asked for. It says what this service does; what an operator does beside it, the operator must say.

use askama::Template;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::SignedDuration;

use super::{App, Frame, page};
use crate::domain::{Language, Text, calendar};
use crate::intake::Terms;
use crate::portal::Keeping;

/// What the page needs of the configuration.
#[derive(Debug, Clone, Default)]
pub struct Privacy {
    /// Whom to ask about personal data, as a sentence, where that is not the operator's general contact.
    pub contact: Option<String>,
    /// How long each kind of datum is kept.
    pub terms: Terms,
}

#[derive(Template)]
#[template(path = "privacy.html", config = "src/web/pages/askama.toml")]
pub(super) struct PrivacyPage<'a> {
    frame: &'a Frame,
    contact: Option<&'a str>,
    kept: Vec<Kept>,
    /// Whether the portal gets the new password itself, or only what can be derived from it.
    portal_gets_password: bool,
}

impl<'a> PrivacyPage<'a> {
    pub(super) fn new(frame: &'a Frame, privacy: &'a Privacy, portal: Keeping) -> Self {
        Self {
            frame,
            contact: privacy.contact.as_deref().or(frame.contact.as_deref()),
            kept: kept(&privacy.terms, frame.language),
            portal_gets_password: portal == Keeping::Password,
        }
    }
}

/// `GET /datos-personales`
pub(super) async fn privacy(Shared(app): Shared<App>, frame: Frame) -> Response {
    let portal = app.intake.settings().portal;
    page(
        StatusCode::OK,
        &PrivacyPage::new(&frame, &app.privacy, portal),
    )
}

/// One kind of datum, and for how long it is kept.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    what: &'static str,
    until: String,
}

/// Everything that is kept, in the order in which it arises.
fn kept(terms: &Terms, language: Language) -> Vec<Kept> {
    let line = |what: Text, term, since: Text| Kept {
        what: what.say(language),
        until: until(term, since, language),
    };
    // A report goes after its document, however short its own term is.
    let reports = terms
        .documents
        .zip(terms.reports)
        .map(|(documents, reports)| documents.max(reports));
    vec![
        line(
            Text::new(
                "El formulario que nadie firmó, y el archivo que llegó sin número y sin una firma que valga",
                "The form that nobody signed, and the file that came without a number and without a signature that holds",
            ),
            terms.unused,
            Text::new("desde que vence su número", "from when its number expires"),
        ),
        line(
            Text::new(
                "El documento firmado, el correo nuevo que se pidió, lo que se adjuntó y las respuestas sobre el certificado",
                "The signed document, the new e-mail that was asked for, what was attached, and the answers about the certificate",
            ),
            terms.documents,
            Text::new("desde la última decisión", "from the last decision"),
        ),
        line(
            Text::new(
                "El informe de la firma, con los datos leídos del certificado, y lo que se decidió y por qué",
                "The report on the signature, with the data read from the certificate, and what was decided and why",
            ),
            reports,
            Text::new("desde la decisión", "from the decision"),
        ),
        line(
            Text::new(
                "Los mensajes enviados y su destinatario",
                "The messages sent, and to whom",
            ),
            terms.messages,
            Text::new(
                "desde que se crearon, si ya no están por enviarse",
                "from when they were written, once they no longer wait to be sent",
            ),
        ),
        line(
            Text::new("Los enlaces que enviamos", "The links that we sent"),
            terms.links,
            Text::new("desde que dejan de servir", "from when they no longer work"),
        ),
        line(
            Text::new(
                "Lo que anotó quien revisó el caso, el RUC y la clase de pedido de cada número de trámite, y la bitácora",
                "What was noted by whoever looked at the case, the RUC and kind of each petition number, and the log",
            ),
            None,
            Text::new("", ""),
        ),
        Kept {
            what: language.pick(
                "El registro de empleadores, con sus cambios, y la clave vigente de cada cuenta",
                "The registry of employers, with its changes, and the password now used by each account",
            ),
            until: language
                .pick(
                    "mientras se lleve el registro",
                    "for as long as the registry is kept",
                )
                .to_owned(),
        },
    ]
}

fn until(term: Option<SignedDuration>, since: Text, language: Language) -> String {
    term.map_or_else(
        || language.pick("sin plazo", "without a term").to_owned(),
        |term| {
            let days = term.as_hours().unsigned_abs() / 24;
            format!(
                "{} {}",
                calendar::days_in(language, days),
                since.say(language)
            )
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn said(terms: &Terms) -> Vec<String> {
        kept(terms, Language::Es)
            .into_iter()
            .map(|line| line.until)
            .collect()
    }

    #[test]
    fn terms_are_said_as_they_are_configured() {
        let terms = Terms {
            unused: Some(DAY * 45),
            documents: Some(DAY * 1825),
            reports: Some(DAY * 3650),
            messages: Some(DAY * 180),
            links: None,
        };
        assert_eq!(
            said(&terms)[..5],
            [
                "45 días desde que vence su número",
                "5 años desde la última decisión",
                "10 años desde la decisión",
                "6 meses desde que se crearon, si ya no están por enviarse",
                "sin plazo",
            ]
        );
    }

    /// The page must not promise what the schedule does not do (`Store::erase_reports`).
    #[test]
    fn no_report_is_said_to_go_before_its_document() {
        let terms = |documents, reports| Terms {
            documents,
            reports,
            ..Terms::default()
        };
        let reports = |terms: Terms| said(&terms).swap_remove(2);
        assert_eq!(
            reports(terms(Some(DAY * 730), Some(DAY * 365))),
            "2 años desde la decisión"
        );
        assert_eq!(reports(terms(None, Some(DAY * 365))), "sin plazo");
        assert_eq!(reports(terms(Some(DAY * 365), None)), "sin plazo");
    }
}
