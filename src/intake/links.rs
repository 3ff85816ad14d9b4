//! From approval to effect: links that are sent, opened and used (DESIGN G and H). GET never consumes anything: mail
//! scanners open links.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Intake, IntakeError, LinkError, LinkSent, LinkState, LinkView, RESET, SetPasswordError,
};
use crate::argon;
use crate::domain::{PersonalHints, PetitionNumber, State, Token, failed_rules};
use crate::store::{Applied, EmployerRecord, LinkKind, LinkRow, Message, MessageKind, PetitionRow};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

impl Intake {
    /// What can be done about links for a petition.
    pub(super) async fn link_state(
        &self,
        petition: &PetitionRow,
        record: Option<&EmployerRecord>,
    ) -> Result<LinkState, IntakeError> {
        let leads_to_link = petition
            .content
            .as_ref()
            .is_some_and(|content| content.action.leads_to_link());
        let (State::Approved, true, Some(decided_at)) =
            (petition.state, leads_to_link, petition.decided_at)
        else {
            return Ok(LinkState::default());
        };
        let now = self.now();
        let settings = self.settings();
        let sent = self
            .store()
            .messages(&petition.number, MessageKind::ResetLink)
            .await?;
        let held_until = record
            .and_then(|record| record.email_hold_until)
            .filter(|until| *until > now);
        let approval_until =
            held_until.unwrap_or(decided_at).max(decided_at) + settings.approval_life;
        let within_hour = sent
            .iter()
            .filter(|message| message.due_at > now - HOUR)
            .count();
        let left = settings.links_per_hour.saturating_sub(within_hour);
        let left_in_all = settings.links_in_all.saturating_sub(sent.len());
        let left_this_hour = u32::try_from(left.min(left_in_all)).unwrap_or(u32::MAX);
        let frozen = record.is_some_and(|record| record.frozen_since.is_some());
        let link = self.store().living_link(&petition.number, RESET).await?;
        Ok(LinkState {
            can_send: left_this_hour > 0 && now < approval_until && held_until.is_none() && !frozen,
            left_this_hour,
            alive_until: link
                .map(|link| link.expires_at)
                .filter(|until| *until > now),
            approval_until: Some(approval_until),
            held_until,
        })
    }

