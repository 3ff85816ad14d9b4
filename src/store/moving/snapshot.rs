//! All rows of a database as they stood at one moment, whoever writes meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use super::super::sql::{AssertSqlSafe, Connection, query};
use super::super::{Store, StoreError, parsed};
use super::table::{Column, Kind, PageOfRows, Table, TableSum};
use crate::domain::Sha256;

/// What SQLite knows about its tables. The only statements that are of one engine: each describes itself in its own way.
const SQLITE_CATALOGUE: &str = "select cast(m.name as text) as table_name, cast(c.name as text) as column_name, \
     lower(cast(c.type as text)) as type_name, cast(c.pk as bigint) as key_place \
     from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table' order by m.name, c.cid";
/// What PostgreSQL knows about them.
const POSTGRES_CATALOGUE: &str = "select cast(c.table_name as text) as table_name, \
     cast(c.column_name as text) as column_name, cast(c.data_type as text) as type_name, \
     cast(coalesce(k.ordinal_position, 0) as bigint) as key_place \
     from information_schema.columns c \
     left join information_schema.table_constraints t on t.table_schema = c.table_schema \
         and t.table_name = c.table_name and t.constraint_type = 'PRIMARY KEY' \
     left join information_schema.key_column_usage k on k.constraint_schema = t.constraint_schema \
         and k.constraint_name = t.constraint_name and k.column_name = c.column_name \
     where c.table_schema = current_schema() order by c.table_name, c.ordinal_position";

/// Tables that others refer to: their rows come first.
const PARENTS: &[&str] = &["employers", "members", "petitions", "uploads"];
/// Tables that are not moved as rows: the move itself, documents (which go from store to store, whatever these are), what each
/// database knows about its own schema, and who of its instances looks at the clock next.
const APART: &[&str] = &["moves", "blobs", "_sqlx_migrations", "rounds"];

/// By what an installation is recognised, and whether it was used meanwhile: nothing happens without a row of the log.
const MARK: &str = "select seq, hash from audit order by seq desc limit 1";
/// Digests that rows name, from `$1` until before `$2`; of a petition that was erased only the digest is left.
const NAMED_BETWEEN: &str = "select form_sha256 as sha256 from petitions where form_sha256 >= $1 and form_sha256 < $2 \
     union select d.sha256 from documents d join petitions p on p.number = d.number \
         where d.sha256 >= $1 and d.sha256 < $2 and p.erased_ms is null \
     union select a.sha256 from attachments a join petitions p on p.number = a.number \
         where a.sha256 >= $1 and a.sha256 < $2 and p.erased_ms is null \
     union select answer_sha256 from evidence where answer_sha256 >= $1 and answer_sha256 < $2 \
     union select roots_sha256 from trust_stores where roots_sha256 >= $1 and roots_sha256 < $2 \
     union select intermediates_sha256 from trust_stores where intermediates_sha256 >= $1 and intermediates_sha256 < $2 \
     union select terms_sha256 from trust_stores where terms_sha256 >= $1 and terms_sha256 < $2";

#[cfg(test)]
pub(in crate::store) const STATEMENTS: &[&str] = &[MARK, NAMED_BETWEEN];

/// A database as it stood at one moment.
#[derive(Debug)]
pub struct Snapshot {
    transaction: Connection,
    tables: Vec<Table>,
}

impl Store {
    /// The database as it stands now.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let catalogue = if self.embedded {
            SQLITE_CATALOGUE
        } else {
            POSTGRES_CATALOGUE
        };
        let mut transaction = self.scan.snapshot().await?;
        let rows = query(catalogue).fetch_all(transaction.aside()).await?;
        let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
        for row in &rows {
            let table: String = row.try_get("table_name")?;
            if APART.contains(&table.as_str()) || table.starts_with("sqlite_") {
                continue;
            }
            let kind: String = row.try_get("type_name")?;
            let column = Column {
                name: row.try_get("column_name")?,
                kind: Kind::named(&kind).ok_or(StoreError::Inconsistent {
                    table: "the catalogue",
                    column: "type",
                })?,
                key: row.try_get("key_place")?,
            };
            tables.entry(table).or_default().push(column);
        }
        let mut tables: Vec<Table> = tables
            .into_iter()
            .map(|(name, mut columns)| {
                // The order of columns says in what order migrations ran, and nothing else.
                columns.sort_by(|one, other| one.name.cmp(&other.name));
                Table { name, columns }
            })
            .collect();
        tables.sort_by_key(|table| !PARENTS.contains(&table.name.as_str()));
        Ok(Snapshot {
            transaction,
            tables,
        })
    }
}

impl Snapshot {
    /// Every table, those that others refer to first.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// How many rows a table has.
    pub async fn count(&mut self, table: &Table) -> Result<u64, StoreError> {
        let count = AssertSqlSafe(format!("select count(*) as rows from {}", table.name));
        let row = query(count).fetch_one(self.transaction.aside()).await?;
        Ok(u64::try_from(row.try_get::<i64>("rows")?).unwrap_or_default())
    }

    /// By what this installation is recognised, as it stands.
    pub async fn mark(&mut self) -> Result<String, StoreError> {
        let row = query(MARK).fetch_optional(self.transaction.aside()).await?;
        match row {
            Some(row) => {
                let (seq, hash): (i64, String) = (row.try_get("seq")?, row.try_get("hash")?);
                Ok(format!("{seq} {hash}"))
            }
            None => Ok("empty".to_owned()),
        }
    }

    /// A page of rows, from the beginning or behind `after`.
    pub async fn page(
        &mut self,
        table: &Table,
        after: Option<&str>,
    ) -> Result<PageOfRows, StoreError> {
        let query = query(AssertSqlSafe(table.page(after.is_some())));
        let query = match after {
            Some(after) => table.bind_key(query, after)?,
            None => query,
        };
        let rows = query.fetch_all(self.transaction.aside()).await?;
        table.read(&rows)
    }

    /// What a table holds.
    pub async fn sum(&mut self, table: &Table) -> Result<TableSum, StoreError> {
        let mut sum = TableSum::default();
        let mut after = None;
        loop {
            let page = self.page(table, after.as_deref()).await?;
            sum.add(&page);
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(sum),
            }
        }
    }

    /// Digests beginning with `byte` of documents that rows name.
    pub async fn documents_named(&mut self, byte: u8) -> Result<BTreeSet<Sha256>, StoreError> {
        let rows = query(NAMED_BETWEEN)
            .bind(format!("{byte:02x}"))
            // Behind every digest that begins so: no digest has a `g`.
            .bind(format!("{byte:02x}g"))
            .fetch_all(self.transaction.aside())
            .await?;
        rows.iter()
            .map(|row| parsed(row, "documents", "sha256"))
            .collect()
    }
}
