//! Reads the taxpayer catalogue of the SRI (*catastro del RUC*, one file per province or all of them joined): 21 columns,
//! separator `|`, quotes only where needed, one row per establishment (PRODUCT §1.6).
//!
//! Columns are found by their names. Only what describes the taxpayer is taken; a row is taken when its RUC, name and
//! state are certain, and everything odd about the rest (a date, the encoding, stray separators) becomes a remark.

use std::io::{BufRead, BufReader, Read};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::records::{ROW_LIMIT, Record, Records, text};
use super::{Entry, FIELD_LIMIT, Flaw, RegistryError};
use crate::domain::{EmployerState, ParseEmployerError, Ruc, closed_list};

const RUC: &str = "NUMERO_RUC";
const NAME: &str = "RAZON_SOCIAL";
const STATE: &str = "ESTADO_CONTRIBUYENTE";
const KIND: &str = "TIPO_CONTRIBUYENTE";
const UPDATED: &str = "FECHA_ACTUALIZACION";
/// Columns without which nothing can be taken.
const NEEDED: [&str; 4] = [RUC, NAME, STATE, KIND];
/// Columns that hold dates. They are looked at, so that a damaged export is noticed; one of them counts.
const DATES: [&str; 4] = [
    UPDATED,
    "FECHA_INICIO_ACTIVIDADES",
    "FECHA_SUSPENSION_DEFINITIVA",
    "FECHA_REINICIO_ACTIVIDADES",
];
/// Separators that have been seen in exports; the heading tells which it is.
const SEPARATORS: [u8; 4] = [b'|', b';', b'\t', b','];
/// How dates look.
const DATE_FORM: &str = "YYYY-MM-DD HH:MM:SS";

closed_list!(
    /// What the tax authority calls a taxpayer.
    TaxpayerKind, ParseEmployerError, |word| ParseEmployerError::Word { column: KIND, word: word.to_owned() }, {
        /// *PERSONA NATURAL*.
        Person = "person",
        /// *SOCIEDAD*: companies, public bodies and everything else that is not one person.
        Society = "society",
    }
);

/// What the catalogue says about a RUC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxpayerFacts {
    /// Legal name, or the name of the person.
    pub legal_name: String,
    /// Person or society; `None` for a word nobody knows, which never blocks.
    pub kind: Option<TaxpayerKind>,
    /// State of the taxpayer, not of the establishment.
    pub state: EmployerState,
    /// Day of the last change at the SRI.
    pub updated: Option<Date>,
}

/// A taxpayer: one row of the catalogue, as far as it is not about the establishment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taxpayer {
    /// The number.
    pub ruc: Ruc,
    /// The rest.
    pub facts: TaxpayerFacts,
}

impl TaxpayerFacts {
    /// Of two rows about one RUC, the one the SRI touched last; the earlier row when that doesn't tell.
    #[must_use]
    pub fn or_newer(self, later: Self) -> Self {
        if later.updated > self.updated {
            later
        } else {
            self
        }
    }
}

/// Where the columns stand.
#[derive(Debug)]
struct Columns {
    count: usize,
    ruc: usize,
    name: usize,
    state: usize,
    kind: usize,
    updated: Option<usize>,
    dates: Vec<(&'static str, usize)>,
}

/// The rows of a catalogue, one by one.
pub struct Rows<R> {
    records: Records<R>,
    separator: u8,
    columns: Columns,
    heading: Vec<u8>,
}

/// Streams the rows of a catalogue.
pub fn rows<R: Read>(input: R) -> Result<Rows<BufReader<R>>, RegistryError> {
    Rows::new(BufReader::with_capacity(1 << 16, input))
}

impl<R: BufRead> Rows<R> {
    fn new(input: R) -> Result<Self, RegistryError> {
        let mut records = Records::new(input, SEPARATORS[0]);
        let heading = records.next()?.unwrap_or_default();
        let (separator, columns) = SEPARATORS
            .into_iter()
            .find_map(|separator| Some((separator, Columns::find(&heading, separator)?)))
            .ok_or_else(|| missing(&heading))?;
        records.set_separator(separator);
        Ok(Self {
            records,
            separator,
            columns,
            heading: heading.bytes,
        })
    }

