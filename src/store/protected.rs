//! Which columns hold personal data, and how they are read and written: protected with the keys of the configuration, each
//! bound to its row (`crate::protection`). What is not listed here is kept in the open; the README's table says why.

#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeSet;
use std::str::FromStr;

use super::sql::{AssertSqlSafe, Query, Row, query};
use super::{Store, StoreError, Writing};
use crate::protection::{Kept, Keyring};

/// A column that holds personal data.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its table.
    pub table: &'static str,
    /// Its name.
    pub name: &'static str,
    keys: Keys,
    /// Only rows with one of these values in this column are protected.
    only: Option<(&'static str, &'static [&'static str])>,
}

/// The primary key of a table.
#[derive(Debug, Clone, Copy)]
enum Keys {
    Texts(&'static [&'static str]),
    Number(&'static str),
}

impl Keys {
    fn names(&self) -> &[&'static str] {
        match self {
            Self::Texts(names) => names,
            Self::Number(name) => std::slice::from_ref(name),
        }
    }
}

const EMPLOYER: Keys = Keys::Texts(&["ruc", "branch"]);
const REPRESENTATIVE: Keys = Keys::Texts(&["ruc", "branch", "document", "post", "from_day"]);
const MEMBER: Keys = Keys::Texts(&["user_name"]);
const CASE_ACT: Keys = Keys::Texts(&["number", "place"]);
const MESSAGE: Keys = Keys::Texts(&["id"]);
const DECISION: Keys = Keys::Texts(&["number", "sha256"]);

const fn column(table: &'static str, name: &'static str, keys: Keys) -> Column {
    Column {
        table,
        name,
        keys,
        only: None,
    }
}

/// Kinds of employers whose name is the name of a person.
pub(super) const PERSONS: &[&str] = &["natural_person", "household"];

/// Names of employers that are persons; those of companies are public (Registro de Sociedades).
pub(super) const EMPLOYER_NAME: Column = Column {
    only: Some(("kind", PERSONS)),
    ..column("employers", "legal_name", EMPLOYER)
};
pub(super) const EMPLOYER_EMAIL: Column = column("employers", "email", EMPLOYER);
pub(super) const EMPLOYER_PHONE: Column = column("employers", "phone", EMPLOYER);
pub(super) const REPRESENTATIVE_NAME: Column = column("representatives", "name", REPRESENTATIVE);
pub(super) const NEW_EMAIL: Column = column("petitions", "new_email", Keys::Texts(&["number"]));
pub(super) const DECISION_TEXT: Column = column("decisions", "decision", DECISION);
pub(super) const REPORT: Column = column("decisions", "report", DECISION);
pub(super) const PAYLOAD: Column = column("portal_deliveries", "payload", Keys::Texts(&["id"]));
pub(super) const CASE_NOTE: Column = column("case_acts", "note", CASE_ACT);
pub(super) const CASE_CONTENT: Column = column("case_acts", "content", CASE_ACT);
pub(super) const BEFORE: Column = column("registry_changes", "before_image", Keys::Number("seq"));
pub(super) const AFTER: Column = column("registry_changes", "after_image", Keys::Number("seq"));
pub(super) const MEMBER_NAME: Column = column("members", "full_name", MEMBER);
pub(super) const MEMBER_EMAIL: Column = column("members", "email", MEMBER);
pub(super) const MEMBER_DOCUMENT: Column = column("members", "document", MEMBER);
/// Not about anybody, but whoever has it makes a member's codes.
pub(super) const SECOND_FACTOR: Column = column("members", "totp_secret", MEMBER);
pub(super) const NEW_SECOND_FACTOR: Column =
    column("enrolments", "totp_secret", Keys::Texts(&["hash"]));
pub(super) const PROPOSED_BEFORE: Column = column("proposals", "before_image", Keys::Number("id"));
pub(super) const PROPOSED_AFTER: Column = column("proposals", "after_image", Keys::Number("id"));

pub(super) const RECIPIENT: Column = column("outbox", "recipient", MESSAGE);
pub(super) const MESSAGE_FACTS: Column = column("outbox", "facts", MESSAGE);
/// What servers say may quote the address.
pub(super) const SERVER_ANSWER: Column = column("outbox", "server_answer", MESSAGE);
pub(super) const LAST_ERROR: Column = column("outbox", "last_error", MESSAGE);
pub(super) const BOUNCE_REASON: Column = column("outbox", "bounce_reason", MESSAGE);
pub(super) const LINK_EMAIL: Column = column("links", "email", Keys::Texts(&["hash"]));

pub(super) const REASON: Column = column("reasons", "words", Keys::Number("seq"));

/// Every protected column.
pub const COLUMNS: &[Column] = &[
    EMPLOYER_NAME,
    EMPLOYER_EMAIL,
    EMPLOYER_PHONE,
    REPRESENTATIVE_NAME,
    NEW_EMAIL,
    DECISION_TEXT,
    REPORT,
    PAYLOAD,
    CASE_NOTE,
    CASE_CONTENT,
    BEFORE,
    AFTER,
    RECIPIENT,
    MESSAGE_FACTS,
    SERVER_ANSWER,
    LAST_ERROR,
    BOUNCE_REASON,
    LINK_EMAIL,
    MEMBER_NAME,
    MEMBER_EMAIL,
    MEMBER_DOCUMENT,
    SECOND_FACTOR,
    NEW_SECOND_FACTOR,
    PROPOSED_BEFORE,
    PROPOSED_AFTER,
    REASON,
];

impl Column {
    /// Where the text of one row belongs.
    fn place(&self, key: &[&str]) -> String {
        debug_assert_eq!(key.len(), self.keys.names().len(), "{self:?}");
        format!("{}.{}.{}", self.table, self.name, key.join("/"))
    }

    fn wrong(&self, error: crate::protection::ProtectionError) -> StoreError {
        StoreError::Protection {
            table: self.table,
            column: self.name,
            error,
        }
    }

    /// A text as it is stored in the row with this key.
    pub(super) fn protect(
        &self,
        keys: &Keyring,
        key: &[&str],
        text: &str,
    ) -> Result<String, StoreError> {
        keys.protect(&self.place(key), text)
            .map_err(|error| self.wrong(error))
    }

    /// The same where there may be no text.
    pub(super) fn protect_maybe(
        &self,
        keys: &Keyring,
        key: &[&str],
        text: Option<&str>,
    ) -> Result<Option<String>, StoreError> {
        text.map(|text| self.protect(keys, key, text)).transpose()
    }

    /// The text of a row.
    pub(super) fn read(
        &self,
        keys: &Keyring,
        key: &[&str],
        row: &Row,
    ) -> Result<String, StoreError> {
        self.reveal(keys, key, row.try_get(self.name)?)
    }

    /// The text of a row that may have none.
    pub(super) fn read_maybe(
        &self,
        keys: &Keyring,
        key: &[&str],
        row: &Row,
    ) -> Result<Option<String>, StoreError> {
        let kept: Option<String> = row.try_get(self.name)?;
        kept.map(|kept| self.reveal(keys, key, kept)).transpose()
    }

    /// What the text of a row says.
    pub(super) fn parse<T: FromStr>(
        &self,
        keys: &Keyring,
        key: &[&str],
        row: &Row,
    ) -> Result<T, StoreError> {
        self.parsed(&self.read(keys, key, row)?)
    }

    /// What the text of a row says, where there is one.
    pub(super) fn parse_maybe<T: FromStr>(
        &self,
        keys: &Keyring,
        key: &[&str],
        row: &Row,
    ) -> Result<Option<T>, StoreError> {
        let text = self.read_maybe(keys, key, row)?;
        text.map(|text| self.parsed(&text)).transpose()
    }

    fn reveal(&self, keys: &Keyring, key: &[&str], kept: String) -> Result<String, StoreError> {
        keys.reveal(&self.place(key), kept)
            .map_err(|error| self.wrong(error))
    }

    fn parsed<T: FromStr>(&self, text: &str) -> Result<T, StoreError> {
        text.parse().map_err(|_| StoreError::Inconsistent {
            table: self.table,
            column: self.name,
        })
    }

    /// A page of rows that hold something, in the order of their key: `$1 …` is the last key of the page before.
    fn page(&self) -> String {
        let Self { table, name, .. } = self;
        let keys = self.keys.names().join(", ");
        let markers: Vec<String> = (1..=self.keys.names().len())
            .map(|number| format!("${number}"))
            .collect();
        let only = self.only();
        format!(
            "select {keys}, {name} from {table} where ({keys}) > ({markers}) and {name} is not null{only} \
             order by {keys} limit {AT_A_TIME}",
            markers = markers.join(", "),
        )
    }

    /// What the first rows hold, whether or not they hold something: columns are empty for millions of rows.
    fn first(&self) -> String {
        let Self { table, name, .. } = self;
        let keys = self.keys.names().join(", ");
        let only = self.only();
        format!(
            "select {name} from (select * from {table} order by {keys} limit {AT_A_TIME}) as first_rows \
             where {name} is not null{only}"
        )
    }

    /// Rows of other kinds hold something else in this column.
    fn only(&self) -> String {
        self.only.map_or(String::new(), |(column, values)| {
            format!(" and {column} in ('{}')", values.join("', '"))
        })
    }

    /// Replaces one value, unless somebody else has meanwhile: `$1` is the new one, `$2` the old one, the key follows.
    fn replace(&self) -> String {
        let Self { table, name, .. } = self;
        let key: Vec<String> = (3..)
            .zip(self.keys.names())
            .map(|(number, key)| format!("{key} = ${number}"))
            .collect();
        format!(
            "update {table} set {name} = $1 where {name} = $2 and {}",
            key.join(" and ")
        )
    }
}

/// Rows that are read, and replaced in one transaction.
const AT_A_TIME: i64 = 500;

/// Every statement of this file, as it is sent.
#[cfg(test)]
pub(super) fn statements() -> Vec<String> {
    COLUMNS
        .iter()
        .flat_map(|column| [column.page(), column.first(), column.replace()])
        .collect()
}

/// The key of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKey {
    /// Texts, in the order of the primary key.
    Texts(Vec<String>),
    /// A number.
    Number(i64),
}

