//! A person decides (PRODUCT §3.1 «Reviewer», S28–S31, S39): the queue, one case with all that is known about it, what may be
//! done with it, and the counter. The machine's rules stay in force: what failed can't be approved by anybody, what is
//! delicate needs two persons, and an approval has the very effects of the machine's.

mod comparing;
mod counter;
mod deciding;
mod looking;
mod outcome;
mod rules;

use jiff::{SignedDuration, Timestamp};

pub use comparing::{Comparison, Objected};
pub use counter::{CounterLink, NewVisit};
pub use deciding::{Deciding, NewAppointment};
pub(super) use looking::asked_by_document;
pub use looking::{CaseView, Clock as CaseClock};
pub use outcome::CameTo;
pub use rules::{answers, to_refuse};

use super::effects::told;
use super::{Intake, IntakeError};
use crate::decision::Decision;
pub use crate::domain::Officer;
use crate::domain::{
    Barrier, CaseAct, MemberRole, PetitionContent, PetitionNumber, State, Token, calendar,
};
use crate::store::{
    ActRow, CaseError, CaseRow, Message, MessageKind, PetitionRow, QueueFilter, QueuePlace,
    QueueSlice, StoreError,
};

/// What the operator decides about cases; every number has its default here and in `config/sections.rs`.
#[derive(Debug, Clone)]
pub struct ReviewSettings {
    /// How long a case is somebody's without a sign of life.
    pub lease: SignedDuration,
    /// How many of a thousand cases that one person could decide are looked at by a second one.
    pub second_look_per_mille: u32,
    /// Working days that a company has to complete (COA Art. 140).
    pub completion_days: u32,
    /// Working days within which a refusal can be appealed.
    pub appeal_days: u32,
}

impl Default for ReviewSettings {
    fn default() -> Self {
        Self {
            lease: SignedDuration::from_mins(10),
            second_look_per_mille: 50,
            completion_days: 10,
            appeal_days: 10,
        }
    }
}

/// Cases on one page of the queue.
pub const PAGE: i64 = 50;
/// Characters of a note or an appeal.
pub const NOTE_LENGTH: usize = 1000;
/// Candidates that are looked at together for whoever wants the next case.
const CANDIDATES: i64 = 25;
/// How often the next ones are asked for: with so many people at once, somebody is always a moment quicker.
const NEXT_TRIES: usize = 40;
/// Appeals under one number: each keeps everybody who has decided out of the next one.
const MOST_APPEALS: usize = 3;

/// Why something was not done with a case.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// What the store says.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Nobody may approve this.
    #[error("barred: {0:?}")]
    Barred(Vec<Barrier>),
    /// An auditor reads and changes nothing.
    #[error("an auditor changes nothing")]
    ReadsOnly,
    /// The reason is not one for this act, or the note is too long.
    #[error("not a reason for this")]
    Reason,
    /// What the company asks must be read by the person, or the appointment's dates make no sense.
    #[error("what was read is missing or wrong")]
    Reading,
    /// The registry speaks against it.
    #[error("the registry speaks against it: {1:?}")]
    Objected(Box<Comparison>, Objected),
    /// An appeal that says nothing.
    #[error("an appeal without a word")]
    Wordless,
    /// A refusal that can't be appealed any more.
    #[error("no appeal")]
    NoAppeal,
    /// Everything else.
    #[error(transparent)]
    Intake(#[from] IntakeError),
}

impl From<StoreError> for ReviewError {
    fn from(error: StoreError) -> Self {
        Self::Case(error.into())
    }
}

/// A page of the queue.
#[derive(Debug)]
pub struct QueuePage {
    /// The cases, in the order of the queue.
    pub cases: Vec<CaseRow>,
    /// How many the filter finds on all pages.
    pub count: i64,
    /// Whether there are some before these.
    pub before: Option<QueuePlace>,
    /// Whether there are some behind them.
    pub after: Option<QueuePlace>,
}

impl Intake {
    /// A page of the queue, with the count that fits it.
    pub async fn queue(
        &self,
        filter: &QueueFilter,
        page: &QueueSlice,
    ) -> Result<QueuePage, ReviewError> {
        let store = self.store();
        // One more than is shown tells whether there is another page.
        let mut cases = store.queue(filter, page, PAGE + 1).await?;
        let full = i64::try_from(cases.len()).is_ok_and(|count| count > PAGE);
        let backwards = matches!(page, QueueSlice::Before(_));
        if full && backwards {
            cases.remove(0);
        } else if full {
            cases.pop();
        }
        let first = cases.first().map(CaseRow::place);
        let last = cases.last().map(CaseRow::place);
        let (more_before, more_after) = match page {
            QueueSlice::First => (false, full),
            QueueSlice::After(_) => (true, full),
            QueueSlice::Before(_) => (full, true),
        };
        Ok(QueuePage {
            count: store.count_queue(filter).await?,
            before: first.filter(|_| more_before),
            after: last.filter(|_| more_after),
            cases,
        })
    }

