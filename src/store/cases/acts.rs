//! What people do with cases: votes and what follows from them, questions to the company, escalations, notes, appeals, and
//! the archive for what never came. Each act is one transaction: its row, its entry in the log, and every effect.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::sql::{Row, query};
use super::counter::check_ticks;
use super::history::resets;
use super::{
    CASE, CaseError, CaseRow, DECIDED_BEFORE, bar, case, check_may_act, close, describe, note,
};
use crate::decision::ReasonCode;
use crate::domain::{
    Acting, BranchCode, CaseAct, CaseKind, Event, FourEyes, Outcome, PetitionContent,
    PetitionNumber, Phase, ReviewReason, Ruc, Sha256, State,
};
use crate::protection::Keyring;
use crate::store::decisions::{refuse_waiting, set_outcome, use_signatures};
use crate::store::effects::{self, Effects};
use crate::store::outbox::enqueue;
use crate::store::people::is_disabled;
use crate::store::petitions::{move_state, set_content};
use crate::store::protected::{CASE_CONTENT, CASE_NOTE};
use crate::store::registry::{Appointment, register_appointment};
use crate::store::{
    Message, PetitionRow, Store, StoreError, Writing, employers, maybe, moment, parsed,
};

const LOCK: &str = "update cases set lease_until_ms = lease_until_ms where number = $1 and holder = $2 and round = $3 \
                    and waits = 1 and lease_until_ms > $4";
const LAST_PLACE: &str = "select max(place) as place from case_acts where number = $1";
const KEEP_ACT: &str = "insert into case_acts (number, place, round, member, act, reason, note, content, at_ms) \
                        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const ACTS: &str = "select place, round, member, act, reason, note, content, at_ms from case_acts where number = $1 \
                    order by place";
const PASS_ON: &str = "update cases set phase = $1, second_look = $2, holder = null, lease_until_ms = 0 where number = $3";
const SET_KIND: &str = "update cases set kind = $1 where number = $2";
const SET_DECIDED: &str = "update petitions set decided_ms = $1 where number = $2";
const DOCUMENT: &str = "select document_sha256 from petitions where number = $1";
const EXTEND: &str = "update petitions set expires_ms = $1 where number = $2 and expires_ms < $1";
// What came in time is decided first.
const LAPSED: &str = "select number, due_ms from cases where phase = 'completion' and due_ms <= $1 and (due_ms, number) > ($2, $3) \
                      and not exists (select 1 from jobs where jobs.number = cases.number) order by due_ms, number limit 1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    LOCK,
    LAST_PLACE,
    KEEP_ACT,
    ACTS,
    PASS_ON,
    SET_KIND,
    SET_DECIDED,
    DOCUMENT,
    EXTEND,
    LAPSED,
];

/// Who stands in the log and beside the acts for a company.
const COMPANY: &str = "company";

/// One act, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActRow {
    /// Its place among the acts of the case.
    pub place: i64,
    /// In which round of the case.
    pub round: i64,
    /// User name, or `company`.
    pub member: String,
    /// What.
    pub act: CaseAct,
    /// Why; nothing for notes and appeals.
    pub reason: Option<ReviewReason>,
    /// In their words.
    pub note: String,
    /// What they read, when the machine could not.
    pub reading: ReadByPerson,
    /// When.
    pub at: Timestamp,
}

/// What a person read and the machine could not: part of an approval, and the second person must read the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadByPerson {
    /// What is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<PetitionContent>,
    /// An appointment that goes into the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appointment: Option<Appointment>,
    /// What the registry says against it, seen and confirmed. No part of what two must agree on: the registry may change in between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<ReasonCode>,
}

impl ReadByPerson {
    /// Whether two persons read the same; how they write a post or a name does not matter, but in which quality and with
    /// whom somebody may sign does: the machine goes by it from then on.
    fn agrees(&self, other: &Self) -> bool {
        let appointed = |reading: &Self| {
            reading.appointment.as_ref().map(|appointment| {
                let person = &appointment.person;
                let term = (person.document.clone(), person.from, person.to);
                let power = (person.mode, person.required_signatures, person.role());
                (term, power, person.scope.clone(), appointment.sha256)
            })
        };
        self.content == other.content && appointed(self) == appointed(other)
    }

