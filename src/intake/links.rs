//! From approval to effect: links that are sent, opened and used (DESIGN G and H). GET never consumes anything: mail
//! scanners open links.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::effects::{AT_THE_COUNTER, SILENT_PORTAL, STILL_LOCKED, notices, on_file, stop_notices};
use super::link_stand::{HOUR, bars};
use super::{Intake, IntakeError, LinkError, LinkStand, LinkState, SetPasswordError, Stopped};
use crate::argon;
use crate::domain::{
    Event, PasswordRule, PersonalHints, PetitionNumber, Recipient, State, Token, failed_rules,
};
use crate::portal::Keeping;
use crate::store::{
    AlarmKind, Applied, Delivery, DeliveryKind, DeliveryState, EmployerRecord, LinkKind, LinkRow,
    Message, MessageKind, MessageState,
};

/// A link is on its way.
#[derive(Debug, Clone)]
pub struct LinkSent {
    /// When it will be dead at the latest, counted from now.
    pub expires_at: Timestamp,
    /// How many more may be sent within the hour.
    pub left_this_hour: u32,
}

/// What stands behind a link that is alive.
#[derive(Debug, Clone)]
pub struct LinkView {
    /// When it dies.
    pub expires_at: Timestamp,
    /// The petition behind it.
    pub number: PetitionNumber,
    /// The employer's name.
    pub legal_name: Option<String>,
    /// The address it confirms, masked.
    pub masked_email: Option<String>,
    /// Whether that address is on file for another employer too.
    pub shared_email: bool,
}

impl Intake {
    /// «Enviar enlace»: a fresh link to the address on file; older ones die.
    pub async fn send_link(
        &self,
        number: &PetitionNumber,
        secret: &Token,
    ) -> Result<LinkSent, IntakeError> {
        let petition = self
            .followed_with_secret(number, secret)
            .await?
            .ok_or(IntakeError::NotFound)?;
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
        let record = self.store().employer(&content.ruc, &content.branch).await?;
        let state = self.link_state(&petition, record.as_ref()).await?;
        if let Some(refusal) = refusal(&state, self.now()) {
            return Err(refusal);
        }
        let to = record.and_then(|record| record.employer.email);
        let to = to.ok_or(IntakeError::NoAddress)?;
        let (kind, now) = (MessageKind::ResetLink, self.now());
        let sent = self.store().messages(&petition.number, kind).await?;
        // Another one could only follow the one that has not left yet, whose link is made anew by each attempt.
        let recipient = Recipient::from(to.clone());
        if sent
            .iter()
            .any(|message| message.state == MessageState::Pending && message.recipient == recipient)
        {
            self.message_waits();
            return Ok(LinkSent {
                expires_at: now + self.settings().link_life,
                left_this_hour: state.left_this_hour,
            });
        }
        if state.left_in_all == 0 {
            return Err(IntakeError::LinksSpent);
        }
        if !state.can_send {
            let wait = state
                .again_at
                .map(|until| self.seconds_until(until))
                .and_then(|s| u64::try_from(s).ok());
            return Err(IntakeError::TooMany(Some(
                wait.unwrap_or(HOUR.as_secs().unsigned_abs()),
            )));
        }
        let message = Message::new(kind, &petition.number, sent.len() + 1, to, now, now);
        self.store()
            .add_message(&message, Event::MessageResetLink)
            .await?;
        self.message_waits();
        Ok(LinkSent {
            expires_at: now + self.settings().link_life,
            left_this_hour: state.left_this_hour.saturating_sub(1),
        })
    }

    /// The whole address of a link.
    pub(crate) fn link_address(&self, kind: LinkKind, token: &Token) -> String {
        let (url, path) = (&self.settings().public_url, kind.path());
        format!("{url}/{path}/{}", token.reveal())
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
        let shared_email = match &link.email {
            Some(email) => {
                let (ruc, branch) = (&link.ruc, &link.branch);
                self.store().email_is_elsewhere(email, ruc, branch).await?
            }
            None => false,
        };
        Ok(LinkView {
            expires_at: link.expires_at,
            number: link.number,
            legal_name: record.map(|record| record.employer.legal_name),
            masked_email: link.email.map(|email| email.masked()),
            shared_email,
        })
    }

