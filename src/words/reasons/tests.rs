use std::collections::BTreeSet;

use super::*;

const LANGUAGES: [Language; 2] = [Language::Es, Language::En];
/// Words that are Ecuador's: people meet them elsewhere, and English has no other.
const OF_ECUADOR: [&str; 3] = ["cédula", "nombramiento", "razón de inscripción"];

/// Whether an English text is English: no hole, no brace, no doubled stop, no Spanish left.
fn is_clean(text: &str) -> bool {
    let rest = OF_ECUADOR
        .iter()
        .fold(text.to_owned(), |text, word| text.replace(word, "word"));
    let spanish = [" el ", " la ", " que ", " una ", " de ", " su "];
    !["{", "}", "()", "..", "  ", "«", "»", "( "]
        .iter()
        .any(|hole| rest.contains(hole))
        && !rest.chars().any(|c| "áéíóúñÁÉÍÓÚÑ¿¡".contains(c))
        && !spanish
            .iter()
            .any(|word| rest.to_lowercase().contains(word))
}

/// A reason with every fact that a sentence may hold.
fn with_facts(code: ReasonCode, outcome: Outcome) -> Reason {
    let facts = [
        ("fecha", "2026-05-04T03:00:00Z"),
        ("entidad", "BANCO DE PRUEBA"),
        ("nombre", "ANA PONCE"),
        ("empresa", "AGRO PRUEBA CIA. LTDA."),
        ("cargo", "GERENTE"),
        ("firmas", "2"),
        ("quienes", "LUIS MORA (GERENTE) o EVA LARA (PRESIDENTA)"),
        ("ruc", "2990001015001"),
        ("sucursal", "0003"),
        ("sucursales", "0001, 0002"),
        ("documento", "2990001015001"),
        ("certificado", "2990002011001"),
        ("clase", "electronic_seal"),
        ("dudas", "no dice el RUC; es demasiado larga"),
        ("carta", "varios"),
        ("donde", "location"),
    ];
    facts
        .into_iter()
        .fold(Reason::new(code, outcome), |reason, (name, value)| {
            reason.fact(name, value)
        })
}

#[test]
fn every_reason_has_a_sentence_of_its_own_even_without_facts() {
    let mut seen = BTreeSet::new();
    for code in ReasonCode::ALL {
        for language in LANGUAGES {
            let text = sentence(&Reason::new(*code, Outcome::InReview), language);
            assert!(text.ends_with('.'), "{code:?}: {text}");
            assert!(
                !text.contains('{') && !text.contains("()"),
                "{code:?}: {text}"
            );
            assert!(seen.insert(text), "{code:?} repeats another sentence");
        }
    }
}

#[test]
fn an_english_sentence_is_english() {
    for code in ReasonCode::ALL {
        for outcome in [Outcome::InReview, Outcome::Refused] {
            let full = with_facts(*code, outcome);
            for reason in [
                Reason::new(*code, outcome),
                full.clone(),
                full.fact("firma", "2"),
            ] {
                for text in [
                    sentence(&reason, Language::En),
                    found(&reason, Language::En),
                ] {
                    // «BANCO DE PRUEBA» is a name.
                    let named = text.replace("BANCO DE PRUEBA", "BANK");
                    assert!(is_clean(&named), "{code:?}: {text}");
                    assert_ne!(text, sentence(&reason, Language::Es), "{code:?}");
                }
            }
        }
    }
}

/// What a sentence says of this case, both say: values that stand in the Spanish one stand in the English one.
#[test]
fn the_same_facts_stand_in_both_languages() {
    for code in ReasonCode::ALL {
        for outcome in [Outcome::InReview, Outcome::Refused] {
            let reason = with_facts(*code, outcome);
            let [es, en] = LANGUAGES.map(|language| sentence(&reason, language));
            for (name, value) in &reason.facts {
                if !["fecha", "firmas", "quienes", "dudas", "clase", "donde"]
                    .contains(&name.as_str())
                {
                    assert_eq!(
                        es.contains(value),
                        en.contains(value),
                        "{code:?}, {name}: {en}"
                    );
                }
            }
            let dates = [es.contains("3 de mayo de 2026"), en.contains("3 May 2026")];
            assert_eq!(dates[0], dates[1], "{code:?}: {en}");
        }
    }
    let joint = with_facts(ReasonCode::JointSignatureMissing, Outcome::InReview);
    assert!(sentence(&joint, Language::En).contains(
        "two signatures; that of LUIS MORA (GERENTE) or EVA LARA (PRESIDENTA) is missing"
    ),);
    let unclear = with_facts(ReasonCode::LetterUnclear, Outcome::InReview);
    assert!(
        sentence(&unclear, Language::En).contains("(it does not state the RUC; it is too long)"),
    );
}