impl RowKey {
    fn before_the_first(keys: Keys) -> Self {
        match keys {
            Keys::Texts(names) => Self::Texts(vec![String::new(); names.len()]),
            Keys::Number(_) => Self::Number(i64::MIN),
        }
    }

    fn of(keys: Keys, row: &Row) -> Result<Self, StoreError> {
        match keys {
            Keys::Number(name) => Ok(Self::Number(row.try_get(name)?)),
            Keys::Texts(names) => {
                let texts = names.iter().map(|name| row.try_get(name));
                Ok(Self::Texts(texts.collect::<Result<_, _>>()?))
            }
        }
    }

    fn texts(&self) -> Vec<String> {
        match self {
            Self::Texts(texts) => texts.clone(),
            Self::Number(number) => vec![number.to_string()],
        }
    }

    fn bind<'q>(&self, query: Query<'q>) -> Query<'q> {
        match self {
            Self::Texts(texts) => texts
                .iter()
                .fold(query, |query, text| query.bind(text.clone())),
            Self::Number(number) => query.bind(*number),
        }
    }
}

/// One page of a walk along a column.
#[derive(Debug)]
pub struct Page {
    /// How each value is kept.
    pub kept: Vec<Kept>,
    /// How many were protected anew.
    pub renewed: u64,
    /// Where the next page begins; `None` behind the last one.
    pub next: Option<RowKey>,
}

