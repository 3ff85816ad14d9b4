//! What was given, key by key: every key that does not exist and every value of another kind is told, by the name under which
//! it was given, and none of the values is: it may be a secret.

use figment::error::{Actual, Kind};
use figment::value::{Dict, Value};
use figment::{Figment, Metadata};
use serde::{Deserialize, Serialize};

use super::Fault;

/// Where keys stand, and what is wrong with them.
pub(super) struct Given<'a> {
    figment: &'a Figment,
    all: Dict,
    sections: Vec<String>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Given<'a> {
    /// Everything that was given.
    ///
    /// # Errors
    /// When a file is no TOML, or can't be read.
    pub(super) fn of(figment: &'a Figment, faults: &'a mut Vec<Fault>) -> Result<Self, Fault> {
        let all = figment.extract().map_err(|error| unread(&error))?;
        Ok(Self {
            figment,
            all,
            sections: Vec::new(),
            faults,
        })
    }

    /// A section, or as much of it as is right.
    pub(super) fn section<T>(&mut self, name: &str) -> T
    where
        T: Default + Serialize + for<'de> Deserialize<'de>,
    {
        self.sections.push(name.to_owned());
        match self.all.remove(name) {
            None => T::default(),
            Some(Value::Dict(_, keys)) => self.read(&format!("{name}."), keys),
            Some(_) => {
                let (es, en) = ("es una sección: [{}]", "is a section: [{}]");
                self.faults.push(Fault::new(
                    name,
                    es.replace("{}", name),
                    en.replace("{}", name),
                ));
                T::default()
            }
        }
    }

    /// What stands outside of any section, once all sections are read.
    pub(super) fn rest<T>(&mut self) -> T
    where
        T: Default + Serialize + for<'de> Deserialize<'de>,
    {
        let keys = std::mem::take(&mut self.all);
        self.read("", keys)
    }

    fn read<T>(&mut self, section: &str, keys: Dict) -> T
    where
        T: Default + Serialize + for<'de> Deserialize<'de>,
    {
        let known = names_of::<T>();
        let mut meant = known.clone();
        if section.is_empty() {
            meant.append(&mut self.sections);
        }
        let mut good = Dict::new();
        for (key, value) in keys {
            let name = format!("{section}{key}");
            if !known.contains(&key) {
                self.unknown(section, &name, &key, &meant);
                continue;
            }
            let one = |value: &Value| {
                let alone = Dict::from([(key.clone(), value.clone())]);
                Value::from(alone)
                    .deserialize::<T>()
                    .map_err(|error| error.kind)
            };
            match one(&value) {
                Ok(_) => {
                    good.insert(key, value);
                }
                // A password of digits is a text for all that; only a variable can't say so.
                Err(kind) => match self.as_text(&name).filter(|text| one(text).is_ok()) {
                    Some(text) => {
                        good.insert(key, text);
                    }
                    None => self.wrong(&name, kind),
                },
            }
        }
        Value::from(good).deserialize().unwrap_or_default()
    }

    /// A value of the environment as it stands there.
    fn as_text(&self, name: &str) -> Option<Value> {
        let metadata = self.figment.find_metadata(name)?;
        let text = is_environment(metadata)
            .then(|| std::env::var(variable(name)).ok())
            .flatten()?;
        Some(Value::from(text))
    }

    fn unknown(&mut self, section: &str, name: &str, key: &str, meant: &[String]) {
        let near = meant
            .iter()
            .map(|other| (distance(key, other), other))
            .min()
            .filter(|(distance, _)| *distance <= 2 + key.len() / 5);
        let (es, en) = match near {
            Some((_, other)) => (
                format!("no existe esa clave; ¿quiso decir {section}{other}?"),
                format!("there is no such key; did you mean {section}{other}?"),
            ),
            None => (
                "no existe esa clave; «clavero check-config --example» las enumera todas"
                    .to_owned(),
                "there is no such key; `clavero check-config --example` lists all of them"
                    .to_owned(),
            ),
        };
        self.tell(name, es, en);
    }

    fn wrong(&mut self, name: &str, kind: Kind) {
        let (es, en) = match kind {
            Kind::InvalidValue(Actual::Signed(_) | Actual::Unsigned(_), expected)
                if limits(&expected).is_some() =>
            {
                let (least, most) = limits(&expected).unwrap_or_default();
                (
                    format!("se espera un número entero de {least} a {most}"),
                    format!("a whole number from {least} to {most} is expected"),
                )
            }
            Kind::InvalidType(_, expected)
            | Kind::InvalidValue(_, expected)
            | Kind::InvalidLength(_, expected) => (
                format!("se espera {}", in_spanish(&expected)),
                format!("{expected} is expected"),
            ),
            Kind::UnknownVariant(_, words) => (
                format!("se espera una de estas palabras: {}", words.join(", ")),
                format!("one of these words is expected: {}", words.join(", ")),
            ),
            Kind::Message(said) if said.contains("socket address") => (
                "se espera DIRECCIÓN:PUERTO, por ejemplo 127.0.0.1:8080".to_owned(),
                "ADDRESS:PORT is expected, for example 127.0.0.1:8080".to_owned(),
            ),
            // These say what they expect in English alone.
            Kind::Message(_) if name == "proxy.trusted" => (
                "se espera una lista de direcciones o redes, por ejemplo [\"10.0.0.5\", \"10.1.0.0/16\"]".to_owned(),
                "a list of addresses or networks is expected, for example [\"10.0.0.5\", \"10.1.0.0/16\"]".to_owned(),
            ),
            Kind::Message(_) if name == "deadlines.holidays" => (
                "se espera una lista de días del calendario, AAAA-MM-DD: [\"2026-07-25\"]".to_owned(),
                "a list of days of the calendar is expected, YYYY-MM-DD: [\"2026-07-25\"]".to_owned(),
            ),
            Kind::Message(said) => (format!("no sirve ese valor: {said}"), said),
            _ => (
                "no sirve ese valor".to_owned(),
                "that value is of no use".to_owned(),
            ),
        };
        self.tell(name, es, en);
    }

    /// Notes a fault, with the place where the key was given.
    fn tell(&mut self, name: &str, es: String, en: String) {
        let metadata = self.figment.find_metadata(name);
        let given = match metadata {
            Some(metadata) if is_environment(metadata) => variable(name),
            _ => name.to_owned(),
        };
        self.faults.push(Fault::new(&given, es, en));
    }
}

