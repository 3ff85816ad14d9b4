//! What keeps a flood from the door without closing it to anybody (PRODUCT threats 13, 14 and 22): budgets per employer, and work
//! that a machine is asked to do when a budget is used up. A RUC is public, so a quota that refused would be a way to lock its
//! owner out; work costs an attacker more than it costs a company once a year.
//!
//! Nothing here asks the registry: a RUC that nobody knows is counted like any other.

use std::net::IpAddr;
use std::num::NonZeroU32;

use altcha::{
    Challenge, CreateChallengeOptions, Payload, VerifySolutionOptions, create_challenge,
    verify_solution,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Intake, IntakeError, internal};
use crate::documents::DocumentError;
use crate::domain::{PetitionNumber, Ruc, Sha256, Token};
use crate::store::Budget;

/// Budgets and the price of going beyond them; every number has its default in `config/sections.rs`.
#[derive(Debug, Clone)]
pub struct Budgets {
    /// Bytes that stay free on the disk of the documents: with fewer, nothing more is taken.
    pub free_bytes: u64,
    /// Petitions asked for one RUC within an hour before work is asked.
    pub petitions_per_ruc_hour: i64,
    /// Bytes uploaded by one address within a day before work is asked.
    pub upload_bytes_per_address_day: i64,
    /// Bytes uploaded for one RUC within a day before work is asked.
    pub upload_bytes_per_ruc_day: i64,
    /// Passes of PBKDF2 for each of the about 256 tries that a proof of work needs.
    pub work_cost: u32,
    /// Documents that may wait for their decision before new ones are told to come back.
    pub undecided: i64,
    /// Of those, how many may wait for longer than a moment.
    pub standing: i64,
}

/// No budget at all, for services that are not open to the world.
impl Default for Budgets {
    fn default() -> Self {
        Self {
            free_bytes: 0,
            petitions_per_ruc_hour: i64::MAX,
            upload_bytes_per_address_day: i64::MAX,
            upload_bytes_per_ruc_day: i64::MAX,
            work_cost: 1_000,
            undecided: i64::MAX,
            standing: i64::MAX,
        }
    }
}

