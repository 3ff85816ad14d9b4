//! Changes that one supervisor proposes and another one confirms (PRODUCT threat 18). A change of the registry comes in as
//! an import of its own: it has a version, a place in the log of changes, and can be undone like any other.
//!
//! That two people took part is checked where it is written: the statement that begins to apply a proposal names its
//! proposer as somebody else.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::sql::{self, Row, query};
use super::facts::{Change, Facts, Known, Part, Subject};
use super::{
    ImportKind, ImportRow, ImportState, NewImport, RowCounts, SET_STATE, UnknownWord, apply, audit,
    audit_import, insert, unfinished,
};
use crate::domain::{Acting, Event, Sha256, UserName, closed_list};
use crate::protection::Keyring;
use crate::store::people::is_in;
use crate::store::protected::{Column, PROPOSED_AFTER, PROPOSED_BEFORE};
use crate::store::{Store, StoreError, Writing, maybe, maybe_moment, moment, moved, parsed};
use crate::verify::entities::StatusChange;

const NUMBER: &str = "insert into counters (name, value) values ('proposals', 1) \
                      on conflict (name) do update set value = counters.value + 1 returning value";
const PROPOSE: &str = "insert into proposals (id, kind, part, ruc, branch, item, before_image, after_image, undoes, \
                       trust_change, reason, proposed_by, proposed_ms, state) \
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'open')";
macro_rules! proposal_columns {
    () => {
        "id, kind, part, ruc, branch, item, before_image, after_image, undoes, trust_change, reason, proposed_by, \
         proposed_ms, state, decided_by, decided_ms, import_id"
    };
}
const PROPOSAL: &str = concat!(
    "select ",
    proposal_columns!(),
    " from proposals where id = $1"
);
const IN_STATE: &str = concat!(
    "select ",
    proposal_columns!(),
    " from proposals where state = $1 order by id desc limit 200"
);
const TAKE_ON: &str = "update proposals set state = 'applying', decided_by = $1, decided_ms = $2 \
                       where id = $3 and proposed_by <> $1 and (state = 'open' or (state = 'applying' and decided_ms <= $4))";
const SETTLE: &str = "update proposals set state = $1, decided_by = $2, decided_ms = $3 where id = $4 and state = 'open'";
const DONE: &str =
    "update proposals set state = 'confirmed', import_id = $1 where id = $2 and state = 'applying'";
const GIVE_BACK: &str = "update proposals set state = 'open', decided_by = null, decided_ms = null \
                         where id = $1 and state = 'applying' and decided_by = $2 and decided_ms = $3";

/// What is being carried out for so long was interrupted: somebody may go on with it. A batch of an undo takes seconds.
const INTERRUPTED: SignedDuration = SignedDuration::from_mins(10);

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    NUMBER, PROPOSE, PROPOSAL, IN_STATE, TAKE_ON, SETTLE, DONE, GIVE_BACK,
];

closed_list!(
    /// How far a proposal has come.
    ProposalState, UnknownWord, |_word| UnknownWord, {
        /// Somebody else must look at it.
        Open = "open",
        /// Confirmed, and being carried out; what was interrupted is gone on with.
        Applying = "applying",
        /// Carried out.
        Confirmed = "confirmed",
        /// Somebody else said no.
        Refused = "refused",
        /// Its proposer took it back.
        Withdrawn = "withdrawn",
    }
);

/// What is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "there are few, handled one at a time"
)]
pub enum Matter {
    /// Something else is to be known of a subject of the registry.
    Registry(Change),
    /// An import is to be taken back.
    Undo(i64),
    /// A CA certificate is to count otherwise.
    Trust(StatusChange),
    /// A CA certificate is to be trusted that was not.
    Pin(NewPin),
}

/// A CA certificate that somebody answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPin {
    /// The entity of the table that it belongs to.
    pub entity: String,
    /// Fingerprint.
    pub sha256: Sha256,
    /// The certificate: DER in base64.
    pub certificate: String,
}

/// A proposal as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposalRow {
    /// Number.
    pub id: i64,
    /// What is proposed.
    pub matter: Matter,
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: UserName,
    /// When.
    pub proposed_at: Timestamp,
    /// How far it has come.
    pub state: ProposalState,
    /// Who decided about it.
    pub decided_by: Option<UserName>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The import by which it came into the registry.
    pub import: Option<i64>,
}

