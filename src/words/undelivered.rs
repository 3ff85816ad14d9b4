//! Why something that was decided did not leave, for the people who work with it; in Spanish alone, as the back office is.

use std::borrow::Cow;

use crate::domain::{CallCause, Failure, LinkStand};

/// Why another system did not take something, for whoever must mend it.
#[must_use]
pub fn call_cause(failure: &Failure) -> Cow<'_, str> {
    Cow::Borrowed(match failure.cause {
        CallCause::NoAnswer => "no hubo respuesta a tiempo",
        CallCause::NoConnection => "no hubo conexión",
        CallCause::Status => {
            return Cow::Owned(format!("respondió con el estado HTTP {}", failure.detail));
        }
        CallCause::Said => &failure.detail,
        CallCause::CutOff => "el envío se cortó una y otra vez",
        CallCause::NoPetition => "ya no consta el trámite del que trata",
        CallCause::NotAnAddress => "la dirección no sirve",
        CallCause::NoKey => "no queda ninguna clave que entregar",
        CallCause::UnfitKey => "lo que se guardó no es lo que pide portal.hand_over",
        CallCause::Stopped => "la cuenta fue detenida",
        CallCause::NewerKey => "se eligió otra clave más nueva",
    })
}

/// Why a message is not sent any more; nothing where that keeps none back.
#[must_use]
pub fn withdrawn(stand: LinkStand) -> Option<&'static str> {
    Some(match stand {
        LinkStand::None => "el trámite ya tuvo su efecto",
        LinkStand::Frozen | LinkStand::Stopped => "la cuenta fue detenida",
        LinkStand::AtTheCounter => "el enlace se abre en la ventanilla",
        LinkStand::NotRegistered => "el empleador ya no consta en el registro",
        LinkStand::NotActive => "la empresa no consta como activa",
        LinkStand::NoAddress => "ya no consta un correo",
        LinkStand::SignerLeft => "quien firmó ya no consta como representante",
        LinkStand::Over => "el plazo de la aprobación terminó",
        // Where it is held it waits, and what it was to bring does not end with what was sent before.
        LinkStand::Held | LinkStand::Spent | LinkStand::Unsent | LinkStand::Sent => return None,
    })
}

/// A message was to go to the address on file.
pub const ANOTHER_ADDRESS: &str = "ahora consta otro correo";
/// A link would change a password that the portal does not have yet.
pub const KEY_UNDER_WAY: &str = "la clave nueva se está entregando al portal";
