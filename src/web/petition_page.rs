//! What the page of a petition shows in each of its states: where it stands, why, and the one thing to do now.

use askama::Template;
use jiff::Timestamp;

use super::Frame;
use super::messages::size;
use crate::decision::{Reason, ReasonCode};
use crate::domain::calendar;
use crate::domain::{Action, Language, PetitionNumber, ReviewReason, State, Token};
use crate::intake::{Attached, LinkStand, Status};
use crate::questions::{self, Answer};
use crate::store::{DeliveryState, MessageState};
use crate::words;

/// The page.
#[derive(Template)]
#[template(path = "petition.html", config = "src/web/pages/askama.toml")]
pub(super) struct PetitionPage<'a> {
    pub(super) frame: &'a Frame,
    pub(super) view: View,
    pub(super) upload: UploadForm,
    /// Where somebody whom the registry does not know yet attaches his appointment (PRODUCT S09): as `view.attaching` says.
    pub(super) appointment: Option<UploadForm>,
    /// What came of the last click.
    pub(super) notice: Option<String>,
    /// `ok`, `wait` or `bad`.
    pub(super) notice_tone: &'static str,
}

/// An upload form: pages and the attachment share its markup and its script.
#[derive(Debug, Clone)]
pub(super) struct UploadForm {
    pub(super) action: String,
    /// Of the field: two forms may stand on one page.
    pub(super) id: &'static str,
    pub(super) label: &'static str,
    /// What it takes, in words and as the browser filters.
    pub(super) takes: &'static str,
    pub(super) accept: &'static str,
    pub(super) button: &'static str,
    /// The number it belongs to, empty for a letter, when script may send it in pieces.
    pub(super) resumable: Option<String>,
    pub(super) limit: u64,
    pub(super) limit_words: String,
    pub(super) error: Option<String>,
}

impl UploadForm {
    /// The form that posts to `action`.
    pub(super) fn new(action: String, limit: u64, error: Option<String>) -> Self {
        Self {
            action,
            id: "file",
            label: "Documento firmado",
            takes: "PDF firmado, o archivo .p7m",
            accept: ".pdf,.p7m,.p7s,application/pdf,application/pkcs7-mime",
            button: "Subir el documento firmado",
            resumable: Some(String::new()),
            limit,
            limit_words: size(limit, Language::Es),
            error,
        }
    }

    /// The form for the signed document of `number`.
    pub(super) fn signed(number: &PetitionNumber, limit: u64, error: Option<String>) -> Self {
        Self {
            resumable: Some(number.to_string()),
            ..Self::new(format!("/solicitud/{number}/documento"), limit, error)
        }
    }

    /// The form that attaches an appointment to `number`.
    pub(super) fn appointment(number: &PetitionNumber, limit: u64) -> Self {
        Self {
            id: "nombramiento",
            label: "Nombramiento o poder",
            takes: "PDF con la razón de inscripción",
            accept: ".pdf,application/pdf",
            button: "Adjuntar el documento",
            resumable: None,
            ..Self::new(format!("/solicitud/{number}/nombramiento"), limit, None)
        }
    }
}

/// One of the four stations over the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) class: &'static str,
    pub(super) mark: &'static str,
    pub(super) spoken: &'static str,
}

/// One reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReasonLine {
    pub(super) code: &'static str,
    pub(super) text: String,
}

/// What was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReceiptView {
    pub(super) sha256: String,
    pub(super) received_at: String,
    pub(super) bytes: Option<String>,
}