    fn is_empty(&self) -> bool {
        self.content.is_none() && self.appointment.is_none() && self.confirmed.is_empty()
    }
}

/// What somebody does with a case they hold.
#[derive(Debug, Clone, Copy)]
pub struct NewAct<'a> {
    /// The case.
    pub number: &'a PetitionNumber,
    /// The round they looked at.
    pub round: i64,
    /// Who, from where.
    pub acting: &'a Acting,
    /// Why; its act says what.
    pub reason: ReviewReason,
    /// In their words.
    pub note: &'a str,
    /// When.
    pub at: Timestamp,
}

/// An approval or a refusal, with what it leads to should it be final.
#[derive(Debug)]
pub struct Vote<'a> {
    /// By whom and why.
    pub act: NewAct<'a>,
    /// What this person read, when the machine could not.
    pub reading: &'a ReadByPerson,
    /// Why two persons must decide alike.
    pub four_eyes: &'a [FourEyes],
    /// Whether chance wants a second look, should this be the only vote that is needed.
    pub drawn: bool,
    /// What it rests on and what may change by itself.
    pub seen: Seen<'a>,
    /// What a final vote sets in motion.
    pub settlement: Settlement<'a>,
}

/// What somebody knew when they voted and others may change at the same moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen<'a> {
    /// The employer, when it is known.
    pub employer: Option<(&'a Ruc, &'a BranchCode)>,
    /// Since when its account was frozen: whoever voted before did not know, and does not count.
    pub frozen_since: Option<Timestamp>,
    /// Other resets of it since [`Self::resets_since`].
    pub resets: i64,
    /// From when on they count.
    pub resets_since: Timestamp,
}

/// What a final vote sets in motion.
#[derive(Debug)]
pub struct Settlement<'a> {
    /// The petition as it was read.
    pub petition: &'a PetitionRow,
    /// What is asked, as the document says it or a person read it.
    pub content: Option<&'a PetitionContent>,
    /// Signature values that are used up by an approval.
    pub signatures: &'a [Sha256],
    /// What it sets in motion.
    pub effects: &'a Effects,
    /// Whether the employer's account, frozen until now, is free again.
    pub unfreeze: bool,
}

/// What came of a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is decided.
    Final(Outcome),
    /// A second person must look.
    Second,
    /// Two persons disagree: a supervisor must look.
    Supervisor,
}

/// A petition whose company did not complete it in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lapsed {
    /// Its number.
    pub number: PetitionNumber,
    /// When the term ended.
    pub due_at: Timestamp,
}

/// A question to the company.
#[derive(Debug)]
pub struct Asked<'a> {
    /// By whom, and for what.
    pub act: NewAct<'a>,
    /// Until when.
    pub due_at: Timestamp,
    /// What is to be sent.
    pub messages: &'a [Message],
}

fn act(keys: &Keyring, number: &PetitionNumber, row: &Row) -> Result<ActRow, StoreError> {
    const TABLE: &str = "case_acts";
    let place: String = row.try_get("place")?;
    let key = [number.as_str(), place.as_str()];
    let reason: String = row.try_get("reason")?;
    let reading: Option<serde_json::Value> = CASE_CONTENT.parse_maybe(keys, &key, row)?;
    let wrong = |column| StoreError::Inconsistent {
        table: TABLE,
        column,
    };
    Ok(ActRow {
        place: place.parse().map_err(|_| wrong("place"))?,
        round: row.try_get("round")?,
        member: row.try_get("member")?,
        act: parsed(row, TABLE, "act")?,
        reason: reason.parse().ok(),
        note: CASE_NOTE.read(keys, &key, row)?,
        reading: reading
            .map(serde_json::from_value)
            .transpose()
            .map_err(|_| wrong("content"))?
            .unwrap_or_default(),
        at: moment(row, TABLE, "at_ms")?,
    })
}

/// A row as it is written.
struct Entry<'a> {
    number: &'a PetitionNumber,
    round: i64,
    member: &'a str,
    act: CaseAct,
    reason: &'a str,
    note: &'a str,
    content: Option<&'a str>,
    at: Timestamp,
}

