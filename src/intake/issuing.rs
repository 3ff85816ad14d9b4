//! Step 1 of the flow: a number, its secret and its form.

use jiff::Timestamp;

use super::{Intake, IntakeError, internal};
use crate::domain::{
    Action, BranchCode, EmailAddress, PetitionContent, PetitionNumber, Ruc, Token, calendar,
};
use crate::form::{self, FormValues};
use crate::store::PetitionRow;

/// Serials of petition numbers: nine digits, few enough to be typed. Whoever tries many of them finds some, and is shown
/// nothing (`forms`).
const SERIALS: std::ops::Range<u64> = 100_000_000..1_000_000_000;

/// What a company asks for.
#[derive(Debug, Clone)]
pub struct NewPetition {
    /// The employer.
    pub ruc: Ruc,
    /// Its branch.
    pub branch: BranchCode,
    /// What is asked.
    pub action: Action,
    /// The new address, for a change of e-mail and for nothing else.
    pub new_email: Option<EmailAddress>,
    /// The name as the requester typed it: printed as such, never compared.
    pub legal_name: Option<String>,
}

/// A number that was given out.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The number.
    pub number: PetitionNumber,
    /// The receipt secret, shown this once.
    pub secret: Token,
    /// Until when the signed form is taken.
    pub expires_at: Timestamp,
}

impl Intake {
    /// Gives a number and writes its form. The registry is not asked, so that the answer is the same, in the same time,
    /// for a RUC that nobody knows.
    pub async fn issue(&self, request: NewPetition) -> Result<Issued, IntakeError> {
        if (request.action == Action::ChangeEmail) != request.new_email.is_some() {
            return Err(IntakeError::NewEmail);
        }
        let at = self.now();
        let settings = self.settings();
        let number = self.fresh_number(at).await?;
        let expires_at = at + settings.petition_life;
        let content = PetitionContent {
            ruc: request.ruc,
            branch: request.branch,
            action: request.action,
            new_email: request.new_email,
        };
        let values = FormValues {
            number: number.clone(),
            content: content.clone(),
            legal_name: request.legal_name,
            issued_at: at,
            expires_at,
            operator: settings.operator.clone(),
        };
        let form = self
            .blocking(move || form::render(&values))
            .await?
            .map_err(internal)?;
        let kept = self.inner.documents.keep_bytes(form.into()).await?;
        let secret = self.secret();
        let petition = PetitionRow {
            content: Some(content),
            form: Some(kept.sha256),
            ..PetitionRow::new(number.clone(), &secret, at, expires_at)
        };
        self.store().issue(&petition).await?;
        Ok(Issued {
            number,
            secret,
            expires_at,
        })
    }

    /// A number that nobody has. Its serial is random, not the next one: numbers must not be countable (PRODUCT threat 14),
    /// and nobody's number tells how many others there are.
    pub(super) async fn fresh_number(&self, at: Timestamp) -> Result<PetitionNumber, IntakeError> {
        loop {
            let serial = self.random().iter().fold(0, |serial: u64, byte| {
                serial.wrapping_mul(257).wrapping_add(u64::from(*byte))
            });
            let number = PetitionNumber::new(
                year_in_ecuador(at),
                SERIALS.start + serial % (SERIALS.end - SERIALS.start),
            );
            if self.store().petition(&number).await?.is_none() {
                return Ok(number);
            }
        }
    }
}

/// Numbers carry the year of the calendar that people live by.
fn year_in_ecuador(at: Timestamp) -> i16 {
    calendar::in_ecuador(at).year()
}
