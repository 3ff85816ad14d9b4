//! Links that messages carry: of each only the hash of its token is known. Its button does what it is for exactly once.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::audit::Entry;
use super::deliveries::{self, NewDelivery};
use super::effects;
use super::leases::still_held;
use super::outbox::enqueue;
use super::petitions::{move_state, still_approved};
use super::protected::LINK_EMAIL;
use super::reasons::{self, About};
use super::sql::{Row, query};
use super::{
    Alarm, AlarmKind, DeliveryKind, Held, Message, Store, StoreError, Writing, alarms, audit,
    employers, maybe_moment, moment, moved, parsed,
};
use crate::domain::{
    BranchCode, EmailAddress, Event, ParsePetitionError, PetitionNumber, Ruc, Sha256, State,
    closed_list,
};
use crate::protection::Keyring;

/// All that is known of a link.
macro_rules! columns {
    () => {
        "hash, kind, number, ruc, branch, email, created_ms, expires_ms, dead_ms"
    };
}

const KEEP_LINK: &str = "insert into links (hash, kind, number, ruc, branch, email, created_ms, expires_ms) \
                         values ($1, $2, $3, $4, $5, $6, $7, $8)";
const LINK: &str = concat!("select ", columns!(), " from links where hash = $1");
// Of two that were made at one moment the one that lives is the later one.
const LAST_LINK: &str = concat!(
    "select ",
    columns!(),
    " from links where number = $1 and kind = $2 order by created_ms desc, coalesce(dead_ms, 0), hash limit 1"
);
const LIVING_LINK: &str = concat!(
    "select ",
    columns!(),
    " from links where number = $1 and kind = $2 and dead_ms is null order by created_ms desc limit 1"
);
const USE_LINK: &str = "update links set dead_ms = $1 where hash = $2 and kind = $3 and dead_ms is null and expires_ms > $1";
const BURY_LINKS: &str =
    "update links set dead_ms = $1 where number = $2 and kind = $3 and dead_ms is null";
const BURY_EARLIER_LINKS: &str = "update links set dead_ms = $1 where number = $2 and kind = $3 and dead_ms is null \
     and created_ms < $4";
const BURY_EMPLOYER_LINKS: &str = "update links set dead_ms = $1 where ruc = $2 and branch = $3 and kind = $4 and dead_ms is null";

#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    KEEP_LINK,
    LINK,
    LAST_LINK,
    LIVING_LINK,
    USE_LINK,
    BURY_LINKS,
    BURY_EARLIER_LINKS,
    BURY_EMPLOYER_LINKS,
];

closed_list!(
    /// What a link does when its button is pressed.
    LinkKind, ParsePetitionError, |word| ParsePetitionError::Word(word.to_owned()), {
        /// Sets a new password.
        Reset = "reset",
        /// Confirms a new address.
        Confirm = "confirm",
        /// Freezes the account.
        Freeze = "freeze",
    }
);

impl LinkKind {
    /// The word between our address and its token.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Self::Reset => "clave",
            Self::Confirm => "correo",
            Self::Freeze => "no-fui-yo",
        }
    }
}

/// A link that was sent. Only the hash of its token is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRow {
    /// What it does.
    pub kind: LinkKind,
    /// The petition behind it.
    pub number: PetitionNumber,
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// The address it confirms.
    pub email: Option<EmailAddress>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it dies.
    pub expires_at: Timestamp,
    /// When it was used or replaced.
    pub dead_at: Option<Timestamp>,
}

impl LinkRow {
    /// Whether it still opens at `now`: its last living instant is the one before `expires_at`.
    #[must_use]
    pub fn alive(&self, now: Timestamp) -> bool {
        self.ended_at(now).is_none()
    }

    /// Since when it does not open any more, if it does not at `now`.
    #[must_use]
    pub fn ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.dead_at
            .or((now >= self.expires_at).then_some(self.expires_at))
    }
}

/// An account that is stopped: by its owner, with the link of a message, or by somebody of the staff in their place.
#[derive(Debug, Clone, Copy)]
pub struct AccountStop<'a> {
    /// The employer.
    pub ruc: &'a Ruc,
    /// Its branch.
    pub branch: &'a BranchCode,
    /// The petition that is denied with it: what it put on file goes too. `None` where there is none yet.
    pub denied: Option<&'a PetitionNumber>,
    /// Who stops it: a member, or the person at the machine.
    pub by: &'a str,
    /// Why, in the words of the staff; nothing when the owner pressed the button.
    pub reason: Option<&'a str>,
    /// Who is told besides the supervisors.
    pub operator: Option<&'a EmailAddress>,
}

