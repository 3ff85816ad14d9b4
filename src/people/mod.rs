//! Who may come into the back office: enrolment by a one-time link, sign-in with password and second factor, sessions.
//!
//! A wrong name, a wrong password and a wrong code get one answer, in one time. A session is a random token in a cookie,
//! made anew at every sign-in (a token planted before is worth nothing); the database knows its digest only.

mod office_password;
mod second_factor;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::OnceCell;

pub use office_password::PasswordFlaw;
pub use second_factor::{RecoveryCodes, TotpSecret};

use crate::argon::{self, Parameters};
use crate::clock::Clock;
use crate::domain::{Acting, Event, Member, Sha256, Token, UserName};
use crate::store::{
    Enrolled, Enrolment, MemberError, MemberRow, NewEnrolment, NewSession, OpenSession, Proof,
    Store, StoreError,
};
use crate::threads::Places;

/// What the operator decides about the back office; every value has its default in `config/sections.rs`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// A session ends when it was not used for so long.
    pub idle: SignedDuration,
    /// A session ends after so long whatever happens.
    pub session_life: SignedDuration,
    /// How long a one-time link lives.
    pub enrolment_life: SignedDuration,
    /// Whether everybody needs a second factor.
    pub second_factor: bool,
    /// Fewest characters of a password.
    pub password_least: usize,
    /// Argon2id.
    pub argon2: Parameters,
    /// Name of the service, as authenticator apps list it.
    pub service: String,
}

/// How long a browser that signed in completely is known.
const DEVICE_LIFE: SignedDuration = SignedDuration::from_hours(180 * 24);
/// A session in use is noted this often, and not at every request.
const SEEN_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// Passwords that are hashed at a time: each takes 19 MiB by default.
const HASHES_AT_ONCE: usize = 2;

/// Why something about members was not done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Name, password or code is wrong: which one is not told.
    #[error("wrong name, password or code")]
    Wrong,
    /// Too many failures: not before then.
    #[error("too many failures")]
    Wait(Timestamp),
    /// The code was right and has been used before.
    #[error("this code was used before")]
    CodeUsed,
    /// A one-time link that is used, expired or replaced; unknown ones look the same.
    #[error("the one-time link is dead")]
    LinkDead,
    /// The new password is not good enough.
    #[error("the password is not good enough")]
    Password(Vec<PasswordFlaw>),
    /// The same person is let in under this other name.
    #[error("{0} is the same person")]
    SamePerson(UserName),
    /// There is no such member, or somebody else was quicker.
    #[error("no such member, or it has moved on")]
    Stale,
    /// The database does not answer at this moment.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}

impl From<MemberError> for PeopleError {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::SamePerson(other) => Self::SamePerson(other),
            MemberError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for PeopleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale => Self::Stale,
            error if error.is_passing() => Self::Unavailable(error.to_string()),
            other => Self::Internal(other.to_string()),
        }
    }
}

/// Somebody who wants in.
#[derive(Debug)]
pub struct SignIn<'a> {
    /// The name as typed.
    pub user: &'a str,
    /// The password as typed.
    pub password: SecretString,
    /// The code of the second factor, or a recovery code; may be empty where none is needed.
    pub code: &'a str,
    /// What marks this browser, if it was here before.
    pub device: Option<Token>,
    /// Where it comes from.
    pub address: IpAddr,
}

/// Somebody who is in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub member: Member,
    /// The session's token, for a cookie.
    pub session: Token,
    /// What marks this browser, for another one.
    pub device: Token,
}

/// A living session and whose it is.
#[derive(Debug, Clone)]
pub struct Session {
    /// The member.
    pub member: Member,
    /// The session.
    pub open: OpenSession,
}

/// The people of the back office. Cheap to clone.
#[derive(Clone)]
pub struct People {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    settings: Settings,
    clock: Clock,
    random: fn(&mut [u8; 24]),
    hashing: Places,
    /// A password that nobody has: hashing it takes as long as a real one.
    nobodys: OnceCell<String>,
}

impl std::fmt::Debug for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("People")
    }
}

