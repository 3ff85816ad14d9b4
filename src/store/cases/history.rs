//! What came before: petitions of the same employer, and petitions signed by the same person.

use std::cmp::Reverse;

use jiff::Timestamp;

use super::super::sql::{Line, Row, query};
use crate::domain::{Action, BranchCode, CaseKind, IdentityDocument, PetitionNumber, Ruc, State};
use crate::store::marks::Marked;
use crate::store::{EmployerRecord, Store, StoreError, maybe, maybe_moment, moment, parsed};

const OF_EMPLOYER: &str = "select p.number, p.ruc, p.state, p.action, p.issued_ms, p.decided_ms, c.kind from petitions p \
     left join cases c on c.number = p.number where p.ruc = $1 and p.branch = $2 order by p.issued_ms desc limit $3";
const OF_RUC: &str = "select p.number, p.ruc, p.state, p.action, p.issued_ms, p.decided_ms, c.kind from petitions p \
     left join cases c on c.number = p.number where p.ruc = $1 order by p.issued_ms desc limit $2";
const WHOSE: &str = "select ruc, branch from petitions where number = $1";
const OF_SIGNER: &str = "select p.number, p.ruc, p.state, p.action, p.issued_ms, p.decided_ms, c.kind from signers s \
     join petitions p on p.number = s.number left join cases c on c.number = p.number \
     where s.document_hash = $1 order by p.issued_ms desc limit $2";
const RESETS: &str = "select count(*) as resets from petitions where ruc = $1 and branch = $2 and issued_ms > $3 \
     and action in ('reset_password', 'unblock') and state in ('approved', 'completed') and number <> $4";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[OF_EMPLOYER, OF_RUC, WHOSE, OF_SIGNER, RESETS];

/// A petition, as the history of another one shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Its number.
    pub number: PetitionNumber,
    /// Whose.
    pub ruc: Option<Ruc>,
    /// Where it stands.
    pub state: State,
    /// What was asked.
    pub action: Option<Action>,
    /// When it began.
    pub issued_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// How a person came to look at it, if one did.
    pub kind: Option<CaseKind>,
}

fn earlier(row: &Row) -> Result<Earlier, StoreError> {
    const TABLE: &str = "petitions";
    Ok(Earlier {
        number: parsed(row, TABLE, "number")?,
        ruc: maybe(row, TABLE, "ruc")?,
        state: parsed(row, TABLE, "state")?,
        action: maybe(row, TABLE, "action")?,
        issued_at: moment(row, TABLE, "issued_ms")?,
        decided_at: maybe_moment(row, TABLE, "decided_ms")?,
        kind: maybe(row, "cases", "kind")?,
    })
}

impl Store {
    /// Petitions of an employer, the newest first.
    pub async fn petitions_of(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
        limit: i64,
    ) -> Result<Vec<Earlier>, StoreError> {
        let rows = query(OF_EMPLOYER)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(earlier).collect()
    }

    /// Petitions under a RUC, of whichever branch, the newest first.
    pub async fn petitions_of_ruc(
        &self,
        ruc: &Ruc,
        limit: i64,
    ) -> Result<Vec<Earlier>, StoreError> {
        let rows = query(OF_RUC)
            .bind(ruc.as_str())
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(earlier).collect()
    }

    /// The employer of a petition, when it is known.
    pub async fn employer_of(
        &self,
        number: &PetitionNumber,
    ) -> Result<Option<EmployerRecord>, StoreError> {
        match self.whose(number).await? {
            Some((ruc, branch)) => self.employer(&ruc, &branch).await,
            None => Ok(None),
        }
    }

    /// The employer that a petition names, registered or not, when it is known.
    pub async fn whose(
        &self,
        number: &PetitionNumber,
    ) -> Result<Option<(Ruc, BranchCode)>, StoreError> {
        let row = query(WHOSE)
            .bind(number.as_str())
            .fetch_optional(&self.read)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let ruc: Option<Ruc> = maybe(&row, "petitions", "ruc")?;
        let branch: Option<BranchCode> = maybe(&row, "petitions", "branch")?;
        Ok(ruc.zip(branch))
    }

    /// Petitions signed by a person, the newest first.
    pub async fn petitions_signed_by(
        &self,
        document: &IdentityDocument,
        limit: i64,
    ) -> Result<Vec<Earlier>, StoreError> {
        let mut found: Vec<Earlier> = Vec::new();
        for mark in Marked::Signer.all_of(&self.keys, document.as_str())? {
            let rows = query(OF_SIGNER)
                .bind(mark)
                .bind(limit)
                .fetch_all(&self.scan)
                .await?;
            for row in &rows {
                found.push(earlier(row)?);
            }
        }
        found.sort_by_key(|earlier| Reverse(earlier.issued_at));
        found.dedup_by(|one, other| one.number == other.number);
        found.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(found)
    }

    /// How many other resets of an employer were approved that were asked for after `since`.
    pub async fn resets_since(
        &self,
        ruc: &Ruc,
        branch: &BranchCode,
        since: Timestamp,
        but: &PetitionNumber,
    ) -> Result<i64, StoreError> {
        resets(&self.read, ruc, branch, since, but).await
    }
}

/// The same, as a connection sees it.
pub(super) async fn resets(
    line: impl Line,
    ruc: &Ruc,
    branch: &BranchCode,
    since: Timestamp,
    but: &PetitionNumber,
) -> Result<i64, StoreError> {
    let row = query(RESETS)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .bind(since.as_millisecond())
        .bind(but.as_str())
        .fetch_one(line)
        .await?;
    Ok(row.try_get("resets")?)
}
