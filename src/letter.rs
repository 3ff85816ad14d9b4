//! Reads an own letter (DESIGN E): which employer, which action, which address. Works on the text of the signed
//! revision only, and answers with doubts instead of guesses: one doubt sends the letter to a person.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::{Action, BranchCode, EmailAddress, PetitionContent, Ruc, plain};

/// The text of a document as its reader would see it, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    /// Lines in reading order.
    pub lines: Vec<String>,
    /// Ways in which text is there that a reader would not see, or seen text that is not there.
    pub hidden: BTreeSet<HiddenText>,
}

/// A reason to distrust extracted text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HiddenText {
    /// Text rendering mode 3 or 7 (ISO 32000-2 §9.3.6).
    Invisible,
    /// Text in the colour of paper or of what is painted below it, or in a colour that can't be told.
    PaperColour,
    /// Text that lets through what is below it, or is mixed with it (§11).
    Transparent,
    /// Text outside of what a path lets be seen (§8.5.4).
    Clipped,
    /// Text outside the page.
    OffPage,
    /// Text too small to be read.
    Tiny,
    /// Text that is only in a form XObject, a pattern or an annotation, where it is not read.
    Elsewhere,
    /// Text inside an optional-content group that may be switched off (§8.11).
    OptionalContent,
    /// Something painted over text after it.
    Covered,
    /// A font whose characters can't be told from its codes.
    UnreadableFont,
}

/// Why a letter is not unambiguous.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// No text at all: a scan, perhaps.
    NoText,
    /// No RUC in the text.
    NoRuc,
    /// More than one RUC.
    SeveralRucs,
    /// Neither a password reset nor a change of e-mail is asked.
    NoAction,
    /// Both are asked.
    SeveralActions,
    /// A change of e-mail without the new address.
    NoEmail,
    /// More than one address that could be the new one.
    SeveralEmails,
    /// The letter seems to withdraw or deny something.
    Withdrawal,
    /// Text that a reader would not see.
    Hidden,
}

/// What a letter says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterReading {
    /// The petition, when it could be read at all; act on it only when there are no doubts.
    pub content: Option<PetitionContent>,
    /// Every doubt.
    pub doubts: BTreeSet<Doubt>,
    /// Every e-mail address in the text.
    pub emails: Vec<EmailAddress>,
}

/// Verbs that ask for a new password, without accents.
const RESET_VERBS: [&str; 7] = [
    "restablec",
    "recuper",
    "resete",
    "reinici",
    "restitu",
    "olvid",
    "generacion de nueva clave",
];
/// Verbs that ask for a locked account to be opened, and what they are said of.
const UNBLOCK_VERBS: [&str; 1] = ["desbloque"];
const ACCOUNT_WORDS: [&str; 4] = ["cuenta", "usuario", "clave", "acceso"];
/// Verbs that ask for another address.
const CHANGE_VERBS: [&str; 6] = [
    "actualiz",
    "cambi",
    "modific",
    "sustitu",
    "reemplaz",
    "nuevo correo",
];
/// Words for the password.
const PASSWORD_WORDS: [&str; 3] = ["clave", "contrasena", "password"];
/// Words for the address.
const EMAIL_WORDS: [&str; 3] = ["correo", "e-mail", "email"];
/// Words that turn a petition into its opposite.
const WITHDRAWAL_WORDS: [&str; 5] = [
    "desist",
    "anul",
    "dejar sin efecto",
    "no autorizo",
    "no solicito",
];

/// Reads the petition that `text` states.
#[must_use]
pub fn read(text: &PageText) -> LetterReading {
    let mut doubts = BTreeSet::new();
    if text.lines.iter().all(|line| line.trim().is_empty()) {
        doubts.insert(Doubt::NoText);
    }
    if !text.hidden.is_empty() {
        doubts.insert(Doubt::Hidden);
    }
    let sentences = sentences(&text.lines);
    if sentences
        .iter()
        .any(|sentence| contains_any(sentence, &WITHDRAWAL_WORDS))
    {
        doubts.insert(Doubt::Withdrawal);
    }
    let emails = emails(&text.lines);
    let ruc = one_ruc(&text.lines, &mut doubts);
    let action = one_action(&sentences, &mut doubts);
    let new_email = match action {
        Some(Action::ChangeEmail) => one_new_email(&text.lines, &emails, &mut doubts),
        _ => None,
    };
    let content = ruc.zip(action).map(|(ruc, action)| PetitionContent {
        ruc,
        branch: branch(&sentences).unwrap_or_default(),
        action,
        new_email,
    });
    LetterReading {
        content,
        doubts,
        emails,
    }
}

