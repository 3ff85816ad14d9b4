//! Cases: the queue of what waits for a person, who works on what, and who has decided what. A petition in review is a case
//! by construction: [`follow`] is called by the one function that moves petitions.
//!
//! A case is held by a lease that its holder's activity renews; once it has lapsed the case is anybody's again. Every act
//! begins by locking the row through its lease, so that of two persons one wins and the other one is told.

mod acts;
mod counter;
mod history;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use acts::{ActRow, Asked, Lapsed, NewAct, ReadByPerson, Seen, Settled, Settlement, Vote};
pub use counter::{CounterCase, Scan, Tick};
pub use history::Earlier;

use super::people::is_in;
use super::sql::{self, Row, query};
use super::{PetitionRow, Store, StoreError, Writing, audit, maybe_moment, moment, parsed};
use crate::domain::{Acting, Action, CaseKind, Event, MemberRole, PetitionNumber, Phase, State};

macro_rules! case_columns {
    () => {
        "number, kind, phase, round, reason, action, opened_ms, rank, second_look, holder, lease_until_ms, due_ms"
    };
}
macro_rules! wanted {
    () => {
        "waits = $1 and (cast($2 as text) is null or phase = $2) and (cast($3 as text) is null or reason = $3) \
         and (cast($4 as text) is null or action = $4) and rank < $5 and opened_ms <= $6"
    };
}

const OPEN: &str = "insert into cases (number, kind, phase, waits, round, reason, action, opened_ms, rank, second_look, \
                    lease_until_ms) values ($1, $2, 'first', 1, 1, $3, $4, $5, $6, 0, 0) \
                    on conflict (number) do update set \
                    kind = case when cases.kind = 'appeal' then cases.kind else excluded.kind end, phase = 'first', waits = 1, \
                    round = cases.round + 1, reason = case when excluded.reason = '' then cases.reason else excluded.reason end, \
                    action = excluded.action, opened_ms = excluded.opened_ms, rank = excluded.rank, second_look = 0, \
                    holder = null, lease_until_ms = 0, due_ms = null";
const PETITION: &str = "select p.action, a.since_ms from petitions p left join arrears a on a.ruc = p.ruc where p.number = $1";
const CLOSE: &str = "update cases set phase = $1, waits = 0, holder = null, lease_until_ms = 0, due_ms = $2 where number = $3";
const PAUSE: &str = "update cases set phase = $1, waits = 0, due_ms = null where number = $2";
const SET_PHASE: &str = "update cases set phase = $1 where number = $2";
const ASKED: &str =
    "select due_ms from cases where number = $1 and phase = 'closed' and due_ms is not null";
const STANDING: &str = "select c.round, c.second_look, c.opened_ms, c.holder, c.lease_until_ms, \
                        count(case when a.act in ('approve', 'refuse') then 1 end) as votes, \
                        count(distinct case when a.act in ('approve', 'refuse') then a.act end) as verdicts, \
                        count(case when a.act = 'escalate' then 1 end) as escalated \
                        from cases c left join case_acts a on a.number = c.number and a.round = c.round \
                        where c.number = $1 \
                        group by c.round, c.second_look, c.opened_ms, c.holder, c.lease_until_ms";
const RESTORE: &str = "update cases set rank = rank - opened_ms + $1, opened_ms = $1, round = $2, phase = $3, second_look = $4, \
                       holder = $5, lease_until_ms = $6 where number = $7";
