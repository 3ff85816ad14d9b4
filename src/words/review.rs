//! What the back office reads, and what companies read of it: every reason, phase and obstacle in Spanish.

use crate::decision::ReasonCode;
use crate::domain::{
    Action, Barrier, CaseAct, CaseKind, DossierItem, FourEyes, Phase, ReviewReason,
};

/// A reason as the company reads it on its page and as colleagues read it in the case.
#[must_use]
pub fn reason(reason: ReviewReason) -> &'static str {
    use ReviewReason as R;
    match reason {
        R::PowerRead => "El poder está vigente y cubre este pedido.",
        R::AppointmentRegistered => "El nombramiento consta inscrito en el registro público.",
        R::StillInOffice => {
            "El período terminó y no consta sucesor: sigue en funciones prorrogadas."
        }
        R::CertificateConfirmed => {
            "La entidad de certificación confirmó que el certificado estaba vigente."
        }
        R::SamePerson => "Es la misma persona que consta en el registro.",
        R::LetterClear => "La carta dice sin dudas qué se pide.",
        R::AdditionHarmless => "Lo agregado al documento no cambia lo que se firmó.",
        R::OwnerConfirmed => "El representante confirmó que el pedido es suyo.",
        R::DossierComplete => "Se vieron los cinco documentos en la ventanilla.",
        R::NotRepresentative => "Quien firmó no representa a la empresa.",
        R::PowerInsufficient => "El poder no cubre este pedido o ya terminó.",
        R::AppointmentNotRegistered => "El nombramiento no consta inscrito en el registro público.",
        R::SignatureNotValid => "La firma, el certificado o el documento no pasan la comprobación.",
        R::CertificateNotConfirmed => {
            "No se pudo confirmar que el certificado estuviera vigente al recibirse."
        }
        R::PetitionUnclear => "No queda claro qué se pide o para qué empresa.",
        R::OwnerDenies => "El representante dice que no hizo este pedido.",
        R::EmployerNotActive => "La empresa no consta como activa en el registro.",
        R::DossierIncomplete => "Falta un documento de la carpeta o no es el que corresponde.",
        R::AppointmentWanted => "Adjunte el nombramiento con su razón de inscripción.",
        R::PowerWanted => "Adjunte el poder con el que firma.",
        R::SecondSignatureWanted => {
            "Agregue al mismo archivo la firma del otro representante y súbalo otra vez."
        }
        R::FormWanted => {
            "Cree una solicitud en esta página, firme su formulario y súbalo con este número."
        }
        R::FreshSignatureWanted => {
            "Firme el documento otra vez con un certificado vigente y súbalo."
        }
        R::IdentityDoubt => "Hay dudas sobre quién firmó.",
        R::FraudSuspected => "Parece un engaño.",
        R::LegalQuestion => "Hay una pregunta de derecho.",
        R::PersonalTie => "Conozco a las personas o a la empresa.",
        R::TechnicalProblem => "Algo no funciona o no se puede ver.",
    }
}

/// What helps after a refusal by a person, in one sentence or two; at the counter there is no document to send.
#[must_use]
pub fn after_refusal(reason: ReviewReason, counter: bool) -> &'static str {
    use ReviewReason as R;
    match reason {
        R::NotRepresentative if counter => {
            "Debe presentarse el representante legal que consta en el registro."
        }
        R::NotRepresentative => {
            "Debe firmar el representante legal: suba el documento con su firma, con el mismo número."
        }
        R::PowerInsufficient => {
            "Adjunte aquí un poder que cubra este pedido, o suba el documento firmado por el representante legal."
        }
        R::AppointmentNotRegistered => {
            "Inscriba el nombramiento en el registro público y adjúntelo aquí con su razón de inscripción."
        }
        R::CertificateNotConfirmed => {
            "Consulte con su entidad de certificación, firme con un certificado vigente y suba el documento con el mismo número."
        }
        R::PetitionUnclear => {
            "Cree una solicitud nueva y firme su formulario: allí queda claro qué se pide."
        }
        R::OwnerDenies => {
            "No tiene que hacer nada. Si usted es el representante y el pedido es suyo, cree una solicitud nueva y fírmela."
        }
        R::EmployerNotActive => {
            "Actualice el estado del RUC en el SRI. Cuando conste activo, cree una solicitud nueva."
        }
        R::DossierIncomplete => "Vuelva a la ventanilla con los cinco documentos.",
        _ => "Firme el documento otra vez con un certificado vigente y súbalo con el mismo número.",
    }
}

