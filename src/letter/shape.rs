//! Shapes of sentences: a small notation for what may stand where, and the one way to find out whether words have such a shape. It
//! knows no Spanish; that is in [`super::vocabulary`].
//!
//! A line of the notation is `name: shape`. Words stand for themselves, `a/b` is either word, `( … | … )` either of several, `[ … ]`
//! what may be left out, `(… )*` what may come any number of times, `<name>` a shape above, `{name}` a kind of data.

use std::collections::BTreeMap;

/// What stands between two names of a grammar.
#[derive(Debug)]
enum Shape {
    Words(Vec<&'static str>),
    Data(Data),
    Named(usize),
    All(Vec<Shape>),
    Either(Vec<Shape>),
    Perhaps(Box<Shape>),
    Repeated(Box<Shape>),
}

/// Data that can't be listed, or only in lists of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Data {
    /// Names of who signed.
    Person,
    /// The name of a company.
    Company,
    /// A place of Ecuador.
    Place,
    /// A street, with its number.
    Street,
    /// A number in one piece.
    Number,
    /// One in pieces, as of a telephone.
    Numbers,
    /// A number of an office: «CAF-2026-014».
    Code,
    Ruc,
    Cedula,
    Email,
    Web,
}

impl Data {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "person" => Self::Person,
            "company" => Self::Company,
            "place" => Self::Place,
            "street" => Self::Street,
            "number" => Self::Number,
            "numbers" => Self::Numbers,
            "code" => Self::Code,
            "ruc" => Self::Ruc,
            "cedula" => Self::Cedula,
            "email" => Self::Email,
            "web" => Self::Web,
            _ => return None,
        })
    }
}

/// Words that shapes are looked for in.
pub(super) trait Words {
    /// The word at `at`; nothing behind the last one.
    fn word(&self, at: usize) -> &str;
    /// Where data of a kind that begin at `at` may end.
    fn ends(&self, data: Data, at: usize) -> Vec<usize>;
}

/// Names of companies on the way, from where to where.
pub(super) type Names = Vec<(usize, usize)>;

/// Where a shape may end, each with the names in it: the fewest, where there are several ways.
pub(super) type Ends = BTreeMap<usize, Names>;

/// Words of names are those that say nothing else.
pub(super) fn length(names: &Names) -> usize {
    names.iter().map(|(from, to)| to - from).sum()
}

pub(super) fn keep(ends: &mut Ends, end: usize, names: Names) {
    match ends.get(&end) {
        Some(known) if length(known) <= length(&names) => {}
        _ => {
            ends.insert(end, names);
        }
    }
}

/// Named shapes.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    names: Vec<&'static str>,
    shapes: Vec<Shape>,
}

