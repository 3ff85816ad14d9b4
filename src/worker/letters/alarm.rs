//! What goes to whoever answers for the service: what is wrong, and what to do about it.

use super::{Matter, Said};
use crate::domain::Failure;
use crate::store::{AlarmKind, is_unblocking};
use crate::words;

/// The alarm.
pub(super) fn said(matter: &Matter<'_>) -> Said {
    let number = &matter.message.number;
    let subject = matter.fact("subject");
    let reason = match matter.fact("reason") {
        "" => String::new(),
        reason => format!(" Motivo: {}.", words::call_cause(&Failure::kept(reason))),
    };
    let (title, what) = match matter.fact("alarm").parse() {
        Ok(AlarmKind::MessageParked) => (
            "Alarma: un mensaje no se enviará",
            format!(
                "El mensaje {subject} fue rechazado o se agotaron los intentos. Nadie más lo enviará."
            ),
        ),
        Ok(AlarmKind::MessageLate) => (
            "Alarma: un mensaje no sale",
            format!(
                "El mensaje {subject} lleva más de una hora sin poder enviarse. Se sigue intentando."
            ),
        ),
        Ok(AlarmKind::MessageBounced) => (
            "Alarma: un mensaje volvió",
            format!(
                "El mensaje {subject} fue devuelto después de que el servidor de correo lo aceptó."
            ),
        ),
        Ok(AlarmKind::DeliveryParked) if is_unblocking(subject) => (
            "Alarma: el portal no desbloqueó una cuenta",
            format!(
                "El portal no aceptó {subject}.{reason} Nadie más lo intentará: abra la cuenta en el portal a mano. La empresa ya lo sabe."
            ),
        ),
        Ok(AlarmKind::DeliveryParked) => (
            "Alarma: el portal no aceptó una entrega",
            format!(
                "El portal no aceptó {subject}.{reason} La persona puede pedir otro enlace mientras viva la aprobación."
            ),
        ),
        Ok(AlarmKind::DeliveryLate) => (
            "Alarma: el portal no responde",
            format!(
                "La entrega {subject} lleva más de una hora sin respuesta del portal.{reason} Se sigue intentando."
            ),
        ),
        Ok(AlarmKind::UndecidedDay) => (
            "Alarma: una solicitud espera demasiado",
            format!(
                "La solicitud {number} espera una decisión desde hace más de {} horas.",
                matter.settings.deadlines.first.as_hours()
            ),
        ),
        Ok(AlarmKind::UndecidedTerm) => (
            "Alarma: el plazo legal se acerca",
            format!(
                "La solicitud {number} espera una decisión desde hace {} días hábiles. El silencio administrativo opera a los 30 (COA, art. 207). Nada se aprueba por el paso del tiempo: una persona debe decidir.",
                matter.settings.deadlines.working_days
            ),
        ),
        Ok(AlarmKind::AccountFrozen) => (
            "Alarma: una cuenta quedó detenida",
            format!(
                "{} nadie puede cambiar el correo ni la clave de esa empresa. Comuníquese con ella. Si con esa solicitud ya se creó una clave, sigue abriendo el portal: ciérrela allí. Cuando firme una solicitud nueva, esta llegará a la cola; si dos personas la aprueban, la cuenta queda libre.",
                match matter.fact("reason") {
                    "" => format!(
                        "Alguien respondió «no fui yo» a un aviso de la solicitud {number}:"
                    ),
                    staff => format!(
                        "{staff} detuvo la cuenta de la empresa de la solicitud {number}; el motivo se lee en la oficina, en la página de la empresa. Desde ahora"
                    ),
                }
            ),
        ),
        Ok(AlarmKind::ListsEnding) => (
            "Alarma: faltan listas de revocación",
            super::ending::of_lists(matter),
        ),
        Ok(AlarmKind::SealEnding) => (
            "Alarma: caduca el sello del operador",
            super::ending::of_seal(matter),
        ),
        Err(_) => ("Alarma", format!("Revise {subject}.")),
    };
    let mut paragraphs = vec![what];
    if !number.is_of_service() {
        paragraphs.push(format!("Trámite {number}."));
    }
    Said::new(title, paragraphs)
}
