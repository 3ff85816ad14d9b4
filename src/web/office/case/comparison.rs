//! Certificate · petition · registry, side by side, with what differs marked in words and not by colour alone.

use jiff::civil::Date;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::domain::{
    EmailAddress, Employer, EmployerState, LegalRepresentative, PetitionContent, Ruc, calendar,
};
use crate::intake::review::{CaseView, Comparison};
use crate::verify::signer::Signer;
use crate::web::office::registry::on_file;
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
    /// Whether it says something else than the registry, or than the petition where the registry is silent; or something that by itself
    /// speaks against an approval.
    pub(in crate::web) odd: bool,
    /// What is drawn before it where it is odd.
    pub(in crate::web) mark: &'static str,
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
    let denied = compared.map_or(&[][..], |compared| &compared.denied);
    // The day by which terms of office are judged.
    let received = view.received_at.unwrap_or(view.clock.opened_at);
    let today = calendar::in_ecuador(received).date();
    let person = matched.or_else(|| registered(today, signer, employer));
    let text = |value: Option<String>| value.unwrap_or_default();
    vec![
        row(
            "RUC",
            [
                text(signer.map(rucs)),
                text(content.map(|one| one.ruc.to_string())),
                text(employer.map(|one| one.ruc.to_string())),
            ],
        ),
        row(
            "Sucursal",
            [
                String::new(),
                text(content.map(|one| one.branch.to_string())),
                text(employer.map(|one| one.branch.to_string())),
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
        registered_fact(
            "Estado",
            employer.map(|one| state(one).to_owned()),
            employer.is_some_and(|one| one.state != EmployerState::Active),
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
        registered_fact(
            "Período",
            person.map(term),
            person.is_some_and(|one| !one.in_office(today)),
        ),
        row(
            "Firma",
            [String::new(), String::new(), text(person.map(signs))],
        ),
        row(
            "Pide",
            [
                String::new(),
                text(content.map(|one| words::action(one.action).es.to_owned())),
                String::new(),
            ],
        ),
        address(content, employer, denied),
        registered_fact(
            "Teléfono",
            employer.map(|one| on_file(one.phone.as_deref())),
            false,
        ),
        registered_fact(
            "En funciones hoy",
            employer.map(|one| in_office(one, calendar::in_ecuador(view.looked_at).date())),
            false,
        ),
    ]
}

/// Everybody who may sign on a day, whoever signed here.
fn in_office(employer: &Employer, day: Date) -> String {
    let people = employer.representatives.iter();
    let people: Vec<String> = people
        .filter(|one| one.in_office(day))
        .map(|one| format!("{}, {} ({})", one.name, one.post, signs(one)))
        .collect();
    match people.as_slice() {
        [] => "nadie".to_owned(),
        people => people.join("; "),
    }
}

/// Every RUC that a certificate states, and what stands there instead of one.
fn rucs(signer: &Signer) -> String {
    let numbers = signer.rucs().map(Ruc::as_str);
    let unread = signer.unreadable_rucs.iter().map(String::as_str);
    numbers.chain(unread).collect::<Vec<_>>().join(" · ")
}

/// The address that is asked for and the one on file, with what the owner said of either.
fn address(
    content: Option<&PetitionContent>,
    employer: Option<&Employer>,
    denied: &[EmailAddress],
) -> Row {
    const DENIED: &str = "avisaron «no fui yo» de este correo";
    let said = |email: &EmailAddress| {
        if denied.contains(email) {
            format!("{}: {DENIED}", email.as_str())
        } else {
            email.as_str().to_owned()
        }
    };
    let asked = content.and_then(|content| content.new_email.as_ref());
    let on_file = employer.map(|employer| match (&employer.email, denied.last()) {
        (Some(email), _) => said(email),
        (None, Some(email)) => format!("ninguno; se retiró {}: {DENIED}", email.as_str()),
        (None, None) => "ninguno".to_owned(),
    });
    let mut row = row(
        "Correo",
        [
            String::new(),
            asked.map(said).unwrap_or_default(),
            on_file.unwrap_or_default(),
        ],
    );
    for cell in &mut row.cells {
        if cell.text.short.contains(DENIED) {
            (cell.odd, cell.mark) = (true, "!");
        }
    }
    row.differs = row.cells.iter().any(|cell| cell.odd);
    row
}

/// What only the registry says, marked where it speaks against an approval by itself.
fn registered_fact(label: &'static str, text: Option<String>, against: bool) -> Row {
    let mut row = row(
        label,
        [String::new(), String::new(), text.unwrap_or_default()],
    );
    if against {
        let [_, _, registry] = &mut row.cells;
        (registry.odd, registry.mark) = (true, "!");
        row.differs = true;
    }
    row
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
    match employer.state {
        EmployerState::Active => "Activa",
        EmployerState::Suspended => "Suspendida",
        EmployerState::Closed => "Cerrada",
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
            text: Shown::up_to(&text, 160),
            odd: marks.next().unwrap_or_default(),
            mark: "≠",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_that_is_blank_is_none() {
        for (text, said) in [
            (Some(" 022000000 "), "022000000"),
            (Some(" "), "ninguno"),
            (None, "ninguno"),
        ] {
            assert_eq!(on_file(text), said, "{text:?}");
        }
    }

    #[test]
    fn spelling_is_no_difference_and_another_number_is() {
        let line =
            |one: &str, other: &str| row("x", [one.to_owned(), String::new(), other.to_owned()]);
        assert!(!line("LUCÍA  MUESTRA", "Lucia Muestra").differs);
        assert!(line("2900000017", "2900000018").differs);
        assert!(!line("", "2900000018").differs, "silence is no difference");
        assert!(line("2900000017", "2900000018").cells[0].odd);
    }

    #[test]
    fn what_the_registry_alone_says_is_marked_where_it_speaks_against() {
        let closed = registered_fact("Estado", Some("Cerrada".to_owned()), true);
        assert!(closed.differs && closed.cells[2].odd);
        assert_eq!(
            closed.cells[2].mark, "!",
            "there is nothing that it differs from"
        );
        let active = registered_fact("Estado", Some("Activa".to_owned()), false);
        assert!(!active.differs && !active.cells[2].odd);
    }
}
