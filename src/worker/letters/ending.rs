//! What alarms say of what the service stands on and that ends by its own calendar.

use super::Matter;
use crate::domain::calendar;
use crate::intake::lapsing::Ended;

/// About lists of revocation.
pub(super) fn of_lists(matter: &Matter<'_>) -> String {
    let when = match Ended::read(matter.fact("reason")) {
        Some(Ended { at, is_over: true }) => {
            format!("la primera terminó el {}", calendar::say_day_of(at))
        }
        Some(Ended { at, is_over: false }) => {
            format!("la primera termina el {}", calendar::say_day_of(at))
        }
        None => "de algunas subordinadas no hay ninguna".to_owned(),
    };
    format!(
        "A nadie se le pregunta por la revocación («fetch.enabled» está en false), y las listas de «trust/crls» no alcanzan: {when}. Lo que se firme bajo una subordinada sin lista vigente espera a una persona. Ponga listas nuevas, o encienda las consultas. «clavero trust check» las nombra."
    )
}

/// About the operator's seal.
pub(super) fn of_seal(matter: &Matter<'_>) -> String {
    let (when, then) = match Ended::read(matter.fact("reason")) {
        Some(Ended { at, is_over }) => {
            let day = calendar::say_day_of(at);
            if is_over {
                (
                    format!("caducó el {day}"),
                    "Lo que se sella desde entonces no prueba nada a quien lo compruebe.",
                )
            } else {
                (
                    format!("caduca el {day}"),
                    "Lo que se selle después no probará nada a quien lo compruebe.",
                )
            }
        }
        None => ("caduca".to_owned(), ""),
    };
    format!(
        "El certificado del sello con que {} firma comprobantes, paquetes de evidencia y las cabezas de la bitácora {when}. {then} Renuévelo y póngalo en «seal.certificate».",
        matter.settings.operator
    )
}
