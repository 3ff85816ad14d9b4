//! What may be deleted because its term has ended: which petitions, whose bytes nobody else needs, and the rows themselves.
//! Digests stay, so that what was decided can still be told apart; the audit log says what went.

use jiff::Timestamp;
use serde_json::json;

use super::sql::{Row, query};
use super::{Store, StoreError, audit, maybe, moved, parsed, reasons};
use crate::domain::{Event, PetitionNumber, Sha256};

/// Nothing more happens to a petition in one of these states.
macro_rules! ended {
    () => {
        "('refused', 'approved', 'completed', 'merged', 'archived')"
    };
}

// What came without a number, nobody signed and nobody looked at is nobody's either: no authority was asked about a signature
// of it, and there is no signer.
const UNUSED: &str = "select number from petitions p where erased_ms is null and expires_ms <= $1 and (state = 'issued' or \
                      state = 'refused' and form_sha256 is null \
                      and not exists (select 1 from signers s where s.number = p.number) \
                      and not exists (select 1 from evidence e where e.number = p.number) \
                      and not exists (select 1 from attachments a where a.number = p.number) \
                      and not exists (select 1 from cases c where c.number = p.number)) \
                      order by expires_ms limit $2";
const ENDED: &str = concat!(
    "select number from petitions where erased_ms is null and expires_ms <= $1 and \
     coalesce(decided_ms, expires_ms) <= $1 and state in ",
    ended!(),
    " order by expires_ms limit $2"
);
const FORM: &str = "select form_sha256 from petitions where number = $1";
const DOCUMENTS: &str = "select sha256 from documents where number = $1";
const ATTACHMENTS: &str = "select sha256 from attachments where number = $1";
const ANSWERS: &str = "select distinct answer_sha256 from evidence where number = $1";
// The same bytes may stand under several numbers.
const NEEDED: &str = "select (select count(*) from documents d join petitions p on p.number = d.number \
     where d.sha256 = $1 and d.number <> $2 and p.erased_ms is null) + \
     (select count(*) from attachments a join petitions p on p.number = a.number \
     where a.sha256 = $1 and a.number <> $2 and p.erased_ms is null) as needed";
const ANSWER_NEEDED: &str =
    "select count(*) as needed from evidence where answer_sha256 = $1 and number <> $2";
// Of a petition that was erased only the digest is left, which needs no document.
const NAMED: &str = "select (select count(*) from petitions where form_sha256 = $1) + \
     (select count(*) from documents d join petitions p on p.number = d.number \
     where d.sha256 = $1 and p.erased_ms is null) + \
     (select count(*) from attachments a join petitions p on p.number = a.number \
     where a.sha256 = $1 and p.erased_ms is null) + \
     (select count(*) from evidence where answer_sha256 = $1) + \
     (select count(*) from trust_stores where roots_sha256 = $1) + \
     (select count(*) from trust_stores where intermediates_sha256 = $1) + \
     (select count(*) from trust_stores where terms_sha256 = $1) as named";
const ERASE: &str = concat!(
    "update petitions set erased_ms = $1, form_sha256 = null, new_email = null where number = $2 and \
     erased_ms is null and (state = 'issued' or state in ",
    ended!(),
    ")"
);
const FORGET_EVIDENCE: &str = "delete from evidence where number = $1";
// A report goes after its document: whoever still has the document may ask why it was decided so.
const OLD_REPORTS: &str = "select d.number, d.sha256 from decisions d join petitions p on p.number = d.number \
     where d.decided_ms <= $1 and d.decision <> '{}' and p.erased_ms is not null order by d.decided_ms limit $2";
const ERASE_REPORT: &str = "update decisions set decision = '{}', report = null where number = $1 and sha256 = $2 \
                            and decision <> '{}'";
const OLD_MESSAGES: &str = "delete from outbox where id in (select id from outbox where created_ms <= $1 and state <> 'pending' \
                            order by created_ms limit $2)";
// «No fui yo» that was pressed says which addresses were denied for as long as there are petitions (`employers::DENIED_EMAILS`): such a
// link is a digest and a number, and there are few.
const OLD_LINKS: &str = "delete from links where hash in (select hash from links where expires_ms <= $1 \
                         and not (kind = 'freeze' and dead_ms is not null) order by expires_ms limit $2)";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    UNUSED,
    ENDED,
    FORM,
    DOCUMENTS,
    ATTACHMENTS,
    ANSWERS,
    NEEDED,
    ANSWER_NEEDED,
    NAMED,
    ERASE,
    FORGET_EVIDENCE,
    OLD_REPORTS,
    ERASE_REPORT,
    OLD_MESSAGES,
    OLD_LINKS,
];

