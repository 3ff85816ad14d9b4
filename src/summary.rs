//! The report on a document for people, on one page: verdict, the ten questions, who signed and when, one next step.
//! What it says stands here; `pdf` draws it, `web/summary.rs` writes it as HTML.

pub mod pdf;

use jiff::Timestamp;

use crate::domain::{Language, Text};
use crate::explain;
use crate::questions::{self, Answer};
use crate::verify::Finding;
use crate::verify::report::{Conclusion, Level, Report, Severity, SignatureReport};
use crate::verify::signer::SignerClass;

/// Signatures that fit on the page; of more, the others are counted.
const MAX_SHOWN: usize = 3;

/// Everything the page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Language of all of it.
    pub language: Language,
    /// Title of the page.
    pub title: &'static str,
    /// `yes`, `no` or `unknown`.
    pub class: &'static str,
    /// The verdict in a word or two.
    pub verdict: &'static str,
    /// What the verdict rests on.
    pub reason: String,
    /// The one next step.
    pub next_step: &'static str,
    /// Name, length and digest of the file.
    pub file: Vec<(&'static str, String)>,
    /// Heading of the questions.
    pub questions: &'static str,
    /// The ten answers.
    pub answers: Vec<Answer>,
    /// Who signed, and when by whose word.
    pub signatures: Vec<Signature>,
    /// How many people signed in all.
    pub signed: usize,
    /// What this page is and is not.
    pub note: &'static str,
    received: Timestamp,
    id: String,
}

/// One signature of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Who.
    pub title: String,
    /// Label and value.
    pub rows: Vec<(&'static str, String)>,
}

/// The page about a report on the file called `name`.
#[must_use]
pub fn summary(name: &str, report: &Report, received: Timestamp, language: Language) -> Summary {
    let say = |es, en| Text::new(es, en).say(language);
    let people: Vec<&SignatureReport> = report.of_people().collect();
    Summary {
        language,
        title: say(
            "Informe de validación de firma electrónica",
            "Validation report of an electronic signature",
        ),
        class: match report.conclusion {
            Conclusion::Passed => "yes",
            Conclusion::Failed => "no",
            Conclusion::Indeterminate => "unknown",
        },
        verdict: verdict(report).say(language),
        reason: reason(report, language),
        next_step: next_step(report).say(language),
        file: vec![
            (say("Archivo", "File"), shortened(name)),
            (
                say("Tamaño", "Size"),
                format!(
                    "{} bytes",
                    crate::words::thousands(report.document.bytes, language)
                ),
            ),
            ("SHA-256", report.document.sha256.to_string()),
            (
                say("Hora de recepción", "Time of reception"),
                crate::domain::calendar::second_in(language, received),
            ),
        ],
        questions: say("Las diez preguntas", "The ten questions"),
        answers: questions::answers(report, language),
        signatures: people
            .iter()
            .take(MAX_SHOWN)
            .map(|signature| about(signature, received, language))
            .collect(),
        signed: people.len(),
        note: say(
            "Comprobado con las entidades en que confía quien generó este informe y con la información de revocación que \
             tenía. La hora declarada por quien firma no es prueba; decide la hora de recepción. Norma: ETSI EN 319 102-1.",
            "Checked against the entities that whoever made this report trusts, with the revocation information at hand. \
             The time a signer claims is no proof; the time of reception decides. Standard: ETSI EN 319 102-1.",
        ),
        received,
        id: format!("{}{received}", report.document.sha256),
    }
}

impl Summary {
    /// That there are more signatures than the `shown` ones, if there are.
    #[must_use]
    pub fn more(&self, shown: usize) -> Option<String> {
        let hidden = self.signed.checked_sub(shown).filter(|count| *count > 0)?;
        Some(match self.language {
            Language::Es => {
                format!("Firmas que no caben aquí: {hidden}; constan en el informe completo.")
            }
            Language::En => {
                format!("Signatures that have no room here: {hidden}; the full report has them.")
            }
        })
    }
}

/// The verdict in a word or two.
#[must_use]
pub fn verdict(report: &Report) -> Text {
    match report.conclusion {
        Conclusion::Passed => Text::new("VÁLIDO", "VALID"),
        Conclusion::Failed => Text::new("NO VÁLIDO", "NOT VALID"),
        Conclusion::Indeterminate => Text::new("INDETERMINADO", "INDETERMINATE"),
    }
}

