//! What one sentence of a letter says of passwords and accounts. A petition is known by its grammar: somebody asks in the
//! first person, and what they ask follows with nothing in between but words of courtesy: «*solicito* a ustedes se sirvan
//! *restablecer la clave de empleador*». A word that occurs is no petition: «prohíbo recuperar la clave», «solicito cancelar el
//! restablecimiento» and a contract with «clientes clave» hold the words too. Whatever else names a password is told as such,
//! and so is every word that denies, forbids or reports; then a person reads the letter.
//!
//! What stands before the verb in its sentence, and behind what is asked, is closed too: who writes, whom to, for whom and why.
//! «Es mentira que yo solicito …» and «… para mi contador» are told by other words, and no list could hold all of those.
//!
//! Sentences come without accents ([`super::unaccented`]), and with their capitals: they tell names from words.

use std::collections::BTreeSet;

use super::Asked;
use super::vocabulary::{
    ACCOUNTS, ADDRESSEES, AGAINST, AGAINST_STEMS, ARTICLES, BECAUSE, BEFORE, BEHIND, BELONGS,
    CALLED, COMES, COMPANIES, COURTESY, DATA, DENIED, EMPLOYERS, FOLLOWS, GIVES, GIVES_REASON,
    GREETS, LABELS, LETTERS, LINKS, LOADED_STEMS, MATTERS, NEW, NO_NAMES, NO_REASONS, NOUNS,
    OF_ADDRESSEES, OF_MATTERS, OF_REASON, OF_REASONS, OPENS, ORDERS, OWNS, PASSWORDS, REASONS,
    RENEWS, REQUESTS, REQUESTS_BEHIND_WISHES, SPEAKS, SUBJECTS, TENDS, UNBLOCKS, WISHES, WITHOUT,
};

/// What one sentence says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// What is asked for, or named as the subject of the letter.
    pub(super) asked: BTreeSet<Asked>,
    /// Somebody asks in the first person: for that, or that the petition be tended.
    pub(super) requests: bool,
    /// The companies that they ask for, as they are written.
    pub(super) companies: Vec<String>,
    /// A password, or what is done to one, is spoken of otherwise.
    pub(super) otherwise: bool,
    /// Something is denied, forbidden, doubted or reported.
    pub(super) against: bool,
}

/// Who speaks, from one sentence to the next.
#[derive(Debug, Default)]
pub(super) struct Speech {
    /// A quotation stands open.
    quoted: bool,
    /// Nothing is asked any more, only told: «El contador escribió:».
    pub(super) told: bool,
}

/// Whether a line begins as sentences do.
pub(super) fn opens(line: &str) -> bool {
    let word: String = line.chars().take_while(|c| c.is_alphabetic()).collect();
    let mut letters = word.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    let small = letters.clone().next().is_none() || letters.all(char::is_lowercase);
    capital && small && OPENS.split(' ').any(|one| one == word.to_lowercase())
}

/// Reads a sentence.
pub(super) fn read(sentence: &str, speech: &mut Speech) -> Said {
    let written = words(sentence);
    let words: Vec<String> = written.iter().map(|word| word.to_lowercase()).collect();
    let mut reader = Reader {
        known: vec![false; words.len()],
        words,
        written,
        said: Said::default(),
    };
    if !speech.told {
        reader.read_label();
    }
    let (mut told, mut aside) = (speech.told, false);
    for at in 0..reader.words.len() {
        if reader.word(at) == ":" && !reader.is_in_number(at) {
            told |= !reader.greets(at);
            speech.told |= !reader.greets(at) && !reader.is_data(at);
        }
        told |= reader.is(at, SPEAKS);
        match reader.word(at) {
            "«" | "“" | "„" => speech.quoted = true,
            "»" | "”" => speech.quoted = false,
            "\"" => speech.quoted = !speech.quoted,
            "(" => aside = true,
            ")" => aside = false,
            _ if speech.quoted || told || aside => {}
            _ => reader.read_request(at),
        }
        reader.read_aside(at);
    }
    reader.read_rest();
    if reader.said.requests {
        reader.said.companies = reader.companies();
    }
    reader.said
}

