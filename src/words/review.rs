//! What the back office reads: every reason, phase and obstacle in Spanish; what companies read of it in English too.

use crate::decision::ReasonCode;
use crate::domain::{
    Action, AttachmentKind, Barrier, CaseAct, CaseKind, DossierItem, FourEyes, Phase, ReviewReason,
    Text,
};

/// A reason as the company reads it on its page and as colleagues read it, in Spanish, in the case.
#[must_use]
pub fn reason(reason: ReviewReason) -> Text {
    use ReviewReason as R;
    match reason {
        R::PowerRead => Text::new(
            "El poder está vigente y cubre este pedido.",
            "The power of attorney is in force and covers what is asked.",
        ),
        R::AppointmentRegistered => Text::new(
            "El nombramiento consta inscrito en el registro público.",
            "The appointment (nombramiento) is entered in the public registry.",
        ),
        R::StillInOffice => Text::new(
            "El período terminó y no consta sucesor: sigue en funciones prorrogadas.",
            "The term ended and no successor is registered: the representative stays in office until there is one.",
        ),
        R::CertificateConfirmed => Text::new(
            "La entidad de certificación confirmó que el certificado estaba vigente.",
            "The entity that issued the certificate confirmed that it was in force.",
        ),
        R::SamePerson => Text::new(
            "Es la misma persona que consta en el registro.",
            "It is the same person as in the registry.",
        ),
        R::LetterClear => Text::new(
            "La carta dice sin dudas qué se pide.",
            "The letter says without doubt what is asked.",
        ),
        R::AdditionHarmless => Text::new(
            "Lo agregado al documento no cambia lo que se firmó.",
            "What was added to the document does not change what was signed.",
        ),
        R::OwnerConfirmed => Text::new(
            "El representante confirmó que el pedido es suyo.",
            "The representative confirmed having asked for this.",
        ),
        R::DossierComplete => Text::new(
            "Se vieron los cinco documentos en la ventanilla.",
            "The five documents were seen at the service counter.",
        ),
        R::NotRepresentative => Text::new(
            "Quien firmó no representa a la empresa.",
            "Whoever signed does not represent the company.",
        ),
        R::PowerInsufficient => Text::new(
            "El poder no cubre este pedido o ya terminó.",
            "The power of attorney does not cover what is asked, or has ended.",
        ),
        R::AppointmentNotRegistered => Text::new(
            "El nombramiento no consta inscrito en el registro público.",
            "The appointment (nombramiento) is not entered in the public registry.",
        ),
        R::SignatureNotValid => Text::new(
            "La firma, el certificado o el documento no pasan la comprobación.",
            "The signature, the certificate or the document does not pass the check.",
        ),
        R::CertificateNotConfirmed => Text::new(
            "No se pudo confirmar que el certificado estuviera vigente al recibirse.",
            "Nobody could confirm that the certificate was in force at reception.",
        ),
        R::PetitionUnclear => Text::new(
            "No queda claro qué se pide o para qué empresa.",
            "It is not clear what is asked, or for which company.",
        ),
        R::OwnerDenies => Text::new(
            "El representante dice que no hizo este pedido.",
            "The representative denies having asked for this.",
        ),
        R::EmployerNotActive => Text::new(
            "La empresa no consta como activa en el registro.",
            "The company is not active in the registry.",
        ),
        R::WrongRuc => Text::new(
            "El RUC no es el de la empresa.",
            "The RUC is not that of the company.",
        ),
        R::DossierIncomplete => Text::new(
            "Falta un documento de la carpeta o no es el que corresponde.",
            "A document of the folder is missing or is not the right one.",
        ),
        R::AppointmentWanted => Text::new(
            "Adjunte el nombramiento con su razón de inscripción.",
            "Attach the appointment (nombramiento) with its note of registration (razón de inscripción).",
        ),
        R::PowerWanted => Text::new(
            "Adjunte el poder con el que firma.",
            "Attach the power of attorney under which you sign.",
        ),
        R::SecondSignatureWanted => Text::new(
            "Agregue al mismo archivo la firma del otro representante y súbalo otra vez.",
            "Add the signature of the other representative to the same file and upload it again.",
        ),
        R::FormWanted => Text::new(
            "Cree una solicitud en esta página, firme su formulario y súbalo con este número.",
            "Create a petition on this page, sign its form and upload it under this number.",
        ),
        R::FreshSignatureWanted => Text::new(
            "Firme el documento otra vez con un certificado vigente y súbalo.",
            "Sign the document again with a certificate that is in force and upload it.",
        ),
        R::IdentityDoubt => Text::new(
            "Hay dudas sobre quién firmó.",
            "There are doubts about who signed.",
        ),
        R::FraudSuspected => Text::new("Parece un engaño.", "It looks like a deceit."),
        R::LegalQuestion => Text::new(
            "Hay una pregunta de derecho.",
            "There is a question of law.",
        ),
        R::PersonalTie => Text::new(
            "Conozco a las personas o a la empresa.",
            "I know the people or the company.",
        ),
        R::TechnicalProblem => Text::new(
            "Algo no funciona o no se puede ver.",
            "Something does not work or can't be seen.",
        ),
    }
}

