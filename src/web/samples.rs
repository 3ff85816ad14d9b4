//! Sample contexts for every page, so that tests and people can look at each one without a database.

use askama::Template;
use axum::http::{Method, Uri};
use jiff::{SignedDuration, Timestamp};

use super::Frame;
use super::company::{AddressDoubt, LookupPage, NewPetitionPage, StartPage, Typed, UploadPage};
use super::demo::{DemoPage, Mail, MailboxPage, PortalPage, ShortView, view_of};
use super::language::Translation;
use super::links::{
    ConfirmPage, NewPasswordPage, address_page, confirmed_page, not_me_page, password_page,
    stopped_page,
};
use super::messages::{DeadLink, ErrorPage, FieldErrors, Problem, WebError};
use super::petition_page::{NotReceived, PetitionPage, UploadForm, View, takes_appointment};
use super::privacy::{Privacy, PrivacyPage};
use crate::decision::{Reason, ReasonCode};
use crate::domain::{
    Action, Language, Outcome, PasswordRule, PetitionNumber, PetitionSource, ReviewReason, Sha256,
    State, Token, calendar,
};
use crate::intake::{
    LinkStand, LinkState, LinkView, ReviewTerm, Reviewed, Status, Stopped, Terms, Waiting,
};
use crate::portal::Keeping;
use crate::store::{DeliveryState, MessageState};
use crate::verify::report::{
    CertificateFacts, Conclusion, Coverage, DocumentFacts, Indication, Integrity, Modifications,
    Report, RevocationFacts, SignatureKind, SignatureReport,
};
use crate::verify::signer::{Signer, SignerClass};
use crate::verify::{Code, Finding};

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().expect("a sample time is written right")
}

pub(super) fn frame(language: Language) -> Frame {
    Frame {
        service: "Clavero".to_owned(),
        operator: "Cámara de Empleadores de Muestra".to_owned(),
        contact: Some("Consultas: (02) 555 0100, de lunes a viernes de 8:00 a 17:00.".to_owned()),
        sender: "Clavero <no-responder@clavero.ec>".to_owned(),
        demo: false,
        language,
        translation: Translation::of(language, &Method::GET, &Uri::from_static("/")),
    }
}

fn new_password<'a>(
    frame: &'a Frame,
    seconds: i64,
    failed: &[PasswordRule],
) -> NewPasswordPage<'a> {
    NewPasswordPage {
        legal_name: Some("AGROEXPORTADORA EL CÓNDOR S.A.".to_owned()),
        life: calendar::span_in(frame.language, 180),
        ..NewPasswordPage::new(frame, &(8..=12), seconds, failed)
    }
}

/// A clean report on a form signed once.
pub(super) fn report() -> Report {
    let certificate = |subject: &str, issuer: &str, year: i16| CertificateFacts {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        serial: "0a1b2c".to_owned(),
        sha256: Sha256::of(subject.as_bytes()),
        not_before: at("2025-03-01T05:00:00Z"),
        not_after: at(&format!("{year}-03-01T05:00:00Z")),
    };
    Report {
        conclusion: Conclusion::Passed,
        indication: Indication::TotalPassed,
        sub_indication: None,
        received_at: at("2026-11-21T15:00:00Z"),
        findings: Vec::new(),
        document: DocumentFacts {
            sha256: Sha256::of(b"form"),
            bytes: 48_213,
            revisions: 2,
            encrypted: false,
        },
        signatures: vec![SignatureReport {
            field: "Signature1".to_owned(),
            kind: SignatureKind::Signature,
            sub_filter: "ETSI.CAdES.detached".to_owned(),
            level: None,
            integrity: Integrity::Intact,
            coverage: Coverage::WholeFile,
            modifications: Modifications::None,
            conclusion: Conclusion::Passed,
            signing_time_claimed: Some(at("2026-11-21T14:40:12Z")),
            reason: None,
            commitment_types: Vec::new(),
            statements: Vec::new(),
            timestamp: None,
            digest: Some("sha256".to_owned()),
            algorithm: Some("rsa-2048".to_owned()),
            signer: Some(Signer {
                name: "LUCÍA FERNANDA MUESTRA ANDRADE".to_owned(),
                class: Some(SignerClass::NaturalPerson),
                entity: "Entidad de Prueba Uno".to_owned(),
                ..Signer::default()
            }),
            chain: vec![
                certificate("CN=LUCIA", "CN=CA", 2027),
                certificate("CN=CA", "CN=ROOT", 2035),
            ],
            revocation: vec![RevocationFacts {
                subject: "CN=LUCIA".to_owned(),
                status: "good".to_owned(),
                source: Some("crl".to_owned()),
                this_update: Some(at("2026-11-21T05:00:00Z")),
                next_update: Some(at("2026-11-28T05:00:00Z")),
                revoked_at: None,
                reason: None,
            }],
            findings: Vec::new(),
            revision: 2,
            covered_bytes: 48_213,
            timestamps: Vec::new(),
            paths: Vec::new(),
            value_sha256: None,
            visible: true,
        }],
    }
}

