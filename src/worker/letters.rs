//! The words of the messages: es-EC, *usted*, no personal data beyond what is needed, one thing to do.

use jiff::{SignedDuration, Timestamp};

use crate::domain::calendar;
use crate::intake::Settings;
use crate::mail::Letter;
use crate::store::{Message, MessageKind};
use crate::words;

/// Writes a message. `link` is the one thing that can be pressed, where there is one.
pub(super) fn write(
    message: &Message,
    legal_name: &str,
    link: Option<String>,
    settings: &Settings,
    at: Timestamp,
) -> Letter {
    let number = &message.number;
    let url = link.as_deref().unwrap_or_default();
    let employer = if legal_name.is_empty() {
        "su empresa"
    } else {
        legal_name
    };
    let (subject, body) = match message.kind {
        MessageKind::ResetLink => (
            format!("Enlace para crear su clave de empleador ({number})"),
            format!(
                "Se aprobó la solicitud {number} de {employer}.\n\nPara crear la clave nueva, abra este enlace. Dura {} y \
                 sirve una sola vez:\n{url}\n\nSi venció, pida otro en la página de su solicitud; no tiene que volver a \
                 subir nada.\n\nSi usted no pidió esto, no abra el enlace y avise a {}.",
                span(settings.link_life),
                settings.operator,
            ),
        ),
        MessageKind::PasswordChanged => (
            format!("Se cambió la clave de empleador ({number})"),
            format!(
                "El {} se creó una clave nueva de empleador para {employer}, con la solicitud {number}.\n\nSi usted no la \
                 creó, avise de inmediato a {}.",
                calendar::say_second(at),
                settings.operator,
            ),
        ),
        MessageKind::ConfirmEmail => (
            format!("Confirme este correo ({number})"),
            format!(
                "Con la solicitud {number}, {employer} pidió registrar esta dirección.\n\nPara confirmarla, abra este enlace \
                 y presione «Confirmar». Dura {}:\n{url}\n\nSi no sabe de qué se trata, no haga nada.",
                span(settings.confirmation_life),
            ),
        ),
        MessageKind::EmailChangeNotice => (
            format!("Pidieron cambiar el correo de su empresa ({number})"),
            format!(
                "Con la solicitud {number}, firmada electrónicamente, pidieron cambiar el correo registrado de {employer}.\n\n\
                 Si fue usted o su representante, no tiene que hacer nada.\n\nSi no fue usted, detenga el cambio aquí:\n{url}",
            ),
        ),
        MessageKind::EmailChanged => (
            format!("El correo quedó registrado ({number})"),
            format!(
                "Desde ahora este es el correo registrado de {employer} (solicitud {number}).{}",
                hold(settings.email_hold),
            ),
        ),
        MessageKind::ReviewApproved => (
            format!("Se aprobó su solicitud ({number})"),
            format!(
                "Una persona revisó y aprobó la solicitud {number} de {employer}.\n\nCuando esté listo para crear la clave, \
                 entre en la página de su solicitud con su número y su código y presione «Enviar enlace». Puede hacerlo \
                 dentro de {}:\n{}/solicitud/{number}\n\nSi usted no pidió esto, avise a {}.",
                span(settings.approval_life),
                settings.public_url,
                settings.operator,
            ),
        ),
        MessageKind::ReviewRefused => (
            format!("No se aceptó su solicitud ({number})"),
            format!(
                "Una persona revisó la solicitud {number} de {employer} y no pudo aceptarla.\n\nEl motivo, y cómo apelar, están \
                 en la página de su solicitud:\n{}/solicitud/{number}\n\nSi usted no pidió esto, avise a {}.",
                settings.public_url, settings.operator,
            ),
        ),
        MessageKind::CompletionWanted => (
            format!("Falta algo en su solicitud ({number})"),
            format!(
                "Una persona revisó la solicitud {number} de {employer} y le pide completarla. No se ha negado.\n\nQué falta, y \
                 hasta cuándo, está en la página de su solicitud:\n{}/solicitud/{number}",
                settings.public_url,
            ),
        ),
        MessageKind::AppointmentNotice => (
            format!("Se registró un nuevo representante ({number})"),
            format!(
                "Con la solicitud {number} se registró un nuevo representante de {employer}, según el nombramiento que \
                 adjuntó.\n\nSi es correcto, no tiene que hacer nada.\n\nSi no lo es, detenga el trámite aquí:\n{url}",
            ),
        ),
        MessageKind::CounterApproved => (
            format!("Se aprobó una clave nueva en ventanilla ({number})"),
            format!(
                "Una persona se presentó por {employer} y dos funcionarios aprobaron que cree una clave nueva (trámite \
                 {number}).\n\nSi es correcto, no tiene que hacer nada.\n\nSi no lo es, detenga el trámite aquí:\n{url}",
            ),
        ),
    };
    let text = format!(
        "{}\n\n{}\nEste mensaje es automático; no lo responda.",
        words::tidy(&body),
        settings.operator
    );
    Letter {
        id: message.id.clone(),
        to: message.recipient.as_str().to_owned(),
        subject,
        text,
        links: link.into_iter().collect(),
        at,
    }
}

/// What a changed address has to wait for, if for anything.
fn hold(duration: SignedDuration) -> String {
    if duration.is_positive() {
        format!(
            "\n\nPor seguridad, un cambio de clave pedido con este correo espera {}.",
            span(duration)
        )
    } else {
        String::new()
    }
}

/// A span of configuration as people say it.
fn span(duration: SignedDuration) -> String {
    calendar::say_span(duration.as_secs().unsigned_abs())
}
