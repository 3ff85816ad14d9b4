//! What a person may ask for about the data that are kept about them (LOPDP Art. 13 to 15, PRODUCT S36): everything in one
//! piece, a correction, and that what no term obliges to keep is deleted.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::domain::{
    AttachmentKind, CaseAct, Employer, Event, IdentityDocument, Outcome, PetitionContent,
    PetitionNumber, Recipient, ReviewReason, Ruc, Sha256, State,
};
use crate::intake::{Intake, IntakeError, Terms};
use crate::store::{
    ActRow, AttachmentRow, AuditRow, Message, MessageKind, PetitionRow, ReadByPerson,
    Representation, Store, StoreError, Why, employers_of,
};

/// Everything about one person.
#[derive(Debug, Serialize)]
pub struct Dossier {
    /// The number of the identity document.
    pub document: IdentityDocument,
    /// When it was put together.
    pub at: Timestamp,
    /// For whom the person signs, or signed.
    pub representations: Vec<Representation>,
    /// The person as an employer.
    pub employers: Vec<Employer>,
    /// What the registry said of the person before: change by change.
    pub history: Vec<Value>,
    /// Why the staff stopped the person's account, where that denied no petition.
    pub reasons: Vec<HeldReason>,
    /// Petitions of the person.
    pub petitions: Vec<HeldPetition>,
}

/// One petition, with all that is kept because of it.
#[derive(Debug, Serialize)]
pub struct HeldPetition {
    /// Its number.
    pub number: PetitionNumber,
    /// Where it stands.
    pub state: State,
    /// What is asked.
    pub content: Option<PetitionContent>,
    /// When its number was given.
    pub issued_at: Timestamp,
    /// When it was decided last.
    pub decided_at: Option<Timestamp>,
    /// The documents that were handed in.
    pub documents: Vec<HeldDocument>,
    /// What was attached beside them.
    pub attachments: Vec<HeldAttachment>,
    /// What was decided about them.
    pub decisions: Vec<HeldDecision>,
    /// What people of the office wrote while they decided.
    pub acts: Vec<HeldAct>,
    /// What people of the staff wrote about it beside the case.
    pub reasons: Vec<HeldReason>,
    /// What was sent because of it.
    pub messages: Vec<HeldMessage>,
    /// What the audit log says about it.
    pub audit: Vec<AuditRow>,
}

/// A document.
#[derive(Debug, Serialize)]
pub struct HeldDocument {
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Length in bytes.
    pub bytes: i64,
    /// When it was received.
    pub received_at: Timestamp,
}

/// An attachment.
#[derive(Debug, Serialize)]
pub struct HeldAttachment {
    /// `appointment`, or one of the five documents of the counter.
    pub kind: AttachmentKind,
    /// The file.
    #[serde(flatten)]
    pub file: HeldDocument,
}

/// An act of a person of the office, without their name: that is another person's datum.
#[derive(Debug, Serialize)]
pub struct HeldAct {
    /// What.
    pub act: CaseAct,
    /// Why, if the act has a reason.
    pub reason: Option<ReviewReason>,
    /// In their words.
    pub note: String,
    /// What they read, when the machine could not.
    pub reading: ReadByPerson,
    /// When.
    pub at: Timestamp,
}

