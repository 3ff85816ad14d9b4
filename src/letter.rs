//! Reads an own letter (DESIGN E): which employer, which action, which address. Works on the text of the signed
//! revision only, and answers with doubts instead of guesses: one doubt sends the letter to a person.

mod sentence;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::domain::{Action, BranchCode, EmailAddress, PetitionContent, Ruc, plain, unaccented};
use sentence::Speech;

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
    /// Something is denied, forbidden, withdrawn or reported.
    Against,
    /// Passwords or accounts are spoken of otherwise than in the petition.
    Otherwise,
    /// A company is named that is not the registered one; whether it is, the registry tells.
    OtherCompany,
    /// A branch is spoken of without its number beside it, or its number elsewhere than in the petition and its label.
    UnclearBranch,
    /// More text than any petition needs.
    TooLong,
    /// More words on its first page than a petition needs: a contract may hold one among its clauses.
    LongPage,
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
    /// Every company that the petition names.
    pub companies: Vec<String>,
    /// Whether somebody has to look if this is what the page shows ([`PageText::drawn`]).
    pub drawn: bool,
    /// Whether somebody has to look because there is more than plain text ([`PageText::ornate`]).
    pub ornate: bool,
}

/// Bytes of text beyond which nothing is read: some fifty pages.
const LONGEST: usize = 200_000;
/// Words of a first page that somebody reads before they sign: a long letter on company paper has some two hundred.
const LONGEST_PAGE: usize = 300;
/// E-mail addresses beyond which the rest is not told apart.
const MOST_EMAILS: usize = 20;

/// Verbs that ask for another address, without accents.
const CHANGE_VERBS: [&str; 6] = [
    "actualiz",
    "cambi",
    "modific",
    "sustitu",
    "reemplaz",
    "nuevo correo",
];
/// Words for the address.
const EMAIL_WORDS: [&str; 3] = ["correo", "e-mail", "email"];

/// What a sentence asks for, or names as what the letter is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Reset,
    Unblock,
    Change,
}

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
    if text.lines.iter().map(String::len).sum::<usize>() > LONGEST {
        doubts.insert(Doubt::TooLong);
        return LetterReading {
            doubts,
            ..LetterReading::default()
        };
    }
    let (page, behind) = text.first_page();
    let words: usize = page
        .iter()
        .map(|line| line.split_whitespace().count())
        .sum();
    if words > LONGEST_PAGE {
        doubts.insert(Doubt::LongPage);
    }
    let (page, behind) = (sentences(page), sentences(behind));
    let Petition {
        action,
        sentences: petition,
        companies,
    } = one_petition(&page, &behind, &mut doubts);
    let emails = emails(&text.lines, &mut doubts);
    let ruc = one_ruc(&text.lines, &mut doubts);
    let new_email = match action {
        Some(Action::ChangeEmail) => one_new_email(&text.lines, &emails, &mut doubts),
        _ => None,
    };
    let branch = branch(page.iter().chain(&behind), &petition, &mut doubts);
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
        companies,
        drawn: text.drawn,
        ornate: text.ornate,
    }
}

