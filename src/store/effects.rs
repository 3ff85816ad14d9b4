//! What a decision sets in motion, written in the transaction that records it: messages, an unblocked account, a petition that
//! waited for an address. A person's decision and the machine's go through the same door.

use jiff::Timestamp;
use serde_json::json;

use super::deliveries::{self, NewDelivery};
use super::jobs::keep_job;
use super::outbox::enqueue;
use super::petitions::move_state;
use super::sql::query;
use super::{DeliveryKind, Message, Store, StoreError, Writing, audit, lockouts, parsed};
use crate::domain::{BranchCode, Event, PetitionNumber, Ruc, Sha256, State};

const KEEP_RESUMPTION: &str =
    "insert into resumptions (number, resumes) values ($1, $2) on conflict (number) do nothing";
const RESUMED: &str = "select p.number, p.document_sha256 from resumptions r join petitions p on p.number = r.resumes \
     where r.number = $1 and p.state = $2 and p.document_sha256 is not null";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[KEEP_RESUMPTION, RESUMED];

/// What a decision sets in motion.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// What is to be sent.
    pub messages: Vec<Message>,
    /// The account that is opened again.
    pub unblocking: Option<Unblocking>,
}

/// A locked account that is opened again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unblocking {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// Whether the portal is another system, which must be told.
    pub elsewhere: bool,
}

/// Writes down what the decision about `number` sets in motion.
pub(super) async fn set_in_motion(
    writing: &mut Writing,
    number: &PetitionNumber,
    effects: &Effects,
    at: Timestamp,
) -> Result<(), StoreError> {
    if let Some(Unblocking {
        ruc,
        branch,
        elsewhere,
    }) = &effects.unblocking
    {
        if *elsewhere {
            let id = deliveries::unblocking_id(number);
            let new = NewDelivery {
                kind: DeliveryKind::Unblock,
                number,
                ruc,
                branch,
                id: &id,
                payload: None,
            };
            deliveries::keep(writing, &new, at).await?;
        } else {
            lockouts::open(writing, ruc, branch).await?;
            let (subject, facts) = (number.as_str(), json!({}));
            audit::append(
                writing,
                at,
                "service",
                subject,
                Event::AccountUnblocked,
                &facts,
            )
            .await?;
        }
    }
    for message in &effects.messages {
        enqueue(writing, message).await?;
    }
    Ok(())
}

/// An address was confirmed: the petition that waited for one is decided again, as of when it was received. Whether there is
/// one.
pub(super) async fn resume(
    writing: &mut Writing,
    number: &PetitionNumber,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let waiting = query(RESUMED)
        .bind(number.as_str())
        .bind(State::Refused.as_str())
        .fetch_optional(&mut **writing)
        .await?;
    let Some(row) = waiting else {
        return Ok(false);
    };
    let resumed: PetitionNumber = parsed(&row, "petitions", "number")?;
    let document: Sha256 = row
        .try_get::<String>("document_sha256")?
        .parse()
        .map_err(|_| StoreError::Inconsistent {
            table: "petitions",
            column: "document_sha256",
        })?;
    let (from, to) = (State::Refused, State::Received);
    move_state(writing, &resumed, from, to, "service", at).await?;
    keep_job(writing, &resumed, document, at).await?;
    Ok(true)
}

impl Store {
    /// Remembers that `number` asks for the address which `resumes` lacked.
    pub async fn keep_resumption(
        &self,
        number: &PetitionNumber,
        resumes: &PetitionNumber,
    ) -> Result<(), StoreError> {
        query(KEEP_RESUMPTION)
            .bind(number.as_str())
            .bind(resumes.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
