//! What the first page of a letter says, when it says nothing but what ordinary letters do. From its first word to its last it must be
//! made of sentences of known shapes ([`super::vocabulary`]): then it asks for what they ask, and nothing on it can turn that. The
//! other way round, by words that spoil a petition, was tried: «Copia certificada del oficio que presentó Juan Pérez», «Dictado para la clase»
//! and «Rompan esta hoja» are told by other words, and no list could hold all of those.
//!
//! Sentences begin at a line, behind a full stop, a colon or a comma, and end before one, and with their paragraph; where lines are broken
//! within it means nothing. What is no word and can't turn one (bullets, hyphens) is passed over; question marks are not, nor what is to
//! be ticked or filled in.
//!
//! Data are the few things that can't be listed. Persons are those who signed, by the names and cédulas in their certificates: whoever else
//! writes is for a person to read. Companies are told, for the decision to compare them with the registry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::shape::{self, Data, Ends, Grammar, Matcher, Names, Words};
use super::vocabulary::{
    ASKED, BESIDE, FORMS, LINKS, NO_NAMES, PIECES, PLACES, SENTENCES, SHORT_WORDS, TITLES,
    UNACCENTED,
};
use super::{Asked, Author, streets};
use crate::domain::{plain, unaccented};

/// What a page says that is understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Understood {
    /// What is asked for, or named as the subject of the letter.
    pub(super) asked: BTreeSet<Asked>,
    /// Somebody asks: for that, or that the petition be tended.
    pub(super) requests: bool,
    /// The companies that are named, as they are written.
    pub(super) companies: Vec<String>,
    /// Somebody says that the mailbox on file is out of reach, or an old one.
    pub(super) mailbox_lost: bool,
}

/// The sentences that ask; the others of [`ASKED`] only say what is asked.
const REQUESTS: [&str; 4] = ["ask-reset", "ask-unblocking", "ask-change", "tend"];

/// The sentences that tell whose letter it is, or whom it is for.
const TELL_WHO: [&str; 3] = ["who-writes", "named-person", "signed"];

/// The sentences that address somebody.
const ADDRESSES: [&str; 3] = ["there", "greeting", "addressee"];

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::parse(&[PIECES, SENTENCES]));

/// Reads the lines of a page that these people signed. Nothing when there is anything else on it.
pub(super) fn read(lines: &[String], signers: &[Author]) -> Option<Understood> {
    let page = Page::new(lines, signers);
    let open = |(at, line): (usize, &String)| {
        let mut below = lines
            .iter()
            .skip(at + 1)
            .filter(|line| !line.trim().is_empty());
        let below = below.next().map_or("", String::as_str);
        leaves_something_open(line) && !(is_line_to_sign_on(line) && page.is_name(below))
    };
    if lines.iter().any(|line| accents_turn(line)) || lines.iter().enumerate().any(open) {
        return None;
    }
    let said = page.sentences()?;
    let mut understood = Understood::default();
    let (mut named, mut alone) = (Vec::new(), Vec::new());
    for sentence in &said {
        let asked = match sentence.shape {
            "ask-reset" | "called-reset" => Some(Asked::Reset),
            "ask-unblocking" | "called-unblocking" => Some(Asked::Unblock),
            "ask-change" | "called-change" => Some(Asked::Change),
            _ => None,
        };
        understood.asked.extend(asked);
        understood.requests |= REQUESTS.contains(&sentence.shape);
        let names = if sentence.shape == "letterhead" {
            &mut alone
        } else {
            &mut named
        };
        names.extend(sentence.names.iter().copied());
    }
    // What stands alone on a line and may be anything is a name when one begins so elsewhere, or when it ends as names of companies do.
    let words = |(from, to): &(usize, usize)| -> Vec<&str> {
        (*from..*to).map(|at| page.word(at)).collect()
    };
    let known: Vec<Vec<&str>> = named.iter().map(words).collect();
    let is_name = |name: &(usize, usize)| {
        page.form_within(name.0, name.1).is_some() && page.of_a_company
            || known.iter().any(|known| known.starts_with(&words(name)))
    };
    let for_signer = named
        .iter()
        .any(|(from, to)| page.is_for_signer(*from, *to));
    if for_signer || !alone.iter().all(is_name) {
        return None;
    }
    let mut companies: Vec<String> = Vec::new();
    for (from, to) in named.into_iter().chain(alone) {
        let company = page.written(from, to);
        if !companies.contains(&company) {
            companies.push(company);
        }
    }
    understood.companies = companies;
    understood.mailbox_lost = page.holds("lost-mailbox");
    Some(understood)
}