/// What a link did when its button was pressed.
#[derive(Debug)]
pub enum Applied<'a> {
    /// A new password, as an Argon2id string: we are the portal.
    Password(&'a str),
    /// A new password on its way to the portal of another system: the id of the delivery, and what it gets. The petition is
    /// completed once it has it.
    HandedOver {
        /// Idempotency key.
        id: &'a str,
        /// The Argon2id string, or the sealed password.
        payload: &'a str,
    },
    /// A confirmed address, and until when a reset through it waits.
    Address(&'a EmailAddress, Timestamp),
    /// A frozen account, and who is told of the alarm besides the supervisors.
    Freeze(Option<&'a EmailAddress>),
}

fn link(keys: &Keyring, row: &Row) -> Result<LinkRow, StoreError> {
    const TABLE: &str = "links";
    let hash: String = row.try_get("hash")?;
    Ok(LinkRow {
        kind: parsed(row, TABLE, "kind")?,
        number: parsed(row, TABLE, "number")?,
        ruc: parsed(row, TABLE, "ruc")?,
        branch: parsed(row, TABLE, "branch")?,
        email: LINK_EMAIL.parse_maybe(keys, &[&hash], row)?,
        created_at: moment(row, TABLE, "created_ms")?,
        expires_at: moment(row, TABLE, "expires_ms")?,
        dead_at: maybe_moment(row, TABLE, "dead_ms")?,
    })
}

impl Store {
    /// Keeps a link just made; older ones of the same kind and petition are dead from now on, except those that stop
    /// something: they go to several people, and each must work.
    pub async fn keep_link(&self, hash: Sha256, link: &LinkRow) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        if link.kind != LinkKind::Freeze {
            bury_links(&mut writing, &link.number, link.kind, link.created_at).await?;
        }
        self.insert_link(&mut writing, hash, link).await?;
        writing.commit().await?;
        Ok(())
    }

    /// The same for the link of a message that is about to be sent. When it is sent again, only what was made before the message
    /// was asked for dies: an earlier attempt whose answer nobody heard may lie in the mailbox, and its link must keep its word.
    ///
    /// # Errors
    /// [`StoreError::Stale`] when somebody else sends the message by now: the link that he made must not die.
    pub async fn keep_link_of(
        &self,
        message: &Held<Message>,
        hash: Sha256,
        link: &LinkRow,
    ) -> Result<(), StoreError> {
        let mut writing = self.begin().await?;
        still_held(&mut writing, message).await?;
        if link.kind != LinkKind::Freeze {
            let (number, kind, now) = (&link.number, link.kind, link.created_at);
            if message.attempts > 1 {
                bury_earlier_links(&mut writing, number, kind, message.created_at, now).await?;
            } else {
                bury_links(&mut writing, number, kind, now).await?;
            }
        }
        self.insert_link(&mut writing, hash, link).await?;
        writing.commit().await?;
        Ok(())
    }

    async fn insert_link(
        &self,
        writing: &mut Writing,
        hash: Sha256,
        link: &LinkRow,
    ) -> Result<(), StoreError> {
        let hash = hash.to_string();
        let email = link.email.as_ref().map(EmailAddress::as_str);
        let email = LINK_EMAIL.protect_maybe(&self.keys, &[&hash], email)?;
        query(KEEP_LINK)
            .bind(hash.as_str())
            .bind(link.kind.as_str())
            .bind(link.number.as_str())
            .bind(link.ruc.as_str())
            .bind(link.branch.as_str())
            .bind(email)
            .bind(link.created_at.as_millisecond())
            .bind(link.expires_at.as_millisecond())
            .execute(&mut **writing)
            .await?;
        Ok(())
    }

    /// The link with this token hash, dead or alive.
    pub async fn link(&self, hash: Sha256) -> Result<Option<LinkRow>, StoreError> {
        let row = query(LINK)
            .bind(hash.to_string())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| link(&self.keys, &row)).transpose()
    }

    /// The newest link of a petition, dead or alive.
    pub async fn last_link(
        &self,
        number: &PetitionNumber,
        kind: LinkKind,
    ) -> Result<Option<LinkRow>, StoreError> {
        let row = query(LAST_LINK)
            .bind(number.as_str())
            .bind(kind.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| link(&self.keys, &row)).transpose()
    }

    /// The newest link of a petition that is not dead (it may be past its time).
    pub async fn living_link(
        &self,
        number: &PetitionNumber,
        kind: LinkKind,
    ) -> Result<Option<LinkRow>, StoreError> {
        let row = query(LIVING_LINK)
            .bind(number.as_str())
            .bind(kind.as_str())
            .fetch_optional(&self.read)
            .await?;
        row.map(|row| link(&self.keys, &row)).transpose()
    }

    /// Uses a link up and does what it is for, in one transaction. `Stale` when the link is dead: of two tabs, one wins.
    /// Whether a document waits for its decision because of it.
    pub async fn apply_link(
        &self,
        hash: Sha256,
        link: &LinkRow,
        applied: &Applied<'_>,
        messages: &[Message],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.begin().await?;
        use_link(&mut writing, hash, link.kind, now).await?;
        let killed = change_account(&mut writing, link, applied, now).await?;
        for kind in killed {
            bury_employer_links(&mut writing, &link.ruc, &link.branch, *kind, now).await?;
        }
        match applied {
            Applied::Freeze(_) => {}
            Applied::HandedOver { .. } => still_approved(&mut writing, &link.number).await?,
            Applied::Password(_) | Applied::Address(..) => {
                let (from, to) = (State::Approved, State::Completed);
                move_state(&mut writing, &link.number, from, to, "company", now).await?;
            }
        }
        let resumed = match applied {
            Applied::Address(..) => effects::resume(&mut writing, &link.number, now).await?,
            _ => false,
        };
        for message in messages {
            enqueue(&mut writing, message).await?;
        }
        writing.commit().await?;
        Ok(resumed)
    }
}

