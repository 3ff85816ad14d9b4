//! New keys and unblockings on their way to the portal of another system, until the portal has them or refuses them for good.

use super::{Carriers, GIVE_UP, LATE, is_poison, pause_after};
use crate::domain::{CallCause, Failure};
use crate::intake::{Intake, IntakeError, LEASE};
use crate::portal::Portal;
use crate::store::{
    Alarm, AlarmKind, Delivery, DeliveryKind, DeliveryState, EmployerRecord, Heard, Held,
    StoreError,
};
use crate::webhook::WebhookError;

/// Delivers what is due next; whether there was something.
pub(super) async fn deliver_next(
    intake: &Intake,
    carriers: &Carriers,
) -> Result<bool, IntakeError> {
    let Some(portal) = &carriers.portal else {
        return Ok(false);
    };
    let now = intake.now();
    let Some(delivery) = intake.store().claim_delivery(now, now + LEASE).await? else {
        return Ok(false);
    };
    let delivering = Box::pin(deliver_held(intake, portal, &delivery));
    intake
        .while_held(&delivery, delivering)
        .await
        .unwrap_or(Ok(()))?;
    Ok(true)
}

async fn deliver_held(
    intake: &Intake,
    portal: &Portal,
    delivery: &Held<Delivery>,
) -> Result<(), IntakeError> {
    if is_poison(delivery.attempts, delivery.failures) {
        // Each of the calls may have come to its end over there.
        let why = CallCause::CutOff.into();
        return end(intake, delivery, Ended::Unheard, &why).await;
    }
    if is_stopped(intake, delivery).await? {
        let why = CallCause::Stopped.into();
        return end(intake, delivery, Ended::Unwanted, &why).await;
    }
    // It was on the line of a process that died when the newer one was chosen.
    if delivery.kind == DeliveryKind::SetPassword && intake.store().is_overtaken(delivery).await? {
        let why = CallCause::NewerKey.into();
        return end(intake, delivery, Ended::Unwanted, &why).await;
    }
    match portal.deliver(delivery, intake.now()).await {
        Ok(()) => delivered(intake, delivery).await,
        Err(error) => give_back(intake, delivery, &error).await,
    }
}

/// Whether «no fui yo» stopped what was approved, also after the account was freed, or whoever signed for it has left.
async fn is_stopped(intake: &Intake, delivery: &Delivery) -> Result<bool, IntakeError> {
    let store = intake.store();
    let record = store.employer(&delivery.ruc, &delivery.branch).await?;
    let petition = store.petition(&delivery.number).await?;
    let left = (petition.as_ref()).is_some_and(|petition| petition.signer_left_at.is_some());
    let decided_at = petition.and_then(|petition| petition.decided_at);
    let frozen = |record: EmployerRecord| record.frozen_since.is_some() || record.stops(decided_at);
    Ok(left || record.is_some_and(frozen))
}

async fn delivered(intake: &Intake, delivery: &Delivery) -> Result<(), IntakeError> {
    let told = intake.delivered_notices(delivery).await?;
    match intake
        .store()
        .delivered(delivery, &told, intake.now())
        .await
    {
        // Another worker took it over and noted it first: the portal acted once.
        Err(StoreError::Stale) => return Ok(()),
        other => other?,
    }
    tracing::info!(petition = %delivery.number, kind = delivery.kind.as_str(), "the portal has it");
    if delivery.kind == DeliveryKind::SetPassword {
        intake.evidence_waits(delivery.number.clone());
    }
    intake.message_waits();
    Ok(())
}

async fn give_back(
    intake: &Intake,
    delivery: &Held<Delivery>,
    error: &WebhookError,
) -> Result<(), IntakeError> {
    let now = intake.now();
    let failure = error.failure();
    if matches!(error, WebhookError::Refused(_)) {
        // An answer to this call is none to an earlier one, which may have done it.
        let ended = if delivery.may_be_done() {
            Ended::Unheard
        } else {
            Ended::Refused
        };
        return end(intake, delivery, ended, &failure).await;
    }
    let called_at = delivery.called_at.unwrap_or(delivery.created_at);
    if now.duration_since(called_at) >= GIVE_UP {
        return end(intake, delivery, Ended::Unheard, &failure).await;
    }
    let due_at = now + pause_after(delivery.failures);
    let heard = if failure.is_silence() {
        Heard::Nothing
    } else {
        Heard::Something
    };
    intake
        .store()
        .delivery_failed(delivery, &failure.to_string(), heard, due_at)
        .await?;
    tracing::warn!(
        petition = %delivery.number, kind = delivery.kind.as_str(), attempts = delivery.attempts, why = %error,
        "the portal did not take it"
    );
    if now.duration_since(delivery.created_at) >= LATE {
        ring_late(intake, delivery, Some(failure.to_string())).await?;
        if delivery.kind == DeliveryKind::SetPassword && failure.is_silence() {
            intake.tell_of_silence(delivery).await?;
        }
    }
    Ok(())
}

/// Deliveries that ring in one round; the others ring in the next ones.
const AT_ONCE: i64 = 200;

/// What is on its way for too long rings, also when nobody has called for it: no portal is connected, or all callers are busy.
pub(super) async fn ring(intake: &Intake) -> Result<(), IntakeError> {
    let until = intake.now() - LATE;
    for delivery in intake.store().late_deliveries(until, AT_ONCE).await? {
        ring_late(intake, &delivery, delivery.error.clone()).await?;
    }
    Ok(())
}

async fn ring_late(
    intake: &Intake,
    delivery: &Delivery,
    reason: Option<String>,
) -> Result<(), IntakeError> {
    let alarm = Alarm {
        kind: AlarmKind::DeliveryLate,
        number: delivery.number.clone(),
        subject: delivery.id.clone(),
        reason,
    };
    let operator = intake.settings().alarm_email.as_ref();
    if intake
        .store()
        .raise_alarm(&alarm, operator, intake.now())
        .await?
    {
        intake.message_waits();
    }
    Ok(())
}

/// How a delivery ends that the portal has not taken, as far as it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// It never will.
    Refused,
    /// It did not say so to the last, and may have done it since the first call.
    Unheard,
    /// It is not wanted any more.
    Unwanted,
}

async fn end(
    intake: &Intake,
    delivery: &Held<Delivery>,
    ended: Ended,
    why: &Failure,
) -> Result<(), IntakeError> {
    let operator = intake.settings().alarm_email.as_ref();
    let state = match ended {
        Ended::Refused | Ended::Unheard => DeliveryState::Parked,
        Ended::Unwanted => DeliveryState::Withdrawn,
    };
    let told = match ended {
        Ended::Refused | Ended::Unheard => {
            let silent = ended == Ended::Unheard;
            intake.refused_notices(delivery, silent).await?
        }
        Ended::Unwanted => Vec::new(),
    };
    let noted = intake
        .store()
        .end_delivery(
            delivery,
            state,
            &why.to_string(),
            &told,
            operator,
            intake.now(),
        )
        .await;
    match noted {
        Err(StoreError::Stale) => return Ok(()),
        other => other?,
    }
    tracing::error!(
        petition = %delivery.number, kind = delivery.kind.as_str(), state = state.as_str(), why = why.plain(),
        "a delivery to the portal has ended"
    );
    intake.message_waits();
    Ok(())
}