/// Petitions, reports that are handled at a time.
const AT_A_TIME: i64 = 100;
/// Messages, links and reasons that are deleted at a time: nobody else writes meanwhile.
const DELETED_AT_A_TIME: i64 = 1000;

/// Which petitions are past their term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// A number was given, and nothing ever came; or something came without one that nobody signed.
    Unused,
    /// Something was decided.
    Ended,
}

/// What stands in the document store because of a petition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Form, documents and attachments that no other petition needs.
    pub documents: Vec<Sha256>,
    /// Answers about revocation that no other petition needs.
    pub answers: Vec<Sha256>,
}

/// What a petition's row forgets, and why.
#[derive(Debug, Clone, Copy)]
pub struct Erasure<'a> {
    /// Which petition.
    pub number: &'a PetitionNumber,
    /// The bytes that were deleted.
    pub files: &'a Files,
    /// Who does it.
    pub actor: &'a str,
    /// Why: `term`, or what a person asked for.
    pub why: &'a str,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Some of the petitions that ended before `at` and have not been erased.
    pub async fn petitions_past(
        &self,
        past: Past,
        at: Timestamp,
    ) -> Result<Vec<PetitionNumber>, StoreError> {
        let statement = match past {
            Past::Unused => UNUSED,
            Past::Ended => ENDED,
        };
        let rows = query(statement)
            .bind(at.as_millisecond())
            .bind(AT_A_TIME)
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| parsed(row, "petitions", "number"))
            .collect()
    }

    /// What is in the document store for this petition alone.
    pub async fn files_of(&self, number: &PetitionNumber) -> Result<Files, StoreError> {
        let mut files = Files::default();
        for (statement, table, column) in [
            (FORM, "petitions", "form_sha256"),
            (DOCUMENTS, "documents", "sha256"),
            (ATTACHMENTS, "attachments", "sha256"),
        ] {
            for row in self.rows_of(statement, number).await? {
                if let Some(sha256) = maybe(&row, table, column)?
                    && !self.is_needed(NEEDED, sha256, number).await?
                {
                    files.documents.push(sha256);
                }
            }
        }
        for row in self.rows_of(ANSWERS, number).await? {
            let answer = parsed(&row, "evidence", "answer_sha256")?;
            if !self.is_needed(ANSWER_NEEDED, answer, number).await? {
                files.answers.push(answer);
            }
        }
        Ok(files)
    }

    /// Whether any row names a document in the document store.
    pub async fn names_document(&self, sha256: Sha256) -> Result<bool, StoreError> {
        let row = query(NAMED)
            .bind(sha256.to_string())
            .fetch_one(&self.scan)
            .await?;
        Ok(row.try_get::<i64>("named")? > 0)
    }

    async fn rows_of(
        &self,
        statement: &'static str,
        number: &PetitionNumber,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(query(statement)
            .bind(number.as_str())
            .fetch_all(&self.scan)
            .await?)
    }

    async fn is_needed(
        &self,
        statement: &'static str,
        sha256: Sha256,
        number: &PetitionNumber,
    ) -> Result<bool, StoreError> {
        let row = query(statement)
            .bind(sha256.to_string())
            .bind(number.as_str())
            .fetch_one(&self.scan)
            .await?;
        Ok(row.try_get::<i64>("needed")? > 0)
    }

    /// Makes a petition's row forget what its documents said. `Stale` when something may still happen to it.
    pub async fn erase_petition(&self, erasure: Erasure<'_>) -> Result<(), StoreError> {
        let number = erasure.number.as_str();
        let mut writing = self.begin().await?;
        let erased = query(ERASE)
            .bind(erasure.at.as_millisecond())
            .bind(number)
            .execute(&mut *writing)
            .await?;
        moved(erased)?;
        query(FORGET_EVIDENCE)
            .bind(number)
            .execute(&mut *writing)
            .await?;
        reasons::forget(&mut writing, erasure.number).await?;
        let facts = json!({
            "why": erasure.why,
            "documents": erasure.files.documents,
            "answers": erasure.files.answers,
        });
        let (at, actor) = (erasure.at, erasure.actor);
        audit::append(
            &mut writing,
            at,
            actor,
            number,
            Event::PetitionErased,
            &facts,
        )
        .await?;
        writing.commit().await
    }

    /// Decisions before `decided_before` whose documents are gone: what they said is forgotten too, some at a time. How
    /// many there were.
    pub async fn erase_reports(
        &self,
        decided_before: Timestamp,
        actor: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        // Before anybody has to wait for it.
        let rows = query(OLD_REPORTS)
            .bind(decided_before.as_millisecond())
            .bind(AT_A_TIME)
            .fetch_all(&self.scan)
            .await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let mut writing = self.begin().await?;
        let mut erased = 0;
        for row in &rows {
            let (number, sha256): (String, String) =
                (row.try_get("number")?, row.try_get("sha256")?);
            let done = query(ERASE_REPORT)
                .bind(number.as_str())
                .bind(sha256.as_str())
                .execute(&mut *writing)
                .await?;
            if done.rows_affected() > 0 {
                let (event, facts) = (Event::ReportErased, json!({ "sha256": sha256 }));
                audit::append(&mut writing, at, actor, &number, event, &facts).await?;
                erased += 1;
            }
        }
        writing.commit().await?;
        Ok(erased)
    }

    /// Deletes some of what people said before `said_before` beside their cases, but why an account stands still; how many.
    pub async fn erase_reasons(
        &self,
        said_before: Timestamp,
        actor: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.delete(reasons::OLD, said_before, (actor, Event::ReasonsErased), at)
            .await
    }

    /// Deletes some of what was sent, parked or withdrawn before `created_before`; how many messages.
    pub async fn erase_messages(
        &self,
        created_before: Timestamp,
        actor: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.delete(
            OLD_MESSAGES,
            created_before,
            (actor, Event::MessagesErased),
            at,
        )
        .await
    }

    /// Deletes some links that died before `expired_before`, but for those that denied something; how many.
    pub async fn erase_links(
        &self,
        expired_before: Timestamp,
        actor: &str,
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        self.delete(OLD_LINKS, expired_before, (actor, Event::LinksErased), at)
            .await
    }

    async fn delete(
        &self,
        statement: &'static str,
        before: Timestamp,
        (actor, event): (&str, Event),
        at: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut writing = self.begin().await?;
        let deleted = query(statement)
            .bind(before.as_millisecond())
            .bind(DELETED_AT_A_TIME)
            .execute(writing.aside())
            .await?
            .rows_affected();
        if deleted > 0 {
            let facts = json!({ "count": deleted, "before": before });
            audit::append(&mut writing, at, actor, "retention", event, &facts).await?;
        }
        writing.commit().await?;
        Ok(deleted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sql::AssertSqlSafe;
    use crate::store::tests::{at, databases};

    const MESSAGES: &str = "insert into outbox (id, kind, number, recipient, created_ms, due_ms, lease_until_ms, attempts, state) \
         select 'old' || i, 'reset_link', 'CLV', 'a@b.ec', 0, 0, 0, 1, case when i > 2500 then 'pending' else 'sent' end from n";
    const LINKS: &str = "insert into links (hash, kind, number, ruc, branch, created_ms, expires_ms) \
         select 'old' || i, 'reset', 'CLV', '2990001015001', '0001', 0, 0 from n";

    /// Whoever shortens a term must not make everybody else wait.
    #[tokio::test]
    async fn messages_and_links_are_deleted_some_at_a_time() {
        let databases = databases("deleting").await;
        for (engine, store) in &databases.stores {
            for insert in [MESSAGES, LINKS] {
                let many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 2510)";
                let statement = AssertSqlSafe(format!("{many} {insert}"));
                query(statement).execute(&store.write).await.unwrap();
            }
            let messages = async || store.erase_messages(at(0), "test", at(0)).await.unwrap();
            let links = async || store.erase_links(at(0), "test", at(0)).await.unwrap();
            let counts = [messages().await, messages().await, messages().await];
            assert_eq!(counts, [1000, 1000, 500], "{engine}");
            assert_eq!(messages().await, 0, "{engine}: what has yet to be sent");
            let counts = [links().await, links().await, links().await];
            assert_eq!(counts, [1000, 1000, 510], "{engine}");
            assert_eq!(links().await, 0, "{engine}");
        }
    }
}