/// Why a proposal was not made or not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// There is none with this number.
    #[error("there is no proposal {0}")]
    Unknown(i64),
    /// It would change nothing.
    #[error("it would change nothing")]
    NoDifference,
    /// Whoever proposes something does not confirm it.
    #[error("whoever proposes something does not confirm it")]
    SamePerson,
    /// Only its proposer takes it back.
    #[error("only its proposer takes it back")]
    NotYours,
    /// Somebody else has decided about it.
    #[error("it has been decided about")]
    Decided,
    /// The registry has changed since: the proposal no longer says what it would do.
    #[error("the registry has changed since")]
    Outdated,
    /// An import is at work.
    #[error("an import is at work")]
    Busy,
    /// Whoever acts was shown out meanwhile.
    #[error("shown out")]
    ShownOut,
    /// Whoever acts is tied to the employer.
    #[error("tied to the employer")]
    Tied,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sql::Error> for ProposalError {
    fn from(error: sql::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// What the operator's table says of a subject now.
    pub async fn registry_facts(&self, subject: &Subject) -> Result<Option<Facts>, StoreError> {
        let mut connection = self.read.acquire().await?;
        let known = Known::read(
            &self.keys,
            &mut connection,
            &[subject.part],
            std::slice::from_ref(&subject.ruc),
        )
        .await?;
        Ok(known.facts(subject))
    }

    /// Proposes that something else be known of a subject.
    ///
    /// # Errors
    /// [`ProposalError::NoDifference`].
    pub async fn propose_change(
        &self,
        subject: Subject,
        after: Facts,
        reason: &str,
        by: &Acting,
        at: Timestamp,
    ) -> Result<i64, ProposalError> {
        let mut connection = self.read.acquire().await?;
        let known = Known::read(
            &self.keys,
            &mut connection,
            &[subject.part],
            std::slice::from_ref(&subject.ruc),
        )
        .await?;
        drop(connection);
        let change = known
            .change(subject, Some(after))
            .ok_or(ProposalError::NoDifference)?;
        self.propose(&Matter::Registry(change), reason, by, at)
            .await
    }

    /// Keeps a proposal; its number.
    pub async fn propose(
        &self,
        matter: &Matter,
        reason: &str,
        by: &Acting,
        at: Timestamp,
    ) -> Result<i64, ProposalError> {
        let mut writing = self.begin().await?;
        check_in(&mut writing, by).await?;
        let row = query(NUMBER).fetch_one(&mut *writing).await?;
        let id: i64 = row.try_get("value")?;
        let change = match matter {
            Matter::Registry(change) => Some(change),
            _ => None,
        };
        let (undoes, trust_change) = match matter {
            Matter::Undo(import) => (Some(*import), None),
            Matter::Trust(change) => (None, Some(json!(change).to_string())),
            Matter::Pin(pin) => (None, Some(json!(pin).to_string())),
            Matter::Registry(_) => (None, None),
        };
        let keys = writing.keys.clone();
        let image = |column: Column, facts: Option<&Facts>| {
            let image = facts.map(Facts::image);
            column.protect_maybe(&keys, &[&id.to_string()], image.as_deref())
        };
        query(PROPOSE)
            .bind(id)
            .bind(kind(matter))
            .bind(change.map(|change| change.subject.part.as_str()))
            .bind(change.map(|change| change.subject.ruc.as_str().to_owned()))
            .bind(change.map(|change| change.subject.branch.clone()))
            .bind(change.map(|change| change.subject.item.clone()))
            .bind(image(
                PROPOSED_BEFORE,
                change.and_then(|change| change.before.as_ref()),
            )?)
            .bind(image(
                PROPOSED_AFTER,
                change.and_then(|change| change.after.as_ref()),
            )?)
            .bind(undoes)
            .bind(trust_change)
            .bind(reason)
            .bind(by.user.as_str())
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        note(&mut writing, id, kind(matter), Event::ProposalMade, by, at).await?;
        writing.commit().await?;
        Ok(id)
    }

    /// The proposal with this number.
    pub async fn proposal(&self, id: i64) -> Result<Option<ProposalRow>, StoreError> {
        let row = query(PROPOSAL).bind(id).fetch_optional(&self.read).await?;
        row.as_ref()
            .map(|row| proposal(&self.keys, row))
            .transpose()
    }

    /// Proposals in a state, the newest first.
    pub async fn proposals(&self, state: ProposalState) -> Result<Vec<ProposalRow>, StoreError> {
        let rows = query(IN_STATE)
            .bind(state.as_str())
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(|row| proposal(&self.keys, row)).collect()
    }

    /// Refuses a proposal of somebody else, or takes back one's own.
    ///
    /// # Errors
    /// [`ProposalError::NotYours`], [`ProposalError::Decided`].
    pub async fn settle_proposal(
        &self,
        id: i64,
        to: ProposalState,
        by: &Acting,
        at: Timestamp,
    ) -> Result<(), ProposalError> {
        let known = self.proposal(id).await?.ok_or(ProposalError::Unknown(id))?;
        let own = known.proposed_by == by.user;
        if own != (to == ProposalState::Withdrawn) {
            return Err(if own {
                ProposalError::SamePerson
            } else {
                ProposalError::NotYours
            });
        }
        let mut writing = self.begin().await?;
        check_in(&mut writing, by).await?;
        let settled = query(SETTLE)
            .bind(to.as_str())
            .bind(by.user.as_str())
            .bind(at.as_millisecond())
            .bind(id)
            .execute(&mut *writing)
            .await?;
        moved(settled).map_err(|_| ProposalError::Decided)?;
        let event = if own {
            Event::ProposalWithdrawn
        } else {
            Event::ProposalRefused
        };
        note(&mut writing, id, kind(&known.matter), event, by, at).await?;
        writing.commit().await?;
        Ok(())
    }

    /// Confirms a change of the registry and carries it out, in one transaction.
    ///
    /// # Errors
    /// [`ProposalError::SamePerson`], [`ProposalError::Outdated`] when the registry says something else than it did.
    pub async fn confirm_change(
        &self,
        id: i64,
        by: &Acting,
        at: Timestamp,
    ) -> Result<ImportRow, ProposalError> {
        let mut writing = self.begin().await?;
        let known = take_on(&mut writing, id, by, at).await?;
        let Matter::Registry(proposed) = known.matter else {
            return Err(ProposalError::Unknown(id));
        };
        if !unfinished(&mut writing).await?.is_empty() {
            return Err(ProposalError::Busy);
        }
        let actor = by.actor();
        let new = NewImport {
            kind: ImportKind::Screen,
            file: &format!("propuesta {id}"),
            sha256: Sha256::of(
                proposed
                    .after
                    .as_ref()
                    .map(Facts::image)
                    .unwrap_or_default()
                    .as_bytes(),
            ),
            whole: false,
            actor: &actor,
            rows: RowCounts {
                read: 1,
                ..RowCounts::default()
            },
        };
        // Taken before anything is read: numbers are given in order, so nobody else changes the registry until the end.
        let mut import = insert(&mut writing, &new, None, String::new(), at).await?;
        let facts = Known::read(
            &self.keys,
            &mut writing,
            &[proposed.subject.part],
            std::slice::from_ref(&proposed.subject.ruc),
        )
        .await?;
        if facts.facts(&proposed.subject) != proposed.before {
            return Err(ProposalError::Outdated);
        }
        let change = facts
            .change(proposed.subject, proposed.after)
            .ok_or(ProposalError::Outdated)?;
        apply(&mut writing, &mut import, 1, &[change], "1".to_owned()).await?;
        let done = query(SET_STATE)
            .bind(ImportState::Done.as_str())
            .bind(at.as_millisecond())
            .bind(import.id)
            .bind(ImportState::Running.as_str())
            .execute(&mut *writing)
            .await?;
        moved(done)?;
        import.state = ImportState::Done;
        import.ended_at = Some(at);
        audit_import(&mut writing, &import, Event::RegistryImported, at).await?;
        done_with(&mut writing, id, Some(import.id)).await?;
        note(
            &mut writing,
            id,
            "registry",
            Event::ProposalConfirmed,
            by,
            at,
        )
        .await?;
        writing.commit().await?;
        Ok(import)
    }

    /// Begins to carry out a proposal whose effect lies outside this transaction: an undo, a change of trust.
    ///
    /// # Errors
    /// [`ProposalError::SamePerson`], [`ProposalError::Decided`].
    pub async fn begin_proposal(
        &self,
        id: i64,
        by: &Acting,
        at: Timestamp,
    ) -> Result<Matter, ProposalError> {
        let mut writing = self.begin().await?;
        let known = take_on(&mut writing, id, by, at).await?;
        note(
            &mut writing,
            id,
            kind(&known.matter),
            Event::ProposalConfirmed,
            by,
            at,
        )
        .await?;
        writing.commit().await?;
        Ok(known.matter)
    }

    /// It is carried out.
    pub async fn finish_proposal(&self, id: i64, import: Option<i64>) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        done_with(&mut writing, id, import).await?;
        writing.commit().await?;
        Ok(())
    }

    /// It could not be carried out, and nothing of it was: somebody may try again.
    pub async fn reopen_proposal(
        &self,
        id: i64,
        by: &Acting,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let given_back = query(GIVE_BACK)
            .bind(id)
            .bind(by.user.as_str())
            .bind(at.as_millisecond())
            .execute(&mut *writing)
            .await?;
        moved(given_back)?;
        note(&mut writing, id, "undo", Event::ProposalReopened, by, at).await?;
        writing.commit().await?;
        Ok(())
    }
}

