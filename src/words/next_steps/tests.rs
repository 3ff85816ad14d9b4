use super::*;
use crate::domain::Outcome;

/// Where a petition may stand, and what somebody has to do there, is told in both languages.
#[test]
fn every_state_has_a_next_step_in_both_languages() {
    use ReasonCode as R;
    let reasons = R::ALL
        .iter()
        .map(|code| vec![Reason::new(*code, Outcome::Refused)]);
    let reasons: Vec<Vec<Reason>> = reasons.chain([Vec::new()]).collect();
    let actions = [None, Some(Action::ChangeEmail), Some(Action::ResetPassword)];
    let states = [
        State::Issued,
        State::Received,
        State::InReview,
        State::Approved,
        State::Refused,
        State::Completed,
        State::Merged,
        State::AwaitingCompletion,
        State::Archived,
    ];
    for state in states {
        for reasons in &reasons {
            for action in actions {
                for expired in [false, true] {
                    let Text { es, en } = next_step(state, action, reasons, expired);
                    assert!(es.ends_with('.') && en.ends_with('.'), "{state:?}: {en}");
                    assert_ne!(es, en, "{state:?}");
                    assert!(en.is_ascii(), "{state:?}: {en}");
                }
            }
        }
    }
}

#[test]
fn terms_are_told_in_both_languages() {
    let at: Timestamp = "2026-11-23T20:30:00Z".parse().unwrap();
    let told = [Language::Es, Language::En].map(|language| {
        [
            review_term(at, false, true, language),
            review_term(at, false, false, language),
            held(at, language),
            asked_again(at, language),
        ]
    });
    for (es, en) in told[0].iter().zip(&told[1]) {
        assert!(es.contains("23 de noviembre de 2026, 15:30"), "{es}");
        assert!(
            en.contains("23 November 2026, 15:30") && en.is_ascii(),
            "{en}"
        );
    }
    let both = |say: fn(Language) -> String| [say(Language::Es), say(Language::En)];
    for [es, en] in [
        both(|language| review_term(Timestamp::UNIX_EPOCH, true, true, language)),
        both(|language| review_term(Timestamp::UNIX_EPOCH, true, false, language)),
        both(|language| leaving(true, language.pick("3 minutos", "3 minutes"), language)),
        both(|language| leaving(false, language.pick("3 minutos", "3 minutes"), language)),
        both(|language| attach_or_sign(Some(Timestamp::UNIX_EPOCH), language)),
        both(|language| attach_or_sign(None, language)),
        both(|language| stopped(false, language)),
        both(|language| stopped(true, language)),
    ] {
        assert_ne!(es, en);
        assert!(
            en.is_ascii() && en.ends_with('.') && !en.contains(".."),
            "{en}"
        );
    }
}

/// A bad signature stays in the file: whoever signs on top of it is refused for the same again, for ever.
#[test]
fn after_a_refused_certificate_the_unsigned_document_is_signed() {
    use ReasonCode as R;
    let step = |reason: Reason| next_step(State::Refused, None, &[reason], false);
    for code in [
        R::ChainInvalid,
        R::WeakAlgorithm,
        R::SignatureInvalid,
        R::ModifiedAfterSigning,
    ] {
        let alone = step(Reason::new(code, Outcome::Refused));
        assert_eq!(
            alone.es,
            "Descargue otra vez la solicitud (o vuelva a su documento sin firmar) y fírmelo de nuevo: no firme encima del archivo que ya subió.",
        );
        assert!(alone.en.contains("do not sign on top of"), "{}", alone.en);
        let both = step(Reason::new(code, Outcome::Refused).fact("firmante", "ANA"));
        assert!(
            both.es.contains("fírmenlo de nuevo todas las personas"),
            "{}",
            both.es
        );
        assert!(both.en.contains("everybody who must sign"), "{}", both.en);
        // The command line says it in both languages.
        let entry = crate::explain::entry(code.as_str()).unwrap();
        assert_eq!(entry.next_step, Some(alone));
    }
    let other = step(Reason::new(R::NotAPdf, Outcome::Refused));
    assert!(!other.es.contains("encima"), "{}", other.es);
    let certificate = Reason::new(R::RucMismatch, Outcome::Refused).fact("certificado", "1");
    assert!(step(certificate).es.contains("no firme encima"));
    let form = Reason::new(R::RucMismatch, Outcome::Refused).fact("formulario", "1");
    assert!(!step(form).es.contains("encima"));
}

/// A certificate that is refused is refused whatever it signs: another one is what helps.
#[test]
fn where_the_certificate_is_what_fails_another_one_is_asked_for() {
    use ReasonCode as R;
    for code in [
        R::CertExpired,
        R::CertNotYetValid,
        R::CertRevoked,
        R::CertUsage,
        R::CertClass,
        R::CaNotAccredited,
    ] {
        let reason = Reason::new(code, Outcome::Refused);
        let alone = next_step(State::Refused, None, std::slice::from_ref(&reason), false);
        assert!(
            alone.es.contains("fírmelo con otro certificado vigente")
                && alone.es.contains("no firme encima"),
            "{code:?}: {}",
            alone.es
        );
        assert!(
            alone
                .en
                .contains("with another certificate that is in force")
                && alone.en.contains("do not sign on top of"),
            "{code:?}: {}",
            alone.en
        );
        let entry = crate::explain::entry(code.as_str()).unwrap();
        assert_eq!(entry.next_step, Some(alone));
        let one_of_two = [reason.fact("firmante", "ANA")];
        let both = next_step(State::Refused, None, &one_of_two, false);
        assert!(
            both.es.contains("con otro certificado vigente")
                && both.es.contains("todas las personas"),
            "{}",
            both.es
        );
    }
}

/// The form for the password would send the link to the same mailbox.
#[test]
fn whoever_lost_the_mailbox_is_told_to_change_the_address_first() {
    let reasons = [Reason::new(
        ReasonCode::LetterMailboxLost,
        Outcome::InReview,
    )];
    let step = next_step(State::InReview, None, &reasons, false);
    assert!(
        step.es.contains("solicitud de cambio de correo"),
        "{}",
        step.es
    );
    assert!(step.en.contains("petition to change it"), "{}", step.en);
    assert!(!form_is_quicker(ReasonCode::LetterMailboxLost));
    assert!(form_is_quicker(ReasonCode::LetterChangesEmail));
}

/// The registry has no such RUC: a slip is mended at once, by whoever made it.
#[test]
fn whoever_mistyped_a_ruc_is_told_to_check_it() {
    let reasons = [Reason::new(ReasonCode::RegistryMissing, Outcome::InReview)];
    let step = next_step(State::InReview, None, &reasons, false);
    assert!(step.es.starts_with("Compruebe el RUC"), "{}", step.es);
    assert!(step.en.starts_with("Check the RUC"), "{}", step.en);
}