impl Store {
    /// Stops an account as the link of a message does: what is denied is denied by such a link, which is made and used at once.
    pub async fn stop_account(
        &self,
        stop: &AccountStop<'_>,
        messages: &[Message],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (ruc, branch) = (stop.ruc, stop.branch);
        let mut writing = self.begin().await?;
        if let Some(number) = stop.denied {
            let link = LinkRow {
                kind: LinkKind::Freeze,
                number: number.clone(),
                ruc: ruc.clone(),
                branch: branch.clone(),
                email: None,
                created_at: now,
                expires_at: now + SignedDuration::from_secs(1),
                dead_at: None,
            };
            // Of no token: nobody gets it.
            let hash = Sha256::of(format!("{number}:{}", now.as_millisecond()).as_bytes());
            self.insert_link(&mut writing, hash, &link).await?;
            use_link(&mut writing, hash, link.kind, now).await?;
        }
        let killed = freeze(&mut writing, stop, now).await?;
        for kind in killed {
            bury_employer_links(&mut writing, ruc, branch, *kind, now).await?;
        }
        for message in messages {
            enqueue(&mut writing, message).await?;
        }
        writing.commit().await?;
        Ok(())
    }
}

/// Who an account is stopped by in the log when its owner pressed the button.
const COMPANY: &str = "company";

/// Stops an account, whoever wants it. Which links of its employer die with it.
async fn freeze(
    writing: &mut Writing,
    stop: &AccountStop<'_>,
    now: Timestamp,
) -> Result<&'static [LinkKind], StoreError> {
    let (ruc, branch, by) = (stop.ruc, stop.branch, stop.by);
    // Nothing can be noted at an employer that only open tables know.
    employers::keep_from_open_tables(writing, ruc, branch).await?;
    employers::freeze(writing, ruc, branch, now).await?;
    let subject = stop.denied.map_or("account", PetitionNumber::as_str);
    let event = Event::AccountFrozen;
    if let Some(reason) = stop.reason {
        let facts = json!({
            "ruc": audit::mark_of(writing, "account", ruc)?,
            "branch": branch.as_str(),
            "reason": reasons::digest(reason),
        });
        let entry = Entry {
            at: now,
            actor: by,
            subject,
            event,
            facts: &facts,
        };
        let about = About {
            account: Some((ruc, branch)),
            number: stop.denied,
        };
        reasons::append(writing, &entry, about, reason).await?;
    } else {
        audit::append(writing, now, by, subject, event, &json!({})).await?;
    }
    if let Some(number) = stop.denied {
        if employers::withdraw_denied_email(writing, ruc, branch, number, now).await? {
            let event = Event::AccountAddressWithdrawn;
            audit::append(writing, now, by, subject, event, &json!({})).await?;
        }
        let alarm = Alarm {
            reason: stop.reason.map(|_| by.to_owned()),
            ..Alarm::about(AlarmKind::AccountFrozen, number, now)
        };
        alarms::raise(writing, &alarm, stop.operator, now).await?;
    }
    deliveries::withdraw(writing, ruc, branch, "the account is frozen", now).await?;
    Ok(&[LinkKind::Confirm, LinkKind::Reset])
}