    /// «Enviar enlace»: a fresh link to the address on file; older ones die.
    pub async fn send_link(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<LinkSent, IntakeError> {
        let own = self
            .petition_with_secret(number, secret)
            .await?
            .ok_or(IntakeError::NotFound)?;
        let petition = match &own.merged_into {
            Some(target) => self
                .store()
                .petition(target)
                .await?
                .ok_or(IntakeError::NotFound)?,
            None => own,
        };
        let content = petition
            .content
            .clone()
            .filter(|content| content.action.leads_to_link());
        let (State::Approved, Some(content)) = (petition.state, content) else {
            return Err(if petition.state == State::Completed {
                IntakeError::AlreadyUsed
            } else {
                IntakeError::NotApproved
            });
        };
        let record = self
            .store()
            .employer(&content.ruc, &content.branch)
            .await?
            .ok_or(IntakeError::NotApproved)?;
        let state = self.link_state(&petition, Some(&record)).await?;
        let now = self.now();
        if state.approval_until.is_none_or(|until| now >= until) {
            return Err(IntakeError::Expired);
        }
        if !state.can_send {
            let wait = state
                .held_until
                .map(|until| self.seconds_until(until))
                .and_then(|s| u64::try_from(s).ok());
            return Err(IntakeError::TooMany(Some(
                wait.unwrap_or(HOUR.as_secs().unsigned_abs()),
            )));
        }
        let to = record
            .employer
            .email
            .clone()
            .ok_or(IntakeError::NotApproved)?;
        let count = self
            .store()
            .messages(&petition.number, MessageKind::ResetLink)
            .await?
            .len()
            + 1;
        let message = Message::new(
            MessageKind::ResetLink,
            &petition.number,
            count,
            to,
            now,
            now,
        );
        self.store().add_message(&message).await?;
        self.message_waits();
        Ok(LinkSent {
            expires_at: now + self.settings().link_life,
            left_this_hour: state.left_this_hour.saturating_sub(1),
        })
    }

    /// Looks behind a password link, as often as anybody likes.
    pub async fn open_link(&self, token: &Token) -> Result<LinkView, LinkError> {
        self.open(token, LinkKind::Reset).await
    }

    /// Looks behind a link that confirms an address.
    pub async fn open_confirmation(&self, token: &Token) -> Result<LinkView, LinkError> {
        self.open(token, LinkKind::Confirm).await
    }

    /// Looks behind a «no fui yo» link.
    pub async fn open_freeze(&self, token: &Token) -> Result<LinkView, LinkError> {
        self.open(token, LinkKind::Freeze).await
    }

    async fn open(&self, token: &Token, kind: LinkKind) -> Result<LinkView, LinkError> {
        let link = self.living(token, kind).await?;
        let record = self.store().employer(&link.ruc, &link.branch).await?;
        Ok(LinkView {
            expires_at: link.expires_at,
            number: link.number,
            legal_name: record.map(|record| record.employer.legal_name),
            masked_email: link.email.map(|email| email.masked()),
        })
    }

    async fn living(&self, token: &Token, kind: LinkKind) -> Result<LinkRow, LinkError> {
        let link = self
            .store()
            .link(token.hash())
            .await?
            .ok_or(LinkError::Dead)?;
        if link.kind == kind && link.alive(self.now()) {
            Ok(link)
        } else {
            Err(LinkError::Dead)
        }
    }

    /// Sets a new password. A password that breaks a rule leaves the link alive; of two tabs that send a good one,
    /// exactly one wins.
    pub async fn set_password(
        &self,
        token: &Token,
        password: SecretString,
    ) -> Result<(), SetPasswordError> {
        let link = self.living(token, LinkKind::Reset).await?;
        let record = self
            .store()
            .employer(&link.ruc, &link.branch)
            .await
            .map_err(LinkError::from)?;
        let failed = failed_rules(
            password.expose_secret(),
            &self.settings().password_length,
            &hints(record.as_ref()),
        );
        if !failed.is_empty() {
            return Err(SetPasswordError::Policy(failed));
        }
        // Hashing takes long on purpose: before the transaction, not inside it.
        let parameters = self.settings().argon2;
        let hash = self
            .blocking(move || argon::hash(&password, parameters))
            .await
            .map_err(|error| LinkError::Internal(error.to_string()))?
            .map_err(LinkError::Internal)?;
        let now = self.now();
        let notice = record.and_then(|record| record.employer.email);
        let messages: Vec<Message> = notice
            .map(|to| Message::new(MessageKind::PasswordChanged, &link.number, 1, to, now, now))
            .into_iter()
            .collect();
        self.apply(token, &link, &Applied::Password(&hash), &messages, now)
            .await?;
        Ok(())
    }

    /// Confirms a new address: it is on file from now on, and a reset through it waits (DESIGN H).
    pub async fn confirm_address(&self, token: &Token) -> Result<(), LinkError> {
        let link = self.living(token, LinkKind::Confirm).await?;
        let email = link.email.clone().ok_or(LinkError::Dead)?;
        let now = self.now();
        let message = Message::new(
            MessageKind::EmailChanged,
            &link.number,
            1,
            email.clone(),
            now,
            now,
        );
        let hold_until = now + self.settings().email_hold;
        self.apply(
            token,
            &link,
            &Applied::Address(&email, hold_until),
            &[message],
            now,
        )
        .await
    }

    /// «No fui yo»: freezes the account until a person has looked.
    pub async fn freeze(&self, token: &Token) -> Result<(), LinkError> {
        let link = self.living(token, LinkKind::Freeze).await?;
        self.apply(token, &link, &Applied::Freeze, &[], self.now())
            .await
    }

    async fn apply(
        &self,
        token: &Token,
        link: &LinkRow,
        applied: &Applied<'_>,
        messages: &[Message],
        now: Timestamp,
    ) -> Result<(), LinkError> {
        self.store()
            .apply_link(token.hash(), link, applied, messages, now)
            .await?;
        tracing::info!(petition = %link.number, kind = link.kind.as_str(), "link used");
        self.message_waits();
        Ok(())
    }
}

/// What must not be in the password of an employer.
fn hints(record: Option<&EmployerRecord>) -> PersonalHints {
    let Some(EmployerRecord { employer, .. }) = record else {
        return PersonalHints::default();
    };
    let people = &employer.representatives;
    PersonalHints {
        numbers: std::iter::once(employer.ruc.to_string())
            .chain(people.iter().map(|person| person.document.to_string()))
            .collect(),
        names: std::iter::once(employer.legal_name.clone())
            .chain(people.iter().map(|person| person.name.clone()))
            .collect(),
    }
}
