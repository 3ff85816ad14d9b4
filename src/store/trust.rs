//! Whom the service trusts: every change of the trust store, with its whole contents and an entry in the audit log.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::sql::query;
use super::{Store, StoreError, audit};
use crate::domain::{Event, Sha256};
use crate::verify::{Certificate, TrustStore};

const LAST: &str = "select seq, digest, contents from trust_changes order by seq desc limit 1";
const RECORD: &str = "insert into trust_changes (seq, at_ms, actor, digest, contents) \
                      values ($1, $2, $3, $4, $5)";

const SHARED: &str = "select seq, contents from shared_trust order by seq desc limit 1";
const SHARE: &str = "insert into shared_trust (seq, at_ms, contents) values ($1, $2, $3) on conflict (seq) do nothing";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[LAST, RECORD, SHARED, SHARE];

/// Fingerprint → role, entity and status, for every certificate in use.
type Contents = BTreeMap<String, String>;

/// What a store holds, in words.
fn contents(trust: &TrustStore) -> Contents {
    let told = |role: &str, certificate: &Certificate| {
        let sha256 = certificate.sha256();
        let pinned = trust
            .entities()
            .authority(sha256)
            .map(|(entity, row)| format!("{role} {} {}", entity.id, row.status.as_str()));
        let words = pinned.unwrap_or_else(|| format!("{role} unpinned"));
        (sha256.to_string(), words)
    };
    let roots = trust.roots().iter().map(|it| told("root", it));
    let others = trust.intermediates().iter();
    others
        .map(|it| told("subordinate", it))
        .chain(roots)
        .collect()
}

impl Store {
    /// Records what is trusted from now on, unless it is what was recorded last. Answers whether it was news.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn record_trust(
        &self,
        trust: &TrustStore,
        actor: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let digest = trust.digest().to_string();
        let mut writing = self.begin().await?;
        let last = query(LAST).fetch_optional(&mut *writing).await?;
        let (seq, previous, before) = match last {
            Some(row) => (
                row.try_get::<i64>("seq")?.saturating_add(1),
                Some(row.try_get::<String>("digest")?),
                serde_json::from_str(&row.try_get::<String>("contents")?).unwrap_or_default(),
            ),
            None => (1, None, Contents::new()),
        };
        if previous.as_ref() == Some(&digest) {
            return Ok(false);
        }
        let after = contents(trust);
        query(RECORD)
            .bind(seq)
            .bind(at.as_millisecond())
            .bind(actor)
            .bind(&digest)
            .bind(serde_json::json!(after).to_string())
            .execute(&mut *writing)
            .await?;
        let facts = facts(&digest, previous.as_deref(), &before, &after);
        audit::append(
            &mut writing,
            at,
            actor,
            "trust",
            Event::TrustChanged,
            &facts,
        )
        .await?;
        writing.commit().await?;
        Ok(true)
    }

    /// The trust folder that all machines have, and its number.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn shared_trust(&self) -> Result<Option<(i64, String)>, StoreError> {
        let row = query(SHARED).fetch_optional(&self.read).await?;
        row.map(|row| Ok((row.try_get("seq")?, row.try_get("contents")?)))
            .transpose()
    }

    /// Makes this the trust folder of all machines.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when somebody else's has that number by now.
    pub async fn share_trust(
        &self,
        seq: i64,
        contents: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let shared = query(SHARE)
            .bind(seq)
            .bind(at.as_millisecond())
            .bind(contents)
            .execute(&self.write)
            .await?;
        super::moved(shared)
    }

    /// Whether the database can be written: tries, and takes it back.
    ///
    /// # Errors
    /// When it can't.
    pub async fn try_writing(&self) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let tried = query(SHARE).bind(0_i64).bind(0_i64).bind("");
        tried.execute(&mut *writing).await?;
        Ok(())
    }

    /// The digest that was recorded last.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn recorded_trust(&self) -> Result<Option<Sha256>, StoreError> {
        let row = query(LAST).fetch_optional(&self.read).await?;
        row.map(|row| super::parsed(&row, "trust_changes", "digest"))
            .transpose()
    }
}

/// Which fingerprints came, went, and count otherwise.
fn facts(
    digest: &str,
    previous: Option<&str>,
    before: &Contents,
    after: &Contents,
) -> serde_json::Value {
    let only_in = |one: &Contents, other: &Contents| -> Vec<String> {
        let missing = one.keys().filter(|key| !other.contains_key(*key));
        missing.cloned().collect()
    };
    let changed: Vec<String> = after
        .iter()
        .filter(|(key, words)| before.get(*key).is_some_and(|old| old != *words))
        .map(|(key, words)| format!("{key} {words}"))
        .collect();
    serde_json::json!({
        "digest": digest,
        "previous": previous,
        "added": only_in(after, before),
        "removed": only_in(before, after),
        "changed": changed,
    })
}
