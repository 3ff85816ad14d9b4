//! Breaches of personal data: when each was noticed, and how much there is that it may have touched.

use jiff::Timestamp;
use serde_json::json;

use super::sql::query;
use super::{Store, StoreError, audit, moment};
use crate::domain::Event;

const LAST: &str = "select coalesce(max(id), 0) as id from breaches";
const KEEP: &str = "insert into breaches (id, what, known_ms, actor) values ($1, $2, $3, $4)";
const ALL: &str = "select id, what, known_ms, actor from breaches order by id";
const SCOPE: &str = "select (select count(*) from employers) as employers, \
     (select count(distinct document) from representatives) as persons, \
     (select count(*) from petitions) as petitions, (select count(*) from documents) as documents, \
     (select count(*) from accounts) as accounts, (select count(*) from outbox) as messages";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LAST, KEEP, ALL, SCOPE];

/// A breach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// Its number.
    pub id: i64,
    /// What happened, in a sentence.
    pub what: String,
    /// When it was noticed: the terms begin here.
    pub known_at: Timestamp,
    /// Who said so.
    pub actor: String,
}

/// How much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Employers on file.
    pub employers: i64,
    /// Different persons in the registry.
    pub persons: i64,
    /// Petitions.
    pub petitions: i64,
    /// Documents.
    pub documents: i64,
    /// Employers with a password of the embedded portal.
    pub accounts: i64,
    /// Messages that are kept.
    pub messages: i64,
}

impl Store {
    /// Starts the clock of a breach.
    pub async fn begin_breach(
        &self,
        what: &str,
        known_at: Timestamp,
        actor: &str,
        at: Timestamp,
    ) -> Result<Breach, StoreError> {
        let mut writing = self.begin().await?;
        // The log's lock keeps two of them from taking the same number.
        let facts = json!({ "known": known_at });
        audit::append(
            &mut writing,
            at,
            actor,
            "breach",
            Event::BreachNoticed,
            &facts,
        )
        .await?;
        let last: i64 = query(LAST).fetch_one(&mut *writing).await?.try_get("id")?;
        query(KEEP)
            .bind(last + 1)
            .bind(what)
            .bind(known_at.as_millisecond())
            .bind(actor)
            .execute(&mut *writing)
            .await?;
        writing.commit().await?;
        Ok(Breach {
            id: last + 1,
            what: what.to_owned(),
            known_at,
            actor: actor.to_owned(),
        })
    }

    /// Every breach, the oldest first.
    pub async fn breaches(&self) -> Result<Vec<Breach>, StoreError> {
        let rows = query(ALL).fetch_all(&self.scan).await?;
        rows.iter()
            .map(|row| {
                Ok(Breach {
                    id: row.try_get("id")?,
                    what: row.try_get("what")?,
                    known_at: moment(row, "breaches", "known_ms")?,
                    actor: row.try_get("actor")?,
                })
            })
            .collect()
    }

    /// How much there is that a breach may have touched.
    pub async fn scope(&self) -> Result<Scope, StoreError> {
        let row = query(SCOPE).fetch_one(&self.scan).await?;
        Ok(Scope {
            employers: row.try_get("employers")?,
            persons: row.try_get("persons")?,
            petitions: row.try_get("petitions")?,
            documents: row.try_get("documents")?,
            accounts: row.try_get("accounts")?,
            messages: row.try_get("messages")?,
        })
    }
}
