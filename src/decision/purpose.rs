//! What a signature says of itself that it means: `/Reason` and `commitment-type-indication`, and whatever else the signer put beside it
//! (place, contact, name, roles). Whoever signs for receipt, or as a witness, asks for nothing, whatever stands above the signature.

use std::collections::BTreeSet;

use crate::domain::plain;
use crate::letter;
use crate::verify::report::{LONGEST_REASON, SignatureReport, Statement, StatementPlace};

/// Commitments to what is signed (ETSI EN 319 122-1 §5.2.3); the others are to its receipt, delivery or sending.
const OWN: [&str; 3] = ["proofOfOrigin", "proofOfApproval", "proofOfCreation"];

/// Stems of words that say that somebody took, saw, heard of, witnessed or copied what they sign.
const ONLY_SEEN: &str = "acus acknowledg atestig conocim constancia copi copy enterad leid notific receipt receiv recepci recib seen simulac \
     testig testim vist witness";

/// Words of English that writers of PDF put into sentences of their own: «I am the author of this document».
const OF_WRITERS: [&str; 4] = ["is", "text", "the", "this"];

/// Words around an address: what it is, and not what is meant.
const OF_CONTACTS: &str = "cel celular contact contacto correo e email ext extension fono mail movil phone tel telef telefono telefonos telf \
     tlf whatsapp y";

/// Words that no name of a place has: where they stand, something is told.
const OF_SENTENCES: &str =
    "a al como con en es esta este esto mi me no para pero por que se si sin su un una yo";
/// Words of a place at the most.
const LONGEST_PLACE: usize = 5;

/// Titles in front of names, and behind them.
const TITLES: &str =
    "abg arq cpa dr dra econ eco ing lcda lcdo lic mba mgs mgtr msc phd sr sra srta tlga tlgo";

/// Posts in which somebody asks for what they sign.
const POSTS: &str = "administrador administradora de del director directora ejecutiva ejecutivo el empleador empleadora empresa general gerente \
     la legal liquidador liquidadora patrono presidenta presidente propietaria propietario representante titular";

/// What a signature says that it means, when that is anything but to ask for what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Other {
    /// Its words.
    pub said: String,
    /// Where they stand, when they are no reason.
    pub place: Option<StatementPlace>,
}

/// What a signature says that it was made for, when that is anything but to ask for what is signed. Beside a letter nothing else is
/// said than what belongs there; a form may bear what programs of signing write of themselves.
pub(super) fn other(signature: &SignatureReport, is_letter: bool) -> Option<Other> {
    let committed = signature.commitment_types.iter();
    let committed = committed.clone().find(|kind| !OWN.contains(&kind.as_str()));
    let said = signature.reason.iter().find(|said| is_other(said));
    let reason = said.or(committed).map(|said| Other {
        said: said.clone(),
        place: None,
    });
    reason.or_else(|| {
        let signer = words_of_signer(signature);
        let beside = |one: &&Statement| {
            let fits = belongs(one, &signer);
            !fits && (is_letter || speaks(one))
        };
        signature.statements.iter().find(beside).map(|one| Other {
            said: one.text.clone(),
            place: Some(one.place),
        })
    })
}

