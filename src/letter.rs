//! Reads an own letter (DESIGN E): which employer, which action, which address. Works on the text of the signed
//! revision only, and answers with doubts instead of guesses: one doubt sends the letter to a person.

mod sentence;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::domain::{Action, BranchCode, EmailAddress, PetitionContent, Ruc, plain};

/// The text of a document as its reader would see it, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageText {
    /// Lines in reading order.
    pub lines: Vec<String>,
    /// Ways in which text is there that a reader would not see, or seen text that is not there.
    pub hidden: BTreeSet<HiddenText>,
    /// Whether letters are shown whose shapes the document brings along. What they mean is written beside the shapes, and
    /// nothing makes both agree (ISO 32000-2 §9.10.2): who signed may have seen another text.
    pub drawn: bool,
    /// Whether a page holds anything but plain text that every reader shows alike: what it shows need not be what was read.
    #[serde(default)]
    pub ornate: bool,
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
    /// A branch is spoken of without its number beside it.
    UnclearBranch,
    /// More text than any petition needs.
    TooLong,
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
    /// Whether somebody has to look if this is what the page shows ([`PageText::drawn`]).
    pub drawn: bool,
    /// Whether somebody has to look because there is more than plain text ([`PageText::ornate`]).
    pub ornate: bool,
}

/// Bytes of text beyond which nothing is read: some fifty pages.
const LONGEST: usize = 200_000;
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
    let sentences = sentences(&text.lines);
    let action = one_action(&sentences, &mut doubts);
    let emails = emails(&text.lines, &mut doubts);
    let ruc = one_ruc(&text.lines, &mut doubts);
    let new_email = match action {
        Some(Action::ChangeEmail) => one_new_email(&text.lines, &emails, &mut doubts),
        _ => None,
    };
    let branch = branch(&sentences, &mut doubts);
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
        drawn: text.drawn,
        ornate: text.ornate,
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
            if piece.ends_with(". ") && !is_short(piece) {
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

/// Whether the full stop at its end belongs to a word cut short: «Oficio No. 12», «al Sr. Director».
fn is_short(piece: &str) -> bool {
    const SHORT: [&str; 14] = [
        "no", "nro", "num", "sr", "sra", "srta", "ing", "dr", "dra", "lic", "abg", "ab", "econ",
        "cia",
    ];
    let word = piece.trim_end().trim_end_matches('.');
    let word = word.rsplit(|c: char| !c.is_alphanumeric()).next();
    word.is_some_and(|word| SHORT.contains(&word))
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

/// The action asked for.
fn one_action(sentences: &[String], doubts: &mut BTreeSet<Doubt>) -> Option<Action> {
    let mut quoted = false;
    let (mut asked, mut requested) = (BTreeSet::new(), false);
    for sentence in sentences {
        let said = sentence::read(sentence, &mut quoted);
        asked.extend(said.asked);
        requested |= said.requests;
        if said.against {
            doubts.insert(Doubt::Against);
        }
        if said.otherwise {
            doubts.insert(Doubt::Otherwise);
        }
        // A change of address always goes to a person: that it is spoken of is enough.
        if contains_any(sentence, &CHANGE_VERBS) && contains_any(sentence, &EMAIL_WORDS) {
            asked.insert(Asked::Change);
        }
    }
    let asked: Vec<Asked> = asked.into_iter().collect();
    let action = match asked.as_slice() {
        [] => None,
        [Asked::Change] => return Some(Action::ChangeEmail),
        [Asked::Reset] => Some(Action::ResetPassword),
        // Who asks for both gets both: an unblocked account comes with a link for a new password.
        [Asked::Unblock] | [Asked::Reset, Asked::Unblock] => Some(Action::Unblock),
        _ => {
            doubts.insert(Doubt::SeveralActions);
            return None;
        }
    };
    if action.is_none() || !requested {
        doubts.insert(Doubt::NoAction);
    }
    action
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

/// A branch named as «sucursal 0002». With no number beside the word nobody knows which one is meant: a street has numbers too.
fn branch(sentences: &[String], doubts: &mut BTreeSet<Doubt>) -> Option<BranchCode> {
    const BESIDE: [&str; 9] = ["n", "no", "nro", "num", "numero", "codigo", "cod", "o", ""];
    let mut found = BTreeSet::new();
    for after in sentences
        .iter()
        .flat_map(|sentence| sentence.split("sucursal").skip(1))
    {
        let number = after
            .split(|c: char| !c.is_alphanumeric())
            .find(|word| !BESIDE.contains(word));
        match number.and_then(|word| word.parse().ok()) {
            Some(code) => {
                found.insert(code);
            }
            None => {
                doubts.insert(Doubt::UnclearBranch);
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
        ];
        for text in vectors {
            let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
            assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
            let content = reading.content.unwrap();
            assert_eq!(content.action, Action::ResetPassword, "{text}");
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
