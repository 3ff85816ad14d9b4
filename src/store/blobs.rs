//! Documents in the database itself, for whoever wants one thing to back up and no object store to run. What the bytes are
//! is the document store's affair (`crate::documents`): here they lie on a shelf, under a name of two parts.

use jiff::Timestamp;

use super::sql::query;
use super::{Store, StoreError, moment};

const PUT: &str = "insert into blobs (shelf, item, part, bytes, written_ms) values ($1, $2, $3, $4, $5) \
                   on conflict (shelf, item, part) do update set bytes = excluded.bytes, written_ms = excluded.written_ms";
const GET: &str = "select bytes from blobs where shelf = $1 and item = $2 and part = $3";
const HOLDS: &str =
    "select count(*) as held from blobs where shelf = $1 and item = $2 and part = $3";
const LIST: &str = "select item, part, written_ms from blobs where shelf = $1 and (item, part) > ($2, $3) \
                    order by item, part limit 500";
const DELETE: &str = "delete from blobs where shelf = $1 and item = $2 and part = $3";
const DELETE_ITEM: &str = "delete from blobs where shelf = $1 and item = $2";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[PUT, GET, HOLDS, LIST, DELETE, DELETE_ITEM];

/// Where bytes lie: shelf, item, part of the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobKey {
    /// What lies together and is listed together.
    pub shelf: String,
    /// The item.
    pub item: String,
    /// Its part; empty when it has none.
    pub part: String,
}

impl Store {
    /// Keeps bytes, in place of those that lay there.
    pub async fn put_blob(
        &self,
        key: &BlobKey,
        bytes: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        query(PUT)
            .bind(key.shelf.as_str())
            .bind(key.item.as_str())
            .bind(key.part.as_str())
            .bind(bytes.to_vec())
            .bind(at.as_millisecond())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The bytes that lie there.
    pub async fn blob(&self, key: &BlobKey) -> Result<Option<Vec<u8>>, StoreError> {
        let row = query(GET)
            .bind(key.shelf.as_str())
            .bind(key.item.as_str())
            .bind(key.part.as_str())
            .fetch_optional(&self.scan)
            .await?;
        Ok(row.map(|row| row.try_get("bytes")).transpose()?)
    }

    /// Whether anything lies there.
    pub async fn holds_blob(&self, key: &BlobKey) -> Result<bool, StoreError> {
        let row = query(HOLDS)
            .bind(key.shelf.as_str())
            .bind(key.item.as_str())
            .bind(key.part.as_str())
            .fetch_one(&self.read)
            .await?;
        Ok(row.try_get::<i64>("held")? > 0)
    }

    /// Some of what lies on a shelf behind `after`, in order, with the time it was written.
    pub async fn blobs(
        &self,
        shelf: &str,
        after: Option<&BlobKey>,
    ) -> Result<Vec<(BlobKey, Timestamp)>, StoreError> {
        let rows = query(LIST)
            .bind(shelf)
            .bind(after.map_or("", |key| key.item.as_str()))
            .bind(after.map_or("", |key| key.part.as_str()))
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| {
                let key = BlobKey {
                    shelf: shelf.to_owned(),
                    item: row.try_get("item")?,
                    part: row.try_get("part")?,
                };
                Ok((key, moment(row, "blobs", "written_ms")?))
            })
            .collect()
    }

    /// Deletes what lies there, if anything does.
    pub async fn delete_blob(&self, key: &BlobKey) -> Result<(), StoreError> {
        query(DELETE)
            .bind(key.shelf.as_str())
            .bind(key.item.as_str())
            .bind(key.part.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Deletes every part of an item.
    pub async fn delete_blobs(&self, shelf: &str, item: &str) -> Result<(), StoreError> {
        query(DELETE_ITEM)
            .bind(shelf)
            .bind(item)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