impl Store {
    /// How a page of a column's values is kept, from the beginning or behind `after`.
    pub async fn kept_values(
        &self,
        column: &Column,
        after: Option<&RowKey>,
    ) -> Result<Page, StoreError> {
        let query = query(AssertSqlSafe(column.page()));
        let rows = begin(column, after)
            .bind(query)
            .fetch_all(&self.scan)
            .await?;
        let mut page = Page::empty();
        for row in &rows {
            let kept: String = row.try_get(column.name)?;
            page.kept.push(Kept::text(&kept));
            page.next = Some(RowKey::of(column.keys, row)?);
        }
        Ok(page)
    }

    /// Names of keys that are not in the ring, and that something is protected with: as far as the first rows of each column tell,
    /// so that it can be asked before each start.
    pub async fn unknown_keys(&self) -> Result<BTreeSet<String>, StoreError> {
        let mut unknown = BTreeSet::new();
        for column in COLUMNS {
            let rows = query(AssertSqlSafe(column.first()))
                .fetch_all(&self.scan)
                .await?;
            for row in &rows {
                let kept: String = row.try_get(column.name)?;
                match Kept::text(&kept) {
                    Kept::Under(id) if !self.keys.has(&id) => drop(unknown.insert(id)),
                    _ => {}
                }
            }
        }
        Ok(unknown)
    }

    /// Protects a page of a column's values with the current key, where they are not yet. Killed at any moment, it is run
    /// again: what is done is seen to be done.
    pub async fn protect_values(
        &self,
        column: &Column,
        after: Option<&RowKey>,
    ) -> Result<Page, StoreError> {
        let mut writing = self.begin().await?;
        let query = query(AssertSqlSafe(column.page()));
        let rows = begin(column, after)
            .bind(query)
            .fetch_all(writing.aside())
            .await?;
        let mut page = Page::empty();
        for row in &rows {
            let kept: String = row.try_get(column.name)?;
            let key = RowKey::of(column.keys, row)?;
            page.kept.push(Kept::text(&kept));
            if !self.keys.is_current(&Kept::text(&kept)) {
                page.renewed += renew(&mut writing, column, &key, kept).await?;
            }
            page.next = Some(key);
        }
        writing.commit().await?;
        Ok(page)
    }

    /// Overwrites what a database file still holds of rows that have been replaced.
    pub async fn forget_old_pages(&self) -> Result<(), StoreError> {
        Ok(self.write.outside("vacuum").await?)
    }
}

impl Page {
    fn empty() -> Self {
        Self {
            kept: Vec::new(),
            renewed: 0,
            next: None,
        }
    }
}

fn begin(column: &Column, after: Option<&RowKey>) -> RowKey {
    after
        .cloned()
        .unwrap_or_else(|| RowKey::before_the_first(column.keys))
}

async fn renew(
    writing: &mut Writing,
    column: &Column,
    key: &RowKey,
    kept: String,
) -> Result<u64, StoreError> {
    let texts = key.texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let text = column.reveal(&writing.keys, &texts, kept.clone())?;
    let protected = column.protect(&writing.keys, &texts, &text)?;
    let query = query(AssertSqlSafe(column.replace()))
        .bind(protected)
        .bind(kept);
    let replaced = key.bind(query).execute(&mut **writing).await?;
    Ok(replaced.rows_affected())
}