    async fn living(&self, token: &Token, kind: LinkKind) -> Result<LinkRow, LinkError> {
        let link = self
            .store()
            .link(token.hash())
            .await?
            .filter(|link| link.kind == kind)
            .ok_or(LinkError::Dead(None))?;
        let petition = self.store().petition(&link.number).await?;
        if !link.alive(self.now()) {
            // Whoever holds it is told what helps, instead of being sent back to a page where it does not.
            let left = petition.is_some_and(|petition| petition.signer_left_at.is_some());
            return Err(if left {
                LinkError::SignerLeft
            } else {
                LinkError::Dead(Some(link.number))
            });
        }
        // What stops an account stops it whatever the registry says.
        if kind == LinkKind::Freeze {
            return Ok(link);
        }
        let record = self.store().employer(&link.ruc, &link.branch).await?;
        // A link that lives outlives the end of its approval.
        let bar = petition.map_or(Some(LinkStand::None), |petition| {
            bars(&petition, record.as_ref(), None, self.now())
        });
        match bar {
            None => Ok(link),
            Some(LinkStand::SignerLeft) => Err(LinkError::SignerLeft),
            Some(LinkStand::NotRegistered) => Err(LinkError::NotRegistered),
            Some(LinkStand::NotActive) => Err(LinkError::NotActive),
            Some(_) => Err(LinkError::Dead(Some(link.number))),
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
        let (record, failed) = self.judged(&link, &password).await?;
        if !failed.is_empty() {
            return Err(SetPasswordError::Policy(failed));
        }
        let now = self.now();
        let told = record
            .map(|record| notices(MessageKind::PasswordChanged, &link.number, &record, now))
            .unwrap_or_default();
        let keeping = self.settings().portal;
        if matches!(keeping, Keeping::Embedded) {
            let hash = self.hashed(password).await?;
            self.apply(token, &link, &Applied::Password(&hash), &told, now)
                .await?;
            self.evidence_waits(link.number);
            return Ok(());
        }
        // Told once the portal has it: until then the old password opens the account.
        let id = self.delivery_id(&link.number).await?;
        let payload = match keeping {
            Keeping::Password => password.expose_secret().to_owned(),
            Keeping::Embedded | Keeping::Argon2id => self.hashed(password).await?,
        };
        let applied = Applied::HandedOver {
            id: &id,
            payload: &payload,
        };
        self.apply(token, &link, &applied, &[], now).await?;
        self.delivery_waits();
        Ok(())
    }

    /// The rules that a password would break, while its link is alive; nothing is set.
    pub async fn check_password(
        &self,
        token: &Token,
        password: &SecretString,
    ) -> Result<Vec<PasswordRule>, LinkError> {
        let link = self.living(token, LinkKind::Reset).await?;
        Ok(self.judged(&link, password).await?.1)
    }

    /// The employer behind a link, and the rules that a password for it breaks.
    async fn judged(
        &self,
        link: &LinkRow,
        password: &SecretString,
    ) -> Result<(Option<EmployerRecord>, Vec<PasswordRule>), LinkError> {
        let record = self.store().employer(&link.ruc, &link.branch).await?;
        let failed = failed_rules(
            password.expose_secret(),
            &self.settings().password_length,
            &hints(record.as_ref()),
        );
        Ok((record, failed))
    }

    /// Hashing takes long on purpose: before the transaction, not inside it.
    async fn hashed(&self, password: SecretString) -> Result<String, LinkError> {
        let parameters = self.settings().argon2;
        self.blocking(move || argon::hash(&password, parameters))
            .await
            .map_err(|error| LinkError::Internal(error.to_string()))?
            .map_err(LinkError::Internal)
    }

    /// Names the next key that a petition hands over: the first one, unless the portal did not take it.
    async fn delivery_id(&self, number: &PetitionNumber) -> Result<String, LinkError> {
        let deliveries = self.store().deliveries_of(number).await?;
        let keys = deliveries
            .iter()
            .filter(|delivery| delivery.kind == DeliveryKind::SetPassword);
        let kind = DeliveryKind::SetPassword;
        Ok(format!("{number}:{kind}:{}", keys.count() + 1))
    }

    /// What is told once the portal has done it.
    pub(crate) async fn delivered_notices(
        &self,
        delivery: &Delivery,
    ) -> Result<Vec<Message>, IntakeError> {
        let record = self
            .store()
            .employer(&delivery.ruc, &delivery.branch)
            .await?;
        let kind = match delivery.kind {
            DeliveryKind::SetPassword => MessageKind::PasswordChanged,
            DeliveryKind::Unblock => MessageKind::AccountUnblocked,
        };
        Ok(record
            .map(|record| notices(kind, &delivery.number, &record, self.now()))
            .unwrap_or_default())
    }

    /// Tells, once for each key, that the portal has said nothing of it for long: it may open the account since the first call, and
    /// whoever asked for nothing must be able to stop it.
    pub(crate) async fn tell_of_silence(&self, delivery: &Delivery) -> Result<(), IntakeError> {
        let (store, number) = (self.store(), &delivery.number);
        let (kind, now) = (MessageKind::PasswordChanged, self.now());
        let record = store.employer(&delivery.ruc, &delivery.branch).await?;
        let keys = store.deliveries_of(number).await?;
        let keys = keys.iter().filter(|it| it.kind == delivery.kind).count();
        let told = store.messages(number, kind).await?;
        // The first of its kind says that the portal has it.
        let notices = (record.as_ref().map(on_file).unwrap_or_default())
            .into_iter()
            .map(|to| Message::new(kind, number, keys + 1, to, now, now))
            .filter(|notice| told.iter().all(|known| known.id != notice.id));
        for notice in notices {
            let notice = notice.with_fact(SILENT_PORTAL, true);
            store
                .add_message(&notice, Event::MessagePasswordChanged)
                .await?;
        }
        self.message_waits();
        Ok(())
    }

    /// What is told when the portal does not take a new password or does not open an account, or is `silent` about it to the end:
    /// whoever asked believes that it is done. Each time once.
    pub(crate) async fn refused_notices(
        &self,
        delivery: &Delivery,
        silent: bool,
    ) -> Result<Vec<Message>, IntakeError> {
        let (store, number) = (self.store(), &delivery.number);
        let record = store.employer(&delivery.ruc, &delivery.branch).await?;
        let petition = store.petition(number).await?;
        let counter = petition.is_some_and(|petition| petition.is_at_the_counter());
        let deliveries = store.deliveries_of(number).await?;
        let parked = |known: &&Delivery| known.state == DeliveryState::Parked;
        let round = deliveries.iter().filter(parked).count() + 1;
        let (kind, now) = (MessageKind::DeliveryRefused, self.now());
        let contacts = record.as_ref().map(on_file).unwrap_or_default();
        Ok(contacts
            .into_iter()
            .map(|to| Message::new(kind, number, round, to, now, now))
            .map(|notice| notice.with_fact(AT_THE_COUNTER, counter))
            .map(|notice| notice.with_fact(SILENT_PORTAL, silent))
            .map(|notice| notice.with_fact(STILL_LOCKED, delivery.kind == DeliveryKind::Unblock))
            .collect())
    }

    /// Confirms a new address: it is on file from now on, and a reset through it waits (DESIGN H) until the time that is given back.
    pub async fn confirm_address(&self, token: &Token) -> Result<Option<Timestamp>, LinkError> {
        let link = self.living(token, LinkKind::Confirm).await?;
        let email = link.email.clone().ok_or(LinkError::Dead(None))?;
        let now = self.now();
        let (kind, to) = (MessageKind::EmailChanged, email.clone());
        let confirmed = Message::new(kind, &link.number, 1, to, now, now);
        let record = self.store().employer(&link.ruc, &link.branch).await?;
        let told = record
            .map(|record| notices(MessageKind::EmailReplaced, &link.number, &record, now))
            .unwrap_or_default()
            .into_iter()
            // Whoever confirms the address that was there already has replaced nothing.
            .filter(|notice| notice.recipient.as_str() != email.as_str());
        let messages: Vec<Message> = std::iter::once(confirmed).chain(told).collect();
        let hold_until = now + self.settings().email_hold;
        let applied = Applied::Address(&email, hold_until);
        self.apply(token, &link, &applied, &messages, now).await?;
        Ok((hold_until > now).then_some(hold_until))
    }

    /// «No fui yo»: freezes the account until people have approved another petition, and takes an address off file that came with what
    /// is denied. Whoever supervises is told, and whoever was told of what is denied.
    pub async fn freeze(&self, token: &Token) -> Result<Stopped, LinkError> {
        let link = self.living(token, LinkKind::Freeze).await?;
        let (store, now) = (self.store(), self.now());
        let denied = store.petition(&link.number).await?;
        let told = store.messages_of(&link.number).await?;
        let record = store.employer(&link.ruc, &link.branch).await?;
        let messages = denied
            .map(|denied| stop_notices(&denied, &told, record.as_ref(), now))
            .unwrap_or_default();
        let applied = Applied::Freeze(self.settings().alarm_email.as_ref());
        self.apply(token, &link, &applied, &messages, now).await?;
        tracing::warn!(
            petition = %link.number, alarm = AlarmKind::AccountFrozen.as_str(), "an account is stopped: somebody must look"
        );
        let record = self.store().employer(&link.ruc, &link.branch).await?;
        let on_file = record.and_then(|record| record.employer.email);
        Ok(Stopped {
            address_wanted: on_file.is_none(),
        })
    }

    async fn apply(
        &self,
        token: &Token,
        link: &LinkRow,
        applied: &Applied<'_>,
        messages: &[Message],
        now: Timestamp,
    ) -> Result<(), LinkError> {
        let resumed = self
            .store()
            .apply_link(token.hash(), link, applied, messages, now)
            .await?;
        if resumed {
            self.inner.documents_waiting.notify_one();
        }
        tracing::info!(petition = %link.number, kind = link.kind.as_str(), "link used");
        self.message_waits();
        Ok(())
    }
}

/// Why no link is sent, whatever was sent before.
fn refusal(state: &LinkState, now: Timestamp) -> Option<IntakeError> {
    let over = state.approval_until.is_none_or(|until| now >= until);
    Some(match state.stand {
        LinkStand::Frozen => IntakeError::Frozen(Stopped {
            address_wanted: state.address_wanted,
        }),
        LinkStand::NotRegistered => IntakeError::NotRegistered,
        LinkStand::NotActive => IntakeError::NotActive,
        LinkStand::AtTheCounter => IntakeError::AtTheCounter,
        LinkStand::NoAddress => IntakeError::NoAddress,
        LinkStand::SignerLeft => IntakeError::SignerLeft,
        _ if over => IntakeError::Expired,
        _ => match state.held_until {
            Some(until) => IntakeError::Held(until),
            None if state.handing_over => IntakeError::HandingOver,
            None => return None,
        },
    })
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
