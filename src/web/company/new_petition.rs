//! Asking for a petition: what was typed, what is wrong with it, the number that is given.

use askama::Template;
use axum::Form;
use axum::extract::{Extension, Query, State as Shared};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use utoipa::ToSchema;

use super::address_doubt::{AddressDoubt, settled};
use super::secret::to_petition;
use crate::domain::{Action, BranchCode, EmailAddress, Text, without_gaps};
use crate::intake::NewPetition;
use crate::web::limits::{self, Asked, Client};
use crate::web::messages::{FieldErrors, Problem, WebError};
use crate::web::{App, Frame, page};

/// Longest company name on a form: two printed lines.
const NAME_CHARACTERS: usize = 120;

/// A new petition as it was typed or sent, kept so that nobody types twice.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(as = NewPetition)]
pub(in crate::web) struct Typed {
    /// Taxpayer number, thirteen digits; household employers: cédula followed by `000`.
    #[serde(default)]
    #[schema(required = true, example = "1790012345001")]
    pub(in crate::web) ruc: String,
    /// Branch, `0001` when missing.
    #[serde(default, deserialize_with = "null_is_empty")]
    #[schema(required = false, example = "0001")]
    pub(in crate::web) branch: String,
    /// `reset_password`, `change_email` or `unblock`.
    #[serde(default)]
    #[schema(required = true, example = "reset_password")]
    pub(in crate::web) action: String,
    /// The new address, when the action is `change_email`.
    #[serde(default, deserialize_with = "null_is_empty")]
    #[schema(required = false)]
    pub(in crate::web) new_email: String,
    /// Company name to print on the form; never used to decide.
    #[serde(default, deserialize_with = "null_is_empty")]
    #[schema(required = false)]
    pub(in crate::web) legal_name: String,
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Option::<String>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Typed {
    /// The petition these values ask for.
    ///
    /// # Errors
    /// Every value that is not what it should be, at its field.
    pub(in crate::web) fn parse(&self) -> Result<NewPetition, FieldErrors<Text>> {
        let mut errors = FieldErrors::default();
        let digits = without_gaps(&self.ruc);
        let ruc_text = match digits.as_str() {
            "" => Text::new("Escriba el RUC.", "Type the RUC."),
            _ => Text::new(
                "El RUC tiene 13 dígitos, sin letras.",
                "A RUC has 13 digits, without letters.",
            ),
        };
        let ruc = errors.take("ruc", digits.parse(), ruc_text);
        let branch = match self.branch.trim() {
            "" => Some(BranchCode::default()),
            typed => errors.take("branch", typed.parse(), BRANCH_TEXT),
        };
        let action = errors.take("action", self.action.parse(), ACTION_TEXT);
        let new_email: Option<Option<EmailAddress>> = match (action, self.new_email.trim()) {
            (Some(Action::ChangeEmail), "") => {
                let text = Text::new("Escriba el correo nuevo.", "Type the new e-mail.");
                errors.take("new_email", Err(()), text)
            }
            (Some(Action::ChangeEmail), typed) => {
                errors.take("new_email", typed.parse().map(Some), EMAIL_TEXT)
            }
            // Without script the field is always there: what it holds is not asked for and not used.
            _ => Some(None),
        };
        let legal_name = errors.take("legal_name", printable(&self.legal_name), NAME_TEXT);
        match (ruc, branch, action, new_email, legal_name) {
            (Some(ruc), Some(branch), Some(action), Some(new_email), Some(legal_name)) => {
                Ok(NewPetition {
                    ruc,
                    branch,
                    action,
                    new_email,
                    legal_name,
                })
            }
            _ => Err(errors),
        }
    }
}

const BRANCH_TEXT: Text = Text::new(
    "La sucursal tiene hasta 4 dígitos, por ejemplo 0001.",
    "A branch has up to 4 digits, for example 0001.",
);
const ACTION_TEXT: Text = Text::new(
    "Elija qué necesita: una clave nueva, cambiar el correo o desbloquear la cuenta.",
    "Choose what you need: a new password, a change of e-mail, or the account unblocked.",
);
pub(in crate::web) const EMAIL_TEXT: Text = Text::new(
    "Revise el correo: debe tener la forma nombre@dominio.ec, sin tildes ni espacios.",
    "Check the e-mail: it must look like name@domain.ec, without accents or spaces.",
);
const NAME_TEXT: Text = Text::new(
    "El nombre tiene hasta 120 caracteres, en una sola línea.",
    "The name has up to 120 characters, on a single line.",
);

/// A name as it may be printed: composed (NFC), one line, without controls of writing direction, which could make a
/// person read something else than is written.
fn printable(typed: &str) -> Result<Option<String>, ()> {
    let name: String = typed
        .trim()
        .nfc()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'))
        .collect();
    if name.chars().any(char::is_control) || name.chars().count() > NAME_CHARACTERS {
        return Err(());
    }
    Ok((!name.is_empty()).then_some(name))
}

#[derive(Template)]
#[template(path = "new_petition.html", config = "src/web/pages/askama.toml")]
pub(in crate::web) struct NewPetitionPage<'a> {
    pub(in crate::web) frame: &'a Frame,
    pub(in crate::web) typed: &'a Typed,
    pub(in crate::web) errors: FieldErrors,
    /// How long the link for a password waits after a change of address, in words, if it does.
    pub(in crate::web) hold: Option<String>,
    /// A RUC that was rather mistyped: told once, and taken when it is sent again.
    pub(in crate::web) doubtful: Option<String>,
    /// A new address that was rather mistyped: asked about, and the answer is taken.
    pub(in crate::web) address: Option<AddressDoubt>,
    /// The answer to that, where it would be asked again.
    pub(in crate::web) chosen: Option<String>,
    /// Work to do first: the page's script does it and sends the form again.
    pub(in crate::web) work: Option<String>,
}