/// Why somebody of the staff did something, without their name.
#[derive(Debug, Serialize)]
pub struct HeldReason {
    /// What they did, as the log calls it.
    pub event: Event,
    /// In their words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// A message. Its text can be made again from its kind and what stands beside it.
#[derive(Debug, Serialize)]
pub struct HeldMessage {
    /// What it says.
    pub kind: MessageKind,
    /// Where it went.
    #[serde(serialize_with = "in_full")]
    pub recipient: Recipient,
    /// What its text needs besides the petition.
    pub facts: Value,
    /// When it was decided.
    pub created_at: Timestamp,
    /// When a server took it.
    pub sent_at: Option<Timestamp>,
    /// When it came back.
    pub bounced_at: Option<Timestamp>,
}

/// The person's own address is shown to them.
fn in_full<S: Serializer>(recipient: &Recipient, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(recipient.as_str())
}

/// A decision.
#[derive(Debug, Serialize)]
pub struct HeldDecision {
    /// The document it is about.
    pub sha256: Sha256,
    /// The outcome.
    pub outcome: Outcome,
    /// When.
    pub decided_at: Timestamp,
    /// The decision.
    pub decision: Value,
    /// The report it rests on.
    pub report: Option<Value>,
}

/// What became of one thing when its deletion was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// What it is.
    pub what: Kind,
    /// Which: a petition's number, a RUC.
    pub which: String,
    /// What became of it.
    pub fate: Fate,
}

/// Kinds of things that are kept about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Form, documents and attachments of a petition.
    Documents,
    /// A post in the registry: the person signs for that employer.
    RegistryEntry,
    /// The person's own entry in the registry, as an employer.
    OwnEntry,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is gone.
    Deleted,
    /// It had gone before.
    WasGone,
    /// It stays until then: whoever disputes the decision may ask for it.
    StaysUntil(Timestamp),
    /// It stays because somebody is still at work on it.
    StaysInProgress,
    /// It stays because the person is that employer or signs for it, or decisions were made while they did.
    StaysRegistered,
}

/// The RUCs that are built on a cédula: a natural person's, and a household's (PRODUCT §1.1).
#[must_use]
pub fn own_rucs(document: &IdentityDocument) -> Vec<Ruc> {
    if !document.is_cedula() {
        return Vec::new();
    }
    ["001", "000"]
        .iter()
        .filter_map(|end| format!("{document}{end}").parse().ok())
        .collect()
}

/// Puts together everything that is kept about a person.
pub async fn gather(
    store: &Store,
    document: &IdentityDocument,
    at: Timestamp,
) -> Result<Dossier, StoreError> {
    let own = own_rucs(document);
    let representations = store.representations(document).await?;
    let mut employers = Vec::new();
    for ruc in &own {
        for branch in store.branches(ruc).await? {
            employers.extend(store.employer(ruc, &branch).await?.map(|it| it.employer));
        }
    }
    let mut history = Vec::new();
    for ruc in &employers_of(&representations, &own) {
        for logged in store.history(ruc).await? {
            let change = &logged.change;
            let about = own.contains(ruc) || change.subject.item.starts_with(document.as_str());
            if about {
                history.push(serde_json::json!({
                    "version": logged.seq,
                    "ruc": ruc,
                    "before": change.before,
                    "after": change.after,
                }));
            }
        }
    }
    let mut reasons = Vec::new();
    for ruc in &own {
        let said = store.reasons_about_employer(ruc).await?;
        reasons.extend(said.into_iter().map(HeldReason::from));
    }
    let mut petitions = Vec::new();
    for number in store.petitions_about(document, &own).await? {
        if let Some(petition) = store.petition(&number).await? {
            petitions.push(held(store, petition).await?);
        }
    }
    Ok(Dossier {
        document: document.clone(),
        at,
        representations,
        employers,
        history,
        reasons,
        petitions,
    })
}

/// Rows of the audit log about one petition: far more than there ever are.
const MOST_ROWS: i64 = 10_000;