/// The text cut into sentences: at full stops followed by a blank, at colons of labels only when the next line starts a
/// new label, and at empty lines. Lines of one paragraph are joined, because a page breaks sentences where it likes.
fn sentences(lines: &[String]) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut current = String::new();
    let mut flush = |current: &mut String| {
        if !current.trim().is_empty() {
            sentences.push(std::mem::take(current));
        }
        current.clear();
    };
    for line in lines {
        let line = plain(line.trim());
        // «RUC: …», «Asunto: …»: a label begins a sentence of its own.
        let labelled = line
            .split_once(':')
            .is_some_and(|(label, _)| label.split_whitespace().count() <= 4);
        if labelled || line.is_empty() {
            flush(&mut current);
        }
        for piece in line.split_inclusive(". ") {
            current.push_str(piece);
            if piece.ends_with(". ") {
                flush(&mut current);
            }
        }
        if labelled || line.ends_with('.') {
            flush(&mut current);
        } else {
            current.push(' ');
        }
    }
    flush(&mut current);
    sentences
}

fn contains_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The RUCs of the text: runs of exactly thirteen digits that stand alone.
fn one_ruc(lines: &[String], doubts: &mut BTreeSet<Doubt>) -> Option<Ruc> {
    let found: BTreeSet<Ruc> = lines
        .iter()
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.len() == 13)
        .filter_map(|word| word.parse().ok())
        .collect();
    if found.len() > 1 {
        doubts.insert(Doubt::SeveralRucs);
    }
    let first = found.into_iter().next();
    if first.is_none() {
        doubts.insert(Doubt::NoRuc);
    }
    first
}

/// The action asked for. A sentence asks for it when verb and object stand in it together.
fn one_action(sentences: &[String], doubts: &mut BTreeSet<Doubt>) -> Option<Action> {
    let resets = |sentence: &String| {
        contains_any(sentence, &RESET_VERBS) && contains_any(sentence, &PASSWORD_WORDS)
    };
    let unblocks = |sentence: &String| {
        contains_any(sentence, &UNBLOCK_VERBS) && contains_any(sentence, &ACCOUNT_WORDS)
    };
    let changes = |sentence: &String| {
        contains_any(sentence, &CHANGE_VERBS) && contains_any(sentence, &EMAIL_WORDS)
    };
    let asked = |asks: &dyn Fn(&String) -> bool| sentences.iter().any(asks);
    match (asked(&resets), asked(&unblocks), asked(&changes)) {
        // Who asks for both gets both: an unblocked account comes with a link for a new password.
        (_, true, false) => Some(Action::Unblock),
        (true, false, false) => Some(Action::ResetPassword),
        (false, false, true) => Some(Action::ChangeEmail),
        (false, false, false) => {
            doubts.insert(Doubt::NoAction);
            None
        }
        _ => {
            doubts.insert(Doubt::SeveralActions);
            None
        }
    }
}