/// Everything the page says, ready to print.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one block of the page, shown or not"
)]
pub(super) struct View {
    pub(super) number: String,
    pub(super) action: Option<&'static str>,
    pub(super) state: &'static str,
    pub(super) headline: &'static str,
    pub(super) summary: String,
    pub(super) trail: [Step; 4],
    /// The machine is at work: the page looks again by itself.
    pub(super) checking: bool,
    /// The mail with the link is about to leave: the page looks again by itself, and offers no second one meanwhile.
    pub(super) leaving: bool,
    pub(super) reasons_title: &'static str,
    pub(super) reasons: Vec<ReasonLine>,
    /// Why the document sent last did not take the place of the one that waits, or was not what is asked for.
    pub(super) not_taken: Vec<ReasonLine>,
    /// What that means.
    pub(super) still: &'static str,
    /// Colour of the edge: `ok`, `wait`, `bad`.
    pub(super) tone: &'static str,
    /// «Qué hacer ahora».
    pub(super) next: Option<String>,
    /// What the button says that sends a link.
    pub(super) send_link: Option<&'static str>,
    pub(super) link_note: Option<String>,
    /// Where the link went: masked, for the owner of the petition to recognise.
    pub(super) sent_to: Option<String>,
    /// Where a petition to change that address is asked for, while a link would go there.
    pub(super) changes_email: Option<&'static str>,
    /// Seconds that the link sent last is alive, and the same as a clock.
    pub(super) link_left: Option<(i64, String)>,
    /// The address that is missing is asked for here: the petition goes on by itself once it is confirmed.
    pub(super) wants_address: bool,
    /// Where a new petition is asked for, when that is what helps.
    pub(super) new_petition: Option<&'static str>,
    /// The secret in groups of four.
    pub(super) secret: Vec<String>,
    /// Whether it is urged to write it down, or only kept at hand.
    pub(super) keep_secret: bool,
    /// A signed document is awaited.
    pub(super) signs: bool,
    /// The form can be downloaded here.
    pub(super) has_form: bool,
    /// None is awaited, but another one would be taken: offered, not urged.
    pub(super) may_replace: bool,
    pub(super) expires_at: String,
    pub(super) receipt: Option<ReceiptView>,
    /// The ten questions about the document.
    pub(super) answers: Vec<Answer>,
    /// When it was signed, by whose word, and when it was received.
    pub(super) times: Vec<(&'static str, String)>,
    /// What a person asks for, or asked for in vain.
    pub(super) wanted: Option<Wanted>,
    /// How an appointment is attached here.
    pub(super) attaching: Attaching,
    /// What was attached, as `received, size`.
    pub(super) attached: Vec<String>,
    /// Until when a refusal can be appealed.
    pub(super) appeal_until: Option<String>,
}

/// How the page offers to attach an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attaching {
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
    fn of(status: &Status) -> Self {
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

/// What a reviewer asks the company for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) what: &'static str,
    pub(super) note: Option<String>,
    pub(super) until: Option<String>,
}

impl View {
    /// What `status` looks like to its owner, who holds `secret`; `link_left` tells how many seconds the link sent last is alive.
    pub(super) fn of(status: &Status, secret: &Token, link_left: Option<i64>) -> Self {
        let words = StateWords::of(status);
        let link = Link::of(status);
        Self {
            number: status.number.to_string(),
            action: status
                .action
                .map(|action| words::action(action).say(Language::Es)),
            state: status.state.as_str(),
            headline: words.headline,
            summary: words.summary,
            trail: trail(status),
            checking: status.state == State::Received && status.waiting.is_none(),
            leaving: is_leaving(status) && status.link.asked_lately,
            reasons_title: words.reasons_title,
            reasons: reason_lines(status),
            not_taken: lines(&status.not_taken),
            still: match status.state {
                _ if Attaching::of(status) == Attaching::Asked => {
                    "Lo que se le pide sigue pendiente, con el mismo plazo: adjúntelo donde dice «Qué se le pide»."
                }
                State::AwaitingCompletion => {
                    "Lo que se le pide sigue pendiente, con el mismo plazo. Si el último es suyo, corrija lo indicado y súbalo otra vez."
                }
                _ => {
                    "Sigue en revisión el anterior. Si el último es suyo, corrija lo indicado y súbalo otra vez."
                }
            },
            tone: words.tone,
            // While the machine is at work the page itself says to wait.
            next: (status.state != State::Received || status.waiting.is_some())
                .then(|| next_step(status)),
            send_link: link.button,
            sent_to: status
                .masked_email
                .clone()
                .filter(|_| mail_is_awaited(status) && !status.link.came_back()),
            changes_email: (mail_is_awaited(status)
                && leads_to_link(status)
                && status.portal != Some(DeliveryState::Pending))
            .then_some(CHANGE_EMAIL),
            link_left: link_left
                .filter(|seconds| *seconds > 0 && !status.link.came_back())
                .map(|seconds| (seconds, minutes_and_seconds(seconds))),
            link_note: link.note,
            wants_address: wants_address(status),
            new_petition: new_petition(status),
            secret: in_fours(secret.reveal()),
            keep_secret: status.state == State::Issued && !status.expired || !status.has_form,
            signs: signs(status),
            // The second signature goes into the file that holds the first, not into a fresh form.
            has_form: status.has_form && !lacks_second_signature(status),
            may_replace: takes_document(status)
                && (status.state == State::InReview || Attaching::of(status) == Attaching::Asked)
                && !status.at_the_counter
                && !signs(status),
            expires_at: calendar::say_minute(status.expires_at),
            receipt: receipt(status),
            answers: status
                .report
                .as_ref()
                .map(|report| questions::answers(report, Language::Es))
                .unwrap_or_default(),
            times: times(status),
            wanted: wanted(status),
            attaching: Attaching::of(status),
            attached: attached(status),
            appeal_until: status.appeal_until.map(calendar::say_day_of),
        }
    }
}

fn attached(status: &Status) -> Vec<String> {
    let line = |file: &Attached| {
        format!(
            "{}, {}",
            calendar::say_minute(file.at),
            size(file.bytes, Language::Es)
        )
    };
    status.attached.iter().map(line).collect()
}

fn wanted(status: &Status) -> Option<Wanted> {
    let review = status
        .review
        .as_ref()
        .filter(|_| matches!(status.state, State::AwaitingCompletion | State::Archived))?;
    Some(Wanted {
        what: words::review::reason(review.reason).say(Language::Es),
        note: review.note.clone(),
        until: review.until.map(calendar::say_minute),
    })
}

/// `2:05`, as the script counts it down.
pub(super) fn minutes_and_seconds(seconds: i64) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// «Qué hacer ahora»: exactly one thing. The API and the mails say the same.
pub(super) fn next_step(status: &Status) -> String {
    match (status.state, status.portal) {
        (State::Approved, Some(DeliveryState::Pending)) => {
            return words::HANDING_OVER.say(Language::Es).to_owned();
        }
        (State::Approved, Some(DeliveryState::Parked)) if !status.at_the_counter => {
            return words::NOT_TAKEN.say(Language::Es).to_owned();
        }
        _ => {}
    }
    if status.state == State::Approved && status.link.stand != LinkStand::None {
        return about_link(status);
    }
    if awaits_right_address(status) {
        return format!(
            "{} Puede que la dirección esté mal escrita: cree una solicitud nueva con el correo correcto.",
            not_delivered(status)
        );
    }
    if let Some(waiting) = &status.waiting {
        return words::asked_again(waiting.next_at, Language::Es);
    }
    if let Some(reason) = refused_for(status).filter(|_| !status.expired) {
        return words::review::after_refusal(reason, status.sha256.is_none())
            .say(Language::Es)
            .to_owned();
    }
    match Attaching::of(status) {
        Attaching::Asked => return words::ATTACH_WHAT_IS_ASKED.say(Language::Es).to_owned(),
        Attaching::Open => return words::attach_or_sign(status.appeal_until, Language::Es),
        Attaching::No | Attaching::Offered => {}
    }
    let step = if form_is_quicker(status) {
        words::quicker(status.has_form)
    } else {
        words::next_step(status.state, status.action, &status.reasons, status.expired)
    };
    let mut step = step.say(Language::Es).to_owned();
    if let Some(term) = status.review_term {
        step.push(' ');
        step.push_str(&words::review_term(
            term.by,
            term.late,
            term.told,
            Language::Es,
        ));
    }
    if status.state == State::InReview && takes_appointment(status) {
        step.push(' ');
        step.push_str(words::ATTACH_MEANWHILE.say(Language::Es));
    }
    step
}

/// Whether the mail with the link has not left yet.
fn is_leaving(status: &Status) -> bool {
    let link = &status.link;
    status.state == State::Approved
        && link.stand == LinkStand::Sent
        && link.alive_until.is_none()
        && link.mail == Some(MessageState::Pending)
}

/// Whether an address is to be confirmed that mail does not reach.
fn awaits_right_address(status: &Status) -> bool {
    status.state == State::Approved
        && status.action == Some(Action::ChangeEmail)
        && status.link.stand == LinkStand::None
        && status.link.came_back()
}

/// That a mail did not arrive, and where: masked, as everywhere.
fn not_delivered(status: &Status) -> String {
    let to = status.masked_email.as_deref().unwrap_or("ese correo");
    format!("No se pudo entregar nuestro mensaje en {to}.")
}

/// What to do about the link of an approval. Whoever reads it must be able to do it: no link that was not sent, no button that is
/// not there.
fn about_link(status: &Status) -> String {
    let link = &status.link;
    let when = |at: Option<Timestamp>| at.map(calendar::say_minute).unwrap_or_default();
    let life = calendar::say_span(link.life.as_secs().unsigned_abs());
    let use_it = format!("Abra su correo registrado y use el enlace: dura {life}.");
    let step = match link.stand {
        LinkStand::Frozen => return words::stopped(Language::Es),
        LinkStand::Stopped => return words::STOPPED_PETITION.say(Language::Es).to_owned(),
        LinkStand::AtTheCounter => format!(
            "El enlace para crear la clave se abre en la ventanilla, en la pantalla o en su teléfono, y no se envía por correo. Puede pedirlo allí hasta el {}.",
            when(link.approval_until)
        ),
        LinkStand::NoAddress => "No consta un correo al que enviar el enlace. Regístrelo con una solicitud firmada de cambio de correo; después pida el enlace en esta página.".to_owned(),
        LinkStand::Held => link.held_until.map(|until| words::held(until, Language::Es)).unwrap_or_default(),
        LinkStand::Over if status.action == Some(Action::ChangeEmail) => format!(
            "El plazo para confirmar el correo nuevo terminó{}. Cree una solicitud nueva.",
            link.approval_until
                .map(|at| format!(" el {}", calendar::say_minute(at)))
                .unwrap_or_default()
        ),
        LinkStand::Over if status.at_the_counter => format!(
            "El plazo para crear la clave terminó el {}. Vuelva a la ventanilla, o cree una solicitud nueva y fírmela electrónicamente.",
            when(link.approval_until)
        ),
        LinkStand::Over => format!(
            "El plazo para crear la clave terminó el {}. Cree una solicitud nueva.",
            when(link.approval_until)
        ),
        LinkStand::Spent => words::LINKS_SPENT.say(Language::Es).to_owned(),
        LinkStand::Unsent | LinkStand::Sent if link.came_back() => {
            let again = match link.again_at {
                _ if link.can_send => " Si fue algo pasajero, como un buzón lleno, pida otro enlace aquí.".to_owned(),
                Some(at) => format!(
                    " Si fue algo pasajero, como un buzón lleno, podrá pedir otro enlace desde el {}.",
                    calendar::say_minute(at)
                ),
                None => String::new(),
            };
            format!(
                "{}{again} Si ya no usa ese correo, cámbielo con una solicitud firmada.",
                not_delivered(status)
            )
        }
        LinkStand::Sent if is_leaving(status) => words::leaving(link.asked_lately, &life, Language::Es),
        LinkStand::Unsent => format!(
            "Cuando tenga abierto su correo registrado, pulse «Enviar enlace»: el enlace dura {life}."
        ),
        LinkStand::Sent if link.can_send => {
            format!("{use_it} Si no llegó o ya venció, pida otro aquí.")
        }
        LinkStand::Sent | LinkStand::None if link.again_at.is_some() => format!(
            "{use_it} Si no llegó o ya venció, podrá pedir otro desde el {}.",
            when(link.again_at)
        ),
        LinkStand::Sent | LinkStand::None => use_it,
    };
    if status.action == Some(Action::Unblock) {
        return format!(
            "La cuenta ya está desbloqueada: entre con su clave. Si no la recuerda, cree una nueva. {step}"
        );
    }
    step
}

/// Where a new petition is asked for, when that is what helps.
fn new_petition(status: &Status) -> Option<&'static str> {
    match status.link.stand {
        LinkStand::NoAddress => Some(CHANGE_EMAIL),
        LinkStand::Frozen | LinkStand::Stopped | LinkStand::Over | LinkStand::Spent => {
            Some("/solicitud")
        }
        _ if awaits_right_address(status) => Some(CHANGE_EMAIL),
        _ => (offers_new(status) && !wants_address(status)).then_some("/solicitud"),
    }
}