/// What the fact of a doubtful letter holds is known again, whichever doubts there were.
#[test]
fn every_doubt_is_told_in_both_languages() {
    for one in DOUBTS {
        let Text { es, en } = doubt(one);
        let reason = Reason::new(ReasonCode::LetterUnclear, Outcome::InReview).fact("dudas", es);
        assert!(
            sentence(&reason, Language::Es).contains(&format!("({es})")),
            "{es}"
        );
        assert!(
            sentence(&reason, Language::En).contains(&format!("({en})")),
            "{en}"
        );
        assert!(is_clean(en), "{en}");
    }
}

#[test]
fn what_was_found_promises_nothing() {
    for code in ReasonCode::ALL {
        for language in LANGUAGES {
            let text = found(&Reason::new(*code, Outcome::InReview), language);
            assert!(text.ends_with('.'), "{code:?}: {text}");
            for promise in ["revisará", "intentaremos", "person will", "We will"] {
                assert!(!text.contains(promise), "{code:?}: {text}");
            }
        }
    }
}

/// A refusal of the machine is no case for a person, whatever stands beside what it was refused for.
#[test]
fn what_stands_beside_a_refusal_promises_nobody() {
    let refused = Reason::new(ReasonCode::SignerNotRepresentative, Outcome::Refused);
    let beside = Reason::new(ReasonCode::Frozen, Outcome::InReview);
    let both = [refused.clone(), beside.clone()];
    for language in LANGUAGES {
        let told = told_among(&beside, &both, language);
        assert_eq!(told, found(&beside, language));
        assert_ne!(told, sentence(&beside, language));
        let decisive = told_among(&refused, &both, language);
        assert_eq!(decisive, sentence(&refused, language));
        let alone = told_among(&beside, std::slice::from_ref(&beside), language);
        assert_eq!(alone, sentence(&beside, language));
    }
}

/// A letter may have come without any petition: there is no form on its page.
#[test]
fn what_is_said_of_letters_sends_nobody_to_a_form_that_is_not_there() {
    for code in ReasonCode::ALL {
        let reason = Reason::new(*code, Outcome::InReview);
        let [es, en] = LANGUAGES.map(|language| sentence(&reason, language));
        assert!(!es.contains("formulario de esta página"), "{es}");
        assert!(!en.contains("form of this page"), "{en}");
    }
}

#[test]
fn a_name_that_ends_in_a_full_stop_does_not_double_it() {
    let reason = Reason::new(ReasonCode::SignerNotRepresentative, Outcome::Refused)
        .fact("empresa", "CAFÉ CÍA. LTDA.");
    for (language, expected) in [
        (Language::Es, "CAFÉ CÍA. LTDA. Debe firmar"),
        (Language::En, "CAFÉ CÍA. LTDA. The representative must sign"),
    ] {
        let text = sentence(&reason, language);
        assert!(text.contains(expected), "{text}");
    }
}

#[test]
fn dates_are_written_as_people_write_them() {
    let reason = Reason::new(ReasonCode::CertExpired, Outcome::Refused)
        .fact("fecha", "2026-05-04T03:00:00Z")
        .fact("entidad", "Banco de Prueba");
    assert_eq!(
        sentence(&reason, Language::Es),
        "Su certificado caducó el 3 de mayo de 2026. Renuévelo con Banco de Prueba y firme otra vez."
    );
    assert_eq!(
        sentence(&reason, Language::En),
        "Your certificate expired on 3 May 2026. Renew it with Banco de Prueba and sign again."
    );
}