pub(super) fn status(state: State, action: Action) -> Status {
    let decided = !matches!(state, State::Issued | State::Received | State::Merged);
    let outcome = match state {
        State::InReview | State::AwaitingCompletion | State::Archived => Some(Outcome::InReview),
        State::Refused => Some(Outcome::Refused),
        State::Approved | State::Completed => Some(Outcome::Approved),
        State::Issued | State::Received | State::Merged => None,
    };
    let received = state != State::Issued;
    let mut report = decided.then(report);
    let reasons = match state {
        State::InReview | State::AwaitingCompletion | State::Archived => vec![Reason::new(
            ReasonCode::RevocationUnknown,
            Outcome::InReview,
        )],
        State::Refused => vec![
            Reason::new(ReasonCode::CertExpired, Outcome::Refused)
                .fact("fecha", "2026-03-01T05:00:00Z")
                .fact("entidad", "Entidad de Prueba Uno"),
        ],
        State::Approved | State::Completed => vec![
            Reason::new(ReasonCode::MatchedRepresentative, Outcome::Approved)
                .fact("nombre", "LUCÍA FERNANDA MUESTRA ANDRADE")
                .fact("cargo", "Gerente General"),
        ],
        State::Issued | State::Received | State::Merged => Vec::new(),
    };
    if let Some(report) = &mut report {
        match state {
            State::InReview => report.signatures[0]
                .findings
                .push(Finding::new(Code::RevocationUnknown, "CN=LUCIA")),
            State::Refused => report.signatures[0].findings.push(
                Finding::new(Code::ChainExpired, "CN=LUCIA")
                    .fact("not_after", "2026-03-01T05:00:00Z"),
            ),
            _ => {}
        }
    }
    Status {
        number: PetitionNumber::new(2026, 123),
        state,
        outcome,
        action: Some(action),
        source: Some(PetitionSource::Form),
        sha256: received.then(|| Sha256::of(b"form")),
        bytes: received.then_some(48_213),
        received_at: received.then(|| at("2026-11-21T14:45:07Z")),
        decided_at: None,
        expires_at: at("2026-11-28T14:30:00Z"),
        expired: false,
        reasons,
        report,
        masked_email: Some("n•••••@elcondor-agro.ec".to_owned()),
        new_email: (action == Action::ChangeEmail).then(|| {
            let address = "nomina@elcondor-agro.ec".parse();
            address.expect("a sample address is one")
        }),
        password_from: None,
        link: LinkState {
            left_this_hour: 2,
            can_send: state == State::Approved,
            alive_until: None,
            held_until: None,
            approval_until: Some(at("2026-11-22T14:45:07Z")),
            stand: if state == State::Approved && action.leads_to_link() {
                LinkStand::Sent
            } else {
                LinkStand::None
            },
            life: SignedDuration::from_secs(180),
            ..LinkState::default()
        },
        waiting: None,
        review: None,
        review_term: (state == State::InReview).then(|| ReviewTerm {
            by: at("2026-11-22T14:45:07Z"),
            late: false,
            appeal: false,
            told: true,
        }),
        not_taken: Vec::new(),
        attached: Vec::new(),
        appeal_until: None,
        portal: None,
        unblocking: None,
        shared_email: false,
        at_the_counter: false,
        has_form: true,
        tried_out: false,
    }
}

