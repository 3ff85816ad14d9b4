//! What a post (*cargo*) says of its holder. Registers write posts as they like: in both genders, shortened, with or without
//! accents, and often with what is governed behind them («Presidente del Directorio»).
//!
//! The machine lets somebody sign alone because of a post only when it is an office that the law or the statutes give the
//! representation to. What is neither that nor a power or a liquidation is for a person to read: whatever a register's clerk may
//! write («Socia», «Comisaria», «Contadora autorizada»), and whatever nobody thought of here.

use super::Role;
use super::plain::plain;

/// Beginnings of words that name whoever acts by a power: *apoderado*, *poder especial*, *mandatario*, *procurador judicial*.
/// `apod` is how they are shortened.
const ATTORNEYS: &[&str] = &["apod", "poder", "mandat", "procurador"];

/// The commercial attorney (*factor mercantil*, Código de Comercio), as a word: a «Director de Factoring» is none.
const FACTORS: &[&str] = &["factor", "factora"];

/// The beginning of words that name a liquidator.
const LIQUIDATORS: &[&str] = &["liquidador"];

/// Offices of representation, without the ending of their gender, in the order of who names them.
const OFFICES: &[&str] = &[
    // Ley de Compañías, and statutes of cooperatives, foundations and associations.
    "gerent",
    "subgerent",
    "president",
    "vicepresident",
    "director",
    "administrador",
    // How spreadsheets shorten them.
    "gt",
    "pdt",
    // Public bodies, schools and universities, missions and religious bodies: their highest authority.
    "autoridad",
    "alcald",
    "alcaldes",
    "prefect",
    "gobernador",
    "ministr",
    "superintendent",
    "contralor",
    "comandant",
    "embajador",
    "rector",
    "obisp",
    "parroc",
    // Whoever is the employer in person; see also [`HOLDER`].
    "propietari",
    "duen",
    "contribuyent",
    "empleador",
    "patron",
];

/// Whoever holds what is registered, as a post of its own: a «Comisaria titular» is what the other word says.
const HOLDER: &str = "titular";

/// Who holds an office only while somebody else is away, has it for honour, held it once or does not hold it yet.
const NOT_IN_IT: &[&str] = &["ex", "suplent", "altern", "electo", "electa"];

/// The same by their beginnings, anywhere: «Gerente saliente», «Gerente (renunció)», «Presidente hasta su cese».
const LEFT_IT: &[&str] = &[
    "salient",
    "cesant",
    "cesad",
    "ceso",
    "cese",
    "renunci",
    "anterior",
    "removid",
    "destitu",
    "fallec",
    "difunt",
    "jubil",
    "vencid",
    "honorari",
    "honorific",
];

/// What follows one of these is what is governed, or whom somebody works for: «Asistente del Gerente» is no manager.
const PREPOSITIONS: &[&str] = &["de", "del", "al", "a", "por", "para", "en", "con", "ante"];

/// The quality that a post names. An empty one names none: the table lists who may sign, and says no more about it.
pub(super) fn quality(post: &str) -> Role {
    let plain = plain(post);
    let words: Vec<&str> = words(&plain).collect();
    let begins = |known: &[&str]| {
        let starts = |word: &&str| known.iter().any(|start| word.starts_with(start));
        words.iter().any(starts)
    };
    if begins(ATTORNEYS) || words.iter().any(|word| FACTORS.contains(word)) {
        Role::Attorney
    } else if begins(LIQUIDATORS) {
        Role::Liquidator
    } else if words.is_empty() || is_office(&words) {
        Role::Administrator
    } else {
        Role::Unrecognised
    }
}

/// What two spellings of one post have in common: «Presidenta» succeeds a «Presidente».
#[must_use]
pub fn post_key(post: &str) -> Vec<String> {
    let plain = plain(post);
    words(&plain)
        .map(|word| ungendered(word).to_owned())
        .collect()
}

fn is_office(words: &[&str]) -> bool {
    let head: Vec<&str> = words
        .iter()
        .take_while(|word| !PREPOSITIONS.contains(word))
        .map(|word| ungendered(word))
        .collect();
    let holds = |known: &[&str]| head.iter().any(|word| known.contains(word));
    let represents = || is_legal_representative(&head) && (head.len() > 1 || words.len() == 1);
    let left = words
        .iter()
        .any(|word| LEFT_IT.iter().any(|start| word.starts_with(start)));
    let in_it = !left && !NOT_IN_IT.iter().any(|one| head.contains(&ungendered(one)));
    in_it && (holds(OFFICES) || head == [HOLDER] || represents())
}

