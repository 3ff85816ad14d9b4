//! Reads an own letter (DESIGN E): which employer, which action, which address. Works on the text of the signed
//! revision only, and answers with doubts instead of guesses: one doubt sends the letter to a person.
//!
//! A machine believes a letter only when everything on its first page is known to be harmless: each sentence has the shape of one in an
//! ordinary petition (`page`). What is not known is a doubt, whatever it says, and so is anything behind the first page.

mod against;
mod page;
mod shape;
mod streets;
mod vocabulary;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::domain::{Action, BranchCode, EmailAddress, PetitionContent, Ruc, plain, unaccented};
use crate::verify::pdf::Drawn;
use page::Understood;

/// The text of a document as its reader would see it, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    /// Lines in reading order. An empty one stands behind each page.
    pub lines: Vec<String>,
    /// How many of them stand on the first page; nought of a text without pages, which is one.
    #[serde(default)]
    pub first_page_lines: usize,
    /// Ways in which text is there that a reader would not see, or seen text that is not there.
    pub hidden: BTreeSet<HiddenText>,
    /// Whether letters are shown whose shapes the document brings along. What they mean is written beside the shapes, and
    /// nothing makes both agree (ISO 32000-2 §9.10.2): who signed may have seen another text.
    pub drawn: bool,
    /// Whether a page holds anything but plain text that every reader shows alike: what it shows need not be what was read.
    #[serde(default)]
    pub ornate: bool,
    /// The signatures that its pages show, as often as they do. Whoever knows which of them somebody made compares.
    #[serde(default)]
    pub drawn_signatures: Vec<Drawn>,
}

impl PageText {
    /// The lines of the first page, and those behind it.
    fn first_page(&self) -> (&[String], &[String]) {
        let all = self.lines.len();
        let told = Some(self.first_page_lines).filter(|lines| *lines > 0);
        self.lines.split_at(told.unwrap_or(all).min(all))
    }
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
    /// Text without pages that need not look alike in every program.
    OddText,
    /// No RUC in the text.
    NoRuc,
    /// More than one RUC.
    SeveralRucs,
    /// Nothing is asked in words that can't mean anything else.
    NoAction,
    /// Both are asked.
    SeveralActions,
    /// A change of e-mail without the new address.
    NoEmail,
    /// More than one address that could be the new one.
    SeveralEmails,
    /// An e-mail address that can't be read.
    UnclearEmail,
    /// The first page says something that ordinary petitions do not.
    Unfamiliar,
    /// Something stands behind the first page, which may say anything.
    SeveralPages,
    /// It is a PDF that somebody signed from outside: nothing signs its name, and elsewhere it may be another document.
    SignedOutside,
    /// A branch is spoken of without its number beside it, or its number elsewhere than in the petition and its label.
    UnclearBranch,
    /// More text than any petition needs.
    TooLong,
    /// More words on its first page than a petition needs: a contract may hold one among its clauses.
    LongPage,
    /// Text that a reader would not see.
    Hidden,
}

/// Who signed a letter, as their certificate says: only they are believed to write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Full name.
    pub name: String,
    /// Cédula, when there is one.
    pub document: Option<String>,
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
    /// Every company that the first page names.
    pub companies: Vec<String>,
    /// Whether it says that the mailbox on file is out of reach, or an old one.
    pub mailbox_lost: bool,
    /// Whether somebody has to look if this is what the page shows ([`PageText::drawn`]).
    pub drawn: bool,
    /// Whether somebody has to look because there is more than plain text ([`PageText::ornate`]).
    pub ornate: bool,
}

/// Bytes of text beyond which nothing is read: some fifty pages.
const LONGEST: usize = 200_000;
/// Words of a first page that somebody reads before they sign: a long letter on company paper has some two hundred.
const LONGEST_PAGE: usize = 300;
/// Characters of a word, as many as words of that page have at the most, on the average.
const LONGEST_WORD: usize = 12;
/// E-mail addresses beyond which the rest is not told apart.
const MOST_EMAILS: usize = 20;

/// What a sentence asks for, or names as what the letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Reset,
    Unblock,
    Change,
}

/// Reads the petition that `text` states, which these people signed.
#[must_use]
pub fn read(text: &PageText, signers: &[Author]) -> LetterReading {
    let mut doubts = BTreeSet::new();
    if text.lines.iter().all(|line| line.trim().is_empty()) {
        doubts.insert(Doubt::NoText);
    }
    if !text.hidden.is_empty() {
        doubts.insert(Doubt::Hidden);
    }
    if text.lines.iter().map(String::len).sum::<usize>() > LONGEST {
        doubts.insert(Doubt::TooLong);
        return LetterReading {
            doubts,
            ..LetterReading::default()
        };
    }
    let (page, behind) = text.first_page();
    let understood = understood(page, signers, &mut doubts);
    if behind.iter().any(|line| !line.trim().is_empty()) {
        doubts.insert(Doubt::SeveralPages);
    }
    let action = action(&understood, &mut doubts);
    let emails = emails(&text.lines, &mut doubts);
    let ruc = one_ruc(&text.lines, &mut doubts);
    let new_email = match action {
        Some(Action::ChangeEmail) => one_new_email(&text.lines, &emails, &mut doubts),
        _ => None,
    };
    let branch = branch(&sentences(page), &mut doubts);
    let content = ruc.zip(action).map(|(ruc, action)| PetitionContent {
        ruc,
        branch: branch.unwrap_or_default(),
        action,
        new_email,
    });
    LetterReading {
        content,
        doubts,
        emails,
        companies: understood.companies,
        mailbox_lost: understood.mailbox_lost,
        drawn: text.drawn,
        ornate: text.ornate,
    }
}