/// Where a petition to change the address is asked for.
const CHANGE_EMAIL: &str = "/solicitud?action=change_email";

/// Whether the one thing to do now is to upload: at first, after a refusal that another document can mend, when a second
/// person has to sign the same file, and when the form would end the wait for a person.
pub(super) fn signs(status: &Status) -> bool {
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

/// Whether a person settles only what the form, properly signed, would not leave open.
fn form_is_quicker(status: &Status) -> bool {
    let appealed = status.review_term.is_some_and(|term| term.appeal);
    let mut codes = status.reasons.iter().map(|reason| reason.code);
    status.state == State::InReview
        && !status.reasons.is_empty()
        && codes.all(words::form_is_quicker)
        && !(status.expired || status.at_the_counter || appealed)
}

/// Whether another document would still be taken under this number.
fn takes_document(status: &Status) -> bool {
    status.state.accepts_document() && !status.expired
}

fn lacks_second_signature(status: &Status) -> bool {
    has(status, ReasonCode::JointSignatureMissing)
}

fn has(status: &Status, code: ReasonCode) -> bool {
    status.reasons.iter().any(|reason| reason.code == code)
}

/// Whether it was refused for want of an address, and for nothing else.
fn wants_address(status: &Status) -> bool {
    let only = status
        .reasons
        .iter()
        .all(|reason| reason.code == ReasonCode::NoEmail);
    status.state == State::Refused && only && has(status, ReasonCode::NoEmail)
}

/// Whether an appointment can be attached: the signature is in order, and the registry does not know the signer, or knows
/// only what has ended or covers something else.
pub(super) fn takes_appointment(status: &Status) -> bool {
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
    takes_document(status) && (asked || lacking || known)
}

/// Whether a person asks for an appointment or a power, and for nothing else.
fn appointment_is_asked(status: &Status) -> bool {
    use ReviewReason::{AppointmentWanted, PowerWanted};
    let review = status.review.as_ref();
    status.state == State::AwaitingCompletion
        && review.is_some_and(|it| matches!(it.reason, AppointmentWanted | PowerWanted))
}

/// Whether another document under this number can't help, and a new petition can.
fn offers_new(status: &Status) -> bool {
    let useless = [
        ReasonCode::NoEmail,
        ReasonCode::AlreadyUsed,
        ReasonCode::PetitionExpired,
        ReasonCode::BranchUnknown,
    ];
    let ended = refused_for(status).is_some_and(|reason| {
        use ReviewReason::{EmployerNotActive, OwnerDenies, PetitionUnclear};
        matches!(reason, EmployerNotActive | OwnerDenies | PetitionUnclear)
    });
    let expired = status.expired;
    match status.state {
        State::Issued | State::AwaitingCompletion => expired,
        State::Archived => true,
        State::InReview => form_is_quicker(status) && !status.has_form,
        State::Refused if ended => true,
        State::Refused => {
            let mut reasons = status.reasons.iter();
            expired || reasons.any(|reason| useless.contains(&reason.code))
        }
        State::Completed => status.action == Some(Action::ChangeEmail),
        _ => false,
    }
}

/// The reasons as the page and the API tell them.
pub(super) fn reason_lines(status: &Status) -> Vec<ReasonLine> {
    // What a person decided stands before what made the machine ask one. A refusal is reasoned (Constitución, Art. 76.7.l): the
    // facts stand under it; an approval needs none.
    let decided = matches!(
        status.state,
        State::Approved | State::Refused | State::Completed
    );
    let Some(review) = status.review.as_ref().filter(|_| decided) else {
        return lines(&status.reasons);
    };
    let found = status.reasons.iter().map(|reason| ReasonLine {
        code: reason.code.as_str(),
        text: words::found(reason, Language::Es),
    });
    let own = ReasonLine {
        code: review.reason.as_str(),
        text: words::review::reason(review.reason)
            .say(Language::Es)
            .to_owned(),
    };
    std::iter::once(own)
        .chain(found.filter(|_| status.state == State::Refused))
        .collect()
}

/// Why a person refused, if a person did.
fn refused_for(status: &Status) -> Option<ReviewReason> {
    let review = status.review.as_ref();
    review
        .filter(|_| status.state == State::Refused)
        .map(|review| review.reason)
}

/// Reasons of the machine, in words.
pub(super) fn lines(reasons: &[Reason]) -> Vec<ReasonLine> {
    let line = |reason: &Reason| ReasonLine {
        code: reason.code.as_str(),
        text: words::sentence(reason, Language::Es),
    };
    reasons.iter().map(line).collect()
}

struct StateWords {
    headline: &'static str,
    summary: String,
    reasons_title: &'static str,
    tone: &'static str,
}

impl StateWords {
    fn of(status: &Status) -> Self {
        let words = |headline, summary: &str, reasons_title, tone| Self {
            headline,
            summary: summary.to_owned(),
            reasons_title,
            tone,
        };
        match (status.state, status.portal) {
            (State::Approved, Some(DeliveryState::Pending)) => {
                return words(
                    "Su clave nueva va camino al portal",
                    "La recibimos y la estamos entregando; suele tardar menos de un minuto.",
                    "Por qué se aprobó",
                    "wait",
                );
            }
            (State::Approved, Some(DeliveryState::Parked)) => {
                return words(
                    "El portal no aceptó la clave nueva",
                    "No es un error suyo. Su solicitud sigue aprobada y la clave anterior sigue sirviendo.",
                    "Por qué se aprobó",
                    "wait",
                );
            }
            _ => {}
        }
        match (status.state, status.action.unwrap_or(Action::ResetPassword)) {
            (State::Issued, _) if status.expired => words(
                "El plazo de su solicitud terminó",
                &format!(
                    "No llegó el documento firmado antes del {}. No cambió nada.",
                    calendar::say_minute(status.expires_at)
                ),
                "Motivo",
                "wait",
            ),
            (State::Issued, _) => words(
                "Su solicitud está lista para firmar",
                "Siga los tres pasos. Puede hacerlo ahora o volver después con su número y su código.",
                "Motivo",
                "wait",
            ),
            (State::Received, _) if status.waiting.is_some() => words(
                "Estamos consultando a la entidad de certificación",
                "Su documento está guardado. Todavía no pudimos saber si el certificado está vigente.",
                "Motivo",
                "wait",
            ),
            (State::Received, _) => words(
                "Recibimos su documento",
                "Está guardado. Este es su comprobante.",
                "Motivo",
                "wait",
            ),
            (State::InReview, _) if status.at_the_counter => words(
                "Su solicitud se atiende en la ventanilla",
                "Dos personas deben ver allí los cinco documentos que presentó.",
                "Por qué la revisa una persona",
                "wait",
            ),
            (State::InReview, _) if status.review_term.is_some_and(|term| term.appeal) => words(
                "Otra persona revisará su solicitud",
                "Usted apeló: la revisa alguien que no decidió antes.",
                "Qué dijo la comprobación",
                "wait",
            ),
            (State::InReview, _) => words(
                "Una persona revisará su solicitud",
                "El programa no pudo decidir solo. No significa que algo esté mal.",
                "Por qué la revisa una persona",
                "wait",
            ),
            (State::Approved, _) if status.link.stand == LinkStand::Frozen => words(
                "La cuenta está detenida",
                "Su solicitud se había aprobado, pero alguien avisó que no hizo un pedido.",
                "Por qué se aprobó",
                "wait",
            ),
            (State::Approved, _) if status.link.stand == LinkStand::Stopped => words(
                "Su solicitud quedó detenida",
                "Se había aprobado, pero alguien avisó que no hizo un pedido.",
                "Por qué se aprobó",
                "wait",
            ),
            (State::Approved, _) if status.at_the_counter => words(
                "Su solicitud fue aprobada",
                "Dos personas vieron sus documentos en la ventanilla. Falta crear la clave nueva.",
                "Por qué se aprobó",
                "ok",
            ),
            (State::Approved, Action::ResetPassword) => words(
                "Su solicitud fue aprobada",
                "La firma está en orden. Falta crear la clave nueva.",
                "Por qué se aprobó",
                "ok",
            ),
            (State::Approved, Action::ChangeEmail) => words(
                "Su solicitud fue aprobada",
                "La firma está en orden. Falta confirmar el correo nuevo.",
                "Por qué se aprobó",
                "ok",
            ),
            (State::Approved, Action::Unblock) => words(
                "La cuenta está desbloqueada",
                "La firma está en orden. Si no recuerda su clave, puede crear una nueva.",
                "Por qué se aprobó",
                "ok",
            ),
            (State::Refused, _) => words(
                if status.sha256.is_some() {
                    "No pudimos aceptar el documento"
                } else {
                    "No se aceptó su solicitud"
                },
                &if signs(status) {
                    format!(
                        "Su trámite sigue abierto hasta el {}.",
                        calendar::say_minute(status.expires_at)
                    )
                } else {
                    "Con este trámite no se puede seguir.".to_owned()
                },
                "Motivo",
                "bad",
            ),
            (State::Completed, Action::ResetPassword | Action::Unblock) => words(
                "Listo: la clave nueva está guardada",
                "Este trámite terminó. El enlace ya no sirve.",
                "Por qué se aprobó",
                "ok",
            ),
            (State::Completed, Action::ChangeEmail) => words(
                "Listo: el correo nuevo está registrado",
                "Este trámite terminó. Si había otro correo registrado, también le avisamos.",
                "Por qué se aprobó",
                "ok",
            ),
            (State::AwaitingCompletion, _) => words(
                "Falta algo para decidir su solicitud",
                "Una persona la revisó y le pide completarla. No se ha negado.",
                "Por qué la revisó una persona",
                "wait",
            ),
            (State::Archived, _) => words(
                "Su solicitud se archivó",
                "No llegó lo que se le pidió dentro del plazo. No se negó: puede crear otra.",
                "Por qué la revisó una persona",
                "wait",
            ),
            (State::Merged, _) => words(
                "Su documento corresponde a otro trámite",
                "Es la solicitud que descargó antes. Sígala con el número impreso en el documento.",
                "Motivo",
                "wait",
            ),
        }
    }
}

/// What is said about links.
#[derive(Default)]
struct Link {
    /// The button that sends one, when one can be sent now.
    button: Option<&'static str>,
    note: Option<String>,
}

impl Link {
    fn of(status: &Status) -> Self {
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
            "¿No llegó? Enviar otro"
        } else {
            "Enviar enlace"
        };
        let left = match link.left_this_hour {
            1 => "Queda 1 envío en esta hora.".to_owned(),
            left => format!("Quedan {left} envíos en esta hora."),
        };
        let until = link
            .approval_until
            .map(|at| format!(" Puede pedirlo hasta el {}.", calendar::say_minute(at)));
        Self {
            button: Some(label),
            note: Some(format!("{left}{}", until.unwrap_or_default())),
        }
    }
}