const SET_REASON: &str = "update cases set reason = $1, action = $2 where number = $3";
const CASE: &str = concat!("select ", case_columns!(), " from cases where number = $1");
const QUEUE: &str = concat!(
    "select ",
    case_columns!(),
    " from cases where ",
    wanted!(),
    " and (rank, number) > ($7, $8) order by rank, number limit $9"
);
const QUEUE_BACK: &str = concat!(
    "select ",
    case_columns!(),
    " from cases where ",
    wanted!(),
    " and (rank, number) < ($7, $8) order by rank desc, number desc limit $9"
);
const COUNT: &str = concat!("select count(*) as cases from cases where ", wanted!());
const HELD: &str = concat!(
    "select ",
    case_columns!(),
    " from cases where waits = 1 and holder = $1 and lease_until_ms > $2 order by rank, number"
);
const CANDIDATES: &str = "select c.number from cases c where c.waits = 1 and (c.rank, c.number) > ($1, $2) \
     and c.lease_until_ms <= $3 and (c.phase <> 'supervisor' or $4 = 1) \
     and not exists (select 1 from case_acts a where a.number = c.number and a.round = c.round and a.member = $5 \
     and a.act in ('approve', 'refuse', 'escalate')) \
     and not exists (select 1 from case_barred b where b.number = c.number and b.member = $5) \
     order by c.rank, c.number limit $6";
const CLAIM: &str = "update cases set holder = $1, lease_until_ms = $2 where number = $3 and waits = 1 \
                     and (holder is null or holder = $1 or lease_until_ms <= $4)";
const RENEW: &str = "update cases set lease_until_ms = $1 where number = $2 and holder = $3 and waits = 1 \
                     and lease_until_ms > $4";
const RELEASE: &str =
    "update cases set holder = null, lease_until_ms = 0 where number = $1 and holder = $2";
const HAS_ACTED: &str = "select act from case_acts where number = $1 and round = $2 and member = $3 \
                         and act in ('approve', 'refuse', 'escalate')";
const BARRED: &str = "select why from case_barred where number = $1 and member = $2";
const BAR: &str = "insert into case_barred (number, member, why) values ($1, $2, $3) on conflict (number, member) do nothing";
const BLIND: &str =
    "select number, round from cases where waits = 1 and phase in ('second', 'supervisor')";
#[cfg(test)]
const OWN_STATEMENTS: &[&str] = &[
    OPEN, PETITION, CLOSE, PAUSE, SET_PHASE, ASKED, STANDING, RESTORE, SET_REASON, CASE, QUEUE,
    QUEUE_BACK, COUNT, HELD, CANDIDATES, CLAIM, RENEW, RELEASE, HAS_ACTED, BARRED, BAR, BLIND,
];

/// Every statement about cases.
#[cfg(test)]
pub(super) fn statements() -> Vec<&'static str> {
    [
        OWN_STATEMENTS,
        acts::STATEMENTS,
        counter::STATEMENTS,
        history::STATEMENTS,
    ]
    .concat()
}

/// Urgent cases stand before all others, the oldest first: their rank is this much less. A hundred years.
pub(super) const URGENT: i64 = 3_155_760_000_000;

/// A case as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The petition.
    pub number: PetitionNumber,
    /// How it came about.
    pub kind: CaseKind,
    /// Whom it waits for.
    pub phase: Phase,
    /// How often it has come into review.
    pub round: i64,
    /// The decisive reason of the machine: a reason code, or empty.
    pub reason: String,
    /// What is asked, when it is known.
    pub action: Option<Action>,
    /// Since when it is in review.
    pub opened_at: Timestamp,
    /// Whether it goes before the others.
    pub urgent: bool,
    /// Chance wants a second person.
    pub second_look: bool,
    /// Who took it last; the lease says whether that still counts.
    pub holder: Option<String>,
    /// Until when it is the holder's.
    pub lease_until: Timestamp,
    /// Until when the company may complete.
    pub due_at: Option<Timestamp>,
    rank: i64,
}

impl CaseRow {
    /// Who works on it now.
    #[must_use]
    pub fn held_by(&self, now: Timestamp) -> Option<&str> {
        self.holder.as_deref().filter(|_| self.lease_until > now)
    }

    /// A petition that no person had to look at, as if it were a case that is closed: to be read, not to be decided.
    #[must_use]
    pub fn of_no_case(petition: &PetitionRow) -> Self {
        Self {
            number: petition.number.clone(),
            kind: CaseKind::Petition,
            phase: Phase::Closed,
            round: 0,
            reason: String::new(),
            action: petition.content.as_ref().map(|content| content.action),
            opened_at: petition.decided_at.unwrap_or(petition.issued_at),
            urgent: false,
            second_look: false,
            holder: None,
            lease_until: Timestamp::UNIX_EPOCH,
            due_at: None,
            rank: 0,
        }
    }