/// What the first page says; nothing of it, and a doubt, when it is long or says anything else than ordinary letters.
fn understood(page: &[String], signers: &[Author], doubts: &mut BTreeSet<Doubt>) -> Understood {
    let characters: usize = page.iter().map(|line| line.chars().count()).sum();
    let words: usize = page
        .iter()
        .map(|line| line.split_whitespace().count())
        .sum();
    if words > LONGEST_PAGE || characters > LONGEST_PAGE * LONGEST_WORD {
        doubts.insert(Doubt::LongPage);
        return Understood::default();
    }
    page::read(page, signers).unwrap_or_else(|| {
        doubts.insert(Doubt::Unfamiliar);
        Understood::default()
    })
}

/// Whether words that stand beside a petition deny, forbid or take back something (`against`).
#[must_use]
pub fn takes_back(text: &str) -> bool {
    against::is_said_in(&unaccented(text))
}

/// Whether `text` names places of Ecuador and nothing else: «Quito - Ecuador», «Cantón Cuenca, provincia del Azuay».
#[must_use]
pub fn is_place(text: &str) -> bool {
    const LONGEST: usize = 6;
    const AROUND: [&str; 18] = [
        "provincia",
        "canton",
        "ciudad",
        "republica",
        "distrito",
        "metropolitano",
        "de",
        "del",
        "la",
        "el",
        "d",
        "m",
        "dm",
        "dmq",
        "ec",
        "norte",
        "sur",
        "centro",
    ];
    let plain = plain(text);
    let words: Vec<&str> = plain
        .split(|c: char| c.is_whitespace() || ",.-–/()".contains(c))
        .filter(|word| !word.is_empty())
        .collect();
    // Where a place may end, from the beginning on; one of them is more than what stands around.
    let mut ends = vec![(0, false)];
    let mut seen = BTreeSet::new();
    while let Some((at, named)) = ends.pop() {
        if at == words.len() && named {
            return true;
        }
        if !seen.insert((at, named)) {
            continue;
        }
        let rest = words.get(at..).unwrap_or_default();
        if rest.first().is_some_and(|word| AROUND.contains(word)) {
            ends.push((at + 1, named || rest.first() == Some(&"ec")));
        }
        for length in 1..=rest.len().min(LONGEST) {
            let place = rest[..length].join(" ");
            if vocabulary::PLACES.split("; ").any(|known| known == place) {
                ends.push((at + length, true));
            }
        }
    }
    false
}

/// What is asked, when it is one thing.
fn action(understood: &Understood, doubts: &mut BTreeSet<Doubt>) -> Option<Action> {
    let asked: Vec<Asked> = understood.asked.iter().copied().collect();
    let action = match asked.as_slice() {
        [] => None,
        [Asked::Change] => Some(Action::ChangeEmail),
        [Asked::Reset] => Some(Action::ResetPassword),
        // Who asks for both gets both: an unblocked account comes with a link for a new password.
        [Asked::Unblock] | [Asked::Reset, Asked::Unblock] => Some(Action::Unblock),
        _ => {
            doubts.insert(Doubt::SeveralActions);
            return None;
        }
    };
    let leads_to_link = action.is_some_and(|action| action != Action::ChangeEmail);
    if action.is_none() || leads_to_link && !understood.requests {
        doubts.insert(Doubt::NoAction);
    }
    action
}

/// The text cut into sentences: at full stops, at labels, at empty lines, and before the number of a list. Lines of
/// one paragraph are joined, because a page breaks sentences where it likes. Without accents, and with their capitals.
fn sentences(lines: &[String]) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut current = String::new();
    let mut flush = |current: &mut String| {
        if !current.trim().is_empty() {
            sentences.push(std::mem::take(current));
        }
        current.clear();
    };
    let mut lines = lines.iter().map(|line| unaccented(line.trim())).peekable();
    while let Some(line) = lines.next() {
        // «RUC: …», «Asunto: …»: a label begins a sentence of its own.
        let labelled = line
            .split_once(':')
            .is_some_and(|(label, _)| label.split_whitespace().count() <= 4);
        let listed = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let listed = listed.len() < line.len() && listed.starts_with(['.', ')']);
        if labelled || listed || line.is_empty() {
            flush(&mut current);
        }
        let mut rest = line.as_str();
        while let Some(stop) = rest.find(". ") {
            let (piece, after) = rest.split_at(stop + 2);
            current.push_str(piece);
            if ends_sentence(piece, after) {
                flush(&mut current);
            }
            rest = after;
        }
        current.push_str(rest);
        let next = lines.peek().map_or("", String::as_str);
        if labelled || line.ends_with('.') && ends_sentence(&line, next) {
            flush(&mut current);
        } else {
            current.push(' ');
        }
    }
    flush(&mut current);
    sentences
}