/// Words, addresses, and each mark by itself.
fn words(sentence: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for token in sentence.split_whitespace() {
        if token.contains('@') {
            words.push(token.to_owned());
            continue;
        }
        let mut joins = false;
        for c in token.chars() {
            match words.last_mut() {
                Some(word) if joins && c.is_alphanumeric() => word.push(c),
                _ => words.push(c.to_string()),
            }
            joins = c.is_alphanumeric();
        }
    }
    words
}

/// Whether a word begins with one of these stems.
fn begins(word: &str, stems: &str) -> bool {
    stems.split(' ').any(|stem| word.starts_with(stem))
}

struct Reader {
    /// In lower case, and as they are written.
    words: Vec<String>,
    written: Vec<String>,
    /// Which of them are understood.
    known: Vec<bool>,
    said: Said,
}

impl Reader {
    /// The word at `at`; nothing behind the last one.
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    fn is(&self, at: usize, list: &str) -> bool {
        let word = self.word(at);
        list.split(' ').any(|one| one == word)
    }

    /// The first place from `at` on whose word is not in `list`.
    fn past(&self, mut at: usize, list: &str) -> usize {
        while self.is(at, list) {
            at += 1;
        }
        at
    }

    fn understand(&mut self, from: usize, to: usize) {
        for known in self.known.iter_mut().take(to).skip(from) {
            *known = true;
        }
    }

    fn name(&mut self, from: usize, (asked, to): (Asked, usize)) {
        self.said.asked.insert(asked);
        self.understand(from, to);
    }

    /// «Asunto: …», or a heading: names the petition and does not ask for it.
    fn read_label(&mut self) {
        const LONGEST: usize = 4;
        let colon = (0..=LONGEST).find(|at| self.word(*at) == ":");
        let start = match colon {
            Some(colon) if (0..colon).any(|at| self.is(at, LABELS)) => colon + 1,
            None if self.is(0, LABELS) => 0,
            _ => return,
        };
        let named = self.past(start, CALLED);
        if let Some(phrase) = self.phrase(named) {
            self.name(0, phrase);
        } else if colon.is_some_and(|colon| (0..colon).any(|at| self.is(at, SUBJECTS))) {
            // «Asunto: Cobro de facturas»
            self.said.against |= !self.ends_or(named, ".") && !self.is_about_address();
        }
    }

    /// «Asunto: Actualización de correo electrónico» asks for what a person decides.
    fn is_about_address(&self) -> bool {
        self.words
            .iter()
            .any(|word| begins(word, "correo email mail"))
    }

    fn read_request(&mut self, at: usize) {
        let Some(verb) = self.request(at) else {
            return;
        };
        if !self.is_closed_before(verb) {
            return;
        }
        let mut next = at + 1;
        let mut subordinate = false;
        while self.is(next, COURTESY) || self.is_number(next) {
            subordinate |= self.word(next) == "que";
            next += 1;
        }
        if let Some(phrase) = self.phrase(next) {
            // «solicito que el cambio de la clave se revierta» asks for something else than the change.
            let other = subordinate && self.is(next, NOUNS);
            if !other && self.ends_or(phrase.1, FOLLOWS) && self.is_closed_behind(phrase.1) {
                self.said.requests = true;
                self.name(at, phrase);
            }
        } else if self.is(next, TENDS) {
            let matter = self.past(next + 1, ARTICLES);
            let end = self.past(matter, OF_MATTERS);
            self.said.requests |= self.is(matter, MATTERS)
                && self.ends_or(end, ". , ;")
                && self.is_closed_behind(end);
        }
    }

    /// Whether nothing stands before the verb but who asks and greetings. A sentence in capitals has no names that could be told.
    fn is_closed_before(&self, verb: usize) -> bool {
        let shouts = self.shouts(verb);
        (0..verb).all(|at| {
            let name = at > 0 && !shouts && self.is_name(at);
            let greeting = self.word(at) == ":" && self.greets(at);
            self.is(at, BEFORE) || name || greeting || self.is_identifier(at)
        })
    }

