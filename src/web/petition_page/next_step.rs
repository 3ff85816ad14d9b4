//! «Qué hacer ahora»: exactly one thing. Pages and the API say the same.

use super::link::{about_link, awaits_right_address, not_delivered};
use super::reasons::{has, refused_for};
use super::uploads::{Attaching, takes_appointment};
use crate::decision::ReasonCode;
use crate::domain::{Action, Language, ReviewReason, State};
use crate::intake::{LinkStand, Status};
use crate::store::DeliveryState;
use crate::words;

/// «Qué hacer ahora»: exactly one thing. The API and the mails say the same.
pub(in crate::web) fn next_step(status: &Status, language: Language) -> String {
    match (status.state, status.portal) {
        (State::Approved, Some(DeliveryState::Pending)) => {
            return words::HANDING_OVER.say(language).to_owned();
        }
        (State::Approved, Some(DeliveryState::Parked))
            if !status.at_the_counter && status.link.stand != LinkStand::SignerLeft =>
        {
            return words::NOT_TAKEN.say(language).to_owned();
        }
        _ => {}
    }
    if status.state == State::Approved && status.link.stand != LinkStand::None {
        return about_link(status, language);
    }
    if awaits_right_address(status) {
        let told = not_delivered(status, language);
        let way_on = language.pick(
            "Puede que la dirección esté mal escrita: cree una solicitud nueva con el correo correcto.",
            "The address may be misspelt: create a new petition with the right e-mail.",
        );
        return format!("{told} {way_on}");
    }
    if let Some(waiting) = &status.waiting {
        return words::asked_again(waiting.next_at, language);
    }
    if is_tried_out(status) {
        return tried_out(status, language);
    }
    if let Some(reason) = refused_for(status).filter(|_| !status.expired) {
        return words::review::after_refusal(reason, status.sha256.is_none())
            .say(language)
            .to_owned();
    }
    match Attaching::of(status) {
        Attaching::Asked => return words::ATTACH_WHAT_IS_ASKED.say(language).to_owned(),
        Attaching::Open => return words::attach_or_sign(status.appeal_until, language),
        Attaching::No | Attaching::Offered => {}
    }
    if status.state == State::Refused
        && !status.expired
        && let Some(step) = words::sign_from_that_day(&status.reasons, language)
    {
        return step;
    }
    if let Some(from) = status.password_from.filter(|_| address_is_on_file(status)) {
        return words::ask_now(from, language);
    }
    let step = if form_is_quicker(status) && !(status.tried_out && status.has_form) {
        words::quicker(status.has_form)
    } else {
        // A signature that is missing can't come any more once no document is taken.
        let over = status.expired || status.tried_out && lacks_second_signature(status);
        words::next_step(status.state, status.action, &status.reasons, over)
    };
    let mut step = step.say(language).to_owned();
    // Nobody need look at what the missing signature settles.
    if let Some(term) = status
        .review_term
        .filter(|_| !only_second_signature(status))
    {
        step.push(' ');
        step.push_str(&words::review_term(term.by, term.late, term.told, language));
    }
    if status.state == State::InReview && takes_appointment(status) {
        step.push(' ');
        step.push_str(words::ATTACH_MEANWHILE.say(language));
    }
    step
}

/// Whether what it waits for is another document, and none is taken any more.
fn is_tried_out(status: &Status) -> bool {
    let waits = match status.state {
        State::Refused => !offers_new_anyway(status),
        State::AwaitingCompletion => Attaching::of(status) != Attaching::Asked,
        State::InReview => only_second_signature(status),
        _ => false,
    };
    status.tried_out && !status.expired && waits
}

/// That another petition helps, and what can still be done with this one.
fn tried_out(status: &Status, language: Language) -> String {
    let step = words::TRIED_OUT.say(language);
    let attach = (takes_appointment(status)).then(|| words::ATTACH_MEANWHILE.say(language));
    attach.map_or_else(|| step.to_owned(), |attach| format!("{step} {attach}"))
}

