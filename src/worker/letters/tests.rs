use std::fmt::Write as _;
use std::path::Path;

use insta::{Settings as Insta, assert_snapshot};
use jiff::Timestamp;

use super::*;
use crate::config::{Config, Profile};
use crate::domain::{Holidays, MobileNumber, PetitionNumber};
use crate::fixture::employers::employers;
use crate::intake::Deadlines;
use crate::mail::Letter;
use crate::portal::Keeping;
use crate::store::AlarmKind;

const AT: Timestamp = Timestamp::constant(1_772_379_120, 0); // 2026-03-01T15:32:00Z

fn settings() -> Settings {
    let hours = SignedDuration::from_hours;
    Settings {
        operator: "Servicio de claves de empleador".to_owned(),
        contact: Some("Consultas: (02) 555 0100, de lunes a viernes de 8:00 a 17:00.".to_owned()),
        public_url: "https://claves.example.ec".to_owned(),
        link_life: SignedDuration::from_secs(180),
        confirmation_life: hours(24),
        stop_life: hours(7 * 24),
        email_hold: hours(24),
        portal: Keeping::Embedded,
        deadlines: Deadlines {
            first: hours(24),
            working_days: 20,
            holidays: Holidays::default(),
        },
        ..Config::for_profile(
            Profile::Test,
            Path::new("unused"),
            ([127, 0, 0, 1], 0).into(),
        )
        .unwrap()
        .intake_settings(None)
    }
}

fn employer(kind: EmployerKind) -> Employer {
    let samples = employers().into_iter().map(|sample| sample.employer);
    let mut of_kind = samples.filter(|employer| employer.kind == kind);
    of_kind.next().expect("one of each kind")
}

fn message(kind: MessageKind, facts: serde_json::Value) -> Message {
    let number = PetitionNumber::new(2026, 123_456_789);
    let to = "gerencia@cafe-ficticio.ec"
        .parse::<crate::domain::EmailAddress>()
        .unwrap();
    Message::new(kind, &number, 1, to, AT, AT).with_facts(facts)
}

/// What the message of a case is about: two alarms are about the service itself.
fn number(name: &str) -> PetitionNumber {
    if name.ends_with("_ending") {
        PetitionNumber::of_service()
    } else {
        PetitionNumber::new(2026, 123_456_789)
    }
}

/// The link that a message of this kind carries.
fn link(kind: MessageKind) -> Option<String> {
    let path = match kind {
        MessageKind::ResetLink => "clave/0123456789abcdefghijklmnopqrstuv",
        MessageKind::ConfirmEmail => "correo/0123456789abcdefghijklmnopqrstuv",
        MessageKind::EmailChangeNotice
        | MessageKind::EmailReplaced
        | MessageKind::AppointmentNotice
        | MessageKind::ResetNotice
        | MessageKind::PasswordChanged
        | MessageKind::AccountUnblocked
        | MessageKind::CounterApproved => "no-fui-yo/0123456789abcdefghijklmnopqrstuv",
        MessageKind::LinkReady
        | MessageKind::ReviewApproved
        | MessageKind::ReviewRefused
        | MessageKind::CompletionWanted
        | MessageKind::PetitionArchived
        | MessageKind::DeliveryRefused => "consulta?number=CLV-2026-123456789-K",
        MessageKind::EmailChanged => "solicitud?action=reset_password",
        _ => return None,
    };
    Some(format!("https://claves.example.ec/{path}"))
}

/// The link beside it that stops the account.
fn stop(kind: MessageKind) -> Option<String> {
    let carries = crate::worker::links::has_stop(kind);
    carries
        .then(|| "https://claves.example.ec/no-fui-yo/abcdefghijklmnopqrstuv0123456789".to_owned())
}

