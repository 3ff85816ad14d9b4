//! Where a petition stands: its headline, and the four stations over the page.

use super::next_step::only_second_signature;
use super::uploads::{Attaching, signs};
use crate::domain::{Action, Language, State, Text, calendar};
use crate::intake::{LinkStand, Status};
use crate::store::DeliveryState;
use crate::words::in_both;

/// What is said of a state.
pub(in crate::web) struct StateWords {
    pub(in crate::web) headline: &'static str,
    pub(in crate::web) summary: String,
    pub(in crate::web) reasons_title: &'static str,
    /// Colour of the edge: `ok`, `wait`, `bad`.
    pub(in crate::web) tone: &'static str,
}

const REASON: Text = Text::new("Motivo", "Reason");
const WHY_APPROVED: Text = Text::new("Por qué se aprobó", "Why it was approved");
const WHY_A_PERSON: Text = Text::new("Por qué la revisa una persona", "Why a person looks at it");
const WHY_A_PERSON_DID: Text =
    Text::new("Por qué la revisó una persona", "Why a person looked at it");

impl StateWords {
    pub(in crate::web) fn of(status: &Status, language: Language) -> Self {
        let (headline, summary, reasons_title, tone) = words(status);
        Self {
            headline: headline.say(language),
            summary: match summary {
                Summary::Plain(text) => text.say(language).to_owned(),
                Summary::Term(say) => {
                    say(language, &calendar::minute_in(language, status.expires_at))
                }
            },
            reasons_title: reasons_title.say(language),
            tone,
        }
    }
}

/// A sentence under the headline, which may name the end of the petition's term.
enum Summary {
    Plain(Text),
    Term(fn(Language, &str) -> String),
}

fn plain(es: &'static str, en: &'static str) -> Summary {
    Summary::Plain(Text::new(es, en))
}

/// What is said while the portal of another system has not opened an account yet; nothing once it has, or where it is ours.
fn still_blocked(status: &Status) -> Option<(Text, Summary, Text, &'static str)> {
    let done = status.state == State::Completed;
    if !(done || status.state == State::Approved) || status.action != Some(Action::Unblock) {
        return None;
    }
    let (headline, summary) = match status.unblocking? {
        DeliveryState::Delivered => return None,
        DeliveryState::Pending if done => (
            KEY_SAVED,
            plain(
                "Seguimos desbloqueando la cuenta: le avisaremos a su correo registrado cuando el portal la abra.",
                "We are still opening the account, and will write to the e-mail on file when the portal has done it.",
            ),
        ),
        DeliveryState::Pending => (
            Text::new(
                "Estamos desbloqueando la cuenta",
                "We are opening the account",
            ),
            plain(
                "La firma está en orden. Le avisaremos a su correo registrado cuando el portal la abra; suele tardar menos de un minuto.",
                "The signature is in order. We will write to the e-mail on file when the portal has opened it; that usually takes less than a minute.",
            ),
        ),
        DeliveryState::Parked | DeliveryState::Withdrawn if done => (
            KEY_SAVED,
            plain(
                "El portal no confirmó que desbloqueó la cuenta. Si sigue bloqueada, avise al operador.",
                "The portal did not confirm that it opened the account. If it is still blocked, tell the operator.",
            ),
        ),
        DeliveryState::Parked => (
            Text::new(
                "El portal no confirmó el desbloqueo",
                "The portal did not confirm that the account is open",
            ),
            plain(
                "No es un error suyo. Su solicitud sigue aprobada y ya avisamos al operador.",
                "It is no mistake of yours. Your petition is still approved and we have told the operator.",
            ),
        ),
        DeliveryState::Withdrawn => (
            APPROVED,
            plain(
                "La firma está en orden. La cuenta no se desbloquea.",
                "The signature is in order. The account is not opened.",
            ),
        ),
    };
    Some((headline, summary, WHY_APPROVED, "wait"))
}

const KEY_SAVED: Text = Text::new(
    "Listo: la clave nueva está guardada",
    "Done: the new password is saved",
);