async fn held(store: &Store, petition: PetitionRow) -> Result<HeldPetition, StoreError> {
    let number = petition.number;
    let documents = store.documents(&number).await?;
    let mut decisions = Vec::new();
    for sha256 in store.decided_documents(&number).await? {
        if let Some(decided) = store.decision(&number, sha256).await? {
            decisions.push(HeldDecision {
                sha256,
                outcome: decided.outcome,
                decided_at: decided.decided_at,
                decision: decided.as_kept().clone(),
                report: decided.report,
            });
        }
    }
    Ok(HeldPetition {
        audit: store.audit_of(number.as_str(), 0, MOST_ROWS).await?,
        state: petition.state,
        content: petition.content,
        issued_at: petition.issued_at,
        decided_at: petition.decided_at,
        documents: documents
            .iter()
            .map(|row| HeldDocument {
                sha256: row.sha256,
                bytes: row.bytes,
                received_at: row.received_at,
            })
            .collect(),
        attachments: store
            .attachments(&number)
            .await?
            .into_iter()
            .map(HeldAttachment::from)
            .collect(),
        acts: store
            .case_acts(&number)
            .await?
            .into_iter()
            .map(HeldAct::from)
            .collect(),
        reasons: store
            .reasons_about(&number)
            .await?
            .into_iter()
            .map(HeldReason::from)
            .collect(),
        messages: store
            .messages_of(&number)
            .await?
            .into_iter()
            .map(HeldMessage::from)
            .collect(),
        decisions,
        number,
    })
}

impl From<AttachmentRow> for HeldAttachment {
    fn from(row: AttachmentRow) -> Self {
        Self {
            kind: row.kind,
            file: HeldDocument {
                sha256: row.sha256,
                bytes: row.bytes,
                received_at: row.received_at,
            },
        }
    }
}

impl From<ActRow> for HeldAct {
    fn from(row: ActRow) -> Self {
        Self {
            act: row.act,
            reason: row.reason,
            note: row.note,
            reading: row.reading,
            at: row.at,
        }
    }
}

impl From<Why> for HeldReason {
    fn from(why: Why) -> Self {
        Self {
            event: why.event,
            reason: why.reason,
            at: why.at,
        }
    }
}

impl From<Message> for HeldMessage {
    fn from(message: Message) -> Self {
        Self {
            kind: message.kind,
            recipient: message.recipient,
            facts: message.facts,
            created_at: message.created_at,
            sent_at: message.sent_at,
            bounced_at: message.bounced_at,
        }
    }
}

/// Deletes what no term obliges to keep, and says what became of everything else.
pub async fn erase(
    intake: &Intake,
    terms: &Terms,
    document: &IdentityDocument,
    actor: &str,
) -> Result<Vec<Erased>, IntakeError> {
    let store = intake.store();
    let mut all = Vec::new();
    for number in store.petitions_about(document, &own_rucs(document)).await? {
        let Some(petition) = store.petition(&number).await? else {
            continue;
        };
        let fate = fate(&petition, terms, intake.now());
        if fate == Fate::Deleted {
            intake
                .erase(&number, actor, "asked for by the person")
                .await?;
        }
        all.push(Erased {
            what: Kind::Documents,
            which: number.to_string(),
            fate,
        });
    }
    for ruc in own_rucs(document) {
        for branch in store.branches(&ruc).await? {
            all.push(Erased {
                what: Kind::OwnEntry,
                which: format!("{ruc} {branch}"),
                fate: Fate::StaysRegistered,
            });
        }
    }
    for one in store.representations(document).await? {
        all.push(Erased {
            what: Kind::RegistryEntry,
            which: format!("{} {}", one.ruc, one.branch),
            fate: Fate::StaysRegistered,
        });
    }
    Ok(all)
}

/// What becomes of a petition's documents.
fn fate(petition: &PetitionRow, terms: &Terms, now: Timestamp) -> Fate {
    match petition.state {
        State::Received | State::InReview | State::AwaitingCompletion => Fate::StaysInProgress,
        State::Issued if now < petition.expires_at => Fate::StaysInProgress,
        State::Issued if petition.form.is_none() => Fate::WasGone,
        State::Issued => Fate::Deleted,
        _ if petition.form.is_none() && petition.decided_at.is_none() => Fate::WasGone,
        _ => {
            let ended = petition.decided_at.unwrap_or(petition.expires_at);
            let until = terms
                .documents
                .and_then(|term| ended.checked_add(term).ok())
                .unwrap_or(Timestamp::MAX);
            if now < until {
                Fate::StaysUntil(until)
            } else {
                Fate::Deleted
            }
        }
    }
}