/// What a link does to its employer's account. Which links of theirs die with it.
async fn change_account(
    writing: &mut Writing,
    link: &LinkRow,
    applied: &Applied<'_>,
    now: Timestamp,
) -> Result<&'static [LinkKind], StoreError> {
    let (number, ruc, branch) = (&link.number, &link.ruc, &link.branch);
    if !matches!(applied, Applied::Freeze(_)) {
        employers::check_not_stopped(writing, ruc, branch, number).await?;
        employers::check_active(writing, ruc, branch).await?;
    }
    match applied {
        Applied::Password(password_hash) => {
            employers::keep_password(writing, ruc, branch, password_hash, now).await?;
            Ok(&[LinkKind::Reset])
        }
        Applied::HandedOver { id, payload } => {
            let new = NewDelivery {
                kind: DeliveryKind::SetPassword,
                number,
                ruc,
                branch,
                id,
                payload: Some(*payload),
            };
            deliveries::keep(writing, &new, now).await?;
            Ok(&[LinkKind::Reset])
        }
        Applied::Address(email, hold_until) => {
            employers::change_email(writing, ruc, branch, email, *hold_until).await?;
            // Two approved it who knew that the account was frozen; the address of whoever got in is gone only now.
            let frozen = employers::frozen_since(writing, ruc, branch).await?;
            if frozen.is_some() {
                employers::unfreeze(writing, ruc, branch).await?;
                let (subject, event) = (number.as_str(), Event::AccountUnfrozen);
                audit::append(writing, now, COMPANY, subject, event, &json!({})).await?;
            }
            // Links on their way to the old address die with it.
            Ok(&[LinkKind::Confirm, LinkKind::Reset])
        }
        Applied::Freeze(operator) => {
            let stop = AccountStop {
                ruc,
                branch,
                denied: Some(number),
                by: COMPANY,
                reason: None,
                operator: *operator,
            };
            freeze(writing, &stop, now).await
        }
    }
}

/// Uses a link up. `Stale` when somebody else did, or when it is past its time: of two tabs exactly one wins.
async fn use_link(
    writing: &mut Writing,
    hash: Sha256,
    kind: LinkKind,
    now: Timestamp,
) -> Result<(), StoreError> {
    let used = query(USE_LINK)
        .bind(now.as_millisecond())
        .bind(hash.to_string())
        .bind(kind.as_str())
        .execute(&mut **writing)
        .await?;
    moved(used)
}

/// Kills every living link of a petition.
pub(super) async fn bury_links(
    writing: &mut Writing,
    number: &PetitionNumber,
    kind: LinkKind,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(BURY_LINKS)
        .bind(now.as_millisecond())
        .bind(number.as_str())
        .bind(kind.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Kills the links of a petition that were made before `asked_at`.
async fn bury_earlier_links(
    writing: &mut Writing,
    number: &PetitionNumber,
    kind: LinkKind,
    asked_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(BURY_EARLIER_LINKS)
        .bind(now.as_millisecond())
        .bind(number.as_str())
        .bind(kind.as_str())
        .bind(asked_at.as_millisecond())
        .execute(&mut **writing)
        .await?;
    Ok(())
}

/// Kills every living link of an employer, whatever petition it came from.
async fn bury_employer_links(
    writing: &mut Writing,
    ruc: &Ruc,
    branch: &BranchCode,
    kind: LinkKind,
    now: Timestamp,
) -> Result<(), StoreError> {
    query(BURY_EMPLOYER_LINKS)
        .bind(now.as_millisecond())
        .bind(ruc.as_str())
        .bind(branch.as_str())
        .bind(kind.as_str())
        .execute(&mut **writing)
        .await?;
    Ok(())
}
