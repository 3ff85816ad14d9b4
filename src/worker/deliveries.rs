//! New keys and unblockings on their way to the portal of another system: one by one for each employer, until the portal has
//! them or refuses them for good.

use super::{Carriers, GIVE_UP, LATE, is_poison, pause_after};
use crate::domain::{CallCause, Failure};
use crate::intake::{Intake, IntakeError, LEASE};
use crate::portal::Portal;
use crate::store::{
    Alarm, AlarmKind, Delivery, DeliveryKind, DeliveryState, EmployerRecord, Held, StoreError,
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
    if delivery.kind == DeliveryKind::SetPassword && is_stopped(intake, delivery).await? {
        let why = CallCause::Stopped.into();
        return end(intake, delivery, Ended::Stopped, &why).await;
    }
    match portal.deliver(delivery, intake.now()).await {
        Ok(()) => delivered(intake, delivery).await,
        Err(error) => give_back(intake, delivery, &error).await,
    }
}

/// Whether «no fui yo» stopped the key, also after the account was freed, or whoever signed for it has left.
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
    let told = match delivery.kind {
        DeliveryKind::SetPassword => intake.password_notices(delivery).await?,
        DeliveryKind::Unblock => Vec::new(),
    };
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
    let age = now.duration_since(delivery.created_at);
    let failure = error.failure();
    if matches!(error, WebhookError::Refused(_)) {
        return end(intake, delivery, Ended::Refused, &failure).await;
    }
    if age >= GIVE_UP {
        return end(intake, delivery, Ended::Unheard, &failure).await;
    }
    let due_at = now + pause_after(delivery.failures);
    intake
        .store()
        .delivery_failed(delivery, &failure.to_string(), due_at)
        .await?;
    tracing::warn!(
        petition = %delivery.number, kind = delivery.kind.as_str(), attempts = delivery.attempts, why = %error,
        "the portal did not take it"
    );
    if age >= LATE {
        let alarm = Alarm {
            kind: AlarmKind::DeliveryLate,
            number: delivery.number.clone(),
            subject: delivery.id.clone(),
            reason: Some(failure.to_string()),
        };
        let operator = intake.settings().alarm_email.as_ref();
        intake.store().raise_alarm(&alarm, operator, now).await?;
        if delivery.kind == DeliveryKind::SetPassword && failure.is_silence() {
            intake.tell_of_silence(delivery).await?;
        }
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
    Stopped,
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
        Ended::Stopped => DeliveryState::Withdrawn,
    };
    let told = match delivery.kind {
        DeliveryKind::SetPassword if ended != Ended::Stopped => {
            let silent = ended == Ended::Unheard;
            intake.refused_notices(delivery, silent).await?
        }
        _ => Vec::new(),
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