    /// What this person works on now.
    pub async fn held_cases(&self, officer: &Officer) -> Result<Vec<CaseRow>, ReviewError> {
        let user = officer.member.user.as_str();
        Ok(self.store().cases_held(user, self.now()).await?)
    }

    /// Takes a case, or goes on with it.
    pub async fn claim(
        &self,
        number: &PetitionNumber,
        officer: &Officer,
    ) -> Result<CaseRow, ReviewError> {
        check_decides(officer)?;
        let now = self.now();
        let acting = officer.acting();
        if self.is_tied(number, officer, None).await? {
            self.store().bar_tied(number, &acting, now).await?;
            return Err(CaseError::Tied.into());
        }
        let until = now + self.settings().review.lease;
        Ok(self.store().claim_case(number, &acting, now, until).await?)
    }

    /// Takes the next case behind a place, or the first one; `None` when there is none that this person could take.
    pub async fn claim_next(
        &self,
        officer: &Officer,
        after: Option<&QueuePlace>,
    ) -> Result<Option<CaseRow>, ReviewError> {
        check_decides(officer)?;
        let acting = officer.acting();
        for _ in 0..NEXT_TRIES {
            let now = self.now();
            let candidates = self
                .store()
                .candidates(&acting, after, now, CANDIDATES)
                .await?;
            if candidates.is_empty() {
                return Ok(None);
            }
            for number in candidates {
                match self.claim(&number, officer).await {
                    Ok(case) => return Ok(Some(case)),
                    // Somebody was quicker, or this one is not for them: the next one.
                    // Whoever has to know is told, and it keeps nobody from the next one.
                    Err(ReviewError::Case(CaseError::Store(
                        error @ StoreError::Inconsistent { .. },
                    ))) => {
                        tracing::error!(petition = %number, %error, "a case can't be read: nobody is given it");
                    }
                    Err(ReviewError::Case(CaseError::Store(error))) => return Err(error.into()),
                    Err(ReviewError::Case(_)) => {}
                    Err(other) => return Err(other),
                }
            }
        }
        Ok(None)
    }

    /// A sign of life of whoever looks at a case; whether it is still theirs.
    pub async fn renew(
        &self,
        number: &PetitionNumber,
        officer: &Officer,
    ) -> Result<bool, ReviewError> {
        let now = self.now();
        let until = now + self.settings().review.lease;
        let acting = officer.acting();
        Ok(self.store().renew_case(number, &acting, now, until).await?)
    }