fn reviewed(reason: ReviewReason, until: Option<&str>) -> Reviewed {
    Reviewed {
        reason,
        note: until.map(|_| "Con la razón de inscripción, por favor.".to_owned()),
        until: until.map(at),
        at: at("2026-11-21T15:10:00Z"),
    }
}

/// An approved petition, with this change of what can be done about its link.
fn with_link(action: Action, change: impl FnOnce(&mut LinkState)) -> Status {
    let mut status = status(State::Approved, action);
    change(&mut status.link);
    status.link.can_send &= status.link.stand == LinkStand::Sent;
    status
}

fn token() -> Token {
    Token::presented("Zk3v9QxTb7LmN2pRs5WcYd8HfJ4gA6eU")
        .expect("a sample token has the shape of one")
}

/// The page of a petition that stands there.
pub(super) fn petition(frame: &Frame, status: &Status) -> String {
    petition_after(frame, status, None)
}

/// The same after a file that was not received.
fn petition_after(frame: &Frame, status: &Status, not_received: Option<NotReceived>) -> String {
    let upload = UploadForm::signed(&status.number, 10_000_000, None, frame.language);
    let view = View::of(
        status,
        &token(),
        status.link.alive_until.map(|_| 125),
        frame.language,
    );
    html(&PetitionPage {
        frame,
        view,
        upload,
        appointment: takes_appointment(status)
            .then(|| UploadForm::appointment(&status.number, 10_000_000, frame.language)),
        not_received,
        address: None,
        notice: None,
        notice_tone: "ok",
    })
}

fn html(page: &impl Template) -> String {
    page.render().expect("a page renders")
}

fn address_doubt() -> AddressDoubt {
    AddressDoubt {
        typed: "nomina.condor@gmial.com".to_owned(),
        meant: "nomina.condor@gmail.com".to_owned(),
    }
}

const fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// Every page by name, in one language, in the order in which a person meets them.
pub(super) fn pages(language: Language) -> Vec<(&'static str, String)> {
    let frame = &frame(language);
    let typed = Typed {
        branch: "0001".to_owned(),
        ..Typed::default()
    };
    let wrong = Typed {
        ruc: "17900".to_owned(),
        action: "change_email".to_owned(),
        new_email: "nomina@".to_owned(),
        ..typed.clone()
    };
    let errors = wrong.parse().err().unwrap_or_default().say(frame.language);
    let link = || LinkView {
        number: PetitionNumber::new(2026, 123),
        expires_at: at("2026-11-22T14:45:07Z"),
        legal_name: Some("AGROEXPORTADORA EL CÓNDOR S.A.".to_owned()),
        masked_email: Some("g•••••@elcondor-agro.ec".to_owned()),
        shared_email: false,
    };
    let failed = [
        PasswordRule::Length,
        PasswordRule::Special,
        PasswordRule::Sequence,
    ];
    let upload = |error: Option<&str>| {
        UploadForm::new(
            "/documento".to_owned(),
            10_000_000,
            error.map(str::to_owned),
            language,
        )
    };
    let reset = |state| petition(frame, &status(state, Action::ResetPassword));
    let problem = |error| Problem::from(error).say(frame.language);
    let mut too_late = problem(WebError::Internal);
    too_late.incident = Some("3f9a1c07be5520d4".to_owned());
    let index = serde_json::json!({
        "employers": [{"ruc": "1790012345001", "legal_name": "AGROEXPORTADORA EL CÓNDOR S.A.", "kind": "company", "email": "nomina@elcondor-agro.ec", "note": "Una representante que firma sola.",
            "representatives": [{"document": "1710034065", "name": "LUCÍA FERNANDA MUESTRA ANDRADE", "p12": "p12/lucia.p12", "password": "clavero"}]}],
        "documents": [{"file": "documents/signed-form.pdf", "expected_outcome": "approved", "expected_codes": ["MATCHED_REPRESENTATIVE"]},
            {"file": "documents/expired.pdf", "expected_outcome": "refused", "expected_codes": ["CERT_EXPIRED"], "sentence": "Firmado con un certificado caducado."}],
    });
    let mail = Mail {
        to: "nomina@elcondor-agro.ec".to_owned(),
        subject: "Enlace para crear su clave de empleador".to_owned(),
        text: "Su solicitud CLV-2026-000123-X fue aprobada.\n\nAbra este enlace para crear la clave nueva. Dura 3 minutos:\nhttp://127.0.0.1:8080/clave/Zk3v9QxTb7LmN2pRs5WcYd8HfJ4gA6eU".to_owned(),
        links: vec!["http://127.0.0.1:8080/clave/Zk3v9QxTb7LmN2pRs5WcYd8HfJ4gA6eU".to_owned()],
        at: at("2026-11-21T14:45:09Z"),
    };
    let demo_frame = &Frame {
        contact: None,
        demo: true,
        ..frame.clone()
    };
    vec![
        (
            "start",
            html(&StartPage {
                frame,
                link_minutes: calendar::span_in(language, 180),
            }),
        ),
        (
            "new-petition",
            html(&NewPetitionPage {
                hold: Some(calendar::span_in(language, 86400)),
                doubtful: None,
                address: None,
                chosen: None,
                work: None,
                frame,
                typed: &typed,
                errors: FieldErrors::default(),
            }),
        ),
        (
            "new-petition-errors",
            html(&NewPetitionPage {
                hold: Some(calendar::span_in(language, 86400)),
                doubtful: None,
                address: None,
                chosen: None,
                work: None,
                frame,
                typed: &wrong,
                errors,
            }),
        ),
        (
            "new-petition-doubtful",
            html(&NewPetitionPage {
                hold: Some(calendar::span_in(language, 86400)),
                doubtful: Some("0102030401001".to_owned()),
                address: None,
                chosen: None,
                work: None,
                frame,
                typed: &Typed {
                    ruc: "0102030401001".to_owned(),
                    ..typed.clone()
                },
                errors: FieldErrors::default(),
            }),
        ),
        (
            "new-petition-mistyped-email",
            html(&NewPetitionPage {
                hold: Some(calendar::span_in(language, 86400)),
                doubtful: None,
                address: Some(address_doubt()),
                chosen: None,
                work: None,
                frame,
                typed: &Typed {
                    ruc: "1790012345001".to_owned(),
                    action: "change_email".to_owned(),
                    new_email: address_doubt().typed,
                    ..typed.clone()
                },
                errors: FieldErrors::default(),
            }),
        ),
        (
            "new-petition-busy",
            html(&NewPetitionPage {
                hold: Some(calendar::span_in(language, 86400)),
                doubtful: None,
                address: None,
                chosen: None,
                work: Some("e30=".to_owned()),
                frame,
                typed: &typed,
                errors: FieldErrors::default(),
            }),
        ),
        ("petition-issued", reset(State::Issued)),
        (
            "upload",
            html(&UploadPage {
                frame,
                letter_window: calendar::span_in(language, 72 * 3600),
                upload: upload(None),
            }),
        ),
        (
            "upload-error",
            html(&UploadPage {
                frame,
                letter_window: calendar::span_in(language, 72 * 3600),
                upload: upload(Some(frame.say(
                    "El archivo está vacío. Llegó con 0 bytes.",
                    "The file is empty. It came with 0 bytes.",
                ))),
            }),
        ),
        (
            "petition-not-received",
            petition_after(
                frame,
                &status(State::Refused, Action::ResetPassword),
                Some(NotReceived {
                    title: frame
                        .say("El archivo está vacío.", "The file is empty.")
                        .to_owned(),
                    detail: frame.say("Llegó con 0 bytes.", "It came with 0 bytes."),
                }),
            ),
        ),
        ("petition-received", reset(State::Received)),
        (
            "petition-waiting",
            petition(
                frame,
                &Status {
                    waiting: Some(Waiting {
                        asked: 1,
                        next_at: at("2026-11-21T15:00:07Z"),
                    }),
                    ..status(State::Received, Action::ResetPassword)
                },
            ),
        ),
        ("petition-approved", reset(State::Approved)),
        (
            "petition-approved-email",
            petition(frame, &status(State::Approved, Action::ChangeEmail)),
        ),
        ("petition-in-review", reset(State::InReview)),
        (
            "petition-in-review-form",
            petition(
                frame,
                &Status {
                    reasons: vec![Reason::new(ReasonCode::ValuesCovered, Outcome::InReview)],
                    ..status(State::InReview, Action::ResetPassword)
                },
            ),
        ),
        (
            "petition-in-review-late",
            petition(
                frame,
                &Status {
                    review_term: Some(ReviewTerm {
                        by: at("2026-11-22T14:45:07Z"),
                        late: true,
                        appeal: false,
                        told: false,
                    }),
                    not_taken: vec![Reason::new(ReasonCode::Unsigned, Outcome::Refused)],
                    ..status(State::InReview, Action::ResetPassword)
                },
            ),
        ),
        (
            "petition-wanted",
            petition(
                frame,
                &Status {
                    review: Some(reviewed(
                        ReviewReason::AppointmentWanted,
                        Some("2026-12-04T14:45:07Z"),
                    )),
                    not_taken: vec![Reason::new(ReasonCode::Unsigned, Outcome::Refused)],
                    ..status(State::AwaitingCompletion, Action::ResetPassword)
                },
            ),
        ),
        (
            "petition-archived",
            petition(
                frame,
                &Status {
                    review: Some(reviewed(ReviewReason::PowerWanted, None)),
                    ..status(State::Archived, Action::ResetPassword)
                },
            ),
        ),
        ("petition-refused", reset(State::Refused)),
        (
            "petition-refused-by-person",
            petition(
                frame,
                &Status {
                    review: Some(reviewed(ReviewReason::AppointmentNotRegistered, None)),
                    reasons: vec![
                        Reason::new(ReasonCode::AppointmentAttached, Outcome::InReview)
                            .fact("nombre", "LUCÍA FERNANDA MUESTRA ANDRADE"),
                    ],
                    appeal_until: Some(at("2026-12-04T14:45:07Z")),
                    ..status(State::Refused, Action::ResetPassword)
                },
            ),
        ),
        (
            "petition-no-email",
            petition(
                frame,
                &Status {
                    reasons: vec![Reason::new(ReasonCode::NoEmail, Outcome::Refused)],
                    ..status(State::Refused, Action::ResetPassword)
                },
            ),
        ),
        (
            "petition-handing-over",
            petition(
                frame,
                &Status {
                    portal: Some(DeliveryState::Pending),
                    ..status(State::Approved, Action::ResetPassword)
                },
            ),
        ),
        (
            "petition-not-taken",
            petition(
                frame,
                &Status {
                    portal: Some(DeliveryState::Parked),
                    ..status(State::Approved, Action::ResetPassword)
                },
            ),
        ),
        (
            "petition-unblocked",
            petition(frame, &status(State::Approved, Action::Unblock)),
        ),
        (
            "petition-unblocking",
            petition(
                frame,
                &Status {
                    unblocking: Some(DeliveryState::Pending),
                    ..status(State::Approved, Action::Unblock)
                },
            ),
        ),
        (
            "petition-still-locked",
            petition(
                frame,
                &Status {
                    unblocking: Some(DeliveryState::Parked),
                    ..status(State::Approved, Action::Unblock)
                },
            ),
        ),
        (
            "petition-expired",
            petition(
                frame,
                &Status {
                    expired: true,
                    ..status(State::Issued, Action::ResetPassword)
                },
            ),
        ),
        (
            "petition-frozen",
            petition(
                frame,
                &with_link(Action::ResetPassword, |link| link.stand = LinkStand::Frozen),
            ),
        ),
        (
            "petition-returned",
            petition(
                frame,
                &with_link(Action::ResetPassword, |link| {
                    link.mail = Some(MessageState::Bounced);
                }),
            ),
        ),
        (
            "petition-returned-email",
            petition(
                frame,
                &with_link(Action::ChangeEmail, |link| {
                    link.mail = Some(MessageState::Bounced);
                }),
            ),
        ),
        (
            "petition-no-address",
            petition(
                frame,
                &with_link(Action::Unblock, |link| link.stand = LinkStand::NoAddress),
            ),
        ),
        (
            "petition-counter",
            petition(
                frame,
                &Status {
                    at_the_counter: true,
                    sha256: None,
                    report: None,
                    reasons: Vec::new(),
                    ..with_link(Action::ResetPassword, |link| {
                        link.stand = LinkStand::AtTheCounter;
                    })
                },
            ),
        ),
        (
            "petition-second-signature",
            petition(
                frame,
                &Status {
                    reasons: vec![
                        Reason::new(ReasonCode::JointSignatureMissing, Outcome::InReview)
                            .fact("firmas", "2"),
                    ],
                    ..status(State::InReview, Action::ResetPassword)
                },
            ),
        ),
        ("petition-completed", reset(State::Completed)),
        (
            "petition-completed-email",
            petition(
                frame,
                &Status {
                    password_from: Some(at("2026-11-22T14:45:07Z")),
                    ..status(State::Completed, Action::ChangeEmail)
                },
            ),
        ),
        ("petition-merged", reset(State::Merged)),
        ("lookup", html(&LookupPage::asking(frame, ""))),
        (
            "lookup-from-mail",
            html(&LookupPage::asking(
                frame,
                PetitionNumber::new(2026, 123).as_str(),
            )),
        ),
        ("new-password", html(&new_password(frame, 171, &[]))),
        (
            "new-password-errors",
            html(&new_password(frame, 95, &failed)),
        ),
        (
            "confirm-address",
            html(&address_page(
                frame,
                link(),
                Some(calendar::span_in(language, 86400)),
            )),
        ),
        (
            "confirm-address-shared",
            html(&ConfirmPage {
                ask_again: true,
                ..address_page(
                    frame,
                    LinkView {
                        shared_email: true,
                        ..link()
                    },
                    None,
                )
            }),
        ),
        (
            "demo-portal",
            html(&PortalPage {
                frame: demo_frame,
                ruc: "1790012345001",
                branch: "0001",
                said: Some((
                    "ok",
                    frame.say(
                        "La clave abre la cuenta.",
                        "The password opens the account.",
                    ),
                )),
            }),
        ),
        (
            "password-saved",
            html(&password_page(frame, Keeping::Embedded)),
        ),
        (
            "password-on-its-way",
            html(&password_page(frame, Keeping::Argon2id)),
        ),
        (
            "address-confirmed",
            html(&confirmed_page(frame, Some(at("2026-11-22T14:45:07Z")))),
        ),
        ("not-me", html(&not_me_page(frame, link()))),
        (
            "account-stopped",
            html(&stopped_page(
                frame,
                Stopped {
                    address_wanted: false,
                },
            )),
        ),
        (
            "account-stopped-without-address",
            html(&stopped_page(
                frame,
                Stopped {
                    address_wanted: true,
                },
            )),
        ),
        (
            "privacy",
            html(&PrivacyPage::new(
                frame,
                &Privacy {
                    contact: Some(
                        "Delegado de protección de datos: (02) 555 0101, datos@camara-muestra.ec."
                            .to_owned(),
                    ),
                    terms: Terms {
                        unused: Some(days(30)),
                        documents: Some(days(1825)),
                        reports: Some(days(1825)),
                        messages: Some(days(180)),
                        links: Some(days(45)),
                    },
                },
                Keeping::Argon2id,
            )),
        ),
        (
            "privacy-for-good",
            html(&PrivacyPage::new(
                demo_frame,
                &Privacy::default(),
                Keeping::Password,
            )),
        ),
        (
            "error-not-found",
            html(&ErrorPage {
                frame,
                problem: &problem(WebError::NotFound),
            }),
        ),
        (
            "error-link-dead",
            html(&ErrorPage {
                frame,
                problem: &problem(WebError::LinkDead(
                    DeadLink::Password,
                    Some(PetitionNumber::new(2026, 123)),
                )),
            }),
        ),
        (
            "error-internal",
            html(&ErrorPage {
                frame,
                problem: &too_late,
            }),
        ),
        (
            "demo",
            html(&DemoPage::of(
                demo_frame,
                serde_json::from_value(index).expect("a sample index"),
            )),
        ),
        (
            "mailbox",
            html(&MailboxPage {
                frame: demo_frame,
                short: vec![ShortView {
                    to: "+593990000001".to_owned(),
                    text: "Hay una clave nueva de empleador para su empresa.".to_owned(),
                    at: calendar::clock_in(language, at("2026-11-21T14:46:00Z")),
                }],
                mails: vec![view_of(mail, "http://127.0.0.1:8080", language)],
            }),
        ),
    ]
}