/// Whether the full stop at the end of `piece` ends a sentence. It does not when the next word is in lower case, and when it belongs
/// to a word cut short: «Oficio No. 12», «al Sr. Director». «CAFÉ S.A.» may end one; in capitals nobody can tell.
fn ends_sentence(piece: &str, after: &str) -> bool {
    const SHORT: [&str; 14] = [
        "no", "nro", "num", "sr", "sra", "srta", "ing", "dr", "dra", "lic", "abg", "ab", "econ",
        "cia",
    ];
    const ENDS_NAMES: [&str; 3] = ["ltda", "sas", "ep"];
    let word = piece.trim_end().trim_end_matches('.');
    let word = word.rsplit(|c: char| !c.is_alphanumeric()).next();
    let word = word.unwrap_or_default().to_lowercase();
    let mut next = after.trim_start().chars();
    let (first, second) = (next.next(), next.next());
    let lower = |c: Option<char>| c.is_some_and(char::is_lowercase);
    if lower(first) || SHORT.contains(&word.as_str()) {
        return false;
    }
    let ends_name = word.chars().all(char::is_alphabetic) && word.chars().count() == 1
        || ENDS_NAMES.contains(&word.as_str());
    !ends_name || first.is_none() || lower(second)
}

/// The RUCs of the text: runs of exactly thirteen digits that stand alone, also written with the establishment apart.
fn one_ruc(lines: &[String], doubts: &mut BTreeSet<Doubt>) -> Option<Ruc> {
    let found: BTreeSet<Ruc> = lines
        .iter()
        .flat_map(|line| thirteen_digits(line))
        .filter_map(|digits| digits.parse().ok())
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

/// Thirteen digits in one run, or ten and three with a blank or a hyphen between them.
fn thirteen_digits(line: &str) -> Vec<String> {
    let is_run = |word: &str, length: usize| {
        word.len() == length && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .map(|word| word.strip_prefix("RUC").unwrap_or(word))
        .collect();
    let whole = words.iter().filter(|word| is_run(word, 13));
    let apart = words
        .windows(2)
        .filter(|pair| is_run(pair[0], 10) && is_run(pair[1], 3));
    whole
        .map(|word| (*word).to_owned())
        .chain(apart.map(<[&str]>::concat))
        .collect()
}

/// Every e-mail address, in order, once each. One that can't be told is a doubt: it may be another one than it seems.
fn emails(lines: &[String], doubts: &mut BTreeSet<Doubt>) -> Vec<EmailAddress> {
    let mut found: Vec<EmailAddress> = Vec::new();
    for line in lines {
        let line: String = line.nfkc().collect();
        let words = line.split(|c: char| c.is_whitespace() || ",;:<>()[]{}/|\"«»“”‘’'".contains(c));
        for word in words.filter(|word| word.contains('@')) {
            match word.trim_end_matches('.').parse::<EmailAddress>() {
                Ok(address) if found.contains(&address) => {}
                Ok(address) if found.len() < MOST_EMAILS => found.push(address),
                Ok(_) | Err(_) => {
                    doubts.insert(Doubt::UnclearEmail);
                }
            }
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
    let named = emails(&called_new, &mut BTreeSet::new());
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

/// A branch named as «sucursal 0002». One that is spoken of without its number is a doubt: a street has numbers too.
fn branch(sentences: &[String], doubts: &mut BTreeSet<Doubt>) -> Option<BranchCode> {
    const CALLED: [&str; 3] = ["sucursal", "establecimiento", "agencia"];
    const BESIDE: [&str; 10] = [
        "n", "no", "nro", "num", "numero", "codigo", "cod", "o", "del", "de",
    ];
    let mut found = BTreeSet::new();
    for sentence in sentences {
        let sentence = sentence.to_lowercase();
        let words: Vec<&str> = sentence
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !BESIDE.contains(word))
            .collect();
        for (at, word) in words.iter().enumerate() {
            let called = CALLED.iter().any(|called| word.starts_with(called));
            if !called {
                continue;
            }
            let beside = words.get(at + 1).copied().unwrap_or_default();
            match beside.parse() {
                Ok(code) => {
                    found.insert(code);
                }
                // «CAFÉ S.A. SUCURSAL ECUADOR» is the name of a company.
                Err(_) if at > 0 && beside == "ecuador" => {}
                // «la sucursal matriz» is the one that is meant when none is named.
                Err(_) if beside == "matriz" || !word.starts_with("sucursal") => {}
                Err(_) => {
                    doubts.insert(Doubt::UnclearBranch);
                }
            }
        }
    }
    if found.len() > 1 {
        doubts.insert(Doubt::UnclearBranch);
    }
    found.into_iter().next()
}

#[cfg(test)]
mod tests;
