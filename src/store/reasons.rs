//! Why somebody did something that no case holds, in their own words: an account stopped in the place of its company, how a person
//! who asks for their data proved who they are. Words may name anybody, and the audit log is for ever: it has their digest, the row
//! here the words, protected, until their term ends.

#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::audit::{self, Entry};
use super::protected::REASON;
use super::sql::{Row, query};
use super::{EmployerRecord, Store, StoreError, Writing, moment, parsed};
use crate::domain::{BranchCode, Event, PetitionNumber, Ruc, Sha256};
use crate::protection::Keyring;

macro_rules! columns {
    () => {
        "select r.seq, r.at_ms, r.words, a.actor, a.event from reasons r join audit a on a.seq = r.seq "
    };
}
/// The words say why an account stands still, as long as it does.
macro_rules! needed {
    () => {
        "exists (select 1 from employers e where e.ruc = reasons.ruc and e.branch = reasons.branch and e.frozen_ms = reasons.at_ms)"
    };
}

const KEEP: &str =
    "insert into reasons (seq, ruc, branch, number, at_ms, words) values ($1, $2, $3, $4, $5, $6)";
const OF_STOP: &str = concat!(
    columns!(),
    "where r.ruc = $1 and r.branch = $2 and r.at_ms = $3 and a.event = $4 order by r.seq desc limit 1"
);
const OF_PETITION: &str = concat!(columns!(), "where r.number = $1 order by r.seq");
const OF_EMPLOYER: &str = concat!(
    columns!(),
    "where r.ruc = $1 and r.number is null order by r.seq"
);
pub(super) const OLD: &str = concat!(
    "delete from reasons where seq in (select seq from reasons where at_ms <= $1 and not ",
    needed!(),
    " order by at_ms limit $2)"
);
const FORGET: &str = concat!("delete from reasons where number = $1 and not ", needed!());

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP, OF_STOP, OF_PETITION, OF_EMPLOYER, OLD, FORGET];

/// Why somebody did something, in their words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// Who.
    pub by: String,
    /// What they did, as the log calls it.
    pub event: Event,
    /// Their words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What somebody's words are about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct About<'a> {
    /// The account.
    pub(super) account: Option<(&'a Ruc, &'a BranchCode)>,
    /// The petition.
    pub(super) number: Option<&'a PetitionNumber>,
}

fn why(keys: &Keyring, row: &Row) -> Result<Why, StoreError> {
    let seq: i64 = row.try_get("seq")?;
    Ok(Why {
        by: row.try_get("actor")?,
        event: parsed(row, "audit", "event")?,
        reason: REASON.read(keys, &[&seq.to_string()], row)?,
        at: moment(row, "reasons", "at_ms")?,
    })
}

/// What the log says of somebody's words.
pub(super) fn digest(reason: &str) -> String {
    Sha256::of(reason.as_bytes()).to_string()
}

/// Appends to the log, and keeps the words whose digest it has.
pub(super) async fn append(
    writing: &mut Writing,
    entry: &Entry<'_>,
    about: About<'_>,
    reason: &str,
) -> Result<(), StoreError> {
    let seq = audit::append_entry(writing, entry).await?;
    let words = REASON.protect(&writing.keys, &[&seq.to_string()], reason)?;
    query(KEEP)
        .bind(seq)
        .bind(about.account.map(|(ruc, _)| ruc.as_str()))
        .bind(about.account.map(|(_, branch)| branch.as_str()))
        .bind(about.number.map(PetitionNumber::as_str))
        .bind(entry.at.as_millisecond())
        .bind(words)
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Forgets what was said about a petition whose data are deleted.
pub(super) async fn forget(
    writing: &mut Writing,
    number: &PetitionNumber,
) -> Result<(), StoreError> {
    query(FORGET)
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

impl Store {
    /// Who of the staff stopped an account last, and why; nothing when its owner did.
    pub async fn why_stopped(&self, record: &EmployerRecord) -> Result<Option<Why>, StoreError> {
        let Some(at) = record.frozen_since.or(record.stopped_at) else {
            return Ok(None);
        };
        let row = query(OF_STOP)
            .bind(record.employer.ruc.as_str())
            .bind(record.employer.branch.as_str())
            .bind(at.as_millisecond())
            .bind(Event::AccountFrozen.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| why(&self.keys, &row)).transpose()
    }

    /// What people said about a petition beside its case.
    pub async fn reasons_about(&self, number: &PetitionNumber) -> Result<Vec<Why>, StoreError> {
        let rows = query(OF_PETITION)
            .bind(number.as_str())
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(|row| why(&self.keys, row)).collect()
    }

    /// What people said about an employer's accounts, but for what is about a petition.
    pub async fn reasons_about_employer(&self, ruc: &Ruc) -> Result<Vec<Why>, StoreError> {
        let rows = query(OF_EMPLOYER)
            .bind(ruc.as_str())
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(|row| why(&self.keys, row)).collect()
    }

    /// Writes into the log that a person asked for something about their own data, and how they proved who they are: by a petition
    /// that they signed, or otherwise, in the words of whoever saw it.
    pub async fn note_request(
        &self,
        at: Timestamp,
        actor: &str,
        event: Event,
        petition: Option<&PetitionNumber>,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let facts: Value = json!({ "petition": petition, "reason": reason.map(digest) });
        let entry = Entry {
            at,
            actor,
            subject: "subject",
            event,
            facts: &facts,
        };
        let mut writing = self.begin().await?;
        match reason {
            Some(reason) => {
                let about = About {
                    number: petition,
                    ..About::default()
                };
                append(&mut writing, &entry, about, reason).await?;
            }
            None => {
                audit::append_entry(&mut writing, &entry).await?;
            }
        }
        writing.commit().await
    }
}