/// Appends an act behind those of the case, whose row is locked.
async fn append(writing: &mut Writing, entry: &Entry<'_>) -> Result<(), StoreError> {
    let row = query(LAST_PLACE)
        .bind(entry.number.as_str())
        .fetch_one(&mut **writing)
        .await?;
    let last: Option<String> = row.try_get("place")?;
    let last: u32 = last
        .and_then(|place| place.parse().ok())
        .unwrap_or_default();
    let place = format!("{:06}", last + 1);
    let key = [entry.number.as_str(), place.as_str()];
    let note = CASE_NOTE.protect(&writing.keys, &key, entry.note)?;
    let content = CASE_CONTENT.protect_maybe(&writing.keys, &key, entry.content)?;
    query(KEEP_ACT)
        .bind(entry.number.as_str())
        .bind(place.as_str())
        .bind(entry.round)
        .bind(entry.member)
        .bind(entry.act.as_str())
        .bind(entry.reason)
        .bind(note)
        .bind(content)
        .bind(entry.at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Locks a case that is held, and makes sure that whoever acts may.
async fn lock(writing: &mut Writing, new: &NewAct<'_>) -> Result<CaseRow, CaseError> {
    let locked = query(LOCK)
        .bind(new.number.as_str())
        .bind(new.acting.user.as_str())
        .bind(new.round)
        .bind(new.at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    if locked.rows_affected() == 0 {
        return Err(CaseError::Lost);
    }
    let row = query(CASE)
        .bind(new.number.as_str())
        .fetch_one(&mut **writing)
        .await?;
    let case = case(&row)?;
    check_may_act(writing, &case, new.acting).await?;
    Ok(case)
}

/// What a vote was made up by still holds: its document, the other resets of the employer, and whether it is frozen. Two
/// who decide about two petitions at one moment must not both believe theirs to be the only one.
async fn check_unchanged(writing: &mut Writing, vote: &Vote<'_>) -> Result<(), CaseError> {
    let (number, petition) = (vote.act.number, vote.settlement.petition);
    let row = query(DOCUMENT)
        .bind(number.as_str())
        .fetch_one(&mut **writing)
        .await?;
    let document: Option<Sha256> = maybe(&row, "petitions", "document_sha256")?;
    let mut holds = document == petition.document;
    if let Some((ruc, branch)) = vote.seen.employer {
        let since = vote.seen.resets_since;
        let resets = resets(&mut **writing, ruc, branch, since, number).await?;
        let frozen_since = employers::frozen_since(writing, ruc, branch).await?;
        // Of what only a person read nobody counted resets: two must decide about it anyway.
        let counted = vote.reading.content.is_some() || resets == vote.seen.resets;
        holds = holds && counted && frozen_since == vote.seen.frozen_since;
    }
    if holds {
        Ok(())
    } else {
        Err(CaseError::Changed)
    }
}

/// Votes that count still: not of somebody who was shown out since, nor from before «no fui yo».
async fn counting(
    writing: &mut Writing,
    votes: Vec<ActRow>,
    frozen_since: Option<Timestamp>,
) -> Result<Vec<ActRow>, StoreError> {
    let mut counting = Vec::new();
    for vote in votes {
        let knew = frozen_since.is_none_or(|since| vote.at >= since);
        if knew && !is_disabled(writing, &vote.member).await? {
            counting.push(vote);
        }
    }
    Ok(counting)
}

/// What it means here that a row has moved on.
fn stale_is(meaning: CaseError) -> impl FnOnce(StoreError) -> CaseError {
    |error| match error {
        StoreError::Stale => meaning,
        other => other.into(),
    }
}

async fn keep_act(
    writing: &mut Writing,
    new: &NewAct<'_>,
    reading: &ReadByPerson,
) -> Result<(), StoreError> {
    let content = (!reading.is_empty()).then(|| json!(reading).to_string());
    let entry = Entry {
        number: new.number,
        round: new.round,
        member: new.acting.user.as_str(),
        act: new.reason.act(),
        reason: new.reason.as_str(),
        note: new.note,
        content: content.as_deref(),
        at: new.at,
    };
    append(writing, &entry).await?;
    // What people write may name somebody: the log keeps its digest, the row its words.
    let facts = json!({
        "act": new.reason.act(),
        "reason": new.reason,
        "round": new.round,
        "note": Sha256::of(new.note.as_bytes()).to_string(),
        "content": content.map(|content| Sha256::of(content.as_bytes()).to_string()),
        "confirmed": reading.confirmed,
    });
    note(
        writing,
        new.number,
        new.acting,
        Event::CaseAct,
        &facts,
        new.at,
    )
    .await
}

async fn acts_of(
    writing: &mut Writing,
    number: &PetitionNumber,
) -> Result<Vec<ActRow>, StoreError> {
    let rows = query(ACTS)
        .bind(number.as_str())
        .fetch_all(&mut **writing)
        .await?;
    rows.iter()
        .map(|row| act(&writing.keys, number, row))
        .collect()
}

async fn pass_on(
    writing: &mut Writing,
    number: &PetitionNumber,
    phase: Phase,
    second_look: bool,
) -> Result<(), StoreError> {
    query(PASS_ON)
        .bind(phase.as_str())
        .bind(i64::from(second_look))
        .bind(number.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

impl Store {
    /// Everything that was done with a case, the oldest first.
    pub async fn case_acts(&self, number: &PetitionNumber) -> Result<Vec<ActRow>, StoreError> {
        let rows = query(ACTS)
            .bind(number.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter()
            .map(|row| act(&self.keys, number, row))
            .collect()
    }

    /// Approves or refuses, as far as this vote goes. One vote decides unless the case needs two persons or chance wants a
    /// second one; then the first vote waits, the second one decides if it says the same, and otherwise a supervisor does.
    ///
    /// # Errors
    /// [`CaseError::Lost`] when the case is not held any more; otherwise why this person or this vote can't count.
    pub async fn vote(&self, vote: &Vote<'_>) -> Result<Settled, CaseError> {
        let mut writing = self.begin().await?;
        let new = &vote.act;
        let case = lock(&mut writing, new).await?;
        if case.kind == CaseKind::Counter && new.reason.act() == CaseAct::Approve {
            check_ticks(&mut writing, new.number, new.acting).await?;
        }
        let before: Vec<ActRow> = acts_of(&mut writing, new.number)
            .await?
            .into_iter()
            .filter(|act| act.round == case.round)
            .filter(|act| matches!(act.act, CaseAct::Approve | CaseAct::Refuse))
            .collect();
        // From the first entry in the log on nobody else writes one: what is read now stays so.
        keep_act(&mut writing, new, vote.reading).await?;
        check_unchanged(&mut writing, vote).await?;
        let verdict = new.reason.act();
        // Who has voted before made a second vote necessary, whatever has changed since.
        let must = !vote.four_eyes.is_empty() || case.second_look || !before.is_empty();
        let before = counting(&mut writing, before, vote.seen.frozen_since).await?;
        let alike = before
            .iter()
            .filter(|act| act.act == verdict)
            .filter(|act| verdict == CaseAct::Refuse || act.reading.agrees(vote.reading))
            .count();
        let needs_two = must || vote.drawn;
        let settled = match (needs_two, before.len(), alike) {
            (false, ..) | (true, _, 1..) => self.settle(&mut writing, vote, &case).await?,
            (true, 0, 0) => {
                let drawn = !must;
                pass_on(&mut writing, new.number, Phase::Second, drawn).await?;
                let facts = json!({ "because": vote.four_eyes, "drawn": drawn });
                note(
                    &mut writing,
                    new.number,
                    new.acting,
                    Event::CaseSecondWanted,
                    &facts,
                    new.at,
                )
                .await?;
                Settled::Second
            }
            (true, _, 0) => {
                pass_on(
                    &mut writing,
                    new.number,
                    Phase::Supervisor,
                    case.second_look,
                )
                .await?;
                note(
                    &mut writing,
                    new.number,
                    new.acting,
                    Event::CaseDisagreement,
                    &json!({}),
                    new.at,
                )
                .await?;
                Settled::Supervisor
            }
        };
        writing.commit().await?;
        Ok(settled)
    }

    /// The last vote counts: the petition moves, with every effect.
    async fn settle(
        &self,
        writing: &mut Writing,
        vote: &Vote<'_>,
        case: &CaseRow,
    ) -> Result<Settled, CaseError> {
        let (new, settlement) = (&vote.act, &vote.settlement);
        let (petition, number, at) = (settlement.petition, new.number, new.at);
        let (to, outcome) = match new.reason.act() {
            CaseAct::Approve => (State::Approved, Outcome::Approved),
            _ => (State::Refused, Outcome::Refused),
        };
        let actor = new.acting.actor();
        let moved = move_state(writing, number, State::InReview, to, &actor, at).await;
        moved.map_err(stale_is(CaseError::Lost))?;
        query(SET_DECIDED)
            .bind(at.as_millisecond())
            .bind(number.as_str())
            .execute(&mut **writing)
            .await?;
        if let Some(document) = petition.document {
            set_outcome(writing, number, document, outcome).await?;
        }
        if outcome == Outcome::Approved {
            self.approve(writing, vote, case).await?;
        } else {
            refuse_waiting(writing, number).await?;
        }
        effects::set_in_motion(writing, number, settlement.effects, at).await?;
        Ok(Settled::Final(outcome))
    }

    async fn approve(
        &self,
        writing: &mut Writing,
        vote: &Vote<'_>,
        case: &CaseRow,
    ) -> Result<(), CaseError> {
        let (new, settlement) = (&vote.act, &vote.settlement);
        let petition = settlement.petition;
        let used = use_signatures(writing, &case.number, settlement.signatures, new.at).await;
        used.map_err(stale_is(CaseError::AlreadyUsed))?;
        let Some(content) = settlement.content else {
            return Ok(());
        };
        if petition.content.as_ref() != Some(content) {
            set_content(writing, &case.number, content).await?;
        }
        if let Some(appointment) = &vote.reading.appointment {
            let user = new.acting.user.as_str();
            let version = register_appointment(writing, content, appointment, user, new.at).await?;
            let facts = json!({ "sha256": appointment.sha256.to_string(), "version": version });
            let event = Event::RegistryAppointmentRegistered;
            note(writing, &case.number, new.acting, event, &facts, new.at).await?;
        }
        if settlement.unfreeze {
            employers::unfreeze(writing, &content.ruc, &content.branch).await?;
            note(
                writing,
                &case.number,
                new.acting,
                Event::AccountUnfrozen,
                &json!({}),
                new.at,
            )
            .await?;
        }
        Ok(())
    }

    /// Asks the company for something: the petition waits for it, and its life is as long as the term.
    pub async fn ask_completion(&self, asked: &Asked<'_>) -> Result<(), CaseError> {
        let mut writing = self.begin().await?;
        let new = &asked.act;
        lock(&mut writing, new).await?;
        keep_act(&mut writing, new, &ReadByPerson::default()).await?;
        let (from, to) = (State::InReview, State::AwaitingCompletion);
        move_state(
            &mut writing,
            new.number,
            from,
            to,
            &new.acting.actor(),
            new.at,
        )
        .await
        .map_err(stale_is(CaseError::Lost))?;
        close(
            &mut writing,
            new.number,
            Phase::Completion,
            Some(asked.due_at),
        )
        .await?;
        query(EXTEND)
            .bind(asked.due_at.as_millisecond())
            .bind(new.number.as_str())
            .execute(&mut *writing)
            .await?;
        for message in asked.messages {
            enqueue(&mut writing, message).await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// Passes a case to the supervisors.
    pub async fn escalate(&self, new: &NewAct<'_>) -> Result<(), CaseError> {
        let mut writing = self.begin().await?;
        let case = lock(&mut writing, new).await?;
        if case.phase == Phase::Supervisor {
            return Err(CaseError::ForSupervisor);
        }
        keep_act(&mut writing, new, &ReadByPerson::default()).await?;
        pass_on(
            &mut writing,
            new.number,
            Phase::Supervisor,
            case.second_look,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// Gives a case back, with a note for whoever takes it next when there is something to say.
    pub async fn hand_over(
        &self,
        number: &PetitionNumber,
        acting: &Acting,
        words: &str,
        at: Timestamp,
    ) -> Result<(), CaseError> {
        let mut writing = self.begin().await?;
        let released = query(super::RELEASE)
            .bind(number.as_str())
            .bind(acting.user.as_str())
            .execute(&mut *writing)
            .await?;
        if released.rows_affected() == 0 {
            return Err(CaseError::Lost);
        }
        if !words.is_empty() {
            insert(
                &mut writing,
                number,
                acting.user.as_str(),
                CaseAct::HandOver,
                words,
                at,
            )
            .await?;
        }
        let facts = json!({ "note": Sha256::of(words.as_bytes()).to_string() });
        note(
            &mut writing,
            number,
            acting,
            Event::CaseHandedOver,
            &facts,
            at,
        )
        .await?;
        writing.commit().await?;
        Ok(())
    }

    /// The company appeals against a refusal: the case opens again for somebody who has not decided it before.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the petition is not refused any more.
    pub async fn appeal(
        &self,
        petition: &PetitionRow,
        reason: &str,
        words: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let number = &petition.number;
        move_state(
            &mut writing,
            number,
            State::Refused,
            State::InReview,
            COMPANY,
            at,
        )
        .await?;
        // Without a signed document it was opened at the counter: whoever looks again goes by the dossier too.
        let kind = match petition.document {
            Some(_) => CaseKind::Appeal,
            None => CaseKind::Counter,
        };
        query(SET_KIND)
            .bind(kind.as_str())
            .bind(number.as_str())
            .execute(&mut *writing)
            .await?;
        // It waits for a person again: what anybody uploads meanwhile does not displace it.
        if let Some(document) = petition.document {
            set_outcome(&mut writing, number, document, Outcome::InReview).await?;
        }
        let action = petition.content.as_ref().map(|content| content.action);
        describe(&mut writing, number, reason, action).await?;
        for act in acts_of(&mut writing, number).await? {
            if matches!(act.act, CaseAct::Approve | CaseAct::Refuse) {
                bar(&mut writing, number, &act.member, DECIDED_BEFORE).await?;
            }
        }
        insert(&mut writing, number, COMPANY, CaseAct::Appeal, words, at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// The first petition behind a place whose completion did not come in time.
    pub async fn next_lapsed(
        &self,
        now: Timestamp,
        behind: Option<&Lapsed>,
    ) -> Result<Option<Lapsed>, StoreError> {
        let (due, number) = behind.map_or((i64::MIN, ""), |lapsed| {
            (lapsed.due_at.as_millisecond(), lapsed.number.as_str())
        });
        let row = query(LAPSED)
            .bind(now.as_millisecond())
            .bind(due)
            .bind(number)
            .fetch_optional(&self.scan)
            .await?;
        let lapsed = |row: &Row| {
            Ok(Lapsed {
                number: parsed(row, "cases", "number")?,
                due_at: moment(row, "cases", "due_ms")?,
            })
        };
        row.as_ref().map(lapsed).transpose()
    }

    /// Archives a petition whose completion never came, and says so. Nothing is refused by silence.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when the company was a moment quicker.
    pub async fn archive(
        &self,
        number: &PetitionNumber,
        messages: &[Message],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let (from, to) = (State::AwaitingCompletion, State::Archived);
        move_state(&mut writing, number, from, to, "service", now).await?;
        for message in messages {
            enqueue(&mut writing, message).await?;
        }
        writing.commit().await?;
        Ok(())
    }
}

/// Keeps words that decide nothing, in the round that is open.
async fn insert(
    writing: &mut Writing,
    number: &PetitionNumber,
    member: &str,
    act: CaseAct,
    words: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let row = query(CASE)
        .bind(number.as_str())
        .fetch_one(&mut **writing)
        .await?;
    let entry = Entry {
        number,
        round: case(&row)?.round,
        member,
        act,
        reason: "",
        note: words,
        content: None,
        at,
    };
    append(writing, &entry).await
}