/// The text cut into sentences: at full stops, at labels, at empty lines, and before a line that begins as sentences do. Lines of
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
        if labelled || line.is_empty() || sentence::opens(&line) {
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

fn contains_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
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

/// What is asked for.
#[derive(Default)]
struct Petition {
    action: Option<Action>,
    /// In which sentences.
    sentences: BTreeSet<usize>,
    /// For which companies, as far as they are named.
    companies: Vec<String>,
}

/// The petition: whatever is asked, when it is one thing.
fn one_petition(page: &[String], behind: &[String], doubts: &mut BTreeSet<Doubt>) -> Petition {
    let mut petition = Petition::default();
    let mut speech = Speech::default();
    let mut asked = BTreeSet::new();
    let page_ends = page.len();
    for (index, sentence) in page.iter().chain(behind).enumerate() {
        // Behind the first page nobody asks for anything.
        speech.told |= index == page_ends;
        let said = sentence::read(sentence, &mut speech);
        asked.extend(said.asked);
        if said.requests {
            petition.sentences.insert(index);
            petition.companies.extend(said.companies);
        }
        if said.against {
            doubts.insert(Doubt::Against);
        }
        if said.otherwise {
            doubts.insert(Doubt::Otherwise);
        }
        // A change of address always goes to a person: that it is spoken of is enough.
        let sentence = sentence.to_lowercase();
        if contains_any(&sentence, &CHANGE_VERBS) && contains_any(&sentence, &EMAIL_WORDS) {
            asked.insert(Asked::Change);
        }
    }
    let asked: Vec<Asked> = asked.into_iter().collect();
    petition.action = match asked.as_slice() {
        [] => None,
        [Asked::Change] => Some(Action::ChangeEmail),
        [Asked::Reset] => Some(Action::ResetPassword),
        // Who asks for both gets both: an unblocked account comes with a link for a new password.
        [Asked::Unblock] | [Asked::Reset, Asked::Unblock] => Some(Action::Unblock),
        _ => {
            doubts.insert(Doubt::SeveralActions);
            return petition;
        }
    };
    let leads_to_link = petition
        .action
        .is_some_and(|action| action != Action::ChangeEmail);
    if petition.action.is_none() || leads_to_link && petition.sentences.is_empty() {
        doubts.insert(Doubt::NoAction);
    }
    petition
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

/// A branch named as «sucursal 0002» in the petition, or in a line of its own: «Sucursal: 0002». A number elsewhere is of a
/// letterhead or another matter; and with no number beside the word nobody knows which one is meant: a street has numbers too.
fn branch<'a>(
    sentences: impl Iterator<Item = &'a String>,
    petition: &BTreeSet<usize>,
    doubts: &mut BTreeSet<Doubt>,
) -> Option<BranchCode> {
    const CALLED: [&str; 3] = ["sucursal", "establecimiento", "agencia"];
    const BESIDE: [&str; 10] = [
        "n", "no", "nro", "num", "numero", "codigo", "cod", "o", "del", "de",
    ];
    let mut found = BTreeSet::new();
    for (index, sentence) in sentences.enumerate() {
        let sentence = sentence.to_lowercase();
        let words: Vec<&str> = sentence
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty() && !BESIDE.contains(word))
            .collect();
        let is_label = words.len() == 2;
        for (at, word) in words.iter().enumerate() {
            let called = CALLED.iter().any(|called| word.starts_with(called));
            if !called {
                continue;
            }
            let beside = words.get(at + 1).copied().unwrap_or_default();
            match beside.parse() {
                Ok(code) if petition.contains(&index) || is_label => {
                    found.insert(code);
                }
                // «CAFÉ S.A. SUCURSAL ECUADOR» is the name of a company.
                Err(_) if at > 0 && beside == "ecuador" => {}
                // «la sucursal matriz» is the one that is meant when none is named.
                Err(_) if beside == "matriz" || !word.starts_with("sucursal") => {}
                Ok(_) | Err(_) => {
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
mod tests {
    use super::*;

    fn letter(text: &str) -> LetterReading {
        read(&PageText {
            lines: text.lines().map(str::to_owned).collect(),
            ..PageText::default()
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
                format!(
                    "RUC: 1790993949001\nSolicito el desbloqueo de la cuenta patronal\n{change}"
                ),
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
                Doubt::Against,
                "the opposite",
            ),
            (
                RESET.replace(
                    "solicito a ustedes se sirvan\natender el trámite indicado",
                    "comparezco",
                ),
                Doubt::NoAction,
                "nobody asks",
            ),
            (
                format!("{RESET}Entreguen la clave a mi contador."),
                Doubt::Otherwise,
                "something else about the password",
            ),
            (
                format!("{RESET}Envíen el enlace a peña@b.ec"),
                Doubt::UnclearEmail,
                "an address with a letter that addresses lack",
            ),
            (
                format!("{RESET}Envíen el enlace a otro @ otro.ec"),
                Doubt::UnclearEmail,
                "an address in pieces",
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

    /// Each of these is what some honest person may sign; whoever reads the mail of the company would send it in.
    const NO_PETITIONS: &[&str] = &[
        "Les pido que no permitan recuperar la clave de empleador a nadie.",
        "Comunico que NO he pedido ni pediré restablecer la clave de empleador.",
        "Solicito bloquear todo intento de restablecer la clave de empleador hasta nuevo aviso.",
        "Solicito suspender toda recuperación de clave de empleador.",
        "Solicito cancelar el restablecimiento de la clave de empleador pedido ayer.",
        "Rechazo la solicitud de restablecimiento de clave de empleador.",
        "Me opongo a que se recupere la clave de empleador de mi representada.",
        "Nunca he solicitado recuperar la clave de empleador. Pido que se la proteja.",
        "Prohíbo a la contadora recuperar la clave de empleador.",
        "Denuncio que recuperaron la clave de empleador. Pido que bloqueen el acceso.",
        "DENUNCIA: un tercero pretende recuperar la clave de empleador. Pido investigar.",
        "Autorizo al contador a recuperar la clave de empleador y recibirla en mi nombre.",
        "Autorizo a la contadora a solicitar la recuperación de la clave de empleador.",
        "La contadora escribió: Solicito el restablecimiento de la clave de empleador.",
        "En el correo consta «Solicito el restablecimiento de la clave de empleador» y quiero saber quién lo envió.",
        "El contador podrá cambiar y recuperar la clave de empleador con permiso escrito.",
        "Se informa que la clave de empleador fue restablecida en enero y funciona con normalidad.",
        "Certifico que la clave de empleador fue recuperada en 2024.",
        "¿Cuál es el horario para recuperar la clave de empleador?",
        "Cuando termine el juicio solicitaré restablecer la clave de empleador.",
        "En caso de que haga falta solicitaré la recuperación de la clave de empleador.",
        "Servicio de recuperación de cartera vencida de los clientes clave de la empresa.",
        "Política interna: quien olvide la contraseña la recupera en sistemas.",
        "Solicito recuperar mi clave de afiliado.",
        "Solicito recuperar la clave de acceso al portal del SRI.",
        "Asunto: recuperación de clave de SRI en línea.\nSolicito atender el trámite.",
        "Solicito restablecer la contraseña de la banca electrónica de mi representada.",
        "Solicito recuperar la clave de mi correo y la contraseña del SRI.",
        "Solicito la entrega de la clave de empleador a mi contador.",
        "Asunto: Restablecimiento de clave de empleador\nSolicito información sobre quién lo pidió.",
        "Asunto: Respuesta a la solicitud de restablecimiento de clave de empleador\nSolicito atender el trámite.",
        "Solicito el restablecimiento de la clave de empleador solo si yo lo confirmo por escrito.",
        "Solicito el restablecimiento de la clave de empleador. Dejo sin efecto lo anterior.",
        "Solicito el restablecimiento de la clave de empleador. Envíenla a gerencia arroba otro punto ec.",
        "No desbloqueen la cuenta de empleador: la bloqueé yo.",
        "Solicito el restablecimiento de la clave de empleador. Lo de ayer se hizo sin mi autorización.",
        "Solicito el restablecimiento de la clave de empleador. Téngase por sin valor.",
        "Solicito que el cambio de la clave de empleador realizado ayer sea investigado.",
        "Solicito que el restablecimiento de la clave de empleador se archive.",
        "Solicito que el cambio de la clave de empleador hecho el lunes se revierta.",
        "Solicito que el restablecimiento de la clave de empleador se haga en persona.",
        "Solicito la recuperación de la clave de empleador cuando vuelva de viaje.",
        "Solicito el restablecimiento de la clave de empleador, pero archívese este pedido.",
        "Solicito el restablecimiento de la clave de empleador realizado ayer.",
        "El 3 de enero solicitamos el restablecimiento de la clave de empleador, trámite atendido. Agradecemos su gestión.",
        "Mediante oficio 12 pedimos la recuperación de la clave de empleador y agradecemos su respuesta.",
        "Recibimos un texto ‘solicito restablecer la clave de empleador’ y queremos saber quién lo envió.",
        "Recibimos un texto (solicito restablecer la clave de empleador) y queremos saber de quién es.",
        "Me informan que solicito restablecer la clave de empleador. Eso es mentira.",
        "Asunto: Restablecimiento de clave de empleador\nSolicito atender la petición de dejar todo como está.",
        "Asunto: Restablecimiento de clave de empleador\nSolicito dar trámite a la investigación correspondiente.",
        "Solicito el restablecimiento de la clave de empleador de la sucursal ubicada en la calle 12 de Octubre.",
        "El desbloqueo de la tarjeta de acceso del edificio no procede.",
        "Solicito el desbloqueo de la tarjeta de acceso del edificio.",
        // What stands before the verb turns it.
        "Según el contador, yo solicito restablecer la clave de empleador.",
        "Según Juan Pérez, solicito restablecer la clave de empleador.",
        "Es mentira que yo solicito restablecer la clave de empleador.",
        "ES MENTIRA QUE YO, ANA PÉREZ, solicito restablecer la clave de empleador.",
        "Evito firmar cartas donde solicito restablecer la clave de empleador.",
        "EVITO FIRMAR CARTAS DONDE SOLICITO RESTABLECER LA CLAVE DE EMPLEADOR.",
        "SEGUN EL CONTADOR DE CAFE S.A. YO SOLICITO RESTABLECER LA CLAVE DE EMPLEADOR.",
        "Según lo que escribe la gente de CAFÉ CÍA. LTDA. con RUC 1790993949001 solicito restablecer la clave de empleador.",
        "Dejaré constancia el día en que yo solicito restablecer la clave de empleador.",
        "Al terminar el contrato solicito restablecer la clave de empleador.",
        "Una vez terminado el contrato, solicito restablecer la clave de empleador.",
        "En el evento de que el contador renuncie solicito restablecer la clave de empleador.",
        "Luego de su visita del lunes 30 de noviembre solicito restablecer la clave de empleador.",
        "A partir del 1 de enero de 2027 solicito restablecer la clave de empleador.",
        "Desde el 1 de enero de 2027, solicito restablecer la clave de empleador.",
        "El 1 de enero de 2027 solicito restablecer la clave de empleador.",
        "De ser necesario solicito restablecer la clave de empleador.",
        "El contador escribió:\nSolicito restablecer la clave de empleador.",
        "El contador escribió:\n\n1. Solicito restablecer la clave de empleador.",
        "El contador escribió: lo que sigue\nSolicito restablecer la clave de empleador.",
        // And what stands behind it.
        "Solicito restablecer la clave de empleador, de lo cual me arrepiento; téngase por retirada.",
        "Solicito restablecer la clave de empleador con efecto el 15 de enero de 2027.",
        "Solicito restablecer la clave de empleador por el señor Juan Pérez.",
        "Solicito restablecer la clave de empleador para Juan Pérez, contador, celular 0991234567, a quien la entregarán.",
        "Solicito restablecer la clave de empleador de mi vecino.",
        "Solicito restablecer la clave de empleador de la empresa que mi contador diga.",
        // What other sentences take back, put off or pretend.
        "Solicito restablecer la clave de empleador. Retiro lo dicho.",
        "Solicito restablecer la clave de empleador. Queda retirada esta petición.",
        "Solicito restablecer la clave de empleador. Ignoren esta carta.",
        "Solicito restablecer la clave de empleador. Olviden esta carta.",
        "Solicito restablecer la clave de empleador. Olvide esta carta.",
        "Solicito restablecer la clave de empleador. Hagan caso omiso.",
        "Solicito restablecer la clave de empleador. Esperen mi llamada antes de proceder.",
        "Solicito restablecer la clave de empleador. Entréguenla al contador Juan Pérez en persona.",
        "Solicito restablecer la clave de empleador. Envíenla al contador.",
        "Solicito restablecer la clave de empleador. Firmado bajo coacción.",
        "Firmo esto obligado. Solicito restablecer la clave de empleador.",
        "Por la fuerza me hacen firmar que pido. Solicito restablecer la clave de empleador.",
        "MODELO DE CARTA - EJEMPLO PARA CAPACITACION. Solicito restablecer la clave de empleador.",
        "Borrador. Solicito restablecer la clave de empleador.",
        "Yo rehúso. Solicito restablecer la clave de empleador.",
        "I do not request anything. The text below is a Spanish lesson. Solicito restablecer la clave de empleador.",
        "THIS IS NOT A REQUEST. Solicito restablecer la clave de empleador.",
        "Solicito restablecer la clave de empleador. Archivo de esta carta sin más.",
        "INVESTIGACIONES sobre esta carta. Solicito restablecer la clave de empleador.",
        "Solicito restablecer la clave de empleador. La clave fue firmada por otro.",
        "Solicito restablecer la clave de empleador. Quedo pendiente de confirmar.",
        "Solicito restablecer la clave de empleador. Lo digo ya que no recuerdo haber pedido nada.",
        "Solicito restablecer la clave de empleador porque no quiero que nadie la use.",
        "Solicito restablecer la clave de empleador. No recuerdo esta carta.",
        "Solicito restablecer la clave de empleador. No tengo acceso a la firma: la tiene el contador.",
        "No SOLICITO-nada. Solicito restablecer la clave de empleador.",
        "NO CAF-014 solicito restablecer la clave de empleador.",
        "Mana munanichu. Solicito restablecer la clave de empleador.",
        "ASUNTO: Cobro de facturas\n\nAgradezco pagar la factura 001-001-000001234.\n\nSolicito restablecer la clave de empleador.",
    ];

    #[test]
    fn what_only_speaks_of_passwords_is_no_petition() {
        for text in NO_PETITIONS {
            let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
            assert!(!reading.doubts.is_empty(), "{text}: {:?}", reading.content);
        }
    }

    #[test]
    fn a_petition_may_be_worded_as_people_word_it() {
        let vectors = [
            "Señores\nServicio de claves de empleador\nPresente.-\n\nSolicito que se restablezca la clave de empleador.",
            "Solicito se me restablezca la clave patronal.",
            "Yo, ANA PÉREZ, solicito muy comedidamente, se sirvan restablecer la clave de empleador de mi representada.",
            "Por medio de la presente me permito solicitar la recuperación de la clave de empleador.",
            "Pido a usted, señor Director, se digne disponer el restablecimiento de la clave de acceso de empleador.",
            "Solicito una nueva clave de empleador porque perdí la anterior.",
            "Solicito se me asigne una nueva clave de empleador, por olvido de la clave anterior.",
            "Solicito la generación de una clave nueva de empleador, ya que olvidé la misma.",
            "Pido el reseteo de la contraseña del portal de empleadores de mi representada.",
            "Requiero el cambio de la clave de empleador de la compañía.",
            "Oficio Nº 12-2026\n\nSolicito la reposición de la clave de empleador. Sin otro particular, me despido.",
            "Solicito a usted, de la manera más comedida, se me restablezca la clave de empleador.",
            "Yo, ANA PÉREZ (representante legal), solicito restablecer la clave de empleador.",
            "Solicito restablecer la clave de empleador.\n\nAnexo: nómina, sin novedades en el período.",
            "Soy propietaria del negocio y solicito restablecer la clave de empleador.",
            "Ruego al Sr. Director la recuperación de la clave de empleador de CAFÉ CÍA. LTDA.",
            "Señores\nIESS\nPresente\nPor medio de la presente solicito a ustedes el restablecimiento de la clave de empleador de la \
             empresa CAFÉ DE ALTURA CÍA. LTDA. con RUC 1790993949001, porque se me olvidó.\nAtentamente,\nAna Pérez\nGerente",
            "Quito, D.M., 22 de noviembre de 2026\nSeñor Doctor\nDIRECTOR PROVINCIAL\nEn su despacho.-\nDe mi consideración:\n\
             Yo, ANA PÉREZ, portadora de la cédula de ciudadanía No. 175912171-6, en mi calidad de Gerente General y como tal\n\
             representante legal de la compañía CAFÉ S.A., con RUC No. 1790993949001, solicito se restablezca la clave de empleador.",
            "Buenos días, solicito de favor me ayuden a recuperar la clave del empleador de mi empresa con RUC 1790993949001. \
             Quedo atenta a su respuesta.\nSaludos cordiales\nAna Pérez",
            "Reciban un cordial saludo. Por este medio solicito cordialmente su ayuda para restablecer la contraseña de empleador.",
            "Me dirijo a ustedes para solicitar el restablecimiento de la clave de empleador de mi empresa.",
            "Yo, Ana Pérez, C.I. 1759121716, solicito la recuperación de la clave de empleador por olvido involuntario.",
            "Solicito la recuperación de la clave de empleador por cambio de representante legal. Adjunto nombramiento.",
            "Solicito se genere nueva clave de empleador para la empresa con RUC 1790993949001 ya que la persona encargada salió \
             de la empresa.",
            "Soy patrono de una empleada doméstica y solicito recuperar la clave de empleador.",
            "Solicito el restablecimiento de la clave de empleador de mi representada, para lo cual pido que se me envíe el enlace \
             por la vía registrada.",
            "SOLICITO A USTED SE SIRVA RESTABLECER LA CLAVE DE EMPLEADOR DE MI REPRESENTADA.",
            // What stands around it.
            "Solicito restablecer la clave de empleador.\n\nc.c.: Archivo",
            "OFICIO No. CAF-2026-014\nQuito, 22 de noviembre de 2026\nSolicito restablecer la clave de empleador.",
            "Oficio No CAF-014\nSolicito restablecer la clave de empleador.",
            "No.- 014\nSolicito restablecer la clave de empleador.",
            "Señores IESS: Solicito restablecer la clave de empleador. Quedo pendiente de su respuesta.",
            "Solicito restablecer la clave de empleador. Agradeceré confirmar la recepción de esta carta.",
            "Solicito restablecer la clave de empleador. Favor confirmar recepción.",
            "Solicito restablecer la clave de empleador. Esperando que la presente sea atendida favorablemente.",
            "Solicito restablecer la clave de empleador. Esta solicitud fue firmada electrónicamente.",
            "Solicito restablecer la clave de empleador. Afiliados: 5.",
            "CAFÉ S.A. SUCURSAL ECUADOR\nSolicito restablecer la clave de empleador.",
            "INVESTIGACIONES MÉDICAS S.A.\nSolicito restablecer la clave de empleador.",
            // Why it is asked.
            "Solicito restablecer la clave de empleador, ya que no recuerdo la clave anterior.",
            "Solicito restablecer la clave de empleador, ya que no recordamos la clave anterior.",
            "Solicito restablecer la clave de empleador de la empresa con RUC 1790993949001, debido a que no tenemos acceso al portal.",
            "Solicito restablecer la clave de empleador porque no tengo acceso al correo.",
            "Solicito restablecer la clave de empleador por cuanto el anterior contador ya no labora con nosotros y se llevó la clave.",
            "Solicito restablecer la clave de empleador. Porque la contadora renunció y no dejó la clave.",
            "Solicito restablecer la clave de empleador. Debido a que no recuerdo la clave.",
        ];
        for text in vectors {
            let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
            assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
            let content = reading.content.unwrap();
            assert_eq!(content.action, Action::ResetPassword, "{text}");
        }
    }

    /// A clause among others, or on a page that nobody reads, is no letter.
    #[test]
    fn a_petition_stands_on_a_first_page_that_is_read_at_a_glance() {
        let clauses = "El contratista llevará la contabilidad de la empresa. ".repeat(45);
        let contract = letter(&format!("{clauses}\n{RESET}"));
        assert_eq!(contract.doubts, BTreeSet::from([Doubt::LongPage]));
        let behind = PageText {
            lines: format!("Acta de junta general.\nSe aprueba el balance.\n\n{RESET}")
                .lines()
                .map(str::to_owned)
                .collect(),
            first_page_lines: 2,
            ..PageText::default()
        };
        assert!(read(&behind).doubts.contains(&Doubt::NoAction));
        // Annexes may be as long as they like.
        let annexed = PageText {
            lines: format!("{RESET}\n{clauses}")
                .lines()
                .map(str::to_owned)
                .collect(),
            first_page_lines: RESET.lines().count(),
            ..PageText::default()
        };
        assert_eq!(read(&annexed).doubts, BTreeSet::new());
    }

    #[test]
    fn a_branch_counts_where_it_is_asked_for() {
        const ASKED: &str = "Solicito restablecer la clave de empleador";
        let named = [
            (format!("{ASKED}, sucursal 2."), "0002"),
            (format!("{ASKED} del establecimiento 002."), "0002"),
            (format!("{ASKED} de la sucursal No. 0002."), "0002"),
            (format!("Sucursal: 0002\n{ASKED}."), "0002"),
            (format!("- Código de sucursal: 2\n{ASKED}."), "0002"),
            (format!("Establecimiento: 001\n{ASKED}."), "0001"),
            (format!("{ASKED} de la sucursal matriz."), "0001"),
            (format!("{ASKED} de mi establecimiento."), "0001"),
        ];
        for (text, code) in named {
            let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
            assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
            assert_eq!(reading.content.unwrap().branch.as_str(), code, "{text}");
        }
        for text in [
            format!(
                "CADENA S.A.\nMatriz: Quito, Av. Amazonas 100. Sucursal 2: Guayaquil, Calle Sucre 5.\n\n{ASKED}."
            ),
            format!("Sucursal 2 Guayaquil\n\n{ASKED}."),
            format!("{ASKED}.\nEstablecimiento 002 Guayaquil"),
            format!("{ASKED}.\nAgencia 3, Cuenca"),
            format!("{ASKED}.\nMatriz y sucursal Quito"),
            format!("{ASKED}, sucursal 2.\nSucursal: 0003"),
            format!("{ASKED} de las sucursales 2 y 3."),
        ] {
            let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
            assert!(
                reading.doubts.contains(&Doubt::UnclearBranch),
                "{text}: {:?}",
                reading.doubts
            );
        }
    }

    #[test]
    fn the_company_that_a_petition_names_is_told() {
        let vectors: [(&str, &[&str]); 5] = [
            (
                "Solicito restablecer la clave de empleador de la empresa OTRA COMPAÑÍA S.A.",
                &["OTRA COMPANIA S A"],
            ),
            (
                "Yo, Ana Pérez, gerente de Café de Altura Cía. Ltda., solicito restablecer la clave de empleador.",
                &["Cafe de Altura Cia Ltda"],
            ),
            (
                "Solicito restablecer la clave de empleador de la empresa Café de Altura, RUC 1790993949001.",
                &["Cafe de Altura"],
            ),
            (
                "Solicito restablecer la clave de empleador de la empresa con RUC 1790993949001.",
                &[],
            ),
            (
                "Café de Altura Cía. Ltda.\n\nSolicito restablecer la clave de empleador de mi representada.",
                &[],
            ),
        ];
        for (text, companies) in vectors {
            let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
            assert_eq!(reading.companies, companies, "{text}");
            assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
        }
    }

    /// Whoever has a certificate may send megabytes of it: what is read is short, and read once.
    #[test]
    fn a_text_without_end_is_not_read() {
        for word in [
            "pido ",
            "a@b.ec ",
            "sucursal ",
            "solicito que el ",
            "\u{ab}pido: ",
            "para solicitar ",
            "A de ",
            "de la ",
            "Solicito restablecer la clave de empleador de la empresa A de ",
        ] {
            let reading = letter(&word.repeat(2_000_000));
            assert!(reading.doubts.contains(&Doubt::TooLong), "{word}");
            let reading = letter(&word.repeat(199_000 / word.len()));
            assert!(!reading.doubts.is_empty(), "{word}");
        }
    }

    #[test]
    fn a_ruc_may_be_written_with_its_establishment_apart() {
        for written in ["1790993949 001", "1790993949-001", "RUC1790993949001"] {
            let reading = letter(&RESET.replace("1790993949001", written));
            assert!(reading.doubts.is_empty(), "{written}: {:?}", reading.doubts);
        }
        for other in ["179099394 9001", "1790993949 0011", "1790993949/01"] {
            let reading = letter(&RESET.replace("1790993949001", other));
            assert!(reading.doubts.contains(&Doubt::NoRuc), "{other}");
        }
    }

    #[test]
    fn every_address_is_read_however_it_is_set() {
        // Ligatures as word processors put them into a page.
        let reading = letter(&format!(
            "{RESET}Envíen el enlace a o\u{fb01}cina@empresa.ec"
        ));
        assert_eq!(reading.emails[0].as_str(), "oficina@empresa.ec");
        for set in ["'a@b.ec'", "“a@b.ec”", "[a@b.ec]", "a@b.ec/otro", "a@b.ec."] {
            let reading = letter(&format!("{RESET}Envíen el enlace a {set}"));
            assert_eq!(reading.emails[0].as_str(), "a@b.ec", "{set}");
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
