//! Approve, refuse, ask for completion, escalate, hand over. Every act has a reason from the list; an approval has exactly
//! the effects of the machine's, except that nobody waits at the mailbox: a notice goes out, and the person asks for the
//! link when they are there (DESIGN G).

use jiff::civil::Date;

use super::looking::RESET_WINDOW;
use super::rules::{lacking, to_refuse};
use super::{CaseView, Intake, Officer, ReviewError, check_decides, checked_note, is_appealed};
use crate::decision::{Decision, unfailed_values};
use crate::domain::{
    Action, Barrier, CaseAct, CaseKind, FourEyes, LegalRepresentative, Outcome, PetitionContent,
    PetitionNumber, RepresentationMode, ReviewReason, Role, Sha256,
};
use crate::intake::effects::{Asker, told};
use crate::store::{
    Appointment, Asked, CaseError, Effects, EmployerRecord, Message, MessageKind, NewAct,
    ReadByPerson, Seen, Settled, Settlement, Vote,
};

/// How often a vote is thought over when what it rests on changes under it.
const LOOKS: usize = 5;

/// What somebody decides about a case they hold.
#[derive(Debug, Clone)]
pub struct Deciding<'a> {
    /// The case.
    pub number: &'a PetitionNumber,
    /// The round they looked at: what has come since is not decided by what they saw before.
    pub round: i64,
    /// Why; its act says what.
    pub reason: ReviewReason,
    /// In their words, for colleagues; of a completion also for the company.
    pub note: &'a str,
    /// What the company asks, where the machine could not read it.
    pub content: Option<PetitionContent>,
    /// The attached appointment, to be registered by an approval.
    pub appointment: Option<NewAppointment>,
    /// What the registry says against it and they have seen: the digest of that comparison.
    pub confirmed: Option<Sha256>,
}

/// The appointment of the signer, as a person read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAppointment {
    /// Which attachment.
    pub sha256: Sha256,
    /// Post.
    pub post: String,
    /// First day of the term.
    pub from: Date,
    /// Last day; `None` is open-ended.
    pub to: Option<Date>,
    /// Alone or with others: the machine will go by it from now on.
    pub mode: RepresentationMode,
    /// How many must sign together, one when alone.
    pub required_signatures: u8,
    /// What a power of attorney covers; nobody else has any.
    pub scope: Option<Vec<Action>>,
}

impl Intake {
    /// Does what the reason is for. What it came to, for a vote; `None` for everything else.
    ///
    /// # Errors
    /// [`ReviewError::Barred`] for an approval of what failed, whoever gives it; [`CaseError::Lost`] when the case is not
    /// held any more.
    pub async fn decide_case(
        &self,
        deciding: &Deciding<'_>,
        officer: &Officer,
    ) -> Result<Option<Settled>, ReviewError> {
        check_decides(officer)?;
        let acting = officer.acting();
        let act = NewAct {
            number: deciding.number,
            round: deciding.round,
            acting: &acting,
            reason: deciding.reason,
            note: checked_note(deciding.note)?,
            at: self.now(),
        };
        // A tie may have been declared while the case was held, or come to light by what was read.
        let read = deciding.content.as_ref();
        if self.is_tied(deciding.number, officer, read).await? {
            self.store()
                .bar_tied(deciding.number, &acting, act.at)
                .await?;
            return Err(CaseError::Tied.into());
        }
        let settled = match deciding.reason.act() {
            CaseAct::Approve | CaseAct::Refuse => Some(self.vote(deciding, officer, act).await?),
            CaseAct::Complete => {
                let view = self.look(deciding.number, officer).await?;
                if view.is_at_the_counter() {
                    return Err(ReviewError::Reason);
                }
                let due_at = self.term_ends(act.at, self.settings().review.completion_days);
                let messages = notices(&view, MessageKind::CompletionWanted, act.at);
                let asked = Asked {
                    act,
                    due_at,
                    messages: &messages,
                };
                self.store().ask_completion(&asked).await?;
                None
            }
            CaseAct::Escalate => {
                self.store().escalate(&act).await?;
                None
            }
            CaseAct::HandOver | CaseAct::Appeal => return Err(ReviewError::Reason),
        };
        tracing::info!(petition = %deciding.number, act = deciding.reason.act().as_str(), ?settled, "a person acted");
        self.message_waits();
        self.delivery_waits();
        Ok(settled)
    }

