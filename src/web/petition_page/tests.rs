//! What is said in every state, and that it can be done on the page that says it.

use super::*;
use crate::decision::{Reason, ReasonCode};
use crate::domain::{Action, Outcome, ReviewReason};
use crate::intake::{LinkStand, LinkState};
use crate::store::MessageState;
use crate::web::samples;
use jiff::SignedDuration;

fn approved(action: Action, link: &LinkState) -> Status {
    Status {
        link: LinkState {
            approval_until: Some(samples::at("2026-11-22T14:45:07Z")),
            life: SignedDuration::from_mins(10),
            ..link.clone()
        },
        ..samples::status(State::Approved, action)
    }
}

fn view(status: &Status) -> View {
    let secret = Token::presented("Zk3v9QxTb7LmN2pRs5WcYd8HfJ4gA6eU").unwrap();
    View::of(
        status,
        &secret,
        status.link.alive_until.map(|_| 125),
        Language::Es,
    )
}

/// The program decided well enough: it is the company that does not agree.
#[test]
fn an_appeal_is_not_what_the_program_could_not_decide() {
    let mut status = samples::status(State::InReview, Action::ResetPassword);
    let before = view(&status).summary;
    let term = status.review_term.as_mut().unwrap();
    term.appeal = true;
    let after = view(&status);
    assert!(before.contains("El programa no pudo decidir solo"));
    assert!(after.summary.contains("Usted apeló"), "{}", after.summary);
    assert!(after.headline.contains("Otra persona"));
}

/// After its term a petition takes nothing more, and nothing more is asked for under its number.
#[test]
fn nobody_is_asked_for_a_document_that_would_not_be_taken() {
    let reset = Action::ResetPassword;
    let joint = Reason::new(ReasonCode::JointSignatureMissing, Outcome::InReview);
    let stranger = Reason::new(ReasonCode::SignerNotRepresentative, Outcome::Refused);
    for (state, reason, goes_on) in [
        (State::Issued, None, true),
        (State::Refused, None, true),
        (State::Refused, Some(stranger), true),
        (State::AwaitingCompletion, None, true),
        (State::InReview, None, false),
        // A person looks at it as it is, and may ask for what is missing.
        (State::InReview, Some(joint), false),
    ] {
        let mut status = samples::status(state, reset);
        status.reasons.extend(reason);
        let open = view(&status);
        assert!(open.signs || open.may_replace, "{state}");
        assert_eq!(open.new_petition, None, "{state}");
        status.expired = true;
        let over = view(&status);
        assert!(!over.signs && !over.may_replace, "{state}");
        assert!(!takes_appointment(&status), "{state}");
        assert_eq!(over.new_petition.is_some(), goes_on, "{state}");
        let next = over.next.unwrap();
        assert_eq!(next.contains("nueva"), goes_on, "{state}: {next}");
        assert!(!next.contains("súb") && !next.contains("suba"), "{next}");
    }
}

/// A person's refusal stands with what the machine found, and with a next step of its own that the page lets one do.
#[test]
fn a_refusal_by_a_person_is_reasoned_and_says_what_helps() {
    let refusals = ReviewReason::ALL.iter();
    let mut steps = std::collections::BTreeSet::new();
    for reason in refusals.filter(|reason| reason.act() == crate::domain::CaseAct::Refuse) {
        let status = Status {
            review: Some(crate::intake::Reviewed {
                reason: *reason,
                note: None,
                until: None,
                at: samples::at("2026-11-22T15:10:00Z"),
            }),
            ..samples::status(State::Refused, Action::ResetPassword)
        };
        let view = view(&status);
        let codes: Vec<&str> = view.reasons.iter().map(|line| line.code).collect();
        assert_eq!(codes, [reason.as_str(), "CERT_EXPIRED"]);
        let next = view.next.unwrap();
        let says = |words: [&str; 2]| words.iter().any(|word| next.contains(word));
        assert!(!says(["suba ", "súba"]) || view.signs, "{next}");
        assert!(
            !says(["djunte ", "djúnte"]) || takes_appointment(&status),
            "{next}"
        );
        let new = says(["solicitud nueva"; 2]);
        assert_eq!(new, view.new_petition.is_some(), "{next}");
        assert!(!new || !view.signs, "one thing to do: {next}");
        assert!(steps.insert(next), "{reason} has a step of its own");

        let counter = Status {
            sha256: None,
            ..status
        };
        assert!(!signs(&counter), "no document is taken at the counter");
    }
}

