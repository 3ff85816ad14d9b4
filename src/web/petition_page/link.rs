//! What is said about the link of an approval, and whether another one can be sent.

use jiff::Timestamp;

use crate::domain::{Action, Language, State, calendar};
use crate::intake::{LinkStand, Status};
use crate::store::{DeliveryState, MessageState};
use crate::words::{self, in_both};

/// What is said about links.
#[derive(Default)]
pub(super) struct Link {
    /// The button that sends one, when one can be sent now.
    pub(super) button: Option<&'static str>,
    pub(super) note: Option<String>,
}

impl Link {
    pub(super) fn of(status: &Status, language: Language) -> Self {
        if status.state != State::Approved || !leads_to_link(status) {
            return Self::default();
        }
        if status.portal == Some(DeliveryState::Pending) {
            return Self::default();
        }
        let link = &status.link;
        // Another one would only wait behind the first.
        if !link.can_send || is_leaving(status) {
            return Self::default();
        }
        let label = if link.alive_until.is_some() || link.asked_lately {
            language.pick("¿No llegó? Enviar otro", "Not received? Send another")
        } else {
            language.pick("Enviar enlace", "Send link")
        };
        let left = match link.left_this_hour {
            1 => language
                .pick(
                    "Queda 1 envío en esta hora.",
                    "One more can be sent this hour.",
                )
                .to_owned(),
            left => in_both!(
                language,
                "Quedan {left} envíos en esta hora.",
                "{left} more can be sent this hour.",
                left = left,
            ),
        };
        let until = link.approval_until.map(|at| {
            in_both!(
                language,
                " Puede pedirlo hasta el {until}.",
                " You can ask for it until {until}.",
                until = calendar::minute_in(language, at),
            )
        });
        Self {
            button: Some(label),
            note: Some(format!("{left}{}", until.unwrap_or_default())),
        }
    }
}