    /// Gives a case back with a note for whoever takes it next.
    pub async fn hand_over(
        &self,
        number: &PetitionNumber,
        officer: &Officer,
        words: &str,
    ) -> Result<(), ReviewError> {
        let words = checked_note(words)?;
        let acting = officer.acting();
        Ok(self
            .store()
            .hand_over(number, &acting, words, self.now())
            .await?)
    }

    /// Votes by what is known now. What changes between looking and voting is looked at once more.
    async fn vote(
        &self,
        deciding: &Deciding<'_>,
        officer: &Officer,
        act: NewAct<'_>,
    ) -> Result<Settled, ReviewError> {
        for _ in 0..LOOKS {
            let view = self.look(deciding.number, officer).await?;
            match self.vote_on(&view, deciding, act).await {
                Err(ReviewError::Case(CaseError::Changed)) => {}
                other => return other,
            }
        }
        Err(CaseError::Lost.into())
    }

    async fn vote_on(
        &self,
        view: &CaseView,
        deciding: &Deciding<'_>,
        act: NewAct<'_>,
    ) -> Result<Settled, ReviewError> {
        let approves = deciding.reason.act() == CaseAct::Approve;
        if approves && !view.barriers.is_empty() {
            return Err(ReviewError::Barred(view.barriers.clone()));
        }
        let mut reading = if approves {
            reading(view, deciding)?
        } else {
            ReadByPerson::default()
        };
        let mut record = view.record.clone();
        let mut compared = view.comparison.clone();
        if let Some(content) = &reading.content {
            // What the person read decides whose record it is.
            record = self.store().employer(&content.ruc, &content.branch).await?;
            if let Some(barrier) = read_barrier(view, content, record.as_ref()) {
                return Err(ReviewError::Barred(vec![barrier]));
            }
            compared = view.compare(self.store(), content, record.as_ref()).await?;
        }
        if let Some(compared) = compared.filter(|_| approves) {
            if let Err(objected) = compared.check(deciding.reason, deciding.confirmed) {
                return Err(ReviewError::Objected(Box::new(compared), objected));
            }
            let codes = compared.objections.iter().map(|reason| reason.code);
            reading.confirmed = codes.collect();
        }
        let content = view.asked.as_ref().or(reading.content.as_ref());
        let signatures = match (&view.report, approves) {
            (Some(report), true) => unfailed_values(report),
            _ => Vec::new(),
        };
        let effects = if approves {
            let decision = approved(view, content);
            let Effects {
                messages,
                unblocking,
            } = self.effects(deciding.number, &decision, record.as_ref(), Asker::Gone);
            let messages = messages
                .into_iter()
                .map(|message| by_person(message, view.case.kind))
                .chain(appointment_notice(view, &reading, act.at))
                .collect();
            Effects {
                messages,
                unblocking,
            }
        } else {
            let appeal = !is_appealed(&view.acts, view.case.round);
            Effects {
                messages: notices(view, MessageKind::ReviewRefused, act.at)
                    .into_iter()
                    .map(|message| message.with_fact("appeal", appeal))
                    .collect(),
                ..Effects::default()
            }
        };
        let frozen_since = record.and_then(|record| record.frozen_since);
        // A changed address is in the hands of the owner only once it is confirmed: the account is free from then on.
        let frees = content.is_some_and(|content| content.action.leads_to_link());
        let mut four_eyes = if approves {
            view.four_eyes.clone()
        } else {
            to_refuse(&view.four_eyes, &view.barriers)
        };
        if reading.appointment.is_some() && !four_eyes.contains(&FourEyes::NewRepresentative) {
            four_eyes.push(FourEyes::NewRepresentative);
        }
        let vote = Vote {
            drawn: self.draws_second_look(),
            four_eyes: &four_eyes,
            seen: Seen {
                employer: content.map(|content| (&content.ruc, &content.branch)),
                frozen_since,
                resets: view.recent_resets,
                resets_since: view.looked_at - RESET_WINDOW,
            },
            settlement: Settlement {
                petition: &view.petition,
                content,
                signatures: &signatures,
                effects: &effects,
                unfreeze: frozen_since.is_some() && frees,
            },
            reading: &reading,
            act,
        };
        Ok(self.store().vote(&vote).await?)
    }

    /// Whether chance wants a second person: so that nobody can count on deciding alone (PRODUCT threat 17).
    fn draws_second_look(&self) -> bool {
        let mut random = [0; 24];
        (self.inner.random)(&mut random);
        let drawn = random
            .first_chunk()
            .map_or(0, |four| u32::from_be_bytes(*four))
            % 1000;
        drawn < self.settings().review.second_look_per_mille
    }
}

