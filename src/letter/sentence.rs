//! What one sentence of a letter says of passwords and accounts. A petition is known by its grammar: somebody asks in the
//! first person, and what they ask follows with nothing in between but words of courtesy: «*solicito* a ustedes se sirvan
//! *restablecer la clave de empleador*». A word that occurs is no petition: «prohíbo recuperar la clave», «solicito cancelar el
//! restablecimiento» and a contract with «clientes clave» hold the words too. Whatever else names a password is told as such,
//! and so is every word that denies, forbids or reports; then a person reads the letter.
//!
//! Sentences come in lower case and without accents ([`super::plain`]).

use std::collections::BTreeSet;

use super::Asked;

/// Who asks, in the first person and now: «solicitamos» may be what was asked last year.
const REQUESTS: &str = "pido requiero ruego solicito";
/// «me permito solicitar», «deseo pedir»: the verb behind these asks too.
const WISHES: &str = "permito permitimos quiero queremos deseo deseamos quisiera quisieramos";
const REQUESTS_BEHIND_WISHES: &str = "solicitar solicitarles pedir pedirles";
/// What may stand between asking and what is asked: courtesy, and nothing that turns it.
const COURTESY: &str = ", . a abg al atentamente autoridad ayuda ayudar ayude ayuden colaboracion comedida comedidamente compania con \
     cordial cordialmente corresponda de del digne dignen dignidad director directora disponer disponga dispongan dr \
     dra efectuar efectue efectuen el empresa en expresamente favor forma formal formalmente gentil gentilmente \
     gestion gestionar gestione gestionen ing inmediata inmediatamente inmediato la las le les lic los manera mas me \
     mi muy nos nuestra nuestro para por presente proceda procedan proceder procedimiento proceso que quien realice \
     realicen realizar representada respetuosa respetuosamente ruc se senor senora senores sirva sirvan sr sra srta \
     su tramite ud uds un una urgente urgentemente usted ustedes";
/// Nouns and verbs of a new password for an old one.
const RENEWS: &str = "cambiar cambie cambien cambio recuperacion recuperar recupere reinicie reinicien reiniciar reinicio reposicion \
     resetee reseteen resetear reseteo restablecer restableciendo restablecimiento restablezca restablezcan \
     restitucion restituir restituya restituyan";
/// Those of all that are nouns.
const NOUNS: &str = "asignacion cambio creacion desbloqueo emision entrega generacion otorgamiento recuperacion reinicio reposicion \
     reseteo restablecimiento restitucion";
/// Nouns and verbs that ask for a password, provided that it is called new.
const GIVES: &str = "asignacion asignar asigne asignen creacion crear cree creen emision emita emitan emitir entrega entregar \
     entregue entreguen generacion generar genere generen otorgamiento otorgar otorgue otorguen";
/// Nouns and verbs of an account that is opened again.
const UNBLOCKS: &str = "desbloquear desbloquee desbloqueen desbloqueo";
/// What a petition may be called before it is named.
const CALLED: &str = "solicitud peticion pedido tramite de del la el para";
/// Labels behind which a petition is named.
const LABELS: &str = "asunto motivo objeto pedido peticion ref referencia solicitud tema tramite";
const ARTICLES: &str = "de del dicha el la los mi nuestra su un una misma";
const NEW: &str = "nueva nuevo";
const PASSWORDS: &str = "clave contrasena password";
const ACCOUNTS: &str = "acceso clave contrasena cuenta usuario";
/// What may stand between the password and whose it is.
const BELONGS: &str = "a acceso actual al anterior como de del el en iess la linea mi nuestra nueva olvidada perdida portal sistema su \
     usuario";
/// The employer's own: an affiliate, a bank and the tax office give passwords too.
const EMPLOYERS: &str = "empleador empleadora empleadores patronal patronales";
/// Verbs that ask for the petition itself that stands beside them.
const TENDS: &str = "atender atienda atiendan dar procesar tramitar tramiten";
/// What may follow the petition that is to be tended, so that it is this one.
const OF_MATTERS: &str = "a adjunta adjunto antedicho asunto de del descrita descrito el en esta este indicada indicado la mencionada \
     mencionado mi pedido peticion presente referencia referida referido requerimiento senalada senalado solicitud \
     tramite";
/// What may follow what is asked: whose it is, and why. Anything else may turn it into something else.
const FOLLOWS: &str = ". , ; de del para por porque ya debido con";
/// Marks behind which somebody else may speak.
const SPEAKS: &str = ": ‘ ’ ' ` – —";
const MATTERS: &str = "tramite solicitud peticion pedido requerimiento";
/// Why somebody needs a new password, and what it may be said of.
const REASONS: &str = "olvid perd extravi";
const OF_REASONS: &str =
    "actual anterior clave contrasena de del dicha empleador la mi misma nuestra patronal";

/// Whom a letter is addressed to may be called after what it does: «Servicio de claves de empleador».
const ADDRESSEES: &str = "area departamento direccion jefatura mesa oficina seccion servicio servicios unidad ventanilla";
const OF_ADDRESSEES: &str =
    "acceso clave claves de del empleador empleadores la las patronal patronales";