/// Why two persons must decide alike.
#[must_use]
pub fn four_eyes(why: FourEyes) -> &'static str {
    match why {
        FourEyes::AddressChange => "cambia el correo registrado",
        FourEyes::Attorney => "firma un apoderado",
        FourEyes::Override => "aprobar iría contra algo que el programa no pudo comprobar o negó",
        FourEyes::NewRepresentative => "el registro aún no conoce a quien firma o su nombramiento",
        FourEyes::SecondReset => "es la segunda clave en 30 días",
        FourEyes::Frozen => "alguien avisó «no fui yo»",
        FourEyes::Counter => "es una atención en ventanilla",
        FourEyes::ReadByPerson => "lo pedido lo lee una persona, no el programa",
        FourEyes::Appeal => "es una apelación",
    }
}

/// What forbids an approval.
#[must_use]
pub fn barrier(barrier: Barrier) -> &'static str {
    match barrier {
        Barrier::Unexamined => "El documento no se pudo examinar: nadie puede aprobarlo.",
        Barrier::SignatureFailed => {
            "Una firma no pasa la comprobación (integridad, cadena o revocación): nadie puede aprobarla."
        }
        Barrier::SignatureUnproven => {
            "La integridad o el origen de una firma no están comprobados: nadie puede aprobarla."
        }
        Barrier::HardFact => {
            "Un hecho que nadie puede cambiar lo impide (ya usado, vencido, de otro trámite)."
        }
        Barrier::OtherPetition => {
            "El documento pide otra cosa que el formulario de este número: la empresa debe firmar ese formulario o crear otra solicitud."
        }
        Barrier::NoEmployer => "La empresa no consta en el registro: no hay a quién restablecer.",
        Barrier::NoAddress => {
            "No hay correo registrado al que enviar el enlace: pida un cambio de correo o use la ventanilla."
        }
    }
}

/// A reason of the machine in a few words, for lists.
#[must_use]
pub fn short_reason(code: ReasonCode) -> String {
    use ReasonCode as R;
    let text = match code {
        R::RevocationUnknown => "Revocación sin confirmar",
        R::RepresentationEnded => "Nombramiento terminado",
        R::JointSignatureMissing => "Falta una firma conjunta",
        R::Attorney => "Firma un apoderado",
        R::PostUnrecognised => "Cargo por aclarar",
        R::AppointmentAttached => "Nombramiento adjunto",
        R::RepresentativeUnknown => "Sin representante registrado",
        R::NameMatchOnly => "Solo coincide el nombre",
        R::BranchUnknown => "Sucursal que no consta",
        R::RegistryMissing => "Empresa no activa",
        R::LetterUnclear => "Carta dudosa",
        R::LetterChangesEmail => "Carta pide otro correo",
        R::LetterNamesOtherEmail => "Carta nombra otro correo",
        R::LetterOwnFonts => "Carta por leer",
        R::HiddenText => "Texto oculto",
        R::ExtraRevision => "Agregado antes de la firma",
        R::ValuesCovered => "Firma tapa los datos",
        R::Frozen => "Cuenta detenida",
        R::TooComplex => "Documento muy complejo",
        R::OtherSignature => "Firmó otra persona más",
        R::RepresentationNotStarted => "Nombramiento sin empezar",
        R::LiquidatorInOffice => "En liquidación",
        R::CertOnHold => "Certificado suspendido",
        R::CertExpiredTimestamped => "Caducado, con sello de tiempo",
        R::CaNotAccredited => "Entidad sin reconocer",
        R::SignatureUnsupported => "Clase de firma no comprobada",
        R::SignerNotRepresentative => "No consta como representante",
        R::IdentityUnreadable => "Documento de identidad ilegible",
        other => return other.as_str().to_owned(),
    };
    text.to_owned()
}