    /// Whether nothing stands behind what is asked but whose account it is, and why.
    fn is_closed_behind(&self, end: usize) -> bool {
        let shouts = self.shouts(end.saturating_sub(1));
        let (mut reason, mut named) = (false, false);
        (end..self.words.len()).all(|at| {
            reason |= self.is(at, GIVES_REASON) || begins(self.word(at), REASONS);
            let word = self.is(at, BEHIND)
                || reason && (self.is(at, OF_REASON) || self.denied_reason(at).is_some())
                || self.is(at, GIVES_REASON)
                || begins(self.word(at), REASONS)
                || self.is_identifier(at);
            let owns = named
                || self.is(at - 1, OWNS)
                || self.is(at - 1, "la el") && self.word(at - 2) == "de";
            named = !shouts && self.is_name(at) && owns
                || named && self.is(at, "& - . de del la las los y");
            word || named
        })
    }

    /// Whether the word at `at` is written in capitals.
    fn shouts(&self, at: usize) -> bool {
        let word = self.written.get(at).map_or("", String::as_str);
        word.chars().count() > 1 && word.chars().all(char::is_uppercase)
    }

    fn is_name(&self, at: usize) -> bool {
        let word = self.written.get(at).map_or("", String::as_str);
        word.starts_with(char::is_uppercase) && !self.is(at, NO_NAMES)
    }

