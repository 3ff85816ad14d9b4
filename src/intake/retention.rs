//! What is past its term goes: documents first, then what was said about them; digests and the audit log stay (LOPDP Art.
//! 10 i). Nothing that may still have an effect is touched, and doing it twice does no harm.

use jiff::{SignedDuration, Timestamp};

use super::{Intake, IntakeError};
use crate::domain::{PetitionNumber, Sha256};
use crate::store::{Erasure, Past, StoreError};

/// Who deletes by the calendar, in the audit log.
const ACTOR: &str = "retention";

/// How long each kind of datum is kept; `None` is for good. The defaults and their reasons are in `config/example.en.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// Forms that nobody signed, and files without a number and without a signature that holds, after their number has expired.
    pub unused: Option<SignedDuration>,
    /// Documents, attachments and evidence, after the last decision.
    pub documents: Option<SignedDuration>,
    /// What was decided and why, after the decision; never before its document. And what people said of other things that they did.
    pub reports: Option<SignedDuration>,
    /// Messages that are done with.
    pub messages: Option<SignedDuration>,
    /// Links that are dead.
    pub links: Option<SignedDuration>,
}

/// What went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retired {
    /// Petitions whose documents are gone.
    pub petitions: u64,
    /// Decisions whose words are gone.
    pub reports: u64,
    /// Reasons that people gave beside their cases.
    pub reasons: u64,
    /// Messages.
    pub messages: u64,
    /// Links.
    pub links: u64,
}

impl Intake {
    /// Deletes everything whose term has ended.
    pub async fn retire(&self, terms: &Terms) -> Result<Retired, IntakeError> {
        let now = self.now();
        let before =
            |term: Option<SignedDuration>| term.and_then(|term| now.checked_sub(term).ok());
        let mut retired = Retired::default();
        for (past, limit) in [
            (Past::Unused, before(terms.unused)),
            (Past::Ended, before(terms.documents)),
        ] {
            if let Some(limit) = limit {
                retired.petitions += self.retire_petitions(past, limit).await?;
            }
        }
        let store = self.store();
        if let Some(limit) = before(terms.reports) {
            retired.reports = until_none(|| store.erase_reports(limit, ACTOR, now)).await?;
            retired.reasons = until_none(|| store.erase_reasons(limit, ACTOR, now)).await?;
        }
        if let Some(limit) = before(terms.messages) {
            retired.messages = until_none(|| store.erase_messages(limit, ACTOR, now)).await?;
        }
        if let Some(limit) = before(terms.links) {
            retired.links = until_none(|| store.erase_links(limit, ACTOR, now)).await?;
        }
        if retired != Retired::default() {
            tracing::info!(?retired, "what was past its term was deleted");
        }
        Ok(retired)
    }

    async fn retire_petitions(&self, past: Past, limit: Timestamp) -> Result<u64, IntakeError> {
        let mut count = 0;
        loop {
            let numbers = self.store().petitions_past(past, limit).await?;
            if numbers.is_empty() {
                return Ok(count);
            }
            for number in &numbers {
                self.erase(number, ACTOR, "term").await?;
                count += 1;
            }
        }
    }

    /// Deletes the documents of a petition to which nothing can happen any more. Bytes first, rows after them: whoever is
    /// interrupted in between finds the petition again.
    pub async fn erase(
        &self,
        number: &PetitionNumber,
        actor: &str,
        why: &str,
    ) -> Result<(), IntakeError> {
        let files = self.store().files_of(number).await?;
        let all: Vec<Sha256> = [files.documents.as_slice(), &files.answers].concat();
        for sha256 in all {
            self.inner.documents.discard(sha256).await?;
        }
        let erasure = Erasure {
            number,
            files: &files,
            actor,
            why,
            at: self.now(),
        };
        match self.store().erase_petition(erasure).await {
            // Another instance was quicker.
            Err(StoreError::Stale) => Ok(()),
            done => Ok(done?),
        }
    }
}

/// Goes on until nothing is left; how many there were. Between some and the next ones whoever else writes has their turn.
async fn until_none<F>(some: impl Fn() -> F) -> Result<u64, StoreError>
where
    F: Future<Output = Result<u64, StoreError>>,
{
    let mut all = 0;
    loop {
        match some().await? {
            0 => return Ok(all),
            count => all += count,
        }
    }
}