fn words(status: &Status) -> (Text, Summary, Text, &'static str) {
    match (status.state, status.portal) {
        (State::Approved, Some(DeliveryState::Pending)) => {
            return (
                Text::new(
                    "Su clave nueva va camino al portal",
                    "Your new password is on its way to the portal",
                ),
                plain(
                    "La recibimos y la estamos entregando; suele tardar menos de un minuto.",
                    "We have received it and are handing it over; that usually takes less than a minute.",
                ),
                WHY_APPROVED,
                "wait",
            );
        }
        (State::Approved, Some(DeliveryState::Parked))
            if status.link.stand != LinkStand::SignerLeft =>
        {
            return (
                Text::new(
                    "El portal no confirmó la clave nueva",
                    "The portal did not confirm the new password",
                ),
                plain(
                    "No es un error suyo. Su solicitud sigue aprobada. Si la clave nueva no abre el portal, la anterior sigue sirviendo.",
                    "It is no mistake of yours. Your petition is still approved. If the new password does not open the portal, the old one still works.",
                ),
                WHY_APPROVED,
                "wait",
            );
        }
        _ => {}
    }
    if let Some(words) = still_blocked(status) {
        return words;
    }
    match (status.state, status.action.unwrap_or(Action::ResetPassword)) {
        (State::Issued, _) if status.expired => (
            Text::new(
                "El plazo de su solicitud terminó",
                "The time of your petition is over",
            ),
            Summary::Term(|language, until| {
                in_both!(
                    language,
                    "No llegó el documento firmado antes del {until}. No cambió nada.",
                    "The signed document did not arrive before {until}. Nothing has changed.",
                    until = until,
                )
            }),
            REASON,
            "wait",
        ),
        (State::Issued, _) => (
            Text::new(
                "Su solicitud está lista para firmar",
                "Your petition is ready to be signed",
            ),
            plain(
                "Siga los tres pasos. Puede hacerlo ahora o volver después con su número y su código.",
                "Follow the three steps. You can do it now, or come back later with your number and your code.",
            ),
            REASON,
            "wait",
        ),
        (State::Received, _) if status.waiting.is_some() => (
            Text::new(
                "Estamos consultando a la entidad de certificación",
                "We are asking the certification authority",
            ),
            plain(
                "Su documento está guardado. Todavía no pudimos saber si el certificado está vigente.",
                "Your document is kept. We could not learn yet whether the certificate is valid.",
            ),
            REASON,
            "wait",
        ),
        (State::Received, _) => (
            Text::new("Recibimos su documento", "We have received your document"),
            plain(
                "Está guardado. Este es su comprobante.",
                "It is kept. This is your receipt.",
            ),
            REASON,
            "wait",
        ),
        (State::InReview, _) if status.at_the_counter => (
            Text::new(
                "Su solicitud se atiende en la ventanilla",
                "Your petition is dealt with at the service counter",
            ),
            plain(
                "Dos personas deben ver allí los cinco documentos que presentó.",
                "Two people there have to see the five documents that you presented.",
            ),
            WHY_A_PERSON,
            "wait",
        ),
        (State::InReview, _) if status.review_term.is_some_and(|term| term.appeal) => (
            Text::new(
                "Otra persona revisará su solicitud",
                "Another person will look at your petition",
            ),
            plain(
                "Usted apeló: la revisa alguien que no decidió antes.",
                "You appealed: somebody who did not decide before looks at it.",
            ),
            Text::new("Qué dijo la comprobación", "What the check said"),
            "wait",
        ),
        (State::InReview, _) if only_second_signature(status) => (
            Text::new("Falta una firma", "A signature is missing"),
            plain(
                "La primera firma está en orden. En cuanto la suba se decide en segundos.",
                "The first signature is in order. As soon as you upload the other one it is decided in seconds.",
            ),
            REASON,
            "wait",
        ),
        (State::InReview, _) => (
            Text::new(
                "Una persona revisará su solicitud",
                "A person will look at your petition",
            ),
            plain(
                "El programa no pudo decidir solo. No significa que algo esté mal.",
                "The program could not decide alone. That does not mean that anything is wrong.",
            ),
            WHY_A_PERSON,
            "wait",
        ),
        (State::Approved, _) if status.link.stand == LinkStand::Frozen => (
            Text::new("La cuenta está detenida", "The account is stopped"),
            plain(
                "Su solicitud se había aprobado, pero alguien avisó que no hizo un pedido.",
                "Your petition had been approved, but somebody told us that they did not ask for something.",
            ),
            WHY_APPROVED,
            "wait",
        ),
        (State::Approved, _) if status.link.stand == LinkStand::Stopped => (
            Text::new("Su solicitud quedó detenida", "Your petition was stopped"),
            plain(
                "Se había aprobado, pero alguien avisó que no hizo un pedido.",
                "It had been approved, but somebody told us that they did not ask for something.",
            ),
            WHY_APPROVED,
            "wait",
        ),
        (State::Approved, _) if status.link.stand == LinkStand::SignerLeft => (
            Text::new(
                "Su solicitud quedó sin efecto",
                "Your petition has no effect any more",
            ),
            plain(
                "Se había aprobado, pero quien la firmó ya no consta como representante.",
                "It had been approved, but whoever signed it is no longer registered as a representative.",
            ),
            WHY_APPROVED,
            "wait",
        ),
        (State::Approved, _) if status.at_the_counter => (
            APPROVED,
            plain(
                "Dos personas vieron sus documentos en la ventanilla. Falta crear la clave nueva.",
                "Two people saw your documents at the service counter. The new password has still to be created.",
            ),
            WHY_APPROVED,
            "ok",
        ),
        (State::Approved, Action::ResetPassword) => (
            APPROVED,
            plain(
                "La firma está en orden. Falta crear la clave nueva.",
                "The signature is in order. The new password has still to be created.",
            ),
            WHY_APPROVED,
            "ok",
        ),
        (State::Approved, Action::ChangeEmail) => (
            APPROVED,
            plain(
                "La firma está en orden. Falta confirmar el correo nuevo.",
                "The signature is in order. The new e-mail has still to be confirmed.",
            ),
            WHY_APPROVED,
            "ok",
        ),
        (State::Approved, Action::Unblock) => (
            Text::new("La cuenta está desbloqueada", "The account is unblocked"),
            plain(
                "La firma está en orden. Si no recuerda su clave, puede crear una nueva.",
                "The signature is in order. If you do not remember your password, you can create a new one.",
            ),
            WHY_APPROVED,
            "ok",
        ),
        (State::Refused, _) => (
            if status.sha256.is_some() {
                Text::new(
                    "No pudimos aceptar el documento",
                    "We could not accept the document",
                )
            } else {
                Text::new(
                    "No se aceptó su solicitud",
                    "Your petition was not accepted",
                )
            },
            if signs(status) || Attaching::of(status) == Attaching::Open {
                Summary::Term(|language, until| {
                    in_both!(
                        language,
                        "Su trámite sigue abierto hasta el {until}.",
                        "Your petition stays open until {until}.",
                        until = until,
                    )
                })
            } else {
                plain(
                    "Con este trámite no se puede seguir.",
                    "Nothing more can be done with this petition.",
                )
            },
            REASON,
            "bad",
        ),
        (State::Completed, Action::ResetPassword | Action::Unblock) => (
            KEY_SAVED,
            plain(
                "Este trámite terminó. El enlace ya no sirve.",
                "This petition has ended. The link no longer works.",
            ),
            WHY_APPROVED,
            "ok",
        ),
        (State::Completed, Action::ChangeEmail) => (
            Text::new(
                "Listo: el correo nuevo está registrado",
                "Done: the new e-mail is on file",
            ),
            plain(
                "Este trámite terminó. Si había otro correo registrado, también le avisamos.",
                "This petition has ended. If there was another e-mail on file, we wrote there too.",
            ),
            WHY_APPROVED,
            "ok",
        ),
        (State::AwaitingCompletion, _) => (
            Text::new(
                "Falta algo para decidir su solicitud",
                "Something is missing to decide your petition",
            ),
            plain(
                "Una persona la revisó y le pide completarla. No se ha negado.",
                "A person looked at it and asks you to complete it. It has not been refused.",
            ),
            WHY_A_PERSON_DID,
            "wait",
        ),
        (State::Archived, _) => (
            Text::new("Su solicitud se archivó", "Your petition was archived"),
            plain(
                "No llegó lo que se le pidió dentro del plazo. No se negó: puede crear otra.",
                "What you were asked for did not arrive in time. It was not refused: you can create another.",
            ),
            WHY_A_PERSON_DID,
            "wait",
        ),
        (State::Merged, _) => (
            Text::new(
                "Su documento corresponde a otro trámite",
                "Your document belongs to another petition",
            ),
            plain(
                "Es la solicitud que descargó antes. Sígala con el número impreso en el documento.",
                "It is the petition that you downloaded before. Follow it with the number printed on the document.",
            ),
            REASON,
            "wait",
        ),
    }
}