/// The names of the keys of a section: those of its defaults.
fn names_of<T: Default + Serialize>() -> Vec<String> {
    match Value::serialize(T::default()) {
        Ok(Value::Dict(_, keys)) => keys.into_keys().collect(),
        _ => Vec::new(),
    }
}

fn is_environment(metadata: &Metadata) -> bool {
    metadata.name.contains("environment")
}

/// `links.life_seconds` → `CLAVERO_LINKS__LIFE_SECONDS`.
fn variable(name: &str) -> String {
    format!("CLAVERO_{}", name.replace('.', "__").to_uppercase())
}

/// What is wrong with a file as a whole. Its lines are not quoted.
fn unread(error: &figment::Error) -> Fault {
    let said = error.kind.to_string();
    let quoted = |line: &&str| line.contains('|') || line.trim().is_empty();
    let said: Vec<&str> = said.lines().filter(|line| !quoted(line)).collect();
    let source = error
        .metadata
        .as_ref()
        .and_then(|metadata| metadata.source.as_ref())
        .map_or("clavero.toml".to_owned(), ToString::to_string);
    let said = said.join(": ");
    Fault::new(
        &source,
        format!("no se entiende como TOML{}", place_in_spanish(&said)),
        format!("is not understood as TOML: {said}"),
    )
}

/// Where a file stops being TOML and, for the usual slips, why.
fn place_in_spanish(said: &str) -> String {
    let number = |word: &str| -> Option<usize> {
        let (_, rest) = said.split_once(word)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit());
        rest.get(..digits.unwrap_or(rest.len()))?.parse().ok()
    };
    let Some((line, column)) = number("line ").zip(number("column ")) else {
        return ". Guárdelo como texto en UTF-8".to_owned();
    };
    let why = [
        (
            "string",
            "unas comillas no se cierran, o llevan algo que no va entre comillas",
        ),
        ("duplicate", "una clave o una sección consta dos veces"),
        ("=", "falta el signo = entre la clave y su valor"),
    ];
    let why = why.iter().find(|(word, _)| said.contains(word));
    let why = why.map_or(String::new(), |(_, why)| format!(": {why}"));
    format!(" en la línea {line}, columna {column}{why}")
}

/// The least and the most that a number of this type may be. Of two bytes there are ports only, and none is 0.
fn limits(integer: &str) -> Option<(u64, u64)> {
    Some(match integer {
        "u8" => (0, u8::MAX.into()),
        "u16" => (1, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        // The largest number that TOML has.
        "u64" | "usize" => (0, i64::MAX.unsigned_abs()),
        _ => return None,
    })
}

/// What serde expects, in Spanish; words that it has no others for stay as they are.
fn in_spanish(expected: &str) -> String {
    let spanish = match expected {
        "a string" | "string" => "un texto entre comillas",
        "a boolean" | "bool" => "true o false",
        "a sequence" | "sequence" => "una lista: [ … ]",
        "path string" => "un nombre de archivo o carpeta entre comillas",
        number if number.starts_with(['u', 'i']) && number[1..].parse::<u8>().is_ok() => {
            "un número entero"
        }
        "usize" | "isize" => "un número entero",
        number if number.contains("nonzero") => "un número entero mayor que cero",
        other => other,
    };
    spanish.to_owned()
}

/// How many letters two words differ in (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut left = at + 1;
        let mut next = vec![left];
        for (column, same) in other.iter().enumerate() {
            let replaced = row[column] + usize::from(*same != letter);
            left = replaced.min(left + 1).min(row[column + 1] + 1);
            next.push(left);
        }
        row = next;
    }
    row[other.len()]
}
