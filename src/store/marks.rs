//! Marks: what a protected value is found by without being read (`Keyring::marks`). A mark belongs to a key like the value
//! itself, and is renewed with it.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use super::protected::EMPLOYER_EMAIL;
use super::sql::{Row, query};
use super::{Store, StoreError, Writing, decisions};
use crate::protection::{Kept, Keyring};

const EMAILS: &str = "select ruc, branch, email, email_mark as mark from employers where (ruc, branch) > ($1, $2) \
                      and email is not null order by ruc, branch limit $3";
const SET_EMAIL_MARK: &str =
    "update employers set email_mark = $1 where ruc = $2 and branch = $3 and email = $4";
const SIGNERS: &str = "select number, document_hash as mark from signers where (number, document_hash) > ($1, $2) \
                       order by number, document_hash limit $3";
const DECISIONS: &str = "select number, sha256, decision from decisions where number = $1";
const DROP_SIGNER: &str = "delete from signers where number = $1 and document_hash = $2";
const KEEP_SIGNER: &str = "insert into signers (document_hash, number) values ($1, $2) on conflict (document_hash, number) do nothing";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    EMAILS,
    SET_EMAIL_MARK,
    SIGNERS,
    DECISIONS,
    DROP_SIGNER,
    KEEP_SIGNER,
];

/// A column of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marked {
    /// Addresses of employers: whether another one has the same.
    Email,
    /// Document numbers of signers: what else somebody signed.
    Signer,
}

/// Every column of marks.
pub const MARKED: &[Marked] = &[Marked::Email, Marked::Signer];

/// Rows that are read, and renewed in one transaction.
const AT_A_TIME: i64 = 500;

/// One page of a walk along a column of marks.
#[derive(Debug, Default)]
pub struct MarkPage {
    /// By which key each is made; `None` when nobody can tell any more.
    pub kept: Vec<Option<Kept>>,
    /// How many were made anew.
    pub renewed: u64,
    /// Where the next page begins; `None` behind the last one.
    pub next: Option<[String; 2]>,
}

impl Marked {
    /// Table and column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "employers.email_mark",
            Self::Signer => "signers.document_hash",
        }
    }

    /// What marks of this column are made for: equal texts in different columns have different marks.
    fn purpose(self) -> &'static str {
        match self {
            Self::Email => "employers.email_mark",
            Self::Signer => "signer",
        }
    }

    fn wrong(self, error: crate::protection::ProtectionError) -> StoreError {
        let (table, column) = match self {
            Self::Email => ("employers", "email_mark"),
            Self::Signer => ("signers", "document_hash"),
        };
        StoreError::Protection {
            table,
            column,
            error,
        }
    }

    /// Every mark under which a text may be kept, the current one first.
    pub(super) fn all_of(self, keys: &Keyring, text: &str) -> Result<Vec<String>, StoreError> {
        let marks = keys.marks(self.purpose(), text);
        let marks = marks.map_err(|error| self.wrong(error))?;
        Ok(marks.into_iter().map(|(_, mark)| mark).collect())
    }

    /// The mark under which a text is kept from now on.
    pub(super) fn of(self, keys: &Keyring, text: &str) -> Result<String, StoreError> {
        let marks = self.all_of(keys, text)?;
        Ok(marks.into_iter().next().unwrap_or_default())
    }

    /// By which key the mark of a text is made.
    fn kept(self, keys: &Keyring, text: &str, mark: &str) -> Result<Option<Kept>, StoreError> {
        let marks = keys.marks(self.purpose(), text);
        let marks = marks.map_err(|error| self.wrong(error))?;
        let found = marks.into_iter().find(|(_, known)| known == mark);
        Ok(found.map(|(kept, _)| kept))
    }
}