impl People {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Store, settings: Settings, clock: Clock, random: fn(&mut [u8; 24])) -> Self {
        let inner = Inner {
            store,
            settings,
            clock,
            random,
            hashing: Places::new(HASHES_AT_ONCE),
            nobodys: OnceCell::new(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// What the operator decided.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    fn token(&self) -> Token {
        let mut random = [0; 24];
        (self.inner.random)(&mut random);
        Token::from_random(random)
    }

    // -- members ---------------------------------------------------------------------------------------------------------

    /// Adds somebody; the token of the one-time link that lets them in.
    ///
    /// # Errors
    /// [`PeopleError::SamePerson`] when they are in under another name, [`PeopleError::Stale`] when the name is taken.
    pub async fn add(&self, member: &Member, actor: &str) -> Result<Token, PeopleError> {
        let (token, enrolment) = self.new_enrolment(member.created_at);
        self.inner
            .store
            .add_member(member, &enrolment, actor)
            .await?;
        Ok(token)
    }

    /// Forgets how somebody proves who they are; the token of a new one-time link.
    ///
    /// # Errors
    /// [`PeopleError::Stale`] when there is no such member.
    pub async fn reset(&self, user: &UserName, actor: &str) -> Result<Token, PeopleError> {
        let at = self.now();
        let (token, enrolment) = self.new_enrolment(at);
        self.inner
            .store
            .reset_member(user, &enrolment, actor, at)
            .await?;
        Ok(token)
    }

    fn new_enrolment(&self, at: Timestamp) -> (Token, NewEnrolment) {
        let token = self.token();
        let totp_secret = if self.settings().second_factor {
            let mut random = [0; 24];
            (self.inner.random)(&mut random);
            let secret = TotpSecret::from_random(random);
            Some(secret.reveal().to_owned())
        } else {
            None
        };
        let enrolment = NewEnrolment {
            hash: token.hash(),
            totp_secret,
            expires_at: at + self.settings().enrolment_life,
        };
        (token, enrolment)
    }

    /// Every member, by name.
    pub async fn members(&self) -> Result<Vec<MemberRow>, PeopleError> {
        Ok(self.inner.store.members().await?)
    }

    /// Whether there is anybody at all.
    pub async fn any(&self) -> Result<bool, PeopleError> {
        Ok(self.inner.store.has_members().await?)
    }

    /// How many recovery codes somebody has left.
    pub async fn recovery_codes_left(&self, user: &UserName) -> Result<i64, PeopleError> {
        Ok(self.inner.store.recovery_codes_left(user).await?)
    }

    /// Lets somebody in no more; their sessions end at once.
    pub async fn disable(
        &self,
        user: &UserName,
        actor: &str,
        from: &str,
    ) -> Result<(), PeopleError> {
        Ok(self
            .inner
            .store
            .disable_member(user, actor, from, self.now())
            .await?)
    }

    /// Lets somebody in again.
    ///
    /// # Errors
    /// [`PeopleError::SamePerson`] when they are in under another name, [`PeopleError::Stale`] when there is nobody to let in again.
    pub async fn enable(
        &self,
        user: &UserName,
        actor: &str,
        from: &str,
    ) -> Result<(), PeopleError> {
        Ok(self
            .inner
            .store
            .enable_member(user, actor, from, self.now())
            .await?)
    }

    // -- enrolment -------------------------------------------------------------------------------------------------------

    /// What a one-time link sets up: whose it is, and the secret of the second factor, if one is needed.
    ///
    /// # Errors
    /// [`PeopleError::LinkDead`].
    pub async fn open_enrolment(
        &self,
        token: &Token,
    ) -> Result<(UserName, Option<TotpSecret>), PeopleError> {
        let found = self.living_enrolment(token).await?;
        let secret = found.totp_secret.as_deref().map(secret_of).transpose()?;
        Ok((found.user, secret))
    }

    async fn living_enrolment(&self, token: &Token) -> Result<Enrolment, PeopleError> {
        let found = self.inner.store.enrolment(token.hash()).await?;
        let now = self.now();
        found
            .filter(|enrolment| enrolment.dead_at.is_none() && now < enrolment.expires_at)
            .ok_or(PeopleError::LinkDead)
    }

    /// Uses a one-time link: password and second factor count from now on. The recovery codes are shown this once.
    ///
    /// # Errors
    /// [`PeopleError::Wrong`] when the code is not the one of the new second factor, [`PeopleError::Password`].
    pub async fn enrol(
        &self,
        token: &Token,
        password: SecretString,
        code: &str,
        address: IpAddr,
    ) -> Result<RecoveryCodes, PeopleError> {
        let at = self.now();
        let found = self.living_enrolment(token).await?;
        let flaws = office_password::flaws(
            &password,
            found.user.as_str(),
            self.settings().password_least,
        );
        if !flaws.is_empty() {
            return Err(PeopleError::Password(flaws));
        }
        let totp_step = match &found.totp_secret {
            Some(kept) => secret_of(kept)?
                .step_of(code, at)
                .ok_or(PeopleError::Wrong)?,
            None => 0,
        };
        let codes = match &found.totp_secret {
            Some(_) => RecoveryCodes::from_random(|random| (self.inner.random)(random)),
            None => RecoveryCodes::default(),
        };
        let password_hash = self.hash(password).await?;
        let enrolled = Enrolled {
            password_hash: &password_hash,
            totp_secret: found.totp_secret.as_deref(),
            totp_step,
            codes: &codes.digests(),
        };
        let store = &self.inner.store;
        let done = store
            .finish_enrolment(
                token.hash(),
                &found.user,
                &enrolled,
                &address.to_string(),
                at,
            )
            .await;
        match done {
            Ok(()) => Ok(codes),
            Err(StoreError::Stale) => Err(PeopleError::LinkDead),
            Err(other) => Err(other.into()),
        }
    }

    // -- sign-in ---------------------------------------------------------------------------------------------------------

    /// Lets somebody in who shows name, password and code.
    ///
    /// # Errors
    /// [`PeopleError::Wrong`] whatever was wrong, [`PeopleError::Wait`] after too many failures.
    pub async fn sign_in(&self, wanted: SignIn<'_>) -> Result<SignedIn, PeopleError> {
        let at = self.now();
        let store = &self.inner.store;
        let user = wanted.user.parse::<UserName>().ok();
        let known_device = match (&wanted.device, &user) {
            (Some(device), Some(user)) if store.knows_device(device.hash(), user, at).await? => {
                Some(device.clone())
            }
            _ => None,
        };
        let attempts = throttle::attempts(wanted.user, wanted.address, known_device.as_ref());
        if let Err(again_at) = store.begin_attempt(&attempts, throttle::MEMORY, at).await? {
            return Err(PeopleError::Wait(again_at));
        }
        let row = match &user {
            Some(user) => store.member(user).await?,
            None => None,
        };
        let address = wanted.address.to_string();
        let Some((member, proof)) = self.proven(row.as_ref(), &wanted, at).await? else {
            self.note_refused(row.as_ref().map(|row| &row.member.user), wanted.address)
                .await?;
            return Err(PeopleError::Wrong);
        };
        let (session, device) = (self.token(), known_device.unwrap_or_else(|| self.token()));
        let new = NewSession {
            hash: session.hash(),
            member,
            proof,
            address: &address,
            device: (device.hash(), at + DEVICE_LIFE),
            expires_at: at + self.settings().session_life,
        };
        match store.open_session(&new, at).await {
            Ok(()) => {}
            Err(StoreError::Stale) => return Err(PeopleError::CodeUsed),
            Err(other) => return Err(other.into()),
        }
        if let Some(own) = attempts.first() {
            store.attempt_succeeded(own, &attempts).await?;
        }
        let member = member.clone();
        Ok(SignedIn {
            member,
            session,
            device,
        })
    }

    /// The member and what they showed besides the password, if everything fits.
    async fn proven<'r>(
        &self,
        row: Option<&'r MemberRow>,
        wanted: &SignIn<'_>,
        at: Timestamp,
    ) -> Result<Option<(&'r Member, Proof)>, PeopleError> {
        let kept = row.and_then(|row| row.password_hash.clone());
        let enrolled = kept.is_some();
        let kept = match kept {
            Some(kept) => kept,
            None => self.nobodys_hash().await?,
        };
        let right = self.matches(wanted.password.clone(), kept).await?;
        let Some(row) = row.filter(|row| right && enrolled && row.member.disabled_at.is_none())
        else {
            return Ok(None);
        };
        let proof = match &row.totp_secret {
            Some(kept) => match RecoveryCodes::presented(wanted.code) {
                Some(digest) => Some(Proof::RecoveryCode(digest)),
                None => secret_of(kept)?.step_of(wanted.code, at).map(Proof::Step),
            },
            None => (!self.settings().second_factor).then_some(Proof::PasswordOnly),
        };
        Ok(proof.map(|proof| (&row.member, proof)))
    }