/// The form as a browser sends it.
#[derive(Deserialize)]
pub(in crate::web) struct Sent {
    #[serde(flatten)]
    typed: Typed,
    /// The RUC that was told to be doubtful.
    #[serde(default)]
    ruc_seen: String,
    /// Which of two addresses was meant.
    #[serde(default)]
    email_choice: String,
    #[serde(default)]
    altcha: String,
}

/// `GET /solicitud`
pub(in crate::web) async fn new_petition(
    Shared(app): Shared<App>,
    frame: Frame,
    Query(mut typed): Query<Typed>,
) -> Response {
    if typed.branch.is_empty() {
        "0001".clone_into(&mut typed.branch);
    }
    page(
        StatusCode::OK,
        &NewPetitionPage {
            frame: &frame,
            typed: &typed,
            errors: FieldErrors::default(),
            hold: app.email_hold(frame.language),
            doubtful: None,
            address: None,
            chosen: None,
            work: None,
        },
    )
}

/// `POST /solicitud`
pub(in crate::web) async fn issue(
    Shared(app): Shared<App>,
    frame: Frame,
    Extension(client): Extension<Client>,
    Form(sent): Form<Sent>,
) -> Result<Response, WebError> {
    let Sent {
        mut typed,
        ruc_seen,
        email_choice,
        altcha,
    } = sent;
    let mut parsed = typed.parse();
    let (mut address, mut chosen) = (None, None);
    if let Ok(request) = &mut parsed
        && let Some(new_email) = request.new_email.take()
    {
        match settled(new_email, &email_choice) {
            // Should the form be shown once more, it is shown with what was chosen.
            Ok(new_email) => {
                new_email.as_str().clone_into(&mut typed.new_email);
                chosen = new_email.rather().map(|_| typed.new_email.clone());
                request.new_email = Some(new_email);
            }
            Err(doubt) => address = Some(doubt),
        }
    }
    let again = NewPetitionPage {
        frame: &frame,
        typed: &typed,
        errors: FieldErrors::default(),
        hold: app.email_hold(frame.language),
        doubtful: None,
        address,
        chosen,
        work: None,
    };
    let request = match parsed {
        Ok(request) => request,
        Err(errors) => {
            let errors = errors.say(frame.language);
            let again = NewPetitionPage { errors, ..again };
            return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
        }
    };
    let ruc = request.ruc.as_str();
    let doubtful = request.ruc.may_be_mistyped().then(|| ruc.to_owned());
    let again = NewPetitionPage { doubtful, ..again };
    let unanswered = again.doubtful.is_some() && ruc_seen != ruc;
    if unanswered || again.address.is_some() {
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &again));
    }
    let proof = Some(altcha.as_str()).filter(|proof| !proof.is_empty());
    match limits::admit(&app, client, Asked::Petition(&request.ruc), proof).await {
        Ok(()) => {}
        Err(WebError::WorkWanted(challenge)) => return Ok(work_first(again, challenge)),
        Err(error) => return Err(error),
    }
    let issued = app.intake.issue(request).await?;
    Ok(to_petition(&app, &issued.number, Some(&issued.secret)))
}

/// The form once more, with what is to be done before it is taken.
fn work_first(again: NewPetitionPage<'_>, challenge: String) -> Response {
    let problem = Problem::from(WebError::WorkWanted(String::new()));
    let again = NewPetitionPage {
        work: Some(challenge),
        ..again
    };
    problem.tell_when(page(StatusCode::TOO_MANY_REQUESTS, &again))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(ruc: &str, branch: &str, action: &str, new_email: &str, legal_name: &str) -> Typed {
        Typed {
            ruc: ruc.to_owned(),
            branch: branch.to_owned(),
            action: action.to_owned(),
            new_email: new_email.to_owned(),
            legal_name: legal_name.to_owned(),
        }
    }

    #[test]
    fn every_wrong_value_is_named_at_once() {
        let vectors: &[(Typed, &[&str])] = &[
            (typed("1790012345001", "", "reset_password", "", ""), &[]),
            (
                typed(
                    " 1790012345-001 ",
                    "1",
                    "reset_password",
                    "not asked for",
                    "ACME",
                ),
                &[],
            ),
            (typed("", "x", "", "", ""), &["ruc", "branch", "action"]),
            (
                typed("179", "0001", "change_email", "", ""),
                &["ruc", "new_email"],
            ),
            (
                typed("1790012345001", "", "change_email", "a@b", "A\nB"),
                &["new_email", "legal_name"],
            ),
        ];
        for (typed, expected) in vectors {
            let errors = typed.parse().err().unwrap_or_default();
            let fields: Vec<&str> = errors.iter().map(|error| error.field).collect();
            assert_eq!(fields, *expected, "{typed:?}");
        }
    }

    #[test]
    fn a_name_cannot_turn_the_direction_of_reading() {
        assert_eq!(
            printable("  ACME \u{202e}S.A.\u{202c} "),
            Ok(Some("ACME S.A.".to_owned()))
        );
        assert_eq!(
            printable("N\u{303}AN\u{303}ITO"),
            Ok(Some("ÑAÑITO".to_owned()))
        );
        assert_eq!(printable("   "), Ok(None));
        assert_eq!(printable(&"x".repeat(121)), Err(()));
    }
}