/// Whether a word of this line has an accent that makes another one of it: the grammar knows none.
fn accents_turn(line: &str) -> bool {
    // Some set the accent beside its letter, and the page shows it above.
    let of_word = |c: char| c.is_alphanumeric() || is_combining_mark(c) || "\u{b4}`".contains(c);
    let line: String = line.nfc().collect();
    line.split(|c| !of_word(c)).any(|word| {
        word.nfkd().last().is_some_and(is_combining_mark)
            && is_one_of(UNACCENTED, plain(word).trim_end())
    })
}

/// Whether there is something to tick or to fill in: brackets without a word, and marks that stand there for themselves.
fn leaves_something_open(line: &str) -> bool {
    /// Marks on end without a word between them: «(C.A.), ».
    const MOST_MARKS: usize = 3;
    let is_word = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    let marks: String = line
        .split_whitespace()
        .map(|chunk| if is_address(chunk) { "a" } else { chunk })
        .collect();
    let bracketed = |behind: &str| behind.starts_with(|c| is_word(c) || "«“\"'".contains(c));
    let repeats = |run: &str| {
        run.chars()
            .zip(run.chars().skip(1))
            .any(|(one, next)| one == next)
    };
    let mut runs = marks.split(is_word);
    marks.contains('_')
        || marks.split('(').skip(1).any(|behind| !bracketed(behind))
        || !marks.is_empty() && !marks.contains(is_word)
        || runs.any(|run| run.chars().count() > MOST_MARKS || repeats(run))
}

/// The line above the name of who signs, from the time of paper.
fn is_line_to_sign_on(line: &str) -> bool {
    const SHORTEST: usize = 10;
    let line = line.trim();
    line.len() >= SHORTEST && line.bytes().all(|byte| byte == b'_')
}

/// An address of mail or of a site.
fn is_address(chunk: &str) -> bool {
    chunk.contains('@') || chunk.starts_with("www.") || chunk.starts_with("http")
}

/// What stands between a word and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Before {
    /// A hyphen, or another mark that is passed over.
    Mark,
    Blank,
    Comma,
    Stop,
    Line,
    Paragraph,
}

#[derive(Debug)]
struct Word {
    /// In small letters, and as it is written; both without accents.
    small: String,
    written: String,
    before: Before,
}

/// What part of a letter a sentence is, as far as it says what may follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Other,
    Addressee,
    Greeting,
    Date,
    Name,
}

impl Part {
    fn of(shape: &str) -> Self {
        match shape {
            "addressee" => Self::Addressee,
            "there" | "greeting" => Self::Greeting,
            "dated" => Self::Date,
            "who-writes" | "letterhead" => Self::Name,
            _ => Self::Other,
        }
    }
}

/// How far a letter has come: whom it names before it asks, it may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Begun,
    /// Who signed is named, and nobody has asked yet.
    Named,
    /// Somebody was addressed below that name: it may be a letter to her, until she says herself that she writes it.
    Addressed,
    Asked,
}

impl Stage {
    /// The stage behind a sentence of this shape, which names who signed or does not.
    fn behind(self, shape: &str, names_signer: bool) -> Self {
        match self {
            Self::Asked => Self::Asked,
            _ if REQUESTS.contains(&shape) => Self::Asked,
            Self::Addressed if !(names_signer && shape == "who-writes") => Self::Addressed,
            Self::Named if ADDRESSES.contains(&shape) => Self::Addressed,
            _ if names_signer => Self::Named,
            stage => stage,
        }
    }
}

/// A sentence of a known shape.
#[derive(Debug)]
struct Sentence {
    shape: &'static str,
    names: Names,
}

/// The words of a page.
struct Page {
    words: Vec<Word>,
    /// The words of the names of who signed, and the numbers of their cédulas.
    signers: BTreeSet<String>,
    documents: BTreeSet<String>,
    /// Behind which company's addresses its site is.
    domains: BTreeSet<String>,
    /// Whether a RUC on it is that of a company: those of persons and households have a lower third digit. Only the names of companies are
    /// compared with the registry.
    of_a_company: bool,
}

