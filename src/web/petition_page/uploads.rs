//! What can be uploaded under a petition, and the form that takes it.

use super::super::messages::size;
use super::next_step::{form_is_quicker, lacks_second_signature, offers_new};
use super::reasons::{has, refused_for};
use crate::decision::ReasonCode;
use crate::domain::{Language, PetitionNumber, ReviewReason, State};
use crate::intake::Status;

/// An upload form: pages and the attachment share its markup and its script.
#[derive(Debug, Clone)]
pub(in crate::web) struct UploadForm {
    pub(in crate::web) action: String,
    /// Of the field: two forms may stand on one page.
    pub(in crate::web) id: &'static str,
    pub(in crate::web) label: &'static str,
    /// What it takes, in words and as the browser filters.
    pub(in crate::web) takes: &'static str,
    pub(in crate::web) accept: &'static str,
    pub(in crate::web) button: &'static str,
    /// The number it belongs to, empty for a letter, when script may send it in pieces.
    pub(in crate::web) resumable: Option<String>,
    pub(in crate::web) limit: u64,
    pub(in crate::web) limit_words: String,
    pub(in crate::web) error: Option<String>,
}

impl UploadForm {
    /// The form that posts to `action`.
    pub(in crate::web) fn new(
        action: String,
        limit: u64,
        error: Option<String>,
        language: Language,
    ) -> Self {
        Self {
            action,
            id: "file",
            label: language.pick("Documento firmado", "Signed document"),
            takes: language.pick("PDF firmado, o archivo .p7m", "Signed PDF, or .p7m file"),
            accept: ".pdf,.p7m,.p7s,application/pdf,application/pkcs7-mime",
            button: language.pick("Subir el documento firmado", "Upload the signed document"),
            resumable: Some(String::new()),
            limit,
            limit_words: size(limit, language),
            error,
        }
    }

    /// The form for the signed document of `number`.
    pub(in crate::web) fn signed(
        number: &PetitionNumber,
        limit: u64,
        error: Option<String>,
        language: Language,
    ) -> Self {
        Self {
            resumable: Some(number.to_string()),
            ..Self::new(
                format!("/solicitud/{number}/documento"),
                limit,
                error,
                language,
            )
        }
    }

    /// The form that attaches an appointment to `number`.
    pub(in crate::web) fn appointment(
        number: &PetitionNumber,
        limit: u64,
        language: Language,
    ) -> Self {
        Self {
            id: "nombramiento",
            label: language.pick(
                "Nombramiento o poder",
                "Appointment (nombramiento) or power of attorney (poder)",
            ),
            takes: language.pick(
                "PDF con la razón de inscripción",
                "PDF with its note of registration (razón de inscripción)",
            ),
            accept: ".pdf,application/pdf",
            button: language.pick("Adjuntar el documento", "Attach the document"),
            resumable: None,
            ..Self::new(
                format!("/solicitud/{number}/nombramiento"),
                limit,
                None,
                language,
            )
        }
    }
}

/// How the page offers to attach an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Attaching {
    /// Not at all.
    No,
    /// Where it is asked for, as the one thing to upload.
    Asked,
    /// In a part of its own, which is open: it may well be what helps.
    Open,
    /// In a part of its own, for whoever looks for it.
    Offered,
}

impl Attaching {
    pub(super) fn of(status: &Status) -> Self {
        if !takes_appointment(status) {
            return Self::No;
        }
        match status.state {
            State::AwaitingCompletion if appointment_is_asked(status) => Self::Asked,
            State::Refused => Self::Open,
            _ => Self::Offered,
        }
    }
}

/// Whether the one thing to do now is to upload: at first, after a refusal that another document can mend, when a second
/// person has to sign the same file, and when the form would end the wait for a person.
pub(in crate::web) fn signs(status: &Status) -> bool {
    match status.state {
        State::Issued => takes_document(status),
        State::AwaitingCompletion => takes_document(status) && !appointment_is_asked(status),
        // Without a document it was refused at the counter.
        State::Refused => !offers_new(status) && status.sha256.is_some(),
        _ => {
            let form = form_is_quicker(status) && status.has_form;
            (lacks_second_signature(status) || form) && takes_document(status)
        }
    }
}

/// Whether another document would still be taken under this number.
pub(super) fn takes_document(status: &Status) -> bool {
    is_open(status) && !status.tried_out
}

/// Whether something more is taken under this number.
fn is_open(status: &Status) -> bool {
    status.state.accepts_document() && !status.expired
}

/// Whether an appointment can be attached: the signature is in order, and the registry does not know the signer, or knows
/// only what has ended or covers something else.
pub(in crate::web) fn takes_appointment(status: &Status) -> bool {
    let unknown = [
        ReasonCode::SignerNotRepresentative,
        ReasonCode::RepresentativeUnknown,
        ReasonCode::NameMatchOnly,
        ReasonCode::RepresentationEnded,
        ReasonCode::PowerEnded,
        ReasonCode::PowerLacksScope,
    ];
    let asked = appointment_is_asked(status);
    let lacking = refused_for(status).is_some_and(|reason| {
        use ReviewReason::{AppointmentNotRegistered, PowerInsufficient};
        matches!(reason, AppointmentNotRegistered | PowerInsufficient)
    });
    let known = unknown.iter().any(|code| has(status, *code));
    is_open(status) && (asked || lacking || known)
}

/// Whether a person asks for an appointment or a power, and for nothing else.
fn appointment_is_asked(status: &Status) -> bool {
    use ReviewReason::{AppointmentWanted, PowerWanted};
    let review = status.review.as_ref();
    status.state == State::AwaitingCompletion
        && review.is_some_and(|it| matches!(it.reason, AppointmentWanted | PowerWanted))
}
