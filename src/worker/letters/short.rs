//! What goes by SMS: one sentence or two, without accents where they can be avoided, because one accent more than the telephone
//! alphabet knows (3GPP TS 23.038) halves what fits.

use super::Matter;
use crate::intake::{SILENT_PORTAL, STILL_LOCKED};
use crate::store::MessageKind;

/// Writes a short message.
pub(in crate::worker) fn short(matter: &Matter<'_>) -> String {
    let number = &matter.message.number;
    let link = matter.link.as_deref().unwrap_or_default();
    let operator = &matter.settings.operator;
    let text = match matter.message.kind {
        MessageKind::EmailChangeNotice => {
            format!(
                "Pidieron cambiar el correo de su empresa (solicitud {number}). Si no fue usted, detenga el cambio: {link}"
            )
        }
        MessageKind::EmailReplaced => {
            format!(
                "Ya se hizo el cambio de correo de su empresa (solicitud {number}). Si no fue usted, detenga la cuenta: {link}"
            )
        }
        MessageKind::ResetNotice => {
            format!(
                "Aprobada una clave nueva de empleador para su empresa (solicitud {number}). Si no la pidieron, detenga la cuenta: {link}"
            )
        }
        MessageKind::PasswordChanged if matter.holds(SILENT_PORTAL) => {
            format!(
                "Eligieron una clave nueva de empleador para su empresa (solicitud {number}) y puede estar activa ya. Si no fue usted, detenga la cuenta: {link}"
            )
        }
        MessageKind::PasswordChanged => {
            format!(
                "Hay una clave nueva de empleador para su empresa (solicitud {number}). Si no fue usted, detenga la cuenta: {link}"
            )
        }
        MessageKind::AccountUnblocked => {
            format!(
                "La cuenta de empleador de su empresa fue desbloqueada (solicitud {number}). Si no lo pidieron, detenga la cuenta: {link}"
            )
        }
        MessageKind::SuccessorAlert => {
            format!(
                "En la solicitud {number} firmó por su empresa alguien cuyo nombramiento ya terminó. Nada cambió. Dudas: {operator}."
            )
        }
        MessageKind::ReviewRefused => {
            format!("La solicitud {number} fue revisada y no se acepta. Vea el motivo: {link}")
        }
        MessageKind::CompletionWanted => {
            format!(
                "Falta algo en la solicitud {number}; no ha sido negada. Vea lo que se le pide y el plazo: {link}"
            )
        }
        MessageKind::PetitionArchived => {
            format!(
                "La solicitud {number} queda archivada porque no vino lo que se le pide. No ha sido negada: puede crear otra. {link}"
            )
        }
        MessageKind::AccountStopped => {
            format!(
                "Alguien dice que su empresa no hizo la solicitud {number}: la cuenta de empleador queda detenida. Si era suya, firme otra y avise a {operator}."
            )
        }
        MessageKind::DeliveryRefused
            if matter.holds(STILL_LOCKED) && matter.holds(SILENT_PORTAL) =>
        {
            format!(
                "No sabemos si la cuenta de empleador de su empresa sigue bloqueada (solicitud {number}). Pruebe a entrar con su clave. Vea: {link}"
            )
        }
        MessageKind::DeliveryRefused if matter.holds(STILL_LOCKED) => {
            format!(
                "La cuenta de empleador de su empresa no se pudo desbloquear (solicitud {number}). Ya avisamos a {operator}. Vea: {link}"
            )
        }
        MessageKind::DeliveryRefused if matter.holds(SILENT_PORTAL) => {
            format!(
                "No sabemos si la clave nueva de su empresa ya abre el portal (solicitud {number}). Vea como elegir otra: {link}"
            )
        }
        MessageKind::DeliveryRefused => {
            format!(
                "La clave nueva de su empresa no pudo activarse (solicitud {number}); la de antes sigue igual. Vea como elegir otra: {link}"
            )
        }
        // What carries a link for a key, or belongs to the mailbox, never goes by SMS.
        _ => format!(
            "Tiene un aviso sobre la solicitud {number}. Revise su correo o consulte con {operator}."
        ),
    };
    text.trim().to_owned()
}