impl Page {
    fn new(lines: &[String], signers: &[Author]) -> Self {
        let mut words = Vec::new();
        let (mut parted, mut announces) = (false, false);
        for line in lines {
            let begin = words.len();
            add_words(&unaccented(line), &mut words);
            if let Some(word) = words.get_mut(begin).filter(|_| parted) {
                word.before = Before::Paragraph;
            }
            // «Solicito:», and below it what.
            let line = line.trim();
            parted = line.is_empty() && (parted || !announces);
            announces = if line.is_empty() {
                announces
            } else {
                line.ends_with(':')
            };
        }
        let documents = signers.iter().filter_map(|signer| signer.document.clone());
        let documents = documents.collect();
        let signers = signers.iter().flat_map(|signer| {
            let name = unaccented(&signer.name).to_lowercase();
            let words = name.split(|c: char| !c.is_alphanumeric());
            words
                .filter(|word| word.len() > 1 && !is_one_of(LINKS, word))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        let domains = words.iter().filter_map(|word| {
            let (_, domain) = word.small.split_once('@')?;
            Some(domain.to_owned())
        });
        let mut page = Self {
            signers: signers.collect(),
            documents,
            domains: domains.collect(),
            of_a_company: false,
            words,
        };
        page.of_a_company = (0..page.words.len())
            .any(|at| page.digits(at, (10, 3)).is_some() && page.word(at).as_bytes()[2] >= b'6');
        page
    }

    /// Whether a line is the name of who signed, and nothing more.
    fn is_name(&self, line: &str) -> bool {
        let line = unaccented(line).to_lowercase();
        let words = || {
            line.split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
        };
        let signs = |word: &str| self.signers.contains(word);
        words().any(signs)
            && words().all(|word| signs(word) || is_one_of(LINKS, word) || is_one_of(TITLES, word))
    }

    /// The sentences that the page is made of, from its beginning to its end. Of several ways the one with the fewest names.
    fn sentences(&self) -> Option<Vec<Sentence>> {
        struct Step {
            cost: usize,
            from: (usize, (Part, Stage)),
            shape: &'static str,
            names: Names,
        }
        let end = self.words.len();
        let mut matcher = Matcher::new(&GRAMMAR, self);
        let mut reached: Vec<BTreeMap<(Part, Stage), Step>> =
            (0..=end).map(|_| BTreeMap::new()).collect();
        let begun = (Part::Other, Stage::Begun);
        let start = Step {
            cost: 0,
            from: (0, begun),
            shape: "",
            names: Names::new(),
        };
        reached[0].insert(begun, start);
        // Where who signed is named, by name or by post, and where that may end.
        let signer: Vec<Vec<usize>> = (0..end)
            .map(|at| {
                let ends = ["named", "one-post"].map(|name| matcher.ends(name, at));
                ends.into_iter().flat_map(Ends::into_keys).collect()
            })
            .collect();
        for at in 0..end {
            let costs: Vec<((Part, Stage), usize)> = reached[at]
                .iter()
                .map(|(place, step)| (*place, step.cost))
                .collect();
            if costs.is_empty() {
                continue;
            }
            let mut found: Vec<(&'static str, Ends)> = ASKED
                .into_iter()
                .chain(BESIDE)
                .map(|name| (name, matcher.ends(name, at)))
                .collect();
            if self.is_bullet(at) {
                found.push(("bullet", Ends::from([(at + 1, Names::new())])));
            }
            let paragraph = (at + 1..end)
                .find(|next| self.before(*next) == Before::Paragraph)
                .unwrap_or(end);
            for (shape, ends) in found {
                let part = Part::of(shape);
                for (to, names) in ends {
                    let told = TELL_WHO.contains(&shape)
                        && signer[at..to].iter().any(|ends| !ends.is_empty())
                        || !ASKED.contains(&shape) && self.is_among(&signer, &names);
                    for ((before, stage), cost) in &costs {
                        let cost = cost + 1 + 100 * shape::length(&names);
                        let place = (part, stage.behind(shape, told));
                        let known = reached[to].get(&place);
                        let better = known.is_none_or(|step| cost < step.cost);
                        let fits = to > at
                            && to <= paragraph
                            && self.begins(to)
                            && self.may_follow(
                                (*before, *stage),
                                shape,
                                at,
                                !signer[at].is_empty(),
                            );
                        if fits && better {
                            let step = Step {
                                cost,
                                from: (at, (*before, *stage)),
                                shape,
                                names: names.clone(),
                            };
                            reached[to].insert(place, step);
                        }
                    }
                }
            }
        }
        let best = reached[end].iter().min_by_key(|(_, step)| step.cost);
        let mut place = (end, *best?.0);
        let mut said = Vec::new();
        while place.0 > 0 {
            let step = reached[place.0].remove(&place.1)?;
            place = step.from;
            said.push(Sentence {
                shape: step.shape,
                names: step.names,
            });
        }
        said.reverse();
        Some(said)
    }

    /// Whether a sentence at `at` may stand behind the part `before`. Whoever is addressed does not ask: «Señora Gerente», «Estimada
    /// Ana» and «Café S.A. Presente» stand above the letters of others, which she may have signed for receipt. Below her name,
    /// whatever stands between, somebody may be addressed by her too: then she says who writes before she asks.
    fn may_follow(
        &self,
        (before, stage): (Part, Stage),
        shape: &str,
        at: usize,
        names_somebody: bool,
    ) -> bool {
        let addressed = matches!(before, Part::Addressee | Part::Greeting);
        let labelled = is_one_of(
            "razon nombre nombres representante solicitante",
            self.word(at),
        );
        let names = names_somebody || ["letterhead", "named-firm"].contains(&shape);
        match shape {
            _ if stage == Stage::Addressed && REQUESTS.contains(&shape) => false,
            "there" => matches!(before, Part::Addressee | Part::Date),
            "greeting" | "addressee" if before == Part::Name => false,
            _ => !addressed || !names || labelled,
        }
    }

    /// Whether what was taken for the name of a company holds that of who signed, on a line or between commas of its own.
    fn is_among(&self, signer: &[Vec<usize>], names: &Names) -> bool {
        names.iter().any(|(from, to)| {
            (*from..*to)
                .filter(|at| at == from || self.begins(*at))
                .any(|at| {
                    let ends = signer[at].iter();
                    ends.copied()
                        .any(|end| end == *to || end < *to && self.begins(end))
                })
        })
    }

    /// Whether a shape is anywhere on the page.
    fn holds(&self, shape: &str) -> bool {
        let mut matcher = Matcher::new(&GRAMMAR, self);
        (0..self.words.len()).any(|at| !matcher.ends(shape, at).is_empty())
    }

    /// Whether somebody else writes in the name of who signed: «como apoderado de Lucía Ñauta».
    fn is_for_signer(&self, from: usize, to: usize) -> bool {
        const ACTS: &str = "apoderado apoderada representacion represento";
        let acts = self.words.iter().any(|word| is_one_of(ACTS, &word.small));
        let as_other = from > 1
            && is_one_of("de del", self.word(from - 1))
            && self.word(from - 2) == "representante";
        let signs = |at: usize| {
            let word = self.word(at);
            self.signers.contains(word) || is_one_of(LINKS, word)
        };
        (acts || as_other) && (from..to).all(signs)
    }

    /// Whether a sentence may begin at `at`.
    fn begins(&self, at: usize) -> bool {
        self.before(at) > Before::Blank
    }

    /// The end of a page is like that of a line.
    fn before(&self, at: usize) -> Before {
        self.words.get(at).map_or(Before::Line, |word| word.before)
    }

    /// «1. Solicito …»
    fn is_bullet(&self, at: usize) -> bool {
        let word = self.word(at);
        self.before(at) >= Before::Line
            && is_digits(word)
            && word.len() < 3
            && self.before(at + 1) == Before::Stop
    }

    fn capital(&self, at: usize) -> bool {
        let word = self.words.get(at).map_or("", |word| word.written.as_str());
        word.starts_with(char::is_uppercase)
    }

    fn written(&self, from: usize, to: usize) -> String {
        let words: Vec<&str> = self.words[from..to]
            .iter()
            .map(|word| word.written.as_str())
            .collect();
        words.join(" ")
    }

    /// Names of who signed: some of their words, with initials for others.
    fn person(&self, at: usize) -> Vec<usize> {
        const LONGEST: usize = 10;
        let mut ends = Vec::new();
        let mut next = at;
        loop {
            let word = self.word(next);
            if next == at + LONGEST {
                return ends;
            }
            let initial = !ends.is_empty()
                && word.len() == 1
                && self.capital(next)
                && self.signers.iter().any(|name| name.starts_with(word));
            next += 1;
            if self.signers.contains(word) || initial {
                ends.push(next);
            } else if ends.is_empty() || !is_one_of("de del la las los", word) {
                return ends;
            }
        }
    }

    /// The name of a company: words with capitals, and what links them, to its form if it has one.
    fn company(&self, at: usize) -> Option<usize> {
        const LONGEST: usize = 14;
        let is_name = |at: usize| {
            let word = self.word(at);
            // «S.A.», and no «a».
            let of_form = word == "a" && self.before(at) == Before::Stop;
            (of_form || !is_one_of(NO_NAMES, word))
                && (self.capital(at) && !is_one_of(LINKS, word) || at > 0 && is_digits(word))
        };
        let links = |at: usize| is_one_of(LINKS, self.word(at));
        // «La Favorita»
        if !self.capital(at) || !(is_name(at) || links(at) && is_name(at + 1)) {
            return None;
        }
        // Beyond a comma or an end of a line only the form of a company goes on.
        let mut whole = at;
        while whole < at + LONGEST
            && (is_name(whole) || links(whole) && whole > at)
            && (whole == at || ![Before::Comma, Before::Paragraph].contains(&self.before(whole)))
        {
            whole += 1;
        }
        if let Some(end) = self.form_within(at, whole) {
            return Some(end);
        }
        let mut end = at + 1;
        while end < whole && self.before(end) <= Before::Blank {
            end += 1;
        }
        while end > at && links(end - 1) {
            end -= 1;
        }
        (end > at).then_some(end)
    }

    /// Where the first form of a company ends between `from` and `to`, behind a name.
    fn form_within(&self, from: usize, to: usize) -> Option<usize> {
        (from + 1..to).find_map(|at| {
            FORMS.iter().find_map(|form| {
                let words = form.split(' ');
                let length = words.clone().count();
                let fits = words
                    .enumerate()
                    .all(|(place, word)| self.word(at + place) == word);
                (fits && at + length <= to).then_some(at + length)
            })
        })
    }

    /// Places of several words too.
    fn places(&self, at: usize) -> Vec<usize> {
        const LONGEST: usize = 5;
        let mut ends = Vec::new();
        let mut place = String::new();
        for end in at..at + LONGEST {
            if !place.is_empty() {
                place.push(' ');
            }
            place.push_str(self.word(end));
            if PLACES.split("; ").any(|known| known == place) {
                ends.push(end + 1);
            }
        }
        ends
    }

    /// What a street is called, and what follows on to the next comma.
    fn street(&self, at: usize) -> Option<usize> {
        const LONGEST: usize = 12;
        if !streets::begins(self.word(at)) {
            return None;
        }
        let goes_on = |at: usize| {
            let said = streets::goes_on(self.word(at), self.word(at + 1));
            let cut_short = self.before(at) == Before::Stop && self.word(at - 1).len() < 5;
            said && (self.before(at) <= Before::Blank || cut_short)
        };
        let end = (at + 1..at + LONGEST)
            .find(|at| !goes_on(*at))
            .unwrap_or(at + LONGEST);
        let told = (at + 1..end).any(|at| streets::is_told(self.word(at)));
        told.then_some(end)
    }

    /// «CAF-2026-014»: digits in one piece, with one or two runs of a few capitals that are no word.
    fn code(&self, at: usize) -> Option<usize> {
        const LONGEST: usize = 5;
        // «No, 12» is no number of anything.
        let called = [Before::Mark, Before::Blank, Before::Stop].contains(&self.before(at));
        let end = (at + 1..=at + LONGEST).find(|end| self.before(*end) != Before::Mark)?;
        let words = self.words.get(at..end).filter(|_| called)?;
        let (digits, letters): (Vec<&Word>, Vec<&Word>) =
            words.iter().partition(|word| is_digits(&word.small));
        let few = |word: &Word| {
            word.written.len() <= 3
                && word.written.chars().all(|c| c.is_ascii_uppercase())
                && !is_one_of(NO_NAMES, &word.small)
                && !is_one_of(SHORT_WORDS, &word.small)
        };
        let known = letters.len() <= 2 && letters.into_iter().all(few);
        (known && !digits.is_empty()).then_some(end)
    }

    /// So many digits, in one run or with the last ones apart.
    fn digits(&self, at: usize, (first, last): (usize, usize)) -> Option<usize> {
        let is_run = |at: usize, length| {
            let word = self.word(at);
            is_digits(word) && word.len() == length
        };
        if is_run(at, first + last) {
            return Some(at + 1);
        }
        (is_run(at, first) && is_run(at + 1, last)).then_some(at + 2)
    }

    fn is_web(&self, at: usize) -> bool {
        let site = self.word(at).trim_start_matches("https://");
        let site = site.trim_start_matches("http://");
        let site = site.trim_start_matches("www.").trim_end_matches('/');
        self.domains.contains(site)
    }
}

impl Words for &Page {
    fn word(&self, at: usize) -> &str {
        Page::word(self, at)
    }

    fn ends(&self, data: Data, at: usize) -> Vec<usize> {
        let next = |holds: bool| holds.then_some(at + 1);
        let word = self.word(at);
        let end = match data {
            Data::Person => return self.person(at),
            Data::Company => self.company(at),
            Data::Place => return self.places(at),
            Data::Street => self.street(at),
            Data::Number => next(is_digits(word)),
            Data::Numbers => {
                const LONGEST: usize = 8;
                let numbers = (at..at + LONGEST).take_while(|at| is_digits(Page::word(self, *at)));
                return numbers.map(|at| at + 1).collect();
            }
            Data::Code => self.code(at),
            Data::Ruc => self.digits(at, (10, 3)),
            Data::Cedula => self.digits(at, (9, 1)).filter(|end| {
                let digits: String = (at..*end).map(|at| Page::word(self, at)).collect();
                self.documents.contains(&digits)
            }),
            Data::Email => next(word.contains('@')),
            Data::Web => next(self.is_web(at)),
        };
        end.into_iter().collect()
    }
}

impl Page {
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.small.as_str())
    }
}

fn is_one_of(list: &str, word: &str) -> bool {
    list.split(' ').any(|one| one == word)
}

fn is_digits(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// The words of a line: runs of letters and digits, addresses whole, and marks that are not passed over, each by itself.
fn add_words(line: &str, words: &mut Vec<Word>) {
    /// Marks that only part words, or number and list them. A dash between words lets somebody else speak.
    const PASSED: &str = "-_/#+\u{b0}*\u{a1}";
    const COMMAS: &str = ",;()\u{b7}|\u{2022}";
    let mut before = Before::Line;
    let mut add = |written: &str, before: &mut Before| {
        words.push(Word {
            small: written.to_lowercase(),
            written: written.to_owned(),
            before: std::mem::replace(before, Before::Mark),
        });
    };
    for chunk in line.split_whitespace() {
        before = before.max(Before::Blank);
        if is_address(chunk) {
            let whole = chunk.trim_matches(|c: char| ".,;:()<>[]".contains(c));
            if chunk.starts_with('(') {
                before = before.max(Before::Comma);
            }
            add(whole, &mut before);
            if !chunk.ends_with(whole) {
                before = Before::Stop;
            }
            continue;
        }
        // «RUC1790993949001»
        let chunk = match chunk.split_at_checked(3) {
            Some((ruc @ ("RUC" | "Ruc" | "ruc"), number))
                if number.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                add(ruc, &mut before);
                number
            }
            _ => chunk,
        };
        let mut run = String::new();
        for c in chunk.chars() {
            if c.is_alphanumeric() {
                run.push(c);
                continue;
            }
            if !run.is_empty() {
                add(&std::mem::take(&mut run), &mut before);
            }
            match c {
                '.' | ':' | '!' => before = before.max(Before::Stop),
                _ if COMMAS.contains(c) => before = before.max(Before::Comma),
                _ if PASSED.contains(c) => {}
                _ => add(c.encode_utf8(&mut [0; 4]), &mut before),
            }
        }
        if !run.is_empty() {
            add(&run, &mut before);
        }
    }
}
