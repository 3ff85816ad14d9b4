//! No page mixes its languages: in English nothing is left in Spanish but names and terms, in Spanish nothing is English.

use super::samples;
use crate::decision::{Reason, ReasonCode};
use crate::domain::{Action, AttachmentKind, Language, Outcome, ReviewReason, State};
use crate::intake::{Attached, LinkStand, LinkState, Reviewed, Status, Waiting};
use crate::store::{DeliveryState, MessageState};

/// What may stand in either language: names of the samples, and words that people meet on documents and other sites.
const NAMES: &[&str] = &[
    "Cámara de Empleadores de Muestra",
    "Clavero <no-responder@clavero.ec>",
    "AGROEXPORTADORA EL CÓNDOR S.A.",
    "LUCÍA FERNANDA MUESTRA ANDRADE",
    "Entidad de Prueba Uno",
    "Gerente General",
    // The law and its authorities.
    "Ley Orgánica de Protección de Datos Personales",
    "Autoridad de Protección de Datos Personales",
    "Código Orgánico Administrativo",
    "Superintendencia de Compañías",
    // What a person of Ecuador calls things, explained where it stands.
    "clave de empleador",
    "(clave)",
    "«Firmar documento»",
    "razón de inscripción",
    "cédula",
];

/// Frequent words of one language that mean nothing in the other.
const SPANISH: &[&str] = &[
    "de",
    "la",
    "el",
    "los",
    "las",
    "que",
    "y",
    "en",
    "un",
    "una",
    "su",
    "sus",
    "con",
    "para",
    "por",
    "se",
    "es",
    "del",
    "al",
    "lo",
    "ya",
    "si",
    "fue",
    "este",
    "esta",
    "desde",
    "hasta",
    "usted",
    "clave",
    "correo",
    "solicitud",
    "firma",
    "documento",
    "enlace",
    "persona",
    "empresa",
    "recibido",
    "nueva",
    "nuevo",
];
const ENGLISH: &[&str] = &[
    "the", "of", "and", "to", "is", "you", "your", "with", "for", "it", "that", "not", "this",
    "we", "on", "or", "be", "are", "by", "from", "have", "has", "will", "until", "password",
    "petition", "signed", "document", "upload", "link", "company",
];

/// Attributes that people read or hear.
const SPOKEN: &[&str] = &["aria-label", "alt", "title", "placeholder"];

/// What stands in `html` that is not in `language`, with what stands around it.
pub(in crate::web) fn foreign(html: &str, language: Language) -> Vec<String> {
    let other = language.pick("en", "es");
    let mut said = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        said.push_str(before);
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        for attribute in SPOKEN {
            said.push_str(" · ");
            said.push_str(value(tag, attribute).unwrap_or_default());
        }
        // Whatever the page's script may say: «data-says-lost» and the like.
        for (at, _) in tag.match_indices(" data-") {
            let named = &tag[at + 1..];
            let name = named.split(['=', ' ']).next().unwrap_or_default();
            said.push_str(" · ");
            said.push_str(value(tag, name).unwrap_or_default());
        }
        said.push(' ');
        // What is marked as being in the other language, up to its end.
        let name = tag.split(' ').next().unwrap_or_default();
        if name != "html" && value(tag, "lang") == Some(other) {
            let (_, after) = rest.split_once(&format!("</{name}>")).expect("it ends");
            rest = after;
        }
    }
    said.push_str(rest);
    let said = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ]
    .iter()
    .fold(said, |said, (entity, character)| {
        said.replace(entity, character)
    });
    let said = NAMES
        .iter()
        .fold(said, |said, name| said.replace(name, "…"));
    let words = language.pick(ENGLISH, SPANISH);
    let mut found = Vec::new();
    for line in said.split(['\n', '·']) {
        let accented =
            language == Language::En && line.contains(|c| "áéíóúñÁÉÍÓÚÑ¿¡«»".contains(c));
        let foreign = line
            .split(|c: char| !c.is_alphanumeric() && !"-_./@".contains(c))
            .any(|word| words.contains(&word.trim_end_matches('.').to_lowercase().as_str()));
        if accented || foreign {
            found.push(line.trim().to_owned());
        }
    }
    found
}

fn value<'a>(tag: &'a str, attribute: &str) -> Option<&'a str> {
    let (_, after) = tag.split_once(&format!(" {attribute}=\""))?;
    Some(after.split_once('"')?.0)
}

#[test]
fn what_is_in_another_language_is_found() {
    let in_english = |html| foreign(html, Language::En);
    assert!(
        in_english("<p>Sign it. The cédula of <b>LUCÍA FERNANDA MUESTRA ANDRADE</b></p>")
            .is_empty()
    );
    assert!(in_english("<p>See <a lang=\"es\" href=\"?lang=es\">Español</a></p>").is_empty());
    assert!(in_english("<i data-number>CLV-1</i><bdi lang=\"es\">Con la razón</bdi>").is_empty());
    for html in [
        "<p>Fírmela</p>",
        "<p>Suba otro documento</p>",
        "<p aria-label=\"Avance de todo\"></p>",
        "<p data-says-sent=\"Subido. Esperando el comprobante\"></p>",
        "<p>Pida <b>una</b></p>",
    ] {
        assert_eq!(in_english(html).len(), 1, "{html}");
    }
    assert!(foreign("<p>Firme el documento signed-form.pdf</p>", Language::Es).is_empty());
    assert_eq!(
        foreign("<p>Upload the file</p>", Language::Es),
        ["Upload the file"]
    );
}