/// What helps after a refusal by a person, in one sentence or two; at the counter there is no document to send.
#[must_use]
pub fn after_refusal(reason: ReviewReason, counter: bool) -> Text {
    use ReviewReason as R;
    match reason {
        R::NotRepresentative if counter => Text::new(
            "Debe presentarse el representante legal que consta en el registro.",
            "The legal representative who is in the registry must come in person.",
        ),
        R::NotRepresentative => Text::new(
            "Debe firmar el representante legal: suba el documento con su firma, con el mismo número.",
            "The legal representative must sign: upload the document with that signature, under the same number.",
        ),
        R::PowerInsufficient => Text::new(
            "Adjunte aquí un poder que cubra este pedido, o suba el documento firmado por el representante legal.",
            "Attach here a power of attorney that covers what is asked, or upload the document signed by the legal representative.",
        ),
        R::AppointmentNotRegistered => Text::new(
            "Inscriba el nombramiento en el registro público y adjúntelo aquí con su razón de inscripción.",
            "Have the appointment (nombramiento) entered in the public registry and attach it here with its note of registration (razón de inscripción).",
        ),
        R::CertificateNotConfirmed => Text::new(
            "Consulte con su entidad de certificación, firme con un certificado vigente y suba el documento con el mismo número.",
            "Ask the entity that issued your certificate, sign with a certificate that is in force and upload the document under the same number.",
        ),
        R::PetitionUnclear => Text::new(
            "Cree una solicitud nueva y firme su formulario: allí queda claro qué se pide.",
            "Create a new petition and sign its form: there it is clear what is asked.",
        ),
        R::OwnerDenies => Text::new(
            "No tiene que hacer nada. Si usted es el representante y el pedido es suyo, cree una solicitud nueva y fírmela.",
            "You need not do anything. If you are the representative and did ask for this, create a new petition and sign it.",
        ),
        R::EmployerNotActive => Text::new(
            "Actualice el estado del RUC en el SRI. Cuando conste activo, cree una solicitud nueva.",
            "Update the state of the RUC at the SRI (tax office). Once it is active, create a new petition.",
        ),
        R::WrongRuc => Text::new(
            "Compruebe el RUC de su empresa y cree una solicitud nueva con él: es inmediato.",
            "Check the RUC of your company and create a new petition with it: that takes effect at once.",
        ),
        R::DossierIncomplete => Text::new(
            "Vuelva a la ventanilla con los cinco documentos.",
            "Come back to the service counter with the five documents.",
        ),
        _ => Text::new(
            "Firme el documento otra vez con un certificado vigente y súbalo con el mismo número.",
            "Sign the document again with a certificate that is in force and upload it under the same number.",
        ),
    }
}

/// Why two persons must decide alike.
#[must_use]
pub fn four_eyes(why: FourEyes) -> &'static str {
    match why {
        FourEyes::AddressChange => "cambia el correo registrado",
        FourEyes::Attorney => "firma un apoderado",
        FourEyes::Override => "el programa no pudo comprobar algo, o lo negó",
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
        R::NumberMatchOnly => "Solo coincide el número",
        R::BranchUnknown => "Sucursal que no consta",
        R::RegistryMissing => "RUC que no consta",
        R::EmployerNotActive => "Empresa no activa",
        R::LetterUnclear => "Carta dudosa",
        R::LetterChangesEmail => "Carta pide otro correo",
        R::LetterNamesOtherEmail => "Carta nombra otro correo",
        R::LetterMailboxLost => "Carta dice que perdió el correo",
        R::LetterOwnFonts => "Carta con letras propias",
        R::LetterNotPlain => "Carta con más que texto",
        R::LetterForOther => "Carta nombra otra empresa",
        R::HiddenText => "Texto oculto",
        R::ExtraRevision => "Agregado antes de la firma",
        R::SignedForOtherPurpose => "Firmó para otra cosa",
        R::ValuesCovered => "Firma tapa los datos",
        R::Frozen => "Cuenta detenida",
        R::TooComplex => "Documento muy complejo",
        R::OtherSignature => "Firmó otra persona más",
        R::AutomaticLayers => "Capas que cambian solas",
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
        "delivery_refused" => "Aviso de clave que no se activó",
        _ => "Mensaje",
    }
}

/// What an attachment is.
#[must_use]
pub fn attachment(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Dossier(item) => dossier_item(item),
        AttachmentKind::Appointment => "Nombramiento o poder",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_sentence_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for one in ReviewReason::ALL {
            let Text { es, en } = reason(*one);
            for text in [es, en] {
                assert!(text.ends_with('.'), "{one}: {text}");
                assert!(seen.insert(text), "{one} repeats another sentence");
            }
        }
    }
}