/// Whether it asks for something that a link leads to.
fn leads_to_link(status: &Status) -> bool {
    let action = status.action.unwrap_or(Action::ResetPassword);
    action.leads_to_link()
}

/// Whether a message with a link is to be looked for, or with an address to confirm.
fn mail_is_awaited(status: &Status) -> bool {
    let awaited = [LinkStand::None, LinkStand::Unsent, LinkStand::Sent];
    status.state == State::Approved && awaited.contains(&status.link.stand)
}

fn trail(status: &Status) -> [Step; 4] {
    let second = if status.at_the_counter {
        "Ventanilla"
    } else {
        "Firmar y subir"
    };
    let last = match status.action.unwrap_or(Action::ResetPassword) {
        Action::ResetPassword => "Clave nueva",
        Action::ChangeEmail => "Correo nuevo",
        Action::Unblock => "Cuenta abierta",
    };
    let at = match status.state {
        State::Issued | State::Refused | State::AwaitingCompletion => 1,
        State::Received | State::InReview | State::Merged | State::Archived => 2,
        State::Approved => 3,
        State::Completed => 4,
    };
    let step = |place: usize, name| match place.cmp(&at) {
        std::cmp::Ordering::Less => Step {
            name,
            class: "done",
            mark: "✓",
            spoken: " (hecho)",
        },
        std::cmp::Ordering::Equal => Step {
            name,
            class: "now",
            mark: ["1", "2", "3", "4"][place],
            spoken: " (ahora)",
        },
        std::cmp::Ordering::Greater => Step {
            name,
            class: "later",
            mark: ["1", "2", "3", "4"][place],
            spoken: " (después)",
        },
    };
    [
        step(0, "Solicitud"),
        step(1, second),
        step(2, "Comprobación"),
        step(3, last),
    ]
}

/// Those of the last signature of a person.
fn times(status: &Status) -> Vec<(&'static str, String)> {
    let last = status
        .report
        .as_ref()
        .and_then(|report| questions::people(report).next_back());
    last.zip(status.received_at)
        .map(|(signature, received)| questions::times(signature, received, Language::Es).to_vec())
        .unwrap_or_default()
}

fn receipt(status: &Status) -> Option<ReceiptView> {
    Some(ReceiptView {
        sha256: status.sha256?.to_string(),
        received_at: status.received_at.map(calendar::say_second)?,
        bytes: status
            .bytes
            .map(|bytes| format!("{} bytes", words::thousands(bytes, Language::Es))),
    })
}

/// A secret as one can copy it by hand.
pub(super) fn in_fours(secret: &str) -> Vec<String> {
    secret
        .as_bytes()
        .chunks(4)
        .map(|group| String::from_utf8_lossy(group).into_owned())
        .collect()
}

#[cfg(test)]
mod tests;