/// Words of a text without accents and case.
fn words(text: &str) -> Vec<String> {
    let plain = plain(text);
    let words = plain.split(|c: char| !c.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

fn is_one_of(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

/// The words by which a certificate calls its holder.
fn words_of_signer(signature: &SignatureReport) -> BTreeSet<String> {
    let name = signature.signer.iter().map(|signer| signer.name.as_str());
    let subject = signature.chain.first();
    let subject = subject.map(|certificate| certificate.subject.as_str());
    name.chain(subject).flat_map(words).collect()
}

/// Whether a statement is what its place is for: a place, an address or a number, the signer's own name, a post.
fn belongs(one: &Statement, signer: &BTreeSet<String>) -> bool {
    let text = one.text.as_str();
    let names_signer = |text: &str| {
        let mut words = words(text).into_iter();
        words.all(|word| {
            signer.contains(&word)
                || is_one_of(TITLES, &word)
                || word.chars().all(|c| c.is_ascii_digit())
        })
    };
    match one.place {
        StatementPlace::Location => letter::is_place(text) || reads_as_place(text),
        StatementPlace::Name => names_signer(&without_addresses(text)),
        StatementPlace::ContactInfo => {
            let rest = without_addresses(text);
            let mut words = words(&rest).into_iter();
            words.all(|word| is_one_of(OF_CONTACTS, &word))
                || names_signer(&rest)
                || letter::is_place(&rest)
        }
        StatementPlace::Role => {
            let words = words(text);
            let represents = [
                "administrador",
                "director",
                "gerent",
                "legal",
                "liquidador",
                "president",
                "propietari",
            ];
            words.iter().all(|word| is_one_of(POSTS, word))
                && words
                    .iter()
                    .any(|word| represents.iter().any(|stem| word.starts_with(stem)))
        }
        StatementPlace::Content => !is_other(text),
    }
}

/// Whether a statement says something against what is signed, or what nobody can tell.
fn speaks(one: &Statement) -> bool {
    match one.place {
        StatementPlace::ContactInfo | StatementPlace::Name => {
            is_other(&without_addresses(&one.text))
        }
        // «Buena Vista»
        StatementPlace::Location => is_other(&one.text.replace("vista", "").replace("Vista", "")),
        StatementPlace::Role | StatementPlace::Content => is_other(&one.text),
    }
}

/// A few words that begin as names do, and tell nothing.
fn reads_as_place(text: &str) -> bool {
    let is_link = |word: &str| matches!(word, "de" | "del" | "el" | "la" | "las" | "los");
    let is_name = |word: &str| {
        word.chars().all(char::is_alphabetic)
            && (word.starts_with(char::is_uppercase) || is_link(word))
    };
    let mut words = text
        .split(|c: char| c.is_whitespace() || ",.-()".contains(c))
        .filter(|word| !word.is_empty())
        .peekable();
    let some = words.peek().is_some();
    let all: Vec<&str> = words.collect();
    some && all.len() <= LONGEST_PLACE
        && all
            .iter()
            .all(|word| is_name(word) && !is_one_of(OF_SENTENCES, &plain(word)))
        && !is_other(&text.replace("Vista", ""))
}

/// The text without mail addresses, sites and numbers.
fn without_addresses(text: &str) -> String {
    let is_address = |word: &&str| {
        let small = word.to_lowercase();
        let number = word
            .chars()
            .all(|c| c.is_ascii_digit() || "+()-.,;:/".contains(c));
        let mail = small.split_once('@').is_some_and(|(name, domain)| {
            !name.is_empty() && domain.contains('.') && small.is_ascii()
        });
        number || mail || small.starts_with("www.") || small.starts_with("http")
    };
    let rest = text.split_whitespace().filter(|word| !is_address(word));
    rest.collect::<Vec<_>>().join(" ")
}

fn is_other(said: &str) -> bool {
    let is_plain = |c: char| {
        c.is_ascii_graphic()
            || c == ' '
            || c < '\u{250}' && c.is_alphabetic()
            || "\u{ab}\u{bb}\u{201c}\u{201d}\u{2018}\u{2019}\u{2013}\u{2014}\u{ba}\u{aa}\u{b7}"
                .contains(c)
    };
    let said_small = plain(said);
    let words: Vec<&str> = said_small
        .split(|c: char| !c.is_alphanumeric() && c != '?')
        .filter(|word| !word.is_empty() && !OF_WRITERS.contains(word))
        .collect();
    let only_seen = |word: &&str| ONLY_SEEN.split(' ').any(|stem| word.starts_with(stem));
    said.chars().count() > LONGEST_REASON
        || !said.chars().all(is_plain)
        || words.iter().any(only_seen)
        || letter::takes_back(&words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tools_write_by_themselves_means_nothing() {
        for said in [
            "Firmado digitalmente",
            "Firmado electrónicamente por LUCÍA ÑAUTA",
            "Firma Electrónica",
            "Firma digital - FirmaEC",
            "FIRMA DE DOCUMENTO",
            "Aprobado",
            "Solicitud",
            "Solicito el restablecimiento de la clave de empleador",
            "Autorización",
            "I am the author of this document",
            "I am approving this document",
            "I have reviewed this document",
            "I attest to the accuracy and integrity of this document",
            "I agree to the terms defined by the placement of my signature on this document",
            "Digitally signed",
            "r",
            "-",
        ] {
            assert!(!is_other(said), "{said}");
        }
    }

    #[test]
    fn whoever_signs_for_something_else_says_so() {
        for said in [
            "Recibido. No conforme: no solicito nada.",
            "RECIBIDO",
            "Recibí copia",
            "Acuse de recibo",
            "Como testigo",
            "Copia",
            "Fiel copia del original",
            "No conforme",
            "Visto",
            "Enterada",
            "Notificada",
            "Para mi conocimiento",
            "Firmado bajo coacción",
            "Received",
            "Witness",
            "I do not agree",
            "?",
            "R\u{435}cibido",
            "Re\u{200b}cibido",
        ] {
            assert!(is_other(said), "{said}");
        }
        assert!(is_other(&format!("{}\u{2026}", "a".repeat(LONGEST_REASON))));
    }

    const SIGNER: [&str; 4] = ["lucia", "estefania", "nauta", "cardenas"];

    fn stated(place: StatementPlace, text: &str) -> (bool, bool) {
        let signer = SIGNER.iter().map(|word| (*word).to_owned()).collect();
        let one = Statement {
            place,
            text: text.to_owned(),
        };
        let fits = belongs(&one, &signer);
        (fits, fits || !speaks(&one))
    }

    #[test]
    fn what_belongs_beside_a_signature_is_harmless() {
        use StatementPlace::{ContactInfo, Content, Location, Name, Role};
        for (place, text) in [
            (Location, "Quito"),
            (Location, "QUITO - ECUADOR"),
            (Location, "quito, ecuador"),
            (Location, "La Maná"),
            (Location, "Cantón Cuenca, provincia del Azuay"),
            (Location, "Santo Domingo de los Tsáchilas"),
            (Location, "EC"),
            (Location, "Miami"),
            (Location, "Buena Vista"),
            (Location, "San Antonio de Pichincha"),
            (ContactInfo, "lucia@cafe-ficticio.ec"),
            (ContactInfo, "Tel. +593 99 123 4567"),
            (
                ContactInfo,
                "(02) 234-5678 ext. 12, gerencia@banco-modelo.ec",
            ),
            (ContactInfo, "Lucía Ñauta, 0991234567"),
            (ContactInfo, "https://www.cafe-ficticio.ec"),
            (Name, "Lucía Ñauta"),
            (Name, "ING. LUCIA ESTEFANIA ÑAUTA CARDENAS 070925141205"),
            (Name, "Lucía Ñauta <lucia@cafe-ficticio.ec>"),
            (Role, "Gerente General"),
            (Role, "Representante legal de la empresa"),
            (Content, "Solicitud de clave"),
        ] {
            assert_eq!(stated(place, text), (true, true), "{text}");
        }
    }

    /// What a form may bear all the same: nobody knows what programs write there by themselves.
    #[test]
    fn what_is_not_told_apart_goes_to_a_person_with_a_letter_alone() {
        use StatementPlace::{ContactInfo, Location, Name, Role};
        for (place, text) in [
            (Location, "Av. Amazonas N24-155 y Colón, piso 3"),
            (Location, "signer location"),
            (ContactInfo, "Oficina de gerencia"),
            (Name, "Contabilidad Andina"),
            (Name, "Juan Pérez"),
            (Role, "Asistente"),
        ] {
            assert_eq!(stated(place, text), (false, true), "{text}");
        }
    }

    #[test]
    fn whoever_says_it_elsewhere_than_in_the_reason_says_it_too() {
        use StatementPlace::{ContactInfo, Content, Location, Name, Role};
        for (place, text) in [
            (Location, "Recibí copia. No solicito nada."),
            (Location, "RECIBIDO"),
            (Location, "Quito, no solicito nada"),
            (Location, "Solo para archivo"),
            (Location, "?"),
            (ContactInfo, "Firmo obligada, no autorizo ninguna clave"),
            (ContactInfo, "099 123 4567 no solicito nada"),
            (Name, "Juan Perez, testigo"),
            (Name, "Lucía Ñauta, testigo"),
            (Role, "Testigo: solo recibi copia"),
            (Role, "Testigo"),
            (Content, "Acuse de recibo"),
            (Content, "?"),
        ] {
            assert_eq!(stated(place, text), (false, false), "{text}");
        }
    }
}
