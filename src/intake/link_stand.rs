//! Where the links of an approval stand: whether they open anything ([`bars`]), whether one can be mailed ([`diverted`]), and what is
//! told of it ([`LinkState`]). Pages, whoever asks for a link, whoever holds one and the message that would bring it go by the same.

use jiff::{SignedDuration, Timestamp};

use super::{Intake, IntakeError, LinkStand, Settings};
use crate::domain::State;
use crate::store::{
    Delivery, DeliveryKind, DeliveryState, EmployerRecord, LinkKind, Message, MessageKind,
    MessageState, PetitionRow,
};

pub(super) const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// Within that the worker has made a link and its mail has left, unless the mail server does not answer.
const LATELY: SignedDuration = SignedDuration::from_secs(30);

/// What can be done about links.
#[derive(Debug, Clone, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "four questions that a page asks, each on its own"
)]
pub struct LinkState {
    /// Whether «Enviar enlace» would work now.
    pub can_send: bool,
    /// How many more may be sent within the hour.
    pub left_this_hour: u32,
    /// A new password is on its way to the portal: until it is there no other link is sent.
    pub handing_over: bool,
    /// How many more the approval gives in all.
    pub left_in_all: usize,
    /// Until when the link sent last is alive.
    pub alive_until: Option<Timestamp>,
    /// Until when links may be asked for.
    pub approval_until: Option<Timestamp>,
    /// Until when a link waits because the address was changed lately.
    pub held_until: Option<Timestamp>,
    /// How far it has come.
    pub stand: LinkStand,
    /// The account is stopped, and no address is on file any more: the petition that frees it must name one.
    pub address_wanted: bool,
    /// When the next one may be asked for, if not now.
    pub again_at: Option<Timestamp>,
    /// When the company asked last.
    pub asked_at: Option<Timestamp>,
    /// The last one is so fresh that its mail may be leaving at this moment.
    pub asked_lately: bool,
    /// How long each lives.
    pub life: SignedDuration,
    /// What became of the last mail that leads to a link, or to an address to confirm.
    pub mail: Option<MessageState>,
}

impl LinkState {
    /// Whether the last mail did not arrive: refused, given up, or returned.
    #[must_use]
    pub fn came_back(&self) -> bool {
        matches!(
            self.mail,
            Some(MessageState::Parked | MessageState::Bounced)
        )
    }
}

