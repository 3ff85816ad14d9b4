//! The queue: documents that wait for their decision.

use jiff::Timestamp;
use serde_json::json;

use super::leases::{Queue, claim};
use super::sql::{Row, query};
use super::{Held, Store, StoreError, Writing, audit, moment, parsed};
use crate::domain::{Event, PetitionNumber, Sha256};

const KEEP_JOB: &str = "insert into jobs (number, sha256, due_ms, lease_until_ms, attempts) values ($1, $2, $3, 0, 0) \
                        on conflict (number, sha256) do nothing";
pub(super) const JOBS: Queue = Queue {
    claim: claim!(
        "update jobs set lease_until_ms = $1, attempts = attempts + 1 where (number, sha256) = \
         (select number, sha256 from jobs where due_ms <= $2 and lease_until_ms <= $3 order by due_ms, number limit 1",
        ") returning number, sha256, attempts, asked"
    ),
    renew: "update jobs set lease_until_ms = $1 where lease_until_ms = $2 and number = $3 and sha256 = $4",
};
const RELEASE_JOBS: &str = "update jobs set lease_until_ms = 0 where lease_until_ms > 0";
const DROP_JOB: &str = "delete from jobs where number = $1 and sha256 = $2";
const DELAY_JOB: &str = "update jobs set due_ms = $1, lease_until_ms = 0, attempts = attempts - $2 \
                         where number = $3 and sha256 = $4 and lease_until_ms = $5";
const POSTPONE_JOB: &str = "update jobs set due_ms = $1, lease_until_ms = 0, attempts = 0, asked = asked + 1 \
                            where number = $2 and sha256 = $3 and lease_until_ms = $4";
const WAITING: &str =
    "select due_ms, asked from jobs where number = $1 and sha256 = $2 and asked > 0";
const DUE_JOBS: &str =
    "select count(*) as waiting from (select 1 as one from jobs where due_ms <= $1 limit $2) due";
const CHECKED: &str = "select sha256 from jobs where number = $1 order by due_ms limit 1";
const WAITING_JOBS: &str = "select count(*) as waiting from jobs";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    KEEP_JOB,
    JOBS.renew,
    RELEASE_JOBS,
    DROP_JOB,
    DELAY_JOB,
    POSTPONE_JOB,
    WAITING,
    DUE_JOBS,
    CHECKED,
    WAITING_JOBS,
];

/// A document that waits for its decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The number it was received under.
    pub number: PetitionNumber,
    /// The document.
    pub sha256: Sha256,
    /// How often deciding has begun.
    pub attempts: i64,
    /// How often revocation has been asked for in vain.
    pub asked: i64,
}

/// Whether an attempt that failed counts as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptCounts {
    /// It may be the document's fault.
    Yes,
    /// Something else was out of order: a database or a document store that did not answer.
    No,
}

/// A document whose decision waits for an answer about revocation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// How often it has been asked for in vain.
    pub asked: i64,
    /// When it is asked for again.
    pub next_at: Timestamp,
}

pub(super) async fn keep_job(
    writing: &mut Writing,
    number: &PetitionNumber,
    sha256: Sha256,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(KEEP_JOB)
        .bind(number.as_str())
        .bind(sha256.to_string())
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    let facts = json!({ "sha256": sha256.to_string() });
    audit::append(
        writing,
        at,
        "service",
        number.as_str(),
        Event::DocumentReceived,
        &facts,
    )
    .await
}

/// Takes a document out of the queue. Whether it was in it.
pub(super) async fn drop_job(
    writing: &mut Writing,
    number: &PetitionNumber,
    sha256: Sha256,
) -> Result<bool, StoreError> {
    let dropped = query(DROP_JOB)
        .bind(number.as_str())
        .bind(sha256.to_string())
        .execute(&mut **writing)
        .await?;
    Ok(dropped.rows_affected() > 0)
}

/// Gives back every document that a dead process had taken.
pub(super) async fn release_jobs(writing: &mut Writing) -> Result<(), StoreError> {
    query(RELEASE_JOBS).execute(&mut **writing).await?;
    Ok(())
}

impl Store {
    /// Takes the next document that waits, for as long as the lease lasts.
    pub async fn claim_job(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Held<Job>>, StoreError> {
        let read = |row: &Row| {
            let job = Job {
                number: parsed(row, "jobs", "number")?,
                sha256: parsed(row, "jobs", "sha256")?,
                attempts: row.try_get("attempts")?,
                asked: row.try_get("asked")?,
            };
            let key = vec![job.number.to_string(), job.sha256.to_string()];
            Ok((job, key))
        };
        self.claim(&JOBS, now, lease_until, read).await
    }

    /// Deciding failed for a reason of ours: again at `due_at`. An attempt that says nothing about the document does not
    /// count.
    pub async fn delay_job(
        &self,
        job: &Held<Job>,
        attempt: AttemptCounts,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        let taken_back: i64 = match attempt {
            AttemptCounts::Yes => 0,
            AttemptCounts::No => 1,
        };
        query(DELAY_JOB)
            .bind(due_at.as_millisecond())
            .bind(taken_back)
            .bind(job.number.as_str())
            .bind(job.sha256.to_string())
            .bind(job.token())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Nobody answered about revocation: asked again at `due_at`. The petition stays where it is, and the log says so.
    pub async fn postpone_job(
        &self,
        job: &Held<Job>,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let postponed = query(POSTPONE_JOB)
            .bind(due_at.as_millisecond())
            .bind(job.number.as_str())
            .bind(job.sha256.to_string())
            .bind(job.token())
            .execute(&mut *writing)
            .await?;
        // Another worker took it meanwhile, or has decided it: there is nothing left to postpone.
        if postponed.rows_affected() == 1 {
            let facts = json!({
                "sha256": job.sha256.to_string(),
                "asked": job.asked + 1,
                "again_ms": due_at.as_millisecond(),
            });
            audit::append(
                &mut writing,
                now,
                "machine",
                job.number.as_str(),
                Event::RevocationUnanswered,
                &facts,
            )
            .await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// Whether the decision about a document waits for an answer about revocation.
    pub async fn waiting(
        &self,
        number: &PetitionNumber,
        sha256: Sha256,
    ) -> Result<Option<Waiting>, StoreError> {
        let row = query(WAITING)
            .bind(number.as_str())
            .bind(sha256.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| {
            Ok(Waiting {
                asked: row.try_get("asked")?,
                next_at: moment(&row, "jobs", "due_ms")?,
            })
        })
        .transpose()
    }

    /// A document under this number that waits for its decision, the next one first.
    pub async fn document_checked(
        &self,
        number: &PetitionNumber,
    ) -> Result<Option<Sha256>, StoreError> {
        let row = query(CHECKED)
            .bind(number.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| parsed(&row, "jobs", "sha256")).transpose()
    }

    /// How many documents wait that could be decided now; counted no further than to `most`.
    pub async fn count_due_jobs(&self, now: Timestamp, most: i64) -> Result<i64, StoreError> {
        Ok(query(DUE_JOBS)
            .bind(now.as_millisecond())
            .bind(most)
            .fetch_one(&self.read)
            .await?
            .try_get("waiting")?)
    }

    /// How many documents wait.
    pub async fn count_jobs(&self) -> Result<i64, StoreError> {
        Ok(query(WAITING_JOBS)
            .fetch_one(&self.scan)
            .await?
            .try_get("waiting")?)
    }
}