impl Store {
    /// How a page of marks is kept, from the beginning or behind `after`; with `renew` they are made with the current key,
    /// where they are not yet. A mark whose text is gone is dropped then: nothing could be found by it under another key.
    pub async fn walk_marks(
        &self,
        marked: Marked,
        after: Option<&[String; 2]>,
        renew: bool,
    ) -> Result<MarkPage, StoreError> {
        let mut writing = self.begin().await?;
        let first = [String::new(), String::new()];
        let [one, other] = after.unwrap_or(&first);
        let statement = match marked {
            Marked::Email => EMAILS,
            Marked::Signer => SIGNERS,
        };
        let rows = query(statement)
            .bind(one.as_str())
            .bind(other.as_str())
            .bind(AT_A_TIME)
            .fetch_all(writing.aside())
            .await?;
        let mut page = MarkPage::default();
        for row in &rows {
            let next = match marked {
                Marked::Email => [row.try_get("ruc")?, row.try_get("branch")?],
                Marked::Signer => [row.try_get("number")?, row.try_get("mark")?],
            };
            let kept = match marked {
                Marked::Email => email(&mut writing, row, &next, renew).await,
                Marked::Signer => signer(&mut writing, &next, renew).await,
            };
            let kept = match kept {
                // Only looked at: the key of the text itself is not there either.
                Err(StoreError::Protection { .. }) if !renew => None,
                other => other?,
            };
            let current = kept.as_ref().is_some_and(|kept| self.keys.is_current(kept));
            page.renewed += u64::from(renew && !current);
            page.kept.push(kept);
            page.next = Some(next);
        }
        writing.commit().await?;
        Ok(page)
    }
}

async fn email(
    writing: &mut Writing,
    row: &Row,
    [ruc, branch]: &[String; 2],
    renew: bool,
) -> Result<Option<Kept>, StoreError> {
    let stored: String = row.try_get("email")?;
    let text = EMPLOYER_EMAIL.read(&writing.keys, &[ruc.as_str(), branch.as_str()], row)?;
    let mark: Option<String> = row.try_get("mark")?;
    let kept = Marked::Email.kept(&writing.keys, &text, &mark.unwrap_or_default())?;
    let current = kept
        .as_ref()
        .is_some_and(|kept| writing.keys.is_current(kept));
    if renew && !current {
        let mark = Marked::Email.of(&writing.keys, &text)?;
        query(SET_EMAIL_MARK)
            .bind(mark)
            .bind(ruc.as_str())
            .bind(branch.as_str())
            .bind(stored)
            .execute(&mut **writing)
            .await?;
    }
    Ok(kept)
}

/// The number stands in the decisions about the petition, and nowhere else beside its mark.
async fn signer(
    writing: &mut Writing,
    [number, mark]: &[String; 2],
    renew: bool,
) -> Result<Option<Kept>, StoreError> {
    let (mut kept, mut text) = (None, None);
    for document in signers_of(writing, number).await? {
        if let Some(found) = Marked::Signer.kept(&writing.keys, &document, mark)? {
            (kept, text) = (Some(found), Some(document));
        }
    }
    let current = kept
        .as_ref()
        .is_some_and(|kept| writing.keys.is_current(kept));
    if renew && !current {
        query(DROP_SIGNER)
            .bind(number.as_str())
            .bind(mark.as_str())
            .execute(&mut **writing)
            .await?;
        if let Some(text) = text {
            keep_signer(writing, &text, number).await?;
        }
    }
    Ok(kept)
}

/// Document numbers of whoever signed something under a petition's number.
async fn signers_of(writing: &mut Writing, number: &str) -> Result<BTreeSet<String>, StoreError> {
    let rows = query(DECISIONS)
        .bind(number)
        .fetch_all(&mut **writing)
        .await?;
    let mut signers = BTreeSet::new();
    for row in &rows {
        let sha256: String = row.try_get("sha256")?;
        let key = [number, sha256.as_str()];
        let signer = decisions::said(&writing.keys, &key, row)?.and_then(|said| said.signer);
        let document = signer.and_then(|signer| signer.document);
        signers.extend(document.map(|document| document.as_str().to_owned()));
    }
    Ok(signers)
}

/// Remembers that the person with this document number signed a petition.
pub(super) async fn keep_signer(
    writing: &mut Writing,
    document: &str,
    number: &str,
) -> Result<(), StoreError> {
    let mark = Marked::Signer.of(&writing.keys, document)?;
    query(KEEP_SIGNER)
        .bind(mark)
        .bind(number)
        .execute(&mut **writing)
        .await?;
    Ok(())
}
