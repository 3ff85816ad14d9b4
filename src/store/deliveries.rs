//! What goes to the portal of another system: a new key, or an unblocking. A row is written in the transaction that decides
//! it and delivered by the worker, at least once; its id is the idempotency key, so that twice does no harm. An older key
//! never overtakes a newer one: the newer one withdraws it, or waits for its call to end where it is on the line. An unblocking that
//! is stuck holds no key up.

use jiff::Timestamp;
use serde_json::json;

use super::leases::{Queue, claim};
use super::outbox::enqueue;
use super::petitions::move_state;
use super::protected::PAYLOAD;
use super::sql::{Row, query};
use super::{
    Alarm, AlarmKind, Held, Message, Store, StoreError, Writing, alarms, audit, maybe_moment,
    moment, moved, parsed,
};
use crate::domain::{
    BranchCode, CallCause, EmailAddress, Event, ParsePetitionError, PetitionNumber, Ruc, State,
    closed_list,
};
use crate::protection::Keyring;

/// All that is known of a delivery.
macro_rules! columns {
    () => {
        "id, sequence, kind, number, ruc, branch, payload, created_ms, due_ms, called_ms, attempts, failures, unheard, state, \
         ended_ms, last_error"
    };
}

/// Never below the clock: a database that is restored has forgotten what the portal was told since, and the portal ignores
/// whatever comes with a lower number than that.
const COUNT_ON: &str = "update counters set value = case when value < $1 then $1 else value + 1 end where name = 'portal'";
const COUNTER_ROW: &str =
    "insert into counters (name, value) values ('portal', 0) on conflict (name) do nothing";
const COUNTER: &str = "select value from counters where name = 'portal'";
const KEEP: &str = "insert into portal_deliveries (id, sequence, kind, number, ruc, branch, payload, created_ms, due_ms, \
     lease_until_ms, attempts, failures, state) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0, 0, 0, 'pending')";
pub(super) const DELIVERIES: Queue = Queue {
    claim: claim!(
        "update portal_deliveries set lease_until_ms = $1, attempts = attempts + 1, called_ms = coalesce(called_ms, $2) \
     where id = (select d.id from portal_deliveries d \
     where d.state = 'pending' and d.due_ms <= $2 and d.lease_until_ms <= $3 \
     and not exists (select 1 from portal_deliveries o where o.ruc = d.ruc and o.branch = d.branch and o.kind = d.kind \
     and o.state = 'pending' and o.sequence < d.sequence and o.lease_until_ms > $3) order by d.due_ms, d.id limit 1",
        ") returning ",
        columns!()
    ),
    renew: "update portal_deliveries set lease_until_ms = $1 where lease_until_ms = $2 and id = $3 and state = 'pending'",
};
const DELIVERED: &str = "update portal_deliveries set state = 'delivered', payload = null, ended_ms = $1, last_error = null \
     where id = $2 and state = 'pending'";
const FAILED: &str = "update portal_deliveries set due_ms = $1, lease_until_ms = 0, failures = failures + 1, unheard = unheard + $2, \
     last_error = $3 where id = $4 and state = 'pending' and lease_until_ms = $5";
const ENDED: &str = "update portal_deliveries set state = $1, payload = null, ended_ms = $2, last_error = $3 \
     where id = $4 and state = 'pending' and lease_until_ms = $5";
const WITHDRAW: &str = "update portal_deliveries set state = 'withdrawn', payload = null, ended_ms = $1, last_error = $2 \
     where ruc = $3 and branch = $4 and state = 'pending' and lease_until_ms <= $5";
const OVERTAKE: &str = "update portal_deliveries set state = 'withdrawn', payload = null, ended_ms = $1, last_error = $2 \
     where ruc = $3 and branch = $4 and state = 'pending' and kind = 'set_password' and lease_until_ms <= $5 and sequence < $6 \
     returning id, number";
/// Whatever became of the newer one: who chose it does not want the older one any more.
const NEWER: &str = "select count(*) as newer from portal_deliveries where ruc = $1 and branch = $2 and kind = 'set_password' \
     and state <> 'withdrawn' and sequence > $3";