/// A mail of each kind, with what its text needs, and the short message where there is one.
fn cases() -> Vec<(&'static str, MessageKind, Action, serde_json::Value)> {
    use serde_json::{Value::Null, json};
    let reset = Action::ResetPassword;
    let alarm = |kind: AlarmKind| json!({ "alarm": kind.as_str(), "subject": "CLV-2026-123456789-K:reset_link:1" });
    let mut cases = vec![
        ("reset_link", MessageKind::ResetLink, reset, Null),
        (
            "reset_link-unblocked",
            MessageKind::ResetLink,
            Action::Unblock,
            Null,
        ),
        (
            "reset_link-unblocking",
            MessageKind::ResetLink,
            Action::Unblock,
            json!({ UNBLOCKING: "pending" }),
        ),
        (
            "reset_link-still_locked",
            MessageKind::ResetLink,
            Action::Unblock,
            json!({ UNBLOCKING: "parked" }),
        ),
        ("reset_notice", MessageKind::ResetNotice, reset, Null),
        (
            "password_changed",
            MessageKind::PasswordChanged,
            reset,
            Null,
        ),
        (
            "password_changed-silent_portal",
            MessageKind::PasswordChanged,
            reset,
            json!({ SILENT_PORTAL: true }),
        ),
        (
            "confirm_email",
            MessageKind::ConfirmEmail,
            Action::ChangeEmail,
            Null,
        ),
        (
            "email_change_notice",
            MessageKind::EmailChangeNotice,
            Action::ChangeEmail,
            Null,
        ),
        (
            "email_changed",
            MessageKind::EmailChanged,
            Action::ChangeEmail,
            Null,
        ),
        (
            "email_replaced",
            MessageKind::EmailReplaced,
            Action::ChangeEmail,
            Null,
        ),
        ("successor_alert", MessageKind::SuccessorAlert, reset, Null),
        (
            "successor_alert-attached",
            MessageKind::SuccessorAlert,
            reset,
            json!({ "attached": true }),
        ),
        (
            "account_unblocked",
            MessageKind::AccountUnblocked,
            Action::Unblock,
            Null,
        ),
        ("review_approved", MessageKind::ReviewApproved, reset, Null),
        (
            "review_approved-unblocked",
            MessageKind::ReviewApproved,
            Action::Unblock,
            Null,
        ),
        (
            "review_approved-unblocking",
            MessageKind::ReviewApproved,
            Action::Unblock,
            json!({ UNBLOCKING: "pending" }),
        ),
        ("link_ready", MessageKind::LinkReady, reset, Null),
        (
            "link_ready-late",
            MessageKind::LinkReady,
            reset,
            json!({ LATE_APPROVAL: true }),
        ),
        (
            "link_ready-unblocked",
            MessageKind::LinkReady,
            Action::Unblock,
            Null,
        ),
        (
            "review_refused",
            MessageKind::ReviewRefused,
            reset,
            json!({ "appeal": true }),
        ),
        (
            "review_refused-appealed",
            MessageKind::ReviewRefused,
            reset,
            json!({ "appeal": false }),
        ),
        (
            "completion_wanted",
            MessageKind::CompletionWanted,
            reset,
            Null,
        ),
        (
            "completion_wanted-unconfirmed",
            MessageKind::CompletionWanted,
            Action::ChangeEmail,
            json!({ UNCONFIRMED: true }),
        ),
        (
            "petition_archived",
            MessageKind::PetitionArchived,
            reset,
            Null,
        ),
        (
            "appointment_notice",
            MessageKind::AppointmentNotice,
            reset,
            Null,
        ),
        (
            "counter_approved",
            MessageKind::CounterApproved,
            reset,
            Null,
        ),
        ("account_stopped", MessageKind::AccountStopped, reset, Null),
        (
            "account_stopped_by_staff",
            MessageKind::AccountStopped,
            reset,
            json!({ BY_STAFF: true }),
        ),
        (
            "delivery_refused",
            MessageKind::DeliveryRefused,
            reset,
            Null,
        ),
        (
            "delivery_refused-silent_portal",
            MessageKind::DeliveryRefused,
            reset,
            json!({ SILENT_PORTAL: true }),
        ),
        (
            "delivery_refused-still_locked",
            MessageKind::DeliveryRefused,
            Action::Unblock,
            json!({ STILL_LOCKED: true }),
        ),
        (
            "delivery_refused-still_locked-silent_portal",
            MessageKind::DeliveryRefused,
            Action::Unblock,
            json!({ STILL_LOCKED: true, SILENT_PORTAL: true }),
        ),
        (
            "alarm-delivery_parked-unblocking",
            MessageKind::Alarm,
            Action::Unblock,
            json!({ "alarm": AlarmKind::DeliveryParked.as_str(), "subject": "CLV-2026-123456789-K:unblock", "reason": "status 422" }),
        ),
    ];
    for &kind in AlarmKind::ALL {
        let name = match kind {
            AlarmKind::MessageParked => "alarm-message_parked",
            AlarmKind::MessageLate => "alarm-message_late",
            AlarmKind::MessageBounced => "alarm-message_bounced",
            AlarmKind::DeliveryParked => "alarm-delivery_parked",
            AlarmKind::DeliveryLate => "alarm-delivery_late",
            AlarmKind::UndecidedDay => "alarm-undecided_day",
            AlarmKind::UndecidedTerm => "alarm-undecided_term",
            AlarmKind::AccountFrozen => "alarm-account_frozen",
            AlarmKind::ListsEnding => "alarm-lists_ending",
            AlarmKind::SealEnding => "alarm-seal_ending",
        };
        let facts = match kind {
            AlarmKind::ListsEnding => {
                json!({ "alarm": kind.as_str(), "subject": "2026-03-01", "reason": "2026-02-27T12:00:00Z over" })
            }
            AlarmKind::SealEnding => {
                json!({ "alarm": kind.as_str(), "subject": "2026-03-01", "reason": "2026-03-20T12:00:00Z" })
            }
            _ => alarm(kind),
        };
        cases.push((name, MessageKind::Alarm, reset, facts));
    }
    cases
}

