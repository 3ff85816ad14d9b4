//! What a signature says of itself that it means: `/Reason` and `commitment-type-indication`. Whoever signs for receipt, or as a
//! witness, asks for nothing, whatever stands above the signature.

use crate::letter;
use crate::verify::report::{LONGEST_REASON, SignatureReport};

/// Commitments to what is signed (ETSI EN 319 122-1 §5.2.3); the others are to its receipt, delivery or sending.
const OWN: [&str; 3] = ["proofOfOrigin", "proofOfApproval", "proofOfCreation"];

/// Stems of words that say that somebody took, saw, heard of, witnessed or copied what they sign.
const ONLY_SEEN: &str = "acus acknowledg atestig conocim constancia copi copy enterad leid notific receipt receiv recepci recib seen simulac \
     testig testim vist witness";

/// Words of English that writers of PDF put into sentences of their own: «I am the author of this document».
const OF_WRITERS: [&str; 4] = ["is", "text", "the", "this"];

/// What a signature says that it was made for, when that is anything but to ask for what is signed.
pub(super) fn other(signature: &SignatureReport) -> Option<String> {
    let committed = signature.commitment_types.iter();
    let committed = committed.clone().find(|kind| !OWN.contains(&kind.as_str()));
    let said = signature.reason.iter().find(|said| is_other(said));
    said.or(committed).cloned()
}

fn is_other(said: &str) -> bool {
    let is_plain = |c: char| {
        c.is_ascii_graphic()
            || c == ' '
            || c < '\u{250}' && c.is_alphabetic()
            || "\u{ab}\u{bb}\u{201c}\u{201d}\u{2018}\u{2019}\u{2013}\u{2014}\u{ba}\u{aa}\u{b7}"
                .contains(c)
    };
    let said_small = crate::domain::plain(said);
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
}
