//! A table as the database itself describes it, and its rows as values: what is moved is whatever is there, and a table that
//! some later migration adds is moved without a word about it here.

use super::super::StoreError;
use super::super::sql::{Query, Row};
use crate::domain::Sha256;

/// Rows that are read, and written in one transaction. A report may have a hundred kilobytes.
const AT_A_TIME: usize = 200;
/// Values in one statement: fewer than either engine takes (65,535 and 32,766).
const VALUES_AT_ONCE: usize = 30_000;

/// The three types of columns that there are (DESIGN I).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bytes,
}

impl Kind {
    /// The type with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "bigint" => Some(Self::Number),
            "bytea" => Some(Self::Bytes),
            _ => None,
        }
    }
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Its place in the key, from 1 on; 0 when it is no part of it.
    pub(super) key: i64,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    pub(super) columns: Vec<Column>,
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(Option<String>),
    Number(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

/// Some rows of a table, in the order of its key.
#[derive(Debug, Clone)]
pub struct PageOfRows {
    pub(super) rows: Vec<Vec<Value>>,
    /// The key of the last one; `None` when the table ends here.
    pub next: Option<String>,
}

impl PageOfRows {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        u64::try_from(self.rows.len()).unwrap_or(u64::MAX)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// How many rows a table has and what they hold, in whatever order they are read: engines sort texts differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TableSum {
    /// How many rows.
    pub rows: u64,
    /// The digests of all rows, added bit by bit. No two rows are the same, since no two have the same key.
    pub digest: [u8; 32],
}

impl Value {
    fn read(row: &Row, column: &Column) -> Result<Self, StoreError> {
        let name = column.name.as_str();
        Ok(match column.kind {
            Kind::Text => Self::Text(row.try_get(name)?),
            Kind::Number => Self::Number(row.try_get(name)?),
            Kind::Bytes => Self::Bytes(row.try_get(name)?),
        })
    }

    /// Gives the value to a statement.
    pub(super) fn bind<'q>(&self, query: Query<'q>) -> Query<'q> {
        match self {
            Self::Text(text) => query.bind(text.clone()),
            Self::Number(number) => query.bind(*number),
            Self::Bytes(bytes) => query.bind(bytes.clone()),
        }
    }

    /// Appends the value so that no two rows give the same bytes: lengths stand in front.
    fn append(&self, bytes: &mut Vec<u8>) {
        let mut sized = |kind: u8, value: Option<&[u8]>| {
            bytes.push(kind);
            if let Some(value) = value {
                bytes.extend_from_slice(&(value.len() as u64).to_be_bytes());
                bytes.extend_from_slice(value);
            } else {
                bytes.push(b'-');
            }
        };
        match self {
            Self::Text(text) => sized(b't', text.as_ref().map(String::as_bytes)),
            Self::Number(number) => {
                sized(
                    b'n',
                    number
                        .map(i64::to_be_bytes)
                        .as_ref()
                        .map(<[u8; 8]>::as_slice),
                );
            }
            Self::Bytes(value) => sized(b'b', value.as_deref()),
        }
    }

    fn as_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.clone().into(),
            Self::Number(number) => (*number).into(),
            // No key holds bytes.
            Self::Bytes(_) => serde_json::Value::Null,
        }
    }
}

impl TableSum {
    /// Adds a page.
    pub(super) fn add(&mut self, page: &PageOfRows) {
        for row in &page.rows {
            let mut bytes = Vec::new();
            for value in row {
                value.append(&mut bytes);
            }
            let digest = Sha256::of(&bytes);
            for (sum, byte) in self.digest.iter_mut().zip(digest.as_bytes()) {
                *sum ^= byte;
            }
            self.rows = self.rows.saturating_add(1);
        }
    }
}

impl Table {
    /// What its progress is noted under.
    #[must_use]
    pub fn part(&self) -> String {
        format!("table/{}", self.name)
    }

    /// The columns of its key, in their order.
    fn key(&self) -> Vec<&Column> {
        let mut key: Vec<&Column> = self
            .columns
            .iter()
            .filter(|column| column.key > 0)
            .collect();
        key.sort_by_key(|column| column.key);
        key
    }

    fn names<'a>(columns: impl IntoIterator<Item = &'a Column>) -> String {
        let names: Vec<&str> = columns
            .into_iter()
            .map(|column| column.name.as_str())
            .collect();
        names.join(", ")
    }

    /// A page of rows: from the beginning, or behind a key.
    pub(super) fn page(&self, behind: bool) -> String {
        let (all, key) = (Self::names(&self.columns), Self::names(self.key()));
        let behind = if behind {
            format!(" where ({key}) > ({})", markers(1, self.key().len()))
        } else {
            String::new()
        };
        format!(
            "select {all} from {}{behind} order by {key} limit {AT_A_TIME}",
            self.name
        )
    }

    /// So many rows into the table.
    pub(super) fn insert(&self, rows: usize) -> String {
        let width = self.columns.len();
        let rows: Vec<String> = (0..rows)
            .map(|row| format!("({})", markers(row * width + 1, width)))
            .collect();
        let names = Self::names(&self.columns);
        format!(
            "insert into {} ({names}) values {}",
            self.name,
            rows.join(", ")
        )
    }

    /// How many rows one statement takes.
    pub(super) fn rows_at_once(&self) -> usize {
        (VALUES_AT_ONCE / self.columns.len().max(1)).max(1)
    }

    /// Binds the key that a page begins behind, as [`PageOfRows::next`] wrote it.
    pub(super) fn bind_key<'q>(
        &self,
        query: Query<'q>,
        position: &str,
    ) -> Result<Query<'q>, StoreError> {
        let wrong = || StoreError::Inconsistent {
            table: "moves",
            column: "position",
        };
        let values: Vec<serde_json::Value> = serde_json::from_str(position).map_err(|_| wrong())?;
        self.key()
            .iter()
            .zip(values)
            .try_fold(query, |query, (column, value)| {
                let value = match (column.kind, value) {
                    (Kind::Text, serde_json::Value::String(text)) => Value::Text(Some(text)),
                    (Kind::Number, value) => Value::Number(value.as_i64()),
                    _ => return Err(wrong()),
                };
                Ok(value.bind(query))
            })
    }

    /// A page of the rows that a statement of [`Self::page`] gave.
    pub(super) fn read(&self, rows: &[Row]) -> Result<PageOfRows, StoreError> {
        let read = |row| {
            self.columns
                .iter()
                .map(|column| Value::read(row, column))
                .collect()
        };
        let full = rows.len() == AT_A_TIME;
        let next = rows.last().filter(|_| full).map(|row| self.key_of(row));
        Ok(PageOfRows {
            rows: rows.iter().map(read).collect::<Result<_, _>>()?,
            next: next.transpose()?,
        })
    }

    fn key_of(&self, row: &Row) -> Result<String, StoreError> {
        let values = self
            .key()
            .into_iter()
            .map(|column| Value::read(row, column));
        let values: Vec<serde_json::Value> = values
            .map(|value| Ok(value?.as_json()))
            .collect::<Result<_, StoreError>>()?;
        Ok(serde_json::Value::from(values).to_string())
    }
}

/// `$3, $4, $5`.
fn markers(first: usize, count: usize) -> String {
    let markers: Vec<String> = (first..first + count)
        .map(|number| format!("${number}"))
        .collect();
    markers.join(", ")
}