/// What keeps the links of a petition from opening anything; what never passes again comes first. `until` is the end of its approval,
/// or nothing where that ends nothing: for a link that lives, and for an address to confirm.
pub(crate) fn bars(
    petition: &PetitionRow,
    record: Option<&EmployerRecord>,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Option<LinkStand> {
    if petition.state != State::Approved {
        return Some(LinkStand::None);
    }
    if let Some(stopped) = record.filter(|record| record.stops(petition.decided_at)) {
        return Some(match stopped.frozen_since {
            Some(_) => LinkStand::Frozen,
            None => LinkStand::Stopped,
        });
    }
    if petition.signer_left_at.is_some() {
        return Some(LinkStand::SignerLeft);
    }
    if until.is_some_and(|until| now >= until) {
        return Some(LinkStand::Over);
    }
    match record {
        // Nobody could look behind it, and nothing could be told of what it does.
        None => Some(LinkStand::NotRegistered),
        Some(record) if !record.is_active() => Some(LinkStand::NotActive),
        Some(_) => None,
    }
}

/// What keeps a link for a password, which would open, from being mailed to the address on file.
pub(crate) fn diverted(
    petition: &PetitionRow,
    record: Option<&EmployerRecord>,
    now: Timestamp,
) -> Option<LinkStand> {
    if petition.is_at_the_counter() {
        return Some(LinkStand::AtTheCounter);
    }
    if held_until(record, now).is_some() {
        return Some(LinkStand::Held);
    }
    let on_file = record.and_then(|record| record.employer.email.as_ref());
    on_file.is_none().then_some(LinkStand::NoAddress)
}

/// Whether a new password is on its way to the portal: a link would change what it does not have yet.
pub(crate) fn is_handing_over(deliveries: &[Delivery]) -> bool {
    password_key(deliveries).is_some_and(|key| key.state == DeliveryState::Pending)
}

impl Intake {
    /// What can be done about links for a petition.
    pub(super) async fn link_state(
        &self,
        petition: &PetitionRow,
        record: Option<&EmployerRecord>,
    ) -> Result<LinkState, IntakeError> {
        let (store, number, now) = (self.store(), &petition.number, self.now());
        let (State::Approved, Some(content)) = (petition.state, &petition.content) else {
            return Ok(LinkState::default());
        };
        let deliveries = store.deliveries_of(number).await?;
        let approval_until = self.approval_until(petition, record, &deliveries);
        let link = match approval_until.filter(|_| !petition.is_at_the_counter()) {
            Some(_) => store.living_link(number, LinkKind::Reset).await?,
            None => None,
        };
        let alive_until = link
            .map(|link| link.expires_at)
            .filter(|until| *until > now);
        let bar = bars(petition, record, approval_until.max(alive_until), now);
        let base = LinkState {
            approval_until,
            alive_until,
            handing_over: is_handing_over(&deliveries),
            life: self.settings().link_life,
            ..LinkState::default()
        };
        let state = match bar {
            Some(LinkStand::Frozen | LinkStand::Stopped) => LinkState {
                address_wanted: record.is_some_and(|record| record.employer.email.is_none()),
                approval_until: record.and_then(|record| record.stopped_at),
                ..LinkState::default()
            },
            Some(LinkStand::SignerLeft) => LinkState {
                approval_until: petition.signer_left_at,
                ..LinkState::default()
            },
            _ if petition.is_at_the_counter() => LinkState {
                stand: LinkStand::AtTheCounter,
                handing_over: false,
                ..base
            },
            _ if !content.action.leads_to_link() => self.confirmation_state(petition).await?,
            _ => {
                let messages = store.messages_of(number).await?;
                mailed_state(&base, petition, record, &messages, self.settings(), now)
            }
        };
        Ok(match bar {
            // What has ended does not come back with what passes.
            Some(bar) if bar.has_ended() || !state.stand.has_ended() => LinkState {
                stand: bar,
                can_send: false,
                ..state
            },
            _ => state,
        })
    }

    /// Until when links may be asked for, and sent, on the strength of an approval: `deliveries` are the keys that went to the portal.
    /// `None` where it leads to none.
    pub(crate) fn approval_until(
        &self,
        petition: &PetitionRow,
        record: Option<&EmployerRecord>,
        deliveries: &[Delivery],
    ) -> Option<Timestamp> {
        let settings = self.settings();
        let content = petition.content.as_ref()?;
        let decided_at = petition
            .decided_at
            .filter(|_| content.action.leads_to_link())?;
        // While it lasted nobody could ask: what it kept waiting lives on from its end, and does not end with it. An approval that
        // had ended before it began stays so. At the counter nothing waits for it.
        let lived_until = decided_at + settings.approval_life;
        let waited = record
            .filter(|_| !petition.is_at_the_counter())
            .and_then(|record| record.email_hold_until)
            .filter(|until| *until - settings.email_hold < lived_until);
        // A key that the portal did not take is nobody's fault here: the approval lives on from then.
        let given_back = password_key(deliveries)
            .filter(|key| key.state == DeliveryState::Parked)
            .and_then(|key| key.ended_at);
        let begins = [waited, given_back].into_iter().flatten();
        Some(begins.fold(decided_at, Timestamp::max) + settings.approval_life)
    }

    /// The same for an address that waits to be confirmed. Its link is sent once: when it is dead, past its time or because
    /// somebody stopped the account, only another petition helps.
    async fn confirmation_state(&self, petition: &PetitionRow) -> Result<LinkState, IntakeError> {
        let (store, number) = (self.store(), &petition.number);
        let link = store.last_link(number, LinkKind::Confirm).await?;
        let messages = store.messages(number, MessageKind::ConfirmEmail).await?;
        let last = messages.first().map(|message| message.state);
        // It was never made, and never will be; or it is past the term that it was kept for.
        let made_later = matches!(last, Some(MessageState::Pending | MessageState::Parked));
        let gone = link.is_none() && !made_later;
        let ended = link.and_then(|link| link.ended_at(self.now()));
        let stand = if gone || ended.is_some() {
            LinkStand::Over
        } else {
            LinkStand::None
        };
        Ok(LinkState {
            stand,
            approval_until: ended,
            mail: last,
            ..LinkState::default()
        })
    }
}

/// The state of links for a password that are mailed to the address on file, as far as what was sent decides it.
fn mailed_state(
    base: &LinkState,
    petition: &PetitionRow,
    record: Option<&EmployerRecord>,
    messages: &[Message],
    settings: &Settings,
    now: Timestamp,
) -> LinkState {
    let on_file = record.and_then(|record| record.employer.email.as_ref());
    let mail = messages
        .iter()
        .rfind(|message| {
            // Of an address that is not on file any more nobody needs to hear.
            leads_to_link(message.kind)
                && on_file.is_some_and(|email| message.recipient.as_str() == email.as_str())
        })
        .map(|message| message.state);
    let sent: Vec<&Message> = messages
        .iter()
        .filter(|message| message.kind == MessageKind::ResetLink)
        .collect();
    let left = Left::of(&sent, petition, settings, now);
    let diverted = diverted(petition, record, now);
    let stand = match diverted {
        _ if base.alive_until.is_some() => LinkStand::Sent,
        Some(elsewhere) => elsewhere,
        None if left.in_all == 0 && mail != Some(MessageState::Pending) => LinkStand::Spent,
        None if sent.is_empty() => LinkStand::Unsent,
        None => LinkStand::Sent,
    };
    let asked = sent.iter().map(|message| message.created_at);
    let asked_lately = (asked.clone().max()).is_some_and(|at| now.duration_since(at) < LATELY);
    let lives = base.approval_until.is_some_and(|until| now < until);
    LinkState {
        can_send: left.this_hour > 0 && lives && diverted.is_none() && !base.handing_over,
        left_this_hour: left.this_hour,
        left_in_all: left.in_all,
        held_until: held_until(record, now),
        stand,
        again_at: (left.again_at).filter(|at| base.approval_until.is_some_and(|until| *at < until)),
        asked_at: asked.filter(|at| Some(*at) > petition.decided_at).max(),
        asked_lately,
        mail,
        ..base.clone()
    }
}

/// How many links an approval still gives, and when.
struct Left {
    this_hour: u32,
    in_all: usize,
    /// When the oldest of those that fill the hour is an hour old.
    again_at: Option<Timestamp>,
}

impl Left {
    /// The hour counts what was asked for: the link that comes with an approval is nobody's.
    fn of(sent: &[&Message], petition: &PetitionRow, settings: &Settings, now: Timestamp) -> Self {
        let comes_along = |first: &&Message| Some(first.created_at) <= petition.decided_at;
        let unasked = usize::from(sent.first().is_some_and(comes_along));
        let mut within_hour: Vec<Timestamp> = sent
            .iter()
            .skip(unasked)
            .map(|message| message.due_at)
            .filter(|due_at| *due_at > now - HOUR)
            .collect();
        within_hour.sort_unstable_by_key(|due_at| std::cmp::Reverse(*due_at));
        let in_all = settings.links_in_all.saturating_sub(sent.len());
        let left = settings.links_per_hour.saturating_sub(within_hour.len());
        let oldest = within_hour.get(settings.links_per_hour.saturating_sub(1));
        Self {
            this_hour: u32::try_from(left.min(in_all)).unwrap_or(u32::MAX),
            in_all,
            again_at: oldest.filter(|_| in_all > 0).map(|due_at| *due_at + HOUR),
        }
    }
}

/// Until when the address on file is held, if it is.
fn held_until(record: Option<&EmployerRecord>, now: Timestamp) -> Option<Timestamp> {
    let hold = record.and_then(|record| record.email_hold_until);
    hold.filter(|until| *until > now)
}

/// The key that goes to the portal, if there is one.
fn password_key(deliveries: &[Delivery]) -> Option<&Delivery> {
    let mut keys = deliveries.iter();
    keys.find(|delivery| delivery.kind == DeliveryKind::SetPassword)
}

/// Whether a message brings the link for a password, or says that it can be asked for.
fn leads_to_link(kind: MessageKind) -> bool {
    matches!(
        kind,
        MessageKind::ResetLink | MessageKind::LinkReady | MessageKind::ReviewApproved
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BranchCode, Employer, EmployerKind, EmployerState, PetitionNumber, Token};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::constant(seconds, 0)
    }

    fn approved() -> PetitionRow {
        let secret = Token::legible([0; 24]);
        PetitionRow {
            state: State::Approved,
            decided_at: Some(at(10)),
            ..PetitionRow::new(PetitionNumber::new(2026, 1), &secret, at(0), at(1_000))
        }
    }

    fn record() -> EmployerRecord {
        EmployerRecord {
            employer: Employer {
                ruc: "2990001015001".parse().unwrap(),
                branch: BranchCode::default(),
                legal_name: "CAFÉ FICTICIO CÍA. LTDA.".to_owned(),
                kind: EmployerKind::Company,
                state: EmployerState::Active,
                email: None,
                phone: None,
                representatives: Vec::new(),
                named_representative: None,
            },
            email_hold_until: None,
            frozen_since: None,
            stopped_at: None,
        }
    }

    /// One thing after another happens to an approval: what is told is never what passes while something else does not.
    #[test]
    fn what_never_passes_again_comes_first() {
        let (mut petition, mut known) = (approved(), record());
        let (until, now) = (Some(at(100)), at(50));
        assert_eq!(bars(&petition, Some(&known), until, now), None);
        assert_eq!(
            bars(&petition, None, until, now),
            Some(LinkStand::NotRegistered)
        );
        known.employer.state = EmployerState::Suspended;
        let stand = bars(&petition, Some(&known), until, now);
        assert_eq!(stand, Some(LinkStand::NotActive));
        for record in [None, Some(&known)] {
            let stand = bars(&petition, record, until, at(100));
            assert_eq!(stand, Some(LinkStand::Over));
        }
        petition.signer_left_at = Some(at(60));
        for record in [None, Some(&known)] {
            let stand = bars(&petition, record, until, at(100));
            assert_eq!(stand, Some(LinkStand::SignerLeft));
        }
        known.stopped_at = Some(at(70));
        let stand = bars(&petition, Some(&known), until, at(100));
        assert_eq!(stand, Some(LinkStand::Stopped));
        known.frozen_since = Some(at(70));
        let stand = bars(&petition, Some(&known), until, at(100));
        assert_eq!(stand, Some(LinkStand::Frozen));
        // What was approved after that knew of it.
        petition.decided_at = Some(at(80));
        let stand = bars(&petition, Some(&known), until, at(100));
        assert_eq!(stand, Some(LinkStand::SignerLeft));
        petition.state = State::Completed;
        let stand = bars(&petition, Some(&known), until, at(100));
        assert_eq!(stand, Some(LinkStand::None));
    }
}