/// What rang for it has its name from both.
const LATE: &str = concat!(
    "select ",
    columns!(),
    " from portal_deliveries where state = 'pending' and created_ms <= $1 \
     and not exists (select 1 from alarms where alarms.id = 'delivery_late:' || portal_deliveries.id) order by created_ms, id limit $2"
);
const OF_PETITION: &str = concat!(
    "select ",
    columns!(),
    " from portal_deliveries where number = $1 order by sequence desc"
);
const RELEASE: &str = "update portal_deliveries set lease_until_ms = 0 where state = 'pending' and lease_until_ms > 0";
const COUNT: &str = "select count(*) as known from portal_deliveries where state = $1";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    COUNT_ON,
    COUNTER_ROW,
    COUNTER,
    KEEP,
    DELIVERIES.renew,
    DELIVERED,
    FAILED,
    ENDED,
    WITHDRAW,
    OVERTAKE,
    NEWER,
    LATE,
    OF_PETITION,
    RELEASE,
    COUNT,
];

closed_list!(
    /// What the portal is told.
    DeliveryKind, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// The new key of an employer.
        SetPassword = "set_password",
        /// The account is open again.
        Unblock = "unblock",
    }
);

closed_list!(
    /// Where a delivery stands.
    DeliveryState, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// Under way.
        Pending = "pending",
        /// The portal has it.
        Delivered = "delivered",
        /// The portal does not take it; a person must look.
        Parked = "parked",
        /// Overtaken by «no fui yo», or by a newer key.
        Withdrawn = "withdrawn",
    }
);

impl DeliveryKind {
    /// What the log says when it begins.
    fn event(self) -> Event {
        match self {
            Self::SetPassword => Event::PortalSetPassword,
            Self::Unblock => Event::PortalUnblock,
        }
    }
}

/// Something for the portal.
#[derive(Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Idempotency key.
    pub id: String,
    /// Its place among all deliveries: rising, and never below the milliseconds since 1970 at which it was decided.
    pub sequence: i64,
    /// What the portal is told.
    pub kind: DeliveryKind,
    /// The petition behind it.
    pub number: PetitionNumber,
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// The key as it was kept for the portal, until it has it.
    pub payload: Option<String>,
    /// When it was decided.
    pub created_at: Timestamp,
    /// When it is tried next.
    pub due_at: Timestamp,
    /// When it was first called for.
    pub called_at: Option<Timestamp>,
    /// How often delivering has begun.
    pub attempts: i64,
    /// How often it has failed and was noted.
    pub failures: i64,
    /// How often of these nothing was heard.
    pub unheard: i64,
    /// Where it stands.
    pub state: DeliveryState,
    /// When it was delivered, parked or withdrawn.
    pub ended_at: Option<Timestamp>,
    /// Why it failed last.
    pub error: Option<String>,
}

impl Delivery {
    /// Whether a call before the one that is under way ended without an answer, or was cut off: the portal may have done it then,
    /// whatever it says now.
    #[must_use]
    pub fn may_be_done(&self) -> bool {
        self.unheard > 0 || self.attempts - 1 > self.failures
    }
}

/// Names the unblocking that a petition asks for.
pub(super) fn unblocking_id(number: &PetitionNumber) -> String {
    format!("{number}{UNBLOCKING}")
}

/// Whether a delivery of this name is an unblocking.
#[must_use]
pub fn is_unblocking(id: &str) -> bool {
    id.ends_with(UNBLOCKING)
}

const UNBLOCKING: &str = ":unblock";

/// Whether a call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// By somebody.
    Something,
    /// By nobody.
    Nothing,
}

// A key may be in it.
impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Delivery({}, {})", self.id, self.state)
    }
}

/// A delivery that is decided now.
pub(super) struct NewDelivery<'a> {
    pub(super) kind: DeliveryKind,
    pub(super) number: &'a PetitionNumber,
    pub(super) ruc: &'a Ruc,
    pub(super) branch: &'a BranchCode,
    pub(super) id: &'a str,
    pub(super) payload: Option<&'a str>,
}