/// The one next step: that of what decided.
#[must_use]
pub fn next_step(report: &Report) -> Text {
    match (report.conclusion, decisive(report)) {
        (Conclusion::Passed, _) => Text::new("No hay nada más que hacer.", "Nothing more to do."),
        (_, Some(finding)) => explain::code(finding.code).next_step,
        (_, None) => Text::new(
            "Pida que una persona lo revise.",
            "Let a person look at it.",
        ),
    }
}

fn reason(report: &Report, language: Language) -> String {
    match (report.conclusion, decisive(report)) {
        (Conclusion::Passed, _) => Text::new(
            "Todas las reglas se comprobaron y se cumplen.",
            "Every rule was checked and holds.",
        )
        .say(language)
        .to_owned(),
        (_, Some(finding)) => explain::sentence(finding, language),
        (_, None) => Text::new(
            "No se pudo comprobar todo.",
            "Not everything could be checked.",
        )
        .say(language)
        .to_owned(),
    }
}

/// The finding that the conclusion rests on: the one whose sub-indication the report carries.
fn decisive(report: &Report) -> Option<&Finding> {
    let weight = match report.conclusion {
        Conclusion::Passed => return None,
        Conclusion::Failed => Severity::Failure,
        Conclusion::Indeterminate => Severity::Unknown,
    };
    report
        .all_findings()
        .filter(|finding| finding.severity == weight)
        .min_by_key(|finding| finding.code)
}

fn about(signature: &SignatureReport, received: Timestamp, language: Language) -> Signature {
    let say = |es, en| Text::new(es, en).say(language);
    let signer = signature.signer.as_ref();
    let mut rows = Vec::new();
    if let Some(document) = signer.and_then(|signer| signer.document.as_ref()) {
        rows.push((say("Documento", "Document"), document.as_str().to_owned()));
    }
    if let Some(signer) = signer {
        let capacity: Vec<&str> = [
            signer.class.map(|class| self::class(class).say(language)),
            signer.position.as_deref(),
            signer.organisation.as_deref(),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !capacity.is_empty() {
            rows.push((say("Calidad", "Capacity"), capacity.join(" · ")));
        }
        if !signer.entity.is_empty() {
            rows.push((say("Entidad", "Entity"), signer.entity.clone()));
        }
    }
    if !signature.is_rooted() {
        let warning = say(
            "Lo anterior lo dice un certificado que no se pudo comprobar hasta una entidad autorizada: no prueba nada.",
            "What stands above is said by a certificate that was not traced to an authorised entity: it proves nothing.",
        );
        rows.push((say("Atención", "Beware"), warning.to_owned()));
    }
    rows.extend(questions::times(signature, received, language));
    let technical: Vec<&str> = [
        Some(signature.sub_filter.as_str()),
        signature.level.map(Level::as_str),
        signature.algorithm.as_deref(),
        signature.digest.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect();
    rows.push((say("Formato", "Format"), technical.join(" · ")));
    let unknown = say(
        "Quien firmó no se pudo identificar",
        "The signer could not be identified",
    );
    let name = signer.map_or(unknown, |signer| signer.name.as_str());
    Signature {
        title: format!("{}: {name}", say("Firma", "Signature")),
        rows,
    }
}

/// A class of certificate as people call it.
fn class(class: SignerClass) -> Text {
    match class {
        SignerClass::NaturalPerson => Text::new("Persona natural", "Natural person"),
        SignerClass::CompanyMember => Text::new("Miembro de empresa", "Member of a company"),
        SignerClass::LegalRepresentative => {
            Text::new("Representante legal", "Legal representative")
        }
        SignerClass::LegalEntity => Text::new("Persona jurídica", "Legal entity"),
        SignerClass::PublicOfficer => Text::new("Funcionario público", "Public officer"),
        SignerClass::ElectronicSeal => Text::new("Sello electrónico", "Electronic seal"),
        SignerClass::Timestamp => Text::new("Sello de tiempo", "Timestamp"),
    }
}

/// A long file name keeps its beginning and its end.
fn shortened(name: &str) -> String {
    const KEPT: usize = 40;
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= 2 * KEPT {
        return name.to_owned();
    }
    let start: String = letters.iter().take(KEPT).collect();
    let end: String = letters.iter().skip(letters.len() - KEPT).collect();
    format!("{start}…{end}")
}