    /// Whether no person has had to look at it.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.round == 0
    }

    /// Where it stands in the queue: what a page after or before it begins with.
    #[must_use]
    pub fn place(&self) -> QueuePlace {
        QueuePlace {
            rank: self.rank,
            number: self.number.as_str().to_owned(),
        }
    }
}

/// A place in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuePlace {
    rank: i64,
    number: String,
}

impl std::fmt::Display for QueuePlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.rank, self.number)
    }
}

impl std::str::FromStr for QueuePlace {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rank, number) = text.split_once('_').unwrap_or((text, ""));
        Ok(Self {
            rank: rank.parse()?,
            number: number.to_owned(),
        })
    }
}

/// Which cases are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// Only those in this phase; `None` is every case that somebody of the back office must act on.
    pub phase: Option<Phase>,
    /// Only those with this decisive reason.
    pub reason: Option<String>,
    /// Only those that ask for this.
    pub action: Option<Action>,
    /// Only urgent ones.
    pub urgent: bool,
    /// Only those in review since then or longer.
    pub opened_before: Option<Timestamp>,
}

/// Which page of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueSlice {
    /// The first one.
    First,
    /// Behind this place.
    After(QueuePlace),
    /// Before this place.
    Before(QueuePlace),
}

/// Why somebody can't do something with a case.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// Somebody else works on it, until then unless they go on.
    #[error("held by {by}")]
    Held {
        /// User name.
        by: String,
        /// End of the lease.
        until: Timestamp,
    },
    /// It is not held by whoever acts: the lease has lapsed, somebody else took it, or the company sent something new.
    #[error("not held any more")]
    Lost,
    /// There is no such case, or it waits for nobody of the back office.
    #[error("not waiting")]
    NotWaiting,
    /// Whoever decided once must not be the second person, nor look at the appeal.
    #[error("has decided already")]
    SamePerson,
    /// Tied to the employer.
    #[error("tied to the employer")]
    Tied,
    /// Only a supervisor may.
    #[error("for a supervisor")]
    ForSupervisor,
    /// Whoever acts was shown out meanwhile: the session has ended, or the member was disabled.
    #[error("shown out")]
    ShownOut,
    /// What a vote rests on has changed since it was looked at.
    #[error("changed since it was looked at")]
    Changed,
    /// A signature value has had its effect elsewhere.
    #[error("already used")]
    AlreadyUsed,
    /// At the counter: there is no scan of this document yet.
    #[error("no scan of it")]
    ScanMissing,
    /// At the counter: the very same file was scanned already.
    #[error("the same file twice")]
    ScanTwice,
    /// At the counter: whoever approves has not seen all five documents.
    #[error("not all five were seen")]
    TicksMissing,
    /// An import of the registry is running; the appointment can be registered when it is done.
    #[error("the registry is busy")]
    RegistryBusy,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sql::Error> for CaseError {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Why somebody is kept out of a case, as stored.
pub(super) const DECIDED_BEFORE: &str = "decided_before";
const TIED: &str = "tied";

fn case(row: &Row) -> Result<CaseRow, StoreError> {
    const TABLE: &str = "cases";
    let action: String = row.try_get("action")?;
    let rank: i64 = row.try_get("rank")?;
    Ok(CaseRow {
        number: parsed(row, TABLE, "number")?,
        kind: parsed(row, TABLE, "kind")?,
        phase: parsed(row, TABLE, "phase")?,
        round: row.try_get("round")?,
        reason: row.try_get("reason")?,
        action: action.parse().ok(),
        opened_at: moment(row, TABLE, "opened_ms")?,
        urgent: rank < 0,
        second_look: row.try_get::<i64>("second_look")? != 0,
        holder: row.try_get("holder")?,
        lease_until: moment(row, TABLE, "lease_until_ms")?,
        due_at: maybe_moment(row, TABLE, "due_ms")?,
        rank,
    })
}

/// Keeps the case of a petition in step with the petition's state.
pub(super) async fn follow(
    writing: &mut Writing,
    number: &PetitionNumber,
    from: State,
    to: State,
    at: Timestamp,
) -> Result<(), StoreError> {
    match (from, to) {
        (_, State::InReview) => open(writing, number, at).await,
        // While what came is being checked, what was asked for stands with its term: it may be something else.
        (State::AwaitingCompletion, State::Received) => {
            set_phase(writing, number, Phase::Closed).await
        }
        (State::Received, State::AwaitingCompletion) => {
            set_phase(writing, number, Phase::Completion).await
        }
        (State::InReview, State::AwaitingCompletion) => Ok(()),
        // Should what waits go on waiting, then in the same hands.
        (State::InReview, State::Received) => {
            query(PAUSE)
                .bind(Phase::Closed.as_str())
                .bind(number.as_str())
                .execute(&mut **writing)
                .await?;
            Ok(())
        }
        (State::InReview | State::AwaitingCompletion, _) => {
            close(writing, number, Phase::Closed, None).await
        }
        _ => Ok(()),
    }
}

async fn set_phase(
    writing: &mut Writing,
    number: &PetitionNumber,
    phase: Phase,
) -> Result<(), StoreError> {
    query(SET_PHASE)
        .bind(phase.as_str())
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Whether the document of a petition that is being checked may be what the company was asked for.
pub(super) async fn is_asked(
    writing: &mut Writing,
    number: &PetitionNumber,
) -> Result<bool, StoreError> {
    let row = query(ASKED)
        .bind(number.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    Ok(row.is_some())
}

/// Where a case stands among people: its round, who has voted in it, its place in the queue, and who works on it.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    round: i64,
    phase: Phase,
    second_look: i64,
    opened_ms: i64,
    holder: Option<String>,
    lease_until_ms: i64,
}

/// Where the case of a petition stands, or stood when it was closed last.
pub(super) async fn standing(
    writing: &mut Writing,
    number: &PetitionNumber,
) -> Result<Option<Standing>, StoreError> {
    let row = query(STANDING)
        .bind(number.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let (votes, verdicts): (i64, i64) = (row.try_get("votes")?, row.try_get("verdicts")?);
    let phase = match (row.try_get::<i64>("escalated")?, verdicts, votes) {
        (1.., ..) | (_, 2.., _) => Phase::Supervisor,
        (_, _, 1..) => Phase::Second,
        _ => Phase::First,
    };
    Ok(Some(Standing {
        round: row.try_get("round")?,
        phase,
        second_look: row.try_get("second_look")?,
        opened_ms: row.try_get("opened_ms")?,
        holder: row.try_get("holder")?,
        lease_until_ms: row.try_get("lease_until_ms")?,
    }))
}

/// Gives a case that was opened again back what it was: nobody has to vote once more about what has not changed.
pub(super) async fn restore(
    writing: &mut Writing,
    number: &PetitionNumber,
    standing: &Standing,
) -> Result<(), StoreError> {
    query(RESTORE)
        .bind(standing.opened_ms)
        .bind(standing.round)
        .bind(standing.phase.as_str())
        .bind(standing.second_look)
        .bind(standing.holder.as_deref())
        .bind(standing.lease_until_ms)
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

async fn open(
    writing: &mut Writing,
    number: &PetitionNumber,
    at: Timestamp,
) -> Result<(), StoreError> {
    let row = query(PETITION)
        .bind(number.as_str())
        .fetch_one(&mut **writing)
        .await?;
    let action: Option<String> = row.try_get("action")?;
    let urgent = row.try_get::<Option<i64>>("since_ms")?.is_some();
    let opened = at.as_millisecond();
    query(OPEN)
        .bind(number.as_str())
        .bind(CaseKind::Petition.as_str())
        .bind("")
        .bind(action.unwrap_or_default())
        .bind(opened)
        .bind(if urgent { opened - URGENT } else { opened })
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Takes a case out of the queue.
async fn close(
    writing: &mut Writing,
    number: &PetitionNumber,
    phase: Phase,
    due_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    query(CLOSE)
        .bind(phase.as_str())
        .bind(due_at.map(Timestamp::as_millisecond))
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Notes why the machine sent a document to a person.
pub(super) async fn describe(
    writing: &mut Writing,
    number: &PetitionNumber,
    reason: &str,
    action: Option<Action>,
) -> Result<(), StoreError> {
    query(SET_REASON)
        .bind(reason)
        .bind(action.map_or("", Action::as_str))
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Keeps somebody out of a case from now on.
async fn bar(
    writing: &mut Writing,
    number: &PetitionNumber,
    member: &str,
    why: &str,
) -> Result<(), StoreError> {
    query(BAR)
        .bind(number.as_str())
        .bind(member)
        .bind(why)
        .execute(&mut **writing)
        .await?;
    Ok(())
}

impl Store {
    /// The case of a petition.
    pub async fn case(&self, number: &PetitionNumber) -> Result<Option<CaseRow>, StoreError> {
        let row = query(CASE)
            .bind(number.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.as_ref().map(case).transpose()
    }

    /// A page of the queue, always in the order of the queue.
    pub async fn queue(
        &self,
        filter: &QueueFilter,
        page: &QueueSlice,
        limit: i64,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let (statement, rank, number) = match page {
            QueueSlice::First => (QUEUE, i64::MIN, ""),
            QueueSlice::After(place) => (QUEUE, place.rank, place.number.as_str()),
            QueueSlice::Before(place) => (QUEUE_BACK, place.rank, place.number.as_str()),
        };
        let rows = query(statement)
            .bind(i64::from(filter.phase.is_none_or(Phase::waits)))
            .bind(filter.phase.map(Phase::as_str))
            .bind(filter.reason.as_deref())
            .bind(filter.action.map(Action::as_str))
            .bind(if filter.urgent { 0 } else { i64::MAX })
            .bind(opened_before(filter))
            .bind(rank)
            .bind(number)
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        let mut cases: Vec<CaseRow> = rows.iter().map(case).collect::<Result<_, _>>()?;
        if matches!(page, QueueSlice::Before(_)) {
            cases.reverse();
        }
        Ok(cases)
    }

    /// How many cases a filter finds: what all its pages show together.
    pub async fn count_queue(&self, filter: &QueueFilter) -> Result<i64, StoreError> {
        let row = query(COUNT)
            .bind(i64::from(filter.phase.is_none_or(Phase::waits)))
            .bind(filter.phase.map(Phase::as_str))
            .bind(filter.reason.as_deref())
            .bind(filter.action.map(Action::as_str))
            .bind(if filter.urgent { 0 } else { i64::MAX })
            .bind(opened_before(filter))
            .fetch_one(&self.scan)
            .await?;
        Ok(row.try_get("cases")?)
    }

    /// What somebody works on now.
    pub async fn cases_held(
        &self,
        member: &str,
        now: Timestamp,
    ) -> Result<Vec<CaseRow>, StoreError> {
        let rows = query(HELD)
            .bind(member)
            .bind(now.as_millisecond())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(case).collect()
    }

    /// The next cases behind a place that somebody could take, as far as the queue knows.
    pub async fn candidates(
        &self,
        acting: &Acting,
        after: Option<&QueuePlace>,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<PetitionNumber>, StoreError> {
        let rows = query(CANDIDATES)
            .bind(after.map_or(i64::MIN, |place| place.rank))
            .bind(after.map_or("", |place| place.number.as_str()))
            .bind(now.as_millisecond())
            .bind(i64::from(acting.role == MemberRole::Supervisor))
            .bind(acting.user.as_str())
            .bind(limit)
            .fetch_all(&self.scan)
            .await?;
        rows.iter()
            .map(|row| parsed(row, "cases", "number"))
            .collect()
    }

    /// Takes a case, or goes on with it.
    ///
    /// # Errors
    /// [`CaseError::Held`] when somebody else has it; otherwise why this person may not.
    pub async fn claim_case(
        &self,
        number: &PetitionNumber,
        acting: &Acting,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<CaseRow, CaseError> {
        let mut writing = self.begin().await?;
        let before = query(CASE)
            .bind(number.as_str())
            .fetch_optional(&mut *writing)
            .await?;
        let before = case(&before.ok_or(CaseError::NotWaiting)?)?;
        let claimed = query(CLAIM)
            .bind(acting.user.as_str())
            .bind(until.as_millisecond())
            .bind(number.as_str())
            .bind(now.as_millisecond())
            .execute(&mut *writing)
            .await?;
        if claimed.rows_affected() == 0 {
            return Err(match before.held_by(now) {
                Some(by) if before.phase.waits() => CaseError::Held {
                    by: by.to_owned(),
                    until: before.lease_until,
                },
                _ => CaseError::NotWaiting,
            });
        }
        // Read again: now the row is ours, whatever it was before.
        let row = query(CASE)
            .bind(number.as_str())
            .fetch_one(&mut *writing)
            .await?;
        let claimed = case(&row)?;
        check_may_act(&mut writing, &claimed, acting).await?;
        if before.held_by(now) != Some(acting.user.as_str()) {
            note(
                &mut writing,
                number,
                acting,
                Event::CaseClaimed,
                &serde_json::json!({}),
                now,
            )
            .await?;
        }
        writing.commit().await?;
        Ok(claimed)
    }

    /// A sign of life: the lease lasts longer. `false` when the case is not this person's any more.
    pub async fn renew_case(
        &self,
        number: &PetitionNumber,
        acting: &Acting,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let renewed = query(RENEW)
            .bind(until.as_millisecond())
            .bind(number.as_str())
            .bind(acting.user.as_str())
            .bind(now.as_millisecond())
            .execute(&self.write)
            .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Keeps somebody tied to the employer out of a case for good, and gives it back if they held it.
    pub async fn bar_tied(
        &self,
        number: &PetitionNumber,
        acting: &Acting,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        bar(&mut writing, number, acting.user.as_str(), TIED).await?;
        query(RELEASE)
            .bind(number.as_str())
            .bind(acting.user.as_str())
            .execute(&mut *writing)
            .await?;
        let facts = serde_json::json!({ "why": TIED });
        note(&mut writing, number, acting, Event::CaseBarred, &facts, at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Cases with a vote that not everybody may see yet, and the round that is open.
    pub async fn blind_cases(&self) -> Result<BTreeMap<String, i64>, StoreError> {
        let rows = query(BLIND).fetch_all(&self.scan).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("number")?, row.try_get("round")?)))
            .collect()
    }
}

fn opened_before(filter: &QueueFilter) -> i64 {
    filter
        .opened_before
        .map_or(i64::MAX, Timestamp::as_millisecond)
}

/// Whether this person may act on a case they hold: not for the second time, not against a bar, not below a supervisor.
async fn check_may_act(
    writing: &mut Writing,
    case: &CaseRow,
    acting: &Acting,
) -> Result<(), CaseError> {
    if !is_in(writing, acting).await? {
        return Err(CaseError::ShownOut);
    }
    let barred = query(BARRED)
        .bind(case.number.as_str())
        .bind(acting.user.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    if let Some(row) = barred {
        let why: String = row.try_get("why")?;
        return Err(if why == TIED {
            CaseError::Tied
        } else {
            CaseError::SamePerson
        });
    }
    let acted = query(HAS_ACTED)
        .bind(case.number.as_str())
        .bind(case.round)
        .bind(acting.user.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    if acted.is_some() {
        return Err(CaseError::SamePerson);
    }
    if case.phase == Phase::Supervisor && acting.role != MemberRole::Supervisor {
        return Err(CaseError::ForSupervisor);
    }
    Ok(())
}

/// Appends to the log what a member did, and from where.
async fn note(
    writing: &mut Writing,
    number: &PetitionNumber,
    acting: &Acting,
    event: Event,
    facts: &serde_json::Value,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut facts = facts.clone();
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("from".to_owned(), acting.address.clone().into());
    }
    audit::append(writing, at, &acting.actor(), number.as_str(), event, &facts).await
}