fn delivery(keys: &Keyring, row: &Row) -> Result<Delivery, StoreError> {
    const TABLE: &str = "portal_deliveries";
    let id: String = row.try_get("id")?;
    Ok(Delivery {
        payload: PAYLOAD.read_maybe(keys, &[id.as_str()], row)?,
        id,
        sequence: row.try_get("sequence")?,
        kind: parsed(row, TABLE, "kind")?,
        number: parsed(row, TABLE, "number")?,
        ruc: parsed(row, TABLE, "ruc")?,
        branch: parsed(row, TABLE, "branch")?,
        created_at: moment(row, TABLE, "created_ms")?,
        due_at: moment(row, TABLE, "due_ms")?,
        called_at: maybe_moment(row, TABLE, "called_ms")?,
        attempts: row.try_get("attempts")?,
        failures: row.try_get("failures")?,
        unheard: row.try_get("unheard")?,
        state: parsed(row, TABLE, "state")?,
        ended_at: maybe_moment(row, TABLE, "ended_ms")?,
        error: row.try_get("last_error")?,
    })
}

/// Adds a delivery to the transaction that decides it.
pub(super) async fn keep(
    writing: &mut Writing,
    new: &NewDelivery<'_>,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(COUNTER_ROW).execute(&mut **writing).await?;
    query(COUNT_ON)
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    let row = query(COUNTER).fetch_one(&mut **writing).await?;
    let sequence: i64 = row.try_get("value")?;
    let payload = PAYLOAD.protect_maybe(&writing.keys, &[new.id], new.payload)?;
    query(KEEP)
        .bind(new.id)
        .bind(sequence)
        .bind(new.kind.as_str())
        .bind(new.number.as_str())
        .bind(new.ruc.as_str())
        .bind(new.branch.as_str())
        .bind(payload)
        .bind(at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    let facts = json!({ "id": new.id, "sequence": sequence });
    let event = new.kind.event();
    audit::append(writing, at, "service", new.number.as_str(), event, &facts).await?;
    if new.kind == DeliveryKind::SetPassword {
        overtake(writing, new, sequence, at).await?;
    }
    Ok(())
}

/// Takes back the older keys of an employer, but for one that is on the line: what was chosen since takes its place.
async fn overtake(
    writing: &mut Writing,
    newer: &NewDelivery<'_>,
    sequence: i64,
    at: Timestamp,
) -> Result<(), StoreError> {
    let rows = query(OVERTAKE)
        .bind(at.as_millisecond())
        .bind(CallCause::NewerKey.as_str())
        .bind(newer.ruc.as_str())
        .bind(newer.branch.as_str())
        .bind(writing.ahead.lease_ms(at))
        .bind(sequence)
        .fetch_all(&mut **writing)
        .await?;
    for row in &rows {
        let (id, number): (String, String) = (row.try_get("id")?, row.try_get("number")?);
        let (event, facts) = (Event::PortalWithdrawn, json!({ "id": id }));
        audit::append(writing, at, "service", &number, event, &facts).await?;
    }
    Ok(())
}

/// Takes back what goes to the portal for an employer and is not on the line at this moment.
pub(super) async fn withdraw(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    why: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    query(WITHDRAW)
        .bind(at.as_millisecond())
        .bind(why)
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .bind(writing.ahead.lease_ms(at))
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Gives back every delivery that a dead process had taken.
pub(super) async fn release(writing: &mut Writing) -> Result<(), StoreError> {
    query(RELEASE).execute(&mut **writing).await?;
    Ok(())
}

impl Store {
    /// Takes the next delivery that is due, for as long as the lease lasts.
    pub async fn claim_delivery(
        &self,
        now: Timestamp,
        lease_until: Timestamp,
    ) -> Result<Option<Held<Delivery>>, StoreError> {
        let read = |row: &Row| {
            let delivery = delivery(&self.keys, row)?;
            let key = vec![delivery.id.clone()];
            Ok((delivery, key))
        };
        self.claim(&DELIVERIES, now, lease_until, read).await
    }

    /// The portal has it: what was kept for it is wiped, and a new key completes its petition. `Stale` when somebody else
    /// noted it first.
    pub async fn delivered(
        &self,
        delivery: &Delivery,
        messages: &[Message],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        let noted = query(DELIVERED)
            .bind(at.as_millisecond())
            .bind(delivery.id.as_str())
            .execute(&mut *writing)
            .await?;
        moved(noted)?;
        let facts = json!({ "id": delivery.id });
        let number = &delivery.number;
        audit::append(
            &mut writing,
            at,
            "service",
            number.as_str(),
            Event::PortalDelivered,
            &facts,
        )
        .await?;
        if delivery.kind == DeliveryKind::SetPassword {
            move_state(
                &mut writing,
                number,
                State::Approved,
                State::Completed,
                "portal",
                at,
            )
            .await?;
        }
        for message in messages {
            enqueue(&mut writing, message).await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// Whether its employer chose a newer key than this one.
    pub async fn is_overtaken(&self, key: &Delivery) -> Result<bool, StoreError> {
        let row = query(NEWER)
            .bind(key.ruc.as_str())
            .bind(key.branch.as_str())
            .bind(key.sequence)
            .fetch_one(&self.read)
            .await?;
        Ok(row.try_get::<i64>("newer")? > 0)
    }

    /// What was decided at `until` or before, is not delivered and has not rung for it, called for or not; at most `most`.
    pub async fn late_deliveries(
        &self,
        until: Timestamp,
        most: i64,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = query(LATE)
            .bind(until.as_millisecond())
            .bind(most)
            .fetch_all(&self.scan)
            .await?;
        rows.iter().map(|row| delivery(&self.keys, row)).collect()
    }

    /// It could not be delivered: again at `due_at`.
    pub async fn delivery_failed(
        &self,
        delivery: &Held<Delivery>,
        error: &str,
        heard: Heard,
        due_at: Timestamp,
    ) -> Result<(), StoreError> {
        query(FAILED)
            .bind(due_at.as_millisecond())
            .bind(i64::from(heard == Heard::Nothing))
            .bind(error)
            .bind(delivery.id.as_str())
            .bind(delivery.token())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// It will not be delivered: parked with an alarm, and told with these messages, or withdrawn. What was kept for the portal
    /// is wiped.
    pub async fn end_delivery(
        &self,
        delivery: &Held<Delivery>,
        state: DeliveryState,
        why: &str,
        messages: &[Message],
        operator: Option<&EmailAddress>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let event = match state {
            DeliveryState::Delivered => Event::PortalDelivered,
            DeliveryState::Parked => Event::PortalParked,
            DeliveryState::Withdrawn => Event::PortalWithdrawn,
            // What is under way has not ended.
            DeliveryState::Pending => return Err(StoreError::Stale),
        };
        let mut writing = self.begin().await?;
        let ended = query(ENDED)
            .bind(state.as_str())
            .bind(at.as_millisecond())
            .bind(why)
            .bind(delivery.id.as_str())
            .bind(delivery.token())
            .execute(&mut *writing)
            .await?;
        moved(ended)?;
        let facts = json!({ "id": delivery.id });
        audit::append(
            &mut writing,
            at,
            "service",
            delivery.number.as_str(),
            event,
            &facts,
        )
        .await?;
        if state == DeliveryState::Parked {
            let alarm = Alarm {
                kind: AlarmKind::DeliveryParked,
                number: delivery.number.clone(),
                subject: delivery.id.clone(),
                reason: Some(why.to_owned()),
            };
            alarms::raise(&mut writing, &alarm, operator, at).await?;
        }
        for message in messages {
            enqueue(&mut writing, message).await?;
        }
        writing.commit().await?;
        Ok(())
    }

    /// Everything that a petition sent to the portal, the newest first.
    pub async fn deliveries_of(
        &self,
        number: &PetitionNumber,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = query(OF_PETITION)
            .bind(number.as_str())
            .fetch_all(&self.read)
            .await?;
        rows.iter().map(|row| delivery(&self.keys, row)).collect()
    }

    /// How many deliveries are in this state.
    pub async fn count_deliveries(&self, state: DeliveryState) -> Result<i64, StoreError> {
        Ok(query(COUNT)
            .bind(state.as_str())
            .fetch_one(&self.scan)
            .await?
            .try_get("known")?)
    }
}
