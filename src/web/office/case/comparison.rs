//! Certificate · petition · registry, side by side, with what differs marked in words and not by colour alone.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::{EmailAddress, Employer, LegalRepresentative, calendar};
use crate::intake::review::{CaseView, Comparison};
use crate::verify::signer::Signer;
use crate::web::office::representation::signs;
use crate::web::office::shown::Shown;
use crate::words;

/// One line of the comparison.
pub(in crate::web) struct Row {
    pub(in crate::web) label: &'static str,
    pub(in crate::web) cells: [Cell; 3],
    /// Whether two of the three say different things.
    pub(in crate::web) differs: bool,
}

/// What one source says.
pub(in crate::web) struct Cell {
    pub(in crate::web) text: Shown,
    /// Whether it says something else than the registry, or than the petition where the registry is silent.
    pub(in crate::web) odd: bool,
}

/// Places of the three sources.
pub(in crate::web) const SOURCES: [&str; 3] = ["Certificado", "Solicitud", "Registro"];

/// The whole comparison: of what is known, or of what somebody has just read.
pub(super) fn rows(view: &CaseView, compared: Option<&Comparison>) -> Vec<Row> {
    let decision = view.decision.as_ref();
    let signer = compared
        .and_then(|compared| compared.signer.as_ref())
        .or_else(|| decision.and_then(|decision| decision.signer.as_ref()));
    let content = compared
        .map(|compared| &compared.content)
        .or(view.asked.as_ref());
    let employer = compared
        .map(|compared| &compared.record)
        .or_else(|| view.registered())
        .map(|record| &record.employer);
    let matched = compared
        .and_then(|compared| compared.representative.as_ref())
        .or_else(|| decision.and_then(|decision| decision.representative.as_ref()));
    let today = calendar::in_ecuador(view.clock.opened_at).date();
    let person = matched.or_else(|| registered(today, signer, employer));
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        row(
            "RUC",
            [
                text(
                    signer
                        .and_then(|one| one.ruc.as_ref())
                        .map(ToString::to_string),
                ),
                text(content.map(|one| one.ruc.to_string())),
                text(employer.map(|one| one.ruc.to_string())),
            ],
        ),
        row(
            "Empresa",
            [
                text(signer.and_then(|one| one.organisation.clone())),
                String::new(),
                text(employer.map(|one| one.legal_name.clone())),
            ],
        ),
        row(
            "Estado",
            [
                String::new(),
                String::new(),
                text(employer.map(|one| state(one).to_owned())),
            ],
        ),
        row(
            "Quien firma",
            [
                text(signer.map(|one| one.name.clone())),
                String::new(),
                text(person.map(|one| one.name.clone())),
            ],
        ),
        row(
            "Documento",
            [
                text(
                    signer
                        .and_then(|one| one.document.as_ref())
                        .map(ToString::to_string),
                ),
                String::new(),
                text(person.map(|one| one.document.to_string())),
            ],
        ),
        row(
            "Cargo",
            [
                text(signer.and_then(|one| one.position.clone())),
                String::new(),
                text(person.map(|one| one.post.clone())),
            ],
        ),
        row(
            "Período",
            [String::new(), String::new(), text(person.map(term))],
        ),
        row(
            "Firma",
            [String::new(), String::new(), text(person.map(signs))],
        ),
        row(
            "Pide",
            [
                String::new(),
                text(content.map(|one| words::action(one.action).to_owned())),
                String::new(),
            ],
        ),
        row(
            "Correo",
            [
                String::new(),
                text(
                    content
                        .and_then(|one| one.new_email.as_ref())
                        .map(|email| email.as_str().to_owned()),
                ),
                text(employer.map(|one| {
                    one.email
                        .as_ref()
                        .map_or("ninguno", EmailAddress::as_str)
                        .to_owned()
                })),
            ],
        ),
    ]
}

/// Whom the registry has to be compared with a signer it does not match: the one with the same document, the one with the same name,
/// or whoever is in office.
fn registered<'a>(
    today: Date,
    signer: Option<&Signer>,
    employer: Option<&'a Employer>,
) -> Option<&'a LegalRepresentative> {
    let people = employer.map_or(&[][..], |employer| &employer.representatives);
    let same_document = |one: &&LegalRepresentative| {
        signer.and_then(|signer| signer.document.as_ref()) == Some(&one.document)
    };
    let same_name = |one: &&LegalRepresentative| {
        signer.is_some_and(|signer| plain(&signer.name) == plain(&one.name))
    };
    let mut found = people.iter().find(same_document);
    found = found.or_else(|| people.iter().find(same_name));
    found = found.or_else(|| people.iter().find(|one| one.in_office(today)));
    found.or_else(|| people.last())
}

/// The state of an employer as people call it.
fn state(employer: &Employer) -> &'static str {
    use crate::domain::EmployerState as S;
    match employer.state {
        S::Active => "Activa",
        S::Suspended => "Suspendida",
        S::Closed => "Cerrada",
    }
}

pub(super) fn term(person: &LegalRepresentative) -> String {
    match person.last_day() {
        Some(last) => format!("{} a {last}", person.from),
        None => format!("desde {}", person.from),
    }
}

/// Letters and digits without accents, case and blanks: what two spellings of one name have in common.
fn plain(text: &str) -> String {
    text.nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

fn row(label: &'static str, texts: [String; 3]) -> Row {
    let [certificate, petition, registry] = texts.each_ref().map(|text| plain(text));
    let against = |one: &str, other: &str| !one.is_empty() && !other.is_empty() && one != other;
    // An address that is asked for differs on purpose; it is marked all the same, because it is what to look at.
    let odd = [
        against(&certificate, &registry) || against(&certificate, &petition),
        against(&petition, &registry),
        false,
    ];
    let mut marks = odd.into_iter();
    Row {
        label,
        differs: odd.contains(&true),
        cells: texts.map(|text| Cell {
            text: Shown::up_to(&text, 60),
            odd: marks.next().unwrap_or_default(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_is_no_difference_and_another_number_is() {
        let line =
            |one: &str, other: &str| row("x", [one.to_owned(), String::new(), other.to_owned()]);
        assert!(!line("LUCÍA  MUESTRA", "Lucia Muestra").differs);
        assert!(line("2900000017", "2900000018").differs);
        assert!(!line("", "2900000018").differs, "silence is no difference");
        assert!(line("2900000017", "2900000018").cells[0].odd);
    }
}