    /// Companies: names behind words for one, and names that end in the form of one.
    fn companies(&self) -> Vec<String> {
        let mut companies = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            let start = at;
            let called = start > 0 && self.is(start - 1, COMPANIES);
            while self.is_of_name(at, start) {
                at += 1;
            }
            let run = start..at;
            if called && !run.is_empty() || self.has_form(run.clone()) {
                let words = run.filter(|at| !self.is_mark(*at));
                let words: Vec<&str> = words.map(|at| self.written[at].as_str()).collect();
                companies.push(words.join(" "));
            }
            at = at.max(start + 1);
        }
        companies
    }

    /// Whether the word at `at` goes on with the name that began at `start`.
    fn is_of_name(&self, at: usize, start: usize) -> bool {
        let links = at > start && self.is(at, LINKS);
        let ends = self.is(at, "r iess ruc sucursal establecimiento");
        !ends && (self.is_name(at) || links && !self.ends_name(at))
    }

    /// Whether what follows the link at `at` is no name.
    fn ends_name(&self, at: usize) -> bool {
        let next = (at..at + 4).find(|at| !self.is(*at, LINKS));
        self.word(at) != "." && !next.is_some_and(|next| self.is_name(next))
    }

    /// Whether these words end in the form of a company.
    fn has_form(&self, run: std::ops::Range<usize>) -> bool {
        let words: Vec<&str> = run
            .filter(|at| !self.is_mark(*at))
            .map(|at| self.word(at))
            .collect();
        matches!(
            words.as_slice(),
            [_, .., "ltda" | "sa" | "sas" | "ep" | "limitada" | "anonima"]
                | [_, .., "s" | "c", "a"]
                | [_, .., "a", "s"]
        )
    }

    /// An address, the number of a document, one that is called so, one inside a name, or one that counts sentences: «1. Solicito …».
    fn is_identifier(&self, at: usize) -> bool {
        const NUMBERED: &str = "codigo establecimiento n no nro numero sucursal";
        let word = self.word(at);
        if word.contains('@') {
            return true;
        }
        if word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()) {
            return false;
        }
        let called = (0..at).rev().find(|at| !self.is(*at, ". ° º - :"));
        let called = called.is_some_and(|called| self.is(called, NUMBERED));
        let counts = at == 0 && self.word(1) == ".";
        let inside = at > 1 && self.is_name(at - 1) && self.is_name(at + 1);
        word.len() > 5 || called || counts || inside || at > 0 && self.word(at - 1) == "-"
    }

    /// Whether the mark at `at` stands between digits or in a web address.
    fn is_in_number(&self, at: usize) -> bool {
        let digit = at > 0 && self.is_number(at - 1) && self.is_number(at + 1);
        digit || self.word(at + 1) == "/"
    }

    /// Whether only a greeting stands before the colon at `at`: «Señores IESS:».
    fn greets(&self, at: usize) -> bool {
        let said =
            |at: usize| self.is(at, GREETS) || self.is_mark(at) || at > 0 && self.is_name(at);
        at > 0 && self.is(0, GREETS) && (0..at).all(said)
    }

    fn is_mark(&self, at: usize) -> bool {
        self.is(at, ". , -")
    }

    /// Whether only a label of data stands before the colon at `at`: «Representante legal:».
    fn is_data(&self, at: usize) -> bool {
        (0..at).all(|at| self.is(at, DATA))
    }

    /// Whether the sentence ends at `at`, or goes on with one of these.
    fn ends_or(&self, at: usize, list: &str) -> bool {
        at >= self.words.len() || self.is(at, list)
    }

    fn is_number(&self, at: usize) -> bool {
        self.word(at).starts_with(|c: char| c.is_ascii_digit())
    }

    /// Where the verb stands that asks at `at`: there, or before it where it wishes or comes to ask.
    fn request(&self, at: usize) -> Option<usize> {
        let before = |back: usize| at.checked_sub(back);
        if self.is(at, REQUESTS) {
            // «me informan que solicito …»
            let reported = before(1).is_some_and(|before| self.word(before) == "que");
            return (!reported).then_some(at);
        }
        if !self.is(at, REQUESTS_BEHIND_WISHES) {
            return None;
        }
        let wish = before(1).filter(|before| self.is(*before, WISHES));
        let comes = || {
            let purpose = before(1).filter(|before| self.word(*before) == "para")?;
            (purpose.saturating_sub(8)..purpose)
                .any(|at| self.is(at, COMES))
                .then_some(purpose)
        };
        wish.or_else(comes)
    }

    /// «restablecer la clave de empleador», «desbloqueo y restablecimiento de la cuenta patronal»: what it asks and where it
    /// ends.
    fn phrase(&self, at: usize) -> Option<(Asked, usize)> {
        let is_action = |at| {
            [RENEWS, GIVES, UNBLOCKS]
                .iter()
                .any(|list| self.is(at, list))
        };
        let (mut next, mut unblocks, mut renews) = (at, false, false);
        while is_action(next) {
            unblocks |= self.is(next, UNBLOCKS);
            renews |= self.is(next, RENEWS);
            next = self.past(next + 1, ARTICLES);
            // «desbloquear y restablecer»
            if self.word(next) == "y" {
                next = self.past(next + 1, ARTICLES);
                if !is_action(next) {
                    return None;
                }
            }
        }
        // «solicito una nueva clave»: no verb is needed.
        renews |= next == at && self.is(at, NEW);
        if next == at && !renews {
            return None;
        }
        let object = if unblocks { ACCOUNTS } else { PASSWORDS };
        let links = |at| self.past(self.past(self.past(at, ARTICLES), NEW), ARTICLES);
        let what = links(next);
        if !self.is(what, object) {
            return None;
        }
        let is_new = (next..what).chain([what + 1]).any(|at| self.is(at, NEW));
        if !unblocks && !renews && !is_new {
            return None;
        }
        let whose = self.past(what + 1, BELONGS);
        self.is(whose, EMPLOYERS).then(|| {
            let asked = if unblocks {
                Asked::Unblock
            } else {
                Asked::Reset
            };
            (asked, whose + 1)
        })
    }

    /// «porque olvidé la clave anterior» says nothing else than why, and whose office it is says nothing.
    fn read_aside(&mut self, at: usize) {
        if begins(self.word(at), REASONS) {
            let end = self.past(at + 1, OF_REASONS);
            // «Olvide esta carta»: it is not the password that is forgotten.
            if self.is(end, LETTERS) || self.is(at, NO_REASONS) {
                self.said.against = true;
            }
            self.understand(at, end);
        } else if self.is(at, "llevo") && self.is(at.saturating_sub(1), "se") {
            // «y se llevó la clave»
            let end = self.past(at + 1, OF_REASONS);
            self.understand(at, end);
        } else if let Some(end) = self.denied_reason(at) {
            self.understand(at, end);
        } else if self.is(at, ADDRESSEES) {
            let end = self.past(at + 1, OF_ADDRESSEES);
            self.understand(at, end);
        }
    }

    fn read_rest(&mut self) {
        for at in 0..self.words.len() {
            let word = self.word(at);
            // «Sin otro particular, …» ends a letter, «sin mi autorización» a petition.
            let without = word == "sin" && self.is(at + 1, WITHOUT);
            // «antes indicada» says which, «antes de proceder» when.
            let before = word == "antes" && self.is(at + 1, "de que");
            let against = !self.is_harmless(at)
                && (before
                    || without
                    || self.is(at, AGAINST)
                    || begins(word, AGAINST_STEMS)
                    || self.denies(at));
            let loaded = begins(word, LOADED_STEMS) && !self.known[at];
            let orders = ORDERS.split(' ').any(|ending| word.ends_with(ending));
            self.said.against |= against || orders;
            self.said.otherwise |= loaded;
        }
    }

    /// «no», unless it numbers something: «Oficio No. 12», «Nº 3», «Oficio No. CAF-2026-014»; or says why.
    fn denies(&self, at: usize) -> bool {
        if self.word(at) != "no" {
            return false;
        }
        let number = self.past(at + 1, ". ° : -");
        let code = self.shouts(number) && self.is(number + 1, "- / .");
        let called = match at.checked_sub(1) {
            Some(before) => self.is(before, "carta expediente memorando oficio tramite"),
            None => number > 1,
        };
        let numbers = self.is_number(number) || code && called;
        !numbers && self.denied_reason(at).is_none()
    }

    /// Where «no recuerdo la clave» ends, if the «no» at `at` stands in a reason.
    fn denied_reason(&self, at: usize) -> Option<usize> {
        const NEAR: usize = 14;
        if self.word(at) != "no" {
            return None;
        }
        let mut before = at.saturating_sub(NEAR)..at;
        before.find(|at| self.is(*at, BECAUSE))?;
        let verb = self.past(at + 1, "la les lo me nos se");
        let (_, behind) = DENIED.iter().find(|(verbs, _)| self.is(verb, verbs))?;
        self.ends_or(verb + 1, behind)
            .then(|| self.past(verb + 1, "acceso a al correo portal sistema nos las"))
            .map(|end| self.past(end, OF_REASONS))
    }

    /// Words that are harmless where they stand: at the foot of a letter, in its letterhead, and in phrases of courtesy.
    fn is_harmless(&self, at: usize) -> bool {
        let before = |list| at > 0 && self.is(at - 1, list);
        let begins_behind = |stems| begins(self.word(at + 1), stems);
        match self.word(at) {
            // «c.c.: Archivo»
            "archivo" => {
                let copied = (0..at).rev().find(|at| !self.is(*at, ". :"));
                copied.is_some_and(|copied| self.is(copied, "c cc copia"))
            }
            "pendiente" => {
                before("quedamos quedo") && self.word(at + 1) == "de" && self.word(at + 2) == "su"
            }
            "confirmar" | "confirmarme" | "confirmarnos" | "confirmen" => {
                self.is(self.past(at + 1, "el la su"), "recepcion recibido recibo")
            }
            "sea" => begins_behind("acogid atendid despachad tramitad"),
            "fue" => begins_behind("firmad") && self.is(at + 2, "digitalmente electronicamente"),
            "afiliados" => self.word(at + 1) == ":" && self.is_number(at + 2),
            "banco" | "investigacion" | "investigaciones" | "modelo" | "muestra" | "muestras" => {
                self.is_in_company(at)
            }
            _ => false,
        }
    }

    /// Whether the word at `at` stands in the name of a company.
    fn is_in_company(&self, at: usize) -> bool {
        const LONGEST: usize = 10;
        let start = (at.saturating_sub(LONGEST)..=at)
            .rev()
            .take_while(|at| self.is_name(*at) || self.is(*at, LINKS))
            .last();
        start.is_some_and(|start| {
            (at..at + LONGEST).any(|end| {
                self.has_form(start..end + 1) && (at..=end).all(|at| self.is_of_name(at, start))
            })
        })
    }
}