/// What the person read, checked against what is there to be read.
fn reading(view: &CaseView, deciding: &Deciding<'_>) -> Result<ReadByPerson, ReviewError> {
    let content = match (view.must_be_read(), &deciding.content) {
        (false, _) => None,
        (true, Some(content)) => Some(content.clone()),
        (true, None) => return Err(ReviewError::Reading),
    };
    let appointment = deciding
        .appointment
        .as_ref()
        .map(|new| appointment(view, new))
        .transpose()?;
    Ok(ReadByPerson {
        content,
        appointment,
        confirmed: Vec::new(),
    })
}

/// The signer as the registry will know them, with the attached document as the source.
fn appointment(view: &CaseView, new: &NewAppointment) -> Result<Appointment, ReviewError> {
    let signer = view
        .decision
        .as_ref()
        .and_then(|decision| decision.signer.as_ref());
    let attached = view
        .attachments
        .iter()
        .any(|file| file.sha256 == new.sha256);
    let (Some(signer), true) = (signer, attached) else {
        return Err(ReviewError::Reading);
    };
    let document = signer.document.clone().ok_or(ReviewError::Reading)?;
    let post = new.post.trim();
    let person = LegalRepresentative {
        document,
        name: signer.name.clone(),
        post: post.to_owned(),
        from: new.from,
        to: new.to,
        mode: new.mode,
        required_signatures: new.required_signatures,
        scope: new.scope.clone(),
        source: format!("nombramiento {}", new.sha256),
        ended: None,
    };
    let dated = new.to.is_none_or(|to| new.from <= to);
    // A power that says nothing of this covers nothing (PRODUCT S06), and no other appointment has limits of this kind.
    let limited = (person.post_quality() == Role::Attorney) == person.scope.is_some();
    let named = (1..=80).contains(&post.chars().count());
    if named && dated && limited && new.mode.allows(new.required_signatures) {
        let sha256 = new.sha256;
        Ok(Appointment { person, sha256 })
    } else {
        Err(ReviewError::Reading)
    }
}

/// What forbids approving what a person read.
fn read_barrier(
    view: &CaseView,
    content: &PetitionContent,
    record: Option<&EmployerRecord>,
) -> Option<Barrier> {
    let petition = &view.petition;
    if petition.form.is_some() && petition.content.as_ref() != Some(content) {
        return Some(Barrier::OtherPetition);
    }
    lacking(view.case.kind, content, record)
}

/// The machine's decision as it would be had the machine approved.
fn approved(view: &CaseView, content: Option<&PetitionContent>) -> Decision {
    let decision = view.decision.clone();
    Decision {
        outcome: Outcome::Approved,
        content: content.cloned(),
        ..decision.unwrap_or(Decision {
            outcome: Outcome::Approved,
            reasons: Vec::new(),
            signer: None,
            representative: None,
            content: None,
            source: None,
        })
    }
}

/// Nobody waits at the mailbox when a person approves: instead of a link that would be dead before it is read, a notice
/// says that one can be asked for. At the counter the person is told by mouth.
fn by_person(message: Message, kind: CaseKind) -> Message {
    if message.kind != MessageKind::LinkReady {
        return message;
    }
    let Message {
        number,
        recipient,
        created_at,
        due_at,
        ..
    } = message;
    let (kind, due_at) = match kind {
        // Whoever did not stand there must be able to stop it at once, hold or not.
        CaseKind::Counter => (MessageKind::CounterApproved, created_at),
        CaseKind::Petition | CaseKind::Appeal => (MessageKind::ReviewApproved, due_at),
    };
    Message::new(kind, &number, 1, recipient, created_at, due_at)
}

/// Whoever reads the address on file hears that somebody new may sign (PRODUCT threat 7), with a way to stop it.
fn appointment_notice(
    view: &CaseView,
    reading: &ReadByPerson,
    at: jiff::Timestamp,
) -> Option<Message> {
    reading.appointment.as_ref()?;
    let count = usize::try_from(view.case.round).unwrap_or(1);
    let on_file = view.record.as_ref()?.employer.email.clone()?;
    let kind = MessageKind::AppointmentNotice;
    Some(Message::new(
        kind,
        &view.petition.number,
        count,
        on_file,
        at,
        at,
    ))
}

/// What this act is told by, to whoever must know it.
fn notices(view: &CaseView, kind: MessageKind, at: jiff::Timestamp) -> Vec<Message> {
    let (asked, record) = (view.asked.as_ref(), view.record.as_ref());
    told(
        kind,
        &view.petition.number,
        asked,
        record,
        view.case.round,
        at,
    )
}