#[test]
fn no_page_mixes_its_languages() {
    for language in [Language::Es, Language::En] {
        for (name, html) in samples::pages(language) {
            assert_eq!(foreign(&html, language), [""; 0], "{name} ({language})");
            let begins = language.pick("<html lang=\"es-EC\">", "<html lang=\"en\">");
            assert!(html.contains(begins), "{name}");
        }
    }
}

/// Every state, with every reason and whatever may come of a link: the page of a petition has the most to say.
#[test]
fn no_petition_is_told_in_two_languages() {
    for status in all_there_is() {
        for language in [Language::Es, Language::En] {
            let html = samples::petition(&samples::frame(language), &status);
            assert_eq!(foreign(&html, language), [""; 0], "{status:?}");
        }
    }
}

fn all_there_is() -> Vec<Status> {
    use Action::{ChangeEmail, ResetPassword, Unblock};
    use State as S;
    let later = Some(samples::at("2026-11-22T15:10:00Z"));
    let mut all = Vec::new();
    for state in [
        S::Issued,
        S::Received,
        S::InReview,
        S::Approved,
        S::Refused,
        S::Completed,
        S::AwaitingCompletion,
        S::Archived,
        S::Merged,
    ] {
        for action in [ResetPassword, ChangeEmail, Unblock] {
            let plain = samples::status(state, action);
            all.extend([
                Status {
                    expired: true,
                    ..plain.clone()
                },
                Status {
                    at_the_counter: true,
                    sha256: None,
                    report: None,
                    ..plain.clone()
                },
                Status {
                    attached: vec![Attached {
                        kind: AttachmentKind::Appointment,
                        sha256: crate::domain::Sha256::of(b"nombramiento"),
                        at: plain.expires_at,
                        bytes: 48_213,
                    }],
                    appeal_until: later,
                    not_taken: vec![Reason::new(ReasonCode::Unsigned, Outcome::Refused)],
                    ..plain.clone()
                },
                plain,
            ]);
        }
    }
    all.extend(ReasonCode::ALL.iter().flat_map(|code| {
        let told = |state, outcome| Status {
            reasons: vec![Reason::new(*code, outcome)],
            ..samples::status(state, ResetPassword)
        };
        [
            told(S::Refused, Outcome::Refused),
            told(S::InReview, Outcome::InReview),
            told(S::Approved, Outcome::Approved),
        ]
    }));
    all.extend(ReviewReason::ALL.iter().flat_map(|reason| {
        let reviewed = |state| Status {
            review: Some(Reviewed {
                reason: *reason,
                note: Some("Con la razón de inscripción, por favor.".to_owned()),
                until: later,
                at: samples::at("2026-11-21T15:10:00Z"),
            }),
            ..samples::status(state, ResetPassword)
        };
        [S::AwaitingCompletion, S::Archived, S::Refused, S::Approved].map(reviewed)
    }));
    for &stand in LinkStand::ALL {
        let link = LinkState {
            stand,
            held_until: later,
            approval_until: later,
            ..LinkState::default()
        };
        let links = [
            link.clone(),
            LinkState {
                again_at: later,
                ..link.clone()
            },
            LinkState {
                can_send: true,
                left_this_hour: 1,
                alive_until: later,
                ..link.clone()
            },
            LinkState {
                can_send: true,
                left_this_hour: 2,
                mail: Some(MessageState::Bounced),
                ..link.clone()
            },
            LinkState {
                again_at: later,
                mail: Some(MessageState::Parked),
                ..link.clone()
            },
            LinkState {
                mail: Some(MessageState::Pending),
                asked_lately: true,
                ..link.clone()
            },
            LinkState {
                mail: Some(MessageState::Pending),
                ..link
            },
        ];
        for action in [ResetPassword, ChangeEmail, Unblock] {
            all.extend(links.iter().map(|link| Status {
                link: link.clone(),
                ..samples::status(S::Approved, action)
            }));
        }
    }
    let approved = samples::status(S::Approved, ResetPassword);
    let waiting = Waiting {
        asked: 1,
        next_at: approved.expires_at,
    };
    all.extend([
        Status {
            portal: Some(DeliveryState::Pending),
            ..approved.clone()
        },
        Status {
            portal: Some(DeliveryState::Parked),
            ..approved
        },
        Status {
            unblocking: Some(DeliveryState::Pending),
            ..samples::status(S::Approved, Unblock)
        },
        Status {
            unblocking: Some(DeliveryState::Parked),
            ..samples::status(S::Approved, Unblock)
        },
        Status {
            unblocking: Some(DeliveryState::Pending),
            ..samples::status(S::Completed, Unblock)
        },
        Status {
            waiting: Some(waiting),
            ..samples::status(S::Received, ResetPassword)
        },
    ]);
    for (late, appeal, told) in [
        (false, true, true),
        (true, false, false),
        (true, true, true),
    ] {
        let mut status = samples::status(S::InReview, ResetPassword);
        if let Some(term) = &mut status.review_term {
            (term.late, term.appeal, term.told) = (late, appeal, told);
        }
        all.push(status);
    }
    all
}