/// Where a new petition is asked for, when that is what helps.
pub(super) fn new_petition(status: &Status) -> Option<&'static str> {
    match status.link.stand {
        LinkStand::NoAddress => Some(CHANGE_EMAIL),
        LinkStand::Frozen if status.link.address_wanted => Some(CHANGE_EMAIL),
        stand if stand.has_ended() => Some("/solicitud"),
        _ if awaits_right_address(status) => Some(CHANGE_EMAIL),
        _ if offers_new(status) && letter_is_about_address(status) => Some(CHANGE_EMAIL),
        _ if letter_may_be_a_form(status) => Some("/solicitud"),
        _ => (offers_new(status) && !wants_address(status)).then_some("/solicitud"),
    }
}

/// Where a petition to change the address is asked for.
pub(super) const CHANGE_EMAIL: &str = "/solicitud?action=change_email";

/// Whether a person settles only what the form, properly signed, would not leave open.
pub(super) fn form_is_quicker(status: &Status) -> bool {
    let mut codes = status.reasons.iter().map(|reason| reason.code);
    status.state == State::InReview
        && !status.reasons.is_empty()
        && codes.all(words::form_is_quicker)
        && !(status.expired || status.at_the_counter || is_appealed(status))
}

fn is_appealed(status: &Status) -> bool {
    status.review_term.is_some_and(|term| term.appeal)
}

/// Whether a letter waits that asks for another address, or should have.
fn letter_is_about_address(status: &Status) -> bool {
    let about = [
        ReasonCode::LetterMailboxLost,
        ReasonCode::LetterChangesEmail,
    ];
    status.state == State::InReview && about.iter().any(|code| has(status, *code))
}

/// Whether a letter was refused of which its sentence says that the form helps too, and its page has none.
fn letter_may_be_a_form(status: &Status) -> bool {
    status.state == State::Refused
        && !status.has_form
        && !status.at_the_counter
        && has(status, ReasonCode::ActiveContent)
}

/// Whether another document under this number can't help, and a new petition can.
pub(super) fn offers_new(status: &Status) -> bool {
    is_tried_out(status) || offers_new_anyway(status)
}

/// The same, however many documents came under it.
fn offers_new_anyway(status: &Status) -> bool {
    let useless = [
        ReasonCode::NoEmail,
        ReasonCode::AlreadyUsed,
        ReasonCode::PetitionExpired,
        ReasonCode::BranchUnknown,
    ];
    let ended = refused_for(status).is_some_and(|reason| {
        use ReviewReason::{EmployerNotActive, OwnerDenies, PetitionUnclear, WrongRuc};
        matches!(
            reason,
            EmployerNotActive | OwnerDenies | PetitionUnclear | WrongRuc
        )
    });
    let expired = status.expired;
    match status.state {
        State::Issued | State::AwaitingCompletion => expired,
        State::Archived => true,
        // A slip in the RUC is mended by another number alone.
        State::InReview => {
            let slip = has(status, ReasonCode::RegistryMissing) && !status.at_the_counter;
            let lost = has(status, ReasonCode::LetterMailboxLost)
                && !(expired || status.at_the_counter || is_appealed(status));
            slip || lost || form_is_quicker(status) && !status.has_form
        }
        State::Refused if ended => true,
        State::Refused => {
            let mut reasons = status.reasons.iter();
            expired || reasons.any(|reason| useless.contains(&reason.code))
        }
        _ => false,
    }
}

/// Whether it has put another address on file: what is asked for next is a password, as a rule.
pub(super) fn address_is_on_file(status: &Status) -> bool {
    status.state == State::Completed && status.action == Some(Action::ChangeEmail)
}

/// Whether it was refused for want of an address, and for nothing else.
pub(super) fn wants_address(status: &Status) -> bool {
    let only = status
        .reasons
        .iter()
        .all(|reason| reason.code == ReasonCode::NoEmail);
    status.state == State::Refused && only && has(status, ReasonCode::NoEmail)
}

/// Whether that is all that is missing: the same file with both signatures is decided by the machine, and nobody has to look at it.
pub(super) fn only_second_signature(status: &Status) -> bool {
    let appealed = status.review_term.is_some_and(|term| term.appeal);
    let mut codes = status.reasons.iter().map(|reason| reason.code);
    status.state == State::InReview
        && lacks_second_signature(status)
        && codes.all(|code| code == ReasonCode::JointSignatureMissing)
        && !(status.expired || status.at_the_counter || appealed)
}

/// Whether somebody else has to sign the same file.
pub(super) fn lacks_second_signature(status: &Status) -> bool {
    has(status, ReasonCode::JointSignatureMissing)
}
