use super::*;
use crate::intake::{IntakeError, Stopped};

/// Who stops a thief, changes an address or works here is not sent to ask for a link in the page of a petition.
#[test]
fn a_dead_link_leads_to_what_can_be_done() {
    let told = |link| {
        let problem = Problem::from(WebError::LinkDead(link, None));
        (problem.code, problem.href, problem.detail.es)
    };
    let links = [
        (
            DeadLink::Password,
            "/consulta",
            "pida otro en la página de su solicitud",
        ),
        (DeadLink::Address, "/solicitud", "cree una solicitud nueva"),
        (
            DeadLink::NotMe,
            "/",
            "comuníquese hoy mismo con quien opera este servicio",
        ),
        (
            DeadLink::Enrolment,
            "/oficina/entrar",
            "pida un enlace nuevo a quien administra",
        ),
        (
            DeadLink::SignerLeft,
            "/solicitud",
            "ya no consta como representante",
        ),
    ];
    for (link, way, words) in links {
        let (code, href, detail) = told(link);
        assert_eq!((code, href.as_ref()), ("LINK_EXPIRED", way), "{link:?}");
        assert!(detail.contains(words), "{link:?}: {detail}");
    }
    let number = crate::domain::PetitionNumber::new(2026, 123);
    let known = WebError::LinkDead(DeadLink::Password, Some(number.clone()));
    let way = format!("/consulta?number={number}");
    assert_eq!(Problem::from(known).href, way);
}

/// Every error that anybody may be told of, of each kind one.
fn every_error() -> Vec<WebError> {
    let wrong = FieldErrors::one("ruc", Text::new("Escriba el RUC.", "Type the RUC."));
    let links = [
        DeadLink::Password,
        DeadLink::Address,
        DeadLink::NotMe,
        DeadLink::Enrolment,
        DeadLink::SignerLeft,
    ];
    let until: jiff::Timestamp = "2026-11-23T20:30:00Z".parse().unwrap();
    let intake = [
        IntakeError::AlreadyUsed,
        IntakeError::Expired,
        IntakeError::InProgress,
        IntakeError::AtTheCounter,
        IntakeError::TriedOut(20),
        IntakeError::AttachedEnough(10),
        IntakeError::Frozen(Stopped {
            address_wanted: true,
        }),
        IntakeError::SignerLeft,
        IntakeError::NotRegistered,
        IntakeError::NotActive,
        IntakeError::NoAddress,
        IntakeError::Held(until),
        IntakeError::HandingOver,
        IntakeError::LinksSpent,
        IntakeError::NotApproved,
        IntakeError::NoAddressMissing,
        IntakeError::NewEmail,
    ];
    let mut all = vec![
        WebError::NotFound,
        WebError::SecretMissing,
        WebError::CrossSite,
        WebError::SignInNeeded,
        WebError::NotAllowed,
        WebError::Empty,
        WebError::NoFile,
        WebError::TooLarge(1_500),
        WebError::PrivateKey,
        WebError::WrongOffset,
        WebError::WrongDigest,
        WebError::PieceType,
        WebError::TusVersion,
        WebError::UploadHeaders,
        WebError::Stalled,
        WebError::Invalid(wrong),
        WebError::Malformed,
        WebError::Password(vec![PasswordRule::Length]),
        WebError::PasswordsDiffer,
        WebError::TooMany(None),
        WebError::LinksThisHour(until, 3600),
        WebError::WorkWanted(String::new()),
        WebError::Full,
        WebError::Busy(10),
        WebError::Internal,
    ];
    all.extend(links.map(|link| WebError::LinkDead(link, None)));
    all.extend(intake.map(WebError::from));
    all
}

/// What is said to somebody who chose English is English: no text is the Spanish one, and none has its letters.
#[test]
fn every_error_is_told_in_both_languages() {
    let statuses = [404, 403, 413, 408, 429, 503, 405, 418, 500];
    let statuses = statuses.map(|code| Problem::of_status(StatusCode::from_u16(code).unwrap()));
    for problem in every_error().into_iter().map(Problem::from).chain(statuses) {
        let [es, en] = [Language::Es, Language::En].map(|language| problem.say(language));
        assert_eq!((es.code, &es.href), (en.code, &en.href));
        let texts = |said: &SaidProblem| {
            let mut texts = vec![
                said.kind.to_owned(),
                said.title.clone(),
                said.detail.to_owned(),
                said.for_programs.to_owned(),
                said.link.to_owned(),
            ];
            texts.extend(said.errors.iter().map(|error| error.text.to_owned()));
            texts
        };
        for (es, en) in texts(&es).into_iter().zip(texts(&en)) {
            assert_eq!(es.is_empty(), en.is_empty(), "{}: {es}", problem.code);
            assert!(en.is_empty() || es != en, "{}: {es}", problem.code);
            let spanish = en.chars().find(|c| "áéíóúñ«»".contains(*c));
            assert_eq!(spanish, None, "{}: {en}", problem.code);
        }
    }
    let large = Problem::from(WebError::TooLarge(1_500)).say(Language::En);
    assert_eq!(
        large.title,
        "The file is too large: 1,500 bytes is the most."
    );
    let held = every_error().into_iter().map(Problem::from);
    let held = held.map(|problem| problem.say(Language::En).title);
    assert!(
        held.into_iter()
            .any(|title| title.contains("23 November 2026, 15:30"))
    );
}