/// What to do about the link of an approval. Whoever reads it must be able to do it: no link that was not sent, no button that is
/// not there.
pub(super) fn about_link(status: &Status, language: Language) -> String {
    let link = &status.link;
    let when = |at: Option<Timestamp>| {
        at.map(|at| calendar::minute_in(language, at))
            .unwrap_or_default()
    };
    let life = calendar::span_in(language, link.life.as_secs().unsigned_abs());
    let use_it = in_both!(
        language,
        "Abra su correo registrado y use el enlace: dura {life}.",
        "Open the e-mail on file and use the link: it lasts {life}.",
        life = life,
    );
    let step = match link.stand {
        LinkStand::Frozen => return words::stopped(link.address_wanted, language),
        LinkStand::Stopped => return words::STOPPED_PETITION.say(language).to_owned(),
        LinkStand::SignerLeft => return words::SIGNER_LEFT.say(language).to_owned(),
        LinkStand::NotRegistered => return words::NOT_REGISTERED.say(language).to_owned(),
        LinkStand::NotActive => return words::NOT_ACTIVE.say(language).to_owned(),
        LinkStand::AtTheCounter => in_both!(
            language,
            "El enlace para crear la clave se abre en la ventanilla, en la pantalla o en su teléfono, y no se envía por correo. Puede pedirlo allí hasta el {until}.",
            "The link to create the password is opened at the service counter, on the screen there or on your telephone, and is not sent by e-mail. You can ask for it there until {until}.",
            until = when(link.approval_until),
        ),
        LinkStand::NoAddress => language
            .pick(
                "No consta un correo al que enviar el enlace. Regístrelo con una solicitud firmada de cambio de correo; después pida el enlace en esta página.",
                "There is no e-mail on file to send the link to. Register one with a signed petition to change the e-mail; then ask for the link on this page.",
            )
            .to_owned(),
        LinkStand::Held => link
            .held_until
            .map(|until| words::held(until, language))
            .unwrap_or_default(),
        LinkStand::Over if status.action == Some(Action::ChangeEmail) => {
            let ended = link.approval_until.map(|at| {
                let at = calendar::minute_in(language, at);
                in_both!(language, " el {at}", " on {at}", at = at)
            });
            in_both!(
                language,
                "El plazo para confirmar el correo nuevo terminó{ended}. Cree una solicitud nueva.",
                "The time to confirm the new e-mail ended{ended}. Create a new petition.",
                ended = ended.unwrap_or_default(),
            )
        }
        LinkStand::Over if status.at_the_counter => in_both!(
            language,
            "El plazo para crear la clave terminó el {ended}. Vuelva a la ventanilla, o cree una solicitud nueva y fírmela electrónicamente.",
            "The time to create the password ended on {ended}. Go back to the service counter, or create a new petition and sign it electronically.",
            ended = when(link.approval_until),
        ),
        LinkStand::Over => in_both!(
            language,
            "El plazo para crear la clave terminó el {ended}. Cree una solicitud nueva.",
            "The time to create the password ended on {ended}. Create a new petition.",
            ended = when(link.approval_until),
        ),
        LinkStand::Spent => words::LINKS_SPENT.say(language).to_owned(),
        LinkStand::Unsent | LinkStand::Sent if link.came_back() => {
            let again = match link.again_at {
                _ if link.can_send => language
                    .pick(
                        " Si fue algo pasajero, como un buzón lleno, pida otro enlace aquí.",
                        " If it was something passing, such as a full mailbox, ask for another link here.",
                    )
                    .to_owned(),
                Some(at) => in_both!(
                    language,
                    " Si fue algo pasajero, como un buzón lleno, podrá pedir otro enlace desde el {at}.",
                    " If it was something passing, such as a full mailbox, you can ask for another link from {at}.",
                    at = calendar::minute_in(language, at),
                ),
                None => String::new(),
            };
            in_both!(
                language,
                "{told}{again} Si ya no usa ese correo, cámbielo con una solicitud firmada.",
                "{told}{again} If you no longer use that e-mail, change it with a signed petition.",
                told = not_delivered(status, language),
                again = again,
            )
        }
        LinkStand::Sent if is_leaving(status) => words::leaving(link.asked_lately, &life, language),
        LinkStand::Unsent => in_both!(
            language,
            "Cuando tenga abierto su correo registrado, pulse «Enviar enlace»: el enlace dura {life}.",
            "When you have the e-mail on file open, press “Send link”: the link lasts {life}.",
            life = life,
        ),
        LinkStand::Sent if link.can_send => {
            in_both!(
                language,
                "{use_it} Si no llegó o ya venció, pida otro aquí.",
                "{use_it} If it did not arrive or has expired, ask for another here.",
                use_it = use_it,
            )
        }
        LinkStand::Sent | LinkStand::None if link.again_at.is_some() => in_both!(
            language,
            "{use_it} Si no llegó o ya venció, podrá pedir otro desde el {at}.",
            "{use_it} If it did not arrive or has expired, you can ask for another from {at}.",
            use_it = use_it,
            at = when(link.again_at),
        ),
        LinkStand::Sent | LinkStand::None => use_it,
    };
    if status.action == Some(Action::Unblock) {
        return match status.unblocking {
            None | Some(DeliveryState::Delivered) => in_both!(
                language,
                "La cuenta ya está desbloqueada: entre con su clave. Si no la recuerda, cree una nueva. {step}",
                "The account is unblocked: sign in with your password. If you do not remember it, create a new one. {step}",
                step = step,
            ),
            Some(DeliveryState::Pending) => in_both!(
                language,
                "Espere nuestro aviso de que el portal abrió la cuenta. Si no recuerda su clave, cree una nueva mientras tanto. {step}",
                "Wait for our word that the portal has opened the account. If you do not remember your password, create a new one meanwhile. {step}",
                step = step,
            ),
            Some(DeliveryState::Parked | DeliveryState::Withdrawn) => in_both!(
                language,
                "Si la cuenta no se abre con su clave, avise al operador; no tiene que firmar de nuevo. {step}",
                "If the account does not open with your password, tell the operator; you need not sign again. {step}",
                step = step,
            ),
        };
    }
    step
}

/// That a mail did not arrive, and where: masked, as everywhere.
pub(super) fn not_delivered(status: &Status, language: Language) -> String {
    let unknown = language.pick("ese correo", "that e-mail");
    in_both!(
        language,
        "No se pudo entregar nuestro mensaje en {to}.",
        "Our message could not be delivered to {to}.",
        to = status.masked_email.as_deref().unwrap_or(unknown),
    )
}

/// Whether the mail with the link has not left yet. A link may be alive all the same: each attempt makes one.
pub(super) fn is_leaving(status: &Status) -> bool {
    let link = &status.link;
    status.state == State::Approved
        && link.stand == LinkStand::Sent
        && link.mail == Some(MessageState::Pending)
}

/// Whether an address is to be confirmed that mail does not reach.
pub(super) fn awaits_right_address(status: &Status) -> bool {
    status.state == State::Approved
        && status.action == Some(Action::ChangeEmail)
        && status.link.stand == LinkStand::None
        && status.link.came_back()
}

/// Whether it asks for something that a link leads to.
pub(super) fn leads_to_link(status: &Status) -> bool {
    let action = status.action.unwrap_or(Action::ResetPassword);
    action.leads_to_link()
}

/// Whether a message with a link is to be looked for, or with an address to confirm.
pub(super) fn mail_is_awaited(status: &Status) -> bool {
    let awaited = [LinkStand::None, LinkStand::Unsent, LinkStand::Sent];
    status.state == State::Approved && awaited.contains(&status.link.stand)
}