const APPROVED: Text = Text::new("Su solicitud fue aprobada", "Your petition was approved");

/// One of the four stations over the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Step {
    pub(in crate::web) name: &'static str,
    pub(in crate::web) class: &'static str,
    pub(in crate::web) mark: &'static str,
    pub(in crate::web) spoken: &'static str,
}

pub(super) fn trail(status: &Status, language: Language) -> [Step; 4] {
    let second = if status.at_the_counter {
        Text::new("Ventanilla", "Service counter")
    } else {
        Text::new("Firmar y subir", "Sign and upload")
    };
    let last = match status.action.unwrap_or(Action::ResetPassword) {
        Action::ResetPassword => Text::new("Clave nueva", "New password"),
        Action::ChangeEmail => Text::new("Correo nuevo", "New e-mail"),
        Action::Unblock => Text::new("Cuenta abierta", "Account open"),
    };
    let at = match status.state {
        State::Issued | State::Refused | State::AwaitingCompletion => 1,
        State::InReview if only_second_signature(status) => 1,
        State::Received | State::InReview | State::Merged | State::Archived => 2,
        State::Approved => 3,
        State::Completed => 4,
    };
    let step = |place: usize, name: Text| match place.cmp(&at) {
        std::cmp::Ordering::Less => Step {
            name: name.say(language),
            class: "done",
            mark: "✓",
            spoken: language.pick(" (hecho)", " (done)"),
        },
        std::cmp::Ordering::Equal => Step {
            name: name.say(language),
            class: "now",
            mark: ["1", "2", "3", "4"][place],
            spoken: language.pick(" (ahora)", " (now)"),
        },
        std::cmp::Ordering::Greater => Step {
            name: name.say(language),
            class: "later",
            mark: ["1", "2", "3", "4"][place],
            spoken: language.pick(" (después)", " (later)"),
        },
    };
    [
        step(0, Text::new("Solicitud", "Petition")),
        step(1, second),
        step(2, Text::new("Comprobación", "Check")),
        step(3, last),
    ]
}