/// How a case came about.
#[must_use]
pub fn kind(kind: CaseKind) -> &'static str {
    match kind {
        CaseKind::Petition => "Solicitud",
        CaseKind::Appeal => "Apelación",
        CaseKind::Counter => "Ventanilla",
    }
}

/// Whom a case waits for.
#[must_use]
pub fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::First => "Por decidir",
        Phase::Second => "Espera a una segunda persona",
        Phase::Supervisor => "Espera a un supervisor",
        Phase::Completion => "Espera a la empresa",
        Phase::Closed => "Cerrado",
    }
}

/// The same in a word or two, for lists.
#[must_use]
pub fn phase_in_short(phase: Phase) -> &'static str {
    match phase {
        Phase::First => "por decidir",
        Phase::Second => "segunda persona",
        Phase::Supervisor => "supervisión",
        Phase::Completion => "la empresa",
        Phase::Closed => "cerrado",
    }
}

/// What is asked, in a word, for lists.
#[must_use]
pub fn asks_in_short(action: Action) -> &'static str {
    match action {
        Action::ResetPassword => "clave",
        Action::Unblock => "desbloqueo",
        Action::ChangeEmail => "correo",
    }
}

/// What somebody did.
#[must_use]
pub fn act(act: CaseAct) -> &'static str {
    match act {
        CaseAct::Approve => "Aprobó",
        CaseAct::Refuse => "Negó",
        CaseAct::Complete => "Pidió completar",
        CaseAct::Escalate => "Pasó a un supervisor",
        CaseAct::HandOver => "Dejó una nota",
        CaseAct::Appeal => "Apeló",
    }
}

/// One of the five documents.
#[must_use]
pub fn dossier_item(item: DossierItem) -> &'static str {
    match item {
        DossierItem::Cedula => "Cédula de la persona presente",
        DossierItem::Ruc => "RUC en estado «Activa»",
        DossierItem::Turn => "Turno de esta visita",
        DossierItem::Letter => "Carta con el pedido",
        DossierItem::Nombramiento => "Nombramiento vigente",
    }
}

/// What a message says, in a word or two, by the word of its kind.
#[must_use]
pub fn message(kind: &str) -> &'static str {
    match kind {
        "reset_link" => "Enlace",
        "password_changed" => "Aviso de clave nueva",
        "confirm_email" => "Confirmación de correo",
        "email_change_notice" => "Aviso de cambio de correo",
        "email_changed" => "Correo cambiado",
        "reset_notice" | "review_approved" => "Aviso de aprobación",
        "link_ready" => "Aviso de fin de la espera",
        "review_refused" => "Aviso de negativa",
        "completion_wanted" => "Pedido de completar",
        "petition_archived" => "Aviso de archivo",
        "appointment_notice" => "Aviso de nuevo representante",
        "counter_approved" => "Aviso de ventanilla",
        "account_stopped" => "Aviso de cuenta detenida",
        _ => "Mensaje",
    }
}

/// What an attachment is.
#[must_use]
pub fn attachment(kind: &str) -> &'static str {
    match kind.parse::<DossierItem>() {
        Ok(item) => dossier_item(item),
        Err(_) => "Nombramiento o poder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_sentence_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for one in ReviewReason::ALL {
            let text = reason(*one);
            assert!(text.ends_with('.'), "{one}: {text}");
            assert!(seen.insert(text), "{one} repeats another sentence");
        }
    }
}