#[test]
fn of_several_signatures_the_one_is_named() {
    use ReasonCode as R;
    let of = |name: &str, value: &str, code| {
        let reason = Reason::new(code, Outcome::InReview).fact(name, value);
        LANGUAGES.map(|language| sentence(&reason, language))
    };
    for (name, value, code, es, en) in [
        (
            "firmante",
            "ANA",
            R::CertRevoked,
            "El certificado de ANA consta",
            "The certificate of ANA stands",
        ),
        (
            "firma",
            "2",
            R::CertClassUnknown,
            "la clase del certificado de la segunda firma",
            "the class of the certificate of the second signature",
        ),
        (
            "firma",
            "7",
            R::SignatureInvalid,
            "La firma 7 no",
            "The signature number 7 does not",
        ),
        (
            "firmante",
            "ANA",
            R::SignatureInvalid,
            "La firma de ANA no",
            "The signature of ANA does not",
        ),
        (
            "firma",
            "1",
            R::RevocationUnknown,
            "si el certificado de la primera firma está",
            "whether the certificate of the first signature is",
        ),
    ] {
        let [spanish, english] = of(name, value, code);
        assert!(spanish.contains(es), "{spanish}");
        assert!(english.contains(en), "{english}");
    }
}

/// What says with which certificate to sign, where another one helps at once.
#[test]
fn a_certificate_that_does_not_serve_is_followed_by_one_that_does() {
    let accredited = Reason::new(ReasonCode::CaNotAccredited, Outcome::Refused);
    let ruc = |outcome| Reason::new(ReasonCode::RucMismatch, outcome).fact("certificado", "2");
    for reason in [accredited, ruc(Outcome::Refused), ruc(Outcome::InReview)] {
        for (language, serves) in [
            (Language::Es, "persona natural"),
            (Language::En, "natural person"),
        ] {
            let said = sentence(&reason, language);
            assert!(said.contains(serves), "{said}");
        }
    }
}

/// Signing again with what was revoked ends in the same refusal.
#[test]
fn whoever_signs_with_a_revoked_certificate_hears_that_another_is_needed() {
    let revoked = with_facts(ReasonCode::CertRevoked, Outcome::Refused);
    let [es, en] = LANGUAGES.map(|language| sentence(&revoked, language));
    assert!(
        es.contains("Pida uno nuevo a una entidad acreditada"),
        "{es}"
    );
    assert!(
        en.contains("Get a new one from an accredited entity"),
        "{en}"
    );
}

/// Whoever decides is told what was found, and not what somebody else is to do.
#[test]
fn nobody_in_the_office_is_spoken_to_as_if_they_were_the_company() {
    const COMPANY: [&str; 20] = [
        "u certificado",
        "u carta",
        "u solicitud",
        "u cédula",
        "u página",
        "usted",
        "revisará",
        "comprobará",
        "adjúnt",
        "adjunte",
        "súbalo",
        "Suba",
        "suba",
        "Firme",
        "firme ",
        "Cree",
        "Debe",
        "Compruebe",
        "Consulte",
        "prefiere",
    ];
    for code in ReasonCode::ALL {
        // The key is refused at the door: nothing of it is kept, and nobody decides about it.
        if *code == ReasonCode::PrivateKey {
            continue;
        }
        for outcome in [Outcome::InReview, Outcome::Refused] {
            for reason in [Reason::new(*code, outcome), with_facts(*code, outcome)] {
                let told = in_the_office(&reason);
                assert!(told.len() > 15 && told.ends_with('.'), "{code:?}: {told}");
                for words in COMPANY {
                    assert!(!told.contains(words), "{code:?}: {words}: {told}");
                }
            }
        }
    }
    let ended =
        Reason::new(ReasonCode::RepresentationEnded, Outcome::InReview).fact("fecha", "2025-12-31");
    assert_eq!(
        in_the_office(&ended),
        "El nombramiento terminó el 31 de diciembre de 2025."
    );
    let missing = Reason::new(ReasonCode::SignerNotRepresentative, Outcome::Refused)
        .fact("nombre", "ANA PEÑA")
        .fact("empresa", "LA S. A. DE PRUEBA S.A.");
    assert_eq!(
        in_the_office(&missing),
        "Firmó ANA PEÑA, que no consta como representante legal de LA S. A. DE PRUEBA S.A."
    );
}