    async fn nobodys_hash(&self) -> Result<String, PeopleError> {
        let made = self
            .inner
            .nobodys
            .get_or_try_init(|| self.hash(SecretString::from(self.token().reveal().to_owned())));
        made.await.cloned()
    }

    async fn hash(&self, password: SecretString) -> Result<String, PeopleError> {
        let parameters = self.settings().argon2;
        self.on_cpu(move || argon::hash(&password, parameters))
            .await?
            .map_err(PeopleError::Internal)
    }

    async fn matches(&self, password: SecretString, kept: String) -> Result<bool, PeopleError> {
        self.on_cpu(move || argon::matches(&password, &kept)).await
    }

    async fn on_cpu<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PeopleError> {
        let done = self.inner.hashing.occupy(work).await;
        done.map_err(|error| PeopleError::Internal(error.to_string()))
    }

    // -- sessions --------------------------------------------------------------------------------------------------------

    /// The living session of a token, which is in use by this.
    pub async fn session(&self, token: &Token) -> Result<Option<Session>, PeopleError> {
        let store = &self.inner.store;
        let now = self.now();
        let Some(open) = store.session(token.hash()).await? else {
            return Ok(None);
        };
        if !self.lives(&open, now) {
            return Ok(None);
        }
        let Some(row) = store.member(&open.user).await? else {
            return Ok(None);
        };
        if row.member.disabled_at.is_some() {
            return Ok(None);
        }
        if now.duration_since(open.seen_at) >= SEEN_EVERY {
            store.session_seen(open.hash, now).await?;
        }
        Ok(Some(Session {
            member: row.member,
            open,
        }))
    }