impl Grammar {
    /// Reads the notation. A line that begins with a blank goes on with the one above.
    ///
    /// # Panics
    /// When it is not well formed: it is part of the program.
    pub(super) fn parse(texts: &[&'static str]) -> Self {
        let mut grammar = Self::default();
        let mut name = "";
        let mut pieces: Vec<&'static str> = Vec::new();
        let lines = texts.iter().flat_map(|text| text.lines());
        for line in lines.filter(|line| !line.trim().is_empty()) {
            if line.starts_with(' ') {
                pieces.extend(pieces_of(line));
                continue;
            }
            grammar.add(name, &pieces);
            let (begun, rest) = line.split_once(':').expect("a name and a colon");
            name = begun;
            pieces = pieces_of(rest);
        }
        grammar.add(name, &pieces);
        grammar
    }

    fn add(&mut self, name: &'static str, pieces: &[&'static str]) {
        if name.is_empty() {
            return;
        }
        let mut at = 0;
        let shape = self.either(pieces, &mut at);
        assert_eq!(at, pieces.len(), "{name}: nothing stands open");
        assert!(self.place(name).is_none(), "{name}: one meaning");
        self.names.push(name);
        self.shapes.push(shape);
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| *known == name)
    }

    fn either(&self, pieces: &[&'static str], at: &mut usize) -> Shape {
        let mut ways = vec![self.all(pieces, at)];
        while pieces.get(*at) == Some(&"|") {
            *at += 1;
            ways.push(self.all(pieces, at));
        }
        if ways.len() == 1 {
            return ways.remove(0);
        }
        Shape::Either(ways)
    }

    fn all(&self, pieces: &[&'static str], at: &mut usize) -> Shape {
        let mut parts = Vec::new();
        while let Some(piece) = pieces.get(*at) {
            let closing = match *piece {
                "|" | ")" | "]" => break,
                "(" => ")",
                "[" => "]",
                one => {
                    *at += 1;
                    parts.push(self.one(one));
                    continue;
                }
            };
            *at += 1;
            let inner = self.either(pieces, at);
            assert_eq!(pieces.get(*at), Some(&closing), "{pieces:?}: closed");
            *at += 1;
            let repeated = pieces.get(*at) == Some(&"*");
            *at += usize::from(repeated);
            parts.push(match (closing, repeated) {
                (_, true) => Shape::Repeated(Box::new(inner)),
                ("]", false) => Shape::Perhaps(Box::new(inner)),
                _ => inner,
            });
        }
        Shape::All(parts)
    }

    fn one(&self, piece: &'static str) -> Shape {
        let within = |open, close| piece.strip_prefix(open)?.strip_suffix(close);
        if let Some(name) = within('<', '>') {
            let place = self.place(name);
            return Shape::Named(place.unwrap_or_else(|| panic!("{name}: told above")));
        }
        if let Some(name) = within('{', '}') {
            let data = Data::named(name);
            return Shape::Data(data.unwrap_or_else(|| panic!("{name}: a kind of data")));
        }
        let words: Vec<&str> = piece.split('/').collect();
        // An empty one would stand for the end of the text.
        assert!(!words.contains(&""), "{piece}: words");
        Shape::Words(words)
    }
}

/// Words, and each bracket by itself.
fn pieces_of(line: &'static str) -> Vec<&'static str> {
    let mut pieces = Vec::new();
    for mut word in line.split_whitespace() {
        while let Some(at) = word.find(['(', ')', '[', ']', '|', '*']) {
            let (before, rest) = word.split_at(at);
            let (mark, after) = rest.split_at(1);
            pieces.extend([before, mark].into_iter().filter(|it| !it.is_empty()));
            word = after;
        }
        pieces.extend(Some(word).filter(|word| !word.is_empty()));
    }
    pieces
}

/// How often a shape is repeated at the most.
const MOST_REPEATED: usize = 8;
/// Shapes that are looked for on one page: ten times what a long letter takes, and less than a second of a slow processor.
const MOST_LOOKS: usize = 1_000_000;

/// Looks for shapes in words, each at a place once.
pub(super) struct Matcher<'g, W> {
    grammar: &'g Grammar,
    words: W,
    known: BTreeMap<(usize, usize), Ends>,
    /// How many more shapes are looked for; then nothing more is found.
    left: usize,
}

impl<'g, W: Words> Matcher<'g, W> {
    pub(super) fn new(grammar: &'g Grammar, words: W) -> Self {
        Self {
            grammar,
            words,
            known: BTreeMap::new(),
            left: MOST_LOOKS,
        }
    }

    /// Where the shape of this name may end that begins at `at`.
    pub(super) fn ends(&mut self, name: &str, at: usize) -> Ends {
        match self.grammar.place(name) {
            Some(place) => self.named(place, at),
            None => Ends::new(),
        }
    }

    fn named(&mut self, place: usize, at: usize) -> Ends {
        if let Some(known) = self.known.get(&(place, at)) {
            return known.clone();
        }
        let grammar = self.grammar;
        let ends = self.shape(&grammar.shapes[place], at);
        self.known.insert((place, at), ends.clone());
        ends
    }

    fn shape(&mut self, shape: &'g Shape, at: usize) -> Ends {
        let mut ends = Ends::new();
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => return ends,
        }
        match shape {
            Shape::Words(words) => {
                if words.contains(&self.words.word(at)) {
                    ends.insert(at + 1, Names::new());
                }
            }
            Shape::Data(data) => {
                for end in self.words.ends(*data, at) {
                    let named = *data == Data::Company;
                    ends.insert(end, named.then_some((at, end)).into_iter().collect());
                }
            }
            Shape::Named(place) => return self.named(*place, at),
            Shape::All(parts) => {
                ends.insert(at, Names::new());
                for part in parts {
                    ends = self.behind(&ends, part);
                    if ends.is_empty() {
                        break;
                    }
                }
            }
            Shape::Either(ways) => {
                for way in ways {
                    for (end, names) in self.shape(way, at) {
                        keep(&mut ends, end, names);
                    }
                }
            }
            Shape::Perhaps(inner) => {
                ends = self.shape(inner, at);
                ends.insert(at, Names::new());
            }
            Shape::Repeated(inner) => {
                ends.insert(at, Names::new());
                let mut new = ends.clone();
                for _ in 0..MOST_REPEATED {
                    new = self.behind(&new, inner);
                    new.retain(|end, _| !ends.contains_key(end));
                    ends.extend(new.clone());
                }
            }
        }
        ends
    }

    /// Where `part` may end that begins where something else ended.
    fn behind(&mut self, ended: &Ends, part: &'g Shape) -> Ends {
        let mut ends = Ends::new();
        for (end, names) in ended {
            for (further, more) in self.shape(part, *end) {
                keep(&mut ends, further, [names.as_slice(), &more].concat());
            }
        }
        ends
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Plain(Vec<&'static str>);

    impl Words for Plain {
        fn word(&self, at: usize) -> &str {
            self.0.get(at).copied().unwrap_or_default()
        }

        fn ends(&self, data: Data, at: usize) -> Vec<usize> {
            let company = data == Data::Company && self.word(at) == "CAFE";
            company.then_some(at + 1).into_iter().collect()
        }
    }

    #[test]
    fn the_notation_means_what_it_says() {
        let grammar = Grammar::parse(&[
            "who: yo/nosotros\nask: [<who>] ( pido | ruego\n  mucho )",
            "all: <ask> ( por favor )* [de {company} | de cafe]",
        ]);
        let vectors: [(&str, &[usize]); 10] = [
            ("pido", &[1]),
            ("yo pido", &[2]),
            ("yo ruego mucho", &[3]),
            ("yo nosotros pido", &[]),
            ("ruego", &[]),
            ("pido por favor por favor", &[1, 3, 5]),
            ("pido por", &[1]),
            ("pido de CAFE", &[1, 3]),
            ("", &[]),
            ("yo", &[]),
        ];
        for (text, expected) in vectors {
            let words = Plain(text.split(' ').collect());
            let ends = Matcher::new(&grammar, words).ends("all", 0);
            assert_eq!(ends.into_keys().collect::<Vec<_>>(), expected, "{text}");
        }
        let named = Matcher::new(&grammar, Plain(vec!["pido", "de", "CAFE"])).ends("all", 0);
        assert_eq!(named[&3], [(2, 3)]);
    }

    /// Nobody keeps a processor busy with a page.
    #[test]
    fn looking_has_an_end() {
        let grammar = Grammar::parse(&["all: ( ( a | a a | a a a )* )*"]);
        let mut matcher = Matcher::new(&grammar, Plain(vec!["a"; 5000]));
        for at in 0..5000 {
            matcher.ends("all", at);
        }
        assert!(matcher.left < MOST_LOOKS);
        assert!(matcher.ends("all", 0).len() > 1, "what was found is kept");
        let mut spent = Matcher::new(&grammar, Plain(vec!["a"]));
        spent.left = 0;
        assert!(spent.ends("all", 0).is_empty());
    }
}