fn kind(matter: &Matter) -> &'static str {
    match matter {
        Matter::Registry(_) => "registry",
        Matter::Undo(_) => "undo",
        Matter::Trust(_) => "trust",
        Matter::Pin(_) => "pin",
    }
}

/// The proposal, taken on by somebody who did not propose it.
async fn take_on(
    writing: &mut Writing,
    id: i64,
    by: &Acting,
    at: Timestamp,
) -> Result<ProposalRow, ProposalError> {
    check_in(writing, by).await?;
    let taken = query(TAKE_ON)
        .bind(by.user.as_str())
        .bind(at.as_millisecond())
        .bind(id)
        .bind((at - INTERRUPTED).as_millisecond())
        .execute(&mut **writing)
        .await?;
    let row = query(PROPOSAL)
        .bind(id)
        .fetch_optional(&mut **writing)
        .await?;
    let known = proposal(&writing.keys, &row.ok_or(ProposalError::Unknown(id))?)?;
    match taken.rows_affected() {
        1 => Ok(known),
        _ if known.proposed_by == by.user => Err(ProposalError::SamePerson),
        _ => Err(ProposalError::Decided),
    }
}

async fn check_in(writing: &mut Writing, by: &Acting) -> Result<(), ProposalError> {
    if is_in(writing, by).await? {
        Ok(())
    } else {
        Err(ProposalError::ShownOut)
    }
}