/// Every e-mail address, in order, once each.
fn emails(lines: &[String]) -> Vec<EmailAddress> {
    let mut found: Vec<EmailAddress> = Vec::new();
    let words = lines
        .iter()
        .flat_map(|line| line.split(|c: char| c.is_whitespace() || ",;:<>()\"«»".contains(c)));
    for word in words.filter(|word| word.contains('@')) {
        if let Ok(address) = word.trim_end_matches('.').parse::<EmailAddress>()
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

/// The new address: the only one there is, or the only one on a line that calls it new.
fn one_new_email(
    lines: &[String],
    all: &[EmailAddress],
    doubts: &mut BTreeSet<Doubt>,
) -> Option<EmailAddress> {
    let called_new: Vec<String> = lines
        .iter()
        .filter(|line| plain(line).contains("nuevo"))
        .cloned()
        .collect();
    let named = emails(&called_new);
    match (named.as_slice(), all) {
        ([only], _) | ([], [only]) => Some(only.clone()),
        (_, []) => {
            doubts.insert(Doubt::NoEmail);
            None
        }
        _ => {
            doubts.insert(Doubt::SeveralEmails);
            None
        }
    }
}

/// A branch named as «sucursal 0002».
fn branch(sentences: &[String]) -> Option<BranchCode> {
    sentences.iter().find_map(|sentence| {
        let (_, after) = sentence.split_once("sucursal")?;
        let digits: String = after
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(text: &str) -> LetterReading {
        read(&PageText {
            lines: text.lines().map(str::to_owned).collect(),
            hidden: BTreeSet::new(),
        })
    }

    const RESET: &str = "Asunto: Solicitud de restablecimiento de clave de empleador\n\nDe mi consideración:\n\
        Yo, ANA PÉREZ, en mi calidad de Gerente General, solicito a ustedes se sirvan\natender el trámite indicado.\n\
        RUC: 1790993949001\nCédula: 1759121716\nTrámite: Restablecimiento de clave de empleador\n";

    #[test]
    fn an_unambiguous_reset_leaves_no_doubt() {
        let reading = letter(RESET);
        assert!(reading.doubts.is_empty(), "{:?}", reading.doubts);
        let content = reading.content.unwrap();
        assert_eq!(content.action, Action::ResetPassword);
        assert_eq!(content.ruc.as_str(), "1790993949001");
        assert_eq!(content.branch, BranchCode::default());
    }

    #[test]
    fn a_sentence_broken_by_the_page_is_still_one_sentence() {
        let reading = letter(
            "Solicito la recuperación de la\nclave de empleador del RUC 1790993949001, sucursal 2.",
        );
        let content = reading.content.unwrap();
        assert_eq!(
            (content.action, content.branch.as_str()),
            (Action::ResetPassword, "0002")
        );
    }

    #[test]
    fn a_locked_account_is_asked_to_be_opened() {
        let vectors = [
            "Solicito el desbloqueo de la cuenta de empleador del RUC 1790993949001.",
            "Solicito desbloquear y restablecer la clave de empleador.\nRUC: 1790993949001",
        ];
        for text in vectors {
            let reading = letter(text);
            assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
            assert_eq!(reading.content.unwrap().action, Action::Unblock, "{text}");
        }
    }

    #[test]
    fn every_ambiguity_is_a_doubt() {
        let change = "Asunto: Actualización de correo electrónico\nRUC: 1790993949001\n";
        let vectors: &[(String, Doubt, &str)] = &[
            (String::new(), Doubt::NoText, "an empty page"),
            (RESET.replace("1790993949001", ""), Doubt::NoRuc, "no RUC"),
            (
                RESET.replace("1790993949001", "17909939490010"),
                Doubt::NoRuc,
                "fourteen digits",
            ),
            (
                format!("{RESET}RUC: 0997939670001"),
                Doubt::SeveralRucs,
                "two employers",
            ),
            (
                "RUC: 1790993949001".to_owned(),
                Doubt::NoAction,
                "no petition",
            ),
            (
                format!("{RESET}{change}"),
                Doubt::SeveralActions,
                "two petitions",
            ),
            (
                format!("RUC: 1790993949001\nDesbloqueo de la cuenta\n{change}"),
                Doubt::SeveralActions,
                "an account and an address",
            ),
            (change.to_owned(), Doubt::NoEmail, "no address"),
            (
                format!("{change}a@b.ec o c@d.ec"),
                Doubt::SeveralEmails,
                "two addresses",
            ),
            (
                format!("{RESET}Desisto de lo anterior."),
                Doubt::Withdrawal,
                "the opposite",
            ),
        ];
        for (text, doubt, why) in vectors {
            assert!(
                letter(text).doubts.contains(doubt),
                "{why}: {:?}",
                letter(text).doubts
            );
        }
    }

    #[test]
    fn the_new_address_is_the_one_called_new() {
        let reading = letter(
            "Asunto: Actualización de correo electrónico\nRUC: 1790993949001\n\
             Correo anterior: viejo@empresa.ec\nNuevo correo electrónico: nomina.nueva@empresa.ec.\n",
        );
        assert!(reading.doubts.is_empty(), "{:?}", reading.doubts);
        assert_eq!(
            reading.content.unwrap().new_email.unwrap().as_str(),
            "nomina.nueva@empresa.ec"
        );
        assert_eq!(reading.emails.len(), 2);
    }
}