/// «Representante legal», «Rep. Legal», «R. L.», or «Representante» and nothing else: a «Representante de Ventas» is none.
fn is_legal_representative(head: &[&str]) -> bool {
    let legal = |pair: &[&str]| {
        matches!(pair, [one, other]
            if (one.starts_with("rep") || *one == "r") && matches!(*other, "legal" | "legales" | "leg" | "l"))
    };
    head.windows(2).any(legal) || matches!(head, ["representant" | "rl"])
}

fn words(plain: &str) -> impl Iterator<Item = &str> {
    plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// A word without the ending that tells a man from a woman.
fn ungendered(word: &str) -> &str {
    word.trim_end_matches(['a', 'e', 'o'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_says_in_which_quality() {
        use Role::{Administrator, Attorney, Liquidator, Unrecognised};
        const VECTORS: &[(&str, Role)] = &[
            ("Apoderada", Attorney),
            ("Apoderado Especial", Attorney),
            ("Apoder. Gral.", Attorney),
            ("APOD. GENERAL", Attorney),
            ("Poder especial", Attorney),
            ("PODER GENERAL", Attorney),
            ("Gerente General por poder", Attorney),
            ("Procuradora especial", Attorney),
            ("Procurador Judicial", Attorney),
            ("Mandataria", Attorney),
            ("Mandatario general", Attorney),
            ("Factora mercantil", Attorney),
            ("FACTOR", Attorney),
            ("Liquidador", Liquidator),
            ("LIQUIDADORA PRINCIPAL", Liquidator),
            ("Gerente General", Administrator),
            ("GERENTA", Administrator),
            ("Gte. General", Administrator),
            ("Subgerente", Administrator),
            ("Gerente de Sucursal", Administrator),
            ("Gerente General (E)", Administrator),
            ("Presidenta Ejecutiva", Administrator),
            ("Presidente del Directorio", Administrator),
            ("Vicepresidente", Administrator),
            ("Directora Técnica", Administrator),
            ("Director de Factoring", Administrator),
            ("Socio Administrador", Administrator),
            ("ADMINISTRADORA", Administrator),
            ("Representante Legal", Administrator),
            ("REP. LEGAL", Administrator),
            ("R.L.", Administrator),
            ("Contadora y Representante Legal", Administrator),
            ("Representante", Administrator),
            ("Máxima Autoridad", Administrator),
            ("Alcaldesa", Administrator),
            ("Prefecto Provincial", Administrator),
            ("Rectora", Administrator),
            ("Dueña", Administrator),
            ("Propietario", Administrator),
            ("Titular", Administrator),
            ("Patrona", Administrator),
            ("", Administrator),
            ("Comisaria", Unrecognised),
            ("Socia", Unrecognised),
            ("ACCIONISTA", Unrecognised),
            ("Contadora autorizada", Unrecognised),
            ("Delegada de la Máxima Autoridad", Unrecognised),
            ("Asistente del Gerente", Unrecognised),
            ("Asistente de Gerencia", Unrecognised),
            ("Miembro del Directorio", Unrecognised),
            ("Representante de Ventas", Unrecognised),
            ("Asesor Legal", Unrecognised),
            ("Ex Presidente", Unrecognised),
            ("Gerente suplente", Unrecognised),
            ("Titular del negocio", Administrator),
            ("Gerente titular", Administrator),
            ("Comisaria titular", Unrecognised),
            ("Vocal titular", Unrecognised),
            ("Contadora titular", Unrecognised),
            ("Delegado titular", Unrecognised),
            ("Secretaria titular", Unrecognised),
            ("Gerente saliente", Unrecognised),
            ("Gerente cesante", Unrecognised),
            ("Gerente (renunció)", Unrecognised),
            ("Gerente, cesó en 2024", Unrecognised),
            ("Anterior Gerente", Unrecognised),
            ("Ex-Gerente", Unrecognised),
            ("Presidenta electa", Unrecognised),
            ("Presidente honorario", Unrecognised),
            ("—", Administrator),
        ];
        for (post, expected) in VECTORS {
            assert_eq!(quality(post), *expected, "{post}");
        }
    }
}