/// Where a digest must begin with: two hexadecimal digits, 256 tries on average. More tries of less cost vary less.
const WORK_PREFIX: &str = "00";
const WORK_ALGORITHM: &str = "PBKDF2/SHA-256";
/// How long work may take, a slow telephone's included, until it is handed in.
const WORK_LIFE: SignedDuration = SignedDuration::from_mins(10);
/// Longest proof that is looked at; a real one has about 600 characters.
const PROOF_CHARACTERS: usize = 2_000;
const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Intake {
    /// Counts one more petition for `ruc`; whether it is within the budget of the hour.
    pub async fn count_petition(&self, ruc: &Ruc) -> Result<bool, IntakeError> {
        let budget = Budget {
            what: "petitions",
            most: self.settings().budgets.petitions_per_ruc_hour,
            span: HOUR,
        };
        let counted = self.count(ruc.as_str(), budget, 1).await?;
        Ok(counted.is_ok())
    }

    /// Counts an upload of `bytes` for the employer of a petition; whether it is within the budget of the day. What belongs to
    /// no known employer has no budget of one.
    pub async fn count_upload(
        &self,
        number: &PetitionNumber,
        bytes: u64,
    ) -> Result<bool, IntakeError> {
        let petition = self.followed(number).await?;
        let Some(content) = petition.and_then(|petition| petition.content) else {
            return Ok(true);
        };
        let budget = Budget {
            what: "upload_bytes",
            most: self.settings().budgets.upload_bytes_per_ruc_day,
            span: DAY,
        };
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let counted = self.count(content.ruc.as_str(), budget, bytes).await?;
        Ok(counted.is_ok())
    }

    /// Counts an upload of `bytes` from `address`; whether it is within the budget of the day.
    pub async fn count_upload_from(
        &self,
        address: IpAddr,
        bytes: u64,
    ) -> Result<bool, IntakeError> {
        let budget = Budget {
            what: "address_bytes",
            most: self.settings().budgets.upload_bytes_per_address_day,
            span: DAY,
        };
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let counted = self.count(&address.to_string(), budget, bytes).await?;
        Ok(counted.is_ok())
    }

    /// Counts one more petition or document from `address`; whether it is within the budget of the hour.
    pub async fn count_sending(
        &self,
        address: IpAddr,
        most: NonZeroU32,
    ) -> Result<bool, IntakeError> {
        let budget = Budget {
            what: "sendings",
            most: most.get().into(),
            span: HOUR,
        };
        let counted = self.count(&address.to_string(), budget, 1).await?;
        Ok(counted.is_ok())
    }

    /// Counts one more wrong guess from `address`; how long until the next one is answered, when this one is not.
    pub async fn count_guess(
        &self,
        address: IpAddr,
        most: NonZeroU32,
    ) -> Result<Result<(), SignedDuration>, IntakeError> {
        let budget = Budget {
            what: "guesses",
            most: most.get().into(),
            span: MINUTE,
        };
        self.count(&address.to_string(), budget, 1).await
    }

    /// Addresses and employers stand in the database as keyed hashes only.
    async fn count(
        &self,
        of: &str,
        budget: Budget,
        amount: i64,
    ) -> Result<Result<(), SignedDuration>, IntakeError> {
        let secret = self.limits_secret().await?;
        let subject = Sha256::of(format!("{secret} {of}").as_bytes());
        let now = self.now();
        let store = self.store();
        Ok(store.spend(subject, budget, amount, now).await?)
    }

    /// Work to do, signed: any instance can judge what comes back.
    pub async fn ask_for_work(&self) -> Result<Challenge, IntakeError> {
        let until = self.now() + WORK_LIFE;
        let options = CreateChallengeOptions {
            algorithm: WORK_ALGORITHM.to_owned(),
            cost: self.settings().budgets.work_cost,
            // Its end stands in the data and not in `expires_at`, which the crate compares with a clock of its own.
            data: Some([(UNTIL.to_owned(), json!(until.as_millisecond()))].into()),
            hmac_signature_secret: Some(self.limits_secret().await?),
            key_prefix: WORK_PREFIX.to_owned(),
            ..CreateChallengeOptions::default()
        };
        create_challenge(options).map_err(internal)
    }

    /// Whether `proof` (base64 of JSON, as ALTCHA writes it) is work that we asked for, done, in time, and handed in for the
    /// first time.
    pub async fn accept_work(&self, proof: &str) -> Result<bool, IntakeError> {
        let Some(payload) = read_proof(proof) else {
            return Ok(false);
        };
        let Some(until) = end_of(&payload.challenge) else {
            return Ok(false);
        };
        let now = self.now();
        if now >= until {
            return Ok(false);
        }
        let secret = self.limits_secret().await?;
        let id = Sha256::of(payload.challenge.parameters.nonce.as_bytes());
        let verified = self
            .blocking(move || {
                let options =
                    VerifySolutionOptions::new(&payload.challenge, &payload.solution, secret);
                verify_solution(options).is_ok_and(|result| result.verified)
            })
            .await?;
        Ok(verified && self.store().spend_work(id, until, now).await?)
    }

    /// Whether there ever was a link with this token: a person who opens one that is used is not guessing.
    pub async fn is_link(&self, token: &Token) -> Result<bool, IntakeError> {
        Ok(self.store().is_link(token.hash()).await?)
    }

    /// Takes nothing more before the disk is full: a database that can't write loses what was promised.
    pub(super) fn check_space(&self) -> Result<(), IntakeError> {
        let Some(free) = self.too_little_space().map_err(internal)? else {
            return Ok(());
        };
        tracing::error!(
            free_bytes = free,
            "the disk is nearly full: nothing more is taken"
        );
        Err(IntakeError::Full)
    }

    /// Bytes that are left on the disk of the documents, when that is less than must be (`limits.free_bytes`).
    pub(super) fn too_little_space(&self) -> Result<Option<u64>, DocumentError> {
        let free = self.inner.documents.free_bytes()?;
        Ok(free.filter(|free| *free < self.settings().budgets.free_bytes))
    }

    /// What hashes of RUCs and challenges are keyed with.
    async fn limits_secret(&self) -> Result<String, IntakeError> {
        let secret = self
            .inner
            .limits_secret
            .get_or_try_init(|| async {
                let fresh = self.token();
                let store = self.store();
                store.service_secret("limits", fresh.reveal()).await
            })
            .await?;
        Ok(secret.clone())
    }
}

/// Name of the end of a challenge in its data.
const UNTIL: &str = "until_ms";

fn end_of(challenge: &Challenge) -> Option<Timestamp> {
    let data = challenge.parameters.data.as_ref()?;
    Timestamp::from_millisecond(data.get(UNTIL)?.as_i64()?).ok()
}

fn read_proof(proof: &str) -> Option<Payload> {
    if proof.len() > PROOF_CHARACTERS {
        return None;
    }
    serde_json::from_slice(&STANDARD.decode(proof.trim()).ok()?).ok()
}