#[test]
fn every_mail_reads_as_it_should() {
    let settings = settings();
    let company = employer(EmployerKind::Company);
    for (name, kind, action, facts) in cases() {
        let message = Message {
            number: number(name),
            ..message(kind, facts)
        };
        let matter = Matter {
            message: &message,
            action,
            employer: Some(&company),
            link: link(kind),
            stop: stop(kind),
            settings: &settings,
        };
        let letter =
            Letter::new(&message.id, message.recipient.as_str(), &mail(&matter), AT).unwrap();
        let mut insta = Insta::clone_current();
        insta.set_snapshot_path("snapshots");
        insta.set_prepend_module_to_snapshot(false);
        insta.set_omit_expression(true);
        insta.bind(|| {
            assert_snapshot!(
                name,
                format!(
                    "Asunto: {}\n\n{}\n\n{}",
                    letter.subject, letter.text, letter.html
                )
            );
        });
    }
}

#[test]
fn every_short_message_reads_as_it_should_and_fits() {
    let settings = settings();
    let company = employer(EmployerKind::Company);
    let mut all = String::new();
    for (name, kind, action, facts) in cases() {
        let to: MobileNumber = "0991234567".parse().unwrap();
        let message = Message {
            recipient: to.into(),
            number: number(name),
            ..message(kind, facts)
        };
        let matter = Matter {
            message: &message,
            action,
            employer: Some(&company),
            link: link(kind),
            stop: stop(kind),
            settings: &settings,
        };
        let text = short(&matter);
        // A link that sets a key, or confirms an address, never leaves the mailbox it belongs to.
        assert!(
            !text.contains("/clave/") && !text.contains("/correo/"),
            "{name}: {text}"
        );
        // Two parts of the telephone alphabet at most.
        assert!(text.chars().count() <= 2 * 153, "{name}: {text}");
        writeln!(all, "{name}: {text}").unwrap();
    }
    let mut insta = Insta::clone_current();
    insta.set_snapshot_path("snapshots");
    insta.set_prepend_module_to_snapshot(false);
    insta.set_omit_expression(true);
    insta.bind(|| assert_snapshot!("short-messages", all));
}

#[test]
fn a_persons_name_never_travels() {
    let settings = settings();
    for kind in [EmployerKind::NaturalPerson, EmployerKind::Household] {
        let person = employer(kind);
        for (name, kind, action, facts) in cases() {
            let message = message(kind, facts);
            let matter = Matter {
                message: &message,
                action,
                employer: Some(&person),
                link: link(kind),
                stop: stop(kind),
                settings: &settings,
            };
            let written = mail(&matter);
            let letter = Letter::new(&message.id, "n@agro.ec", &written, AT).unwrap();
            for text in [&letter.subject, &letter.text, &letter.html, &short(&matter)] {
                assert!(!text.contains(&person.legal_name), "{name}: {text}");
                assert!(!text.contains(person.ruc.as_str()), "{name}: {text}");
                assert!(!text.contains(&person.ruc.as_str()[..10]), "{name}: {text}");
                assert!(!text.contains(" de el "), "{name}: {text}");
            }
        }
    }
}

/// Whoever reads a mailbox chose no language: what an employer is told stands there in both, with the same links once.
#[test]
fn an_employer_is_told_in_english_too_and_the_operator_is_not() {
    let settings = settings();
    let company = employer(EmployerKind::Company);
    for (name, kind, action, facts) in cases() {
        let message = message(kind, facts);
        let matter = Matter {
            message: &message,
            action,
            employer: Some(&company),
            link: link(kind),
            stop: stop(kind),
            settings: &settings,
        };
        let written = mail(&matter);
        let letter = Letter::new(&message.id, "n@agro.ec", &written, AT).unwrap();
        let [text, html] = [
            ("In English:", &letter.text),
            ("<div lang=\"en\"", &letter.html),
        ]
        .map(|(mark, whole)| whole.split_once(mark));
        if kind == MessageKind::Alarm {
            assert!(text.is_none() && html.is_none(), "{name}");
            continue;
        }
        let (spanish, english) = text.unwrap();
        assert!(html.is_some(), "{name}: {}", letter.html);
        assert!(spanish.contains(matter.message.number.as_str()), "{name}");
        assert!(english.contains(matter.message.number.as_str()), "{name}");
        let told = written.english.join(" ");
        assert!(told.len() <= 700, "{name}: {}", told.len());
        let own = told
            .replace(&company.legal_name, "X")
            .replace("«No fui yo»", "X")
            .replace("«Enviar enlace»", "X");
        let foreign = own.chars().find(|c| "áéíóúñ«»{}".contains(*c));
        assert_eq!(foreign, None, "{name}: {told}");
        assert!(!own.contains("..") && !own.contains("  "), "{name}: {told}");
        // The links stand above, and there only.
        assert!(!english.contains("://"), "{name}: {english}");
        for url in &letter.links {
            assert_eq!(letter.text.matches(url.as_str()).count(), 1, "{name}");
        }
        let above = told.contains("link above") || told.contains("page of your petition");
        assert_eq!(above, !letter.links.is_empty(), "{name}: {told}");
    }
}