/// Words that make a person read: what denies, forbids, sets a condition.
const AGAINST: &str = "? arroba aunque cuando escribia escribieron escribio excepto falsa falso fue fueron hasta jamas mientras nadie \
     negamos nego ni niega ningun ninguna ninguno nunca pendiente pero quede queden robada robado robaron robo salvo \
     sea sean si sino solamente solo tampoco tercero terceros unicamente ¿";
/// Behind «sin» the same: who did not agree to something, and what has no effect.
const WITHOUT: &str = "autorizacion conocimiento consentimiento efecto estar haber haberla haberlo mi mis nuestra nuestro pedirlo \
     permiso que ser su sus valor validez";
/// The same by their stems; also what is told of somebody else's words, and of passwords that others give.
const AGAINST_STEMS: &str = "abst afiliad amenaz anul archiv banca banco bloque cancel condicion confirm denunc descono desist deten dij \
     estaf falsific fraud ilegal imped impid impugn indebid invalid investig negad negam negar negat negue opon opong \
     opus posterg presunt prohib rechac rechaz rentas revers revier revoc revoq sospech sri suplant supuest suspen \
     sustra usurp";
/// Stems that name a password or what is done to it, wherever they stand.
const LOADED_STEMS: &str =
    "clave contrasen password desbloque recuper reinici resete restablec restablez restitu olvid";

/// What one sentence says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// What is asked for, or named as the subject of the letter.
    pub(super) asked: BTreeSet<Asked>,
    /// Somebody asks in the first person: for that, or that the petition be tended.
    pub(super) requests: bool,
    /// A password, or what is done to one, is spoken of otherwise.
    pub(super) otherwise: bool,
    /// Something is denied, forbidden, doubted or reported.
    pub(super) against: bool,
}

/// Reads a sentence. `quoted`: a quotation stands open before it, and whether one does behind it.
pub(super) fn read(sentence: &str, quoted: &mut bool) -> Said {
    let words = words(sentence);
    let mut reader = Reader {
        known: vec![false; words.len()],
        words,
        said: Said::default(),
    };
    reader.read_label();
    let (mut told, mut aside) = (false, false);
    for at in 0..reader.words.len() {
        told |= reader.is(at, SPEAKS);
        match reader.word(at) {
            "«" | "“" | "„" => *quoted = true,
            "»" | "”" => *quoted = false,
            "\"" => *quoted = !*quoted,
            "(" => aside = true,
            ")" => aside = false,
            _ if *quoted || told || aside => {}
            _ => reader.read_request(at),
        }
        reader.read_aside(at);
    }
    reader.read_rest();
    reader.said
}

/// Words, and each mark by itself.
fn words(sentence: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut joins = false;
    for c in sentence.chars() {
        if c.is_alphanumeric() {
            match words.last_mut() {
                Some(word) if joins => word.push(c),
                _ => words.push(c.to_string()),
            }
        } else if !c.is_whitespace() {
            words.push(c.to_string());
        }
        joins = c.is_alphanumeric();
    }
    words
}

/// Whether a word begins with one of these stems.
fn begins(word: &str, stems: &str) -> bool {
    stems.split(' ').any(|stem| word.starts_with(stem))
}

struct Reader {
    words: Vec<String>,
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
        }
    }

    fn read_request(&mut self, at: usize) {
        if !self.is_request(at) {
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
            if !other && self.ends_or(phrase.1, FOLLOWS) {
                self.said.requests = true;
                self.name(at, phrase);
            }
        } else if self.is(next, TENDS) {
            let matter = self.past(next + 1, ARTICLES);
            let end = self.past(matter, OF_MATTERS);
            self.said.requests |= self.is(matter, MATTERS) && self.ends_or(end, ". , ;");
        }
    }

    /// Whether the sentence ends at `at`, or goes on with one of these.
    fn ends_or(&self, at: usize, list: &str) -> bool {
        at >= self.words.len() || self.is(at, list)
    }

    fn is_number(&self, at: usize) -> bool {
        self.word(at).starts_with(|c: char| c.is_ascii_digit())
    }

    fn is_request(&self, at: usize) -> bool {
        let wishes = |back: usize| {
            at.checked_sub(back)
                .is_some_and(|before| self.is(before, WISHES))
        };
        // «me informan que solicito …»
        let reported = at
            .checked_sub(1)
            .is_some_and(|before| self.word(before) == "que");
        !reported && self.is(at, REQUESTS) || self.is(at, REQUESTS_BEHIND_WISHES) && wishes(1)
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
            let against =
                without || self.is(at, AGAINST) || begins(word, AGAINST_STEMS) || self.denies(at);
            let loaded = begins(word, LOADED_STEMS) && !self.known[at];
            self.said.against |= against;
            self.said.otherwise |= loaded;
        }
    }

    /// «no», unless it numbers something: «Oficio No. 12», «Nº 3».
    fn denies(&self, at: usize) -> bool {
        let number = self.past(at + 1, ". ° :");
        self.word(at) == "no" && !self.is_number(number)
    }
}