async fn done_with(writing: &mut Writing, id: i64, import: Option<i64>) -> Result<(), StoreError> {
    let done = query(DONE)
        .bind(import)
        .bind(id)
        .execute(&mut **writing)
        .await?;
    moved(done)
}

/// The log names the proposal, whose contents stand in its row: the log holds no personal data.
async fn note(
    writing: &mut Writing,
    id: i64,
    kind: &str,
    event: Event,
    by: &Acting,
    at: Timestamp,
) -> Result<(), StoreError> {
    let facts = json!({ "kind": kind, "from": by.address });
    audit::append(
        writing,
        at,
        &by.actor(),
        &format!("proposal/{id}"),
        event,
        &facts,
    )
    .await
}

fn proposal(keys: &Keyring, row: &Row) -> Result<ProposalRow, StoreError> {
    const TABLE: &str = "proposals";
    let inconsistent = |column| StoreError::Inconsistent {
        table: TABLE,
        column,
    };
    let kind: String = row.try_get("kind")?;
    let matter = match kind.as_str() {
        "registry" => Matter::Registry(change(keys, row)?),
        "undo" => Matter::Undo(row.try_get("undoes")?),
        "trust" => {
            let text: String = row.try_get("trust_change")?;
            Matter::Trust(serde_json::from_str(&text).map_err(|_| inconsistent("trust_change"))?)
        }
        "pin" => {
            let text: String = row.try_get("trust_change")?;
            Matter::Pin(serde_json::from_str(&text).map_err(|_| inconsistent("trust_change"))?)
        }
        _ => return Err(inconsistent("kind")),
    };
    Ok(ProposalRow {
        id: row.try_get("id")?,
        matter,
        reason: row.try_get("reason")?,
        proposed_by: parsed(row, TABLE, "proposed_by")?,
        proposed_at: moment(row, TABLE, "proposed_ms")?,
        state: parsed(row, TABLE, "state")?,
        decided_by: maybe(row, TABLE, "decided_by")?,
        decided_at: maybe_moment(row, TABLE, "decided_ms")?,
        import: row.try_get("import_id")?,
    })
}

fn change(keys: &Keyring, row: &Row) -> Result<Change, StoreError> {
    const TABLE: &str = "proposals";
    let part: Part = parsed(row, TABLE, "part")?;
    let id: i64 = row.try_get("id")?;
    let image = |column: Column| -> Result<Option<Facts>, StoreError> {
        let image = column.read_maybe(keys, &[&id.to_string()], row)?;
        image
            .map(|image| Facts::from_image(part, &image))
            .transpose()
    };
    Ok(Change {
        subject: Subject {
            part,
            ruc: parsed(row, TABLE, "ruc")?,
            branch: row.try_get("branch")?,
            item: row.try_get("item")?,
        },
        before: image(PROPOSED_BEFORE)?,
        after: image(PROPOSED_AFTER)?,
    })
}
