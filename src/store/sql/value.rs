//! What is bound to markers, and what rows hold.

use std::borrow::Cow;
use std::sync::Arc;

use sqlx::postgres::PgRow;

use super::{Error, postgres};

/// What is bound to a marker, or nothing of that type: a server wants to know the type of what is not there, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Value<'q> {
    Text(Option<Cow<'q, str>>),
    Number(Option<i64>),
    Bytes(Option<Cow<'q, [u8]>>),
}

impl Value<'_> {
    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(text.map(|text| Cow::Owned(text.into_owned()))),
            Self::Number(number) => Value::Number(number),
            Self::Bytes(bytes) => Value::Bytes(bytes.map(|bytes| Cow::Owned(bytes.into_owned()))),
        }
    }
}

impl<'q> From<&'q str> for Value<'q> {
    fn from(text: &'q str) -> Self {
        Self::Text(Some(text.into()))
    }
}

impl<'q> From<&'q String> for Value<'q> {
    fn from(text: &'q String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(text.into()))
    }
}

impl<'q> From<Option<&'q str>> for Value<'q> {
    fn from(text: Option<&'q str>) -> Self {
        Self::Text(text.map(Into::into))
    }
}

impl From<Option<String>> for Value<'_> {
    fn from(text: Option<String>) -> Self {
        Self::Text(text.map(Into::into))
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl<'q> From<&'q [u8]> for Value<'q> {
    fn from(bytes: &'q [u8]) -> Self {
        Self::Bytes(Some(bytes.into()))
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes.into()))
    }
}

impl From<Option<Vec<u8>>> for Value<'_> {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes.map(Into::into))
    }
}

/// What one column of a row holds.
#[derive(Debug)]
pub(in crate::store) enum Cell<'r> {
    Null,
    Number(i64),
    Text(&'r str),
    Bytes(&'r [u8]),
    /// Something that no column of ours holds.
    Other,
}

/// What can be read from a column. Nothing is converted: a text that looks like a number is a text.
pub(in crate::store) trait Read: Sized {
    fn read(cell: &Cell<'_>) -> Option<Self>;
}

impl Read for i64 {
    fn read(cell: &Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl Read for String {
    fn read(cell: &Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => Some((*text).to_owned()),
            _ => None,
        }
    }
}

impl Read for Vec<u8> {
    fn read(cell: &Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(bytes) => Some(bytes.to_vec()),
            _ => None,
        }
    }
}

impl<T: Read> Read for Option<T> {
    fn read(cell: &Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            other => T::read(other).map(Some),
        }
    }
}

/// A row.
#[derive(Debug)]
pub(in crate::store) struct Row(RowOf);

#[derive(Debug)]
enum RowOf {
    Copied(Copied),
    Postgres(PgRow),
}

impl Row {
    /// What a column holds.
    pub(in crate::store) fn try_get<T: Read>(&self, column: &str) -> Result<T, Error> {
        let cell = match &self.0 {
            RowOf::Copied(row) => row.cell(column)?,
            RowOf::Postgres(row) => postgres::cell(row, column)?,
        };
        T::read(&cell).ok_or_else(|| Error::Column {
            column: column.to_owned(),
            why: match cell {
                Cell::Null => "it is empty",
                _ => "it is of another type",
            },
        })
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self(RowOf::Postgres(row))
    }
}

impl From<Copied> for Row {
    fn from(row: Copied) -> Self {
        Self(RowOf::Copied(row))
    }
}

/// A row taken out of a database whose own ones last only until the next step.
#[derive(Debug)]
pub(super) struct Copied {
    /// Names of columns, one behind the other.
    names: Arc<str>,
    places: Vec<Place>,
    /// All texts and bytes.
    bytes: Vec<u8>,
}

/// Between two names.
const BETWEEN: char = '\n';

#[derive(Debug)]
enum Place {
    Null,
    Number(i64),
    Text(std::ops::Range<usize>),
    Bytes(std::ops::Range<usize>),
    Other,
}

impl Copied {
    /// An empty row with these columns ([`Self::names`]).
    pub(super) fn new(names: &Arc<str>, columns: usize) -> Self {
        Self {
            names: Arc::clone(names),
            places: Vec::with_capacity(columns),
            bytes: Vec::new(),
        }
    }

    /// Names of columns as a row keeps them.
    pub(super) fn names(names: &[&str]) -> Arc<str> {
        names.join(&*BETWEEN.to_string()).into()
    }

    /// Adds what the next column holds. A text must be one.
    pub(super) fn push(&mut self, value: rusqlite::types::ValueRef<'_>) {
        use rusqlite::types::ValueRef;
        let begin = self.bytes.len();
        self.places.push(match value {
            ValueRef::Null => Place::Null,
            ValueRef::Integer(number) => Place::Number(number),
            ValueRef::Real(_) => Place::Other,
            ValueRef::Text(text) => {
                self.bytes.extend_from_slice(text);
                Place::Text(begin..self.bytes.len())
            }
            ValueRef::Blob(bytes) => {
                self.bytes.extend_from_slice(bytes);
                Place::Bytes(begin..self.bytes.len())
            }
        });
    }

    fn cell(&self, column: &str) -> Result<Cell<'_>, Error> {
        let wrong = |why| Error::Column {
            column: column.to_owned(),
            why,
        };
        let place = self
            .names
            .split(BETWEEN)
            .position(|name| name == column)
            .and_then(|place| self.places.get(place))
            .ok_or_else(|| wrong("there is no such column"))?;
        Ok(match place {
            Place::Null => Cell::Null,
            Place::Number(number) => Cell::Number(*number),
            Place::Text(range) => {
                let text = self.bytes.get(range.clone()).unwrap_or_default();
                Cell::Text(std::str::from_utf8(text).map_err(|_| wrong("it is no text"))?)
            }
            Place::Bytes(range) => Cell::Bytes(self.bytes.get(range.clone()).unwrap_or_default()),
            Place::Other => Cell::Other,
        })
    }
}