/// Whoever reads that he may attach an appointment finds where.
#[test]
fn what_asks_for_an_appointment_takes_one() {
    let mut asked = 0;
    for code in ReasonCode::ALL {
        for (state, outcome) in [
            (State::Refused, Outcome::Refused),
            (State::InReview, Outcome::InReview),
        ] {
            let reason = Reason::new(*code, outcome);
            let sentence = words::sentence(&reason, Language::Es);
            let status = Status {
                reasons: vec![reason],
                ..samples::status(state, Action::ResetPassword)
            };
            if ["adjunte", "adjúntelo", "nuevo nombramiento"]
                .iter()
                .any(|word| sentence.contains(word))
            {
                assert!(takes_appointment(&status), "{sentence}");
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 8, "four codes, refused or for a person");
}

const SIGNER_LEFT: &str = "Quien firmó esta solicitud ya no consta como representante de la empresa, y lo que se había aprobado quedó sin efecto; sus enlaces ya no sirven. Quien la representa ahora puede crear una solicitud nueva y firmarla. Si el registro está equivocado, adjunte el nombramiento a la solicitud nueva.";
const STOPPED_PETITION: &str = "Alguien avisó con «No fui yo» que no hizo un pedido, y lo que se había aprobado quedó detenido; los enlaces de esta solicitud ya no sirven. Cree una solicitud nueva y fírmela.";

/// What the page asks for can be done on it, with the link as long as it is configured.
#[test]
fn nobody_is_told_to_use_a_link_that_is_not_there() {
    let at = samples::at("2026-11-22T15:10:00Z");
    let stands = |stand| LinkState {
        stand,
        ..LinkState::default()
    };
    let (reset, change) = (Action::ResetPassword, Action::ChangeEmail);
    let vectors = [
        (
            reset,
            LinkState {
                can_send: true,
                left_this_hour: 3,
                ..stands(LinkStand::Unsent)
            },
            "Cuando tenga abierto su correo registrado, pulse «Enviar enlace»: el enlace dura 10 minutos.",
            Some("Enviar enlace"),
            None,
        ),
        (
            reset,
            LinkState {
                can_send: true,
                left_this_hour: 2,
                alive_until: Some(at),
                ..stands(LinkStand::Sent)
            },
            "Abra su correo registrado y use el enlace: dura 10 minutos. Si no llegó o ya venció, pida otro aquí.",
            Some("¿No llegó? Enviar otro"),
            None,
        ),
        (
            reset,
            LinkState {
                alive_until: Some(at),
                again_at: Some(at),
                ..stands(LinkStand::Sent)
            },
            "Abra su correo registrado y use el enlace: dura 10 minutos. Si no llegó o ya venció, podrá pedir otro desde el 22 de noviembre de 2026, 10:10.",
            None,
            None,
        ),
        (
            reset,
            stands(LinkStand::Spent),
            "Ya se enviaron todos los enlaces de esta solicitud. Cree una solicitud nueva.",
            None,
            Some("/solicitud"),
        ),
        (
            reset,
            stands(LinkStand::Over),
            "El plazo para crear la clave terminó el 22 de noviembre de 2026, 09:45. Cree una solicitud nueva.",
            None,
            Some("/solicitud"),
        ),
        (
            reset,
            LinkState {
                held_until: Some(at),
                ..stands(LinkStand::Held)
            },
            "El correo cambió hace poco: por seguridad, el enlace espera hasta el 22 de noviembre de 2026, 10:10. Vuelva entonces a esta página y pídalo.",
            None,
            None,
        ),
        (
            reset,
            stands(LinkStand::Frozen),
            "Esta cuenta está detenida porque alguien avisó que no hizo un pedido; los enlaces de esta solicitud ya no sirven. Para liberarla, cree una solicitud nueva y fírmela: dos personas la revisarán y, si todo está en orden, la cuenta quedará libre.",
            None,
            Some("/solicitud"),
        ),
        (
            reset,
            LinkState {
                address_wanted: true,
                ..stands(LinkStand::Frozen)
            },
            "Esta cuenta está detenida porque alguien avisó que no hizo un pedido; los enlaces de esta solicitud ya no sirven. No queda correo registrado: si había uno que ustedes no pidieron, ya no recibe enlaces, y el anterior no vuelve solo. Para liberar la cuenta pida el cambio de correo: escriba una dirección que solo la empresa abra y firme la solicitud; dos personas la revisarán.",
            None,
            Some("/solicitud?action=change_email"),
        ),
        (
            reset,
            stands(LinkStand::Stopped),
            STOPPED_PETITION,
            None,
            Some("/solicitud"),
        ),
        (
            Action::Unblock,
            stands(LinkStand::Stopped),
            STOPPED_PETITION,
            None,
            Some("/solicitud"),
        ),
        (
            reset,
            stands(LinkStand::SignerLeft),
            SIGNER_LEFT,
            None,
            Some("/solicitud"),
        ),
        (
            change,
            stands(LinkStand::SignerLeft),
            SIGNER_LEFT,
            None,
            Some("/solicitud"),
        ),
        (
            change,
            stands(LinkStand::None),
            "Abra el mensaje que enviamos al correo nuevo y confirme la dirección.",
            None,
            None,
        ),
        (
            change,
            stands(LinkStand::Over),
            "El plazo para confirmar el correo nuevo terminó el 22 de noviembre de 2026, 09:45. Cree una solicitud nueva.",
            None,
            Some("/solicitud"),
        ),
        (
            reset,
            LinkState {
                can_send: true,
                left_this_hour: 2,
                alive_until: Some(at),
                mail: Some(MessageState::Bounced),
                ..stands(LinkStand::Sent)
            },
            "No se pudo entregar nuestro mensaje en n•••••@elcondor-agro.ec. Si fue algo pasajero, como un buzón lleno, pida otro enlace aquí. Si ya no usa ese correo, cámbielo con una solicitud firmada.",
            Some("¿No llegó? Enviar otro"),
            None,
        ),
        (
            reset,
            LinkState {
                again_at: Some(at),
                mail: Some(MessageState::Parked),
                ..stands(LinkStand::Sent)
            },
            "No se pudo entregar nuestro mensaje en n•••••@elcondor-agro.ec. Si fue algo pasajero, como un buzón lleno, podrá pedir otro enlace desde el 22 de noviembre de 2026, 10:10. Si ya no usa ese correo, cámbielo con una solicitud firmada.",
            None,
            None,
        ),
        (
            change,
            LinkState {
                mail: Some(MessageState::Bounced),
                ..stands(LinkStand::None)
            },
            "No se pudo entregar nuestro mensaje en n•••••@elcondor-agro.ec. Puede que la dirección esté mal escrita: cree una solicitud nueva con el correo correcto.",
            None,
            Some("/solicitud?action=change_email"),
        ),
        (
            reset,
            stands(LinkStand::AtTheCounter),
            "El enlace para crear la clave se abre en la ventanilla, en la pantalla o en su teléfono, y no se envía por correo. Puede pedirlo allí hasta el 22 de noviembre de 2026, 09:45.",
            None,
            None,
        ),
        (
            Action::Unblock,
            stands(LinkStand::NoAddress),
            "La cuenta ya está desbloqueada: entre con su clave. Si no la recuerda, cree una nueva. No consta un correo al que enviar el enlace. Regístrelo con una solicitud firmada de cambio de correo; después pida el enlace en esta página.",
            None,
            Some("/solicitud?action=change_email"),
        ),
        (
            Action::Unblock,
            LinkState {
                can_send: true,
                left_this_hour: 2,
                ..stands(LinkStand::Sent)
            },
            "La cuenta ya está desbloqueada: entre con su clave. Si no la recuerda, cree una nueva. Abra su correo registrado y use el enlace: dura 10 minutos. Si no llegó o ya venció, pida otro aquí.",
            Some("Enviar enlace"),
            None,
        ),
    ];
    for (action, link, next, button, new) in vectors {
        let status = approved(action, &link);
        let view = view(&status);
        assert_eq!(view.next.as_deref(), Some(next));
        assert_eq!((view.send_link, view.new_petition), (button, new), "{next}");
        let came_back = status.link.came_back();
        let alive = status.link.alive_until.is_some() && !came_back;
        assert_eq!(view.link_left.is_some(), alive, "the time runs: {next}");
        let awaited = view.sent_to.is_some();
        let stand = status.link.stand;
        let unsent = matches!(stand, LinkStand::Held | LinkStand::AtTheCounter);
        assert_eq!(awaited, new.is_none() && !unsent && !came_back, "{next}");
        // Whoever can't read that address any more is shown the way out before a link is sent in vain.
        let sends = matches!(stand, LinkStand::Unsent | LinkStand::Sent);
        assert_eq!(view.changes_email.is_some(), sends, "{next}");
        let stopped = view.headline == "La cuenta está detenida";
        assert_eq!(stopped, stand == LinkStand::Frozen, "{next}");
        let approved = view.headline == "Su solicitud fue aprobada";
        let ended = matches!(stand, LinkStand::Stopped | LinkStand::SignerLeft);
        assert!(!approved || !ended, "{next}");
    }
}

/// A second click would only bring a second mail behind the first: while that is leaving, the page looks again by itself.
#[test]
fn a_link_whose_mail_has_not_left_is_not_asked_for_again() {
    let leaving = |asked_lately| LinkState {
        can_send: true,
        left_this_hour: 2,
        stand: LinkStand::Sent,
        mail: Some(MessageState::Pending),
        asked_lately,
        ..LinkState::default()
    };
    let at = samples::at("2026-11-22T15:10:00Z");
    for (lately, next) in [
        (
            true,
            "Estamos enviando el enlace a su correo registrado: dura 10 minutos desde que sale.",
        ),
        (
            false,
            "El mensaje con el enlace todavía no ha podido salir; lo seguimos intentando y no tiene que pedirlo otra vez. El enlace dura 10 minutos desde que sale.",
        ),
    ] {
        let view = view(&approved(Action::ResetPassword, &leaving(lately)));
        assert_eq!(view.next.as_deref(), Some(next));
        assert_eq!((view.send_link, view.leaving), (None, lately));
        // The attempt that failed made a link, which nobody has.
        let attempted = LinkState {
            alive_until: Some(at),
            ..leaving(lately)
        };
        let view = self::view(&approved(Action::ResetPassword, &attempted));
        assert_eq!(view.next.as_deref(), Some(next));
        assert_eq!((view.send_link, view.link_left), (None, None));
    }
    // It has left: the button says that one was sent, although the page does not see the link yet.
    let left = LinkState {
        mail: Some(MessageState::Sent),
        ..leaving(true)
    };
    let view = view(&approved(Action::ResetPassword, &left));
    assert_eq!(view.send_link, Some("¿No llegó? Enviar otro"));
    assert!(!view.leaving);
}

/// Who is asked for an appointment is led to where it is attached, and to no other upload.
#[test]
fn what_is_asked_for_is_what_the_page_takes() {
    for (reason, attaching) in [
        (ReviewReason::AppointmentWanted, Attaching::Asked),
        (ReviewReason::PowerWanted, Attaching::Asked),
        (ReviewReason::FreshSignatureWanted, Attaching::No),
    ] {
        let status = Status {
            review: Some(crate::intake::Reviewed {
                reason,
                note: None,
                until: Some(samples::at("2026-11-28T14:30:00Z")),
                at: samples::at("2026-11-22T15:10:00Z"),
            }),
            ..samples::status(State::AwaitingCompletion, Action::ResetPassword)
        };
        let view = view(&status);
        let asked = attaching == Attaching::Asked;
        assert_eq!((view.attaching, view.signs), (attaching, !asked));
        assert_eq!(view.may_replace, asked, "folded away: {reason}");
        let next = view.next.unwrap();
        assert_eq!(next == words::ATTACH_WHAT_IS_ASKED.es, asked, "{next}");
    }
}

/// A new manager has an appointment and no power: whoever the registry does not know is told what helps, and finds it open.
#[test]
fn whom_the_registry_does_not_know_attaches_or_lets_another_sign() {
    let unknown = Reason::new(ReasonCode::SignerNotRepresentative, Outcome::Refused);
    assert!(words::sentence(&unknown, Language::Es).contains("nombramiento"));
    let refused = Status {
        reasons: vec![unknown],
        appeal_until: Some(samples::at("2026-11-28T14:30:00Z")),
        ..samples::status(State::Refused, Action::ResetPassword)
    };
    let shown = view(&refused);
    assert_eq!((shown.attaching, shown.signs), (Attaching::Open, true));
    let next = shown.next.unwrap();
    for words in [
        "adjunte aquí el nombramiento",
        "suba el documento",
        "apele hasta el 28 de",
    ] {
        assert!(next.contains(words), "{next}");
    }
    let doubt = Reason::new(ReasonCode::RepresentativeUnknown, Outcome::InReview);
    let waits = Status {
        reasons: vec![doubt],
        ..samples::status(State::InReview, Action::ResetPassword)
    };
    let shown = view(&waits);
    assert_eq!(shown.attaching, Attaching::Offered);
    assert!(shown.next.unwrap().ends_with(words::ATTACH_MEANWHILE.es));
}

/// Five documents were seen there, and nothing was signed (PRODUCT S39).
#[test]
fn a_case_of_the_counter_is_not_told_about_a_signature() {
    let counter = |state, stand| Status {
        at_the_counter: true,
        sha256: None,
        report: None,
        link: LinkState {
            stand,
            ..samples::status(state, Action::ResetPassword).link
        },
        ..samples::status(state, Action::ResetPassword)
    };
    for (state, stand) in [
        (State::InReview, LinkStand::None),
        (State::Approved, LinkStand::AtTheCounter),
        (State::Approved, LinkStand::Over),
    ] {
        let view = view(&counter(state, stand));
        let said = format!(
            "{} {} {}",
            view.headline,
            view.summary,
            view.next.unwrap_or_default()
        );
        assert!(!said.contains("firma está"), "{state}: {said}");
        assert!(said.contains("ventanilla"), "{state}: {said}");
        assert_eq!(view.trail[1].name, "Ventanilla");
        assert!(!view.may_replace, "{state}: no document is taken");
    }
}

/// Where the form, properly signed, would be approved at once, nobody is told to wait and nothing else.
#[test]
fn who_waits_for_a_person_is_told_what_would_be_quicker() {
    use ReasonCode as R;
    let waiting = |reasons: &[R], has_form| Status {
        reasons: reasons
            .iter()
            .map(|code| Reason::new(*code, Outcome::InReview))
            .collect(),
        has_form,
        ..samples::status(State::InReview, Action::ResetPassword)
    };
    let quick = [
        R::LetterUnclear,
        R::ValuesCovered,
        R::ExtraRevision,
        R::LetterTooOld,
        R::HiddenText,
        R::RucMismatch,
    ];
    for code in quick {
        let mut status = waiting(&[code], true);
        let open = view(&status);
        let next = open.next.unwrap();
        assert!(
            next.starts_with("Puede esperar a que una persona lo revise, o firmar ahora el formulario de esta página: así es inmediato."),
            "{next}"
        );
        assert!(open.signs && open.has_form && !open.may_replace, "{code:?}");
        assert_eq!(open.new_petition, None);
        // A letter without a number has no form here: another number gives one.
        let letter = view(&waiting(&[code], false));
        let next = letter.next.unwrap();
        assert!(next.contains("crear una solicitud"), "{next}");
        assert_eq!(letter.new_petition, Some("/solicitud"));
        assert!(!letter.signs && letter.may_replace);
        // Whoever appealed has been through that.
        status.review_term.as_mut().unwrap().appeal = true;
        assert!(
            view(&status)
                .next
                .unwrap()
                .starts_with("No tiene que hacer nada.")
        );
    }
    for reasons in [&[R::Attorney][..], &[R::LetterUnclear, R::Frozen]] {
        let open = view(&waiting(reasons, true));
        assert!(!open.signs && open.may_replace);
        assert!(open.next.unwrap().starts_with("No tiene que hacer nada."));
    }
}

/// Whoever lost the mailbox on file needs another one first; a letter of no petition has its way to the form.
#[test]
fn a_letter_leads_to_the_form_that_helps() {
    let with = |state, code, outcome| Status {
        reasons: vec![Reason::new(code, outcome)],
        has_form: false,
        ..samples::status(state, Action::ResetPassword)
    };
    for code in [
        ReasonCode::LetterMailboxLost,
        ReasonCode::LetterChangesEmail,
    ] {
        let mut status = with(State::InReview, code, Outcome::InReview);
        assert_eq!(
            view(&status).new_petition,
            Some("/solicitud?action=change_email"),
            "{code:?}"
        );
        status.review_term.as_mut().unwrap().appeal = true;
        assert_eq!(view(&status).new_petition, None, "{code:?}");
    }
    let lost = view(&with(
        State::InReview,
        ReasonCode::LetterMailboxLost,
        Outcome::InReview,
    ));
    let next = lost.next.unwrap();
    assert!(
        next.starts_with("Lo más rápido es cambiar primero el correo"),
        "{next}"
    );
    let active = with(State::Refused, ReasonCode::ActiveContent, Outcome::Refused);
    let active = view(&active);
    assert_eq!(active.new_petition, Some("/solicitud"));
    assert!(active.signs, "another document serves as well");
}

/// A slip in the RUC costs no day: the page of a petition that waits for a person offers a new one.
#[test]
fn while_a_person_looks_at_an_unknown_ruc_another_petition_is_offered() {
    let status = Status {
        reasons: vec![Reason::new(ReasonCode::RegistryMissing, Outcome::InReview)],
        ..samples::status(State::InReview, Action::ResetPassword)
    };
    let view = view(&status);
    let next = view.next.unwrap();
    assert!(next.starts_with("Compruebe el RUC"), "{next}");
    assert_eq!(view.new_petition, Some("/solicitud"));
    assert!(!view.signs, "the form of this number names the same RUC");
}

/// From which day a certificate serves stands in what to do.
#[test]
fn whose_certificate_begins_later_hears_from_which_day_it_serves() {
    let mut status = Status {
        reasons: vec![
            Reason::new(ReasonCode::CertNotYetValid, Outcome::Refused)
                .fact("fecha", "2026-12-04T15:00:00Z"),
        ],
        ..samples::status(State::Refused, Action::ResetPassword)
    };
    let next = view(&status).next.unwrap();
    assert!(
        next.contains("desde el 4 de diciembre de 2026")
            && next.contains("otro certificado vigente"),
        "{next}"
    );
    status
        .reasons
        .push(Reason::new(ReasonCode::CertRevoked, Outcome::Refused));
    let next = view(&status).next.unwrap();
    assert!(
        !next.contains("diciembre"),
        "a day mends one of them only: {next}"
    );
}

/// Where the portal is another system, an account is open when that said so and not before, whatever became of the key.
#[test]
fn an_account_is_said_to_be_open_once_the_portal_opened_it() {
    use crate::store::DeliveryState::{Delivered, Parked, Pending, Withdrawn};
    let says_open = |text: &str| {
        text.contains("ya está desbloqueada") || text.contains("La cuenta está desbloqueada")
    };
    for state in [State::Approved, State::Completed] {
        for unblocking in [
            None,
            Some(Delivered),
            Some(Pending),
            Some(Parked),
            Some(Withdrawn),
        ] {
            let status = Status {
                unblocking,
                ..samples::status(state, Action::Unblock)
            };
            let shown = view(&status);
            let words = StateWords::of(&status, Language::Es);
            let all = format!(
                "{} {} {}",
                words.headline,
                shown.summary,
                shown.next.unwrap_or_default()
            );
            let open = matches!(unblocking, None | Some(Delivered)) && state == State::Approved;
            assert_eq!(says_open(&all), open, "{state} {unblocking:?}: {all}");
            let waits = all.contains("desbloqueando");
            assert_eq!(waits, unblocking == Some(Pending), "{state}: {all}");
        }
    }
}