    fn read(&self, record: &Record) -> Entry<Taxpayer> {
        let mut remarks = Vec::new();
        let taken = if record.too_long {
            Err(Flaw::LongRow(ROW_LIMIT))
        } else if record.bytes.contains(&0) {
            Err(Flaw::ControlCharacter)
        } else {
            self.columns.read(record, self.separator, &mut remarks)
        };
        Entry::new(record.line, taken, remarks, &record.bytes)
    }
}

impl<R: BufRead> Iterator for Rows<R> {
    type Item = std::io::Result<Entry<Taxpayer>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.records.next() {
                Err(error) => return Some(Err(error)),
                Ok(None) => return None,
                // Files of several provinces, joined: each brings its heading.
                Ok(Some(record)) if record.bytes == self.heading => {}
                Ok(Some(record)) => return Some(Ok(self.read(&record))),
            }
        }
    }
}

/// Names of the heading, in capitals.
fn names(heading: &Record, separator: u8) -> Vec<String> {
    let (fields, _) = heading.fields(separator);
    fields
        .iter()
        .map(|field| {
            String::from_utf8_lossy(field)
                .trim()
                .to_ascii_uppercase()
                .replace(' ', "_")
        })
        .collect()
}

fn missing(heading: &Record) -> RegistryError {
    let found = SEPARATORS
        .into_iter()
        .map(|separator| names(heading, separator))
        .max_by_key(Vec::len)
        .unwrap_or_default();
    let lacks = |name: &&str| !found.iter().any(|known| known == name);
    RegistryError::Header {
        expected: NEEDED.join(", "),
        missing: NEEDED
            .into_iter()
            .filter(lacks)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

impl Columns {
    fn find(heading: &Record, separator: u8) -> Option<Self> {
        let names = names(heading, separator);
        let place = |name: &str| names.iter().position(|known| known == name);
        Some(Self {
            count: names.len(),
            ruc: place(RUC)?,
            name: place(NAME)?,
            state: place(STATE)?,
            kind: place(KIND)?,
            updated: place(UPDATED),
            dates: DATES
                .into_iter()
                .filter_map(|name| Some((name, place(name)?)))
                .collect(),
        })
    }

    fn read(
        &self,
        record: &Record,
        separator: u8,
        remarks: &mut Vec<Flaw>,
    ) -> Result<Taxpayer, Flaw> {
        let (raw, quote) = record.fields(separator);
        remarks.extend(quote);
        let mut latin = false;
        let fields: Vec<_> = raw.iter().map(|field| text(field, &mut latin)).collect();
        if latin {
            remarks.push(Flaw::NotUtf8);
        }
        let shift = self.shift(&fields)?;
        if fields.len() > self.count {
            remarks.push(Flaw::StraySeparator);
        }
        let at = |column: usize| {
            let moved = if column > self.name { shift } else { 0 };
            fields.get(column + moved).map_or("", |field| field.trim())
        };
        let ruc = at(self.ruc)
            .parse()
            .map_err(|error| Flaw::Number { column: RUC, error })?;
        let glue = char::from(separator).to_string();
        let legal_name = fields[self.name..=self.name + shift]
            .join(&glue)
            .trim()
            .to_owned();
        check_text(NAME, &legal_name)?;
        let state = state(at(self.state))?;
        let kind = kind(at(self.kind)).map_err(|flaw| remarks.push(flaw)).ok();
        let mut updated = None;
        for (name, column) in &self.dates {
            match date(at(*column)) {
                Ok(day) if self.updated == Some(*column) => updated = day,
                Ok(_) => {}
                Err(()) => remarks.push(Flaw::Date {
                    column: name,
                    form: DATE_FORM,
                }),
            }
        }
        Ok(Taxpayer {
            ruc,
            facts: TaxpayerFacts {
                legal_name,
                kind,
                state,
                updated,
            },
        })
    }

    /// By how many columns everything behind the name has moved, because the name holds separators without quotes. The
    /// words of two columns, state and kind, tell; when they fit nowhere or in two ways, the row can't be taken.
    fn shift(&self, fields: &[std::borrow::Cow<'_, str>]) -> Result<usize, Flaw> {
        let wrong = Flaw::Fields {
            found: fields.len(),
            expected: self.count,
        };
        let Some(extra) = fields.len().checked_sub(self.count) else {
            return Err(wrong);
        };
        if extra == 0 {
            return Ok(0);
        }
        let fits = |shift: &usize| {
            let word = |column: usize| {
                let moved = if column > self.name { *shift } else { 0 };
                fields.get(column + moved).map_or("", |field| field.trim())
            };
            state(word(self.state)).is_ok() && kind(word(self.kind)).is_ok()
        };
        let mut shifts = (0..=extra).filter(fits);
        match (shifts.next(), shifts.next()) {
            (Some(shift), None) => Ok(shift),
            _ => Err(wrong),
        }
    }
}

fn check_text(column: &'static str, value: &str) -> Result<(), Flaw> {
    if value.is_empty() {
        return Err(Flaw::Empty(column));
    }
    if value.chars().count() > FIELD_LIMIT {
        let limit = FIELD_LIMIT;
        return Err(Flaw::LongField { column, limit });
    }
    Ok(())
}

fn word(column: &'static str, word: &str) -> Flaw {
    let word = word.chars().take(40).collect();
    Flaw::Word { column, word }
}

fn state(text: &str) -> Result<EmployerState, Flaw> {
    match text.to_ascii_uppercase().as_str() {
        "ACTIVO" => Ok(EmployerState::Active),
        "SUSPENDIDO" => Ok(EmployerState::Suspended),
        "PASIVO" => Ok(EmployerState::Closed),
        _ => Err(word(STATE, text)),
    }
}

fn kind(text: &str) -> Result<TaxpayerKind, Flaw> {
    match text.to_ascii_uppercase().as_str() {
        "PERSONA NATURAL" | "PERSONAS NATURALES" => Ok(TaxpayerKind::Person),
        "SOCIEDAD" | "SOCIEDADES" => Ok(TaxpayerKind::Society),
        _ => Err(word(KIND, text)),
    }
}

/// Both forms: `YYYY-MM-DD HH:MM:SS` and the older `YYYY/MM/DD`, with or without a time.
fn date(text: &str) -> Result<Option<Date>, ()> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = text.split_once([' ', 'T']).map_or(text, |(day, _)| day);
    let shape = |separator: u8| {
        let bytes = day.as_bytes();
        bytes.len() == 10 && bytes.get(4) == Some(&separator) && bytes.get(7) == Some(&separator)
    };
    let parsed = if shape(b'/') {
        day.replace('/', "-").parse()
    } else if shape(b'-') {
        day.parse()
    } else {
        return Err(());
    };
    parsed.map(Some).map_err(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "NUMERO_RUC|RAZON_SOCIAL|CODIGO_JURISDICCION|ESTADO_CONTRIBUYENTE|CLASE_CONTRIBUYENTE|\
        FECHA_INICIO_ACTIVIDADES|FECHA_ACTUALIZACION|FECHA_SUSPENSION_DEFINITIVA|FECHA_REINICIO_ACTIVIDADES|OBLIGADO|\
        TIPO_CONTRIBUYENTE|NUMERO_ESTABLECIMIENTO|NOMBRE_FANTASIA_COMERCIAL|ESTADO_ESTABLECIMIENTO|\
        DESCRIPCION_PROVINCIA_EST|DESCRIPCION_CANTON_EST|DESCRIPCION_PARROQUIA_EST|CODIGO_CIIU|ACTIVIDAD_ECONOMICA|\
        AGENTE_RETENCION|ESPECIAL";
    const ROW: &str = "1490000000001|NAME|ZONA 6|ACTIVO|GEN|2010-01-02 00:00:00|2024-05-06 10:11:12|||S|SOCIEDAD|001|\
        SHOP|ABI|MORONA SANTIAGO|MORONA|MACAS|G4711|VENTA|N|N";

    fn read(table: &[u8]) -> Vec<Entry<Taxpayer>> {
        rows(table).unwrap().map(Result::unwrap).collect()
    }

    fn one(row: &[u8]) -> Entry<Taxpayer> {
        let table = [HEAD.as_bytes(), b"\n", row, b"\n", ROW.as_bytes(), b"\n"].concat();
        let mut all = read(&table);
        assert_eq!(
            all.len(),
            2,
            "the next row is read: {}",
            String::from_utf8_lossy(row)
        );
        assert!(all[1].taken.is_ok(), "and taken");
        all.remove(0)
    }

    #[test]
    fn odd_rows_are_taken_when_they_are_certain_and_always_told() {
        /// What is replaced by what, the name that is taken, the remarks, why.
        type Vector<'a> = (&'a str, &'a str, Result<&'a str, Flaw>, &'a [Flaw], &'a str);
        let date = |column| Flaw::Date {
            column,
            form: DATE_FORM,
        };
        let vectors: &[Vector<'_>] = &[
            ("", "", Ok("NAME"), &[], "as it should be"),
            (
                "NAME",
                "\"A | B\"",
                Ok("A | B"),
                &[],
                "a separator in quotes",
            ),
            (
                "NAME",
                "A | B",
                Ok("A | B"),
                &[Flaw::StraySeparator],
                "and without",
            ),
            (
                "SHOP",
                "THE|SHOP",
                Ok("NAME"),
                &[Flaw::StraySeparator],
                "behind what counts",
            ),
            (
                "NAME|ZONA 6|ACTIVO",
                "A|ACTIVO|ACTIVO|ACTIVO",
                Ok("A|ACTIVO"),
                &[Flaw::StraySeparator],
                "told by both words",
            ),
            (
                "NAME",
                "\"NAME",
                Ok("\"NAME"),
                &[Flaw::StrayQuote],
                "a quote that never closes",
            ),
            (
                "NAME",
                "EL \"BUEN\" PAN",
                Ok("EL \"BUEN\" PAN"),
                &[],
                "quotes inside",
            ),
            (
                "2024-05-06 10:11:12",
                "2024/05/06",
                Ok("NAME"),
                &[],
                "the older date",
            ),
            (
                "2024-05-06 10:11:12",
                "06/05/2024",
                Ok("NAME"),
                &[date(UPDATED)],
                "another date",
            ),
            (
                "2010-01-02 00:00:00",
                "2010-02-30",
                Ok("NAME"),
                &[date("FECHA_INICIO_ACTIVIDADES")],
                "no such day",
            ),
            (
                "SOCIEDAD",
                "FUNDACION",
                Ok("NAME"),
                &[word(KIND, "FUNDACION")],
                "a kind nobody knows never blocks",
            ),
            (
                "ACTIVO",
                "VIVO",
                Err(word(STATE, "VIVO")),
                &[],
                "a state nobody knows does",
            ),
            ("NAME", " ", Err(Flaw::Empty(NAME)), &[], "no name"),
            (
                "1490000000001",
                "149",
                Err(Flaw::Number {
                    column: RUC,
                    error: crate::domain::IdentityError::NotARuc,
                }),
                &[],
                "no RUC",
            ),
            (
                "|N|N",
                "",
                Err(Flaw::Fields {
                    found: 19,
                    expected: 21,
                }),
                &[],
                "cut off",
            ),
            ("NAME", "A\0B", Err(Flaw::ControlCharacter), &[], "NUL"),
        ];
        for (old, new, expected, remarks, why) in vectors {
            let entry = one(ROW.replacen(old, new, 1).as_bytes());
            let name = entry.taken.map(|taxpayer| taxpayer.facts.legal_name);
            assert_eq!(
                name.as_deref().map_err(Clone::clone),
                expected.clone(),
                "{why}"
            );
            assert_eq!(entry.remarks, *remarks, "{why}");
            assert_eq!(entry.line, 2, "{why}");
            assert_eq!(
                entry.raw.is_empty(),
                expected.is_ok() && remarks.is_empty(),
                "{why}: the row is kept"
            );
        }
    }

    #[test]
    fn latin_1_is_read_and_told_and_a_huge_row_is_told() {
        let latin = ROW.replace("NAME", "PE?A").into_bytes();
        let latin: Vec<u8> = latin
            .iter()
            .map(|b| if *b == b'?' { 0xd1 } else { *b })
            .collect();
        let entry = one(&latin);
        assert_eq!(entry.taken.unwrap().facts.legal_name, "PEÑA");
        assert_eq!(entry.remarks, [Flaw::NotUtf8]);
        assert!(entry.raw.contains("|PEÑA|"), "legible in the report");
        let entry = one(ROW.replace("SHOP", &"x".repeat(200_000)).as_bytes());
        assert_eq!(entry.taken, Err(Flaw::LongRow(ROW_LIMIT)));
        let entry = one(ROW.replace("NAME", &"x".repeat(600)).as_bytes());
        assert_eq!(
            entry.taken,
            Err(Flaw::LongField {
                column: NAME,
                limit: FIELD_LIMIT
            })
        );
    }

    #[test]
    fn joined_files_marks_line_ends_and_other_separators_are_understood() {
        let crlf = format!("\u{feff}{HEAD}\r\n{ROW}\r\n\r\n\u{feff}{HEAD}\r\n{ROW}");
        let all = read(crlf.as_bytes());
        assert_eq!(
            all.iter().map(|entry| entry.line).collect::<Vec<_>>(),
            [2, 5]
        );
        assert!(
            all.iter()
                .all(|entry| entry.taken.is_ok() && entry.remarks.is_empty())
        );
        let other = format!("{HEAD}\n{ROW}").replace('|', ";");
        assert!(read(other.as_bytes())[0].taken.is_ok());
        let states = [
            ("ACTIVO", EmployerState::Active),
            ("SUSPENDIDO", EmployerState::Suspended),
            ("PASIVO", EmployerState::Closed),
        ];
        for (word, state) in states {
            let entry = one(ROW.replacen("ACTIVO", word, 1).as_bytes());
            assert_eq!(entry.taken.unwrap().facts.state, state);
        }
    }

    #[test]
    fn another_file_is_refused_with_what_is_missing() {
        let error = rows("NUMERO_RUC|RAZON_SOCIAL|X\n1|2|3\n".as_bytes())
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "the header must name the columns NUMERO_RUC, RAZON_SOCIAL, ESTADO_CONTRIBUYENTE, \
            TIPO_CONTRIBUYENTE; missing: ESTADO_CONTRIBUYENTE, TIPO_CONTRIBUYENTE"
        );
        assert!(rows(b"".as_slice()).is_err());
        assert!(
            rows(
                HEAD.encode_utf16()
                    .flat_map(u16::to_le_bytes)
                    .collect::<Vec<_>>()
                    .as_slice()
            )
            .is_err()
        );
    }

    #[test]
    fn of_two_rows_the_newer_one_speaks() {
        let taxpayer = |name: &str, day: Option<&str>| TaxpayerFacts {
            legal_name: name.to_owned(),
            kind: None,
            state: EmployerState::Active,
            updated: day.map(|day| day.parse().unwrap()),
        };
        let (old, new, undated) = (
            taxpayer("old", Some("2020-01-01")),
            taxpayer("new", Some("2021-01-01")),
            taxpayer("?", None),
        );
        assert_eq!(old.clone().or_newer(new.clone()), new);
        assert_eq!(new.clone().or_newer(old.clone()), new);
        assert_eq!(old.clone().or_newer(undated), old);
        assert_eq!(
            old.clone()
                .or_newer(taxpayer("same day", Some("2020-01-01"))),
            old
        );
    }
}