    /// A sign of life of whoever works on a case, their lease lapsed or not: as long as nobody else took it and it waits in the very
    /// `round` that they look at, it is taken for them again, by the rules of taking a case. Whether it is theirs.
    pub async fn go_on(
        &self,
        number: &PetitionNumber,
        round: i64,
        officer: &Officer,
    ) -> Result<bool, ReviewError> {
        if self.renew(number, officer).await? {
            return Ok(true);
        }
        // Whoever acts in a case, gives it back or is sent something new holds it no longer: a holder without a lease is one who was
        // still too long.
        let user = officer.member.user.as_str();
        let case = self.store().case(number).await?.filter(|case| {
            case.phase.waits() && case.round == round && case.holder.as_deref() == Some(user)
        });
        if case.is_none() {
            return Ok(false);
        }
        match self.claim(number, officer).await {
            Ok(_) => Ok(true),
            Err(ReviewError::Case(CaseError::Store(error))) => Err(error.into()),
            Err(ReviewError::Case(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Whether a person must keep out of a case: the employer is theirs in one way or another, the one that they `read`
    /// included, or the document bears their own signature (PRODUCT S29).
    async fn is_tied(
        &self,
        number: &PetitionNumber,
        officer: &Officer,
        read: Option<&PetitionContent>,
    ) -> Result<bool, ReviewError> {
        let Some(petition) = self.store().petition(number).await? else {
            return Ok(false);
        };
        if self.is_signer(&petition, officer).await? {
            return Ok(true);
        }
        for content in petition.content.as_ref().into_iter().chain(read) {
            let record = self.store().employer(&content.ruc, &content.branch).await?;
            let people = record
                .map(|record| record.employer.representatives)
                .unwrap_or_default();
            if officer.member.is_tied_to(&content.ruc, &people) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether somebody signed the document themselves. Where that can't be read nobody may go on.
    async fn is_signer(
        &self,
        petition: &PetitionRow,
        officer: &Officer,
    ) -> Result<bool, ReviewError> {
        let Some(own) = &officer.member.document else {
            return Ok(false);
        };
        let said = self.store().said_about(petition).await?;
        let signer = said.and_then(|said| said.signer?.document);
        Ok(signer.as_ref() == Some(own))
    }

    /// Archives what companies did not complete in time; how many petitions. One that can't be read keeps no other from it.
    pub async fn archive_lapsed(&self) -> Result<usize, IntakeError> {
        let (store, now) = (self.store(), self.now());
        let (mut archived, mut last) = (0, None);
        while let Some(lapsed) = store.next_lapsed(now, last.as_ref()).await? {
            let number = &lapsed.number;
            match self.archive(number, now).await {
                Ok(true) => {
                    tracing::info!(petition = %number, "archived: what was asked for did not come");
                    archived += 1;
                }
                // The company was a moment quicker, and it has not lapsed any more.
                Ok(false) => {}
                Err(error @ IntakeError::Unavailable(_)) => return Err(error),
                Err(error) => {
                    tracing::error!(petition = %number, %error, "a petition past its term can't be archived");
                }
            }
            last = Some(lapsed);
        }
        Ok(archived)
    }

    /// Archives a petition; whether it was still waiting for its company.
    async fn archive(&self, number: &PetitionNumber, now: Timestamp) -> Result<bool, IntakeError> {
        let messages = self.archived_notices(number).await?;
        match self.store().archive(number, &messages, now).await {
            Err(StoreError::Stale) => Ok(false),
            other => Ok(other.map(|()| true)?),
        }
    }

    /// The end of a term that a company has.
    fn term_ends(&self, from: Timestamp, working_days: u32) -> Timestamp {
        calendar::term_ends(from, working_days, &self.settings().deadlines.holidays)
    }

    /// What is sent when a petition is archived.
    async fn archived_notices(&self, number: &PetitionNumber) -> Result<Vec<Message>, IntakeError> {
        let store = self.store();
        let petition = store.petition(number).await?;
        let petition = petition.ok_or(IntakeError::NotFound)?;
        let decision = store.said_about(&petition).await?;
        let asked = decision.as_ref().and_then(asked_by_document);
        let record = match &petition.content {
            Some(content) => store.employer(&content.ruc, &content.branch).await?,
            None => None,
        };
        let (kind, at) = (MessageKind::PetitionArchived, self.now());
        Ok(told(kind, number, asked, record.as_ref(), 1, at))
    }

    /// Until when a refusal can be appealed by the company; `None` when it can't, or not any more.
    pub(super) async fn appeal_until(
        &self,
        petition: &crate::store::PetitionRow,
    ) -> Result<Option<Timestamp>, IntakeError> {
        let (State::Refused, Some(decided_at)) = (petition.state, petition.decided_at) else {
            return Ok(None);
        };
        let until = self.term_ends(decided_at, self.settings().review.appeal_days);
        let last_word = self.is_appeal_refused(&petition.number, decided_at).await?;
        let acts = self.store().case_acts(&petition.number).await?;
        let appeals = acts.iter().filter(|act| act.act == CaseAct::Appeal).count();
        let open = self.now() <= until && !last_word && appeals < MOST_APPEALS;
        Ok(open.then_some(until))
    }

    /// Whether the refusal of `decided_at` is the answer to an appeal: each refusal is looked at again once, and what is refused
    /// later, another document perhaps, is another one.
    async fn is_appeal_refused(
        &self,
        number: &PetitionNumber,
        decided_at: Timestamp,
    ) -> Result<bool, IntakeError> {
        let Some(case) = self.store().case(number).await? else {
            return Ok(false);
        };
        let mut acts = self.store().case_acts(number).await?;
        acts.retain(|act| act.round == case.round);
        let answer = |act: &ActRow| act.act == CaseAct::Refuse && act.at == decided_at;
        Ok(is_appealed(&acts, case.round) && acts.iter().any(answer))
    }

    /// The company appeals: another person looks at the refusal.
    ///
    /// # Errors
    /// [`ReviewError::NoAppeal`] when it was not refused, too late, or appealed before.
    pub async fn appeal(
        &self,
        number: &PetitionNumber,
        secret: &Token,
        words: &str,
    ) -> Result<(), ReviewError> {
        let petition = self
            .followed_with_secret(number, secret)
            .await?
            .ok_or(IntakeError::NotFound)?;
        if self.appeal_until(&petition).await?.is_none() {
            return Err(ReviewError::NoAppeal);
        }
        let words = checked_note(words)?;
        // Somebody else is to look at what was overlooked: that has to be said.
        if words.is_empty() {
            return Err(ReviewError::Wordless);
        }
        let said = self.store().said_about(&petition).await?;
        let reason = said.as_ref().map_or("", Decision::leading_code);
        match self
            .store()
            .appeal(&petition, reason, words, self.now())
            .await
        {
            Err(StoreError::Stale) => Err(ReviewError::NoAppeal),
            other => Ok(other?),
        }
    }
}

/// Whether a round of a case was opened by an appeal.
fn is_appealed(acts: &[ActRow], round: i64) -> bool {
    acts.iter()
        .any(|act| act.round == round && act.act == CaseAct::Appeal)
}

/// Auditors look on.
fn check_decides(officer: &Officer) -> Result<(), ReviewError> {
    match officer.member.role {
        MemberRole::Reviewer | MemberRole::Supervisor => Ok(()),
        MemberRole::Auditor => Err(ReviewError::ReadsOnly),
    }
}

/// What somebody wrote, trimmed and not too long.
fn checked_note(words: &str) -> Result<&str, ReviewError> {
    let words = words.trim();
    if words.chars().count() <= NOTE_LENGTH {
        Ok(words)
    } else {
        Err(ReviewError::Reason)
    }
}