    fn lives(&self, open: &OpenSession, now: Timestamp) -> bool {
        now < open.expires_at && now.duration_since(open.seen_at) < self.settings().idle
    }

    /// Every living session, the newest first.
    pub async fn sessions(&self) -> Result<Vec<OpenSession>, PeopleError> {
        let now = self.now();
        let mut open = self
            .inner
            .store
            .open_sessions(now - self.settings().session_life)
            .await?;
        open.retain(|session| self.lives(session, now));
        Ok(open)
    }

    /// Ends a session of `user`.
    ///
    /// # Errors
    /// [`PeopleError::Stale`] when that member has no such session.
    pub async fn end_session(
        &self,
        hash: Sha256,
        user: &UserName,
        by: &Acting,
    ) -> Result<(), PeopleError> {
        Ok(self
            .inner
            .store
            .end_session(hash, user, &by.actor(), &by.address, self.now())
            .await?)
    }

    /// Replaces one's own password; every other session of the member ends.
    ///
    /// # Errors
    /// [`PeopleError::Wrong`] when the old one is not right, [`PeopleError::Wait`], [`PeopleError::Password`].
    pub async fn change_password(
        &self,
        session: &Session,
        old: SecretString,
        new: SecretString,
        address: IpAddr,
    ) -> Result<(), PeopleError> {
        let at = self.now();
        let (store, user) = (&self.inner.store, &session.member.user);
        let flaws = office_password::flaws(&new, user.as_str(), self.settings().password_least);
        if !flaws.is_empty() {
            return Err(PeopleError::Password(flaws));
        }
        let attempts = throttle::of_session(session.open.hash);
        if let Err(again_at) = store.begin_attempt(&attempts, throttle::MEMORY, at).await? {
            return Err(PeopleError::Wait(again_at));
        }
        let row = store.member(user).await?.ok_or(PeopleError::Stale)?;
        let kept = row.password_hash.ok_or(PeopleError::Stale)?;
        if !self.matches(old, kept.clone()).await? {
            self.note_refused(Some(user), address).await?;
            return Err(PeopleError::Wrong);
        }
        let hash = self.hash(new).await?;
        let from = address.to_string();
        store
            .change_member_password(user, &kept, &hash, session.open.hash, &from, at)
            .await?;
        if let Some(own) = attempts.first() {
            store.attempt_succeeded(own, &attempts).await?;
        }
        Ok(())
    }

    /// Notes what a member tried and may not do.
    pub async fn denied(&self, by: &Acting, place: &str) {
        let facts = json!({ "from": by.address, "place": place });
        let (store, actor) = (&self.inner.store, by.actor());
        let noted = store.note(self.now(), &actor, "office", Event::OfficeDenied, &facts);
        if let Err(error) = noted.await {
            tracing::error!(%error, "a denied request could not be noted");
        }
    }

    /// Notes that somebody could not sign in. A name that nobody has is not written down: it may be a password in the
    /// wrong field.
    async fn note_refused(
        &self,
        known: Option<&UserName>,
        address: IpAddr,
    ) -> Result<(), PeopleError> {
        let subject = known.map_or_else(|| "member".to_owned(), |user| format!("member/{user}"));
        let facts = json!({ "from": address });
        let store = &self.inner.store;
        Ok(store
            .note(
                self.now(),
                "nobody",
                &subject,
                Event::SessionRefused,
                &facts,
            )
            .await?)
    }
}

fn secret_of(kept: &str) -> Result<TotpSecret, PeopleError> {
    TotpSecret::parse(kept)
        .ok_or_else(|| PeopleError::Internal("a second factor can't be read".to_owned()))
}
